"""A token that dies in the middle of a batch costs one more fetch, and nobody hears it twice."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest

from bot import app, config
from bot.core.model import Member, Push, State
from bot.demo.stage import Clock
from bot.engine.deliver import deliver
from bot.sandbox.server import create_app
from bot.sandbox.world import World
from tests.engine.office import ROOT, moment

START = moment("2026-06-15 09:41")
PEOPLE = ("li", "wang", "zhang", "zhao")
APP = """
[wecom]
base_url = "http://127.0.0.1:9"
[wecom.app]
corp_id = "ww1"
agentid = 7
secret = "s3cret"
"""


def word(person: str) -> Push:
    return Push(
        key=f"bot-kicked-1_main@{person}",
        occurrence=f"bot-kicked-{person}",
        part="main",
        target=person,
        channel="app",
        due=START,
        until=START + timedelta(hours=1),
        rule="bot-kicked",
    )


@pytest.mark.parametrize("spoil", ["expire_tokens", "invalidate_tokens"])
async def test_a_token_that_dies_after_each_message_loses_and_doubles_none(tmp_path, spoil):
    clock = Clock(START)
    world = World(clock.now, corp_id="ww1")
    world.add_app(7, "清风", "s3cret")
    for part in ("content", "schedules"):
        (tmp_path / part).symlink_to(ROOT / part)
    targets = [f'[target.{one}]\nchannel = "app"\nroster = "{one}组"' for one in PEOPLE]
    (tmp_path / "config.toml").write_text("\n".join([APP, *targets]), "utf-8")
    inside, paths = create_app(world), []

    async def spoiling(scope, receive, send):
        await inside(scope, receive, send)
        paths.append(scope["path"])
        fresh = "".join(paths[-2:-1]).endswith("/gettoken")  # a new token, which worked
        if scope["path"].endswith("/message/send") and fresh and len(sent()) < len(PEOPLE):
            getattr(world, spoil)()

    def sent():
        return [r for r in world.log if r.kind == "message"]

    transport = httpx.ASGITransport(spoiling)
    house = app.build(config.load(tmp_path / "config.toml", {}), clock.now, transport)
    store = house.bureau.store
    for person in PEOPLE:
        world.add_user(person, person)
    await store.set_members([Member(id=p, name=p, branch=f"{p}组") for p in PEOPLE])
    await store.add_pushes([word(person) for person in PEOPLE])
    await deliver(house.bureau, clock.now())
    rows = await store.deliveries()
    await house.close()
    assert [(row.state, row.attempt) for row in rows] == [(State.SENT, 1)] * len(PEOPLE)
    assert sorted(r.reached for r in sent()) == [(person,) for person in PEOPLE]
    assert sum(path.endswith("/gettoken") for path in paths) == len(PEOPLE)
