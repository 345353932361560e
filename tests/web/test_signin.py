"""Signing in on the reading page, over real HTTP: the sandbox plays WeCom's page and its API."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from starlette.requests import Request

from bot.core.model import Step
from bot.demo.stage import AGENTID
from bot.inbox import PAGE_BUTTON
from bot.sandbox.faults import FaultKind
from bot.sandbox.server import create_app
from bot.sandbox.serving import Serving, free_port
from bot.web.signin import SignIn
from bot.wecom.errors import CallFailed
from tests.engine.office import Office, moment, office

MAIN = "dragon-boat-2026_main@jg1"
READER = "u004"


@dataclass
class Browser:
    """Somebody's browser inside WeCom: keeps cookies, follows nothing by itself."""

    http: httpx.AsyncClient
    who: str
    hops: list[str] = field(default_factory=list)

    async def go(self, url: str) -> httpx.Response:
        """Open `url` and follow what leads on, WeCom's page included."""
        for _ in range(5):
            self.hops.append(url)
            answer = await self.http.get(url)
            if answer.status_code != 302:
                return answer
            url = self.tells_who(answer.headers["location"])
        raise AssertionError(f"led round in circles: {self.hops}")

    def tells_who(self, url: str) -> str:
        """WeCom's page knows who has it open: the sandbox wants to be told."""
        return url.replace("#", f"&sandbox_user={self.who}#") if "/connect/" in url else url

    async def back(self, url: str) -> str:
        """Go as far as WeCom's page, and return where it would lead back to."""
        away = (await self.http.get(url)).headers["location"]
        return (await self.http.get(self.tells_who(away))).headers["location"]

    async def tap(self, page: httpx.Response, **form: str) -> httpx.Response:
        found = re.search(r'name="form" value="([^"]+)"', page.text)
        assert found, "no 已阅 on the page"
        return await self.http.post(str(page.url), data={"form": found[1], **form})


@dataclass
class Town:
    desk: Office
    url: str  # of the bot
    page: str  # the reading page of MAIN

    @asynccontextmanager
    async def browser(self, who: str) -> AsyncIterator[Browser]:
        agent = {"User-Agent": "Mozilla/5.0 MicroMessenger/7.0.1 wxwork/4.1.36"}
        async with httpx.AsyncClient(headers=agent, trust_env=False) as http:
            yield Browser(http, who)

    async def receipts(self):
        return list((await self.desk.house.bureau.store.acts()).receipts)


@pytest.fixture
async def town(tmp_path):
    port, wecom = free_port(), free_port()
    settings = {
        "wecom": f'authorize_url = "http://127.0.0.1:{wecom}/connect/oauth2/authorize"',
        "web": "sign_in = true",
    }
    async with (
        office(tmp_path, port=port, sandbox=f"http://127.0.0.1:{wecom}", **settings) as desk,
        Serving(desk.house.web, port=port) as served,
        Serving(create_app(desk.world), port=wecom),
    ):
        desk.world.set_trusted_domain(AGENTID, f"127.0.0.1:{port}")
        await desk.at("2026-06-15 11:05")
        yield Town(desk, served.url, desk.house.bureau.page(MAIN))


async def test_a_person_whom_wecom_names_taps_on_the_page_and_it_is_one_receipt(town):
    async with town.browser(READER) as browser:
        page = await browser.go(town.page)
        assert [urlsplit(url).path.split("/")[1] for url in browser.hops] == [
            *("r", "connect", "oauth", "r")
        ]
        assert await town.receipts() == []  # opening counts nothing
        for _ in range(2):
            answer = await browser.tap(page)
            assert (answer.status_code, "已阅，谢谢" in answer.text) == (200, True)
        [receipt] = await town.receipts()
        assert (receipt.person, receipt.push) == (READER, MAIN)
        assert (receipt.step, receipt.means) == (Step.ACKNOWLEDGED, PAGE_BUTTON)


async def test_a_session_serves_half_an_hour_and_asks_wecom_nothing_meanwhile(town):
    async with town.browser(READER) as browser:
        await browser.go(town.page)
        browser.hops.clear()
        assert "已阅" in (await browser.go(town.page)).text
        assert len(browser.hops) == 1
        town.desk.clock.jump(town.desk.clock.now() + timedelta(minutes=31))
        browser.hops.clear()
        await browser.go(town.page)
        assert len(browser.hops) == 4


async def test_whoever_wecom_does_not_know_reads_and_cannot_tap(town):
    async with town.browser("-") as browser:
        page = await browser.go(town.page)
        assert "不在此列" in page.text
        assert "<form" not in page.text
        assert (await browser.http.post(town.page, data={"form": "x"})).status_code == 403
    assert await town.receipts() == []


async def test_a_stranger_to_the_roster_is_thanked_and_leaves_no_name(town):
    async with town.browser("guest") as browser:
        assert (await browser.tap(await browser.go(town.page))).status_code == 200
    assert await town.receipts() == []


async def test_where_wecom_is_silent_the_text_is_read_all_the_same(town):
    town.desk.world.faults.add("auth/getuserinfo", FaultKind.STATUS)
    async with town.browser(READER) as browser:
        page = await browser.go(town.page)
    assert "不在此列" in page.text
    assert "<form" not in page.text


# -- hostile -----------------------------------------------------------------------------------


async def test_a_way_back_without_this_browsers_cookie_opens_nothing(town):
    """Somebody sends his own code to another: her taps would be his (login CSRF)."""
    async with town.browser(READER) as attacker, town.browser("u005") as victim:
        back = await attacker.back(town.page)
        answer = await victim.http.get(back)
        assert answer.status_code == 403
        assert "set-cookie" not in answer.headers
        await victim.tap(await victim.go(town.page))
    assert [receipt.person for receipt in await town.receipts()] == ["u005"]


async def test_another_browsers_state_with_ones_own_cookie_opens_nothing(town):
    async with town.browser(READER) as one, town.browser("u005") as two:
        theirs, mine = await one.back(town.page), await two.back(town.page)
        state = parse_qs(urlsplit(theirs).query)["state"][0]
        own = parse_qs(urlsplit(mine).query)["state"][0]
        for other in (state, own[:8] + "0" * 24):  # the cookie is named by the first eight
            assert (await two.http.get(mine.replace(own, other))).status_code == 403


async def test_a_way_back_is_gone_once(town):
    async with town.browser(READER) as browser:
        back = await browser.back(town.page)
        cookies = dict(browser.http.cookies)
        assert (await browser.http.get(back)).status_code == 302
        browser.http.cookies.update(cookies)  # as if the browser had kept it
        assert (await browser.http.get(back)).status_code == 403


async def test_a_code_is_spent_once_though_the_state_is_new(town):
    async with town.browser(READER) as browser:
        first, second = await browser.back(town.page), await browser.back(town.page)
        code = parse_qs(urlsplit(first).query)["code"][0]
        other = parse_qs(urlsplit(second).query)["code"][0]
        assert (await browser.http.get(first)).status_code == 302
        assert (await browser.http.get(second.replace(other, code))).status_code == 403


async def test_a_state_is_good_for_five_minutes(town):
    async with town.browser(READER) as browser:
        back = await browser.back(town.page)
        town.desk.clock.jump(town.desk.clock.now() + timedelta(minutes=5))
        assert (await browser.http.get(back)).status_code == 403


@pytest.mark.parametrize(
    "query", ["", "state=x&code=y", "state=" + "a" * 32, "code=abc", "state=..%2F&code=x"]
)
async def test_an_invented_way_back_opens_nothing(town, query):
    async with town.browser(READER) as browser:
        answer = await browser.http.get(f"{town.url}/oauth/back?{query}")
        assert (answer.status_code, "看不到这篇内容" in answer.text) == (403, True)


async def test_where_the_browser_goes_never_comes_from_a_request(town):
    """A forged Host, a forwarded one, a `next` of somebody's own: none of them leads anywhere."""
    forged = {"Host": "evil.example", "X-Forwarded-Host": "evil.example"}
    async with town.browser(READER) as browser:
        away = await browser.http.get(f"{town.page}?next=//evil.example", headers=forged)
        asked = parse_qs(urlsplit(away.headers["location"]).query)
        assert asked["redirect_uri"] == [f"{town.url}/oauth/back"]
        back = await browser.back(town.page)
        answer = await browser.http.get(f"{back}&next=//evil.example", headers=forged)
        assert answer.headers["location"] == town.page


async def test_a_post_of_another_site_counts_nothing(town):
    async with town.browser(READER) as browser:
        page = await browser.go(town.page)
        assert (await browser.http.post(town.page, data={})).status_code == 403
        async with town.browser("u005") as other:
            theirs = re.search(r'value="([^"]+)"', (await other.go(town.page)).text)
        answer = await browser.http.post(town.page, data={"form": theirs[1]})
        assert answer.status_code == 403
        assert (await browser.tap(page, form="x" * 5000)).status_code == 403
    assert await town.receipts() == []


async def test_an_altered_session_is_none(town):
    async with town.browser(READER) as browser:
        await browser.go(town.page)
        [name] = [name for name in browser.http.cookies if name.endswith("session")]
        signed = browser.http.cookies[name]
        browser.http.cookies.clear()
        browser.http.cookies.set(name, "WyJ1MDAyIiw5OTk5OTk5OTk5XQ" + signed[signed.rindex(".") :])
        assert (await browser.http.post(town.page, data={"form": "x"})).status_code == 403


async def test_a_link_scanner_gets_the_text_and_is_sent_nowhere(tmp_path):
    """Outside WeCom its page leads nowhere; in a rehearsal any browser will do, so not here."""
    sign_in = signin("https://q.example", anywhere=False)
    assert not sign_in.wanted(asked("Mozilla/5.0 (compatible; scanner)"))
    assert sign_in.wanted(asked("Mozilla/5.0 wxwork/4.1.36 MicroMessenger/7.0.1"))


def test_a_cookie_is_for_this_host_alone_unseen_by_scripts_and_short():
    cookie = signin("https://q.example").begin("/r/abc").headers["set-cookie"]
    assert cookie.startswith("__Host-qingfeng-state-")
    for words in ("HttpOnly", "Secure", "SameSite=lax", "Path=/", "Max-Age=300"):
        assert words.lower() in cookie.lower()
    assert "domain" not in cookie.lower()
    plain = signin("http://127.0.0.1:8650").begin("/r/abc").headers["set-cookie"]
    assert "secure" not in plain.lower()


@pytest.mark.parametrize(
    "path",
    [
        *("//evil.example", "https://evil.example", "/\\evil.example", "\\\\evil", "", "r/x"),
        *("/r/\n//evil", "javascript:alert(1)", "/\t/evil.example", "/r/x#//evil", "/／evil"),
    ],
)
def test_nothing_but_a_page_of_ours_is_returned_to(path):
    with pytest.raises(ValueError):
        signin("https://q.example").begin(path)


def signin(public_url: str, *, anywhere: bool = True) -> SignIn:
    async def nobody(_: str) -> str:
        raise CallFailed("no", "not asked")

    return SignIn(
        public_url=public_url,
        authorize=lambda back, state: f"https://w.example/?back={back}&state={state}",
        opener=nobody,
        key=b"k" * 32,
        now=lambda: moment("2026-06-15 11:00"),
        anywhere=anywhere,
    )


def asked(agent: str) -> Request:
    headers = [(b"user-agent", agent.encode())]
    return Request({"type": "http", "headers": headers, "method": "GET", "path": "/"})
