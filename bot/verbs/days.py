"""The calendar: the State Council's notice, as pasted, becomes the override of its year."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from bot.core.notice import as_toml, read_notice
from bot.engine.bureau import Bureau
from bot.library import disk
from bot.verbs.asking import Mistake, Params


async def calendar_import(bureau: Bureau, _: datetime, params: Params) -> dict[str, Any]:
    """Read a notice; with `write` and nothing wrong, write it. A year entered twice is replaced."""
    notice = read_notice(str(params["text"]), int(params.get("year") or 0))
    answer = {
        "year": notice.year,
        "title": notice.title,
        "number": notice.number,
        "problems": list(notice.problems),
        "days": [
            {"date": day.date.isoformat(), "workday": day.workday, "name": day.name}
            for day in notice.days
        ],
        "written": None,
    }
    if params.get("write"):
        if notice.problems:
            raise Mistake("；".join(notice.problems))
        path = bureau.shelf.folders.schedules / "overrides" / f"{notice.year}.toml"
        path.parent.mkdir(parents=True, exist_ok=True)
        disk.write(path, as_toml(notice).encode())
        answer["written"] = f"schedules/overrides/{path.name}"
    return answer
