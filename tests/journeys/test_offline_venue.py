"""A venue without a line: real browsers with the network cut, killed browsers, a killed server; nothing lost, nothing doubled."""

import datetime as dt
import os
import re
import shutil
import signal
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from bench.kills import ground
from quantriet.attendance import actions
from quantriet.attendance.models import AttendanceRecord, DeviceFact, PresenceConflict, PresenceFact
from quantriet.attendance.rules import codes
from quantriet.attendance.tests.factories import make_campaign, make_class
from quantriet.attendance.vocab import ConflictState, FactKind, Method
from quantriet.attendance.web.check_in import keys
from quantriet.classes.models import RosterEntry, Venue
from quantriet.kit.text import fold, name_key, search_key
from quantriet.kit.time import now
from quantriet.org.models import Person
from tests.journeys.conftest import CHROMIUM_NAMES, FLAGS

pytestmark = pytest.mark.journey
DIGITS = "246810"
WHOLE_DAY = ((dt.time(0, 0), dt.time(23, 59)),)
# What a browser keeps by name: what signing out must leave and what it must take.
BASES = "async () => (await indexedDB.databases()).map((one) => one.name).sort()"


@pytest.fixture
def hall(cast, live_server):
    return make_class(cast, make_campaign(cast), ["M1", "M2", "M3", "M7"], times=WHOLE_DAY)


@pytest.fixture
def device(open_page):
    """A clerk's phone, with the worker let in."""

    def opened() -> Page:
        return open_page(390, 844, has_touch=True, is_mobile=True, service_workers="allow")

    return opened


def filled(cast, hall, count: int) -> list[int]:
    """So many people at the venue; their roster lines."""
    name = "Nguyễn Văn An"
    made = Person.objects.bulk_create(
        Person(
            code=f"K{number:04d}", full_name=f"{name} {number}", name_folded=fold(f"{name} {number}"),
            sort_key=f"{name_key(name)} {number:04d}", search_key=search_key(name), unit=cast.units["CB11"],
        )
        for number in range(count)
    )  # fmt: skip
    RosterEntry.objects.bulk_create(
        RosterEntry(study_class=hall.study_class, venue=hall.venue, person=one, unit=one.unit) for one in made
    )
    return list(RosterEntry.objects.filter(person__in=made).order_by("pk").values_list("pk", flat=True))


def address(hall) -> str:
    return f"{reverse('station')}?class={hall.study_class.pk}&venue={hall.venue.pk}"


def working(page: Page) -> None:
    page.locator("html[data-station=work]").wait_for(state="attached")


def open_with_line(page: Page, where: str) -> None:
    page.goto(where)
    page.locator("#station-new").fill(DIGITS)
    page.get_by_role("button", name="Tải danh sách về máy").click()
    working(page)
    expect(page.locator("[data-station-ready]")).to_contain_text("Sẵn sàng dùng khi mất mạng", timeout=30_000)


def open_without_line(page: Page) -> None:
    """The phone was off: the page is opened anew, and there is no line."""
    page.reload()
    page.locator("#station-open").fill(DIGITS)
    page.get_by_role("button", name="Mở danh sách").click()
    working(page)


def press(page: Page, entry: int, kind: str = "arrive") -> None:
    row = page.locator(f"[data-entry='{entry}']")
    if kind in ("whole", "absent"):
        row.locator("summary").click()
    row.locator(f"button[data-kind={kind}]").click()
    expect(row.locator("[data-sent]")).not_to_be_empty()


def type_code(page: Page, code: str) -> None:
    page.locator("#station-q").fill(code)
    page.keyboard.press("Enter")


def waits(page: Page, count: int, **given) -> None:
    expect(page.locator("[data-station-line]")).to_have_attribute("data-waiting", str(count), **given)


def is_sent(page: Page) -> None:
    """By itself: nobody presses anything."""
    waits(page, 0, timeout=60_000)
    expect(page.locator("[data-station-line]")).to_have_attribute("data-line", "up", timeout=60_000)


# --- two devices, no line -----------------------------------------------------------------------------------------


def two_devices_and_a_third(device, open_page, cast, hall, sign_in, people: int) -> None:
    entries = filled(cast, hall, people)
    half, overlap = people // 2, max(2, people // 50)
    first, second = device(), device()
    for page, name in ((first, "organiser1"), (second, "officer")):
        sign_in(page, cast.accounts[name])
        open_with_line(page, address(hall))
        page.context.set_offline(True)  # before the door opens
        open_without_line(page)
        expect(page.locator("[data-station-line]")).to_contain_text("Mất mạng, vẫn điểm danh được")
    made = 0
    for turn, entry in enumerate(entries[: half + overlap]):
        if turn % 2:
            press(first, entry)
        else:
            type_code(first, codes.personal_code(keys()[0], entry))
            expect(first.locator(f"[data-entry='{entry}'] [data-sent]")).to_have_text("đã ghi trên máy")
        made += 1
    for entry in entries[half:]:
        press(second, entry)
        made += 1
    # One says present, the other absent; one saw somebody leave, and then somebody else leave later.
    press(second, entries[0], "absent")
    press(first, entries[1], "leave")
    made += 2
    waits(first, half + overlap + 1)
    waits(second, people - half + 1)
    assert not PresenceFact.objects.exists()
    for page in (first, second):  # killed and opened again: it is all there
        open_without_line(page)
    waits(first, half + overlap + 1)
    for page in (first, second):
        page.context.set_offline(False)
    for page in (first, second):
        is_sent(page)
    assert PresenceFact.objects.count() == DeviceFact.objects.count() == made
    assert set(PresenceFact.objects.values_list("entry", flat=True)) == set(entries)
    assert set(PresenceFact.objects.values_list("method", flat=True)) == {Method.ROLL, Method.STATION}
    # The third browser sees both sides, and settles.
    conflict = PresenceConflict.objects.get()
    assert conflict.entry_id == entries[0]
    third = open_page(1280, 900)
    sign_in(third, cast.accounts["organiser1"])
    third.goto(f"{reverse('roll-conflicts', args=[hall.study_class.pk])}?venue={hall.venue.pk}")
    box = third.locator(".conflict")
    expect(box).to_contain_text("Bên thứ nhất")
    expect(box).to_contain_text(str(cast.officer))
    box.get_by_role("button", name="Theo bên thứ nhất").click()
    expect(third.get_by_text("Đã giải quyết xung đột.")).to_be_visible()
    expect(third.get_by_text("Không có xung đột")).to_be_visible()
    actions.follow_check_ins(at=now())
    assert AttendanceRecord.objects.filter(is_marked=True).count() == people
    # The devices hear of it, without having been asked.
    expect(first.locator("[data-count=came]")).to_have_text(re.compile(rf"^{people}$"), timeout=30_000)
    expect(second.locator(f"[data-entry='{entries[0]}'] [data-state]")).to_contain_text("Có mặt từ", timeout=30_000)


@pytest.mark.req("B-03")
@pytest.mark.timeout(300)
def test_two_devices_without_a_line_and_a_third_that_settles(device, open_page, cast, hall, sign_in):
    hall.study_class.roster.all().delete()
    two_devices_and_a_third(device, open_page, cast, hall, sign_in, 20)


@pytest.mark.req("B-03")
def test_a_mark_made_while_the_outbox_is_read_stays_in_sight(device, cast, hall, sign_in):
    page = device()
    sign_in(page, cast.accounts["organiser1"])
    open_with_line(page, address(hall))
    page.context.set_offline(True)
    page.evaluate(
        """() => {
        const read = StationOutbox.facts;
        window.readings = 0;
        StationOutbox.facts = async (key) => {
            const found = await read(key);
            await new Promise((go) => setTimeout(go, 1500));
            document.documentElement.dataset.readings = window.readings += 1;
            return found;
        };
    }"""
    )
    press(page, hall.entries["M1"].pk)  # what is read after it knows nothing of the next
    press(page, hall.entries["M2"].pk)
    page.locator("html[data-readings]").wait_for(state="attached")
    for code in ("M1", "M2"):
        sent = page.locator(f"[data-entry='{hall.entries[code].pk}'] [data-sent]")
        expect(sent).to_have_text("đã ghi trên máy", timeout=1000)


@pytest.mark.req("B-03")
def test_after_the_end_one_tap_marks_the_whole_session_and_nobody_leaves(device, cast, live_server, sign_in):
    over = make_class(
        cast, make_campaign(cast), ["M1", "M2", "M3"], title="Lớp đã xong", times=((dt.time(0, 0), dt.time(0, 1)),)
    )
    late = over.mark("M2", FactKind.ARRIVE, over.session.starts_at)
    actions.record_marks([late], by=cast.officer, at=over.session.starts_at)
    page = device()
    sign_in(page, cast.accounts["organiser1"])
    open_with_line(page, address(over))
    expect(page.locator("[data-station-over]")).to_contain_text("Buổi học đã kết thúc lúc 00:01")

    def big(code: str):
        return page.locator(f"[data-entry='{over.entries[code].pk}'] .roll__do > button:visible")

    expect(big("M1")).to_have_text("Cả buổi")
    expect(big("M1")).to_have_accessible_name(f"Cả buổi: {cast.people['M1'].full_name}")
    expect(page.locator(f"[data-entry='{over.entries['M2'].pk}'] [data-state]")).to_contain_text("Có mặt từ 00:00")
    expect(big("M2")).to_have_count(0)
    page.context.set_offline(True)
    big("M1").click()
    expect(page.locator(f"[data-entry='{over.entries['M1'].pk}'] [data-state]")).to_contain_text("Có mặt cả buổi")
    expect(big("M1")).to_have_count(0)
    expect(big("M3")).to_have_text("Cả buổi")
    page.context.set_offline(False)
    is_sent(page)
    fact = PresenceFact.objects.get(entry=over.entries["M1"])
    assert fact.kind == FactKind.WHOLE


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.req("B-03")
def test_five_hundred_people_without_a_line(device, open_page, cast, hall, sign_in):
    hall.study_class.roster.all().delete()
    two_devices_and_a_third(device, open_page, cast, hall, sign_in, 500)


@pytest.mark.req("B-03")
def test_codes_are_checked_without_a_line(device, cast, hall, sign_in):
    page = device()
    other = make_class(cast, make_campaign(cast), ["M9"], title="Lớp khác", times=WHOLE_DAY)
    sign_in(page, cast.accounts["organiser1"])
    open_with_line(page, address(hall))
    page.context.set_offline(True)
    big = page.locator("[data-station-big]")
    first, second = hall.entries["M1"].pk, hall.entries["M2"].pk
    good = codes.personal_code(keys()[0], first)
    forged = good[:-1] + ("0" if good[-1] != "0" else "1")
    live = codes.live_code(keys()[0], second, codes.live_step(time.time()))
    old = codes.live_code(keys()[0], second, codes.live_step(time.time()) - 10)
    for wrong in (
        forged,
        codes.personal_code(keys()[0], other.entries["M9"].pk),
        f"{live[:-1]}{'0' if live[-1] != '0' else '1'}",
    ):
        type_code(page, wrong)
        expect(big).to_contain_text("không phải của người ở điểm cầu này")
        page.evaluate("document.querySelector('[data-station-big]').textContent = ''")
    type_code(page, old)
    expect(big).to_contain_text("đã cũ")
    waits(page, 0)
    type_code(page, good.lower())
    expect(page.locator(f"[data-entry='{first}'] [data-state]")).to_contain_text("Có mặt từ")
    type_code(page, live)
    expect(page.locator(f"[data-entry='{second}'] [data-state]")).to_contain_text("Có mặt từ")
    type_code(page, live)
    expect(big).to_contain_text("vừa quét rồi")
    waits(page, 2)
    page.locator("label.choice", has_text="Về").click()
    page.wait_for_timeout(10_500)
    type_code(page, good)
    expect(page.locator(f"[data-entry='{first}'] [data-state]")).to_contain_text("Đã về lúc")
    page.context.set_offline(False)
    is_sent(page)
    kinds = PresenceFact.objects.order_by("at", "pk").values_list("entry", "kind", "method")
    assert sorted(kinds) == sorted(
        [(first, "arrive", "station"), (first, "leave", "station"), (second, "arrive", "station")]
    )


@pytest.mark.req("B-03")
def test_a_clock_wrong_by_three_hours(device, cast, hall, sign_in):
    page = device()
    page.context.add_init_script("{ const real = Date.now; Date.now = () => real() + 3 * 3600 * 1000; }")
    sign_in(page, cast.accounts["organiser1"])
    open_with_line(page, address(hall))
    expect(page.locator("[data-station-ready]")).to_contain_text("lệch 180 phút")
    page.context.set_offline(True)
    open_without_line(page)
    press(page, hall.entries["M1"].pk)
    true = now()
    page.context.set_offline(False)
    is_sent(page)
    row = DeviceFact.objects.get()
    assert abs(row.fact.at - true) < dt.timedelta(seconds=4)
    assert abs(row.made_at - true - dt.timedelta(hours=3)) < dt.timedelta(seconds=4)


# --- sign-in, right, closing --------------------------------------------------------------------------------------


@pytest.mark.req("B-03")
def test_an_expired_sign_in_loses_nothing_and_signing_out_takes_the_names(device, cast, hall, sign_in, axe):
    page = device()
    sign_in(page, cast.accounts["organiser1"])
    open_with_line(page, address(hall))
    axe(page)
    over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert over <= 1
    page.context.clear_cookies(name="sessionid")
    press(page, hall.entries["M1"].pk)
    line = page.locator("[data-station-line]")
    expect(line).to_contain_text("Phiên đăng nhập đã hết", timeout=20_000)
    waits(page, 1)
    sign_in(page, cast.accounts["organiser1"])
    is_sent(page)
    # Without a line, then signed out on another page: names go at once, the mark stays and goes later.
    page.context.set_offline(True)
    press(page, hall.entries["M2"].pk)
    page.context.set_offline(False)
    page.context.route("**/station/sync/", lambda route: route.abort())
    page.goto(reverse("roll-today"))
    assert "sealed-station" in page.evaluate(BASES)
    page.locator(".menu__label--long, .menu__short").locator("visible=true").first.click()
    page.get_by_role("button", name="Đăng xuất").click()
    page.wait_for_url(re.compile(r"sign-in|//[^/]+/$"))
    assert page.evaluate(BASES) == ["station"]
    page.context.unroute("**/station/sync/")
    sign_in(page, cast.accounts["organiser1"])
    page.goto(address(hall))
    page.locator("#station-new").wait_for()
    page.locator("#station-new").fill(DIGITS)
    page.get_by_role("button", name="Tải danh sách về máy").click()
    working(page)
    is_sent(page)
    assert sorted(PresenceFact.objects.values_list("entry", flat=True)) == sorted(
        [hall.entries["M1"].pk, hall.entries["M2"].pk]
    )


@pytest.mark.req("B-03")
@pytest.mark.parametrize("why", ["closed", "right"])
def test_what_comes_too_late_waits_for_a_person_and_the_names_go(device, cast, hall, sign_in, why):
    by = cast.accounts["member1"]
    Venue.objects.filter(pk=hall.venue.pk).update(clerk=by)
    page = device()
    sign_in(page, by)
    open_with_line(page, address(hall))
    page.context.set_offline(True)
    press(page, hall.entries["M2"].pk)
    if why == "closed":
        hall.study_class.state = "closed"
        hall.study_class.closed_at = now()
        hall.study_class.save()
    else:
        Venue.objects.filter(pk=hall.venue.pk).update(clerk=None)
    page.context.set_offline(False)
    said = {"closed": "Lớp đã chốt điểm danh", "right": "không còn được giao điểm danh"}[why]
    expect(page.locator("[data-station-say]")).to_contain_text(said, timeout=30_000)
    expect(page.locator("[data-station-rows]")).to_be_empty()
    assert not PresenceFact.objects.exists()
    conflict = PresenceConflict.objects.get()
    assert (conflict.reason, conflict.state) == (why, ConflictState.OPEN)
    kept = page.evaluate("""async () => {
      const asked = indexedDB.open("sealed-station");
      const base = await new Promise((done) => { asked.onsuccess = () => done(asked.result); });
      const rows = base.transaction("packs").objectStore("packs").getAll();
      return new Promise((done) => { rows.onsuccess = () => { base.close(); done(rows.result.length); }; });
    }""")
    assert kept == 0


# --- killed -------------------------------------------------------------------------------------------------------


def kill_browser(folder: Path) -> None:
    """SIGKILL to every process of the browser that works in this folder."""
    mark = f"--user-data-dir={folder}".encode()
    for entry in Path("/proc").iterdir():
        with suppress(OSError, ValueError):
            if mark in (entry / "cmdline").read_bytes().split(b"\0"):
                os.kill(int(entry.name), signal.SIGKILL)
    with suppress(OSError):
        (folder / "SingletonLock").unlink()


@pytest.mark.timeout(300)
@pytest.mark.req("B-03")
def test_a_browser_and_a_server_killed_in_mid_delivery(chromium, tmp_path):
    """The product as it is served, on a port of its own; facts of one device, killed on both sides while they are sent."""
    path = next(filter(None, map(shutil.which, CHROMIUM_NAMES)))
    with ground("here") as (place, _):
        made = place.prepare()
        place.serve()
        folder = tmp_path / "browser"

        def launch() -> Page:
            context = chromium.browser_type.launch_persistent_context(
                str(folder), executable_path=path, args=FLAGS, base_url=f"http://127.0.0.1:{place.port}",
                viewport={"width": 390, "height": 844}, locale="vi-VN", timezone_id="Asia/Ho_Chi_Minh",
                service_workers="allow",
            )  # fmt: skip
            context.set_default_timeout(30_000)
            # The organiser's sign-in, as it would be after a restart of the phone.
            context.add_cookies(
                [{"name": "sessionid", "value": made["keys"][1], "url": f"http://127.0.0.1:{place.port}"}]
            )
            return context.new_page()

        page = launch()
        page.goto(f"/desk/classes/{made['class']}/roll/devices/")
        where = page.get_by_role("link", name="Mở trên máy này").get_attribute("href")
        assert where
        open_with_line(page, where)
        place.kill()  # the server is gone, the network is there
        count = 0
        for kind in ("arrive", "leave", "arrive", "leave", "arrive"):
            for entry in made["entries"]:
                press(page, entry, kind)
                count += 1
        waits(page, count)
        expect(page.locator("[data-station-line]")).to_have_attribute("data-line", "down", timeout=30_000)
        # It comes back and is killed again as soon as a delivery has reached it; then the browser is killed in the next one.
        for victim in ("server", "browser"):
            reached = threading.Event()
            page.on("request", lambda one, told=reached: "station/sync" in one.url and told.set())
            place.serve()
            for _ in range(400):
                page.wait_for_timeout(50)
                if reached.is_set():
                    break
            assert reached.is_set()
            if victim == "server":
                place.kill()
                page.wait_for_timeout(500)
            else:
                kill_browser(folder)
                page = launch()
                page.goto(where)
                working(page)
        is_sent(page)
        page.context.close()
        counted = place.run(
            "-c",
            "import django; django.setup()\n"
            "from quantriet.attendance.models import DeviceFact, PresenceFact\n"
            "print(DeviceFact.objects.count(), PresenceFact.objects.count(), DeviceFact.objects.filter(fact=None).count())",
        )
        assert counted.split() == [str(count), str(count), "0"]
