"""The ledger keeps its promise: done + exempt + owing = roster at every unit, whatever happens."""

import datetime as dt
import threading
import time

import pytest
from django.core.management import call_command
from django.db import connection, connections, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quantriet.campaigns import actions, queries
from quantriet.campaigns.actions import following, settling
from quantriet.campaigns.actions.duties import count_again
from quantriet.campaigns.actions.settling import Shift, shift_duties
from quantriet.campaigns.models import DutyChange, StudyCampaign, StudyDuty, Tally, TallyDay
from quantriet.campaigns.rules.boards import Count
from quantriet.campaigns.tests import factories
from quantriet.campaigns.vocab import CampaignState, DutyReason, DutyResult, DutyState
from quantriet.kit.refusal import Refusal, Refusals
from quantriet.kit.time import local, now, today
from quantriet.org import actions as org_actions
from quantriet.org.models import Unit


def sums(campaign):
    found = Count()
    for tally in Tally.objects.filter(campaign=campaign):
        found += Count(tally.done, tally.exempt, tally.owing)
    return found


def test_preparing_again_follows_the_audience(cast):
    campaign = factories.campaign(cast.units["T"], cast.officer)
    assert actions.prepare_duties(campaign, by=cast.officer, at=now()) == 12
    rule = campaign.audience_rules.first()
    actions.change_audience_rule(rule, criteria={"units": [cast.units["X1"].pk]}, by=cast.officer, at=now())
    assert actions.prepare_duties(campaign, by=cast.officer, at=now()) == 9
    actions.change_audience_rule(rule, tier="key_cadre", by=cast.officer, at=now())
    actions.prepare_duties(campaign, by=cast.officer, at=now())
    assert set(StudyDuty.objects.filter(campaign=campaign).values_list("tier", flat=True)) == {"key_cadre"}
    assert queries.audit_ledger(campaign) == []
    assert sums(campaign).roster == 9


def test_whom_a_class_already_names_is_kept_as_withdrawn(cast):
    from quantriet.campaigns.models import StudyCredit

    campaign = factories.campaign(cast.units["T"], cast.officer)
    actions.prepare_duties(campaign, by=cast.officer, at=now())
    duty = StudyDuty.objects.get(campaign=campaign, person=cast.people["M10"])
    StudyCredit.objects.create(
        duty=duty,
        held_by="Công an tỉnh",
        studied_on=today(),
        evidence="Giấy xác nhận",
        proposed_by=cast.officer,
        proposed_at=now(),
    )
    rule = campaign.audience_rules.first()
    actions.change_audience_rule(rule, criteria={"units": [cast.units["X1"].pk]}, by=cast.officer, at=now())
    actions.prepare_duties(campaign, by=cast.officer, at=now())
    duty.refresh_from_db()
    assert (duty.state, duty.reason) == (DutyState.EXEMPT, DutyReason.WITHDRAWN)
    assert StudyDuty.objects.filter(campaign=campaign).count() == 10
    assert queries.audit_ledger(campaign) == []


@pytest.mark.req("B-02")
def test_a_running_campaign_follows_people_who_come_leave_move_and_become_exempt(cast):
    campaign = factories.open_campaign(cast.units["T"], cast.officer)
    settled = StudyDuty.objects.get(campaign=campaign, person=cast.people["M7"])
    actions.settle_duties([factories.done(settled)], by=cast.officer, at=now())
    org_actions.add_person(by=None, at=now(), code="N1", full_name="Giàng Thị Mỷ", unit=cast.units["CB21"])
    org_actions.remove_person(cast.people["M1"], by=cast.officer, at=now(), on=today(), reason="died")
    org_actions.transfer_person(cast.people["M3"], by=None, at=now(), to=cast.units["CS1"], on=today())
    org_actions.transfer_person(cast.people["M7"], by=None, at=now(), to=cast.units["CS1"], on=today())
    org_actions.give_exemption(
        cast.people["M10"], by=None, at=now(), valid_from=today(), valid_to=None, reason="Ốm nặng"
    )
    assert actions.sync_audience(campaign, by=cast.officer, at=now()) == 4
    states = {
        duty.person.code: (duty.state, duty.reason, duty.unit.code)
        for duty in StudyDuty.objects.filter(campaign=campaign).select_related("person", "unit")
    }
    assert states["N1"] == ("owing", "not_yet", "CB21")
    assert states["M1"] == ("exempt", "withdrawn", "CB11")
    assert states["M3"] == ("owing", "not_yet", "CS1")
    assert states["M7"] == ("done", "attended", "CB12")  # done stays where it was done
    assert states["M10"] == ("exempt", "exempt_activity", "CB21")
    assert queries.audit_ledger(campaign) == []
    assert sums(campaign) == Count(1, 2, 10)
    # Again: nothing.
    assert actions.sync_audience(campaign, by=cast.officer, at=now()) == 0
    reported = Tally.objects.filter(campaign=campaign, reported_at__isnull=False).values_list("unit__code", flat=True)
    assert list(reported) == ["CB12"]  # following the audience is no report


def test_a_move_keeps_what_is_known_of_an_owing_duty(cast):
    campaign = factories.open_campaign(cast.units["T"], cast.officer)
    duty = StudyDuty.objects.get(campaign=campaign, person=cast.people["M3"])
    actions.settle_duties([factories.absent(duty)], by=cast.officer, at=now())
    org_actions.transfer_person(cast.people["M3"], by=None, at=now(), to=cast.units["CS1"], on=today())
    actions.sync_audience(campaign, by=cast.officer, at=now())
    duty.refresh_from_db()
    assert (duty.reason, duty.sentence, duty.unit) == (
        DutyReason.ABSENT_UNEXCUSED,
        "Vắng không có lý do.",
        cast.units["CS1"],
    )


@pytest.mark.req("B-02")
def test_opening_proves_that_no_one_falls_out(cast):
    """A campaign with attendance opens only when the room that proves it finds everybody in exactly one class."""
    campaign = factories.campaign(cast.units["T"], cast.officer, everybody=False)
    with pytest.raises(Refusals):
        actions.open_campaign(campaign, by=cast.officer, at=now())
    assert not DutyChange.objects.exists()
    running = factories.open_campaign(cast.units["T"], cast.officer)
    assert running.state == CampaignState.OPEN
    assert DutyChange.objects.filter(campaign=running, state_before="").count() == 12
    with pytest.raises(Refusal) as refusal:
        actions.open_campaign(running, by=cast.officer, at=now())
    assert refusal.value.code == "campaign.not_draft"


def test_several_duties_of_one_person_are_counted_apart(cast):
    campaign = factories.campaign(cast.units["T"], cast.officer)
    campaign.duty_kinds = ["read", "essay", "plan"]
    campaign.save()
    actions.open_campaign(campaign, by=cast.officer, at=now())
    assert StudyDuty.objects.filter(campaign=campaign).count() == 36
    duty = StudyDuty.objects.get(campaign=campaign, person=cast.people["M1"], kind="essay")
    actions.settle_duties([factories.done(duty)], by=cast.officer, at=now())
    done = {tally.kind: tally.done for tally in Tally.objects.filter(campaign=campaign, unit=cast.units["CB11"])}
    assert done == {"read": 0, "essay": 1, "plan": 0}


outcomes = st.sampled_from(
    [
        (DutyState.DONE, DutyReason.ATTENDED), (DutyState.OWING, DutyReason.OVER_LIMIT),
        (DutyState.OWING, DutyReason.ABSENT_UNEXCUSED), (DutyState.OWING, DutyReason.NOT_YET),
        (DutyState.EXEMPT, DutyReason.CREDIT),
    ]
)  # fmt: skip


@pytest.mark.req("B-02")
def test_the_tally_holds_under_any_sequence_of_results(cast):
    campaign = factories.open_campaign(cast.units["T"], cast.officer)
    keys = list(StudyDuty.objects.filter(campaign=campaign).order_by("pk").values_list("pk", flat=True))

    @settings(max_examples=20, suppress_health_check=list(HealthCheck))
    @given(st.lists(st.lists(st.tuples(st.integers(0, len(keys) - 1), outcomes), max_size=6), max_size=6))
    def hold(batches):
        for batch in batches:
            results = [DutyResult(keys[index], state, reason, reason.value) for index, (state, reason) in batch]
            actions.settle_duties(results, by=cast.officer, at=now())
            assert queries.audit_ledger(campaign) == []
        assert sums(campaign).roster == len(keys)
        days = Count()
        for row in TallyDay.objects.filter(campaign=campaign):
            days += Count(row.done, row.exempt, row.owing)
        assert days == sums(campaign)

    hold()


def test_a_result_costs_few_statements(cast, django_assert_max_num_queries):
    campaign = factories.open_campaign(cast.units["T"], cast.officer)
    duties = list(StudyDuty.objects.filter(campaign=campaign))
    with django_assert_max_num_queries(8):
        actions.settle_duties([factories.done(duties[0])], by=cast.officer, at=now())
    with django_assert_max_num_queries(8):
        actions.settle_duties([factories.done(duty) for duty in duties[1:]], by=cast.officer, at=now())


def test_the_command_names_a_wrong_tally(cast, capsys):
    campaign = factories.open_campaign(cast.units["T"], cast.officer)
    call_command("audit-ledger")
    assert "khớp" in capsys.readouterr().out
    Tally.objects.filter(campaign=campaign, unit=cast.units["CB11"]).update(done=1)
    with pytest.raises(SystemExit):
        call_command("audit-ledger")
    assert "Chi bộ thôn 1" in capsys.readouterr().out


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif("connection.vendor == 'sqlite'", reason="the test database of SQLite lives in one connection")
def test_two_rolls_closed_at_once_lose_and_double_nothing(cast):
    campaign = factories.open_campaign(cast.units["T"], cast.officer)
    duties = list(StudyDuty.objects.filter(campaign=campaign))
    failures = []

    def settle(order):
        try:
            for _round in range(5):
                actions.settle_duties([factories.done(duty) for duty in order], by=cast.officer, at=now())
                actions.settle_duties([factories.absent(duty) for duty in order[::2]], by=cast.officer, at=now())
        except Exception as failure:
            failures.append(failure)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=settle, args=(order,)) for order in (duties, duties[::-1], duties[3:])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert queries.audit_ledger(campaign) == []
    assert sums(campaign).roster == 12
    assert StudyCampaign.objects.count() == 1
    assert connection.vendor == "postgresql"


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif("connection.vendor == 'sqlite'", reason="the test database of SQLite lives in one connection")
def test_a_result_that_waits_for_a_move_is_not_left_out(cast):
    campaign = factories.open_campaign(cast.units["T"], cast.officer)
    duty = StudyDuty.objects.get(campaign=campaign, person=cast.people["M1"])
    moved, failures = threading.Event(), []

    def settle():
        try:
            moved.wait(10)
            actions.settle_duties([factories.done(duty)], by=cast.officer, at=now())
        except Exception as failure:
            failures.append(failure)
        finally:
            connections.close_all()

    thread = threading.Thread(target=settle)
    thread.start()
    with transaction.atomic():
        to = cast.units["CB12"].pk
        shift = Shift(duty.pk, DutyState.OWING, DutyReason(duty.reason), duty.sentence, unit_id=to)
        shift_duties([shift], by=cast.officer, at=now())
        moved.set()
        time.sleep(1)  # the result waits for this row meanwhile
    thread.join()
    assert failures == []
    duty.refresh_from_db()
    assert (duty.unit_id, duty.state) == (to, DutyState.DONE)
    assert queries.audit_ledger(campaign) == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif("connection.vendor == 'sqlite'", reason="the test database of SQLite lives in one connection")
def test_two_large_writers_take_the_tallies_in_one_order(cast, monkeypatch):
    """Each portion of duties once moved its own tallies: here the writers hold what the other waits for."""
    monkeypatch.setattr(settling, "_CHUNK", 1)
    campaign = factories.open_campaign(cast.units["T"], cast.officer)
    first, second = (
        list(StudyDuty.objects.filter(campaign=campaign, unit=cast.units[code]).order_by("pk"))[:2]
        for code in ("CB11", "CB12")
    )
    for duty, code in ((first[1], "CB12"), (second[1], "CB11")):
        StudyDuty.objects.filter(pk=duty.pk).update(unit=cast.units[code])
    count_again(campaign)
    there, back = (first[0], second[0]), (first[1], second[1])  # by their keys: CB11 then CB12, CB12 then CB11
    failures = []

    def settle(duties):
        try:
            for _round in range(20):
                actions.settle_duties([factories.done(duty) for duty in duties], by=cast.officer, at=now())
                actions.settle_duties([factories.absent(duty) for duty in duties], by=cast.officer, at=now())
        except Exception as failure:
            failures.append(failure)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=settle, args=(duties,)) for duties in (there, back)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif("connection.vendor == 'sqlite'", reason="the test database of SQLite lives in one connection")
def test_a_result_beside_a_decision_counts_where_its_unit_stands_afterwards(cast):
    campaign = factories.open_campaign(cast.units["T"], cast.officer)
    duty = StudyDuty.objects.get(campaign=campaign, person=cast.people["M1"])
    tomorrow = now() + dt.timedelta(days=1)  # a day that has no sums yet
    moved, failures = threading.Event(), []

    def settle():
        try:
            moved.wait(10)
            actions.settle_duties([factories.done(duty)], by=cast.officer, at=tomorrow)
        except Exception as failure:
            failures.append(failure)
        finally:
            connections.close_all()

    thread = threading.Thread(target=settle)
    thread.start()
    path = f"{cast.units['X2'].path}Z/"
    with transaction.atomic():
        Unit.objects.filter(pk=duty.unit_id).update(path=path)
        following._copy_paths([duty.unit_id])
        moved.set()
        time.sleep(1)  # the result has read the unit where it stood, and waits for its tally
    thread.join()
    assert failures == []
    assert TallyDay.objects.get(campaign=campaign, unit=duty.unit_id, day=local(tomorrow).date()).path == path
