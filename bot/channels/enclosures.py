"""附件 in a chat: as which kind a channel carries a file, and WeCom's JSON of it.

What is no picture or film, or too large for one, goes as a file (wecom/api.md §1.3, §2.10, §8.1).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any

from bot.channels import pictures
from bot.channels.channel import refused_upload, unanswered
from bot.core.model import Enclosure
from bot.wecom import shapes
from bot.wecom.errors import CallFailed, NotDone
from bot.wecom.media import LEAST, Kind

_KINDS: Mapping[str, Kind] = {".png": "image", ".jpg": "image", ".jpeg": "image", ".mp4": "video"}
FILM_TITLE = 64  # bytes: a robot's, the least of all (§2.7)

Upload = Callable[[Kind, str, bytes], Awaitable[str]]


def kind_of(name: str, size: int, carries: Mapping[Kind, int]) -> Kind | None:
    """Return as what a channel carries a file of `size` bytes; None where it cannot."""
    own = _KINDS.get(PurePosixPath(name).suffix.lower(), "file")
    fitting: tuple[Kind, ...] = (own, "file")
    return next((kind for kind in fitting if LEAST <= size <= carries.get(kind, 0)), None)


def content_of(enclosure: Enclosure) -> dict[str, Any]:
    """Return a file as WeCom shows it: by its id, or a webhook's picture by its bytes."""
    if not enclosure.media_id:
        return pictures.inside(enclosure.raw)
    if enclosure.kind == "video":
        title = enclosure.name if len(enclosure.name.encode()) <= FILM_TITLE else ""
        return shapes.film(enclosure.media_id, title)
    return shapes.media(enclosure.kind, enclosure.media_id)


async def uploaded(enclosure: Enclosure, upload: Upload) -> Enclosure:
    """Return a file with the id that `upload` got for it; SendError where it got none."""
    try:
        media_id = await upload(enclosure.kind, enclosure.name, enclosure.raw)
    except CallFailed as failed:
        raise unanswered(failed) from None
    except NotDone as refused:
        raise refused_upload(refused) from None
    return replace(enclosure, media_id=media_id)
