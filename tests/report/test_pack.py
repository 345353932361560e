"""The year's pack and the record of one node: all from the ledger, nothing to fill in."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import docx
import pytest

from bot.core import messages
from bot.core.model import Push
from bot.report import bubble
from bot.verbs import VERBS, Mistake
from tests.engine.office import office

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


async def asked(desk, verb="ledger-pack", **params):
    return await VERBS[verb](desk.house.bureau, desk.clock.now(), params)


@dataclass(frozen=True, kw_only=True)
class Played:
    """What was asked of one fortnight: the tests look at it from several sides."""

    pack: Any
    node: Any
    node_entries: int
    pack_entries: int
    ledger: Mapping[str, Any]
    year: Mapping[str, Any]
    pushes: Mapping[str, Push]
    shown: Mapping[str, Any]  # push key -> `ledger show`
    people: frozenset[str]
    exported: tuple[tuple[str, str], ...]

    @property
    def nodes(self) -> list[str]:
        return [key for key, push in self.pushes.items() if push.node and push.item]


@pytest.fixture(scope="module")
def played(tmp_path_factory) -> Played:
    return asyncio.run(_play(tmp_path_factory.mktemp("played")))


async def _play(home) -> Played:
    async with office(home) as desk:
        await desk.at("2026-06-18 10:00")
        card = next(one for one in desk.world.posted if one.task_id)
        for person in card.reached[:9]:
            await desk.tap(person, card.task_id)
        await desk.at("2026-06-29 10:05")
        pack, node = await asked(desk, year=2026), await asked(desk, node="dragon-boat-2026")
        trail = await desk.house.bureau.store.audits()
        pushes = await desk.pushes()
        return Played(
            pack=opened(pack),
            node=opened(node),
            pack_entries=pack["entries"],
            node_entries=node["entries"],
            ledger=await asked(desk, "ledger", year=2026),
            year=await asked(desk, "summary", year=2026),
            pushes=pushes,
            shown={
                key: await asked(desk, "ledger-show", key=key)
                for key, push in pushes.items()
                if push.node and push.item
            },
            people=frozenset(
                {m.id for m in desk.stage.roster} | {m.name for m in desk.stage.roster}
            ),
            exported=tuple((one.entry.what, one.entry.about) for one in trail[-2:]),
        )


def opened(answer):
    return docx.Document(io.BytesIO(base64.b64decode(answer["file"])))


def said(document) -> str:
    """Return every word of a document: of its paragraphs and of its tables."""
    return "\n".join("".join(node.itertext()) for node in document.element.body.iter(f"{W}p"))


def test_the_pack_holds_each_node_as_it_was_sent(played):
    text = said(played.pack)
    assert played.pack_entries == len(played.ledger["rows"])
    assert played.ledger["seal"] in text
    for row in played.ledger["rows"]:
        assert row["标题"] in text
    assert played.nodes
    for key in played.nodes:
        (shown, *_) = played.shown[key]["messages"]
        for line in filter(None, bubble.words(shown["message"])):
            assert line in text
    assert "终审 王终审 2026-06-15" in text
    assert "下属中心" in text
    assert len(played.pack.inline_shapes) >= 2, "the messages are drawn"


def test_its_first_page_says_that_nobody_need_make_any_record(played):
    first = []
    for paragraph in played.pack.paragraphs:
        if paragraph.paragraph_format.page_break_before:
            break
        first.append(paragraph.text)
    assert messages.PACK_NO_RECORDS in first
    assert messages.NOT_FOR_APPRAISAL in first
    assert not re.search(r"_{3,}|□|待填|TODO", said(played.pack)), "nothing is to be filled in"


def test_the_contents_page_leads_to_every_heading(played):
    body = played.pack.element.body
    marks = {node.get(f"{W}name") for node in body.iter(f"{W}bookmarkStart")}
    links = [node.get(f"{W}anchor") for node in body.iter(f"{W}hyperlink")]
    headings = [p for p in played.pack.paragraphs if p.style.name.startswith("Heading")]
    assert len(links) == len(set(links)) == len(headings) > 4
    assert set(links) == marks


def test_the_paragraph_for_the_report_has_the_ledger_s_numbers(played):
    went = [row for row in played.ledger["rows"] if "（" in row["编号"]]
    [told] = [p.text for p in played.pack.paragraphs if p.text.startswith("2026年，某某局")]
    assert f"全年推送 {len(went)} 篇" in told
    total = played.year["total"]
    assert total["read"] == 9
    assert f"覆盖 {total['covered']} 人次，其中可回执 {total['reachable']} 人次" in told
    assert "均经审核；更正 0 条，撤回 0 条，暂缓 0 条" in told


def test_one_node_fits_a_record_of_what_when_who_and_where(played):
    text = said(played.node)
    assert played.node_entries == 3
    assert played.node.paragraphs[0].text == messages.NOT_FOR_APPRAISAL
    for key, push in played.pushes.items():
        if push.node == "dragon-boat" and push.item:
            assert f"{push.sent_at:%m-%d %H:%M}" in text, key
    assert "王终审" in text
    for name in ("机关一支部", "机关二支部", "下属中心"):
        assert name in text
    assert "周一学习提示" not in text, "other texts are no part of it"
    whole = (
        f"共 {len(played.ledger['rows'])} 行），台账内容校验值（sha256）：{played.ledger['seal']}"
    )
    assert whole in text, "the checksum is the ledger's, and says so"
    assert played.exported == (("exported", "2026年"), ("exported", "dragon-boat-2026"))


def test_no_recipient_is_named_in_either(played):
    for document in (played.pack, played.node):
        text = said(document)
        assert [who for who in played.people if re.search(rf"\b{who}\b", text)] == []


@pytest.mark.parametrize("params", [{"node": "x-2026"}, {"node": "x"}, {"year": 2020}])
async def test_a_year_or_node_without_records_is_told_in_a_sentence(tmp_path, params):
    async with office(tmp_path, approved=False) as desk:
        with pytest.raises(Mistake):
            await asked(desk, **params)


# -- the picture of a message --------------------------------------------------------------------


def markdown(text):
    return json.dumps({"msgtype": "markdown", "markdown": {"content": text}})


def test_a_message_is_drawn_in_its_words_alone():
    seen = markdown(
        '> 小字\n**标题**\n[看全文](https://x.example)\n<font color="comment">页脚</font>'
    )
    assert bubble.words(seen) == ["小字", "标题", "看全文", "页脚"]
    drawn = ET.fromstring(bubble.svg(seen, "F"))
    assert {node.tag.split("}")[1] for node in drawn.iter()} == {"svg", "rect", "text"}


@pytest.mark.parametrize("evil", ["</text><script>x</script>", '"><image href="file:///x"/>', "&"])
def test_nothing_of_a_message_becomes_a_mark(evil):
    drawn = ET.fromstring(bubble.svg(markdown(evil * 30), "F"))
    assert {node.tag.split("}")[1] for node in drawn.iter()} == {"svg", "rect", "text"}


@pytest.mark.parametrize(
    "seen", ["", "7", "[]", "{}", '{"msgtype": "image", "image": {}}', "[" * 9999]
)
def test_what_is_no_message_is_told_in_words_alone(seen):
    assert bubble.words(seen) == []
    with pytest.raises(ValueError, match="message"):
        bubble.svg(seen, "F")


def test_a_very_long_message_ends_on_its_page():
    drawn = bubble.svg(markdown("长\n" * 5000), "F")
    assert drawn.count("<text") == bubble.MOST_LINES + 1
