"""Faults on request, a small queue for each endpoint (wecom/api.md §11)."""

from collections import deque
from dataclasses import dataclass
from enum import StrEnum


class FaultKind(StrEnum):
    STATUS = "status"  # HTTP `status`; nothing accepted unless `accept`
    DROP_AFTER = "drop_after_accept"  # accepted, then the connection closes without an answer
    DROP_BEFORE = "drop_before_accept"  # not accepted, the connection closes without an answer
    SLOW = "slow"  # accepted, answered after `seconds` of real time
    ERRCODE = "errcode"  # HTTP 200 with `errcode`; nothing accepted unless `accept`
    MALFORMED = "malformed"  # accepted, the answer is half a JSON
    LOSE = "lose"  # callback: the event is never posted
    DUPLICATE = "duplicate"  # callback: the event is posted twice
    REORDER = "reorder"  # callback: the event is posted after the next one


OF_CALLBACK = frozenset({FaultKind.LOSE, FaultKind.DUPLICATE, FaultKind.REORDER})
ENDPOINTS = ("gettoken", "webhook/send", "message/send", "callback")


@dataclass(frozen=True, kw_only=True)
class Fault:
    kind: FaultKind
    status: int = 503
    seconds: float = 6.0
    errcode: int = -1
    accept: bool = False  # for STATUS and ERRCODE: did the message get through all the same?


class Faults:
    """Queues of faults; each call of an endpoint takes at most one, oldest first."""

    def __init__(self) -> None:
        self._queues: dict[str, deque[Fault]] = {name: deque() for name in ENDPOINTS}

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
    ) -> None:
        """Spoil the next `times` calls of `endpoint`; ValueError where it makes no sense."""
        kind = FaultKind(kind)
        if endpoint not in self._queues or (endpoint == "callback") != (kind in OF_CALLBACK):
            raise ValueError(f"no fault {kind.value!r} for {endpoint!r}")
        fault = Fault(kind=kind, status=status, seconds=seconds, errcode=errcode, accept=accept)
        self._queues[endpoint].extend([fault] * times)

    def take(self, endpoint: str) -> Fault | None:
        """The fault for the call that has just come, if one is waiting."""
        queue = self._queues[endpoint]
        return queue.popleft() if queue else None

    def clear(self) -> None:
        for queue in self._queues.values():
            queue.clear()

    def pending(self) -> dict[str, list[str]]:
        """What still waits, as endpoint -> kinds, without the empty queues."""
        queues = self._queues.items()
        return {name: [fault.kind.value for fault in queue] for name, queue in queues if queue}
