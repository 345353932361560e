"""The outbox, and a text sent by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from bot.core import messages, policy
from bot.core.model import Item, Push, State, Target
from bot.core.policy import RANKS
from bot.engine import compose, deliver, recalling
from bot.engine.bureau import Bureau
from bot.store import AuditEntry
from bot.verbs import planning
from bot.verbs.asking import Mistake, Params, item_of, outbox_json, target_of


async def pushes(bureau: Bureau, now: datetime, params: Params) -> dict[str, Any]:
    """The outbox: every push and where it stands; `named` says what things are called."""
    states = [_state(name) for name in params.get("state") or ()]
    found = await bureau.store.pushes(states)
    answer: dict[str, Any] = {"pushes": [outbox_json(push) for push in found]}
    if params.get("named"):
        answer |= planning.named(bureau, bureau.library(now.date()), found)
    return answer


def _state(name: str) -> State:
    try:
        return State(name)
    except ValueError:
        raise Mistake(f"没有“{name}”这种状态，可用：{'、'.join(State)}") from None


async def resolve(bureau: Bureau, now: datetime, params: Params) -> dict[str, Any]:
    """Somebody looked what became of an unknown push: it arrived, or it is to be sent."""
    key, arrived = str(params["key"]), bool(params["sent"])
    push = await bureau.store.push(key)
    if push is None:
        raise Mistake(f"没有“{key}”这条推送；qingfeng pushes 可列出全部编号")
    stand = await bureau.store.parts(key)
    doubtful = [part for part, state in stand.items() if state is State.UNKNOWN]
    if not doubtful:
        raise Mistake(f"{key} 不是“{messages.STATES['unknown']}”，不用核实")
    if not arrived and push.until < now:
        raise Mistake(f"{key} 的推送时段已在 {push.until:%m-%d %H:%M} 结束，不再补发")
    word = "sent" if arrived else "again"
    async with bureau.turn:
        if arrived:
            for part in doubtful:
                await bureau.store.confirm(key, part)
        else:
            await bureau.store.again(key, messages.NOT_ARRIVED)
        entry = AuditEntry(at=now, what="resolved", about=key, detail={"as": word})
        await bureau.store.audit(entry)
        if not arrived:
            await deliver.deliver_one(key, bureau)
    return outbox_json(await bureau.store.push(key) or push)


async def recall(bureau: Bureau, now: datetime, params: Params) -> dict[str, Any]:
    """Take a push back from the phones of those who got it by an app, within a day."""
    key = str(params["key"])
    push = await bureau.store.push(key)
    if push is None:
        raise Mistake(f"没有“{key}”这条推送；qingfeng pushes 可列出全部编号")
    if push.sent_at is None:
        raise Mistake(f"{key} 还没有发出，不用撤回；要它不发，用 qingfeng withdraw 或 hold")
    async with bureau.turn:
        found = await recalling.recall(push, bureau)
        if found is None:
            raise Mistake("只有自建应用逐人发的能撤回；群里的请人工删，或用 correct 发更正")
        if found.gone:
            detail = {"messages": str(found.gone)}
            await bureau.store.audit(AuditEntry(at=now, what="recalled", about=key, detail=detail))
    return {"key": key, "recalled": found.gone, "stay": found.stay}


async def send(bureau: Bureau, now: datetime, params: Params) -> dict[str, Any]:
    """Put one item into the outbox for one target; it leaves at the next permitted moment."""
    library = bureau.library(now.date())
    item = item_of(bureau, now, str(params["item"]))
    target = target_of(bureau, str(params["to"]))
    late = params.get("missed") is True
    if late and not bureau.channels[target.id].tappable:
        raise Mistake(f"{target.id} 是群，群里的人都看得到；--missed 只用于逐人送达的对象")
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
        if late:
            push = replace(push, spared=await compose.reached_with(item, bureau))
        await bureau.store.add_pushes([push])
        await deliver.deliver_one(push.key, bureau)
    stored = await bureau.store.push(push.key)
    return outbox_json(stored or push)


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
