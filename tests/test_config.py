"""config.toml: what is read, what is refused with its line, what is never shown."""

from __future__ import annotations

import tomllib
from dataclasses import fields
from pathlib import Path

import pytest

from bot import config
from bot.config import ConfigError, load
from bot.settings import SECTIONS

ROOT = Path(__file__).parents[1]
EXAMPLE = ROOT / "config.example.toml"
AES_KEY = "s3cret3".ljust(43, "x")
KEY = "693a91f6-7xxx-4bc4-97a0-0ec2sifa5aaa"
GROUP = f'[target.jg1]\nchannel = "webhook"\nwebhook = "https://example.org/send?key={KEY}"\n'


@pytest.fixture
def read(tmp_path):
    def read(text: str | bytes, **environ: str) -> config.Config:
        path = tmp_path / "config.toml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return load(path, environ)

    return read


@pytest.fixture
def refused(read):
    """Return every problem of a configuration as (line, sentence)."""

    def refused(text: str | bytes, **environ: str) -> list[tuple[int, str]]:
        with pytest.raises(ConfigError) as caught:
            read(text, **environ)
        assert all(problem.path == "config.toml" for problem in caught.value.problems)
        return [(problem.line, problem.message) for problem in caught.value.problems]

    return refused


# -- the example -------------------------------------------------------------------------------


def test_the_example_loads_and_says_the_defaults():
    example = load(EXAMPLE, {})
    assert [target.id for target in example.targets] == ["jg1", "jg2", "office"]
    assert [target.name for target in example.targets if target.office] == ["廉政办"]
    empty = config.Config(path=EXAMPLE)
    for name in ("app", "hours", "review", "review_kinds", "web", "store", "summary", "wecom"):
        assert getattr(example, name) == getattr(empty, name), name


def settings():
    return [(name, one.name) for name, kind in SECTIONS.items() for one in fields(kind)]


@pytest.mark.parametrize(("section", "key"), settings())
def test_every_setting_stands_in_the_example_with_its_line_of_explanation(section, key):
    text = EXAMPLE.read_text("utf-8")
    part = text.split(f"\n[{section}]\n")[1].split("\n[")[0]
    (line,) = [line for line in part.split("\n") if line.startswith(f"{key} = ")]
    doc = {one.name: one.metadata["doc"] for one in fields(SECTIONS[section])}[key]
    assert line.partition(" # ")[2].startswith(doc)


def test_the_example_has_nothing_that_is_no_setting():
    tables = tomllib.loads(EXAMPLE.read_text("utf-8"))
    tables.pop("target")
    inner = {
        "wecom.app": tables["wecom"].pop("app"),
        "wecom.bot": tables["wecom"].pop("bot"),
        "review.kinds": tables["review"].pop("kinds"),
    }
    written = {(name, key) for name, table in {**tables, **inner}.items() for key in table}
    assert written == set(settings())


def test_an_empty_file_is_a_configuration(read):
    assert read("").targets == ()


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030", "utf-16"])
def test_a_file_from_notepad_is_read(read, encoding):
    text = '[unit]\r\nname = "某某局"\r\n'
    assert read(text.encode(encoding)).unit.name == "某某局"


# -- what is refused -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("# a_dai\n[policy]\n\na_dai = 1\n", 4, "a_day"),
        ('[unit]\nname = "x"\n[wecom.app]\nsecert = "x"\n', 4, "secret"),
        ("[wecom.app]\nsecret_fil = 'x'\n", 2, "secret_file"),
        ('[unit]\nname = "x"\n[target.jg1]\nname = 1\nchannel = "terminal"\n', 4, "文字"),
        (GROUP + 'rooster = "x"\n', 4, "roster"),
        ("[polici]\na_day = 1\n", 1, "policy"),
        ("[unit]\nname = 1\n", 2, "文字"),
        ('[wecom.app]\nagentid = "7"\n', 2, "整数"),
        ("[web]\nport = true\n", 2, "整数"),
        ("[review]\nrequired = 1\n", 2, "true 或 false"),
        ('[review]\nsteps = "终审"\n', 2, "列表"),
        ("[review]\nsteps = [1]\n", 2, "列表"),
        ("[policy]\nhours = [1]\n", 2, "列表"),
        ("unit = 1\n", 1, "小节"),
        ("[[unit]]\nname = 'x'\n", 1, "小节"),
        ("[wecom]\napp = 3\n", 2, "小节"),
        ("target = 1\n", 1, "[target."),
        ("[[target]]\nname = 'x'\n", 1, "[target."),
        ("[target]\njg1 = 1\n", 2, "[target.jg1]"),
        ('[target."一支部"]\nchannel = "terminal"\n', 1, "英文"),
        ('[target."jg1\\n"]\nchannel = "terminal"\n', 0, "英文"),
        ("[target.jg1]\nname = 'x'\n", 1, "channel"),
        ("[target.jg1]\nchannel = 'mail'\n", 1, "channel"),
        ("[target.jg1]\nchannel = 'webhook'\n", 1, "webhook"),
        ("[target.jg1]\nchannel = 'webhook'\nwebhook = 'https://example.org/x'\n", 1, "webhook"),
        ("[policy]\nhours = ['9点-10点']\n", 2, "09:10-11:20"),
        ("[policy]\nhours = ['09:10+08:00-11:20']\n", 2, "09:10-11:20"),
        ("[policy]\nhours = ['11:20-09:10']\n", 2, "15 分钟"),
        ("[policy]\nhours = ['09:00-09:01']\n", 2, "15 分钟"),
        ("[policy]\nhours = []\n", 2, "空"),
        ("[web]\nport = 99999\n", 2, "65535"),
        ("[web]\npublic_url = 'example.org'\n", 2, "网址"),
        ("[wecom]\nbase_url = ''\n", 2, "网址"),
        ("[wecom]\nbase_url = 'http://['\n", 2, "网址"),
        ("[wecom]\nbase_url = 'https://user:pass@example.org'\n", 2, "网址"),
        ("[summary]\nper_target = 'all'\n", 2, "per_target"),
        (f'[unit]\noffice = "{"长" * 99}"\n', 2, "office"),
        ("[unit\n", 1, "[unit"),
        ("单位 = 1\n", 1, "单位"),
        ("x = " + "[" * 9000, 0, "太深"),
        (b"\x81" * 9, 0, "编码"),
    ],
    ids=lambda value: ascii(value)[:40],
)
def test_a_mistake_is_told_with_its_line_and_what_to_write(refused, text, line, words):
    problems = refused(text)
    assert len(problems) == 1
    assert problems[0][0] == line
    assert words in problems[0][1]


def test_everything_wrong_is_told_at_once(refused):
    assert len(refused("[unit]\nnam = 1\n[policy]\na_day = 'x'\n[web]\nport = -1\n")) == 3


def test_thousands_of_groups_are_a_configuration(read):
    groups = [GROUP.replace("jg1", f"g{number}") for number in range(3000)]
    assert len(read("\n".join(groups)).targets) == 3000


def test_a_configuration_that_is_not_there_says_so(tmp_path):
    with pytest.raises(ConfigError, match="找不到"):
        load(tmp_path / "config.toml", {})


@pytest.mark.parametrize(
    "text",
    [
        "[policy]\na_day = 2\n",
        "[policy]\na_week = 3\n",
        "[policy]\na_node_week = 4\n",
        "[policy]\na_day = 0\n",
        "[summary]\nmin_people = 4\n",
        "[review]\nsteps = []\n",
        "[review]\nsteps = ['']\n",
        "[review]\nsteps = ['../初审']\n",
        "[review]\nsteps = ['终审', '终审']\n",
    ],
)
def test_a_law_can_be_made_stricter_but_never_laxer(refused, text):
    assert [line for line, _ in refused(text)] == [2]


@pytest.mark.parametrize(
    "variable",
    ["QINGFENG_POLICY__A_DAY", "QINGFENG_POLICY__A_WEEK", "QINGFENG_POLICY__A_NODE_WEEK"],
)
def test_the_environment_cannot_relax_a_law_either(refused, variable):
    assert "增负" in refused("", **{variable: "9"})[0][1]


def test_the_environment_cannot_empty_the_review(refused):
    assert "steps" in refused("", QINGFENG_REVIEW__STEPS=" , ")[0][1]


# -- the environment and secrets -----------------------------------------------------------------


def test_every_setting_is_read_from_the_environment(read):
    read_ = read(
        GROUP + "[unit]\nname = '文件里的'\n",
        QINGFENG_UNIT__NAME="环境里的",
        QINGFENG_WECOM_APP__AGENTID="1000007",
        QINGFENG_REVIEW__REQUIRED="false",
        QINGFENG_POLICY__HOURS="09:30-10:30, 15:00-16:00",
        QINGFENG_TARGET_JG1__WEBHOOK="https://example.org/send?key=from-outside",
        PATH="/bin",
        QINGFENG_HOME="/somewhere",
    )
    assert read_.unit.name == "环境里的"
    assert read_.app.agentid == 1000007
    assert read_.review.required is False
    assert len(read_.policy.windows) == 2
    assert read_.webhooks == {"jg1": "from-outside"}


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("QINGFENG_REVIEW__REQUIRED", "nein", "true 或 false"),
        ("QINGFENG_WEB__PORT", "eighty", "整数"),
        ("QINGFENG_WEB__PORT", "-1", "整数"),
        ("QINGFENG_WECOM_APP__SECERT", "s3cret", "QINGFENG_WECOM_APP__SECRET"),
        ("QINGFENG_TARGET_JG2__WEBHOOK", "s3cret", "QINGFENG_TARGET_JG1__WEBHOOK"),
        ("QINGFENG_WECOM_APP__SECRET_FILE", "nowhere", "找不到"),
    ],
)
def test_a_mistake_in_the_environment_is_told_by_its_name(refused, variable, value, words):
    ((_, message),) = refused(GROUP, **{variable: value})
    assert variable in message
    assert words in message
    assert "s3cret" not in message


def test_secrets_come_from_files_beside_the_configuration(read, tmp_path):
    (tmp_path / "app").write_text("s3cret\n", "utf-8")
    (tmp_path / "group").write_bytes(f"\ufeffhttps://example.org/send?key={KEY}&x=1\r\n".encode())
    text = "[wecom.app]\nsecret_file = 'app'\n" + (
        "[target.jg1]\nchannel = 'webhook'\nwebhook_file = 'group'\n"
    )
    read_ = read(text, QINGFENG_WECOM_APP__TOKEN_FILE="app")
    assert (read_.app.secret, read_.app.token) == ("s3cret", "s3cret")
    assert read_.webhooks == {"jg1": KEY}


@pytest.mark.parametrize("content", ["", "\n", "one\ntwo\n"])
def test_a_secret_file_holds_one_line(refused, tmp_path, content):
    (tmp_path / "app").write_text(content, "utf-8")
    ((line, message),) = refused("[wecom.app]\nsecret_file = 'app'\n")
    assert line == 2
    assert "一行" in message


def test_no_repr_shows_a_secret(read):
    text = f'[wecom.app]\nsecret = "s3cret1"\ntoken = "s3cret2"\naes_key = "{AES_KEY}"\n' + GROUP
    read_ = read(text)
    for shown in (repr(read_), repr(read_.app), str(vars(read_)["app"]), repr(read_.targets)):
        assert "s3cret" not in shown
        assert KEY not in shown


@pytest.mark.parametrize(
    "text",
    [
        "[wecom.app]\nsecret = s3cret\n",
        '[wecom.app]\nsecret = "s3cret\n',
        '[wecom.app]\nagentid = 1\nsecret = 5\ntoken = "s3cret" x\n',
        "[target.jg1]\nchannel = 'webhook'\nwebhook = https://example.org/?key=s3cret\n",
        "[target.jg1]\nchannel = 'webhook'\nwebhook = 'https://example.org/?key=s3cret+'\n",
        "[target.jg1]\nchannel = 'post'\nwebhook = 'https://example.org/?key=s3cret'\n",
    ],
)
def test_no_problem_shows_a_secret(refused, text):
    assert all("s3cret" not in message for _, message in refused(text))


@pytest.mark.parametrize("key", ["s3cret", "s3cret".ljust(42, "x"), "s3cret".ljust(44, "x")])
def test_a_damaged_aes_key_is_told_at_once(refused, tmp_path, key):
    (tmp_path / "aes").write_text(key + "\n", "utf-8")
    for text in (f"[wecom.app]\naes_key = '{key}'\n", "[wecom.app]\naes_key_file = 'aes'\n"):
        ((_, message),) = refused(text)
        assert "43 位" in message
        assert "s3cret" not in message
    assert "43 位" in refused("", QINGFENG_WECOM_APP__AES_KEY=key)[0][1]


@pytest.mark.parametrize(
    "value", ["hS8d-s3cret", "https://example.org/?key=s3cret", "s3cret\\u0000"]
)
def test_a_secret_typed_where_its_file_belongs_is_not_shown(refused, value):
    app = refused(f'[wecom.app]\nsecret_file = "{value}"\n')
    group = refused(f'[target.jg1]\nchannel = "webhook"\nwebhook_file = "{value}"\n')
    outside = refused("", QINGFENG_WECOM_APP__SECRET_FILE="s3cret")
    for line, message in app + group + outside:
        assert "s3cret" not in message
        assert line or "环境变量" in message
    assert "secret_file" in app[0][1]


def test_an_office_is_reached_as_a_group(refused):
    ((line, message),) = refused("[target.office]\nchannel = 'app'\noffice = true\n")
    assert line == 3
    assert "webhook" in message


def test_the_list_of_leaders_that_moved_is_told_where_to_go_and_an_empty_one_is_passed_over(
    tmp_path,
):
    path = tmp_path / "config.toml"
    path.write_text('[review]\nleaders = ["陈某某"]\n', "utf-8")
    with pytest.raises(ConfigError, match=r"content/lexicon\.toml 的 \[words\] leaders"):
        load(path, {})
    path.write_text("[review]\nleaders = []\n", "utf-8")
    load(path, {})


@pytest.mark.parametrize("wrong", ['["王五"]', '["王五:wangwu"]', '["王五=王五"]'])
def test_who_reviews_by_card_is_a_name_and_an_account(tmp_path, wrong):
    path = tmp_path / "config.toml"
    path.write_text(f"[review]\ncards = {wrong}\n", "utf-8")
    with pytest.raises(ConfigError, match="姓名=账号"):
        load(path, {})


def test_cards_without_a_way_to_single_people_are_a_problem(tmp_path):
    path = tmp_path / "config.toml"
    path.write_text('[review]\ncards = ["王五=wangwu"]\n', "utf-8")
    with pytest.raises(ConfigError, match="先填好"):
        load(path, {})
