"""The page behind 看全文: the whole approved text, and nothing that counts."""

from __future__ import annotations

import pytest

from bot.core.render import Reading
from bot.verbs import Mistake
from bot.web.reading import Links, page
from tests.engine.office import office

MAIN, BASE = "dragon-boat-2026_main@jg1", "http://127.0.0.1:8650"


@pytest.fixture
async def desk(tmp_path):
    async with office(tmp_path, port=8650) as built:
        await built.at("2026-06-15 11:05")
        yield built


async def link_of(desk):
    [card] = [m for m in desk.world.posted if m.task_id == MAIN]
    [button] = [b for b in card.card["button_list"] if b["type"] == 1]
    assert card.card["card_action"]["url"] == button["url"]
    return button["url"]


async def test_the_card_leads_to_the_whole_text(desk):
    answer = await desk.door.get(await link_of(desk))
    assert answer.status_code == 200
    for words in ("提醒", "怎么办", "不在此列", "12388", "自愿阅看，不作考核", "2026-001"):
        assert words in answer.text
    assert "{放假安排}" not in answer.text
    assert answer.text.count("<script") == 1
    assert '<script src="/static/reading.js" defer></script>' in answer.text, "and none inline"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert len(answer.content) < 100_000


async def test_opening_the_page_is_never_a_receipt(desk):
    url = await link_of(desk)
    for _ in range(3):
        await desk.door.get(url)
        await desk.door.head(url)
    assert list((await desk.house.bureau.store.acts()).receipts) == []


async def test_an_altered_link_gets_a_plain_page_and_nothing_else(desk):
    url = await link_of(desk)
    for altered in (url[:-9] + "AAAAAAAAA", f"{BASE}/r/x", f"{BASE}/r/{MAIN}"):
        answer = await desk.door.get(altered)
        assert answer.status_code == 404
        assert "看不到这篇内容" in answer.text
        assert "粽" not in answer.text


async def test_a_text_edited_after_it_was_sent_is_no_longer_shown(desk):
    url = await link_of(desk)
    path = desk.home / "content" / "nodes" / "N06-端午.md"
    path.write_text(path.read_text("utf-8") + "\n改一句\n", encoding="utf-8")
    assert (await desk.door.get(url)).status_code == 404
    await desk.approve("N06")
    assert (await desk.door.get(url)).status_code == 200


EVIL = "<script>alert(1)</script> [点我](javascript:alert(1)) ![x](http://e.example/x.png)"


async def test_a_text_with_markup_is_stopped_before_anybody_can_approve_it(desk):
    path = desk.home / "content" / "nodes" / "N06-端午.md"
    path.write_text(path.read_text("utf-8").replace("## 怎么办", EVIL + "\n\n## 怎么办"), "utf-8")
    with pytest.raises(Mistake):
        await desk.approve("N06")


def test_markup_in_a_text_does_no_harm():
    """The page trusts no linter."""
    reading = Reading(
        source_line=EVIL,
        title=EVIL,
        sections=((EVIL, EVIL),),
        basis=EVIL,
        source=EVIL,
        footer=(EVIL,),
    )
    text = page(reading)
    assert text.count("<script") == 1, "the page's own"
    assert "<script>" not in text
    assert 'href="javascript:' not in text
    assert "<img" not in text


def test_a_link_of_another_installation_opens_nothing():
    ours, theirs = Links(BASE, b"a" * 32), Links(BASE, b"b" * 32)
    token = theirs.address(MAIN).rpartition("/")[2]
    assert ours.push_key(token) == ""
    assert theirs.push_key(token) == MAIN


def test_without_a_public_address_there_is_no_link():
    assert Links("", b"a" * 32).address(MAIN) == ""
