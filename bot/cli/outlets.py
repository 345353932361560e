"""Verbs about the other channels: screens, and what has left the house."""

from __future__ import annotations

import base64
import shutil
from pathlib import Path
from typing import Any

import click

from bot.cli.shell import CANNOT, CONFIG, JSON, call, fail, main, print_json, table, when

AS = click.option("--as", "who", default="", metavar="NAME", help="谁经手，会写进外发清单")
WHERE = click.option("--to", "where", default="", metavar="TEXT", help="放到哪里，如 一楼大厅")


@main.command()
@CONFIG
@JSON
@click.option(
    "-o",
    "folder",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="存成一个文件夹，拷到U盘上就能放，不用网络",
)
@click.option("--items", type=int, metavar="N", help="存几篇，缺省为平日的两倍")
@AS
@WHERE
def screen(
    config_path: str, as_json: bool, folder: Path | None, items: int | None, who: str, where: str
) -> None:
    """电子屏：给出网址，浏览器打开按 F11；或存成U盘上的一个文件夹。

    例：qingfeng screen    例：qingfeng screen -o 电子屏 --as 张三 --to 一楼大厅
    """
    if folder is None:
        answer = call(config_path, "outlet-addresses", {})
        if as_json:
            return print_json(answer)
        click.echo(f"电子屏：{answer['screen']}")
        if not answer["public"]:
            click.echo("没有填 [web] public_url，只有这台机器打得开；别的屏请用 -o 存到U盘。")
        return None
    _make_room(folder)
    answer = call(config_path, "screen-export", {"items": items, "who": who, "where": where})
    for name, data in answer.pop("files").items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(base64.b64decode(data))
    for name, source in answer.pop("media").items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, folder / name)
    if as_json:
        return print_json({**answer, "path": str(folder)})
    click.echo(f"已存到 {folder}，{len(answer['items'])} 篇，外发 {answer['number']}。")
    click.echo("整个文件夹拷到U盘，用浏览器打开里面的 index.html，按 F11 全屏。")
    return None


def _make_room(folder: Path) -> None:
    """Clear away an older screen of ours, for what was taken back must not stay; nothing else."""
    if not folder.exists():
        return
    ours = {"index.html", "screen.css", "screen.js", "data.js", "说明.txt", "media"}
    found = {path.name for path in folder.iterdir()} if folder.is_dir() else {"?"}
    if found - ours:
        fail([f"{folder} 里已有别的东西，请换一个空文件夹"], CANNOT)
    for path in [*folder.glob("media/*"), *(folder / name for name in ours - {"media"})]:
        path.unlink(missing_ok=True)


@main.command()
@CONFIG
@JSON
@click.option("--back", metavar="NUMBER", help="登记这一份已取回、撤下或销毁")
@click.option("--all", "everything", is_flag=True, help="连已取回的一起列")
@AS
def outside(config_path: str, as_json: bool, back: str | None, everything: bool, who: str) -> None:
    """外发清单：U盘、海报、长图等出了门的，哪些该取回。

    例：qingfeng outside    例：qingfeng outside --back 2026-003 --as 张三
    """
    answer = call(config_path, "outside", {"back": back, "all": everything, "who": who})
    if as_json:
        return print_json(answer)
    if back:
        click.echo(f"已登记取回：外发 {back}。")
    rows = [
        [
            one["number"],
            when(one["at"]),
            one["way"],
            f"{one['item']} {one['title']}",
            "，".join(filter(None, (one["where"], one["who"]))),
            "已取回" if one["back"] else one["why"] or "",
        ]
        for one in answer["outside"]
    ]
    return table("外发清单", ["外发编号", "时间", "方式", "内容", "去处", "该取回的原因"], rows)


@main.command()
@CONFIG
@JSON
@click.argument("item", metavar="ITEM")
@click.option(
    "-o",
    "path",
    required=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="写到哪里，.pdf 或 .html",
)
@click.option("--paper", type=click.Choice(["a4", "a3"], case_sensitive=False), default="a4")
@AS
@WHERE
def board(
    config_path: str, as_json: bool, item: str, path: Path, paper: str, who: str, where: str
) -> None:
    """宣传专栏：把一篇做成一张海报，A4 或 A3，可直接打印。

    例：qingfeng board SC-01 -o 海报.pdf --paper a3 --to 二楼专栏
    """
    form = path.suffix.lower().removeprefix(".")
    if form not in ("pdf", "html"):
        fail(["海报只能写成 .pdf 或 .html"], CANNOT)
    params = {"item": item, "paper": paper, "form": form, "who": who, "where": where}
    answer = call(config_path, "board", params)
    path.write_bytes(base64.b64decode(answer.pop("file")))
    if as_json:
        return print_json({**answer, "path": str(path)})
    until = f"，请于 {answer['until']} 后撤下" if answer["until"] else ""
    click.echo(f"已写入 {path}，外发 {answer['number']}{until}。")
    return None


@main.command()
@CONFIG
@JSON
@click.argument("item", metavar="ITEM")
@click.option(
    "-o", "folder", type=click.Path(path_type=Path), metavar="DIR", help="存到哪个文件夹，缺省当前"
)
@click.option(
    "--forwarded", metavar="TEXT", help="已由人转发到哪里，台账记一笔“线下转发”，如 局老干部群"
)
@AS
def share(
    config_path: str,
    as_json: bool,
    item: str,
    folder: Path | None,
    forwarded: str | None,
    who: str,
) -> None:
    """转发素材：纯文字、短信、长图，由人转到微信、QQ；清风自己不发。

    例：qingfeng share SC-01 -o 转发    例：qingfeng share SC-01 --forwarded 局老干部群 --as 张三
    """
    answer = call(config_path, "share", {"item": item, "forwarded": forwarded, "who": who})
    picture, stem = base64.b64decode(answer.pop("picture")), answer["item"]
    written = []
    if folder is not None or not forwarded:
        place = folder or Path()
        place.mkdir(parents=True, exist_ok=True)
        texts = {f"{stem}-文字.txt": answer["text"], f"{stem}-短信.txt": _messages(answer)}
        for name, text in texts.items():
            (place / name).write_text(text, "utf-8-sig")  # Notepad and WPS know it by the BOM
        (place / f"{stem}-长图.png").write_bytes(picture)
        written = [str(place / name) for name in (*texts, f"{stem}-长图.png")]
    if as_json:
        return print_json({**answer, "files": written})
    for name in written:
        click.echo(f"已写入 {name}")
    click.echo(f"外发 {answer['number']}，内容有变时 qingfeng outside 会提醒。")
    if forwarded:
        click.echo(f"台账已记：线下转发，{forwarded}。")
    return None


def _messages(answer: dict[str, Any]) -> str:
    one, two = answer["sms"], answer["sms_long"]
    lines = [f"一条（{len(one)} 字）：\n{one}"] if one else ["一条装不下。"]
    if two and two != one:
        lines.append(f"两条（{len(two)} 字）：\n{two}")
    return "\n\n".join(lines) + "\n"


@main.command()
@CONFIG
@JSON
@click.option(
    "-o",
    "folder",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="把订阅源存成文件，放到内网网站上；要定时重存，收回的才会撤下",
)
def feeds(config_path: str, as_json: bool, folder: Path | None) -> None:
    """内网用的订阅源（RSS、JSON）、计划日历（ICS）和影视页的网址。

    例：qingfeng feeds    例：qingfeng feeds -o 内网
    """
    answer = call(config_path, "outlet-feeds", {})
    names = {"rss.xml": "RSS", "feed.json": "JSON", "plan.ics": "计划日历", "films": "影视页"}
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("rss.xml", "feed.json", "plan.ics"):
            made = call(config_path, "outlet-feed", {"name": name})
            draft = folder / f".{name}.tmp"
            draft.write_bytes(base64.b64decode(made["file"]))
            draft.replace(folder / name)  # whoever fetches it meanwhile gets a whole one
    if as_json:
        return print_json(answer)
    for name, words in names.items():
        click.echo(f"{words}：{folder / name if folder and name != 'films' else answer[name]}")
    if not answer["public"] and folder is None:
        click.echo("没有填 [web] public_url，只有这台机器打得开。")
    return None
