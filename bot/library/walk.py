"""What lies in content/: the texts to be read, what is refused, what is passed over in silence."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from bot.core.model import Problem
from bot.library.decode import why

# What editors and sync tools leave behind is passed over in silence.
_LITTER_PREFIX = ("~$", ".", "._")
_LITTER_SUFFIX = (".bak", ".swp", ".tmp", ".part", "~")
_SUFFIXES = (".md", ".txt")
_OFFICE = {
    ".wps": "WPS 文字的 .wps 读不了：请在 WPS 里另存为 .docx，放进 待导入 文件夹",
    ".doc": "旧式的 .doc 读不了：请另存为 .docx，放进 待导入 文件夹",
    ".docx": "Word 文件不能直接推送：请放进 待导入 文件夹，再用 qingfeng import",
    ".docm": "文件里有宏，不予读取：请另存为不带宏的 .docx，放进 待导入 文件夹",
    **dict.fromkeys((".rtf", ".odt"), "写字板一类的格式读不了：请另存为 .docx，放进 待导入 文件夹"),
    **dict.fromkeys((".htm", ".html", ".mht"), "网页读不了：请把文字粘到记事本里，另存为 .txt"),
    **dict.fromkeys((".markdown", ".text"), "后缀认不出：请把文件名末尾改成 .md 或 .txt"),
}
INTAKE = "待导入"
OTHER_FOLDERS = (
    *("approvals", INTAKE, "待合并"),
    # What Windows and storage boxes keep in a shared folder: thumbnails, and what was thrown away.
    *("$RECYCLE.BIN", "System Volume Information", "#recycle", "@eaDir", "@Recycle"),
)

Stamp = tuple[int, int, int, int]  # time of the words, time of the entry, size, number of the file


@dataclass(frozen=True, slots=True)
class Place:
    """Where a text lies, and what changes when it does."""

    path: str
    shown: str  # how it is called in problems: relative to content/, "/" between folders
    stamp: Stamp
    link: bool = False

    @property
    def name(self) -> str:
        return os.path.basename(self.path)


def walk(content: Path) -> tuple[list[Place], list[Problem]]:
    """Return the texts below `content` in the order of their paths, and what was not read."""
    places: list[Place] = []
    problems: list[Problem] = []
    if not content.is_dir():
        return [], [problem("content", "找不到内容文件夹，请检查配置或新建 content/")]
    root = str(content)
    for entry in _entries(root, root, problems):
        shown = shown_as(entry.path, root)
        if is_text(entry.name) or _is_folder(entry):
            places.append(Place(entry.path, shown, _stamp_of(entry), entry.is_symlink()))
        elif hint := _OFFICE.get(os.path.splitext(entry.name)[1].lower()):
            problems.append(replace(problem(shown, hint), severity="warning", code="office-file"))
    return sorted(places, key=lambda place: place.shown), problems


def _entries(folder: str, root: str, problems: list[Problem]) -> Iterator[os.DirEntry[str]]:
    """Yield all files below a folder, and links to folders, which are not followed."""
    try:
        with os.scandir(folder) as found:
            entries = [entry for entry in found if not is_litter(entry.name)]
    except OSError as error:
        where = shown_as(folder, root)
        problems.append(problem(where, f"文件夹打不开（{why(error)}），里面的内容没有读"))
        return
    for entry in entries:
        if not _is_folder(entry):
            yield entry
        elif entry.is_symlink():
            if entry.name not in OTHER_FOLDERS or entry.name == INTAKE:  # which is not read then
                yield entry
        elif entry.name not in OTHER_FOLDERS:
            yield from _entries(entry.path, root, problems)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link in circles
        return False


def place_of(path: str, content: Path) -> Place | None:
    """Return the place of a plain file in a folder that was walked; None where none is there."""
    try:
        stat = os.lstat(path)
    except OSError:
        return None
    return Place(path, shown_as(path, str(content)), stamp(stat))


def is_text(name: str) -> bool:
    return name.lower().endswith(_SUFFIXES)


def is_litter(name: str) -> bool:
    return name.startswith(_LITTER_PREFIX) or name.endswith(_LITTER_SUFFIX)


def is_no_text(name: str) -> bool:
    """Whether a file's name is bytes that are no text."""
    try:
        name.encode()
    except UnicodeEncodeError:  # half a character stands for a byte
        return True
    return False


def shown_as(path: str, root: str) -> str:
    """Return how a file is called in problems; names that are no text are told as GBK if need be.

    An archive packed on Windows and unpacked on Linux leaves such names.
    """
    name = os.path.relpath(path, root) if path == root else path[len(root) :].lstrip(os.sep)
    name = name.replace(os.sep, "/")
    if name.isascii():
        return name
    return os.fsencode(name).decode("gb18030", "replace") if is_no_text(name) else name


def stamp(stat: os.stat_result) -> Stamp:
    return (stat.st_mtime_ns, stat.st_ctime_ns, stat.st_size, stat.st_ino)


def stamp_at(path: str | Path) -> Stamp:
    """Return the stamp of whatever lies there; zeros where nothing does."""
    try:
        return stamp(os.stat(path))
    except (OSError, ValueError):
        return (0, 0, 0, 0)


def _stamp_of(entry: os.DirEntry[str]) -> Stamp:
    try:
        return stamp(entry.stat())
    except OSError:  # gone since, or a link in circles
        return (0, 0, 0, 0)


def stamps_below(folder: Path) -> tuple[object, ...]:
    """Return what changes when any file in a small folder does."""
    found = []
    for here, folders, files in os.walk(folder):
        paths = (os.path.join(here, name) for name in (*folders, *files))
        found += [(path, stamp_at(path)) for path in paths]
    return tuple(sorted(found))


def is_inside(path: str | Path, root: Path) -> bool:
    """Whether `path` really lies below `root`; a link in circles, or no path at all, does not."""
    try:
        return Path(path).resolve().is_relative_to(root)
    except (OSError, RuntimeError, ValueError):
        return False


def problem(path: str, message: str, line: int = 0) -> Problem:
    return Problem(path=path, line=line, severity="error", code="file", message=message)
