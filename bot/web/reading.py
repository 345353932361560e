"""The page behind 看全文: the whole text, and nothing that counts.

A GET is never a receipt (link scanners fetch links). The page has no script, sets no cookie and
keeps no record; 已阅 is tapped on the card.
"""

from __future__ import annotations

from pathlib import Path

import nh3
from itsdangerous import BadSignature, URLSafeSerializer
from jinja2 import Environment, FileSystemLoader
from markdown_it import MarkdownIt

from bot.core import messages
from bot.core.render import Reading

HERE = Path(__file__).parent
TAGS = {"p", "ul", "ol", "li", "strong", "em", "blockquote", "h3", "h4", "br", "a", "code", "hr"}
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}

_pages = Environment(loader=FileSystemLoader(HERE / "templates"), autoescape=True)
_markdown = MarkdownIt("commonmark", {"html": False})


class Links:
    """Signed addresses of reading pages: a link for another push, or altered, opens nothing."""

    def __init__(self, public_url: str, key: bytes) -> None:
        self._base = public_url.rstrip("/")
        self._signer = URLSafeSerializer(key, salt="reading")

    def address(self, push_key: str) -> str:
        """Return the address of a push's page, "" where phones reach no page of ours."""
        return f"{self._base}/r/{self._signer.dumps(push_key)}" if self._base else ""

    def push_key(self, token: str) -> str:
        """Return the push a link is for, "" when the link is not ours."""
        try:
            return str(self._signer.loads(token))
        except BadSignature:
            return ""


def page(reading: Reading) -> str:
    """Return the HTML of a text."""
    sections = [(name, _html(text)) for name, text in reading.sections]
    template = _pages.get_template("reading.html")
    return template.render(reading=reading, sections=sections, no_tips=messages.NO_TIPS)


def closed_page() -> str:
    """Return the plain page for a link that is altered, for another push, or no longer shown."""
    return _pages.get_template("closed.html").render(words=messages.PAGE_CLOSED)


def _html(text: str) -> str:
    html = _markdown.render(text)
    return nh3.clean(html, tags=TAGS, attributes={"a": {"href"}}, url_schemes={"http", "https"})
