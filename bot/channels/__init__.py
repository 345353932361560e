"""Ways out, one file each: a message in; Sent, or SendError(reason, outcome, then).

Adding a channel touches three places: its module, KINDS below, and bot/app.py, which builds it.
All that is said or asked of one stands in its module: its name in Chinese, its room, its limits.
No channel imports a store (a test walks the imports).
"""

from collections.abc import Mapping

from bot.channels.app import App
from bot.channels.appchat import AppChat
from bot.channels.bot import Bot, BotGroup
from bot.channels.channel import Channel, SendError, Sent, judge
from bot.channels.terminal import Terminal
from bot.channels.webhook import Webhook
from bot.wecom.errors import Outcome, Then

__all__ = [
    "KINDS",
    "WAYS",
    "App",
    "AppChat",
    "Bot",
    "BotGroup",
    "Channel",
    "Outcome",
    "SendError",
    "Sent",
    "Terminal",
    "Then",
    "Webhook",
    "judge",
]

KINDS: Mapping[str, type[Channel]] = {
    kind.name: kind for kind in (Webhook, Bot, BotGroup, App, AppChat, Terminal)
}
WAYS: Mapping[str, str] = {kind.name: kind.way for kind in KINDS.values()}
