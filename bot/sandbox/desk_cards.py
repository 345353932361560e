"""The desk at which sent cards are changed and messages taken back (wecom/api.md §3.4, §3.5)."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from bot.sandbox.asks import Ask
from bot.sandbox.cards import check_update
from bot.sandbox.errors import Refusal, ok
from bot.sandbox.id_trans import translated
from bot.sandbox.judge_app import agentid_of
from bot.sandbox.judge_appchat import names
from bot.sandbox.judging import need, parse, section, text_or
from bot.sandbox.records import CardState, Message

if TYPE_CHECKING:
    from bot.sandbox.world import World

CODE_LIFE = timedelta(hours=72)
RECALL_LIFE = timedelta(hours=24)
MOST_USERS, MOST_PARTIES = 1000, 100


@dataclass(frozen=True, kw_only=True)
class ResponseCode:
    agentid: int
    number: int  # of the message
    at: datetime
    used: bool = False


class CardDesk:
    """Every response_code that was given, by message/send or by an event."""

    def __init__(self, world: "World") -> None:
        self._world = world
        self._codes: dict[str, ResponseCode] = {}

    def issue(self, message: Message | None, agentid: int | None = None) -> str:
        """A code for 72 hours and one use; for no known message it is good for nothing."""
        code = f"RC{message.number if message else 0}-{secrets.token_urlsafe(24)}"
        agent = message.agentid if message else agentid
        if message is not None and agent is not None:
            at = self._world.now()
            self._codes[code] = ResponseCode(agentid=agent, number=message.number, at=at)
        return code

    def sweep(self, before: datetime, first: int) -> None:
        """Forget the codes that were over by `before`, and those of messages before `first`."""
        self._codes = {
            text: code
            for text, code in self._codes.items()
            if code.number >= first and code.at + CODE_LIFE > before
        }

    def update(self, ask: Ask) -> dict[str, Any]:
        """update_template_card: grey the buttons, or put a whole new card in its place."""
        app = self._world.tokens.app_of(ask.token, ask.ip)
        body = parse(ask.body)
        if agentid_of(body) != app.agentid:
            raise Refusal(42015)
        state = self._state(body)
        text = need(body, "response_code", 60140)
        message = self._redeemable(text, app.agentid)
        if "button" in body and "template_card" not in body and not message.interactive:
            raise Refusal(40058, "button is for cards with buttons only")
        people, invalid = self._targets(body, message)
        self._codes[text] = replace(self._codes[text], used=True)
        for userid in people:
            self._world.change_card(message, userid, state)
        return ok(invaliduser=invalid)

    def recall(self, ask: Ask) -> dict[str, Any]:
        """Take a message off the phones, within 24 hours, by the app that sent it."""
        app = self._world.tokens.app_of(ask.token, ask.ip)
        msgid = need(parse(ask.body), "msgid", 40058)
        digits = msgid.removeprefix("MSG")
        message = self._world.message(int(digits)) if digits.isdecimal() else None
        if message is None or message.msgid != msgid or message.agentid != app.agentid:
            raise Refusal(40058, "msgid")
        if self._world.now() - message.at > RECALL_LIFE:
            raise Refusal(42052)
        self._world.recall(message)
        return ok()

    def _state(self, body: Mapping[str, Any]) -> CardState:
        if "template_card" in body:
            card = section(body, "template_card")
            check_update(card)
            if body.get("enable_id_trans") in (1, "1"):
                message = {"msgtype": "template_card", "template_card": card}
                card = translated(message, self._world)["template_card"]
            return CardState(greyed=text_or(card, "replace_text"), card=card)
        if "button" not in body:
            raise Refusal(40058, "button or template_card")
        return CardState(greyed=need(section(body, "button"), "replace_name", 42020))

    def _redeemable(self, text: str, agentid: int) -> Message:
        code = self._codes.get(text)
        if code is None or code.used or self._world.now() - code.at >= CODE_LIFE:
            raise Refusal(60140)
        if code.agentid != agentid:
            raise Refusal(42015)
        message = self._world.message(code.number)
        assert message is not None, "a code was given for it"
        return message

    def _targets(self, body: Mapping[str, Any], message: Message) -> tuple[list[str], list[str]]:
        """(whose copy changes, who never got it): 82101 nobody named, 82102 nobody had it."""
        users, parties, tags = (_list(body, name) for name in ("userids", "partyids", "tagids"))
        for named, most, errcode in (
            (users, MOST_USERS, 40032),
            (parties, MOST_PARTIES, 82002),
            (tags, MOST_PARTIES, 82003),
        ):
            if len(named) > most:
                raise Refusal(errcode)
        if body.get("atall") in (1, "1"):
            return list(message.reached), []
        if not (users or parties or tags):
            raise Refusal(82101)
        found = {name: self._world.user(name) for name in users}
        wanted = [user.userid for user in found.values() if user]
        for department in parties:
            if department.isdecimal():
                inside = self._world.members_of(int(department), below=True)
                wanted += [user.userid for user in inside]
        for tagid in tags:
            tag = self._world.tags.get(int(tagid)) if tagid.isdecimal() else None
            wanted += tag.users if tag else ()
        had = [userid for userid in dict.fromkeys(wanted) if userid in message.reached]
        if not had:
            raise Refusal(82102)
        invalid = [n for n, user in found.items() if not user or user.userid not in message.reached]
        return had, invalid


def _list(body: Mapping[str, Any], name: str) -> list[str]:
    """A list of ids, as strings or numbers."""
    value = body.get(name, [])
    return names([str(item) for item in value] if isinstance(value, list) else value)
