"""The verb that begins an installation: starter texts, and five questions."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from bot.cli.shell import CANNOT, FAULTS, config_of, fail, main
from bot.core import messages

if TYPE_CHECKING:
    from bot.library import settle

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
    from bot.library import founding
    from bot.library.shipped import home

    if not (home() / "content").is_dir():
        fail([messages.NO_STARTER], CANNOT)
    config = folder / "config.toml"
    if config.exists() and not update:
        fail([f"{config} 已经有了；只更新内容请加 --update"], FAULTS)
    schedules = _brought(folder, config)
    if update:
        return
    given = _Given(unit, webhook, reviewers, hours, rhythm)
    answers, plan = _answers(_asked(given) if sys.stdin.isatty() else given)
    founding.found(folder, schedules, answers, plan)
    if answers.reviewers == 1:
        click.echo(f"{messages.ONE_REVIEWER}。")
    go = "" if folder.resolve() == Path.cwd() else f"cd {folder}，"
    click.echo(f"已写好 {config}。接着：{go}qingfeng check，qingfeng run")


def _brought(folder: Path, config: Path) -> Path:
    """Bring the starter texts and schedules, and return where the schedules stand now."""
    from bot.app import folders_of, places_of
    from bot.library import founding
    from bot.library.pack import BadPack

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
    return places.schedules


class _Given(NamedTuple):
    """The five answers as options gave them; None where somebody is still to be asked."""

    unit: str | None
    webhook: str | None
    reviewers: int | None
    hours: str | None
    rhythm: str | None


def _asked(given: _Given) -> _Given:
    reviewers = given.reviewers
    unit = given.unit or click.prompt("一、单位名称", default="", show_default=False)
    group = "二、群的“消息推送”地址"
    webhook = given.webhook or click.prompt(group, default="", show_default=False)
    if reviewers is None:
        reviewers = click.prompt("三、几个人审（0 到 3）", type=click.IntRange(0, 3), default=1)
    hours = given.hours or click.prompt("四、推送时段", default="09:10-11:20,14:40-17:10")
    year = "五、今年怎么发：1 标准 2 每周一次 3 只发节日"
    plan = given.rhythm or click.prompt(year, type=click.Choice(list(_PLANS)), default="1")
    return _Given(unit, webhook, reviewers, hours, plan)


def _answers(given: _Given) -> tuple[settle.Answers, str]:
    """Return the answers as `founding` takes them and the plan of the year, or say what is off."""
    from bot.library import founding, settle

    try:
        spans = founding.spans_of(given.hours or "")
        base_url = founding.address_of(given.webhook).base_url if given.webhook else ""
    except ValueError as error:
        fail([str(error)], FAULTS)
    answers = settle.Answers(
        unit=given.unit or "",
        webhook=given.webhook or "",
        base_url=base_url,
        reviewers=given.reviewers,
        hours=spans,
    )
    return answers, given.rhythm or "1"
