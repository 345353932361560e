"""The desk at which a group's webhook is answered (wecom/api.md §1.2)."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from bot.sandbox.errors import Refusal, ok
from bot.sandbox.judge_webhook import judge
from bot.sandbox.judging import parse
from bot.sandbox.media import Find

if TYPE_CHECKING:
    from bot.sandbox.registry import Webhook
    from bot.sandbox.world import World

SENDER = "消息推送"  # what a group shows above a webhook's message


def send(world: "World", key: str, body: bytes | str | Mapping[str, Any]) -> dict[str, Any]:
    """Post one message into the group behind `key`, or raise Refusal.

    Only accepted messages count against the rate, unless `refused_counts` (UNVERIFIED).
    """
    webhook = world.webhooks.get(key)
    if webhook is None:
        raise Refusal(93000)
    if webhook.stopped:
        raise Refusal(93004)
    group = world.groups[webhook.group_id]
    if group.external and not world.webhook_external:
        raise Refusal(93001)
    if not body:
        raise Refusal(93017)
    if world.refused_counts:
        _take(world, webhook)
    shown = judge(
        parse(body),
        oversize=world.oversize,
        find=_finder(world, key),
        md5_checked=world.md5_checked,
    )
    if not world.refused_counts:
        _take(world, webhook)
    world.accept(chat=group.group_id, sender=SENDER, body=shown, reached=group.members)
    return ok()


def _take(world: "World", webhook: "Webhook") -> None:
    if not webhook.rate.take(world.now(), world.webhook_window):
        raise Refusal(45009)


def _finder(world: "World", key: str) -> Find:
    """What this webhook has uploaded; nobody else's files (wecom/api.md §1.2.6)."""
    return lambda media_id, kind: world.shelf.find(key, media_id, kind, world.now())
