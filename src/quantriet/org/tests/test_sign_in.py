"""Sign-in, sign-out, lock-out, temporary and own passwords."""

import datetime as dt

import pytest
from django.contrib.auth.hashers import get_hasher
from django.urls import reverse

from quantriet.audit.models import AuditEvent
from quantriet.kit.refusal import Refusal
from quantriet.kit.time import now
from quantriet.org import actions
from quantriet.org.models import Account, SignInFailure
from quantriet.org.rules.tries import LOCK_AFTER, LOCK_FOR, Door
from tests.cast import PASSWORD

WRONG = "Tên đăng nhập hoặc mật khẩu chưa đúng."


def sign_in(client, username="officer", password=PASSWORD, **more):
    return client.post(reverse("sign-in"), {"username": username, "password": password} | more)


@pytest.mark.parametrize("typed", ["officer", "OFFICER", " Officer ", "Ôfficer"])
def test_a_user_name_is_right_in_any_writing(cast, client, typed):
    answer = sign_in(client, typed)
    assert answer.status_code == 302
    assert client.get(reverse("people-list")).status_code == 200
    event = AuditEvent.objects.filter(verb="account.signed_in").get()
    assert (event.actor_id, event.unit_id) == (cast.officer.pk, cast.units["T"].pk)
    assert event.after == {"from_address": "127.0.0.1", "way_in": "Mật khẩu", "device": "Thiết bị không rõ"}


def test_the_answer_does_not_tell_which_part_was_wrong(cast, client):
    actions.change_account(cast.accounts["leader"], by=cast.accounts["admin"], at=now(), is_active=False)
    pages = []
    for username, password in [("officer", "sai-mat-khau"), ("khong-co-ai", PASSWORD), ("leader", PASSWORD)]:
        answer = sign_in(client, username, password)
        assert answer.status_code == 422
        page = answer.content.decode()
        assert WRONG in page
        pages.append(page.replace(username, "…"))
    assert len({len(page) for page in pages}) == 1
    assert not AuditEvent.objects.filter(verb="account.signed_in").exists()


def test_an_unknown_name_costs_a_whole_password_check(cast, client, monkeypatch):
    hasher = type(get_hasher())
    counted = []
    encode = hasher.encode
    monkeypatch.setattr(hasher, "encode", lambda self, *args, **kw: counted.append(1) or encode(self, *args, **kw))
    costs = []
    for username in ("officer", "khong-co-ai"):
        counted.clear()
        sign_in(client, username, "sai-mat-khau")
        costs.append(len(counted))
    assert costs == [1, 1]


def test_the_page_asked_for_follows_but_no_foreign_one(cast, client):
    asked = client.get(reverse("people-list"))
    assert asked.url == f"{reverse('sign-in')}?next=/desk/people/"
    page = client.get(asked.url).content.decode()
    assert '<input type="hidden" name="next" value="/desk/people/">' in page
    assert sign_in(client, next="/desk/people/?q=a").url == "/desk/people/?q=a"
    assert client.get(reverse("sign-in"), {"next": "/desk/units/"}).url == "/desk/units/"
    client.post(reverse("sign-out"))
    for foreign in ("https://evil.example/", "//evil.example/", "javascript:alert(1)"):
        answer = sign_in(client, next=foreign)
        assert "evil" not in answer.url
        assert answer.url.startswith("/")
        client.post(reverse("sign-out"))


def test_too_many_failures_close_the_door_for_a_while_even_for_the_right_password(cast, client):
    for _ in range(LOCK_AFTER):
        assert WRONG in sign_in(client, password="sai").content.decode()
    for typed in ("officer", "OFFICER"):
        page = sign_in(client, typed).content.decode()
        assert "Đăng nhập sai 5 lần liền; thử lại sau 15 phút." in page
    # Another address and another name are not closed out.
    answer = client.post(reverse("sign-in"), {"username": "officer", "password": PASSWORD}, REMOTE_ADDR="10.0.0.9")
    assert answer.status_code == 302
    client.post(reverse("sign-out"))
    assert sign_in(client, "leader").status_code == 302


def test_an_unknown_name_is_closed_out_in_the_same_way(cast, client):
    for _ in range(LOCK_AFTER):
        sign_in(client, "khong-co-ai", "sai")
    assert "thử lại sau 15 phút" in sign_in(client, "khong-co-ai", "sai").content.decode()


def test_the_door_opens_again_after_the_time(cast):
    at = now()
    given = {"username": "officer", "address": "10.0.0.1"}
    for _ in range(LOCK_AFTER):
        actions.claim_try(Door.PASSWORD, **given, at=at)
    with pytest.raises(Refusal) as refusal:
        actions.claim_try(Door.PASSWORD, **given, at=at + LOCK_FOR - dt.timedelta(seconds=1))
    assert refusal.value.code == "sign_in.locked"
    # The count begins anew; a single failure later does not close it.
    actions.claim_try(Door.PASSWORD, **given, at=at + LOCK_FOR)
    assert SignInFailure.objects.get(username="officer", address="10.0.0.1").failures == 1


def test_a_sign_in_forgets_the_failures_before_it_and_old_ones_are_thrown_away(cast, client):
    for _ in range(LOCK_AFTER - 1):
        sign_in(client, password="sai")
    assert sign_in(client).status_code == 302
    assert not SignInFailure.objects.filter(username="officer").exclude(address="").exists()
    # The wide counts keep what was wrong, and nothing of what was right.
    assert set(SignInFailure.objects.values_list("failures", flat=True)) == {LOCK_AFTER - 1}
    SignInFailure.objects.all().delete()
    actions.claim_try(Door.PASSWORD, username="a", address="1", at=now() - dt.timedelta(days=2))
    actions.claim_try(Door.PASSWORD, username="b", address="2", at=now())
    actions.prune_sign_in(at=now())
    assert set(SignInFailure.objects.values_list("username", "address")) == {("b", ""), ("b", "2"), ("", "2")}


def test_sign_out_is_a_post(cast, as_user):
    client = as_user("officer")
    assert client.get(reverse("sign-out")).status_code == 405
    assert client.get(reverse("people-list")).status_code == 200
    assert client.post(reverse("sign-out")).url == reverse("sign-in")
    assert client.get(reverse("people-list")).status_code == 302


def test_a_temporary_password_must_be_changed_before_anything_else(cast, client):
    account = cast.accounts["organiser1"]
    password = actions.reset_password(account, by=cast.accounts["admin"], at=now())
    answer = sign_in(client, "organiser1", password, next="/desk/units/")
    assert answer.url == "/password/?next=%2Fdesk%2Funits%2F"
    for page in ("/desk/people/", "/desk/roles/"):
        turned = client.get(page)
        assert turned.url.startswith("/password/?next=")
    shown = client.get(answer.url).content.decode()
    assert "mật khẩu tạm" in shown
    assert 'name="current"' not in shown
    new = "con-suoi-mua-ha-2026"
    answer = client.post("/password/", {"password": new, "again": new, "next": "/desk/units/"})
    assert answer.url == "/desk/units/"
    assert client.get("/desk/units/").status_code == 200  # the session goes on
    client.post(reverse("sign-out"))
    assert sign_in(client, "organiser1", password).status_code == 422
    assert sign_in(client, "organiser1", new).status_code == 302


def test_ones_own_password_needs_the_present_one(cast, as_user):
    client = as_user("organiser1")
    new = "con-suoi-mua-ha-2026"
    page = client.post(reverse("password"), {"current": "sai", "password": new, "again": new}).content.decode()
    assert "Mật khẩu hiện tại chưa đúng." in page
    page = client.post(reverse("password"), {"current": PASSWORD, "password": new, "again": "khac"}).content.decode()
    assert "không giống nhau" in page
    page = client.post(reverse("password"), {"current": PASSWORD, "password": "123", "again": "123"})
    assert page.status_code == 422
    assert client.post(reverse("password"), {"current": PASSWORD, "password": new, "again": new}).status_code == 303
    assert Account.objects.get(username="organiser1").check_password(new)
    assert client.get(reverse("people-list")).status_code == 200
    event = AuditEvent.objects.filter(verb="account.password").get()
    assert "password" not in str(event.after).replace("must_change_password", "")


def test_sessions_elsewhere_end_with_a_changed_password(cast, as_user, client):
    from django.test import Client

    elsewhere = Client()
    elsewhere.force_login(cast.accounts["organiser1"])
    assert elsewhere.get(reverse("people-list")).status_code == 200
    actions.reset_password(cast.accounts["organiser1"], by=cast.accounts["admin"], at=now())
    assert elsewhere.get(reverse("people-list")).url.startswith(reverse("sign-in"))
