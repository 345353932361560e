"""The desk at which an app's own group chats are kept (wecom/api.md §4)."""

import re
import secrets
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

from bot.sandbox.asks import Ask
from bot.sandbox.errors import Refusal, ok
from bot.sandbox.judge_appchat import judge, names
from bot.sandbox.judging import parse, text_or
from bot.sandbox.limits import Windows
from bot.sandbox.media import Find
from bot.sandbox.records import App, Group

if TYPE_CHECKING:
    from bot.sandbox.world import World

LEAST_MEMBERS, MOST_MEMBERS = 2, 2000
NAME_LIMIT = 50  # characters
CHATID = re.compile(r"[0-9a-zA-Z]{1,32}")
GROUPS_A_DAY = 1000  # of the corporation
UPDATES = (1000, 3600)  # of the corporation
A_MINUTE = 20_000  # person-times of the corporation; those an hour are a switch (§14)
PER_MEMBER = ((200, 60), (10_000, 86_400))  # from one app; the surplus vanishes without an error


class AppChats:
    """The rates of all groups that apps made; the groups themselves are the register's."""

    def __init__(self, world: "World") -> None:
        self._world = world
        self._made: tuple[date, int] = (date.min, 0)
        self._updates = Windows(UPDATES)
        self._persons = Windows((A_MINUTE, 60), (world.appchat_hourly, 3600))
        self._member_rates: dict[tuple[int, str], Windows] = {}

    def create(self, ask: Ask) -> dict[str, Any]:
        """Found a group; nobody sees it before its first message."""
        app, body = self._app(ask), parse(ask.body)
        if "userlist" not in body:
            raise Refusal(86201, "userlist")
        members = self._people(names(body["userlist"]))
        self._check_size(members)
        chatid = text_or(body, "chatid") or f"wr{secrets.token_hex(15)}"
        if not CHATID.fullmatch(chatid):
            raise Refusal(86001)
        if chatid in self._world.groups:
            raise Refusal(86215)
        owner = text_or(body, "owner") or members[0]
        if owner not in members:
            raise Refusal(86005)
        self._count_group()
        name = text_or(body, "name")[:NAME_LIMIT] or "群聊"
        self._world.groups[chatid] = Group(
            group_id=chatid, name=name, members=tuple(members), owner=owner, agentid=app.agentid
        )
        return ok(chatid=chatid)

    def update(self, ask: Ask) -> dict[str, Any]:
        """Change name, owner and members; an owner who goes needs a successor."""
        app, body = self._app(ask), parse(ask.body)
        group = self._group(app, text_or(body, "chatid"))
        leaving = names(body.get("del_user_list", []))
        joining = self._people(names(body.get("add_user_list", [])))
        members = [m for m in dict.fromkeys([*group.members, *joining]) if m not in leaving]
        self._check_size(members)
        owner = text_or(body, "owner") or group.owner
        if owner not in members:
            raise Refusal(86005)
        if not self._updates.take(self._world.now(), self._world.api_window):
            raise Refusal(45009)
        name = text_or(body, "name")[:NAME_LIMIT] or group.name
        self._world.groups[group.group_id] = replace(
            group, name=name, owner=owner, members=tuple(members)
        )
        return ok()

    def get(self, ask: Ask) -> dict[str, Any]:
        """Who is in the group: the only exact answer to that question (§4.3)."""
        group = self._group(self._app(ask), ask.query.get("chatid", ""))
        info = {"chatid": group.group_id, "name": group.name, "owner": group.owner}
        return {**ok(), "chat_info": {**info, "userlist": list(group.members), "chat_type": 0}}

    def send(self, ask: Ask) -> dict[str, Any]:
        """Post into the group. No msgid, no list of the invalid; the surplus vanishes."""
        app, body = self._app(ask), parse(ask.body)
        group = self._group(app, text_or(body, "chatid"))
        shown = judge(body, self._finder(), self._world.appchat_card)
        now = self._world.now()
        self._persons.resize(A_MINUTE, self._world.appchat_hourly)
        if not self._persons.take(now, self._world.api_window, len(group.members)):
            raise Refusal(45009)
        if "template_card" in shown and self._world.appchat_card == "drop":
            return ok()
        taken = {m: self._member_rate(app.agentid, m).take(now) for m in group.members}
        self._world.accept(
            chat=group.group_id,
            sender=app.name,
            body=shown,
            reached=tuple(m for m in group.members if taken[m]),
            dropped=tuple(m for m in group.members if not taken[m]),
            agentid=app.agentid,
        )
        return ok()

    def _app(self, ask: Ask) -> App:
        """48002 unless the app sees the whole corporation."""
        app = self._world.tokens.app_of(ask.token, ask.ip)
        if not app.root_range:
            raise Refusal(48002)
        return app

    def _group(self, app: App, chatid: str) -> Group:
        if not chatid:
            raise Refusal(86001)
        group = self._world.groups.get(chatid)
        if group is None:
            raise Refusal(40050)
        if group.agentid != app.agentid:
            raise Refusal(86008)
        if group.dissolved:
            raise Refusal(49008)
        return group

    def _people(self, userids: list[str]) -> list[str]:
        """The members meant, as they are written in the register."""
        found = {userid: self._world.user(userid) for userid in userids}
        strangers = [userid for userid, user in found.items() if user is None]
        if strangers:
            raise Refusal(86216, "|".join(strangers[:5]))
        return list(dict.fromkeys(user.userid for user in found.values() if user))

    def _check_size(self, members: list[str]) -> None:
        if not LEAST_MEMBERS <= len(members) <= MOST_MEMBERS:
            raise Refusal(86006)

    def _count_group(self) -> None:
        today = self._world.now().date()
        day, made = self._made
        made = made if day == today else 0
        if made >= GROUPS_A_DAY:
            raise Refusal(45009)
        self._made = (today, made + 1)

    def _finder(self) -> Find:
        return lambda media_id, kind: self._world.shelf.find(
            "corp", media_id, kind, self._world.now()
        )

    def _member_rate(self, agentid: int, userid: str) -> Windows:
        return self._member_rates.setdefault((agentid, userid), Windows(*PER_MEMBER))
