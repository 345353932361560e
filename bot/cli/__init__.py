"""The verbs. Everything heavy is imported inside a verb, so that --help answers at once."""

from bot.cli import days, figures, people, pushing, running, texts  # noqa: F401 - they add verbs
from bot.cli.shell import main

__all__ = ["main"]
