"""Operations for machines answer about a thing as its pages do: every one that names a thing, asked with readers' own keys.

The door (no key, a wrong scope) is proved in tests/house/test_access.py; here it is what lies behind it.
"""

from __future__ import annotations

import json

import pytest
from django.db import transaction
from django.test import Client

from quantriet.kit.time import now
from quantriet.org.models import ApiToken
from quantriet.org.vocab import SCOPES, Permission
from quantriet.org.web.door import CLAIM
from scripts.access_table import Address, operations
from tests.access import matrix, oracle
from tests.access.conftest import Planted
from tests.access.matrix import NOBODY
from tests.access.oracle import Answer, Do
from tests.access.world import AFTER, PLACES, READERS
from tests.machine import Machine, machine

pytestmark = [pytest.mark.django_db, pytest.mark.req("R-005", "P-06")]

# The answer, apart from what passes by itself: the rate that is left, and the length, which follows from the body.
_PASSING = {"RateLimit", "RateLimit-Policy", "Content-Length"}


@pytest.fixture
def machines(planted: Planted, settings) -> dict[str, Machine]:
    """A key with every scope that its account may have, for each reader who may have any."""
    settings.API_REQUESTS_A_MINUTE = 100_000
    made = {}
    for reader in READERS.values():
        if any(AFTER.anywhere(reader, scope) for scope in SCOPES):
            made[reader.name] = machine(planted.world.accounts[reader.name])
    return made


def _ask(caller: Machine, address: Address, pk: int) -> tuple[int, str, str]:
    """Status, headers and body; whatever it writes is taken back."""
    url = address.route.replace("<pk>", str(pk))
    with transaction.atomic():
        if address.method == "GET":
            answer = caller.get(url)
        else:
            answer = caller.send(url, _BODIES.get(address.name, {}), address.method.lower())
        transaction.set_rollback(True)
    headers = json.dumps({name: value for name, value in sorted(answer.headers.items()) if name not in _PASSING})
    body = "" if answer.headers.get("Content-Disposition") else answer.content.decode()
    return answer.status_code, headers.replace(url, "…"), body.replace(url, "…")


# Bodies that pass the reading of the request, so that the thing is looked for; most of them cannot be done.
_BODIES: dict[str, dict] = {
    "api-record-marks": {
        "marks": [
            {"entry": NOBODY, "session": NOBODY, "kind": "whole", "at": "2026-01-05T08:00:00+07:00", "nonce": "n" * 20}
        ]
    },
    "api-transfer-person": {"to": NOBODY, "on": "2026-01-05"},
    "api-give-post": {"post": "CHI_UY_VIEN", "unit": NOBODY, "valid_from": "2026-01-05"},
    "api-give-exemption": {"reason": "Ốm", "valid_from": "2027-01-05", "valid_to": "2026-01-05"},
    "api-end-post": {"on": "2019-01-05"},
    "api-end-exemption": {"on": "2019-01-05"},
    "api-void-mark": {"nonce": "n" * 20},
    "api-ask-excuse": {"session": NOBODY, "reason": "Nằm viện"},
    "api-decide-excuse": {"is_approved": False},
}


@pytest.mark.parametrize(
    "address", [one for one in operations() if one.converters], ids=lambda one: f"{one.method} {one.route}"
)
def test_an_operation_answers_about_a_thing_as_its_page_does(planted: Planted, machines, address: Address):
    thing = matrix.thing_of(address)
    permission = Permission(address.claim.removeprefix(CLAIM))
    do = Do() if permission == thing.see.permission else Do(permission)
    groups: dict[tuple[Answer, ...], list[str]] = {}
    for name in machines:
        if AFTER.anywhere(READERS[name], permission):  # otherwise its key has no such scope: the door
            key = tuple(oracle.answer(AFTER, READERS[name], permission.value, place, thing.see, do) for place in PLACES)
            groups.setdefault(key, []).append(name)
    wrong = []
    for (
        expectations,
        alike,
    ) in groups.items():  # those who are answered alike stand for each other, turning with the address
        name = alike[sum(map(ord, address.method + address.route)) % len(alike)]
        reader, caller = READERS[name], machines[name]
        nobody = _ask(caller, address, NOBODY)
        chosen: dict[Answer, str] = {}
        for place, kind in zip(PLACES, expectations, strict=True):
            chosen.setdefault(kind, place)
        for place in chosen.values():
            told = _ask(caller, address, planted.keys[thing.name][place]["pk"])
            expected = oracle.answer(AFTER, reader, permission.value, place, thing.see, do)
            found = {403: Answer.FORBIDDEN, 404: Answer.MISSING}.get(told[0], Answer.ALLOWED)
            if told[0] >= 500 or found is not expected:
                wrong.append(f"{thing.name} at {place} by {name}: {told[0]} instead of {expected}: {told[2][:120]}")
            if expected is Answer.MISSING and told != nobody:
                wrong.append(f"{thing.name} at {place} by {name}: {told} differs from a number nobody has: {nobody}")
    assert not wrong, "\n".join(wrong)


def test_a_key_sees_what_is_in_force_now(planted: Planted, machines):
    """An appointment that ends takes the rows from the key with the next call."""
    from quantriet.org.models import Appointment

    caller = machines["board_officer"]
    pk = planted.keys["person"]["child"]["pk"]
    assert caller.get(f"/people/{pk}").status_code == 200
    Appointment.objects.filter(account=planted.world.accounts["board_officer"]).delete()
    assert caller.get(f"/people/{pk}").status_code == 401
    assert ApiToken.objects.filter(pk=caller.token.pk, revoked_at__isnull=True, expires_at__gt=now()).exists()
    assert Client().get(f"/api/v1/people/{pk}").status_code == 401
