"""What axe-core says of a page, in every look that people have of it."""

from __future__ import annotations

from typing import Any

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page

LIGHT_AND_DARK = tuple((scheme, width) for scheme in ("light", "dark") for width in (390, 1280))
# Only what it complains of is told: all that is in order would take longer than to look.
_RUN = """axe.run({resultTypes: ["violations"]}).then(found => found.violations.map(one => ({
  rule: one.id, why: one.help, where: one.nodes.map(node => [node.html, node.failureSummary])})))"""


async def violations(page: Page) -> Any:
    """Return what axe finds wrong with a page as it stands."""
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(Axe().axe_script)
    return await page.evaluate(_RUN)


async def sound(page: Page, *looks: tuple[str, int], name: str = "") -> None:
    """In each look (light or dark, a width) axe finds nothing and nothing sticks out.

    The page is loaded once and turned from look to look.
    """
    for scheme, width in looks:
        await turn(page, scheme, width)
        wide = await page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, f"{name or page.url} at {width}: {wide} pixels wide"
        found = await violations(page)
        assert found == [], f"{name or page.url}, {scheme} at {width}: {found}"


async def turn(page: Page, scheme: str, width: int) -> None:
    size = page.viewport_size
    assert size
    await page.set_viewport_size({"width": width, "height": size["height"]})
    await page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
