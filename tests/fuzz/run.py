"""Fuzz one parser with atheris: `python -m tests.fuzz.run head .fuzz/head tests/fuzz/corpus/head`.

What follows the target's name is libFuzzer's: folders of inputs, -max_total_time=600 and so on.
`make fuzz` runs them all; a find is left as crash-… in the folder where it was started.
"""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports(include=["bot.core", "bot.wecom", "bot.inbox", "bot.library"]):
    from tests.fuzz.targets import TARGETS


def main() -> None:
    atheris.Setup([sys.argv[0], *sys.argv[2:]], TARGETS[sys.argv[1]])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
