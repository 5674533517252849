import datetime as dt
import gc
import re
import resource
import unicodedata

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quantriet.kit import sandbox, spreadsheets
from quantriet.kit.refusal import Refusal
from quantriet.kit.spreadsheets import Column, Mapping
from quantriet.kit.spreadsheets.reading import child, tables
from quantriet.kit.tests import office_files
from quantriet.kit.tests.test_encodings import NAMES, to_tcvn3, to_vni

COLUMNS = (
    Column("name", "Họ và tên", ("họ tên",), required=True),
    Column("code", "Số thẻ đảng viên", ("số thẻ", "mã")),
    Column("born", "Ngày sinh"),
    Column("unit", "Chi bộ"),
)
HEAD = ["STT", "Họ và tên", "Số thẻ", "Ngày sinh", "Chi bộ", "Ghi chú"]
ROWS = [
    [1, "Nguyễn Văn An", "00123", dt.date(1975, 3, 9), "Chi bộ thôn Đông", None],
    [2, "Trần Thị Bình", "00124", dt.date(1980, 12, 31), "Chi bộ thôn Đoài", "x"],
    [3, "H'Hen Niê", "00125", None, "Chi bộ buôn Êa", None],
]


def read(path, filename=None, columns=COLUMNS, **how):
    with spreadsheets.read_table(spreadsheets.gate(path, filename or path.name), columns, **how) as table:
        return table, list(table)


def refusal_of(path, filename=None, columns=COLUMNS, **how):
    with pytest.raises(Refusal) as caught:
        read(path, filename, columns, **how)
    return caught.value


def outcome(path):
    """ "read", or the code of the refusal; anything else fails the test."""
    try:
        read(path)
    except Refusal as refusal:
        return refusal.code
    return "read"


@pytest.mark.parametrize("kind", ["xlsx", "xls", "ods"])
def test_the_same_list_reads_the_same_from_every_kind(tmp_path, kind):
    path = getattr(office_files, kind)(tmp_path / f"a.{kind}", [["DANH SÁCH ĐẢNG VIÊN"], [], HEAD, *ROWS])
    table, rows = read(path)
    assert table.header_row == 3
    assert table.mapping.columns == {1: "name", 2: "code", 3: "born", 4: "unit"}
    assert table.columns == {"name": "Họ và tên", "code": "Số thẻ", "born": "Ngày sinh", "unit": "Chi bộ"}
    assert table.unmatched == ((0, "STT"), (5, "Ghi chú"))
    assert [row.number for row in rows] == [4, 5, 6]
    assert [row.cells for row in rows] == [
        {"name": "Nguyễn Văn An", "code": "00123", "born": dt.date(1975, 3, 9), "unit": "Chi bộ thôn Đông"},
        {"name": "Trần Thị Bình", "code": "00124", "born": dt.date(1980, 12, 31), "unit": "Chi bộ thôn Đoài"},
        {"name": "H'Hen Niê", "code": "00125", "born": None, "unit": "Chi bộ buôn Êa"},
    ]
    assert table.encoding is None
    assert table.left_out == []


@pytest.mark.parametrize(
    "delimiter, codec, filename",
    [
        (",", "utf-8", "a.csv"),
        (";", "utf-8-sig", "a.csv"),
        ("\t", "utf-16", "a.txt"),
        ("\t", "utf-8", "dán"),
        ("|", "utf-16-le", "a.csv"),
    ],
)
def test_text_in_every_usual_shape(tmp_path, delimiter, codec, filename):
    lines = [
        HEAD,
        ["1", '"Nguyễn, Văn\tAn;|"', "00123", "09/03/1975", "Chi bộ 1", ""],
        ["2", "Trần Thị Bình", "=1+1", "1980", "Chi bộ 2", ""],
    ]
    path = tmp_path / "a"
    path.write_bytes("\r\n".join(delimiter.join(line) for line in lines).encode(codec))
    table, rows = read(path, filename)
    assert [row.number for row in rows] == [2, 3]
    assert rows[0].cells == {"name": "Nguyễn, Văn\tAn;|", "code": "00123", "born": "09/03/1975", "unit": "Chi bộ 1"}
    assert rows[1].cells["code"] == "=1+1"
    assert table.encoding is None


def test_a_separator_line_of_excel_is_obeyed(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("sep=;\nHọ và tên;Số thẻ\nNguyễn, Văn An;1\n", encoding="utf-8")
    _, rows = read(path)
    assert rows[0].cells == {"name": "Nguyễn, Văn An", "code": "1"}
    assert rows[0].number == 3


def test_everything_that_is_no_data_is_left_out_and_told(tmp_path):
    rows = [
        ["ĐẢNG BỘ XÃ ĐÔNG SƠN"],
        ["DANH SÁCH ĐẢNG VIÊN"],
        [],
        HEAD,
        ["(1)", "(2)", "(3)", "(4)", "(5)", "(6)"],
        ["I. Chi bộ thôn Đông"],
        [1, "Nguyễn Văn An", "00123", dt.date(1975, 3, 9), "Chi bộ 1"],
        [None, "   ", None],
        [None, "Cộng:", 1],
        ["II", "Chi bộ thôn Đoài"],
        HEAD,
        [2, "Tống Công Cường", 124, "31/02/1970"],
        [3, None, "00126", "1970", "Chi bộ 2"],
        [None, "Tổng cộng", 3],
        [None, None, None, "Đông Sơn, ngày 12 tháng 3 năm 2026"],
        [None, "NGƯỜI LẬP", None, "T/M BAN CHI ỦY"],
        [None, "Lê Văn Lập", None, "Phạm Văn Ký"],
    ]
    path = office_files.xlsx(tmp_path / "a.xlsx", rows, merged=["A1:F1", "A2:F2", "A6:F6"])
    table, found = read(path)
    assert [(row.number, row.cells["name"], row.group) for row in found] == [
        (7, "Nguyễn Văn An", "Chi bộ thôn Đông"),
        (12, "Tống Công Cường", "Chi bộ thôn Đoài"),
        (13, None, "Chi bộ thôn Đoài"),
    ]
    assert found[1].cells["code"] == 124
    assert [(one.number, one.why) for one in table.left_out] == [
        (5, "Dòng đánh số cột"),
        (6, "Tiêu đề nhóm trong bảng"),
        (9, "Dòng tổng cộng"),
        (10, "Tiêu đề nhóm trong bảng"),
        (11, "Dòng lặp lại tiêu đề"),
        (14, "Dòng tổng cộng"),
        (15, "Phần ký dưới bảng"),
        (16, "Phần ký dưới bảng"),
        (17, "Phần dưới bảng, sau chỗ ký"),
    ]
    assert table.left_out[-1].text == "Lê Văn Lập | Phạm Văn Ký"


def test_data_after_what_looked_like_signatures_is_not_lost(tmp_path):
    path = office_files.xlsx(tmp_path / "a.xlsx", [HEAD, ROWS[0], [None, "Người lập"], ROWS[1]])
    table, rows = read(path)
    assert [row.cells["name"] for row in rows] == ["Nguyễn Văn An", "Trần Thị Bình"]
    assert [one.number for one in table.left_out] == [3]


def test_a_list_of_names_alone_is_data(tmp_path):
    path = office_files.xlsx(tmp_path / "a.xlsx", [["Họ và tên"], ["Nguyễn Văn An"], ["Trần Thị Bình"]])
    _, rows = read(path)
    assert [row.cells["name"] for row in rows] == ["Nguyễn Văn An", "Trần Thị Bình"]


def test_two_row_header_and_merged_data(tmp_path):
    rows = [
        ["TT", "Họ và tên", "Ngày sinh", None, "Chi bộ"],
        [None, None, "Nam", "Nữ", None],
        [1, "Nguyễn Văn An", "1/1/1970", None, "Chi bộ 1"],
        [2, "Trần Thị Bình", None, "2/2/1980", None],
        [3, "Lê Văn Cường", "3/3/1990", None, "Chi bộ 2"],
    ]
    columns = (COLUMNS[0], Column("male", "Ngày sinh nam"), Column("female", "Ngày sinh nữ"), COLUMNS[3])
    path = office_files.xlsx(tmp_path / "a.xlsx", rows, merged=["A1:A2", "B1:B2", "C1:D1", "E1:E2", "E3:E4"])
    _, found = read(path, columns=columns)
    assert [tuple(row.cells.values()) for row in found] == [
        ("Nguyễn Văn An", "1/1/1970", None, "Chi bộ 1"),
        ("Trần Thị Bình", None, "2/2/1980", "Chi bộ 1"),
        ("Lê Văn Cường", "3/3/1990", None, "Chi bộ 2"),
    ]


def test_a_name_in_two_columns_under_one_label_is_whole(tmp_path):
    rows = [
        ["TT", "Họ và tên", None, "Số thẻ", "Ghi chú"],
        [1, "Nguyễn Văn", "An", "001", None],
        [2, "H'Hen", "Niê", "002", None],
        [3, None, "Bình", "003", None],
        ["Ghi chú: danh sách tính đến 30/6."],
    ]
    path = office_files.xlsx(tmp_path / "a.xlsx", rows, merged=["B1:C1"])
    table, found = read(path)
    assert table.mapping.columns == {1: "name", 2: "name", 3: "code"}
    assert table.columns == {"name": "Họ và tên", "code": "Số thẻ"}
    assert [tuple(row.cells.values()) for row in found] == [
        ("Nguyễn Văn An", "001"),
        ("H'Hen Niê", "002"),
        ("Bình", "003"),
    ]
    assert [one.number for one in table.left_out] == [5]
    apart = office_files.xlsx(tmp_path / "b.xlsx", [["Họ đệm", "Tên", "Số thẻ"], ["Nguyễn Văn", "An", "001"]])
    table, found = read(apart, mapping=Mapping(0, 1, 1, {0: "name", 1: "name", 2: "code"}))
    assert found[0].cells == {"name": "Nguyễn Văn An", "code": "001"}
    assert table.columns == {"name": "Họ đệm + Tên", "code": "Số thẻ"}


def test_a_row_with_a_single_known_cell_is_an_error_to_tell_and_no_heading(tmp_path):
    path = office_files.xlsx(tmp_path / "a.xlsx", [HEAD, *ROWS, [None, None, "00199", None, None]])
    _, rows = read(path)
    assert rows[-1].cells == {"name": None, "code": "00199", "born": None, "unit": None}


def test_row_and_column_numbers_are_those_of_excel(tmp_path):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet["D10"], sheet["E10"] = "Họ và tên", "Số thẻ"
    sheet["D13"], sheet["E13"] = "Nguyễn Văn An", "1"
    sheet["D400000"], sheet["E400000"] = "Lê Thị Xa", "2"
    book.save(tmp_path / "a.xlsx")
    table, rows = read(tmp_path / "a.xlsx")
    assert table.header_row == 10
    assert table.mapping.columns == {3: "name", 4: "code"}
    assert [row.number for row in rows] == [13, 400000]


def test_hidden_and_second_sheets(tmp_path):
    book = openpyxl.Workbook()
    book.active.title = "Bìa"
    book.active.append(["Báo cáo năm 2026"])
    second = book.create_sheet("Danh sách 2026")
    for row in [["Họ và tên", "Số thẻ", "Ngày sinh"], ["Nguyễn Văn An", "1", "1970"]]:
        second.append(row)
    hidden = book.create_sheet("Cũ")
    hidden.sheet_state = "hidden"
    for row in [["Họ và tên", "Số thẻ", "Ngày sinh", "Chi bộ"], ["Người Cũ", "9", "1950", "Chi bộ 9"]]:
        hidden.append(row)
    book.save(tmp_path / "a.xlsx")
    gated = spreadsheets.gate(tmp_path / "a.xlsx", "a.xlsx")
    seen = spreadsheets.look(gated, COLUMNS)
    assert [(one.name, one.hidden, one.rows) for one in seen.sheets] == [
        ("Bìa", False, 1),
        ("Danh sách 2026", False, 2),
        ("Cũ", True, 2),
    ]
    assert seen.best == 1
    assert seen.sheets[0].mapping is None
    assert seen.sheets[0].missing == ("name",)
    assert seen.sheets[1].mapping.columns == {0: "name", 1: "code", 2: "born"}
    assert seen.sheets[1].head[1].cells == ["Nguyễn Văn An", "1", "1970"]
    table, rows = read(tmp_path / "a.xlsx")
    assert table.sheet_name == "Danh sách 2026"
    assert table.sheets == (("Bìa", False), ("Danh sách 2026", False), ("Cũ", True))
    assert rows[0].cells["name"] == "Nguyễn Văn An"
    assert read(tmp_path / "a.xlsx", sheet=2)[1][0].cells["name"] == "Người Cũ"
    assert refusal_of(tmp_path / "a.xlsx", sheet=9).code == "sheet.no_sheet"


def test_a_person_can_map_the_columns(tmp_path):
    path = office_files.xlsx(
        tmp_path / "a.xlsx", [["Cột A", "Cột B", "Cột C"], ["001", "Nguyễn Văn An", "1970"], ["002", "Lê B", "1980"]]
    )
    refusal = refusal_of(path)
    assert refusal.code == "sheet.no_header"
    assert "“Họ và tên”" in refusal.sentence
    seen = spreadsheets.look(spreadsheets.gate(path, "a.xlsx"), COLUMNS)
    assert seen.best is None
    mapping = Mapping(0, 1, 1, {1: "name", 0: "code"})
    table, rows = read(path, mapping=mapping)
    assert rows[0].cells == {"code": "001", "name": "Nguyễn Văn An"}
    assert table.columns == {"code": "Cột A", "name": "Cột B"}
    assert table.unmatched == ((2, "Cột C"),)
    without_header = read(path, mapping=Mapping(0, 2, 0, {1: "name"}))[1]
    assert [row.number for row in without_header] == [2, 3]
    assert refusal_of(path, mapping=Mapping(0, 1, 1, {0: "code"})).code == "sheet.column_missing"
    assert refusal_of(path, mapping=Mapping(7, 1, 1, {0: "name"})).code == "sheet.no_sheet"
    beyond = read(path, mapping=Mapping(0, 1, 1, {1: "name", 900: "code"}))[1]
    assert beyond[0].cells == {"name": "Nguyễn Văn An", "code": None}


@pytest.mark.parametrize(
    "rows, code",
    [
        ([], "sheet.no_cells"),
        ([[None, "  "]], "sheet.no_cells"),
        ([["Bảng giá"], ["Gạo", 12]], "sheet.no_header"),
        ([HEAD], "sheet.no_rows"),
        ([HEAD, [None, "Tổng cộng", 0], ["NGƯỜI LẬP"]], "sheet.no_rows"),
        ([["STT", "Số thẻ", "Ngày sinh", "Chi bộ"], [1, "1", "1970", "Chi bộ 1"]], "sheet.column_missing"),
    ],
)
def test_a_file_is_never_imported_with_no_rows(tmp_path, rows, code):
    refusal = refusal_of(office_files.xlsx(tmp_path / "a.xlsx", rows))
    assert refusal.code == code
    assert "Hãy" in refusal.sentence


def test_formulas_errors_and_odd_cells(tmp_path):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["Họ và tên", "Số thẻ", "Ngày sinh", "Chi bộ"])
    sheet.append(["=1+1", 12, dt.datetime(1970, 1, 1, 7, 30), True])
    sheet["A2"].data_type = "s"
    sheet.append(["Lê B", 12.5, dt.time(7, 30), "#N/A"])
    sheet.append(["Lê C", "=A2", None, None])
    book.save(tmp_path / "a.xlsx")
    _, rows = read(tmp_path / "a.xlsx")
    assert rows[0].cells == {"name": "=1+1", "code": 12, "born": dt.datetime(1970, 1, 1, 7, 30), "unit": True}
    assert rows[1].cells == {"name": "Lê B", "code": 12.5, "born": dt.time(7, 30), "unit": None}
    assert rows[2].cells["code"] is None  # never computed by Excel, so it has no value


def test_a_formula_gives_the_value_that_excel_saved(tmp_path):
    import xlsxwriter

    book = xlsxwriter.Workbook(str(tmp_path / "a.xlsx"))
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, ["Họ và tên", "Số thẻ"])
    sheet.write_row(1, 0, ["Lê A"])
    sheet.write_formula(1, 1, "=100+23", None, 123)
    book.close()
    _, rows = read(tmp_path / "a.xlsx")
    assert rows[0].cells == {"name": "Lê A", "code": 123}


def test_text_comes_composed_trimmed_and_otherwise_untouched(tmp_path):
    said = unicodedata.normalize("NFD", "Nguyễn Thị Hường")
    path = office_files.xlsx(
        tmp_path / "a.xlsx",
        [HEAD, [1, f"  {said}\u200b ", "\u00a000123", None, "Chi bộ\nthôn  Đông"], [2, "K' Brêu", "A\x7fB", None, " "]],
    )
    _, rows = read(path)
    assert rows[0].cells == {"name": "Nguyễn Thị Hường", "code": "00123", "born": None, "unit": "Chi bộ\nthôn  Đông"}
    assert rows[1].cells == {"name": "K' Brêu", "code": "A\x7fB", "born": None, "unit": None}


# ----------------------------------------------------------------------------------------------------------- old encodings


@pytest.mark.parametrize("name, typing", [("tcvn3", to_tcvn3), ("vni", to_vni)])
def test_old_fonts_are_offered_and_never_converted_silently(tmp_path, name, typing):
    rows = [[typing(one) for one in HEAD]] + [
        [number, typing(one), f"{number:05d}", None, typing("Chi bộ thôn Đông")] for number, one in enumerate(NAMES)
    ]
    path = office_files.xlsx(tmp_path / "a.xlsx", rows)
    gated = spreadsheets.gate(path, "a.xlsx")
    seen = spreadsheets.look(gated, COLUMNS)
    assert seen.encoding is not None
    assert (seen.encoding.name, seen.encoding.applied) == (name, False)
    assert typing("Nguyễn Văn An") in seen.encoding.before
    assert "Nguyễn Văn An" in seen.encoding.after
    assert seen.sheets[0].mapping is not None
    assert seen.sheets[0].mapping.columns == {1: "name", 2: "code", 3: "born", 4: "unit"}
    _, rows = read(path, legacy=seen.encoding.choice)
    assert [row.cells["name"] for row in rows] == NAMES
    assert {row.cells["unit"] for row in rows} == {"Chi bộ thôn Đông"}
    if name == "tcvn3":
        assert refusal_of(path).code == "sheet.legacy_text"


def test_one_column_in_an_old_font_beside_unicode(tmp_path):
    rows = [HEAD] + [
        [number, to_tcvn3(one), f"{number:05d}", None, "Chi bộ thôn Đoài – Lê Ân"] for number, one in enumerate(NAMES)
    ]
    path = office_files.xlsx(tmp_path / "a.xlsx", rows)
    table, found = read(path)
    assert table.encoding is not None
    assert table.encoding.choice == "tcvn3:1"
    assert found[0].cells["name"] == to_tcvn3("Nguyễn Văn An")
    table, found = read(path, legacy=table.encoding.choice)
    assert [row.cells["name"] for row in found] == NAMES
    assert found[0].cells["unit"] == "Chi bộ thôn Đoài – Lê Ân"
    assert table.encoding is None
    table, found = read(path, legacy="none")
    assert table.encoding is None
    assert found[0].cells["name"] == to_tcvn3("Nguyễn Văn An")


def to_1258(said: str) -> bytes:
    """Windows-1258 as Windows types it: base letters composed, tones as marks of their own."""
    out = bytearray()
    for letter in said:
        try:
            out += letter.encode("cp1258")
            continue
        except UnicodeEncodeError:
            pass
        parts = unicodedata.normalize("NFD", letter)
        tone = next((sign for sign in parts if sign in "\u0300\u0301\u0303\u0309\u0323"), "")
        base = unicodedata.normalize("NFC", "".join(sign for sign in parts if sign != tone))
        out += base.encode("cp1258") + tone.encode("cp1258")
    return bytes(out)


@pytest.mark.parametrize(
    "name, encode",
    [
        ("windows-1258", to_1258),
        ("tcvn3", lambda said: to_tcvn3(said).encode("latin-1", "replace")),
        ("vni", lambda said: to_vni(said).encode("cp1252")),
    ],
)
def test_old_text_files_are_offered_too(tmp_path, name, encode):
    lines = ["Họ và tên;Số thẻ;Chi bộ"] + [f"{one};{number:05d};Chi bộ thôn Đông" for number, one in enumerate(NAMES)]
    path = tmp_path / "a.csv"
    path.write_bytes(encode("\r\n".join(lines)))
    seen = spreadsheets.look(spreadsheets.gate(path, "a.csv"), COLUMNS)
    assert seen.encoding is not None
    assert seen.encoding.name == name
    assert any("Nguyễn Văn An" in one for one in seen.encoding.after)
    table, rows = read(path, legacy=seen.encoding.choice)
    assert [row.cells["name"] for row in rows] == NAMES
    assert table.encoding is None


# ------------------------------------------------------------------------------------------------------------ hostile files


def test_a_lying_dimension_hides_no_row(tmp_path):
    good = office_files.xlsx(
        tmp_path / "a.xlsx", [["Họ và tên", "Mã"], *([f"Người số {number}", str(number)] for number in range(50))]
    )
    for lie in (b"A1", b"A1:B2", b"A1:XFD1048576", b"nonsense"):
        path = office_files.rewritten(
            good,
            tmp_path / "b.xlsx",
            lambda name, part, lie=lie: re.sub(rb'<dimension ref="[^"]*"', b'<dimension ref="%s"' % lie, part),
        )
        assert len(read(path)[1]) == 50


def test_a_sparse_workbook_is_read_by_the_patient_reader(tmp_path, caplog):
    book = openpyxl.Workbook()
    sheet = book.active
    for row in [HEAD, *ROWS]:
        sheet.append(row)
    sheet["XFD1048576"] = "lạc"
    sheet["B1048576"] = "Lê Thị Xa"
    sheet.merge_cells("E2:E3")
    book.save(tmp_path / "a.xlsx")
    table, rows = read(tmp_path / "a.xlsx")
    assert [(row.number, row.cells["name"]) for row in rows] == [
        (2, "Nguyễn Văn An"),
        (3, "Trần Thị Bình"),
        (4, "H'Hen Niê"),
        (1048576, "Lê Thị Xa"),
    ]
    assert rows[0].cells == {
        "name": "Nguyễn Văn An",
        "code": "00123",
        "born": dt.date(1975, 3, 9),
        "unit": "Chi bộ thôn Đông",
    }
    assert rows[1].cells["unit"] == "Chi bộ thôn Đông"
    assert table.unmatched == ((0, "STT"), (5, "Ghi chú"))
    seen = spreadsheets.look(spreadsheets.gate(tmp_path / "a.xlsx", "a.xlsx"), COLUMNS)
    assert seen.sheets[0].rows == 1048576


def test_both_readers_agree(tmp_path):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(HEAD)
    for row in ROWS:
        sheet.append(row)
    sheet.append([4, "Giờ", 12.5, dt.datetime(2020, 2, 29, 13, 45, 10), True])
    sheet.append([5, "Khác", -1, dt.time(7, 30), "dòng 1\ndòng 2"])
    other = book.create_sheet("Ẩn")
    other.sheet_state = "veryHidden"
    book.save(tmp_path / "a.xlsx")
    args = {
        "path": str(tmp_path / "a.xlsx"),
        "kind": "xlsx",
        "columns": tables._plain(COLUMNS),
        "legacy": None,
        "mapping": None,
        "sheet": None,
    }
    fast = list(child.table_in_child(**args, patient=False))
    patient = list(child.table_in_child(**args, patient=True))
    gc.enable()
    assert fast == patient


@pytest.mark.parametrize(
    "part", ["xl/worksheets/sheet1.xml", "xl/workbook.xml", "xl/sharedStrings.xml", "xl/styles.xml"]
)
def test_damaged_parts_are_a_refusal(tmp_path, part):
    good = office_files.xlsx(tmp_path / "a.xlsx", [HEAD, *ROWS])
    for turn in (lambda raw: raw[: len(raw) // 2], lambda raw: b"\xff\xfe<<<", lambda raw: b""):
        path = office_files.rewritten(
            good, tmp_path / "b.xlsx", lambda name, raw, turn=turn: turn(raw) if name == part else raw
        )
        assert outcome(path) == "read" or outcome(path).startswith(("file.", "sheet."))


def test_entities_that_multiply_are_a_refusal(tmp_path):
    good = office_files.xlsx(tmp_path / "a.xlsx", [HEAD, *ROWS])
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    bomb = f'<!DOCTYPE x [<!ENTITY l0 "aaaaaaaaaa">{entities}]>'.encode()
    path = office_files.rewritten(
        good,
        tmp_path / "b.xlsx",
        lambda name, raw: (
            bomb
            + raw.replace(
                b"</sheetData>", b'<row r="9"><c r="B9" t="inlineStr"><is><t>&l9;</t></is></c></row></sheetData>'
            )
            if name.endswith("sheet1.xml")
            else raw
        ),
    )
    assert refusal_of(path).code in (sandbox.UNREADABLE, sandbox.TOO_HEAVY)


def test_a_bomb_below_the_gate_is_stopped_by_the_child(tmp_path):
    good = office_files.xlsx(tmp_path / "a.xlsx", [HEAD, *ROWS])
    filler = b"".join(
        b"<c r='B9' t='inlineStr'><is><t>%d</t></is></c>" % (number * 7919 % 1000003) for number in range(60_000)
    )
    big = b"<row r='9'>" + filler + b"</row>"
    path = office_files.rewritten(
        good,
        tmp_path / "b.xlsx",
        lambda name, raw: (
            raw.replace(b"</sheetData>", big * 40 + b"</sheetData>") if name.endswith("sheet1.xml") else raw
        ),
    )
    assert path.stat().st_size < 50_000_000
    assert outcome(path) in ("read", sandbox.TOO_HEAVY, sandbox.TOO_SLOW, sandbox.UNREADABLE)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.floats(0, 0.999), st.integers(0, 255)), min_size=1, max_size=20))
def test_random_damage_never_escapes_as_anything_but_a_refusal(tmp_path, damage):
    raw = bytearray(office_files.xlsx(tmp_path / "a.xlsx", [HEAD, *ROWS]).read_bytes())
    for where, byte in damage:
        raw[int(where * len(raw))] = byte
    path = tmp_path / "b.xlsx"
    path.write_bytes(raw)
    assert outcome(path)


def test_a_very_long_cell_in_a_text_file_is_a_refusal(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("Họ và tên,Mã\n" + "x" * 3_000_000 + ",1\n", encoding="utf-8")
    assert refusal_of(path).code == sandbox.UNREADABLE


def test_closing_early_ends_the_child(tmp_path):
    path = office_files.xlsx(tmp_path / "a.xlsx", [HEAD, *(ROWS * 1000)])
    for _ in range(6):
        with spreadsheets.read_table(spreadsheets.gate(path, "a.xlsx"), COLUMNS) as table:
            next(iter(table))


@pytest.mark.slow
def test_a_long_list_streams_in_little_memory(tmp_path):
    path = tmp_path / "a.csv"
    with path.open("w", encoding="utf-8") as file:
        file.write(";".join(HEAD) + "\n")
        for number in range(300_000):
            file.write(f"{number};Nguyễn Văn An {number};{number:09d};09/03/1975;Chi bộ thôn Đông;\n")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with spreadsheets.read_table(spreadsheets.gate(path, "a.csv"), COLUMNS) as table:
        assert sum(1 for _ in table) == 300_000
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000
