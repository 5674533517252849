"""The box that searches everything: kinds, scope, spelling, the page without a script and the list under the box."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from quantriet.attendance.tests.factories import make_campaign, make_class
from quantriet.org.tests.factories import a_person
from quantriet.portal import queries


def kinds(account, typed):
    return {group.kind: [hit.label for hit in group.hits] for group in queries.quick_search(account, typed)}


@pytest.fixture
def busy(cast):
    campaign = make_campaign(cast)
    return make_class(cast, campaign, ["M1", "M2"])


@pytest.mark.req("B-19")
def test_each_kind_is_found_by_its_words_without_marks(cast, busy):
    made = busy.study_class
    assert kinds(cast.officer, "huong thi")["Đảng viên"] == ["Nguyễn Thị Hường"]
    assert kinds(cast.officer, "xa ea tam")["Đơn vị"][0] == "Đảng ủy xã Ea Tam"
    assert made.campaign.name in kinds(cast.officer, made.campaign.name.lower())["Đợt học tập"]
    assert made.title in kinds(cast.officer, made.code)["Lớp học"]
    assert made.title in kinds(cast.officer, made.title)["Lớp học"]
    document = made.campaign.documents.first()
    assert kinds(cast.officer, document.reference_number)["Văn bản"][0] == document.reference_number


def test_nothing_is_found_for_one_letter_or_signs(cast):
    assert kinds(cast.officer, "h") == {}
    assert kinds(cast.officer, "' *") == {}
    assert kinds(cast.officer, "khong co gi") == {}


def test_only_what_the_account_may_see_is_found(cast, busy):
    elsewhere = cast.accounts["organiser2"]
    assert "Đảng viên" not in kinds(elsewhere, "huong thi")
    assert kinds(elsewhere, "chi bo thon") == {"Đơn vị": ["Chi bộ thôn Thượng"]}
    assert kinds(cast.accounts["organiser1"], "huong thi")["Đảng viên"] == ["Nguyễn Thị Hường"]


def test_the_page_works_without_a_script_and_the_list_comes_alone_for_one(cast, as_user):
    client = as_user("officer")
    page = client.get(reverse("quick-search"), {"q": "HƯỜNG"}).content.decode()
    assert "<html" in page
    assert f'href="{reverse("person", args=[cast.people["M1"].pk])}"' in page
    assert "1958, Chi bộ thôn 1, Đảng ủy xã Ea Tam" in page
    part = client.get(reverse("quick-search"), {"q": "HƯỜNG"}, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part
    assert "Nguyễn Thị Hường" in part
    assert "Không có gì khớp" in client.get(reverse("quick-search"), {"q": "khong ai ca"}).content.decode()
    empty = client.get(reverse("quick-search")).content.decode()
    assert "Đồng chí cần tìm gì?" in empty
    assert 'id="quick-q"' in empty


def test_more_than_are_shown_lead_to_the_list(cast, as_user):
    for number in range(8):
        a_person(unit=cast.units["CB11"], code=f"Z{number}", full_name=f"Ngô Văn Khiêm {'ABCDEFGH'[number]}")
    page = as_user("officer").get(reverse("quick-search"), {"q": "khiêm"}).content.decode()
    assert f"{reverse('people-list')}?q=khi%C3%AAm" in page
    assert page.count("Ngô Văn Khiêm") == queries.QUICK


def test_searching_asks_as_much_for_one_as_for_three(cast):
    def asked():
        with CaptureQueriesContext(connection) as seen:
            queries.quick_search(cast.officer, "khiem")
        return len(seen)

    a_person(unit=cast.units["CB11"], code="Z0", full_name="Ngô Văn Khiêm")
    asked()  # the account's rights are read once
    one = asked()
    for number in (1, 2):
        a_person(unit=cast.units["CB12"], code=f"Z{number}", full_name="Ngô Văn Khiêm")
    assert asked() == one
