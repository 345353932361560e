"""What is said back in the answer to a callback (wecom/api.md §5.8)."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

# What XML 1.0 cannot hold at all, not even in CDATA.
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def cdata(text: str) -> str:
    """Return `text` as CDATA; what cannot stand in XML is left out.

    >>> cdata("a]]>b")
    '<![CDATA[a]]]]><![CDATA[>b]]>'
    """
    clean = _NOT_XML.sub("", text).replace("]]>", "]]]]><![CDATA[>")
    return f"<![CDATA[{clean}]]>"


def passive_reply(fields: Mapping[str, Any], words: str, now: datetime) -> str:
    """Return the update_button message that greys the tapped button with `words`.

    `fields` is the event as `Callback.open_post` returned it. WeCom changes the card of the one
    who tapped only, and takes it for button, vote and multiple cards (wecom/api.md §5.8). Seal it
    with `Callback.seal`.
    """
    return (
        f"<xml><ToUserName>{cdata(_text(fields, 'FromUserName'))}</ToUserName>"
        f"<FromUserName>{cdata(_text(fields, 'ToUserName'))}</FromUserName>"
        f"<CreateTime>{int(now.timestamp())}</CreateTime>"
        f"<MsgType>{cdata('update_button')}</MsgType>"
        f"<Button><ReplaceName>{cdata(words)}</ReplaceName></Button></xml>"
    )


def _text(fields: Mapping[str, Any], name: str) -> str:
    value = fields.get(name)
    return value if isinstance(value, str) else ""
