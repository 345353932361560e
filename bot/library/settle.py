"""The answers of `init` put into a config.toml, with every comment and the order kept."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import tomlkit

from bot.library import disk
from bot.library.pack import Places, collect
from bot.library.shipped import home

STEPS = {1: ["终审"], 2: ["初审", "终审"], 3: ["初审", "复审", "终审"]}  # by how many review


@dataclass(frozen=True, kw_only=True)
class Answers:
    """What the five questions brought; "" or nothing leaves a setting as it is."""

    unit: str = ""
    webhook: str = ""  # the group's address: a secret
    group: str = ""  # what the group is called
    base_url: str = ""  # of a rehearsal's WeCom
    port: int | None = None  # where the bot listens
    reviewers: int | None = None  # how many people review; 0 switches review off
    hours: Sequence[str] = field(default_factory=tuple)


def settled(text: str, answers: Answers) -> str:
    """Return a config.toml with the answers in it; the webhook stands in secrets/jg1."""
    doc: Any = tomlkit.parse(text)
    if answers.unit:
        doc["unit"]["name"] = answers.unit
    if answers.reviewers is not None:
        doc["review"]["required"] = answers.reviewers > 0
        if answers.reviewers:
            doc["review"]["steps"] = STEPS[min(answers.reviewers, 3)]
        if answers.reviewers > 1:  # no fewer than the others; with one, real people keep two
            doc["review"]["kinds"]["repost"] = []
    if answers.hours:
        doc["policy"]["hours"] = list(answers.hours)
    if answers.webhook:
        for name in [name for name in doc["target"] if name != "jg1"]:
            del doc["target"][name]  # the example's other groups have no address
        target = doc["target"]["jg1"]
        del target["webhook"]
        target["webhook_file"] = "secrets/jg1"
        if answers.group:
            target["name"] = answers.group
            del target["roster"]  # the example's branch; a group needs none
    if answers.base_url:
        doc["wecom"]["base_url"] = answers.base_url
    if answers.port is not None:
        doc["web"]["port"] = answers.port
    return tomlkit.dumps(doc)


def bound(text: str, target: str, chat: str) -> str:
    """Return a config.toml in which a target names its group; LookupError where it has none."""
    doc: Any = tomlkit.parse(text)
    doc["target"][target]["chatid"] = chat
    return tomlkit.dumps(doc)


def quieter(text: str, stays: Collection[str], *, roles: bool) -> str:
    """Return a rhythm.toml in which only some rules stay on, and those for roles if wanted."""
    doc: Any = tomlkit.parse(text)
    for name, table in doc.items():
        if name not in stays and not (roles and "audience" in table):
            table["on"] = False
    return tomlkit.dumps(doc)


def keep_secret(home: Path, name: str, secret: str) -> None:
    """Write one secret into secrets/ (mode 0600, the folder 0700)."""
    folder = home / "secrets"
    folder.mkdir(mode=0o700, exist_ok=True)
    disk.write(folder / name, secret.strip().encode() + b"\n")


def starter() -> Mapping[str, bytes]:
    """Return the texts and schedules that came with the program, as the files of a pack."""
    root = home()
    return collect(
        Places(content=root / "content", schedules=root / "schedules", data=root / "data")
    )


def example() -> str:
    """Return config.example.toml, as it came with the program."""
    return (home() / "config.example.toml").read_text("utf-8")
