"""The embedded store: TinyDB over a journal in the data folder, one process, no server."""

from __future__ import annotations

from bot.store.vault import Vault


class TinyStore(Vault):
    """The contract of bot.store over TinyDB, put together from its parts:

    desk (rows) <- outbox (pushes) <- returns (receipts, figures) <- archive (what is kept)
    <- keeper (retention) <- care (checks) <- vault (backups)
    """
