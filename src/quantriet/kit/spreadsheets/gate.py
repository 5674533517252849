"""The door for spreadsheets: what kind a file really is, and why we do not take it."""

import re
from enum import StrEnum
from pathlib import Path

import filetype

from quantriet.kit import containers
from quantriet.kit.refusal import Refusal

LIMIT = 50 * 1024 * 1024


class Kind(StrEnum):
    """What the content is, whatever the name says. TEXT: .csv, .tsv and pasted cells."""

    XLSX = "xlsx"
    XLS = "xls"
    ODS = "ods"
    TEXT = "text"


_SAVE_AS = "Hãy mở tệp bằng Excel, chọn Tệp → Lưu thành → “Excel Workbook (*.xlsx)” rồi tải tệp mới lên."
_TAKEN = "Hệ thống nhận bảng tính .xlsx, .xls, .ods, .csv hoặc nội dung dán từ Excel."
_MACRO = Refusal(
    "sheet.macro",
    f"Bảng tính có chứa macro (chương trình kèm theo) nên không được nhận. {_SAVE_AS}",
)


Gated = containers.Gated[Kind]


def gate(path: str | Path, filename: str, *, limit: int = LIMIT) -> Gated:
    """Decide by content what the file is.

    Refuses: empty, above `limit` bytes, broken, locked by a password, with macros, a zip bomb, another sort of file,
    and a name that promises something else than the content.
    """
    path = Path(path)
    size = containers.check_size(
        path, limit, advice="Hãy chia thành nhiều tệp nhỏ hơn hoặc bỏ bớt hình ảnh rồi tải lên lại."
    )
    head = containers.beginning(path)
    if head.startswith(containers.ZIP_MAGIC):
        kind = _zip_kind(path)
    elif head.startswith(containers.OLE_MAGIC):
        kind = _ole_kind(path)
    elif head.startswith(b"PK"):
        # An empty or a split archive.
        raise containers.again(containers.BROKEN)
    else:
        kind = _text_kind(path, head)
    _PROMISES.check(filename, kind)
    return Gated(path, kind, size, filename)


def _zip_kind(path: Path) -> Kind:
    found = containers.office_zip(path)
    if found.is_opendocument:
        if found.mime != b"application/vnd.oasis.opendocument.spreadsheet":
            raise _other("tệp LibreOffice không phải bảng tính")
        if b"encryption-data" in containers.zip_part(path, "META-INF/manifest.xml"):
            raise containers.again(containers.ENCRYPTED)
        if any(
            name.startswith(("basic/", "scripts/")) and name.endswith((".xml", ".py", ".js", ".bsh"))
            for name in found.names
        ):
            raise containers.again(_MACRO)
        return Kind.ODS
    if not found.types:
        raise _other("tệp nén (.zip)", "Hãy giải nén trên máy rồi tải từng bảng tính lên.")
    if found.holds("word/"):
        raise _other(
            "văn bản Word (.docx)",
            "Nếu danh sách nằm trong Word, hãy chép bảng sang Excel rồi tải lên, hoặc dán thẳng vào ô dán.",
        )
    if found.holds("ppt/"):
        raise _other("bài trình chiếu PowerPoint")
    if found.has_macros:
        raise containers.again(_MACRO)
    if "xl/workbook.bin" in found.names:
        raise _other(
            "bảng tính Excel nhị phân (.xlsb)",
            _SAVE_AS,
        )
    if "xl/workbook.xml" not in found.names:
        raise containers.again(containers.BROKEN)
    return Kind.XLSX


def _ole_kind(path: Path) -> Kind:
    names = containers.ole_names(path)
    if "EncryptedPackage" in names:
        raise containers.again(containers.ENCRYPTED)
    if "WordDocument" in names:
        raise _other(
            "văn bản Word (.doc)",
            "Nếu danh sách nằm trong Word, hãy chép bảng sang Excel rồi tải lên, hoặc dán thẳng vào ô dán.",
        )
    if names & {"_VBA_PROJECT_CUR", "_VBA_PROJECT"}:
        raise containers.again(_MACRO)
    if names & {"Workbook", "Book"}:
        return Kind.XLS
    raise _other("tệp Office đời cũ không phải bảng tính")


_PAGE = re.compile(
    rb"^\s*(<\?xml[^>]*>\s*)?(<!--.{0,2000}?-->\s*)?<(!doctype\s+html|html|head|table|meta|style|div)\b", re.I | re.S
)
_OLD_XML = re.compile(rb"<\?mso-application|urn:schemas-microsoft-com:office:spreadsheet", re.I)


def _text_kind(path: Path, head: bytes) -> Kind:
    if head.startswith(b"{\\rtf"):
        raise _other(
            "văn bản RTF",
            "Nếu danh sách nằm trong Word, hãy chép bảng sang Excel rồi tải lên, hoặc dán thẳng vào ô dán.",
        )
    if b"%PDF-" in head[:1024]:
        raise _other("tệp PDF", "Hãy xin bản Excel của danh sách, hoặc chép bảng sang Excel rồi tải lên.")
    plain = head[3:] if head.startswith(b"\xef\xbb\xbf") else head
    if _PAGE.match(plain) or _OLD_XML.search(plain):
        raise _other(
            "trang web hoặc tệp XML mang tên bảng tính (nhiều phần mềm xuất ra như vậy)",
            _SAVE_AS,
        )
    guess = filetype.guess(head)
    if guess is not None:
        sorts = {
            "image": "hình ảnh",
            "video": "phim",
            "audio": "âm thanh",
            "application": "tệp chương trình hoặc tệp nén",
        }
        raise _other(f"{sorts.get(guess.mime.split('/')[0], 'tệp khác')} (.{guess.extension})")
    if not containers.looks_like_text(head):
        raise _other("tệp không phải văn bản")
    return Kind.TEXT


def _other(what: str, advice: str = "") -> Refusal:
    return Refusal("sheet.not_a_sheet", f"Đây là {what}, không phải bảng tính. {advice or _TAKEN}")


_PROMISES = containers.Names(
    endings={
        ".xlsx": Kind.XLSX, ".xls": Kind.XLS, ".ods": Kind.ODS, ".csv": Kind.TEXT, ".tsv": Kind.TEXT, ".tab": Kind.TEXT,
        ".txt": Kind.TEXT,
    },
    labels={
        Kind.XLSX: "bảng tính Excel (.xlsx)", Kind.XLS: "bảng tính Excel đời cũ (.xls)",
        Kind.ODS: "bảng tính LibreOffice (.ods)", Kind.TEXT: "văn bản thuần (.csv, .txt)",
    },
    macro_endings=frozenset({".xlsm", ".xltm", ".xlsb", ".xlam"}), macro=_MACRO, other=_other, advice=_SAVE_AS,
)  # fmt: skip
