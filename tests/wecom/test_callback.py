"""The way in: every vector of wecom/api.md §5.6, and nothing but Refused for the rest."""

import base64
import contextlib
import hashlib
import json
import re
import traceback
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sandbox import crypto as sandbox
from bot.wecom.callback import Callback
from bot.wecom.errors import Refused
from bot.wecom.replies import TEXT_BYTES, passive_reply, passive_text

CORP = "ww0123456789abcdef"
KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
TOKEN = "TestToken1"
NOW = datetime.fromtimestamp(1_700_000_000, UTC)
OFFICIAL = Callback("QDG6eK", "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C", "wx5823bf96d3bd56c7")
OFFICIAL_POST = (
    "RypEvHKD8QQKFhvQ6QleEB4J58tiPdvo+rtK1I9qca6aM/wvqnLSV5zEPeusUiX5L5X/0lWfrf0QADHHhGd3QczcdCUp"
    "j911L3vg3W/sYYvuJTs3TUUkSUXxaccAS0qhxchrRYt66wiSpGLYL42aM6A8dTT+6k4aSknmPj48kzJs8qLjvd4Xgpue"
    "06DOdnLxAUHzM6+kDZ+HMZfJYuR+LtwGc2hgf5gsijff0ekUNXZiqATP7PF5mZxZ3Izoun1s4zG4LUMnvw2r+KqCKIw+"
    "3IQH03v+BCA9nMELNqbSf6tiWSrXJB3LAVGUcallcrw8V2t9EL4EhzJWrQUax5wLVMNS0+rUPA3k22Ncx4XXZS9o0MBH"
    "27Bo6BpNelZpS+/uh9KsNlY6bHCmJU9p8g7m3fVKn28H3KDYA5Pl/T8Z1ptDAVe0lXdQ2YoyyH2uyPIGHBZZIs2pDBS8"
    "R07+qN+E7Q=="
)
OFFICIAL_ECHO = (
    "P9nAzCzyDtyTWESHep1vC5X9xho/qYX3Zpb4yKa9SKld1DsH3Iyt3tP3zNdtp+4RPcs8TgAE7OaBO+FZXvnaqQ=="
)
A = "Q3stYC6hdFzMh9T8HCvyDJatpvLhfy9s8l+X+yRGMWeMu+YpBDYwCOyusxGwJCrf3drNpbQpwi3KUsF8G0mZZQ=="
B = "Q3stYC6hdFzMh9T8HCvyDEY2iVidOrlnhoSdcl1GE0VScv6lMfzxWkBYVae0NNBcmHSZ66vTMYCvZkZkSSM8qQ=="
C = (
    "Q3stYC6hdFzMh9T8HCvyDHDxbrF7f8TfmYxXSN1y2VZW6cJciwduFWqR/1kOoL39/ej0a6fKofgBE1C6UNg0SDHGjiUE"
    "B2yBIj2aWa8+sWGAvFARk51N4jiS4KBp73cu"
)
D = "Q3stYC6hdFzMh9T8HCvyDJ7vSgqYEOf4GCjf3WkGoyNRD6TEh+coJ83+X5hk56XKnPCJCzQy4iNq+ENKJRIugQ=="
ECHOES = [  # wecom/api.md §5.6: encrypted, signature, receive id, plain
    (A, "0c7818eb4fc8162db095f870684606591af2a00b", CORP, b"<xml><A>1</A></xml>"),
    (B, "2d76dc0a55608b50f232e073ed9d2395eb16d5a3", "", b'{"msgid":"m1"}'),
    (C, "189d50af29e53c2efdf8e19cd9655169903a9d6e", CORP, b"x" * 26),
    (D, "db3c5c87ae22bd66013803236b44bf4154093f4c", CORP, b"1234567890"),
]


def at(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def envelope(encrypted: str) -> bytes:
    return (
        f"<xml><ToUserName><![CDATA[{CORP}]]></ToUserName><AgentID><![CDATA[1000007]]></AgentID>"
        f"<Encrypt><![CDATA[{encrypted}]]></Encrypt></xml>"
    ).encode()


def signed(encrypted: str, timestamp: str = "1700000000", nonce: str = "n0nce") -> dict[str, str]:
    joined = "".join(sorted([TOKEN, timestamp, nonce, encrypted]))
    signature = hashlib.sha1(joined.encode(errors="surrogatepass")).hexdigest()
    return {"msg_signature": signature, "timestamp": timestamp, "nonce": nonce}


def ours(receive_id: str = CORP) -> Callback:
    return Callback(TOKEN, KEY, receive_id)


def sealed(xml: str, receive_id: str = CORP) -> tuple[dict[str, str], bytes]:
    """Return query and body of a POST with `xml` inside, rightly signed."""
    whole = ours(receive_id).seal(xml, "n0nce", NOW).decode()
    found = re.search(r"<Encrypt><!\[CDATA\[(.*?)]]>", whole)
    assert found
    return signed(found[1]), envelope(found[1])


def test_the_official_post_opens():
    query = {
        "msg_signature": "477715d11cdb4164915debcba66cb864d751f3e6",
        "timestamp": "1409659813",
        "nonce": "1372623149",
    }
    fields = OFFICIAL.open_post(query, envelope(OFFICIAL_POST), at(1409659813))
    assert fields["Content"] == "hello"
    assert fields["FromUserName"] == "mycreate"
    assert fields["CreateTime"] == "1409659813"
    assert fields["MsgId"] == "4561255354251345929"
    assert fields["AgentID"] == "218"


def test_the_official_url_verification_opens():
    query = {
        "msg_signature": "5c45ff5e21c57e6ad56bac8758b79b1d9ac89fd3",
        "timestamp": "1409659589",
        "nonce": "263014780",
        "echostr": OFFICIAL_ECHO,
    }
    assert OFFICIAL.open_echo(query, at(1409659589)) == b"1616140317555161061"


@pytest.mark.parametrize(("encrypted", "signature", "receive_id", "plain"), ECHOES)
def test_our_own_vectors_open_and_are_signed_alike(encrypted, signature, receive_id, plain):
    query = signed(encrypted)
    assert query["msg_signature"] == signature
    assert ours(receive_id).open_echo({**query, "echostr": encrypted}, NOW) == plain


@pytest.mark.parametrize(("encrypted", "signature", "receive_id", "plain"), ECHOES)
def test_sealing_gives_the_vectors_byte_for_byte(encrypted, signature, receive_id, plain):
    reply = ours(receive_id).seal(plain.decode(), "n0nce", NOW, lambda n: b"0123456789abcdef"[:n])
    assert (
        reply
        == (
            f"<xml><Encrypt><![CDATA[{encrypted}]]></Encrypt>"
            f"<MsgSignature><![CDATA[{signature}]]></MsgSignature>"
            "<TimeStamp>1700000000</TimeStamp><Nonce><![CDATA[n0nce]]></Nonce></xml>"
        ).encode()
    )


def test_a_plus_that_arrived_as_a_blank_is_put_back():
    query = {**signed(A), "echostr": A.replace("+", " ")}
    assert ours().open_echo(query, NOW) == b"<xml><A>1</A></xml>"


@pytest.mark.parametrize(
    ("minutes", "opens"), [(0, True), (15, True), (-15, True), (16, False), (-16, False)]
)
def test_a_callback_is_fresh_for_a_quarter_of_an_hour_each_way(minutes, opens):
    moment = NOW + timedelta(minutes=minutes)
    if opens:
        assert ours().open_post(signed(A), envelope(A), moment) == {"A": "1"}
    else:
        with pytest.raises(Refused, match="not fresh"):
            ours().open_post(signed(A), envelope(A), moment)


def test_the_same_event_sent_again_opens_again():
    # WeCom sends up to three times; receipts count once by themselves.
    callback = ours()
    for _ in range(3):
        assert callback.open_post(signed(A), envelope(A), NOW) == {"A": "1"}


def test_a_wrong_signature_is_refused_before_anything_is_deciphered():
    callback = ours()
    callback._crypto = None  # deciphering would break on this, with another reason
    query = {**signed(A), "msg_signature": "0" * 40}
    with pytest.raises(Refused, match="wrong signature"):
        callback.open_post(query, envelope(A), NOW)
    with pytest.raises(Refused, match="cannot be opened"):
        callback.open_post(signed(A), envelope(A), NOW)


@pytest.mark.parametrize("field", ["msg_signature", "timestamp", "nonce"])
def test_every_field_of_the_query_is_needed(field):
    query = signed(A)
    del query[field]
    with pytest.raises(Refused):
        ours().open_post(query, envelope(A), NOW)


@pytest.mark.parametrize(
    "timestamp", ["", "now", "１７００００００００", "1_700_000_000", "9" * 5000]
)
def test_an_odd_timestamp_is_refused_even_when_signed(timestamp):
    with pytest.raises(Refused):
        ours().open_post(signed(A, timestamp=timestamp), envelope(A), NOW)


def test_a_message_for_another_corporation_is_refused():
    query, body = sealed("<xml><A>1</A></xml>", receive_id="ww-another")
    with pytest.raises(Refused):
        ours().open_post(query, body, NOW)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\x00",
        b"<xml></xml>",
        envelope(""),
        envelope("not base64!"),
        envelope(A) + envelope(A),  # which one is meant?
        envelope(A) + b" " * 65536,
        b"<!DOCTYPE x>" + envelope(A),
        b'<!DOCTYPE x [<!ENTITY a "aa">]>' + envelope(A),
        envelope(A).decode().encode("utf-16"),
        b'{"encrypt":"' + A.encode() + b'"}',
    ],
)
def test_an_odd_envelope_is_refused(body):
    with pytest.raises(Refused):
        ours().open_post(signed(A), body, NOW)


@pytest.mark.parametrize(
    "xml",
    [
        "",
        "hello",
        "<xml/>",
        "<xml>text</xml>",
        "<other><A>1</A></other>",
        "<xml><A>1</xml>",
        '<!DOCTYPE xml [<!ENTITY a "aaaa">]><xml><A>&a;</A></xml>',
        '<!DOCTYPE xml SYSTEM "file:///etc/passwd"><xml><A>1</A></xml>',
        "<!DOCTYPE xml><xml><A>1</A></xml>",
        "<xml><A>&nope;</A></xml>",
    ],
)
def test_an_odd_message_is_refused_even_when_signed(xml):
    query, body = sealed(xml)
    with pytest.raises(Refused):
        ours().open_post(query, body, NOW)


def test_a_person_may_write_about_doctypes():
    query, body = sealed("<xml><Content><![CDATA[<!DOCTYPE html> & 清风]]></Content></xml>")
    assert ours().open_post(query, body, NOW) == {"Content": "<!DOCTYPE html> & 清风"}


def test_nested_fields_stay_nested():
    query, body = sealed(
        "<xml><SelectedItems><SelectedItem><QuestionKey>q1</QuestionKey><OptionIds>"
        "<OptionId>a</OptionId><OptionId>c</OptionId></OptionIds></SelectedItem></SelectedItems></xml>"
    )
    fields = ours().open_post(query, body, NOW)
    assert fields["SelectedItems"]["SelectedItem"]["OptionIds"]["OptionId"] == ["a", "c"]


@given(body=st.binary(max_size=400), query=st.dictionaries(st.text(), st.text()))
def test_no_bytes_make_it_raise_anything_but_refused(body, query):
    with pytest.raises(Refused):
        ours().open_post(query, body, NOW)
    with pytest.raises(Refused):
        ours().open_echo(query, NOW)


@given(
    cipher=st.binary(max_size=200),
    timestamp=st.one_of(st.just("1700000000"), st.text()),
    nonce=st.text(alphabet=st.characters(), max_size=9),
)
def test_no_signed_bytes_make_it_raise_anything_but_refused(cipher, timestamp, nonce):
    encrypted = base64.b64encode(cipher).decode()
    query = signed(encrypted, timestamp, nonce)
    with pytest.raises(Refused):
        ours().open_post(query, envelope(encrypted), NOW)
    with pytest.raises(Refused):
        ours().open_echo({**query, "echostr": encrypted}, NOW)


@given(text=st.text(max_size=300))
def test_whatever_a_message_holds_it_opens_to_fields_or_is_refused(text):
    query, body = sealed(text)
    with contextlib.suppress(Refused):
        assert isinstance(ours().open_post(query, body, NOW), dict)


@given(text=st.text(st.characters(exclude_categories=["Cs"])), nonce=st.text(max_size=20))
def test_what_is_sealed_opens_to_the_same_bytes(text, nonce):
    found = re.search(r"<Encrypt><!\[CDATA\[(.*?)]]>", ours().seal(text, "n", NOW).decode())
    assert found
    query = {**signed(found[1], nonce=nonce), "echostr": found[1]}
    assert ours().open_echo(query, NOW) == text.encode()


@given(text=st.text(st.characters(exclude_categories=["Cs"])))
def test_the_sandbox_writes_the_same_cipher_by_itself(text):
    encrypted = sandbox.encrypt(KEY, text, CORP)
    signature = sandbox.signature(TOKEN, "1700000000", "n0nce", encrypted)
    assert signature == signed(encrypted)["msg_signature"]
    assert ours().open_echo({**signed(encrypted), "echostr": encrypted}, NOW) == text.encode()
    sealed_by_us = re.search(r"<Encrypt><!\[CDATA\[(.*?)]]>", ours().seal(text, "n", NOW).decode())
    assert sealed_by_us
    assert sandbox.decrypt(KEY, sealed_by_us[1], CORP) == text


def test_two_seals_of_one_text_differ():
    assert ours().seal("x", "n", NOW) != ours().seal("x", "n", NOW)


@pytest.mark.parametrize("key", ["", "short", KEY + "H", KEY[:-1] + "!", KEY[:-1] + "\n"])
def test_a_wrong_key_is_a_value_error_that_does_not_tell_it(key):
    with pytest.raises(ValueError) as caught:
        Callback(TOKEN, key, CORP)
    assert not key or key not in str(caught.value)


def test_no_secret_is_told_by_repr_or_traceback(caplog):
    callback = ours()
    with caplog.at_level("DEBUG"), pytest.raises(Refused) as caught:
        callback.open_post(signed(A), envelope(A[:-8] + "AAAAAA=="), NOW)
    told = repr(callback) + "".join(traceback.format_exception(caught.value)) + caplog.text
    assert TOKEN not in told
    assert KEY not in told


def test_a_passive_reply_goes_from_the_corporation_to_the_person():
    fields = {"ToUserName": CORP, "FromUserName": "zhang"}
    query, body = sealed(passive_reply(fields, "已阅，谢谢", NOW))
    assert ours().open_post(query, body, NOW) == {
        "ToUserName": "zhang",
        "FromUserName": CORP,
        "CreateTime": "1700000000",
        "MsgType": "update_button",
        "Button": {"ReplaceName": "已阅，谢谢"},
    }


def test_a_passive_text_has_no_marks_of_markdown_and_ends_at_a_whole_line_within_its_bytes():
    fields = {"ToUserName": CORP, "FromUserName": "zhang"}
    query, body = sealed(passive_text(fields, "**标题**\n> 依据：第八十八条\n" + "长" * 700, NOW))
    opened = ours().open_post(query, body, NOW)
    assert (opened["MsgType"], opened["Content"]) == ("text", "标题\n依据：第八十八条")
    query, body = sealed(passive_text(fields, "字\n" * 2000, NOW))
    assert len(ours().open_post(query, body, NOW)["Content"].encode()) <= TEXT_BYTES


@given(words=st.text(), person=st.text())
def test_no_words_break_out_of_a_passive_reply(words, person):
    fields = {"ToUserName": CORP, "FromUserName": person}
    query, body = sealed(passive_reply(fields, words + "]]><Evil/>", NOW))
    opened = ours().open_post(query, body, NOW)
    assert list(opened) == ["ToUserName", "FromUserName", "CreateTime", "MsgType", "Button"]
    assert opened["Button"]["ReplaceName"].endswith("]]><Evil/>")


def test_a_passive_reply_to_odd_fields_is_still_well_formed():
    query, body = sealed(passive_reply({"FromUserName": ["a", "b"]}, "好", NOW))
    assert ours().open_post(query, body, NOW)["ToUserName"] is None


# -- JSON (wecom/api.md §2.12, §5.6 B) --------------------------------------------------------

ROBOT = Callback(TOKEN, KEY, "")
B_QUERY = {
    "msg_signature": "2d76dc0a55608b50f232e073ed9d2395eb16d5a3",
    "timestamp": "1700000000",
    "nonce": "n0nce",
}
B_BODY = json.dumps({"encrypt": B}).encode()


def test_a_robots_event_in_json_is_opened_without_a_receive_id():
    assert ROBOT.open_json(B_QUERY, B_BODY, NOW) == {"msgid": "m1"}


@pytest.mark.parametrize(
    ("query", "body"),
    [
        (B_QUERY | {"msg_signature": "0" * 40}, B_BODY),
        (B_QUERY | {"nonce": "other"}, B_BODY),
        ({}, B_BODY),
        (B_QUERY, b""),
        (B_QUERY, b"[]"),
        (B_QUERY, b"null"),
        (B_QUERY, b"{" * 5000),
        (B_QUERY, b'{"encrypt": 7}'),
        (B_QUERY, b'{"encrypt": "<x>"}'),
        (B_QUERY, json.dumps({"encrypt": B[:-8] + "AAAAAA=="}).encode()),
        (B_QUERY, b'{"encrypt": "' + b"A" * 70_000 + b'"}'),
    ],
)
def test_any_other_json_is_refused(query, body):
    with pytest.raises(Refused):
        ROBOT.open_json(query, body, NOW)


def test_another_receive_id_in_json_is_refused():
    with pytest.raises(Refused):
        Callback(TOKEN, KEY, CORP).open_json(B_QUERY, B_BODY, NOW)


def test_json_that_is_stale_is_refused():
    with pytest.raises(Refused):
        ROBOT.open_json(B_QUERY, B_BODY, NOW + timedelta(minutes=16))


def test_an_answer_in_json_is_sealed_so_that_wecom_can_open_it():
    sealed = json.loads(ROBOT.seal_json({"msgtype": "stream", "x": "中"}, "n0nce", NOW))
    assert sealed["timestamp"] == 1_700_000_000
    query = {"msg_signature": sealed["msgsignature"], "timestamp": "1700000000", "nonce": "n0nce"}
    body = json.dumps({"encrypt": sealed["encrypt"]}).encode()
    assert ROBOT.open_json(query, body, NOW) == {"msgtype": "stream", "x": "中"}
