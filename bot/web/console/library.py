"""The library: all texts and how they stand, one of them, its approval, and the form it is in."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.core import messages
from bot.core.form import BOXES
from bot.core.model import State
from bot.web.console.entry import BY_INVITATION, BY_WECOM, REVIEW, RULE, SEE, STOP, WRITE
from bot.web.console.room import HOME, Ask, clock, day, page
from bot.web.shown import bubble_of

SHELF = f"{HOME}/library"
NAMES = {
    "ready": "可以发",
    "review": "等审批",
    "returned": "已退回",
    "faulty": "有错误",
    "held": "已叫停",
    "draft": "草稿",
    "off": "停用",
    "time": "不在有效期",
}
HINTS = {  # beside the boxes of the form
    "编号": "留空自动编",
    "短讯": "短信和电子屏用，70 字以内",
    "节点": "几个用、隔开",
    "岗位": "通用、窗口、采购……",
    "摘要": "卡片上的文字，110 字以内",
    "依据": "党纪、法规的全称和条款",
    "来源": "发布机关，日期，网址",
    "公开属性": "只有“公开”能发",
    "失效": "到这天就不再发",
    "状态": "草稿不会发；写好了清空",
}
LONG = ("摘要", "依据", "来源")
DATES = ("生效", "失效")


@page(SEE)
async def _list(ask: Ask) -> Response:
    asked = {name: ask.text(name) for name in ("state", "kind", "q", "page")}
    found = await ask.verb("texts", **{**asked, "page": _number(asked["page"])})
    return ask.page("library.html", found=found, asked=asked, state_names=NAMES)


@page(SEE)
async def _one(ask: Ask) -> Response:
    found = await ask.verb("text", item=ask.request.path_params["item"])
    views = [bubble_of(view) for view in found["views"]]
    nameless = ask.visitor.how == BY_INVITATION
    return ask.page(
        "text.html", one=found, views=views, state_names=NAMES, nameless=nameless, home=SHELF
    )


@page(REVIEW)
async def _approve(ask: Ask) -> Response:
    item = ask.request.path_params["item"]
    sources = ask.text("sources") == "on"
    done = await ask.verb(
        "approve",
        item=item,
        who=_who(ask),
        step=ask.text("step"),
        digest=ask.text("digest"),
        how=_how(ask),
        link=ask.visitor.link,
        sources_checked=sources,
    )
    return ask.go(f"{SHELF}/{item}", f"已登记：{done['who']} {done['step']}通过。")


@page(REVIEW)
async def _return(ask: Ask) -> Response:
    item, why = ask.request.path_params["item"], ask.text("why")
    await ask.verb(
        "return", item=item, who=_who(ask), why=why, how=_how(ask), link=ask.visitor.link
    )
    return ask.go(f"{SHELF}/{item}", "已退回，起草人会看到原因。")


@page(STOP)
async def _withdraw(ask: Ask) -> Response:
    item = ask.request.path_params["item"]
    await ask.verb("withdraw", item=item, who=_who(ask), why=ask.text("why"), how=_how(ask))
    return ask.go(f"{SHELF}/{item}", "已收回：重新审批之前不会再发。已经发出的请看本页的记录。")


@page(RULE)
async def _send(ask: Ask) -> Response:
    item = ask.request.path_params["item"]
    done = await ask.verb("send", item=item, to=ask.text("to"))
    return ask.go(f"{HOME}/push/{done['key']}", _what_came_of(done))


def _what_came_of(push: Mapping[str, Any]) -> str:
    """Say whether it is out already or, at once, when it will go and why not now."""
    if push["state"] == State.SENT:
        return messages.BY_HAND_SENT
    if push["state"] == State.PLANNED and (when := push["not_before"] or push["due"]):
        return messages.BY_HAND_LATER.format(day(when), clock(when), push["reason"])
    return messages.BY_HAND_ENDED.format(messages.STATES[push["state"]], push["reason"])


# -- the form --------------------------------------------------------------------------------------


@page(WRITE)
async def _begin(ask: Ask) -> Response:
    """Choose what to write, or fill the form of that kind in."""
    if not (kind := ask.text("kind")):
        found = await ask.verb("texts")
        return ask.page("new.html", kinds=found["kinds"])
    return _filled(ask, await ask.verb("text-open", kind=kind))


@page(WRITE)
async def _edit(ask: Ask) -> Response:
    item = ask.request.path_params["item"]
    copy = ask.text("copy") == "1"
    return _filled(ask, await ask.verb("text-open", item=item, copy=copy))


@page(WRITE)
async def _save(ask: Ask) -> Response:
    given = _typed(ask)
    try:
        done = await ask.verb("text-save", **given)
    except ask.doors.mistake as error:
        return _filled(ask, _again(ask, given), str(error), 400)
    return ask.go(
        f"{SHELF}/{done['item']}" if done["item"] else SHELF, f"已保存《{done['title']}》。"
    )


@page(WRITE)
async def _try(ask: Ask) -> Response:
    """Answer the form while it is typed."""
    try:
        return JSONResponse(await ask.verb("text-try", **_typed(ask)))
    except ask.doors.mistake as error:
        return JSONResponse({"problems": [["error", str(error), ""]], "used": []})


@page(WRITE)
async def _upload(ask: Ask) -> Response:
    name, data = await ask.upload("file")
    if not data:
        raise ask.doors.mistake("请先选一个 Word 文件（.docx）")
    done = await ask.verb("import", name=name, data=base64.b64encode(data).decode())
    taken = done["taken"][0]
    notes = "；".join(taken["notes"])
    return ask.go(f"{SHELF}?state=draft", f"已转成草稿：{taken['path']}。{notes}")


def _filled(ask: Ask, form: Mapping[str, Any], error: str = "", status: int = 200) -> Response:
    return ask.page(
        "write.html",
        status,
        form=form,
        boxes=BOXES,
        hints=HINTS,
        long=LONG,
        dates=DATES,
        error=error,
        home=SHELF,
    )


def _typed(ask: Ask) -> dict[str, Any]:
    fields = {key: str(ask.form.get(f"f-{key}", "")) for key in BOXES}
    names = [name[2:] for name in ask.form if name.startswith("s-")]
    there = set(map(str, ask.form.getlist("there")))
    sections = {name: str(ask.form.get(f"s-{name}", "")) for name in names}
    kept = {name: text for name, text in sections.items() if text.strip() or name in there}
    return {
        "fields": fields,
        "sections": kept,
        "more": str(ask.form.get("more", "")),
        "path": ask.text("path"),
        "mark": ask.text("mark"),
    }


def _again(ask: Ask, given: Mapping[str, Any]) -> dict[str, Any]:
    """The form as it was typed, for whoever has to put something right."""
    names = [name[2:] for name in ask.form if name.startswith("s-")]
    return {
        **given,
        "sections": [[name, str(ask.form.get(f"s-{name}", ""))] for name in names],
        "there": list(map(str, ask.form.getlist("there"))),
        "kinds": [given["fields"].get("类别", "")],
    }


def _who(ask: Ask) -> str:
    """Whoever holds the printed link says a name, as on the command line of this machine."""
    return ask.visitor.name or ask.text("who")


def _how(ask: Ask) -> str:
    how = ask.visitor.how
    return "企业微信登录" if how == BY_WECOM else "本机命令行" if how == BY_INVITATION else how


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 6 else 1


ROUTES = [
    Route(SHELF, _list, methods=["GET"]),
    Route(f"{SHELF}/new", _begin, methods=["GET"]),
    Route(f"{SHELF}/save", _save, methods=["POST"]),
    Route(f"{SHELF}/try", _try, methods=["POST"]),
    Route(f"{SHELF}/word", _upload, methods=["POST"]),
    Route(f"{SHELF}/{{item}}", _one, methods=["GET"]),
    Route(f"{SHELF}/{{item}}/edit", _edit, methods=["GET"]),
    Route(f"{SHELF}/{{item}}/approve", _approve, methods=["POST"]),
    Route(f"{SHELF}/{{item}}/return", _return, methods=["POST"]),
    Route(f"{SHELF}/{{item}}/withdraw", _withdraw, methods=["POST"]),
    Route(f"{SHELF}/{{item}}/send", _send, methods=["POST"]),
]
