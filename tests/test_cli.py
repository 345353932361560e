"""The command line as its users meet it: JSON, exit codes, Chinese words, no traceback."""

from __future__ import annotations

import ast
import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from datetime import date, datetime, timedelta
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from bot import cli
from bot.channels import KINDS
from bot.cli import shell
from bot.core.model import Problem
from bot.library.proofs import NAME as CACHE
from bot.sandbox.serving import free_port

ROOT = Path(__file__).parents[1]
QINGFENG = Path(sys.executable).with_name("qingfeng")
# Issue 2, literally.
MAKE_UP = "01-04 02-14 02-28 05-09 09-20 10-10"
OFF = (
    "01-01 01-02 02-16 02-17 02-18 02-19 02-20 02-23 04-06 05-01 05-04 05-05 06-19 09-25 "
    "10-01 10-02 10-05 10-06 10-07"
)

PUSH = "key due rule node covers item target channel provisional blocked"


def _laid(home: Path) -> Path:
    for name in ("content", "schedules"):
        shutil.copytree(ROOT / name, home / name)
    shutil.copy(ROOT / "config.example.toml", home)
    return home


@pytest.fixture(scope="session")
def checked(tmp_path_factory):
    """What a first `check` keeps in the data folder: only what was edited is judged anew."""
    home = _laid(tmp_path_factory.mktemp("checked"))
    (home / "data").mkdir()
    with contextlib.chdir(home):
        assert CliRunner().invoke(cli.main, ["check"]).exit_code == 0
    return (home / "data" / CACHE).read_bytes()


@pytest.fixture
def home(tmp_path, checked):
    """What ships, in a folder where somebody has run `check`."""
    _laid(tmp_path)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / CACHE).write_bytes(checked)
    return tmp_path


@pytest.fixture
def qingfeng(home):
    """Run the installed command in a fresh copy of what ships, without config.toml."""

    def run(*args: str, code: int = 0, **environ: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [QINGFENG, *args],
            cwd=home,
            capture_output=True,
            text=True,
            encoding="utf-8",
            env={**os.environ, **environ},
            stdin=subprocess.DEVNULL,
        )
        assert "Traceback" not in done.stderr, done.stderr
        assert done.returncode == code, done.stderr or done.stdout
        return done

    return run


@pytest.fixture
def typed(home):
    """Run a verb in this process, in that home: a second sooner than the installed command."""

    def typed(*args: str, code: int = 0, **environ: str) -> click.testing.Result:
        with contextlib.chdir(home):
            done = CliRunner(env=environ).invoke(cli.main, args, prog_name="qingfeng")
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        assert done.exit_code == code, done.output
        return done

    return typed


@pytest.fixture
def ask(home, monkeypatch):
    """Run a verb in this process: quicker, for the many mistakes."""
    monkeypatch.chdir(home)

    def ask(*args: str) -> tuple[int, str]:
        done = CliRunner().invoke(cli.main, args, prog_name="qingfeng")
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return done.exit_code, done.output

    return ask


def json_of(answer: tuple[int, str]):
    """Return the JSON of an answer, without the words that stood before it."""
    code, said = answer
    assert code == 0, said
    return json.loads(said[said.index("{") :])


# -- what the verbs answer -------------------------------------------------------------------------


def test_the_calendar_of_2026_is_literally_the_state_councils(qingfeng):
    answer = json.loads(qingfeng("calendar", "--year", "2026", "--json").stdout)
    days = {date.fromisoformat(day["date"]): day for day in answer["days"]}
    assert list(days) == [date(2026, 1, 1) + timedelta(days=n) for n in range(365)]
    work = [f"{day:%m-%d}" for day, one in days.items() if one["workday"] and day.weekday() > 4]
    off = [f"{day:%m-%d}" for day, one in days.items() if not one["workday"] and day.weekday() < 5]
    assert " ".join(work) == MAKE_UP
    assert " ".join(off) == OFF
    assert not any(day["provisional"] for day in answer["days"])
    assert {day["source"] for day in answer["days"]} <= {"override", "official"}
    assert set(answer["days"][0]) >= {"date", "workday", "name", "source", "provisional"}
    nodes = {node["key"]: node for node in answer["nodes"]}
    assert nodes["mid-autumn"]["last_workday_before"] == "2026-09-24"
    assert set(nodes["mid-autumn"]) >= {"name", "date", "first_off", "last_off", "until"}


def test_a_year_without_a_notice_is_marked_provisional(ask):
    answer = json_of(ask("calendar", "--year", "2031", "--json"))
    assert all(day["provisional"] for day in answer["days"])
    assert {day["source"] for day in answer["days"]} == {"estimate"}


def test_the_plan_of_autumn_2026(qingfeng):
    done = qingfeng("plan", "--from", "2026-09-10", "--days", "30", "--json")
    assert "config.example.toml" in done.stderr  # it says on what it rests
    pushes = json.loads(done.stdout)["pushes"]
    for push in pushes:
        assert set(push) >= set(PUSH.split())
        assert re.fullmatch(r"[0-9A-Za-z_@-]{1,100}", push["key"])
        assert re.fullmatch(r"2026-\d\d-\d\dT\d\d:\d\d:\d\d\+08:00", push["due"])
        assert push["due"][11:16] < "17:10"
        assert push["target"] in ("jg1", "jg2")  # the office gets no items
        assert push["blocked"] == "内容未经审批"
    days = [date.fromisoformat(push["due"][:10]) for push in pushes]
    off = {date(2026, *map(int, day.split("-"))) for day in OFF.split()}
    made_up = {date(2026, *map(int, day.split("-"))) for day in MAKE_UP.split()}
    assert not off & set(days)
    assert all(day.weekday() < 5 or day in made_up for day in days)
    main = [push for push in pushes if "_main@" in push["key"] and push["node"]]
    assert {push["due"][:10] for push in main} == {"2026-09-20"}
    assert {tuple(sorted(push["covers"])) for push in main} == {
        ("mid-autumn-2026", "national-day-2026")
    }
    assert len(main) == 2
    finals = sorted(push["due"][:10] for push in pushes if "_final@" in push["key"])
    assert finals == ["2026-09-24"] * 2 + ["2026-09-30"] * 2


def test_a_skipped_day_says_why(ask):
    skipped = json_of(ask("plan", "--from", "2026-09-28", "--days", "7", "--json"))["skipped"]
    assert skipped
    assert all(set(skip) >= {"rule", "date", "reason"} and skip["reason"] for skip in skipped)


def test_planning_twice_says_the_same_and_writes_no_row(ask):
    first = ask("plan", "--from", "2026-09-10", "--json")
    assert ask("plan", "--from", "2026-09-10", "--json") == first
    assert json_of(ask("pushes", "--json")) == {"pushes": []}


def test_check_is_clean_on_what_ships(qingfeng):
    shipped = [path for path in (ROOT / "content").rglob("*.md") if path.name != "README.md"]
    answer = json.loads(qingfeng("check", "--json").stdout)
    assert answer == {"items": len(shipped), "problems": []}


def test_check_names_path_line_and_code_and_exits_1(typed, home):
    (home / "content" / "cases" / "x.md").write_text("---\n标题: x\n类别: 案列\n---\n", "utf-8")
    problems = json.loads(typed("check", "--json", code=1).stdout)["problems"]
    assert problems
    for problem in problems:
        assert set(problem) == {"path", "line", "severity", "code", "message"}
        assert problem["path"] == "cases/x.md"
        assert problem["severity"] in ("error", "warning")
    assert any(problem["line"] == 3 for problem in problems)
    assert "cases/x.md:3  错误" in typed("check", code=1).stdout


def test_check_fix_puts_right_what_is_mechanical_and_keeps_the_encoding(typed, home):
    shipped = next((home / "content/cases").glob("SC-01*.md"))
    text = shipped.read_text("utf-8")
    spoilt = text.replace("编号: SC-01\n", "编号: SC-99\n").replace("标题: ", "标题: 局⻓与")
    spoilt = spoilt.replace("## 经过\n", "## 经过\n\n落实八项规定精神。\u200b《纪律处分条例》。\n")
    path = home / "content/x.md"
    path.write_bytes(spoilt.replace("\n", "\r\n").encode("gb18030"))
    answer = json.loads(typed("check", "x.md", "--fix", "--json").stdout)
    assert len(answer["fixed"]["x.md"]) == 4
    mended = path.read_bytes().decode("gb18030")
    assert "标题: 局长与" in mended
    assert "落实中央八项规定精神。《中国共产党纪律处分条例》。\r\n" in mended
    assert not {p["code"] for p in answer["problems"]} & {"wording", "invisible", "lookalike"}


def test_a_problem_is_told_on_one_line_without_what_a_terminal_obeys(capsys):
    said = {"line": 2, "severity": "error", "code": "item-line", "message": "看不懂“　\x9b2J”"}
    shell.print_problems([Problem(path="cases/\x1b[31m\n.md", **said)])
    assert capsys.readouterr().out == "cases/?[31m?.md:2  错误  看不懂“　?2J”  [item-line]\n"


def test_check_finds_a_key_in_what_is_handed_on_and_does_not_repeat_it(typed, home):
    key = "6f1c2a34-9b7d-4e58-a1c3-" + "5d7e9f012b4c"
    with (home / "config.example.toml").open("a", encoding="utf-8") as file:
        file.write(f"# https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key={key}\n")
    said = typed("check", code=1).stdout
    assert "config.example.toml" in said
    assert key not in said


def test_check_of_one_file_speaks_of_that_file_however_it_is_named(ask, home):
    (home / "content" / "cases" / "x.md").write_text("x", "utf-8")
    for path in ("cases/x.md", "content/cases/x.md", "./content/cases", str(home / "content")):
        assert "x.md:1" in ask("check", path)[1]
    count = len(list((home / "content" / "nodes").glob("*.md")))
    code, said = ask("check", "nodes")
    assert (code, f"共 {count} 篇" in said) == (0, True)
    assert "x.md" not in said


@pytest.mark.skipif(os.name == "nt", reason="needs bytes in names")
def test_check_survives_a_name_that_is_no_text(typed, home):
    with open(os.fsencode(home / "content") + b"/\xb6\xcb\xce\xe7.md", "w") as file:
        file.write("x")
    assert "端午.md" in typed("check", code=1).stdout
    assert json.loads(typed("plan", "--json").stdout)["pushes"]


def test_an_approval_unblocks_once_and_says_who_did(ask):
    answer = json_of(ask("approve", "SC-01", "--as", "王五", "--sources-checked", "--json"))
    assert (answer["item"], answer["who"], answer["blocked"]) == ("SC-01", "王五", None)
    code, said = ask("approve", "SC-01", "--as", "赵六", "--sources-checked")
    assert (code, "王五 已于" in said) == (1, True)


def test_an_edit_after_the_approval_is_shown_to_the_character(ask, home):
    ask("approve", "SC-01", "--as", "王五", "--sources-checked")
    path = next((home / "content" / "cases").glob("SC-01*"))
    path.write_text(path.read_text("utf-8").replace("每人二百", "每人三百", 1), "utf-8")
    code, said = ask("approve", "SC-01", "--diff")
    assert code == 0
    assert "【二】百" in said
    assert "【三】百" in said
    changes = json_of(ask("approve", "SC-01", "--diff", "--json"))
    assert changes["approved"]["who"] == "王五"
    assert {mark for mark, _ in changes["lines"]} == {" ", "-", "+"}
    path.write_text(path.read_text("utf-8").replace("每人三百", "每人二百", 1), "utf-8")
    assert "没有可比的" in ask("approve", "SC-01", "--diff")[1]


def test_a_preview_fills_the_calendar_of_any_day_and_tells_how_full_it_is(ask, home):
    answer = json_of(ask("preview", "N06", "--clock", "2026-06-15", "--channel", "全部", "--json"))
    shown = {(view["channel"], view["part"]): view for view in answer["views"]}
    assert {channel for channel, _ in shown} == set(KINDS) - {"terminal"}
    group = shown["webhook", "main"]
    text = group["message"]["markdown"]["content"]
    assert "6月19日（周五）至6月21日（周日）放假" in text
    assert group["used"] == [
        ["全文", len(text.encode()), 4096, "字节"],
        ["共", len(text), None, "字"],
    ]
    rich = shown["bot-group", "main"]
    assert "\n- **公款礼盒**" in rich["message"]["markdown_v2"]["content"], "a list stays one"
    assert rich["used"][0][2] == 20480
    card = shown["app", "final"]["message"]["template_card"]
    assert card["button_list"][0]["text"] == "已阅"
    robot = shown["bot", "final"]["message"]["template_card"]
    assert [one["text"] for one in robot["button_list"]] == ["看全文", "已阅", "有意见"]
    assert answer["blocked"] == "内容未经审批"


def test_a_preview_shows_the_ways_of_the_unit_or_the_one_that_is_asked_for(ask, home):
    answer = json_of(ask("preview", "SC-01", "--json"))
    assert {view["channel"] for view in answer["views"]} == {"webhook"}, "config.example.toml"
    said = ask("preview", "N06", "--clock", "2031-06-15", "--channel", "app")[1]
    assert "逐人卡片 · 节前一句话" in said
    assert "群消息" not in said
    said = ask("preview", "SC-01", "--channel", "bot")[1]
    assert "逐人卡片（机器人） ==" in said, "a case has no parts"
    assert "[看全文]" in said
    ask("preview", "SC-01", "-o", "预览.html")
    page = (home / "预览.html").read_text("utf-8")
    assert "情景案例·虚构" in page
    assert "wx-bubble" in page
    assert "<script" not in page
    assert "全文 " in page
    assert " 字节，共 " in page


def test_a_new_text_is_a_draft_and_a_repost_needs_its_source(ask, home):
    made = json_of(ask("new", "情景案例", "一盒茶叶", "--json"))
    assert "状态: 草稿" in (home / made["path"]).read_text("utf-8")
    link = ["--source", "某省纪委监委", "--date", "2026-05-31", "--link", "https://a.example/1"]
    assert ask("new", "转发通报", "通报一起", *link)[0] == 0
    link[3] = "9998-01-01"
    code, said = ask("new", "转发通报", "通报二起", *link)
    assert (code, "发布日期 9998-01-01 还没有到" in said) == (1, True)


def test_a_form_is_printed_signed_and_registered(ask, home):
    made = json_of(ask("form", "SC-01", "SP-02", "-o", "表.docx", "--json"))
    assert (home / "表.docx").read_bytes().startswith(b"PK")
    code, said = ask("approve", "--paper", made["number"], "--signed", "终审=王五")
    assert (code, "登记通过 2 篇 SC-01 SP-02" in said) == (0, True)


def test_a_pack_goes_out_and_comes_in_again_changing_nothing(ask, home):
    assert json_of(ask("pack", "-o", "包.zip", "--json"))["files"] > 10
    changes = json_of(ask("pack", "import", "包.zip", "--json"))["changes"]
    assert {one["what"] for one in changes} == {"same"}


def test_a_backup_into_a_folder_takes_along_what_people_wrote_and_no_password(ask, home):
    shutil.copy(home / "config.example.toml", home / "config.toml")
    for name in ("secrets", "U盘"):
        (home / name).mkdir()
    (home / "secrets/jg1").write_text("693a91f6", "utf-8")
    assert ask("backup", "U盘")[0] == 0
    (kept,) = (home / "U盘").iterdir()
    assert kept.name.startswith("清风备份-")
    names = {path.name for path in kept.iterdir()}
    assert names == {"数据.zip", "config.toml", "content", "schedules"}
    assert len(list(kept.glob("content/*/*.md"))) == len(list(home.glob("content/*/*.md")))
    assert ask("restore", str(kept / "数据.zip"))[0] == 0


def test_a_halt_is_told_listed_and_lifted(ask):
    ask("approve", "SC-01", "--as", "王五", "--sources-checked")
    assert "SC-01" in ask("hold", "老同学", "--as", "王五")[1]
    assert "老同学" in ask("hold")[1]
    again = json_of(ask("send", "SC-01", "--to", "jg1", "--dry-run", "--json"))
    assert again["blocked"] == "内容里有“老同学”，已叫停"
    assert "可以推送" in ask("hold", "老同学", "--lift")[1]
    assert "没有叫停" in ask("hold")[1]


def test_a_withdrawal_is_written_and_says_that_nothing_went_out(ask):
    ask("approve", "SC-01", "--as", "王五", "--sources-checked")
    code, said = ask("withdraw", "SC-01", "--as", "赵六", "--why", "案情有变")
    assert (code, "没有发到过任何地方" in said) == (0, True)
    shown = json_of(ask("send", "SC-01", "--to", "jg1", "--dry-run", "--json"))
    assert shown["blocked"] == "内容已由赵六收回：案情有变"


def test_a_roster_goes_in_and_a_bad_one_changes_nothing(typed, home):
    text = "序号,姓名,账号,支部\n1,张三,zhangsan,机关一支部\n"
    (home / "名册.csv").write_bytes(text.encode("gb18030"))
    done = typed("roster", "import", "名册.csv", "--json")
    assert json.loads(done.stdout) == {"members": 1, "targets": {"jg1": 1, "jg2": 0}}
    assert "没有读入" in done.stderr
    (home / "名册.csv").write_text("姓名,账号,手机\n李,li,1\n", "utf-8")
    assert "名册没有改动" in typed("roster", "import", "名册.csv", code=1).stderr


def test_a_dry_run_shows_the_words_and_sends_nothing(ask):
    _, said = ask("send", "SC-01", "--to", "jg1", "--dry-run")
    assert "情景案例·虚构" in said
    assert "未发送" in said
    code, said = ask("send", "SC-01", "--to", "jg1")
    assert (code, "config.toml" in said) == (2, True)


@pytest.mark.parametrize(("name", "start"), [("a.png", b"\x89PNG"), ("a.svg", b"<svg")])
def test_the_summary_is_drawn_into_a_file(ask, home, name, start):
    assert ask("summary", "--picture", name)[0] == 0
    assert (home / name).read_bytes().startswith(start)


def test_a_picture_of_another_sort_is_refused_in_a_sentence(ask):
    code, said = ask("summary", "--picture", "a.jpg")
    assert code == 2
    assert ".jpg" in said


def test_the_summary_begins_with_what_it_is_not_for(ask):
    first = ask("summary")[1].splitlines()[1]  # after the word on the example's configuration
    assert first == "仅用于改进推送内容，不作考核、评比、通报依据"
    answer = json_of(ask("summary", "--json"))
    assert set(answer) >= {"week", "as_of", "headline_week", "total", "items", "targets", "trend"}
    assert answer["total"]["rate"] is None


# -- mistakes ----------------------------------------------------------------------------------

MISTAKES = [
    (2, "foo"),
    (2, "plan", "--foo"),
    (2, "plan", "--days", "x"),
    (1, "plan", "--days", "0"),
    (1, "plan", "--days", "801"),
    (1, "plan", "--from", "2026-13-01"),
    (1, "plan", "--from", "昨天"),
    (1, "plan", "--from", "9999-12-31"),
    (1, "plan", "--from", "2098-12-30"),
    (1, "plan", "--from", "0001-01-01"),
    (2, "plan", "--config", "nope.toml"),
    (2, "plan", "--config", "content"),
    (2, "plan", "--config", "x" * 300),
    (2, "calendar"),
    (2, "calendar", "--year", "1900"),
    (2, "calendar", "--year", "zwei"),
    (1, "send", "SC-99", "--to", "jg1", "--dry-run"),
    (1, "send", "SC-01", "--to", "jg9", "--dry-run"),
    (2, "send", "SC-01"),
    (1, "approve", "SC-99", "--as", "王五", "--sources-checked"),
    (1, "approve", "SC-01", "--as", " ", "--sources-checked"),
    (1, "approve", "SC-01", "--as", "王\n五", "--sources-checked"),
    (1, "approve", "SC-01", "--as", "清风内容组", "--sources-checked"),
    (1, "approve", "SC-01", "--as", "王五", "--step", "../x", "--sources-checked"),
    (1, "approve", "SC-01", "--as", "王五"),
    (2, "approve", "SC-01"),
    (1, "preview", "SC-01", "--channel", "fax"),
    (1, "preview", "SC-01", "--clock", "昨天"),
    (1, "new", "诗", "标题"),
    (1, "new", "转发通报", "没有来源"),
    (1, "new", "更正", "没写更正哪一篇"),
    (2, "form"),
    (1, "form", "SC-99"),
    (2, "form", "SC-01", "-o", "表.pdf"),
    (2, "approve", "--paper", "20260615-1a2b3c"),
    (1, "approve", "--paper", "20260615-1a2b3c", "--signed", "终审=王五"),
    (2, "pack"),
    (1, "pack", "import", "config.example.toml"),
    (1, "hold", "字"),
    (1, "hold", "没有叫停过的", "--lift"),
    (2, "hold", "--lift"),
    (1, "withdraw", "SC-99", "--as", "王五"),
    (1, "withdraw", "SC-01", "--as", "王五", "--why", "因" * 201),
    (1, "correct", "SC-01", "--dry-run"),
    (1, "roster", "import", "nope.csv"),
    (1, "roster", "import", "content"),
    (2, "roster", "export"),
    (1, "summary", "--week", "2026-W99"),
    (1, "summary", "--week", "9999-W52"),
    (1, "summary", "--week", "letzte"),
    (1, "pushes", "--state", "lost"),
    (2, "plan", "--ics", "a.ics", "--html", "a.html"),
    (2, "sandbox", "--port", "99999"),
    (2, "demo", "--port", "-1"),
    (2, "run", "--config", "none.toml"),
    (2, "check", "nope"),
]


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda one: " ".join(one[1:])[:40])
def test_a_mistake_is_answered_in_chinese_without_a_traceback(ask, mistake):
    code, said = ask(*mistake[1:])
    assert code == mistake[0], said
    assert re.search("[\u4e00-\u9fff]{3}", said)
    assert not re.search(r"Traceback|Error|error:|Usage|Invalid|[Nn]o such|required|for help", said)


@pytest.mark.parametrize(
    "text", ["[unit", "[unit]\nnam = 1\n", "\x00", "x = " + "[" * 9000], ids=lambda t: ascii(t)[:12]
)
def test_a_broken_configuration_is_told_and_exits_2(ask, home, text):
    (home / "config.toml").write_text(text, "utf-8")
    for verb in (["plan"], ["check"], ["calendar", "--year", "2026"], ["run"]):
        code, said = ask(*verb)
        assert code == 2
        assert "config.toml" in said


def test_a_damaged_store_is_told_and_kept(ask, home):
    (home / "data").mkdir(exist_ok=True)
    (home / "data" / "qingfeng.json").write_text("{", "utf-8")
    code, said = ask("plan")
    assert code == 2
    assert "已损坏" in said
    assert (home / "data" / "qingfeng.json").read_text("utf-8") == "{"


def test_a_data_folder_that_cannot_be_made_is_told(ask, home):
    shutil.rmtree(home / "data")
    (home / "data").write_text("a file", "utf-8")
    assert ask("plan")[0] == 2


def test_a_missing_content_folder_is_told(ask, home):
    shutil.rmtree(home / "content")
    assert ask("check")[0] == 2
    assert json_of(ask("plan", "--json"))["pushes"] == []


LEFTOVERS = [
    *("{}", "[]", "{", "null", "[1]", '{"port": "x", "token": 1}', "\x00", "[" * 9999),
    *('{"port": Infinity, "token": "x", "pid": 1}', '{"port": 99999999, "token": "x", "pid": 1}'),
    *('{"port": 1, "token": "a\\nb", "pid": 1}', '{"port": 1, "token": "口令", "pid": 1}'),
    *('{"port": 0, "token": "x", "pid": 1}', '{"port": true, "token": "x", "pid": null}'),
]


@pytest.mark.parametrize("text", LEFTOVERS, ids=lambda text: ascii(text)[:40])
def test_a_leftover_of_a_bot_that_died_is_no_hindrance(ask, home, text):
    (home / "data").mkdir(exist_ok=True)
    (home / "data" / "control.json").write_text(text, "utf-8")
    assert ask("plan", "--json")[0] == 0


def test_broken_schedules_do_not_stop_the_calendar(ask, home):
    (home / "schedules" / "nodes.toml").write_text("[x\n", "utf-8")
    code, said = ask("calendar", "--year", "2026")
    assert code == 0
    assert "schedules/nodes.toml:1" in said


def test_run_on_the_untouched_example_names_what_to_fill_in(ask, home):
    shutil.copy(home / "config.example.toml", home / "config.toml")
    code, said = ask("run")
    assert code == 2
    assert said.count("还是样例") == 3


def test_a_pretended_clock_is_for_the_sandbox_only(ask, home):
    shutil.copy(home / "config.example.toml", home / "config.toml")
    code, said = ask("run", "--clock", "2026-06-15T09:00")
    assert code == 2
    assert "演练" in said


@pytest.mark.parametrize("when", ["morgen", "9999-12-31", "0001-01-01T00:00"])
def test_a_sandbox_with_no_such_time_is_told(ask, when):
    code, said = ask("sandbox", "--clock", when)
    assert (code, "不是时间" in said) == (2, True)


def test_a_sandbox_writes_over_no_roster(ask, home):
    (home / "名册.csv").write_text("ours", "utf-8")
    code, said = ask("sandbox", "--port", "0", "--roster", "名册.csv")
    assert (code, "已有同名的文件" in said) == (2, True)
    assert (home / "名册.csv").read_text("utf-8") == "ours"


# -- tables and pipes ------------------------------------------------------------------------------


@pytest.mark.parametrize("columns", ["40", "80"])
def test_a_key_stays_in_one_piece_when_no_terminal_shows_it(typed, columns):
    said = typed("plan", "--from", "2026-09-10", COLUMNS=columns).stdout
    keys = [
        p["key"]
        for p in json.loads(typed("plan", "--from", "2026-09-10", "--json").stdout)["pushes"]
    ]
    assert keys
    assert [key for key in keys if said.count(f" {key} ") != 1] == []


def test_the_plan_speaks_of_texts_groups_and_occasions_by_name(ask):
    said = ask("plan", "--from", "2026-09-10", "--days", "30")[1]
    (main,) = [line for line in said.splitlines() if " mid-autumn-2026_main@jg1 " in line]
    told = json_of(ask("plan", "--from", "2026-09-10", "--json"))
    (push,) = [one for one in told["pushes"] if one["key"] == "mid-autumn-2026_main@jg1"]
    assert f"{push['item']} {told['titles'][push['item']]}" in main
    assert "节前一句话 中秋" in said
    assert "机关一支部" in said
    assert "周一学习提示" in said
    silent = [line for line in said.splitlines() if line.startswith("不推送")]
    assert silent
    assert not [line for line in silent if line.startswith(("不推送  monday", "不推送  friday"))]
    assert "暂按法定假日推算" in ask("plan", "--from", "2027-09-01")[1]


def test_the_plan_says_which_line_of_the_schedules_it_could_not_use(ask, home):
    nodes = home / "schedules" / "nodes.toml"
    nodes.write_text(nodes.read_text("utf-8") + '\n[zz]\nname = "甲"\ndate = "2-30"\n', "utf-8")
    code, said = ask("plan", "--from", "2026-09-10")
    assert code == 0
    assert "没有用上  schedules/nodes.toml:" in said
    assert "[zz] 的日期不存在" in said
    nodes.write_bytes(b"\xff\xfe\0")  # no line to name
    assert "没有用上  schedules/nodes.toml  文字编码" in ask("plan", "--from", "2026-09-10")[1]


@pytest.mark.skipif(os.name == "nt", reason="needs POSIX signals")
def test_a_bot_outlives_the_reader_of_its_words(home):
    """`qingfeng run | head -1`: the pipe breaks, the reminders still go."""
    port = free_port()
    (home / "config.toml").write_text(
        f'[wecom]\nbase_url = "http://127.0.0.1:9"\n[web]\nport = {port}\n'
        '[target.jg1]\nchannel = "webhook"\nwebhook = "https://example.org/?key=abc"\n',
        "utf-8",
    )
    command = [QINGFENG, "run", "--clock", "2026-06-14T12:00"]  # a Sunday
    with (home / "err").open("wb") as err, (home / "out").open("wb") as out:
        ours, theirs = os.pipe()
        os.close(ours)  # nobody reads
        bot = subprocess.Popen(command, cwd=home, stdout=theirs, stderr=err)
        os.close(theirs)
        try:
            for _ in range(100):
                if (home / "data" / "control.json").exists() or bot.poll() is not None:
                    break
                time.sleep(0.1)
            time.sleep(1.0)
            assert bot.poll() is None, (home / "err").read_text("utf-8")
            said = subprocess.run([QINGFENG, "pushes"], cwd=home, stdout=out, check=False)
            assert said.returncode == 0
        finally:
            bot.terminate()
            code = bot.wait(10)
    assert code == 0
    assert "Traceback" not in (home / "err").read_text("utf-8")


# -- words and weight --------------------------------------------------------------------------


def verbs(group: click.Group = cli.main, path: tuple[str, ...] = ()):
    yield path
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from verbs(command, (*path, name))
        else:
            yield (*path, name)


@pytest.mark.parametrize("verb", list(verbs()), ids=" ".join)
def test_help_is_chinese_and_has_an_example(ask, verb):
    code, said = ask(*verb, "--help")
    assert code == 0
    assert "用法：" in said
    english = re.findall(r"[A-Z]?[a-z]{3,}(?: [a-z]+){2,}|Options|Commands|Usage|required", said)
    assert [one for one in english if not one.startswith("qingfeng")] == []
    if verb not in ((), ("roster",)):
        assert "例：qingfeng " + " ".join(verb) in said


def test_no_argument_at_all_shows_the_help(ask):
    code, said = ask()
    assert code == 2
    assert said.startswith("用法：")
    assert "没有“”" not in said


def test_the_version_says_its_name(qingfeng):
    assert re.fullmatch(r"清风 \d+\.\d+\.\d+\n", qingfeng("--version").stdout)


def test_every_sentence_of_the_command_line_is_chinese():
    """A literal of three English words in a row is a sentence that escaped translation."""
    said = []
    rooms = [*(ROOT / "bot" / "cli").glob("*.py"), *(ROOT / "bot" / "verbs").glob("*.py")]
    for path in [*rooms, ROOT / "bot" / "app.py"]:
        tree = ast.parse(path.read_text("utf-8"))
        docs = {ast.get_docstring(node, clean=False) for node in ast.walk(tree) if _has_doc(node)}
        said += [
            node.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
            if node.value not in docs and re.search(r"[a-z]+ [a-z]+ [a-z]+", node.value)
        ]
    allowed = {*shell._CLICK_SAYS, "unknown %s: the process died"}
    assert [one for one in said if one not in allowed] == []


def _has_doc(node: ast.AST) -> bool:
    return isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)


def test_nothing_heavy_is_imported_before_a_verb_needs_it():
    heavy = "httpx starlette apscheduler tinydb rich uvicorn wechatpy markdown_it yaml jinja2"
    code = f"import sys, bot.cli; print([m for m in {heavy.split()} if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_a_console_that_lacks_a_character_gets_a_stand_in(qingfeng):
    assert "\\u" in qingfeng("check", PYTHONIOENCODING="latin-1", PYTHONUTF8="0").stdout


def test_a_pasted_notice_becomes_the_year_and_a_slip_changes_nothing(ask, home):
    text = (ROOT / "tests" / "core" / "notices" / "2026.txt").read_text("utf-8")
    (home / "通知.txt").write_bytes(text.replace("共9天", "共8天").encode("gb18030"))
    code, said = ask("calendar", "import", "通知.txt", "--yes")
    assert (code, "写着共8天，数下来是9天" in said) == (1, True)
    assert not (home / "schedules" / "overrides" / "2026.toml").exists()
    (home / "通知.txt").write_text(text, "utf-8")
    assert json_of(ask("calendar", "import", "通知.txt", "--json"))["written"] is None
    answer = json_of(ask("calendar", "import", "通知.txt", "--yes", "--json"))
    assert answer["written"] == "schedules/overrides/2026.toml"
    days = json_of(ask("calendar", "--year", "2026", "--json"))["days"]
    assert {day["source"] for day in days if day["date"] == "2026-02-16"} == {"override"}


def test_a_year_of_the_plan_is_a_calendar_that_a_standard_parser_reads(ask, home):
    from icalendar import Calendar

    span = ("--from", "2026-01-01", "--days", "365")
    assert ask("plan", *span, "--ics", "plan.ics")[0] == 0
    events = Calendar.from_ical((home / "plan.ics").read_bytes()).walk("VEVENT")
    told = json_of(ask("plan", *span, "--json"))["pushes"]
    stems = {push["key"].rpartition("@")[0] for push in told}
    assert len(stems) > 60
    assert {
        str(event["uid"]).removesuffix("@qingfeng").partition("@")[0] for event in events
    } == stems
    first = min(event.decoded("dtstart") for event in events)
    assert first == datetime.fromisoformat(min(push["due"] for push in told))


def test_the_sheet_for_signature_has_its_twelve_months_and_hides_no_mark(ask, home):
    shutil.copy(home / "content/cases/SC-01-老同学聚会谁买的单.md", home / "content/cases/x.md")
    path = home / "content" / "cases" / "x.md"
    text = path.read_text("utf-8").replace("编号: SC-01", "编号: X").replace("谁买的单", "<b>单")
    path.write_text(text, "utf-8")
    ask("plan", "--from", "2026-01-01", "--days", "365", "--html", "plan.html")
    page = (home / "plan.html").read_text("utf-8")
    assert page.count("<h2>2026年") == 12
    assert "仅用于改进推送内容，不作考核、评比、通报依据" in page
    assert "签发：" in page
    assert "<b>单" not in page


def test_a_diff_tells_what_an_edit_changed(ask, home):
    span = ("--from", "2026-09-10", "--days", "30")
    assert "先运行 qingfeng plan" in ask("plan", *span, "--diff")[1]
    before = json_of(ask("plan", *span, "--json"))["pushes"]
    assert json_of(ask("plan", *span, "--diff", "--json"))["diff"] == []
    nodes = home / "schedules" / "nodes.toml"
    text = nodes.read_text("utf-8")
    nodes.write_text(
        text.replace('date = "10-1"\nearly = 10\nmain = 4', 'date = "10-1"\non = false'), "utf-8"
    )
    found = json_of(ask("plan", *span, "--diff", "--json"))["diff"]
    assert {"key": "national-day-2026_final@jg1", "change": "去掉"}.items() <= next(
        one for one in found if one["key"] == "national-day-2026_final@jg1"
    ).items()
    assert any(push["key"] == "national-day-2026_final@jg1" for push in before)
