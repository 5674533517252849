"""The ways in, in a real browser: a slip on the telephone, passkeys of a virtual authenticator, the app, the keyboard."""

import base64
import datetime as dt
import re
import time
from urllib.parse import urlsplit

import pytest
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from django.urls import reverse
from playwright.sync_api import Page, expect

from quantriet.kit.time import now, today
from quantriet.org import actions
from quantriet.org.models import AccountSession, Passkey
from tests.cast import PASSWORD

pytestmark = pytest.mark.journey
NEW = "con-suoi-mua-ha-2026"


def virtual_authenticator(page: Page):
    """A device with finger and discoverable keys, as a telephone has."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    session.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
                "isUserVerified": True, "automaticPresenceSimulation": True,
            }
        },
    )  # fmt: skip
    return session


def by_password(page: Page, username: str, password: str = PASSWORD) -> None:
    page.goto(reverse("sign-in"))
    page.fill("[name=username]", username)
    page.fill("[name=password]", password)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def sign_out(page: Page) -> None:
    """Wait until it is done: what the browser kept is wiped first, and another address asked for meanwhile is broken off."""
    page.locator(".menu summary").last.click()
    page.get_by_role("button", name="Đăng xuất", exact=True).click()
    page.wait_for_url(lambda address: urlsplit(address).path.startswith("/sign-in/"))  # not one's own page of sign-ins


def no_overflow(page: Page) -> None:
    over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert over <= 1, f"{page.url} sticks out by {over} px"


@pytest.mark.req("P-07", "P-08")
def test_a_slip_on_the_telephone(phone, cast, live_server, axe):
    (slip,) = actions.print_slips(
        [cast.people["M3"]], by=cast.accounts["secretary11"], at=now(), ends_on=today() + dt.timedelta(days=3)
    )
    # A telephone whose clock is a day behind.
    phone.clock.install(time=now() - dt.timedelta(days=1))
    phone.goto(f"/activate/#{slip.code}")
    expect(phone.locator("[name=code]")).to_have_value(slip.code)
    assert "#" not in phone.url
    axe(phone)
    phone.keyboard.press("Enter")
    expect(phone.get_by_text("H'Hen Niê")).to_be_visible()
    axe(phone)
    no_overflow(phone)
    phone.fill("[name=password]", NEW)
    phone.fill("[name=again]", NEW)
    phone.keyboard.press("Enter")
    expect(phone.locator("h1")).to_contain_text("H'Hen Niê")
    expect(phone.get_by_text("Lần sau đăng nhập bằng tên “m3”")).to_be_visible()


@pytest.mark.req("P-08")
def test_a_passkey_is_made_named_used_and_removed(desk, cast, live_server, axe):
    # WebAuthn knows names, not addresses in figures.
    site = live_server.url.replace("127.0.0.1", "localhost")
    virtual_authenticator(desk)
    desk.goto(f"{site}/sign-in/")
    desk.fill("[name=username]", "officer")
    desk.fill("[name=password]", PASSWORD)
    desk.keyboard.press("Enter")
    desk.wait_for_url(lambda address: "sign-in" not in address)
    desk.goto(f"{site}/me/sign-in/passkeys/new/")
    axe(desk)
    desk.fill("[name=name]", "Máy bàn của Ban")
    desk.get_by_role("button", name="Thêm khóa đăng nhập").click()
    expect(desk.locator("h1")).to_have_text("Mã dự phòng")
    expect(desk.locator(".recovery li")).to_have_count(10)
    axe(desk)
    desk.get_by_role("link", name="Đã cất mã, tiếp tục").click()
    expect(desk.get_by_text("Máy bàn của Ban").first).to_be_visible()
    axe(desk)
    sign_out(desk)

    # Alone it is the whole sign-in: no name, no password, no second step.
    desk.goto(f"{site}/sign-in/")
    desk.get_by_role("button", name="Dùng khóa đăng nhập").click()
    desk.wait_for_url(lambda address: "sign-in" not in address)
    assert AccountSession.objects.filter(account=cast.officer).latest("pk").method == "passkey"
    assert Passkey.objects.get().sign_count > 0

    # After the password it is the second factor, and it confirms.
    sign_out(desk)
    desk.goto(f"{site}/sign-in/")
    desk.fill("[name=username]", "officer")
    desk.fill("[name=password]", PASSWORD)
    desk.keyboard.press("Enter")
    expect(desk.locator("h1")).to_have_text("Bước thứ hai")
    axe(desk)
    desk.get_by_role("button", name="Dùng khóa đăng nhập").click()
    desk.wait_for_url(lambda address: "sign-in" not in address)
    desk.goto(f"{site}/me/sign-in/confirm/?next=/me/sign-in/")
    desk.get_by_role("button", name="Dùng khóa đăng nhập").click()
    desk.wait_for_url("**/me/sign-in/")
    desk.get_by_text("Gỡ “Máy bàn của Ban”").click()
    desk.get_by_role("button", name="Bỏ").first.click()
    expect(desk.get_by_text("Đã gỡ khóa “Máy bàn của Ban”.")).to_be_visible()
    assert not Passkey.objects.exists()


@pytest.mark.req("P-07", "P-08")
def test_the_app_is_set_up_by_keyboard_before_anything_else(phone, cast, live_server, axe, settings):
    settings.SECOND_FACTOR_REQUIRED = True
    by_password(phone, "organiser1")
    expect(phone.locator("h1")).to_have_text("Thêm một lớp khóa cho tài khoản")
    axe(phone)
    no_overflow(phone)
    phone.get_by_role("link", name="Lập ứng dụng xác minh").focus()
    phone.keyboard.press("Enter")
    expect(phone.locator("h1")).to_have_text("Lập ứng dụng xác minh")
    axe(phone)
    no_overflow(phone)
    secret = re.sub(r"\s", "", phone.locator("#secret").inner_text())
    totp = TOTP(base64.b32decode(secret), 6, SHA1(), 30, enforce_key_length=False)
    phone.fill("[name=code]", totp.generate(int(time.time())).decode())
    phone.keyboard.press("Enter")
    expect(phone.locator(".recovery li")).to_have_count(10)
    recovery = phone.locator(".recovery code").first.inner_text()
    phone.get_by_role("link", name="Đã cất mã, tiếp tục").click()
    expect(phone.locator("h1")).not_to_contain_text("lớp khóa")
    phone.context.clear_cookies()
    by_password(phone, "organiser1")
    expect(phone.locator("h1")).to_have_text("Bước thứ hai")
    phone.fill("[name=code]", recovery)
    phone.keyboard.press("Enter")
    phone.wait_for_url(lambda address: "sign-in" not in address)


@pytest.mark.req("P-07")
def test_the_end_of_a_session_is_announced_and_put_off_by_one_tap(desk, cast, live_server, axe, settings):
    settings.SESSION_COOKIE_AGE = 170  # inside the three minutes in which it is announced
    by_password(desk, "officer")
    desk.goto("/me/")
    notice = desk.locator(".session-notice")
    expect(notice).to_contain_text("phút", timeout=12_000)
    axe(desk)
    notice.get_by_role("button").click()
    expect(notice).to_have_count(0)


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.req("P-07")
def test_every_page_of_it_at_both_sizes_and_in_large_type(open_page, width, cast, live_server, axe):
    page = open_page(width, 900)
    for address in ("/sign-in/", "/activate/", "/sign-in/code/ask/?lost=1"):
        page.goto(address)
        axe(page)
        no_overflow(page)
    page.fill("[name=username]", "khong-co-ai")
    page.keyboard.press("Enter")
    page.wait_for_url("**/sign-in/code/")
    axe(page)
    by_password(page, "secretary11", "sai")
    axe(page)
    by_password(page, "secretary11")
    for _ in range(3):
        page.locator(".display__larger").first.click()
    for name in (
        "own-sign-in",
        "own-mail",
        "authenticator",
        "passkey-new",
        "confirm",
        "password",
        "activation-list",
        "slip-print",
    ):
        page.goto(reverse(name))
        assert page.evaluate("parseFloat(getComputedStyle(document.documentElement).fontSize)") >= 20
        axe(page)
        no_overflow(page)
    page.goto(reverse("slip-print"))
    page.get_by_role("button", name="Lập tờ phiếu").click()
    expect(page.locator(".slip")).to_have_count(5)
    axe(page)
    no_overflow(page)
