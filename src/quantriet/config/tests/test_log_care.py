"""The log is looked after by itself: sealed when the worker stops, and what lags is said by the doctor."""

import datetime as dt

import pytest
from django.core.management import call_command

from quantriet.attendance import actions as attendance_actions
from quantriet.attendance.models import PresenceFact
from quantriet.attendance.tests.factories import clock, make_campaign, make_class
from quantriet.attendance.vocab import FactKind
from quantriet.audit.models import AuditAnchor, AuditEvent, AuditSeal
from quantriet.config.management.commands import doctor
from quantriet.config.schedule import schedule
from quantriet.kit.jobs import Worker
from quantriet.kit.time import now


@pytest.fixture
def old_line(db):
    at = now() - dt.timedelta(hours=5)
    return AuditEvent.objects.create(at=at, verb="x", thing_kind="x", thing_id="1", thing_label="Vật")


def found() -> dict[str, doctor.Finding]:
    return {one.what: one for one in doctor._log()}


def test_the_doctor_says_when_sealing_and_anchoring_lag(old_line):
    assert not found()["Niêm nhật ký"].well
    AuditSeal.objects.create(
        number=1, first_id=1, last_id=old_line.pk, count=1, fingerprints="0" * 8, sealed_at=old_line.at, previous="0", digest="1"
    )  # fmt: skip
    assert found()["Niêm nhật ký"].well
    assert not found()["Mốc neo nhật ký"].well
    anchor = AuditAnchor.objects.create(at=now(), seal_number=1, digest="1")
    assert found()["Mốc neo nhật ký"].well
    anchor.mail_error = "Connection refused"
    anchor.save(update_fields=["mail_error"])
    assert "chưa gửi được thư: Connection refused" in found()["Mốc neo nhật ký"].seen


def test_the_doctor_tells_of_check_ins_that_nobody_follows(cast):
    hall = make_class(cast, make_campaign(cast), ["M1"])
    assert [one.well for one in doctor._check_ins()] == [True]
    attendance_actions.record_marks(
        [hall.mark("M1", FactKind.ARRIVE, clock(8))], by=cast.accounts["organiser1"], at=clock(8)
    )
    PresenceFact.objects.update(is_followed=False, recorded_at=now() - dt.timedelta(minutes=11))
    assert [one.well for one in doctor._check_ins()] == [False]


def test_a_worker_that_stops_seals_what_is_open(old_line, monkeypatch):
    monkeypatch.setattr(Worker, "run", lambda self: None)
    monkeypatch.setattr("signal.signal", lambda *_: None)
    call_command("work")
    assert AuditSeal.objects.get().last_id == old_line.pk


def test_sealing_is_frequent_and_anchoring_hourly():
    every = {entry.job.module_path.rpartition(".")[2]: entry.every for entry in schedule()}
    assert every["seal_log_job"] <= dt.timedelta(minutes=1)
    assert every["anchor_log_job"] == dt.timedelta(hours=1)
