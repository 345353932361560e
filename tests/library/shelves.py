"""Items and folders as a clerk would leave them."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from bot.library.folder import Folders, Library, load

TODAY = date(2026, 6, 15)
ITEM = """---
编号: {id}
标题: 老同学聚会，谁买的单
类别: 情景案例
摘要: 一顿饭，两张单：谁签的字？
起草: 内容组
来源: 自拟
公开属性: 公开
失效: 2027-12-31
{more}---

## 经过

林某某说：“今晚我来。”——9:30，#1 包间。 😀

## 问题在哪

谁请客，谁买单。
"""


def item(id: str = "SC-01", more: str = "") -> str:
    return ITEM.format(id=id, more=more)


def folders(root: Path, **changes: object) -> Folders:
    for name in ("content", "schedules", "data"):
        (root / name).mkdir(exist_ok=True)
    for name in ("schedules/nodes.toml", "schedules/rhythm.toml", "content/lexicon.toml"):
        (root / name).touch()
    plain = {"content": root / "content", "schedules": root / "schedules", "data": root / "data"}
    return Folders(**{**plain, **changes})


def put(where: Folders, name: str, text: str | bytes) -> Path:
    path = where.content / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def read(where: Folders) -> Library:
    return load(where, TODAY)


def told(library: Library) -> dict[str, str]:
    """Every error: where -> the sentence."""
    return {p.path: p.message for p in library.problems if p.severity == "error"}
