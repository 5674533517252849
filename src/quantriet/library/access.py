"""Who sees which document: what stands in the register of one's units, of those below, and of those above."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from quantriet.library.models import GuidingDocument, StudyMaster
from quantriet.org import access
from quantriet.org.models import Account, ancestor_ids
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
