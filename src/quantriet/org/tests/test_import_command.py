"""`quantriet import`: what it says, what it asks, and that a killed one leaves all or nothing."""

from __future__ import annotations

import datetime as dt
import io
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from quantriet.audit.models import AuditEvent
from quantriet.org.models import ImportRun, Person
from quantriet.org.tests import lists

HEADER = lists.HEADER
ROWS = [
    HEADER,
    ["D1", "Vi Văn Một", dt.date(1990, 1, 2), "CB11"],
    ["D2", "Vi Văn Hai", "31/02/1980", "CB11"],
    ["Z", "Đỗ Thị Ỷ", dt.date(1999, 9, 9), "CB12"],
]


def told(*args, **options) -> dict:
    out = io.StringIO()
    call_command("import", *args, format="json", stdout=out, **options)
    return json.loads(out.getvalue())


@pytest.mark.req("P-09")
@pytest.mark.django_db
def test_dry_run_says_everything_and_writes_nothing_at_all(cast, tmp_path):
    path = lists.workbook(tmp_path / "a.xlsx", ROWS)
    people, events = Person.objects.count(), AuditEvent.objects.count()
    said = told("members", str(path), unit="X1", dry_run=True)
    assert {name: said[name] for name in ("new", "wrong", "doubtful", "rows")} == {
        "new": 1,
        "wrong": 1,
        "doubtful": 1,
        "rows": 3,
    }
    assert said["errors"] == [{"row": 3, "column": "Ngày sinh", "sentence": said["errors"][0]["sentence"]}]
    assert (Person.objects.count(), AuditEvent.objects.count(), ImportRun.objects.count()) == (people, events, 0)


@pytest.mark.django_db
def test_yes_writes_and_gives_the_result(cast, tmp_path):
    path, result = lists.workbook(tmp_path / "a.xlsx", ROWS), tmp_path / "kq.xlsx"
    assert told("members", str(path), unit="X1", yes=True, result=result)["outcome"] == "done"
    assert Person.objects.get(code="D1").unit.code == "CB11"
    assert [row[4] for row in lists.cells_of(result.read_bytes())[1:]] == [
        "Đã thêm",
        "Chưa nhập – lỗi",
        "Chưa nhập – cần xem",
    ]
    assert told("members", str(path), unit="X1", yes=True)["outcome"] == "nothing"


@pytest.mark.django_db
def test_without_yes_and_without_a_terminal_nothing_is_written(cast, tmp_path):
    out = io.StringIO()
    call_command(
        "import", "members", str(lists.workbook(tmp_path / "a.xlsx", ROWS)), unit="X1", stdout=out, stderr=io.StringIO()
    )
    assert "Sẽ thêm 1 người" in out.getvalue()
    assert not Person.objects.filter(code="D1").exists()
    assert ImportRun.objects.get().state == "cancelled"


@pytest.mark.django_db
def test_refusal_is_an_error_with_its_code(cast, tmp_path):
    out = io.StringIO()
    path = lists.workbook(tmp_path / "a.xlsx", [["MẬT"], *ROWS])
    with pytest.raises(CommandError, match="117/2025/QH15"):
        call_command("import", "members", str(path), unit="X1", yes=True, format="json", stdout=out)
    assert json.loads(out.getvalue())["refused"] == "secret.marked"


class Installation:
    """A database of its own, reached by processes of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.env = {
            **os.environ, "QUANTRIET_DATA": str(folder), "DJANGO_SETTINGS_MODULE": "quantriet.config.settings",
            "PYTHONPATH": str(settings.BASE_DIR / "src"),
        }  # fmt: skip
        self.env.pop("DATABASE_URL", None)

    def run(self, code: str) -> str:
        order = [sys.executable, "-c", f"import django; django.setup()\n{code}"]
        return subprocess.run(order, env=self.env, check=True, capture_output=True, text=True).stdout

    def start(self, code: str) -> subprocess.Popen:
        return subprocess.Popen(
            [sys.executable, "-c", f"import django; django.setup()\n{code}"], env=self.env, start_new_session=True
        )

    def ask(self, sql: str) -> int:
        with sqlite3.connect(self.folder / "quantriet.sqlite3") as base:
            return base.execute(sql).fetchone()[0]


MAKE = """
from tests.migrated import make_tables
make_tables()
from quantriet.kit.time import now
from quantriet.org import actions
from quantriet.org.models import UnitKind, Unit
unit = actions.add_unit(by=None, at=now(), code="T", name="Tỉnh ủy", kind=UnitKind.objects.get(code="TINH_UY"), parent=None)
actions.add_unit(by=None, at=now(), code="C", name="Chi bộ Một", kind=UnitKind.objects.get(code="CHI_BO"), parent=unit)
"""
START = """
from pathlib import Path
from quantriet.kit.time import now
from quantriet.org.actions import imports
from quantriet.org.models import ImportRun, Unit
path = Path({path!r})
run = imports.start_import(kind="members", unit=Unit.objects.select_related("kind").get(code="T"), file_name=path.name, source=path, by=None, at=now())
imports.start_preview(run, by=None, at=now())
"""
WORK = """
from quantriet.kit.jobs import Worker, reclaim
import quantriet.org.jobs
reclaim()
Worker([]).run_all()
"""
CONFIRM = """
from quantriet.kit.time import now
from quantriet.org.actions import imports
from quantriet.org.models import ImportRun
run = ImportRun.objects.select_related("unit__kind").get()
imports.confirm_import(run, by=None, at=now(), plan_digest=run.plan_digest)
"""
# The worker says when it is in the middle, and waits there to be killed.
STUCK = """
import sys, time
from quantriet.org.actions import {module} as module
real = module.{name}
def slow(*args, **more):
    done = real(*args, **more)
    print("there", file=open({flag!r}, "w"))
    time.sleep(60)
    return done
module.{name} = slow
"""


@pytest.mark.parametrize(
    "step, module, name", [("reading", "imports", "ask"), ("applying", "import_writing", "insert_many")]
)
def test_killed_import_leaves_all_or_nothing_and_goes_on(tmp_path, step, module, name):
    house = Installation(tmp_path / "data")
    house.folder.mkdir()
    flag = tmp_path / "flag"
    path = lists.workbook(
        tmp_path / "a.xlsx",
        [
            HEADER,
            *([f"D{number:05d}", "Vi Văn Đông", dt.date(1950 + number % 50, 1, 1), "C"] for number in range(3000)),
        ],
    )
    house.run(MAKE + START.format(path=str(path)) + (WORK + CONFIRM if step == "applying" else ""))
    worker = house.start(STUCK.format(module=module, name=name, flag=str(flag)) + WORK)
    deadline = time.monotonic() + 90
    while not flag.exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert flag.exists()
    os.killpg(worker.pid, signal.SIGKILL)
    worker.wait()
    assert house.ask("SELECT count(*) FROM org_person") == 0
    assert house.ask("SELECT count(*) FROM org_membershiptransfer") == 0
    assert house.ask(f"SELECT count(*) FROM org_importrun WHERE state = '{step}'") == 1
    # The next worker takes the job of the dead one and finishes it, once.
    house.run(WORK + (CONFIRM + WORK if step == "reading" else ""))
    assert house.ask("SELECT count(*) FROM org_person") == 3000
    assert house.ask("SELECT count(*) FROM org_membershiptransfer") == 3000
    assert house.ask("SELECT count(*) FROM audit_auditevent WHERE verb = 'person.added'") == 3000
    assert house.ask("SELECT count(*) FROM audit_auditevent WHERE verb = 'import.applied'") == 1
    assert house.ask("SELECT count(*) FROM org_importrun WHERE state = 'done' AND result <> ''") == 1
