"""The table of settings: section, name, type, default and one line of explanation each.

config.example.toml and docs/settings.md are checked against it by a test. Every setting is also
read from QINGFENG_<SECTION>__<KEY>; a secret also from the file named by <key>_file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from typing import Any

from bot.core.model import Kind
from bot.core.policy import AFTERNOON, MORNING


def _setting(default: Any, doc: str, *, secret: bool = False) -> Any:
    return field(default=default, repr=not secret, metadata={"doc": doc, "secret": secret})


def _doc(doc: str) -> Mapping[str, Any]:
    """Return what `_setting` keeps of a setting, for those whose default is a list."""
    return {"doc": doc, "secret": False}


@dataclass(frozen=True, kw_only=True)
class Unit:
    name: str = _setting("", "单位名称，写在每条消息的页脚")
    office: str = _setting("", "本单位受理举报的机构和电话，如 局机关纪委 010-00000000")
    feedback: str = _setting("", "意见反馈找谁，如 局机关党委 张三")
    administrator: str = _setting("", "管理员的企业微信账号，send --to me 发给他")


@dataclass(frozen=True, kw_only=True)
class WeCom:
    base_url: str = _setting("https://qyapi.weixin.qq.com", "企业微信接口地址；演练时指向本机")
    authorize_url: str = _setting(
        "https://open.weixin.qq.com/connect/oauth2/authorize", "网页授权地址；演练时指向本机"
    )
    proxy: str = _setting(
        "", "出口代理，如 http://账号:密码@10.0.0.1:8080；空着就按环境变量 HTTPS_PROXY", secret=True
    )
    ca: str = _setting("", "代理或防火墙解密流量时，单位自己的根证书文件（PEM）")


@dataclass(frozen=True, kw_only=True)
class App:
    corp_id: str = _setting("", "企业 ID（我的企业 → 企业信息）")
    agentid: int = _setting(0, "自建应用的 AgentId")
    secret: str = _setting("", "自建应用的 Secret", secret=True)
    token: str = _setting("", "接收消息 → Token", secret=True)
    aes_key: str = _setting("", "接收消息 → EncodingAESKey", secret=True)
    resend_unknown: bool = _setting(
        True, "没等到答复的应用消息原样再发，企业微信会去掉重复的；false 为留给人核实"
    )


@dataclass(frozen=True, kw_only=True)
class Bot:
    bot_id: str = _setting("", "智能机器人的 BotID（智能机器人 → API 模式 → 使用长连接）")
    secret: str = _setting("", "智能机器人长连接的 Secret", secret=True)
    ws_url: str = _setting("wss://openws.work.weixin.qq.com", "长连接地址；演练时指向本机")
    group_card: bool = _setting(
        False,
        "机器人的群里，文字之后再跟一张带“已阅”的卡片；群里能否发，请先在一个群试",
    )


@dataclass(frozen=True, kw_only=True)
class Hours:
    hours: list[str] = field(
        default_factory=lambda: [f"{a:%H:%M}-{b:%H:%M}" for a, b in (MORNING, AFTERNOON)],
        metadata={"doc": "允许推送的时段，只在法定工作日", "secret": False},
    )
    a_day: int = _setting(1, "每个对象每天最多几条")
    a_week: int = _setting(2, "每周最多几条")
    a_node_week: int = _setting(3, "有节点的那一周最多几条")
    blackout: list[str] = field(
        default_factory=list,
        metadata={"doc": '免打扰的日子，如 ["2026-06-26"]', "secret": False},
    )


@dataclass(frozen=True, kw_only=True)
class Review:
    required: bool = _setting(True, "内容须审批后才发送；设为 false 会写进每期周报")
    steps: list[str] = field(
        default_factory=lambda: ["终审"],
        metadata=_doc(
            '须依次完成的审批环节，各由不同的人做，如 ["初审", "复审", "终审", "保密审查"]'
        ),
    )
    cards: list[str] = field(
        default_factory=list,
        metadata=_doc(
            '谁在企业微信里用卡片审核：姓名=账号，只审几道的再写环节，如 ["王五=wangwu:终审"]'
        ),
    )
    preview: list[str] = field(
        default_factory=list,
        metadata=_doc('除终审人外，还有谁前一个工作日下午看次日要发的内容，如 ["李四=lisi"]'),
    )


@dataclass(frozen=True, kw_only=True)
class ReviewKinds:
    """The steps of one kind of text, where they differ from [review] steps."""

    node: list[str] = field(
        default_factory=list, metadata=_doc("节点提醒；空着就按 [review] steps，下同")
    )
    scenario: list[str] = field(default_factory=list, metadata=_doc("情景案例"))
    repost: list[str] = field(default_factory=lambda: ["初审", "终审"], metadata=_doc("转发通报"))
    study: list[str] = field(default_factory=list, metadata=_doc("学习提示"))
    model: list[str] = field(default_factory=list, metadata=_doc("先进典型"))
    media: list[str] = field(default_factory=list, metadata=_doc("影视推介"))
    duty: list[str] = field(default_factory=list, metadata=_doc("责任提示"))
    culture: list[str] = field(default_factory=list, metadata=_doc("廉洁文化"))

    def by_kind(self) -> dict[Kind, tuple[str, ...]]:
        return {Kind[s.name.upper()]: tuple(getattr(self, s.name)) for s in fields(self)}


@dataclass(frozen=True, kw_only=True)
class Receipts:
    keep_days: int = _setting(90, "记名回执保留多少天，之后只留合计数；45 到 365")
    keep_signatures: int = _setting(3, "责任提示的签收记录保留几年，1 到 30")
    person_lookup: str = _setting(
        "off",
        "能否查一个人一篇内容的送达说明：off，或 on_request（有事由、另一人同意、留痕、本人可见）",
    )
    questions: bool = _setting(
        False, "学习提示的题目要不要随卡片和网页发问：自愿、不记名，只计各选项人数"
    )
    tip_words: list[str] = field(
        default_factory=list,
        metadata=_doc('另加哪些词算像举报或交代，话里有就一律不留；"-收过" 为去掉自带的一个'),
    )


@dataclass(frozen=True, kw_only=True)
class Web:
    host: str = _setting(
        "127.0.0.1", "在哪里听：127.0.0.1 只有本机，0.0.0.0 为别的机器（反向代理）也能连"
    )
    port: int = _setting(8650, "本机端口（127.0.0.1），回调经反向代理转到这里；0 为任选")
    public_url: str = _setting("", "手机能访问的网址，填了卡片上才有“看全文”")
    sign_in: bool = _setting(False, "网页上也能点“已阅”：由企业微信静默识别本人；须先登记可信域名")
    administrators: list[str] = field(
        default_factory=list, metadata=_doc("以企业微信账号登录控制台的管理员；下同")
    )
    reviewers: list[str] = field(default_factory=list, metadata=_doc("审核人"))
    editors: list[str] = field(default_factory=list, metadata=_doc("编辑"))
    viewers: list[str] = field(default_factory=list, metadata=_doc("只能查看的人"))


@dataclass(frozen=True, kw_only=True)
class StoreSettings:
    data: str = _setting("data", "数据文件夹")
    content: str = _setting("content", "内容文件夹")
    schedules: str = _setting("schedules", "日程文件夹")
    poll: bool = _setting(False, "内容放在网络共享上时设为 true：每秒看一次有没有改动")
    url: str = _setting(
        "",
        "几台机器一起跑时，PostgreSQL 的地址，如 postgresql://qf:密码@10.0.0.5/qf",
        secret=True,
    )
    role: str = _setting(
        "both", "几台机器一起跑时，本机做什么：both、web（只管网页）或 send（只管发送）"
    )
    published: bool = _setting(
        False, "几台机器一起跑时，true 为内容以 qingfeng publish 发布到数据库的为准"
    )


@dataclass(frozen=True, kw_only=True)
class SummarySettings:
    per_target: str = _setting("console", "分对象数字放哪里：console、message 或 off")
    min_people: int = _setting(10, "分对象每行至少多少人，不足则合并；不得小于 5")


@dataclass(frozen=True, kw_only=True)
class Screen:
    hours: list[str] = field(
        default_factory=lambda: ["07:30-19:00"],
        metadata=_doc("电子屏亮着的时段，可写几段；其余时间黑屏，[] 为一直亮着"),
    )
    seconds: int = _setting(15, "一页文字停留多少秒，5 到 120")
    items: int = _setting(12, "一天轮播几篇（当季节点的都在内），1 到 60")


@dataclass(frozen=True, kw_only=True)
class Log:
    format: str = _setting("text", "日志的样子：text 给人看，json 给日志系统（一行一个对象）")
    size_mb: int = _setting(5, "data/log/run.log 写到多少 MB 换一个文件，1 到 100")
    files: int = _setting(5, "最多留几个这样的文件，2 到 50")
    keep_security: int = _setting(
        180, "登录和拒绝访问的记录 data/log/security.log 保留多少天，180 到 1100"
    )


@dataclass(frozen=True, kw_only=True)
class Watching:
    ping_url: str = _setting(
        "", "每分钟报一次平安的网址（如 healthchecks）：那边久不见报，就会叫人", secret=True
    )
    overdue: int = _setting(15, "多少分钟没有一轮完成，就在管理员群里说一声，5 到 240")
    metrics_token: str = _setting(
        "", "取 /metrics（Prometheus）用的口令，至少16位；空着就只有本机命令取得到", secret=True
    )


SECTIONS: Mapping[str, type] = {
    "unit": Unit,
    "wecom": WeCom,
    "wecom.app": App,
    "wecom.bot": Bot,
    "policy": Hours,
    "review": Review,
    "review.kinds": ReviewKinds,
    "receipts": Receipts,
    "web": Web,
    "store": StoreSettings,
    "summary": SummarySettings,
    "screen": Screen,
    "log": Log,
    "watch": Watching,
}


TARGET_KEYS: Mapping[str, type] = {
    "name": str,
    "channel": str,
    "roster": str,
    "audience": str,
    "office": bool,
    "webhook": str,
    "webhook_file": str,
    "chatid": str,
}


def default_of(setting: Field[Any]) -> Any:
    """Return what a setting is when nobody sets it."""
    if setting.default_factory is not MISSING:
        return setting.default_factory()
    return setting.default
