"""Reads content/, schedules/ and the approvals into one Library; every problem a value."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from bot.core import holding, messages, review
from bot.core.calendar import Calendar, Override
from bot.core.content import digest_of, has_head, parse_item
from bot.core.idle import idle_rules
from bot.core.lint import lint
from bot.core.lint.fillable import unfilled
from bot.core.model import Item, Kind, Problem
from bot.core.schedules import (
    Schedules,
    at_odds,
    line_of,
    node_names,
    parse_nodes,
    parse_overrides,
    parse_rules,
)
from bot.library import approvals, holds
from bot.library.approvals import Approval
from bot.library.decode import Unreadable, read_text, read_toml, why
from bot.library.holds import Hold
from bot.library.memory import Memory
from bot.library.words import leaders_of, load_lexicon

# What editors and sync tools leave behind is passed over in silence.
_LITTER_PREFIX = ("~$", ".", "._")
_LITTER_SUFFIX = (".bak", ".swp", ".tmp", ".part", "~")
_SUFFIXES = (".md", ".txt")
_OFFICE = {
    ".wps": "WPS 文字的 .wps 读不了：请在 WPS 里另存为 .docx，放进 待导入 文件夹",
    ".doc": "旧式的 .doc 读不了：请另存为 .docx，放进 待导入 文件夹",
    ".docx": "Word 文件不能直接推送：请放进 待导入 文件夹，再用 qingfeng import",
}
_YEAR = re.compile(r"20\d\d", re.ASCII)
_OTHER_FOLDERS = ("approvals", "待导入", "待合并")
_OVERRIDES = "schedules/overrides"
MAX_ATTACHMENT = 20 * 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Library:
    """Everything people wrote, as it stands on disk."""

    items: tuple[Item, ...] = ()
    problems: tuple[Problem, ...] = ()
    blocked: dict[str, str] = field(default_factory=dict)  # item id -> why it may not be sent
    schedules: Schedules = field(default_factory=Schedules)
    hold: str = ""  # why nothing at all may be sent: days off cannot be told from workdays

    @property
    def calendar(self) -> Calendar:
        return self.schedules.calendar

    def item(self, item_id: str) -> Item | None:
        wanted = item_id.casefold()
        return next((item for item in self.items if item.id.casefold() == wanted), None)


Signature = tuple[tuple[str, int, int], ...]


@dataclass(frozen=True, kw_only=True)
class Folders:
    """Where the files are, and what makes an approval complete."""

    content: Path
    schedules: Path
    data: Path
    steps: tuple[str, ...] = ("终审",)
    kinds: Mapping[Kind, tuple[str, ...]] = field(default_factory=dict)  # steps of its own
    review: bool = True
    memory: Memory = field(default_factory=Memory, compare=False)

    @property
    def approvals(self) -> Path:
        return self.content / "approvals"

    def steps_of(self, item: Item) -> tuple[str, ...]:
        return review.steps_of(item, self.steps, self.kinds, leaders_of(self.content))

    def said_of(self, item: Item, key: bytes) -> list[Approval]:
        """Return what was said of an item, in order of time: by its files, and as remembered."""
        return self.memory.with_stops(item.id, approvals.read(self.approvals, item.id, key))

    def holds(self) -> tuple[Hold, ...]:
        """Return the halts in force. ValueError where their file cannot be read."""
        return self.memory.with_holds(holds.read(self.data))


def load(folders: Folders, today: date) -> Library:
    """Read everything once; what is wrong is in `problems` and never stops the rest."""
    schedules, problems = load_schedules(folders.schedules)
    words = _examined(folders, today, schedules)
    return _load(folders, words, schedules, problems, _hold(problems))


def _load(
    folders: Folders,
    words: tuple[list[Item], list[Problem]],
    schedules: Schedules,
    found: Sequence[Problem],
    hold: str,
    before: Sequence[Item] = (),
) -> Library:
    items, more = words
    problems = [*found, *more]
    kept = _kept(items, problems, before)
    faulty = {problem.path for problem in errors(problems)} - {item.path for item in kept}
    items = sorted([*items, *kept], key=lambda item: item.path) if kept else items
    key = approvals.seal_key(folders.data) if folders.review else b""
    held, unreadable = _halts(folders)
    blocked = {item.id: _held(item, held) or _blocked(item, folders, key, faulty) for item in items}
    return Library(
        items=tuple(items),
        problems=tuple(problems),
        blocked=blocked,
        schedules=schedules,
        hold=hold or unreadable,
    )


def _kept(items: Sequence[Item], problems: Sequence[Problem], before: Sequence[Item]) -> list[Item]:
    """Return the last good versions of files that are no item any more: emptied, cut off, garbled.

    What can be read is what its author wants now, good or bad; only what cannot be is not.
    """
    broken = {problem.path for problem in errors(problems)} - {item.path for item in items}
    ids = {item.id.casefold() for item in items}
    return [item for item in before if item.path in broken and item.id.casefold() not in ids]


def _halts(folders: Folders) -> tuple[list[str], str]:
    """Return the words that are halted; where they cannot be read, why nothing may be sent."""
    try:
        return [hold.word for hold in folders.holds()], ""
    except ValueError as error:
        return [], messages.HOLD_UNREADABLE.format(error)


def _held(item: Item, words: Sequence[str]) -> str:
    word = holding.held_by(item, words) if words else ""
    return messages.BLOCK_HELD.format(word) if word else ""


def examine_folders(folders: Folders, today: date) -> tuple[list[Item], list[Problem]]:
    """Return every item and everything that is wrong, without asking who approved what."""
    schedules, problems = load_schedules(folders.schedules)
    items, more = _examined(folders, today, schedules)
    return items, problems + more


def _examined(
    folders: Folders, today: date, schedules: Schedules
) -> tuple[list[Item], list[Problem]]:
    items, problems = load_items(folders.content)
    lexicon, more = load_lexicon(folders.content, today)
    empty = unfilled(schedules.nodes, schedules.calendar, today)
    problems += more + lint(items, today, schedules.known, lexicon, empty)
    return items, problems + idle_rules(schedules, items, today)


def _hold(problems: Sequence[Problem]) -> str:
    """Return why nothing may be sent: an override that is not read makes workdays of days off."""
    paths = [problem.path for problem in errors(problems) if problem.path.startswith(_OVERRIDES)]
    return messages.HOLD_OVERRIDES.format(paths[0]) if paths else ""


def _blocked(item: Item, folders: Folders, key: bytes, faulty: set[str]) -> str:
    if item.path in faulty:
        return messages.BLOCK_FAULTY
    if item.status:
        return messages.BLOCK_STATUS.format(item.status)
    if not folders.review:
        return ""
    return approvals.why_blocked(item, folders.said_of(item, key), folders.steps_of(item))


def load_items(content: Path) -> tuple[list[Item], list[Problem]]:
    """Return the items below `content` in the order of their paths, and the problems."""
    items: list[Item] = []
    problems: list[Problem] = []
    if not content.is_dir():
        return [], [_problem("content", "找不到内容文件夹，请检查配置或新建 content/")]
    root = content.resolve()
    for path in _candidates(content, problems):
        item, found = _load_item(path, _shown(path, content), root)
        problems += found
        if item is not None:
            items.append(item)
    return items, problems


def _candidates(content: Path, problems: list[Problem]) -> Iterator[Path]:
    def unreadable(error: OSError) -> None:
        where = _shown(Path(error.filename), content)
        problems.append(_problem(where, f"文件夹打不开（{why(error)}），里面的内容没有读"))

    for folder, names, files in os.walk(content, onerror=unreadable):
        names[:] = sorted(n for n in names if n not in _OTHER_FOLDERS and not _litter(n))
        yield from (Path(folder) / name for name in names if (Path(folder) / name).is_symlink())
        for name in sorted(files):
            path = Path(folder) / name
            if name.lower().endswith(_SUFFIXES) and not _litter(name):
                yield path
            elif (hint := _OFFICE.get(path.suffix.lower())) and not _litter(name):
                problems.append(_warning(_shown(path, content), hint))


def _shown(path: Path, content: Path) -> str:
    """Return how a file is called in problems; names that are no text are told as GBK if need be.

    An archive packed on Windows and unpacked on Linux leaves such names.
    """
    name = path.relative_to(content).as_posix()
    raw = os.fsencode(name)
    return raw.decode("gb18030" if _no_text(name) else "utf-8", "replace")


def _no_text(name: str) -> bool:
    return any("\ud800" <= char <= "\udfff" for char in name)


def _litter(name: str) -> bool:
    return name.startswith(_LITTER_PREFIX) or name.endswith(_LITTER_SUFFIX)


def _load_item(path: Path, shown: str, root: Path) -> tuple[Item | None, list[Problem]]:
    if not _inside(path, root):
        return None, [_problem(shown, "链接指向内容文件夹之外，不予读取")]
    if _no_text(path.name):
        return None, [_problem(shown, "文件名的编码不对，请改名后再放进来")]
    try:
        text = read_text(path)
    except Unreadable as error:
        return None, [_problem(shown, str(error))]
    note = path.name.lower().startswith("readme") or path.suffix.lower() == ".txt"
    if note and not has_head(text):
        return None, []  # notes lying about are not items
    item, problems = parse_item(text, shown)
    if item is None:
        return None, problems
    if not approvals.usable_id(item.id):
        hint = f"编号“{item.id}”只能有字母、数字、汉字、- 和 _，最多 40 个；请写一行 编号: …"
        problems.append(_problem(shown, hint, item.lines.get("id", 1)))
    if not item.attachments:
        return item, problems
    digests, found = _attachments(item, path.parent, root)
    item = replace(item, attached=digests)
    return replace(item, digest=digest_of(item)), problems + found


def _inside(path: Path, root: Path) -> bool:
    """Whether `path` really lies below `root`; a link in circles, or no path at all, does not."""
    try:
        return path.resolve().is_relative_to(root)
    except (OSError, RuntimeError, ValueError):
        return False


def _attachments(item: Item, folder: Path, root: Path) -> tuple[dict[str, str], list[Problem]]:
    """Return the sha256 of each attachment: an approval binds to their bytes too."""
    digests: dict[str, str] = {}
    problems: list[Problem] = []
    for name in item.attachments:
        try:
            digests[name] = _attachment(folder / name, root)
        except ValueError as error:
            hint = f"附件“{name}”{error}"
            problems.append(_problem(item.path, hint, item.lines.get("attachments", 0)))
    return digests, problems


def _attachment(path: Path, root: Path) -> str:
    """Return the sha256 of one attachment; ValueError says what is wrong with it."""
    try:
        if not _inside(path, root) or not path.is_file():
            raise ValueError("不在内容文件夹里，请放到同一文件夹")
        if path.stat().st_size > MAX_ATTACHMENT:
            raise ValueError("超过 20 MB，企业微信不收")
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise ValueError(f"打不开（{why(error)}）") from None


def load_schedules(folder: Path) -> tuple[Schedules, list[Problem]]:
    """Read nodes.toml, rhythm.toml and overrides/<year>.toml."""
    problems: list[Problem] = []
    data, text, found = read_toml(folder / "nodes.toml", "schedules/nodes.toml")
    nodes, more = parse_nodes(data, text, "schedules/nodes.toml")
    problems += found + more
    known = node_names(data)
    data, text, found = read_toml(folder / "rhythm.toml", "schedules/rhythm.toml")
    rules, more = parse_rules(data, text, "schedules/rhythm.toml")
    problems += found + more
    lines = {rule.key: line_of(text, f"[{rule.key}]") for rule in rules}
    overrides: dict[date, Override] = {}
    announced: set[int] = set()
    for path in _overrides(folder / "overrides", problems):
        shown = f"{_OVERRIDES}/{path.name}"
        if not _YEAR.fullmatch(path.stem):
            problems.append(_problem(shown, "文件名应是年份，如 2027.toml"))
            continue
        data, text, found = read_toml(path, shown)
        days, whole, more = parse_overrides(data, text, shown, int(path.stem))
        problems += found + more + at_odds(overrides, days, text, shown)
        if not (data or found):  # cut off by a crash, or caught while it is being written
            problems.append(_problem(shown, "文件是空的；不需要它就请删去"))
        overrides |= days
        if whole:
            announced.add(int(path.stem))
    return Schedules(
        nodes=nodes,
        known=known,
        rules=rules,
        rule_lines=lines,
        overrides=overrides,
        announced=frozenset(announced),
    ), problems


def _overrides(folder: Path, problems: list[Problem]) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if _is_override(path.name))
    except FileNotFoundError:
        return []
    except OSError as error:
        problems.append(_problem(_OVERRIDES, f"文件夹打不开（{why(error)}），放假安排没有读"))
        return []


def _is_override(name: str) -> bool:
    return name.endswith(".toml") and not _litter(name)


def signature(folders: Folders) -> Signature:
    """Return what changes when any file does: path, mtime in ns, size of each."""
    return tuple(
        (str(path), stat.st_mtime_ns, stat.st_size)
        for root in (folders.content, folders.schedules)
        for path in sorted(root.rglob("*"))
        if (stat := _stat(path)) is not None
    )


def _stat(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except OSError:  # gone between the listing and here
        return None


class Shelf:
    """The library as it is now: read again when a file or the day has changed."""

    def __init__(self, folders: Folders) -> None:
        self.folders = folders
        self._seen: tuple[object, ...] = ()
        self._library = Library()
        self._read_from: tuple[object, ...] = ()
        self._words: tuple[list[Item], list[Problem]] = ([], [])
        self._good: Schedules | None = None  # the last ones that were read without an error

    def now(self, today: date) -> Library:
        files = signature(self.folders)
        seen = (today, files, holds.stamp(self.folders.data), self.folders.memory.version)
        if seen != self._seen:
            self._library, self._seen = self._read(today, files), seen
        return self._library

    def _read(self, today: date, files: Signature) -> Library:
        """A schedule that somebody breaks while we run must not turn a day off into a workday."""
        schedules, problems = load_schedules(self.folders.schedules)
        hold = ""
        if not errors(problems):
            self._good = schedules
        elif self._good is None:
            hold = _hold(problems)
        else:
            schedules = self._good
        # An approval or a halt changes no word: a hundred of them need one examination.
        approved = str(self.folders.approvals) + os.sep
        source = (today, *(one for one in files if not (one[0] + os.sep).startswith(approved)))
        if source != self._read_from:
            self._words = _examined(self.folders, today, schedules)
            self._read_from = source
        return _load(self.folders, self._words, schedules, problems, hold, self._library.items)


def errors(problems: Sequence[Problem]) -> list[Problem]:
    return [problem for problem in problems if problem.severity == "error"]


def _warning(path: str, message: str) -> Problem:
    return replace(_problem(path, message), severity="warning", code="office-file")


def _problem(path: str, message: str, line: int = 0) -> Problem:
    return Problem(path=path, line=line, severity="error", code="file", message=message)
