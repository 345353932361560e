"""附件 go into the chat after their text: each once, each with an end, never instead of it."""

from __future__ import annotations

import struct
import zlib
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from bot.core.model import Delivery, Enclosure, State
from bot.engine.deliver import recover
from bot.rehearsal.load import heard
from bot.sandbox.faults import FaultKind
from bot.verbs import VERBS
from tests.engine.office import moment, office

GROUP, PEOPLE = "dragon-boat-2026_main@zx", "dragon-boat-2026_main@jg1"
FIRST, SECOND = "dragon-boat-2026_main-a1@{}", "dragon-boat-2026_main-a2@{}"


def png(padding: int = 0) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        crc = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + crc

    head = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    pixels = zlib.compress(b"\x00\x80")
    parts = [(b"IHDR", head), (b"tEXt", bytes(padding)), (b"IDAT", pixels), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts)


PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"


@asynccontextmanager
async def attached(home, files=None, **settings):
    """An office whose warning has a picture and a document."""
    files = files or {"粽子.png": png(), "提示.pdf": PDF}
    async with office(home, approved=False, **settings) as desk:
        folder = desk.home / "content" / "nodes"
        (folder / "N06-2-端午.md").unlink()
        for name, data in files.items():
            (folder / name).write_bytes(data)
        path = folder / "N06-端午.md"
        text = path.read_text("utf-8")
        path.write_text(text.replace("---\n", f"---\n附件: {'、'.join(files)}\n", 1), "utf-8")
        await desk.approve()
        yield desk


def kinds(desk, chat):
    log = desk.world.log
    return [r.msgtype for r in log if r.kind == "message" and r.chat == chat]


async def state(desk, key):
    push = (await desk.pushes()).get(key)
    return push and push.state


async def until_sent(desk, key):
    """Tick until a text has left: what follows it waits for the next look."""
    while await state(desk, key) is not State.SENT:
        desk.clock.jump(await desk.house.next_wake())
        assert await desk.house.tick() == []
    assert await state(desk, FIRST.format(key.rpartition("@")[2])) is State.PLANNED


async def test_a_picture_and_a_document_follow_their_text_into_group_and_to_people(tmp_path):
    async with attached(tmp_path) as desk:
        await desk.at("2026-06-15 11:10")
        assert kinds(desk, "zx") == ["markdown", "image", "file"]
        pushes = await desk.pushes()
        for target in ("zx", "jg1", "jg2"):
            for key in (FIRST, SECOND):
                assert pushes[key.format(target)].state is State.SENT
        said = [m for m in desk.world.posted if m.chat.startswith("app-") and not m.author]
        ways = [m.body["msgtype"] for m in said]
        assert ways.count("image") == ways.count("file") == 2, "one for each branch"
        texts = [m for m in desk.world.posted if m.body["msgtype"] not in ("image", "file")]
        told = [heard(posted, {"office"}, 10, 2) for posted in (desk.world.posted, texts)]
        assert told[0] == told[1], "a rehearsal counts texts, as the caps do"
        names = {m.body["file"]["filename"] for m in said if m.body["msgtype"] == "file"}
        assert names == {"提示.pdf"}


async def test_what_follows_a_text_counts_against_no_cap_and_in_no_figure(tmp_path):
    async with attached(tmp_path) as desk:
        await desk.at("2026-06-18 17:30")
        pushes = await desk.pushes()
        assert pushes["dragon-boat-2026_final@zx"].state is State.SENT
        assert kinds(desk, "zx") == ["markdown", "image", "file", "markdown"], (
            "the short word alone"
        )
        desk.clock.jump(moment("2026-06-30 09:00"))  # the week's periods are over
        params = {"week": "2026-W26", "recount": True}
        answer = await VERBS["summary"](desk.house.bureau, desk.clock.now(), params)
        assert answer["headline_week"] == "2026-W25"
        assert answer["total"]["pushes"] == len([p for p in pushes.values() if p.item]) == 6


async def test_an_attachment_that_wecom_refuses_never_sends_the_text_again(tmp_path):
    async with attached(tmp_path) as desk:
        await desk.at("2026-06-15 09:13")
        desk.world.faults.add("webhook/upload_media", FaultKind.ERRCODE, errcode=40005, times=9)
        await desk.at("2026-06-15 17:30")
        pushes = await desk.pushes()
        assert kinds(desk, "zx") == ["markdown", "image"]
        assert (pushes[GROUP].state, pushes[SECOND.format("zx")].state) == (
            State.SENT,
            State.SKIPPED,
        )
        assert "40005" in pushes[SECOND.format("zx")].reason


async def test_an_upload_that_breaks_is_tried_again_and_then_sent_once(tmp_path):
    async with attached(tmp_path) as desk:
        await desk.at("2026-06-15 09:13")
        desk.world.faults.add("webhook/upload_media", FaultKind.DROP_AFTER, times=2)
        desk.world.faults.add("webhook/upload_media", FaultKind.ERRCODE, errcode=45009)
        await desk.at("2026-06-15 17:30")
        assert kinds(desk, "zx") == ["markdown", "image", "file"]
        assert (await desk.pushes())[SECOND.format("zx")].state is State.SENT


async def test_a_lost_answer_to_a_groups_attachment_is_unknown_and_never_sent_again(tmp_path):
    async with attached(tmp_path, {"粽子.png": png()}) as desk:
        await until_sent(desk, GROUP)
        desk.world.faults.add("webhook/send", FaultKind.MALFORMED)
        await desk.at("2026-06-15 17:30")
        pushes = await desk.pushes()
        assert (pushes[GROUP].state, pushes[FIRST.format("zx")].state) == (
            State.SENT,
            State.UNKNOWN,
        )
        assert kinds(desk, "zx") == ["markdown", "image"]
        params = {"key": FIRST.format("zx"), "sent": True}
        await VERBS["resolve"](desk.house.bureau, desk.clock.now(), params)
        assert (await desk.pushes())[FIRST.format("zx")].state is State.SENT


async def test_a_lost_answer_of_the_apps_attachment_is_repeated_byte_for_byte(tmp_path):
    async with attached(tmp_path, {"粽子.png": png()}) as desk:
        await until_sent(desk, PEOPLE)
        desk.world.faults.add("message/send", FaultKind.MALFORMED, times=2)
        await desk.at("2026-06-15 12:00")
        tries = await desk.house.bureau.store.deliveries(FIRST.format("jg1"))
        assert len(tries) >= 2
        assert len({one.body for one in tries}) == 1
        seen = [m for m in desk.world.posted if m.body["msgtype"] == "image" and "app" in m.chat]
        assert len(seen) == 2, "one for each branch, and no copy"


async def test_a_text_whose_answer_was_lost_is_followed_once_somebody_has_said_it_arrived(tmp_path):
    async with attached(tmp_path, {"粽子.png": png()}) as desk:
        await desk.at("2026-06-15 09:13")
        desk.world.faults.add("webhook/send", FaultKind.MALFORMED)
        await desk.at("2026-06-15 11:15")
        pushes = await desk.pushes()
        assert pushes[GROUP].state is State.UNKNOWN
        assert pushes[FIRST.format("zx")].reason == "正文结果不明，先不发附件"
        params = {"key": GROUP, "sent": True}
        await VERBS["resolve"](desk.house.bureau, desk.clock.now(), params)
        await desk.at("2026-06-15 17:30")
        assert kinds(desk, "zx") == ["markdown", "image"]


@pytest.mark.parametrize("when", ["before", "between", "after"])
async def test_a_crash_between_text_and_attachment_loses_neither_and_doubles_neither(
    tmp_path, when
):
    async with attached(tmp_path, {"粽子.png": png()}) as desk:
        await until_sent(desk, GROUP)
        key, store, way = FIRST.format("zx"), desk.house.bureau.store, desk.house.bureau.channels
        if when != "before":
            made = way["zx"].body(Enclosure(kind="image", name="粽子.png", raw=png()), [])
            row = Delivery(push=key, part=0, attempt=1, begun=desk.clock.now(), body=made.decode())
            cohort = await store.cohort(GROUP)
            assert await store.begin(row, replace(cohort, push=key), 1)
            if when == "after":
                await way["zx"].send(made)
            assert await recover(desk.house.bureau) == [key]
        await desk.at("2026-06-15 17:30")
        heard = kinds(desk, "zx")
        assert heard.count("markdown") == 1
        assert (await state(desk, key), heard.count("image")) == {
            "before": (State.SENT, 1),
            "between": (State.UNKNOWN, 0),  # nobody knows that it did not leave
            "after": (State.UNKNOWN, 1),
        }[when]


async def test_an_edit_after_the_text_ends_what_was_to_follow_it(tmp_path):
    async with attached(tmp_path, {"粽子.png": png()}) as desk:
        await until_sent(desk, GROUP)
        (desk.home / "content" / "nodes" / "粽子.png").write_bytes(png() + b"\0")
        await desk.approve("N06")
        await desk.at("2026-06-15 17:30")
        push = (await desk.pushes())[FIRST.format("zx")]
        assert (push.state, push.reason) == (
            State.SKIPPED,
            "正文发出以后内容又改动过，附件不再发",
        )
        assert kinds(desk, "zx") == ["markdown"]


async def test_a_text_that_never_left_is_followed_by_nothing(tmp_path):
    async with attached(tmp_path) as desk:
        desk.world.stop_webhook(desk.stage.keys["zx"])
        await desk.at("2026-06-15 17:30")
        pushes = await desk.pushes()
        assert pushes[GROUP].state is State.REFUSED
        for key in (FIRST, SECOND):
            push = pushes[key.format("zx")]
            assert (push.state, push.reason) == (State.SKIPPED, "正文没有发到，附件不单独发")


async def test_a_halt_between_text_and_attachment_stops_the_attachment(tmp_path):
    async with attached(tmp_path, {"粽子.png": png()}) as desk:
        await until_sent(desk, GROUP)
        params = {"word": "粽子", "who": "周主任"}
        await VERBS["hold"](desk.house.bureau, desk.clock.now(), params)
        for later in ("2026-06-15 11:15", "2026-06-19 09:30"):  # it waits; its window is over
            desk.clock.jump(moment(later))
            assert await desk.house.tick() == []
            assert kinds(desk, "zx") == ["markdown"]
        push = (await desk.pushes())[FIRST.format("zx")]
        assert (push.state, "粽子" in push.reason) == (State.EXPIRED, True)
        assert kinds(desk, "zx") == ["markdown"]


async def test_a_preview_says_what_follows_as_what_on_each_channel(tmp_path):
    files = {"海报.png": png(3_000_000), "提示.pdf": PDF, "片.srt": b"1\n00:00:01,0 --> "}
    async with attached(tmp_path, files) as desk:
        params = {"item": "N06", "channel": "全部"}
        answer = await VERBS["preview"](desk.house.bureau, desk.clock.now(), params)
        told = {v["channel"]: dict(v["after"]) for v in answer["views"] if v["part"] == "main"}
        assert told["webhook"] == {"海报.png": "文件", "提示.pdf": "文件"}, (
            "2 MB at most in a message"
        )
        assert told["app"] == told["bot-group"] == {"海报.png": "图片", "提示.pdf": "文件"}
        assert next(v["after"] for v in answer["views"] if v["part"] != "main") == []
        (desk.home / "content" / "nodes" / "海报.png").unlink()
        answer = await VERBS["preview"](desk.house.bureau, desk.clock.now(), params)
        assert "网页上有" in str(answer["views"])


async def test_a_file_that_is_named_twice_follows_once(tmp_path):
    async with attached(tmp_path) as desk:
        path = desk.home / "content" / "nodes" / "N06-端午.md"
        text = path.read_text("utf-8").replace("粽子.png、提示.pdf", "粽子.png、粽子.png")
        path.write_text(text, "utf-8")
        await desk.approve("N06")
        await desk.at("2026-06-15 11:10")
        assert kinds(desk, "zx") == ["markdown", "image"]


async def test_after_the_term_nobody_who_got_an_attachment_is_named(tmp_path):
    async with attached(tmp_path, {"粽子.png": png()}) as desk:
        await desk.at("2026-06-15 12:00")
        store, now = desk.house.bureau.store, moment("2026-12-01 09:00")
        assert (await store.deliveries(FIRST.format("jg1")))[0].to
        while await store.fold_names(now, now):
            pass
        rows = await store.deliveries()
        assert [row.to for row in rows if row.to] == []
        cohorts = await store.cohorts()
        assert not any(one.covered for key, one in cohorts.items() if "-a1@" in key)


async def test_recall_takes_back_what_followed_the_card(tmp_path):
    async with attached(tmp_path) as desk:
        await desk.at("2026-06-15 12:00")
        answer = await VERBS["recall"](desk.house.bureau, desk.clock.now(), {"key": PEOPLE})
        assert answer["recalled"] == 3
