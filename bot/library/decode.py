"""Bytes of whatever editor to text: BOM, UTF-8, GB18030, in turn.

Notepad and WPS write UTF-8 with and without BOM, UTF-16 with BOM, and GBK. GB18030 holds GBK;
it is tried last because it accepts much that is not meant to be Chinese.
"""

from __future__ import annotations

import contextlib
import errno
import os
import tomllib
from pathlib import Path
from stat import S_ISREG
from typing import Any

from bot.core.model import Problem

MAX_BYTES = 256 * 1024
_WHY = {
    errno.ENOENT: "找不到",
    errno.EACCES: "没有权限",
    errno.EPERM: "没有权限",
    errno.EROFS: "磁盘是只读的",
    errno.EISDIR: "这是文件夹，不是文件",
    errno.ENOTDIR: "路径中有一段不是文件夹",
    errno.EEXIST: "已有同名的文件",
    errno.ENOSPC: "磁盘已满",
    errno.EFBIG: "文件太大",
    errno.ENAMETOOLONG: "名字太长",
    errno.ELOOP: "链接绕成了圈",
    errno.EADDRINUSE: "端口已被占用",
}
_NO_FILE = "不是普通文件，不能读取"
_NO_TEXT = "不是文本文件，请用记事本另存为 UTF-8"
_NO_ENCODING = "文字编码无法识别，请用记事本另存为 UTF-8"
_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))

# Neither waiting for a pipe nor, on Windows, turning line ends.
_READING = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


class Unreadable(ValueError):
    """A file that cannot be turned into text; the sentence says what to do."""


def why(error: OSError) -> str:
    """Return what went wrong with a file, in the reader's language where it is a common thing."""
    return _WHY.get(error.errno or 0) or error.strerror or str(error)


def decode(data: bytes) -> str:
    """Return the text of `data`, unchanged but for its BOM and encoding."""
    marked = [encoding for mark, encoding in _BOMS if data.startswith(mark)]
    for encoding in marked or ("utf-8", "gb18030"):
        with contextlib.suppress(UnicodeDecodeError):
            text = data.decode(encoding)
            if "\0" in text:
                raise Unreadable(_NO_TEXT)
            return text
    raise Unreadable(_NO_TEXT if b"\0" in data and not marked else _NO_ENCODING)


def encoding_of(data: bytes) -> str | None:
    """Return the encoding that gives `data` back byte for byte, None where none does."""
    for encoding in ("utf-8-sig", "utf-8", "utf-16", "gb18030"):
        with contextlib.suppress(UnicodeError):
            if data.decode(encoding).encode(encoding) == data:
                return encoding
    return None


def read_text(path: Path, limit: int = MAX_BYTES) -> str:
    """Return the text of a regular file of at most `limit` bytes; Unreadable otherwise."""
    return decode(read_bytes(path, limit))


def read_bytes(path: Path | str, limit: int = MAX_BYTES) -> bytes:
    """Return what a regular file of at most `limit` bytes holds; Unreadable otherwise.

    It is opened without waiting: a pipe would block, and a device never end.
    """
    if "\0" in str(path):  # of which the system says something else than of any other name
        raise Unreadable("找不到这个文件")
    try:
        handle = os.open(path, _READING)
        try:
            stat = os.fstat(handle)
            if not S_ISREG(stat.st_mode):
                raise Unreadable(_NO_FILE)
            data = os.read(handle, min(stat.st_size, limit) + 1)
            while len(data) > stat.st_size and (more := os.read(handle, limit)):
                data += more  # it has grown meanwhile
        finally:
            os.close(handle)
    except OSError as error:
        if error.errno in (errno.ENXIO, errno.EISDIR):  # a socket; a folder on Windows
            raise Unreadable(_NO_FILE) from None
        if error.errno == errno.ENOENT:
            raise Unreadable("找不到这个文件") from None
        raise Unreadable(f"打不开（{why(error)}），请检查权限或是否被占用") from None
    if len(data) > limit:
        raise Unreadable(f"超过 {limit // 1024} KB，文本内容不应这么大")
    return data


def read_toml(
    path: Path, shown: str, limit: int = MAX_BYTES
) -> tuple[dict[str, Any], str, list[Problem]]:
    """Return the tables of a TOML file, its text, and what is wrong with it.

    tomllib refuses a BOM and bare Chinese keys, and speaks English; the person who wrote the
    file is told the line and what to look for.
    """
    try:
        text = read_text(path, limit)
    except Unreadable as error:
        return {}, "", [_problem(shown, 0, str(error))]
    try:
        return tomllib.loads(text), text, []
    except tomllib.TOMLDecodeError as error:
        line = _line_of(str(error))
        twice = "Cannot declare" in str(error) or "Cannot overwrite" in str(error)
        return {}, text, [_problem(shown, line, _hint(text, line, twice=twice))]
    except RecursionError:
        return {}, text, [_problem(shown, 0, "括号套得太深，读不懂")]


def _line_of(message: str) -> int:
    _, found, rest = message.rpartition("(at line ")
    return int(rest.split(",")[0]) if found else 0


def _hint(text: str, line: int, *, twice: bool) -> str:
    lines = text.split("\n")
    # Never what stands behind the equals sign: it may be a secret.
    name, equals, _ = (lines[line - 1] if 0 < line <= len(lines) else "").partition("=")
    shown = name.strip()[:30] + (" = …" if equals else "")
    if twice:
        return f"“{shown}”前面已经写过，一个文件里只能写一次：请合并，或删去一处"
    return f"这一行写法不对：“{shown}”。文字要加英文引号，每行一个 名称 = 值"


def _problem(path: str, line: int, message: str) -> Problem:
    return Problem(path=path, line=line, severity="error", code="toml", message=message)
