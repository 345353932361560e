"""The clock jumps from one event to the next; what happens is told, and counted twice."""

from __future__ import annotations

import asyncio
import re
import tempfile
import webbrowser
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path

from bot import app, config, life
from bot.core import messages
from bot.core.calendar import Calendar, iso_week, monday_of
from bot.core.model import SHANGHAI, Push, State
from bot.demo.stage import (
    AGENTID,
    READER,
    Clock,
    Stage,
    build_stage,
    install,
)
from bot.sandbox.cast import Act, Cast
from bot.sandbox.server import create_app
from bot.sandbox.serving import Serving, free_port
from bot.sandbox.taps import verify_callback
from bot.sandbox.world import World
from bot.verbs import VERBS, Mistake

Say = Callable[[str], None]
HEADLESS_FROM = datetime(2026, 6, 15, 8, 40, tzinfo=SHANGHAI)
HEADLESS_TO = datetime(2026, 6, 29, 17, 0, tzinfo=SHANGHAI)
PAUSE = 2.5  # real seconds a visitor sees each push before the clock jumps on
LONGEST = timedelta(days=60)
WEEKDAYS = "一二三四五六日"


@dataclass(kw_only=True)
class Told:
    """What the story has told already, and what of this day it has still to tell."""

    ended: set[str] = field(default_factory=set)
    day: date | None = None
    news: list[Push] = field(default_factory=list)
    people: int = 0  # who tapped that day, each card once
    taps: int = 0
    twice: int = 0
    strangers: int = 0


async def play(source: Path, *, headless: bool, port: int, say: Say) -> int:
    """Play the demonstration; return the exit code: 0 when both counts agree."""
    if not (source / "content").is_dir() or not (source / "schedules").is_dir():
        say(messages.DEMO_WHERE)
        return 2
    start = HEADLESS_FROM if headless else _this_monday()
    clock = Clock(start)
    stage = build_stage(clock)
    with tempfile.TemporaryDirectory(prefix="qingfeng-demo-") as home:
        async with Serving(create_app(stage.world), port=port) as sandbox:
            path = install(Path(home), source, stage, sandbox.url, free_port())
            settings = config.load(path, {})
            house = app.build(settings, clock.now)
            async with life.serving(house) as served:
                stage.world.set_callback(AGENTID, f"{served.url}/wecom/callback")
                if not await verify_callback(stage.world, AGENTID):
                    say(messages.DEMO_NO_CALLBACK)
                    return 2
                await prepare(house, stage, say)
                if hold := house.bureau.library(clock.now().date()).hold:
                    say(hold)  # nothing will be sent, so there is nothing to play
                    return 0
                page = f"{sandbox.url}/sandbox?who={READER}"
                say(messages.DEMO_PAGE.format(page))
                if headless:
                    return await _headless(house, stage, clock, say)
                await _for_a_visitor(house, stage, clock, page, say)
    return 0


def _this_monday() -> datetime:
    now = app.system_clock()
    monday = now - timedelta(days=now.weekday())
    return monday.replace(hour=8, minute=40, second=0, microsecond=0)


async def prepare(house: app.House, stage: Stage, say: Say) -> None:
    """Import the roster and approve the texts, for the demonstration only, in its copy."""
    await house.bureau.store.set_members(stage.roster)
    library = house.bureau.library(house.now().date())
    params = {"who": "演示终审", "sources_checked": True}
    left_out = []
    for item in library.items:
        try:
            await VERBS["approve"](house.bureau, house.now(), {"item": item.id, **params})
        except Mistake:
            left_out.append(item.id)
    stage.world.banner = messages.DEMO_LEVEL
    away = sum(1 for member in stage.roster if not member.on_duty)
    say(messages.DEMO_LEVEL)
    say(messages.DEMO_PEOPLE.format(len(stage.roster), away))
    say(messages.DEMO_APPROVED.format(len(library.items) - len(left_out)))
    if left_out:
        shown = "、".join(left_out[:5]) + ("等" if len(left_out) > 5 else "")
        say(messages.DEMO_LEFT_OUT.format(len(left_out), shown))


async def tell_plan(first: date, last: date, house: app.House, say: Say) -> None:
    """Tell what is planned, one line for what goes to several targets, and what gives way."""
    params = {"from": first.isoformat(), "days": (last - first).days + 1}
    planned = await VERBS["plan"](house.bureau, house.now(), params)
    library = house.bureau.library(first)
    groups: dict[tuple[str, ...], list[str]] = {}
    for push in planned["pushes"]:
        item = library.item(push["item"])
        title = messages.PARTS.get(push["part"], "") + (item.title if item else push["item"])
        blocked = f"（{push['blocked']}）" if push["blocked"] else ""
        names = groups.setdefault((push["due"][:10], title + blocked), [])
        names.append(_name(push["target"], house))
    say(messages.DEMO_PLAN.format(first, last))
    for (day, title), names in groups.items():
        say(f"  {_stamp(date.fromisoformat(day))}  {title} → {'、'.join(sorted(names))}")
    if not groups:
        say(messages.DEMO_NO_PLAN)
    rules = {rule.key: rule.name for rule in library.schedules.rules}
    rules |= {node.key: node.name for node in library.schedules.nodes}
    skipped = [
        f"  {_stamp(date.fromisoformat(s['date']))}  {rules.get(s['rule'], s['rule'])}"
        f" {messages.DEMO_GAVE_WAY.format(s['reason'])}"
        for s in planned["skipped"]
    ]
    for line in dict.fromkeys(skipped):
        say(line)


# -- the clock jumps -------------------------------------------------------------------------------


async def _headless(house: app.House, stage: Stage, clock: Clock, say: Say) -> int:
    calendar = house.bureau.library(clock.now().date()).calendar
    cast, told = stage.cast(calendar.is_workday), Told()
    say("")
    await tell_plan(HEADLESS_FROM.date(), HEADLESS_TO.date(), house, say)
    say("")
    await play_until(HEADLESS_TO, house, cast, clock, told, say)
    week = iso_week(HEADLESS_TO.date() - timedelta(days=7))
    kept = await house.bureau.store.summary(week)
    if kept is None:
        say(messages.DEMO_NO_SUMMARY)
        return 1
    say("\n" + messages.DEMO_AS_THE_OFFICE_SEES)
    say(_plain(kept["text"]))
    total, headline = kept["json"]["total"], kept["json"]["headline_week"]
    if not headline:
        say("\n" + messages.DEMO_NO_HEADLINE)
        return 0
    as_of = datetime.fromisoformat(kept["json"]["as_of"])
    reachable, read = count_from_log(stage.world, headline, calendar, as_of)
    say("\n" + messages.DEMO_COUNTED.format(headline, reachable, read, read / max(1, reachable)))
    say(messages.DEMO_TAPS.format(told.taps, told.twice, told.strangers))
    agree = (reachable, read) == (total["reachable"], total["read"])
    say(messages.DEMO_AGREE if agree else messages.DEMO_DISAGREE.format(total))
    return 0 if agree else 1


async def play_until(
    end: datetime,
    house: app.House,
    cast: Cast,
    clock: Clock,
    told: Told,
    say: Say,
    pause: float = 0.0,
) -> None:
    """Let everything happen up to `end`: whatever comes first, a tick or a tap.

    With a pause each push is told as it goes; without one, each day is told when it is over.
    """
    while True:
        wake = await house.next_wake()
        act = cast.next_act(clock.now())
        tapped = act is not None and act.at <= wake
        upcoming = act.at if act is not None and tapped else wake
        if told.day != upcoming.date() or upcoming > end:
            _tell_day(told, house, say)
            told.day = upcoming.date()
        if upcoming > end:
            return
        if act is not None and tapped:
            clock.jump(act.at)
            await _tap(house, cast, act, told)
            continue
        # Two ticks at one moment would be a loop: the outbox always moves on by a second.
        clock.jump(max(wake, clock.now() + timedelta(seconds=1)))
        for failure in await house.tick():
            say(failure)
        for push in await _news(house, told):
            if pause:
                say(_line([push], house))
            else:
                told.news.append(push)
            await _strangers(push, house, cast, told)
            await asyncio.sleep(pause)


def _tell_day(told: Told, house: app.House, say: Say) -> None:
    groups: dict[tuple[str, ...], list[Push]] = {}
    for push in told.news:
        alike = (push.occurrence, push.part, push.item, push.state, push.reason)
        groups.setdefault(alike, []).append(push)
    for group in groups.values():
        say(_line(group, house))
    if told.people and told.day:
        say(messages.DEMO_TAPPED.format(f"{told.day:%m-%d}", told.people))
    told.news, told.people = [], 0


async def _tap(house: app.House, cast: Cast, act: Act, told: Told) -> None:
    await cast.perform(act)
    told.taps += 1
    told.twice += act.nth > 1
    told.strangers += act.stranger
    told.people += act.nth == 1 and not act.stranger


async def _strangers(push: Push, house: app.House, cast: Cast, told: Told) -> None:
    """Somebody who never got the card taps it too: it must not count."""
    if push.item and push.state is State.SENT and push.channel == "app":
        await _tap(house, cast, cast.stranger_taps(push.key, userid="guest"), told)


async def _news(house: app.House, told: Told) -> list[Push]:
    ends = [State.SENT, State.REFUSED, State.UNKNOWN, State.EXPIRED, State.SKIPPED]
    fresh = [p for p in await house.bureau.store.pushes(ends) if p.key not in told.ended]
    told.ended |= {push.key for push in fresh}
    return fresh


def _line(group: list[Push], house: app.House) -> str:
    """Tell the end of a text that went to one target or several."""
    push = group[0]
    moment = push.sent_at or push.due
    item = house.bureau.library(moment.date()).item(push.item)
    if item:
        title = messages.PARTS.get(push.part, "") + item.title
    else:
        title = messages.TO_THE_OFFICE.get(push.rule, push.rule)
    end = messages.STATES[push.state] + (f"（{push.reason}）" if push.reason else "")
    ways: dict[str, list[str]] = {}
    for one in group:
        way = house.bureau.ways.get(one.channel, one.channel)
        ways.setdefault(way, []).append(_name(one.target, house))
    to = "，".join(f"{'、'.join(sorted(names))}（{way}）" for way, names in sorted(ways.items()))
    return f"{_stamp(moment)} {moment:%H:%M}  {end}  {title} → {to}"


def _name(target_id: str, house: app.House) -> str:
    target = house.bureau.target(target_id)
    return target.name if target else target_id


def _stamp(day: date) -> str:
    return f"{day:%m-%d} 周{WEEKDAYS[day.weekday()]}"


def _plain(markdown: str) -> str:
    text = re.sub(r"</?font[^>]*>|\*\*", "", markdown)
    return "\n".join("  " + line.removeprefix("> ") for line in text.split("\n") if line.strip())


# -- counted once more, from the sandbox's log alone -----------------------------------------------


def count_from_log(world: World, week: str, calendar: Calendar, as_of: datetime) -> tuple[int, int]:
    """Return (reachable, read) of an ISO week from what the local WeCom saw, and nothing else.

    A person counts once for each occurrence: the card's task_id up to its "@".
    """
    monday = monday_of(week)
    reached: dict[str, set[str]] = {}
    tapped: dict[str, set[str]] = {}
    ends: dict[str, datetime] = {}
    for record in world.log:
        task = record.task_id
        if record.kind == "message" and task and monday <= record.at.date() < monday + _WEEK:
            stem = task.partition("@")[0]
            reached.setdefault(stem, set()).update(record.reached)
            last = calendar.workday_after(record.at.date(), 5)
            ends[task] = datetime(last.year, last.month, last.day, tzinfo=SHANGHAI) + _DAY
        in_time = task in ends and record.at < min(ends[task], as_of)
        if record.kind == "tap" and record.delivered and in_time:
            tapped.setdefault(task.partition("@")[0], set()).add(record.person)
    read = {stem: people & reached[stem] for stem, people in tapped.items()}
    return sum(map(len, reached.values())), sum(map(len, read.values()))


_DAY, _WEEK = timedelta(days=1), timedelta(days=7)


# -- for a visitor ---------------------------------------------------------------------------------


async def _for_a_visitor(house: app.House, stage: Stage, clock: Clock, page: str, say: Say) -> None:
    """Play this week and on to the next node's last warning, then keep the phone alive."""
    library = house.bureau.library(clock.now().date())
    cast, told = stage.cast(library.calendar.is_workday), Told()
    webbrowser.open(page)
    end = await _end_of_next_node(house, clock)
    say(messages.DEMO_JUMPS.format(f"{end:%Y-%m-%d}"))
    await play_until(end, house, cast, clock, told, say, PAUSE)
    say(messages.DEMO_STAYS)
    await life.until_told().wait()


async def _end_of_next_node(house: app.House, clock: Clock) -> datetime:
    """Return the evening after the next node's final; the longest play is sixty days."""
    params = {"from": clock.now().date().isoformat(), "days": LONGEST.days}
    planned = await VERBS["plan"](house.bureau, clock.now(), params)
    finals = [push["due"] for push in planned["pushes"] if push["part"] == "final"]
    last = datetime.fromisoformat(finals[0]) if finals else clock.now() + _WEEK
    return last.replace(hour=17, minute=30)
