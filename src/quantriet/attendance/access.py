"""Who takes which roll, sees whose evidence, decides on whose excuse.

The rows are those of `classes.access`: the organiser's scope covers a class, that of a venue's unit and its clerk the
venue. Whoever looks after people sees their evidence and catch-ups in any class.
"""

from __future__ import annotations

from django.db.models import QuerySet

from quantriet.attendance.models import AbsenceProposal, CatchUp, ConductNote, ExcusedAbsence, PresenceFact, ReplyForm
from quantriet.attendance.vocab import ExcuseState
from quantriet.campaigns.models import StudyCampaign, StudyDuty
from quantriet.classes import access as class_access
from quantriet.classes.models import RosterEntry, StudyClass, Venue
from quantriet.kit.refusal import NotAllowed
from quantriet.org import access as org_access
from quantriet.org.access import one_of, scope_q
from quantriet.org.models import Account, Person
from quantriet.org.vocab import Permission


def rolls_taken_by(account: Account) -> QuerySet[StudyClass]:
    """Classes of which the account takes the roll, whole or in a venue."""
    return class_access.classes_seen_by(account, Permission.ROLL_TAKE)


def venues_marked_by(account: Account, study_class: StudyClass) -> QuerySet[Venue]:
    return class_access.venues_seen_by(account, Permission.ROLL_TAKE).filter(study_class=study_class)


def may_take_rolls(account: Account) -> bool:
    """Whether the account has anything to do with rolls: by appointment, or as clerk of a venue."""
    return org_access.may_anywhere(account, Permission.ROLL_TAKE) or Venue.objects.filter(clerk_id=account.pk).exists()


def get_roll(account: Account, pk: int | str) -> StudyClass:
    """A class whose roll the account takes, at least in one venue."""
    return class_access.get_class(account, pk, Permission.ROLL_TAKE)


def get_whole_roll(account: Account, pk: int | str) -> StudyClass:
    """A class whose whole roll the account answers for: closing and reopening are not for the clerk of a venue."""
    study_class = get_roll(account, pk)
    org_access.require(account, Permission.ROLL_TAKE, study_class.unit)
    return study_class


def entries_marked_by(account: Account) -> QuerySet[RosterEntry]:
    return class_access.roster_seen_by(account, Permission.ROLL_TAKE)


def entries_seen_by(account: Account) -> QuerySet[RosterEntry]:
    return class_access.roster_seen_by(account)


def get_entry(account: Account, pk: int | str, permission: Permission = Permission.CLASS_VIEW) -> RosterEntry:
    """A roster line the account sees; NotAllowed when seen but without the permission asked for."""
    seen = entries_seen_by(account).select_related("person", "unit", "venue", "study_class__unit", "duty")
    entry = one_of(seen, pk)
    if permission == Permission.ROLL_TAKE and not entries_marked_by(account).filter(pk=pk).exists():
        raise NotAllowed
    if permission == Permission.EXCUSE_APPROVE:
        org_access.require(account, permission, entry.study_class.unit)
    return entry


def may_mark(account: Account, entry: RosterEntry) -> bool:
    return entries_marked_by(account).filter(pk=entry.pk).exists()


def get_fact(account: Account, pk: int | str) -> PresenceFact:
    """A fact about somebody whose roll the account takes."""
    facts = PresenceFact.objects.filter(entry__in=entries_seen_by(account)).select_related("entry__study_class")
    fact = one_of(facts, pk)
    if not may_mark(account, fact.entry):
        raise NotAllowed
    return fact


def excuses_seen_by(account: Account) -> QuerySet[ExcusedAbsence]:
    return ExcusedAbsence.objects.filter(entry__in=entries_seen_by(account).values("pk"))


def excuses_to_decide(account: Account) -> QuerySet[ExcusedAbsence]:
    """Excuses that wait for somebody who approves in the unit of their class, as this account does."""
    return excuses_seen_by(account).filter(
        scope_q(account, Permission.EXCUSE_APPROVE, "entry__study_class__unit__path"), state=ExcuseState.ASKED
    )


def get_excuse(account: Account, pk: int | str, permission: Permission = Permission.CLASS_VIEW) -> ExcusedAbsence:
    """An excuse the account sees; to decide on it is for whoever approves in the class's unit."""
    seen = excuses_seen_by(account).select_related(
        "entry__person", "entry__unit", "entry__study_class__unit", "session", "asked_by", "decided_by"
    )
    excuse = one_of(seen, pk)
    if permission == Permission.EXCUSE_APPROVE:
        org_access.require(account, permission, excuse.entry.study_class.unit)
    return excuse


def may_ask_excuse(account: Account, entry: RosterEntry) -> bool:
    """The class's clerk, and whoever takes the roll of the person's own cell."""
    return may_mark(account, entry) or org_access.may(account, Permission.ROLL_TAKE, entry.unit)


def catch_ups_seen_by(account: Account, permission: Permission = Permission.CLASS_VIEW) -> QuerySet[CatchUp]:
    """Catch-ups of the account's people, and of classes it organised."""
    return CatchUp.objects.filter(
        scope_q(account, permission, "duty__unit__path")
        | scope_q(account, permission, "missed__study_class__unit__path")
    )


def get_catch_up(account: Account, pk: int | str) -> CatchUp:
    """A link of one of the account's own people, to choose a class for them; NotAllowed when it is only seen."""
    seen = catch_ups_seen_by(account).select_related(
        "duty__person", "duty__unit", "duty__campaign", "missed__study_class"
    )
    link = one_of(seen, pk)
    org_access.require(account, Permission.ROLL_TAKE, link.duty.unit)
    return link


def absence_proposals_seen_by(account: Account) -> QuerySet[AbsenceProposal]:
    """Proposals about the people of the account's units: for the secretary of the cell and the committees above, nobody else."""
    return org_access.scope(AbsenceProposal.objects.all(), account, Permission.CLASS_VIEW, "entry__unit__path")


def get_absence_proposal(
    account: Account, pk: int | str, permission: Permission = Permission.CLASS_VIEW
) -> AbsenceProposal:
    """A proposal the account sees; to decide is for who approves excuses in the person's unit."""
    seen = absence_proposals_seen_by(account).select_related(
        "entry__person", "entry__unit", "entry__study_class", "decided_by"
    )
    found = one_of(seen, pk)
    if permission != Permission.CLASS_VIEW:
        org_access.require(account, permission, found.entry.unit)
    return found


def lines_entered_for(account: Account) -> QuerySet[RosterEntry]:
    """Roster lines of the people of the account's cells: what is entered for those who use no phone (P-08)."""
    return org_access.scope(RosterEntry.objects.all(), account, Permission.ROLL_TAKE)


def links_entered_for(account: Account) -> QuerySet[CatchUp]:
    return org_access.scope(CatchUp.objects.all(), account, Permission.ROLL_TAKE, "duty__unit__path")


def reply_forms_entered_by(account: Account) -> QuerySet[ReplyForm]:
    return org_access.scope(ReplyForm.objects.all(), account, Permission.ROLL_TAKE, "person__unit__path")


def classes_to_place_in(account: Account) -> QuerySet[StudyClass]:
    """Classes whose roster the account may add to."""
    return class_access.classes_seen_by(account, Permission.CLASS_EDIT)


def conduct_seen_by(account: Account, study_class: StudyClass) -> QuerySet[ConductNote]:
    """Notes on the people of the class whom the account sees there."""
    people = entries_seen_by(account).filter(study_class=study_class).values("person_id")
    return ConductNote.objects.filter(study_class=study_class, person__in=people)


def self_study_seen_by(account: Account, people: QuerySet[StudyDuty]) -> QuerySet[StudyDuty]:
    """Of people who study alone those whom the account follows in campaigns."""
    return org_access.scope(people, account, Permission.CAMPAIGN_VIEW)


def may_allow_self_study(account: Account, campaign: StudyCampaign) -> bool:
    return org_access.may(account, Permission.CAMPAIGN_PLAN, campaign.unit)


def people_allowed_by(account: Account, campaign: StudyCampaign) -> QuerySet[Person]:
    """People whom the organiser may name: those of the campaign within the account's reach."""
    called = StudyDuty.objects.filter(campaign=campaign).values("person")
    return org_access.people_seen_by(account, Permission.PERSON_VIEW).filter(pk__in=called)


def people_followed_by(account: Account) -> QuerySet[Person]:
    """People whose absences over several classes the account may look at."""
    return org_access.people_seen_by(account, Permission.PERSON_VIEW)
