"""Events of an app's callback that are no tap on a card (wecom/api.md §5.7; document 90240)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx

from bot.sandbox.taps import TapResult, tell_app
from bot.sandbox.world import World

Fields = dict[str, Any]
SYSTEM = "sys"  # as FromUserName: nobody did it
NOTICE = timedelta(days=7)  # before an unused app is stopped; the real number is not published


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One event: does a person cause it, and which fields must be given with it?"""

    personal: bool = True
    needs: tuple[str, ...] = ()
    keyed: bool = True  # has an EventKey


KINDS: dict[str, Kind] = {
    "subscribe": Kind(),
    "unsubscribe": Kind(),
    "enter_agent": Kind(),
    "click": Kind(needs=("EventKey",)),
    "view": Kind(needs=("EventKey",)),
    "view_miniprogram": Kind(needs=("EventKey",)),
    "batch_job_result": Kind(personal=False, needs=("JobId", "JobType"), keyed=False),
    "inactive_alert": Kind(personal=False, keyed=False),
    "close_inactive_agent": Kind(personal=False, keyed=False),
    "reopen_inactive_agent": Kind(personal=False, keyed=False),
    "low_active_alert": Kind(personal=False, keyed=False),
    "low_active": Kind(personal=False, keyed=False),
    "active_restored": Kind(personal=False, keyed=False),
}


async def happen(
    world: World,
    agentid: int,
    event: str,
    *,
    userid: str = "",
    fields: Mapping[str, Any] | None = None,
    http: httpx.AsyncClient | None = None,
) -> TapResult:
    """Tell the app of `event`; ValueError for an app, an event or a person that is not there.

    `fields` are the event's own, under WeCom's names: EventKey; JobId, JobType, ErrCode, ErrMsg;
    EffectTime (without it, in a week).
    """
    kind, given = KINDS.get(event), dict(fields or {})
    if kind is None:
        raise ValueError(f"no event {event!r}; there are {', '.join(KINDS)}")
    if agentid not in world.apps:
        raise ValueError(f"no app {agentid!r}")
    if kind.personal and userid not in world.users and event != "unsubscribe":
        raise ValueError(f"no member {userid!r}")
    missing = [name for name in kind.needs if not given.get(name)]
    if missing:
        raise ValueError(f"{event} needs {', '.join(missing)}")
    told = {"MsgType": "event", "Event": event, **_own(world, event, kind, given)}
    return await tell_app(world, agentid, userid if kind.personal else SYSTEM, told, http=http)


async def tell_of_jobs(world: World, http: httpx.AsyncClient | None) -> None:
    """Tell the apps of the exports that are done and that they were not told of."""
    for jobid, job in list(world.jobs.items()):
        if not job.told and world.apps[job.agentid].callback_url:
            job.told = True
            fields = {"JobId": jobid, "JobType": job.kind}
            await happen(world, job.agentid, "batch_job_result", fields=fields, http=http)


def _own(world: World, event: str, kind: Kind, given: Fields) -> Fields:
    if event == "batch_job_result":
        code, words = int(given.get("ErrCode", 0)), str(given.get("ErrMsg", "ok"))
        job = {"JobId": str(given["JobId"]), "JobType": str(given["JobType"])}
        return {"BatchJob": {**job, "ErrCode": code, "ErrMsg": words}}
    if event in ("inactive_alert", "low_active_alert"):
        later = int((world.now() + NOTICE).timestamp())
        return {"EffectTime": int(given.get("EffectTime", later))}
    return {"EventKey": str(given.get("EventKey", ""))} if kind.keyed else {}
