"""What every verb of the command line stands on: click in Chinese, one door, tables and JSON.

Everything heavy is imported inside a function, so that --help answers at once.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import sys
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from bot.core import messages

if TYPE_CHECKING:
    from datetime import datetime

    from bot.config import Config
    from bot.core.model import Problem

OK, FAULTS, CANNOT = 0, 1, 2
EXAMPLE = "config.example.toml"
PUSH_KEY = "编号"  # the heading of a column of push keys
ROOMY = 130  # columns of a terminal that holds a table and its keys
WIDE = 500  # columns of a table that no terminal shows: one line a row

CONFIG = click.option(
    "--config", "config_path", default="config.toml", metavar="PATH", help="配置文件"
)
PORT = click.IntRange(0, 65535)
JSON = click.option("--json", "as_json", is_flag=True, help="输出 JSON")


_CLICK_SAYS = {
    "Options": "选项",
    "Commands": "命令",
    "Positional arguments": "参数",
    "Show this message and exit.": "显示这份说明",
    "Show the version and exit.": "显示版本",
    "required]": "必填]",
    "[OPTIONS]": "[选项]",
    "COMMAND [ARGS]...": "命令 …",
}


class _Help(click.HelpFormatter):
    """click's own words in Chinese; one it adds later stays English, and nothing breaks."""

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        super().write_usage(prog, _in_chinese(args), prefix or "用法：")

    def write_heading(self, heading: str) -> None:
        self.write(f"{_in_chinese(heading)}：\n")

    def write_dl(self, rows: Any, col_max: int = 30, col_spacing: int = 2) -> None:
        said = [(name, _in_chinese(text)) for name, text in rows]
        super().write_dl(said, col_max, col_spacing)


def _in_chinese(text: str) -> str:
    for english, chinese in _CLICK_SAYS.items():
        text = text.replace(english, chinese)
    return text


class _Context(click.Context):
    formatter_class = _Help


class _Verb(click.Command):
    context_class = _Context


class _Verbs(click.Group):
    """A group whose mistakes are told in Chinese, without a traceback."""

    context_class = _Context
    command_class = _Verb
    group_class = type  # roster and the like are the same kind of group

    def main(self, *args: Any, **kwargs: Any) -> NoReturn:
        for stream in (sys.stdout, sys.stderr):
            # A console may lack a character: better a stand-in than a traceback.
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(errors="backslashreplace")
        try:
            super().main(*args, **{**kwargs, "standalone_mode": False})
        except click.exceptions.Exit as error:
            sys.exit(error.exit_code)
        except click.Abort:
            fail(["已取消。"], CANNOT)
        except click.ClickException as error:
            fail([_usage(error)], CANNOT)
        except BrokenPipeError:  # `qingfeng plan | head`
            _mute()
            sys.exit(OK)
        except KeyboardInterrupt:
            sys.exit(OK)
        except OSError as error:
            from bot.library.decode import why

            where = f"（{error.filename}）" if error.filename else ""
            fail([f"读写失败：{why(error)}{where}"], CANNOT)
        sys.exit(OK)


def say(text: str) -> None:
    """Say something that nobody need hear: a bot lives on when its reader has gone away."""
    try:
        click.echo(text)
    except (OSError, ValueError):  # a pipe without a reader, a stream that is closed
        _mute()


def _mute() -> None:
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _usage(error: click.ClickException) -> str:
    match error:
        case click.exceptions.NoArgsIsHelpError():
            return error.format_message()
        case click.exceptions.NoSuchOption(option_name=name):
            return f"没有 {name} 这个选项；加 --help 看用法"
        case click.exceptions.NoSuchCommand(command_name=name):
            return f"没有“{name}”这个命令；qingfeng --help 可看全部命令"
        case click.exceptions.MissingParameter(param=param):
            name = param.human_readable_name if param else ""
            return f"缺少参数 {name}；加 --help 看用法"
        case click.exceptions.BadParameter(param=param):
            name = param.human_readable_name if param else ""
            kind = param.type if param else None
            if isinstance(kind, click.IntRange) and None not in (kind.min, kind.max):
                return f"参数 {name} 应是 {kind.min} 到 {kind.max} 的整数；加 --help 看用法"
            return f"参数 {name} 的值不对；加 --help 看用法"
        case _:
            return f"用法不对：{error.format_message()}；加 --help 看用法"


def fail(lines: Sequence[str], code: int) -> NoReturn:
    for line in lines:
        click.echo(line, err=True)
    sys.exit(code)


@click.group(cls=_Verbs, context_settings={"help_option_names": ["--help", "-h"]})
@click.version_option(package_name="qingfeng", message="清风 %(version)s")
def main() -> None:
    """清风：把廉政教育送进企业微信。

    先试试：qingfeng demo（不需要任何账号）
    """


# -- helpers ---------------------------------------------------------------------------------------


def config_of(path: str, *, example: bool = True) -> Config:
    """Read the configuration; verbs that send nothing fall back on the example and say so."""
    from bot.config import ConfigError, load

    chosen = Path(path)
    if not chosen.exists():
        fallback = chosen.parent / EXAMPLE
        if not (example and path == "config.toml" and fallback.exists()):
            fail([messages.NO_CONFIG.format(path)], CANNOT)
        click.echo(messages.EXAMPLE_CONFIG, err=True)
        chosen = fallback
    try:
        return load(chosen.resolve(), os.environ)
    except ConfigError as error:
        print_errors(error.problems)
        sys.exit(CANNOT)


def call(
    config_path: str, verb: str, params: Mapping[str, Any], *, example: bool = True
) -> dict[str, Any]:
    from bot.life import call

    config = config_of(config_path, example=example)
    answer: dict[str, Any] = guard(lambda: async_(call(config, verb, params)))
    if answer.get("warning"):
        click.echo(answer["warning"], err=True)
    return answer


def guard(work: Callable[[], Any]) -> Any:
    from bot.config import ConfigError
    from bot.verbs import Mistake

    try:
        return work()
    except Mistake as error:
        fail([str(error)], FAULTS)
    except ConfigError as error:
        print_errors(error.problems)
        sys.exit(CANNOT)


def async_(work: Any) -> Any:
    import asyncio

    return asyncio.run(work)


def lasting(work: Any) -> Any:
    """Run what stays and serves: on uvloop, twice as quick, wherever that is made."""
    import gc

    gc.freeze()  # what was imported stays; looking through it again and again is a tenth of a tap
    gc.set_threshold(10_000, 10, 10)
    # The store's thread need not wait for the loop's whole turn: a tenth more receipts a second.
    sys.setswitchinterval(0.0005)
    try:
        import uvloop
    except ImportError:  # Windows
        return async_(work)
    return uvloop.run(work)


def print_errors(problems: Sequence[Problem]) -> None:
    for problem in problems:
        click.echo(f"{problem.where}  {problem.message}", err=True)


def print_json(answer: Mapping[str, Any]) -> None:
    click.echo(json.dumps(answer, ensure_ascii=False, indent=1, default=str))


def table(title: str, header: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(title=title, title_justify="left")
    for name in header:  # a key is copied from here: it stays in one piece
        table.add_column(name, overflow="fold", no_wrap=name == PUSH_KEY)
    for row in rows:
        table.add_row(*[str(cell) for cell in row])
    Console(width=None if sys.stdout.isatty() else WIDE).print(
        table if rows else f"{title}：没有。", markup=False
    )


def wide_enough() -> bool:
    """Whether a column of push keys finds room: not in a terminal of eighty columns."""
    return not sys.stdout.isatty() or shutil.get_terminal_size().columns >= ROOMY


def when(text: str) -> str:
    return text[:16].replace("T", " ")


def print_problems(problems: Sequence[Problem], *, err: bool = False) -> None:
    for problem in problems:
        word = "错误" if problem.severity == "error" else "提醒"
        text = f"{problem.where}  {word}  {problem.message}  [{problem.code}]"
        click.echo(_harmless(text), err=err)


def _harmless(text: str) -> str:
    """Return an author's words on one line, without what a terminal would obey."""
    return "".join("?" if unicodedata.category(char)[0] == "C" else char for char in text)


def moment_of(text: str) -> datetime:
    from datetime import datetime

    from bot.core.model import SHANGHAI

    try:
        moment = datetime.fromisoformat(text)
        if not 2005 <= moment.year <= 2098:  # what the calendar knows
            raise ValueError
    except ValueError:
        fail([f"“{text}”不是时间，请写成 2026-06-15T09:00"], CANNOT)
    return moment if moment.tzinfo else moment.replace(tzinfo=SHANGHAI)


def print_end(answer: Mapping[str, Any]) -> None:
    state = messages.STATES[answer["state"]]
    click.echo(
        f"{answer['key']}：{state}" + (f"（{answer['reason']}）" if answer["reason"] else "")
    )
