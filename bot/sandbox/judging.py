"""Reading a request as WeCom does: lenient in form, strict in substance.

Accepted oddities: no Content-Type, unknown extra fields, null for "absent" (api.md §10).
"""

import json
from collections.abc import Mapping
from typing import Any

from bot.sandbox.errors import Refusal
from bot.sandbox.limits import cut, size
from bot.sandbox.media import Find

URL_LIMIT = 2048  # bytes
PAGEPATH_LIMIT = 128  # bytes
AUTHOR_LIMIT = 64  # bytes
BUTTON_WORDS = 4  # characters
PAGE_LIMIT = 666 * 1024  # bytes, of one mpnews page


def parse(body: bytes | str | Mapping[str, Any]) -> dict[str, Any]:
    """The request as a dict without nulls.

    Refusal 40058 with the words `Warning: wrong json format.` for malformed JSON, 40033 for
    characters that do not exist (lone surrogates, as `\\ud800` in JSON).
    """
    # half a character comes as an escape, or as bytes that begin with ED; looking costs time
    suspect = not isinstance(body, bytes) or b"\\u" in body or b"\xed" in body
    if not isinstance(body, Mapping):
        try:
            # as text: of bytes json would take UTF-16 too, which WeCom's pages rule out
            body = json.loads(body if isinstance(body, str) else str(body, "utf-8"))
        except (ValueError, RecursionError):
            raise Refusal(40058, "Warning: wrong json format. ") from None
    if not isinstance(body, Mapping):
        raise Refusal(40058, "Warning: wrong json format. ")
    clean: dict[str, Any] = _without_nulls(body)
    if suspect:
        try:
            json.dumps(clean, ensure_ascii=False).encode()
        except UnicodeEncodeError:
            raise Refusal(40033) from None
    return clean


def _without_nulls(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(k): _without_nulls(v) for k, v in value.items() if v is not None}
    if isinstance(value, list | tuple):
        return [_without_nulls(item) for item in value if item is not None]
    return value


def msgtype_of(body: Mapping[str, Any], known: frozenset[str]) -> str:
    """The message's type; Refusal 40008 if the channel has no such type."""
    msgtype = body.get("msgtype")
    if not isinstance(msgtype, str) or msgtype not in known:
        raise Refusal(40008)
    return msgtype


def section(body: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The object `name` of the request; Refusal 40058 if there is none."""
    found = body.get(name)
    if not isinstance(found, dict):
        raise Refusal(40058, name)
    return found


def content(part: Mapping[str, Any]) -> str:
    """`content`, present and not empty: 40058 or 44004."""
    text = part.get("content", "")
    if not isinstance(text, str):
        raise Refusal(40058, "content")
    if not text:
        raise Refusal(44004)
    return text


def within(text: str, limit: int) -> str:
    """`text` if it has at most `limit` bytes; Refusal 45002."""
    if size(text) > limit:
        raise Refusal(45002, f"{size(text)} bytes of {limit}")
    return text


def need(part: Mapping[str, Any], name: str, errcode: int) -> str:
    """A string field that must be there and not empty; Refusal `errcode`."""
    value = part.get(name)
    if not isinstance(value, str) or not value:
        raise Refusal(errcode, name)
    return value


def text_or(part: Mapping[str, Any], name: str, otherwise: str = "") -> str:
    """An optional string field; Refusal 40058 if it is something else."""
    value = part.get(name, otherwise)
    if not isinstance(value, str):
        raise Refusal(40058, name)
    return value


def objects(part: Mapping[str, Any], name: str, errcode: int = 40058) -> list[dict[str, Any]]:
    """A list of objects, empty if absent; Refusal `errcode` if it is something else."""
    found = part.get(name, [])
    if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
        raise Refusal(errcode, name)
    return found


def strings(part: Mapping[str, Any], name: str) -> list[str]:
    """A list of strings, empty if absent; Refusal 40058 if it is something else."""
    found = part.get(name, [])
    if not isinstance(found, list) or not all(isinstance(item, str) for item in found):
        raise Refusal(40058, name)
    return found


def link(part: Mapping[str, Any], name: str, *, bare: bool = False) -> str:
    """A URL that must be there (41010), of at most 2048 bytes (40039), with a scheme (45034)."""
    url = need(part, name, 41010)
    if size(url) > URL_LIMIT:
        raise Refusal(40039, name)
    if "://" not in url and not bare:
        raise Refusal(45034, name)
    return url


def button_words(part: Mapping[str, Any]) -> dict[str, str]:
    """A text card's `btntxt`, if it has one: cut to 4 characters."""
    words = text_or(part, "btntxt")
    return {"btntxt": words[:BUTTON_WORDS]} if words else {}


def articles(
    part: Mapping[str, Any], *, mini_programs: bool = False, bare: bool = False
) -> list[dict[str, Any]]:
    """1-8 articles, titles cut to 128 bytes and descriptions to 512 (api.md §1.2.5, §3.2).

    `bare`: an address may lack its scheme, as in the example of the webhook's page.
    """
    found = objects(part, "articles")
    if not found:
        raise Refusal(40058, "articles")
    if len(found) > 8:
        raise Refusal(45008)
    return [_article(item, mini_programs, bare) for item in found]


def _article(item: dict[str, Any], mini_programs: bool, bare: bool) -> dict[str, Any]:
    title = need(item, "title", 41016)
    description = text_or(item, "description")
    if mini_programs and item.get("appid") and item.get("pagepath"):
        if size(text_or(item, "pagepath")) > PAGEPATH_LIMIT:
            raise Refusal(40058, "pagepath")
    else:
        link(item, "url", bare=bare)
    if item.get("picurl"):
        link(item, "picurl")
    return {**item, "title": cut(title, 128), "description": cut(description, 512)}


def media(part: Mapping[str, Any], kind: str, find: Find) -> dict[str, Any]:
    """A message that is one uploaded file: 41006 without an id, else what `find` says to it.

    The phone is told the file's name and size.
    """
    file = find(need(part, "media_id", 41006), kind)
    return {**part, "filename": file.filename, "filesize": len(file.data)}


def mpnews(part: Mapping[str, Any], find: Find) -> dict[str, Any]:
    """1-8 pages kept by WeCom: title, cover, author, HTML, digest (api.md §3.2)."""
    found = objects(part, "articles")
    if not found:
        raise Refusal(40058, "articles")
    if len(found) > 8:
        raise Refusal(45008)
    return {"articles": [_page(item, find) for item in found]}


def _page(item: dict[str, Any], find: Find) -> dict[str, Any]:
    title = need(item, "title", 41016)
    find(need(item, "thumb_media_id", 41006), "image")
    if size(text_or(item, "author")) > AUTHOR_LIMIT:
        raise Refusal(45032)
    within(content(item), PAGE_LIMIT)
    digest = cut(text_or(item, "digest"), 512)
    return {**item, "title": cut(title, 128), "digest": digest}
