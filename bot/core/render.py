"""An item and the facts of the day become the words that a channel carries.

Nothing of an author's words is changed or cut. What does not fit raises TooLong: the linter says
so while the text is written, long before anything is sent. What the law demands is put here, by
code: 情景案例·虚构, the footer, the push number (DESIGN §3.6).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from bot.core import asking, messages
from bot.core.asking import Question
from bot.core.calendar import Calendar
from bot.core.model import Card, Item, Kind, Markdown, NodeDay

PLACEHOLDERS = ("节日", "放假安排", "上班日", "年份")
# Bytes of UTF-8 a message may hold (wecom/api.md §1.2.2, §3.2).
WEBHOOK_BYTES = 4096
APP_BYTES = 2048
BOT_BYTES = 20480  # wecom/api.md §2.7
# Characters WeCom advises for a card (wecom/api.md §3.3).
CARD_TITLE, CARD_TEXT, CARD_FACT = 36, 160, 30

# Keys of what stands beside 已阅 on a robot's card: to have the whole text, to say something of it.
WHOLE, OPINION = "whole", "opinion"

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_SENTENCE = re.compile(r"[^。！？；\n]+[。！？；]?|[。！？；\n]")  # all of them are the text
_WEEKDAYS = "一二三四五六日"


class TooLong(ValueError):
    """A text that does not fit its channel; `size` and `limit` in bytes or characters."""

    def __init__(self, size: int, limit: int, unit: str = "字节", hint: str = "") -> None:
        super().__init__(messages.REFUSED_TOO_LONG.format(size, limit, unit) + hint)
        self.size, self.limit = size, limit


@dataclass(frozen=True, kw_only=True)
class Dialect:
    """What a group's Markdown may be on one channel."""

    limit: int  # bytes of UTF-8
    rich: bool = False  # markdown_v2: lists, and no colours (wecom/api.md §1.2.3)


SIX = Dialect(limit=WEBHOOK_BYTES)  # the six constructs of §1.2.2
NARROW = Dialect(limit=APP_BYTES)  # the same six, in half the room (§4.4)
RICH = Dialect(limit=BOT_BYTES, rich=True)


@dataclass(frozen=True, kw_only=True)
class Footer:
    """What every message ends with: from [unit], never from an author."""

    unit: str
    office: str = ""  # the unit's own office for reports, with its telephone
    feedback: str = ""  # where remarks go
    number: str = ""  # the push number, 2026-031
    invite: str = ""  # to a chat alone with the robot, voluntarily

    def lines(self) -> list[str]:
        own = f"，{self.office}" if self.office else ""
        tail = [self.unit, self.number, messages.VOLUNTARY]
        lines = [messages.FOOTER_REPORT.format(own)]
        if self.feedback:
            lines.append(messages.FOOTER_FEEDBACK.format(self.feedback))
        lines.append(" · ".join(part for part in tail if part))
        return [*lines, *([self.invite] if self.invite else [])]


def values_of(days: Sequence[NodeDay], calendar: Calendar) -> dict[str, str]:
    """Return what the four placeholders say for a warning that covers `days`.

    放假安排 and 上班日 are empty while the calendar is provisional, and where none of the nodes
    brings a day off: their sentences fall away.
    """
    if not days:
        return {}
    last = max(day.last_off or day.date for day in days)
    provisional = any(day.provisional for day in days)
    spans = list(dict.fromkeys((day.first_off, day.last_off) for day in days if day.first_off))
    return {
        "节日": "、".join(day.name for day in days),
        "放假安排": "" if provisional else "，".join(_span(*span) for span in spans),
        "上班日": "" if provisional or not spans else _day(calendar.workday_after(last)),
        "年份": str(days[0].year),
    }


def _span(first: date | None, last: date | None) -> str:
    if first is None or last is None:
        return ""
    count = (last - first + timedelta(days=1)).days
    return f"{_day(first)}至{_day(last)}放假，共{count}天" if count > 1 else f"{_day(first)}放假"


def _day(day: date) -> str:
    return f"{day.month}月{day.day}日（周{_WEEKDAYS[day.weekday()]}）"


def fill(text: str, values: Mapping[str, str]) -> str:
    """Put the calendar's facts into the placeholders; a sentence with an empty one falls away."""
    empty = [f"{{{name}}}" for name, value in values.items() if not value]
    if any(mark in text for mark in empty):
        text = "".join(
            sentence
            for sentence in _SENTENCE.findall(text)
            if not any(mark in sentence for mark in empty)
        )
    return _PLACEHOLDER.sub(lambda match: values.get(match[1], match[0]), text)


def unknown_placeholders(text: str) -> list[str]:
    """Return the placeholders that nothing fills."""
    return [name for name in _PLACEHOLDER.findall(text) if name not in PLACEHOLDERS]


def source_line(item: Item) -> str:
    """Return the small line over the title: invented cases and corrections say so, by code."""
    mark = f" · {messages.CORRECTION}" if item.corrects else ""
    if item.kind is Kind.SCENARIO:
        return messages.FICTION + mark
    return f"{messages.SOURCE_LINE}{mark or f' · {item.kind}'}"


def title_of(item: Item, values: Mapping[str, str]) -> str:
    return fill(item.title, values)


def parts_of(item: Item, part: str) -> list[tuple[str, str]]:
    """Return the sections that a part of a push says: (heading, text)."""
    if item.kind is not Kind.NODE:
        return list(item.sections.items())
    early = "提前说一句" if item.sections.get("提前说一句", "").strip() else "一句话"
    wanted = {"early": (early,), "final": ("一句话",), "after": ("节后",)}.get(
        part, ("", "提醒", "怎么办", "不在此列")
    )
    return [(name, text) for name, text in item.sections.items() if name in wanted]


def markdown(
    item: Item, part: str, values: Mapping[str, str], footer: Footer, dialect: Dialect = SIX
) -> Markdown:
    """Return the whole text for a group, within the bytes of `dialect`; TooLong otherwise.

    Where it has only six constructs (wecom/api.md §1.2.2) a list's dash becomes a dot: it would
    be shown as a dash in the middle of a line.
    """
    blocks = [f"> {source_line(item)}", f"**{title_of(item, values)}**"]
    sections = parts_of(item, part)
    for name, text in sections:
        filled = fill(text, values).strip("\n")
        if not filled.strip():  # an empty section, or one whose only sentence fell away
            continue
        filled = filled if dialect.rich else _dots(filled)
        alone = item.kind is Kind.NODE and len(sections) == 1
        blocks.append(f"**{name}**\n{filled}" if name and not alone else filled)
    if item.kind is not Kind.NODE or part == "main":
        if item.basis:
            blocks.append(f"> {messages.BASIS}{item.basis}")
        if item.source:
            blocks.append(f"> {messages.SOURCE}{item.source}")
    small = "> {}" if dialect.rich else '<font color="comment">{}</font>'
    blocks.append("\n".join(small.format(line) for line in footer.lines()))
    text = "\n\n".join(block for block in blocks if block)
    _filled(text)
    _fit(len(text.encode()), dialect.limit)
    return Markdown(text=text)


def in_group(
    item: Item,
    part: str,
    values: Mapping[str, str],
    footer: Footer,
    page: str,
    dialect: Dialect = SIX,
    *,
    offered: bool = False,
) -> Markdown:
    """Return the whole text or, where it is too long and there is a page, its summary with that.

    With `offered` the way to the page stands under the whole text too, where there is room.
    """
    try:
        whole = markdown(item, part, values, footer, dialect)
        way = f"\n\n[{messages.READ_ALL}]({page})" if page and offered else ""
        fits = len((whole.text + way).encode()) <= dialect.limit
        return Markdown(text=whole.text + way) if fits else whole
    except TooLong as error:
        if not page:
            raise TooLong(error.size, error.limit, hint=messages.REFUSED_NO_PAGE) from None
        return brief(item, part, values, footer, page, dialect)


def brief(
    item: Item,
    part: str,
    values: Mapping[str, str],
    footer: Footer,
    link: str,
    dialect: Dialect = SIX,
) -> Markdown:
    """Return the summary with the way to the whole text, where a group has no room for it."""
    small = "> {}" if dialect.rich else '<font color="comment">{}</font>'
    blocks = [
        f"> {source_line(item)}",
        f"**{title_of(item, values)}**",
        fill(summary_of(item, part), values),
        f"[{messages.READ_ALL}]({link})",
        "\n".join(small.format(line) for line in footer.lines()),
    ]
    text = "\n\n".join(blocks)
    _filled(text)
    _fit(len(text.encode()), dialect.limit)
    return Markdown(text=text)


def card(
    item: Item,
    part: str,
    values: Mapping[str, str],
    footer: Footer,
    *,
    task_id: str,
    link: str = "",
) -> Card:
    """Return the card for a person: a summary, 看全文 where there is a page, and 已阅."""
    text = fill(summary_of(item, part), values)
    title = title_of(item, values)
    _filled(title + text)
    _fit(len(title), CARD_TITLE, "字")
    _fit(len(text), CARD_TEXT, "字")
    facts = [(messages.FACT_NUMBER, footer.number), (messages.FACT_REPORT, messages.REPORT)]
    facts += [(messages.FACT_OFFICE, footer.office), (messages.FACT_FEEDBACK, footer.feedback)]
    facts.append((messages.FACT_NOTE, messages.VOLUNTARY))
    return Card(
        task_id=task_id,
        source=source_line(item),
        title=title,
        text=text,
        button=messages.SIGN_BUTTON if item.kind is Kind.DUTY else messages.ACK_BUTTON,
        button_key="ack",
        facts=tuple((name, value) for name, value in facts if value),
        link=(messages.READ_ALL, link) if link else None,
    )


def asking_card(
    item: Item,
    question: Question,
    footer: Footer,
    *,
    task_id: str,
) -> Card | None:
    """Return the card that asks the question of a text; None where WeCom has no room for all of it.

    Nobody must answer: one of the options is only to have read it.
    """
    foot = f"{messages.FACT_REPORT} {messages.REPORT}·{footer.number}·{messages.VOLUNTARY}"
    text = "\n".join([item.summary, question.stem, foot])
    longest = max(len(words) for words in question.options)
    title_room = asking.VOTE_TITLE if longest > asking.LIST_OPTION else asking.LIST_TITLE
    if len(item.title) > title_room or len(text) > CARD_TEXT:
        return None
    return Card(
        task_id=task_id,
        source=source_line(item),
        title=item.title,
        text=text,
        button=messages.ANSWER_BUTTON,
        button_key=asking.KEY,
        question=asking.KEY,
        choices=(*question.lettered(), (asking.ONLY_READ, messages.ONLY_READ)),
    )


@dataclass(frozen=True, kw_only=True)
class Reading:
    """The whole text for a page: sections are (heading, Markdown), placeholders filled."""

    source_line: str
    title: str
    sections: tuple[tuple[str, str], ...]
    basis: str
    source: str
    footer: tuple[str, ...]
    button: str = messages.ACK_BUTTON  # what the page's button says
    anonymous: bool = False  # it went to a group: 已阅 here is of a browser, and of nobody
    question: Question | None = None  # what the page asks, where the office wants it
    pictured: str = ""  # the item, where pictures or films belong to it
    over: str = ""  # why nothing is recorded here, in words for whoever has it open


def reading(item: Item, part: str, values: Mapping[str, str], footer: Footer) -> Reading:
    """Return the text behind 看全文; a node's short warnings lead to the whole of it too."""
    part = "main" if part in ("early", "final") else part
    sections = [(name, fill(text, values)) for name, text in parts_of(item, part)]
    return Reading(
        source_line=source_line(item),
        title=title_of(item, values),
        sections=tuple((name, text) for name, text in sections if text.strip()),
        basis=item.basis,
        source=item.source,
        footer=tuple(footer.lines()),
        button=messages.SIGN_BUTTON if item.kind is Kind.DUTY else messages.ACK_BUTTON,
        pictured=item.id if item.attachments else "",
    )


def summary_of(item: Item, part: str) -> str:
    """Return the text of a card: a node's short parts their own words, else the author's 摘要."""
    if item.kind is Kind.NODE and part in ("early", "final", "after"):
        said = [text for _, text in parts_of(item, part) if text.strip()]
        return said[0] if said else item.summary
    return item.summary


def _dots(text: str) -> str:
    return re.sub(r"(?m)^- ", "· ", text)


def _filled(text: str) -> None:
    """A braced word of ours never leaves the house: ValueError if one was not filled."""
    for name in PLACEHOLDERS:
        if f"{{{name}}}" in text:
            raise ValueError(messages.UNFILLED.format(name))


def _fit(size: int, limit: int, unit: str = "字节") -> None:
    if size > limit:
        raise TooLong(size, limit, unit)
