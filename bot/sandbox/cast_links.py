"""A member opens a link of a message, signed in by WeCom without being asked (wecom/api.md §6)."""

import html
import random
import re
from urllib.parse import parse_qsl, urljoin, urlsplit

import httpx

from bot.sandbox.cast_pages import first_form
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
    world: World,
    userid: str,
    url: str,
    *,
    taps: random.Random | None = None,
    http: httpx.AsyncClient | None = None,
) -> TapResult:
    """Follow `url` as `userid`; `delivered` if a page answered with 200.

    With `taps`, which chooses the answers, also send the page's first form that posts; then
    `delivered` speaks of that. Each opening has cookies of its own, as each phone has.
    """
    async with borrowed(http) as client:
        client.cookies.clear()
        try:
            answer = await _walk(world, client, userid, "GET", url, None)
            if taps is None or answer.status_code != 200:
                return _result(answer)
            form = first_form(answer.text, str(answer.url))
            if form is None:
                return TapResult(delivered=False, status=200, error="no form on the page")
            return _result(
                await _walk(world, client, userid, "POST", form.action, form.filled(taps))
            )
        except (httpx.HTTPError, httpx.InvalidURL, Refusal) as error:
            return TapResult(delivered=False, error=type(error).__name__)
        finally:
            client.cookies.clear()


def _result(answer: httpx.Response) -> TapResult:
    status = answer.status_code
    if answer.has_redirect_location:
        return TapResult(delivered=False, status=status, error="too many redirects")
    return TapResult(delivered=status == 200, status=status)


async def _walk(
    world: World,
    client: httpx.AsyncClient,
    userid: str,
    method: str,
    url: str,
    data: dict[str, str] | None,
) -> httpx.Response:
    """Follow redirects, WeCom's silent sign-in among them, to the last answer."""
    for _ in range(MOST_HOPS):
        parts = urlsplit(url)
        if parts.path == AUTHORIZE:
            query = dict(parse_qsl(parts.query))
            world.oauth.check(query)
            method, data, url = "GET", None, world.oauth.grant(query, userid)
            continue
        answer = await client.request(method, url, data=data, follow_redirects=False)
        if not answer.has_redirect_location:
            return answer
        url = urljoin(url, answer.headers["location"])
        method, data = ("GET", None) if answer.status_code in (301, 302, 303) else (method, data)
    return answer
