import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantriet.kit import encodings

NAMES = [
    "Nguyễn Văn An",
    "Trần Thị Bình",
    "Hoàng Đức Lương",
    "Lê Phương Quỳnh",
    "Đặng Thuỷ Tiên",
    "Chi bộ thôn Đông",
    "Phạm Hữu Nghĩa",
    "Ngô Ngọc Ánh",
]


def to_tcvn3(said: str) -> str:
    turn = {letter: chr(byte) for byte, letter in encodings._TCVN3_LETTERS.items()}
    return "".join(turn.get(letter, letter) for letter in said)


def to_vni(said: str) -> str:
    turn: dict[str, str] = {}
    for typed, letter in encodings._VNI.items():
        turn.setdefault(letter, typed)
    return "".join(turn.get(letter, letter) for letter in said)


@pytest.mark.parametrize(
    "typed, name, read",
    [
        ("NguyÔn V¨n An", "tcvn3", "Nguyễn Văn An"),
        ("Chñ tÞch §¶ng bé x· Hßa B×nh", "tcvn3", "Chủ tịch Đảng bộ xã Hòa Bình"),
        ("L­¬ng", "tcvn3", "Lương"),
        ("NGUYÔN V¡N AN", "tcvn3", "NGUYỄN VĂN AN"),
        ("Nguyeãn Vaên An", "vni", "Nguyễn Văn An"),
        ("ÑAËNG THÒ HÖÔØNG", "vni", "ĐẶNG THỊ HƯỜNG"),
        ("Traàn Thò Bình", "vni", "Trần Thị Bình"),
    ],
)
def test_convert_gives_the_letters_that_were_meant(typed, name, read):
    assert encodings.convert(typed, name) == read


@pytest.mark.parametrize("name, typing", [("tcvn3", to_tcvn3), ("vni", to_vni)])
def test_legacy_typing_is_recognised_and_comes_back(name, typing):
    typed = [typing(one) for one in NAMES]
    found = encodings.detect_legacy(typed)
    assert found is not None
    assert found.name == name
    assert found.confidence > 0.6
    assert [encodings.convert(one, name) for one in typed] == NAMES


@pytest.mark.parametrize(
    "texts",
    [
        NAMES,
        [unicodedata.normalize("NFD", name) for name in NAMES],
        ["Lê Ân", "Hoà", "Lê Hoàng Hà", "Tô Hoài"],
        ["H'Hen Niê", "K' Brêu", "Y Thông Êban", "Siu Bình"],
        ["plain", "ascii", ""],
        ["Café", "naïve", "Zürich", "Malmö"],
        [],
    ],
)
def test_unicode_text_is_never_taken_for_legacy(texts):
    assert encodings.detect_legacy(texts) is None


def test_unicode_text_in_a_mixed_list_stays_as_it_is():
    assert encodings.convert("Nguyễn Thị Hường", "tcvn3") == "Nguyễn Thị Hường"
    assert encodings.convert("ASCII 123", "vni") == "ASCII 123"


@given(st.lists(st.text(), max_size=20))
def test_detection_and_conversion_take_any_text(texts):
    encodings.detect_legacy(texts)
    for one in texts:
        encodings.convert(one, "tcvn3")
        encodings.convert(one, "vni")


def test_finding_survives_json():
    found = encodings.offer("tcvn3", 0.9, ["NguyÔn", "An"], choice="tcvn3:1,2")
    assert encodings.Encoding.from_json(found.as_json()) == found
    assert found.before == ("NguyÔn",)
    assert found.after == ("Nguyễn",)
    assert found.label == "TCVN3 (phông .VnTime)"


def test_number_of_a_document_does_not_turn_its_line_to_capitals():
    assert encodings.convert(to_tcvn3("Số: 26-HD/BTGTU"), encodings.TCVN3) == "Số: 26-HD/BTGTU"
    assert encodings.convert("TØNH ñY 26-HD/BTGTU", encodings.TCVN3) == "TỈNH ỦY 26-HD/BTGTU"
