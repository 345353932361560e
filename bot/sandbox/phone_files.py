"""Pictures, voices, films and files as HTML (wecom/api.md §1.2.4, §1.2.6, §3.2)."""

import html
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Part = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class File:
    """An uploaded file as the phone's page can fetch it."""

    href: str  # an address of this site, never one out of a message
    name: str = ""
    size: int = 0  # bytes
    seconds: int = 0  # of a voice


Files = Callable[[str], File | None]  # media_id -> the file


def nowhere(_media_id: str) -> File | None:
    """Where no file can be fetched: files are only named."""
    return None


def image(part: Part, files: Files) -> str:
    """A picture: its bytes in the message, or an uploaded one."""
    encoded = re.sub(r"[^A-Za-z0-9+/=]", "", str(part.get("base64", "")))
    if encoded:
        kind = "png" if encoded.startswith("iVBOR") else "jpeg"
        return f'<img alt="图片" src="data:image/{kind};base64,{encoded}">'
    found = _found(part, files)
    if found is None:
        return '<span class="wx-placeholder">[图片]</span>'
    href = html.escape(found.href)
    return (
        f'<a href="{href}" target="_blank" rel="noopener noreferrer">'
        f'<img alt="图片 {html.escape(found.name)}" src="{href}"></a>'
    )


def voice(part: Part, files: Files) -> str:
    """A voice: browsers play no AMR, so a finger on it fetches the file."""
    found = _found(part, files)
    if found is None:
        return '<span class="wx-placeholder">[语音]</span>'
    length = f"{found.seconds}″" if found.seconds else "语音"
    waves = '<span class="wx-waves" aria-hidden="true"></span>'
    words = f'<span class="wx-hidden">语音 </span>{length}'
    heard = html.escape(str(part.get("content") or ""))
    below = f'<span class="wx-heard">{heard}</span>' if heard else ""
    return _fetched(found, f"{waves}<span>{words}</span>", "wx-voice-play") + below


def video(part: Part, files: Files) -> str:
    """A film with its title and description."""
    title = html.escape(str(part.get("title") or "视频"))
    found = _found(part, files)
    if found is None:
        return f'<span class="wx-placeholder">[视频] {title}</span>'
    note = html.escape(str(part.get("description") or ""))
    described = f'<span class="wx-desc">{note}</span>' if note else ""
    return (
        f'<video controls preload="metadata" src="{html.escape(found.href)}" aria-label="{title}">'
        f'</video><span class="wx-title">{title}</span>{described}'
    )


def file(part: Part, files: Files) -> str:
    """A file by its name and size."""
    found = _found(part, files)
    name = found.name if found else str(part.get("filename") or part.get("title") or "文件")
    size = found.size if found else part.get("filesize")
    kind = name.rpartition(".")[2][:4].upper() if "." in name else ""
    icon = f'<span class="wx-file-icon" aria-hidden="true">{html.escape(kind)}</span>'
    small = f'<span class="wx-desc">{weight(size)}</span>' if isinstance(size, int) else ""
    words = f'<span class="wx-file-words"><span>{html.escape(name)}</span>{small}</span>'
    return _fetched(found, f"{words}{icon}", "wx-file-row")


def weight(size: int) -> str:
    """1536 -> "1.5 KB", as a phone writes it."""
    if size < 1024:
        return f"{size} B"
    number, unit = (size / 1024, "KB") if size < 1024 * 1024 else (size / 1024 / 1024, "MB")
    return f"{number:.1f}".removesuffix(".0") + f" {unit}"


def _found(part: Part, files: Files) -> File | None:
    return files(str(part.get("media_id", "")))


def _fetched(found: File | None, inside: str, kind: str) -> str:
    if found is None:
        return f'<span class="{kind}">{inside}</span>'
    name = html.escape(found.name)
    return f'<a class="{kind}" href="{html.escape(found.href)}" download="{name}">{inside}</a>'
