"""The file in a multipart body, read as leniently as published clients make it necessary.

Recorded among them (tests/sandbox/recorded): a part without a name, and a body whose
Content-Type says JSON. So the boundary is taken from the body's own first line.
"""

import re

from bot.sandbox.asks import Upload

FILENAME = re.compile(rb'filename\*?=(?:UTF-8\'\')?"?([^";\r\n]*)"?', re.IGNORECASE)
NAMED_MEDIA = re.compile(rb'[; ]name="?media"?\s*(;|$)', re.IGNORECASE)


def media_part(body: bytes) -> Upload | None:
    """The part named `media`, else the first with a file name; None if there is neither."""
    opening, _, _ = body.partition(b"\r\n")
    if not opening.startswith(b"--") or len(opening) < 3:
        return None
    found = None
    for part in body.split(b"\r\n" + opening):
        upload, named = _read(part.removeprefix(opening).removeprefix(b"\r\n"))
        if upload and named:
            return upload
        found = found or upload
    return found


def _read(part: bytes) -> tuple[Upload | None, bool]:
    """(one part as a file, whether it is named `media`); (None, False) for another field."""
    head, separator, data = part.partition(b"\r\n\r\n")
    lines = [
        line for line in head.split(b"\r\n") if line.lower().startswith(b"content-disposition")
    ]
    if not separator or not lines:
        return None, False
    filename, named = FILENAME.search(lines[0]), bool(NAMED_MEDIA.search(lines[0]))
    if filename is None and not named:
        return None, False
    name = filename[1].decode(errors="replace") if filename else ""
    return Upload(filename=name or "file", data=data), named
