"""The reviewer's page: a link and a PIN, one tap, and nothing that a link alone can do."""

from __future__ import annotations

import asyncio
import json
import logging
import re
from dataclasses import replace
from datetime import timedelta
from html import unescape

import pytest

from bot.core import messages
from bot.engine.preview import CHANNELS
from bot.library import approvals, reviewers
from bot.verbs import VERBS, Mistake
from bot.web.shown import WAYS
from tests.disk import full_disk
from tests.engine.office import moment, office

PIN = "204816"
FROM_HERE = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture
async def desk(tmp_path):
    async with office(tmp_path, approved=False, port=8650) as built:
        yield built


async def ask(desk, verb, **params):
    return await VERBS[verb](desk.house.bureau, desk.clock.now(), params)


async def link_of(desk, who: str = "王五", **more) -> str:
    return (await ask(desk, "reviewers-link", who=who, pin=PIN, **more))["url"]


def blocked(desk, item: str) -> str:
    return desk.house.bureau.library(desk.clock.now().date()).blocked[item]


def edit(desk, item: str, before: str, after: str) -> None:
    path = next((desk.home / "content").glob(f"*/{item}-*.md"))
    text = path.read_text("utf-8")
    assert before in text
    path.write_text(text.replace(before, after), "utf-8")


async def form_of(desk, url: str, item: str = "SC-01", **fields) -> dict[str, str]:
    """Open a text's page and return its form, filled in."""
    html = (await desk.door.get(f"{url}/{item}")).text
    hidden = re.findall(r'name="(ticket)" value="([^"]+)"', html)
    plain = {"said": "agree", "pin": PIN, "sources": "on"}
    return {**dict(hidden), **plain, **fields}


async def say(desk, url: str, item: str = "SC-01", headers=FROM_HERE, **fields):
    form = await form_of(desk, url, item, **fields)
    return await desk.door.post(f"{url}/{item}", data=form, headers=headers)


def two_steps(desk) -> None:
    object.__setattr__(desk.house.bureau.shelf.folders, "steps", ("初审", "终审"))


# -- what is shown ---------------------------------------------------------------------------------


async def test_the_list_names_every_text_that_waits_for_this_reviewer_and_the_step(desk):
    answer = await desk.door.get(await link_of(desk))
    assert answer.status_code == 200
    for item_id in ("SC-01", "N06", "AM-03"):
        assert item_id in answer.text
    assert "终审" in answer.text
    assert "待您审核 15 篇" in answer.text


async def test_a_text_is_shown_as_the_phone_shows_it_with_findings_and_what_changed(desk):
    await desk.approve("SC-01")
    edit(desk, "SC-01", "二百", "三百")
    url = await link_of(desk)
    html = unescape((await desk.door.get(f"{url}/SC-01")).text)
    assert html.count("wx-bubble") >= 2
    assert "wx-markdown" in html
    assert "wx-card" in html
    assert "12388" in html
    assert re.search(r'class="old">.*?<mark>二</mark>', html, re.DOTALL)
    assert re.search(r'class="new">.*?<mark>三</mark>', html, re.DOTALL)
    assert "没有发现问题" in html
    edit(desk, "SC-01", "## 怎么做", "!!!!\n\n## 怎么做")
    assert "没有发现问题" not in (await desk.door.get(f"{url}/SC-01")).text


@pytest.mark.parametrize("channel", CHANNELS)
async def test_every_way_a_unit_may_send_by_is_shown_and_no_other(desk, channel):
    bureau = desk.house.bureau
    only = tuple(replace(target, channel=channel) for target in bureau.targets[:1])
    object.__setattr__(bureau, "targets", only)
    html = (await desk.door.get(f"{await link_of(desk)}/SC-01")).text
    [heading] = re.findall(r"<figcaption>(.*?)</figcaption>", html)
    assert heading in WAYS.values(), "in words, not by its key"
    assert html.count("wx-bubble") == 1


async def test_words_of_an_author_are_data_on_the_page(desk):
    edit(desk, "SC-01", "起草: 清风内容组", "起草: <script>alert(1)</script>")
    url = await link_of(desk)
    for page in (url, f"{url}/SC-01"):
        answer = await desk.door.get(page)
        assert "<script" not in answer.text
        assert "&lt;script&gt;" in answer.text


async def test_every_answer_is_kept_nowhere_and_runs_no_script(desk):
    url = await link_of(desk)
    answers = [
        await desk.door.get(url),
        await desk.door.get(f"{url}/SC-01"),
        await desk.door.get(f"{url}x"),
        await say(desk, url, pin="999998"),
    ]
    for answer in answers:
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["referrer-policy"] == "same-origin"
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "script" not in policy
        assert "set-cookie" not in answer.headers
        assert " style=" not in answer.text


# -- saying yes and no -----------------------------------------------------------------------------


async def test_a_tap_and_the_pin_approve_and_the_file_says_how_identity_was_shown(desk):
    answer = await say(desk, await link_of(desk))
    assert answer.status_code == 303
    assert (
        "已登记：同意"
        in (await desk.door.get(f"http://127.0.0.1:8650{answer.headers['location']}")).text
    )
    assert blocked(desk, "SC-01") == ""
    [path] = (desk.home / "content" / "approvals" / "SC-01").glob("*.toml")
    assert 'how = "个人链接+口令"' in path.read_text("utf-8")
    assert 'who = "王五"' in path.read_text("utf-8")
    last = (await desk.house.bureau.store.audits())[-1].entry
    assert (last.what, last.about, last.who) == ("approved", "SC-01", "王五")
    assert last.detail["how"] == "个人链接+口令"


async def test_the_last_step_asks_for_the_check_of_the_sources_and_an_earlier_one_does_not(desk):
    two_steps(desk)
    first, second = await link_of(desk, "李四"), await link_of(desk, "王五")
    page = (await desk.door.get(f"{first}/SC-01")).text
    assert "来源核对" not in page
    assert (await say(desk, first, sources="")).status_code == 303
    answer = await say(desk, second, sources="")
    assert answer.status_code == 422
    assert "须勾选" in answer.text
    assert blocked(desk, "SC-01") == "内容还差 终审"
    assert (await say(desk, second)).status_code == 303
    assert blocked(desk, "SC-01") == ""


async def test_one_person_takes_one_step_and_no_author_any(desk):
    two_steps(desk)
    url, author = await link_of(desk, "李四"), await link_of(desk, "清风内容组")
    form = await form_of(desk, url)
    assert (await say(desk, url)).status_code == 303
    again = await desk.door.post(f"{url}/SC-01", data=form, headers=FROM_HERE)
    assert again.status_code == 409
    assert blocked(desk, "SC-01") == "内容还差 终审"
    assert "没有等您审的内容" in (await desk.door.get(author)).text


async def test_a_link_may_be_for_some_steps_only(desk):
    two_steps(desk)
    url = await link_of(desk, "王五", steps=["终审"])
    assert "没有等您审的内容" in (await desk.door.get(url)).text
    with pytest.raises(Mistake, match="没有“会签”这个审批环节"):
        await link_of(desk, "王五", steps=["会签"])


async def test_a_text_changed_meanwhile_is_refused_and_the_new_one_is_shown(desk):
    url = await link_of(desk)
    form = await form_of(desk, url)
    edit(desk, "SC-01", "二百", "三百")
    answer = await desk.door.post(f"{url}/SC-01", data=form, headers=FROM_HERE)
    assert answer.status_code == 409
    assert "又改过了" in answer.text
    assert "三百" in answer.text
    assert blocked(desk, "SC-01") == "内容未经审批"
    new = dict(re.findall(r'name="(ticket)" value="([^"]+)"', answer.text))
    assert new["ticket"] != form["ticket"]


async def test_a_form_for_one_step_is_not_taken_for_the_next(desk):
    two_steps(desk)
    first, other = await link_of(desk, "李四"), await link_of(desk, "王五")
    form = await form_of(desk, other)
    assert (await say(desk, first)).status_code == 303
    answer = await desk.door.post(f"{other}/SC-01", data=form, headers=FROM_HERE)
    assert answer.status_code == 409
    assert blocked(desk, "SC-01") == "内容还差 终审"


async def test_a_return_takes_a_reason_and_is_kept_until_the_text_is_another(desk):
    url = await link_of(desk)
    answer = await say(desk, url, said="return", why=" ")
    assert answer.status_code == 422
    answer = await say(desk, url, said="return", why="第二段金额与来源不符")
    assert answer.status_code == 303
    assert blocked(desk, "SC-01") == "内容已由王五退回：第二段金额与来源不符"
    last = (await desk.house.bureau.store.audits())[-1].entry
    assert (last.what, last.who, last.detail["how"]) == ("returned", "王五", "个人链接+口令")
    assert "第二段金额与来源不符" in (await desk.door.get(url)).text, (
        "it is told who waits for whom"
    )
    assert (await desk.door.get(f"{url}/SC-01")).status_code == 404
    edit(desk, "SC-01", "二百", "三百")
    assert "SC-01" in (await desk.door.get(f"{url}/SC-01")).text
    assert (await say(desk, url)).status_code == 303
    assert blocked(desk, "SC-01") == ""


async def test_a_returned_text_is_not_approved_by_silence_on_any_way(desk):
    made = await ask(desk, "form", items=["SC-01"])
    await say(desk, await link_of(desk), said="return", why="不妥")
    plain = {"item": "SC-01", "who": "赵六", "sources_checked": True}
    with pytest.raises(Mistake, match="--despite-return"):
        await ask(desk, "approve", **plain)
    paper = await ask(desk, "approve-paper", number=made["number"], signed={"终审": "赵六"})
    assert "退回" in paper["refused"]["SC-01"]
    await ask(desk, "approve", **plain, despite_return=True)
    assert blocked(desk, "SC-01") == ""


# -- the link and the PIN --------------------------------------------------------------------------


async def test_neither_the_link_nor_the_pin_is_kept_as_it_is_or_logged(desk, caplog):
    caplog.set_level(logging.DEBUG)
    url = await link_of(desk)
    await say(desk, url, pin="999998")
    await say(desk, url)
    token = url.rpartition("/")[2]
    kept = (desk.home / "data" / "reviewers.json").read_text("utf-8")
    assert (desk.home / "data" / "reviewers.json").stat().st_mode & 0o777 == 0o600
    trail = json.dumps(
        [vars(one.entry) for one in await desk.house.bureau.store.audits()], default=str
    )
    ours = [record.getMessage() for record in caplog.records if not record.name.startswith("httpx")]
    for text in (kept, trail, "\n".join(ours)):
        assert token not in text
        assert PIN not in text


async def test_five_wrong_pins_lock_the_link_and_the_administrator_is_told(desk):
    url = await link_of(desk)
    for _ in range(4):
        assert (await say(desk, url, pin="999998")).status_code == 403
    answer = await say(desk, url, pin="999998")
    assert "已锁定" in answer.text
    form = {"pin": PIN, "said": "agree"}
    answer = await desk.door.post(f"{url}/SC-01", data=form, headers=FROM_HERE)
    assert "已锁定" in answer.text, "the right PIN opens nothing now"
    assert blocked(desk, "SC-01") == "内容未经审批"
    [row] = (await ask(desk, "reviewers"))["reviewers"]
    assert "已锁定" in row["closed"]
    assert any(push.rule == "reviewer-locked" for push in (await desk.pushes()).values())
    trail = [one.entry for one in await desk.house.bureau.store.audits()]
    assert [one.detail["did"] for one in trail] == ["发给链接", "口令连续输错，链接锁定"]
    again = await link_of(desk)
    assert (await desk.door.get(url)).status_code == 404
    assert (await say(desk, again)).status_code == 303


async def test_guesses_side_by_side_win_no_more_than_one_after_the_other(desk):
    url = await link_of(desk)
    form = await form_of(desk, url)
    guesses = [f"{n:06d}" for n in range(100000, 100012)] + [PIN]
    await asyncio.gather(
        *(
            desk.door.post(f"{url}/SC-01", data={**form, "pin": pin}, headers=FROM_HERE)
            for pin in guesses
        )
    )
    assert blocked(desk, "SC-01") == "内容未经审批"
    [one] = reviewers.read(desk.home / "data")
    assert one.locked is not None


async def test_five_guesses_of_which_nobody_knows_the_end_open_no_sixth(desk):
    url = await link_of(desk)
    form = await form_of(desk, url)
    [one] = reviewers.read(desk.home / "data")
    for _ in range(5):  # counted, then the process was killed while it looked at them
        one = reviewers.tried(one, desk.clock.now())
    reviewers.write(desk.home / "data", [one])
    answer = await desk.door.post(f"{url}/SC-01", data=form, headers=FROM_HERE)
    assert answer.status_code == 403
    assert blocked(desk, "SC-01") == "内容未经审批"
    assert reviewers.read(desk.home / "data")[0].locked is not None


async def test_a_right_pin_forgives_the_wrong_ones_before_it(desk):
    url = await link_of(desk)
    await say(desk, url, pin="999998")
    assert len(reviewers.read(desk.home / "data")[0].wrong) == 1
    assert (await say(desk, url)).status_code == 303
    assert reviewers.read(desk.home / "data")[0].wrong == ()


@pytest.mark.parametrize(("minutes", "locks_at"), [(1, 5), (3, 5), (4, reviewers.WRONG_IN_ALL)])
def test_quick_guesses_lock_at_five_and_slow_ones_at_twenty(minutes, locks_at):
    now = moment("2026-06-15 09:00")
    one = reviewers.Reviewer(
        name="王五", link="", salt="", pin="", made=now, expires=now + timedelta(days=9)
    )
    tries = 0
    while not one.guessed_too_often:
        one, tries = reviewers.tried(one, now + timedelta(minutes=tries * minutes)), tries + 1
    assert tries == locks_at


async def test_a_link_that_was_altered_taken_back_or_has_ended_opens_nothing(desk):
    url = await link_of(desk, days=30)
    for altered in (url[:-1], url + "A", url[:-4] + "AAAA"):
        answer = await desk.door.get(altered)
        assert answer.status_code == 404
        assert "王五" not in answer.text
    form = await form_of(desk, url)
    desk.clock.jump(desk.clock.now() + timedelta(days=30))
    answer = await desk.door.post(f"{url}/SC-01", data=form, headers=FROM_HERE)
    assert answer.status_code == 403
    assert "到期" in answer.text
    url = await link_of(desk)
    await ask(desk, "reviewers-revoke", who="王 五")
    assert (await desk.door.get(url)).status_code == 404
    assert (await desk.door.post(f"{url}/SC-01", data=form, headers=FROM_HERE)).status_code == 404
    assert blocked(desk, "SC-01") == "内容未经审批"


async def test_where_no_address_can_be_known_no_link_is_given(tmp_path):
    async with office(tmp_path, approved=False) as desk:  # port 0, no public address
        with pytest.raises(Mistake, match="public_url"):
            await link_of(desk)
        assert reviewers.read(desk.home / "data") == []


@pytest.mark.parametrize("pin", ["12345", "123456", "000000", "112211", "abcdef", "1234567890123"])
async def test_a_pin_that_is_easy_to_guess_is_refused(desk, pin):
    with pytest.raises(Mistake, match="口令"):
        await ask(desk, "reviewers-link", who="王五", pin=pin)


async def test_a_pin_that_the_program_gives_is_never_the_same_one_nor_a_weak_one(desk):
    given = [(await ask(desk, "reviewers-link", who=f"审{n}"))["pin"] for n in range(5)]
    assert len(set(given)) == 5
    assert not any(map(reviewers.weak, given))


@pytest.mark.parametrize(
    ("headers", "passes"),
    [
        ({"Sec-Fetch-Site": "cross-site"}, False),
        ({"Sec-Fetch-Site": "same-site"}, False),
        ({"Origin": "https://evil.example"}, False),
        ({"Origin": "null"}, False),
        ({"Origin": "http://127.0.0.1:8650"}, True),
        ({}, True),  # an old phone tells neither: the ticket and the PIN still stand
    ],
)
async def test_a_form_of_another_site_says_nothing(desk, headers, passes):
    answer = await say(desk, await link_of(desk), headers=headers)
    assert (answer.status_code == 303) is passes
    assert (blocked(desk, "SC-01") == "") is passes


async def test_a_ticket_of_another_link_or_another_text_says_nothing(desk):
    mine, other = await link_of(desk), await link_of(desk, "李四")
    for url, item in ((other, "SC-01"), (mine, "SC-08")):
        form = await form_of(desk, url, item)
        answer = await desk.door.post(f"{mine}/SC-01", data=form, headers=FROM_HERE)
        assert answer.status_code == 409
    assert blocked(desk, "SC-01") == "内容未经审批"


async def test_looking_changes_nothing(desk):
    url = await link_of(desk)

    def state():
        return {
            path: path.read_bytes()
            for folder in ("data", "content")
            for path in (desk.home / folder).rglob("*")
            if path.is_file()
        }

    await desk.door.get(f"{url}/SC-01")
    before = state()
    for _ in range(2):
        for page in (url, f"{url}?said=agreed", f"{url}/SC-01?said=agree&pin={PIN}", f"{url}/nix"):
            await desk.door.get(page)
            await desk.door.head(page)
    assert state() == before


async def test_a_form_too_large_or_garbled_is_refused(desk):
    url = await link_of(desk)
    assert (await say(desk, url, why="长" * 9000)).status_code == 413
    garbled = [b"\xff\xfe=%zz&&&", b"a=1&" * 50, b"{}", b"pin=%00&said=agree"]
    for body in garbled:
        answer = await desk.door.post(f"{url}/SC-01", content=body, headers=FROM_HERE)
        assert answer.status_code in (403, 409), body
    assert blocked(desk, "SC-01") == "内容未经审批"


async def test_a_full_disk_is_said_and_nothing_is_approved(desk):
    url = await link_of(desk)
    form = await form_of(desk, url)
    with full_disk():
        answer = await desk.door.post(f"{url}/SC-01", data=form, headers=FROM_HERE)
    assert answer.status_code == 507
    assert "没有登记" in answer.text
    assert blocked(desk, "SC-01") == "内容未经审批"


async def test_a_list_of_links_that_cannot_be_read_lets_nobody_in(desk):
    url = await link_of(desk)
    (desk.home / "data" / "reviewers.json").write_text('[{"name": "王五"}]', "utf-8")
    assert (await desk.door.get(url)).status_code == 507


async def test_where_review_is_off_nothing_waits(desk):
    object.__setattr__(desk.house.bureau, "review", False)
    assert "没有开启审批" in (await desk.door.get(await link_of(desk))).text


def test_the_file_says_personal_link_as_the_design_does():
    assert approvals.PERSONAL_LINK == "个人链接+口令"


async def test_a_fault_of_ours_is_a_page_in_words_here_too(desk, caplog):
    url, works = await link_of(desk), desk.house.web.state.doors

    async def fails(verb, params):
        raise RuntimeError("secret of the inside")

    desk.house.web.state.doors = replace(works, control=fails)
    for answer in (await desk.door.get(url), await say(desk, url, ticket="x")):
        assert answer.status_code == 500
        assert messages.OUR_FAULT in answer.text
        assert "secret" not in answer.text
    assert "secret of the inside" in caplog.text
