"""Who sees which reporter, review, training and invitation; what is somebody's own."""

from __future__ import annotations

from datetime import date

from django.db.models import Exists, OuterRef, Q, QuerySet

from quantriet.org import access
from quantriet.org.models import Account, Person, Unit, ancestor_ids
from quantriet.org.vocab import LEVEL_ORDER, Level, Permission
from quantriet.speakers.models import (
    InformationSource,
    Reporter,
    ReporterField,
    RosterReview,
    SpeakerInvitation,
    SpeakerRated,
    SpeakerRule,
    TrainingEvent,
)
from quantriet.speakers.vocab import InvitationState

# Levels whose committees keep a register of their own; a cell proposes, its committee decides.
KEEPING_LEVELS = [level for level in LEVEL_ORDER if level != Level.CELL]


def _above(account: Account) -> set[int]:
    """The units of the account and everything above them."""
    return {pk for path in access.paths_with(account, Permission.SPEAKER_VIEW) for pk in ancestor_ids(path)}


def _in_branch_or_above(account: Account) -> Q:
    return access.scope_q(account, Permission.SPEAKER_VIEW, "unit__path") | Q(unit__in=_above(account))


def reporters_seen_by(account: Account, permission: Permission = Permission.SPEAKER_VIEW) -> QuerySet[Reporter]:
    """Entries on registers of the account's branch; to look and to invite, also those of the committees above (R-113)."""
    if permission == Permission.SPEAKER_VIEW:
        return Reporter.objects.filter(_in_branch_or_above(account))
    return access.scope(Reporter.objects.all(), account, permission)


def registers_kept_by(account: Account) -> QuerySet[Reporter]:
    """Entries on registers of the account's own branch alone."""
    return access.scope(Reporter.objects.all(), account, Permission.SPEAKER_VIEW)


def get_reporter(account: Account, pk: int | str, permission: Permission = Permission.SPEAKER_VIEW) -> Reporter:
    """An entry the account sees; NotAllowed when it may only look and asks for more."""
    rows = reporters_seen_by(account).select_related("person__unit", "unit__kind", "unit__parent")
    reporter = access.one_of(rows, pk)
    if permission != Permission.SPEAKER_VIEW:
        access.require(account, permission, reporter.unit)
    return reporter


def keeping_units(account: Account) -> QuerySet[Unit]:
    """Units whose register the account keeps."""
    units = access.units_seen_by(account, Permission.SPEAKER_EDIT)
    return units.filter(closed_on__isnull=True, kind__level__in=KEEPING_LEVELS)


def reviewing_units(account: Account) -> QuerySet[Unit]:
    """Units whose register the account reviews: those it keeps, and closed ones on whose register somebody still stands."""
    units = access.units_seen_by(account, Permission.SPEAKER_EDIT).filter(kind__level__in=KEEPING_LEVELS)
    stands = Exists(Reporter.objects.standing().filter(unit=OuterRef("pk")))
    return units.filter(Q(closed_on__isnull=True) | stands)


def inviting_units(account: Account) -> QuerySet[Unit]:
    """Units in whose name the account invites."""
    return access.units_seen_by(account, Permission.SPEAKER_INVITE).filter(closed_on__isnull=True)


def reviews_seen_by(account: Account) -> QuerySet[RosterReview]:
    return access.scope(RosterReview.objects.all(), account, Permission.SPEAKER_VIEW)


def get_review(account: Account, pk: int | str, permission: Permission = Permission.SPEAKER_VIEW) -> RosterReview:
    review = access.one_of(reviews_seen_by(account).select_related("unit", "opened_by", "closed_by"), pk)
    access.require(account, permission, review.unit)
    return review


def trainings_seen_by(account: Account) -> QuerySet[TrainingEvent]:
    return access.scope(TrainingEvent.objects.all(), account, Permission.SPEAKER_VIEW)


def get_training(account: Account, pk: int | str, permission: Permission = Permission.SPEAKER_VIEW) -> TrainingEvent:
    event = access.one_of(trainings_seen_by(account).select_related("unit", "entered_by", "withdrawn_by"), pk)
    access.require(account, permission, event.unit)
    return event


def sources_seen_by(account: Account) -> QuerySet[InformationSource]:
    """Sources of the account's branch and of the committees above, in use."""
    return InformationSource.objects.filter(_in_branch_or_above(account), retired_on__isnull=True)


def get_source(account: Account, pk: int | str, permission: Permission = Permission.SPEAKER_VIEW) -> InformationSource:
    source = access.one_of(sources_seen_by(account).select_related("unit"), pk)
    if permission != Permission.SPEAKER_VIEW:
        access.require(account, permission, source.unit)
    return source


def fields_offered_to(account: Account) -> QuerySet[ReporterField]:
    """Fields of the house, of the account's branch and of the units above, in use."""
    known = Q(unit__isnull=True) | _in_branch_or_above(account)
    return ReporterField.objects.filter(known, retired_on__isnull=True)


def get_field(account: Account, pk: int | str) -> ReporterField:
    """A field of a unit whose register the account keeps; those of the house are nobody's to retire."""
    rows = ReporterField.objects.filter(_in_branch_or_above(account), unit__isnull=False).select_related("unit")
    field = access.one_of(rows, pk)
    assert field.unit is not None
    access.require(account, Permission.SPEAKER_EDIT, field.unit)
    return field


def rules_seen_by(account: Account) -> QuerySet[SpeakerRule]:
    """Figures that units of the account's branch set, and those of the units above, which hold for it too."""
    return SpeakerRule.objects.filter(_in_branch_or_above(account))


# --- invitations ----------------------------------------------------------------------------------------------------------


def sent_by_units_of(account: Account) -> QuerySet[SpeakerInvitation]:
    """Invitations that units of the account's branch sent."""
    return access.scope(SpeakerInvitation.objects.all(), account, Permission.SPEAKER_VIEW)


def sent_to_units_of(account: Account) -> QuerySet[SpeakerInvitation]:
    """Invitations to somebody of a register of the account's branch."""
    return access.scope(SpeakerInvitation.objects.all(), account, Permission.SPEAKER_VIEW, "reporter__unit__path")


def asked_by(account: Account) -> QuerySet[SpeakerInvitation]:
    """Invitations of units in whose name the account invites."""
    return access.scope(SpeakerInvitation.objects.all(), account, Permission.SPEAKER_INVITE)


def answered_by(account: Account) -> QuerySet[SpeakerInvitation]:
    """Invitations to somebody of a register that the account keeps."""
    return access.scope(SpeakerInvitation.objects.all(), account, Permission.SPEAKER_EDIT, "reporter__unit__path")


def invitations_seen_by(account: Account) -> QuerySet[SpeakerInvitation]:
    """What units of the account's branch asked, and what was asked of their registers: both sides see how it stands."""
    asked = access.scope_q(account, Permission.SPEAKER_VIEW, "unit__path")
    return SpeakerInvitation.objects.filter(
        asked | access.scope_q(account, Permission.SPEAKER_VIEW, "reporter__unit__path")
    )


_WITH = ("reporter__unit", "reporter__person__unit", "person", "unit", "asked_by", "answered_by")


def get_invitation(account: Account, pk: int | str) -> SpeakerInvitation:
    return access.one_of(invitations_seen_by(account).select_related(*_WITH), pk)


def may_answer(account: Account, invitation: SpeakerInvitation) -> bool:
    """Whether the account answers for the reporter: as the reporter, or for the committee that keeps the register."""
    own = account.person_id is not None and account.person_id == invitation.person_id
    return own or access.may(account, Permission.SPEAKER_EDIT, invitation.reporter.unit)


def get_answered(account: Account, pk: int | str) -> SpeakerInvitation:
    """An invitation that the account may answer for the committee; NotAllowed when it only sees it."""
    invitation = get_invitation(account, pk)
    access.require(account, Permission.SPEAKER_EDIT, invitation.reporter.unit)
    return invitation


def get_sent(account: Account, pk: int | str) -> SpeakerInvitation:
    """An invitation of a unit for which the account invites; NotAllowed when it only sees it."""
    invitation = get_invitation(account, pk)
    access.require(account, Permission.SPEAKER_INVITE, invitation.unit)
    return invitation


# --- one's own ------------------------------------------------------------------------------------------------------------


def own_entries(account: Account) -> QuerySet[Reporter]:
    """The entries of the account's own person, standing or ended."""
    return (
        Reporter.objects.filter(person_id=account.person_id) if account.person_id else Reporter.objects.none()
    )  # fmt: skip


def own_invitations(account: Account) -> QuerySet[SpeakerInvitation]:
    """Invitations to the account's own person."""
    if not account.person_id:
        return SpeakerInvitation.objects.none()
    return SpeakerInvitation.objects.filter(person_id=account.person_id)


def get_own_invitation(account: Account, pk: int | str) -> SpeakerInvitation:
    return access.one_of(own_invitations(account).select_related(*_WITH), pk)


def ratable_by(account: Account, day: date) -> QuerySet[SpeakerInvitation]:
    """Reports that the account may rate on this day: given in a unit at or above its person's, within the days for rating,
    by somebody else, and not rated yet (R-116)."""
    person: Person | None = account.person
    if person is None or person.left_on is not None:
        return SpeakerInvitation.objects.none()
    rows = SpeakerInvitation.objects.filter(
        state=InvitationState.ACCEPTED, held_on__lte=day, rating_ends_on__gte=day,
        unit__in=ancestor_ids(person.unit.path),
    )  # fmt: skip
    return rows.exclude(person=person).exclude(rated__account=account)


def get_ratable(account: Account, pk: int | str, day: date) -> SpeakerInvitation:
    return access.one_of(ratable_by(account, day).select_related("person", "unit"), pk)


def has_rated(account: Account, pk: int) -> bool:
    """Whether the account has said already what it thinks of a report."""
    return SpeakerRated.objects.filter(account=account, invitation=pk).exists()
