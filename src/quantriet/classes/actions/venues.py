"""Halls and điểm cầu."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import ProtectedError

from quantriet.audit.actions import changes, record
from quantriet.classes.actions.guards import refuse_over_capacity, refuse_unless, roster_in
from quantriet.classes.models import StudyClass, Venue
from quantriet.classes.vocab import (
    RUNNING_STATES,
    ClassState,
)
from quantriet.kit import text
from quantriet.kit.numbers import show_number
from quantriet.kit.refusal import Refusal
from quantriet.org.models import Account, Unit
from quantriet.org.rules.secrecy import refuse_if_marked


def add_venue(
    study_class: StudyClass,
    *,
    by: Account | None,
    at: datetime,
    name: str,
    unit: Unit | None = None,
    address: str = "",
    capacity: int | None = None,
    clerk: Account | None = None,
) -> Venue:
    """Add a further venue, looked after by `unit` and taken care of by `clerk`."""
    refuse_unless(study_class, *RUNNING_STATES)
    name, address = _venue_texts(name, address)
    with transaction.atomic():
        if study_class.venues.filter(name=name).exists():
            raise Refusal("venue.name_taken", f"Lớp đã có điểm cầu “{name}”.", field="name")
        made = Venue.objects.create(
            study_class=study_class,
            unit=unit or study_class.unit,
            name=name,
            address=address,
            capacity=capacity,
            clerk=clerk,
        )
        record(
            "venue.added", by=by, at=at, thing=made, unit=study_class.unit,
            after={"name": name, "capacity": capacity, "clerk": clerk},
        )  # fmt: skip
    return made


def change_venue(venue: Venue, *, by: Account | None, at: datetime, **new: Any) -> Venue:
    """Change name, unit, address, capacity or clerk. A released class may not come to hold less than its people (R-043)."""
    study_class = venue.study_class
    new["name"], new["address"] = _venue_texts(new.get("name", venue.name), new.get("address", venue.address))
    before, after = changes(venue, new)
    if not after:
        return venue
    with roster_in(study_class, *RUNNING_STATES):
        if "name" in after and study_class.venues.filter(name=after["name"]).exclude(pk=venue.pk).exists():
            raise Refusal("venue.name_taken", f"Lớp đã có điểm cầu “{after['name']}”.", field="name")
        for name, value in after.items():
            setattr(venue, name, value)
        if study_class.state == ClassState.RELEASED:
            refuse_over_capacity(venue, more=0)
        venue.save(update_fields=list(after))
        record("venue.changed", by=by, at=at, thing=venue, unit=study_class.unit, before=before, after=after)
    return venue


def remove_venue(venue: Venue, *, by: Account | None, at: datetime) -> None:
    """Remove a further venue. Refuses the main one and one that still has people."""
    refuse_unless(venue.study_class, *RUNNING_STATES)
    if venue.is_main:
        raise Refusal("venue.main", "Không bỏ được điểm cầu chính.")
    with transaction.atomic():
        people = venue.roster.count()
        if people:
            raise Refusal(
                "venue.has_people",
                f"{venue.name} còn {show_number(people)} người; hãy chuyển sang điểm cầu khác trước.",
            )
        record("venue.removed", by=by, at=at, thing=venue, unit=venue.study_class.unit, before={"name": venue.name})
        try:
            venue.delete()
        except ProtectedError:
            raise Refusal("venue.marked", f"Ở {venue.name} đã có lượt điểm danh từ máy gửi về nên không bỏ được.")


def _venue_texts(name: str, address: str) -> tuple[str, str]:
    refuse_if_marked(name + "\n" + address, "tên và địa chỉ điểm cầu")
    name, address = text.squeeze(name), text.squeeze(address)
    if not name:
        raise Refusal("venue.name_missing", "Điểm cầu phải có tên.", field="name")
    return name, address
