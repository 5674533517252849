"""Seats by thumb in a real browser: what one round left on the phone goes out from the page of the next."""

import datetime as dt
import re

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from quantriet.attendance import actions
from quantriet.attendance.models import SeatConfirmation, SeatTap
from quantriet.attendance.tests.factories import clock, make_campaign, make_class
from quantriet.classes import actions as class_actions
from quantriet.classes import queries as class_queries
from quantriet.classes.rules.halls import read_layout
from quantriet.classes.vocab import StageSide
from quantriet.kit.time import now

pytestmark = pytest.mark.journey


@pytest.mark.req("B-04")
def test_what_an_earlier_round_left_on_the_phone_is_told_and_sent_to_that_round(phone, cast, live_server, sign_in):
    made = make_class(cast, make_campaign(cast), ["M1", "M2"], times=((dt.time(0, 0), dt.time(23, 59)),))
    layout = read_layout("A: 2", StageSide.TOP)
    hall = class_actions.add_hall(cast.units["X1"], name="Nhà văn hóa", layout=layout, by=cast.officer, at=clock(0))
    class_actions.choose_hall(made.venue, hall, by=cast.officer, at=clock(0))
    seat_map = class_queries.seat_map_of(made.venue)
    class_actions.fill_seats(seat_map, by=cast.officer, at=clock(0))
    usher = cast.accounts["organiser1"]

    def begin(number: int):
        return actions.begin_round(
            made.session, made.venue, as_of=clock(0, number - 1), number=number, by=usher, at=now()
        )

    first = begin(1)
    phone.set_viewport_size({"width": 390, "height": 844})
    sign_in(phone, usher)
    phone.context.route(re.compile("roll/seats/tap/"), lambda route: route.abort())
    phone.goto(reverse("seats", args=[made.study_class.pk]))
    seat = phone.locator(f"#seat-{made.entries['M2'].pk}")
    box = seat.bounding_box()
    assert box is not None
    assert box["y"] + box["height"] <= 844  # the seats begin on the first screen
    seat.tap()
    phone.locator("[data-close-block]").tap()
    line = phone.locator("[data-line]")
    expect(line).to_contain_text("đã lưu trên máy, chưa gửi: 2")
    second = begin(2)
    phone.goto(reverse("seats", args=[made.study_class.pk]))
    expect(line).to_contain_text("chưa gửi: 2")  # of the first round, told on the page of the second
    expect(seat).to_have_attribute("aria-pressed", "false")
    phone.locator(f"#seat-{made.entries['M1'].pk}").tap()
    expect(line).to_contain_text("chưa gửi: 3")
    assert not SeatTap.objects.exists()
    phone.context.unroute(re.compile("roll/seats/tap/"))
    phone.reload()
    for _ in range(100):
        if SeatTap.objects.count() == 2 and SeatConfirmation.objects.exists():
            break
        phone.wait_for_timeout(200)
    expect(line).to_have_text("", timeout=20_000)
    assert set(SeatTap.objects.values_list("seat_round", "entry")) == {
        (first.pk, made.entries["M2"].pk), (second.pk, made.entries["M1"].pk),
    }  # fmt: skip
    assert SeatConfirmation.objects.get().seat_round == first
    assert phone.evaluate("localStorage.length") == 0
