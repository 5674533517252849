"""Deliveries of devices without a line: nothing lost, nothing doubled; conflicts with both sides, settled once."""

import datetime as dt
import itertools
import secrets

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from quantriet.attendance import actions
from quantriet.attendance.actions import devices as device_actions
from quantriet.attendance.models import (
    AttendanceRecord,
    DeviceFact,
    PresenceConflict,
    PresenceFact,
    RollDevice,
)
from quantriet.attendance.queries import devices as device_queries
from quantriet.attendance.rules.devices import Batch
from quantriet.attendance.tests.factories import add_entry, clock, make_campaign, make_class, reopen
from quantriet.attendance.vocab import (
    ConflictOutcome,
    ConflictReason,
    ConflictState,
    FactKind,
    Method,
    Received,
    SentFact,
)
from quantriet.audit.models import AuditEvent
from quantriet.classes import actions as class_actions
from quantriet.classes.models import StudyClass, Venue
from quantriet.classes.vocab import ClassState
from quantriet.kit.refusal import Refusal

pytestmark = pytest.mark.django_db
PEOPLE = ["M1", "M2", "M3", "M7"]


def ms(at: dt.datetime) -> int:
    return int(at.timestamp() * 1000)


@pytest.fixture
def hall(cast):
    return make_class(cast, make_campaign(cast), PEOPLE)


@pytest.fixture
def clerk(cast):
    return cast.accounts["organiser1"]


class Phone:
    """A device of a clerk: its clock may be wrong by `wrong`."""

    def __init__(self, hall, by, *, at=None, wrong=dt.timedelta(0), venue=None):
        self.hall, self.by, self.wrong = hall, by, wrong
        self.row = actions.open_device(
            hall.study_class, venue or hall.venue, key="", label="Chrome Android", by=by, at=at or clock(7)
        )
        self.known = ms(at or clock(7))

    def fact(self, person, kind, true, *, nonce="", of="", offset=True, session=None) -> SentFact:
        return SentFact(
            nonce or secrets.token_hex(16), kind, self.hall.entries[person].pk, (session or self.hall.session).pk,
            ms(true + self.wrong), -ms_of(self.wrong) if offset else None, self.known, Method.ROLL, of,
        )  # fmt: skip

    def send(self, *facts, at, by=None, waiting=None):
        batch = Batch(
            self.row.key,
            ms(at + self.wrong),
            len(facts) if waiting is None else waiting,
            self.hall.session.pk,
            list(facts),
        )
        return actions.sync_device(batch, by=by or self.by, at=at)


def ms_of(length: dt.timedelta) -> int:
    return int(length.total_seconds() * 1000)


def received(synced) -> list[Received]:
    return [one.received for one in synced.told]


def standing_kinds(hall, person) -> list[str]:
    facts = hall.entries[person].facts.exclude(kind=FactKind.VOID).filter(voided_by__isnull=True)
    return list(facts.order_by("at", "pk").values_list("kind", flat=True))


def refused(act, *args, **given) -> Refusal:
    with pytest.raises(Refusal) as refusal:
        act(*args, **given)
    return refusal.value


# --- deliveries ---------------------------------------------------------------------------------------------------


@pytest.mark.req("B-03")
def test_a_delivery_twice_in_parts_and_in_another_order_is_one(hall, clerk):
    phone = Phone(hall, clerk)
    facts = [
        phone.fact("M1", FactKind.ARRIVE, clock(7, 20)), phone.fact("M2", FactKind.ARRIVE, clock(7, 25)),
        phone.fact("M1", FactKind.LEAVE, clock(10)), phone.fact("M3", FactKind.ABSENT, clock(8)),
    ]  # fmt: skip
    assert set(received(phone.send(*facts[2:], at=clock(11)))) == {Received.RECORDED}
    for part in (facts, facts[::-1], facts[:1], facts[1:3]):
        assert set(received(phone.send(*part, at=clock(11, 5)))) == {Received.RECORDED}
    assert PresenceFact.objects.count() == DeviceFact.objects.count() == 4
    one = DeviceFact.objects.get(nonce=facts[0].nonce)
    assert (one.fact.at, one.fact.account, one.fact.method) == (clock(7, 20), clerk, Method.ROLL)
    # What follows is written as after a scan: log lines and minutes.
    assert actions.follow_check_ins(at=clock(11, 6)) == 4
    assert AuditEvent.objects.filter(verb="roll.marked").count() == 4
    record = AttendanceRecord.objects.get(entry=hall.entries["M1"])
    assert record.seconds_present == 150 * 60


@pytest.mark.req("B-03")
def test_a_wrong_clock_keeps_what_it_said_and_the_true_hour_counts(hall, clerk):
    for wrong in (dt.timedelta(hours=3), dt.timedelta(hours=-7), dt.timedelta(days=2)):
        phone = Phone(hall, clerk, wrong=wrong)
        one = phone.fact("M1", FactKind.ARRIVE, clock(7, 42))
        assert received(phone.send(one, at=clock(11))) == [Received.RECORDED]
        row = DeviceFact.objects.get(nonce=one.nonce)
        assert row.at == row.fact.at == clock(7, 42)
        assert row.made_at == clock(7, 42) + wrong
        assert row.device.offset_ms != ms_of(wrong)
        phone.row.refresh_from_db()
        assert phone.row.offset_ms == -ms_of(wrong)


@pytest.mark.req("B-03")
def test_a_clock_that_fell_back_is_put_right_at_the_delivery(hall, clerk):
    phone = Phone(hall, clerk)
    phone.wrong = dt.datetime(1970, 1, 1, tzinfo=dt.UTC) - clock(7, 30)
    one = phone.fact("M1", FactKind.ARRIVE, clock(7, 42))
    stale = SentFact(**{**vars(one), "offset_ms": 0})
    assert received(phone.send(stale, at=clock(9))) == [Received.RECORDED]
    assert PresenceFact.objects.get().at == clock(7, 42)


@pytest.mark.req("B-03")
def test_hours_that_cannot_be_wait_as_conflicts_and_are_not_thrown_away(hall, clerk):
    phone = Phone(hall, clerk)
    day = dt.timedelta(days=1)
    facts = [
        phone.fact("M1", FactKind.ARRIVE, clock(7, 40) - day), phone.fact("M2", FactKind.ARRIVE, clock(7, 40) + day),
        phone.fact("M3", FactKind.ARRIVE, clock(11, 30)), phone.fact("M7", FactKind.ABSENT, clock(7, 40) - day),
    ]  # fmt: skip
    synced = phone.send(*facts, at=clock(12))
    assert received(synced) == [Received.CONFLICT] * 4
    assert not PresenceFact.objects.exists()
    assert [one.reason for one in PresenceConflict.objects.order_by("pk")] == [ConflictReason.TIME] * 4
    assert "không thuộc ngày đó" in synced.told[0].sentence
    assert DeviceFact.objects.count() == 4
    # A person gives the hour, and the fact is recorded under its nonce.
    conflict = PresenceConflict.objects.get(held__nonce=facts[0].nonce)
    assert refused(actions.settle_conflict, conflict, ConflictOutcome.TAKEN, clock="x", by=clerk, at=clock(12)).code == "conflict.clock"  # fmt: skip
    actions.settle_conflict(conflict, ConflictOutcome.TAKEN, clock="07:45", by=clerk, at=clock(12))
    fact = DeviceFact.objects.get(nonce=facts[0].nonce).fact
    assert (fact.at, fact.kind) == (clock(7, 45), FactKind.ARRIVE)
    assert AttendanceRecord.objects.get(entry=hall.entries["M1"]).seconds_present == 195 * 60
    assert received(phone.send(facts[0], at=clock(12, 5))) == [Received.SETTLED]


def test_what_is_foreign_is_refused_and_stores_nothing(cast, hall, clerk):
    other = make_class(cast, make_campaign(cast), ["M9"], title="Lớp khác")
    phone = Phone(hall, clerk)
    foreign = SentFact(**{**vars(phone.fact("M1", FactKind.ARRIVE, clock(8))), "line": other.entries["M9"].pk})
    nobody = SentFact(**{**vars(phone.fact("M1", FactKind.ARRIVE, clock(8))), "line": 987_654})
    elsewhere = phone.fact("M1", FactKind.ARRIVE, clock(8), session=other.session)
    synced = phone.send(foreign, nobody, elsewhere, at=clock(9))
    assert received(synced) == [Received.REFUSED] * 3
    assert not DeviceFact.objects.exists()
    assert not PresenceFact.objects.exists()


def test_a_nonce_of_another_fact_or_device_is_refused(hall, clerk):
    phone, other = Phone(hall, clerk), Phone(hall, clerk)
    one = phone.fact("M1", FactKind.ARRIVE, clock(8))
    phone.send(one, at=clock(9))
    again = phone.fact("M2", FactKind.ARRIVE, clock(8), nonce=one.nonce)
    assert received(phone.send(again, at=clock(9))) == [Received.REFUSED]
    assert received(other.send(one, at=clock(9))) == [Received.REFUSED]
    assert PresenceFact.objects.count() == 1


def test_only_who_opened_a_device_sends_from_it(cast, hall, clerk):
    phone = Phone(hall, clerk)
    one = phone.fact("M1", FactKind.ARRIVE, clock(8))
    assert refused(phone.send, one, at=clock(9), by=cast.officer).code == "device.unknown"
    assert not PresenceFact.objects.exists()


@pytest.mark.req("B-03")
def test_what_was_taken_back_on_the_device_is_taken_back_in_whatever_order_it_comes(hall, clerk):
    phone = Phone(hall, clerk)
    for person, order in (("M1", "one"), ("M2", "together"), ("M3", "undo first")):
        came = phone.fact(person, FactKind.ARRIVE, clock(7, 40))
        gone = phone.fact(person, FactKind.VOID, clock(7, 41), of=came.nonce)
        parts = {"one": [[came], [gone]], "together": [[gone, came]], "undo first": [[gone], [came]]}[order]
        for part in parts:
            phone.send(*part, at=clock(9))
        phone.send(came, gone, at=clock(9, 1))
        assert standing_kinds(hall, person) == []
        assert hall.entries[person].facts.filter(kind=FactKind.VOID).count() == 1
    actions.follow_check_ins(at=clock(9, 2))
    assert AuditEvent.objects.filter(verb="roll.voided").count() == 3
    assert not AttendanceRecord.objects.filter(is_marked=True).exists()


def test_of_a_waiting_fact_that_was_taken_back_nobody_is_asked(hall, clerk):
    phone = Phone(hall, clerk)
    came = phone.fact("M1", FactKind.ARRIVE, clock(11, 30))
    phone.send(came, at=clock(12))
    phone.send(phone.fact("M1", FactKind.VOID, clock(11, 31), of=came.nonce), at=clock(12))
    conflict = PresenceConflict.objects.get()
    assert (conflict.state, conflict.outcome) == (ConflictState.SETTLED, ConflictOutcome.UNDONE)


def test_a_delivery_costs_the_same_statements_however_many_facts(cast, hall, clerk):
    def statements(count: int) -> int:
        phone = Phone(hall, clerk)
        facts = [
            phone.fact(PEOPLE[number % 4], FactKind.ARRIVE, clock(8) + dt.timedelta(seconds=number))
            for number in range(count)
        ]
        with CaptureQueriesContext(connection) as taken:
            phone.send(*facts, at=clock(12))
        return len(taken)

    statements(1)  # the account's appointments are read once
    assert statements(1) == statements(3) == statements(500)


@pytest.mark.parametrize("why", ["lost", "closed", "right"])
def test_what_changes_while_a_delivery_waits_for_its_turn_counts(hall, clerk, cast, monkeypatch, why):
    """A loss, a closing or a withdrawn right that comes first to the locks is seen by whoever waited for them."""
    hall.venue.clerk = cast.accounts["member1"]
    hall.venue.save()
    phone = Phone(hall, cast.accounts["member1"])
    taken = device_actions.frames_of

    def first_somebody_else(*args, **given):
        if why == "lost":
            RollDevice.objects.filter(pk=phone.row.pk).update(lost_at=clock(9), lost_by=clerk)
        elif why == "closed":
            StudyClass.objects.filter(pk=hall.study_class.pk).update(state=ClassState.CLOSED, closed_at=clock(9))
        else:
            Venue.objects.filter(pk=hall.venue.pk).update(clerk=None)
        return taken(*args, **given)

    monkeypatch.setattr(device_actions, "frames_of", first_somebody_else)
    synced = phone.send(phone.fact("M1", FactKind.ARRIVE, clock(8)), at=clock(9))
    assert (synced.ended, received(synced)) == (why, [Received.CONFLICT])
    assert standing_kinds(hall, "M1") == []


def test_a_device_with_nothing_new_is_written_down_once_a_minute(hall, clerk):
    phone = Phone(hall, clerk)

    def writes(at, waiting=0) -> int:
        with CaptureQueriesContext(connection) as taken:
            assert phone.send(at=at, waiting=waiting).ended == ""
        return sum(one["sql"].split()[0] not in ("SELECT",) for one in taken)

    start = clock(8)
    writes(start)
    assert [writes(start + dt.timedelta(seconds=after)) for after in (8, 30, 59)] == [0, 0, 0]
    phone.row.refresh_from_db()
    assert phone.row.seen_at == start
    assert writes(start + dt.timedelta(seconds=60)) > 0
    assert writes(start + dt.timedelta(seconds=61), waiting=2) > 0
    phone.row.refresh_from_db()
    assert (phone.row.seen_at, phone.row.waiting) == (start + dt.timedelta(seconds=61), 2)
    actions.lose_device(phone.row, by=clerk, at=clock(9))
    assert phone.send(at=clock(9), waiting=2).ended == "lost"


# --- two devices --------------------------------------------------------------------------------------------------


@pytest.mark.req("B-03")
def test_two_devices_merge_without_a_conflict(hall, clerk, cast):
    first, second = Phone(hall, clerk), Phone(hall, cast.officer)
    a = [first.fact("M1", FactKind.ARRIVE, clock(7, 40)), first.fact("M1", FactKind.LEAVE, clock(10, 50))]
    b = [second.fact("M1", FactKind.ARRIVE, clock(7, 35)), second.fact("M1", FactKind.LEAVE, clock(10, 45))]
    second.send(*b, at=clock(11, 10))
    first.send(*a, at=clock(11, 20))
    assert not PresenceConflict.objects.exists()
    actions.follow_check_ins(at=clock(11, 21))
    assert AttendanceRecord.objects.get(entry=hall.entries["M1"]).seconds_present == 195 * 60  # 07:35 to 10:50


@pytest.mark.req("B-03")
@pytest.mark.parametrize("turned", [False, True])
def test_a_contradiction_lists_both_sides_and_is_settled_once(hall, clerk, cast, turned):
    first, second = Phone(hall, clerk), Phone(hall, cast.officer)
    sends = [
        (first, first.fact("M1", FactKind.ARRIVE, clock(7, 40))), (second, second.fact("M1", FactKind.ABSENT, clock(8, 10))),
    ]  # fmt: skip
    for number, (phone, one) in enumerate(sends[::-1] if turned else sends):
        phone.send(one, at=clock(9, number))
    conflict = PresenceConflict.objects.get()
    assert conflict.reason == ConflictReason.ABSENT
    one, other = device_queries.sides_of([conflict])[conflict.pk]
    assert str(clerk) in one.title
    assert "07:40" in one.says[0]
    assert str(cast.officer) in other.title
    assert "08:10" in other.says[0]
    # Sent again it is not told again; the device is right, the other's fact is taken back.
    for phone, fact in sends:
        phone.send(fact, at=clock(9, 30))
    assert PresenceConflict.objects.count() == 1
    actions.settle_conflict(conflict, ConflictOutcome.FIRST, by=clerk, at=clock(10))
    assert standing_kinds(hall, "M1") == [FactKind.ARRIVE]
    late = refused(actions.settle_conflict, conflict, ConflictOutcome.SECOND, by=cast.officer, at=clock(10, 1))
    assert late.code == "conflict.settled"
    assert str(clerk) in late.sentence
    assert standing_kinds(hall, "M1") == [FactKind.ARRIVE]
    for phone, fact in sends:
        phone.send(fact, at=clock(10, 30))
    assert PresenceConflict.objects.filter(state=ConflictState.OPEN).count() == 0


@pytest.mark.req("B-03")
def test_after_somebody_was_settled_as_absent_the_other_device_adds_nothing_of_before(hall, clerk, cast):
    first, second = Phone(hall, clerk), Phone(hall, cast.officer)
    first.send(first.fact("M1", FactKind.ARRIVE, clock(7, 40)), at=clock(9))
    second.send(second.fact("M1", FactKind.ABSENT, clock(8, 10)), at=clock(9))
    actions.settle_conflict(PresenceConflict.objects.get(), ConflictOutcome.SECOND, by=clerk, at=clock(10))
    assert standing_kinds(hall, "M1") == [FactKind.ABSENT]
    for kind, true in ((FactKind.ARRIVE, clock(8, 5)), (FactKind.LEAVE, clock(8, 10))):
        assert received(first.send(first.fact("M1", kind, true), at=clock(10, 5))) == [Received.SETTLED]
    assert standing_kinds(hall, "M1") == [FactKind.ABSENT]
    assert not PresenceConflict.objects.filter(state=ConflictState.OPEN).exists()


@pytest.mark.req("B-03")
@pytest.mark.parametrize("clock_time", [(9,), (10, 10)])
def test_who_came_after_the_hour_of_the_absence_is_recorded_whenever_it_was_settled(hall, clerk, cast, clock_time):
    first, second = Phone(hall, clerk), Phone(hall, cast.officer)
    first.send(first.fact("M1", FactKind.ARRIVE, clock(7, 40)), at=clock(8, 20))
    second.send(second.fact("M1", FactKind.ABSENT, clock(8, 10)), at=clock(8, 20))
    came = first.fact("M1", FactKind.ARRIVE, clock(*clock_time))
    actions.settle_conflict(PresenceConflict.objects.get(), ConflictOutcome.SECOND, by=clerk, at=clock(10))
    assert received(first.send(came, at=clock(11, 10))) == [Received.RECORDED]
    assert standing_kinds(hall, "M1") == [FactKind.ABSENT, FactKind.ARRIVE]
    assert not PresenceConflict.objects.filter(state=ConflictState.OPEN).exists()


@pytest.mark.req("B-03")
def test_who_left_after_the_hour_of_the_absence_without_having_come_is_asked_about(hall, clerk, cast):
    first, second = Phone(hall, clerk), Phone(hall, cast.officer)
    first.send(first.fact("M1", FactKind.ARRIVE, clock(7, 40)), at=clock(9))
    second.send(second.fact("M1", FactKind.ABSENT, clock(8, 10)), at=clock(9))
    settled = PresenceConflict.objects.get()
    actions.settle_conflict(settled, ConflictOutcome.SECOND, by=clerk, at=clock(10))
    assert received(first.send(first.fact("M1", FactKind.LEAVE, clock(9, 50)), at=clock(10, 5))) == [Received.RECORDED]
    (again,) = PresenceConflict.objects.filter(state=ConflictState.OPEN)
    assert (again.reason, again.second_id) == (ConflictReason.ABSENT, settled.second_id)


@pytest.mark.req("B-03")
def test_a_departure_before_the_others_arrival_may_be_both(hall, clerk, cast):
    first, second = Phone(hall, clerk), Phone(hall, cast.officer)
    first.send(first.fact("M1", FactKind.LEAVE, clock(8)), at=clock(11))
    second.send(second.fact("M1", FactKind.ARRIVE, clock(9)), at=clock(11, 1))
    conflict = PresenceConflict.objects.get()
    assert conflict.reason == ConflictReason.ORDER
    assert refused(actions.settle_conflict, conflict, ConflictOutcome.TAKEN, by=clerk, at=clock(11, 2)).code == "conflict.misfit"  # fmt: skip
    actions.settle_conflict(conflict, ConflictOutcome.BOTH, by=clerk, at=clock(11, 2))
    assert standing_kinds(hall, "M1") == [FactKind.LEAVE, FactKind.ARRIVE]
    second.send(
        second.fact("M2", FactKind.ARRIVE, clock(9)), second.fact("M1", FactKind.LEAVE, clock(10)), at=clock(11, 3)
    )
    assert not PresenceConflict.objects.filter(state=ConflictState.OPEN).exists()


def test_the_desk_overrules_what_it_saw_without_a_conflict_and_asks_about_what_it_did_not(hall, clerk):
    phone = Phone(hall, clerk)
    phone.send(phone.fact("M1", FactKind.ARRIVE, clock(7, 40)), at=clock(8))
    absent = [hall.mark(person, FactKind.ABSENT, clock(9)) for person in ("M1", "M2")]
    actions.record_marks(absent, by=clerk, at=clock(9))
    phone.send(phone.fact("M3", FactKind.ARRIVE, clock(7, 41)), at=clock(9, 5))
    assert not PresenceConflict.objects.exists()
    phone.send(phone.fact("M2", FactKind.ARRIVE, clock(7, 41)), at=clock(9, 6))
    assert PresenceConflict.objects.get().entry == hall.entries["M2"]


@pytest.mark.req("B-03")
def test_the_same_facts_in_any_order_of_delivery_come_to_the_same(cast, clerk):
    found = set()
    campaign = make_campaign(cast)
    plans = [("M1", FactKind.ARRIVE, 40, 0), ("M1", FactKind.LEAVE, 100, 1), ("M1", FactKind.ARRIVE, 45, 1), ("M1", FactKind.LEAVE, 120, 0)]  # fmt: skip
    for order in itertools.permutations(range(4)):
        hall = make_class(cast, campaign, [])
        add_entry(cast, hall, "M1").delete()
        hall.entries["M1"] = add_entry(cast, hall, "M1")
        phones = [Phone(hall, clerk), Phone(hall, cast.officer)]
        for number in order:
            person, kind, minute, which = plans[number]
            phones[which].send(phones[which].fact(person, kind, clock(7) + dt.timedelta(minutes=minute)), at=clock(11))
        actions.follow_check_ins(at=clock(11, 1))
        record = AttendanceRecord.objects.get(entry=hall.entries["M1"])
        conflicts = PresenceConflict.objects.filter(entry=hall.entries["M1"]).count()
        found.add((record.seconds_present, conflicts))
        PresenceFact.objects.filter(entry=hall.entries["M1"], voids__isnull=False).delete()
        DeviceFact.objects.filter(entry=hall.entries["M1"]).delete()
        PresenceFact.objects.filter(entry=hall.entries["M1"]).delete()
        hall.entries["M1"].delete()
    assert found == {(80 * 60, 0)}  # 07:40 to 09:00


# --- lost, closed, withdrawn, moved -------------------------------------------------------------------------------


@pytest.mark.req("B-03")
def test_a_lost_device_is_replaced_by_paper_and_comes_back_as_conflicts(hall, clerk):
    phone = Phone(hall, clerk)
    phone.send(phone.fact("M1", FactKind.ARRIVE, clock(7, 40)), at=clock(8), waiting=3)
    phone.row.refresh_from_db()
    assert phone.row.waiting == 2
    actions.lose_device(phone.row, by=clerk, at=clock(9))
    assert refused(actions.lose_device, phone.row, by=clerk, at=clock(9)).code == "device.lost_already"
    missing = device_queries.people_without_mark(hall.venue, hall.session)
    assert {one.entry_id for one in missing} == {hall.entries[name].pk for name in ("M2", "M3", "M7")}
    actions.record_marks([hall.mark("M2", FactKind.WHOLE, clock(11))], by=clerk, at=clock(11))
    late = [phone.fact(person, FactKind.ARRIVE, clock(8, 30)) for person in ("M2", "M3")]
    synced = phone.send(*late, at=clock(12))
    assert synced.ended == "lost"
    assert received(synced) == [Received.CONFLICT] * 2
    assert standing_kinds(hall, "M2") == [FactKind.WHOLE]
    assert standing_kinds(hall, "M3") == []
    one, other = device_queries.sides_of([PresenceConflict.objects.get(held__nonce=late[0].nonce)]).popitem()[1]
    assert "08:30" in one.says[0]
    assert other.says
    # All that waits for this one reason is settled at once.
    (together,) = device_queries.held_together(hall.venue)
    assert together.count == 2
    assert actions.settle_held(phone.row, ConflictReason.LOST, ConflictOutcome.TAKEN, by=clerk, at=clock(12, 5)) == 2
    assert standing_kinds(hall, "M3") == [FactKind.ARRIVE]
    assert not PresenceConflict.objects.filter(state=ConflictState.OPEN).exists()
    assert refused(actions.open_device, hall.study_class, hall.venue, key=phone.row.key, label="", by=clerk, at=clock(12)).code == "device.lost"  # fmt: skip


@pytest.mark.req("B-03")
def test_recording_together_leaves_open_what_cannot_be_recorded(hall, clerk):
    phone = Phone(hall, clerk)
    came, gone = phone.fact("M1", FactKind.ARRIVE, clock(8)), phone.fact("M2", FactKind.ARRIVE, clock(8))
    hall.entries["M2"].delete()
    actions.lose_device(phone.row, by=clerk, at=clock(9))
    phone.send(gone, came, at=clock(9, 5))
    together = (phone.row, ConflictReason.LOST)
    assert actions.settle_held(*together, ConflictOutcome.TAKEN, by=clerk, at=clock(9, 10)) == 1
    assert standing_kinds(hall, "M1") == [FactKind.ARRIVE]
    left = PresenceConflict.objects.get(held__nonce=gone.nonce)
    assert (left.state, left.outcome) == (ConflictState.OPEN, "")
    assert refused(actions.settle_held, *together, ConflictOutcome.TAKEN, by=clerk, at=clock(9, 11)).code == "conflict.gone"  # fmt: skip
    assert actions.settle_held(*together, ConflictOutcome.LEFT_OUT, by=clerk, at=clock(9, 12)) == 1
    assert actions.settle_held(*together, ConflictOutcome.TAKEN, by=clerk, at=clock(9, 13)) == 0


@pytest.mark.req("B-03")
def test_recording_together_leaves_alone_what_somebody_settled_first(hall, clerk, cast, monkeypatch):
    phone = Phone(hall, clerk)
    actions.lose_device(phone.row, by=clerk, at=clock(9))
    phone.send(*[phone.fact(person, FactKind.ARRIVE, clock(8)) for person in ("M1", "M2")], at=clock(9, 5))
    first = PresenceConflict.objects.get(entry=hall.entries["M1"])
    taken = device_actions.frames_of

    def somebody_else_first(*args, **given):
        monkeypatch.setattr(device_actions, "frames_of", taken)
        actions.settle_conflict(first, ConflictOutcome.LEFT_OUT, by=cast.officer, at=clock(9, 9))
        return taken(*args, **given)

    monkeypatch.setattr(device_actions, "frames_of", somebody_else_first)
    assert actions.settle_held(phone.row, ConflictReason.LOST, ConflictOutcome.TAKEN, by=clerk, at=clock(9, 10)) == 1
    assert (standing_kinds(hall, "M1"), standing_kinds(hall, "M2")) == ([], [FactKind.ARRIVE])
    first.refresh_from_db()
    assert (first.outcome, first.settled_by) == (ConflictOutcome.LEFT_OUT, cast.officer)


@pytest.mark.req("B-03")
def test_a_class_closed_meanwhile_keeps_what_comes_as_conflicts_until_it_is_reopened(hall, clerk, cast):
    phone = Phone(hall, clerk)
    came = phone.fact("M1", FactKind.WHOLE, clock(10))
    hall.study_class.state = ClassState.CLOSED
    hall.study_class.closed_at = clock(12)
    hall.study_class.save()
    synced = phone.send(came, at=clock(13))
    assert (synced.ended, received(synced)) == ("closed", [Received.CONFLICT])
    conflict = PresenceConflict.objects.get()
    assert refused(actions.settle_conflict, conflict, ConflictOutcome.TAKEN, by=clerk, at=clock(13)).code == "mark.class_closed"  # fmt: skip
    conflict.refresh_from_db()
    assert conflict.state == ConflictState.OPEN
    reopen(cast, hall, at=clock(13, 5))
    actions.settle_conflict(conflict, ConflictOutcome.TAKEN, by=clerk, at=clock(13, 10))
    assert standing_kinds(hall, "M1") == [FactKind.WHOLE]


@pytest.mark.req("B-03")
def test_a_right_withdrawn_meanwhile_keeps_what_comes_for_the_organiser(hall, clerk, cast):
    hall.venue.clerk = cast.accounts["member1"]
    hall.venue.save()
    phone = Phone(hall, cast.accounts["member1"])
    hall.venue.clerk = None
    hall.venue.save()
    synced = phone.send(phone.fact("M1", FactKind.ARRIVE, clock(8)), at=clock(9))
    assert (synced.ended, received(synced)) == ("right", [Received.CONFLICT])
    conflict = PresenceConflict.objects.get()
    assert refused(actions.settle_conflict, conflict, ConflictOutcome.TAKEN, by=cast.accounts["member1"], at=clock(9)).code == "mark.not_on_roster"  # fmt: skip
    actions.settle_conflict(conflict, ConflictOutcome.TAKEN, by=clerk, at=clock(9, 5))
    assert standing_kinds(hall, "M1") == [FactKind.ARRIVE]


def test_people_who_moved_or_left_the_roster_meanwhile(hall, clerk, cast):
    phone = Phone(hall, clerk)
    other = Venue.objects.create(study_class=hall.study_class, unit=hall.venue.unit, name="Hội trường 2")
    hall.entries["M1"].venue = other
    hall.entries["M1"].save()
    gone = phone.fact("M2", FactKind.ARRIVE, clock(8))
    hall.entries["M2"].delete()
    synced = phone.send(phone.fact("M1", FactKind.ARRIVE, clock(8)), gone, at=clock(9))
    assert received(synced) == [Received.CONFLICT] * 2
    moved, left = PresenceConflict.objects.order_by("pk")
    assert (moved.reason, left.reason, left.entry) == (ConflictReason.MOVED, ConflictReason.GONE, None)
    actions.settle_conflict(moved, ConflictOutcome.TAKEN, by=clerk, at=clock(9))
    assert standing_kinds(hall, "M1") == [FactKind.ARRIVE]
    actions.settle_conflict(left, ConflictOutcome.LEFT_OUT, by=clerk, at=clock(9))
    with pytest.raises(Refusal):
        class_actions.remove_venue(hall.venue, by=clerk, at=clock(9))


def test_a_venue_with_deliveries_is_not_removed(hall, clerk):
    other = Venue.objects.create(study_class=hall.study_class, unit=hall.venue.unit, name="Hội trường 2")
    hall.entries["M1"].venue = other
    hall.entries["M1"].save()
    phone = Phone(hall, clerk, venue=other)
    phone.send(phone.fact("M1", FactKind.ARRIVE, clock(8)), at=clock(9))
    hall.entries["M1"].venue = hall.venue
    hall.entries["M1"].save()
    assert refused(class_actions.remove_venue, other, by=clerk, at=clock(9)).code == "venue.has_facts"


def test_a_device_is_opened_again_under_its_key_and_not_for_a_class_that_takes_no_marks(hall, clerk, cast):
    phone = Phone(hall, clerk)
    hall.entries["M4"] = add_entry(cast, hall, "M4")
    again = actions.open_device(hall.study_class, hall.venue, key=phone.row.key, label="", by=clerk, at=clock(8))
    assert again.pk == phone.row.pk
    assert hall.entries["M4"].pk in again.given["lines"]
    theirs = actions.open_device(
        hall.study_class, hall.venue, key=phone.row.key, label="", by=cast.officer, at=clock(8)
    )
    assert theirs.pk != phone.row.pk
    assert AuditEvent.objects.filter(verb="device.opened").count() == 2
    hall.study_class.state = ClassState.CANCELLED
    hall.study_class.save()
    assert refused(actions.open_device, hall.study_class, hall.venue, key="", label="", by=clerk, at=clock(8)).code == "mark.class_cancelled"  # fmt: skip
    assert RollDevice.objects.count() == 2
