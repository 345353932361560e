"""What an administrator, or bad luck, does to the corporation: one word and its object."""

from collections.abc import Callable
from typing import Any

from bot.sandbox.robots import ABNORMAL, Line
from bot.sandbox.world import World


def act(world: World, do: str, of: Any = None) -> None:
    """Do `do` to `of`; ValueError for a word or an object that does not exist."""
    if do not in ACTS:
        raise ValueError(f"no act {do!r}; there are {', '.join(ACTS)}")
    try:
        ACTS[do][1](world, of)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{do} cannot be done to {of!r}") from error


def _hooks(world: World, group_id: str) -> list[str]:
    keys = [key for key, hook in world.webhooks.items() if hook.group_id == group_id]
    if not keys:
        raise KeyError(group_id)
    return keys


def _remove_webhook(world: World, group_id: str) -> None:
    for key in _hooks(world, group_id):
        world.remove_webhook(key)


def _stop_webhook(world: World, group_id: str) -> None:
    for key in _hooks(world, group_id):
        world.stop_webhook(key)


def _start_webhook(world: World, group_id: str) -> None:
    for key in _hooks(world, group_id):
        world.stop_webhook(key, stopped=False)


def _line(world: World, bot_id: str) -> Line:
    line = world.robots[bot_id].line
    if line is None:
        raise KeyError(bot_id)
    return line


def _half_open(world: World, bot_id: str) -> None:
    _line(world, bot_id).deaf = True


def _disable(world: World, bot_id: str) -> None:
    robot = world.robots[bot_id]
    robot.enabled = False
    if robot.line is not None:
        robot.line.close(1000)


def _enable(world: World, bot_id: str) -> None:
    world.robots[bot_id].enabled = True


def _allow_ips(world: World, addresses: str | list[str] | None) -> None:
    parts = addresses.replace(",", " ").split() if isinstance(addresses, str) else addresses
    world.allowed_ips = set(parts) if parts else None


def _agent(of: Any) -> int | None:
    return int(of) if of not in (None, "") else None


ACTS: dict[str, tuple[str, Callable[[World, Any], None]]] = {
    "remove_webhook": ("从群里移除消息推送（93000）：群", _remove_webhook),
    "stop_webhook": ("停用消息推送（93004）：群", _stop_webhook),
    "start_webhook": ("恢复消息推送：群", _start_webhook),
    "dissolve_group": ("解散群：群", lambda w, of: w.dissolve(of)),
    "remove_user": ("离职：账号", lambda w, of: w.remove_user(of)),
    "expire_tokens": (
        "令牌到期（42001）：应用，空为全部",
        lambda w, of: w.expire_tokens(_agent(of)),
    ),
    "invalidate_tokens": (
        "令牌提前失效（40014）：应用，空为全部",
        lambda w, of: w.invalidate_tokens(_agent(of)),
    ),
    "allow_ips": ("企业可信 IP（60020）：地址，空为不限", _allow_ips),
    "close_line": ("正常关闭长连接（1000）：机器人", lambda w, of: _line(w, of).close(1000)),
    "cut_line": ("切断长连接（1006）：机器人", lambda w, of: _line(w, of).close(ABNORMAL)),
    "half_open_line": ("长连接假活，不再有回应：机器人", _half_open),
    "disable_robot": ("关掉机器人的长连接模式（846601）：机器人", _disable),
    "enable_robot": ("打开机器人的长连接模式：机器人", _enable),
}
