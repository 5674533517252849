import datetime as dt
import io
import string
import zipfile

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quantriet.kit import spreadsheets
from quantriet.kit.spreadsheets import Column, OutColumn, Sheet, writing

OUT = (
    OutColumn("code", "Số thẻ", kind="code"),
    OutColumn("name", "Họ và tên", width=30),
    OutColumn("born", "Ngày sinh", kind="day"),
    OutColumn("points", "Điểm", kind="number"),
    OutColumn("share", "Tỷ lệ", kind="percent"),
    OutColumn("seen", "Lần cuối", kind="moment"),
)
BACK = tuple(Column(one.key, one.label, (), one.key == "name") for one in OUT)
AT = dt.datetime(2026, 11, 22, 3, 0, tzinfo=dt.UTC)
ROWS = [
    {
        "code": "00123",
        "name": "Nguyễn Văn An",
        "born": dt.date(1975, 3, 9),
        "points": 1234.5,
        "share": 45.2,
        "seen": AT,
    },
    {"code": "", "name": "=1+1", "born": None, "points": 0, "share": 100},
    {"code": "+84", "name": "@SUM(A1)", "born": dt.date(1890, 5, 19), "points": -3},
    {"name": "-2+3\ncmd|' /C calc'!A0"},
    {"name": "http://example.invalid/x", "code": "1E5"},
]


def written(tmp_path, *sheets, **how):
    path = tmp_path / "out.xlsx"
    spreadsheets.write_workbook(path, sheets, at=AT, title="Thử", **how)
    return path


def test_what_is_written_reads_back_to_the_same_rows(tmp_path):
    path = written(
        tmp_path,
        Sheet(
            "Danh sách",
            OUT,
            ROWS,
            heading=("DANH SÁCH", "Tháng 11/2026"),
            total={"name": "Tổng cộng", "points": 5},
            notes=("Ghi chú.",),
        ),
    )
    with spreadsheets.read_table(spreadsheets.gate(path, "out.xlsx"), BACK) as table:
        rows = list(table)
    assert table.header_row == 4
    assert rows[0].cells == {
        "code": "00123",
        "name": "Nguyễn Văn An",
        "born": dt.date(1975, 3, 9),
        "points": 1234.5,
        "share": 45.2,
        "seen": dt.datetime(2026, 11, 22, 10, 0),
    }
    assert [row.cells["name"] for row in rows] == [row["name"] for row in ROWS]
    assert rows[2].cells["born"] == "19/05/1890"
    assert rows[2].cells["code"] == "+84"
    assert rows[4].cells["code"] == "1E5"
    assert [one.why for one in table.left_out][:1] == ["Dòng tổng cộng"]


def test_shares_are_written_as_they_are_printed_elsewhere(tmp_path):
    path = written(tmp_path, Sheet("Tỷ lệ", OUT[4:5], [{"share": one} for one in (99.96, 0.04, 91, 100, 0)]))
    sheet = openpyxl.load_workbook(path).active
    assert [cell.value for cell in sheet["A"][1:]] == [99.9, 0.1, 91, 100, 0]
    assert {cell.number_format for cell in sheet["A"][1:]} == {'[=0]0"%";[=100]0"%";0.0"%"'}


def test_nothing_is_ever_a_formula_or_a_link(tmp_path):
    path = written(tmp_path, Sheet("Danh sách", OUT, ROWS))
    sheet = openpyxl.load_workbook(path).active
    for row in sheet.iter_rows(min_row=2):
        for cell in row:
            assert cell.data_type != "f"
            assert cell.hyperlink is None
    raw = zipfile.ZipFile(path).read("xl/worksheets/sheet1.xml")
    assert b"<f>" not in raw
    assert sheet["B3"].quotePrefix or sheet["B3"].style_id


def test_looks_and_print_setup(tmp_path):
    path = written(tmp_path, Sheet("Danh sách", OUT, ROWS, heading=("DANH SÁCH",)))
    sheet = openpyxl.load_workbook(path).active
    assert sheet.freeze_panes == "A4"
    assert sheet.auto_filter.ref == "A3:F8"
    assert sheet.page_setup.orientation == "landscape"
    assert sheet.page_setup.paperSize == 9
    assert sheet.print_title_rows == "$3:$3"
    assert "&P/&N" in sheet.oddFooter.center.text.replace(" ", "") or "Trang" in str(sheet.oddFooter.center.text)
    assert sheet["B4"].font.name == "Times New Roman"
    assert sheet["D4"].alignment.horizontal == "right"
    assert sheet["C4"].number_format == "dd/mm/yyyy"
    assert sheet["A4"].number_format == "@"
    assert sheet.column_dimensions["B"].width == pytest.approx(30, abs=1)
    assert "A1:F1" in [str(area) for area in sheet.merged_cells.ranges]


def test_to_a_stream_and_the_same_bytes_twice():
    one, two = io.BytesIO(), io.BytesIO()
    assert spreadsheets.write_workbook(one, [Sheet("A", OUT, ROWS)], at=AT) == 5
    spreadsheets.write_workbook(two, [Sheet("A", OUT, ROWS)], at=AT)
    parts = [
        {name: zipfile.ZipFile(stream).read(name) for name in zipfile.ZipFile(stream).namelist()}
        for stream in (one, two)
    ]
    assert parts[0] == parts[1]


def test_sheet_names_that_excel_would_refuse(tmp_path):
    titles = ["Chi bộ [1]/2: a?*", "", "x" * 50, "x" * 50, "'ngoặc'", "chi bộ 1", "CHI BỘ 1"]
    path = written(tmp_path, *[Sheet(title, OUT[:2], ROWS) for title in titles])
    names = openpyxl.load_workbook(path).sheetnames
    assert len({name.lower() for name in names}) == len(titles)
    assert all(1 <= len(name) <= 31 for name in names)
    assert names[1] == "Danh sách"


def test_more_rows_than_a_sheet_holds_go_on_in_the_next(tmp_path, monkeypatch):
    monkeypatch.setattr(writing, "MOST_ROWS", 2)
    path = written(tmp_path, Sheet("Danh sách", OUT, ROWS))
    assert openpyxl.load_workbook(path).sheetnames == ["Danh sách", "Danh sách (2)", "Danh sách (3)"]


def test_an_empty_list_is_a_sheet_with_its_header(tmp_path):
    sheet = openpyxl.load_workbook(written(tmp_path, Sheet("A", OUT, []))).active
    assert [cell.value for cell in sheet[1]] == [one.label for one in OUT]


def test_uploaded_rows_come_back_with_their_status(tmp_path):
    columns = (OutColumn("name", "Họ và tên"), OutColumn("code", "Số thẻ", kind="code"))
    rows = [
        (5, {"name": "Nguyễn Văn An", "code": 123.0}, "Mới", ""),
        (9, {"name": "Lê B", "code": None}, "Sai", "Cột Số thẻ: bắt buộc phải có."),
    ]
    path = written(tmp_path, spreadsheets.status_sheet("Kết quả", columns, rows))
    back = (
        Column("name", "Họ và tên", (), True),
        Column("code", "Số thẻ"),
        Column("status", "Trạng thái"),
        Column("said", "Giải thích"),
        Column("row", "Dòng trong tệp"),
    )
    with spreadsheets.read_table(spreadsheets.gate(path, "k.xlsx"), back) as table:
        assert [tuple(row.cells.values()) for row in table] == [
            ("Nguyễn Văn An", "123", "Mới", None, 5),
            ("Lê B", None, "Sai", "Cột Số thẻ: bắt buộc phải có.", 9),
        ]


WORDS = st.text(
    alphabet=string.ascii_letters + "ăâđêôơưàáảãạ 0123456789=+-@'\"<>&;,\n", min_size=1, max_size=30
).filter(lambda said: said.strip() and said.strip()[0] not in "Tt" and any(letter.isalpha() for letter in said))


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(
            WORDS,
            st.text(alphabet="0123456789", min_size=1, max_size=12),
            st.dates(dt.date(1900, 3, 1), dt.date(2090, 1, 1)),
        ),
        min_size=1,
        max_size=30,
    )
)
def test_any_rows_survive_the_round_trip(tmp_path, rows):
    given_rows = [{"name": name, "code": code, "born": born} for name, code, born in rows]
    path = written(tmp_path, Sheet("Danh sách", OUT[:3], given_rows))
    with spreadsheets.read_table(spreadsheets.gate(path, "out.xlsx"), BACK[:3]) as table:
        back = [row.cells for row in table]
    # Excel's own form of a line break inside a cell is a line feed, which is what was written.
    assert back == [{"code": row["code"], "name": row["name"].strip(), "born": row["born"]} for row in given_rows]
