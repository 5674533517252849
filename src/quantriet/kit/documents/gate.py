"""The door for documents: Word files, PDF files and plain text; why we do not take the others."""

from enum import StrEnum
from pathlib import Path

import filetype

from quantriet.kit import containers
from quantriet.kit.refusal import Refusal

LIMIT = 50 * 1024 * 1024


class Kind(StrEnum):
    """What the content is, whatever the name says."""

    DOCX = "docx"
    PDF = "pdf"
    TEXT = "text"


_TAKEN = "Hệ thống nhận văn bản Word (.docx), PDF có chữ, văn bản thuần (.txt) hoặc nội dung dán vào."
_SAVE_AS = "Hãy mở tệp bằng Word hoặc LibreOffice, chọn Tệp → Lưu thành → “Word Document (*.docx)” rồi tải tệp mới lên."
_MACRO = Refusal("document.macro", f"Văn bản có chứa macro (chương trình kèm theo) nên không được nhận. {_SAVE_AS}")


Gated = containers.Gated[Kind]


def gate(path: str | Path, filename: str, *, limit: int = LIMIT) -> Gated:
    """Decide by content what the file is.

    Refuses: empty, above `limit` bytes, broken, locked by a password, with macros, a zip bomb, another sort of file,
    and a name that promises something else than the content.
    """
    path = Path(path)
    size = containers.check_size(
        path, limit, advice="Hãy giảm cỡ hình ảnh trong văn bản hoặc tách thành nhiều tệp rồi tải lên lại."
    )
    head = containers.beginning(path)
    if head.startswith(containers.ZIP_MAGIC):
        kind = _zip_kind(path)
    elif head.startswith(containers.OLE_MAGIC):
        raise _ole_refusal(path)
    elif b"%PDF-" in head[:1024]:
        kind = Kind.PDF
    elif head.startswith(b"PK"):
        raise containers.again(containers.BROKEN)
    else:
        _check_text(head)
        kind = Kind.TEXT
    _PROMISES.check(filename, kind)
    return Gated(path, kind, size, filename)


def _zip_kind(path: Path) -> Kind:
    found = containers.office_zip(path)
    if found.is_opendocument:
        raise _other("văn bản LibreOffice", _SAVE_AS)
    if not found.types:
        raise _other("tệp nén (.zip)", "Hãy giải nén trên máy rồi tải từng văn bản lên.")
    if found.holds("xl/"):
        raise _other("bảng tính Excel", "Nếu là danh sách, hãy tải lên ở chức năng nhập từ Excel.")
    if found.holds("ppt/"):
        raise _other("bài trình chiếu PowerPoint")
    if found.has_macros:
        raise containers.again(_MACRO)
    if not any(name.startswith("word/") and name.endswith(".xml") for name in found.names):
        raise containers.again(containers.BROKEN)
    return Kind.DOCX


def _ole_refusal(path: Path) -> Refusal:
    names = containers.ole_names(path)
    if "EncryptedPackage" in names:
        return containers.again(containers.ENCRYPTED)
    if "WordDocument" in names:
        return _other("văn bản Word đời cũ (.doc)", _SAVE_AS)
    if names & {"Workbook", "Book"}:
        return _other("bảng tính Excel đời cũ (.xls)", "Nếu là danh sách, hãy tải lên ở chức năng nhập từ Excel.")
    return _other("tệp Office đời cũ", _SAVE_AS)


def _check_text(head: bytes) -> None:
    if head.startswith(b"{\\rtf"):
        raise _other("văn bản RTF", _SAVE_AS)
    opening = head.lstrip(b"\xef\xbb\xbf \r\n\t")[:200].lower()
    if opening.startswith((b"<!doctype html", b"<html", b"<?xml", b"<head", b"<meta")):
        raise _other("trang web hoặc tệp XML", "Hãy chép phần chữ cần dùng rồi dán vào ô dán nội dung.")
    guess = filetype.guess(head)
    if guess is not None:
        if guess.mime.startswith("image/"):
            raise _other(
                f"hình ảnh (.{guess.extension})",
                "Hãy tải bản Word của văn bản lên, hoặc gõ lại rồi dán phần chữ vào ô dán nội dung.",
            )
        raise _other(f"tệp .{guess.extension}")
    if not containers.looks_like_text(head):
        raise _other("tệp không phải văn bản")


def _other(what: str, advice: str = "") -> Refusal:
    return Refusal("document.not_a_document", f"Đây là {what} nên không đọc được ở đây. {advice or _TAKEN}")


_PROMISES = containers.Names(
    endings={".docx": Kind.DOCX, ".pdf": Kind.PDF, ".txt": Kind.TEXT, ".md": Kind.TEXT},
    labels={Kind.DOCX: "văn bản Word (.docx)", Kind.PDF: "tệp PDF", Kind.TEXT: "văn bản thuần (.txt)"},
    macro_endings=frozenset({".docm", ".dotm"}), macro=_MACRO, other=_other,
    advice=f"Hãy kiểm tra xem có chọn nhầm tệp không; {_SAVE_AS[0].lower()}{_SAVE_AS[1:]}",
)  # fmt: skip
