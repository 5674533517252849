"""A country in one database: 60,000 units, 5 million people, 15 million duties, written straight into it.

The same numbers give the same country. Rows are made inside the database, INSERT … SELECT from two small tables (names
that belong to nobody, drawn by their real frequency, and the cells), with the indexes of the big tables taken away before
and made again after; a country takes some minutes and about 7 GB. One campaign of the whole country asks three duties of
everybody; two thirds have done them, over three weeks, every fiftieth cell has reported nothing. Left out are the change
lines of single duties (they would double the size): boards of earlier days read day sums, which are there.

A country that was made stands in build/country-…; the name holds a digest of this file and of the migrations, so that
a changed generator or schema makes a new one and sweeps the old one away.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
KINDS = ("attend", "essay", "plan")
DRAWS = 60_000  # names the people share; every one is borne by some 80 people
OPENED = dt.datetime(2026, 10, 1, 2, tzinfo=dt.UTC)
DAYS = 21
LOG_LINES = 10  # a person bears this share of a log line: one for every ten

FAMILY = {
    "Nguyễn": 315, "Trần": 109, "Lê": 95, "Phạm": 59, "Hoàng": 51, "Huỳnh": 20, "Vũ": 25, "Võ": 20, "Phan": 28, "Trương": 22,
    "Bùi": 21, "Đặng": 19, "Đỗ": 19, "Ngô": 17, "Hồ": 15, "Dương": 14, "Đinh": 10, "Lý": 9, "Lò": 7, "Vàng": 5, "Giàng": 5,
    "Thạch": 3, "H'": 2, "Y": 2, "K'": 1, "Đoàn": 12, "Lâm": 8, "Mai": 6, "Tô": 4, "Quách": 2, "Nông": 5, "Hà": 9,
}  # fmt: skip
MIDDLE = {
    "Thị": 230, "Văn": 190, "Đức": 40, "Minh": 45, "Hữu": 30, "Quốc": 22, "Thanh": 40, "Xuân": 30, "Ngọc": 45, "Kim": 20,
    "Công": 18, "Đình": 20, "Quang": 22, "Thu": 18, "Bá": 8, "Trọng": 8, "Viết": 6, "Khắc": 4, "Doãn": 1, "Thế": 10,
}  # fmt: skip
GIVEN = {
    "An": 14, "Anh": 32, "Ánh": 8, "Bình": 18, "Châu": 9, "Chiến": 8, "Chung": 6, "Cường": 16, "Dũng": 18, "Dung": 12, "Duy": 9,
    "Đạt": 10, "Đông": 5, "Giang": 10, "Hà": 20, "Hải": 18, "Hạnh": 12, "Hằng": 14, "Hiền": 14, "Hiếu": 10, "Hòa": 14, "Hoa": 12,
    "Hoàng": 9, "Hồng": 12, "Huệ": 8, "Hùng": 22, "Huy": 12, "Huyền": 10, "Hương": 20, "Hường": 8, "Hưởng": 1, "Khánh": 8, "Lan": 16,
    "Liên": 10, "Linh": 18, "Loan": 9, "Long": 12, "Mai": 14, "Minh": 16, "Nam": 14, "Nga": 14, "Ngọc": 14, "Nhung": 9, "Oanh": 6,
    "Phong": 9, "Phúc": 9, "Phương": 16, "Quân": 9, "Quang": 10, "Quý": 6, "Sơn": 18, "Tâm": 16, "Tân": 5, "Thảo": 12, "Thắng": 14,
    "Thành": 18, "Thanh": 18, "Thủy": 18, "Thương": 6, "Tiến": 10, "Toàn": 8, "Trang": 12, "Trung": 14, "Tuấn": 20, "Tùng": 10,
    "Tuyết": 9, "Vân": 14, "Việt": 9, "Vinh": 9, "Xuân": 6, "Yến": 9, "Ý": 1, "Ước": 1, "Ổn": 1, "Đào": 4, "Đức": 12,
}  # fmt: skip
RARE = ("H'Hen Niê", "K' Brêu", "Y Moan Êñuôl", "Nguyễn Thị Mông Điệp Khuê", "Quàng Thị Kbuôr Hường", "Đỗ Đăng Đuổng")


@dataclass(frozen=True)
class Size:
    """How big a country is; `part` 1 is whole, 20 a twentieth."""

    part: int = 1

    @property
    def provinces(self) -> int:
        return max(2, 34 // self.part) if self.part > 1 else 34

    @property
    def communes(self) -> int:
        return max(self.provinces * 2, 3321 // self.part)

    @property
    def cells(self) -> int:
        return 60_000 // self.part - self.communes - self.provinces - 1

    @property
    def people(self) -> int:
        return 5_000_000 // self.part


@dataclass(frozen=True)
class Country:
    """What pages and questions about a country start from."""

    size: Size
    root_id: int
    campaign_id: int
    officer_id: int  # sees the whole country
    local_officer_id: int  # sees one commune
    member_id: int  # an account of a member


def quiet(_words: str) -> None:
    pass


def make_country(size: Size, tell: Callable[[str], None] = quiet) -> Country:
    """Write the country into the empty, migrated database of this process."""
    from django.db import connection

    from quantriet.kit.db import drop_word_index, keep_word_index, learn_sizes
    from quantriet.org.models import Unit

    begun = time.monotonic()

    def said(words: str) -> None:
        tell(f"{time.monotonic() - begun:6.0f} s  {words}")

    _hurry()
    root, cells = _units(size)
    said(f"{Unit.objects.count():,} units")
    with _helper_tables(cells):
        drop_word_index("org_person")
        with _without_indexes("org_person", "org_membershiptransfer", "org_postheld"):
            _people(size, said)
        said("indexes of people")
        keep_word_index("org_person", "search_key")
        said("words of names")
        campaign_id, officer = _campaign(root)
        with _without_indexes("campaigns_studyduty"):
            for kind in KINDS:
                _duties(campaign_id, kind)
                said(f"{size.people:,} duties: {kind}")
        said("indexes of duties")
        _tallies(campaign_id, size, said)
        _plans(campaign_id)
        _fold()
        said("sums of higher nodes")
        _log(size)
        said("log")
    local, member = _accounts(root)
    if connection.vendor == "postgresql":
        _run("VACUUM ANALYZE")
    else:
        _run("PRAGMA journal_mode = WAL")
        learn_sizes()
    connection.close()
    said("statistics")
    return Country(size, root.pk, campaign_id, officer.pk, local.pk, member.pk)


def _hurry() -> None:
    """Rows of our own making need no journal and no check of keys; the last statement of `make_country` ends this."""
    if _postgres():
        _run("SET session_replication_role = replica")
        _run("SET maintenance_work_mem = '1GB'")
        _run("SET synchronous_commit = off")
    else:
        _run("PRAGMA journal_mode = OFF")
        _run("PRAGMA synchronous = OFF")
        _run("PRAGMA cache_size = -400000")


# --- rows -------------------------------------------------------------------------------------------------------


def _rows(model: Any, given: dict[str, str]) -> tuple[str, str]:
    """The columns of a model and the SQL of their values: what is given by attribute, the defaults of all others."""
    from django.db import connection
    from django.db.models import NOT_PROVIDED

    columns, values = [], []
    for field in model._meta.concrete_fields:
        if field.primary_key or field.generated:
            continue
        columns.append(f'"{field.column}"')
        if field.attname in given:
            values.append(given.pop(field.attname))
            continue
        default = field.get_default() if field.default is not NOT_PROVIDED else None if field.null else ""
        ready = field.get_db_prep_save(default, connection)
        ready = getattr(ready, "dumps", lambda value: value)(getattr(ready, "obj", ready))
        if ready is None:
            values.append("NULL")
        elif isinstance(ready, bool):
            values.append("TRUE" if ready else "FALSE")
        elif isinstance(ready, int | float):
            values.append(str(ready))
        else:
            words = str(ready).replace("'", "''")
            values.append(f"CAST('{words}' AS {field.cast_db_type(connection)})")
    assert not given, given
    return ", ".join(columns), ", ".join(values)


def _insert(model: Any, source: str, **given: str) -> None:
    columns, values = _rows(model, given)
    _run(f"INSERT INTO {model._meta.db_table} ({columns}) SELECT {values} FROM {source}")


def _run(sql: str, parameters: Sequence[Any] = ()) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(sql, list(parameters)) if parameters else cursor.execute(sql)


@contextmanager
def _without_indexes(*tables: str) -> Iterator[None]:
    """Take the indexes of tables away while they are filled; those of constraints stay."""
    from django.db import connection

    from quantriet.kit.db import select

    found: list[tuple[str, str]] = []
    for table in tables:
        if connection.vendor == "postgresql":
            found += select(
                "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = %s AND indexname NOT IN"
                " (SELECT conname FROM pg_constraint WHERE conrelid = %s::regclass)",
                [table, table],
            )  # type: ignore[arg-type]
        else:
            found += select(
                "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = %s AND sql IS NOT NULL",
                [table],
            )  # type: ignore[arg-type]
    for name, _statement in found:
        _run(f'DROP INDEX "{name}"')
    yield
    for _name, statement in found:
        _run(statement)


def _units(size: Size) -> tuple[Any, list[tuple[int, str]]]:
    """Root, provinces, communes, cells; returns the root and the cells in the order of the tree."""
    from quantriet.kit import text
    from quantriet.org.actions.places import settle_units
    from quantriet.org.models import Unit, UnitKind, path_segment

    kinds = {kind.code: kind for kind in UnitKind.objects.all()}
    since = dt.date(2020, 1, 1)
    next_key = (Unit.objects.order_by("-pk").values_list("pk", flat=True).first() or 0) + 1

    def level(parents: list[Any], names: list[str], kind: str, letter: str) -> list[Any]:
        nonlocal next_key
        made = []
        for number, (parent, name) in enumerate(zip(parents, names, strict=True)):
            made.append(
                Unit(
                    pk=next_key, code=f"{letter}{number:05d}", name=name, name_folded=text.fold(name),
                    sort_key=text.natural_key(name), kind=kinds[kind], parent=parent,
                    path=(parent.path if parent else "") + path_segment(next_key),
                    depth=parent.depth + 1 if parent else 0, established_on=since,
                )
            )  # fmt: skip
            next_key += 1
        Unit.objects.bulk_create(made, batch_size=2000)
        settle_units(made, since)
        return made

    (root,) = level([None], ["Đảng bộ toàn quốc"], "TINH_UY", "Q")
    provinces = level(
        [root] * size.provinces, [f"Tỉnh ủy Tân Lĩnh {number + 1}" for number in range(size.provinces)], "TINH_UY", "T"
    )
    communes = level(
        [provinces[number * size.provinces // size.communes] for number in range(size.communes)],
        [f"Đảng ủy xã Hòa Bình {number + 1}" for number in range(size.communes)], "DANG_UY_XA", "X",
    )  # fmt: skip
    cells = level(
        [communes[number * size.communes // size.cells] for number in range(size.cells)],
        [f"Chi bộ thôn {number + 1}" for number in range(size.cells)], "CHI_BO", "C",
    )  # fmt: skip
    from django.db import connection

    if connection.vendor == "postgresql":  # keys were given: the sequence follows
        _run("SELECT setval(pg_get_serial_sequence('org_unit', 'id'), (SELECT MAX(id) FROM org_unit))")
    return root, [(one.pk, one.path) for one in cells]


def drawn_names() -> list[str]:
    luck = random.Random(2026)
    families, middles, givens = (
        luck.choices(list(one), weights=list(one.values()), k=DRAWS) for one in (FAMILY, MIDDLE, GIVEN)
    )
    second = luck.choices(list(MIDDLE), weights=list(MIDDLE.values()), k=DRAWS)
    names = []
    for number in range(DRAWS):
        middle = f"{middles[number]} {second[number]}" if number % 3 == 0 else middles[number]
        names.append(f"{families[number]} {middle} {givens[number]}")
    names[: len(RARE)] = RARE
    return names


@contextmanager
def _helper_tables(cells: list[tuple[int, str]]) -> Iterator[None]:
    from django.db import connection

    from quantriet.kit import text
    from quantriet.kit.db import upsert

    kind = "bigint" if connection.vendor == "postgresql" else "integer"
    _run(f"CREATE TABLE bench_cell (number {kind} PRIMARY KEY, unit_id {kind}, path varchar(255))")
    _run(
        f"CREATE TABLE bench_name (number {kind} PRIMARY KEY, full_name text, folded text, sort text, search text, born date)"
    )
    upsert("bench_cell (number, unit_id, path)", [(n, pk, path) for n, (pk, path) in enumerate(cells)], "DO NOTHING")
    luck = random.Random(7)
    first = dt.date(1945, 1, 1)
    upsert(
        "bench_name (number, full_name, folded, sort, search, born)",
        [
            (
                number, name, text.fold(name), text.name_key(name), text.search_key(name),
                (first + dt.timedelta(days=luck.randrange(22_000))).isoformat(),
            )
            for number, name in enumerate(drawn_names())
        ],
        "DO NOTHING",
    )  # fmt: skip
    yield
    _run("DROP TABLE bench_cell")
    _run("DROP TABLE bench_name")


STEP = 500_000


def _people(size: Size, tell: Callable[[str], None]) -> None:
    from quantriet.org.models import MembershipTransfer, Person, PostHeld, PostKind

    for start in range(0, size.people, STEP):
        end = min(size.people, start + STEP)
        # Person n is the n-th of the country in the order of the cells; the name is drawn by a multiplication.
        numbers = (
            f"(WITH RECURSIVE count(n) AS (SELECT CAST({start} AS bigint) UNION ALL SELECT n + 1 FROM count WHERE n < {end - 1})"
            " SELECT n FROM count) AS who"
            f" JOIN bench_cell AS cell ON cell.number = who.n * {size.cells} / {size.people}"
            f" JOIN bench_name AS name ON name.number = who.n * 7919 % {DRAWS} ORDER BY who.n"
        )
        _insert(
            Person, numbers, code="substr(CAST(100000000 + who.n AS text), 2)", full_name="name.full_name",
            name_folded="name.folded", sort_key="name.sort", search_key="name.search", birth_date="name.born",
            unit_id="cell.unit_id", phone="'09' || substr(CAST(100000000 + who.n * 7368787 % 100000000 AS text), 2)",
        )  # fmt: skip
        tell(f"{end:,} people")
    _insert(
        MembershipTransfer, "org_person ORDER BY id", person_id="id", to_unit_id="unit_id",
        on="CAST('2020-01-01' AS date)" if _postgres() else "'2020-01-01'",
    )  # fmt: skip
    secretary = PostKind.objects.get(code="BI_THU")
    _insert(
        PostHeld, "(SELECT MIN(id) AS id, unit_id FROM org_person GROUP BY unit_id) AS head ORDER BY head.id",
        person_id="head.id", unit_id="head.unit_id", post_id=str(secretary.pk), managed_by="'commune'",
        valid_from="CAST('2020-01-01' AS date)" if _postgres() else "'2020-01-01'",
    )  # fmt: skip


def _postgres() -> bool:
    from django.db import connection

    return connection.vendor == "postgresql"


def _campaign(root: Any) -> tuple[int, Any]:
    from quantriet.campaigns import actions
    from quantriet.campaigns.models import StudyCampaign
    from quantriet.campaigns.vocab import CampaignState
    from quantriet.library.models import GuidingDocument
    from quantriet.org import actions as org_actions

    officer = org_actions.add_account(
        by=None, at=OPENED, username="officer", display_name="Cán bộ Ban", password="mat-khau-do-tai"
    )
    for role in ("board_officer", "administrator"):
        org_actions.give_appointment(officer, by=None, at=OPENED, role=role, unit=root, valid_from=dt.date(2020, 1, 1))
    documents = [
        GuidingDocument.objects.create(
            unit=root, type_code="NQ", reference_number=f"{number:02d}-NQ/TW", reference_folded=f"{number:02d}-nq/tw",
            issuing_body="Ban Chấp hành Trung ương", level="central", issued_on=dt.date(2026, 9, 1), subject=f"Nghị quyết {number}",
            subject_folded=f"nghi quyet {number}", registered_at=OPENED, registered_by=officer,
        )
        for number in range(1, 41)
    ]  # fmt: skip
    rulebook = actions.add_rulebook(unit=root, name="Quy tắc chung", by=officer, at=OPENED)
    campaign = actions.add_campaign(
        unit=root, name="Đợt học tập quý IV/2026", rulebook=rulebook, documents=documents[:2],
        planned_from=dt.date(2026, 10, 1), planned_to=dt.date(2026, 12, 31), duty_kinds=list(KINDS), by=officer, at=OPENED,
    )  # fmt: skip
    StudyCampaign.objects.filter(pk=campaign.pk).update(
        state=CampaignState.OPEN,
        opened_at=OPENED,
        audience_synced_at=OPENED + dt.timedelta(days=50),  # the job of the night follows people every day
    )
    return campaign.pk, officer


# What a duty has come to, by the key of its person: every fiftieth cell is silent, of the others 68 in 100 have done it.
_SILENT = "person.unit_id % 50 = 0"
_DONE = f"NOT ({_SILENT}) AND (person.id * 31) % 100 < 68"
_EXEMPT = f"NOT ({_SILENT}) AND (person.id * 31) % 100 >= 97"


def _moment(day: str) -> str:
    if _postgres():
        return f"(TIMESTAMPTZ '2026-10-02 03:00:00+00' + ({day}) * INTERVAL '1 day')"
    return f"datetime('2026-10-02 03:00:00', '+' || ({day}) || ' days')"


def _duties(campaign_id: int, kind: str) -> None:
    from quantriet.campaigns.models import StudyDuty

    _insert(
        StudyDuty, "org_person AS person ORDER BY person.id", campaign_id=str(campaign_id), person_id="person.id",
        unit_id="person.unit_id", kind=f"'{kind}'", tier="'grassroots'",
        state=f"CASE WHEN {_DONE} THEN 'done' WHEN {_EXEMPT} THEN 'exempt' ELSE 'owing' END",
        reason=f"CASE WHEN {_DONE} THEN 'attended' WHEN {_EXEMPT} THEN 'exempt_activity' ELSE 'not_yet' END",
        sentence=f"CASE WHEN {_DONE} THEN 'Có mặt 210/210 phút (100%).' WHEN {_EXEMPT} THEN 'Được miễn sinh hoạt.' ELSE '' END",
        due_on="CAST('2026-12-31' AS date)" if _postgres() else "'2026-12-31'",
        settled_at=f"CASE WHEN {_DONE} THEN {_moment(f'person.unit_id % {DAYS}')} END",
    )  # fmt: skip


def _tallies(campaign_id: int, size: Size, tell: Callable[[str], None]) -> None:
    """Tallies of every cell and kind, and their days: the birth of the duties, then the day the cell studied."""
    from quantriet.campaigns.models import StudyCampaign, Tally, TallyDay

    campaign = StudyCampaign.objects.get(pk=campaign_id)
    count_tallies(campaign)
    tell(f"{Tally.objects.count():,} tallies")
    day = "CAST('{}' AS date)" if _postgres() else "'{}'"
    _insert(
        TallyDay, "campaigns_tally AS tally", campaign_id="tally.campaign_id", kind="tally.kind", unit_id="tally.unit_id",
        path="tally.path", day=day.format("2026-10-01"), done="0", exempt="tally.exempt", owing="tally.done + tally.owing",
    )  # fmt: skip
    moved = f"tally.unit_id % {DAYS}"
    then = (
        f"(DATE '2026-10-02' + CAST({moved} AS integer))"
        if _postgres()
        else f"date('2026-10-02', '+' || ({moved}) || ' days')"
    )
    _insert(
        TallyDay, "campaigns_tally AS tally WHERE tally.done > 0", campaign_id="tally.campaign_id", kind="tally.kind",
        unit_id="tally.unit_id", path="tally.path", day=then, done="tally.done", exempt="0", owing="-tally.done",
    )  # fmt: skip


def count_tallies(campaign: Any) -> None:
    from quantriet.campaigns import actions

    actions.rebuild_tallies(campaign, by=None, at=OPENED)


def _plans(campaign_id: int) -> None:
    """Every unit below the root organises; two thirds have held it."""
    from quantriet.campaigns.models import CampaignPlan

    held = "unit.id % 3 > 0"
    _insert(
        CampaignPlan, "org_unit AS unit WHERE unit.depth > 0 ORDER BY unit.id", campaign_id=str(campaign_id), unit_id="unit.id",
        path="unit.path", state=f"CASE WHEN {held} THEN 'held' ELSE 'to_schedule' END",
        first_held_at=f"CASE WHEN {held} THEN {_moment(f'unit.id % {DAYS}')} END",
    )  # fmt: skip


def _fold() -> None:
    """What the timed job does: the sums of the root and its provinces. At a hundredth they are kept as well."""
    from quantriet.campaigns import actions
    from quantriet.kit.time import now

    actions.fold_tallies(at=now(), large=1)


def _log(size: Size) -> None:
    """Log lines of people who were added, one for every ten."""
    from quantriet.audit.models import AuditEvent

    try:
        _insert(
            AuditEvent,
            f"org_person AS person JOIN org_unit AS unit ON unit.id = person.unit_id WHERE person.id % {LOG_LINES} = 0"
            " ORDER BY person.id",
            at=_moment("person.id % 50"), actor_label="'Cán bộ Ban'", verb="'person.added'", thing_kind="'org.person'",
            thing_id="CAST(person.id AS text)", thing_label="person.full_name", unit_id="unit.id", unit_path="unit.path",
            person_id="person.id",
        )  # fmt: skip
    except Exception as refusal:  # the log may one day refuse rows that did not come through its door
        print(f"without log lines: {refusal}", file=sys.stderr)


def _accounts(root: Any) -> tuple[Any, Any]:
    """An officer of one commune and a member of one of its cells."""
    from quantriet.org import actions as org_actions
    from quantriet.org.models import Person, Unit

    commune = Unit.objects.filter(depth=2).order_by("path")[Unit.objects.filter(depth=2).count() // 2]
    person = Person.objects.filter(unit__parent=commune).order_by("pk")[3]
    local = org_actions.add_account(
        by=None, at=OPENED, username="xa", display_name="Cán bộ xã", password="mat-khau-do-tai"
    )
    for role in ("board_officer", "administrator"):
        org_actions.give_appointment(local, by=None, at=OPENED, role=role, unit=commune, valid_from=dt.date(2020, 1, 1))
    member = org_actions.add_account(
        by=None,
        at=OPENED,
        username="dangvien",
        display_name=person.full_name,
        password="mat-khau-do-tai",
        person=person,
    )
    return local, member


# --- a country kept between runs --------------------------------------------------------------------------------


def digest() -> str:
    """Of this file and of everything that shapes the rows: text keys and migrations."""
    known = hashlib.blake2b(digest_size=6)
    files = [Path(__file__), ROOT / "src/quantriet/kit/text.py", *sorted(ROOT.glob("src/quantriet/*/migrations/0*.py"))]
    for file in files:
        known.update(file.read_bytes())
    return known.hexdigest()


NEEDED = {1: 16, 20: 1}  # GB on the disk, with room for sorting


@contextmanager
def standing_country(database: str, part: int = 1) -> Iterator[dict[str, str]]:
    """The environment in which the country stands, made first when there is none of this generator yet.

    `database` is "SQLite" or "PostgreSQL". QUANTRIET_COUNTRY=drop takes it away afterwards.
    """
    from scripts.suite import own_postgres

    home = Path(os.environ.get("QUANTRIET_COUNTRY_FOLDER", ROOT / "build"))
    name = f"country-{database.lower()}-{part}"
    folder = home / f"{name}-{digest()}"
    for old in home.glob(f"{name}-*"):
        if old != folder:
            shutil.rmtree(old, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    free, needed = shutil.disk_usage(folder).free / 1e9, NEEDED.get(part, 16 / part + 1)
    if not (folder / "made").exists() and free < needed:
        raise SystemExit(
            f"a country of part {part} needs {needed:.0f} GB on the disk, {free:.0f} GB are free: {folder}"
        )
    environment = {
        **{key: value for key, value in os.environ.items() if key != "DATABASE_URL"},
        "QUANTRIET_DATA": str(folder),
        "DJANGO_SETTINGS_MODULE": "quantriet.config.settings",
    }
    try:
        if database == "SQLite":
            _make_once(folder, part, environment)
            yield environment
        else:
            with own_postgres(folder / "postgres") as leading_there:
                _make_once(folder, part, {**environment, **leading_there})
                yield {**environment, **leading_there}
    finally:
        if os.environ.get("QUANTRIET_COUNTRY") == "drop":
            shutil.rmtree(folder, ignore_errors=True)


def _make_once(folder: Path, part: int, environment: dict[str, str]) -> None:
    if (folder / "made").exists():
        return
    if "DATABASE_URL" in environment:
        clean = "from django.db import connection as c; c.cursor().execute('DROP SCHEMA public CASCADE; CREATE SCHEMA public')"
    else:
        clean = "pass"
        for old in folder.glob("quantriet.sqlite3*"):
            old.unlink()
    order = (
        f"import django; django.setup(); {clean}; from tests.migrated import make_tables; make_tables();"
        " from bench.country import *; import json, dataclasses, pathlib;"
        f" made = make_country(Size({part}), lambda words: print(words, file=sys.stderr, flush=True));"
        f" pathlib.Path({str(folder / 'made')!r}).write_text(json.dumps(dataclasses.asdict(made)))"
    )
    done = subprocess.run([sys.executable, "-c", order], env=environment, cwd=ROOT)
    if done.returncode:
        raise SystemExit("the country was not made")


def known_country() -> Country:
    """The country of this process's data folder."""
    import json

    told = json.loads((Path(os.environ["QUANTRIET_DATA"]) / "made").read_text())
    return Country(**{**told, "size": Size(**told["size"])})
