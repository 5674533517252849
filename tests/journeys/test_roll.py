"""The clerk's roll in a real browser: by keyboard alone, by thumb, and while the line is down."""

import datetime as dt
import re

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from quantriet.attendance.models import PresenceFact
from quantriet.attendance.tests.factories import make_campaign, make_class
from quantriet.attendance.vocab import FactKind

pytestmark = pytest.mark.journey
PEOPLE = ["M1", "M2", "M3", "M4", "M7"]


@pytest.fixture
def hall(cast, live_server):
    return make_class(cast, make_campaign(cast), PEOPLE, times=((dt.time(0, 0), dt.time(23, 59)),))


def opened(page: Page, hall, sign_in, cast) -> None:
    sign_in(page, cast.accounts["organiser1"])
    page.goto(reverse("roll", args=[hall.study_class.pk]))


def facts(hall, code: str) -> list[str]:
    return list(hall.entries[code].facts.order_by("pk").values_list("kind", flat=True))


def state_of(page: Page, hall, code: str):
    return page.locator(f"#e{hall.entries[code].pk} [data-state]")


@pytest.mark.req("R-065", "B-01")
def test_the_roll_by_keyboard_alone(desk, cast, hall, sign_in, axe):
    opened(desk, hall, sign_in, cast)
    axe(desk)
    expect(desk.locator("#roll-q")).to_be_focused()
    desk.keyboard.type("huo")
    expect(desk.locator(".roll__row:visible")).to_have_count(1)
    desk.keyboard.press("Enter")
    expect(state_of(desk, hall, "M1")).to_contain_text("Có mặt từ")
    expect(desk.locator('[data-count="came"]')).to_have_text("1")
    # Two of one name: the arrow chooses, and the page says whom.
    desk.keyboard.type("bin")
    expect(desk.locator(".roll__row:visible")).to_have_count(2)
    desk.keyboard.press("ArrowDown")
    expect(desk.locator("[data-roll-say]")).to_contain_text("Chi bộ thôn 2")
    desk.keyboard.press("Control+Enter")
    expect(state_of(desk, hall, "M7")).to_contain_text("cả buổi")
    # A code, then whoever is in the room leaves; that is taken back at once.
    desk.keyboard.type("m1")
    desk.keyboard.press("Shift+Enter")
    expect(state_of(desk, hall, "M1")).to_contain_text("Đã về lúc")
    expect(desk.locator("[data-roll-toast]")).to_contain_text("Hoàn tác (")
    desk.keyboard.press("Control+z")
    expect(state_of(desk, hall, "M1")).to_contain_text("Có mặt từ")
    expect(desk.locator("[data-roll-line]")).to_have_text("")
    assert facts(hall, "M1") == [FactKind.ARRIVE, FactKind.LEAVE, FactKind.VOID]
    assert facts(hall, "M7") == [FactKind.WHOLE]
    axe(desk)
    desk.reload()
    expect(state_of(desk, hall, "M1")).to_contain_text("Có mặt từ")
    expect(desk.locator('[data-count="came"]')).to_have_text("2")


def test_the_roll_by_thumb(phone, cast, hall, sign_in, axe):
    opened(phone, hall, sign_in, cast)
    axe(phone)
    row = phone.locator(f"#e{hall.entries['M3'].pk}")
    button = row.get_by_role("button", name="Có mặt", exact=False).first
    box = button.bounding_box()
    assert box["height"] >= 44
    assert box["width"] >= 44
    button.tap()
    expect(row.locator("[data-state]")).to_contain_text("Có mặt từ")
    phone.locator("[data-roll-undo]").tap()
    expect(row.locator("[data-state]")).to_contain_text("Chưa điểm danh")
    row.locator("summary").tap()
    row.get_by_role("button", name="Vắng").tap()
    expect(row.locator("[data-state]")).to_contain_text("Vắng buổi này")
    expect(phone.locator("[data-roll-line]")).to_have_text("")
    assert facts(hall, "M3") == [FactKind.ARRIVE, FactKind.VOID, FactKind.ABSENT]
    over = phone.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert over <= 1


@pytest.mark.req("B-01")
def test_marks_made_without_a_line_are_kept_and_sent_once(desk, cast, hall, sign_in):
    opened(desk, hall, sign_in, cast)
    context = desk.context
    context.set_offline(True)
    for typed in ("huo", "hen"):
        desk.keyboard.type(typed)
        desk.keyboard.press("Enter")
    line = desk.locator("[data-roll-line]")
    expect(line).to_contain_text("đã lưu trên máy, chưa gửi: 2")
    assert not PresenceFact.objects.exists()
    # The tab is closed and opened again later: the marks are still there, and go out by themselves.
    context.set_offline(False)
    context.route(re.compile("roll/mark/"), lambda route: route.abort())
    desk.reload()
    expect(line).to_contain_text("chưa gửi: 2")
    expect(state_of(desk, hall, "M1")).to_contain_text("Có mặt từ")
    # The server takes them, but its first answer is lost on the way.
    lost = []

    def lose_the_first_answer(route) -> None:
        if lost:
            route.continue_()
        else:
            lost.append(route.fetch().status)
            route.abort()

    context.unroute(re.compile("roll/mark/"))
    context.route(re.compile("roll/mark/"), lose_the_first_answer)
    desk.reload()
    for _ in range(100):  # the line is also empty before the script has looked into its store
        if lost:
            break
        desk.wait_for_timeout(200)
    expect(line).to_have_text("", timeout=20_000)
    assert lost == [200]
    assert facts(hall, "M1") == [FactKind.ARRIVE]
    assert facts(hall, "M3") == [FactKind.ARRIVE]


def test_a_refused_mark_is_said_and_taken_off_the_screen(desk, cast, hall, sign_in):
    opened(desk, hall, sign_in, cast)
    hall.study_class.state = "closed"
    hall.study_class.save()
    desk.keyboard.type("huo")
    desk.keyboard.press("Enter")
    expect(desk.locator("[data-roll-line]")).to_contain_text("đã chốt điểm danh")
    expect(state_of(desk, hall, "M1")).to_contain_text("Chưa điểm danh")
    assert not PresenceFact.objects.exists()


def test_two_clerks_see_each_other(desk, open_page, cast, hall, sign_in):
    opened(desk, hall, sign_in, cast)
    other = open_page(1280, 900)
    sign_in(other, cast.accounts["officer"])
    other.goto(reverse("roll", args=[hall.study_class.pk]))
    for page in (desk, other):
        page.keyboard.type("huo")
        page.keyboard.press("Enter")
        expect(page.locator("[data-roll-line]")).to_have_text("")
    assert facts(hall, "M1") == [FactKind.ARRIVE, FactKind.ARRIVE]
    other.keyboard.type("hen")
    other.keyboard.press("Enter")
    expect(state_of(desk, hall, "M3")).to_contain_text("Có mặt từ", timeout=25_000)
