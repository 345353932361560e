"""The demonstration: a local WeCom, the whole bot, and people who tap. No credentials.

stage   builds the make-believe bureau and a copy of the installation beside it
story   lets the clock jump, tells what happens, and counts once more from the sandbox's log
alone   the local WeCom without the bot
"""

from bot.demo.alone import serve_sandbox
from bot.demo.story import play

__all__ = ["play", "serve_sandbox"]
