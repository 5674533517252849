"""Reads about devices that take a roll without a line: what they are given, where they stand, their conflicts."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from django.db.models import Count, Exists, Max, OuterRef, QuerySet, Sum

from quantriet.attendance.models import DeviceFact, PresenceConflict, PresenceFact, RollDevice
from quantriet.attendance.rules import codes
from quantriet.attendance.rules.devices import OTHER_WAYS, SidedFact
from quantriet.attendance.vocab import (
    CONTRADICTIONS,
    ConflictOutcome,
    ConflictReason,
    ConflictState,
    FactKind,
    Method,
)
from quantriet.classes.models import ClassSession, RosterEntry, StudyClass, Venue
from quantriet.kit.text import fold
from quantriet.kit.time import show_clock, show_moment

_STANDING = (FactKind.ARRIVE, FactKind.LEAVE, FactKind.WHOLE, FactKind.ABSENT)
Cell = tuple[int, int]
# Reasons that are the same for all facts of a device, so that one answer does for all of them.
SETTLED_TOGETHER = (ConflictReason.LOST, ConflictReason.RIGHT, ConflictReason.CLOSED, ConflictReason.MOVED)


# --- what a device is given ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Given:
    """One person as a device holds them: no code that could be printed, no date of birth unless two have one name."""

    line: int
    name: str
    cell: str
    born: int | None
    cards: tuple[str, ...]  # digests of the printed code under the present and former keys
    live: str  # the key of this line's codes on the member's own screen, hexadecimal


def people_given(venue: Venue, device: RollDevice, keys: Sequence[bytes]) -> list[Given]:
    """Everybody of a venue in the order of the roll; one statement."""
    rows = list(
        RosterEntry.objects.filter(venue=venue)
        .order_by("person__sort_key", "pk")
        .values_list("pk", "person__full_name", "unit__name", "unit__short_name", "person__birth_date")
    )
    names: dict[str, int] = defaultdict(int)
    for row in rows:
        names[fold(row[1])] += 1
    salt = device.key.encode()
    return [
        Given(
            pk, name, short or cell, born.year if born and names[fold(name)] > 1 else None,
            tuple(codes.card_digest(salt, codes.personal_code(key, pk)) for key in keys),
            codes.live_key(keys[0], pk).hex(),
        )
        for pk, name, cell, short, born in rows
    ]  # fmt: skip


# --- devices of a venue -------------------------------------------------------------------------------------------


def devices_of(venue: Venue) -> QuerySet[RollDevice]:
    return RollDevice.objects.filter(venue=venue).select_related("account", "lost_by").order_by("-seen_at", "-pk")


@dataclass(frozen=True)
class Missing:
    """Somebody of whom nothing is known in a session: what a lost device may have taken with it."""

    entry_id: int
    name: str
    cell: str


def people_without_mark(venue: Venue, session: ClassSession) -> list[Missing]:
    marked = PresenceFact.objects.filter(
        entry=OuterRef("pk"), session=session, kind__in=_STANDING, voided_by__isnull=True
    )
    rows = RosterEntry.objects.filter(~Exists(marked), venue=venue).order_by("person__sort_key", "pk")
    return [
        Missing(pk, name, short or cell)
        for pk, name, cell, short in rows.values_list("pk", "person__full_name", "unit__name", "unit__short_name")
    ]


# --- two sides ----------------------------------------------------------------------------------------------------


def sided_facts(cells: Collection[Cell]) -> dict[Cell, list[SidedFact]]:
    """The facts that stand in these cells, each with its side; one statement."""
    found: dict[Cell, list[SidedFact]] = {}
    wanted = set(cells)
    rows = PresenceFact.objects.filter(
        entry__in={entry for entry, _ in wanted}, session__in={session for _, session in wanted},
        kind__in=_STANDING, voided_by__isnull=True,
    )  # fmt: skip
    for pk, entry, session, kind, at, learned, device, known in rows.order_by("pk").values_list(
        "pk", "entry", "session", "kind", "at", "recorded_at", "from_device__device", "from_device__known_at"
    ):
        if (entry, session) in wanted:
            side = OTHER_WAYS if device is None else device
            one = SidedFact(pk, FactKind(kind), at, side, learned, known if known is not None else learned)
            found.setdefault((entry, session), []).append(one)
    return found


def settled_at(cells: Collection[Cell]) -> dict[Cell, dt.datetime]:
    """When a contradiction was last settled in these cells; what was known then is not asked again."""
    rows = (
        PresenceConflict.objects.filter(
            entry__in={entry for entry, _ in cells}, reason__in=CONTRADICTIONS, state=ConflictState.SETTLED
        )
        .order_by()
        .values_list("entry", "session")
        .annotate(last=Max("settled_at"))
    )
    return {(entry, session): last for entry, session, last in rows}


# --- conflicts ----------------------------------------------------------------------------------------------------


def conflicts_at(venue: Venue, state: ConflictState = ConflictState.OPEN) -> QuerySet[PresenceConflict]:
    return PresenceConflict.objects.filter(venue=venue, state=state).select_related(
        "entry__person", "entry__unit", "session", "venue", "held__device__account", "settled_by"
    )


def open_conflicts(venue: Venue) -> int:
    return PresenceConflict.objects.filter(venue=venue, state=ConflictState.OPEN).count()


def choices_of(conflict: PresenceConflict) -> list[ConflictOutcome]:
    if conflict.held_id is not None:
        if conflict.reason == ConflictReason.GONE:
            return [ConflictOutcome.LEFT_OUT]
        return [ConflictOutcome.TAKEN, ConflictOutcome.LEFT_OUT]
    if conflict.reason == ConflictReason.ORDER:
        return [ConflictOutcome.FIRST, ConflictOutcome.SECOND, ConflictOutcome.BOTH]
    return [ConflictOutcome.FIRST, ConflictOutcome.SECOND]


@dataclass
class Side:
    """One side of a conflict as a page shows it: who says so, and what."""

    title: str
    says: list[str] = field(default_factory=list)


def sides_of(conflicts: Sequence[PresenceConflict]) -> dict[int, tuple[Side, Side | None]]:
    """Both sides of each conflict, the first one's first; of a fact that waits its own side, and what stands beside it."""
    cells = [(one.entry_id, one.session_id) for one in conflicts if one.entry_id and one.session_id]
    facts = (
        PresenceFact.objects.filter(entry__in={cell[0] for cell in cells}, session__in={cell[1] for cell in cells})
        .exclude(kind=FactKind.VOID)
        .select_related("account", "from_device__device__account", "voided_by")
        .order_by("at", "pk")
    )
    by_cell: dict[Cell, list[PresenceFact]] = defaultdict(list)
    by_key = {fact.pk: fact for fact in facts}
    for fact in by_key.values():
        by_cell[fact.entry_id, fact.session_id].append(fact)
    found: dict[int, tuple[Side, Side | None]] = {}
    for one in conflicts:
        around = by_cell[one.entry_id or 0, one.session_id or 0]
        if one.held is not None:
            held = one.held
            mine = Side(_device_title(held.device), [_held_words(held)])
            rest = [fact for fact in around if fact.pk != held.fact_id]
            found[one.pk] = (mine, Side("Đã ghi trên hệ thống", [_words(fact) for fact in rest]) if rest else None)
            continue
        first, second = by_key[one.first_id or 0], by_key[one.second_id or 0]
        found[one.pk] = (_side(first, around), _side(second, around))
    return found


def _side(fact: PresenceFact, around: Sequence[PresenceFact]) -> Side:
    own = _source(fact)
    device = getattr(fact, "from_device", None)
    title = _device_title(device.device) if device else f"{fact.account or 'Quét mã'}, {Method(fact.method).label}"
    return Side(title, [_words(one) for one in around if _source(one) == own])


def _source(fact: PresenceFact) -> int:
    device = getattr(fact, "from_device", None)
    return device.device_id if device else OTHER_WAYS


def _device_title(device: RollDevice) -> str:
    return f"{device.account}, {device.label}"


def _words(fact: PresenceFact) -> str:
    words = f"{FactKind(fact.kind).label} {show_clock(fact.at)}"
    return f"{words} (đã bỏ)" if getattr(fact, "voided_by", None) else words


def _held_words(held: DeviceFact) -> str:
    return f"{FactKind(held.kind).label} {show_moment(held.at)}"


def open_conflicts_of(study_class: StudyClass) -> int:
    return PresenceConflict.objects.filter(venue__study_class=study_class, state=ConflictState.OPEN).count()


def unsent_of(study_class: StudyClass) -> int:
    """Facts that devices of the class still held when they were last heard of, those declared lost left out."""
    rows = RollDevice.objects.filter(venue__study_class=study_class, lost_at__isnull=True)
    return rows.aggregate(n=Sum("waiting"))["n"] or 0


@dataclass(frozen=True)
class HeldTogether:
    """Facts of one device that wait for one reason and may be settled at once."""

    device: RollDevice
    reason: ConflictReason
    count: int


def held_together(venue: Venue) -> list[HeldTogether]:
    rows = (
        PresenceConflict.objects.filter(venue=venue, state=ConflictState.OPEN, reason__in=SETTLED_TOGETHER)
        .exclude(held__kind=FactKind.VOID)
        .order_by()
        .values_list("held__device", "reason")
        .annotate(n=Count("pk"))
    )
    several = [(device, ConflictReason(reason), count) for device, reason, count in rows if count > 1]
    devices = RollDevice.objects.select_related("account").in_bulk([device for device, _, _ in several])
    return [HeldTogether(devices[device], reason, count) for device, reason, count in sorted(several)]
