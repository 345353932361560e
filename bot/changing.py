"""The main settings, shown in words and changed by a page: config.toml keeps its comments.

What is written is read first, as the next start will read it; a text that would not start is
never put in place. The running bot goes on as it was: a change holds from the next start.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tomlkit

from bot.config import Config, ConfigError, load
from bot.core import messages
from bot.library import disk, founding, settle
from bot.verbs import Mistake

log = logging.getLogger(__name__)


def shown(running: Config) -> dict[str, Any]:
    """Say what config.toml says now, and whether the running bot has yet to hear of it."""
    config = _read(running.path)
    return {
        "unit": config.unit.name,
        "hours": list(config.hours.hours),
        "caps": [config.hours.a_day, config.hours.a_week, config.hours.a_node_week],
        "steps": list(config.review.steps) if config.review.required else [],
        "targets": [
            {"id": one.id, "name": one.name, "channel": one.channel} for one in config.targets
        ],
        "pending": config != running,
    }


def change(running: Config, params: Mapping[str, Any]) -> dict[str, Any]:
    """Write unit, hours, or one group's name and address. Mistake: what is wrong with them."""
    path = running.path
    doc: Any = tomlkit.parse(path.read_text("utf-8"))
    if "unit" in params:
        name = _name(params["unit"], messages.FIRST_NO_UNIT)
        doc.setdefault("unit", tomlkit.table())["name"] = name
    if "hours" in params:
        try:
            spans = founding.spans_of(str(params["hours"]))
        except ValueError as error:
            raise Mistake(str(error)) from None
        if not spans:
            raise Mistake(messages.FIRST_NO_HOURS)
        doc.setdefault("policy", tomlkit.table())["hours"] = list(spans)
    secret = ""
    if "target" in params:
        target = str(params["target"])
        if target not in doc.get("target", {}):
            raise Mistake(messages.NO_SUCH_GROUP)
        table = doc["target"][target]
        table["name"] = _name(params.get("name"), messages.FIRST_NO_GROUP)
        if secret := _address(str(params.get("webhook") or ""), table, running):
            table.pop("webhook", None)
            table["webhook_file"] = f"secrets/{target}"
    _put(path, tomlkit.dumps(doc), str(params.get("target") or ""), secret)
    log.info("settings changed", extra={"action": "settings-changed"})
    return shown(running)


def _address(pasted: str, table: Any, running: Config) -> str:
    """Return a group's new address, "" where it keeps the old one."""
    if not pasted or table.get("channel") != "webhook":
        return ""
    try:
        address = founding.address_of(pasted)
    except ValueError as error:
        raise Mistake(str(error)) from None
    if address.base_url and address.base_url != running.wecom.base_url.rstrip("/"):
        raise Mistake(messages.FIRST_NO_ADDRESS)
    return pasted


def _put(path: Path, text: str, target: str, secret: str) -> None:
    draft = path.with_name(".config.toml.new")
    held = path.parent / "secrets" / target
    before = held.read_bytes() if secret and held.is_file() else None
    if secret:
        settle.keep_secret(path.parent, target, secret)
    try:
        disk.write(draft, text.encode())
        _read(draft)
        disk.write(path, text.encode(), mode=path.stat().st_mode & 0o777)
    except Mistake:
        if before is not None:
            disk.write(held, before)
        raise
    finally:
        draft.unlink(missing_ok=True)


def _read(path: Path) -> Config:
    try:
        return load(path, os.environ)
    except ConfigError as error:
        raise Mistake(f"config.toml：{error}") from None


def _name(given: Any, words: str) -> str:
    name = str(given or "").strip()
    if not 0 < len(name) <= founding.NAME_LETTERS or not name.isprintable():
        raise Mistake(words)
    return name
