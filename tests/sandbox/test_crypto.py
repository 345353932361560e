"""Vectors of wecom/api.md §5.6, and everything a callback must refuse."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sandbox.crypto import CryptoError, decrypt, encrypt, key_of, signature, signed

OFFICIAL = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"
OFFICIAL_CORP = "wx5823bf96d3bd56c7"
OFFICIAL_POST = (
    "RypEvHKD8QQKFhvQ6QleEB4J58tiPdvo+rtK1I9qca6aM/wvqnLSV5zEPeusUiX5L5X/0lWfrf0QADHHhGd3QczcdCUpj9"
    "11L3vg3W/sYYvuJTs3TUUkSUXxaccAS0qhxchrRYt66wiSpGLYL42aM6A8dTT+6k4aSknmPj48kzJs8qLjvd4Xgpue06DO"
    "dnLxAUHzM6+kDZ+HMZfJYuR+LtwGc2hgf5gsijff0ekUNXZiqATP7PF5mZxZ3Izoun1s4zG4LUMnvw2r+KqCKIw+3IQH03"
    "v+BCA9nMELNqbSf6tiWSrXJB3LAVGUcallcrw8V2t9EL4EhzJWrQUax5wLVMNS0+rUPA3k22Ncx4XXZS9o0MBH27Bo6BpN"
    "elZpS+/uh9KsNlY6bHCmJU9p8g7m3fVKn28H3KDYA5Pl/T8Z1ptDAVe0lXdQ2YoyyH2uyPIGHBZZIs2pDBS8R07+qN+E7Q"
    "=="
)
OFFICIAL_ECHO = (
    "P9nAzCzyDtyTWESHep1vC5X9xho/qYX3Zpb4yKa9SKld1DsH3Iyt3tP3zNdtp+4RPcs8TgAE7OaBO+FZXvnaqQ=="
)
OWN = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
SALT = b"0123456789abcdef"
CORP = "ww0123456789abcdef"
HEAD = "Q3stYC6hdFzMh9T8HCvyD"
VECTORS = [
    (
        "<xml><A>1</A></xml>",
        CORP,
        HEAD + "JatpvLhfy9s8l+X+yRGMWeMu+YpBDYwCOyusxGwJCrf3drNpbQpwi3KUsF8G0mZZQ==",
        "0c7818eb4fc8162db095f870684606591af2a00b",
    ),
    (
        '{"msgid":"m1"}',
        "",
        HEAD + "EY2iVidOrlnhoSdcl1GE0VScv6lMfzxWkBYVae0NNBcmHSZ66vTMYCvZkZkSSM8qQ==",
        "2d76dc0a55608b50f232e073ed9d2395eb16d5a3",
    ),
    (
        "x" * 26,
        CORP,
        HEAD + "HDxbrF7f8TfmYxXSN1y2VZW6cJciwduFWqR/1kOoL39/ej0a6fKofgBE1C6UNg0SDHGjiUEB2yBIj2aWa8"
        "+sWGAvFARk51N4jiS4KBp73cu",
        "189d50af29e53c2efdf8e19cd9655169903a9d6e",
    ),
    (
        "1234567890",
        CORP,
        HEAD + "J7vSgqYEOf4GCjf3WkGoyNRD6TEh+coJ83+X5hk56XKnPCJCzQy4iNq+ENKJRIugQ==",
        "db3c5c87ae22bd66013803236b44bf4154093f4c",
    ),
]


def test_the_official_post_is_opened():
    plain = decrypt(OFFICIAL, OFFICIAL_POST, OFFICIAL_CORP)
    assert "<Content><![CDATA[hello]]></Content>" in plain
    assert "4561255354251345929" in plain


def test_the_official_echostr_is_opened():
    assert decrypt(OFFICIAL, OFFICIAL_ECHO, OFFICIAL_CORP) == "1616140317555161061"


@pytest.mark.parametrize(
    ("timestamp", "nonce", "sealed", "made"),
    [
        (
            "1409659813",
            "1372623149",
            OFFICIAL_POST,
            "477715d11cdb4164915debcba66cb864d751f3e6",
        ),
        ("1409659589", "263014780", OFFICIAL_ECHO, "5c45ff5e21c57e6ad56bac8758b79b1d9ac89fd3"),
    ],
)
def test_the_official_signatures_are_made(timestamp, nonce, sealed, made):
    assert signature("QDG6eK", timestamp, nonce, sealed) == made


@pytest.mark.parametrize(("msg", "receiver", "sealed", "made"), VECTORS)
def test_our_own_vectors_hold_both_ways(msg, receiver, sealed, made):
    assert encrypt(OWN, msg, receiver, salt=SALT) == sealed
    assert decrypt(OWN, sealed, receiver) == msg
    assert signature("TestToken1", "1700000000", "n0nce", sealed) == made


@given(st.text(), st.text(max_size=40))
def test_what_is_sealed_is_opened_again(msg, receiver):
    assert decrypt(OWN, encrypt(OWN, msg, receiver), receiver) == msg


@given(st.text(max_size=300))
def test_no_rubbish_is_opened_or_does_harm(rubbish):
    with pytest.raises(CryptoError):
        decrypt(OWN, rubbish, CORP)


def test_a_message_for_another_corporation_is_refused():
    with pytest.raises(CryptoError):
        decrypt(OWN, encrypt(OWN, "hi", "ww_other"), CORP)


def test_a_changed_signature_is_refused():
    made = signature("t", "1", "n", "e")
    assert signed("t", "1", "n", "e", made)
    assert not signed("t", "1", "n", "e", made[:-1] + "0" if made[-1] != "0" else made[:-1] + "1")


@pytest.mark.parametrize("key", ["", "a" * 42, "a" * 44, "?" * 43, "文" * 43])
def test_a_wrong_aes_key_is_refused(key):
    with pytest.raises(CryptoError):
        key_of(key)
