"""Texts from Word: those that lie in 待导入, or one that is handed over."""

from __future__ import annotations

import asyncio
import base64
import binascii
from datetime import datetime
from pathlib import PurePath
from typing import Any

from bot.engine.bureau import Bureau
from bot.library import intake
from bot.library.intake import Taken
from bot.verbs.asking import Mistake, Params


async def import_word(bureau: Bureau, now: datetime, params: Params) -> dict[str, Any]:
    """Make drafts of Word files: of one (`name`, `data` in base64), or of all in 待导入."""
    content = bureau.shelf.folders.content
    items = bureau.library(now.date()).items
    if not params.get("data"):
        paths = intake.waiting(content)
        found = await asyncio.to_thread(intake.take_in, content, paths, items, now.date())
        return {"taken": [_told(one) for one in found]}
    name = PurePath(str(params.get("name") or "").replace("\\", "/")).name
    if not name.lower().endswith(".docx") or not name.isprintable():
        raise Mistake(f"{name or '文件'}：只收 .docx，.doc 和 .wps 请在 WPS 里另存为 .docx")
    try:
        data = base64.b64decode(str(params["data"]), validate=True)
    except binascii.Error:
        raise Mistake(f"{name} 没有读全，请再试一次") from None
    one = await asyncio.to_thread(intake.take_bytes, content, name, data, items, now.date())
    if one.error:
        raise Mistake(f"{name}：{one.error}")
    return {"taken": [_told(one)]}


def _told(one: Taken) -> dict[str, Any]:
    return {**vars(one), "notes": list(one.notes), "error": one.error or None}
