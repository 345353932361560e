"""The link scanner of U9: does WeCom look at links before people do? (wecom/api.md §13)

A program that counts a GET as an opening is shown here to be wrong. Only addresses of this machine
are ever visited.
"""

import asyncio
import json
import re
from collections.abc import Callable
from urllib.parse import urlsplit

import httpx

from bot.sandbox.records import Message
from bot.sandbox.sending import authorities
from bot.sandbox.world import World

LINK = re.compile(r"https?://[^\s\"'<>\\)\]]+")
HERE = frozenset({"127.0.0.1", "localhost", "::1"})
AGENT = "Mozilla/5.0 (compatible; sandbox link scanner)"
TIMEOUT = 5.0  # seconds


def links_of(message: Message) -> list[str]:
    """The links of a message that lead to this machine, each once."""
    found = LINK.findall(json.dumps(message.body, ensure_ascii=False))
    return [url for url in dict.fromkeys(found) if urlsplit(url).hostname in HERE]


def watch(world: World, http: httpx.AsyncClient | None) -> Callable[[Message], None]:
    """What the world is to call with each accepted message; it returns at once."""
    running: set[asyncio.Task[None]] = set()

    def look(message: Message) -> None:
        if world.link_scanner == "off":
            return
        task = asyncio.get_running_loop().create_task(_scan(world, message, http))
        running.add(task)
        task.add_done_callback(running.discard)

    return look


async def _scan(world: World, message: Message, http: httpx.AsyncClient | None) -> None:
    method = world.link_scanner.upper()
    client = http or httpx.AsyncClient(verify=authorities(), trust_env=False)
    try:
        for url in links_of(message):
            try:
                headers = {"User-Agent": AGENT}
                answer = await client.request(method, url, headers=headers, timeout=TIMEOUT)
                world.note_call("link_scanner", answer.status_code, message.chat)
            except httpx.HTTPError:
                world.note_call("link_scanner", -1, message.chat)
    finally:
        if http is None:
            await client.aclose()
