"""The demo of the first start: a city of 4,400 members that has been through the reform. Apart, because seeding it takes a while."""

import datetime as dt
from io import StringIO

import pytest
from django.core.management import call_command

from quantriet.campaigns import queries
from quantriet.campaigns.models import StudyCampaign
from quantriet.campaigns.vocab import ATTEND, CampaignState
from quantriet.org.models import OrgDecision, Person, UnitResponsibility
from quantriet.org.vocab import DecisionState, ResponsibilityKind

pytestmark = pytest.mark.django_db


@pytest.mark.timeout(300)
@pytest.mark.req("P-01", "B-07")
def test_a_newcomer_finds_a_city_in_the_midst_of_a_campaign_and_last_years_on_its_own_tree():
    call_command("seed", size="city", stdout=StringIO())
    assert Person.objects.count() == 4400
    assert OrgDecision.objects.get().state == DecisionState.IN_FORCE
    running = StudyCampaign.objects.filter(state=CampaignState.OPEN).earliest("pk")
    spring = StudyCampaign.objects.get(state=CampaignState.CLOSED)
    assert queries.audit_ledger(running) == []
    assert queries.audit_ledger(spring) == []
    assert running.steering is not None
    assert UnitResponsibility.objects.filter(kind=ResponsibilityKind.PROPAGANDA).count() > 3
    today = queries.board(spring, spring.unit, ATTEND)
    then = queries.board(spring, spring.unit, ATTEND, queries.as_of(dt.date(2025, 6, 30)))
    assert today.total == then.total
    assert today.total.done > 200
    assert any(row.unit.name.startswith("Huyện ủy") for row in then.rows)
    assert not any(row.unit.name.startswith("Huyện ủy") for row in today.rows)
