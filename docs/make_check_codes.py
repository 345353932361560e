"""Print docs/handbook/check-codes.md from the rules themselves, so that it cannot lag.

.venv/bin/python docs/make_check_codes.py > docs/handbook/check-codes.md
"""

from __future__ import annotations

from collections.abc import Iterable

from bot.core.lint import RULES
from bot.core.lint.codes import READING
from bot.core.lint.twins import CODES as TWINS

HEAD = """\
# 检查的每一条

这张表由程序里的规则生成，请不要手改。

写稿时表单旁边、每一篇的“自动检查”、`qingfeng check` 说的是同样的话：第几行、什么问题、怎么改。
`qingfeng check` 每一行末尾的方括号里是代码，照代码在这里查；代码不会变。

**错误** 不改不能发送。**提醒** 可以发送，但请看一眼。

表里说的“提法库”是 `content/lexicon.toml`：词语、提法、法规名称都在里面，可以自己增删，存盘就算数。
哪一条在本单位不合用，改提法库就行，不用改程序。

看全部稿子有什么问题：

```sh
qingfeng check
```

认得准的几样（看不见的字符、从 PDF 带来的部首字形、写错的固定提法和法规简称）可以让程序代改。
改了哪里会列出来：

```sh
qingfeng check --fix
```
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
    return "\n".join(["", *TITLES, *lines]) + "\n"


if __name__ == "__main__":
    print(page(), end="")
