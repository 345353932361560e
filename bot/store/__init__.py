"""What must survive: one contract, which every store passes (tests/store).

Every method that changes something is *durable when it returns*: a kill or a power cut after that
loses nothing of it. If it raises, or its caller is cancelled before the answer, all of it may have
happened or nothing, never half. Whoever only reads sees what is durable, and raises OSError where
a file is damaged. Ids are ours; TinyDB's doc_ids are never used.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from bot.core.model import Cohort, Delivery, Member, Push, Receipt, Signature, State
from bot.core.reading import Acts, Question
from bot.store.records import Audited, AuditEntry, Certificate, NotABackup, Restored

__all__ = [
    "AuditEntry",
    "Audited",
    "Certificate",
    "NotABackup",
    "Restored",
    "Store",
    "TargetState",
    "Told",
    "overall",
]


@dataclass(frozen=True, kw_only=True)
class TargetState:
    """What the program learned of a target; config.toml declares everything else."""

    id: str
    disabled: str = ""  # why, "" while it works
    way: str = ""  # fingerprint of the address it was learned of: a new one starts anew
    since: datetime | None = None
    chat: str = ""  # chatid of a group that was bound to it; of a group nobody has named yet
    name: str = ""  # of such a group: who asked for it


class Told(NamedTuple):
    """How much one target was told: where this stays, so does what a plan looks back on."""

    rows: int  # that have a text
    unsaid: int  # of these, how many ended without being said: no end is ever undone
    first: datetime  # when the first of them was due


class Store(Protocol):
    """The contract. Times are passed in; the store reads no clock."""

    async def add_pushes(self, pushes: Iterable[Push]) -> int:
        """Add what is new by key, leave what is there; say how many. Durable, as one."""

    async def due(self, now: datetime, limit: int, channels: Collection[str]) -> list[Push]:
        """Return planned pushes whose time has come, the most urgent first.

        It promises nothing of the sending: that is `begin`. Where there are several workers, what
        is returned, and all else of the same targets, is nobody else's for a minute.
        """

    async def begin(self, delivery: Delivery, cohort: Cohort, parts: int = 1) -> bool:
        """Claim one part of a push: planned (or unknown, to be repeated) → sending.

        A compare-and-set of the part's row, immediately before the POST. False when somebody else
        has it or it has ended. The cohort is kept from the first part on, and so is that there
        are `parts` of them, so that a crash never takes the first for the whole. Row, attempt
        and cohort are durable together before True is answered; False promises nothing.
        What is written is as much for one part of fifty thousand as for one of two.
        """

    async def finish(self, delivery: Delivery, parts: int, not_before: datetime | None) -> None:
        """Write how an attempt ended; `parts` is how many the push has in all.

        An attempt speaks only for itself: where an earlier one may have arrived, a part that is
        refused or to be tried again stays unknown. A part that was sent stays sent. What was seen
        (the body without whom it was for) is kept by digest, and an end that is not to be tried
        again is put into the trail, in the same change. Durable; if it raises, the row stays
        `sending`, for `recover` to find.
        """

    def close(self) -> None:
        """Finish what was asked for and let go of the files. What was durable stays so."""

    async def end(self, key: str, state: State, reason: str) -> bool:
        """End a push that was never sent: skipped or expired. False if it is no longer planned.

        Durable.
        """

    async def postpone(self, key: str, not_before: datetime | None, reason: str) -> None:
        """Leave a planned push, or the repeat of an unknown one, for later, with the reason.

        None means: not by itself any more. Durable.
        """

    async def confirm(self, key: str, part: int) -> bool:
        """Turn an unknown part of a push into sent; nothing else changes. True if it did.

        Durable.
        """

    async def again(self, key: str, reason: str) -> bool:
        """Turn the unknown parts of a push back to planned: somebody looked, nothing arrived.

        Their attempts are refused from now on, with the reason. False where no part is unknown.
        Durable, as one.
        """

    async def recover(self) -> list[str]:
        """At start: what was sending when the process died is unknown now. Return the keys.

        Durable, all of them together.
        """

    async def next_due(self) -> datetime | None:
        """Return when the next planned push wants attention, None when none does."""

    async def pushes(
        self,
        states: Collection[State] = (),
        *,
        target: str = "",
        stem: str = "",
        targets: Collection[str] = (),
        since: datetime | None = None,
    ) -> list[Push]:
        """Return the pushes of which all that is asked for is true, by due.

        In these states, to a target or one of several, of an occurrence and part, due `since` a
        moment. A year of thousands of groups is more than a worker should hold at once.
        """

    async def states(self) -> dict[State, int]:
        """Return how many pushes stand where."""

    async def told(self) -> dict[str, Told]:
        """Return of each target what tells whether a plan would look back on anything new."""

    async def push(self, key: str) -> Push | None: ...

    async def cohort(self, key: str) -> Cohort | None: ...

    async def addressed(self, key: str) -> tuple[Push | None, Cohort | None]:
        """Return a push and its roster, asked in one: every tap wants both."""

    async def cohorts(self, stem: str = "") -> dict[str, Cohort]:
        """Return the cohorts by push key: of one occurrence and part (`stem`), or of all."""

    async def parts(self, key: str) -> dict[int, State]:
        """Return where each part of a push stands; nothing before the first began."""

    async def deliveries(self, key: str = "", part: int | None = None) -> list[Delivery]:
        """Return the attempts of one push (at one part), or all, in the order of beginning."""

    async def begun_since(self, target: str, moment: datetime) -> list[datetime]:
        """Return when sends to `target` began, from `moment` on: for the pace."""

    async def add_receipt(self, receipt: Receipt) -> bool:
        """Add by push, person and step; the first time stays. False if it was there.

        Either way the receipt is durable when this returns. A push whose names are folded takes
        no more: False, and nothing is written.
        """

    async def receipts(self, key: str) -> list[Receipt]:
        """Return the receipts of one push, in the order of their coming."""

    async def acted(self, key: str, people: Collection[str]) -> set[str]:
        """Return who of `people` has a receipt of a push, of whatever step; spelt as there."""

    async def acts(self) -> Acts:
        """Return everything that happened, row by row: for looking back, not for every Monday.

        Of what is past its term nobody is named any more, and no figure can be counted from it:
        ask `counted`.
        """

    async def counted(self, questions: Collection[Question], named: Collection[str]) -> Acts:
        """Return the answers a summary asks for, and the people of the pushes in `named`.

        They always equal what the rows of `acts` come to, and never change when names are folded
        (`named` people are none then). Of the pushes
        at least those are there that are asked about. A store may keep an answer until a row
        behind it changes; nobody relies on its being kept.
        """

    async def count(self, name: str, day: str, times: int = 1) -> None:
        """Count an event that is kept without a person. Durable; twice counts twice."""

    async def counts(self, first: str = "", last: str = "~") -> dict[str, int]:
        """Return how often what was counted, from the day `first` to the day `last` (ISO)."""

    async def suggest(self, text: str, day: str) -> None:
        """Keep what somebody suggested: the words and the day, and nobody's name. Durable."""

    async def suggestions(self) -> list[tuple[str, str]]:
        """Return (day, words) of what was suggested, in no order that tells who came when."""

    async def drop_suggestions(self, before: str) -> int:
        """Remove what was suggested before a day; gone from the files too when this returns."""

    async def sign(self, signature: Signature) -> bool:
        """Keep a signature by push and person; the first stays. Durable.

        It is a document: neither `fold_names` nor `forget` touches it.
        """

    async def signatures(self) -> list[Signature]: ...

    async def drop_signatures(self, before: datetime) -> int:
        """Remove what was signed before a moment; gone from the files too when this returns."""

    async def number(self, name: str, year: int) -> int:
        """Return the push number of an occurrence within a year, given on first asking.

        Durable: whoever asks again, also after a crash, gets the same number.
        """

    async def set_members(self, members: Sequence[Member]) -> None:
        """Put a roster in place of the one before, in this order. Durable, as one."""

    async def members(self, of: str = "") -> list[Member]:
        """Return the roster in its order, or only who is `of` a branch or department."""

    async def set_target(self, state: TargetState) -> None:
        """Keep what was learned of a target, in place of what was known. Durable."""

    async def targets(self) -> dict[str, TargetState]: ...

    async def keep_summary(self, week: str, summary: Mapping[str, Any]) -> None:
        """Keep a summary as it was sent; the first one of a week stays. Durable."""

    async def summary(self, week: str) -> dict[str, Any] | None: ...

    async def keep_text(self, text: str, at: datetime) -> str:
        """Keep a text as it was approved, once; return its digest (records.digest_of). Durable."""

    async def text(self, digest: str) -> str | None:
        """Return a text that was kept: approved words, or the JSON of a message as it was seen."""

    async def texts(self) -> list[str]:
        """Return the digests of all texts that are kept."""

    async def audit(self, entry: AuditEntry) -> None:
        """Put an entry at the end of the trail (records.py). Durable; nothing ever removes one."""

    async def head(self) -> str:
        """Return the hash of the last entry, kept apart from the entries; "" for an empty trail."""

    async def audits(self, since: int = 0, what: Collection[str] = ()) -> list[Audited]:
        """Return the trail: entries whose number is over `since`, of some `what` or of all."""

    async def fold_names(self, before: datetime, at: datetime) -> Certificate | None:
        """Turn the names of what began by `before` into counts, as much as is done at once.

        Of every occurrence that has ended: who was covered, addressed, returned and who tapped.
        All figures are checked to be the same before anything is removed. The certificate and a
        line of the trail are part of the change, which is durable, and the names are gone from
        the files too when this returns. None where nothing is left to fold.
        """

    async def certificates(self) -> list[Certificate]: ...

    async def forget(self, person: str, at: datetime, stays: bool = False) -> int:
        """Remove a person from every row; return how many named them. No count changes.

        With `stays` the roster keeps them: only what they did is no longer theirs.
        A salted hash stays, so that a restore forgets them again. Durable, and gone from the
        files too when this returns. A roster that names them again brings them back.
        """

    async def backup(self, target: Path, at: datetime) -> int:
        """Write everything into one file, as it stands at one moment; return its bytes.

        The store goes on meanwhile. The file is whole and durable when this returns, readable
        by us alone, and holds names and the sealing key. FileExistsError: nothing is replaced.
        """

    async def restore(self, source: Path, at: datetime, before: datetime) -> Restored:
        """Put a backup in the place of everything, as a whole or not at all. Durable.

        What was due and may have been sent since the backup is unknown, also when it is planned
        anew; people who were forgotten are forgotten again, names of before `before` folded; the
        trail goes on where it is the same one. NotABackup where the file is none. Nothing else
        may be sending meanwhile.
        """

    async def inspect(self) -> dict[str, Any]:
        """Return what is where and how large: files, rows, bytes, free space, limits."""

    async def verify(self) -> list[str]:
        """Read everything and return, in words, what does not fit; nothing where all does."""

    async def compact(self) -> dict[str, int]:
        """Make the files as small as their rows; return the bytes `before` and `after`."""

    async def trouble(self) -> str:
        """Return in words why nothing can be made durable now, "" while it can: it is tried."""

    async def limits(self) -> list[str]:
        """Return in words what has outgrown this store; nothing while it is at ease."""


def overall(tally: Mapping[str, int], parts: int) -> State:
    """Return where a push stands, from how many of its parts stand where (those not planned)."""
    if State.SENDING in tally:
        return State.SENDING
    if sum(tally.values()) < parts:
        return State.PLANNED
    for state in (State.UNKNOWN, State.SENT):
        if state in tally:
            return state
    return State.REFUSED
