"""How near a year came to WeCom's limits, and how much each person heard: from its own log."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from bot.channels import Channel
from bot.channels.channel import Scope
from bot.core.calendar import iso_week
from bot.sandbox.records import Message

Stamp = tuple[datetime, int]  # when, and how much
_SAID: Mapping[Scope, str] = {
    "chat": "同一个群或同一个人收到的消息",
    "calls": "接口调用",
    "people": "送达人次",
    "address": "本机的全部调用",
}
_PERIODS = {timedelta(minutes=1): "每分钟", timedelta(hours=1): "每小时", timedelta(days=1): "每天"}


FILES = frozenset({"image", "video", "file"})


def heard(
    messages: Iterable[Message], offices: Collection[str], people: int, cap: int
) -> dict[str, Any]:
    """Return how many messages people got: by week, and on their fullest day.

    `people` is how many there are, `cap` the most that any week may have.
    """
    weeks: defaultdict[str, Counter[str]] = defaultdict(Counter)
    days: defaultdict[date, Counter[str]] = defaultdict(Counter)
    for message in to_staff(messages, offices):
        if message.body["msgtype"] in FILES:
            continue  # it belongs to the text that it follows
        day = message.at.date()
        weeks[iso_week(day)].update(message.reached)
        days[day].update(message.reached)
    return {
        "weeks": [
            {
                "week": week,
                "most": max(got.values()),
                "mean": round(sum(got.values()) / max(1, people), 2),
            }
            for week, got in sorted(weeks.items())
        ],
        "most_a_week": max((max(got.values()) for got in weeks.values()), default=0),
        "most_a_day": max((max(got.values()) for got in days.values()), default=0),
        "cap_a_week": cap,
        "mean_a_week": round(sum(got.total() for got in weeks.values()) / 52 / max(1, people), 2),
    }


def to_staff(messages: Iterable[Message], offices: Collection[str]) -> Iterator[Message]:
    """Yield what the program said to staff: not what people wrote, not what the office heard."""
    return (one for one in messages if not one.author and one.chat not in offices)


def load(messages: Sequence[Message], channels: Iterable[Channel]) -> list[dict[str, Any]]:
    """Return for each limit of each way out how much the year asked of it at its fullest."""
    found = []
    for channel in {channel.name: channel for channel in channels}.values():
        mine = [one for one in messages if not one.author and _way(one) == channel.name]
        for scope, limits in channel.limits.of():
            kept = list(_counted(mine, scope, channel.part_size > 0))
            for limit in limits:
                most, at = max((peak(line, limit.window) for line in kept), default=(0, None))
                found.append(
                    {
                        "channel": channel.name,
                        "what": _SAID[scope],
                        "per": _PERIODS.get(limit.window, str(limit.window)),
                        "limit": limit.quota,
                        "peak": most,
                        "at": at.isoformat() if at else None,
                    }
                )
    return found


def peak(stamps: Sequence[Stamp], window: timedelta) -> tuple[int, datetime | None]:
    """Return the most that fell into any one window, and when it was reached."""
    most, held, first, when = 0, 0, 0, None
    for at, much in stamps:
        held += much
        while at - stamps[first][0] >= window:
            held -= stamps[first][1]
            first += 1
        if held > most:
            most, when = held, at
    return most, when


def _way(message: Message) -> str:
    if message.bot_id:
        return "bot"
    return "app" if message.agentid is not None else "webhook"


def _counted(messages: Sequence[Message], scope: Scope, singly: bool) -> Iterable[Sequence[Stamp]]:
    """Return what is counted against one limit, each chat's line on its own."""
    if scope != "chat":
        return [[(one.at, len(one.reached) if scope == "people" else 1) for one in messages]]
    lines: defaultdict[str, list[Stamp]] = defaultdict(list)
    for one in messages:
        for name in one.reached if singly else (one.chat,):
            lines[name].append((one.at, 1))
    return lines.values()
