"""From the text of a file to an item: nothing an author typed is lost without a word."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.content import (
    DATES,
    HEADINGS,
    KEYS,
    LISTS,
    NUMBERS,
    body_of,
    digest_of,
    has_head,
    parse_item,
)
from bot.core.model import Kind

PATH = "cases/SC-01-谁买的单.md"
HEAD = {"标题": "谁买的单", "类别": "情景案例"}
BODY = "## 经过\n有人结了账。\n\n## 问题在哪\n谁付的钱。\n"
LINE_KEYS = sorted(set(KEYS) - {_k for _k, v in KEYS.items() if v in LISTS | DATES | NUMBERS})
WORDS = [key for key in LINE_KEYS if key not in ("类别", "状态", "标题")]


def text_of(*lines, body=BODY, **head):
    head = HEAD | head
    written = [f"{key}: {value}" for key, value in head.items() if value is not None]
    return "\n".join(["---", *written, *lines, "---", body])


def parsed(text, path=PATH):
    found, problems = parse_item(text, path)
    assert found is not None, problems
    return found, problems


def sound(text, path=PATH):
    found, problems = parsed(text, path)
    assert problems == []
    return found


def codes(text):
    return [problem.code for problem in parse_item(text, PATH)[1]]


@pytest.mark.parametrize(
    ("line", "field", "value"),
    [
        ("标题: 案例: 谁买的单", "title", "案例: 谁买的单"),
        ("标题: [转发]中秋", "title", "[转发]中秋"),
        ("标题:中秋", "title", "中秋"),
        ("标题：中秋", "title", "中秋"),
        ("标题 ： 中秋：月饼", "title", "中秋：月饼"),
        ('标题: \'tis "x" & *y* !z', "title", '\'tis "x" & *y* !z'),
        ("摘要: 提醒 #中秋", "summary", "提醒 #中秋"),
        ("摘要: 9:30", "summary", "9:30"),
        ("摘要: {节日}前后", "summary", "{节日}前后"),
        ("摘要: - 一条", "summary", "- 一条"),
        ("摘要: yes", "summary", "yes"),
        ("摘要: 2026-09-01", "summary", "2026-09-01"),
        ("摘要: 反斜杠\\n", "summary", "反斜杠\\n"),
        ("编号: 007", "id", "007"),
        ("编号: 1.10", "id", "1.10"),
        ("层级: null", "level", "null"),
        ("summary: 英文键", "summary", "英文键"),
        (
            "标签: 礼品礼金、吃喝，公车;保密；家风",
            "tags",
            ("礼品礼金", "吃喝", "公车", "保密", "家风"),
        ),
        ("冷却周数: 40", "cooldown_weeks", 40),
        ("状态: 停用", "status", "停用"),
        ("短讯:", "short", ""),
    ],
)
def test_a_value_is_everything_to_the_end_of_the_line(line, field, value):
    title = None if line.startswith("标题") else HEAD["标题"]
    found = sound(text_of(line, 标题=title))
    assert getattr(found, field) == value


@given(key=st.sampled_from(WORDS), value=st.text(st.characters(exclude_categories=["C", "Z"])))
def test_any_value_comes_back_as_it_was_typed(key, value):
    found = sound(text_of(f"{key}: {value}"))
    fallback = {"编号": "SC-01-谁买的单", "标题": HEAD["标题"]}
    assert getattr(found, KEYS[key]) == (value or fallback.get(key, ""))


PRINTABLE = st.text(st.characters(exclude_categories=["C", "Zl", "Zp"]), max_size=60)


@given(st.dictionaries(st.sampled_from(WORDS), PRINTABLE), st.sampled_from([":", "：", " : "]))
def test_a_whole_head_comes_back_less_its_outer_blanks(head, colon):
    lines = [f"{key}{colon}{value}" for key, value in head.items()]
    found = sound(text_of(*lines))
    for key, value in head.items():
        if value.strip():
            assert getattr(found, KEYS[key]) == value.strip()


LINES = st.one_of(
    st.text(max_size=30),
    st.builds(
        "{}: {}".format, st.sampled_from([*KEYS, *KEYS.values(), "标提"]), st.text(max_size=9)
    ),
    st.sampled_from(["---", "", "类别: 节点", "类别:", "标题: x", "  - a", "  - b # c", "\t- d"]),
    st.sampled_from(["## 经过", "## 提醒", "  &a x", "  [a, b", "  {a: b}", "  |", "  !!int 3"]),
)


@given(st.lists(LINES, max_size=12), st.sampled_from(["\n", "\r\n", "\r"]))
@settings(max_examples=400)
def test_no_text_raises_and_none_vanishes_in_silence(lines, end):
    for text in (end.join(lines), end.join(["---", *lines])):
        found, problems = parse_item(text, PATH)
        assert found is not None or problems
        assert all(problem.line >= 0 and problem.message for problem in problems)
        if found is not None:
            assert digest_of(found) == found.digest


@given(st.lists(LINES, max_size=8))
def test_what_is_typed_in_the_head_is_in_the_item_or_in_a_problem(lines):
    lines = [line for line in lines if line.strip().strip("-－—–―")]
    found, problems = parse_item(text_of(*lines, 编号="X", 摘要="y"), PATH)
    if problems or found is None:
        return
    kept = "".join(str(value) for value in vars(found).values())
    for line in "\n".join(lines).replace("\r", "\n").split("\n"):
        value = line.replace("：", ":").partition(":")[2] if line[:1] not in (" ", "\t") else line
        for word in value.replace("、", " ").replace("，", " ").replace(",", " ").split():
            if word.strip("-;；") and word.isalpha():
                assert word in kept


@pytest.mark.parametrize(
    ("lines", "code", "line", "says"),
    [
        (["标题: 又一个"], "item-twice", 4, "写了两次（第2行已有）"),
        (["title: 又一个"], "item-twice", 4, "写了两次"),
        (["标提: 谁"], "item-key", 4, "是不是“标题”"),
        (["sumary: x"], "item-key", 4, "是不是“summary”"),
        (["甲乙丙: x"], "item-key", 4, "可用的键：编号 标题"),
        (["随手一记"], "item-line", 4, "每行应写成 键: 值"),
        (["# 注释"], "item-line", 4, "# 注释"),
        (["　摘要：全角空格开头"], "item-line", 4, "看不懂这一行"),
        (["生效: 去年"], "item-effective", 4, "请写成 2026-09-01"),
        (["失效: 2026-02-30"], "item-expires", 4, "不是日期"),
        (["冷却周数: 两周"], "item-cooldown-weeks", 4, "应是一个整数"),
        (["冷却周数: 521"], "item-cooldown-weeks", 4, "最多 520"),
        (["冷却周数: " + "9" * 5000], "item-cooldown-weeks", 4, "最多 520"),
        (["状态: 已批准"], "item-status", 4, "只能写 草稿 或 停用"),
        (["摘要: 头", "  尾"], "item-block", 4, "请只留一种写法"),
        (["摘要: |", "  尾"], "item-block", 4, "请只留一种写法"),
        (["标签:", "  - a", "  b: c"], "item-block", 4, "列表请每行"),
        (["标签:", "\t- a"], "item-block", 4, "列表请每行"),
        (["标签:", "  a: b"], "item-block", 4, "只能是文字"),
        (["标签:", "  - a: b"], "item-block", 4, "只能是文字"),
        (["标签:", "  - [a]"], "item-block", 4, "只能是文字"),
        (["标签:", "  - 提醒 #中秋"], "item-block", 4, "#"),
        (["标签:", "  - &a 提醒"], "item-block", 4, "&"),
        (["标签:", "  - !x 提醒"], "item-block", 4, "!"),
        (["", "标提: 谁"], "item-key", 5, "标题"),
    ],
)
def test_what_cannot_be_taken_as_typed_is_a_problem_with_its_line(lines, code, line, says):
    found, problems = parsed(text_of(*lines))
    assert [(problem.code, problem.line) for problem in problems] == [(code, line)]
    assert says in problems[0].message
    assert found.title == HEAD["标题"]


@pytest.mark.parametrize(
    ("text", "code", "says"),
    [
        ("", "item-head", "---"),
        ("标题: x", "item-head", "---"),
        ("---\n标题: x\n", "item-head", "再有一行 ---"),
        (text_of(标题=None), "item-title", "缺少“标题”"),
        (text_of(标题=""), "item-title", "缺少“标题”"),
        (text_of(类别=None), "item-kind", "缺少“类别”"),
        (text_of(类别=""), "item-kind", "缺少“类别”"),
        (text_of("类别:", "  - ", 类别=None), "item-kind", "缺少“类别”"),
        (text_of(类别="通知"), "item-kind", "“类别: 通知”不认识"),
    ],
)
def test_a_text_that_makes_no_item_says_why(text, code, says):
    found, problems = parse_item(text, PATH)
    assert found is None
    assert [problem.code for problem in problems] == [code]
    assert says in problems[0].message


@pytest.mark.parametrize(
    ("block", "tags"),
    [
        (["  - 吃喝", "  - 公车"], ("吃喝", "公车")),
        (["- 吃喝"], None),  # not indented: a line by itself
        (["  - 007", "  - yes", "  - 9:30"], ("007", "yes", "9:30")),
        (["    - '#中秋'", '    - "b"'], ("#中秋", "b")),
        (["", "  - a", "", "  - b"], ("a", "b")),
        (["  a b", "  c"], ("a b c",)),
    ],
)
def test_an_indented_block_is_a_list_of_strings(block, tags):
    found, problems = parsed(text_of("标签:", *block))
    if tags is None:
        assert [problem.code for problem in problems] == ["item-line"]
    else:
        assert (found.tags, problems) == (tags, [])


@given(st.lists(st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=8)))
@settings(max_examples=300)
def test_a_block_keeps_every_entry_or_says_what_is_wrong(entries):
    found, problems = parsed(text_of("标签:", *(f"  - {entry}" for entry in entries)))
    quoted = any(entry[0] in "'\"" for entry in entries)
    assert problems or quoted or found.tags == tuple(entries)


def test_a_file_of_brackets_does_not_end_the_process():
    for bracket in ("[", "{", "- "):
        assert codes(text_of("标签:", "  " + bracket * 200_000)) == ["item-block"]


def test_a_line_of_blanks_is_read_at_once():
    assert codes(text_of("a" + " " * 100_000 + "b")) == ["item-line"]


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("2026-09-01", date(2026, 9, 1)),
        ("2026-9-1", date(2026, 9, 1)),
        ("2026/09/01", date(2026, 9, 1)),
        ("2026年9月1日", date(2026, 9, 1)),
        ("２０２６年９月１日", date(2026, 9, 1)),
    ],
)
def test_a_date_is_read_in_its_usual_forms(written, day):
    assert sound(text_of(f"生效: {written}")).effective == day


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_line_ends_and_a_byte_order_mark_change_nothing(end, mark):
    text = text_of("摘要: 提醒")
    other = mark + text.replace("\n", end)
    assert has_head(other)
    assert sound(other) == sound(text)
    assert sound(other).digest == sound(text).digest


@pytest.mark.parametrize("fence", ["－－－", "——", "----", " ---", "———————"])
@pytest.mark.parametrize("before", ["", "\n", " \n　\n"])
def test_whatever_the_keyboard_makes_of_three_dashes_and_blank_lines_before_them(fence, before):
    text = text_of("摘要: 提醒", "标提: 谁")
    plain, (problem,) = parse_item(text, PATH)
    found, (other,) = parse_item(before + text.replace("---", fence), PATH)
    assert found.digest == plain.digest
    assert other.line == problem.line + before.count("\n")


@pytest.mark.parametrize(
    ("path", "item_id"),
    [
        ("nodes/中秋.md", "中秋"),
        ("中秋.md.txt", "中秋"),
        ("a/b/SC-01.txt", "SC-01"),
        ("2026.7.1学习.md", "2026.7.1学习"),
        ("MD.md", "MD"),
    ],
)
def test_without_a_number_the_stem_of_the_file_is_the_identity(path, item_id):
    assert sound(text_of(), path).id == item_id


def test_the_body_is_split_at_the_headings_of_its_kind():
    body = "开头\n\n## 经过\n甲\n\n## 怎么办\n### 小标题\n\n## 问题在哪\n乙\n"
    found = sound(text_of(body=body))
    assert list(found.sections.items()) == [
        ("", "开头"),
        ("经过", "甲\n\n## 怎么办\n### 小标题"),  # 怎么办 belongs to another kind: plain text
        ("问题在哪", "乙"),
    ]
    assert found.lines["## 经过"] == 7
    assert body_of(found) == "开头\n\n## 经过\n甲\n\n## 怎么办\n### 小标题\n\n## 问题在哪\n乙"


def test_a_heading_written_twice_loses_no_text():
    found = sound(text_of(body="## 经过\n甲\n## 问题在哪\n乙\n## 经过\n丙\n"))
    assert dict(found.sections) == {"经过": "甲", "问题在哪": "乙\n## 经过\n丙"}


@given(
    st.sampled_from(list(Kind)), st.lists(st.sampled_from(["## 提醒", "## 经过", "甲", "", "乙 "]))
)
def test_every_line_of_a_body_is_in_the_item(kind, lines):
    found = sound(text_of(类别=kind, body="\n".join(lines)))
    rest = body_of(found).split("\n")
    assert [line for line in rest if line] == [line for line in lines if line]
    assert set(found.sections) <= {"", *HEADINGS[kind]}


@pytest.mark.parametrize("line", ["状态: 草稿", "状态: 停用", "冷却周数: 3"])
def test_an_approval_outlives_what_no_reader_sees(line):
    assert sound(text_of(line)).digest == sound(text_of()).digest


def test_an_approval_outlives_a_move_to_another_folder():
    assert sound(text_of(编号="A"), "a/x.md").digest == sound(text_of(编号="A"), "b/y.md").digest


@pytest.mark.parametrize(
    "text",
    [
        text_of(body=BODY.replace("有人", "某人")),
        text_of(body=BODY.replace("。", "．", 1)),
        text_of(body=BODY.replace("## 经过\n有人结了账。\n\n", "") + "\n## 经过\n有人结了账。\n"),
        text_of(body=BODY + "## 怎么做\n"),
        text_of(标题="谁买的单？"),
        text_of(类别="转发通报"),
        *(text_of(f"{key}: 2026-01-01") for key in sorted(KEYS) if KEYS[key] in DATES),
        *(text_of(f"{key}: 新") for key in WORDS),
        *(text_of(f"{key}: 新") for key in sorted(KEYS) if KEYS[key] in LISTS),
    ],
)
def test_any_other_change_voids_the_approval(text):
    assert sound(text).digest != sound(text_of()).digest


def test_an_approval_binds_to_the_bytes_of_attachments():
    found = sound(text_of("附件: a.pdf"))
    digests = {digest_of(replace(found, attached={"a.pdf": sha})) for sha in ("00", "11")} | {
        digest_of(found)
    }
    assert len(digests) == 3


@given(st.data())
def test_one_character_more_is_another_digest(data):
    found = sound(text_of("摘要: 提醒"))
    name = data.draw(st.sampled_from(["title", "summary", "source", "question"]))
    text = getattr(found, name)
    where = data.draw(st.integers(0, len(text)))
    more = data.draw(st.characters(exclude_categories=["Cs"]))
    changed = replace(found, **{name: text[:where] + more + text[where:]})
    assert digest_of(changed) != found.digest
