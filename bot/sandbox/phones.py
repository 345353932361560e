"""What the members' phones hold: every accepted message, and how each card looks to each person."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from itertools import permutations, takewhile

from bot.sandbox.keeping import Kept
from bot.sandbox.records import CardState, Chat, Json, Message, Options, Record, Shown
from bot.sandbox.registry import Registry

DIRECT, BETWEEN = "dm-", "~"  # of the chats between two people


class Phones(Registry):
    """The register with its phones and the log of all that happened."""

    def __init__(self, now: Callable[[], datetime], corp_id: str, name: str) -> None:
        super().__init__(corp_id, name)
        self.now = now
        self.banner = ""  # a line at the top of the phone's page
        self.log: Kept[Record] = Kept()
        self.posted: Kept[Message] = Kept()  # every accepted message, in order
        self._picked: dict[tuple[str, str], Options | None] = {}  # (userid, task_id)
        self._by_chat: defaultdict[tuple[str, str], list[Message]] = defaultdict(list)
        self._by_task: dict[tuple[int | str, str], Message] = {}
        self._states: dict[tuple[int, str], CardState] = {}
        self._recalled: set[int] = set()
        self._rated: dict[tuple[int, str], int] = {}  # (number, userid)
        self._direct: defaultdict[str, dict[str, str]] = defaultdict(dict)  # userid -> chat: other
        self._seen: dict[tuple[str, str], int] = {}  # (chat, userid) -> number of the last seen
        self._open: dict[str, str] = {}  # userid -> the chat they look at
        self.on_accept: Callable[[Message], None] | None = None  # the server's link scanner
        self.on_full: Callable[[], None] = lambda: None  # the log is longer than it may be

    def chats_of(self, userid: str) -> list[Chat]:
        """The person's groups, then the single chats with apps in whose range they are and bots.

        A group that an app made shows itself with its first message (wecom/api.md §4.1).
        """
        groups = [
            Chat(chat_id=group.group_id, name=group.name, kind="group", viewer=userid)
            for group in self.groups.values()
            if userid in group.members
            and not group.dissolved
            and (group.agentid is None or (group.group_id, userid) in self._by_chat)
        ]
        user = self.users.get(userid)
        apps = self.apps.values() if user and user.visible else ()
        singles = [(f"app-{app.agentid}", app.name) for app in apps]
        singles += [(f"bot-{bot.bot_id}", bot.name) for bot in self.robots.values() if user]
        singles += [
            (chat_id, self.users[other].name)
            for chat_id, other in self._direct[userid].items()
            if other in self.users
        ]
        return groups + [
            Chat(chat_id=chat_id, name=name, kind="single", viewer=userid)
            for chat_id, name in singles
        ]

    def direct(self, userid: str, other: str) -> str:
        """The chat between two people; the same for both."""
        return DIRECT + BETWEEN.join(sorted((userid, other)))

    def between(self, chat_id: str) -> tuple[str, ...]:
        """The two people of a chat made by `direct`; nobody for any other chat."""
        if not chat_id.startswith(DIRECT):
            return ()
        pair = chat_id.removeprefix(DIRECT).split(BETWEEN)
        return tuple(pair) if len(pair) == 2 and all(one in self.users for one in pair) else ()

    def look_at(self, userid: str, chat_id: str) -> bool:
        """`userid` looks at this chat ("" is the list), all of it; is that another than before?"""
        entered = self._open.get(userid, "") != chat_id
        self._open[userid] = chat_id
        shown = self._by_chat.get((chat_id, userid))
        if shown:
            self._seen[chat_id, userid] = shown[-1].number
        return entered

    def unread(self, chat: Chat) -> int:
        """How many messages of others have come since its viewer looked."""
        shown = self._by_chat.get((chat.chat_id, chat.viewer), [])
        seen = self._seen.get((chat.chat_id, chat.viewer), 0)
        new = takewhile(lambda message: message.number > seen, reversed(shown))
        return sum(m.author != chat.viewer and m.number not in self._recalled for m in new)

    def messages(self, chat: Chat) -> list[Shown]:
        """The messages of `chat` as its viewer sees them, oldest first."""
        shown = self._by_chat.get((chat.chat_id, chat.viewer), ())
        return [
            Shown(message=m, state=self._states.get((m.number, chat.viewer)))
            for m in shown
            if m.number not in self._recalled
        ]

    def message(self, number: int) -> Message | None:
        """The message with this number, recalled or not."""
        at = number - 1 - self.posted.forgotten
        return self.posted[at] if 0 <= at < len(self.posted) else None

    def message_of(
        self, task_id: str, agentid: int | None = None, *, bot_id: str = ""
    ) -> Message | None:
        """The card with this task_id: of one app, of one bot, or of the first app that has it."""
        if bot_id:
            return self._by_task.get((bot_id, task_id))
        for number in [agentid] if agentid is not None else list(self.apps):
            if (number, task_id) in self._by_task:
                return self._by_task[number, task_id]
        return None

    def known_tasks(self) -> set[tuple[int | str, str]]:
        """(app or bot, task_id) of every card that is still on a phone."""
        return set(self._by_task)

    def picked(self, userid: str, task_id: str) -> Options | None:
        """What this person last chose on a card."""
        return self._picked.get((userid, task_id))

    def note_rating(self, number: int, userid: str, kind: int) -> None:
        """`userid` found message `number` good (1) or not (2); 3 takes that back."""
        self._rated[number, userid] = 0 if kind == 3 else kind

    def rated(self, number: int, userid: str) -> int:
        """1 good, 2 not, 0 neither."""
        return self._rated.get((number, userid), 0)

    def forget_messages(self, first: int) -> None:
        """Take everything off the phones that is older than message number `first`."""
        for shown in self._by_chat.values():
            shown[:] = [message for message in shown if message.number >= first]
        self._by_task = {k: m for k, m in self._by_task.items() if m.number >= first}
        self._states = {k: s for k, s in self._states.items() if k[0] >= first}
        self._rated = {k: kind for k, kind in self._rated.items() if k[0] >= first}
        self._recalled = {number for number in self._recalled if number >= first}
        tasks = {task_id for _, task_id in self._by_task}
        self._picked = {k: chosen for k, chosen in self._picked.items() if k[1] in tasks}

    def state_of(self, message: Message, userid: str) -> CardState | None:
        return self._states.get((message.number, userid))

    def change_card(self, message: Message, userid: str, state: CardState) -> None:
        """Change one person's copy of a card; nobody else's."""
        if userid in message.reached:
            self._states[message.number, userid] = state

    def rewrite(self, number: int, body: Json) -> None:
        """Replace what message `number` says, on every phone that has it."""
        old = self.message(number)
        if old is None:
            return
        new = replace(old, body=body)
        self.posted[number - 1 - self.posted.forgotten] = new
        for userid in old.reached:
            shown = self._by_chat[old.chat, userid]
            shown[shown.index(old)] = new

    def recall(self, message: Message) -> None:
        """Take a message off every phone."""
        self._recalled.add(message.number)

    def accept(
        self,
        *,
        chat: str,
        sender: str,
        body: Json,
        reached: tuple[str, ...],
        dropped: tuple[str, ...] = (),
        agentid: int | None = None,
        bot_id: str = "",
        author: str = "",
    ) -> Message:
        """Put an accepted message on the phones of `reached` and into the log."""
        number = self.posted.total + 1
        message = Message(
            number=number,
            at=self.now(),
            chat=chat,
            agentid=agentid,
            sender=sender,
            body=body,
            reached=reached,
            msgid=f"MSG{number:012d}" if agentid is not None else "",
            bot_id=bot_id,
            author=author,
        )
        self.posted.append(message)
        for userid, other in permutations(self.between(chat), 2):
            self._direct[userid][chat] = other
        for userid in reached:
            self._by_chat[chat, userid].append(message)
        if message.task_id and (agentid is not None or bot_id):
            self._by_task[agentid if agentid is not None else bot_id, message.task_id] = message
        self._note(
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
                person=author,
            )
        )
        if self.on_accept is not None:
            self.on_accept(message)
        return message

    def _note(self, record: Record) -> None:
        self.log.append(record)
        if self.log.full or self.posted.full:
            self.on_full()

    def note_call(self, endpoint: str, errcode: int, chat: str = "") -> None:
        """A call came and was answered with `errcode`."""
        at = self.now()
        self._note(Record(at=at, kind="call", endpoint=endpoint, errcode=errcode, chat=chat))

    def note_fault(self, endpoint: str, fault: str) -> None:
        """A fault on request has spoilt a call of `endpoint`."""
        self._note(Record(at=self.now(), kind="fault", endpoint=endpoint, fault=fault))

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
        self._picked[person, task_id] = options
        self._note(
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
