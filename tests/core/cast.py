"""The cast of the core's tests: one bureau, two groups, three readers, one fixed Monday."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta

from bot.core.calendar import Calendar
from bot.core.content import digest_of
from bot.core.model import (
    SHANGHAI,
    Cohort,
    Item,
    Kind,
    Node,
    Push,
    Receipt,
    Rule,
    State,
    Step,
    Target,
)
from bot.core.planning import Plan
from bot.core.render import Footer

MONDAY = date(2026, 6, 15)  # 端午 is on Friday of this week
CALENDAR = Calendar()

ZHANG, LI, WANG = "zhang", "li", "wang"
JG1 = Target(id="jg1", name="机关一支部", channel="app", roster="机关一支部")
JG2 = Target(id="jg2", name="机关二支部", channel="app", roster="机关二支部")
OFFICE = Target(id="office", name="廉政办", channel="webhook", office=True)
TARGETS = (JG1, JG2, OFFICE)
FOOTER = Footer(unit="清源县审计局", office="局机关纪委 010-00000000", number="2026-031")

# The leads of the first issue: 中秋 and 国庆 W-4, the others W-3; final W, 春节 W-1.
NODES = (
    Node(key="new-year", name="元旦", date="1-1"),
    Node(key="spring-festival", name="春节", lunar="1-1", final=1),
    Node(key="qingming", name="清明", solar_term="清明"),
    Node(key="labour-day", name="五一", date="5-1"),
    Node(key="dragon-boat", name="端午", lunar="5-5"),
    Node(key="mid-autumn", name="中秋", lunar="8-15", main=4),
    Node(key="national-day", name="国庆", date="10-1", main=4),
)
STUDY_MONDAY = Rule(
    key="monday", name="周一学习提示", weekday=1, kinds=(Kind.STUDY,), slot="上午", late_ok=1
)
CASE_FRIDAY = Rule(
    key="friday", name="周五案例", weekday=5, kinds=(Kind.SCENARIO, Kind.REPOST, Kind.MODEL)
)
RULES = (STUDY_MONDAY, CASE_FRIDAY)

_BODIES: dict[Kind, dict[str, str]] = {
    Kind.NODE: {"提醒": "不收礼，不赴宴。", "一句话": "过个清爽的节。"},
    Kind.SCENARIO: {"经过": "有人结了账。", "问题在哪": "谁付的钱。"},
    Kind.REPOST: {"经过": "公开通报。"},
    Kind.STUDY: {"要点": "礼品一个月内登记。"},
    Kind.MODEL: {"故事": "清廉一生。"},
    Kind.MEDIA: {"看点": "四集，讲透一件事。", "在哪里看": "官方网站。"},
    Kind.DUTY: {"要做的事": "按时开会。"},
    Kind.CULTURE: {"正文": "一封家书。"},
}


def node(name: str) -> Node:
    return next(node for node in NODES if node.name == name)


def item(item_id: str, kind: Kind = Kind.SCENARIO, **more: object) -> Item:
    """Return a sound item: nothing in it offends a rule of the linter."""
    fields: dict[str, object] = {
        "title": f"标题{item_id}",
        "path": f"cases/{item_id}.md",
        "summary": "三句话说清楚。",
        "author": "内容组",
        "source": "《中国共产党纪律处分条例》（2023年修订）",
        "public": "公开",
        "expires": date(2036, 12, 31),
        "sections": _BODIES[kind],
    }
    made = Item(id=item_id, kind=kind, **(fields | more))  # type: ignore[arg-type]
    return replace(made, digest=digest_of(made))


def library(cases: int = 3, studies: int = 3, models: int = 2) -> tuple[Item, ...]:
    """Return one text a node, and so many of the others, all used again after a week."""
    autumn = item("N10", Kind.NODE, nodes=("中秋", "国庆"))
    others = [
        item(f"N-{one.key}", Kind.NODE, nodes=(one.name,)) for one in NODES if one.lunar != "8-15"
    ]
    rest = [(Kind.SCENARIO, "SC", cases), (Kind.STUDY, "SP", studies), (Kind.MODEL, "AM", models)]
    texts = [
        item(f"{stem}-{n}", kind, cooldown_weeks=1)
        for kind, stem, many in rest
        for n in range(many)
    ]
    return (autumn, *others, *texts)


def plan(**more: object) -> Plan:
    fields: dict[str, object] = {
        "calendar": CALENDAR,
        "nodes": NODES,
        "rules": RULES,
        "items": library(),
        "targets": TARGETS,
    }
    return Plan(**(fields | more))  # type: ignore[arg-type]


def at(hour: int, minute: int = 0, day: date = MONDAY) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=SHANGHAI)


def sent(
    target: Target = JG1,
    occurrence: str = "monday-2026W25",
    day: date = MONDAY,
    part: str = "main",
    **more: object,
) -> Push:
    """Return a push that went out on `day` at 09:15."""
    moment = at(9, 15, day)
    fields: dict[str, object] = {
        "key": f"{occurrence}_{part}@{target.id}",
        "occurrence": occurrence,
        "part": part,
        "target": target.id,
        "channel": target.channel,
        "due": moment,
        "until": at(17, 10, day),
        "covers": (occurrence,),
        "item": "SP-1",
        "state": State.SENT,
        "sent_at": moment,
    }
    return Push(**(fields | more))  # type: ignore[arg-type]


def cohort(push: Push, people: Iterable[str], tappable: bool = True) -> Cohort:
    return Cohort(push=push.key, covered=tuple(people), tappable=tappable)


def cohorts(*several: Cohort) -> Mapping[str, Cohort]:
    return {one.push: one for one in several}


def tap(push: Push, person: str, moment: datetime, step: Step = Step.ACKNOWLEDGED) -> Receipt:
    return Receipt(push=push.key, person=person, step=step, at=moment, means="卡片按钮")


def days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]
