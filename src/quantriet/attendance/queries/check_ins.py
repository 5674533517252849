"""Reads of check-in by code: the hall's screen, checks in the middle of a session, phones that served several members."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet

from quantriet.attendance.models import PresenceCheck, PresenceFact
from quantriet.attendance.rules.minutes import Fact, SessionTime, stretches
from quantriet.attendance.vocab import FactKind
from quantriet.classes.models import ClassSession, RosterEntry, Venue

_STANDING = (FactKind.ARRIVE, FactKind.LEAVE, FactKind.WHOLE, FactKind.ABSENT)


def checks_in(session: ClassSession, venue: Venue) -> QuerySet[PresenceCheck]:
    """Checks that ask the people of this venue in this session, the latest first; those called off are left out."""
    mine = Q(venue=venue) | Q(venue__isnull=True)
    return PresenceCheck.objects.filter(mine, session=session, called_off_at__isnull=True).order_by("-starts_at", "-pk")


def check_now(session: ClassSession, venue: Venue, at: dt.datetime) -> PresenceCheck | None:
    """The check that is held at this moment."""
    return checks_in(session, venue).filter(starts_at__lte=at, ends_at__gt=at).first()


def check_to_come(session: ClassSession, venue: Venue, at: dt.datetime) -> PresenceCheck | None:
    """The next check whose moment was drawn and has not come."""
    return checks_in(session, venue).filter(starts_at__gt=at).last()


@dataclass(frozen=True)
class Unseen:
    """Somebody who was in the hall by the facts when the check began and has not shown since."""

    entry_id: int
    name: str
    code: str
    cell: str
    since: dt.datetime  # of the stretch in the hall


@dataclass(frozen=True)
class CheckResult:
    """What a check came to in one venue: of so many in the hall so many showed; who did not is asked about."""

    check: PresenceCheck
    asked: int
    unseen: list[Unseen]

    @property
    def seen(self) -> int:
        return self.asked - len(self.unseen)


def check_result(check: PresenceCheck, venue: Venue) -> CheckResult:
    """Who of a venue stood in the hall at the beginning of the check, and who of them has no later fact in the session.

    Any later fact answers: a scan, a departure or an arrival marked by the clerk, a whole session. Three statements.
    """
    session = check.session
    time = SessionTime.of(session.starts_at, session.ends_at)
    people = {
        pk: rest
        for pk, *rest in RosterEntry.objects.filter(venue=venue)
        .order_by("person__sort_key", "pk")
        .values_list("pk", "person__full_name", "person__code", "unit__name", "unit__short_name")
    }
    before: dict[int, list[Fact]] = defaultdict(list)
    later: set[int] = set()
    for entry_id, kind, at in PresenceFact.objects.filter(
        entry__venue=venue, session=session, kind__in=_STANDING, voided_by__isnull=True
    ).values_list("entry_id", "kind", "at"):
        if at >= check.starts_at:
            later.add(entry_id)
        else:
            before[entry_id].append(Fact(FactKind(kind), at))
    asked = 0
    unseen = []
    for pk, (name, code, cell, short) in people.items():
        inside = [one for one in stretches(before[pk], time) if one[0] <= check.starts_at < one[1]]
        if not inside:
            continue
        asked += 1
        if pk not in later:
            unseen.append(Unseen(pk, name, code, short or cell, min(start for start, _ in inside)))
    return CheckResult(check, asked, unseen)


@dataclass(frozen=True)
class SharedDevice:
    """A phone on which several members of a venue were checked in, in the order of their scans."""

    device: str
    people: list[tuple[int, str, str, dt.datetime]]  # roster line, name, cell, moment


def shared_devices(session: ClassSession, venue: Venue) -> list[SharedDevice]:
    """Phones that served two members or more of this venue in this session, the busiest first. Two statements."""
    facts = PresenceFact.objects.filter(session=session, entry__venue=venue, voided_by__isnull=True).exclude(device="")
    several = facts.values("device").annotate(n=Count("entry", distinct=True)).filter(n__gt=1).order_by()
    found: dict[str, dict[int, tuple[int, str, str, dt.datetime]]] = defaultdict(dict)
    rows = facts.filter(device__in=[row["device"] for row in several]).order_by("at", "pk")
    for device, entry, name, cell, short, at in rows.values_list(
        "device", "entry_id", "entry__person__full_name", "entry__unit__name", "entry__unit__short_name", "at"
    ):
        found[device].setdefault(entry, (entry, name, short or cell, at))
    shared = [SharedDevice(device, list(people.values())) for device, people in found.items()]
    return sorted(shared, key=lambda one: -len(one.people))


def checked_in(session: ClassSession, venue: Venue) -> tuple[int, int]:
    """How many of a venue's people have come by any way, and how many are called."""
    called = RosterEntry.objects.filter(venue=venue).count()
    came = PresenceFact.objects.filter(
        entry__venue=venue, session=session, kind__in=[FactKind.ARRIVE, FactKind.WHOLE], voided_by__isnull=True
    )
    return came.aggregate(n=Count("entry", distinct=True))["n"], called
