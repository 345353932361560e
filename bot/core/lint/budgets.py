"""What fits: characters of a card, bytes of a message with its footer (wecom/api.md §1.2, §3.2).

An item is rendered as it would be sent, with the longest of everything, and weighed. Nothing is
ever cut: what does not fit is told here, while the author still types.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from bot.core import enclosing, render
from bot.core.calendar import Calendar
from bot.core.lint.rule import Found, Frame, Sheet, rule
from bot.core.model import Item, Kind, Node, NodeDay
from bot.core.render import Dialect, Footer, TooLong

TITLE_ADVISED, TITLE_LIMIT = 20, 26
_OVERHEAD = 1024  # bytes: the lines over the title and round 依据 and 来源, the longest footer
PARTS = ("main", "early", "final", "after")  # of a node's push
SUMMARY_LIMIT, ONE_LINE_LIMIT = 110, 60
# A footer as long as a unit's may be, so that a text that passes here also fits when sent.
LONGEST_FOOTER = Footer(unit="单" * 20, office="位" * 26, feedback="馈" * 30, number="2026-000")


@rule("title-long", "标题超过 26 字（超过 20 字只提醒）", "20 字以内，标点也算")
def title_long(sheet: Sheet, _: Frame) -> Iterator[Found]:
    size = len(sheet.item.title)
    if size > TITLE_LIMIT:
        yield Found("标题", f"标题{size}字，卡片上会被截断，请控制在{TITLE_ADVISED}字以内")
    elif size > TITLE_ADVISED:
        hint = f"标题{size}字，建议控制在{TITLE_ADVISED}字以内"
        yield Found("标题", hint, severity="warning")


@rule("summary-long", "摘要超过 110 字", "删短：卡片上只看得到这么多")
def summary_long(sheet: Sheet, _: Frame) -> Iterator[Found]:
    if (size := len(sheet.item.summary)) > SUMMARY_LIMIT:
        yield Found("摘要", f"摘要{size}字，请控制在{SUMMARY_LIMIT}字以内")


@rule("one-line-long", "一句话、提前说一句超过 60 字", "删短")
def one_line_long(sheet: Sheet, _: Frame) -> Iterator[Found]:
    for name in ("提前说一句", "一句话"):
        size = len(sheet.item.sections.get(name, "").strip())
        if size > ONE_LINE_LIMIT:
            yield Found(f"## {name}", f"{name}{size}字，请控制在{ONE_LINE_LIMIT}字以内", -1)


@rule("after-long", "节后超过 110 字", "删短：节后的卡片上只有这一段")
def after_long(sheet: Sheet, _: Frame) -> Iterator[Found]:
    if (size := len(sheet.item.sections.get("节后", "").strip())) > SUMMARY_LIMIT:
        yield Found("## 节后", f"节后{size}字，卡片上放不下，请控制在{SUMMARY_LIMIT}字以内", -1)


@rule(
    "text-long",
    "全文连同页脚超过渠道的字节数：群消息 4096，只走机器人的 20480",
    "删减；一个汉字是 3 个字节",
)
def text_long(sheet: Sheet, frame: Frame) -> Iterator[Found]:
    item = sheet.item
    values = render.values_of(longest_days(item), Calendar())
    asked = {name.lower() for name in item.channels} & set(frame.rooms)
    whole = [room for name in asked if (room := frame.rooms[name])]  # the others get its summary
    limit = min(whole, default=render.WEBHOOK_BYTES)
    if "{" not in sheet.letters and _most(sheet) <= limit:
        return
    for part in PARTS if item.kind is Kind.NODE else ("main",):
        try:
            if whole or not asked:
                render.markdown(item, part, values, LONGEST_FOOTER, Dialect(limit=limit))
        except TooLong as error:
            hint = f"全文连同页脚{error.size}字节，超过{error.limit}字节，请删减"
            yield Found("标题", hint)
        except ValueError:  # a placeholder that nothing fills: its own rule says so
            return


def _most(sheet: Sheet) -> int:
    """Return more bytes than a text without placeholders can take: cheaper than to render it."""
    item = sheet.item
    marks = 64 + sum(len(name) * 3 + 16 for name in item.sections) + sheet.whole.count("\n- ")
    return len(sheet.whole.encode()) + marks + _OVERHEAD


@rule("short-long", "短讯连同页脚超过应用文字消息的 2048 字节", "删短；一个汉字是 3 个字节")
def short_long(sheet: Sheet, _: Frame) -> Iterator[Found]:
    text = "\n".join([sheet.item.short, *LONGEST_FOOTER.lines()])
    if sheet.item.short and (size := len(text.encode())) > render.APP_BYTES:
        yield Found("短讯", f"短讯连同页脚{size}字节，超过{render.APP_BYTES}字节，请删减")


@rule("attachments-many", "附件多于三个", "只留最要紧的：每个附件另发一条", severity="warning")
def attachments_many(sheet: Sheet, _: Frame) -> Iterator[Found]:
    if (count := len(enclosing.names_of(sheet.item))) > enclosing.MANY:
        yield Found("附件", f"有{count}个附件，文字之后会连发{count}条，请只留最要紧的")


@rule("card-long", "填入放假安排以后，卡片放不下", "标题和摘要里少用占位符")
def card_long(sheet: Sheet, _: Frame) -> Iterator[Found]:
    item = sheet.item
    short = "".join(item.sections.get(name, "") for name in ("一句话", "提前说一句", "节后"))
    if "{" not in item.title + item.summary + short:
        return
    values = render.values_of(longest_days(item), Calendar())
    for part in PARTS:
        try:
            render.card(item, part, values, LONGEST_FOOTER, task_id="")
        except TooLong as error:
            hint = f"填入放假安排后卡片文字{error.size}字，超过{error.limit}字，请少用占位符"
            yield Found("标题", hint)
            return
        except ValueError:
            return


def longest_days(item: Item) -> list[NodeDay]:
    """Return days as long in words as any: each node off on its own, two digits everywhere."""
    first = date(2026, 10, 10)  # no weekday, month or count of them is longer
    return [
        NodeDay(
            node=Node(key=f"n{n}", name=name),
            year=first.year,
            date=first,
            first_off=first + timedelta(days=n),
            last_off=first + timedelta(days=n + 32),
            last_workday_before=first,
            until=first,
            provisional=False,
        )
        for n, name in enumerate(item.nodes)
    ]
