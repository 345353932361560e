"""What an app's callback is told of a person's message (wecom/api.md §5.5; document 90239)."""

import base64
import secrets
from typing import TYPE_CHECKING, Any

from bot.sandbox.media import Media

if TYPE_CHECKING:
    from bot.sandbox.world import World

Fields = dict[str, Any]

# the still of a film: one grey point
STILL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg=="
)


def fields_of(world: "World", body: dict[str, Any]) -> Fields:
    """The XML's own fields; empty for a file, of which WeCom tells no app."""
    msgtype = body["msgtype"]
    part = body[msgtype]
    shape = _SHAPES.get(msgtype)
    if shape is None:
        return {}
    number = str(10**18 + secrets.randbelow(10**18))
    return {"MsgType": msgtype, **shape(world, part), "MsgId": number}


def _text(_world: "World", part: Fields) -> Fields:
    return {"Content": part["content"]}


def _image(world: "World", part: Fields) -> Fields:
    media_id = part["media_id"]
    return {"PicUrl": f"{world.base_url}/sandbox/media/{media_id}", "MediaId": media_id}


def _voice(_world: "World", part: Fields) -> Fields:
    return {"MediaId": part["media_id"], "Format": "amr"}


def _video(world: "World", part: Fields) -> Fields:
    still = Media(kind="image", filename="still.png", at=world.now(), pool="corp", data=STILL)
    return {"MediaId": part["media_id"], "ThumbMediaId": world.shelf.put(still)}


_SHAPES = {"text": _text, "image": _image, "voice": _voice, "video": _video}
