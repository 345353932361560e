"""How WeCom says no: HTTP 200 and an `errcode` (wecom/api.md §10)."""

from typing import Any

LOOKUP = "https://open.work.weixin.qq.com/devtool/query?e="

# Our own short wording; only the number is a fact. Decide on `errcode`, never on these.
TEXTS = {
    -1: "system busy",
    40001: "invalid credential",
    40007: "invalid media_id",
    40008: "invalid message type",
    40013: "invalid corpid",
    40014: "invalid access_token",
    40032: "invalid userid list size",
    40033: "invalid charset",
    40039: "invalid url size",
    40056: "invalid agentid",
    40058: "invalid request parameter",
    40123: "invalid image file",
    41001: "access_token missing",
    41002: "corpid missing",
    41004: "corpsecret missing",
    41006: "media_id missing",
    41010: "url missing",
    41011: "agentid missing",
    41016: "title missing",
    41033: "description missing",
    42001: "access_token expired",
    42014: "invalid task_id",
    42031: "invalid card_type",
    43012: "app needs a callback url",
    44004: "text content empty",
    45002: "content size out of limit",
    45008: "article size out of limit",
    45009: "api freq out of limit",
    45034: "url without scheme",
    60020: "not allow to access from your ip",
    81013: "user & party & tag all invalid",
    82001: "touser & toparty & totag all empty",
    82002: "too many parties",
    82003: "too many tags",
    93000: "invalid webhook url",
    93004: "webhook disabled",
    93017: "empty content",
    93018: "image too large",
    301002: "agentid not match access_token",
    301019: "md5 not match",
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
