"""暂缓 and 急停 on a page: for a unit with neither robot nor app, and for whoever likes a page."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest

from bot.core import messages
from bot.core.model import State
from bot.engine import planner
from bot.library.passes import day_of, pass_of
from bot.verbs import VERBS, Mistake
from tests.engine.office import office

HERE, PIN = "http://127.0.0.1:8650", "204816"
FROM_HERE = {"Sec-Fetch-Site": "same-origin"}
FINAL = "dragon-boat-2026_final"  # on Thursday 06-18; its main was Monday's
EVE = "2026-06-17 14:00"


@pytest.fixture
async def desk(tmp_path):
    async with office(tmp_path, start=EVE, port=8650) as built:
        yield built


async def ask(desk, verb, **params):
    return await VERBS[verb](desk.house.bureau, desk.clock.now(), params)


async def link_of(desk, who="王五", **more) -> str:
    return (await ask(desk, "reviewers-link", who=who, pin=PIN, **more))["url"]


async def press(desk, path, headers=FROM_HERE, **fields):
    form = {"pin": PIN, "did": "defer", "stem": FINAL, **fields}
    return await desk.door.post(path, data=form, headers=headers)


def told(desk) -> str:
    """Return the preview that the office's own group got."""
    (text,) = (
        record.body["markdown"]["content"]
        for record in desk.world.log
        if record.kind == "message" and record.chat == "office" and "发前预告" in str(record.body)
    )
    return text


async def states(desk):
    found = {key: push for key, push in (await desk.pushes()).items() if push.item}
    return {key: push.state for key, push in found.items() if key.startswith(FINAL)}


async def test_the_office_s_preview_leads_to_a_page_where_a_name_and_the_pin_keep_one_back(desk):
    await link_of(desk)
    await desk.at("2026-06-17 17:00")
    (path,) = re.findall(r"\((http://[^)]+/review/day/[^)]+)\)", told(desk))
    page = await desk.door.get(path)
    assert page.status_code == 200
    assert "端午" in page.text
    assert "下属中心（群消息）" in page.text
    assert "<option>王五</option>" in page.text
    assert PIN not in page.text
    answer = await press(desk, path, who="王五")
    assert answer.status_code == 303
    after = (await desk.door.get(HERE + answer.headers["location"])).text
    assert "王五于06-17暂缓" in after
    assert f"qingfeng resume {FINAL}" in after
    await desk.at("2026-06-18 17:30")
    assert not [state for state in (await states(desk)).values() if state is State.SENT]
    (entry,) = [
        row.entry for row in await desk.house.bureau.store.audits() if row.entry.what == "deferred"
    ]
    assert (entry.who, entry.about, dict(entry.detail)) == (
        "王五",
        FINAL,
        {"how": "个人链接+口令"},
    )


async def test_looking_stops_nothing_and_nothing_is_needed_to_let_them_go(desk):
    path = await link_of(desk) + "/-/coming"
    page = (await desk.door.get(path)).text
    assert "06月18日" not in page
    assert "6月18日 周四" in page
    assert page.count('value="defer"') == 1
    await desk.door.get(path + "?said=deferred")
    await desk.at("2026-06-18 11:00")
    assert set((await states(desk)).values()) == {State.SENT}
    assert (await press(desk, path)).status_code == 409, "it has gone"


async def test_one_press_stops_everything_also_where_a_pause_would_have_ended(desk):
    path = await link_of(desk) + "/-/coming"
    await ask(desk, "pause", until="2026-06-18")
    assert (await press(desk, path, did="halt")).status_code == 303
    page = (await desk.door.get(path)).text
    assert "王五于06-17急停" in page
    assert 'value="halt"' not in page
    await desk.at("2026-06-18 17:30")
    assert State.SENT not in (await states(desk)).values()
    stored = (await desk.house.bureau.store.targets())[planner.EVERY]
    assert stored.way == "", "it does not end by itself"
    with pytest.raises(Mistake, match="急停"):
        await ask(desk, "pause", until="2026-06-20")
    await ask(desk, "resume")
    assert planner.pause_of(await desk.house.bureau.store.targets(), date(2026, 6, 18)) is None


@pytest.mark.parametrize(
    ("fields", "headers"),
    [
        ({"pin": "111112"}, FROM_HERE),
        ({"pin": ""}, FROM_HERE),
        ({"did": "halt", "pin": "111112"}, FROM_HERE),
        ({}, {"Sec-Fetch-Site": "cross-site"}),
        ({}, {"Origin": "https://evil.example"}),
        ({"stem": "autumn-2026_main"}, FROM_HERE),
    ],
)
async def test_nothing_is_stopped_without_the_pin_from_elsewhere_or_that_does_not_come(
    tmp_path, fields, headers
):
    async with office(tmp_path, approved=False, start=EVE, port=8650) as desk:
        answer = await press(desk, await link_of(desk) + "/-/coming", headers, **fields)
        assert answer.status_code in (403, 409)
        assert not await desk.house.bureau.store.targets()


async def test_a_pass_names_nobody_and_opens_one_day(tmp_path):
    async with office(tmp_path, approved=False, start=EVE, port=8650) as desk:
        await ask(desk, "reviewers-link", who="王五", pin=PIN)
        await ask(desk, "reviewers-link", who="赵六", pin="773905", role="查看")
        data, day = desk.home / "data", date(2026, 6, 18)
        path = f"{HERE}/review/day/{pass_of(day, data)}"
        page = (await desk.door.get(path)).text
        assert "王五" in page
        assert "赵六" not in page, "who only looks stops nothing"
        for who, pin in (("", PIN), ("李四", PIN), ("赵六", "773905"), ("王五", "773905")):
            assert (await press(desk, path, who=who, pin=pin, did="halt")).status_code == 403
        assert (
            await desk.door.get(path[:-1] + ("0" if path[-1] != "0" else "1"))
        ).status_code == 404
        assert not await desk.house.bureau.store.targets()
        assert day_of(pass_of(day, data), data, day) == day
        assert day_of(pass_of(day, data), data, day + timedelta(days=1)) is None
        for wrong in (
            "",
            "2026-06-18",
            "2026-06-18-",
            "x" * 60,
            "2026-06-19" + pass_of(day, data)[10:],
        ):
            assert day_of(wrong, data, day) is None


async def test_wrong_pins_on_the_group_s_page_lock_as_they_do_on_the_link(tmp_path):
    async with office(tmp_path, approved=False, start=EVE, port=8650) as desk:
        await ask(desk, "reviewers-link", who="王五", pin=PIN)
        path = f"{HERE}/review/day/{pass_of(date(2026, 6, 18), desk.home / 'data')}"
        for _ in range(5):
            await press(desk, path, who="王五", pin="111112")
        assert (await press(desk, path, who="王五", did="halt")).status_code == 403
        assert not await desk.house.bureau.store.targets()
        assert "王五" not in (await desk.door.get(path)).text


@pytest.mark.parametrize(
    ("link", "public", "said"),
    [
        (False, True, messages.TOMORROW_BY_HAND),
        (True, False, messages.TOMORROW_OWN_LINK),
    ],
)
async def test_without_a_page_or_a_reviewer_the_preview_says_what_else_stops_it(
    tmp_path, link, public, said
):
    async with office(tmp_path, start=EVE, port=8650) as desk:
        if not public:
            object.__setattr__(desk.house.bureau, "page", lambda _: "")
        if link:
            await ask(desk, "reviewers-link", who="王五", pin=PIN)
        await desk.at("2026-06-17 17:00")
        assert said in told(desk)
        assert "/review/" not in told(desk)
