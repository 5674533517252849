"""The seat plan as register: taps, confirmations, two ushers, a later moment, a wrong seat, and the hall of 300."""

import datetime as dt
import json
from dataclasses import replace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from quantriet.attendance import actions, queries
from quantriet.attendance.models import PresenceFact, RollReopening, SeatConfirmation, SeatRound, SeatTap
from quantriet.attendance.queries import seat_rounds as reads
from quantriet.attendance.rules import codes
from quantriet.attendance.rules.minutes import Fact, SessionTime
from quantriet.attendance.rules.seat_rounds import seen
from quantriet.attendance.tests.factories import add_entry, clock, make_campaign, make_class
from quantriet.attendance.vocab import FactKind, Method, ReopeningState, Standing
from quantriet.attendance.web.check_in import keys
from quantriet.audit.models import AuditEvent
from quantriet.classes import actions as class_actions
from quantriet.classes import queries as class_queries
from quantriet.classes.models import RosterEntry, Seat, Venue
from quantriet.classes.rules.halls import read_layout
from quantriet.classes.vocab import ClassState, StageSide
from quantriet.kit.refusal import Refusal
from quantriet.kit.time import now
from quantriet.org.models import Person

pytestmark = pytest.mark.django_db
PEOPLE = ["M1", "M2", "M3", "M6", "M7"]
SEATS = {"M1": "A1", "M2": "A2", "M3": "A3", "M6": "A4", "M7": "B1"}


def seated(cast, made, seats: dict[str, str], typed: str = "A: 2 | 2\nB: 2 | 2"):
    hall = class_actions.add_hall(
        cast.units["X1"],
        name=f"Hội trường {made.venue.name}",
        layout=read_layout(typed, StageSide.TOP),
        by=cast.officer,
        at=clock(6),
    )
    class_actions.choose_hall(made.venue, hall, by=cast.officer, at=clock(6))
    seat_map = class_queries.seat_map_of(made.venue)
    class_actions.take_listed_seats(
        seat_map, {made.entries[key].pk: seat for key, seat in seats.items()}, by=cast.officer, at=clock(6)
    )
    return seat_map


@pytest.fixture
def hall(cast):
    """Two blocks: M1, M2, M7 in the first, M3 and M6 in the second."""
    made = make_class(cast, make_campaign(cast), PEOPLE)
    seated(cast, made, SEATS)
    return made


@pytest.fixture
def usher(cast):
    return cast.accounts["organiser1"]


def begin(hall, usher, *, number: int = 1, as_of=None, at=None):
    return actions.begin_round(
        hall.session, hall.venue, as_of=as_of or clock(7, 30), number=number, by=usher, at=at or clock(7, 45)
    )


def tap(hall, seat_round, person: str, usher, *, is_empty: bool = True, nonce: str = "", at=None, seen_at=None):
    nonce = nonce or f"t{SeatTap.objects.count()}"
    return actions.tap_seat(
        seat_round, hall.entries[person].pk, is_empty=is_empty, nonce=nonce, by=usher, at=at or clock(7, 46),
        seen_at=seen_at,
    )  # fmt: skip


def confirm(seat_round, block: int, usher, *, nonce: str = "", empty=None, at=None, seen_at=None):
    nonce = nonce or f"c{SeatConfirmation.objects.count()}"
    return actions.confirm_block(
        seat_round, block, empty=empty, nonce=nonce, by=usher, at=at or clock(7, 47), seen_at=seen_at
    )


def standings(hall) -> dict[str, Standing]:
    roll = queries.roll(hall.study_class, hall.venue, hall.session)
    by_entry = {row.entry_id: row.standing for row in roll.rows}
    return {key: by_entry[entry.pk] for key, entry in hall.entries.items()}


# --- what a seat says -------------------------------------------------------------------------------------------------

MORNING = SessionTime.of(clock(7, 30), clock(11))


@pytest.mark.parametrize(
    ("others", "is_empty", "is_first", "kind"),
    [
        ([], False, True, FactKind.ARRIVE),
        ([], True, True, FactKind.ABSENT),
        ([(FactKind.ARRIVE, 7)], False, True, None),
        ([(FactKind.WHOLE, 7)], False, False, None),
        ([(FactKind.ARRIVE, 7)], True, False, FactKind.LEAVE),
        ([(FactKind.WHOLE, 7)], True, False, FactKind.LEAVE),
        ([(FactKind.ABSENT, 7)], False, False, FactKind.ARRIVE),
        ([(FactKind.ABSENT, 7)], True, False, None),
        ([(FactKind.ARRIVE, 7), (FactKind.LEAVE, 8)], True, False, None),
        ([(FactKind.ARRIVE, 7), (FactKind.LEAVE, 8)], False, False, FactKind.ARRIVE),
    ],
)
def test_what_a_seat_comes_to_beside_other_marks(others, is_empty, is_first, kind):
    facts = [Fact(one, clock(hour, 31)) for one, hour in others]
    found = seen(facts, MORNING, is_empty=is_empty, is_first=is_first, as_of=clock(9))
    assert [fact.kind for fact in found.facts] == ([kind] if kind else [])
    assert not found.question


@pytest.mark.parametrize(
    ("others", "is_empty", "is_first"),
    [
        ([(FactKind.ARRIVE, 7)], True, True),  # scanned at the door, sits elsewhere
        ([(FactKind.ARRIVE, 10)], True, False),  # came after the moment of the round
        ([(FactKind.ARRIVE, 7), (FactKind.LEAVE, 10)], False, False),
    ],
)
def test_what_contradicts_other_marks_is_asked_and_not_written(others, is_empty, is_first):
    facts = [Fact(one, clock(hour, 31)) for one, hour in others]
    found = seen(facts, MORNING, is_empty=is_empty, is_first=is_first, as_of=clock(9))
    assert not found.facts
    assert found.question


@pytest.mark.req("R-070", "B-01")
@pytest.mark.parametrize(
    ("others", "written"),
    [
        ([(FactKind.ARRIVE, 10)], [(9, 0, 0)]),  # checked in by code after sitting down
        ([(FactKind.ARRIVE, 7), (FactKind.LEAVE, 8), (FactKind.ARRIVE, 10)], [(9, 0, 0)]),
        ([(FactKind.ARRIVE, 9), (FactKind.LEAVE, 10)], [(9, 0, 0)]),
        ([(FactKind.ABSENT, 9)], [(9, 0, 0), (9, 31, 1)]),
        ([(FactKind.ABSENT, 9), (FactKind.ARRIVE, 10)], [(9, 0, 0), (9, 31, 1)]),
        ([(FactKind.ABSENT, 12)], [(9, 0, 0)]),  # nobody arrives after the end
    ],
)
def test_who_sits_there_at_the_hour_arrived_by_it_whatever_stands_later(others, written):
    facts = [Fact(one, clock(hour, 31)) for one, hour in others]
    found = seen(facts, MORNING, is_empty=False, is_first=False, as_of=clock(9))
    assert found.facts == tuple(
        Fact(FactKind.ARRIVE, clock(hour, minute) + dt.timedelta(seconds=second)) for hour, minute, second in written
    )
    assert bool(found.question) == (FactKind.ABSENT in [one for one, _hour in others])


# --- taps and confirmations -------------------------------------------------------------------------------------------


@pytest.mark.req("R-070", "B-04")
def test_only_a_confirmed_block_is_written(hall, usher):
    first = begin(hall, usher)
    tap(hall, first, "M2", usher)
    assert not PresenceFact.objects.exists()
    done = confirm(first, 1, usher, empty=[hall.entries["M2"].pk])
    assert (done.taken, done.empty, done.questions) == (2, 1, ())
    assert standings(hall) == {
        "M1": Standing.PRESENT, "M7": Standing.PRESENT, "M2": Standing.ABSENT, "M3": Standing.NONE, "M6": Standing.NONE,
    }  # fmt: skip
    facts = PresenceFact.objects.filter(kind=FactKind.ARRIVE)
    assert {fact.method for fact in facts} == {Method.SEAT}
    assert {fact.at for fact in facts} == {clock(7, 30)}  # who sits there at 7:45 sat there at the opening
    missing = reads.missing_by_unit(hall.venue, queries.roll(hall.study_class, hall.venue, hall.session))
    assert {(row.entry_id, seat) for unit in missing for row, seat in unit.missing} == {
        (hall.entries[key].pk, SEATS[key]) for key in ("M2", "M3", "M6")
    }


@pytest.mark.req("B-04")
def test_orders_sent_again_change_nothing(hall, usher):
    first = begin(hall, usher)
    assert begin(hall, usher).pk == first.pk
    assert tap(hall, first, "M2", usher, nonce="t")
    assert not tap(hall, first, "M2", usher, nonce="t")
    once = confirm(first, 1, usher, nonce="c")
    facts = set(PresenceFact.objects.values_list("pk", flat=True))
    again = confirm(first, 1, usher, nonce="c")
    assert again.is_repeat
    assert (again.taken, again.empty) == (once.taken, once.empty)
    confirm(first, 1, usher, nonce="d")  # another usher confirms the same block
    assert set(PresenceFact.objects.values_list("pk", flat=True)) == facts
    for other in (("M1", True), ("M2", False)):
        with pytest.raises(Refusal) as refused:
            tap(hall, first, other[0], usher, is_empty=other[1], nonce="t")
        assert refused.value.code == "mark.nonce_reused"
    with pytest.raises(Refusal) as refused:
        confirm(first, 2, usher, nonce="c")
    assert refused.value.code == "mark.nonce_reused"


def test_a_correction_takes_back_only_what_changed(hall, usher):
    first = begin(hall, usher)
    tap(hall, first, "M2", usher)
    confirm(first, 1, usher)
    kept = PresenceFact.objects.get(entry=hall.entries["M1"])
    tap(hall, first, "M2", usher, is_empty=False)
    seat_map = class_queries.seat_map_of(hall.venue)
    roll = queries.roll(hall.study_class, hall.venue, hall.session)
    assert reads.seat_register(seat_map, roll, first).blocks[0].is_changed
    confirm(first, 1, usher)
    assert standings(hall)["M2"] == Standing.PRESENT
    assert PresenceFact.objects.get(entry=hall.entries["M1"]) == kept
    tap(hall, first, "M2", usher)
    confirm(first, 1, usher)
    tap(hall, first, "M2", usher, is_empty=False)
    confirm(first, 1, usher)
    assert standings(hall)["M2"] == Standing.PRESENT
    assert PresenceFact.objects.filter(entry=hall.entries["M2"], kind=FactKind.VOID).count() == 3


@pytest.mark.req("B-04")
def test_a_block_that_another_usher_changed_is_not_confirmed_unseen(cast, hall, usher):
    other = cast.officer
    first = begin(hall, usher)
    tap(hall, first, "M7", other, at=clock(7, 50))
    with pytest.raises(Refusal) as refused:
        confirm(first, 1, usher, empty=[])
    assert refused.value.code == "seats.changed"
    assert other.display_name in refused.value.sentence
    assert "ghế B1" in refused.value.sentence
    assert not PresenceFact.objects.exists()
    confirm(first, 1, usher, empty=[hall.entries["M7"].pk])
    assert standings(hall)["M7"] == Standing.ABSENT


def test_a_later_round_says_who_left_and_who_came(hall, usher):
    first = begin(hall, usher)
    tap(hall, first, "M2", usher)
    confirm(first, 1, usher)
    with pytest.raises(Refusal):
        begin(hall, usher, number=2, as_of=clock(7, 30), at=clock(9))
    second = begin(hall, usher, number=2, as_of=clock(9), at=clock(9, 5))
    tap(hall, second, "M1", usher, at=clock(9, 6))
    confirm(second, 1, usher, at=clock(9, 7))
    found = standings(hall)
    assert (found["M1"], found["M2"], found["M7"]) == (Standing.LEFT, Standing.PRESENT, Standing.PRESENT)
    assert PresenceFact.objects.get(entry=hall.entries["M1"], kind=FactKind.LEAVE).at == clock(9)
    assert PresenceFact.objects.filter(entry=hall.entries["M7"]).count() == 1  # was there, is there: nothing new


def test_other_ways_are_kept_and_what_contradicts_them_is_asked(hall, usher):
    actions.record_marks(
        [hall.mark("M2", FactKind.ARRIVE, clock(7, 40), method=Method.CODE)],
        within=hall.study_class, by=usher, at=clock(7, 40),
    )  # fmt: skip
    first = begin(hall, usher)
    tap(hall, first, "M2", usher)
    done = confirm(first, 1, usher)
    assert len(done.questions) == 1
    assert "Ghế A2" in done.questions[0]
    assert standings(hall)["M2"] == Standing.PRESENT


@pytest.mark.req("R-070", "B-01")
def test_minutes_count_from_the_hour_of_the_round(as_user, cast, hall, usher):
    """Sat down at the opening, checked in by code at 9:18, and a clerk marked another one absent at 9:17."""
    actions.record_marks(
        [hall.mark("M2", FactKind.ARRIVE, clock(9, 18), method=Method.CODE), hall.mark("M7", FactKind.ABSENT, clock(9, 17))],
        within=hall.study_class, by=usher, at=clock(9, 18),
    )  # fmt: skip
    first = begin(hall, usher, at=clock(9, 20))
    address = reverse("seats", args=[hall.study_class.pk]) + f"?session={hall.session.pk}&venue={hall.venue.pk}"
    client = as_user("organiser1")
    told = client.get(address).context["register"].blocks[0].warning
    assert "1 người đã có lượt ghi đến sau 07:30" in told
    assert "1 người đang có lượt ghi vắng sau 07:30" in told
    assert told in client.get(address).content.decode()
    state = client.get(reverse("seats-state", args=[hall.study_class.pk]) + f"?round_id={first.pk}").json()
    assert state["warnings"] == {"1": told}
    done = confirm(first, 1, usher, at=clock(9, 21))
    assert [one for one in done.questions if "07:30" in one and "09:17" in one] == list(done.questions)
    assert len(done.questions) == 1

    def minutes(person: str) -> int:
        return hall.entries[person].records.get().seconds_present // 60

    assert minutes("M1") == minutes("M2") == 210
    assert minutes("M7") == 102  # from one second after the mark
    absent = PresenceFact.objects.get(entry=hall.entries["M7"], kind=FactKind.ABSENT)
    actions.void_mark(absent, nonce="back", by=usher, at=clock(9, 25))
    assert minutes("M7") == 210
    facts = set(PresenceFact.objects.values_list("pk", flat=True))
    assert not confirm(first, 1, usher, at=clock(9, 30)).questions
    assert standings(hall)["M7"] == Standing.PRESENT
    assert facts < set(PresenceFact.objects.values_list("pk", flat=True))  # the arrival after the mark is taken back
    assert minutes("M7") == 210


def test_who_sits_on_anothers_seat_is_set_right(hall, usher):
    first = begin(hall, usher)
    tap(hall, first, "M2", usher)  # M2's seat is empty: in truth M2 sits on M1's, and M1 did not come
    confirm(first, 1, usher)
    told = actions.set_sitter_right(
        first, hall.entries["M1"].pk, hall.entries["M2"], nonce="r", by=usher, at=clock(7, 50)
    )
    assert "Đã đổi chỗ" in told
    again = actions.set_sitter_right(
        first, hall.entries["M1"].pk, hall.entries["M2"], nonce="r", by=usher, at=clock(7, 50)
    )
    assert "rồi" in again
    found = standings(hall)
    assert (found["M1"], found["M2"]) == (Standing.NONE, Standing.NONE)
    confirm(first, 1, usher, empty=[hall.entries["M1"].pk], at=clock(7, 51))
    found = standings(hall)
    assert (found["M1"], found["M2"]) == (Standing.ABSENT, Standing.PRESENT)
    assert Seat.objects.get(entry=hall.entries["M2"]).number == 1


# --- a phone that was without a line ----------------------------------------------------------------------------------


@pytest.mark.req("B-04")
def test_the_last_tap_seen_holds_and_not_the_last_one_sent(cast, hall, usher):
    first = begin(hall, usher)
    tap(hall, first, "M2", cast.officer, is_empty=False, at=clock(8))
    tap(hall, first, "M2", usher, at=clock(8, 30), seen_at=clock(7, 50))  # seen empty before, sent after
    tap(hall, first, "M7", usher, at=clock(8, 30), seen_at=clock(7, 50))
    seat_map = class_queries.seat_map_of(hall.venue)

    def drawn():
        roll = queries.roll(hall.study_class, hall.venue, hall.session)
        return reads.seat_register(seat_map, roll, first).blocks[0]

    assert drawn().empty == [hall.entries["M7"].pk]
    assert {cell.row.entry_id: cell.tapped_by for cell in drawn().cells}[
        hall.entries["M2"].pk
    ] == cast.officer.display_name
    confirm(first, 1, usher, empty=[hall.entries["M7"].pk], at=clock(8, 31))
    assert (standings(hall)["M2"], standings(hall)["M7"]) == (Standing.PRESENT, Standing.ABSENT)
    assert drawn().is_done
    tap(hall, first, "M2", usher, at=clock(8, 40), seen_at=clock(7, 55))
    assert drawn().is_done  # an older tap changes nothing of what was confirmed
    tap(hall, first, "M2", usher, at=clock(8, 41))
    assert drawn().is_changed


@pytest.mark.req("B-04")
def test_a_confirmation_older_than_the_one_that_stands_is_refused(cast, hall, usher):
    first = begin(hall, usher)
    confirm(first, 1, cast.officer, at=clock(8))
    facts = set(PresenceFact.objects.values_list("pk", flat=True))
    with pytest.raises(Refusal) as refused:
        confirm(first, 1, usher, nonce="late", empty=[], at=clock(8, 30), seen_at=clock(7, 50))
    assert refused.value.code == "seats.changed"
    for told in (cast.officer.display_name, "khối 1", "08:00", "07:50"):
        assert told in refused.value.sentence
    assert set(PresenceFact.objects.values_list("pk", flat=True)) == facts
    assert SeatConfirmation.objects.count() == 1
    confirm(first, 2, usher, at=clock(8, 30), seen_at=clock(7, 50))  # another block has none that is newer
    confirm(first, 1, usher, at=clock(8, 30), seen_at=clock(8, 10))
    assert SeatConfirmation.objects.filter(block=1).latest("at").at == clock(8, 10)


def test_a_slow_line_does_not_turn_two_taps_of_one_phone_about(hall, usher):
    first = begin(hall, usher)
    late, entry = clock(7, 50), hall.entries["M2"].pk
    tap(hall, first, "M2", usher, at=late)  # 15 seconds under way
    tap(
        hall,
        first,
        "M2",
        usher,
        is_empty=False,
        at=late + dt.timedelta(seconds=2),
        seen_at=late - dt.timedelta(seconds=10),
    )
    assert confirm(first, 1, usher, empty=[], at=clock(7, 51)).empty == 0
    assert confirm(
        first, 1, usher, empty=[], at=clock(7, 52), seen_at=clock(7, 51) - dt.timedelta(seconds=10)
    ).empty == 0  # fmt: skip
    assert SeatTap.objects.filter(entry=entry).latest("pk").at == late


@pytest.mark.req("B-04")
def test_the_phone_says_when_a_seat_was_seen_and_the_server_when_that_was_written(as_user, cast):
    """Two clocks: a phone that claims to be two days late moves neither the log nor what a closed class takes."""
    made = make_class(cast, make_campaign(cast), PEOPLE, times=EVERY_HOUR)
    seated(cast, made, SEATS)
    client = as_user("organiser1")
    usher = cast.accounts["organiser1"]
    began = now()
    seat_round = actions.begin_round(made.session, made.venue, as_of=clock(0), number=1, by=usher, at=began)
    hour = 3600

    def send(nonce: str, ago: int):
        orders = [
            {"do": "tap", "nonce": f"t-{nonce}", "entry": made.entries["M2"].pk, "empty": True, "ago": ago},
            {"do": "confirm", "nonce": f"c-{nonce}", "block": 1, "empty": [made.entries["M2"].pk], "ago": ago - hour},
        ]
        answer = client.post(
            reverse("seats-tap", args=[made.study_class.pk]), json.dumps({"round_id": seat_round.pk, "orders": orders}),
            content_type="application/json",
        )  # fmt: skip
        return answer.json()["orders"]

    assert all(one["ok"] for one in send("late", 30 * hour))
    tapped, confirmed = SeatTap.objects.get(), SeatConfirmation.objects.get()
    assert abs(began - tapped.at - dt.timedelta(hours=30)) < dt.timedelta(minutes=5)
    assert abs(began - confirmed.at - dt.timedelta(hours=29)) < dt.timedelta(minutes=5)
    assert PresenceFact.objects.count() == 3
    assert all(fact.recorded_at >= began for fact in PresenceFact.objects.all())
    logged = AuditEvent.objects.filter(verb__in=["seats.confirmed", "roll.marked"])
    assert {one.verb for one in logged} == {"seats.confirmed", "roll.marked"}
    assert all(one.at >= began for one in logged)
    # A closed class whose time for corrections ended an hour ago: the server's clock says that it is over, no phone's.
    type(made.study_class).objects.filter(pk=made.study_class.pk).update(state=ClassState.CLOSED)
    RollReopening.objects.create(
        study_class=made.study_class, state=ReopeningState.OPEN, reason="Sót phiếu", asked_at=began, asked_by=usher,
        expires_at=began - dt.timedelta(hours=1),
    )  # fmt: skip
    assert [one["code"] for one in send("closed", 40 * hour)] == ["mark.class_closed"] * 2
    assert PresenceFact.objects.count() == 3


@pytest.mark.parametrize("has_round", [True, False])
def test_a_venue_whose_seats_were_gone_through_is_not_removed(cast, hall, usher, has_round):
    second = Venue.objects.create(study_class=hall.study_class, unit=cast.units["X1"], name="Điểm cầu 2")
    if has_round:
        SeatRound.objects.create(
            session=hall.session, venue=second, number=1, as_of=clock(7, 30), begun_at=clock(7, 45), begun_by=usher
        )
        with pytest.raises(Refusal) as refused:
            class_actions.remove_venue(second, by=cast.officer, at=clock(12))
        assert refused.value.code == "venue.has_facts"
        assert SeatRound.objects.filter(venue=second).exists()
    else:
        class_actions.remove_venue(second, by=cast.officer, at=clock(12))
    assert Venue.objects.filter(name="Điểm cầu 2").exists() == has_round


@pytest.mark.parametrize("is_today", [True, False])
def test_the_hall_stays_while_ushers_go_by_its_seats(as_user, cast, hall, usher, is_today):
    """A block that became another number between two taps would mark other people."""
    begin(hall, usher)
    seat_map = class_queries.seat_map_of(hall.venue)
    rebuilt = read_layout("A: 4\n\nB: 4", StageSide.TOP)
    class_actions.change_hall(seat_map.hall, name=seat_map.hall.name, layout=rebuilt, by=cast.officer, at=clock(8))
    if is_today:
        with pytest.raises(Refusal) as refused:
            class_actions.choose_hall(hall.venue, seat_map.hall, by=cast.officer, at=clock(8))
        assert refused.value.code == "seats.in_use"
        assert "Buổi sáng, lượt 1" in refused.value.sentence
    else:
        class_actions.choose_hall(hall.venue, seat_map.hall, by=cast.officer, at=clock(8) + dt.timedelta(days=1))
    after = class_queries.seat_map_of(hall.venue)
    assert (after.layout == seat_map.layout) is is_today
    assert Seat.objects.filter(seat_map=after).count() == len(PEOPLE)


# --- whose seats ------------------------------------------------------------------------------------------------------


@pytest.mark.req("B-04")
def test_the_usher_of_one_venue_sees_no_seat_of_another(as_user, cast):
    """X1 looks after one venue of the board's class, and asks for X2's by its number and by its round."""
    made = make_class(cast, make_campaign(cast, unit="T"), ["M1"], unit="T", times=EVERY_HOUR)
    venues, rounds = {}, {}
    for code, person in (("X1", "M2"), ("X2", "M10")):
        venues[code] = Venue.objects.create(
            study_class=made.study_class, unit=cast.units[code], name=f"Điểm cầu {code}"
        )
        made.entries[person] = add_entry(cast, made, person, venue=venues[code])
        seated(cast, replace(made, venue=venues[code]), {person: "A1"})
        rounds[code] = actions.begin_round(
            made.session, venues[code], as_of=clock(0), number=1, by=cast.officer, at=now()
        )
    client = as_user("organiser1")
    pk, foreign = made.study_class.pk, f"session={made.session.pk}&venue={venues['X2'].pk}"
    for name in ("seats", "seats-missing"):
        answer = client.get(f"{reverse(name, args=[pk])}?{foreign}")
        for secret in (cast.people["M10"].full_name, "Điểm cầu X2", cast.people["M1"].full_name):
            assert secret not in answer.content.decode(), name
        own = client.get(f"{reverse(name, args=[pk])}?session={made.session.pk}&venue={venues['X1'].pk}")
        assert cast.people["M2"].full_name in own.content.decode(), name
    assert client.get(f"{reverse('seats-missing', args=[pk])}?{foreign}").status_code == 404
    assert client.get(f"{reverse('seats-missing', args=[pk])}?{foreign}&format=xlsx").status_code == 404
    state = reverse("seats-state", args=[pk])
    assert client.get(f"{state}?round_id={rounds['X1'].pk}").status_code == 200
    assert client.get(f"{state}?round_id={rounds['X2'].pk}").status_code == 404
    given = {"session": made.session.pk, "venue": venues["X2"].pk, "number": 2, "hour": "00:00"}
    assert client.post(reverse("seats-begin", args=[pk]), given).status_code == 404
    order = {"round_id": rounds["X2"].pk, "nonce": "n", "do": f"empty:{made.entries['M10'].pk}"}
    assert client.post(reverse("seats-tap", args=[pk]), order).status_code == 404
    swap = {"round_id": rounds["X1"].pk, "nonce": "n", "entry": made.entries["M2"].pk, "sitter": made.entries["M10"].pk}
    assert client.post(reverse("seats-swap", args=[pk]), swap).status_code == 404
    assert not SeatTap.objects.exists()


def test_refusals(cast, hall, usher):
    with pytest.raises(Refusal, match="chưa tới"):
        begin(hall, usher, as_of=clock(9), at=clock(7, 45))
    with pytest.raises(Refusal, match="kết thúc"):
        begin(hall, usher, as_of=clock(11), at=clock(12))
    first = begin(hall, usher)
    with pytest.raises(Refusal, match="không có ai ngồi"):
        confirm(first, 9, usher)
    stranger = cast.accounts["organiser2"]
    with pytest.raises(Refusal, match="danh sách được giao"):
        tap(hall, first, "M1", stranger)
    class_actions.free_seat(class_queries.seat_map_of(hall.venue), "A1", by=cast.officer, at=clock(7, 40))
    with pytest.raises(Refusal, match="không có chỗ"):
        tap(hall, first, "M1", usher)


# --- pages ------------------------------------------------------------------------------------------------------------

EVERY_HOUR = ((dt.time(0, 0), dt.time(23, 59)),)


def crowd(cast, made, size: int) -> None:
    """So many people more on the roster, of one cell."""
    unit = cast.units["CB12"]
    people = Person.objects.bulk_create(
        [
            Person(
                code=f"H{number:04d}", full_name=f"Người Thứ {number:04d}", name_folded=f"nguoi thu {number:04d}",
                sort_key=f"{number:04d}", unit=unit,
            )
            for number in range(size)
        ]
    )  # fmt: skip
    RosterEntry.objects.bulk_create(
        [
            RosterEntry(study_class=made.study_class, venue=made.venue, person=person, unit=unit, origin="audience")
            for person in people
        ]
    )


@pytest.mark.req("B-04", "R-070")
def test_a_hall_of_300_is_marked_by_tapping_only_the_empty_seats(as_user, cast):
    made = make_class(cast, make_campaign(cast), ["M1", "M7"], times=EVERY_HOUR)
    crowd(cast, made, 298)
    hall = class_actions.add_hall(
        cast.units["X1"], name="Hội trường 300",
        layout=read_layout("A-H: 6 | 8 | 6\n\nI-O: 6 | 8 | 6", StageSide.TOP), by=cast.officer, at=clock(6),
    )  # fmt: skip
    class_actions.choose_hall(made.venue, hall, by=cast.officer, at=clock(6))
    seat_map = class_queries.seat_map_of(made.venue)
    assert not class_actions.fill_seats(seat_map, by=cast.officer, at=clock(6)).without
    client = as_user("organiser1")
    address = reverse("seats", args=[made.study_class.pk])
    given = {"session": made.session.pk, "venue": made.venue.pk, "number": 1, "hour": "00:00"}
    assert client.post(reverse("seats-begin", args=[made.study_class.pk]), given).status_code == 303
    with CaptureQueriesContext(connection) as asked:
        page = client.get(address).content.decode()
    assert page.count("data-seat=") == 300
    assert len(asked) <= 24, len(asked)
    seat_round = reads.seat_rounds(made.session, made.venue)[0]
    empty = list(Seat.objects.filter(seat_map=seat_map).order_by("pk").values_list("entry_id", flat=True)[::50])
    orders = [{"do": "tap", "nonce": f"tap-{key}", "entry": key, "empty": True, "ago": 3} for key in empty]
    register = reads.seat_register(seat_map, queries.roll(made.study_class, made.venue, made.session), None)
    for block in register.blocks:
        mine = [cell.row.entry_id for cell in block.cells if cell.row.entry_id in empty]
        orders.append(
            {"do": "confirm", "nonce": f"ok-{block.block.number}", "block": block.block.number, "empty": mine}
        )
    body = {"round_id": seat_round.pk, "orders": orders}
    for _twice in (1, 2):  # the answer was lost, the phone sends all again
        answer = client.post(
            reverse("seats-tap", args=[made.study_class.pk]), json.dumps(body), content_type="application/json"
        )
        assert all(one["ok"] for one in answer.json()["orders"])
    roll = queries.roll(made.study_class, made.venue, made.session)
    assert (roll.came, roll.absent) == (294, 6)
    assert PresenceFact.objects.count() == 300
    missing = reads.missing_by_unit(made.venue, roll)
    assert sum(len(unit.missing) for unit in missing) == 6
    assert f"{roll.came}" in client.get(address).content.decode()
    told = client.get(
        reverse("seats-missing", args=[made.study_class.pk]) + f"?session={made.session.pk}&venue={made.venue.pk}"
    )
    assert told.context["missing_count"] == 6
    sheet = client.get(told.wsgi_request.get_full_path() + "&format=xlsx")
    assert sheet.status_code == 200
    state = client.get(reverse("seats-state", args=[made.study_class.pk]) + f"?round_id={seat_round.pk}").json()
    assert len(state["seats"]) == 6
    assert all(done for done, _said in state["blocks"].values())


def test_the_register_works_by_forms_alone(as_user, cast):
    made = make_class(cast, make_campaign(cast), PEOPLE, times=EVERY_HOUR)
    client = as_user("organiser1")
    address = reverse("seats", args=[made.study_class.pk])
    assert "chưa xếp chỗ" in client.get(address).content.decode()
    seated(cast, made, SEATS)
    given = {"session": made.session.pk, "venue": made.venue.pk, "number": 1, "hour": "00:00"}
    client.post(reverse("seats-begin", args=[made.study_class.pk]), given)
    seat_round = reads.seat_rounds(made.session, made.venue)[0]
    one = made.entries["M2"].pk
    order = reverse("seats-tap", args=[made.study_class.pk])
    client.post(order, {"round_id": seat_round.pk, "nonce": "n1", "do": f"empty:{one}"})
    page = client.get(address).content.decode()
    assert f'value="taken:{one}"' in page
    client.post(order, {"round_id": seat_round.pk, "nonce": "n1", "do": "confirm:1", "empty-1": ""})
    assert not PresenceFact.objects.exists()  # the page was older than the tap
    client.post(order, {"round_id": seat_round.pk, "nonce": "n2", "do": "confirm:1", "empty-1": str(one)})
    assert standings(made)["M2"] == Standing.ABSENT
    found = client.get(address + f"?entry={made.entries['M1'].pk}&q=m2").content.decode()
    assert cast.people["M2"].full_name in found
    swap = {"round_id": seat_round.pk, "nonce": "n3", "entry": made.entries["M1"].pk, "sitter": one}
    assert client.post(reverse("seats-swap", args=[made.study_class.pk]), swap).status_code == 303
    assert Seat.objects.get(entry=one).number == 1
    stranger = as_user("organiser2")
    for name in ("seats", "seats-missing"):
        assert stranger.get(reverse(name, args=[made.study_class.pk])).status_code == 404
    assert stranger.post(order, {"round_id": seat_round.pk, "do": f"empty:{one}"}).status_code == 404


def test_cards_are_printed_in_the_order_of_the_seats(as_user, cast):
    made = make_class(cast, make_campaign(cast), PEOPLE, times=EVERY_HOUR)
    seated(cast, made, {**SEATS, "M1": "B2", "M7": "A1"})
    client = as_user("organiser1")
    where = f"?session={made.session.pk}&venue={made.venue.pk}&order=seat"
    page = client.get(reverse("code-cards", args=[made.study_class.pk]) + where).content.decode()
    key = keys()[0]
    places = [page.index(codes.personal_code(key, made.entries[one].pk)) for one in ("M7", "M2", "M3", "M6", "M1")]
    assert places == sorted(places)
    assert "Ghế B2" in page
