"""Titles of regulations as issued, versions in force, articles that somebody has seen."""

from __future__ import annotations

from collections.abc import Iterator

from bot.core.lint.rule import Found, Frame, Sheet, rule

_KINDS = ("条例", "准则", "规定", "办法", "细则", "规则", "法")


@rule(
    "title-wrong",
    "法规名称和印发的不一致（提法库 regulation）",
    "照提示改；--fix 可以代改写错的简称",
)
def title_wrong(sheet: Sheet, frame: Frame) -> Iterator[Found]:
    for cited in sheet.citations:
        meant = "" if cited.article else frame.lexicon.title_meant(cited.title)
        if meant:
            yield Found(cited.where, f"《{cited.title}》应写作《{meant}》", cited.at)


@rule(
    "title-unknown",
    "依据里的法规不在提法库里：可能记错了名称，也可能没有这部法规",
    "打开发布机关官网核对名称和版本；核对过的，补进提法库 regulation",
    severity="warning",
)
def title_unknown(sheet: Sheet, frame: Frame) -> Iterator[Found]:
    for cited in sheet.citations:
        if cited.where != "依据" or cited.article or not cited.title.endswith(_KINDS):
            continue
        if cited.title not in _KINDS and not frame.lexicon.knows(cited.title):
            hint = f"提法库里没有《{cited.title}》，请打开官网核对名称；核对过的，请补进提法库"
            yield Found("依据", hint, cited.at)


@rule(
    "article-version",
    "写了条号，没有写版本年份",
    "法规名后加年份，如《中国共产党纪律处分条例》（2023年修订）第九十七条",
)
def article_version(sheet: Sheet, frame: Frame) -> Iterator[Found]:
    cited = sheet.citations
    dated = {_proper(one.title, frame) for one in cited if one.title and one.year}
    for one in cited:
        if not one.article or one.year or one.where == "来源":
            continue  # a 来源 says what to open there
        if one.where != "依据" and (_proper(one.title, frame) in dated if one.title else dated):
            continue  # the 依据 says which version, and is shown with the text
        title = f"《{one.title}》" if one.title else ""
        hint = f"“{title}{one.said}”没有版本年份，请写成《法规全名》（2023年修订）{one.said}"
        yield Found(one.where, hint, one.at)


@rule("version-repealed", "引用了已废止的版本（提法库 repealed）", "改成现行版本，条号重新核对")
def version_repealed(sheet: Sheet, frame: Frame) -> Iterator[Found]:
    for one in sheet.citations:
        known = frame.lexicon.titles.get(one.title)
        if known and not one.article and one.year in known.repealed:
            now = "、".join(map(str, known.years))
            hint = f"《{one.title}》{one.year}年的版本已不再适用，现行的是{now}年的，条号须重新核对"
            if "repealed" in known.check:
                hint += "（提法库注明：旧版年份还没有在官网核对）"
            yield Found(one.where, hint, one.at)


@rule(
    "version-unknown",
    "版本年份不在提法库里",
    "核对年份；是新修订的就补进提法库",
    severity="warning",
)
def version_unknown(sheet: Sheet, frame: Frame) -> Iterator[Found]:
    for one in sheet.citations:
        known = frame.lexicon.titles.get(one.title)
        if not (known and known.years and one.year) or one.article:
            continue
        if one.year not in (*known.years, *known.repealed):
            now = "、".join(map(str, known.years))
            hint = f"提法库里《{one.title}》的现行版本是{now}年，不是{one.year}年，请核对"
            yield Found(one.where, hint, one.at)


@rule(
    "article-unverified",
    "条号没有在官方文本上核对过（提法库 unverified），或者没有这一条",
    "只写法规名，不写条号；核对过的，从提法库的 unverified 里删去",
)
def article_unverified(sheet: Sheet, frame: Frame) -> Iterator[Found]:
    for one in sheet.citations:
        known = frame.lexicon.titles.get(one.title)
        if not (known and one.article):
            continue
        if one.article in known.unverified:
            hint = f"《{one.title}》{one.said}的条号还没有核对，请打开官网核对；没核对就只写法规名"
            yield Found(one.where, hint, one.at)
        elif known.articles and one.article > known.articles:
            hint = f"《{one.title}》只有{known.articles}条，没有{one.said}"
            yield Found(one.where, hint, one.at)


@rule(
    "regulation-unchecked",
    "提法库注明这部法规的名称或年份还没有在官网核对（check）",
    "打开发布机关官网核对，对了就从提法库的 check 里删去；没核对就不写年份",
    severity="warning",
)
def regulation_unchecked(sheet: Sheet, frame: Frame) -> Iterator[Found]:
    for one in sheet.citations:
        known = frame.lexicon.titles.get(one.title)
        if not known or one.article:
            continue
        if "title" in known.check:
            yield Found(one.where, f"《{one.title}》的全称还没有在官网核对（提法库 check）", one.at)
        elif one.year and "years" in known.check:
            hint = f"《{one.title}》的版本年份还没有在官网核对（提法库 check），请核对或不写年份"
            yield Found(one.where, hint, one.at)


def _proper(title: str, frame: Frame) -> str:
    """Return the title as issued for a short one in general use."""
    known = frame.lexicon.titles.get(title)
    return known.title if known else title
