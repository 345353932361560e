"""Every `qingfeng …` and `make …` of the READMEs and the handbook does what it is told there.

Commands are run as they stand, page by page, in a folder of their own. A block that is not run
has a line `<!-- not run: why -->` before it; of those it is asked that verb and options exist.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import shlex
import shutil
import subprocess
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot import app, cli, config
from bot.core.model import SHANGHAI
from bot.demo.stage import AGENTID, Clock, build_stage, install, write_roster
from bot.sandbox.server import create_app
from bot.sandbox.serving import Serving
from bot.verbs import VERBS

ROOT = Path(__file__).parents[1]
# Pages that begin with nothing; the others are read by somebody whose bot has been at work.
FRESH = ("README.md", "README.zh-CN.md", "CONTRIBUTING.md")
PAGES = (*FRESH, *sorted(f"docs/handbook/{p.name}" for p in (ROOT / "docs/handbook").glob("*.md")))
BLOCK = re.compile(
    r"(?:^ *<!-- not run: (?P<why>.+?) -->\n)?^ *```(?P<kind>\w*)[^\n]*\n(?P<text>.*?)^ *```",
    re.MULTILINE | re.DOTALL,
)
OURS = ("qingfeng", "make")
PLAIN = ("cp", "mkdir")  # what the READMEs need beside
# What stands ready in a folder and need not be made again, least of all in somebody's .venv.
READY = ("-o", ".venv/.ready", "-o", ".venv/.ready-dev", "-o", ".venv-handbook/.ready")
SINCE, UNTIL = (datetime(2026, 6, *hour, tzinfo=SHANGHAI) for hour in ((15, 8, 40), (15, 17, 0)))


@dataclass(frozen=True)
class Block:
    """One fenced block of commands."""

    page: str
    why: str  # it is not run; else ""
    commands: tuple[tuple[str, ...], ...]


def blocks(page: str) -> list[Block]:
    found = []
    for block in BLOCK.finditer((ROOT / page).read_text("utf-8")):
        lines = [line.strip() for line in block["text"].splitlines()]
        shell = block["kind"] == "sh"
        words = [tuple(shlex.split(line, comments=True)) for line in lines if _command(line, shell)]
        if commands := tuple(filter(None, words)):
            found.append(Block(page, block["why"] or "", commands))
    return found


def _command(line: str, shell: bool) -> bool:
    """Whether a line is a command: any line of a shell's block, else one that begins as ours do."""
    return shell or line.startswith(tuple(f"{name} " for name in OURS))


BLOCKS = [block for page in PAGES for block in blocks(page)]
SKIPPED = [block for block in BLOCKS if block.why]


# -- run ---------------------------------------------------------------------------------------


async def _work(home: Path) -> None:
    """Make a unit's folder as it is in the evening of a day on which a reminder went out."""
    clock = Clock(SINCE)
    stage = build_stage(clock)
    stage.world.set_callback(AGENTID, "http://127.0.0.1:9/")  # cards with buttons want one
    async with Serving(create_app(stage.world)) as wecom:
        path = install(home, ROOT, stage, wecom.url, port=8650)  # nothing listens there
        house = app.build(config.load(path, {}), clock.now)
        try:
            await house.bureau.store.set_members(stage.roster)
            for item in ("N06", "SC-01"):
                params = {"item": item, "who": "王五", "sources_checked": True}
                await VERBS["approve"](house.bureau, clock.now(), params)
            while (wake := await house.next_wake()) < UNTIL:
                clock.jump(max(wake, clock.now() + timedelta(seconds=1)))
                assert await house.tick() == []
        finally:
            await house.close()
    write_roster(home / "名册.csv", stage)


@pytest.mark.parametrize("page", FRESH)
def test_the_commands_of_a_page_run_from_nothing(page, tmp_path):
    for folder in ("content", "schedules"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    shutil.copy(ROOT / "config.example.toml", tmp_path)
    row = "姓名,账号,支部\n张三,zhangsan,机关一支部\n"
    (tmp_path / "名册.csv").write_text(row, encoding="utf-8")
    _run_page(page, tmp_path)


def test_the_commands_of_the_handbook_run_page_by_page(tmp_path):
    asyncio.run(_work(tmp_path / "worked"))
    for page in sorted({block.page for block in BLOCKS} - set(FRESH)):
        # A blank and Chinese, as on the clerk's own disk.
        home = tmp_path / f"清风 {Path(page).stem}"
        shutil.copytree(tmp_path / "worked", home)
        shutil.copy(ROOT / "tests/core/notices/2026.txt", home / "通知.txt")
        _run_page(page, home)


def _run_page(page: str, home: Path) -> None:
    for block in BLOCKS:
        for words in block.commands if block.page == page and not block.why else ():
            _run(words, home)


def _run(words: tuple[str, ...], home: Path) -> None:
    if words[0] == "qingfeng":
        done = _typed(words[1:], home)
        assert done.exit_code == 0, (words, done.output)
        return
    assert words[0] in (*OURS, *PLAIN), f"no such command is run here; say why before it: {words}"
    make = words[0] == "make"
    command = ["make", "--silent", *READY, *words[1:]] if make else list(words)
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    subprocess.run(command, cwd=ROOT if make else home, env=environ, check=True, timeout=60)


def _typed(words: tuple[str, ...], home: Path) -> Result:
    with contextlib.chdir(home):
        done = CliRunner().invoke(cli.main, words, prog_name="qingfeng")
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done


# -- not run -----------------------------------------------------------------------------------


def test_what_is_not_run_is_listed_with_its_reason():
    for block in SKIPPED:
        print(f"{block.page}: {'; '.join(' '.join(one) for one in block.commands)} ({block.why})")
        assert len(block.why) > 5, block
    marks = sum((ROOT / page).read_text("utf-8").count("<!-- not run:") for page in PAGES)
    assert marks == len(SKIPPED), "each mark stands right before the block it is for"


@pytest.mark.parametrize(
    "words",
    dict.fromkeys(words for block in SKIPPED for words in block.commands if words[0] in OURS),
    ids=" ".join,
)
def test_a_command_that_is_not_run_exists_with_its_options(words):
    if words[0] == "make":
        targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
        assert {word for word in words[1:] if "=" not in word} <= set(targets)
        return
    told = _help(words[1], words[2:3]) or _help(words[1])
    assert told is not None, f"no verb {words[1]}"
    for option in (word for word in words if word.startswith("--")):
        assert re.search(rf"{option}\b", told), f"{words[1]} has no {option}"


@cache
def _help(verb: str, under: tuple[str, ...] = ()) -> str | None:
    done = CliRunner().invoke(cli.main, [verb, *under, "--help"], prog_name="qingfeng")
    return done.output if done.exit_code == 0 else None


def test_a_block_of_any_other_command_would_be_seen(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("```sh\nsudo rm -rf x\n```\n```\nqingfeng check # 看\n其他\n```\n", "utf-8")
    found = blocks(os.path.relpath(page, ROOT))
    assert [block.commands for block in found] == [
        (("sudo", "rm", "-rf", "x"),),
        (("qingfeng", "check"),),
    ]
    with pytest.raises(AssertionError, match="say why"):
        _run(found[0].commands[0], tmp_path)
