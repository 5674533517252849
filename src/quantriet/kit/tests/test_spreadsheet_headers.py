import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantriet.kit import text
from quantriet.kit.spreadsheets import Column, Mapping, headers

COLUMNS = (
    Column("name", "Họ và tên", ("họ tên", "họ tên đảng viên", "tên đảng viên"), required=True),
    Column("born", "Ngày sinh", ("ngày tháng năm sinh", "năm sinh")),
    Column("code", "Số thẻ đảng viên", ("số thẻ đv", "mã đảng viên", "số thẻ")),
    Column("phone", "Số điện thoại", ("sđt", "điện thoại", "đt")),
    Column("unit", "Chi bộ", ("tên chi bộ", "đơn vị sinh hoạt")),
    Column("joined", "Ngày vào Đảng", ("ngày kết nạp",)),
)


def found_in(*rows, merged=(), columns=COLUMNS):
    return headers.find_header(list(enumerate(map(list, rows), start=1)), merged, columns)


@pytest.mark.parametrize(
    "said", ["Họ và tên", "HỌ VÀ TÊN ", "Ho va ten", "Họ và\ntên", "họ  tên", "Họ, tên", "HỌ TÊN:", "Họ và tên (*)", "Họ vàtên",
             "Họ và tên (chữ in hoa)", "Họ và tênn", "Họ và tên đảng viên", unicodedata.normalize("NFD", "Họ và tên")]
)  # fmt: skip
def test_a_label_is_known_in_every_usual_spelling(said):
    header = found_in(["STT", said, "Ngày sinh"], [1, "Nguyễn Văn An", "1/1/1970"])
    assert header is not None
    assert header.columns == {1: "name", 2: "born"}
    assert header.row == 1


def test_titles_above_and_the_confidence_of_each_match():
    header = found_in(
        ["ĐẢNG BỘ XÃ ĐÔNG SƠN"],
        ["DANH SÁCH ĐẢNG VIÊN CHI BỘ THÔN ĐÔNG"],
        [],
        ["TT", "Họ và tên", "Ngày, tháng, năm sinh", "SĐT", "Ghi chú"],
        [1, "Nguyễn Văn An", "1/1/1970", "0912345678"],
    )
    assert header is not None
    assert (header.row, header.depth) == (4, 1)
    assert header.columns == {1: "name", 2: "born", 3: "phone"}
    assert header.confidence[1] == 1.0
    assert header.unmatched == ((0, "TT"), (4, "Ghi chú"))


TWO_ROWS = (
    Column("name", "Họ và tên", (), required=True),
    Column("born_male", "Ngày sinh nam"),
    Column("born_female", "Ngày sinh nữ"),
    Column("joined", "Ngày vào Đảng dự bị", ("vào đảng dự bị",)),
    Column("official", "Ngày vào Đảng chính thức", ("vào đảng chính thức",)),
)


def test_two_row_merged_header():
    header = found_in(
        ["TT", "Họ và tên", "Ngày sinh", None, "Ngày vào Đảng", None],
        [None, None, "Nam", "Nữ", "Dự bị", "Chính thức"],
        [1, "Nguyễn Văn An", "1/1/1970", None, "1/1/2000", "1/1/2001"],
        merged=[(1, 0, 2, 0), (1, 1, 2, 1), (1, 2, 1, 3), (1, 4, 1, 5)],
        columns=TWO_ROWS,
    )
    assert header is not None
    assert (header.row, header.depth) == (1, 2)
    assert header.columns == {1: "name", 2: "born_male", 3: "born_female", 4: "joined", 5: "official"}
    assert header.texts[3] == "Ngày sinh – Nữ"


def test_a_remark_under_one_label_belongs_to_the_header():
    header = found_in(
        ["TT", "Họ và tên", "Ngày sinh"],
        [None, None, "(ngày/tháng/năm)"],
        [1, "Nguyễn Văn An", "1/1/1970"],
        merged=[(1, 0, 2, 0), (1, 1, 2, 1)],
    )
    assert header is not None
    assert (header.row, header.depth, header.columns) == (1, 2, {1: "name", 2: "born"})


def test_titles_and_data_do_not_join_a_header():
    header = found_in(["Đơn vị sinh hoạt: Chi bộ 1"], ["TT", "Họ và tên", "Ngày sinh"], ["1", "Nguyễn Văn An", 1970])
    assert header is not None
    assert (header.row, header.depth) == (2, 1)


def test_two_row_header_pasted_without_merged_areas():
    header = found_in(
        ["TT", "Họ và tên", "Ngày sinh", "", "Ngày vào Đảng", ""],
        ["", "", "Nam", "Nữ", "Dự bị", "Chính thức"],
        ["1", "Nguyễn Văn An", "1/1/1970", "", "1/1/2000", "1/1/2001"],
        columns=TWO_ROWS,
    )
    assert header is not None
    assert header.columns == {1: "name", 2: "born_male", 3: "born_female", 4: "joined", 5: "official"}


def test_an_exact_label_beats_one_that_contains_it():
    header = found_in(["Họ và tên", "Ngày vào Đảng", "Ngày sinh hoạt chi bộ", "Ngày sinh", "Chi bộ"])
    assert header is not None
    assert header.columns == {0: "name", 1: "joined", 3: "born", 4: "unit"}


@pytest.mark.parametrize("said", ["Số TT", "Đảng viên", "Nam", "Tên", "Sinh hoạt", "Bộ"])
def test_short_or_partial_words_are_not_taken_for_a_label(said):
    header = found_in(["Họ và tên", "Ngày sinh", said])
    assert header is not None
    assert header.columns == {0: "name", 1: "born"}


def test_a_header_without_the_required_column_is_still_shown_for_mapping():
    header = found_in(["Số TT", "Đồng chí", "Ngày sinh", "Chi bộ"], [1, "Nguyễn Văn An", "1970", "Chi bộ 1"])
    assert header is not None
    assert header.columns == {2: "born", 3: "unit"}


@pytest.mark.parametrize(
    "rows",
    [
        [["DANH SÁCH ĐẢNG VIÊN"], ["Nguyễn Văn An", "12"]],
        [["Ngày sinh của Đảng: 3/2/1930"]],
        [[1, 2, 3], [None]],
        [[]],
        [],
    ],
)
def test_nothing_like_a_header_is_none(rows):
    assert found_in(*rows) is None


@given(
    st.permutations(list(COLUMNS)),
    st.lists(st.sampled_from(["upper", "fold", "nfd", "break", "spaces", "colon"]), min_size=6, max_size=6),
    st.integers(0, 5),
)
def test_any_order_and_any_writing_of_the_labels_maps_back(columns, writings, titles):
    turn = {
        "upper": str.upper,
        "fold": text.fold,
        "nfd": lambda said: unicodedata.normalize("NFD", said),
        "break": lambda said: said.replace(" ", "\n", 1),
        "spaces": lambda said: f"  {said}   ",
        "colon": lambda said: f"{said}:",
    }
    labels = [turn[writing](column.label) for column, writing in zip(columns, writings, strict=True)]
    header = found_in(*[[f"Dòng tiêu đề thứ {number}"] for number in range(titles)], labels, ["x"] * 6)
    assert header is not None
    assert header.row == titles + 1
    assert header.columns == {place: column.key for place, column in enumerate(columns)}


@given(
    st.lists(st.lists(st.one_of(st.none(), st.text(max_size=40), st.integers(), st.floats()), max_size=8), max_size=12)
)
def test_any_sheet_is_read_without_an_error(rows):
    found = found_in(*rows)
    assert found is None or set(found.columns.values()) <= {column.key for column in COLUMNS}
    for row in rows:
        headers.total_row(row)
        headers.signature_row(row)
        headers.numbering_row(row)
        headers.group_text(row)


@pytest.mark.parametrize(
    "said",
    ["Tổng cộng", "TỔNG CỘNG:", "Cộng", "Cộng: 12 đồng chí", "Tổng số: 45", "Tong cong", "Tổng cộng toàn xã", "Tổng"],
)
def test_total_rows(said):
    assert headers.total_row([None, said, 12])


@pytest.mark.parametrize("said", ["Tống Công Cường", "Cộng Hòa", "Tổng Bí thư", "Tòng Thị Tổng", "Công An"])
def test_people_and_places_are_no_totals(said):
    assert not headers.total_row([None, said, 12])


@pytest.mark.parametrize(
    "row", [["NGƯỜI LẬP"], [None, "Người lập biểu", None, "T/M BAN THƯỜNG VỤ"], ["Đông Sơn, ngày 12 tháng 3 năm 2026"], ["Nơi nhận:"],
            ["BÍ THƯ"], [None, "(Ký, ghi rõ họ tên)"], ["Ngày    tháng    năm 2026"]]
)  # fmt: skip
def test_signature_rows(row):
    assert headers.signature_row(row)


@pytest.mark.parametrize(
    "row", [["Nguyễn Văn An", "Bí thư"], [1, "T/M BAN THƯỜNG VỤ"], ["Chi bộ thôn Đông", "Người lập kế hoạch"], []]
)
def test_rows_that_are_no_signatures(row):
    assert not headers.signature_row(row)


@pytest.mark.parametrize("row", [["(1)", "(2)", "(3)"], [1, 2, 3, 4], ["A", "B", 1, 2, 3], ["1", "2", "3", "4=2+3"]])
def test_numbering_rows(row):
    assert headers.numbering_row(row)


@pytest.mark.parametrize("row", [[1, "Nguyễn Văn An", 3], [5, 3, 1], [120, 130, 150], ["A", "B", "C"], [1, 2]])
def test_rows_that_are_no_numbering(row):
    assert not headers.numbering_row(row)


def test_mapping_survives_json():
    mapping = Mapping(0, 4, 2, {1: "name", 3: "born"}, {1: 1.0, 3: 0.75})
    assert Mapping.from_json(mapping.as_json()) == mapping
