"""Finds the approved texts that a plain question is about: SQLite FTS5 over pairs of characters.

Chinese has no blanks between words. Two neighbouring characters are nearly always enough to tell
what is meant, need no dictionary, and let FTS5 rank by bm25 as it does for any language; single
characters weigh a little beside them, for words that are said in other company. The index is in
memory, made from the items of one library, and gone with it.
"""

from __future__ import annotations

import re
import sqlite3
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from bot.core.content import body_of
from bot.core.model import Item
from bot.library.sayings import SAYINGS

TOP = 3
LONGEST_QUESTION = 200  # characters: the rest of a longer one adds nothing
# How much a hit in each column weighs: title, summary, tags, body, basis, single characters.
_WEIGHTS = "6.0, 4.0, 5.0, 1.0, 1.0, 0.3"
_RUNS = re.compile(r"[\u3400-\u9fff]+|[0-9a-z]+")
# Words that a question is full of and that say nothing of what it is about.
_FILLERS = re.compile(
    "行吗|行不|合适不|合不合适|可不可|咋办|咋样|咋|啥|到底|还是|能否|可否|用不用|违规"
    "|请问|我想|想问|一下|能不能|可不可以|可以不可以|是不是|有没有|会不会|要不要|该不该|算不算|行不行"
    "|为什么|怎么办|怎么样|怎么|什么|哪些|哪里|多少|如何|可以|应该|需要|没有|是否|这个|那个|我们|你们|他们|自己"
    "|吗|呢|吧|啊|呀|了|的|地|得|我|你|他|她|它|们|是|在|和|与|或|就|都|也|还|有|要|会|能|这|那|个"
)


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
            "(id UNINDEXED, title, summary, tags, body, basis, chars, tokenize='unicode61')"
        )
        self._db.executemany(
            "INSERT INTO texts VALUES (?, ?, ?, ?, ?, ?, ?)",
            [_row(item) for item in self._items.values()],
        )

    def ask(self, question: str, top: int = TOP) -> list[Hit]:
        """Return the best texts for a question in plain words, best first; none if none fits.

        Of a node that is worded twice the better wording stands for both.
        """
        pairs, chars = _terms(question)
        about = " OR ".join(f'{{title summary tags body basis}} : "{term}"' for term in pairs)
        any_of = "SELECT 1 FROM texts WHERE texts MATCH ? LIMIT 1"
        if not pairs or self._db.execute(any_of, (about,)).fetchone() is None:
            return []  # single characters alone are about nothing
        match = " OR ".join([about, *(f'{{chars}} : "{term}"' for term in chars)])
        rows = self._db.execute(
            f"SELECT id, -bm25(texts, 0, {_WEIGHTS}) FROM texts WHERE texts MATCH ?"  # noqa: S608 - our own numbers
            " ORDER BY 2 DESC, id",
            (match,),
        )
        found: dict[tuple[str, ...], Hit] = {}
        for item_id, score in rows:
            item = self._items[item_id]
            found.setdefault(item.nodes or (item.id,), Hit(item=item, score=score))
            if len(found) == top:
                break
        return list(found.values())


def _row(item: Item) -> tuple[str, ...]:
    columns = _columns(item)
    return item.id, *map(_pairs, columns), " ".join(_chars(_plain(" ".join(columns))))


def _columns(item: Item) -> tuple[str, ...]:
    tags = " ".join([*item.tags, *item.nodes, *item.posts, item.series, str(item.kind)])
    return (item.title, item.summary, tags, f"{body_of(item)} {item.question}", item.basis)


def _terms(question: str) -> tuple[list[str], list[str]]:
    """Return the pairs that a question is about, what its sayings stand for among them, and the
    single characters of what was said.
    """
    text = _plain(question[:LONGEST_QUESTION])
    meant = [meaning for said, meaning in SAYINGS.items() if said in text]
    said = _FILLERS.sub(" ", text)
    pairs = dict.fromkeys(_tokens(" ".join([said, *meant])))
    return list(pairs), list(dict.fromkeys(_chars(said)))


def _chars(text: str) -> Iterator[str]:
    for run in _RUNS.findall(text):
        if run[0] >= "\u3400":
            yield from run


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
