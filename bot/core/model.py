"""The words of the product as frozen data (DESIGN §2).

Times are aware datetimes in Asia/Shanghai; days are `date` there. China has had no
daylight saving since 1991, so a fixed offset says the same as the zone and needs no
zone data on the machine.

States of a push, drawn once for all readers:

    planned ──> sending ──> sent
       │           ├──────> refused(reason)
       │           ├──────> unknown ──> sent      (a receipt, or an administrator's word)
       │           └──────> planned(not_before)   (retry: we know that nothing was sent)
       ├──────────────────> skipped(reason)
       └──────────────────> expired(reason)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from enum import StrEnum
from typing import Literal

Date = date  # for classes that have a field of that name

STRANGER = "-"  # begins what stands for a forgotten person; no account of WeCom begins so
ME = "me"  # the target that is the administrator alone, for trying a text on oneself

DEFER = "defer/"  # begins the name under which a store keeps what 暂缓 put off
SEAT = "to-"  # begins the id of a target that is one person of the office

SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")


class Kind(StrEnum):
    """类别: what sort of text an item is."""

    NODE = "节点提醒"
    SCENARIO = "情景案例"
    REPOST = "转发通报"
    STUDY = "学习提示"
    MODEL = "先进典型"
    MEDIA = "影视推介"  # films and columns: words about them and where to find them
    DUTY = "责任提示"  # for office-holders, by role
    CULTURE = "廉洁文化"


def is_private(target_id: str) -> bool:
    """Whether a target is one person of the office: what is sent there is no push to staff."""
    return target_id == ME or target_id.startswith(SEAT)


class State(StrEnum):
    """Where a push stands; see the drawing above."""

    PLANNED = "planned"
    SENDING = "sending"
    SENT = "sent"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    SKIPPED = "skipped"
    EXPIRED = "expired"


ENDS = frozenset({State.SENT, State.REFUSED, State.SKIPPED, State.EXPIRED})


class Step(StrEnum):
    """How far a person came; a receipt is never downgraded."""

    OPENED = "opened"
    ACKNOWLEDGED = "acknowledged"
    ANSWERED = "answered"


@dataclass(frozen=True, kw_only=True)
class Problem:
    """Something wrong in a file, as a value: one bad line never stops the others."""

    path: str
    line: int  # counted from 1; 0 when the whole file is meant
    severity: Literal["error", "warning"]
    code: str  # stable, e.g. "item-head"
    message: str  # Chinese, says what to do

    @property
    def where(self) -> str:
        """The file, and its line where one is meant."""
        return f"{self.path}:{self.line}" if self.line else self.path


@dataclass(frozen=True, kw_only=True)
class Item:
    """内容: one file of the library, with nothing of its words changed."""

    id: str  # 编号; identity without regard to case
    kind: Kind
    title: str
    path: str  # relative to the content folder, "/" between folders
    short: str = ""  # 短讯
    nodes: tuple[str, ...] = ()  # names of nodes, as in nodes.toml
    series: str = ""
    tags: tuple[str, ...] = ()
    posts: tuple[str, ...] = ()  # 岗位
    level: str = ""  # 层级
    audience: str = ""  # 对象
    summary: str = ""  # 摘要, the text of a card
    author: str = ""  # 起草
    basis: str = ""  # 依据
    source: str = ""  # 来源
    public: str = ""  # 公开属性; only 公开 may be sent
    effective: date | None = None
    expires: date | None = None
    question: str = ""
    attachments: tuple[str, ...] = ()
    persons: str = ""
    channels: tuple[str, ...] = ()
    cooldown_weeks: int = 26
    corrects: str = ""
    status: str = ""  # 草稿 or 停用, else empty
    sections: Mapping[str, str] = field(default_factory=dict)  # heading -> text, in order
    lines: Mapping[str, int] = field(default_factory=dict, compare=False)  # key, heading -> line
    attached: Mapping[str, str] = field(default_factory=dict)  # attachment -> sha256 of its bytes
    digest: str = ""  # sha256 over what a reader sees; see content.digest_of


@dataclass(frozen=True, kw_only=True)
class Day:
    """One day of the calendar, and why it is what it is."""

    date: Date
    workday: bool
    name: str  # festival or reason, "" on plain days
    source: Literal["override", "official", "estimate"]
    provisional: bool


@dataclass(frozen=True, kw_only=True)
class Node:
    """节点: a day or season that calls for a warning (a table of nodes.toml).

    Exactly one of the eight ways to have a day is set; core/dates.py says what each means.
    """

    key: str  # ascii, e.g. "mid-autumn"
    name: str  # 中秋
    date: str = ""  # fixed solar date "MM-DD"
    lunar: str = ""  # lunar date "M-D"
    solar_term: str = ""  # 清明
    holiday: str = ""  # 国庆节
    nth_weekday: str = ""  # 5月第2个周日
    window: tuple[str, ...] = ()  # "6-1 至 6-30"
    follows: tuple[str, ...] = ()  # names of the nodes it comes after
    evergreen: bool = False
    workday: int = 1  # of a node that follows: the n-th after their days off
    early: int = 0  # workdays before the last workday (W); 0: there is no early part
    main: int = 3
    final: int = 0
    main_late_ok: int = 1  # workdays a main may be late before it is worthless
    parts: tuple[str, ...] = ()  # only these; () means all that the node can have


@dataclass(frozen=True, kw_only=True)
class NodeDay:
    """A node in one year: its day, the days off round it, and the last workday before them."""

    node: Node
    year: int  # the year in the push key: that of `date`
    date: Date
    first_off: Date | None  # None where the node brings no day off
    last_off: Date | None
    last_workday_before: Date
    until: Date  # after this day a warning is worth nothing
    provisional: bool
    label: str = ""  # tells the times of one node in one year apart
    follows: str = ""  # the festivals it comes after

    @property
    def occurrence(self) -> str:
        parts = (self.node.key, self.label, str(self.year))
        return "-".join(part for part in parts if part)

    @property
    def name(self) -> str:
        """What {节日} says."""
        return self.follows or self.node.name

    @property
    def brings_days_off(self) -> bool:
        return self.first_off is not None


@dataclass(frozen=True, kw_only=True)
class Rule:
    """推送规则: a table of rhythm.toml.

    When: a weekday of every week; or of every month (of `months`, where some are named) or every
    quarter a day, or the n-th workday, -1 being the last. Which texts: those that pass every
    filter that is set. For whom: with an audience only the targets that have it.
    """

    key: str
    name: str
    kinds: tuple[Kind, ...]
    every: Literal["week", "month", "quarter"] = "week"
    weekday: int = 0  # 1 = Monday … 7
    day: int = 0  # of the month; of a quarter: of its first month
    workday: int = 0
    months: tuple[int, ...] = ()
    tags: tuple[str, ...] = ()
    posts: tuple[str, ...] = ()
    levels: tuple[str, ...] = ()
    audience: str = ""
    nodes: tuple[str, ...] = ()  # names of evergreen nodes whose texts it calls for
    series: str = ""
    first: date | None = None  # of the window in which the rule holds
    last: date | None = None
    instead: bool = False  # of a series: the other rules, but for duties, are silent meanwhile
    slot: str = "上午"
    late_ok: int = 0  # workdays
    remind: int = 0  # workdays after the send, once and kindly; 0: never
    on: bool = True


@dataclass(frozen=True, kw_only=True)
class Target:
    """推送对象: a group, or an audience reached one by one."""

    id: str  # ascii letters, digits, "-"
    name: str
    channel: str  # one of channels.KINDS
    roster: str = ""  # 支部 or 部门 of the roster, or 全体
    audience: str = ""  # 对象: 全体, 党员, or a role: 领导干部, 党支部书记 …
    chat: str = ""  # the group's chatid where config.toml names it; else the store learns it
    office: bool = False  # the administrators' own: gets summaries, no items
    person: str = ""  # one account alone: for trying a text on oneself, never planned for


@dataclass(frozen=True, kw_only=True)
class Member:
    """接收人: one line of the roster (人员名册). No phone, no picture, no party membership."""

    id: str  # the WeCom account (账号)
    name: str
    department: str = ""
    branch: str = ""
    duty: str = ""  # 职务类别
    post: str = ""  # 岗位
    on_duty: bool = True  # 在岗
    leave_until: date | None = None
    note: str = ""

    def present(self, day: date) -> bool:
        """Whether this person is asked anything on `day`: only 在岗 counts."""
        return self.on_duty and (self.leave_until is None or day > self.leave_until)


@dataclass(frozen=True, kw_only=True)
class Push:
    """推送: one occurrence to one target. The key never changes; see DESIGN §2."""

    key: str  # <occurrence>_<part>@<target id>
    occurrence: str  # mid-autumn-2026, friday-2026W26
    part: str  # early, leaders, main, final, after
    target: str
    channel: str
    due: datetime
    until: datetime  # when its window closes: later it is worthless and expires
    rule: str = ""  # key of the rule or, for nodes, ""
    node: str = ""
    covers: tuple[str, ...] = ()  # occurrences this push speaks for
    item: str = ""
    digest: str = ""
    provisional: bool = False
    blocked: str = ""  # why it will not go as things stand; "" when it will
    rank: int = 0  # policy.RANKS; the lower goes first
    spared: tuple[str, ...] = ()  # people who have had their share, though they are on the roster
    # What happened since (written by the store only):
    state: State = State.PLANNED
    reason: str = ""
    not_before: datetime | None = None
    sent_at: datetime | None = None
    cut: int = 0  # into how many parts the audience is cut; known once the first began
    tally: Mapping[str, int] = field(default_factory=dict)  # state -> parts, of all but planned


@dataclass(frozen=True, kw_only=True)
class Skip:
    """An occurrence that will not be sent, and why; or one that waits for somebody."""

    rule: str
    date: Date
    reason: str
    target: str = ""


@dataclass(frozen=True, kw_only=True)
class Cohort:
    """The roster of one push, taken when it begins: who is covered, in the order of sending."""

    push: str
    covered: tuple[str, ...]
    tappable: bool  # whether the channel gives a person a way to tap


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """送达记录: one attempt to send one part of a push."""

    push: str
    part: int  # of the audience, from 0
    attempt: int  # from 1
    begun: datetime
    body: str  # the exact JSON that went out; never a key or token
    digest: str = ""  # of the item's words at that moment
    state: State = State.SENDING
    ended: datetime | None = None
    reason: str = ""
    msgid: str = ""
    to: tuple[str, ...] = ()
    invalid: tuple[str, ...] = ()  # WeCom does not know them, or they are outside the app
    unlicensed: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """回执: a deliberate act of a person, and how it was shown."""

    push: str
    person: str
    step: Step
    at: datetime
    means: str  # 卡片按钮


@dataclass(frozen=True, kw_only=True)
class Signature:
    """签收: an office-holder took a document, in his own name. It outlives the receipt."""

    push: str
    person: str
    at: datetime
    means: str
    item: str
    title: str  # as it was then
    digest: str  # of the words as sent


@dataclass(frozen=True, kw_only=True)
class Markdown:
    """A message for a group: the whole text."""

    text: str


@dataclass(frozen=True, kw_only=True)
class Card:
    """A message for a person: a summary and one button."""

    task_id: str
    source: str  # the small line above the title
    title: str
    text: str
    button: str
    button_key: str
    facts: tuple[tuple[str, str], ...] = ()  # 键 ≤ 5 字, 值 ≤ 30 字
    link: tuple[str, str] | None = None  # words on it, address
    more: tuple[tuple[str, str], ...] = ()  # further buttons: words on it, key
    question: str = ""  # then `choices` (id, words) are to be ticked, and the button hands them in
    choices: tuple[tuple[str, str], ...] = ()
    whole: bool = True  # a text with more to it: the robot posts all of it, and hears opinions


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A picture for a group that hears the office's own words."""

    png: bytes = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Enclosure:
    """附件: a picture, film or file that follows its text, as one channel carries it."""

    kind: Literal["image", "voice", "video", "file"]
    name: str
    raw: bytes = field(repr=False)
    media_id: str = ""  # of its upload, where the channel takes ids


Message = Markdown | Card | Picture | Enclosure
