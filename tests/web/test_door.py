"""The door under attack, as a whole: what every answer has, what none gives (docs/security.md)."""

from __future__ import annotations

import ast
import gzip
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route

from bot.core.render import Reading
from bot.demo.stage import AGENTID
from bot.web.guard import USUAL, Guarded
from bot.web.reading import page
from tests.engine.office import ROOT, office
from tests.web.test_console import HOME, browser, by_link, entered
from tests.wecom.test_callback import envelope

WEB = ROOT / "bot" / "web"
HERE = "http://127.0.0.1"
CALLERS = {  # beside wecom/, whose clients have one base address, that of [wecom]
    *("app.py", "life.py", "door.py", "doctor.py", "control.py", "watch.py"),
    *("rehearsal/acts.py", "rehearsal/play.py"),
}
EVIL = '<script>alert(1)</script><img src=x onerror=alert(2)>"\'><a href="javascript:alert(3)">'


@pytest.fixture
async def desk(tmp_path):
    async with office(tmp_path, port=8650) as built:
        yield built


# -- what every answer has -------------------------------------------------------------------------


def addresses(app) -> list[tuple[str, str]]:
    """Every route of the house with each of its methods, and addresses that lead nowhere."""
    found = [("GET", "/nowhere"), ("GET", "/console/nowhere"), ("DELETE", "/healthz")]
    for route in app.routes:
        if isinstance(route, Mount):
            found += [("GET", "/static/reading.css"), ("GET", "/static/../server.py")]
            continue
        assert isinstance(route, Route)
        path = re.sub(r"\{(\w+)(:\w+)?\}", "x", route.path)
        found += [(method, path) for method in sorted(route.methods)]
    return found


async def test_every_answer_of_every_route_has_the_headers(desk):
    inside = await entered(desk)
    seen = addresses(desk.house.web)
    assert len(seen) > 90
    for one in (browser(desk), inside):
        one.follow_redirects = False
        for method, path in seen:
            answer = await one.request(method, HERE + path)
            assert answer.headers["x-content-type-options"] == "nosniff", path
            assert answer.headers["referrer-policy"] in ("no-referrer", "same-origin"), path
            policy = answer.headers["content-security-policy"]
            assert "default-src 'none'" in policy, path
            assert "unsafe" not in policy or path.endswith(".svg"), path  # a picture's own colours
            kept = answer.headers.get("cache-control", "")
            assert kept in ("no-store", "no-cache") or "etag" in answer.headers, path
            assert answer.status_code != 500, path


async def test_a_fault_of_ours_has_the_headers_and_tells_nothing_of_itself():
    async def broken(_: Request) -> PlainTextResponse:
        raise RuntimeError("s3cret")

    app = Guarded(routes=[Route("/", broken)])
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=HERE) as one:
        answer = await one.get("/")
    assert answer.status_code == 500
    assert answer.headers["content-security-policy"] == USUAL["Content-Security-Policy"]
    assert "s3cret" not in answer.text


def test_no_page_has_a_script_or_a_style_within_it():
    for path in WEB.rglob("*.html"):
        text = path.read_text("utf-8")
        assert not re.search(r"<script(?![^>]*\bsrc=)", text), path
        assert not re.search(r"<[^>]*\son[a-z]+=", text), path
        assert not re.search(r"<[^>]*\sstyle=|<style|javascript:", text), path


async def test_a_cookie_is_out_of_reach_of_scripts_and_of_other_sites_forms(desk):
    await desk.at("2026-06-15 11:00")
    one = await entered(desk)
    invited = f"{HOME}/enter/{desk.house.entry.invite(desk.clock.now())}"
    answers = [await one.post(invited, follow_redirects=False)]
    answers.append(await one.post(f"{HOME}/leave", follow_redirects=False))
    group = desk.house.web.state.doors.links.address("dragon-boat-2026_main@zx")
    answers.append(await browser(desk).get(group or f"{HERE}/healthz"))
    cookies = [c for a in answers for c in a.headers.get_list("set-cookie")]
    assert cookies
    for cookie in cookies:
        assert "httponly" in cookie.lower()
        assert "samesite=lax" in cookie.lower()


# -- Host, redirects, enumeration ------------------------------------------------------------------


async def test_no_address_is_built_of_a_host_or_a_path_that_was_claimed(desk):
    forged = {"Host": "evil.example", "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "x"}
    for method, path in addresses(desk.house.web):
        for way in (path, path + "/", f"//evil.example{path}", f"{path}//evil.example"):
            one = browser(desk)
            one.follow_redirects = False
            url = httpx.URL(HERE).copy_with(raw_path=way.encode())
            answer = await one.request(method, url, headers=forged)
            assert "evil.example" not in answer.headers.get("location", ""), way
            assert "//evil.example" not in answer.text, way


async def test_a_referer_of_another_site_is_no_way_back(desk):
    one = await entered(desk)
    for came in ("https://evil.example/console", "//evil.example", "javascript:alert(1)//console"):
        answer = await one.get(f"{HOME}/push/x", headers={"Referer": came})
        assert "evil.example" not in answer.text
        assert "javascript:" not in answer.text


async def test_whatever_is_wrong_with_a_callback_the_answer_is_one_and_the_same(desk):
    door, now = desk.house.web.state.doors.callback, desk.clock.now()
    stale = door.seal("<xml><FromUserName>li</FromUserName></xml>", "n", now.replace(year=2025))
    other = replace_receiver(door).seal("<xml><FromUserName>li</FromUserName></xml>", "n", now)
    good = door.seal("<xml><FromUserName>li</FromUserName></xml>", "n", now)
    bomb = gzip.compress(b"A" * 10_000_000)
    tries = [
        *((query_of(door, sealed), body_of(sealed)) for sealed in (stale, other)),
        ({**query_of(door, good), "msg_signature": "0" * 40}, body_of(good)),
        ({**query_of(door, good), "nonce": "other"}, body_of(good)),
        ({**query_of(door, good), "timestamp": "9" * 400}, body_of(good)),
        (query_of(door, good), body_of(good) + body_of(good)),
        (query_of(door, good), b"x" * 70_000),
        (query_of(door, good), b"<" * 60_000),
        (query_of(door, good), b"<xml>" * 12_000),
        (query_of(door, good), b'<!DOCTYPE x [<!ENTITY a "a">]>' + body_of(good)),
        (query_of(door, good), bomb),
        ({}, b""),
    ]
    seen = set()
    for query, body in tries:
        headers = {"Content-Encoding": "gzip"} if body is bomb else {}
        url = f"{HERE}/wecom/callback"
        answer = await browser(desk).post(url, params=query, content=body, headers=headers)
        seen.add((answer.status_code, answer.content, tuple(sorted(answer.headers.items()))))
    assert len(seen) == 1
    assert next(iter(seen))[:2] == (403, b"")
    assert desk.house.bureau.refused["refused-callback"] == len(tries)
    taken = await browser(desk).post(
        f"{HERE}/wecom/callback", params=query_of(door, good), content=body_of(good)
    )
    assert taken.status_code == 200, "and the good one among them is taken"


def replace_receiver(door):
    from bot.wecom.callback import Callback

    return Callback(door._token, door._aes_key, "ww-another-corporation")


def body_of(sealed: bytes) -> bytes:
    return envelope(re.search(rb"<Encrypt><!\[CDATA\[(.*?)]]>", sealed)[1].decode())


def query_of(door, sealed: bytes) -> dict[str, str]:
    encrypted = re.search(rb"<Encrypt><!\[CDATA\[(.*?)]]>", sealed)[1].decode()
    stamp = re.search(rb"<TimeStamp>(\d+)", sealed)[1].decode()
    return {
        "msg_signature": door._signature(stamp, "n", encrypted),
        "timestamp": stamp,
        "nonce": "n",
    }


@pytest.mark.parametrize(
    "path", ["/r/", "/i/", "/screen/", "/films/", "/board/", "/review/", "/console/enter/"]
)
async def test_what_opens_nothing_is_refused_alike_whether_made_up_altered_or_of_another_door(
    desk, path
):
    links = desk.house.web.state.doors.links
    links = type(links)(HERE, desk.house.entry.key)
    real = links.address("dragon-boat-2026_main@zx").rpartition("/")[2]
    of_item = desk.house.bureau.doorway.path("i", "SC-01").rpartition("/")[2]
    wrong = ["x", real[:-2] + "zz", of_item[:-2] + "00", "a" * 3000, "%00"]
    if path != "/r/":
        wrong.append(real)
    if path == "/r/":
        wrong.append(links.address("dragon-boat-2026_main@nobody").rpartition("/")[2])
    answers = [await browser(desk).get(f"{HERE}{path}{one}") for one in wrong]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1


def test_nothing_secret_is_compared_in_a_time_that_tells_where_it_differs():
    secret = re.compile(r"(?i)(token|pin|seal|signature|ticket|proof|secret|nonce|hash)$")
    guilty = []
    rooms = [*WEB.rglob("*.py"), *(ROOT / "bot" / "wecom").glob("*.py")]
    rooms += [ROOT / "bot" / "library" / f"{n}.py" for n in ("reviewers", "passes", "approvals")]
    for path in [*rooms, ROOT / "bot" / "verbs" / "desk.py", ROOT / "bot" / "verbs" / "linking.py"]:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Compare):
                continue
            if not isinstance(node.ops[0], ast.Eq | ast.NotEq):
                continue
            sides = [node.left, *node.comparators]
            if any(isinstance(side, ast.Constant) for side in sides):
                continue
            if any(secret.search(ast.unparse(side)) for side in sides):
                guilty.append(f"{path.name}:{node.lineno} {ast.unparse(node)}")
    assert guilty == []


async def test_a_flood_of_made_up_codes_is_not_handed_on_to_wecom(tmp_path):
    lines = {"web": "sign_in = true"}
    async with office(tmp_path, port=8650, **lines) as desk:
        desk.world.set_trusted_domain(AGENTID, "127.0.0.1:8650")
        signin = desk.house.web.state.doors.signin
        asked = []

        async def opener(code: str) -> str:
            asked.append(code)
            raise CallFailed("no", "wrong")

        from bot.wecom.errors import CallFailed

        flooded = replace(signin, opener=opener)
        for number in range(400):
            assert await flooded._whose(str(number)) == ""
        assert len(asked) == 300
        desk.clock.jump(desk.clock.now().replace(hour=10))
        await flooded._whose("later")
        assert asked[-1] == "later", "and a minute later somebody is asked again"


# -- what people wrote -----------------------------------------------------------------------------


class Tags(HTMLParser):
    """Whatever a browser would run."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.bad: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs) -> None:
        for name, value in attrs:
            leads = name in ("href", "src", "action", "formaction", "data")
            if name.startswith("on") or (leads and "javascript:" in (value or "").lower()):
                self.bad.append(f"{tag} {name}={value}")
        ours = dict(attrs).get("src") in ("/console/console.js", "/static/reading.js")
        if tag in ("script", "iframe", "object", "embed", "base", "style") and not ours:
            self.bad.append(tag)


ITEM = """---
编号: XX-01
标题: {0}
类别: 案例
标签: {0}
起草: {0}
来源: {0} https://www.gov.cn/{0}
公开属性: 公开
附件: {1}
摘要: {0}
---
## 经过
{0}
[点这里](javascript:alert(9)) ![x](javascript:alert(8)) <iframe src=//evil.example></iframe>
## 问题在哪
<svg onload=alert(1)>{0}
## 怎么做
{0}
"""


async def test_nothing_that_anybody_wrote_runs_on_any_page_of_the_console(tmp_path):
    async with office(tmp_path, port=8650) as desk:
        text = ITEM.format(EVIL.replace("\n", " "), "<script>alert(1)<!--.png")
        (tmp_path / "content" / "XX-01 <img onerror=x>.md").write_text(text, "utf-8")
        roster = [
            replace(one, name=EVIL, branch=EVIL, department=EVIL)
            for one in await desk.house.bureau.store.members()
        ]
        await desk.house.bureau.store.set_members(roster)
        await desk.at("2026-06-15 11:00")
        one = await by_link(desk, "管理", EVIL)
        seen = 0
        for route in desk.house.web.routes:
            path = getattr(route, "path", "")
            if not path.startswith("/console") or "GET" not in route.methods:
                continue
            if path.endswith((".css", ".js")) or "/enter/" in path or "/with/" in path:
                continue
            path = path.replace("{key}", "dragon-boat-2026_main@zx").replace("{target}", "zx")
            for item in ("XX-01", EVIL):
                at = path.replace("{item}", item)
                answer = await one.get(httpx.URL(HERE).copy_with(path=at), params={"q": EVIL})
                if "html" in answer.headers.get("content-type", ""):
                    seen += 1
                    assert Tags(answer.text).bad == [], at
        assert seen > 20


def test_nothing_of_a_text_runs_on_the_reading_page():
    reading = Reading(
        source_line=EVIL,
        title=EVIL,
        sections=((EVIL, f"{EVIL}\n[x](javascript:alert(1)) <iframe src=x></iframe>"),),
        basis=EVIL,
        source=f"{EVIL} https://www.gov.cn/{EVIL}",
        footer=(EVIL,),
    )
    found = Tags(page(reading))
    assert found.bad == []


def test_the_table_of_attacks_names_only_tests_that_exist():
    told = (ROOT / "docs" / "security.md").read_text("utf-8")
    named = set(re.findall(r"`(test_\w+)`", told))
    assert len(named) > 60
    there = set()
    for path in Path(ROOT / "tests").rglob("test_*.py"):
        there |= set(re.findall(r"def (test_\w+)", path.read_text("utf-8")))
    assert named - there == set()


def test_no_address_that_came_from_outside_is_ever_asked():
    """A frame brings `response_url`, a message `PicUrl`: nothing of ours calls them (SSRF)."""
    bot = ROOT / "bot"
    ours = [path for path in bot.rglob("*.py") if "sandbox" not in path.parts]
    calls = re.compile(r"^\s*(import|from) (httpx|urllib\.request|requests|http\.client)", re.M)
    callers = {p.relative_to(bot).as_posix() for p in ours if calls.search(p.read_text("utf-8"))}
    wecom = {name for name in callers if name.startswith("wecom/")}
    assert callers - wecom <= CALLERS
    for path in ours:
        assert not re.search(r"response_url|PicUrl", path.read_text("utf-8")), path
