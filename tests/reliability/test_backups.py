"""The data come back: hot backup, restore by one command, rehearsal; and every backup that may not be restored is refused."""

import datetime as dt
import json
import os
import shutil
import subprocess
import sys
import threading
import time
import zipfile

import pytest

from bench.kills import Clerk, Ground, ground
from quantriet.kit import backups
from quantriet.kit.refusal import Refusal
from quantriet.kit.time import at_local

COUNTS = """
import json
import django
django.setup()
from quantriet.attendance.models import PresenceFact
from quantriet.org.models import Account, Person
print(json.dumps({
    "people": Person.objects.count(), "accounts": Account.objects.count(),
    "nonces": list(PresenceFact.objects.values_list("nonce", flat=True)),
}))
"""


def counts(place: Ground, environment: dict[str, str]) -> dict:
    elsewhere = Ground(place.folder, environment)
    return json.loads(elsewhere.run("-c", COUNTS).strip().splitlines()[-1])


def restored(place: Ground, path, **more: str) -> subprocess.CompletedProcess:
    """Restore into a new place beside the present one; its environment is `environment_of(place)`."""
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "quantriet", "restore", str(path)],
        env={**environment_of(place), **more}, capture_output=True, text=True,
    )  # fmt: skip


def environment_of(place: Ground) -> dict[str, str]:
    environment = {**place.environment, "QUANTRIET_DATA": str(place.folder / "new")}
    if "DATABASE_URL" in environment:
        environment["DATABASE_URL"] = environment["DATABASE_URL"] + "_new"
    return environment


def fresh(place: Ground) -> None:
    """Make the new place empty again."""
    shutil.rmtree(place.folder / "new", ignore_errors=True)
    if "DATABASE_URL" in place.environment:
        import psycopg

        name = place.environment["DATABASE_URL"].rpartition("/")[2] + "_new"
        with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as server:
            server.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
            server.execute(f'CREATE DATABASE "{name}" TEMPLATE template0')


def gone(place: Ground) -> None:
    if "DATABASE_URL" in place.environment:
        import psycopg

        name = place.environment["DATABASE_URL"].rpartition("/")[2] + "_new"
        with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as server:
            server.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@pytest.fixture(scope="module")
def installation():
    """A real installation with the cast, a class and an uploaded file; made once for these tests."""
    with ground("here") as (place, _):
        hall = place.prepare()
        files = place.folder / "var" / "files" / "excuses"
        files.mkdir(parents=True)
        (files / "đơn xin vắng.pdf").write_bytes(b"%PDF-1.4 thu " + bytes(range(256)) * 9000)
        (files.parent / "staged").mkdir()
        (files.parent / "staged" / "waiting").write_bytes(b"not worth keeping")
        try:
            yield place, hall
        finally:
            gone(place)


@pytest.fixture(scope="module")
def backup(installation):
    place, _hall = installation
    folder = place.folder / "shelf"
    place.quantriet("backup", "--to", str(folder))
    (path,) = folder.glob("quantriet-*.qtbackup")
    return path


@pytest.mark.timeout(300)
def test_a_backup_under_load_holds_everything_acknowledged_before_it_began(installation):
    place, hall = installation
    place.serve()
    clerks = [Clerk(place, hall, number) for number in range(3)]
    told_before: set[str] = set()
    try:
        for clerk in clerks:
            clerk.start()
        deadline = time.monotonic() + 60
        while len(told_before) < 20 and time.monotonic() < deadline:
            time.sleep(0.2)
            told_before = acknowledged(place)
        told_before = acknowledged(place)
        place.quantriet("backup", "--to", str(place.folder / "hot"))
    finally:
        for clerk in clerks:
            clerk.stopping.set()
        for clerk in clerks:
            clerk.join(60)
        place.kill()
    assert not [error for clerk in clerks for error in clerk.errors]
    assert len(told_before) >= 20
    (path,) = (place.folder / "hot").glob("quantriet-*.qtbackup")
    fresh(place)
    done = restored(place, path)
    assert done.returncode == 0, done.stderr + done.stdout
    assert "Sổ nghĩa vụ: khớp" in done.stdout
    there = counts(place, environment_of(place))
    assert told_before <= set(there["nonces"])
    assert there["accounts"] == counts(place, place.environment)["accounts"]
    kept = place.folder / "new" / "files" / "excuses" / "đơn xin vắng.pdf"
    assert kept.read_bytes() == (place.folder / "var" / "files" / "excuses" / "đơn xin vắng.pdf").read_bytes()
    assert not (place.folder / "new" / "files" / "staged").exists()


def acknowledged(place: Ground) -> set[str]:
    found = set()
    for path in place.folder.glob("ledger-*.jsonl"):
        for line in path.read_text("utf-8").splitlines(keepends=True):
            if line.endswith("\n") and "acknowledged" in line:
                found.add(json.loads(line)["acknowledged"])
    return found


def test_a_restore_says_whether_the_key_of_its_secrets_is_there(installation, backup):
    place, _hall = installation
    notice = "khóa bí mật ở đây không phải khóa của hệ thống đã sao lưu"
    fresh(place)
    done = restored(place, backup)
    assert done.returncode == 0, done.stderr
    assert notice in done.stdout
    assert str(place.folder / "new") in done.stdout
    fresh(place)
    (place.folder / "new").mkdir()
    shutil.copy(place.folder / "var" / "secret-key", place.folder / "new" / "secret-key")
    done = restored(place, backup)
    assert done.returncode == 0, done.stderr
    assert notice not in done.stdout


def test_a_restore_over_live_data_is_refused(installation, backup):
    place, _hall = installation
    before = counts(place, place.environment)
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "quantriet", "restore", str(backup)], env=place.environment,
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 1
    assert "đang có dữ liệu nên không ghi đè" in done.stderr
    assert counts(place, place.environment) == before


def cut(path, to):
    data = path.read_bytes()
    to.write_bytes(data[: len(data) * 2 // 3])
    return "bị cắt ngang, hỏng hoặc bị sửa"


def altered(path, to):
    """One byte in the midst of the largest member."""
    data = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        largest = max(archive.infolist(), key=lambda one: one.compress_size)
    data[largest.header_offset + 200 + largest.compress_size // 2] ^= 1
    to.write_bytes(data)
    return "không còn như khi sao lưu"


def retold(path, to, change):
    """The same members under another manifest, whose digest is right."""
    import hashlib

    with zipfile.ZipFile(path) as old, zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED) as new:
        for one in old.infolist():
            if one.filename != "manifest.json":
                new.writestr(one, old.read(one))
        manifest = json.loads(old.read("manifest.json"))
        change(manifest)
        text = json.dumps(manifest).encode()
        new.writestr("manifest.json", text)
        new.comment = b"sha256:" + hashlib.sha256(text).hexdigest().encode()


def fewer_rows(path, to):
    retold(path, to, lambda manifest: manifest["tables"].update(org_person=manifest["tables"]["org_person"] + 1))
    return "bản sao lưu ghi"


def newer(path, to):
    retold(path, to, lambda manifest: manifest["migrations"].append(["org", "9999_of_the_future"]))
    return "mà phiên bản đang cài không biết"


def other_database(path, to):
    retold(
        path,
        to,
        lambda manifest: manifest.update(database="sqlite" if manifest["database"] != "sqlite" else "postgresql"),
    )
    return "hãy chọn nơi phục hồi cùng loại"


def no_backup(path, to):
    to.write_bytes(b"hello")
    return "không phải bản sao lưu nguyên vẹn"


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    "harm", [cut, altered, fewer_rows, newer, other_database, no_backup], ids=lambda one: one.__name__
)
def test_what_may_not_be_restored_is_refused_and_leaves_nothing(installation, backup, harm, tmp_path):
    place, _hall = installation
    fresh(place)
    wrong = tmp_path / "wrong.qtbackup"
    words = harm(backup, wrong)
    done = restored(place, wrong)
    assert done.returncode == 1, done.stdout
    assert words in done.stderr
    folder = place.folder / "new"
    assert not (folder.exists() and list(folder.rglob("*.restoring*")))
    # Nothing of it stays in the way: the right one goes in afterwards.
    if harm in (cut, fewer_rows):
        assert restored(place, backup).returncode == 0


@pytest.mark.timeout(300)
@pytest.mark.parametrize("harm", [cut, fewer_rows], ids=lambda one: one.__name__)
def test_a_refused_restore_into_a_folder_leaves_the_folder_as_it_was(installation, backup, harm, tmp_path):
    place, _hall = installation
    wrong = tmp_path / "wrong.qtbackup"
    harm(backup, wrong)

    def into(folder):
        return subprocess.run(
            [sys.executable, "-W", "ignore", "-m", "quantriet", "restore", str(wrong), "--into", str(folder)],
            env=place.environment, capture_output=True, text=True,
        )  # fmt: skip

    assert into(tmp_path / "deep" / "new").returncode == 1
    assert not (tmp_path / "deep").exists()
    there = tmp_path / "there"
    there.mkdir()
    assert into(there).returncode == 1
    assert not list(there.iterdir())
    (there / "secret-key").write_text("mine")
    assert into(there).returncode == 1
    assert (there / "secret-key").read_text() == "mine"


@pytest.mark.timeout(300)
def test_a_backup_of_an_earlier_version_is_brought_forward(installation, tmp_path):
    place, _hall = installation
    steps = place.quantriet("showmigrations", "reports", "--plan").count("reports.")
    place.quantriet("migrate", "reports", "0002", "--verbosity", "0")
    try:
        place.quantriet("backup", "--to", str(tmp_path))
    finally:
        place.quantriet("migrate", "--verbosity", "0")
    (path,) = tmp_path.glob("*.qtbackup")
    fresh(place)
    done = restored(place, path)
    assert done.returncode == 0, done.stderr
    assert f"nâng thêm {steps - 2} bước" in done.stdout
    assert counts(place, environment_of(place))["people"] == counts(place, place.environment)["people"]


@pytest.mark.timeout(300)
def test_a_sealed_backup_needs_its_key(installation, tmp_path):
    place, _hall = installation
    key, other = tmp_path / "key", tmp_path / "other"
    place.quantriet("backup", "--make-key", str(key))
    assert key.stat().st_mode & 0o777 == 0o600
    place.quantriet("backup", "--make-key", str(other))
    place.environment["QUANTRIET_BACKUP_KEY"] = str(key)
    try:
        place.quantriet("backup", "--to", str(tmp_path / "sealed"))
    finally:
        del place.environment["QUANTRIET_BACKUP_KEY"]
    (path,) = (tmp_path / "sealed").glob("*.qtbackup")
    assert "Nguyễn Thị Hường".encode() not in path.read_bytes()
    for more, words in (
        ({}, "đã mã hóa bằng khóa"),
        ({"QUANTRIET_BACKUP_KEY": str(tmp_path / "nowhere")}, "Không đọc được tệp khóa"),
        ({"QUANTRIET_BACKUP_KEY": str(other)}, "hãy dùng đúng tệp khóa"),
    ):
        fresh(place)
        done = restored(place, path, **more)
        assert done.returncode == 1
        assert words in done.stderr
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    (tmp_path / "altered.qtbackup").write_bytes(data)
    (tmp_path / "cut.qtbackup").write_bytes(path.read_bytes()[:-100])
    for name in ("altered", "cut"):
        fresh(place)
        done = restored(place, tmp_path / f"{name}.qtbackup", QUANTRIET_BACKUP_KEY=str(key))
        assert done.returncode == 1
        assert "bị cắt ngang, hỏng hoặc bị sửa" in done.stderr or "không còn như khi sao lưu" in done.stderr
    fresh(place)
    done = restored(place, path, QUANTRIET_BACKUP_KEY=str(key))
    assert done.returncode == 0, done.stderr


@pytest.mark.timeout(300)
def test_a_rehearsal_restores_for_real_and_leaves_nothing(installation, backup):
    place, _hall = installation
    said = place.run("-c", REHEARSING, str(backup))
    assert "Phục hồi thử được" in said
    assert not list(backup.parent.glob(".rehearsal-*"))
    broken = backup.parent / "broken.qtbackup"
    broken.write_bytes(backup.read_bytes()[:-5000])
    try:
        assert "bị cắt ngang, hỏng hoặc bị sửa" in place.run("-c", REHEARSING, str(broken))
    finally:
        broken.unlink()


REHEARSING = """
import sys
from pathlib import Path
import django
django.setup()
from quantriet.kit import backups
from quantriet.kit.refusal import Refusal
path = Path(sys.argv[1])
try:
    print(backups.rehearse(path, folder=path.parent))
except Refusal as refusal:
    print(refusal.sentence)
"""


@pytest.mark.timeout(300)
def test_a_backup_that_is_killed_leaves_no_name_and_the_next_one_sweeps_up(installation):
    place, _hall = installation
    folder = place.folder / "killed"
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", SLOW_BACKUP, str(folder)], env=place.environment, stdout=subprocess.PIPE
    )
    assert process.stdout.readline() == b"midway\n"
    process.kill()
    process.wait()
    process.stdout.close()
    assert list(folder.glob("quantriet-*")) == []
    assert list(folder.glob(".quantriet-*.partial"))
    place.quantriet("backup", "--to", str(folder))
    assert len(list(folder.glob("quantriet-*"))) == 1
    assert not list(folder.glob(".quantriet-*"))


SLOW_BACKUP = """
import sys, time
from pathlib import Path
import django
django.setup()
from quantriet.kit import backups
from quantriet.kit.backups import making
from quantriet.kit.time import now

def stuck(writer):
    print("midway", flush=True)
    time.sleep(120)

making._write_files = stuck
backups.make_backup(Path(sys.argv[1]), at=now())
"""


def test_one_backup_at_a_time(tmp_path):
    from quantriet.kit.sqlite.turn import turn_of

    turn = turn_of(str(tmp_path / ".making"))
    assert turn.take(1)
    refused: list[str] = []

    def second() -> None:
        try:
            backups.make_backup(tmp_path, at=at_local(dt.date(2026, 1, 5), dt.time(1)))
        except Refusal as refusal:
            refused.append(refusal.code)

    thread = threading.Thread(target=second)
    thread.start()
    thread.join()
    turn.free()
    assert refused == ["backup.busy"]


def test_rotation_keeps_days_weeks_and_months():
    days = [at_local(dt.date(2026, 1, 1) + dt.timedelta(days=number), dt.time(1)) for number in range(365)]
    kept = backups.kept_by_rotation(days, (7, 4, 6))
    assert set(days[-7:]) <= kept
    assert len({at.date().replace(day=1) for at in kept}) == 6
    assert len(kept) <= 17
    assert backups.kept_by_rotation(days[:1], (0, 0, 0)) == set(days[:1])
    # Two of one day: both stay while they are young, the later one afterwards.
    pair = [days[0], days[0] + dt.timedelta(hours=2)]
    assert backups.kept_by_rotation(pair, (7, 4, 6)) == set(pair)
    assert backups.kept_by_rotation([*pair, days[4]], (7, 4, 6)) == {pair[1], days[4]}
    assert backups.kept_by_rotation([], (7, 4, 6)) == set()
