"""The verb that shows a text as the phone will: in the terminal, and as a page."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from bot.cli.reviewing import print_diff
from bot.cli.shell import CONFIG, JSON, call, main, print_json
from bot.core import messages


@main.command()
@CONFIG
@JSON
@click.argument("item", metavar="ITEM")
@click.option("--channel", metavar="C", help="只看一种，如 webhook、app；全部 看所有渠道")
@click.option("--clock", metavar="DATE", help="假设是哪一天，缺省今天")
@click.option("--diff", "only_diff", is_flag=True, help="只看与上次审批的文字有何不同")
@click.option(
    "-o", "page", type=click.Path(path_type=Path), metavar="FILE.html", help="另存为网页，像手机"
)
def preview(
    config_path: str,
    as_json: bool,
    item: str,
    channel: str | None,
    clock: str | None,
    only_diff: bool,
    page: Path | None,
) -> None:
    """手机上看到的样子：各渠道的成文、占用的字节和字数，占位符已填好；不发送。

    不写 --channel，看本单位推送对象用到的渠道。

    例：qingfeng preview N06 --clock 2026-06-15    例：qingfeng preview SC-01 -o 预览.html
    """
    if only_diff:
        changes = call(config_path, "diff", {"item": item})
        return print_json(changes) if as_json else print_diff(changes)
    answer = call(config_path, "preview", {"item": item, "channel": channel, "clock": clock})
    if page is not None:
        page.write_text(html_of(answer), encoding="utf-8")
    if as_json:
        return print_json(answer)
    if page is not None:
        click.echo(f"已写入 {page}，请用浏览器打开。")
        return None
    click.echo(f"{answer['item']}《{answer['title']}》  {answer['day']}  {_state(answer)}")
    for view in answer["views"]:
        click.secho(f"\n== {_heading(view, answer)} ==", bold=True)
        click.echo(_text_of(view["message"]) if view["message"] else f"成不了文：{view['error']}")
        click.echo(f"—— {_used(view)}" if view["used"] else "")
        for line in messages.after(view):
            click.echo(line)
    return None


def _state(answer: Mapping[str, Any]) -> str:
    return f"还不能发：{answer['blocked']}" if answer["blocked"] else "可以推送"


def _heading(view: Mapping[str, Any], answer: Mapping[str, Any]) -> str:
    way = str(view["way"])
    return f"{way} · {messages.PART_NAMES[view['part']]}" if answer["node"] else way


def _used(view: Mapping[str, Any]) -> str:
    return "，".join(
        f"{what} {size}{f'/{limit}' if limit else ''} {unit}"
        for what, size, limit, unit in view["used"]
    )


def _text_of(message: Mapping[str, Any]) -> str:
    if message["msgtype"] != "template_card":
        from bot.cli.figures import _plain

        return _plain(message[message["msgtype"]]["content"])
    card = message["template_card"]
    facts = [f"{f['keyname']}：{f['value']}" for f in card.get("horizontal_content_list", ())]
    jumps = [f"{jump['title']} >" for jump in card.get("jump_list", ())]
    source, title = card.get("source", {}).get("desc", ""), card["main_title"]["title"]
    if "submit_button" in card:
        box = card["checkbox"] if "checkbox" in card else card["select_list"][0]
        options = [f"( ) {option['text']}" for option in box["option_list"]]
        submit = f"[{card['submit_button']['text']}]"
        return "\n".join([source, title, card["main_title"]["desc"], *options, submit])
    buttons = " ".join(f"[{button['text']}]" for button in card["button_list"])
    return "\n".join([source, title, card["sub_title_text"], *facts, *jumps, buttons])


def html_of(answer: Mapping[str, Any]) -> str:
    """Return a page by itself, with the phone's own bubbles and style."""
    from html import escape

    from bot.sandbox.phone import STYLES, bubble

    ways: dict[str, list[str]] = {}
    for view in answer["views"]:
        inside = bubble(view["message"]) if view["message"] else escape(view["error"])
        part = f"<h3>{escape(messages.PART_NAMES[view['part']])}</h3>" if answer["node"] else ""
        ways.setdefault(str(view["way"]), []).append(
            f'<section>{part}<div class="screen">{inside}</div>'
            f"<p>{'<br>'.join(map(escape, [_used(view), *messages.after(view)]))}</p></section>"
        )
    shown = [f"<h2>{escape(way)}</h2><main>{''.join(views)}</main>" for way, views in ways.items()]
    title = escape(f"{answer['item']} {answer['title']}")
    return _PAGE.format(
        title=title,
        note=escape(f"{answer['day']} · {_state(answer)}"),
        styles=STYLES.read_text("utf-8"),
        views="\n".join(shown),
    )


_PAGE = """<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<title>{title}</title>
<style>{styles}
body {{ margin: 0; padding: 16px; background: #f4f4f2; color: #1d2430;
  font: 16px/1.6 system-ui, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif; }}
h1 {{ font-size: 1.2rem; margin: 0; }}
main {{ display: flex; flex-wrap: wrap; gap: 4px 20px; align-items: flex-start; }}
section {{ width: 358px; max-width: 100%; }}
h2 {{ font-size: 1rem; margin: 28px 0 0; }}
h3 {{ font-size: .9rem; font-weight: normal; margin: 12px 0 6px; }}
.screen {{ background: #ededed; padding: 12px; border-radius: 12px; overflow-wrap: anywhere; }}
section > p {{ font-size: .85rem; color: #5b6573; margin: 6px 0; }}
</style></head>
<body><h1>{title}</h1><p>{note}</p>
{views}
</body></html>
"""  # noqa: E501 - one line of a page
