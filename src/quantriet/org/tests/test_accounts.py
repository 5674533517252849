"""Accounts and appointments: made, given, ended, reset, at rest; never wider than the giver's own scope."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from quantriet.audit.models import AuditEvent
from quantriet.kit.refusal import Refusal
from quantriet.kit.time import now, today
from quantriet.org import access, actions
from quantriet.org.models import Account, Appointment
from quantriet.org.tests.factories import an_account
from quantriet.org.vocab import ROLES, Permission, Role
from tests.cast import LONG_AGO


@pytest.fixture
def commune_admin(cast):
    return an_account("quan-tri-xa", Role.ADMINISTRATOR, cast.units["X1"])


def account_data(**given):
    return {"username": "Le.Anh", "role": "organiser", "unit": "X1", "valid_from": "01/11/2026"} | given


def test_an_account_for_a_person_shows_its_password_once(cast, commune_admin, client):
    client.force_login(commune_admin)
    page = client.get(reverse("account-new"), {"person": "M5"}).content.decode()
    assert 'value="M5"' in page
    answer = client.post(reverse("account-new"), account_data(person="M5"))
    made = Account.objects.get(username="le.anh")
    assert answer.status_code == 200
    assert (made.person, made.display_name, made.must_change_password) == (cast.people["M5"], "Lê Thị Ánh", True)
    page = answer.content.decode()
    password = page.split('id="temporary">')[1].split("<")[0]
    assert made.check_password(password)
    assert (
        answer["Cache-Control"].startswith(("no-store", "max-age=0", "no-cache"))
        or "no-store" in answer["Cache-Control"]
    )
    assert password not in client.get(reverse("account", args=[made.pk])).content.decode()
    assert all(password not in str(event.after) for event in AuditEvent.objects.all())
    given = made.appointments.get()
    assert (given.role, given.unit, given.valid_from) == ("organiser", cast.units["X1"], dt.date(2026, 11, 1))
    assert access.may(made, Permission.PERSON_EDIT, cast.units["CB11"])


@pytest.mark.parametrize(
    "given, sentence",
    [
        ({"unit": "Tỉnh ủy Tân Lĩnh"}, "Không tìm thấy đơn vị “Tỉnh ủy Tân Lĩnh” trong phạm vi được giao."),
        ({"unit": "X2"}, "Không tìm thấy đơn vị “X2” trong phạm vi được giao."),
        ({"person": "M10"}, "Không tìm thấy người có mã “M10” trong phạm vi được giao."),
        ({"person": "M1"}, "Nguyễn Thị Hường đã có tài khoản."),
        ({"username": "ORGANISER1"}, "Tên đăng nhập “organiser1” đã có người dùng."),
        ({"role": "emperor"}, "Vai trò"),
        ({"valid_to": "31/10/2026"}, "Ngày kết thúc phải từ ngày 01/11/2026 trở đi."),
    ],
)
def test_a_wrong_account_is_refused_whole(cast, commune_admin, client, given, sentence):
    before = Account.objects.count()
    client.force_login(commune_admin)
    answer = client.post(reverse("account-new"), account_data(**given))
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert Account.objects.count() == before
    assert not AuditEvent.objects.filter(verb="account.added", actor_id=commune_admin.pk).exists()


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("code", ["T", "X2", "CB21"])
def test_nobody_appoints_wider_than_the_own_scope(cast, commune_admin, role, code):
    with pytest.raises(Refusal) as refusal:
        actions.give_appointment(
            cast.accounts["organiser1"], by=commune_admin, at=now(), role=role, unit=cast.units[code],
            valid_from=today(),
        )  # fmt: skip
    assert refusal.value.code == "appointment.outside_scope"


def test_only_administrators_appoint(cast):
    for username, account in cast.accounts.items():
        if username == "admin":
            continue
        with pytest.raises(Refusal) as refusal:
            actions.give_appointment(
                cast.accounts["member1"], by=account, at=now(), role=Role.LEADER, unit=cast.units["CB11"],
                valid_from=today(),
            )  # fmt: skip
        assert refusal.value.code == "appointment.outside_scope"


def test_an_appointment_is_given_and_ended_through_the_pages(cast, commune_admin, client):
    client.force_login(commune_admin)
    account = cast.accounts["member1"]
    page = reverse("appointment-new", args=[account.pk])
    data = {"role": "cell_secretary", "unit": "CB12", "valid_from": "01/11/2026", "valid_to": ""}
    assert client.post(page, data).status_code == 303
    assert "đang có vai trò Bí thư chi bộ ở Chi bộ thôn 2" in client.post(page, data).content.decode()
    given = account.appointments.get(role="cell_secretary")
    fresh = Account.objects.get(pk=account.pk)
    assert access.may(fresh, Permission.ROLL_TAKE, cast.units["CB12"])
    # Left empty: it ends at once.
    assert client.post(reverse("appointment-end", args=[given.pk]), {"on": ""}).status_code == 303
    given.refresh_from_db()
    assert given.valid_to == today() - dt.timedelta(days=1)
    fresh = Account.objects.get(pk=account.pk)
    assert not access.may_anywhere(fresh, Permission.ROLL_TAKE)
    events = AuditEvent.objects.filter(thing_id=str(account.pk), thing_kind="org.account").order_by("-pk")[:2]
    assert [event.verb for event in events] == ["appointment.ended", "appointment.given"]


def test_an_appointment_of_today_that_ends_at_once_is_withdrawn(cast, commune_admin):
    account = cast.accounts["member1"]
    given = actions.give_appointment(
        account, by=commune_admin, at=now(), role=Role.ORGANISER, unit=cast.units["X1"], valid_from=today()
    )
    actions.end_appointment(given, by=commune_admin, at=now(), on=today() - dt.timedelta(days=1))
    assert not Appointment.objects.filter(pk=given.pk).exists()
    assert AuditEvent.objects.filter(verb="appointment.ended").latest("pk").after["role"] == "Cán bộ cấp ủy"


def test_the_same_role_in_a_unit_may_come_again_later_but_not_at_the_same_time(cast):
    account, unit = cast.accounts["member1"], cast.units["CB12"]
    give = {"by": None, "at": now(), "role": Role.LEADER, "unit": unit}
    first, last = dt.date(2027, 1, 1), dt.date(2027, 12, 31)
    actions.give_appointment(account, **give, valid_from=first, valid_to=last)
    for start, end in [(last, None), (LONG_AGO, first), (LONG_AGO, None)]:
        with pytest.raises(Refusal) as refusal:
            actions.give_appointment(account, **give, valid_from=start, valid_to=end)
        assert refusal.value.code == "appointment.given_already"
    actions.give_appointment(account, **give, valid_from=last + dt.timedelta(days=1))
    actions.give_appointment(account, **give, valid_from=LONG_AGO, valid_to=first - dt.timedelta(days=1))


def test_an_administrator_cannot_saw_off_the_own_branch(cast, as_user):
    admin = cast.accounts["admin"]
    client = as_user("admin")
    own = admin.appointments.get()
    page = client.post(reverse("appointment-end", args=[own.pk]), {"on": ""}).content.decode()
    assert "Không tự thôi được quyền quản trị của mình" in page
    assert client.post(reverse("account-state", args=[admin.pk])).status_code == 403
    assert client.post(reverse("account-password", args=[admin.pk])).status_code == 403
    assert Account.objects.get(pk=admin.pk).is_active
    with pytest.raises(Refusal) as refusal:
        actions.change_account(admin, by=admin, at=now(), is_active=False)
    assert refusal.value.code == "account.own"


def test_a_password_is_reset_and_shown_once(cast, commune_admin, client):
    account = cast.accounts["organiser1"]
    client.force_login(commune_admin)
    page = client.get(reverse("account", args=[account.pk])).content.decode()
    assert "organiser1 (organiser1)" in page  # the second step names the account
    # A session of long ago asks for one's own password first.
    turned = client.post(reverse("account-password", args=[account.pk]), headers={"referer": "http://testserver/desk/"})
    assert turned.url == "/me/sign-in/confirm/?next=http%3A%2F%2Ftestserver%2Fdesk%2F"
    session = client.session
    session["confirmed"] = now().timestamp()
    session.save()
    page = client.post(reverse("account-password", args=[account.pk])).content.decode()
    password = page.split('id="temporary">')[1].split("<")[0]
    account.refresh_from_db()
    assert account.check_password(password)
    assert account.must_change_password
    assert client.get(reverse("account-password", args=[account.pk])).status_code == 405


def test_an_account_rests_and_works_again(cast, commune_admin, client):
    account = cast.accounts["organiser1"]
    client.force_login(commune_admin)
    page = reverse("account-state", args=[account.pk])
    assert client.post(page).status_code == 303
    account.refresh_from_db()
    assert not account.is_active
    assert "organiser1" in client.get(reverse("account-list"), {"rest": "1"}).content.decode()
    assert "organiser1" not in client.get(reverse("account-list")).content.decode()
    assert client.post(page, {"works": "1"}).status_code == 303
    account.refresh_from_db()
    assert account.is_active


def test_accounts_are_found_by_name_without_marks_and_by_role(cast, as_user):
    client = as_user("admin")
    page = client.get(reverse("account-list"), {"q": "huong"}).content.decode()
    assert "member1" in page
    assert "organiser1" not in page
    page = client.get(reverse("account-list"), {"role": "leader"}).content.decode()
    assert "leader1" in page
    assert "organiser1" not in page


def test_the_list_costs_the_same_with_one_row_and_three(cast, as_user):
    client = as_user("admin")

    def cost(query):
        client.get(reverse("account-list") + query)
        with CaptureQueriesContext(connection) as seen:
            client.get(reverse("account-list") + query)
        return len(seen)

    assert cost("?q=organiser1") == cost("?q=organiser") == cost("")


def test_every_role_says_in_words_what_it_may_do(cast, as_user):
    page = as_user("member1").get(reverse("role-list")).content.decode()
    for spec in ROLES.values():
        assert spec.label in page
        assert spec.description in page
        assert all(permission.label in page for permission in spec.permissions)
    labels = [permission.label for permission in Permission]
    assert len(set(labels)) == len(labels)
    assert not any(label == permission.message for permission, label in zip(Permission, labels, strict=True))


def test_the_page_of_accounts_is_for_administrators(cast, as_user):
    for username in cast.accounts:
        status = as_user(username).get(reverse("account-list")).status_code
        assert status == (200 if username == "admin" else 403), username


def test_shown_name_and_mail_are_corrected_by_whoever_governs_the_account(cast, as_user):
    account = cast.accounts["organiser1"]
    address = reverse("account-edit", args=[account.pk])
    assert as_user("officer").get(address).status_code == 403
    client = as_user("admin")
    assert address in client.get(reverse("account", args=[account.pk])).content.decode()
    assert client.post(address, {"display_name": "Văn phòng Đảng ủy", "email": "sai"}).context["form"].errors["email"]
    assert client.post(address, {"display_name": "Văn phòng Đảng ủy", "email": "vp@xa.example"}).status_code == 303
    account.refresh_from_db()
    assert (account.display_name, account.email) == ("Văn phòng Đảng ủy", "vp@xa.example")
