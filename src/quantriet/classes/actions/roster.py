"""Who sits in which class: nobody in two running ones (B-02)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import ProtectedError, Q, QuerySet, RestrictedError

from quantriet.audit.actions import record
from quantriet.campaigns import actions as campaign_actions
from quantriet.campaigns.models import StudyDuty
from quantriet.campaigns.vocab import ATTEND, DutyState
from quantriet.classes import queries
from quantriet.classes.actions.guards import refuse_over_capacity, roster_in
from quantriet.classes.actions.seat_maps import leave_seats
from quantriet.classes.models import RosterEntry, StudyClass, Venue
from quantriet.classes.rules import seating
from quantriet.classes.vocab import (
    RUNNING_STATES,
    ClassState,
    Filling,
    RosterOrigin,
)
from quantriet.kit import text
from quantriet.kit.db import rows_were_written
from quantriet.kit.refusal import Refusal
from quantriet.org.models import Account, Person, Unit
from quantriet.org.rules.secrecy import refuse_if_marked


def fill_roster(
    study_class: StudyClass,
    *,
    by: Account | None,
    at: datetime,
    units: Sequence[Unit] | None = None,
    tier: str | None = None,
) -> Filling:
    """Call everybody under `units` who owes the study and is in no running class, whole cells together.

    `units` are by default the organiser's; `tier` is by default the tier of the class, "" means every tier. People already
    on the roster as guests get their duty written beside them. Cells for which there is no room stay out and are named.
    Two fillings at once never place one person twice (B-02). Effects: roster lines, audit "roster.filled".
    """
    wanted = tier if tier is not None else study_class.tier
    with roster_in(study_class, *RUNNING_STATES):
        adopt_guests(study_class)
        duties = queries.placed(study_class.campaign, "none").filter(queries.under(units or [study_class.unit]))
        other_tier = 0
        if wanted:
            other_tier = duties.exclude(tier=wanted).count()
            duties = duties.filter(tier=wanted)
        cells: dict[int, list[tuple[int, int]]] = {}
        paths: dict[int, str] = {}
        for pk, person_id, unit_id, path in duties.order_by("unit__path", "person__sort_key", "pk").values_list(
            "pk", "person_id", "unit_id", "unit__path"
        ):
            cells.setdefault(unit_id, []).append((pk, person_id))
            paths[unit_id] = path
        rooms = [
            seating.Room(one.venue.pk, one.venue.unit.path, one.capacity, one.free)
            for one in queries.capacity(study_class)
        ]
        plan = seating.spread([seating.Group(key, paths[key], len(cells[key])) for key in cells], rooms)
        filling = seat_cells(
            study_class,
            [(placing, cells[placing.unit_id][: placing.count]) for placing in plan],
            {key: len(people) for key, people in cells.items()},
            by=by,
            at=at,
            units=units or [],
        )
    return Filling(filling.added, filling.left_out, filling.left_units, other_tier)


def seat_cells(
    study_class: StudyClass,
    plan: Sequence[tuple[seating.Placing, Sequence[tuple[int, int]]]],
    everybody: Mapping[int, int],
    *,
    by: Account | None,
    at: datetime,
    units: Sequence[Unit],
) -> Filling:
    """Write the lines of a seating: each placing with its people as (duty, person); inside the lock on the rosters.

    `everybody` says how many of each cell were to be seated; who was not is told by cell.
    """
    lines = [
        RosterEntry(
            study_class=study_class, venue_id=placing.room, person_id=person_id, unit_id=placing.unit_id,
            duty_id=duty_id, origin=RosterOrigin.AUDIENCE,
        )
        for placing, people in plan
        for duty_id, person_id in people
    ]  # fmt: skip
    before = study_class.roster.count()
    # A conflict is a person who was placed elsewhere meanwhile; the constraint keeps the first line.
    RosterEntry.objects.bulk_create(lines, batch_size=500, ignore_conflicts=True)
    rows_were_written(RosterEntry, len(lines))
    added = study_class.roster.count() - before
    taken: Counter[int] = Counter()
    for placing, people in plan:
        taken[placing.unit_id] += len(people)
    left = {key: count - taken[key] for key, count in everybody.items() if count > taken[key]}
    names = tuple(queries.unit_words(study_class.unit_id, unit) for unit in _cells(left))
    if added:
        record(
            "roster.filled", by=by, at=at, thing=study_class, unit=study_class.unit,
            after={"added": added, "left_out": sum(left.values()), "units": [unit.name for unit in units]},
        )  # fmt: skip
    return Filling(added, sum(left.values()), names)


def _cells(keys: Iterable[int]) -> QuerySet[Unit]:
    return Unit.objects.filter(pk__in=list(keys)).select_related("parent").order_by("path")


def adopt_guests(study_class: StudyClass) -> None:
    """Write the duty beside people who were called before they owed anything; what they attended already counts for it."""
    guests = list(study_class.roster.filter(duty__isnull=True, is_running=True))
    if not guests:
        return
    duties = {
        duty.person_id: duty.pk
        for duty in StudyDuty.objects.filter(
            campaign_id=study_class.campaign_id, kind=ATTEND, person__in=[guest.person_id for guest in guests]
        ).exclude(Q(roster_entries__is_running=True))
    }
    for guest in guests:
        guest.duty_id = duties.get(guest.person_id)
    adopted = [guest for guest in guests if guest.duty_id]
    if adopted:
        RosterEntry.objects.bulk_update(adopted, ["duty"], batch_size=500)
        campaign_actions.rejudge_duties(study_class.campaign, ATTEND, event_id=study_class.pk)


def add_to_roster(
    study_class: StudyClass,
    *,
    by: Account | None,
    at: datetime,
    duty: StudyDuty | None = None,
    person: Person | None = None,
    venue: Venue | None = None,
    origin: str = RosterOrigin.HAND,
    reason: str = "",
) -> RosterEntry:
    """Call one person, by duty or by name; somebody without the duty comes as a guest.

    Refuses whoever is exempt, is on this roster already or sits in another running class for the same duty (B-02), and a
    full hall of a released class (R-043). Effects: the line, audit "roster.added" with the reason.
    """
    refuse_if_marked(reason, "lý do")
    reason = text.squeeze(reason)
    if duty is None and person is not None:
        duty = StudyDuty.objects.filter(campaign_id=study_class.campaign_id, kind=ATTEND, person=person).first()
    if person is None:
        if duty is None:
            raise ValueError("add_to_roster needs a duty or a person")
        person = duty.person
    if duty is not None and duty.state == DutyState.EXEMPT:
        raise Refusal(
            "roster.exempt", f"Đồng chí {person.full_name} được miễn học trong đợt này nên không có trong danh sách lớp.",
            field="person",
        )  # fmt: skip
    with roster_in(study_class, *RUNNING_STATES):
        venue = venue or study_class.venues.get(is_main=True)
        if study_class.roster.filter(person=person).exists():
            raise Refusal(
                "roster.already_here", f"Đồng chí {person.full_name} đã có trong danh sách lớp.", field="person"
            )
        other = (
            RosterEntry.objects.filter(duty=duty, is_running=True).select_related("study_class").first()
            if duty
            else None
        )
        if other is not None:
            raise _placed_elsewhere(person, other.study_class.title)
        if study_class.state == ClassState.RELEASED:
            refuse_over_capacity(venue, more=1)
        try:
            with transaction.atomic():
                entry = RosterEntry.objects.create(
                    study_class=study_class, venue=venue, person=person, unit=person.unit, duty=duty, origin=origin
                )
        except IntegrityError:
            raise _placed_elsewhere(person, "lớp khác")
        record(
            "roster.added", by=by, at=at, thing=study_class, unit=study_class.unit, person_id=person.pk,
            after={"person": person.full_name, "venue": venue.name, "reason": reason, "origin": origin},
        )  # fmt: skip
    return entry


@dataclass(frozen=True)
class Called:
    """What calling many people at once came to, by names for the page."""

    added: int
    already: tuple[str, ...] = ()
    elsewhere: tuple[str, ...] = ()
    exempt: tuple[str, ...] = ()


def call_people(
    study_class: StudyClass,
    *,
    by: Account | None,
    at: datetime,
    people: Iterable[Person],
    venue: Venue | None = None,
    reason: str = "",
    origin: str = RosterOrigin.HAND,
) -> Called:
    """Call many people by name in few statements; who is here, elsewhere or exempt is left out and told.

    Refuses when the hall of a released class would be overfilled (R-043). Effects: lines, audit "roster.added".
    """
    refuse_if_marked(reason, "lý do")
    reason = text.squeeze(reason)
    wanted = {person.pk: person for person in people}
    with roster_in(study_class, *RUNNING_STATES):
        venue = venue or study_class.venues.get(is_main=True)
        duties = {
            duty.person_id: duty
            for duty in StudyDuty.objects.filter(campaign_id=study_class.campaign_id, kind=ATTEND, person_id__in=wanted)
        }
        here = set(study_class.roster.filter(person_id__in=wanted).values_list("person_id", flat=True))
        exempt = {key for key, duty in duties.items() if duty.state == DutyState.EXEMPT} - here
        running = RosterEntry.objects.filter(duty__in=duties.values(), is_running=True)
        elsewhere = set(running.values_list("person_id", flat=True)) - here - exempt
        new = [person for key, person in wanted.items() if key not in here | exempt | elsewhere]
        if study_class.state == ClassState.RELEASED:
            refuse_over_capacity(venue, more=len(new))
        RosterEntry.objects.bulk_create(
            [
                RosterEntry(
                    study_class=study_class, venue=venue, person=person, unit_id=person.unit_id,
                    duty=duties.get(person.pk), origin=origin,
                )
                for person in new
            ],
            batch_size=500,
        )  # fmt: skip
        if new:
            record(
                "roster.added", by=by, at=at, thing=study_class, unit=study_class.unit,
                after={"people": [person.full_name for person in new[:200]], "added": len(new), "venue": venue.name, "reason": reason},
            )  # fmt: skip

    def names(keys: Iterable[int]) -> tuple[str, ...]:
        return tuple(wanted[key].full_name for key in keys)

    return Called(len(new), names(here), names(elsewhere), names(exempt))


def _placed_elsewhere(person: Person, title: str) -> Refusal:
    return Refusal(
        "roster.placed_elsewhere",
        f"Đồng chí {person.full_name} đã có trong “{title}”; mỗi người chỉ ở một lớp của đợt học tập.",
        field="person",
    )


def remove_many_from_roster(
    entries: Iterable[RosterEntry], study_class: StudyClass, *, by: Account | None, at: datetime, reason: str
) -> int:
    """Take many people off a roster, all or none.

    Refuses without a reason, once any of them was marked, and whoever asked to be excused: that is evidence and stays.
    """
    refuse_if_marked(reason, "lý do")
    reason = text.squeeze(reason)
    if not reason:
        raise Refusal("roster.reason_missing", "Hãy ghi lý do đưa ra khỏi danh sách.", field="reason")
    with roster_in(study_class, *RUNNING_STATES):
        rows = study_class.roster.filter(pk__in=[entry.pk for entry in entries])
        lines = dict(rows.values_list("pk", "person__full_name"))
        _remove_lines(study_class, lines, by=by, at=at, reason=reason)
    return len(lines)


def _remove_lines(
    study_class: StudyClass, lines: Mapping[int, str], *, by: Account | None, at: datetime, reason: str
) -> None:
    """Delete roster lines, keys with the names of their people, all or none; inside the lock on the rosters."""
    keys = list(lines)
    try:
        with transaction.atomic():
            for start in range(0, len(keys), 500):
                study_class.roster.filter(pk__in=keys[start : start + 500]).delete()
    except ProtectedError:
        raise Refusal("roster.marked", "Có người đã được điểm danh nên không bỏ khỏi danh sách được.")
    except RestrictedError:
        raise Refusal(
            "roster.excused",
            "Có người đã ghi xin vắng ở lớp này nên giữ trong danh sách; vắng thì xếp học bù sau khi chốt điểm danh.",
        )
    if lines:
        record(
            "roster.removed", by=by, at=at, thing=study_class, unit=study_class.unit,
            before={"people": list(lines.values())[:200]}, after={"removed": len(lines), "reason": reason},
        )  # fmt: skip


def remove_uncalled(
    study_class: StudyClass, is_called: Callable[[int], bool], *, by: Account | None, at: datetime, reason: str
) -> tuple[int, dict[str, int]]:
    """Take off a roster those from the audience whom its rules call no longer; inside the lock on the rosters.

    Whoever was added by hand or for catching up stays without a word. Who stays of the others is counted by why: the class
    is released, or a mark, an excuse, a seat, a part in the class or a summons rests on the line. Effects: lines, audit
    "roster.removed". Returns how many went, and who stays.
    """
    removed: dict[int, str] = {}
    stay: Counter[str] = Counter()
    for line in queries.lines_resting(study_class).filter(origin=RosterOrigin.AUDIENCE):
        if is_called(line["person_id"]):
            continue
        why = "vì hội nghị đã chốt" if study_class.state == ClassState.RELEASED else queries.why_line_stays(line)
        if why:
            stay[why] += 1
        else:
            removed[line["pk"]] = line["person__full_name"]
    _remove_lines(study_class, removed, by=by, at=at, reason=reason)
    return len(removed), dict(stay)


def move_to_venue(entries: Iterable[RosterEntry], venue: Venue, *, by: Account | None, at: datetime) -> int:
    """Seat people of a class at another of its venues; returns how many moved. A released class is not overfilled."""
    study_class = venue.study_class
    keys = [entry.pk for entry in entries]
    with roster_in(study_class, *RUNNING_STATES):
        rows = RosterEntry.objects.filter(pk__in=keys, study_class=study_class).exclude(venue=venue)
        more = rows.filter(queries.seated("")).count()
        if study_class.state == ClassState.RELEASED:
            refuse_over_capacity(venue, more=more)
        leave_seats(list(rows.values_list("pk", flat=True)))
        moved = rows.update(venue=venue)
        if moved:
            record(
                "roster.moved",
                by=by,
                at=at,
                thing=study_class,
                unit=study_class.unit,
                after={"venue": venue.name, "people": moved},
            )
    return moved
