"""The file of a backup: members with their digests, the manifest last."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import IO, Any

from quantriet.kit.backups.sealing import Unsealing, is_sealed
from quantriet.kit.refusal import Refusal

FORMAT = 1
MANIFEST = "manifest.json"
CHUNK = 1024 * 1024


@dataclass
class Manifest:
    """What a backup says of itself. `tables` rows by table; `members` [digest, bytes] by name; `log` where the log ended."""

    made_at: str
    version: str
    database: str  # the vendor: sqlite or postgresql
    server: str  # its version
    migrations: list[list[str]]
    format: int = FORMAT
    tables: dict[str, int] = field(default_factory=dict)
    columns: dict[str, list[str]] = field(default_factory=dict)  # of the tables that are members of their own
    members: dict[str, list[Any]] = field(default_factory=dict)
    files: int = 0
    bytes: int = 0
    log: dict[str, Any] = field(default_factory=dict)
    secret: str = ""  # the mark of the installation's key, on which second factors, slips and sessions inside hang

    @property
    def moment(self) -> datetime:
        return datetime.fromisoformat(self.made_at)

    @property
    def rows(self) -> int:
        return sum(self.tables.values())


class Digesting(io.RawIOBase):
    """Counts and digests what is written into one member."""

    def __init__(self, out: IO[bytes]) -> None:
        self._out, self.digest, self.size = out, hashlib.sha256(), 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._out.write(data)
        self.digest.update(data)
        self.size += len(data)
        return len(data)


class Writer:
    """Writes a backup from front to back; `manifest` fills while members are written."""

    def __init__(self, out: Any, manifest: Manifest) -> None:
        self.manifest = manifest
        self._zip = zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, allowZip64=True, compresslevel=1)

    @contextlib.contextmanager
    def member(self, name: str) -> Iterator[Digesting]:
        with self._zip.open(name, "w", force_zip64=True) as out:
            member = Digesting(out)
            yield member
        self.manifest.members[name] = [member.digest.hexdigest(), member.size]
        self.manifest.bytes += member.size

    def finish(self) -> None:
        text = json.dumps(asdict(self.manifest), ensure_ascii=False, indent=1, sort_keys=True).encode()
        self._zip.writestr(MANIFEST, text)
        self._zip.comment = b"sha256:" + hashlib.sha256(text).hexdigest().encode()
        self._zip.close()


class Backup:
    """An opened backup: its manifest is whole; members are checked while they are read."""

    def __init__(self, path: Path, stream: IO[bytes], archive: zipfile.ZipFile, manifest: Manifest) -> None:
        self.path, self.manifest = path, manifest
        self._stream, self._zip = stream, archive

    def chunks(self, name: str) -> Iterator[bytes]:
        """The bytes of one member. Refuses at their end, or before, when they are not those that were written."""
        wanted, size = self.manifest.members[name]
        digest, seen = hashlib.sha256(), 0
        try:
            with self._zip.open(name) as member:
                while chunk := member.read(CHUNK):
                    digest.update(chunk)
                    seen += len(chunk)
                    yield chunk
        except (OSError, zipfile.BadZipFile, EOFError, KeyError, ValueError, zlib.error) as error:
            if getattr(error, "errno", None):
                raise  # the disk, not the file
            raise _altered(self.path, name) from None
        if digest.hexdigest() != wanted or seen != size:
            raise _altered(self.path, name)

    def close(self) -> None:
        self._zip.close()
        self._stream.close()


@contextlib.contextmanager
def open_backup(path: Path, *, key_file: Path | None = None) -> Iterator[Backup]:
    """Open a backup and read its manifest.

    Refuses what is no backup, was cut short or altered, is sealed with a key that is missing or another, is of a later format.
    """
    if not path.is_file():
        raise Refusal("backup.missing", f"Không có tệp {path}.")
    stream: Any = None
    try:
        try:
            stream = io.BufferedReader(Unsealing(path, key_file), CHUNK) if is_sealed(path) else path.open("rb")
            archive = zipfile.ZipFile(stream)
            text = archive.read(MANIFEST)
        except (zipfile.BadZipFile, KeyError, OSError, EOFError, zlib.error) as error:
            if getattr(error, "errno", None):
                raise
            raise Refusal(
                "backup.cut",
                f"Tệp {path.name} không phải bản sao lưu nguyên vẹn: bị cắt ngang, hỏng hoặc bị sửa. Chưa phục hồi gì.",
            ) from None
        manifest = _manifest(path, text, archive)
        yield Backup(path, stream, archive, manifest)
    finally:
        if stream is not None:
            stream.close()


def _manifest(path: Path, text: bytes, archive: zipfile.ZipFile) -> Manifest:
    if archive.comment != b"sha256:" + hashlib.sha256(text).hexdigest().encode():
        raise _altered(path, MANIFEST)
    values = json.loads(text)
    if values.get("format", 0) > FORMAT:
        raise Refusal("backup.newer", f"Tệp {path.name} do bản Quán triệt mới hơn tạo ra; hãy nâng cấp rồi phục hồi.")
    manifest = Manifest(**values)
    names = set(archive.namelist()) - {MANIFEST}
    if names != manifest.members.keys() or not all(_is_inside(name) for name in names):
        raise _altered(path, MANIFEST)
    return manifest


def _is_inside(name: str) -> bool:
    place = PurePosixPath(name)
    return not place.is_absolute() and ".." not in place.parts and "\\" not in name


def _altered(path: Path, name: str) -> Refusal:
    return Refusal(
        "backup.altered",
        f"Tệp {path.name} không còn như khi sao lưu (phần {name} bị hỏng hoặc bị sửa). Chưa phục hồi gì.",
    )
