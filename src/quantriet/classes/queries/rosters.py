"""The roster of a class, and how people who are to be called stand with it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import CASCADE, Case, Exists, OuterRef, Q, QuerySet, When

from quantriet.campaigns.models import StudyDuty
from quantriet.campaigns.vocab import ATTEND, DutyReason, DutyState
from quantriet.classes.models import ClassRole, RosterEntry, Seat, StudyClass
from quantriet.kit.text import fold
from quantriet.org.models import Person, Unit


def roster(study_class: StudyClass) -> QuerySet[RosterEntry]:
    """Roster lines with all that a printed list shows, by venue, cell and given name."""
    return (
        RosterEntry.objects.filter(study_class=study_class)
        .select_related("person", "unit", "venue", "duty")
        .order_by("-venue__is_main", "venue__name", "unit__path", "person__sort_key", "pk")
    )


def exempt_beside(study_class: StudyClass) -> QuerySet[StudyDuty]:
    """People of the cells on the roster who are exempt from this study: shown apart on the printed list (R-066)."""
    cells = RosterEntry.objects.filter(study_class=study_class).values("unit_id")
    return (
        StudyDuty.objects.filter(
            campaign_id=study_class.campaign_id, kind=ATTEND, state=DutyState.EXEMPT, unit_id__in=cells
        )
        .exclude(reason=DutyReason.WITHDRAWN)
        .select_related("person", "unit")
        .order_by("unit__path", "person__sort_key", "pk")
    )


def lines_resting(study_class: StudyClass) -> QuerySet[Any, Any]:
    """Lines of a roster with what rests on each: marks and excuses of rooms above, a seat, a part in the class, a summons.

    Asked of the models themselves, so that this room needs to know none of the rooms above. One statement.
    """
    evidence = Q(pk__in=[])
    for relation in RosterEntry._meta.related_objects:
        if relation.on_delete is not CASCADE:  # what goes with its line says nothing by itself
            rows = relation.related_model._default_manager.order_by()
            evidence |= Q(Exists(rows.filter(**{relation.field.name: OuterRef("pk")})))
    seats = Seat.objects.filter(entry=OuterRef("pk"))
    parts = ClassRole.objects.filter(study_class=study_class, person=OuterRef("person"))
    return (
        RosterEntry.objects.filter(study_class=study_class)
        .annotate(
            has_evidence=Case(When(evidence, then=True), default=False), has_seat=Exists(seats), has_part=Exists(parts)
        )
        .order_by("pk")
        .values("pk", "person_id", "person__full_name", "seat", "summoned_at", "has_evidence", "has_seat", "has_part")
    )


def why_line_stays(line: Mapping[str, Any]) -> str:
    """Why a line of `lines_resting` is not taken off its roster unasked; empty when nothing rests on it."""
    if line["has_evidence"]:
        return "đã có ghi nhận điểm danh, xin vắng hoặc học bù"
    if line["has_seat"] or line["seat"]:
        return "đã xếp ghế"
    if line["has_part"]:
        return "có phần việc trong hội nghị"
    return "đã nhận giấy mời" if line["summoned_at"] else ""


def organisation_above(host_id: int, unit_id: int, parent_id: int | None, name: str, short_name: str) -> str:
    """What a unit's name does not say and tells it from others of one name: the organisation above, of key `parent_id`; of
    the host of a class or timetable itself and what lies directly under it nothing, that is the place of the whole."""
    if parent_id is None or host_id in (unit_id, parent_id):
        return ""
    return short_name or name


def unit_words(host_id: int, unit: Unit) -> str:
    """A unit on one line: "Chi bộ thôn 1 (Đảng ủy xã Tân Hưng)"."""
    above = unit_above(host_id, unit)
    return f"{unit.name} ({above})" if above else unit.name


def unit_above(host_id: int, unit: Unit) -> str:
    """`organisation_above` of a unit that was read with its parent."""
    above = unit.parent
    return organisation_above(host_id, unit.pk, above.pk, above.name, above.short_name) if above else ""


def find_people(people: QuerySet[Person], words: str, limit: int = 20) -> list[Person]:
    """People whose name (in any writing, any word order) or code fits, in the order of given names."""
    found = people
    for word in fold(words).split():
        found = found.filter(Q(name_folded__contains=word) | Q(code__iexact=word))
    return list(found.select_related("unit").order_by("sort_key", "pk")[:limit])


@dataclass(frozen=True)
class Standing:
    """How somebody stands with a class and its campaign, and whether calling them makes sense."""

    sentence: str
    may_come: bool


def standing_of(people: Iterable[Person], study_class: StudyClass) -> dict[int, Standing]:
    """How each of these people stands with this class; nothing for who owes the study and is in no class."""
    keys = [person.pk for person in people]
    told: dict[int, Standing] = {}
    duties = dict(
        StudyDuty.objects.filter(campaign_id=study_class.campaign_id, kind=ATTEND, person_id__in=keys).values_list(
            "person_id", "state"
        )
    )
    for key in keys:
        if key not in duties:
            told[key] = Standing("Không thuộc đối tượng của đợt; dự như khách.", True)
        elif duties[key] == DutyState.EXEMPT:
            told[key] = Standing("Được miễn học.", False)
        elif duties[key] == DutyState.DONE:
            told[key] = Standing("Đã học xong.", True)
    lines = RosterEntry.objects.filter(
        person_id__in=keys, is_running=True, study_class__campaign_id=study_class.campaign_id
    ).values_list("person_id", "study_class_id", "study_class__title")
    for person_id, class_id, title in lines:
        here = class_id == study_class.pk
        told[person_id] = Standing("Đã có trong danh sách này." if here else f"Đã ở “{title}”.", False)
    return told
