"""Run a Starlette app on 127.0.0.1 inside the running event loop."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Generator
from types import TracebackType
from typing import TYPE_CHECKING, Self

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from bot.sandbox.patience import HEAD_SECONDS, impatient

if TYPE_CHECKING:
    from bot.sandbox.tls import Certificates

ABORT = "sandbox.abort"  # an ASGI extension: close the connection without an answer


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()  # set when it serves, or has failed to

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        try:
            await super().startup(sockets)
        except SystemExit:  # it is not uvicorn's program to end
            self.should_exit = True
        finally:
            self.ready.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Leave Ctrl-C to whoever owns the event loop."""
        yield


class Serving:
    """`async with Serving(app) as served: ... served.url`; https and wss with `certificates`.

    Binds before it starts, so `port` is known at once and a taken port raises OSError here.
    RuntimeError if the app's own start fails.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        port: int = 0,
        host: str = "127.0.0.1",
        certificates: Certificates | None = None,
        patience: float = HEAD_SECONDS,  # with whoever connects and asks nothing
    ) -> None:
        self._app = app
        self._host = host
        self._certificates = certificates
        self._patience = patience
        self.port = port  # the real one once entered

    @property
    def url(self) -> str:
        return f"http{self._secure}://{self._host}:{self.port}"

    @property
    def ws_url(self) -> str:
        """Where a smart robot connects."""
        return f"ws{self._secure}://{self._host}:{self.port}"

    @property
    def _secure(self) -> str:
        return "s" if self._certificates else ""

    async def __aenter__(self) -> Self:
        self._socket = _bind(self._host, self.port)
        self.port = self._socket.getsockname()[1]
        config = uvicorn.Config(
            _abortable(self._app),
            http=impatient(self._patience),
            server_header=False,
            log_config=None,
            log_level="warning",
            access_log=False,
            timeout_graceful_shutdown=1,
            ws_ping_interval=None,  # the robots' own pings decide who is still there
            ssl_certfile=self._certificates.certificate if self._certificates else None,
            ssl_keyfile=self._certificates.key if self._certificates else None,
        )
        self._server = _Server(config)
        self._task = asyncio.create_task(self._server.serve(sockets=[self._socket]))
        await self._server.ready.wait()
        if not self._server.started:
            await self._task
            self._socket.close()
            raise RuntimeError("the server did not start")
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._server.should_exit = True
        try:
            await self._task
        finally:
            self._socket.close()


def free_port() -> int:
    """A port of 127.0.0.1 that nobody holds at this moment, for an address needed beforehand."""
    with _bind("127.0.0.1", 0) as bound:
        return int(bound.getsockname()[1])


def _bind(host: str, port: int) -> socket.socket:
    # With the protocol named, asyncio turns Nagle's delay off for each connection; without it
    # an answer of two packets waits 40 ms for the first one's acknowledgement.
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    # so that a restart need not wait for the last run's connections to be forgotten
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
    except OSError:
        bound.close()
        raise
    return bound


def _abortable(app: ASGIApp) -> ASGIApp:
    """Offer ABORT to `app`: ASGI itself has no word for a lost answer, uvicorn's transport has."""

    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        transport = getattr(getattr(receive, "__self__", None), "transport", None)
        if scope["type"] in ("http", "websocket") and transport is not None:
            scope.setdefault("extensions", {})[ABORT] = transport.abort
        await app(scope, receive, send)

    return wrapped
