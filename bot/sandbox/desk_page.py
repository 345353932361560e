"""The page of faults and switches, /sandbox/desk: every form works without JavaScript."""

from pathlib import Path
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from bot.sandbox.acts import ACTS, act
from bot.sandbox.control import from_elsewhere
from bot.sandbox.desk_aibot import COMMANDS
from bot.sandbox.faults import EVENTS, SAID
from bot.sandbox.oauth_page import HEADERS
from bot.sandbox.switches import TABLE, WORDS
from bot.sandbox.world import World

SHOWN_LOG = 40  # lines
LONGEST = 200  # characters of what was wrong

_templates = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True
)


async def page(request: Request) -> Response:
    """GET /sandbox/desk: what waits, what is set, what happened last."""
    world: World = request.app.state.world
    text = _templates.get_template("desk.html").render(
        world=world,
        pending=world.faults.pending(),
        places=_places(world),
        kinds=SAID,
        switches=TABLE,
        words=WORDS,
        stand=world.switches(),
        acts=ACTS,
        log=world.log[-SHOWN_LOG:][::-1],
        told=request.query_params.get("told", ""),
        wrong=request.query_params.get("wrong", ""),
    )
    headers = HEADERS | {
        "Content-Security-Policy": HEADERS["Content-Security-Policy"] + "; form-action 'self'"
    }
    return HTMLResponse(text, headers=headers)


def _places(world: World) -> dict[str, list[str]]:
    """Where a fault may strike, under three headings."""
    names = list(world.faults.kinds)
    lines = [name for name in names if name in COMMANDS]
    calls = [name for name in names if name not in COMMANDS and name not in EVENTS]
    return {"接口": calls, "长连接": lines, "发给程序的": list(EVENTS)}


async def change(request: Request) -> Response:
    """POST /sandbox/desk: one of the page's forms."""
    world: World = request.app.state.world
    if from_elsewhere(request):
        return PlainTextResponse("只能在演练环境的页面里操作。", status_code=403)
    form = {name: str(value) for name, value in (await request.form()).items()}
    try:
        told = _changed(world, form)
    except (OverflowError, ValueError) as error:
        wrong = {"wrong": str(error)[:LONGEST]}
        return RedirectResponse("/sandbox/desk?" + urlencode(wrong), status_code=303)
    return RedirectResponse("/sandbox/desk?" + urlencode({"told": told}), status_code=303)


def _changed(world: World, form: dict[str, str]) -> str:
    """Do what the form says; ValueError if it makes no sense."""
    what = form.get("form", "")
    if what == "fault":
        world.faults.add(
            form.get("endpoint", ""),
            form.get("kind", ""),
            times=int(form.get("times") or 1),
            status=int(form.get("status") or 503),
            seconds=float(form.get("seconds") or 6),
            errcode=int(form.get("errcode") or -1),
            accept="accept" in form,
            chance=float(form.get("percent") or 100) / 100,
        )
        return "故障已排上"
    if what == "clear":
        world.faults.clear()
        return "故障已清空"
    if what == "switches":
        for name, switch in TABLE.items():
            world.turn(name, _value(form, name, switch.default))
        return "开关已保存"
    if what == "act":
        act(world, form.get("do", ""), form.get("of", ""))
        return "已办"
    raise ValueError("no such form")


def _value(form: dict[str, str], name: str, default: object) -> str | int | bool:
    if isinstance(default, bool):
        return name in form
    return int(form.get(name, "")) if isinstance(default, int) else form.get(name, "")


ROUTES: list[BaseRoute] = [
    Route("/sandbox/desk", page),
    Route("/sandbox/desk", change, methods=["POST"]),
]
