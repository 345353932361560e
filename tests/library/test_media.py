"""A picture, a film or a document that was cut off, garbled or renamed is told in time."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib

import pytest

from bot.library.media import is_whole
from tests.library.shelves import folders, item, put, read


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


PNG = b"".join(
    [
        b"\x89PNG\r\n\x1a\n",
        chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)),
        chunk(b"IDAT", zlib.compress(b"\0\0" * 2000, 0)),
        chunk(b"IEND", b""),
    ]
)
JPEG = b"\xff\xd8\xff\xe0" + bytes(4000) + b"\xff\xd9"
GIF = b"GIF89a" + bytes(3000) + b"\x2c;"
PDF = b"%PDF-1.7\n" + b"1 0 obj\n" * 400 + b"startxref\n9\n%%EOF\n"
MP4 = (
    struct.pack(">I", 16) + b"ftypisom" + bytes(4) + struct.pack(">I", 3008) + b"moov" + bytes(3000)
)
AMR = b"#!AMR\n" + bytes(3000)


def document() -> bytes:
    with io.BytesIO() as file:
        with zipfile.ZipFile(file, "w") as made:
            made.writestr("word/document.xml", "字" * 2000)
        return file.getvalue()


WHOLE = {
    "a.png": PNG,
    "a.PNG": PNG,
    "a.jpg": JPEG,
    "a.jpeg": JPEG + bytes(16),
    "a.gif": GIF,
    "a.pdf": PDF,
    "a.mp4": MP4,
    "a.amr": AMR,
    "a.docx": document(),
}


@pytest.mark.parametrize("name", WHOLE)
def test_what_is_whole_passes(name):
    assert is_whole(name, WHOLE[name])


@pytest.mark.parametrize("name", [name for name in WHOLE if name != "a.amr"])
def test_what_was_cut_off_is_damaged(name):
    assert not is_whole(name, WHOLE[name][: len(WHOLE[name]) // 2])


@pytest.mark.parametrize("name", WHOLE)
def test_what_is_empty_garbled_or_something_else_under_its_name_is_damaged(name):
    assert not is_whole(name, b"")
    assert not is_whole(name, bytes(len(WHOLE[name])))
    assert not is_whole(name, b"<html>404</html>")


def test_of_an_unknown_format_only_nothing_at_all_is_refused():
    assert is_whole("a.svgz", b"x")
    assert not is_whole("a.svgz", b"")


def test_check_names_the_file_that_is_damaged(tmp_path):
    where = folders(tmp_path)
    put(where, "图.png", PNG[:-20])
    put(where, "x.md", item(more="附件: 图.png\n"))
    (problem,) = read(where).problems
    assert "图.png" in problem.message
    assert "损坏" in problem.message
    put(where, "图.png", PNG)
    assert read(where).problems == ()
