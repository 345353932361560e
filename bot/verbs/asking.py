"""What every verb stands on: its parameters, its Mistake, and what it calls things by."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import date, datetime
from typing import Any

from bot.core import messages
from bot.core.model import ME, Item, Push, State, Target
from bot.engine.bureau import Bureau

Params = Mapping[str, Any]
Verb = Callable[[Bureau, datetime, Params], Awaitable[dict[str, Any]]]
YEARS = range(2005, 2099)  # what the calendar knows


class Mistake(ValueError):
    """A sentence for the person who asked."""


def item_of(bureau: Bureau, now: datetime, item_id: str) -> Item:
    library = bureau.library(now.date())
    if item := library.item(item_id):
        return item
    by_path = [item for item in library.items if item_id in (item.path, item.title)]
    if by_path:
        return by_path[0]
    raise Mistake(f"内容库里没有“{item_id}”；请用编号或文件名，qingfeng check 可列出问题")


def target_of(bureau: Bureau, target_id: str) -> Target:
    if target := bureau.target(target_id):
        return target
    if target_id == ME:
        raise Mistake(messages.NO_ME)
    known = "、".join(target.id for target in bureau.targets)
    raise Mistake(f"没有“{target_id}”这个推送对象；配置里有：{known or '（一个也没有）'}")


def day_of(text: Any, default: date) -> date:
    if not text:
        return default
    try:
        day = date.fromisoformat(str(text))
        if day.year not in YEARS:
            raise ValueError
        return day
    except ValueError:
        known = f"{YEARS[0]} 到 {YEARS[-1]} 年"
        raise Mistake(f"“{text}”不是{known}的日期，请写成 2026-09-10") from None


def push_json(push: Push) -> dict[str, Any]:
    return {
        "key": push.key,
        "due": push.due.isoformat(),
        "rule": push.rule,
        "node": push.node,
        "part": push.part,
        "covers": list(push.covers),
        "item": push.item,
        "target": push.target,
        "channel": push.channel,
        "provisional": push.provisional,
        "blocked": push.blocked or None,
        "state": push.state,
        "reason": push.reason,
    }


def outbox_json(push: Push) -> dict[str, Any]:
    sent = push.sent_at.isoformat() if push.sent_at else None
    later = push.not_before.isoformat() if push.not_before else None
    return {**push_json(push), "sent_at": sent, "not_before": later}


REACHED = frozenset({State.SENDING, State.SENT, State.UNKNOWN})  # somebody may have read it


def sent_of(bureau: Bureau, push: Push) -> dict[str, Any] | None:
    """Return where a text went and when; None for a push that nobody can have read."""
    if not push.item or push.state not in REACHED:
        return None
    target = bureau.target(push.target)
    return {
        "key": push.key,
        "item": push.item,
        "target": push.target,
        "target_name": target.name if target else push.target,
        "state": push.state,
        "sent_at": push.sent_at.isoformat() if push.sent_at else None,
    }
