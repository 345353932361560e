"""Published clients, unchanged, complete handshake, sends and card flows against a real sandbox.

They are not our dependencies: `make sandbox-clients` installs them apart and runs this.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

HERE = Path(__file__).parent
WHERE = os.environ.get("SANDBOX_CLIENTS", "")  # a folder with v/ (a venv) and node_modules/
PYTHON = str(Path(WHERE, "v", "bin", "python"))

pytestmark = [
    pytest.mark.nightly,
    pytest.mark.skipif(not WHERE, reason="run `make sandbox-clients`"),
]

CLIENTS = {
    "official-node": (["node", str(HERE / "official_node.cjs")], 4),
    "official-python": ([PYTHON, str(HERE / "official_python.py")], 3),
    "community-python": ([PYTHON, str(HERE / "community_python.py")], 4),
}


@pytest.fixture
def facts(tmp_path):
    command = [sys.executable, "-m", "bot", "sandbox", "--port", "0", "--json"]
    environ = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environ) as process:
        try:
            yield process.stdout.readline().decode()
        finally:
            process.terminate()


def until(what, seconds=15.0):
    for _ in range(int(seconds * 20)):
        if found := what():
            return found
        time.sleep(0.05)
    raise AssertionError("it did not happen")


@pytest.mark.parametrize("name", CLIENTS)
def test_a_published_client_works_unchanged(facts, name):
    command, answers = CLIENTS[name]
    told = json.loads(facts)
    with (
        httpx.Client(base_url=told["control"], trust_env=False) as control,
        subprocess.Popen([*command, facts], stdout=subprocess.PIPE, cwd=WHERE) as client,
    ):
        try:
            assert any(line == b"ready\n" for line in client.stdout)  # the SDKs log there too
            play(control, f"bot-{told['bot']['bot_id']}", name, answers)
            assert client.wait(10) == 0
        finally:
            client.terminate()


def play(control, chat, name, answers):
    """`me` opens the chat, writes, presses the card that comes; everything is answered."""

    def do(what, **body):
        answer = control.post(what, json={"userid": "me", **body})
        assert answer.json()["delivered"] is True
        return answer

    def log(kind):
        return [r for r in control.get("log").json()["log"] if r["kind"] == kind]

    do("enter", chat=chat)
    until(lambda: any(r["endpoint"] == "aibot_respond_welcome_msg" for r in log("call")))
    do("say", chat=chat, text="在吗")
    until(lambda: len([m for m in log("message") if not m["person"]]) == 1 + answers)
    card = next(m for m in log("message") if m["task_id"] == name)
    do("press", number=card["number"], key="ack")
    until(lambda: any(r["endpoint"] == "aibot_respond_update_msg" for r in log("call")))
    assert {(r["endpoint"], r["errcode"]) for r in log("call") if r["errcode"] != 0} == set()
    do("say", chat=chat, text="bye")
