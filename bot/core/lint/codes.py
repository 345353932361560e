"""The codes of what is found while files are read, for the page of codes."""

from __future__ import annotations

from bot.core.lint.rule import Severity

# code -> (severity, what it finds, what to do)
READING: dict[str, tuple[Severity, str, str]] = {
    "file": (
        "error",
        "文件读不了：链接出了文件夹、太大、不是文本、编码认不出、附件不在或损坏",
        "照提示另存或搬动",
    ),
    "office-file": (
        "warning",
        ".wps、.doc、.docx、.rtf、网页放在内容里，又不是哪一篇的附件",
        "照提示另存，放进 待导入 文件夹",
    ),
    "returned": ("warning", "审核人退回了现在这一稿", "按退回的原因改好，会重新送审"),
    "toml": ("error", "TOML 写法不对", "照提示改那一行"),
    "lexicon": ("error", "提法库里有不认识的项，或写法不对", "照提示改那一行"),
    "lexicon-missing": (
        "warning",
        "没有提法库 lexicon.toml，暂按程序自带的检查",
        "要改提法，从样例里复制一份",
    ),
    "lexicon-old": (
        "warning",
        "提法库的版本日期已过十二个月，或已到 recheck 的日期",
        "对照最新文件核对后改 version",
    ),
    "item-head": (
        "error",
        "找不到夹在两行 --- 之间的字段区",
        "开头写一行 ---，字段写完再写一行 ---",
    ),
    "item-line": ("error", "字段区里有一行看不懂", "每行写成 键: 值"),
    "item-key": ("error", "没有这个键", "照提示改成相近的键"),
    "item-twice": ("error", "同一个键写了两次", "只留一处"),
    "item-block": ("error", "缩进的内容读不懂，或会丢字", "每行以“- ”开头"),
    "item-title": ("error", "缺少标题", "加一行 标题: …"),
    "item-kind": ("error", "缺少类别，或类别不认识", "照提示写其中一个"),
    "item-status": ("error", "状态写了别的", "只写 草稿 或 停用"),
    "item-effective": ("error", "生效不是日期", "写成 2026-09-01"),
    "item-expires": ("error", "失效不是日期", "写成 2026-09-01"),
    "item-cooldown-weeks": ("error", "冷却周数不是整数", "写一个整数"),
}
