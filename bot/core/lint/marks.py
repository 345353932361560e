"""What is not seen, or was not meant to be: hidden characters, templates, markup, stubs."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from bot.core import render
from bot.core.lint.rule import UNSEEN, Found, Frame, Sheet, rule
from bot.core.model import Kind

TURNING = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")  # right-to-left and back
ZWJ_IN_EMOJI = re.compile("(?<=[\u2600-\u27bf\ufe0f\U0001f000-\U0001faff])\u200d"
                           "(?=[\u2600-\u27bf\U0001f000-\U0001faff])")  # fmt: skip
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff]")
# Radicals and compatibility forms that PDF readers put in place of the characters: ⽉ for 月.
LOOKALIKE = re.compile("[\u2e80-\u2eff\u2f00-\u2fdf\uf900-\ufaff\U0002f800-\U0002fa1f]")
_RADICALS = dict(zip("⺠⻓⻔⻅⻋⻢⻩⻚⻛⻜⻝⻥⻄⺟", "民长门见车马黄页风飞食鱼西母", strict=True))
_LOST = re.compile("[\ufffd\ue000-\uf8ff]|锟斤拷|烫烫烫|屯屯屯|ï»¿")
_LOST_LETTER = re.compile("[\ufffd\ue000-\uf8ff锟烫屯ï]")  # one is in each
_TEMPLATE = re.compile(
    r"\{\{|\}\}|\{%|%\}|<%|%>|\$\{|%[sd](?![0-9A-Za-z])|\{\d*\}|\$[A-Za-z_]\w*|\[\[|\]\]"
)
_UNDONE = re.compile(
    r"TODO|FIXME|XXX+|××+|xxx+|待补|待定稿|待填|此处填写|请填写|占位|lorem ipsum"
    r"|[【\[（(][^】\]）)]{0,10}(?:待核实|待确认|待补充)[^】\]）)]{0,10}[】\]）)]",
    re.IGNORECASE,
)
_UNDONE_NEEDS = (*"TtFfXxLl", "待", "填写", "占位", "××")
_MARKUP = re.compile(
    r"(?P<picture>!\[[^\]]*\]\()|(?P<link>\[[^\]\n]+\]\([^)\n]*\))|(?P<table>^\s*\|.*\|\s*$)"
    r"|(?P<tag></?[A-Za-z][^<>\n]*>)|(?P<code>```|~~~)",
    re.MULTILINE,
)
_MARKUP_NEEDS = ("](", "|", "<", "```", "~~~")
_MARKUP_NAMES = {
    "picture": "图片",
    "link": "链接",
    "table": "表格",
    "tag": "网页标签",
    "code": "代码框",
}
_ADDRESS = re.compile(r"https?://|www\.[a-z]", re.IGNORECASE)
_HEADING = re.compile(r"^([#＃]{1,6})\s*(\S.*)$", re.MULTILINE)


@rule("right-to-left", "改变文字方向的字符：看到的和发出的次序不一样", "删去；--fix 可以代删")
def right_to_left(sheet: Sheet, _: Frame) -> Iterator[Found]:
    if not TURNING.search(sheet.letters):
        return
    for name, text in _every(sheet):
        if match := TURNING.search(text):
            hint = f"有改变文字方向的字符 U+{ord(match[0]):04X}，请删去（check --fix 可以代删）"
            yield Found(name, hint, match.start())


@rule("invisible", "看不见的字符：零宽空格、控制符", "删去；--fix 可以代删")
def invisible(sheet: Sheet, _: Frame) -> Iterator[Found]:
    if not (UNSEEN.search(sheet.letters) or CONTROL.search(sheet.letters)):
        return
    for name, text in _every(sheet):
        seen = TURNING.sub("", ZWJ_IN_EMOJI.sub("", text))
        if match := UNSEEN.search(seen) or CONTROL.search(seen):
            hint = f"有看不见的字符 U+{ord(match[0]):04X}，请删去（check --fix 可以代删）"
            yield Found(name, hint, text.find(match[0]))


@rule(
    "lookalike",
    "从 PDF 里带来的部首字形：⽉不是月，⻓不是长",
    "重新打这个字；--fix 可以代改",
)
def lookalike(sheet: Sheet, _: Frame) -> Iterator[Found]:
    if not LOOKALIKE.search(sheet.letters):
        return
    for name, text in _every(sheet):
        if match := LOOKALIKE.search(text):
            right = true_form(match[0])
            hint = f"“{match[0]}”是部首字形，不是“{right}”字，手机上可能显示不出，请重新打"
            yield Found(name, hint, match.start())


def true_form(char: str) -> str:
    """Return the character that a radical or compatibility form stands for."""
    return _RADICALS.get(char) or unicodedata.normalize("NFKC", char)


@rule("garbled", "乱码：�、锟斤拷、私有区的字", "找到原稿，重新打这几个字")
def garbled(sheet: Sheet, _: Frame) -> Iterator[Found]:
    if not _LOST_LETTER.search(sheet.letters):
        return
    for name, text in _every(sheet):
        if match := _LOST.search(text):
            yield Found(name, f"有乱码“{match[0]}”，请对照原稿重新打", match.start())


@rule("template", "模板语法没有清掉：{{ }}、${ }、%s", "换成正文，或者删去")
def template(sheet: Sheet, _: Frame) -> Iterator[Found]:
    for name, match in sheet.places(_TEMPLATE):
        yield Found(name, f"“{match[0]}”是模板里的写法，请换成正文", match.start())


@rule(
    "placeholder",
    "不认识的 {占位符}，或用在不该用的地方",
    "只用 {节日} {放假安排} {上班日} {年份}，只在节点提醒里",
)
def placeholder(sheet: Sheet, _: Frame) -> Iterator[Found]:
    if "{" not in sheet.letters:
        return
    for name, text in sheet.texts:
        if _TEMPLATE.search(text):
            continue  # its own rule says so
        for mark in render.unknown_placeholders(text):
            known = " ".join(f"{{{one}}}" for one in render.PLACEHOLDERS)
            hint = f"不认识 {{{mark}}}，可用的有 {known}"
            yield Found(name, hint, text.find(f"{{{mark}}}"))
        unfilled = sheet.kind is not Kind.NODE or name in ("依据", "来源")
        if unfilled and any(f"{{{one}}}" in text for one in render.PLACEHOLDERS):
            yield Found(name, "占位符只能用在节点提醒的标题、摘要和正文里")


@rule(
    "placeholder-empty",
    "占位符用在填不出它的节点里：{放假安排} 用在不放假的日子，{节日} 用在没有固定日子的时节",
    "删去这句话，或换一种说法",
)
def placeholder_empty(sheet: Sheet, frame: Frame) -> Iterator[Found]:
    if sheet.kind is not Kind.NODE or not sheet.item.nodes:
        return
    empty = [frame.unfilled.get(node, frozenset()) for node in sheet.item.nodes]
    marks = [f"{{{one}}}" for one in render.PLACEHOLDERS if all(one in some for some in empty)]
    for name, text in sheet.texts:
        if name in ("依据", "来源"):
            continue  # no place for any of them
        for mark in marks:
            if mark in text:
                why = "不放假" if mark in ("{放假安排}", "{上班日}") else "没有固定的日子"
                hint = f"{'、'.join(sheet.item.nodes)}{why}，{mark} 填不出来，请删去这句话"
                yield Found(name, hint, text.find(mark))


@rule("undone", "没写完的记号：TODO、××、待补、（待核实）", "写完，或者删去")
def undone(sheet: Sheet, _: Frame) -> Iterator[Found]:
    for name, match in sheet.places(_UNDONE, _UNDONE_NEEDS):
        yield Found(name, f"“{match[0]}”像是还没写完，请补上或删去", match.start())


@rule("markup", "正文里有图片、链接、表格、网页标签", "只用段落、“- ”列表和 **加粗**")
def markup(sheet: Sheet, _: Frame) -> Iterator[Found]:
    for name, match in sheet.places(_MARKUP, _MARKUP_NEEDS):
        if match["tag"] and match["tag"].startswith("<@"):
            continue
        what = _MARKUP_NAMES[str(match.lastgroup)]
        yield Found(name, f"不要放{what}：企业微信里显示不出或会变样", match.start())


@rule(
    "address", "写了网址（转发通报除外）", "写网站或机关的名称，请人到官网核对", severity="warning"
)
def address(sheet: Sheet, _: Frame) -> Iterator[Found]:
    if sheet.kind is Kind.REPOST:
        return
    for name, match in sheet.places(_ADDRESS, ("://", ".")):
        yield Found(name, "不要写网址，写网站或机关的名称即可", match.start())


@rule(
    "heading-unknown",
    "小标题不是这类内容的固定小标题，会原样显示出 ## 来",
    "照写作说明改成固定的小标题，或改成普通一行",
    severity="warning",
)
def heading_unknown(sheet: Sheet, _: Frame) -> Iterator[Found]:
    if not {"#", "＃"} & set(sheet.letters):
        return
    for name, text in sheet.item.sections.items():
        for match in _HEADING.finditer(text):
            hint = f"“{match[1]} {match[2].strip()[:12]}”不是{sheet.kind}的小标题，会原样显示"
            yield Found(f"## {name}", hint, match.start())


def _every(sheet: Sheet) -> Iterator[tuple[str, str]]:
    yield from sheet.texts
    yield from sheet.unseen
