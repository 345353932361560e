"""The local WeCom without the bot: for a bot of one's own, or for another project's program."""

from __future__ import annotations

import json
import tempfile
import uuid
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from bot.core import messages
from bot.demo.stage import (
    AES_KEY,
    AGENTID,
    APP_SECRET,
    CORP_ID,
    TOKEN,
    Clock,
    Stage,
    build_stage,
    settings_for,
    write_roster,
)
from bot.sandbox.server import create_app
from bot.sandbox.serving import Serving
from bot.sandbox.standing import clock, until_told
from bot.sandbox.tls import certify

Say = Callable[[str], None]
BOT_ID, BOT_SECRET, SYNC_SECRET = "aibDEMO", "demo-bot-secret", "demo-sync-secret"
CALLBACK_PORT = 8650  # of a bot with the settings that are shown
CALLBACK = f"http://127.0.0.1:{CALLBACK_PORT}/wecom/callback"


async def serve_sandbox(
    port: int,
    say: Say,
    *,
    tls_port: int = 0,
    start: datetime | None = None,
    roster: Path | None = None,
    authority: Path | None = None,
    as_json: bool = False,
    keep: int = 0,
) -> None:
    """Serve the local WeCom alone, with the demonstration's people, on a clock that runs.

    The clock is the real one, or one that says `start` now. `authority` is where the certificate
    of its authority is written; without it, into a folder that goes with the sandbox.
    `as_json`: instead of hints for a person, one line with every address and key.
    `keep`: how many lines of the log and how many messages are remembered, 0 all.
    """
    now = clock(start)
    stage = furnished(build_stage(Clock(now())))
    stage.world.now = now
    stage.world.keep(keep)
    if roster is not None:
        write_roster(roster, stage)
    with tempfile.TemporaryDirectory(prefix="qingfeng-sandbox-") as folder:
        certificates = certify(Path(folder), clock()(), authority=authority)
        served = create_app(stage.world)
        async with (
            Serving(served, port=port) as plain,
            Serving(served, port=tls_port, certificates=certificates) as secure,
        ):
            stage.world.base_url = plain.url
            if as_json:
                told = facts(stage, plain, secure, certificates.authority)
                say(json.dumps(told, ensure_ascii=False))
            else:
                _hint(stage, plain, secure, certificates.authority, say)
                _how_to_run(stage, plain, say, start=start, roster=roster)
            await until_told()


def furnished(stage: Stage) -> Stage:
    """Add what other programs may want to call: departments, tags, a smart robot, a callback."""
    world = stage.world
    world.sync_secret = SYNC_SECRET
    world.set_callback(AGENTID, CALLBACK)
    world.set_trusted_domain(AGENTID, f"127.0.0.1:{CALLBACK_PORT}")
    names = dict.fromkeys(member.department for member in stage.roster)
    numbers = {name: number for number, name in enumerate(names, start=2)}
    for name, number in numbers.items():
        world.add_department(number, name)
    for member in stage.roster:
        user = world.users[member.id]
        world.add_user(
            user.userid,
            user.name,
            visible=user.visible,
            licensed=user.licensed,
            departments=[numbers[member.department]],
        )
    world.add_tag(1, "支部书记", [stage.roster[0].id, stage.roster[1].id])
    world.add_robot(BOT_ID, "廉小助", BOT_SECRET, token=TOKEN, aes_key=AES_KEY)
    for group_id, key in list(stage.keys.items()):
        world.invite_robot(BOT_ID, group_id)
        # the same key every time, so that a program's settings outlive a restart
        stage.keys[group_id] = str(uuid.uuid5(uuid.NAMESPACE_OID, group_id))
        world.webhooks[stage.keys[group_id]] = world.webhooks.pop(key)
    return stage


def facts(stage: Stage, plain: Serving, secure: Serving, authority: Path) -> dict[str, Any]:
    """Every address and key of the sandbox: make-believe ones, so they may be shown."""
    return {
        "http": plain.url,
        "ws": plain.ws_url,
        "https": secure.url,
        "wss": secure.ws_url,
        "ca": str(authority),
        "phone": f"{plain.url}/sandbox",
        "desk": f"{plain.url}/sandbox/desk",
        "control": f"{plain.url}/sandbox/api",
        "oauth": f"{plain.url}/connect/oauth2/authorize",
        "corp_id": CORP_ID,
        "app": {"agentid": AGENTID, "secret": APP_SECRET, "token": TOKEN, "aes_key": AES_KEY},
        "callback": CALLBACK,
        "sync_secret": SYNC_SECRET,
        "bot": {"bot_id": BOT_ID, "secret": BOT_SECRET, "token": TOKEN, "aes_key": AES_KEY},
        "webhooks": {name: webhook_url(plain, key) for name, key in stage.keys.items()},
    }


def webhook_url(plain: Serving, key: str) -> str:
    return f"{plain.url}/cgi-bin/webhook/send?key={key}"


def _hint(stage: Stage, plain: Serving, secure: Serving, authority: Path, say: Say) -> None:
    """What somebody needs who wants to try a program of their own."""
    say(messages.SANDBOX_READY.format(plain.url))
    say(messages.SANDBOX_SECURE.format(secure.url, authority))
    say(messages.SANDBOX_APP.format(CORP_ID, AGENTID, APP_SECRET, TOKEN, AES_KEY))
    say(messages.SANDBOX_BOT.format(BOT_ID, BOT_SECRET, plain.ws_url, secure.ws_url))
    for name, key in stage.keys.items():
        say(messages.SANDBOX_WEBHOOK.format(name, webhook_url(plain, key)))
    say("")


def _how_to_run(
    stage: Stage, plain: Serving, say: Say, *, start: datetime | None, roster: Path | None
) -> None:
    """What somebody needs who wants to see 清风 itself here."""
    say(messages.SANDBOX_SETTINGS)
    say(settings_for(stage, plain.url, CALLBACK_PORT))
    say(f'\n[wecom.bot]\nbot_id = "{BOT_ID}"\nsecret = "{BOT_SECRET}"\nws_url = "{plain.ws_url}"')
    say("")
    if roster is not None:
        say(messages.SANDBOX_ROSTER.format(len(stage.roster), roster))
    if start is None:
        say(messages.SANDBOX_RUN_NOW)
    else:
        say(messages.SANDBOX_RUN.format(start.isoformat(timespec="minutes")))
