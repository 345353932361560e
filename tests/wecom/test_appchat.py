"""An app's own groups against the sandbox: founded once, changed, and who is in them (§4)."""

from __future__ import annotations

import pytest

from bot.sandbox.server import create_app
from bot.sandbox.serving import Serving
from bot.wecom import appchat
from bot.wecom.client import connect
from bot.wecom.errors import CallFailed, NotDone
from bot.wecom.token import Token
from tests.sandbox.house import AGENT, SECRET, Clock, bureau


@pytest.fixture
async def wecom():
    clock = Clock()
    world = bureau(clock)
    async with Serving(create_app(world)) as sandbox, connect(sandbox.url) as http:
        yield world, http, Token(world.corp_id, SECRET, now=clock)


async def test_a_group_is_founded_and_its_members_are_exact(wecom):
    _, http, auth = wecom
    people = ["zhang", "Li", "zhang"]
    chatid = await appchat.create(http, auth, name="一支部", members=people, owner="Li")
    found = await appchat.get(http, auth, chatid)
    assert (found.name, found.owner, found.members) == ("一支部", "Li", ("zhang", "Li"))
    await appchat.update(http, auth, chatid, name="二支部", add=["wang"], remove=["zhang"])
    found = await appchat.get(http, auth, chatid)
    assert (found.name, found.members) == ("二支部", ("Li", "wang"))


async def test_a_lost_answer_founds_no_second_group(wecom):
    world, http, auth = wecom
    world.faults.add("appchat/create", "drop_after_accept")
    make = {"name": "一支部", "members": ["zhang", "Li"], "chatid": "qf1"}
    with pytest.raises(CallFailed):
        await appchat.create(http, auth, **make)
    assert await appchat.create(http, auth, **make) == "qf1"
    assert [chat for chat, group in world.groups.items() if group.agentid == AGENT] == ["qf1"]


async def test_a_refusal_says_what_to_do(wecom):
    world, http, auth = wecom
    with pytest.raises(NotDone) as refused:
        await appchat.create(http, auth, name="x", members=["zhang", "nobody"])
    assert (refused.value.code, "86216" in refused.value.reason) == (86216, True)
    chatid = await appchat.create(http, auth, name="x", members=["zhang", "Li"], owner="Li")
    with pytest.raises(NotDone):  # an owner who goes needs a successor
        await appchat.update(http, auth, chatid, add=["wang"], remove=["Li"])
    with pytest.raises(NotDone):
        await appchat.get(http, auth, "g1")  # a group of people, not of the app
    world.faults.add("appchat/get", "malformed")
    with pytest.raises(CallFailed):
        await appchat.get(http, auth, chatid)


@pytest.mark.parametrize(
    ("members", "owner"), [(["zhang"], ""), ([f"p{n}" for n in range(2001)], ""), (["a", "b"], "c")]
)
async def test_a_group_that_wecom_would_refuse_is_a_programmers_mistake(members, owner):
    async with connect("https://x.example") as http:
        with pytest.raises(ValueError):
            await appchat.create(
                http, Token("c", "s", now=Clock()), name="x", members=members, owner=owner
            )
