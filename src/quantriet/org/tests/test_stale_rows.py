"""An action judges and writes the row as it stands at its moment, not as the page read it."""

import pytest
from django.urls import reverse

from quantriet.audit.models import AuditEvent
from quantriet.kit.refusal import Refusal
from quantriet.kit.time import now, today
from quantriet.org import access, actions
from quantriet.org.models import Account, Person, PostHeld, Unit
from quantriet.org.tests.factories import a_unit, an_account
from quantriet.org.vocab import Role

pytestmark = pytest.mark.django_db


def test_an_edit_leaves_a_transfer_of_meanwhile(cast):
    old_page = Person.objects.get(code="M2")
    actions.transfer_person(cast.people["M2"], by=None, at=now(), to=cast.units["CB12"], on=today())
    actions.change_person(old_page, by=None, at=now(), phone="0999")
    person = Person.objects.get(code="M2")
    assert (person.unit, person.phone) == (cast.units["CB12"], "0999")
    assert AuditEvent.objects.get(verb="person.changed").unit_id == cast.units["CB12"].pk


def test_an_edit_does_not_bring_back_who_left(cast):
    old_page = Person.objects.get(code="M2")
    actions.remove_person(cast.people["M2"], by=cast.officer, at=now(), on=today(), reason="died")
    actions.change_person(old_page, by=None, at=now(), phone="0888")
    assert Person.objects.get(code="M2").left_on == today()


def test_two_pages_move_or_remove_one_person(cast):
    first, second, third = (Person.objects.get(code="M2") for _ in range(3))
    actions.transfer_person(first, by=None, at=now(), to=cast.units["CB12"], on=today())
    with pytest.raises(Refusal, match="vừa được người khác chuyển"):
        actions.transfer_person(second, by=None, at=now(), to=cast.units["CB21"], on=today())
    actions.remove_person(first, by=cast.officer, at=now(), on=today(), reason="died")
    with pytest.raises(Refusal, match="không còn trong danh sách"):
        actions.remove_person(third, by=cast.officer, at=now(), on=today(), reason="left")
    assert Person.objects.get(code="M2").left_reason == "died"


def test_a_unit_closed_meanwhile_stays_closed_and_takes_nobody_in(cast):
    unit = a_unit(cast.units["X1"], code="CB13")
    old_page = Unit.objects.select_related("kind").get(pk=unit.pk)
    actions.close_unit(unit, by=cast.officer, at=now(), on=today(), decision_number="1")
    actions.change_unit(old_page, by=None, at=now(), phone="1")
    assert Unit.objects.get(code="CB13").closed_on == today()
    old_page.closed_on = None
    with pytest.raises(Refusal, match="đã ngừng hoạt động"):
        actions.add_person(by=None, at=now(), full_name="Ai Đó", unit=old_page)
    with pytest.raises(Refusal, match="đã ngừng hoạt động"):
        actions.transfer_person(cast.people["M2"], by=None, at=now(), to=old_page, on=today())
    old_page.closed_on = None
    with pytest.raises(Refusal, match="đã ngừng hoạt động"):
        actions.close_unit(old_page, by=cast.officer, at=now(), on=today(), decision_number="2")


def test_no_unit_is_founded_under_one_closed_meanwhile(cast):
    base = a_unit(cast.units["X1"], kind="DANG_BO_CO_SO", code="DB9")
    old_page = Unit.objects.select_related("kind").get(pk=base.pk)
    actions.close_unit(base, by=cast.officer, at=now(), on=today(), decision_number="1")
    with pytest.raises(Refusal, match="đã ngừng hoạt động"):
        a_unit(old_page, code="CB14")


def test_a_post_ended_meanwhile_is_not_ended_again(cast):
    held, old_page = (PostHeld.objects.get(person__code="M2") for _ in range(2))
    actions.end_post(held, by=None, at=now(), on=today())
    with pytest.raises(Refusal, match="đã kết thúc"):
        actions.end_post(old_page, by=None, at=now(), on=today())


def test_an_account_is_changed_as_it_stands(cast):
    old_page = Account.objects.get(username="speaker")
    actions.change_account(cast.accounts["speaker"], by=cast.accounts["admin"], at=now(), is_active=False)
    actions.change_account(old_page, by=cast.accounts["admin"], at=now(), email="a@b.vn", is_active=True)
    assert AuditEvent.objects.filter(verb="account.changed").count() == 2
    assert Account.objects.get(username="speaker").is_active


# ---------------------------------------------------------------------------------------------------- accounts and their log


def test_the_account_of_somebody_from_elsewhere_is_not_governed(cast, client):
    admin = an_account("quantri.x1", Role.ADMINISTRATOR, cast.units["X1"])
    guest = an_account("nguoi.ngoai", Role.ORGANISER, cast.units["X1"], person=cast.people["M12"])
    own = an_account("nguoi.trong", Role.ORGANISER, cast.units["X1"], person=cast.people["M3"])
    assert not access.may_govern(admin, guest)
    assert access.may_govern(admin, own)
    client.force_login(admin, backend="quantriet.org.web.sign_in.AccountBackend")
    before = guest.password
    for name in ("account-password", "account-state"):
        assert client.post(reverse(name, args=[guest.pk])).status_code == 403
    guest.refresh_from_db()
    assert (guest.password, guest.is_active) == (before, True)


def test_the_page_of_a_person_shows_the_log_to_its_readers_only(cast, as_user):
    actions.change_person(cast.people["M2"], by=cast.officer, at=now(), occupation="Nghề chỉ có trong sổ")
    actions.change_person(cast.people["M2"], by=cast.officer, at=now(), occupation="")
    url = reverse("person", args=[cast.people["M2"].pk])
    assert "Nghề chỉ có trong sổ" in as_user("officer").get(url).text
    page = as_user("organiser1").get(url)
    assert page.status_code == 200
    assert "Nghề chỉ có trong sổ" not in page.text
    assert 'id="history"' not in page.text


def test_the_page_of_a_person_tells_no_line_of_another_branch(cast, as_user):
    leader = an_account("lanhdao.x2", Role.LEADER, cast.units["X2"])
    actions.change_person(cast.people["M2"], by=cast.officer, at=now(), occupation="Việc ở nơi cũ")
    actions.change_person(cast.people["M2"], by=cast.officer, at=now(), occupation="")
    actions.transfer_person(cast.people["M2"], by=cast.officer, at=now(), to=cast.units["CB21"], on=today())
    client = as_user("officer")
    client.force_login(leader, backend="quantriet.org.web.sign_in.AccountBackend")
    page = client.get(reverse("person", args=[cast.people["M2"].pk])).text
    assert 'id="history"' in page
    assert "Việc ở nơi cũ" not in page
