"""A text as a page of print or as one long picture, by typst: PDF and PNG from one source.

The words go in as data, never as markup, so nothing that an author writes is obeyed. The font is
the packaged one: the same page on every machine, with Chinese line breaking.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Literal

from markdown_it import MarkdownIt
from markdown_it.token import Token

TEMPLATES = Path(__file__).parent / "templates"
PATIENCE = 60.0  # seconds; a page takes less than one
_markdown = MarkdownIt("commonmark", {"html": False})

# {"kind": "p", "li", "q" or "h", "mark": "1." or "·", "runs": [[text, bold]]}
Block = Mapping[str, Any]


class Unprintable(ValueError):
    """A page could not be made; in typst's own words."""


def blocks_of(text: str) -> list[Block]:
    """Return a section's Markdown as blocks of plain runs; all its words, and no marks."""
    found: list[Block] = []
    lists: list[int] = []  # of the lists that are open the number of the next entry, 0 for dots
    quoted, kind, mark = 0, "p", ""
    for token in _markdown.parse(text):
        match token.type:
            case "bullet_list_open":
                lists.append(0)
            case "ordered_list_open":
                lists.append(int(token.attrGet("start") or 1))
            case "bullet_list_close" | "ordered_list_close":
                lists.pop()
            case "list_item_open":
                kind, mark = "li", f"{lists[-1]}." if lists[-1] else "·"
                lists[-1] += bool(lists[-1])
            case "blockquote_open":
                quoted += 1
            case "blockquote_close":
                quoted -= 1
            case "heading_open":
                kind = "h"
            case "inline":
                shown = "q" if quoted and kind == "p" else kind
                found.append({"kind": shown, "mark": mark, "runs": list(_runs(token))})
                kind, mark = ("li" if lists else "p"), ""
            case "list_item_close":
                kind, mark = "p", ""
            case "code_block" | "fence":
                found.append({"kind": "p", "mark": "", "runs": [[token.content, False]]})
    return found


def _runs(token: Token) -> Iterable[tuple[str, bool]]:
    bold, link = 0, ""
    for part in token.children or ():
        if part.type in ("strong_open", "em_open"):
            bold += 1
        elif part.type in ("strong_close", "em_close"):
            bold -= 1
        elif part.type == "link_open":
            link = str(part.attrGet("href") or "")
        elif part.type == "link_close":
            yield f"（{link}）", False
        elif part.type in ("softbreak", "hardbreak"):
            yield "\n" if part.type == "hardbreak" else "", False
        elif part.content:
            yield part.content, bool(bold)


def pdf(template: str, words: Mapping[str, Any], pictures: Sequence[Path] = ()) -> bytes:
    """Return the PDF of a template of ours with these words in it."""
    return _made(template, words, pictures, "pdf")


def png(template: str, words: Mapping[str, Any], pictures: Sequence[Path] = ()) -> bytes:
    """Return the one page of a template as a PNG, a point of it a pixel."""
    return _made(template, words, pictures, "png")


def _made(
    template: str,
    words: Mapping[str, Any],
    pictures: Sequence[Path],
    form: Literal["pdf", "png"],
) -> bytes:
    with tempfile.TemporaryDirectory() as folder:  # all that a template may read
        root = Path(folder)
        (root / "main.typ").write_bytes((TEMPLATES / template).read_bytes())
        names = [f"{number}{path.suffix.lower()}" for number, path in enumerate(pictures)]
        for name, path in zip(names, pictures, strict=True):
            (root / name).write_bytes(path.read_bytes())
        told = json.dumps({**words, "pictures": names}, ensure_ascii=False)
        asked = {"folder": folder, "form": form, "fonts": str(_fonts()), "words": told}
        done = subprocess.run(
            [sys.executable, "-m", "bot.report.press"],
            input=json.dumps(asked).encode(),
            capture_output=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            timeout=PATIENCE,
            check=False,
        )
    if done.returncode or not done.stdout:
        # Only a picture can be at fault: the words are data.
        raise Unprintable(done.stderr.decode("utf-8", "replace").strip()[-500:])
    return done.stdout


@cache
def _fonts() -> Path:
    import noto_cjk_sans_otc

    return Path(str(noto_cjk_sans_otc.__file__)).parent
