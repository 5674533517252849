"""Import of 10,000 and of 165,000 members from .xlsx: the first time, again, and saved again by another program, against a
floor of the same run.

Floor: reading the file with python-calamine plus inserting bare rows of the same columns. Each import runs in a process of
its own, whose peak memory is that of a server process; the reader of the file is that process's child.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.registry import Figure, program

SIZES = (10_000, 165_000)
A_CELL = 20
FAMILIES = "Nguyễn Trần Lê Phạm Hoàng Huỳnh Vũ Đặng Bùi Đỗ Hồ Ngô Dương Lý Vàng Lò Giàng Niê Kbuôr Thạch".split()
MIDDLES = "Văn Thị Đức Minh Hữu Quốc Thanh Xuân Ngọc Kim A Y Công Đình".split()
GIVEN = "An Bình Cường Dũng Đạt Giang Hà Hải Hạnh Hiền Hòa Hùng Hường Khánh Lan Linh Long Mai Nam Nga Ngọc Phúc Quân Sơn Tâm Thảo Thắng Thu Tuấn Vân Việt Yến".split()  # fmt: skip


def people(size: int) -> Iterator[dict[str, Any]]:
    """The list: deterministic, with namesakes, some years only, some empty cells."""
    luck = random.Random(1)
    for number in range(size):
        born = dt.date(1945, 1, 1) + dt.timedelta(days=luck.randrange(20_000))
        joined = born + dt.timedelta(days=6800 + luck.randrange(1400))
        yield {
            "code": f"{number + 1:08d}",
            "full_name": f"{luck.choice(FAMILIES)} {luck.choice(MIDDLES)} {luck.choice(GIVEN)}",
            "birth": born if number % 9 else str(born.year),
            "gender": luck.choice(("Nam", "Nữ")),
            "ethnicity": luck.choice(("Kinh", "Kinh", "Tày", "Thái", "Ê Đê")),
            "unit_code": f"C{number // A_CELL + 1:05d}",
            "joined_on": joined,
            "official_on": joined.replace(day=1) + dt.timedelta(days=370),
            "occupation": luck.choice(("Nông dân", "Giáo viên", "Hưu trí", "Công chức", "Bộ đội")),
            "phone": f"09{luck.randrange(10**8):08d}",
            "address": f"Thôn {luck.randrange(1, 30)}",
        }


def prepare(size: int, folder: Path) -> Path:
    """Migrate, make the tree, write the file."""
    from django.core.management import call_command

    from quantriet.kit.spreadsheets import Sheet, write_workbook
    from quantriet.kit.time import now
    from quantriet.org import actions
    from quantriet.org.models import Unit, UnitKind
    from quantriet.org.queries import imports as queries

    call_command("migrate", verbosity=0)
    if not Unit.objects.exists():
        kind = UnitKind.objects.get(code="TINH_UY")
        actions.add_unit(by=None, at=now(), code="T", name="Tỉnh ủy Tân Lĩnh", kind=kind, parent=None)
    units = folder / "don-vi.xlsx"
    rows = [
        {"code": f"C{number:05d}", "name": f"Chi bộ số {number}", "kind": "Chi bộ trực thuộc", "parent_code": "T"}
        for number in range(1, size // A_CELL + 2)
    ]
    write_workbook(units, [Sheet("Đơn vị", queries.unit_columns(), rows)])
    call_command("import", "units", str(units), yes=True, stdout=open(os.devnull, "w"))
    file = folder / "dang-vien.xlsx"
    write_workbook(file, [Sheet("Đảng viên", queries.member_columns(), people(size), heading=("DANH SÁCH ĐẢNG VIÊN",))])
    return file


def saved_again(file: Path) -> Path:
    """The same list as another program saves it: the same cells in other bytes."""
    from openpyxl import Workbook, load_workbook

    copy = file.with_name("dang-vien-luu-lai.xlsx")
    book = Workbook(write_only=True)
    for sheet in load_workbook(file, read_only=True):
        page = book.create_sheet(sheet.title)
        for row in sheet.iter_rows(values_only=True):
            page.append([cell.date() if isinstance(cell, dt.datetime) else cell for cell in row])
    book.save(copy)
    return copy


def floor(file: Path) -> tuple[float, float]:
    """Seconds to read the file bare, and to insert bare rows; the rows are taken away again."""
    import python_calamine
    from django.db import connection, transaction

    from quantriet.kit import text
    from quantriet.org.models import Person, Unit

    begun = time.perf_counter()
    sheet = python_calamine.load_workbook(str(file)).get_sheet_by_index(0)
    rows = [row for row in sheet.iter_rows() if row and str(row[0]).isdigit()]
    read = time.perf_counter() - begun
    units = dict(Unit.objects.values_list("code", "pk"))
    ready = [
        {
            "code": row[0], "full_name": row[1], "name_folded": text.fold(row[1]), "sort_key": text.name_key(row[1]),
            "search_key": text.search_key(row[1]),
            "birth_date": row[2] if isinstance(row[2], dt.date) else dt.date(int(row[2]), 1, 1), "gender": "male",
            "ethnicity": row[4], "unit_id": units[row[6]], "joined_on": row[9], "official_on": row[10],
            "occupation": row[13], "phone": row[14], "address": row[16],
        }
        for row in rows
    ]  # fmt: skip
    del rows
    begun = time.perf_counter()
    with transaction.atomic():
        for start in range(0, len(ready), 2000):
            Person.objects.bulk_create(Person(**values) for values in ready[start : start + 2000])
    inserted = time.perf_counter() - begun
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM org_person")
    return read, inserted


def one_import(file: str) -> None:
    """One import from upload to written, in this process; says seconds and peak memory in MB."""
    import resource

    import django

    django.setup()
    from quantriet.kit.refusal import Refusal
    from quantriet.kit.time import now
    from quantriet.org.actions import imports
    from quantriet.org.models import ImportRun, Unit

    unit = Unit.objects.select_related("kind").get(code="T")
    begun = time.perf_counter()
    run = imports.start_import(
        kind="members", unit=unit, file_name="dang-vien.xlsx", source=Path(file), by=None, at=now()
    )
    looked = time.perf_counter()
    imports.start_preview(run, by=None, at=now())
    imports.preview_import(run.pk, at=now())
    run = ImportRun.objects.select_related("unit__kind").get(pk=run.pk)
    previewed = time.perf_counter()
    try:
        imports.confirm_import(run, by=None, at=now(), plan_digest=run.plan_digest)
        imports.apply_import(run.pk, at=now())
    except Refusal as refusal:
        if refusal.code != "import.nothing":
            raise
    done = time.perf_counter()
    run.refresh_from_db()
    # VmHWM, not ru_maxrss: the latter remembers the process that started this one. For the child it is an upper bound.
    server = next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM")) / 1024
    child = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    steps = {"look": looked - begun, "preview": previewed - looked, "write": done - previewed}
    print(
        json.dumps(
            {"seconds": done - begun, "server": server, "child": child, "state": run.state, **run.counts, **steps}
        )
    )


def imported(file: Path) -> dict[str, Any]:
    order = f"from bench.imports import one_import; one_import({str(file)!r})"
    done = subprocess.run([sys.executable, "-c", order], capture_output=True, text=True, env=os.environ)
    if done.returncode:
        sys.exit(done.stderr)
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


def _measure(size: int) -> Iterator[Figure]:
    from quantriet.org.models import Person

    with tempfile.TemporaryDirectory() as folder:
        file = prepare(size, Path(folder))
        read, inserted = floor(file)
        first = imported(file)
        again = imported(file)
        resaved = imported(saved_again(file))
    assert resaved["same"] == size, resaved
    assert first["new"] == Person.objects.count() == size, first
    assert again["same"] == size, again
    bare = read + inserted
    count = f"{size:,} members"
    steps = ", ".join(f"{name} {first[name]:.1f} s" for name in ("look", "preview", "write"))
    yield Figure(f"{count}: reading with calamine {read:.1f} s + inserting bare rows {inserted:.1f} s", bare, unit="s")
    yield Figure(f"{count}, first time ({first['seconds']:.1f} s: {steps})", first["seconds"] / bare, 4.0, "× floor")
    yield Figure(f"{count}, again ({again['seconds']:.1f} s)", again["seconds"] / bare, 4.0, "× floor")
    yield Figure(f"{count}: again against the first time", again["seconds"] / first["seconds"], 0.5, "×")
    steps = ", ".join(f"{name} {resaved[name]:.1f} s" for name in ("look", "preview", "write"))
    told = f"{count}: saved again by another program ({resaved['seconds']:.1f} s: {steps}) against the first time"
    yield Figure(told, resaved["seconds"] / first["seconds"], 0.5, "×")
    runs = (first, again, resaved)
    yield Figure(f"{count}: peak memory of the server process", max(one["server"] for one in runs), 300, "MB")
    yield Figure(f"{count}: peak memory of the child", max(one["child"] for one in runs), 600, "MB")


@program("import-members-10k")
def import_members_10k() -> Iterator[Figure]:
    yield from _measure(SIZES[0])


@program("import-members-165k")
def import_members_165k() -> Iterator[Figure]:
    yield from _measure(SIZES[1])
