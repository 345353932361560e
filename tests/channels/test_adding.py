"""Adding a channel: its module, KINDS, and app.py, which builds it; nothing else is touched.

The worked example of CONTRIBUTING, in a copy of the program: it carries what is due and what is
attached, and is called by its own name wherever the program speaks of it.
"""

from __future__ import annotations

import ast
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bot.channels import KINDS, Outcome, SendError, Sent
from bot.channels.webhook import Webhook
from bot.core.model import State
from tests.engine.office import office

ROOT = Path(__file__).parents[2]
BOT = ROOT / "bot"
PUSH = "dragon-boat-2026_main@zx"

TRAY = '''
"""Lays each message into a tray: a whole channel."""

import json

from bot.channels.channel import Limits, Sent
from bot.core.model import Enclosure, Markdown
from bot.core.render import SIX


class Tray:
    name, way = "tray", "收文盘"
    tappable, part_size, pictures, needs_chat = False, 0, False, False
    carries = {"file": 100}
    dialect, whole, needs = SIX, SIX.limit, ("app", ("corp_id",))
    closed, deduplicates, limits, fingerprint = "", False, Limits(), "tray"

    def __init__(self):
        self.laid = []

    def body(self, message, to=()):
        if not isinstance(message, Markdown | Enclosure):
            raise ValueError("words and files only")
        words = message.text if isinstance(message, Markdown) else message.name
        return json.dumps({"words": words}, ensure_ascii=False).encode()

    async def taken(self, enclosure):
        return enclosure

    async def send(self, body):
        self.laid.append(json.loads(body)["words"])
        return Sent()
'''
EDITS = {
    "channels/__init__.py": [
        (
            "from bot.channels.terminal",
            "from bot.channels.tray import Tray\nfrom bot.channels.terminal",
        ),
        ("AppChat, Terminal)", "AppChat, Terminal, Tray)"),
    ],
    "app.py": [
        ("import KINDS, ", "import KINDS, Tray, "),
        (
            '        if target.channel == "webhook":\n',
            '        if target.channel == "tray":\n            found[target.id] = Tray()\n'
            '        elif target.channel == "webhook":\n',
        ),
    ],
}
STORY = """
import asyncio, json, sys
from pathlib import Path

from bot.life import faults
from bot.verbs import VERBS
from tests.engine.office import office

TARGET = '[target.tray1]\\nname = "收发室"\\nchannel = "tray"\\n'


async def story(home):
    async with office(home, approved=False, targets=TARGET) as desk:
        bureau, folder = desk.house.bureau, home / "content" / "nodes"
        (folder / "N06-2-端午.md").unlink()
        (folder / "一.txt").write_text("六个字节以上", "utf-8")
        path = folder / "N06-端午.md"
        text = path.read_text("utf-8").replace("---\\n", "---\\n渠道: tray\\n附件: 一.txt\\n", 1)
        path.write_text(text, "utf-8")
        await desk.approve("N06")
        await desk.at("2026-06-15 11:10")

        async def ask(verb, **params):
            return await VERBS[verb](bureau, desk.clock.now(), params)

        preview = await ask("preview", item="N06", channel="tray")
        return {
            "laid": bureau.channels["tray1"].laid,
            "states": {key: push.state for key, push in (await desk.pushes()).items()},
            "ledger": json.dumps(await ask("ledger", month="2026-06"), ensure_ascii=False),
            "ways": [one["way"] for one in preview["views"]],
            "problems": [one.message for one in bureau.library(desk.clock.now().date()).problems],
            "faults": [one.message for one in faults(desk.house.config)],
        }


print(json.dumps(asyncio.run(story(Path(sys.argv[1]))), ensure_ascii=False))
"""


def test_a_channel_that_nothing_has_heard_of_carries_what_is_due_under_its_own_name(tmp_path):
    copy = tmp_path / "program"
    shutil.copytree(BOT, copy / "bot", ignore=shutil.ignore_patterns("__pycache__"))
    (copy / "bot/channels/tray.py").write_text(TRAY, "utf-8")
    for name, changes in EDITS.items():
        path = copy / "bot" / name
        text = path.read_text("utf-8")
        for before, after in changes:
            assert text.count(before) == 1, before
            text = text.replace(before, after)
        path.write_text(text, "utf-8")
    (tmp_path / "home").mkdir()
    (copy / "story.py").write_text(STORY, "utf-8")
    told = subprocess.run(
        [sys.executable, str(copy / "story.py"), str(tmp_path / "home")],
        env={**os.environ, "PYTHONPATH": f"{copy}{os.pathsep}{ROOT}"},
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=60,
    )
    assert told.returncode == 0, told.stderr
    found = json.loads(told.stdout.splitlines()[-1])
    assert len(found["laid"]) == 2
    assert "端午" in found["laid"][0]
    assert found["laid"][1] == "一.txt", "what is attached follows, where files are carried"
    for key in ("dragon-boat-2026_main@tray1", "dragon-boat-2026_main-a1@tray1"):
        assert found["states"][key] == "sent"
    assert "收文盘" in found["ledger"]
    assert set(found["ways"]) == {"收文盘"}
    assert not [one for one in [*found["problems"], *found["faults"]] if "tray" in one]


class Answers(Webhook):
    """A webhook whose world answers as it is told to."""

    fingerprint = "told"

    def __init__(self, *answers: Outcome) -> None:
        self.laid: list[bytes] = []
        self._answers = list(answers)

    async def send(self, body: bytes) -> Sent:
        self.laid.append(body)
        if self._answers:
            raise SendError("没有答复", self._answers.pop(0))
        return Sent()


@pytest.mark.parametrize(
    ("answers", "state", "laid"),
    [
        ([], State.SENT, 1),
        ([Outcome.RETRY, Outcome.RETRY], State.SENT, 3),
        ([Outcome.UNKNOWN], State.UNKNOWN, 1),  # never twice: nothing drops its copies
        ([Outcome.REFUSED], State.REFUSED, 1),
    ],
)
async def test_what_a_channel_says_is_all_that_decides(tmp_path, answers, state, laid):
    way = Answers(*answers)
    async with office(tmp_path) as desk:
        desk.house.bureau.channels["zx"] = way
        await desk.at("2026-06-15 11:10")
        assert (await desk.pushes())[PUSH].state is state
    assert len(way.laid) == laid


def test_a_channel_without_powers_of_its_own_is_named_in_three_places_only():
    """App and AppChat also recall and found groups; the set-up tries the webhook it was given."""
    powers = {"engine/recalling.py": {"App"}, "engine/groups.py": {"AppChat"}}
    powers["first.py"] = {"Webhook"}
    kinds = {kind.__name__ for kind in KINDS.values()}
    for path in BOT.rglob("*.py"):
        where = path.relative_to(BOT).as_posix()
        if where.startswith("channels/") or where == "app.py":
            continue
        named = {
            alias.name
            for node in ast.walk(ast.parse(path.read_text("utf-8")))
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("bot.channels")
            for alias in node.names
        }
        assert named & kinds == powers.get(where, set()), where
