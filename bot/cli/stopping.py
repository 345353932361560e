"""Verbs that stop and mend: a halt to a name or phrase, a correction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from bot.cli.reviewing import print_outside, print_sent
from bot.cli.shell import CANNOT, CONFIG, JSON, call, fail, main, print_json
from bot.core import messages


@main.command()
@CONFIG
@JSON
@click.argument("word", required=False, metavar="[WORD]")
@click.option("--lift", is_flag=True, help="解除叫停")
@click.option("--as", "who", default="", metavar="NAME", help="谁叫停")
@click.option("--why", default="", metavar="TEXT", help="原因")
def hold(config_path: str, as_json: bool, word: str | None, lift: bool, who: str, why: str) -> None:
    """叫停一个人名或一句话：凡有它的，没发的一律不发，并列出已经发到哪里。

    例：qingfeng hold 张三    例：qingfeng hold 张三 --lift    例：qingfeng hold
    """
    if lift and not word:
        fail(["请写明解除哪一个：qingfeng hold 词 --lift"], CANNOT)
    params = {"word": word, "lift": lift, "who": who, "why": why}
    answer = call(config_path, "hold", params)
    if as_json:
        return print_json(answer)
    if not word:
        return _print_holds(answer)
    if lift:
        click.echo(f"已解除“{answer['word']}”。下列内容照旧按审批办：")
        return _print_items(answer)
    click.echo(f"已叫停“{answer['word']}”，解除以前不会再发。内容库里有它的：")
    _print_items(answer)
    click.echo(f"排着队没发、已经拦下的：{len(answer['stopped'])} 条。已经发出的：")
    print_sent(answer["sent"])
    print_outside(answer["outside"])
    for line in answer["write"]:
        click.echo(f"需要更正时，先写：{line}")
    for line in answer["correct"]:
        click.echo(f"写好审批后，发给收到过的：{line}")
    return None


def _print_holds(answer: Mapping[str, Any]) -> None:
    for one in answer["holds"]:
        tail = " ".join(part for part in (one["who"], one["why"]) if part)
        click.echo(f"{one['when'][:16].replace('T', ' ')}  {one['word']}  {tail}".rstrip())
    if not answer["holds"]:
        click.echo("没有叫停任何词。")


def _print_items(answer: Mapping[str, Any]) -> None:
    for item in answer["items"]:
        state = item["blocked"] or "可以推送"
        click.echo(f"  {item['id']}《{item['title']}》 {item['path']}：{state}")
    if not answer["items"]:
        click.echo("  没有。")


@main.command()
@CONFIG
@JSON
@click.argument("item", metavar="ITEM")
@click.option("--dry-run", is_flag=True, help="只看发给谁、成文如何，不发送")
def correct(config_path: str, as_json: bool, item: str, dry_run: bool) -> None:
    """发更正：只发给收到过原文的那些对象，一个不多，一个不少。

    例：qingfeng correct SC-01 --dry-run    例：qingfeng correct SC-01
    """
    answer = call(config_path, "correct", {"item": item, "dry_run": dry_run}, example=dry_run)
    if as_json:
        return print_json(answer)
    click.echo(f"{answer['original']} 的更正《{answer['title']}》（{answer['correction']}）：")
    for push in answer["pushes"]:
        state = "将发给" if dry_run else messages.STATES[push["state"]]
        tail = f"（{push['reason']}）" if push["reason"] else ""
        click.echo(f"  {push['target']}  {state}{tail}")
    for push in answer["waiting"]:
        tail = f"（{push['reason']}）" if push["reason"] else ""
        click.echo(f"  {push['target']}  上次的还在：{messages.STATES[push['state']]}{tail}")
    for target in answer["already"]:
        click.echo(f"  {target}  已经更正过")
    for target in answer["gone"]:
        click.echo(f"  {target}  收到过原文，但配置里已经没有它，请另行告知")
    if dry_run and "text" in answer:
        click.echo(f"\n{answer['text']}\n—— 未发送。" + (answer["blocked"] or ""))
    return None
