import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantriet.kit import text


def test_fold_takes_marks_and_d_bar_away_in_any_form():
    for written in (
        "ĐƯỜNG LỐI",
        "đường lối",
        unicodedata.normalize("NFD", "Đường  lối "),
        "Đường\u00a0lối",
        "đường\u200b lối",
    ):
        assert text.fold(written) == "duong loi"
    assert text.fold("Đắk Lắk – Ea Knuếc") == "dak lak – ea knuec"
    assert text.fold("H'Hen Niê") == "h'hen nie"


def test_nfc_joins_marks_and_drops_what_the_eye_cannot_see():
    assert text.nfc(unicodedata.normalize("NFD", "Ế Ỷ ự")) == "Ế Ỷ ự"
    assert text.squeeze(" Nguyễn\n Thị\u200b  Hường\u00ad ") == "Nguyễn Thị Hường"


def test_names_sort_by_given_name_in_alphabet_order_with_tones():
    names = [
        "Trần Văn Ổn",
        "Lê Thị Ánh",
        "Phạm Đức An",
        "Bùi Đại",
        "Bùi Dũng",
        "Nguyễn Văn Ân",
        "Nguyễn Văn Ăn",
        "Lê Thị An",
    ]
    ordered = [
        "Lê Thị An",
        "Phạm Đức An",
        "Lê Thị Ánh",
        "Nguyễn Văn Ăn",
        "Nguyễn Văn Ân",
        "Bùi Dũng",
        "Bùi Đại",
        "Trần Văn Ổn",
    ]
    assert sorted(names, key=text.name_key) == ordered


def test_numbers_inside_names_sort_by_value():
    assert sorted(["Chi bộ 10", "Chi bộ 2", "Chi bộ 1"], key=text.natural_key) == ["Chi bộ 1", "Chi bộ 2", "Chi bộ 10"]


@given(st.text())
def test_fold_and_squeeze_are_stable(written):
    assert text.fold(text.fold(written)) == text.fold(written)
    assert text.squeeze(text.squeeze(written)) == text.squeeze(written)
    assert text.fold(unicodedata.normalize("NFD", written)) == text.fold(unicodedata.normalize("NFC", written))


@pytest.mark.parametrize(
    "word, said, found",
    [
        ("hoc", "Nhọc công mà HỌC mãi", "HỌC"),
        ("dang vien", "mọi Đảng viên mới", "Đảng viên"),
        ("uy", "Huỷ; cấp uỷ, cấp ủy", "uỷ"),
        ("15", "số 2015, mục 15.", "15"),
        ("khong", "không-có", "không"),
        ("chi", "nghị quyết", None),
        ("a.b*", "aXb thì khác a.b*", "a.b*"),
    ],
)
def test_a_word_is_found_in_any_marks(word, said, found):
    span = text.word_finder(word)(said.lower())
    assert (said[slice(*span)] if span else None) == found


def test_words_of_texts_are_letters_and_digits_alone():
    assert text.index_words("Số 15-NQ/TU; <b>Đảng_viên</b> H'Hen 97,5%") == [
        "so", "15", "nq", "tu", "b", "dang", "vien", "b", "h", "hen", "97", "5",
    ]  # fmt: skip
