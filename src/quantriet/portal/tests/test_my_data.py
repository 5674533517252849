"""The member's own record: everything that counts, complete, in a handful of reads; who looked and who changed."""

import datetime as dt

import pytest
from django.urls import reverse

from quantriet.campaigns import actions as campaign_actions
from quantriet.campaigns.models import StudyCampaign, StudyDuty
from quantriet.campaigns.vocab import ATTEND, DutyReason, DutyState
from quantriet.kit.time import now, today
from quantriet.org import actions
from quantriet.org.actions import privacy
from quantriet.org.models import PostKind
from quantriet.portal import queries


def a_duty(cast, person, number, state=DutyState.DONE, reason=DutyReason.ATTENDED):
    rulebook = campaign_actions.add_rulebook(unit=cast.units["T"], name=f"Quy tắc {number}", by=None, at=now())
    campaign = StudyCampaign.objects.create(
        unit=cast.units["T"], name=f"Đợt {number}", rulebook=rulebook, state="closed", planned_from=today(),
        planned_to=today(), closed_at=now(),
    )  # fmt: skip
    return StudyDuty.objects.create(
        campaign=campaign, person=person, unit=person.unit, kind=ATTEND, tier="grassroots", state=state, reason=reason,
        sentence=f"Có mặt đủ ở đợt {number}.", due_on=today(), settled_at=now() if state == DutyState.DONE else None,
    )  # fmt: skip


@pytest.mark.req("R-155")
def test_the_record_is_complete_with_duties_and_rights(cast, as_user):
    person = cast.people["M1"]
    a_duty(cast, person, 1)
    a_duty(cast, person, 2, DutyState.OWING, DutyReason.NOT_YET)
    secretary = PostKind.objects.get(code="BI_THU")
    actions.give_post(
        person, by=None, at=now(), post=secretary, unit=cast.units["CB12"], valid_from=dt.date(2015, 1, 1)
    )
    actions.give_exemption(
        person, by=None, at=now(), valid_from=dt.date(2026, 1, 1), valid_to=None, reason="Tuổi cao", basis="Đơn 3"
    )
    actions.transfer_person(person, by=None, at=now(), to=cast.units["CB12"], on=today(), basis="QĐ 7")
    page = as_user("member1").get(reverse("my-record")).content.decode()
    for words in (
        "Đợt 1", "Đợt 2", "Có mặt đủ ở đợt 1.", "đã học 1, được miễn 0, còn nợ 1", "Bí thư", "Chi bộ thôn 2", "từ 01/01/2015", "Tuổi cao",
        "Đơn 3", "Chi bộ thôn 1 → Chi bộ thôn 2", "QĐ 7", "vào danh sách: Chi bộ thôn 1", "Trách nhiệm.", "Quyền lợi.",
    ):  # fmt: skip
        assert words in page, words


@pytest.mark.parametrize("count", [1, 3])
def test_the_record_costs_the_same_for_one_and_three(cast, count, django_assert_max_num_queries):
    for number in range(count):
        a_duty(cast, cast.people["M1"], number)
    with django_assert_max_num_queries(12):
        record = queries.record_of(cast.people["M1"])
    assert len(record.duties) == record.done == count


@pytest.mark.req("P-06")
def test_a_member_reads_who_looked_and_who_changed(cast, as_user):
    person = cast.people["M1"]
    privacy.note_look(cast.accounts["leader1"], person, privacy.LOOKED, at=now())
    privacy.note_list(cast.officer, cast.units["X1"], "tải danh sách người ra Excel", 9, at=now())
    actions.change_person(person, by=cast.officer, at=now(), phone="0905123456")
    page = as_user("member1").get(reverse("my-looks")).content.decode()
    assert "leader1</strong> (Lãnh đạo, Đảng ủy xã Ea Tam) xem trang thông tin cá nhân" in page
    assert "tải danh sách người ra Excel: Đảng ủy xã Ea Tam, 9 người" in page
    assert "officer</strong> sửa thông tin" in page
    assert "0905123456" in page
    assert "leader1" not in as_user("member10").get(reverse("my-looks")).content.decode()


@pytest.mark.parametrize("count", [1, 3])
def test_the_page_of_looks_costs_the_same_for_one_and_three(cast, as_user, count, django_assert_max_num_queries):
    person = cast.people["M1"]
    for name in ("leader", "leader1", "inspector")[:count]:
        privacy.note_look(cast.accounts[name], person, privacy.LOOKED, at=now())
        actions.change_person(person, by=cast.officer, at=now(), occupation=f"Việc {name}")
    client = as_user("member1")
    with django_assert_max_num_queries(12):
        assert client.get(reverse("my-looks")).status_code == 200


def test_the_home_of_a_member_leads_to_record_and_data(cast, as_user):
    page = as_user("member1").get(reverse("me")).content.decode()
    for name in ("my-record", "my-looks", "my-requests", "my-data", "privacy"):
        assert reverse(name) in page
