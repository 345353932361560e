"""Logs: no secret in any line, a security log of half a year, a crash without a word of anybody."""

from __future__ import annotations

import json
import logging
from datetime import datetime

import pytest

from bot import logs
from bot.config import load
from bot.core.model import SHANGHAI

SECRETS = {
    "wecom.app": 'corp_id = "ww1"\nsecret = "PLANTED-app"\ntoken = "PLANTEDtoken"\naes_key = "{}"',
    "wecom.bot": 'bot_id = "b"\nsecret = "PLANTED-bot"',
    "wecom": 'proxy = "http://name:PLANTED-proxy@10.0.0.1:8080"',
    "watch": 'ping_url = "https://hc.example/PLANTED-ping"\nmetrics_token = "PLANTED-metrics-1"',
    "target.jg1": 'channel = "webhook"\nwebhook = "https://x/?key=PLANTED-hook"',
}
NOW = datetime(2026, 6, 15, 9, 0, tzinfo=SHANGHAI)


@pytest.fixture
def config(tmp_path):
    tables = [f"[{name}]\n{lines.format('P' * 43)}\n" for name, lines in SECRETS.items()]
    (tmp_path / "config.toml").write_text("\n".join(tables), "utf-8")
    return load(tmp_path / "config.toml", {})


@pytest.fixture
def logged():
    """The root logger as it was, afterwards."""
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    yield root
    for one in list(root.handlers):
        root.removeHandler(one)
        if one not in before:
            one.close()
    for one in before:
        root.addHandler(one)
    root.setLevel(level)


def text_of(config, name: str) -> str:
    return (config.data / "log" / name).read_text("utf-8")


def test_every_secret_of_the_configuration_is_known_to_the_log(config):
    found = logs.secrets_of(config)
    planted = {
        *("PLANTED-app", "PLANTEDtoken", "P" * 43, "PLANTED-bot", "PLANTED-hook"),
        *("http://name:PLANTED-proxy@10.0.0.1:8080", "https://hc.example/PLANTED-ping"),
        "PLANTED-metrics-1",
    }
    assert planted <= found


def test_a_secret_made_up_after_the_first_line_is_struck_out_of_the_next():
    mask = logs.Mask()
    assert mask("one, two-two") == "one, two-two"
    mask.know(["one!"])
    assert mask("one! two-two") == "*** two-two"
    mask.know(["two-two", "two-two-and-more"])
    assert mask("one! two-two-and-more two-two") == "*** *** ***"


@pytest.mark.parametrize("form", ["text", "json"])
def test_no_line_holds_a_secret_by_value_or_by_shape(config, logged, form, capsys):
    path = config.path
    path.write_text(path.read_text("utf-8") + f'\n[log]\nformat = "{form}"\n', "utf-8")
    config = load(path, {})
    logs.begin(config)
    log = logging.getLogger("x")
    for secret in logs.secrets_of(config):
        log.info("said %s and %r", secret, {"a": secret})
    shapes = (
        *("https://q.example/send?key=abcdefgh-1", "x?access_token=abcdefgh-2&y=1"),
        *("Authorization: Bearer abcdefgh-3", "http://127.0.0.1/console/enter/abcdefgh-4"),
        *("/review/abcdefgh-5/SC-01", "/r/abcdefgh-6", "http://u:abcdefgh-7@proxy:1"),
        *("?corpsecret=abcdefgh-8", "/oauth/back?code=abcdefgh-9&state=1"),
    )
    for shape in shapes:
        log.warning("asked %s", shape)
    try:
        raise RuntimeError("POST https://q.example/?key=abcdefgh-0 PLANTED-hook")
    except RuntimeError:
        log.exception("broken", extra={"action": "broke"})
    for told in (text_of(config, "run.log"), capsys.readouterr().err):
        assert "RuntimeError" in told
        assert "PLANTED" not in told
        assert "P" * 43 not in told
        assert "abcdefgh" not in told
    if form == "json":
        rows = [json.loads(line) for line in text_of(config, "run.log").splitlines()]
        assert rows[-1]["action"] == "broke"
        assert {"at", "level", "action", "message", "logger", "error"} == set(rows[-1])


def test_run_log_turns_over_and_only_so_many_files_stay(config, logged):
    path = config.path
    path.write_text(path.read_text("utf-8") + "\n[log]\nsize_mb = 1\nfiles = 2\n", "utf-8")
    logs.begin(load(path, {}))
    for _ in range(400):
        logging.getLogger("x").info("a" * 10_000)
    kept = sorted(one.name for one in (config.data / "log").iterdir() if one.suffix != ".txt")
    assert kept == ["run.log", "run.log.1"]
    assert sum((config.data / "log" / one).stat().st_size for one in kept) <= 2 << 20


def test_the_security_log_says_who_and_what_and_nothing_else(config, logged):
    logs.begin(config)
    log = logging.getLogger("x")
    log.info("王五 said PRIVATE", extra={"action": "console-in", "who": "王五", "role": "管理"})
    log.info("a receipt PRIVATE of u001", extra={"action": "sent", "who": "u001"})
    log.warning("refused PRIVATE", extra={"action": "callback-refused"})
    rows = [json.loads(line) for line in text_of(config, "security.log").splitlines()]
    assert [row["action"] for row in rows] == ["console-in", "callback-refused"]
    assert rows[0].keys() == {"at", "action", "who", "role"}
    assert "PRIVATE" not in text_of(config, "security.log")


def test_the_security_log_is_kept_half_a_year_at_least(config, logged, tmp_path):
    logs.begin(config)
    kept = [one for one in logged.handlers if isinstance(one, logs.Security)]
    assert [(one.when, one.backupCount) for one in kept] == [("MIDNIGHT", 180)]
    for number in range(200):
        day = f"2026-{number % 12 + 1:02d}-{number % 28 + 1:02d}"
        (config.data / "log" / f"security.log.{day}").touch()
    there = len(list((config.data / "log").glob("security.log.*")))
    assert len(kept[0].getFilesToDelete()) == max(0, there - 180)


def test_a_flood_costs_the_security_log_sixty_lines_a_minute_and_is_counted(config, logged):
    logs.begin(config)
    handler = next(one for one in logged.handlers if isinstance(one, logs.Security))
    for number in range(1000):
        record = logging.makeLogRecord({"action": "callback-refused", "created": 60.0})
        record.created += number / 100
        handler.handle(record)
    later = logging.makeLogRecord({"action": "console-in", "created": 125.0})
    handler.handle(later)
    rows = [json.loads(line) for line in text_of(config, "security.log").splitlines()]
    assert len(rows) == 62
    assert rows[60]["how"] == "940 more in that minute"


def test_a_disk_that_takes_no_line_costs_no_page_of_traceback(config, logged, capsys):
    (config.data / "log").mkdir(parents=True)
    logs.begin(config)
    for name in ("run.log", "security.log"):
        (config.data / "log" / name).mkdir()
    logging.getLogger("x").warning("refused", extra={"action": "callback-refused"})
    assert "Traceback" not in capsys.readouterr().err


def test_a_crash_leaves_places_in_the_program_and_no_word_or_value(config):
    def broken(name: str) -> None:
        secret = f"PRIVATE {name}"
        try:
            raise LookupError(secret)
        except LookupError:
            raise RuntimeError(f"PLANTED-hook {secret}") from None

    try:
        broken("张三")
    except RuntimeError as error:
        path = logs.crashed(error, config.data, NOW, {"rounds": 7})
    told = path.read_text("utf-8")
    assert path.name == "crash-20260615-090000.txt"
    assert "RuntimeError" in told
    assert "LookupError" in told
    assert "test_logs.py" in told
    assert "broken" in told
    assert "rounds 7" in told
    for word in ("PRIVATE", "张三", "PLANTED", str(config.root)):
        assert word not in told
