"""What people type, or programs try, into an address is answered; it never breaks a page."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from quantriet.kit.numbers import MOST_KEY, whole_number, whole_numbers
from quantriet.kit.web.fields import ManyRows
from quantriet.library.tests.factories import make_document
from quantriet.org.models import Unit
from quantriet.org.tests import lists
from quantriet.org.tests.factories import a_unit

pytestmark = pytest.mark.django_db
ODD = ["²", "٣", "9" * 5000, "9" * 19, str(MOST_KEY), "-1", "1e3", "0x1", "\u200b1", "", "None"]
PLACES = [
    "/desk/people/?page=", "/desk/people/?unit=", "/desk/people/?age_from=", "/desk/people/?age_to=", "/desk/people/new/?unit=",
    "/desk/units/?unit=", "/desk/units/new/?parent=", "/desk/documents/?page=", "/desk/messages/?page=", "/desk/log/?unit=",
    "/desk/campaigns/?page=", "/desk/campaigns/new/?document=", "/desk/campaigns/new/?unit=", "/desk/classes/?page=",
    "/desk/classes/new/?unit=", "/desk/reports/?campaign=", "/desk/reports/new/?unit=", "/desk/catch-up/?unit=",
    "/desk/people/", "/desk/units/", "/desk/documents/",
]  # fmt: skip


@pytest.mark.parametrize("place", PLACES)
def test_odd_numbers_in_an_address_break_no_page(as_user, place):
    client = as_user("officer")
    assert client.get(place.partition("?")[0]).status_code == 200
    for odd in ODD:
        address = place + odd if place.endswith("=") else f"{place}{odd}/"
        assert client.get(address).status_code in (200, 303, 302, 404), address[:80]


@pytest.mark.parametrize(
    "address",
    [
        "/desk/people/?q=\u200b",
        "/desk/people/?q=\u200b\u200b",
        "/desk/people/?q=\u0301",
        "/desk/units/?q=\u200b",
        "/desk/documents/?q=\u200b",
        "/desk/messages/?q=\u200b",
        "/desk/log/?since=01/01/0001",
        "/desk/log/?until=31/12/9999",
        "/desk/log/?since=31/12/9999&until=01/01/0001",
        "/desk/log/?before=0001-01-01T00:00:00%2B00:00_1",
        "/desk/log/?after=9999-12-31T23:59:59-12:00_1",
        "/desk/log/?before=2026-01-01T00:00:00_1",
        "/desk/log/?before=2026-01-01T00:00:00%2B00:00_99999999999999999999999",
        "/desk/log/?of=org.person:abc",
    ],
)
def test_odd_words_in_an_address_break_no_page(as_user, address):
    assert as_user("officer").get(address).status_code == 200


@pytest.mark.parametrize("address", ["/desk/people/?q=%00", "/desk/units/?q=a%00b"])
def test_character_zero_is_refused_at_the_door(as_user, address):
    assert as_user("officer").get(address).status_code == 400


@pytest.mark.parametrize("odd", ["²", "9" * 5000, "9" * 25])
def test_odd_ticks_break_no_page(as_user, cast, odd):
    client = as_user("officer")
    assert client.post(reverse("messages-retry"), {"ids": [odd]}).status_code == 303
    document = make_document(cast)
    assert client.get(reverse("point-new", args=[document.pk]), {"clause": odd}).status_code == 200
    client.post(reverse("point-new", args=[document.pk]), {"clause": odd, "kind": "key", "theme": "other", "body": "a"})
    client.post(reverse("campaign-new"), {"documents": [odd], "unit": odd, "name": "Đợt thử"})


@pytest.mark.parametrize("name", ["row", "depth"])
def test_odd_place_of_the_header_is_asked_again(as_user, cast, tmp_path, name):
    path = lists.workbook(tmp_path / "a.xlsx", [lists.HEADER, ["Z9", "Trần Văn Lạ", dt.date(1980, 1, 1), "CB11"]])
    run = lists.start(path, cast.units["X1"], cast.officer)
    sent = {"s0-use": "1", "s0-row": "1", "s0-depth": "1", "s0-c1": "full_name"}
    for odd in ("x", "²", "9" * 5000, ""):
        response = as_user("officer").post(reverse("import-columns", args=[run.pk]), sent | {f"s0-{name}": odd})
        assert response.status_code in (200, 422), odd[:9]


def test_odd_choice_of_many_rows_is_a_wrong_choice(cast):
    field = ManyRows(Unit.objects.all())
    assert list(field.clean([str(cast.units["T"].pk)])) == [cast.units["T"]]
    for odd in ("²", "9" * 5000, "9" * 25):
        with pytest.raises(ValidationError):
            field.clean([odd])


def test_name_of_numbers_has_a_key_that_fits_its_column(cast):
    """186 letters of which every second is a number made a key of 816."""
    unit = a_unit(cast.units["X1"], name="Chi bộ " + " ".join(str(number % 10) for number in range(90)))
    assert len(Unit.objects.get(pk=unit.pk).sort_key) <= Unit._meta.get_field("sort_key").max_length


def test_document_of_the_longest_subject_has_a_key_that_fits(cast):
    assert len(make_document(cast, subject="Nghị quyết " * 45).subject_folded) <= 500


def test_the_reader_takes_plain_whole_numbers_alone():
    assert [whole_number(one) for one in ("7", " 12 ", "007", str(MOST_KEY))] == [7, 12, 7, MOST_KEY]
    assert [whole_number(one) for one in (*ODD, None, 7, str(MOST_KEY + 1))].count(None) == len(ODD) + 2
    assert [whole_number("5", least=6), whole_number("5", most=4)] == [None, None]
    assert whole_numbers(["3", "x", "1"]) == [3, 1]
