"""Requests recorded from independent WeCom clients are accepted (tests/sandbox/recorded)."""

import json
from pathlib import Path

import pytest

from bot.sandbox.multipart import media_part

CLIENTS = json.loads((Path(__file__).parent / "recorded" / "clients.json").read_text("utf-8"))


@pytest.mark.parametrize("client", CLIENTS, ids=lambda c: f"{c['client']}-{c['version']}")
async def test_what_a_published_client_sends_is_accepted(http, world, client):
    held = {"TOKEN": "", "MEDIA": ""}
    assert client["requests"]
    for request in client["requests"]:
        query, body = request["query"], request.get("body", "")
        for name, value in held.items():
            query, body = query.replace(name, value), body.replace(name, value)
        kind = request.get("content_type")
        answer = await http.request(
            request["method"],
            f"{request['path']}?{query}",
            content=body.encode("latin1"),
            headers={"Content-Type": kind} if kind else {},
        )
        assert answer.json()["errcode"] == 0, request
        held["TOKEN"] = answer.json().get("access_token", held["TOKEN"])
        held["MEDIA"] = answer.json().get("media_id", held["MEDIA"])
    assert world.posted


FILE = b"--b\r\nContent-Disposition: form-data; %s\r\n\r\nhello, file\r\n--b--\r\n"


@pytest.mark.parametrize(
    ("head", "filename"),
    [
        (b'name="media"; filename="a.txt"; filelength=11', "a.txt"),
        (b'filename="a.txt"', "a.txt"),
        (b'name="file"; filename="a.txt"', "a.txt"),
        (b"name=media; filename=a.txt", "a.txt"),
        (b'name="media"', "file"),
        (b'name="media"; filename="\xe9\x80\x9a\xe7\x9f\xa5.txt"', "通知.txt"),
    ],
)
def test_a_file_is_found_however_its_part_is_described(head, filename):
    upload = media_part(FILE.replace(b"%s", head))
    assert upload is not None
    assert (upload.filename, upload.data) == (filename, b"hello, file")


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"--\r\n", b"--b\r\nx", FILE.replace(b"%s", b'name="other"')]
)
def test_a_body_without_a_file_is_none(body):
    assert media_part(body) is None


def test_the_part_named_media_wins_over_others():
    other = b'--b\r\nContent-Disposition: form-data; name="x"; filename="x"\r\n\r\nx\r\n'
    upload = media_part(other + FILE.replace(b"%s", b'name="media"; filename="a.txt"'))
    assert upload is not None
    assert upload.filename == "a.txt"
