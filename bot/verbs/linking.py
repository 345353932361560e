"""Personal links of reviewers: given, listed, taken back."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from bot.core.review import SECOND
from bot.engine.bureau import Bureau
from bot.library import reviewers
from bot.library.reviewers import Reviewer
from bot.store import AuditEntry
from bot.verbs.asking import Mistake, Params
from bot.verbs.reviewing import name_of

DAYS, MOST_DAYS = 180, 366
ROLES = ("查看", "编辑", "审核", "管理")  # at the console; what each may do is its business


async def listed(bureau: Bureau, now: datetime, _: Params) -> dict[str, Any]:
    """Every personal link: whose, for which steps, until when, and whether it is locked."""
    found = reviewers.read(bureau.shelf.folders.data)
    told = [{**_told(one), "closed": one.closed(now) or None} for one in found]
    return {"reviewers": told, "roles": list(ROLES), "steps": _known_steps(bureau)}


async def link(bureau: Bureau, now: datetime, params: Params) -> dict[str, Any]:
    """Give a reviewer a new link and a PIN, both told only now; an earlier link ends with it."""
    name, steps = name_of(params.get("who")), _steps(bureau, params.get("steps") or ())
    if (role := str(params.get("role") or reviewers.REVIEWING)) not in ROLES:
        raise Mistake(f"没有“{role}”这个身份，可用：{'、'.join(ROLES)}")
    days = int(params.get("days") or DAYS)
    if not 1 <= days <= MOST_DAYS:
        raise Mistake(f"链接的有效期应在 1 到 {MOST_DAYS} 天之间")
    pin = str(params.get("pin") or "") or reviewers.new_pin()
    if why := reviewers.weak(pin):
        raise Mistake(why)
    token, data = reviewers.new_token(), bureau.shelf.folders.data
    if not (url := bureau.review_page(token)):
        raise Mistake("请先在配置的 [web] public_url 填手机能访问的网址，链接才打得开")
    one = reviewers.reviewer(name, token, pin, now, now + timedelta(days=days), steps, role)
    found = reviewers.read(data)
    again = reviewers.named(found, name) is not None
    await recorded(bureau, now, name, "换发链接" if again else "发给链接", params)
    reviewers.write(data, reviewers.replaced(found, one))
    console = bureau.review_page(token).replace("/review/", "/console/with/")
    return {**_told(one), "url": url, "console": console, "pin": pin, "again": again}


async def revoke(bureau: Bureau, now: datetime, params: Params) -> dict[str, Any]:
    """Take a reviewer's link back; what they approved stays approved."""
    name, data = name_of(params.get("who")), bureau.shelf.folders.data
    found = reviewers.read(data)
    one = reviewers.named(found, name)
    if one is None:
        raise Mistake(f"没有给“{name}”发过链接；qingfeng reviewers 可看都有谁")
    reviewers.write(data, [other for other in found if other is not one])  # first: it is urgent
    await recorded(bureau, now, one.name, "收回链接", params)
    return {"name": one.name, "revoked": True}


async def recorded(
    bureau: Bureau, now: datetime, name: str, did: str, params: Params | None = None
) -> None:
    who = str((params or {}).get("by") or "")  # the administrator at the console, by name
    entry = AuditEntry(at=now, what="reviewer", about=name, who=who, detail={"did": did})
    await bureau.store.audit(entry)


def _steps(bureau: Bureau, asked: Any) -> tuple[str, ...]:
    known = _known_steps(bureau)
    for step in map(str, asked):
        if step not in known:
            raise Mistake(f"没有“{step}”这个审批环节；配置里有：{'、'.join(known)}")
    return tuple(map(str, asked))


def _known_steps(bureau: Bureau) -> list[str]:
    folders = bureau.shelf.folders
    every = [*folders.steps, *(step for steps in folders.kinds.values() for step in steps), SECOND]
    return list(dict.fromkeys(every))


def _told(one: Reviewer) -> dict[str, Any]:
    return {
        "name": one.name,
        "steps": list(one.steps),
        "role": one.role,
        "made": one.made.isoformat(timespec="seconds"),
        "expires": one.expires.isoformat(timespec="seconds"),
        "locked": one.locked.isoformat(timespec="seconds") if one.locked else None,
    }
