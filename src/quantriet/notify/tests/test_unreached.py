"""Who is found by no message: the same as the ways of telling say, within the reader's scope, as page and as Excel."""

import io
import re

import openpyxl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from quantriet.audit.models import Look
from quantriet.kit.time import now
from quantriet.notify import queries
from quantriet.notify.models import NoticePreference, PushSubscription
from quantriet.notify.rules.texts import MOBILE, phone_number
from quantriet.org.models import Account, Person

pytestmark = pytest.mark.django_db
TRIAL = "quantriet.notify.actions.gateways.TrialGateway"


@pytest.fixture
def told(cast):
    """M1 by mail, M3 by the mail of an account, M11 by a browser, M4 by telephone, M12 by Zalo; the others by nothing."""
    Person.objects.update(email="", phone="")
    Account.objects.update(email="")
    Person.objects.filter(pk=cast.people["M1"].pk).update(email="huong@example.test")
    Person.objects.filter(pk=cast.people["M4"].pk).update(phone="+84 912.345.678")
    Account.objects.create(username="m3", person=cast.people["M3"], email="m3@example.test", display_name="M3")
    mine = {"made_at": now(), "sealed": "x", "host": "push.example.test"}
    PushSubscription.objects.create(account=cast.accounts["member10"], digest="a", **mine)
    PushSubscription.objects.create(account=cast.accounts["secretary11"], digest="b", ended_at=now(), **mine)
    follower = Account.objects.create(username="m12", person=cast.people["M12"], display_name="M12")
    NoticePreference.objects.create(account=follower, zalo_id="123", changed_at=now())
    return cast


def names(client, **asked):
    return {one.code for one in client.get(reverse("unreached-list"), asked).context["people"].rows}


@pytest.mark.parametrize("gateways", [False, True])
def test_nobody_is_listed_whom_a_message_finds(told, settings, gateways):
    settings.SMS_GATEWAY = settings.ZALO_GATEWAY = TRIAL if gateways else ""
    listed = set(queries.unreached(Person.objects.all()))
    ways = queries.ways_of(Person.objects.all())
    assert listed == {one for one in Person.objects.all() if not ways[one.pk].addresses}
    reached = {told.people[one] for one in ("M1", "M3", "M11", *(("M4", "M12") if gateways else ()))}
    assert reached.isdisjoint(listed)
    assert {told.people["M2"], told.people["M5"]} <= listed


def test_who_may_not_use_the_account_is_found_by_nothing_of_it(told):
    Account.objects.filter(username__in=["m3", "member10"]).update(is_active=False, last_login=now())
    found = {one.pk: one.reads_inbox for one in queries.unreached(Person.objects.all())}
    assert (found[told.people["M3"].pk], found[told.people["M11"].pk]) == (False, False)


@pytest.mark.parametrize(
    "written",
    ["0912345678", "0912 345 678", "+84 912.345.678", "84912345678", "0084-912-345-678", "(0)912345678", "02623852345", "091234567",
     "09123456789", "+0912345678", "", "không có"],
)  # fmt: skip
def test_the_pattern_takes_for_a_mobile_number_what_the_gateway_takes(written):
    assert bool(re.search(MOBILE, written)) == bool(phone_number(written))


@pytest.mark.parametrize(
    ("username", "units"),
    [
        ("officer", {"CB11", "CB12", "CB21", "CS1"}),
        ("organiser1", {"CB11", "CB12"}),
        ("secretary11", {"CB11"}),
    ],
)
def test_the_list_keeps_to_the_branch_that_sends_messages(told, as_user, username, units):
    shown = as_user(username).get(reverse("unreached-list")).context["people"].rows
    assert {one.unit.code for one in shown} <= {told.units[one].code for one in units}
    mine = queries.unreached(Person.objects.filter(unit__in=[told.units[one] for one in units], left_on__isnull=True))
    assert {one.pk for one in shown} == {one.pk for one in mine}


@pytest.mark.parametrize("username", ["leader", "inspector", "admin", "member1"])
def test_who_sends_no_messages_has_no_list(told, as_user, username):
    assert as_user(username).get(reverse("unreached-list")).status_code == 403


def test_it_is_narrowed_by_unit_account_and_name(told, as_user):
    client = as_user("officer")
    Account.objects.filter(username="secretary11").update(last_login=now())
    everybody = names(client)
    own = {
        one.code for key, one in told.people.items() if one.unit_id == told.units["CB11"].pk and one.code in everybody
    }
    assert names(client, unit=told.units["CB11"].pk) == own
    assert names(client, unit="999999") == set()
    inbox = names(client, account="inbox")
    assert told.people["M2"].code in inbox
    assert names(client, account="none") == everybody - inbox
    assert names(client, q="tran binh") == {told.people[one].code for one in ("M2", "M7")}  # of one name
    page = client.get(reverse("unreached-list"), {"unit": told.units["CB11"].pk}).content.decode()
    assert "Đã dùng tài khoản; chỉ thấy thông báo khi đăng nhập" in page
    assert "Chưa có phiếu" in page
    assert reverse("person-edit", args=[told.people["M2"].pk]) in page


def test_a_secretary_is_offered_the_slip_and_not_the_form_of_a_person(told, as_user):
    page = as_user("secretary11").get(reverse("unreached-list")).content.decode()
    assert f"{reverse('slip-print')}?person={told.people['M5'].code}" in page
    assert reverse("person-edit", args=[told.people["M5"].pk]) not in page


def test_who_left_is_not_looked_for(told, as_user):
    gone = told.people["M5"]
    Person.objects.filter(pk=gone.pk).update(left_on=now().date(), left_reason="died")
    assert gone.code not in names(as_user("officer"))


def test_excel_holds_the_same_and_is_noted_as_a_look(told, as_user):
    Person.objects.filter(pk=told.people["M5"].pk).update(phone="0262 3852 345")
    client = as_user("organiser1")
    answer = client.get(reverse("unreached-list"), {"format": "xlsx"})
    sheet = openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content))).active
    cells = {str(cell.value) for row in sheet.iter_rows() for cell in row}
    assert names(client) <= cells
    assert "0262 3852 345" in cells
    assert told.people["M10"].code not in cells
    look = Look.objects.get(what="tải danh sách người chưa liên lạc được ra Excel")
    assert (look.unit_label, look.count) == (told.units["X1"].name, len(names(client)))


def test_messages_lead_to_it_and_nobody_left_says_so(told, as_user):
    client = as_user("officer")
    assert reverse("unreached-list") in client.get(reverse("message-list")).content.decode()
    Person.objects.update(email="x@example.test")
    assert "Ai cũng liên lạc được" in client.get(reverse("unreached-list")).content.decode()
    assert "Không có ai khớp" in client.get(reverse("unreached-list"), {"account": "none"}).content.decode()


def test_the_list_asks_the_same_number_of_queries_for_one_and_three_rows(told, as_user):
    client = as_user("officer")

    def asked():
        with CaptureQueriesContext(connection) as caught:
            assert client.get(reverse("unreached-list"), {"account": "none"}).status_code == 200
        return len(caught)

    Person.objects.exclude(pk=told.people["M5"].pk).update(email="x@example.test")
    asked()
    one = asked()
    Person.objects.filter(pk__in=[told.people[key].pk for key in ("M6", "M10")]).update(email="")
    assert asked() == one
