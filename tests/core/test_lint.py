"""What must not be sent: each rule by the text that offends it, and no other rule with it."""

import tomllib
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core import render
from bot.core.content import parse_item
from bot.core.lint import MARKINGS, RULES, Frame, examine, lint
from bot.core.lint.fillable import unfilled
from bot.core.lint.lexicon import parse_lexicon
from bot.core.lint.secrecy import secrets_in
from bot.core.model import Kind, Node
from bot.core.render import Footer

from .cast import CALENDAR, MONDAY, NODES, item

SHIPPED = (Path(__file__).parents[2] / "content/lexicon.toml").read_text("utf-8")
LEXICON, FAULTS = parse_lexicon(tomllib.loads(SHIPPED), SHIPPED, "lexicon.toml")
MORE = [  # a day that is worked, and a time without a day
    Node(key="teachers-day", name="教师节", date="9-10"),
    Node(key="family-events", name="婚丧喜庆", evergreen=True),
]
NAMES = [node.name for node in [*NODES, *MORE]]
ROOMS = {"webhook": 4096, "bot": 20480, "app": 0}
UNFILLED = unfilled([*NODES, *MORE], CALENDAR, MONDAY)
SOUND = item("SC-01")
NODE = item("N06", Kind.NODE, nodes=("端午",))
STUDY, MODEL = item("SP-01", Kind.STUDY), item("AM-01", Kind.MODEL)
REPOST = item(
    "CP-01", Kind.REPOST, source="中央纪委国家监委网站2026年9月1日 https://www.ccdi.gov.cn/a.html"
)
WEBHOOK = (
    "https://qyapi.weixin.qq.com/cgi-bin/webhook/" + "send?key=6f1c2a34-9b7d-4e58-a1c3-5d7e9f012b4c"
)


def found(*items):
    problems = lint(items, MONDAY, NAMES, LEXICON, UNFILLED, ROOMS)
    return [(problem.code, problem.severity) for problem in problems]


def said(offender, **more):
    return replace(offender, sections={**offender.sections, **more})


@pytest.mark.parametrize("kind", list(Kind))
def test_a_sound_item_offends_no_rule(kind):
    nodes = ("端午",) if kind is Kind.NODE else ()
    source = REPOST.source if kind is Kind.REPOST else SOUND.source
    assert found(item("X", kind, nodes=nodes, source=source)) == []


OFFENCES = [
    (replace(SOUND, public=""), "not-public"),
    (replace(SOUND, public="内部"), "not-public"),
    (replace(SOUND, public="公开。"), "not-public"),
    *((said(SOUND, 经过=f"此件{word}存档"), "marking") for word in MARKINGS),
    (replace(SOUND, title="机密要事"), "marking"),
    (replace(SOUND, short="机密要事"), "marking"),
    (replace(SOUND, summary="机密要事"), "marking"),
    (replace(SOUND, basis="机密要事"), "marking"),
    (replace(SOUND, source="机密要事"), "marking"),
    (replace(STUDY, question="机密？｜甲｜乙｜答案 A"), "marking"),
    (replace(MODEL, persons="机密要事"), "marking"),
    (said(SOUND, 经过="身份证11010119900307123X。"), "identity-number"),
    (replace(SOUND, summary="110101199003071234"), "identity-number"),
    (said(SOUND, 经过="请打13800138000"), "phone-number"),
    (replace(MODEL, persons="张三 19912345678"), "phone-number"),
    (said(SOUND, 经过="大家好<@zhang>"), "mention"),
    (replace(SOUND, title="请@所有人看"), "mention"),
    (replace(SOUND, summary="@all"), "mention"),
    (said(SOUND, 经过="  \n"), "section-missing"),
    (replace(SOUND, sections={"经过": "甲"}), "section-missing"),
    (replace(NODE, sections={"提醒": "甲"}), "section-missing"),
    (replace(NODE, sections={"一句话": "甲"}), "section-missing"),
    (replace(REPOST, sections={"": "甲"}), "section-missing"),
    (replace(item("X", Kind.STUDY), sections={"": "甲"}), "section-missing"),
    (replace(item("X", Kind.MEDIA), sections={"看点": "甲"}), "section-missing"),
    (replace(item("X", Kind.DUTY), sections={"怎么做": "甲"}), "section-missing"),
    (replace(item("X", Kind.CULTURE), sections={"": "甲"}), "section-missing"),
    (replace(item("X", Kind.MODEL), sections={"": "甲"}), "section-missing"),
    (replace(NODE, nodes=()), "node-missing"),
    (replace(NODE, nodes=("端午", "端五")), "node-unknown"),
    (replace(SOUND, summary=""), "field-missing"),
    (replace(SOUND, source=""), "field-missing"),
    (replace(SOUND, author=""), "field-missing"),
    (replace(SOUND, expires=None), "field-missing"),
    (replace(SOUND, title="题" * 27), "title-long"),
    (replace(SOUND, summary="文" * 111), "summary-long"),
    (said(NODE, 一句话="文" * 61), "one-line-long"),
    (said(NODE, 提前说一句="文" * 61), "one-line-long"),
    (said(NODE, 节后="文" * 111), "after-long"),
    (said(SOUND, 经过="文" * 1400), "text-long"),
    (said(replace(NODE, nodes=("中秋", "国庆")), 提醒="{放假安排}" * 30), "text-long"),
    (replace(NODE, title="{放假安排}{放假安排}"), "card-long"),
    (replace(NODE, summary="{放假安排}" * 6), "card-long"),
    (said(NODE, 节后="{放假安排}" * 6), "card-long"),
    (said(NODE, 提醒="9月25日放假"), "date-in-node"),
    (said(NODE, 提醒="10月1号放假"), "date-in-node"),
    (said(NODE, 提醒="十月一日放假"), "date-in-node"),
    (said(NODE, 提醒="2026-10-01起放假"), "date-in-node"),
    (said(NODE, 一句话="明天放假"), "date-in-node"),
    (said(NODE, 节后="明日上班"), "date-in-node"),
    (said(NODE, 提醒="今晚开始放假"), "date-in-node"),
    (said(NODE, 提醒="本月30日登记"), "date-in-node"),
    (said(NODE, 提醒="请在30日前登记"), "date-in-node"),
    (said(NODE, 提醒="10/1-10/7放假"), "date-in-node"),
    (said(NODE, 提醒="10.1至10.7放假"), "date-in-node"),
    (replace(NODE, title="6 月 19 日"), "date-in-node"),
    (said(NODE, 提醒="{节曰}好"), "placeholder"),
    (replace(NODE, summary="{ 节日 }"), "placeholder"),
    (said(SOUND, 经过="{节日}好"), "placeholder"),
    (said(SOUND, 经过="{名字}好"), "placeholder"),
    (replace(NODE, basis="{节日}"), "placeholder"),
    (said(replace(NODE, nodes=("教师节",)), 提醒="{放假安排}。"), "placeholder-empty"),
    (said(replace(NODE, nodes=("教师节",)), 节后="{上班日}见。"), "placeholder-empty"),
    (said(replace(NODE, nodes=("教师节", "婚丧喜庆")), 提醒="{上班日}"), "placeholder-empty"),
    (replace(NODE, nodes=("婚丧喜庆",), summary="{节日}快到了"), "placeholder-empty"),
    (replace(SOUND, effective=date(2037, 1, 1)), "dates"),
    # numbers as people write them, and as they hide them
    (said(SOUND, 经过="请打 138 0013 8000。"), "phone-number"),
    (said(SOUND, 经过="请打１３８００１３８０００。"), "phone-number"),
    (said(SOUND, 经过="请打138-0013-8000。"), "phone-number"),
    (said(SOUND, 经过="微信号+8613800138000"), "phone-number"),
    (said(SOUND, 经过="身份证 110101 19900307 1234"), "identity-number"),
    (said(SOUND, 经过="卡号6222021234567890128。"), "bank-number"),
    (said(SOUND, 经过="卡号 6222 0212 3456 7890 128"), "bank-number"),
    (said(SOUND, 经过="卡号6222-0212-3456-7890-128"), "bank-number"),
    (said(SOUND, 经过="手机密码和机密要事"), "marking"),
    (said(SOUND, 经过="份号 0012"), "marking"),
    (replace(SOUND, attachments=("机 密文件.pdf",)), "marking"),
    (replace(SOUND, attachments=("张某13800138000.pdf",)), "phone-number"),
    (replace(SOUND, series="绝密课 1/3"), "marking"),
    (said(SOUND, 经过="此件 机 密"), "marking"),
    (said(SOUND, 经过="谈话笔录摘抄如下"), "marking"),
    (said(REPOST, 经过="地址是" + WEBHOOK), "secret"),
    (said(SOUND, 经过="corp_secret = " + "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0eF"), "secret"),
    # shape
    (replace(SOUND, channels=("短信",)), "channel-unknown"),
    (replace(REPOST, source="中央纪委国家监委2026年9月1日发布"), "source-address"),
    (replace(REPOST, source="2026年9月1日 https://blog.example.com/gov.cn"), "source-address"),
    *(
        (replace(REPOST, source=f"2026年9月1日 https://{host}/a.html"), "source-address")
        for host in ("a.cn?.gov.cn", "a.cn#.gov.cn", "a.cn\\@www.gov.cn", "www.gov.cn@a.cn")
    ),
    (replace(REPOST, source="https://www.ccdi.gov.cn/a.html"), "source-date"),
    (replace(SOUND, persons="李四"), "person-in-fiction"),
    (replace(SOUND, question="题？｜甲｜乙｜答案 A"), "question"),
    (replace(STUDY, question="题？"), "question"),
    (replace(STUDY, question="题？｜甲｜乙"), "question"),
    (replace(STUDY, question="题？｜甲｜答案 A"), "question"),
    (replace(STUDY, question="题？｜甲｜乙｜答案 C"), "question"),
    (replace(STUDY, question="题？｜甲｜甲｜答案 A"), "question"),
    (replace(STUDY, question="题" * 31 + "｜甲｜乙｜答案 A"), "question-long"),
    (replace(STUDY, question="题？｜" + "甲" * 12 + "｜乙｜答案 A"), "question-long"),
    (replace(SOUND, short="短" * 640), "short-long"),
    # wording
    (said(SOUND, 经过="落实八项规定精神"), "wording"),
    (said(SOUND, 经过="中央纪委、国家监委发布"), "wording"),
    (said(SOUND, 经过="中纪委通报"), "wording"),
    (said(SOUND, 经过="反对四风问题"), "wording"),
    (said(SOUND, 经过="开展廉洁教育"), "wording"),
    (said(SOUND, 经过="不能腐、不敢腐、不想腐"), "wording-order"),
    (said(SOUND, 经过="不敢腐，不能腐，不想腐"), "wording-order"),
    (said(SOUND, 经过="不敢腐不能腐不想腐"), "wording-order"),
    (said(SOUND, 经过="不想腐、不能腐"), "wording-order"),
    (said(SOUND, 经过="官僚主义、形式主义、享乐主义和奢靡之风"), "wording-order"),
    (said(SOUND, 经过="据悉此事属实"), "hearsay"),
    (said(SOUND, 经过="有问题欢迎举报"), "invites-reports"),
    (said(SOUND, 经过="总书记说过"), "leader-named"),
    (said(SOUND, 经过="习　近　平"), "leader-named"),
    (said(NODE, 提醒="周一上班"), "date-in-node"),
    (said(NODE, 提醒="下周三上班"), "date-in-node"),
    (said(NODE, 提醒="今天起放假"), "date-in-node"),
    # regulations
    (said(SOUND, 经过="《纪律处分条例》"), "title-wrong"),
    (said(SOUND, 经过="《中国共产党纪律处份条例》"), "title-wrong"),
    (replace(SOUND, basis="《中国共产党纪律处分条例》第九十七条"), "article-version"),
    (said(SOUND, 经过="违反了《中国共产党廉洁自律准则》第一条"), "article-version"),
    (said(replace(SOUND, source="局机关"), 经过="违反了第九十七条"), "article-version"),
    (replace(SOUND, basis="《中国共产党纪律处分条例》（2018年修订）"), "version-repealed"),
    (replace(SOUND, basis="《中国共产党纪律处分条例》(2015)第八十三条"), "version-repealed"),
    (
        replace(SOUND, basis="《中国共产党纪律处分条例》（2023年修订）第九十九条"),
        "article-unverified",
    ),
    (replace(SOUND, basis="《中国共产党廉洁自律准则》（2015年）第九条"), "article-unverified"),
    # marks
    (said(SOUND, 经过="谁\u200b付钱"), "invisible"),
    (said(SOUND, 经过="谁\x07付钱"), "invisible"),
    (replace(SOUND, title="谁\ufeff付钱"), "invisible"),
    (replace(SOUND, author="内\u200b容组"), "invisible"),
    (said(SOUND, 经过="谁\u202e付钱"), "right-to-left"),
    (said(SOUND, 经过="⽉饼"), "lookalike"),
    (said(SOUND, 经过="局⻓"), "lookalike"),
    (said(SOUND, 经过="锟斤拷"), "garbled"),
    (said(SOUND, 经过="谁\ufffd付"), "garbled"),
    (said(SOUND, 经过="谁\ue123付"), "garbled"),
    (said(SOUND, 经过="{{ name }}好"), "template"),
    (said(SOUND, 经过="{% if %}"), "template"),
    (said(SOUND, 经过="${name}好"), "template"),
    (said(SOUND, 经过="共%s人"), "template"),
    (said(SOUND, 经过="TODO 补一段"), "undone"),
    (said(SOUND, 经过="某某（日期待核实）说"), "undone"),
    (replace(SOUND, basis="××条例"), "undone"),
    (said(SOUND, 经过="![图](a.png)"), "markup"),
    (said(SOUND, 经过="见[全文](附件)"), "markup"),
    (said(SOUND, 经过="<b>重</b>"), "markup"),
    (said(SOUND, 经过="甲\n| 乙 | 丙 |\n丁"), "markup"),
]


@pytest.mark.parametrize(("offender", "code"), OFFENCES)
def test_each_rule_stops_the_text_that_offends_it(offender, code):
    assert found(offender) == [(code, "error")]


ADVICE = [
    (replace(SOUND, basis="《中国共产党问责条例》（2019年）"), "regulation-unchecked"),
    (replace(SOUND, title="题" * 21), "title-long"),
    (replace(SOUND, attachments=("a.png", "b.png", "c.pdf", "d.pdf")), "attachments-many"),
    (replace(SOUND, expires=date(2026, 6, 14)), "expired"),
    (replace(SOUND, expires=MONDAY), "expiring"),
    (replace(SOUND, expires=date(2026, 7, 14)), "expiring"),
    (replace(REPOST, effective=date(2026, 9, 1), expires=date(2028, 9, 2)), "repost-long"),
    (said(SOUND, 经过="已被立案"), "careful-word"),
    (replace(SOUND, source="百度百科"), "source-weak"),
    (replace(SOUND, title="【情景案例】聚会"), "label-twice"),
    (said(SOUND, 经过="节日期间一律不得聚餐"), "overreach"),
    (said(SOUND, 经过="严禁参加任何聚餐"), "overreach"),
    (said(SOUND, 经过="每天打卡学习"), "burden"),
    (said(SOUND, 经过="截图发群里反馈"), "burden"),
    (
        replace(
            said(SOUND, 经过="总书记说过"),
            kind=Kind.MODEL,
            persons="总书记",
            sections={"故事": "总书记说过"},
        ),
        "leader-named",
    ),
    (replace(SOUND, basis="《中国共产党纪律处分条例》（2024年）"), "version-unknown"),
    (said(SOUND, 经过="真的！太好了！"), "exclamations"),
    (said(SOUND, 经过="看 https://example.com/a"), "address"),
    (said(SOUND, 经过="甲\n## 结语\n乙"), "heading-unknown"),
    (said(SOUND, 经过="甲\n＃＃ 结语\n乙"), "heading-unknown"),
    *((replace(SOUND, audience=name), "audience-unknown") for name in ("全体职工", "机关党员干部")),
    (replace(SOUND, audience="党支部书记、各级领导"), "audience-unknown"),
    (replace(SOUND, level="领导级"), "level-unknown"),
    (replace(SOUND, audience="党员　领导干部"), "list-blank"),
    (replace(SOUND, tags=("吃喝 旅游",)), "list-blank"),
    (replace(SOUND, posts=("财务\u00a0采购",)), "list-blank"),
    (replace(SOUND, basis="《中国共产党党员诚信办法》（2020年）"), "title-unknown"),
]


@pytest.mark.parametrize(("offender", "code"), ADVICE)
def test_a_rule_that_advises_only_warns(offender, code):
    assert found(offender) == [(code, "warning")]


@pytest.mark.parametrize(
    "sound",
    [
        replace(SOUND, title="题" * 20),
        replace(SOUND, summary="文" * 110),
        replace(SOUND, expires=date(2026, 7, 15)),
        replace(SOUND, effective=date(2036, 12, 31)),
        said(NODE, 一句话="文" * 60),
        said(NODE, 提醒="{节日}{放假安排}{上班日}{年份}"),
        said(NODE, 提醒="{放假安排}" * 30),
        said(replace(NODE, nodes=("教师节",)), 提醒="{节日}好，{年份}年"),
        said(replace(NODE, nodes=("端午", "教师节")), 提醒="{放假安排}。"),
        said(NODE, 提醒="正月初一，八月十五，一个月内登记，十日之内"),
        replace(NODE, basis="2023年12月19日印发", source="2020年6月20日通过"),
        said(SOUND, 经过="9月25日，明天，请拨12388或010-66554433"),
        said(SOUND, 经过="编号1234567890123456789012，秘密，工作中的秘密"),
        said(SOUND, 经过="邮箱 a@b.example"),
        replace(said(SOUND, 经过="《某局考勤办法》"), basis="《条例》，《清贫》，《监察法》"),
        said(SOUND, 经过="交出手机\n密切配合；司机密切留意；手机密码；公民身份号码"),
        replace(SOUND, audience="党支部书记、 领导班子、窗口职工、预备党员", level="岗位"),
        replace(SOUND, series="党纪学习教育 1/3", attachments=("课件 2026-10-01.pdf",)),
        said(NODE, 提醒="五日内登记；30日内登记；3号楼；比例1.5；每月报送；10日后"),
        said(SOUND, 经过="单号2026061512345678，付了1234567890元"),
        said(SOUND, 经过="一家👨\u200d👩\u200d👧，❤\ufe0f"),
        said(SOUND, 经过="　　首行空两格，不间断\u00a0空格"),
        said(SOUND, 经过="贯彻中央八项规定精神，中央纪委国家监委，“四风”，纠治“四风”"),
        said(SOUND, 经过="一体推进不敢腐、不能腐、不想腐，不敢腐是前提，不能腐是关键"),
        said(SOUND, 经过="整治形式主义、官僚主义，反对享乐主义"),
        said(SOUND, 经过="《中国共产党纪律处分条例》（2023年修订）第九十七条、第九十八条"),
        replace(
            said(SOUND, 经过="《中国共产党纪律处分条例》第九十七条；条例第九十八条"),
            basis="《中国共产党纪律处分条例》（2023年修订）第九十七条",
        ),
        said(SOUND, 经过="《条例》的规定，《清贫》，《监察法》"),
        said(SOUND, 经过="{“习近平新时代中国特色社会主义思想”}".strip("{}")),
        said(SOUND, 经过="聚餐可以，一律不得用公款；保密"),
        said(NODE, 提醒="四周一圈，一周三次，每周一例，明白，今后，昨日重现"[:14]),
        said(SOUND, 经过="他真高兴！"),
        replace(STUDY, question="题" * 30 + "｜" + "甲" * 11 + "｜乙｜答案 B"),
        replace(REPOST, effective=date(2026, 9, 1), expires=date(2028, 9, 1)),
        replace(SOUND, short="短" * 500),
        replace(SOUND, channels=("bot",), sections={"经过": "文" * 4000, "问题在哪": "甲"}),
    ],
)
def test_a_text_at_the_edge_of_a_rule_passes(sound):
    assert found(sound) == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_without_a_rule_a_text_that_it_stops_passes(rule):
    others = [one for one in RULES if one is not rule]
    names = frozenset(NAMES)
    frame = Frame(today=MONDAY, nodes=names, lexicon=LEXICON, unfilled=UNFILLED, rooms=ROOMS)
    stopped = [offender for offender, code in [*OFFENCES, *ADVICE] if code == rule.code]
    assert stopped, "no text needs this rule"
    for offender in stopped:
        assert {problem.code for problem in examine(offender, frame)} == {rule.code}
        assert examine(offender, frame, others) == []
    assert examine(SOUND, frame, [rule]) == []


def test_where_only_the_quotes_are_missing_the_sentence_says_so():
    (problem,) = lint([said(SOUND, 经过="树牢四个意识")], MONDAY, NAMES, LEXICON, UNFILLED)
    assert problem.message == "“四个意识”本身要带双引号"


def test_the_shipped_lexicon_has_no_fault_and_knows_the_set_phrases():
    assert FAULTS == []
    assert LEXICON.version is not None
    assert len(LEXICON.regulations) > 15


@pytest.mark.parametrize("twin", ["SC-01", "sc-01"])
def test_a_number_used_twice_stops_the_second_file(twin):
    first, second = replace(SOUND, path="a.md"), replace(SOUND, id=twin, path="b.md")
    for items in ((first, second), (second, first)):
        (problem,) = lint(items, MONDAY, NAMES, LEXICON)
        assert (problem.code, problem.path) == ("id-twice", "b.md")
        assert "a.md" in problem.message


def test_a_problem_names_the_line_of_its_key_or_heading():
    head = (
        "---\n标题: 端午\n类别: 节点\n节点: 端五\n摘要: {x}\n起草: 甲\n来源: 乙\n公开属性: 内部\n"
    )
    text = f"{head}失效: 2026-01-01\n---\n## 提醒\n明天。\n\n## 一句话\n机密\n"
    read, problems = parse_item(text, "n.md")
    assert problems == []
    places = [(problem.line, problem.code) for problem in lint([read], MONDAY, NAMES, LEXICON)]
    assert places == [
        (4, "node-unknown"),
        (5, "placeholder"),
        (8, "not-public"),
        (9, "expired"),
        (12, "date-in-node"),
        (15, "marking"),
    ]


def test_one_faulty_item_does_not_stop_the_others():
    items = [
        replace(SOUND, id=f"X{n}", title=f"题{n}", path=f"{9 - n}.md", public="") for n in range(3)
    ]
    assert [problem.path for problem in lint(items, MONDAY, NAMES, LEXICON)] == [
        "7.md",
        "8.md",
        "9.md",
    ]


FOOTER = Footer(unit="单" * 20, office="位" * 26, feedback="馈" * 30, number="2026-031")
PIECES = ["{放假安排}", "{节日}", "{上班日}", "{年份}", "文" * 20, "字", "。", "\n- "]
TEXT = st.lists(st.sampled_from(PIECES), max_size=14).map("".join)


@given(
    title=TEXT,
    summary=TEXT,
    body=st.tuples(TEXT, st.integers(0, 60)).map(lambda two: two[0] + "满" * 20 * two[1]),
    one=TEXT,
    nodes=st.sampled_from(
        [("端午",), ("中秋", "国庆"), ("国庆", "中秋"), ("元旦", "春节", "五一")]
    ),
)
@settings(max_examples=300)
def test_a_text_that_passes_fits_when_it_is_sent(title, summary, body, one, nodes):
    sections = {"提醒": f"甲{body}", "一句话": f"乙{one}"}
    text = item(
        "N", Kind.NODE, title=f"题{title}", summary=f"摘{summary}", sections=sections, nodes=nodes
    )
    if any(severity == "error" for _, severity in found(text)):
        return
    for year in (2025, 2026, 2027):
        days = [CALENDAR.node_day(one, year) for one in NODES if one.name in nodes]
        values = render.values_of(days, CALENDAR)
        for part in ("main", "final"):
            render.markdown(text, part, values, FOOTER)
            render.card(text, part, values, FOOTER, task_id="t")


def test_the_key_of_a_rehearsal_on_this_machine_opens_nothing_and_is_no_secret():
    way = "/cgi-bin/webhook/" + "send?key=6f1c2a34-9b7d-4e58-a1c3-5d7e9f012b4c"
    assert list(secrets_in(f"curl 'http://127.0.0.1:8700{way}'")) == []
    assert list(secrets_in(f"curl 'http://localhost{way}'")) == []
    for other in ("http://127.0.0.1.example.com", "https://qyapi.weixin.qq.com", ""):
        assert [what for _, what in secrets_in(other + way)] == ["群消息推送的地址"]
    assert list(secrets_in(f"见 http://127.0.0.1:8700/ 和 {WEBHOOK}"))
