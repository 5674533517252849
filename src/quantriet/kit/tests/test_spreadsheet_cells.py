import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantriet.kit import spreadsheets
from quantriet.kit.spreadsheets import Day, Precision

TODAY = dt.date(2026, 11, 22)
BORN = {"earliest": dt.date(1920, 1, 1), "latest": TODAY}
D = dt.date(1975, 3, 9)


@pytest.mark.parametrize(
    "cell",
    [
        "09/03/1975", "9/3/1975", "9-3-75", "09.03.1975", " 09 / 03 / 1975 ", "'09/03/1975", "1975-03-09",
        "1975-03-09 00:00:00", "09/03/1975 00:00", "9 tháng 3 năm 1975", "ngày 09 tháng 03 năm 1975", "9 tháng ba năm 1975",
        "9-Mar-75", "9 Mar 1975", "09031975", "9031975", 9031975.0, 27462, 27462.0, "27462", dt.date(1975, 3, 9),
        dt.datetime(1975, 3, 9, 0, 0), "ngày 9/3/1975", "19750309",
    ],
)  # fmt: skip
def test_a_day_is_read_in_every_usual_writing(cell):
    assert spreadsheets.parse_day(cell, **BORN).value == Day(D)


@pytest.mark.parametrize(
    "cell",
    [
        "1975",
        1975,
        1975.0,
        "../../1975",
        "…/…/1975",
        "  /  /1975",
        "00/00/1975",
        "--/--/1975",
        "năm 1975",
        "xx/xx/1975",
    ],
)
def test_a_year_alone_keeps_its_precision(cell):
    assert spreadsheets.parse_day(cell, **BORN).value == Day(dt.date(1975, 1, 1), Precision.YEAR)


@pytest.mark.parametrize(
    "cell", ["3/1975", "03/1975", "tháng 3/1975", "../3/1975", "0/3/1975", "tháng 3 năm 1975", "00/03/1975"]
)
def test_a_month_alone_keeps_its_precision(cell):
    assert spreadsheets.parse_day(cell, **BORN).value == Day(dt.date(1975, 3, 1), Precision.MONTH)


@pytest.mark.parametrize(
    "cell, part",
    [
        ("31/02/1975", "không có trên lịch"),
        ("29/02/1975", "không có trên lịch"),
        ("05/13/1975", "đảo chỗ"),
        ("32/01/1975", "không có trên lịch"),
        ("01/01/25", "1925 hay 2025"),
        ("01/01/1875", "nằm ngoài khoảng"),
        ("01/01/2030", "nằm ngoài khoảng"),
        ("không rõ", "không phải là ngày"),
        ("12", "không phải là ngày"),
        (12, "không phải là ngày"),
        (-5, "không phải là ngày"),
        (1e300, "không phải là ngày"),
        (True, "không phải là ngày"),
        (dt.time(7, 30), "không phải là ngày"),
        ("31021975", "không có trên lịch"),
        ("12345678", "không phải là ngày"),
    ],
)
def test_a_wrong_day_is_a_sentence(cell, part):
    found = spreadsheets.parse_day(cell, **BORN)
    assert found.value is None
    assert found.error is not None
    assert part in found.error
    assert found.error.endswith((".",))


def test_the_error_of_a_day_quotes_the_cell():
    assert (
        spreadsheets.parse_day("31/02/1975").error
        == "“31/02/1975” là ngày không có trên lịch; hãy kiểm tra lại ngày, tháng, năm."
    )


@pytest.mark.parametrize("cell", [None, "", "  ", "-", "..", "./.", "// "])
def test_an_empty_day_is_neither_value_nor_error(cell):
    assert spreadsheets.parse_day(cell) == spreadsheets.Parsed()


@given(st.dates(dt.date(1920, 1, 1), TODAY))
def test_every_day_survives_each_writing(day):
    serial = (day - dt.date(1899, 12, 30)).days
    for cell in (
        f"{day:%d/%m/%Y}",
        f"{day.day}-{day.month}-{day.year}",
        f"{day:%d.%m.%Y}",
        f"{day:%Y-%m-%d}",
        serial,
        day,
    ):
        assert spreadsheets.parse_day(cell, **BORN).value == Day(day), cell


@given(st.one_of(st.none(), st.text(), st.integers(), st.floats(), st.booleans(), st.datetimes(), st.times()))
def test_no_cell_makes_a_parser_raise(cell):
    for parse in (
        spreadsheets.parse_day,
        spreadsheets.parse_code,
        spreadsheets.parse_phone,
        spreadsheets.parse_gender,
        spreadsheets.parse_yes,
        spreadsheets.parse_number,
        spreadsheets.parse_text,
    ):
        found = parse(cell)
        assert found.value is None or found.error is None


@pytest.mark.parametrize(
    "cell, code",
    [(12.0, "12"), (12, "12"), ("012", "012"), (" 00 1 ", "00 1"), ("'00123", "00123"), ("12.0", "12"), ("CB-01", "CB-01"),
     (123456789012.0, "123456789012"), (None, None), ("", None)],
)  # fmt: skip
def test_a_code_keeps_its_zeros(cell, code):
    assert spreadsheets.parse_code(cell) == spreadsheets.Parsed(code)


@pytest.mark.parametrize(
    "cell, part",
    [("1,23457E+11", "làm tròn"), ("1.23E+12", "làm tròn"), (1e16, "làm tròn"), (12.5, "thập phân"), (-3, "số âm"),
     (dt.date(2020, 1, 1), "thành ngày giờ"), (True, "không phải là mã"), (float("inf"), "thập phân"), (float("nan"), "thập phân")],
)  # fmt: skip
def test_a_spoiled_code_is_a_sentence(cell, part):
    assert part in (spreadsheets.parse_code(cell).error or "")


def test_lost_zeros_come_back():
    codes = [
        "012345678901",
        "001234567890",
        "1234567890",
        "034567890123",
        "79123456789",
        "036201001234",
        "045123456789",
    ]
    assert spreadsheets.common_width(codes) == 12
    assert spreadsheets.restore_zeros("1234567890", 12) == "001234567890"
    assert spreadsheets.restore_zeros("CB-1", 12) == "CB-1"
    assert spreadsheets.restore_zeros("1234567890123", 12) == "1234567890123"
    assert spreadsheets.common_width(["1", "22", "333", "4444"]) is None
    assert spreadsheets.common_width([]) is None


@pytest.mark.parametrize(
    "cell, number",
    [("0912345678", "0912345678"), (912345678.0, "0912345678"), ("912345678", "0912345678"), ("+84 912 345 678", "0912345678"),
     ("84912345678", "0912345678"), ("0084912345678", "0912345678"), ("0912.345.678", "0912345678"), ("0912,345,678", "0912345678"),
     ("(0203) 3825 111", "02033825111"), ("0203.3825.111", "02033825111"), (2033825111, "02033825111"),
     ("ĐT: 0912345678", "0912345678")],
)  # fmt: skip
def test_a_telephone_number_in_every_usual_writing(cell, number):
    assert spreadsheets.parse_phone(cell) == spreadsheets.Parsed(number)


def test_telephone_numbers_with_a_remark():
    two = spreadsheets.parse_phone("0912345678/0987654321")
    assert (two.value, two.note) == ("0912345678", "Ô ghi 2 số điện thoại, lấy số đầu tiên.")
    old = spreadsheets.parse_phone("01681234567")
    assert old.value == "0381234567"
    assert old.note
    assert spreadsheets.parse_phone("không có") == spreadsheets.Parsed()
    for wrong in ("12345", "0112345678", "abc", "0912345678901", True):
        assert "không phải là số điện thoại" in (spreadsheets.parse_phone(wrong).error or "")


@pytest.mark.parametrize(
    "cell, gender",
    [("Nam", "male"), ("NAM ", "male"), ("nữ", "female"), ("Nu", "female"), ("F", "female"), ("", None), (None, None)],
)
def test_gender(cell, gender):
    assert spreadsheets.parse_gender(cell) == spreadsheets.Parsed(gender)


def test_gender_by_a_bare_digit_is_asked():
    assert spreadsheets.parse_gender(1).error == "“1” không rõ giới tính; hãy ghi “Nam” hoặc “Nữ”."


@pytest.mark.parametrize(
    "cell, yes",
    [
        ("x", True),
        ("X", True),
        ("Có", True),
        (1, True),
        (1.0, True),
        (True, True),
        ("✓", True),
        ("Không", False),
        (0, False),
        ("-", False),
        ("", None),
    ],
)
def test_ticks(cell, yes):
    assert spreadsheets.parse_yes(cell) == spreadsheets.Parsed(yes)


@pytest.mark.parametrize(
    "cell, number",
    [
        ("1.234,5", 1234.5),
        ("1,5", 1.5),
        ("0,5", 0.5),
        ("1.234.567", 1234567),
        ("1 234", 1234),
        ("12,5%", 12.5),
        (12, 12),
        (12.0, 12),
        ("-3", -3),
        ("-", None),
    ],
)
def test_numbers(cell, number):
    assert spreadsheets.parse_number(cell) == spreadsheets.Parsed(number)


@pytest.mark.parametrize("cell", ["1.234", "1,234"])
def test_a_doubtful_number_is_asked(cell):
    assert "có thể là" in (spreadsheets.parse_number(cell).error or "")
