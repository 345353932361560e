"""`doctor` against the sandbox: each planted misconfiguration is found, and says where to click."""

from __future__ import annotations

import json
import time
from dataclasses import replace

import httpx
import pytest
from click.testing import CliRunner

from bot import app, config, doctor, life
from bot.cli import main
from bot.core import messages
from bot.core.model import SHANGHAI, Cohort, Delivery, Member, Push, State
from bot.sandbox.server import create_app
from bot.sandbox.serving import Serving
from bot.sandbox.world import World
from bot.store.tiny import TinyStore
from bot.wecom.client import connect

KEY = "0d1e2f3a-1111-2222-3333-444455556666"
GOOD = {
    "corp_id": "ww0123456789abcdef",
    "agentid": 7,
    "secret": "app-s3cret",
    "token": "T",
    "aes_key": "a" * 43,
    "bot_secret": "bot-s3cret",
    "public_url": "https://page.example.org",
    "key": KEY,
    "chatid": "g1",
}


def patient_of(loaded, http):
    """Return what is examined where no sandbox is needed."""
    return doctor.Patient(
        config=loaded,
        http=http,
        auth=httpx.Auth(),
        robot=None,
        now=app.system_clock,
        people=0,
        unbound=[],
    )


@pytest.fixture
def examined(tmp_path):
    """Return {check: state} and the whole answer, for a world and what the config says."""

    async def examined(plant=lambda world: None, before=None, **said):
        world = World(app.system_clock, corp_id=GOOD["corp_id"])
        world.add_user("li", "李")
        world.add_robot("BOT", "清风", "bot-s3cret")
        world.add_group("g1", "支部", ["li"], key=KEY, bots=["BOT"])
        world.add_app(7, "清风", "app-s3cret", trusted_domain="page.example.org")
        plant(world)
        with_said = GOOD | said
        async with Serving(create_app(world)) as sandbox:
            path = tmp_path / "config.toml"
            url = said.get("base_url", sandbox.url)
            path.write_text(
                f"""
[unit]
administrator = "li"
[wecom]
base_url = "{url}"
[wecom.app]
corp_id = "{with_said["corp_id"]}"
agentid = {with_said["agentid"]}
secret = "{with_said["secret"]}"
token = "{with_said["token"]}"
aes_key = "{with_said["aes_key"]}"
[wecom.bot]
bot_id = "BOT"
secret = "{with_said["bot_secret"]}"
ws_url = "{url.replace("http", "ws")}"
[web]
public_url = "{with_said["public_url"]}"
[target.hook]
channel = "webhook"
webhook = "{with_said["key"]}"
roster = "一支部"
[target.group]
name = "二支部群"
channel = "bot-group"
chatid = "{with_said["chatid"]}"
""",
                "utf-8",
            )
            if before is not None:
                await before(config.load(path, {}))
            answer = await life.call(
                config.load(path, {}), "doctor", {"send_test": said.get("send_test", False)}
            )
        told = {check["name"]: check for check in answer["checks"]}
        assert not any(s in str(answer) for s in ("s3cret", KEY))
        assert not [r for r in world.log if r.kind == "message" and not said.get("send_test")]
        return told, world

    return examined


async def test_a_sound_installation_fails_in_nothing_but_its_empty_roster(examined):
    told, _ = await examined()
    failed = [name for name, check in told.items() if check["state"] == "failed"]
    assert failed == ["名册"]
    for name in ("网络", "时钟", "自建应用", "智能机器人", "群消息 hook", "磁盘"):
        assert told[name]["state"] == "passed"


def no_ip(world):
    world.allowed_ips = {"10.0.0.1"}


def sees_nobody(world):
    world.apps[7] = replace(world.apps[7], root_range=False)
    for key, user in world.users.items():
        world.users[key] = replace(user, visible=False)


def no_domain(world):
    world.apps[7] = replace(world.apps[7], trusted_domain="")


PLANTED = [
    ("可见范围", {}, sees_nobody, "谁也看不见"),
    ("可信域名", {}, no_domain, "没有登记"),
    ("网络", {"base_url": "http://127.0.0.1:9"}, None, "连不上"),
    ("智能机器人", {"base_url": "http://127.0.0.1:9"}, None, "连不上"),
    ("自建应用", {"corp_id": "wwother"}, None, "40013"),
    ("自建应用", {"secret": "another"}, None, "40001"),
    ("自建应用", {"agentid": 8}, None, "301002"),
    ("自建应用", {}, no_ip, "看到的地址是 127.0.0.1"),
    ("可信域名", {"public_url": "https://other.example.org"}, None, "other.example.org"),
    ("回调", {"token": "", "aes_key": ""}, None, "没有填"),
    ("智能机器人", {"bot_secret": "wrong"}, None, "853000"),
    ("智能机器人", {}, lambda w: setattr(w.robots["BOT"], "enabled", False), "846601"),
    ("群消息 hook", {}, lambda w: w.remove_webhook(KEY), "93000"),
    ("群消息 hook", {}, lambda w: w.stop_webhook(KEY), "93004"),
    ("群绑定", {"chatid": ""}, None, "二支部群"),
]


@pytest.mark.parametrize(("name", "said", "plant", "words"), PLANTED)
async def test_a_planted_misconfiguration_is_found(examined, name, said, plant, words):
    told, _ = await examined(plant or (lambda world: None), **said)
    assert told[name]["state"] == "failed"
    assert words in told[name]["says"]
    assert told[name]["click"]


@pytest.mark.parametrize(
    ("said", "plant", "where"),
    [
        ({"corp_id": "wwother"}, None, "我的企业→企业信息→企业ID"),
        ({"secret": "another"}, None, "Secret→查看"),
        ({"agentid": 8}, None, "AgentId"),
        ({}, no_ip, "企业可信IP→配置"),
    ],
)
async def test_each_fault_of_the_app_names_its_own_button(examined, said, plant, where):
    told, _ = await examined(plant or (lambda world: None), **said)
    assert where in told["自建应用"]["click"]


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (httpx.Response(200, text="ok"), "passed"),
        (httpx.Response(200, text="<html>欢迎使用</html>"), "failed"),
        (httpx.Response(302, headers={"location": "https://portal.example/login"}), "failed"),
        (httpx.Response(502), "failed"),
        (httpx.ConnectError("no route"), "unknown"),
    ],
)
async def test_another_program_at_the_public_address_is_found_and_a_hidden_one_is_not_accused(
    tmp_path, answer, state
):
    def world(request: httpx.Request) -> httpx.Response:
        assert str(request.url) == "https://page.example.org/qf/healthz"
        if isinstance(answer, Exception):
            raise answer
        return answer

    path = tmp_path / "config.toml"
    path.write_text('[web]\npublic_url = "https://page.example.org/qf/"', "utf-8")
    transport = httpx.MockTransport(world)
    async with connect("https://qyapi.weixin.qq.com", transport=transport) as http:
        [found] = await doctor.our_page(patient_of(config.load(path, {}), http))
    assert found.state == state
    assert found.click or state == "passed"


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (httpx.Response(200, json={"errcode": 44004}), "passed"),  # empty, as it was meant
        (httpx.Response(200, json={"errcode": 45009}), "passed"),  # only a good key is too fast
        (httpx.Response(200, json={"errcode": -1}), "unknown"),
        (httpx.Response(200, json={"errcode": 93000}), "failed"),
        (httpx.Response(502), "unknown"),
        (httpx.ReadTimeout("slow"), "unknown"),
    ],
)
async def test_a_webhook_is_only_called_good_where_wecom_knew_it(tmp_path, answer, state):
    def world(_: httpx.Request) -> httpx.Response:
        if isinstance(answer, Exception):
            raise answer
        return answer

    path = tmp_path / "config.toml"
    path.write_text(f'[target.g]\nname = "群"\nchannel = "webhook"\nwebhook = "{KEY}"\n', "utf-8")
    async with connect("https://w.example", transport=httpx.MockTransport(world)) as http:
        [found] = await doctor.the_webhooks(patient_of(config.load(path, {}), http))
    assert (found.state, KEY in str(found)) == (state, False)


async def test_people_who_never_wrote_to_the_robot_are_counted(examined):
    async def refused(loaded):
        store = TinyStore(loaded.data)
        await store.set_members([Member(id="li", name="李"), Member(id="wang", name="王")])
        now = app.system_clock()
        for person, why in (("li", messages.NOT_JOINED), ("wang", "别的原因")):
            key = f"word-{person}_main@group"
            push = Push(
                key=key,
                occurrence=f"word-{person}",
                part="main",
                target="group",
                channel="bot",
                due=now,
                until=now,
                rule="word",
            )
            await store.add_pushes([push])
            row = Delivery(push=key, part=0, attempt=1, begun=now, body="{}", to=(person,))
            assert await store.begin(row, Cohort(push=key, covered=(person,), tappable=True), 1)
            ended = replace(row, state=State.REFUSED, ended=now, reason=why)
            await store.finish(ended, 1, None)
        store.close()

    told, _ = await examined(before=refused)
    assert told["单聊"]["state"] == "failed"
    assert told["单聊"]["says"].startswith("1 人")
    assert "发一个字" in told["单聊"]["click"]
    assert "没有名单" in told["单聊"]["click"]


def test_a_full_disk_is_told_before_it_stops_a_send():
    assert doctor._disk(100 << 20).state == "failed"
    assert "100 MB" in doctor._disk(100 << 20).says
    assert doctor._disk(doctor.ROOM).state == "passed"


STANDBY = """
    Current AC Power Setting Index: 0x{:08x}
    Current DC Power Setting Index: 0x{:08x}
"""


@pytest.mark.parametrize(
    ("told", "state"),
    [
        (STANDBY.format(1800, 900), "failed"),
        (STANDBY.format(0, 900), "passed"),  # on battery it may
        ("当前交流电源设置索引: 0x00000000\n当前直流电源设置索引: 0x00000384", "passed"),
        ("", "unknown"),
        ("拒绝访问。", "unknown"),
    ],
)
def test_a_pc_that_falls_asleep_is_found_in_any_language_of_windows(told, state):
    assert doctor.sleeping(told).state == state
    assert doctor.sleeping(told).click or state == "passed"


def test_a_linux_that_cannot_sleep_or_may_not_is_told_from_one_that_might(tmp_path):
    power, target = tmp_path / "state", tmp_path / "sleep.target"
    assert doctor.may_sleep(power, target).state == "passed", "a container has no such switch"
    power.write_text("freeze mem disk\n")
    assert doctor.may_sleep(power, target).state == "unknown"
    assert "mask sleep.target" in doctor.may_sleep(power, target).click
    target.symlink_to("/dev/null")
    assert doctor.may_sleep(power, target).state == "passed", "masked"


def test_json_and_the_plain_lines_tell_the_same_and_a_fault_is_exit_code_one(tmp_path):
    path = tmp_path / "config.toml"
    path.write_text('[wecom]\nbase_url = "http://127.0.0.1:9"\n', "utf-8")
    run = CliRunner()
    told = run.invoke(main, ["doctor", "--config", str(path), "--json"])
    plain = run.invoke(main, ["doctor", "--config", str(path)])
    answer = json.loads(told.output)
    assert (told.exit_code, plain.exit_code, answer["failed"]) == (1, 1, 1)
    for check in answer["checks"]:
        assert set(check) == {"name", "state", "says", "click"}
        assert check["name"] in plain.output
    [failed] = [check for check in answer["checks"] if check["state"] == "failed"]
    assert f"→ {failed['click']}" in plain.output


async def test_a_test_message_reaches_the_administrator_alone(examined):
    told, world = await examined(send_test=True)
    assert told["试发"]["state"] == "passed"
    assert [r.reached for r in world.log if r.kind == "message"] == [("li",)]


def test_a_clock_that_is_off_is_told():
    import httpx

    answer = httpx.Response(200, headers={"date": "Mon, 15 Jun 2026 01:00:00 GMT"})
    then = app.system_clock().replace(2026, 6, 15, 9, 20, 0, tzinfo=SHANGHAI)
    assert doctor._clock(answer, then).state == "failed"
    assert doctor._clock(answer, then.replace(minute=1)).state == "passed"


@pytest.mark.parametrize(
    ("zone", "state"), [("Asia/Shanghai", "passed"), ("America/New_York", "unknown")]
)
async def test_a_machine_in_another_time_zone_is_told_that_pushes_keep_pekings(
    examined, monkeypatch, zone, state
):
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        told, _ = await examined()
    finally:
        monkeypatch.undo()
        time.tzset()
    assert told["时区"]["state"] == state


async def test_the_addresses_for_the_firewalls_form_are_written_out(examined):
    told, _ = await examined()
    assert told["放行申请"]["says"].count("127.0.0.1:") == 2
    assert "WebSocket" in told["放行申请"]["says"]


@pytest.mark.parametrize(
    ("error", "hint"),
    [
        (httpx.ProxyError("407 Proxy Authentication Required"), "NTLM"),
        (httpx.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED] self-signed"), "[wecom] ca"),
        (httpx.ConnectTimeout(""), "[wecom] proxy"),
    ],
)
async def test_what_stands_in_the_way_to_wecom_decides_what_to_ask_for(tmp_path, error, hint):
    def world(_: httpx.Request) -> httpx.Response:
        raise error

    (tmp_path / "config.toml").write_text("", "utf-8")
    transport = httpx.MockTransport(world)
    async with connect("https://qyapi.weixin.qq.com", transport=transport) as http:
        found = await doctor.network(patient_of(config.load(tmp_path / "config.toml", {}), http))
    assert (found[0].state, hint in found[0].click) == ("failed", True)
    assert "qyapi.weixin.qq.com:443" in found[1].says
