"""Reading the contacts: departments, members, tags, ids (wecom/api.md §2.9, §7)."""

import pytest

from bot.sandbox.asks import Ask

from .house import AGENT, token


@pytest.fixture
def county(world):
    world.add_department(2, "办公室")
    world.add_department(3, "机要室", parentid=2)
    world.add_user("chen", "陈静", departments=[3], position="主任")
    world.add_tag(7, "支部书记", ["wang", "far"], [2])
    world.sync_secret = "sync-s3cret"
    return world


def ask(world, endpoint, body=b"", *, secret="app-s3cret", **query):
    held = token(world, secret)
    return world.call(endpoint, Ask(query={"access_token": held, **query}, body=body))


def test_a_department_lists_its_own_visible_members_only(county):
    found = ask(county, "user/simplelist", department_id="1")["userlist"]
    assert found[0] == {"userid": "zhang", "name": "张敏", "department": [1]}
    assert [user["userid"] for user in found] == ["zhang", "Li", "wang", "Free"]
    deeper = ask(county, "user/list", department_id="3")["userlist"]
    assert [(user["userid"], user["position"]) for user in deeper] == [("chen", "主任")]
    assert not {"mobile", "email", "avatar"} & set(deeper[0])


@pytest.mark.parametrize(
    ("endpoint", "query", "errcode"),
    [
        ("user/get", {"userid": "ZHANG"}, 0),
        ("user/get", {"userid": "nobody"}, 60111),
        ("user/get", {"userid": "far"}, 60011),
        ("user/get", {}, 41009),
        ("user/simplelist", {"department_id": "9"}, 60003),
        ("user/simplelist", {"department_id": "x"}, 40058),
        ("department/get", {"id": "2"}, 0),
        ("department/get", {"id": "9"}, 60003),
        ("tag/get", {"tagid": "7"}, 0),
        ("tag/get", {"tagid": "8"}, 40068),
        ("tag/get", {}, 41017),
        ("agent/get", {"agentid": str(AGENT)}, 0),
        ("agent/get", {"agentid": "2"}, 301002),
        ("user/list_id", {}, 48002),
        ("getcallbackip", {}, 0),
    ],
)
def test_what_cannot_be_read_is_refused(county, endpoint, query, errcode):
    assert ask(county, endpoint, **query)["errcode"] == errcode


def test_departments_come_as_a_tree_and_as_ids(county):
    names = [
        (d["id"], d["name"], d["parentid"]) for d in ask(county, "department/list")["department"]
    ]
    assert names == [(1, "清源县审计局", 0), (2, "办公室", 1), (3, "机要室", 2)]
    ids = ask(county, "department/simplelist", id="2")["department_id"]
    assert [(d["id"], d["parentid"]) for d in ids] == [(2, 1), (3, 2)]


def test_a_tag_shows_its_visible_members_and_departments(county):
    answer = ask(county, "tag/get", tagid="7")
    assert answer["tagname"] == "支部书记"
    assert answer["userlist"] == [{"userid": "wang", "name": "王芳"}]
    assert answer["partylist"] == [2]
    assert ask(county, "tag/list")["taglist"] == [{"tagid": 7, "tagname": "支部书记"}]


def test_the_sync_secret_reads_ids_in_pages_and_nothing_else(county):
    pages, cursor = [], ""
    while True:
        body = {"limit": 4, "cursor": cursor}
        page = ask(county, "user/list_id", body, secret="sync-s3cret")
        pages.append([pair["userid"] for pair in page["dept_user"]])
        cursor = page["next_cursor"]
        if not cursor:
            break
    assert pages == [["zhang", "Li", "wang", "far"], ["Free", "chen"]]
    answer = ask(county, "user/get", secret="sync-s3cret", userid="zhang")
    assert answer["errcode"] == 48009
    assert ask(county, "message/send", {}, secret="sync-s3cret")["errcode"] == 48002


def test_encrypted_ids_become_userids_and_plain_ones_are_invalid(county):
    body = {"open_userid_list": [county.open_userid("zhang"), "zhang", county.open_userid("far")]}
    answer = ask(county, "batch/openuserid_to_userid", body)
    assert answer["userid_list"] == [
        {"open_userid": county.open_userid("zhang"), "userid": "zhang"}
    ]
    assert answer["invalid_open_userid_list"] == ["zhang", county.open_userid("far")]


@pytest.mark.parametrize(("count", "errcode"), [(0, 40031), (1000, 0), (1001, 40032)])
def test_a_thousand_ids_go_into_one_call(county, count, errcode):
    body = {"open_userid_list": ["wo"] * count}
    assert ask(county, "batch/openuserid_to_userid", body)["errcode"] == errcode


def test_an_app_of_small_range_sees_the_departments_of_its_people(county):
    county.add_app(9, "小应用", "small-s3cret", root_range=False)
    county.remove_user("chen")
    seen = ask(county, "department/list", secret="small-s3cret")["department"]
    assert [d["id"] for d in seen] == [1]
    answer = ask(county, "user/simplelist", secret="small-s3cret", department_id="3")
    assert answer["errcode"] == 60011


def test_who_leaves_the_corporation_is_in_no_group_and_no_tag(county):
    county.remove_user("wang")
    assert county.groups["g2"].members == ()
    assert county.tags[7].users == ("far",)
    assert ask(county, "user/get", userid="wang")["errcode"] == 60111
