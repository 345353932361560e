"""Take the pictures of screen, poster and 长图 anew. Needs Debian's chromium.

.venv/bin/python docs/make_outlet_pictures.py
"""

from __future__ import annotations

import asyncio
import base64
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from bot.sandbox.serving import Serving, free_port  # noqa: E402
from bot.verbs import VERBS  # noqa: E402
from tests.chromium import chromium  # noqa: E402
from tests.engine.office import office  # noqa: E402

PICTURES = ROOT / "docs" / "pictures"
ITEM = "N06"
SCREENS = {"screen": (1280, 720), "screen-upright": (390, 693)}


async def main() -> None:
    port = free_port()
    with tempfile.TemporaryDirectory() as home:
        async with (
            office(Path(home), port=port) as desk,
            Serving(desk.house.web, port=port),
            chromium() as browser,
        ):
            bureau = desk.house.bureau
            address = (await VERBS["outlet-addresses"](bureau, desk.clock.now(), {}))["screen"]
            for name, (width, height) in SCREENS.items():
                page = await browser.new_page(viewport={"width": width, "height": height})
                await page.clock.install(time=desk.clock.now())
                await page.goto(address)
                await page.clock.run_for(2000)
                await page.screenshot(path=PICTURES / f"{name}.png", animations="disabled")
            page = await browser.new_page(viewport={"width": 390, "height": 552})
            asked = {"item": ITEM, "form": "html"}
            made = await VERBS["board"](bureau, desk.clock.now(), asked)
            await _shrunk(page, base64.b64decode(made["file"]), 794, "poster", Path(home))
            made = await VERBS["share"](bureau, desk.clock.now(), {"item": ITEM})
            picture = Path(home) / "long.png"
            picture.write_bytes(base64.b64decode(made["picture"]))
            told = f'<body style="margin:0"><img src="{picture.as_uri()}" style="width:390px">'
            await _shrunk(page, told.encode(), 390, "long-picture", Path(home))


async def _shrunk(page, html: bytes, width: int, name: str, home: Path) -> None:
    """Take a picture of a page of `width`, as wide as a phone."""
    path = home / "page.html"
    path.write_bytes(html)
    await page.set_viewport_size({"width": max(width, 390), "height": 800})
    await page.goto(path.as_uri())
    if width > 390:
        await page.emulate_media(media="print")
        await page.evaluate(f"document.documentElement.style.zoom = {390 / width}")
        await page.set_viewport_size({"width": 390, "height": 552})
    await page.screenshot(path=PICTURES / f"{name}.png", full_page=width == 390)
    await page.emulate_media(media="screen")


if __name__ == "__main__":
    asyncio.run(main())
