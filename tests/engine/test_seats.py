"""Single people of the office: review by card, tomorrow's messages with 暂缓, 急停."""

from __future__ import annotations

import pytest

from bot.core import messages
from bot.core.model import State
from bot.core.seats import pages, seats_of
from bot.inbox import Event
from bot.library import approvals
from bot.verbs import VERBS, Mistake
from tests.engine.office import moment, office

SEATS = '\n[review]\ncards = ["王终审=u001:终审", "赵初审=u003:初审"]\npreview = ["李四=u004"]\n'
FINAL, MAIN = "dragon-boat-2026_final", "dragon-boat-2026_main"


def told(desk, person, since="2026-06-15 00:00"):
    """Return what the app said to one person alone, oldest first."""
    return [
        message
        for message in desk.world.posted
        if message.reached == (person,) and message.at >= moment(since)
    ]


def cards(desk, person, since="2026-06-15 00:00"):
    return [message for message in told(desk, person, since) if message.card]


def words(message):
    return message.body["markdown"]["content"]


async def verb(desk, name, **params):
    return await VERBS[name](desk.house.bureau, desk.clock.now(), params)


# -- tomorrow's messages -------------------------------------------------------------------------


async def test_the_final_reviewer_sees_tomorrow_s_messages_as_they_will_look(tmp_path):
    async with office(tmp_path, start="2026-06-17 14:00", targets=SEATS) as desk:
        await desk.at("2026-06-17 17:30")
        text, *_, card = told(desk, "u001", "2026-06-17 16:00")
        assert moment("2026-06-17 16:05") <= text.at < card.at <= moment("2026-06-17 16:25")
        assert "06-18" in words(text)
        assert [button["text"] for button in card.card["button_list"]] == ["暂缓"]
        assert len(told(desk, "u004", "2026-06-17 16:00")) == 2, "whoever wants it sees it too"
        assert told(desk, "u003", "2026-06-17 16:00") == [], "and nobody else"
        await desk.at("2026-06-18 11:00")
        sent = next(m for m in desk.world.posted if m.task_id == f"{FINAL}@jg1")
        assert card.card["main_title"] == sent.card["main_title"]
        assert card.card["sub_title_text"] == sent.card["sub_title_text"]
        group = next(m for m in desk.world.posted if m.chat == "zx" and m.at > card.at)
        heard = words(group).split("\n\n")
        assert heard[2] in words(text)


async def test_nothing_is_needed_to_let_them_go_and_one_tap_keeps_one_back(tmp_path):
    async with office(tmp_path, start="2026-06-17 14:00", targets=SEATS) as desk:
        await desk.at("2026-06-17 17:30")
        (card,) = cards(desk, "u001", "2026-06-17 16:00")
        result = await desk.tap("u001", card.task_id, "defer")
        assert result.greyed == messages.DEFERRED
        plan = await verb(desk, "plan", days=2)
        why = {one["blocked"] for one in plan["pushes"] if one["key"].startswith(FINAL)}
        assert why == {"王终审于06-17暂缓"}
        told = (await verb(desk, "summary", week="2026-W24", recount=True))["exceptions"]
        [line] = [one for one in told if "暂缓着" in one]
        assert line.endswith(f"qingfeng resume {FINAL}")
        await desk.at("2026-06-18 17:30")
        ends = {push.state for key, push in (await desk.pushes()).items() if FINAL + "@" in key}
        assert ends == {State.EXPIRED}
        trail = [one.entry for one in await desk.house.bureau.store.audits()]
        deferred = [(one.about, one.who) for one in trail if one.what == "deferred"]
        lines = (await verb(desk, "summary", week="2026-W25", recount=True))["exceptions"]
        [line] = [one for one in lines if "06-17暂缓" in one]
        assert "机关一支部、机关二支部、下属中心：未能按时发出" in line, "one line for all of them"
        assert deferred == [(FINAL, "王终审")]


async def test_what_was_put_off_goes_once_an_administrator_lets_it(tmp_path):
    async with office(tmp_path, start="2026-06-17 14:00", targets=SEATS) as desk:
        await desk.at("2026-06-17 17:30")
        (card,) = cards(desk, "u001", "2026-06-17 16:00")
        await desk.tap("u001", card.task_id, "defer")
        await desk.at("2026-06-18 09:40")
        assert (await desk.pushes())[f"{FINAL}@jg1"].state is State.PLANNED
        assert (await verb(desk, "resume", key=FINAL))["let_go"] == FINAL
        await desk.at("2026-06-18 10:30")
        assert (await desk.pushes())[f"{FINAL}@jg1"].state is State.SENT
        with pytest.raises(Mistake, match="没有暂缓过"):
            await verb(desk, "resume", key=FINAL)


async def test_a_tap_of_anybody_else_keeps_nothing_back(tmp_path):
    async with office(tmp_path, start="2026-06-17 14:00", targets=SEATS) as desk:
        await desk.at("2026-06-17 17:30")
        (card,) = cards(desk, "u001", "2026-06-17 16:00")
        await desk.tap("u009", card.task_id, "defer")
        await desk.tap("u004", card.task_id, "defer")
        await desk.at("2026-06-18 11:00")
        assert (await desk.pushes())[f"{FINAL}@jg1"].state is State.SENT


async def test_a_tap_after_the_send_says_that_it_is_gone(tmp_path):
    async with office(tmp_path, start="2026-06-17 14:00", targets=SEATS) as desk:
        await desk.at("2026-06-18 11:00")
        (card,) = cards(desk, "u001", "2026-06-17 16:00")
        assert (await desk.tap("u001", card.task_id, "defer")).greyed == messages.DEFER_LATE


async def test_on_friday_it_is_monday_that_is_told_of(tmp_path):
    async with office(tmp_path, start="2026-06-26 14:00", targets=SEATS) as desk:
        await desk.at("2026-06-26 17:30")
        text = told(desk, "u001", "2026-06-26 16:00")[0]
        assert "06-29 周一" in words(text)
        await desk.at("2026-06-28 18:00")
        assert told(desk, "u001", "2026-06-27 00:00") == [], "nobody is told on a day off"


async def test_without_a_way_to_single_people_the_office_s_group_hears_it(tmp_path):
    async with office(tmp_path, start="2026-06-17 14:00") as desk:
        await desk.at("2026-06-17 17:30")
        heard = [
            words(m) for m in desk.world.posted if m.chat == "office" and m.msgtype == "markdown"
        ]
        assert sum("发前预告" in text for text in heard) == 1
        assert all("暂缓”。" not in text for text in heard), "a group has no button"


# -- review by card ------------------------------------------------------------------------------


async def waiting(tmp_path, **more):
    return office(tmp_path, approved=False, start="2026-06-16 14:00", targets=SEATS, **more)


async def test_a_reviewer_reads_it_in_full_and_agrees_by_one_tap(tmp_path):
    async with await waiting(tmp_path) as desk:
        await desk.at("2026-06-16 15:30")
        got = told(desk, "u001")
        asked = cards(desk, "u001")
        assert len(asked) == 3, "no more than three lie there at once"
        first = asked[0]
        facts = {f["keyname"]: f["value"] for f in first.card["horizontal_content_list"]}
        item = desk.house.bureau.library(moment("2026-06-16 15:30").date()).item(facts["编号"])
        before = "\n".join(words(m) for m in got[: got.index(first)])
        for text in item.sections.values():
            for line in filter(None, text.split("\n")):
                assert line in before
        result = await desk.tap("u001", first.task_id, "agree")
        assert result.greyed == messages.AGREED
        folders = desk.house.bureau.shelf.folders
        (said,) = folders.said_of(item, approvals.seal_key(folders.data))
        assert (said.who, said.step, said.how) == ("王终审", "终审", approvals.APP_CARD)
        assert (said.digest, said.sources_checked) == (item.digest, True)
        await desk.at("2026-06-16 15:45")
        assert len(cards(desk, "u001")) == 4, "the next one comes when one is dealt with"


async def test_a_text_is_returned_by_one_tap_and_asked_for_anew_when_it_was_mended(tmp_path):
    async with await waiting(tmp_path) as desk:
        await desk.at("2026-06-16 15:30")
        first = cards(desk, "u001")[0]
        assert (await desk.tap("u001", first.task_id, "return")).greyed == messages.RETURNED
        item = first.card["horizontal_content_list"][0]["value"]
        library = desk.house.bureau.library(moment("2026-06-16 15:30").date())
        assert messages.RETURNED_BY_CARD in library.blocked[item]
        path = desk.home / "content" / library.item(item).path
        path.write_text(path.read_text("utf-8") + "\n补一句。\n", "utf-8")
        old = await desk.tap("u001", first.task_id, "agree")
        assert old.greyed == messages.REVIEW_CHANGED, "the card was of other words"
        for later in ("15:45", "16:00"):
            await desk.at(f"2026-06-16 {later}")
        newest = [c.card["horizontal_content_list"][0]["value"] for c in cards(desk, "u001")]
        assert newest.count(item) == 2


@pytest.mark.parametrize("person", ["u009", "u003", "guest"])
async def test_only_the_named_reviewer_s_own_tap_counts(tmp_path, person):
    async with await waiting(tmp_path) as desk:
        await desk.at("2026-06-16 15:30")
        first = cards(desk, "u001")[0]
        await desk.tap(person, first.task_id, "agree")
        assert not list((desk.home / "content").glob("approvals/*/*.toml"))


@pytest.mark.parametrize("button", ["ack", "defer", "halt", "agree2", ""])
async def test_no_other_button_means_anything_on_a_review_card(tmp_path, button):
    async with await waiting(tmp_path) as desk:
        await desk.at("2026-06-16 15:30")
        first = cards(desk, "u001")[0]
        event = Event(
            kind="card", person="u001", at=desk.clock.now(), task_id=first.task_id, button=button
        )
        await desk.house.web.state.doors.receive(event)
        assert not list((desk.home / "content").glob("approvals/*/*.toml"))
        assert await desk.house.bureau.store.receipts(first.task_id) == []


async def test_a_step_that_is_not_theirs_brings_a_reviewer_no_card(tmp_path):
    async with await waiting(tmp_path) as desk:
        await desk.at("2026-06-16 17:00")
        assert cards(desk, "u003") == []


async def test_tapping_twice_approves_once(tmp_path):
    async with await waiting(tmp_path) as desk:
        await desk.at("2026-06-16 15:30")
        first = cards(desk, "u001")[0]
        for _ in range(2):
            result = await desk.tap("u001", first.task_id, "agree")
            assert result.greyed in (messages.AGREED, "")
        assert len(list((desk.home / "content").glob("approvals/*/*.toml"))) == 1


async def test_what_waits_for_words_that_wait_for_decent_hours_wakes_nobody_in_between(tmp_path):
    night = office(tmp_path, approved=False, start="2026-06-16 20:00", targets=SEATS)
    async with night as desk:
        await desk.at("2026-06-16 20:05")
        assert len(await desk.pushes(State.PLANNED)) > 3, "texts and their cards wait"
        assert await desk.house.next_wake() >= moment("2026-06-17 07:00"), "for the morning"
        await desk.at("2026-06-17 10:00")
        got = told(desk, "u001")
        first = next(n for n, message in enumerate(got) if message.card)
        assert first > 0, "and the words still come before their card"
        assert all(message.msgtype == "markdown" for message in got[:first])


# -- 急停 ----------------------------------------------------------------------------------------


async def test_one_tap_pauses_everything_at_whatever_hour(tmp_path):
    async with office(tmp_path, start="2026-06-17 20:00", targets=SEATS) as desk:
        said = Event(kind="message", person="u001", at=desk.clock.now(), text="急停")
        answer = await desk.house.web.state.doors.receive(said)
        assert answer.text == messages.STOP_ASK
        await desk.at("2026-06-17 20:01")
        (card,) = cards(desk, "u001")
        assert (await desk.tap("u001", card.task_id, "halt")).greyed == messages.STOPPED
        await desk.at("2026-06-18 17:30")
        sent = [key for key in await desk.pushes(State.SENT) if key.startswith("dragon")]
        assert sent == []
        assert (await verb(desk, "resume"))["was"]


async def test_nobody_else_is_offered_the_card(tmp_path):
    async with office(tmp_path, start="2026-06-17 20:00", targets=SEATS) as desk:
        said = Event(kind="message", person="u009", at=desk.clock.now(), text="急停")
        assert (await desk.house.web.state.doors.receive(said)).text == messages.HELP
        assert not [key for key in await desk.pushes() if key.startswith("stop-")]


# -- the list ------------------------------------------------------------------------------------


def test_a_seat_is_a_name_an_account_and_perhaps_steps():
    one, two = seats_of(["王五=wangwu:终审、保密审查", "赵六 = zhao.liu"], ["王五=wangwu"], "终审")
    assert (one.name, one.person, one.steps, one.sees) == (
        "王五",
        "wangwu",
        ("终审", "保密审查"),
        True,
    )
    assert (two.steps, two.sees, two.may_take("初审")) == ((), True, True)


@pytest.mark.parametrize("wrong", ["王五", "=wangwu", "王五=", "王五=王五", "王五:wangwu", ""])
def test_what_names_nobody_is_refused(wrong):
    with pytest.raises(ValueError, match=wrong or "^$"):
        seats_of([wrong], [], "终审")


def test_pages_keep_every_line_and_their_order():
    text = "\n".join(f"第{n}行" * 9 for n in range(200))
    cut = pages(text, 2000)
    assert max(len(page.encode()) for page in cut) <= 2000
    assert "\n".join(cut) == text
