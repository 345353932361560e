"""The roster."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from bot.core import messages, roster
from bot.core.model import Delivery, Member
from bot.engine import compose
from bot.engine.bureau import Bureau
from bot.store.codec import from_doc
from bot.verbs.asking import Mistake, Params


async def roster_import(bureau: Bureau, _: datetime, params: Params) -> dict[str, Any]:
    """Replace the roster by the given members."""
    members = [from_doc(Member, doc) for doc in params["members"]]
    await bureau.store.set_members(members)
    return {"members": len(members), "targets": await _audiences(bureau, members)}


FEW = 0.5  # of the roster must be left, or somebody is asked first


async def roster_sync(bureau: Bureau, _: datetime, params: Params) -> dict[str, Any]:
    """Bring the roster up to what WeCom shows; with `dry_run` only say what would change."""
    if bureau.contacts is None:
        raise Mistake("要有自建应用才能取名册：请填好 [wecom.app]；或用 roster import 导入表格")
    try:
        directory = await bureau.contacts()
    except LookupError as error:
        raise Mistake(str(error)) from None
    known = await bureau.store.members()
    units = {target.roster for target in bureau.targets if target.roster}
    found = roster.synced(known, directory, units)
    kept = len(known) - len(found.removed)
    if not directory or (kept < FEW * len(known) and params.get("yes") is not True):
        seen = f"应用看得见 {len(directory)} 人，名册 {len(known)} 人要去掉 {len(found.removed)} 人"
        raise Mistake(f"{seen}：请先核对应用的可见范围；确实如此的加 --yes")
    if params.get("dry_run") is not True:
        await bureau.store.set_members(found.members)
    return {
        "members": len(found.members),
        "added": list(found.added),
        "removed": list(found.removed),
        "changed": list(found.changed),
        "targets": await _audiences(bureau, found.members),
    }


LATELY = timedelta(weeks=6)

HINTS = {
    "invalid": (
        "账号不对，或不在应用的可见范围",
        "核对名册账号；应用管理→可见范围 里加上",
    ),
    "unlicensed": ("没有基础接口许可", "管理后台→应用管理→接口许可 里分配一个"),
    "refused": ("", "照左边所说办；机器人的，请本人先给机器人发一个字"),
}


async def roster_show(bureau: Bureau, now: datetime, _: Params) -> dict[str, Any]:
    """The roster, and who could not be reached: of deliveries alone, never of receipts."""
    members = await bureau.store.members()
    names = {member.id.casefold(): member.name for member in members}
    rows = []
    for one in roster.unreached(await _lately(bureau, now)):
        if one.person.casefold() not in names:
            continue  # left meanwhile
        if one.said == messages.NOT_JOINED:  # a matter of their own: a number, never a list
            continue
        why, hint = HINTS[one.why]
        row = {"account": one.person, "name": names[one.person.casefold()]}
        rows.append({**row, "why": one.said or why, "do": hint})
    today = now.date()
    shown = [
        {
            "account": member.id,
            "name": member.name,
            "department": member.department,
            "branch": member.branch,
            "present": member.present(today),
        }
        for member in members
    ]
    joined = roster.joined(await _lately(bureau, now, "bot"), names)
    return {"members": shown, "unreached": rows, **joined}


async def _lately(bureau: Bureau, now: datetime, channel: str = "") -> list[Delivery]:
    """Return the attempts of the last weeks: an older failure says little of today.

    Of messages that name whom they are for; a group's card that was refused is nobody's.
    """
    since = now - LATELY
    keys = [
        push.key
        for push in await bureau.store.pushes()
        if push.due >= since and compose.one_by_one(push) and channel in ("", push.channel)
    ]
    return [row for key in keys for row in await bureau.store.deliveries(key)]


async def _audiences(bureau: Bureau, members: Sequence[Member]) -> dict[str, int]:
    day = date.max - timedelta(days=1)  # whoever is on leave comes back
    return {
        target.id: len(compose.audience(members, target, day))
        for target in bureau.targets
        if target.roster
    }
