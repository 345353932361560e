"""Packs: content and schedules as one zip with digests, from one office to another on a stick.

A pack is a stranger's file: everything in it is checked before anything of it is written. It
carries no approval. `merging` brings its files in beside what the unit wrote itself.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import stat
import unicodedata
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from bot.library import disk
from bot.library.walk import OTHER_FOLDERS

MANIFEST = "pack.json"
FORMAT = 1  # of packs, whatever the version of the program
ROOTS = ("content", "schedules")
NOTE = ".导入说明.txt"  # of a text from Word (intake.py)
LEFT_OUT = OTHER_FOLDERS
MAX_FILES, MAX_FILE, MAX_ALL = 20_000, 20 * 1024 * 1024, 300 * 1024 * 1024
_SUFFIXES = frozenset({".md", ".txt", ".toml", ".png", ".jpg", ".jpeg", ".gif", ".pdf", ".docx"})
_BAD = re.compile(r'[\\:*?"<>|\x00-\x1f\x7f]')
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_NO_ZIP = (
    zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error,
    NotImplementedError, EOFError, RuntimeError,
)  # fmt: skip


class BadPack(ValueError):
    """A file that is no sound pack; the sentence says why."""


@dataclass(frozen=True, kw_only=True)
class Places:
    content: Path
    schedules: Path
    data: Path

    def of(self, name: str) -> Path:
        root, _, rest = name.partition("/")
        return (self.content if root == "content" else self.schedules) / rest

    def beside(self, name: str) -> Path:
        """Where the other version goes of what both changed."""
        return self.content / "待合并" / name

    @property
    def base(self) -> Path:
        return self.data / "pack-base.json"

    @property
    def kept(self) -> Path:
        """The pack that is being brought in; nothing lies there at any other time."""
        return self.data / "pack-incoming.zip"


def collect(places: Places) -> dict[str, bytes]:
    """Return what a pack of this library holds: path -> bytes. Links lead nowhere."""
    found: dict[str, bytes] = {}
    for root, folder in (("content", places.content), ("schedules", places.schedules)):
        for path in sorted(folder.rglob("*")):
            parts = path.relative_to(folder).parts
            if parts[0] in LEFT_OUT or any(part.startswith((".", "~$")) for part in parts):
                continue
            if path.name.endswith(NOTE):  # it quotes what was deleted in Word, and remarks
                continue
            if path.is_symlink() or not path.is_file() or path.suffix.lower() not in _SUFFIXES:
                continue
            if path.resolve().is_relative_to(folder.resolve()):
                found[f"{root}/{'/'.join(parts)}"] = path.read_bytes()
    return found


def packed(files: Mapping[str, bytes]) -> bytes:
    """Return a pack of these files: the same bytes for the same files."""
    digests = {name: hashlib.sha256(data).hexdigest() for name, data in sorted(files.items())}
    manifest = json.dumps({"format": FORMAT, "files": digests}, ensure_ascii=False, indent=1)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in [(MANIFEST, manifest.encode()), *sorted(files.items())]:
            archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def unpacked(path: Path) -> dict[str, bytes]:
    """Return the files of a pack once all of it is found sound; BadPack otherwise."""
    if path.exists() and not path.is_file():  # a pipe would be waited for
        raise BadPack("不是普通文件，不予导入")
    try:
        with zipfile.ZipFile(path) as archive:
            return _checked(archive)
    except _NO_ZIP:
        raise BadPack("不是内容包，或者已经损坏，请重新拷贝") from None
    except (UnicodeError, ValueError) as error:
        if isinstance(error, BadPack):
            raise
        raise BadPack("内容包里的文件名或清单读不懂") from None


def _checked(archive: zipfile.ZipFile) -> dict[str, bytes]:
    infos = [info for info in archive.infolist() if not info.is_dir()]
    if len(infos) > MAX_FILES:
        raise BadPack(f"内容包里的文件太多，超过 {MAX_FILES} 个")
    if sum(info.file_size for info in infos) > MAX_ALL:
        raise BadPack("内容包解开太大，可能是压缩炸弹，不予导入")
    if any(info.compress_type not in _METHODS for info in infos):
        raise BadPack("内容包的压缩方式不认识，请用 qingfeng pack 重新打包")
    names = {_one_name(info.filename) for info in infos}
    if len(names) < len(infos):
        raise BadPack("内容包里有同名的文件（大小写不同也算同名）")
    if any(str(above) in names for name in names for above in PurePosixPath(name).parents):
        raise BadPack("内容包里有一个名字既是文件又是文件夹，不予导入")
    files = {info.filename: _data(archive, info) for info in infos}
    digests = _manifest(files.pop(MANIFEST, b""))
    found = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    if found != digests:
        raise BadPack("内容包与它的清单对不上，可能被改动过或没有拷完整")
    return files


def _one_name(name: str) -> str:
    """Return what is the same for names that some disk takes for one: É as one sign or two."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def _data(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    name = info.filename
    if name != MANIFEST and (reason := _unfit(name, info.external_attr >> 16)):
        raise BadPack(f"内容包里的“{_shown(name)}”{reason}，不予导入")
    with archive.open(info) as file:  # what a header says of a size need not be so
        data = file.read(MAX_FILE + 1)
    if len(data) > MAX_FILE:
        raise BadPack(f"内容包里的“{_shown(name)}”太大，可能是压缩炸弹，不予导入")
    return data


def _shown(name: str) -> str:
    """Return a stranger's name of a file as it may stand in a sentence: one line, no tricks."""
    return "".join(char if char.isprintable() else "?" for char in name[:60])


def _unfit(name: str, mode: int) -> str:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or _BAD.search(name) or str(path) != name:
        return "想写到别处去"
    if any(disk.DEVICE.match(part) or part.endswith((".", " ")) for part in path.parts):
        return "用了 Windows 不许用的名字"
    if stat.S_ISLNK(mode):
        return "是一个链接"
    if len(path.parts) < 2 or path.parts[0] not in ROOTS:
        return "不是内容也不是日程"
    if path.parts[1] in LEFT_OUT:
        return "是审批一类的记录，审批不能随包带来"
    if path.suffix.lower() not in _SUFFIXES or any(part.startswith(".") for part in path.parts):
        return "不是内容包该有的文件"
    return ""


def _manifest(data: bytes) -> dict[str, str]:
    try:
        told = json.loads(data)
        if told["format"] > FORMAT:
            raise BadPack("这个内容包是更新的程序做的，请先升级清风")
        if told["format"] != FORMAT:
            raise BadPack("内容包的格式不认识，请用 qingfeng pack 重新打包")
        return {str(name): str(digest) for name, digest in told["files"].items()}
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        if isinstance(error, BadPack):
            raise
        raise BadPack("内容包里没有清单，不知道该有什么") from None
