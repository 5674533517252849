import os
import socket
import subprocess
import sys
from io import StringIO

import pytest
from django.contrib.auth import authenticate
from django.core.management import CommandError, call_command
from django_tasks_db.models import DBTaskResult

from quantriet.config.management.commands import doctor
from quantriet.kit import jobs
from quantriet.kit.sealing import seal
from quantriet.kit.time import now
from quantriet.notify.jobs import send_waiting_job
from quantriet.org.access import may_anywhere
from quantriet.org.models import Account, AuthenticatorKey, Unit
from quantriet.org.vocab import Permission

pytestmark = pytest.mark.django_db
NEW = {"unit_code": "TU", "unit_name": "Tỉnh ủy Thử Nghiệm", "username": "Quan.Tri"}


def test_createadmin_makes_the_first_unit_and_an_administrator(monkeypatch):
    monkeypatch.setenv("QUANTRIET_ADMIN_PASSWORD", "một mật khẩu dài")
    call_command("createadmin", officer=True, stdout=StringIO(), **NEW)
    account = authenticate(username="quan.tri", password="một mật khẩu dài")
    assert account == Account.objects.get()
    assert Unit.objects.get().name == "Tỉnh ủy Thử Nghiệm"
    assert may_anywhere(account, Permission.ACCOUNT_MANAGE)
    assert may_anywhere(account, Permission.CAMPAIGN_PLAN)


@pytest.mark.parametrize(
    "password, options, told",
    [
        ("ngắn", {}, "quá ngắn"),
        ("một mật khẩu dài", {"unit_kind": "KHONG_CO"}, "TINH_UY"),
    ],
)
def test_createadmin_refuses_and_writes_nothing(monkeypatch, password, options, told):
    monkeypatch.setenv("QUANTRIET_ADMIN_PASSWORD", password)
    with pytest.raises(CommandError, match=told):
        call_command("createadmin", stdout=StringIO(), **(NEW | options))
    assert not Unit.objects.exists()
    assert not Account.objects.exists()


def test_doctor_names_what_is_missing_and_how_to_mend_it():
    findings = {one.what: one for one in doctor.examine()}
    assert not findings["Quản trị"].well
    assert "createadmin" in findings["Quản trị"].mend
    assert findings["Cấu trúc bảng"].well
    with pytest.raises(SystemExit):
        call_command("doctor", stdout=StringIO())


def test_doctor_tells_that_the_key_of_second_factors_is_gone(cast, settings):
    AuthenticatorKey.objects.create(account=cast.officer, sealed=seal("JBSWY3DPEHPK3PXP"), set_at=now())

    def told():
        return {one.what: one for one in doctor.examine()}["Khóa bí mật"]

    assert told().well
    settings.SECRET_KEY = "a key that was made anew by a restore"
    assert not told().well
    assert "1/1" in told().seen
    assert "secret-key" in told().mend


def test_doctor_tells_of_jobs_given_up_and_work_queues_them_again():
    jobs.enqueue(send_waiting_job)
    for attempt in range(jobs.ATTEMPTS):
        DBTaskResult.objects.get().claim(f"{socket.gethostname()}:999999999:{attempt}")
        jobs.reclaim()
    told = {one.what: one for one in doctor.examine()}["Việc nền hỏng"]
    assert "send_waiting_job" in told.seen
    assert "tiến trình bị ngắt" in told.seen
    assert "quantriet work --again" in told.mend
    out = StringIO()
    call_command("work", again=True, stdout=out)
    assert out.getvalue() == "1 việc được xếp lại\n"
    assert "Việc nền hỏng" not in {one.what for one in doctor.examine()}


def test_doctor_is_content_with_a_set_up_installation(monkeypatch):
    monkeypatch.setenv("QUANTRIET_ADMIN_PASSWORD", "một mật khẩu dài")
    call_command("createadmin", stdout=StringIO(), **NEW)
    out = StringIO()
    call_command("doctor", stdout=out)
    assert "Cài đặt chạy được." in out.getvalue()


@pytest.mark.parametrize(
    "surroundings, told",
    [({}, "QUANTRIET_SECRET_KEY"), ({"QUANTRIET_SECRET_KEY": "x" * 50}, "QUANTRIET_HOSTS")],
)
def test_production_refuses_to_start_without_its_own_settings(tmp_path, surroundings, told):
    kept = {name: value for name, value in os.environ.items() if not name.startswith("QUANTRIET_")}
    kept |= {"QUANTRIET_PRODUCTION": "1", "QUANTRIET_DATA": str(tmp_path), "PYTHONPATH": "src"} | surroundings
    done = subprocess.run([sys.executable, "-m", "quantriet", "check"], env=kept, capture_output=True, text=True)
    assert done.returncode != 0
    assert told in done.stderr
