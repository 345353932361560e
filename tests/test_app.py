"""The composition root: the lock, the one door of the verbs, and what nobody may see."""

from __future__ import annotations

import asyncio
import json
import os
import re

import filelock
import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from bot import app, config, door, life
from bot.core import messages
from bot.door import running_of
from bot.sandbox.serving import Serving, free_port
from bot.verbs import Mistake

GROUP = '[target.jg1]\nchannel = "webhook"\nwebhook = "https://example.org/?key=s3cret"\n'
PID = 4_000_000  # above what Linux gives


@pytest.fixture
def settings(tmp_path):
    for name in ("content", "schedules", "data"):
        (tmp_path / name).mkdir()
    path = tmp_path / "config.toml"
    path.write_text(GROUP + "[web]\nport = 0\n", "utf-8")
    return config.load(path, {})


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(door, "LOCK_PATIENCE", 0.5)
    monkeypatch.setattr(door, "ANSWERS_WITHIN", 0.5)


def leave(settings, port, **more):
    told = {"port": port, "token": "x", "pid": PID, **more}
    (settings.data / "control.json").write_text(json.dumps(told), "utf-8")


async def started(settings):
    """Run a bot until it says that it runs; return what it said."""
    said = asyncio.get_running_loop().create_future()
    bot = asyncio.create_task(
        life.run(settings, on_ready=lambda text: said.done() or said.set_result(text))
    )
    await asyncio.wait({bot, said}, return_when=asyncio.FIRST_COMPLETED, timeout=20)
    if bot.done():
        bot.result()
    return bot, said.result()


async def stop(bot):
    bot.cancel()
    await asyncio.gather(bot, return_exceptions=True)


# -- the lock --------------------------------------------------------------------------------------


async def test_a_bot_waits_for_a_verb_that_has_the_data_folder(settings):
    leave(settings, free_port())  # of a bot that was killed
    lock = filelock.FileLock(settings.data / "lock")
    lock.acquire()
    asyncio.get_running_loop().call_later(0.7, lock.release)
    bot, said = await started(settings)
    assert "已启动" in said
    await stop(bot)


async def test_a_bot_that_waits_in_vain_names_no_process_that_is_gone(settings, impatient):
    leave(settings, free_port())
    with filelock.FileLock(settings.data / "lock"), pytest.raises(Mistake) as caught:
        await life.run(settings)
    assert str(PID) not in str(caught.value)
    assert str(settings.data) in str(caught.value)


async def test_a_second_bot_is_refused_at_once_and_told_of_the_first(settings):
    bot, _ = await started(settings)
    try:
        with pytest.raises(Mistake, match=str(os.getpid())):
            await asyncio.wait_for(life.run(settings), 30)
    finally:
        await stop(bot)


async def test_a_fault_of_ours_ends_the_bot_in_words_and_leaves_a_report_without_any(settings):
    def broken(_: str) -> None:
        raise RuntimeError("PRIVATE s3cret")

    with pytest.raises(Mistake) as caught:
        await asyncio.wait_for(life.run(settings, on_ready=broken), 20)
    (report,) = (settings.data / "log").glob("crash-*.txt")
    assert str(report) in str(caught.value)
    told = report.read_text("utf-8") + str(caught.value)
    assert "RuntimeError" in told
    assert "PRIVATE" not in told
    assert "s3cret" not in told
    assert not (settings.data / "control.json").exists()


async def test_where_its_output_is_kept_a_bot_prints_no_link_that_lets_anybody_in(settings):
    said: list[str] = []
    bot = asyncio.create_task(life.run(settings, on_ready=said.append))
    while not any("qingfeng console" in one for one in said):
        assert not bot.done()
        await asyncio.sleep(0.05)
    await stop(bot)
    assert "/console/enter/" not in "".join(said)


# -- the door --------------------------------------------------------------------------------------


async def ask_in_vain(settings, answer):
    """Ask a bot that answers like this; return what the person is told."""
    served = Starlette(routes=[Route("/control/{verb}", answer, methods=["POST"])])
    with filelock.FileLock(settings.data / "lock"):
        async with Serving(served) as at:
            leave(settings, at.port)
            with pytest.raises(Mistake) as caught:
                await life.call(settings, "pushes", {})
    return str(caught.value)


@pytest.mark.parametrize(
    ("status", "body"), [(400, "x"), (400, "[]"), (400, "{}"), (403, ""), (500, "x"), (502, "{}")]
)
async def test_an_answer_that_is_none_is_told_by_its_number(settings, status, body):
    async def answer(_):
        return PlainTextResponse(body, status_code=status)

    assert str(status) in await ask_in_vain(settings, answer)


async def test_a_verb_that_got_no_answer_may_have_been_carried_out(settings, monkeypatch):
    async def answer(_):
        await asyncio.sleep(1)
        return PlainTextResponse("{}")

    real = httpx.AsyncClient
    monkeypatch.setattr(app.httpx, "AsyncClient", lambda **k: real(**{**k, "timeout": 0.2}))
    told = await ask_in_vain(settings, answer)
    assert "可能已经执行" in told
    assert "qingfeng pushes" in told


@pytest.mark.parametrize(
    "text",
    [
        *("[]", "null", "3", "[" * 9999, '{"port": 1}', "\x00"),
        *('{"port": Infinity, "token": "x", "pid": 1}', '{"port": -1, "token": "x", "pid": 1}'),
        *('{"port": 65536, "token": "x", "pid": 1}', '{"port": 1.5, "token": "x", "pid": 1}'),
        *('{"port": 1, "token": "a\\nb", "pid": 1}', '{"port": 1, "token": "口令", "pid": 1}'),
    ],
    ids=lambda text: ascii(text)[:40],
)
async def test_garbage_beside_a_held_lock_is_no_traceback(settings, impatient, text):
    (settings.data / "control.json").write_text(text, "utf-8")
    assert running_of(settings) is None
    with filelock.FileLock(settings.data / "lock"), pytest.raises(Mistake, match="占用"):
        await life.call(settings, "pushes", {})


@pytest.mark.parametrize(
    ("verb", "body"),
    [
        *(("plan", body) for body in (b"{", b"[]", b"3", b"null", b"\xff", b"[" * 9999, b'"x"')),
        *(("plan", body) for body in (b'{"days": {}}', b'{"days": "x"}', b'{"days": 1e999}')),
        *(("plan", body) for body in (b'{"from": [1]}', b'{"days": null}')),
        *(("send", body) for body in (b"{}", b'{"item": []}', b'{"item": 1, "to": {}}')),
        *(("approve", body) for body in (b"{}", b'{"item": "x", "who": 3}')),
        *(("roster-import", body) for body in (b"{}", b'{"members": 3}', b'{"members": [3]}')),
        *(("roster-import", body) for body in (b'{"members": [{}]}', b'{"members": [[]]}')),
        *(("summary", body) for body in (b'{"week": 3}', b'{"week": [1]}')),
        *(("pushes", body) for body in (b'{"state": 3}', b'{"state": [{}]}')),
        ("nothing", b"{}"),
    ],
)
async def test_a_request_of_wrong_shape_is_a_mistake_in_chinese(settings, verb, body):
    house = app.build(settings)
    transport = httpx.ASGITransport(house.web)
    async with httpx.AsyncClient(transport=transport, base_url="http://qingfeng") as client:
        head = {"Authorization": f"Bearer {house.token}"}
        response = await client.post(f"/control/{verb}", content=body, headers=head)
    await house.close()
    assert response.status_code == 400
    assert re.search("[\u4e00-\u9fff]{3}", response.json()["error"])


async def test_a_request_without_end_is_refused(settings, monkeypatch):
    monkeypatch.setattr("bot.web.server.CONTROL_BYTES", 10)
    house = app.build(settings)
    transport = httpx.ASGITransport(house.web)
    async with httpx.AsyncClient(transport=transport, base_url="http://qingfeng") as client:
        head = {"Authorization": f"Bearer {house.token}"}
        response = await client.post("/control/plan", content=b" " * 99, headers=head)
    await house.close()
    assert (response.status_code, response.json()["error"]) == (400, messages.BAD_REQUEST)


async def test_no_repr_shows_a_secret(settings):
    house = app.build(settings)
    await house.close()
    shown = repr(house) + repr(door.Running(port=1, pid=1, token="t0ken"))
    assert house.token not in shown
    assert "s3cret" not in shown
    assert "t0ken" not in shown
