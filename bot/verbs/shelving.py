"""The library at the console: the texts and how they stand, one of them as a form, and saved."""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from bot.core import messages, policy
from bot.core.content import HEADINGS, KINDS, parse_item
from bot.core.form import Form, box_of, form_of, text_of
from bot.core.lint import Frame, examine
from bot.core.model import Item, Kind, Problem
from bot.engine import preview as previewed
from bot.engine.bureau import Bureau
from bot.library import approvals, disk, drafts
from bot.library.decode import Unreadable, decode, encoding_of
from bot.library.library import Library
from bot.library.words import load_lexicon
from bot.verbs import desk, reviewing
from bot.verbs.asking import Mistake, Params, item_of

PAGE = 50  # texts on one page
STATES = ("ready", "review", "returned", "faulty", "held", "draft", "off", "time")
MOST_BYTES = 200_000  # of one text


async def texts(bureau: Bureau, now: datetime, params: Params) -> dict[str, Any]:
    """The texts that pass the filters, a page of them, and how many stand how."""
    library = bureau.library(now.date())
    wanted, kind = str(params.get("state") or ""), str(params.get("kind") or "")
    asked = str(params.get("q") or "").strip().casefold()
    page = max(1, int(params.get("page") or 1))
    counts: dict[str, int] = dict.fromkeys(STATES, 0)
    found: list[tuple[Item, str]] = []
    for item in library.items:
        state = state_of(item, library)
        counts[state] += 1
        if (wanted and state != wanted) or (kind and item.kind != kind):
            continue
        if asked and asked not in f"{item.id} {item.title} {' '.join(item.nodes)}".casefold():
            continue
        found.append((item, state))
    shown = found[(page - 1) * PAGE : page * PAGE]
    broken = [one for one in library.problems if one.severity == "error"]
    return {
        "rows": [_row(item, state, library) for item, state in shown],
        "count": len(found),
        "page": page,
        "pages": max(1, -(-len(found) // PAGE)),
        "counts": counts,
        "problems": [[one.path, one.line, one.message] for one in broken[:PAGE]],
        "kinds": [str(one) for one in Kind],
    }


def state_of(item: Item, library: Library) -> str:
    """Return which of STATES a text is in, by why it may not be sent."""
    if item.status:
        return "draft" if item.status == "草稿" else "off"
    why = library.blocked.get(item.id, "")
    if not why:
        return "ready"
    if why == messages.BLOCK_FAULTY:
        return "faulty"
    if why.endswith(messages.BLOCK_HELD.rpartition("}")[2]):
        return "held"
    if why in (messages.BLOCK_EXPIRED, messages.BLOCK_EARLY):
        return "time"
    if why.startswith(messages.BLOCK_RETURNED.partition("{")[0]) and "退回" in why:
        return "returned"
    return "review"


def _row(item: Item, state: str, library: Library) -> dict[str, Any]:
    return {
        "id": item.id,
        "title": item.title,
        "kind": str(item.kind),
        "path": item.path,
        "author": item.author,
        "state": state,
        "why": library.blocked.get(item.id, ""),
    }


async def text(bureau: Bureau, now: datetime, params: Params) -> dict[str, Any]:
    """One text: how it looks, what is found, what changed, who has passed it."""
    item = item_of(bureau, now, str(params["item"]))
    library = bureau.library(now.date())
    stands = reviewing.standing_of(bureau.shelf.folders, item)
    opens = policy.next_permitted(now, bureau.policy, library.calendar.is_workday)
    sent = [push for push in await bureau.store.pushes() if push.item == item.id and push.sent_at]
    return {
        **_row(item, state_of(item, library), library),
        "status": item.status,
        "digest": item.digest,
        "review": bureau.review,
        "next": [*stands.missing, ""][0],
        "returned": stands.returned,
        **await desk.judged(bureau, now, item, stands),
        "opens": opens.isoformat() if opens > now else None,
        "targets": [[one.id, one.name] for one in bureau.targets if not one.office],
        "sent": [[push.key, push.sent_at.isoformat()] for push in sent if push.sent_at][-12:],
    }


# -- writing ---------------------------------------------------------------------------------------


async def opened(bureau: Bureau, now: datetime, params: Params) -> dict[str, Any]:
    """A text to be filled in: one that is there (`item`), a copy of it, or a new one of a `kind`.

    `mark` stands for the file as it was read: saving over what somebody else saved is refused.
    """
    library = bureau.library(now.date())
    if params.get("item"):
        item = item_of(bureau, now, str(params["item"]))
        data = await asyncio.to_thread(_bytes_of, bureau.shelf.folders.content / item.path)
        form = form_of(_decoded(data, item.path))
        if form is None:
            raise Mistake(f"{item.path} 找不到字段区，请用记事本打开改正")
        if not params.get("copy"):
            return _form_json(form, path=item.path, mark=_mark(data))
        fresh = drafts.draft(item.kind, item.title, library.items, now.date())
        new = form_of(fresh.text)
        assert new is not None
        kept = {key: new.fields[key] for key in ("编号", "生效", "失效", "状态")}
        copied = Form(fields={**form.fields, **kept}, sections=form.sections, more=form.more)
        return _form_json(copied, path="", mark="")
    kind = KINDS.get(str(params.get("kind") or ""))
    if kind is None:
        raise Mistake(f"请选类别：{'、'.join(Kind)}")
    made = form_of(drafts.draft(kind, "", library.items, now.date()).text)
    assert made is not None
    return _form_json(made, path="", mark="")


async def tried(bureau: Bureau, now: datetime, params: Params) -> dict[str, Any]:
    """What `check` says of words that are not saved yet, and how much room they take."""
    text = text_of(_form(params))
    library = bureau.library(now.date())
    path = str(params.get("path") or "") or "新建.md"
    item, problems = parse_item(text, path)
    used: list[str] = []
    if item is not None:
        lexicon, _ = load_lexicon(bureau.shelf.folders.content, now.date())
        nodes = frozenset(node.name for node in library.schedules.nodes)
        rooms = bureau.shelf.folders.rooms
        frame = Frame(today=now.date(), nodes=nodes, lexicon=lexicon, rooms=rooms)
        problems = [*problems, *examine(item, frame)]
        plan = bureau.plan(library)
        for view in previewed.views(item, now.date(), bureau, plan, desk.channels_of(bureau)):
            used.append(_used(view, item.kind is Kind.NODE))
        other = library.item(item.id)
        if other is not None and other.path != params.get("path"):
            problems = [*problems, _twice(item, other)]
    return {
        "problems": [[one.severity, one.message, box_of(text, one.line)] for one in problems],
        "used": list(dict.fromkeys(line for line in used if line)),
    }


async def save(bureau: Bureau, now: datetime, params: Params) -> dict[str, Any]:
    """Write the file of a text; what was approved of it holds on only for the same words."""
    form, kind = _form(params), _form(params).kind
    path, mark = str(params.get("path") or ""), str(params.get("mark") or "")
    if kind is None:
        raise Mistake(f"请选类别：{'、'.join(Kind)}")
    library = bureau.library(now.date())
    if not form.fields.get("编号", "").strip() and not path:
        number = drafts.free_id(drafts.FOLDERS[kind][1], [one.id for one in library.items])
        form = replace(form, fields={**form.fields, "编号": number})
    text = text_of(form)
    title = " ".join(form.fields.get("标题", "").split())
    if not title:
        raise Mistake("请填标题")
    if len(text.encode()) > MOST_BYTES:
        raise Mistake("文字太长了，请分成几篇")
    item, _ = parse_item(text, path or "新建.md")
    if item is None or not approvals.usable_id(item.id):
        raise Mistake("编号只能有字母、数字、汉字、- 和 _，最多 40 个字")
    other = library.item(item.id)
    if other is not None and other.path != path:
        raise Mistake(f"编号 {other.id} 已经是《{other.title}》的，请换一个编号")
    content = bureau.shelf.folders.content
    if not path:
        folder = drafts.FOLDERS[kind][0]
        path = f"{folder}/{drafts.name_of(item.id, title)}"
        await asyncio.to_thread(_put_new, content, path, text)
    else:
        known = {one.path for one in library.items}
        if path not in known:
            raise Mistake(f"内容库里没有 {path}：可能刚被改名或删去，请另存为新的一篇")
        await asyncio.to_thread(_put_over, content / path, text, mark)
    saved = bureau.library(now.date())
    found = next((one for one in saved.items if one.path == path), None)
    return {"path": path, "item": found.id if found else "", "title": title}


def _form(params: Params) -> Form:
    fields, sections = params.get("fields") or {}, params.get("sections") or {}
    if not isinstance(fields, Mapping) or not isinstance(sections, Mapping):
        raise Mistake(messages.BAD_REQUEST)
    return Form(
        fields={str(key): str(value) for key, value in fields.items()},
        sections={str(key): str(value) for key, value in sections.items()},
        more=str(params.get("more") or ""),
    )


def _form_json(form: Form, *, path: str, mark: str) -> dict[str, Any]:
    known = HEADINGS[form.kind] if form.kind else ()
    sections = {"": form.sections.get("", ""), **dict.fromkeys(known, ""), **form.sections}
    return {
        "fields": dict(form.fields),
        "sections": [[name, sections[name]] for name in sections],
        "there": [name for name in form.sections if name],
        "more": form.more,
        "path": path,
        "mark": mark,
        "kinds": [str(one) for one in Kind],
    }


def _used(view: Mapping[str, Any], node: bool) -> str:
    """Tell how much room a message takes, under the name of its way and part."""
    sizes = [f"{what} {size}/{limit} {unit}" for what, size, limit, unit in view["used"] if limit]
    told = view["error"] or "，".join(sizes)
    way = view["way"]
    part = f" · {messages.PART_NAMES.get(view['part'], view['part'])}" if node else ""
    return f"{way}{part}：{told}" if told else ""


def _twice(item: Item, other: Item) -> Problem:
    words = f"编号 {item.id} 已经是《{other.title}》的，请换一个"
    return Problem(path=item.path, line=0, severity="error", code="item-twice", message=words)


# -- files -----------------------------------------------------------------------------------------


def _bytes_of(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise Mistake(f"{path.name} 刚被改名或删去，请回到内容列表再找") from None


def _decoded(data: bytes, path: str) -> str:
    try:
        return decode(data)
    except Unreadable as error:
        raise Mistake(f"{path}：{error}") from None


def _mark(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _put_new(content: Path, path: str, text: str) -> None:
    try:
        drafts.write(content, drafts.Draft(path=path, text=text))
    except FileExistsError:
        raise Mistake(f"已有同名的文件：{path}，请改一下编号或标题") from None


def _put_over(path: Path, text: str, mark: str) -> None:
    """Replace a file as a whole, in its own encoding and line ends."""
    before = _bytes_of(path)
    if path.is_symlink():
        raise Mistake(f"{path.name} 是一个链接，请直接改它指向的文件")
    if _mark(before) != mark:
        raise Mistake("您打开之后，别人改过这一篇：请另开一页看新的一稿，把您的改动并进去再保存")
    encoding = encoding_of(before) or "utf-8"
    ends = "\r\n" if b"\r\n" in before else "\n"
    try:
        data = text.replace("\n", ends).encode(encoding)
    except UnicodeEncodeError:  # GBK has no sign for it: then the file becomes UTF-8
        data = text.replace("\n", ends).encode("utf-8-sig")
    disk.write(path, data, mode=os.stat(path).st_mode & 0o777)
