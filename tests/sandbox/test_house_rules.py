"""The sandbox judges the bot, so it may share nothing with it."""

import ast
from pathlib import Path

import pytest

import bot.sandbox

FILES = sorted(Path(bot.sandbox.__file__).parent.glob("*.py"))


def imported(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0
            yield node.module


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_the_sandbox_imports_nothing_else_of_the_bot(path):
    ours = [name for name in imported(path) if name.split(".")[0] == "bot"]
    assert all(name.startswith("bot.sandbox") for name in ours)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_files_and_functions_stay_short(path):
    source = path.read_text(encoding="utf-8")
    assert source.count("\n") < 400
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, functions):
            assert node.end_lineno - node.lineno < 60, node.name
