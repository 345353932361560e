"""The handbook's site: every page has its place, and nothing in it comes from anybody else."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from docs import make_handbook as handbook

ROOT = Path(__file__).parents[1]
MADE = ROOT / "build/handbook"


def _places(nav) -> list[str]:
    """Return the pages of a nav, however deep."""
    found = []
    for entry in nav:
        for place in entry.values() if isinstance(entry, dict) else [entry]:
            found += _places(place) if isinstance(place, list) else [place]
    return found


def test_every_page_has_its_place_in_the_sites_list():
    nav = tomllib.loads((ROOT / "docs/site/zensical.toml").read_text("utf-8"))["project"]["nav"]
    pages = [page.name for page in (ROOT / "docs/handbook").glob("*.md")]
    assert sorted(_places(nav)) == sorted([*pages, *handbook.PAGES.values()])


def test_the_pages_and_pictures_of_the_site_stand_together(tmp_path):
    handbook.gather(tmp_path / "docs")
    for page in (tmp_path / "docs").glob("*.md"):
        links = re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8"))
        local = [link.partition("#")[0] for link in links if "://" not in link]
        missing = [link for link in local if link and not (page.parent / link).is_file()]
        assert missing == [], page.name


def test_a_page_has_the_headings_that_are_linked():
    pages = {page.name: page.read_text("utf-8") for page in (ROOT / "docs/handbook").glob("*.md")}
    wrong = []
    for name, text in pages.items():
        for page, anchor in re.findall(r"\]\(([a-z0-9-]+\.md)?#([^)\s]+)\)", text):
            heads = re.findall(r"^#+ (.+)$", pages[page or name], re.MULTILINE)
            # As the site makes its anchors: letters and digits stay, blanks become dashes.
            slugs = {re.sub(r"\s", "-", re.sub(r"[^\w\s-]", "", head).lower()) for head in heads}
            if anchor not in slugs:
                wrong.append((name, page, anchor))
    assert wrong == []


@pytest.mark.parametrize(
    "line",
    [
        '<script src="https://unpkg.com/x"></script>',
        "<link rel=stylesheet href=//fonts.example/a.css>",
        "<img alt='' src='http://example.com/a.png'>",
        "<style>@import 'https://example.com/a.css';</style>",
        "<p style='background: url(//example.com/a.png)'>",
    ],
)
def test_what_a_page_would_load_from_elsewhere_is_found(tmp_path, line):
    (tmp_path / "page.html").write_text(f"<p>x</p>{line}", "utf-8")
    (tmp_path / "good.html").write_text(
        '<a href="https://www.gov.cn">x</a><img src="a.png"><link href="a.css">', "utf-8"
    )
    assert {path.name for path, _ in handbook.foreign(tmp_path)} == {"page.html"}


@pytest.fixture
def made() -> Path:
    """The site as `make handbook` makes it; needs the network once, for the tool."""
    subprocess.run(["make", "handbook"], cwd=ROOT, check=True, timeout=300)
    return MADE


@pytest.mark.nightly
async def test_the_site_is_made_and_works_from_a_disk(browser, made):
    assert list(handbook.foreign(made)) == []
    asked, wrong = [], []
    for width in (390, 1280):
        page = await browser.new_page(viewport={"width": width, "height": 844})
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        for path in sorted(made.glob("*.html")):
            await page.goto(path.as_uri())
            assert await page.evaluate("document.documentElement.scrollWidth") <= width, path.name
    await page.goto((made / "index.html").as_uri())
    await page.keyboard.press("/")
    await page.get_by_role("combobox").fill("没发出去")
    await page.get_by_role("option").filter(has_text="常见问题").first.wait_for(timeout=5000)
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []
    assert wrong == []
