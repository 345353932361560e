"""A message as people saw it, as a picture for paper: drawn from the JSON that was kept.

Not the phone of the sandbox: a plain bubble, with the packaged font, the same on every machine.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from typing import Any

WIDTH, MARGIN, PAD = 720, 28, 30
MOST_LINES = 90  # of one picture; a page of paper holds no more
_FONT = re.compile(r"</?font[^>]*>")
_LINK = re.compile(r"\[([^\]]+)\]\([^)]*\)")
_MENTION = re.compile(r"<@[^>]*>")


@dataclass(frozen=True)
class Style:
    size: int
    colour: str
    gap: int = 0  # above the first line of a block


SMALL, TITLE = Style(22, "#7d8a87", 4), Style(30, "#17211f", 10)
TEXT, HEAD = Style(26, "#22302d", 8), Style(27, "#1f4e4a", 12)
BUTTON = Style(26, "#1f5fae", 16)

Block = tuple[Style, str]


def svg(seen: str, family: str) -> str:
    """Return the picture of a kept message; ValueError for one that is no message of ours."""
    lines: list[tuple[Style, str, int]] = []
    for style, text in _blocks(seen):
        columns = int((WIDTH - 2 * (MARGIN + PAD)) / style.size * 2)
        for n, line in enumerate(_wrapped(text, columns)):
            lines.append((style, line, style.gap if n == 0 else 0))
    if len(lines) > MOST_LINES:
        lines = [*lines[:MOST_LINES], (SMALL, "……", 6)]
    y, drawn = MARGIN + PAD, []
    for style, line, gap in lines:
        y += gap + round(style.size * 1.45)
        drawn.append(
            f'<text x="{MARGIN + PAD}" y="{y - 8}" font-size="{style.size}" '
            f'fill="{style.colour}">{escape(line)}</text>'
        )
    height = y + PAD + MARGIN
    inner = f'width="{WIDTH - 2 * MARGIN}" height="{height - 2 * MARGIN}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
        f'font-family="{family}"><rect width="{WIDTH}" height="{height}" fill="#ededed"/>'
        f'<rect x="{MARGIN}" y="{MARGIN}" {inner} rx="14" fill="#ffffff"/>{"".join(drawn)}</svg>'
    )


def words(seen: str) -> list[str]:
    """Return what a kept message said in plain lines, [] for one that is no message of ours."""
    try:
        return [line for _, text in _blocks(seen) for line in text.split("\n")]
    except ValueError:
        return []


def _blocks(seen: str) -> list[Block]:
    try:
        message = json.loads(seen)
        message = message.get("body", message)
        kind = message["msgtype"]
        if kind == "template_card":
            return list(_card(message[kind]))
        return list(_markdown(str(message[kind]["content"])))
    except (ValueError, TypeError, AttributeError, LookupError, RecursionError):
        raise ValueError("not a message of ours") from None


def _card(card: dict[str, Any]) -> Iterator[Block]:
    yield SMALL, card.get("source", {}).get("desc", "")
    yield TITLE, card.get("main_title", {}).get("title", "")
    yield TEXT, card.get("sub_title_text") or card.get("main_title", {}).get("desc", "")
    for box in [card.get("checkbox", {}), *card.get("select_list", [])]:
        for option in box.get("option_list", []):
            yield TEXT, f"○ {option.get('text', '')}"
    for fact in card.get("horizontal_content_list", []):
        yield SMALL, f"{fact.get('keyname', '')}　{fact.get('value', '')}"
    buttons = [*card.get("jump_list", []), *card.get("button_list", [])]
    buttons += [card["submit_button"]] if "submit_button" in card else []
    told = "　　".join(f"［{one.get('text') or one.get('title', '')}］" for one in buttons)
    if told:
        yield BUTTON, told


def _markdown(text: str) -> Iterator[Block]:
    for raw in text.split("\n"):
        line = _MENTION.sub("", _LINK.sub(r"\1", raw)).strip()
        quiet = line.startswith(">") or "<font" in line
        plain = _FONT.sub("", line.lstrip("> ")).strip()
        if not plain:
            continue
        if plain.startswith("**") and plain.endswith("**"):
            yield HEAD, plain.strip("*")
        else:
            yield (SMALL if quiet else TEXT), plain.replace("**", "")


def _wrapped(text: str, columns: int) -> Iterator[str]:
    for part in str(text).split("\n"):
        line, used = "", 0
        for char in part:
            width = 2 if unicodedata.east_asian_width(char) in "WFA" else 1
            if used + width > columns:
                yield line
                line, used = "", 0
            line, used = line + char, used + width
        if line:
            yield line
