"""Every Chinese sentence that code, not an author, puts before a user.

One module, so that the office can read all of it in one sitting.
"""

from collections.abc import Iterable, Mapping
from typing import Any

# -- laws in words (DESIGN §3) -------------------------------------------------------------
NOT_FOR_APPRAISAL = "仅用于改进推送内容，不作考核、评比、通报依据"
NO_TIPS = "本渠道不受理信访举报，反映问题请拨12388或联系纪检监察机构"
CORRECTION = "更正"
FICTION = "情景案例·虚构"
PROVISIONAL = "暂按法定假日推算"
LOW_COVERAGE = "回执覆盖不足，仅供参考"

# -- a push as staff see it ----------------------------------------------------------------
SOURCE_LINE = "廉政教育"
ACK_BUTTON = "已阅"
ACK_DONE = "已阅，谢谢"
READ_ALL = "看全文"
OPINION = "有意见"
SIGN_BUTTON = "签收"
SIGN_DONE = "已签收"
SIGNED_TITLE = "签收表"
SIGNED_SUFFIX = "签收表只能存成 .xlsx 或 .csv，不能存成“{}”"
SIGNED_WRITTEN = "签收表，{} 行，已存到 {}。"
SIGNED_NONE = "还没有签收记录。"
ANSWER_BUTTON = "提交"
ONLY_READ = "只点已阅，不作答"
ANSWERED = "参考答案 {}"
RIGHT = "参考答案：{}。作答不记名，只计各选项人数。"
ASKED = "《{}》{}（作答 {}，答对 {}，参考答案 {}）"
QUESTION_HEAD = "想一想（自愿，不记名）"

REMINDER = "前几天发过这一篇，方便时看一眼就好；看过了或不想看，都不必理会。只提这一次。"

# -- why something is not sent -------------------------------------------------------------
DAY_OFF = "放假"
SKIP_DAY_OFF = "当天放假（{}），不推送"
SKIP_SILENT_DAY = "当天是国家公祭日，不推送"
SKIP_DAY_TAKEN = "当天已有一条更要紧的推送，为其让路"
SKIP_WEEK_FULL = "本周已满{}条，为更要紧的推送让路"
SKIP_BLACKOUT = "当天在免打扰日内，不推送"
SKIP_PAUSED = "推送已暂停"
SKIP_SERIES = "“{}”系列推送期间，平日节奏暂停"
SKIP_SERIES_DONE = "“{}”系列已推送完"
SKIP_SERIES_GAP = "系列停在这里：“{0}”缺第{1}课（共{2}课）"
MOVES_ON = "，顺延到有空的下一周"
MOVES_TO = "，顺延到{:%m-%d}"
MOVED = "原定{0:%m-%d}；{1}"
GAVE_WAY = "为更要紧的推送让路"
GIVEN_UP = "原定{0:%m-%d}，顺延{1}周都没有空，这一次不再推送"
TIRED_TEXT = "没有轮换的文字，用了仍在冷却期的一篇"
SKIP_NO_TEXT = "内容库里没有合适的{}"
SKIP_ALL_USED = "合适的{}近期都用过，仍在冷却期"
BLOCK_NOT_APPROVED = "内容未经审批"
BLOCK_EDITED = "内容审批后又改动过，须重新审批"
BLOCK_STEPS = "内容还差 {}"
BLOCK_RETURNED = "内容已由{}退回：{}"
BLOCK_WITHDRAWN = "内容已由{}收回：{}"
NO_REASON = "未写原因"
BLOCK_HELD = "内容里有“{}”，已叫停"
BLOCK_MISSING = "内容文件已不在库中"
BLOCK_FAULTY = "内容有错误，见 qingfeng check"
BLOCK_STATUS = "内容标为“{}”"
BLOCK_EXPIRED = "内容已过失效日期"
BLOCK_EARLY = "内容未到生效日期"
EXPIRED_WINDOW = "到截止时间仍未能发出（{}）"
EXPIRED_LATE = "已过适宜时间，不再补发"
REFUSED_NO_PAGE = "；填好 [web] public_url，就改发摘要和“看全文”"
REFUSED_TOO_LONG = "成文{0}{2}，超过该渠道{1}{2}的上限"
UNFILLED = "占位符 {{{}}} 没有对应的节点，填不出来"
SKIP_CHANNEL_CHANGED = "对象的渠道已更改"
HAD_THEIR_SHARE = "该对象的人都已收到本周的份额"
WAIT_BETTER = "当天另有更要紧的推送"
WAIT_WEEK_CAP = "该对象本周已满{}条"
OWN_FAULT = "程序出错，稍后再试"
LATE = "补发"
WAIT_DAY_CAP = "当天已向该对象推送过一条"

# -- to the office's own group ---------------------------------------------------------------
DRAFT_DUE = "**距{0}节点首条提醒还有{1}个工作日：待审{2}、已批{3}**"
DRAFT_NONE = "内容库里还没有这个节点的内容，请尽快起草。"
NODE_GONE = "这个节点已从日程里去掉。"
ASK_FOR_CALENDAR = (
    "**{0}年的放假安排还没有录入**\n"
    "在此之前按法定假日推算，节点提醒提前两个工作日。国务院办公厅的通知公布后，"
    "请把通知原文存成文件或直接粘贴：qingfeng calendar import 文件名（或 -）。"
)
CALENDAR_CAME = "放假安排已经录入，谢谢。"
STOCK = "**可用的案例还有{0}篇**（待审{1}篇，冷却期内{2}篇；按最紧的推送对象算）"
PLAN_TITLE = "廉政教育推送计划"
PLAN_MARK = "*"
PLAN_PROVISIONAL = "带 * 的日子" + PROVISIONAL + "，放假安排公布并录入后会照新的走。"
NO_PLAN_BEFORE = "还没有可比的计划：先运行 qingfeng plan，改动之后再加 --diff"
DRY_WEEK = "{0:%m-%d} {1} 没有文字可推：{2}"
DRY = "· {0} {1}：{2}"
PAUSED_BY = "管理员于{:%m-%d}暂停"
PAUSE_OVER = "{} 不在以后，请写恢复推送的那一天，如 2026-07-01"
PAUSED = "已暂停推送{}。恢复：qingfeng resume"
RESUMED = "已恢复推送。"
WAS_NOT_PAUSED = "推送没有暂停。"
PAUSED_UNTIL = "，{}起恢复"
PAUSED_BECAUSE = "：{}"
MISSED = "当时程序没有运行，错过了时间，不再补发"
SKIP_NO_TARGET = "config.toml 里没有 audience 是“{}”的推送对象"
RULE_IDLE = "[{}] 在内容库里一篇也挑不出来，这条规则不会推送：{}"
NODE_NO_HOLIDAY = "[{}] 的 holiday“{}”不是法定节假日，也不在放假安排里，不会有提醒{}"
NODE_FOLLOWS_NOTHING = "[{}] 的 follows 里的“{}”不是别的节点的名字，不会有提醒{}"
NODE_LEADS_TURNED = "[{0}] 的 {1} 比 {2} 小：{1} 应在 {2} 之前，数字（提前几个工作日）不能更小"
NODE_WINDOW_TURNED = "[{}] 的 window 跨年将近一年，是不是先后写反了？"
NO_NODES = "这里一个节点也没有读到，写给节点的内容都不会推送；样例随程序自带"
RULE_NAMED_AS_NODE = "[{}] 与 nodes.toml 里的节点同一个代号，计划里分不清，请换一个"
RULE_ON_WEEKENDS = "[{}] 写的是周{}，只有调休上班的那天才会推送"
IDLE_EXPIRED = "合适的内容都已过失效日期，请更新或换用别的"
IDLE_KIND = "没有类别是{}的内容"
IDLE_WORD = "{} 里的“{}”没有一篇内容用到"
IDLE_NEAREST = "，是不是“{}”？"
IDLE_TOGETHER = "写的几项条件没有一篇同时符合，请放宽一项"


def is_dry(reason: str) -> bool:
    """Whether a reason says that there was no text."""
    starts = (SKIP_NO_TEXT, SKIP_ALL_USED, SKIP_SERIES_GAP)
    return any(reason.startswith(start.partition("{")[0]) for start in starts)


def choice(kinds: Iterable[str], nodes: Iterable[str]) -> str:
    """Name what was looked for: 端午节点提醒, or 情景案例、先进典型."""
    return "、".join(nodes) + "、".join(kinds)


# -- the footer of every message (DESIGN §3.6) ---------------------------------------------
VOLUNTARY = "自愿阅看，不作考核"
REPORT = "12388"
FOOTER_REPORT = "监督举报：12388{}"
FOOTER_FEEDBACK = "意见反馈：{}"
BASIS = "依据："
SOURCE = "来源："
FACT_NUMBER = "编号"
FACT_REPORT = "监督举报"
FACT_OFFICE = "本单位"
FACT_FEEDBACK = "意见反馈"
FACT_NOTE = "说明"

# -- the weekly summary ----------------------------------------------------------------------
NO_RATE = "暂无"
NOTHING_SENT = "{}没有推送"
NO_RECEIPTS = "这一周都是群里发的，没有回执，不计阅知率"
PERIOD_TITLE = "廉政教育推送小结 {}"
PERIOD_PARTS = "**分段**（阅知期已满的）"
PERIOD_NODES = "**节点提醒**（送达对象/应送对象）"
PERIOD_NO_RECEIPTS = "都是群里发的，没有回执，不计阅知率"
PERIOD_WEEKS = "按整周归入：一周归入它的周四所在的月。"
PERIOD_ONE = "--week、--month、--quarter、--year 只能写一个"
PERIOD_WRONG = "“{}”不是月份、季度或年份，请写成 2026-06、2026Q2 或 2026"
GUARD_REVIEWED, GUARD_OFF = "均经审核", "未经审核（审批已关闭）"
GUARD_SENT, GUARD_NOTHING = "发出 {} 条，{}", "没有发出"
GUARD_ENDS = "更正 {}，撤回 {}，暂缓 {}"
# What was counted without a person, as it is told: a line here is a place in the summary.
FEEDBACK = {
    "feel-useful": "觉得有用",
    "feel-unclear": "看不懂",
    "feedback-accurate": "觉得准",
    "feedback-inaccurate": "觉得不准",
    "message": "向机器人提问",
}
# What was tapped and counts for nobody, as it is told: how often, never whose.
UNCOUNTED = {
    "stranger": "不在那一篇名册里的人点的",
    "unknown-task": "不认识的卡片",
    "too-late": "满 30 天以后点的",
    "other-button": "不是这张卡片上的按钮",
    "other-option": "没有给出过的选项",
    "refused-callback": "签名不对、不是本企业或重放的回调",
}
PER_TARGET = "**各对象**（按单位顺序，不作比较）"
WITHHELD = "略"
MORE = "……其余见 qingfeng summary"
HOW_MEASURED = (
    "企业微信不提供已读状态。可回执＝有办法点“已阅”的人：收到带按钮的卡片，或打开网页时由企业微信"
    "认出本人；只在群里收到文字的没有回执；"
    "已阅＝其中在阅知期（发出后5个工作日）内主动点按的人；多篇相加为人次。"
    "暂无回执不表示没有阅看。"
)
PICTURE_CLOSED = "{} 阅知期已满"
PICTURE_OPEN = "{} 阅知中"
PICTURE_RUNNING = "{} 推送 {} 篇，阅知中"
SEND_WEEK_ONLY = "--send 只发一周的周报，发的是当时存下的数，不与别的选项同用"
SEND_LATER = "{} 还没有过完，过完才有周报"
SEND_NOWHERE = "没有收周报的群：请在配置的 [target.…] 里给管理员的群写 office = true"
SEND_HAD = "{} 的周报已于 {} 发出，不重复发。"
SEND_WAITS = "{}：已排上，{} 起自动发出（{}）"
PICTURE_SUFFIX = "图只能存成 .png 或 .svg，不能存成“{}”"
PICTURE_RECENT = "近几周"
PICTURE_TIMES = "发出 {} 次"
PICTURE_AS_OF = "截至 {:%Y-%m-%d}"
PICTURE_NONE = "这期周报发出时还没有画图；加 --recount 可按今天的回执重画"
PICTURE_HOW = "已阅＝在阅知期（发出后5个工作日）内主动点按的人；暂无回执不表示没有阅看。"
LEDGER_NO_TEXT = "（文本已不在）"
LEDGER_SCOPE = "{} 个对象"
LEDGER_PERIODS = {"W": "{0}年第{1}周", "M": "{0}年{1}月", "Q": "{0}年第{1}季度"}
LEDGER_AGAIN = "（{}）"
LEDGER_WINDOW = "{}（{}月）"
LEDGER_BY_HAND = {"manual": "手工推送", "correction": "更正"}
LEDGER_PARTS = {
    "early": " 提前说一句",
    "leaders": " 领导先行",
    "final": " 节前一句话",
    "after": " 节后",
}
LEDGER_TITLE = "廉政教育推送台账_{}"
LEDGER_SUM = "本表共 {} 行，内容校验值（sha256）：{}"
NODE_SUM = "摘自{}台账（共 {} 行），台账内容校验值（sha256）：{}"
LEDGER_WHERE = "请写明存到哪里，例如 -o 台账.xlsx 或 -o 台账.csv"
LEDGER_SUFFIX = "台账只能存成 .xlsx 或 .csv，不能存成“{}”"
LEDGER_WRITTEN = "{} 的台账，{} 行，已存到 {}。"
LEDGER_EMPTY = "{}没有推送记录"
PACK_TITLE = "{}廉政教育推送材料"
PACK_MADE = "{:%Y年%m月%d日}依据台账生成"
PACK_NO_RECORDS = "本材料由程序依据推送台账自动生成，任何人不必为它补做任何记录。"
CONTENTS = "目　录"
PACK_PARAGRAPH, PACK_YEAR = "供工作总结引用", "全年一览"
PACK_MENDED, PACK_NONE = "更正与撤回", "全年没有更正、撤回。"
PACK_SEEN, PACK_NO_REVIEW = "发出的原样（{}）", "（没有审批记录）"
PACK_WHERE = "请写明存到哪里，例如 -o 材料.docx"
PACK_WRITTEN = "{} 已存到 {}。"
PACK_NOTHING = "{}没有推送记录，没有材料可出"
PACK_NO_NODE = "台账里没有“{}”；qingfeng pushes 可看编号，如 dragon-boat-2026"
NODE_TITLE = "{}（{}年）廉政提醒记录"
YEAR_BEGIN = "{0}，{1}依托企业微信开展廉政教育推送，全年推送 {2} 篇"
YEAR_NODES = "，其中节点提醒 {0} 篇，涉及{1}等 {2} 个节点"
YEAR_REACHED = "；送达 {0} 个对象，覆盖 {1} 人次"
YEAR_READ = "，其中可回执 {0} 人次，自愿点按“已阅” {1} 人次，阅知率 {2}（暂无回执不表示没有阅看）"
YEAR_GUARD = "。推送内容{0}；更正 {1} 条，撤回 {2} 条，暂缓 {3} 条"
YEAR_END = "。推送只在工作日上班时间进行，自愿阅看，不作考核，没有要求干部职工填报、打卡或留痕。"
TILE_ITEMS, TILE_COVERED, TILE_REACHABLE, TILE_RATE = "推送篇数", "覆盖人次", "可回执", "阅知率"
TILE_PUSHES, TILE_REACHED = "推送次数", "送达对象"
ENDS_WORTH_TELLING = {
    "refused": "被拒收",
    "unknown": "结果不明，请核实",
    "expired": "未能按时发出",
}
TEXTS_EXPIRED, TEXTS_MORE = (
    "已过失效日，不再推送：{}{}；还要用的请核对后改失效日、重新送审",
    "等 {} 篇",
)
PAUSE_HOLDS = "推送暂停着：{}"
IDLE_PAUSED = "{:%m-%d}起曾暂停推送"
TARGET_DISABLED = "{}已停用：{}"
REVIEW_OFF = "审批已关闭（review.required = false），内容未经审批即发送"
COMING_BLOCKED = "本周计划中的 {} 还不能发：{}"
CALENDAR_PROVISIONAL = "放假安排尚未公布，" + PROVISIONAL + "，请留意国务院办公厅通知"
PART_NAMES = {"early": "提前说一句", "main": "正式提醒", "final": "节前一句话", "after": "节后"}
PARTS = {"early": "提前说一句 ", "leaders": "领导干部 ", "final": "节前一句话 ", "after": "节后 "}
ENCLOSED_ALONE = "正文没有发到，附件不单独发"
ENCLOSED_DOUBT = "正文结果不明，先不发附件"
ENCLOSED_CHANGED = "正文发出以后内容又改动过，附件不再发"
ENCLOSED_TOO_LARGE = "附件“{}”太小或太大，这个渠道发不了，看全文的网页上有"
NO_AUDIENCE = "名册里没有该对象的在岗人员，请先导入名册"
TARGET_OFF = "对象已停用：{}"
ANSWER_LOST = "没有收到明确答复，消息可能已送达"
PROCESS_DIED = "程序在发送途中中断，消息可能已送达"
RESTORED = "从备份恢复：此前可能已经发出，请核实"
DISK_TROUBLE = (
    "数据文件夹写不进去（{}）：推送已暂停。磁盘满了请腾出空间，没满请检查磁盘；写得进去后自动继续"
)
NOT_ARRIVED = "已核实没有送达"
BOT_NOT_LIVE = "智能机器人没有连上企业微信，程序会自动重连"
NOT_JOINED = "还没有给机器人发过消息，机器人不能给他发：请本人在企业微信里给机器人发一个字"
JOINED = "机器人单聊：已加入 {} 人，还没有加入 {} 人（只有人数，没有名单；加入与否自愿）。"
NOT_BOUND = (
    "群还没有绑定：请在群里@机器人写“绑定”，再用 qingfeng targets bind 确认"
    "（应用群聊用 qingfeng targets create 建群）"
)
PERSONAL_FIRST = "先逐人送达，随后再看群里还要不要发"
WORDS_FIRST = "先发文字，随后发图"
PERSONAL_WINS = "名册里的人都已逐人收到，群里不再重复"
NO_CHAT = "群还没有建：请运行 qingfeng targets create {}，由应用建群"
NOT_CONFIGURED = "配置里没有它"
OUT_OF_HOURS = "不在推送时段"
PACED = "按企业微信的频率限制排队"
EVERYBODY = "全体"

ME_NAME = "管理员本人"
NO_ME = (
    "要发给自己，请先在 [unit] administrator 填您的企业微信账号，并填好 [wecom.app]（需要自建应用）"
)

# -- the command line ------------------------------------------------------------------------
DATA_BUSY = "数据文件夹 {} 正被另一个命令占用，请稍候再试"
BOT_SILENT = (
    "正在运行的清风没有及时答复，这个命令可能已经执行；请先用 qingfeng pushes 核对，再决定是否重做"
)
BOT_REFUSED = "正在运行的清风没有接受这个命令（HTTP {}）"
BOT_BUSY = "连不上正在运行的清风，命令没有执行，请稍候再试"
BAD_REQUEST = "请求应是一个 JSON 对象"
BAD_PARAMETERS = "“{}”这个命令的参数缺少或类型不对"
PORT_TAKEN = "端口 {} 已被别的程序占用，请在 [web] port 换一个（0 为任选）"
SECOND_BOT = "数据文件夹 {} 已有一个清风在运行（进程 {}），不能再启动第二个"
RUNNING = "清风已启动：{}，推送对象 {} 个。按 Ctrl-C 停止。"
STOPPED = "清风已停止。"
MAY_SLEEP = "这台电脑若会睡眠，睡着时什么也不发"
CATCH_UP = (
    "睡眠或关机时错过的：当天推送时段没过就补发，节前主提醒可以晚一个工作日，"
    "再晚的不补发，原因写在推送记录里"
)
NO_ITEMS = "内容库是空的：什么也不会推送。"
NOTHING_APPROVED = "内容库的 {} 篇都还没有通过审批：什么也不会推送。请用 qingfeng approve 审批。"
SOME_BLOCKED = "可推送 {} 篇，另有 {} 篇因未审批或有问题不会推送。"
EXAMPLE_CONFIG = "没有 config.toml，这里按 config.example.toml 演示；不会发送任何消息。"
NO_CONFIG = "找不到配置文件 {}。请把 config.example.toml 复制为 config.toml 后修改。"
HOLD_UNREADABLE = "叫停的名单 {} 读不懂，弄清之前什么也不推送；请从备份恢复，或删去后重新叫停"
HOLD_OVERRIDES = "{} 有错误，分不清哪天放假，改好之前什么也不推送（qingfeng check 可看）"
CLOCK_NEEDS_SANDBOX = "--clock 只能用于演练：请先把 [wecom] base_url 指向本机的演练环境"
STATES = {
    "planned": "待发",
    "sending": "正在发送",
    "sent": "已发出",
    "refused": "被拒收",
    "unknown": "结果不明",
    "skipped": "未发",
    "expired": "已过期",
}

# -- the console ------------------------------------------------------------------------------
CONSOLE_SIGN_IN = "请从启动清风时打印的链接进入，或者用发给您的个人链接和口令"
CONSOLE_NOT_YOURS = "您的身份是“{}”，不能办这件事；需要的话请找管理员"
CONSOLE_NO_ROLE = "企业微信认出了您，但配置里没有给这个账号身份；需要的话请找管理员"
CONSOLE_STALE = "这一页开得太久了，或者不是从控制台点过来的：请回到上一页，刷新后再试"
OUR_FAULT = "程序出了差错，没有办成。请再试一次；还是这样，请把现在的时间告诉管理员，日志里有原因"
NO_SUCH_PAGE = "没有这一页：地址可能抄漏了，或者那一条已经不在了"
LINK_TAKEN_BACK = "已收回{}的链接：从现在起进不来了"
BY_HAND_SENT = "已发出。"
BY_HAND_LATER = "已记下，最早 {} {} 发出：{}。"
BY_HAND_ENDED = "{}：{}。"
CONSOLE_LINK_OVER = "这个链接已经用过或过期了：运行 qingfeng console 可以再要一个"
CONSOLE_ASK = "控制台：在这台电脑上运行 qingfeng console，要一个只能用一次的链接。"
CONSOLE_OPEN = "控制台（链接只能用一次，24 小时内有效）：{}"
FIRST_START = "这个文件夹里还没有设置。请在浏览器里回答五个问题（链接只能用一次）：{}"
FIRST_NO_ADDRESS = (
    "这不是“消息推送”的地址：请到群里，点右上角 … → 消息推送 → 添加 → 自定义消息推送，"
    "复制它给的地址，以 https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key= 开头"
)
FIRST_NO_SPAN = "“{}”应写成 09:10-11:20"
FIRST_SHORT_SPAN = "“{}”太短或前后颠倒：一段至少 15 分钟"
FIRST_NO_UNIT = "请写单位名称，写在每条消息的页脚，最多 40 个字"
FIRST_NO_GROUP = "请给这个群起个名字，自己认得就行，最多 40 个字"
ONE_REVIEWER = (
    "转发通报写的是真人真事，仍由两个人先后审；确实只有一人的单位，"
    '把 config.toml 里 [review.kinds] 的 repost 改成 ["终审"]'
)
FIRST_NO_REVIEWERS = "请选几个人审"
FIRST_NO_HOURS = "上午和下午至少写一段"
FIRST_NO_RHYTHM = "请选今年怎么发"
FIRST_TRIED = "已往群里试发一条，请到群里看一眼：“{}”"
FIRST_NOT_TRIED = "没有发出：{}"
FIRST_THERE = "这个文件夹已经设好了，请关掉这一页，重新启动清风"
FIRST_DONE = "已经设好，清风在运行了。接下来：审批内容，之后到时段就会发到群里。"
SETTINGS_CHANGED = "已写进 config.toml。请关掉清风再启动一次，改动才生效。"
NO_SUCH_GROUP = "没有这个对象"
OWN_FOLDER = "这里就是清风自己的文件夹，请另选一个：qingfeng init 我单位"
NO_STARTER = "找不到自带的内容，请重新安装清风；内容也可从内容包导入"
CONSOLE_NOT_RUNNING = "清风没有在运行，先启动：qingfeng run"
NEED_UNKNOWN = "{} 条推送结果不明，请核实送到了没有"
NEED_MENDING = "{} 篇内容有错误，改好才能发"
NEED_REVIEW = "{} 篇内容等待审批"
NEED_REWRITING = "{} 篇被审核人退回，等待修改"
NEED_TARGET = "{} 个推送对象已停用，请检查后恢复"
NEED_BIND = "{} 个群还没有绑定"
ADMINISTRATOR = "管理员"
SKIPPED_BY = "{}取消：{}"
GROUP_WAITS = "{}还没有绑定群：请在群里@机器人写“绑定”"
TURNED_OFF = "{}停用：{}"


def after(view: Mapping[str, Any]) -> list[str]:
    """Return what follows a text into the chat, as a preview tells it."""
    return [FOLLOWS.format(name, how) for name, how in view.get("after", ())]


# -- the demonstration -----------------------------------------------------------------------
DEMO_WHERE = "请在清风的文件夹里运行 qingfeng demo（要有 content 和 schedules 两个文件夹）"
DEMO_NO_CALLBACK = "演练环境没有收到回调地址的应答，演示不能继续"
DEMO_LEVEL = (
    "演示的是第三级（自建应用）与第一级（群消息）：机关一、二支部逐人收到卡片，可点“已阅”；"
    "下属中心在群里收到全文，没有回执。"
)
DEMO_PEOPLE = (
    "名册 {} 人，其中 {} 人长期不在岗，不计入覆盖；另有人收不到、有人没有许可、有人从不点。"
)
DEMO_APPROVED = "内容 {} 篇，仅为演示在副本里登记审批；您的文件夹没有改动。"
DEMO_LEFT_OUT = "另有 {} 篇不能审批，没有放进演示：{}。"
DEMO_PLAN = "计划（{:%m-%d} 至 {:%m-%d}）："
DEMO_NO_PLAN = "  没有要推送的"
DEMO_GAVE_WAY = "不推送：{}"
DEMO_TAPPED = "{}  点按“已阅”{} 人次"
DEMO_NO_HEADLINE = "没有一周的阅知期已满且推送过内容，没有阅知率可数。"
DEMO_PAGE = "手机页面：{}"
DEMO_JUMPS = "时钟从一个推送时刻跳到下一个，播到 {}。"
DEMO_STAYS = "播完了。手机页面还在，可以换人、点“已阅”；按 Ctrl-C 结束。"
DEMO_NO_SUMMARY = "没有等到周报"
DEMO_AS_THE_OFFICE_SEES = "廉政办在群里看到的："
DEMO_COUNTED = "按演练环境的日志另数一遍（{}）：可回执 {} 人次，阅知期内点按 {} 人次，{:.1%}。"
DEMO_TAPS = "共点按 {} 次，其中重复 {} 次、名册外 {} 次，均不重复计、不多计。"
DEMO_AGREE = "两边的数一致。"
DEMO_DISAGREE = "两边的数不一致：周报为 {}"
ATTACHMENT = "附件"
MEDIA = {"image": "图片", "video": "视频", "voice": "语音", "file": "文件"}
FOLLOWS = "随后另发一条：{}（{}）"
MEDIUM_NONE = "这个渠道发不了，看全文的网页上有"
TO_THE_OFFICE = {
    "summary": "《廉政教育推送周报》",
    "summary-picture": "周报一页图",
    "draft-due": "备稿提醒",
    "calendar": "放假安排提醒",
    "stock": "存稿提醒",
    "bot-stopped": "智能机器人告警",
    "bot-kicked": "智能机器人告警",
    "text-broke": "内容出错提醒",
    "reviewer-locked": "审核链接告警",
    "review": "待审卡片",
    "review-words": "待审全文",
    "tomorrow": "发前预告卡片",
    "tomorrow-words": "发前预告",
    "stop": "急停卡片",
    "attachment": ATTACHMENT,
}
SUMMARY_TITLE = "《廉政教育推送周报》"
SANDBOX_SETTINGS = "让一个清风连到这里，把下面这些存成 config.toml："
SANDBOX_RUN = (
    "再用同一个时刻启动它（前后差不得超过 15 分钟，否则点按不算数）：qingfeng run --clock {}"
)
SANDBOX_RUN_NOW = "再启动它：qingfeng run"
SANDBOX_ROSTER = "这里 {0} 人的名册已写入 {1}，可用 qingfeng roster import {1} 导入。"
SANDBOX_SECURE = "加密地址：{0}（wss 同一端口），客户端要信任这个证书颁发机构：{1}"
SANDBOX_APP = "企业 corpid {0}，应用 agentid {1}，secret {2}，回调 Token {3}，EncodingAESKey {4}"
SANDBOX_BOT = "智能机器人 bot_id {0}，secret {1}，长连接 {2} 或 {3}"
SANDBOX_WEBHOOK = "消息推送（{0}）：{1}"
SANDBOX_READY = (
    "演练环境（本机的企业微信）：{0}  手机页面：{0}/sandbox  故障与开关：{0}/sandbox/desk"
    "  按 Ctrl-C 停止。"
)

# -- what the administrators are told at once ------------------------------------------------
OVERDUE = (
    "**清风停住了**\n已有 {} 分钟没有一轮检查和推送完成，今天该发的可能没有发。"
    "请到运行清风的电脑上看一眼：qingfeng doctor，必要时关掉再启动；该发的会补上。"
)
CRASHED = "清风出了没料到的差错，已退出。出错的位置（不含任何内容和人名）记在 {}，请交给技术人员。"
ALARMS = {
    "bot-stopped": (
        "**智能机器人连不上**\n企业微信不接受这个机器人："
        "BotID 或 Secret 不对，或者没有选“使用长连接”。"
        "请在 管理后台→安全与管理→管理工具→智能机器人→API 模式 核对，"
        "改好配置后重启清风。在此之前机器人发不出消息。"
    ),
    "bot-kicked": (
        "**智能机器人的连接被顶替**\n"
        "另有一个程序用同一个机器人连接了企业微信，同时只能有一个。"
        "请查清是否在别的电脑上也开着清风，或者机器人被别的系统使用，然后只留一个。"
    ),
    "reviewer-locked": (
        "**有一个审核链接已锁定**\n有人连续输错了口令。请先问本人是不是自己输的，"
        "再用 qingfeng reviewers 看是谁，用 qingfeng reviewers link 姓名 换发。"
    ),
}

BROKE = "**有 {} 个文件写错了**，改好以前不按新写的推送"
BROKE_MORE = "另有 {} 个，请用 qingfeng check 查看。"
BROKE_HINT = "改好保存即可，不用重启，也不用回复。"
LINE = " 第 {} 行"
MENDED = "已经改好，不必再说"

TEST_MESSAGE = "清风的连接检查：收到这一条，说明能发到您这里。"

INVITE = "想单独收到卡片的同志，点我头像发“你好”即可（自愿）"

# -- what the robot says ---------------------------------------------------------------------
BIND = "绑定"
# Said when somebody first comes, before anything of theirs is kept.
RIGHTS = (
    "您点“已阅”会记名，到期（本单位设定，最长一年）只留合计数，只用于改进推送；"
    "回“我的记录”可看，回“删除我的记录”可删。\n"
)
WELCOME = (
    "您好，这里是廉政教育提醒，节假日前后和平日有简短的提示，自愿阅看，不作考核。"
    "企业微信要求您先说一句话，机器人才能给您发消息：随便回一个字即可，不回也没有关系。"
    "回“本周”，看这一周的内容。\n" + RIGHTS + NO_TIPS
)
HELP = (
    "您好，可以这样问我：\n> 本周：这一周推送过的内容\n> 下一个节点：哪天放假，还有几个工作日\n"
    "> 能不能收购物卡：直接问，从已审批的内容里找\n> 我的记录、删除我的记录：看和删您自己的\n"
    "今后的提醒也会发到这里，每天至多一条，自愿阅看，不作考核。您说的话不会留存。\n"
    + RIGHTS
    + NO_TIPS
)
HELP_GROUP = (
    "群里不作答，请点我头像私聊，您说的话不会留存。管理员要把提醒发到本群，请写“绑定”。\n" + NO_TIPS
)
BOUND = (
    "已收到。请管理员在清风里运行 qingfeng targets，给本群起名并确认，确认前不会往这里发任何内容。"
)

FORGET_SURE = "确认删除我的记录"
FORGET_ASK = (
    "删去后，系统里不再有您点过“已阅”的记名记录，合计数不变，今后的提醒照常。"
    "确定要删，请回：" + FORGET_SURE
)
FORGOTTEN = "已删去您的记名记录。"
RECORD_NONE = "没有您的记名记录。"
RECORD_HEAD = "您的记录（满{}天只留合计数；谁查询过也会列在这里）："
RECORD_LINE = "> {:%m-%d}《{}》{}"
STEPS = {"opened": "已打开", "acknowledged": "已阅", "answered": "已作答"}
RECORD_LOOKUP = "> {:%Y-%m-%d} 有人查询过您的《{}》送达情况（{}提出，{}同意；事由：{}）"
STATEMENT = """教育提醒送达说明

{note}。

{name} 同志，《{title}》：
{lines}

“暂无回执”不表示没有阅看：企业微信没有已读状态，回执全凭本人自愿点按。
事由：{reason}
提出：{asked}　同意：{agreed}　{day}
本次查询已留痕，本人回“我的记录”可以看到。
"""
STATEMENT_LINE = "- {:%Y-%m-%d %H:%M} {}：{}"
STATEMENT_ACT = "{:%Y-%m-%d %H:%M} {}（{}）"
STATEMENT_NO_RECEIPT = "已推送，暂无回执（不表示没有阅看）"
STATEMENT_RETURNED = "没有送达（账号不在可见范围或没有许可）"
STATEMENT_NONE = "- 没有向本人推送过这一篇的记名记录（群消息不记名；记名记录到期只留合计数）。"
RECORD_TAIL = "要删去，请回：删除我的记录"
WEEK_NONE = "本周还没有推送过内容。"
WEEK_HEAD = "本周推送过："
WEEK_LINE = "**{0}**\n{1}\n要看全文，请回：" + READ_ALL + " {2}"
NODE_NONE = "近期没有节点。"
NODE_NEXT = "下一个节点是{0}（{1:%Y-%m-%d}），{2}。"
NODE_OFF = "{0:%m-%d}至{1:%m-%d}放假，放假前还有{2}个工作日"
NODE_NO_OFF = "还有{}个工作日"
FOUND_HEAD = "在已审批的内容里找到这些："
FOUND_NONE = "已审批的内容里没有找到相关的。换个说法再问，或者向机关纪委、人事部门咨询。"
FOUND_TAIL = "以上供学习参考，不是答复或认定；拿不准的具体情形，请向机关纪委、人事部门咨询。"
SUGGEST = (
    "想留下建议，请写“建议：”加上要说的话（不记名，只给管理员看，30 天后删去）；或直接告诉：{}。"
)
SUGGESTED = "谢谢，建议已记下：不记名，只给管理员看，30 天后删去。\n" + NO_TIPS
FELT = "谢谢，已计数，不记名。"
SUGGEST_NOBODY = "机关纪委或廉政办"

# -- the reading page --------------------------------------------------------------------------
PAGE_TAP_CARD = "看过了，请回到企业微信的卡片上点“已阅”。打开本页不作记录。"
PAGE_TAP_HERE = "看过了，愿意的话点“已阅”；卡片上点过的不必再点。只打开本页不作记录。"
PAGE_RIGHTS = (
    "点“已阅”会记名，到期只留合计数，只用于改进推送；在企业微信里给我们发“我的记录”可看，"
    "发“删除我的记录”可删。"
)
PAGE_TAP_ANONYMOUS = "看过了，愿意的话点“已阅”：不记名，每个浏览器计一次。只打开本页不作记录。"
ANONYMOUS = "，另有匿名已阅 {}（网页上点的，每个浏览器计一次，不计入阅知率）"
PAGE_OVER = "这一篇发出已满30天，不再登记，谢谢您来看。打开本页不作记录。"
PAGE_OF_OTHERS = (
    "这个链接发给的是别的同志：看看无妨，这里不作记录。您自己收到的，请在自己的卡片上点。"
)
PAGE_COUNTS_NOTHING = "打开本页不作记录，也不必点什么。"
HEARD = "谢谢"
PAGE_CLOSED_TITLE = "看不到这篇内容"
PAGE_CLOSED = "这个链接不完整、已失效，或者内容已收回。请回到企业微信，从收到的卡片里重新打开。"

# -- to single people of the office: review by card, tomorrow's messages, 急停 ------------------
NOT_YOURS = "没有登记"
NOT_RECORDED = "没有登记，请用网页"
REVIEW_HEAD = "> 待您{}，看完请点下一张卡片\n**{}**"
REVIEW_EDITED = "> 这一篇以前批过别的文字，这是改过的一稿"
REVIEW_SOURCE = "待您{}"
REVIEW_ASK = "全文见上一条消息。同意或退回，点一下即登记；不必急，不点不会催。"
REVIEW_LAST = "全文见上一条消息。点“已核来源，同意”即表示已打开来源逐条核对。不必急，不点不会催。"
AGREE_BUTTON, AGREE_CHECKED, RETURN_BUTTON = "同意", "已核来源，同意", "退回"
AGREED, RETURNED = "已同意", "已退回"
RETURNED_ALREADY = "已被退回"
REVIEW_CHANGED = "文字已改，不作数"
REVIEW_DONE = "别人已批过"
RETURNED_BY_CARD = "在卡片上退回，原因请向本人了解"
FACT_KIND, FACT_AUTHOR, FACT_CODE, FACT_WHEN = "类别", "起草", "校验码", "发出时间"
TOMORROW_HEAD = "发前预告：{0:%m-%d} 周{1} {2:%H:%M} 起发出"
TOMORROW_LATE = "发前预告：{0:%m-%d} 周{1}补发（原定{2:%m-%d}）"
TOMORROW_TO = "发给：{}"
TOMORROW_BLOCKED = "照现在的样子发不出去：{}"
TOMORROW_HOW = "不用回复，到时自动发出；要停，点随后那张卡片上的“暂缓”。"
TOMORROW_OFFICE = "不用回复，到时自动发出。"
TOMORROW_BY_HAND = "要停，请管理员在控制台暂停推送，或用 qingfeng pause、withdraw。"
TOMORROW_OWN_LINK = "要停其中一条或急停：审核人打开自己的审核链接，点“将要发出的”。"
TOMORROW_PAGE = "要停其中一条或急停：[打开这一页]({})，审核人凭自己的口令。"
TOMORROW_SOURCE = "发前预告"
TOMORROW_WHEN = "{:%m-%d %H:%M}"
TOMORROW_MORE = "……全文请用 qingfeng preview 查看。"
TOMORROW_GONE = "下一个工作日不再推送它"
TOMORROW_SHORTER = "文字改短了，用不着这一页"
TOMORROW_FAULT = "（{} 排不出来：{}）"
DEFER_BUTTON, DEFERRED, DEFER_LATE = "暂缓", "已暂缓", "已经发出"
DEFERRED_BY = "{}于{:%m-%d}暂缓"
NONE = "（无）"
PUT_OFF = "{}暂缓着（{}），要放行：qingfeng resume {}"
LET_GO = "已放行 {}。"
NOT_DEFERRED = "没有暂缓过“{}”；现在暂缓着的：{}"
STOP_ASK = "请看下面的卡片。点“急停”，推送立刻全部暂停，电子屏也不再放；不点什么也不会发生。"
STOP_TITLE = "急停：暂停全部推送"
STOP_TEXT = "点一下，对职工的推送立刻全部暂停，电子屏也不再放，直到管理员恢复（qingfeng resume）。"
STOP_BUTTON, STOPPED = "急停", "已全部暂停"
STOP_WHO = "请先选您的名字"
STOP_NOT_YOURS = "您的链接不能停发"
STOP_GONE = "这一条已不在将要发出的之列"
HALT_HOLDS = "{}，还没有恢复；要改成暂停，请先 qingfeng resume"
STOPPED_BY = "{1}于{0:%m-%d}急停"

# -- review on paper ---------------------------------------------------------------------------
FORM_TITLE = "信息发布审核表"
FORM_CHECKS = "□ 已打开来源逐条核对　□ 不涉密、不涉工作秘密，可以公开　□ 人名、职务、提法已核对"
FORM_NOTE = (
    "审的是附后的全文；文字改动一处，校验码就变，本表对那一篇不再作数。划去的篇目视为未同意。"
)
FORM_CHANGED = "打印以后文字改动过，本表对它不作数"
FORM_DONE = "已经审批过，不必再登记"

# -- several machines -----------------------------------------------------------------------
OTHER_SEAL = (
    "{} 与数据库里的封签密钥不是同一个：这个数据文件夹属于另一个安装。"
    "请换一个空的数据文件夹，或用 qingfeng migrate 搬入"
)
NO_POSTGRES = (
    "[store] 填了 url，但还没有装 PostgreSQL 的部件（缺 {}）："
    "请用 requirements-postgres.lock 安装，见 docs/operate/scale.md"
)
NO_DATABASE = "还没有数据库：请先在 config.toml 的 [store] 填 url（PostgreSQL 的地址）"
NOTHING_TO_PUBLISH = "找不到内容文件夹 {}，没有可发布的"
NOTHING_TO_MOVE = "{} 里没有单机的数据，没有可搬的"
MOVE_WHILE_RUNNING = "清风正在运行，请先停下再搬数据"
MOVE_INTO_ROWS = "数据库里已经有数据，没有搬；请换一个空的数据库"
MOVED_NOTE = "这里的数据已搬进 PostgreSQL（qingfeng migrate）。请勿再用本文件夹单机运行。\n"
HAS_MOVED = (
    "这个数据文件夹已搬进 PostgreSQL（见 {}）。要继续用数据库，请在 [store] 填 url；"
    "要搬回单机，请换一个空的数据文件夹，用 qingfeng restore 恢复从数据库做的备份"
)
SETTINGS_OF_SEVERAL = "几台机器一起跑时，设置要在每台机器的 config.toml 里改，改完逐台重启"
# -- the other channels: screen, board, feeds, take-away ------------------------------------
OUT_NOT_PUBLIC = "公开属性是“{}”，只有“公开”的才能外发"
SMS_TAIL = "监督举报12388"
STICK_ITEMS = "篇数应在 1 到 {} 之间"
STICK_EMPTY = "现在没有可以上屏的内容：要已审批、公开、在有效期内；qingfeng check 可看"
WAY_STICK = "电子屏U盘"
SCREEN_HELP = """清风电子屏（外发 {0}）

1. 把整个文件夹拷到电子屏的主机或U盘上，不要只拷一个文件。
2. 用谷歌（Chrome）、微软（Edge）或火狐浏览器打开 index.html，按 F11 全屏。
3. 过了失效日期的内容会自己不再显示。主机的日期要对。
4. 这一份收不到撤回通知：清风里收回了哪一篇，会在 qingfeng outside 里列出，请按编号换下。
"""
OUTSIDE_UNKNOWN = "外发清单里没有编号 {}；qingfeng outside 可列出"
OUTSIDE_NEWER = "文字已有新稿，这一份是旧的"
ITEM_GONE = "这篇内容已经收回、改过或过了有效期，这里看不到了。"
OUT_NOT = "{0} 现在不能外发：{1}"
OUT_NO_SEASON = "日程里没有它要说的节点"
BOARD_FORMS = "海报只有 PDF 和 HTML 两种，纸张只有 A4 和 A3"
WAY_BOARD = "海报"
WAY_SHARE = "转发素材"
SHEET_NUMBER = "外发 {}"
SHEET_UNTIL = "有效期至 {:%Y-%m-%d}"
FEED_ABOUT = "已审批、公开、在有效期内的廉政教育内容，供内网转载；收回的会自动撤下"
FILMS_TITLE = "廉政教育片和专题片"
FILMS_NONE = "现在没有推介的片子。"
UNPRINTABLE = "附的图片画不出来，请用看图软件另存一份 png 或 jpg，换上后重新送审"
FORWARDED = "线下转发"
FORWARDED_BY = "由{}转发，清风未发送"
FORWARDED_NOBODY = "经手人"
