"""Approvals: one sealed file each, written once by the program, never edited (DESIGN §5).

The seal is an HMAC with a key in the data folder. A file that was typed, copied from another
installation, or moved to another item or digest approves nothing.
"""

from __future__ import annotations

import errno
import hashlib
import hmac
import json
import os
import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from bot.core import messages
from bot.core.model import Item
from bot.library.decode import read_text

COMMAND_LINE = "本机命令行"
NAME = re.compile(r"[0-9A-Za-z_\-\u4e00-\u9fff]{1,40}")
KEY_BYTES = 32
_FIELDS = ("id", "digest", "step", "who", "when", "how", "sources_checked")


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

    def seal(self, key: bytes) -> str:
        said = json.dumps([str(getattr(self, name)) for name in _FIELDS])
        return hmac.new(key, said.encode(), hashlib.sha256).hexdigest()


def usable_id(item_id: str) -> bool:
    """Whether a 编号 can name a folder: letters, digits, Chinese, - and _, at most 40."""
    return bool(NAME.fullmatch(item_id))


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
    if not approval.who.isprintable():
        raise ValueError("审批人的名字里有看不见的字符")
    path = folder / approval.id / f"{approval.digest[:12]}-{approval.step}.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = ["# 由程序写入，请勿改动：改动、复制或移动后即失效。"]
    for name in _FIELDS:
        value = getattr(approval, name)
        shown = str(value).lower() if isinstance(value, bool) else _quoted(str(value))
        lines.append(f"{name} = {shown}")
    lines.append(f'seal = "{approval.seal(key)}"')
    draft = path.with_suffix(".tmp")
    with draft.open("w", encoding="utf-8") as out:
        out.write("\n".join(lines) + "\n")
        out.flush()
        os.fsync(out.fileno())
    os.replace(draft, path)
    return path


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def read(folder: Path, item_id: str, key: bytes) -> list[Approval]:
    """Return the sound approvals of an item; whatever does not bear our seal is passed over."""
    if not usable_id(item_id):
        return []
    found = []
    for path in sorted((folder / item_id).glob("*.toml")):
        approval = _sound(path, item_id, key)
        if approval is not None:
            found.append(approval)
    return found


def _sound(path: Path, item_id: str, key: bytes) -> Approval | None:
    try:
        table = tomllib.loads(read_text(path))
        approval = Approval(
            **{name: table[name] for name in _FIELDS if name != "when"},
            when=datetime.fromisoformat(table["when"]),
        )
        named = path.name == f"{approval.digest[:12]}-{approval.step}.toml"
        sealed = hmac.compare_digest(table["seal"], approval.seal(key))
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return approval if named and sealed and approval.id == item_id else None


def why_blocked(item: Item, found: Iterable[Approval], steps: Iterable[str]) -> str:
    """Return why an item's words may not be sent as they stand, "" when every step passed."""
    found = list(found)
    passed = {approval.step for approval in found if approval.digest == item.digest}
    if set(steps) <= passed:
        return ""
    return messages.BLOCK_EDITED if found and not passed else messages.BLOCK_NOT_APPROVED
