"""Find a reporter by what the resolution needs (R-112), free on a day (R-113); without diacritics, given name first."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from django.db.models import Exists, OuterRef, Q, QuerySet

from quantriet.kit import text
from quantriet.org.models import Unit
from quantriet.speakers.models import Reporter, ReporterField, SpeakerBusy, SpeakerInvitation
from quantriet.speakers.vocab import (
    ENGAGEMENTS,
    THEORY_ORDER,
    Engagement,
    Half,
    InvitationState,
    ReporterKind,
    TheoryLevel,
)


@dataclass(frozen=True)
class Wanted:
    """What somebody looks for; empty asks nothing."""

    words: str = ""
    kind: ReporterKind | None = None
    field: ReporterField | None = None
    theory: TheoryLevel | None = None  # at least
    years: int | None = None  # of experience, at least
    is_specialist: bool = False
    unit: Unit | None = None  # whose register
    free_on: date | None = None
    half: Half | None = None  # of that day; the whole day without it


def searched(rows: QuerySet[Reporter], typed: str) -> QuerySet[Reporter]:
    """Entries with every word in the name or in what is written of profession, experience, fields …; no diacritics."""
    for word in text.search_words(typed)[:8]:
        rows = rows.filter(Q(person__search_key__contains=word) | Q(words__contains=word))
    return rows


def fitting(rows: QuerySet[Reporter], wanted: Wanted, *, day: date) -> QuerySet[Reporter]:
    """Entries that stand on `day` and fit; when a day is asked for, also on that day and free then."""
    rows = searched(rows.on(day).filter(person__left_on__isnull=True), wanted.words)  # type: ignore[attr-defined]
    if wanted.kind:
        rows = rows.filter(kind=wanted.kind)
    if wanted.field:
        rows = rows.filter(fields=wanted.field)
    if wanted.theory:
        rows = rows.filter(theory_level__in=THEORY_ORDER[THEORY_ORDER.index(wanted.theory) :])
    if wanted.years:
        rows = rows.filter(since_year__lte=day.year - wanted.years)
    if wanted.is_specialist:
        rows = rows.filter(is_specialist=True)
    if wanted.unit:
        rows = rows.filter(unit=wanted.unit)
    if wanted.free_on:
        rows = reporters_free(rows.on(wanted.free_on), wanted.free_on, wanted.half)  # type: ignore[attr-defined]
    return rows


def reporters_free(rows: QuerySet[Reporter], day: date, half: Half | None = None) -> QuerySet[Reporter]:
    """Entries whose person has neither said to be busy nor accepted an invitation nor work elsewhere on that part of the
    day (the whole day without `half`)."""
    mine = OuterRef("person")
    engaged = {one.person_id for one in engagements(day, day) if half in (None, one.half)}
    return (
        rows.exclude(person__in=engaged)
        .exclude(Exists(_busy(day, half).filter(person=mine)))
        .exclude(Exists(_promised(day, half).filter(person=mine)))
    )


def _busy(day: date, half: Half | None) -> QuerySet[SpeakerBusy]:
    rows = SpeakerBusy.objects.filter(first_on__lte=day, last_on__gte=day)
    return rows.filter(half__in=["", half]) if half else rows


def _promised(day: date, half: Half | None) -> QuerySet[SpeakerInvitation]:
    rows = SpeakerInvitation.objects.filter(held_on=day, state=InvitationState.ACCEPTED)
    return rows.filter(half=half) if half else rows


def engagements(first: date, last: date, people: Collection[int] | None = None) -> list[Engagement]:
    """What people do elsewhere from `first` to `last`, as the rooms above say (`ENGAGEMENTS`), in the order of the days."""
    found = [one for room in ENGAGEMENTS for one in ENGAGEMENTS[room](first, last, people)]
    halves = list(Half)
    return sorted(found, key=lambda one: (one.held_on, halves.index(one.half), one.words))


def hindrance(person_id: int, day: date, half: Half, *, unit_id: int, besides: int | None = None) -> str:
    """Why this person cannot come to that unit at that time, in words after the name; empty when free.

    Work for the unit that invites is no hindrance: it may be what the invitation is for.
    """
    if _busy(day, half).filter(person=person_id).exists():
        return "đã ghi là bận"
    promised = _promised(day, half).filter(person=person_id)
    if besides is not None:
        promised = promised.exclude(pk=besides)
    if promised.exists():
        return "đã nhận lời báo cáo nơi khác"
    engaged = [one for one in engagements(day, day, [person_id]) if one.half == half and one.unit_id != unit_id]
    return engaged[0].words if engaged else ""


def busy_days_of(person_id: int, day: date) -> list[SpeakerBusy]:
    """Days from `day` on that are not free."""
    return list(SpeakerBusy.objects.filter(person=person_id, last_on__gte=day).order_by("first_on", "pk"))


def promised_days_of(person_id: int, day: date) -> list[SpeakerInvitation]:
    """Accepted invitations from `day` on."""
    rows = SpeakerInvitation.objects.filter(person=person_id, held_on__gte=day, state=InvitationState.ACCEPTED)
    return list(rows.select_related("unit").order_by("held_on", "pk"))
