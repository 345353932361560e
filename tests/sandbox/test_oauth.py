"""Who opened the link: the authorize page, codes, tickets (wecom/api.md §6)."""

from urllib.parse import parse_qs, urlsplit

import pytest

from bot.sandbox.asks import Ask

from .house import AGENT, DOMAIN, token

BACK = f"http://{DOMAIN}/r/abc?x=1"


def link(**changes):
    query = {
        "appid": "ww0123456789abcdef",
        "redirect_uri": BACK,
        "response_type": "code",
        "scope": "snsapi_base",
        "state": "S1",
        "agentid": str(AGENT),
    }
    return {k: v for k, v in (query | changes).items() if v is not None}


async def opened(http, who="zhang", **changes):
    """The code that comes back when `who` opens the link."""
    params = link(**changes) | {"sandbox_user": who}
    answer = await http.get("/connect/oauth2/authorize", params=params)
    assert answer.status_code == 302
    back = urlsplit(answer.headers["location"])
    assert f"{back.scheme}://{back.netloc}{back.path}" == f"http://{DOMAIN}/r/abc"
    query = parse_qs(back.query)
    assert (query["x"], query["state"]) == (["1"], ["S1"])
    return query["code"][0]


def userinfo(world, code, secret="app-s3cret"):
    query = {"access_token": token(world, secret), "code": code}
    return world.call("auth/getuserinfo", Ask(query=query))


async def test_a_link_leads_back_with_a_code_that_names_the_opener(http, world):
    code = await opened(http)
    assert userinfo(world, code) == {"errcode": 0, "errmsg": "ok", "userid": "zhang"}


async def test_a_code_serves_once_for_five_minutes_and_its_own_app(http, world, clock):
    code = await opened(http)
    assert userinfo(world, code, "other-s3cret")["errcode"] == 40029
    assert userinfo(world, "invented")["errcode"] == 40029
    assert userinfo(world, "")["errcode"] == 41008
    clock.tick(299)
    assert userinfo(world, code)["errcode"] == 0
    assert userinfo(world, code)["errcode"] == 42022
    code = await opened(http)
    clock.tick(300)
    assert userinfo(world, code)["errcode"] == 42003


async def test_members_out_of_range_are_named_and_outsiders_are_not(http, world):
    assert userinfo(world, await opened(http, "far"))["userid"] == "far"
    answer = userinfo(world, await opened(http, "-"))
    assert "userid" not in answer
    assert answer["openid"]


@pytest.mark.parametrize(
    ("changes", "errcode"),
    [
        ({"redirect_uri": "http://h5.example/r"}, 50001),
        ({"redirect_uri": "http://evil.example:8650/r"}, 50001),
        ({"redirect_uri": "javascript:alert(1)"}, 50001),
        ({"appid": "ww_other"}, 40013),
        ({"state": "a" * 129}, 84025),
        ({"state": "a-b"}, 84025),
        ({"scope": "snsapi_login"}, 40058),
        ({"agentid": "99"}, 40056),
    ],
)
async def test_a_wrong_link_shows_why_and_leads_nowhere(http, changes, errcode):
    params = link(**changes) | {"sandbox_user": "zhang"}
    answer = await http.get("/connect/oauth2/authorize", params=params)
    assert answer.status_code == 200
    assert f"错误码 {errcode}" in answer.text


async def test_whether_the_entity_check_passes_is_a_switch(http, world):
    world.oauth_entity_check = True
    params = link() | {"sandbox_user": "zhang"}
    assert "错误码 50001" in (await http.get("/connect/oauth2/authorize", params=params)).text


async def test_a_browser_is_asked_who_it_is_unless_its_cookie_says_so(http):
    answer = await http.get("/connect/oauth2/authorize", params=link())
    assert "张敏" in answer.text
    http.cookies.set("sandbox_user", "Li")
    answer = await http.get("/connect/oauth2/authorize", params=link())
    assert answer.status_code == 302


async def test_private_information_comes_by_a_ticket_of_half_an_hour(http, world, clock):
    answer = userinfo(world, await opened(http, scope="snsapi_privateinfo"))
    ticket = {"user_ticket": answer["user_ticket"]}

    def detail(body):
        query = {"access_token": token(world)}
        return world.call("auth/getuserdetail", Ask(query=query, body=body))

    clock.tick(1799)
    assert detail(ticket)["userid"] == "zhang"
    assert detail({"user_ticket": "x"})["errcode"] == 84015
    clock.tick(1)
    assert detail(ticket)["errcode"] == 84014
