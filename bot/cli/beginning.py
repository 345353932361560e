"""The verb that begins an installation: starter texts, and five questions."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from bot.cli.shell import CANNOT, FAULTS, config_of, fail, main
from bot.core import messages

_PLANS = ("1", "2", "3")


@main.command()
@click.argument("folder", metavar="[DIR]", default=".", type=click.Path(path_type=Path))
@click.option("--update", is_flag=True, help="只带来新版的内容和日程，改过的留着，不问问题")
@click.option("--unit", metavar="NAME", help="单位名称")
@click.option("--webhook", metavar="URL", help="第一个群的“消息推送”地址")
@click.option("--reviewers", type=click.IntRange(0, 3), metavar="N", help="几个人审，0 为不审")
@click.option("--hours", metavar="SPANS", help="推送时段，如 09:10-11:20,14:40-17:10")
@click.option("--rhythm", type=click.Choice(list(_PLANS)), help="1 标准 2 每周一次 3 只发节日")
def init(
    folder: Path,
    update: bool,
    unit: str | None,
    webhook: str | None,
    reviewers: int | None,
    hours: str | None,
    rhythm: str | None,
) -> None:
    """新建一套：自带的内容和日程，问五个问题，写好 config.toml；密码另放 secrets。

    例：qingfeng init 我单位    例：qingfeng init 我单位 --update
    """
    from bot.app import folders_of, places_of
    from bot.library import founding, settle
    from bot.library.pack import BadPack
    from bot.library.shipped import home

    if not (home() / "content").is_dir():
        fail([messages.NO_STARTER], CANNOT)
    config = folder / "config.toml"
    if config.exists() and not update:
        fail([f"{config} 已经有了；只更新内容请加 --update"], FAULTS)
    if founding.is_the_programs_own(folder):
        fail([messages.OWN_FOLDER], FAULTS)
    if config.exists():  # it may keep them elsewhere
        places = places_of(folders_of(config_of(str(config))))
    else:
        places = founding.places_in(folder)
    try:
        changes = founding.bring(places)
    except BadPack as error:
        fail([str(error)], FAULTS)
    for one in changes:
        if one.what == "conflict":
            click.echo(f"两边都改过，本单位的没有动，新版放在 content/待合并：{one.path}")
    count = sum(one.what in ("new", "updated") for one in changes)
    click.echo(f"内容和日程：新增和更新 {count} 个文件，都要先审批才会推送。")
    if update:
        return
    if sys.stdin.isatty():
        unit = unit or click.prompt("一、单位名称", default="", show_default=False)
        webhook = webhook or click.prompt("二、群的“消息推送”地址", default="", show_default=False)
        if reviewers is None:
            reviewers = click.prompt("三、几个人审（0 到 3）", type=click.IntRange(0, 3), default=1)
        hours = hours or click.prompt("四、推送时段", default="09:10-11:20,14:40-17:10")
        rhythm = rhythm or click.prompt(
            "五、今年怎么发：1 标准 2 每周一次 3 只发节日",
            type=click.Choice(list(_PLANS)),
            default="1",
        )
    try:
        spans = founding.spans_of(hours or "")
        base_url = founding.address_of(webhook).base_url if webhook else ""
    except ValueError as error:
        fail([str(error)], FAULTS)
    answers = settle.Answers(
        unit=unit or "",
        webhook=webhook or "",
        base_url=base_url,
        reviewers=reviewers,
        hours=spans,
    )
    founding.found(folder, places.schedules, answers, rhythm or "1")
    if reviewers == 1:
        click.echo(f"{messages.ONE_REVIEWER}。")
    go = "" if folder.resolve() == Path.cwd() else f"cd {folder}，"
    click.echo(f"已写好 {config}。接着：{go}qingfeng check，qingfeng run")
