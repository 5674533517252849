"""The life of a campaign: rulebooks, deadlines, cascade, emergency changes, review."""

import datetime as dt
from decimal import Decimal

import pytest
from django.core.files.base import ContentFile
from django.db import transaction
from django.urls import reverse

from quantriet.audit.models import AuditEvent
from quantriet.campaigns import actions, queries
from quantriet.campaigns.models import CampaignPlan, StudyCampaign, StudyDuty
from quantriet.campaigns.rules import boards, deadline
from quantriet.campaigns.rules.boards import Count
from quantriet.campaigns.tests import factories
from quantriet.campaigns.vocab import CampaignState, PlanState, RuleKey, StudyForm
from quantriet.kit.refusal import Refusal, Refusals
from quantriet.kit.time import now, today


def test_a_rulebook_ships_with_the_rules_of_the_guidance(cast):
    campaign = factories.campaign(cast.units["T"], cast.officer)
    limit = queries.rule_in_force(campaign, RuleKey.RETAKE_LIMIT_PERCENT)
    assert (limit.value, limit.basis) == (Decimal(40), "mục 3 Hướng dẫn 26-HD/BTGTU")


def test_a_new_value_ends_the_old_one_the_day_before(cast):
    campaign = factories.campaign(cast.units["T"], cast.officer)
    start = dt.date(2027, 1, 1)
    actions.set_rule_value(
        campaign.rulebook, key=RuleKey.RETAKE_LIMIT_PERCENT, value="30", basis="Quy định 5-QĐ/TU", valid_from=start,
        by=cast.officer, at=now(),
    )  # fmt: skip
    assert queries.rule_in_force(campaign, RuleKey.RETAKE_LIMIT_PERCENT, dt.date(2026, 12, 31)).value == 40
    assert queries.rule_in_force(campaign, RuleKey.RETAKE_LIMIT_PERCENT, start).basis == "Quy định 5-QĐ/TU"
    with pytest.raises(Refusal) as refusal:
        actions.set_rule_value(
            campaign.rulebook, key=RuleKey.RETAKE_LIMIT_PERCENT, value="35", basis="Quy định 6-QĐ/TU", valid_from=start,
            by=cast.officer, at=now(),
        )  # fmt: skip
    assert refusal.value.code == "rulebook.not_after_last"


def test_no_verdict_is_made_up_without_a_rule(cast):
    campaign = factories.campaign(cast.units["T"], cast.officer)
    with pytest.raises(Refusal) as refusal:
        queries.rule_in_force(campaign, RuleKey.RETAKE_LIMIT_PERCENT, dt.date(2000, 1, 1))
    assert refusal.value.code == "rulebook.value_missing"
    assert "Quy tắc chung" in refusal.value.sentence


def test_a_value_needs_a_basis_and_a_sensible_share(cast):
    rulebook = factories.rulebook(cast.units["T"], cast.officer)
    for value, basis, code in (("50", " ", "rulebook.basis_missing"), ("120", "mục 3", "rulebook.value_out_of_range")):
        with pytest.raises(Refusal) as refusal:
            actions.set_rule_value(
                rulebook,
                key=RuleKey.RETAKE_LIMIT_PERCENT,
                value=value,
                basis=basis,
                valid_from=today(),
                by=None,
                at=now(),
            )
        assert refusal.value.code == code


def test_a_lower_unit_uses_the_rulebook_of_a_superior(cast):
    factories.rulebook(cast.units["T"], cast.officer)
    campaign = factories.campaign(cast.units["X1"], cast.officer)
    assert campaign.rulebook.unit == cast.units["T"]
    foreign = factories.rulebook(cast.units["X2"], cast.officer)
    with pytest.raises(Refusals):
        actions.change_campaign(campaign, rulebook=foreign, by=cast.officer, at=now())


@pytest.mark.req("R-023")
def test_a_document_to_be_finished_earlier_sets_the_last_day(cast):
    assert deadline.due_on(dt.date(2021, 12, 31), [None, dt.date(2021, 12, 15)]) == dt.date(2021, 12, 14)
    document = factories.document(cast.units["T"], cast.officer, finish_before_on=today() + dt.timedelta(days=10))
    campaign = factories.open_campaign(cast.units["T"], cast.officer, documents=[document])
    assert set(StudyDuty.objects.values_list("due_on", flat=True)) == {today() + dt.timedelta(days=9)}
    assert "phải học xong trước ngày" in queries.deadline_warnings(campaign)[0]
    actions.change_campaign(campaign, planned_to=today() + dt.timedelta(days=5), by=cast.officer, at=now())
    assert set(StudyDuty.objects.values_list("due_on", flat=True)) == {today() + dt.timedelta(days=5)}


@pytest.mark.req("R-030")
def test_an_open_campaign_stands_at_each_lower_unit_that_organises(cast):
    campaign = factories.open_campaign(cast.units["T"], cast.officer)
    plans = {plan.unit.code: plan for plan in CampaignPlan.objects.filter(campaign=campaign)}
    assert plans.keys() == {"X1", "X2", "DN", "CS1"}
    assert plans["CS1"].parent == plans["DN"]
    assert {plan.state for plan in plans.values()} == {PlanState.TO_SCHEDULE}


def test_cells_organise_where_the_organiser_stands_above_them(cast):
    campaign = factories.open_campaign(cast.units["X1"], cast.officer)
    assert set(campaign.plans.values_list("unit__code", flat=True)) == {"CB11", "CB12"}


@pytest.mark.req("R-034", "R-035")
def test_an_emergency_changes_the_form_and_keeps_its_instruction(cast, as_user):
    campaign = factories.open_campaign(cast.units["T"], cast.officer)
    given = {"situation": "Bão số 9", "instruction": "Công văn 12-CV/TU ngày 20/11/2026", "form": StudyForm.ONLINE}
    with pytest.raises(Refusals):
        actions.change_form(campaign, cast.units["X1"], **{**given, "instruction": ""}, by=cast.officer, at=now())
    plan = CampaignPlan.objects.get(campaign=campaign, unit=cast.units["X1"])
    actions.schedule_plan(
        plan, form=StudyForm.IN_PERSON, planned_from=today(), planned_to=today(), assignment="Văn phòng: hội trường",
        by=cast.officer, at=now(),
    )  # fmt: skip
    later = today() + dt.timedelta(days=9)
    change = actions.change_form(
        campaign, cast.units["X1"], **given, postponed_to=later,
        instruction_file=ContentFile("Công văn về việc ứng phó bão".encode(), "12-CV-TU.txt"), by=cast.officer, at=now(),
    )  # fmt: skip
    plan.refresh_from_db()
    assert (plan.form, plan.state, plan.planned_from) == (StudyForm.ONLINE, PlanState.POSTPONED, later)
    assert change.form_before == StudyForm.IN_PERSON
    assert CampaignPlan.objects.get(campaign=campaign, unit=cast.units["X2"]).form == ""
    for address in (
        reverse("campaign", args=[campaign.pk]),
        reverse("plan", args=[plan.pk]),
        reverse("campaign-board", args=[campaign.pk]),
    ):
        assert "Công văn 12-CV/TU ngày 20/11/2026" in as_user("organiser1").get(address).content.decode()
    file = as_user("organiser1").get(reverse("campaign-form-file", args=[campaign.pk, change.pk]))
    assert "ứng phó bão" in b"".join(file.streaming_content).decode()
    file.close()


@pytest.mark.req("B-18")
def test_marked_words_do_not_enter(cast):
    campaign = factories.open_campaign(cast.units["T"], cast.officer)
    for write in (
        lambda: actions.change_campaign(campaign, instructions="TỐI MẬT\nNội dung", by=cast.officer, at=now()),
        lambda: actions.review_campaign(campaign, cast.units["T"], lessons="MẬT\nBài học", by=cast.officer, at=now()),
        lambda: actions.change_form(
            campaign, cast.units["T"], situation="Bão", instruction="Công văn 1-CV/TU", form="online",
            instruction_file=ContentFile("TUYỆT MẬT\nNội dung chỉ đạo".encode(), "cv.txt"), by=cast.officer, at=now(),
        ),
    ):  # fmt: skip
        with pytest.raises(Refusal) as refusal:
            write()
        assert refusal.value.code == "secret.marked"


@pytest.mark.req("R-036", "R-037")
def test_lessons_are_kept_and_shown_when_the_next_campaign_is_planned(cast, as_user):
    old = factories.open_campaign(cast.units["T"], cast.officer)
    client = as_user("officer")
    answer = client.post(
        reverse("campaign-review", args=[old.pk]),
        {"lessons": "Mời báo cáo viên sớm hơn", "praise": "Đảng ủy xã Ea Tam", "criticism": ""},
    )
    assert answer.status_code == 303
    actions.close_campaign(old, by=cast.officer, at=now())
    page = client.get(reverse("campaign-review", args=[old.pk])).content.decode()
    assert "Đảng ủy xã Ea Tam" in page
    assert "Mời báo cáo viên sớm hơn" in client.get(reverse("campaign-new")).content.decode()
    assert client.post(reverse("campaign-review", args=[old.pk]), {"lessons": ""}).status_code == 200


def test_an_ended_campaign_takes_nothing_more(cast):
    campaign = factories.open_campaign(cast.units["T"], cast.officer)
    actions.close_campaign(campaign, by=cast.officer, at=now())
    duty = StudyDuty.objects.first()
    for write in (
        lambda: actions.settle_duties([factories.done(duty)], by=cast.officer, at=now()),
        lambda: actions.change_campaign(campaign, name="Tên khác", by=cast.officer, at=now()),
        lambda: actions.cancel_campaign(campaign, reason="Nhầm", by=cast.officer, at=now()),
        lambda: actions.sync_audience(campaign, by=cast.officer, at=now()),
        lambda: actions.add_audience_rule(campaign, name="Thêm", by=cast.officer, at=now()),
    ):
        with pytest.raises(Refusal), transaction.atomic():
            write()


def test_cancelling_needs_a_reason_and_leaves_the_lower_units(cast, as_user):
    campaign = factories.open_campaign(cast.units["T"], cast.officer)
    with pytest.raises(Refusal):
        actions.cancel_campaign(campaign, reason=" ", by=cast.officer, at=now())
    as_user("officer").post(reverse("campaign-cancel", args=[campaign.pk]), {"reason": "Có kế hoạch mới"})
    campaign.refresh_from_db()
    assert campaign.state == CampaignState.CANCELLED
    assert as_user("organiser1").get(reverse("campaign", args=[campaign.pk])).status_code == 404
    assert AuditEvent.objects.get(verb="campaign.cancelled").after["reason"] == "Có kế hoạch mới"


@pytest.mark.req("R-075")
def test_the_participation_rate_is_of_those_who_must_study(cast):
    campaign = factories.open_campaign(cast.units["T"], cast.officer)
    duties = list(StudyDuty.objects.filter(campaign=campaign))
    actions.settle_duties([factories.done(duty) for duty in duties[:9]], by=cast.officer, at=now())
    total = queries.board(campaign, cast.units["T"], "read").total
    assert (total.done, total.obliged, total.exempt) == (9, 12, 0)


@pytest.mark.parametrize(
    "count, figures, sentence",
    [
        (Count(0, 0, 0), (0, 0, 0), "Chưa có ai phải học ở đây, lúc này."),
        (Count(10, 0, 90), (10, 36, 3), "Còn 10 đơn vị chưa tổ chức, lúc này."),
        (Count(10, 0, 90), (0, 36, 3), "Còn 3 đơn vị chưa báo cáo, lúc này."),
        (Count(10, 0, 90), (0, 0, 0), "Còn 90 người chưa học xong, lúc này."),
        (Count(4412, 8, 0), (0, 0, 0), "Tất cả 4.412 người phải học đã học xong, lúc này."),
    ],
)
def test_the_sentence_of_the_board(count, figures, sentence):
    unorganised, organising, silent = figures
    said = boards.sentence(count, unorganised=unorganised, organising=organising, silent=silent, when="lúc này")
    assert said == sentence


def test_what_needs_a_hand_stands_first():
    silent = boards.needs_a_hand(Count(0, 0, 5), silent=True)
    late = boards.needs_a_hand(Count(1, 0, 9), silent=False)
    fine = boards.needs_a_hand(Count(9, 0, 1), silent=False)
    nobody = boards.needs_a_hand(Count(0, 4, 0), silent=False)
    assert sorted([nobody, fine, late, silent]) == [silent, late, fine, nobody]


def test_actions_judge_the_campaign_as_it_stands_now(cast):
    """Two pages open on one campaign: what one has closed the other does not change, and nothing older is written back."""
    campaign = factories.campaign(cast.units["T"], cast.officer)
    stale = StudyCampaign.objects.get(pk=campaign.pk)
    actions.change_campaign(campaign, plan_number="12-KH/TU", by=cast.officer, at=now())
    actions.change_campaign(stale, name="Đợt đã đổi tên", by=cast.officer, at=now())
    campaign.refresh_from_db()
    assert (campaign.name, campaign.plan_number) == ("Đợt đã đổi tên", "12-KH/TU")
    rule = campaign.audience_rules.get()
    stale = StudyCampaign.objects.get(pk=campaign.pk)
    actions.cancel_campaign(campaign, reason="Thay bằng đợt khác", by=cast.officer, at=now())
    for write in (
        lambda: actions.change_campaign(stale, name="Tên khác", by=cast.officer, at=now()),
        lambda: actions.add_audience_rule(stale, name="Thêm", by=cast.officer, at=now()),
        lambda: actions.change_audience_rule(rule, name="Khác", by=cast.officer, at=now()),
        lambda: actions.prepare_duties(stale, by=cast.officer, at=now()),
        lambda: actions.sync_audience(stale, by=cast.officer, at=now()),
    ):
        with pytest.raises(Refusal), transaction.atomic():
            write()


@pytest.mark.django_db
@pytest.mark.req("R-021")
def test_a_campaign_on_a_replaced_document_is_warned_in_words(cast, as_user):
    from quantriet.library import actions as library_actions
    from quantriet.library.vocab import RelationKind

    campaign = factories.campaign(cast.units["T"], cast.officer)
    old = campaign.documents.get()
    new = factories.document(cast.units["T"], cast.officer, "30-HD/BTGTU", issued_on=today())
    address = reverse("campaign", args=[campaign.pk])
    assert "đã được thay thế" not in as_user("officer").get(address).content.decode()
    library_actions.add_relation(new, by=cast.officer, at=now(), kind=RelationKind.REPLACES, target=old)
    page = as_user("officer").get(address).content.decode()
    assert f"{old.citation} đã được thay thế bằng {new.citation}" in page
