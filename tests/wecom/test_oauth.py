"""Who opened a page: the address of WeCom's, and what a code is exchanged for (api.md §6)."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from bot.sandbox.server import create_app
from bot.sandbox.serving import Serving
from bot.wecom.client import connect
from bot.wecom.errors import CallFailed
from bot.wecom.oauth import authorize_url, opener
from bot.wecom.token import Token
from tests.sandbox.house import AGENT, DOMAIN, SECRET, Clock, bureau

BACK = f"http://{DOMAIN}/oauth/back"


@pytest.fixture
async def wecom():
    """Return (clock, ask): `ask(who)` opens the authorize page and exchanges the code."""
    clock = Clock()
    world = bureau(clock)
    async with Serving(create_app(world)) as sandbox, connect(sandbox.url) as http:
        auth = Token(world.corp_id, SECRET, now=clock)

        async def code_of(who: str) -> str:
            page = f"{sandbox.url}/connect/oauth2/authorize"
            url = authorize_url(
                page, corp_id=world.corp_id, agentid=AGENT, back=BACK, state="S1"
            ).replace("#", f"&sandbox_user={who}#")
            answer = await http.get(url)
            back = urlsplit(answer.headers["location"])
            return parse_qs(back.query)["code"][0]

        yield clock, code_of, lambda code: opener(http, auth, code)


async def test_a_code_names_the_opener_once(wecom):
    _, code_of, ask = wecom
    code = await code_of("Li")
    assert await ask(code) == "Li"
    with pytest.raises(CallFailed) as failed:
        await ask(code)
    assert (failed.value.code, failed.value.sent) == (42022, "no")
    assert code not in str(failed.value)


async def test_a_member_out_of_range_is_named_and_an_outsider_is_nobody(wecom):
    _, code_of, ask = wecom
    assert await ask(await code_of("far")) == "far"
    assert await ask(await code_of("-")) == ""


async def test_a_code_is_good_for_five_minutes(wecom):
    clock, code_of, ask = wecom
    code = await code_of("Li")
    clock.tick(300)
    with pytest.raises(CallFailed) as failed:
        await ask(code)
    assert failed.value.code == 42003


@pytest.mark.parametrize("code", ["", "x" * 513, "a\nb", "码"])
async def test_what_is_no_code_is_never_asked_about(code):
    def world(_: httpx.Request) -> httpx.Response:
        raise AssertionError("nothing should be asked")

    async with connect("https://x.example", transport=httpx.MockTransport(world)) as http:
        with pytest.raises(CallFailed):
            await opener(http, httpx.Auth(), code)


@pytest.mark.parametrize("answer", [{"errcode": 0}, {"errcode": 0, "userid": 7}])
async def test_an_answer_without_an_account_names_nobody(answer):
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json=answer))
    async with connect("https://x.example", transport=transport) as http:
        assert await opener(http, httpx.Auth(), "code") == ""


def test_the_address_is_the_one_that_wecom_documents():
    url = authorize_url("https://w.example/a", corp_id="ww1", agentid=7, back=BACK, state="S1")
    assert url == (
        "https://w.example/a?appid=ww1&redirect_uri=http%3A%2F%2Fh5.example%3A8650%2Foauth%2Fback"
        "&response_type=code&scope=snsapi_base&state=S1&agentid=7#wechat_redirect"
    )


@pytest.mark.parametrize("state", ["", "a-b", "状态", "a" * 129])
def test_a_state_that_wecom_would_refuse_is_a_programmers_mistake(state):
    with pytest.raises(ValueError):
        authorize_url("https://w.example/a", corp_id="ww1", agentid=7, back=BACK, state=state)
