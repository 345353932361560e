"""What somebody who writes to the bot wants (bot/inbox/wishes.py)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.inbox.wishes import Wish, WishKind, wish_of


@pytest.mark.parametrize(
    ("text", "kind", "words"),
    [
        ("帮助", WishKind.HELP, ""),
        ("  您好！ ", WishKind.HELP, ""),
        ("", WishKind.HELP, ""),
        ("本周", WishKind.WEEK, ""),
        ("下一个节点", WishKind.NODE, ""),
        ("我的记录", WishKind.RECORD, ""),
        ("删除我的记录", WishKind.FORGET, ""),
        ("已阅。", WishKind.READ, ""),
        ("搜索 购物卡", WishKind.SEARCH, "购物卡"),
        ("搜索：购物卡", WishKind.SEARCH, "购物卡"),
        ("能不能收购物卡", WishKind.SEARCH, "能不能收购物卡"),
        ("建议 多发些故事", WishKind.SUGGEST, "多发些故事"),
        ("提个建议：多发些故事", WishKind.SUGGEST, ""),
        ("确认删除我的记录", WishKind.FORGET_SURE, ""),
        ("看全文 mid-autumn-2026_main@jg1", WishKind.WHOLE, "mid-autumn-2026_main@jg1"),
        ("建议", WishKind.SUGGEST, ""),
    ],
)
def test_a_person_alone_with_the_bot_is_understood(text, kind, words):
    assert wish_of(text, group=False) == Wish(kind=kind, words=words)


@pytest.mark.parametrize(
    "text",
    [
        "我要举报某科长",
        "搜索 举报电话",
        "建议查一查某人",
        "我收了人家两条烟怎么办",
        "上次送了他一张卡",
        "想反映一个情况",
    ],
)
def test_what_sounds_like_a_report_or_a_confession_is_told_apart_and_its_words_dropped(text):
    assert wish_of(text, group=False) == Wish(kind=WishKind.TIP)


def test_the_office_may_add_words_of_its_own():
    assert wish_of("爆料一件事", group=False).kind is WishKind.SEARCH
    assert wish_of("爆料一件事", group=False, tip_words={"爆料"}).kind is WishKind.TIP


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("@廉小助 绑定", WishKind.BIND),
        ("@廉小助 绑定 机关一支部", WishKind.BIND),
        ("@廉小助 已阅", WishKind.READ),
        ("@廉小助 帮助", WishKind.PRIVATELY),
        ("@廉小助 我要举报某人", WishKind.PRIVATELY),
        ("@廉小助 @王五 能不能收购物卡", WishKind.PRIVATELY),
        ("@廉小助 我的记录", WishKind.PRIVATELY),
    ],
)
def test_in_a_group_nothing_is_discussed(text, kind):
    assert wish_of(text, group=True) == Wish(kind=kind)


@given(st.text(max_size=200), st.booleans())
def test_no_text_raises_and_a_group_s_words_are_never_kept(text, group):
    wish = wish_of(text, group=group)
    assert not (group and wish.words)
    assert not (wish.kind is WishKind.TIP and wish.words)
