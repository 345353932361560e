"""Files on their way to WeCom: for a webhook, an app, a robot (wecom/api.md §1.3, §2.10, §8).

Each keeps ids of its own, for three days. An upload says nothing to anybody, so that whatever
went wrong may simply be tried again: CallFailed("no"), or NotDone with WeCom's word.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
from collections.abc import Mapping
from typing import Any, Literal, Protocol

import httpx

from bot.wecom.client import DEADLINE, Client, parsed
from bot.wecom.errors import CallFailed, NotDone

Kind = Literal["image", "voice", "video", "file"]
MB = 1024 * 1024
LEAST = 6  # bytes
WEBHOOK: Mapping[Kind, int] = {"file": 20 * MB, "voice": 2 * MB}
APP: Mapping[Kind, int] = {"image": 10 * MB, "voice": 2 * MB, "video": 10 * MB, "file": 20 * MB}
CHUNK, CHUNKS, NAME = 512 * 1024, 100, 256  # bytes, number, bytes
SLOWEST = 256 * 1024  # bytes a second of a line on which 20 MB still get through


class Line(Protocol):
    """The long connection, as far as uploads go."""

    async def ask(self, cmd: str, body: Mapping[str, Any]) -> Mapping[str, Any]: ...


async def upload_for_webhook(http: Client, key: str, kind: Kind, name: str, raw: bytes) -> str:
    """Return the media_id of a file or voice; only this webhook may use it."""
    _check(kind, raw, WEBHOOK)
    params = {"key": key, "type": kind}
    return await _upload(http, "/cgi-bin/webhook/upload_media", params, name, raw)


async def upload_for_app(http: Client, auth: httpx.Auth, kind: Kind, name: str, raw: bytes) -> str:
    """Return the media_id of a file; all apps of the corporation may use it."""
    _check(kind, raw, APP)
    return await _upload(http, "/cgi-bin/media/upload", {"type": kind}, name, raw, auth)


async def upload_for_bot(line: Line, kind: Kind, name: str, raw: bytes) -> str:
    """Return the media_id of a file, sent in pieces over the long connection.

    A piece whose answer is lost is sent again: WeCom takes the same one twice, in any order.
    """
    _check(kind, raw, APP)
    if len(name.encode()) > NAME:
        raise ValueError("a file's name has at most 256 bytes")
    pieces = [raw[at : at + CHUNK] for at in range(0, len(raw), CHUNK)]
    assert len(pieces) <= CHUNKS, "20 MB are 40 pieces"
    md5 = hashlib.md5(raw, usedforsecurity=False).hexdigest()
    begin = {"type": kind, "filename": name, "total_size": len(raw)}
    begin |= {"total_chunks": len(pieces), "md5": md5}
    begun = await _asked(line, "aibot_upload_media_init", begin)
    upload = {"upload_id": begun["upload_id"]}
    for index, piece in enumerate(pieces):
        data = {"chunk_index": index, "base64_data": base64.b64encode(piece).decode()}
        await _asked(line, "aibot_upload_media_chunk", {**upload, **data}, tries=3)
    return str((await _asked(line, "aibot_upload_media_finish", upload))["media_id"])


async def _asked(
    line: Line, cmd: str, body: Mapping[str, Any], tries: int = 1
) -> Mapping[str, Any]:
    for left in reversed(range(tries)):
        try:
            answer = await line.ask(cmd, body)
        except CallFailed as failed:
            if left and failed.sent == "maybe":
                continue
            raise CallFailed("no", failed.reason) from None
        if answer["errcode"]:
            raise NotDone(answer["errcode"])
        found = answer.get("body")
        return found if isinstance(found, dict) else {}
    raise AssertionError("the last try returns or raises")


async def _upload(
    http: Client,
    path: str,
    params: Mapping[str, str],
    name: str,
    raw: bytes,
    auth: httpx.Auth | None = None,
) -> str:
    try:
        async with asyncio.timeout(DEADLINE + len(raw) / SLOWEST):
            response = await http.post(
                path,
                params=dict(params),
                files={"media": (name, raw, "application/octet-stream")},
                auth=auth or httpx.USE_CLIENT_DEFAULT,
            )
    except (httpx.HTTPError, TimeoutError) as error:
        kind = type(error).__name__
        raise CallFailed("no", f"文件没有传上去（{kind}），请稍后再试") from None
    if (answer := parsed(response)) is None:
        raise CallFailed("no", f"文件没有传上去（HTTP {response.status_code}）")
    if answer["errcode"]:
        raise NotDone(answer["errcode"])
    return str(answer.get("media_id") or "")


def _check(kind: Kind, raw: bytes, limits: Mapping[Kind, int]) -> None:
    if kind not in limits:
        raise ValueError(f"no {kind} here")
    if not LEAST <= len(raw) <= limits[kind]:
        raise ValueError(f"a {kind} has {LEAST} to {limits[kind]} bytes, not {len(raw)}")
