"""Faults on request, a small queue for each endpoint (wecom/api.md §11)."""

import random
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class FaultKind(StrEnum):
    STATUS = "status"  # HTTP `status`; nothing accepted unless `accept`
    DROP_AFTER = "drop_after_accept"  # accepted, then the connection closes without an answer
    DROP_BEFORE = "drop_before_accept"  # not accepted, the connection closes without an answer
    SLOW = "slow"  # accepted, answered (an event: posted) after `seconds` of real time
    ERRCODE = "errcode"  # errcode `errcode`; nothing accepted unless `accept`
    MALFORMED = "malformed"  # accepted, the answer is half a JSON
    WARNING = "warning"  # accepted, but errmsg carries `Warning: wrong json format.`
    LOSE = "lose"  # callback: the event is never posted
    DUPLICATE = "duplicate"  # callback: the event is posted twice
    REORDER = "reorder"  # callback: the event is posted after the next one
    NO_ACK = "no_ack"  # long connection: accepted, the answer never comes
    CLOSE = "close"  # long connection: accepted, then a clean close with code `status`
    HALF_OPEN = "half_open"  # long connection: from now on it takes everything, answers nothing


OF_EVENTS = frozenset({FaultKind.LOSE, FaultKind.DUPLICATE, FaultKind.REORDER, FaultKind.SLOW})
OF_LINES = frozenset(
    {
        *(FaultKind.NO_ACK, FaultKind.CLOSE, FaultKind.HALF_OPEN),
        *(FaultKind.ERRCODE, FaultKind.DROP_AFTER, FaultKind.DROP_BEFORE, FaultKind.SLOW),
    }
)
OF_CALLS = frozenset(
    {
        *(FaultKind.STATUS, FaultKind.ERRCODE, FaultKind.MALFORMED, FaultKind.WARNING),
        *(FaultKind.DROP_AFTER, FaultKind.DROP_BEFORE, FaultKind.SLOW),
    }
)
EVENTS = ("callback", "aibot_event")  # what goes out to the program under test
ENDLESS = -1  # as `times`: every call until the faults are cleared
# For the page: what happens, and where.
SAID = {
    FaultKind.STATUS: "HTTP 5xx",
    FaultKind.DROP_AFTER: "收下了，断线不答",
    FaultKind.DROP_BEFORE: "没收下，断线不答",
    FaultKind.SLOW: "慢",
    FaultKind.ERRCODE: "答错误码",
    FaultKind.MALFORMED: "收下了，答半截 JSON",
    FaultKind.WARNING: "收下了，答里说 JSON 不对",
    FaultKind.LOSE: "丢失（回调与事件）",
    FaultKind.DUPLICATE: "重复一次（回调与事件）",
    FaultKind.REORDER: "晚于下一条（回调与事件）",
    FaultKind.NO_ACK: "收下了，不答（长连接）",
    FaultKind.CLOSE: "收下了，正常关闭（长连接）",
    FaultKind.HALF_OPEN: "从此只收不答（长连接）",
}
SEED = 20260921  # of the dice behind `chance`
MOST = 10_000  # faults in one order
LONGEST = 3600.0  # seconds of a slow answer


@dataclass(frozen=True, kw_only=True)
class Fault:
    kind: FaultKind
    status: int = 503
    seconds: float = 6.0
    errcode: int = -1
    accept: bool = False  # for STATUS and ERRCODE: did the message get through all the same?
    chance: float = 1.0  # of each call to be spoilt; the same calls every time

    def __post_init__(self) -> None:
        """ValueError for what could not be done."""
        numbers = (self.status, self.seconds, self.errcode, self.chance)
        if any(isinstance(n, bool) or not isinstance(n, int | float) for n in numbers):
            raise ValueError("status, seconds, errcode and chance are numbers")
        if not isinstance(self.accept, bool):
            raise ValueError("accept is true or false")
        if not 0 <= self.seconds <= LONGEST:
            raise ValueError(f"seconds from 0 to {LONGEST:.0f}")
        if not 0 < self.chance <= 1:
            raise ValueError("chance above 0, at most 1")
        if self.kind is FaultKind.STATUS and self.status not in range(300, 600):
            raise ValueError("status from 300 to 599")

    @property
    def accepts(self) -> bool:
        """Does the call take effect although its answer is spoilt?"""
        if self.kind in (FaultKind.STATUS, FaultKind.ERRCODE):
            return self.accept
        return self.kind is not FaultKind.DROP_BEFORE


class Faults:
    """Queues of faults; each call of an endpoint takes at most one, oldest first.

    `calls` and `commands` are the names of the HTTP endpoints and of the long connection.
    With a `chance` a call may pass unspoilt and the fault waits for the next; which ones do is
    drawn from a seed, anew after `clear`.
    """

    def __init__(self, calls: Iterable[str], commands: Iterable[str]) -> None:
        kinds = [(name, OF_CALLS) for name in calls] + [(name, OF_LINES) for name in commands]
        self.kinds: dict[str, frozenset[FaultKind]] = dict(kinds)
        self.kinds |= dict.fromkeys(EVENTS, OF_EVENTS)
        self._queues: dict[str, deque[Fault]] = {name: deque() for name in self.kinds}
        self._lasting: dict[str, Fault] = {}
        self._dice = random.Random(SEED)  # noqa: S311  (no secret)

    def add(
        self,
        endpoint: str,
        kind: FaultKind | str,
        *,
        times: int = 1,
        status: int = 503,
        seconds: float = 6.0,
        errcode: int = -1,
        accept: bool = False,
        chance: float = 1.0,
    ) -> None:
        """Spoil the next `times` calls of `endpoint`; ValueError where it makes no sense.

        ENDLESS as `times` is an outage of that endpoint: it ends with `clear`.
        """
        kind = FaultKind(kind)
        if kind not in self.kinds.get(endpoint, frozenset()):
            raise ValueError(f"no fault {kind.value!r} for {endpoint!r}")
        if isinstance(times, bool) or not isinstance(times, int):
            raise ValueError("times is a number")
        if times != ENDLESS and not 1 <= times <= MOST:
            raise ValueError(f"times from 1 to {MOST}, or {ENDLESS} for always")
        fault = Fault(
            kind=kind,
            status=status,
            seconds=seconds,
            errcode=errcode,
            accept=accept,
            chance=chance,
        )
        if times == ENDLESS:
            self._lasting[endpoint] = fault
        else:
            self._queues[endpoint].extend([fault] * times)

    def take(self, endpoint: str) -> Fault | None:
        """The fault for the call that has just come, if one is waiting."""
        queue = self._queues.get(endpoint)
        fault = queue[0] if queue else self._lasting.get(endpoint)
        if fault is None or (fault.chance < 1 and self._dice.random() >= fault.chance):
            return None
        return queue.popleft() if queue else fault

    def clear(self, endpoint: str = "") -> None:
        """Forget the faults of one endpoint, or all."""
        self._dice.seed(SEED)
        for name, queue in self._queues.items():
            if endpoint in ("", name):
                queue.clear()
                self._lasting.pop(name, None)

    def pending(self) -> dict[str, list[str]]:
        """What still waits, as endpoint -> kinds, without the empty queues; a lasting one last."""
        waiting = {n: [fault.kind.value for fault in q] for n, q in self._queues.items() if q}
        for name, fault in self._lasting.items():
            waiting.setdefault(name, []).append(f"{fault.kind.value} until cleared")
        return waiting
