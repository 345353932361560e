"""Names in place of ids, with `enable_id_trans` (wecom/api.md §3.2, page 90236)."""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bot.sandbox.registry import Registry

# $userAlias=…$ stays as it is for members without an alias, which are all here
USER = re.compile(r"\$user(?:Name|AliasOrName)=([^$]+)\$")
DEPARTMENT = re.compile(r"\$departmentName=([0-9]{1,18})\$")

# The fields that the page lists; a step into a list goes to each of its entries.
FIELDS = {
    "text": ("content",),
    "textcard": ("title", "description"),
    "news": ("articles.title", "articles.description"),
    "mpnews": ("articles.title", "articles.digest", "articles.content"),
    "miniprogram_notice": ("title", "description", "content_item.value"),
    "template_card": (
        "source.desc",
        "main_title.title",
        "main_title.desc",
        "sub_title_text",
        "horizontal_content_list.value",
    ),
}


def translated(message: dict[str, Any], registry: "Registry") -> dict[str, Any]:
    """A copy of `{"msgtype": t, t: {...}}` in which those fields name people and departments.

    What is unknown or out of the app's range stays as it is written.
    """
    kind = message["msgtype"]
    part = message[kind]
    for path in FIELDS.get(kind, ()):
        part = _changed(part, path.split("."), lambda text: _named(text, registry))
    return {**message, kind: part}


def _changed(value: Any, steps: list[str], change: Callable[[str], str]) -> Any:
    if isinstance(value, list):
        return [_changed(item, steps, change) for item in value]
    if not steps:
        return change(value) if isinstance(value, str) else value
    if not isinstance(value, dict) or steps[0] not in value:
        return value
    return {**value, steps[0]: _changed(value[steps[0]], steps[1:], change)}


def _named(text: str, registry: "Registry") -> str:
    def user(match: re.Match[str]) -> str:
        found = registry.user(match[1])
        return found.name if found and found.visible else match[0]

    def department(match: re.Match[str]) -> str:
        found = registry.departments.get(int(match[1]))
        return found.name if found else match[0]

    return DEPARTMENT.sub(department, USER.sub(user, text))
