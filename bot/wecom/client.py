"""Every call out to WeCom: how a client is made, and what an answer is.

Beside `token.py` the only module that makes anything of httpx, so that it can be swapped.
"""

from __future__ import annotations

import asyncio
import functools
import ipaddress
import logging
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urlsplit

import httpx

from bot.wecom.errors import CallFailed
from bot.wecom.quiet import hush

log = logging.getLogger(__name__)

Client = httpx.AsyncClient  # the name by which the rest of the house knows it

# httpx slows down beyond about ten at once; one client per host.
LIMITS = httpx.Limits(max_connections=8, max_keepalive_connections=8, keepalive_expiry=30)
# A long wait for a free connection is harmless: nothing has been sent yet.
DEADLINE = 30.0  # seconds a whole call may take
TIMEOUT = httpx.Timeout(10, connect=5, pool=30)

_NOT_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)


def connect(
    base_url: str,
    *,
    timeout: httpx.Timeout | float = TIMEOUT,
    transport: httpx.AsyncBaseTransport | None = None,
    proxy: str = "",
    tls: ssl.SSLContext | None = None,
) -> httpx.AsyncClient:
    """Return a client for WeCom at `base_url`; the caller closes it.

    `proxy`, or else one of the environment, is used (CONNECT, Basic), but never for this machine
    (演练环境). Redirects are not followed: WeCom has none, and one would carry a key elsewhere.
    """
    hush()
    if is_this_machine(base_url):
        proxy = ""
    environ = not is_this_machine(base_url)
    return httpx.AsyncClient(
        base_url=base_url,
        timeout=timeout,
        limits=LIMITS,
        transport=transport,
        proxy=proxy or None,
        verify=tls or _public(environ),
        follow_redirects=False,
        trust_env=environ,
    )


@functools.cache
def _public(environ: bool) -> ssl.SSLContext:
    """The public authorities, read once in a process; `environ`: as SSL_CERT_FILE may say."""
    return httpx.create_ssl_context(trust_env=environ)


def trusting(ca: str | Path | None) -> ssl.SSLContext | None:
    """Return what believes a unit's own authority beside the public ones; None without one."""
    if not ca:
        return None
    context = ssl.create_default_context()
    context.load_verify_locations(cafile=ca)
    return context


def is_this_machine(address: str) -> bool:
    """Whether `address` leads to this machine: 演练环境, never by way of a proxy."""
    host = urlsplit(address).hostname or ""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


async def post_json(
    client: httpx.AsyncClient,
    path: str,
    *,
    params: Mapping[str, str],
    content: bytes,
    auth: httpx.Auth | None = None,
) -> dict[str, Any]:
    """Post `content`, byte for byte, and return WeCom's answer; it has an integer `errcode`.

    Raises CallFailed when there is no clear answer (wecom/api.md §10: a non-200 or a time-out
    after the request was written is ambiguous). A refusal is an answer: judge its `errcode`.
    """
    headers = {"Content-Type": "application/json"}
    try:
        # httpx's time-outs are for each read: an answer that drips would never end.
        async with asyncio.timeout(DEADLINE):
            response = await client.post(
                path,
                params=dict(params),
                content=content,
                headers=headers,
                auth=auth or httpx.USE_CLIENT_DEFAULT,
            )
    except httpx.HTTPError as error:
        _fail(error, path)
    except TimeoutError:
        raise CallFailed("maybe", "企业微信迟迟没有答复完，消息可能已发出") from None
    return _answer(response, path)


async def get_json(
    client: httpx.AsyncClient,
    path: str,
    *,
    params: Mapping[str, str],
    auth: httpx.Auth | None = None,
) -> dict[str, Any]:
    """Ask WeCom for what changes nothing; the answer has an integer `errcode`.

    Raises CallFailed("no") when there is no clear answer: nobody heard anything, ask again.
    """
    try:
        async with asyncio.timeout(DEADLINE):
            response = await client.get(
                path, params=dict(params), auth=auth or httpx.USE_CLIENT_DEFAULT
            )
    except (httpx.HTTPError, TimeoutError) as error:
        kind = type(error).__name__
        raise CallFailed("no", f"没有得到企业微信的答复（{kind}），请稍后再试") from None
    if (answer := parsed(response)) is None:
        raise CallFailed("no", f"企业微信的答复无法辨认（HTTP {response.status_code}）")
    return answer


def _fail(error: httpx.HTTPError, path: str) -> NoReturn:
    """Raise CallFailed for `error`; "from None", for httpx writes addresses, keys and all."""
    kind = type(error).__name__
    if isinstance(error, _NOT_SENT):
        raise CallFailed("no", f"连不上企业微信（{kind}）：请检查网络与代理") from None
    if not _request_path(error).endswith(path):
        # The token's own call broke: ours had not left.
        raise CallFailed("no", f"获取访问令牌时没有得到答复（{kind}）") from None
    raise CallFailed("maybe", f"没有得到企业微信的明确答复（{kind}），消息可能已发出") from None


def _request_path(error: httpx.HTTPError) -> str:
    try:
        return error.request.url.path
    except RuntimeError:  # httpx set no request: then suppose the worst, that it was ours
        return "/"


def _answer(response: httpx.Response, path: str) -> dict[str, Any]:
    """Return the parsed answer, or raise CallFailed("maybe") when it does not say anything."""
    answer = parsed(response)
    if answer is None:
        said = f"HTTP {response.status_code}，无法辨认"
        raise CallFailed("maybe", f"企业微信的答复不明确（{said}），消息可能已发出")
    if "wrong json format" in str(answer.get("errmsg", "")).lower():
        # Partly parsed JSON is answered with errcode 0 (wecom/api.md §10).
        log.error("WeCom calls our JSON wrong", extra={"action": "client-bug", "path": path})
    return answer


def parsed(response: httpx.Response) -> dict[str, Any] | None:
    """Return the JSON object of a 2xx answer that has an integer `errcode`, else None."""
    if not response.is_success:
        return None
    try:
        answer = response.json()
    except (ValueError, RecursionError):
        return None
    known = isinstance(answer, dict) and type(answer.get("errcode")) is int
    return answer if known else None
