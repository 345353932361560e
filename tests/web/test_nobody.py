"""What a page tells without a person: opened, and 已阅 of a browser, of a text to a group."""

from __future__ import annotations

import re

import httpx
import pytest

from bot.verbs import VERBS
from tests.engine.office import office

GROUP = "dragon-boat-2026_main@zx"
MAIN = "dragon-boat-2026_main@jg1"
BASE = "http://127.0.0.1:8650"


@pytest.fixture
async def desk(tmp_path):
    async with office(tmp_path, port=8650) as built:
        await built.at("2026-06-15 11:05")
        yield built


def browser(desk) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(desk.house.web), base_url=BASE)


async def tapped(http, address, **more):
    page = await http.get(address)
    proof = re.search(r'name="form" value="([^"]+)"', page.text)
    assert proof, "no 已阅 on the page"
    return await http.post(address, data={"form": proof[1], **more})


async def counts(desk):
    found = await desk.house.bureau.store.counts()
    return {name: n for name, n in found.items() if "/" in name or "feel" in name}


async def test_under_a_text_to_a_webhooks_group_stands_the_way_to_its_page(desk):
    [said] = await desk.house.bureau.store.deliveries(GROUP)
    assert f"[看全文]({desk.house.bureau.page(GROUP)})" in said.body


async def test_a_browser_counts_once_and_is_nobody(desk):
    address = desk.house.bureau.page(GROUP)
    async with browser(desk) as one, browser(desk) as other:
        for _ in range(3):
            assert "已阅，谢谢" in (await tapped(one, address)).text
        assert (await tapped(other, address)).status_code == 200
    assert await counts(desk) == {f"anonymous/{GROUP}": 2}
    assert list((await desk.house.bureau.store.acts()).receipts) == []


async def test_a_post_that_did_not_get_the_page_counts_nothing(desk):
    """A scanner posts what it found; another browser's proof is not this one's."""
    address = desk.house.bureau.page(GROUP)
    async with browser(desk) as one, browser(desk) as scanner:
        page = await one.get(address)
        proof = re.search(r'name="form" value="([^"]+)"', page.text)[1]
        for form in ({}, {"form": proof}, {"form": "x"}):
            assert (await scanner.post(address, data=form)).status_code == 403
        for method in ("GET", "HEAD"):
            await scanner.request(method, address)
    assert await counts(desk) == {}


async def test_where_people_have_cards_the_page_is_nobodys_to_tap(desk):
    address = desk.house.bureau.page(MAIN)
    async with browser(desk) as http:
        assert "<form" not in (await http.get(address)).text
        assert (await http.post(address, data={"form": "x"})).status_code == 403
    assert await counts(desk) == {}


async def test_opened_is_a_post_of_the_page_itself_and_stands_beside_the_rate(desk):
    address = desk.house.bureau.page(MAIN)
    async with browser(desk) as http:
        await http.get(address)
        assert await counts(desk) == {}, "a GET is nothing"
        assert (await http.post(f"{address}/opened")).status_code == 204
        assert (await http.post(f"{address}x/opened")).status_code == 404
        await tapped(http, desk.house.bureau.page(GROUP))
    assert await counts(desk) == {f"opened/{MAIN}": 1, f"anonymous/{GROUP}": 1}
    await desk.at("2026-06-29 11:00")
    params = {"week": "2026-W26", "recount": True}
    found = await VERBS["summary"](desk.house.bureau, desk.clock.now(), params)
    assert found["headline_week"] == "2026-W25"
    assert (found["total"]["opened"], found["total"]["anonymous"]) == (1, 1)
    assert found["total"]["read"] == 0
    assert "打开全文 1 次" in found["text"]
    assert "匿名已阅 1" in found["text"]


async def test_feedback_of_a_browser_is_taken_and_names_nobody(desk):
    async with browser(desk) as http:
        await tapped(http, desk.house.bureau.page(GROUP), feel="unclear")
    assert await counts(desk) == {"feel-unclear": 1}
