"""What an online conference saves: ways that nobody has to go, time, and money by the norms of the rulebook (R-062)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from quantriet.kit.numbers import show_number


@dataclass(frozen=True)
class Norm:
    """A value of the rulebook with the paper it rests on."""

    value: Decimal
    basis: str


@dataclass(frozen=True)
class Norms:
    """Đồng for one person and kilometre, the least distance (km, one way) that is paid, đồng for one person and day."""

    km_cost: Norm
    least_km: Norm
    day_allowance: Norm


@dataclass(frozen=True)
class Journey:
    """People of one venue who would have to come to the main one; distance and minutes are one way, None when not stated."""

    people: int
    distance_km: int | None
    minutes: int | None


@dataclass(frozen=True)
class Savings:
    """People whose way is known, kilometres and minutes there and back of all of them together, đồng; and who is left out."""

    people: int
    venues: int
    person_km: int
    person_minutes: int
    travel_cost: int
    allowance: int
    unknown_people: int
    unknown_venues: int
    sentences: tuple[str, ...]

    @property
    def total(self) -> int:
        return self.travel_cost + self.allowance


def savings(journeys: Iterable[Journey], norms: Norms, *, days: int) -> Savings:
    """Count what is saved by people who sit at venues near home, there and back, on `days` days of the conference.

    A way below the least distance costs nothing by the norm and saves no money; its time is saved all the same. A venue
    without a distance is not estimated: it is left out and told.
    """
    people = venues = km = minutes = paid_km = paid_people = unknown_people = unknown_venues = 0
    for one in journeys:
        if not one.people:
            continue
        if one.distance_km is None:
            unknown_people += one.people
            unknown_venues += 1
            continue
        people += one.people
        venues += 1
        km += one.people * one.distance_km * 2 * days
        minutes += one.people * (one.minutes or 0) * 2 * days
        if one.distance_km >= norms.least_km.value:
            paid_km += one.people * one.distance_km * 2 * days
            paid_people += one.people
    travel = int(paid_km * norms.km_cost.value)
    allowance = int(paid_people * days * norms.day_allowance.value)
    shown = show_number
    said: list[str] = []
    if venues:
        said.append(
            f"{shown(people)} người dự tại {shown(venues)} điểm cầu gần nơi ở, nơi làm việc, không phải đi và về "
            f"{shown(km)} km" + (f", {shown(minutes // 60)} giờ trên đường." if minutes else ".")
        )
        said.append(
            f"Tiền đi lại: {shown(paid_km)} km của {shown(paid_people)} người ở xa từ {shown(norms.least_km.value)} km × "
            f"{shown(norms.km_cost.value)} đồng/km = {shown(travel)} đồng, theo {norms.km_cost.basis}."
        )
        said.append(
            f"Phụ cấp lưu trú: {shown(paid_people)} người × {shown(days)} ngày × {shown(norms.day_allowance.value)} đồng = "
            f"{shown(allowance)} đồng, theo {norms.day_allowance.basis}."
        )
    if unknown_venues:
        said.append(
            f"Chưa tính {shown(unknown_people)} người của {shown(unknown_venues)} điểm cầu chưa ghi khoảng cách đến điểm cầu chính."
        )
    return Savings(people, venues, km, minutes, travel, allowance, unknown_people, unknown_venues, tuple(said))
