"""The desk at which a group's webhook is answered (wecom/api.md §1.2)."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from bot.sandbox.errors import Refusal, ok
from bot.sandbox.judge_webhook import judge
from bot.sandbox.judging import parse

if TYPE_CHECKING:
    from bot.sandbox.world import World

SENDER = "消息推送"  # what a group shows above a webhook's message


def send(world: "World", key: str, body: bytes | str | Mapping[str, Any]) -> dict[str, Any]:
    """Post one message into the group behind `key`, or raise Refusal.

    Only accepted messages count against the rate: a refused one costs nothing (UNVERIFIED).
    """
    webhook = world.webhooks.get(key)
    if webhook is None:
        raise Refusal(93000)
    if webhook.stopped:
        raise Refusal(93004)
    if not body:
        raise Refusal(93017)
    shown = judge(parse(body), oversize=world.oversize, known_media=world.media)
    if not webhook.rate.take(world.now(), world.webhook_window):
        raise Refusal(45009)
    group = world.groups[webhook.group_id]
    world.accept(chat=group.group_id, sender=SENDER, body=shown, reached=group.members)
    return ok()
