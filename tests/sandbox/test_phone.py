"""Any WeCom message as HTML, and nothing in it can run (wecom/api.md §1.2, §3.3)."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.sandbox.phone import STYLES, File, TapForm, bubble
from bot.sandbox.records import CardState

from .house import button_card

EVIL = """<script>alert(1)</script><img src=x onerror=alert(1)>"'><svg onload=alert(1)>
[x](javascript:alert(1)) [y](data:text/html,1) ![z](javascript:alert(1))
<a href="javascript:1">k</a>"""
FORM = TapForm(action="/tap", fields={"who": "zhang"})
SAFE_TAGS = """
div span p a br img h1 h2 h3 h4 h5 h6 strong em code pre blockquote ul ol li hr table thead tbody
tr th td dl dt dd form input button label select option fieldset legend details summary video
""".split()  # noqa: SIM905 - forty quoted words would read worse


class Reader(HTMLParser):
    """Collects what a browser would make of a fragment."""

    def __init__(self, fragment):
        super().__init__()
        self.tags, self.attributes = set(), []
        self.feed(fragment)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]


def harmless(fragment):
    read = Reader(fragment)
    assert read.tags <= set(SAFE_TAGS)
    for tag, name, value in read.attributes:
        assert not name.startswith("on")
        if name == "href":
            assert value.startswith(("http://", "https://"))
        if name == "src":
            assert value.startswith(("http://", "https://", "data:image/"))
        if tag == "a" and name == "rel":
            assert "noopener" in value


def md(content, kind="markdown"):
    return bubble({"msgtype": kind, kind: {"content": content}})


@pytest.mark.parametrize(
    ("source", "made"),
    [
        ("# 一级", "<h1>一级</h1>"),
        ("###### 六级", "<h6>六级</h6>"),
        ("#没有空格", '<div class="wx-line">#没有空格</div>'),
        ("####### 七个", '<div class="wx-line">####### 七个</div>'),
        ("**粗**", '<div class="wx-line"><strong>粗</strong></div>'),
        ("`码**不粗**`", '<div class="wx-line"><code>码**不粗**</code></div>'),
        ("> 引\n> 用", "<blockquote>引<br>用</blockquote>"),
        ('**<font color="info">绿</font>**', '<strong><span class="wx-info">绿</span></strong>'),
        ('<font color="warning">红</font>', '<span class="wx-warning">红</span>'),
        ('<font color="comment">灰</font>', '<span class="wx-comment">灰</span>'),
        ('<font color="red">红</font>', "&lt;font color=&quot;red&quot;&gt;红&lt;/font&gt;"),
        ("*斜*", '<div class="wx-line">*斜*</div>'),
        ("- 列表", '<div class="wx-line">- 列表</div>'),
        ("1. 列表", '<div class="wx-line">1. 列表</div>'),
        ("---", '<div class="wx-line">---</div>'),
        ("![图](https://a.example/1.png)", '!<a href="https://a.example/1.png"'),
        ("| 甲 | 乙 |", '<div class="wx-line">| 甲 | 乙 |</div>'),
        ("```", '<div class="wx-line">```</div>'),
        ("<@zhang>", '<span class="wx-mention">@zhang</span>'),
        ("[文](javascript:alert(1))", "[文](javascript:alert(1))"),
    ],
)
def test_markdown_knows_six_constructs_and_shows_the_rest_as_it_is(source, made):
    assert made in md(source)


def test_a_link_opens_without_an_opener():
    made = md("[看](https://a.example/?a=1&b=2)")
    assert 'href="https://a.example/?a=1&amp;b=2" target="_blank" rel="noopener noreferrer"' in made


@pytest.mark.parametrize(
    ("source", "made"),
    [
        ("*斜*", "<em>斜</em>"),
        ("- 甲\n  - 乙", "<ul>"),
        ("1. 甲", "<ol>"),
        ("---", "<hr>"),
        ("|甲|乙|\n|--|--|\n|1|2|", "<table>"),
        ("```\n码\n```", "<pre><code>码"),
        (">> 二层", "<blockquote>"),
        ("![图](https://a.example/1.png)", '<img src="https://a.example/1.png"'),
        ("<@zhang>", "&lt;@zhang&gt;"),
        ('<font color="info">绿</font>', "&lt;font"),
        ("|甲|\n|--:|\n|1|", '<td class="wx-right">1</td>'),
        ("* 甲", "<p>* 甲</p>"),
        ("_斜_ __粗__", "<p>_斜_ __粗__</p>"),
        ("***", "<p>***</p>"),
        ("    缩进", "<p>缩进</p>"),
        ("题\n===", "<p>题<br>\n===</p>"),
        ("&lt;", "<p>&amp;lt;</p>"),
        (">>> 三\n>>>> 四", "&gt; 四"),
    ],
)
def test_markdown_v2_knows_more_but_neither_colours_nor_mentions(source, made):
    assert made in md(source, "markdown_v2")


def test_a_text_shows_mentions_by_name_and_links():
    part = {"content": "看 https://a.example/x\n<@zhang>", "mentioned_list": ["Li", "@all"]}
    made = bubble({"msgtype": "text", "text": part}, names={"zhang": "张敏"})
    assert '<a href="https://a.example/x"' in made
    for name in ("@张敏", "@Li", "@所有人"):
        assert name in made


def test_a_text_of_an_app_may_carry_a_link_with_words():
    content = '见<a href="https://a.example/">全文</a><a href="javascript:1">坏</a>'
    made = bubble({"msgtype": "text", "text": {"content": content}})
    assert ">全文</a>" in made
    assert "&lt;a href=&quot;javascript:1&quot;&gt;" in made


def test_a_text_card_knows_three_colours_and_a_line_break():
    description = '<div class="gray">9月</div><div class="evil">坏</div><br>末'
    part = {"title": "题", "description": description, "url": "https://a.example"}
    made = bubble({"msgtype": "textcard", "textcard": part})
    assert '<span class="wx-gray">9月</span>' in made
    assert "&lt;div class=&quot;evil&quot;&gt;" in made
    assert '<span class="wx-more">详情</span>' in made


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ({"msgtype": "image", "image": {"base64": "iVBORw0KGgo="}}, "data:image/png;base64,iVBOR"),
        ({"msgtype": "image", "image": {"media_id": "m"}}, "[图片]"),
        ({"msgtype": "voice", "voice": {"media_id": "m"}}, "[语音]"),
        ({"msgtype": "file", "file": {"media_id": "m"}}, "文件"),
        ({"msgtype": "news", "news": {"articles": [{"title": "题"}]}}, "题"),
        ({"msgtype": "video", "video": {"media_id": "m", "title": "片"}}, "[视频] 片"),
        ({"msgtype": "link", "link": {}}, "无法显示的消息类型：link"),
        ({"msgtype": "text"}, "无法显示"),
        ({}, "无法显示"),
    ],
)
def test_other_types_are_shown_or_said_to_be_unknown(message, words):
    assert words in bubble(message)


def test_a_card_with_a_form_can_be_tapped():
    made = bubble(button_card(), form=FORM)
    assert '<form class="wx-form" method="post" action="/tap">' in made
    assert '<input type="hidden" name="who" value="zhang">' in made
    assert 'type="submit" name="key" value="ack">已阅</button>' in made
    assert 'href="https://h5.example/r/1"' in made


def test_a_card_without_a_form_is_only_to_be_looked_at():
    made = bubble(button_card())
    assert "<form" not in made
    assert 'type="button">已阅</button>' in made


def test_a_greyed_card_has_one_grey_button_and_nothing_to_tap():
    made = bubble(button_card(), state=CardState(greyed="已阅，谢谢"), form=FORM)
    assert '<button class="wx-button wx-grey" type="button" disabled>已阅，谢谢</button>' in made
    assert "<form" not in made
    assert ">已阅</button>" not in made


def test_a_replaced_card_is_shown_instead():
    new = {"card_type": "text_notice", "main_title": {"title": "新"}}
    made = bubble(button_card(), state=CardState(card=new), form=FORM)
    assert "新" in made
    assert "节前提醒" not in made


COMMON = "来源 单 主题 副题 引题 引文 横文 https://d"


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("text_notice", COMMON + " 100 正文 跳 https://c"),
        ("news_notice", COMMON + " 1.png 2.png 图题 竖文 跳 https://c"),
        ("button_interaction", COMMON + " 正文 选 一 钮 跳 https://c"),
        ("vote_interaction", "来源 主题 副题 二 交"),
        ("multiple_interaction", "来源 主题 副题 三 交"),
        ("unknown", COMMON + " 100 正文 跳 https://c 1.png 2.png 图题 竖文 选 一 钮 二 三 交"),
    ],
)
def test_every_part_that_a_kind_of_card_has_is_shown_and_no_other(kind, words):
    card = {
        "card_type": kind,
        "source": {"desc": "来源", "desc_color": 2},
        "action_menu": {"action_list": [{"text": "单", "key": "k"}]},
        "main_title": {"title": "主题", "desc": "副题"},
        "emphasis_content": {"title": "100", "desc": "人"},
        "quote_area": {"title": "引题", "quote_text": "引文"},
        "sub_title_text": "正文",
        "card_image": {"url": "https://a.example/1.png"},
        "image_text_area": {"title": "图题", "image_url": "https://a.example/2.png"},
        "vertical_content_list": [{"title": "竖", "desc": "竖文"}],
        "horizontal_content_list": [
            {"keyname": "横", "value": "横文", "type": 1, "url": "https://b"}
        ],
        "jump_list": [{"title": "跳", "type": 1, "url": "https://c"}],
        "card_action": {"type": 1, "url": "https://d"},
        "button_selection": {
            "question_key": "q",
            "title": "选",
            "option_list": [{"id": "1", "text": "一"}],
        },
        "checkbox": {"question_key": "c", "mode": 1, "option_list": [{"id": "2", "text": "二"}]},
        "select_list": [{"question_key": "s", "option_list": [{"id": "3", "text": "三"}]}],
        "submit_button": {"text": "交", "key": "ok"},
        "button_list": [{"text": "钮", "key": "b"}],
    }
    made = bubble({"msgtype": "template_card", "template_card": card}, form=FORM)
    every = COMMON + " 100 正文 跳 https://c 1.png 2.png 图题 竖文 选 一 钮 二 三 交"
    shown = {word for word in every.split() if re.search(rf'[">：/]{word}[<"]', made)}
    assert shown == {word for word in every.split() if word in words.split()}
    harmless(made)


def poisoned(value):
    """The same shape with EVIL in place of every text."""
    if isinstance(value, dict):
        return {key: poisoned(item) for key, item in value.items()}
    if isinstance(value, list):
        return [poisoned(item) for item in value]
    return EVIL if isinstance(value, str) else value


SHAPES = {
    "text": {"content": "", "mentioned_list": [""]},
    "markdown": {"content": ""},
    "markdown_v2": {"content": ""},
    "image": {"base64": ""},
    "news": {"articles": [{"title": "", "description": "", "url": "", "picurl": ""}]},
    "textcard": {"title": "", "description": "", "url": "", "btntxt": ""},
    "file": {"title": "", "filename": "", "media_id": ""},
    "voice": {"media_id": ""},
    "video": {"title": "", "media_id": "", "description": ""},
    "mpnews": {"articles": [{"title": "", "author": "", "content": "", "digest": ""}]},
    "miniprogram_notice": {
        "title": "",
        "description": "",
        "emphasis_first_item": True,
        "content_item": [{"key": "", "value": ""}, {"key": "", "value": ""}],
    },
    "template_card": {
        "card_type": "",
        "source": {"desc": "", "desc_color": "", "icon_url": ""},
        "action_menu": {"desc": "", "action_list": [{"text": "", "key": ""}]},
        "main_title": {"title": "", "desc": ""},
        "quote_area": {"url": "", "title": "", "quote_text": ""},
        "card_image": {"url": ""},
        "image_text_area": {"url": "", "title": "", "image_url": ""},
        "horizontal_content_list": [{"keyname": "", "value": "", "type": 1, "url": ""}],
        "jump_list": [{"title": "", "url": ""}, {"type": 3, "title": "", "question": ""}],
        "card_action": {"type": 1, "url": ""},
        "button_list": [{"text": "", "key": "", "style": ""}, {"type": 1, "text": "", "url": ""}],
        "checkbox": {"question_key": "", "option_list": [{"id": "", "text": ""}]},
        "select_list": [{"question_key": "", "title": "", "option_list": [{"id": "", "text": ""}]}],
        "submit_button": {"text": "", "key": ""},
    },
}


@pytest.mark.parametrize("msgtype", SHAPES)
def test_nothing_in_a_message_can_run(msgtype):
    message = {"msgtype": msgtype, msgtype: poisoned(SHAPES[msgtype])}
    form = TapForm(action=EVIL, fields={EVIL: EVIL})
    harmless(bubble(message, form=form, names={"zhang": EVIL}, state=CardState(greyed=EVIL)))
    found = File(href="https://sandbox.test/m", name=EVIL, size=7, seconds=3)
    harmless(bubble(message, form=form, files=lambda _: found))
    harmless(bubble({"msgtype": EVIL, EVIL: {}}))


TOKENS = ["**", "`", "[", "](", ")", "<", ">", "&", '"', "'", "#", " ", "\n", "font", "color="]
TOKENS += ["info", "</font>", "javascript:", "https://a", "<@", "script", "on", "=", "字"]


@settings(max_examples=200)
@given(
    st.lists(st.sampled_from(TOKENS), max_size=40).map("".join),
    st.sampled_from(["text", "markdown", "markdown_v2"]),
)
@example("[]()", "markdown_v2")
@example("[](**)", "markdown_v2")
@example("![](x)", "markdown_v2")
def test_no_mixture_of_marks_can_run(content, kind):
    harmless(md(content, kind))


def test_a_full_message_of_nothing_but_marks_is_shown_at_once():
    for mark in ("**", "`", "[a](", '<font color="info">', "> ", "<@", "](https://"):
        harmless(md(mark * (4096 // len(mark))))


@pytest.mark.parametrize("wrong", [None, 7, "文", [1], {"a": 1}])
def test_fields_of_the_wrong_type_do_not_break_the_phone(wrong):
    for msgtype, part in SHAPES.items():
        for name in part:
            bubble({"msgtype": msgtype, msgtype: part | {name: wrong}}, form=FORM)


def test_the_style_sheet_is_shipped():
    assert ".wx-bubble" in STYLES.read_text(encoding="utf-8")


FOUND = File(href="/f/1", name="名单.xlsx", size=1536, seconds=5)


@pytest.mark.parametrize(
    ("msgtype", "made"),
    [
        ("image", '<img alt="图片 名单.xlsx" src="/f/1">'),
        ("voice", "5″"),
        ("video", '<video controls preload="metadata" src="/f/1"'),
        ("file", '<a class="wx-file-row" href="/f/1" download="名单.xlsx">'),
        ("file", "1.5 KB"),
    ],
)
def test_an_uploaded_file_can_be_fetched_from_the_bubble(msgtype, made):
    shown = bubble({"msgtype": msgtype, msgtype: {"media_id": "m"}}, files=lambda _: FOUND)
    assert made in shown


def test_a_page_kept_by_wecom_opens_in_its_place_without_its_scripts():
    article = {"title": "题", "author": "甲", "content": "<p>文</p><script>1</script>"}
    made = bubble({"msgtype": "mpnews", "mpnews": {"articles": [article]}})
    assert "<summary>" in made
    assert "<p>文</p></div>" in made


def test_the_corner_menu_posts_its_entries():
    menu = {"desc": "更多", "action_list": [{"text": "不再提醒", "key": "mute"}]}
    card = {"card_type": "text_notice", "action_menu": menu}
    made = bubble({"msgtype": "template_card", "template_card": card}, form=FORM)
    assert '<button type="submit" name="key" value="mute">不再提醒</button></form>' in made


def test_a_smart_reply_asks_its_question():
    card = {"card_type": "text_notice", "jump_list": [{"type": 3, "title": "问", "question": "何"}]}
    made = bubble({"msgtype": "template_card", "template_card": card}, form=FORM)
    assert '<button class="wx-jump" name="ask" value="何">' in made


def test_a_greyed_vote_shows_what_this_person_chose():
    options = [{"id": "a", "text": "甲"}, {"id": "b", "text": "乙", "is_checked": True}]
    card = {
        "card_type": "vote_interaction",
        "checkbox": {"question_key": "q", "option_list": options},
        "submit_button": {"text": "交", "key": "k"},
    }
    message = {"msgtype": "template_card", "template_card": card}
    made = bubble(message, state=CardState(greyed="已答"), form=FORM, picked={"q": ["a"]})
    assert 'value="a" checked disabled>' in made
    assert 'value="b" disabled>' in made


@pytest.mark.parametrize(
    ("content", "opened", "said"),
    [
        ("<think>先看规定", True, ""),
        ("<think>先看规定</think>\n", True, ""),
        ("<think>先看规定</think>**不能**收", False, "<strong>不能</strong>"),
    ],
)
def test_what_a_robot_thought_is_folded_away_once_it_speaks(content, opened, said):
    part = {"content": content, "finish": bool(said)}
    made = bubble({"msgtype": "markdown_v2", "markdown_v2": part})
    fold = f'<details class="wx-think"{" open" if opened else ""}><summary>思考过程</summary>'
    assert f"{fold}<p>先看规定</p>" in made
    assert said in made
    assert "think&gt;" not in made
    harmless(made)


def test_only_a_stream_can_think():
    made = bubble({"msgtype": "markdown_v2", "markdown_v2": {"content": "<think>x</think>"}})
    assert "&lt;think&gt;x" in made


def test_a_stream_that_goes_on_shows_that_it_does():
    def stream(finish):
        part = {"content": "正在", "finish": finish}
        return bubble({"msgtype": "markdown_v2", "markdown_v2": part})

    assert "正在输入" in stream(False)
    assert "正在输入" not in stream(True)
