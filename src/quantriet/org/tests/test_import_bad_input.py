"""Files as they should not be: each is refused in a sentence or read right, and leaves nothing behind."""

from __future__ import annotations

import datetime as dt
import io
import unicodedata
import zipfile
from pathlib import Path

import pytest
from django.conf import settings

from quantriet.kit.refusal import Refusal
from quantriet.org.models import ImportRun, Person
from quantriet.org.tests import lists

pytestmark = pytest.mark.django_db
HEADER = lists.HEADER
ROW = ["D1", "Vi Văn Một", dt.date(1990, 1, 2), "CB11"]


def stored() -> list[str]:
    folder = Path(settings.MEDIA_ROOT) / "imports"
    return [path.name for path in folder.glob("*")] if folder.exists() else []


def refused(path, cast, kind="members") -> Refusal:
    """The refusal at the door, with the proof that nothing stayed."""
    before = stored()
    with pytest.raises(Refusal) as raised:
        lists.start(path, cast.units["X1"], cast.officer, kind=kind)
    assert not ImportRun.objects.exists()
    assert stored() == before
    return raised.value


def bomb(path: Path) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.xml", "<workbook/>")
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * (300 * 1024 * 1024))
    return path


def locked(path: Path) -> Path:
    # An encrypted workbook is an OLE container with these two streams' names in it.
    head = bytes.fromhex("d0cf11e0a1b11ae1")
    path.write_bytes(
        head + b"\0" * 504 + "EncryptedPackage".encode("utf-16le") + "EncryptionInfo".encode("utf-16le") + b"\0" * 2000
    )
    return path


def macro(path: Path) -> Path:
    lists.workbook(path, [HEADER, ROW])
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("xl/vbaProject.bin", b"x" * 100)
    return path


def broken(path: Path) -> Path:
    lists.workbook(path, [HEADER, ROW])
    path.write_bytes(path.read_bytes()[:900])
    return path


@pytest.mark.parametrize("make", [broken, locked, macro, bomb])
def test_hostile_or_broken_file_is_refused_at_the_door(cast, tmp_path, make):
    refusal = refused(make(tmp_path / "tệp.xlsx"), cast)
    assert refusal.sentence
    assert refusal.code.split(".")[0] in ("file", "sheet")


def test_file_of_a_hundred_megabytes_is_refused(cast, tmp_path):
    path = tmp_path / "to.csv"
    with path.open("wb") as file:
        file.truncate(100 * 1024 * 1024)
    assert refused(path, cast).code.startswith(("file.", "sheet."))


def test_workbook_whose_dimension_lies_is_read_whole(cast, tmp_path):
    path = lists.workbook(
        tmp_path / "a.xlsx",
        [HEADER, *([f"D{number}", f"Vi Văn {'ABCDEFGHIK'[number]}", None, "CB11"] for number in range(10))],
    )
    out = io.BytesIO()
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name.endswith("sheet1.xml"):
                import re

                content = re.sub(rb'<dimension ref="[^"]*"/>', b'<dimension ref="A1:B2"/>', content)
            new.writestr(name, content)
    path.write_bytes(out.getvalue())
    assert lists.said(lists.previewed(path, cast.units["X1"], cast.officer))["new"] == 10


def test_sheet_without_a_header_is_never_imported_as_nothing(cast, tmp_path):
    run = lists.start(lists.workbook(tmp_path / "a.xlsx", [["a", "b"], [1, 2]]), cast.units["X1"], cast.officer)
    with pytest.raises(Refusal) as raised:
        lists.preview(run, cast.officer)
    assert raised.value.code == "import.no_sheet"


def test_header_without_rows_is_never_imported_as_nothing(cast, tmp_path):
    run = lists.start(lists.workbook(tmp_path / "a.xlsx", [HEADER, []]), cast.units["X1"], cast.officer)
    run = lists.preview(run, cast.officer)
    assert run.state == "mapping"
    assert "không có dòng dữ liệu" in run.notice


def test_dates_in_every_writing(cast, tmp_path):
    said = {
        "A": dt.date(1975, 3, 9), "B": "9/3/1975", "C": "09.03.1975", "D": 27462, "E": "1975", "F": 1975, "G": "9 tháng 3 năm 1975",
        "H": "31/02/1980", "I": "12/25/1980", "K": "3/1975", "L": "01/01/2090",
    }  # fmt: skip
    rows = [HEADER, *([f"D{name}", f"Vi Văn {name}", value, "CB11"] for name, value in said.items())]
    run = lists.previewed(lists.workbook(tmp_path / "a.xlsx", rows), cast.units["X1"], cast.officer)
    born = {line["c"][1:]: (line["v"]["birth_date"], line["v"]["birth_precision"]) for line in lists.lines(run, "new")}
    full, year = ("1975-03-09", "day"), ("1975-01-01", "year")
    assert born == {"A": full, "B": full, "C": full, "D": full, "E": year, "F": year, "G": full, "K": year}
    assert [line["c"] for line in lists.lines(run, "wrong")] == ["DH", "DI", "DL"]


def test_decomposed_text_is_the_same_text(cast, tmp_path):
    rows = [
        [unicodedata.normalize("NFD", said) for said in HEADER],
        ["M1", unicodedata.normalize("NFD", "Nguyễn Thị Hường"), dt.date(1958, 3, 9), "CB11"],
    ]
    assert (
        lists.said(lists.previewed(lists.workbook(tmp_path / "a.xlsx", rows), cast.units["X1"], cast.officer))["same"]
        == 1
    )


def test_blank_rows_and_second_and_hidden_sheets(cast, tmp_path):
    sheets = {
        "Danh sách": [HEADER, [], ROW, [], [None, "  "], ["D2", "Vi Văn Hai", None, "CB11"], []],
        "Ghi chú": [["Tổng hợp"], ["Số lượng", 2]],
        "Cũ": [HEADER, ["D3", "Vi Văn Ba", None, "CB11"]],
    }
    run = lists.previewed(lists.workbooks(tmp_path / "a.xlsx", sheets, hidden=["Cũ"]), cast.units["X1"], cast.officer)
    assert [line["n"] for line in lists.lines(run, "new")] == [3, 6]


@pytest.mark.parametrize("ending", ["xls", "ods", "csv"])
def test_other_formats_are_the_same_list(cast, tmp_path, ending):
    path = tmp_path / f"a.{ending}"
    rows = [HEADER, ["D1", "Vi Văn Một", "02/01/1990", "CB11"]]
    if ending == "csv":
        path.write_text("\n".join(";".join(row) for row in rows), "utf-8-sig")
    elif ending == "xls":
        xlwt = pytest.importorskip("xlwt")
        book = xlwt.Workbook()
        page = book.add_sheet("Danh sách")
        for number, row in enumerate(rows):
            for place, value in enumerate(row):
                page.write(number, place, value)
        book.save(str(path))
    else:
        pytest.importorskip("odf")
        from odf.opendocument import OpenDocumentSpreadsheet
        from odf.table import Table, TableCell, TableRow
        from odf.text import P

        book = OpenDocumentSpreadsheet()
        table = Table(name="Danh sách")
        for row in rows:
            line = TableRow()
            for value in row:
                cell = TableCell(valuetype="string")
                cell.addElement(P(text=value))
                line.addElement(cell)
            table.addElement(line)
        book.spreadsheet.addElement(table)
        book.save(str(path))
    assert lists.said(lists.previewed(path, cast.units["X1"], cast.officer))["new"] == 1


@pytest.mark.req("B-18", "P-05")
@pytest.mark.parametrize("kind", ["members", "units"])
@pytest.mark.parametrize(
    "rows, name, sheet",
    [
        ([["TỈNH ỦY TÂN LĨNH", None, "MẬT"], HEADER, ROW], "a.xlsx", "Danh sách"),
        ([["Độ mật: Tối mật"], HEADER, ROW], "a.xlsx", "Danh sách"),
        ([["T U Y Ệ T  M Ậ T"], HEADER, ROW], "a.xlsx", "Danh sách"),
        ([HEADER, ROW], "TỐI MẬT.xlsx", "Danh sách"),
        ([HEADER, ROW], "a.xlsx", "Mật"),
    ],
)  # fmt: skip
def test_marked_list_is_refused_before_anything_is_stored(cast, tmp_path, rows, name, sheet, kind):
    refusal = refused(lists.workbook(tmp_path / name, rows, sheet=sheet), cast, kind)
    assert refusal.code == "secret.marked"
    assert "117/2025/QH15" in refusal.sentence


@pytest.mark.req("B-18", "P-05")
@pytest.mark.parametrize("where", ["under the table", "in a remark", "in its own column"])
def test_mark_found_while_reading_throws_the_file_away(cast, tmp_path, where, django_capture_on_commit_callbacks):
    filling = [[f"D{number}", "Vi Văn Đông", dt.date(1950 + number, 1, 1), "CB11"] for number in range(40)]
    if where == "under the table":
        rows = [HEADER, *filling, ["Tổng cộng: 40", None, None, "TUYỆT MẬT"]]
    elif where == "in a remark":
        rows = [[*HEADER, "Ghi chú"], *filling, [*ROW, "MẬT"]]
    else:
        rows = [[*HEADER, "Độ mật"], *filling, [*ROW, "Mật"]]
    with django_capture_on_commit_callbacks(execute=True):
        run = lists.previewed(lists.workbook(tmp_path / "a.xlsx", rows), cast.units["X1"], cast.officer)
    assert run.state == "refused"
    assert "117/2025/QH15" in run.refusal
    assert not Path(run.file.path).exists()
    assert not run.understanding
    assert not run.plan


def test_list_that_talks_about_secrecy_passes(cast, tmp_path):
    rows = [["DANH SÁCH ĐẢNG VIÊN HỌC LUẬT BẢO VỆ BÍ MẬT NHÀ NƯỚC"], HEADER, ["D1", "Nguyễn Văn Mật", None, "CB11"]]
    run = lists.imported(lists.workbook(tmp_path / "a.xlsx", rows), cast.units["X1"], cast.officer)
    assert run.state == "done"
    assert Person.objects.filter(full_name="Nguyễn Văn Mật").exists()
