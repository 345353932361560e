"""Files that people send to a smart robot: an address for five minutes, encrypted (api.md §2.4)."""

import binascii
import os
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from bot.sandbox.crypto import key_of, seal
from bot.sandbox.media import Media
from bot.sandbox.records import Json
from bot.sandbox.robots import Robot

if TYPE_CHECKING:
    from bot.sandbox.world import World

LIFE = timedelta(minutes=5)
PATH = "/sandbox/robot-file/"


@dataclass(frozen=True, kw_only=True)
class Offer:
    """One address: the file, and the key that only its robot was told."""

    media: Media
    at: datetime
    key: bytes = field(repr=False)
    life: timedelta = LIFE

    @property
    def sealed(self) -> bytes:
        """The file's bytes as they are fetched."""
        return seal(self.key, self.media.data)


class Offers:
    """Every address that is still good."""

    def __init__(self) -> None:
        self._offers: dict[str, Offer] = {}

    def put(self, offer: Offer) -> str:
        self.sweep(offer.at)
        ticket = secrets.token_urlsafe(24)
        self._offers[ticket] = offer
        return ticket

    def sealed(self, ticket: str, now: datetime) -> tuple[str, bytes] | None:
        """(the file's name, its bytes as the robot gets them); None when it is over."""
        offer = self._offers.get(ticket)
        if offer is None or now - offer.at >= offer.life:
            return None
        return offer.media.filename, offer.sealed

    def sweep(self, now: datetime) -> None:
        """Forget what is over."""
        self._offers = {t: o for t, o in self._offers.items() if now - o.at < o.life}


def told(world: "World", robot: Robot, body: Json) -> dict[str, Any]:
    """A person's message in the words of a callback: addresses in place of the phone's media."""
    msgtype = body["msgtype"]
    frame = {"msgtype": msgtype, msgtype: _part(world, robot, msgtype, body[msgtype])}
    quote = body.get("quote")
    if quote:
        kind = quote["msgtype"]
        frame["quote"] = {"msgtype": kind, kind: _part(world, robot, kind, quote[kind])}
    return frame


def _part(world: "World", robot: Robot, msgtype: str, part: Json) -> dict[str, Any]:
    if msgtype == "mixed":
        items = [
            {"msgtype": item["msgtype"], **_item(world, robot, item)} for item in part["msg_item"]
        ]
        return {"msg_item": items}
    if msgtype in ("text", "voice"):
        return {"content": str(part.get("content", ""))}
    media = world.shelf.peek(str(part.get("media_id", "")))
    return _offered(world, robot, media) if media else {"url": ""}


def _item(world: "World", robot: Robot, item: Json) -> dict[str, Any]:
    kind = item["msgtype"]
    return {kind: _part(world, robot, kind, item[kind])}


def _offered(world: "World", robot: Robot, media: Media) -> dict[str, str]:
    """The address; with its own key, unless the robot's callback key serves (URL mode)."""
    key = key_of(robot.aes_key) if robot.by_url else os.urandom(32)
    ticket = world.offers.put(Offer(media=media, at=world.now(), key=key))
    given = {"url": f"{world.base_url}{PATH}{ticket}"}
    if not robot.by_url:
        given["aeskey"] = binascii.b2a_base64(key, newline=False).decode()
    return given
