"""Decisions on the organisation: what they do to the tree, who confirms, what is refused, how they are taken back."""

import datetime as dt
import itertools

import pytest
import time_machine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quantriet.audit.models import AuditEvent
from quantriet.kit.refusal import Refusal, Refusals
from quantriet.kit.time import VIETNAM, now, today
from quantriet.org import access, actions
from quantriet.org.jobs import do_what_is_due_job
from quantriet.org.models import Appointment, MembershipTransfer, OrgDecision, Person, Unit, UnitPlace, UnitVersion
from quantriet.org.queries import decisions as queries
from quantriet.org.queries import history
from quantriet.org.rules.events import Change, Part
from quantriet.org.tests.factories import a_person, a_post, a_unit, an_account
from quantriet.org.vocab import DecisionState, Permission, Role
from tests.cast import LONG_AGO

DAY = dt.date(2026, 3, 1)


def merge(*units, code="M1", name="Chi bộ thôn Hợp Nhất", kind="CHI_BO", parent="", into=""):
    part = Part(into, is_new=False) if into else Part(code, name, kind, parent)
    return Change("merge", units, (part,))


_numbers = itertools.count(101)


def drafted(cast, *changes, unit="T", day=DAY, by=None, number=""):
    number = number or f"{next(_numbers)}-QĐ/TU"
    return actions.draft_decision(
        unit=cast.units[unit], number=number, decided_on=min(day, today()), effective_on=day, changes=changes,
        by=by or cast.officer, at=now(),
    )  # fmt: skip


def confirmed(cast, *changes, **given):
    decision = drafted(cast, *changes, **given)
    return actions.confirm_decision(decision, revision=decision.revision, by=cast.accounts["admin"], at=now())


def refused(cast, *changes, **given):
    with pytest.raises(Refusal) as refusal:
        confirmed(cast, *changes, **given)
    several = getattr(refusal.value, "several", [refusal.value])
    return [one.code for one in several], refusal.value.sentence


def check_tree():
    """On each day on which something changed every path is the chain of superiors, and nothing goes round in a circle."""
    days = sorted(
        {
            *UnitPlace.objects.values_list("valid_from", flat=True),
            *UnitVersion.objects.values_list("valid_from", flat=True),
            today(),
        }
    )
    units = {unit.pk: unit for unit in Unit.objects.all()}
    for day in days:
        places = {place.unit_id: place for place in history.places_on(day)}
        assert len({place.path for place in places.values()}) == len(places)
        versions = {version.unit_id: version for version in UnitVersion.objects.on(day)}
        for pk, place in places.items():
            chain = [int(step, 36) for step in place.path.split(".")[:-1]]
            assert chain[-1] == pk
            assert len(set(chain)) == len(chain)
            above = chain[-2] if len(chain) > 1 else None
            if above is not None:
                assert places[above].path + place.path.split(".")[-2] + "." == place.path, (day, units[pk])
            if place.is_active:
                assert versions[pk].parent_id == above, (day, units[pk])
                assert above is None or places[above].is_active, (day, units[pk])
    for place in UnitPlace.objects.filter(valid_to__isnull=True):
        unit = units[place.unit_id]
        assert (place.path, place.is_active) == (unit.path, unit.closed_on is None), unit
        assert unit.depth == len(unit.ancestor_ids) - 1
        if unit.parent_id is not None:
            assert unit.path.startswith(units[unit.parent_id].path)


@pytest.mark.req("P-01")
def test_merger_founds_the_successor_and_moves_everybody(cast):
    a_post(cast.people["M7"], cast.units["CB12"])
    decision = confirmed(cast, merge("CB11", "CB12"), number="12-QĐ/TU")
    assert decision.state == DecisionState.IN_FORCE
    made = Unit.objects.get(code="M1")
    first, second = Unit.objects.get(code="CB11"), Unit.objects.get(code="CB12")
    assert made.parent == cast.units["X1"]
    assert made.established_on == DAY
    assert first.closed_on == second.closed_on == DAY - dt.timedelta(days=1)
    assert Person.objects.filter(unit=made).count() == 9
    moves = MembershipTransfer.objects.filter(event__decision=decision)
    assert moves.count() == 9
    assert {move.basis for move in moves} == {"Quyết định 12-QĐ/TU"}
    # In today's structure a closed unit counts under the one that follows it.
    assert first.path.startswith(made.path)
    assert history.predecessors(made) == [first, second]
    assert history.successors(first) == [made]
    assert cast.people["M7"].posts.get().valid_to == DAY - dt.timedelta(days=1)
    secretary = Appointment.objects.on().get(account=cast.accounts["secretary11"])
    assert secretary.unit == made
    assert decision.counts["summary"].startswith("Gộp 2 chi bộ trực thuộc, lập 1 đơn vị mới; 9 người")
    check_tree()
    words = [moment.sentence for moment in history.unit_history(first)]
    assert words[0] == "Hợp nhất Chi bộ thôn 1 và Chi bộ thôn 2 thành Chi bộ thôn Hợp Nhất."


def test_two_people_are_needed_for_a_merger(cast):
    decision = drafted(cast, merge("CB11", "CB12"))
    with pytest.raises(Refusal) as refusal:
        actions.confirm_decision(decision, revision=decision.revision, by=cast.officer, at=now())
    assert refusal.value.code == "decision.second_person"
    assert "cần hai người" in refusal.value.sentence
    assert Unit.objects.get(code="CB11").closed_on is None
    # Whoever corrects the draft has prepared it from then on; a rename needs no second person.
    actions.change_decision(
        decision, revision=decision.revision, number="13-QĐ/TU", by=cast.accounts["admin"], at=now()
    )
    with pytest.raises(Refusal):
        actions.confirm_decision(decision, revision=decision.revision, by=cast.accounts["admin"], at=now())
    decision = drafted(cast, Change("rename", ("X1",), name="Đảng ủy xã Ea Tam Mới"))
    actions.confirm_decision(decision, revision=decision.revision, by=cast.officer, at=now())
    assert Unit.objects.get(code="X1").name == "Đảng ủy xã Ea Tam Mới"


def test_two_officers_merge_at_once_and_the_second_is_told(cast):
    first, second = (
        drafted(cast, merge("CB11", "CB12")),
        drafted(cast, merge("CB11", "CB21", code="M2", name="Chi bộ khác")),
    )
    stale = OrgDecision.objects.get(pk=first.pk)
    admin = cast.accounts["admin"]
    actions.confirm_decision(first, revision=first.revision, by=admin, at=now())
    with pytest.raises(Refusal) as refusal:
        actions.confirm_decision(second, revision=second.revision, by=admin, at=now())
    assert "Chi bộ thôn 1 (CB11) đã ngừng hoạt động" in refusal.value.sentence
    with pytest.raises(Refusal) as refusal:
        actions.confirm_decision(stale, revision=stale.revision, by=admin, at=now())
    assert refusal.value.code == "decision.changed_meanwhile"
    assert Unit.objects.filter(code="M2").count() == 0


@pytest.mark.parametrize(
    "changes, code, words",
    [
        ([Change("move", ("X1",), parent="CB11")], "event.circle", "vòng tròn"),
        ([Change("move", ("T",), parent="X1")], "event.top", "việc của cấp trên"),
        ([Change("move", ("CB11",), parent="CB21")], "unit.under_cell", "không có đơn vị dưới chi bộ"),
        ([Change("dissolve", ("CB11",))], "unit.has_people", "còn 6 người"),
        ([Change("dissolve", ("X1",))], "unit.has_units", "còn 2 đơn vị trực thuộc"),
        ([merge("CB11")], "event.units_missing", "ít nhất hai đơn vị"),
        ([merge("CB11", "CB11")], "event.unit_twice", "được nêu hai lần"),
        ([merge("CB11", "X1")], "event.nested", "nằm trong một đơn vị khác"),
        ([merge("CB11", "CB12", kind="DANG_BO_CO_SO")], "event.holds_no_members", "không có đảng viên trực tiếp"),
        ([merge("CB11", "CB12", code="X2")], "unit.code_taken", "Mã đơn vị “X2” đã có"),
        ([merge("CB11", "KHONG-CO")], "event.unit_unknown", "Không có đơn vị mã “KHONG-CO”"),
        ([Change("establish", parts=(Part("H1", "Huyện ủy Mới", "HUYEN_UY", "T"),))], "unit.kind_ended", "không còn loại"),
        ([Change("rename", ("X1",), name="Đảng ủy xã Ea Tam")], "event.same_name", "đúng tên này"),
        ([], "decision.empty", "chưa có sự kiện"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_with_a_sentence(cast, changes, code, words):
    codes, sentence = refused(cast, *changes)
    assert codes == [code]
    assert words in sentence
    assert UnitPlace.objects.count() == 8
    check_tree()


def test_nothing_is_arranged_before_it_was_there(cast):
    late = actions.add_unit(
        by=None, at=now(), code="CB13", name="Chi bộ thôn 3", kind=cast.units["CB11"].kind, parent=cast.units["X1"],
        valid_from=dt.date(2026, 6, 1),
    )  # fmt: skip
    codes, sentence = refused(cast, merge("CB11", late.code))
    assert codes == ["event.before_founding"]
    assert "lập ngày 01/06/2026, sau ngày hiệu lực 01/03/2026" in sentence
    confirmed(cast, Change("rename", ("CB12",), name="Chi bộ buôn Hai"), day=dt.date(2026, 7, 1))
    codes, sentence = refused(cast, merge("CB11", "CB12"))
    assert codes == ["event.out_of_order"]
    assert "đã có thay đổi từ ngày 01/07/2026" in sentence


def test_a_coming_decision_waits_for_its_day(cast):
    start = now()
    tomorrow = today() + dt.timedelta(days=1)
    decision = confirmed(cast, merge("CB11", "CB12"), day=tomorrow)
    assert decision.state == DecisionState.SCHEDULED
    do_what_is_due_job.func()
    assert Unit.objects.get(code="CB11").closed_on is None
    with time_machine.travel(start + dt.timedelta(days=1, hours=1), tick=False):
        do_what_is_due_job.func()
        do_what_is_due_job.func()
        decision.refresh_from_db()
        assert decision.state == DecisionState.IN_FORCE
        assert Unit.objects.get(code="CB11").closed_on == tomorrow - dt.timedelta(days=1)
        check_tree()


def test_a_coming_decision_that_cannot_happen_any_more_says_why(cast):
    start = now()
    decision = confirmed(cast, merge("CB11", "CB12"), day=today() + dt.timedelta(days=2))
    confirmed(cast, Change("dissolve", ("CB12",), receiver="CB11"), number="13-QĐ/TU", day=today())
    with time_machine.travel(start + dt.timedelta(days=2, hours=1), tick=False):
        do_what_is_due_job.func()
        do_what_is_due_job.func()
    decision.refresh_from_db()
    assert decision.state == DecisionState.SCHEDULED
    assert "Chi bộ thôn 2 (CB12) đã ngừng hoạt động" in decision.problem
    assert AuditEvent.objects.filter(verb="decision.blocked").count() == 1


@pytest.mark.req("P-01")
def test_split_gives_units_and_people_to_the_parts(cast):
    parts = (
        Part("P1", "Chi bộ thôn 1A", "CHI_BO", "", people=("M1", "M2")),
        Part("P2", "Chi bộ thôn 1B", "CHI_BO", "", people=("M3",)),
    )
    confirmed(cast, Change("split", ("CB11",), parts))
    counts = {code: Person.objects.filter(unit__code=code).count() for code in ("CB11", "P1", "P2")}
    assert counts == {"CB11": 0, "P1": 5, "P2": 1}
    closed = Unit.objects.get(code="CB11")
    assert closed.closed_on
    assert closed.parent == cast.units["X1"]  # followed by two: it stays where it stood
    confirmed(
        cast, Change("split", ("CB12",), (Part("P3", "Chi bộ thôn 2A", "CHI_BO", "", people=("M7",)),), keeps=True)
    )
    assert Unit.objects.get(code="CB12").closed_on is None
    assert Person.objects.filter(unit__code="P3").count() == 1
    check_tree()
    codes, _ = refused(cast, Change("split", ("P1",), (Part("P4", "A", "CHI_BO", people=("M9",)),), keeps=True))
    assert codes == ["event.not_a_member"]


@pytest.mark.req("P-01")
def test_the_tree_of_a_day_is_the_tree_of_that_day(cast):
    confirmed(cast, Change("rename", ("X1",), name="Đảng ủy phường Ea Tam"), Change("move", ("CB21",), parent="X1"))
    before, after = DAY - dt.timedelta(days=1), DAY
    assert {unit.code for unit in history.children_on(cast.units["X1"], before)} == {"CB11", "CB12"}
    assert {unit.code for unit in history.children_on(cast.units["X1"], after)} == {"CB11", "CB12", "CB21"}
    assert history.changed_since(before)
    assert not history.changed_since(after)
    unit = Unit.objects.get(code="X1")
    history.as_it_was([unit], before)
    assert unit.name == "Đảng ủy xã Ea Tam"
    counts = history.counts_on([cast.units["X1"], cast.units["X2"]], cast.units["T"].path, before)
    assert [counts[cast.units[code].pk].members for code in ("X1", "X2")] == [9, 2]
    counts = history.counts_on([cast.units["X1"], cast.units["X2"]], cast.units["T"].path, after)
    assert [counts[cast.units[code].pk].members for code in ("X1", "X2")] == [11, 0]
    assert history.before_beginning(dt.date(2019, 1, 1)).startswith("Hệ thống có cây tổ chức từ ngày 01/01/2020")


def test_a_decision_is_taken_back_while_nothing_rests_on_it(cast):
    rows = (Unit.objects.values_list("code", "path", "parent__code", "depth", "closed_on", "name"), UnitPlace.objects.values_list("unit__code", "path", "valid_from", "valid_to", "is_active"), UnitVersion.objects.values_list("unit__code", "name", "parent__code", "valid_from", "valid_to"), Appointment.objects.values_list("account", "role", "unit__code", "valid_from", "valid_to"), Person.objects.values_list("code", "unit__code"))  # fmt: skip

    def seen():
        return [sorted(map(str, one.all())) for one in rows]

    a_post(cast.people["M7"], cast.units["CB12"])
    before = seen()
    decision = confirmed(
        cast, merge("X1", "X2", code="X9", name="Đảng ủy xã Ea Tam Ngần", kind="DANG_UY_XA"),
        merge("CB11", "CB21"), Change("rename", ("DN",), name="Đảng ủy doanh nghiệp tỉnh"),
    )  # fmt: skip
    check_tree()
    assert before != seen()
    admin = cast.accounts["admin"]
    extra = a_person(Unit.objects.get(code="M1"), code="LATER")
    with pytest.raises(Refusals) as refusal:
        actions.ask_reversal(decision, by=cast.officer, at=now(), reason="Ban hành nhầm")
    assert "1 người đã vào đơn vị mới sau đó." in refusal.value.sentence
    actions.transfer_person(extra, by=admin, at=now(), to=Unit.objects.get(code="CB12"), on=today())
    with pytest.raises(Refusal, match="Phải ghi lý do"):
        actions.ask_reversal(decision, by=cast.officer, at=now(), reason=" ")
    Person.objects.filter(pk=extra.pk).delete()
    for alone in (admin, cast.officer):
        with pytest.raises(Refusal, match="cần hai người"):  # nobody has asked; then the one who asked
            actions.reverse_decision(decision, by=alone, at=now(), reason="Ban hành nhầm")
        actions.ask_reversal(decision, by=cast.officer, at=now(), reason="Ban hành nhầm")
    assert access.decisions_to_confirm(admin).get() == decision
    assert not access.decisions_to_confirm(cast.officer).exists()
    actions.reverse_decision(decision, by=admin, at=now())
    decision.refresh_from_db()
    assert (decision.reversal_asked_by, decision.ended_by, decision.ended_reason) == (
        cast.officer,
        admin,
        "Ban hành nhầm",
    )
    left = seen()
    assert [[line for line in one if "~" not in line] for one in left] == before
    assert Unit.objects.filter(code__contains="~").count() == 2
    assert not Unit.objects.active().filter(code__contains="~").exists()
    assert cast.people["M7"].posts.get().valid_to is None
    check_tree()
    # The code is free again, the corrected decision goes through.
    confirmed(cast, merge("CB11", "CB12"), number="14-QĐ/TU")
    check_tree()


def test_a_later_decision_holds_the_earlier_one(cast):
    first = confirmed(cast, merge("CB11", "CB12"))
    confirmed(cast, Change("rename", ("M1",), name="Chi bộ thôn Mới"), number="15-QĐ/TU", day=dt.date(2026, 4, 1))
    rests = actions.what_rests_on(first)
    assert rests[0] == "Quyết định 15-QĐ/TU (hiệu lực 01/04/2026) sắp xếp tiếp các đơn vị này."


@pytest.mark.req("P-01")
def test_who_follows_a_unit_reads_the_log_of_its_origins_and_nobody_else_does(cast):
    organiser = an_account("xa-log", "board_officer", cast.units["X1"])
    stranger = an_account("xa-khac", "board_officer", cast.units["DN"])
    actions.change_person(cast.people["M10"], by=cast.officer, at=now(), phone="0912")
    line = AuditEvent.objects.filter(verb="person.changed").latest("pk")
    path = line.unit_path
    assert not access.events_seen_by(organiser).filter(pk=line.pk).exists()
    confirmed(cast, Change("move", ("CB21",), parent="X1"))
    organiser, stranger = type(organiser).objects.get(pk=organiser.pk), type(stranger).objects.get(pk=stranger.pk)
    assert access.events_seen_by(organiser).filter(pk=line.pk).exists()
    assert not access.events_seen_by(stranger).filter(pk=line.pk).exists()
    line.refresh_from_db()
    assert line.unit_path == path
    assert access.may(organiser, Permission.UNIT_VIEW, Unit.objects.get(code="CB21"))


@pytest.mark.req("P-02")
def test_a_move_dated_ahead_waits_for_its_day(cast):
    person, start = cast.people["M1"], now()
    later = today() + dt.timedelta(days=3)
    fact = actions.transfer_person(person, by=cast.officer, at=now(), to=cast.units["CB12"], on=later, basis="5-GT")
    assert fact.is_waiting
    assert Person.objects.get(pk=person.pk).unit == cast.units["CB11"]
    with pytest.raises(Refusal) as refusal:
        actions.transfer_person(person, by=cast.officer, at=now(), to=cast.units["CB21"], on=later)
    assert "hẹn ngày" in refusal.value.sentence
    with time_machine.travel(start + dt.timedelta(days=3, hours=1), tick=False):
        do_what_is_due_job.func()
        assert Person.objects.get(pk=person.pk).unit == cast.units["CB12"]
        assert MembershipTransfer.objects.done().filter(person=person).count() == 2
    other = cast.people["M2"]
    fact = actions.transfer_person(other, by=cast.officer, at=now(), to=cast.units["CB12"], on=later)
    actions.cancel_transfer(fact, by=cast.officer, at=now())
    assert MembershipTransfer.objects.done().filter(person=other).count() == 1
    with pytest.raises(Refusal):
        actions.remove_person(other, by=cast.officer, at=now(), on=later, reason="died")


def test_a_waiting_move_follows_a_merger_of_its_target(cast):
    later = today() + dt.timedelta(days=3)
    fact = actions.transfer_person(cast.people["M10"], by=cast.officer, at=now(), to=cast.units["CB11"], on=later)
    confirmed(cast, merge("CB11", "CB12"))
    fact.refresh_from_db()
    assert fact.to_unit.code == "M1"


def test_a_right_held_at_the_successor_for_a_shorter_time_goes_on_after_it(cast):
    account, until = cast.accounts["secretary11"], today() + dt.timedelta(days=30)
    actions.give_appointment(
        account,
        by=None,
        at=now(),
        role=Role.CELL_SECRETARY,
        unit=cast.units["CB12"],
        valid_from=LONG_AGO,
        valid_to=until,
    )
    confirmed(cast, merge("CB11", into="CB12"))
    held = Appointment.objects.filter(account=account, unit=cast.units["CB12"]).order_by("valid_from")
    assert [(one.valid_from, one.valid_to) for one in held] == [
        (LONG_AGO, until), (until + dt.timedelta(days=1), None),
    ]  # fmt: skip


def test_a_decision_is_given_up_without_marked_words(cast):
    decision = drafted(cast, Change("rename", ("X1",), name="Đảng ủy xã Ea Tam Mới"))
    with pytest.raises(Refusal):
        actions.withdraw_decision(decision, by=cast.officer, at=now(), reason="TUYỆT MẬT")
    decision.refresh_from_db()
    assert decision.state == DecisionState.DRAFTED


CODES = ["X1", "X2", "DN", "CB11", "CB12", "CB21", "CS1"]


@st.composite
def sequences(draw):
    """Random events on a small tree; some cannot happen, and are refused."""
    return [draw(events(number)) for number in range(draw(st.integers(1, 6)))]


def events(number):
    known = [*CODES, *(f"N{one}" for one in range(number))]
    one, anywhere = st.sampled_from(known), st.sampled_from(["", "T", *known])
    part = st.builds(
        lambda is_cell, parent: Part(f"N{number}", f"Đơn vị {number}", "CHI_BO" if is_cell else "DANG_UY_XA", parent),
        st.booleans(),
        st.sampled_from(["T", "X1", "X2", ""]),
    )
    several = st.lists(one, min_size=2, max_size=3, unique=True)
    return st.one_of(
        st.builds(lambda unit, parent: Change("move", (unit,), parent=parent), one, anywhere),
        st.builds(lambda units, new: Change("merge", tuple(units), (new,)), several, part),
        st.builds(lambda unit, into: Change("merge", (unit,), (Part(into, is_new=False),)), one, one),
        st.builds(lambda unit, to: Change("dissolve", (unit,), receiver=to), one, anywhere),
        st.builds(lambda unit: Change("rename", (unit,), name=f"Tên mới {number}"), one),
        st.builds(lambda new: Change("establish", parts=(new,)), part),
        st.builds(lambda unit, new: Change("split", (unit,), (new,), keeps=True), one, part),
    )


@pytest.mark.req("P-01")
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=sequences())
def test_any_sequence_of_decisions_leaves_a_tree(cast, changes):
    """No circle, each path the chain of superiors on each day, nobody lost; taken back in turn, the tree is the one before."""
    from django.db import transaction

    with transaction.atomic():
        before = sorted(map(str, Unit.objects.values_list("code", "path", "closed_on", "name")))
        people = Person.objects.active().count()
        done = []
        for number, change in enumerate(changes):
            with time_machine.travel(dt.datetime(2026, 1, 10 + number, 9, tzinfo=VIETNAM), tick=False):
                try:
                    done.append(confirmed(cast, change, day=today(), number=f"{number + 1}-QĐ/TU"))
                except Refusal as refusal:
                    assert refusal.sentence
        with time_machine.travel(dt.datetime(2026, 2, 1, 9, tzinfo=VIETNAM), tick=False):
            check_tree()
            assert Person.objects.active().filter(unit__closed_on__isnull=True).count() == people
            for day in (LONG_AGO, dt.date(2026, 1, 11), dt.date(2026, 1, 13), dt.date(2026, 1, 31)):
                top = [cast.units["T"]]
                assert history.counts_on(top, cast.units["T"].path, day)[top[0].pk].members == people
            for decision in reversed(done):
                again = OrgDecision.objects.get(pk=decision.pk)
                actions.ask_reversal(again, by=cast.officer, at=now(), reason="thử lại")
                actions.reverse_decision(again, by=cast.accounts["admin"], at=now(), reason="thử lại")
            check_tree()
        after = sorted(
            map(str, Unit.objects.exclude(code__contains="~").values_list("code", "path", "closed_on", "name"))
        )
        assert after == before
        transaction.set_rollback(True)


def test_preview_names_things_and_numbers(cast):
    a_post(cast.people["M7"], cast.units["CB12"])
    decision = drafted(cast, merge("CB11", "CB12"))
    shown = queries.preview(decision)
    assert [node.code for node in shown.closing] == ["CB11", "CB12"]
    assert shown.people == 9
    assert {one.label for one in shown.concerns} >= {"Chức vụ ở đơn vị kết thúc", "Phân công quyền"}
    assert queries.summary(shown).startswith("Gộp 2 chi bộ trực thuộc")


def test_units_entered_now_know_the_past_of_their_superior(cast):
    confirmed(cast, Change("move", ("CB21",), parent="X1"))
    unit = a_unit(cast.units["X2"], code="CB22")
    assert unit.dated_places.get().path == unit.path
    check_tree()


def test_a_number_of_the_year_is_used_once(cast):
    first = drafted(cast, Change("rename", ("X1",), name="A"), number="41-QĐ/TU")
    with pytest.raises(
        Refusal, match="Số 41-QĐ/TU năm 2026 đã có trong hệ thống: quyết định ngày 01/03/2026"
    ) as refusal:
        drafted(cast, number="41-qđ/tu", day=DAY + dt.timedelta(days=1))
    assert refusal.value.field == "number"
    drafted(cast, number="41-QĐ/TU", day=dt.date(2025, 3, 1))  # another year
    drafted(cast, number="41-QĐ/TU", unit="X1")  # of another body
    second = drafted(cast, number="42-QĐ/TU")
    with pytest.raises(Refusal, match="đã có trong hệ thống"):
        actions.change_decision(second, revision=1, number="41-QĐ/TU", by=cast.officer, at=now())
    actions.change_decision(first, revision=1, number="41-QĐ/TU", by=cast.officer, at=now())  # its own
    actions.withdraw_decision(first, by=cast.officer, at=now())
    drafted(cast, number="41-QĐ/TU")


def test_a_waiting_decision_that_cannot_happen_any_more_is_told_today(cast):
    later = today() + dt.timedelta(days=10)
    new = Change("rename", ("X1",), name="Đảng ủy xã Ea Mới")
    waiting = confirmed(cast, new, day=later)
    said = queries.sentences_of([waiting])
    assert said == {waiting.pk: ["Đổi tên Đảng ủy xã Ea Tam thành Đảng ủy xã Ea Mới."]}
    assert not access.decisions_blocked(cast.officer).exists()
    first = confirmed(cast, new, day=today())
    assert access.decisions_blocked(cast.officer).get() == waiting
    waiting.refresh_from_db()
    assert "Đảng ủy xã Ea Mới" in waiting.problem
    assert queries.sentences_of([waiting]) == said, "what was confirmed is told as it was confirmed"
    assert AuditEvent.objects.filter(verb="decision.blocked", thing_id=str(waiting.pk)).count() == 1
    actions.reverse_decision(first, by=cast.officer, at=now(), reason="Nhầm")
    assert not access.decisions_blocked(cast.officer).exists()


def test_only_a_merger_waits_for_a_second_person(cast):
    drafted(cast)
    drafted(cast, Change("rename", ("X1",), name="A"))
    assert not access.decisions_to_confirm(cast.accounts["admin"]).exists()
    merger = drafted(cast, merge("CB11", "CB12"))
    assert access.decisions_to_confirm(cast.accounts["admin"]).get() == merger
    assert not access.decisions_to_confirm(cast.officer).exists()


def test_a_unit_that_ends_in_this_decision_is_said_to_end_here(cast):
    decision = drafted(cast, merge("CB11", "CB12"))
    shown = queries.preview(decision)
    assert (len(shown.closing), shown.displaced) == (2, 0)
    with pytest.raises(Refusal, match="đã kết thúc ở một sự kiện đứng trước của chính quyết định này"):
        actions.set_event(decision, merge("CB11", "CB12", code="M2"), revision=1, by=cast.officer, at=now())
