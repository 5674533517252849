"""Where the registers stand in a year: number, quality, training against the target, who has reviewed (R-108, R-111)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Count, Exists, OuterRef, QuerySet

from quantriet.org.models import Unit
from quantriet.speakers.models import Reporter, RosterReview, SpeakerRule, TrainingEvent, TrainingTaken
from quantriet.speakers.rules.figures import Figure, TrainedShare, figure_on
from quantriet.speakers.vocab import ReporterKind, SourceGroup, SpeakerRuleKey, TheoryLevel, TrainingKind

ADVANCED = (TheoryLevel.ADVANCED, TheoryLevel.BACHELOR)


class Figures:
    """The figures that units have set, read once and asked for many units."""

    def __init__(self) -> None:
        self._of_unit: dict[int, list[Figure]] = defaultdict(list)
        for one in SpeakerRule.objects.all():
            found = Figure(SpeakerRuleKey(one.key), one.value, one.basis, one.valid_from)
            self._of_unit[one.unit_id].append(found)

    def of(self, unit: Unit, key: SpeakerRuleKey, day: date) -> Figure:
        """The figure in force in a unit on a day: the nearest one on the way up, else that of the source."""
        own = [(depth, one) for depth, pk in enumerate(unit.ancestor_ids) for one in self._of_unit.get(pk, ())]
        return figure_on(day, own, key)


def figure_of(unit: Unit, key: SpeakerRuleKey, day: date) -> Figure:
    return Figures().of(unit, key, day)


def last_day(year: int, today: date) -> date:
    """The day as of which a year is counted: today, or its last day once it is over."""
    return min(today, date(year, 12, 31))


def with_training(rows: QuerySet[Reporter], year: int) -> QuerySet[Reporter]:
    """Each entry with `was_trained` and `was_supplied`: what its person took part in that year, on whatever register."""
    taken = TrainingTaken.objects.filter(
        reporter__person=OuterRef("person"), event__held_on__year=year, event__withdrawn_at__isnull=True
    )
    return rows.annotate(
        was_trained=Exists(taken.filter(event__kind=TrainingKind.TRAINING)),
        was_supplied=Exists(taken.filter(event__kind=TrainingKind.SUPPLY)),
    )


@dataclass
class Register:
    """Number and quality of one register, or of several together, as of a day; a person counts once."""

    unit: Unit | None
    people: set[int] = field(default_factory=set)
    kinds: Counter[str] = field(default_factory=Counter)
    theory: Counter[str] = field(default_factory=Counter)
    sources: Counter[str] = field(default_factory=Counter)
    specialists: int = 0
    trained: set[int] = field(default_factory=set)
    supplied: set[int] = field(default_factory=set)
    share: TrainedShare | None = None
    review: RosterReview | None = None

    @property
    def total(self) -> int:
        return len(self.people)

    @property
    def reporters(self) -> int:
        return self.kinds[ReporterKind.REPORTER]

    @property
    def propagandists(self) -> int:
        return self.kinds[ReporterKind.PROPAGANDIST]

    @property
    def advanced(self) -> int:
        return sum(self.theory[level] for level in ADVANCED)

    @property
    def theory_lines(self) -> list[tuple[TheoryLevel, int]]:
        return [(level, self.theory[level]) for level in reversed(TheoryLevel) if self.theory[level]]

    @property
    def source_lines(self) -> list[tuple[SourceGroup, int]]:
        return [(one, self.sources[one]) for one in SourceGroup if self.sources[one]]

    def count(self, person: int, kind: str, theory: str, source: str, specialist: bool) -> None:
        if person not in self.people:
            self.theory[theory] += 1
            self.specialists += specialist
        self.people.add(person)
        self.kinds[kind] += 1
        if source:
            self.sources[source] += 1

    def judge(self, figure: Figure) -> None:
        self.share = TrainedShare(
            self.total, len(self.supplied), len(self.trained), len(self.supplied & self.trained), figure.value,
            figure.basis,
        )  # fmt: skip

    def as_json(self) -> dict[str, Any]:
        """What a closed review keeps."""
        share = self.share
        return {
            "total": self.total, "kinds": dict(self.kinds), "theory": dict(self.theory), "sources": dict(self.sources),
            "specialists": self.specialists, "supplied": len(self.supplied), "trained": len(self.trained),
            "both": share.both if share else 0,
        }  # fmt: skip


def registers(rows: QuerySet[Reporter], *, year: int, today: date) -> tuple[Register, list[Register]]:
    """All together, and by the unit whose register it is, along the tree; as of today, or the end of a year that is over.

    The target of the sum is that of the topmost unit.
    """
    day = last_day(year, today)
    inside = with_training(rows.on(day), year)  # type: ignore[attr-defined]
    total = Register(None)
    of_unit: dict[int, Register] = {}
    names = ("unit_id", "person_id", "kind", "theory_level", "source", "is_specialist", "was_trained", "was_supplied")
    for unit, person, kind, theory, source, specialist, trained, supplied in inside.values_list(*names):
        own = of_unit.setdefault(unit, Register(None))
        for one in (total, own):
            one.count(person, kind, theory, source, specialist)
            if trained:
                one.trained.add(person)
            if supplied:
                one.supplied.add(person)
    figures = Figures()
    reviews = {one.unit_id: one for one in RosterReview.objects.filter(year=year, unit__in=list(of_unit))}
    lines = []
    for unit in Unit.objects.filter(pk__in=list(of_unit)).order_by("path"):
        own = of_unit[unit.pk]
        own.unit, own.review = unit, reviews.get(unit.pk)
        own.judge(figures.of(unit, SpeakerRuleKey.TRAINED_SHARE, day))
        lines.append(own)
    if lines and lines[0].unit is not None:
        total.judge(figures.of(lines[0].unit, SpeakerRuleKey.TRAINED_SHARE, day))
    return total, lines


def fields_counted(rows: QuerySet[Reporter]) -> list[tuple[str, int]]:
    """How many people cover each field; fields that nobody covers are no fault (R-109) and stand nowhere."""
    counted: dict[str, set[int]] = defaultdict(set)
    for name, person in rows.filter(fields__isnull=False).values_list("fields__name", "person_id"):
        counted[name].add(person)
    return sorted(((name, len(people)) for name, people in counted.items()), key=lambda one: (-one[1], one[0]))


def not_reviewed(lines: Iterable[Register]) -> list[Register]:
    """Registers whose review of the year is not closed."""
    return [one for one in lines if one.review is None or one.review.closed_at is None]


def with_people(rows: QuerySet[TrainingEvent]) -> QuerySet[TrainingEvent]:
    """Each training with `people`: how many took part."""
    return rows.annotate(people=Count("taken"))
