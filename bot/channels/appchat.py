"""A group chat that an app made (应用群聊): the whole text, to members who are known (§4)."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Mapping, Sequence
from datetime import timedelta
from typing import Any, TypeVar

from bot.channels import enclosures, pictures
from bot.channels.channel import (
    HOURLY,
    MINUTELY,
    OF_ADDRESS,
    OF_INTERFACE,
    Limits,
    SendError,
    Sent,
    judge,
    unanswered,
)
from bot.core.model import Card, Enclosure, Message, Picture
from bot.core.policy import Limit
from bot.core.render import NARROW, TooLong
from bot.wecom import appchat, media
from bot.wecom.client import Client, post_json
from bot.wecom.errors import CallFailed, NotDone, Outcome
from bot.wecom.media import Kind
from bot.wecom.token import Token

T = TypeVar("T")


class AppChat:
    """Speaks in groups of one app. No cards (§4.4), no id to recall by; a copy is not dropped."""

    name = "appchat"
    way = "群消息（应用）"
    tappable = False
    part_size = 0
    pictures = True
    carries: Mapping[Kind, int] = media.APP
    needs_chat = True
    dialect = NARROW
    whole = 0
    needs: tuple[str, tuple[str, ...]] = ("app", ("corp_id", "agentid", "secret"))
    closed = ""
    deduplicates = False
    # Above 200 a minute a member loses messages without a word (§4.4);
    # the people are those of a small corporation.
    limits = Limits(
        chat=(Limit(200, MINUTELY), Limit(10_000, timedelta(days=1))),
        calls=OF_INTERFACE,
        people=(Limit(20_000, MINUTELY), Limit(150_000, HOURLY)),
        address=OF_ADDRESS,
    )

    def __init__(self, http: Client, auth: Token, agentid: int) -> None:
        self._http, self._auth = http, auth
        self.fingerprint = str(agentid)

    def body(self, message: Message, to: Sequence[str]) -> bytes:
        """Return the text, or the picture, for the one chatid in `to`."""
        if isinstance(message, Card) or len(to) != 1 or not to[0]:
            raise ValueError("a group of an app gets no cards, and has one chatid")
        if isinstance(message, Picture):
            return _bytes({"chatid": to[0], **pictures.content_of(message)})
        if isinstance(message, Enclosure):
            return _bytes({"chatid": to[0], **enclosures.content_of(message)})
        if (size := len(message.text.encode())) > NARROW.limit:
            raise TooLong(size, NARROW.limit)
        markdown = {"content": message.text}
        return _bytes({"chatid": to[0], "msgtype": "markdown", "markdown": markdown})

    async def taken(self, enclosure: Enclosure) -> Enclosure:
        """Return a file uploaded (§8)."""
        return await enclosures.uploaded(
            enclosure, lambda *file: media.upload_for_app(self._http, self._auth, *file)
        )

    async def send(self, body: bytes) -> Sent:
        """Deliver `body`, or raise SendError; "maybe" and -1 are unknown here, as in any group."""
        posted = _bytes(await pictures.uploaded(body, self._upload))
        try:
            answer = await post_json(
                self._http, "/cgi-bin/appchat/send", params={}, content=posted, auth=self._auth
            )
        except CallFailed as failed:
            raise unanswered(failed) from None
        return judge(answer, deduplicated=self.deduplicates)

    async def _upload(self, png: bytes) -> str:
        return await media.upload_for_app(self._http, self._auth, "image", pictures.NAME, png)

    async def found(self, name: str, members: Sequence[str], owner: str, chatid: str) -> str:
        """Found a group and return its chatid; SendError where there is none now."""
        return await _told(
            appchat.create(
                self._http, self._auth, name=name, members=members, owner=owner, chatid=chatid
            )
        )

    async def group(self, chatid: str) -> appchat.Chat:
        """Return a group and who is in it; SendError where WeCom does not say."""
        return await _told(appchat.get(self._http, self._auth, chatid))

    async def change(
        self, chatid: str, add: Sequence[str], remove: Sequence[str], owner: str = ""
    ) -> None:
        """Let people in and out; SendError where they may not have been."""
        await _told(
            appchat.update(self._http, self._auth, chatid, add=add, remove=remove, owner=owner)
        )


async def _told(call: Awaitable[T]) -> T:
    try:
        return await call
    except CallFailed as failed:
        raise unanswered(failed) from None
    except NotDone as refused:
        raise SendError(refused.reason, Outcome.REFUSED) from None


def _bytes(whole: Mapping[str, Any]) -> bytes:
    return json.dumps(whole, ensure_ascii=False, separators=(",", ":")).encode()
