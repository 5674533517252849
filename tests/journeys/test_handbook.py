"""The handbook on a phone: it can be installed, is read without a line with its age, and keeps nothing after a sign-out."""

import re

import pytest
from playwright.sync_api import Page, expect

from quantriet.campaigns import actions as campaign_actions
from quantriet.campaigns.models import StudyDuty
from quantriet.kit.time import now, today
from quantriet.library.tests.factories import make_document
from quantriet.library.vocab import ContentTier
from quantriet.portal.tests.factories import place, publish_master

pytestmark = pytest.mark.journey

# Every address in every store of the service worker, and what the browser itself remembers.
KEPT = """async () => {
  const found = [];
  for (const name of await caches.keys())
    for (const key of await (await caches.open(name)).keys()) found.push(name + " " + new URL(key.url).pathname);
  return found;
}"""
AGE = re.compile(r"Bản lưu lúc \d\d:\d\d ngày \d\d/\d\d, máy đang không có mạng\.")


@pytest.fixture
def studied(cast):
    """A campaign for the cell CB11 with one document, which is before the public with its content."""
    by, at = cast.officer, now()
    document = make_document(cast)
    publish_master(cast, document)
    place(cast, document)
    rulebook = campaign_actions.add_rulebook(unit=cast.units["T"], name="Quy tắc", by=by, at=at)
    campaign = campaign_actions.add_campaign(
        unit=cast.units["T"], name="Đợt học tập thử", rulebook=rulebook, documents=[document], planned_from=today(),
        planned_to=today(), by=by, at=at,
    )  # fmt: skip
    campaign_actions.add_audience_rule(
        campaign, name="Chi bộ thôn 1", criteria={"units": [cast.units["CB11"].pk]}, tier=ContentTier.GRASSROOTS,
        by=by, at=at,
    )  # fmt: skip
    campaign_actions.prepare_duties(campaign, by=by, at=at)
    campaign.state = "open"
    campaign.save(update_fields=["state"])
    return document, campaign


@pytest.fixture
def handbook(open_page) -> Page:
    """The member's phone, with the service worker let in."""
    return open_page(390, 844, has_touch=True, is_mobile=True, service_workers="allow")


def ready(page: Page) -> None:
    """Wait until the worker serves the page and has fetched what is assigned."""
    page.locator("html[data-gathered]").wait_for(state="attached")


def kept(page: Page) -> list[str]:
    return page.evaluate(KEPT)


@pytest.mark.req("R-131")
@pytest.mark.req("R-132")
@pytest.mark.req("P-15")
def test_the_phone_keeps_what_is_assigned_and_says_how_old_it_is(handbook, cast, studied, sign_in, axe):
    document, campaign = studied
    duty = StudyDuty.objects.get(campaign=campaign, person=cast.people["M1"])
    sign_in(handbook, cast.accounts["member1"])
    handbook.goto("/me/")
    ready(handbook)
    stores = kept(handbook)
    for address in ("/me/", f"/me/duties/{duty.pk}/", f"/me/documents/{document.pk}/", f"/documents/{document.pk}/"):
        assert f"handbook-mine {address}" in stores, stores
    handbook.context.set_offline(True)
    # Never opened, only assigned: still there, with its age.
    handbook.goto(f"/me/documents/{document.pk}/")
    expect(handbook.get_by_text(AGE)).to_be_visible()
    expect(handbook.get_by_role("heading", level=1)).to_contain_text(document.reference_number)
    axe(handbook)
    handbook.goto("/me/")
    expect(handbook.get_by_text(AGE)).to_be_visible()
    # The icon on the phone's screen opens the portal's address: without a line that leads to the member's own page.
    handbook.goto("/")
    expect(handbook).to_have_url(re.compile("/me/$"))
    handbook.goto("/me/record/")
    expect(handbook.get_by_role("heading", level=1)).to_have_text("Máy đang không có mạng")
    expect(handbook.get_by_role("link", name=document.reference_number).first).to_be_visible()
    axe(handbook)
    handbook.context.set_offline(False)
    handbook.goto("/me/")
    expect(handbook.get_by_text(AGE)).to_have_count(0)
