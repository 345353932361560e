"""The real socket under attack: smuggling, drips, heads without an end (docs/security.md)."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager

import httpx
import pytest

from bot.sandbox.serving import Serving
from tests.engine.office import office


@pytest.fixture
async def desk(tmp_path):
    async with office(tmp_path, port=8650) as built:
        yield built


@asynccontextmanager
async def served(desk, **more):
    async with Serving(desk.house.web, **more) as at:
        yield at


async def said(at: Serving, *pieces: bytes, pause: float = 0.0, end: bool = False) -> bytes:
    """Write pieces to the real socket and return all that comes before it is closed."""
    reader, writer = await asyncio.open_connection("127.0.0.1", at.port)
    try:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(pause)
        return await asyncio.wait_for(reader.read(), 10)
    except ConnectionError:
        return b""
    finally:
        writer.close()


SMUGGLED = b"GET /console HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
POST = b"POST /wecom/callback HTTP/1.1\r\nHost: 127.0.0.1\r\n"


@pytest.mark.parametrize(
    "head",
    [
        b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n",
        b"Content-Length: 0\r\nContent-Length: 65\r\n\r\n",
        b"Content-Length: +0\r\n\r\n",
        b"Content-Length: 0x0\r\n\r\n",
        b"Content-Length: -1\r\n\r\n",
        b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
        b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n-1\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n\r\n",
        b"X: a\r\n b\nContent-Length: 0\r\r\n\r\n",
    ],
    ids=ascii,
)
async def test_a_request_of_two_lengths_hides_no_second_one(desk, head):
    async with served(desk, patience=0.5) as at:
        answer = await said(at, POST + head + SMUGGLED)
    assert b"401" not in answer.split(b"\r\n")[0]
    assert answer.count(b"HTTP/1.1 ") <= 1, "the second one was answered"


async def test_whoever_connects_and_says_nothing_or_little_is_hung_up_on(desk):
    async with served(desk, patience=0.4) as at:
        assert await said(at) == b""
        drip = [b"GET / HTTP/1.1\r\n", *([b"X-A: b\r\n"] * 20)]
        assert await said(at, *drip, pause=0.05) == b""
        async with httpx.AsyncClient() as one:  # meanwhile everybody else is served
            assert (await one.get(f"{at.url}/healthz")).text == "ok"


async def test_a_head_without_an_end_is_not_kept(desk):
    async with served(desk, patience=8) as at:
        flood = b"GET / HTTP/1.1\r\nX: " + b"a" * 200_000
        before = asyncio.get_running_loop().time()
        assert await said(at, flood) == b""
        assert asyncio.get_running_loop().time() - before < 4


async def test_a_body_that_drips_is_cut_off_and_refused(desk):
    app = desk.house.web
    app.state.patience = 0.5
    app.middleware_stack = None
    async with served(desk, patience=0.5) as at:
        for path in (b"/wecom/callback", b"/r/x"):
            head = b"POST " + path + b" HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 500\r\n"
            answer = await said(at, head + b"\r\n", *([b"x"] * 12), pause=0.06)
            assert answer.startswith((b"HTTP/1.1 4", b"HTTP/1.1 5")), path


async def test_five_hundred_idle_connections_keep_nobody_out(desk):
    async with served(desk, patience=1.5) as at:
        idle = [await asyncio.open_connection("127.0.0.1", at.port) for _ in range(500)]
        async with httpx.AsyncClient() as one:
            assert (await one.get(f"{at.url}/healthz")).text == "ok"
        for reader, writer in idle:
            assert await asyncio.wait_for(reader.read(), 30) == b""
            writer.close()


async def test_a_header_in_a_value_is_no_header(desk):
    async with served(desk) as at:
        path = b"/console/enter/x%0d%0aSet-Cookie:%20a=b"
        rest = b" HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
        answer = await said(at, b"GET " + path + rest)
        assert b"\r\nSet-Cookie: a=b" not in answer
