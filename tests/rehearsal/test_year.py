"""The rehearsal plays with the unit's own files, and leaves them as they were."""

from __future__ import annotations

import asyncio
import json
import shutil
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from bot import config
from bot.core.model import SHANGHAI
from bot.rehearsal import play
from bot.rehearsal.figures import faults
from bot.rehearsal.page import page
from bot.rehearsal.stage import Ask
from bot.verbs import Mistake

ROOT = Path(__file__).parents[2]
TARGETS = """
[target.a]
name = "一支部"
channel = "{}"
roster = "一支部"
{}
[target.office]
name = "廉政办"
channel = "webhook"
office = true
webhook = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=ours-and-secret-2"
"""

HOOK = 'webhook = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=ours-and-secret"'


class Weeks(Ask):
    """An Ask that ends early: some weeks show as much as a year."""

    @property
    def start(self):
        return datetime(2026, 6, 8, tzinfo=SHANGHAI)

    @property
    def end(self):
        return datetime(2026, 7, 3, 23, tzinfo=SHANGHAI)


def unit(folder: Path, channel: str = "app") -> config.Config:
    """A unit with the shipped schedules and a few of the shipped texts."""
    (folder / "content").mkdir()
    for name in ("nodes", "cases"):
        shutil.copytree(ROOT / "content" / name, folder / "content" / name)
    shutil.copytree(ROOT / "schedules", folder / "schedules")
    path = folder / "config.toml"
    own = TARGETS.format(channel, HOOK if channel == "webhook" else "")
    path.write_text('[unit]\nname = "某某局"\noffice = "纪委"\nfeedback = "党委"\n' + own, "utf-8")
    return config.load(path, {})


def files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    """A month with cards: (what the unit's folder held before and after, the report)."""
    folder = tmp_path_factory.mktemp("unit")
    ours = unit(folder)
    before = files(folder)
    found = asyncio.run(play.rehearse(ours, Weeks(year=2026, people=30)))
    return before, files(folder), found


def test_nothing_of_the_unit_is_written(played):
    before, after, _ = played
    assert before == after


def test_people_and_store_agree_whichever_way_a_tap_came(played):
    _, _, found = played
    receipts = found["receipts"]
    assert faults(found) == []
    assert receipts["expected"] == receipts["counted"] > 50
    assert receipts["over_network"] >= 1
    assert receipts["undelivered"] == 0
    assert receipts["strangers"] > 0  # tapped, and not counted


async def test_a_tap_over_the_network_leaves_the_receipt_of_one_behind_the_parser(tmp_path):
    """All by HTTP, or all but HTTP: the same people, the same pushes."""
    ours = unit(tmp_path)
    found = [
        await play.rehearse(ours, Weeks(year=2026, people=6), every=every)
        for every in (1, 1_000_000)
    ]
    near, far = found[1]["receipts"], found[0]["receipts"]
    assert (near["over_network"], far["over_network"]) == (0, far["acts"])
    assert near["counted"] == far["counted"] > 20
    assert near["digest"] == far["digest"]


def test_the_report_tells_each_push_what_is_missing_and_how_much_people_hear(played):
    _, _, found = played
    assert {"dragon-boat-2026_main@a", "dragon-boat-2026_final@a"} <= {
        push["key"] for push in found["pushes"] if push["state"] == "sent"
    }
    assert next(node for node in found["nodes"] if node["key"] == "dragon-boat")["covered"]
    assert found["heard"]["most_a_day"] == 1
    assert 1 <= found["heard"]["most_a_week"] <= 3
    assert found["breaks"]["approval"][0][
        "why"
    ]  # nothing was approved, and it was sent all the same
    assert any(one["dry"] for one in found["not_sent"])  # no study prompts in this unit
    assert found["to_office"] >= 3
    assert all(one["peak"] <= one["limit"] for one in found["load"])
    assert json.loads(json.dumps(found, default=str)) == found


def test_nobody_is_named_in_it(played):
    _, _, found = played
    told = json.dumps(found, ensure_ascii=False) + page(found)
    assert "p00000" not in told
    assert "演练00" not in told
    assert "secret" not in told


def test_the_page_shows_every_push_and_stands_alone(played):
    _, _, found = played
    shown = page(found)
    for push in found["pushes"]:
        assert push["title"].split(" ")[-1] in shown
    assert "http" not in shown
    assert "未阅" not in shown


def test_a_long_list_is_folded_after_ten_and_what_expires_first_stands_first(played):
    _, _, found = played
    breaks = dict(found["breaks"])
    days = [f"2026-{month:02d}-01" for month in range(1, 13)]
    breaks["expired"] = [{"item": f"E{day}", "title": "一篇", "expires": day} for day in days]
    shown = page({**found, "breaks": breaks})
    assert shown.index("E2026-10-01") < shown.index("其余 2 篇") < shown.index("E2026-11-01")
    ends = [one["expires"] for one in found["breaks"]["expired"]]
    assert ends == sorted(ends)


async def test_the_robot_too_is_rehearsed_person_by_person(tmp_path, caplog):
    asked = Weeks(year=2026, people=5, level=2)
    found = await play.rehearse(unit(tmp_path), asked, every=3)
    receipts = found["receipts"]
    assert faults(found) == []
    assert receipts["over_network"] > 0
    assert receipts["expected"] == receipts["counted"] > 10
    assert {one["channel"] for one in found["load"]} == {"bot", "webhook"}
    assert "answer refused" not in caplog.text  # each card was greyed in time


async def test_what_is_not_approved_can_be_left_out(tmp_path):
    found = await play.rehearse(
        unit(tmp_path, "webhook"), Weeks(year=2026, people=5, approved_only=True)
    )
    assert [push for push in found["pushes"] if push["state"] == "sent"] == []
    assert found["breaks"]["lost"]
    assert found["receipts"]["acts"] == 0


async def test_without_a_target_there_is_nothing_to_rehearse(tmp_path):
    ours = replace(unit(tmp_path), targets=())
    with pytest.raises(Mistake):
        await play.rehearse(ours, Weeks(year=2026))
