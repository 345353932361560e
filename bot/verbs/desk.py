"""What a reviewer sees and says behind a personal link; the page of it is bot/web/desk.py.

Every verb here takes the token of the link. Reading asks for no more, and changes nothing; saying
同意 or 退回 takes the PIN too, and the ticket of the words and the step that were shown.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

from bot.core import diff, messages
from bot.core.content import words_of
from bot.core.model import Item
from bot.engine import alarms
from bot.engine import preview as previewed
from bot.engine.bureau import Bureau
from bot.library import approvals, reviewers
from bot.library.approvals import Standing
from bot.library.reviewers import Reviewer
from bot.verbs import linking, reviewing
from bot.verbs.asking import Mistake, Params

log = logging.getLogger(__name__)

AGREE, RETURN = "agree", "return"
MOST = 50  # texts listed at once


async def desk(bureau: Bureau, now: datetime, params: Params) -> dict[str, Any]:
    """What waits for the reviewer of a link, and what was returned and waits for its editor.

    {"reviewer": None} for a link that is nobody's; "closed" says why it opens nothing more.
    """
    one = reviewer_of(bureau, params)
    if one is None or one.closed(now):
        return _shut(one, now)
    waiting, returned = [], []
    for item, stands in _open_items(bureau, now):
        if stands.returned:
            returned.append({**_row(item), "why": stands.why})
        elif _waits_for(one, item, stands):
            more = {"step": stands.missing[0], "edited": stands.edited, "why": _was_stopped(stands)}
            waiting.append({**_row(item), **more})
    return {
        "reviewer": one.name,
        "closed": "",
        "expires": one.expires.date().isoformat(),
        "review": bureau.review,
        "unit": bureau.footer.unit,
        "waiting": waiting[:MOST],
        "more": max(0, len(waiting) - MOST),
        "returned": returned[:MOST],
    }


async def desk_item(bureau: Bureau, now: datetime, params: Params) -> dict[str, Any]:
    """One text that waits for the reviewer: as the phone shows it, what is found, what changed."""
    one = reviewer_of(bureau, params)
    if one is None or one.closed(now):
        return _shut(one, now)
    found = _waiting(bureau, now, one, str(params.get("item") or ""))
    if found is None:
        return {"reviewer": one.name, "closed": "", "item": None}
    item, stands = found
    return {
        "reviewer": one.name,
        "closed": "",
        "unit": bureau.footer.unit,
        "item": item.id,
        "title": item.title,
        "kind": str(item.kind),
        "author": item.author,
        "step": stands.missing[0],
        "why": _was_stopped(stands),
        "ticket": _ticket(bureau, one, item, stands),
        **await judged(bureau, now, item, stands),
    }


async def judged(bureau: Bureau, now: datetime, item: Item, stands: Standing) -> dict[str, Any]:
    """What whoever judges a text looks at: its words and looks, what is found, what changed."""
    library = bureau.library(now.date())
    plan, channels = bureau.plan(library), channels_of(bureau)
    compared = await reviewing.compared(bureau, item)
    return {
        "basis": item.basis,
        "source": item.source,
        "steps": [
            [step, stands.passed[step].who if step in stands.passed else ""]
            for step in stands.steps
        ],
        "last": stands.missing[:1] == stands.steps[-1:],  # whose 来源核对 is asked for
        "problems": [
            [one.line, one.severity, one.message]
            for one in library.problems
            if one.path == item.path
        ],
        "approved": compared["approved"],
        "lines": compared["lines"],
        "words": diff.lines_of(words_of(item)),
        "views": previewed.views(item, now.date(), bureau, plan, channels),
    }


async def desk_say(bureau: Bureau, now: datetime, params: Params) -> dict[str, Any]:
    """Approve or return one text, by link and PIN. {"outcome", "error"}: what came of it.

    done; wrong (the PIN); closed (locked by now, or expired); changed (other words lie there than
    were shown); gone (it waits for this reviewer no more); refused (with the reason).
    """
    one = reviewer_of(bureau, params)
    if one is None or one.closed(now):
        return {"outcome": "closed", "error": ""}
    if failed := await unproven(bureau, now, one, str(params.get("pin") or "")):
        return failed
    found = _waiting(bureau, now, one, str(params.get("item") or ""))
    if found is None:
        return {"outcome": "gone", "error": ""}
    item, stands = found
    ticket = _ticket(bureau, one, item, stands)
    if not hmac.compare_digest(ticket.encode(), str(params.get("ticket") or "").encode()):
        return {"outcome": "changed", "error": "您打开之后文字又改过了，下面是新的一稿，请重新看过"}
    try:
        await _said(bureau, now, one, item, stands.missing[0], params)
    except Mistake as error:
        return {"outcome": "refused", "error": str(error)}
    return {"outcome": "done", "error": "", "title": item.title, "step": stands.missing[0]}


async def _said(
    bureau: Bureau, now: datetime, one: Reviewer, item: Item, step: str, params: Params
) -> None:
    if params.get("said") == RETURN:
        if not reviewing.note_of(params.get("why")):
            raise Mistake("退回请写明原因，起草人好改")
        more = {"step": step, "who": one.name, "why": params.get("why")}
        how = approvals.PERSONAL_LINK
        await reviewing.refuse(bureau, now, item, more, verdict=approvals.RETURNED, how=how)
        return
    if params.get("said") != AGREE:
        raise Mistake("请选同意或退回")
    last = step == bureau.shelf.folders.steps_of(item)[-1]
    if last and not params.get("sources_checked"):
        raise Mistake(f"{step}须勾选“已打开来源逐条核对”")
    await reviewing.seal(
        bureau,
        now,
        item,
        step=step,
        who=one.name,
        how=approvals.PERSONAL_LINK,
        sources_checked=bool(params.get("sources_checked")),
    )


# -- the link and the PIN --------------------------------------------------------------------------


def reviewer_of(bureau: Bureau, params: Params) -> Reviewer | None:
    found = reviewers.read(bureau.shelf.folders.data)
    return reviewers.with_link(found, str(params.get("token") or ""))


def _shut(one: Reviewer | None, now: datetime) -> dict[str, Any]:
    """A link that is nobody's tells nothing; one that has ended tells its owner why."""
    return {"reviewer": one.name if one else None, "closed": one.closed(now) if one else ""}


async def unproven(bureau: Bureau, now: datetime, one: Reviewer, pin: str) -> dict[str, Any] | None:
    """Return what to say where the PIN is not this reviewer's; the last wrong one locks."""
    if one.guessed_too_often:  # as many as may be tried are being looked at this moment
        return await _locked(bureau, now, one)
    _keep(bureau, reviewers.tried(one, now))
    right = await asyncio.to_thread(reviewers.knows, one, pin)
    latest = reviewers.named(reviewers.read(bureau.shelf.folders.data), one.name)
    if latest is None or latest.link != one.link or latest.closed(now):
        return {"outcome": "closed", "error": ""}  # taken back, or locked, while we looked
    if not right:
        log.warning("wrong pin", extra={"action": "pin-wrong", "who": one.name})
    if right:
        _keep(bureau, replace(latest, wrong=()))
        return None
    if latest.guessed_too_often:
        return await _locked(bureau, now, latest)
    return {"outcome": "wrong", "error": "口令不对，没有登记"}


async def _locked(bureau: Bureau, now: datetime, one: Reviewer) -> dict[str, Any]:
    _keep(bureau, replace(one, locked=now))
    await linking.recorded(bureau, now, one.name, "口令连续输错，链接锁定")
    await alarms.raise_alarm(bureau, "reviewer-locked")
    return {"outcome": "closed", "error": ""}


def _keep(bureau: Bureau, one: Reviewer) -> None:
    data = bureau.shelf.folders.data
    reviewers.write(data, reviewers.replaced(reviewers.read(data), one))


def _ticket(bureau: Bureau, one: Reviewer, item: Item, stands: Standing) -> str:
    """Return what only a form shown to this very link can hold, for these words and this step."""
    key = approvals.seal_key(bureau.shelf.folders.data)
    said = "\n".join(["desk", one.link, item.id, item.digest, *stands.missing])
    return hmac.new(key, said.encode(), hashlib.sha256).hexdigest()


def channels_of(bureau: Bureau) -> list[str]:
    """Return the ways that this unit sends texts by: what its staff will see, and no other."""
    used = dict.fromkeys(target.channel for target in bureau.targets if not target.office)
    return [name for name in previewed.CHANNELS if name in used] or ["webhook"]


# -- what waits ------------------------------------------------------------------------------------


def _open_items(bureau: Bureau, now: datetime) -> Iterator[tuple[Item, Standing]]:
    """Yield what may be reviewed and has not passed: no draft, nothing faulty."""
    library, folders = bureau.library(now.date()), bureau.shelf.folders
    if not bureau.review:
        return
    for item in library.items:
        faulty = library.blocked.get(item.id) == messages.BLOCK_FAULTY
        if not (item.status or faulty) and approvals.usable_id(item.id):
            stands = reviewing.standing_of(folders, item)
            if stands.why:
                yield item, stands


def _waiting(
    bureau: Bureau, now: datetime, one: Reviewer, item_id: str
) -> tuple[Item, Standing] | None:
    for item, stands in _open_items(bureau, now):
        if item.id.casefold() == item_id.casefold():
            return (item, stands) if _waits_for(one, item, stands) else None
    return None


def _waits_for(one: Reviewer, item: Item, stands: Standing) -> bool:
    """Whether it is this person's turn: their step, not their own text, not a second time."""
    if stands.returned or not stands.missing or not one.may_take(stands.missing[0]):
        return False
    return not approvals.barred(item, stands.passed, one.name)


def _was_stopped(stands: Standing) -> str:
    return stands.why if stands.stopped is not None else ""


def _row(item: Item) -> dict[str, Any]:
    return {"id": item.id, "title": item.title, "kind": str(item.kind), "author": item.author}
