"""What an app says back to a message or an event in the answer of its callback (api.md §5.8)."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from bot.sandbox.errors import Refusal
from bot.sandbox.judging import articles, content, media
from bot.sandbox.limits import cut

if TYPE_CHECKING:
    from bot.sandbox.world import World

TEXT_BYTES = 2048  # cut beyond
KINDS = frozenset({"text", "image", "voice", "video", "news"})


def message_of(world: "World", kind: str, reply: Mapping[str, Any]) -> dict[str, Any]:
    """The reply as a message, `{"msgtype": t, t: {...}}`; Refusal if it could not be sent."""
    if kind == "text":
        words = cut(content({"content": reply.get("Content") or ""}), TEXT_BYTES)
        return {"msgtype": kind, kind: {"content": words}}
    if kind == "news":
        return {"msgtype": kind, kind: {"articles": articles({"articles": _articles(reply)})}}
    part = reply.get(kind.capitalize())
    held = {"media_id": part.get("MediaId") if isinstance(part, Mapping) else None}
    shown = media(held, kind, lambda m, k: world.shelf.find("corp", m, k, world.now()))
    if kind == "video" and isinstance(part, Mapping):
        shown["title"] = cut(str(part.get("Title") or ""), 128)
        shown["description"] = cut(str(part.get("Description") or ""), 512)
    return {"msgtype": kind, kind: shown}


def _articles(reply: Mapping[str, Any]) -> list[dict[str, str]]:
    """`Articles/item*`; one item alone looks like an object. 40058 unless ArticleCount agrees."""
    found = reply.get("Articles")
    items = found.get("item") if isinstance(found, Mapping) else None
    items = items if isinstance(items, list) else [items]
    names = {"Title": "title", "Description": "description", "PicUrl": "picurl", "Url": "url"}
    made = [
        {name: str(item[tag]) for tag, name in names.items() if item.get(tag)}
        for item in items
        if isinstance(item, Mapping)
    ]
    if str(reply.get("ArticleCount")) != str(len(made)):
        raise Refusal(40058, "ArticleCount")
    return made
