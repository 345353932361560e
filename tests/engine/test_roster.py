"""The roster from WeCom, and who could not be reached: against the sandbox's contacts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.model import Delivery, Member, State
from bot.core.roster import unreached
from bot.verbs import VERBS, Mistake
from tests.engine.office import moment

MAIN = "dragon-boat-2026_main@jg1"


async def verb(desk, name, **params):
    return await VERBS[name](desk.house.bureau, desk.clock.now(), params)


@pytest.fixture
async def town(desk):
    """WeCom as the office keeps it: departments of those names, a tag across them."""
    world = desk.world
    world.add_department(10, "办公室")
    world.add_department(11, "下属中心")
    return desk


async def test_accounts_names_and_places_come_from_wecom_and_the_offices_own_words_stay(town):
    store, world = town.house.bureau.store, town.world
    before = {member.id: member for member in await store.members()}
    known = before["u004"]
    await store.set_members(
        [Member(id="U004", name="旧名", post="采购", branch="老支部", on_duty=False, note="借调")]
        + [member for key, member in before.items() if key != "u004"]
    )
    world.add_tag(5, "机关一支部", ["u004"])
    world.add_tag(6, "党员", ["u004"])  # nobody's membership is anybody's business
    world.add_user("new1", "新来", departments=(11,))
    dry = await verb(town, "roster-sync", dry_run=True)
    assert "new1" in dry["added"]
    assert "new1" not in {member.id for member in await store.members()}
    await verb(town, "roster-sync")
    after = {member.id.casefold(): member for member in await store.members()}
    assert (after["u004"].name, after["u004"].branch) == (known.name, "机关一支部")
    assert (after["u004"].post, after["u004"].on_duty, after["u004"].note) == (
        "采购",
        False,
        "借调",
    )
    assert after["new1"].department == "下属中心"
    assert "党员" not in str(after.values())
    assert (await verb(town, "roster-sync"))["changed"] == []


async def test_whoever_left_wecom_leaves_the_roster_and_a_blind_app_empties_nothing(town):
    store = town.house.bureau.store
    people = len(await store.members())
    await store.set_members([*await store.members(), Member(id="gone", name="走了")])
    assert "gone" in (await verb(town, "roster-sync"))["removed"]
    for user in list(town.world.users.values()):
        town.world.add_user(user.userid, user.name, visible=False)
    with pytest.raises(Mistake, match="可见范围"):
        await verb(town, "roster-sync", yes=True)
    assert len(await store.members()) >= people


async def test_a_refusal_of_wecom_changes_nothing_and_says_what_to_do(town):
    before = await town.house.bureau.store.members()
    town.world.faults.add("user/simplelist", "errcode", errcode=60020)
    with pytest.raises(Mistake, match="可信"):
        await verb(town, "roster-sync")
    assert await town.house.bureau.store.members() == before


async def test_who_could_not_be_reached_is_told_with_what_to_do_and_without_receipts(town):
    await town.at("2026-06-15 11:05")
    told = (await verb(town, "roster-show"))["unreached"]
    assert len(told) == 2  # one account the app cannot see, one without a licence
    assert {row["why"] for row in told} == {
        "账号不对，或不在应用的可见范围",
        "没有基础接口许可",
    }
    assert all(row["do"] for row in told)
    before = told
    await town.tap("u004", MAIN)
    assert (await verb(town, "roster-show"))["unreached"] == before  # a tap changes nothing here


def row(number: int, state: State, to=("a", "b"), **more) -> Delivery:
    begun = moment(f"2026-06-15 10:{number:02d}")
    body = {"push": f"p{number}", "part": 0, "attempt": 1, "begun": begun, "body": "{}"}
    return Delivery(**body, state=state, to=to, **more)


def test_only_the_last_word_about_a_person_counts():
    rows = [
        row(1, State.REFUSED, ("a",), reason="没说过话"),
        row(2, State.SENT, ("A",)),
        row(3, State.SENT, ("b",), invalid=("B",)),
        row(4, State.UNKNOWN, ("b",)),  # it may have arrived: the word before stands
    ]
    assert [(one.person, one.why) for one in unreached(rows)] == [("b", "invalid")]


PEOPLE = st.lists(st.sampled_from(["a", "B", "b", "c"]), unique_by=str.casefold)
ROWS = st.lists(
    st.tuples(st.sampled_from([State.SENT, State.REFUSED, State.UNKNOWN]), PEOPLE, PEOPLE, PEOPLE),
    max_size=6,
)


@given(ROWS)
def test_whoever_failed_last_and_was_not_reached_since_is_told_of_and_nobody_else(found):
    rows = [
        row(number, state, tuple(to), invalid=tuple(gone), unlicensed=tuple(free), reason="否")
        for number, (state, to, gone, free) in enumerate(found)
    ]
    last: dict[str, str] = {}
    for one in rows:
        for who in map(str.casefold, one.to):
            if who in map(str.casefold, one.invalid):
                last[who] = "invalid"
            elif who in map(str.casefold, one.unlicensed):
                last[who] = "unlicensed"
            elif one.state is not State.UNKNOWN:
                last[who] = "refused" if one.state is State.REFUSED else ""
    told = {one.person.casefold(): one.why for one in unreached(rows)}
    assert told == {who: why for who, why in last.items() if why}
