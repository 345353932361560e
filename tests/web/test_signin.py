"""Signing in on the reading page, over real HTTP: the sandbox plays WeCom's page and its API."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from starlette.requests import Request

from bot.core import asking, messages
from bot.core.model import Step
from bot.demo.stage import AGENTID
from bot.engine.lots import SIZE
from bot.inbox import PAGE_BUTTON
from bot.sandbox.faults import FaultKind
from bot.sandbox.server import create_app
from bot.sandbox.serving import Serving, free_port
from bot.verbs import VERBS
from bot.web.signin import SignIn
from bot.wecom.errors import CallFailed
from tests.engine.office import Office, moment, office

MAIN = "dragon-boat-2026_main@jg1"
GROUP = "dragon-boat-2026_main@zx"
READER = "u004"
ASKS = "\n[receipts]\nquestions = true"


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
        async with httpx.AsyncClient(headers=agent, verify=False, trust_env=False) as http:
            yield Browser(http, who)

    async def receipts(self):
        return list((await self.desk.house.bureau.store.acts()).receipts)


@asynccontextmanager
async def built(home, until: str = "2026-06-15 11:05", **more: str) -> AsyncIterator[Town]:
    """A bot behind a page that WeCom trusts; `more` is of `office`."""
    port, wecom = free_port(), free_port()
    settings = {
        "wecom": f'authorize_url = "http://127.0.0.1:{wecom}/connect/oauth2/authorize"',
        "web": "sign_in = true",
    }
    async with (
        office(home, port=port, sandbox=f"http://127.0.0.1:{wecom}", **settings, **more) as desk,
        Serving(desk.house.web, port=port) as served,
        Serving(create_app(desk.world), port=wecom),
    ):
        desk.world.set_trusted_domain(AGENTID, f"127.0.0.1:{port}")
        if until:
            await desk.at(until)
        yield Town(desk, served.url, desk.house.bureau.page(MAIN))


@pytest.fixture
async def town(tmp_path):
    async with built(tmp_path) as found:
        yield found


async def test_a_person_whom_wecom_names_taps_on_the_page_and_it_is_one_receipt(town):
    async with town.browser(READER) as browser:
        page = await browser.go(town.page)
        assert [urlsplit(url).path.split("/")[1] for url in browser.hops] == [
            *("r", "connect", "oauth", "r")
        ]
        assert await town.receipts() == []  # opening counts nothing
        assert messages.PAGE_RIGHTS in page.text, "what a tap keeps is said before it"
        for _ in range(2):
            answer = await browser.tap(page)
            assert (answer.status_code, "已阅，谢谢" in answer.text) == (200, True)
        [receipt] = await town.receipts()
        assert (receipt.person, receipt.push) == (READER, MAIN)
        assert (receipt.step, receipt.means) == (Step.ACKNOWLEDGED, PAGE_BUTTON)


@pytest.mark.parametrize("method", ["get", "head"])
async def test_a_scanner_that_looks_at_every_link_reads_nothing_for_anybody(tmp_path, method):
    """Whether WeCom looks at links is not known (wecom/api.md §13, U9): it would count nothing."""
    async with built(tmp_path, "") as town:
        world, store = town.desk.world, town.desk.house.bureau.store
        world.link_scanner = method
        await town.desk.at("2026-06-15 11:05")
        async with asyncio.timeout(30):
            while not (looked := [r for r in world.log if "link_scanner" in str(r)]):  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        assert {one.errcode for one in looked} <= {200, 302}, "it was let in, or sent to WeCom"
        assert await town.receipts() == []
        assert await store.counts() == {}
        await town.desk.at("2026-06-29 11:00")
        total = (await VERBS["summary"](town.desk.house.bureau, town.desk.clock.now(), {}))["total"]
        assert (total["read"], total["opened"]) == (0, 0)


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


async def test_a_link_that_was_passed_on_is_read_by_others_and_says_that_it_is_not_theirs(town):
    async with town.browser("guest") as browser:
        page = await browser.go(town.page)
        assert messages.PAGE_OF_OTHERS in page.text
        assert "不在此列" in page.text, "there is no harm in reading it"
        assert "<form" not in page.text
        assert (await browser.http.post(town.page, data={"form": "x"})).status_code == 403
    assert await town.receipts() == []


async def test_whoever_left_the_roster_with_the_page_open_is_thanked_and_leaves_no_name(town):
    async with town.browser(READER) as browser:
        page = await browser.go(town.page)
        await town.desk.house.bureau.store.forget(READER, town.desk.clock.now())
        assert (await browser.tap(page)).status_code == 200
    assert await town.receipts() == []
    assert (await town.desk.house.bureau.store.counts())["stranger"] == 1


async def test_after_thirty_days_the_page_is_read_thanks_and_records_nothing(town):
    async with town.browser(READER) as browser:
        early = await browser.go(town.page)
        assert messages.PAGE_OVER not in early.text
        sent = (await town.desk.house.bureau.store.push(MAIN)).sent_at
        town.desk.clock.jump(sent + timedelta(days=30))
        assert messages.PAGE_OVER not in (await browser.go(town.page)).text, "to the second"
        town.desk.clock.jump(sent + timedelta(days=30, seconds=1))
        late = await browser.go(town.page)
        assert messages.PAGE_OVER in late.text
        assert "<form" not in late.text
        answer = await browser.tap(early, option="")  # it lay open all the while
        assert "谢谢" in answer.text
    assert await town.receipts() == []
    assert (await town.desk.house.bureau.store.counts())["too-late"] == 1


@pytest.mark.parametrize("spoilt", ["cut", "letter", "other", "nothing"])
async def test_an_altered_link_says_so_in_plain_words_and_asks_wecom_nothing(town, spoilt):
    start, token = town.page.rsplit("/", 1)
    other = town.desk.house.bureau.page(MAIN.replace("jg1", "jg2")).rsplit("/", 1)[1]
    body, seal = token.rsplit(".", 1)
    bad = {
        "cut": token[:-3],
        "letter": f"{body}.{'A' if seal[0] != 'A' else 'B'}{seal[1:]}",
        "other": f"{other.rsplit('.', 1)[0]}.{seal}",  # of another push, with this one's seal
        "nothing": "x",
    }[spoilt]
    async with town.browser(READER) as browser:
        page = await browser.go(f"{start}/{bad}")
        assert page.status_code == 404
        assert messages.PAGE_CLOSED in page.text
        assert len(browser.hops) == 1
        assert (await browser.http.post(f"{start}/{bad}/opened")).status_code == 404
        assert (await browser.http.post(f"{start}/{bad}", data={"form": "x"})).status_code == 403
    assert await town.desk.house.bureau.store.counts() == {}


async def test_a_question_is_answered_on_the_page_once_with_its_explanation(tmp_path):
    async with built(tmp_path, "", targets=ASKS) as town:
        bureau, clock = town.desk.house.bureau, town.desk.clock
        await VERBS["send"](bureau, clock.now(), {"item": "SP-05", "to": "jg1"})
        await town.desk.at("2026-06-15 10:20")
        [key] = [k for k, p in (await town.desk.pushes()).items() if p.item == "SP-05"]
        people = list((await bureau.store.cohort(key)).covered)[:SIZE]
        asks = asking.question_of(bureau.moment().library.item("SP-05"))
        wrong = next(letter for letter, _ in asks.lettered() if letter != asks.answer)
        for number, person in enumerate(people):
            async with town.browser(person) as browser:
                page = await browser.go(bureau.page(key))
                assert asks.stem in page.text
                above, _, behind = page.text.partition("不作答，直接看答案")
                assert "照样要追究。" not in above, "the explanation is not there before the answer"
                assert "照样要追究。" in behind, "but whoever does not answer may see it"
                answer = await browser.tap(page, option=wrong if number else asks.answer)
                assert messages.RIGHT.format(asks.right) in answer.text
                assert asks.why.split("\n\n")[-1] in answer.text
                await browser.tap(page, option=asks.answer)  # thinking again changes nothing
        receipts = await bureau.store.receipts(key)
        assert {(one.person, one.step) for one in receipts} == {
            (person, Step.ANSWERED) for person in people
        }
        assert {one.means for one in receipts} == {PAGE_BUTTON}
        counts = await bureau.store.counts()
        told = {name: n for name, n in counts.items() if name.startswith(asking.KEY)}
        assert told == {asking.name_of(key, asks.answer): 1, asking.name_of(key, wrong): SIZE - 1}
        await town.desk.at("2026-06-29 11:00")
        found = await VERBS["summary"](bureau, clock.now(), {"week": "2026-W26"})
        assert found["total"]["read"] == SIZE


@pytest.mark.parametrize("option", ["D", "b", "A B"])
async def test_what_the_page_never_offered_counts_for_nobody(tmp_path, option):
    async with built(tmp_path, "", targets=ASKS) as town:
        bureau = town.desk.house.bureau
        await VERBS["send"](bureau, town.desk.clock.now(), {"item": "SP-05", "to": "jg1"})
        await town.desk.at("2026-06-15 10:20")
        [key] = [k for k, p in (await town.desk.pushes()).items() if p.item == "SP-05"]
        async with town.browser(READER) as browser:
            answer = await browser.tap(await browser.go(bureau.page(key)), option=option)
            assert answer.status_code == 200
            assert "想一想" in (await browser.go(bureau.page(key))).text
        assert await town.receipts() == []
        assert (await bureau.store.counts())["other-option"] == 1


async def test_where_wecom_does_not_trust_the_domain_nobody_is_signed_in(town):
    """Its own page says so (50001); the text itself is there without it."""
    town.desk.world.turn("oauth_entity_check", True)
    async with town.browser(READER) as browser:
        page = await browser.go(town.page)
        assert "50001" in page.text
        assert "<form" not in page.text
    async with httpx.AsyncClient(verify=False, trust_env=False) as scanner:
        assert (await scanner.get(town.page)).status_code in (200, 302)
    assert await town.receipts() == []


async def test_where_wecom_is_silent_the_text_is_read_all_the_same(town):
    town.desk.world.faults.add("auth/getuserinfo", FaultKind.STATUS)
    async with town.browser(READER) as browser:
        page = await browser.go(town.page)
    assert "不在此列" in page.text
    assert "<form" not in page.text


async def test_of_a_group_s_text_whoever_wecom_names_is_counted_by_name_and_told_so(town):
    """Level 1 with an app behind the page: the group's link is enough (DESIGN §3.7)."""
    bureau, clock = town.desk.house.bureau, town.desk.clock
    cohort = await bureau.store.cohort(GROUP)
    person = cohort.covered[0]
    async with town.browser(person) as browser:
        page = await browser.go(bureau.page(GROUP))
        assert messages.PAGE_RIGHTS in page.text
        assert messages.PAGE_TAP_ANONYMOUS not in page.text, "who is named is not told otherwise"
        for _ in range(2):
            assert (await browser.tap(page)).status_code == 200
    async with town.browser("guest") as browser:
        assert messages.PAGE_OF_OTHERS in (await browser.go(bureau.page(GROUP))).text
    [receipt] = await bureau.store.receipts(GROUP)
    assert (receipt.person, receipt.means) == (person, PAGE_BUTTON)
    await town.desk.at("2026-06-29 11:00")
    total = (await VERBS["summary"](bureau, clock.now(), {}))["total"]
    assert (total["read"], total["anonymous"]) == (1, 0)
    assert total["reachable"] >= len(cohort.covered)


async def test_whoever_wecom_does_not_know_may_tap_on_a_group_s_page_without_a_name(town):
    bureau = town.desk.house.bureau
    async with town.browser("-") as browser:
        page = await browser.go(bureau.page(GROUP))
        assert messages.PAGE_TAP_ANONYMOUS in page.text
        assert messages.PAGE_RIGHTS not in page.text
        assert (await browser.tap(page)).status_code == 200
    assert await bureau.store.receipts(GROUP) == []
    assert (await bureau.store.counts())[f"anonymous/{GROUP}"] == 1


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
