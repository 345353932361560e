"""Verbs about the texts: what is wrong with them."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from bot.library.folder import Folders

from bot.cli.shell import (
    CANNOT,
    CONFIG,
    FAULTS,
    JSON,
    OK,
    config_of,
    fail,
    main,
    print_json,
    print_problems,
)


@main.command()
@CONFIG
@JSON
@click.option("--fix", is_flag=True, help="代改机械的错：看不见的字符、部首字形、写错的提法")
@click.argument("paths", nargs=-1, metavar="[PATH…]")
def check(config_path: str, as_json: bool, fix: bool, paths: tuple[str, ...]) -> None:
    """检查内容和日程，逐条列出文件、行号和改法。

    例：qingfeng check    例：qingfeng check nodes/N06-端午.md --json
    """
    from bot.app import folders_of, system_clock
    from bot.library.folder import approved, errors, examine_folders, load_items
    from bot.library.leaks import leaks
    from bot.library.mending import mend_files
    from bot.library.returned import returned
    from bot.library.words import load_lexicon

    config, today = config_of(config_path), system_clock().date()
    folders = folders_of(config)
    if not folders.content.is_dir():
        fail([f"找不到内容文件夹 {folders.content}"], CANNOT)
    asked = [_within(path, folders) for path in paths] or [""]
    fixed: dict[str, list[str]] = {}
    if fix:
        lexicon, _ = load_lexicon(folders.content, today)
        found, _ = load_items(folders.content)
        wanted = [item.path for item in found if _asked_for(item.path, asked)]
        fixed = mend_files(folders.content, wanted, lexicon)
    examined = examine_folders(folders, today)
    problems = [*examined.problems, *leaks(config.root)]
    problems += returned(folders, approved(folders, examined.items))
    problems = [problem for problem in problems if _asked_for(problem.path, asked)]
    items = [path for path in examined.items if _asked_for(path, asked)]
    if as_json:
        told: dict[str, object] = {"fixed": fixed} if fix else {}
        told |= {"items": len(items), "problems": [vars(problem) for problem in problems]}
        print_json(told)
    else:
        for path, changes in fixed.items():
            click.echo(f"{path}  已改：{'；'.join(changes)}")
        print_problems(problems)
        click.echo(
            f"共 {len(items)} 篇内容，{len(errors(problems))} 个错误，"
            f"{len(problems) - len(errors(problems))} 个提醒。"
        )
    sys.exit(FAULTS if errors(problems) else OK)


def _asked_for(path: str, asked: Sequence[str]) -> bool:
    return any(path == one or path.startswith(one.rstrip("/") + "/") or not one for one in asked)


def _within(path: str, folders: Folders) -> str:
    """Return how `check` names a file or folder that was given in whichever way."""
    roots = (("", folders.content), ("schedules/", folders.schedules))
    for given in (Path(path), folders.content / path, folders.schedules.parent / path):
        for prefix, root in roots:
            if given.exists() and given.resolve().is_relative_to(root.resolve()):
                inside = given.resolve().relative_to(root.resolve()).as_posix()
                return prefix + ("" if inside == "." else inside)
    return fail([f"内容和日程里没有 {path}"], CANNOT)
