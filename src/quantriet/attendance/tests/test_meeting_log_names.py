"""What a meeting's name means: nobody is confirmed who could be somebody else; halls and recorders are no people."""

import unicodedata

import pytest

from quantriet.attendance.rules.meeting_logs.names import Called, Hall, Matcher, Meaning, Roster, log_key

UNITS = {1: ("Chi bộ thôn 1", "", "CB11"), 2: ("Chi bộ thôn 2", "", "CB12")}
PEOPLE = [
    Called(11, 1, "Nguyễn Thị Hường", "DV000001", "huong@eatam.example", 1),
    Called(12, 2, "Trần Văn Bình", "DV000002", "", 1),
    Called(13, 3, "Trần Văn Bình", "DV000003", "", 2),
    Called(14, 4, "H'Hen Niê", "DV000004", "", 1),
    Called(15, 5, "Nguyễn Văn Hùng", "DV000005", "", 1),
    Called(16, 6, "Lê Hưng", "DV000006", "", 2),
    Called(17, 7, "Hoàng Văn Năm", "DV000007", "", 2),
    Called(18, 8, "Đỗ Thị Ỷ", "DV000008", "", 2),
]
HALLS = [Hall(91, "Hội trường UBND xã Ea Tam"), Hall(92, "Điểm cầu thôn 2")]


@pytest.fixture(scope="module")
def find():
    matcher = Matcher(Roster(PEOPLE, UNITS, HALLS))
    return lambda name, email="": matcher.find(name, email)


@pytest.mark.req("B-06")
@pytest.mark.parametrize(
    ("said", "entry"),
    [
        ("Nguyễn Thị Hường", 11), ("NGUYEN THI HUONG", 11), ("nguyen thi huong", 11), ("CB thôn 1 - Nguyễn Thị Hường", 11),
        ("CB11_Nguyen Thi Huong", 11), ("Đ/c Nguyễn Thị Hường (iPhone)", 11), ("Nguyen Thi Huong - iPad", 11),
        ("Nguyễn Thị Hường (Chi bộ thôn 1)", 11), ("iPhone (Nguyễn Thị Hường)", 11), ("Chi bo thon 1 Nguyen Thi Huong", 11),
        ("H Hen Nie", 14), ("H'Hen Niê", 14), ("DV000002 Binh", 12), ("CB thôn 2 - Trần Văn Bình", 13),
        ("Tran Van Binh (Chi bộ thôn 1)", 12), ("X1_Hoang Van Nam", 17), ("nguyen.van.hung@eatam.example", 15),
        ("Đỗ Thị Ỷ", 18),
    ],
)  # fmt: skip
def test_sure_names(find, said, entry):
    found = find(said)
    assert (found.meaning, found.entry_id) == (Meaning.SURE, entry), found


@pytest.mark.req("B-06")
@pytest.mark.parametrize(
    ("said", "candidates"),
    [
        ("Trần Văn Bình", {12, 13}),  # two of one name
        ("Tran Van Binh", {12, 13}),
        ("CB thôn 2 - Nguyễn Thị Hường", {11}),  # of another cell than said
        ("Nguyễn Văn Hưng", {15}),  # other marks
        ("Van Hung Nguyen", {15}),  # other order
        ("Nguyễn Hùng", {15}),
        ("Lê Hùng", {16}),
    ],
)
def test_doubtful_names_have_candidates_and_nobody_is_confirmed(find, said, candidates):
    found = find(said)
    assert (found.meaning, found.entry_id) == (Meaning.DOUBTFUL, None)
    assert {one.entry_id for one in found.candidates} == candidates


SHORT = [
    Called(21, 21, "Lê Thị Hồng", "DV000021", "", 1),
    Called(22, 22, "Trần Quốc", "DV000022", "", 1),
    Called(23, 23, "Nguyễn Văn An", "DV000023", "", 2),
    Called(24, 24, "Phạm Anh", "DV000024", "", 3),
]


@pytest.mark.req("B-06")
@pytest.mark.parametrize(
    ("said", "candidate"),
    [
        ("Lê Thị Hồng Nhung", 21), ("Trần Quốc Anh", 22), ("Tran Quoc Anh - iPhone", 22), ("Nguyen Van An Binh", 23),
        ("CB thôn 2 - Nguyễn Văn An Bình", 23), ("Nguyễn Văn An B", 23), ("Nguyễn Văn An 2", 23), ("Trần Nguyễn Văn An", 23),
        ("Lê Thị Hồng Cô", 21), ("Lê Thị Hồng Nhung (Chi bộ thôn 1)", 21), ("Chi bộ thôn 9 Nguyễn Văn An", 23),
        ("Đ/c Lê Thị Hồng Nhung", 21), ("Nguyễn Văn An Hồng Nhung", 23),
    ],
)  # fmt: skip
def test_a_longer_name_is_not_a_shorter_one(said, candidate):
    found = Matcher(Roster(SHORT, UNITS | {3: ("Chi bộ Hồng Nhung", "Hồng Nhung", "CB13")})).find(said, "")
    assert (found.meaning, found.entry_id) == (Meaning.DOUBTFUL, None), found
    assert found.candidates[0].entry_id == candidate


@pytest.mark.req("B-06")
@pytest.mark.parametrize(
    ("said", "entry"),
    [
        ("Chị Lê Thị Hồng", 21), ("Đồng chí Trần Quốc", 22), ("Anh Trần Quốc (iPhone)", 22), ("Thôn 2 Nguyễn Văn An", 23),
        ("Nguyễn Văn An CB thôn 02", 23), ("Bí thư Chi bộ thôn 2 Nguyễn Văn An", 23), ("Trần Quốc's iPhone 12 Pro Max", 22),
        ("CB12 Nguyen Van An", 23), ("01 Nguyễn Văn An", 23), ("Điện thoại của Trần Quốc", 22), ("Phạm Anh", 24),
        ("Hồng Nhung Phạm Anh", 24), ("Xã: CB thôn 2 Nguyễn Văn An", 23),
    ],
)  # fmt: skip
def test_units_codes_devices_and_titles_may_stand_beside_a_name(said, entry):
    found = Matcher(Roster(SHORT, UNITS | {3: ("Chi bộ Hồng Nhung", "Hồng Nhung", "CB13")})).find(said, "")
    assert (found.meaning, found.entry_id) == (Meaning.SURE, entry), found


def test_a_title_may_be_the_given_name_of_another_order():
    people = [*SHORT, Called(25, 25, "Trần Quốc Anh", "DV000025", "", 1)]
    found = Matcher(Roster(people, UNITS)).find("Anh Trần Quốc", "")
    assert (found.meaning, {one.entry_id for one in found.candidates}) == (Meaning.DOUBTFUL, {22, 25})


@pytest.mark.parametrize(
    "said", ["Mẹ Bông", "iPhone", "Trần Nguyễn Thị Hường", "Phạm Quốc Trung", "=HYPERLINK(1)", "Năm"]
)
def test_names_of_nobody(find, said):
    assert find(said).meaning in (Meaning.UNKNOWN, Meaning.DOUBTFUL)
    assert find(said).entry_id is None


def test_an_e_mail_decides_and_contradicts(find):
    assert find("Bông", "huong@eatam.example").entry_id == 11
    told = find("Nguyễn Văn Hùng", "huong@eatam.example")
    assert (told.meaning, {one.entry_id for one in told.candidates}) == (Meaning.DOUBTFUL, {11, 15})


@pytest.mark.req("B-05")
@pytest.mark.parametrize(
    ("said", "venue"),
    [
        ("Điểm cầu thôn 2", 92), ("Hội trường UBND xã Ea Tam", 91), ("HOI TRUONG UBND XA EA TAM", 91), ("diem cau ea tam", 91),
        ("Điểm cầu xã Krông Jing", None), ("Hội trường UBND", None), ("Zoom Rooms", None), ("UBND xã Ea Tam", 91),
    ],
)  # fmt: skip
def test_a_hall_is_a_venue_and_no_person(find, said, venue):
    found = find(said)
    assert (found.meaning, found.venue_id, found.entry_id) == (Meaning.VENUE, venue, None)


@pytest.mark.parametrize(
    "said",
    [
        "Otter.ai",
        "Fireflies.ai Notetaker",
        "read.ai meeting notes",
        "Fathom Notetaker",
        "Máy ghi hình",
        "Recording",
        "tl;dv",
    ],
)
def test_recorders_are_left_out_with_the_reason(find, said):
    found = find(said)
    assert found.meaning == Meaning.IGNORED
    assert "không phải người dự" in found.why


@pytest.mark.req("B-06")
def test_names_are_remembered_with_their_marks_and_their_e_mail():
    assert log_key("Mẹ  Bông", "") == log_key("MẸ BÔNG", "")
    assert log_key(unicodedata.normalize("NFD", "Mẹ Bông"), "") == log_key("Mẹ Bông", "")
    assert len({log_key(said, "") for said in ("Nguyễn Văn Hùng", "Nguyễn Văn Hưng", "Nguyen Van Hung")}) == 3
    assert log_key("Mẹ Bông", "a@x.vn") != log_key("Mẹ Bông", "b@x.vn")
