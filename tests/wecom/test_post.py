"""A call out: what counts as an answer, and what may have been sent all the same."""

import traceback

import httpx
import pytest

from bot.wecom.client import connect, post_json
from bot.wecom.errors import CallFailed

BASE = "https://qyapi.example"
PATH = "/cgi-bin/webhook/send"
SECRET = "s3cret-key"


def answering(answer):
    """Return a client for which the world is `answer`: a Response, or an exception type."""

    def world(request: httpx.Request) -> httpx.Response:
        if isinstance(answer, httpx.Response):
            return answer
        raise answer(f"broke at {request.url}")

    return connect(BASE, transport=httpx.MockTransport(world))


async def call(client, content=b"{}"):
    async with client:
        return await post_json(client, PATH, params={"key": SECRET}, content=content)


async def test_the_bytes_arrive_as_they_were_given():
    seen = []

    def world(request):
        seen.append(request)
        return httpx.Response(200, json={"errcode": 0})

    content = '{"中":"\\u4e2d" , "x" :1}\n'.encode()
    await call(connect(BASE, transport=httpx.MockTransport(world)), content)
    assert seen[0].content == content
    assert seen[0].headers["content-type"] == "application/json"
    assert seen[0].url == f"{BASE}{PATH}?key={SECRET}"


@pytest.mark.parametrize("code", [0, -1, 93000])
async def test_every_errcode_is_an_answer(code):
    answer = await call(answering(httpx.Response(200, json={"errcode": code, "errmsg": "x"})))
    assert answer["errcode"] == code


@pytest.mark.parametrize(
    ("answer", "sent"),
    [
        (httpx.ConnectError, "no"),
        (httpx.ConnectTimeout, "no"),
        (httpx.PoolTimeout, "no"),
        (httpx.ProxyError, "no"),
        (httpx.UnsupportedProtocol, "no"),
        (httpx.ReadTimeout, "maybe"),
        (httpx.WriteTimeout, "maybe"),
        (httpx.ReadError, "maybe"),
        (httpx.WriteError, "maybe"),
        (httpx.CloseError, "maybe"),
        (httpx.RemoteProtocolError, "maybe"),
        (httpx.DecodingError, "maybe"),
        (httpx.Response(502), "maybe"),
        (httpx.Response(302, headers={"location": "https://elsewhere.example"}), "maybe"),
        (httpx.Response(500, json={"errcode": 0}), "maybe"),
        (httpx.Response(200), "maybe"),
        (httpx.Response(200, text="<html>ok</html>"), "maybe"),
        (httpx.Response(200, content=b"\xff\xfe\x00"), "maybe"),
        (httpx.Response(200, content=b"[" * 100_000), "maybe"),
        (httpx.Response(200, json=[]), "maybe"),
        (httpx.Response(200, json={"errmsg": "ok"}), "maybe"),
        (httpx.Response(200, json={"errcode": None}), "maybe"),
        (httpx.Response(200, json={"errcode": "0"}), "maybe"),
        (httpx.Response(200, json={"errcode": False}), "maybe"),
    ],
)
async def test_only_what_never_left_is_not_sent(answer, sent, caplog):
    with caplog.at_level("DEBUG"), pytest.raises(CallFailed) as caught:
        await call(answering(answer))
    assert caught.value.sent == sent
    told = repr(caught.value) + "".join(traceback.format_exception(caught.value)) + caplog.text
    assert SECRET not in told


async def test_a_redirect_is_not_followed():
    hosts = []

    def world(request):
        hosts.append(request.url.host)
        return httpx.Response(307, headers={"location": "https://elsewhere.example/"})

    with pytest.raises(CallFailed):
        await call(connect(BASE, transport=httpx.MockTransport(world)))
    assert hosts == ["qyapi.example"]


async def test_json_that_wecom_calls_wrong_is_our_bug_and_logged(caplog):
    answer = {"errcode": 0, "errmsg": "Warning: wrong json format. ok"}
    await call(answering(httpx.Response(200, json=answer)))
    assert [getattr(record, "action", "") for record in caplog.records] == ["client-bug"]
    assert SECRET not in caplog.text


async def test_httpx_logs_no_address_though_the_log_is_open(caplog):
    with caplog.at_level("DEBUG"):
        await call(answering(httpx.Response(200, json={"errcode": 0})))
    assert caplog.text == ""


@pytest.mark.parametrize(
    ("address", "proxied"),
    [
        ("https://qyapi.weixin.qq.com", True),
        ("http://127.0.0.1:8080", False),
        ("http://localhost:8080", False),
        ("http://[::1]:8080", False),
    ],
)
async def test_a_proxy_is_used_for_wecom_but_never_for_this_machine(address, proxied, monkeypatch):
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://proxy.example:3128")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    async with connect(address) as client:
        assert any(client._mounts.values()) is proxied
