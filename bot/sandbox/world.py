"""One make-believe corporation, pure of network (wecom/api.md §11).

Switches          what is UNVERIFIED about the real WeCom (switches.py)
Registry          who and what there is (registry.py)
  <- Phones       what their phones hold, and the log (phones.py)
    <- World      the API's calls, each answered by a desk (api.py has the table)
"""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Any

from bot.sandbox.api import ENDPOINTS
from bot.sandbox.asks import Ask, Body
from bot.sandbox.desk_aibot import COMMANDS, receive
from bot.sandbox.desk_app import AppDesk
from bot.sandbox.desk_appchat import AppChats
from bot.sandbox.desk_cards import CardDesk
from bot.sandbox.desk_media import MediaDesk
from bot.sandbox.desk_oauth import OAuth
from bot.sandbox.desk_tickets import Tickets
from bot.sandbox.errors import Refusal, refused
from bot.sandbox.faults import Faults
from bot.sandbox.keeping import forget
from bot.sandbox.media import Shelf
from bot.sandbox.phones import Phones
from bot.sandbox.robot_files import Offers
from bot.sandbox.robots import Line
from bot.sandbox.switches import Switches
from bot.sandbox.tokens import Tokens


class World(Phones, Switches):
    """One make-believe corporation on an injectable clock.

    `now()` must return aware datetimes. Everything that is sent, refused or tapped is in `log`.
    """

    def __init__(
        self,
        now: Callable[[], datetime],
        *,
        corp_id: str = "ww0123456789abcdef",
        name: str = "演练单位",
    ) -> None:
        Switches.__init__(self)
        Phones.__init__(self, now, corp_id, name)
        self.allowed_ips: set[str] | None = None  # None: every address may call
        self.callback_ips = ("127.0.0.1",)  # from where callbacks come
        self.callback_timeout = 5.0  # real seconds for each of three tries
        self.accounts = 1000  # that the corporation may have: the cap of messages a day
        self.base_url = "http://127.0.0.1:8700"  # of this sandbox, for permanent pictures
        self.shelf: Shelf = Shelf()
        self.offers: Offers = Offers()
        self.menus: dict[int, list[dict[str, Any]]] = {}  # agentid -> the buttons below its chat
        self.later: dict[str, Any] = {}  # response_code -> url_mode.Later
        self.jobs: dict[str, Any] = {}  # jobid -> desk_export.Job
        self.errands: set[asyncio.Task[None]] = set()  # streams that are asked for again
        self.stream_poll = 1.0  # real seconds between two askings
        self.faults: Faults = Faults(ENDPOINTS, COMMANDS)
        self.held: list[Any] = []  # events that a REORDER fault keeps back, see taps.flush
        self.tokens: Tokens = Tokens(self)
        self.app_desk: AppDesk = AppDesk(self)
        self.appchats: AppChats = AppChats(self)
        self.card_desk: CardDesk = CardDesk(self)
        self.media_desk: MediaDesk = MediaDesk(self)
        self.oauth: OAuth = OAuth(self)
        self.tickets: Tickets = Tickets(self)
        self.on_full = lambda: forget(self, self.log.most)
        self._calls = 0

    def keep(self, lines: int) -> None:
        """From now on remember so many lines of the log and so many messages; 0 is all of them.

        The oldest go a quarter at a time, and with them what is over (keeping.py).
        """
        self.log.most = self.posted.most = lines
        if lines:
            forget(self, lines)

    # -- calls; each returns WeCom's JSON answer and never raises

    def call(self, endpoint: str, ask: Ask) -> dict[str, Any]:
        """The answer of one endpoint of api.ENDPOINTS; KeyError for another."""
        found = ENDPOINTS[endpoint]
        chat = found.chat(self, ask)

        def action() -> dict[str, Any]:
            if found.counted:
                self.tokens.count(endpoint, ask.ip, debug=ask.query.get("debug") == "1")
            return found.answer(self, ask)

        return self._answered(endpoint, ask.ip, chat, action)

    def gettoken(self, corpid: str, corpsecret: str, *, ip: str = "127.0.0.1") -> dict[str, Any]:
        """GET /cgi-bin/gettoken (wecom/api.md §3.1)."""
        return self.call("gettoken", Ask(query={"corpid": corpid, "corpsecret": corpsecret}, ip=ip))

    def webhook_send(self, key: str, body: Body, *, ip: str = "127.0.0.1") -> dict[str, Any]:
        """POST /cgi-bin/webhook/send (wecom/api.md §1.2)."""
        return self.call("webhook/send", Ask(query={"key": key}, body=body, ip=ip))

    def message_send(self, token: str, body: Body, *, ip: str = "127.0.0.1") -> dict[str, Any]:
        """POST /cgi-bin/message/send (wecom/api.md §3.2)."""
        return self.call("message/send", Ask(query={"access_token": token}, body=body, ip=ip))

    def receive(self, line: Line, frame: str | bytes) -> None:
        """A smart robot says something on its long connection (wecom/api.md §2)."""
        receive(self, line, frame)

    def refuse(self, endpoint: str, errcode: int, *, ip: str = "127.0.0.1") -> dict[str, Any]:
        """Answer a call with `errcode` whatever it asked: a fault on request."""

        def raising() -> dict[str, Any]:
            raise Refusal(errcode)

        return self._answered(endpoint, ip, "", raising)

    def expire_tokens(self, agentid: int | None = None) -> None:
        """Every token of the app (or of all) is over: 42001."""
        self.tokens.spoil(agentid, expire=True)

    def invalidate_tokens(self, agentid: int | None = None) -> None:
        """Every token of the app (or of all) is withdrawn before its time: 40014."""
        self.tokens.spoil(agentid, expire=False)

    def hint(self) -> str:
        """The number of the next answer that says no."""
        self._calls += 1
        return f"{int(self.now().timestamp())}{self._calls:09d}"

    def _answered(
        self, endpoint: str, ip: str, chat: str, action: Callable[[], dict[str, Any]]
    ) -> dict[str, Any]:
        try:
            answer = action()
        except Refusal as refusal:
            answer = refused(refusal, ip=ip, hint=self.hint())
        self.note_call(endpoint, answer["errcode"], chat)
        return answer
