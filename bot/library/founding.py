"""A new installation: the five answers read, and the folder written from them.

`init` asks them at the command line, the console on the first start; both end here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from bot.core import messages
from bot.library import disk, settle
from bot.library.merging import Change, merge
from bot.library.pack import Places
from bot.library.shipped import home

PLANS: Mapping[str, tuple[str, ...] | None] = {  # which rules for everybody stay on
    "1": None,
    "2": ("friday",),
    "3": (),
}
OFFICIAL = "qyapi.weixin.qq.com"
HERE = ("127.0.0.1", "localhost")  # 演练环境
SECRET = "jg1"  # noqa: S105 - the name of a file, not what is in it
NAME_LETTERS = 40
_SPAN = re.compile(r"([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d")
_KEY = re.compile(r"[0-9A-Za-z_-]{1,80}")
WIDTH = 15  # minutes: a push leaves 3 to 12 minutes after its span opens
_PLAIN = str.maketrans({"：": ":", "—": "-", "–": "-", "－": "-", "～": "-", "~": "-", "至": "-"})


@dataclass(frozen=True, kw_only=True)
class Address:
    """A group's webhook: whose WeCom it is at, and the key."""

    base_url: str  # "" for the real one
    key: str


class BadAddress(ValueError):
    """What was pasted is no address of 消息推送; the words say what to paste instead."""


def address_of(pasted: str) -> Address:
    """Read what somebody copied out of a group. BadAddress where it is something else."""
    try:
        parts = urlsplit(pasted.strip())
        host, key = parts.hostname or "", parse_qs(parts.query).get("key", [""])[0]
    except ValueError:
        raise BadAddress(messages.FIRST_NO_ADDRESS) from None
    if not parts.path.endswith("/cgi-bin/webhook/send") or not _KEY.fullmatch(key):
        raise BadAddress(messages.FIRST_NO_ADDRESS)
    if host in HERE and parts.scheme in ("http", "https"):
        return Address(base_url=f"{parts.scheme}://{parts.netloc}", key=key)
    if host != OFFICIAL or parts.scheme != "https":
        raise BadAddress(messages.FIRST_NO_ADDRESS)
    return Address(base_url="", key=key)


def spans_of(typed: str) -> tuple[str, ...]:
    """Read hours as they are typed, several with commas. ValueError has the sentence."""
    found = []
    for part in re.split(r"[,，、;；\s]+", typed.translate(_PLAIN).strip()):
        span = re.sub(r"(?<!\d)(\d:)", r"0\1", part)
        if not span:
            continue
        if not _SPAN.fullmatch(span):
            raise ValueError(messages.FIRST_NO_SPAN.format(part))
        start, end = (int(one[:2]) * 60 + int(one[3:]) for one in span.split("-"))
        if end - start < WIDTH:
            raise ValueError(messages.FIRST_SHORT_SPAN.format(part))
        found.append(span)
    return tuple(found)


def bring(places: Places) -> Sequence[Change]:
    """Bring the texts and schedules that came with the program. BadPack if they are damaged."""
    for place in (places.content, places.schedules):
        place.mkdir(parents=True, exist_ok=True)
    return merge(settle.starter(), places)


def places_in(folder: Path) -> Places:
    """Return where a new installation keeps its things."""
    return Places(content=folder / "content", schedules=folder / "schedules", data=folder / "data")


def is_the_programs_own(folder: Path) -> bool:
    return folder.resolve() == home()


def found(folder: Path, schedules: Path, answers: settle.Answers, rhythm: str) -> Path:
    """Write the secret, the year and, when all else stands, config.toml; return its path."""
    if answers.webhook:
        settle.keep_secret(folder, SECRET, answers.webhook)
    if (stays := PLANS[rhythm]) is not None:
        path = schedules / "rhythm.toml"
        quiet = settle.quieter(path.read_text("utf-8"), stays, roles=bool(stays))
        path.write_text(quiet, encoding="utf-8")
    config = folder / "config.toml"
    text = settle.settled(settle.example(), answers)
    disk.write(config, text.encode(), mode=0o644)
    return config
