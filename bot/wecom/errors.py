"""What went wrong at WeCom, and what to do about it.

    WeComError
     ├── CallFailed(sent, reason, code)   no clear answer; `sent` says whether it may have arrived
     ├── NotDone(code, reason)            WeCom answered no, to a call that is not a message
     └── Refused(reason)                  a callback that is not WeCom's, or not well-formed

An answer with an errcode is not an exception here: `reaction(code)` says what it means. WeCom
answers HTTP 200 to everything; only `errcode` tells, never `errmsg` (wecom/api.md §10).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

HOUR = 3600


class Outcome(StrEnum):
    """What became of one attempt to send."""

    RETRY = "retry"  # certainly not delivered (or WeCom drops the copy): may go again
    REFUSED = "refused"  # certainly not delivered, and sending it again would not help
    UNKNOWN = "unknown"  # it may have been delivered


@dataclass(frozen=True)
class Then:
    """What to do besides: wait before the next call, or take a target or the app off."""

    kind: Literal["nothing", "wait", "disable_target", "stop_app"]
    seconds: int = 0  # for "wait" and "stop_app": no call before that


@dataclass(frozen=True, kw_only=True)
class Reaction:
    """One line of the table: the outcome, what then, and a sentence for the administrator."""

    outcome: Outcome
    then: Then
    sentence: str  # Chinese: the cause, and where to click


class WeComError(Exception):
    """The root of what this package raises. No message of it ever holds a key."""


class CallFailed(WeComError):
    """A call that brought no clear answer.

    `sent` is "no" when the call certainly did not reach WeCom, "maybe" otherwise; after a "no" the
    next call should wait `wait` seconds. `code` is WeCom's errcode where the *token* was refused,
    so that nothing was sent; else None.
    """

    def __init__(
        self,
        sent: Literal["no", "maybe"],
        reason: str,
        *,
        code: int | None = None,
        wait: int = 60,
    ) -> None:
        super().__init__(reason)
        self.sent, self.reason, self.code, self.wait = sent, reason, code, wait


class Refused(WeComError):
    """A callback that was turned away; `reason` is for the log, never for the sender."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


NOTHING = Then("nothing")
OFF = Then("disable_target")
A_MINUTE = Then("wait", 60)
MOMENT = Then("wait", 10)
BANNED = Then("stop_app", HOUR)  # wrong secrets again and again ban the address for an hour
STOPPED = Then("stop_app", 600)  # nothing goes until somebody has clicked; look again then

_APP = "管理后台→应用管理→自建应用"
_BUG = "消息格式不合要求，属程序缺陷，请把错误码告诉开发者"


def _row(outcome: Outcome, then: Then, sentence: str, codes: Iterable[int]) -> dict[int, Reaction]:
    made = Reaction(outcome=outcome, then=then, sentence=sentence)
    return dict.fromkeys(codes, made)


# Only codes that a webhook send, a message send or gettoken can answer (wecom/api.md §1.4, §10).
# stop_app goes with RETRY: nothing was sent, and what is still in time goes once it is mended.
TABLE: dict[int, Reaction] = {
    # -- come again later
    **_row(Outcome.RETRY, A_MINUTE, "发送太频繁，企业微信要求稍候，程序会自动重试", [45009, 45036]),
    **_row(Outcome.RETRY, MOMENT, "企业微信正忙，程序会自动重试", [6000, 45033, 45035]),
    **_row(Outcome.RETRY, A_MINUTE, "访问令牌失效，重新获取后仍不被接受，稍候再试", [40014, 42001]),
    # -- the app's settings
    40001: Reaction(
        outcome=Outcome.RETRY,
        then=BANNED,
        sentence=f"应用 Secret 不对，或应用已停用：请在{_APP}里重新查看 Secret；一小时内不再尝试",
    ),
    40013: Reaction(
        outcome=Outcome.RETRY,
        then=BANNED,
        sentence="企业 ID 不对：请核对管理后台→我的企业→企业信息最下方的企业ID；一小时内不再尝试",
    ),
    40091: Reaction(
        outcome=Outcome.RETRY,
        then=BANNED,
        sentence=f"Secret 不属于本企业：请在{_APP}里重新查看 Secret；一小时内不再尝试",
    ),
    **_row(
        Outcome.RETRY, STOPPED, f"AgentId 与 Secret 不是同一应用：请核对{_APP}", [40056, 301002]
    ),
    **_row(
        Outcome.RETRY,
        STOPPED,
        f"本机出口地址不在可信名单：请在{_APP}→企业可信IP 中添加",
        [60020, 301042],
    ),
    **_row(Outcome.RETRY, STOPPED, f"应用已停用或被禁止调用接口：请在{_APP}中启用", [50003, 60031]),
    **_row(
        Outcome.RETRY,
        STOPPED,
        f"应用没有发消息的权限，或权限已被收回：请查看{_APP}→权限与可见范围",
        [48001, 48002, 48004, 48005, 48006],
    ),
    43012: Reaction(
        outcome=Outcome.RETRY,
        then=STOPPED,
        sentence=f"应用未设置回调地址，不能发带按钮的卡片：请在{_APP}→接收消息→设置API接收 中填写",
    ),
    43009: Reaction(
        outcome=Outcome.RETRY,
        then=STOPPED,
        sentence="企业尚未认证：请在管理后台→我的企业→企业信息中完成认证",
    ),
    48010: Reaction(
        outcome=Outcome.RETRY,
        then=STOPPED,
        sentence="本机的 TLS 版本过旧，企业微信不接受：请升级操作系统或 Python",
    ),
    301007: Reaction(
        outcome=Outcome.RETRY,
        then=STOPPED,
        sentence="企业已解散或被封禁：请联系企业微信客服",
    ),
    # -- the group
    93000: Reaction(
        outcome=Outcome.REFUSED,
        then=OFF,
        sentence="群里的消息推送已被移除，或地址不对：请在群设置→消息推送中重新添加，并更新地址",
    ),
    93001: Reaction(
        outcome=Outcome.REFUSED,
        then=OFF,
        sentence="该群不允许消息推送：请群主或管理员在群设置→消息推送中开启",
    ),
    93004: Reaction(
        outcome=Outcome.REFUSED,
        then=OFF,
        sentence="该消息推送已被停用：请在群设置→消息推送中重新启用",
    ),
    93008: Reaction(
        outcome=Outcome.REFUSED,
        then=OFF,
        sentence="消息推送已不在该群：请在群设置→消息推送中重新添加，并更新地址",
    ),
    49008: Reaction(
        outcome=Outcome.REFUSED, then=OFF, sentence="该群已解散：请停用此推送对象或换一个群"
    ),
    # -- the robot (wecom/api.md §2.11)
    846607: Reaction(
        outcome=Outcome.RETRY,
        then=A_MINUTE,
        sentence="机器人在这个会话里发得太频繁，或还没有人@过它：请在群里@机器人说一句话",
    ),
    846609: Reaction(
        outcome=Outcome.RETRY, then=MOMENT, sentence="机器人的长连接还没有订阅，程序会自动重连"
    ),
    **_row(
        Outcome.REFUSED,
        OFF,
        "机器人不在这个群里，或群已解散：请把机器人重新加进群，在群里@它写“绑定”",
        [93006],
    ),
    # -- the people
    81013: Reaction(
        outcome=Outcome.REFUSED,
        then=NOTHING,
        sentence=f"接收人全部无效：请核对人员名册的账号，以及{_APP}→可见范围",
    ),
    **_row(
        Outcome.REFUSED,
        NOTHING,
        f"接收人不在应用的可见范围：请在{_APP}→可见范围 中添加",
        [50002, 60011, 60021, 81011, 81012, 92000],
    ),
    **_row(
        Outcome.REFUSED,
        NOTHING,
        "接收人的账号不对：请核对人员名册",
        [40003, 40031, 46004, 60111, 301021],
    ),
    **_row(
        Outcome.REFUSED,
        NOTHING,
        "接收人为空或过多，属程序缺陷，请把错误码告诉开发者",
        [40032, 40066, 40068, 40070, 82001, 82002, 82003],
    ),
    # -- the words
    **_row(
        Outcome.REFUSED,
        NOTHING,
        "被企业微信的防骚扰规则拦下：请核对内容，必要时到管理后台→安全与管理中申诉",
        [40201, 40204],
    ),
    85002: Reaction(
        outcome=Outcome.REFUSED, then=NOTHING, sentence="内容含企业微信禁用的词语：请修改内容"
    ),
    **_row(Outcome.REFUSED, NOTHING, "内容过长：请缩短后重发", [40206, 45001, 45002]),
    **_row(Outcome.REFUSED, NOTHING, "内容含企业微信不接受的字符：请修改内容", [40033, 82004]),
    **_row(Outcome.REFUSED, NOTHING, "内容为空：请补充正文", [44004, 93017]),
    **_row(Outcome.REFUSED, NOTHING, "内容中的网址不对或过长：请修改内容", [40039, 40094, 45034]),
    **_row(
        Outcome.REFUSED,
        NOTHING,
        "卡片编号不对，或本应用已用过同一编号",
        [42014, 42015, 42016],
    ),
    # -- files and pictures
    **_row(
        Outcome.REFUSED,
        NOTHING,
        "附件的类型、大小或格式不对：请换一个文件",
        [40004, 40005, 40006, 40009, 40011, 40123, 44001, 45007, 301017, 301019, 846697],
    ),
    **_row(Outcome.REFUSED, NOTHING, "附件已过期，须重新上传", [40007, 40145]),
    **_row(
        Outcome.REFUSED, NOTHING, "分段上传没有完成，须重新上传", [846611, 846612, 846613, 846616]
    ),
    # -- group chats of an app (§4)
    **_row(
        Outcome.REFUSED,
        OFF,
        "应用群聊不存在，或不是本应用建的：请核对 chatid",
        [40050, 86001, 86003, 86008],
    ),
    **_row(
        Outcome.REFUSED,
        NOTHING,
        "应用群聊的参数不对：请核对群名、群主和成员",
        [86004, 86005, 86006, 86007, 86101, *range(86201, 86208), 86215, 86216, 86217, 86220],
    ),
    # -- after the send
    **_row(
        Outcome.REFUSED,
        NOTHING,
        "卡片已不能更新（更新凭据过期或已用过），不影响已送达的消息",
        [60140, 82101, 82102, 846604, 846606, 846608, 846625],
    ),
    42052: Reaction(
        outcome=Outcome.REFUSED, then=NOTHING, sentence="发出超过 24 小时，企业微信不再允许撤回"
    ),
    # -- pages and identity (§6, §7)
    **_row(
        Outcome.REFUSED,
        NOTHING,
        "登录凭据无效、过期或已用过：请从企业微信里重新打开",
        [40029, 42003, 42022, 84014, 84015, 84025, 41008],
    ),
    **_row(
        Outcome.REFUSED,
        NOTHING,
        f"域名没有登记为可信域名，或备案、归属不符：请在{_APP}→网页授权及JS-SDK 中设置",
        [50001, 80001, 85004, 85005, 85008],
    ),
    **_row(
        Outcome.REFUSED,
        NOTHING,
        "没有读取通讯录的权限：请用自建应用的 Secret，并核对可见范围",
        [48009, 60003, 60123, 40073, 40125, 43004, 92002],
    ),
    40057: Reaction(
        outcome=Outcome.REFUSED, then=NOTHING, sentence="回调地址验证不通过：请先启动清风，再点保存"
    ),
    # -- the robot's settings (§2.11)
    **_row(
        Outcome.RETRY,
        STOPPED,
        "智能机器人的 BotID 或 Secret 不对，或没有选“使用长连接”：请核对智能机器人→API 模式",
        [846601, 853000, 853001, 853006, 93019],
    ),
    # -- ourselves
    **_row(
        Outcome.REFUSED,
        NOTHING,
        _BUG,
        [
            *(40008, 40035, 40058, 40063, 41001, 41002, 41004, 41011, 45008, 93018),
            *(40054, 40055, 40074, 40093, 41006, 41009, 41010, 41016, 41017, 41033, 42009, 42012),
            *(45029, 45032, 49004, 90207, 90208, 93050, 846605, 846610),
            *range(42017, 42021),
            *range(42027, 42052),
        ],
    ),
}

_UNKNOWN_CODE = Reaction(
    outcome=Outcome.REFUSED,
    then=NOTHING,
    sentence="企业微信拒绝了这条消息：请在 open.work.weixin.qq.com/devtool/query 按错误码查询",
)
_BUSY = Reaction(outcome=Outcome.RETRY, then=MOMENT, sentence="企业微信正忙，程序会自动重试")
_BUSY_MAYBE = Reaction(
    outcome=Outcome.UNKNOWN,
    then=NOTHING,
    sentence="企业微信答复“正忙”，消息可能已发出，也可能没有：请到群里看一眼再作处理",
)


class NotDone(WeComError):
    """WeCom answered no to something other than a message; `reason` is for the administrator."""

    def __init__(self, code: int) -> None:
        self.code = code
        self.reason = f"{reaction(code, deduplicated=True).sentence}（错误码 {code}）"
        super().__init__(self.reason)


def reaction(code: int, *, deduplicated: bool) -> Reaction:
    """Return what errcode `code` (not 0) means for a message.

    `deduplicated`: WeCom drops an identical copy, so that -1 (busy; perhaps posted all the same,
    wecom/api.md §1.4) may simply go again. A code that is not in the table is a refusal.
    """
    if code == -1:
        return _BUSY if deduplicated else _BUSY_MAYBE
    return TABLE.get(code, _UNKNOWN_CODE)
