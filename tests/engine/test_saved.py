"""From Notepad's file to the phone: what a clerk saved is what the group sees, to the character."""

from __future__ import annotations

import pytest

from bot.core.model import State
from bot.verbs import VERBS, Mistake
from tests.engine.office import moment

TEXT = """---
编号: BB-1
标题: 老同学聚会，谁买的单
类别: 情景案例
摘要: 一顿饭，两张单：谁签的字？
起草: 内容组
来源: 本单位自拟，请核对
公开属性: 公开
失效: 2027-12-31
---

## 经过

林某某说：“今晚我来。”——9:30，#1 包间；账单 ￥188.00，“老样子”……

## 问题在哪

谁请客，谁买单。《监察法》（2024年修正）第十一条：开展廉政教育。
"""


async def sent(desk, data: bytes, item: str) -> str:
    """Save, approve and send a text; return what arrived in the group, from the sandbox."""
    path = desk.home / "content" / "x.txt"
    path.write_bytes(data)
    desk.clock.jump(moment("2026-06-16 10:05"))
    await desk.approve(item)
    answer = await VERBS["send"](desk.house.bureau, desk.clock.now(), {"item": item, "to": "zx"})
    assert (await desk.pushes())[answer["key"]].state is State.SENT
    return desk.world.posted[-1].body["markdown"]["content"]


def saved(text: str, encoding: str) -> bytes:
    """Bytes as Notepad writes them."""
    return text.replace("\n", "\r\n").encode(encoding)


@pytest.mark.parametrize("encoding", ["gbk", "utf-8-sig", "utf-16"])
async def test_what_notepad_saved_arrives_with_not_one_character_changed(desk, encoding):
    arrived = await sent(desk, saved(TEXT, encoding), "BB-1")
    body = TEXT.split("---\n", 2)[2]
    lines = [line.strip() for line in body.split("\n") if line.strip()]
    said = [line.removeprefix("## ") for line in lines]
    assert [line for line in said if line not in arrived] == []
    assert "**老同学聚会，谁买的单**" in arrived
    assert "\r" not in arrived


@pytest.mark.parametrize(
    ("line", "item", "seen"),
    [
        ("标题: 案例: 谁买的单", "BB-1", "**案例: 谁买的单**"),
        ("标题: [转发]中秋", "BB-1", "**[转发]中秋**"),
        ("标题:中秋", "BB-1", "**中秋**"),
        ("编号: 007", "007", "**老同学聚会，谁买的单**"),
    ],
)
async def test_no_odd_head_loses_a_character_on_its_way_to_the_group(desk, line, item, seen):
    key = line.split(":")[0]
    text = "\n".join(line if one.startswith(f"{key}:") else one for one in TEXT.split("\n"))
    assert seen in await sent(desk, saved(text, "gbk"), item)
    assert any(push.item == item for push in (await desk.pushes()).values())


async def test_a_summary_with_a_sign_that_begins_a_comment_is_on_the_card_whole(desk):
    text = TEXT.replace("摘要: 一顿饭，两张单：谁签的字？", "摘要: 提醒 #中秋")
    (desk.home / "content" / "x.txt").write_bytes(saved(text, "gbk"))
    answer = await VERBS["preview"](
        desk.house.bureau, desk.clock.now(), {"item": "BB-1", "channel": "app"}
    )
    (view,) = answer["views"]
    assert view["message"]["template_card"]["sub_title_text"] == "提醒 #中秋"


async def test_one_character_changed_after_the_approval_and_nothing_is_sent(desk):
    await sent(desk, saved(TEXT, "gbk"), "BB-1")
    count = desk.heard("zx")
    path = desk.home / "content" / "x.txt"
    path.write_bytes(saved(TEXT, "utf-8"))  # saved anew in another encoding: the same words
    desk.clock.jump(moment("2026-06-17 10:05"))
    params = {"item": "BB-1", "to": "zx"}
    await VERBS["send"](desk.house.bureau, desk.clock.now(), params)
    assert desk.heard("zx") == count + 1
    path.write_bytes(saved(TEXT.replace("谁买单。", "谁买单！"), "utf-8"))
    desk.clock.jump(moment("2026-06-18 10:05"))
    with pytest.raises(Mistake, match="改动过"):
        await VERBS["send"](desk.house.bureau, desk.clock.now(), params)
    assert desk.heard("zx") == count + 1
