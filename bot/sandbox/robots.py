"""A smart robot and its one live connection, pure of network (wecom/api.md §2).

A `Line` is a connection as the world sees it: frames wait in `out` until the socket takes them.

    open ──aibot_subscribe──> subscribed ──a newer subscribe, a fault, silence──> closing(code)
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Literal

from bot.sandbox.limits import Windows
from bot.sandbox.records import Json

PER_CHAT = ((30, 60), (1000, 3600))  # replies and pushes together (wecom/api.md §2.7)
PER_UPLOAD = ((30, 60), (1000, 3600))  # of one robot (§2.10)
PER_SUBSCRIBE = (30, 60)  # "protected", the number is not published
ABNORMAL = 1006  # a code that no close frame carries: the socket is cut

ANSWERABLE = timedelta(hours=24)  # a message (§2.6)
MISSED = 10_000  # frames, the newest

Kind = Literal["message", "enter_chat", "card", "feedback"]


@dataclass(kw_only=True)
class Asked:
    """A frame of ours that the robot may answer under the same req_id."""

    kind: Kind
    at: datetime
    chat: str  # the chat on the phones
    person: str
    task_id: str = ""
    answered: bool = False
    stream: "Stream | None" = None
    number: int = 0  # of the message on the phones that caused it
    carded: bool = False  # a card has come beside the stream (URL mode)
    over: bool = False  # nobody asks for the rest of the stream any more (URL mode)


@dataclass(kw_only=True)
class Stream:
    """An answer that grows; each frame replaces the whole text."""

    id: str
    began: datetime
    number: int  # of the message on the phones


@dataclass(kw_only=True)
class Upload:
    """A file that comes in pieces."""

    kind: str
    filename: str
    total: int
    chunks: int
    md5: str
    began: datetime
    parts: dict[int, bytes] = field(default_factory=dict)


@dataclass(kw_only=True)
class Spoken:
    """Who wrote to the robot in a chat, and when last."""

    at: datetime
    people: set[str] = field(default_factory=set)


class Line:
    """One connection. `wake` is called whenever there is something to send or to close."""

    def __init__(self, wake: Callable[[], None] = lambda: None) -> None:
        self.out: deque[Json] = deque()
        self.robot: Robot | None = None
        self.closing: int | None = None  # the close code; ABNORMAL cuts the socket
        self.deaf = False  # half-open: it takes everything and answers nothing
        self._wake = wake

    def push(self, frame: Json) -> None:
        """Send `frame`, unless the line is dead or only looks alive."""
        if self.closing is None and not self.deaf:
            self.out.append(frame)
            self._wake()

    def close(self, code: int) -> None:
        """Close after what waits in `out`."""
        if self.closing is None:
            self.closing = code
            self._wake()

    def lost(self) -> None:
        """The socket is gone, whoever closed it."""
        self.closing = self.closing or ABNORMAL
        if self.robot is not None and self.robot.line is self:
            self.robot.line = None
            self.robot = None


class Robot:
    """One smart robot. Holds its secret: never log it."""

    def __init__(
        self,
        bot_id: str,
        name: str,
        secret: str,
        *,
        plain_ids: bool = True,
        enabled: bool = True,
        token: str = "",
        aes_key: str = "",
    ) -> None:
        self.bot_id = bot_id
        self.name = name
        self.secret = secret
        self.plain_ids = plain_ids
        self.enabled = enabled
        self.callback_url = ""  # not empty: URL mode, and no long connection (§2.12)
        self.token = token  # and the key: of URL mode
        self.aes_key = aes_key
        self.line: Line | None = None
        self.asked: dict[str, Asked] = {}  # req_id -> the frame of ours
        self.spoken: dict[str, Spoken] = {}  # chat -> who spoke
        self.greeted: dict[str, date] = {}  # userid -> the day of their last enter_chat
        self.uploads: dict[str, Upload] = {}
        self.task_ids: set[str] = set()
        self.missed: deque[dict[str, Any]] = deque(maxlen=MISSED)  # nobody was there for them
        self.waiting: list[dict[str, Any]] = []  # callbacks that url_mode.deliver posts
        self.delay = 0.0  # real seconds before they are posted, by a SLOW fault
        self.kept_back: list[dict[str, Any]] = []  # by a REORDER fault
        self.upload_rate = Windows(*PER_UPLOAD)
        self.subscribe_rate = Windows(PER_SUBSCRIBE)
        self._chat_rates: dict[str, Windows] = {}

    def __repr__(self) -> str:
        return f"Robot(bot_id={self.bot_id!r}, name={self.name!r})"

    @property
    def by_url(self) -> bool:
        """Is it told by callbacks? The two modes exclude each other (§2.1)."""
        return bool(self.callback_url)

    @property
    def chat(self) -> str:
        """The single chat with this robot, the same name on every phone."""
        return f"bot-{self.bot_id}"

    def sweep(self, before: datetime, known: set[tuple[int | str, str]]) -> None:
        """Forget the frames that can no more be answered, and the task_ids of lost cards."""
        self.asked = {r: a for r, a in self.asked.items() if a.at + ANSWERABLE > before}
        self.uploads = {u: one for u, one in self.uploads.items() if one.began > before}
        self.task_ids = {task for task in self.task_ids if (self.bot_id, task) in known}

    def rate(self, chat: str, person: str) -> Windows:
        """The limit of one chat; each person's single chat has its own."""
        name = f"{chat}\0{person}" if chat == self.chat else chat
        return self._chat_rates.setdefault(name, Windows(*PER_CHAT))
