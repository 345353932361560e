"""A corporation of one's own over the control API: people, groups, apps, robots."""

import pytest

from .house import Phone


async def add(http, what, **fields):
    answer = await http.post("/sandbox/api/add", json={"what": what, **fields})
    return answer.status_code, answer.json()


async def test_an_empty_world_becomes_a_corporation(http, world, clock):
    world.users.clear()
    world.groups.clear()
    assert await add(http, "department", id=2, name="办公室") == (200, {"id": 2})
    for userid, name in [("an", "安"), ("bo", "薄")]:
        done = await add(http, "user", userid=userid, name=name, departments=[2])
        assert done == (200, {"userid": userid})
    await add(http, "tag", tagid=5, name="书记", users=["an"])
    await add(http, "robot", bot_id="aib5", name="小助", secret="b-5")
    status, group = await add(
        http, "group", id="mine", name="群", members=["an", "bo"], robots=["aib5"]
    )
    assert status == 200
    path = group["webhook"].removeprefix(world.base_url)
    text = {"msgtype": "text", "text": {"content": "到"}}
    assert (await http.post(path, json=text)).json()["errcode"] == 0
    assert world.posted[-1].reached == ("an", "bo")
    app = {"agentid": 5, "name": "我的应用", "secret": "a-5", "domain": "127.0.0.1:3000"}
    assert await add(http, "app", **app) == (200, {"agentid": 5, "corp_id": world.corp_id})
    query = f"corpid={world.corp_id}&corpsecret=a-5"
    held = (await http.get(f"/cgi-bin/gettoken?{query}")).json()["access_token"]
    body = {"totag": "5", "agentid": 5, **text}
    sent = await http.post(f"/cgi-bin/message/send?access_token={held}", json=body)
    assert sent.json()["errcode"] == 0
    assert world.posted[-1].reached == ("an",)
    bot = Phone(world)
    assert bot.subscribes("aib5", "b-5") == 0


async def test_an_app_that_is_there_keeps_what_is_not_said_again(http, world):
    app = {"agentid": 5, "name": "用", "secret": "a-5", "token": "T", "aes_key": "a" * 43}
    await add(http, "app", **app)
    await add(http, "app", agentid=5, domain="h5.example:8443", callback="http://127.0.0.1:3000/c")
    made = world.apps[5]
    assert (made.name, made.secret, made.token, made.aes_key) == ("用", "a-5", "T", "a" * 43)
    assert (made.trusted_domain, made.callback_url) == (
        "h5.example:8443",
        "http://127.0.0.1:3000/c",
    )


@pytest.mark.parametrize(
    ("what", "fields"),
    [
        ("user", {"userid": "ZHANG", "name": "另一个"}),
        ("user", {"userid": "有空 格", "name": "x"}),
        ("user", {"userid": "x", "name": ""}),
        ("user", {"userid": "x", "name": "x" * 129}),
        ("user", {"userid": "x", "name": "x", "departments": [99]}),
        ("user", {"userid": "x", "name": "x", "departments": []}),
        ("user", {"userid": "x", "name": "x", "visible": 1}),
        ("user", {"userid": "x", "name": "x", "mobile": "1"}),
        ("department", {"id": 1, "name": "根"}),
        ("department", {"id": 2, "name": "己", "parentid": 2}),
        ("tag", {"tagid": 1, "name": "签", "users": ["nobody"]}),
        ("group", {"id": "g1", "name": "已有", "members": ["zhang"]}),
        ("group", {"id": "g9", "name": "群", "members": ["nobody"]}),
        ("group", {"id": "g9", "name": "群", "members": ["zhang"], "robots": ["none"]}),
        ("app", {"agentid": 9, "name": "无密钥"}),
        ("app", {"agentid": 9, "name": "同密钥", "secret": "app-s3cret"}),
        ("app", {"agentid": 9, "name": "x", "secret": "s", "domain": "https://a.cn/"}),
        ("app", {"agentid": 9, "name": "x", "secret": "s", "aes_key": "short"}),
        ("robot", {"bot_id": "b", "name": "x", "secret": "s", "groups": ["g7"]}),
        ("nothing", {}),
    ],
)
async def test_what_makes_no_sense_is_told_in_a_line_and_changes_nothing(http, world, what, fields):
    before = repr((world.users, world.departments, world.tags, world.groups, world.apps))
    status, told = await add(http, what, **fields)
    assert status == 400
    assert told["error"]
    assert repr((world.users, world.departments, world.tags, world.groups, world.apps)) == before
    assert not world.robots


async def test_the_fields_are_told(http):
    told = (await http.get("/sandbox/api/add")).json()["what"]
    assert set(told) == {"user", "department", "tag", "group", "app", "robot"}
    assert "domain" in told["app"]


async def test_the_bare_address_leads_to_the_phone(http):
    answer = await http.get("/")
    assert (answer.status_code, answer.headers["location"]) == (307, "/sandbox")
