"""The verbs. Everything heavy is imported inside a verb, so that --help answers at once."""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from bot.core import messages

if TYPE_CHECKING:
    from datetime import datetime

    from bot.config import Config
    from bot.core.model import Problem
    from bot.library.folder import Folders

OK, FAULTS, CANNOT = 0, 1, 2
EXAMPLE = "config.example.toml"
PUSH_KEY = "编号"  # the heading of a column of push keys
WIDE = 500  # columns of a table that no terminal shows: one line a row

_CONFIG = click.option(
    "--config", "config_path", default="config.toml", metavar="PATH", help="配置文件"
)
_PORT = click.IntRange(0, 65535)
_JSON = click.option("--json", "as_json", is_flag=True, help="输出 JSON")


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
            _fail(["已取消。"], CANNOT)
        except click.ClickException as error:
            _fail([_usage(error)], CANNOT)
        except BrokenPipeError:  # `qingfeng plan | head`
            _mute()
            sys.exit(OK)
        except KeyboardInterrupt:
            sys.exit(OK)
        except OSError as error:
            from bot.library.decode import why

            where = f"（{error.filename}）" if error.filename else ""
            _fail([f"读写失败：{why(error)}{where}"], CANNOT)
        sys.exit(OK)


def _say(text: str) -> None:
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
            return f"参数 {name} 的值不对；加 --help 看用法"
        case _:
            return f"用法不对：{error.format_message()}；加 --help 看用法"


def _fail(lines: Sequence[str], code: int) -> NoReturn:
    for line in lines:
        click.echo(line, err=True)
    sys.exit(code)


@click.group(cls=_Verbs, context_settings={"help_option_names": ["--help", "-h"]})
@click.version_option(package_name="qingfeng", message="清风 %(version)s")
def main() -> None:
    """清风：把廉政教育送进企业微信。

    先试试：qingfeng demo（不需要任何账号）
    """


# -- the demonstration -----------------------------------------------------------------------------


@main.command()
@click.option("--headless", is_flag=True, help="不开浏览器，放完一遍故事就退出")
@click.option("--port", default=0, type=_PORT, metavar="N", help="演练环境的端口，0 为任选")
def demo(headless: bool, port: int) -> None:
    """演示：本机的企业微信 + 清风 + 一群会点“已阅”的人。

    例：qingfeng demo    例：qingfeng demo --headless
    """
    from bot.demo import play

    sys.exit(_async(play(Path.cwd(), headless=headless, port=port, say=click.echo)))


@main.command()
@click.option("--port", default=8700, type=_PORT, metavar="N", help="端口，0 为任选")
@click.option("--clock", metavar="TIME", help="从这一刻起走时，如 2026-06-15T09:00")
@click.option(
    "--roster", type=click.Path(path_type=Path), metavar="FILE.csv", help="把这里的人写成一份名册"
)
def sandbox(port: int, clock: str | None, roster: Path | None) -> None:
    """演练环境：一个本机的企业微信，按公布的限制办事，带一部可以点的手机。

    例：qingfeng sandbox --port 8700 --clock 2026-06-15T09:00 --roster 名册.csv
    """
    from bot.demo import serve_sandbox

    start = None if clock is None else _moment(clock)
    _async(serve_sandbox(port, _say, start=start, roster=roster))


@main.command()
@_CONFIG
@click.option("--clock", metavar="TIME", help="演练用：从这一刻起走时，如 2026-06-15T09:00")
def run(config_path: str, clock: str | None) -> None:
    """启动清风，一直运行到按 Ctrl-C。

    例：qingfeng run --config config.toml
    """
    from bot import app

    config = _config(config_path, example=False)
    if clock is not None and not _rehearsing(config):
        _fail([messages.CLOCK_NEEDS_SANDBOX], CANNOT)
    now = app.system_clock if clock is None else app.shifted_clock(_moment(clock))
    _logging()
    _guard(lambda: _async(app.run(config, now, _say)))


def _rehearsing(config: Config) -> bool:
    from urllib.parse import urlsplit

    return urlsplit(config.wecom.base_url).hostname in ("127.0.0.1", "localhost")


def _moment(text: str) -> datetime:
    from datetime import datetime

    from bot.core.model import SHANGHAI

    try:
        moment = datetime.fromisoformat(text)
        if not 2005 <= moment.year <= 2098:  # what the calendar knows
            raise ValueError
    except ValueError:
        _fail([f"“{text}”不是时间，请写成 2026-06-15T09:00"], CANNOT)
    return moment if moment.tzinfo else moment.replace(tzinfo=SHANGHAI)


def _logging() -> None:
    import logging

    logging.basicConfig(
        stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s"
    )
    for name in ("httpx", "httpcore", "apscheduler"):  # httpx writes whole addresses, keys included
        logging.getLogger(name).setLevel(logging.WARNING)


# -- content and calendar: no state is touched -----------------------------------------------------


@main.command()
@_CONFIG
@_JSON
@click.argument("paths", nargs=-1, metavar="[PATH…]")
def check(config_path: str, as_json: bool, paths: tuple[str, ...]) -> None:
    """检查内容和日程，逐条列出文件、行号和改法。

    例：qingfeng check    例：qingfeng check nodes/N06-端午.md --json
    """
    from bot.app import folders_of, system_clock
    from bot.core.lint import lint
    from bot.library.folder import errors, load_items, load_schedules

    folders = folders_of(_config(config_path))
    if not folders.content.is_dir():
        _fail([f"找不到内容文件夹 {folders.content}"], CANNOT)
    schedules, problems = load_schedules(folders.schedules)
    items, more = load_items(folders.content)
    problems += more
    problems += lint(items, system_clock().date(), [node.name for node in schedules.nodes])
    if paths:
        asked = [_within(path, folders) for path in paths]
        problems = [problem for problem in problems if _asked_for(problem.path, asked)]
        items = [item for item in items if _asked_for(item.path, asked)]
    if as_json:
        _print_json({"items": len(items), "problems": [vars(problem) for problem in problems]})
    else:
        _print_problems(problems)
        click.echo(
            f"共 {len(items)} 篇内容，{len(errors(problems))} 个错误，"
            f"{len(problems) - len(errors(problems))} 个提醒。"
        )
    sys.exit(FAULTS if errors(problems) else OK)


def _print_problems(problems: Sequence[Problem], *, err: bool = False) -> None:
    for problem in problems:
        word = "错误" if problem.severity == "error" else "提醒"
        line = f":{problem.line}" if problem.line else ""
        text = f"{problem.path}{line}  {word}  {problem.message}  [{problem.code}]"
        click.echo(text, err=err)


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
    return _fail([f"内容和日程里没有 {path}"], CANNOT)


@main.command()
@_CONFIG
@_JSON
@click.option(
    "--year", type=click.IntRange(2005, 2098), required=True, metavar="YYYY", help="哪一年"
)
def calendar(config_path: str, as_json: bool, year: int) -> None:
    """哪天上班、哪天放假、各节点落在哪天，依据是什么。

    例：qingfeng calendar --year 2026
    """
    from bot.app import folders_of
    from bot.core.calendar import Calendar, year_days
    from bot.library.folder import load_schedules

    schedules, problems = load_schedules(folders_of(_config(config_path)).schedules)
    _print_errors(problems)
    days = Calendar(overrides=schedules.overrides, announced=schedules.announced)
    answer = {
        "year": year,
        "days": [_day_json(days.day(day)) for day in year_days(year)],
        "nodes": [_node_json(node) for node in days.node_days(schedules.nodes, year)],
    }
    if as_json:
        _print_json(answer)
    else:
        _print_calendar(answer)


def _day_json(day: Any) -> dict[str, Any]:
    return {**vars(day), "date": day.date.isoformat()}


def _node_json(node: Any) -> dict[str, Any]:
    def iso(day: Any) -> str | None:
        return day.isoformat() if day else None

    return {
        "key": node.node.key,
        "name": node.node.name,
        "date": iso(node.date),
        "first_off": iso(node.first_off),
        "last_off": iso(node.last_off),
        "last_workday_before": iso(node.last_workday_before),
        "until": iso(node.until),
        "provisional": node.provisional,
    }


def _print_calendar(answer: Mapping[str, Any]) -> None:
    from datetime import date

    rows = [
        [
            n["name"],
            n["date"],
            f"{n['first_off']} 至 {n['last_off']}",
            n["last_workday_before"],
            messages.PROVISIONAL if n["provisional"] else "",
        ]
        for n in answer["nodes"]
    ]
    _table(f"{answer['year']} 年节点", ["节点", "日期", "放假", "节前最后工作日", ""], rows)
    odd = [
        d for d in answer["days"] if d["workday"] != (date.fromisoformat(d["date"]).weekday() < 5)
    ]
    work = [d["date"][5:] for d in odd if d["workday"]]
    off = [d["date"][5:] for d in odd if not d["workday"]]
    click.echo(f"调休上班：{' '.join(work) or '无'}\n工作日放假：{' '.join(off) or '无'}")


# -- verbs that touch state: through the one door --------------------------------------------------


@main.command()
@_CONFIG
@_JSON
@click.option("--from", "first", metavar="DATE", help="从哪天起，缺省今天")
@click.option("--days", default=30, metavar="N", help="多少天")
def plan(config_path: str, as_json: bool, first: str | None, days: int) -> None:
    """将要推送什么、何时、给谁；什么被拦下或让路，为什么。

    例：qingfeng plan --from 2026-09-10 --days 30
    """
    answer = _call(config_path, "plan", {"from": first, "days": days})
    if as_json:
        return _print_json(answer)
    rows = [
        [_when(p["due"]), p["key"], p["item"], p["target"], p["blocked"] or p["reason"] or ""]
        for p in answer["pushes"]
    ]
    _table("推送计划", ["时间", PUSH_KEY, "内容", "对象", "拦下的原因"], rows)
    for line in dict.fromkeys(
        f"不推送  {s['date']} {s['rule']}：{s['reason']}" for s in answer["skipped"]
    ):
        click.echo(line)
    return None


@main.command()
@_CONFIG
@_JSON
@click.option("--state", multiple=True, help="只看这种状态，如 unknown")
def pushes(config_path: str, as_json: bool, state: tuple[str, ...]) -> None:
    """每条推送走到了哪一步。

    例：qingfeng pushes --state unknown
    """
    answer = _call(config_path, "pushes", {"state": list(state)})
    if as_json:
        return _print_json(answer)
    rows = [
        [
            _when(p["due"]),
            p["key"],
            p["item"],
            messages.STATES[p["state"]],
            _when(p["sent_at"]) if p["sent_at"] else "",
            p["reason"],
        ]
        for p in answer["pushes"]
    ]
    _table("推送记录", ["应发", PUSH_KEY, "内容", "状态", "发出", "说明"], rows)
    return None


@main.command()
@_CONFIG
@_JSON
@click.argument("item", metavar="ITEM")
@click.option("--to", required=True, metavar="TARGET", help="推送对象的名字，或 me")
@click.option("--dry-run", is_flag=True, help="只看成文，不发送")
def send(config_path: str, as_json: bool, item: str, to: str, dry_run: bool) -> None:
    """手工推送一篇；仍须已审批，并在推送时段内发出。

    例：qingfeng send SC-01 --to jg1 --dry-run
    """
    answer = _call(
        config_path, "send", {"item": item, "to": to, "dry_run": dry_run}, example=dry_run
    )
    if as_json:
        return _print_json(answer)
    if dry_run:
        click.echo(answer["text"])
        click.echo(f"—— 共 {answer['size']} 字节，未发送。" + (answer["blocked"] or ""))
    else:
        state = messages.STATES[answer["state"]]
        click.echo(
            f"{answer['key']}：{state}" + (f"（{answer['reason']}）" if answer["reason"] else "")
        )
    return None


@main.command()
@_CONFIG
@_JSON
@click.argument("item", metavar="ITEM")
@click.option("--as", "who", required=True, metavar="NAME", help="谁审批")
@click.option("--step", metavar="STEP", help="哪个环节，缺省为最后一个")
@click.option("--sources-checked", is_flag=True, help="已打开来源，逐条核对")
def approve(
    config_path: str, as_json: bool, item: str, who: str, step: str | None, sources_checked: bool
) -> None:
    """审批一篇内容；之后一字改动都要重新审批。

    例：qingfeng approve SC-01 --as 王五 --sources-checked
    """
    if not sources_checked and sys.stdin.isatty():
        sources_checked = click.confirm("是否已打开来源，逐条核对无误？")
    params = {"item": item, "who": who, "step": step, "sources_checked": sources_checked}
    answer = _call(config_path, "approve", params)
    if as_json:
        return _print_json(answer)
    click.echo(f"已登记：{answer['who']} {answer['step']}通过《{answer['title']}》。")
    click.echo(f"还差：{answer['blocked']}" if answer["blocked"] else "可以推送了。")
    return None


@main.group()
def roster() -> None:
    """人员名册：谁会收到、谁能点“已阅”。"""


@roster.command("import")
@_CONFIG
@_JSON
@click.argument("file", type=click.Path(path_type=Path), metavar="FILE.csv")
def roster_import(config_path: str, as_json: bool, file: Path) -> None:
    """用一个 CSV 替换名册；有错的行会逐行列出，此时什么也不改。

    例：qingfeng roster import 名册.csv
    """
    from bot.library.folder import errors
    from bot.library.roster import read_roster
    from bot.store.codec import to_doc

    members, problems = read_roster(file)
    _print_problems(problems, err=True)
    if errors(problems):
        _fail(["名册没有改动。请改好上面各行后再导入。"], FAULTS)
    answer = _call(config_path, "roster-import", {"members": [to_doc(m) for m in members]})
    if as_json:
        return _print_json(answer)
    click.echo(f"名册已更新：{answer['members']} 人。")
    for target, count in answer["targets"].items():
        click.echo(f"  {target}：在岗 {count} 人" + ("" if count else "（名册里没有人属于它）"))
    return None


@main.command()
@_CONFIG
@_JSON
@click.option("--week", metavar="2026-W47", help="哪一周，缺省上周")
@click.option("--recount", is_flag=True, help="按今天的回执重算，并给出与原报的差别")
def summary(config_path: str, as_json: bool, week: str | None, recount: bool) -> None:
    """《廉政教育推送周报》。

    例：qingfeng summary --week 2026-W25
    """
    answer = _call(config_path, "summary", {"week": week, "recount": recount})
    if as_json:
        return _print_json(answer)
    click.echo(_plain(answer["text"]))
    if answer.get("difference"):
        click.echo(f"与原报的差别：{answer['difference']}")
    return None


# -- helpers ---------------------------------------------------------------------------------------


def _config(path: str, *, example: bool = True) -> Config:
    """Read the configuration; verbs that send nothing fall back on the example and say so."""
    from bot.config import ConfigError, load

    chosen = Path(path)
    if not chosen.exists():
        fallback = chosen.parent / EXAMPLE
        if not (example and path == "config.toml" and fallback.exists()):
            _fail([messages.NO_CONFIG.format(path)], CANNOT)
        click.echo(messages.EXAMPLE_CONFIG, err=True)
        chosen = fallback
    try:
        return load(chosen.resolve(), os.environ)
    except ConfigError as error:
        _print_errors(error.problems)
        sys.exit(CANNOT)


def _call(
    config_path: str, verb: str, params: Mapping[str, Any], *, example: bool = True
) -> dict[str, Any]:
    from bot.app import call

    config = _config(config_path, example=example)
    answer: dict[str, Any] = _guard(lambda: _async(call(config, verb, params)))
    return answer


def _guard(work: Callable[[], Any]) -> Any:
    from bot.config import ConfigError
    from bot.verbs import Mistake

    try:
        return work()
    except Mistake as error:
        _fail([str(error)], FAULTS)
    except ConfigError as error:
        _print_errors(error.problems)
        sys.exit(CANNOT)


def _async(work: Any) -> Any:
    import asyncio

    return asyncio.run(work)


def _print_errors(problems: Sequence[Problem]) -> None:
    for problem in problems:
        where = f"{problem.path}:{problem.line}" if problem.line else problem.path
        click.echo(f"{where}  {problem.message}", err=True)


def _print_json(answer: Mapping[str, Any]) -> None:
    click.echo(json.dumps(answer, ensure_ascii=False, indent=1, default=str))


def _table(title: str, header: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
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


def _when(text: str) -> str:
    return text[:16].replace("T", " ")


def _plain(markdown: str) -> str:
    """Return a WeCom markdown text as a terminal shows it best: without its marks."""
    import re

    text = re.sub(r"</?font[^>]*>", "", markdown)
    return re.sub(r"(?m)^> ", "", text).replace("**", "")
