"""wechatpy's signature and cipher, under names of ours (wecom/api.md §5.1, §5.2).

A module of its own because wechatpy brings a whole HTTP client with it: `callback.py` reads it
with the first callback, and the bot starts a tenth sooner.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from wechatpy.utils import WeChatSigner
from wechatpy.work.crypto import PrpCrypto, WeChatCrypto


def crypto(token: str, aes_key: str, receive_id: str) -> Any:
    """Return what opens: its `check_signature` deciphers, `key` is the key's 32 bytes."""
    return WeChatCrypto(token, aes_key, receive_id)


def signature(*parts: str) -> str:
    """Return the SHA-1 of the sorted parts, in hex."""
    signer = WeChatSigner()
    signer.add_data(*parts)
    return str(signer.signature)


class Cipher(PrpCrypto):  # type: ignore[misc]
    """wechatpy's cipher with random bytes that cannot be guessed; its own are not."""

    def __init__(self, key: bytes, random: Callable[[int], bytes]) -> None:
        super().__init__(key)
        self._random = random

    def get_random_string(self) -> bytes:
        return self._random(16)
