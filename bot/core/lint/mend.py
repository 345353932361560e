"""`check --fix`: what is mechanical is put right in a file's text; everything else is left alone.

An author asks for it, sees every change, and the approval of a changed text is void as always.
"""

from __future__ import annotations

from collections.abc import Callable
from re import Match

from bot.core.lint.lexicon import Lexicon
from bot.core.lint.marks import CONTROL, LOOKALIKE, TURNING, ZWJ_IN_EMOJI, true_form
from bot.core.lint.rule import UNSEEN

_KEEP = "\ue000\ue001"  # stands for a joiner within an emoji, which is no hidden character


def mend(text: str, lexicon: Lexicon) -> tuple[str, list[str]]:
    """Return `text` put right, and each change in words."""
    changes: list[str] = []
    joined = ZWJ_IN_EMOJI.sub(_KEEP, text) if _KEEP not in text else text

    def note(right: Callable[[str], str], said: str) -> Callable[[Match[str]], str]:
        def put(match: Match[str]) -> str:
            wrong, made = match[0], right(match[0])
            if wrong != made:
                changes.append(said.format(wrong, made, ord(wrong[0])))
            return made

        return put

    for pattern in (TURNING, UNSEEN, CONTROL):
        joined = pattern.sub(note(lambda _: "", "删去看不见的字符 U+{2:04X}"), joined)
    joined = LOOKALIKE.sub(note(true_form, "“{0}”改为“{1}”"), joined)
    right_of = lexicon.right_of
    joined = lexicon.wording_pattern.sub(
        note(lambda wrong: right_of.get(wrong, wrong), "“{0}”改为“{1}”"), joined
    )
    for wrong, right in lexicon.wrong_titles.items():
        if f"《{wrong}》" in joined:
            joined = joined.replace(f"《{wrong}》", f"《{right}》")
            changes.append(f"《{wrong}》改为《{right}》")
    return joined.replace(_KEEP, "\u200d"), changes
