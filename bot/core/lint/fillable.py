"""Which placeholders have nothing to say for which node: no days off, or no day at all."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from bot.core.calendar import Calendar
from bot.core.model import Node
from bot.core.render import PLACEHOLDERS

OF_DAYS_OFF = frozenset({"放假安排", "上班日"})


def unfilled(nodes: Iterable[Node], calendar: Calendar, today: date) -> dict[str, frozenset[str]]:
    """Return the name of a node -> the placeholders that nothing can fill for it.

    Asked of this year and the next: a unit's own node may bring a day off in one and not in the
    other, and then its sentence falls away where it must (`render.fill`).
    """
    nodes = list(nodes)
    days = [day for year in (0, 1) for day in calendar.node_days(nodes, today.year + year)]
    off = {day.node.name for day in days if day.brings_days_off}
    return {
        node.name: frozenset(PLACEHOLDERS) if node.evergreen else OF_DAYS_OFF
        for node in nodes
        if node.name not in off
    }
