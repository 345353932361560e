"""What an app answers in its callback stands in the chat of the two (wecom/api.md §5.8)."""

import pytest

from bot.sandbox.asks import Ask, Upload
from bot.sandbox.media import PNG
from bot.sandbox.people import say

from .house import AGENT, token

CHAT = f"app-{AGENT}"
MP4 = b"\0\0\0\x18ftypmp42" + b"0" * 9


def xml(kind, inside):
    return f"<xml><MsgType><![CDATA[{kind}]]></MsgType>{inside}</xml>"


def item(title="题", url="https://a.example/1"):
    return f"<item><Title>{title}</Title><Url>{url}</Url></item>"


def upload(world, kind, data):
    query = {"access_token": token(world), "type": kind}
    ask = Ask(query=query, upload=Upload(filename="a", data=data))
    return world.call("media/upload", ask)["media_id"]


async def answered(world, callback, bot, reply):
    """What came of it: the tap's result, and the message that now stands below the question."""
    callback.reply = reply
    result = await say(world, "zhang", CHAT, "请问", http=bot)
    last = world.posted[-1]
    return result, (last.body if last.sender == "清风" else None)


async def test_a_text_is_cut_at_2048_bytes(world, callback, bot):
    for words, shown in [("a" * 2048, 2048), ("a" * 2049, 2048), ("字" * 683, 682)]:
        reply = xml("text", f"<Content>{words}</Content>")
        result, body = await answered(world, callback, bot, reply)
        assert (result.reply, result.error) == ("text", "")
        assert len(body["text"]["content"]) == shown
        assert world.posted[-1].reached == ("zhang",)


@pytest.mark.parametrize("count", [1, 2, 8])
async def test_articles_are_shown(world, callback, bot, count):
    inside = f"<ArticleCount>{count}</ArticleCount><Articles>{item() * count}</Articles>"
    _, body = await answered(world, callback, bot, xml("news", inside))
    assert (
        body["news"]["articles"]
        == [{"title": "题", "url": "https://a.example/1", "description": ""}] * count
    )


@pytest.mark.parametrize(("kind", "data"), [("image", PNG + b"0"), ("video", MP4)])
async def test_a_file_is_one_that_the_corporation_uploaded(world, callback, bot, kind, data):
    media_id = upload(world, kind, data)
    words = "<Title>题</Title><Description>述</Description>" if kind == "video" else ""
    tag = kind.capitalize()
    reply = xml(kind, f"<{tag}><MediaId>{media_id}</MediaId>{words}</{tag}>")
    _, body = await answered(world, callback, bot, reply)
    assert body[kind]["media_id"] == media_id
    assert body[kind].get("title") == ("题" if words else None)


@pytest.mark.parametrize(
    ("kind", "inside", "errcode"),
    [
        ("text", "", "44004"),
        ("text", "<Content></Content>", "44004"),
        ("image", "", "41006"),
        ("image", "<Image><MediaId>none</MediaId></Image>", "40007"),
        ("voice", "<Voice>x</Voice>", "41006"),
        ("news", "", "40058"),
        ("news", f"<ArticleCount>2</ArticleCount><Articles>{item()}</Articles>", "40058"),
        ("news", f"<ArticleCount>9</ArticleCount><Articles>{item() * 9}</Articles>", "45008"),
        ("news", f"<ArticleCount>1</ArticleCount><Articles>{item('')}</Articles>", "41016"),
        ("news", f"<ArticleCount>1</ArticleCount><Articles>{item(url='')}</Articles>", "41010"),
    ],
)
async def test_an_answer_that_wecom_would_drop_says_why(
    world, callback, bot, kind, inside, errcode
):
    result, body = await answered(world, callback, bot, xml(kind, inside))
    assert result.delivered
    assert result.error.startswith(errcode)
    assert body is None
