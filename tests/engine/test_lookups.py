"""教育提醒送达说明: one person, one text, a reason, a second person's consent, in the open."""

from __future__ import annotations

import pytest

from bot.engine.talk import Talk
from bot.inbox import Wish, WishKind
from bot.store.records import broken
from bot.verbs import VERBS, Mistake
from tests.engine.office import office

ITEM, WHY = "N06", "本人申诉，需要核实送达"
ON = '\n[receipts]\nperson_lookup = "on_request"'
SENT = "2026-06-16 10:00"


@pytest.fixture
async def open_office(tmp_path):
    async with office(tmp_path, targets=ON) as desk:
        await desk.at(SENT)
        yield desk


async def say(desk, person: str, who: str, **more):
    params = {"person": person, "item": ITEM, "who": who, **more}
    return await VERBS["statement"](desk.house.bureau, desk.clock.now(), params)


async def card(desk):
    """The first card of the text, and who got it."""
    pushes = await desk.pushes()
    key = next(key for key, push in pushes.items() if push.item == ITEM and push.sent_at)
    message = desk.world.message_of(key)
    return key, message.reached


async def test_it_is_off_unless_the_unit_turned_it_on(tmp_path):
    async with office(tmp_path) as desk:
        with pytest.raises(Mistake, match="没有开启"):
            await say(desk, "u001", "王某", reason=WHY)
        assert await desk.house.bureau.store.audits() == [
            one for one in await desk.house.bureau.store.audits() if "lookup" not in one.entry.what
        ]


async def test_two_people_and_a_reason_show_one_person_one_text(open_office):
    desk = open_office
    key, people = await card(desk)
    await desk.tap(people[0], key)
    assert (await say(desk, people[0], "王某", reason=WHY))["asked"]
    answer = await say(desk, people[0].upper(), "李某", agree=True)
    told = answer["document"]
    assert "教育提醒送达说明" in told
    assert "已阅（卡片按钮）" in told
    assert WHY in told
    assert "未阅" not in told
    names = {m.id: m.name for m in await desk.house.bureau.store.members()}
    assert names[people[0]] in told  # resolved as it is shown


async def test_no_receipt_is_no_verdict(open_office):
    desk = open_office
    _, people = await card(desk)
    await say(desk, people[1], "王某", reason=WHY)
    told = (await say(desk, people[1], "李某", agree=True))["document"]
    assert "暂无回执（不表示没有阅看）" in told


async def test_nothing_is_shown_without_a_second_person(open_office):
    desk = open_office
    _, people = await card(desk)
    with pytest.raises(Mistake, match="没有等待同意"):
        await say(desk, people[0], "李某", agree=True)
    await say(desk, people[0], "王某", reason=WHY)
    with pytest.raises(Mistake, match="另一人"):
        await say(desk, people[0], "王某", agree=True)
    with pytest.raises(Mistake, match="没有等待同意"):  # of another person nobody asked
        await say(desk, people[1], "李某", agree=True)
    await say(desk, people[0], "李某", agree=True)
    with pytest.raises(Mistake, match="没有等待同意"):  # once agreed, once shown
        await say(desk, people[0], "李某", agree=True)


@pytest.mark.parametrize("why", ["", "看看", "查{name}看没看", "{id} 申诉"])
async def test_a_reason_is_given_and_names_nobody(open_office, why):
    desk = open_office
    _, people = await card(desk)
    member = next(m for m in await desk.house.bureau.store.members() if m.id == people[0])
    with pytest.raises(Mistake, match="事由"):
        await say(desk, member.id, "王某", reason=why.format(name=member.name, id=member.id))


@pytest.mark.parametrize("person", ["", "*", "all", "全体", "u001,u002", "nobody"])
async def test_there_is_no_list(open_office, person):
    with pytest.raises(Mistake, match="一次只查一个账号"):
        await say(open_office, person, "王某", reason=WHY)


async def test_the_trail_has_it_without_the_person_and_the_person_sees_it(open_office):
    desk = open_office
    bureau = desk.house.bureau
    _, people = await card(desk)
    await say(desk, people[0], "王某", reason=WHY)
    await say(desk, people[0], "李某", agree=True)
    trail = await bureau.store.audits()
    mine = [one.entry for one in trail if one.entry.what.startswith("lookup")]
    assert [(one.what, one.who) for one in mine] == [
        ("lookup-asked", "王某"),
        ("lookup-shown", "李某"),
    ]
    assert all(people[0] not in str(one) for one in mine)
    assert broken(trail, await bureau.store.head()) in (None, "")
    record = await Talk(bureau).answer(Wish(kind=WishKind.RECORD), people[0])
    assert "有人查询过您的" in record
    assert WHY in record
    assert "王某提出，李某同意" in record
    other = await Talk(bureau).answer(Wish(kind=WishKind.RECORD), people[1])
    assert "查询过" not in other


async def test_a_person_in_a_group_without_receipts_has_nothing_to_be_told(open_office):
    desk = open_office
    members = await desk.house.bureau.store.members()
    person = next(m.id for m in members if m.branch == "下属中心")
    await say(desk, person, "王某", reason=WHY)
    told = (await say(desk, person, "李某", agree=True))["document"]
    assert "群消息" in told
    assert "没有阅看" in told
