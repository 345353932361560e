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


# Every code of wecom/api.md §10 and §2.11 that is not WeCom's "busy" or the drive's.
TOLD = [
    *(6000, 40001, 40003, 40004, 40005, 40006, 40007, 40008, 40009, 40011, 40013, 40014, 40029),
    *(40031, 40032, 40033, 40035, 40039, 40050, 40054, 40055, 40056, 40057, 40058, 40063, 40066),
    *(40068, 40070, 40073, 40074, 40091, 40093, 40094, 40123, 40125, 40145, 40201, 40204, 40206),
    *(41001, 41002, 41004, 41006, 41008, 41009, 41010, 41011, 41016, 41017, 41033, 42001, 42003),
    *(42009, 42012, 42014, 42015, 42016, 42017, 42018, 42019, 42020, 42022, 42027, 42028, 42029),
    *(42030, 42031, 42033, 42035, 42036, 42037, 42038, 42039, 42040, 42041, 42042, 42043, 42044),
    *(42045, 42046, 42047, 42049, 42050, 42051, 42052, 43004, 43009, 43012, 44001, 44004, 45001),
    *(45002, 45007, 45008, 45009, 45029, 45032, 45033, 45034, 45035, 45036, 46004, 48001, 48002),
    *(48004, 48005, 48006, 48009, 48010, 49004, 49008, 50001, 50002, 50003, 60003, 60011, 60020),
    *(60021, 60031, 60111, 60123, 60140, 80001, 81011, 81012, 81013, 82001, 82002, 82003, 82004),
    *(82101, 82102, 84014, 84015, 84025, 85002, 85004, 85005, 85008, 86001, 86003, 86004, 86005),
    *(86006, 86007, 86008, 86101, 86201, 86207, 86215, 86216, 86217, 86220, 90207, 90208, 92000),
    *(92002, 93000, 93001, 93004, 93006, 93008, 93017, 93018, 93019, 93050, 301002, 301007),
    *(301017, 301019, 301021, 301042, 846601, 846604, 846605, 846606, 846607, 846608, 846609),
    *(846610, 846611, 846612, 846613, 846616, 846625, 846697, 853000, 853001, 853006),
]


@pytest.mark.parametrize("code", TOLD)
def test_every_code_of_the_reference_has_a_sentence_of_its_own(code):
    assert code in TABLE
