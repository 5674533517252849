"""Who directs a campaign, and what each unit has to do in it."""

import datetime as dt
import io

import openpyxl
import pytest
from django.urls import reverse

from quantriet.campaigns import actions, queries
from quantriet.campaigns.models import CampaignAssignment
from quantriet.campaigns.tests.factories import campaign as draft
from quantriet.campaigns.tests.factories import open_campaign
from quantriet.kit.refusal import Refusal
from quantriet.kit.time import now, today
from quantriet.org import actions as org_actions
from quantriet.org.vocab import BodyKind

pytestmark = pytest.mark.django_db


def give(cast, made, unit, task="Đăng tải tài liệu hỏi – đáp", **given):
    return actions.assign_task(made, cast.units[unit], by=cast.officer, at=now(), task=task, **given)


def refused(call, *args, **given) -> str:
    with pytest.raises(Refusal) as problem:
        call(*args, **given)
    return problem.value.code


@pytest.mark.req("R-008")
def test_every_concerned_unit_gets_an_explicit_task(cast):
    made = open_campaign(cast.units["T"], cast.officer)
    actions.make_plans(made, by=cast.officer, at=now())
    found = queries.assigning(made)
    assert {unit.code for unit in found.without_task} == {"X1", "X2", "DN"}
    give(cast, made, "X1", "  Mở lớp   cho đảng viên toàn xã ")
    assert CampaignAssignment.objects.get().task == "Mở lớp cho đảng viên toàn xã"
    assert {unit.code for unit in queries.assigning(made).without_task} == {"X2", "DN"}


@pytest.mark.req("R-011")
def test_the_mobilisation_body_has_its_own_task(cast):
    made = open_campaign(cast.units["T"], cast.officer)
    assert not queries.assigning(made).has_mobilisation
    give(cast, made, "DN", "Vận động công nhân tham gia học tập, vận dụng vào sản xuất", is_mobilisation=True)
    assert queries.assigning(made).has_mobilisation


def test_refusals_of_a_task(cast):
    made = open_campaign(cast.units["T"], cast.officer)
    assert refused(give, cast, made, "X1", "  ") == "assignment.empty"
    assert refused(give, cast, made, "X1", due_on=made.planned_from - dt.timedelta(days=1)) == "assignment.due_early"
    given = give(cast, made, "X1")
    assert refused(give, cast, made, "X1") == "assignment.given_already"
    actions.withdraw_task(given, by=cast.officer, at=now())
    assert not CampaignAssignment.objects.exists()
    actions.cancel_campaign(made, by=cast.officer, at=now(), reason="Hoãn")
    assert refused(give, cast, made, "X1") == "campaign.ended"


@pytest.mark.req("R-008")
def test_a_campaign_names_its_steering_committee(cast):
    made = draft(cast.units["T"], cast.officer)
    common = {"by": cast.officer, "at": now(), "decision_number": "07-QĐ/TU", "valid_from": today()}
    group = org_actions.found_body(cast.units["X1"], kind=BodyKind.PROPAGANDA, name="Tổ công tác", **common)
    assert refused(actions.set_steering, made, group, by=cast.officer, at=now()) == "campaign.not_steering"
    body = org_actions.found_body(
        cast.units["T"], kind=BodyKind.STEERING, name="Ban Chỉ đạo", standing_unit=cast.units["DN"], **common
    )
    actions.set_steering(made, body, by=cast.officer, at=now())
    made.refresh_from_db()
    assert made.steering == body


@pytest.mark.req("R-008", "R-011")
def test_the_page_gives_tasks_and_each_unit_reads_its_own(as_user, cast):
    made = open_campaign(cast.units["T"], cast.officer)
    actions.make_plans(made, by=cast.officer, at=now())
    address = reverse("campaign-assignments", args=[made.pk])
    client = as_user("officer")
    page = client.get(address).content.decode()
    assert "3/3 đơn vị phải tổ chức chưa được giao nhiệm vụ cụ thể" in page
    assert "Chưa giao nhiệm vụ vận động" in page
    posted = {"unit": cast.units["X1"].pk, "task": "Vận động nhân dân tham gia", "is_mobilisation": "on"}
    assert client.post(address, posted).status_code == 303
    client.post(address, {"unit": cast.units["X2"].pk, "task": "Mở lớp ở thôn Thượng"})
    assert client.post(address, {"unit": cast.units["X2"].pk, "task": "Mở lớp ở thôn Thượng"}).status_code == 422
    page = client.get(address).content.decode()
    assert "1/3 đơn vị phải tổ chức chưa được giao nhiệm vụ cụ thể" in page
    assert "Chưa giao nhiệm vụ vận động" not in page
    sheet = openpyxl.load_workbook(
        io.BytesIO(b"".join(client.get(address, {"format": "xlsx"}).streaming_content))
    ).active
    cells = [cell for row in sheet.iter_rows(values_only=True) for cell in row]
    assert "Vận động nhân dân tham gia" in cells
    commune = as_user("organiser1")
    page = commune.get(address).content.decode()
    assert "Vận động nhân dân tham gia" in page
    assert "Mở lớp ở thôn Thượng" not in page
    plan = made.plans.get(unit=cast.units["X1"])
    assert "Vận động nhân dân tham gia" in commune.get(reverse("plan", args=[plan.pk])).content.decode()
    assert commune.post(address, posted).status_code == 403
    given = CampaignAssignment.objects.get(unit=cast.units["X1"])
    away = reverse("campaign-assignment-withdraw", args=[made.pk, given.pk])
    assert commune.post(away).status_code == 403
    assert as_user("officer").post(away).status_code == 303
    assert not CampaignAssignment.objects.filter(pk=given.pk).exists()
