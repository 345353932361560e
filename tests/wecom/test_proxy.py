"""A firewall between: HTTP and WebSocket through one real CONNECT proxy, with its own authority.

The sandbox stands behind the proxy under WeCom's own names: a client that went past it would
reach the real WeCom, or nothing.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from bot.sandbox.server import create_app
from bot.sandbox.serving import Serving
from bot.sandbox.tls import certify
from bot.wecom.aibot_socket import Robot
from bot.wecom.client import connect, post_json, trusting
from bot.wecom.errors import CallFailed
from tests.sandbox.house import BOT, BOT_SECRET, KEY, Clock, bureau, robot

API, LINE = "https://qyapi.weixin.qq.com", "wss://openws.work.weixin.qq.com"
WHO = "clerk:pa%40ss"  # of the address; the password is pa@ss
CONTENT = b'{"msgtype":"text","text":{"content":"x"}}'


@dataclass
class Proxy:
    """Leads every CONNECT to `port` of this machine, for whoever knows the password."""

    port: int  # of the sandbox
    scheme: str = "Basic"
    asked: list[str] = field(default_factory=list)
    at: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            self.asked.append(head.split("\r\n")[0])
            wanted = f"Basic {base64.b64encode(b'clerk:pa@ss').decode()}"
            if self.scheme != "Basic" or wanted not in head:
                refusal = "HTTP/1.1 407 Proxy Authentication Required\r\n"
                refusal += f"Proxy-Authenticate: {self.scheme}\r\nContent-Length: 0\r\n\r\n"
                writer.write(refusal.encode())
                await writer.drain()
                writer.close()
                return
            there, back = await asyncio.open_connection("127.0.0.1", self.port)
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            await asyncio.gather(_pour(reader, back), _pour(there, writer))


async def _pour(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await source.read(65536):
            sink.write(data)
            await sink.drain()
    sink.close()


@dataclass
class Town:
    proxy: Proxy
    world: object
    ca: str

    def way(self, who: str = WHO) -> str:
        return f"http://{who}@127.0.0.1:{self.proxy.at}"

    async def says(self, proxy: str, ca: str) -> int:
        async with connect(API, proxy=proxy, tls=trusting(ca)) as http:
            path = "/cgi-bin/webhook/send"
            answer = await post_json(http, path, params={"key": KEY}, content=CONTENT)
            return int(answer["errcode"])

    @contextlib.asynccontextmanager
    async def line(self, proxy: str, ca: str) -> AsyncIterator[Robot]:
        async def deaf(_: object) -> None:
            return None

        line = Robot(LINE, BOT, BOT_SECRET, arrived=deaf, proxy=proxy, tls=trusting(ca))
        stop = asyncio.Event()
        task = asyncio.create_task(line.run(stop))
        try:
            async with asyncio.timeout(30):
                while not line.heard:  # noqa: ASYNC110 - the condition is WeCom's own
                    await asyncio.sleep(0.02)
            yield line
        finally:
            stop.set()
            await task


@pytest.fixture
async def town(tmp_path):
    papers = certify(tmp_path, datetime.now(UTC))
    world = bureau(Clock())
    robot(world)
    async with Serving(create_app(world), certificates=papers) as sandbox:
        proxy = Proxy(sandbox.port)
        server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
        proxy.at = server.sockets[0].getsockname()[1]
        yield Town(proxy, world, str(papers.authority))
        server.close()


async def test_calls_and_the_long_connection_go_through_the_same_proxy(town):
    assert await town.says(town.way(), town.ca) == 0
    async with town.line(town.way(), town.ca) as line:
        assert line.live
    assert {line.split()[1] for line in town.proxy.asked} == {
        "qyapi.weixin.qq.com:443",
        "openws.work.weixin.qq.com:443",
    }


async def test_without_the_units_own_authority_nothing_is_said(town):
    with pytest.raises(CallFailed) as failed:
        await town.says(town.way(), "")
    assert failed.value.sent == "no"
    async with town.line(town.way(), "") as line:
        assert not line.live
    assert town.world.posted == []


@pytest.mark.parametrize(("scheme", "who"), [("Basic", "clerk:wrong"), ("NTLM", WHO)])
async def test_a_proxy_that_refuses_means_that_nothing_was_sent_and_no_password_is_told(
    town, scheme, who, caplog
):
    town.proxy.scheme = scheme
    with pytest.raises(CallFailed) as failed:
        await town.says(town.way(who), town.ca)
    assert failed.value.sent == "no"
    async with town.line(town.way(who), town.ca) as line:
        assert not line.live
        told = f"{failed.value.reason} {line.last.detail} {caplog.text}"
    assert "clerk" not in told
    assert "wrong" not in told


async def test_this_machine_is_never_reached_by_way_of_a_proxy(town):
    async with (
        Serving(create_app(town.world)) as sandbox,
        connect(sandbox.url, proxy=town.way()) as http,
    ):
        assert (await http.get("/cgi-bin/getcallbackip")).status_code == 200
    assert town.proxy.asked == []
