"""A changed right acts on the next request, and keys of one thing do not open another."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from django.urls import reverse

from quantriet.kit.time import now, today
from quantriet.org import actions
from quantriet.org.models import Account
from quantriet.org.vocab import Permission, Role
from tests.access import matrix
from tests.access.conftest import Planted
from tests.access.matrix import cases
from tests.access.oracle import Answer, Held, Reader
from tests.access.things import THINGS
from tests.access.world import AFTER, READERS, appoint, move

pytestmark = [pytest.mark.django_db, pytest.mark.req("R-005", "P-06")]


@pytest.fixture
def changing(planted: Planted, client):
    """An account of its own, signed in, and the page of a person in child: what it answers now."""
    account = Account.objects.create(username="thay-doi", display_name="thay-doi")
    client.force_login(account)
    page = reverse("person", args=[planted.world.people["child"].pk])
    return account, lambda: client.get(page).status_code


def test_a_right_given_and_ended_acts_on_the_next_request(planted, changing):
    account, status = changing
    assert status() == 403
    given = appoint(planted.world, account, Held(Role.LEADER, "own"))
    assert status() == 200
    actions.end_appointment(given, by=_admin(planted), at=now(), on=today() - dt.timedelta(days=1))
    assert status() == 403
    appoint(planted.world, account, Held(Role.LEADER, "sibling"))
    assert status() == 404


def test_the_last_day_of_a_right_counts_and_the_day_after_does_not(planted, changing):
    account, status = changing
    given = appoint(planted.world, account, Held(Role.LEADER, "own", until=0))
    assert status() == 200
    type(given).objects.filter(pk=given.pk).update(valid_to=today() - dt.timedelta(days=1))
    assert status() == 403


def test_an_account_put_to_rest_is_outside_on_the_next_request(planted, changing):
    account, status = changing
    appoint(planted.world, account, Held(Role.LEADER, "own"))
    assert status() == 200
    actions.change_account(account, by=_admin(planted), at=now(), is_active=False)
    assert status() == 302


def test_a_unit_hung_elsewhere_takes_its_people_along_on_the_next_request(planted, changing):
    account, status = changing
    appoint(planted.world, account, Held(Role.LEADER, "own"))
    assert status() == 200
    move(planted.world, "child", "sibling")
    try:
        assert status() == 404
        appoint(planted.world, account, Held(Role.LEADER, "sibling"))
        assert status() == 200
    finally:
        move(planted.world, "child", "own")


def _admin(planted: Planted) -> Account:
    account = Account.objects.create(username="quan-tri-tinh", display_name="quan-tri-tinh")
    appoint(planted.world, account, Held(Role.ADMINISTRATOR, "parent"))
    return account


TWO_KEYS = [case for case in cases() if len(case.numbers) > 1]


@pytest.mark.parametrize(
    "thing", [one for one in THINGS if any(case.thing is one for case in TWO_KEYS)], ids=lambda one: one.name
)
def test_a_key_of_another_branch_does_not_pass_under_ones_own_page(planted, asker, thing):
    """The own class with the session of a class next door is as the own class with a session that nobody has."""
    wrong = []
    reader = READERS["board_officer"]
    for case in (case for case in TWO_KEYS if case.thing is thing):
        own, foreign = planted.keys[thing.name]["own"], planted.keys[thing.name]["sibling"]
        inner = case.numbers[-1]
        for method in ("get", "post"):
            crossed = asker.ask(reader, case.url(own, **{inner: foreign[inner]}), method)
            nobody = asker.ask(reader, case.url(own, **{inner: matrix.NOBODY}), method)
            if crossed.error or crossed.written or crossed.kind not in (Answer.MISSING, Answer.FORBIDDEN, None):
                wrong.append(f"{method.upper()} {case.name}: {crossed.status} {crossed.error} {crossed.written}")
            if crossed.without_its_own != nobody.without_its_own or crossed.statements != nobody.statements:
                wrong.append(
                    f"{method.upper()} {case.name} tells a foreign key ({crossed.status}) from none ({nobody.status})"
                )
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("batch", ["mark", "undo", "nothing"])
def test_a_batch_of_a_phone_tells_nothing_of_a_foreign_roll(planted, asker, batch):
    """The one address whose keys stand in its body: a foreign line or class is as one that nobody has, also in work done."""
    own, foreign = planted.keys["class"]["own"], planted.keys["class"]["sibling"]

    def asked(class_pk: int, entry: int, session: int):
        one = {"nonce": "n1", "kind": "whole", "entry": entry, "session": session}
        marks = {"mark": [one], "undo": [{"nonce": "n1", "kind": "undo", "of": "x"}], "nothing": []}[batch]
        url = reverse("roll-mark", args=[class_pk])
        return asker.ask(
            READERS["organiser"], url, "post", json.dumps({"marks": marks}), content_type="application/json"
        )

    gone = asked(matrix.NOBODY, matrix.NOBODY, matrix.NOBODY)
    there = asked(foreign["pk"], foreign["entry"], foreign["session_pk"])
    assert gone.status == there.status == 404
    assert there.without_its_own == gone.without_its_own
    assert sorted(there.statements) == sorted(gone.statements)
    crossed = asked(own["pk"], foreign["entry"], foreign["session_pk"])
    nobody = asked(own["pk"], matrix.NOBODY, matrix.NOBODY)
    assert crossed.without_its_own == nobody.without_its_own
    assert crossed.statements == nobody.statements
    assert not [table for told in (gone, there, crossed, nobody) for table in told.written]


def test_the_sum_of_two_appointments_and_no_more():
    """The oracle itself: nested and separate appointments add up, ended and coming ones count as none."""
    two, nested, ended = READERS["two appointments"], READERS["nested appointments"], READERS["ended"]
    assert AFTER.holds(two, Permission.CLASS_EDIT, "niece")
    assert not AFTER.holds(two, Permission.CLASS_EDIT, "grandchild")
    assert AFTER.holds(two, Permission.ROLL_TAKE, "grandchild")
    assert AFTER.holds(nested, Permission.PERSON_VIEW, "own")
    assert not AFTER.holds(nested, Permission.PERSON_EDIT, "own")
    assert AFTER.holds(nested, Permission.PERSON_EDIT, "grandchild")
    assert not AFTER.anywhere(ended, Permission.UNIT_VIEW)
    assert not AFTER.anywhere(Reader("nobody"), Permission.UNIT_VIEW)
