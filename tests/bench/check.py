"""What `check` costs beside reading the files and their heads: `python -m tests.bench.check`.

Prints docs/bench-check.md. The baseline reads every file and parses its head with PyYAML's C
loader, and does nothing else.
"""

from __future__ import annotations

import platform
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import yaml

from bot.core.lint.twins import Print, print_of, twins
from bot.library.folder import Folders, Shelf, examine_folders, load_items

ROOT = Path(__file__).parents[2]
TODAY = date(2026, 11, 25)
HEAD = """# What check costs

Written by `python -m tests.bench.check`; do not edit. Python {version}, 2 cores, other work
running meanwhile: ratios count, and the times are those of the processor. The texts are the shipped
ones with their sentences shuffled. The baseline reads every file and parses its head with PyYAML's
C loader. The second run has the cache of the first (`check.cache`); in the running bot one text is
saved, and it is the watcher that says which.
"""


def write(folder: Path, many: int) -> Folders:
    """Fill a folder with `many` texts of the usual size, no two alike."""
    (folder / "content").mkdir(parents=True)
    (folder / "content/lexicon.toml").write_bytes((ROOT / "content/lexicon.toml").read_bytes())
    shipped = sorted((ROOT / "content").rglob("*-*.md"))
    texts = [path.read_text("utf-8").split("---\n", 2) for path in shipped]
    texts = [text for text in texts if _is_yaml(text[1])]  # so that the baseline can read them
    words = [s for _, _, body in texts for s in body.replace("\n", "").split("。") if s]
    dice = random.Random(7)
    for number in range(many):
        _, head, body = texts[number % len(texts)]
        old = head.split("\n")[0]
        head = head.replace(old, f"编号: T{number}")
        lines = [dice.choice(words) + "。" if "。" in line else line for line in body.split("\n")]
        text = f"---\n{head}---\n" + "\n".join(lines)
        path = folder / f"content/{number % 50}/T{number}.md"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")
    return Folders(
        content=folder / "content", schedules=ROOT / "schedules", data=folder, review=False
    )


def _is_yaml(head: str) -> bool:
    try:
        return bool(yaml.load(head, Loader=yaml.CBaseLoader))
    except yaml.YAMLError:
        return False


def baseline(folders: Folders) -> float:
    start = time.process_time()
    for path in folders.content.rglob("*.md"):
        text = path.read_bytes().decode()
        yaml.load(text.split("---\n", 2)[1], Loader=yaml.CBaseLoader)
    return time.process_time() - start


def check(folders: Folders) -> float:
    start = time.process_time()
    examine_folders(folders, TODAY)
    return time.process_time() - start


def changed(folders: Folders) -> float:
    """Return the seconds from one edit to the library that holds it: the middle of nine."""
    shelf = Shelf(folders)
    shelf.now(TODAY)
    path = next(folders.content.rglob("*.md"))
    text = path.read_text("utf-8")
    took = []
    for number in range(9):
        path.write_text(f"{text}又第 {number} 句。\n", "utf-8")
        start = time.process_time()
        library = shelf.changed([str(path)], TODAY)
        took.append(time.process_time() - start)
        assert any(
            f"又第 {number} 句" in body for body in library.item(path.stem).sections.values()
        )
    path.write_text(text, "utf-8")
    return sorted(took)[4]


def near(prints: Sequence[Print]) -> float:
    start = time.process_time()
    list(twins(prints))
    return time.process_time() - start


def copies(prints: Sequence[Print]) -> float:
    """Return what it takes where all texts are one: each of them the first, under another path."""
    return near([replace(prints[0], id=one.id, path=one.path) for one in prints])


def peak(folder: Path, what: str) -> float:
    """Return the most memory a process takes that does `what` with a folder, in MB."""
    code = f"import tests.bench.check as b; b.most({str(folder)!r}, b.{what})"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return float(said.stdout)


def most(folder: str, what: Callable[[Folders], float]) -> None:
    home = Path(folder)
    more = what(
        Folders(content=home / "content", schedules=ROOT / "schedules", data=home, review=False)
    )
    # VmHWM, for ru_maxrss begins with what the process that started this one had.
    print(more if what is grown else _status("VmHWM"))


def _status(name: str) -> float:
    status = Path("/proc/self/status").read_text("ascii")
    return int(status.partition(f"{name}:")[2].split()[0]) / 1024


def shelved(folders: Folders) -> float:
    Shelf(folders).now(TODAY)
    return 0.0


def grown(folders: Folders) -> float:
    """Return by how many MB a running bot's library grows while texts are edited 2,000 times."""
    shelf = Shelf(folders)
    shelf.now(TODAY)
    paths = sorted(folders.content.rglob("*.md"))[:200]
    before = 0.0
    for turn in range(11):
        for path in paths:
            text = path.read_text("utf-8").rstrip("又改\n")
            path.write_text(text + "又改" * (turn % 3) + "\n", "utf-8")
            shelf.changed([str(path)], TODAY)
        before = before or _status("VmRSS")  # after the first turn everything is warm
    return _status("VmRSS") - before


def column(home: Path, many: int) -> list[str]:
    folders = write(home, many)
    baseline(folders)  # the disk's cache is warm for everybody
    base = min(baseline(folders) for _ in range(3))
    cold = check(folders)
    again = min(check(folders) for _ in range(3))
    prints = [print_of(item) for item in load_items(folders.content)[0]]
    edit = changed(folders)
    bot, more = peak(home, "shelved"), peak(home, "grown")
    (home / "check.cache").unlink()
    return [
        f"{base:.2f} s",
        f"{cold:.2f} s",
        f"{cold / base:.1f}",
        f"{again:.2f} s",
        f"{again / base:.2f}",
        f"{near(prints):.2f} s",
        f"{copies(prints):.2f} s",
        f"{edit * 1000:.0f} ms",
        f"{peak(home, 'check'):.0f} MB",
        f"{bot:.0f} MB",
        f"{more:.1f} MB",
    ]


def main() -> None:
    sizes = (1_000, 10_000)
    columns = []
    for many in sizes:
        with tempfile.TemporaryDirectory() as home:
            columns.append(column(Path(home), many))
    names = (
        "read, heads by PyYAML's C loader",
        "check, cold",
        "÷ baseline (promised ≤ 10)",
        "check, again",
        "÷ baseline (promised ≤ 1)",
        "of it near-duplicates",
        "near-duplicates where all texts are one",
        "one text edited, until the new library stands (promised 50 ms)",
        "most memory of check, cold",
        "most memory of a library in the running bot",
        "what 2,000 edits add to it",
    )
    print(HEAD.format(version=platform.python_version()))
    print("| | " + " | ".join(f"{many:,} texts" for many in sizes) + " |\n|---|---|---|")
    for n, name in enumerate(names):
        print(f"| {name} | " + " | ".join(column[n] for column in columns) + " |")


if __name__ == "__main__":
    main()
