"""Who sees which class, venue and roster line.

A class is seen by its organiser and everybody above, by who looks after one of its venues or is its clerk there, and,
once it is released, by whoever may see classes in a unit whose people are called to it.
"""

from __future__ import annotations

from datetime import date

from django.db.models import Exists, OuterRef, Q, QuerySet

from quantriet.classes.models import Facility, Hall, RosterEntry, StudyClass, TimetablePlan, Venue
from quantriet.classes.vocab import ClassPart, ClassState, ConferencePart
from quantriet.kit.refusal import NotAllowed
from quantriet.org import access
from quantriet.org.models import Account, Appointment, Person, PostHeld, Unit, ancestor_ids, path_end
from quantriet.org.vocab import ROLES, Permission
from quantriet.speakers import access as speaker_access
from quantriet.speakers.models import Reporter

# What being the clerk of a venue allows by itself, without an appointment in the unit.
CLERK_PERMISSIONS = (Permission.CLASS_VIEW, Permission.ROLL_TAKE)


def venues_seen_by(account: Account, permission: Permission = Permission.CLASS_VIEW) -> QuerySet[Venue]:
    """Venues of the account's own classes, venues its units look after, and those it is clerk of."""
    wanted = access.scope_q(account, permission, "study_class__unit__path")
    wanted |= access.scope_q(account, permission, "unit__path")
    if permission in CLERK_PERMISSIONS:
        wanted |= Q(clerk_id=account.pk)
    return Venue.objects.filter(wanted)


def classes_seen_by(account: Account, permission: Permission = Permission.CLASS_VIEW) -> QuerySet[StudyClass]:
    """Classes the account may treat so: changing one is for its organiser, taking its roll for its venues too."""
    wanted = access.scope_q(account, permission, "unit__path")
    if permission in CLERK_PERMISSIONS:
        local = access.scope_q(account, permission, "unit__path") | Q(clerk_id=account.pk)
        wanted |= Q(Exists(Venue.objects.filter(local, study_class=OuterRef("pk"))))
    if permission == Permission.CLASS_VIEW:
        called = RosterEntry.objects.filter(
            access.scope_q(account, permission, "unit__path"), study_class=OuterRef("pk")
        )
        wanted |= ~Q(state=ClassState.DRAFT) & Q(Exists(called))
    return StudyClass.objects.filter(wanted)


def get_class(account: Account, pk: int | str, permission: Permission = Permission.CLASS_VIEW) -> StudyClass:
    """A class the account sees; NotAllowed when seen but without the permission asked for."""
    seen = classes_seen_by(account).select_related("campaign__rulebook", "campaign__unit", "unit__kind", "host_unit")
    study_class = access.one_of(seen, pk)
    if permission != Permission.CLASS_VIEW and not classes_seen_by(account, permission).filter(pk=pk).exists():
        raise NotAllowed
    return study_class


def get_venue(account: Account, pk: int | str, permission: Permission = Permission.CLASS_VIEW) -> Venue:
    """A venue the account sees; NotAllowed when seen but without the permission asked for."""
    seen = venues_seen_by(account).select_related("study_class__campaign", "study_class__unit", "unit", "clerk")
    venue = access.one_of(seen, pk)
    if permission != Permission.CLASS_VIEW and not venues_seen_by(account, permission).filter(pk=pk).exists():
        raise NotAllowed
    return venue


def roster_seen_by(account: Account, permission: Permission = Permission.CLASS_VIEW) -> QuerySet[RosterEntry]:
    """Roster lines of the account's classes and venues; for viewing also the account's own people in any class."""
    wanted = access.scope_q(account, permission, "study_class__unit__path")
    wanted |= access.scope_q(account, permission, "venue__unit__path")
    if permission in CLERK_PERMISSIONS:
        wanted |= Q(venue__clerk_id=account.pk)
    if permission == Permission.CLASS_VIEW:
        wanted |= access.scope_q(account, permission, "unit__path") & ~Q(study_class__state=ClassState.DRAFT)
    return RosterEntry.objects.filter(wanted)


def parts_seen_by(account: Account, study_class: StudyClass) -> list[ClassPart]:
    """Which pages about a class the account may open: the clerk of a venue has its roll, a reader has no roll.

    Who has nothing but people in the class sees no seats: a plan shows everybody of a venue.
    """
    of_roll = (ClassPart.ROLL, ClassPart.RESULT)
    sees_class = access.may_anywhere(account, Permission.CLASS_VIEW)
    takes_roll = classes_seen_by(account, Permission.ROLL_TAKE).filter(pk=study_class.pk).exists()
    sees_seats = sees_class and (
        access.may(account, Permission.CLASS_VIEW, study_class.unit)
        or venues_seen_by(account).filter(study_class=study_class).exists()
    )
    opens = {**dict.fromkeys(of_roll, takes_roll), ClassPart.SEATS: sees_seats}
    return [part for part in ClassPart if opens.get(part, sees_class)]


def is_clerk(account: Account) -> bool:
    """Whether the account takes the roll at some venue by name."""
    return Venue.objects.filter(clerk_id=account.pk).exists()


def may_change(account: Account, study_class: StudyClass) -> bool:
    """Whether the account plans and runs this class."""
    return access.may(account, Permission.CLASS_EDIT, study_class.unit)


def people_to_choose(account: Account, study_class: StudyClass) -> QuerySet[Person]:
    """People who may be given a part in a class: those the account sees, and leaders of the units above the class."""
    return _seen_or_leading(account, study_class.unit)


def _seen_or_leading(account: Account, unit: Unit) -> QuerySet[Person]:
    leads = (
        PostHeld.objects.on()
        .filter(Q(post__is_standing=True) | Q(post__is_head=True), unit_id__in=unit.ancestor_ids)
        .values("person_id")
    )
    seen = access.scope_q(account, Permission.PERSON_VIEW, "unit__path")
    return Person.objects.active().filter(seen | Q(pk__in=leads))


def clerks_to_choose(study_class: StudyClass) -> QuerySet[Account]:
    """Accounts that may be clerk of a venue: those who take the roll somewhere in the organiser's branch."""
    roles = [role for role, spec in ROLES.items() if Permission.ROLL_TAKE in spec.permissions]
    unit = study_class.unit
    inside = Q(unit__path__gte=unit.path, unit__path__lt=path_end(unit.path)) | Q(unit_id__in=unit.ancestor_ids)
    venues = Q(unit_id__in=study_class.venues.values("unit_id"))
    appointed = Appointment.objects.on().filter(inside | venues, role__in=roles).values("account_id")
    return (
        Account.objects.filter(is_active=True, pk__in=appointed).select_related("person__unit").order_by("display_name")
    )


def units_to_organise(account: Account) -> QuerySet[Unit]:
    """Units for which the account may plan classes; cells meet under their committee and are not offered."""
    return (
        access.units_seen_by(account, Permission.CLASS_EDIT)
        .filter(closed_on__isnull=True, kind__holds_members=False)
        .select_related("kind")
        .order_by("path")
    )


def halls_seen_by(account: Account, permission: Permission = Permission.CLASS_VIEW) -> QuerySet[Hall]:
    """Halls of the units whose classes the account may treat so."""
    return access.scope(Hall.objects.all(), account, permission)


def get_hall(account: Account, pk: int | str, permission: Permission = Permission.CLASS_VIEW) -> Hall:
    """A hall the account sees; NotAllowed when seen but without the permission asked for."""
    hall = access.one_of(halls_seen_by(account).select_related("unit"), pk)
    if permission != Permission.CLASS_VIEW and not access.may(account, permission, hall.unit):
        raise NotAllowed
    return hall


def halls_to_choose(account: Account, venue: Venue) -> QuerySet[Hall]:
    """Halls for a venue: those the account sees, and those of the venue's unit, of the class's and of the units above."""
    around = {*venue.study_class.unit.ancestor_ids, *venue.unit.ancestor_ids, venue.unit_id, venue.study_class.unit_id}
    seen = access.scope_q(account, Permission.CLASS_VIEW, "unit__path")
    return Hall.objects.filter(seen | Q(unit_id__in=around)).select_related("unit").order_by("unit__path", "name")


def timetables_seen_by(account: Account, permission: Permission = Permission.CLASS_VIEW) -> QuerySet[TimetablePlan]:
    """Timetables of the units whose classes the account may treat so."""
    return access.scope(TimetablePlan.objects.all(), account, permission)


def get_timetable(account: Account, pk: int | str, permission: Permission = Permission.CLASS_VIEW) -> TimetablePlan:
    """A timetable the account sees; NotAllowed when seen but without the permission asked for."""
    plan = access.one_of(timetables_seen_by(account).select_related("campaign", "unit"), pk)
    if permission != Permission.CLASS_VIEW and not access.may(account, permission, plan.unit):
        raise NotAllowed
    return plan


def reporters_to_choose(account: Account, plan: TimetablePlan) -> QuerySet[Person]:
    """Whoever may be chosen to speak: those the account sees, and leaders of the units above the plan's."""
    return _seen_or_leading(account, plan.unit)


def register_entries(account: Account, day: date) -> QuerySet[Reporter] | None:
    """Entries on registers of reporters that stand on a day; None of whoever may look into no register and so cannot say
    who is outside."""
    if not access.may_anywhere(account, Permission.SPEAKER_VIEW):
        return None
    standing = speaker_access.reporters_seen_by(account).filter(valid_from__lte=day)
    return standing.filter(Q(valid_to__isnull=True) | Q(valid_to__gte=day))


# --- conferences: the host, who stands above it, and once it is opened who stands below -----------------------------


def conferences_seen_by(account: Account) -> QuerySet[StudyClass]:
    """Conferences of the account's branch, those opened to it by a superior, and those in which it looks after a venue."""
    own = access.scope_q(account, Permission.CLASS_VIEW, "unit__path")
    above = {pk for path in access.paths_with(account, Permission.CLASS_VIEW) for pk in ancestor_ids(path)}
    opened = Q(unit_id__in=above, conference__opened_at__isnull=False)
    local = access.scope_q(account, Permission.CLASS_VIEW, "unit__path") | Q(clerk_id=account.pk)
    venues = Q(Exists(Venue.objects.filter(local, study_class=OuterRef("pk"))))
    return StudyClass.objects.filter(own | opened | venues, conference__isnull=False)


def get_conference(account: Account, pk: int | str, permission: Permission = Permission.CLASS_VIEW) -> StudyClass:
    """A conference the account sees; NotAllowed when seen but without the permission asked for at its host."""
    rows = ("conference", "campaign__rulebook", "campaign__unit", "unit__kind", "host_unit")
    study_class = access.one_of(conferences_seen_by(account).select_related(*rows), pk)
    if permission != Permission.CLASS_VIEW:
        access.require(account, permission, study_class.unit)
    return study_class


def is_host(account: Account, study_class: StudyClass, permission: Permission = Permission.CLASS_EDIT) -> bool:
    """Whether the account runs the conference: it then sees and changes every venue, whoever owns it."""
    return access.may(account, permission, study_class.unit)


def branches_seen_in(account: Account, study_class: StudyClass) -> tuple[str, ...]:
    """The paths under which the account sees the venues of a conference; "" stands for all of them."""
    if access.may(account, Permission.CLASS_VIEW, study_class.unit):
        return ("",)
    return tuple(access.paths_with(account, Permission.CLASS_VIEW))


def conference_venues(
    account: Account, study_class: StudyClass, permission: Permission = Permission.CLASS_VIEW
) -> QuerySet[Venue]:
    """Venues of a conference that the account may treat so: all for its host, else those of its own branch."""
    return venues_seen_by(account, permission).filter(study_class=study_class)


def get_conference_venue(account: Account, class_pk: int, pk: int, permission: Permission) -> Venue:
    """A venue of a conference with its conference, in one question; NotAllowed when seen but without the permission."""
    seen = venues_seen_by(account).filter(study_class=class_pk, study_class__conference__isnull=False)
    rows = (
        "unit", "clerk", "readiness__facility", "readiness__checked_by", "study_class__conference", "study_class__campaign__rulebook",
        "study_class__campaign__unit", "study_class__unit__kind", "study_class__host_unit",
    )  # fmt: skip
    venue = access.one_of(seen.select_related(*rows), pk)
    if not venues_seen_by(account, permission).filter(pk=venue.pk).exists():
        raise NotAllowed
    return venue


def units_for_venues(account: Account, study_class: StudyClass) -> QuerySet[Unit]:
    """Units for which the account may add a venue: the host's own branch, and the units above the host (R-061)."""
    reach = Q(path__gte=study_class.unit.path, path__lt=path_end(study_class.unit.path))
    reach |= Q(pk__in=study_class.unit.ancestor_ids)
    mine = access.units_seen_by(account, Permission.CLASS_EDIT).filter(reach, closed_on__isnull=True)
    return mine.select_related("kind").order_by("path")


def require_venue_of(account: Account, study_class: StudyClass) -> None:
    """Raise NotAllowed unless the account may add a venue for some unit."""
    if not units_for_venues(account, study_class).exists():
        raise NotAllowed


def clerks_for_venues(account: Account, study_class: StudyClass) -> QuerySet[Account]:
    """Accounts that may be clerk of a venue and stand in the account's own branch, or anywhere for the host."""
    chosen = clerks_to_choose(study_class)
    if is_host(account, study_class):
        return chosen
    mine = access.scope_q(account, Permission.CLASS_EDIT, "unit__path")
    return chosen.filter(pk__in=Appointment.objects.on().filter(mine).values("account_id"))


def conference_parts(account: Account, study_class: StudyClass) -> list[ConferencePart]:
    """Which pages about a conference the account may open: who only looks after a venue has no settings."""
    if is_host(account, study_class):
        return list(ConferencePart)
    of_host = (ConferencePart.SEATING, ConferencePart.SETTINGS)
    sees = access.may_anywhere(account, Permission.CLASS_VIEW)
    return [part for part in ConferencePart if part not in of_host and sees]


def facilities_seen_by(account: Account, permission: Permission = Permission.CLASS_VIEW) -> QuerySet[Facility]:
    return access.scope(Facility.objects.all(), account, permission)


def get_facility(account: Account, pk: int | str, permission: Permission = Permission.CLASS_VIEW) -> Facility:
    """A room of the register the account sees; NotAllowed when seen but without the permission asked for."""
    facility = access.one_of(facilities_seen_by(account).select_related("unit"), pk)
    if permission != Permission.CLASS_VIEW:
        access.require(account, permission, facility.unit)
    return facility


def units_with_registers(account: Account) -> QuerySet[Unit]:
    """Units whose register of rooms the account keeps."""
    return access.units_seen_by(account, Permission.CLASS_EDIT).filter(closed_on__isnull=True).order_by("path")
