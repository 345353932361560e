"""The plan on paper: each thing said once, and nothing of it taken for markup."""

from bot.core import messages
from bot.core.skips import skipped
from bot.report import outlook

NAMES = {"jg1": "机关一支部", "jg2": "机关二支部", "monday": "周一学习提示", "qm": "清明"}


def entry(target="jg1", **more):
    fields = {
        "key": f"monday-2027W01_main@{target}",
        "due": "2027-01-04T09:16:00+08:00",
        "rule": "monday",
        "node": "",
        "part": "main",
        "item": "SP-1",
        "target": target,
        "provisional": False,
        "blocked": None,
        "reason": None,
    }
    return {**fields, **more}


def skip(date, target="", rule="monday", reason="当天放假"):
    return {"date": date, "rule": rule, "target": target, "reason": reason}


def sheet(*pushes, skips=()):
    answer = {"pushes": list(pushes), "skipped": list(skips)}
    return outlook.as_sheet(answer, {"SP-1": "一句<安排>"}, NAMES, "某局")


def test_a_line_says_day_text_occasion_and_all_its_targets():
    made = sheet(entry("jg1"), entry("jg2"))
    assert "<h2>2027年1月</h2>" in made
    assert made.count("一句&lt;安排&gt;<small>周一学习提示</small>") == 1
    assert "机关一支部、机关二支部" in made
    assert "<i>01-04</i> <i>周一</i> <i>09:16</i>" in made
    assert "width=device-width" in made


def test_that_days_are_an_estimate_is_said_once_and_marked_where_it_holds():
    made = sheet(
        entry(provisional=True, blocked="内容未经审批"),
        entry(key="qm-2027_main@jg1", rule="", node="qm", due="2027-03-26T09:16:00+08:00"),
    )
    assert made.count(messages.PROVISIONAL) == 1
    assert "<i>01-04*</i>" in made
    assert "<i>03-26</i>" in made
    assert made.count("内容未经审批") == 1
    assert messages.PROVISIONAL not in sheet(entry())


def test_what_is_not_sent_is_listed_by_its_reason_with_its_days():
    skips = [skip("2027-01-04", "jg1"), skip("2027-01-04", "jg2"), skip("2027-02-08")]
    skips += [skip("2028-01-03"), skip("2027-01-11", reason="没有文字")]
    assert skipped(skips) == [
        ("monday", "当天放假", "2027-01-04、02-08、2028-01-03", ("jg1", "jg2")),
        ("monday", "没有文字", "2027-01-11", ()),
    ]
    made = sheet(entry(), skips=skips)
    assert made.count("当天放假") == 1
    assert "<td>2027-01-04、02-08、2028-01-03</td><td>周一学习提示</td>" in made
