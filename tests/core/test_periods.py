"""A month, a quarter, a year: whole weeks, sums of what is shown anyway."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest

from bot.core.calendar import monday_of
from bot.core.periods import period

YEARS = range(2020, 2032)


def test_a_week_belongs_to_the_month_of_its_thursday():
    july = period(month="2026-07")
    assert july.weeks == ("2026-W27", "2026-W28", "2026-W29", "2026-W30", "2026-W31")
    assert (july.first, july.last) == (date(2026, 6, 29), date(2026, 8, 2))


@pytest.mark.parametrize("year", YEARS)
def test_the_months_of_a_year_are_its_weeks_each_once(year):
    whole = period(year=year)
    months = [period(month=f"{year}-{month:02d}").weeks for month in range(1, 13)]
    quarters = [period(quarter=f"{year}Q{number}").weeks for number in range(1, 5)]
    assert [week for part in months for week in part] == list(whole.weeks)
    assert [week for part in quarters for week in part] == list(whole.weeks)
    mondays = [monday_of(week) for week in whole.weeks]
    assert all(b - a == timedelta(weeks=1) for a, b in pairwise(mondays))
    assert {week[:4] for week in whole.weeks} == {str(year)}, "the year ISO counts"


@pytest.mark.parametrize("wrong", [{"month": "六月"}, {"month": "2026-13"}, {"quarter": "2026Q5"}])
def test_what_is_no_period_is_refused(wrong):
    with pytest.raises(ValueError):
        period(**wrong)
