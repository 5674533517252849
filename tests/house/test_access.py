"""Default deny: an address that says nothing about who may open it does not pass; strangers are shown the way to sign in."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.contrib.auth import get_user_model
from django.shortcuts import resolve_url

from quantriet.kit.time import now
from quantriet.org import access, actions
from quantriet.org.models import ApiToken
from quantriet.org.vocab import SCOPES, Permission
from quantriet.org.web.door import CLAIM
from scripts.access_table import TABLE, Address, addresses, operations, pages, table
from tests.cast import ACCOUNTS
from tests.machine import machine

EVERYONE = ("public", "signed-in")
# A value that each path converter takes; rows with these do not exist.
SAMPLES = {
    "IntConverter": "987654321",
    "StringConverter": "khong-co",
    "SlugConverter": "khong-co",
    "PathConverter": "khong/co",
    "UUIDConverter": "00000000-0000-4000-8000-000000000000",
}


def example(address: Address) -> str:
    route = address.route
    for name, converter in address.converters.items():
        for written in (f"<{name}>", f"<{_written(converter)}:{name}>"):
            route = route.replace(written, SAMPLES.get(type(converter).__name__, "khong-co"))
    assert "<" not in route, f"no sample for {address.route}"
    return route


def _written(converter: object) -> str:
    from django.urls.converters import get_converters

    return next((name for name, known in get_converters().items() if type(known) is type(converter)), "str")


def test_every_address_says_who_may_open_it():
    silent = [address.route for address in addresses() if address.claim is None]
    assert not silent, f"put a decorator of quantriet.org.web.pages above the views of: {silent}"


def test_what_an_address_asks_for_exists():
    known = {*EVERYONE, *(permission.value for permission in Permission), *(CLAIM + scope.value for scope in SCOPES)}
    unknown = [
        (address.route, address.claim) for address in addresses() if address.claim and address.claim not in known
    ]
    assert not unknown


def test_access_table_is_in_step():
    written = TABLE.read_text("utf-8") if TABLE.exists() else ""
    assert written == table(), "docs/access.md is out of step: make access"


@pytest.mark.django_db
@pytest.mark.parametrize("address", pages(), ids=lambda address: address.route)
def test_a_stranger_is_turned_away(client, address):
    client.raise_request_exception = False
    for method in ("get", "post"):
        answer = getattr(client, method)(example(address))
        if address.claim == "public":
            assert answer.status_code < 500, f"{method} {address.route}: {answer.status_code}"
        elif answer.status_code == 302:
            assert answer.url.startswith(resolve_url(settings.LOGIN_URL)), (
                f"{method} {address.route} leads to {answer.url}"
            )
        else:
            # 405: the address knows only the other method, and that one is asked too.
            assert answer.status_code in (404, 405), f"{method} {address.route}: {answer.status_code}"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "address",
    [address for address in pages() if address.claim not in EVERYONE],
    ids=lambda address: address.route,
)
def test_an_account_without_appointment_sees_no_desk(client, address):
    client.raise_request_exception = False
    client.force_login(get_user_model().objects.create(username="khong-phan-cong"))
    for method in ("get", "post"):
        answer = getattr(client, method)(example(address))
        assert answer.status_code in (403, 404, 405), f"{method} {address.route}: {answer.status_code}"


# One account per role: two of one role are told apart by rows, not by addresses.
ONE_PER_ROLE = sorted({role: name for name, role, _unit, _person in reversed(ACCOUNTS)}.values())


@pytest.mark.django_db
@pytest.mark.parametrize("name", ONE_PER_ROLE)
def test_a_member_of_the_cast_meets_the_table(cast, client, name):
    """Who lacks the permission is refused; who holds it is never told that the page is forbidden; nobody breaks it."""
    client.raise_request_exception = False
    account = cast.accounts[name]
    client.force_login(account)
    wrong = []
    for address in pages():
        status = client.get(example(address)).status_code
        if status >= 500:
            wrong.append(f"{address.route} breaks: {status}")
        elif address.claim in EVERYONE:
            client.force_login(account)  # one of these is the way out
        elif access.may_anywhere(account, Permission(address.claim)):
            if status == 403:
                wrong.append(f"may {address.claim}, yet {address.route} answers 403")
        elif status not in (403, 404, 405):
            wrong.append(f"lacks {address.claim}, yet {address.route} answers {status}")
    assert not wrong, "\n".join(wrong)


# --- operations for machines ------------------------------------------------------------------------------------------


def call(client, address, secret=None):
    headers = {"Authorization": f"Bearer {secret}"} if secret else {}
    body = "" if address.method == "GET" else "{}"
    return client.generic(address.method, example(address), body, content_type="application/json", headers=headers)


def test_every_scope_opens_something_and_no_more_is_offered():
    assert {address.claim for address in operations()} == {CLAIM + scope.value for scope in SCOPES}


@pytest.mark.django_db
def test_no_operation_opens_without_a_key_in_force(cast, client):
    """Default deny, proved of each: without a key, with a session, with a key that is unknown, expired or revoked."""
    caller, over = machine(cast.officer), machine(cast.officer)
    actions.revoke_token(over.token, by=cast.officer, at=now())
    expired = machine(cast.officer)
    ApiToken.objects.filter(pk=expired.token.pk).update(
        created_at=now() - timedelta(days=2), expires_at=now() - timedelta(days=1)
    )
    client.raise_request_exception = False
    client.force_login(cast.officer)
    assert len(operations()) > 30
    for address in operations():
        for secret in (None, "qt_khong-co", over.secret, expired.secret):
            assert call(client, address, secret).status_code == 401, f"{address.method} {address.route}"
    assert caller.get("/units").status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize("scope", SCOPES)
def test_a_key_opens_what_its_scope_says_and_nothing_else(cast, client, scope, settings):
    settings.API_REQUESTS_A_MINUTE = 10_000
    caller = machine(cast.officer, scope)
    client.raise_request_exception = False
    for address in operations():
        answer = call(client, address, caller.secret)
        assert answer.status_code < 500
        if address.claim == CLAIM + scope.value:
            assert answer.status_code != 403, f"{address.method} {address.route}"
        else:
            assert (answer.status_code, answer.json()["code"]) == (403, "token.scope"), address.route
