"""Whether a text holds a name or phrase that somebody has called a halt to."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from bot.core.model import Item
from bot.core.review import texts_of

NODE = "{节日}"

FEWEST = 2  # characters: a single one would stop half the library


def plain(text: str) -> str:
    """Return a text as it is searched: no blanks, nothing invisible, one width, one case.

    “张 三” and “张\u200b三” are 张三: a halt must not be passed by a blank.
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(c for c in folded if unicodedata.category(c)[0] not in "ZC")


def held_by(item: Item, words: Iterable[str]) -> str:
    """Return the first of `words` that an item holds anywhere a reader may see, "" for none."""
    return held_in("\n".join(_said(item).values()), words)


def held_in(said: str, words: Iterable[str]) -> str:
    """Return the first of `words` that a text holds, "" for none."""
    text = plain(said)
    return next((word for word in words if plain(word) in text), "")


def places(item: Item, word: str) -> list[str]:
    """Return where an item holds a word: fields and headings."""
    wanted = plain(word)
    return [name for name, text in _said(item).items() if wanted in plain(text)]


def _said(item: Item) -> dict[str, str]:
    """Return every text of an item as it is read: {节日} says each of its nodes, or all of them."""
    names = dict.fromkeys((*item.nodes, "、".join(item.nodes)))
    return {
        where: "\n".join([text, *(text.replace(NODE, name) for name in names if NODE in text)])
        for where, text in texts_of(item).items()
    }
