"""Who gets it: targets and roster; how it was received: figures, unknown ends, the trail."""

from __future__ import annotations

import base64
from typing import Any

from starlette.responses import Response
from starlette.routing import Route

from bot.core.calendar import iso_week, monday_of
from bot.web.console.entry import RULE, SEE
from bot.web.console.front import together
from bot.web.console.room import HEADERS, HOME, Ask, page

TARGETS, RECEIPTS = f"{HOME}/targets", f"{HOME}/receipts"
DID = {  # of the trail, in words
    "approved": "审批通过",
    "returned": "退回",
    "withdrawn": "收回",
    "sent": "发出",
    "reminded": "提醒一次（不记名）",
    "resolved": "核实",
    "hastened": "提前发出",
    "exported": "导出",
    "recalled": "撤回消息",
    "reviewer": "审核链接",
    "held": "叫停",
    "released": "解除叫停",
    "forgotten": "删除个人记录",
    "tested": "试发",
    "disabled": "停用对象",
    "paused": "暂停推送",
    "resumed": "恢复推送",
    "deferred": "暂缓",
    "let-go": "放行",
    "retention": "到期合并为计数",
    "statement": "送达说明",
    "restored": "从备份恢复",
}


@page(SEE)
async def _targets(ask: Ask) -> Response:
    found = await ask.verb("targets")
    people = await ask.verb("roster-show")
    counts = {"all": len(people["members"]), "here": sum(m["present"] for m in people["members"])}
    return ask.page("targets.html", found=found, counts=counts, people=people, wrong=[])


@page(RULE)
async def _bind(ask: Ask) -> Response:
    number = ask.number("number")
    done = await ask.verb("targets-bind", target=ask.text("target"), number=number)
    return ask.go(TARGETS, f"已绑定：{done['name']}。")


@page(RULE)
async def _test(ask: Ask) -> Response:
    done = await ask.verb("targets-test", target=ask.request.path_params["target"])
    return ask.go(TARGETS, f"已向{done['name']}试发一条，请到群里看一眼。")


@page(RULE)
async def _off(ask: Ask) -> Response:
    target = ask.request.path_params["target"]
    await ask.verb("targets-disable", target=target, why=ask.text("why"), who=ask.visitor.name)
    return ask.go(TARGETS, "已停用：恢复之前不再发给它。")


@page(RULE)
async def _on(ask: Ask) -> Response:
    await ask.verb("targets-enable", target=ask.request.path_params["target"])
    return ask.go(TARGETS, "已恢复：积下的从现在起照时段发出。")


@page(RULE)
async def _roster(ask: Ask) -> Response:
    name, data = await ask.upload("file")
    given = base64.b64encode(data).decode()
    done = await ask.verb("roster-file", name=name, data=given)
    if done["taken"]:
        return ask.go(TARGETS, f"名册已更新：{done['members']} 人。")
    found, people = await ask.verb("targets"), await ask.verb("roster-show")
    counts = {"all": len(people["members"]), "here": sum(m["present"] for m in people["members"])}
    return ask.page(
        "targets.html",
        400,
        found=found,
        counts=counts,
        people=people,
        wrong=done["problems"],
    )


# -- receipts --------------------------------------------------------------------------------------


@page(SEE)
async def _receipts(ask: Ask) -> Response:
    week = ask.text("week")
    found = await ask.verb("summary", week=week)
    today = iso_week(ask.now.date())
    # What is tapped today belongs to this week; the newest summary speaks of the one before.
    running = None if week and week != today else await ask.verb("summary", week=today)
    monday = monday_of(found["week"])
    around = {
        "monday": monday.isoformat(),
        "sunday": monday.fromordinal(monday.toordinal() + 6).isoformat(),
        "before": iso_week(monday.fromordinal(monday.toordinal() - 7)),
        "after": iso_week(monday.fromordinal(monday.toordinal() + 7)),
    }
    return ask.page(
        "receipts.html", found=found, around=around, running=running, today=today, counted=ask.now
    )


@page(SEE)
async def _picture(ask: Ask) -> Response:
    found = await ask.verb("summary", week=ask.text("week"), picture=".svg")
    drawn = base64.b64decode(found["picture"])
    # Shown as a picture: an SVG that is opened by itself runs nothing either.
    headers = {
        **HEADERS,
        "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    }
    return Response(drawn, media_type="image/svg+xml", headers=headers)


@page(SEE)
async def _unknown(ask: Ask) -> Response:
    found = await ask.verb("pushes", state=["unknown"], named=True)
    rows: list[dict[str, Any]] = together(found["pushes"])
    return ask.page("unknown.html", rows=rows, names=found["names"], titles=found["titles"])


@page(RULE)
async def _heard(ask: Ask) -> Response:
    """What staff said of the texts: counts, and suggestions without a person."""
    return ask.page("heard.html", found=await ask.verb("suggestions"))


@page(RULE)
async def _trail(ask: Ask) -> Response:
    found = await ask.verb("audit")
    return ask.page("trail.html", found=found, did=DID)


@page(RULE)
async def _ledger(ask: Ask) -> Response:
    month = ask.text("month")
    done = await ask.verb("ledger", suffix=".xlsx", **({"month": month} if month else {}))
    name = f"ledger-{month or ask.now.year}.xlsx"
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    headers = {**HEADERS, "Content-Disposition": f'attachment; filename="{name}"'}
    return Response(base64.b64decode(done["file"]), media_type=kind, headers=headers)


# -- what the machine says of itself ---


@page(RULE)
async def _doctor(ask: Ask) -> Response:
    return ask.page("doctor.html", found=None)


@page(RULE)
async def _examined(ask: Ask) -> Response:
    found = await ask.verb("doctor", send_test=ask.text("test") == "on")
    return ask.page("doctor.html", found=found)


@page(RULE)
async def _days(ask: Ask) -> Response:
    """The State Council's notice, pasted: read first, written when it was looked at."""
    text, year = ask.text("text"), ask.text("year")
    if ask.request.method == "GET" or not text:
        return ask.page("days.html", found=None, text="", year="")
    number = int(year) if year.isdecimal() else 0
    write = ask.text("write") == "on"
    found = await ask.verb("calendar-import", text=text, year=number, write=write)
    if found["written"]:
        return ask.go(HOME, f"已按通知写好 {found['year']} 年的放假安排。")
    return ask.page("days.html", found=found, text=text, year=year)


ROUTES = [
    Route(TARGETS, _targets, methods=["GET"]),
    Route(f"{TARGETS}/bind", _bind, methods=["POST"]),
    Route(f"{TARGETS}/roster", _roster, methods=["POST"]),
    Route(f"{TARGETS}/{{target}}/test", _test, methods=["POST"]),
    Route(f"{TARGETS}/{{target}}/off", _off, methods=["POST"]),
    Route(f"{TARGETS}/{{target}}/on", _on, methods=["POST"]),
    Route(RECEIPTS, _receipts, methods=["GET"]),
    Route(f"{RECEIPTS}/picture.svg", _picture, methods=["GET"]),
    Route(f"{RECEIPTS}/unknown", _unknown, methods=["GET"]),
    Route(f"{RECEIPTS}/heard", _heard, methods=["GET"]),
    Route(f"{RECEIPTS}/trail", _trail, methods=["GET"]),
    Route(f"{RECEIPTS}/ledger", _ledger, methods=["POST"]),
    Route(f"{HOME}/doctor", _doctor, methods=["GET"]),
    Route(f"{HOME}/doctor", _examined, methods=["POST"]),
    Route(f"{HOME}/days", _days, methods=["GET", "POST"]),
]
