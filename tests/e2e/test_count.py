"""The headline rate, counted a third time: by hand, from the sandbox's log, with literal dates."""

from __future__ import annotations

from datetime import timedelta

from bot.demo.stage import AGENTID, BRANCHES, Clock, build_stage
from bot.demo.story import HEADLESS_TO, Told, play_until
from bot.sandbox.serving import Serving
from tests.engine.office import moment, office

# Five official workdays after the send: 06-19 is 端午, the weekends are off.
ENDS = {"2026-06-15": "2026-06-24 00:00", "2026-06-18": "2026-06-27 00:00"}


async def test_the_headline_rate_is_people_who_tapped_in_time_over_reachable(tmp_path):
    async with office(tmp_path) as desk:
        calendar = desk.house.bureau.library(desk.clock.now().date()).calendar
        cast = desk.stage.cast(calendar.is_workday)
        async with Serving(desk.house.web) as served:
            desk.world.set_callback(AGENTID, f"{served.url}/wecom/callback")
            await play_until(HEADLESS_TO, desk.house, cast, desk.clock, Told(), lambda _: None)
        kept = await desk.house.bureau.store.summary("2026-W26")
    assert kept is not None
    reachable, read = _by_hand(desk.world, moment(kept["json"]["as_of"][:16].replace("T", " ")))
    total = kept["json"]["total"]
    assert kept["json"]["headline_week"] == "2026-W25"
    assert (total["reachable"], total["read"]) == (reachable, read)
    assert total["rate"] == read / reachable
    taps = [record for record in desk.world.log if record.kind == "tap"]
    assert any(tap.person == "guest" for tap in taps), "strangers tapped"
    assert len({(tap.person, tap.task_id) for tap in taps}) < len(taps), "some tapped twice"
    last = moment(ENDS["2026-06-15"])
    late = [tap for tap in taps if "dragon-boat-2026_main" in tap.task_id and tap.at >= last]
    assert late, "some tapped too late"


def _by_hand(world, as_of):
    reachable, read = set(), set()
    for card in world.log:
        end = ENDS.get(f"{card.at:%Y-%m-%d}")
        if card.kind != "message" or not card.task_id or end is None:
            continue
        occurrence = card.task_id.split("@")[0]
        reachable |= {(occurrence, person) for person in card.reached}
        read |= {
            (occurrence, tap.person)
            for tap in world.log
            if tap.kind == "tap"
            and tap.task_id == card.task_id
            and tap.person in card.reached
            and tap.at < min(moment(end), as_of)
        }
    return len(reachable), len(read)


def test_the_cast_is_three_groups_and_some_sixty_people():
    stage = build_stage(Clock(moment("2026-06-15 08:40")))
    assert len(BRANCHES) == 3
    assert 55 <= len(stage.roster) <= 65
    assert len({member.id for member in stage.roster}) == len(stage.roster)
    assert timedelta(days=13) <= HEADLESS_TO - moment("2026-06-15 08:40") <= timedelta(days=15)
