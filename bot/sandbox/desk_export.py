"""The desk at which contacts are exported: a job, then encrypted files for two hours (§7).

A job is done at once; app_events.py tells the app of it by `batch_job_result`.
"""

import hashlib
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from bot.sandbox import desk_contacts
from bot.sandbox.asks import Ask
from bot.sandbox.crypto import CryptoError, key_of
from bot.sandbox.errors import Refusal, ok
from bot.sandbox.judging import need, parse
from bot.sandbox.media import PERMANENT, Media
from bot.sandbox.records import App
from bot.sandbox.robot_files import PATH, Offer

if TYPE_CHECKING:
    from bot.sandbox.world import World

LIFE = timedelta(hours=2)  # of an address
LEAST_BLOCK, MOST_BLOCK = 10_000, 1_000_000  # people in one file
DONE = 2
BEGINNING = frozenset({f"export/{k}" for k in ("simple_user", "user", "department", "taguser")})

Rows = dict[str, Any]
Answer = Callable[["World", Ask], Rows]


@dataclass(kw_only=True)
class Job:
    """One export; `rows` are put into files whenever the result is asked for."""

    agentid: int
    kind: str
    at: datetime
    files: list[Rows]
    key: bytes = field(repr=False)
    told: bool = False  # the app knows that it is done


def simple_user(world: "World", ask: Ask) -> Rows:
    """userid, name and departments of everybody in sight."""
    return _begin(world, ask, "export_simple_user", lambda app: _users(world, app, simple=True))


def user(world: "World", ask: Ask) -> Rows:
    """As export/simple_user, with what user/list tells."""
    return _begin(world, ask, "export_user", lambda app: _users(world, app, simple=False))


def department(world: "World", ask: Ask) -> Rows:
    """The departments in sight."""
    return _begin(world, ask, "export_department", lambda app: desk_contacts.in_sight(world, app))


def taguser(world: "World", ask: Ask) -> Rows:
    """The members and departments of one tag."""
    tagid = parse(ask.body).get("tagid")
    if tagid is None:
        raise Refusal(41017)
    named = Ask(query={**ask.query, "tagid": str(tagid)}, ip=ask.ip)
    found = desk_contacts.tag_get(world, named)
    rows = {name: found[name] for name in ("tagname", "userlist", "partylist")}
    return _begin(world, ask, "export_taguser", lambda _app: rows)


def get_result(world: "World", ask: Ask) -> Rows:
    """The files of a job, for the app that began it: address, size and md5 of what is encrypted."""
    app = desk_contacts.caller(world, ask)
    job = world.jobs.get(ask.param("jobid", 40058))
    if job is None or job.agentid != app.agentid:
        raise Refusal(40058, "jobid")
    return {**ok(), "status": DONE, "data_list": [_file(world, job, rows) for rows in job.files]}


def _begin(world: "World", ask: Ask, kind: str, rows: Callable[[App], Rows]) -> Rows:
    app = desk_contacts.caller(world, ask)
    body = parse(ask.body)
    try:
        key = key_of(need(body, "encoding_aeskey", 40058))
    except CryptoError:
        raise Refusal(40058, "encoding_aeskey") from None
    size = body.get("block_size", MOST_BLOCK)
    if isinstance(size, bool) or not isinstance(size, int) or not LEAST_BLOCK <= size <= MOST_BLOCK:
        raise Refusal(40058, "block_size")
    now = world.now()
    world.jobs = {j: one for j, one in world.jobs.items() if now - one.at < LIFE}
    jobid = f"job{secrets.token_hex(12)}"
    files = _blocks(rows(app), size)
    world.jobs[jobid] = Job(agentid=app.agentid, kind=kind, at=now, files=files, key=key)
    return ok(jobid=jobid)


def _blocks(rows: Rows, size: int) -> list[Rows]:
    """At most `size` people in each file."""
    people = rows.get("userlist", [])
    starts = range(0, max(1, len(people)), size)
    if "userlist" not in rows:
        return [rows]
    return [{**rows, "userlist": people[start : start + size]} for start in starts]


def _users(world: "World", app: App, *, simple: bool) -> Rows:
    return {"userlist": desk_contacts.everybody(world, app, simple=simple)}


def _file(world: "World", job: Job, rows: Rows) -> Rows:
    plain = json.dumps(rows, ensure_ascii=False).encode()
    media = Media(kind="file", filename="export", at=job.at, pool=PERMANENT, data=plain)
    offer = Offer(media=media, at=world.now(), key=job.key, life=LIFE)
    sealed = offer.sealed
    digest = hashlib.md5(sealed, usedforsecurity=False).hexdigest()
    url = f"{world.base_url}{PATH}{world.offers.put(offer)}"
    return {"url": url, "size": len(sealed), "md5": digest}
