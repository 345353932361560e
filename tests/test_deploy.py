"""What is handed over: bundles' pins and scripts, unit, container file, licences, locks."""

from __future__ import annotations

import configparser
import importlib.util
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LOCK = (ROOT / "requirements.lock").read_text("utf-8")
PIN = re.compile(r"^([\w.-]+)==([^\s;]+)", re.MULTILINE)
BATS = sorted((ROOT / "deploy/windows").glob("*.bat"))
SHELLS = sorted(path for path in (ROOT / "deploy/linux").iterdir() if path.suffix != ".txt")
# Licences that ask nothing of who uses the whole; read once, by a person.
FREE = re.compile(
    r"MIT|BSD|ISC|PSF|Apache|OFL-1\.1|MPL|Mozilla Public License 2\.0|Python Software Foundation"
)
BINDING = re.compile(r"\bA?GPL|SSPL|Affero|Commercial", re.IGNORECASE)
READ = {"resvg_py": "UNKNOWN"}  # its wheel's LICENSE is the MIT text


@pytest.fixture(scope="module")
def bundle():
    spec = importlib.util.spec_from_file_location("bundle", ROOT / "deploy/bundle.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["bundle"] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


# -- bundles ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["linux-x86_64", "linux-aarch64", "windows-amd64"])
def test_a_bundle_takes_the_whole_lock_but_what_does_not_hold_there(bundle, kind):
    taken = list(bundle.pins(LOCK, bundle.KINDS[kind]))
    assert all("--hash=sha256:" in pin for pin in taken)
    assert not any(";" in pin.splitlines()[0] for pin in taken)
    left = {name for name, _ in PIN.findall(LOCK)} - {pin.partition("==")[0] for pin in taken}
    fast = {"uvloop", "httptools"} if kind.startswith("windows") else set()
    assert left == bundle.BUILD_ONLY | fast


@pytest.mark.parametrize("kind", ["linux-x86_64", "windows-amd64"])
def test_a_bundle_has_what_a_person_clicks_on(bundle, kind, tmp_path):
    (tmp_path / "program").mkdir()
    bundle.scripts(bundle.KINDS[kind], tmp_path)
    end = ".bat" if kind.startswith("windows") else ".sh"
    names = {path.name for path in tmp_path.iterdir()}
    clicked = {name + end for name in ("启动清风", "停止清风", "诊断", "备份到U盘")}
    assert clicked | {"先读我.txt"} <= names
    for name in clicked:
        lines = (tmp_path / name).read_bytes().splitlines(keepends=True)
        assert all(line.endswith(b"\r\n") is (end == ".bat") for line in lines)


@pytest.mark.parametrize("path", BATS, ids=lambda path: path.name)
def test_a_batch_file_bears_blanks_chinese_and_an_ordinary_user(path):
    text = path.read_text("utf-8")
    first, _, rest = text.partition("chcp 65001 >nul\n")
    assert first.isascii(), "cmd reads what stands before chcp in the code page of the machine"
    assert 'cd /d "%~dp0"\n' in rest
    assert all(line.startswith('"program\\') for line in rest.splitlines() if "python.exe" in line)
    assert not re.search(r"runas|schtasks|reg add|net session", rest, re.IGNORECASE)


@pytest.mark.parametrize("path", SHELLS, ids=lambda path: path.name)
def test_a_shell_script_is_one_that_every_sh_reads(path):
    assert path.read_text("utf-8").startswith("#!/bin/sh\n")
    subprocess.run(["sh", "-n", str(path)], check=True)


# -- the server ------------------------------------------------------------------------------------


def test_the_unit_runs_as_nobody_else_and_writes_one_folder():
    unit = configparser.RawConfigParser(strict=False)
    unit.optionxform = str  # systemd's names are as they are written
    unit.read(ROOT / "deploy/systemd/qingfeng.service", "utf-8")
    service = unit["Service"]
    assert service["ExecStart"].endswith(" run")
    assert service["User"] == "qingfeng"
    assert service["ReadWritePaths"] == service["WorkingDirectory"]
    assert (service["ProtectSystem"], service["NoNewPrivileges"]) == ("strict", "yes")


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")
def test_systemd_understands_every_line_of_the_unit(tmp_path):
    text = (ROOT / "deploy/systemd/qingfeng.service").read_text("utf-8")
    unit = tmp_path / "qingfeng.service"
    unit.write_text(re.sub(r"ExecStart=\S+", "ExecStart=/bin/true", text), "utf-8")
    command = ["systemd-analyze", "verify", str(unit)]
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (told.returncode, told.stdout + told.stderr) == (0, "")


def test_the_container_file_installs_what_the_lock_pins_and_keeps_one_folder():
    text = (ROOT / "deploy/Containerfile").read_text("utf-8")
    assert "ARG LOCK=requirements.lock" in text
    assert "--require-hashes -r /src/$LOCK" in text
    assert "USER qingfeng" in text
    assert "VOLUME /srv/qingfeng" in text


# -- the supply chain ------------------------------------------------------------------------------


def _third_party() -> dict[str, tuple[str, str]]:
    page = (ROOT / "docs/operate/third-party.md").read_text("utf-8")
    rows = [[cell.strip() for cell in line.split("|")[1:4]] for line in page.splitlines()]
    return {row[0]: (row[1], row[2]) for row in rows if len(row) == 3 and row[1][:1].isdigit()}


def test_every_locked_package_stands_on_the_page_of_licences_in_its_version():
    def plain(name: str) -> str:
        return re.sub(r"[-_.]+", "-", name).lower()

    told = {plain(name): version for name, (version, _) in _third_party().items()}
    locked = {plain(name): version for name, version in PIN.findall(LOCK)}
    assert told == locked, "run make licences"


def test_no_licence_binds_the_whole_program_or_was_read_by_nobody():
    for name, (_, licence) in _third_party().items():
        assert not BINDING.search(licence), (name, licence)
        assert FREE.search(licence) or READ.get(name) == licence, (name, licence)


@pytest.mark.nightly
def test_the_list_of_parts_names_every_locked_package_with_its_hashes():
    subprocess.run(["make", "--silent", "sbom"], cwd=ROOT, check=True)  # it validates, too
    told = json.loads((ROOT / "build/sbom.json").read_text("utf-8"))
    assert (told["bomFormat"], told["specVersion"]) == ("CycloneDX", "1.6")
    assert {(one["name"], one["version"]) for one in told["components"]} == set(PIN.findall(LOCK))
    assert all(one["externalReferences"][0]["hashes"] for one in told["components"])


def test_whatever_make_installs_is_held_to_a_hash():
    for line in (ROOT / "Makefile").read_text("utf-8").splitlines():
        if re.search(r"install .*-r ", line):
            assert "--require-hashes" in line, line
    lock = (ROOT / "deploy/supply.lock").read_text("utf-8")
    assert len(PIN.findall(lock)) > 20
    assert lock.count("--hash=sha256:") >= len(PIN.findall(lock))
