"""The desk at which files are handed in (wecom/api.md §1.3, §8)."""

from datetime import date
from typing import TYPE_CHECKING, Any

from bot.sandbox.asks import Ask, Upload
from bot.sandbox.errors import Refusal, ok
from bot.sandbox.media import (
    APP_LIMITS,
    MB,
    PERMANENT,
    WEBHOOK_LIMITS,
    Media,
    amr_seconds,
    check_upload,
)

if TYPE_CHECKING:
    from bot.sandbox.world import World

IMG_A_DAY, IMG_A_MONTH = 1000, 3000


class MediaDesk:
    """Counts what is counted by day and month; the files are on the world's shelf."""

    def __init__(self, world: "World") -> None:
        self._world = world
        self._pictures: dict[date, int] = {}  # uploadimg by day

    def upload(self, ask: Ask) -> dict[str, Any]:
        """media/upload: for three days, for all apps of the corporation."""
        self._world.tokens.agent_of(ask.token, ask.ip)
        return self._keep(ask, "corp", APP_LIMITS)

    def get(self, ask: Ask) -> dict[str, Any]:
        """media/get: `ok` if the file may be fetched; the server then sends its bytes."""
        self._world.tokens.agent_of(ask.token, ask.ip)
        self._world.shelf.fetch("corp", ask.param("media_id", 41006), self._world.now())
        return ok()

    def webhook_upload(self, ask: Ask) -> dict[str, Any]:
        """webhook/upload_media: for three days, for this webhook alone."""
        key = ask.query.get("key", "")
        webhook = self._world.webhooks.get(key)
        if webhook is None:
            raise Refusal(93000)
        if webhook.stopped:
            raise Refusal(93004)
        return self._keep(ask, key, WEBHOOK_LIMITS)

    def uploadimg(self, ask: Ask) -> dict[str, Any]:
        """media/uploadimg: a picture's permanent address, for use inside messages."""
        self._world.tokens.agent_of(ask.token, ask.ip)
        upload = _part(ask)
        check_upload("image", upload.data, {"image": 2 * MB})
        today = self._world.now().date()
        month = [
            n for d, n in self._pictures.items() if (d.year, d.month) == (today.year, today.month)
        ]
        if self._pictures.get(today, 0) >= IMG_A_DAY or sum(month) >= IMG_A_MONTH:
            raise Refusal(45009)
        self._pictures[today] = self._pictures.get(today, 0) + 1
        media_id = self._put("image", upload, PERMANENT)
        return ok(url=f"{self._world.base_url}/sandbox/media/{media_id}")

    def _keep(self, ask: Ask, pool: str, limits: dict[str, int]) -> dict[str, Any]:
        upload = _part(ask)
        kind = ask.query.get("type", "")
        check_upload(kind, upload.data, limits)
        if kind == "voice" and amr_seconds(upload.data) > 60:
            raise Refusal(45007)
        media_id = self._put(kind, upload, pool)
        created = str(int(self._world.now().timestamp()))  # a string, as documented
        words = "" if pool == "corp" else "ok"  # as each page shows it
        return {
            "errcode": 0,
            "errmsg": words,
            "type": kind,
            "media_id": media_id,
            "created_at": created,
        }

    def _put(self, kind: str, upload: Upload, pool: str) -> str:
        at = self._world.now()
        return self._world.shelf.put(
            Media(kind=kind, filename=upload.filename, at=at, pool=pool, data=upload.data)
        )


def _part(ask: Ask) -> Upload:
    if ask.upload is None:
        raise Refusal(44001)
    return ask.upload
