"""Steering committees, propaganda working groups, and who is in charge of propaganda work in a commune."""

import datetime as dt
import io

import openpyxl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from quantriet.kit.refusal import Refusal
from quantriet.kit.time import now, today
from quantriet.org import actions
from quantriet.org.models import BodyMember, PostKind, UnitResponsibility, WorkingBody
from quantriet.org.queries import bodies as body_queries
from quantriet.org.rules.bodies import absent_capacities
from quantriet.org.vocab import BodyKind, BodyRole, MemberCapacity, ResponsibilityKind

pytestmark = pytest.mark.django_db


def found(cast, unit, kind, **given):
    given = {"name": "Ban Chỉ đạo Đề án", "decision_number": "07-QĐ/TU", "valid_from": today(), **given}
    return actions.found_body(cast.units[unit], by=cast.officer, at=now(), kind=kind, **given)


def refused(call, *args, **given) -> str:
    with pytest.raises(Refusal) as problem:
        call(*args, **given)
    return problem.value.code


@pytest.mark.req("R-008")
def test_a_steering_committee_needs_a_standing_body(cast):
    assert refused(found, cast, "T", BodyKind.STEERING) == "body.no_standing_unit"
    body = found(cast, "T", BodyKind.STEERING, standing_unit=cast.units["DN"])
    assert body.standing_unit == cast.units["DN"]
    assert refused(actions.change_body, body, by=cast.officer, at=now(), standing_unit=None) == "body.no_standing_unit"
    body.refresh_from_db()
    assert body.standing_unit == cast.units["DN"]


@pytest.mark.req("R-010")
def test_a_propaganda_group_stands_in_a_commune_once_and_names_who_is_missing(cast):
    assert refused(found, cast, "T", BodyKind.PROPAGANDA) == "body.not_a_commune"
    group = found(cast, "X1", BodyKind.PROPAGANDA, name="Tổ công tác Tuyên giáo")
    assert refused(found, cast, "X1", BodyKind.PROPAGANDA) == "body.founded_already"
    actions.add_body_member(
        group, cast.people["M5"], by=cast.officer, at=now(), role=BodyRole.HEAD, capacity=MemberCapacity.SECRETARY
    )
    assert (
        refused(actions.add_body_member, group, cast.people["M5"], by=cast.officer, at=now(), role=BodyRole.MEMBER)
        == "body.member_already"
    )
    assert (
        refused(actions.add_body_member, group, cast.people["M1"], by=cast.officer, at=now(), role=BodyRole.HEAD)
        == "body.has_head"
    )
    actions.add_body_member(
        group, cast.people["M1"], by=cast.officer, at=now(), role=BodyRole.MEMBER, capacity=MemberCapacity.FRONT
    )
    (row,) = body_queries.propaganda_rows([cast.units["X1"]])
    assert (row.body, row.members) == (group, 2)
    assert row.absent == [
        MemberCapacity.VICE_CHAIR, MemberCapacity.YOUTH, MemberCapacity.MASS, MemberCapacity.OFFICER
    ]  # fmt: skip
    actions.end_body(group, by=cast.officer, at=now(), on=today())
    later = found(cast, "X1", BodyKind.PROPAGANDA, valid_from=today() + dt.timedelta(days=1))
    assert later.pk != group.pk


def test_a_steering_committee_lacks_no_kind_of_member():
    assert absent_capacities(BodyKind.STEERING, set()) == []


@pytest.mark.req("R-009")
def test_only_the_secretary_or_the_standing_deputy_is_in_charge_of_propaganda_work(cast):
    commune = cast.units["X1"]
    given = {
        "by": cast.officer,
        "at": now(),
        "unit": commune,
        "kind": ResponsibilityKind.PROPAGANDA,
        "valid_from": today(),
    }
    assert refused(actions.give_responsibility, cast.people["M1"], **given) == "responsibility.not_secretary"
    actions.give_responsibility(cast.people["M5"], **given)  # secretary of X1
    deputy = PostKind.objects.get(code="PHO_BI_THU_THUONG_TRUC")
    actions.give_post(cast.people["M6"], by=cast.officer, at=now(), post=deputy, unit=commune, valid_from=today())
    assert refused(actions.give_responsibility, cast.people["M6"], **given) == "responsibility.propaganda_taken"
    actions.end_responsibility(UnitResponsibility.objects.get(), by=cast.officer, at=now(), on=today())
    given["valid_from"] = today() + dt.timedelta(days=1)
    actions.give_responsibility(cast.people["M6"], **given)
    assert UnitResponsibility.objects.on(given["valid_from"]).get().person == cast.people["M6"]


def test_to_answer_for_a_unit_and_its_propaganda_work_are_two_charges(cast):
    given = {"by": cast.officer, "at": now(), "unit": cast.units["X1"], "valid_from": today()}
    actions.give_responsibility(cast.people["M5"], kind=ResponsibilityKind.DIRECT, **given)
    actions.give_responsibility(cast.people["M5"], kind=ResponsibilityKind.PROPAGANDA, **given)
    assert UnitResponsibility.objects.count() == 2


@pytest.mark.req("R-008", "R-010")
def test_the_pages_make_a_body_fill_it_and_end_it(as_user, cast):
    client = as_user("organiser1")
    assert "Chưa ghi Ban Chỉ đạo, Tổ công tác nào" in client.get(reverse("body-list")).content.decode()
    page = client.post(reverse("body-new"), {
        "kind": "propaganda", "unit": "X1", "name": "Tổ công tác Tuyên giáo xã Ea Tam", "decision_number": "12-QĐ/ĐU",
        "valid_from": f"{today():%d/%m/%Y}",
    })  # fmt: skip
    body = WorkingBody.objects.get()
    address = reverse("body", args=[body.pk])
    assert (page.status_code, page.url) == (303, address)
    wrong = client.post(address, {"person": "Trần Văn Bình", "role": "member"}).content.decode()
    assert "Có nhiều người tên “Trần Văn Bình”" in wrong
    assert "M2" in wrong
    assert "M7" in wrong
    client.post(address, {"person": "M2", "role": "head", "capacity": "secretary"})
    shown = client.get(address).content.decode()
    assert "Trần Văn Bình" in shown
    assert "Thành phần còn thiếu" in shown
    assert client.post(reverse("body-member-remove", args=[BodyMember.objects.get().pk])).status_code == 303
    assert not BodyMember.objects.exists()
    client.post(reverse("body-end", args=[body.pk]), {"on": f"{today():%d/%m/%Y}"})
    body.refresh_from_db()
    assert body.valid_to == today()


def test_another_commune_and_a_reader_change_nothing(as_user, cast):
    body = found(cast, "X1", BodyKind.PROPAGANDA)
    other = as_user("organiser2")
    assert other.get(reverse("body", args=[body.pk])).status_code == 404
    assert other.get(reverse("body-edit", args=[body.pk])).status_code == 404
    reader = as_user("leader1")
    assert reader.get(reverse("body", args=[body.pk])).status_code == 200
    assert reader.post(reverse("body", args=[body.pk]), {"person": "M1", "role": "member"}).status_code == 403
    assert reader.post(reverse("body-end", args=[body.pk]), {}).status_code == 403


@pytest.mark.req("R-009")
def test_the_officer_sees_the_communes_without_anybody_in_charge(as_user, cast):
    actions.give_responsibility(
        cast.people["M5"], by=cast.officer, at=now(), unit=cast.units["X1"], kind=ResponsibilityKind.PROPAGANDA,
        valid_from=today(),
    )  # fmt: skip
    client = as_user("officer")
    page = client.get(reverse("propaganda-work")).content.decode()
    assert "1/2 đơn vị cấp xã chưa phân công" in page
    only = client.get(reverse("propaganda-work"), {"lead": "none"}).content.decode()
    assert "Đảng ủy xã Suối Ngần" in only
    assert "Đảng ủy xã Ea Tam" not in only.partition("<tbody>")[2]
    answer = client.get(reverse("propaganda-work"), {"format": "xlsx"})
    sheet = openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content))).active
    cells = [cell for row in sheet.iter_rows(values_only=True) for cell in row]
    assert cast.people["M5"].full_name in cells


@pytest.mark.parametrize("name", ["body-list", "propaganda-work"])
def test_lists_ask_as_often_for_many_as_for_one(as_user, cast, name):
    client = as_user("officer")

    def queries() -> int:
        client.get(reverse(name))
        with CaptureQueriesContext(
            connection,
        ) as seen:
            client.get(reverse(name))
        return len(seen)

    first = found(cast, "X1", BodyKind.PROPAGANDA)
    actions.add_body_member(first, cast.people["M1"], by=cast.officer, at=now(), role=BodyRole.MEMBER)
    one = queries()
    second = found(cast, "X2", BodyKind.PROPAGANDA)
    actions.add_body_member(second, cast.people["M10"], by=cast.officer, at=now(), role=BodyRole.MEMBER)
    found(cast, "T", BodyKind.STEERING, standing_unit=cast.units["DN"])
    assert queries() == one
