"""The verb that looks whether WeCom can be reached as it is configured."""

from __future__ import annotations

import sys

import click

from bot.cli.shell import CONFIG, FAULTS, JSON, OK, call, main, print_json

_MARKS = {"passed": "✓", "failed": "✗", "unknown": "？"}


@main.command()
@CONFIG
@JSON
@click.option("--send-test", is_flag=True, help="另给管理员本人试发一条")
def doctor(config_path: str, as_json: bool, send_test: bool) -> None:
    """连接检查：逐项看能不能用，不能用的说明到哪里改。

    例：qingfeng doctor    例：qingfeng doctor --send-test
    """
    answer = call(config_path, "doctor", {"send_test": send_test})
    if as_json:
        print_json(answer)
    else:
        for check in answer["checks"]:
            click.echo(f"{_MARKS[check['state']]} {check['name']}：{check['says']}")
            if check["click"] and check["state"] != "passed":
                click.echo(f"    → {check['click']}")
    sys.exit(FAULTS if answer["failed"] else OK)
