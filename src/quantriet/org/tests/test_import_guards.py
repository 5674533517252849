"""What an import may not do behind somebody's back: written lists meet people, units and questions as they are now."""

import datetime as dt

import pytest
from django.db import OperationalError

from quantriet.audit.models import AuditEvent
from quantriet.kit.jobs import Worker
from quantriet.kit.refusal import Refusal
from quantriet.kit.time import now, today
from quantriet.org import actions
from quantriet.org.actions import imports, questions
from quantriet.org.models import IdentityDecision, ImportRun, ImportState, Person, PostHeld, Unit, UnitKind
from quantriet.org.queries import imports as queries
from quantriet.org.rules.codes import made_code, made_number
from quantriet.org.tests import lists
from quantriet.org.tests.factories import a_person, a_unit, an_account
from quantriet.org.vocab import Role

pytestmark = pytest.mark.django_db
HEADER = lists.HEADER
BORN = dt.date(1980, 1, 1)


@pytest.fixture
def book(tmp_path):
    def write(*rows, more=()):
        path = tmp_path / f"danh sach {len(list(tmp_path.iterdir()))}.xlsx"
        return lists.workbook(path, [[*HEADER, *more], *rows])

    return write


def fresh(run):
    return ImportRun.objects.select_related("unit__kind", "account", "confirmed_by").get(pk=run.pk)


# ---------------------------------------------------------------------------------------- people moved since the preview


def test_a_person_moved_out_of_reach_since_the_preview_is_not_dragged_back(cast, book):
    organiser = cast.accounts["organiser1"]
    path = book(["M2", "Trần Văn Bình", dt.date(1975, 5, 1), "CB12", "0912345678"], more=["Điện thoại"])
    run = lists.previewed(path, cast.units["X1"], organiser)
    assert lists.said(run)["moved"] == 1
    actions.transfer_person(cast.people["M2"], by=None, at=now(), to=cast.units["CB21"], on=today())
    imports.confirm_import(run, by=organiser, at=now(), plan_digest=run.plan_digest)
    imports.apply_import(run.pk, at=now())
    run, person = fresh(run), Person.objects.get(code="M2")
    assert (person.unit, person.phone) == (cast.units["CB21"], "")
    assert run.state == ImportState.READY
    assert "chưa ghi gì" in run.notice
    assert lists.said(run)["wrong"] == 1


@pytest.mark.parametrize(
    "since",
    [{"unit_id": 0}, {"left_on": dt.date(2026, 1, 2), "left_reason": "died"}, {"phone": "0987654321"}],
    ids=["moved", "left", "changed"],
)
def test_the_rows_themselves_are_the_guard_where_the_log_is_silent(cast, book, since):
    path = book(["M2", "Trần Văn Bình", dt.date(1975, 5, 1), "CB11", "0912345678"], more=["Điện thoại"])
    run = lists.previewed(path, cast.units["X1"], cast.officer)
    if "unit_id" in since:
        since = {"unit_id": cast.units["CB21"].pk}
    Person.objects.filter(code="M2").update(**since)
    run = lists.confirmed(run, cast.officer)
    assert run.state == ImportState.READY
    assert Person.objects.get(code="M2").phone != "0912345678"


def test_nobody_enters_a_unit_closed_since_the_preview(cast, book):
    unit = a_unit(cast.units["X1"], code="CB13")
    run = lists.previewed(book(["Z1", "Trần Lạ", BORN, "CB13"]), cast.units["X1"], cast.officer)
    Unit.objects.filter(pk=unit.pk).update(closed_on=today())
    assert lists.confirmed(run, cast.officer).state == ImportState.READY
    assert not Person.objects.filter(code="Z1").exists()


def test_a_move_is_told_in_the_log_of_both_units(cast, book):
    actions.transfer_person(cast.people["M2"], by=None, at=now(), to=cast.units["CB21"], on=today())
    lists.imported(book(["M3", "H'Hen Niê", dt.date(1990, 12, 31), "CB12"]), cast.units["X1"], cast.officer)
    told = AuditEvent.objects.filter(thing_kind="org.person", verb__in=["person.transferred", "person.moved_away"])
    where = {(event.thing_label, event.verb): event.unit_id for event in told}
    assert where == {
        ("Trần Văn Bình", "person.transferred"): cast.units["CB21"].pk,
        ("Trần Văn Bình", "person.moved_away"): cast.units["CB11"].pk,
        ("H'Hen Niê", "person.transferred"): cast.units["CB12"].pk,
        ("H'Hen Niê", "person.moved_away"): cast.units["CB11"].pk,
    }


# ---------------------------------------------------------------------------------------------------- posts out of reach


def test_posts_are_given_within_the_importers_units_only(cast, book):
    organiser = cast.accounts["organiser1"]
    path = book(
        ["Z1", "Trần Lạ Một", BORN, "CB11", "Bí thư (Tỉnh ủy Tân Lĩnh)"],
        ["Z2", "Trần Lạ Hai", BORN, "CB11", "Phó bí thư (Đảng ủy xã Ea Tam)"],
        ["Z3", "Trần Lạ Ba", BORN, "CB11", "Bí thư (Đảng ủy xã Không Có)"],
        ["Z4", "Trần Lạ Bốn", BORN, "CB12", "Phó bí thư"],
        more=["Chức vụ"],
    )
    run = lists.imported(path, cast.units["X1"], organiser)
    given = PostHeld.objects.filter(person__code__startswith="Z").values_list("person__code", "unit__code")
    assert sorted(given) == [("Z2", "X1"), ("Z4", "CB12")]
    remarks = {line["name"]: line.get("t", []) for line in lists.lines(run, "new")}
    assert remarks["Trần Lạ Một"] == [
        "Không ghi chức vụ “Bí thư (Tỉnh ủy Tân Lĩnh)”: không có đơn vị “Tỉnh ủy Tân Lĩnh” trong phạm vi được giao."
    ]
    assert "không có đơn vị “Đảng ủy xã Không Có”" in remarks["Trần Lạ Ba"][0]


def test_a_post_of_the_unit_above_is_left_to_the_superior_when_out_of_reach(cast, book):
    own = an_account("chi-uy-11", Role.ORGANISER, cast.units["CB11"])
    path = book(["Z1", "Trần Lạ Một", BORN, "CB11", "Đảng ủy viên"], more=["Chức vụ"])
    run = lists.imported(path, cast.units["CB11"], own)
    assert not PostHeld.objects.filter(person__code="Z1").exists()
    assert "ngoài phạm vi được giao" in lists.lines(run, "new")[0]["t"][0]


def test_a_post_held_elsewhere_needs_no_remark(cast, book):
    path = book(["M5", "Lê Thị Ánh", dt.date(1995, 7, 15), "CB11", "Bí thư (Đảng ủy xã Ea Tam)"], more=["Chức vụ"])
    own = an_account("chi-uy-11", Role.ORGANISER, cast.units["CB11"])
    run = lists.previewed(path, cast.units["CB11"], own)
    assert lists.said(run)["same"] == 1
    assert "t" not in lists.lines(run, "same")[0]


# ------------------------------------------------------------------------------------------------------------ made codes


def test_only_codes_of_the_made_shape_are_counted_on():
    assert made_number(made_code(12)) == 12
    assert made_number(made_code(12_345_678)) == 12_345_678
    for other in ("QT9", "QT00000012", "QT000001A", "qt0000001", "XQT0000001"):
        assert made_number(other) is None


def test_a_code_of_another_shape_does_not_stop_the_numbering(cast, book):
    for code in ("QT9", "QT9999999X", "QTZ", "QT99"):
        a_person(cast.units["CB11"], code=code)
    made = [
        actions.add_person(by=None, at=now(), full_name=f"Không Mã {n}", unit=cast.units["CB11"]).code
        for n in ("Một", "Hai")
    ]
    assert made == ["QT0000001", "QT0000002"]
    lists.imported(
        book([None, "Không Mã Nhập", BORN, "CB11"], ["QT0000004", "Có Mã", BORN, "CB11"]),
        cast.units["X1"],
        cast.officer,
    )
    assert Person.objects.get(full_name="Không Mã Nhập").code == "QT0000005"
    a_person(cast.units["CB11"], code="QT9999999")
    assert queries.highest_made_code() == 9_999_999
    more = [actions.add_person(by=None, at=now(), full_name="Mã Dài", unit=cast.units["CB12"]).code for _ in range(2)]
    assert more == ["QT10000000", "QT10000001"]


def test_a_list_that_cannot_be_written_comes_back_to_the_officer_after_one_more_try(cast, book, monkeypatch):
    run = lists.previewed(book(["Z1", "Trần Lạ", BORN, "CB11"]), cast.units["X1"], cast.officer)
    monkeypatch.setattr(imports, "_write", lambda run, at: False)
    imports.confirm_import(run, by=cast.officer, at=now(), plan_digest=run.plan_digest)
    worker = Worker([])
    jobs = sum(worker.run_one() for _ in range(20))
    run = fresh(run)
    assert (jobs, run.state) == (3, ImportState.READY)  # the preview's own job, then two tries
    assert run.notice.startswith("Chưa ghi gì: mỗi lần ghi đều vướng")
    monkeypatch.undo()
    assert lists.confirmed(run, cast.officer).state == ImportState.DONE


@pytest.mark.req("B-01")
def test_a_list_compared_again_after_its_confirmation_is_never_left_without_a_word(cast, book, monkeypatch):
    """Killed at the last step, it is still confirmed and tried again; nobody finds it open without a reason."""
    run = lists.previewed(book(["Z1", "Trần Lạ", BORN, "CB11"]), cast.units["X1"], cast.officer)
    imports.confirm_import(run, by=cast.officer, at=now(), plan_digest=run.plan_digest)

    def away(*given, **more):
        raise OperationalError("the database is away")

    with monkeypatch.context() as patch:
        patch.setattr(imports, "_write", lambda run, at: False)
        patch.setattr(imports, "enqueue", away)
        with pytest.raises(OperationalError):
            imports.apply_import(run.pk, at=now())
    assert fresh(run).state == ImportState.APPLYING
    Worker([]).run_all()
    assert fresh(run).state == ImportState.DONE


def test_a_confirmed_import_may_be_given_up_while_no_job_works_on_it(cast, book, monkeypatch):
    run = lists.previewed(book(["Z1", "Trần Lạ", BORN, "CB11"]), cast.units["X1"], cast.officer)
    imports.confirm_import(run, by=cast.officer, at=now(), plan_digest=run.plan_digest)
    with monkeypatch.context() as patch:
        patch.setattr(queries, "is_worked_on", lambda *given, **more: True)
        with pytest.raises(Refusal, match="đang được ghi"):
            imports.cancel_import(run, by=cast.officer, at=now())
    imports.cancel_import(run, by=cast.officer, at=now())
    imports.apply_import(run.pk, at=now())
    assert fresh(run).state == ImportState.CANCELLED
    assert not Person.objects.filter(code="Z1").exists()


# ------------------------------------------------------------------------------------------- codes that lost their zeros


def test_a_code_without_its_zeros_that_stands_twice_is_told_and_does_not_break_the_preview(cast, book):
    for code in ("000001", "000002", "000003"):
        a_person(cast.units["CB11"], code=code, full_name=f"Họ Tên {'ABC'[int(code) - 1]}")
    run = lists.previewed(
        book([1, "Họ Tên A", BORN, "CB11"], [1, "Họ Tên A", BORN, "CB11"], ["000001", "Họ Tên A", BORN, "CB11"]),
        cast.units["X1"],
        cast.officer,
    )
    assert run.state == ImportState.READY
    assert (lists.said(run)["same"], lists.said(run)["wrong"]) == (1, 2)
    assert {line["e"][0][1] for line in lists.lines(run, "wrong")} == {"Mã 000001 đã có ở dòng 2."}


# ----------------------------------------------------------------------------------------------------- unexpected errors


@pytest.mark.parametrize("step", ["_make_plan", "_write"])
def test_an_unexpected_error_is_told_and_the_import_can_go_on_or_be_given_up(cast, book, monkeypatch, step):
    run = lists.start(book(["Z1", "Trần Lạ", BORN, "CB11"]), cast.units["X1"], cast.officer)
    if step == "_write":
        run = lists.preview(run, cast.officer)

    def broken(*given, **more):
        raise KeyError("nobody expected this")

    if step == "_write":
        imports.confirm_import(run, by=cast.officer, at=now(), plan_digest=run.plan_digest)
        go = imports.apply_import
    else:
        imports.start_preview(run, by=cast.officer, at=now())
        go = imports.preview_import
    with monkeypatch.context() as patch:
        patch.setattr(imports, step, broken)
        with pytest.raises(KeyError):
            go(run.pk, at=now())
    run = fresh(run)
    assert run.state == (ImportState.READY if step == "_write" else ImportState.MAPPING)
    assert run.notice.startswith("Có lỗi ngoài dự kiến")
    if step == "_make_plan":
        run = lists.preview(run, cast.officer)
    assert lists.confirmed(run, cast.officer).state == ImportState.DONE


# ------------------------------------------------------------------------------------------------------ shared questions


def test_a_question_is_shared_by_the_imports_that_ask_it(cast, book):
    row = ["NEW77", "Trần Văn Bình", dt.date(1975, 5, 1), "CB12"]
    first = lists.previewed(book(row), cast.units["X1"], cast.officer)
    second = lists.previewed(book(row), cast.units["X1"], cast.officer)
    question = IdentityDecision.objects.get()
    assert set(question.runs.all()) == {first, second}
    imports.cancel_import(second, by=cast.officer, at=now())
    assert list(first.questions.all()) == [question]
    assert queries.preview_page(first, "doubtful", 1).rows[0].question == question.pk
    imports.cancel_import(first, by=cast.officer, at=now())
    assert not IdentityDecision.objects.exists()


def test_a_question_no_longer_asked_after_a_new_preview_goes(cast, book):
    run = lists.previewed(book(["NEW77", "Trần Văn Bình", dt.date(1975, 5, 1), "CB12"]), cast.units["X1"], cast.officer)
    Person.objects.filter(code="M2").update(full_name="Tên Khác", name_folded="ten khac")
    lists.preview(run, cast.officer)
    assert not IdentityDecision.objects.exists()


def test_of_two_decisions_the_first_counts_and_a_changed_mind_is_logged(cast, book):
    lists.previewed(book(["NEW77", "Trần Văn Bình", dt.date(1975, 5, 1), "CB12"]), cast.units["X1"], cast.officer)
    question = IdentityDecision.objects.get()
    old_page = IdentityDecision.objects.get()
    questions.decide_identity(question, by=cast.officer, at=now(), person=cast.people["M2"])
    with pytest.raises(Refusal, match="đã được xác định"):
        questions.decide_identity(old_page, by=cast.officer, at=now(), person=None, is_new=True)
    assert IdentityDecision.objects.get().person == cast.people["M2"]
    questions.redecide_identity(question, by=cast.officer, at=now(), person=None, is_new=True)
    event = AuditEvent.objects.filter(verb="identity.redecided").get()
    assert (event.before["meant"], event.after["meant"]) == ("Trần Văn Bình (M2)", "Người khác")
    assert IdentityDecision.objects.get().is_new


def test_an_old_page_does_not_change_a_decision(cast, book, as_user):
    lists.previewed(book(["NEW77", "Trần Văn Bình", dt.date(1975, 5, 1), "CB12"]), cast.units["X1"], cast.officer)
    question = IdentityDecision.objects.get()
    client, url = as_user("officer"), f"/desk/imports/questions/{question.pk}/"
    person = str(cast.people["M2"].pk)
    assert client.post(url, {"choice": person, "since": ""}).status_code == 303
    refused = client.post(url, {"choice": "new", "since": ""})
    assert refused.status_code == 422
    assert "vừa được xác định" in refused.text
    assert IdentityDecision.objects.get().person == cast.people["M2"]
    since = IdentityDecision.objects.get().decided_at.isoformat()
    assert client.post(url, {"choice": "new", "since": since}).status_code == 303
    assert IdentityDecision.objects.get().is_new


# ---------------------------------------------------------------------------------------------------------- who said yes


def test_who_confirmed_is_the_actor_of_what_was_written(cast, book):
    organiser = cast.accounts["organiser1"]
    run = lists.previewed(book(["Z1", "Trần Lạ", BORN, "CB11"]), cast.units["X1"], organiser)
    run = lists.confirmed(run, cast.officer)
    assert run.confirmed_by == cast.officer
    told = AuditEvent.objects.filter(verb__in=["import.confirmed", "import.applied"], thing_id=str(run.pk))
    people = AuditEvent.objects.filter(verb="person.added", thing_label="Trần Lạ")
    assert {event.actor_id for event in (*told, *people)} == {cast.officer.pk}
    assert told.count() == 2
    assert AuditEvent.objects.get(verb="import.uploaded").actor_id == organiser.pk


def test_a_preview_with_a_wider_reach_is_not_confirmed_from_below(cast, book):
    run = lists.previewed(book(["Z1", "Trần Lạ", BORN, "CB11"]), cast.units["X1"], cast.officer)
    with pytest.raises(Refusal, match="phạm vi rộng hơn"):
        imports.confirm_import(run, by=cast.accounts["organiser1"], at=now(), plan_digest=run.plan_digest)


def test_the_right_of_who_confirmed_is_asked_when_writing(cast, book):
    run = lists.previewed(book(["Z1", "Trần Lạ", BORN, "CB11"]), cast.units["X1"], cast.accounts["organiser1"])
    imports.confirm_import(run, by=cast.officer, at=now(), plan_digest=run.plan_digest)
    cast.officer.appointments.all().delete()
    imports.apply_import(run.pk, at=now())
    assert fresh(run).state == ImportState.REFUSED
    assert not Person.objects.filter(code="Z1").exists()


# ----------------------------------------------------------------------------------------------------------------- units


def test_a_list_of_units_may_not_do_what_the_form_refuses(cast, tmp_path):
    closed = a_unit(cast.units["X1"], kind="DANG_BO_CO_SO", code="DB9", name="Đảng bộ Đã Đóng")
    actions.close_unit(closed, by=cast.officer, at=now(), on=today(), decision_number="1")
    rows = [
        ["Mã đơn vị", "Tên đơn vị", "Loại đơn vị", "Mã đơn vị cấp trên", "Ngày thành lập"],
        ["N5", "Chi bộ Mới Năm", "Chi bộ trực thuộc", "N4", None],
        ["N2", "Chi bộ Mới Hai", "Chi bộ trực thuộc", "N1", None],
        ["N1", "Chi bộ Mới Một", "Chi bộ trực thuộc", "X1", None],
        ["N3", "Chi bộ Mới Ba", "Chi bộ trực thuộc", "DB9", None],
        ["N4", "Đảng ủy xã Mới", "Đảng ủy xã", "X1", dt.date(2001, 1, 1)],
    ]
    UnitKind.objects.filter(code="DANG_UY_XA").update(valid_from=dt.date(2025, 7, 1))
    run = lists.previewed(lists.workbook(tmp_path / "don vi.xlsx", rows), cast.units["X1"], cast.officer, kind="units")
    wrong = {line["c"]: line["e"][0][1] for line in lists.lines(run, "wrong")}
    assert wrong["N2"] == "Chi bộ Mới Một là chi bộ, không lập đơn vị dưới chi bộ."
    assert wrong["N3"] == "Đảng bộ Đã Đóng đã ngừng hoạt động."
    assert wrong["N4"].startswith("Trước ngày 01/07/2025 chưa có loại")
    assert wrong["N5"] == "Đơn vị cấp trên ở dòng 6 đang có lỗi."
    assert [line["c"] for line in lists.lines(run, "new")] == ["N1"]
