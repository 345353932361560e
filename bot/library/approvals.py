"""Approvals: one sealed file each, written once by the program, never edited (DESIGN §5).

The seal is an HMAC with a key in the data folder. A file that was typed, copied from another
installation, or moved to another item or digest approves nothing.

A text that is sent back (退回) or withdrawn (收回) gets a file of the same kind: what was said is
added to, never changed, and where a text stands is worked out from all of it, in order of time.
"""

from __future__ import annotations

import errno
import hashlib
import hmac
import json
import os
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from bot.core import messages
from bot.core.model import Item
from bot.core.review import authors_of, same
from bot.library import disk
from bot.library.decode import read_text

COMMAND_LINE, PERSONAL_LINK, ON_PAPER = "本机命令行", "个人链接+口令", "线下签批登记"
SIGNED_IN = "企业微信登录"
BOT_CARD, APP_CARD = "机器人卡片", "应用卡片"
AGREED, RETURNED, WITHDRAWN = "同意", "退回", "收回"
NAME = re.compile(r"[0-9A-Za-z_\-\u4e00-\u9fff]{1,40}")
KEY_BYTES = 32
_FIELDS = ("id", "digest", "step", "who", "when", "how", "sources_checked")
_MORE = ("verdict", "note")  # absent where a plain approval says nothing more
MAX_NOTE = 200  # characters


@dataclass(frozen=True, kw_only=True)
class Approval:
    """Who let which words pass, when, and how it is known that it was they."""

    id: str
    digest: str
    step: str  # 终审
    who: str
    when: datetime
    how: str
    sources_checked: bool
    verdict: str = AGREED
    note: str = ""  # why it was returned or withdrawn; the number of the signed form

    @property
    def plain(self) -> bool:
        return self.verdict == AGREED and not self.note

    def seal(self, key: bytes) -> str:
        names = _FIELDS if self.plain else _FIELDS + _MORE
        said = json.dumps([str(getattr(self, name)) for name in names])
        return hmac.new(key, said.encode(), hashlib.sha256).hexdigest()


@dataclass(frozen=True, kw_only=True)
class Standing:
    """How far a text's present words have come, by what was said of them."""

    steps: tuple[str, ...]
    passed: Mapping[str, Approval] = field(default_factory=dict)
    stopped: Approval | None = None  # who returned or withdrew them last, until somebody approves
    edited: bool = False  # other words of the same item were approved once

    @property
    def missing(self) -> tuple[str, ...]:
        return tuple(step for step in self.steps if step not in self.passed)

    @property
    def returned(self) -> bool:
        """Whether somebody sent these very words back: what is awaited is a new version."""
        return self.stopped is not None and self.stopped.verdict == RETURNED

    @property
    def why(self) -> str:
        """Why these words may not be sent, "" when every step passed."""
        if self.stopped is not None:
            return _stopped(self.stopped)
        if not self.missing:
            return ""
        if self.passed:
            return messages.BLOCK_STEPS.format("、".join(self.missing))
        return messages.BLOCK_EDITED if self.edited else messages.BLOCK_NOT_APPROVED


def usable_id(item_id: str) -> bool:
    """Whether a 编号 can name a folder: letters, digits, Chinese, - and _, at most 40."""
    return bool(NAME.fullmatch(item_id)) and not disk.DEVICE.match(item_id)


def seal_key(data: Path) -> bytes:
    """Return this installation's sealing key, made on first use (mode 0600)."""
    path = data / "seal.key"
    if not path.exists():
        data.mkdir(parents=True, exist_ok=True)
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(file, "wb") as out:
            out.write(os.urandom(KEY_BYTES))
            out.flush()
            os.fsync(out.fileno())
    key = path.read_bytes()
    if len(key) != KEY_BYTES:  # a short one could be guessed, and every seal forged
        hint = "审批的密钥不完整，请从备份恢复；没有备份就删除它，内容须重新审批"
        raise OSError(errno.EIO, hint, str(path))
    return key


def write(folder: Path, approval: Approval, key: bytes) -> Path:
    """Write one approval below `folder` (content/approvals) and return its path."""
    for name in (approval.id, approval.step):
        if not usable_id(name):
            raise ValueError(f"“{name}”不能用作文件名，只能有字母、数字、汉字、- 和 _")
    for text in (approval.who, approval.note):
        if not text.isprintable():
            raise ValueError("审批人的名字或意见里有看不见的字符")
    path = _free(folder / approval.id, f"{approval.digest[:12]}-{approval.step}")
    lines = ["# 由程序写入，请勿改动：改动、复制或移动后即失效。"]
    for name in _FIELDS if approval.plain else _FIELDS + _MORE:
        value = getattr(approval, name)
        shown = str(value).lower() if isinstance(value, bool) else _quoted(str(value))
        lines.append(f"{name} = {shown}")
    lines.append(f'seal = "{approval.seal(key)}"')
    disk.write(path, ("\n".join(lines) + "\n").encode(), mode=0o644)  # through no link
    return path


def _free(folder: Path, stem: str) -> Path:
    """Return a path that is not taken: what was said once is never written over."""
    path, number = folder / f"{stem}.toml", 2
    while path.exists():
        path, number = folder / f"{stem}-{number}.toml", number + 1
    return path


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def read(folder: Path, item_id: str, key: bytes) -> list[Approval]:
    """Return the sound approvals of an item, in order of time; what is not ours is passed over."""
    if not usable_id(item_id):
        return []
    found = []
    for path in sorted((folder / item_id).glob("*.toml"), key=lambda path: (len(path.name), path)):
        approval = _sound(path, item_id, key)
        if approval is not None:
            found.append(approval)
    return sorted(found, key=lambda approval: approval.when)


def _sound(path: Path, item_id: str, key: bytes) -> Approval | None:
    try:
        table = tomllib.loads(read_text(path))
        approval = Approval(
            **{name: table[name] for name in _FIELDS if name != "when"},
            **{name: table[name] for name in _MORE if name in table},
            when=datetime.fromisoformat(table["when"]),
        )
        if approval.when.tzinfo is None:
            return None
        stem = re.escape(f"{approval.digest[:12]}-{approval.step}")
        named = re.fullmatch(rf"{stem}(-\d+)?\.toml", path.name) is not None
        sealed = hmac.compare_digest(table["seal"], approval.seal(key))
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return approval if named and sealed and approval.id == item_id else None


def standing(item: Item, found: Iterable[Approval], steps: Sequence[str]) -> Standing:
    """Work out how far an item's words have come.

    Different steps take different people, and none who wrote the text; whoever comes twice
    counts once. A return or a withdrawal takes all of it back: the steps begin anew.
    """
    passed: dict[str, Approval] = {}
    stopped: Approval | None = None
    edited = False
    for said in found:
        if said.digest != item.digest:
            edited = edited or said.verdict == AGREED
        elif said.verdict != AGREED:
            passed, stopped = {}, said
        elif said.step in steps and said.step not in passed and not barred(item, passed, said.who):
            passed[said.step] = said
            stopped = None
    return Standing(steps=tuple(steps), passed=passed, stopped=stopped, edited=edited)


def barred(item: Item, passed: Mapping[str, Approval], who: str) -> str:
    """Return why somebody may take no step of a text's review, "" when they may."""
    if same(who) in authors_of(item):
        return f"{who} 是起草人，不能审批自己起草的内容"
    for step, earlier in passed.items():
        if same(earlier.who) == same(who):
            return f"{who} 已经做过{step}，不同的环节须由不同的人来做"
    return ""


def _stopped(said: Approval) -> str:
    words = messages.BLOCK_RETURNED if said.verdict == RETURNED else messages.BLOCK_WITHDRAWN
    return words.format(said.who, said.note or messages.NO_REASON)


def why_blocked(item: Item, found: Iterable[Approval], steps: Sequence[str]) -> str:
    """Return why an item's words may not be sent as they stand, "" when every step passed."""
    return standing(item, found, steps).why


def last_approved(found: Sequence[Approval], digest: str, last_step: str) -> Approval | None:
    """Return the newest full approval of other words than those of `digest`, None without one."""
    others = [said for said in found if said.verdict == AGREED and said.digest != digest]
    full = [said for said in others if said.step == last_step] or others
    return full[-1] if full else None
