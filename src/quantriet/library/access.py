"""Who sees which document: what stands in the register of one's units, of those below, and of those above."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from quantriet.library.models import (
    DisseminationActivity,
    GuidingDocument,
    Placement,
    PublicationClock,
    PublicationRule,
    StudyMaster,
)
from quantriet.org import access
from quantriet.org.models import Account, Unit, ancestor_ids
from quantriet.org.vocab import Permission


def documents_seen_by(account: Account, permission: Permission = Permission.DOCUMENT_VIEW) -> QuerySet[GuidingDocument]:
    """Documents of the account's branch; to read, also those that units above it registered."""
    condition = access.scope_q(account, permission, "unit__path")
    if permission == Permission.DOCUMENT_VIEW:
        above = {pk for path in access.paths_with(account, permission) for pk in ancestor_ids(path)}
        condition |= Q(unit_id__in=above)
    return GuidingDocument.objects.filter(condition)


def get_document(account: Account, pk: int | str, permission: Permission = Permission.DOCUMENT_VIEW) -> GuidingDocument:
    """A document the account may see; NotAllowed when it may only read it and asks for more."""
    document = access.one_of(documents_seen_by(account).select_related("unit"), pk)
    if permission != Permission.DOCUMENT_VIEW:
        access.require(account, permission, document.unit)
    return document


def documents_reviewed_by(account: Account) -> QuerySet[GuidingDocument]:
    """Documents of the registers the account looks after: it answers for reviewing them."""
    return documents_seen_by(account, Permission.DOCUMENT_EDIT)


def masters_seen_by(account: Account, permission: Permission = Permission.DOCUMENT_VIEW) -> QuerySet[StudyMaster]:
    """Masters that units of the account's branch compose. What is published is read by everybody, at its document."""
    return access.scope(StudyMaster.objects.all(), account, permission)


def get_master(account: Account, pk: int | str, permission: Permission = Permission.DOCUMENT_VIEW) -> StudyMaster:
    """A master the account may see; NotAllowed when it may only read it and asks for more."""
    rows = masters_seen_by(account).select_related("unit", "document__unit", "submitted_by")
    master = access.one_of(rows, pk)
    if permission != Permission.DOCUMENT_VIEW:
        access.require(account, permission, master.unit)
    return master


# --- publication and dissemination --------------------------------------------------------------------------------------


def _in_branch_or_above(account: Account, unit: str) -> Q:
    """The condition "of a unit of the account's branch, or of one above it"; `unit` names the way to the unit."""
    above = {pk for path in access.paths_with(account, Permission.DOCUMENT_VIEW) for pk in ancestor_ids(path)}
    return access.scope_q(account, Permission.DOCUMENT_VIEW, f"{unit}__path") | Q(**{f"{unit}_id__in": above})


def clocks_seen_by(account: Account) -> QuerySet[PublicationClock]:
    """The clocks of the documents that the account reads."""
    return PublicationClock.objects.filter(_in_branch_or_above(account, "document__unit"))


def placements_seen_by(account: Account) -> QuerySet[Placement]:
    """Placements that units of the account's branch made, and those of the units above: these are public anyway."""
    return Placement.objects.filter(_in_branch_or_above(account, "unit"))


def get_placement(account: Account, pk: int | str, permission: Permission = Permission.DOCUMENT_VIEW) -> Placement:
    """A placement the account sees; NotAllowed when it may only read it and asks for more."""
    placement = access.one_of(placements_seen_by(account).select_related("document", "unit", "entered_by"), pk)
    if permission != Permission.DOCUMENT_VIEW:
        access.require(account, permission, placement.unit)
    return placement


def activities_seen_by(account: Account) -> QuerySet[DisseminationActivity]:
    """Activities that the account's units, or units below, reported."""
    return access.scope(DisseminationActivity.objects.all(), account, Permission.DOCUMENT_VIEW)


def get_activity(
    account: Account, pk: int | str, permission: Permission = Permission.DOCUMENT_VIEW
) -> DisseminationActivity:
    """An activity the account sees; NotAllowed when it may only read it and asks for more."""
    rows = activities_seen_by(account).select_related("unit", "document", "reported_by", "withdrawn_by")
    activity = access.one_of(rows, pk)
    access.require(account, permission, activity.unit)
    return activity


def publication_rules_seen_by(account: Account) -> QuerySet[PublicationRule]:
    """Deadlines that units of the account's branch set, and those of the units above, which hold for it too."""
    return PublicationRule.objects.filter(_in_branch_or_above(account, "unit"))


def reporting_units(account: Account) -> QuerySet[Unit]:
    """Units for which the account reports placements and activities."""
    return access.units_seen_by(account, Permission.PROPAGANDA_REPORT).filter(closed_on__isnull=True)
