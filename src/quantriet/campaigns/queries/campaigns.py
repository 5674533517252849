"""Reads about one campaign: its duties, its last day, what still stands in the way of opening it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Sum

from quantriet.campaigns.models import (
    CampaignDocument,
    CampaignReview,
    FormChange,
    StudyCampaign,
    StudyDuty,
    Tally,
)
from quantriet.campaigns.rules import deadline
from quantriet.campaigns.rules.boards import Count as People
from quantriet.campaigns.vocab import DUTY_KINDS, CampaignState, EventHolder, Places, Problem, StudyEvent
from quantriet.kit.time import show_day, today
from quantriet.library import queries as library_queries
from quantriet.library.models import GuidingDocument
from quantriet.library.queries import materials
from quantriet.library.vocab import MaterialKind
from quantriet.org.models import Unit


def duties_of(campaign: StudyCampaign, kind: str) -> QuerySet[StudyDuty]:
    return StudyDuty.objects.filter(campaign=campaign, kind=kind)


def campaign_due_on(campaign: StudyCampaign) -> date:
    """The last day for every duty of the campaign (R-023)."""
    return deadline.due_on(campaign.planned_to, campaign.documents.values_list("finish_before_on", flat=True))


def problems_before_opening(campaign: StudyCampaign) -> list[Problem]:
    """What stands in the way of opening: of the campaign itself, then of each kind of duty (B-02)."""
    problems = []
    if not campaign.campaign_documents.exists():
        problems.append(Problem("Đợt học tập chưa có văn bản nào."))
    if not campaign.duty_kinds:
        problems.append(Problem("Đợt học tập chưa có nghĩa vụ nào cho người học."))
    if campaign.duty_kinds and not StudyDuty.objects.filter(campaign=campaign).exists():
        problems.append(Problem("Chưa có ai trong danh sách đối tượng."))
    for key in campaign.duty_kinds:
        kind = DUTY_KINDS.get(key)
        if kind and kind.before_opening:
            problems += kind.before_opening(campaign)
    return problems


def places(campaign: StudyCampaign) -> Places:
    """Who has no place yet, of the first kind of duty that asks for places; empty when none does."""
    for key in campaign.duty_kinds:
        kind = DUTY_KINDS.get(key)
        if kind and kind.places:
            return kind.places(campaign)
    return Places()


def event_holders(campaign: StudyCampaign) -> list[EventHolder]:
    """The rooms that hold events for the duties of this campaign."""
    kinds = (DUTY_KINDS.get(key) for key in campaign.duty_kinds)
    return [kind.events for kind in kinds if kind and kind.events]


def problems_before_closing(campaign: StudyCampaign, *, at: datetime) -> list[Problem]:
    """What would be left without an end if a running campaign closed now: open rolls, absentees nobody follows."""
    return [one for holder in event_holders(campaign) for one in holder.before_closing(campaign, at=at)]


def problems_before_cancelling(campaign: StudyCampaign) -> list[Problem]:
    """Results that stand already, so that the campaign cannot be called off any more."""
    return [one for holder in event_holders(campaign) for one in holder.before_cancelling(campaign)]


def problems_in_ledger(campaign: StudyCampaign) -> list[Problem]:
    """The second half of the proof, after the events: people who owe and whom nobody follows (B-02)."""
    return [one for holder in event_holders(campaign) for one in holder.in_ledger(campaign)]


def running_events(campaign: StudyCampaign, unit: Unit) -> list[StudyEvent]:
    """Events of the unit and everything below it that are planned or under way."""
    return [one for holder in event_holders(campaign) for one in holder.running(campaign, unit)]


def deadline_warnings(campaign: StudyCampaign) -> list[str]:
    """Documents that must be finished before the campaign's period ends (R-023)."""
    return [
        f"{document.citation} phải học xong trước ngày {show_day(document.finish_before_on)}, sớm hơn ngày kết thúc đợt "
        f"({show_day(campaign.planned_to)}); hạn của người học là {show_day(campaign_due_on(campaign))}."
        for document in campaign.documents.filter(finish_before_on__lte=campaign.planned_to)
        if document.finish_before_on
    ]


def document_warnings(campaign: StudyCampaign) -> list[str]:
    """Documents of the campaign that are no longer in force, amended, or will be before it ends (R-021)."""
    documents = list(campaign.documents.order_by("campaign_documents__order"))
    return library_queries.lifecycle_warnings(documents, day=today(), until=campaign.planned_to)


@dataclass(frozen=True)
class Outlines:
    """What stands ready of one document's outlines: "Đề cương tuyên truyền: đảng viên ở nông thôn", "… : chưa có"."""

    document: GuidingDocument
    lines: list[str]
    lacks_propaganda: bool


def outlines(campaign: StudyCampaign) -> list[Outlines]:
    """The outlines of each document of the campaign, for whom they stand ready (R-038, R-089)."""
    documents = list(campaign.documents.order_by("campaign_documents__order"))
    ready = materials.outlines_of(documents)
    return [
        Outlines(
            one,
            [
                f"{kind.label}: {'; '.join(audience.label for audience in ready.get(one.pk, {}).get(kind, [])) or 'chưa có'}"
                for kind in materials.OUTLINES
            ],
            MaterialKind.PROPAGANDA not in ready.get(one.pk, {}),
        )
        for one in documents
    ]


def outline_warnings(prepared: list[Outlines]) -> list[str]:
    """Before a campaign the propaganda outline is written (R-038, article 003); said as long as the campaign is planned."""
    without = [one.document.reference_number for one in prepared if one.lacks_propaganda]
    if not without:
        return []
    return [
        f"Chưa có đề cương tuyên truyền của {', '.join(without)}. Trước mỗi đợt, hãy làm đề cương ở trang Biên soạn của văn bản: "
        "mục tiêu của trên, của địa phương và những việc cấp ủy cần làm."
    ]


def totals(campaigns: list[StudyCampaign], tops: list[str]) -> dict[int, People]:
    """Done, exempt and owing of the first kind of duty of each campaign, inside the given paths."""
    inside = Q()
    for path in tops:
        inside |= Q(path__startswith=path)
    first = Q()
    for campaign in campaigns:
        if campaign.duty_kinds:
            first |= Q(campaign=campaign, kind=campaign.duty_kinds[0])
    if not first or not tops:
        return {}
    sums = (
        Tally.objects.filter(first)
        .filter(inside)
        .order_by()
        .values("campaign_id")
        .annotate(done_sum=Sum("done"), exempt_sum=Sum("exempt"), owing_sum=Sum("owing"))
    )
    return {row["campaign_id"]: People(row["done_sum"], row["exempt_sum"], row["owing_sum"]) for row in sums}


def unstudied(documents: QuerySet[GuidingDocument]) -> QuerySet[GuidingDocument]:
    """Of these documents the ones in no campaign that is planned, runs or has run (R-018); adds `notice_count`."""
    planned = CampaignDocument.objects.filter(document=OuterRef("pk")).exclude(campaign__state=CampaignState.CANCELLED)
    return documents.filter(~Exists(planned)).annotate(notice_count=Count("study_notices"))


def earlier_lessons(unit: Unit, besides: StudyCampaign | None = None) -> list[CampaignReview]:
    """Lessons of earlier campaigns of this unit or of units above, latest first: read when the next is planned."""
    reviews = CampaignReview.objects.filter(Q(unit_id__in=unit.ancestor_ids) | Q(campaign__unit=unit)).select_related(
        "campaign", "unit"
    )
    if besides is not None and besides.pk:
        reviews = reviews.exclude(campaign=besides)
    return list(reviews.order_by("-at")[:5])


def form_changes(campaign: StudyCampaign, unit: Unit | None = None) -> list[FormChange]:
    """Emergency changes of form that hold for a unit (all of the campaign without one), latest first (R-034)."""
    rows = FormChange.objects.filter(campaign=campaign).select_related("unit", "by").order_by("-at")
    if unit is not None:
        # A change holds for its unit and everything below; a board also shows those made further down.
        rows = rows.filter(Q(unit_id__in=unit.ancestor_ids) | Q(unit__path__startswith=unit.path))
    return list(rows)
