"""A superior hands a campaign down before it opens: lower units schedule, the proof is made, then it opens (R-030, B-02)."""

import pytest
from django.urls import reverse

from quantriet.campaigns import actions
from quantriet.campaigns.models import CampaignPlan, StudyCampaign
from quantriet.campaigns.tests import factories
from quantriet.campaigns.vocab import CampaignState
from quantriet.kit.refusal import Refusal
from quantriet.kit.time import now

pytestmark = pytest.mark.django_db


@pytest.mark.req("R-029", "R-030")
def test_handed_down_campaign_appears_below_to_be_scheduled(as_user, cast):
    campaign = factories.campaign(cast.units["T"], cast.officer)
    client = as_user("organiser1")
    assert client.get(reverse("campaign", args=[campaign.pk])).status_code == 404
    assert actions.hand_down(campaign, by=cast.officer, at=now()) > 0
    assert client.get(reverse("campaign", args=[campaign.pk])).status_code == 200
    plan = CampaignPlan.objects.get(campaign=campaign, unit=cast.units["X1"])
    answer = {
        "form": "in_person",
        "planned_from": f"{campaign.planned_from:%d/%m/%Y}",
        "planned_to": f"{campaign.planned_to:%d/%m/%Y}",
        "assignment": "Văn phòng Đảng ủy chuẩn bị hội trường",
    }
    client.post(reverse("plan", args=[plan.pk]), answer)
    plan.refresh_from_db()
    assert plan.state == "scheduled"
    assert StudyCampaign.objects.get(pk=campaign.pk).state == CampaignState.DRAFT


def test_hand_down_again_adds_nothing_twice_and_an_open_campaign_is_refused(cast):
    campaign = factories.campaign(cast.units["T"], cast.officer)
    first = actions.hand_down(campaign, by=cast.officer, at=now())
    assert first
    assert actions.hand_down(campaign, by=cast.officer, at=now()) == 0
    StudyCampaign.objects.filter(pk=campaign.pk).update(state=CampaignState.OPEN)
    campaign.refresh_from_db()
    with pytest.raises(Refusal):
        actions.hand_down(campaign, by=cast.officer, at=now())


def test_hand_down_by_the_button_of_the_proof_page(as_user, cast):
    campaign = factories.campaign(cast.units["T"], cast.officer)
    client = as_user("officer")
    client.post(reverse("campaign-prepare", args=[campaign.pk]))
    address = reverse("campaign-hand-down", args=[campaign.pk])
    assert address in client.get(reverse("campaign-proof", args=[campaign.pk])).content.decode()
    assert client.post(address).status_code in (302, 303)
    assert address not in client.get(reverse("campaign-proof", args=[campaign.pk])).content.decode()
