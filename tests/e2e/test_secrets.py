"""A full run with every secret planted: none is in a log, page, answer, number, error or backup.

All ways are configured, a day is played, and everything that can go wrong does. One exception is by
design and stands here: the backup holds the key that seals approvals, for a restored bot would else
believe none; it is one file in it, and nowhere else.
"""

from __future__ import annotations

import contextlib
import logging
import re
import zipfile

import httpx

from bot import logs
from bot.channels import SendError
from bot.library import approvals
from bot.verbs import LOOKS, VERBS
from bot.wecom.client import connect
from bot.wecom.errors import CallFailed
from tests.engine.office import office
from tests.test_logs import logged
from tests.web.test_console import HOME, PIN, browser, by_link, entered

__all__ = ["logged"]
TABLES = """
[wecom.bot]
bot_id = "aib-planted"
secret = "PLANTED-robot-secret"
ws_url = "ws://127.0.0.1:9"
[watch]
ping_url = "http://127.0.0.1:9/PLANTED-ping"
metrics_token = "PLANTED-metrics-token"
[log]
format = "json"
[target.bumen]
name = "后勤"
channel = "bot"
roster = "下属中心"
"""
PROXY = 'proxy = "http://PLANTED-name:PLANTED-password@127.0.0.1:9"'


def found_in(data: bytes, secrets: dict[str, bytes]) -> list[str]:
    return [name for name, secret in secrets.items() if secret in data]


class Broken(httpx.AsyncBaseTransport):
    """A network whose errors tell whole addresses, as httpx's do."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        raise httpx.ReadError(f"lost {request.url} {request.headers}", request=request)


async def test_no_secret_of_a_full_run_is_told_anywhere(tmp_path, logged, capsys, caplog):
    caplog.set_level(logging.DEBUG)
    async with office(tmp_path, port=8650, targets=TABLES, wecom=PROXY) as desk:
        house, bureau = desk.house, desk.house.bureau
        logs.begin(house.config)
        logging.getLogger().addHandler(caplog.handler)
        invited = house.entry.invite(desk.clock.now())
        await desk.at("2026-06-15 11:00")
        admin = await entered(desk)
        await by_link(desk, "审核", "王五")
        link = await VERBS["reviewers-link"](
            bureau, desk.clock.now(), {"who": "赵六", "pin": "739164"}
        )
        secrets = {one: one.encode() for one in logs.secrets_of(house.config)}
        secrets |= {
            "control token": house.token.encode(),
            "seal": approvals.seal_key(house.config.data),
            "invitation": invited.encode(),
            "personal link": str(link["url"]).rpartition("/")[2].encode(),
            "pin": PIN.encode(),
            "password": b"PLANTED-password",
        }
        assert len(secrets) >= 13
        told = [repr(one) for one in (house, house.config, bureau, house.robot, house.entry)]
        told += [repr(vars(house.web.state)), *map(repr, bureau.channels.values())]
        told += await _everything_goes_wrong(desk, link)
        told += await _pages(desk, admin)
        for verb in sorted({*LOOKS, "doctor", "settings", "plan"}):
            head = {"Authorization": f"Bearer {house.token}"}
            answer = await desk.door.post(f"http://127.0.0.1/control/{verb}", json={}, headers=head)
            told.append(answer.text)
        metrics = {"Authorization": "Bearer PLANTED-metrics-token"}
        told.append((await desk.door.get("http://127.0.0.1/metrics", headers=metrics)).text)
        assert "qingfeng_ready" in told[-1]
        backup = tmp_path / "b.zip"
        await VERBS["backup"](bureau, desk.clock.now(), {"file": str(backup)})

    for text in told:
        assert found_in(text.encode(), secrets) == [], text[:2000]
    lines = [path for path in (house.config.data / "log").iterdir() if path.suffix != ".zip"]
    assert {"run.log", "security.log"} <= {path.name for path in lines}
    for path in lines:
        assert found_in(path.read_bytes(), secrets) == [], path.name
    assert len((house.config.data / "log" / "run.log").read_text("utf-8").splitlines()) > 5
    screen = capsys.readouterr()
    assert found_in((screen.out + screen.err).encode(), secrets) == []
    beside = {**secrets}
    beside.pop("seal")
    with zipfile.ZipFile(backup) as packed:
        for name in packed.namelist():
            assert found_in(packed.read(name), beside) == [], name
        holding = [name for name in packed.namelist() if secrets["seal"] in packed.read(name)]
    assert len(holding) <= 1, "the key of the seals, in one place"
    for path in house.config.data.rglob("*"):
        if path.is_file() and path.name not in ("seal.key", "control.json"):
            assert found_in(path.read_bytes(), beside) == [], path.name


async def _everything_goes_wrong(desk, link) -> list[str]:
    """Break every way and every page; return what was said of it."""
    house, told = desk.house, []
    inner = house.http._transport
    house.http._transport = Broken()
    for channel in {id(one): one for one in house.bureau.channels.values()}.values():
        with contextlib.suppress(ValueError, TypeError):
            try:
                await channel.send(b'{"touser":"u001","msgtype":"text","chatid":"x"}')
            except SendError as error:
                told += [str(error), repr(error), error.reason]
            except CallFailed as error:
                told += [str(error), repr(error), error.reason]
    assert told
    await house.tick()
    house.http._transport = inner
    async with connect("https://qyapi.example", transport=Broken()) as http:
        with contextlib.suppress(CallFailed, httpx.HTTPError):
            await http.get("/cgi-bin/gettoken?corpsecret=demo-app-secret")
    url = "http://127.0.0.1/wecom/callback?echostr=DemoToken1&msg_signature=x"
    told.append((await desk.door.post(url, content=b"DemoToken1")).text)
    token = str(link["url"]).rpartition("/")[2]
    told.append((await browser(desk).post(f"{HOME}/with/{token}x", data={"pin": PIN})).text)
    try:
        raise RuntimeError(f"{house.token} {sorted(logs.secrets_of(house.config))} /review/{token}")
    except RuntimeError as error:
        logging.getLogger("x").exception("fault", extra={"action": "page-failed"})
        path = logs.crashed(error, house.config.data, desk.clock.now(), {})
        told.append(path.read_text("utf-8"))
    return told


async def _pages(desk, admin) -> list[str]:
    pages = []
    for route in desk.house.web.routes:
        path = getattr(route, "path", "")
        if "GET" not in (getattr(route, "methods", None) or ()) or path == "/metrics":
            continue
        path = path.replace("{item}", "SC-01").replace("{target}", "zx")
        path = path.replace("{key}", "dragon-boat-2026_main@zx")
        path = re.sub(r"\{\w+(:\w+)?\}", "x", path)
        answer = await admin.get(f"http://127.0.0.1{path}")
        pages.append(answer.text)
        pages.append(str(sorted(answer.headers.items())))
    assert len(pages) > 80
    return pages
