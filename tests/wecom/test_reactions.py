"""What an errcode means, as a table."""

import re

import pytest

from bot.wecom.errors import TABLE, Outcome, reaction


@pytest.mark.parametrize(
    ("code", "deduplicated", "outcome", "kind", "seconds"),
    [
        (-1, True, Outcome.RETRY, "wait", 10),
        (-1, False, Outcome.UNKNOWN, "nothing", 0),
        (45009, False, Outcome.RETRY, "wait", 60),
        (40001, True, Outcome.RETRY, "stop_app", 3600),
        (40013, True, Outcome.RETRY, "stop_app", 3600),
        (40091, True, Outcome.RETRY, "stop_app", 3600),
        (60020, True, Outcome.RETRY, "stop_app", 600),
        (43012, True, Outcome.RETRY, "stop_app", 600),
        (93000, False, Outcome.REFUSED, "disable_target", 0),
        (93001, False, Outcome.REFUSED, "disable_target", 0),
        (93004, False, Outcome.REFUSED, "disable_target", 0),
        (93008, False, Outcome.REFUSED, "disable_target", 0),
        (81013, True, Outcome.REFUSED, "nothing", 0),
        (42033, True, Outcome.REFUSED, "nothing", 0),
        (987654, False, Outcome.REFUSED, "nothing", 0),
    ],
)
def test_a_code_says_what_became_of_it_and_what_then(code, deduplicated, outcome, kind, seconds):
    told = reaction(code, deduplicated=deduplicated)
    assert (told.outcome, told.then.kind, told.then.seconds) == (outcome, kind, seconds)


def test_every_sentence_is_chinese_and_ends_open_for_the_code():
    for code in [*TABLE, -1, 987654]:
        for deduplicated in (True, False):
            sentence = reaction(code, deduplicated=deduplicated).sentence
            assert re.search("[一-鿿]", sentence), code
            assert not sentence.endswith("。"), code


def test_only_busy_leaves_anything_unknown():
    # Every other code is a plain no: nothing was posted.
    assert all(told.outcome is not Outcome.UNKNOWN for told in TABLE.values())


def test_a_retry_always_says_how_long_to_wait():
    retries = [told for told in TABLE.values() if told.outcome is Outcome.RETRY]
    assert retries
    assert all(told.then.seconds >= 10 for told in retries)
