"""config.toml and the environment to one frozen Config.

What may be set is the table in `bot/settings.py`, within what bounds `bot/bounds.py`; here it is
read, and every fault is told at once.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import Field, dataclass, field, fields
from pathlib import Path
from typing import Any

from bot import bounds
from bot.channels import KINDS
from bot.core.model import ME, Problem, Target
from bot.core.policy import Policy
from bot.core.schedules import line_of
from bot.core.seats import Seat, seats_of
from bot.library.decode import Unreadable, read_text, read_toml
from bot.settings import (
    SECTIONS,
    TARGET_KEYS,
    App,
    Bot,
    Hours,
    Log,
    Receipts,
    Review,
    ReviewKinds,
    Screen,
    StoreSettings,
    SummarySettings,
    Unit,
    Watching,
    Web,
    WeCom,
    default_of,
)

MOST_BYTES = 4 * 1024 * 1024  # thousands of groups
_TARGET_ID = re.compile(r"[0-9A-Za-z-]{1,24}")
_WEBHOOK_KEY = re.compile(r"[0-9A-Za-z_-]{1,80}")


# Settings that are kept elsewhere now; an empty one is passed over.
MOVED = {
    ("review", "leaders"): (
        "已并入提法库，只留一处：请把这些姓名加到 content/lexicon.toml 的 [words] leaders，"
        "再删去这一行"
    )
}


class ConfigError(ValueError):
    """Everything that is wrong with the configuration, for the person who wrote it."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("；".join(problem.message for problem in self.problems))


@dataclass(frozen=True, kw_only=True)
class Config:
    """Everything the program is told. `repr` shows no secret."""

    path: Path
    unit: Unit = field(default_factory=Unit)
    wecom: WeCom = field(default_factory=WeCom)
    app: App = field(default_factory=App, repr=False)
    bot: Bot = field(default_factory=Bot, repr=False)
    hours: Hours = field(default_factory=Hours)
    review: Review = field(default_factory=Review)
    review_kinds: ReviewKinds = field(default_factory=ReviewKinds)
    receipts: Receipts = field(default_factory=Receipts)
    web: Web = field(default_factory=Web)
    store: StoreSettings = field(default_factory=StoreSettings)
    summary: SummarySettings = field(default_factory=SummarySettings)
    screen: Screen = field(default_factory=Screen)
    log: Log = field(default_factory=Log)
    watch: Watching = field(default_factory=Watching, repr=False)
    targets: tuple[Target, ...] = ()
    webhooks: Mapping[str, str] = field(default_factory=dict, repr=False)  # target id -> key
    policy: Policy = field(default_factory=Policy)

    @property
    def root(self) -> Path:
        return self.path.parent

    @property
    def seats(self) -> tuple[Seat, ...]:
        """Return who reviews by card, and who sees tomorrow's messages."""
        return seats_of(self.review.cards, self.review.preview, (self.review.steps or [""])[-1])

    @property
    def personal(self) -> str:
        """Return the channel that reaches single people, "" where there is none."""
        return "app" if self.app.secret else "bot" if self.bot.secret else ""

    @property
    def data(self) -> Path:
        return self.root / self.store.data


def load(path: Path, environ: Mapping[str, str]) -> Config:
    """Read `path` and the environment; ConfigError tells everything that is wrong."""
    tables, text, problems = read_toml(path, path.name, MOST_BYTES)
    if problems:
        raise ConfigError(problems)
    reader = _Reader(path, text, environ)
    sections = {name: reader.section(name, kind, tables) for name, kind in SECTIONS.items()}
    targets, webhooks = reader.targets(tables.get("target", {}))
    reader.unknown_sections(tables)
    reader.unknown_variables()
    policy = bounds.policy_of(sections["policy"], reader.bad)
    bounds.check(sections, path.parent, reader.bad)
    if reader.problems:
        raise ConfigError(reader.problems)
    return Config(
        path=path,
        unit=sections["unit"],
        wecom=sections["wecom"],
        app=sections["wecom.app"],
        bot=sections["wecom.bot"],
        hours=sections["policy"],
        review=sections["review"],
        review_kinds=sections["review.kinds"],
        receipts=sections["receipts"],
        web=sections["web"],
        store=sections["store"],
        summary=sections["summary"],
        screen=sections["screen"],
        log=sections["log"],
        watch=sections["watch"],
        targets=targets,
        webhooks=webhooks,
        policy=policy,
    )


class _Reader:
    """Walks the tables and collects every problem instead of stopping at the first."""

    def __init__(self, path: Path, text: str, environ: Mapping[str, str]) -> None:
        self.path, self.text, self.environ = path, text, environ
        self.problems: list[Problem] = []
        self.variables: set[str] = set()  # the names that the environment may use

    def bad(self, needle: str, message: str) -> None:
        """Note a problem; where `message` begins with its [section], its line is looked up there.

        `needle` may be a key or the name of a section.
        """
        section = re.match(r"\[([^\]]+)\] ", message)
        line = _line(self.text, section[1] if section else "", needle)
        self.problems.append(
            Problem(
                path=self.path.name, line=line, severity="error", code="config", message=message
            )
        )

    def section(self, name: str, kind: type, tables: Mapping[str, Any]) -> Any:
        table: Any = tables
        for part in name.split("."):
            table = table.get(part, {}) if isinstance(table, Mapping) else {}
        if not isinstance(table, Mapping):
            self.bad(name.rpartition(".")[2], f"{name} 应是一个 [{name}] 小节")
            table = {}
        known = {setting.name: setting for setting in fields(kind)}
        children = {other.split(".")[-1] for other in SECTIONS if other.startswith(name + ".")}
        secret_files = {f"{n}_file" for n, s in known.items() if s.metadata["secret"]}
        values: dict[str, Any] = {}
        for key, value in table.items():
            if key in children:
                continue
            if (name, key) in MOVED:
                if value:
                    self.bad(key, f"[{name}] 的 {key} {MOVED[name, key]}")
                continue
            if key not in known and key not in secret_files:
                self.unknown(key, f"[{name}]", [*known, *secret_files, *children])
                continue
            if key in secret_files:
                values[key.removesuffix("_file")] = self.secret(str(value), key)
            elif self.typed(key, value, known[key], f"[{name}]"):
                values[key] = value
        values |= self.from_environment(name, known)
        return kind(**values)

    def from_environment(self, name: str, known: Mapping[str, Field[Any]]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, setting in known.items():
            variable = f"QINGFENG_{name.replace('.', '_').upper()}__{key.upper()}"
            self.variables.add(variable)
            if setting.metadata["secret"]:
                self.variables.add(variable + "_FILE")
                if variable + "_FILE" in self.environ:
                    file = self.environ[variable + "_FILE"]
                    found[key] = self.secret(file, f"环境变量 {variable}_FILE")
            if (raw := self.environ.get(variable)) is None:
                continue
            try:
                found[key] = _from_text(raw, default_of(setting))
            except ValueError as error:
                self.bad("", f"环境变量 {variable}：{error}")
        return found

    def typed(self, key: str, value: Any, setting: Field[Any], where: str) -> bool:
        wanted = type(default_of(setting))
        texts = wanted is not list or all(isinstance(entry, str) for entry in value)
        if type(value) is wanted and texts:
            return True
        words = {
            str: "文字（加引号）",
            int: "整数",
            bool: "true 或 false",
            list: "列表，里面是文字",
        }
        self.bad(key, f"{where} 的 {key} 应是{words[wanted]}")
        return False

    def unknown(self, key: str, where: str, known: Iterable[str]) -> None:
        known = list(known)
        near = difflib.get_close_matches(key, known, n=1, cutoff=0.4)
        hint = f"，是不是 {near[0]}？" if near else f"；可用：{' '.join(known)}"
        self.bad(key, f"{where} 没有 {key} 这一项{hint}")

    def unknown_sections(self, tables: Mapping[str, Any]) -> None:
        top = {name.split(".")[0] for name in SECTIONS} | {"target"}
        for name in tables:
            if name not in top:
                self.unknown(name, "配置里", sorted(top))

    def unknown_variables(self) -> None:
        for name in sorted(set(self.environ) - self.variables):
            if name.startswith("QINGFENG_") and "__" in name:
                near = difflib.get_close_matches(name, sorted(self.variables), n=1, cutoff=0.4)
                hint = f"，是不是 {near[0]}？" if near else ""
                self.bad("", f"没有 {name} 这个环境变量{hint}")

    def secret(self, name: str, key: str) -> str:
        try:
            found = read_text(self.path.parent / name).strip()
        except Unreadable as error:
            # Never the name: somebody may have typed the secret itself there.
            hint = "这里写文件名，密码或地址写在那个文件里"
            self.bad(key, f"{key} 指向的文件读不到：{error}；{hint}")
            return ""
        if not found or "\n" in found:
            self.bad(key, f"{key} 指向的文件 {name} 应只有一行")
        return found

    def targets(self, tables: Any) -> tuple[tuple[Target, ...], dict[str, str]]:
        targets, webhooks = [], {}
        if not isinstance(tables, Mapping):
            self.bad("target", "推送对象应写成 [target.英文名] 小节，每个对象一个")
            tables = {}
        for target_id, table in tables.items():
            where = f"[target.{target_id}]"
            if not isinstance(table, Mapping):
                self.bad(target_id, f"推送对象应写成 {where} 小节")
                continue
            if target_id == ME:
                self.bad(target_id, f"{where} 的名字是留给管理员本人的，请换一个")
                continue
            if not _TARGET_ID.fullmatch(target_id):
                self.bad(target_id, f"{where} 的名字只能用英文字母、数字和连字符，最多24位")
                continue
            for key, value in table.items():
                if key not in TARGET_KEYS:
                    self.unknown(key, where, TARGET_KEYS)
                elif type(value) is not TARGET_KEYS[key]:
                    kind = "true 或 false" if TARGET_KEYS[key] is bool else "文字（加引号）"
                    self.bad(key, f"{where} 的 {key} 应是{kind}")
            if table.get("channel") not in KINDS:
                self.bad(target_id, f"{where} 的 channel 应是 {'、'.join(KINDS)} 之一")
                continue
            if table.get("office") is True and KINDS[table["channel"]].tappable:
                hint = '请给廉政办建一个群，写 channel = "webhook" 和那个群的 webhook'
                self.bad("office", f"{where} 的 office = true 是收周报的，周报是群消息：{hint}")
            webhooks[target_id] = self.webhook(target_id, table, where)
            targets.append(
                Target(
                    id=target_id,
                    name=str(table.get("name", target_id)),
                    channel=str(table["channel"]),
                    roster=str(table.get("roster", "")),
                    audience=str(table.get("audience", "")),
                    chat=str(table.get("chatid", "")),
                    office=bool(table.get("office", False)),
                )
            )
        return tuple(targets), {name: key for name, key in webhooks.items() if key}

    def webhook(self, target_id: str, table: Mapping[str, Any], where: str) -> str:
        """Return the key of a group's webhook, from its address or from a file with it."""
        variable = f"QINGFENG_TARGET_{target_id.replace('-', '_').upper()}__WEBHOOK"
        self.variables.add(variable)
        given = self.environ.get(variable) or str(table.get("webhook", ""))
        if table.get("webhook_file"):
            given = self.secret(str(table["webhook_file"]), "webhook_file")
        key = given.rpartition("key=")[2].split("&")[0].strip()
        if table.get("channel") == "webhook" and not _WEBHOOK_KEY.fullmatch(key):
            hint = "须写 webhook（群里“消息推送”给的地址），或 webhook_file（存有该地址的文件）"
            self.bad(target_id, f"{where} {hint}")
        return key


def _line(text: str, section: str, key: str) -> int:
    """Return the line of `key` within its section, or of what comes nearest to it."""
    inside, header = not section, 0
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip().startswith("["):
            inside = re.sub(r"[\s\"']", "", line).startswith(f"[{section}]")
            header = number if inside else header
        elif inside and re.match(rf"\s*[\"']?{re.escape(key)}[\"']?\s*=", line):
            return number
    return header or line_of(text, key)


def _from_text(raw: str, default: Any) -> Any:
    if isinstance(default, bool):
        if raw.lower() not in ("true", "false", "1", "0"):
            raise ValueError(f"“{raw}”应是 true 或 false")
        return raw.lower() in ("true", "1")
    if isinstance(default, int):
        if not raw.isdecimal():
            raise ValueError(f"“{raw}”应是整数")
        return int(raw)
    if isinstance(default, list):
        return [part.strip() for part in raw.split(",") if part.strip()]
    return raw
