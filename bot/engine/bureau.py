"""What the ticks work with, put together once by app.py."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from operator import is_
from typing import Any

from bot.channels import KINDS, WAYS, Channel
from bot.core.disclosure import MIN_PEOPLE
from bot.core.model import Item, Member, Push, Target
from bot.core.outlets import Screen
from bot.core.planning import Plan, Planned, plan_span
from bot.core.policy import Policy, closing
from bot.core.render import Footer
from bot.core.roster import Directory
from bot.core.seats import Seat
from bot.engine.intake import Intake
from bot.engine.lots import Lots
from bot.engine.pace import Pace
from bot.engine.pulse import Pulse
from bot.inbox.wishes import TIP_WORDS
from bot.library.folder import Library, Shelf
from bot.store import Store


class Asked:
    """What ticks remember of their last look, so as not to look again."""

    library: Library | None = None  # at which reviewers were asked: the same one says the same
    lines: date | None = None  # up to which day the lines of the ledger are kept


class Seen:
    """The library at one look, for whoever does several things at one moment."""

    library: Library | None = None


Share = tuple[str, ...]  # of the targets: planned together, apart from the others
Rosters = Mapping[str, frozenset[str]]  # by target id, where people are addressed one by one


def _no_page(_: str) -> str:
    return ""


class Drawn:
    """The plans as they were drawn last.

    What a plan has worked out (its nodes' days, its texts' tags) holds while nothing that it
    depends on has changed; the next month begins anew, so that nothing piles up.
    """

    def __init__(self) -> None:
        self._month = 0
        self._plans: list[Plan] = []
        self._settled: tuple[Plan, dict[Share, object]] | None = None
        self._rosters: tuple[Sequence[Member], date, Rosters] | None = None
        self._spans: list[tuple[Plan, Sequence[Push], object, Planned]] = []

    def span(
        self, plan: Plan, rows: Sequence[Push], asked: object, compute: Callable[[], Planned]
    ) -> Planned:
        """Return what was worked out for the same question, the same plan and the same rows."""
        for known in self._spans:
            alike = known[0] is plan and known[2] == asked and len(known[1]) == len(rows)
            if alike and all(map(is_, known[1], rows)):
                return known[3]
        made = compute()
        self._spans = [(plan, rows, asked, made), *self._spans[:11]]
        return made

    def spanned(self, first: date, days: int, plan: Plan, rows: Sequence[Push]) -> Planned:
        """Return what `plan_span` says, worked out once."""
        return self.span(plan, rows, (first, days), lambda: plan_span(first, days, plan, rows))

    def rosters(
        self, members: Sequence[Member], today: date, compute: Callable[[], Rosters]
    ) -> Rosters:
        """Return who belongs to which target; asked anew for another roster or another day."""
        known = self._rosters
        if known is None or known[1] != today or known[0] != members:
            made = compute()
            same = known is not None and known[2] == made
            known = self._rosters = members, today, known[2] if known and same else made
        return known[2]

    def is_settled(self, whole: Plan, share: Share, told: object, now: datetime) -> bool:
        """Whether planning has just found nothing to add for a share of the targets.

        From the same plan, that is, and the same rows.

        What was sent meanwhile changes no plan; what was refused, skipped or expired may, and so
        may the end of the day's last window: of the clock a plan asks nothing else.
        """
        known = self._settled
        if known is None or known[0] is not whole:
            return False
        return known[1].get(share) == _standing(whole, told, now)

    def settle(self, whole: Plan, share: Share, told: object, now: datetime) -> None:
        """Note that there was nothing to add."""
        if self._settled is None or self._settled[0] is not whole:
            self._settled = whole, {}
        self._settled[1][share] = _standing(whole, told, now)

    def same(self, plan: Plan, today: date) -> Plan:
        """Return the plan that equals `plan` and knows already what it knows; else `plan`."""
        if today.month != self._month:
            self._month, self._plans = today.month, []
        for known in self._plans:
            if known == plan:
                return known
        self._plans = [plan, *self._plans[:3]]
        return plan


def _standing(whole: Plan, told: object, now: datetime) -> object:
    return told, now.date(), closing(now.date(), whole.policy) <= now


@dataclass(frozen=True, kw_only=True)
class Doorway:
    """Where the other channels are reached. Paths are signed: none can be guessed."""

    path: Callable[[str, str], str]  # what, about which text -> /what/…
    opens: Callable[[str, str, str], bool]  # what, about, the token that came
    base: str = ""  # of whoever asks on this machine
    public: str = ""  # of phones, "" where they reach no page of ours


@dataclass(frozen=True, kw_only=True)
class Moment:
    """Now, and what the folder says now. It is read anew for every push: time goes on."""

    now: datetime
    library: Library
    plan: Plan

    @property
    def today(self) -> date:
        return self.now.date()

    def item(self, push: Push) -> Item | None:
        return self.library.item(push.item) if push.item else None


@dataclass(frozen=True, kw_only=True)
class Bureau:
    """One unit's installation. Holds no state of its own: that is the store's."""

    store: Store
    shelf: Shelf
    channels: Mapping[str, Channel]  # by target id
    targets: tuple[Target, ...]
    footer: Footer  # the push number is put in for each push
    clock: Callable[[], datetime]  # given by the composition root
    policy: Policy = field(default_factory=Policy)
    page: Callable[[str], str] = _no_page  # push key -> address of the page with the whole text
    review_page: Callable[[str], str] = _no_page  # token of a reviewer's link -> its address
    doorway: Doorway | None = None  # of screens, boards, feeds
    screen: Screen = field(default_factory=Screen)
    leaving: asyncio.Lock = field(default_factory=asyncio.Lock)  # numbers of what leaves the house
    review: bool = True
    tip_words: frozenset[str] = TIP_WORDS  # of reporting: nothing that has one is kept
    questions: bool = False  # whether a text's 题目 is asked
    signs_in: bool = False  # whether WeCom tells a page of ours who has it open
    group_cards: bool = False  # whether a card with 已阅 follows the text in the robot's groups
    lots: Lots = field(default_factory=Lots)  # choices that wait to be mixed
    seats: tuple[Seat, ...] = ()  # who reviews by card; each is a target of its own
    asked: Asked = field(default_factory=Asked)
    min_people: int = MIN_PEOPLE
    per_target: str = "console"  # where figures per target stand: console, message, off
    keep_signatures: int = 3  # years of 签收: documents, by the unit's own term
    keep_days: int = 90  # of named receipts; then only counts
    person_lookup: str = "off"  # or on_request: verbs/lookup.py
    intake: Intake = field(default_factory=Intake)  # what lay in 待导入 at the last look
    contacts: Callable[[], Awaitable[Directory]] | None = None  # whom WeCom shows our app
    pace: Pace = field(default_factory=Pace)  # what left lately, as the rows have it
    drawn: Drawn = field(default_factory=Drawn)
    glancing: bool = False  # for whoever only looks: the folder is believed as the watcher has it
    seen: Seen | None = None  # of one tick: the folder is looked at once for all that it plans
    # Reminders that are under way: the next part. Of whom they were is in no row (decision 14).
    reminding: dict[str, int] = field(default_factory=dict)
    refused: Counter[str] = field(default_factory=Counter)  # at the door, since the last tick
    # One at a time, whoever asks; where there are several workers, in all of them.
    turn: AbstractAsyncContextManager[Any] = field(default_factory=asyncio.Lock)
    pulse: Pulse = field(default_factory=Pulse)
    several: bool = False  # whether other workers write into the same rows
    at_once: int = 1  # pushes on their way from this worker
    share: int = 200  # due pushes that it takes together
    sends_by: Callable[[], Collection[str]] = lambda: KINDS  # channels that are this worker's now

    def moment(self, last: Moment | None = None) -> Moment:
        """Return what holds now; the folder is looked at once a second at most."""
        now = self.clock()
        if last is not None and 0 <= (now - last.now).total_seconds() < 1:
            return Moment(now=now, library=last.library, plan=last.plan)
        library = self.library(now.date())
        plan = self.drawn.same(self.plan(library), now.date())
        return Moment(now=now, library=library, plan=plan)

    def library(self, today: date) -> Library:
        if self.seen is not None:
            self.seen.library = self.seen.library or self.shelf.now(today)
            return self.seen.library
        return self.shelf.glance(today) if self.glancing else self.shelf.now(today)

    def plan(self, library: Library) -> Plan:
        return Plan(
            calendar=library.calendar,
            nodes=library.schedules.nodes,
            rules=library.schedules.rules,
            items=library.items,
            targets=self.targets,
            blocked=library.blocked,
            policy=self.policy,
        )

    @property
    def ways(self) -> Mapping[str, str]:
        """What the channels are called, for those who may not import them."""
        return WAYS

    def target(self, target_id: str) -> Target | None:
        return self._by_id.get(target_id)

    @cached_property
    def _by_id(self) -> Mapping[str, Target]:
        return {target.id: target for target in reversed(self.targets)}

    @cached_property
    def one_by_one(self) -> tuple[Target, ...]:
        """The targets whose people are reached singly."""
        known = self.channels
        return tuple(t for t in self.targets if t.id in known and known[t.id].tappable)
