"""Conferences with many venues: how far each venue is before the day, by unit, and what the conference saves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from django.db.models import Count, Min, Q, QuerySet

from quantriet.campaigns import queries as campaign_queries
from quantriet.campaigns.models import AudienceRule
from quantriet.campaigns.rules.audience import preset
from quantriet.campaigns.vocab import RuleEffect, RuleKey
from quantriet.classes.models import ClassSession, OnlineConference, RosterEntry, StudyClass, Venue, VenueReadiness
from quantriet.classes.queries.programme import first_day
from quantriet.classes.queries.seats import seated
from quantriet.classes.rules import readiness
from quantriet.classes.rules.savings import Journey, Norm, Norms, Savings, savings
from quantriet.classes.vocab import ReadinessPart, SeatPlace
from quantriet.kit.refusal import Refusal
from quantriet.kit.time import local
from quantriet.org.models import Unit, ancestor_ids

# Where the people of the ready-made rules sit until the host says otherwise; the rest has classes of its own
#
_PRESET_PLACES = (
    ("upper_venue", SeatPlace.MAIN),
    ("commune_venue", SeatPlace.BELOW),
    ("cell_leaders", SeatPlace.BELOW),
)


def conference_rows(classes: QuerySet[StudyClass]) -> QuerySet[StudyClass]:
    """Conferences as lists show them, with their first session and number of venues."""
    return classes.select_related("unit", "campaign", "conference").annotate(
        first_session_at=Min("sessions__starts_at"), venue_count=Count("venues", distinct=True)
    )


@dataclass(frozen=True)
class VenueLine:
    """A venue with those called to it and what it lacks."""

    venue: Venue
    readiness: VenueReadiness | None
    called: int
    gaps: Mapping[ReadinessPart, str]
    sentence: str

    @property
    def is_ready(self) -> bool:
        return not self.gaps

    @property
    def words(self) -> str:
        """The sentence beside the venue's name, without the name."""
        return self.sentence.removeprefix(f"{self.venue.name}: ")

    @property
    def equipment(self) -> Sequence[str]:
        return self.readiness.equipment if self.readiness else ()


@dataclass(frozen=True)
class UnitReadiness:
    """The venues of one branch: how many there are and how many are ready."""

    unit: Unit
    venues: int
    ready: int


@dataclass(frozen=True)
class ReadinessBoard:
    """Venues with what they lack, those that lack most first, and the same counted by part and by unit."""

    lines: Sequence[VenueLine]
    units: Sequence[UnitReadiness]
    lacking: Mapping[ReadinessPart, int]
    called: int
    needed: Sequence[str] = field(default=())

    @property
    def total(self) -> int:
        return len(self.lines)

    @property
    def ready(self) -> int:
        return sum(line.is_ready for line in self.lines)

    def narrowed(self, *, part: str = "", path: str = "", is_ready: bool | None = None) -> list[VenueLine]:
        """Lines that lack one part, stand under a path, are ready or not."""
        return [
            line
            for line in self.lines
            if (not part or part in line.gaps)
            and line.venue.unit.path.startswith(path)
            and (is_ready is None or line.is_ready == is_ready)
        ]


def called_by_venue(study_class: StudyClass) -> Counter[int]:
    """How many people take a seat at each venue."""
    rows = RosterEntry.objects.filter(seated(""), study_class=study_class).order_by().values_list("venue_id")
    return Counter(dict(rows.annotate(n=Count("pk"))))


def readiness_board(study_class: StudyClass, venues: QuerySet[Venue]) -> ReadinessBoard:
    """The board of these venues of a conference. Four statements, however many venues there are."""
    needed = study_class.conference.equipment
    called = called_by_venue(study_class)
    rows = venues.select_related("unit", "clerk", "readiness", "readiness__facility", "readiness__checked_by")
    lines = [_line(venue, called[venue.pk], needed) for venue in rows.order_by("-is_main", "unit__path", "name")]
    lines.sort(key=lambda line: -len(line.gaps))
    lacking = Counter(part for line in lines for part in line.gaps)
    return ReadinessBoard(
        lines=lines,
        units=_by_unit(study_class.unit, lines),
        lacking={part: lacking[part] for part in ReadinessPart},
        called=sum(line.called for line in lines),
        needed=needed,
    )


def venue_line(venue: Venue, conference: OnlineConference) -> VenueLine:
    """One venue as the board shows it."""
    called = venue.roster.filter(seated("")).count()
    return _line(venue, called, conference.equipment)


def _line(venue: Venue, called: int, needed: Sequence[str]) -> VenueLine:
    found: VenueReadiness | None = getattr(venue, "readiness", None)
    state = readiness.VenueState(
        name=venue.name,
        hall=found.hall if found else "",
        has_clerk=venue.clerk_id is not None,
        capacity=venue.capacity,
        called=called,
        quota=found.quota if found else None,
        equipment=found.equipment if found else (),
        check_passed=found.check_passed if found else None,
        checked_at=found.checked_at if found else None,
        check_note=found.check_note if found else "",
    )
    lacking = readiness.gaps(state, needed)
    return VenueLine(venue, found, called, lacking, readiness.sentence(state, lacking))


def branch_of(top: str, path: str) -> int:
    """The unit directly below `top` under which a path lies; `top` itself and what stands above it count as themselves."""
    ids = ancestor_ids(path)
    depth = len(ancestor_ids(top))
    return ids[depth] if path.startswith(top) and len(ids) > depth else ids[-1]


def _by_unit(top: Unit, lines: Iterable[VenueLine]) -> list[UnitReadiness]:
    total: Counter[int] = Counter()
    ready: Counter[int] = Counter()
    for line in lines:
        key = branch_of(top.path, line.venue.unit.path)
        total[key] += 1
        ready[key] += line.is_ready
    units = Unit.objects.in_bulk(total)
    found = [UnitReadiness(units[key], total[key], ready[key]) for key in total]
    return sorted(found, key=lambda one: (one.ready / one.venues, one.unit.sort_key))


# --- who sits where -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class RulePlace:
    """A rule of the campaign's audience with the place its people sit at."""

    rule: AudienceRule
    place: SeatPlace


def rule_places(conference: OnlineConference) -> list[RulePlace]:
    """Every rule of the audience that obliges, with its place: as set, else as the ready-made lists have it (R-040, R-041),
    else with those for whom the conference is, at the venue of their unit."""
    tier = conference.study_class.tier
    stated = dict(conference.audiences.values_list("audience_rule_id", "place"))
    usual: dict[str, SeatPlace] = {}
    for key, place in _PRESET_PLACES:
        found = preset(key)
        for one in found.rules if found else ():
            usual[one.name] = place
    rules = AudienceRule.objects.filter(campaign=conference.study_class.campaign_id, effect=RuleEffect.OBLIGE)
    return [
        RulePlace(
            rule,
            SeatPlace(
                stated.get(rule.pk)
                or usual.get(rule.name)
                or (SeatPlace.BELOW if rule.tier == tier else SeatPlace.ELSEWHERE)
            ),
        )
        for rule in rules.order_by("order", "pk")
    ]


# --- what it saves ---------------------------------------------------------------------------------------------------


def travel_norms(study_class: StudyClass) -> Norms:
    """The norms of the campaign's rulebook on the day of the conference. Refuses when one of them is missing."""
    day = first_day(study_class)

    def norm(key: RuleKey) -> Norm:
        found = campaign_queries.rule_in_force(study_class.campaign, key, on=day)
        return Norm(found.value, found.basis)

    return Norms(norm(RuleKey.TRAVEL_COST_KM), norm(RuleKey.TRAVEL_LEAST_KM), norm(RuleKey.DAY_ALLOWANCE))


def conference_days(study_class: StudyClass) -> int:
    """On how many days of the Vietnamese calendar the conference sits; at least one."""
    starts = ClassSession.objects.filter(study_class=study_class).values_list("starts_at", flat=True)
    return max(1, len({local(at).date() for at in starts}))


def conference_savings(study_class: StudyClass, people: Mapping[int, int]) -> Savings | Refusal:
    """What is saved by so many people at each venue (by its key); the main venue saves nothing. Or what is missing."""
    try:
        norms = travel_norms(study_class)
    except Refusal as missing:
        return missing
    rows = VenueReadiness.objects.filter(venue__study_class=study_class).values_list(
        "venue_id", "distance_km", "travel_minutes"
    )
    ways = {venue: (km, minutes) for venue, km, minutes in rows}
    main = set(Venue.objects.filter(study_class=study_class, is_main=True).values_list("pk", flat=True))
    journeys = [
        Journey(count, *ways.get(venue, (None, None))) for venue, count in sorted(people.items()) if venue not in main
    ]
    return savings(journeys, norms, days=conference_days(study_class))


def venues_named(study_class: StudyClass, names: Iterable[str]) -> dict[str, Venue]:
    """Venues of a class by name."""
    found = Venue.objects.filter(Q(name__in=list(names)), study_class=study_class).select_related("unit", "readiness")
    return {venue.name: venue for venue in found}
