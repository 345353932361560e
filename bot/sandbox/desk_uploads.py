"""A robot's files, uploaded over its long connection in pieces (wecom/api.md §2.10)."""

import base64
import binascii
import hashlib
import secrets
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from bot.sandbox.errors import Refusal
from bot.sandbox.judging import need, text_or
from bot.sandbox.limits import size
from bot.sandbox.media import AMR, GIF, JPEG, LEAST, MB, PNG, Find, Media
from bot.sandbox.robots import Robot, Upload

if TYPE_CHECKING:
    from bot.sandbox.world import World

Body = dict[str, Any]
SESSION = timedelta(minutes=30)
LIMITS = {"file": 20 * MB, "image": 10 * MB, "voice": 2 * MB, "video": 10 * MB}
MOST_CHUNKS = 100
CHUNK_LIMIT = 512 * 1024  # bytes before base64
NAME_LIMIT = 256  # bytes


def finder(world: "World", bot_id: str) -> Find:
    """Looks up what this robot has uploaded."""
    return lambda media_id, kind: world.shelf.find(bot_id, media_id, kind, world.now())


def init(world: "World", robot: Robot, _req_id: str, body: Body) -> Body:
    """Announce a file; the session lives 30 minutes and survives a reconnect."""
    kind = need(body, "type", 40058)
    if kind not in LIMITS:
        raise Refusal(846697)
    filename = need(body, "filename", 40058)
    if size(filename) > NAME_LIMIT:
        raise Refusal(40058, "filename")
    total, chunks = _number(body, "total_size"), _number(body, "total_chunks")
    if not LEAST <= total <= LIMITS[kind]:
        raise Refusal(40006 if total < LEAST else 45001)
    if not 1 <= chunks <= MOST_CHUNKS:
        raise Refusal(846612)
    if not robot.upload_rate.take(world.now()):
        raise Refusal(45009)
    upload_id = secrets.token_urlsafe(24)
    robot.uploads[upload_id] = Upload(
        kind=kind,
        filename=filename,
        total=total,
        chunks=chunks,
        md5=text_or(body, "md5").lower(),
        began=world.now(),
    )
    return {"upload_id": upload_id}


def chunk(world: "World", robot: Robot, _req_id: str, body: Body) -> Body:
    """One piece, in any order and as often as liked; its index as number or digits."""
    upload = _upload(world, robot, body)
    index = _number(body, "chunk_index")
    if not 0 <= index < upload.chunks:
        raise Refusal(846612)
    try:
        data = base64.b64decode(need(body, "base64_data", 40058), validate=True)
    except (binascii.Error, ValueError):
        raise Refusal(40058, "base64_data") from None
    if len(data) > CHUNK_LIMIT:
        raise Refusal(846613)
    upload.parts.setdefault(index, data)  # a piece that is there already is passed over
    return {}


def finish(world: "World", robot: Robot, _req_id: str, body: Body) -> Body:
    """Put the pieces together; 846616 while some are missing or the sum is wrong."""
    upload = _upload(world, robot, body)
    if len(upload.parts) < upload.chunks:
        raise Refusal(846616)
    data = b"".join(upload.parts[index] for index in range(upload.chunks))
    if len(data) != upload.total:
        raise Refusal(846616, "total_size")
    if upload.md5 and hashlib.md5(data, usedforsecurity=False).hexdigest() != upload.md5:
        raise Refusal(301019)
    _check_form(upload.kind, data)
    at = world.now()
    media = Media(kind=upload.kind, filename=upload.filename, at=at, pool=robot.bot_id, data=data)
    del robot.uploads[text_or(body, "upload_id")]
    created = int(at.timestamp())
    return {"type": upload.kind, "media_id": world.shelf.put(media), "created_at": created}


def _check_form(kind: str, data: bytes) -> None:
    """Pictures PNG, JPG or GIF, voices AMR, films MP4 (846697)."""
    starts = {"image": (PNG, JPEG, GIF), "voice": (AMR,)}
    if kind in starts and not data.startswith(starts[kind]):
        raise Refusal(846697)
    if kind == "video" and data[4:8] != b"ftyp":
        raise Refusal(846697)


def _upload(world: "World", robot: Robot, body: Body) -> Upload:
    upload = robot.uploads.get(text_or(body, "upload_id"))
    if upload is None or world.now() - upload.began > SESSION:
        raise Refusal(846611)
    return upload


def _number(body: Body, name: str) -> int:
    """A number, also as a string of digits: the documents say the one and show the other."""
    value = body.get(name)
    if isinstance(value, str) and value.isascii() and value.isdigit():
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise Refusal(40058, name)
