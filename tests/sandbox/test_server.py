"""The sandbox over HTTP: oddities of requests, and every fault on request."""

import httpx
import pytest
from starlette.applications import Starlette

from bot.sandbox.server import create_app
from bot.sandbox.serving import Serving

from .house import AGENT, KEY, SECRET, button_card, text, to

SEND = f"/cgi-bin/webhook/send?key={KEY}"


async def get_token(http):
    params = {"corpid": "ww0123456789abcdef", "corpsecret": SECRET}
    return (await http.get("/cgi-bin/gettoken", params=params)).json()["access_token"]


async def test_a_webhook_a_token_and_a_message_pass_over_http(http, world):
    assert (await http.post(SEND, json=text())).json() == {"errcode": 0, "errmsg": "ok"}
    params = {"access_token": await get_token(http)}
    answer = await http.post("/cgi-bin/message/send", params=params, json=to("zhang", text()))
    assert answer.json()["errcode"] == 0
    assert [message.chat for message in world.posted] == ["g1", f"app-{AGENT}"]


async def test_refusals_are_http_200(http):
    answer = await http.post("/cgi-bin/webhook/send", json=text())
    assert (answer.status_code, answer.json()["errcode"]) == (200, 93000)


@pytest.mark.parametrize("content_type", [None, "text/plain", "application/x-www-form-urlencoded"])
async def test_the_content_type_does_not_matter(http, content_type):
    headers = {"Content-Type": content_type} if content_type else {}
    body = b'{"msgtype":"text","text":{"content":"a"}}'
    assert (await http.post(SEND, content=body, headers=headers)).json()["errcode"] == 0


async def test_an_absurdly_large_body_is_not_read_to_its_end(http, world):
    read = 0

    async def endless():
        nonlocal read
        while read < 10**9:
            read += 1_000_000
            yield b"a" * 1_000_000

    answer = await http.post(SEND, content=endless())
    assert answer.json()["errcode"] == 40206
    assert read < 20_000_000
    assert world.posted == []


@pytest.mark.parametrize("accept", [False, True])
async def test_a_5xx_on_request_tells_nothing_about_acceptance(http, world, accept):
    world.faults.add("webhook/send", "status", status=502, accept=accept)
    assert (await http.post(SEND, json=text())).status_code == 502
    assert len(world.posted) == accept
    assert (await http.post(SEND, json=text())).status_code == 200


@pytest.mark.parametrize("accept", [False, True])
async def test_an_errcode_on_request_is_answered(http, world, accept):
    world.faults.add("webhook/send", "errcode", errcode=-1, accept=accept)
    assert (await http.post(SEND, json=text())).json()["errcode"] == -1
    assert len(world.posted) == accept


async def test_a_malformed_answer_comes_after_acceptance(http, world):
    world.faults.add("webhook/send", "malformed")
    with pytest.raises(ValueError):
        (await http.post(SEND, json=text())).json()
    assert len(world.posted) == 1


async def test_a_slow_answer_comes_after_acceptance(http, world):
    world.faults.add("webhook/send", "slow", seconds=0.01)
    assert (await http.post(SEND, json=text())).json()["errcode"] == 0


@pytest.mark.parametrize(
    ("kind", "accepted"), [("drop_after_accept", 1), ("drop_before_accept", 0)]
)
async def test_a_dropped_connection_looks_the_same_without_a_socket(http, world, kind, accepted):
    world.faults.add("webhook/send", kind)
    with pytest.raises(httpx.RemoteProtocolError):
        await http.post(SEND, json=text())
    assert len(world.posted) == accepted


@pytest.mark.parametrize(
    ("kind", "accepted"), [("drop_after_accept", 1), ("drop_before_accept", 0)]
)
async def test_a_dropped_connection_is_closed_on_a_real_socket(world, kind, accepted):
    world.faults.add("webhook/send", kind)
    async with (
        Serving(create_app(world)) as served,
        httpx.AsyncClient(base_url=served.url, trust_env=False) as http,
    ):
        with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
            await http.post(SEND, json=text())
        assert len(world.posted) == accepted
        assert (await http.post(SEND, json=text())).json()["errcode"] == 0


async def test_faults_are_taken_in_order_one_for_each_call_and_logged(http, world):
    world.faults.add("gettoken", "errcode", errcode=45009)
    world.faults.add("gettoken", "status", times=2)
    statuses = [(await http.get("/cgi-bin/gettoken")).status_code for _ in range(4)]
    assert statuses == [200, 503, 503, 200]
    assert [r.fault for r in world.log if r.kind == "fault"] == ["errcode", "status", "status"]
    assert world.faults.pending() == {}


@pytest.mark.parametrize(
    ("endpoint", "kind"), [("callback", "status"), ("webhook/send", "lose"), ("no/such", "slow")]
)
def test_a_fault_that_makes_no_sense_is_refused(world, endpoint, kind):
    with pytest.raises(ValueError, match="no fault"):
        world.faults.add(endpoint, kind)


async def test_the_control_api_shows_spoils_and_taps_without_a_secret(http, world, callback):
    await http.post(SEND, json=text())
    token = await get_token(http)
    params = {"access_token": token}
    await http.post("/cgi-bin/message/send", params=params, json=to("zhang", button_card("c1")))
    fault = {"endpoint": "webhook/send", "kind": "slow", "times": 2}
    pending = (await http.post("/sandbox/api/faults", json=fault)).json()
    assert pending == {"pending": {"webhook/send": ["slow", "slow"]}}
    assert (await http.delete("/sandbox/api/faults")).json() == {"pending": {}}
    body = {"userid": "zhang", "task_id": "c1", "key": "ack"}
    assert (await http.post("/sandbox/api/tap", json=body)).json()["delivered"] is True
    assert callback.events[0]["TaskId"] == "c1"
    seen = (await http.get("/sandbox/api/state")).text + (await http.get("/sandbox/api/log")).text
    assert '"messages": 2' in seen
    for secret in (KEY, SECRET, token):
        assert secret not in seen


async def test_the_log_can_be_read_from_a_line_on(http):
    await http.post(SEND, json=text())
    first = (await http.get("/sandbox/api/log")).json()
    assert [record["kind"] for record in first["log"]] == ["message", "call"]
    rest = (await http.get(f"/sandbox/api/log?since={first['next']}")).json()
    assert rest == {"log": [], "next": 2, "forgotten": 0}


@pytest.mark.parametrize(
    ("path", "body"),
    [("faults", b"{"), ("faults", b'{"kind":"slow"}'), ("tap", b"{}"), ("tap", b"[1]")],
)
async def test_a_wrong_control_request_is_a_400(http, path, body):
    assert (await http.post(f"/sandbox/api/{path}", content=body)).status_code == 400


async def test_a_server_gives_its_port_back(world):
    async with Serving(create_app(world)) as first:
        port = first.port
        with pytest.raises(OSError):
            await Serving(create_app(world), port=port).__aenter__()
    async with Serving(create_app(world), port=port) as again:
        assert again.url == f"http://127.0.0.1:{port}"


async def test_an_app_that_cannot_start_is_a_runtime_error():
    async def broken(scope, receive, send):
        await receive()
        await send({"type": "lifespan.startup.failed", "message": "no"})

    with pytest.raises(RuntimeError):
        await Serving(broken).__aenter__()


async def test_serving_leaves_the_signal_handlers_alone():
    import signal

    before = signal.getsignal(signal.SIGINT)
    async with Serving(Starlette()):
        assert signal.getsignal(signal.SIGINT) is before
