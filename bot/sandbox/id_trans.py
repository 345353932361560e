"""Names in place of ids, with `enable_id_trans` (wecom/api.md §3.2)."""

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bot.sandbox.registry import Registry

USER = re.compile(r"\$user(?:Name|AliasOrName|Alias)=([^$]+)\$")
DEPARTMENT = re.compile(r"\$departmentName=(\d+)\$")
FIELDS = frozenset({"content", "title", "description", "digest", "desc", "sub_title_text", "value"})


def translated(shown: Any, registry: "Registry", name: str = "") -> Any:
    """A copy of a message in which the text fields that allow it name people and departments."""
    if isinstance(shown, dict):
        return {key: translated(value, registry, key) for key, value in shown.items()}
    if isinstance(shown, list):
        return [translated(item, registry, name) for item in shown]
    return _named(shown, registry) if name in FIELDS and isinstance(shown, str) else shown


def _named(text: str, registry: "Registry") -> str:
    def user(match: re.Match[str]) -> str:
        found = registry.user(match[1])
        return found.name if found else match[0]

    def department(match: re.Match[str]) -> str:
        found = registry.departments.get(int(match[1]))
        return found.name if found else match[0]

    return DEPARTMENT.sub(department, USER.sub(user, text))
