"""Self-study from a telephone without scripts over a tablet to the proof and the office's desk (R-133)."""

import datetime as dt

import pytest
from django.db.models import F
from django.urls import reverse
from playwright.sync_api import Page, expect

from quantriet.attendance import actions
from quantriet.attendance.models import SelfStudyCourse, SelfStudyFact
from quantriet.attendance.rules.self_study import WrittenQuestion
from quantriet.attendance.tests.self_study_factories import allow, duty, part, study_campaign
from quantriet.campaigns.vocab import DutyReason
from quantriet.kit.time import now, today

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]


def no_overflow(page: Page) -> None:
    over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert over <= 1, f"{page.url} sticks out by {over} px"


def read_for_a_while() -> None:
    """As if every opening had been ten minutes earlier: nobody waits in a test."""
    SelfStudyFact.objects.update(at=F("at") - dt.timedelta(minutes=10))


@pytest.mark.req("R-133")
def test_a_driver_studies_alone_on_two_devices(cast, open_page, desk, sign_in, axe):
    campaign = study_campaign(
        cast, parts=(part(1, words=380, title="Người đứng đầu chịu trách nhiệm"), part(2, "new", words=30))
    )
    ask = WrittenQuestion("Ai chịu trách nhiệm trước cấp trên?", ("Người đứng đầu", "Khách mời"), (0,))
    actions.add_check_questions(campaign, [(1, ask)], by=cast.officer, at=now())
    allow(cast, campaign, "M1", at=now(), from_on=today(), to_on=today() + dt.timedelta(days=3))
    owed = duty(cast, campaign, "M1")

    phone = open_page(390, 844, java_script_enabled=False)
    sign_in(phone, cast.accounts["member1"])
    phone.goto(f"/me/duties/{owed.pk}/")
    phone.get_by_role("link", name="Bắt đầu tự học").click()
    phone.get_by_role("button", name="Bắt đầu tự học").click()
    expect(phone.locator("main")).to_contain_text("Người đứng đầu chịu trách nhiệm")
    phone.get_by_role("link", name="Trả lời kiểm tra").click()
    phone.get_by_label("Khách mời").check()
    phone.get_by_role("button", name="Gửi").click()
    expect(phone.locator(".errors")).to_contain_text("giây nữa")
    expect(phone.get_by_label("Khách mời")).to_be_checked()
    read_for_a_while()
    phone.get_by_role("button", name="Gửi").click()
    expect(phone.locator("body")).to_contain_text("Câu trả lời chưa đúng")

    tablet = open_page(820, 1180)
    sign_in(tablet, cast.accounts["member1"])
    tablet.goto(reverse("my-self-study", args=[owed.pk]))
    no_overflow(tablet)
    axe(tablet)
    tablet.get_by_role("link", name="Học tiếp mục 1").click()
    tablet.get_by_role("link", name="Trả lời kiểm tra").click()
    tablet.get_by_label("Người đứng đầu").check()
    axe(tablet)
    tablet.get_by_role("button", name="Gửi").click()
    expect(tablet.locator("main")).to_contain_text("Mục 2/2")
    tablet.get_by_role("button", name="Mở mục").click()
    read_for_a_while()
    tablet.get_by_role("link", name="Tôi đã đọc xong").click()
    tablet.get_by_label("Tôi đã đọc hết mục này").check()
    tablet.get_by_role("button", name="Gửi").click()
    expect(tablet.locator("main")).to_contain_text("Tự học xong 2/2 mục")
    tablet.get_by_role("link", name="Giấy xác nhận tự học").click()
    expect(tablet.locator("main")).to_contain_text("Mã xác nhận")
    assert duty(cast, campaign, "M1").reason == DutyReason.SELF_STUDY

    sign_in(desk, cast.officer)
    desk.goto(reverse("self-study", args=[campaign.pk]))
    expect(desk.locator("main")).to_contain_text("1/1 người được tự học đã học xong")
    no_overflow(desk)
    axe(desk)
    desk.goto(reverse("self-study-check"))
    desk.get_by_label("Mã trên giấy").fill(SelfStudyCourse.objects.get().code.lower())
    desk.get_by_role("button", name="Kiểm tra").click()
    expect(desk.locator("main")).to_contain_text("Giấy xác nhận đúng")
