"""Reviewers who sign in nowhere: a personal link and a PIN, of which only hashes are kept.

The token of a link has 256 random bits, so one round of sha256 hides it. A PIN has few digits:
scrypt makes each guess dear, and WRONG_AT_ONCE wrong ones within WINDOW lock the link, as do
WRONG_IN_ALL since the last right one. A guess is counted, durably, before it is looked at:
a hundred at once, or a kill in between, wins none.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from bot.core.review import same
from bot.library import disk

WRONG_AT_ONCE, WINDOW = 5, timedelta(minutes=15)
WRONG_IN_ALL = 20
REVIEWING = "审核"
_PIN = re.compile(r"\d{6,12}", re.ASCII)
_COST = {"n": 2**14, "r": 8, "p": 1}  # 16 MiB and some 50 ms a guess
_ROWS = "0123456789012345678909876543210987654321"


@dataclass(frozen=True, kw_only=True)
class Reviewer:
    """审核人: one personal link. Who has it and knows the PIN is this person."""

    name: str
    link: str  # sha256 of the token in the address
    salt: str
    pin: str  # scrypt
    made: datetime
    expires: datetime
    steps: tuple[str, ...] = ()  # those they may take; () means all
    role: str = REVIEWING  # at the console (web/console/entry.py)
    wrong: tuple[datetime, ...] = ()  # PINs that were tried since the last right one
    locked: datetime | None = None

    @property
    def may_stop(self) -> bool:
        """Whether this person may put a message off, or stop everything: any reviewer."""
        return self.role in (REVIEWING, "管理")

    def may_take(self, step: str) -> bool:
        return self.may_stop and (not self.steps or step in self.steps)

    def closed(self, now: datetime) -> str:
        """Return why the link opens nothing any more, "" while it does."""
        if now >= self.expires:
            return f"已于 {self.expires:%Y-%m-%d} 到期"
        if self.locked is not None:
            return f"口令连续输错，{self.locked:%m-%d %H:%M} 起已锁定"
        return ""

    @property
    def guessed_too_often(self) -> bool:
        last = self.wrong[-WRONG_AT_ONCE:]
        quick = len(last) == WRONG_AT_ONCE and last[-1] - last[0] <= WINDOW
        return quick or len(self.wrong) >= WRONG_IN_ALL


def new_token() -> str:
    return secrets.token_urlsafe(32)


def new_pin() -> str:
    """Return six random digits that no rule of `weak` refuses."""
    while weak(pin := f"{secrets.randbelow(10**6):06d}"):
        pass
    return pin


def weak(pin: str) -> str:
    """Return why a PIN will not do, "" when it will."""
    if not _PIN.fullmatch(pin):
        return "口令应是 6 到 12 位数字"
    if len(set(pin)) < 3 or pin in _ROWS:
        return "口令太好猜，请不要用重复或连续的数字"
    return ""


def reviewer(
    name: str,
    token: str,
    pin: str,
    now: datetime,
    expires: datetime,
    steps: Sequence[str] = (),
    role: str = REVIEWING,
) -> Reviewer:
    salt = secrets.token_hex(16)
    return Reviewer(
        name=name,
        link=_hidden(token),
        salt=salt,
        pin=_hashed(pin, salt),
        made=now,
        expires=expires,
        steps=tuple(steps),
        role=role,
    )


def knows(one: Reviewer, pin: str) -> bool:
    """Whether `pin` is this reviewer's. Takes some 50 ms on purpose: not for the event loop."""
    right = hmac.compare_digest(_hashed(pin[:64], one.salt).encode(), one.pin.encode())
    return right and _PIN.fullmatch(pin) is not None


def with_link(found: Sequence[Reviewer], token: str) -> Reviewer | None:
    """Return whose link holds `token`; None for a link that is nobody's."""
    hidden = _hidden(token).encode()
    return next((one for one in found if hmac.compare_digest(one.link.encode(), hidden)), None)


def named(found: Sequence[Reviewer], name: str) -> Reviewer | None:
    return next((one for one in found if same(one.name) == same(name)), None)


def replaced(found: Sequence[Reviewer], one: Reviewer) -> list[Reviewer]:
    """Return the list with `one` in the place of the same person's link, or behind all."""
    return [*(other for other in found if same(other.name) != same(one.name)), one]


def tried(one: Reviewer, now: datetime) -> Reviewer:
    return replace(one, wrong=(*one.wrong, now)[-WRONG_IN_ALL:])


def _hidden(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def _hashed(pin: str, salt: str) -> str:
    said = pin.encode("utf-8", "replace")
    return hashlib.scrypt(said, salt=salt.encode(), maxmem=64 << 20, **_COST).hex()


# -- the file --------------------------------------------------------------------------------------


def read(data: Path) -> list[Reviewer]:
    """Return all links, in the order of their making. OSError where the file is not what we wrote.

    Who cannot be read is let in nowhere.
    """
    try:
        rows = json.loads((data / "reviewers.json").read_text("utf-8"))
        return [_from_row(row) for row in rows]
    except FileNotFoundError:
        return []
    except (TypeError, ValueError, LookupError, AttributeError, RecursionError):
        hint = "审核人的链接读不懂；请删去 reviewers.json，重新发链接"
        raise OSError(0, hint, str(data / "reviewers.json")) from None


def write(data: Path, found: Sequence[Reviewer]) -> None:
    rows = json.dumps([asdict(one) for one in found], ensure_ascii=False, indent=1, default=str)
    disk.write(data / "reviewers.json", rows.encode())


def _from_row(row: dict[str, object]) -> Reviewer:
    def when(value: object) -> datetime:
        return datetime.fromisoformat(str(value))

    wrong, steps, locked = row["wrong"], row["steps"], row["locked"]
    if not isinstance(wrong, list) or not isinstance(steps, list):
        raise TypeError
    return Reviewer(
        name=str(row["name"]),
        link=str(row["link"]),
        salt=str(row["salt"]),
        pin=str(row["pin"]),
        made=when(row["made"]),
        expires=when(row["expires"]),
        steps=tuple(map(str, steps)),
        wrong=tuple(map(when, wrong)),
        locked=when(locked) if locked else None,
        role=str(row.get("role", REVIEWING)),
    )
