"""Contacts as a job: files for two hours, encrypted with the caller's own key (wecom/api.md §7)."""

import hashlib
import json

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from bot.sandbox.asks import Ask
from bot.sandbox.crypto import key_of

from .house import AES_KEY, token

KEY = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFG"


async def ask(http, world, path, body=None, *, secret="app-s3cret", **query):
    params = {"access_token": token(world, secret), **query}
    method = "GET" if body is None else "POST"
    answer = await http.request(method, f"/cgi-bin/export/{path}", params=params, json=body)
    return answer.json()


def opened(sealed, key=KEY):
    raw = key_of(key)
    decryptor = Cipher(algorithms.AES(raw), modes.CBC(raw[:16])).decryptor()
    plain = decryptor.update(sealed) + decryptor.finalize()
    assert len(plain) % 32 == 0
    return json.loads(plain[: -plain[-1]])


async def fetched(http, world, jobid):
    """What the files of a job say, each checked against its size and md5."""
    told = await ask(http, world, "get_result", jobid=jobid)
    assert told["status"] == 2
    files = []
    for file in told["data_list"]:
        sealed = (await http.get(file["url"].removeprefix(world.base_url))).content
        assert (len(sealed), hashlib.md5(sealed).hexdigest()) == (file["size"], file["md5"])
        files.append(opened(sealed))
    return files


@pytest.fixture
def county(world):
    world.add_department(2, "办公室")
    world.add_user("chen", "陈静", departments=[2], position="主任")
    world.add_tag(7, "支部书记", ["wang", "far"], [2])
    return world


async def test_each_kind_of_export_holds_what_its_list_shows(http, county, callback):
    body = {"encoding_aeskey": KEY}

    async def export(path, **more):
        done = await ask(http, county, path, body | more)
        assert done["errcode"] == 0
        return (await fetched(http, county, done["jobid"]))[0]

    people = (await export("simple_user"))["userlist"]
    assert people[0] == {"userid": "zhang", "name": "张敏", "department": [1]}
    assert [one["userid"] for one in people] == ["zhang", "Li", "wang", "Free", "chen"]
    assert (await export("user"))["userlist"][-1]["position"] == "主任"
    assert [one["id"] for one in (await export("department"))["department"]] == [1, 2]
    tag = await export("taguser", tagid=7)
    assert tag == {
        "tagname": "支部书记",
        "userlist": [{"userid": "wang", "name": "王芳"}],
        "partylist": [2],
    }


async def test_an_app_is_told_when_its_job_is_done_once(http, county, callback):
    for _ in range(2):
        done = await ask(http, county, "simple_user", {"encoding_aeskey": KEY})
    events = [one for one in callback.events if one["Event"] == "batch_job_result"]
    assert len(events) == 2
    assert events[-1]["BatchJob"]["JobId"] == done["jobid"]
    assert events[-1]["BatchJob"]["JobType"] == "export_simple_user"


async def test_a_file_has_so_many_people_at_most(http, world):
    for number in range(10_000):
        world.add_user(f"u{number}", f"员{number}")
    body = {"encoding_aeskey": KEY, "block_size": 10_000}
    done = await ask(http, world, "simple_user", body)
    files = await fetched(http, world, done["jobid"])
    assert [len(file["userlist"]) for file in files] == [10_000, 4]


@pytest.mark.parametrize(
    ("path", "body", "errcode"),
    [
        ("simple_user", {}, 40058),
        ("simple_user", {"encoding_aeskey": "short"}, 40058),
        ("simple_user", {"encoding_aeskey": AES_KEY, "block_size": 10_000}, 0),
        ("simple_user", {"encoding_aeskey": AES_KEY, "block_size": 9_999}, 40058),
        ("simple_user", {"encoding_aeskey": AES_KEY, "block_size": 1_000_000}, 0),
        ("simple_user", {"encoding_aeskey": AES_KEY, "block_size": 1_000_001}, 40058),
        ("taguser", {"encoding_aeskey": AES_KEY}, 41017),
        ("taguser", {"encoding_aeskey": AES_KEY, "tagid": 8}, 40068),
    ],
)
async def test_an_order_is_looked_at(http, county, callback, path, body, errcode):
    assert (await ask(http, county, path, body))["errcode"] == errcode


async def test_a_file_is_there_for_two_hours_and_a_job_for_its_own_app(http, county, clock):
    done = await ask(http, county, "simple_user", {"encoding_aeskey": KEY})
    other = await ask(http, county, "get_result", secret="other-s3cret", jobid=done["jobid"])
    assert other["errcode"] == 40058
    assert (await ask(http, county, "get_result", jobid="invented"))["errcode"] == 40058
    told = await ask(http, county, "get_result", jobid=done["jobid"])
    path = told["data_list"][0]["url"].removeprefix(county.base_url)
    clock.tick(7199)
    assert (await http.get(path)).status_code == 200
    clock.tick(1)
    assert (await http.get(path)).status_code == 403


def test_the_sync_assistant_exports_nothing(world):
    world.sync_secret = "sync-s3cret"
    query = {"access_token": token(world, "sync-s3cret")}
    body = {"encoding_aeskey": KEY}
    answer = world.call("export/simple_user", Ask(query=query, body=body))
    assert answer["errcode"] == 48009
