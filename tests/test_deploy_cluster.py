"""What ships for several machines: each variable is a setting, each file is where it is said."""

from __future__ import annotations

import configparser
import shlex
from pathlib import Path

import pytest
import yaml

from bot import config

ROOT = Path(__file__).parents[1]
CLUSTER = ROOT / "deploy" / "cluster"
COMPOSE = yaml.safe_load((CLUSTER / "compose.yaml").read_text("utf-8"))
OTHERS = ("postgres", "door")
WORKERS = {name: one for name, one in COMPOSE["services"].items() if name not in OTHERS}


def _loaded(environ, tmp_path):
    secret = tmp_path / "database-url"
    secret.write_text("postgresql://qf:x@postgres/qf\n")
    for name in [name for name in environ if name.endswith("_FILE")]:
        environ = {**environ, name: str(secret)}
    return config.load(ROOT / "config.example.toml", environ)


@pytest.mark.parametrize("name", WORKERS)
def test_a_worker_of_the_compose_file_is_told_only_what_the_program_knows(name, tmp_path):
    found = _loaded(WORKERS[name]["environment"], tmp_path)
    assert found.store.url.startswith("postgresql://")
    assert found.store.role == ("web" if name.startswith("web") else "send")
    assert found.store.published


def test_two_serve_and_two_send():
    assert sorted(WORKERS) == ["send1", "send2", "web1", "web2"]


def test_the_door_leads_to_each_worker_that_serves_and_not_to_the_verbs():
    nginx = (CLUSTER / "nginx.conf").read_text("utf-8")
    assert all(f"server {name}:8650" in nginx for name in WORKERS if name.startswith("web"))
    assert "location /control/ { return 404; }" in nginx


@pytest.mark.parametrize("role", ["web", "send"])
def test_a_unit_tells_only_what_the_program_knows(role, tmp_path):
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    text = (CLUSTER / f"qingfeng-{role}.service").read_text("utf-8")
    unit.read_string(text)
    lines = [line for line in text.splitlines() if line.startswith("Environment=")]
    pairs = [one for line in lines for one in shlex.split(line.removeprefix("Environment="))]
    found = _loaded(dict(one.split("=", 1) for one in pairs), tmp_path)
    assert (found.store.role, found.store.data) == (role, f"data-{role}")


def test_the_image_is_built_from_files_that_are_there():
    build = COMPOSE["x-worker"]["build"]
    assert (CLUSTER / build["context"]).resolve() == ROOT
    assert "/src/$LOCK" in (ROOT / build["dockerfile"]).read_text("utf-8")
    assert (ROOT / build["args"]["LOCK"]).exists()


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ('url = "10.0.0.5/qf"', "应是 postgresql:// 开头"),
        ('role = "web"', "要先填 url"),
        ("published = true", "要先填 url"),
        ('role = "sender"', "both、web、send 之一"),
    ],
)
def test_a_setting_of_several_machines_that_cannot_be_is_told(lines, told, tmp_path):
    path = tmp_path / "config.toml"
    path.write_text(f"[store]\n{lines}\n", "utf-8")
    with pytest.raises(config.ConfigError) as found:
        config.load(path, {})
    assert any(told in problem.message for problem in found.value.problems)
