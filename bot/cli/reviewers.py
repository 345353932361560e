"""Verbs about reviewers who sign in nowhere: a personal link and a PIN."""

from __future__ import annotations

import click

from bot.cli.shell import CONFIG, JSON, call, main, print_json, table, when


@main.group(invoke_without_command=True)
@CONFIG
@JSON
@click.pass_context
def reviewers(context: click.Context, config_path: str, as_json: bool) -> None:
    """审核人的个人链接：发给了谁，到哪天；link 发一个，revoke 收回。

    例：qingfeng reviewers    例：qingfeng reviewers link 王五
    """
    if context.invoked_subcommand is not None:
        return None
    answer = call(config_path, "reviewers", {})
    if as_json:
        return print_json(answer)
    rows = [
        [
            one["name"],
            one["role"],
            "、".join(one["steps"]) or "全部",
            one["expires"][:10],
            one["closed"] or "正常",
        ]
        for one in answer["reviewers"]
    ]
    table("审核人的个人链接", ["姓名", "身份", "环节", "有效期至", "现状"], rows)
    return None


@reviewers.command()
@CONFIG
@JSON
@click.argument("name", metavar="姓名")
@click.option("--step", "steps", multiple=True, metavar="环节", help="只审哪个环节，可写几个")
@click.option(
    "--role", type=click.Choice(["查看", "编辑", "审核", "管理"]), help="在控制台的身份，缺省审核"
)
@click.option("--days", type=click.IntRange(1, 366), help="有效多少天，缺省 180")
@click.option("--ask-pin", is_flag=True, help="口令由本人当场输入，不由程序给")
def link(
    config_path: str,
    as_json: bool,
    name: str,
    steps: tuple[str, ...],
    role: str | None,
    days: int | None,
    ask_pin: bool,
) -> None:
    """发给审核人一个链接和口令，手机上点开就能审；再发一次，旧的作废。

    例：qingfeng reviewers link 王五    例：qingfeng reviewers link 李四 --step 初审 --days 90
    """
    pin = ""
    if ask_pin:
        pin = click.prompt(
            "口令（6 到 12 位数字）", hide_input=True, confirmation_prompt="再输一次"
        )
    params = {"who": name, "steps": list(steps), "role": role, "days": days, "pin": pin}
    answer = call(config_path, "reviewers-link", params, example=False)
    if as_json:
        return print_json(answer)
    click.echo(f"{answer['name']} 的审核链接（有效期至 {when(answer['expires'])}）：")
    click.echo(f"  {answer['url']}")
    if not ask_pin:
        click.echo(f"  口令 {answer['pin']}")
    click.echo(
        "链接和口令请分开给本人，只显示这一次。" + ("旧的链接已作废。" if answer["again"] else "")
    )
    if answer["url"].startswith("http://127.0.0.1"):
        click.echo("还没有填 [web] public_url：这个链接只有本机打得开。", err=True)
    return None


@reviewers.command()
@CONFIG
@JSON
@click.argument("name", metavar="姓名")
def revoke(config_path: str, as_json: bool, name: str) -> None:
    """收回一个审核链接；他已审过的仍然有效。

    例：qingfeng reviewers revoke 王五
    """
    answer = call(config_path, "reviewers-revoke", {"who": name})
    if as_json:
        return print_json(answer)
    click.echo(f"已收回 {answer['name']} 的审核链接。")
    return None
