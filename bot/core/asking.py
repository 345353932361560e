"""The one question of a text: 题目 as its author wrote it, and what answers came to.

Nobody is told apart: of an answer a receipt says that it was given, and a count per option says
what was chosen. The two never stand together (engine/lots.py).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from bot.core.model import Item

LETTERS = "ABCD"
VOTE_TITLE, LIST_TITLE, LIST_OPTION = 16, 36, 10  # 字 (wecom/api.md §2.8, §3.3)
ONLY_READ = "read"  # the option of whoever has read it and does not want to answer: nobody must
KEY = "answer"  # of the card's button; begins the name of a count
EXPLANATION = "答案"  # the section of a text that stands behind its question
_ANSWER = re.compile(r"答案\s*[:：]?\s*([A-Da-d])")


@dataclass(frozen=True, kw_only=True)
class Question:
    stem: str
    options: tuple[str, ...]
    answer: str  # A … D
    why: str = ""  # the author's 答案, told to whoever has answered

    @property
    def right(self) -> str:
        """Return the right option with its letter: B 变相送礼."""
        return f"{self.answer} {self.options[LETTERS.index(self.answer)]}"

    def lettered(self) -> list[tuple[str, str]]:
        """Return (letter, words) of each option."""
        return list(zip(LETTERS, self.options, strict=False))


def question_of(item: Item) -> Question | None:
    """Return the question of a text, None where it has none that can be asked.

    >>> from bot.core.model import Kind
    >>> text = "谁算？｜甲｜乙｜答案 B"
    >>> question_of(Item(id="x", kind=Kind.STUDY, title="x", path="x", question=text)).right
    'B 乙'
    """
    stem, *options = (part.strip() for part in re.split("[｜|]", item.question))
    found = _ANSWER.fullmatch(options.pop()) if options else None
    answer = found[1].upper() if found else ""
    if not stem or not 2 <= len(options) <= len(LETTERS) or not all(options):
        return None
    if not answer or LETTERS.index(answer) >= len(options):
        return None
    why = item.sections.get(EXPLANATION, "").strip()
    return Question(stem=stem, options=tuple(options), answer=answer, why=why)


def fitted(words: str, room: int) -> str:
    """Return as many of the lines as there is room for, always the first."""
    kept, *lines = words.split("\n")
    for line in lines:
        if len(kept) + 1 + len(line) > room:
            break
        kept += f"\n{line}"
    return kept


def name_of(push_key: str, option: str) -> str:
    """Return the name that an option is counted under, for all targets of one occurrence."""
    return f"{KEY}/{push_key.rpartition('@')[0]}/{option}"


def chosen(stem: str, question: Question, counts: Mapping[str, int]) -> tuple[int, int]:
    """Return (answers, right ones) of one occurrence and part."""
    found = {letter: counts.get(f"{KEY}/{stem}/{letter}", 0) for letter, _ in question.lettered()}
    return sum(found.values()), found[question.answer]


def hardest(found: Collection[tuple[str, int, int]], least: int) -> tuple[str, int, int] | None:
    """Return of (words, answers, right) the one most often misunderstood.

    Of fewer than `least` answers nothing is told; where all are right, nothing is misunderstood.
    """
    enough = [one for one in found if one[1] >= least and one[2] < one[1]]
    return max(enough, key=lambda one: ((one[1] - one[2]) / one[1], one[0]), default=None)
