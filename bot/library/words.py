"""content/lexicon.toml on disk, and what is wrong with it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from bot.core.lint.lexicon import Lexicon, parse_lexicon
from bot.core.model import Problem
from bot.core.review import Leaders
from bot.library.decode import read_toml
from bot.library.shipped import home

NAME = "lexicon.toml"
_last: dict[Path, tuple[tuple[int, int], Leaders]] = {}


def load_lexicon(content: Path, today: date) -> tuple[Lexicon, list[Problem]]:
    """Return the unit's words; where its file is missing or broken, those that were shipped."""
    if not (content / NAME).exists():
        hint = f"没有提法库 {NAME}，暂按程序自带的检查；要改提法，请从样例里复制一份"
        return _shipped(), [_warning("lexicon-missing", hint)]
    data, text, problems = read_toml(content / NAME, NAME)
    if problems:
        return _shipped(), problems
    lexicon, more = parse_lexicon(data, text, NAME)
    if why := lexicon.stale(today):
        hint = f"提法可能已更新：{why}，请对照最新文件核对，再改 version"
        more.append(_warning("lexicon-old", hint))
    return lexicon, more


def _shipped() -> Lexicon:
    data, text, _ = read_toml(home() / "content" / NAME, NAME)
    return parse_lexicon(data, text, NAME)[0]


def leaders_of(content: Path) -> Leaders:
    """Return whose names call for a second reviewer, by the unit's own list.

    While somebody has broken the file, the last good list holds.
    """
    path = content / NAME
    try:
        stat = path.stat()
    except OSError:
        return Leaders()
    stamp = (stat.st_mtime_ns, stat.st_size)
    known = _last.get(path)
    if known is not None and known[0] == stamp:
        return known[1]
    data, text, problems = read_toml(path, NAME)
    if problems and known is not None:
        found = known[1]
    else:
        lexicon, _ = parse_lexicon(data, text, NAME)
        phrases = tuple(one.right for one in lexicon.wordings)
        found = Leaders(names=lexicon.words.leaders, phrases=phrases)
    _last[path] = stamp, found
    return found


def _warning(code: str, message: str) -> Problem:
    return Problem(path=NAME, line=0, severity="warning", code=code, message=message)
