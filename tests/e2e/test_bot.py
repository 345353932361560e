"""L2 through the sandbox: a robot on its long connection, from a push to the receipt in the sum."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest

from bot import app, config, life
from bot.core import messages
from bot.core.model import Member, State
from bot.demo.stage import Clock
from bot.sandbox import talks
from bot.sandbox.server import create_app
from bot.sandbox.serving import Serving
from bot.sandbox.world import World
from bot.verbs import VERBS
from tests.engine.office import ROOT, moment
from tests.engine.test_enclosing import png

BOT, SECRET = "aib-test", "s3cret-of-the-bot"
CHAT = f"bot-{BOT}"
SEND = "dragon-boat-2026_main@{}"
PEOPLE = ("Zhang", "li", "wang")


@dataclass(kw_only=True)
class Town:
    world: World
    house: app.House
    clock: Clock

    async def live(self) -> None:
        await self.until(lambda: self.house.robot.live)

    async def until(self, what) -> None:
        async with asyncio.timeout(30):
            while not what():  # noqa: ASYNC110 - the condition is WeCom's own
                await asyncio.sleep(0.02)

    async def at(self, text: str) -> None:
        """Jump to a moment and let the ticks run, as the waker would on the way."""
        end = moment(text)
        assert await self.house.tick() == []
        while (wake := await self.house.next_wake()) <= end and wake > self.clock.now():
            self.clock.jump(wake)
            assert await self.house.tick() == []
        self.clock.jump(end)
        assert await self.house.tick() == []

    async def verb(self, name: str, **params):
        return await VERBS[name](self.house.bureau, self.clock.now(), params)

    async def push(self, target: str):
        return await self.house.bureau.store.push(SEND.format(target))

    def heard(self, chat: str) -> list[str]:
        """Return what arrived from the robot in `chat`, by its type."""
        log = self.world.log
        return [r.msgtype for r in log if r.kind == "message" and r.chat == chat and not r.person]

    def said(self, chat: str):
        """Return what the robot said in `chat`."""
        return [m for m in self.world.posted if m.chat == chat and not m.author]

    def card(self, person: str, target: str):
        cards = [m for m in self.world.posted if m.task_id.startswith(SEND.format(target))]
        return next(card for card in cards if person in card.reached)


TARGETS = {
    "people": 'name = "一支部"\nchannel = "bot"\nroster = "一支部"',
    "group": 'name = "二支部群"\nchannel = "bot-group"\nroster = "二支部"',
    "office": 'name = "廉政办"\nchannel = "bot-group"\nchatid = "Office"\noffice = true',
}


@asynccontextmanager
async def town(
    home, *, plain_ids=True, secret=SECRET, seats="", robot="", edit=None, **targets: str
) -> AsyncIterator[Town]:
    """`seats` are lines after [review]; `edit` changes a copy of the texts before all begins."""
    clock = Clock(moment("2026-06-15 08:40"))
    world = World(clock.now)
    for name in (*PEOPLE, "zhao"):
        world.add_user(name, name)
    world.add_robot(BOT, "清风", SECRET, plain_ids=plain_ids)
    world.add_group("Group2", "二支部群", [*PEOPLE, "zhao"], bots=[BOT])
    world.add_group("Office", "廉政办", ["zhao"], bots=[BOT])
    world.add_app(7, "清风", "app-s3cret")
    async with Serving(create_app(world)) as sandbox:
        (home / "schedules").symlink_to(ROOT / "schedules")
        if edit:
            shutil.copytree(ROOT / "content", home / "content")
            edit(home / "content")
        else:
            (home / "content").symlink_to(ROOT / "content")
        lines = [f'[wecom]\nbase_url = "{sandbox.url}"\n[wecom.app]\ncorp_id = "{world.corp_id}"']
        lines += ['agentid = 7\nsecret = "app-s3cret"'] if not plain_ids else []
        lines += [f'[wecom.bot]\nbot_id = "{BOT}"\nsecret = "{secret}"']
        lines += [f'ws_url = "{sandbox.url.replace("http", "ws")}"\n{robot}\n[web]\nport = 0']
        lines += [f"[review]\nrequired = false\n{seats}"]
        lines += [f"[target.{name}]\n{text}" for name, text in (targets or TARGETS).items()]
        (home / "config.toml").write_text("\n".join(lines), "utf-8")
        house = app.build(config.load(home / "config.toml", {}), clock.now)
        house.config.data.mkdir(parents=True, exist_ok=True)
        members = [Member(id=name, name=name, branch="一支部") for name in PEOPLE]
        members.append(Member(id="zhao", name="赵", branch="二支部"))
        await house.bureau.store.set_members(members)
        async with life.serving(house):
            yield Town(world=world, house=house, clock=clock)


async def test_a_card_to_each_person_is_tapped_and_is_a_receipt_in_the_summary(tmp_path):
    async with town(tmp_path) as at:
        await at.live()
        for person in ("Zhang", "li"):  # wang never writes to the robot
            assert talks.say(at.world, person, CHAT, "好")
        talks.say(at.world, "zhao", "Office", "@清风 在吗")
        await at.until(lambda: at.heard(CHAT) == ["markdown_v2"] * 2)
        await at.at("2026-06-15 11:00")
        push = await at.push("people")
        assert push.state is State.SENT
        assert push.tally == {"refused": 1, "sent": 2}
        refused = [d for d in await at.house.bureau.store.deliveries(push.key) if d.reason]
        assert [d.to for d in refused] == [("wang",)]
        assert "发一个字" in refused[0].reason
        known = await at.house.bureau.store.targets()
        assert not any(state.disabled for state in known.values())
        shown = await at.verb("roster-show")
        assert (shown["joined"], shown["not_joined"]) == (2, 1)
        assert shown["unreached"] == [], "who has joined is a number, never a list"

        card = at.card("Zhang", "people")
        for _ in range(2):
            talks.press(at.world, "Zhang", card, "ack")
        await at.until(lambda: at.world.state_of(card, "Zhang") is not None)
        assert at.world.state_of(card, "Zhang").greyed == "已阅，谢谢"
        assert [r.person for r in await at.house.bureau.store.receipts(push.key)] == ["Zhang"]

        await at.at("2026-06-29 10:00")
        total = (await at.verb("summary"))["total"]
        # Two warnings in that week (人次): each to three people, of whom one never wrote.
        assert (total["read"], total["reachable"], total["covered"]) == (1, 4, 6)
        assert "Office" in {r.chat for r in at.world.log if r.kind == "message" and not r.person}


async def test_a_group_binds_itself_and_hears_nothing_before_an_administrator_names_it(tmp_path):
    async with town(tmp_path, group=TARGETS["group"]) as at:
        await at.live()
        await at.at("2026-06-15 09:30")
        assert at.heard("Group2") == []
        assert "绑定" in (await at.push("group")).reason
        for _ in range(2):
            talks.say(at.world, "zhao", "Group2", "@清风 绑定")
        await at.until(lambda: len(at.heard("Group2")) == 2)
        told = await at.verb("targets")
        assert [(w["number"], w["who"]) for w in told["waiting"]] == [(1, "zhao")]
        assert told["targets"][0]["bound"] is False
        await at.verb("targets-bind", target="group")
        assert (await at.verb("targets"))["waiting"] == []
        await at.at("2026-06-15 11:00")
        assert (await at.push("group")).state is State.SENT
        assert at.heard("Group2") == ["markdown_v2"] * 3


async def test_an_encrypted_userid_becomes_the_account_of_the_roster(tmp_path):
    async with town(tmp_path, plain_ids=False, people=TARGETS["people"]) as at:
        await at.live()
        talks.say(at.world, "Zhang", CHAT, "好")
        await at.until(lambda: at.heard(CHAT))
        await at.at("2026-06-15 11:00")
        card = at.card("Zhang", "people")
        talks.press(at.world, "Zhang", card, "ack")
        await at.until(lambda: at.world.state_of(card, "Zhang") is not None)
        receipts = await at.house.bureau.store.receipts(SEND.format("people"))
        assert [r.person for r in receipts] == ["Zhang"]


async def test_a_lost_answer_never_becomes_a_second_group_message(tmp_path):
    async with town(tmp_path, group=TARGETS["group"] + '\nchatid = "Group2"') as at:
        await at.live()
        talks.say(at.world, "zhao", "Group2", "@清风 在吗")
        await at.until(lambda: len(at.heard("Group2")) == 1)
        at.world.faults.add("aibot_send_msg", "drop_after_accept")
        await at.at("2026-06-15 09:40")
        assert (await at.push("group")).state is State.UNKNOWN
        await at.until(lambda: at.house.robot.live)
        await at.at("2026-06-15 17:00")
        assert len(at.heard("Group2")) == 2
        assert (await at.push("group")).state is State.UNKNOWN


async def test_while_the_connection_is_down_a_push_waits_and_says_why(tmp_path):
    async with town(tmp_path, secret="wrong", people=TARGETS["people"]) as at:
        await at.until(lambda: at.house.robot.last.what == "stopped")
        await at.at("2026-06-15 09:40")
        push = await at.push("people")
        assert push.state is State.PLANNED
        assert "没有连上" in push.reason
        assert await at.house.bureau.store.deliveries(push.key) == []


async def test_an_administrator_is_told_once_that_the_robot_was_refused(tmp_path):
    office = {"office": TARGETS["office"].replace("bot-group", "terminal")}
    async with town(tmp_path, secret="wrong", **office) as at:
        await at.until(lambda: at.house.robot.last.what == "stopped")
        await asyncio.sleep(0.2)
        await at.at("2026-06-15 09:40")
        alarms = [p for p in await at.house.bureau.store.pushes() if p.rule == "bot-stopped"]
        assert [p.state for p in alarms] == [State.SENT]


async def test_the_whole_text_is_posted_by_a_button_of_the_card_and_is_no_receipt(tmp_path):
    async with town(tmp_path, people=TARGETS["people"], plain_ids=False) as at:
        await at.live()
        talks.say(at.world, "Zhang", CHAT, "好")
        await at.until(lambda: at.heard(CHAT))
        await at.at("2026-06-15 11:00")
        card = at.card("Zhang", "people")
        shown = [(one["text"], one["key"]) for one in card.card["button_list"]]
        assert shown == [("看全文", "whole"), ("已阅", "ack"), ("有意见", "opinion")]
        assert "jump_list" not in card.card
        talks.press(at.world, "Zhang", card, "whole")
        await at.until(lambda: len(at.heard(CHAT)) == 3)
        whole = at.said(CHAT)[-1]
        assert whole.reached == ("Zhang",)
        assert "12388" in whole.body["markdown_v2"]["content"]
        assert "依据" in whole.body["markdown_v2"]["content"]
        talks.press(at.world, "Zhang", card, "opinion")
        await at.until(lambda: len(at.heard(CHAT)) == 4)
        assert "建议：" in at.said(CHAT)[-1].body["markdown_v2"]["content"]
        store = at.house.bureau.store
        assert await store.receipts(SEND.format("people")) == []
        talks.press(at.world, "Zhang", card, "ack")  # the card still takes it
        await at.until(lambda: at.world.state_of(card, "Zhang") is not None)
        state = at.world.state_of(card, "Zhang")
        assert state.greyed == "已阅，谢谢"
        assert [one["key"] for one in state.card["button_list"]] == ["ack"]
        assert [one.person for one in await store.receipts(SEND.format("people"))] == ["Zhang"]


async def test_a_card_that_was_halted_since_posts_a_sentence_and_no_text(tmp_path):
    async with town(tmp_path, people=TARGETS["people"]) as at:
        await at.live()
        talks.say(at.world, "Zhang", CHAT, "好")
        await at.until(lambda: at.heard(CHAT))
        await at.at("2026-06-15 11:00")
        card = at.card("Zhang", "people")
        await at.verb("hold", word="粽子", who="周主任")
        talks.press(at.world, "Zhang", card, "whole")
        await at.until(lambda: len(at.heard(CHAT)) == 3)
        assert at.said(CHAT)[-1].body["markdown_v2"]["content"] == messages.PAGE_CLOSED


async def test_what_is_attached_follows_its_text_to_people_and_into_the_groups(tmp_path):
    group = TARGETS["group"] + '\nchatid = "Group2"'
    async with town(tmp_path, people=TARGETS["people"], group=group) as at:
        (tmp_path / "content").unlink()
        shutil.copytree(ROOT / "content", tmp_path / "content")
        folder = tmp_path / "content" / "nodes"
        (folder / "N06-2-端午.md").unlink()
        (folder / "海报.png").write_bytes(png(700_000))  # two pieces
        path = folder / "N06-端午.md"
        text = path.read_text("utf-8").replace("---\n", "---\n附件: 海报.png\n", 1)
        path.unlink()
        path.write_text(text, "utf-8")
        await at.live()
        talks.say(at.world, "Zhang", CHAT, "好")
        talks.say(at.world, "zhao", "Group2", "@清风 在吗")
        await at.until(lambda: at.heard("Group2") and at.heard(CHAT))
        at.world.faults.add("aibot_upload_media_init", "errcode", errcode=45009)
        await at.at("2026-06-15 11:00")
        assert at.heard("Group2") == ["markdown_v2", "markdown_v2", "image"]
        assert at.heard(CHAT) == ["markdown_v2", "template_card", "image"], "Zhang alone wrote"
        rows = await at.house.bureau.store.pushes()
        assert {p.state for p in rows if p.rule == "attachment"} == {State.SENT}


async def test_a_feedback_is_counted_and_a_welcome_given(tmp_path):
    async with town(tmp_path, people=TARGETS["people"]) as at:
        await at.live()
        assert talks.enter(at.world, "Zhang", CHAT)
        await at.until(lambda: at.heard(CHAT) == ["text"])
        welcome = at.world.posted[-1].body["text"]["content"]
        assert "不受理信访举报" in welcome
        assert "回“本周”" in welcome, "this week's texts are offered"
        counts = await at.house.bureau.store.counts()
        assert any("enter" in name for name in counts)


@pytest.mark.parametrize("personal", [True, False])
async def test_a_person_gets_an_item_once_and_the_personal_way_wins(tmp_path, personal):
    group = TARGETS["group"].replace("二支部", "一支部") + '\nchatid = "Group2"'
    async with town(tmp_path, group=group, people=TARGETS["people"]) as at:
        await at.live()
        talks.say(at.world, "zhao", "Group2", "@清风 在吗")
        for person in PEOPLE if personal else PEOPLE[:2]:
            talks.say(at.world, person, CHAT, "好")
        await at.until(lambda: len(at.heard(CHAT)) == (3 if personal else 2))
        await at.at("2026-06-15 11:10")
        assert (await at.push("people")).state is State.SENT
        group_push = await at.push("group")
        assert group_push.state is (State.SKIPPED if personal else State.SENT)
        assert ("逐人" in group_push.reason) is personal


async def test_a_group_is_invited_to_the_single_chat_for_four_weeks_and_no_longer(tmp_path):
    bound = TARGETS["group"] + '\nchatid = "Group2"'
    async with town(tmp_path, people=TARGETS["people"], group=bound) as at:
        await at.live()
        talks.say(at.world, "zhao", "Group2", "@清风 在吗")
        await at.until(lambda: at.heard("Group2"))
        await at.at("2026-06-15 11:00")
        assert messages.INVITE in str(at.said("Group2")[-1].body)
        await at.at("2026-07-20 11:00")
        assert messages.INVITE not in str(at.said("Group2")[-1].body)


async def test_read_volunteered_in_a_group_is_a_receipt_and_the_group_hears_nothing(tmp_path):
    async with town(tmp_path, group=TARGETS["group"] + '\nchatid = "Group2"') as at:
        await at.live()
        talks.say(at.world, "zhao", "Group2", "@清风 在吗")
        await at.until(lambda: at.heard("Group2"))
        await at.at("2026-06-15 11:00")
        heard, store = at.heard("Group2"), at.house.bureau.store
        for person in ("zhao", "zhao", "li"):  # li is in the group, and not on its roster
            talks.say(at.world, person, "Group2", "@清风 已阅")
        talks.say(at.world, "li", CHAT, "我的记录")
        await at.until(lambda: at.heard(CHAT))
        kept = await store.receipts(SEND.format("group"))
        assert [(one.person, one.means) for one in kept] == [("zhao", "主动回复已阅")]
        assert at.heard("Group2") == heard


@pytest.mark.parametrize("wecom", ["allow", "reject", "drop"])
async def test_a_card_follows_the_text_into_the_group_where_the_office_switched_it_on(
    tmp_path, wecom
):
    """Whether WeCom takes cards in groups is not known (§2.7): the text is there in any case."""
    bound = TARGETS["group"] + '\nchatid = "Group2"'
    async with town(tmp_path, robot="group_card = true", group=bound) as at:
        at.world.aibot_group_card = wecom
        await at.live()
        talks.say(at.world, "zhao", "Group2", "@清风 在吗")
        await at.until(lambda: at.heard("Group2"))
        await at.at("2026-06-15 11:00")
        push, store = await at.push("group"), at.house.bureau.store
        assert push.state is State.SENT
        assert not [one for one in (await store.targets()).values() if one.disabled]
        text, *cards = at.said("Group2")[1:]
        assert "依据" in str(text.body), "the whole text, as ever"
        last = State.REFUSED if wecom == "reject" else State.SENT
        assert [row.state for row in await store.deliveries(push.key)] == [State.SENT, last]
        assert len(cards) == (wecom == "allow")
        if cards:
            await tapped_in_the_group(at, cards[0], push.key)
        await at.at("2026-06-29 10:00")
        total = (await at.verb("summary"))["total"]
        assert total["read"] == (wecom == "allow")
        assert total["reachable"] == (0 if wecom == "reject" else total["covered"])
        assert (await at.verb("roster-show"))["unreached"] == []


async def tapped_in_the_group(at, card, key):
    store, heard = at.house.bureau.store, at.heard("Group2")
    assert [one["text"] for one in card.card["button_list"]] == ["已阅"]
    for person in ("zhao", "zhao", "li"):  # li is in the group, and not on its roster
        talks.press(at.world, person, card, "ack")
    await at.until(lambda: at.world.state_of(card, "li") is not None)
    assert at.world.state_of(card, "zhao").greyed == messages.ACK_DONE
    assert at.world.state_of(card, "wang") is None, "nobody else sees who tapped"
    assert at.heard("Group2") == heard, "and the group hears nothing"
    kept = await store.receipts(key)
    assert [(one.person, one.means) for one in kept] == [("zhao", "机器人卡片按钮")]
    assert (await store.counts())["stranger"] == 1


async def test_without_the_switch_a_group_gets_no_card(tmp_path):
    bound = TARGETS["group"] + '\nchatid = "Group2"'
    async with town(tmp_path, group=bound) as at:
        await at.live()
        talks.say(at.world, "zhao", "Group2", "@清风 在吗")
        await at.until(lambda: at.heard("Group2"))
        await at.at("2026-06-15 11:00")
        assert not [m for m in at.said("Group2") if m.card]


async def test_whoever_got_a_card_alone_is_counted_once_and_not_by_the_group_as_well(tmp_path):
    group = TARGETS["group"].replace("二支部", "一支部") + '\nchatid = "Group2"'
    both = {"people": TARGETS["people"], "group": group}
    async with town(tmp_path, robot="group_card = true", **both) as at:
        await at.live()
        talks.say(at.world, "zhao", "Group2", "@清风 在吗")
        talks.say(at.world, "li", CHAT, "好")
        await at.until(lambda: at.heard(CHAT) and at.heard("Group2"))
        await at.at("2026-06-15 11:30")
        talks.press(at.world, "li", at.card("li", "people"), "ack")
        [card] = [m for m in at.said("Group2") if m.card]
        talks.press(at.world, "li", card, "ack")
        await at.until(lambda: at.world.state_of(card, "li") is not None)
        await at.at("2026-06-29 10:00")
        total = (await at.verb("summary"))["total"]
        assert (total["read"], total["covered"]) == (1, 6), "two warnings to three people"


# -- single people of the office -------------------------------------------------------------------


async def test_tomorrow_s_message_is_put_off_by_one_tap_on_the_robot_s_card(tmp_path):
    async with town(tmp_path, seats='cards = ["李=li"]', people=TARGETS["people"]) as at:
        await at.live()
        talks.say(at.world, "li", CHAT, "好")
        await at.until(lambda: at.heard(CHAT))
        await at.at("2026-06-17 16:30")
        (card,) = [m for m in at.said(CHAT) if m.card and m.at >= moment("2026-06-17 16:00")]
        assert card.reached == ("li",)
        assert [one["text"] for one in card.card["button_list"]] == ["暂缓"]
        talks.press(at.world, "li", card, "defer")
        await at.until(lambda: at.world.state_of(card, "li") is not None)
        assert at.world.state_of(card, "li").greyed == messages.DEFERRED
        await at.at("2026-06-18 17:30")
        final = await at.house.bureau.store.push("dragon-boat-2026_final@people")
        assert final.state is State.EXPIRED


async def test_whoever_may_stops_everything_by_a_word_and_a_tap(tmp_path):
    async with town(tmp_path, seats='cards = ["李=li"]', people=TARGETS["people"]) as at:
        await at.live()
        for person in ("li", "wang"):
            talks.say(at.world, person, CHAT, "急停")
        await at.until(lambda: "template_card" in at.heard(CHAT))
        (card,) = [m for m in at.said(CHAT) if m.card]
        assert card.reached == ("li",), "wang may not"
        talks.press(at.world, "li", card, "halt")
        await at.until(lambda: at.world.state_of(card, "li") is not None)
        assert at.world.state_of(card, "li").greyed == messages.STOPPED
        await at.at("2026-06-15 17:30")
        assert len([m for m in at.said(CHAT) if m.card]) == 1, "nothing to staff since"
