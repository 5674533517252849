"""Halls with their seats, kept by the unit whose they are."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from quantriet.audit.actions import record
from quantriet.classes.models import Hall
from quantriet.classes.rules.halls import Layout, Spot, as_json, from_json
from quantriet.kit import text
from quantriet.kit.db import named_lock
from quantriet.kit.refusal import Refusal
from quantriet.org.models import Account, Unit
from quantriet.org.rules.secrecy import refuse_if_marked


def add_hall(unit: Unit, *, name: str, layout: Layout, address: str = "", by: Account | None, at: datetime) -> Hall:
    """Keep a hall of a unit. Refuses a name that the unit has already."""
    name, address = _hall_texts(name, address)
    with named_lock(f"halls:{unit.pk}"):
        _refuse_taken(unit, name)
        made = Hall.objects.create(
            unit=unit, name=name, address=address, layout=as_json(layout), seats=len(layout.spots), changed_at=at
        )
        record(
            "hall.added", by=by, at=at, thing=made, unit=unit, after={"name": name, "seats": made.seats}
        )  # fmt: skip
    return made


def change_hall(hall: Hall, *, name: str, layout: Layout, address: str = "", by: Account | None, at: datetime) -> Hall:
    """Change name, address or seats. Classes that chose the hall before keep the seats they were given."""
    name, address = _hall_texts(name, address)
    with named_lock(f"halls:{hall.unit_id}"):
        hall.refresh_from_db()
        _refuse_taken(hall.unit, name, but=hall)
        before = {"name": hall.name, "address": hall.address, "seats": hall.seats}
        stored = as_json(layout)
        if (hall.name, hall.address, hall.layout) == (name, address, stored):
            return hall
        hall.name, hall.address, hall.layout = name, address, stored
        hall.seats, hall.changed_at = len(layout.spots), at
        hall.save(update_fields=["name", "address", "layout", "seats", "changed_at"])
        after = {"name": name, "address": address, "seats": hall.seats}
        record("hall.changed", by=by, at=at, thing=hall, unit=hall.unit, before=before, after=after)
    return hall


def switch_seat(hall: Hall, code: str, *, by: Account | None, at: datetime) -> Hall:
    """Put one seat out of use, or back into it, as tapped on the drawing."""
    with named_lock(f"halls:{hall.unit_id}"):
        hall.refresh_from_db()
        layout = from_json(hall.layout)
        spot = next(
            (
                Spot(row.label, number)
                for row in layout.rows
                for number in range(1, row.size + 1)
                if Spot(row.label, number).code == code
            ),
            None,
        )
        if spot is None:
            raise Refusal("hall.no_seat", f"Hội trường không có ghế {code[:12]}.")
        changed = layout.switched(spot)
        if not changed.spots:
            raise Refusal("hall.no_seats", "Mọi ghế đều bỏ nên hội trường không còn chỗ nào.")
        return change_hall(hall, name=hall.name, address=hall.address, layout=changed, by=by, at=at)


def remove_hall(hall: Hall, *, by: Account | None, at: datetime) -> None:
    """Keep the hall no longer; classes keep the seats they were given."""
    with transaction.atomic():
        record(
            "hall.removed", by=by, at=at, thing=hall, unit=hall.unit, before={"name": hall.name, "seats": hall.seats}
        )
        hall.delete()


def _refuse_taken(unit: Unit, name: str, but: Hall | None = None) -> None:
    others = Hall.objects.filter(unit=unit, name=name)
    if (others.exclude(pk=but.pk) if but else others).exists():
        raise Refusal("hall.name_taken", f"{unit.name} đã có hội trường “{name}”.", field="name")


def _hall_texts(name: str, address: str) -> tuple[str, str]:
    refuse_if_marked(f"{name}\n{address}", "tên và địa chỉ hội trường")
    name, address = text.squeeze(name), text.squeeze(address)
    if not name:
        raise Refusal("hall.name_missing", "Hội trường phải có tên.", field="name")
    return name[:160], address[:200]
