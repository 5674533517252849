"""Check-in by code: what is written at once, what follows, what is refused; checks in the middle of a session."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from quantriet.attendance import actions
from quantriet.attendance import queries as presence_queries
from quantriet.attendance.models import AttendanceRecord, ClassVerdict, PresenceCheck, PresenceFact
from quantriet.attendance.queries import check_ins as queries
from quantriet.attendance.rules import codes
from quantriet.attendance.rules.codes import Ticket
from quantriet.attendance.tests.factories import clock, duty_of, make_campaign, make_class, reopen
from quantriet.attendance.vocab import FactKind, Method, Turn, Verdict
from quantriet.audit.models import AuditEvent
from quantriet.campaigns import queries as campaign_queries
from quantriet.campaigns.vocab import CampaignState, DutyState
from quantriet.classes.models import RosterEntry, Venue
from quantriet.classes.vocab import ClassState
from quantriet.kit.refusal import Refusal

pytestmark = pytest.mark.django_db
PEOPLE = ["M1", "M2", "M3", "M7"]
PHONE, OTHER_PHONE = "0123456789abcdef", "fedcba9876543210"


@pytest.fixture
def hall(cast):
    return make_class(cast, make_campaign(cast), PEOPLE)


@pytest.fixture
def clerk(cast):
    return cast.accounts["organiser1"]


def ticket(hall, at, *, device=PHONE, venue=None, session=None) -> Ticket:
    return Ticket(
        (venue or hall.venue).pk,
        (session or hall.session).pk,
        codes.hall_step(at.timestamp()),
        int(at.timestamp()),
        device,
    )


def check_in(hall, person, at, *, by=None, opened=None, **given):
    return actions.check_in_by_code(ticket(hall, opened or at, **given), hall.entries[person].pk, by=by, at=at)


def scan(hall, person, at, *, by, turn=Turn.BOTH, nonce="", venue=None):
    return actions.scan_at_desk(
        hall.entries[person].pk, class_id=hall.study_class.pk, session_id=hall.session.pk,
        venue_id=(venue or hall.venue).pk, turn=turn, nonce=nonce or f"s-{at.isoformat()}", by=by, at=at,
    )  # fmt: skip


def refused(act, *args, **given) -> Refusal:
    with pytest.raises(Refusal) as refusal:
        act(*args, **given)
    assert not PresenceFact.objects.exists()
    return refusal.value


# --- the hall's code --------------------------------------------------------------------------------------------


@pytest.mark.req("B-01")
def test_a_scan_is_a_fact_at_once_and_a_verdict_soon(hall, cast):
    member = cast.accounts["member1"]
    done = check_in(hall, "M1", clock(7, 50), by=member)
    assert (done.name, done.words, done.is_repeat) == (cast.people["M1"].full_name, "Có mặt từ 07:50", False)
    fact = PresenceFact.objects.get()
    assert (fact.kind, fact.method, fact.at, fact.account_id, fact.device) == (
        FactKind.ARRIVE, Method.CODE, clock(7, 50), member.pk, PHONE,
    )  # fmt: skip
    assert not ClassVerdict.objects.exists()

    assert actions.follow_check_ins(at=clock(7, 51)) == 1
    verdict = ClassVerdict.objects.get()
    assert (verdict.verdict, verdict.sentence) == (Verdict.PRESENT, "Có mặt 190/210 phút (90,5%), đủ thời gian.")
    assert AttendanceRecord.objects.get().seconds_present == 190 * 60
    assert duty_of(hall, "M1").state == DutyState.DONE
    assert not campaign_queries.audit_ledger(hall.campaign)
    line = AuditEvent.objects.get(verb="roll.marked")
    assert (line.actor_id, line.person_id, line.at) == (member.pk, hall.entries["M1"].person_id, clock(7, 50))


@pytest.mark.req("B-01")
def test_the_log_names_the_card_where_nobody_was_signed_in_and_not_the_product(hall, cast, as_user):
    check_in(hall, "M1", clock(7, 50))
    actions.follow_check_ins(at=clock(7, 51))
    line = AuditEvent.objects.get(verb="roll.marked")
    assert (line.actor_id, line.actor_label, line.thing_label) == (None, "Thẻ dự học", cast.people["M1"].full_name)
    page = as_user("officer").get(reverse("evidence", args=[hall.entries["M1"].pk])).content.decode()
    assert "Thẻ dự học, " in page
    assert "Hệ thống, " not in page


def test_the_roll_says_that_the_result_of_a_scan_follows_soon(hall, cast, as_user, clerk):
    """Somebody marked and unmarked before has a verdict that knows of no mark: it would contradict the scan beside it."""
    mark = hall.mark("M1", FactKind.ARRIVE, clock(7, 40))
    actions.record_marks([mark], by=clerk, at=clock(7, 40))
    actions.void_mark(PresenceFact.objects.get(), nonce="back", by=clerk, at=clock(7, 41))
    assert ClassVerdict.objects.get().sentence == "Chưa điểm danh."
    check_in(hall, "M1", clock(7, 50))

    def told() -> str:
        roll = presence_queries.roll(hall.study_class, hall.venue, hall.session)
        return next(row.why for row in roll.rows if row.entry_id == hall.entries["M1"].pk)

    page = reverse("evidence", args=[hall.entries["M1"].pk])
    assert told() == "Kết quả được tính sau ít giây."
    assert told() in as_user("officer").get(page).content.decode()
    actions.follow_check_ins(at=clock(7, 51))
    assert told() == "Có mặt 190/210 phút (90,5%), đủ thời gian."
    assert told() in as_user("officer").get(page).content.decode()


def test_what_was_followed_is_not_followed_again(hall):
    check_in(hall, "M1", clock(7, 50))
    actions.follow_check_ins(at=clock(7, 51))
    assert actions.follow_check_ins(at=clock(7, 52)) == 0
    assert AuditEvent.objects.filter(verb="roll.marked").count() == 1


@pytest.mark.req("B-01")
def test_scans_join_the_marks_of_the_clerk(hall, clerk):
    check_in(hall, "M1", clock(7, 30))
    actions.record_marks([hall.mark("M1", FactKind.LEAVE, clock(9, 25))], by=clerk, at=clock(9, 25))
    actions.follow_check_ins(at=clock(9, 26))
    assert ClassVerdict.objects.get().sentence.startswith("Vắng 95/210 phút (45,2%), quá 40%")


def test_the_same_code_twice_or_on_two_phones_is_one_fact(hall):
    first = check_in(hall, "M1", clock(7, 50))
    again = check_in(hall, "M1", clock(7, 50), device=OTHER_PHONE)
    assert (first.is_repeat, again.is_repeat, again.at) == (False, True, first.at)
    assert PresenceFact.objects.count() == 1


def test_two_phones_with_two_codes_leave_both_facts_and_one_result(hall):
    check_in(hall, "M1", clock(7, 50))
    check_in(hall, "M1", clock(8, 10), device=OTHER_PHONE)
    actions.follow_check_ins(at=clock(8, 11))
    assert PresenceFact.objects.count() == 2
    assert AttendanceRecord.objects.get().seconds_present == 190 * 60


def test_a_slow_line_costs_nobody_the_minute_of_the_scan(hall):
    done = check_in(hall, "M1", clock(7, 54), opened=clock(7, 50))
    assert done.at == clock(7, 50)


def test_a_code_of_another_class_or_venue_is_refused(hall, cast):
    other = make_class(cast, hall.campaign, [], title="Lớp khác")
    refusal = refused(check_in, hall, "M1", clock(8), session=other.session, venue=other.venue)
    assert refusal.code == "check_in.other_class"
    second = Venue.objects.create(study_class=hall.study_class, unit=cast.units["X1"], name="Điểm cầu 2")
    refusal = refused(check_in, hall, "M1", clock(8), venue=second)
    assert refusal.code == "check_in.other_venue"
    assert "Hội trường" in refusal.sentence


def test_a_card_of_somebody_no_longer_called_is_refused(hall):
    gone = hall.entries["M1"].pk
    RosterEntry.objects.filter(pk=gone).delete()
    assert refused(actions.check_in_by_code, ticket(hall, clock(8)), gone, by=None, at=clock(8)).code == (
        "check_in.not_called"
    )


@pytest.mark.parametrize(
    "hour, day, code", [(11, 0, "check_in.session_over"), (8, -1, "check_in.other_day"), (8, 1, "check_in.other_day")]
)
def test_a_code_is_good_in_its_session_alone(hall, hour, day, code):
    at = clock(hour) + dt.timedelta(days=day)
    assert refused(check_in, hall, "M1", at).code == code


@pytest.mark.parametrize("state", [ClassState.DRAFT, ClassState.CLOSED, ClassState.CANCELLED])
def test_a_class_that_takes_no_roll_takes_no_code(hall, state):
    hall.study_class.state = state
    hall.study_class.save()
    assert refused(check_in, hall, "M1", clock(8)).code.startswith("mark.class_")


def test_a_campaign_that_is_over_takes_no_code(hall):
    hall.campaign.state = CampaignState.CLOSED
    hall.campaign.save()
    assert refused(check_in, hall, "M1", clock(8)).code == "campaign.not_open"


@pytest.mark.req("B-02")
def test_a_scan_acknowledged_in_the_moment_of_closing_counts_as_a_correction(hall, clerk):
    """The class closes between the question and the row: the fact stays, and whoever was put in a chain leaves it again."""
    check_in(hall, "M1", clock(7, 30))
    PresenceFact.objects.update(session=hall.session)
    fact = PresenceFact.objects.get()
    PresenceFact.objects.all().delete()
    actions.close_roll(hall.study_class, by=clerk, at=clock(11, 30))
    assert duty_of(hall, "M1").state == DutyState.OWING
    fact.pk = None
    fact.save(force_insert=True)
    actions.follow_check_ins(at=clock(11, 31))
    assert duty_of(hall, "M1").state == DutyState.DONE
    assert not campaign_queries.audit_ledger(hall.campaign)


def test_a_class_that_breaks_does_not_hold_up_the_others(hall, cast, monkeypatch):
    other = make_class(cast, make_campaign(cast, unit="X2"), ["M6"], unit="X2", title="Lớp xã khác")
    check_in(hall, "M1", clock(7, 50))
    check_in(other, "M6", clock(7, 50))
    real = actions.check_ins.frames_of

    def broken(entries, within):
        if within == hall.study_class.pk:
            raise RuntimeError("a class with something wrong")
        return real(entries, within=within)

    monkeypatch.setattr(actions.check_ins, "frames_of", broken)
    assert actions.follow_check_ins(at=clock(7, 51)) == 1
    assert PresenceFact.objects.get(is_followed=False).entry == hall.entries["M1"]
    monkeypatch.undo()
    assert actions.follow_check_ins(at=clock(7, 52)) == 1


def test_a_check_in_costs_two_statements_and_following_grows_with_nobody(hall):
    with CaptureQueriesContext(
        connection,
    ) as one:
        check_in(hall, "M1", clock(7, 50))
    assert len(one) == 2
    with CaptureQueriesContext(connection) as following_one:
        actions.follow_check_ins(at=clock(7, 51))
    for person in PEOPLE[1:]:
        check_in(hall, person, clock(7, 52))
    with CaptureQueriesContext(connection) as following_three:
        actions.follow_check_ins(at=clock(7, 53))
    assert len(following_three) <= len(following_one) + 4  # settling more duties, not each by itself


# --- the desk ---------------------------------------------------------------------------------------------------


def test_the_desk_scans_arrivals_and_departures_in_turns(hall, clerk):
    assert scan(hall, "M1", clock(7, 40), by=clerk).kind == FactKind.ARRIVE
    assert scan(hall, "M1", clock(9, 0), by=clerk).kind == FactKind.LEAVE
    assert scan(hall, "M1", clock(9, 10), by=clerk).kind == FactKind.ARRIVE
    actions.follow_check_ins(at=clock(9, 11))
    assert set(PresenceFact.objects.values_list("method", flat=True)) == {Method.STATION}
    assert AttendanceRecord.objects.get().seconds_present == (80 + 110) * 60


def test_a_chosen_turn_is_kept(hall, clerk):
    scan(hall, "M1", clock(7, 40), by=clerk, turn=Turn.ARRIVE)
    assert scan(hall, "M1", clock(7, 50), by=clerk, turn=Turn.ARRIVE).kind == FactKind.ARRIVE
    assert scan(hall, "M2", clock(10, 0), by=clerk, turn=Turn.LEAVE).kind == FactKind.LEAVE


def test_a_code_held_too_long_is_one_scan(hall, clerk):
    first = scan(hall, "M1", clock(7, 40), by=clerk)
    second = scan(hall, "M1", clock(7, 40) + dt.timedelta(seconds=9), by=clerk)
    assert (second.kind, second.is_repeat, second.at) == (FactKind.ARRIVE, True, first.at)
    # In turns nobody leaves who has only just come, nor before the session begins; a chosen departure is one at any time.
    third = scan(hall, "M1", clock(7, 44), by=clerk)
    assert (third.kind, third.is_repeat) == (FactKind.ARRIVE, True)
    assert scan(hall, "M1", clock(7, 46), by=clerk).kind == FactKind.LEAVE
    check_in(hall, "M2", clock(7, 10))
    assert (scan(hall, "M2", clock(7, 20), by=clerk).kind, PresenceFact.objects.count()) == (FactKind.ARRIVE, 3)
    assert scan(hall, "M2", clock(7, 21), by=clerk, turn=Turn.LEAVE).kind == FactKind.LEAVE


def test_a_scan_that_the_clerk_took_back_is_not_called_recorded(hall, clerk):
    check_in(hall, "M1", clock(7, 42), device="a")
    fact = PresenceFact.objects.get()
    actions.void_mark(fact, nonce="v-1", by=clerk, at=clock(7, 43))
    with pytest.raises(Refusal) as refusal:
        check_in(hall, "M1", clock(7, 44), opened=clock(7, 42), device="a")
    assert refusal.value.code == "check_in.voided"


def test_marked_absent_while_the_code_was_typed_the_arrival_still_counts(hall, clerk):
    actions.record_marks([hall.mark("M1", FactKind.ABSENT, clock(8, 15))], by=clerk, at=clock(8, 15))
    check_in(hall, "M1", clock(8, 16), opened=clock(8, 14))
    actions.follow_check_ins(at=clock(8, 17))
    assert AttendanceRecord.objects.get(entry=hall.entries["M1"]).seconds_present > 0


def test_the_follower_leaves_what_comes_meanwhile_for_the_next_time(hall, monkeypatch):
    check_in(hall, "M1", clock(7, 50))
    real = actions.check_ins._follow

    def meanwhile(class_id, entries, at):
        if not PresenceFact.objects.filter(entry=hall.entries["M2"]).exists():
            check_in(hall, "M2", clock(7, 51))
        return real(class_id, entries, at)

    monkeypatch.setattr(actions.check_ins, "_follow", meanwhile)
    assert actions.follow_check_ins(at=clock(7, 52)) == 1
    assert PresenceFact.objects.get(is_followed=False).entry == hall.entries["M2"]


def test_a_scan_sent_again_after_a_lost_answer_is_the_same_scan(hall, clerk):
    scan(hall, "M1", clock(7, 40), by=clerk, nonce="s-1")
    again = scan(hall, "M1", clock(7, 41), by=clerk, nonce="s-1")
    assert (again.kind, again.is_repeat) == (FactKind.ARRIVE, True)
    assert PresenceFact.objects.count() == 1


def test_departures_are_scanned_after_the_end_and_arrivals_are_not(hall, clerk):
    scan(hall, "M1", clock(7, 40), by=clerk)
    assert scan(hall, "M1", clock(11, 5), by=clerk).kind == FactKind.LEAVE
    with pytest.raises(Refusal) as refusal:
        scan(hall, "M2", clock(11, 5), by=clerk)
    assert refusal.value.code == "check_in.session_over"


def test_the_desk_refuses_other_classes_venues_and_clerks(hall, clerk, cast):
    other = make_class(cast, make_campaign(cast, unit="X2"), ["M6"], unit="X2", title="Lớp xã khác")
    args = {"session_id": hall.session.pk, "venue_id": hall.venue.pk, "turn": Turn.BOTH, "nonce": "s-1", "at": clock(8)}
    stranger = other.entries["M6"].pk
    refusal = refused(actions.scan_at_desk, stranger, class_id=hall.study_class.pk, by=clerk, **args)
    assert refusal.code == "check_in.other_class"
    assert "Lớp xã khác" not in refusal.sentence
    elsewhere = cast.accounts["organiser2"]
    mine = hall.entries["M1"].pk
    assert refused(actions.scan_at_desk, mine, class_id=hall.study_class.pk, by=elsewhere, **args).code == (
        "mark.not_on_roster"
    )
    second = Venue.objects.create(study_class=hall.study_class, unit=cast.units["X1"], name="Điểm cầu 2")
    assert refused(scan, hall, "M1", clock(8), by=clerk, venue=second).code == "check_in.other_venue"


def test_a_reopened_roll_takes_scans_of_its_day(hall, clerk, cast):
    actions.close_roll(hall.study_class, by=clerk, at=clock(11, 1))
    reopen(cast, hall, at=clock(11, 2))
    assert scan(hall, "M1", clock(11, 3), by=clerk, turn=Turn.LEAVE).kind == FactKind.LEAVE
    actions.follow_check_ins(at=clock(11, 4))
    assert duty_of(hall, "M1").state == DutyState.DONE


# --- checks in the middle ---------------------------------------------------------------------------------------


@pytest.fixture
def seated(hall, clerk):
    """M1, M2 and M3 are in the hall, M7 left before; M3 by a slip for the whole session."""
    marks = [
        hall.mark("M1", FactKind.ARRIVE, clock(7, 30)), hall.mark("M2", FactKind.ARRIVE, clock(7, 45)),
        hall.mark("M3", FactKind.WHOLE, clock(7, 30), method=Method.SLIP),
        hall.mark("M7", FactKind.ARRIVE, clock(7, 30)), hall.mark("M7", FactKind.LEAVE, clock(8, 30)),
    ]  # fmt: skip
    actions.record_marks(marks, by=clerk, at=clock(8, 40))
    return hall


def names(result, hall) -> set[str]:
    back = {entry.pk: code for code, entry in hall.entries.items()}
    return {back[one.entry_id] for one in result.unseen}


@pytest.mark.req("B-01")
def test_a_check_asks_about_who_was_in_the_hall_and_did_not_show(seated, clerk):
    before = list(ClassVerdict.objects.order_by("pk").values_list("verdict", "sentence"))
    check = actions.set_presence_check(seated.session, seated.venue, minutes=5, by=clerk, at=clock(9))
    check_in(seated, "M1", clock(9, 2))
    result = queries.check_result(check, seated.venue)
    assert (result.asked, result.seen, names(result, seated)) == (3, 1, {"M2", "M3"})
    # A missed check is a question and no verdict: nothing counts less by itself.
    actions.follow_check_ins(at=clock(9, 10))
    assert list(ClassVerdict.objects.order_by("pk").values_list("verdict", "sentence")) == before

    actions.record_marks([seated.mark("M2", FactKind.LEAVE, check.starts_at)], by=clerk, at=clock(9, 15))
    actions.record_marks([seated.mark("M3", FactKind.ARRIVE, check.starts_at)], by=clerk, at=clock(9, 15))
    assert not queries.check_result(check, seated.venue).unseen
    records = dict(AttendanceRecord.objects.values_list("entry_id", "seconds_present"))
    assert records[seated.entries["M2"].pk] == 75 * 60
    assert records[seated.entries["M3"].pk] == 210 * 60


def test_a_check_is_drawn_within_its_stretch_and_comes_by_itself(hall, clerk):
    within = (clock(8, 30), clock(10, 0))
    for _ in range(20):
        check = actions.set_presence_check(hall.session, hall.venue, minutes=5, within=within, by=clerk, at=clock(7))
        assert within[0] <= check.starts_at < within[1]
        actions.call_off_check(check, by=clerk, at=clock(7))
    check = actions.set_presence_check(hall.session, None, minutes=5, within=within, by=clerk, at=clock(7))
    assert queries.check_now(hall.session, hall.venue, check.starts_at - dt.timedelta(seconds=1)) is None
    assert queries.check_to_come(hall.session, hall.venue, clock(8)) == check
    assert queries.check_now(hall.session, hall.venue, check.starts_at) == check
    assert queries.check_now(hall.session, hall.venue, check.ends_at) is None
    # Nobody reads the moment in the log before it comes.
    log = AuditEvent.objects.filter(verb="presence_check.set").latest("pk").after
    assert log["from"] == within[0].isoformat()


@pytest.mark.parametrize(
    "given, code",
    [
        ({"minutes": 2}, "check.minutes"),
        ({"minutes": 31}, "check.minutes"),
        ({"at": clock(7, 29)}, "check.not_running"),
        ({"at": clock(11)}, "check.not_running"),
        ({"within": (clock(9), clock(9))}, "check.stretch"),
        ({"within": (clock(7), clock(9))}, "check.outside"),
        ({"within": (clock(9), clock(10, 56))}, "check.outside"),
        ({"within": (clock(7, 30), clock(8)), "at": clock(8)}, "check.past"),
    ],
)
def test_a_check_that_cannot_be_is_refused(hall, clerk, given, code):
    with pytest.raises(Refusal) as refusal:
        actions.set_presence_check(hall.session, hall.venue, **{"minutes": 5, "by": clerk, "at": clock(9), **given})
    assert refusal.value.code == code
    assert not PresenceCheck.objects.exists()


def test_one_check_of_the_same_people_at_a_time(hall, clerk, cast):
    second = Venue.objects.create(study_class=hall.study_class, unit=cast.units["X1"], name="Điểm cầu 2")
    first = actions.set_presence_check(hall.session, hall.venue, minutes=5, by=clerk, at=clock(9))
    for venue in (hall.venue, None):
        with pytest.raises(Refusal) as refusal:
            actions.set_presence_check(hall.session, venue, minutes=5, by=clerk, at=clock(9, 1))
        assert refusal.value.code == "check.beside"
    actions.set_presence_check(hall.session, second, minutes=5, by=clerk, at=clock(9, 1))
    actions.call_off_check(first, by=clerk, at=clock(9, 2))
    actions.call_off_check(first, by=clerk, at=clock(9, 3))
    assert AuditEvent.objects.filter(verb="presence_check.called_off").count() == 1
    actions.set_presence_check(hall.session, hall.venue, minutes=5, by=clerk, at=clock(9, 3))


def test_a_closed_class_has_no_checks(hall, clerk):
    hall.study_class.state = ClassState.CLOSED
    hall.study_class.save()
    with pytest.raises(Refusal) as refusal:
        actions.set_presence_check(hall.session, hall.venue, minutes=5, by=clerk, at=clock(9))
    assert refusal.value.code == "mark.class_closed"


def test_a_check_reads_as_many_statements_for_three_as_for_one(hall, clerk, django_assert_num_queries):
    check = actions.set_presence_check(hall.session, hall.venue, minutes=5, by=clerk, at=clock(9))
    check.session = hall.session
    actions.record_marks([hall.mark("M1", FactKind.ARRIVE, clock(7, 30))], by=clerk, at=clock(7, 30))
    with django_assert_num_queries(2):
        assert queries.check_result(check, hall.venue).asked == 1
    marks = [hall.mark(person, FactKind.ARRIVE, clock(7, 30)) for person in ("M2", "M3")]
    actions.record_marks(marks, by=clerk, at=clock(7, 30))
    with django_assert_num_queries(2):
        assert queries.check_result(check, hall.venue).asked == 3


def test_one_phone_for_several_members_is_shown(hall, django_assert_num_queries):
    check_in(hall, "M1", clock(7, 50))
    check_in(hall, "M3", clock(7, 50), device=OTHER_PHONE)
    assert queries.shared_devices(hall.session, hall.venue) == []
    check_in(hall, "M2", clock(7, 51))
    check_in(hall, "M1", clock(7, 52))
    with django_assert_num_queries(2):
        (shared,) = queries.shared_devices(hall.session, hall.venue)
    assert [entry for entry, *_ in shared.people] == [hall.entries["M1"].pk, hall.entries["M2"].pk]
