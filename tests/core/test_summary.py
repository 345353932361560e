"""《廉政教育推送周报》: the right week, each figure with the others, and nobody to be found out."""

import json
from dataclasses import replace
from datetime import date, timedelta
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core import messages
from bot.core.model import State, Target
from bot.core.reading import Acts, Figures
from bot.core.summary import Line, as_json, blur, merge_small, percent, summarise, words

from .cast import CALENDAR, JG1, JG2, MONDAY, TARGETS, at, cohort, cohorts, sent, tap

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
    assert messages.NOTHING_SENT in words(found, "某局")


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


# -- the message ------------------------------------------------------------------------------


def test_the_office_reads_the_notice_first_and_how_it_was_measured_last():
    text = words(report(bureau(monday_pushes(MONDAY)), coming=("07-06 周一 学习",)), "某局")
    assert [line for line in text.split("\n") if line] == [
        "> 仅用于改进推送内容，不作考核、评比、通报依据",
        "**《廉政教育推送周报》** 某局",
        "06.15—06.21 阅知率 **38.0%**；上周推送 1 篇；需要留意 0 项。",
        "**06.15—06.21（第25周）** 阅知期已满",
        "推送 1 篇（2 次），覆盖 50 人次",
        "可回执 50，已阅 19，阅知率 **38.0%**",
        "· 06-15《礼品一个月内登记》",
        "　覆盖50 可回执50 已阅19，38.0%",
        "**需要留意** 无",
        "**本周计划**",
        "· 07-06 周一 学习",
        f'<font color="comment">{messages.HOW_MEASURED}</font>',
    ]


@pytest.mark.parametrize(
    ("tappable", "said"),
    [(False, "阅知率 **暂无**（回执覆盖不足，仅供参考）"), (True, "阅知率 **38.0%**\n")],
)
def test_a_rate_that_stands_on_few_says_so(tappable, said):
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
