"""The administrator's page of backups, what runs by itself, and who is told when it fails."""

import datetime as dt
from pathlib import Path

import pytest
from django.db import connection  # noqa: F401 (the condition of a mark asks it)
from django.urls import reverse

from quantriet.audit.models import AuditEvent
from quantriet.kit.backups import Entry, Shelf, rehearsing
from quantriet.kit.backups.shelf import BACKUP, REHEARSAL
from quantriet.kit.db import select
from quantriet.kit.jobs import awaited
from quantriet.kit.time import at_local, now
from quantriet.notify.models import Message
from quantriet.org.models import Account
from quantriet.portal import actions, jobs, queries

# Outside of a transaction, as the worker is: SQLite copies no database that is being written.
pytestmark = pytest.mark.django_db(transaction=True)
PAGE = "/desk/backups/"


@pytest.fixture
def shelf(tmp_path, settings):
    settings.BACKUP_FOLDER = str(tmp_path / "shelf")
    settings.BACKUP_KEY_FILE = ""
    settings.DATA_DIR = tmp_path
    return Shelf()


def test_a_backup_stands_on_the_page_in_the_journal_and_in_the_log(cast, shelf, as_user):
    client = as_user("admin")
    text = client.get(PAGE).content.decode()
    assert "Chưa có bản sao lưu nào" in text
    admin = cast.accounts["admin"]
    entry = actions.make_backup(by=admin, at=now())
    assert entry.is_good, entry.sentence
    (kept,) = shelf.kept()
    text = client.get(PAGE).content.decode()
    assert kept.name in text
    assert "chưa phục hồi thử lần nào" in text
    assert AuditEvent.objects.get(verb="backup.made").actor_id == admin.pk


def test_a_rehearsal_says_when_it_last_worked(cast, shelf, as_user):
    assert actions.make_backup(by=None, at=now()).is_good
    entry = actions.rehearse_restore(by=None, at=now())
    assert entry.is_good, entry.sentence
    assert "phục hồi thử được gần nhất lúc" in as_user("admin").get(PAGE).content.decode()
    assert queries.backup_state(at=now()).problems == []


def test_a_failing_rehearsal_is_told_on_the_first_page_and_by_mail_once_a_day(cast, shelf, as_user):
    Account.objects.filter(username="admin").update(email="quantri@example.org")
    shelf.folder.mkdir()
    (shelf.folder / "quantriet-20260105-010000.qtbackup").write_bytes(b"cut short")
    for _ in range(2):
        entry = actions.rehearse_restore(by=None, at=now())
        assert not entry.is_good
        assert "bị cắt ngang, hỏng hoặc bị sửa" in entry.sentence
    message = Message.objects.get()
    assert message.address == "quantri@example.org"
    assert "bị cắt ngang" in message.body
    client = as_user("admin")
    assert "1 điều phải xem về sao lưu" in client.get("/").content.decode()
    assert "Lần phục hồi thử gần nhất" in client.get(PAGE).content.decode()
    assert "sao lưu" not in as_user("officer").get("/").content.decode()


@pytest.mark.skipif("connection.vendor == 'sqlite'", reason="a scratch database is PostgreSQL's")
def test_a_rehearsal_sweeps_up_its_own_leftovers_and_no_other_installations(tmp_path):
    def databases() -> set[str]:
        return {name for (name,) in select("SELECT datname FROM pg_database")}

    with rehearsing._scratch(tmp_path) as place:
        name = place["DATABASE_URL"].rsplit("/", 1)[1].split("?")[0]
    left, foreign = f"{name[:-8]}0000dead", "quantriet_rehearsal_ffffffff_0000dead"
    with rehearsing._apart() as raw:
        raw.autocommit = True
        try:
            for one in (left, foreign):
                raw.execute(f'CREATE DATABASE "{one}" TEMPLATE template0')
            with rehearsing._scratch(tmp_path):
                assert left not in databases()
                assert foreign in databases()
            assert name not in databases()
        finally:
            raw.execute(f'DROP DATABASE IF EXISTS "{foreign}" WITH (FORCE)')


def test_a_shelf_that_cannot_be_written_is_told_too(cast, shelf, settings, tmp_path):
    Account.objects.filter(username="admin").update(email="quantri@example.org")
    (tmp_path / "file").write_text("no folder")
    settings.BACKUP_FOLDER = str(tmp_path / "file" / "shelf")
    entry = actions.make_backup(by=None, at=now())
    assert not entry.is_good
    assert "Không ghi được vào thư mục sao lưu" in entry.sentence
    assert AuditEvent.objects.filter(verb="backup.failed").exists()
    assert Message.objects.get().subject.startswith("Sao lưu không thành")


def test_the_buttons_queue_a_job_each_and_are_the_administrators(cast, shelf, as_user):
    client = as_user("admin")
    assert client.post(reverse("backup-make")).status_code == 303
    assert client.post(reverse("backup-rehearse")).status_code == 303
    assert awaited(jobs.make_backup_job) == {cast.accounts["admin"].pk}
    assert awaited(jobs.rehearse_restore_job) == {cast.accounts["admin"].pk}
    assert "đang chờ hay đang chạy" in client.get(PAGE).content.decode()
    officer = as_user("officer")
    assert officer.get(PAGE).status_code == 403
    assert officer.post(reverse("backup-make")).status_code == 403


def test_the_day_has_one_backup_and_the_week_one_rehearsal(shelf):
    monday = dt.date(2026, 1, 5)

    def note(kind: str, day: dt.date, hour: int, *, good: bool = True) -> None:
        at = at_local(day, dt.time(hour)).isoformat()
        shelf.note(Entry(kind, at, good, "quantriet-20260105-010000.qtbackup", ""))

    assert shelf.is_backup_due(at_local(monday, dt.time(0, 30)))
    note(BACKUP, monday, 2)
    assert not shelf.is_backup_due(at_local(monday, dt.time(23)))
    assert not shelf.is_backup_due(at_local(monday + dt.timedelta(days=1), dt.time(0, 59)))
    assert shelf.is_backup_due(at_local(monday + dt.timedelta(days=1), dt.time(1, 1)))
    # The machine was off for two days: one backup at the first chance.
    assert shelf.is_backup_due(at_local(monday + dt.timedelta(days=3), dt.time(15)))
    # One that failed is tried again after an hour, not at once.
    note(BACKUP, monday + dt.timedelta(days=1), 2, good=False)
    assert not shelf.is_backup_due(at_local(monday + dt.timedelta(days=1), dt.time(2, 30)))
    assert shelf.is_backup_due(at_local(monday + dt.timedelta(days=1), dt.time(3)))
    assert not shelf.is_rehearsal_due(at_local(monday, dt.time(3)))  # nothing there to rehearse
    (shelf.folder / "quantriet-20260105-010000.qtbackup").write_bytes(b"x")
    assert shelf.is_rehearsal_due(at_local(monday, dt.time(3)))
    note(REHEARSAL, monday, 3)
    assert not shelf.is_rehearsal_due(at_local(monday + dt.timedelta(days=6), dt.time(3)))
    assert shelf.is_rehearsal_due(at_local(monday + dt.timedelta(days=7), dt.time(4)))
    # By day only when the nights were missed.
    assert not shelf.is_rehearsal_due(at_local(monday + dt.timedelta(days=7), dt.time(12)))
    assert shelf.is_rehearsal_due(at_local(monday + dt.timedelta(days=10), dt.time(12)))


def test_what_was_missed_is_a_problem(shelf):
    old = (now() - dt.timedelta(days=20)).isoformat()
    shelf.note(Entry(BACKUP, old, True, "x", ""))
    shelf.note(Entry(REHEARSAL, old, True, "x", ""))
    assert len(queries.backup_state(at=now()).problems) == 2
    (Path(shelf.folder) / "journal.json").write_text("not json")
    assert queries.backup_state(at=now()).sentence == "Chưa có bản sao lưu nào."
