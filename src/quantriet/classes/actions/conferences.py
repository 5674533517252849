"""Conferences with many venues: opened to the units below, which add and prepare their own venues; who is called to which."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from quantriet.audit.actions import changes, record, record_many
from quantriet.campaigns import queries as campaign_queries
from quantriet.campaigns.models import StudyCampaign, StudyDuty
from quantriet.campaigns.vocab import ATTEND, DutyState, StudyForm
from quantriet.classes.actions.guards import class_in, roster_in
from quantriet.classes.actions.lifecycle import add_class
from quantriet.classes.actions.roster import adopt_guests, remove_uncalled, seat_cells
from quantriet.classes.actions.venues import add_venue, remove_venue, venue_texts
from quantriet.classes.models import (
    Facility,
    OnlineConference,
    RosterEntry,
    StudyClass,
    Venue,
    VenueAudience,
    VenueReadiness,
)
from quantriet.classes.queries import conferences as queries
from quantriet.classes.queries.placements import placed, under
from quantriet.classes.queries.seats import capacity, seated
from quantriet.classes.queries.venue_lists import ListedVenue
from quantriet.classes.rules import seating
from quantriet.classes.vocab import (
    CONFERENCE_KIND,
    DEFAULT_EQUIPMENT,
    RUNNING_STATES,
    EquipmentKind,
    Filling,
    SeatPlace,
)
from quantriet.kit import text
from quantriet.kit.jobs import enqueue
from quantriet.kit.numbers import show_number
from quantriet.kit.refusal import Refusal
from quantriet.kit.time import local, show_day, show_moment
from quantriet.notify import actions as notify_actions
from quantriet.notify import queries as notify_queries
from quantriet.org.models import Account, Unit
from quantriet.org.rules.secrecy import refuse_if_marked

TELL_OPENED_JOB = "quantriet.classes.jobs.tell_of_conference_job"
_OF_VENUE = ("name", "address", "capacity", "clerk")
_OF_READINESS = ("facility", "hall", "quota", "equipment", "distance_km", "travel_minutes")


def add_conference(
    *,
    by: Account | None,
    at: datetime,
    campaign: StudyCampaign,
    unit: Unit,
    title: str,
    form: str = StudyForm.ONLINE,
    host_name: str = "",
    last_day: date | None = None,
    equipment: Sequence[str] = DEFAULT_EQUIPMENT,
    **of_class: Any,
) -> StudyClass:
    """Plan a conference with its main venue, as a draft that the units below do not see yet. Refuses as `add_class` does.

    Effects: the class, its main venue, the conference, audit "class.added" and "conference.added". Basis: R-057 … R-061.
    """
    study_class = add_class(by=by, at=at, campaign=campaign, unit=unit, title=title, form=form, **of_class)
    make_conference(study_class, by=by, at=at, host_name=host_name, last_day=last_day, equipment=equipment)
    return study_class


def make_conference(
    study_class: StudyClass,
    *,
    by: Account | None,
    at: datetime,
    host_name: str = "",
    last_day: date | None = None,
    equipment: Sequence[str] = DEFAULT_EQUIPMENT,
) -> OnlineConference:
    """Make a class that is planned or released a conference. Refuses one that is a conference already."""
    host_name = _words(host_name, "tên cơ quan chủ trì")
    with class_in(study_class, *RUNNING_STATES):
        if OnlineConference.objects.filter(study_class=study_class).exists():
            raise Refusal("conference.already", "Lớp này đã là hội nghị nhiều điểm cầu.")
        made = OnlineConference.objects.create(
            study_class=study_class, host_name=host_name, last_day=last_day, equipment=_kinds(equipment), created_at=at
        )
        VenueReadiness.objects.bulk_create(VenueReadiness(venue=venue) for venue in study_class.venues.all())
        record(
            "conference.added", by=by, at=at, thing=study_class, unit=study_class.unit,
            after={"last_day": last_day, "equipment": made.equipment, "host": host_name},
        )  # fmt: skip
    study_class.conference = made
    return made


def change_conference(
    conference: OnlineConference, *, by: Account | None, at: datetime, **new: Any
) -> OnlineConference:
    """Change host_name, last_day or equipment. Refuses once the conference is over."""
    study_class = conference.study_class
    if "host_name" in new:
        new["host_name"] = _words(new["host_name"], "tên cơ quan chủ trì")
    if "equipment" in new:
        new["equipment"] = _kinds(new["equipment"])
    with class_in(study_class, *RUNNING_STATES):
        before, after = changes(conference, new)
        if after:
            for name, value in after.items():
                setattr(conference, name, value)
            conference.save(update_fields=list(after))
            record(
                "conference.changed", by=by, at=at, thing=study_class, unit=study_class.unit, before=before, after=after
            )
    return conference


def open_conference(conference: OnlineConference, *, by: Account | None, at: datetime) -> OnlineConference:
    """Let the units below see the conference and add their venues. Refuses without a session, without a last day, after it.

    Effects: opened_at, audit "conference.opened", and the units directly below are told (`tell_of_conference`). Opening again
    changes nothing.
    """
    study_class = conference.study_class
    with class_in(study_class, *RUNNING_STATES):
        conference.refresh_from_db(fields=["opened_at", "last_day"])
        if conference.opened_at is not None:
            return conference
        if not study_class.sessions.exists():
            raise Refusal(
                "conference.no_session", "Hội nghị chưa có buổi nào; hãy thêm buổi trước khi mở cho cấp dưới."
            )
        if conference.last_day is None:
            raise Refusal(
                "conference.no_last_day", "Hãy ghi hạn đăng ký điểm cầu trước khi mở cho cấp dưới.", field="last_day"
            )
        if conference.last_day < local(at).date():
            raise Refusal(
                "conference.last_day_past",
                f"Hạn đăng ký điểm cầu {show_day(conference.last_day)} đã qua; hãy lùi hạn rồi mở.",
                field="last_day",
            )
        conference.opened_at = at
        conference.save(update_fields=["opened_at"])
        record(
            "conference.opened", by=by, at=at, thing=study_class, unit=study_class.unit,
            after={"last_day": conference.last_day},
        )  # fmt: skip
        enqueue(TELL_OPENED_JOB, study_class.pk, by.pk if by else 0)
    return conference


def tell_of_conference(study_class: StudyClass, *, by: Account | None, at: datetime) -> int:
    """Tell the units directly below that they may add venues, and until when; returns to how many units something went.

    A letter to the unit's own address, a notice to who looks after its work; once for each unit, however often it is run.
    """
    conference = study_class.conference
    if conference.last_day is None:
        return 0
    below = list(Unit.objects.active().filter(parent=study_class.unit).order_by("pk"))
    keepers = notify_queries.keepers_of(below, day=local(at).date())
    first = study_class.sessions.order_by("starts_at").first()
    when = f" Hội nghị khai mạc {show_moment(first.starts_at)}." if first else ""
    subject = f"Đăng ký điểm cầu: {study_class.title}"
    said = (
        f"{study_class.unit.name} mở hội nghị “{study_class.title}” cho cấp dưới đăng ký điểm cầu đến hết ngày "
        f"{show_day(conference.last_day)}.{when}\n\nMở trang hội nghị để thêm điểm cầu của đơn vị."
    )
    link, told = f"/desk/conferences/{study_class.pk}/", 0
    for unit in below:
        key = f"conference:{study_class.pk}:{unit.pk}"
        with transaction.atomic():
            if unit.email:
                notify_actions.send_mail(
                    kind=CONFERENCE_KIND, unit=study_class.unit, to_unit=unit, address=unit.email, subject=subject,
                    body=f"Kính gửi {unit.name},\n\n{said}", by=by, at=at, dedupe_key=key,
                )  # fmt: skip
            notified = notify_actions.tell_keepers(
                kind=CONFERENCE_KIND, unit=study_class.unit, to=unit, keepers=keepers[unit.pk], subject=subject, body=said,
                link=link, by=by, at=at, dedupe_key=key,
            )  # fmt: skip
        told += bool(unit.email or notified)
    return told


# --- venues ----------------------------------------------------------------------------------------------------------


def add_conference_venue(
    conference: OnlineConference,
    *,
    by: Account | None,
    at: datetime,
    by_host: bool,
    unit: Unit,
    name: str = "",
    facility: Facility | None = None,
    **given: Any,
) -> Venue:
    """Add the venue of a unit; from the register when `facility` is given, which fills what is not said.

    Without a name it is called after its unit.

    Refuses, unless `by_host`, before the conference is opened and after its last day; a facility of another unit; a name
    that is taken; and as `prepare_venue` does. Effects: venue, its readiness, audit "venue.added".
    """
    study_class = conference.study_class
    with roster_in(study_class, *RUNNING_STATES):
        _refuse_late(conference, at=at, by_host=by_host)
        given = _from_register(facility, unit, given)
        made = add_venue(
            study_class, by=by, at=at, name=text.squeeze(name) or f"Điểm cầu {_short(unit)}"[:160], unit=unit,
            **{key: given[key] for key in ("address", "capacity", "clerk") if key in given},
        )  # fmt: skip
        found = VenueReadiness(venue=made, facility=facility)
        _write_readiness(found, given)
        VenueReadiness.objects.bulk_create([found])
    return made


def prepare_venue(venue: Venue, *, by: Account | None, at: datetime, by_host: bool, **new: Any) -> Venue:
    """Change what is known of a venue: name, address, capacity, clerk, facility, hall, quota, equipment, distance_km,
    travel_minutes.

    Refuses a capacity below those called (R-043), a facility of another unit, a name that is taken, and once the conference
    is over. Until the day itself a venue may be prepared, also after the last day for adding one. Effects: venue and its
    readiness, audit "venue.prepared".
    """
    study_class = venue.study_class
    with roster_in(study_class, *RUNNING_STATES):
        if new.get("facility") is not None:
            new = _from_register(new["facility"], venue.unit, new)
        if "name" in new or "address" in new:
            new["name"], new["address"] = venue_texts(new.get("name", venue.name), new.get("address", venue.address))
        if study_class.venues.filter(name=new.get("name", venue.name)).exclude(pk=venue.pk).exists():
            raise Refusal("venue.name_taken", f"Lớp đã có điểm cầu “{new['name']}”.", field="name")
        _refuse_below_called(venue, new.get("capacity", venue.capacity))
        found, _made = VenueReadiness.objects.get_or_create(venue=venue)
        before, after = changes(venue, {key: new[key] for key in _OF_VENUE if key in new})
        for key, value in after.items():
            setattr(venue, key, value)
        if after:
            venue.save(update_fields=list(after))
        said_before, said = _write_readiness(found, new)
        if said:
            found.save(update_fields=list(said))
        if after or said:
            record(
                "venue.prepared", by=by, at=at, thing=venue, unit=venue.unit, before=before | said_before,
                after=after | said,
            )  # fmt: skip
    venue.readiness = found
    return venue


def check_connection(venue: Venue, *, by: Account | None, at: datetime, passed: bool, note: str = "") -> VenueReadiness:
    """Write down that the connection of a venue was tried. Refuses a failure without a word of what failed.

    Effects: the last check, audit "venue.checked" (which keeps the earlier ones).
    """
    note = _words(note, "kết quả kiểm tra")[:250]
    if not passed and not note:
        raise Refusal("check.note_missing", "Kiểm tra không đạt thì ghi rõ hỏng ở đâu.", field="note")
    with roster_in(venue.study_class, *RUNNING_STATES):
        found, _made = VenueReadiness.objects.get_or_create(venue=venue)
        before = {"passed": found.check_passed, "at": found.checked_at, "note": found.check_note}
        found.check_passed, found.checked_at, found.checked_by, found.check_note = passed, at, by, note
        found.save(update_fields=["check_passed", "checked_at", "checked_by", "check_note"])
        record(
            "venue.checked", by=by, at=at, thing=venue, unit=venue.unit, before=before,
            after={"passed": passed, "note": note},
        )  # fmt: skip
    return found


def drop_venue(venue: Venue, *, by: Account | None, at: datetime, by_host: bool) -> None:
    """Take a venue out of a conference. Refuses the main one, one with people or facts, and units below after the last day."""
    with roster_in(venue.study_class, *RUNNING_STATES):
        _refuse_late(venue.study_class.conference, at=at, by_host=by_host)
        remove_venue(venue, by=by, at=at)


def write_venues(
    conference: OnlineConference, lines: Iterable[ListedVenue], *, by: Account | None, at: datetime, by_host: bool
) -> tuple[int, int]:
    """Write a list of venues that was read and confirmed, all or none; returns how many were added and how many changed.

    Refuses as adding and preparing do, naming the row, and marked text; what changed between the reading and the confirmation is found here.
    Effects: venues and their readiness in few statements, one audit line "venue.imported" for each.
    """
    study_class = conference.study_class
    lines = list(lines)
    added: list[tuple[Venue, VenueReadiness]] = []
    changed: list[tuple[Venue, VenueReadiness, dict[str, Any]]] = []
    bare: list[VenueReadiness] = []  # of venues that were none of a conference when they were added; that is no change
    with roster_in(study_class, *RUNNING_STATES):
        _refuse_late(conference, at=at, by_host=by_host)
        there = {one.pk: one for one in study_class.venues.select_related("readiness", "unit")}
        taken = {one.name: one.pk for one in there.values()}
        called = queries.called_by_venue(study_class)
        units = Unit.objects.in_bulk([line.unit_id for line in lines])
        for line in lines:
            if taken.get(line.name, line.venue_id) != line.venue_id or (line.venue_id and line.venue_id not in there):
                raise Refusal(
                    "venues.changed_meanwhile",
                    f"Dòng {line.number}: “{line.name}” vừa có người sửa; hãy đọc lại tệp.",
                    row=line.number,
                )
            said = dict(line.said)
            name, address = venue_texts(line.name, said.get("address", ""))
            if "address" in said:
                said["address"] = address
            if line.venue_id is None:
                venue = Venue(study_class=study_class, unit=units[line.unit_id], name=name)
                found = VenueReadiness(venue=venue)
            else:
                venue = there[line.venue_id]
                found = getattr(venue, "readiness", None) or VenueReadiness(venue=venue)
            if "equipment" in said:
                ticks = said["equipment"]
                kept = [kind for kind in found.equipment if ticks.get(kind, True)]
                said["equipment"] = _kinds([*kept, *(kind for kind, there_now in ticks.items() if there_now)])
                if set(said["equipment"]) == set(found.equipment):
                    del said["equipment"]
            fewest = called[line.venue_id] if line.venue_id else 0
            seats = said.get("capacity")
            if seats is not None and seats < fewest:
                raise _too_small(venue.name, seats, fewest, row=line.number)
            after = _write_columns(venue, said) | _write_readiness(found, said)[1]
            if line.venue_id is None:
                added.append((venue, found))
            elif after:
                changed.append((venue, found, after))
            elif found.pk is None:
                bare.append(found)
        Venue.objects.bulk_create([venue for venue, _found in added], batch_size=500)
        Venue.objects.bulk_update([venue for venue, *_ in changed], ["address", "capacity", "clerk"], batch_size=500)
        new = (
            bare + [found for _venue, found in added] + [found for _venue, found, _after in changed if found.pk is None]
        )
        VenueReadiness.objects.bulk_create(new, batch_size=500)
        VenueReadiness.objects.bulk_update(
            [found for _venue, found, _after in changed if found.pk is not None],
            ["hall", "quota", "equipment", "distance_km", "travel_minutes"],
            batch_size=500,
        )
        record_many(
            "venue.imported", by=by, at=at,
            lines=[(venue, venue.unit, {}, {"name": venue.name, "capacity": venue.capacity}) for venue, _found in added]
            + [(venue, venue.unit, {}, after) for venue, _found, after in changed],
        )  # fmt: skip
    return len(added), len(changed)


# --- who is called to which venue -----------------------------------------------------------------------------------


def set_seating(
    conference: OnlineConference, places: Mapping[int, str], *, by: Account | None, at: datetime
) -> list[queries.RulePlace]:
    """Say where the people of each rule of the audience sit, by the key of the rule. Refuses rules of another campaign."""
    study_class = conference.study_class
    with class_in(study_class, *RUNNING_STATES):
        known = {one.rule.pk: one for one in queries.rule_places(conference)}
        if places.keys() - known.keys():
            raise Refusal("conference.rule_unknown", "Điều kiện này không thuộc đối tượng của đợt học tập.")
        before = {known[pk].rule.name: known[pk].place.value for pk in places if known[pk].place != places[pk]}
        for pk, place in places.items():
            VenueAudience.objects.update_or_create(
                conference=conference, audience_rule_id=pk, defaults={"place": SeatPlace(place)}
            )
        if before:
            record(
                "conference.seating_set", by=by, at=at, thing=study_class, unit=study_class.unit, before=before,
                after={known[pk].rule.name: places[pk] for pk in places if known[pk].rule.name in before},
            )  # fmt: skip
    return queries.rule_places(conference)


def call_to_venues(conference: OnlineConference, *, by: Account | None, at: datetime) -> Filling:
    """Call everybody under the host who owes the study, is in no running class and sits at this conference by the lists.

    Who is meant for the main venue goes there; who is meant for a venue of the own unit to the nearest one of the own
    branch, whole cells together, never more than a venue holds or was allotted. Cells without a venue in their branch and
    those for whom there is no seat stay out and are named; who waits for no class is told by why. Whom the lists call no
    longer is taken out first, unless something rests on the line (`remove_uncalled`). Effects: roster lines, audit
    "roster.filled", "roster.removed". Basis: R-040 … R-042.
    """
    study_class = conference.study_class
    with roster_in(study_class, *RUNNING_STATES):
        adopt_guests(study_class)
        meant = _meant(conference)
        venued = {person for person, place in meant.items() if place != SeatPlace.ELSEWHERE}
        removed, stay = remove_uncalled(
            study_class, venued.__contains__, by=by, at=at, reason="Không còn thuộc diện dự hội nghị theo điều kiện"
        )
        duties = placed(study_class.campaign, "none").filter(under([study_class.unit]))
        quotas = dict(VenueReadiness.objects.filter(venue__study_class=study_class).values_list("venue_id", "quota"))
        rooms: dict[SeatPlace, list[seating.Room]] = {SeatPlace.MAIN: [], SeatPlace.BELOW: []}
        for one in capacity(study_class):
            most = [seats for seats in (one.capacity, quotas.get(one.venue.pk)) if seats is not None]
            room = seating.Room(
                one.venue.pk, one.venue.unit.path, min(most) if most else None,
                max(0, min(most) - one.seated) if most else None,
            )  # fmt: skip
            rooms[SeatPlace.MAIN if one.venue.is_main else SeatPlace.BELOW].append(room)
        cells: dict[SeatPlace, dict[int, list[tuple[int, int]]]] = {SeatPlace.MAIN: {}, SeatPlace.BELOW: {}}
        paths: dict[int, str] = {}
        elsewhere = 0
        for pk, person_id, unit_id, path in duties.order_by("unit__path", "person__sort_key", "pk").values_list(
            "pk", "person_id", "unit_id", "unit__path"
        ):
            place = meant.get(person_id)
            if place is None or place == SeatPlace.ELSEWHERE:
                elsewhere += 1
                continue
            cells[place].setdefault(unit_id, []).append((pk, person_id))
            paths[unit_id] = path
        plan: list[tuple[seating.Placing, list[tuple[int, int]]]] = []
        without_venue = 0
        for place, groups in cells.items():
            # At the main venue anybody may sit; below, only where one's own branch has a venue.
            near = {
                key: people
                for key, people in groups.items()
                if place == SeatPlace.MAIN or any(paths[key].startswith(room.path) for room in rooms[place])
            }
            without_venue += sum(len(people) for key, people in groups.items() if key not in near)
            some = seating.spread([seating.Group(key, paths[key], len(near[key])) for key in near], rooms[place])
            plan += [(placing, near[placing.unit_id][: placing.count]) for placing in some]
        everybody: dict[int, int] = {}
        for groups in cells.values():
            for key, people in groups.items():
                everybody[key] = everybody.get(key, 0) + len(people)
        filling = seat_cells(study_class, plan, everybody, by=by, at=at, units=[study_class.unit])
        not_waiting = _not_waiting(study_class, venued)
    return replace(
        filling, other_tier=elsewhere, without_venue=without_venue, not_waiting=not_waiting, removed=removed, stay=stay
    )


def _not_waiting(study_class: StudyClass, venued: Set[int]) -> dict[str, int]:
    """Who is meant for a venue, is not on the roster and waits for no class, by why."""
    line = RosterEntry.objects.filter(duty=OuterRef("pk"), is_running=True)
    duties = StudyDuty.objects.filter(under([study_class.unit]), campaign=study_class.campaign_id, kind=ATTEND)
    duties = duties.annotate(has_line=Exists(line)).filter(Q(has_line=True) | ~Q(state=DutyState.OWING))
    here = Exists(RosterEntry.objects.filter(study_class=study_class, person=OuterRef("person")))
    found: Counter[str] = Counter()
    for person_id, state, has_line in duties.exclude(here).order_by("pk").values_list("person_id", "state", "has_line"):
        if person_id not in venued:
            continue
        if has_line:
            found["đã có trong lớp khác"] += 1
        else:
            found["được miễn học" if state == DutyState.EXEMPT else "đã học xong"] += 1
    return dict(found)


def _meant(conference: OnlineConference) -> dict[int, SeatPlace]:
    """Where each person of the audience sits, by the rule that decided about them; added by hand: at the own unit's venue."""
    places = {one.rule.pk: one.place for one in queries.rule_places(conference)}
    audience = campaign_queries.audience(conference.study_class.campaign)
    by_position = {position: places.get(rule.pk) for position, rule in enumerate(audience.rules)}
    people: QuerySet[Any] = audience.people
    return {
        pk: by_position.get(decided, SeatPlace.BELOW) or SeatPlace.ELSEWHERE
        for pk, decided in people.order_by().values_list("pk", "decided")
    }


# --- what every writer of a venue asks --------------------------------------------------------------------------------


def _refuse_late(conference: OnlineConference, *, at: datetime, by_host: bool) -> None:
    if by_host:
        return
    if conference.opened_at is None:
        raise Refusal("conference.not_opened", "Hội nghị chưa mở cho cấp dưới đăng ký điểm cầu.")
    if conference.last_day is not None and local(at).date() > conference.last_day:
        raise Refusal(
            "conference.too_late",
            f"Đã qua hạn đăng ký điểm cầu ({show_day(conference.last_day)}); hãy đề nghị đơn vị chủ trì thêm, bớt.",
        )


def _short(unit: Unit) -> str:
    return unit.short_name or unit.name.removeprefix("Đảng ủy ").removeprefix("Đảng bộ ")


def _refuse_below_called(venue: Venue, seats: int | None) -> None:
    if seats is None:
        return
    called = venue.roster.filter(seated("")).count()
    if seats < called:
        raise _too_small(venue.name, seats, called)


def _too_small(name: str, seats: int, called: int, row: int | None = None) -> Refusal:
    where = f"Dòng {row}: " if row else ""
    return Refusal(
        "venue.over_capacity",
        f"{where}{name}: số chỗ {show_number(seats)} ít hơn {show_number(called)} người đã gọi; hãy chuyển bớt sang điểm cầu khác trước.",
        field="capacity",
        row=row,
    )


def _from_register(facility: Facility | None, unit: Unit, given: dict[str, Any]) -> dict[str, Any]:
    """What the register says of a room fills what is empty: hall, address, capacity, equipment."""
    if facility is None:
        return given
    if not facility.unit.contains(unit) and not unit.contains(facility.unit):
        raise Refusal(
            "facility.elsewhere", f"“{facility.name}” là phòng của {facility.unit.name}, không thuộc {unit.name}.",
            field="facility",
        )  # fmt: skip
    there = {
        EquipmentKind.SCREEN: facility.screens,
        EquipmentKind.SPEAKERS: facility.speakers,
        EquipmentKind.MICROPHONE: facility.microphones,
        EquipmentKind.CAMERA: facility.cameras,
        EquipmentKind.LINE: facility.line not in ("", "none"),
        EquipmentKind.POWER: facility.has_power,
    }
    filled = dict(given) | {"facility": facility}
    filled["hall"] = given.get("hall") or facility.name
    filled["address"] = given.get("address") or facility.address
    if given.get("capacity") is None and facility.seats:
        filled["capacity"] = facility.seats
    if not given.get("equipment"):
        filled["equipment"] = [kind.value for kind, is_there in there.items() if is_there]
    return filled


def _write_columns(venue: Venue, said: Mapping[str, Any]) -> dict[str, Any]:
    _before, after = changes(venue, {key: said[key] for key in ("address", "capacity", "clerk_id") if key in said})
    for key, value in after.items():
        setattr(venue, key, value)
    return after


def _write_readiness(found: VenueReadiness, said: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    new = {key: said[key] for key in _OF_READINESS if key in said}
    if "hall" in new:
        new["hall"] = _words(new["hall"], "tên hội trường")[:160]
    if "equipment" in new:
        new["equipment"] = _kinds(new["equipment"])
    before, after = changes(found, new)
    for key, value in after.items():
        setattr(found, key, value)
    return before, after


def _kinds(said: Iterable[str]) -> list[str]:
    """Known kinds of equipment, each once, in their order."""
    there = {str(one) for one in said}
    return [kind.value for kind in EquipmentKind if kind.value in there]


def _words(said: str, where: str) -> str:
    refuse_if_marked(said, where)
    return text.squeeze(said)
