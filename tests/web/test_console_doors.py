"""WeCom's sign-in leads into the console by the lists of config.toml; a group is bound."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import replace

import httpx
import pytest

from bot.core import messages
from bot.demo.stage import AGENTID
from bot.engine.receive import Reception
from bot.inbox import Event
from bot.sandbox.server import create_app
from bot.sandbox.serving import Serving, free_port
from tests.engine.office import office
from tests.web.test_console import HOME, entered, post
from tests.web.test_signin import Browser

LISTS = (
    'sign_in = true\nadministrators = ["U001"]\nreviewers = ["u002"]\nviewers = ["u001", "u003"]'
)
INSIDE = {"User-Agent": "Mozilla/5.0 MicroMessenger/7.0.1 wxwork/4.1.36"}


@asynccontextmanager
async def town(home):
    port, wecom = free_port(), free_port()
    settings = {
        "wecom": f'authorize_url = "http://127.0.0.1:{wecom}/connect/oauth2/authorize"',
        "web": LISTS,
    }
    async with (
        office(home, port=port, sandbox=f"http://127.0.0.1:{wecom}", **settings) as desk,
        Serving(desk.house.web, port=port) as served,
        Serving(create_app(desk.world), port=wecom),
    ):
        desk.world.set_trusted_domain(AGENTID, f"127.0.0.1:{port}")
        yield desk, f"{served.url}/console"


async def test_an_account_comes_in_as_what_the_lists_say_and_a_stranger_not_at_all(tmp_path):
    found = {}
    async with town(tmp_path) as (_, console):
        for who in ("u001", "u002", "u003", "u004", "guest"):
            async with httpx.AsyncClient(headers=INSIDE, trust_env=False) as http:
                answer = await Browser(http, who).go(f"{console}/wecom")
                found[who] = answer.status_code
                page = await http.get(console)
                for role in ("管理", "审核", "编辑", "查看"):
                    if f"{who} · {role}" in page.text:
                        found[who] = role
    assert found == {"u001": "管理", "u002": "审核", "u003": "查看", "u004": 403, "guest": 403}


async def test_an_account_that_is_no_longer_in_the_list_is_out_at_once(tmp_path):
    async with town(tmp_path) as (desk, console), httpx.AsyncClient(headers=INSIDE) as http:
        await Browser(http, "u001").go(f"{console}/wecom")
        assert "u001 · 管理" in (await http.get(console)).text
        doors = desk.house.web.state.doors
        for roles in ({}, {"查看": ["u001"]}):  # as after the next start
            entry = replace(doors.entry, roles=roles)
            desk.house.web.state.doors = replace(doors, entry=entry)
            assert (await http.get(console)).status_code == 401


@pytest.mark.parametrize("number", ["1", ""])
async def test_a_group_that_asked_to_be_bound_gets_its_name_on_the_page(tmp_path, number):
    line = '\n[target.hj]\nname = "后勤"\nchannel = "bot-group"\n'
    async with office(tmp_path, port=8650, targets=line) as desk:
        at = desk.clock.now()
        asks = Event(kind="message", person="u001", chat="wrOgAAAA", text="@清风 绑定", at=at)
        await Reception(desk.house.bureau)(asks)
        one = await entered(desk)
        page = (await one.get(f"{HOME}/targets")).text
        assert "等待绑定的群" in page
        assert '<option value="hj">后勤</option>' in page
        assert messages.NEED_BIND.format(1) in (await one.get(HOME)).text
        said = await post(one, "/targets/bind", target="hj", number=number)
        assert "已绑定：后勤" in said.text
        assert "还没有绑定群" not in said.text
        assert (await desk.house.bureau.store.targets())["hj"].chat == "wrOgAAAA"
