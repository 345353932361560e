"""What may leave the house by the other channels, and in which words. Pure.

Screen, board, feeds and take-away show the same thing: a text that is approved, public and valid
today (`why_not`), with the calendar's facts filled in. A node's text has a season; all others are
shown from 生效 to 失效. Nothing of an author's words is cut: what does not fit a short message is
not offered as one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import PurePosixPath

from bot.core import messages, roles
from bot.core.model import Item, Kind, NodeDay
from bot.core.render import Reading, fill

PUBLIC = "公开"
ONE_MESSAGE, TWO_MESSAGES = 70, 134  # characters of one short message, and of one in two parts
PICTURES = frozenset({".png", ".jpg", ".jpeg", ".gif"})
FILMS = frozenset({".mp4"})
CAPTIONS = (".vtt", ".srt")
_SAYINGS = ("一句话", "留一句话", "记着")  # the headings that hold one sentence, by kind
_BOLD = re.compile(r"(\*\*|__)(.+?)\1")
_LINK = re.compile(r"\[([^\]]*)\]\(([^)\s]*)\)")
_LIST = re.compile(r"(?m)^[ \t]*[-*+] +")
_MARKS = re.compile(r"(?m)^(?:#{1,6} +|> ?)")
_TIMES = re.compile(r"(\d\d:\d\d:\d\d),(\d{3})")


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A text that may leave the house today, as every outlet shows it."""

    item: Item
    reading: Reading  # the whole of it
    summary: str  # 摘要, filled
    saying: str = ""  # its one sentence, "" where its kind has none
    first: date | None = None  # of its season; None: from now on
    last: date | None = None  # the last day on which anybody may show it

    @property
    def in_season(self) -> bool:
        """Whether the text belongs to a node, whose days these are."""
        return self.item.kind is Kind.NODE and self.first is not None

    def on(self, day: date) -> bool:
        return (self.first is None or self.first <= day) and (self.last is None or day <= self.last)


@dataclass(frozen=True, kw_only=True)
class Medium:
    """A picture or a film of a text, as a page shows it."""

    name: str
    film: bool = False
    captions: str = ""  # name of the file with them, "" where none is given


def why_not(item: Item, blocked: str, today: date) -> str:
    """Return why a text may not leave the house today, "" when it may."""
    if item.public != PUBLIC:
        return messages.OUT_NOT_PUBLIC.format(item.public or "（未写）")
    if blocked:
        return blocked
    if item.expires and item.expires < today:
        return messages.BLOCK_EXPIRED
    if item.effective and item.effective > today:
        return messages.BLOCK_EARLY
    return ""


def saying_of(item: Item, values: Mapping[str, str]) -> str:
    """Return the one sentence of a text: 短讯, or that of its kind's own heading."""
    said = [item.short, *(item.sections.get(name, "") for name in _SAYINGS)]
    return next((text for one in said if (text := plain(fill(one, values)))), "")


def last_day(item: Item, days: Sequence[NodeDay]) -> date | None:
    """Return the last day of a text: 失效, or before it the end of its node's season."""
    ends = [day.until for day in days]
    return min(
        [*([max(ends)] if ends else []), *([item.expires] if item.expires else [])], default=None
    )


def for_everybody(item: Item) -> bool:
    """Whether a text suits a wall that all pass by: none for one role alone, no correction."""
    told = roles.named(item) <= roles.EVERYBODY and item.level != "领导"
    return told and item.kind is not Kind.DUTY and not item.corrects


def rotation(shown: Sequence[Shown], today: date, most: int) -> list[Shown]:
    """Return what a screen shows today: what is in season first, then a share of every kind.

    The share moves on by the day, so that the same passer-by does not read the same dozen.
    """
    fit = [one for one in shown if for_everybody(one.item)]
    season = [one for one in fit if one.in_season]
    kinds: dict[Kind, list[Shown]] = {}
    for one in fit:
        if not one.in_season:
            kinds.setdefault(one.item.kind, []).append(one)
    turned = []
    for group in kinds.values():
        start = today.toordinal() % len(group)
        turned.append(group[start:] + group[:start])
    longest = max((len(group) for group in turned), default=0)
    mixed = [group[n] for n in range(longest) for group in turned if n < len(group)]
    return [*season, *mixed][: max(most, len(season))]


def media_of(item: Item) -> list[Medium]:
    """Return the pictures and films attached to a text; a film takes captions of its own name."""
    names = {name.lower(): name for name in item.attachments}
    found = []
    for name in item.attachments:
        path = PurePosixPath(name)
        if path.suffix.lower() in PICTURES:
            found.append(Medium(name=name))
        elif path.suffix.lower() in FILMS:
            near = (str(path.with_suffix(end)).lower() for end in CAPTIONS)
            captions = next((names[one] for one in near if one in names), "")
            found.append(Medium(name=name, film=True, captions=captions))
    return found


def as_vtt(text: str) -> str:
    """Return captions as WebVTT, the only form browsers know; .srt differs in two points."""
    text = text.lstrip("\ufeff").replace("\r\n", "\n")
    return text if text.startswith("WEBVTT") else "WEBVTT\n\n" + _TIMES.sub(r"\1.\2", text)


# -- words to be passed on -------------------------------------------------------------------------


def plain(markdown: str) -> str:
    """Return the words of our Markdown without its marks, for places that know none."""
    text = _LINK.sub(lambda m: m[1] if m[1] == m[2] else f"{m[1]}（{m[2]}）", markdown.strip())
    text = _MARKS.sub("", _LIST.sub("· ", text))
    return _BOLD.sub(r"\2", text)


def plain_text(shown: Shown, page: str = "") -> str:
    """Return the whole text for WeChat and QQ groups, with label, footer and the page's address."""
    reading = shown.reading
    blocks = [f"〔{reading.source_line}〕\n{reading.title}"]
    alone = len(reading.sections) == 1
    for name, text in reading.sections:
        blocks.append(f"【{name}】\n{plain(text)}" if name and not alone else plain(text))
    if reading.basis:
        blocks.append(f"{messages.BASIS}{reading.basis}")
    if reading.source:
        blocks.append(f"{messages.SOURCE}{reading.source}")
    foot = [*reading.footer, *([f"{messages.READ_ALL}：{page}"] if page else [])]
    return "\n\n".join([*blocks, "\n".join(foot)]) + "\n"


@dataclass(frozen=True, kw_only=True)
class ShortMessage:
    """短信 of one text: "" where its words do not fit; nothing is cut to make them."""

    one: str = ""  # ≤ 70 characters
    two: str = ""  # ≤ 134, in two parts


def short_message(shown: Shown, unit: str) -> ShortMessage:
    """Return the text as 短信, of its one sentence or, where it has none, its summary or title.

    12388 and 虚构 stand in each; the unit's mark gives way where it is one too many.
    """
    item = shown.item
    label = f"{messages.FICTION}：" if item.kind is Kind.SCENARIO else ""
    said = [text for text in (shown.saying, plain(shown.summary), shown.reading.title) if text]
    mark = f"【{unit}】" if unit else ""

    def fits(most: int) -> str:
        for text in said:
            end = "" if text[-1] in "。！？…”" else "。"
            for before in (mark, ""):
                whole = f"{before}{label}{text}{end}{messages.SMS_TAIL}"
                if sms_size(whole) <= most:
                    return whole
        return ""

    return ShortMessage(one=fits(ONE_MESSAGE), two=fits(TWO_MESSAGES))


def sms_size(text: str) -> int:
    """Return how many characters a short message counts: units of UCS-2."""
    return len(text.encode("utf-16-le")) // 2


# -- the screen ------------------------------------------------------------------------------------


_SPAN = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)")


@dataclass(frozen=True, kw_only=True)
class Screen:
    """How a screen is run ([screen] of config.toml)."""

    hours: tuple[tuple[str, str], ...] = (("07:30", "19:00"),)  # awake; () means always
    seconds: int = 15  # a page of text stays
    most: int = 12  # texts at once


def span_of(text: str) -> tuple[str, str]:
    """Return the two ends of 07:30-19:00; one that begins later than it ends goes over midnight."""
    match = _SPAN.fullmatch(text.strip())
    if (
        match is None
        or (match[3] == "24" and match[4] != "00")
        or match[1] + match[2] == match[3] + match[4]
    ):
        raise ValueError(text)
    return f"{match[1]}:{match[2]}", f"{match[3]}:{match[4]}"


@dataclass(frozen=True, kw_only=True)
class Countdown:
    """A node that is waited for, and its day."""

    name: str
    day: date


def countdowns(days: Sequence[NodeDay], today: date) -> list[Countdown]:
    """Return the nodes with days off from today on, the next first."""
    coming = [day for day in days if day.brings_days_off and day.date >= today]
    return [
        Countdown(name=day.name, day=day.date)
        for day in sorted(coming, key=lambda day: (day.date, day.node.key))
    ]


@dataclass(frozen=True, kw_only=True)
class Left:
    """外发: one text that left the house where nothing of ours can call it back."""

    number: str  # 2026-003
    way: str  # 电子屏U盘, 海报, 长图 …
    item: str
    title: str
    digest: str  # of the words that left
    at: datetime
    who: str = ""
    where: str = ""  # as the clerk said
    back: bool = False  # somebody has taken it back
