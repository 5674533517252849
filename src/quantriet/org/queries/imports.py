"""Reads for imports: batches to compare with, the preview, and lists in the shape in which they come in."""

from __future__ import annotations

import json
import math
import time as clock
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import reduce
from operator import or_
from pathlib import Path
from typing import Any, NamedTuple

from django.conf import settings
from django.db.models import Max, Q, QuerySet

from quantriet.audit.models import AuditEvent
from quantriet.kit.spreadsheets import OutColumn
from quantriet.kit.text import fold
from quantriet.kit.time import today
from quantriet.org.access import FieldSight
from quantriet.org.models import (
    ActivityExemption,
    IdentityDecision,
    ImportRun,
    MembershipTransfer,
    Person,
    PostHeld,
    PostKind,
    Unit,
    UnitKind,
    path_end,
)
from quantriet.org.queries.people import hide
from quantriet.org.rules import codes, columns, members
from quantriet.org.rules.places import Directory, Place
from quantriet.org.rules.plan import PlanReader
from quantriet.org.vocab import BirthPrecision, Level, PersonKind

PREVIEW_ROWS = 50
# Kinds of log entries after which a preview may no longer be true.
_TOUCHING = ("org.person", "org.unit", "org.identitydecision")
_WRITTEN = (members.Status.NEW, members.Status.CHANGED, members.Status.MOVED)
# Above this many people written since an import it is of no more help to know its rows.
_MOST_TOUCHED = 50_000
_PERSON_COLUMNS = (
    "pk", "code", "name_folded", "unit_id", "left_on", "full_name", "birth_date", "birth_precision", "gender", "ethnicity",
    "kind", "joined_on", "official_on", "occupation", "phone", "email", "address",
)  # fmt: skip


# ------------------------------------------------------------------------------------------------- what to compare with


def place_of(unit: Unit) -> Place:
    """A unit as the rules of imports need it."""
    return Place(
        unit.pk, unit.code, unit.name, unit.name_folded, unit.path, unit.kind.holds_members, unit.closed_on is not None
    )


def directory(root: Unit) -> Directory:
    """All units by code and name, with `root` as the one imported into."""
    rows = Unit.objects.values_list(
        "pk", "code", "name", "name_folded", "path", "kind__holds_members", "closed_on", "short_name"
    )
    places = [
        Place(pk, code, name, folded, path, holds, closed is not None, fold(short) if short else "")
        for pk, code, name, folded, path, holds, closed, short in rows.iterator(chunk_size=5000)
    ]
    return Directory(places, place_of(root))


def _people(rows: QuerySet[Person]) -> Iterator[members.Person]:
    for row in rows.values_list(*_PERSON_COLUMNS):
        pk, code, folded, unit, left, name, birth, precision, gender, ethnicity, kind, joined, official, *rest = row
        yield members.Person(
            pk, code, folded, unit, left.isoformat() if left else None, name, birth.isoformat() if birth else None,
            precision, gender, ethnicity, kind, joined.isoformat() if joined else None,
            official.isoformat() if official else None, *rest,
        )  # fmt: skip


def people_by_code(codes: Iterable[str]) -> dict[str, members.Person]:
    """The people of these codes, wherever they are; whether the officer may know of them, the caller checks."""
    return {person.code: person for person in _people(Person.objects.filter(code__in=list(codes)))}


def people_by_key(keys: Iterable[int]) -> dict[int, members.Person]:
    """People by primary key."""
    return {person.pk: person for person in _people(Person.objects.filter(pk__in=list(keys)))}


def under_paths(paths: Sequence[str] | None, column: str) -> Q:
    """The condition "at or under one of these paths"; None is the whole tree (the command line)."""
    if paths is None:
        return Q()
    ranges = [Q(**{f"{column}__gte": path, f"{column}__lt": path_end(path)}) for path in paths]
    return reduce(or_, ranges) if ranges else Q(pk__in=[])


def namesakes(names: Iterable[str], paths: Sequence[str] | None) -> dict[str, list[members.Person]]:
    """The people under `paths` who are still counted, by folded name."""
    found: dict[str, list[members.Person]] = defaultdict(list)
    rows = Person.objects.filter(name_folded__in=list(names), left_on__isnull=True).filter(
        under_paths(paths, "unit__path")
    )
    for person in _people(rows):
        found[person.name_folded].append(person)
    return found


def posts_now(ids: Iterable[int], on: date) -> dict[int, set[tuple[str, int]]]:
    """The posts that these people hold on a day, as (code of the post, unit)."""
    found: dict[int, set[tuple[str, int]]] = defaultdict(set)
    for person, post, unit in (
        PostHeld.objects.on(on).filter(person__in=list(ids)).values_list("person_id", "post__code", "unit_id")
    ):
        found[person].add((post, unit))
    return found


def exempt_now(ids: Iterable[int], on: date) -> set[int]:
    """Those of these people who are exempt from activities on a day."""
    return set(ActivityExemption.objects.on(on).filter(person__in=list(ids)).values_list("person_id", flat=True))


def last_moves(ids: Iterable[int]) -> dict[int, str]:
    """When these people last moved between units, as ISO text; the entry into the first one is no move."""
    rows = MembershipTransfer.objects.done().filter(person__in=list(ids), from_unit__isnull=False)
    return {
        person: on.isoformat()
        for person, on in rows.values_list("person_id").annotate(last=Max("on")).values_list("person_id", "last")
    }


def decisions(fingerprints: Iterable[str]) -> dict[str, tuple[int | None, bool, bool]]:
    """Remembered decisions by fingerprint: (person, or None with True for somebody new, whether the list's code counts)."""
    rows = IdentityDecision.objects.filter(fingerprint__in=list(fingerprints), decided_at__isnull=False)
    return {
        key: (person, new, code)
        for key, person, new, code in rows.values_list("fingerprint", "person_id", "is_new", "takes_code")
    }


def post_names() -> tuple[tuple[str, str], ...]:
    """Folded names of the kinds of posts, with their codes."""
    return tuple((fold(name), code) for name, code in PostKind.objects.values_list("name", "code"))


def codes_of_digits(paths: Sequence[str] | None) -> list[str]:
    """Some codes of people under `paths`, to tell how wide their codes are."""
    # "A" stands behind every digit in each order of letters; the sign behind 9 in ASCII does not.
    rows = Person.objects.filter(under_paths(paths, "unit__path"), code__gte="0", code__lt="A")
    some = rows.values_list("code", flat=True)[:2000]
    return [code for code in some if code.isascii() and code.isdigit()]


def highest_made_code() -> int:
    """The highest number in codes of exactly the shape that the product makes; other codes that begin so do not count.

    Text of one length sorts as its number does, so each length has its own highest; a longer one begins only behind the
    last of the shorter.
    """
    highest = 0
    for digits in range(codes.SHORTEST, codes.LONGEST + 1):
        first, last = codes.PREFIX + "0" * digits, codes.PREFIX + "9" * digits
        rows = Person.objects.filter(code__gte=first, code__lte=last).order_by("-code").values_list("code", flat=True)
        made = (codes.made_number(code) for code in rows.iterator(chunk_size=100) if len(code) == len(last))
        highest = max(highest, next((number for number in made if number is not None), 0))
        if highest < 10**digits - 1:
            break
    return highest


@dataclass(frozen=True)
class Standing:
    """A person as the writing of a plan finds them: to be told from what the preview saw."""

    unit_id: int
    left: bool
    values: dict[str, Any]


def standing(ids: Iterable[int], names: Sequence[str]) -> dict[int, Standing]:
    """These people as they stand now, kept from other writers until the commit (on SQLite the transaction does that)."""
    rows = Person.objects.select_for_update(of=("self",)).filter(pk__in=list(ids)).order_by("pk")
    found = {}
    for pk, unit, left, *values in rows.values_list("pk", "unit_id", "left_on", *names):
        told = (value.isoformat() if isinstance(value, date) else value for value in values)
        found[pk] = Standing(unit, left is not None, dict(zip(names, told, strict=True)))
    return found


def people_of_units(unit_ids: Iterable[int]) -> Iterator[tuple[int, str, str, int]]:
    """Members still counted in these units: (key, code, name, unit)."""
    ids = sorted(unit_ids)
    for start in range(0, len(ids), 500):
        rows = Person.objects.active().members().filter(unit__in=ids[start : start + 500])
        yield from (
            rows.order_by("unit_id", "sort_key", "pk").values_list("pk", "code", "full_name", "unit_id").iterator()
        )


def highest_key() -> int:
    """The highest key of a person."""
    return Person.objects.aggregate(top=Max("pk"))["top"] or 0


def stamp() -> int:
    """The last entry of the log."""
    return AuditEvent.objects.aggregate(top=Max("pk"))["top"] or 0


def touched_since(stamp: int, paths: Sequence[str] | None) -> bool:
    """Whether people or units under `paths` were written after this entry of the log."""
    later = AuditEvent.objects.filter(pk__gt=stamp, thing_kind__in=_TOUCHING)
    return later.filter(under_paths(paths, "unit_path")).exists()


def same_file(kind: str, unit: Unit, digest: str) -> ImportRun | None:
    """The last import of exactly this file into this unit, if it was written."""
    rows = ImportRun.objects.filter(kind=kind, unit=unit, digest=digest, state="done", plan__gt="")
    return rows.select_related("account").order_by("-applied_at", "-pk").first()


class Remembered(NamedTuple):
    """A row that was written or found unchanged before, about somebody whom nobody has touched since."""

    code: str
    pk: int
    unit: int
    notes: list[str]


def remembered_rows(unit: Unit, paths: Sequence[str] | None) -> dict[str, Remembered]:
    """By their digest, the rows of the last import of people into this unit that still say what is stored.

    Nothing when units or decisions were written since, on which the meaning of every row rests; without those people under
    `paths` who were written since, and those who left.
    """
    rows = ImportRun.objects.filter(kind="members", unit=unit, state="done", plan__gt="").order_by("-applied_at", "-pk")
    before = rows.first()
    if before is None or "stamp_after" not in before.counts:
        return {}
    since = AuditEvent.objects.filter(pk__gt=before.counts["stamp_after"], thing_kind__in=_TOUCHING)
    touched = set(since.values_list("thing_kind", "person_id")[: _MOST_TOUCHED + 1])
    if len(touched) > _MOST_TOUCHED or any(kind != "org.person" or pk is None for kind, pk in touched):
        return {}
    gone = {pk for _, pk in touched}
    people = Person.objects.filter(left_on__isnull=True).filter(
        under_paths([unit.path], "unit__path"), under_paths(paths, "unit__path")
    )
    here = {
        code: (pk, cell)
        for code, pk, cell in people.values_list("code", "pk", "unit_id").iterator(chunk_size=5000)
        if pk not in gone
    }
    found = {}
    none: list[str] = []
    try:
        with open_plan(before) as plan:
            for section in (*_WRITTEN, members.Status.SAME):
                for line in plan.lines(section):
                    code = line.get("v", {}).get("code") or line.get("c", "")
                    if "x" in line and code in here:
                        found[line["x"]] = Remembered(code, *here[code], line.get("t", none))
    except OSError:
        # The plan was cleared away; the rows are compared as if seen for the first time.
        return {}
    return found


@dataclass(frozen=True)
class KnownUnit:
    """A unit as the import of units compares it."""

    pk: int
    code: str
    name: str
    name_folded: str
    short_name: str
    kind: str
    parent_id: int | None
    path: str
    email: str
    phone: str
    address: str
    established_on: str | None
    closed: bool


def known_units() -> list[KnownUnit]:
    """All units with what an import may change about them."""
    rows = Unit.objects.values_list(
        "pk", "code", "name", "name_folded", "short_name", "kind__code", "parent_id", "path", "email", "phone", "address",
        "established_on", "closed_on",
    )  # fmt: skip
    return [
        KnownUnit(*row[:11], row[11].isoformat() if row[11] else None, row[12] is not None)
        for row in rows.iterator(chunk_size=5000)
    ]


def level_of_kinds() -> dict[str, str]:
    """The level in the tree of every kind of units, also of those that exist no more, by code."""
    return dict(UnitKind.objects.values_list("code", "level"))


def unit_kinds() -> list[UnitKind]:
    """The kinds of units that exist today."""
    return [kind for kind in UnitKind.objects.all() if not kind.valid_to or kind.valid_to >= today()]


# -------------------------------------------------------------------------------------------------- runs and their plans


@contextmanager
def open_plan(run: ImportRun) -> Iterator[PlanReader]:
    """The plan of a run, open for paging."""
    with run.plan.open("rb") as file:
        yield PlanReader(file)


def progress_path(run_id: int) -> Path:
    """Where a running job says how far it is; advice for the page, no data."""
    return Path(settings.MEDIA_ROOT) / "imports" / f"progress-{run_id}.json"


@dataclass(frozen=True)
class Progress:
    """How far a job is; `quiet_seconds` since it last said so."""

    done: int
    total: int
    what: str
    quiet_seconds: float


def is_worked_on(run: ImportRun, job: str, *, quiet_after: float) -> bool:
    """Whether a worker runs this job for the run and has said so lately."""
    from django_tasks_db.models import DBTaskResult  # models exist only once the apps are loaded

    rows = DBTaskResult.objects.running().filter(task_path=job).values_list("args_kwargs", flat=True)
    return any(one["args"] == [run.pk] for one in rows) and progress(run, clock.time()).quiet_seconds < quiet_after


def is_queued(job: str, ids: list[int | str]) -> bool:
    """Whether this very job waits or runs already."""
    from django_tasks_db.models import DBTaskResult  # models exist only once the apps are loaded

    rows = DBTaskResult.objects.filter(task_path=job, status__in=("READY", "RUNNING"))
    return any(one["args"] == ids for one in rows.values_list("args_kwargs", flat=True))


def progress(run: ImportRun, now_seconds: float) -> Progress:
    """How far the job of a run is."""
    try:
        path = progress_path(run.pk)
        said = json.loads(path.read_text())
        return Progress(said["done"], said["total"], said["what"], max(0.0, now_seconds - path.stat().st_mtime))
    except (OSError, ValueError, KeyError):
        return Progress(0, 0, "", max(0.0, now_seconds - run.changed_at.timestamp()))


TABS = (*(status.value for status in members.Status), "missing")


@dataclass
class PreviewRow:
    """A row of the preview as the page shows it."""

    number: int
    sheet: str
    code: str
    name: str
    birth: str
    unit: str
    above: str = ""  # the unit's superior, for cells of one name
    from_unit: str = ""
    on: str = ""
    changes: list[list[str]] | None = None
    errors: list[list[str]] | None = None
    notes: list[str] | None = None
    question: int | None = None
    decided: str = ""


@dataclass
class PreviewPage:
    """One page of one tab."""

    rows: list[PreviewRow]
    total: int
    number: int
    pages: int


def preview_page(run: ImportRun, tab: str, number: int) -> PreviewPage:
    """A page of a tab of the preview, with names of units and the questions behind doubtful rows: four statements."""
    with open_plan(run) as plan:
        total = plan.count(tab)
        pages = max(1, math.ceil(total / PREVIEW_ROWS))
        number = min(max(1, number), pages)
        lines = plan.page(tab, number, PREVIEW_ROWS)
    sheets = [sheet["name"] for sheet in run.understanding.get("sheets", []) if sheet["use"]]
    names = {sheet["index"]: sheet["name"] for sheet in run.understanding.get("sheets", [])} if len(sheets) > 1 else {}
    met = Unit.objects.filter(pk__in={key for line in lines for key in (line.get("u"), line.get("f")) if key})
    units = {pk: (name, above or "") for pk, name, above in met.values_list("pk", "name", "parent__name")}
    asked: dict[str, tuple[int, str | None, bool]] = {
        key: (pk, person, new)
        for pk, key, person, new in IdentityDecision.objects.filter(
            fingerprint__in=[line["q"] for line in lines if "q" in line]
        ).values_list("pk", "fingerprint", "person__full_name", "is_new")
    }
    return PreviewPage([_preview_row(line, names, units, asked) for line in lines], total, number, pages)


def _preview_row(
    line: dict[str, Any],
    sheets: dict[int, str],
    units: dict[int, tuple[str, str]],
    asked: dict[str, tuple[int, str | None, bool]],
) -> PreviewRow:
    values = line.get("v", {})
    question, person, is_new = asked.get(line.get("q", ""), (None, None, False))
    notes = list(line.get("t", ()))
    if line.get("posts"):
        notes.append(f"Thêm {len(line['posts'])} chức vụ.")
    if line.get("ex"):
        notes.append("Ghi miễn sinh hoạt.")
    if line.get("kn"):
        notes.insert(0, line["kn"])
    on = line.get("on", "")
    unit, above = units.get(line.get("u", 0), ("", ""))
    return PreviewRow(
        number=line["n"],
        sheet=sheets.get(line.get("h", 0), ""),
        code=line.get("c", "") or values.get("code", ""),
        name=line.get("name", ""),
        birth=line.get("b", ""),
        unit=unit or line.get("pn", ""),
        above=above,
        from_unit=line.get("uf", ""),
        on=f"{on[8:]}/{on[5:7]}/{on[:4]}" if on else "",
        changes=line.get("d"),
        errors=line.get("e"),
        notes=notes,
        question=question,
        decided="là người khác" if is_new else f"là {person}" if person else "",
    )


def waiting_decisions(run: ImportRun) -> tuple[int, int]:
    """Questions of this run that were decided after its preview, and those still open."""
    rows = run.questions.all()
    return (
        rows.filter(decided_at__gt=run.changed_at).count(),
        rows.filter(decided_at__isnull=True).count(),
    )


def open_questions(rows: QuerySet[IdentityDecision]) -> QuerySet[IdentityDecision]:
    """Questions of identity that nobody has decided, oldest first."""
    return rows.filter(decided_at__isnull=True).select_related("unit").order_by("asked_at", "pk")


def candidates(question: IdentityDecision, seen: QuerySet[Person]) -> list[tuple[Person, list[str]]]:
    """The people a question is about, as far as the officer sees them, each with the reasons in words."""
    reasons = {int(pk): words for pk, words in question.candidates}
    people = seen.filter(pk__in=reasons).select_related("unit__parent").order_by("pk")
    return [(person, [members.REASON_WORDS.get(word, word) for word in reasons[person.pk]]) for person in people]


def what_changes(question: IdentityDecision) -> dict[int, list[list[str]]]:
    """What the answer "this person" will change about each candidate, as [label, before, after]; the code stands apart."""
    values = question.incoming
    found = {}
    for pk, person in people_by_key(int(pk) for pk, _ in question.candidates).items():
        found[pk] = members.shown_changes(members.differences(values, person), person)
        if values.get("unit") and values["unit"] != person.unit_id:
            names = dict(Unit.objects.filter(pk__in=[values["unit"], person.unit_id]).values_list("pk", "name"))
            found[pk].append(
                [members.FIELD_LABELS["unit"], names.get(person.unit_id, ""), names.get(values["unit"], "")]
            )
    return found


# --------------------------------------------------------------------------------------- lists in the shape they come in


def member_columns() -> list[OutColumn]:
    """The columns of the list of people: the same as of the import template, so that an export can be imported again."""
    return columns.exported("members")


def unit_columns() -> list[OutColumn]:
    """The columns of the list of units, as the import reads them."""
    return columns.exported("units")


def member_rows(people: QuerySet[Person], *, sight: FieldSight | None = None) -> Iterator[dict[str, Any]]:
    """The rows under `member_columns`, read in batches; an import of them changes nothing.

    `sight` empties what its account may not see; of the birth date the year stays.
    """
    names = dict(Unit.objects.values_list("pk", "name"))
    above: dict[int, int | None] = dict(Unit.objects.values_list("pk", "parent_id"))
    day = today()
    batch: list[Person] = []
    for person in people.select_related("unit").iterator(chunk_size=2000):
        batch.append(person)
        if len(batch) >= 2000:
            yield from _member_rows(batch, names, above, day, sight)
            batch = []
    yield from _member_rows(batch, names, above, day, sight)


def _member_rows(
    batch: list[Person], names: dict[int, str], above: dict[int, int | None], day: date, sight: FieldSight | None
) -> Iterator[dict[str, Any]]:
    ids = [person.pk for person in batch]
    posts: dict[int, list[tuple[str, int, str]]] = defaultdict(list)
    for person, post, unit, level in (
        PostHeld.objects.on(day).filter(person__in=ids).order_by("post__rank", "pk")
        .values_list("person_id", "post__name", "unit_id", "managed_by")
    ):  # fmt: skip
        posts[person].append((post, unit, level))
    exemptions = {
        person: (start, reason)
        for person, start, reason in ActivityExemption.objects.on(day)
        .filter(person__in=ids)
        .order_by("-valid_from")
        .values_list("person_id", "valid_from", "reason")
    }
    for person in batch:
        held = posts[person.pk]
        level = next((level for _, _, level in held if level), "")
        exempt = exemptions.get(person.pk)
        parent = above.get(person.unit_id)
        for name in sight.hidden(person.unit.path) if sight else ():
            hide(person, name)
        yield {
            "code": person.code,
            "full_name": person.full_name,
            "birth": birth_cell(person),
            "gender": members.GENDER_WORDS.get(person.gender, ""),  # type: ignore[call-overload]  # the stored value
            "ethnicity": person.ethnicity,
            "kind": members.KIND_WORDS[PersonKind(person.kind)],
            "unit_code": person.unit.code,
            "unit_name": person.unit.name,
            "unit_above": names.get(parent, "") if parent else "",
            "joined_on": person.joined_on,
            "official_on": person.official_on,
            "posts": "; ".join(post if unit == person.unit_id else f"{post} ({names[unit]})" for post, unit, _ in held),
            "managed_by": members.LEVEL_WORDS[Level(level)] if level else "",
            "occupation": person.occupation,
            "phone": person.phone,
            "email": person.email,
            "address": person.address,
            "exempt": "x" if exempt else "",
            "exempt_from": exempt[0] if exempt else None,
            "exempt_reason": exempt[1] if exempt else "",
        }


def birth_cell(person: Person) -> date | str | None:
    """A birth date as a list writes it: the day, or the year alone."""
    if person.birth_date and person.birth_precision == BirthPrecision.YEAR:
        return str(person.birth_date.year)
    return person.birth_date


def unit_rows(units: QuerySet[Unit]) -> Iterator[dict[str, Any]]:
    """The rows under `unit_columns`; parents before children."""
    for unit in units.select_related("kind", "parent").order_by("path").iterator(chunk_size=2000):
        yield {
            "code": unit.code,
            "name": unit.name,
            "kind": unit.kind.name,
            "parent_code": unit.parent.code if unit.parent else "",
            "parent_name": unit.parent.name if unit.parent else "",
            "short_name": unit.short_name,
            "established_on": unit.established_on,
            "phone": unit.phone,
            "email": unit.email,
            "address": unit.address,
        }
