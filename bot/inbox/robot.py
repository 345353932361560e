"""What the robot hears, handed on; and what is said back, in time (wecom/api.md §2.6).

A welcome and a card's change must be there within 5 s. If what a tap brings about takes longer
than that, it goes on, and only the card stays as it was: it can be tapped again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any, Protocol

from bot.core.asking import fitted
from bot.core.render import CARD_TEXT
from bot.inbox.events import Event, event_from_frame
from bot.wecom.aibot import Came, Told
from bot.wecom.errors import CallFailed

log = logging.getLogger(__name__)

WORRIES = ("stopped", "kicked")  # a person must look at it
WITHIN = 4.5  # seconds of WeCom's 5, from the frame to the answer


class Said(Protocol):
    """What comes back of an event."""

    @property
    def button(self) -> str: ...

    @property
    def text(self) -> str: ...

    @property
    def more(self) -> str: ...

    @property
    def card(self) -> Any: ...


class Mouth(Protocol):
    """The long connection, as far as answers go."""

    async def reply(self, came: Came, cmd: str, body: Mapping[str, Any]) -> Mapping[str, Any]: ...

    async def ask(self, cmd: str, body: Mapping[str, Any]) -> Mapping[str, Any]: ...


class Ear:
    """Takes frames for `receive`, which answers once everything is durable.

    `plain` turns an encrypted userid (§2.9) into the account that the roster has.
    """

    def __init__(self) -> None:
        self.mouth: Mouth | None = None
        self.worry: Callable[[Told], Awaitable[None]] | None = None
        self._receive: Callable[[Event], Awaitable[Said]] | None = None
        self._plain: Callable[[str], Awaitable[str]] | None = None
        self._at_work: set[asyncio.Task[Any]] = set()

    def listen(
        self,
        receive: Callable[[Event], Awaitable[Said]],
        plain: Callable[[str], Awaitable[str]],
    ) -> None:
        """Hand on to `receive` from now on; the connection is there before what stands behind."""
        self._receive, self._plain = receive, plain

    def told(self, told: Told) -> None:
        """Hear of the connection; what an administrator must mend is worried about."""
        if told.what in WORRIES and self.worry is not None:
            self._keep(self.worry(told))

    def _keep(self, work: Any) -> asyncio.Task[Any]:
        task: asyncio.Task[Any] = asyncio.ensure_future(work)
        self._at_work.add(task)
        task.add_done_callback(self._at_work.discard)
        return task

    async def arrived(self, came: Came) -> None:
        """Handle one frame that WeCom began."""
        event = event_from_frame(came.cmd, came.body)
        if event is None or self._receive is None:
            return
        work = self._keep(self._through(event))  # -> who it was, by the account; what is said
        hurry = event.kind in ("card", "enter")
        try:
            person, said = await asyncio.wait_for(asyncio.shield(work), WITHIN if hurry else None)
        except TimeoutError:
            log.warning("too late for an answer", extra={"action": "answer-late"})
            return
        answer = reply_to(event, said, came)
        if self.mouth is None:
            return
        try:
            if event.kind == "card" and said.text:
                told = await self.mouth.ask("aibot_send_msg", posted(person, said.text))
            elif answer is not None:
                told = await self.mouth.reply(came, *answer)
            else:
                return
        except CallFailed as failed:
            log.warning("not answered: %s", failed.reason, extra={"action": "answer-failed"})
            return
        if told["errcode"]:
            log.warning("answer refused: %s", told["errcode"], extra={"action": "answer-refused"})

    async def _through(self, event: Event) -> tuple[str, Said]:
        assert self._receive is not None and self._plain is not None  # noqa: PT018
        person = await self._plain(event.person)
        return person, await self._receive(replace(event, person=person))


def posted(person: str, text: str) -> dict[str, Any]:
    """Return what a tap asked for, as a message of its own: an event takes no reply (§2.11)."""
    markdown = {"msgtype": "markdown", "markdown": {"content": text}}
    return {"chatid": person, "chat_type": 1, **markdown}


def reply_to(event: Event, said: Said, came: Came) -> tuple[str, dict[str, Any]] | None:
    """Return (cmd, body) of what is said back, None where nothing is."""
    if event.kind == "card" and said.button and isinstance(said.card, Mapping):
        sender = came.body.get("from")
        userid = sender.get("userid") if isinstance(sender, Mapping) else event.person
        body = {
            "response_type": "update_template_card",
            "userids": [userid],  # of groups only; theirs is the card that changes, no one else's
            "template_card": greyed(said.card, said.button, said.more, event.button),
        }
        return "aibot_respond_update_msg", body
    if event.kind == "enter" and said.text:
        return "aibot_respond_welcome_msg", {"msgtype": "text", "text": {"content": said.text}}
    if event.kind == "message" and said.text:
        return "aibot_respond_msg", {"msgtype": "markdown", "markdown": {"content": said.text}}
    return None


def greyed(card: Mapping[str, Any], words: str, more: str = "", key: str = "") -> dict[str, Any]:
    """Return the card after the tap: the button with `key` says `words` and is grey.

    `replace_text` is told of app cards (§3.4); should the robot's not know it, the button still
    says the words. `more` stands on an answered card, where the question was.
    """
    if "submit_button" in card:
        said = fitted(more, CARD_TEXT)
        head = {**card["main_title"], **({"desc": said} if said else {})}
        asked: dict[str, Any] = {
            "main_title": head,
            "submit_button": {**card["submit_button"], "text": words},
        }
        if "checkbox" in card:
            asked["checkbox"] = {**card["checkbox"], "disable": True}
        else:
            asked["select_list"] = [{**one, "disable": True} for one in card["select_list"]]
        return {**card, **asked, "replace_text": words}
    buttons = card.get("button_list", [])
    tapped = [button for button in buttons if button.get("key") == key] or buttons[:1]
    grey = [{**button, "text": words} for button in tapped]
    return {**card, "button_list": grey, "replace_text": words}
