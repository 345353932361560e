"""What an app and 通讯录同步 are told beside taps and messages (wecom/api.md §5.7)."""

import httpx
import pytest
import xmltodict
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from bot.sandbox import crypto
from bot.sandbox.app_events import KINDS, happen
from bot.sandbox.server import create_app
from bot.sandbox.staff import change

from .house import AES_KEY, AGENT, TOKEN, button_card, to, token

COMMON = {"ToUserName", "FromUserName", "CreateTime", "MsgType", "Event", "AgentID"}
GIVEN = {
    "click": {"EventKey": "help"},
    "view": {"EventKey": "https://a.example"},
    "view_miniprogram": {"EventKey": "index"},
    "batch_job_result": {"JobId": "J1", "JobType": "sync_user"},
}
OWN = {
    "batch_job_result": {"BatchJob"},
    "inactive_alert": {"EffectTime"},
    "low_active_alert": {"EffectTime"},
}


@pytest.mark.parametrize("event", KINDS)
async def test_every_event_comes_with_its_documented_fields(world, bot, callback, event):
    fields = GIVEN.get(event, {})
    told = await happen(world, AGENT, event, userid="zhang", fields=fields, http=bot)
    assert told.delivered
    (heard,) = callback.events
    own = OWN.get(event, {"EventKey"} if KINDS[event].keyed else set())
    assert heard.keys() == COMMON | own
    assert heard["FromUserName"] == ("zhang" if KINDS[event].personal else "sys")
    assert heard.get("EventKey") == fields.get("EventKey")
    if event == "batch_job_result":
        job = {"JobId": "J1", "JobType": "sync_user", "ErrCode": "0", "ErrMsg": "ok"}
        assert heard["BatchJob"] == job


@pytest.mark.parametrize(
    "wrong",
    [
        {"event": "liked"},
        {"event": "click"},
        {"event": "enter_agent", "userid": "nobody"},
        {"event": "enter_agent", "agentid": 9},
        {"event": "batch_job_result", "fields": {"JobId": "J1"}},
    ],
)
async def test_what_makes_no_sense_is_a_400(http, callback, wrong):
    body = {"agentid": AGENT, "userid": "zhang"} | wrong
    assert (await http.post("/sandbox/api/event", json=body)).status_code == 400
    assert callback.events == []


async def test_an_event_that_is_kept_back_comes_after_the_next_one(world, bot, callback):
    world.faults.add("callback", "reorder")
    assert (await happen(world, AGENT, "enter_agent", userid="zhang", http=bot)).held
    await happen(world, AGENT, "click", userid="zhang", fields={"EventKey": "k"}, http=bot)
    assert [event["Event"] for event in callback.events] == ["click", "enter_agent"]
    assert [record.kind for record in world.log] == ["fault"]


class Sync:
    """The program behind the callback of 通讯录同步."""

    def __init__(self, world):
        self.world = world
        self.events = []
        self.app = Starlette(routes=[Route("/sync", self.take, methods=["POST"])])

    async def take(self, request):
        encrypted = xmltodict.parse(await request.body())["xml"]["Encrypt"]
        plain = crypto.decrypt(AES_KEY, encrypted, self.world.corp_id)
        self.events.append(xmltodict.parse(plain)["xml"])
        return Response("")


@pytest.fixture
async def sync(world):
    made = Sync(world)
    world.set_sync_callback("http://sync.test/sync", token=TOKEN, aes_key=AES_KEY)
    world.add_department(2, "办公室")
    world.add_tag(1, "书记", ["zhang"])
    return made


@pytest.fixture
async def both(sync, callback):
    """Carries to the app's callback and to that of 通讯录同步."""
    mounts = {"all://sync.test": httpx.ASGITransport(sync.app)}
    transport = httpx.ASGITransport(callback.app)
    async with httpx.AsyncClient(transport=transport, mounts=mounts) as http:
        yield http


@pytest.mark.parametrize(
    ("what", "given", "fields"),
    [
        (
            "create_user",
            {"userid": "zhao", "name": "赵", "departments": [1, 2]},
            {"UserID": "zhao", "Department": "1,2"},
        ),
        (
            "update_user",
            {"userid": "zhang", "departments": [2]},
            {"UserID": "zhang", "Department": "2"},
        ),
        ("delete_user", {"userid": "zhang"}, {"UserID": "zhang"}),
        (
            "create_party",
            {"id": 3, "name": "财务科", "parentid": 2},
            {"Id": "3", "Name": "财务科", "ParentId": "2", "Order": "3"},
        ),
        ("update_party", {"id": 2, "name": "综合科"}, {"Id": "2", "Name": "综合科"}),
        ("delete_party", {"id": 2}, {"Id": "2"}),
        (
            "update_tag",
            {"tagid": 1, "add_users": ["Li", "wang"], "del_users": ["zhang"], "add_parties": [2]},
            {
                "TagId": "1",
                "AddUserItems": "Li,wang",
                "DelUserItems": "zhang",
                "AddPartyItems": "2",
            },
        ),
    ],
)
async def test_a_change_of_the_contacts_is_made_and_told(world, sync, both, what, given, fields):
    assert (await change(world, what, given, http=both)).delivered
    (heard,) = sync.events
    common = {"ToUserName", "FromUserName", "CreateTime", "MsgType", "Event", "ChangeType"}
    assert heard.keys() == common | fields.keys()
    assert heard.items() >= fields.items()
    assert (heard["FromUserName"], heard["Event"], heard["ChangeType"]) == (
        "sys",
        "change_contact",
        what,
    )


async def test_the_change_is_there_for_the_calls_that_read_contacts(world, sync, both):
    await change(world, "create_user", {"userid": "zhao", "name": "赵"}, http=both)
    await change(world, "update_tag", {"tagid": 1, "add_users": ["zhao"]}, http=both)
    assert world.tags[1].users == ("zhang", "zhao")
    sent = world.message_send(token(world), to("zhao", button_card("c9")))
    assert sent.get("invaliduser") is None


async def test_an_app_hears_who_comes_into_its_range_and_who_leaves(world, sync, both, callback):
    await change(world, "create_user", {"userid": "zhao", "name": "赵"}, http=both)
    await change(world, "update_user", {"userid": "zhao", "visible": False}, http=both)
    await change(world, "delete_user", {"userid": "Li"}, http=both)
    heard = [(event["Event"], event["FromUserName"]) for event in callback.events]
    assert heard == [("subscribe", "zhao"), ("unsubscribe", "zhao"), ("unsubscribe", "Li")]


@pytest.mark.parametrize(
    ("what", "given"),
    [
        ("rename_user", {}),
        ("create_user", {"userid": "ZHANG", "name": "又一个"}),
        ("create_user", {"userid": "zhao"}),
        ("create_user", {"userid": "zhao", "name": "赵", "departments": [9]}),
        ("delete_user", {"userid": "nobody"}),
        ("create_party", {"id": 2, "name": "又一个"}),
        ("update_party", {"id": 1, "parentid": 2}),
        ("delete_party", {"id": 1}),
        ("update_tag", {"tagid": 9}),
        ("update_tag", {"tagid": 1, "add_users": ["nobody"]}),
    ],
)
async def test_a_change_that_cannot_be_made_is_refused_and_told_to_nobody(
    world, sync, both, callback, what, given
):
    transport = httpx.ASGITransport(create_app(world, http=both))
    async with httpx.AsyncClient(transport=transport, base_url="http://sandbox.test") as http:
        answer = await http.post("/sandbox/api/contact", json={"change": what, **given})
    assert answer.status_code == 400
    assert (sync.events, callback.events) == ([], [])
