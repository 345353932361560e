"""Feeds for the intranet, the plan as a calendar, and the page of films."""

from __future__ import annotations

import base64
from datetime import datetime
from typing import Any

from bot.core import outlets
from bot.core.model import SHANGHAI, Item, Kind
from bot.core.outlets import Shown
from bot.engine import outlets as door
from bot.engine.bureau import Bureau
from bot.engine.enclosing import path_of
from bot.report import feeds
from bot.report.feeds import Enclosed, Entry, Feed
from bot.verbs import planning, reviewing
from bot.verbs.asking import Params
from bot.verbs.outlets import NOTHING, TYPES, doorway_of, figures_of, opened, page_of

MOST = 100  # entries, the newest first
PLAN_DAYS = 120
KINDS = {
    "rss.xml": "application/rss+xml; charset=utf-8",
    "feed.json": "application/feed+json; charset=utf-8",
    "plan.ics": "text/calendar; charset=utf-8",
}


async def feed(bureau: Bureau, now: datetime, params: Params) -> dict[str, Any]:
    """One feed by its name: rss.xml, feed.json or plan.ics; base64."""
    name = str(params.get("name") or "")
    if name not in KINDS or not opened(doorway_of(bureau), "feed", params):
        return NOTHING
    if name == "plan.ics":
        asked = {"days": PLAN_DAYS, "form": "ics", "unseen": True}
        data = (await planning.plan(bureau, now, asked))["document"].encode()
    else:
        made = _feed(bureau, name)
        data = feeds.rss(made) if name == "rss.xml" else feeds.json_feed(made)
    return {"found": True, "file": base64.b64encode(data).decode(), "kind": KINDS[name]}


async def addresses(bureau: Bureau, _: datetime, __: Params) -> dict[str, Any]:
    doorway = doorway_of(bureau)
    at = f"{doorway.base}{doorway.path('feed', '')}"
    named = {name: f"{at}/{name}" for name in KINDS}
    films = f"{doorway.base}{doorway.path('films', '')}"
    return {**named, "films": films, "public": bool(doorway.public)}


async def films(bureau: Bureau, _: datetime, params: Params) -> dict[str, Any]:
    """Films as cards: what they are, where to see them, the source; a local one to be played."""
    if not opened(doorway_of(bureau), "films", params):
        return NOTHING
    found = [one for one in door.shown(bureau, bureau.moment()) if _is_film(one.item)]
    return {"found": True, "unit": bureau.footer.unit, "films": [_card(bureau, f) for f in found]}


def _is_film(item: Item) -> bool:
    return item.kind is Kind.MEDIA or any(one.film for one in outlets.media_of(item))


def _card(bureau: Bureau, one: Shown) -> dict[str, Any]:
    where = next((text for name, text in one.reading.sections if name == "在哪里看"), "")
    return {
        "title": one.reading.title,
        "label": one.reading.source_line,
        "summary": one.summary,
        "where": outlets.plain(where),
        "source": one.reading.source,
        "page": doorway_of(bureau).path("i", one.item.id),
        "media": figures_of(bureau, one.item),
    }


def _feed(bureau: Bureau, name: str) -> Feed:
    doorway = doorway_of(bureau)
    entries = [_entry(bureau, one) for one in door.shown(bureau, bureau.moment())]
    entries.sort(key=lambda one: (one.at, one.shown.item.id), reverse=True)
    address = f"{doorway.base}{doorway.path('feed', '')}/{name}"
    return Feed(unit=bureau.footer.unit, address=address, entries=entries[:MOST])


def _entry(bureau: Bureau, one: Shown) -> Entry:
    doorway, item = doorway_of(bureau), one.item
    enclosed = [
        Enclosed(
            address=f"{doorway.public}{figure['src']}",
            kind=TYPES[path.suffix.lower()],
            size=path.stat().st_size,
        )
        for medium, figure in zip(outlets.media_of(item), figures_of(bureau, item), strict=True)
        if doorway.public and (path := path_of(item, medium.name, bureau)).is_file()
    ]
    return Entry(
        shown=one, at=_approved(bureau, item), page=page_of(bureau, item), enclosed=enclosed
    )


def _approved(bureau: Bureau, item: Item) -> datetime:
    """Return when the words passed their last step; 生效, where the house reviews nothing."""
    passed = reviewing.standing_of(bureau.shelf.folders, item).passed
    if passed:
        return max(one.when for one in passed.values())
    day = item.effective or bureau.clock().date()
    return datetime(day.year, day.month, day.day, tzinfo=SHANGHAI)
