"""The handbook on a phone: it can be installed, is read without a line with its age, and keeps nothing after a sign-out."""

import re

import pytest
from playwright.sync_api import Page, expect

from quantriet.campaigns import actions as campaign_actions
from quantriet.campaigns.models import StudyDuty
from quantriet.campaigns.tests.test_materials import released
from quantriet.kit.time import now, today
from quantriet.library.tests.factories import make_document
from quantriet.library.vocab import Audience, ContentTier, MaterialKind
from quantriet.portal.tests.factories import place, publish_master
from quantriet.portal.tests.test_public_works import bring

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


def test_the_size_chosen_without_a_line_holds_for_every_page(handbook, cast, studied, sign_in):
    document, _campaign = studied
    root = handbook.locator("html")
    larger, smaller = handbook.locator("[data-step='1']"), handbook.locator("[data-step='-1']")
    sign_in(handbook, cast.accounts["member1"])
    handbook.goto("/me/")
    ready(handbook)
    handbook.context.set_offline(True)
    handbook.goto("/me/")
    larger.first.click()
    larger.first.click()
    expect(root).to_have_attribute("data-text", "3")
    # The copy, and what stands in for a page without one, come out of the store in that size already: nothing jumps.
    for address in (f"/me/documents/{document.pk}/", f"/documents/{document.pk}/", "/me/record/"):
        assert '<html lang="vi" data-text="3">' in handbook.goto(address).text(), address
    handbook.context.set_offline(False)
    handbook.goto("/me/")
    expect(root).to_have_attribute("data-text", "3")
    expect(handbook.get_by_text(AGE)).to_have_count(0)
    # Chosen with a line: copies made before, and the page one goes back to, are shown in it.
    handbook.goto(f"/me/documents/{document.pk}/")
    smaller.first.click()
    smaller.first.click()
    handbook.go_back()
    expect(root).not_to_have_attribute("data-text", re.compile("."))
    handbook.context.set_offline(True)
    handbook.goto("/me/")
    expect(handbook.get_by_text(AGE)).to_be_visible()
    expect(root).not_to_have_attribute("data-text", re.compile("."))
    expect(smaller.first).to_have_attribute("aria-disabled", "true")


@pytest.mark.req("R-131")
def test_panels_and_files_that_were_opened_are_there_without_a_line(handbook, cast, studied, sign_in):
    document, _campaign = studied
    panel = bring(cast, document.masters.get(), MaterialKind.PANEL)
    file = released(cast, document, Audience.PUBLIC)
    page, own = f"/me/documents/{document.pk}/", f"/me/documents/{document.pk}/works/{panel.pk}/"
    shared, paper = f"/documents/{document.pk}/works/{panel.pk}/", f"/documents/{document.pk}/materials/{file.pk}/"
    shown = "image => image.complete && image.naturalWidth > 0"

    def see(address: str, picture: str):
        handbook.goto(address)
        image = handbook.locator(f"img[src='{picture}']")
        image.scroll_into_view_if_needed()
        return image

    def fetch_paper() -> str:
        with handbook.expect_download() as fetched:
            handbook.locator(f"a[href='{paper}']").click()
        return fetched.value.path().read_text()

    sign_in(handbook, cast.accounts["member1"])
    handbook.goto("/me/")
    ready(handbook)
    assert not [one for one in kept(handbook) if own in one]  # what goes with an assigned page is not fetched ahead
    see(page, own)
    see(f"/documents/{document.pk}/", shared)
    whole = fetch_paper()
    for one in (f"handbook-mine {own}", f"handbook-public {shared}", f"handbook-public {paper}"):
        handbook.wait_for_function(f"async () => (await ({KEPT})()).includes({one!r})")
    handbook.context.set_offline(True)
    for address, picture in ((page, own), (f"/documents/{document.pk}/", shared)):
        image = see(address, picture)
        expect(handbook.get_by_text(AGE)).to_be_visible()
        handbook.wait_for_function(shown, arg=image.element_handle())
    assert fetch_paper() == whole
    handbook.context.set_offline(False)
    leave(handbook)
    assert not [one for one in kept(handbook) if own in one]
    assert f"handbook-public {shared}" in kept(handbook)


@pytest.mark.parametrize(("more", "is_kept"), [(0, True), (-1, False)])
def test_what_is_too_large_for_a_phone_is_not_kept(handbook, cast, studied, monkeypatch, more, is_kept):
    document, _campaign = studied
    panel = bring(cast, document.masters.get(), MaterialKind.PANEL)
    monkeypatch.setattr("quantriet.portal.web.handbook.LARGEST", panel.size + more)
    handbook.goto("/")
    handbook.evaluate("navigator.serviceWorker.ready.then(() => true)")
    handbook.goto(f"/documents/{document.pk}/")
    image = handbook.locator(f"img[src='/documents/{document.pk}/works/{panel.pk}/']")
    image.scroll_into_view_if_needed()
    handbook.wait_for_function("image => image.complete && image.naturalWidth > 0", arg=image.element_handle())
    handbook.wait_for_load_state("networkidle")
    assert any("/works/" in one for one in kept(handbook)) == is_kept


def leave(page: Page) -> None:
    """Sign out by the menu, as a person does."""
    page.goto("/me/")
    page.locator("details[data-menu] summary").click()
    page.get_by_role("button", name="Đăng xuất").click()
    page.wait_for_url("**/sign-in/**")


@pytest.mark.req("R-131")
def test_it_can_be_installed(handbook, cast, studied):
    handbook.goto("/")
    handbook.evaluate("navigator.serviceWorker.ready.then(() => true)")
    session = handbook.context.new_cdp_session(handbook)
    manifest = session.send("Page.getAppManifest")
    assert manifest["url"].endswith("/manifest.webmanifest")
    assert not manifest["errors"], manifest["errors"]
    faults = [one["errorId"] for one in session.send("Page.getInstallabilityErrors")["installabilityErrors"]]
    assert [one for one in faults if one not in ("in-incognito", "not-offline-capable")] == []
    # A public page that was opened is read again without a line, by a stranger too.
    document, _campaign = studied
    handbook.goto(f"/documents/{document.pk}/")
    handbook.wait_for_load_state("networkidle")
    handbook.context.set_offline(True)
    handbook.goto(f"/documents/{document.pk}/")
    expect(handbook.get_by_text(AGE)).to_be_visible()
    expect(handbook.get_by_text("Bí thư trực tiếp lãnh đạo.").first).to_be_visible()


def test_signing_out_wipes_what_was_the_members_own(handbook, cast, studied, sign_in):
    document, _campaign = studied
    sign_in(handbook, cast.accounts["member1"])
    handbook.goto("/me/")
    ready(handbook)
    assert [one for one in kept(handbook) if one.startswith("handbook-mine")]
    leave(handbook)
    assert not [one for one in kept(handbook) if one.startswith("handbook-mine")]
    handbook.context.set_offline(True)
    for address in ("/me/", f"/me/documents/{document.pk}/", f"/documents/{document.pk}/"):
        handbook.goto(address)
        expect(handbook.get_by_role("heading", level=1)).to_have_text("Máy đang không có mạng")
    expect(handbook.get_by_text(cast.people["M1"].full_name)).to_have_count(0)


def test_another_account_or_an_ended_session_finds_nothing(handbook, cast, studied, sign_in):
    sign_in(handbook, cast.accounts["member1"])
    handbook.goto("/me/")
    ready(handbook)
    # The session ends without a sign-out: the first answer of the server that knows nobody wipes the copies.
    handbook.context.clear_cookies(name="sessionid")
    handbook.goto("/me/")
    expect(handbook).to_have_url(re.compile("/sign-in/"))
    handbook.wait_for_load_state("networkidle")
    assert not [one for one in kept(handbook) if one.startswith("handbook-mine")]
    sign_in(handbook, cast.accounts["member1"])
    handbook.goto("/me/")
    ready(handbook)
    sign_in(handbook, cast.accounts["secretary11"])
    handbook.goto("/me/")
    ready(handbook)
    handbook.context.set_offline(True)
    handbook.goto("/me/")
    expect(handbook.get_by_role("heading", level=1)).to_contain_text(cast.people["M2"].full_name)


def test_an_ended_session_is_noticed_on_a_slow_line_too(handbook, cast, studied, sign_in, monkeypatch):
    monkeypatch.setattr("quantriet.portal.web.handbook.PATIENCE", 1)  # every line is slow
    sign_in(handbook, cast.accounts["member1"])
    handbook.goto("/me/")
    ready(handbook)
    handbook.goto("/me/")
    expect(handbook.locator("[data-kept=slow]")).to_be_visible()
    handbook.context.clear_cookies(name="sessionid")
    handbook.goto("/me/")
    expect(handbook).to_have_url(re.compile("/sign-in/"))
    assert not [one for one in kept(handbook) if one.startswith("handbook-mine")]


def test_the_desk_is_never_kept(handbook, cast, studied, sign_in):
    document, campaign = studied
    sign_in(handbook, cast.officer)
    handbook.goto("/documents/")  # lets the worker in; the desk itself does not
    handbook.evaluate("navigator.serviceWorker.ready.then(() => true)")
    handbook.goto("/")
    handbook.goto(f"/desk/campaigns/{campaign.pk}/board/")
    handbook.goto(f"/desk/documents/{document.pk}/")
    handbook.goto("/me/record/")
    handbook.goto("/me/")
    handbook.wait_for_load_state("networkidle")
    stores = kept(handbook)
    assert not [one for one in stores if "/desk/" in one or "/record/" in one], stores
    assert "handbook-mine /" not in stores  # the overview of an officer
    handbook.context.set_offline(True)
    handbook.goto("/documents/")
    expect(handbook.get_by_text(AGE)).to_be_visible()


def test_a_full_phone_drops_the_oldest_and_says_so(handbook, cast, studied, sign_in):
    sign_in(handbook, cast.accounts["member1"])
    handbook.goto("/me/")
    ready(handbook)
    for page in ("/news/", "/questions/", "/documents/"):
        handbook.goto(page)
    handbook.wait_for_load_state("networkidle")
    session = handbook.context.new_cdp_session(handbook)
    session.send("Storage.overrideQuotaForOrigin", {"origin": handbook.evaluate("location.origin"), "quotaSize": 1})
    handbook.goto("/me/materials/")
    expect(handbook.get_by_text("Máy sắp hết chỗ: đã bỏ các bản lưu cũ nhất.", exact=False)).to_be_visible()
    expect(handbook.get_by_role("heading", level=1)).to_have_text("Tài liệu của tôi")


def test_a_new_version_waits_until_it_is_wanted(handbook, cast, studied, sign_in, monkeypatch):
    sign_in(handbook, cast.accounts["member1"])
    handbook.goto("/me/")
    ready(handbook)
    monkeypatch.setattr("quantriet.portal.web.handbook.__version__", "0.2.0")
    handbook.goto("/me/")
    handbook.evaluate("window.stays = true")
    line = handbook.get_by_text("Có bản mới, bấm để tải lại.")
    expect(line).to_be_visible()
    assert handbook.evaluate("window.stays") is True  # nothing is loaded by itself in mid-reading
    handbook.get_by_role("button", name="Tải lại").click()
    expect(line).to_have_count(0)
    assert handbook.evaluate("window.stays") is None


def test_notes_stay_on_the_phone_and_are_nobody_elses(handbook, cast, studied, sign_in, axe):
    document, _campaign = studied
    sign_in(handbook, cast.accounts["member1"])
    handbook.goto(f"/me/documents/{document.pk}/")
    area = handbook.get_by_label("Ghi chú về văn bản này")
    area.fill("Hỏi lại về thời hạn học bù")
    handbook.get_by_role("button", name="Đánh dấu trang này").click()
    expect(handbook.get_by_text("Đã lưu trên máy.")).to_be_visible()
    handbook.wait_for_timeout(500)
    axe(handbook)
    stored = handbook.evaluate("JSON.stringify(localStorage)")
    assert "handbook-notes:" in stored
    assert "học bù" not in stored
    handbook.goto("/me/")
    expect(handbook.get_by_text("Hỏi lại về thời hạn học bù")).to_be_visible()
    sign_in(handbook, cast.accounts["secretary11"])
    handbook.goto("/me/")
    expect(handbook.get_by_text("Trang đã đánh dấu và ghi chú khi đọc hiện ở đây.")).to_be_visible()
    sign_in(handbook, cast.accounts["member1"])
    handbook.goto(f"/me/documents/{document.pk}/")
    expect(area).to_have_value("Hỏi lại về thời hạn học bù")


@pytest.mark.req("R-125")
def test_a_form_needs_the_line_and_pages_fit_phone_and_tablet(handbook, cast, studied, sign_in, axe):
    document, campaign = studied
    file = released(cast, document)
    sign_in(handbook, cast.accounts["secretary11"])
    # The phone and the desk are looked at page by page elsewhere; what no link leads to, and the tablet, here.
    people = f"/desk/campaigns/{campaign.pk}/materials/people/"
    for width, height, addresses in (
        (820, 1180, ("/me/", "/me/materials/", "/offline/", people)),
        (390, 844, ("/offline/", people)),
        (1280, 900, ("/offline/",)),
    ):
        handbook.set_viewport_size({"width": width, "height": height})
        for address in addresses:
            handbook.goto(address)
            axe(handbook)
            over = handbook.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert over <= 1, f"{address} at {width}"
    handbook.goto("/me/materials/")
    with handbook.expect_download():
        handbook.locator(f'a[href="/me/materials/{file.pk}/"]').click()
    handbook.goto("/me/materials/")
    expect(handbook.get_by_text("đã mở", exact=False)).to_be_visible()
    handbook.goto("/me/requests/new/")
    handbook.context.set_offline(True)
    handbook.evaluate("window.dispatchEvent(new Event('offline'))")
    expect(handbook.get_by_text("Biểu mẫu này cần có mạng mới gửi được.", exact=False).first).to_be_visible()
