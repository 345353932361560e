"""Where log lines go, what they never hold, and what is left of a crash.

    run.log        what happens, as on the screen; some files of some size, the oldest goes first
    security.log   who came in and who was refused: a day a file, kept half a year and more; a line
                   has an action, and who, how, as what; never words, texts or receipts
    crash-….txt    where the program broke: places in the program, never values or words

All in log/ of the data folder. Secrets of the configuration are struck out of every line by value,
and by shape whatever stands where a key or a token does: httpx and others write whole addresses.
"""

from __future__ import annotations

import faulthandler
import json
import logging
import os
import re
import sys
import traceback
from collections import Counter, deque
from collections.abc import Iterable, Mapping
from dataclasses import fields
from datetime import datetime
from logging.handlers import RotatingFileHandler, TimedRotatingFileHandler
from pathlib import Path
from typing import Any, TextIO

from bot.config import Config
from bot.settings import SECTIONS

FOLDER = "log"
QUIET = ("httpx", "httpcore", "apscheduler")  # httpx writes whole addresses, keys included
STRUCK = "***"
SECURITY = frozenset(
    {
        *("console-in", "console-out", "console-refused", "pin-wrong"),
        *("callback-refused", "signin-refused", "signin-flood", "control-refused"),
        *("settings-changed", "crashed", "overdue"),
    }
)
ABOUT = ("who", "role", "how")  # what a line of security.log may say beside its action
A_MINUTE = 60  # lines of one action in security.log; a flood is counted
HUNG = 300.0  # seconds in which the loop must have turned
_SHAPES = re.compile(
    r"(?i)((?:[?&](?:key|access_token|corpsecret|secret|code|ticket|msg_signature|echostr)=)"
    r"|(?:bearer )|(?:/console/(?:enter|with)/)|(?:/review/)|(?:/r/))[^\s&\"'<>)]+"
)
_LOGIN = re.compile(r"(?<=://)[^/\s@:]+:[^/\s@]+@")


class Mask:
    """Strikes secrets out of a text."""

    def __init__(self) -> None:
        self._secrets: frozenset[str] = frozenset()
        self._made: tuple[frozenset[str], re.Pattern[str]] | None = None  # at the first line

    def know(self, secrets: Iterable[str]) -> None:
        """Strike these out, too."""
        self._secrets |= {one for one in secrets if len(one) >= 4}

    def __call__(self, text: str) -> str:
        if self._secrets:
            text = self._pattern(self._secrets).sub(STRUCK, text)
        return _LOGIN.sub(f"{STRUCK}@", _SHAPES.sub(rf"\1{STRUCK}", text))

    def _pattern(self, secrets: frozenset[str]) -> re.Pattern[str]:
        if self._made is None or self._made[0] is not secrets:
            longest_first = sorted(secrets, key=len, reverse=True)
            self._made = secrets, re.compile("|".join(map(re.escape, longest_first)))
        return self._made[1]


mask = Mask()  # of this process: app.py adds what it makes up, the token of control.json


def secrets_of(config: Config) -> set[str]:
    """Return every secret that the configuration holds."""
    sections = [getattr(config, name) for name in (f.name for f in fields(config))]
    kinds = tuple(SECTIONS.values())
    found = set(config.webhooks.values())
    for section in sections:
        if isinstance(section, kinds):
            found |= {
                str(getattr(section, one.name))
                for one in fields(section)  # type: ignore[arg-type]
                if one.metadata.get("secret")
            }
    return found - {""}


class Plain(logging.Formatter):
    """A line for people."""

    def __init__(self, mask: Mask) -> None:
        super().__init__("%(asctime)s %(levelname)s %(message)s")
        self._mask = mask

    def format(self, record: logging.LogRecord) -> str:
        return self._mask(super().format(record))


class Lines(Plain):
    """A JSON object a line, for machines: `action` says what happened, in a word."""

    def format(self, record: logging.LogRecord) -> str:
        made: dict[str, Any] = {
            "at": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"),
            "level": record.levelname.lower(),
            "action": getattr(record, "action", ""),
            "message": record.getMessage(),
            "logger": record.name,
        }
        if record.exc_info:
            made["error"] = self.formatException(record.exc_info)
        return self._mask(json.dumps(made, ensure_ascii=False))


class Security(TimedRotatingFileHandler):
    """Who came in and who was refused; never `message`, which may hold anything."""

    def __init__(self, path: Path, days: int, mask: Mask) -> None:
        super().__init__(path, when="midnight", backupCount=days, encoding="utf-8", delay=True)
        self.addFilter(lambda record: getattr(record, "action", "") in SECURITY)
        self._mask, self._minute = mask, 0
        self._lines: Counter[str] = Counter()

    def format(self, record: logging.LogRecord) -> str:
        at = logging.Formatter().formatTime(record, "%Y-%m-%dT%H:%M:%S%z")
        about = {name: str(v) for name in ABOUT if (v := getattr(record, name, ""))}
        return self._mask(
            json.dumps({"at": at, "action": record.action, **about}, ensure_ascii=False)  # type: ignore[attr-defined]
        )

    def emit(self, record: logging.LogRecord) -> None:
        if int(record.created) // 60 != self._minute:
            flood = {name: n - A_MINUTE for name, n in self._lines.items() if n > A_MINUTE}
            self._minute, self._lines = int(record.created) // 60, Counter()
            for name, more in flood.items():
                told = logging.makeLogRecord({"action": name, "how": f"{more} more in that minute"})
                super().emit(told)
        action = str(getattr(record, "action", ""))
        self._lines[action] += 1
        if self._lines[action] <= A_MINUTE:
            super().emit(record)

    def handleError(self, _: logging.LogRecord) -> None:
        """A full disk is told elsewhere; not a page of traceback a line."""


class Rotating(RotatingFileHandler):
    def handleError(self, _: logging.LogRecord) -> None:
        """As above."""


class Counted(logging.Handler):
    """How often each action was logged, and the last of them, for metrics and crash reports."""

    def __init__(self) -> None:
        super().__init__()
        self.times: Counter[str] = Counter()
        self.last: deque[str] = deque(maxlen=50)

    def emit(self, record: logging.LogRecord) -> None:
        if action := str(getattr(record, "action", "")):
            self.times[action] += 1
            self.last.append(action)


counted = Counted()


def screen_only() -> None:
    """Log to the screen, before there is a configuration."""
    _set([logging.StreamHandler(sys.stderr)], Plain(mask))


def begin(config: Config) -> None:
    """Log as `[log]` says: to the screen and into the data folder. Called once by `run`."""
    mask.know(secrets_of(config))
    folder = config.data / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    size, number = config.log.size_mb << 20, config.log.files
    written = Rotating(
        folder / "run.log", maxBytes=size, backupCount=number - 1, encoding="utf-8", delay=True
    )
    lines = Lines(mask) if config.log.format == "json" else Plain(mask)
    _set([logging.StreamHandler(sys.stderr), written], lines)
    logging.getLogger().addHandler(
        Security(folder / "security.log", config.log.keep_security, mask)
    )


def _set(handlers: Iterable[logging.Handler], formatter: logging.Formatter) -> None:
    root = logging.getLogger()
    root.setLevel(logging.INFO)
    for old in list(root.handlers):
        root.removeHandler(old)
    for one in handlers:
        one.setFormatter(formatter)
        root.addHandler(one)
    root.addHandler(counted)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


# -- a crash ---------------------------------------------------------------------------------------


def crashed(error: BaseException, folder: Path, now: datetime, about: Mapping[str, object]) -> Path:
    """Leave a report of where the program broke; return its path.

    Places in the program and names of errors alone: an error's words, and the values it broke on,
    may be anybody's.
    """
    lines = ["清风 crash report: places in the program, no values, no words", f"at {now:%F %T}"]
    lines += [f"{name} {value}" for name, value in about.items()]
    lines += ["", *_frames(error), "", "last actions: " + " ".join(counted.last)]
    target = folder / FOLDER
    target.mkdir(parents=True, exist_ok=True)
    path = target / f"crash-{now:%Y%m%d-%H%M%S}.txt"
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def _frames(error: BaseException | None) -> list[str]:
    lines: list[str] = []
    while error is not None and len(lines) < 400:
        number = getattr(error, "errno", None)
        lines.append(type(error).__qualname__ + (f" errno {number}" if number else ""))
        for frame in traceback.extract_tb(error.__traceback__):
            place = "/".join(Path(frame.filename).parts[-3:])  # not whose machine it is
            lines.append(f"  {place}:{frame.lineno} {frame.name}")
        for inner in getattr(error, "exceptions", ()):
            lines += _frames(inner)
        error = error.__cause__ or error.__context__
    return lines


class Hang:
    """What is left where the process dies without a word, or its loop stands still: the stacks."""

    def __init__(self, folder: Path) -> None:
        self._file: TextIO | None = None
        try:
            (folder / FOLDER).mkdir(parents=True, exist_ok=True)
            self._file = (folder / FOLDER / "fatal.txt").open("a", encoding="utf-8")
        except OSError:  # a full disk stops nothing here
            return
        if not faulthandler.is_enabled():
            faulthandler.enable(self._file)

    def turned(self) -> None:
        """The loop turns: look again in HUNG seconds."""
        if self._file is not None:
            faulthandler.dump_traceback_later(HUNG, file=self._file)

    def close(self) -> None:
        faulthandler.cancel_dump_traceback_later()
        if self._file is not None:
            faulthandler.disable()
            self._file.close()
            empty = os.stat(self._file.name).st_size == 0
            if empty:
                os.unlink(self._file.name)
