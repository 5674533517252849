"""The only writer of classes, timetables, roles, venues and rosters."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from django.db import IntegrityError, transaction
from django.db.models import ProtectedError, Q

from quantriet.audit.actions import changes, record
from quantriet.campaigns import actions as campaign_actions
from quantriet.campaigns.models import StudyCampaign, StudyDuty
from quantriet.campaigns.vocab import ATTEND, CampaignState, DutyState, StudyForm
from quantriet.classes import queries
from quantriet.classes.models import ClassRole, ClassSession, ProgrammeItem, RosterEntry, StudyClass, Venue
from quantriet.classes.rules import leading, seating, timetable
from quantriet.classes.vocab import (
    DEFAULT_CONDUCT,
    REQUIRED_ROLES,
    RUNNING_STATES,
    ClassRoleKind,
    ClassState,
    ConferenceLevel,
    Filling,
    ItemKind,
    RosterOrigin,
    SummonsWay,
)
from quantriet.kit import text
from quantriet.kit.db import named_lock
from quantriet.kit.jobs import enqueue
from quantriet.kit.numbers import show_number
from quantriet.kit.refusal import Refusal, Refusals
from quantriet.kit.time import show_day
from quantriet.library.models import GuidingDocument
from quantriet.library.vocab import ContentTier
from quantriet.notify import actions as notify_actions
from quantriet.org.models import Account, Person, Unit
from quantriet.org.rules.secrecy import refuse_if_marked

TELL_CANCELLED_JOB = "quantriet.classes.jobs.tell_cancelled_job"
MAILS_AT_ONCE = 100
_TEXTS = ("title", "note", "rules_of_conduct")


# --- the class itself -------------------------------------------------------------------------------------------------


def add_class(
    *,
    by: Account | None,
    at: datetime,
    campaign: StudyCampaign,
    unit: Unit,
    title: str,
    form: str = StudyForm.IN_PERSON,
    level: str = ConferenceLevel.GRASSROOTS,
    tier: str = ContentTier.GRASSROOTS,
    host_unit: Unit | None = None,
    is_catch_up: bool = False,
    rules_of_conduct: str = DEFAULT_CONDUCT,
    note: str = "",
    venue_name: str = "Hội trường",
    address: str = "",
    capacity: int | None = None,
    clerk: Account | None = None,
) -> StudyClass:
    """Plan a class with its main venue, as a draft.

    Refuses in a campaign that is over, for a unit outside the campaign, without a title, and marked text (B-18).
    Effects: the class, its main venue, audit "class.added". Basis: R-049, R-051, R-061.
    """
    for value in (title, note, rules_of_conduct, venue_name, address):
        refuse_if_marked(value, "thông tin lớp học")
    title = text.squeeze(title)
    if not title:
        raise Refusal("class.title_missing", "Lớp phải có tên.", field="title")
    if campaign.state in (CampaignState.CLOSED, CampaignState.CANCELLED):
        raise Refusal(
            "class.campaign_over", f"Đợt “{campaign.name}” đã kết thúc nên không lập lớp mới được.", field="campaign"
        )
    if not campaign.unit.contains(unit):
        raise Refusal(
            "class.outside_campaign", f"{unit.name} không nằm trong phạm vi đợt “{campaign.name}”.", field="unit"
        )
    with transaction.atomic():
        made = StudyClass.objects.create(
            campaign=campaign,
            unit=unit,
            host_unit=host_unit if host_unit != unit else None,
            code=uuid4().hex[:20],
            title=title,
            form=form,
            level=level,
            tier=tier,
            is_catch_up=is_catch_up,
            rules_of_conduct=text.nfc(rules_of_conduct).strip(),
            note=text.nfc(note).strip(),
            created_at=at,
        )
        made.code = f"L{made.pk:05d}"
        made.save(update_fields=["code"])
        Venue.objects.create(
            study_class=made,
            unit=unit,
            name=text.squeeze(venue_name) or "Hội trường",
            address=text.squeeze(address),
            capacity=capacity,
            is_main=True,
            clerk=clerk,
        )
        record(
            "class.added",
            by=by,
            at=at,
            thing=made,
            unit=unit,
            after={"title": title, "campaign": campaign.name, "form": form},
        )
    return made


def change_class(study_class: StudyClass, *, by: Account | None, at: datetime, **new: Any) -> StudyClass:
    """Change title, form, level, tier, host_unit, is_catch_up, rules_of_conduct or note. Refuses once the class is over."""
    _refuse_unless(study_class, *RUNNING_STATES)
    for name in _TEXTS:
        if name in new:
            refuse_if_marked(new[name], "thông tin lớp học")
            new[name] = text.squeeze(new[name]) if name == "title" else text.nfc(new[name]).strip()
    if "title" in new and not new["title"]:
        raise Refusal("class.title_missing", "Lớp phải có tên.", field="title")
    before, after = changes(study_class, new)
    if not after:
        return study_class
    with transaction.atomic():
        for name, value in after.items():
            setattr(study_class, name, value)
        study_class.save(update_fields=list(after))
        record("class.changed", by=by, at=at, thing=study_class, unit=study_class.unit, before=before, after=after)
    return study_class


def count_outsiders(study_class: StudyClass, *, by: Account | None, at: datetime, count: int) -> StudyClass:
    """Write down how many people outside the roster attended (P-12)."""
    if study_class.state in (ClassState.DRAFT, ClassState.CANCELLED):
        raise Refusal(
            "class.not_released", "Lớp chưa chốt nên chưa ghi được số người dự ngoài danh sách.", field="outsiders"
        )
    with transaction.atomic():
        before = study_class.outsiders
        study_class.outsiders = count
        study_class.save(update_fields=["outsiders"])
        record(
            "class.outsiders_counted", by=by, at=at, thing=study_class, unit=study_class.unit,
            before={"outsiders": before}, after={"outsiders": count},
        )  # fmt: skip
    return study_class


def release_class(study_class: StudyClass, *, by: Account | None, at: datetime) -> StudyClass:
    """Release a class: its programme and roster stand, summons may go out.

    Refuses, with all reasons at once, without sessions, below the discussion share (B-10), without the four leading parts
    or with somebody in them who is no standing member or head (R-053), over capacity (R-043), with an empty roster.
    Effects: state, audit "class.released", the unit's plan counts as scheduled.
    """
    with _class_in(study_class, ClassState.DRAFT, roster=True):
        _adopt_guests(study_class)
        stops = [check for check in queries.release_checks(study_class) if check.stops and not check.passed]
        if stops:
            raise Refusals([Refusal(check.code, check.sentence) for check in stops])
        study_class.state, study_class.released_at = ClassState.RELEASED, at
        study_class.save(update_fields=["state", "released_at"])
        record("class.released", by=by, at=at, thing=study_class, unit=study_class.unit)
        campaign_actions.mark_scheduled(study_class.campaign, study_class.unit, at=at)
    return study_class


def reopen_class(study_class: StudyClass, *, by: Account | None, at: datetime) -> StudyClass:
    """Take a released class back to draft. Refuses once anything was marked in it. Summons will have to go out anew."""
    with _class_in(study_class, ClassState.RELEASED):
        if queries.is_marked(study_class):
            raise Refusal("class.marked", "Lớp đã có điểm danh nên không mở lại để sửa được.")
        study_class.state, study_class.released_at = ClassState.DRAFT, None
        study_class.revision += 1
        study_class.save(update_fields=["state", "released_at", "revision"])
        RosterEntry.objects.filter(study_class=study_class).update(summoned_at=None, summoned_by="")
        record("class.reopened", by=by, at=at, thing=study_class, unit=study_class.unit)
    return study_class


def close_class(study_class: StudyClass, *, by: Account | None, at: datetime) -> StudyClass:
    """Close a class after its roll was closed; its people are free for a later class. The unit's plan counts as held."""
    with _class_in(study_class, ClassState.RELEASED, roster=True):
        study_class.state, study_class.closed_at = ClassState.CLOSED, at
        study_class.save(update_fields=["state", "closed_at"])
        RosterEntry.objects.filter(study_class=study_class).update(is_running=False)
        record("class.closed", by=by, at=at, thing=study_class, unit=study_class.unit)
        campaign_actions.mark_held(study_class.campaign, study_class.unit, at=at)
    return study_class


def cancel_class(study_class: StudyClass, *, by: Account | None, at: datetime, reason: str = "") -> StudyClass:
    """Cancel a draft or released class; its people are in no class again. Refuses once anything was marked in it.

    Effects: state, roster lines no longer running, audit "class.cancelled", a mail to everybody who was summoned.
    """
    refuse_if_marked(reason, "lý do")
    with _class_in(study_class, *RUNNING_STATES, roster=True):
        if queries.is_marked(study_class):
            raise Refusal("class.marked", "Lớp đã có điểm danh nên không hủy được; hãy chốt điểm danh để khép lớp.")
        before = study_class.state
        study_class.state = ClassState.CANCELLED
        study_class.save(update_fields=["state"])
        people = RosterEntry.objects.filter(study_class=study_class).update(is_running=False)
        record(
            "class.cancelled", by=by, at=at, thing=study_class, unit=study_class.unit,
            before={"state": before, "people": people}, after={"reason": text.squeeze(reason)},
        )  # fmt: skip
        if before == ClassState.RELEASED:
            enqueue(TELL_CANCELLED_JOB, study_class.pk, by.pk if by else 0)
    return study_class


def tell_cancelled(study_class: StudyClass, *, by: Account | None, at: datetime) -> int:
    """Mail everybody who was summoned to a class that it is cancelled, once a person; returns how many mails."""
    _refuse_unless(study_class, ClassState.CANCELLED)
    letter = queries.SummonsLetter(study_class)
    told = 0
    summoned = queries.roster(study_class).filter(summoned_at__isnull=False).exclude(person__email="")
    for some in _in_batches(summoned):
        with transaction.atomic():
            for entry in some:
                message = notify_actions.send_mail(
                    kind="summons",
                    unit=study_class.unit,
                    address=entry.person.email,
                    subject=f"Hủy lớp: {study_class.title}",
                    body=letter.cancelled_body(entry),
                    by=by,
                    at=at,
                    to_person=entry.person,
                    attachment=("lop-hoc.ics", "text/calendar", letter.calendar(entry)),
                    dedupe_key=f"cancelled:{study_class.pk}:{entry.person_id}",
                )
                told += message is not None
    return told


@contextmanager
def _class_in(study_class: StudyClass, *states: ClassState, roster: bool = False) -> Iterator[None]:
    """One writer of a class at a time, on its true state; with `roster` also the only one on the campaign's rosters."""
    with named_lock(f"class:{study_class.pk}"):
        if roster:
            with _roster_in(study_class, *states):
                yield
            return
        _refuse_now_unless(study_class, *states)
        yield


@contextmanager
def _roster_in(study_class: StudyClass, *states: ClassState) -> Iterator[None]:
    """One writer at a time on the rosters of a campaign, on the true state of the class."""
    with named_lock(f"roster:{study_class.campaign_id}"):
        _refuse_now_unless(study_class, *states)
        yield


def _refuse_now_unless(study_class: StudyClass, *states: ClassState) -> None:
    study_class.refresh_from_db(fields=["state", "revision", "outsiders"])
    _refuse_unless(study_class, *states)


def _refuse_unless(study_class: StudyClass, *states: ClassState) -> None:
    if study_class.state in states:
        return
    sentences = {
        ClassState.DRAFT: ("class.not_released", "Lớp chưa chốt nên chưa làm được việc này."),
        ClassState.RELEASED: ("class.released", "Lớp đã chốt; hãy mở lại lớp để sửa."),
        ClassState.CLOSED: ("class.closed", "Lớp đã khép nên không sửa được nữa."),
        ClassState.CANCELLED: ("class.cancelled", "Lớp đã hủy nên không sửa được nữa."),
    }
    raise Refusal(*sentences[ClassState(study_class.state)])


# --- sessions and programme ------------------------------------------------------------------------------------------


def add_session(
    study_class: StudyClass, *, by: Account | None, at: datetime, title: str, starts_at: datetime, ends_at: datetime
) -> ClassSession:
    """Add a session to a draft class. Refuses overlaps, strange dates and sessions over six hours."""
    title = _session_title(title)
    with _class_in(study_class, ClassState.DRAFT):
        _check_session(study_class, starts_at, ends_at)
        made = ClassSession.objects.create(study_class=study_class, title=title, starts_at=starts_at, ends_at=ends_at)
        record(
            "session.added", by=by, at=at, thing=made, unit=study_class.unit,
            after={"title": title, "starts_at": starts_at, "ends_at": ends_at},
        )  # fmt: skip
    return made


def change_session(
    session: ClassSession, *, by: Account | None, at: datetime, title: str, starts_at: datetime, ends_at: datetime
) -> ClassSession:
    """Change a session of a draft class; moved to another hour or day, its programme moves with it.

    Refuses what `add_session` refuses, and a shorter session that would no longer hold its programme.
    """
    study_class = session.study_class
    title = _session_title(title)
    with _class_in(study_class, ClassState.DRAFT):
        _check_session(study_class, starts_at, ends_at, without=session)
        before, after = changes(session, {"title": title, "starts_at": starts_at, "ends_at": ends_at})
        if not after:
            return session
        moved_by = starts_at - session.starts_at
        items = list(session.items.all())
        for item in items:
            item.starts_at += moved_by
            item.ends_at += moved_by
            if item.ends_at > ends_at:
                raise Refusal(
                    "session.too_short", f"Buổi học ngắn lại thì không còn chỗ cho “{item.title}”; hãy sửa chương trình trước.",
                    field="ends_at",
                )  # fmt: skip
        for name, value in after.items():
            setattr(session, name, value)
        session.save(update_fields=list(after))
        if moved_by:
            ProgrammeItem.objects.bulk_update(items, ["starts_at", "ends_at"])
        record("session.changed", by=by, at=at, thing=session, unit=study_class.unit, before=before, after=after)
    return session


def remove_session(session: ClassSession, *, by: Account | None, at: datetime) -> None:
    """Remove a session of a draft class with its programme."""
    with _class_in(session.study_class, ClassState.DRAFT):
        record(
            "session.removed", by=by, at=at, thing=session, unit=session.study_class.unit,
            before={"title": session.title, "starts_at": session.starts_at, "items": session.items.count()},
        )  # fmt: skip
        try:
            with transaction.atomic():
                session.delete()
        except ProtectedError:
            raise Refusal("session.marked", "Buổi học đã có điểm danh nên không bỏ được.")


def _session_title(title: str) -> str:
    refuse_if_marked(title, "tên buổi học")
    title = text.squeeze(title)
    if not title:
        raise Refusal("session.title_missing", "Buổi học phải có tên, ví dụ “Buổi sáng”.", field="title")
    return title


def _check_session(
    study_class: StudyClass, starts_at: datetime, ends_at: datetime, without: ClassSession | None = None
) -> None:
    others = ClassSession.objects.filter(study_class=study_class)
    if without is not None:
        others = others.exclude(pk=without.pk)
    campaign = study_class.campaign
    timetable.check_session(
        starts_at,
        ends_at,
        others=others.values_list("title", "starts_at", "ends_at"),
        period=(campaign.planned_from, campaign.planned_to),
    )


def add_item(
    session: ClassSession,
    *,
    by: Account | None,
    at: datetime,
    kind: str,
    starts_at: datetime,
    ends_at: datetime,
    title: str = "",
    document: GuidingDocument | None = None,
    presenter: Person | None = None,
) -> ProgrammeItem:
    """Add a programme item to a session of a draft class. Refuses outside the session, over another item, marked text."""
    refuse_if_marked(title, "nội dung chương trình")
    title = text.squeeze(title) or ItemKind(kind).label
    study_class = session.study_class
    with _class_in(study_class, ClassState.DRAFT):
        timetable.check_item(
            starts_at,
            ends_at,
            session=(session.starts_at, session.ends_at),
            others=session.items.values_list("title", "starts_at", "ends_at"),
        )
        made = ProgrammeItem.objects.create(
            session=session, kind=kind, starts_at=starts_at, ends_at=ends_at, title=title, document=document,
            presenter=presenter,
        )  # fmt: skip
        record(
            "item.added", by=by, at=at, thing=study_class, unit=study_class.unit,
            after={"item": title, "kind": kind, "starts_at": starts_at, "ends_at": ends_at},
        )  # fmt: skip
    return made


def remove_item(item: ProgrammeItem, *, by: Account | None, at: datetime) -> None:
    """Remove a programme item of a draft class."""
    study_class = item.session.study_class
    with _class_in(study_class, ClassState.DRAFT):
        record(
            "item.removed", by=by, at=at, thing=study_class, unit=study_class.unit,
            before={"item": item.title, "kind": item.kind, "starts_at": item.starts_at, "ends_at": item.ends_at},
        )  # fmt: skip
        item.delete()


# --- roles -----------------------------------------------------------------------------------------------------------


def give_role(
    study_class: StudyClass, *, by: Account | None, at: datetime, kind: str, person: Person, note: str = ""
) -> ClassRole:
    """Give somebody a part in a class.

    Refuses chair, opening, closing and leader presenter for whoever is no standing member or head on the day (R-053).
    """
    _refuse_unless(study_class, *RUNNING_STATES)
    part = ClassRoleKind(kind)
    if leading.needs_leader(part) and not queries.may_lead(person, study_class):
        day = show_day(queries.first_day(study_class))
        raise Refusal("role.not_leader", leading.refusal_sentence(person.full_name, part, day), field="person")
    with transaction.atomic():
        role, is_new = ClassRole.objects.get_or_create(
            study_class=study_class, kind=part, person=person, defaults={"note": text.squeeze(note)}
        )
        if is_new:
            record(
                "role.given", by=by, at=at, thing=study_class, unit=study_class.unit, person_id=person.pk,
                after={"kind": part, "person": person.full_name},
            )  # fmt: skip
    return role


def remove_role(role: ClassRole, *, by: Account | None, at: datetime) -> None:
    """Take a part back. Refuses the last holder of a leading part while the class is released."""
    study_class = role.study_class
    with _class_in(study_class, *RUNNING_STATES):
        alone = not study_class.roles.filter(kind=role.kind).exclude(pk=role.pk).exists()
        if study_class.state == ClassState.RELEASED and role.kind in REQUIRED_ROLES and alone:
            raise Refusal("role.needed", "Lớp đã chốt phải luôn có người giữ phần việc này; hãy thêm người thay trước.")
        record(
            "role.removed", by=by, at=at, thing=study_class, unit=study_class.unit, person_id=role.person_id,
            before={"kind": role.kind, "person": role.person.full_name},
        )  # fmt: skip
        role.delete()


# --- venues -----------------------------------------------------------------------------------------------------------


def add_venue(
    study_class: StudyClass,
    *,
    by: Account | None,
    at: datetime,
    name: str,
    unit: Unit | None = None,
    address: str = "",
    capacity: int | None = None,
    clerk: Account | None = None,
) -> Venue:
    """Add a further venue, looked after by `unit` and taken care of by `clerk`."""
    _refuse_unless(study_class, *RUNNING_STATES)
    name, address = _venue_texts(name, address)
    with transaction.atomic():
        if study_class.venues.filter(name=name).exists():
            raise Refusal("venue.name_taken", f"Lớp đã có điểm cầu “{name}”.", field="name")
        made = Venue.objects.create(
            study_class=study_class,
            unit=unit or study_class.unit,
            name=name,
            address=address,
            capacity=capacity,
            clerk=clerk,
        )
        record(
            "venue.added", by=by, at=at, thing=made, unit=study_class.unit,
            after={"name": name, "capacity": capacity, "clerk": clerk},
        )  # fmt: skip
    return made


def change_venue(venue: Venue, *, by: Account | None, at: datetime, **new: Any) -> Venue:
    """Change name, unit, address, capacity or clerk. A released class may not come to hold less than its people (R-043)."""
    study_class = venue.study_class
    new["name"], new["address"] = _venue_texts(new.get("name", venue.name), new.get("address", venue.address))
    before, after = changes(venue, new)
    if not after:
        return venue
    with _roster_in(study_class, *RUNNING_STATES):
        if "name" in after and study_class.venues.filter(name=after["name"]).exclude(pk=venue.pk).exists():
            raise Refusal("venue.name_taken", f"Lớp đã có điểm cầu “{after['name']}”.", field="name")
        for name, value in after.items():
            setattr(venue, name, value)
        if study_class.state == ClassState.RELEASED:
            _refuse_over_capacity(venue, more=0)
        venue.save(update_fields=list(after))
        record("venue.changed", by=by, at=at, thing=venue, unit=study_class.unit, before=before, after=after)
    return venue


def remove_venue(venue: Venue, *, by: Account | None, at: datetime) -> None:
    """Remove a further venue. Refuses the main one and one that still has people."""
    _refuse_unless(venue.study_class, *RUNNING_STATES)
    if venue.is_main:
        raise Refusal("venue.main", "Không bỏ được điểm cầu chính.")
    with transaction.atomic():
        people = venue.roster.count()
        if people:
            raise Refusal(
                "venue.has_people",
                f"{venue.name} còn {show_number(people)} người; hãy chuyển sang điểm cầu khác trước.",
            )
        record("venue.removed", by=by, at=at, thing=venue, unit=venue.study_class.unit, before={"name": venue.name})
        venue.delete()


def _venue_texts(name: str, address: str) -> tuple[str, str]:
    refuse_if_marked(name + "\n" + address, "tên và địa chỉ điểm cầu")
    name, address = text.squeeze(name), text.squeeze(address)
    if not name:
        raise Refusal("venue.name_missing", "Điểm cầu phải có tên.", field="name")
    return name, address


def _refuse_over_capacity(venue: Venue, *, more: int) -> None:
    seated = venue.roster.filter(queries.seated("")).count() + more
    if venue.capacity is not None and seated > venue.capacity:
        raise Refusal(
            "venue.over_capacity",
            f"{venue.name} chứa được {show_number(venue.capacity)} người, sẽ có {show_number(seated)} người; "
            "lớp đã chốt không xếp quá sức chứa hội trường.",
            field="capacity",
        )


# --- roster -----------------------------------------------------------------------------------------------------------


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
    with _roster_in(study_class, *RUNNING_STATES):
        _adopt_guests(study_class)
        duties = queries.placed(study_class.campaign, "none").filter(queries.under(units or [study_class.unit]))
        if wanted:
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
        lines = [
            RosterEntry(
                study_class=study_class, venue_id=placing.room, person_id=person_id, unit_id=placing.unit_id,
                duty_id=duty_id, origin=RosterOrigin.AUDIENCE,
            )
            for placing in plan
            for duty_id, person_id in cells[placing.unit_id][: placing.count]
        ]  # fmt: skip
        before = study_class.roster.count()
        # A conflict is a person who was placed elsewhere meanwhile; the constraint keeps the first line.
        RosterEntry.objects.bulk_create(lines, batch_size=500, ignore_conflicts=True)
        added = study_class.roster.count() - before
        taken = {placing.unit_id: placing.count for placing in plan}
        left = {
            key: len(people) - taken.get(key, 0) for key, people in cells.items() if len(people) > taken.get(key, 0)
        }
        names = tuple(Unit.objects.filter(pk__in=left).order_by("path").values_list("name", flat=True))
        if added:
            record(
                "roster.filled", by=by, at=at, thing=study_class, unit=study_class.unit,
                after={"added": added, "left_out": sum(left.values()), "units": [unit.name for unit in units or []]},
            )  # fmt: skip
    return Filling(added, sum(left.values()), names)


def _adopt_guests(study_class: StudyClass) -> None:
    """Write the duty beside people who were called before they owed anything."""
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
    RosterEntry.objects.bulk_update([guest for guest in guests if guest.duty_id], ["duty"], batch_size=500)


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
    with _roster_in(study_class, *RUNNING_STATES):
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
            _refuse_over_capacity(venue, more=1)
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
) -> Called:
    """Call many people by name in few statements; who is here, elsewhere or exempt is left out and told.

    Refuses when the hall of a released class would be overfilled (R-043). Effects: lines, audit "roster.added".
    """
    refuse_if_marked(reason, "lý do")
    reason = text.squeeze(reason)
    wanted = {person.pk: person for person in people}
    with _roster_in(study_class, *RUNNING_STATES):
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
            _refuse_over_capacity(venue, more=len(new))
        RosterEntry.objects.bulk_create(
            [
                RosterEntry(
                    study_class=study_class, venue=venue, person=person, unit_id=person.unit_id,
                    duty=duties.get(person.pk), origin=RosterOrigin.HAND,
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


def remove_from_roster(entry: RosterEntry, *, by: Account | None, at: datetime, reason: str = "") -> None:
    """Take one person off the roster. Refuses once the person was marked in the class."""
    study_class = entry.study_class
    refuse_if_marked(reason, "lý do")
    with _roster_in(study_class, *RUNNING_STATES):
        record(
            "roster.removed", by=by, at=at, thing=study_class, unit=study_class.unit, person_id=entry.person_id,
            before={"person": entry.person.full_name}, after={"reason": text.squeeze(reason)},
        )  # fmt: skip
        try:
            with transaction.atomic():
                entry.delete()
        except ProtectedError:
            raise Refusal(
                "roster.marked", f"Đồng chí {entry.person.full_name} đã có điểm danh nên không bỏ khỏi danh sách được."
            )


def remove_many_from_roster(
    entries: Iterable[RosterEntry], study_class: StudyClass, *, by: Account | None, at: datetime, reason: str
) -> int:
    """Take many people off a roster, all or none. Refuses without a reason and once any of them was marked."""
    refuse_if_marked(reason, "lý do")
    reason = text.squeeze(reason)
    if not reason:
        raise Refusal("roster.reason_missing", "Hãy ghi lý do đưa ra khỏi danh sách.", field="reason")
    with _roster_in(study_class, *RUNNING_STATES):
        rows = study_class.roster.filter(pk__in=[entry.pk for entry in entries])
        names = list(rows.values_list("person__full_name", flat=True))
        try:
            with transaction.atomic():
                rows.delete()
        except ProtectedError:
            raise Refusal("roster.marked", "Có người đã được điểm danh nên không bỏ khỏi danh sách được.")
        if names:
            record(
                "roster.removed", by=by, at=at, thing=study_class, unit=study_class.unit,
                before={"people": names[:200]}, after={"removed": len(names), "reason": reason},
            )  # fmt: skip
    return len(names)


def move_to_venue(entries: Iterable[RosterEntry], venue: Venue, *, by: Account | None, at: datetime) -> int:
    """Seat people of a class at another of its venues; returns how many moved. A released class is not overfilled."""
    study_class = venue.study_class
    keys = [entry.pk for entry in entries]
    with _roster_in(study_class, *RUNNING_STATES):
        rows = RosterEntry.objects.filter(pk__in=keys, study_class=study_class).exclude(venue=venue)
        more = rows.filter(queries.seated("")).count()
        if study_class.state == ClassState.RELEASED:
            _refuse_over_capacity(venue, more=more)
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


# --- summons ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Sent:
    """What sending summons came to: mails queued, people without an address."""

    queued: int
    without_address: int


def send_summons(study_class: StudyClass, *, by: Account | None, at: datetime) -> Sent:
    """Mail the summons with the calendar file to everybody who has an address, once a person and class.

    Refuses a class that is not released. Effects: mails queued, lines marked as summoned, audit "summons.mailed".
    """
    _refuse_unless(study_class, ClassState.RELEASED)
    letter = queries.SummonsLetter(study_class)
    queued, without = 0, 0
    for some in _in_batches(queries.roster(study_class).filter(queries.seated(""))):
        with transaction.atomic():
            told: list[RosterEntry] = []
            for entry in some:
                if not entry.person.email:
                    without += 1
                    continue
                message = notify_actions.send_mail(
                    kind="summons",
                    unit=study_class.unit,
                    address=entry.person.email,
                    subject=letter.subject,
                    body=letter.body(entry),
                    by=by,
                    at=at,
                    to_person=entry.person,
                    attachment=("lop-hoc.ics", "text/calendar", letter.calendar(entry)),
                    dedupe_key=f"summons:{study_class.pk}:{entry.person_id}:{study_class.revision}",
                )
                if message is not None:
                    queued += 1
                    entry.summoned_at, entry.summoned_by = at, SummonsWay.MAIL
                    told.append(entry)
            RosterEntry.objects.bulk_update(told, ["summoned_at", "summoned_by"])
    record(
        "summons.mailed", by=by, at=at, thing=study_class, unit=study_class.unit,
        after={"queued": queued, "without_address": without},
    )  # fmt: skip
    return Sent(queued, without)


def _in_batches(entries: Iterable[RosterEntry]) -> Iterator[list[RosterEntry]]:
    """A conference has tens of thousands of people: no transaction holds the write lock for all of them."""
    rest = list(entries)
    for start in range(0, len(rest), MAILS_AT_ONCE):
        yield rest[start : start + MAILS_AT_ONCE]


def mark_printed(
    study_class: StudyClass, *, by: Account | None, at: datetime, entries: Iterable[RosterEntry] | None = None
) -> int:
    """Note that summons were printed for those not summoned yet; returns how many. Refuses a class not released."""
    _refuse_unless(study_class, ClassState.RELEASED)
    with transaction.atomic():
        rows = study_class.roster.filter(summoned_at__isnull=True)
        if entries is not None:
            rows = rows.filter(pk__in=[entry.pk for entry in entries])
        count = rows.update(summoned_at=at, summoned_by=SummonsWay.PRINT)
        if count:
            record("summons.printed", by=by, at=at, thing=study_class, unit=study_class.unit, after={"people": count})
    return count
