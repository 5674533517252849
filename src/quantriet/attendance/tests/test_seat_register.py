"""The seat plan as register: taps, confirmations, two ushers, a later moment, a wrong seat, and the hall of 300."""

import datetime as dt
import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from quantriet.attendance import actions, queries
from quantriet.attendance.models import PresenceFact, SeatConfirmation, SeatTap
from quantriet.attendance.queries import seat_rounds as reads
from quantriet.attendance.rules import codes
from quantriet.attendance.rules.minutes import Fact, SessionTime
from quantriet.attendance.rules.seat_rounds import seen
from quantriet.attendance.tests.factories import clock, make_campaign, make_class
from quantriet.attendance.vocab import FactKind, Method, Standing
from quantriet.attendance.web.check_in import keys
from quantriet.classes import actions as class_actions
from quantriet.classes import queries as class_queries
from quantriet.classes.models import RosterEntry, Seat
from quantriet.classes.rules.halls import read_layout
from quantriet.classes.vocab import StageSide
from quantriet.kit.refusal import Refusal
from quantriet.org.models import Person

pytestmark = pytest.mark.django_db
PEOPLE = ["M1", "M2", "M3", "M6", "M7"]
SEATS = {"M1": "A1", "M2": "A2", "M3": "A3", "M6": "A4", "M7": "B1"}


def seated(cast, made, seats: dict[str, str], typed: str = "A: 2 | 2\nB: 2 | 2"):
    hall = class_actions.add_hall(
        cast.units["X1"], name="Hội trường", layout=read_layout(typed, StageSide.TOP), by=cast.officer, at=clock(6)
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


def tap(hall, seat_round, person: str, usher, *, is_empty: bool = True, nonce: str = "", at=None):
    nonce = nonce or f"t{SeatTap.objects.count()}"
    return actions.tap_seat(
        seat_round, hall.entries[person].pk, is_empty=is_empty, nonce=nonce, by=usher, at=at or clock(7, 46)
    )


def confirm(seat_round, block: int, usher, *, nonce: str = "", empty=None, at=None):
    nonce = nonce or f"c{SeatConfirmation.objects.count()}"
    return actions.confirm_block(seat_round, block, empty=empty, nonce=nonce, by=usher, at=at or clock(7, 47))


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
    assert (found.fact.kind if found.fact else None) == kind
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
    assert found.fact is None
    assert found.question


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
