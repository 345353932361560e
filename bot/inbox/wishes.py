"""What somebody who writes to the bot wants. Pure; the words themselves are kept nowhere.

In a single chat the bot answers. In a group it answers nothing but where to write to it: whatever
it said there everybody would have to read, and an answer asked for in a group is 接龙 (law 3).
Text that sounds like a report or a confession is told apart first, whatever else it says.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from bot.core import messages

MOST = 300  # characters of a suggestion
MENTION = re.compile(r"^\s*(@\S+\s+)+")
# A word of these makes the whole answer the fixed sentence (law 3); the lexicon may add to them.
TIP_WORDS = frozenset(
    (  # noqa: SIM905 - a list that the office reads
        "举报 检举 揭发 控告 投诉 信访 反映 反应情况 线索 实名 匿名信 告发 怎么告 告他 查一查 查查 "
        "受贿 行贿 贪污 索贿 回扣 包养 小金库 收了 收过 送了 送过 拿了 塞给 塞了 "
        "我交代 主动交代 坦白 自首 我错了 违纪了 犯了错"
    ).split()
)
_SEARCH = re.compile(r"^(?:搜索|搜|查找|查询|找)\s*[:：]?\s*(?P<words>.+)$")
_SUGGESTION = re.compile(r"^建议\s*[:：\s]\s*(?P<words>\S.*)$", re.DOTALL)
_SUGGEST = re.compile(r"^(?:我有|提个?)?(?:建议|意见)")


class WishKind(StrEnum):
    HELP = "help"
    WEEK = "week"  # 本周
    NODE = "node"  # 下一个节点
    SEARCH = "search"
    RECORD = "record"  # 我的记录
    FORGET = "forget"  # 删除我的记录: asks once more
    FORGET_SURE = "forget-sure"
    WHOLE = "whole"  # the whole text of a push, by its key
    SUGGEST = "suggest"
    USEFUL = "useful"
    UNCLEAR = "unclear"
    READ = "read"  # a volunteered 已阅
    TIP = "tip"  # not for this channel
    BIND = "bind"  # a group names itself
    PRIVATELY = "privately"  # in a group: please write to me alone
    STOP = "stop"  # 急停, from whoever may
    NOTHING = "nothing"  # say nothing at all


@dataclass(frozen=True, kw_only=True)
class Wish:
    kind: WishKind
    words: str = ""  # search: what for; whole: of which push


_SHORT = {
    **dict.fromkeys(("帮助", "help", "?", "？", "你好", "您好", "在吗"), WishKind.HELP),
    **dict.fromkeys(("本周", "本周内容", "这周", "本周学什么"), WishKind.WEEK),
    **dict.fromkeys(("下一个节点", "下个节点", "节点", "最近的节点"), WishKind.NODE),
    **dict.fromkeys(("我的记录", "我的回执"), WishKind.RECORD),
    **dict.fromkeys(("删除我的记录", "删除记录"), WishKind.FORGET),
    **dict.fromkeys(("急停", "紧急停止", "全部暂停"), WishKind.STOP),
    **dict.fromkeys(("有用", "很有用"), WishKind.USEFUL),
    **dict.fromkeys(("看不懂", "没看懂"), WishKind.UNCLEAR),
    messages.FORGET_SURE: WishKind.FORGET_SURE,
    **dict.fromkeys(("已阅", "已读", "收到", "看过了", "看了"), WishKind.READ),
}


def tip_words_of(changes: Collection[str]) -> frozenset[str]:
    """Return the words of reporting as the office wants them: a word more, or `-word` for one less.

    >>> "收了" in tip_words_of(["-收了"]), "打招呼" in tip_words_of(["打招呼"])
    (False, True)
    """
    less = {word[1:] for word in changes if word.startswith("-")}
    more = {word for word in changes if word and not word.startswith("-")}
    return (TIP_WORDS - less) | more


def sounds_like_a_tip(text: str, tip_words: Collection[str] = TIP_WORDS) -> bool:
    """Whether `text` must not be kept: as written, or with blanks put between its characters."""
    plain = re.sub(r"\s+", "", text)
    return any(word in text or word in plain for word in tip_words)


def wish_of(text: str, *, group: bool, tip_words: Collection[str] = TIP_WORDS) -> Wish:
    """Return what `text` asks for. In a group `text` begins with the bot's @name."""
    words = MENTION.sub("", text).strip() if group else text.strip()
    short = words.rstrip("。！!~～ ").casefold()
    kind = _SHORT.get(short)
    if group:
        return Wish(kind=_in_group(short, kind))
    if kind is not None:
        return Wish(kind=kind)
    if words.startswith(messages.READ_ALL):
        return Wish(kind=WishKind.WHOLE, words=words.removeprefix(messages.READ_ALL).strip())
    if sounds_like_a_tip(words, tip_words):
        return Wish(kind=WishKind.TIP)
    if said := _SUGGESTION.match(words):
        return Wish(kind=WishKind.SUGGEST, words=said["words"].strip()[:MOST])
    if _SUGGEST.match(words):
        return Wish(kind=WishKind.SUGGEST)
    if not words:
        return Wish(kind=WishKind.HELP)
    match = _SEARCH.match(words)
    return Wish(kind=WishKind.SEARCH, words=match["words"].strip() if match else words)


def _in_group(short: str, kind: WishKind | None) -> WishKind:
    if short.startswith(messages.BIND):
        return WishKind.BIND
    if kind is WishKind.READ:
        return WishKind.READ  # counted once, never answered there
    return WishKind.PRIVATELY
