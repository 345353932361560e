"""What a person writes, cut into the messages that WeCom makes of it (wecom/api.md §2.4, §5.5).

words                     -> text
words and pictures        -> mixed, where the other end takes it
a voice with its words    -> voice; the words are what WeCom heard in it
anything else             -> the words, then file by file
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from bot.sandbox.asks import Upload
from bot.sandbox.media import AMR, GIF, JPEG, MB, PNG, Media
from bot.sandbox.records import Json, Message

if TYPE_CHECKING:
    from bot.sandbox.world import World

Body = dict[str, Any]
LARGEST = 100 * MB  # of a file that a robot is told of (wecom/api.md §2.4)
QUOTABLE = frozenset({"text", "image", "mixed", "voice", "file", "video"})


def bodies(
    world: "World", text: str, files: Sequence[Upload], quote: Message | None, *, mixed: bool
) -> list[Body]:
    """The messages of one writing, in order; ValueError if there is nothing in it."""
    if not text and not files:
        raise ValueError("nothing is written")
    parts = [_file(world, file) for file in files]
    made = _joined(text, parts, mixed)
    if quote is not None:
        made[0] = {**made[0], "quote": quoted(quote)}
    return made


def kind_of(data: bytes) -> str:
    """image, voice, video or file, by the first bytes and never by the name."""
    if data.startswith((PNG, JPEG, GIF)):
        return "image"
    if data.startswith(AMR):
        return "voice"
    return "video" if data[4:8] == b"ftyp" else "file"


def quoted(message: Message) -> Body:
    """An older message as one that is quoted; what a robot cannot be told becomes its words."""
    part = message.body[message.msgtype]
    if message.msgtype in QUOTABLE:
        said = {"msgtype": message.msgtype, message.msgtype: part}
    else:
        title = part.get("main_title") or {}
        words = part.get("content") or part.get("title") or title.get("title") or ""
        said = {"msgtype": "text", "text": {"content": str(words)}}
    return {**said, "sender": message.sender}


def words_of(body: Json) -> str:
    """The words in a text or a mixed message, in which `@name` is looked for."""
    if body["msgtype"] == "mixed":
        items = body["mixed"]["msg_item"]
        return " ".join(item["text"]["content"] for item in items if item["msgtype"] == "text")
    return str(body[body["msgtype"]].get("content", "")) if body["msgtype"] == "text" else ""


def _joined(text: str, parts: list[Body], mixed: bool) -> list[Body]:
    words = {"msgtype": "text", "text": {"content": text}}
    kinds = [part["msgtype"] for part in parts]
    if text and kinds == ["voice"]:
        voice = {**parts[0]["voice"], "content": text}
        return [{"msgtype": "voice", "voice": voice}]
    together = len(parts) > 1 or bool(text)
    if mixed and parts and together and set(kinds) == {"image"}:
        items = [words, *parts] if text else parts
        return [{"msgtype": "mixed", "mixed": {"msg_item": items}}]
    return [words, *parts] if text else parts


def _file(world: "World", file: Upload) -> Body:
    if not file.data or len(file.data) > LARGEST:
        raise ValueError(f"{file.filename}: empty, or over {LARGEST // MB} MB")
    kind = kind_of(file.data)
    media_id = world.shelf.put(
        Media(kind=kind, filename=file.filename, at=world.now(), pool="corp", data=file.data)
    )
    part = {"media_id": media_id, "filename": file.filename, "filesize": len(file.data)}
    return {"msgtype": kind, kind: part}
