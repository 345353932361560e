"""设置: what config.toml says, in words, and changed with its comments kept."""

import pytest

from bot import config
from tests.engine.office import office
from tests.web.test_console import HOME, by_link, entered, post


@pytest.fixture
async def desk(tmp_path):
    async with office(tmp_path, port=8650) as built:
        yield built


async def test_the_unit_is_renamed_for_the_next_start_and_every_comment_stays(desk):
    one, path = await entered(desk), desk.home / "config.toml"
    before = path.read_text("utf-8")
    assert "还没有生效" not in (await one.get(f"{HOME}/setup")).text
    said = (await post(one, "/setup", unit="某县水利局", hours="9：20-11：00")).text
    assert "还没有生效" in said
    read = config.load(path, {})
    assert (read.unit.name, read.hours.hours) == ("某县水利局", ["09:20-11:00"])
    assert before.count("#") == path.read_text("utf-8").count("#")


async def test_a_slip_changes_nothing_and_is_said(desk):
    one, path = await entered(desk), desk.home / "config.toml"
    before = path.read_bytes()
    for fields, words in (
        ({"unit": " "}, "请写单位名称"),
        ({"hours": "9点"}, "应写成 09:10-11:20"),
        ({"target": "nobody", "name": "x"}, "没有这个对象"),
        ({"target": "zx", "name": "中心", "webhook": "https://evil.example/x"}, "这不是"),
    ):
        assert words in (await post(one, "/setup", **fields)).text
    assert path.read_bytes() == before


async def test_a_groups_new_address_goes_into_the_secrets_alone(desk):
    one, path = await entered(desk), desk.home / "config.toml"
    base = config.load(path, {}).wecom.base_url
    address = f"{base}/cgi-bin/webhook/send?key=new-key-1"
    await post(one, "/setup", target="zx", name="水利中心", webhook=address)
    read = config.load(path, {})
    assert read.webhooks["zx"] == "new-key-1"
    assert "水利中心" in {one.name for one in read.targets}
    assert "new-key-1" not in path.read_text("utf-8")
    assert "new-key-1" not in (await one.get(f"{HOME}/setup")).text


async def test_only_an_administrator_sees_the_settings(desk):
    assert (await (await by_link(desk, "编辑")).get(f"{HOME}/setup")).status_code == 403
