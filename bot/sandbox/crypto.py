"""WeCom's callback crypto, written from the description (wecom/api.md §5.2-5.3).

Independent of wechatpy on purpose: the bot's side uses that, and two writings of one rule
check each other. Vectors in wecom/api.md §5.6.
"""

import binascii
import hashlib
import hmac
import os
import struct

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

BLOCK = 32  # padding goes to 32, not to AES's 16


class CryptoError(Exception):
    """A text that was not made with this token, key and receiver."""


def signature(token: str, timestamp: str, nonce: str, encrypted: str) -> str:
    """Lower-case hex SHA-1 of the four strings, sorted and joined."""
    joined = "".join(sorted([token, timestamp, nonce, encrypted]))
    return hashlib.sha1(joined.encode(), usedforsecurity=False).hexdigest()


def signed(token: str, timestamp: str, nonce: str, encrypted: str, claimed: str) -> bool:
    """Is `claimed` the signature? Compared in constant time."""
    made = signature(token, timestamp, nonce, encrypted)
    return hmac.compare_digest(made.encode(), claimed.encode())


def key_of(encoding_aes_key: str) -> bytes:
    """The 32 bytes behind 43 characters; the last one's spare bits may be anything."""
    try:
        # a2b_base64 ignores spare bits by default; a strict decoder refuses the official key
        key = binascii.a2b_base64(encoding_aes_key + "=")
    except (ValueError, UnicodeEncodeError) as error:
        raise CryptoError("EncodingAESKey is not base64") from error
    if len(encoding_aes_key) != 43 or len(key) != 32:
        raise CryptoError("EncodingAESKey must have 43 characters")
    return key


def encrypt(encoding_aes_key: str, msg: str, receiveid: str, *, salt: bytes | None = None) -> str:
    """Base64 of AES-256-CBC over 16 random bytes, length, `msg` and `receiveid`.

    `salt` (16 bytes) replaces the random bytes, for test vectors only.
    """
    plain = msg.encode()
    head = (os.urandom(16) if salt is None else salt) + struct.pack(">I", len(plain))
    sealed = seal(key_of(encoding_aes_key), head + plain + receiveid.encode())
    return binascii.b2a_base64(sealed, newline=False).decode()


def seal(key: bytes, body: bytes) -> bytes:
    """AES-256-CBC of `body`, padded to 32; so are the files that a robot fetches (§2.4)."""
    pad = BLOCK - len(body) % BLOCK  # 1..32: a full block when already aligned
    encryptor = _cipher(key).encryptor()
    return encryptor.update(body + bytes([pad]) * pad) + encryptor.finalize()


def decrypt(encoding_aes_key: str, encrypted: str, receiveid: str) -> str:
    """The message inside `encrypted`; CryptoError if anything about it is wrong."""
    body = _unpad(_open(key_of(encoding_aes_key), encrypted))
    if len(body) < 20:
        raise CryptoError("too short")
    end = 20 + int(struct.unpack(">I", body[16:20])[0])
    if end > len(body) or body[end:] != receiveid.encode():
        raise CryptoError("made for another receiver")
    try:
        return body[20:end].decode()
    except UnicodeDecodeError as error:
        raise CryptoError("not UTF-8") from error


def _open(key: bytes, encrypted: str) -> bytes:
    try:
        sealed = binascii.a2b_base64(encrypted.encode())
        decryptor = _cipher(key).decryptor()
        return decryptor.update(sealed) + decryptor.finalize()
    except ValueError as error:
        raise CryptoError("cannot be decrypted") from error


def _unpad(body: bytes) -> bytes:
    pad = body[-1] if body else 0
    if not 1 <= pad <= BLOCK or body[-pad:] != bytes([pad]) * pad:
        raise CryptoError("wrong padding")
    return body[:-pad]


def _cipher(key: bytes) -> Cipher[modes.CBC]:
    return Cipher(algorithms.AES(key), modes.CBC(key[:16]))
