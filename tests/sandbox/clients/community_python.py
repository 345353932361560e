"""The community's Python SDK (PyPI wecom-aibot-sdk) against a sandbox, over ws, with an upload."""

import asyncio
import json
import sys

from script import card, changed
from wecom_aibot_sdk import WSClient

facts = json.loads(sys.argv[1])


async def main():
    left = asyncio.Event()
    client = WSClient(facts["bot"]["bot_id"], facts["bot"]["secret"], ws_url=facts["ws"])

    async def written(frame):
        body = frame["body"]
        if "bye" in body["text"]["content"]:
            left.set()
            return
        await client.reply_stream(frame, "s1", "正在")
        await client.reply_stream(frame, "s1", "在的", True)
        person = {"chat_type": 1}
        markdown = {"msgtype": "markdown", "markdown": {"content": "**提醒**"}}
        await client.send_message(body["from"]["userid"], markdown | person)
        message = {"msgtype": "template_card", "template_card": card("community-python")}
        await client.send_message(body["from"]["userid"], message | person)
        done = await client.upload_media(b"hello, file" * 60_000, type="file", filename="a.txt")
        file = {"msgtype": "file", "file": {"media_id": done["media_id"]}}
        await client.send_message(body["from"]["userid"], file | person)

    async def entered(frame):
        await client.reply_welcome(frame, {"msgtype": "text", "text": {"content": "您好"}})

    async def pressed(frame):
        await client.update_template_card(frame, changed("community-python"))

    client.on("authenticated", lambda *_: print("ready", flush=True))
    client.on("message.text", written)
    client.on("event.enter_chat", entered)
    client.on("event.template_card_event", pressed)
    await client.connect()
    await asyncio.wait_for(left.wait(), 30)
    await client.disconnect()


asyncio.run(main())
