"""Print docs/settings.md from the table of settings itself, so that it cannot lag.

.venv/bin/python docs/make_settings.py > docs/settings.md
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import MISSING, Field, fields
from typing import Any

from bot.channels import KINDS as CHANNELS
from bot.settings import SECTIONS

HEAD = """\
# 配置项

这张表由程序里的配置表生成，请不要手改。
改配置：把 `config.example.toml` 复制为 `config.toml` 再改。不认识的项会报错，并提示最相近的名称。

- 每一项都可以用环境变量代替：`QINGFENG_<小节>__<名称>`，小节里的点写成下划线，
  如 `QINGFENG_WECOM_APP__SECRET`。环境变量优先于文件。
- 标“密”的是密码。建议写成 `<名称>_file = "secrets/…"`，指向只存一行的文件；
  环境变量则在末尾加 `_FILE`。
- 路径都从 `config.toml` 所在的文件夹算起。
"""
TARGET_HEAD = """\
## [target.英文名]

推送对象，每个一节。英文名只用字母、数字和连字符，最多 24 位；它写进每条推送的编号，定了就不要改。
群的地址也可以用环境变量 `QINGFENG_TARGET_<英文名>__WEBHOOK`，英文名里的连字符写成下划线；
写了 `webhook_file` 的，以文件为准。
"""
# The tables of targets are free in number, so their keys stand in no dataclass.
TARGET = {
    "name": ("文字", "群或支部的名称，出现在计划和周报里；缺省为英文名"),
    "channel": ("文字", f"怎么送：{'、'.join(CHANNELS)}。必填"),
    "roster": ("文字", "名册里的支部或部门，`全体` 表示所有人；`bot`、`app` 必须有人，群可以不写"),
    "audience": (
        "文字",
        "`全体`（缺省）、`党员`，或一类人：`领导干部`、`党支部书记` 等；一类人只收专门给他们的",
    ),
    "office": ("是否", "`true` 表示管理员自己的群：收周报，不收推送"),
    "webhook": ("文字（密）", "群里“消息推送（原群机器人）”给的地址"),
    "chatid": ("文字", "机器人群的 chatid；不填就在群里@机器人写“绑定”，由程序记下"),
    "webhook_file": ("文字", "存有该地址的文件，代替 webhook"),
}
KINDS = {str: "文字", int: "整数", bool: "是否", list: "列表"}


def page() -> str:
    """Return the whole page."""
    parts = [HEAD]
    for name, kind in SECTIONS.items():
        parts.append(f"## [{name}]\n\n" + _table(_row(setting) for setting in fields(kind)))
    rows = (f"| `{key}` | {kind} | | {words} |" for key, (kind, words) in TARGET.items())
    return "\n".join([*parts, TARGET_HEAD, _table(rows)])


def _table(rows: Iterator[str]) -> str:
    return "\n".join(["| 名称 | 类型 | 缺省 | 说明 |", "|---|---|---|---|", *rows]) + "\n"


def _row(setting: Field[Any]) -> str:
    default = setting.default
    if setting.default_factory is not MISSING:
        default = setting.default_factory()
    kind = KINDS[type(default)] + ("（密）" if setting.metadata["secret"] else "")
    shown = (
        f"`{json.dumps(default, ensure_ascii=False)}`"
        if default not in ("", 0) or default is False
        else ""
    )
    return f"| `{setting.name}` | {kind} | {shown} | {setting.metadata['doc']} |"


if __name__ == "__main__":
    print(page(), end="")
