"""WeCom's two Markdown dialects as HTML (wecom/api.md §1.2.2, §1.2.3)."""

import html
import re
from collections.abc import Callable, Mapping
from functools import cache

import nh3
from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock, blockquote, hr, list_block
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.rules_inline.emphasis import tokenize

Names = Mapping[str, str]
BlockRule = Callable[[StateBlock, int, int, bool], bool]

HEADING = re.compile(r"(#{1,6}) +(.*)")
QUOTE = re.compile(r"> ?(.*)")
MENTION = re.compile(r"<@([^<>@\s]{1,64})>")
INLINE = re.compile(
    r"`(?P<code>[^`]+)`"
    r"|\*\*(?P<bold>.+?)\*\*"
    r"|\[(?P<label>[^\[\]]+)\]\((?P<url>https?://[^\s()<>]+)\)"
    r"""|<font color=(?P<q>["'])(?P<color>info|comment|warning)(?P=q)>(?P<words>.*?)</font>"""
)
LIST_MARK, RULE = re.compile(r"-\s|\d{1,9}\.\s"), re.compile(r"---+\s*$")
ENDS_PARAGRAPH = ["paragraph", "blockquote"]
DEEPEST_QUOTE = 3
TAGS = {"h1", "h2", "h3", "h4", "h5", "h6", "p", "br", "em", "strong", "ul", "ol", "li", "hr"}
TAGS |= {"blockquote", "a", "img", "code", "pre", "table", "thead", "tbody", "tr", "th", "td"}


def markdown(text: str, names: Names) -> str:
    """The six constructs of a `markdown` message; anything else stands there literally."""
    blocks: list[str] = []
    quoted: list[str] = []
    for line in text.split("\n"):
        quote = QUOTE.fullmatch(line)
        if quote:
            quoted.append(_inline(quote[1], names))
            continue
        blocks += _quote(quoted)
        quoted = []
        blocks.append(_line(line, names))
    return "".join(blocks + _quote(quoted))


def _quote(lines: list[str]) -> list[str]:
    return [f"<blockquote>{'<br>'.join(lines)}</blockquote>"] if lines else []


def _line(line: str, names: Names) -> str:
    heading = HEADING.fullmatch(line)
    if heading:
        level = len(heading[1])
        return f"<h{level}>{_inline(heading[2], names)}</h{level}>"
    if not line.strip():
        return '<div class="wx-blank"></div>'
    return f'<div class="wx-line">{_inline(line, names)}</div>'


def _inline(text: str, names: Names) -> str:
    out, end = [], 0
    for match in INLINE.finditer(text):
        out += [mentions(text[end : match.start()], names), _construct(match, names)]
        end = match.end()
    return "".join([*out, mentions(text[end:], names)])


def _construct(match: re.Match[str], names: Names) -> str:
    if match["code"]:
        return f"<code>{html.escape(match['code'])}</code>"
    if match["bold"]:
        return f"<strong>{_inline(match['bold'], names)}</strong>"
    if match["url"]:
        return anchor(match["url"], html.escape(match["label"]))
    return f'<span class="wx-{match["color"]}">{_inline(match["words"], names)}</span>'


def mentions(text: str, names: Names) -> str:
    """`text` escaped, with `<@userid>` shown as the person's name."""
    out, end = [], 0
    for match in MENTION.finditer(text):
        out += [html.escape(text[end : match.start()]), mention(match[1], names)]
        end = match.end()
    return "".join([*out, html.escape(text[end:])])


def mention(userid: str, names: Names) -> str:
    """One mention; "all" and "@all" mean everyone."""
    name = "所有人" if userid in ("all", "@all") else names.get(userid, userid)
    return f'<span class="wx-mention">@{html.escape(name)}</span>'


def anchor(url: str, inside: str, kind: str = "") -> str:
    """A link around `inside` (HTML); no link at all unless `url` is http or https."""
    css = f' class="{kind}"' if kind else ""
    if not re.match(r"https?://", url):
        return f"<span{css}>{inside}</span>"
    address = html.escape(url, quote=True)
    return f'<a{css} href="{address}" target="_blank" rel="noopener noreferrer">{inside}</a>'


def markdown_v2(text: str) -> str:
    """A `markdown_v2` message: what the documents list, without colours; the rest is literal."""
    return nh3.clean(
        _parser().render(text),
        tags=TAGS,
        attributes={"a": {"href"}, "img": {"src", "alt"}, "th": {"class"}, "td": {"class"}},
        url_schemes={"http", "https"},
        attribute_filter=_whole_address,
        link_rel="noopener noreferrer",
        set_tag_attribute_values={"a": {"target": "_blank"}},
    )


def _whole_address(_tag: str, name: str, value: str) -> str | None:
    """`[]()` and `[](x)` lead nowhere in WeCom: what is no whole address is no link here."""
    return None if name in ("href", "src") and not re.match(r"https?://", value) else value


@cache
def _parser() -> MarkdownIt:
    # html off: a tag in a message is shown, not obeyed
    made = MarkdownIt("commonmark", {"html": False, "breaks": True}).enable("table")
    made.disable(["code", "reference", "lheading", "autolink", "entity"])  # not in the documents
    for name, fn, mark in (("list", list_block, LIST_MARK), ("hr", hr, RULE)):
        made.block.ruler.at(name, _only(fn, mark), {"alt": ENDS_PARAGRAPH})
    made.block.ruler.at("blockquote", _three_deep, {"alt": [*ENDS_PARAGRAPH, "list"]})
    made.inline.ruler.at("emphasis", _stars)
    made.core.ruler.push("aligned", _aligned)
    return made


def _only(rule: BlockRule, mark: re.Pattern[str]) -> BlockRule:
    """`rule`, but only for lines that begin with `mark`: CommonMark knows more spellings."""

    def chosen(state: StateBlock, start: int, end: int, silent: bool) -> bool:
        line = state.src[state.bMarks[start] + state.tShift[start] : state.eMarks[start]]
        return mark.match(line) is not None and rule(state, start, end, silent)

    return chosen


def _three_deep(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Quotes have at most three levels (wecom/api.md §1.2.3); a fourth `>` is a character."""
    depth = sum(token.nesting for token in state.tokens if token.type.startswith("blockquote"))
    return depth < DEEPEST_QUOTE and blockquote(state, start, end, silent)


def _stars(state: StateInline, silent: bool) -> bool:
    return state.src[state.pos] == "*" and tokenize(state, silent)


def _aligned(state: StateCore) -> None:
    """A table's alignment as a class: a page's policy forbids inline styles."""
    for token in state.tokens:
        style = str(token.attrs.pop("style", ""))
        if style:
            token.attrSet("class", f"wx-{style.removeprefix('text-align:')}")
