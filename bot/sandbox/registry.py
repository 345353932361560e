"""Who and what there is in the corporation: people, departments, groups, apps, webhooks, robots."""

import hashlib
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from bot.sandbox.limits import Windows
from bot.sandbox.records import App, Department, Group, Tag, User
from bot.sandbox.robots import Robot

PER_WEBHOOK = (20, 60)  # messages, seconds
ROOT = 1  # the department above all others


@dataclass(kw_only=True)
class Webhook:
    group_id: str
    stopped: bool = False  # 93004, the administrator's switch
    rate: Windows = field(default_factory=lambda: Windows(PER_WEBHOOK))


class Registry:
    """The register of one corporation. Everything that is added can be looked at by its id."""

    def __init__(self, corp_id: str, name: str) -> None:
        self.corp_id = corp_id
        self.name = name
        self.sync_secret = ""  # of 通讯录同步; "": switched off
        self.sync: App | None = None  # where 通讯录同步 is told of changes
        self.users: dict[str, User] = {}
        self.departments = {ROOT: Department(id=ROOT, name=name, parentid=0)}
        self.tags: dict[int, Tag] = {}
        self.groups: dict[str, Group] = {}
        self.apps: dict[int, App] = {}
        self.webhooks: dict[str, Webhook] = {}
        self.robots: dict[str, Robot] = {}
        self._folded: dict[str, str] = {}  # userid in lower case -> as it was given

    def add_user(
        self,
        userid: str,
        name: str,
        *,
        visible: bool = True,
        licensed: bool = True,
        departments: Iterable[int] = (ROOT,),
        position: str = "",
    ) -> None:
        """Hire a member; adding one again changes everything about them."""
        self.users[userid] = User(
            userid=userid,
            name=name,
            visible=visible,
            licensed=licensed,
            departments=tuple(departments),
            position=position,
        )
        self._folded[userid.casefold()] = userid

    def remove_user(self, userid: str) -> None:
        """The member leaves the corporation, and with it every group and tag."""
        del self.users[userid]
        self._folded.pop(userid.casefold(), None)
        for group in list(self.groups.values()):
            rest = tuple(member for member in group.members if member != userid)
            self.groups[group.group_id] = replace(group, members=rest)
        for tag in list(self.tags.values()):
            rest = tuple(member for member in tag.users if member != userid)
            self.tags[tag.tagid] = replace(tag, users=rest)

    def user(self, name: str) -> User | None:
        """The member with this userid; userids do not heed case."""
        return self.users.get(self._folded.get(name.casefold(), name))

    def add_department(self, id: int, name: str, *, parentid: int = ROOT) -> None:
        self.departments[id] = Department(id=id, name=name, parentid=parentid)

    def add_tag(
        self, tagid: int, name: str, users: Iterable[str] = (), departments: Iterable[int] = ()
    ) -> None:
        self.tags[tagid] = Tag(
            tagid=tagid, name=name, users=tuple(users), departments=tuple(departments)
        )

    def under(self, department: int) -> set[int]:
        """The department and all below it."""
        found, new = set[int](), {department}
        while new:
            found |= new
            new = {d.id for d in self.departments.values() if d.parentid in new} - found
        return found

    def members_of(self, department: int, *, below: bool = False) -> list[User]:
        """Who sits in this department, and with `below` in those under it."""
        wanted = self.under(department) if below else {department}
        return [user for user in self.users.values() if wanted & set(user.departments)]

    def add_group(
        self,
        group_id: str,
        name: str,
        members: Iterable[str],
        *,
        key: str | None = None,
        bots: Iterable[str] = (),
        external: bool = False,
    ) -> str:
        """Found a group with one webhook; returns its key. ValueError for unknown members."""
        group = Group(
            group_id=group_id,
            name=name,
            members=tuple(dict.fromkeys(members)),
            bots=tuple(bots),
            external=external,
        )
        strangers = [userid for userid in group.members if userid not in self.users]
        strangers += [bot_id for bot_id in group.bots if bot_id not in self.robots]
        if strangers:
            raise ValueError(f"not in this corporation: {strangers}")
        self.groups[group_id] = group
        key = key or str(uuid.uuid4())
        self.webhooks[key] = Webhook(group_id=group_id)
        return key

    def dissolve(self, group_id: str) -> None:
        """The group is gone: its webhooks answer 93000, the rest 49008."""
        self.groups[group_id] = replace(self.groups[group_id], dissolved=True)
        for key in [k for k, hook in self.webhooks.items() if hook.group_id == group_id]:
            del self.webhooks[key]

    def remove_webhook(self, key: str) -> None:
        """Someone removes the push from the group: 93000 from now on."""
        del self.webhooks[key]

    def stop_webhook(self, key: str, *, stopped: bool = True) -> None:
        """An administrator disables the push: 93004 until it is allowed again."""
        self.webhooks[key].stopped = stopped

    def add_app(
        self,
        agentid: int,
        name: str,
        secret: str,
        *,
        token: str = "",
        aes_key: str = "",
        callback_url: str = "",
        trusted_domain: str = "",
        root_range: bool = True,
    ) -> None:
        """Register a self-built app; interactive cards need its callback (43012)."""
        self.apps[agentid] = App(
            agentid=agentid,
            name=name,
            secret=secret,
            token=token,
            aes_key=aes_key,
            callback_url=callback_url,
            trusted_domain=trusted_domain,
            root_range=root_range,
        )

    def set_callback(self, agentid: int, url: str) -> None:
        """Where the app's events go from now on."""
        self.apps[agentid] = replace(self.apps[agentid], callback_url=url)

    def set_sync_callback(self, url: str, *, token: str, aes_key: str) -> None:
        """Where 通讯录同步 is told of changes in the contacts (wecom/api.md §5.7)."""
        self.sync = App(
            agentid=0, name="通讯录同步", secret="", token=token, aes_key=aes_key, callback_url=url
        )

    def set_trusted_domain(self, agentid: int, domain: str) -> None:
        """The one host, with its port if it has one, to which OAuth leads back."""
        self.apps[agentid] = replace(self.apps[agentid], trusted_domain=domain)

    def add_robot(
        self,
        bot_id: str,
        name: str,
        secret: str,
        *,
        plain_ids: bool = True,
        enabled: bool = True,
        token: str = "",
        aes_key: str = "",
    ) -> None:
        """Create a smart robot in long-connection mode.

        `plain_ids`: its creator is a super administrator, so events carry plain userids
        (wecom/api.md §2.9). Not `enabled`: the long connection is off (846601).
        """
        self.robots[bot_id] = Robot(
            bot_id,
            name,
            secret,
            plain_ids=plain_ids,
            enabled=enabled,
            token=token,
            aes_key=aes_key,
        )

    def set_robot_url(self, bot_id: str, url: str, *, token: str = "", aes_key: str = "") -> None:
        """URL mode with this callback, which ends the long connection; "" goes back (§2.1).

        ValueError without a token and a key, given now or when the robot was made.
        """
        robot = self.robots[bot_id]
        token, aes_key = token or robot.token, aes_key or robot.aes_key
        if url and not (token and len(aes_key) == 43 and aes_key.isalnum()):
            raise ValueError("URL mode needs a token and an EncodingAESKey of 43 characters")
        robot.callback_url, robot.token, robot.aes_key = url, token, aes_key
        if url and robot.line is not None:
            robot.line.close(1000)

    def invite_robot(self, bot_id: str, group_id: str) -> None:
        """Somebody adds the robot to a group."""
        group = self.groups[group_id]
        bots = tuple(dict.fromkeys([*group.bots, self.robots[bot_id].bot_id]))
        self.groups[group_id] = replace(group, bots=bots)

    def open_userid(self, userid: str) -> str:
        """The corporation's encrypted id of a member, the same every time."""
        digest = hashlib.sha256(f"{self.corp_id}\0{userid}".encode()).hexdigest()
        return f"woAJ2G{digest[:26]}"

    def by_open_userid(self, open_userid: str) -> str:
        """The member behind an encrypted id, "" if there is none."""
        found = (u for u in self.users if self.open_userid(u) == open_userid)
        return next(found, "")
