"""Classes as lines of a list and as numbers of a report (P-12), and what preceded one (R-018)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.db.models import Count, Exists, IntegerField, Min, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from quantriet.campaigns.models import CampaignDocument, StudyCampaign, StudyNotice
from quantriet.campaigns.vocab import StudyEvent
from quantriet.classes.models import ClassSession, RosterEntry, StudyClass, Venue
from quantriet.classes.queries.programme import first_day
from quantriet.classes.vocab import (
    RUNNING_STATES,
    ClassState,
)
from quantriet.kit.time import local, show_day, start_of
from quantriet.org.models import Unit, path_end


def class_rows(classes: QuerySet[StudyClass]) -> QuerySet[StudyClass]:
    """Classes as lists show them: first session, people and venues counted by the database."""
    people = RosterEntry.objects.filter(study_class=OuterRef("pk")).order_by().values("study_class")
    return classes.select_related("unit", "campaign").annotate(
        first_session_at=Min("sessions__starts_at"),
        people=_counted(people),
        venue_count=_counted(Venue.objects.filter(study_class=OuterRef("pk")).order_by().values("study_class")),
    )


def running_events(campaign: StudyCampaign, unit: Unit) -> list[StudyEvent]:
    """Classes of the unit and everything below it that are planned or released, as the campaign tells them."""
    classes = (
        StudyClass.objects.filter(
            campaign=campaign, state__in=RUNNING_STATES, unit__path__gte=unit.path, unit__path__lt=path_end(unit.path)
        )
        .annotate(first_at=Min("sessions__starts_at"))
        .order_by("unit__path", "first_at", "pk")
        .values_list("pk", "title", "unit__name", "unit__path", "state", "first_at")
    )
    return [
        StudyEvent(
            pk=pk,
            words=f"{title} – {name}" + (f", {show_day(local(first_at).date())}" if first_at else ""),
            unit_path=path,
            is_fixed=state == ClassState.RELEASED,
        )
        for pk, title, name, path, state, first_at in classes
    ]


def _counted(rows: QuerySet[Any, Any]) -> Coalesce:
    return Coalesce(Subquery(rows.annotate(n=Count("pk")).values("n"), output_field=IntegerField()), 0)


def on_day(day: date) -> Q:
    """The condition on classes "has a session on this Vietnamese day"."""
    held = ClassSession.objects.filter(
        study_class=OuterRef("pk"), starts_at__gte=start_of(day), starts_at__lt=start_of(day + timedelta(days=1))
    )
    return Q(Exists(held))


def notices_before(study_class: StudyClass) -> list[StudyNotice]:
    """What units were told about the documents of this class before it could be held (R-018)."""
    documents = CampaignDocument.objects.filter(campaign_id=study_class.campaign_id).values("document_id")
    notices = StudyNotice.objects.filter(document__in=documents, unit_id__in=study_class.unit.ancestor_ids)
    return list(notices.select_related("document", "unit").order_by("-at")[:3])


def days_since_issue(study_class: StudyClass) -> list[tuple[str, int]]:
    """For each document of the campaign how many days after its issue this class begins (R-018)."""
    day = first_day(study_class)
    documents = CampaignDocument.objects.filter(campaign_id=study_class.campaign_id).select_related("document")
    return [(one.document.reference_number, (day - one.document.issued_on).days) for one in documents]
