"""The oddities of clients that are in use, on every way in: none of them is refused."""

import pytest

from bot.sandbox import talks

from .house import AGENT, BOT, KEY, Phone, robot, token

ODD = {
    "an agentid as a string": b'{"touser":"zhang","agentid":"%d","msgtype":"text",'
    b'"text":{"content":"\xe4\xbd\xa0\xe5\xa5\xbd"}}' % AGENT,
    "both a text and a markdown": b'{"touser":"zhang","agentid":%d,"msgtype":"text",'
    b'"text":{"content":"\xe4\xbd\xa0\xe5\xa5\xbd"},"markdown":{"content":""}}' % AGENT,
    "nulls for what is absent": b'{"touser":"zhang","toparty":null,"agentid":%d,"safe":null,'
    b'"msgtype":"text","text":{"content":"\xe4\xbd\xa0\xe5\xa5\xbd","mentioned_list":null},'
    b'"markdown":null,"enable_duplicate_check":null}' % AGENT,
    "escapes in place of characters": b'{"touser":"zhang","agentid":%d,"msgtype":"text",'
    b'"text":{"content":"\\u4f60\\u597d"}}' % AGENT,
    "blanks and new lines": b'\r\n {"touser" : "zhang", "agentid":%d,\r\n"msgtype":"text",'
    b'"text":{"content":"\xe4\xbd\xa0\xe5\xa5\xbd"}}\r\n\r\n' % AGENT,
    "fields that nobody knows": b'{"touser":"zhang","agentid":%d,"msgtype":"text","x":[{}],'
    b'"text":{"content":"\xe4\xbd\xa0\xe5\xa5\xbd","y":1}}' % AGENT,
}
HEADERS = [
    {},
    {"Content-Type": "text/plain"},
    {"Content-Type": "application/x-www-form-urlencoded"},
    {"Content-Type": "application/json; charset=utf-8"},
]


@pytest.mark.parametrize("headers", HEADERS, ids=lambda h: h.get("Content-Type", "none"))
@pytest.mark.parametrize("body", ODD.values(), ids=ODD)
async def test_a_message_is_taken_and_read(http, world, body, headers):
    group = {"chatid": "wr1", "userlist": ["zhang", "Li"]}
    held = token(world)
    await http.post(f"/cgi-bin/appchat/create?access_token={held}", json=group)
    chat = body.replace(b'"touser"', b'"chatid":"wr1","touser"')
    for path, sent in [
        (f"/cgi-bin/webhook/send?key={KEY}", body),
        (f"/cgi-bin/message/send?access_token={held}", body),
        (f"/cgi-bin/appchat/send?access_token={held}", chat),
    ]:
        answer = (await http.post(path, content=sent, headers=headers)).json()
        assert answer["errcode"] == 0, (path, answer)
        assert world.posted[-1].body == {"msgtype": "text", "text": world.posted[-1].body["text"]}
        assert world.posted[-1].body["text"]["content"] == "你好"


@pytest.mark.parametrize(
    "frame",
    [
        '{"cmd":"aibot_send_msg","headers":{"req_id":"r"},"body":{"chatid":"zhang","chat_type":1,'
        '"msgtype":"markdown","markdown":{"content":"\\u4f60\\u597d","feedback":null},'
        '"text":{"content":"x"},"template_card":null}}',
        '{"cmd":"aibot_send_msg","headers":{"req_id":"r","x":1},"errcode":null,"body":{'
        '"chatid":"zhang","msgtype":"markdown","markdown":{"content":"你好"}}}',
    ],
)
@pytest.mark.parametrize("binary", [False, True])
def test_a_frame_is_taken_and_read(world, frame, binary):
    robot(world)
    bot = Phone(world)
    bot.subscribes()
    talks.say(world, "zhang", f"bot-{BOT}", "在吗")
    bot.line.out.clear()
    world.receive(bot.line, frame.encode() if binary else frame)
    assert bot.hears()["errcode"] == 0
    assert world.posted[-1].body["markdown_v2"]["content"] == "你好"


@pytest.mark.parametrize("coding", ["utf-8-sig", "utf-16", "utf-32", "gbk"])
async def test_what_is_not_plain_utf_8_is_told_as_wrong_json(http, world, coding):
    """All pages ask for UTF-8; whether the real one passes over a byte order mark is not said."""
    body = '{"msgtype":"text","text":{"content":"你好，同志"}}'.encode(coding)
    answer = await http.post(f"/cgi-bin/webhook/send?key={KEY}", content=body)
    assert "wrong json" in answer.json()["errmsg"]
    assert world.posted == []
