"""Every endpoint of the HTTP API below /cgi-bin/, and the desk that answers it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bot.sandbox import desk_contacts, desk_export, desk_menu, desk_webhook, url_mode
from bot.sandbox.asks import Ask

if TYPE_CHECKING:
    from bot.sandbox.world import World

Answer = Callable[["World", Ask], dict[str, Any]]


def _nowhere(_world: "World", _ask: Ask) -> str:
    return ""


def _group_of(world: "World", ask: Ask) -> str:
    webhook = world.webhooks.get(ask.query.get("key", ""))
    return webhook.group_id if webhook else ""


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    answer: Answer
    counted: bool = True  # against the calls of the corporation (wecom/api.md §3.7)
    upload: bool = False  # a multipart body
    download: bool = False  # accepted, it answers with the bytes of `media_id`
    chat: Callable[["World", Ask], str] = _nowhere  # which chat the call is about, for the log


ENDPOINTS: dict[str, Endpoint] = {
    "gettoken": Endpoint(
        answer=lambda w, a: w.tokens.gettoken(
            a.query.get("corpid", ""), a.query.get("corpsecret", ""), a.ip
        )
    ),
    "webhook/send": Endpoint(
        answer=lambda w, a: desk_webhook.send(w, a.query.get("key", ""), a.body),
        counted=False,
        chat=_group_of,
    ),
    "webhook/upload_media": Endpoint(
        answer=lambda w, a: w.media_desk.webhook_upload(a),
        counted=False,
        upload=True,
        chat=_group_of,
    ),
    "message/send": Endpoint(answer=lambda w, a: w.app_desk.send(a)),
    "message/update_template_card": Endpoint(answer=lambda w, a: w.card_desk.update(a)),
    "message/recall": Endpoint(answer=lambda w, a: w.card_desk.recall(a)),
    "appchat/create": Endpoint(answer=lambda w, a: w.appchats.create(a)),
    "appchat/update": Endpoint(answer=lambda w, a: w.appchats.update(a)),
    "appchat/get": Endpoint(answer=lambda w, a: w.appchats.get(a)),
    "appchat/send": Endpoint(answer=lambda w, a: w.appchats.send(a)),
    "aibot/response": Endpoint(answer=url_mode.respond_later),
    "media/upload": Endpoint(answer=lambda w, a: w.media_desk.upload(a), upload=True),
    "media/uploadimg": Endpoint(answer=lambda w, a: w.media_desk.uploadimg(a), upload=True),
    "media/get": Endpoint(answer=lambda w, a: w.media_desk.get(a), download=True),
    "menu/create": Endpoint(answer=desk_menu.create),
    "menu/get": Endpoint(answer=desk_menu.get),
    "menu/delete": Endpoint(answer=desk_menu.delete),
    "user/get": Endpoint(answer=desk_contacts.user_get),
    "user/simplelist": Endpoint(answer=desk_contacts.user_simplelist),
    "user/list": Endpoint(answer=desk_contacts.user_list),
    "user/list_id": Endpoint(answer=desk_contacts.user_list_id),
    "department/get": Endpoint(answer=desk_contacts.department_get),
    "department/list": Endpoint(answer=desk_contacts.department_list),
    "department/simplelist": Endpoint(answer=desk_contacts.department_simplelist),
    "tag/list": Endpoint(answer=desk_contacts.tag_list),
    "tag/get": Endpoint(answer=desk_contacts.tag_get),
    "agent/get": Endpoint(answer=desk_contacts.agent_get),
    "export/simple_user": Endpoint(answer=desk_export.simple_user),
    "export/user": Endpoint(answer=desk_export.user),
    "export/department": Endpoint(answer=desk_export.department),
    "export/taguser": Endpoint(answer=desk_export.taguser),
    "export/get_result": Endpoint(answer=desk_export.get_result),
    "batch/openuserid_to_userid": Endpoint(answer=desk_contacts.openuserid_to_userid),
    # user/getuserinfo is the older name of the same call, which clients still use
    "auth/getuserinfo": Endpoint(answer=lambda w, a: w.oauth.getuserinfo(a), counted=False),
    "user/getuserinfo": Endpoint(answer=lambda w, a: w.oauth.getuserinfo(a), counted=False),
    "auth/getuserdetail": Endpoint(answer=lambda w, a: w.oauth.getuserdetail(a)),
    "get_jsapi_ticket": Endpoint(answer=lambda w, a: w.tickets.of_corp(a)),
    "ticket/get": Endpoint(answer=lambda w, a: w.tickets.of_app(a)),
    "message/get_statistics": Endpoint(answer=lambda w, a: w.tickets.statistics(a)),
    "getcallbackip": Endpoint(answer=desk_contacts.getcallbackip),
}
