"""A correction, to exactly the targets that got the original."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from bot.core import holding, policy
from bot.core.model import Item, Push, State
from bot.core.policy import RANKS
from bot.core.summary import CORRECTION
from bot.engine import compose, deliver
from bot.engine.bureau import Bureau
from bot.library import holds
from bot.verbs.asking import REACHED, Mistake, Params, outbox_json

WINDOW = 3  # workdays in which a correction is still sent
_ON_ITS_WAY = frozenset({State.PLANNED, State.SENDING, State.UNKNOWN})
_NEVER_CAME = frozenset({State.SKIPPED, State.EXPIRED, State.REFUSED})


async def correct(bureau: Bureau, now: datetime, params: Params) -> dict[str, Any]:
    """Send the correction of an item to where the item went; each target gets it once.

    `item` is the original, or the correction itself (the text that says 更正: <编号>).
    """
    original, item = _pair(bureau, now, str(params["item"]))
    blocked = bureau.library(now.date()).blocked.get(item.id, "")
    if blocked and not params.get("dry_run"):
        raise Mistake(
            f"更正《{item.title}》（{item.id}）还不能发送：{blocked}{_advice(bureau, item)}"
        )
    async with bureau.turn:
        pushes = await bureau.store.pushes()
        got = _got(pushes, original)
        if not got:
            raise Mistake(f"{original} 没有发出过，用不着更正")
        rows, gone = _rows(bureau, now, item, got, pushes)
        if not params.get("dry_run"):
            await bureau.store.add_pushes(rows)
            for row in rows:
                await deliver.deliver_one(row.key, bureau)
    waiting = [push for push in _told(pushes, item) if push.state in _ON_ITS_WAY]
    stored = [await bureau.store.push(row.key) or row for row in rows]
    answer: dict[str, Any] = {
        "original": original,
        "correction": item.id,
        "title": item.title,
        "dry_run": bool(params.get("dry_run")),
        "blocked": blocked or None,
        "pushes": [outbox_json(row) for row in stored],
        "waiting": [outbox_json(push) for push in waiting],
        "already": sorted(got - {row.target for row in (*rows, *waiting)} - set(gone)),
        "gone": gone,
    }
    if params.get("dry_run") and rows:
        plan = bureau.plan(bureau.library(now.date()))
        answer |= compose.preview(rows[0], item, bureau, plan)
    return answer


def _advice(bureau: Bureau, item: Item) -> str:
    """Say what helps where a halt stops the very text that takes the halted word back."""
    words = [one.word for one in holds.read(bureau.shelf.folders.data)]
    if not (word := holding.held_by(item, words)):
        return ""
    return (
        f"。更正里请不提“{word}”；确须提到的，先把原文改好，或给它写上 状态: 停用，"
        f"再 qingfeng hold {word} --lift"
    )


def _pair(bureau: Bureau, now: datetime, name: str) -> tuple[str, Item]:
    """Return the 编号 of the original and its correction; Mistake says what is to be written."""
    library = bureau.library(now.date())
    given = library.item(name)
    if given is not None and given.corrects:
        return given.corrects, given
    original = given.id if given is not None else name
    found = [one for one in library.items if one.corrects.casefold() == original.casefold()]
    if not found:
        raise Mistake(
            f"还没有 {original} 的更正。请先写一篇：qingfeng new 更正 标题 --corrects {original}，"
            "审批后再用 qingfeng correct"
        )
    if len(found) > 1:
        names = "、".join(one.id for one in found)
        raise Mistake(f"{original} 有几篇更正：{names}；请写明发哪一篇")
    return original, found[0]


def _got(pushes: Sequence[Push], original: str) -> set[str]:
    wanted = original.casefold()
    return {p.target for p in pushes if p.item.casefold() == wanted and p.state in REACHED}


def _told(pushes: Sequence[Push], item: Item) -> list[Push]:
    """Return the pushes of this correction that reached their target, or still may."""
    return [
        push
        for push in pushes
        if push.rule == CORRECTION
        and push.item.casefold() == item.id.casefold()
        and push.state not in _NEVER_CAME
    ]


def _rows(
    bureau: Bureau, now: datetime, item: Item, got: set[str], pushes: Sequence[Push]
) -> tuple[list[Push], list[str]]:
    """Return a push for every target that still lacks the correction, and who cannot be reached."""
    told = {push.target for push in _told(pushes, item)}
    known = {target.id: target for target in bureau.targets}
    year, week, _ = now.date().isocalendar()
    stem = f"{CORRECTION}-{year}W{week:02d}"
    taken = {push.occurrence for push in pushes}
    number = next(n for n in range(1, 10_000) if f"{stem}-{n}" not in taken)
    occurrence = f"{stem}-{number}"
    calendar = bureau.library(now.date()).calendar
    opening = policy.next_permitted(now, bureau.policy, calendar.is_workday)
    rows = [
        Push(
            key=f"{occurrence}_main@{target_id}",
            occurrence=occurrence,
            part="main",
            target=target_id,
            channel=known[target_id].channel,
            due=now,
            until=policy.closing(calendar.workday_after(opening.date(), WINDOW), bureau.policy),
            rule=CORRECTION,
            covers=(occurrence,),
            item=item.id,
            digest=item.digest,
            rank=RANKS["correction"],
        )
        for target_id in sorted((got & set(known)) - told)
    ]
    return rows, sorted(got - set(known))
