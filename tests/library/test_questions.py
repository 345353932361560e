"""Fifty plain questions by somebody who had not seen the index: the search is judged by them.

Thirty could be looked at while it was made. Of the other twenty only the number of those that were
found was ever looked at.
"""

from __future__ import annotations

import tomllib
from pathlib import Path

from bot.library.folder import load_items
from bot.library.search import Index

ROOT = Path(__file__).parents[2]
INDEX = Index(load_items(ROOT / "content")[0])


def found(name: str) -> list[bool]:
    """Return of each question in a file whether an expected text is among the three answers."""
    text = (Path(__file__).parent / f"{name}.toml").read_text("utf-8")
    return [
        bool(
            {hit.item.id.removesuffix("-2") for hit in INDEX.ask(one["text"])}
            & set(one["expected"])
        )
        for one in tomllib.loads(text)["question"]
    ]


def test_of_fifty_plain_questions_forty_five_find_their_text():
    seen, unseen = found("questions"), found("questions_unseen")
    assert (len(seen), len(unseen)) == (30, 20)
    assert sum(seen) + sum(unseen) >= 45
