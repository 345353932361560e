"""A hostile visitor: every form, every role, stolen and planted cookies, huge bodies."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from io import BytesIO

import docx
import pytest
from openpyxl import Workbook

from bot.web import console
from bot.web.console.entry import MAY
from tests.engine.office import office
from tests.web.test_console import HOME, browser, by_link, entered, post, ticket

DOORS = ("/enter/", "/with/", "/wecom", "/leave")
PLAIN = (".css", ".js")
SEEN_BY_ALL = {"/console", "/plan", "/library", "/targets", "/receipts", "/outside"}
FORMS = [
    route.path
    for route in console.routes()
    if "POST" in route.methods and not any(door in route.path for door in DOORS)
]
LOOKS = [
    route.path
    for route in console.routes()
    if "GET" in route.methods and not any(part in route.path for part in (*DOORS, *PLAIN))
]


@pytest.fixture
async def desk(tmp_path):
    async with office(tmp_path, port=8650) as built:
        yield built


def at(path: str) -> str:
    key = path.replace("{key}", "dragon-boat-2026_main@zx").replace("{target}", "zx")
    return "http://127.0.0.1" + key.replace("{item}", "SC-01")


def state(desk) -> dict[str, bytes]:
    kept = [*desk.home.rglob("*.toml"), *desk.home.rglob("*.md"), *desk.home.rglob("*.json")]
    return {str(path): path.read_bytes() for path in kept}


async def test_no_page_opens_to_a_stranger_and_no_form_is_taken(desk):
    one, before = browser(desk), state(desk)
    assert len(FORMS) > 15
    assert len(LOOKS) > 15
    for path in LOOKS:
        assert (await one.get(at(path))).status_code == 401, path
    for path in FORMS:
        assert (await one.post(at(path), data={"ticket": "x"})).status_code == 401, path
    assert state(desk) == before


async def test_no_form_is_taken_from_another_site_or_without_its_ticket(desk):
    one = await entered(desk)
    good, before = await ticket(one), state(desk)
    for path in FORMS:
        assert (await one.post(at(path))).status_code == 403, path
        assert (await one.post(at(path), data={"ticket": "0" * 64})).status_code == 403, path
        for headers in (
            {"Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "same-site"},
            {"Sec-Fetch-Site": "none"},
        ):
            answer = await one.post(at(path), data={"ticket": good}, headers=headers)
            assert answer.status_code == 403, path
    assert state(desk) == before


async def test_a_viewer_takes_no_form_at_all_and_an_editor_none_of_the_administrators(desk):
    viewer, editor = await by_link(desk, "查看", "李四"), await by_link(desk, "编辑", "王五")
    before = state(desk)
    for path in FORMS:
        answer = await viewer.post(at(path), data={"ticket": await ticket(viewer)})
        assert answer.status_code == 403, path
    ruled = [
        *("/skip", "/resolve", "/send", "/targets/bind", "/targets/roster", "/off", "/on"),
        *("/test", "/resume", "/setup", "/people", "/people/back", "/ledger", "/days", "/doctor"),
    ]
    given = await ticket(editor)
    for path in FORMS:
        if path.endswith(tuple(ruled)):
            assert (await editor.post(at(path), data={"ticket": given})).status_code == 403, path
    assert state(desk) == before


@pytest.mark.parametrize("role", MAY)
async def test_a_role_in_a_form_or_a_cookie_makes_nobody_more(desk, role):
    one = await by_link(desk, role)
    for fields in ({"role": "管理"}, {"me": "管理"}, {"link": ""}):
        await post(one, "/leave?role=管理", **fields)
        one = await by_link(desk, role)
    for name, value in one.cookies.items():
        one.cookies.set(name, value.replace(value[:8], "WyJ4Iiwi", 1))
    assert (await one.get(HOME)).status_code == 401


async def test_whoever_leaves_has_left_with_every_copy_of_the_cookie(desk):
    one, thief = await entered(desk), browser(desk)
    thief.cookies.update(one.cookies)
    assert (await thief.get(HOME)).status_code == 200
    assert "已退出" in (await post(one, "/leave")).text
    assert (await thief.get(HOME)).status_code == 401
    before = desk.house.entry  # the bot is started again: who has left stays out, others stay in
    other = await entered(desk)
    again = replace(before)
    desk.house.web.state.doors = replace(desk.house.web.state.doors, entry=again)
    assert (await thief.get(HOME)).status_code == 401
    assert (await other.get(HOME)).status_code == 200


async def test_a_cookie_that_was_planted_before_is_not_the_one_that_enters(desk):
    planted = await entered(desk)
    victim = browser(desk)
    victim.cookies.update(planted.cookies)
    before = dict(victim.cookies)
    url = f"{HOME}/enter/{desk.house.entry.invite(desk.clock.now())}"
    assert (await victim.post(url)).status_code == 200
    assert dict(victim.cookies) != before
    assert await ticket(victim) != await ticket(planted)


@pytest.mark.parametrize("length", ["99999999999", "-1", "x", "1e3", ""])
async def test_a_body_that_is_too_large_or_lies_about_its_size_is_not_read(desk, length):
    one = await entered(desk)
    fields = {"ticket": await ticket(one)}
    answer = await one.post(f"{HOME}/pause", data=fields, headers={"Content-Length": length})
    assert answer.status_code == 403
    assert "推送已暂停" not in (await one.get(HOME)).text


@pytest.mark.parametrize("name", ["名册.xlsx", "稿子.docx"])
async def test_an_archive_that_unfolds_to_a_gigabyte_is_refused_in_words(desk, name):
    one, packed = await entered(desk), BytesIO()
    if name.endswith("xlsx"):
        book = Workbook()
        book.active.append(["姓名", "账号"])
        book.active.append(["张三", "zhangsan"])
        book.save(packed)
    else:
        paper = docx.Document()
        paper.add_heading("从一盒茶叶说起", 1)
        paper.save(packed)
    with zipfile.ZipFile(packed, "a") as archive:
        archive.writestr("more.xml", "<x/>")
        archive.infolist()[-1].file_size = 1 << 30  # as its own list of contents says
    path = "/targets/roster" if name.endswith("xlsx") else "/library/word"
    files = {"file": (name, packed.getvalue())}
    answer = await one.post(HOME + path, data={"ticket": await ticket(one)}, files=files)
    assert answer.status_code == 400
    assert "解开" in answer.text


@pytest.mark.parametrize(
    "item", ["..%2f..%2fconfig.toml", "%2fetc%2fpasswd", "..", "%00", "a" * 5000]
)
async def test_an_address_leads_to_no_file_outside_the_library(desk, item):
    one = await entered(desk)
    for what in ("", "/edit"):
        answer = await one.get(f"{HOME}/library/{item}{what}")
        assert answer.status_code in (400, 404) or answer.url.path.startswith("/console")
        assert "webhook" not in answer.text
        assert "root:" not in answer.text


async def test_numbers_and_choices_that_no_page_offers_are_a_slip_and_no_fault(desk):
    one = await entered(desk)
    for path, fields in (
        ("/targets/bind", {"number": "²", "target": "zx"}),
        ("/targets/bind", {"number": "9" * 40, "target": "没有"}),
        ("/targets/没有/test", {}),
        ("/library/SC-01/send", {"to": "没有"}),
        ("/library/SC-01/approve", {"digest": "x", "step": "x", "who": "王五"}),
        ("/push/x/skip", {"why": "x"}),
        ("/push/x/resolve", {"said": "sent"}),
        ("/pause", {"until": "明天"}),
        ("/days", {"text": "x", "year": "²"}),
        ("/receipts/ledger", {"month": "2026-13"}),
        ("/library/SC-01/board", {"paper": "b9"}),
        ("/outside/back", {"number": "x"}),
        ("/people", {"who": "x" * 500, "days": "-3"}),
    ):
        answer = await post(one, path, **fields)
        assert answer.status_code in (200, 400), (path, answer.text)
        assert "程序出了差错" not in answer.text, path
