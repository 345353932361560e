"""The dead man's signal: somebody outside hears that the ticks go on, or that they do not.

Beside the ticks and outside of the scheduler. While rounds end well, `[watch] ping_url` is asked
once a minute; a service that hears nothing raises the alarm, whatever became of this machine. Where
no round has ended for `[watch] overdue` minutes, the office's own group is told once, in hours in
which one may be told anything, and not by way of the outbox, which is what stands still.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import httpx

from bot.core import messages, policy
from bot.engine.bureau import Bureau
from bot.engine.trying import try_out
from bot.wecom.quiet import hush

log = logging.getLogger(__name__)

EVERY = 10.0  # seconds between two looks
PING_EVERY = 60.0
PING_WITHIN = 5.0


@dataclass(kw_only=True)
class Watch:
    """Looks at one bureau's pulse."""

    bureau: Bureau
    overdue: float  # seconds
    ping: Callable[[], Awaitable[None]] | None = None
    turned: Callable[[], None] = field(default=lambda: None)
    since: float = 0.0  # when it began to look
    told: bool = False
    pinged: float = field(default=float("-inf"))
    heard: int = 0  # good rounds that were told outside

    async def run(self, stop: asyncio.Event) -> None:
        self.since = asyncio.get_running_loop().time()
        while not stop.is_set():
            self.turned()
            try:
                await self.look(asyncio.get_running_loop().time())
            except Exception:  # the watch outlives whatever goes wrong in it
                log.exception("the watch stumbled", extra={"action": "watch-stumbled"})
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), EVERY)

    async def look(self, now: float) -> None:
        """Look once; `now` is the loop's own time."""
        pulse = self.bureau.pulse
        silent = now - max(pulse.ended, self.since)
        if silent >= self.overdue:
            if not self.told:
                log.error("no tick for %.0f s", silent, extra={"action": "overdue"})
                self.told = await self._tell(int(silent // 60))
            return
        self.told = False
        if self.ping and pulse.good > self.heard and now - self.pinged >= PING_EVERY:
            self.pinged, self.heard = now, pulse.good
            await self.ping()

    async def _tell(self, minutes: int) -> bool:
        """Tell the office's groups; whether that is done, or need not be tried again."""
        bureau, now = self.bureau, self.bureau.clock()
        library = bureau.library(now.date())
        if policy.next_permitted(now, bureau.policy, library.calendar.is_workday) > now:
            return False  # at night nobody is woken: the next look that may, tells it
        offices = [target for target in bureau.targets if target.office]
        whys = [await try_out(one, bureau, messages.OVERDUE.format(minutes)) for one in offices]
        for why in filter(None, whys):
            log.error("not told: %s", why, extra={"action": "overdue-untold"})
        return not offices or not all(whys)


def pinging(url: str, proxy: str) -> Callable[[], Awaitable[None]]:
    """Return what asks `url`, from the configuration alone; a slip is a line in the log."""
    hush()

    async def ping() -> None:
        try:
            async with httpx.AsyncClient(
                timeout=PING_WITHIN, proxy=proxy or None, follow_redirects=False
            ) as client:
                answer = await client.get(url)
            if not answer.is_success:
                log.warning("ping: HTTP %d", answer.status_code, extra={"action": "ping-failed"})
        except (httpx.HTTPError, OSError) as error:  # its words hold the address, a password
            log.warning("ping: %s", type(error).__name__, extra={"action": "ping-failed"})

    return ping
