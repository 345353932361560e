"""The link scanner, a switch of its own (wecom/api.md §13, U9)."""

import asyncio

import httpx
import pytest

from bot.sandbox.server import create_app

from .house import KEY, text

SEND = f"/cgi-bin/webhook/send?key={KEY}"
WORDS = "看 http://127.0.0.1:8650/r/abc 或 http://127.0.0.1:8650/r/abc 或 https://a.example/x"


@pytest.mark.parametrize(("switch", "visits"), [("off", []), ("get", ["GET"]), ("head", ["HEAD"])])
async def test_links_to_this_machine_are_visited_before_anybody_taps(world, switch, visits):
    seen = []

    def page(request):
        seen.append((request.method, str(request.url)))
        return httpx.Response(200)

    world.link_scanner = switch
    async with httpx.AsyncClient(transport=httpx.MockTransport(page)) as out:
        app = create_app(world, http=out)
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://sandbox.test"
        ) as http:
            assert (await http.post(SEND, json=text(WORDS))).json()["errcode"] == 0
            for _ in range(5):
                await asyncio.sleep(0)
    assert seen == [(method, "http://127.0.0.1:8650/r/abc") for method in visits]
