"""A kind reminder: where a rule wants it, once, to people one by one, and nobody is listed."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core import messages
from bot.core.model import State
from bot.engine.receive import Reception
from bot.engine.remind import remind
from bot.inbox import Event
from bot.verbs import VERBS
from tests.engine.office import moment, office

START, SENT, EVE = "2026-07-06 08:40", "2026-07-06 11:10", "2026-07-08 14:30"
AFTER = "2026-07-08 17:00"


def wanted(home, line="remind = 2", rule="monday"):
    """Opt in, as an office would: one line below a rule."""
    path = home / "schedules" / "rhythm.toml"
    text = path.read_text("utf-8").replace(f"[{rule}]\n", f"[{rule}]\n{line}\n")
    path.write_text(text, "utf-8")


@pytest.fixture
async def week(tmp_path):
    """Monday's text is out, the rule reminds after two workdays, it is Wednesday after lunch."""
    async with office(tmp_path, start=START) as desk:
        wanted(desk.home)
        await desk.at(SENT)
        yield desk


async def monday_of(desk, target="jg1"):
    return next(
        push
        for push in (await desk.pushes(State.SENT)).values()
        if push.rule == "monday" and push.target == target
    )


def reminders(desk):
    return [
        m for m in desk.world.posted if m.at >= moment(EVE) and messages.REMINDER in str(m.body)
    ]


def told(desk):
    return {who for message in reminders(desk) for who in message.reached}


async def covered(desk, push):
    return list((await desk.house.bureau.store.cohort(push.key)).covered)


async def reachable(desk, push):
    rows = await desk.house.bureau.store.deliveries(push.key)
    gone = {who for row in rows for who in (*row.invalid, *row.unlicensed)}
    return [who for who in await covered(desk, push) if who not in gone]


def bytes_of(home):
    kept = [path for path in (home / "data").rglob("*") if path.is_file()]
    return b"".join(path.read_bytes() for path in sorted(kept))


async def test_whoever_has_no_receipt_is_reminded_once_and_nobody_else(week):
    push = await monday_of(week)
    people = await reachable(week, push)
    for person in people[:3]:
        await week.tap(person, push.key)
    await week.at(AFTER)
    both = {*people[3:], *await reachable(week, await monday_of(week, "jg2"))}
    assert told(week) == both, "in no group, and not to those who have tapped"
    assert all(m.at.time() >= moment(EVE).time() for m in reminders(week))
    await week.at("2026-07-14 17:00")
    assert len(reminders(week)) == 2, "one message to each of the two branches, ever"


async def test_nobody_is_reminded_where_no_rule_wants_it(tmp_path):
    async with office(tmp_path, start=START) as desk:
        await desk.at("2026-07-14 17:00")
        assert (await monday_of(desk)).state is State.SENT
        assert reminders(desk) == []


async def test_a_rule_switched_back_before_the_day_reminds_nobody(week):
    path = week.home / "schedules" / "rhythm.toml"
    path.write_text(path.read_text("utf-8").replace("remind = 2\n", ""), "utf-8")
    await week.at(AFTER)
    assert reminders(week) == []


async def test_a_tap_a_second_before_the_bytes_leave_stops_it(week):
    """Whoever taps while other parts are on their way is left out of his own."""
    push = await monday_of(week)
    late, *_ = people = await reachable(week, push)
    channel = week.house.bureau.channels[push.target]
    bureau = replace(week.house.bureau, channels={push.target: OneByOne(channel, week, push, late)})
    await week.at(EVE)
    week.clock.jump(moment(AFTER).replace(hour=15, minute=5))
    assert await remind(bureau, week.clock.now()) == 1
    assert told(week) == {*people} - {people[-1]}


class OneByOne:
    """The app's channel in parts of one: with the first message that leaves, the last one taps."""

    part_size = 1

    def __init__(self, channel, desk, push, _):
        self._channel, self._desk, self._push = channel, desk, push

    def __getattr__(self, name):
        return getattr(self._channel, name)

    async def send(self, body):
        if not reminders(self._desk):
            people = await reachable(self._desk, self._push)
            await self._desk.tap(people[-1], self._push.key)
        return await self._channel.send(body)


async def test_nobody_on_leave_away_or_gone_from_the_roster_is_reminded(week):
    push = await monday_of(week)
    leaves, away, gone, *rest = await reachable(week, push)
    store = week.house.bureau.store
    changed = {
        leaves: {"leave_until": moment(AFTER).date()},
        away: {"on_duty": False},
    }
    members = [replace(m, **changed.get(m.id, {})) for m in await store.members() if m.id != gone]
    await store.set_members(members)
    await week.at(AFTER)
    assert not {leaves, away, gone} & told(week)
    assert set(rest) <= told(week)


async def test_what_the_store_the_log_and_a_backup_hold_names_nobody_who_was_reminded(
    week, tmp_path, caplog
):
    push = await monday_of(week)
    people = await reachable(week, push)
    for person in people[:3]:
        await week.tap(person, push.key)
    await week.at(EVE)
    store = week.house.bureau.store
    await store.compact()
    before, acts, rows = bytes_of(week.home), await store.acts(), await store.deliveries()
    caplog.set_level("INFO")
    await week.at(AFTER)
    assert told(week)
    assert await store.deliveries() == rows, "no row of it"
    assert await store.acts() == acts
    await store.compact()
    names = {member.id: member.name for member in await store.members()}
    after = bytes_of(week.home)
    for account, name in names.items():
        for word in (f'"{account}"', name):
            assert after.count(word.encode()) == before.count(word.encode())
            assert word not in caplog.text
    counts = {n: c for n, c in (await store.counts()).items() if n.startswith("reminded/")}
    assert set(counts.values()) == {1}, "that it was, not how many"
    trail = [one.entry for one in await store.audits() if one.entry.what == "reminded"]
    assert {entry.about for entry in trail} == {
        push.key,
        (await monday_of(week, "jg2")).key,
    }
    seen = json.loads(await store.text(trail[0].digest))
    assert "touser" not in seen


async def test_a_process_that_dies_in_the_middle_reminds_nobody_twice_and_the_rest_not_at_all(week):
    push = await monday_of(week)
    channel = Dies(week.house.bureau.channels[push.target])
    bureau = replace(week.house.bureau, channels={push.target: channel})
    await week.at(EVE)
    week.clock.jump(moment(AFTER).replace(hour=15, minute=5))
    with pytest.raises(RuntimeError):
        await remind(bureau, week.clock.now())
    assert len(reminders(week)) == 1
    await week.at(AFTER)
    assert not [m for m in reminders(week)[1:] if set(m.reached) & {*await covered(week, push)}]


class Dies(OneByOne):
    def __init__(self, channel):
        self._channel, self.sent = channel, 0

    async def send(self, body):
        if self.sent:
            raise RuntimeError("killed")
        self.sent += 1
        return await self._channel.send(body)


async def test_a_long_reminder_takes_turns_and_reaches_everybody_once(week):
    push = await monday_of(week)
    people = await reachable(week, push)
    channel = Slow(week.house.bureau.channels[push.target], week.clock)
    bureau = replace(week.house.bureau, channels={push.target: channel})
    await week.at(EVE)
    week.clock.jump(moment(AFTER).replace(hour=15, minute=5))
    assert await remind(bureau, week.clock.now()) == 1
    assert 1 < len(reminders(week)) < len(people), "others have had their turn meanwhile"
    while bureau.reminding:
        await remind(bureau, week.clock.now())
    assert sorted(m.reached[0] for m in reminders(week)) == sorted(people)
    assert await remind(bureau, week.clock.now()) == 0
    counts = await bureau.store.counts()
    assert counts[f"reminded/{push.key}"] == 1
    trail = [one.entry.what for one in await bureau.store.audits()]
    assert trail.count("reminded") == 1


class Slow(OneByOne):
    """Each call takes five seconds."""

    def __init__(self, channel, clock):
        self._channel, self._clock = channel, clock

    async def send(self, body):
        self._clock.jump(self._clock.now() + timedelta(seconds=5))
        return await self._channel.send(body)


async def test_no_reminder_leaves_while_the_disk_takes_no_row(week):
    await week.at(EVE)
    week.clock.jump(moment(AFTER).replace(hour=15, minute=5))
    push = await monday_of(week)

    class Full:
        def __getattr__(self, name):
            return getattr(week.house.bureau.store, name)

        async def count(self, name, day):
            raise OSError(28, "磁盘满")

    with pytest.raises(OSError, match="磁盘满"):
        await remind(replace(week.house.bureau, store=Full()), week.clock.now())
    assert reminders(week) == []
    assert await remind(week.house.bureau, week.clock.now()) == 2, "and afterwards it goes"
    assert set(await reachable(week, push)) <= told(week)


async def test_a_tap_on_the_reminder_is_a_receipt_of_the_push_itself(week):
    push = await monday_of(week)
    await week.at(AFTER)
    message = next(m for m in reminders(week) if m.task_id.startswith(push.key))
    person = message.reached[0]
    result = await week.tap(person, message.task_id)
    assert result.greyed == messages.ACK_DONE
    await week.tap(person, push.key)
    [one] = await week.house.bureau.store.receipts(push.key)
    assert (one.person, one.push) == (person, push.key)


async def test_the_reminder_looks_like_the_text_it_is_about_and_carries_the_law(week):
    push = await monday_of(week)
    await week.at(AFTER)
    first = next(m for m in week.world.posted if m.task_id == push.key)
    again = next(m for m in reminders(week) if m.task_id.startswith(push.key))
    assert again.task_id != first.task_id, "an app's task ids are unique"
    assert again.card["main_title"] == first.card["main_title"]
    assert again.card["source"] == first.card["source"]
    assert again.card["horizontal_content_list"] == first.card["horizontal_content_list"]


async def test_it_waits_for_a_day_on_which_nothing_else_is_said(week):
    await week.at("2026-07-08 09:00")
    params = {"item": "SC-08", "to": "jg1"}
    await VERBS["send"](week.house.bureau, week.clock.now(), params)
    await week.at("2026-07-08 17:30")
    mine = {*await reachable(week, await monday_of(week))}
    assert not mine & told(week), "one message a day, of whatever sort"
    await week.at("2026-07-09 17:00")
    assert mine <= told(week)


async def test_whoever_hears_a_text_that_day_by_way_of_another_target_is_left_out(week):
    """Two people belong to both branches; each got Monday's text by one of them."""
    cohorts = {who: {*await covered(week, await monday_of(week, who))} for who in ("jg1", "jg2")}
    both = {"u001", "u002"}
    [one] = [who for who, people in cohorts.items() if both <= people]
    other = "jg2" if one == "jg1" else "jg1"
    await week.at("2026-07-08 09:00")
    await VERBS["send"](week.house.bureau, week.clock.now(), {"item": "SC-08", "to": other})
    await week.at("2026-07-08 17:30")
    assert both <= {who for m in week.world.posted if f"@{other}" in m.task_id for who in m.reached}
    mine = {*await reachable(week, await monday_of(week, one))}
    assert told(week) == mine - both


async def test_whom_the_first_message_did_not_reach_is_not_addressed_again(week):
    push = await monday_of(week)
    gone = {*await covered(week, push)} - {*await reachable(week, push)}
    assert gone, "an account the app cannot see, one without a licence"
    channel = Notes(week.house.bureau.channels[push.target])
    bureau = replace(week.house.bureau, channels={push.target: channel})
    await week.at(EVE)
    week.clock.jump(moment(AFTER).replace(hour=15, minute=5))
    await remind(bureau, week.clock.now())
    addressed = {who for body in channel.bodies for who in json.loads(body)["touser"].split("|")}
    assert not gone & addressed
    assert addressed


class Notes(OneByOne):
    part_size = 1000

    def __init__(self, channel):
        self._channel, self.bodies = channel, []

    async def send(self, body):
        self.bodies.append(body)
        return await self._channel.send(body)


async def test_it_keeps_decent_hours(week):
    await week.at("2026-07-07 17:30")
    week.clock.jump(moment("2026-07-08 20:00"))  # the machine slept through the afternoon
    assert await week.house.tick() == []
    assert reminders(week) == []
    await week.at("2026-07-09 17:00")
    assert reminders(week)


@pytest.mark.parametrize("stop", ["pause", "withdraw", "edit", "hold"])
async def test_whatever_stops_a_text_stops_its_reminder(week, stop):
    push = await monday_of(week)
    await week.at(EVE)
    bureau, now = week.house.bureau, week.clock.now()
    if stop == "pause":
        await VERBS["pause"](bureau, now, {"reason": "专班"})
    if stop == "withdraw":
        await VERBS["withdraw"](bureau, now, {"item": push.item, "who": "王终审", "reason": "x"})
    if stop == "hold":
        await VERBS["hold"](
            bureau, now, {"word": bureau.moment().item(push).title, "who": "王终审"}
        )
    if stop == "edit":
        path = week.home / "content" / bureau.moment().item(push).path
        path.write_text(path.read_text("utf-8") + "\n改过。\n", "utf-8")
        week.clock.jump(moment("2026-07-08 14:32"))
        await week.approve(push.item)  # other words, however sound, are not what was sent
    await week.at("2026-07-14 17:00")
    assert reminders(week) == []


async def test_a_person_is_reminded_of_one_text_a_week(tmp_path):
    async with office(tmp_path, start=START) as desk:
        wanted(desk.home)
        wanted(desk.home, "remind = 1", "friday")
        await desk.at("2026-07-17 17:00")
        heard = [m.at for m in desk.world.posted if messages.REMINDER in str(m.body)]
        weeks = [at.isocalendar().week for at in heard]
        fridays = [p for p in (await desk.pushes(State.SENT)).values() if p.rule == "friday"]
        assert {p.target for p in fridays} >= {"jg1", "jg2"}
        assert len(weeks) == len(set(weeks)) * 2 >= 4, "two branches, once a week each"


async def test_the_robot_s_reminder_can_be_tapped_and_says_thanks(week):
    """A robot's card is greyed with the card itself, which no row of a reminder keeps."""
    push = await monday_of(week)
    await week.at(AFTER)
    message = next(m for m in reminders(week) if m.task_id.startswith(push.key))
    event = Event(
        kind="card",
        person=message.reached[0],
        at=week.clock.now(),
        task_id=message.task_id,
        button="ack",
        means="机器人卡片按钮",
    )
    answer = await Reception(week.house.bureau)(event)
    assert answer.card["task_id"] == message.task_id
    assert answer.card["main_title"] == message.card["main_title"]
