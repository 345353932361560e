"""A text as a form: fields and sections to fill in, and back into the same kind of file.

What the form has no box for (rarer keys, blocks, notes above the first heading) goes along as it
was written: nothing an author typed is lost by opening a text in the console.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.core.content import HEADINGS, KEYS, KINDS, head_entries, parts_of_file
from bot.core.model import Kind

# In the order of the form. The rest of the keys stand in `more`, as lines.
BOXES = (
    *("编号", "标题", "类别", "短讯", "节点", "岗位", "层级", "对象", "标签"),
    *("摘要", "起草", "依据", "来源", "公开属性", "生效", "失效", "状态"),
)
_CHINESE = {english: key for key, english in KEYS.items()}
_LEAD = ""  # the section above the first heading


@dataclass(frozen=True, kw_only=True)
class Form:
    """One text to be filled in."""

    fields: Mapping[str, str]  # box -> value, on one line
    sections: Mapping[str, str] = field(default_factory=dict)  # heading -> text; "" above them
    more: str = ""  # the head's other lines

    @property
    def kind(self) -> Kind | None:
        return KINDS.get(self.fields.get("类别", ""))


def form_of(text: str) -> Form | None:
    """Return the form of a file's text; None where it has no head."""
    parts = parts_of_file(text)
    if parts is None:
        return None
    head, body = parts
    fields: dict[str, str] = {}
    more: list[str] = []
    for written, value, lines in head_entries(head):
        key = _CHINESE.get(written, written)
        if key in BOXES and key not in fields:
            fields[key] = value
        else:
            more.append(lines)
    kind = KINDS.get(fields.get("类别", ""))
    known = HEADINGS[kind] if kind else ()
    sections: dict[str, list[str]] = {_LEAD: []}
    current = _LEAD
    for line in body:
        heading = line[3:].strip() if line.startswith("## ") else ""
        if heading in known and heading not in sections:
            current = heading
            sections[current] = []
        else:
            sections[current].append(line)
    texts = {name: "\n".join(lines).strip("\n") for name, lines in sections.items()}
    return Form(fields=fields, sections=texts, more="\n".join(more))


def text_of(form: Form) -> str:
    """Return the file's text. Boxes that are empty leave no line; headings stay."""
    lines = [f"{key}: {one}" for key in BOXES if (one := _on_one_line(form.fields.get(key, "")))]
    more = _lines(form.more).strip("\n")
    head = "\n".join([*lines, *([more] if more else [])])
    parts = [lead] if (lead := _lines(form.sections.get(_LEAD, "")).strip("\n")) else []
    for name, text in form.sections.items():
        if name:
            parts.append(f"## {name}\n\n{_lines(text).strip(chr(10))}".rstrip())
    body = "\n\n".join(parts)
    return f"---\n{head}\n---\n\n{body}\n"


def box_of(text: str, line: int) -> str:
    """Return the box of the form that holds a line of its file: "f-摘要", "s-怎么做"; "" for none.

    >>> box_of("---\\n标题: 茶\\n---\\n\\n## 经过\\n\\n他来了。\\n", 7)
    's-经过'
    """
    box, fences = "", 0
    for number, words in enumerate(text.splitlines(), start=1):
        if words == "---" and fences < 2:
            fences += 1
            box = "s-" if fences == 2 else ""
        elif fences == 1:
            key = re.split("[:：]", words, maxsplit=1)[0].strip()
            box = f"f-{key}" if key in BOXES else "more"
        elif words.startswith("## "):
            box = f"s-{words[3:].strip()}"
        if number == line:
            return box
    return ""


def _on_one_line(value: str) -> str:
    return " ".join(value.split())


def _lines(text: str) -> str:
    return re.sub(r"\r\n?", "\n", text)
