"""Who sits where: the only writer of the seats of a venue."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from django.db.models import QuerySet

from quantriet.audit.actions import record, record_many
from quantriet.classes import queries
from quantriet.classes.actions.guards import roster_in
from quantriet.classes.models import Hall, RosterEntry, Seat, SeatBlock, SeatMap, Venue
from quantriet.classes.rules import seat_maps as rules
from quantriet.classes.rules.halls import Layout, Spot, from_json
from quantriet.classes.vocab import RUNNING_STATES, SEATS_IN_USE
from quantriet.kit.refusal import Refusal, Refusals
from quantriet.org.models import Account, Person, Unit


def choose_hall(venue: Venue, hall: Hall, *, by: Account | None, at: datetime) -> int:
    """Give a venue the seats of a hall, as they are now; chosen again, it takes over what was changed in the hall.

    Who sits on a seat that the hall still has keeps it; the others stand without a seat. Returns how many blocks are no
    longer kept for a unit: those the hall has no more, and all of them when its blocks are cut or counted otherwise, for a
    number then stands for other seats. Refuses a venue whose seats ushers go by today.
    """
    study_class = venue.study_class
    with roster_in(study_class, *RUNNING_STATES):
        _refuse_in_use(venue, at)
        old = SeatMap.objects.filter(venue=venue).first()
        seat_map, _made = SeatMap.objects.update_or_create(
            venue=venue,
            defaults={"hall": hall, "hall_name": hall.name, "layout": hall.layout, "changed_at": at},
        )
        layout = from_json(seat_map.layout)
        gone = [one for one in Seat.objects.filter(seat_map=seat_map) if Spot(one.row, one.number) not in layout.known]
        _label({one.entry_id: None for one in gone if one.entry_id})
        Seat.objects.filter(pk__in=[one.pk for one in gone]).delete()
        blocks = SeatBlock.objects.filter(seat_map=seat_map)
        if old is None or rules.same_blocks(from_json(old.layout), layout):
            blocks = blocks.filter(number__gt=len(layout.blocks))
        given_up, _rows_of = blocks.delete()
        record(
            "seats.hall_chosen", by=by, at=at, thing=study_class, unit=study_class.unit,
            after={"venue": venue.name, "hall": hall.name, "seats": hall.seats},
        )  # fmt: skip
    return given_up


def fill_seats(seat_map: SeatMap, *, anew: bool = False, by: Account | None, at: datetime) -> rules.Seated:
    """Seat everybody of the venue; who has a seat that still holds keeps it, unless all is begun `anew`.

    Effects: seats, the seat in the list of the class, audit "seats.filled". Basis: R-070.
    """
    venue = seat_map.venue
    with roster_in(venue.study_class, *RUNNING_STATES):
        plan = queries.seating(seat_map)
        done = rules.seat(
            plan.layout,
            plan.sitters,
            now={} if anew else plan.places,
            free=plan.kept_free,
            blocks={block.number: block.unit_id for block in plan.blocks},
        )
        before = plan.places
        moved = tuple(sorted(key for key, spot in done.places.items() if before.get(key) not in (None, spot)))
        done = rules.Seated(done.places, done.without, moved)
        _write(seat_map, before, {**dict.fromkeys(before), **done.places}, at)
        record(
            "seats.filled", by=by, at=at, thing=venue.study_class, unit=venue.study_class.unit,
            after={"venue": venue.name, "seated": len(done.places), "moved": len(moved), "without": len(done.without)},
        )  # fmt: skip
    return done


def move_seat(seat_map: SeatMap, first: str, second: str, *, by: Account | None, at: datetime) -> str:
    """Let two seats change what is on them: a person moves to an empty seat, two people change places. Says what was done."""
    with roster_in(seat_map.venue.study_class, *RUNNING_STATES):
        layout = from_json(seat_map.layout)
        one, other = _spot(layout, first), _spot(layout, second)
        if one == other:
            raise Refusal("seats.same", f"Hai ghế đều là {one.code}; hãy chọn ghế khác.")
        rows = {Spot(row.row, row.number): row for row in _rows(seat_map).filter(row__in=[one.row, other.row])}
        kept = [spot for spot in (one, other) if spot in rows and rows[spot].is_kept_free]
        if kept:
            raise Refusal(
                "seats.kept_free", f"Ghế {kept[0].code} đang giữ trống; hãy thôi giữ trước khi xếp người vào."
            )
        people = {spot: rows[spot].entry for spot in (one, other) if spot in rows}
        if not any(people.values()):
            raise Refusal("seats.empty", f"Ghế {one.code} và {other.code} đều chưa có ai.")
        before = {entry.pk: spot for spot, entry in people.items() if entry}
        after: dict[int, Spot | None] = {key: other if spot == one else one for key, spot in before.items()}
        _write(seat_map, before, after, at)
        _tell_moves(seat_map, before, after, by, at)
        names = {spot: entry.person.full_name for spot, entry in people.items() if entry}
    if len(names) == 2:
        return f"Đã đổi chỗ {names[one]} ({other.code}) và {names[other]} ({one.code})."
    ((spot, name),) = names.items()
    return f"{name} ngồi ghế {(other if spot == one else one).code}."


def give_seat(seat_map: SeatMap, entry: RosterEntry, code: str, *, by: Account | None, at: datetime) -> str:
    """Put somebody of the venue on an empty seat. Refuses who is of another venue, and a seat that is taken or kept free."""
    with roster_in(seat_map.venue.study_class, *RUNNING_STATES):
        spot = _spot(from_json(seat_map.layout), code)
        entry.refresh_from_db(fields=["venue"])
        if entry.venue_id != seat_map.venue_id:
            raise Refusal("seats.other_venue", f"{entry.person.full_name} không thuộc {seat_map.venue.name}.")
        row = _rows(seat_map).filter(row=spot.row, number=spot.number).first()
        if row is not None:
            raise Refusal(
                "seats.taken",
                f"Ghế {spot.code} đang giữ trống; hãy thôi giữ trước khi xếp người vào."
                if row.entry is None
                else f"Ghế {spot.code} đã có {row.entry.person.full_name}; chọn ghế ấy trước rồi đổi chỗ.",
            )
        before = _places(seat_map, [entry.pk])
        after: dict[int, Spot | None] = {entry.pk: spot}
        _write(seat_map, before, after, at)
        _tell_moves(seat_map, before, after, by, at)
    return f"{entry.person.full_name} ngồi ghế {spot.code}."


def free_seat(seat_map: SeatMap, code: str, *, by: Account | None, at: datetime) -> str:
    """Take whoever sits there off the seat; an empty seat stays empty."""
    with roster_in(seat_map.venue.study_class, *RUNNING_STATES):
        spot = _spot(from_json(seat_map.layout), code)
        row = _rows(seat_map).filter(row=spot.row, number=spot.number, entry__isnull=False).first()
        if row is None or row.entry is None:
            raise Refusal("seats.empty", f"Ghế {spot.code} chưa có ai.")
        before = {row.entry.pk: spot}
        _write(seat_map, before, {row.entry.pk: None}, at)
        _tell_moves(seat_map, before, {row.entry.pk: None}, by, at)
    return f"{row.entry.person.full_name} chưa có chỗ; ghế {spot.code} để trống."


def keep_free(seat_map: SeatMap, code: str, *, is_kept: bool, by: Account | None, at: datetime) -> None:
    """Keep an empty seat free, so that nobody is seated there; or no longer."""
    with roster_in(seat_map.venue.study_class, *RUNNING_STATES):
        spot = _spot(from_json(seat_map.layout), code)
        row = _rows(seat_map).filter(row=spot.row, number=spot.number).first()
        if is_kept and row is not None and row.entry is not None:
            raise Refusal(
                "seats.taken", f"Ghế {spot.code} đã có {row.entry.person.full_name}; hãy chuyển người ấy đi trước."
            )
        if is_kept == (row is not None):
            return
        if row is None:
            Seat.objects.create(seat_map=seat_map, row=spot.row, number=spot.number, is_kept_free=True)
        else:
            row.delete()
        _touch(seat_map, at)
        study_class = seat_map.venue.study_class
        record(
            "seats.kept_free", by=by, at=at, thing=study_class, unit=study_class.unit,
            after={"venue": seat_map.venue.name, "seat": spot.code, "kept": is_kept},
        )  # fmt: skip


def keep_block(seat_map: SeatMap, number: int, unit: Unit | None, *, by: Account | None, at: datetime) -> None:
    """Keep a block for one unit, or for nobody. Who sits there already is moved only by the next filling."""
    with roster_in(seat_map.venue.study_class, *RUNNING_STATES):
        block = next((one for one in from_json(seat_map.layout).blocks if one.number == number), None)
        if block is None:
            raise Refusal("seats.no_block", f"Hội trường không có khối {number}.")
        if unit is None:
            SeatBlock.objects.filter(seat_map=seat_map, number=number).delete()
        else:
            SeatBlock.objects.update_or_create(seat_map=seat_map, number=number, defaults={"unit": unit})
        _touch(seat_map, at)
        study_class = seat_map.venue.study_class
        record(
            "seats.block_kept", by=by, at=at, thing=study_class, unit=study_class.unit,
            after={"venue": seat_map.venue.name, "block": number, "for": unit.name if unit else ""},
        )  # fmt: skip


def take_listed_seats(seat_map: SeatMap, listed: Mapping[int, str], *, by: Account | None, at: datetime) -> int:
    """Seat people as a list made elsewhere says (roster line → seat); returns how many sit elsewhere than before.

    All or nothing. Whoever sat on a seat that the list gives to somebody else, and is not in it, stands without one.
    """
    with roster_in(seat_map.venue.study_class, *RUNNING_STATES):
        layout = from_json(seat_map.layout)
        rows = list(_rows(seat_map))
        kept = {Spot(row.row, row.number) for row in rows if row.is_kept_free}
        here = set(RosterEntry.objects.filter(venue=seat_map.venue_id).values_list("pk", flat=True))
        before = {row.entry_id: Spot(row.row, row.number) for row in rows if row.entry_id}
        after: dict[int, Spot | None] = {}
        refusals = []
        for entry, code in listed.items():
            spot = layout.find(code)
            if entry not in here:
                refusals.append(Refusal("seats.other_venue", "Có người không còn trong danh sách điểm cầu này."))
            elif spot is None:
                refusals.append(Refusal("seats.unknown", f"Hội trường không có ghế “{code[:12]}”."))
            elif spot in kept:
                refusals.append(Refusal("seats.kept_free", f"Ghế {spot.code} đang giữ trống."))
            elif spot in after.values():
                refusals.append(Refusal("seats.twice", f"Ghế {spot.code} xếp cho hai người."))
            else:
                after[entry] = spot
        if refusals:
            raise refusals[0] if len(refusals) == 1 else Refusals(refusals)
        given = set(after.values())
        for sitting, spot in before.items():
            if sitting not in after and spot in given:
                after[sitting] = None
        changed = {key: spot for key, spot in after.items() if before.get(key) != spot}
        _write(seat_map, before, changed, at)
        study_class = seat_map.venue.study_class
        record(
            "seats.listed", by=by, at=at, thing=study_class, unit=study_class.unit,
            after={"venue": seat_map.venue.name, "seated": len(listed), "moved": len(changed)},
        )  # fmt: skip
    return len(changed)


def _refuse_in_use(venue: Venue, at: datetime) -> None:
    for room in SEATS_IN_USE:
        why = SEATS_IN_USE[room](venue.pk, at)
        if why:
            raise Refusal("seats.in_use", why)


def leave_seats(entries: Iterable[int]) -> None:
    """Take people off their seats who leave their venue; called inside the transaction that moves them."""
    keys = list(entries)
    for start in range(0, len(keys), 500):
        part = keys[start : start + 500]
        Seat.objects.filter(entry__in=part).delete()
        RosterEntry.objects.filter(pk__in=part).exclude(seat="").update(seat="")


# --- writing ----------------------------------------------------------------------------------------------------


def _rows(seat_map: SeatMap) -> QuerySet[Seat]:
    return Seat.objects.filter(seat_map=seat_map).select_related("entry__person")


def _places(seat_map: SeatMap, entries: Iterable[int]) -> dict[int, Spot]:
    rows = Seat.objects.filter(seat_map=seat_map, entry__in=list(entries))
    return {row.entry_id: Spot(row.row, row.number) for row in rows if row.entry_id}


def _spot(layout: Layout, code: str) -> Spot:
    spot = layout.find(code)
    if spot is None:
        raise Refusal("seats.unknown", f"Hội trường không có ghế “{code[:12]}”, hoặc ghế ấy không dùng.", field="seat")
    return spot


def _write(seat_map: SeatMap, before: Mapping[int, Spot], after: Mapping[int, Spot | None], at: datetime) -> None:
    """Bring the rows of these people from `before` to `after`; who sits where already is left alone."""
    changed = {key: spot for key, spot in after.items() if before.get(key) != spot}
    if not changed:
        return
    keys = list(changed)
    for start in range(0, len(keys), 500):  # off first: a seat that two change is never held by both
        Seat.objects.filter(seat_map=seat_map, entry__in=keys[start : start + 500]).delete()
    Seat.objects.bulk_create(
        [
            Seat(seat_map=seat_map, row=spot.row, number=spot.number, entry_id=key)
            for key, spot in changed.items()
            if spot is not None
        ],
        batch_size=500,
    )
    _label(changed)
    _touch(seat_map, at)


def _label(places: Mapping[int, Spot | None]) -> None:
    """The seat as it stands in the list of the class and on cards."""
    RosterEntry.objects.bulk_update(
        [RosterEntry(pk=key, seat=spot.code if spot else "") for key, spot in places.items()], ["seat"], batch_size=300
    )


def _touch(seat_map: SeatMap, at: datetime) -> None:
    SeatMap.objects.filter(pk=seat_map.pk).update(changed_at=at)


def _tell_moves(
    seat_map: SeatMap,
    before: Mapping[int, Spot],
    after: Mapping[int, Spot | None],
    by: Account | None,
    at: datetime,
) -> None:
    study_class = seat_map.venue.study_class
    people = {
        key: Person(pk=person, full_name=name)
        for key, person, name in RosterEntry.objects.filter(pk__in=list(after)).values_list(
            "pk", "person_id", "person__full_name"
        )
    }
    record_many(
        "seats.moved", by=by, at=at,
        lines=[
            (
                people[key], study_class.unit,
                {"seat": before[key].code} if key in before else {},
                {"seat": spot.code if spot else "", "class": study_class.title},
            )
            for key, spot in after.items()
        ],
    )  # fmt: skip
