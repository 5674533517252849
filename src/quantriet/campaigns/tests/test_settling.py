"""Results enter the ledger once, and the tallies follow."""

import pytest

from quantriet.campaigns import actions, queries
from quantriet.campaigns.models import DutyChange, StudyDuty, Tally
from quantriet.campaigns.tests import factories
from quantriet.campaigns.vocab import DutyReason, DutyState
from quantriet.kit.refusal import Refusal
from quantriet.kit.time import now


@pytest.fixture
def running(cast):
    return factories.open_campaign(cast.units["T"], cast.officer)


def tally(campaign, unit):
    found = Tally.objects.get(campaign=campaign, unit=unit)
    return found.done, found.exempt, found.owing, bool(found.reported_at)


def test_a_result_moves_duty_change_and_tally_together(cast, running):
    duty = StudyDuty.objects.get(campaign=running, person=cast.people["M1"])
    assert actions.settle_duties([factories.done(duty)], by=cast.officer, at=now()) == 1
    duty.refresh_from_db()
    assert (duty.state, duty.reason) == (DutyState.DONE, DutyReason.ATTENDED)
    assert duty.settled_at
    assert tally(running, cast.units["CB11"]) == (1, 0, 5, True)
    assert tally(running, cast.units["CB12"]) == (0, 0, 3, False)
    assert duty.changes.count() == 2
    assert queries.audit_ledger(running) == []


def test_the_same_result_again_changes_nothing(cast, running):
    duty = StudyDuty.objects.get(campaign=running, person=cast.people["M1"])
    actions.settle_duties([factories.done(duty)], by=cast.officer, at=now())
    before = DutyChange.objects.count()
    assert actions.settle_duties([factories.done(duty)], by=cast.officer, at=now()) == 0
    assert DutyChange.objects.count() == before


def test_results_are_refused_before_opening(cast):
    draft = factories.campaign(cast.units["T"], cast.officer)
    actions.prepare_duties(draft, by=cast.officer, at=now())
    duty = StudyDuty.objects.filter(campaign=draft).first()
    with pytest.raises(Refusal) as refusal:
        actions.settle_duties([factories.done(duty)], by=cast.officer, at=now())
    assert refusal.value.code == "campaign.not_open"
