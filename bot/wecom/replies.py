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


TEXT_BYTES = 2048  # of a passive text


def passive_reply(fields: Mapping[str, Any], words: str, now: datetime) -> str:
    """Return the update_button message that greys the tapped button with `words`.

    `fields` is the event as `Callback.open_post` returned it. WeCom changes the card of the one
    who tapped only, and takes it for button, vote and multiple cards (wecom/api.md §5.8). Seal it
    with `Callback.seal`.
    """
    button = f"<Button><ReplaceName>{cdata(words)}</ReplaceName></Button>"
    return _reply(fields, "update_button", button, now)


def passive_notice(
    fields: Mapping[str, Any], *, source: str, title: str, text: str, url: str, now: datetime
) -> str:
    """Return the update_template_card message that puts a notice in the place of a tapped card.

    For whoever tapped it only (wecom/api.md §5.8); the whole notice leads to `url`.
    """
    parts = (
        f"<CardType>{cdata('text_notice')}</CardType><Source><Desc>{cdata(source)}</Desc></Source>"
        f"<MainTitle><Title>{cdata(title)}</Title></MainTitle>"
        f"<SubTitleText>{cdata(text)}</SubTitleText>"
        f"<CardAction><Type>1</Type><Url>{cdata(url)}</Url></CardAction>"
    )
    return _reply(fields, "update_template_card", f"<TemplateCard>{parts}</TemplateCard>", now)


def passive_text(fields: Mapping[str, Any], words: str, now: datetime) -> str:
    """Return the text message that answers a person's own words.

    It knows no Markdown, so the marks are left out; of more than `TEXT_BYTES` the last lines are.
    """
    kept, size = list[str](), 0
    for line in words.split("\n"):
        said = line.removeprefix("> ").replace("**", "")
        size += len(said.encode()) + 1
        if size > TEXT_BYTES:
            break
        kept.append(said)
    content = cdata("\n".join(kept).strip())
    return _reply(fields, "text", f"<Content>{content}</Content>", now)


def _reply(fields: Mapping[str, Any], kind: str, content: str, now: datetime) -> str:
    return (
        f"<xml><ToUserName>{cdata(_text(fields, 'FromUserName'))}</ToUserName>"
        f"<FromUserName>{cdata(_text(fields, 'ToUserName'))}</FromUserName>"
        f"<CreateTime>{int(now.timestamp())}</CreateTime>"
        f"<MsgType>{cdata(kind)}</MsgType>{content}</xml>"
    )


def _text(fields: Mapping[str, Any], name: str) -> str:
    value = fields.get(name)
    return value if isinstance(value, str) else ""
