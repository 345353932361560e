"""The unit's words: set phrases, titles of regulations, words that must not be said.

An editor keeps them in content/lexicon.toml; nothing of it is in code, so that a new wording
needs no new program. Keys are English and values Chinese, as in every TOML file of ours.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, fields
from datetime import date
from functools import cached_property
from typing import Any

from bot.core.model import Problem
from bot.core.schedules import line_of

STALE_AFTER_DAYS = 365
NEAR = 0.88  # of difflib: a title this like a known one is that one, misspelt
_GENERIC = frozenset({"条例", "准则", "规定", "办法", "决定", "意见", "通知", "细则"})
_BLANKS = re.compile(r"\s+")
_GAP = "[^，。；！？\n]{0,6}"  # what … may stand for in a pattern of words


@dataclass(frozen=True, kw_only=True)
class Wording:
    """固定提法: what is right, and the ways it is written wrongly."""

    right: str
    wrong: tuple[str, ...]
    also: tuple[str, ...] = ()  # right as well


@dataclass(frozen=True, kw_only=True)
class Regulation:
    """A regulation as issued, and what of it may be cited."""

    title: str  # without 《》
    years: tuple[int, ...] = ()  # versions in force
    also: tuple[str, ...] = ()  # short titles in general use
    wrong: tuple[str, ...] = ()
    repealed: tuple[int, ...] = ()  # years of versions that no longer hold
    unverified: tuple[int, ...] = ()  # numbers of articles nobody has seen on an official page
    articles: int = 0  # how many there are, where that is known
    source: str = ""  # who issued it and when
    check: tuple[str, ...] = ()  # of these keys nobody has seen the official text yet


@dataclass(frozen=True, kw_only=True)
class Words:
    """Single words and short patterns; … stands for up to six characters."""

    block: tuple[str, ...] = ()  # markings: such a text may not lie here at all
    careful: tuple[str, ...] = ()  # of inner work: fine only in what was officially published
    overreach: tuple[str, ...] = ()  # 层层加码
    burden: tuple[str, ...] = ()  # 指尖上的形式主义
    hearsay: tuple[str, ...] = ()
    weak_source: tuple[str, ...] = ()
    reporting: tuple[str, ...] = ()  # sounds like a report: no place for it here
    leaders: tuple[str, ...] = ()  # names and offices that need a second reviewer
    official: tuple[str, ...] = ()  # hosts whose word is official


@dataclass(frozen=True, kw_only=True)
class Lexicon:
    """What content/lexicon.toml says."""

    version: date | None = None  # 版本日期
    recheck: date | None = None  # from this day on: 提法可能已更新
    wordings: tuple[Wording, ...] = ()
    orders: tuple[str, ...] = ()
    regulations: tuple[Regulation, ...] = ()
    words: Words = Words()

    @cached_property
    def right_of(self) -> Mapping[str, str]:
        """A wrong wording -> the right one."""
        return {wrong: one.right for one in self.wordings for wrong in one.wrong}

    @cached_property
    def wording_pattern(self) -> re.Pattern[str]:
        """Right and wrong together, the longest first: what is part of a right one is right."""
        every = [text for one in self.wordings for text in (one.right, *one.also, *one.wrong)]
        return any_of(sorted(every, key=len, reverse=True))

    @cached_property
    def order_parts(self) -> Mapping[str, tuple[str, ...]]:
        """A list whose order is settled -> its parts."""
        return {text: tuple(re.split("[、和]", text)) for text in self.orders}

    @cached_property
    def order_patterns(self) -> Mapping[str, re.Pattern[str]]:
        """The same lists -> a pattern of any of their parts, the longest first."""
        return {
            text: any_of(sorted(parts, key=len, reverse=True))
            for text, parts in self.order_parts.items()
        }

    @cached_property
    def block_spaced(self) -> re.Pattern[str]:
        """The pattern of `block` with blanks between the characters."""
        return spaced(self.words.block)

    @cached_property
    def leaders_spaced(self) -> re.Pattern[str]:
        """The pattern of `leaders`; in lists a short name is written 李　强."""
        return spaced(self.words.leaders)

    @cached_property
    def titles(self) -> Mapping[str, Regulation]:
        """Every right title, short ones too -> its regulation."""
        return {name: one for one in self.regulations for name in (one.title, *one.also)}

    @cached_property
    def wrong_titles(self) -> Mapping[str, str]:
        return {wrong: one.title for one in self.regulations for wrong in one.wrong}

    def pattern(self, name: str) -> re.Pattern[str]:
        """Return the pattern of one list of `words`."""
        kept = self._patterns.get(name)
        if kept is None:
            kept = self._patterns[name] = any_of(getattr(self.words, name))
        return kept

    def knows(self, title: str) -> bool:
        """Whether a title is one of ours, right or wrong; of nothing where there are none."""
        return not self.regulations or title in self.titles or bool(self.title_meant(title))

    def title_meant(self, title: str) -> str:
        """Return the right title where `title` is a wrong one, "" where it is right or unknown."""
        if title in self.titles or title in _GENERIC:
            return ""
        if title in self.wrong_titles:
            return self.wrong_titles[title]
        if title not in self._near:
            near = difflib.get_close_matches(title, self.titles, n=1, cutoff=NEAR)
            self._near[title] = near[0] if near else ""
        return self._near[title]

    @cached_property
    def _near(self) -> dict[str, str]:
        return {}

    @cached_property
    def _patterns(self) -> dict[str, re.Pattern[str]]:
        return {}

    def stale(self, today: date) -> str:
        """Return why the wordings should be looked at again, "" while they are fresh."""
        if self.recheck is not None and today >= self.recheck:
            return f"已到 {self.recheck}（recheck）"
        if self.version is not None and (today - self.version).days > STALE_AFTER_DAYS:
            return f"版本日期 {self.version} 已过去一年"
        return ""


def any_of(words: Iterable[str]) -> re.Pattern[str]:
    """Return a pattern of any of `words`, in this order; of none of them, one without a match."""
    parts = [_GAP.join(map(re.escape, word.split("…"))) for word in words]
    return re.compile("|".join(parts) or r"(?!)")


def spaced(words: Iterable[str]) -> re.Pattern[str]:
    """Return a pattern of any of `words`, whatever blanks stand in them."""
    gap = {"…": ".{0,40}"}
    parts = [r"\s*".join(gap.get(char) or re.escape(char) for char in word) for word in words]
    return re.compile("|".join(parts) or r"(?!)", re.DOTALL)


# -- from the file ---------------------------------------------------------------------------------

_CHECKABLE = frozenset({"title", "years", "repealed", "articles", "source"})
_TOP = ("version", "recheck", "wording", "order", "regulation", "words")


def parse_lexicon(data: Mapping[str, Any], text: str, path: str) -> tuple[Lexicon, list[Problem]]:
    """Return the lexicon of a TOML file and what is wrong with it; what can be read is read."""
    reader = _Reader(text, path)
    for key in data:
        if key not in _TOP:
            reader.unknown(key, _TOP)
    return Lexicon(
        version=reader.day(data, "version"),
        recheck=reader.day(data, "recheck"),
        wordings=tuple(reader.wordings(data.get("wording", []))),
        orders=tuple(reader.orders(data.get("order", []))),
        regulations=tuple(reader.regulations(data.get("regulation", []))),
        words=reader.words(data.get("words", {})),
    ), reader.problems


class _Reader:
    """Takes from the tables what has the right shape, and says what has not."""

    def __init__(self, text: str, path: str) -> None:
        self.text, self.path = text, path
        self.problems: list[Problem] = []
        self.table_line = 0  # of the header of the table that is being read

    def bad(self, needle: str, message: str) -> None:
        rest = self.text.split("\n", self.table_line)[-1] if self.table_line else self.text
        own = rest.split("\n[", 1)[0] if self.table_line else rest
        inside = line_of(own, needle)
        line = self.table_line + inside if inside else self.table_line
        self.problems.append(
            Problem(path=self.path, line=line, severity="error", code="lexicon", message=message)
        )

    def unknown(self, key: str, known: Iterable[str]) -> None:
        near = difflib.get_close_matches(key, list(known), n=1, cutoff=0.4)
        hint = f"，是不是 {near[0]}？" if near else f"；可用：{' '.join(known)}"
        self.bad(key, f"提法库没有 {key} 这一项{hint}")

    def day(self, data: Mapping[str, Any], key: str) -> date | None:
        value = data.get(key, "")
        try:
            return value if isinstance(value, date) else date.fromisoformat(value or "x")
        except (TypeError, ValueError):
            if value:
                self.bad(key, f'{key} 应是日期，如 "2026-11-23"')
            return None

    def table(self, value: Any, name: str, kind: type) -> dict[str, Any]:
        """Return what of a table fits the fields of `kind`, lists as tuples."""
        if not isinstance(value, Mapping):
            self.bad(name, f"{name} 应是一个小节")
            return {}
        known = {one.name: one for one in fields(kind)}
        found: dict[str, Any] = {}
        for key, given in value.items():
            if key not in known:
                self.unknown(key, known)
                continue
            if (made := _shaped(given, str(known[key].type))) is None:
                self.bad(key, f"提法库的 {key} 写法不对：文字加引号，几个放在方括号里用逗号隔开")
                continue
            found[key] = made
        return found

    def tables(self, value: Any, name: str) -> Iterator[Any]:
        """Yield the tables [[name]]; what is wrong with one is told on its own line."""
        if not isinstance(value, list):
            self.bad(name, f"{name} 应写成 [[{name}]] 小节，每条一个")
            return
        lines = self.text.split("\n")
        wanted = f"[[{name}]]"
        headers = [n for n, line in enumerate(lines, 1) if _BLANKS.sub("", line).startswith(wanted)]
        for number, one in enumerate(value):
            self.table_line = headers[number] if len(headers) == len(value) else 0
            yield one
        self.table_line = 0

    def wordings(self, value: Any) -> Iterable[Wording]:
        for one in self.tables(value, "wording"):
            found = self.table(one, "wording", Wording)
            if found.get("right") and found.get("wrong"):
                yield Wording(**found)
            else:
                self.bad("wording", "每条 [[wording]] 要有 right（正确提法）和 wrong（错误写法）")

    def orders(self, value: Any) -> Iterable[str]:
        for one in self.tables(value, "order"):
            text = one.get("text") if isinstance(one, Mapping) else None
            if isinstance(text, str) and "、" in text:
                yield text
            else:
                self.bad("order", "每条 [[order]] 要有 text，各项用顿号隔开")

    def regulations(self, value: Any) -> Iterable[Regulation]:
        seen: set[str] = set()
        for one in self.tables(value, "regulation"):
            found = self.table(one, "regulation", Regulation)
            if not found.get("title"):
                self.bad("title", "每条 [[regulation]] 要有 title（法规全名，不带书名号）")
                continue
            made = Regulation(**found)
            for key, message in _regulation_faults(made, seen):
                self.bad(key, message)
            seen |= {made.title, *made.also}
            yield made

    def words(self, value: Any) -> Words:
        return Words(**self.table(value, "words", Words))


def _regulation_faults(one: Regulation, seen: Set[str]) -> Iterator[tuple[str, str]]:
    """Yield (key, what is wrong) of a regulation whose tables have the right shape."""
    if "《" in one.title or "》" in one.title:
        yield "title", f"title 不带书名号，请写成 {one.title.strip('《》')}"
    if twice := seen & {one.title, *one.also}:
        yield "title", f"《{min(twice)}》写了两次，请并成一条"
    for key in ("years", "repealed"):
        if odd := [year for year in getattr(one, key) if not 1949 <= year <= 2099]:
            yield key, f"{key} 应是四位年份，不是 {odd[0]}"
    if both := set(one.years) & set(one.repealed):
        yield "repealed", f"{min(both)}年不能既是现行（years）又已不再适用（repealed）"
    if right := {one.title, *one.also} & set(one.wrong):
        yield "wrong", f"“{min(right)}”既写成对的，又写成错的（wrong）"
    if unknown := set(one.check) - _CHECKABLE:
        yield "check", f"check 里只写 {' '.join(sorted(_CHECKABLE))}，没有 {min(unknown)}"


def _shaped(value: Any, kind: str) -> Any:
    """Return `value` as a field of `kind` holds it, None where it does not fit."""
    if kind.startswith("tuple"):
        of = int if "int" in kind else str
        fits = isinstance(value, list) and all(type(one) is of and one != "" for one in value)
        return tuple(value) if fits else None
    wanted = int if kind == "int" else str
    return value if type(value) is wanted else None
