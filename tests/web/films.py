"""A text of the office with a film, its captions and a picture beside it."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

FILM = Path(__file__).with_name("film.mp4")  # two seconds of counting figures
SRT = "1\n00:00:00,000 --> 00:00:01,900\n清风徐来\n"
TEXT = """---
编号: MD-90
标题: 一部自己拍的短片
类别: 影视推介
标签: 律己
摘要: 本单位自己拍的两分钟短片，讲一张没有送出去的提货券。
起草: 清风内容组
依据: 《中国共产党廉洁自律准则》（2015年）
来源: 某某局2026年自拍，见 https://www.example.gov.cn/film/1，请核对
公开属性: 公开
生效: 2026-01-01
失效: 2027-12-31
附件: 短片.mp4、短片.srt、海报.png
---

## 看点

两分钟，一张提货券。

## 在哪里看

就在本页。

## 看后想一想

- 换作我，会怎么做？
"""


def png(width: int = 64, height: int = 36) -> bytes:
    """Return a plain picture of one colour."""

    def chunk(name: bytes, data: bytes) -> bytes:
        body = name + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    rows = b"".join(b"\0" + b"\x9c\x2f\x24" * width for _ in range(height))
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = [(b"IHDR", head), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(name, data) for name, data in parts)


def lay_film(home: Path) -> None:
    folder = home / "content" / "media"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "短片.mp4").write_bytes(FILM.read_bytes())
    (folder / "短片.srt").write_text(SRT, "utf-8")
    (folder / "海报.png").write_bytes(png())
    (folder / "MD-90.md").write_text(TEXT, "utf-8")
