"""Finds the approved texts that a plain question is about: SQLite FTS5 over pairs of characters.

Chinese has no blanks between words. Two neighbouring characters are nearly always enough to tell
what is meant, need no dictionary, and let FTS5 rank by bm25 as it does for any language. The
index is in memory, made from the items of one library, and gone with it.
"""

from __future__ import annotations

import re
import sqlite3
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from bot.core.content import body_of
from bot.core.model import Item

TOP = 3
LONGEST_QUESTION = 200  # characters: the rest of a longer one adds nothing
# How much a hit in each column weighs: title, summary, tags, body, basis.
_WEIGHTS = "6.0, 4.0, 5.0, 1.0, 1.0"
_RUNS = re.compile(r"[\u3400-\u9fff]+|[0-9a-z]+")
# Words that a question is full of and that say nothing of what it is about.
_FILLERS = re.compile(
    "请问|我想|想问|一下|能不能|可不可以|可以不可以|是不是|有没有|会不会|要不要|该不该|算不算|行不行"
    "|为什么|怎么办|怎么样|怎么|什么|哪些|哪里|多少|如何|可以|应该|需要|没有|是否|这个|那个|我们|你们|他们|自己"
    "|吗|呢|吧|啊|呀|了|的|地|得|我|你|他|她|它|们|是|在|和|与|或|就|都|也|还|有|要|会|能|这|那|个"
)
# What people say -> what the texts say.
SAME: Mapping[str, str] = {
    "超市卡": "购物卡",
    "代金券": "消费卡券",
    "礼券": "消费卡券",
    "红包": "礼金 红包",
    "请客": "宴请",
    "饭局": "宴请",
    "吃饭": "宴请",
    "喝酒": "宴请",
    "公家车": "公车",
    "单位的车": "公车",
    "公务车": "公车",
    "结婚": "婚丧喜庆 婚礼",
    "婚礼": "婚丧喜庆",
    "办酒席": "婚丧喜庆",
    "办酒": "婚丧喜庆",
    "升学": "升学宴",
    "谢师": "谢师宴 升学宴",
    "旅游": "旅游",
    "出差": "差旅",
    "补贴": "津补贴",
    "奖金": "津补贴",
    "兼职": "兼职 取酬",
    "挣外快": "兼职 取酬",
    "保密": "涉密 保密",
    "拍照发群": "涉密 工作群",
}


@dataclass(frozen=True, kw_only=True)
class Hit:
    """One text, and how well it fits: the higher the better, over 0."""

    item: Item
    score: float


class Index:
    """The texts of one library, ready to be asked. Not for two threads at once."""

    def __init__(self, items: Iterable[Item]) -> None:
        self._items = {item.id: item for item in items}
        self._db = sqlite3.connect(":memory:")
        self._db.execute(
            "CREATE VIRTUAL TABLE texts USING fts5"
            "(id UNINDEXED, title, summary, tags, body, basis, tokenize='unicode61')"
        )
        self._db.executemany(
            "INSERT INTO texts VALUES (?, ?, ?, ?, ?, ?)",
            [(item.id, *map(_pairs, _columns(item))) for item in self._items.values()],
        )

    def ask(self, question: str, top: int = TOP) -> list[Hit]:
        """Return the best texts for a question in plain words, best first; none if none fits."""
        terms = list(dict.fromkeys(_terms(question)))
        if not terms:
            return []
        match = " OR ".join(f'"{term}"' for term in terms)
        rows = self._db.execute(
            f"SELECT id, -bm25(texts, 0, {_WEIGHTS}) FROM texts WHERE texts MATCH ?"  # noqa: S608 - our own numbers
            " ORDER BY 2 DESC, id LIMIT ?",
            (match, top),
        )
        return [Hit(item=self._items[item_id], score=score) for item_id, score in rows]


def _columns(item: Item) -> tuple[str, ...]:
    tags = " ".join([*item.tags, *item.nodes, *item.posts, item.series, str(item.kind)])
    return (item.title, item.summary, tags, f"{body_of(item)} {item.question}", item.basis)


def _terms(question: str) -> Iterator[str]:
    text = _plain(question[:LONGEST_QUESTION])
    for said, meant in SAME.items():
        if said in text:
            text += f" {meant}"
    yield from _tokens(_FILLERS.sub(" ", text))


def _pairs(text: str) -> str:
    return " ".join(_tokens(_plain(text)))


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def _tokens(text: str) -> Iterator[str]:
    """Yield words of latin letters and digits, and the pairs of each run of characters."""
    for run in _RUNS.findall(text):
        if run[0] < "\u3400" or len(run) == 1:
            yield run
        else:
            yield from (run[n : n + 2] for n in range(len(run) - 1))
