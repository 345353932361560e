"""Feeds for the intranet, the plan as a calendar, films as cards, and what is attached to texts."""

from __future__ import annotations

import base64
import json
import re
import xml.etree.ElementTree as ET
from email.utils import parsedate_to_datetime

import pytest
from icalendar import Calendar

from bot.report.feeds import CONTENT, Entry, Feed, json_feed, rss
from bot.verbs import VERBS, Mistake
from tests.engine.office import moment, office
from tests.report.test_board import EVIL, sheet
from tests.web.films import FILM, lay_film, png


@pytest.fixture
async def desk(tmp_path):
    async with office(tmp_path, port=8650) as built:
        yield built


@pytest.fixture
async def cinema(desk):
    lay_film(desk.home)
    await desk.approve("MD-90")
    return desk


async def ask(desk, verb, **params):
    return await VERBS[verb](desk.house.bureau, desk.clock.now(), params)


async def get(desk, name, **headers):
    url = (await ask(desk, "outlet-feeds"))[name]
    return await desk.door.get(url, headers=headers)


async def ids(desk):
    feed = (await get(desk, "feed.json")).json()
    return {item["id"].split(":")[1] for item in feed["items"]}


async def test_the_feed_holds_what_is_approved_public_and_in_season(desk):
    found = await ids(desk)
    assert {"N06", "SC-01", "SP-02"} <= found
    assert not {"N01", "N10"} & found


async def test_rss_says_the_same_as_json_in_words_that_readers_know(desk):
    answer = await get(desk, "rss.xml")
    assert answer.headers["content-type"].startswith("application/rss+xml")
    channel = ET.fromstring(answer.content).find("channel")
    assert channel.findtext("title") == "某某局 廉政教育"
    items = channel.findall("item")
    feed = (await get(desk, "feed.json")).json()
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert [item.findtext("guid") for item in items] == [item["id"] for item in feed["items"]]
    [first] = [item for item in items if item.findtext("title").startswith("“老同学”")]
    assert first.findtext("category") == "情景案例·虚构"
    assert "12388" in first.findtext(f"{{{CONTENT}}}encoded")
    assert parsedate_to_datetime(first.findtext("pubDate")) == desk.clock.now()
    assert (await desk.door.get(first.findtext("link"))).status_code == 200


@pytest.mark.parametrize("name", ["rss.xml", "feed.json"])
async def test_what_is_withdrawn_is_gone_with_the_next_question(desk, name):
    first = await get(desk, name)
    assert "老同学" in first.text
    same = {"If-None-Match": first.headers["etag"]}
    assert (await get(desk, name, **same)).status_code == 304
    await ask(desk, "withdraw", item="SC-01", who="王五")
    after = await get(desk, name, **same)
    assert after.status_code == 200
    assert "老同学" not in after.text


async def test_the_plan_is_a_calendar_and_nobody_has_looked_at_it(desk):
    await ask(desk, "plan", days=5)
    seen = desk.house.bureau.shelf.folders.data / "plan-seen.json"
    kept = seen.read_bytes() if seen.exists() else None
    answer = await get(desk, "plan.ics")
    events = Calendar.from_ical(answer.content).walk("VEVENT")
    assert any("粽子" in str(event["summary"]) for event in events)
    assert len({event["uid"] for event in events}) == len(events) > 10
    assert (seen.read_bytes() if seen.exists() else None) == kept
    changed = await ask(desk, "plan", days=5, diff=True)
    assert changed["diff"] == []


@pytest.mark.parametrize("path", ["/feed/x/rss.xml", "/films/x", "/board/x", "/i/x"])
async def test_an_address_that_somebody_guessed_tells_nothing(desk, path):
    answer = await desk.door.get(f"http://127.0.0.1:8650{path}")
    assert answer.status_code == 404
    assert "粽" not in answer.text


def test_markup_and_odd_characters_of_a_text_break_no_feed():
    shown = sheet(text=f"{EVIL} ]]> & \x0b\x00\ufffe").shown
    entries = [Entry(shown=shown, at=moment("2026-06-15 08:40"))]
    feed = Feed(unit="某<局>", address="http://127.0.0.1/feed", entries=entries)
    [item] = ET.fromstring(rss(feed)).iter("item")
    encoded = item.findtext(f"{{{CONTENT}}}encoded")
    for html in (encoded, json.loads(json_feed(feed))["items"][0]["content_html"]):
        assert "<script" not in html
        assert "<a " not in html
        assert "&lt;script&gt;" in html


# -- films and pictures ----------------------------------------------------------------------------


async def test_films_stand_as_cards_with_source_and_where_to_see_them(cinema):
    answer = await get(cinema, "films")
    assert answer.status_code == 200
    assert "一部自己拍的短片" in answer.text
    assert 'href="https://www.example.gov.cn/film/1"' in answer.text
    assert "就在本页" in answer.text
    assert "<video" in answer.text
    assert "<track" in answer.text
    assert "script" not in answer.text
    await ask(cinema, "withdraw", item="MD-90", who="王五")
    assert "短片" not in (await get(cinema, "films")).text


async def media_of(desk):
    answer = await desk.door.get(f"{(await ask(desk, 'outlet-addresses'))['screen']}data.json")
    [item] = [item for item in answer.json()["items"] if item["id"] == "MD-90"]
    film, picture = item["media"]
    return [
        f"http://127.0.0.1:8650{one}" for one in (film["src"], film["captions"], picture["src"])
    ]


async def test_what_is_attached_is_served_while_its_text_may_be_shown_and_no_longer(cinema):
    film, captions, picture = await media_of(cinema)
    answer = await cinema.door.get(film, headers={"Range": "bytes=0-99"})
    assert (answer.status_code, len(answer.content)) == (206, 100)
    assert (await cinema.door.get(film)).content == FILM.read_bytes()
    vtt = await cinema.door.get(captions)
    assert vtt.headers["content-type"].startswith("text/vtt")
    assert vtt.text.startswith("WEBVTT")
    assert "00:00:00.000 --> 00:00:01.900" in vtt.text
    assert (await cinema.door.get(picture)).headers["content-type"] == "image/png"
    await ask(cinema, "withdraw", item="MD-90", who="王五")
    for url in (film, captions, picture):
        assert (await cinema.door.get(url)).status_code == 404


@pytest.mark.parametrize("name", ["..%2FMD-90.md", "MD-90.md", "..%2f..%2f..%2fconfig.toml"])
async def test_no_other_file_is_served(cinema, name):
    film, _, _ = await media_of(cinema)
    answer = await cinema.door.get(f"{film.rpartition('/')[0]}/{name}")
    assert answer.status_code == 404


async def test_a_film_that_was_exchanged_on_the_disk_is_not_the_one_that_was_approved(cinema):
    film, _, _ = await media_of(cinema)
    path = cinema.home / "content" / "media" / "短片.mp4"
    path.write_bytes(FILM.read_bytes() + b"\0\0\0\x08free")
    assert (await cinema.door.get(film)).status_code == 404


async def test_the_page_behind_a_code_shows_film_captions_and_picture(cinema):
    path = cinema.house.bureau.doorway.path("i", "MD-90")
    text = (await cinema.door.get(f"http://127.0.0.1:8650{path}")).text
    assert text.count("<video") == text.count("<track") == text.count("<img") == 1


async def test_a_document_is_fetched_from_the_page_and_never_shown_by_it(desk):
    lay_film(desk.home)
    folder = desk.home / "content" / "media"
    for name in ("提示 一.pdf", "页.html"):
        (folder / name).write_bytes(b"%PDF-1.4\n<script>alert(1)</script>\n%%EOF\n")
    text = (folder / "MD-90.md").read_text("utf-8")
    (folder / "MD-90.md").write_text(text.replace("海报.png", "提示 一.pdf、页.html"), "utf-8")
    await desk.approve("MD-90")
    path = desk.house.bureau.doorway.path("i", "MD-90")
    page = (await desk.door.get(f"http://127.0.0.1:8650{path}")).text
    assert page.count("附件：") == 2
    for one in re.findall(r'href="(/media/[^"]+)" download', page):
        answer = await desk.door.get(f"http://127.0.0.1:8650{one}")
        assert answer.content.startswith(b"%PDF-1.4")
        assert answer.headers["content-type"] == "application/octet-stream"
        assert answer.headers["content-disposition"].startswith("attachment")
        assert answer.headers["x-content-type-options"] == "nosniff"
    await ask(desk, "withdraw", item="MD-90", who="王五")
    assert (await desk.door.get(f"http://127.0.0.1:8650{one}")).status_code == 404


async def test_a_stick_takes_films_and_captions_along(cinema):
    made = await ask(cinema, "screen-export")
    assert set(made["media"]) == {"media/MD-90-0.mp4", "media/MD-90-2.png"}
    assert base64.b64decode(made["files"]["media/MD-90-1.srt"]).startswith(b"WEBVTT")


async def test_posters_and_long_pictures_take_pictures_along(cinema):
    plain = await ask(cinema, "board", item="N06", form="html")
    pictured = await ask(cinema, "board", item="MD-90", form="html")
    assert b"data:image/png" in base64.b64decode(pictured["file"])
    assert b"data:image/png" not in base64.b64decode(plain["file"])
    pdf = base64.b64decode((await ask(cinema, "board", item="MD-90"))["file"])
    assert b"/Subtype /Image" in pdf or b"/Subtype/Image" in pdf
    assert (await ask(cinema, "share", item="MD-90"))["picture"]


async def test_a_picture_that_cannot_be_drawn_is_told_in_words(cinema):
    whole = png()
    broken = whole[:33] + b"\0" * 40 + whole[-12:]  # its marks are those of a picture
    (cinema.home / "content" / "media" / "海报.png").write_bytes(broken)
    await cinema.approve("MD-90")
    for verb in ("board", "share"):
        with pytest.raises(Mistake, match="画不出来"):
            await ask(cinema, verb, item="MD-90")
