"""The unit that a cell of a list means, in every writing that the product and offices use."""

from __future__ import annotations

import pytest

from quantriet.kit.text import fold
from quantriet.org.rules.places import Directory, Place

UNITS = [
    ("TL", "Thành ủy Tân Lĩnh", "1.", False),
    ("TL.01", "Đảng ủy phường Ea Lan", "1.1.", False),
    ("TL.01.01", "Đảng bộ Bưu điện 1", "1.1.1.", False),
    ("TL.01.01.01", "Chi bộ thôn 1", "1.1.1.1.", True),
    ("TL.01.01.02", "Chi bộ tổ dân phố 2", "1.1.1.2.", True),
    ("TL.01.02", "Đảng bộ Công an", "1.1.2.", False),
    ("TL.01.02.01", "Chi bộ thôn 1", "1.1.2.1.", True),
    ("TL.01.02.02", "Chi bộ tổ dân phố 2", "1.1.2.2.", True),
    ("TL.01.02.03", "Chi bộ Khối 3", "1.1.2.3.", True),
    ("TL.01.03", "Chi bộ cơ sở Đài Truyền thanh", "1.1.3.", True),
    ("TL.02", "Đảng ủy xã Suối Ngần", "1.2.", False),
    ("TL.02.01", "Chi bộ H'Drát", "1.2.1.", True),
    ("TL.02.02", "Đảng bộ khu dân cư phía Bắc xã Suối Ngần", "1.2.2.", False),
    ("TL.02.02.01", "Chi bộ thôn 1", "1.2.2.1.", True),
]


@pytest.fixture(scope="module")
def directory():
    places = [
        Place(number, code, name, fold(name), path, holds, False)
        for number, (code, name, path, holds) in enumerate(UNITS, 1)
    ]
    return Directory(places, places[0])


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("Chi bộ tổ dân phố 2 Đảng bộ Bưu điện 1", "TL.01.01.02"),
        ("Chi bộ tổ dân phố 2\nĐảng bộ Bưu điện 1", "TL.01.01.02"),
        ("Chi bộ tổ dân phố 2, Đảng bộ Bưu điện 1", "TL.01.01.02"),
        ("Chi bộ tổ dân phố 2 - Đảng bộ Bưu điện 1", "TL.01.01.02"),
        ("Chi bộ tổ dân phố 2-Đảng bộ Công an", "TL.01.02.02"),
        ("Chi bộ tổ dân phố 2 – Đảng bộ Công an", "TL.01.02.02"),
        ("Chi bộ tổ dân phố 2/Đảng bộ Công an", "TL.01.02.02"),
        ("Chi bộ tổ dân phố 2 thuộc Đảng bộ Công an", "TL.01.02.02"),
        ("CHI BỘ TỔ DÂN PHỐ 2 TRỰC THUỘC ĐẢNG BỘ CÔNG AN", "TL.01.02.02"),
        ("chi bo to dan pho 2 dang bo cong an", "TL.01.02.02"),
        ("Chi bộ tổ dân phố 2 (Đảng bộ Công an)", "TL.01.02.02"),
        ("tổ dân phố 02, Bưu điện 1", "TL.01.01.02"),
        ("CB tổ dân phố 2 - ĐB Công an", "TL.01.02.02"),
        ("Đảng bộ Công an – Chi bộ thôn 1", "TL.01.02.01"),
        ("Chi bộ thôn 1 Đảng bộ Công an Đảng ủy phường Ea Lan", "TL.01.02.01"),
        ("Chi bộ thôn 1, Đảng bộ cơ sở Công an, phường Ea Lan, Thành ủy Tân Lĩnh", "TL.01.02.01"),
        ("Khối 3", "TL.01.02.03"),
        ("Chi bộ Khối 3 Đảng bộ phường Ea Lan", "TL.01.02.03"),
        ("Đài Truyền thanh", "TL.01.03"),
        ("Chi bộ H’Drát", "TL.02.01"),
        ("TL.02.01", "TL.02.01"),
        ("tl.01.02.03", "TL.01.02.03"),
        ("TL.01.02.01 – Chi bộ thôn 1", "TL.01.02.01"),
        ("Chi bộ thôn 1 (TL.01.02.01)", "TL.01.02.01"),
        ("Chi bộ Khối 3 - khu mới", "TL.01.02.03"),
        ("Chi bộ thôn 1 thuộc khu dân cư phía Bắc", "TL.02.02.01"),
        ("thôn 1 (khu dân cư phía Bắc)", "TL.02.02.01"),
    ],
)
@pytest.mark.req("P-09")
def test_unit_is_understood_as_people_write_it(directory, said, code):
    found = directory.cell("", said, "")
    assert found.place is not None, found.sentence
    assert found.place.code == code


@pytest.mark.parametrize(
    ("name", "above", "code"),
    [
        ("Chi bộ thôn 1", "Đảng bộ Công an", "TL.01.02.01"),
        ("Chi bộ thôn 1", "Đảng bộ khu dân cư phía Bắc", "TL.02.02.01"),
        ("Chi bộ thôn 1", "bưu điện 1, phường Ea Lan", "TL.01.01.01"),
        ("Chi bộ thôn 1", "TL.01.02", "TL.01.02.01"),
        ("Chi bộ Khối 3", "Đảng bộ huyện trước đây", "TL.01.02.03"),
        ("Đài Truyền thanh", "Chi bộ cơ sở Đài Truyền thanh", "TL.01.03"),
    ],
)
def test_two_columns_say_the_unit_together(directory, name, above, code):
    found = directory.cell("", name, above)
    assert found.place is not None, found.sentence
    assert found.place.code == code


def test_ambiguous_name_is_asked_with_the_candidates_and_their_codes(directory):
    found = directory.cell("", "Chi bộ thôn 1", "")
    assert found.place is None
    assert len(found.among) == 3
    assert found.sentence == (
        "Có 3 chi bộ tên “Chi bộ thôn 1” trong Thành ủy Tân Lĩnh: mã TL.01.01.01 (Chi bộ thôn 1, Đảng bộ Bưu điện 1); "
        "mã TL.01.02.01 (Chi bộ thôn 1, Đảng bộ Công an); mã TL.02.02.01 (Chi bộ thôn 1, Đảng bộ khu dân cư phía Bắc xã Suối Ngần). "
        "Hãy ghi thêm mã chi bộ, hoặc tên đảng bộ của chi bộ đó."
    )


def test_cell_of_another_base_is_not_taken_for_the_one_named(directory):
    """Khối 3 stands under Công an alone; a list that puts it under Bưu điện is asked, not guessed at."""
    for said in (("Chi bộ Khối 3", "Đảng bộ Bưu điện 1"), ("Chi bộ Khối 3 - Đảng bộ Bưu điện 1", "")):
        assert directory.cell("", *said).place is None
    assert "mã TL.01.02.03" in directory.cell("", "Chi bộ Khối 3", "Đảng bộ Bưu điện 1").sentence
    assert directory.cell("", "Chi bộ thôn 99", "Đảng bộ Công an").elsewhere


def test_code_column_that_holds_a_name_is_understood(directory):
    assert directory.cell("Chi bộ Khối 3", "", "").place.code == "TL.01.02.03"
