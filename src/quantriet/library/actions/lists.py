"""Lists from Excel: placements with their figures, and activities. Read, shown, written all or nothing; the same file again
changes nothing."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError
from django.db.models import Q

from quantriet.audit.actions import record_many
from quantriet.kit import spreadsheets, text
from quantriet.kit.db import named_lock
from quantriet.kit.refusal import Refusal
from quantriet.kit.spreadsheets import Row
from quantriet.kit.time import local, show_day
from quantriet.library import access
from quantriet.library.actions import activities, publication
from quantriet.library.actions.public import follow_publication
from quantriet.library.models import DisseminationActivity, GuidingDocument, Placement, ReachCount
from quantriet.library.rules import lists as rules
from quantriet.library.rules.lists import ACTIVITY_COLUMNS, PLACEMENT_COLUMNS
from quantriet.library.vocab import ActivityBody, ReachKind
from quantriet.org.models import Account, Unit
from quantriet.org.queries.sheets import Cells, ListRead

_PORTION = 500


@dataclass(frozen=True)
class PlacementLine:
    """A row of a list: a placement, new or logged already (`known`), with the figures that are new."""

    number: int
    document: GuidingDocument
    unit: Unit
    values: dict[str, Any]
    known: Placement | None
    as_of: date | None
    numbers: dict[ReachKind, int]

    @property
    def is_new(self) -> bool:
        return self.known is None

    @property
    def says(self) -> str:
        return self.values["title"]  # type: ignore[no-any-return]


@dataclass(frozen=True)
class ActivityLine:
    """A row of a list: an activity, new or reported already."""

    number: int
    unit: Unit
    values: dict[str, Any]
    is_known: bool


class _Known:
    """Documents and units that the rows name, within the account's reach; few statements however many rows."""

    def __init__(self, rows: Sequence[Row], by: Account, home: Unit) -> None:
        self.home = home
        self.documents: dict[str, list[GuidingDocument]] = {}
        wanted = {text.fold(spreadsheets.shown(row.cells.get("document"))) for row in rows} - {""}
        seen = access.documents_seen_by(by).defer("text")
        for part in _portions(wanted):
            for one in seen.filter(reference_folded__in=part).order_by("-issued_on", "pk"):
                self.documents.setdefault(one.reference_folded, []).append(one)
        typed = {text.squeeze(spreadsheets.shown(row.cells.get("unit"))) for row in rows} - {""}
        self.units: dict[str, list[Unit]] = {}
        reach = access.reporting_units(by)
        for part in _portions(typed):
            names = [text.fold(one) for one in part]
            for unit in reach.filter(Q(code__in=part) | Q(name_folded__in=names)):
                for key in {text.fold(unit.code), unit.name_folded}:
                    self.units.setdefault(key, []).append(unit)

    def document(self, cells: Cells, day: date, *, needed: bool) -> GuidingDocument | None:
        typed = cells.needed("document") if needed else cells.words("document")
        issued = cells.day("issued", day)
        if not typed:
            return None
        found = self.documents.get(text.fold(typed), [])
        if issued:
            found = [one for one in found if one.issued_on == issued]
        if not found:
            when = f" ngày {show_day(issued)}" if issued else ""
            cells.fault("document", f"không có văn bản “{typed}”{when} trong sổ.")
        elif len(found) > 1:
            days = ", ".join(show_day(one.issued_on) for one in found[:5])
            cells.fault("document", f"có nhiều văn bản “{typed}” ({days}); hãy ghi thêm cột “Ngày ban hành”.")
        return found[0] if len(found) == 1 else None

    def unit(self, cells: Cells) -> Unit | None:
        typed = cells.words("unit")
        if not typed:
            return self.home
        found = self.units.get(text.fold(typed), [])
        if not found:
            cells.fault("unit", f"không có đơn vị “{typed}” trong phạm vi được giao.")
        elif len(found) > 1:
            cells.fault("unit", f"có nhiều đơn vị tên “{typed}”; hãy ghi mã đơn vị.")
        return found[0] if len(found) == 1 else None


def _portions(values: Iterable[str]) -> list[list[str]]:
    every = sorted(values)
    return [every[start : start + _PORTION] for start in range(0, len(every), _PORTION)]


# --- placements -----------------------------------------------------------------------------------------------------------


def understand_placements(rows: Sequence[Row], *, unit: Unit, by: Account, at: datetime) -> ListRead[PlacementLine]:
    """What the rows say: new placements, known ones, new figures; `unit` posted what names no other. Writes nothing."""
    day = local(at).date()
    known = _Known(rows, by, unit)
    read: ListRead[PlacementLine] = ListRead()
    drafts = []
    for row in rows:
        cells = Cells(row, PLACEMENT_COLUMNS, read.faults)
        document, posted_by = known.document(cells, day, needed=True), known.unit(cells)
        typed = cells.needed("channel")
        channel = rules.read_channel(typed)
        if typed and channel is None:
            cells.fault("channel", f"không nhận ra kênh “{typed}”.")
        placed = cells.day("placed", day)
        if placed is None and cells.is_good:
            cells.fault("placed", "còn trống.")
        title = cells.needed("title")
        numbers = {kind: number for kind in ReachKind if (number := cells.whole(kind.value)) is not None}
        as_of = cells.day("as_of", day)
        if cells.is_good and numbers and as_of is None:
            cells.fault("as_of", "có số lượt thì phải ghi số liệu đến ngày nào.")
        if cells.is_good and as_of and numbers and placed and as_of < placed:
            cells.fault("as_of", "trước ngày đăng.")
        for kind, number in numbers.items():
            if number > publication.MOST_COUNT:
                cells.fault(kind.value, "số quá lớn.")
        if not cells.is_good or not (document and posted_by and channel and placed):
            continue
        try:
            values = publication.placement_values(
                document, channel=channel, placed_on=placed, title=title, url=cells.words("url"),
                note=cells.words("note"), day=day,
            )  # fmt: skip
        except Refusal as refusal:
            cells.fault({"placed_on": "placed"}.get(refusal.field or "", refusal.field or ""), refusal.sentence)
            continue
        drafts.append((cells, document, posted_by, values, as_of, numbers))
    logged = _logged({one[1].pk for one in drafts})
    counted = _counted([one.pk for one in logged.values()])
    first: dict[Any, int] = {}
    for cells, document, posted_by, values, as_of, numbers in drafts:
        key = _placement_key(document.pk, posted_by.pk, values)
        if key in first:
            cells.fault("url" if values["url"] else "title", f"trùng với dòng {first[key]}.")
            continue
        first[key] = cells.row.number
        same = logged.get(key)
        if same and (same.placed_on != values["placed_on"] or same.title_folded != values["title_folded"]):
            cells.fault(
                "url",
                f"đường dẫn này đã ghi là “{same.title}”, ngày {show_day(same.placed_on)}; muốn sửa hãy mở lần đăng ấy.",
            )
            continue
        fresh = {
            kind: number
            for kind, number in numbers.items()
            if same is None or counted.get((same.pk, kind.value, as_of)) != number
        }
        read.lines.append(PlacementLine(cells.row.number, document, posted_by, values, same, as_of, fresh))
    return read


def _placement_key(document: int, unit: int, values: dict[str, Any]) -> tuple[Any, ...]:
    told = (values["url"],) if values["url"] else ("", values["placed_on"], values["title_folded"])
    return (document, unit, str(values["channel"]), *told)


def _logged(documents: set[int]) -> dict[tuple[Any, ...], Placement]:
    rows = Placement.objects.filter(document__in=documents, withdrawn_at__isnull=True)
    names = ("channel", "url", "placed_on", "title_folded")
    return {
        _placement_key(one.document_id, one.unit_id, {name: getattr(one, name) for name in names}): one for one in rows
    }


def _counted(placements: list[int]) -> dict[tuple[int, str, date | None], int]:
    """The last figure of each placement, kind and day."""
    rows = ReachCount.objects.filter(placement__in=placements).order_by("pk")
    return {(one.placement_id, one.kind, one.as_of): one.value for one in rows}


def import_placements(rows: Sequence[Row], *, unit: Unit, by: Account, at: datetime) -> tuple[int, int]:
    """Write a list of placements: all of it or nothing. Returns how many placements and how many figures were new.

    Refuses with every fault by row and column. Effects: placements, figures, the clocks of their documents, a line in
    the log for each placement.
    """
    with named_lock("placement-list"):
        read = understand_placements(rows, unit=unit, by=by, at=at)
        read.refuse_faults()
        new = [one for one in read.lines if one.is_new]
        made = [
            Placement(document=one.document, unit=one.unit, entered_at=at, entered_by=by, **one.values) for one in new
        ]
        try:
            written = Placement.objects.bulk_create(made, batch_size=200)
        except IntegrityError:
            raise Refusal("list.meanwhile", "Vừa có người ghi một lần đăng trong tệp; hãy tải tệp lên lại.") from None
        of_line = {one.number: placement for one, placement in zip(new, written, strict=True)}
        figures = []
        reached = []
        for line in read.lines:
            placement = line.known or of_line[line.number]
            if line.numbers and line.as_of:
                figures += [
                    ReachCount(placement=placement, kind=kind, value=value, as_of=line.as_of, at=at, by=by)
                    for kind, value in line.numbers.items()
                ]
                reached.append((placement, line))
        ReachCount.objects.bulk_create(figures, batch_size=500)
        documents = {one.document.pk: one.document for one in new}
        publication.wind(
            list(GuidingDocument.objects.filter(pk__in=documents).select_related("unit").defer("text"))
            if documents else []
        )  # fmt: skip
        follow_publication(documents, at=at)
        record_many(
            "placement.added", by=by, at=at,
            lines=[(placement, placement.unit, {}, publication.placement_told(placement)) for placement in written],
        )  # fmt: skip
        record_many(
            "reach.counted", by=by, at=at,
            lines=[
                (placement, placement.unit, {}, {"as_of": line.as_of, **{kind.value: value for kind, value in line.numbers.items()}})
                for placement, line in reached
            ],
        )  # fmt: skip
    return len(written), len(figures)


# --- activities -----------------------------------------------------------------------------------------------------------


def understand_activities(rows: Sequence[Row], *, unit: Unit, by: Account, at: datetime) -> ListRead[ActivityLine]:
    """What the rows say: activities that are new, and those reported already. Writes nothing."""
    day = local(at).date()
    known = _Known(rows, by, unit)
    read: ListRead[ActivityLine] = ListRead()
    drafts = []
    for row in rows:
        cells = Cells(row, ACTIVITY_COLUMNS, read.faults)
        document, held_by = known.document(cells, day, needed=False), known.unit(cells)
        typed = cells.needed("form")
        form = rules.read_form(typed)
        if typed and form is None:
            cells.fault("form", f"không nhận ra hình thức “{typed}”.")
        named = cells.words("body")
        body = rules.read_body(named) if named else ActivityBody.PARTY
        if body is None:
            cells.fault("body", f"không nhận ra đoàn thể “{named}”.")
        held = cells.day("held", day)
        if held is None and cells.is_good:
            cells.fault("held", "còn trống.")
        people = cells.whole("people")
        if people is None and cells.is_good:
            cells.fault("people", "còn trống.")
        if not cells.is_good or not (held_by and form and body and held and people is not None):
            continue
        try:
            values = activities.activity_values(
                form=form, body=body, held_on=held, place=cells.words("place"), people=people, words=cells.words("words"),
                document=document, day=day,
            )  # fmt: skip
        except Refusal as refusal:
            cells.fault({"held_on": "held"}.get(refusal.field or "", refusal.field or ""), refusal.sentence)
            continue
        drafts.append((cells, held_by, values))
    reported = _reported({one[1].pk for one in drafts}, {one[2]["held_on"] for one in drafts})
    first: dict[Any, int] = {}
    for cells, held_by, values in drafts:
        key = _activity_key(held_by.pk, values)
        if key in first:
            cells.fault("place", f"trùng với dòng {first[key]} (cùng đơn vị, hình thức, ngày và nơi).")
            continue
        first[key] = cells.row.number
        people = reported.get(key)
        if people is not None and people != values["people"]:
            cells.fault("people", f"hoạt động này đã báo cáo với {people} người; muốn sửa hãy mở báo cáo ấy.")
            continue
        read.lines.append(ActivityLine(cells.row.number, held_by, values, people is not None))
    return read


def _activity_key(unit: int, values: dict[str, Any]) -> tuple[Any, ...]:
    document = values["document"].pk if values["document"] else None
    return (unit, str(values["body"]), str(values["form"]), values["held_on"], values["place_folded"], document)


def _reported(units: set[int], days: set[date]) -> dict[tuple[Any, ...], int]:
    rows = DisseminationActivity.objects.filter(
        unit__in=units, held_on__range=(min(days), max(days)), withdrawn_at__isnull=True
    ).values_list("unit_id", "body", "form", "held_on", "place_folded", "document_id", "people") if days else ()  # fmt: skip
    return {tuple(key): people for *key, people in rows}


def import_activities(rows: Sequence[Row], *, unit: Unit, by: Account, at: datetime) -> int:
    """Write a list of activities: all of it or nothing; returns how many were new. Refuses with every fault by row."""
    with named_lock("activity-list"):
        read = understand_activities(rows, unit=unit, by=by, at=at)
        read.refuse_faults()
        made = DisseminationActivity.objects.bulk_create(
            [
                DisseminationActivity(
                    unit=one.unit, nonce=secrets.token_hex(16), reported_at=at, reported_by=by, **one.values
                )
                for one in read.lines
                if not one.is_known
            ],
            batch_size=200,
        )
        record_many(
            "activity.reported", by=by, at=at,
            lines=[(one, one.unit, {}, activities.activity_told(one, 0)) for one in made],
        )  # fmt: skip
    return len(made)
