"""Around every page: headers that each answer has, and an end to a body that only drips.

A page sets its own headers; what it leaves out is as strict as can be. It stands outside of
everything else, so that an answer of Starlette's own (404, 405, 500) has them, too.
"""

from __future__ import annotations

import asyncio

from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

BODY_SECONDS = 60.0  # in which the whole body of a request must have come
USUAL = {
    "Content-Security-Policy": (
        "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


class Guarded(Starlette):
    """An application that nothing leaves without `USUAL`, and that waits for no drip."""

    def build_middleware_stack(self) -> ASGIApp:
        self.router.redirect_slashes = False  # its redirect believes the Host that was claimed
        patience = getattr(self.state, "patience", BODY_SECONDS)
        return guarded(super().build_middleware_stack(), patience)


def guarded(app: ASGIApp, patience: float = BODY_SECONDS) -> ASGIApp:
    async def guard(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in USUAL.items():
                    headers.setdefault(name, value)
                if "etag" not in headers:
                    headers.setdefault("Cache-Control", "no-store")
            await send(message)

        await app(scope, _Body(receive, patience), sent)

    return guard


class _Body:
    """`receive`, for which a body that is not whole in time is one that was cut off."""

    def __init__(self, receive: Receive, patience: float) -> None:
        self._receive, self._patience = receive, patience
        self._until, self._whole = 0.0, False

    async def __call__(self) -> Message:
        if self._whole:
            return await self._receive()
        self._until = self._until or asyncio.get_running_loop().time() + self._patience
        try:
            async with asyncio.timeout_at(self._until):
                message = await self._receive()
        except TimeoutError:
            return {"type": "http.disconnect"}
        self._whole = not message.get("more_body", False)
        return message
