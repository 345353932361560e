"""content/lexicon.toml on disk, and what is wrong with it."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from pathlib import Path

from bot.core.lint.lexicon import Lexicon, parse_lexicon
from bot.core.model import Problem
from bot.core.review import Leaders
from bot.library.decode import read_toml
from bot.library.shipped import home
from bot.library.walk import Stamp, stamp_at

NAME = "lexicon.toml"
_last: dict[Path, tuple[Stamp, Leaders]] = {}


def load_lexicon(content: Path, today: date) -> tuple[Lexicon, list[Problem]]:
    """Return the unit's words; where its file is missing or broken, those that were shipped."""
    path = content / NAME
    if not path.exists():
        hint = f"没有提法库 {NAME}，暂按程序自带的检查；要改提法，请从样例里复制一份"
        return _shipped(), [_warning("lexicon-missing", hint)]
    lexicon, problems = _parsed(path, stamp_at(path))
    if lexicon is None:
        return _shipped(), list(problems)
    if why := lexicon.stale(today):
        hint = f"提法可能已更新：{why}，请对照最新文件核对，再改 version"
        return lexicon, [*problems, _warning("lexicon-old", hint)]
    return lexicon, list(problems)


@lru_cache(maxsize=4)
def _parsed(path: Path, _: Stamp) -> tuple[Lexicon | None, tuple[Problem, ...]]:
    """Read a file once for as long as it is the same; None where it is no TOML."""
    data, text, problems = read_toml(path, NAME)
    if problems:
        return None, tuple(problems)
    lexicon, more = parse_lexicon(data, text, NAME)
    return lexicon, tuple(more)


def _shipped() -> Lexicon:
    path = home() / "content" / NAME
    lexicon, _ = _parsed(path, stamp_at(path))
    assert lexicon is not None, "what ships can be read"
    return lexicon


def leaders_of(content: Path) -> Leaders:
    """Return whose names call for a second reviewer, by the unit's own list.

    Where the file is broken or gone the last good list holds, else the one that was shipped.
    """
    path = content / NAME
    stamp, known = stamp_at(path), _last.get(path)
    if known is not None and known[0] == stamp:
        return known[1]
    lexicon = _parsed(path, stamp)[0] if any(stamp) else None
    if lexicon is None and known is not None:
        return known[1]
    lexicon = lexicon or _shipped()
    phrases = tuple(one.right for one in lexicon.wordings)
    found = Leaders(names=lexicon.words.leaders, phrases=phrases)
    _last[path] = stamp, found
    return found


def _warning(code: str, message: str) -> Problem:
    return Problem(path=NAME, line=0, severity="warning", code=code, message=message)
