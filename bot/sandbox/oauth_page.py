"""The page that plays open.weixin.qq.com: who opens this link? (wecom/api.md §6.1)

Inside WeCom nobody is asked. So whoever is named by `sandbox_user`, in the query or in a cookie
that the phone's page may set, is sent on at once; anybody else picks a person first.
"""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from bot.sandbox.desk_oauth import PRIVATE
from bot.sandbox.errors import Refusal
from bot.sandbox.world import World

WHO = "sandbox_user"  # a parameter and a cookie
OUTSIDER = "-"  # as its value: somebody who is no member
POLICY = "default-src 'none'; style-src 'self'; base-uri 'none'; img-src data:"
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
}

_templates = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True
)


async def authorize(request: Request) -> Response:
    """GET /connect/oauth2/authorize: back to the redirect_uri with a code, or a page."""
    world: World = request.app.state.world
    query = dict(request.query_params)
    who = query.pop(WHO, "") or request.cookies.get(WHO, "")
    try:
        world.oauth.check(query)
        if who == OUTSIDER or who in world.users:
            target = world.oauth.grant(query, "" if who == OUTSIDER else who)
            return RedirectResponse(target, status_code=302, headers={"Cache-Control": "no-store"})
    except Refusal as refusal:
        return _page(world, query, refusal=refusal)
    return _page(world, query)


def _page(world: World, query: dict[str, str], *, refusal: Refusal | None = None) -> Response:
    text = _templates.get_template("authorize.html").render(
        world=world,
        users=world.users.values(),
        query=query,
        private=query.get("scope") == PRIVATE,
        who=WHO,
        outsider=OUTSIDER,
        refusal=refusal,
    )
    return HTMLResponse(text, headers=HEADERS)


ROUTES: list[BaseRoute] = [Route("/connect/oauth2/authorize", authorize)]
