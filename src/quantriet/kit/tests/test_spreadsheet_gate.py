import re
import struct
import zipfile

import pytest

from quantriet.kit import spreadsheets
from quantriet.kit.refusal import Refusal
from quantriet.kit.spreadsheets import Kind
from quantriet.kit.tests import office_files

ROWS = [["Họ và tên", "Mã"], ["Nguyễn Văn An", "001"]]


def refused(path, filename):
    with pytest.raises(Refusal) as caught:
        spreadsheets.gate(path, filename)
    sentence = caught.value.sentence
    assert sentence[0].isupper()
    assert sentence.endswith(".")
    assert re.search(r"[Hh]ãy |Hệ thống nhận", sentence), sentence
    return caught.value


def test_the_four_kinds_pass(tmp_path):
    assert spreadsheets.gate(office_files.xlsx(tmp_path / "a.xlsx", ROWS), "A.XLSX").kind is Kind.XLSX
    assert spreadsheets.gate(office_files.xls(tmp_path / "a.xls", ROWS), "a.xls").kind is Kind.XLS
    assert spreadsheets.gate(office_files.ods(tmp_path / "a.ods", ROWS), "a.ods").kind is Kind.ODS
    text = tmp_path / "a.csv"
    text.write_text("Họ và tên,Mã\nNguyễn Văn An,001\n", encoding="utf-8")
    for name in ("a.csv", "a.tsv", "a.txt", "dán từ Excel"):
        assert spreadsheets.gate(text, name).kind is Kind.TEXT


@pytest.mark.parametrize("codec", ["utf-8-sig", "utf-16", "utf-16-le", "cp1258", "latin-1"])
def test_text_in_any_encoding_passes(tmp_path, codec):
    path = tmp_path / "a.csv"
    path.write_bytes("Ho va ten;Ma\nNguyen Van An;001\n".encode(codec))
    assert spreadsheets.gate(path, "a.csv").kind is Kind.TEXT


def test_empty_and_too_large(tmp_path):
    path = tmp_path / "a.xlsx"
    path.write_bytes(b"")
    assert refused(path, "a.xlsx").code == "file.empty"
    path.write_bytes(b"x" * 2_000_000)
    with pytest.raises(Refusal) as caught:
        spreadsheets.gate(path, "a.xlsx", limit=1024 * 1024)
    assert caught.value.sentence.startswith("Tệp nặng 2 MB, vượt quá mức cho phép 1 MB.")


def test_a_hundred_megabytes_are_refused_without_reading(tmp_path):
    path = tmp_path / "a.xlsx"
    with path.open("wb") as file:
        file.truncate(100 * 1024 * 1024)
    assert refused(path, "a.xlsx").code == "file.too_large"


def test_broken_archives(tmp_path):
    good = office_files.xlsx(tmp_path / "a.xlsx", ROWS).read_bytes()
    path = tmp_path / "b.xlsx"
    for broken in (good[:-300], good[:40], b"PK\x03\x04" + b"\0" * 500, b"PK\x05\x06" + b"\0" * 18):
        path.write_bytes(broken)
        assert refused(path, "b.xlsx").code == "file.broken"


def test_locked_workbooks(tmp_path):
    assert (
        refused(office_files.ole(tmp_path / "a.xlsx", ["EncryptionInfo", "EncryptedPackage"]), "a.xlsx").code
        == "file.encrypted"
    )
    manifest = b'<manifest:file-entry><manifest:encryption-data manifest:checksum="x"/></manifest:file-entry>'
    locked = office_files.archive(
        tmp_path / "a.ods",
        {
            "mimetype": b"application/vnd.oasis.opendocument.spreadsheet",
            "META-INF/manifest.xml": manifest,
            "content.xml": b"?",
        },
    )
    assert refused(locked, "a.ods").code == "file.encrypted"
    flagged = bytearray(office_files.xlsx(tmp_path / "c.xlsx", ROWS).read_bytes())
    for found in list(re.finditer(b"PK\x01\x02", bytes(flagged))):
        flagged[found.start() + 8] |= 1
    (tmp_path / "c.xlsx").write_bytes(flagged)
    assert refused(tmp_path / "c.xlsx", "c.xlsx").code == "file.encrypted"


def test_macros(tmp_path):
    good = office_files.xlsx(tmp_path / "a.xlsx", ROWS)
    with zipfile.ZipFile(good, "a") as file:
        file.writestr("xl/vbaProject.bin", b"x")
    assert refused(good, "a.xlsx").code == "sheet.macro"
    typed = office_files.rewritten(
        office_files.xlsx(tmp_path / "b.xlsx", ROWS),
        tmp_path / "c.xlsm",
        lambda name, part: (
            part.replace(b"sheet.main+xml", b"sheet.macroEnabled.main+xml") if "Content_Types" in name else part
        ),
    )
    assert refused(typed, "c.xlsm").code == "sheet.macro"
    assert refused(typed, "c.xlsx").code == "sheet.macro"
    assert (
        refused(office_files.ole(tmp_path / "d.xls", ["Workbook", "_VBA_PROJECT_CUR"]), "d.xls").code == "sheet.macro"
    )


def test_bombs(tmp_path):
    one = office_files.archive(
        tmp_path / "a.xlsx",
        {"[Content_Types].xml": b"x", "xl/workbook.xml": b"x", "xl/worksheets/sheet1.xml": b"A" * 80_000_000},
    )
    assert one.stat().st_size < 200_000
    assert refused(one, "a.xlsx").code == "file.bomb"
    many = office_files.archive(tmp_path / "b.xlsx", {f"xl/{number}.xml": b"" for number in range(6_000)})
    assert refused(many, "b.xlsx").code == "file.bomb"
    spread = office_files.archive(tmp_path / "c.xlsx", {f"xl/{number}.xml": b"A" * 7_000_000 for number in range(20)})
    assert refused(spread, "c.xlsx").code == "file.bomb"


def test_a_directory_that_lies_about_sizes_is_stopped_later(tmp_path):
    path = office_files.archive(
        tmp_path / "a.xlsx", {"[Content_Types].xml": b"x", "xl/workbook.xml": b"A" * 30_000_000}
    )
    raw = bytearray(path.read_bytes())
    at = raw.rfind(b"PK\x01\x02")
    raw[at + 24 : at + 28] = struct.pack("<I", 100)
    path.write_bytes(raw)
    gated = spreadsheets.gate(path, "a.xlsx")
    with pytest.raises(Refusal) as caught:
        spreadsheets.look(gated, [spreadsheets.Column("name", "Họ và tên")])
    assert caught.value.code.startswith("file.")


@pytest.mark.parametrize(
    "content, filename, part",
    [
        (b"<html><table><tr><td>Ten</td></tr></table></html>", "a.xls", "trang web"),
        (b"<?xml version='1.0'?><?mso-application progid='Excel.Sheet'?><Workbook/>", "a.xls", "trang web"),
        (b"%PDF-1.7 ...", "a.pdf", "PDF"),
        (b"%PDF-1.7 ...", "a.xlsx", "PDF"),
        (b"{\\rtf1 x}", "a.doc", "RTF"),
        (b"\x7fELF" + b"\0" * 300, "a.csv", "tệp"),
        (b"a\x01b\x02c" * 50, "a.csv", "không phải văn bản"),
        (b"Ten,Ma\nAn,1\n", "a.exe", "đuôi “.exe”"),
    ],
)
def test_other_sorts_of_files(tmp_path, content, filename, part):
    path = tmp_path / "x"
    path.write_bytes(content)
    found = refused(path, filename)
    assert found.code == "sheet.not_a_sheet"
    assert part in found.sentence


def test_other_office_files(tmp_path):
    word = office_files.docx(tmp_path / "a.docx", lambda document: document.add_paragraph("x"))
    assert "Word" in refused(word, "a.docx").sentence
    assert "Word" in refused(word, "a.xlsx").sentence
    assert "Word" in refused(office_files.ole(tmp_path / "b.doc", ["WordDocument"]), "b.doc").sentence
    assert "zip" in refused(office_files.archive(tmp_path / "c.zip", {"a.txt": b"x"}), "c.zip").sentence
    assert (
        "PowerPoint"
        in refused(
            office_files.archive(tmp_path / "d.pptx", {"[Content_Types].xml": b"x", "ppt/a.xml": b"x"}), "d.pptx"
        ).sentence
    )
    binary = office_files.archive(tmp_path / "e.xlsx", {"[Content_Types].xml": b"x", "xl/workbook.bin": b"x"})
    assert "xlsb" in refused(binary, "e.xlsx").sentence
    picture = tmp_path / "f.xlsx"
    picture.write_bytes(office_files.png())
    assert "hình ảnh" in refused(picture, "f.xlsx").sentence


def test_a_name_that_promises_something_else(tmp_path):
    real = office_files.xlsx(tmp_path / "a.xlsx", ROWS)
    found = refused(real, "danh sách.xls")
    assert found.code == "file.wrong_name"
    assert "“.xls” nhưng nội dung là bảng tính Excel (.xlsx)" in found.sentence
    text = tmp_path / "b.xlsx"
    text.write_text("Họ và tên,Mã\n", encoding="utf-8")
    assert refused(text, "b.xlsx").code == "file.wrong_name"


def test_a_directory_chain_that_bites_its_tail_ends(tmp_path):
    path = office_files.ole(tmp_path / "a.xls", ["Workbook"])
    raw = bytearray(path.read_bytes())
    raw[512 + 4 : 512 + 8] = struct.pack("<I", 1)  # the directory sector follows itself
    path.write_bytes(raw)
    assert spreadsheets.gate(path, "a.xls").kind is Kind.XLS
