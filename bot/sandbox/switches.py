"""What nobody has verified about the real WeCom, as switches (wecom/api.md §13).

A program should hold either way. Each switch says what is asked and where; the control page, its
API and docs/sandbox.md are made from this one table.
"""

from dataclasses import dataclass, fields
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

Shape = Literal["sliding", "fixed", "block"]
Oversize = Literal["reject", "cut"]
DuplicateAnswer = Literal["same", "bare", "refused"]
GroupCard = Literal["allow", "reject", "drop"]
GroupUpdate = Literal["all", "clicker"]
Offline = Literal["lost", "replayed"]
Unlock = Literal["anyone", "everyone"]
Replies = Literal["once", "many"]
Scanner = Literal["off", "get", "head"]


@dataclass(kw_only=True, repr=False, eq=False)
class Switches:
    """The world's switches: one of a few words, yes or no, or a number not below 0.

    The number beside each is its point in wecom/api.md §13, or the section that leaves it open.
    """

    webhook_window: Annotated[
        Shape, "U2", "消息推送每分钟 20 条怎么算：滑动、整分，还是超了就封一分钟"
    ] = "sliding"
    oversize: Annotated[Oversize, "U2", "消息推送的文字超过上限：拒绝还是截断"] = "reject"
    refused_counts: Annotated[bool, "U2", "被拒绝的消息推送也计入每分钟 20 条"] = False
    webhook_external: Annotated[bool, "U3", "外部群可以用消息推送"] = True
    duplicate_answer: Annotated[
        DuplicateAnswer, "U4", "重复的应用消息怎么答：同前、只有 0、报错"
    ] = "same"
    duplicate_errcode: Annotated[int, "U4", "重复的应用消息报错时的错误码"] = 40058
    aibot_group_card: Annotated[
        GroupCard, "U1", "机器人往群里发卡片：允许、拒绝（40008）、悄悄丢掉"
    ] = "allow"
    aibot_group_update: Annotated[
        GroupUpdate, "U1", "群里更新卡片不写 userids：人人更新，还是只更新点按者"
    ] = "all"
    aibot_offline: Annotated[Offline, "U5", "长连接断开时的消息和事件：丢失，还是重连后补发"] = (
        "lost"
    )
    aibot_spoken_days: Annotated[int, "U6", "“说过话”管几天，0 为一直有效"] = 0
    aibot_unlock: Annotated[Unlock, "U6", "群里要谁 @ 过机器人才能推送：任一人，还是每个人"] = (
        "anyone"
    )
    aibot_idle_seconds: Annotated[
        int, "U7", "长连接多久没有动静就断开（真实时间，秒），0 为不断开"
    ] = 120
    aibot_kick_code: Annotated[int, "U7", "被新连接顶掉时的关闭码，1006 为直接断线"] = 1000
    aibot_replies: Annotated[
        Replies, "§2.11", "同一条消息机器人能答几次：一次（再答 846606），还是多次"
    ] = "once"
    appchat_card: Annotated[GroupCard, "U8", "应用群聊发卡片：允许、拒绝（40008）、悄悄丢掉"] = (
        "reject"
    )
    appchat_hourly: Annotated[
        int, "§14", "应用群聊每小时多少人次：小型企业 150000，中型 350000，大型 700000"
    ] = 150_000
    link_scanner: Annotated[Scanner, "U9", "链接扫描器先访问消息里的链接（只访问本机地址）"] = "off"
    oauth_entity_check: Annotated[bool, "U10", "可信域名的主体核验不通过（50001）"] = False
    update_menu_limit: Annotated[int, "U12", "被动更新卡片时右上角菜单最多几项：3 还是 10"] = 3
    reuse_tokens: Annotated[bool, "§3.1", "有效期内再取令牌得到同一个"] = True
    api_window: Annotated[Shape, "§3.7", "每分钟、每小时调用次数怎么算"] = "block"
    md5_checked: Annotated[bool, "§1.2.4", "图片消息核对 md5（301019）"] = True

    def turn(self, name: str, value: Any) -> None:
        """Set one switch; ValueError for a name or a value that it does not have."""
        switch = TABLE.get(name)
        if switch is None:
            raise ValueError(f"no switch {name!r}")
        right = value in switch.words if switch.words else type(value) is type(switch.default)
        if not right or (isinstance(value, int) and value < 0):
            raise ValueError(f"{name} cannot be {value!r}")
        setattr(self, name, value)

    def switches(self) -> dict[str, Any]:
        """Every switch as it stands."""
        return {name: getattr(self, name) for name in TABLE}


@dataclass(frozen=True, kw_only=True)
class Switch:
    """One line of the table."""

    point: str
    question: str
    default: Any  # a str, an int or a bool
    words: tuple[str, ...]  # empty: yes or no, or a number


def _table() -> dict[str, Switch]:
    hints = get_type_hints(Switches, include_extras=True)
    table = {}
    for field in fields(Switches):
        kind, point, question = get_args(hints[field.name])
        words = get_args(kind) if get_origin(kind) is Literal else ()
        table[field.name] = Switch(
            point=point, question=question, default=field.default, words=words
        )
    return table


TABLE = _table()
# For the page: each switch's words in Chinese.
WORDS = {
    "sliding": "滑动",
    "fixed": "整分整点",
    "block": "超了就封",
    "reject": "拒绝",
    "cut": "截断",
    "same": "同前",
    "bare": "只有 0",
    "refused": "报错",
    "allow": "允许",
    "drop": "悄悄丢掉",
    "all": "人人",
    "clicker": "点按者",
    "lost": "丢失",
    "replayed": "补发",
    "anyone": "任一人",
    "everyone": "每个人",
    "once": "一次",
    "many": "多次",
    "off": "不访问",
    "get": "GET",
    "head": "HEAD",
}
