"""One make-believe corporation, pure of network (wecom/api.md §11).

What is UNVERIFIED about the real WeCom is a switch here, so that the bot can be shown to hold
either way: `webhook_window`, `oversize`, `duplicate_answer`, `reuse_tokens`, `api_window`.
"""

import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from bot.sandbox import desk_webhook
from bot.sandbox.desk_app import AppDesk, DuplicateAnswer
from bot.sandbox.errors import Refusal, refused
from bot.sandbox.faults import Faults
from bot.sandbox.judge_webhook import Oversize
from bot.sandbox.limits import Shape, Windows
from bot.sandbox.records import (
    App,
    CardState,
    Chat,
    Group,
    Json,
    Message,
    Options,
    Record,
    Shown,
    User,
)

PER_WEBHOOK = (20, 60)  # messages, seconds
Body = bytes | str | Mapping[str, Any]


@dataclass(kw_only=True)
class Webhook:
    group_id: str
    stopped: bool = False  # 93004, the administrator's switch
    rate: Windows = field(default_factory=lambda: Windows(PER_WEBHOOK))


class World:
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
        self.now = now
        self.corp_id = corp_id
        self.name = name
        self.banner = ""  # a line at the top of the phone's page
        self.webhook_window: Shape = "sliding"
        self.api_window: Shape = "sliding"
        self.oversize: Oversize = "reject"  # a webhook's text over its limit
        self.duplicate_answer: DuplicateAnswer = "same"  # "bare": 0 without msgid; "refused"
        self.duplicate_errcode = 40058  # for "refused"
        self.reuse_tokens = True  # does gettoken return the running token again?
        self.allowed_ips: set[str] | None = None  # None: every address may call
        self.callback_timeout = 5.0  # real seconds for each of three tries
        self.media: set[str] = set()  # media_ids that exist
        self.faults = Faults()
        self.log: list[Record] = []
        self.users: dict[str, User] = {}
        self.groups: dict[str, Group] = {}
        self.apps: dict[int, App] = {}
        self.webhooks: dict[str, Webhook] = {}
        self.posted: list[Message] = []  # every accepted message, in order
        self._desk = AppDesk(self)
        self._by_chat: defaultdict[tuple[str, str], list[Message]] = defaultdict(list)
        self._by_task: dict[tuple[int, str], Message] = {}
        self._states: dict[tuple[int, str], CardState] = {}
        self.held: list[Any] = []  # events that a REORDER fault keeps back, see taps.flush
        self._folded: dict[str, str] = {}  # userid in lower case -> as it was given
        self._calls = 0

    # -- who there is

    def add_user(
        self, userid: str, name: str, *, visible: bool = True, licensed: bool = True
    ) -> None:
        """Hire a member; adding one again changes the name and the range."""
        self.users[userid] = User(userid=userid, name=name, visible=visible, licensed=licensed)
        self._folded[userid.casefold()] = userid

    def user(self, name: str) -> User | None:
        """The member with this userid; userids do not heed case."""
        return self.users.get(self._folded.get(name.casefold(), name))

    def add_group(
        self, group_id: str, name: str, members: Iterable[str], *, key: str | None = None
    ) -> str:
        """Found a group with one webhook; returns its key. ValueError for unknown members."""
        group = Group(group_id=group_id, name=name, members=tuple(dict.fromkeys(members)))
        strangers = [userid for userid in group.members if userid not in self.users]
        if strangers:
            raise ValueError(f"not in this corporation: {strangers}")
        self.groups[group_id] = group
        key = key or str(uuid.uuid4())
        self.webhooks[key] = Webhook(group_id=group_id)
        return key

    def remove_webhook(self, key: str) -> None:
        """Someone removes the push from the group: 93000 from now on."""
        del self.webhooks[key]

    def stop_webhook(self, key: str, *, stopped: bool = True) -> None:
        """An administrator disables the push: 93004 until it is allowed again."""
        self.webhooks[key].stopped = stopped

    def add_app(
        self,
        agentid: int,
        name: str,
        secret: str,
        *,
        token: str = "",
        aes_key: str = "",
        callback_url: str = "",
    ) -> None:
        """Register a self-built app; interactive cards need its callback (43012)."""
        self.apps[agentid] = App(
            agentid=agentid,
            name=name,
            secret=secret,
            token=token,
            aes_key=aes_key,
            callback_url=callback_url,
        )

    def set_callback(self, agentid: int, url: str) -> None:
        """Where the app's events go from now on."""
        self.apps[agentid] = replace(self.apps[agentid], callback_url=url)

    # -- the three calls; each returns WeCom's JSON answer and never raises

    def gettoken(self, corpid: str, corpsecret: str, *, ip: str = "127.0.0.1") -> dict[str, Any]:
        """GET /cgi-bin/gettoken (wecom/api.md §3.1)."""
        return self._call("gettoken", ip, "", lambda: self._desk.gettoken(corpid, corpsecret))

    def webhook_send(self, key: str, body: Body, *, ip: str = "127.0.0.1") -> dict[str, Any]:
        """POST /cgi-bin/webhook/send (wecom/api.md §1.2)."""
        webhook = self.webhooks.get(key)
        chat = webhook.group_id if webhook else ""
        return self._call("webhook/send", ip, chat, lambda: desk_webhook.send(self, key, body))

    def message_send(self, token: str, body: Body, *, ip: str = "127.0.0.1") -> dict[str, Any]:
        """POST /cgi-bin/message/send (wecom/api.md §3.2)."""
        return self._call("message/send", ip, "", lambda: self._desk.send(token, body, ip))

    def refuse(self, endpoint: str, errcode: int, *, ip: str = "127.0.0.1") -> dict[str, Any]:
        """Answer a call with `errcode` whatever it asked: a fault on request."""

        def raising() -> dict[str, Any]:
            raise Refusal(errcode)

        return self._call(endpoint, ip, "", raising)

    def expire_tokens(self, agentid: int | None = None) -> None:
        """Every token of the app (or of all) is over: 42001."""
        self._desk.spoil_tokens(agentid, expire=True)

    def invalidate_tokens(self, agentid: int | None = None) -> None:
        """Every token of the app (or of all) is withdrawn before its time: 40014."""
        self._desk.spoil_tokens(agentid, expire=False)

    # -- what a phone shows

    def chats_of(self, userid: str) -> list[Chat]:
        """The person's groups, then their single chat with each app in whose range they are."""
        groups = [
            Chat(chat_id=group.group_id, name=group.name, kind="group", viewer=userid)
            for group in self.groups.values()
            if userid in group.members
        ]
        user = self.users.get(userid)
        apps = self.apps.values() if user and user.visible else ()
        return groups + [
            Chat(chat_id=f"app-{app.agentid}", name=app.name, kind="single", viewer=userid)
            for app in apps
        ]

    def messages(self, chat: Chat) -> list[Shown]:
        """The messages of `chat` as its viewer sees them, oldest first."""
        shown = self._by_chat[chat.chat_id, chat.viewer]
        return [Shown(message=m, state=self._states.get((m.number, chat.viewer))) for m in shown]

    def message_of(self, task_id: str, agentid: int | None = None) -> Message | None:
        """The card with this task_id, of one app or of the first that has it."""
        for number in [agentid] if agentid is not None else list(self.apps):
            if (number, task_id) in self._by_task:
                return self._by_task[number, task_id]
        return None

    def state_of(self, message: Message, userid: str) -> CardState | None:
        return self._states.get((message.number, userid))

    def change_card(self, message: Message, userid: str, state: CardState) -> None:
        """Change one person's copy of a card; nobody else's."""
        if userid in message.reached:
            self._states[message.number, userid] = state

    # -- for the desks and taps

    def accept(
        self,
        *,
        chat: str,
        sender: str,
        body: Json,
        reached: tuple[str, ...],
        dropped: tuple[str, ...] = (),
        agentid: int | None = None,
    ) -> Message:
        """Put an accepted message on the phones of `reached` and into the log."""
        number = len(self.posted) + 1
        message = Message(
            number=number,
            at=self.now(),
            chat=chat,
            agentid=agentid,
            sender=sender,
            body=body,
            reached=reached,
            msgid=f"MSG{number:012d}" if agentid is not None else "",
        )
        self.posted.append(message)
        for userid in reached:
            self._by_chat[chat, userid].append(message)
        if agentid is not None and message.task_id:
            self._by_task[agentid, message.task_id] = message
        self.log.append(
            Record(
                at=message.at,
                kind="message",
                chat=chat,
                msgtype=message.msgtype,
                reached=reached,
                dropped=dropped,
                number=number,
                body=body,
                task_id=message.task_id,
            )
        )
        return message

    def note_fault(self, endpoint: str, fault: str) -> None:
        """A fault on request has spoilt a call of `endpoint`."""
        self.log.append(Record(at=self.now(), kind="fault", endpoint=endpoint, fault=fault))

    def note_tap(
        self,
        *,
        at: datetime,
        person: str,
        task_id: str,
        key: str,
        options: Options | None,
        delivered: bool,
    ) -> None:
        """A finger fell on a card at `at`, and the event got through or did not."""
        self.log.append(
            Record(
                at=at,
                kind="tap",
                endpoint="callback",
                person=person,
                task_id=task_id,
                key=key,
                options=options,
                delivered=delivered,
            )
        )

    def _call(
        self, endpoint: str, ip: str, chat: str, action: Callable[[], dict[str, Any]]
    ) -> dict[str, Any]:
        self._calls += 1
        try:
            answer = action()
        except Refusal as refusal:
            hint = f"{int(self.now().timestamp())}{self._calls:09d}"
            answer = refused(refusal, ip=ip, hint=hint)
        self.log.append(
            Record(
                at=self.now(),
                kind="call",
                endpoint=endpoint,
                errcode=answer["errcode"],
                chat=chat,
            )
        )
        return answer
