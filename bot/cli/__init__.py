"""The verbs. Everything heavy is imported inside a verb, so that --help answers at once."""

from bot.cli import (  # noqa: F401 - they add verbs
    beginning,
    days,
    doctor,
    figures,
    importing,
    keeping,
    ledger,
    outlets,
    packing,
    people,
    previewing,
    pushing,
    rehearsing,
    reviewers,
    reviewing,
    running,
    several,
    signing,
    stopping,
    targets,
    texts,
    writing,
)
from bot.cli.shell import main

__all__ = ["main"]
