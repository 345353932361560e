"""Groups that our app founds for a target, kept equal to the roster (wecom/api.md §4)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

from bot.channels import AppChat, SendError
from bot.core import messages
from bot.core.model import Target
from bot.engine import compose
from bot.engine.bureau import Bureau
from bot.store import TargetState

LEAST, MOST = 2, 2000  # members of a group


class NoGroup(Exception):
    """Why there is none, or why it was not changed; in Chinese, for whoever asked."""


@dataclass(frozen=True, kw_only=True)
class Difference:
    """A group against the roster; accounts, as WeCom and as the roster spell them."""

    members: int
    missing: tuple[str, ...]  # on the roster, not in the group
    extra: tuple[str, ...]  # in the group, not on the roster


async def found(target: Target, bureau: Bureau, owner: str = "") -> int:
    """Found the group of a target and bind it; return how many people are in it.

    The chatid follows from the target, so that a lost answer founds no second group.
    """
    channel, state = _channel(target, bureau), await _state(target, bureau)
    if target.chat or state.chat:
        raise NoGroup(f"{target.id} 已经有群了；比对成员：qingfeng targets members {target.id}")
    people = await _people(target, bureau)
    if not LEAST <= len(people) <= MOST:
        whom = target.roster or "（没写 roster）"
        raise NoGroup(f"应用群聊要 {LEAST} 到 {MOST} 人，名册里 {whom} 在岗 {len(people)} 人")
    if owner and owner not in people:
        raise NoGroup(f"群主“{owner}”不在 {target.roster} 的在岗人员里")
    chatid = f"qf{hashlib.sha256(f'{channel.fingerprint}/{target.id}'.encode()).hexdigest()[:24]}"
    try:
        chat = await channel.found(target.name, people, owner, chatid)
    except SendError as error:
        raise NoGroup(error.reason) from None
    await bureau.store.set_target(replace(state, chat=chat, disabled="", since=None))
    return len(people)


async def compare(target: Target, bureau: Bureau, *, match: bool = False) -> Difference:
    """Return how a group differs from the roster; with `match`, make it equal first."""
    channel, state = _channel(target, bureau), await _state(target, bureau)
    chat = target.chat or state.chat
    if not chat:
        raise NoGroup(messages.NO_CHAT.format(target.id))
    people = await _people(target, bureau)
    try:
        group = await channel.group(chat)
        found = _difference(group.members, people)
        if match and (found.missing or found.extra):
            heir = people[0] if people and group.owner in found.extra else ""
            await channel.change(chat, found.missing, found.extra, heir)
            found = _difference((await channel.group(chat)).members, people)
    except SendError as error:
        raise NoGroup(error.reason) from None
    return found


def _difference(members: tuple[str, ...], people: list[str]) -> Difference:
    inside = {person.casefold() for person in members}
    wanted = {person.casefold() for person in people}
    return Difference(
        members=len(members),
        missing=tuple(person for person in people if person.casefold() not in inside),
        extra=tuple(person for person in members if person.casefold() not in wanted),
    )


def _channel(target: Target, bureau: Bureau) -> AppChat:
    channel = bureau.channels[target.id]
    if not isinstance(channel, AppChat):
        raise NoGroup(f"{target.id} 的 channel 不是 appchat，群由人建")
    return channel


async def _state(target: Target, bureau: Bureau) -> TargetState:
    return (await bureau.store.targets()).get(target.id, TargetState(id=target.id))


async def _people(target: Target, bureau: Bureau) -> list[str]:
    today = bureau.clock().date()
    return [m.id for m in await compose.audience_of(target, bureau, today)]
