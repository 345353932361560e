"""A connection that does not say what it wants is closed: uvicorn would wait for ever.

Until the head of a request is whole, ten seconds and 64 KB; a body that goes on coming after it was
answered gets ten more. What an application reads, and for how long, is its own affair.
"""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.auto import AutoHTTPProtocol

HEAD_SECONDS = 10.0
HEAD_BYTES = 64 * 1024
_Protocol: Any = AutoHTTPProtocol  # httptools where it is installed, h11 elsewhere


class Impatient(_Protocol):  # type: ignore[misc]
    """uvicorn's protocol, with an end to waiting."""

    head_seconds = HEAD_SECONDS
    _timer: asyncio.TimerHandle | None = None
    _unasked = 0  # bytes of a head that is not whole
    _in_body = False  # of a request, answered or not; httptools says it, h11 has a limit of its own

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.cycle is not None and not self.cycle.response_complete:
            self._unasked = 0
            self._rest()
            return
        self._wait()
        self._unasked = 0 if self._in_body else self._unasked + len(data)
        if self._unasked > HEAD_BYTES and self._is_here():
            self.transport.abort()

    def on_headers_complete(self) -> None:
        self._in_body = True
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._in_body = False
        super().on_message_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        self._rest()
        super().connection_lost(exc)

    def _wait(self) -> None:
        if self._timer is None:
            self._timer = self.loop.call_later(self.head_seconds, self._give_up)

    def _rest(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _give_up(self) -> None:
        self._timer = None
        if self._is_here():
            self.transport.abort()

    def _is_here(self) -> bool:
        """Whether it is still HTTP: a WebSocket has taken the transport over."""
        return self.transport.get_protocol() is self


def impatient(seconds: float) -> type[Impatient]:
    """Return the protocol that waits for `seconds`."""
    return type("Impatient", (Impatient,), {"head_seconds": seconds})
