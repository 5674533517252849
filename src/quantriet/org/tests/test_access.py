"""Who may do what where: the permission matrix of the cast, as a specification."""

import datetime as dt
import re

import pytest
from django.http import Http404
from django.urls import reverse

from quantriet.kit.refusal import NotAllowed
from quantriet.kit.time import now, today
from quantriet.org import access, actions
from quantriet.org.models import Account
from quantriet.org.tests.factories import a_person, a_unit, an_account
from quantriet.org.vocab import Permission, Role

P = Permission
READ = {P.UNIT_VIEW, P.PERSON_VIEW, P.DOCUMENT_VIEW, P.SPEAKER_VIEW, P.CAMPAIGN_VIEW, P.CLASS_VIEW, P.REPORT_VIEW}
RUN = READ | {
    P.PERSON_EDIT, P.PERSON_CONTACT, P.PERSON_PRIVATE, P.PLAN_SCHEDULE, P.CLASS_EDIT, P.ROLL_TAKE, P.ROLL_UNLOCK, P.EXCUSE_APPROVE,
    P.REPORT_WRITE, P.MESSAGE_SEND, P.PROPAGANDA_REPORT, P.SPEAKER_EDIT, P.SPEAKER_INVITE,
}  # fmt: skip
SECRETARY = READ | {
    P.PERSON_CONTACT, P.ROLL_TAKE, P.MESSAGE_SEND, P.SLIP_PRINT, P.PROPAGANDA_REPORT, P.SPEAKER_INVITE,
}  # fmt: skip
# Who of the cast may do what, and in which unit that begins: written out once more, so that a role cannot change unseen.
MATRIX = {
    "admin": (
        "T",
        {
            P.UNIT_VIEW,
            P.UNIT_EDIT,
            P.PERSON_VIEW,
            P.PERSON_EDIT,
            P.PERSON_CONTACT,
            P.PERSON_PRIVATE,
            P.PRIVACY_ANSWER,
            P.ACCOUNT_MANAGE,
            P.SLIP_PRINT,
            P.LOG_VIEW,
            P.SYSTEM,
        },
    ),
    "officer": ("T", RUN | {P.UNIT_EDIT, P.DOCUMENT_EDIT, P.CAMPAIGN_PLAN, P.LOG_VIEW, P.PRIVACY_ANSWER}),
    "organiser1": ("X1", RUN | {P.SLIP_PRINT}),
    "organiser2": ("X2", RUN | {P.SLIP_PRINT}),
    "secretary11": ("CB11", SECRETARY),
    "secretary21": ("CB21", SECRETARY),
    "inspector": ("T", READ | {P.LOG_VIEW}),
    "leader": ("T", READ | {P.LOG_VIEW}),
    "leader1": ("X1", READ | {P.LOG_VIEW}),
    "speaker": ("T", {P.DOCUMENT_VIEW}),
    "editor": ("T", {P.DOCUMENT_VIEW, P.DOCUMENT_EDIT, P.PROPAGANDA_REPORT}),
    "member1": ("CB11", set()),
    "member10": ("CB21", set()),
}
UNDER = {
    "T": {"T", "X1", "X2", "DN", "CB11", "CB12", "CB21", "CS1"},
    "X1": {"X1", "CB11", "CB12"},
    "X2": {"X2", "CB21"},
    "CB11": {"CB11"},
    "CB21": {"CB21"},
}


def test_the_matrix_names_the_whole_cast(cast):
    assert MATRIX.keys() == cast.accounts.keys()


@pytest.mark.parametrize("permission", list(Permission))
def test_every_permission_holds_at_and_under_the_unit_of_the_appointment_only(cast, permission):
    for username, (top, permissions) in MATRIX.items():
        account = cast.accounts[username]
        allowed = UNDER[top] if permission in permissions else set()
        assert access.may_anywhere(account, permission) == bool(allowed), username
        for code, unit in cast.units.items():
            assert access.may(account, permission, unit) == (code in allowed), f"{username} {permission} {code}"
        assert set(access.units_seen_by(account, permission).values_list("code", flat=True)) == allowed
        people = {code for code, person in cast.people.items() if person.unit.code in allowed}
        assert set(access.people_seen_by(account, permission).values_list("code", flat=True)) == people
        if permission == P.PERSON_VIEW:
            assert set(access.people_list(account).values_list("code", flat=True)) == people


def test_one_row_is_the_list_narrowed_to_it(cast):
    organiser = cast.accounts["organiser1"]
    assert access.get_unit(organiser, cast.units["CB12"].pk) == cast.units["CB12"]
    for code in ("T", "X2", "CB21"):
        with pytest.raises(Http404):
            access.get_unit(organiser, cast.units[code].pk)
        with pytest.raises(Http404):
            access.get_unit(organiser, cast.units[code].pk, P.PERSON_EDIT)
    with pytest.raises(NotAllowed):
        access.get_unit(organiser, cast.units["CB12"].pk, P.UNIT_EDIT)
    with pytest.raises(Http404):
        access.get_person(organiser, cast.people["M10"].pk)


def test_a_long_list_is_the_same_however_wide_the_scope(cast, monkeypatch):
    for username in ("officer", "organiser1", "secretary11", "member1"):
        account = cast.accounts[username]
        for under in (None, cast.units["X1"], cast.units["CB11"], cast.units["X2"]):
            narrow = set(access.people_list(account, under=under).values_list("pk", flat=True))
            with monkeypatch.context() as patch:
                patch.setattr(access, "WIDE_SCOPE", 1)
                assert set(access.people_list(account, under=under).values_list("pk", flat=True)) == narrow
            seen = access.people_seen_by(account)
            assert narrow == set((seen.under(under) if under else seen).values_list("pk", flat=True))


def test_two_appointments_are_the_sum_and_nested_ones_are_one(cast):
    account = cast.accounts["organiser1"]
    actions.give_appointment(account, by=None, at=now(), role=Role.ORGANISER, unit=cast.units["X2"], valid_from=today())
    actions.give_appointment(
        account, by=None, at=now(), role=Role.ORGANISER, unit=cast.units["CB11"], valid_from=today()
    )
    fresh = Account.objects.get(pk=account.pk)
    assert access.paths_with(fresh, P.PERSON_EDIT) == sorted([cast.units["X1"].path, cast.units["X2"].path])
    codes = set(access.units_seen_by(fresh).values_list("code", flat=True))
    assert codes == UNDER["X1"] | UNDER["X2"]


def test_an_appointment_acts_only_between_its_days(cast):
    account = an_account("tam")
    yesterday, tomorrow = today() - dt.timedelta(days=1), today() + dt.timedelta(days=1)
    unit = cast.units["X1"]
    for start, end, acts in [
        (tomorrow, None, False),
        (yesterday - dt.timedelta(days=9), yesterday, False),
        (yesterday, tomorrow, True),
    ]:
        actions.give_appointment(
            account, by=None, at=now(), role=Role.ORGANISER, unit=unit, valid_from=start, valid_to=end
        )
        assert access.may(Account.objects.get(pk=account.pk), P.PERSON_EDIT, unit) is acts
        account.appointments.all().delete()


# --------------------------------------------------------------------------------------------------------------- pages

UNIT_PAGES = ["unit", "unit-edit", "unit-close"]
PERSON_PAGES = [
    "person", "person-edit", "person-transfer", "person-leave", "post-new", "exemption-new", "responsibility-new",
]  # fmt: skip


@pytest.mark.parametrize("name", UNIT_PAGES)
def test_a_stranger_cannot_tell_a_foreign_unit_from_none(cast, as_user, name):
    client = as_user("officer" if name != "unit" else "organiser1")
    if name != "unit":
        # The officer of a commune that may change units: everything outside is as if it were not.
        account = an_account("huyen", Role.BOARD_OFFICER, cast.units["X1"])
        client.force_login(account)
    foreign, missing = client.get(reverse(name, args=[cast.units["X2"].pk])), client.get(reverse(name, args=[999999]))
    assert foreign.status_code == missing.status_code == 404
    assert told(foreign) == told(missing)


def told(response) -> str:
    """What the page says, without what differs by itself: the one-time token and the address the stranger typed."""
    page = response.content.decode().replace(response.wsgi_request.path, "…")
    return re.sub(r'(csrfmiddlewaretoken" value=|"X-CSRFToken": )"[^"]+"', r"\1…", page)


@pytest.mark.parametrize("name", PERSON_PAGES)
def test_a_stranger_cannot_tell_a_foreign_person_from_nobody(cast, as_user, name):
    client = as_user("organiser1")
    for method in ("get", "post"):
        foreign = getattr(client, method)(reverse(name, args=[cast.people["M10"].pk]))
        missing = getattr(client, method)(reverse(name, args=[999999]))
        assert foreign.status_code == missing.status_code == 404
        assert told(foreign) == told(missing)


@pytest.mark.parametrize("name", [name for name in PERSON_PAGES if name != "person"])
def test_who_sees_a_person_but_may_not_change_them_gets_403(cast, as_user, name):
    # An organiser elsewhere, who also leads (reads) in X1.
    account = cast.accounts["organiser2"]
    actions.give_appointment(account, by=None, at=now(), role=Role.LEADER, unit=cast.units["X1"], valid_from=today())
    client = as_user("organiser2")
    assert client.get(reverse("person", args=[cast.people["M1"].pk])).status_code == 200
    assert client.get(reverse(name, args=[cast.people["M1"].pk])).status_code == 403
    assert client.post(reverse(name, args=[cast.people["M1"].pk])).status_code == 403


def test_the_person_follows_a_transfer_on_the_next_page(cast, as_user):
    person = cast.people["M1"]
    page = reverse("person", args=[person.pk])
    assert as_user("secretary11").get(page).status_code == 200
    assert as_user("secretary21").get(page).status_code == 404
    actions.transfer_person(person, by=cast.officer, at=now(), to=cast.units["CB21"], on=today())
    assert as_user("secretary11").get(page).status_code == 404
    assert as_user("secretary21").get(page).status_code == 200
    assert as_user("organiser1").get(page).status_code == 404


def test_a_changed_right_acts_on_the_next_request(cast, as_user):
    client = as_user("organiser1")
    page = reverse("people-list")
    assert client.get(page).status_code == 200
    given = cast.accounts["organiser1"].appointments.get()
    actions.end_appointment(given, by=cast.accounts["admin"], at=now(), on=today() - dt.timedelta(days=1))
    assert client.get(page).status_code == 403
    actions.give_appointment(
        cast.accounts["organiser1"], by=cast.accounts["admin"], at=now(), role=Role.CELL_SECRETARY,
        unit=cast.units["CB21"], valid_from=today(),
    )  # fmt: skip
    assert client.get(page).status_code == 200
    assert client.get(reverse("unit", args=[cast.units["X1"].pk])).status_code == 404


def test_an_account_at_rest_is_signed_out_on_the_next_request(cast, as_user):
    client = as_user("organiser1")
    actions.change_account(cast.accounts["organiser1"], by=cast.accounts["admin"], at=now(), is_active=False)
    answer = client.get(reverse("people-list"))
    assert answer.status_code == 302
    assert answer.url.startswith(reverse("sign-in"))


def test_the_end_of_a_fact_asks_for_the_right_in_its_unit_too(cast, as_user):
    held = cast.people["M5"].posts.get()  # secretary of X1, lives in CB11
    account = an_account("chi-bo-11", Role.ORGANISER, cast.units["CB11"])
    client = as_user("organiser1")
    assert client.get(reverse("post-end", args=[held.pk])).status_code == 200
    client.force_login(account)
    assert client.get(reverse("post-end", args=[held.pk])).status_code == 403
    client.force_login(cast.accounts["organiser2"])
    assert client.get(reverse("post-end", args=[held.pk])).status_code == 404


# ------------------------------------------------------------------------------------------------------------ accounts


@pytest.fixture
def commune_admin(cast):
    return an_account("quan-tri-xa", Role.ADMINISTRATOR, cast.units["X1"])


def test_an_administrator_sees_accounts_at_home_in_the_scope(cast, commune_admin):
    seen = set(access.accounts_seen_by(commune_admin).values_list("username", flat=True))
    assert seen == {"quan-tri-xa", "organiser1", "leader1", "secretary11", "member1"}
    assert access.accounts_seen_by(cast.accounts["admin"]).count() == Account.objects.count()
    assert not access.accounts_seen_by(cast.accounts["officer"]).exists()


def test_an_account_without_person_and_live_appointment_stays_with_its_last_unit(cast, commune_admin):
    account = an_account("cu", Role.ORGANISER, cast.units["CB11"])
    actions.end_appointment(account.appointments.get(), by=commune_admin, at=now(), on=today() - dt.timedelta(days=1))
    assert access.accounts_seen_by(commune_admin).filter(pk=account.pk).exists()


def test_a_wider_account_cannot_be_taken_over_from_below(cast, commune_admin, client):
    admin = cast.accounts["admin"]
    actions.give_appointment(admin, by=admin, at=now(), role=Role.LEADER, unit=cast.units["X1"], valid_from=today())
    before = Account.objects.get(pk=admin.pk).password
    client.force_login(commune_admin)
    assert client.get(reverse("account", args=[admin.pk])).status_code == 200
    assert client.post(reverse("account-password", args=[admin.pk])).status_code == 403
    assert client.post(reverse("account-state", args=[admin.pk])).status_code == 403
    assert Account.objects.get(pk=admin.pk).password == before
    assert not access.may_govern(commune_admin, admin)
    assert access.may_govern(commune_admin, cast.accounts["organiser1"])


def test_nobody_outside_the_scope_is_seen_or_appointed(cast, commune_admin, client):
    client.force_login(commune_admin)
    foreign = cast.accounts["organiser2"]
    for name in ("account", "appointment-new"):
        page, missing = client.get(reverse(name, args=[foreign.pk])), client.get(reverse(name, args=[999999]))
        assert page.status_code == missing.status_code == 404
        assert told(page) == told(missing)
    given = foreign.appointments.get()
    assert client.get(reverse("appointment-end", args=[given.pk])).status_code == 404


def test_people_and_units_made_later_are_inside_at_once(cast):
    organiser = cast.accounts["organiser1"]
    cell = a_unit(cast.units["X1"])
    person = a_person(cell)
    assert access.units_seen_by(organiser).filter(pk=cell.pk).exists()
    assert access.people_seen_by(organiser).filter(pk=person.pk).exists()
    assert not access.people_seen_by(cast.accounts["organiser2"]).filter(pk=person.pk).exists()


def test_the_log_of_what_belongs_to_no_unit_is_read_at_the_top_only(cast):
    free = an_account("tu-do")
    about = {"thing_kind": "org.account", "thing_id": str(free.pk)}
    assert access.events_seen_by(cast.accounts["admin"]).filter(**about).exists()
    assert not access.events_seen_by(cast.accounts["leader1"]).filter(**about).exists()
    assert not access.events_seen_by(cast.accounts["organiser1"]).exists()
    ids = set(access.events_seen_by(cast.accounts["leader1"]).values_list("unit_path", flat=True))
    assert all(path.startswith(cast.units["X1"].path) for path in ids)


def test_home_is_the_highest_unit_with_work(cast):
    assert access.home_unit(cast.accounts["officer"]) == cast.units["T"]
    assert access.home_unit(cast.accounts["member1"]) == cast.units["CB11"]
    assert access.home_unit(an_account("khong")) is None
