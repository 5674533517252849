"""Words follow figures: what is proposed states numbers, compares them, and never takes silence for zero."""

import json
import re
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantriet.kit.numbers import printed_share, show_percent
from quantriet.reports.rules.narrative import (
    listed,
    moved_count,
    moved_share,
    narrative,
    praised_units,
    slow_units,
)
from quantriet.reports.vocab import (
    Before,
    CatchUps,
    Cited,
    Classes,
    ClassGroup,
    Figures,
    Group,
    Instruction,
    Leading,
    Named,
    People,
    Section,
    UnitRow,
)

PLAIN = Figures(
    unit="Tỉnh ủy Tân Lĩnh",
    campaign="Đợt học tập Nghị quyết 2026",
    organiser="Tỉnh ủy Tân Lĩnh",
    plan_number="12-KH/TU",
    period_from="01/10/2026",
    period_to="30/11/2026",
    due_on="30/11/2026",
    form="Trực tiếp",
    as_of="tính đến 16:00 ngày 22/11/2026",
)
PUBLISHED = replace(
    PLAIN,
    documents=(Cited("Nghị quyết 05-NQ/TW ngày 12/09/2026", "Ban Chấp hành Trung ương", "đổi mới"),),
    people=People(attended=35_599, excused=120, absent=100, retake=31, waiting=50, exempt=410),
    classes=Classes(
        held=378,
        sessions=756,
        venues=378,
        outsiders=5_806,
        levels=(
            ClassGroup("upper_cadres", "Cán bộ chủ chốt cấp tỉnh", 3, 512, 510),
            ClassGroup("grassroots", "Đảng viên ở cơ sở", 375, 35_388, 35_089),
        ),
    ),
    sorts=(Group("members", "Đảng viên", People(attended=35_599, waiting=301)),),
)


def text(figures, section, before=None):
    return " ".join(narrative(figures, before)[section])


@pytest.mark.req("P-12", "R-075")
def test_the_published_shape_is_said_as_it_was_published():
    said = text(PUBLISHED, Section.RESULTS)
    assert (
        "Đã tổ chức 378 lớp, gồm 3 lớp dành cho cán bộ chủ chốt cấp tỉnh và 375 lớp dành cho đảng viên ở cơ sở" in said
    )
    assert "35.599/35.900 người phải học, đạt 99,2%" in said
    assert "5.806 người ngoài Đảng" in said
    assert "cán bộ chủ chốt cấp tỉnh 510/512 người (99,6%)" in said
    assert "Tỷ lệ tham gia học tập: đảng viên 35.599/35.900 người (99,2%)" in said
    assert "Còn 301 người chưa học xong: 120 người vắng có lý do; 100 người vắng không có lý do; 31 người" in said
    assert "Miễn học 410 người, không tính vào số phải học" in said


@pytest.mark.req("P-12")
def test_classes_are_split_by_level_and_by_form():
    classes = Classes(
        held=592,
        levels=tuple(ClassGroup(str(n), label, n) for n, label in ((17, "Cấp tỉnh"), (325, "Cấp xã"), (250, "Chi bộ"))),
        forms=(ClassGroup("in_person", "Trực tiếp", 500), ClassGroup("online", "Trực tuyến", 92)),
    )
    said = text(replace(PLAIN, classes=classes), Section.RESULTS)
    assert "592 lớp, gồm 17 lớp dành cho cấp tỉnh, 325 lớp dành cho cấp xã và 250 lớp dành cho chi bộ" in said
    assert "Theo hình thức: 500 lớp trực tiếp và 92 lớp trực tuyến" in said


@pytest.mark.req("R-014")
def test_documents_are_cited_by_number_and_date():
    assert "Nghị quyết 05-NQ/TW ngày 12/09/2026 của Ban Chấp hành Trung ương" in text(PUBLISHED, Section.OVERVIEW)


@pytest.mark.req("R-034")
def test_change_of_form_names_the_instruction_it_rests_on():
    change = Instruction(
        "Đảng ủy xã Ea Tam", "05/11/2026", "bão số 12", "Công điện 07-CĐ/TU ngày 04/11/2026", "Trực tiếp", "Trực tuyến"
    )
    said = text(replace(PLAIN, instructions=(change,)), Section.OVERVIEW)
    assert (
        "Ngày 05/11/2026, do bão số 12, Đảng ủy xã Ea Tam chuyển hình thức học từ trực tiếp sang trực tuyến, theo Công "
        "điện 07-CĐ/TU ngày 04/11/2026." in said
    )


@pytest.mark.req("R-007")
def test_who_directed_chaired_and_presented_is_counted_with_heads():
    leading = (
        Leading("chair", "Chủ trì", 378, 40, 36),
        Leading("leader_presenter", "Trực tiếp quán triệt", 300, 38, 0),
    )
    said = text(replace(PUBLISHED, leading=leading), Section.RESULTS)
    assert "chủ trì 40 đồng chí ở 378 lớp, trong đó 36 người đứng đầu" in said
    assert "trực tiếp quán triệt 38 đồng chí ở 300 lớp." in said


def test_catch_up_chain_is_told_without_zeros():
    said = text(replace(PUBLISHED, catch_ups=CatchUps(251, 100, 51, 20)), Section.RESULTS)
    assert (
        "251 người vắng vào danh sách học bù: 100 người đã học bù xong, 51 người đã xếp vào lớp sau và 100 người chờ xếp"
        in said
    )
    assert "20 người đã quá hạn mời" in said
    assert "học bù: 7 người chờ xếp." in text(replace(PUBLISHED, catch_ups=CatchUps(7, 0, 0, 0)), Section.RESULTS)
    assert "học bù: 5 người đã học bù xong và 2 người đang theo dõi." in text(
        replace(PUBLISHED, catch_ups=CatchUps(7, 5)), Section.RESULTS
    )


UNITS = (
    UnitRow(1, "Đảng ủy xã Ea Tam", done=100, cells=4, organising=1, organised=1),
    UnitRow(2, "Đảng ủy xã Suối Ngần", done=60, owing=40, cells=4, silent_cells=1, organising=1, organised=1),
    UnitRow(3, "Đảng ủy xã Nà Pheo", owing=80, cells=3, silent_cells=3, organising=1),
)
WITH_UNITS = replace(
    PLAIN,
    people=People(attended=160, waiting=120),
    units=UNITS,
    cells=11,
    silent=(*(Named(f"Chi bộ {n}", "Đảng ủy xã Nà Pheo", 25, 3) for n in (1, 2)), Named("Chi bộ 3", "Đảng ủy xã Nà Pheo", 30, 3),
            Named("Chi bộ thôn Thượng", "Đảng ủy xã Suối Ngần", 20, 2)),
    silent_people=100,
    organising=3,
    unorganised=(Named("Đảng ủy xã Nà Pheo", under=3),),
)  # fmt: skip


@pytest.mark.req("B-08", "R-031")
def test_silent_units_come_first_by_name_and_are_never_zero():
    urged = narrative(WITH_UNITS)[Section.URGE]
    assert urged[0] == "Có 1 đơn vị trực thuộc chưa báo cáo kết quả nào: Đảng ủy xã Nà Pheo (80 người)."
    assert urged[1] == "Ngoài ra còn 1 chi bộ chưa báo cáo: Chi bộ thôn Thượng (Đảng ủy xã Suối Ngần, 20 người)."
    assert urged[2] == "Có 1 đơn vị chưa tổ chức học tập: Đảng ủy xã Nà Pheo."
    assert urged[3] == (
        "Có 1 đơn vị đã tổ chức nhưng chưa vượt tỷ lệ chung (88,9%); thấp nhất: Đảng ủy xã Suối Ngần (60/100 "
        "người, đạt 60,0%, còn 40 người)."
    )
    assert "0%" not in " ".join(urged).replace("60,0%", "")
    said = text(WITH_UNITS, Section.RESULTS)
    assert "100 người thuộc 4 đơn vị chưa báo cáo, chưa rõ kết quả" in said
    assert "riêng các đơn vị đã báo cáo đạt 160/180 người (88,9%)" in said


@pytest.mark.req("R-036")
def test_praise_goes_to_units_that_organised_and_reported_everything():
    assert praised_units(WITH_UNITS) == [UNITS[0]]
    assert text(WITH_UNITS, Section.PRAISE) == (
        "Có 1 đơn vị trực thuộc tổ chức, báo cáo đầy đủ và đạt từ tỷ lệ chung (88,9%) trở lên: Đảng ủy xã Ea Tam "
        "(100/100 người, đạt 100%)."
    )
    reviewed = replace(
        WITH_UNITS, lessons="Giao chỉ tiêu sớm.", praise="Biểu dương chi bộ 1.", criticism="Nhắc chi bộ 3."
    )
    assert "Biểu dương chi bộ 1." in text(reviewed, Section.PRAISE)
    assert "Nhắc chi bộ 3." in text(reviewed, Section.URGE)
    assert "Bài học kinh nghiệm qua sơ kết: Giao chỉ tiêu sớm." in text(reviewed, Section.SHORTCOMINGS)


def test_comparison_gives_rises_and_falls_with_both_values():
    old_units = (replace(UNITS[0], done=90, owing=10), replace(UNITS[1], done=70, owing=30), replace(UNITS[2], done=1))
    old = replace(
        WITH_UNITS, people=People(attended=150, waiting=150), units=old_units, classes=Classes(held=366), silent=()
    )
    now = replace(WITH_UNITS, classes=Classes(held=378))
    said = narrative(now, Before("Báo cáo 12-BC/TU ngày 01/11/2026", old))[Section.COMPARISON]
    assert said[0].startswith(
        "So với Báo cáo 12-BC/TU ngày 01/11/2026: tỷ lệ học xong tăng 7,1 điểm phần trăm (từ 50,0% lên 57,1%);"
    )
    assert "; số lớp đã tổ chức tăng 12 lớp (từ 366 lên 378);" in said[0]
    assert "; số đơn vị chưa báo cáo tăng 4 đơn vị (từ 0 lên 4);" in said[0]
    assert said[1] == "Đơn vị tăng nhiều nhất: Đảng ủy xã Ea Tam (từ 90,0% lên 100%, tăng 10,0 điểm phần trăm)."
    # Nà Pheo is silent now: it has not fallen to nought, so it is not compared.
    assert said[2] == "Đơn vị giảm: Đảng ủy xã Suối Ngần (từ 70,0% xuống 60,0%, giảm 10,0 điểm phần trăm)."


def test_first_report_says_that_there_is_nothing_to_compare():
    assert text(WITH_UNITS, Section.COMPARISON) == "Đây là báo cáo đầu tiên, chưa có số liệu trước để so sánh."


def test_nothing_at_all_still_gives_honest_sentences():
    said = narrative(PLAIN)
    assert "Chưa có lớp nào học xong" in " ".join(said[Section.RESULTS])
    assert "Chưa có ai trong danh sách phải học." in said[Section.RESULTS]
    assert said[Section.PRAISE] == said[Section.URGE] == said[Section.SHORTCOMINGS] == said[Section.PROPOSALS] == []


def test_everything_done_is_said_as_such():
    figures = replace(PLAIN, people=People(attended=10), units=(UnitRow(1, "Chi bộ 1", done=10, cells=1),))
    assert "không còn người nào chưa học xong" in text(figures, Section.SHORTCOMINGS)
    assert slow_units(figures) == []


@pytest.mark.req("B-08", "R-031")
def test_long_lists_name_few_and_point_to_the_annex():
    units = tuple(
        [UnitRow(n, f"Đảng ủy xã {n:02d}", done=100, cells=4, organising=1, organised=1) for n in range(1, 9)]
        + [UnitRow(n, f"Đảng ủy xã {n:02d}", done=30, owing=70, cells=4, silent_cells=1, organising=1) for n in range(9, 29)]
        + [UnitRow(n, f"Đảng ủy xã {n:02d}", owing=n, cells=4, silent_cells=4, organising=1) for n in range(29, 36)]
    )  # fmt: skip
    many = replace(
        PLAIN,
        people=People(attended=1400, waiting=1626),
        units=units,
        cells=140,
        organising=35,
        unorganised=tuple(Named(f"Đảng ủy xã {n:02d}", under=n) for n in range(29, 36)),
        silent=tuple(Named(f"Chi bộ {n}", f"Đảng ủy xã {under:02d}", 25, under) for under in range(9, 36) for n in (1, 2)),
        silent_people=1400,
    )  # fmt: skip
    said = narrative(many)
    assert said[Section.OVERVIEW][1] == "Đã có 28/35 đơn vị tổ chức học tập (80,0%); còn 7 đơn vị chưa tổ chức."
    praised, urged = said[Section.PRAISE][0], said[Section.URGE]
    assert praised.startswith(
        "Có 8 đơn vị trực thuộc tổ chức, báo cáo đầy đủ và đạt từ tỷ lệ chung (86,1%) trở lên, trong đó 8"
    )
    assert praised.count("Đảng ủy") == 5
    assert praised.endswith("(kết quả từng đơn vị tại Phụ lục 1).")
    assert urged[0] == (
        "Có 7 đơn vị trực thuộc chưa báo cáo kết quả nào: Đảng ủy xã 35 (35 người); Đảng ủy xã 34 (34 người); Đảng ủy xã 33 "
        "(33 người); Đảng ủy xã 32 (32 người); Đảng ủy xã 31 (31 người) và 2 đơn vị khác (Phụ lục 2, mục II)."
    )
    assert urged[1] == (
        "Ngoài ra còn 40 chi bộ chưa báo cáo, với 1.000 người phải học, ở 20 đơn vị trực thuộc; nhiều nhất: Đảng ủy xã 09 "
        "(2 chi bộ); Đảng ủy xã 10 (2 chi bộ); Đảng ủy xã 11 (2 chi bộ); Đảng ủy xã 12 (2 chi bộ); Đảng ủy xã 13 (2 chi bộ) và 15 "
        "đơn vị khác (tên từng chi bộ tại Phụ lục 2, mục II)."
    )
    assert urged[2].startswith("Có 7 đơn vị chưa tổ chức học tập: Đảng ủy xã 29; ")
    assert urged[2].endswith("và 2 đơn vị khác (Phụ lục 2, mục I).")
    assert urged[3].endswith("và 15 đơn vị khác (Phụ lục 1).")
    assert max(one.count("Đảng ủy") for lines in said.values() for one in lines) <= 5


@pytest.mark.req("R-031")
def test_units_deep_below_that_have_not_organised_are_counted_after_the_direct_ones():
    direct = tuple(Named(f"Đảng ủy xã {n}", under=n) for n in range(1, 4))
    deep = tuple(Named(f"Chi bộ cơ sở {n}", "Đảng ủy xã 1", under=1) for n in range(1, 8))
    urged = text(replace(PLAIN, organising=20, unorganised=deep[:2] + direct + deep[2:]), Section.URGE)
    assert urged == (
        "Có 10 đơn vị chưa tổ chức học tập, trong đó có 3 đơn vị trực thuộc (Đảng ủy xã 1, Đảng ủy xã 2 và Đảng ủy xã 3) "
        "và 7 đơn vị cấp dưới của các đơn vị trực thuộc (tên từng đơn vị tại Phụ lục 2, mục I)."
    )


def test_a_demand_after_the_last_day_says_that_the_day_has_passed():
    waiting = replace(WITH_UNITS, due_on="21/11/2026")
    assert "quán triệt trong thời gian sớm nhất (đã quá thời hạn ngày 21/11/2026)." in text(waiting, Section.PROPOSALS)
    assert "quán triệt chậm nhất ngày 30/11/2026." in text(WITH_UNITS, Section.PROPOSALS)


@pytest.mark.req("R-034")
def test_units_that_changed_form_for_one_reason_stand_in_one_sentence():
    change = Instruction("", "05/11/2026", "bão số 12", "Công điện 07-CĐ/TU", "Trực tiếp", "Trực tuyến")
    storm = tuple(replace(change, unit=f"Đảng ủy xã {n}") for n in range(1, 8))
    said = narrative(replace(PLAIN, instructions=storm))[Section.OVERVIEW][1:]
    assert len(said) == 1
    assert "Đảng ủy xã 5 và 2 đơn vị khác chuyển hình thức học từ trực tiếp sang trực tuyến" in said[0]
    apart = tuple(replace(change, unit="Đảng ủy xã 1", on=f"{n:02d}/11/2026") for n in range(1, 9))
    said = narrative(replace(PLAIN, instructions=apart))[Section.OVERVIEW][1:]
    assert len(said) == 6
    assert said[-1] == "Ngoài ra có 3 lần thay đổi hình thức học khác (ghi trong tệp Excel kèm theo)."


def test_rest_of_a_long_list_is_counted():
    assert listed(list("abcde"), most=2) == "a, b và 3 đơn vị khác"
    assert listed(list("abc")) == "a, b và c"
    assert listed(["a"]) == "a"
    assert listed([]) == ""


counts = st.integers(0, 200_000)


@given(counts, counts, counts, counts)
def test_points_are_the_difference_of_the_printed_shares(done, owing, done_before, owing_before):
    before, after = (done_before, done_before + owing_before), (done, done + owing)
    sentence = moved_share("Tỷ lệ", before, after)
    if not before[1] or not after[1]:
        assert sentence == ""
        return
    old, new = printed_share(*before), printed_share(*after)
    if old == new:
        assert "giữ nguyên" in sentence
        return
    points, first, second = (
        Decimal(one.replace(".", "").replace(",", "."))
        for one in re.findall(r"(\d[\d.]*(?:,\d+)?)(?=%| điểm)", sentence)
    )
    assert abs(second - first) == points == abs(new - old)
    assert ("tăng" in sentence) == (new > old)


@given(counts, counts)
def test_whole_is_said_only_of_the_whole(done, owing):
    said = show_percent(done, done + owing)
    assert (said == "100%") == (done > 0 and owing == 0)
    assert (said == "–") == (done + owing == 0)


@given(counts, counts)
def test_counts_move_by_their_difference(before, after):
    numbers = [
        int(one.replace(".", "")) for one in re.findall(r"\d[\d.]*", moved_count("Số lớp", before, after, "lớp"))
    ]
    assert numbers == ([after] if before == after else [abs(after - before), before, after])


people = st.builds(People, *([st.integers(0, 50_000)] * 7))
units = st.lists(
    st.builds(
        UnitRow,
        unit_id=st.integers(1, 99),
        name=st.sampled_from(["Đảng ủy xã Ea Tam", "Chi bộ thôn Thượng", "Đảng ủy phường Ỷ La"]),
        done=st.integers(0, 900),
        exempt=st.integers(0, 20),
        owing=st.integers(0, 900),
        cells=st.integers(0, 9),
        silent_cells=st.integers(0, 9),
        organising=st.integers(0, 3),
        organised=st.integers(0, 3),
    ).filter(lambda row: row.silent_cells <= row.cells and row.organised <= row.organising),
    max_size=6,
).map(tuple)
named = st.lists(st.builds(Named, name=st.just("Chi bộ A"), people=st.integers(0, 30)), max_size=20).map(tuple)
figures_made = st.builds(
    lambda one, rows, silent, idle: replace(
        PLAIN, people=one, units=rows, silent=silent, unorganised=idle, organising=len(idle) + 2, cells=len(silent) + 5
    ),
    people, units, named, named,
)  # fmt: skip


@given(figures_made, figures_made)
def test_every_proposed_paragraph_is_whole(figures, earlier):
    said = narrative(figures, Before("lần trước", earlier))
    assert list(said) == list(Section)
    for section, paragraphs in said.items():
        for paragraph in paragraphs:
            assert paragraph.endswith("."), paragraph
            assert ".." not in paragraph.replace("…", "")
            assert "None" not in paragraph
            assert "  " not in paragraph
            if section != Section.COMPARISON:
                assert re.search(r"\d", paragraph) or "Chưa có" in paragraph or "không còn" in paragraph, paragraph
    for row in figures.units:
        if row.is_silent:
            assert row not in slow_units(figures)
            assert row not in praised_units(figures)


@given(figures_made)
def test_figures_come_back_from_json_as_they_were(figures):
    assert Figures.from_json(json.loads(json.dumps(figures.as_json()))) == figures


def test_figures_of_an_older_shape_still_read():
    old = PUBLISHED.as_json()
    del old["catch_ups"], old["lessons"]
    old["gone"] = 1
    assert Figures.from_json(json.loads(json.dumps(old))) == PUBLISHED


@pytest.mark.req("R-045")
def test_study_elsewhere_is_spoken_of_only_where_somebody_was_recognised():
    plain = replace(PLAIN, people=People(attended=10, waiting=2))
    assert "nơi khác" not in text(plain, Section.RESULTS)
    said = text(replace(PLAIN, people=People(attended=8, credited=2, waiting=2)), Section.RESULTS)
    assert "Đã học xong 10/12 người phải học" in said
    assert "trong đó 2 người được công nhận đã học nơi khác" in said


@pytest.mark.req("R-133")
def test_self_study_is_counted_as_done_and_named_with_its_way():
    said = text(replace(PLAIN, people=People(attended=5, alone=3, credited=2, waiting=2)), Section.RESULTS)
    assert "Đã học xong 10/12 người phải học" in said
    assert "trong đó 3 người tự học có xác nhận, 2 người được công nhận đã học nơi khác" in said
