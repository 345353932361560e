"""Bytes of whatever editor to text: BOM, UTF-8, GB18030, in turn.

Notepad and WPS write UTF-8 with and without BOM, UTF-16 with BOM, and GBK. GB18030 holds GBK;
it is tried last because it accepts much that is not meant to be Chinese.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from bot.core.model import Problem

MAX_BYTES = 256 * 1024
_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


class Unreadable(ValueError):
    """A file that cannot be turned into text; the sentence says what to do."""


def decode(data: bytes) -> str:
    """Return the text of `data`, unchanged but for its BOM and encoding."""
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return _decoded(data, encoding)
    if b"\0" in data:
        raise Unreadable("不是文本文件，请用记事本另存为 UTF-8")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return _decoded(data, "gb18030")


def _decoded(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        raise Unreadable("文字编码无法识别，请用记事本另存为 UTF-8") from None


def read_text(path: Path) -> str:
    """Return the text of a regular file of at most MAX_BYTES; Unreadable otherwise."""
    if not path.is_file():
        raise Unreadable("不是普通文件，已略过")
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise Unreadable(f"打不开（{error.strerror}），请检查权限或是否被占用") from None
    if len(data) > MAX_BYTES:
        raise Unreadable(f"超过 {MAX_BYTES // 1024} KB，文本内容不应这么大")
    return decode(data)


def read_toml(path: Path, shown: str) -> tuple[dict[str, Any], str, list[Problem]]:
    """Return the tables of a TOML file, its text, and what is wrong with it.

    tomllib refuses a BOM and bare Chinese keys, and speaks English; the person who wrote the
    file is told the line and what to look for.
    """
    try:
        text = read_text(path)
    except Unreadable as error:
        return {}, "", [_problem(shown, 0, str(error))]
    try:
        return tomllib.loads(text), text, []
    except tomllib.TOMLDecodeError as error:
        line = _line_of(str(error))
        return {}, text, [_problem(shown, line, _hint(text, line))]


def _line_of(message: str) -> int:
    _, found, rest = message.rpartition("(at line ")
    return int(rest.split(",")[0]) if found else 0


def _hint(text: str, line: int) -> str:
    lines = text.split("\n")
    shown = lines[line - 1].strip()[:30] if 0 < line <= len(lines) else ""
    return f"这一行写法不对：“{shown}”。文字要加英文引号，每行一个 名称 = 值"


def _problem(path: str, line: int, message: str) -> Problem:
    return Problem(path=path, line=line, severity="error", code="toml", message=message)
