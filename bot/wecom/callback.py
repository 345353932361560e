"""The way in from WeCom: signature, cipher and envelope of callbacks (wecom/api.md §5).

wechatpy deciphers and xmltodict parses; both raise a dozen things on bad input, so nothing is
handed to them before the signature holds, and whatever they raise leaves here as Refused.

Two safeguards are *not* here. WeCom sends an event up to three times, with one and the same
signature, when no answer came in time (§5.5); so a repeat inside the freshness window is opened
again, and does no harm because a receipt counts once by (push, person, step). And the sender's
address is not checked: WeCom's list changes, and the signature says more.
"""

from __future__ import annotations

import hmac
import json
import os
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cached_property
from typing import Any
from xml.parsers import expat

import xmltodict

from bot.wecom.errors import Refused
from bot.wecom.replies import cdata

BODY_BYTES = 64 * 1024
FRESH_SECONDS = 15 * 60

_ENCRYPT = re.compile(
    rb"<Encrypt>\s*+(?:<!\[CDATA\[([A-Za-z0-9+/=]++)\]\]>|([A-Za-z0-9+/=]++))\s*+</Encrypt>"
)
_BASE64 = re.compile(r"[A-Za-z0-9+/=]+", re.ASCII)
_DECLARATION = re.compile(rb"<!(?!\[CDATA\[)")  # DOCTYPE, ENTITY; WeCom writes neither
_SECONDS = re.compile(r"[0-9]{1,12}", re.ASCII)
_AES_KEY = re.compile(r"[A-Za-z0-9+/]{43}", re.ASCII)


class Callback:
    """Opens what WeCom sends to one app, and seals what is said back.

    `token` and `aes_key` are the app's (接收消息→设置API接收), `receive_id` is the corporation id.
    """

    def __init__(self, token: str, aes_key: str, receive_id: str) -> None:
        if not _AES_KEY.fullmatch(aes_key):
            raise ValueError("EncodingAESKey must have 43 letters and digits")
        self._token, self._aes_key, self._receive_id = token, aes_key, receive_id

    @cached_property
    def _crypto(self) -> Any:
        # wechatpy's decoder is lenient, as it must be: the 43rd character's spare bits may be
        # anything (§5.1).
        return self._cipher.crypto(self._token, self._aes_key, self._receive_id)

    @property
    def _cipher(self) -> Any:
        from bot.wecom import cipher  # a tenth of a start-up: read with the first callback

        return cipher

    def open_post(self, query: Mapping[str, str], body: bytes, now: datetime) -> dict[str, Any]:
        """Return the event inside `body` as a nested dict; Refused whatever else it is."""
        try:
            encrypted = _encrypt_of(body)
            return _fields(self._open(query, encrypted, now))
        except Refused:
            raise
        except Exception as error:
            raise Refused(f"cannot be opened ({type(error).__name__})") from None

    def open_json(self, query: Mapping[str, str], body: bytes, now: datetime) -> dict[str, Any]:
        """Return the event inside a JSON `body` (§2.12, a robot's URL mode); Refused for the rest.

        The receive id of a robot is the empty text.
        """
        try:
            if len(body) > BODY_BYTES:
                raise Refused("body too long")
            outer = json.loads(body)
            encrypted = outer["encrypt"] if isinstance(outer, dict) else None
            if not isinstance(encrypted, str) or not _BASE64.fullmatch(encrypted):
                raise Refused("no encrypt in the envelope")
            event = json.loads(self._open(query, encrypted, now))
            if not isinstance(event, dict):
                raise Refused("an event without fields")
        except Refused:
            raise
        except Exception as error:
            raise Refused(f"cannot be opened ({type(error).__name__})") from None
        return event

    def seal_json(
        self,
        answer: Mapping[str, Any],
        nonce: str,
        now: datetime,
        random: Callable[[int], bytes] = os.urandom,
    ) -> bytes:
        """Return the encrypted envelope around an answer in JSON; `nonce` is the callback's."""
        plain = json.dumps(answer, ensure_ascii=False, separators=(",", ":"))
        encrypted = (
            self._cipher.Cipher(self._crypto.key, random).encrypt(plain, self._receive_id).decode()
        )
        timestamp = int(now.timestamp())
        signature = self._signature(str(timestamp), nonce, encrypted)
        whole = {"encrypt": encrypted, "msgsignature": signature}
        return json.dumps({**whole, "timestamp": timestamp, "nonce": nonce}).encode()

    def open_echo(self, query: Mapping[str, str], now: datetime) -> bytes:
        """Return what to answer, as it is, to a URL verification (§5.4); Refused otherwise."""
        try:
            # A "+" that somebody did not escape arrives as a blank; base64 has none.
            encrypted = query.get("echostr", "").replace(" ", "+")
            return self._open(query, encrypted, now).encode()
        except Refused:
            raise
        except Exception as error:
            raise Refused(f"cannot be opened ({type(error).__name__})") from None

    def seal(
        self, xml: str, nonce: str, now: datetime, random: Callable[[int], bytes] = os.urandom
    ) -> bytes:
        """Return the encrypted envelope (§5.5) around the passive reply `xml`."""
        encrypted = (
            self._cipher.Cipher(self._crypto.key, random).encrypt(xml, self._receive_id).decode()
        )
        timestamp = str(int(now.timestamp()))
        signature = self._signature(timestamp, nonce, encrypted)
        return (
            f"<xml><Encrypt>{cdata(encrypted)}</Encrypt>"
            f"<MsgSignature>{cdata(signature)}</MsgSignature>"
            f"<TimeStamp>{timestamp}</TimeStamp><Nonce>{cdata(nonce)}</Nonce></xml>"
        ).encode()

    def _open(self, query: Mapping[str, str], encrypted: str, now: datetime) -> str:
        """Return the plain text; the signature is checked before anything is deciphered."""
        timestamp, nonce = query.get("timestamp", ""), query.get("nonce", "")
        claimed = query.get("msg_signature", "")
        made = self._signature(timestamp, nonce, encrypted)
        if not hmac.compare_digest(made.encode(), claimed.encode()):
            raise Refused("wrong signature")
        if not _SECONDS.fullmatch(timestamp):
            raise Refused("no timestamp")
        if abs(now.timestamp() - int(timestamp)) > FRESH_SECONDS:
            raise Refused("not fresh")
        plain = self._crypto.check_signature(claimed, timestamp, nonce, encrypted)
        return str(plain)

    def _sealed(self, plain: str, random: Callable[[int], bytes]) -> str:
        cipher = self._cipher.Cipher(self._crypto.key, random)
        return str(cipher.encrypt(plain, self._receive_id).decode())

    def _signature(self, timestamp: str, nonce: str, encrypted: str) -> str:
        return str(self._cipher.signature(self._token, timestamp, nonce, encrypted))


def _encrypt_of(body: bytes) -> str:
    """Take `Encrypt` out of the envelope without parsing it: nobody has signed that yet."""
    if len(body) > BODY_BYTES:
        raise Refused("body too long")
    if _DECLARATION.search(body):
        raise Refused("a declaration in the envelope")
    found: list[tuple[bytes, bytes]] = _ENCRYPT.findall(body)
    if len(found) != 1:
        raise Refused("not one Encrypt in the envelope")
    return (found[0][0] or found[0][1]).decode("ascii")


def _fields(xml: str) -> dict[str, Any]:
    """Parse the inner XML; DTDs and entities are refused, though WeCom signed it."""
    fields = xmltodict.parse(xml, expat=_PlainExpat)["xml"]
    if not isinstance(fields, dict):
        raise Refused("an event without fields")
    return fields


class _PlainExpat:
    """Stands in for the expat module in xmltodict: makes parsers that refuse a DTD."""

    @staticmethod
    def ParserCreate(encoding: str | None, separator: str | None) -> expat.XMLParserType:
        parser = expat.ParserCreate(encoding, separator)
        parser.StartDoctypeDeclHandler = _refuse_doctype
        return parser


def _refuse_doctype(*_: object) -> None:
    raise Refused("a DTD in the message")
