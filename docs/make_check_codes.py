"""Print docs/check-codes.md from the rules themselves, so that it cannot lag.

.venv/bin/python docs/make_check_codes.py > docs/check-codes.md
"""

from __future__ import annotations

from collections.abc import Iterable

from bot.core.lint import RULES
from bot.core.lint.codes import READING
from bot.core.lint.twins import CODES as TWINS

HEAD = """\
# check 查什么

这张表由程序里的规则生成，请不要手改。`qingfeng check` 的每个问题都带一个代码，代码不会变。
**错误**不改不能发送；**提醒**可以发送，但请看一眼。
词语、提法、法规名称都在 `content/lexicon.toml` 里，可以自己增删。
"""
TITLES = ("| 代码 | 轻重 | 查什么 | 怎么改 |", "|---|---|---|---|")
SEVERITY = {"error": "错误", "warning": "提醒"}


def page() -> str:
    """Return the whole page."""
    rules = ((one.code, one.severity, one.about, one.instead) for one in RULES)
    parts = [HEAD, "## 文字里的", _table(rules)]
    parts += ["## 几篇之间的", _table((code, *rest) for code, rest in TWINS.items())]
    parts += ["## 读文件时的", _table((code, *rest) for code, rest in READING.items())]
    return "\n".join(parts)


def _table(rows: Iterable[tuple[str, ...]]) -> str:
    lines = [
        f"| `{code}` | {SEVERITY[severity]} | {about} | {instead} |"
        for code, severity, about, instead in rows
    ]
    return "\n".join([*TITLES, *lines]) + "\n"


if __name__ == "__main__":
    print(page(), end="")
