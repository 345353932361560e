"""Make the handbook's site: build/handbook, which needs no network and no server.

    make handbook                     # this script, run by the tool's own Python

The handbook's pages link pictures and two tables where they stand in the repository, so that its
readers find them too; they are brought together in build/handbook-work first. A page that would
load anything from elsewhere, or a link that leads nowhere, fails the build.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
HANDBOOK, SITE, PICTURES = ROOT / "docs/handbook", ROOT / "docs/site", ROOT / "docs/pictures"
WORK, MADE = ROOT / "build/handbook-work", ROOT / "build/handbook"
# As the handbook links it -> its name in the site.
PAGES = {
    "../settings.md": "settings.md",
    "../../content/README.md": "fields.md",
    "../operate/单机版.md": "one-pc.md",
    "../operate/服务器版.md": "server.md",
}
PICTURE = re.compile(r"\]\(\.\./pictures/([^)\s]+)\)")
LINK = re.compile(r"\[([^]\n]*)\]\((?!https?:)([^)#\s]*\.md)[^)\s]*\)")
SHIM = "https://unpkg.com/iframe-worker/shim"  # the tool's search asks for it from file://
OURS = "assets/javascripts/iframe-worker.js"
# What the tool's own script says in English; where it no longer says so, nothing happens.
SAYS = {
    'placeholder:"Search"': 'placeholder:"输入要找的词，如 没发出去"',
    '"aria-label":"Search"': '"aria-label":"查找"',
    'i===1?"result":"results"': '"条"',
}
LOADS = re.compile(
    r"<(?:script|img|iframe|link|source|video|audio|object|embed)\b[^>]*?"
    r"\b(?:src|href|data|srcset)\s*=\s*[\"']?\s*((?:https?:)?//[^\"'\s>]+)"
    r"|url\(\s*[\"']?((?:https?:)?//[^)\"']+)|@import\s+[\"']((?:https?:)?//[^\"']+)",
    re.IGNORECASE,
)


def main() -> int:
    for folder in (WORK, MADE):
        shutil.rmtree(folder, ignore_errors=True)
    gather(WORK / "docs")
    shutil.copy(SITE / "zensical.toml", WORK)
    tool = Path(sys.executable).with_name("zensical")
    done = subprocess.run(  # noqa: S603 - the tool beside this Python
        [tool, "build", "--strict"], cwd=WORK, capture_output=True, text=True
    )
    if done.returncode:
        print(done.stdout + done.stderr, file=sys.stderr)
        return 1
    shutil.copytree(WORK / "site", MADE)
    for page in MADE.glob("*.html"):
        _replace(page, {SHIM: OURS})
    for script in MADE.glob("assets/javascripts/bundle.*.js"):
        _replace(script, SAYS)
    shutil.copy(SITE / "iframe-worker.js", MADE / OURS)
    found = [f"{path.name}: {address}" for path, address in foreign(MADE)]
    print("\n".join(found), file=sys.stderr, end="")
    return 1 if found else 0


def _replace(path: Path, words: dict[str, str]) -> None:
    text = path.read_text("utf-8")
    for old, new in words.items():
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")


def gather(there: Path) -> None:
    """Bring the handbook's pages together with what they link beside them."""
    shutil.copytree(HANDBOOK, there)
    for link, name in PAGES.items():
        text = (HANDBOOK / link).read_text("utf-8")
        (there / name).write_text(_without_elsewhere(text), encoding="utf-8")
    for page in there.glob("*.md"):
        text = page.read_text("utf-8")
        for name in PICTURE.findall(text):
            (there / "pictures" / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(PICTURES / name, there / "pictures" / name)
        page.write_text(inside(text), encoding="utf-8")


def _without_elsewhere(markdown: str) -> str:
    """Leave of a link to a page that is not in the site, as to an English one, its words."""
    names = {Path(link).name: name for link, name in PAGES.items()}

    def kept(link: re.Match[str]) -> str:
        name = names.get(link[2])
        return f"[{link[1]}]({name})" if name else link[1]

    return LINK.sub(kept, re.sub(r"^\[English\]\([^)]*\) · ", "", markdown, flags=re.MULTILINE))


def inside(markdown: str) -> str:
    """Turn links to what stands beside the handbook into links within the site."""
    for link, name in PAGES.items():
        markdown = markdown.replace(f"]({link}", f"]({name}")
    return markdown.replace("](../pictures/", "](pictures/")


def foreign(site: Path) -> Iterator[tuple[Path, str]]:
    """Yield what pages and styles below `site` would load from elsewhere, and by which file."""
    for path in sorted(site.rglob("*")):
        if path.suffix in {".html", ".css"}:
            for found in LOADS.findall(path.read_text("utf-8")):
                yield path, next(filter(None, found))


if __name__ == "__main__":
    sys.exit(main())
