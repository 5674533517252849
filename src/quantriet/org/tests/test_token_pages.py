"""Keys for machines on screen: made once, ended in one tap, looked after by the administrator."""

from __future__ import annotations

import datetime as dt
import re

import pytest

from quantriet.kit.time import now, show_day, today
from quantriet.kit.web.once import first_time
from quantriet.org import actions
from quantriet.org.models import ApiToken
from quantriet.org.vocab import Permission
from tests.machine import machine
from tests.once import once


def form(**given):
    return {"name": "Kho dữ liệu", "scopes": ["unit.view", "person.view"], "ends_on": show_day(today()), **given}


def test_a_key_is_made_shown_once_and_ended(as_user):
    client = as_user("organiser1")
    offered = client.get("/me/tokens/new/").content.decode()
    assert "person.edit" in offered
    assert "system" not in offered
    given = form(**once(client, "/me/tokens/new/"))
    page = client.post("/me/tokens/new/", given).content.decode()
    secret = re.search(r'id="secret"[^>]*>(qt_[\w-]+)<', page)[1]
    answer = client.get("/api/v1/units", headers={"Authorization": f"Bearer {secret}"})
    assert answer.status_code == 200
    again = client.get("/me/tokens/").content.decode()
    assert secret not in again
    assert "Kho dữ liệu" in again
    token = ApiToken.objects.get()
    assert client.get(f"/me/tokens/{token.pk}/end/").status_code == 405
    assert client.post(f"/me/tokens/{token.pk}/end/").status_code == 303
    assert client.get("/api/v1/units", headers={"Authorization": f"Bearer {secret}"}).status_code == 401


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"scopes": []}, "Chọn ít nhất một việc"),
        ({"name": ""}, "error"),
        ({"ends_on": show_day(today() - dt.timedelta(days=1))}, "Ngày hết hạn phải từ hôm nay trở đi."),
        ({"ends_on": show_day(today() + dt.timedelta(days=400))}, "nhiều nhất một năm"),
        ({"scopes": ["system"]}, "error"),
    ],
)
def test_what_is_refused_stands_beside_the_field(as_user, given, told):
    client = as_user("organiser1")
    answer = client.post("/me/tokens/new/", form(**given, **once(client, "/me/tokens/new/")))
    assert answer.status_code == 422
    assert told in answer.content.decode()
    assert not ApiToken.objects.exists()


def test_the_reload_of_a_key_shown_once_makes_no_second(as_user):
    client = as_user("organiser1")
    number = once(client, "/me/tokens/new/")
    refused = client.post("/me/tokens/new/", form(**number, ends_on=show_day(today() + dt.timedelta(days=400))))
    assert number["once"] in refused.content.decode()  # what was refused may be sent again
    assert "qt_" in client.post("/me/tokens/new/", form(**number)).content.decode()
    for again in (number, {"once": "made-up"}, {}):
        answer = client.post("/me/tokens/new/", form(**again), follow=True)
        assert answer.redirect_chain == [("/me/tokens/", 302)]
        assert "Khóa này đã lập rồi và chỉ hiện một lần" in answer.content.decode()
    assert ApiToken.objects.count() == 1


def test_of_two_forms_sent_side_by_side_one_is_taken(as_user, rf):
    client = as_user("organiser1")
    number = once(client, "/me/tokens/new/")
    twins = []
    for _ in range(2):
        request = rf.post("/me/tokens/new/", number)
        request.session = client.session  # each has read the session before the other wrote it
        assert number["once"] in request.session["once"]
        twins.append(request)
    taken = []
    for request in twins:
        with first_time(request) as is_first:
            taken.append(is_first)
    assert taken == [True, False]


def test_a_member_without_rights_is_told_why_there_is_none(as_user):
    page = as_user("member1").get("/me/tokens/").content.decode()
    assert "token-new" not in page
    assert "/me/tokens/new/" not in page


def test_nobody_ends_the_key_of_another(as_user, cast):
    other = machine(cast.accounts["organiser2"]).token
    client = as_user("organiser1")
    assert client.post(f"/me/tokens/{other.pk}/end/").status_code == 404
    assert client.post(f"/desk/tokens/{other.pk}/end/").status_code == 403


def test_the_administrator_sees_and_ends_keys_in_scope(as_user, cast):
    caller = machine(cast.accounts["organiser1"], Permission.UNIT_VIEW)
    client = as_user("admin")
    page = client.get("/desk/tokens/").content.decode()
    assert "organiser1" in page
    assert client.post(f"/desk/tokens/{caller.token.pk}/end/").status_code == 303
    assert caller.get("/units").status_code == 401
    # Of a branch only: a key of the other commune is not there, one of the province is seen and not ended.
    local = cast.accounts["leader1"]
    actions.give_appointment(local, by=None, at=now(), role="administrator", unit=cast.units["X1"], valid_from=today())
    other, above = machine(cast.accounts["organiser2"]).token, machine(cast.officer).token
    actions.give_appointment(cast.officer, by=None, at=now(), role="leader", unit=cast.units["X1"], valid_from=today())
    client = as_user("leader1")
    assert client.post(f"/desk/tokens/{other.pk}/end/").status_code == 404
    assert client.post(f"/desk/tokens/{above.pk}/end/").status_code == 403


@pytest.mark.parametrize("address", ["/me/tokens/", "/desk/tokens/"])
def test_lists_cost_the_same_for_one_and_three(as_user, cast, address):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client = as_user("admin")
    counts = []
    for number in (1, 2):
        for _ in range(number):
            machine(cast.accounts["admin"], Permission.UNIT_VIEW)
        client.get(address)
        with CaptureQueriesContext(connection) as asked:
            client.get(address)
        counts.append(len(asked))
    assert counts[0] == counts[1]
