"""A picture in a message: a webhook takes its bytes, the other ways the id of an upload.

The stored bytes hold the picture itself either way, so that what was sent can be shown in a year.
An upload says nothing to anybody; where it fails, nothing was sent.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Awaitable, Callable
from typing import Any

from bot.channels.channel import refused_upload, unanswered
from bot.core.model import Picture
from bot.core.render import TooLong
from bot.wecom.errors import CallFailed, NotDone

LIMIT = 2 * 1024 * 1024  # bytes of a webhook's picture (wecom/api.md §1.2.4)
NAME = "summary.png"

Upload = Callable[[bytes], Awaitable[str]]


def content_of(picture: Picture) -> dict[str, Any]:
    """Return the office's own picture, its bytes inside; TooLong for one too large."""
    return inside(picture.png)


def inside(raw: bytes) -> dict[str, Any]:
    """Return a picture as a webhook takes it (wecom/api.md §1.2.4); TooLong for one too large."""
    if (size := len(raw)) > LIMIT:
        raise TooLong(size, LIMIT)
    md5 = hashlib.md5(raw, usedforsecurity=False).hexdigest()
    image = {"base64": base64.b64encode(raw).decode(), "md5": md5}
    return {"msgtype": "image", "image": image}


async def uploaded(body: bytes, upload: Upload) -> dict[str, Any]:
    """Return the stored message as it is posted: a picture by the id that `upload` returns."""
    whole: dict[str, Any] = json.loads(body)
    if whole.get("msgtype") != "image" or "base64" not in whole["image"]:
        return whole
    raw = base64.b64decode(whole["image"]["base64"])
    try:
        return {**whole, "image": {"media_id": await upload(raw)}}
    except CallFailed as failed:
        raise unanswered(failed) from None
    except NotDone as refused:
        raise refused_upload(refused) from None
