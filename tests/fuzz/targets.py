"""What strangers and colleagues can send us, as functions of bytes that must never raise.

Each target gives any bytes to one parser, as the program itself does, and asserts what that parser
promises. `tests/fuzz/test_corpus.py` feeds them the kept corpus and hypothesis in `make test`;
`make fuzz` feeds them what atheris (libFuzzer) finds by looking at the branches.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

from bot.core.content import parse_item
from bot.core.lint import lint
from bot.core.model import SHANGHAI
from bot.inbox.events import Event, event_from_frame, event_from_xml
from bot.library.decode import Unreadable, decode
from bot.library.roster import parse_roster
from bot.wecom.aibot import Came, Machine
from bot.wecom.callback import Callback
from bot.wecom.errors import Refused

NOW = datetime(2026, 6, 15, 9, 0, tzinfo=SHANGHAI)
STAMP = str(int(NOW.timestamp()))
DOOR = Callback("TestToken1", "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG", "ww0123456789abcdef")


def callback(data: bytes) -> None:
    """A stranger's POST: the query stands before the first line end, the body after it."""
    query, _, body = data.partition(b"\n")
    names = ("msg_signature", "timestamp", "nonce", "echostr")
    given = dict(zip(names, query.decode("latin-1").split("&"), strict=False))
    for opened in (
        lambda: DOOR.open_post(given, body, NOW),
        lambda: DOOR.open_json(given, body, NOW),
        lambda: DOOR.open_echo(given, NOW),
    ):
        try:
            opened()
        except Refused:
            continue
        raise AssertionError("nobody signed that")


def signed(data: bytes) -> None:
    """An event that WeCom really signed, whatever stands in it."""
    text = data.decode("utf-8", "replace")
    sealed = DOOR.seal(text, "n0nce", NOW, bytes)
    encrypted = sealed.split(b"<Encrypt><![CDATA[")[1].split(b"]]>")[0].decode()
    query = {"timestamp": STAMP, "nonce": "n0nce"}
    query["msg_signature"] = DOOR._signature(STAMP, "n0nce", encrypted)
    try:
        fields = DOOR.open_post(query, f"<xml><Encrypt>{encrypted}</Encrypt></xml>".encode(), NOW)
    except Refused:
        return
    _sound(event_from_xml(fields))


def frame(data: bytes) -> None:
    """A text frame of the robot's line."""
    machine = Machine("bot", "s3cret", lambda: 0.5)
    machine.start(0)
    subscribe = json.loads(machine.opened(0)[0].text)  # type: ignore[union-attr]
    machine.received(json.dumps({"headers": subscribe["headers"], "errcode": 0}), 0)
    assert machine.live
    for action in machine.received(data.decode("utf-8", "replace"), 1):
        assert "s3cret" not in repr(action)
        if isinstance(action, Came):
            _sound(event_from_frame(action.cmd, action.body))
    machine.tick(100)


def head(data: bytes) -> None:
    """A text's file, in any encoding; what cannot be read is a Problem."""
    try:
        text = decode(data)
    except Unreadable:
        return
    item, problems = parse_item(text, "案例/x.md")
    assert item is not None or problems, "nothing is passed over in silence"
    if item is not None:
        lint([item], NOW.date(), {"dragon-boat"})


def roster(data: bytes) -> None:
    """A roster that some spreadsheet wrote."""
    try:
        text = decode(data)
    except Unreadable:
        return
    members, problems = parse_roster(text, Path("名册.csv"))
    assert members or problems
    assert len({one.id.casefold() for one in members}) == len(members)


def _sound(event: Event | None) -> None:
    if event is not None:
        assert event.person
        assert all(isinstance(one, str) for one in (event.text, event.task_id, *event.chosen))


TARGETS: Mapping[str, Callable[[bytes], None]] = {
    "callback": callback,
    "signed": signed,
    "frame": frame,
    "head": head,
    "roster": roster,
}
