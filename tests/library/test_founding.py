"""What somebody pastes and types on the first day."""

import pytest

from bot.library.founding import BadAddress, address_of, spans_of

OFFICIAL = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key="


def test_an_address_is_read_with_blanks_around_it_and_more_behind_it():
    read = address_of(f"  {OFFICIAL}693a91f6-7abc&debug=1\n")
    assert (read.base_url, read.key) == ("", "693a91f6-7abc")


def test_the_address_of_a_rehearsal_says_where_its_wecom_is():
    read = address_of("http://127.0.0.1:8700/cgi-bin/webhook/send?key=k")
    assert read.base_url == "http://127.0.0.1:8700"


@pytest.mark.parametrize(
    "pasted",
    [
        "",
        "693a91f6-7abc",
        OFFICIAL,
        OFFICIAL + "好",
        OFFICIAL.replace("https", "http") + "k",
        OFFICIAL.replace("qq.com", "qq.com.evil.example") + "k",
        "https://evil.example/cgi-bin/webhook/send?key=k",
        "https://qyapi.weixin.qq.com/cgi-bin/message/send?key=k",
        "http://[",
    ],
)
def test_what_is_no_address_is_refused_in_words(pasted):
    with pytest.raises(BadAddress, match="这不是“消息推送”的地址"):
        address_of(pasted)


@pytest.mark.parametrize(
    "typed",
    ["09:10-11:20,14:40-17:10", "9：10—11：20，14：40～17：10", " 9:10至11:20 14:40-17:10 "],
)
def test_hours_are_read_as_they_are_typed(typed):
    assert spans_of(typed) == ("09:10-11:20", "14:40-17:10")


@pytest.mark.parametrize("typed", ["9点", "09:10", "25:00-26:00", "11:20-09:10", "09:10-09:20"])
def test_hours_that_are_none_are_refused_in_words(typed):
    with pytest.raises(ValueError, match=r"应写成|太短或前后颠倒"):
        spans_of(typed)
