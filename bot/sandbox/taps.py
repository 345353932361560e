"""A finger falls on a card: the event goes out, the passive reply comes back.

Events travel as WeCom sends them (wecom/api.md §5.5, §5.7): XML, encrypted, signed, at most
5 s for an answer, three attempts in all. The reply (§5.8) changes the card for the clicker only.
"""

import asyncio
import secrets
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from xml.parsers.expat import ExpatError
from xml.sax.saxutils import escape

import httpx
import xmltodict

from bot.sandbox.crypto import CryptoError, decrypt, encrypt, signature, signed
from bot.sandbox.errors import TEXTS, Refusal
from bot.sandbox.faults import FaultKind
from bot.sandbox.passive import KINDS, message_of
from bot.sandbox.records import App, CardState, Message, Options
from bot.sandbox.replies import card_of
from bot.sandbox.sending import borrowed
from bot.sandbox.world import World

TRIES = 3
VERIFY_TIMEOUT = 1.0  # seconds for the GET verification (wecom/api.md §5.4)


@dataclass(frozen=True, kw_only=True)
class TapResult:
    delivered: bool  # the callback answered HTTP 200
    status: int | None = None  # the last HTTP status; None: no answer at all
    attempts: int = 0
    held: bool = False  # the REORDER fault keeps the event back until after the next one
    reply: str = ""  # MsgType of the passive reply, "" for an empty answer
    greyed: str = ""  # the words that now stand on the grey button
    error: str = ""  # why a reply was not understood


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something to be posted as often as needed, the same bytes each time.

    A tap has a key; a message or another event has none, and is no line of the log.
    """

    app: App
    at: datetime
    userid: str
    params: dict[str, str]
    body: str
    tap: bool = False
    task_id: str = ""
    key: str = ""
    options: Options | None = None
    message: Message | None = None


async def tap(
    world: World,
    userid: str,
    task_id: str,
    key: str,
    *,
    http: httpx.AsyncClient | None = None,
    options: Options | None = None,
    agentid: int | None = None,
) -> TapResult:
    """`userid` taps `key` on the card `task_id`.

    Neither the person nor the card need exist: a forged event within the corporation goes to
    the app `agentid`, or to the first one. ValueError if the world has no app to receive it.
    """
    event = _event(world, userid, task_id, key, options, agentid)
    return await _carry(world, event, http)


async def tell_app(
    world: World,
    agentid: int,
    userid: str,
    fields: dict[str, Any],
    *,
    http: httpx.AsyncClient | None = None,
) -> TapResult:
    """Post a message or an event of `userid` that is no tap to the app's callback (§5.5)."""
    return await _tell(world, world.apps[agentid], userid, {**fields, "AgentID": agentid}, http)


async def tell_sync(
    world: World, fields: dict[str, Any], *, http: httpx.AsyncClient | None = None
) -> TapResult:
    """Post a change of the contacts to 通讯录同步, if it has a callback (§5.7)."""
    if world.sync is None:
        return TapResult(delivered=False)
    return await _tell(world, world.sync, "sys", fields, http)


async def _tell(
    world: World, app: App, userid: str, fields: dict[str, Any], http: httpx.AsyncClient | None
) -> TapResult:
    at = world.now()
    plain = {
        "ToUserName": world.corp_id,
        "FromUserName": userid,
        "CreateTime": int(at.timestamp()),
        **fields,
    }
    params, body = _sealed(world, app, _xml(plain, None)) if app.aes_key else ({}, "")
    event = Event(app=app, at=at, userid=userid, params=params, body=body)
    return await _carry(world, event, http)


async def _carry(world: World, event: Event, http: httpx.AsyncClient | None) -> TapResult:
    """Let `event` go out, spoilt by the fault that waits for the callback; then what was held."""
    fault = world.faults.take("callback")
    if fault:
        world.note_fault("callback", fault.kind.value)
    if fault and fault.kind is FaultKind.REORDER:
        world.held.append(event)
        return TapResult(delivered=False, held=True)
    if fault and fault.kind is FaultKind.LOSE:
        _note(world, event, delivered=False)
        return TapResult(delivered=False)
    if fault and fault.kind is FaultKind.SLOW:
        await asyncio.sleep(fault.seconds)
    async with borrowed(http) as client:
        result = await _deliver(world, event, client)
        if fault and fault.kind is FaultKind.DUPLICATE:
            await _post(world, event, client)
        await flush(world, http=client)
    return result


async def flush(world: World, *, http: httpx.AsyncClient | None = None) -> list[TapResult]:
    """Post the events that a REORDER fault has kept back."""
    events: list[Event] = list(world.held)
    world.held.clear()
    if not events:
        return []
    async with borrowed(http) as client:
        return [await _deliver(world, event, client) for event in events]


async def verify_callback(
    world: World, agentid: int, *, http: httpx.AsyncClient | None = None
) -> bool:
    """Does the app's url pass WeCom's GET verification: the bare plain text within a second?"""
    app = world.apps[agentid]
    plain = str(secrets.randbelow(10**19))
    echostr = encrypt(app.aes_key, plain, world.corp_id)
    params = {**_signed_params(world, app, echostr), "echostr": echostr}
    async with borrowed(http) as client:
        try:
            async with asyncio.timeout(VERIFY_TIMEOUT):
                response = await client.get(app.callback_url, params=params)
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError):
            return False
    return response.status_code == 200 and response.content == plain.encode()


def _event(
    world: World,
    userid: str,
    task_id: str,
    key: str,
    options: Options | None,
    agentid: int | None,
) -> Event:
    message = world.message_of(task_id, agentid)
    chosen = message.agentid if message else agentid
    app = world.apps.get(chosen) if chosen is not None else next(iter(world.apps.values()), None)
    if app is None:
        raise ValueError("no app could receive this tap")
    at = world.now()
    fields = {
        "ToUserName": world.corp_id,
        "FromUserName": userid,
        "CreateTime": int(at.timestamp()),
        "MsgType": "event",
        "Event": _event_name(message, key),
        "EventKey": key,
        "TaskId": task_id,
        "CardType": str(message.card["card_type"]) if message else "button_interaction",
        "ResponseCode": world.card_desk.issue(message, app.agentid),
        "AgentID": app.agentid,
    }
    params, body = _sealed(world, app, _xml(fields, options)) if app.aes_key else ({}, "")
    return Event(
        app=app,
        at=at,
        userid=userid,
        params=params,
        body=body,
        tap=True,
        task_id=task_id,
        key=key,
        options=options,
        message=message,
    )


def _event_name(message: Message | None, key: str) -> str:
    """A corner menu has an event of its own (wecom/api.md §5.7)."""
    menu = message.card.get("action_menu") if message else None
    entries = menu.get("action_list") if isinstance(menu, dict) else None
    known = [entry.get("key") for entry in entries or () if isinstance(entry, dict)]
    return "template_card_menu_event" if key in known else "template_card_event"


def _sealed(world: World, app: App, plain: str) -> tuple[dict[str, str], str]:
    """The query and the body of a callback (wecom/api.md §5.5)."""
    encrypted = encrypt(app.aes_key, plain, world.corp_id)
    outer = {"ToUserName": world.corp_id, "AgentID": str(app.agentid or ""), "Encrypt": encrypted}
    return _signed_params(world, app, encrypted), _xml(outer, None)


def _signed_params(world: World, app: App, encrypted: str) -> dict[str, str]:
    timestamp, nonce = str(int(world.now().timestamp())), str(secrets.randbelow(10**10))
    claimed = signature(app.token, timestamp, nonce, encrypted)
    return {"msg_signature": claimed, "timestamp": timestamp, "nonce": nonce}


def _xml(fields: dict[str, Any], options: Options | None) -> str:
    """One flat XML message; texts in CDATA, numbers bare, the answers of a form at the end."""
    parts = [f"<{name}>{_value(value)}</{name}>" for name, value in fields.items()]
    return f"<xml>{''.join(parts)}{_selected(options) if options else ''}</xml>"


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return "".join(f"<{name}>{_value(inner)}</{name}>" for name, inner in value.items())
    return str(value) if isinstance(value, int) else _cdata(str(value))


def _cdata(text: str) -> str:
    # "]]>" would end the section early
    return f"<![CDATA[{text}]]>" if "]]>" not in text else escape(text)


def _selected(options: Options) -> str:
    items = [
        f"<SelectedItem><QuestionKey>{_cdata(question)}</QuestionKey><OptionIds>"
        + "".join(f"<OptionId>{_cdata(option)}</OptionId>" for option in chosen)
        + "</OptionIds></SelectedItem>"
        for question, chosen in options.items()
    ]
    return f"<SelectedItems>{''.join(items)}</SelectedItems>"


async def _deliver(world: World, event: Event, client: httpx.AsyncClient) -> TapResult:
    """Post `event`, log the tap, and do to the card what the reply says."""
    status, attempts, content = await _post(world, event, client)
    delivered = status == 200
    _note(world, event, delivered=delivered)
    result = TapResult(delivered=delivered, status=status, attempts=attempts)
    return _apply(world, event, content, result) if delivered else result


async def _post(
    world: World, event: Event, client: httpx.AsyncClient
) -> tuple[int | None, int, bytes]:
    """(the last HTTP status or None, attempts, the body of a 200)."""
    status = None
    if not event.app.callback_url:
        return None, 0, b""
    for attempt in range(1, TRIES + 1):
        try:
            async with asyncio.timeout(world.callback_timeout):
                response = await client.post(
                    event.app.callback_url,
                    params=event.params,
                    content=event.body,
                    headers={"Content-Type": "text/xml"},
                )
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError):
            continue
        status = response.status_code
        if status == 200:
            return status, attempt, response.content
    return status, TRIES, b""


def _apply(world: World, event: Event, content: bytes, result: TapResult) -> TapResult:
    if not content.strip() or content.strip() == b"success":
        return result
    try:
        reply = _opened(world, event.app, content)
        kind = str(reply["MsgType"])
        state = _state(kind, reply, world.update_menu_limit)
    except (CryptoError, ExpatError, KeyError, TypeError, ValueError) as error:
        return replace(result, error=f"{type(error).__name__}: {error}")
    if kind in KINDS and event.message is None:
        return replace(result, reply=kind, error=_answered(world, event, kind, reply))
    if state is None or event.message is None:
        return replace(result, reply=kind)
    if kind == "update_button" and not event.message.interactive:
        return replace(result, reply=kind, error="update_button is for cards with buttons only")
    world.change_card(event.message, event.userid, state)
    return replace(result, reply=kind, greyed=state.greyed)


def _answered(world: World, event: Event, kind: str, reply: dict[str, Any]) -> str:
    """The app's answer stands in the chat of two; what is wrong with it, where it does not."""
    try:
        body = message_of(world, kind, reply)
    except Refusal as refusal:
        return f"{refusal.errcode}: {refusal.detail or TEXTS[refusal.errcode]}"
    chat = f"app-{event.app.agentid}"
    world.accept(chat=chat, sender=event.app.name, body=body, reached=(event.userid,))
    return ""


def _opened(world: World, app: App, content: bytes) -> dict[str, Any]:
    """The plain reply; CryptoError if it was not made with this app's token and key."""
    outer = xmltodict.parse(content)["xml"]
    encrypted = str(outer["Encrypt"])
    timestamp, nonce = str(outer["TimeStamp"]), str(outer["Nonce"])
    if not signed(app.token, timestamp, nonce, encrypted, str(outer["MsgSignature"])):
        raise CryptoError("wrong signature")
    plain = xmltodict.parse(decrypt(app.aes_key, encrypted, world.corp_id))["xml"]
    if not isinstance(plain, dict):
        raise ValueError("an empty reply")
    return plain


def _state(kind: str, reply: dict[str, Any], menu_limit: int) -> CardState | None:
    if kind == "update_button":
        return CardState(greyed=str(reply["Button"]["ReplaceName"]))
    if kind == "update_template_card":
        card = card_of(reply["TemplateCard"])
        if len(card.get("action_menu", {}).get("action_list", ())) > menu_limit:
            raise ValueError("too many entries in the corner menu")
        return CardState(greyed=str(card.get("replace_text", "")), card=card)
    return None


def _note(world: World, event: Event, *, delivered: bool) -> None:
    if not event.tap:
        return
    world.note_tap(
        at=event.at,
        person=event.userid,
        task_id=event.task_id,
        key=event.key,
        options=event.options,
        delivered=delivered,
    )
