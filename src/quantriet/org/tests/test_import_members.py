"""A member list on its way in: what becomes of each row, and that nothing is written before it is confirmed."""

from __future__ import annotations

import datetime as dt
import unicodedata

import pytest

from quantriet.audit.models import AuditEvent
from quantriet.kit.refusal import Refusal
from quantriet.kit.time import now, today
from quantriet.org import actions
from quantriet.org.actions import imports, questions
from quantriet.org.models import IdentityDecision, ImportRun, MembershipTransfer, Person, PostHeld, Unit
from quantriet.org.queries import imports as queries
from quantriet.org.rules import members
from quantriet.org.tests import lists
from quantriet.org.tests.factories import a_unit

pytestmark = pytest.mark.django_db
HEADER = lists.HEADER


@pytest.fixture
def book(tmp_path):
    def write(rows, name="danh sách.xlsx", **more):
        return lists.workbook(tmp_path / name, rows, **more)

    return write


@pytest.mark.req("P-09")
def test_preview_writes_nothing_and_confirmation_writes_all(cast, book):
    path = book(
        [
            HEADER,
            ["D001", "Nguyễn Văn Mới", dt.date(1980, 2, 1), "CB11"],
            ["M2", "Trần Văn Bình", dt.date(1975, 5, 1), "CB12"],
        ]
    )
    before = Person.objects.count()
    run = lists.previewed(path, cast.units["X1"], cast.officer)
    assert run.state == "ready"
    assert lists.said(run) == {"new": 1, "moved": 1, "missing": 8}
    assert Person.objects.count() == before
    run = lists.confirmed(run, cast.officer)
    assert run.state == "done"
    new = Person.objects.get(code="D001")
    assert (new.full_name, new.unit.code, new.birth_date) == ("Nguyễn Văn Mới", "CB11", dt.date(1980, 2, 1))
    assert Person.objects.get(code="M2").unit.code == "CB12"
    transfer = MembershipTransfer.objects.filter(person__code="M2").latest("pk")
    assert (transfer.from_unit.code, transfer.to_unit.code) == ("CB11", "CB12")
    assert set(AuditEvent.objects.filter(person_id=new.pk).values_list("verb", flat=True)) == {"person.added"}
    assert AuditEvent.objects.filter(verb="import.applied", thing_id=str(run.pk)).count() == 1


@pytest.mark.req("P-09")
def test_same_file_again_changes_nothing(cast, book):
    path = book(
        [HEADER, ["D001", "Nguyễn Văn Mới", dt.date(1980, 2, 1), "CB11"], [None, "Lê Văn Không Mã", 1971, "CB12"]]
    )
    lists.imported(path, cast.units["X1"], cast.officer)
    events = AuditEvent.objects.count()
    run = lists.previewed(path, cast.units["X1"], cast.officer)
    assert lists.said(run) == {"same": 2, "missing": 9}
    with pytest.raises(Refusal) as refused:
        imports.confirm_import(run, by=cast.officer, at=now(), plan_digest=run.plan_digest)
    assert refused.value.code == "import.nothing"
    assert AuditEvent.objects.count() == events + 1  # the upload


def test_list_saved_anew_is_compared_row_by_row_and_changes_nothing(cast, book):
    """Another file with the same rows: nothing is known about it beforehand."""
    rows = [
        ["Mã số", "Họ và tên", "Ngày sinh", "Chi bộ", "SĐT", "Chức vụ", "Ngày vào Đảng", "Miễn sinh hoạt", "Nơi ở"],
        [
            "D001",
            "NGUYỄN VĂN MỚI",
            dt.date(1980, 2, 1),
            "thôn 1",
            "0912.345.678",
            "Phó Bí thư",
            "3/2/2005",
            "x",
            "Thôn 1",
        ],
        [None, "Lê Văn Không Mã", 1971, "Chi bộ thôn 2", None, None, None, None, None],
        [None, "Vi Thị Không Gì", None, "Chi bộ thôn 2", None, None, None, None, None],
        ["M7", "Trần Văn Bình", "20/08/1981", "Chi bộ thôn 1", "+84 987 654 321", "Bí thư", None, None, None],
    ]
    run = lists.imported(book(rows), cast.units["X1"], cast.officer)
    assert (run.counts["new"], run.counts["moved"]) == (3, 1)
    again = lists.previewed(book([["DANH SÁCH"], *rows], name="lưu lại.xlsx"), cast.units["X1"], cast.officer)
    assert again.digest != run.digest
    assert lists.said(again) == {"same": 4, "missing": 8}


@pytest.mark.req("P-09")
def test_unit_said_with_the_one_above_it_is_found_and_a_member_of_an_ambiguous_one_stays(cast, book):
    a_unit(cast.units["X2"], code="CB29", name="Chi bộ thôn 1")
    rows = [
        ["Mã đảng viên", "Họ và tên", "Ngày sinh", "Chi bộ"],
        ["D001", "Nguyễn Văn Mới", dt.date(1980, 2, 1), "Chi bộ thôn 1 Đảng ủy xã Suối Ngần"],
        ["M2", "Trần Văn Bình", dt.date(1975, 5, 1), "Chi bộ thôn 1"],
        ["D002", "Lê Văn Đâu Đây", dt.date(1981, 2, 1), "Chi bộ thôn 1"],
    ]
    run = lists.previewed(book(rows), cast.units["T"], cast.officer)
    assert lists.said(run) == {"new": 1, "same": 1, "wrong": 1, "missing": 5}
    assert lists.lines(run, "new")[0]["u"] == Unit.objects.get(code="CB29").pk
    [told] = lists.lines(run, "wrong")[0]["e"]
    assert told[0] == "Chi bộ"
    assert "mã CB11" in told[1]
    assert "mã CB29" in told[1]


@pytest.mark.parametrize(
    ("born", "told"), [(1958, "cùng năm sinh"), (dt.date(1958, 3, 9), "cùng ngày sinh"), ("1958", "cùng năm sinh")]
)
@pytest.mark.req("B-06")
def test_namesake_of_the_same_year_is_not_said_to_share_the_day(cast, book, born, told):
    run = lists.previewed(book([HEADER, ["Q1", "Nguyễn Thị Hường", born, "CB11"]]), cast.units["X1"], cast.officer)
    [(person, reasons)] = queries.candidates(run.questions.get(), Person.objects.all())
    assert (person.code, reasons) == ("M1", [told])


def test_head_of_an_office_list_is_understood(cast, book):
    rows = [
        ["ĐẢNG ỦY XÃ EA TAM", None, None, None, None, None, None],
        ["DANH SÁCH ĐẢNG VIÊN"],
        [],
        ["TT", "HỌ VÀ\nTÊN ", "Ngày sinh", None, "Chi bộ", "Ngày vào Đảng", None],
        [None, None, "Nam", "Nữ", None, "Dự bị", "Chính thức"],
        [1, "NGUYỄN VĂN AN", "01/02/1980", None, "Chi bộ thôn 1", "03/02/2005", "03/02/2006"],
        [2, "H'Lan Niê", None, 1991, "thôn 2", dt.date(2010, 5, 19), None],
        ["Tổng cộng: 2 đồng chí"],
        [None, None, None, None, "Ea Tam, ngày 05 tháng 01 năm 2026"],
        [None, None, None, None, "NGƯỜI LẬP"],
    ]
    merge = [(3, 2, 3, 3, "Ngày sinh"), (3, 5, 3, 6, "Ngày vào Đảng")]
    run = lists.previewed(book(rows, merge=merge), cast.units["X1"], cast.officer)
    assert lists.said(run) == {"new": 2, "missing": 9}
    first, second = lists.lines(run, "new")
    assert (first["n"], first["v"]["birth_date"], first["v"]["gender"], first["v"]["official_on"]) == (
        6, "1980-02-01", "male", "2006-02-03",
    )  # fmt: skip
    assert (second["v"]["birth_date"], second["v"]["birth_precision"], second["v"]["gender"]) == (
        "1991-01-01",
        "year",
        "female",
    )
    assert second["u"] == cast.units["CB12"].pk


@pytest.mark.req("B-06")
def test_same_name_and_birth_with_another_code_waits_for_a_decision(cast, book):
    path = book([HEADER, ["ZZ9", "Trần Văn Bình", dt.date(1975, 5, 1), "CB12"]])
    run = lists.previewed(path, cast.units["X1"], cast.officer)
    assert lists.said(run) == {"doubtful": 1, "missing": 3}
    question = IdentityDecision.objects.get()
    assert [person.code for person, _ in queries.candidates(question, Person.objects.all())] == ["M2"]
    questions.decide_identity(question, by=cast.officer, at=now(), person=None, is_new=True)
    run = lists.preview(run, cast.officer)
    assert lists.said(run) == {"new": 1, "missing": 3}
    lists.confirmed(run, cast.officer)
    assert Person.objects.filter(name_folded="tran van binh").count() == 3
    # Remembered: another file with the same row asks nothing.
    again = book(
        [["Họ tên", "Mã số", "NTNS", "Chi bộ"], ["TRẦN VĂN BÌNH", "ZZ9", "01/05/1975", "Chi bộ thôn 2"]],
        name="lần hai.xlsx",
    )
    assert lists.said(lists.previewed(again, cast.units["X1"], cast.officer)) == {"same": 1, "missing": 3}


@pytest.mark.req("B-06")
def test_decided_to_be_the_known_person_is_not_doubled(cast, book):
    path = book([HEADER, [None, "Trần Văn Bình", dt.date(1975, 5, 1), "CB12"]])
    run = lists.previewed(path, cast.units["X1"], cast.officer)
    question = IdentityDecision.objects.get(runs=run)
    questions.decide_identity(question, by=cast.officer, at=now(), person=cast.people["M2"])
    run = lists.preview(run, cast.officer)
    assert lists.said(run) == {"moved": 1, "missing": 3}
    lists.confirmed(run, cast.officer)
    assert Person.objects.get(code="M2").unit.code == "CB12"
    # The same file, another day: moved already, decided already.
    assert lists.said(lists.previewed(path, cast.units["X1"], cast.officer)) == {"same": 1, "missing": 3}


@pytest.mark.req("B-06")
@pytest.mark.parametrize("takes_code", [False, True])
def test_known_person_under_another_code_keeps_the_stored_code_unless_said_otherwise(cast, book, takes_code):
    path = book([HEADER, ["DT0099", "Trần Văn Bình", dt.date(1975, 5, 1), "CB11"]])
    run = lists.previewed(path, cast.units["X1"], cast.officer)
    question = IdentityDecision.objects.get(runs=run)
    questions.decide_identity(question, by=cast.officer, at=now(), person=cast.people["M2"], takes_code=takes_code)
    kept = "DT0099" if takes_code else "M2"
    assert AuditEvent.objects.get(verb="identity.decided").after["kept_code"] == kept
    run = lists.preview(run, cast.officer)
    if takes_code:
        assert lists.said(run)["changed"] == 1
        assert lists.lines(run, "changed")[0]["d"][0] == ["Mã đảng viên", "M2", "DT0099"]
        lists.confirmed(run, cast.officer)
    else:
        assert lists.lines(run, "same")[0]["t"] == ["Giữ mã đang lưu M2; tệp ghi DT0099."]
    cast.people["M2"].refresh_from_db()
    assert cast.people["M2"].code == kept
    # Remembered: the same list again changes nothing and asks nothing.
    again = lists.said(lists.previewed(path, cast.units["X1"], cast.officer))
    assert (again.get("same"), again.get("changed"), again.get("doubtful")) == (1, None, None)


def test_name_in_capitals_is_written_as_names_are(cast, book):
    rows = [
        ["Mã đảng viên", "Họ và tên", "Chi bộ"],
        ["N1", "LÊ GIA ĐĂNG", "Chi bộ thôn 1"],
        ["N2", "H'HEN NIÊ", "Chi bộ thôn 1"],
        ["N3", "Y BHĂM AYŬN", "Chi bộ thôn 1"],
        ["N4", unicodedata.normalize("NFD", "K’BRẾU"), "Chi bộ thôn 1"],
        ["M2", "TRẦN VĂN BÌNH", "Chi bộ thôn 1"],
    ]
    run = lists.previewed(book(rows), cast.units["X1"], cast.officer)
    assert lists.said(run)["new"] == 4
    assert lists.said(run)["same"] == 1
    new = lists.lines(run, "new")
    assert [line["v"]["full_name"] for line in new] == ["Lê Gia Đăng", "H'Hen Niê", "Y Bhăm Ayŭn", "K’Brếu"]
    assert "Họ tên “LÊ GIA ĐĂNG” được ghi lại là “Lê Gia Đăng”." in new[0]["t"]
    lists.confirmed(run, cast.officer)
    assert Person.objects.get(code="M2").full_name == "Trần Văn Bình"
    # A name stored in capitals from earlier days is written better, once.
    Person.objects.filter(code="N1").update(full_name="LÊ GIA ĐĂNG")
    stored = queries.people_by_code(["N1"])["N1"]
    assert members.differences({"full_name": "Lê Gia Đăng"}, stored) == {"full_name": "Lê Gia Đăng"}
    assert members.differences({"full_name": "LÊ GIA ĐĂNG"}, stored) == {}


@pytest.mark.req("B-06")
def test_two_of_one_name_in_one_commune_are_never_mixed(cast, book):
    """M2 (1975, thôn 1) and M7 (1981, thôn 2) are both Trần Văn Bình."""
    rows = [
        ["Họ và tên", "Ngày sinh", "Chi bộ", "Điện thoại"],
        ["Trần Văn Bình", "01/05/1975", "Chi bộ thôn 1", "0912345678"],
        ["Trần Văn Bình", "20/08/1981", "Chi bộ thôn 2", "0987654321"],
    ]
    run = lists.previewed(book(rows), cast.units["X1"], cast.officer)
    assert lists.said(run) == {"changed": 2, "missing": 7}
    lists.confirmed(run, cast.officer)
    assert Person.objects.get(code="M2").phone == "0912345678"
    assert Person.objects.get(code="M7").phone == "0987654321"


@pytest.mark.req("B-06")
def test_codes_crossed_between_namesakes_are_asked(cast, book):
    """A code with another person's name is no reason to rename anybody."""
    run = lists.previewed(
        book([HEADER, ["M5", "Phạm Đức Ổn", dt.date(1949, 2, 3), "CB11"]]), cast.units["X1"], cast.officer
    )
    assert lists.said(run)["doubtful"] == 1
    question = IdentityDecision.objects.get()
    questions.decide_identity(question, by=cast.officer, at=now(), person=None, is_new=True)
    run = lists.preview(run, cast.officer)
    assert lists.lines(run, "wrong")[0]["e"][0][1].startswith("Đã xác định là người khác")


def test_namesake_whose_own_code_is_in_the_file_is_no_doubt(cast, book):
    rows = [
        HEADER,
        ["M2", "Trần Văn Bình", dt.date(1975, 5, 1), "CB11"],
        ["D7", "Trần Văn Bình", dt.date(1975, 5, 1), "CB11"],
    ]
    assert lists.said(lists.previewed(book(rows), cast.units["X1"], cast.officer)) == {
        "new": 1,
        "same": 1,
        "missing": 5,
    }


def test_all_errors_of_all_rows_are_told_with_row_column_and_sentence(cast, book):
    rows = [
        ["Danh sách đảng viên"],
        ["Mã số", "Họ tên", "Ngày sinh", "Mã chi bộ", "SĐT"],
        ["E1", None, "31/02/1980", "CB99", "12"],
        ["E2", "Lê Văn Đúng", "01/01/1980", "CB11", "0912345678"],
        ["E2", "Lê Văn Lặp", "01/01/1981", "CB11", None],
        ["E4", "Lê Văn 4", "01/13/1981", "CB11", None],
    ]
    run = lists.previewed(book(rows), cast.units["X1"], cast.officer)
    wrong = lists.lines(run, "wrong")
    assert [line["n"] for line in wrong] == [3, 5, 6]
    assert [column for column, _ in wrong[0]["e"]] == ["Họ tên", "Ngày sinh", "SĐT", "Mã chi bộ"]
    assert wrong[0]["e"][3][1] == "Không có chi bộ mã “CB99” trong Đảng ủy xã Ea Tam."
    assert wrong[1]["e"] == [["Mã số", "Mã E2 đã có ở dòng 4."]]
    assert {column for column, _ in wrong[2]["e"]} == {"Họ tên", "Ngày sinh"}


def test_row_outside_the_scope_is_an_error_that_tells_nothing(cast, book):
    rows = [HEADER, ["M10", "Hoàng Văn Sửu", dt.date(1966, 6, 6), "CB11"], ["N1", "Lê Văn Mới", None, "CB21"]]
    run = lists.previewed(book(rows), cast.units["X1"], cast.accounts["organiser1"])
    wrong = lists.lines(run, "wrong")
    assert len(wrong) == 2
    assert "ngoài phạm vi" in wrong[0]["e"][0][1]
    assert "Suối Ngần" not in str(wrong)
    assert wrong[1]["e"][0][1] == "Không có chi bộ mã “CB21” trong Đảng ủy xã Ea Tam."


def test_namesake_of_another_commune_is_no_candidate_for_a_commune(cast, book):
    path = book([HEADER, [None, "Hoàng Văn Sửu", dt.date(1966, 6, 6), "CB11"]])
    assert lists.said(lists.previewed(path, cast.units["X1"], cast.accounts["organiser1"])) == {"new": 1, "missing": 6}
    assert lists.said(lists.previewed(path, cast.units["T"], cast.officer)) == {"doubtful": 1, "missing": 6}


def test_list_of_another_unit_is_said(cast, book):
    rows = [["ĐẢNG BỘ XÃ SUỐI NGẦN"], HEADER, ["N1", "Lê Văn Mới", None, "CB21"], ["N2", "Lê Văn Hai", None, "CB21"]]
    run = lists.start(book(rows), cast.units["X1"], cast.officer)
    with pytest.raises(Refusal) as refused:
        imports.start_preview(run, by=cast.officer, at=now())
    assert refused.value.code == "import.elsewhere"
    assert "ĐẢNG BỘ XÃ SUỐI NGẦN" in refused.value.sentence
    run = lists.preview(run, cast.officer, accept=True)
    assert run.counts["elsewhere"].startswith("2/2 dòng không thuộc Đảng ủy xã Ea Tam")


def test_superior_in_the_title_is_no_other_unit(cast, book):
    rows = [["TỈNH ỦY TÂN LĨNH"], ["ĐẢNG ỦY XÃ EA TAM"], HEADER, ["N1", "Lê Văn Mới", None, "CB11"]]
    assert lists.said(lists.previewed(book(rows), cast.units["X1"], cast.officer))["new"] == 1


@pytest.mark.parametrize("digits", ["number", "text"])
def test_codes_that_lost_their_zeros_find_their_person(cast, book, digits):
    for number in range(1, 6):
        lists_person(cast, f"0012345{number}", f"Nguyễn Văn Số {'ABCDE'[number - 1]}")
    code = 123451 if digits == "number" else "123451"
    run = lists.previewed(book([HEADER, [code, "Nguyễn Văn Số A", None, "CB12"]]), cast.units["X1"], cast.officer)
    assert lists.said(run)["same"] == 1
    assert "được hiểu là 00123451" in lists.lines(run, "same")[0]["t"][0]


def lists_person(cast, code, name):
    from quantriet.org import actions

    return actions.add_person(by=None, at=now(), code=code, full_name=name, unit=cast.units["CB12"])


def test_member_without_code_gets_one_that_stays(cast, book):
    path = book([["Họ và tên", "Năm sinh", "Chi bộ"], ["Lê Văn Một", 1970, "thôn 1"], ["Lê Văn Hai", 1971, "thôn 1"]])
    run = lists.imported(path, cast.units["X1"], cast.officer)
    codes = list(Person.objects.filter(code__startswith="QT").order_by("code").values_list("code", "full_name"))
    assert codes == [("QT0000001", "Lê Văn Một"), ("QT0000002", "Lê Văn Hai")]
    cells = lists.cells_of(run.result.read())
    assert cells[0][-3:] == ["Trạng thái", "Giải thích", "Dòng trong tệp"]
    assert "QT0000002" in cells[2][-2]
    assert lists.said(lists.previewed(path, cast.units["X1"], cast.officer)) == {"same": 2, "missing": 6}


def test_empty_cell_erases_nothing_and_poorer_writing_changes_nothing(cast, book):
    rows = [
        ["Mã số", "Họ và tên", "Năm sinh", "Điện thoại"],
        ["M1", "NGUYỄN THỊ HƯỜNG", 1958, None],
        ["M2", "Tran Van Binh", None, None],
    ]
    assert lists.said(lists.previewed(book(rows), cast.units["X1"], cast.officer))["same"] == 2


def test_file_for_one_cell_needs_no_unit_column(cast, book):
    path = book([["Họ và tên", "Ngày sinh"], ["Vi Văn Tư", dt.date(1990, 1, 2)]])
    run = lists.imported(path, cast.units["CB12"], cast.officer)
    assert run.state == "done"
    assert Person.objects.get(full_name="Vi Văn Tư").unit.code == "CB12"


def test_sheet_a_cell(cast, tmp_path):
    head = ["Họ và tên", "Ngày sinh"]
    sheets = {
        "Chi bộ thôn 1": [head, ["Vi Văn Một", dt.date(1990, 1, 2)]],
        "Chi bộ thôn 2": [head, ["Vi Văn Hai", dt.date(1990, 1, 3)]],
        "Nháp": [head, ["Vi Văn Ba", dt.date(1990, 1, 4)]],
    }
    run = lists.previewed(lists.workbooks(tmp_path / "a.xlsx", sheets, hidden=["Nháp"]), cast.units["X1"], cast.officer)
    assert [(line["name"], line["u"]) for line in lists.lines(run, "new")] == [
        ("Vi Văn Một", cast.units["CB11"].pk), ("Vi Văn Hai", cast.units["CB12"].pk),
    ]  # fmt: skip


def test_headings_inside_the_table_name_the_cell(cast, book):
    rows = [
        ["TT", "Họ và tên", "Ngày sinh", "Dân tộc"],
        ["I", "Chi bộ thôn 1"],
        [1, "Vi Văn Một", dt.date(1990, 1, 2), "Thái"],
        ["II", "Chi bộ thôn 2"],
        [1, "Vi Văn Hai", dt.date(1990, 1, 3), "Thái"],
    ]
    run = lists.previewed(book(rows), cast.units["X1"], cast.officer)
    assert [line["u"] for line in lists.lines(run, "new")] == [cast.units["CB11"].pk, cast.units["CB12"].pk]


@pytest.mark.req("R-012")
def test_posts_and_exemptions_come_with_the_list(cast, book):
    rows = [
        ["Mã số", "Họ và tên", "Chức vụ", "Diện quản lý", "Miễn sinh hoạt", "Mã chi bộ"],
        ["M1", "Nguyễn Thị Hường", "Phó Bí thư chi bộ, Trưởng thôn", "BTV Đảng ủy xã", "x", "CB11"],
        ["M2", "Trần Văn Bình", "Bí thư Chi bộ", None, None, "CB11"],
        ["M5", "Lê Thị Ánh", "Bí thư Đảng ủy xã", None, None, "CB11"],
    ]
    path = book(rows)
    run = lists.imported(path, cast.units["X1"], cast.officer)
    assert run.counts["changed"] == 1  # M2 and M5 hold theirs already
    held = PostHeld.objects.get(person__code="M1")
    assert (held.post.code, held.unit.code, held.managed_by) == ("PHO_BI_THU", "CB11", "commune")
    assert cast.people["M1"].exemptions.count() == 1
    assert lists.said(lists.previewed(path, cast.units["X1"], cast.officer)) == {"same": 3, "missing": 3}


@pytest.mark.req("P-09")
def test_export_of_people_comes_in_again_without_a_change(cast, tmp_path):
    from quantriet.kit.spreadsheets import Sheet, write_workbook
    from quantriet.org import actions

    actions.give_exemption(
        cast.people["M6"], by=None, at=now(), valid_from=dt.date(2024, 1, 1), valid_to=None, reason="Tuổi cao, sức yếu"
    )
    path = tmp_path / "xuất.xlsx"
    people = Person.objects.filter(unit__path__startswith=cast.units["T"].path)
    write_workbook(
        path,
        [Sheet("Đảng viên", queries.member_columns(), queries.member_rows(people), heading=("Danh sách đảng viên",))],
    )
    run = lists.previewed(path, cast.units["T"], cast.officer)
    assert lists.said(run) == {"same": 12}


def test_progress_of_others_is_no_reason_to_write_something_else(cast, book):
    """Somebody changes a person between preview and writing: the officer sees a new preview instead."""
    from quantriet.org import actions

    path = book([HEADER, ["M2", "Trần Văn Bình", dt.date(1975, 5, 1), "CB12"]])
    run = lists.previewed(path, cast.units["X1"], cast.officer)
    actions.transfer_person(cast.people["M2"], by=None, at=now(), to=cast.units["CB12"], on=dt.date(2026, 1, 1))
    run = lists.confirmed(run, cast.officer)
    assert run.state == "ready"
    assert "đã thay đổi sau khi xem trước" in run.notice
    assert lists.said(run) == {"same": 1, "missing": 3}
    # Something elsewhere that changes nothing about the plan does not stop it.
    path = book([HEADER, ["M9", "Đỗ Thị Ỷ", dt.date(1999, 9, 9), "CB11"]], name="hai.xlsx")
    run = lists.previewed(path, cast.units["X1"], cast.officer)
    actions.change_person(cast.people["M10"], by=None, at=now(), ethnicity="Thái")
    imports.confirm_import(run, by=cast.officer, at=now(), plan_digest=run.plan_digest)
    imports.apply_import(run.pk, at=now())
    imports.apply_import(run.pk, at=now())
    assert ImportRun.objects.get(pk=run.pk).state == "done"


def test_code_taken_meanwhile_outside_the_scope_stops_the_writing(cast, book):
    from quantriet.org import actions

    path = book(
        [HEADER, ["D1", "Lê Văn Mới", dt.date(1990, 1, 1), "CB11"], ["D2", "Lê Văn Hai", dt.date(1990, 1, 1), "CB11"]]
    )
    by = cast.accounts["organiser1"]
    run = lists.previewed(path, cast.units["X1"], by)
    actions.add_person(by=None, at=now(), code="D2", full_name="Người Nơi Khác", unit=cast.units["CB21"])
    run = lists.confirmed(run, by)
    assert run.state == "ready"
    assert not Person.objects.filter(code="D1").exists()
    assert lists.said(run) == {"new": 1, "wrong": 1, "missing": 6}


def test_officer_who_lost_the_right_writes_nothing(cast, book):
    from quantriet.org import actions
    from quantriet.org.models import Account

    by = cast.accounts["organiser1"]
    run = lists.previewed(book([HEADER, ["D1", "Lê Văn Mới", None, "CB11"]]), cast.units["X1"], by)
    imports.confirm_import(run, by=by, at=now(), plan_digest=run.plan_digest)
    by.appointments.all().delete()
    imports.apply_import(run.pk, at=now())
    run = ImportRun.objects.get(pk=run.pk)
    assert run.state == "refused"
    assert not Person.objects.filter(code="D1").exists()
    assert Account.objects.filter(pk=by.pk).exists()
    assert actions


def test_cancelled_run_leaves_no_file(cast, book, django_capture_on_commit_callbacks):
    run = lists.previewed(book([HEADER, ["D1", "Lê Văn Mới", None, "CB11"]]), cast.units["X1"], cast.officer)
    path = run.file.path
    with django_capture_on_commit_callbacks(execute=True):
        imports.cancel_import(run, by=cast.officer, at=now())
    import os

    assert not os.path.exists(path)
    assert ImportRun.objects.get(pk=run.pk).state == "cancelled"


def test_guest_of_a_committee_comes_in_and_out_again(cast, book):
    header = ["Mã số", "Họ và tên", "Loại đảng viên", "Mã chi bộ"]
    path = book([header, ["G1", "Vi Văn Khách", "Khách", "X1"], ["D1", "Vi Văn Nhầm", "Chính thức", "X1"]])
    run = lists.imported(path, cast.units["X1"], cast.officer)
    assert (run.counts["new"], run.counts["wrong"]) == (1, 1)
    assert "không phải chi bộ" in lists.lines(run, "wrong")[0]["e"][0][1]
    assert Person.objects.get(code="G1").unit.code == "X1"


def test_move_before_the_last_move_is_an_error(cast, book):
    from quantriet.org import actions

    actions.transfer_person(cast.people["M2"], by=None, at=now(), to=cast.units["CB12"], on=dt.date(2026, 6, 1))
    header = ["Mã số", "Họ và tên", "Mã chi bộ", "Ngày chuyển sinh hoạt"]
    rows = [header, ["M2", "Trần Văn Bình", "CB11", "31/05/2026"], ["M3", "H'Hen Niê", "CB12", "31/05/2026"]]
    run = lists.imported(book(rows), cast.units["X1"], cast.officer)
    assert (run.counts["wrong"], run.counts["moved"]) == (1, 1)
    assert MembershipTransfer.objects.get(person__code="M3", from_unit__isnull=False).on == dt.date(2026, 5, 31)


def _saved_again(book, rows, cast):
    """The same table in other bytes, previewed."""
    return lists.previewed(book([["DANH SÁCH"], *rows], name="lưu lại.xlsx"), cast.units["X1"], cast.officer)


@pytest.fixture
def ten(cast, book):
    """A list that was imported, all its people with codes."""
    rows = [
        HEADER,
        *([f"D{n:03d}", f"Nguyễn Văn Thứ{'ABCDEFGHIK'[n]}", dt.date(1980, 2, 1 + n), "CB11"] for n in range(10)),
    ]
    lists.imported(book(rows), cast.units["X1"], cast.officer)
    return rows


def test_list_saved_again_is_known_row_by_row_without_comparing(cast, book, ten, monkeypatch):
    read = []
    really = members.read_member
    monkeypatch.setattr(members, "read_member", lambda cells, today: read.append(cells["code"]) or really(cells, today))
    ten[4][1] = "Trần Thị Đổi Tên"
    again = _saved_again(book, [*ten, ["D777", "Lê Văn Thêm", 1970, "CB11"]], cast)
    assert read == ["D003", "D777"]
    assert (again.counts["same"], again.counts["new"]) == (9, 1)
    assert [line["n"] for line in lists.lines(again, "same")] == [3, 4, 5, 7, 8, 9, 10, 11, 12]
    assert lists.lines(again, "same")[0]["name"] == "Nguyễn Văn ThứA"


def test_list_saved_again_undoes_nothing_silently(cast, book, ten):
    """Whoever was changed or moved by hand since is compared again, and shown."""
    at = now()
    actions.change_person(Person.objects.get(code="D002"), by=cast.officer, at=at, birth_date=dt.date(1981, 1, 1))
    actions.transfer_person(Person.objects.get(code="D005"), by=cast.officer, at=at, to=cast.units["CB12"], on=today())
    again = _saved_again(book, ten, cast)
    assert (again.counts["same"], again.counts["changed"], again.counts["moved"]) == (8, 1, 1)


def test_list_saved_again_with_a_row_twice_tells_the_second(cast, book, ten):
    again = _saved_again(book, [*ten, ten[3]], cast)
    assert (again.counts["same"], again.counts["wrong"]) == (10, 1)
    assert lists.lines(again, "wrong")[0]["n"] == 13


def test_list_saved_again_after_the_tree_changed_is_compared_in_full(cast, book, ten):
    a_unit(cast.units["X1"], code="CB19", name="Chi bộ mới")
    again = _saved_again(book, ten, cast)
    assert again.counts["same"] == 10
    assert queries.remembered_rows(cast.units["X1"], None) == {}


def test_list_saved_again_counts_who_is_missing(cast, book, ten):
    again = _saved_again(book, ten[:8], cast)
    assert (again.counts["same"], again.counts["missing"]) == (7, 3 + 6)
