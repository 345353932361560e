"""The kept corpus, and what hypothesis makes of it, against every parser in targets.py."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.targets import TARGETS

CORPUS = Path(__file__).parent / "corpus"
FILES = {name: sorted((CORPUS / name).iterdir()) for name in TARGETS}


@pytest.mark.parametrize("name", TARGETS)
def test_what_was_found_once_is_survived(name):
    assert len(FILES[name]) >= 3
    for path in FILES[name]:
        TARGETS[name](path.read_bytes())


@pytest.mark.parametrize("name", TARGETS)
@settings(max_examples=60, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_a_cut_a_repeat_or_odd_bytes_in_a_good_one_are_survived(name, data):
    good = data.draw(st.sampled_from(FILES[name])).read_bytes()
    start = data.draw(st.integers(0, len(good)))
    end = data.draw(st.integers(start, len(good)))
    odd = data.draw(st.binary(max_size=12) | st.text(max_size=6).map(str.encode))
    times = data.draw(st.integers(0, 3))
    TARGETS[name](good[:start] + odd + good[start:end] * times + good[end:])
