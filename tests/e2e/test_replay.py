"""A day's callbacks, recorded as they came in, and told again byte for byte."""

from __future__ import annotations

import random

import httpx

from bot import app, config
from bot.core.model import State
from bot.demo.stage import AGENTID
from bot.sandbox.people import enter, say
from tests.engine.office import office

CHAT = f"app-{AGENTID}"
PUSH = "dragon-boat-2026_main@jg1"


class Tape(httpx.AsyncBaseTransport):
    """Keeps what goes through it, to be played again."""

    def __init__(self, inside: httpx.AsyncBaseTransport) -> None:
        self._inside = inside
        self.kept: list[tuple[str, bytes]] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        body = await request.aread()
        self.kept.append((str(request.url), body))
        return await self._inside.handle_async_request(request)


async def state_of(store):
    """Everything that a summary could be counted from, and the counts without a person."""
    pushes = await store.pushes()
    return (
        pushes,
        {one.key: await store.receipts(one.key) for one in pushes},
        await store.counts(),
        [one.hash for one in await store.audits()],
        await store.suggestions(),
    )


async def play(kept, door, *, seed=0):
    order = list(kept)
    random.Random(seed).shuffle(order)
    return [(await door.post(url, content=body)).status_code for url, body in order]


async def test_a_replay_of_a_days_callbacks_changes_nothing(tmp_path):
    async with office(tmp_path) as desk:
        await desk.at("2026-06-16 10:00")
        tape = Tape(httpx.ASGITransport(desk.house.web))
        async with httpx.AsyncClient(transport=tape) as door:
            desk.door = door
            people = desk.world.message_of(PUSH).reached
            for person in [*people, *people[:5], "guest"]:  # some twice, and a stranger
                assert (await desk.tap(person, PUSH)).delivered
            for words in ("有用", "看不懂", "已阅", "建议：字再大些", "删除我的记录"):
                assert (await say(desk.world, people[0], CHAT, words, http=door)).reply == "text"
            assert (await enter(desk.world, people[0], CHAT, http=door)).delivered
        store = desk.house.bureau.store
        before = await state_of(store)
        assert len(before[1][PUSH]) == len(people)
        assert before[0][0].state is State.SENT or len(before[0]) > 1

        async with httpx.AsyncClient(transport=httpx.ASGITransport(desk.house.web)) as door:
            answers = await play(tape.kept * 3, door)
        assert set(answers) == {200}  # WeCom is answered as if for the first time
        assert await state_of(store) == before

        # The next morning nobody who kept the bytes can use them: they are refused as stale.
        await desk.at("2026-06-16 10:30")
        before = await state_of(store)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(desk.house.web)) as door:
            answers = await play(tape.kept, door)
        assert set(answers) == {403}
        assert await state_of(store) == before


async def test_told_again_to_a_bot_that_was_started_anew_no_receipt_is_doubled(tmp_path):
    async with office(tmp_path) as desk:
        await desk.at("2026-06-16 10:00")
        tape = Tape(httpx.ASGITransport(desk.house.web))
        async with httpx.AsyncClient(transport=tape) as door:
            desk.door = door
            for person in desk.world.message_of(PUSH).reached:
                await desk.tap(person, PUSH)
        before = await desk.house.bureau.store.receipts(PUSH)
        now = desk.clock.now
    again = app.build(config.load(tmp_path / "config.toml", {}), now)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(again.web)) as door:
        assert set(await play(tape.kept, door, seed=1)) == {200}
    assert await again.bureau.store.receipts(PUSH) == before
    await again.close()


async def test_what_is_meant_for_another_corporation_opens_nothing(tmp_path):
    async with office(tmp_path) as desk:
        await desk.at("2026-06-16 10:00")
        person = desk.world.message_of(PUSH).reached[0]
        before = await state_of(desk.house.bureau.store)
        desk.world.corp_id = "wwsomebodyelses0"  # sealed with our key, for somebody else
        assert (await desk.tap(person, PUSH)).status == 403
        assert await state_of(desk.house.bureau.store) == before
