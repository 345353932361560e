"""Many tap at once: each answered in time, each durable, none doubled. All 5,000 are nightly."""

from __future__ import annotations

import pytest

from tests.bench.taps import KEY, WITHIN, minute


async def test_when_all_tap_at_once_each_is_durable_once_before_it_is_answered(tmp_path):
    found = await minute(300, 3.0, tmp_path)
    assert KEY
    assert len(found.took) >= 300 * 1.05  # some were told twice
    assert (found.lost, found.doubled, found.undelivered) == (0, 0, 0)


@pytest.mark.nightly
async def test_five_thousand_tap_in_one_minute_and_each_is_answered_within_a_second(tmp_path):
    found = await minute(5000, 60.0, tmp_path)
    assert (found.lost, found.doubled, found.undelivered) == (0, 0, 0)
    assert max(found.took) < WITHIN
    assert found.late == 0
