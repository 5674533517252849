"""Tallies counted again from the duties: wrong, missing and left-over ones, while marks come in, and with progress."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from quantriet.audit.models import AuditEvent
from quantriet.campaigns import actions, queries
from quantriet.campaigns.actions import tallies
from quantriet.campaigns.models import StudyDuty, Tally
from quantriet.campaigns.tests import factories
from quantriet.campaigns.vocab import DutyReason, DutyResult, DutyState
from quantriet.kit.time import now


@pytest.fixture
def campaign(cast):
    made = factories.open_campaign(cast.units["T"], cast.officer)
    duties = StudyDuty.objects.filter(campaign=made, unit=cast.units["CB11"]).order_by("pk")[:3]
    results = [DutyResult(duty.pk, DutyState.DONE, DutyReason.ATTENDED, "Có mặt.") for duty in duties]
    actions.settle_duties(results, by=cast.officer, at=now())
    return made


def rows(campaign):
    return {
        row["unit"]: row
        for row in Tally.objects.filter(campaign=campaign).values("unit", "kind", "path", "done", "exempt", "owing")
    }


@pytest.mark.req("B-02", "B-19")
def test_whatever_a_tally_says_it_is_brought_to_its_duties(cast, campaign):
    right = rows(campaign)
    reported = dict(Tally.objects.filter(campaign=campaign).values_list("unit_id", "reported_at"))
    home, other, third = (cast.units[code].pk for code in ("CB11", "CB12", "CB21"))
    mine = Tally.objects.filter(campaign=campaign)
    mine.filter(unit=home).update(done=77, owing=0)
    mine.filter(unit=other).delete()
    wrong = 2
    assert len(queries.audit_ledger(campaign)) == wrong
    assert actions.rebuild_tallies(campaign, by=cast.officer, at=now()) == wrong
    assert rows(campaign) == right
    assert queries.audit_ledger(campaign) == []
    assert dict(mine.values_list("unit_id", "reported_at"))[home] == reported[home]
    assert third in right
    line = AuditEvent.objects.get(verb="tallies.rebuilt")
    assert line.after == {"wrong": wrong}
    assert actions.rebuild_tallies(campaign, by=cast.officer, at=now()) == 0
    assert AuditEvent.objects.filter(verb="tallies.rebuilt").count() == 1


def test_a_missing_tally_has_reported_when_something_is_done_in_it(cast, campaign):
    mine = Tally.objects.filter(campaign=campaign)
    first = StudyDuty.objects.filter(campaign=campaign, state="done").order_by("settled_at").first()
    mine.delete()
    actions.rebuild_tallies(campaign, by=None, at=now())
    assert mine.get(unit=cast.units["CB11"]).reported_at == first.settled_at
    assert mine.get(unit=cast.units["CB12"]).reported_at is None


def test_marks_that_come_in_between_reading_and_mending_are_counted_once(cast, campaign):
    Tally.objects.filter(campaign=campaign, unit=cast.units["CB11"]).update(done=0)
    later = StudyDuty.objects.filter(campaign=campaign, unit=cast.units["CB11"], state="owing").first()

    def mark(step):
        result = DutyResult(later.pk, DutyState.DONE, DutyReason.ATTENDED, "Có mặt.")
        actions.settle_duties([result], by=cast.officer, at=now())

    actions.rebuild_tallies(campaign, by=None, at=now(), tell=mark)
    assert queries.audit_ledger(campaign) == []


def test_what_breaks_off_leaves_all_as_it_was(cast, campaign, monkeypatch):
    Tally.objects.filter(campaign=campaign).update(done=5)
    monkeypatch.setattr(tallies, "STEP", 1)
    before, mend, calls = rows(campaign), tallies._mend, []

    def break_off(*place):
        calls.append(place)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return mend(*place)

    monkeypatch.setattr(tallies, "_mend", break_off)
    with pytest.raises(KeyboardInterrupt):
        actions.rebuild_tallies(campaign, by=None, at=now())
    assert rows(campaign) == before
    monkeypatch.setattr(tallies, "_mend", mend)
    actions.rebuild_tallies(campaign, by=None, at=now())
    assert queries.audit_ledger(campaign) == []


def test_the_command_tells_how_far_it_is_and_what_it_mended(cast, campaign):
    Tally.objects.filter(campaign=campaign, unit=cast.units["CB11"]).update(owing=9)
    said = StringIO()
    call_command("rebuild-tallies", str(campaign.pk), stdout=said)
    assert f"{campaign.name}: 100%, 1 chỗ sai" in said.getvalue()
    assert "đã sửa 1 chỗ" in said.getvalue()
    said = StringIO()
    call_command("rebuild-tallies", stdout=said)
    assert "mọi chỗ đều khớp" in said.getvalue()
    with pytest.raises(CommandError, match="Không có đợt học tập số 999999"):
        call_command("rebuild-tallies", "999999")
