"""A superior hands a campaign down before it opens: lower units schedule, the proof is made, then it opens (R-030, B-02)."""

import pytest
from django.urls import reverse

from quantriet.campaigns import actions
from quantriet.campaigns.models import CampaignPlan, StudyCampaign
from quantriet.campaigns.tests import factories
from quantriet.campaigns.vocab import CampaignState
from quantriet.kit.refusal import Refusal
from quantriet.kit.time import now
from quantriet.org import actions as org_actions
from quantriet.org.models import UnitKind

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


@pytest.mark.req("R-031")
def test_a_committee_has_organised_when_all_its_lower_units_have(cast):
    by, at = cast.officer, now()
    kinds = {kind.code: kind for kind in UnitKind.objects.all()}
    bases = [
        org_actions.add_unit(
            by=by,
            at=at,
            code=f"B{number}",
            name=f"Đảng bộ {number}",
            kind=kinds["DANG_BO_CO_SO"],
            parent=cast.units["DN"],
        )
        for number in (1, 2)
    ]
    cells = [
        org_actions.add_unit(by=by, at=at, code=f"B{number}C", name="Chi bộ 1", kind=kinds["CHI_BO"], parent=base)
        for number, base in enumerate(bases, 1)
    ]
    for number, cell in enumerate(cells):
        org_actions.add_person(by=by, at=at, code=f"N{number}", full_name="Lê Văn Thử", unit=cell)
    for person in [cast.people["M12"]]:
        org_actions.transfer_person(person, by=by, at=at, to=cells[0], on=at.date())
    campaign = factories.campaign(cast.units["T"], by)
    actions.hand_down(campaign, by=by, at=at)
    above = CampaignPlan.objects.get(campaign=campaign, unit=cast.units["DN"])
    for unit, state in ((bases[0], "to_schedule"), (bases[1], "held")):
        actions.mark_scheduled(campaign, unit, at=at)
        actions.mark_held(campaign, unit, at=at)
        above.refresh_from_db()
        assert above.state == state
    assert above.first_held_at == at


@pytest.mark.req("B-02")
def test_the_open_page_says_who_has_no_class_and_writes_to_just_those_units(as_user, cast):
    campaign = factories.campaign(cast.units["T"], cast.officer)
    campaign.duty_kinds = ["attend"]
    campaign.save(update_fields=["duty_kinds"])
    actions.prepare_duties(campaign, by=cast.officer, at=now())
    client = as_user("officer")
    address = reverse("campaign-open", args=[campaign.pk])
    page = client.get(address).content.decode()
    assert "Chưa mở được: còn 12 người ở 3 đơn vị chưa ở lớp nào." in page
    assert "Đảng ủy xã Ea Tam" in page
    assert '<form method="post" class="stack">' not in page
    steps = page.split('class="steps"')[1].split("</ol>")[0]
    assert steps.count("is-done") == 2
    asked = f"{reverse('campaign-message', args=[campaign.pk])}?about=unplaced"
    assert asked in page
    text = client.get(asked).content.decode()
    assert "Đảng ủy xã Ea Tam: 9 người" in text
    several = client.get(address, {"sort": "missing"}).content.decode()
    waiting = several.split('id="waiting"')[1]
    assert waiting.index("Đảng ủy khối doanh nghiệp") < waiting.index("Đảng ủy xã Ea Tam")
    assert as_user("organiser1").get(asked).status_code in (403, 404)


@pytest.mark.req("B-02")
def test_classes_being_drafted_count_as_places_and_are_named_as_such(as_user, cast):
    campaign = factories.campaign(cast.units["T"], cast.officer)
    page = as_user("officer").get(reverse("campaign-proof", args=[campaign.pk])).content.decode()
    assert "Chưa có ai trong danh sách nên chưa có gì để đối chiếu." in page
    assert "Khớp" not in page
