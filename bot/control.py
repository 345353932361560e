"""The one way in for verbs, put together: the console, the command line, the sandbox's story."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import httpx

from bot import changing, doctor
from bot.config import Config
from bot.core.model import ME
from bot.engine.bureau import Bureau
from bot.engine.recall import recall
from bot.verbs import LOOKS, VERBS, Mistake
from bot.wecom.aibot_socket import Robot
from bot.wecom.token import Token


def control_of(
    config: Config,
    bureau: Bureau,
    now: Callable[[], datetime],
    invite: Callable[[datetime], str],
    examine: Callable[[bool], Any],
) -> Callable[..., Any]:
    looking = replace(bureau, glancing=True)

    async def control(verb: str, params: Mapping[str, Any]) -> dict[str, Any]:
        if verb == "settings":
            return changing.shown(config)
        if verb == "settings-change":
            return changing.change(config, params)
        if verb == "console-invite":
            return {"path": f"/console/enter/{invite(now())}"}
        if verb == "doctor":
            return dict(await examine(bool(params.get("send_test"))))
        if verb == "stop":  # as by Ctrl-C, once this is answered
            asyncio.get_running_loop().call_later(0.2, signal.raise_signal, signal.SIGINT)
            return {"stopping": True}
        if verb not in VERBS:
            raise Mistake(f"没有“{verb}”这个命令")
        with contextlib.suppress(OSError):  # a damaged trail: its files still speak
            await recall(bureau, now())
        looks = verb in LOOKS or bool(params.get("unseen"))
        answer = await VERBS[verb](looking if looks else bureau, now(), params)
        if looks and params.get("shown"):
            return answer  # the first page asks of the disk; not every one writes to it to be shown
        if words := await bureau.store.trouble():
            answer = {**answer, "warning": words}
        return answer

    return control


def doctor_of(
    config: Config,
    bureau: Bureau,
    http: httpx.AsyncClient,
    auth: Token,
    robot: Robot | None,
) -> Callable[[bool], Any]:
    async def examine(send_test: bool) -> dict[str, Any]:
        known = await bureau.store.targets()
        bound = {target.id for target in config.targets if target.chat}
        bound |= {state.id for state in known.values() if state.chat}
        waits = [t for t in config.targets if bureau.channels[t.id].needs_chat]
        me = bureau.target(ME)
        people = await VERBS["roster-show"](bureau, bureau.clock(), {})
        patient = doctor.Patient(
            config=config,
            http=http,
            auth=auth,
            robot=robot,
            now=bureau.clock,
            people=len(await bureau.store.members()),
            unbound=[target.name for target in waits if target.id not in bound],
            silent=people["not_joined"],
            me=(me.person, bureau.channels[ME]) if me else None,
        )
        return await doctor.examine(patient, send_test)

    return examine
