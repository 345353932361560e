"""What `check` costs beside reading the files and their heads: `python -m tests.bench.check`.

Prints docs/bench-check.md. The baseline reads every file and parses its head with PyYAML's C
loader, and does nothing else.
"""

from __future__ import annotations

import platform
import random
import resource
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

import yaml

from bot.core.lint.twins import twins
from bot.library.folder import Folders, examine_folders
from bot.library.shelf import Shelf

ROOT = Path(__file__).parents[2]
TODAY = date(2026, 11, 25)
HEAD = """# What check costs

Written by `python -m tests.bench.check`; do not edit. Python {version}, 2 cores, other work
running meanwhile: ratios count. The texts are the shipped ones with their sentences shuffled.
The baseline reads every file and parses its head with PyYAML's C loader. Nothing is cached yet:
a second run costs what the first did, and a running bot reads the whole folder after an edit.
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
    start = time.perf_counter()
    for path in folders.content.rglob("*.md"):
        text = path.read_bytes().decode()
        yaml.load(text.split("---\n", 2)[1], Loader=yaml.CBaseLoader)
    return time.perf_counter() - start


def cold(folders: Folders) -> float:
    start = time.perf_counter()
    examine_folders(folders, TODAY)
    return time.perf_counter() - start


def changed(folders: Folders) -> float:
    """Return the seconds from one edit to the library that holds it."""
    shelf = Shelf(folders)
    shelf.now(TODAY)
    path = next(folders.content.rglob("*.md"))
    path.write_text(path.read_text("utf-8") + "又一句。\n", "utf-8")
    start = time.perf_counter()
    shelf.now(TODAY)
    return time.perf_counter() - start


def near(folders: Folders) -> float:
    texts = [path.read_text("utf-8") for path in folders.content.rglob("*.md")]
    start = time.perf_counter()
    list(twins(texts))
    return time.perf_counter() - start


def peak(folder: Path) -> float:
    """Return the most memory a process takes that checks `folder`, in MB."""
    code = f"import tests.bench.check as b; b.most({str(folder)!r})"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return float(said.stdout)


def most(folder: str) -> None:
    home = Path(folder)
    cold(Folders(content=home / "content", schedules=ROOT / "schedules", data=home, review=False))
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def main() -> None:
    rows: list[tuple[str, list[str]]] = []
    sizes = (1_000, 10_000)
    columns: list[list[str]] = []
    for many in sizes:
        with tempfile.TemporaryDirectory() as home:
            folders = write(Path(home), many)
            baseline(folders)  # the disk's cache is warm for everybody
            base = baseline(folders)
            whole, twins = cold(folders), near(folders)
            columns.append(
                [
                    f"{base:.2f} s",
                    f"{whole:.2f} s",
                    f"{whole / base:.1f}",
                    f"{twins:.2f} s",
                    f"{changed(folders) * 1000:.0f} ms",
                    f"{peak(Path(home)):.0f} MB",
                ]
            )
    names = (
        "read, heads by PyYAML's C loader",
        "check, cold",
        "check ÷ baseline (promised ≤ 10)",
        "of it near-duplicates",
        "one changed file until the new library stands (promised 50 ms)",
        "most memory",
    )
    rows = [(name, [column[n] for column in columns]) for n, name in enumerate(names)]
    print(HEAD.format(version=platform.python_version()))
    print("| | " + " | ".join(f"{many:,} texts" for many in sizes) + " |\n|---|---|---|")
    for name, cells in rows:
        print(f"| {name} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
