"""Targets: what the program learned of them, groups that asked to be bound, and back on again."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from bot.core.model import State
from bot.engine import groups
from bot.engine.bureau import Bureau
from bot.engine.receive import UNNAMED
from bot.store import TargetState
from bot.verbs.asking import Mistake, Params, target_of


async def targets(bureau: Bureau, _: datetime, params: Params) -> dict[str, Any]:
    """Every target with its state, and the groups that wait for a name."""
    known = await bureau.store.targets()
    rows = []
    for target in bureau.targets:
        state, channel = known.get(target.id, TargetState(id=target.id)), bureau.channels[target.id]
        rows.append(
            {
                "id": target.id,
                "name": target.name,
                "channel": target.channel,
                "bound": bool(target.chat or state.chat) or not channel.needs_chat,
                "disabled": state.disabled if state.way == channel.fingerprint else "",
                "since": state.since.isoformat() if state.since else None,
                "closed": channel.closed,
            }
        )
    waiting = [{"number": n, "who": s.name, "at": _at(s)} for n, s in enumerate(_waiting(known), 1)]
    return {"targets": rows, "waiting": waiting}


async def bind(bureau: Bureau, _: datetime, params: Params) -> dict[str, Any]:
    """Say which target a group that asked to be bound is."""
    target = target_of(bureau, str(params["target"]))
    if target.channel != "bot-group" or target.chat:
        hint = "配置里已写了 chatid" if target.chat else "channel 不是 bot-group"
        raise Mistake(f"{target.id} 不需要绑定：{hint}")
    known = await bureau.store.targets()
    waiting = _waiting(known)
    number = int(params.get("number") or 1)
    if not waiting:
        raise Mistake("还没有群要求绑定：请在群里@机器人写“绑定”")
    if len(waiting) > 1 and not params.get("number"):
        raise Mistake("有几个群在等绑定，请加 --number 指明是哪一个；qingfeng targets 可看")
    if not 1 <= number <= len(waiting):
        raise Mistake(f"等待绑定的群只有 {len(waiting)} 个")
    chat = waiting[number - 1]
    old = known.get(target.id, TargetState(id=target.id))
    await bureau.store.set_target(replace(old, chat=chat.chat, disabled="", since=None))
    await bureau.store.set_target(replace(chat, chat=""))  # it has a name now
    return {"target": target.id, "name": target.name, "chat": chat.chat}


async def create(bureau: Bureau, _: datetime, params: Params) -> dict[str, Any]:
    """Let our app found the group of a target, with the people of its roster in it."""
    target = target_of(bureau, str(params["target"]))
    try:
        people = await groups.found(target, bureau, str(params.get("owner") or ""))
    except groups.NoGroup as error:
        raise Mistake(str(error)) from None
    return {"target": target.id, "name": target.name, "people": people}


async def members(bureau: Bureau, _: datetime, params: Params) -> dict[str, Any]:
    """Compare a group that our app founded with the roster, and make it equal if asked to."""
    target = target_of(bureau, str(params["target"]))
    try:
        found = await groups.compare(target, bureau, match=params.get("match") is True)
    except groups.NoGroup as error:
        raise Mistake(str(error)) from None
    missing, extra = list(found.missing), list(found.extra)
    return {"target": target.id, "members": found.members, "missing": missing, "extra": extra}


async def enable(bureau: Bureau, _: datetime, params: Params) -> dict[str, Any]:
    """Let a target be tried again that WeCom had refused."""
    target = target_of(bureau, str(params["target"]))
    state = (await bureau.store.targets()).get(target.id)
    if state is None or not state.disabled:
        return {"target": target.id, "was": ""}
    await bureau.store.set_target(replace(state, disabled="", since=None))
    for push in await bureau.store.pushes([State.PLANNED]):
        if push.target == target.id and push.not_before is not None:
            await bureau.store.postpone(push.key, bureau.clock(), push.reason)
    return {"target": target.id, "was": state.disabled}


def _waiting(known: Any) -> list[TargetState]:
    found = [s for s in known.values() if s.id.startswith(UNNAMED) and s.chat]
    return sorted(found, key=lambda state: (_at(state), state.id))


def _at(state: TargetState) -> str:
    return state.since.isoformat() if state.since else ""
