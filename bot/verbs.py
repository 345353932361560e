"""What each verb that touches state does. The command line and the console call the same ones.

A verb takes the bureau, the moment and its parameters (plain JSON), and returns plain JSON. What
the person got wrong is a Mistake with a Chinese sentence; it never becomes a traceback.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any

from bot.core import messages, policy
from bot.core.calendar import iso_week, monday_of
from bot.core.model import ME, SHANGHAI, Item, Member, Push, Skip, State, Target
from bot.core.planning import plan_span
from bot.core.policy import RANKS
from bot.engine import compose, deliver, ticks
from bot.engine.bureau import Bureau
from bot.library import approvals
from bot.library.approvals import Approval
from bot.report import weekly
from bot.store.codec import from_doc

Params = Mapping[str, Any]
Verb = Callable[[Bureau, datetime, Params], Awaitable[dict[str, Any]]]
MAX_DAYS = 800
YEARS = range(2005, 2099)  # what the calendar knows


class Mistake(ValueError):
    """A sentence for the person who asked."""


async def plan(bureau: Bureau, now: datetime, params: Params) -> dict[str, Any]:
    """What will be sent, when, to whom; what is blocked or skipped, and why."""
    first, days = _span(params, now.date())
    library = bureau.library(now.date())
    rows = {push.key: push for push in await bureau.store.pushes() if push.item}
    # A span of the past is planned as it stood on its first morning.
    as_of = now if first >= now.date() else datetime.combine(first, time(), SHANGHAI)
    back = ticks.LOOK_BACK  # what a late window still admits is sent too, and so it is shown
    planned = plan_span(
        first - timedelta(days=back), days + back, bureau.plan(library), list(rows.values()), as_of
    )
    last = first + timedelta(days=days)
    known = [push for push in rows.values() if first <= push.due.date() < last]
    fresh = [push for push in planned.pushes if push.key not in rows and push.due.date() >= first]
    late = [
        replace(push, reason=messages.LATE)
        for push in planned.pushes
        if push.key not in rows and push.due.date() < first <= now.date() and push.until > now
    ]
    pushes = sorted([*known, *fresh, *late], key=lambda push: (push.due, push.key))
    return {
        "pushes": [_push_json(push) for push in pushes],
        "skipped": [_skip_json(skip) for skip in planned.skipped if skip.date >= first],
    }


def _push_json(push: Push) -> dict[str, Any]:
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


def _skip_json(skip: Skip) -> dict[str, Any]:
    return {
        "rule": skip.rule,
        "date": skip.date.isoformat(),
        "reason": skip.reason,
        "target": skip.target,
    }


async def pushes(bureau: Bureau, _: datetime, params: Params) -> dict[str, Any]:
    """The outbox: every push and where it stands."""
    states = [_state(name) for name in params.get("state") or ()]
    found = await bureau.store.pushes(states)
    return {"pushes": [_outbox_json(push) for push in found]}


def _outbox_json(push: Push) -> dict[str, Any]:
    sent = push.sent_at.isoformat() if push.sent_at else None
    later = push.not_before.isoformat() if push.not_before else None
    return {**_push_json(push), "sent_at": sent, "not_before": later}


def _state(name: str) -> State:
    try:
        return State(name)
    except ValueError:
        raise Mistake(f"没有“{name}”这种状态，可用：{'、'.join(State)}") from None


async def send(bureau: Bureau, now: datetime, params: Params) -> dict[str, Any]:
    """Put one item into the outbox for one target; it leaves at the next permitted moment."""
    library = bureau.library(now.date())
    item = _item(bureau, now, str(params["item"]))
    target = _target(bureau, str(params["to"]))
    push = await _by_hand(bureau, now, item, target)
    plan_of = bureau.plan(library)
    if params.get("dry_run"):
        try:
            words = compose.preview(push, item, bureau, plan_of)
        except ValueError as error:
            raise Mistake(f"{item.id} 放不进该渠道：{error}") from None
        return {"key": push.key, "dry_run": True, "blocked": push.blocked or None, **words}
    if push.blocked:
        raise Mistake(f"{item.id} 不能发送：{push.blocked}")
    async with bureau.turn:  # two hands at once must not take one number
        push = await _by_hand(bureau, now, item, target)
        await bureau.store.add_pushes([push])
        await deliver.deliver_one(push.key, bureau)
    stored = await bureau.store.push(push.key)
    return _outbox_json(stored or push)


async def _by_hand(bureau: Bureau, now: datetime, item: Item, target: Target) -> Push:
    """Return the push of a hand that presses send: the next free number of this week."""
    year, week, _ = now.date().isocalendar()
    stem = f"manual-{year}W{week:02d}"
    taken = {push.occurrence for push in await bureau.store.pushes()}
    number = next(n for n in range(1, 10_000) if f"{stem}-{n}" not in taken)
    occurrence = f"{stem}-{number}"
    calendar = bureau.library(now.date()).calendar
    opening = policy.next_permitted(now, bureau.policy, calendar.is_workday)
    return Push(
        key=f"{occurrence}_main@{target.id}",
        occurrence=occurrence,
        part="main",
        target=target.id,
        channel=target.channel,
        due=now,
        until=policy.closing(calendar.workday_after(opening.date(), 1), bureau.policy),
        rule="manual",
        covers=(occurrence,),
        item=item.id,
        digest=item.digest,
        blocked=bureau.library(now.date()).blocked.get(item.id, ""),
        rank=RANKS["manual"],
    )


def _item(bureau: Bureau, now: datetime, item_id: str) -> Item:
    library = bureau.library(now.date())
    if item := library.item(item_id):
        return item
    by_path = [item for item in library.items if item_id in (item.path, item.title)]
    if by_path:
        return by_path[0]
    raise Mistake(f"内容库里没有“{item_id}”；请用编号或文件名，qingfeng check 可列出问题")


def _target(bureau: Bureau, target_id: str) -> Target:
    if target := bureau.target(target_id):
        return target
    if target_id == ME:
        raise Mistake(messages.NO_ME)
    known = "、".join(target.id for target in bureau.targets)
    raise Mistake(f"没有“{target_id}”这个推送对象；配置里有：{known or '（一个也没有）'}")


async def approve(bureau: Bureau, now: datetime, params: Params) -> dict[str, Any]:
    """Seal an approval of an item's words as they stand on disk now."""
    item = _item(bureau, now, str(params["item"]))
    folders, library = bureau.shelf.folders, bureau.library(now.date())
    step, who = str(params.get("step") or folders.steps[-1]), str(params.get("who") or "").strip()
    if not who or not who.isprintable():
        raise Mistake("请写明是谁审批，例如 --as 王五")
    if step not in folders.steps:
        raise Mistake(f"没有“{step}”这个审批环节；配置里有：{'、'.join(folders.steps)}")
    if who == item.author.strip():
        raise Mistake(f"{who} 是起草人，不能审批自己起草的内容")
    if library.blocked.get(item.id) == messages.BLOCK_FAULTY:
        raise Mistake(f"{item.id} 有错误，改好后再审批（qingfeng check 可看）")
    last = step == folders.steps[-1]
    if last and not params.get("sources_checked"):
        raise Mistake("终审须确认已打开来源逐条核对，请加 --sources-checked")
    if not approvals.usable_id(item.id):
        raise Mistake(f"编号“{item.id}”只能有字母、数字、汉字、- 和 _，请先改编号")
    key = approvals.seal_key(folders.data)
    for earlier in approvals.read(folders.approvals, item.id, key):
        if (earlier.digest, earlier.step) == (item.digest, step):
            raise Mistake(f"{earlier.who} 已于 {earlier.when:%Y-%m-%d} {step}通过，不必再批")
    approval = Approval(
        id=item.id,
        digest=item.digest,
        step=step,
        who=who,
        when=now.replace(microsecond=0),
        how=approvals.COMMAND_LINE,
        sources_checked=bool(params.get("sources_checked")),
    )
    path = approvals.write(folders.approvals, approval, key)
    left = bureau.library(now.date()).blocked.get(item.id, "")
    return {
        "item": item.id,
        "title": item.title,
        "step": step,
        "who": who,
        "digest": item.digest,
        "path": path.relative_to(folders.content).as_posix(),
        "blocked": left or None,
    }


async def roster_import(bureau: Bureau, _: datetime, params: Params) -> dict[str, Any]:
    """Replace the roster by the given members."""
    members = [from_doc(Member, doc) for doc in params["members"]]
    await bureau.store.set_members(members)
    return {"members": len(members), "targets": await _audiences(bureau, members)}


async def _audiences(bureau: Bureau, members: Sequence[Member]) -> dict[str, int]:
    day = date.max - timedelta(days=1)  # whoever is on leave comes back
    return {
        target.id: len(compose.audience(members, target, day))
        for target in bureau.targets
        if target.roster
    }


async def summary_of(bureau: Bureau, now: datetime, params: Params) -> dict[str, Any]:
    """The weekly summary as it was sent; with `recount`, as it would be today, and what changed."""
    week = str(params.get("week") or weekly.reported_week(now.date()))
    try:
        if monday_of(week).year not in YEARS:
            raise ValueError
    except ValueError:
        raise Mistake(f"“{week}”不是周次，请写成 {iso_week(now.date())}") from None
    kept = await bureau.store.summary(week)
    if kept and not params.get("recount"):
        return {**kept["json"], "text": kept["text"], "as_sent": True}
    built = await compose.summary_of(week, bureau, bureau.moment())
    answer: dict[str, Any] = {**built["json"], "text": built["text"]}
    answer["as_sent"] = False
    if kept:
        answer["difference"] = _difference(kept["json"]["total"], answer["total"])
    return answer


def _difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: after[name] - before[name]
        for name in after
        if isinstance(after[name], int) and isinstance(before.get(name), int)
    }


def _span(params: Params, today: date) -> tuple[date, int]:
    """Return the first day and the count of days that were asked for."""
    first = _day(params.get("from"), today)
    days = int(params.get("days", 30))
    if not 0 < days <= MAX_DAYS or (first + timedelta(days=days)).year not in YEARS:
        raise Mistake(f"天数应在 1 到 {MAX_DAYS} 之间，日历到 {YEARS[-1]} 年为止")
    return first, days


def _day(text: Any, default: date) -> date:
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


VERBS: Mapping[str, Verb] = {
    "plan": plan,
    "pushes": pushes,
    "send": send,
    "approve": approve,
    "roster-import": roster_import,
    "summary": summary_of,
}
