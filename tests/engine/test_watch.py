"""The dead man's signal, the metrics, and how a bot lives through what happens to machines."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from bot import watch
from bot.core import messages
from bot.core.model import State
from bot.engine.embedded import JOB, Embedded
from bot.engine.pulse import Pulse
from bot.sandbox.serving import Serving
from bot.watch import PING_EVERY, Watch, pinging
from tests.engine.office import moment, office

MINUTES = 15 * 60.0


@pytest.fixture
async def desk(tmp_path):
    async with office(tmp_path) as built:
        yield built


def watching(desk, **more) -> Watch:
    return Watch(bureau=desk.house.bureau, overdue=MINUTES, **more)


def told(desk) -> int:
    return sum(
        1
        for one in desk.world.log
        if one.kind == "message" and one.chat == "office" and "停住" in str(one.body)
    )


# -- a tick that is overdue ------------------------------------------------------------------------


async def test_the_office_is_told_once_that_no_round_ended_and_anew_after_one_did(desk):
    desk.clock.jump(moment("2026-06-15 09:41"))
    one, pulse = watching(desk), desk.house.bureau.pulse
    pulse.ended = 1000.0
    await one.look(1000.0 + MINUTES - 1)
    assert told(desk) == 0
    for later in (0, 10, 20):
        await one.look(1000.0 + MINUTES + later)
    assert told(desk) == 1
    pulse.ended = 3000.0
    await one.look(3001.0)
    await one.look(3000.0 + MINUTES)
    assert told(desk) == 2
    assert [p for p in (await desk.pushes()) if "overdue" in p] == [], "it is no push"


async def test_at_night_nobody_is_told_before_the_morning(desk):
    desk.clock.jump(moment("2026-06-15 22:00"))
    one = watching(desk)
    await one.look(MINUTES)
    assert told(desk) == 0
    desk.clock.jump(moment("2026-06-16 09:12"))
    await one.look(MINUTES + 10)
    assert told(desk) == 1


async def test_a_group_that_cannot_be_reached_is_told_when_it_can(desk):
    desk.clock.jump(moment("2026-06-15 09:41"))
    one, hook = watching(desk), desk.house.bureau.channels["office"]
    down = _Down(hook)
    object.__setattr__(
        desk.house.bureau, "channels", {**desk.house.bureau.channels, "office": down}
    )
    await one.look(MINUTES)
    assert told(desk) == 0
    down.up = True
    await one.look(MINUTES + 10)
    assert told(desk) == 1


class _Down:
    """A way out whose network is down until it is up."""

    def __init__(self, channel) -> None:
        self._channel, self.up = channel, False

    def __getattr__(self, name: str):
        return getattr(self._channel, name)

    async def send(self, body: bytes):
        from bot.channels import SendError

        if not self.up:
            raise SendError("连不上", outcome="retry")
        return await self._channel.send(body)


# -- the ping --------------------------------------------------------------------------------------


async def test_a_good_round_is_told_outside_once_a_minute_and_a_bad_one_never(desk):
    pings: list[int] = []

    async def ping() -> None:
        pings.append(1)

    one, pulse = watching(desk, ping=ping), desk.house.bureau.pulse
    await one.look(5.0)
    assert pings == [], "nothing has ended yet"
    pulse.beat([])
    pulse.ended = 5.0
    for second in range(10, 130, 10):
        pulse.good += 1
        pulse.ended = float(second)
        await one.look(float(second))
    assert len(pings) == 2
    pulse.failed += 5  # rounds that end with a failure are no good ones
    for second in range(200, 400, 10):
        pulse.ended = float(second)
        await one.look(float(second))
    assert len(pings) <= 3


async def test_a_ping_asks_the_configured_address_follows_nobody_and_tells_no_word_of_it(caplog):
    asked: list[str] = []

    async def here(request) -> PlainTextResponse:
        asked.append(request.url.path)
        return PlainTextResponse("", 302, headers={"Location": "/elsewhere"})

    async with Serving(Starlette(routes=[Route("/{rest:path}", here)])) as at:
        await pinging(f"{at.url}/s3cret-id", "")()
    await pinging(f"{at.url}/s3cret-id", "")()  # nobody is there any more
    assert asked == ["/s3cret-id"]
    assert [one.action for one in caplog.records] == ["ping-failed", "ping-failed"]
    assert "s3cret" not in caplog.text


async def test_the_watch_outlives_a_slip_of_its_own(desk, caplog):
    stop = asyncio.Event()

    async def broken() -> None:
        stop.set()
        raise RuntimeError

    one = watching(desk, ping=broken)
    desk.house.bureau.pulse.beat([])
    await asyncio.wait_for(one.run(stop), 30)
    assert "watch-stumbled" in [getattr(r, "action", "") for r in caplog.records]
    assert PING_EVERY > watch.EVERY


# -- numbers ---------------------------------------------------------------------------------------


async def test_the_numbers_are_for_a_token_only_and_name_nobody(desk):
    await desk.at("2026-06-15 11:00")
    url = "http://127.0.0.1/metrics"
    for headers in ({}, {"Authorization": "Bearer x"}, {"Authorization": "Bearer "}):
        assert (await desk.door.get(url, headers=headers)).status_code == 404
    head = {"Authorization": f"Bearer {desk.house.token}"}
    answer = await desk.door.get(url, headers=head)
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    rows = {
        (one.name, *one.labels.values()): one.value
        for family in text_string_to_metric_families(answer.text)
        for one in family.samples
    }
    assert rows["qingfeng_ready",] == 1
    assert rows["qingfeng_rounds_total",] > 0
    assert rows["qingfeng_rounds_total",] == rows["qingfeng_rounds_good_total",]
    sent = await desk.pushes(State.SENT)
    assert rows["qingfeng_pushes", "sent"] == len(sent) > 0
    assert rows["process_resident_memory_bytes",] > 10_000_000
    for member in desk.stage.roster:
        assert member.name not in answer.text
    for key in (*desk.stage.keys.values(), desk.house.token):
        assert key not in answer.text


async def test_a_token_of_the_settings_opens_the_numbers_too(tmp_path):
    async with office(tmp_path, targets='[watch]\nmetrics_token = "0123456789abcdef"') as desk:
        head = {"Authorization": "Bearer 0123456789abcdef"}
        assert (await desk.door.get("http://x/metrics", headers=head)).status_code == 200
        answer = await desk.door.post("http://127.0.0.1/control/pushes", headers=head)
        assert answer.status_code == 403, "and nothing else"


# -- clocks that jump, networks that go ------------------------------------------------------------


async def test_a_system_clock_set_back_by_hours_silences_the_waker_for_two_minutes_at_most():
    """To APScheduler its next run then lies hours ahead; the watch starts it anew."""
    ticks: list[int] = []

    async def tick() -> list[str]:
        ticks.append(1)
        return []

    async def wake() -> datetime:
        return datetime.now(UTC)

    engine = Embedded(tick, wake, lambda: datetime.now(UTC), watch=0.05, overdue=1.3)
    stop = asyncio.Event()
    task = asyncio.create_task(engine.run(stop))
    while not ticks:  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.05)
    ahead = datetime.now(UTC) + timedelta(hours=3)
    engine._scheduler.get_job(JOB).modify(next_run_time=ahead)
    before = len(ticks)
    async with asyncio.timeout(30):
        while len(ticks) <= before:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    stop.set()
    await task


@pytest.mark.parametrize("hours", [-5, -1, 3])
async def test_a_products_clock_that_jumps_sends_nothing_twice_and_what_is_due_in_its_hours(
    tmp_path, hours
):
    async with office(tmp_path) as desk:
        await desk.at("2026-06-15 10:30")
        sent = set(await desk.pushes(State.SENT))
        heard = desk.heard("zx")
        assert sent
        real = desk.clock.now()
        desk.clock._now = real + timedelta(hours=hours)
        for _ in range(3):
            assert await desk.house.tick() == []
            desk.clock._now += timedelta(minutes=7)
        assert desk.heard("zx") == heard
        desk.clock._now = real + timedelta(minutes=30)  # somebody put it right
        await desk.at("2026-06-15 17:30")
        assert desk.heard("zx") == heard
        assert set(await desk.pushes(State.SENT)) >= sent


class Line(httpx.AsyncBaseTransport):
    """The way to WeCom, that may be cut: no route, or a name that nobody knows."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self.inner, self.error = inner, ""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self.error:
            raise httpx.ConnectError(self.error, request=request)
        return await self.inner.handle_async_request(request)


@asynccontextmanager
async def cut_off(home, error: str, start: str):
    async with office(home, start=start) as desk:
        line = Line(desk.house.http._transport)
        desk.house.http._transport = line
        line.error = error
        yield desk, line


GONE = ["[Errno 101] Network is unreachable", "[Errno -3] Temporary failure in name resolution"]


@pytest.mark.parametrize("error", GONE)
async def test_started_without_a_network_it_waits_and_sends_within_its_hours_when_there_is_one(
    tmp_path, error
):
    async with cut_off(tmp_path, error, "2026-06-15 08:40") as (desk, line):
        await desk.at("2026-06-15 10:40")
        assert desk.heard("zx") == 0
        waiting = [push for push in (await desk.pushes(State.PLANNED)).values() if push.item]
        assert waiting
        assert all(push.not_before or push.reason for push in waiting), "each says why"
        assert [push.state for push in (await desk.pushes(State.UNKNOWN)).values()] == []
        line.error = ""
        await desk.at("2026-06-15 11:19")
        assert desk.heard("zx") == 1
        await desk.at("2026-06-15 17:10")
        assert desk.heard("zx") == 1


async def test_after_an_outage_of_a_day_what_still_fits_is_sent_and_the_rest_has_its_reason(
    tmp_path,
):
    async with cut_off(tmp_path, GONE[0], "2026-06-15 08:40") as (desk, line):
        await desk.at("2026-06-16 08:40")
        assert desk.heard("zx") == 0
        line.error = ""
        await desk.at("2026-06-19 17:30")
        rows = await desk.pushes()
        for push in rows.values():
            if push.due < moment("2026-06-19 00:00"):
                assert push.state in (State.SENT, State.EXPIRED, State.SKIPPED), push
            if push.state in (State.EXPIRED, State.SKIPPED):
                assert push.reason, push.key
        finals = [p for key, p in rows.items() if "final@zx" in key]
        assert [push.state for push in finals] == [State.SENT], "the later warning still goes"
        days = [push.due.date() for push in rows.values() if push.state is State.SENT]
        assert days
        assert desk.heard("zx") <= 3, "and nobody is flooded with what was missed"


def test_a_pulse_begins_without_a_beat():
    assert replace(Pulse()).rounds == 0
    assert "{}" in messages.OVERDUE
