"""How WeCom says no: HTTP 200 and an `errcode` (wecom/api.md §10)."""

from typing import Any

LOOKUP = "https://open.work.weixin.qq.com/devtool/query?e="

# Our own short wording; only the number is a fact. Decide on `errcode`, never on these.
TEXTS = {
    -1: "system busy",
    40001: "invalid credential",
    40004: "invalid media type",
    40005: "invalid file type",
    40006: "invalid media size",
    40007: "invalid media_id",
    40008: "invalid message type",
    40009: "image too large",
    40011: "video too large",
    40013: "invalid corpid",
    40014: "invalid access_token",
    40029: "invalid code",
    40031: "invalid userid list",
    40032: "invalid userid list size",
    40033: "invalid charset",
    40039: "invalid url size",
    40050: "chatid not exist",
    40056: "invalid agentid",
    40058: "invalid request parameter",
    40068: "invalid tagid",
    40123: "invalid image file",
    40145: "media_id expired",
    41001: "access_token missing",
    41002: "corpid missing",
    41004: "corpsecret missing",
    41006: "media_id missing",
    41008: "code missing",
    41009: "userid missing",
    41010: "url missing",
    41011: "agentid missing",
    41016: "title missing",
    41017: "tagid missing",
    41033: "description missing",
    42001: "access_token expired",
    42003: "code expired",
    42014: "invalid task_id",
    42015: "response_code not match the app",
    42020: "replace_name missing",
    42022: "code already used",
    42027: "keyname missing",
    42028: "url missing",
    42029: "media_id missing",
    42030: "appid missing",
    42031: "invalid card_type",
    42033: "title missing",
    42035: "horizontal_content_list size",
    42036: "vertical_content_list size",
    42037: "option_list size",
    42038: "button text missing",
    42039: "invalid button key",
    42040: "invalid option id",
    42041: "option text missing",
    42042: "jump_list size",
    42043: "invalid question_key",
    42044: "card_image url missing",
    42045: "invalid card_action",
    42046: "submit_button key missing",
    42047: "select_list size",
    42049: "submit_button text missing",
    42050: "userid missing",
    42051: "menu key conflict",
    42052: "msg cannot be recalled after 24 hours",
    43012: "app needs a callback url",
    44001: "empty media data",
    44004: "text content empty",
    45001: "media size out of limit",
    45002: "content size out of limit",
    45007: "voice longer than 60 seconds",
    45008: "article size out of limit",
    45009: "api freq out of limit",
    45032: "author size out of limit",
    45034: "url without scheme",
    48002: "api forbidden",
    48009: "no permission to read details from this ip",
    49008: "chat dissolved",
    50001: "redirect domain not trusted",
    50002: "member not in range",
    60003: "department not found",
    60011: "no privilege to access this member, department or tag",
    60020: "not allow to access from your ip",
    60111: "userid not found",
    60140: "invalid response_code",
    81013: "user & party & tag all invalid",
    82001: "touser & toparty & totag all empty",
    82002: "too many parties",
    82003: "too many tags",
    82101: "no target to update",
    82102: "target has not received the message",
    84014: "user_ticket expired",
    84015: "invalid user_ticket",
    84025: "invalid state",
    86001: "invalid chatid",
    86005: "invalid owner",
    86006: "invalid member count",
    86008: "chat of another app",
    86201: "missing parameter",
    86215: "chatid exists",
    86216: "invalid members",
    93000: "invalid webhook url",
    93001: "push not allowed in this chat",
    93004: "webhook disabled",
    93006: "invalid chatid",
    93008: "bot not in this chat",
    93017: "empty content",
    93018: "image too large",
    93019: "invalid bot id",
    93050: "invalid response_type",
    301002: "agentid not match access_token",
    301017: "voice must be amr",
    301019: "md5 not match",
    846601: "long connection not enabled",
    846604: "req_id expired",
    846605: "invalid req_id",
    846606: "already replied",
    846607: "send limit, or the user never spoke in this chat",
    846608: "stream expired",
    846609: "not subscribed",
    846611: "invalid upload_id",
    846612: "invalid chunk index",
    846613: "chunk too large",
    846616: "upload incomplete",
    846625: "invalid task_id",
    846697: "unsupported file type",
    853000: "invalid bot_id or secret",
}


class Refusal(Exception):
    """WeCom refuses this call with `errcode`; `detail` names the field for the developer."""

    def __init__(self, errcode: int, detail: str = "") -> None:
        super().__init__(errcode, detail)
        self.errcode = errcode
        self.detail = detail


def ok(**fields: Any) -> dict[str, Any]:
    """The answer of an accepted call; empty fields are left out, as WeCom does."""
    return {"errcode": 0, "errmsg": "ok", **{k: v for k, v in fields.items() if v}}


def refused(refusal: Refusal, *, ip: str, hint: str) -> dict[str, Any]:
    """The answer of a refused call, its `errmsg` in the shape of wecom/api.md §10."""
    code = refusal.errcode
    text = TEXTS.get(code, "invalid parameter") + (f", {refusal.detail}" if refusal.detail else "")
    tail = f"hint: [{hint}], from ip: {ip}, more info at {LOOKUP}{code}"
    return {"errcode": code, "errmsg": f"{text}, {tail}"}
