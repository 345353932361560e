"""The plan on paper and in calendars: ICS, the sheet for signature, and what an edit changed."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.core import messages
from bot.core.skips import skipped

Entry = Mapping[str, Any]  # a push as `plan --json` tells it
_WEEKDAYS = "一二三四五六日"
_STYLE = (
    "@page{size:A4;margin:14mm}body{font:10pt/1.5 'Noto Sans CJK SC','Microsoft YaHei',sans-serif}"
    "h1{font-size:16pt;text-align:center}h2{font-size:12pt;margin:12pt 0 4pt;break-after:avoid}"
    "table{width:100%;border-collapse:collapse}td,th{border:1px solid #999;padding:2pt 5pt;"
    "text-align:left;vertical-align:top}tr{break-inside:avoid}.note,small{color:#555}"
    "table{table-layout:fixed}td{overflow-wrap:anywhere}th:nth-child(1){width:23%}th:nth-child(2){width:33%}"
    "th:nth-child(3){width:24%}small{display:block}i{font-style:normal;white-space:nowrap}"
    ".sign{margin-top:24pt;display:flex;flex-wrap:wrap;justify-content:space-between;break-inside:avoid}"
)


def as_ics(pushes: Sequence[Entry], titles: Mapping[str, str], now: datetime) -> bytes:
    """Return the pushes as a calendar: one event an occurrence and part, its targets inside."""
    from icalendar import Calendar, Event  # late: it costs a tenth of a second

    calendar = Calendar()
    calendar.add("prodid", "-//qingfeng//plan//")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", messages.PLAN_TITLE)
    for stem, together in _together(pushes).items():
        first = together[0]
        start = datetime.fromisoformat(first["due"]).astimezone(UTC)  # no zone data to carry
        event = Event()
        event.add("uid", f"{stem}@qingfeng")
        event.add("dtstamp", now.astimezone(UTC))
        event.add("dtstart", start)
        event.add("dtend", start + timedelta(minutes=5))
        event.add("summary", f"{_part(first)}{_title(first, titles)}")
        lines = [f"{one['target']}：{_notes(one) or one['item']}" for one in together]
        event.add("description", "\n".join(lines))
        calendar.add_component(event)
    return bytes(calendar.to_ical())


def as_sheet(
    answer: Mapping[str, Any], titles: Mapping[str, str], names: Mapping[str, str], unit: str
) -> str:
    """Return the plan month by month, to be printed and signed."""
    months: dict[str, list[str]] = {}
    for together in _together(answer["pushes"]).values():
        due = datetime.fromisoformat(together[0]["due"])
        row = _line(together, due, titles, names)
        months.setdefault(f"{due.year}年{due.month}月", []).append(row)
    head = _row("时间", "内容", "对象", "说明", cell="th")
    parts = [
        f"<h2>{name}</h2><table>{head}{''.join(rows)}</table>" for name, rows in months.items()
    ]
    if skips := skipped(answer["skipped"]):
        head = _row("日期", "内容", "对象", "原因", cell="th")
        rows = [
            _row(days, names.get(rule, rule), "、".join(names.get(one, one) for one in who), reason)
            for rule, reason, days, who in skips
        ]
        parts.append(f"<h2>不推送的</h2><table>{head}{''.join(rows)}</table>")
    title = html.escape(f"{unit} {messages.PLAN_TITLE}".strip())
    guess = any(one["provisional"] for one in answer["pushes"])
    note = f"<p class='note'>{messages.PLAN_PROVISIONAL}</p>" if guess else ""
    return (
        f"<!doctype html><html lang='zh-CN'><meta charset='utf-8'><title>{title}</title>"
        "<meta name='viewport' content='width=device-width'>"
        f"<style>{_STYLE}</style><p class='note'>{messages.NOT_FOR_APPRAISAL}</p>"
        f"<h1>{title}</h1>{note}{''.join(parts) or '<p>没有要推送的。</p>'}"
        "<div class='sign'><span>编制：</span><span>审核：</span><span>签发：</span>"
        "<span>　　　年　　月　　日</span></div></html>\n"
    )


def _line(
    together: Sequence[Entry], due: datetime, titles: Mapping[str, str], names: Mapping[str, str]
) -> str:
    """Return one line of the sheet: an occurrence and part, with all its targets."""
    first = together[0]
    occasion = names.get(first["rule"] or first["node"], "")
    what = html.escape(f"{_part(first)}{_title(first, titles)}")
    targets = "、".join(names.get(one["target"], one["target"]) for one in together)
    notes = "；".join(dict.fromkeys(filter(None, (_notes(one, guess=False) for one in together))))
    mark = messages.PLAN_MARK if first["provisional"] else ""
    weekday = _WEEKDAYS[due.weekday()]
    when = f"<i>{due:%m-%d}{mark}</i> <i>周{weekday}</i> <i>{due:%H:%M}</i>"
    small = f"<small>{html.escape(occasion)}</small>" if occasion else ""
    return (
        f"<tr><td>{when}</td><td>{what}{small}</td>"
        f"<td>{html.escape(targets)}</td><td>{html.escape(notes)}</td></tr>"
    )


def changes(
    before: Sequence[Entry], after: Sequence[Entry], titles: Mapping[str, str]
) -> list[dict[str, str]]:
    """Return what differs between two plans of the same days, by push key."""

    def short(one: Entry) -> str:
        blocked = f"（{one['blocked']}）" if one["blocked"] else ""
        return f"{one['due'][:16].replace('T', ' ')} {_title(one, titles)}{blocked}"

    old, new = ({one["key"]: one for one in plan} for plan in (before, after))
    found = []
    for key in sorted(old.keys() | new.keys()):
        was, now = old.get(key), new.get(key)
        if was is None and now is not None:
            found.append({"key": key, "change": "增加", "what": short(now)})
        elif now is None and was is not None:
            found.append({"key": key, "change": "去掉", "what": short(was)})
        elif was is not None and now is not None and short(was) != short(now):
            found.append({"key": key, "change": "改动", "what": f"{short(was)} → {short(now)}"})
    return found


def _together(pushes: Sequence[Entry]) -> dict[str, list[Entry]]:
    """Put the targets of one occurrence, part, day and text together."""
    found: dict[str, list[Entry]] = {}
    days: dict[str, tuple[str, str]] = {}
    for one in sorted(pushes, key=lambda one: (one["due"][:10], one["key"])):
        stem = one["key"].rpartition("@")[0]
        same = days.setdefault(stem, (one["due"][:10], one["item"]))
        if same != (one["due"][:10], one["item"]):
            stem = one["key"]
        found.setdefault(stem, []).append(one)
    return found


def _title(one: Entry, titles: Mapping[str, str]) -> str:
    return titles.get(one["item"], one["item"])


def _part(one: Entry) -> str:
    return messages.PARTS.get(one["part"], "") if one["node"] else ""


def _notes(one: Entry, *, guess: bool = True) -> str:
    estimate = messages.PROVISIONAL if guess and one["provisional"] else ""
    notes = [one["blocked"], one["reason"], estimate]
    return "；".join(note for note in notes if note)


def _row(*cells: str, cell: str = "td") -> str:
    return "<tr>" + "".join(f"<{cell}>{html.escape(text)}</{cell}>" for text in cells) + "</tr>"
