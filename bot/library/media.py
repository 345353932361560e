"""Whether an attached picture, film or document is whole, by its first and last bytes.

Nothing is decoded: a file that was cut off, garbled by a sync or only renamed is told apart from a
whole one by the marks that its format begins and ends with.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import PurePath

_NEAR = 1024  # bytes within which a PDF begins and ends; a picture may carry padding behind it


def _png(data: bytes) -> bool:
    return data.startswith(b"\x89PNG\r\n\x1a\n") and b"IEND\xaeB`\x82" in data[-_NEAR:]


def _jpeg(data: bytes) -> bool:
    return data.startswith(b"\xff\xd8\xff") and b"\xff\xd9" in data[-_NEAR:]


def _gif(data: bytes) -> bool:
    return data[:6] in (b"GIF87a", b"GIF89a") and data.rstrip(b"\0").endswith(b";")


def _pdf(data: bytes) -> bool:
    return b"%PDF-" in data[:_NEAR] and b"%%EOF" in data[-_NEAR:]


def _film(data: bytes) -> bool:
    """MP4 and MOV: boxes one behind another, of which the last ends where the file does."""
    at, names = 0, set[bytes]()
    while at + 8 <= len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        names.add(data[at + 4 : at + 8])
        if size == 1:
            size = int.from_bytes(data[at + 8 : at + 16], "big")
        at = len(data) if size == 0 else at + max(size, 8)
    return at == len(data) and b"moov" in names


def _voice(data: bytes) -> bool:
    return data.startswith(b"#!AMR") and len(data) > 6


def _office(data: bytes) -> bool:
    return zipfile.is_zipfile(io.BytesIO(data))


_WHOLE: dict[str, Callable[[bytes], bool]] = {
    ".png": _png,
    **dict.fromkeys((".jpg", ".jpeg"), _jpeg),
    ".gif": _gif,
    ".pdf": _pdf,
    **dict.fromkeys((".mp4", ".mov"), _film),
    ".amr": _voice,
    **dict.fromkeys((".docx", ".xlsx", ".pptx", ".zip"), _office),
}


def is_whole(name: str, data: bytes) -> bool:
    """Whether `data` is what the suffix of `name` says, from its beginning to its end.

    Of a format that is not known only an empty file is refused.
    """
    check = _WHOLE.get(PurePath(name).suffix.lower())
    return bool(data) and (check is None or check(data))
