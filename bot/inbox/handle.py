"""The only place where an event becomes a receipt or a reply. Pure: effects come out.

chat opened ──> Count, Say      feedback ──> Count
words ──> Count, and by what they ask for (wishes.py): Say, Tell, Learn in a group, Volunteer
card, 看全文 or 有意见 ──> Say, Tell: posted in the chat of two, no receipt
card or page, 已阅 ──> known push? ──> covered? ──> within 30 days? ──> Record (+ Confirm)
                        no: Count       no: Count       no: Count
card of a seat (review, 暂缓, 急停) ──> its own button, its own account? ──> Decide; no: Count
and the button says thanks, whichever way it went: nobody is told off for tapping.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.core import asking, messages, seats
from bot.core.asking import Question
from bot.core.links import push_key_of
from bot.core.model import Cohort, Push, Receipt, State, Step
from bot.core.render import OPINION, WHOLE
from bot.inbox.events import ACK, NOBODY, OPENED, SAID, UNCLEAR, USEFUL, WORDS, Event
from bot.inbox.wishes import MOST, TIP_WORDS, Wish, WishKind, sounds_like_a_tip, wish_of

OPEN_FOR = timedelta(days=30)  # after the send; then the page thanks and records nothing


@dataclass(frozen=True, kw_only=True)
class Record:
    """Keep this receipt; it counts once by (push, person, step)."""

    receipt: Receipt


@dataclass(frozen=True, kw_only=True)
class Confirm:
    """A receipt proves that an `unknown` push was sent: that part of it becomes sent."""

    push_key: str
    part: int = 0


@dataclass(frozen=True, kw_only=True)
class ReplaceButton:
    """Answer the callback: grey the tapped button with `text`."""

    text: str
    more: str = ""  # after an answer: which one is right, and why


@dataclass(frozen=True, kw_only=True)
class Sign:
    """An office-holder signed for a document: this receipt is kept as one, too."""

    receipt: Receipt
    part: int = 0  # of the audience: whose words


@dataclass(frozen=True, kw_only=True)
class Choose:
    """Of an answer that is new, count the option, in a lot that does not tell whose it is."""

    receipt: Receipt
    option: str


@dataclass(frozen=True, kw_only=True)
class Count:
    """Count it under `name`, without a person."""

    name: str


@dataclass(frozen=True, kw_only=True)
class Say:
    """Answer in the same chat; with `push_key`, the whole text of that push if it may be shown."""

    text: str
    push_key: str = ""


@dataclass(frozen=True, kw_only=True)
class Tell:
    """Answer a person who writes to the bot alone, from what is approved and what is his."""

    wish: Wish


@dataclass(frozen=True, kw_only=True)
class Suggest:
    """Keep these words for the administrator, without whose they are."""

    text: str


@dataclass(frozen=True, kw_only=True)
class Volunteer:
    """已阅, said in words: of the newest push that reached this person, or this group."""

    event: Event  # a tap but for the task_id, which is to be found


@dataclass(frozen=True, kw_only=True)
class Learn:
    """A group asked to be bound: its chatid is known now, and an administrator names it."""

    chat: str
    who: str  # who asked


@dataclass(frozen=True, kw_only=True)
class Decide:
    """Somebody who sits for the office tapped a button of a card that is for them alone."""

    button: str


Effect = (
    Record
    | Suggest
    | Choose
    | Sign
    | Confirm
    | ReplaceButton
    | Count
    | Say
    | Tell
    | Volunteer
    | Learn
    | Decide
)


def handle(
    event: Event,
    *,
    push: Push | None,
    cohort: Cohort | None,
    now: datetime,
    question: Question | None = None,
    document: bool = False,
    tip_words: Collection[str] = TIP_WORDS,
) -> list[Effect]:
    """Return what `event` brings about.

    `push` is that of `push_key_of(event.task_id)` and `cohort` its roster, None where there is
    none; `question` is that of its text, None where it asks none, and `document` whether that is
    signed for. A person outside the roster, an unknown card and a tap after 30 days leave no
    person's name anywhere.
    """
    if event.kind == "feedback":
        return [Count(name=f"feedback-{_FEEDBACK.get(event.feedback, 'other')}")]
    if event.kind in ("enter", "message"):
        return [Count(name=event.kind), *_answer(event, tip_words)]
    if event.kind == "page" and event.button in (NOBODY, OPENED):
        return _of_nobody(event, push, now)
    if event.kind == "page" and event.button in (USEFUL, UNCLEAR, WORDS):
        return _heard(event, tip_words)
    if event.kind == "other":
        return []
    if push is not None and push.rule in seats.DESK:
        return _decide(event, push, cohort)
    if event.button == asking.KEY:
        return _answered(event, push, cohort, now, question)
    if event.kind == "card" and event.button == WHOLE and push is not None:
        return [Say(text=messages.PAGE_CLOSED, push_key=push.key)]
    if event.kind == "card" and event.button == OPINION:
        return [Tell(wish=Wish(kind=WishKind.SUGGEST))]
    if event.button != ACK and not event.button.startswith(f"{ACK}:"):
        return [Count(name="other-button")]
    effects = _acknowledge(event, push, cohort, now)
    if document and event.means != SAID:  # 已阅 in words is no 签收
        part = push_key_of(event.task_id)[1]
        signed = [
            Sign(receipt=one.receipt, part=part) for one in effects if isinstance(one, Record)
        ]
        # Whoever was not addressed has signed for nothing, and is told nothing else than others.
        return [*effects, *signed, ReplaceButton(text=messages.SIGN_DONE)]
    return [*effects, ReplaceButton(text=messages.ACK_DONE)]


FEEL = {WishKind.USEFUL: "feel-useful", WishKind.UNCLEAR: "feel-unclear"}
_FEEDBACK = {1: "accurate", 2: "inaccurate", 3: "withdrawn"}


def _answer(event: Event, tip_words: Collection[str]) -> list[Effect]:
    """Return what is said back to words or to a chat that was opened.

    The words themselves are kept nowhere: this is no place for tips or confessions. In a group
    nothing is discussed, and a volunteered 已阅 is counted in silence.
    """
    if event.kind == "enter":
        return [Say(text=messages.WELCOME)]
    wish = wish_of(event.text, group=bool(event.chat), tip_words=tip_words)
    match wish.kind:
        case WishKind.BIND:
            return [Learn(chat=event.chat, who=event.person), Say(text=messages.BOUND)]
        case WishKind.PRIVATELY:
            return [Say(text=messages.HELP_GROUP)]
        case WishKind.READ:
            tap = replace(event, kind="card", text="", button=ACK, means=SAID)
            return [Volunteer(event=tap), *([] if event.chat else [Say(text=messages.ACK_DONE)])]
        case WishKind.TIP:
            return [Say(text=messages.NO_TIPS)]
        case WishKind.HELP:
            return [Say(text=messages.HELP)]
        case WishKind.WHOLE:
            key, _ = push_key_of(wish.words)
            return [Say(text=messages.PAGE_CLOSED, push_key=key)]
        case WishKind.USEFUL | WishKind.UNCLEAR:
            return [Count(name=FEEL[wish.kind]), Say(text=messages.FELT)]
        case WishKind.SUGGEST if wish.words:
            return [Suggest(text=wish.words), Say(text=messages.SUGGESTED)]
        case _:
            return [Tell(wish=wish)]


def _of_nobody(event: Event, push: Push | None, now: datetime) -> list[Effect]:
    """Count what a page tells without a person: neither is a receipt, nor in any rate."""
    if push is None or push.key != event.task_id:
        return [Count(name="unknown-task")]
    if now > open_until(push):
        return [Count(name="too-late")]
    return [Count(name=f"{event.button}/{push.key}")]


def _heard(event: Event, tip_words: Collection[str]) -> list[Effect]:
    """Take what was said on a page of the text: whose browser it was is of no use to anybody."""
    if event.button in (USEFUL, UNCLEAR):
        return [Count(name=f"feel-{event.button}"), Say(text=messages.FELT)]
    if sounds_like_a_tip(event.text, tip_words):
        return [Count(name="tip"), Say(text=messages.NO_TIPS)]
    words = event.text.strip()[:MOST]
    return [*([Suggest(text=words)] if words else []), Say(text=messages.SUGGESTED)]


def _decide(event: Event, push: Push, cohort: Cohort | None) -> list[Effect]:
    """Hand on what a seat's own tap on its own card says; no receipt comes of such a card."""
    known = event.button in seats.BUTTONS.get(push.rule, ())
    if event.kind != "card" or not known or push.key != push_key_of(event.task_id)[0]:
        return [Count(name="other-button")]
    if covered(event.person, cohort) is None:
        return [Count(name="stranger")]
    return [Decide(button=event.button)]


def _answered(
    event: Event, push: Push | None, cohort: Cohort | None, now: datetime, question: Question | None
) -> list[Effect]:
    """Take an answer once; a tick at "only read" is an 已阅, and what was never offered nothing."""
    if event.chosen == (asking.ONLY_READ,):
        return [*_acknowledge(event, push, cohort, now), ReplaceButton(text=messages.ACK_DONE)]
    [option] = event.chosen if len(event.chosen) == 1 else [""]
    offered = [letter for letter, _ in question.lettered()] if question else []
    if question is None or option not in offered:
        return [Count(name="other-option"), ReplaceButton(text=messages.ACK_DONE)]
    effects: list[Effect] = []
    for effect in _acknowledge(event, push, cohort, now):
        if isinstance(effect, Record):
            receipt = replace(effect.receipt, step=Step.ANSWERED)
            effects.append(Choose(receipt=receipt, option=option))
        else:
            effects.append(effect)
    words = messages.ANSWERED.format(question.answer)
    explained = [line for line in question.why.split("\n") if line.strip()]
    more = "\n".join([messages.RIGHT.format(question.right), *explained])
    return [*effects, ReplaceButton(text=words, more=more)]


def _acknowledge(
    event: Event, push: Push | None, cohort: Cohort | None, now: datetime
) -> list[Effect]:
    key, part = push_key_of(event.task_id)
    if push is None or push.key != key:
        return [Count(name="unknown-task")]
    person = covered(event.person, cohort)
    if person is None:
        return [Count(name="stranger")]
    at = _moment(event.at, push, now)
    if at > open_until(push):
        return [Count(name="too-late")]
    receipt = Receipt(
        push=push.key, person=person, step=Step.ACKNOWLEDGED, at=at, means=event.means
    )
    # The store confirms it where this part is unknown; of a page a link went out in whichever.
    proves = State.UNKNOWN in push.tally and (event.kind != "page" or push.cut == 1)
    return [Record(receipt=receipt), *([Confirm(push_key=key, part=part)] if proves else [])]


def covered(person: str, cohort: Cohort | None) -> str | None:
    """Return the account as the roster spells it, or None: WeCom's accounts have no case."""
    covered = cohort.covered if cohort else ()
    if person in covered:
        return person
    folded = person.lower()
    return next((one for one in covered if one.lower() == folded), None)


def _moment(at: datetime, push: Push, now: datetime) -> datetime:
    """Return `at`; a time before the send or after `now` is nonsense, and `now` stands for it."""
    return at if _begun(push) <= at <= now else now


def open_until(push: Push) -> datetime:
    """Return until when a push takes receipts."""
    return _begun(push) + OPEN_FOR


def _begun(push: Push) -> datetime:
    """Return when the push was sent, or the earliest it may have been."""
    return push.sent_at or push.not_before or push.due
