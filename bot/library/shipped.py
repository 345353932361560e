"""What came with the program: texts, schedules, the unit's words to begin with."""

from __future__ import annotations

from pathlib import Path

import bot


def home() -> Path:
    """Return the folder that holds content/, schedules/ and config.example.toml as shipped.

    An installed wheel carries them inside the package, a checkout has them beside it.
    """
    package = Path(bot.__file__).resolve().parent
    carried = package / "starter"
    return carried if carried.is_dir() else package.parent
