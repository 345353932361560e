"""Uploaded files: three pools that do not know each other's ids (wecom/api.md §1.3, §2.10, §8)."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import quote

from bot.sandbox.errors import Refusal

LIFE = timedelta(days=3)
MB = 1024 * 1024
MOST = 1024 * MB  # of all files together, in memory
PERMANENT = "permanent"  # the pool of media/uploadimg
LEAST = 5  # bytes; a file must have more
JPEG, PNG, GIF = b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF8"
AMR = b"#!AMR"
APP_LIMITS = {"image": 10 * MB, "voice": 2 * MB, "video": 10 * MB, "file": 20 * MB}
WEBHOOK_LIMITS = {"voice": 2 * MB, "file": 20 * MB}
_TOO_LARGE = {"image": 40009, "video": 40011}


@dataclass(frozen=True, kw_only=True)
class Media:
    """One file. `pool` is "corp", a bot's id or a webhook's key: only it may send the file."""

    kind: str
    filename: str
    at: datetime
    pool: str = field(repr=False)
    data: bytes = field(repr=False)


Find = Callable[[str, str], Media]  # (media_id, kind) -> the file, or Refusal


class Shelf:
    """All uploaded files by media_id."""

    def __init__(self) -> None:
        self._files: dict[str, Media] = {}

        self._bytes = 0

    def put(self, media: Media) -> str:
        """Keep a file for three days; returns its media_id. Beyond MOST the oldest give way."""
        media_id = secrets.token_urlsafe(32)
        self._files[media_id] = media
        self._bytes += len(media.data)
        while self._bytes > MOST and len(self._files) > 1:
            self._drop(next(iter(self._files)))
        return media_id

    def sweep(self, before: datetime) -> None:
        """Forget the files that were over by `before`; a permanent picture never is."""
        for media_id, media in list(self._files.items()):
            if media.pool != PERMANENT and media.at + LIFE <= before:
                self._drop(media_id)

    def _drop(self, media_id: str) -> None:
        self._bytes -= len(self._files.pop(media_id).data)

    def find(self, pool: str, media_id: str, kind: str, now: datetime) -> Media:
        """The file; 40007 unknown, of another pool or another kind, 40145 older than 3 days."""
        media = self._files.get(media_id)
        if media is None or media.pool != pool or media.kind != kind:
            raise Refusal(40007)
        if now - media.at >= LIFE:
            raise Refusal(40145)
        return media

    def fetch(self, pool: str, media_id: str, now: datetime) -> Media:
        """The file, whatever its kind; 40007 unknown or of another pool, 40145 too old."""
        media = self._files.get(media_id)
        return self.find(pool, media_id, media.kind if media else "", now)

    def peek(self, media_id: str) -> Media | None:
        """The file for the phone, whatever its age."""
        return self._files.get(media_id)


def attached(filename: str) -> dict[str, str]:
    """The header under which a file is kept by whoever fetches it."""
    return {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(filename)}"}


def check_upload(kind: str, data: bytes, limits: dict[str, int]) -> None:
    """A file's kind, size and first bytes (wecom/api.md §8.1); Refusal otherwise."""
    if kind not in limits:
        raise Refusal(40004)
    if len(data) <= LEAST:
        raise Refusal(40006)
    if len(data) > limits[kind]:
        raise Refusal(_TOO_LARGE.get(kind, 45001))
    if kind == "voice" and not data.startswith(AMR):
        raise Refusal(301017)
    if kind == "image" and not data.startswith((JPEG, PNG)):
        raise Refusal(40005)
    if kind == "video" and data[4:8] != b"ftyp":
        raise Refusal(40005)


_AMR_FRAMES = (13, 14, 16, 18, 20, 21, 27, 32, 6)  # bytes of a frame by its type, AMR-NB


def amr_seconds(data: bytes) -> float:
    """How long an AMR-NB file plays: 20 ms a frame; 0 where it is no plain AMR-NB."""
    at, frames = len(b"#!AMR\n"), 0
    while at < len(data):
        kind = data[at] >> 3 & 15
        if kind < len(_AMR_FRAMES):
            at += _AMR_FRAMES[kind]
        elif kind == 15:
            at += 1
        else:
            return 0
        frames += 1
    return timedelta(milliseconds=20 * frames).total_seconds()
