"""签收 of documents: the table of those who signed."""

from __future__ import annotations

import base64
from datetime import datetime
from typing import Any

from bot.core import messages
from bot.engine.bureau import Bureau
from bot.report import signed
from bot.store import AuditEntry
from bot.verbs.asking import Mistake, Params


async def signed_for(bureau: Bureau, now: datetime, params: Params) -> dict[str, Any]:
    """Return 《签收表》 of one document, or of all; with `suffix` also as a file. In the trail."""
    item, suffix = str(params.get("item") or "").casefold(), str(params.get("suffix") or "")
    if suffix and suffix not in signed.WRITERS:
        raise Mistake(messages.SIGNED_SUFFIX.format(suffix))
    people = {member.id.casefold(): member for member in await bureau.store.members()}
    found = await bureau.store.signatures()
    mine = [one for one in found if not item or one.item.casefold() == item]
    rows = signed.lines(mine, people)
    answer: dict[str, Any] = {
        "notice": messages.NOT_FOR_APPRAISAL,
        "columns": list(signed.COLUMNS),
        "rows": [list(row) for row in rows],
    }
    if suffix:
        raw = signed.WRITERS[suffix](bureau.footer.unit, rows)
        answer["file"] = base64.b64encode(raw).decode()
        about = str(params.get("item") or "")
        await bureau.store.audit(AuditEntry(at=now, what="exported", about=about))
    return answer
