"""The typesetter as a process of its own, for one page: what it remembers goes with it.

Within the bot it would keep some hundred megabytes after a day of posters. In: one line of JSON
{"folder", "form", "fonts", "words"}; out: the bytes, or an exit of 1 and typst's own words.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import typst


def main() -> None:
    asked = json.loads(sys.stdin.buffer.read())
    folder = Path(asked["folder"])
    try:
        made = typst.compile(
            folder / "main.typ",
            root=folder,
            format=asked["form"],
            ppi=72.0,
            font_paths=[Path(asked["fonts"])],
            ignore_system_fonts=True,
            sys_inputs={"words": asked["words"]},
        )
    except RuntimeError as error:
        sys.stderr.write(str(error))
        sys.exit(1)
    assert isinstance(made, bytes)
    sys.stdout.buffer.write(made)


if __name__ == "__main__":
    main()
