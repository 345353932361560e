"""台账: one row a text and occurrence, with who answered for it and where it went. Pure.

What law 3 withholds in the weekly summary is withheld here too: the figures of a row are the lines
of the summary of its week. The columns are those of an office's own ledger (background §2.4).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from bot.core import messages
from bot.core.disclosure import ItemLine
from bot.core.model import Item, Push, State
from bot.core.telling import percent

COLUMNS = (
    *("序号", "日期", "节点/期次", "类别", "标题", "编号", "版本", "来源", "依据", "起草"),
    *("审核", "保密审查", "渠道", "推送范围", "推送时间", "发送结果"),
    *("覆盖人数", "可回执人数", "已阅人数", "阅知率", "更正/撤回", "备注"),
)
_SECRECY = "保密审查"
_OCCURRENCE = re.compile(r"(.+?)-(\d{4})(?:([WMQ])(\d{1,2}))?(?:-(\d+))?", re.ASCII)
SAME_MOMENT = timedelta(minutes=1)

Text = tuple[str, str, str]  # occurrence, part, item


@dataclass(frozen=True, kw_only=True)
class Approved:
    """One step of the review that let these words pass."""

    step: str
    who: str
    when: date


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of the ledger; every field is text, as it will stand in the sheet."""

    day: date
    number: str  # the push number, 2026-031; "" where it never went
    occurrence: str  # the node or the issue it was sent for, in words
    kind: str
    title: str
    item: str
    digest: str
    source: str
    basis: str
    author: str
    reviewed: str
    secrecy: str
    channels: str
    scope: str
    times: str
    result: str
    covered: str
    reachable: str
    read: str
    rate: str
    corrected: str = ""
    note: str = ""
    of: Text = ("", "", "")  # which text of which occurrence; no cell of the sheet

    def cells(self, number: int) -> tuple[str | int, ...]:
        """Return the cells in the order of COLUMNS."""
        named = [
            *(self.day.isoformat(), self.occurrence, self.kind, self.title),
            *(f"{self.item}（{self.number}）" if self.number else self.item, self.digest[:12]),
            *(self.source, self.basis, self.author, self.reviewed, self.secrecy, self.channels),
            *(self.scope, self.times, self.result),
            *(self.covered, self.reachable, self.read, self.rate, self.corrected, self.note),
        ]
        return (number, *named)


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What the rows are made of, beside the pushes."""

    items: Mapping[str, Item]  # by digest: the words as they were approved and sent
    lines: Mapping[Text, ItemLine]  # the summaries' own lines
    approved: Mapping[str, Sequence[Approved]] = field(default_factory=dict)  # by digest
    numbers: Mapping[str, str] = field(default_factory=dict)  # <occurrence>_<part> -> 2026-031
    names: Mapping[str, str] = field(default_factory=dict)  # occurrence, without its year -> words
    corrections: Mapping[str, str] = field(default_factory=dict)  # item id -> what became of it
    ways: Mapping[str, str] = field(default_factory=dict)  # channel -> what it is called


def rows(pushes: Iterable[Push], facts: Facts, first: date, last: date) -> list[Row]:
    """Return the rows of the texts due from `first` to `last`, oldest first.

    What was planned and never went stands here too, with the reason: a ledger that shows only
    what worked is none.
    """
    groups: dict[Text, list[Push]] = {}
    for push in pushes:
        if push.item and first <= push.due.date() <= last:
            groups.setdefault((push.occurrence, push.part, push.item), []).append(push)
    made = [_row(text, group, facts) for text, group in groups.items()]
    return sorted(made, key=lambda row: (row.day, row.occurrence, row.item))


def _row(text: Text, group: Sequence[Push], facts: Facts) -> Row:
    occurrence, part, item_id = text
    sent = sorted(push.sent_at for push in group if push.sent_at)
    digest = next((push.digest for push in group if push.digest in facts.items), group[0].digest)
    item = facts.items.get(digest)
    steps = facts.approved.get(digest, ())
    line = facts.lines.get(text)
    checked, secrecy = reviewed(steps)
    return Row(
        day=min(push.due.date() for push in group),
        number=facts.numbers.get(f"{occurrence}_{part}", "") if sent else "",
        occurrence=_named(occurrence, part, facts.names),
        kind=str(item.kind) if item else "",
        title=item.title if item else messages.LEDGER_NO_TEXT,
        item=item_id,
        digest=digest,
        source=item.source if item else "",
        basis=item.basis if item else "",
        author=item.author if item else "",
        reviewed=checked,
        secrecy=secrecy,
        channels="、".join(dict.fromkeys(facts.ways.get(p.channel, p.channel) for p in group)),
        scope=messages.LEDGER_SCOPE.format(len({push.target for push in group})),
        times=_times(sent),
        result=_result(group),
        **_figures(line),
        corrected=facts.corrections.get(item_id, ""),
        of=text,
        note=messages.PROVISIONAL if any(push.provisional for push in group) else "",
    )


def _named(occurrence: str, part: str, names: Mapping[str, str]) -> str:
    """Name an occurrence as people do: 中秋 2026节前一句话, 周五案例 2026年第25周."""
    match = _OCCURRENCE.fullmatch(occurrence)
    if match is None:
        return f"{names.get(occurrence, occurrence)}{messages.LEDGER_PARTS.get(part, '')}"
    stem, year, kind, number, again = match.groups()
    period = messages.LEDGER_PERIODS.get(kind or "", "{0}").format(year, int(number or 0))
    more = messages.LEDGER_AGAIN.format(again) if again else ""
    return f"{names.get(stem, stem)} {period}{more}{messages.LEDGER_PARTS.get(part, '')}"


def reviewed(steps: Sequence[Approved]) -> tuple[str, str]:
    """Return who let the words pass, and apart from them who looked for secrets."""
    told = [(one.step == _SECRECY, _step(one)) for one in steps]
    return "；".join(one for secret, one in told if not secret), "；".join(
        one for secret, one in told if secret
    )


def _step(one: Approved) -> str:
    return f"{one.step} {one.who} {one.when:%Y-%m-%d}"


def _times(sent: Sequence[datetime]) -> str:
    if not sent:
        return ""
    first, last = sent[0], sent[-1]
    if last - first < SAME_MOMENT:
        return f"{first:%m-%d %H:%M}"
    return f"{first:%m-%d %H:%M} 至 {last:%m-%d %H:%M}"


def _result(group: Sequence[Push]) -> str:
    """Say how many went, and of each other end how many and why."""
    ends = Counter(push.state for push in group)
    said = [f"{messages.STATES[State.SENT]} {ends[State.SENT]}/{len(group)}"]
    for state in (State.REFUSED, State.UNKNOWN, State.EXPIRED, State.SKIPPED):
        if ends[state]:
            reasons = _reasons(push.reason for push in group if push.state is state)
            said.append(f"{messages.STATES[state]} {ends[state]}{reasons}")
    waiting = ends[State.PLANNED] + ends[State.SENDING]
    return "；".join([*said, *([f"{messages.STATES[State.PLANNED]} {waiting}"] if waiting else [])])


def _reasons(reasons: Iterable[str]) -> str:
    told = [reason for reason in dict.fromkeys(reasons) if reason]
    return f"（{'、'.join(told)}）" if told else ""


def _figures(line: ItemLine | None) -> dict[str, str]:
    if line is None:
        return dict.fromkeys(("covered", "reachable", "read", "rate"), "")
    found = line.figures
    hidden = messages.WITHHELD if line.withheld else None
    return {
        "covered": str(found.covered),
        "reachable": str(found.reachable),
        "read": hidden or (str(found.read) if found.reachable else messages.NO_RATE),
        "rate": hidden or percent(found.rate),
    }


def period(month: str = "", year: int = 0) -> tuple[date, date, str]:
    """Return the first and last day, and the name, of a month 2026-11 or a year."""
    if month:
        first = datetime.strptime(month, "%Y-%m").date()  # noqa: DTZ007 - a day, not a moment
        following = date(first.year + first.month // 12, first.month % 12 + 1, 1)
        name = f"{first.year}年{first.month}月"
    else:
        first, following, name = date(year, 1, 1), date(year + 1, 1, 1), f"{year}年"
    return first, date.fromordinal(following.toordinal() - 1), name


def weeks_of(pushes: Iterable[Push], first: date, last: date) -> Collection[date]:
    """Return the Mondays of the weeks in which what was due in a period was sent."""
    days = {
        (push.sent_at or push.due).date()
        for push in pushes
        if push.item and first <= push.due.date() <= last
    }
    return sorted({date.fromordinal(day.toordinal() - day.weekday()) for day in days})
