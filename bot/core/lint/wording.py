"""Political wording: set phrases, overreach, burden, hearsay, names; all from the lexicon."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from bot.core.lint.rule import Found, Frame, Sheet, bare, rule
from bot.core.model import Kind

_BETWEEN = re.compile(r"[、，,；;\s]{0,2}(?:和|与|及|以及)?")
_NUMBER = r"[\d一二三四五六七八九十]{1,3}"
_DATE_IN_NODE = re.compile(
    rf"{_NUMBER}\s*月\s*{_NUMBER}\s*[日号]|\d{{4}}[-/.]\d{{1,2}}[-/.]\d{{1,2}}"
    r"|大?[明后昨今](?:天|日(?!子))|[明昨今][早晚]|[本上下当]月\s*\d{1,2}\s*[日号]"
    r"|(?<![\d.])\d{1,2}[日号](?=[前起止至到])|(?<![\d./])\d{1,2}([./])\d{1,2}[-—~～至到]\d{1,2}\1\d"
    r"|[本上下]?(?:星期|礼拜)[一二三四五六日天]"
    r"|(?<![一二两三四五六七八九十几\d每])周[一二三四五六日](?![年期到])"
)
_LONGEST_PART = 3  # characters: a shorter part of a list is an everyday word


@rule("wording", "固定提法写错（提法库 wording）", "照提示改；--fix 可以代改")
def wording(sheet: Sheet, frame: Frame) -> Iterator[Found]:
    right_of = frame.lexicon.right_of
    for name, match in sheet.every_place(frame.lexicon.wording_pattern):
        if right := right_of.get(match[0]):
            hint = f"“{match[0]}”应写作“{right}”"
            if right.strip("“”") == match[0]:
                hint = f"“{match[0]}”本身要带双引号"
            yield Found(name, hint, match.start())


@rule("wording-order", "固定提法的次序、标点不对，或漏了几项（提法库 order）", "照提示整句改")
def wording_order(sheet: Sheet, frame: Frame) -> Iterator[Found]:
    for right, parts in frame.lexicon.order_parts.items():
        if sum(part in sheet.whole for part in parts) < 2:
            continue
        pattern = frame.lexicon.order_patterns[right]
        for name, text in sheet.texts:
            for start, end, said in runs(text, pattern):
                if not _in_order(text[start:end], said, right, parts):
                    hint = f"“{text[start:end]}”应写作“{right}”"
                    yield Found(name, hint, start)


def runs(text: str, pattern: re.Pattern[str]) -> Iterator[tuple[int, int, tuple[str, ...]]]:
    """Yield (start, end, the parts said) of every stretch that lists at least two of its parts."""
    places = [(m.start(), m.end(), m[0]) for m in pattern.finditer(text)]
    groups: list[list[tuple[int, int, str]]] = [places[:1]]
    for before, place in pairwise(places):
        said = {part for _, _, part in groups[-1]}
        joined = _BETWEEN.fullmatch(text, before[1], place[0])
        if joined and place[2] not in said:
            groups[-1].append(place)
        else:
            groups.append([place])
    for group in groups:
        if len(group) > 1:
            yield group[0][0], group[-1][1], tuple(part for _, _, part in group)


def _in_order(run: str, said: tuple[str, ...], right: str, parts: tuple[str, ...]) -> bool:
    if len(said) == len(parts):
        return run == right
    places = [parts.index(part) for part in said]
    return min(map(len, parts)) < _LONGEST_PART or places == sorted(places)


@rule(
    "overreach",
    "层层加码：一律不得聚餐、24小时禁酒……（提法库 overreach）",
    "照中央规定的原意写；另写“不在此列”，说清什么是正常的",
    severity="warning",
)
def overreach(sheet: Sheet, frame: Frame) -> Iterator[Found]:
    hint = "“{}”是层层加码，请照规定原意写，并说清什么不在此列"
    yield from _words(sheet, frame, "overreach", hint)


@rule(
    "burden",
    "给人添负担的话：打卡、排名、接龙、未读通报……（提法库 burden）",
    "删去；要说的是内容，不是任务",
    severity="warning",
)
def burden(sheet: Sheet, frame: Frame) -> Iterator[Found]:
    hint = "“{}”是给人添负担的说法，请删去或换一个说法"
    yield from _words(sheet, frame, "burden", hint)


@rule("hearsay", "没有出处的话：据悉、网传……（提法库 hearsay）", "写明哪个机关、哪份文件")
def hearsay(sheet: Sheet, frame: Frame) -> Iterator[Found]:
    hint = "“{}”没有出处，请写明哪个机关什么时候发布，或者删去"
    yield from _words(sheet, frame, "hearsay", hint)


@rule(
    "invites-reports",
    "邀人在这里举报、反映问题（提法库 reporting）",
    "删去：举报电话由程序写在页脚，本渠道不受理信访举报",
)
def invites_reports(sheet: Sheet, frame: Frame) -> Iterator[Found]:
    hint = "“{}”：本渠道不受理信访举报，举报电话由程序写在页脚，请删去"
    yield from _words(sheet, frame, "reporting", hint)


def _words(sheet: Sheet, frame: Frame, which: str, hint: str) -> Iterator[Found]:
    for name, match in sheet.every_place(frame.lexicon.pattern(which)):
        yield Found(name, hint.format(match[0]), match.start())


@rule(
    "leader-named",
    "提到领导人姓名或职务（提法库 leaders）",
    "姓名写进“人物”，由第二名审核人逐字核对姓名、职务、排序",
)
def leader_named(sheet: Sheet, frame: Frame) -> Iterator[Found]:
    for name, word, at in leaders_in(sheet, frame):
        if name == "人物":
            continue
        listed = word in bare(sheet.item.persons)
        hint = f"提到“{word}”：须由第二名审核人逐字核对姓名、职务和排序"
        more = "" if listed else "；请在“人物”一行写明"
        yield Found(name, hint + more, at, "warning" if listed else "error")


def leaders_in(sheet: Sheet, frame: Frame) -> Iterator[tuple[str, str, int]]:
    """Yield (where, word, offset) of leaders named; within a set phrase nobody is named."""
    pattern = frame.lexicon.leaders_spaced
    if not pattern.search(sheet.whole):
        return
    phrases = [one.right for one in frame.lexicon.wordings]
    for name, text in sheet.texts:
        if not pattern.search(text):
            continue
        for phrase in phrases:
            text = text.replace(phrase, "\0" * len(phrase))
        for match in pattern.finditer(text):
            yield name, bare(match[0]), match.start()


@rule(
    "date-in-node",
    "节点提醒里写了具体日期、星期、今天明天",
    "改用 {放假安排} {上班日}，由程序照日历填",
)
def date_in_node(sheet: Sheet, _: Frame) -> Iterator[Found]:
    if sheet.kind is not Kind.NODE:
        return
    for name, text in sheet.texts:
        if name in ("依据", "来源"):  # a document has its date
            continue
        if match := _DATE_IN_NODE.search(text):
            hint = (
                f"节点提醒里不要写具体日期（“{match[0]}”），每年会变，请用 {{放假安排}} {{上班日}}"
            )
            yield Found(name, hint, match.start())


@rule("exclamations", "感叹号多于一个", "留一个，其余改句号", severity="warning")
def exclamations(sheet: Sheet, _: Frame) -> Iterator[Found]:
    if (many := sheet.whole.count("！") + sheet.whole.count("!")) > 1:
        yield Found("标题", f"有{many}个感叹号，最多留一个，语气平和些")
