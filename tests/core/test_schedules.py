"""The tables of schedules/: what is sound is used, the rest is a Problem with its line."""

import tomllib
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.calendar import Override
from bot.core.model import Kind, Node, Rule
from bot.core.schedules import node_names, parse_nodes, parse_overrides, parse_rules

NODE = '\n[mid-autumn]\nname = "中秋"\nlunar = "8-15"\n'
RULE = '\n[monday]\nname = "周一"\nweekday = "周一"\nkinds = ["学习提示"]\n'
DAY = '\n[[day]]\ndate = "2027-02-14"\nworkday = true\nname = "春节"\n'


def read(parse, text, *more):
    return parse(tomllib.loads(text), text, "schedules/x.toml", *more)


@pytest.mark.parametrize(
    ("table", "node"),
    [
        (NODE, Node(key="mid-autumn", name="中秋", lunar="8-15")),
        (
            '[qingming]\nname = "清明"\nsolar_term = "清明"\nmain = 5\nfinal = 1\n',
            Node(key="qingming", name="清明", solar_term="清明", main=5, final=1),
        ),
        (
            '[a]\nname = "国庆"\ndate = "10-01"\non = true\n',
            Node(key="a", name="国庆", date="10-01"),
        ),
        (
            '[s]\nname = "升学季"\nwindow = ["6-1 至 6-30", "7-10 至 8-31"]\n',
            Node(key="s", name="升学季", window=("6-1 至 6-30", "7-10 至 8-31")),
        ),
        (
            '[f]\nname = "节后"\nfollows = ["春节"]\nworkday = 3\n',
            Node(key="f", name="节后", follows=("春节",), workday=3),
        ),
        ('[e]\nname = "婚丧"\nevergreen = true\n', Node(key="e", name="婚丧", evergreen=True)),
        (
            '[m]\nname = "母亲节"\nnth_weekday = "5月第2个周日"\n',
            Node(key="m", name="母亲节", nth_weekday="5月第2个周日"),
        ),
        ('[h]\nname = "国庆"\nholiday = "国庆节"\n', Node(key="h", name="国庆", holiday="国庆节")),
    ],
)
def test_a_sound_node_is_read(table, node):
    assert read(parse_nodes, table) == ((node,), [])


def test_a_sound_rule_is_read():
    text = '[friday]\nweekday = "周五"\nkinds = ["情景案例", "典型"]\nslot = "下午"\nlate_ok = 2\n'
    kinds = (Kind.SCENARIO, Kind.MODEL)
    rule = Rule(key="friday", name="friday", weekday=5, kinds=kinds, slot="下午", late_ok=2)
    assert read(parse_rules, text) == ((rule,), [])


def test_a_node_that_is_off_has_a_name_all_the_same():
    data = tomllib.loads('[a]\nname = "元宵"\non = false\n[b]\nname = 1\n[c]\nname = "清明"\n')
    assert node_names(data) == ("元宵", "清明")


@pytest.mark.parametrize(
    ("lines", "fields"),
    [
        ('when = "每周五"\nkinds = ["案例"]', {"weekday": 5, "kinds": (Kind.SCENARIO,)}),
        (
            'when = "每月10日"\nkinds = ["影视"]\ntags = ["家风"]\nlevels = ["通识"]',
            {
                "every": "month",
                "day": 10,
                "kinds": (Kind.MEDIA,),
                "tags": ("家风",),
                "levels": ("通识",),
            },
        ),
        (
            'when = "每月第 3 个工作日"\nkinds = ["文化"]\nposts = ["采购"]',
            {"every": "month", "workday": 3, "kinds": (Kind.CULTURE,), "posts": ("采购",)},
        ),
        (
            'when = "每季度最后一个工作日"\nkinds = ["责任"]\naudience = "党支部书记"',
            {
                "every": "quarter",
                "workday": -1,
                "kinds": (Kind.DUTY,),
                "audience": "党支部书记",
            },
        ),
        (
            'when = "3月、9月第2个工作日"\nnodes = ["婚丧喜庆"]',
            {
                "every": "month",
                "months": (3, 9),
                "workday": 2,
                "nodes": ("婚丧喜庆",),
                "kinds": (Kind.NODE,),
            },
        ),
        (
            'when = "每周三"\nseries = "党纪"\ninstead = true\nfrom = "2026-04-01"\n'
            'to = "2026-07-31"',
            {
                "weekday": 3,
                "series": "党纪",
                "first": date(2026, 4, 1),
                "last": date(2026, 7, 31),
                "instead": True,
                "kinds": (Kind.STUDY,),
            },
        ),
    ],
)
def test_a_rule_says_when_in_plain_words_and_what_it_calls_for(lines, fields):
    (rule,), problems = read(parse_rules, f"[r]\n{lines}\n")
    assert problems == []
    assert rule == Rule(key="r", name="r", **fields)


@pytest.mark.parametrize("parse", [parse_nodes, parse_rules])
def test_what_is_switched_off_is_left_out(parse):
    assert read(parse, "[x]\non = false\n") == ((), [])


BAD_NODES = [
    ('name = "甲"', "须写明 date、lunar、solar_term、holiday、"),
    ('name = "甲"\ndate = "1-1"\nlunar = "1-1"', "中的一个"),
    ('date = "1-1"', "缺少 name"),
    ('name = "甲"\ndate = "元月一日"', "应写成 月-日"),
    ('name = "甲"\ndate = "2-30"', "日期不存在，或不是每年都有"),
    ('name = "甲"\ndate = "2-29"', "日期不存在，或不是每年都有"),
    ('name = "甲"\nlunar = "12-30"', "日期不存在，或不是每年都有"),
    ('name = "甲"\nlunar = "13-1"', "日期不存在，或不是每年都有"),
    ('name = "甲"\nlunar = "0-1"', "日期不存在，或不是每年都有"),
    ('name = "甲"\nsolar_term = "青明"', "日期不存在，或不是每年都有"),
    ('name = "甲"\nwindow = ["元月"]', "window 应写成"),
    ('name = "甲"\nwindow = ["2-30 至 3-1"]', "日期要存在"),
    ('name = "甲"\nwindow = ["2026-09-01 至 2026-08-31"]', "window 应写成"),
    ('name = "甲"\nwindow = "6-1 至 6-30"', "window 应是列表"),
    ('name = "甲"\nfollows = [1]', "里面是文字"),
    ('name = "甲"\ndate = "1-1"\nparts = ["finale"]', "parts 不认识 finale"),
    ('name = "甲"\nfollows = ["春节"]\nworkday = 0', "workday 至少是 1"),
    ('name = "甲"\nnth_weekday = "2月第5个周日"', "日期不存在，或不是每年都有"),
    ('name = "甲"\nnth_weekday = "母亲节"', "日期不存在，或不是每年都有"),
    ('name = "甲"\ndate = "1-1"\nmian = 3', "是不是 main？"),
    ('name = "甲"\ndate = "1-1"\nzzz = 3', "可用：name date lunar"),
    ('name = "甲"\ndate = "1-1"\nmain = "3"', "main 应是整数"),
    ('name = "甲"\ndate = "1-1"\nmain = true', "main 应是整数"),
    ('name = "甲"\ndate = "1-1"\nmain = -1', "不能小于 0"),
    ('name = "甲"\ndate = "1-1"\nmain = 21', "不能大于 20"),
    ('name = "甲"\ndate = 2026-01-01', "date 应是文字"),
    ('name = "甲"\ndate = "1-1"\non = "no"', "true 或 false"),
    ('name = "甲"\ndate = "1-1"\non = 0', "true 或 false"),
    ('name = " "\ndate = "1-1"', "缺少 name"),
    ('name = "甲"\ndate = "1-1"\nparts = []', "parts 是空的"),
    ('name = "乙"\ndate = "1-2"', "与 [bad-2] 都叫“乙”，会重复提醒"),
]


@pytest.mark.parametrize(("lines", "says"), BAD_NODES)
def test_a_bad_node_is_a_problem_and_the_rest_goes_on(lines, says):
    text = f"# bad、中秋\n[bad-2]\n{NODE_BODY}\n[bad]\n{lines}\n{NODE}"
    nodes, problems = read(parse_nodes, text)
    assert [node.key for node in nodes] == ["bad-2", "mid-autumn"]
    assert [(one.code, one.line, one.severity) for one in problems] == [
        ("schedule-node", 6, "error")
    ]
    assert says in problems[0].message
    assert "[bad]" in problems[0].message


NODE_BODY = 'name = "乙"\ndate = "1-1"\n'

BAD_RULES = [
    ('when = "偶尔"\nkinds = ["学习提示"]', "看不懂“偶尔”，可写：每周五"),
    ('when = "每月"\nkinds = ["学习提示"]', "看不懂"),
    ('when = "13月1日"\nkinds = ["学习提示"]', "看不懂"),
    ('when = "每月32日"\nkinds = ["学习提示"]', "看不懂"),
    ('when = "2月30日"\nkinds = ["学习提示"]', "看不懂"),
    ('when = "6月31日"\nkinds = ["学习提示"]', "看不懂"),
    ('when = "每月第24个工作日"\nkinds = ["学习提示"]', "看不懂"),
    ('when = "每季度第67个工作日"\nkinds = ["学习提示"]', "看不懂"),
    ('name = " "\nweekday = "周一"\nkinds = ["学习提示"]', "name 是空的"),
    ('weekday = "周一"\nkinds = ["情境案例"]', "不认识“情境案例”，是不是 情景案例？"),
    ('when = "每周一"\nweekday = "周一"\nkinds = ["学习提示"]', "只写一个"),
    ('when = "每周一"\nkinds = ["学习提示"]\nnodes = ["婚丧喜庆"]', "不要写 kinds"),
    ('when = "每周一"\nkinds = ["学习提示"]\nfrom = "四月"', "from 应写成"),
    ('when = "每周一"\nseries = "x"\nfrom = "2026-04-02"\nto = "2026-04-01"', "早于 from"),
    ('when = "每周一"\nkinds = ["学习提示"]\ntags = [1]', "应列出文字"),
    ('kinds = ["学习提示"]', "应是 周一 到 周日 之一"),
    ('weekday = "星期一"\nkinds = ["学习提示"]', "应是 周一 到 周日 之一"),
    ('weekday = "周一"', "应列出类别"),
    ('weekday = "周一"\nkinds = []', "应列出类别"),
    ('weekday = "周一"\nkinds = ["通知"]', "不认识“通知”；可用："),
    ('weekday = "周一"\nkinds = [["学习提示"]]', "应列出类别"),
    ('weekday = "周一"\nkinds = ["节点提醒"]', "节点提醒随节点推送"),
    ('weekday = "周一"\nkinds = "学习提示"', "kinds 应是列表"),
    ('weekday = "周一"\nkinds = ["学习提示"]\nslot = "晚上"', "应是 上午 或 下午"),
    ('weekday = "周一"\nkinds = ["学习提示"]\nlate = 1', "是不是 late_ok？"),
    ('weekday = "周一"\nkinds = ["学习提示"]\nremind = 5', "remind 应是 1 到 4"),
    ('weekday = "周一"\nkinds = ["学习提示"]\nremind = true', "remind 应是整数"),
    ('weekday = 1\nkinds = ["学习提示"]', "weekday 应是文字"),
]


@pytest.mark.parametrize(("lines", "says"), BAD_RULES)
def test_a_bad_rule_is_a_problem_and_the_rest_goes_on(lines, says):
    rules, problems = read(parse_rules, f"[bad]\n{lines}\n{RULE}")
    assert [rule.key for rule in rules] == ["monday"]
    assert [(problem.code, problem.line) for problem in problems] == [("schedule-rule", 1)]
    assert says in problems[0].message


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("bad = 1\n", 1, "应是一个 [bad] 小节"),
        ('\n["中秋"]\nname = "中秋"\n', 2, "只能用小写英文字母"),
        ('\n[Mid_Autumn]\nname = "中秋"\n', 2, "只能用小写英文字母"),
        (f"[{'x' * 41}]\n{NODE_BODY}", 1, "最多40位"),
    ],
)
def test_a_bad_name_of_a_table_is_a_problem(text, line, says):
    nodes, problems = read(parse_nodes, text + NODE)
    assert [node.key for node in nodes] == ["mid-autumn"]
    assert [problem.line for problem in problems] == [line]
    assert says in problems[0].message


@given(
    st.dictionaries(
        st.sampled_from(["name", "date", "lunar", "main", "on", "kinds", "weekday", "slot", "x"]),
        st.one_of(
            st.none(),
            st.booleans(),
            st.integers(),
            st.text(max_size=5),
            st.sampled_from(["1-1", "8-15", "周一", "学习提示"]),
            st.lists(st.one_of(st.text(max_size=3), st.lists(st.integers()))),
            st.dictionaries(st.text(max_size=3), st.integers()),
        ),
    )
)
def test_no_table_raises(table):
    for parse in (parse_nodes, parse_rules):
        found, problems = parse({"a": table}, "[a]", "x.toml")
        assert len(found) + len(problems) == (table.get("on", True) is not False)
    assert len(parse_overrides({"day": [table]}, "", "x.toml", 2027)[2]) == 1


def test_a_notice_gives_days_and_makes_the_year_announced():
    text = f'notice = "国务院办公厅通知"\n{DAY}\n[[day]]\ndate = 2026-12-31\nworkday = false\n'
    days, whole, problems = read(parse_overrides, text, 2027)
    assert days == {
        date(2027, 2, 14): Override(date=date(2027, 2, 14), workday=True, name="春节"),
        date(2026, 12, 31): Override(date=date(2026, 12, 31), workday=False),
    }
    assert (whole, problems) == (True, [])


def test_days_without_a_notice_leave_the_year_an_estimate():
    assert read(parse_overrides, DAY, 2027)[1] is False


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ('[[day]]\ndate = "2027-02-14"\n', "须写 workday = true"),
        ('[[day]]\ndate = "2027-02-14"\nworkday = "no"\n', "须写 workday = true"),
        ("[[day]]\nworkday = true\n", "date 应写成"),
        ('[[day]]\ndate = "二月十四"\nworkday = true\n', "date 应写成"),
        ('[[day]]\ndate = "2027-02-30"\nworkday = true\n', "没有 2027-02-30 这一天"),
        ('[[day]]\ndate = "2027-13-01"\nworkday = true\n', "没有 2027-13-01 这一天"),
        ('[[day]]\ndate = "2029-02-14"\nworkday = true\n', "不属于 2027 年"),
        ('[[day]]\ndate = "2027-02-14"\nworkday = false\n', "写了两次"),
        ('[[day]]\ndate = "2027-02-15"\nworkday = true\nof = 1\n', "没有 of 这一项"),
        ('[[day]]\ndate = "2027-02-15"\nworkday = true\nname = 5\n', "name 应是文字"),
        ('[[day]]\ndate = "20270215"\nworkday = true\n', "date 应写成"),
    ],
)
def test_a_bad_day_is_a_problem_at_its_own_line(table, says):
    text = f'notice = "通知"\n{DAY}\n{table}'
    days, whole, problems = read(parse_overrides, text, 2027)
    assert list(days) == [date(2027, 2, 14)]
    assert [(problem.code, problem.line) for problem in problems] == [("schedule-override", 8)]
    assert says in problems[0].message
    assert not whole, "a notice with a hole in it would make a workday of a day off"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('[day]\ndate = "2027-02-14"\nworkday = true\n', "[[day]]"),
        ("day = 5\n", "[[day]]"),
        ('day = ["2027-02-14"]\n', "第1个 [[day]]"),
        ('[[days]]\ndate = "2027-02-14"\nworkday = true\n', "是不是 day？"),
        ("", "没有一个 [[day]]"),
    ],
)
def test_a_notice_whose_days_cannot_be_read_announces_nothing(text, says):
    days, whole, problems = read(parse_overrides, f'notice = "通知"\n{text}', 2027)
    assert (days, whole) == ({}, False)
    assert [problem.code for problem in problems] == ["schedule-override"]
    assert says in problems[0].message


@pytest.mark.parametrize("year", [0, 1, 9999, 12345])
def test_a_file_named_after_a_strange_year_is_a_problem(year):
    assert read(parse_overrides, DAY, year)[2]
