"""Whether a venue of a conference is ready, and in one sentence what it still lacks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from quantriet.classes.vocab import EquipmentKind, ReadinessPart
from quantriet.kit.numbers import show_number
from quantriet.kit.time import show_moment

# The words of sentences and of Excel's columns; labels on screens come from the catalogue.
EQUIPMENT_WORDS = {
    EquipmentKind.SCREEN: "màn hình",
    EquipmentKind.SPEAKERS: "loa",
    EquipmentKind.MICROPHONE: "micrô",
    EquipmentKind.CAMERA: "camera",
    EquipmentKind.LINE: "đường truyền",
    EquipmentKind.POWER: "điện dự phòng",
}


@dataclass(frozen=True)
class VenueState:
    """What is known of a venue before the day; `called` are people who take a seat, `quota` those allotted to it."""

    name: str
    hall: str = ""
    has_clerk: bool = False
    capacity: int | None = None
    called: int = 0
    quota: int | None = None
    equipment: Sequence[str] = ()
    check_passed: bool | None = None
    checked_at: datetime | None = None
    check_note: str = ""


def missing_equipment(there: Iterable[str], needed: Iterable[str]) -> list[EquipmentKind]:
    """What is needed and not there, in the order of `EquipmentKind`."""
    lacking = set(needed) - set(there)
    return [kind for kind in EquipmentKind if kind.value in lacking]


def gaps(venue: VenueState, needed: Iterable[str]) -> dict[ReadinessPart, str]:
    """What a venue lacks, each in a few words; empty when it is ready.

    Capacity is held against those called or, while nobody is, against the quota. A check that failed says why and when.
    """
    found: dict[ReadinessPart, str] = {}
    if not venue.hall:
        found[ReadinessPart.HALL] = "chưa ghi hội trường"
    if not venue.has_clerk:
        found[ReadinessPart.CLERK] = "chưa có người điểm danh"
    expected = venue.called or venue.quota or 0
    if venue.capacity is None:
        found[ReadinessPart.CAPACITY] = "chưa ghi sức chứa"
    elif venue.capacity < expected:
        found[ReadinessPart.CAPACITY] = (
            f"sức chứa {show_number(venue.capacity)} chỗ, cần {show_number(expected)} "
            f"(thiếu {show_number(expected - venue.capacity)})"
        )
    lacking = missing_equipment(venue.equipment, needed)
    if lacking:
        found[ReadinessPart.EQUIPMENT] = "thiếu " + ", ".join(EQUIPMENT_WORDS[kind] for kind in lacking)
    if venue.check_passed is None:
        found[ReadinessPart.CHECK] = "chưa kiểm tra kết nối"
    elif not venue.check_passed:
        when = f" lúc {show_moment(venue.checked_at)}" if venue.checked_at else ""
        found[ReadinessPart.CHECK] = f"kiểm tra kết nối{when} không đạt: {venue.check_note.rstrip('.')}"
    if not venue.called:
        found[ReadinessPart.ROSTER] = "chưa có danh sách người dự"
    return found


def sentence(venue: VenueState, found: dict[ReadinessPart, str]) -> str:
    """What a venue lacks, in one sentence: "Điểm cầu xã Ea Tam: chưa ghi hội trường; thiếu camera." """
    return f"{venue.name}: {'; '.join(found.values()) if found else 'đã sẵn sàng'}."
