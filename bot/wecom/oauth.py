"""Who opened a page inside WeCom: silent web authorisation (网页授权, wecom/api.md §6).

The browser is sent to WeCom's page and comes back with a code, good once and for five minutes;
the code is exchanged for the account. Nothing else of the person is asked for.
"""

from __future__ import annotations

from urllib.parse import urlencode

import httpx

from bot.wecom.client import Client, get_json
from bot.wecom.errors import CallFailed, reaction

CODE_BYTES = 512
PATH = "/cgi-bin/auth/getuserinfo"


def authorize_url(page: str, *, corp_id: str, agentid: int, back: str, state: str) -> str:
    """Return where to send the browser; `back` is on the app's trusted domain, port included.

    ValueError for a state that WeCom would refuse (84025).
    """
    if not (state.isascii() and state.isalnum() and len(state) <= 128):
        raise ValueError("a state has 1 to 128 letters and digits")
    query = {
        "appid": corp_id,
        "redirect_uri": back,
        "response_type": "code",
        "scope": "snsapi_base",  # silent: nobody is asked anything
        "state": state,
        "agentid": str(agentid),
    }
    return f"{page}?{urlencode(query)}#wechat_redirect"


async def opener(http: Client, auth: httpx.Auth, code: str) -> str:
    """Return the account of whoever brought `code`, "" for somebody who is no member.

    Raises CallFailed when WeCom does not say: a code that is wrong, late or used (40029, 42003,
    42022), or no answer.
    """
    if not (0 < len(code) <= CODE_BYTES and code.isascii() and code.isprintable()):
        raise CallFailed("no", "网页授权带回的 code 不合格式")
    answer = await get_json(http, PATH, params={"code": code}, auth=auth)
    if errcode := answer["errcode"]:
        told = reaction(errcode, deduplicated=True).sentence
        raise CallFailed("no", f"{told}（错误码 {errcode}）", code=errcode)
    person = answer.get("userid")
    return person if isinstance(person, str) else ""
