"""What an office file really is, read from its zip or OLE directory without unpacking anything.

What the gates of `spreadsheets` and `documents` have in common before a reader may touch the file; each of them knows only
its own sorts of files and what to say about the others.
"""

import struct
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Generic, TypeVar

from quantriet.kit.refusal import Refusal

Sort = TypeVar("Sort", bound=StrEnum)
ZIP_MAGIC = b"PK\x03\x04"
OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

# A workbook of 165,000 people has about 20 entries, a report with photographs some hundreds.
MOST_ENTRIES = 5_000
MOST_DIRECTORY = 2 * 1024 * 1024
MOST_UNPACKED = 1024 * 1024 * 1024
# Sheets full of repetition pack about 60 to 1; bombs a thousand to one.
MOST_RATIO = 250
RATIO_COUNTS_FROM = 8 * 1024 * 1024

BROKEN = Refusal(
    "file.broken",
    "Tệp bị hỏng hoặc tải lên chưa trọn vẹn. Hãy mở tệp trên máy của đồng chí, nếu mở được thì lưu lại thành tệp mới rồi tải lên lại.",
)
BOMB = Refusal(
    "file.bomb",
    "Tệp khi giải nén phình to bất thường nên không được nhận. Hãy chép phần dữ liệu cần dùng sang một tệp mới rồi tải lên lại.",
)
ENCRYPTED = Refusal(
    "file.encrypted",
    "Tệp đang đặt mật khẩu nên không đọc được. Hãy mở tệp, bỏ mật khẩu (Tệp → Thông tin → Bảo vệ), lưu lại rồi tải lên lại.",
)


def again(refusal: Refusal) -> Refusal:
    """The same refusal to raise: an exception that was raised keeps its traceback, so each time a fresh one."""
    return Refusal(refusal.code, refusal.sentence, field=refusal.field)


@dataclass(frozen=True)
class Gated(Generic[Sort]):
    """A file that passed its door and may be given to a reader."""

    path: Path
    kind: Sort
    size: int
    filename: str


@dataclass(frozen=True)
class Names(Generic[Sort]):
    """What the names of one door's files promise.

    `endings`: sort by ending (None promises nothing), `labels`: each sort in words, `macro_endings`: files of these are never
    taken, `other`: the refusal of another sort of file, `advice`: what to do about a name that promises something else.
    """

    endings: Mapping[str, Sort | None]
    labels: Mapping[Sort, str]
    macro_endings: frozenset[str]
    macro: Refusal
    other: Callable[[str], Refusal]
    advice: str

    def check(self, filename: str, kind: Sort) -> None:
        """Refuse a name that promises something else than the content; plain text under an unknown ending is no list either."""
        ending = Path(filename).suffix.lower()
        if ending in self.macro_endings:
            raise again(self.macro)
        promised = self.endings.get(ending)
        if promised is None and ending and ending not in self.endings and kind == "text":
            raise self.other(f"tệp có đuôi “{ending}”")
        if promised is not None and promised is not kind:
            said = f"Tên tệp có đuôi “{ending}” nhưng nội dung là {self.labels[kind]}. {self.advice}"
            raise Refusal("file.wrong_name", said)


@dataclass(frozen=True)
class OfficeZip:
    """A zip as an office file: names of its entries in lower case, the sort it declares (.ods …), its content types."""

    names: frozenset[str]
    mime: bytes
    types: bytes

    @property
    def has_macros(self) -> bool:
        return b"macroEnabled" in self.types or any(name.endswith("vbaproject.bin") for name in self.names)

    @property
    def is_opendocument(self) -> bool:
        return self.mime.startswith(b"application/vnd.oasis.opendocument.")

    def holds(self, folder: str) -> bool:
        """Whether it has entries in this folder: "word/", "xl/", "ppt/"."""
        return any(name.startswith(folder) for name in self.names)


@dataclass(frozen=True)
class Entry:
    """One entry of a zip directory, as the directory states it."""

    name: str
    packed: int
    unpacked: int


def zip_entries(path: Path) -> dict[str, Entry]:
    """Read a zip's directory. Refuses what is broken, locked, or would unpack to far more than it is."""
    _check_directory_size(path)
    try:
        with zipfile.ZipFile(path) as archive:
            infos = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, struct.error, UnicodeDecodeError, NotImplementedError):
        raise again(BROKEN) from None
    total = 0
    for info in infos:
        if info.flag_bits & 0x1:
            raise again(ENCRYPTED)
        total += info.file_size
        if info.file_size > RATIO_COUNTS_FROM and info.file_size > MOST_RATIO * max(info.compress_size, 1):
            raise again(BOMB)
    if total > MOST_UNPACKED or (
        total > RATIO_COUNTS_FROM and total > MOST_RATIO * max(sum(info.compress_size for info in infos), 1)
    ):
        raise again(BOMB)
    return {info.filename: Entry(info.filename, info.compress_size, info.file_size) for info in infos}


def office_zip(path: Path) -> OfficeZip:
    """What a zip says it is. Refuses what is broken, locked, or would unpack to far more than it is."""
    names = frozenset(name.lower() for name in zip_entries(path))
    mime = zip_part(path, "mimetype", most=200).strip()
    return OfficeZip(names, mime, zip_part(path, "[Content_Types].xml"))


def beginning(path: Path) -> bytes:
    """The first bytes of a file, which tell its sort."""
    with path.open("rb") as file:
        return file.read(8192)


def zip_part(path: Path, name: str, *, most: int = 1024 * 1024) -> bytes:
    """Read at most `most` bytes of one entry; b"" when it is not there."""
    try:
        with zipfile.ZipFile(path) as archive, archive.open(name) as part:
            return part.read(most)
    except KeyError:
        return b""
    except (zipfile.BadZipFile, ValueError, OSError, EOFError, NotImplementedError, RuntimeError):
        raise again(BROKEN) from None
    except Exception as error:
        # zlib and lzma have error classes of their own; all of them mean a damaged entry.
        if type(error).__name__ in {"error", "LZMAError"}:
            raise again(BROKEN) from None
        raise


def _check_directory_size(path: Path) -> None:
    """Refuse before Python builds an object for each of a million entries."""
    size = path.stat().st_size
    with path.open("rb") as file:
        file.seek(max(0, size - 65_557))
        tail = file.read()
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) < at + 22:
        raise again(BROKEN)
    entries, directory_size, directory_at = struct.unpack("<HII", tail[at + 10 : at + 20])
    if entries == 0xFFFF or directory_size == 0xFFFFFFFF or directory_at == 0xFFFFFFFF:
        # The large form of zip; real office files of this size limit never need it.
        raise again(BROKEN)
    if entries > MOST_ENTRIES or directory_size > MOST_DIRECTORY:
        raise again(BOMB)


def ole_names(path: Path) -> set[str]:
    """Names of the streams and storages of an OLE file (.xls, .doc, protected .xlsx). Refuses a broken one."""
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(512)
        if len(head) < 512 or head[:8] != OLE_MAGIC:
            raise again(BROKEN)
        (sector_shift,) = struct.unpack("<H", head[30:32])
        if sector_shift not in (9, 12):
            raise again(BROKEN)
        sector_size = 1 << sector_shift
        (directory_at,) = struct.unpack("<I", head[48:52])
        table_at = struct.unpack("<109I", head[76:512])

        def sector(number: int) -> bytes:
            offset = (number + 1) * sector_size
            if number >= 0xFFFFFFFA or offset >= size:
                return b""
            file.seek(offset)
            return file.read(sector_size)

        per_sector = sector_size // 4

        def following(number: int) -> int:
            index = number // per_sector
            # Tables beyond the first 109 sectors (files over 7 MB) are not followed: the directory is read as far as known.
            block = sector(table_at[index]) if index < len(table_at) else b""
            if len(block) < sector_size:
                return 0xFFFFFFFE
            return int(struct.unpack_from("<I", block, (number % per_sector) * 4)[0])

        names: set[str] = set()
        current = directory_at
        for _ in range(512):  # a chain that bites its own tail ends here
            block = sector(current)
            if not block:
                break
            for start in range(0, len(block) - 127, 128):
                length = struct.unpack_from("<H", block, start + 64)[0]
                if 2 <= length <= 64:
                    names.add(block[start : start + length - 2].decode("utf-16-le", "replace"))
            current = following(current)
            if current >= 0xFFFFFFFA:
                break
    if not names:
        raise again(BROKEN)
    return names


def check_size(path: Path, limit: int, *, advice: str) -> int:
    """Size of the file in bytes. Refuses an empty one and one above `limit`; `advice` says what to do instead."""
    size = path.stat().st_size
    if size == 0:
        raise Refusal("file.empty", "Tệp không có nội dung (0 byte). Hãy kiểm tra lại tệp trên máy rồi tải lên lại.")
    if size > limit:
        mega = 1024 * 1024
        raise Refusal(
            "file.too_large",
            f"Tệp nặng {size / mega:.0f} MB, vượt quá mức cho phép {limit / mega:.0f} MB. {advice}",
        )
    return size


def looks_like_text(head: bytes) -> bool:
    """Say whether the bytes may be text in some encoding: no control characters, or UTF-16."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    zeros = head.count(0)
    if zeros:
        # UTF-16 without a mark: the high bytes of Latin letters are zeros, always on one side.
        return min(head[::2].count(0), head[1::2].count(0)) <= len(head) // 50 and zeros > len(head) // 8
    odd = sum(head.count(byte) for byte in range(32) if byte not in (9, 10, 12, 13, 27))
    return odd == 0
