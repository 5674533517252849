"""Who looks after propaganda work in each commune, and the bodies made for it (R-009, R-010)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db.models import Count, Exists, OuterRef, QuerySet

from quantriet.org.models import BodyMember, Unit, UnitResponsibility, WorkingBody
from quantriet.org.rules.bodies import absent_capacities
from quantriet.org.vocab import BodyKind, BodyRole, Level, MemberCapacity, ResponsibilityKind


@dataclass
class PropagandaRow:
    """One commune: the secretary or deputy in charge, the working group and whom it still lacks."""

    unit: Unit
    lead: UnitResponsibility | None = None
    body: WorkingBody | None = None
    members: int = 0
    absent: list[MemberCapacity] = field(default_factory=list)


def communes(units: QuerySet[Unit], *, without_lead: bool = False) -> QuerySet[Unit]:
    """Units of commune level with a committee that stand today; those where nobody is in charge when asked for."""
    found = units.filter(kind__level=Level.COMMUNE, kind__is_territorial=True, closed_on__isnull=True).select_related(
        "kind", "parent"
    )
    if without_lead:
        lead = UnitResponsibility.objects.on().filter(unit=OuterRef("pk"), kind=ResponsibilityKind.PROPAGANDA)
        found = found.filter(~Exists(lead))
    return found


def propaganda_rows(units: Sequence[Unit]) -> list[PropagandaRow]:
    """The rows of these communes, in four statements however many they are."""
    keys = [unit.pk for unit in units]
    leads = {
        one.unit_id: one
        for one in UnitResponsibility.objects.on()
        .filter(unit__in=keys, kind=ResponsibilityKind.PROPAGANDA)
        .select_related("person")
    }
    bodies = {one.unit_id: one for one in WorkingBody.objects.on().filter(unit__in=keys, kind=BodyKind.PROPAGANDA)}
    present: dict[int, set[str]] = {}
    sizes: dict[int, int] = {}
    for body, capacity in BodyMember.objects.filter(body__in=[one.pk for one in bodies.values()]).values_list(
        "body_id", "capacity"
    ):
        present.setdefault(body, set()).add(capacity)
        sizes[body] = sizes.get(body, 0) + 1
    rows = []
    for unit in units:
        row = PropagandaRow(unit, leads.get(unit.pk), bodies.get(unit.pk))
        if row.body:
            row.members = sizes.get(row.body.pk, 0)
            row.absent = absent_capacities(BodyKind.PROPAGANDA, present.get(row.body.pk, set()))
        rows.append(row)
    return rows


def listed_bodies(bodies: QuerySet[WorkingBody]) -> QuerySet[WorkingBody]:
    """Bodies with their unit and the number of their members."""
    return bodies.select_related("unit", "standing_unit").annotate(member_count=Count("members"))


def body_members(body: WorkingBody) -> list[BodyMember]:
    """The members, head first, then deputies, standing members and the others, by name."""
    order = {role.value: place for place, role in enumerate(BodyRole)}
    found = body.members.select_related("person__unit").order_by("person__sort_key")
    return sorted(found, key=lambda one: order[one.role])
