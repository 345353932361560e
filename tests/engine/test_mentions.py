"""Who is called by name in a group: the administrator, by an alarm, in the office's own group."""

from __future__ import annotations

from bot.demo.stage import READER
from bot.engine import alarms


async def test_an_alarm_calls_the_administrator_in_the_offices_group_and_nobody_elsewhere(desk):
    await alarms.raise_alarm(desk.house.bureau, "bot-kicked")
    await desk.at("2026-06-15 11:05")
    posted = desk.world.posted
    said = {c: [str(m.body) for m in posted if m.chat == c] for c in ("office", "zx")}
    assert sum(f"<@{READER}>" in text for text in said["office"]) == 1
    assert said["zx"]
    assert "<@" not in str(said["zx"])
    everybody = str([m.body for m in posted])
    assert everybody.count("<@") == 1
    assert "mentioned_list" not in everybody
