"""Who sees which class, venue and roster line.

A class is seen by its organiser and everybody above, by who looks after one of its venues or is its clerk there, and,
once it is released, by whoever may see classes in a unit whose people are called to it.
"""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q, QuerySet

from quantriet.classes.models import RosterEntry, StudyClass, Venue
from quantriet.classes.vocab import ClassState
from quantriet.kit.refusal import NotAllowed
from quantriet.org import access
from quantriet.org.models import Account
from quantriet.org.vocab import Permission

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


def may_change(account: Account, study_class: StudyClass) -> bool:
    """Whether the account plans and runs this class."""
    return access.may(account, Permission.CLASS_EDIT, study_class.unit)
