"""Calling a push back that went out by an app (wecom/api.md §3.5). What was read, was read."""

from __future__ import annotations

from dataclasses import dataclass, field

from bot.channels import App, SendError
from bot.core import enclosing
from bot.core.model import Push, State
from bot.engine.bureau import Bureau


@dataclass(kw_only=True)
class Recalled:
    """What became of the messages of a push; reasons are Chinese, each once."""

    gone: int = 0  # messages that WeCom took back; each may be for a thousand people
    stay: list[str] = field(default_factory=list)


async def recall(push: Push, bureau: Bureau) -> Recalled | None:
    """Take back every message of `push` and what followed it; None where its way has no recall.

    May be asked again.
    """
    channel = bureau.channels.get(push.target)
    if not isinstance(channel, App):
        return None
    found = Recalled()
    keys = [push.key, *enclosing.keys_of(push.key, await bureau.store.pushes())]
    rows = [row for key in keys for row in await bureau.store.deliveries(key)]
    for row in rows:
        if row.state is not State.SENT or not row.msgid:
            continue
        try:
            await channel.recall(row.msgid)
        except SendError as error:
            found.stay += [error.reason] if error.reason not in found.stay else []
        else:
            found.gone += 1
    return found
