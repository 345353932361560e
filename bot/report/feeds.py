"""Approved texts for an intranet: RSS 2.0 and JSON Feed 1.1.

By the standard library: the packages that write feeds come as source only, which a machine without
an index cannot build.
"""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from typing import Any

from bot.core import messages
from bot.core.outlets import Shown
from bot.report import board

CONTENT = "http://purl.org/rss/1.0/modules/content/"
ATOM = "http://www.w3.org/2005/Atom"
_ILLEGAL = {code: None for code in range(32) if code not in (9, 10, 13)} | {0xFFFE: None}


@dataclass(frozen=True, kw_only=True)
class Enclosed:
    """A film or picture of an entry."""

    address: str
    kind: str  # video/mp4
    size: int


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One text of a feed."""

    shown: Shown
    at: datetime  # when its last reviewer let it pass
    page: str = ""  # its own page, "" where nobody reaches one
    enclosed: Sequence[Enclosed] = ()

    @property
    def id(self) -> str:
        """Return what names these very words: a text that is worded anew is a new entry."""
        return f"qingfeng:{self.shown.item.id}:{self.shown.item.digest[:12]}"


@dataclass(frozen=True, kw_only=True)
class Feed:
    unit: str
    address: str  # of the feed itself
    entries: Sequence[Entry]

    @property
    def title(self) -> str:
        return f"{self.unit} {messages.SOURCE_LINE}".strip()


def html_of(shown: Shown) -> str:
    """Return the whole text as HTML, with label, rule, source and footer."""
    return board.words(shown)


def rss(feed: Feed) -> bytes:
    ET.register_namespace("content", CONTENT)
    ET.register_namespace("atom", ATOM)
    root = ET.Element("rss", version="2.0")
    channel = ET.SubElement(root, "channel")
    _put(channel, "title", feed.title)
    _put(channel, "link", feed.address)
    _put(channel, "description", messages.FEED_ABOUT)
    _put(channel, "language", "zh-CN")
    _put(channel, "ttl", "1")  # what is withdrawn should be gone within a minute
    own = {"href": feed.address, "rel": "self", "type": "application/rss+xml"}
    ET.SubElement(channel, f"{{{ATOM}}}link", own)
    for one in feed.entries:
        entry = ET.SubElement(channel, "item")
        _put(entry, "title", one.shown.reading.title)
        if one.page:
            _put(entry, "link", one.page)
        _put(entry, "guid", one.id).set("isPermaLink", "false")
        _put(entry, "pubDate", format_datetime(one.at))
        for name in (one.shown.reading.source_line, *one.shown.item.tags):
            _put(entry, "category", name)
        _put(entry, "description", one.shown.summary)
        _put(entry, f"{{{CONTENT}}}encoded", html_of(one.shown))
        for part in one.enclosed[:1]:  # RSS knows one
            told = {"url": part.address, "type": part.kind, "length": str(part.size)}
            ET.SubElement(entry, "enclosure", told)
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True))


def _put(parent: ET.Element, name: str, text: str) -> ET.Element:
    made = ET.SubElement(parent, name)
    made.text = text.translate(_ILLEGAL)
    return made


def json_feed(feed: Feed) -> bytes:
    items = []
    for one in feed.entries:
        entry: dict[str, Any] = {
            "id": one.id,
            "title": one.shown.reading.title,
            "summary": one.shown.summary,
            "content_html": html_of(one.shown),
            "date_published": one.at.isoformat(),
            "tags": [one.shown.reading.source_line, *one.shown.item.tags],
        }
        if one.page:
            entry["url"] = one.page
        if one.enclosed:
            entry["attachments"] = [
                {"url": part.address, "mime_type": part.kind, "size_in_bytes": part.size}
                for part in one.enclosed
            ]
        items.append(entry)
    told = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "description": messages.FEED_ABOUT,
        "language": "zh-CN",
        "feed_url": feed.address,
        "items": items,
    }
    return json.dumps(told, ensure_ascii=False, indent=1).encode()
