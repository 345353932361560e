"""A member opens a link of a message, signed in by WeCom without being asked (wecom/api.md §6)."""

import html
import re
from urllib.parse import parse_qsl, urljoin, urlsplit

import httpx

from bot.sandbox.errors import Refusal
from bot.sandbox.phone import bubble
from bot.sandbox.records import Message
from bot.sandbox.sending import borrowed
from bot.sandbox.taps import TapResult
from bot.sandbox.world import World

AUTHORIZE = "/connect/oauth2/authorize"
MOST_HOPS = 8
LINK = re.compile(r'<a\b[^>]*? href="(https?://[^"]*)"')


def links(message: Message) -> list[str]:
    """Every address that a finger can reach in this message, in the order shown."""
    return [html.unescape(found) for found in LINK.findall(bubble(message.body))]


async def open_link(
    world: World, userid: str, url: str, *, http: httpx.AsyncClient | None = None
) -> TapResult:
    """Follow `url` as `userid`; `delivered` if a page answered with 200."""
    status = None
    async with borrowed(http) as client:
        for _ in range(MOST_HOPS):
            parts = urlsplit(url)
            try:
                if parts.path == AUTHORIZE:
                    query = dict(parse_qsl(parts.query))
                    world.oauth.check(query)
                    url = world.oauth.grant(query, userid)
                    continue
                answer = await client.get(url, follow_redirects=False)
            except (httpx.HTTPError, httpx.InvalidURL, Refusal) as error:
                return TapResult(delivered=False, status=status, error=type(error).__name__)
            status = answer.status_code
            if not answer.has_redirect_location:
                return TapResult(delivered=status == 200, status=status)
            url = urljoin(url, answer.headers["location"])
    return TapResult(delivered=False, status=status, error="too many redirects")
