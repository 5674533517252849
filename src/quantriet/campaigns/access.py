"""Whose campaigns, plans and duties an account may see.

A campaign is known where it is organised, above, and below once it is open; its people only under the account's units.
"""

from __future__ import annotations

from datetime import date

from django.db.models import Exists, OuterRef, Q, QuerySet

from quantriet.campaigns.models import (
    AudienceAdjustment,
    CampaignAssignment,
    CampaignPlan,
    FormChange,
    Rulebook,
    StudyCampaign,
    StudyCredit,
    StudyDuty,
    StudyNotice,
    Tally,
    WebhookDelivery,
    WebhookSubscription,
    schedulable,
)
from quantriet.campaigns.vocab import CampaignState
from quantriet.kit.refusal import NotAllowed
from quantriet.org import access as org_access
from quantriet.org.access import may, one_of, paths_with, require, scope, scope_q
from quantriet.org.models import Account, Person, Unit, UnitPlace, ancestor_ids, path_end
from quantriet.org.vocab import Permission


def _above(account: Account, permission: Permission) -> set[int]:
    """Units above the account's, where superiors sit."""
    return {pk for path in paths_with(account, permission) for pk in ancestor_ids(path)}


def campaigns_seen_by(account: Account, permission: Permission = Permission.CAMPAIGN_VIEW) -> QuerySet[StudyCampaign]:
    """Campaigns organised at or below the account's units, and what superiors have handed down or opened for them."""
    own = scope_q(account, permission, "unit__path")
    known = schedulable() | Q(state=CampaignState.CLOSED)
    # An organiser that has closed stands above nobody any more; whose people it had called still knows its campaigns.
    counted = Tally.objects.filter(scope_q(account, permission, "path"), campaign=OuterRef("pk"))
    formerly = Q(unit__closed_on__isnull=False, state=CampaignState.CLOSED) & Exists(counted)
    return StudyCampaign.objects.filter(own | (Q(unit_id__in=_above(account, permission)) & known) | formerly)


def get_campaign(account: Account, pk: int | str, permission: Permission = Permission.CAMPAIGN_VIEW) -> StudyCampaign:
    """A campaign the account may see; NotAllowed when another permission is asked for and missing at the organiser."""
    campaign = one_of(campaigns_seen_by(account).select_related("unit__kind", "rulebook__unit"), pk)
    if permission != Permission.CAMPAIGN_VIEW:
        require(account, permission, campaign.unit)
    return campaign


def top_path(campaign: StudyCampaign) -> str:
    """The path in today's tree under which everybody of the campaign counts: the organiser's, unless the tree has changed since.

    Of a campaign whose organiser has closed, or lost units to others, it is the nearest unit above all of them.
    """
    paths = Tally.objects.filter(campaign=campaign, kind__in=campaign.duty_kinds[:1]).order_by("path")
    ends = [paths.values_list("path", flat=True).first(), paths.values_list("path", flat=True).last()]
    top = campaign.unit.path
    for path in ends:
        while path is not None and not path.startswith(top):
            top = top[: top.rfind(".", 0, -1) + 1]
    return top


def board_units(account: Account, campaign: StudyCampaign, tree: date | None = None) -> list[Unit]:
    """The units from which this account may look at the campaign's board: the topmost of its people, or its own ones below.

    On the tree of an earlier day these are the organiser as it stood, or the account's units as they stood.
    """
    paths = paths_with(account, Permission.CAMPAIGN_VIEW)
    top = top_path(campaign)
    if any(top.startswith(path) for path in paths):
        if tree is not None or top == campaign.unit.path:
            return [campaign.unit]
        return list(Unit.objects.filter(path=top).select_related("kind"))
    inside = [path for path in paths if path.startswith(top)]
    if tree is not None:
        then = Q(pk__in=[])
        for path in inside:
            then |= Q(unit__path__gte=path, unit__path__lt=path_end(path))
        found: list[Unit] = []
        last = ""
        places = UnitPlace.objects.on(tree).filter(then, is_active=True).order_by("path").select_related("unit__kind")
        for place in places:
            if not last or not place.path.startswith(last):
                last = place.path
                found.append(place.unit)
        return found
    return list(Unit.objects.filter(path__in=inside).select_related("kind").order_by("path"))


def get_board_unit(account: Account, campaign: StudyCampaign, pk: int | str | None, tree: date | None = None) -> Unit:
    """The node of the campaign's tree asked for, inside what the account may see; without a key the topmost one."""
    tops = board_units(account, campaign, tree)
    if not tops:
        raise NotAllowed
    if pk is None:
        return tops[0]
    inside = Q(pk__in=[])
    paths = paths_with(account, Permission.CAMPAIGN_VIEW)
    top = top_path(campaign)
    for path in paths:
        if top.startswith(path):
            inside |= Q(path__startswith=top)
        elif path.startswith(top):
            inside |= Q(path__startswith=path)
    if tree is not None:
        # What stood under these units on that day, wherever it is now: the figures shown are the record of that day.
        then = Q(pk__in=[])
        for place in UnitPlace.objects.on(tree).filter(unit__in=tops):
            then |= Q(path__gte=place.path, path__lt=path_end(place.path))
        inside |= Q(pk__in=UnitPlace.objects.on(tree).filter(then).order_by().values("unit_id"))
    return one_of(Unit.objects.select_related("kind").filter(inside), pk)


def duties_seen_by(account: Account, permission: Permission = Permission.CAMPAIGN_VIEW) -> QuerySet[StudyDuty]:
    """Duties of the account's units, to be read unit by unit.

    By the keys of the units and not by a join with them: so the rows come in the order of their own index, page by page,
    where the join collects a whole province's and sorts it.
    """
    return StudyDuty.objects.filter(unit__in=org_access.units_seen_by(account, permission).order_by().values("pk"))


def plans_seen_by(account: Account, permission: Permission = Permission.CAMPAIGN_VIEW) -> QuerySet[CampaignPlan]:
    """Plans of the account's units and below, of campaigns that run or have run."""
    return scope(CampaignPlan.objects.exclude(campaign__state=CampaignState.CANCELLED), account, permission)


def get_plan(account: Account, pk: int | str, permission: Permission = Permission.CAMPAIGN_VIEW) -> CampaignPlan:
    plan = one_of(plans_seen_by(account).select_related("unit__kind", "campaign__unit", "responsible", "parent"), pk)
    require(account, permission, plan.unit)
    return plan


def form_changes_seen_by(account: Account, campaign: StudyCampaign) -> QuerySet[FormChange]:
    """Emergency changes that hold for the account's units in this campaign, or were made below them (R-034)."""
    reach = Q(pk__in=[])
    for top in board_units(account, campaign):
        reach |= Q(unit_id__in=top.ancestor_ids) | Q(unit__path__startswith=top.path)
    return FormChange.objects.filter(reach, campaign=campaign).select_related("unit", "by").order_by("-at")


def assignments_seen_by(account: Account, campaign: StudyCampaign) -> QuerySet[CampaignAssignment]:
    """Tasks of a campaign: all from the organiser's place, else those of the account's own units."""
    rows = CampaignAssignment.objects.filter(campaign=campaign)
    return rows if sees_whole(account, campaign) else scope(rows, account, Permission.CAMPAIGN_VIEW)


def rulebooks_seen_by(account: Account) -> QuerySet[Rulebook]:
    """Rulebooks of the account's units, of units below, and of units above, which hold for it."""
    own = scope_q(account, Permission.CAMPAIGN_VIEW, "unit__path")
    return Rulebook.objects.filter(own | Q(unit_id__in=_above(account, Permission.CAMPAIGN_VIEW)))


def get_rulebook(account: Account, pk: int | str, permission: Permission = Permission.CAMPAIGN_VIEW) -> Rulebook:
    rulebook = one_of(rulebooks_seen_by(account).select_related("unit"), pk)
    if permission != Permission.CAMPAIGN_VIEW:
        require(account, permission, rulebook.unit)
    return rulebook


def rulebooks_for(unit: Unit) -> QuerySet[Rulebook]:
    """Rulebooks a campaign of this unit may use: its own and those of units above, the nearest first."""
    return (
        Rulebook.objects.filter(unit_id__in=unit.ancestor_ids).select_related("unit").order_by("-unit__depth", "name")
    )


def adjustments_seen_by(account: Account) -> QuerySet[AudienceAdjustment]:
    return scope(AudienceAdjustment.objects.all(), account, Permission.CAMPAIGN_VIEW, "person__unit__path")


def credits_seen_by(account: Account, permission: Permission = Permission.CAMPAIGN_VIEW) -> QuerySet[StudyCredit]:
    """Recognised study elsewhere of the account's people."""
    return scope(StudyCredit.objects.all(), account, permission, "duty__unit__path")


def get_credit(account: Account, pk: int | str, permission: Permission = Permission.CAMPAIGN_VIEW) -> StudyCredit:
    """A recognition the account sees; to decide on it is for whoever approves in the person's unit."""
    seen = credits_seen_by(account).select_related(
        "duty__person", "duty__unit", "duty__campaign__unit", "proposed_by", "decided_by", "withdrawn_by"
    )
    credit = one_of(seen, pk)
    if permission != Permission.CAMPAIGN_VIEW:
        require(account, permission, credit.duty.unit)
    return credit


def people_credited_by(account: Account, *, deciding: bool) -> QuerySet[Person]:
    """People for whom the account enters a study elsewhere: decides on it, or (the cell's secretary too) proposes it."""
    people = Person.objects.active()
    decided = scope_q(account, Permission.EXCUSE_APPROVE, "unit__path")
    return people.filter(decided if deciding else decided | scope_q(account, Permission.ROLL_TAKE, "unit__path"))


def notices_seen_by(account: Account) -> QuerySet[StudyNotice]:
    own = scope_q(account, Permission.CAMPAIGN_VIEW, "unit__path")
    return StudyNotice.objects.filter(own | Q(unit_id__in=_above(account, Permission.CAMPAIGN_VIEW)))


def planning_units(account: Account) -> QuerySet[Unit]:
    """Units for which the account may plan campaigns."""
    return org_access.units_seen_by(account, Permission.CAMPAIGN_PLAN).filter(closed_on__isnull=True)


def may_plan(account: Account, campaign: StudyCampaign) -> bool:
    """Whether the pages of this campaign offer to change it."""
    return may(account, Permission.CAMPAIGN_PLAN, campaign.unit)


def sees_whole(account: Account, campaign: StudyCampaign) -> bool:
    """Whether the account sees the campaign from the organiser's place, and so its whole counts."""
    return may(account, Permission.CAMPAIGN_VIEW, campaign.unit)


def webhooks_seen_by(account: Account) -> QuerySet[WebhookSubscription]:
    """Programs that are told of the account's units; whoever plans campaigns there looks after them."""
    return scope(WebhookSubscription.objects.all(), account, Permission.CAMPAIGN_PLAN)


def get_webhook(account: Account, pk: int | str) -> WebhookSubscription:
    return one_of(webhooks_seen_by(account).select_related("unit", "account"), pk)


def get_delivery(account: Account, pk: int | str) -> WebhookDelivery:
    seen = WebhookDelivery.objects.filter(subscription__in=webhooks_seen_by(account).values("pk"))
    return one_of(seen.select_related("subscription__unit", "subscription__account"), pk)
