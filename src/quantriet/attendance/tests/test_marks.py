"""Marks of the roll, from the clerk's hand to the ledger."""

import datetime as dt
import threading

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from quantriet.attendance import actions, queries
from quantriet.attendance.models import AttendanceRecord, ClassVerdict, PresenceFact
from quantriet.attendance.rules.slips import SlipCell, read_cell
from quantriet.attendance.tests.factories import (
    AFTERNOON,
    MORNING,
    add_entry,
    clock,
    duty_of,
    make_campaign,
    make_class,
)
from quantriet.attendance.vocab import FactKind, Mark, Method, Standing, Verdict
from quantriet.audit.models import AuditEvent
from quantriet.campaigns import queries as campaign_queries
from quantriet.campaigns.vocab import CampaignState, DutyReason, DutyState
from quantriet.classes.models import Venue
from quantriet.classes.vocab import ClassState
from quantriet.kit.refusal import Refusal, Refusals

pytestmark = pytest.mark.django_db
PEOPLE = ["M1", "M2", "M3", "M7"]


@pytest.fixture
def hall(cast):
    return make_class(cast, make_campaign(cast), PEOPLE)


@pytest.fixture
def clerk(cast):
    return cast.accounts["organiser1"]


@pytest.mark.req("R-065", "R-072", "B-01")
def test_a_mark_becomes_a_verdict_and_a_settled_duty_at_once(hall, clerk):
    (result,) = actions.record_marks([hall.mark("M1", FactKind.ARRIVE, clock(7, 50))], by=clerk, at=clock(7, 50))
    assert result.verdict == Verdict.PRESENT
    assert result.sentence == "Có mặt 190/210 phút (90,5%), đủ thời gian."
    verdict = ClassVerdict.objects.get(entry=hall.entries["M1"])
    assert (verdict.verdict, verdict.sentence) == (Verdict.PRESENT, result.sentence)
    record = AttendanceRecord.objects.get(entry=hall.entries["M1"])
    assert (record.seconds_present, record.seconds_planned, record.is_marked) == (190 * 60, 210 * 60, True)
    duty = duty_of(hall, "M1")
    assert (duty.state, duty.reason, duty.sentence) == (DutyState.DONE, DutyReason.ATTENDED, result.sentence)
    assert not campaign_queries.audit_ledger(hall.campaign)
    event = AuditEvent.objects.get(verb="roll.marked")
    assert (event.person_id, event.actor_id) == (hall.entries["M1"].person_id, clerk.pk)


@pytest.mark.req("B-01")
def test_leaving_early_takes_the_duty_back(hall, clerk):
    actions.record_marks([hall.mark("M1", FactKind.ARRIVE, clock(7, 30))], by=clerk, at=clock(7, 30))
    actions.record_marks([hall.mark("M1", FactKind.LEAVE, clock(9, 25))], by=clerk, at=clock(9, 25))
    duty = duty_of(hall, "M1")
    assert (duty.state, duty.reason) == (DutyState.OWING, DutyReason.OVER_LIMIT)
    assert duty.sentence == "Vắng 95/210 phút (45,2%), quá 40% nên phải học lại, theo mục 3 Hướng dẫn 26-HD/BTGTU."
    assert not campaign_queries.audit_ledger(hall.campaign)


def test_the_same_nonce_changes_nothing_twice(hall, clerk):
    mark = hall.mark("M1", FactKind.ARRIVE, clock(7, 50), nonce="only-once")
    first = actions.record_marks([mark], by=clerk, at=clock(7, 50))
    second = actions.record_marks([mark, mark], by=clerk, at=clock(8, 0))
    assert first == second
    assert PresenceFact.objects.count() == 1
    assert AuditEvent.objects.filter(verb="roll.marked").count() == 1


def test_many_marks_at_once(hall, clerk):
    marks = [hall.mark(code, FactKind.WHOLE, clock(7, 30)) for code in PEOPLE]
    assert {one.verdict for one in actions.record_marks(marks, by=clerk, at=clock(7, 30))} == {Verdict.PRESENT}
    assert queries.class_result(hall.study_class)["present"] == 4


@pytest.mark.req("R-072")
def test_the_limit_comes_from_the_rulebook(hall, clerk, cast):
    from quantriet.campaigns.models import RuleValue

    RuleValue.objects.filter(key="retake_limit_percent").update(value=20, basis="Quy định số 7-QĐ/ĐU")
    (result,) = actions.record_marks([hall.mark("M1", FactKind.ARRIVE, clock(8, 15))], by=clerk, at=clock(8, 15))
    assert result.sentence == "Vắng 45/210 phút (21,4%), quá 20% nên phải học lại, theo Quy định số 7-QĐ/ĐU."


def test_a_missing_rule_keeps_the_mark_and_waits_with_the_verdict(hall, clerk):
    from quantriet.campaigns.models import RuleValue

    RuleValue.objects.filter(key="retake_limit_percent").delete()
    (result,) = actions.record_marks([hall.mark("M1", FactKind.ARRIVE, clock(7, 30))], by=clerk, at=clock(7, 30))
    assert result.verdict == Verdict.UNDECIDED
    assert "chưa có giá trị" in result.sentence
    assert PresenceFact.objects.count() == 1


@pytest.mark.parametrize(
    "state, code",
    [
        (ClassState.DRAFT, "mark.class_not_released"),
        (ClassState.CLOSED, "mark.class_closed"),
        (ClassState.CANCELLED, "mark.class_cancelled"),
    ],
)
def test_marks_are_refused_while_the_class_does_not_run(hall, clerk, state, code):
    hall.study_class.state = state
    hall.study_class.save()
    with pytest.raises(Refusal) as refused:
        actions.record_marks([hall.mark("M1", FactKind.ARRIVE, clock(7, 30))], by=clerk, at=clock(7, 30))
    assert refused.value.code == code
    assert not PresenceFact.objects.exists()


def test_marks_are_refused_while_the_campaign_is_not_open(hall, clerk):
    hall.campaign.state = CampaignState.CLOSED
    hall.campaign.save()
    with pytest.raises(Refusal) as refused:
        actions.record_marks([hall.mark("M1", FactKind.ARRIVE, clock(7, 30))], by=clerk, at=clock(7, 30))
    assert refused.value.code == "campaign.not_open"


@pytest.mark.parametrize(
    "kind, at, now, code",
    [
        (FactKind.ARRIVE, clock(7, 30) - dt.timedelta(days=1), clock(7, 30), "mark.wrong_day"),
        (FactKind.LEAVE, clock(9) + dt.timedelta(days=1), clock(9) + dt.timedelta(days=1), "mark.wrong_day"),
        (FactKind.ARRIVE, clock(10), clock(7, 30), "mark.in_future"),
        (FactKind.WHOLE, clock(7) - dt.timedelta(days=1), clock(7) - dt.timedelta(days=1), "mark.before_session"),
        (FactKind.VOID, clock(7, 30), clock(7, 30), "mark.void"),
    ],
)
def test_times_that_cannot_be_are_refused_with_a_sentence(hall, clerk, kind, at, now, code):
    with pytest.raises(Refusal) as refused:
        actions.record_marks([hall.mark("M1", kind, at)], by=clerk, at=now)
    assert refused.value.code == code
    assert not PresenceFact.objects.exists()


def test_an_arrival_before_the_session_counts_from_its_start(hall, clerk):
    (result,) = actions.record_marks([hall.mark("M1", FactKind.ARRIVE, clock(6, 45))], by=clerk, at=clock(6, 45))
    assert result.seconds_present == 210 * 60


def test_nothing_is_half_saved_when_one_mark_of_many_is_refused(hall, clerk):
    stranger = Mark(10**6, hall.session.pk, FactKind.ARRIVE, clock(7, 30), "stranger")
    with pytest.raises(Refusal) as refused:
        actions.record_marks([hall.mark("M1", FactKind.ARRIVE, clock(7, 30)), stranger], by=clerk, at=clock(7, 30))
    assert refused.value.code == "mark.not_on_roster"
    other = [hall.mark(code, FactKind.ARRIVE, clock(7, 30), nonce="x" * 41) for code in ("M1", "M2")]
    with pytest.raises(Refusals):
        actions.record_marks(other, by=clerk, at=clock(7, 30))
    assert not PresenceFact.objects.exists()
    assert not ClassVerdict.objects.exists()


def test_a_session_of_another_class_is_refused(hall, clerk, cast):
    other = make_class(cast, hall.campaign, ["M4"], title="Lớp khác")
    with pytest.raises(Refusal) as refused:
        actions.record_marks(
            [Mark(hall.entries["M1"].pk, other.session.pk, FactKind.ARRIVE, clock(7, 30), "n1")],
            by=clerk,
            at=clock(7, 30),
        )
    assert refused.value.code == "mark.wrong_session"


def test_only_whose_class_or_venue_it_is_may_mark(hall, cast):
    second = Venue.objects.create(
        study_class=hall.study_class,
        unit=cast.units["CB12"],
        name="Điểm cầu thôn 2",
        clerk=cast.accounts["member10"],
    )
    hall.entries["M8"] = add_entry(cast, hall, "M8", venue=second)

    def may(username: str, person: str) -> bool:
        try:
            actions.record_marks(
                [hall.mark(person, FactKind.ARRIVE, clock(7, 30))], by=cast.accounts[username], at=clock(7, 30)
            )
        except Refusal as refusal:
            assert refusal.code == "mark.not_on_roster"
            return False
        return True

    assert may("officer", "M1")
    assert may("organiser1", "M8")
    assert may("member10", "M8")  # the clerk of this venue
    assert not may("member10", "M1")  # but of no other
    assert not may("secretary11", "M1")  # takes rolls in the cell, not in the commune's class
    assert not may("organiser2", "M1")
    assert not may("inspector", "M1")
    assert not may("leader", "M1")


@pytest.mark.req("B-01")
def test_a_mark_is_taken_back_by_a_further_fact(hall, clerk):
    actions.record_marks([hall.mark("M1", FactKind.ARRIVE, clock(7, 30))], by=clerk, at=clock(7, 30))
    fact = PresenceFact.objects.get()
    for _ in range(2):
        result = actions.void_mark(fact, nonce="undo", by=clerk, at=clock(7, 31))
    assert result.verdict == Verdict.UNDECIDED
    assert result.sentence == "Chưa điểm danh."
    assert PresenceFact.objects.count() == 2
    assert duty_of(hall, "M1").state == DutyState.OWING
    assert duty_of(hall, "M1").reason == DutyReason.NOT_YET
    with pytest.raises(Refusal) as refused:
        actions.void_mark(PresenceFact.objects.get(kind=FactKind.VOID), nonce="again", by=clerk, at=clock(7, 32))
    assert refused.value.code == "mark.is_void"
    assert AuditEvent.objects.filter(verb="roll.voided").count() == 1


def test_an_exempt_person_stays_exempt(hall, clerk):
    duty = duty_of(hall, "M1")
    duty.state, duty.reason = DutyState.EXEMPT, DutyReason.CREDIT
    duty.save()
    from quantriet.campaigns.models import Tally

    Tally.objects.filter(unit=duty.unit).update(exempt=1, owing=5)
    actions.record_marks([hall.mark("M1", FactKind.WHOLE, clock(7, 30))], by=clerk, at=clock(7, 30))
    assert duty_of(hall, "M1").state == DutyState.EXEMPT


def test_a_guest_without_duty_is_measured_too(hall, clerk, cast):
    hall.entries["M12"] = add_entry(cast, hall, "M12")
    assert hall.entries["M12"].duty_id is None
    (result,) = actions.record_marks([hall.mark("M12", FactKind.WHOLE, clock(7, 30))], by=clerk, at=clock(7, 30))
    assert result.verdict == Verdict.PRESENT


def test_two_sessions_are_one_class(cast, clerk):
    made = make_class(cast, make_campaign(cast), ["M1"], times=(MORNING, AFTERNOON))
    (result,) = actions.record_marks([made.mark("M1", FactKind.WHOLE, clock(7, 30))], by=clerk, at=clock(7, 30))
    assert result.verdict == Verdict.UNDECIDED
    (result,) = actions.record_marks([made.mark("M1", FactKind.ARRIVE, clock(14), session=1)], by=clerk, at=clock(14))
    assert result.sentence == "Có mặt 390/420 phút (92,9%), đủ thời gian."


def test_whole_session_for_the_rest(hall, clerk):
    actions.record_marks([hall.mark("M1", FactKind.ABSENT, clock(7, 30))], by=clerk, at=clock(7, 30))
    actions.record_marks([hall.mark("M2", FactKind.ARRIVE, clock(7, 45))], by=clerk, at=clock(7, 45))
    for _ in range(2):
        count = actions.mark_rest_present(
            hall.study_class, hall.session, hall.venue, nonce="rest", by=clerk, at=clock(8)
        )
    assert count == 0
    result = queries.class_result(hall.study_class)
    assert (result["present"], result["absent"]) == (3, 1)


@pytest.mark.req("R-065", "B-01")
def test_who_leaves_after_whole_session_for_the_rest_is_judged_by_the_departure(hall, clerk):
    actions.mark_rest_present(hall.study_class, hall.session, hall.venue, nonce="rest", by=clerk, at=clock(8))
    (result,) = actions.record_marks([hall.mark("M1", FactKind.LEAVE, clock(8, 30))], by=clerk, at=clock(8, 30))
    assert (result.verdict, result.seconds_present) == (Verdict.RETAKE, 60 * 60)
    assert result.standings == ((hall.session.pk, Standing.LEFT, "Đã về lúc 08:30"),)
    assert duty_of(hall, "M1").state == DutyState.OWING


@pytest.mark.parametrize("kind", [FactKind.ARRIVE, FactKind.WHOLE])
def test_absent_takes_an_earlier_tick_back_and_undoing_it_brings_the_tick_back(hall, clerk, kind):
    actions.record_marks([hall.mark("M1", kind, clock(7, 30))], by=clerk, at=clock(7, 30))
    (result,) = actions.record_marks(
        [hall.mark("M1", FactKind.ABSENT, clock(8, 20), nonce="gone")], by=clerk, at=clock(8, 20)
    )
    assert result.seconds_present == 0
    assert result.standings[0][1] == Standing.ABSENT
    assert duty_of(hall, "M1").state == DutyState.OWING
    shown = queries.evidence(hall.entries["M1"]).sessions[0]
    assert [(line.kind, line.is_overruled) for line in shown.facts] == [(kind, True), (FactKind.ABSENT, False)]
    back = actions.void_mark(PresenceFact.objects.get(nonce="gone"), nonce="undo", by=clerk, at=clock(8, 21))
    assert back.verdict == Verdict.PRESENT
    assert duty_of(hall, "M1").state == DutyState.DONE


def test_whole_session_for_the_rest_leaves_the_excused_out(hall, clerk):
    excuse = actions.ask_excuse(hall.entries["M1"], session=None, reason="Nằm viện", by=clerk, at=clock(6))
    actions.decide_excuse(excuse, is_approved=True, by=clerk, at=clock(7, 30))
    shown = queries.roll(hall.study_class, hall.venue, hall.session)
    assert (shown.came, shown.absent, shown.excused, shown.unmarked) == (0, 0, 1, 3)
    assert actions.mark_rest_present(hall.study_class, hall.session, hall.venue, nonce="r", by=clerk, at=clock(8)) == 3
    assert ClassVerdict.objects.get(entry=hall.entries["M1"]).verdict == Verdict.EXCUSED


# --- slips and paste --------------------------------------------------------------------------------------------


@pytest.mark.req("R-069", "B-01")
def test_slips_are_entered_later_and_twice_the_same_table_changes_nothing(cast, clerk):
    made = make_class(cast, make_campaign(cast), ["M1", "M2", "M3"], times=(MORNING, AFTERNOON))
    later = clock(8) + dt.timedelta(days=3)
    entry = {code: made.entries[code].pk for code in made.entries}
    first, second = (session.pk for session in made.sessions)
    table = {
        (entry["M1"], first): SlipCell(is_whole=True),
        (entry["M1"], second): SlipCell(minutes=150),
        (entry["M2"], first): read_cell("7:45-10:30", ""),
        (entry["M2"], second): read_cell("v", ""),
        (entry["M3"], first): SlipCell(),
    }
    assert actions.record_slips(made.study_class, table, nonce="slip1", by=clerk, at=later) == 4
    facts = PresenceFact.objects.count()
    assert actions.record_slips(made.study_class, table, nonce="slip2", by=clerk, at=later) == 0
    assert PresenceFact.objects.count() == facts
    assert set(PresenceFact.objects.values_list("method", flat=True)) == {Method.SLIP}
    m1 = ClassVerdict.objects.get(entry_id=entry["M1"])
    assert m1.sentence == "Có mặt 360/420 phút (85,7%), đủ thời gian."
    assert ClassVerdict.objects.get(entry_id=entry["M2"]).verdict == Verdict.RETAKE
    rows = {
        row.entry.pk: [cell for _, cell in row.cells]
        for row in queries.slips(made.study_class, list(made.entries.values()))
    }
    assert rows[entry["M1"]] == ["x", "13:30-16:00"]
    assert rows[entry["M2"]] == ["07:45-10:30", "v"]
    assert rows[entry["M3"]] == ["", ""]


@pytest.mark.req("R-069")
def test_a_corrected_slip_takes_the_old_facts_back(hall, clerk):
    cell = (hall.entries["M1"].pk, hall.session.pk)
    later = clock(8) + dt.timedelta(days=1)
    actions.record_slips(hall.study_class, {cell: SlipCell(is_whole=True)}, nonce="a", by=clerk, at=later)
    assert duty_of(hall, "M1").state == DutyState.DONE
    actions.record_slips(hall.study_class, {cell: SlipCell(is_absent=True)}, nonce="b", by=clerk, at=later)
    assert ClassVerdict.objects.get().verdict == Verdict.ABSENT
    assert duty_of(hall, "M1").reason == DutyReason.ABSENT_UNEXCUSED
    actions.record_slips(hall.study_class, {cell: SlipCell()}, nonce="c", by=clerk, at=later)
    assert ClassVerdict.objects.get().verdict == Verdict.UNDECIDED


@pytest.mark.req("P-09")
def test_pasted_codes_are_all_marked_or_none(hall, clerk):
    def paste(text: str) -> int:
        return actions.record_pasted(
            hall.study_class, hall.session, FactKind.WHOLE, text, moment=clock(8), nonce="paste", by=clerk, at=clock(8)
        )

    with pytest.raises(Refusals) as refused:
        paste("M1\nM99\n\nM2\tTrần Văn Bình\nkhông có")
    assert [(one.row, one.sentence) for one in refused.value.several] == [
        (2, "Dòng 2: mã “M99” không có trong danh sách lớp."),
        (5, "Dòng 5: mã “không có” không có trong danh sách lớp."),
    ]
    assert not PresenceFact.objects.exists()
    assert paste("m1\nM2\tTrần Văn Bình\nM1") == 2
    assert paste("m1\nM2\tTrần Văn Bình\nM1") == 2
    assert PresenceFact.objects.count() == 2
    with pytest.raises(Refusal) as empty:
        paste("\n\n")
    assert empty.value.code == "paste.empty"


@pytest.mark.req("B-18", "P-05")
def test_pasted_text_with_a_mark_of_secrecy_is_refused(hall, clerk):
    with pytest.raises(Refusal) as refused:
        actions.record_pasted(
            hall.study_class,
            hall.session,
            FactKind.WHOLE,
            "TỐI MẬT\nM1",
            moment=clock(8),
            nonce="p",
            by=clerk,
            at=clock(8),
        )
    assert refused.value.code == "secret.marked"
    assert not PresenceFact.objects.exists()


# --- several clerks, few statements -----------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
@pytest.mark.req("B-01")
def test_two_clerks_mark_one_person_at_once(request):
    """Both facts stay, the result is what they cover together, and nobody sees an error."""
    if connection.vendor == "sqlite" and connection.is_in_memory_db():
        pytest.skip("a database in memory is locked by tables; test_crash.py does this on a file")
    cast = request.getfixturevalue("cast")
    made = make_class(cast, make_campaign(cast), ["M1"], times=(MORNING, AFTERNOON))
    errors: list[BaseException] = []
    start = threading.Barrier(2)

    def clerk(username: str, session: int, kind: FactKind, at: dt.datetime) -> None:
        try:
            start.wait()
            for number in range(5):
                actions.record_marks(
                    [made.mark("M1", kind, at, session=session, nonce=f"{username}-{number}")],
                    by=cast.accounts[username],
                    at=clock(17),
                )
        except BaseException as error:
            errors.append(error)
        finally:
            connections.close_all()

    threads = [
        threading.Thread(target=clerk, args=("officer", 0, FactKind.ARRIVE, clock(7, 40))),
        threading.Thread(target=clerk, args=("organiser1", 1, FactKind.ARRIVE, clock(13, 50))),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    assert PresenceFact.objects.count() == 10
    verdict = ClassVerdict.objects.get()
    assert verdict.sentence == "Có mặt 390/420 phút (92,9%), đủ thời gian."
    assert verdict.seconds_present == sum(AttendanceRecord.objects.values_list("seconds_present", flat=True))
    assert not campaign_queries.audit_ledger(made.campaign)


def test_the_statements_of_a_mark_do_not_grow_with_the_people_marked(hall, clerk):
    clerk._grants = None
    counts = []
    for people in (["M1"], ["M2", "M3", "M7"]):
        with CaptureQueriesContext(
            connection,
        ) as captured:
            actions.record_marks(
                [hall.mark(code, FactKind.ARRIVE, clock(7, 30)) for code in people], by=clerk, at=clock(7, 30)
            )
        counts.append(len(captured))
    assert counts[1] <= counts[0] + 8  # executemany is told as one statement a row
    assert counts[0] <= 22


@pytest.mark.parametrize("minute, refused", [(59, False), (60, True), (748, True)])
def test_nobody_arrives_at_or_after_the_end(cast, clerk, minute, refused):
    hall = make_class(cast, make_campaign(cast), ["M1"], day=clock(8).date() - dt.timedelta(days=1))
    moment = hall.session.ends_at + dt.timedelta(minutes=minute - 60)
    mark = hall.mark("M1", FactKind.ARRIVE, moment)
    if not refused:
        assert actions.record_marks([mark], by=clerk, at=clock(8))
        return
    with pytest.raises(Refusal) as caught:
        actions.record_marks([mark], by=clerk, at=clock(8))
    assert caught.value.code == "mark.session_over"
    assert "đã kết thúc lúc 11:00; ai dự cả buổi thì bấm “Cả buổi”" in caught.value.sentence
    assert not PresenceFact.objects.exists()
