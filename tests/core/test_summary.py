"""《廉政教育推送周报》: the right week, each figure with the others, and nobody to be found out."""

import json
from dataclasses import replace
from datetime import date, timedelta
from itertools import product

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.core import messages
from bot.core.disclosure import Line, blur, merge_small
from bot.core.model import State, Target
from bot.core.reading import Acts, Figures, figures
from bot.core.summary import asked, summarise
from bot.core.telling import as_json, fitted, percent, words

from .cast import CALENDAR, JG1, JG2, MONDAY, OFFICE, TARGETS, at, cohort, cohorts, sent, tap

TITLES = {"SP-1": "礼品一个月内登记"}
STAFF_1 = [f"a{n:02d}" for n in range(20)]
STAFF_2 = [f"b{n:02d}" for n in range(30)]
WEEKS = {name: MONDAY + timedelta(weeks=n) for n, name in enumerate(("W25", "W26", "W27", "W28"))}


def monday_pushes(day, **more):
    occurrence = f"monday-2026W{day.isocalendar().week}"
    return [sent(target, occurrence, day, **more) for target in (JG1, JG2)]


def bureau(pushes, read=(7, 12), staff=(STAFF_1, STAFF_2), tappable=True):
    """Return acts in which the first so many of each group tapped an hour after each push."""
    groups = dict(zip(("jg1", "jg2"), zip(staff, read, strict=True), strict=True))
    held = cohorts(*(cohort(push, groups[push.target][0], tappable) for push in pushes))
    receipts = [
        tap(push, who, push.sent_at + timedelta(hours=1))
        for push in pushes
        if push.sent_at
        for who in groups[push.target][0][: groups[push.target][1]]
    ]
    return Acts(pushes=pushes, cohorts=held, receipts=receipts)


def report(acts, week="2026-W25", as_of=None, **more):
    return summarise(
        week,
        acts,
        calendar=CALENDAR,
        as_of=as_of or at(9, 15, date(2026, 6, 29)),
        targets=TARGETS,
        titles=TITLES,
        **more,
    )


# -- which week -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("as_of", "week", "headline"),
    [
        (date(2026, 6, 22), "2026-W25", None),  # the first summary: its week is still being read
        (date(2026, 6, 23), "2026-W25", None),
        (date(2026, 6, 24), "2026-W25", "2026-W25"),  # 端午 stretched the period to 06-24 00:00
        (date(2026, 6, 29), "2026-W26", "2026-W25"),
        (date(2026, 7, 6), "2026-W27", "2026-W26"),
        (date(2026, 7, 6), "2026-W25", "2026-W25"),  # asked for an older week, nothing newer
        (date(2026, 6, 15), "2026-W24", None),
    ],
)
def test_the_headline_is_the_newest_week_whose_reading_is_over(as_of, week, headline):
    pushes = [push for day in WEEKS.values() for push in monday_pushes(day)]
    found = report(bureau(pushes), week, at(9, 15, as_of))
    assert found.headline_week == headline
    assert found.week == week


def test_a_week_is_open_until_its_last_push_has_been_read():
    early = monday_pushes(MONDAY)
    late = monday_pushes(MONDAY + timedelta(days=3))  # Thursday: its period ends 06-27 00:00
    for day, headline in ((24, None), (26, None), (27, "2026-W25")):
        found = report(bureau(early + late), as_of=at(0, 0, date(2026, 6, day)))
        assert found.headline_week == headline


def test_an_empty_week_is_no_headline_and_is_said():
    found = report(bureau([]))
    assert (found.headline_week, found.headline, found.targets) == (None, Figures(), ())
    assert messages.NOTHING_SENT.format("上周") in words(found, "某局")


def test_the_trend_holds_the_last_four_closed_weeks_oldest_first():
    days = [MONDAY + timedelta(weeks=n) for n in range(-5, 2)]
    pushes = [push for day in days for push in monday_pushes(day)]
    found = report(bureau(pushes), "2026-W26")
    assert [week for week, _ in found.trend] == ["2026-W22", "2026-W23", "2026-W24", "2026-W25"]
    assert {figures.rate for _, figures in found.trend} == {19 / 50}


def test_what_was_sent_after_the_report_is_not_in_it():
    acts = bureau(monday_pushes(MONDAY))
    before = report(acts, as_of=at(9, 15))
    assert before.running == Figures()
    assert report(acts, as_of=at(9, 16)).running == Figures(pushes=2, covered=50, reachable=50)


def test_the_figures_of_a_week_are_those_of_its_pushes():
    found = report(bureau(monday_pushes(MONDAY)))
    whole = Figures(pushes=2, covered=50, reachable=50, read=19)
    assert found.headline == whole
    assert found.running == whole
    (line,) = found.items
    assert (line.occurrence, line.title, line.sent) == (
        "monday-2026W25",
        "礼品一个月内登记",
        MONDAY,
    )
    assert (line.figures, found.running_items) == (whole, ())
    assert [(one.name, one.figures.read) for one in found.targets] == [
        ("机关一支部", 7),
        ("机关二支部", 12),
    ]


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (State.REFUSED, "06-15 礼品一个月内登记 → 机关一支部：被拒收（群已解散）"),
        (State.UNKNOWN, "06-15 礼品一个月内登记 → 机关一支部：结果不明，请核实（群已解散）"),
        (State.EXPIRED, "06-15 礼品一个月内登记 → 机关一支部：未能按时发出（群已解散）"),
        (State.SENT, None),
        (State.SKIPPED, None),
    ],
)
def test_what_did_not_arrive_is_said(state, said):
    push = sent(state=state, reason="群已解散")
    found = report(Acts(pushes=[push]), exceptions=("别的事",))
    assert found.exceptions == ((said, "别的事") if said else ("别的事",))
    assert report(Acts(pushes=[push]), "2026-W24").exceptions == ()


# -- law 3 in arithmetic ----------------------------------------------------------------------


def line(name, reachable, read=0, covered=None, people=None):
    people = range(people if people is not None else reachable)
    return Line(
        name=name,
        figures=Figures(pushes=1, covered=covered or reachable, reachable=reachable, read=read),
        people=frozenset(f"{name}{n}" for n in people),
    )


@pytest.mark.parametrize(
    ("sizes", "merged"),
    [
        ([10, 10], ["0:10", "1:10"]),
        ([9, 1, 10], ["0、1:10", "2:10"]),
        ([4, 4, 4, 10], ["0、1、2:12", "3:10"]),
        ([10, 20, 9], ["0、2:19", "1:20"]),  # a remainder absorbs the next smallest
        ([20, 10, 3, 3], ["0:20", "1、2、3:16"]),
        ([9], []),  # everybody together is too few: the unit's total says all
        ([4, 5], []),
        ([], []),
    ],
)
def test_lines_merge_in_the_units_order_until_each_has_ten_people(sizes, merged):
    lines = merge_small([line(str(n), size) for n, size in enumerate(sizes)], 10)
    assert [f"{one.name}:{one.figures.reachable}" for one in lines] == merged


@given(st.lists(st.integers(0, 30), max_size=8), st.integers(5, 20))
def test_no_line_speaks_of_fewer_people_than_the_unit_allows(sizes, least):
    lines = [line(f"[{n}]", size, covered=5 + size) for n, size in enumerate(sizes)]
    merged = merge_small(lines, least)
    assert all(len(one.people) >= least for one in merged if one.people)
    silent = [one for one in merged if not one.people]
    assert len(silent) == sizes.count(0), "a line that measures nothing stands as it is"
    if sum(sizes) >= least:
        assert sum(one.figures.reachable for one in merged) == sum(sizes)
        for one in lines:
            assert sum(one.name in other.name for other in merged) == 1


def test_four_people_and_three_pushes_are_four_people():
    few = line("少", 12, read=5, people=4)
    assert [one.name for one in merge_small([few, line("多", 30, 9)], 10)] == ["少、多"]
    assert merge_small([few], 10) == []


def test_a_small_group_does_not_stand_alone_because_it_heard_three_times():
    week = [
        push for n in range(3) for push in monday_pushes(MONDAY + timedelta(days=n), part="main")
    ]
    week = [
        replace(push, occurrence=f"r{n // 2}", key=f"r{n // 2}_main@{push.target}")
        for n, push in enumerate(week)
    ]
    found = report(bureau(week, read=(2, 12), staff=(STAFF_1[:4], STAFF_2)))
    assert [one.name for one in found.targets] == ["机关一支部、机关二支部"]
    assert found.targets[0].figures.reachable == 3 * 34


@pytest.mark.parametrize(
    ("read", "reachable", "mark"),
    [
        (0, 10, "≤10%"),
        (1, 10, "≤10%"),
        (2, 10, None),
        (8, 10, None),
        (9, 10, "≥90%"),
        (10, 10, "≥90%"),
        (0, 30, "≤10%"),
        (3, 30, "≤10%"),
        (4, 30, None),
        (26, 30, None),
        (27, 30, "≥90%"),
        (0, 0, None),
    ],
)
def test_both_ends_of_the_scale_are_blurred(read, reachable, mark):
    others = [line(str(n), 40, 20) for n in range(3)]
    assert blur([line("甲", reachable, read), *others])[0].blurred == mark


def test_a_mark_says_neither_none_nor_all():
    others = [line(str(n), 40, 20) for n in range(3)]
    for reachable in range(5, 60):
        marks = [blur([line("甲", reachable, r), *others])[0].blurred for r in range(reachable + 1)]
        assert marks[0] == marks[1] == "≤10%"
        assert marks[-1] == marks[-2] == "≥90%"
        if reachable >= 10:  # from ten people on, the mark is true to the letter
            shares = {mark: [] for mark in marks}
            for read, mark in enumerate(marks):
                shares[mark].append(read / reachable)
            assert max(shares["≤10%"]) <= 0.1
            assert min(shares["≥90%"]) >= 0.9


def worlds(lines):
    """Yield every count of reads that fits all that is shown: the total, figures and marks."""

    def fitting(one):
        if not (one.blurred or one.withheld):
            return [one.figures.read]
        few = max(1, one.figures.reachable // 10)
        low, high = range(few + 1), range(one.figures.reachable - few, one.figures.reachable + 1)
        marked = {"≤10%": low, "≥90%": high}
        rest = [n for n in range(one.figures.reachable + 1) if n not in low and n not in high]
        return marked.get(one.blurred, rest)

    total = sum(one.figures.read for one in lines)
    return [world for world in product(*map(fitting, lines)) if sum(world) == total]


LINES = st.lists(
    st.integers(10, 22).flatmap(
        lambda size: st.tuples(
            st.just(size), st.sampled_from([0, 0, 1, size, size]) | st.integers(0, size)
        )
    ),
    min_size=1,
    max_size=4,
)


@given(LINES)
@settings(max_examples=300)
def test_subtraction_restores_no_blurred_line(sizes):
    lines = blur([line(str(n), *size) for n, size in enumerate(sizes)])
    shown = [one for one in lines if not (one.blurred or one.withheld)]
    possible = worlds(lines)
    assert possible
    for n, one in enumerate(lines):
        if one.blurred and shown:
            assert len({world[n] for world in possible}) > 1


@given(LINES)
def test_nothing_is_withheld_where_nothing_is_blurred(sizes):
    lines = blur([line(str(n), *size) for n, size in enumerate(sizes)])
    if not any(one.blurred for one in lines):
        assert not any(one.withheld for one in lines)
    assert [one.figures.reachable for one in lines] == [size for size, _ in sizes]


# -- item lines, within law 3 -----------------------------------------------------------------


def week_of(*heard, size=12, small=30):
    """Return acts of a week: each occurrence is a map of target to how many read it."""
    staff = {"jg1": STAFF_1[:size], "jg2": STAFF_2[:small]}
    pushes, receipts, held = [], [], []
    for n, reads in enumerate(heard):
        for target in (JG1, JG2):
            if target.id in reads:
                push = sent(target, f"r{n}", MONDAY)
                pushes.append(push)
                held.append(cohort(push, staff[target.id]))
                readers = staff[target.id][: reads[target.id]]
                receipts += [tap(push, who, at(10)) for who in readers]
    return Acts(pushes=pushes, cohorts=cohorts(*held), receipts=receipts)


def shown(found):
    return [(one.occurrence, not one.withheld) for one in found.items]


def test_the_line_of_what_one_small_target_heard_is_withheld():
    acts = week_of({"jg1": 3, "jg2": 2}, {"jg2": 0}, size=8, small=5)
    found = report(acts)
    assert [one.name for one in found.targets] == ["机关一支部、机关二支部"]
    assert shown(found) == [("r0", False), ("r1", False)], "one alone is the total less the other"
    text = words(found, "某局")
    assert text.count("　覆盖5 可回执5 已阅略\n") == 1
    assert "已阅0" not in text
    first, second = as_json(found)["items"]
    for one in (first, second):
        assert (one["read"], one["rate"], one["withheld"]) == (None, None, True)
    assert (second["covered"], second["reachable"]) == (5, 5)


def test_the_line_of_one_target_is_withheld_however_many_it_has():
    found = report(week_of({"jg1": 5, "jg2": 9}, {"jg2": 7}, {"jg1": 6, "jg2": 8}))
    assert shown(found) == [("r0", False), ("r1", False), ("r2", True)]
    json_items = as_json(found)["items"]
    assert [one["read"] for one in json_items] == [None, None, 14]
    assert [one["withheld"] for one in json_items] == [True, True, False]


def test_two_lines_of_one_target_do_not_add_up_to_it():
    """What is left of the total speaks of the target alone unless a full line is with them."""
    found = report(week_of({"jg1": 5, "jg2": 9}, {"jg2": 7}, {"jg2": 6}, {"jg1": 5, "jg2": 9}))
    assert [seen for _, seen in shown(found)] == [False, False, False, True]


def test_lines_of_different_targets_hide_each_other():
    found = report(week_of({"jg1": 5, "jg2": 9}, {"jg2": 7}, {"jg1": 4}))
    assert [seen for _, seen in shown(found)] == [True, False, False]


def test_what_is_left_of_the_total_is_no_extreme():
    found = report(week_of({"jg1": 5, "jg2": 9}, {"jg2": 0}, {"jg1": 0}, {"jg1": 5, "jg2": 9}))
    assert [seen for _, seen in shown(found)] == [False, False, False, True]
    found = report(week_of({"jg1": 0, "jg2": 0}, {"jg2": 0}, {"jg1": 1}))
    assert [seen for _, seen in shown(found)] == [False, False, False]


def test_the_extremes_of_the_whole_unit_may_stand():
    found = report(week_of({"jg1": 0, "jg2": 0}, {"jg1": 12, "jg2": 30}))
    assert [one["rate"] for one in as_json(found)["items"]] == [0, 1]
    assert not any(one["withheld"] for one in as_json(found)["items"])


def test_fewer_people_than_the_unit_allows_have_no_line_even_together():
    found = report(week_of({"jg1": 1, "jg2": 2}, {"jg1": 2, "jg2": 2}, size=4, small=5))
    assert [seen for _, seen in shown(found)] == [False, False]
    assert not any(
        one.withheld for one in report(week_of({"jg1": 1, "jg2": 2}, size=4, small=6)).items
    )


def test_what_measures_nothing_protects_nothing_and_is_not_withheld():
    acts = week_of({"jg1": 5, "jg2": 9}, {"jg2": 7})
    silent = {key: replace(one, tappable=key == "r0_main@jg1") for key, one in acts.cohorts.items()}
    found = report(replace(acts, cohorts=silent))
    assert [seen for _, seen in shown(found)] == [True, True]
    assert as_json(found)["items"][1]["rate"] is None


def test_lines_of_the_week_still_being_read_are_withheld_too():
    acts = week_of({"jg1": 3, "jg2": 2}, {"jg2": 0}, size=8, small=5)
    found = report(acts, as_of=at(9, 15, date(2026, 6, 22)))
    assert found.headline_week is None
    items = as_json(found)["running_items"]
    assert [(one["read"], one["rate"], one["withheld"]) for one in items] == [
        (None, None, True)
    ] * 2
    assert "已阅0" not in words(found, "某局")


def test_full_lines_do_not_restore_a_blurred_target():
    """Of the 15 who read the first, 12 at most are of jg1: so 3 of jg2, the most that ≤10% says."""
    acts = week_of({"jg1": 12, "jg2": 3}, {"jg1": 0, "jg2": 0}, {"jg1": 0, "jg2": 0}, small=12)
    found = report(acts)
    assert {one.blurred for one in found.targets} == {None, "≤10%"}
    assert not any(seen for _, seen in shown(found))


READS = st.fixed_dictionaries(
    {}, optional={"jg1": st.integers(0, 10), "jg2": st.integers(0, 4)}
).filter(bool)


@given(st.lists(READS, min_size=1, max_size=3))
@settings(max_examples=150, deadline=None)
def test_subtraction_restores_no_line_of_a_single_target(heard):
    """Every table of reads that fits what is shown: a withheld line has two values, or is told."""
    found = report(week_of(*heard, size=10, small=4))
    sizes = {"jg1": 10, "jg2": 4}
    measured = {target for reads in heard for target in reads}
    for one, reads in zip(found.items, heard, strict=True):
        if set(reads) != measured or sum(sizes[target] for target in reads) < 10:
            assert one.withheld
    hidden = [one.figures for one in found.items if one.withheld]
    if not hidden:
        return
    left = found.headline.read - sum(o.figures.read for o in found.items if not o.withheld)
    fits = [
        world
        for world in product(*(range(one.reachable + 1) for one in hidden))
        if sum(world) == left
    ]
    if not all(one.withheld for one in found.items):
        assert all(len({world[n] for world in fits}) > 1 for n in range(len(hidden)))


TABLES = st.lists(
    st.fixed_dictionaries(
        {name: st.sampled_from([0, 0, 1, 2, 9, 10]) | st.integers(0, 10) for name in ("jg1", "jg2")}
    ),
    min_size=2,
    max_size=2,
)


@given(TABLES)
@example([{"jg1": 10, "jg2": 2}, {"jg1": 0, "jg2": 0}])
@settings(max_examples=100, deadline=None)
def test_lines_by_text_and_lines_by_target_together_restore_no_blurred_target(heard):
    """Every table of ten by ten people and two texts that fits all that is shown."""
    found = report(week_of(*heard, size=10, small=10))
    free, bound = (set(), set()), (set(), set())
    for table in product(range(11), repeat=4):  # jg1 and jg2 of the first, then of the second
        sums = table[0] + table[2], table[1] + table[3]
        seen = all(_fits(one, read) for one, read in zip(found.targets, sums, strict=True))
        if not seen or sum(sums) != found.headline.read:
            continue
        rows = table[0] + table[1], table[2] + table[3]
        told = all(
            one.withheld or one.figures.read == read
            for one, read in zip(found.items, rows, strict=True)
        )
        for n in (0, 1):
            free[n].add(sums[n])
            if told:
                bound[n].add(sums[n])
    for n, one in enumerate(found.targets):
        if one.blurred and len(free[n]) > 1:
            assert len(bound[n]) > 1


def _fits(one, read):
    if not (one.blurred or one.withheld):
        return read == one.figures.read
    return {"≤10%": read <= 2, "≥90%": read >= 18, None: 2 < read < 18}[one.blurred]


def test_two_texts_of_one_occurrence_are_two_lines_and_one_occurrence_in_the_total():
    one, other = sent(JG1, item="SP-1"), sent(JG2, item="SP-2")
    both = [*STAFF_1, "c1"]  # c1 is in both groups
    acts = Acts(
        pushes=[one, other],
        cohorts=cohorts(cohort(one, both), cohort(other, [*STAFF_2, "c1"])),
        receipts=[tap(push, who, at(10)) for push in (one, other) for who in ("c1", "a00", "b00")],
    )
    found = report(acts)
    assert [(line.item, line.figures.covered) for line in found.items] == [
        ("SP-1", 21),
        ("SP-2", 31),
    ]
    assert [line.title for line in found.items] == ["礼品一个月内登记", "SP-2"]
    assert (found.headline.covered, found.headline.read) == (51, 3)


@pytest.mark.parametrize("day", [22, 29])
def test_what_two_texts_ask_is_announced(day):
    pushes = [sent(JG1, item="SP-1"), sent(JG2, item="SP-2"), sent(OFFICE, item="SP-1")]
    held = cohorts(*(cohort(push, STAFF_1) for push in pushes))
    rows = Acts(pushes=pushes, cohorts=held)
    as_of = at(9, 15, date(2026, 6, day))
    wanted = asked("2026-W25", pushes, calendar=CALENDAR, as_of=as_of)
    by_key = {push.key: push for push in pushes}
    counted = {
        question: figures([by_key[key] for key, _ in question], rows, CALENDAR, as_of)
        for question in wanted.questions
    }
    told = replace(rows, counted=counted, rows=False)
    told = replace(told, cohorts={key: held[key] for key in wanted.named})
    assert report(told, as_of=as_of) == report(rows, as_of=as_of)


# -- the message ------------------------------------------------------------------------------


def test_the_office_reads_the_notice_first_and_how_it_was_measured_last():
    text = words(report(bureau(monday_pushes(MONDAY)), coming=("07-06 周一 学习",)), "某局")
    assert [line for line in text.split("\n") if line] == [
        "> 仅用于改进推送内容，不作考核、评比、通报依据",
        "**《廉政教育推送周报》** 某局",
        "06.15—06.21 阅知率 **38.0%**；上周推送 1 篇；需要留意 0 项。",
        "**06.15—06.21（第25周）** 阅知期已满",
        "推送 1 篇（2 次），送达对象 2/2，覆盖 50 人次",
        "可回执 50，已阅 19，阅知率 **38.0%**",
        "· 06-15《礼品一个月内登记》",
        "　覆盖50 可回执50 已阅19，38.0%",
        "**审核把关** 发出 1 条，均经审核；更正 0，撤回 0，暂缓 0",
        "**需要留意** 无",
        "**本周计划**",
        "· 07-06 周一 学习",
        f'<font color="comment">{messages.HOW_MEASURED}</font>',
    ]


@pytest.mark.parametrize(
    ("tappable", "said"),
    [(False, messages.NO_RECEIPTS), (True, "阅知率 **38.0%**\n")],
)
def test_where_nothing_is_measured_no_rate_is_told(tappable, said):
    assert said in words(report(bureau(monday_pushes(MONDAY), tappable=tappable)), "某局")


def test_no_word_of_the_summary_ranks_or_blames():
    text = words(report(bureau(monday_pushes(MONDAY))), "某局")
    assert not any(
        word in text for word in ("未阅", "排名", "完成率", "廉洁教育", "a00", "机关一支部")
    )


HOSTILE = st.text(max_size=1500) | st.sampled_from(["汉" * 1400, "\n" * 50, "x" * 5000])


@given(st.lists(HOSTILE, max_size=6), HOSTILE)
def test_the_message_fits_and_begins_with_the_notice_however_long_the_titles(titles, unit):
    pushes = [sent(occurrence=f"r{n}", item=f"I{n}") for n in range(len(titles))]
    held = cohorts(*(cohort(push, STAFF_1) for push in pushes))
    found = summarise(
        "2026-W25",
        Acts(pushes=pushes, cohorts=held),
        calendar=CALENDAR,
        as_of=at(9, 15, date(2026, 6, 29)),
        targets=TARGETS,
        titles={f"I{n}": title for n, title in enumerate(titles)},
        exceptions=titles,
        coming=titles,
    )
    text = words(found, unit)
    assert text.startswith(f"> {messages.NOT_FOR_APPRAISAL}\n")
    assert len(text.encode()) <= 4096
    assert text.endswith(f'<font color="comment">{messages.HOW_MEASURED}</font>')


@pytest.mark.parametrize("width", range(1, 120))
def test_the_message_fits_wherever_it_is_cut(width):
    text = words(report(bureau(monday_pushes(MONDAY)), exceptions=["x" * width] * 4000), "某局")
    assert 4096 - width - 5 <= len(text.encode()) <= 4096


def test_a_message_that_was_cut_says_where_the_rest_is():
    found = report(bureau(monday_pushes(MONDAY)), exceptions=["很长" * 300] * 5)
    assert f"\n{messages.MORE}\n" in words(found, "某局")
    assert messages.MORE not in words(report(bureau(monday_pushes(MONDAY))), "某局")


@pytest.mark.parametrize(("rate", "said"), [(None, "暂无"), (0.0, "0.0%"), (2 / 3, "66.7%")])
def test_a_rate_is_written_as_people_read_it(rate, said):
    assert percent(rate) == said


# -- JSON ----------------------------------------------------------------------------------------


def test_the_json_has_the_fields_of_the_contract():
    found = as_json(report(bureau(monday_pushes(MONDAY), read=(0, 12))))
    fields = ["week", "as_of", "headline_week", "total", "items", "targets", "trend", "exceptions"]
    assert set(fields) <= set(found)
    assert next(iter(found)) == "notice"
    assert found["notice"] == messages.NOT_FOR_APPRAISAL
    assert (found["week"], found["headline_week"]) == ("2026-W25", "2026-W25")
    assert found["as_of"] == "2026-06-29T09:15:00+08:00"
    assert found["total"] == {
        "pushes": 2,
        "covered": 50,
        "reachable": 50,
        "opened": 0,
        "read": 12,
        "anonymous": 0,
        "rate": 0.24,
    }
    line = {"pushes": 1, "read": None, "rate": None}
    assert found["targets"] == [
        line | {"name": "机关一支部", "covered": 20, "reachable": 20, "blurred": "≤10%"},
        line | {"name": "机关二支部", "covered": 30, "reachable": 30, "blurred": None},
    ]
    assert json.loads(json.dumps(found)) == found


def test_the_json_of_a_bureau_without_receipts_has_no_rate():
    found = as_json(report(bureau(monday_pushes(MONDAY), tappable=False)))
    assert found["total"]["rate"] is None
    assert [line["rate"] for line in found["targets"]] == [None, None]
    assert as_json(report(bureau([])))["total"]["rate"] is None


@pytest.mark.parametrize("least", [10, 25])
def test_a_line_that_was_merged_away_is_in_no_json(least):
    small = Target(id="jg2", name="小", channel="app")
    acts = bureau(monday_pushes(MONDAY), staff=(STAFF_1, STAFF_2[:5]), read=(7, 2))
    found = summarise(
        "2026-W25",
        acts,
        calendar=CALENDAR,
        as_of=at(9, 15, date(2026, 6, 29)),
        targets=(JG1, small),
        titles=TITLES,
        min_people=least,
    )
    assert [line["name"] for line in as_json(found)["targets"]] == ["机关一支部、小"]
    assert as_json(found)["targets"][0]["reachable"] == 25


# -- each part of it --------------------------------------------------------------------------


def test_a_rate_that_stands_on_few_says_so():
    few = replace(report(bureau(monday_pushes(MONDAY))), headline=Figures(covered=50, reachable=9))
    assert messages.LOW_COVERAGE in words(few, "某局")


def test_on_l1_the_summary_is_whole_without_a_rate():
    days = [MONDAY + timedelta(weeks=n) for n in range(-2, 2)]
    pushes = [push for day in days for push in monday_pushes(day)]
    text = words(report(bureau(pushes, tappable=False), "2026-W26", coming=("明天",)), "某局")
    assert "阅知率 **" not in text
    assert "可回执0" not in text
    assert "上周推送 1 篇；需要留意 0 项。" in text
    assert "**近3周推送次数** 2 → 2 → 2" in text
    assert "均经审核" in text


HOLIDAY = date(2026, 2, 24)  # the first workday after 春节: 16 to 22 February has none


def test_a_week_without_a_workday_is_carried_into_the_next_summary():
    pushes = monday_pushes(date(2026, 2, 12))
    found = report(bureau(pushes), "2026-W08", at(8, 50, HOLIDAY))
    assert found.since == "2026-W07"
    assert [line.sent for line in found.running_items] == [date(2026, 2, 12)]
    assert (found.running.pushes, found.guard.sent) == (2, 1)
    text = words(found, "某局")
    assert "02.09—02.22推送 1 篇" in text
    assert "**02.09—02.22（第7—8周）** 阅知中" in text


def test_what_was_asked_of_the_store_holds_the_carried_week_too():
    pushes = monday_pushes(date(2026, 2, 12))
    wanted = asked("2026-W08", pushes, calendar=CALENDAR, as_of=at(8, 50, HOLIDAY))
    assert set(wanted.named) == {push.key for push in pushes}


def test_every_other_week_speaks_of_itself_alone():
    assert report(bureau(monday_pushes(MONDAY))).since == ""


def test_what_was_corrected_withdrawn_or_put_off_in_the_week_is_counted():
    correction = [sent(JG1, "correction-2026W25-1", MONDAY, rule="correction", item="SP-2")]
    stopped = [
        (at(10), "withdrawn"),
        (at(11), "deferred"),
        (at(10, day=MONDAY + timedelta(days=6)), "deferred"),
        (at(10, day=MONDAY + timedelta(days=7)), "deferred"),
    ]
    acts = bureau([*monday_pushes(MONDAY), *correction])
    text = words(report(acts, stopped=stopped, as_of=at(9, 15, date(2026, 6, 22))), "某局")
    assert "发出 2 条，均经审核；更正 1，撤回 1，暂缓 2" in text


def test_a_unit_without_review_does_not_claim_one():
    text = words(report(bureau(monday_pushes(MONDAY)), reviewed=False), "某局")
    assert "均经审核" not in text
    assert messages.GUARD_OFF in text


def test_what_people_thought_is_told_without_anybody():
    found = replace(report(bureau([])), feedback=(("觉得有用", 3),), misunderstood="能不能收？")
    assert "**反馈** 觉得有用 3" in words(found, "某局")
    assert "**最容易答错的一问** 能不能收？" in words(found, "某局")


def test_an_empty_week_says_why():
    found = replace(report(bureau([])), idle=("推送已暂停",))
    assert "上周没有推送（推送已暂停）" in words(found, "某局")


def test_of_an_empty_week_no_review_is_claimed():
    text = words(report(bureau([])), "某局")
    assert "**审核把关** 没有发出；更正 0，撤回 0，暂缓 0" in text


@pytest.mark.parametrize(("limit", "coloured"), [(4096, True), (2048, True), (20480, False)])
def test_the_summary_fits_its_way_and_never_loses_how_it_was_measured(limit, coloured):
    many = report(bureau(monday_pushes(MONDAY)), exceptions=[f"第{n}件事" * 9 for n in range(99)])
    text = fitted(words(many, "某局"), limit, coloured=coloured)
    assert len(text.encode()) <= limit
    assert messages.HOW_MEASURED in text
    assert ("<font" in text) is coloured
