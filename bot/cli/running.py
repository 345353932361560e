"""The verbs that stay: the demonstration, the local WeCom, the bot itself."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.config import Config

from bot.cli.shell import (
    CANNOT,
    CONFIG,
    PORT,
    async_,
    config_of,
    fail,
    guard,
    lasting,
    main,
    moment_of,
    say,
)
from bot.core import messages


@main.command()
@click.option("--headless", is_flag=True, help="不开浏览器，放完一遍故事就退出")
@click.option("--port", default=0, type=PORT, metavar="N", help="演练环境的端口，0 为任选")
def demo(headless: bool, port: int) -> None:
    """演示：本机的企业微信 + 清风 + 一群会点“已阅”的人。

    例：qingfeng demo    例：qingfeng demo --headless
    """
    from bot.demo.story import play
    from bot.library.shipped import home

    source = Path.cwd() if (Path.cwd() / "content").is_dir() else home()
    sys.exit(async_(play(source, headless=headless, port=port, say=click.echo)))


@main.command()
@click.option("--port", default=8700, type=PORT, metavar="N", help="端口，0 为任选")
@click.option("--tls-port", default=0, type=PORT, metavar="N", help="https 与 wss 的端口，0 为任选")
@click.option("--clock", metavar="TIME", help="从这一刻起走时，如 2026-06-15T09:00")
@click.option(
    "--roster", type=click.Path(path_type=Path), metavar="FILE.csv", help="把这里的人写成一份名册"
)
@click.option(
    "--ca", type=click.Path(path_type=Path), metavar="FILE.pem", help="证书颁发机构写到这个文件"
)
@click.option("--json", "as_json", is_flag=True, help="只打印一行 JSON：全部地址与密钥")
@click.option(
    "--keep",
    type=click.IntRange(min=0),
    default=100_000,
    show_default=True,
    metavar="N",
    help="最多记住多少条记录和消息，0 为全部",
)
def sandbox(
    port: int,
    tls_port: int,
    clock: str | None,
    roster: Path | None,
    ca: Path | None,
    as_json: bool,
    keep: int,
) -> None:
    """演练环境：一个本机的企业微信，按公布的限制办事，带一部可以点的手机。

    例：qingfeng sandbox --port 8700 --clock 2026-06-15T09:00 --roster 名册.csv
    """
    from bot.demo.alone import serve_sandbox

    start = None if clock is None else moment_of(clock)
    work = serve_sandbox(
        port,
        say,
        tls_port=tls_port,
        start=start,
        roster=roster,
        authority=ca,
        as_json=as_json,
        keep=keep,
    )
    lasting(work)


@main.command()
@CONFIG
@click.option("--clock", metavar="TIME", help="演练用：从这一刻起走时，如 2026-06-15T09:00")
@click.option("--open", "opened", is_flag=True, help="启动后在浏览器里打开控制台")
def run(config_path: str, clock: str | None, opened: bool) -> None:
    """启动清风，一直运行到按 Ctrl-C；还没有 config.toml 时，先在浏览器里问五个问题。

    例：qingfeng run    例：qingfeng run --config 我单位/config.toml
    """
    from bot import app, life, logs

    show = click.launch if opened else _show

    path = Path(config_path)
    if path.name == "config.toml" and path.parent.is_dir() and not path.exists():
        _first(path.resolve(), clock, show)
        return
    config = config_of(config_path, example=False)
    if clock is not None and not _rehearsing(config):
        fail([messages.CLOCK_NEEDS_SANDBOX], CANNOT)
    now = app.system_clock if clock is None else app.shifted_clock(moment_of(clock))
    logs.begin(config)
    guard(lambda: lasting(life.run(config, now, say, click.launch if opened else None)))


@main.command()
@CONFIG
@click.option("--show", is_flag=True, help="只打印链接，不开浏览器")
def console(config_path: str, show: bool) -> None:
    """控制台：要一个新的进入链接，并在浏览器里打开；清风须在运行。

    例：qingfeng console    例：qingfeng console --show
    """
    from bot import life

    config = config_of(config_path, example=False)
    url = guard(lambda: async_(life.invitation(config)))
    say(messages.CONSOLE_OPEN.format(url))
    if not show:
        click.launch(url)


@main.command()
@CONFIG
def stop(config_path: str) -> None:
    """停止：让正在运行的清风写完手头的一条再退出；等到它退出为止。

    例：qingfeng stop    例：qingfeng stop --config 我单位/config.toml
    """
    from bot import life

    guard(lambda: async_(life.end(config_of(config_path, example=False))))
    say(messages.STOPPED)


def _first(path: Path, clock: str | None, show: Callable[[str], object]) -> None:
    """Ask in the browser what is to be set, and go on as the running bot."""
    from bot import app, first, logs
    from bot.library import founding
    from bot.library.shipped import home

    if founding.is_the_programs_own(path.parent):
        fail([messages.OWN_FOLDER], CANNOT)
    if not (home() / "content").is_dir():
        fail([messages.NO_STARTER], CANNOT)
    now = app.system_clock if clock is None else app.shifted_clock(moment_of(clock))
    logs.screen_only()
    work = first.begin(path, now, say, show, rehearsing=clock is not None)
    guard(lambda: lasting(work))


def _show(url: str) -> None:
    """Open a page where somebody sits at a desktop; elsewhere the printed link does."""
    seen = sys.platform in ("win32", "darwin") or {"DISPLAY", "WAYLAND_DISPLAY"} & os.environ.keys()
    if seen and sys.stdout is not None and sys.stdout.isatty():
        click.launch(url)


def _rehearsing(config: Config) -> bool:
    from urllib.parse import urlsplit

    return urlsplit(config.wecom.base_url).hostname in ("127.0.0.1", "localhost")
