"""Verbs about pushes: the outbox, and a text sent by hand."""

from __future__ import annotations

import click

from bot.cli.shell import (
    CANNOT,
    CONFIG,
    JSON,
    PUSH_KEY,
    call,
    fail,
    main,
    print_end,
    print_json,
    table,
    when,
)
from bot.core import messages


@main.command()
@CONFIG
@JSON
@click.option("--state", multiple=True, help="只看这种状态，如 unknown")
def pushes(config_path: str, as_json: bool, state: tuple[str, ...]) -> None:
    """每条推送走到了哪一步。

    例：qingfeng pushes --state unknown
    """
    answer = call(config_path, "pushes", {"state": list(state)})
    if as_json:
        return print_json(answer)
    rows = [
        [
            when(p["due"]),
            p["key"],
            p["item"],
            messages.STATES[p["state"]],
            when(p["sent_at"]) if p["sent_at"] else "",
            p["reason"],
        ]
        for p in answer["pushes"]
    ]
    table("推送记录", ["应发", PUSH_KEY, "内容", "状态", "发出", "说明"], rows)
    return None


@main.command()
@CONFIG
@JSON
@click.argument("item", metavar="ITEM")
@click.option("--to", required=True, metavar="TARGET", help="推送对象的名字，或 me")
@click.option("--dry-run", is_flag=True, help="只看成文，不发送")
@click.option("--missed", is_flag=True, help="补发：只发给当时没有送到、后来能收到的人")
def send(config_path: str, as_json: bool, item: str, to: str, dry_run: bool, missed: bool) -> None:
    """手工推送一篇；仍须已审批，并在推送时段内发出。

    例：qingfeng send SC-01 --to jg1 --dry-run    例：qingfeng send N06 --to jg1 --missed
    """
    wanted = {"item": item, "to": to, "dry_run": dry_run, "missed": missed}
    answer = call(config_path, "send", wanted, example=dry_run)
    if as_json:
        return print_json(answer)
    if dry_run:
        click.echo(answer["text"])
        click.echo(f"—— 共 {answer['size']} 字节，未发送。" + (answer["blocked"] or ""))
    else:
        print_end(answer)
    return None


@main.command()
@CONFIG
@JSON
@click.argument("key", metavar="KEY")
@click.option("--sent/--again", "sent", default=None, help="已核实送达，还是没有送达、要再发")
def resolve(config_path: str, as_json: bool, key: str, sent: bool | None) -> None:
    """核实一条“结果不明”的推送：群里看到了用 --sent，没有看到用 --again。

    例：qingfeng resolve mid-autumn-2026_main@jg1 --sent
    """
    if sent is None:
        fail(["请写明 --sent（已送达）或 --again（没有送达，再发一次）"], CANNOT)
    answer = call(config_path, "resolve", {"key": key, "sent": sent}, example=False)
    if as_json:
        return print_json(answer)
    print_end(answer)
    return None


@main.command()
@CONFIG
@JSON
@click.argument("key", metavar="KEY")
def recall(config_path: str, as_json: bool, key: str) -> None:
    """撤回一条推送：自建应用逐人发的，24 小时内可从企业微信里撤下；看过的已经看过。

    例：qingfeng recall mid-autumn-2026_main@jg1
    """
    answer = call(config_path, "recall", {"key": key}, example=False)
    if as_json:
        return print_json(answer)
    click.echo(f"已撤回 {answer['recalled']} 条消息。")
    for reason in answer["stay"]:
        click.echo(f"撤不回：{reason}")
    return None


@main.command()
@CONFIG
@JSON
@click.option("--until", metavar="DATE", help="到哪天自动恢复，缺省为等 resume")
def pause(config_path: str, as_json: bool, until: str | None) -> None:
    """暂停全部推送（周报照发）；计划里会写明。

    例：qingfeng pause --until 2026-07-01
    """
    answer = call(config_path, "pause", {"until": until}, example=False)
    if as_json:
        return print_json(answer)
    to = messages.PAUSED_UNTIL.format(answer["until"]) if answer["until"] else ""
    click.echo(messages.PAUSED.format(to))
    return None


@main.command()
@CONFIG
@JSON
@click.argument("key", required=False, metavar="[KEY]")
def resume(config_path: str, as_json: bool, key: str | None) -> None:
    """恢复推送；还在适宜时间内的会补发。写上编号，就放行被“暂缓”的那一条。

    例：qingfeng resume    例：qingfeng resume mid-autumn-2026_main
    """
    answer = call(config_path, "resume", {"key": key}, example=False)
    if as_json:
        return print_json(answer)
    if key:
        return click.echo(messages.LET_GO.format(answer["let_go"]))
    click.echo(messages.RESUMED if answer["was"] else messages.WAS_NOT_PAUSED)
    return None
