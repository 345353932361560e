"""What opens the page of one day's messages: it names the day, and is good until that is over.

It stands in the preview that the office's group gets, so it proves no person: who stops something
there says a name, and the PIN that goes with it.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import date
from pathlib import Path

from bot.library import approvals


def pass_of(day: date, data: Path) -> str:
    said = f"day {day.isoformat()}".encode()
    sealed = hmac.new(approvals.seal_key(data), said, hashlib.sha256).hexdigest()
    return f"{day.isoformat()}-{sealed[:40]}"


def day_of(text: str, data: Path, today: date) -> date | None:
    """Return the day that a pass of ours opens; None for any other, and once the day is over."""
    try:
        day = date.fromisoformat(text[:10])
    except ValueError:
        return None
    ours = hmac.compare_digest(pass_of(day, data).encode(), text.encode("utf-8", "replace"))
    return day if ours and day >= today else None
