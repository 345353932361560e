"""qingfeng doctor: each precondition of WeCom, passed or failed, with where to click.

A check is a small function from a Patient to Checks. It sends nothing that anybody sees, and what
cannot be seen from here is said to be unknown, with what to look at.
"""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import httpx

from bot.channels import Channel, SendError
from bot.config import Config
from bot.core import messages
from bot.core.model import Markdown
from bot.wecom.aibot_socket import Robot
from bot.wecom.client import Client, parsed, post_json
from bot.wecom.errors import CallFailed, reaction

State = Literal["passed", "failed", "unknown"]
EAST_8 = 8 * 3600  # seconds
SKEW = 300  # seconds: callbacks are fresh for a quarter of an hour
ROOM = 500 * 1024 * 1024  # bytes that should be free
PATIENCE = 8.0  # seconds for the long connection
ALIVE = "ok"  # what our /healthz says
HERE = ("127.0.0.1", "localhost", "::1")
BUSY = -1  # says nothing of the key
PEEK = 4.0  # seconds for our own page
AWAKE = 5.0  # seconds for Windows to tell its power plan
APP_PAGE = "管理后台→应用管理→自建应用"
# Where each refusal of the app is mended (wecom/api.md §10).
APP_CLICKS = {
    40013: "管理后台→我的企业→企业信息→企业ID，填进 [wecom.app] corp_id",
    40001: f"{APP_PAGE}→Secret→查看，填进 [wecom.app] secret",
    40091: f"{APP_PAGE}→Secret→查看，填进 [wecom.app] secret",
    40056: f"{APP_PAGE}→AgentId，填进 [wecom.app] agentid",
    301002: f"{APP_PAGE}→AgentId，填进 [wecom.app] agentid",
    60020: f"{APP_PAGE}→企业可信IP→配置，加上这个地址，约一分钟后生效",
    301042: f"{APP_PAGE}→企业可信IP→配置，加上本机的出口地址，约一分钟后生效",
}


@dataclass(frozen=True, kw_only=True)
class Check:
    """One line of what was found."""

    name: str
    state: State
    says: str
    click: str = ""  # where in WeCom's pages, or in the configuration


@dataclass(frozen=True, kw_only=True)
class Patient:
    """What is examined, put together by app.py."""

    config: Config
    http: Client
    auth: httpx.Auth
    robot: Robot | None
    now: Callable[[], datetime]
    people: int  # on the roster
    unbound: Sequence[str]  # names of groups that wait for 绑定
    silent: int = 0  # people of the robot's who never wrote to it, as its refusals told
    me: tuple[str, Channel] | None = None  # the administrator, and the way to him


async def examine(patient: Patient, send_test: bool = False) -> dict[str, Any]:
    """Return {"checks": [{name, state, says, click}], "failed": N}; never raises for a fault."""
    checks: list[Check] = []
    for look in CHECKS:
        checks += await look(patient)
    if send_test:
        checks.append(await _try_out(patient))
    failed = sum(check.state == "failed" for check in checks)
    return {"checks": [asdict(check) for check in checks], "failed": failed}


def _passed(name: str, says: str) -> Check:
    return Check(name=name, state="passed", says=says)


def _failed(name: str, says: str, click: str) -> Check:
    return Check(name=name, state="failed", says=says, click=click)


def _unknown(name: str, says: str, click: str = "") -> Check:
    return Check(name=name, state="unknown", says=says, click=click)


async def network(patient: Patient) -> list[Check]:
    """WeCom can be reached, and its clock is ours."""
    host = urlsplit(patient.config.wecom.base_url).netloc
    try:
        answer = await patient.http.get("/cgi-bin/getcallbackip")
    except httpx.HTTPError as error:
        says = f"连不上 {host}（{type(error).__name__}）"
        return [_failed("网络", says, _way_in(error)), _form(patient.config)]
    found = [_passed("网络", f"能连上 {host}"), _form(patient.config)]
    return [*found, _clock(answer, patient.now()), _zone(patient.now())]


def _way_in(error: httpx.HTTPError) -> str:
    """Return what to ask for, by what stood in the way."""
    if isinstance(error, httpx.ProxyError):
        return "代理不放行：[wecom] proxy 里的账号密码不对，或代理只认 NTLM（不支持，请申请 Basic）"
    if "CERTIFICATE_VERIFY_FAILED" in str(error):
        return "证书不被信任：代理或防火墙在解密流量，请把单位的根证书存成 PEM，填进 [wecom] ca"
    return "请信息化部门放行下列地址；要经代理的，填 [wecom] proxy"


def _form(config: Config) -> Check:
    """Return the line to copy into the firewall's request form."""
    wanted = [(config.wecom.base_url, "HTTPS")]
    if config.bot.bot_id:
        wanted.append((config.bot.ws_url, "WebSocket（长连接，不要按时长切断）"))
    lines = []
    for address, what in wanted:
        there = urlsplit(address)
        port = there.port or (443 if there.scheme in ("https", "wss") else 80)
        lines.append(f"{there.hostname}:{port} {what}")
    return _unknown("放行申请", f"本机要往外连：{'；'.join(lines)}，这些不用开放入口")


def _zone(now: datetime) -> Check:
    """Times are Peking's whatever the machine says; its owner would be surprised, no more."""
    offset = time.localtime(now.timestamp()).tm_gmtoff
    if offset != EAST_8:
        hint = "系统设置→日期和时间→时区选北京（UTC+8）"
        return _unknown("时区", f"本机时区是 UTC{offset / 3600:+g}，推送仍按北京时间", hint)
    return _passed("时区", "北京时间")


def _clock(answer: httpx.Response, now: datetime) -> Check:
    try:
        theirs = parsedate_to_datetime(answer.headers["date"])
        skew = abs((theirs - now).total_seconds())
    except (LookupError, ValueError, TypeError):
        return _unknown("时钟", "对方没有报时")
    if skew > SKEW:
        hint = "请打开本机的自动校时（时区选北京）"
        return _failed("时钟", f"本机时钟与企业微信相差 {skew:.0f} 秒", hint)
    return _passed("时钟", f"相差 {skew:.0f} 秒")


async def the_app(patient: Patient) -> list[Check]:
    """Corporation, secret, trusted address, agent, its range and its trusted domain."""
    app = patient.config.app
    if not app.secret:
        return []
    params = {"agentid": str(app.agentid)}
    try:
        answer = parsed(
            await patient.http.get("/cgi-bin/agent/get", params=params, auth=patient.auth)
        )
    except CallFailed as failed:
        return [_failed("自建应用", failed.reason, APP_CLICKS.get(failed.code or 0, APP_PAGE))]
    except httpx.HTTPError as error:
        return [_unknown("自建应用", f"没有得到答复（{type(error).__name__}）")]
    if answer is None:
        return [_unknown("自建应用", "答复无法辨认")]
    if code := answer["errcode"]:
        says = _refusal(code, str(answer.get("errmsg", "")))
        return [_failed("自建应用", says, APP_CLICKS.get(code, APP_PAGE))]
    found = [_passed("自建应用", "企业 ID、Secret、AgentId 和可信 IP 都对")]
    ranges = [answer.get(name, {}) for name in ("allow_userinfos", "allow_partys", "allow_tags")]
    seen = any(any(part.values()) for part in ranges if isinstance(part, dict))
    if not seen:
        found.append(_failed("可见范围", "应用谁也看不见", f"{APP_PAGE}→可见范围→编辑"))
    return [*found, *_pages(patient.config, str(answer.get("redirect_domain") or ""))]


def _refusal(code: int, said: str) -> str:
    """Return the sentence for a refusal; 60020 with the address that WeCom saw."""
    told = reaction(code, deduplicated=True).sentence
    _, _, tail = said.partition("from ip: ")
    seen = f"；企业微信看到的地址是 {tail.split(',')[0].strip()}" if code == 60020 and tail else ""
    return f"{told}{seen}（错误码 {code}）"


def _pages(config: Config, trusted: str) -> list[Check]:
    page = urlsplit(config.web.public_url)
    host, found = page.netloc, []
    if not (config.app.token and config.app.aes_key):
        hint = f"{APP_PAGE}→接收消息→设置API接收"
        found.append(_failed("回调", "没有填 token 和 aes_key，卡片上的按钮不会有回执", hint))
    else:
        hint = f"{APP_PAGE}→接收消息：清风运行时点保存，企业微信当场验证"
        found.append(_unknown("回调", "从本机看不出企业微信能不能访问回调地址", hint))
    if host and trusted != host and page.hostname not in HERE:
        hint = f"{APP_PAGE}→网页授权及JS-SDK→可信域名，须与 public_url 的域名、端口一致"
        said = f"登记的是 {trusted}" if trusted else "没有登记可信域名"
        found.append(_failed("可信域名", f"应用{said}，配置里是 {host}", hint))
    return found


async def our_page(patient: Patient) -> list[Check]:
    """Whether `public_url` leads to this bot: it carries the callback and the reading page.

    A firewall may hide it from this machine alone, and the bot may not run: that is unknown. That
    another program answers there is a fault.
    """
    public = patient.config.web.public_url.rstrip("/")
    if not public:
        return []
    name = "公网地址"
    hint = "反向代理须把 /healthz、/wecom/callback 等转到本机 [web] port；域名解析找信息化部门"
    try:
        answer = await patient.http.get(f"{public}/healthz", timeout=PEEK)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        says = f"从本机打不开 {public}（{type(error).__name__}）：清风没有运行，或只能从外面打开"
        return [_unknown(name, says, f"手机不连单位网络时打开 {public}/healthz 看一眼；{hint}")]
    if answer.status_code != httpx.codes.OK or answer.text.strip() != ALIVE:
        says = f"{public} 上答复的不是清风（HTTP {answer.status_code}）"
        return [_failed(name, says, hint)]
    return [_passed(name, f"{public} 上是清风，企业微信的回调也从这里进来")]


async def the_robot(patient: Patient) -> list[Check]:
    """The long connection, and the groups that wait to be bound."""
    robot, page = patient.robot, "管理后台→安全与管理→管理工具→智能机器人→API 模式"
    if robot is None:
        return []
    last = robot.last if robot.started else await _dial(robot)
    if last.what == "live":
        found = [_passed("智能机器人", "长连接已连上")]
    elif last.what == "stopped":
        says = f"企业微信不接受：BotID 或 Secret 不对，或没有选“使用长连接”（错误码 {last.code}）"
        found = [_failed("智能机器人", says, page)]
    elif last.what == "kicked":
        found = [_failed("智能机器人", "被另一个程序顶替，同一个机器人只能有一个连接", page)]
    else:
        host = urlsplit(patient.config.bot.ws_url).netloc
        hint = "请信息化部门放行到该地址 443 端口的 WebSocket；代理须允许 CONNECT，NTLM 代理不行"
        found = [_failed("智能机器人", f"连不上 {host} {last.detail}", hint)]
    for name in patient.unbound:
        hint = "在群里@机器人写“绑定”，再用 qingfeng targets bind 确认"
        found.append(_failed("群绑定", f"{name} 还没有绑定", hint))
    if patient.silent:
        says = f"{patient.silent} 人还没有给机器人发过消息，机器人不能给他们发"
        hint = "愿意的同志在企业微信里给机器人发一个字即可；这里只有人数，没有名单"
        found.append(_failed("单聊", says, hint))
    return found


async def _dial(robot: Robot) -> Any:
    """Connect for a moment: nobody else of ours holds the connection now."""
    stop = asyncio.Event()
    task = asyncio.create_task(robot.run(stop))
    ends = asyncio.get_running_loop().time() + PATIENCE
    while not robot.heard and asyncio.get_running_loop().time() < ends:  # noqa: ASYNC110
        await asyncio.sleep(0.05)
    last = robot.last
    stop.set()
    await asyncio.wait([task], timeout=PATIENCE)
    return last


async def the_webhooks(patient: Patient) -> list[Check]:
    """Each group's webhook: an empty text is refused for being empty where the key is good."""
    content = json.dumps({"msgtype": "text", "text": {"content": ""}}).encode()
    found = []
    names = {target.id: target.name for target in patient.config.targets}
    for target, key in patient.config.webhooks.items():
        name = f"群消息 {names.get(target, target)}"
        try:
            answer = await post_json(
                patient.http, "/cgi-bin/webhook/send", params={"key": key}, content=content
            )
        except CallFailed as failed:
            found.append(_unknown(name, failed.reason))
            continue
        told = reaction(answer["errcode"], deduplicated=False)
        if told.then.kind == "disable_target":
            hint = "群设置→消息推送"
            found.append(_failed(name, f"{told.sentence}（错误码 {answer['errcode']}）", hint))
        elif answer["errcode"] == BUSY:
            found.append(_unknown(name, "企业微信正忙，没有查成，请稍后再试"))
        else:
            found.append(_passed(name, "地址有效"))
    return found


async def ourselves(patient: Patient) -> list[Check]:
    """What is ours: people, disk, a machine that stays awake."""
    config = patient.config
    wants = [target for target in config.targets if target.roster]
    found = []
    if wants and not patient.people:
        found.append(_failed("名册", "名册是空的", "qingfeng roster import 名册.csv"))
    elif wants:
        found.append(_passed("名册", f"{patient.people} 人"))
    found += [_disk(shutil.disk_usage(_there(config.data)).free), await asleep()]
    plain = "管理后台→我的企业→微信插件：在微信里只看得到文字，卡片和 Markdown 看不到"
    found.append(_unknown("微信插件", "用微信收企业微信消息的人看不到卡片", plain))
    return found


def _disk(free: int) -> Check:
    if free < ROOM:
        return _failed("磁盘", f"只剩 {free >> 20} MB，写不下就不会发送", "请清理磁盘")
    return _passed("磁盘", f"剩余 {free >> 30} GB")


async def asleep() -> Check:
    """Ask Windows for its power plan, Linux whether it may; elsewhere only a person knows."""
    if sys.platform == "linux":
        return may_sleep(Path("/sys/power/state"), Path("/etc/systemd/system/sleep.target"))
    if sys.platform != "win32":
        return sleeping("")
    ask = ("powercfg", "/query", "SCHEME_CURRENT", "SUB_SLEEP", "STANDBYIDLE")
    try:
        asked = await asyncio.create_subprocess_exec(*ask, stdout=asyncio.subprocess.PIPE)
        told, _ = await asyncio.wait_for(asked.communicate(), AWAKE)
    except (OSError, TimeoutError):
        return sleeping("")
    return sleeping(told.decode("ascii", "replace"))


def may_sleep(power: Path, target: Path) -> Check:
    """Return what a Linux kernel can do, and whether its systemd lets it (a masked target)."""
    try:
        able = bool(power.read_text("ascii").split())
    except (OSError, ValueError):  # a container, or a machine without a power switch
        able = False
    if not able or (target.is_symlink() and target.resolve() == Path("/dev/null")):
        return _passed("睡眠", "这台电脑不会睡眠")
    return _unknown("睡眠", messages.MAY_SLEEP, "sudo systemctl mask sleep.target suspend.target")


def sleeping(told: str) -> Check:
    """Return what `powercfg /query … STANDBYIDLE` told, in whatever language Windows speaks.

    Its last two numbers are the seconds until it sleeps, on mains and on battery; 0 is never.
    """
    seconds = [int(number, 16) for number in re.findall(r"0x([0-9a-fA-F]{8})", told)]
    hint = "设置→系统→电源→屏幕和睡眠：接通电源时，从不"
    if len(seconds) < 2:
        return _unknown("睡眠", messages.MAY_SLEEP, hint)
    if mains := seconds[-2]:
        return _failed("睡眠", f"这台电脑闲置 {mains / 60:.0f} 分钟就睡，睡着时什么也不发", hint)
    return _passed("睡眠", "接通电源时从不睡眠")


def _there(path: Path) -> Path:
    return path if path.exists() else _there(path.parent)


async def _try_out(patient: Patient) -> Check:
    """Send one line to the administrator alone."""
    name, hint = "试发", "[unit] administrator 填管理员的企业微信账号"
    if patient.me is None:
        return _failed(name, "没有可以试发的人", hint)
    person, channel = patient.me
    try:
        await channel.send(channel.body(Markdown(text=messages.TEST_MESSAGE), [person]))
    except SendError as error:
        return _failed(name, error.reason, hint)
    return _passed(name, f"已发给 {person}，请在手机上看一眼")


CHECKS: tuple[Callable[[Patient], Awaitable[list[Check]]], ...] = (
    network,
    the_app,
    our_page,
    the_robot,
    the_webhooks,
    ourselves,
)
