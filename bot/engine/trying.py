"""A fixed line, straight into a group: no push, no row, nothing counted."""

from __future__ import annotations

from bot.channels import SendError
from bot.core import messages
from bot.core.model import Markdown, Target
from bot.engine.bureau import Bureau
from bot.store import TargetState


async def try_out(target: Target, bureau: Bureau, words: str = messages.TEST_MESSAGE) -> str:
    """Send `words`; return why it did not leave, "" when it did."""
    channel = bureau.channels[target.id]
    if channel.closed:
        return channel.closed
    state = (await bureau.store.targets()).get(target.id, TargetState(id=target.id))
    chat = target.chat or state.chat
    if channel.needs_chat and not chat:
        return messages.GROUP_WAITS.format(target.name)
    to = [chat] if channel.needs_chat else []
    try:
        await channel.send(channel.body(Markdown(text=words), to))
    except SendError as error:
        return error.reason
    return ""
