"""One file of content/ to an Item, with what is wrong in the reading of it."""

from __future__ import annotations

import hashlib
import os
import posixpath
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from bot.core.content import digest_of, has_head, parse_words
from bot.core.model import Item, Problem
from bot.library import approvals
from bot.library.decode import Unreadable, decode, read_bytes, why
from bot.library.media import is_whole
from bot.library.walk import Place, is_inside, is_no_text, problem, walk

MIN_ATTACHMENT, MAX_ATTACHMENT = 6, 20 * 1024 * 1024  # bytes (wecom/api.md §8.1)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a file's bytes say: an item, or none, and what is wrong with it."""

    item: Item | None
    problems: tuple[Problem, ...] = ()


def load_items(content: Path) -> tuple[list[Item], list[Problem]]:
    """Return the items below `content` in the order of their paths, and the problems."""
    items: list[Item] = []
    places, problems = walk(content)
    root = content.resolve()
    for place in places:
        data, refused = bytes_of(place, root)
        read = reading(place, data) if data is not None else Reading(None)
        problems += [*refused, *read.problems]
        if read.item is not None:
            item, found = sealed(read.item, Path(place.path).parent, root)
            items.append(item)
            problems += found
    return items, problems


def bytes_of(place: Place, root: Path) -> tuple[bytes | None, list[Problem]]:
    """Return what a file holds, None with the reason where it is not to be read."""
    if place.link and not is_inside(place.path, root):
        return None, [problem(place.shown, "链接指向内容文件夹之外，不予读取")]
    if is_no_text(place.name):
        return None, [problem(place.shown, "文件名的编码不对，请改名后再放进来")]
    try:
        return read_bytes(place.path), []
    except Unreadable as error:
        return None, [problem(place.shown, str(error))]


def reading(place: Place, data: bytes) -> Reading:
    """Turn bytes into an item; its attachments, and so its digest, are another matter."""
    try:
        text = decode(data)
    except Unreadable as error:
        return Reading(None, (problem(place.shown, str(error)),))
    name = place.name.lower()
    if (name.startswith("readme") or name.endswith(".txt")) and not has_head(text):
        return Reading(None)  # notes lying about are not items
    item, problems = parse_words(text, place.shown)
    if item is not None and not approvals.usable_id(item.id):
        hint = (
            f"编号“{item.id}”只能有字母、数字、汉字、- 和 _，最多 40 个，也不能是 CON、NUL 一类；"
            "请写一行 编号: …"
        )
        problems.append(problem(place.shown, hint, item.lines.get("id", 1)))
    return Reading(item, tuple(problems))


def sealed(item: Item, folder: Path, root: Path) -> tuple[Item, list[Problem]]:
    """Return an item with its digest: an approval binds to the bytes of its attachments too."""
    digests: dict[str, str] = {}
    problems: list[Problem] = []
    for name in item.attachments:
        try:
            digests[name] = _attachment(folder / name, root)
        except ValueError as error:
            hint = f"附件“{name}”{error}"
            problems.append(problem(item.path, hint, item.lines.get("attachments", 0)))
    whole = replace(item, attached=digests) if digests else item
    return replace(whole, digest=digest_of(whole)), problems


def _attachment(path: Path, root: Path) -> str:
    """Return the sha256 of one attachment; ValueError says what is wrong with it."""
    try:
        if not is_inside(path, root) or not path.is_file():
            raise ValueError("不在内容文件夹里，请放到同一文件夹")
        if path.stat().st_size > MAX_ATTACHMENT:
            raise ValueError("超过 20 MB，企业微信不收")
        data = path.read_bytes()
        if len(data) < MIN_ATTACHMENT:
            raise ValueError("几乎是空的，企业微信不收，请重新导出后再放进来")
        if not is_whole(path.name, data):
            raise ValueError("损坏了，或者不是它后缀所说的格式，请重新导出后再放进来")
        return hashlib.sha256(data).hexdigest()
    except OSError as error:
        raise ValueError(f"打不开（{why(error)}）") from None


def unattached(problems: Iterable[Problem], items: Iterable[Item]) -> list[Problem]:
    """Return what was not read in content/, less the files that belong to a text."""
    found = list(problems)
    if not any(one.code == "office-file" for one in found):
        return found
    known = {
        posixpath.normpath(posixpath.join(posixpath.dirname(item.path), name))
        for item in items
        for name in item.attachments
    }
    return [one for one in found if one.code != "office-file" or one.path not in known]


def beside(place: Place, item: Item | None) -> list[str]:
    """Return the paths of what is attached to a text."""
    names = item.attachments if item is not None else ()
    return [os.path.join(os.path.dirname(place.path), name) for name in names]
