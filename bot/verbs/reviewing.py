"""Who answers for the words: approvals, withdrawals, and what has changed since."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from bot.core import diff, messages
from bot.core.content import words_of
from bot.core.model import Item
from bot.engine.bureau import Bureau
from bot.engine.recall import VERDICTS
from bot.library import approvals, reviewers
from bot.library.approvals import Approval, Standing
from bot.library.folder import Folders
from bot.store import AuditEntry
from bot.verbs import leaving
from bot.verbs.asking import Mistake, Params, item_of, sent_of

_SAID = {verdict: what for what, verdict in VERDICTS.items()}  # in the trail


async def approve(bureau: Bureau, now: datetime, params: Params) -> dict[str, Any]:
    """Seal an approval of an item's words as they stand on disk now."""
    item = item_of(bureau, now, str(params["item"]))
    who = name_of(params.get("who"))
    step = str(params.get("step") or "") or next_step(bureau, item)
    if params.get("digest") not in (None, item.digest):
        raise Mistake("您打开之后文字又改过了，请刷新后重新看过再审")
    _may_take(bureau, params, step)
    return await seal(
        bureau,
        now,
        item,
        step=step,
        who=who,
        how=_how(params),
        sources_checked=bool(params.get("sources_checked")),
        despite_return=bool(params.get("despite_return")),
    )


def _how(params: Params) -> str:
    """Return how identity was shown: the command line, or what the console says of its visitor."""
    how = str(params.get("how") or approvals.COMMAND_LINE)
    if how not in (approvals.COMMAND_LINE, approvals.PERSONAL_LINK, approvals.SIGNED_IN):
        raise Mistake(messages.BAD_REQUEST)
    return how


def _may_take(bureau: Bureau, params: Params, step: str) -> None:
    """Hold the owner of a personal link to the steps it was given for."""
    if held := params.get("link"):
        found = reviewers.read(bureau.shelf.folders.data)
        if not any(one.link == held and one.may_take(step) for one in found):
            raise Mistake(f"您的链接不管“{step}”这一道")


async def returned(bureau: Bureau, now: datetime, params: Params) -> dict[str, Any]:
    """Send an item's words back to their editor, with the reason."""
    item = item_of(bureau, now, str(params["item"]))
    if not note_of(params.get("why")):
        raise Mistake("退回请写明原因，起草人好改")
    step = next_step(bureau, item)
    _may_take(bureau, params, step)
    more = {**params, "step": step}
    await refuse(bureau, now, item, more, verdict=approvals.RETURNED, how=_how(params))
    return {"item": item.id, "step": step}


async def seal(
    bureau: Bureau,
    now: datetime,
    item: Item,
    *,
    step: str,
    who: str,
    how: str,
    sources_checked: bool,
    note: str = "",
    despite_return: bool = False,
) -> dict[str, Any]:
    """Write one approval if it may be given; Mistake with the reason if not.

    Words that were returned are approved only by who says so (`despite_return`): what is asked
    for is a new version.
    """
    folders, library = bureau.shelf.folders, bureau.library(now.date())
    if library.blocked.get(item.id) == messages.BLOCK_FAULTY:
        raise Mistake(f"{item.id} 有错误，改好后再审批（qingfeng check 可看）")
    if not approvals.usable_id(item.id):
        raise Mistake(f"编号“{item.id}”只能有字母、数字、汉字、- 和 _，请先改编号")
    stands = standing_of(folders, item)
    if stands.returned and not despite_return:
        raise Mistake(f"{stands.why}。改好文字后再审；确要照原稿通过，请加 --despite-return")
    _may(item, stands, step, who)
    if step == stands.steps[-1] and not sources_checked:
        raise Mistake(f"{step}须确认已打开来源逐条核对，请加 --sources-checked")
    said = Approval(
        id=item.id,
        digest=item.digest,
        step=step,
        who=who,
        when=now,
        how=how,
        sources_checked=sources_checked,
        note=note,
    )
    await _recorded(bureau, item, said, "approved")
    path = approvals.write(folders.approvals, said, approvals.seal_key(folders.data))
    left = bureau.library(now.date()).blocked.get(item.id, "")
    return {
        "item": item.id,
        "title": item.title,
        "step": step,
        "who": who,
        "digest": item.digest,
        "path": path.relative_to(folders.content).as_posix(),
        "missing": list(standing_of(folders, item).missing),
        "blocked": left or None,
    }


async def _recorded(bureau: Bureau, item: Item, said: Approval, what: str) -> None:
    """Keep the words and put what was said into the trail: before it holds, so none is hidden."""
    await bureau.store.keep_text(words_of(item), said.when)
    detail = {"step": said.step, "how": said.how, "note": said.note}
    entry = AuditEntry(
        at=said.when,
        what=what,
        about=item.id,
        who=said.who,
        digest=item.digest,
        detail={name: value for name, value in detail.items() if value},
    )
    await bureau.store.audit(entry)
    bureau.shelf.folders.memory.said(said)


def _may(item: Item, stands: Standing, step: str, who: str) -> None:
    if step not in stands.steps:
        raise Mistake(f"没有“{step}”这个审批环节；{item.id} 要经过：{'、'.join(stands.steps)}")
    if step in stands.passed:
        earlier = stands.passed[step]
        raise Mistake(f"{earlier.who} 已于 {earlier.when:%Y-%m-%d} {step}通过，不必再批")
    if reason := approvals.barred(item, stands.passed, who):
        raise Mistake(reason)
    if step != stands.missing[0]:
        raise Mistake(f"{item.id} 还没有{stands.missing[0]}，请按先后顺序审批")


async def withdraw(bureau: Bureau, now: datetime, params: Params) -> dict[str, Any]:
    """Take the approval of an item's words back: nothing of it is sent any more."""
    item = item_of(bureau, now, str(params["item"]))
    await refuse(bureau, now, item, params, verdict=approvals.WITHDRAWN, how=_how(params))
    sent = [sent_of(bureau, push) for push in await bureau.store.pushes()]
    return {
        "item": item.id,
        "title": item.title,
        "blocked": bureau.library(now.date()).blocked.get(item.id) or None,
        "sent": [row for row in sent if row and row["item"].casefold() == item.id.casefold()],
        "correct": f"qingfeng correct {item.id}",
        "outside": await leaving.to_fetch(bureau, item.id),
    }


async def refuse(
    bureau: Bureau, now: datetime, item: Item, params: Params, *, verdict: str, how: str
) -> None:
    """Write that a text is returned or withdrawn, by whom and why; its review begins anew."""
    folders = bureau.shelf.folders
    if not bureau.review:
        raise Mistake("审批已关闭，没有审批可以收回；要停这一篇，请在稿子开头写 状态: 停用")
    if not approvals.usable_id(item.id):
        raise Mistake(f"编号“{item.id}”只能有字母、数字、汉字、- 和 _，请先改编号")
    said = Approval(
        id=item.id,
        digest=item.digest,
        step=str(params.get("step") or "") or folders.steps_of(item)[-1],
        who=name_of(params.get("who")),
        when=now,
        how=how,
        sources_checked=False,
        verdict=verdict,
        note=note_of(params.get("why")),
    )
    await _recorded(bureau, item, said, _SAID[verdict])
    approvals.write(folders.approvals, said, approvals.seal_key(folders.data))


async def diff_of(bureau: Bureau, now: datetime, params: Params) -> dict[str, Any]:
    """What changed in an item since the words that were approved last."""
    item = item_of(bureau, now, str(params["item"]))
    return await compared(bureau, item)


async def compared(bureau: Bureau, item: Item) -> dict[str, Any]:
    """Return {"approved": who and when, or None, "lines": [[mark, [[text, differs]…]]…]}.

    `lines` is None where the words approved then were not kept, [] where nothing differs.
    """
    folders = bureau.shelf.folders
    found = folders.said_of(item, approvals.seal_key(folders.data))
    before = approvals.last_approved(found, item.digest, folders.steps_of(item)[-1])
    answer: dict[str, Any] = {"item": item.id, "title": item.title, "approved": None, "lines": []}
    if before is None:
        return answer
    answer["approved"] = {"who": before.who, "when": before.when.isoformat(), "step": before.step}
    kept = await bureau.store.text(before.digest)
    if kept is None:
        return {**answer, "lines": None}
    lines = diff.compare(diff.lines_of(kept), diff.lines_of(words_of(item)))
    answer["lines"] = [[line.mark, [list(part) for part in line.parts]] for line in lines]
    return answer


def standing_of(folders: Folders, item: Item) -> Standing:
    found = folders.said_of(item, approvals.seal_key(folders.data))
    return approvals.standing(item, found, folders.steps_of(item))


def next_step(bureau: Bureau, item: Item) -> str:
    """Return the step that is due; the last one where nothing is."""
    stands = standing_of(bureau.shelf.folders, item)
    return [*stands.missing, stands.steps[-1]][0]


def name_of(who: Any) -> str:
    name = str(who or "").strip()
    if not name or not name.isprintable():
        raise Mistake("请写明姓名")
    return name


def note_of(why: Any) -> str:
    note = " ".join(str(why or "").split())
    if not note.isprintable() or len(note) > approvals.MAX_NOTE:
        raise Mistake(f"原因请写成一段文字，不超过 {approvals.MAX_NOTE} 字")
    return note
