"""Within what bounds a setting may stand, as functions of the sections that were read.

What is wrong goes to `bad(key, sentence)`; the sentence begins with its [section], by which the
line in config.toml is found.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from bot.core.outlets import span_of
from bot.core.policy import AFTERNOON, MORNING, Policy
from bot.core.render import CARD_FACT
from bot.core.seats import seats_of
from bot.library.approvals import usable_id
from bot.settings import Hours, Review, ReviewKinds, Screen, StoreSettings, Web, WeCom

Bad = Callable[[str, str], None]

_ADDRESS = re.compile(r"https?://[^\s/?#@\[\]]+(/[^\s?#]*)?")
_PING = re.compile(r"https?://[^\s/?#@\[\]]+(/[^\s#]*)?")
_SOCKET = re.compile(r"wss?://[^\s/?#@\[\]]+(/[^\s?#]*)?")
_PROXY = re.compile(r"http://([^\s/?#@]+@)?[^\s/?#@:]+:\d{1,5}/?")
_AES_KEY = re.compile(r"[0-9A-Za-z+/]{43}")
_ANY_DAY = date(2026, 6, 15)
_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
_WIDTH = timedelta(minutes=15)  # of a window: a push leaves 3 to 12 minutes after it opens

# Numbers, from and to. The caps are law (DESIGN §3.5): stricter may be, laxer never. A push takes
# receipts for 30 days, and its occurrence may be sent over two weeks: hence keep_days.
_NUMBERS = {
    ("policy", "a_day"): (1, 1, "：多发是增负"),
    ("policy", "a_week"): (1, 2, "：多发是增负"),
    ("policy", "a_node_week"): (1, 3, "：多发是增负"),
    ("receipts", "keep_days"): (45, 365, ""),
    ("receipts", "keep_signatures"): (1, 30, ""),
    ("screen", "seconds"): (5, 120, ""),
    ("screen", "items"): (1, 60, ""),
    ("web", "port"): (0, 65535, ""),
    ("log", "size_mb"): (1, 100, ""),
    ("log", "files"): (2, 50, ""),
    ("log", "keep_security"): (180, 1100, "：登录记录至少留半年"),
    ("watch", "overdue"): (5, 240, ""),
}
_CHOICES = {
    ("receipts", "person_lookup"): ("off", "on_request"),
    ("log", "format"): ("text", "json"),
    ("summary", "per_target"): ("console", "message", "off"),
    ("web", "host"): ("127.0.0.1", "0.0.0.0"),  # noqa: S104 - a unit may want a proxy elsewhere
    ("store", "role"): ("both", "web", "send"),
}


def policy_of(section: Hours, bad: Bad) -> Policy:
    """Return when and how often may be sent, as [policy] says."""
    return Policy(
        windows=tuple(sorted(_windows(section, bad))) or (MORNING, AFTERNOON),
        a_day=section.a_day,
        a_week=section.a_week,
        a_node_week=section.a_node_week,
        blackout=frozenset(_blackout(section, bad)),
    )


def _windows(section: Hours, bad: Bad) -> Iterator[tuple[time, time]]:
    if not section.hours:
        bad("hours", '[policy] 的 hours 不能是空的，如 ["09:10-11:20", "14:40-17:10"]')
    for span in section.hours:
        clocks = [part.strip() for part in span.split("-")]
        if len(clocks) != 2 or not all(_CLOCK.fullmatch(clock) for clock in clocks):
            bad("hours", f'[policy] 的 hours：“{span}”应写成 "09:10-11:20"')
            continue
        start, end = (time.fromisoformat(clock) for clock in clocks)
        if datetime.combine(_ANY_DAY, end) - datetime.combine(_ANY_DAY, start) < _WIDTH:
            bad("hours", f"[policy] 的 hours：“{span}”太短，至少 15 分钟")
        yield start, end


def _blackout(section: Hours, bad: Bad) -> Iterator[date]:
    for text in section.blackout:
        try:
            yield date.fromisoformat(text)
        except ValueError:
            bad("blackout", f'[policy] 的 blackout：“{text}”应写成 "2026-06-26"')


def check(sections: Mapping[str, Any], root: Path, bad: Bad) -> None:
    """Tell every setting that stands outside its bounds; `root` is the folder of config.toml."""
    for (name, key), (least, most, why) in _NUMBERS.items():
        if not least <= getattr(sections[name], key) <= most:
            span = f"{least} 到 {most}" if least < most else f"{most}"
            bad(key, f"[{name}] 的 {key} 只能是 {span}{why}")
    for (name, key), choices in _CHOICES.items():
        if getattr(sections[name], key) not in choices:
            bad(key, f"[{name}] 的 {key} 应是 {'、'.join(choices)} 之一")
    if sections["summary"].min_people < 5:
        bad("min_people", "[summary] 的 min_people 不得小于 5，以免看出是谁")
    if len(sections["unit"].office) > CARD_FACT:
        bad("office", f"[unit] 的 office 最多{CARD_FACT}字，卡片上放不下更多")
    personal = bool(sections["wecom.app"].secret or sections["wecom.bot"].secret)
    _screen(sections["screen"], bad)
    _seats(sections["review"], personal, bad)
    _steps("[review]", "steps", sections["review"].steps or [""], bad)
    for kind in fields(ReviewKinds):
        _steps("[review.kinds]", kind.name, getattr(sections["review.kinds"], kind.name), bad)
    _addresses(sections, bad)
    _way_out(sections["wecom"], root, bad)
    _database(sections["store"], bad)
    _sign_in(sections["web"], bool(sections["wecom.app"].secret), bad)


def _screen(screen: Screen, bad: Bad) -> None:
    for span in screen.hours:
        try:
            span_of(span)
        except ValueError:
            bad("hours", f'[screen] 的 hours：“{span}”应写成 "07:30-19:00"')


def _seats(review: Review, personal: bool, bad: Bad) -> None:
    """Who reviews by card; a card takes a way to a single person."""
    for key, named in (("cards", review.cards), ("preview", review.preview)):
        try:
            seats_of(named, (), "")
        except ValueError as wrong:
            bad(key, f"[review] 的 {key}：“{wrong}”应写成 王五=wangwu（姓名=账号）")
        if named and not personal:
            bad(key, f"[review] 的 {key} 要先填好 [wecom.app] 或 [wecom.bot]")


def _steps(where: str, key: str, steps: list[str], bad: Bad) -> None:
    if len(set(steps)) < len(steps) or not all(map(usable_id, steps)):
        bad(key, f'{where} 的 {key} 应列出审批环节，不重复，如 ["初审", "终审"]')


def _addresses(sections: Mapping[str, Any], bad: Bad) -> None:
    wecom, web = sections["wecom"], sections["web"]
    if not _ADDRESS.fullmatch(wecom.base_url):
        bad("base_url", "[wecom] 的 base_url 应是 https:// 开头的网址")
    if not _ADDRESS.fullmatch(wecom.authorize_url):
        bad("authorize_url", "[wecom] 的 authorize_url 应是 https:// 开头的网址")
    if not _SOCKET.fullmatch(sections["wecom.bot"].ws_url):
        bad("ws_url", "[wecom.bot] 的 ws_url 应是 wss:// 开头的网址")
    if web.public_url and not _ADDRESS.fullmatch(web.public_url):
        bad("public_url", "[web] 的 public_url 应是 https:// 开头的网址，或者留空")
    watch = sections["watch"]
    if watch.ping_url and not _PING.fullmatch(watch.ping_url):
        bad("ping_url", "[watch] 的 ping_url 应是 https:// 开头的网址")
    if 0 < len(watch.metrics_token) < 16:
        bad("metrics_token", "[watch] 的 metrics_token 太短，至少16位")
    aes_key = sections["wecom.app"].aes_key
    if aes_key and not _AES_KEY.fullmatch(aes_key):
        hint = "应是 43 位字母和数字，请到“接收消息”页面整段复制 EncodingAESKey"
        bad("aes_key", f"[wecom.app] 的 aes_key {hint}")


def _database(store: StoreSettings, bad: Bad) -> None:
    if store.url and not store.url.startswith(("postgresql://", "postgres://")):
        bad("url", "[store] 的 url 应是 postgresql:// 开头的数据库地址，或者留空")
    if not store.url and (store.published or store.role != "both"):
        bad("url", "[store] 的 role 和 published 是几台机器一起跑时用的，要先填 url")


def _sign_in(web: Web, app: bool, bad: Bad) -> None:
    if web.sign_in and not (web.public_url and app):
        hint = "要先填 public_url，和 [wecom.app] 的 corp_id、agentid、secret"
        bad("sign_in", f"[web] 的 sign_in {hint}")


def _way_out(wecom: WeCom, root: Path, bad: Bad) -> None:
    """The proxy and its authority; a password in the address is never repeated."""
    if wecom.proxy and not _PROXY.fullmatch(wecom.proxy):
        hint = "应写成 http://账号:密码@主机:端口，账号密码可省（只支持 Basic，不支持 NTLM）"
        bad("proxy", f"[wecom] 的 proxy {hint}")
    if not wecom.ca:
        return
    try:
        ssl.create_default_context(cafile=root / wecom.ca)
    except OSError:  # ssl.SSLError among them
        bad("ca", "[wecom] 的 ca 不是能读的 PEM 证书文件")
