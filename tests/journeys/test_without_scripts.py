"""The member's page and the frame of every page, with scripts switched off."""

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]


def test_member_signs_in_reads_and_enlarges_without_scripts(cast, open_page):
    page = open_page(390, 844, java_script_enabled=False)
    page.goto("/me/")
    page.fill("[name=username]", "member1")
    page.fill("[name=password]", "mat-khau-thu-nghiem")
    page.locator("main button[type=submit]").first.click()
    expect(page.locator("h1")).to_contain_text("Nguyễn Thị Hường")
    page.locator(".display__larger").first.click()
    expect(page.locator("html")).to_have_attribute("data-text", "2")
