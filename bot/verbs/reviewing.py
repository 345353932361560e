"""Who answers for the words: approvals."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from bot.core import messages
from bot.core.content import words_of
from bot.core.model import Item
from bot.engine.bureau import Bureau
from bot.library import approvals
from bot.library.approvals import Approval
from bot.store import AuditEntry
from bot.verbs.asking import Mistake, Params, item_of


async def approve(bureau: Bureau, now: datetime, params: Params) -> dict[str, Any]:
    """Seal an approval of an item's words as they stand on disk now."""
    item = item_of(bureau, now, str(params["item"]))
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
    await _recorded(bureau, item, approval)
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


async def _recorded(bureau: Bureau, item: Item, approval: Approval) -> None:
    """Keep the words and put the approval into the trail: before it is one, so none is hidden."""
    await bureau.store.keep_text(words_of(item), approval.when)
    entry = AuditEntry(
        at=approval.when,
        what="approved",
        about=item.id,
        who=approval.who,
        digest=item.digest,
        detail={"step": approval.step, "how": approval.how},
    )
    await bureau.store.audit(entry)
