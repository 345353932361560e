"""Nothing that anybody sends to any path makes the sandbox fall over: one clear answer, no 500."""

import json
import re

import pytest

from bot.sandbox.api import ENDPOINTS
from bot.sandbox.control import ROUTES
from bot.sandbox.desk_aibot import COMMANDS

from .house import AES_KEY, AGENT, BOT, KEY, TOKEN, Phone, robot, text, to, token

POSTED = [route.path for route in ROUTES if "POST" in (route.methods or ())]
NAMES = "userid chat text files quote number key options kind reasons content do of agentid url"
NAMES += " bot_id event fields change callback endpoint times status seconds errcode accept to"
NAMES += " chance what members robots groups users domain secret callback visible position"
NAMES += " oversize task_id departments id tagid name parentid add_users token aes_key"
WRONG = [None, True, -1, 10**30, 1.5, "", "不在", "x" * 100_000, "\ud800", [], [[]], {}, {"a": {}}]
RIGHT = {
    "userid": "zhang",
    "chat": "g1",
    "number": 1,
    "key": "ack",
    "kind": 1,
    "agentid": AGENT,
    "event": "click",
    "change": "create_user",
    "do": "close_line",
    "of": BOT,
    "endpoint": "webhook/send",
}
ADDED = [
    {"what": "user", "userid": "new", "name": "新", "departments": [1], "visible": True},
    {"what": "department", "id": 9, "name": "处", "parentid": 1},
    {"what": "tag", "tagid": 9, "name": "签", "users": ["zhang"], "departments": [1]},
    {"what": "group", "id": "g9", "name": "群", "members": ["zhang"], "robots": [BOT]},
    {"what": "app", "agentid": 9, "name": "用", "secret": "s9", "domain": "a.cn", "aes_key": ""},
    {"what": "robot", "bot_id": "b9", "name": "机", "secret": "s", "groups": ["g1"]},
]
PAGES = {
    "/sandbox/tap": "who task_id key number agentid chat ask q.q1",
    "/sandbox/say": "who chat text quote file",
    "/sandbox/rate": "who number kind content reason",
    "/sandbox/forward": "who chat number to",
    "/sandbox/menu": "who chat key",
    "/sandbox/desk": "form endpoint kind times status seconds errcode do of oversize",
}
SCRIPT = '"><script>alert(1)</script><img src=x onerror=alert(1)>'


@pytest.fixture
def busy(world):
    """A message of each kind of sender, so that there is something to act on."""
    robot(world, token=TOKEN, aes_key=AES_KEY)
    Phone(world).subscribes()
    world.webhook_send(KEY, text())
    world.message_send(token(world), to("zhang", text()))
    return world


def clear(answer):
    """A refusal says in one short sentence what was wrong."""
    if answer.status_code == 200:
        return True
    told = answer.json()["error"]
    return answer.status_code == 400 and 0 < len(told) < 500 and "\n" not in told


@pytest.mark.parametrize("path", POSTED)
@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"null", b"3", b'"x"', b"\xff\xfe", b"[" * 100_000, b'{"a":1}']
)
async def test_a_body_that_is_no_request_gets_a_400(http, busy, path, body):
    answer = await http.post(f"/sandbox/api{path}", content=body)
    assert answer.status_code == 400 or path == "/flush"  # which takes none
    assert clear(answer)


@pytest.mark.parametrize("path", POSTED)
async def test_every_field_may_be_anything_at_all(http, busy, path):
    for name in NAMES.split():
        for value in WRONG:
            body = json.dumps({**RIGHT, name: value})
            answer = await http.post(f"/sandbox/api{path}", content=body)
            assert clear(answer), (body[:80], answer.text[:200])


@pytest.mark.parametrize("right", ADDED, ids=lambda body: body["what"])
async def test_whatever_is_set_up_the_phone_still_opens(http, busy, right):
    assert (await http.post("/sandbox/api/add", json=right)).status_code == 200
    for name in right:
        for value in WRONG:
            body = json.dumps({**right, name: value})
            assert clear(await http.post("/sandbox/api/add", content=body)), body[:80]
    for path in ("/sandbox?who=zhang&chat=g1", "/sandbox/desk", "/sandbox/api/state"):
        assert (await http.get(path)).status_code == 200


@pytest.mark.parametrize("query", ["since=-1", "since=x", "since=" + "9" * 5000, "since=٣"])
async def test_the_log_is_asked_for_by_a_number(http, busy, query):
    assert clear(await http.get(f"/sandbox/api/log?{query}"))


@pytest.mark.parametrize("path", ["/sandbox/api/say", "/sandbox/say", "/sandbox/desk"])
@pytest.mark.parametrize(
    "kind", ["application/json", "multipart/form-data; boundary=x", "application/octet-stream"]
)
async def test_a_body_without_an_end_is_not_read(http, busy, path, kind):
    read = 0

    async def endless():
        nonlocal read
        yield b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
        while read < 10**9:
            read += 1_000_000
            yield b"a" * 1_000_000

    answer = await http.post(path, content=endless(), headers={"Content-Type": kind})
    assert read < 80_000_000
    assert answer.status_code == 413 or read < 60_000_000  # what is no form is not read at all


@pytest.mark.parametrize(("path", "names"), PAGES.items())
async def test_every_field_of_a_pages_form_may_be_anything(http, busy, path, names):
    usual = {"who": "zhang", "chat": "g1", "number": "1", "kind": "1", "form": "act"}
    values = [
        "",
        "-1",
        "٣",
        "9" * 5000,
        "不在",
        SCRIPT,
        "x" * 70_000,
        "\0",
        "%ff",
        "dm-a~b",
        "app-9",
    ]
    for name in names.split():
        for value in values:
            for rest in ({}, usual):
                answer = await http.post(path, data={**rest, name: value}, follow_redirects=True)
                assert answer.status_code in (200, 400), (name, value[:20])
                assert SCRIPT not in answer.text


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/form-data", b"--x"),
        ("multipart/form-data; boundary=x", b"--x\r\nnonsense"),
        ("application/json", b"{}"),
        ("application/x-www-form-urlencoded", b"%ff=%fe&&&===" * 1000),
        ("text/plain", b"\xff" * 1000),
    ],
)
async def test_a_form_that_is_no_form_is_refused_or_passed_over(http, busy, path, kind, body):
    answer = await http.post(path, content=body, headers={"Content-Type": kind})
    assert answer.status_code < 500


@pytest.mark.parametrize("name", ["who", "chat", "notice", "quote"])
@pytest.mark.parametrize("value", [SCRIPT, "9" * 5000, "\0", "../..", "dm-~", "app-", "bot-"])
async def test_the_page_takes_any_query(http, busy, name, value):
    answer = await http.get("/sandbox", params={"who": "zhang", name: value})
    assert answer.status_code == 200
    assert SCRIPT not in answer.text


@pytest.mark.parametrize(
    "path",
    [
        "/sandbox/media/..%2f..%2fetc%2fpasswd",
        "/sandbox/robot-file/none",
        "/sandbox/static/..%2fserver.py",
        "/sandbox/open?who=zhang&url=javascript:alert(1)",
        "/sandbox/open?who=zhang&url=http://[",
        "/sandbox/open?who=zhang&url=data:text/html,x",
        "/sandbox/open?who=zhang&url=https://a.example/&menu=99999999999999999999",
        "/connect/oauth2/authorize",
        "/connect/oauth2/authorize?appid=x&redirect_uri=http://[&scope=snsapi_base",
        "/connect/oauth2/authorize?agentid=٣&redirect_uri=%00",
        "/sandbox/nothing",
        "/cgi-bin/nothing",
    ],
)
async def test_an_address_that_leads_nowhere_says_so(http, busy, path):
    answer = await http.get(path, follow_redirects=False)
    assert answer.status_code in (200, 303, 403, 404)


@pytest.mark.parametrize("endpoint", ENDPOINTS)
async def test_every_call_answers_any_body_with_an_errcode(http, busy, endpoint):
    query = {"access_token": token(busy), "agentid": AGENT, "key": KEY, "type": "file"}
    calls = [(params, body) for params in ({}, query, ODD_QUERY) for body in BODIES]
    if endpoint.split("/")[0] in ("message", "webhook", "appchat", "aibot", "menu"):
        odd = [{**message, "agentid": AGENT, "touser": "zhang"} for message in ODD]
        calls += [(query, json.dumps(body)) for body in odd]
    for params, body in calls:
        answer = await http.post(f"/cgi-bin/{endpoint}", params=params, content=body)
        assert answer.status_code == 200
        assert isinstance(answer.json()["errcode"], int)


BODIES = [b"", b"{", b"[]", b"null", b"\xff", b"[" * 100_000, b"--x\r\n\r\n", b'{"touser":{}}']
ODD_QUERY = dict.fromkeys(("access_token", "agentid", "key", "type"), "\0" * 500)

ODD = [
    {"msgtype": kind, kind: part, "chatid": "g1", "userlist": part, "button": part, "name": part}
    for kind in ("text", "markdown", "news", "image", "file", "template_card", "mpnews", "video")
    for part in (None, 3, "x", [], [None, 3], {}, {"content": 3}, {"articles": [{"title": {}}]})
] + [
    {"msgtype": "template_card", "template_card": {"card_type": kind, **dict.fromkeys(names, odd)}}
    for kind in ("text_notice", "news_notice", "button_interaction", "vote_interaction")
    for names in (("main_title", "source"), ("button_list", "card_action"), ("checkbox", "task_id"))
    for odd in (None, 3, "x", [3], {"title": 3}, {"desc_color": []}, [[]])
]


@pytest.mark.parametrize("cmd", [*COMMANDS, "", "nothing"])
def test_every_command_answers_any_body_with_an_errcode(busy, cmd):
    phone = Phone(busy)
    phone.subscribes()
    for body in [*ODD, {"chatid": []}, {"upload_id": {}}, {"bot_id": 3}, {"chat_type": {}}]:
        body = {"chatid": "zhang", "chat_type": 1} | body
        frame = {"cmd": cmd, "headers": {"req_id": "r"}, "body": body}
        busy.receive(phone.line, json.dumps(frame))
        if phone.line.out:
            assert isinstance(phone.line.out.pop()["errcode"], int)
    for raw in ("", "{", "[]", "null", '{"headers":3}', '{"headers":{"req_id":[]}}', b"\xff"):
        busy.receive(phone.line, raw)


LINKS = [
    "[看](javascript:alert(1))",
    "[看](data:text/html;base64,PHNjcmlwdD4=)",
    '[看](https://a.example/" onclick="alert(1))',
    "![图](javascript:alert(1))",
    '![图](https://a.example/x.png" onerror="alert(1))',
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    '<a href="javascript:alert(1)">x</a>',
    '<font color="info" onclick="alert(1)">x</font>',
    '<@zhang" onclick="alert(1)>',
    "`<script>alert(1)</script>`",
    "```\n<script>alert(1)</script>\n```",
    "<think><script>alert(1)</script></think>",
]


@pytest.mark.parametrize("words", [SCRIPT, *LINKS])
async def test_no_words_of_anybody_become_a_script_or_a_trap(http, busy, words):
    """In a message of each kind, in names, in a group's and a menu's; on page, list and desk."""
    busy.add_user("zhang", words)
    busy.groups["g1"] = type(busy.groups["g1"])(
        **{**vars(busy.groups["g1"]), "name": words, "members": ("zhang", "Li")}
    )
    for kind in ("text", "markdown", "markdown_v2"):
        busy.webhook_send(KEY, {"msgtype": kind, kind: {"content": words}})
    busy.menus[AGENT] = [{"type": "view", "name": words, "url": words}]
    busy.robots[BOT].name = words
    data = {"who": "zhang", "chat": "g1", "text": words, "quote": "1"}
    files = {"file": (f"{words}.html", b"<script>alert(1)</script>", "text/html")}
    await http.post("/sandbox/say", data=data, files=files)
    for chat in ("g1", f"app-{AGENT}", f"bot-{BOT}"):
        params = {"who": "zhang", "chat": chat, "quote": "1", "notice": words}
        shown = (await http.get("/sandbox", params=params)).text
        tags = re.findall(r"<[a-z][^>]*>", shown)
        assert [tag for tag in tags if tag.startswith(("<svg", "<iframe", "<object"))] == []
        assert sum(tag.startswith("<script") for tag in tags) == 1
        for tag in tags:
            bare = re.sub(r'"[^"]*"', '""', tag)
            assert not re.search(r"\son\w+\s*=", bare), tag
            assert not re.search(r'(href|src|action)="\s*(javascript|data:text)', tag), tag
    desk = (await http.get("/sandbox/desk", params={"told": words, "wrong": words})).text
    assert "<script" not in desk
