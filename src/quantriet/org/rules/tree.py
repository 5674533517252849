"""What may stand where in the tree of units. Pure; the form and the import of units ask the same question."""

import datetime as dt
from typing import NamedTuple

from quantriet.org.vocab import Level


class Superior(NamedTuple):
    """A unit as far as it matters to those below it."""

    name: str
    level: str
    closed: bool


class KindYears(NamedTuple):
    """A kind of units and the days between which it exists."""

    name: str
    valid_from: dt.date | None
    valid_to: dt.date | None


class Hindrance(NamedTuple):
    """Why a unit may not stand there: a stable code, a sentence, the field it is about."""

    code: str
    sentence: str
    field: str


def hindrance(kind: KindYears, above: Superior | None, day: dt.date) -> Hindrance | None:
    """What forbids to found a unit of this kind there on that day, if anything."""
    if kind.valid_to and day > kind.valid_to:
        sentence = f"Từ sau ngày {kind.valid_to:%d/%m/%Y} không còn loại “{kind.name}”."
        return Hindrance("unit.kind_ended", sentence, "kind")
    if kind.valid_from and day < kind.valid_from:
        sentence = f"Trước ngày {kind.valid_from:%d/%m/%Y} chưa có loại “{kind.name}”."
        return Hindrance("unit.kind_not_yet", sentence, "kind")
    if above and above.level == Level.CELL:
        return Hindrance("unit.under_cell", f"{above.name} là chi bộ, không lập đơn vị dưới chi bộ.", "parent")
    if above and above.closed:
        return Hindrance("unit.parent_closed", f"{above.name} đã ngừng hoạt động.", "parent")
    return None
