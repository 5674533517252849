"""Reads of the publication clock: boards, where a document stands, which are not published yet."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery, Sum

from quantriet.kit.numbers import show_number
from quantriet.kit.time import show_day
from quantriet.library.models import GuidingDocument, Placement, PublicationClock, PublicationRule, ReachCount
from quantriet.library.rules.publication import SOURCE_DEADLINE, Deadline, Verdict
from quantriet.library.vocab import PublicationState, ReachKind
from quantriet.org.models import Person, Unit, UnitResponsibility, path_end
from quantriet.org.vocab import ResponsibilityKind


def deadlines_of(documents: Sequence[GuidingDocument]) -> dict[int, Deadline | None]:
    """The deadline of each document by the rule in force on the day of its issue: of the nearest unit at or above its
    register that has one, else the source's; None when it was issued before there was any. Needs `unit` read."""
    above = {pk for one in documents for pk in one.unit.ancestor_ids}
    rules: dict[int, list[PublicationRule]] = defaultdict(list)
    for rule in PublicationRule.objects.filter(unit__in=above).order_by("valid_from"):
        rules[rule.unit_id].append(rule)
    found: dict[int, Deadline | None] = {}
    for one in documents:
        found[one.pk] = SOURCE_DEADLINE if one.issued_on >= SOURCE_DEADLINE.since else None
        for unit_id in reversed(one.unit.ancestor_ids):
            held = [rule for rule in rules[unit_id] if rule.valid_from <= one.issued_on]
            if held:
                found[one.pk] = held[-1].deadline
                break
    return found


def same_placement(values: Mapping[str, Any]) -> Q:
    """What makes two placements of one document, unit and channel the same: the link, else day and title."""
    if values["url"]:
        return Q(channel=values["channel"], url=values["url"])
    return Q(channel=values["channel"], url="", placed_on=values["placed_on"], title_folded=values["title_folded"])


def in_state(state: PublicationState, day: date) -> Q:
    """The clocks in a state on a day, as a condition; says the same as `rules.publication.state_on`."""
    is_open = Q(done_on__isnull=True, exempt_reason="")
    return {
        PublicationState.IN_TIME: Q(done_on__isnull=False) & (Q(due_on__isnull=True) | Q(done_on__lte=F("due_on"))),
        PublicationState.LATE: Q(done_on__isnull=False, done_on__gt=F("due_on")),
        PublicationState.EXEMPT: Q(done_on__isnull=True) & ~Q(exempt_reason=""),
        PublicationState.NO_RULE: is_open & Q(due_on__isnull=True),
        PublicationState.OVERDUE: is_open & Q(due_on__lt=day),
        PublicationState.DUE_TODAY: is_open & Q(due_on=day),
        PublicationState.NOT_DUE: is_open & Q(due_on__gt=day),
    }[state]


def unpublished() -> Q:
    """The clocks that still run: neither published nor exempt, and with a deadline."""
    return Q(done_on__isnull=True, exempt_reason="", due_on__isnull=False)


def issued_between(
    clocks: QuerySet[PublicationClock], first: date | None, last: date | None
) -> QuerySet[PublicationClock]:
    """Those whose documents were issued in a period; both ends count."""
    if first:
        clocks = clocks.filter(document__issued_on__gte=first)
    return clocks.filter(document__issued_on__lte=last) if last else clocks


def of_registers(clocks: QuerySet[PublicationClock], unit: Unit) -> QuerySet[PublicationClock]:
    """Those of the registers of a unit and everything below it."""
    return clocks.filter(document__unit__path__gte=unit.path, document__unit__path__lt=path_end(unit.path))


@dataclass
class PublicationCount:
    """How many documents of a register, or of several, stand how."""

    unit: Unit | None
    counts: dict[PublicationState, int] = field(default_factory=lambda: dict.fromkeys(PublicationState, 0))

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def waiting(self) -> int:
        """Not published yet, whether due or not."""
        return (
            sum(self.counts[state] for state in (PublicationState.NOT_DUE, PublicationState.DUE_TODAY)) + self.overdue
        )

    @property
    def overdue(self) -> int:
        return self.counts[PublicationState.OVERDUE]

    @property
    def cells(self) -> list[tuple[PublicationState, int]]:
        return list(self.counts.items())


@dataclass
class PublicationBoard:
    """The documents of some registers by state, in all and by register directly below, those that need a hand first."""

    day: date
    total: PublicationCount
    rows: list[PublicationCount]

    @property
    def sentence(self) -> str:
        as_of = f"tính đến {show_day(self.day)}"
        if not self.total.total:
            return f"Chưa có văn bản nào phải theo dõi đăng tải, {as_of}."
        if not self.total.waiting:
            return f"Không còn văn bản nào chờ đăng tải, {as_of}."
        overdue = (
            f"trong đó {show_number(self.total.overdue)} quá hạn" if self.total.overdue else "chưa có văn bản quá hạn"
        )
        return f"Còn {show_number(self.total.waiting)} văn bản chưa đăng tải, {overdue}, {as_of}."


def board(clocks: QuerySet[PublicationClock], unit: Unit | None, day: date) -> PublicationBoard:
    """Count clocks by state, for the registers directly below a unit (or each register) and in all; two statements."""
    counted = {state.value: Count("pk", filter=in_state(state, day)) for state in PublicationState}
    grouped: Any = clocks.order_by().values("document__unit_id").annotate(**counted)
    by_register = {row["document__unit_id"]: row for row in grouped}
    units = Unit.objects.in_bulk(list(by_register))
    heads: dict[int, PublicationCount] = {}
    total = PublicationCount(unit)
    for register, row in by_register.items():
        place = units[register].ancestor_ids
        depth = len(unit.ancestor_ids) if unit else 0
        head = place[depth] if unit and len(place) > depth else register
        count = heads.setdefault(head, PublicationCount(units.get(head)))
        for state in PublicationState:
            count.counts[state] += row[state.value]
            total.counts[state] += row[state.value]
    missing = [key for key, count in heads.items() if count.unit is None]
    for key, found in Unit.objects.in_bulk(missing).items() if missing else ():
        heads[key].unit = found
    rows = sorted(heads.values(), key=lambda one: (-one.overdue, -one.waiting, one.unit.path if one.unit else ""))
    return PublicationBoard(day, total, rows)


def placed_where(clocks: Iterable[PublicationClock], placements: QuerySet[Placement]) -> dict[int, list[Placement]]:
    """By document: the placements that stand and that the reader sees, the earliest first."""
    found: dict[int, list[Placement]] = defaultdict(list)
    rows = placements.filter(document__in=[one.document_id for one in clocks], withdrawn_at__isnull=True)
    for one in rows.select_related("unit").order_by("placed_on", "pk"):
        found[one.document_id].append(one)
    return found


@dataclass(frozen=True)
class Unpublished:
    """What answers "which documents are not published yet?": how many, the most pressing, and the sentence."""

    count: int
    overdue: int
    first: list[tuple[PublicationClock, Verdict]]


def not_published_yet(clocks: QuerySet[PublicationClock], day: date, *, most: int = 5) -> Unpublished:
    """The documents whose clock still runs, those with the earliest deadline first."""
    running = clocks.filter(unpublished())
    counted = running.aggregate(every=Count("pk"), overdue=Count("pk", filter=in_state(PublicationState.OVERDUE, day)))
    first = (
        running.select_related("document").defer("document__text").order_by("due_on", "pk")[:most]
        if counted["every"]
        else []
    )
    return Unpublished(counted["every"], counted["overdue"], [(one, one.verdict(day)) for one in first])


def told_of_publication(units: Collection[int], *, day: date) -> dict[int, list[Person]]:
    """By unit: who is in charge of propaganda work there."""
    found: dict[int, list[Person]] = defaultdict(list)
    rows = UnitResponsibility.objects.on(day).filter(unit__in=list(units), kind=ResponsibilityKind.PROPAGANDA)
    for one in rows.filter(person__left_on__isnull=True).select_related("person").order_by("person_id"):
        if one.person not in found[one.unit_id]:
            found[one.unit_id].append(one.person)
    return found


# --- reach ----------------------------------------------------------------------------------------------------------------


def with_reach(placements: QuerySet[Placement]) -> QuerySet[Placement]:
    """Adds the latest figure of each kind: `views`, `reactions`, `shares`, `copies`, and `reach_as_of`."""
    latest = ReachCount.objects.filter(placement=OuterRef("pk")).order_by("-as_of", "-pk")
    figures: dict[str, Any] = {kind.value: Subquery(latest.filter(kind=kind).values("value")[:1]) for kind in ReachKind}
    return placements.annotate(reach_as_of=Subquery(latest.values("as_of")[:1]), **figures)


def reach_by_channel(placements: QuerySet[Placement]) -> list[dict[str, Any]]:
    """By channel: how many placements, and the sums of their latest figures."""
    rows = with_reach(placements.filter(withdrawn_at__isnull=True)).order_by().values("channel")
    sums = {f"sum_{kind.value}": Sum(kind.value) for kind in ReachKind}
    return [dict(row) for row in rows.annotate(number=Count("pk"), **sums).order_by("-number", "channel")]
