"""The ledger says what the verdicts say, also when the duty came after them."""

import pytest

from quantriet.attendance import actions
from quantriet.attendance.models import CatchUp, ClassVerdict
from quantriet.attendance.tests.factories import (
    AFTERNOON,
    MORNING,
    clock,
    duty_of,
    make_campaign,
    make_class,
)
from quantriet.attendance.vocab import FactKind, Verdict
from quantriet.campaigns import actions as campaign_actions
from quantriet.campaigns.models import StudyDuty
from quantriet.campaigns.vocab import CampaignState, DutyReason, DutyState
from quantriet.classes import actions as class_actions
from quantriet.classes.models import RosterEntry, StudyClass
from quantriet.kit.jobs import Worker
from quantriet.kit.refusal import Refusal

pytestmark = pytest.mark.django_db


@pytest.fixture
def by(cast):
    return cast.officer


@pytest.fixture
def hall(cast):
    return make_class(cast, make_campaign(cast), ["M1", "M2"])


def take_out(made, code, by):
    """Somebody strikes the person off the audience by mistake; returns how to put the mistake right."""
    adjustment = campaign_actions.adjust_audience(
        made.campaign, person=made.entries[code].person, kind="remove", reason="Nhầm tên", by=by, at=clock(7)
    )
    campaign_actions.sync_audience(made.campaign, by=by, at=clock(7))
    assert duty_of(made, code).state == DutyState.EXEMPT

    def put_back():
        campaign_actions.undo_adjustment(adjustment, by=by, at=clock(11, 10))
        campaign_actions.sync_audience(made.campaign, by=by, at=clock(11, 10))

    return put_back


@pytest.mark.req("R-072", "B-02")
def test_who_attended_while_struck_off_by_mistake_does_not_owe_for_ever(hall, by):
    put_back = take_out(hall, "M1", by)
    actions.record_marks([hall.mark("M1", FactKind.WHOLE, clock(8))], by=None, at=clock(11))
    put_back()
    actions.close_roll(hall.study_class, by=None, at=clock(12))
    duty = duty_of(hall, "M1")
    assert (duty.state, duty.reason) == (DutyState.DONE, DutyReason.ATTENDED)
    assert not CatchUp.objects.filter(duty=duty).exists()


def test_who_was_absent_while_struck_off_is_followed_once_put_back(hall, by):
    put_back = take_out(hall, "M1", by)
    actions.close_roll(hall.study_class, by=None, at=clock(11, 5))
    assert ClassVerdict.objects.get(entry=hall.entries["M1"]).verdict == Verdict.ABSENT
    put_back()
    actions.recompute_class(hall.study_class, by=None, at=clock(13))
    duty = duty_of(hall, "M1")
    assert (duty.state, duty.reason) == (DutyState.OWING, DutyReason.ABSENT_UNEXCUSED)
    assert CatchUp.objects.filter(duty=duty).count() == 1


def test_a_guest_who_attended_and_is_adopted_has_done_the_duty(hall, by, cast):
    person = cast.people["M3"]
    line = RosterEntry.objects.create(
        study_class=hall.study_class, venue=hall.venue, person=person, unit=person.unit, origin="hand"
    )
    hall.entries["M3"] = line
    actions.record_marks([hall.mark("M3", FactKind.WHOLE, clock(8))], by=None, at=clock(11))
    class_actions.fill_roster(hall.study_class, by=by, at=clock(11), tier="")
    line.refresh_from_db()
    assert StudyDuty.objects.get(pk=line.duty_id).state == DutyState.OWING
    Worker([]).run_all()
    assert StudyDuty.objects.get(pk=line.duty_id).state == DutyState.DONE


def test_the_class_held_last_speaks_whatever_was_written_first(cast):
    campaign = make_campaign(cast)
    later = make_class(cast, campaign, ["M1"], title="Lớp chiều", times=(AFTERNOON,))
    actions.record_marks([later.mark("M1", FactKind.ARRIVE, clock(16))], by=None, at=clock(17))
    actions.close_roll(later.study_class, by=None, at=clock(17))
    earlier = make_class(cast, campaign, ["M1"], title="Lớp sáng", times=(MORNING,))
    actions.close_roll(earlier.study_class, by=None, at=clock(18))
    duty = duty_of(later, "M1")
    assert duty.reason == DutyReason.OVER_LIMIT
    assert duty.sentence == ClassVerdict.objects.get(entry=later.entries["M1"]).sentence


def test_a_closed_campaign_takes_no_roll_and_keeps_its_results(hall, by):
    StudyClass.objects.get(pk=hall.study_class.pk)
    hall.campaign.state = CampaignState.CLOSED
    hall.campaign.save(update_fields=["state"])
    with pytest.raises(Refusal) as refused:
        actions.close_roll(hall.study_class, by=by, at=clock(12))
    assert refused.value.code == "campaign.not_open"
    assert actions.recompute_class(hall.study_class, by=None, at=clock(13)) == []
