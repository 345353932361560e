"""The access token: one call for it however many ask, and none that could ban the address."""

import asyncio
import traceback
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from bot.wecom.client import connect, post_json
from bot.wecom.errors import CallFailed
from bot.wecom.token import REST, Token

SECRET = "corp-s3cret"
START = datetime(2026, 6, 1, 9, 10, tzinfo=UTC)


class World:
    """WeCom as far as tokens go: answers gettoken with T1, T2, … and takes `good` ones only."""

    def __init__(self, **gettoken):
        self.gettoken = gettoken  # beside or instead of a token
        self.now = START
        self.fetched = 0
        self.sends: list[str] = []  # tokens seen by message/send
        self.refuse: dict[str, int] = {}  # token -> errcode
        self.timeouts: list[object] = []
        self.broken: type[Exception] | None = None
        self.sent = asyncio.Event()
        self.slow: dict[str, asyncio.Event] = {}  # a message -> what it waits for

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(0)  # lets the others in, as a network would
        params = request.url.params
        if request.url.path.endswith("/gettoken"):
            self.fetched += 1
            if self.broken:
                raise self.broken(f"broke at {request.url}", request=request)
            self.timeouts.append(request.extensions.get("timeout"))
            assert dict(params) == {"corpid": "ww1", "corpsecret": SECRET}
            fresh = {"errcode": 0, "access_token": f"T{self.fetched}", "expires_in": 7200}
            return httpx.Response(200, json={**fresh, **self.gettoken})
        self.sends.append(params["access_token"])
        self.sent.set()
        if params["access_token"] == "T1" and (gate := self.slow.get(request.content.decode())):
            await gate.wait()
        code = self.refuse.get(params["access_token"], 0)
        return httpx.Response(200, json={"errcode": code, "echo": request.content.decode()})

    def client(self):
        return connect("https://wecom.example/base", transport=httpx.MockTransport(self))

    def token(self):
        return Token("ww1", SECRET, now=lambda: self.now)


async def send(client, token, content=b"hello"):
    return await post_json(client, "/cgi-bin/message/send", params={}, content=content, auth=token)


async def test_twenty_at_once_fetch_one_token():
    world = World()
    token = world.token()
    async with world.client() as client:
        answers = await asyncio.gather(*(send(client, token) for _ in range(20)))
    assert [answer["errcode"] for answer in answers] == [0] * 20
    assert world.fetched == 1
    assert world.sends == ["T1"] * 20


async def test_a_token_is_renewed_five_minutes_early():
    world = World()
    token = world.token()
    async with world.client() as client:
        await send(client, token)
        world.now = START + timedelta(seconds=6899)
        await send(client, token)
        world.now = START + timedelta(seconds=6900)
        await send(client, token)
    assert world.sends == ["T1", "T1", "T2"]


@pytest.mark.parametrize("expires_in", [60, 7200, 0, -1, "soon", None, 10**12])
async def test_no_expiry_makes_it_fetch_for_every_call(expires_in):
    world = World(expires_in=expires_in)
    token = world.token()
    async with world.client() as client:
        for _ in range(3):
            await send(client, token)
    assert world.fetched == 1


@pytest.mark.parametrize("code", [40014, 42001])
async def test_a_token_gone_stale_is_fetched_once_and_the_call_repeated_once(code):
    world = World()
    world.refuse = {"T1": code}
    async with world.client() as client:
        answer = await send(client, world.token(), b"the same bytes")
    assert answer == {"errcode": 0, "echo": "the same bytes"}
    assert world.sends == ["T1", "T2"]


async def test_a_second_stale_token_is_given_up():
    world = World()
    world.refuse = {"T1": 42001, "T2": 42001, "T3": 42001}
    async with world.client() as client:
        answer = await send(client, world.token())
    assert answer["errcode"] == 42001
    assert world.sends == ["T1", "T2"]


async def test_a_late_complaint_about_an_old_token_does_not_drop_the_new_one():
    world = World()
    world.refuse = {"T1": 42001}
    world.slow = {"late": asyncio.Event()}
    token = world.token()
    async with world.client() as client:
        late = asyncio.create_task(send(client, token, b"late"))
        await world.sent.wait()
        await send(client, token, b"quick")  # has T1 refused, and fetches T2
        world.slow["late"].set()
        assert (await late)["errcode"] == 0
    assert world.sends == ["T1", "T1", "T2", "T2"]


async def test_twenty_with_one_stale_token_fetch_one_more():
    world = World()
    world.refuse = {"T1": 40014}
    token = world.token()
    async with world.client() as client:
        answers = await asyncio.gather(*(send(client, token) for _ in range(20)))
    assert {answer["errcode"] for answer in answers} == {0}
    assert world.fetched == 2


@pytest.mark.parametrize("code", [40001, 40013, 40091])
async def test_a_wrong_secret_lets_no_request_leave_for_an_hour(code):
    world = World(errcode=code, access_token="")
    token = world.token()
    async with world.client() as client:
        for minutes in (0, 1, 59):
            world.now = START + timedelta(minutes=minutes)
            with pytest.raises(CallFailed) as caught:
                await send(client, token)
            assert (caught.value.sent, caught.value.code) == ("no", code)
            assert caught.value.wait == (60 - minutes) * 60
        assert world.fetched == 1
        world.gettoken = {}
        world.now = START + timedelta(hours=1)
        assert (await send(client, token))["errcode"] == 0
    assert world.fetched == 2


async def test_twenty_with_a_wrong_secret_ask_once():
    world = World(errcode=40001, access_token="")
    token = world.token()
    async with world.client() as client:
        calls = (send(client, token) for _ in range(20))
        failures = await asyncio.gather(*calls, return_exceptions=True)
    assert {type(failure) for failure in failures} == {CallFailed}
    assert world.fetched == 1
    assert world.sends == []


async def test_a_secret_refused_while_sending_stops_as_well():
    world = World()
    world.refuse = {"T1": 40001}
    token = world.token()
    async with world.client() as client:
        assert (await send(client, token))["errcode"] == 40001
        with pytest.raises(CallFailed):
            await send(client, token)
        world.now = START + timedelta(hours=1)
        assert (await send(client, token))["errcode"] == 0  # with a new token, not the old one
    assert world.sends == ["T1", "T2"]


@pytest.mark.parametrize(
    "gettoken", [{"errcode": -1}, {"errcode": None}, {"access_token": ""}, {"access_token": 7}]
)
async def test_no_token_means_that_nothing_was_sent(gettoken):
    world = World(**gettoken)
    async with world.client() as client:
        with pytest.raises(CallFailed) as caught:
            await send(client, world.token())
    assert caught.value.sent == "no"
    assert world.sends == []


@pytest.mark.parametrize("broken", [httpx.ConnectError, httpx.ReadTimeout])
async def test_when_gettoken_breaks_nothing_was_sent_and_the_others_do_not_queue_for_it(broken):
    world = World()
    world.broken = broken
    token = world.token()
    async with world.client() as client:
        calls = (send(client, token) for _ in range(20))
        failures = await asyncio.gather(*calls, return_exceptions=True)
        assert {failure.sent for failure in failures} == {"no"}
        assert world.fetched == 1
        world.broken, world.now = None, START + timedelta(seconds=REST)
        assert (await send(client, token))["errcode"] == 0


async def test_a_cancelled_caller_leaves_the_token_to_the_others():
    world = World()
    token = world.token()
    async with world.client() as client:
        first = asyncio.create_task(send(client, token))
        await asyncio.sleep(0)
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)
        world.now += timedelta(seconds=REST)
        async with asyncio.timeout(30):
            assert (await send(client, token))["errcode"] == 0


async def test_the_call_for_a_token_has_a_time_out_too():
    world = World()
    async with world.client() as client:
        await send(client, world.token())
    assert world.timeouts == [{"connect": 5, "read": 10, "write": 10, "pool": 30}]


async def test_no_secret_and_no_token_is_told(caplog):
    told = []
    for world in (World(errcode=40001, errmsg=f"bad {SECRET}", access_token=""), World()):
        world.broken = None if world.gettoken else httpx.ReadTimeout
        token = world.token()
        async with world.client() as client:
            with caplog.at_level("DEBUG"), pytest.raises(CallFailed) as caught:
                await send(client, token)
        told += [repr(token), repr(caught.value), *traceback.format_exception(caught.value)]
    assert SECRET not in "".join(told) + caplog.text
    assert "T1" not in caplog.text
