"""The embedded store: TinyDB over a journal in the data folder, one process, no server."""

from __future__ import annotations

from bot.store.keeper import Keeper


class TinyStore(Keeper):
    """The contract of bot.store over TinyDB, put together from its parts:

    desk (rows) <- outbox (pushes) <- returns (receipts, figures) <- archive (what is kept)
    <- keeper (retention)
    """

    def close(self) -> None:
        """Finish what was asked for, and leave plain files: the journal is folded into them."""
        self._committer.close()
        self._databases.fold_or_say()
        self._databases.close()

    async def limits(self) -> list[str]:
        """Return in words what has outgrown this store; nothing while it is at ease."""
        return await self._read(self._databases.advice)
