"""Who sits at which venue, and how many seats are left."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Q

from quantriet.campaigns.vocab import DutyState
from quantriet.classes.models import StudyClass, Venue


@dataclass(frozen=True)
class VenueSeats:
    """A venue with the people seated there; `over` is how many more than it holds (R-043)."""

    venue: Venue
    seated: int

    @property
    def capacity(self) -> int | None:
        return self.venue.capacity

    @property
    def free(self) -> int | None:
        return None if self.capacity is None else max(0, self.capacity - self.seated)

    @property
    def over(self) -> int:
        return 0 if self.capacity is None else max(0, self.seated - self.capacity)


def capacity(study_class: StudyClass) -> list[VenueSeats]:
    """The venues of a class, the main one first, each with its people; exempt ones take no seat."""
    venues = (
        Venue.objects.filter(study_class=study_class)
        .select_related("unit", "clerk")
        .annotate(seated=Count("roster", filter=seated()))
        .order_by("-is_main", "name")
    )
    return [VenueSeats(venue, venue.seated) for venue in venues]


def seated(prefix: str = "roster__") -> Q:
    """Roster lines that take a seat: everybody but those who have been exempted since."""
    return Q(**{f"{prefix}duty__isnull": True}) | Q(**{f"{prefix}duty__state__in": [DutyState.OWING, DutyState.DONE]})
