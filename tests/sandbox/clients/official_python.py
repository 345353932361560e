"""The official Python SDK (PyPI wecom-aibot-python-sdk) against a sandbox, over wss.

`python official_python.py '<the line of qingfeng sandbox --json>'`; it says "ready", answers what
people do, and leaves when told "bye". It cannot open ws:// at all, and trusts certifi's list only:
`_SSL_CONTEXT = ssl.create_default_context(cafile=certifi.where())` in aibot/ws.py. That context is
a module's attribute, so the sandbox's authority is added to it here; no line of the SDK is changed.
"""

import asyncio
import json
import sys

from aibot import WSClient, WSClientOptions, ws
from script import card, changed

facts = json.loads(sys.argv[1])
ws._SSL_CONTEXT.load_verify_locations(cafile=facts["ca"])


async def main():
    left = asyncio.Event()
    options = WSClientOptions(
        bot_id=facts["bot"]["bot_id"], secret=facts["bot"]["secret"], ws_url=facts["wss"]
    )
    client = WSClient(options)

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
        message = {"msgtype": "template_card", "template_card": card("official-python")}
        await client.send_message(body["from"]["userid"], message | person)

    async def entered(frame):
        await client.reply_welcome(frame, {"msgtype": "text", "text": {"content": "您好"}})

    async def pressed(frame):
        await client.update_template_card(frame, changed("official-python"))

    client.on("authenticated", lambda *_: print("ready", flush=True))
    client.on("message.text", written)
    client.on("event.enter_chat", entered)
    client.on("event.template_card_event", pressed)
    await client.connect()
    await asyncio.wait_for(left.wait(), 30)
    client.disconnect()


asyncio.run(main())
