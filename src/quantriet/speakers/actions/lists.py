"""A register from Excel: read, shown beside what stands, written all or nothing; the same file again changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime

from django.db import transaction
from django.db.models import Q

from quantriet.kit import spreadsheets, text
from quantriet.kit.db import named_lock
from quantriet.kit.refusal import Refusal
from quantriet.kit.spreadsheets import Precision, Row
from quantriet.kit.time import local
from quantriet.org import access as org_access
from quantriet.org.models import Account, Person, Unit
from quantriet.org.queries.listed import recognise_people
from quantriet.org.queries.sheets import Cells, ListRead
from quantriet.org.rules.recognising import ListedPerson
from quantriet.speakers import access, actions
from quantriet.speakers.actions import Profile
from quantriet.speakers.models import Reporter, ReporterField
from quantriet.speakers.rules import lists as rules
from quantriet.speakers.rules.lists import REPORTER_COLUMNS
from quantriet.speakers.vocab import ReporterKind, SourceGroup, TheoryLevel

_COLUMN_OF = {
    "source": "source", "decision_number": "decision", "decided_on": "decided", "since_year": "since", "subjects": "fields",
    "valid_from": "from", "unit": "unit", "person": "name", "profession": "profession", "experience": "experience",
    "prestige": "prestige", "practice": "practice",
}  # fmt: skip


@dataclass(frozen=True)
class ReporterLine:
    """A row of a list: somebody new on a register, or an entry that stands (`known`), changed or the same."""

    number: int
    unit: Unit
    person: Person
    kind: ReporterKind
    profile: Profile
    valid_from: date
    known: Reporter | None
    changed: tuple[str, ...] = ()  # labels of what differs from the entry that stands

    @property
    def is_same(self) -> bool:
        return self.known is not None and not self.changed


def understand_reporters(rows: Sequence[Row], *, unit: Unit, by: Account, at: datetime) -> ListRead[ReporterLine]:
    """What the rows say: new entries, changed ones, those that stand already; `unit` keeps rows that name none.

    An empty cell keeps what an entry that stands says, and so is a field kept that is offered no more. Writes nothing.
    """
    day = local(at).date()
    read: ListRead[ReporterLine] = ListRead()
    units = _units(rows, by)
    offered = {one.name_folded: one for one in access.fields_offered_to(by)}
    people = org_access.people_seen_by(by).filter(left_on__isnull=True)
    listed = [_listed(row, day) for row in rows]
    recognised, found = recognise_people(listed, people)
    standing = _standing(sorted({one.person_id for one in recognised if one.person_id}))
    drafts = []
    for row, who in zip(rows, recognised, strict=True):
        cells = Cells(row, REPORTER_COLUMNS, read.faults)
        person = found.get(who.person_id) if who.person_id else None
        if person is None:
            cells.fault("name", who.sentence or "không nhận ra ai.")
        kept_by = _unit(cells, units, unit)
        typed = cells.needed("kind")
        kind = rules.read_kind(typed)
        if typed and kind is None:
            cells.fault("kind", f"“{typed}” không phải báo cáo viên hay tuyên truyền viên.")
        known = standing.get((person.pk, kept_by.pk, kind.value)) if person and kept_by and kind else None
        # A field that is offered no more is kept by who has it: the list that was downloaded is taken back.
        own = {one.name_folded: one for one in known.fields.all()} if known else {}
        values = _values(cells, offered | own, day)
        since = cells.day("from", day)
        if person is not None and kept_by is not None and kind is not None and cells.is_good:
            drafts.append((cells, person, kept_by, kind, values, since))
    first: dict[tuple[int, int, str], int] = {}
    for cells, person, kept_by, kind, values, since in drafts:
        key = (person.pk, kept_by.pk, kind.value)
        if key in first:
            cells.fault("name", f"trùng với dòng {first[key]}.")
            continue
        first[key] = cells.row.number
        known = standing.get(key)
        profile = _merged(known, values)
        begins = known.valid_from if known else since or day
        try:
            actions.profile_values(kept_by, kind, profile, day=day)
            if known is None:
                actions.refuse_entry(kept_by, person, begins, day)
        except Refusal as refusal:
            cells.fault(_COLUMN_OF.get(refusal.field or "", ""), refusal.sentence)
            continue
        changed = _changed(known, profile) if known else ()
        read.lines.append(ReporterLine(cells.row.number, kept_by, person, kind, profile, begins, known, changed))
    return read


def import_reporters(rows: Sequence[Row], *, unit: Unit, by: Account, at: datetime) -> tuple[int, int]:
    """Write a list of reporters: all of it or nothing. Returns how many were new and how many changed.

    Refuses with every fault by row and column. Effects: entries, a line in the log for each.
    """
    with named_lock("reporter-list"), transaction.atomic():
        read = understand_reporters(rows, unit=unit, by=by, at=at)
        read.refuse_faults()
        new = changed = 0
        for line in read.lines:
            if line.known is None:
                actions.add_reporter(
                    line.unit, line.person, line.kind, line.profile, valid_from=line.valid_from, by=by, at=at
                )
                new += 1
            elif line.changed:
                changed += actions.change_reporter(line.known, line.profile, by=by, at=at)
    return new, changed


def _listed(row: Row, day: date) -> ListedPerson:
    code, name, cell = (text.squeeze(spreadsheets.shown(row.cells.get(key))) for key in ("code", "name", "cell"))
    born = spreadsheets.parse_day(row.cells.get("born"), latest=day).value
    return ListedPerson(
        row.number, code, name, cell, born.date if born else None,
        year_only=born is not None and born.precision != Precision.DAY,
    )  # fmt: skip


def _units(rows: Sequence[Row], by: Account) -> dict[str, list[Unit]]:
    typed = sorted({text.squeeze(spreadsheets.shown(row.cells.get("unit"))) for row in rows} - {""})
    found: dict[str, list[Unit]] = {}
    reach = access.keeping_units(by).select_related("kind")
    for start in range(0, len(typed), 500):
        part = typed[start : start + 500]
        for one in reach.filter(Q(code__in=part) | Q(name_folded__in=[text.fold(name) for name in part])):
            for key in {text.fold(one.code), one.name_folded}:
                found.setdefault(key, []).append(one)
    return found


def _unit(cells: Cells, units: dict[str, list[Unit]], home: Unit) -> Unit | None:
    typed = cells.words("unit")
    if not typed:
        return home
    found = units.get(text.fold(typed), [])
    if not found:
        cells.fault("unit", f"không có đơn vị “{typed}” lập sổ báo cáo viên trong phạm vi được giao.")
    elif len(found) > 1:
        cells.fault("unit", f"có nhiều đơn vị tên “{typed}”; hãy ghi mã đơn vị.")
    return found[0] if len(found) == 1 else None


def _values(cells: Cells, offered: dict[str, ReporterField], day: date) -> dict[str, object]:
    """What the row writes, by the names of `Profile`; empty cells are not among it."""
    given: dict[str, object] = {}
    names = rules.read_names(spreadsheets.shown(cells.row.cells.get("fields")))
    unknown = [name for name in names if text.fold(name) not in offered]
    if unknown:
        cells.fault(
            "fields", f"chưa có lĩnh vực “{'”, “'.join(unknown)}”; hãy thêm ở trang Lĩnh vực hoặc ghi đúng tên."
        )
    elif names:
        given["fields"] = tuple(offered[text.fold(name)] for name in names)
    ticked = spreadsheets.parse_yes(cells.row.cells.get("specialist"))
    if ticked.error:
        cells.fault("specialist", ticked.error)
    elif ticked.value is not None:
        given["is_specialist"] = ticked.value
    if typed := cells.words("theory"):
        theory = rules.read_theory(typed)
        if theory is None:
            cells.fault("theory", f"không nhận ra trình độ “{typed}”; hãy ghi sơ cấp, trung cấp, cao cấp hoặc cử nhân.")
        given["theory_level"] = theory
    if typed := cells.words("source"):
        source = rules.read_source(typed)
        if source is None:
            cells.fault("source", f"không nhận ra khối “{typed}”.")
        given["source"] = source
    since = cells.whole("since")
    if since is not None:
        given["since_year"] = since
    decided = cells.day("decided", day)
    if decided is not None:
        given["decided_on"] = decided
    texts = {"profession": "profession", "experience": "experience", "prestige": "prestige", "practice": "practice",
             "decision_number": "decision"}  # fmt: skip
    for name, column in texts.items():
        if words := cells.words(column):
            given[name] = words
    return given


def _standing(people: Sequence[int]) -> dict[tuple[int, int, str], Reporter]:
    found = {}
    for start in range(0, len(people), 500):
        rows = Reporter.objects.standing().filter(person__in=people[start : start + 500])
        for one in rows.select_related("person", "unit__kind").prefetch_related("fields"):
            found[(one.person_id, one.unit_id, one.kind)] = one
    return found


def profile_of(reporter: Reporter) -> Profile:
    """What an entry says, as a form or a list changes it."""
    names = (
        "is_specialist",
        "profession",
        "since_year",
        "experience",
        "prestige",
        "practice",
        "decision_number",
        "decided_on",
    )
    return Profile(
        fields=tuple(reporter.fields.all()), theory_level=TheoryLevel(reporter.theory_level),
        source=SourceGroup(reporter.source) if reporter.source else None,
        **{name: getattr(reporter, name) for name in names},
    )  # fmt: skip


def _merged(known: Reporter | None, values: dict[str, object]) -> Profile:
    old = profile_of(known) if known else Profile()
    return Profile(**{one.name: values.get(one.name, getattr(old, one.name)) for one in fields(Profile)})  # type: ignore[arg-type]


def _changed(known: Reporter, profile: Profile) -> tuple[str, ...]:
    old = profile_of(known)
    labels = {one.key: one.label for one in REPORTER_COLUMNS}
    keys = {"is_specialist": "specialist", "theory_level": "theory", "since_year": "since", "decision_number": "decision",
            "decided_on": "decided"}  # fmt: skip
    found = []
    for one in fields(Profile):
        before, after = getattr(old, one.name), getattr(profile, one.name)
        if one.name == "fields":
            before, after = {field.pk for field in before}, {field.pk for field in after}
        if before != after:
            found.append(labels[keys.get(one.name, one.name)])
    return tuple(found)
