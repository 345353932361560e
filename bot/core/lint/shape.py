"""What an item must have: fields, sections, a question that can be answered, dates, sources."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

from bot.core import messages, roles
from bot.core.lint.rule import Found, Frame, Sheet, rule
from bot.core.model import Kind

_REQUIRED: dict[Kind, tuple[str, ...]] = {
    Kind.NODE: ("提醒", "一句话"),
    Kind.SCENARIO: ("经过", "问题在哪"),
    Kind.REPOST: ("经过",),
    Kind.STUDY: ("要点",),
    Kind.MODEL: ("故事",),
    Kind.MEDIA: ("看点", "在哪里看"),
    Kind.DUTY: ("要做的事",),
    Kind.CULTURE: ("正文",),
}
EXPIRING = timedelta(days=30)
REPOST_LIVES = timedelta(days=731)  # 24 months
STEM, OPTION = 30, 11  # characters of a card's question (wecom/api.md §3.3)
LEVELS = ("通识", "岗位", "领导")
_BLANK = re.compile(r"(?<![、，,；;])\s(?![、，,；;])")
# What people write and mean one of the words that plans know.
_MEANT = (
    ("党员", re.compile(r"(?:全体|全局|机关)?党员(?:干部|同志|职工)*|全体.*党员.*")),
    ("领导干部", re.compile(r"(?:全体|各级|局|单位)?领导(?:干部|班子|成员|们)*")),
    ("全体", re.compile(r"(?:全体|全员|全局|所有|大家).*|(?:机关|本单位|干部)*(?:职工|员工|同志)")),
)
_URL = re.compile(r"https?://([^\s/:，。；、）)》]+)[^\s，。；、）)》]*", re.IGNORECASE)
_DAY = re.compile(r"\d{4}\s*(?:年\s*\d{1,2}\s*月\s*\d{1,2}\s*日|[-/.]\d{1,2}[-/.]\d{1,2})")
_ANSWER = re.compile(r"答案\s*[:：]?\s*([A-Da-d])")


@rule("section-missing", "缺少这类内容必须有的小标题，或者下面是空的", "补上这一节")
def section_missing(sheet: Sheet, _: Frame) -> Iterator[Found]:
    for name in _REQUIRED[sheet.kind]:
        if not sheet.item.sections.get(name, "").strip():
            yield Found("类别", f"{sheet.kind}须有“## {name}”一节，且不能为空")


@rule("field-missing", "缺少摘要、来源、起草或失效", "在字段区补上这一行")
def field_missing(sheet: Sheet, _: Frame) -> Iterator[Found]:
    item = sheet.item
    for value, key in ((item.summary, "摘要"), (item.source, "来源"), (item.author, "起草")):
        if not value:
            yield Found("标题", f"缺少“{key}”，请在字段区补上")
    if item.expires is None:
        yield Found("标题", "缺少“失效”日期，如 失效: 2027-12-31")


@rule("node-missing", "节点提醒没有写节点", "加一行 节点: 中秋、国庆")
def node_missing(sheet: Sheet, _: Frame) -> Iterator[Found]:
    if sheet.kind is Kind.NODE and not sheet.item.nodes:
        yield Found("类别", "节点提醒须写明“节点: …”，如 节点: 中秋、国庆")


@rule("node-unknown", "节点不在 nodes.toml 里", "照提示改成已有的节点名", timed=True)
def node_unknown(sheet: Sheet, frame: Frame) -> Iterator[Found]:
    for name in sheet.item.nodes if frame.nodes else ():  # none read: that is told once
        if name not in frame.nodes:
            known = "、".join(sorted(frame.nodes))
            yield Found("节点", f"nodes.toml 里没有“{name}”这个节点，可用的有：{known}")


@rule("channel-unknown", "渠道写了没有的", "照提示写，或者删去这一行")
def channel_unknown(sheet: Sheet, frame: Frame) -> Iterator[Found]:
    for name in sheet.item.channels if frame.rooms else ():
        if name.lower() not in frame.rooms:
            yield Found("渠道", f"没有“{name}”这个渠道，可用的有：{'、'.join(frame.rooms)}")


@rule(
    "audience-unknown",
    "对象写成了没有人用的说法：全体职工、各级领导",
    "写 全体、党员、领导干部，或推送对象 audience 里同样的字样",
    severity="warning",
)
def audience_unknown(sheet: Sheet, _: Frame) -> Iterator[Found]:
    for name in roles.named(sheet.item):
        if name in roles.EVERYBODY or roles.leads(name):
            continue
        if meant := next((word for word, ways in _MEANT if ways.fullmatch(name)), ""):
            yield Found("对象", f"“对象: {name}”对不上任何推送对象，不会被选中；请写“{meant}”")


@rule(
    "list-blank",
    "标签、岗位、对象几个之间用了空格，会当成一个",
    "用顿号隔开",
    severity="warning",
)
def list_blank(sheet: Sheet, _: Frame) -> Iterator[Found]:
    item = sheet.item
    for key, names in (("标签", item.tags), ("岗位", item.posts), ("对象", (item.audience,))):
        if odd := next((name for name in names if _BLANK.search(name)), ""):
            yield Found(key, f"“{key}”里的“{odd}”会当成一个，几个之间请用顿号隔开")


@rule(
    "level-unknown",
    "层级不认识，会当作给大家的",
    "写 通识、岗位 或 领导",
    severity="warning",
)
def level_unknown(sheet: Sheet, _: Frame) -> Iterator[Found]:
    if (level := sheet.item.level) and level not in LEVELS:
        hint = f"“层级: {level}”不认识，会当作给大家的；可用的有：{'、'.join(LEVELS)}"
        yield Found("层级", hint)


@rule("dates", "失效早于生效", "改其中一个日期", timed=True)
def dates(sheet: Sheet, _: Frame) -> Iterator[Found]:
    item = sheet.item
    if item.effective and item.expires and item.expires < item.effective:
        yield Found("失效", "“失效”早于“生效”，请检查")


@rule(
    "expired", "已过失效日期", "核对依据仍然有效后，改“失效”再送审", severity="warning", timed=True
)
def expired(sheet: Sheet, frame: Frame) -> Iterator[Found]:
    item = sheet.item
    if item.expires and item.expires < frame.today and not _dates_crossed(sheet):
        yield Found("失效", messages.BLOCK_EXPIRED + "，不会再发送；核对后改“失效”再送审")


@rule(
    "expiring",
    "30 天内就要失效",
    "核对依据仍然有效后，改“失效”再送审；不再用就让它过期",
    severity="warning",
    timed=True,
)
def expiring(sheet: Sheet, frame: Frame) -> Iterator[Found]:
    ends = sheet.item.expires
    if ends and frame.today <= ends < frame.today + EXPIRING and not _dates_crossed(sheet):
        days = (ends - frame.today).days
        yield Found("失效", f"再过 {days} 天就失效了；还要用，请核对依据后改日期再送审")


def _dates_crossed(sheet: Sheet) -> bool:
    item = sheet.item
    return bool(item.effective and item.expires and item.expires < item.effective)


@rule(
    "repost-long",
    "转发通报的有效期超过 24 个月",
    "“失效”写在发布后 24 个月以内",
    severity="warning",
)
def repost_long(sheet: Sheet, _: Frame) -> Iterator[Found]:
    item = sheet.item
    if sheet.kind is not Kind.REPOST or not (item.effective and item.expires):
        return
    if item.expires - item.effective > REPOST_LIVES:
        yield Found("失效", "转发通报的有效期不要超过 24 个月")


@rule("source-address", "转发通报没有官方网址", "“来源”写明机关、日期和官方网站的网址")
def source_address(sheet: Sheet, frame: Frame) -> Iterator[Found]:
    if sheet.kind is not Kind.REPOST or not sheet.item.source:
        return
    hosts = [match[1].lower() for match in _URL.finditer(sheet.item.source)]
    if not any(_official(host, frame.lexicon.words.official) for host in hosts):
        hint = "转发通报的“来源”须有官方网址（如 https://www.ccdi.gov.cn/…），别的网站不行"
        yield Found("来源", hint)


@rule("source-date", "转发通报没有发布日期", "“来源”里写明哪年哪月哪日发布")
def source_date(sheet: Sheet, _: Frame) -> Iterator[Found]:
    if sheet.kind is Kind.REPOST and sheet.item.source and not _DAY.search(sheet.item.source):
        yield Found("来源", "转发通报的“来源”须写明发布日期，如 2026年9月1日")


def _official(host: str, known: tuple[str, ...]) -> bool:
    if set(host) & set("@\\?#%"):  # evil.example?.gov.cn
        return False
    return any(host == one or host.endswith(f".{one}") for one in (*known, "gov.cn"))


@rule(
    "source-weak",
    "来源不是机关或正式出版物（提法库 weak_source）",
    "写发布机关、文件名和日期，并到官网核对",
    severity="warning",
)
def source_weak(sheet: Sheet, frame: Frame) -> Iterator[Found]:
    if match := frame.lexicon.pattern("weak_source").search(sheet.item.source):
        yield Found("来源", f"“{match[0]}”不能作来源，请写发布机关、文件和日期")


@rule("person-in-fiction", "情景案例写了真实人物", "人名改成“姓＋某”，删去“人物”一行")
def person_in_fiction(sheet: Sheet, _: Frame) -> Iterator[Found]:
    if sheet.kind is Kind.SCENARIO and sheet.item.persons:
        yield Found("人物", "情景案例是虚构的，不能有真实人物；人名用“姓＋某”，删去这一行")


@rule("label-twice", "自己写了“情景案例·虚构”", "删去：程序会加", severity="warning")
def label_twice(sheet: Sheet, _: Frame) -> Iterator[Found]:
    if "情景案例" not in sheet.whole:  # it is in both
        return
    for name, text in sheet.texts:
        at = max(text.find(messages.FICTION), text.find("【情景案例"))
        if at >= 0:
            yield Found(name, "“情景案例·虚构”的标注由程序加，请删去", at)


@rule(
    "question",
    "题目不是“题干？｜选项A｜选项B｜选项C｜答案 B”，或者不是学习提示",
    "照这个样子写在一行里，选项 2 到 4 个",
)
def question(sheet: Sheet, _: Frame) -> Iterator[Found]:
    text = sheet.item.question
    if not text:
        return
    if sheet.kind is not Kind.STUDY:
        yield Found("题目", "只有学习提示可以带题目，请删去这一行")
        return
    stem, *options = (part.strip() for part in re.split("[｜|]", text))
    answer = _ANSWER.fullmatch(options.pop()) if options else None
    if not answer or not stem or not 2 <= len(options) <= 4 or not all(options):
        yield Found("题目", "题目应写成一行：题干？｜选项A｜选项B｜选项C｜答案 B，选项 2 到 4 个")
    elif ord(answer[1].upper()) - ord("A") >= len(options):
        yield Found("题目", f"答案是 {answer[1].upper()}，可是只有 {len(options)} 个选项")
    elif len(set(options)) < len(options):
        yield Found("题目", "有两个选项一样，请改一个")


@rule("question-long", "题干超过 30 字，或选项超过 11 字", "删短，手机卡片上放不下")
def question_long(sheet: Sheet, _: Frame) -> Iterator[Found]:
    stem, *options = (part.strip() for part in re.split("[｜|]", sheet.item.question))
    if len(stem) > STEM:
        yield Found("题目", f"题干{len(stem)}字，请控制在{STEM}字以内")
    for option in options:
        if len(option) > OPTION and not option.startswith("答案"):
            yield Found("题目", f"选项“{option}”{len(option)}字，请控制在{OPTION}字以内")
