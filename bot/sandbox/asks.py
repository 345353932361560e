"""One call of the API, as the desks see it: no matter whether it came over HTTP or from a test."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.sandbox.errors import Refusal

Body = bytes | str | Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Upload:
    """The part named `media` of a multipart body."""

    filename: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Ask:
    """A call. Its query holds tokens and keys: never log it."""

    query: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: Body = b""
    upload: Upload | None = None
    ip: str = "127.0.0.1"

    @property
    def token(self) -> str:
        return self.query.get("access_token", "")

    def param(self, name: str, errcode: int) -> str:
        """A parameter of the query that must be there; Refusal `errcode`."""
        value = self.query.get(name, "")
        if not value:
            raise Refusal(errcode, name)
        return value
