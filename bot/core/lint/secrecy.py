"""What must not leave the house, or must not lie in it: markings, numbers, names, keys."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.core.lint.lexicon import spaced
from bot.core.lint.rule import Found, Frame, Sheet, rule

# Held in code as well, so that a lost or spoilt lexicon opens no door.
MARKINGS = (
    "绝密",
    "机密",
    "秘密★",
    "内部资料",
    "工作秘密",
    "不予公开",
    "此件不公开",
    "密码电报",
    "明电号",
)
_MARKINGS = re.compile("|".join(MARKINGS))
_SPACED = spaced(MARKINGS)
# 手机密码, 司机密切, 身份号码: what stands before makes an everyday word of it.
_EVERYDAY = {"机密": frozenset("手司随飞危"), "份号": frozenset("身")}
_IDENTITY = re.compile(r"(?<![\dA-Za-z])\d{17}[\dXx](?![\dA-Za-z])")
_PHONE = re.compile(r"(?<!\d)(?:\+?86-?)?1[3-9]\d-?\d{4}-?\d{4}(?!\d)")
_CARD = re.compile(r"(?<!\d)[1-9]\d{3}(?:-?\d{4}){3}(?:-?\d{1,3})?(?!\d)")
_MENTION = re.compile(r"<@|[@＠]\s*(所有人|all\b)", re.IGNORECASE)


@rule("not-public", "没有写明公开", "只有写明“公开属性: 公开”的内容才能发送")
def not_public(sheet: Sheet, _: Frame) -> Iterator[Found]:
    if sheet.item.public != "公开":
        hint = "只有写明“公开属性: 公开”的内容才能发送；涉密、内部内容不得放入本库"
        yield Found("公开属性", hint)


@rule(
    "marking",
    "密级和内部文件的标志：绝密、机密、秘密★、内部资料、工作秘密……（提法库 block）",
    "涉密和内部内容不得放入本库；如属正常表述，换一个说法",
)
def marking(sheet: Sheet, frame: Frame) -> Iterator[Found]:
    patterns = (_SPACED, frame.lexicon.block_spaced)
    if not (sheet.disguised or any(pattern.search(sheet.whole) for pattern in patterns)):
        return
    own = frame.lexicon.pattern("block")
    for name, text in sheet.bare:
        for word in dict.fromkeys([*_marked(_MARKINGS, text), *_marked(own, text)]):
            hint = f"出现“{word}”：涉密和内部内容不得放入本库；如属正常表述请改写"
            yield Found(name, hint, _place(sheet, name, word))


@rule(
    "careful-word",
    "办案和组织工作的内部用词：立案、留置、初核……（提法库 careful）",
    "不是已经公开发布的内容就删去；情景案例改成日常说法",
    severity="warning",
)
def careful_word(sheet: Sheet, frame: Frame) -> Iterator[Found]:
    for name, match in sheet.every_place(frame.lexicon.pattern("careful")):
        hint = f"出现“{match[0]}”：请确认是官方已公开发布的内容，否则删去"
        yield Found(name, hint, match.start())


@rule("identity-number", "疑似身份证号", "删去")
def identity_number(sheet: Sheet, _: Frame) -> Iterator[Found]:
    yield from _numbers(sheet, _IDENTITY, "出现疑似身份证号，请删去")


@rule("phone-number", "疑似手机号，中间有空格、横线或用全角数字也算", "删去；办公电话写座机")
def phone_number(sheet: Sheet, _: Frame) -> Iterator[Found]:
    yield from _numbers(sheet, _PHONE, "出现疑似手机号，请删去；要留电话请写办公座机")


@rule("bank-number", "疑似银行卡号（16 到 19 位，校验位相符）", "删去")
def bank_number(sheet: Sheet, _: Frame) -> Iterator[Found]:
    for name, text in sheet.numbers:
        numbers = [number.replace("-", "") for number in _CARD.findall(text)]
        if any(_luhn(number) and not _IDENTITY.fullmatch(number) for number in numbers):
            yield Found(name, "出现疑似银行卡号，请删去")


@rule("mention", "@所有人 或点名", "删去：推送不点名，不@任何人")
def mention(sheet: Sheet, _: Frame) -> Iterator[Found]:
    for name, match in sheet.places(_MENTION):
        hint = f"请删去“{match[0]}”：推送不点名，不@任何人"
        yield Found(name, hint, match.start())


@rule("secret", "密钥：群消息推送地址、应用 Secret、令牌、私钥", "删去，并到企业微信后台重置该密钥")
def secret(sheet: Sheet, _: Frame) -> Iterator[Found]:
    if "e" not in sheet.letters and "E" not in sheet.letters:
        return  # key, secret, token, PRIVATE: none is without
    for name, text in sheet.texts:
        for at, what in secrets_in(text):
            yield Found(name, f"这里像是{what}，请删去，并到企业微信后台重置它", at)


def _marked(pattern: re.Pattern[str], text: str) -> Iterator[str]:
    for match in pattern.finditer(text):
        if text[max(0, match.start() - 1) : match.start()] not in _EVERYDAY.get(match[0], ()):
            yield match[0]


def _numbers(sheet: Sheet, pattern: re.Pattern[str], hint: str) -> Iterator[Found]:
    for name, text in sheet.numbers:
        if pattern.search(text):
            yield Found(name, hint)


def _luhn(number: str) -> bool:
    digits = [int(char) for char in reversed(number)]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[1::2]]
    return len(set(number)) > 1 and (sum(digits[::2]) + sum(doubled)) % 10 == 0


def _place(sheet: Sheet, name: str, word: str) -> int:
    """Return where in its text a word stands, 0 where it was hidden between blanks."""
    return max(0, next(text for one, text in sheet.texts if one == name).find(word))


# -- keys, in texts and in any other file ----------------------------------------------------------

_ASSIGNED = r"[\"']?\s*[=:：]\s*[\"']?"
_UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_SECRETS = tuple(
    (re.compile(pattern), what)
    for what, pattern in (
        ("群消息推送的地址", rf"webhook/send\?key=({_UUID})"),
        ("EncodingAESKey", rf"(?i)aes_?key{_ASSIGNED}([0-9A-Za-z+/]{{43}})(?![0-9A-Za-z+/])"),
        ("应用的 Secret", rf"(?i)secret{_ASSIGNED}([0-9A-Za-z_-]{{32,64}})\b"),
        ("access_token", rf"(?i)access_?token{_ASSIGNED}([0-9A-Za-z_-]{{40,}})"),
        ("私钥", "(-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----)"),
    )
)
# Printed in WeCom's own documentation, or plainly made up.
_SAMPLES = frozenset({"jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"})

# The address of a rehearsal's WeCom: its keys open nothing outside.
_OF_THIS_MACHINE = re.compile(r"https?://(?:127\.0\.0\.1|localhost)(?::\d+)?/[\w/-]*$")


def secrets_in(text: str) -> Iterator[tuple[int, str]]:
    """Yield where a key stands in `text`, and what it is. The key itself is never told."""
    for pattern, what in _SECRETS:
        for match in pattern.finditer(text):
            if match[1] in _SAMPLES or _made_up(match[1]):
                continue
            if not _OF_THIS_MACHINE.search(text[max(0, match.start() - 60) : match.start()]):
                yield match.start(), what


def _made_up(key: str) -> bool:
    """Whether a key is a stand-in: a row of few characters, or the alphabet."""
    plain = key.replace("-", "").lower()
    return len(set(plain)) < 8 or "abcdefghijkl" in plain or "0123456789" in plain
