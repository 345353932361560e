"""content/待导入/: what editors wrote in Word becomes items, and nothing of it is lost.

A .docx becomes a draft (状态: 草稿) with a note beside it of what could not be kept; then the Word
file moves to 待导入/已导入/. A note names the digest of its source, so a file that is read twice
(a crash before the move, a copy put there again) makes no second item. What cannot be read
stays where it is, with a note of one sentence. No file that is there is ever written over.
"""

from __future__ import annotations

import hashlib
import os
import re
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from bot.core.content import HEADINGS, KEYS, KINDS, LISTS, parse_item
from bot.core.model import Item, Kind
from bot.library import disk, drafts, word
from bot.library.approvals import usable_id
from bot.library.decode import Unreadable, read_text, why
from bot.library.pack import NOTE
from bot.library.walk import INTAKE
from bot.library.word import BadWord, Line, Table, Word

FOLDER, DONE = INTAKE, "已导入"
TROUBLE = ".说明.txt"
MARK = "源文件校验码："
_OTHER = {
    ".doc": "旧式的 .doc 读不了：请另存为 .docx",
    ".wps": "WPS 文字的 .wps 读不了：请在 WPS 里另存为 .docx",
    ".docm": "文件里有宏，不予读取：请另存为不带宏的 .docx",
}
_ONLY = "这里只收 .docx：别的文件请另存为 .docx，或直接放进内容的文件夹"
_LITTER = ("~$", ".")
LONGEST = 60  # characters of a name that another is made of: a disk takes 85 Chinese ones
MOST_ABOVE = 60  # characters that may stand above a form: its name, a number
_ONE = threading.Lock()  # one at a time: two would take the same 编号


@dataclass(frozen=True, kw_only=True)
class Taken:
    """What became of one Word file."""

    source: str  # its name
    path: str = ""  # of the item, below content/; "" where none was made
    id: str = ""
    title: str = ""
    notes: tuple[str, ...] = ()  # what was not kept, and what to look at
    error: str = ""
    known: bool = False  # it had become an item before


@dataclass(frozen=True, kw_only=True)
class Made:
    """The text of an item, and what to look at."""

    kind: Kind
    id: str
    title: str
    text: str
    notes: tuple[str, ...]


def waiting(content: Path) -> list[Path]:
    """Return the files that lie in 待导入, in the order of their names; notes and litter not."""
    folder = content / FOLDER
    if folder.is_symlink() or (folder / DONE).is_symlink():
        return []  # it leads out of the folder: nothing is read, moved or laid down there
    try:
        found = sorted(folder.iterdir())
    except OSError:
        return []
    return [
        path
        for path in found
        if not path.is_dir()
        and not path.name.startswith(_LITTER)
        and not path.name.endswith((TROUBLE, "~", ".tmp", ".bak", ".part"))
        and path.name != "Thumbs.db"
    ]


def take_in(
    content: Path, paths: Iterable[Path], items: Sequence[Item], today: date
) -> list[Taken]:
    """Make items of files in 待导入; each is moved when its item is there, or gets a note."""
    with _ONE:
        found: list[Taken] = []
        for path in paths:
            taken = _file(content, path, [item.id for item in items], found, today)
            _tell(path, taken.error)
            found.append(taken)
        return found


def take_bytes(content: Path, name: str, data: bytes, items: Sequence[Item], today: date) -> Taken:
    """Make an item of a Word file from anywhere; a copy of it is kept with the others."""
    with _ONE:
        return _bytes(content, name, data, [item.id for item in items], today)


def _file(content: Path, path: Path, ids: list[str], before: Sequence[Taken], today: date) -> Taken:
    if path.suffix.lower() != ".docx":
        return Taken(source=path.name, error=_OTHER.get(path.suffix.lower(), _ONLY))
    try:
        if path.is_symlink() or not path.is_file():
            return Taken(source=path.name, error="不是普通文件，不予读取")
        with path.open("rb") as file:
            data = file.read(word.MOST_BYTES + 1)
    except OSError as error:
        hint = f"打不开（{why(error)}）：请检查权限，或在 WPS 里关掉它"
        return Taken(source=path.name, error=hint)
    taken = _bytes(content, path.name, data, [*ids, *(one.id for one in before)], today)
    if not taken.error:
        path.unlink(missing_ok=True)  # its copy is among the done
    return taken


def _bytes(content: Path, name: str, data: bytes, ids: Sequence[str], today: date) -> Taken:
    digest = hashlib.sha256(data).hexdigest()
    if known := _known(content, digest):
        _keep(content, name, digest, data)
        return Taken(source=name, path=known, known=True)
    try:
        made = make(word.read(data), ids, today)
    except BadWord as error:
        return Taken(source=name, error=str(error))
    if (content / FOLDER).is_symlink() or (content / FOLDER / DONE).is_symlink():
        return Taken(source=name, error="“待导入”是一个通向别处的链接，不予使用：请改成普通文件夹")
    kept = _keep(content, name, digest, data)  # first of all: nothing of it is lost
    path = _free(content, made)
    lines = [f"《{made.title}》由 {name} 转成，原文件在 {kept}。", f"{MARK}{digest}", ""]
    lines += ["没有保留的和请核对的：", *(f"- {note}" for note in made.notes)] if made.notes else []
    lines += ["", "核对完，把稿子里“状态: 草稿”那一行删去，再送审；这份说明看过就可以删。"]
    disk.write(path.with_name(path.stem + NOTE), ("\n".join(lines) + "\n").encode(), mode=0o644)
    _put(path, made.text)  # last: with its note there, nobody makes it twice
    shown = path.relative_to(content).as_posix()
    return Taken(source=name, path=shown, id=made.id, title=made.title, notes=made.notes)


def _known(content: Path, digest: str) -> str:
    """Return the item that a source with this digest became, "" for a new one."""
    for note in content.rglob(f"*{NOTE}"):
        try:
            text = read_text(note)
        except Unreadable:
            continue
        item = note.with_name(note.name.removesuffix(NOTE) + ".md")
        if MARK + digest in text and item.exists():
            return item.relative_to(content).as_posix()
    return ""


def _keep(content: Path, name: str, digest: str, data: bytes) -> str:
    """Keep the source; return where, as an editor would find it."""
    source = Path(name)
    path = content / FOLDER / DONE / f"{source.stem[:LONGEST]}-{digest[:8]}{source.suffix}"
    if not path.exists():
        disk.write(path, data, mode=0o644)
    return f"{FOLDER}/{DONE}/{path.name}"


def _free(content: Path, made: Made) -> Path:
    """Return a path that no item has."""
    folder = content / drafts.FOLDERS[made.kind][0]
    folder.mkdir(parents=True, exist_ok=True)
    name, number = drafts.name_of(made.id, made.title), 1
    path = folder / name
    while path.exists():
        number += 1
        path = folder / f"{name.removesuffix('.md')}-{number}.md"
    return path


def _put(path: Path, text: str) -> None:
    """Write a file that is not there yet (FileExistsError), durably."""
    with path.open("x", encoding="utf-8", newline="\n") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _tell(path: Path, error: str) -> None:
    """Put a note beside a file that became no item, or take one away that no longer holds."""
    note = path.with_name(path.name[:LONGEST] + TROUBLE)
    if not error:
        note.unlink(missing_ok=True)
    elif note.is_symlink() or _said(note) != error:
        disk.write(note, f"{error}\n".encode(), mode=0o644)


def _said(note: Path) -> str:
    try:
        return read_text(note).strip()
    except Unreadable:
        return ""


# -- from words to the text of an item -------------------------------------------------------------


def make(found: Word, ids: Iterable[str], today: date) -> Made:
    """Return the item's text of a document; BadWord where there are no words in it.

    With a table of fields in front it is the template; else the first line is the title and the
    headings are sections.
    """
    notes = list(found.unkept)
    fields, lines = _fields(_led_by_form(found, notes), notes)
    lines = [line for line in lines if line.text.strip()]
    if fields and not fields.get("标题"):
        raise BadWord("模板里还没有填“标题”：填好再放进来")
    if not fields:
        if not lines:
            raise BadWord("文件里没有文字")
        fields["标题"], lines = lines[0].text.strip(), lines[1:]
    kind = _kind(fields.pop("类别", ""), lines, notes)
    item_id = _id(fields.pop("编号", ""), kind, [*ids], notes)
    title = fields["标题"]
    plain = drafts.fields_of(kind, item_id, title, today)
    head = drafts.head_of({**plain, **fields, "状态": "草稿"})
    body = _body(lines)
    text = f"---\n{head}\n---\n\n{body}"
    item, problems = parse_item(text, "")
    assert item is not None  # it has a title and a kind
    notes += [f"请改：{problem.message}" for problem in problems]
    return Made(kind=kind, id=item_id, title=title, text=text, notes=tuple(notes))


def _fields(found: Word, notes: list[str]) -> tuple[dict[str, str], list[Line]]:
    """Return the fields of the table in front, if it is one of fields, and the other lines."""
    if not found.first_table:
        return {}, list(found.lines)
    table = found.tables[0]
    if not _is_form(table):
        notes.append("表格改成了一行一行的文字")
        return {}, [Line(text="　".join(row).replace("\n", "　")) for row in table] + list(
            found.lines
        )
    fields: dict[str, str] = {}
    for row in table:
        key, values = (
            _key(row[0]),
            [cell for cell in row[1:] if cell.strip()],
        )
        parts = [part.strip() for value in values for part in value.split("\n") if part.strip()]
        value = ("、" if KEYS.get(key) in LISTS else " ").join(parts)
        if not value:
            continue
        if key in KEYS and key not in fields and key != "状态":
            fields[key] = value
            if len(parts) > 1:
                notes.append(f"“{key}”有几段，并成了一行")
        else:
            notes.append(f"字段表里的“{key}”没有用上：“{value}”")
    return fields, list(found.lines)


def _key(cell: str) -> str:
    """Return the field a cell names: 标　题： as forms space it is 标题."""
    return re.sub(r"\s+", "", cell).rstrip("：:")


def _is_form(table: Table) -> bool:
    return sum(_key(row[0]) in KEYS for row in table if len(row) > 1) >= 2


def _led_by_form(found: Word, notes: list[str]) -> Word:
    """Return a document whose form stands under a line or two (稿件登记表) as if it came first."""
    if found.first_table or not found.tables or not _is_form(found.tables[0]):
        return found
    rows = ["　".join(row) for row in found.tables[0]]
    texts = [line.text for line in found.lines]
    at = texts.index(rows[0])
    before = [text.strip() for text in texts[:at] if text.strip()]
    if sum(map(len, before)) > MOST_ABOVE:
        return found
    if (told := "表格（改成了一行一行的文字） 1 处") in notes:
        notes.remove(told)
    notes.append(f"表格上面的“{'；'.join(before)}”没有写进正文")
    return replace(found, first_table=True, lines=found.lines[at + len(rows) :])


def _kind(written: str, lines: Sequence[Line], notes: list[str]) -> Kind:
    if written in KINDS:
        return KINDS[written]
    if written:
        notes.append(f"“类别: {written}”不认识")
    headings = {line.text.strip() for line in lines if line.level}
    shared = {kind: len(headings & set(names)) for kind, names in HEADINGS.items()}
    kind = max(shared, key=lambda one: shared[one])
    if not shared[kind]:
        kind = Kind.STUDY
    how = "按小标题看像是" if shared[kind] else "看不出来，先写成"
    notes.append(f"类别{how}“{kind}”，请核对；不对就改“类别”和小标题")
    return kind


def _id(written: str, kind: Kind, ids: list[str], notes: list[str]) -> str:
    taken = {item_id.casefold() for item_id in ids}
    if written and usable_id(written) and written.casefold() not in taken:
        return written
    new = drafts.free_id(drafts.FOLDERS[kind][1], ids)
    if written:
        notes.append(f"编号“{written}”已有人用，或不能用，改成了 {new}")
    return new


def _body(lines: Sequence[Line]) -> str:
    """Return paragraphs with a blank line between, points of a list close together."""
    out: list[str] = []
    for n, text in enumerate(word.plain(lines)):
        text = text.strip()
        close = n > 0 and lines[n].listed and lines[n - 1].listed
        out += [text] if close or not out else ["", text]
    return "\n".join(out) + "\n"
