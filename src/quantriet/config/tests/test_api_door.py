"""The door for machines: keys, scopes, repeats, rates, pages; and what is answered to whoever stays outside."""

from __future__ import annotations

import datetime as dt
import json
import threading

import pytest
import time_machine
from django.db import connection

from quantriet.audit.models import AuditEvent
from quantriet.config import api
from quantriet.kit.refusal import Refusal
from quantriet.kit.time import VIETNAM, now, today
from quantriet.org import actions
from quantriet.org.models import Account, ApiToken, IdempotencyKey, Person
from quantriet.org.vocab import Permission
from quantriet.org.web.door import Meter, known_parameters
from tests.cast import LONG_AGO
from tests.machine import machine


def new_person(cast, name="Nguyễn Văn Mới", cell="CB11"):
    return {"full_name": name, "unit": cast.units[cell].pk}


# --- keys ---------------------------------------------------------------------------------------------------------


def test_without_a_key_nobody_enters(cast, client):
    answer = client.get("/api/v1/people")
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == 'Bearer realm="quantriet"'
    assert answer["Content-Type"] == "application/problem+json"
    told = answer.json()
    assert (told["code"], told["status"], told["language"]) == ("token.missing", 401, "vi")
    assert told["other"]["language"] == "en"


def test_a_session_opens_nothing(cast, as_user):
    """No other site can call in the name of who is signed in: the cookie is not looked at."""
    client = as_user("officer")
    assert client.get("/api/v1/people").status_code == 401
    body = json.dumps(new_person(cast))
    assert client.post("/api/v1/people", body, content_type="application/json").status_code == 401
    assert not Person.objects.filter(full_name="Nguyễn Văn Mới").exists()


@pytest.mark.parametrize("scheme", ["Basic", "bearer"])
def test_schemes(cast, client, scheme):
    secret = machine(cast.officer).secret
    answer = client.get("/api/v1/units", headers={"Authorization": f"{scheme} {secret}"})
    assert answer.status_code == (200 if scheme == "bearer" else 401)


@pytest.mark.parametrize("secret", ["qt_falsch", "x" * 10_000, "qt_é", "\x01"])
def test_an_unknown_key(cast, client, secret):
    answer = client.get("/api/v1/units", headers={"Authorization": f"Bearer {secret}"})
    assert answer.status_code == 401
    assert 'error="invalid_token"' in answer["WWW-Authenticate"]


def test_an_expired_key(cast):
    caller = machine(cast.officer)
    ApiToken.objects.update(created_at=now() - dt.timedelta(days=9), expires_at=now() - dt.timedelta(seconds=1))
    answer = caller.get("/units")
    assert (answer.status_code, answer.json()["code"]) == (401, "token.expired")


def test_a_revoked_key_ends_at_once(cast):
    caller = machine(cast.officer)
    assert caller.get("/units").status_code == 200
    actions.revoke_token(caller.token, by=cast.officer, at=now())
    answer = caller.get("/units")
    assert (answer.status_code, answer.json()["code"]) == (401, "token.revoked")


def test_a_key_dies_with_its_account(cast):
    caller = machine(cast.officer)
    actions.change_account(cast.officer, by=cast.accounts["admin"], at=now(), is_active=False)
    answer = caller.get("/units")
    assert (answer.status_code, answer.json()["code"]) == (401, "token.account_at_rest")


def test_a_key_dies_with_its_appointment(cast):
    caller = machine(cast.officer)
    given = cast.officer.appointments.get()
    actions.end_appointment(given, by=cast.accounts["admin"], at=now(), on=today() - dt.timedelta(days=1))
    answer = caller.get("/units")
    assert (answer.status_code, answer.json()["code"]) == (401, "token.appointment_over")


def test_a_key_has_never_more_than_its_account(cast):
    """The rights are those of the account today: a scope it has lost since opens nothing."""
    caller = machine(cast.accounts["organiser1"])
    account = cast.accounts["organiser1"]
    admin = cast.accounts["admin"]
    actions.give_appointment(account, by=admin, at=now(), role="leader", unit=cast.units["X1"], valid_from=LONG_AGO)
    given = account.appointments.get(role="organiser")
    actions.end_appointment(given, by=admin, at=now(), on=today() - dt.timedelta(days=1))
    assert caller.get("/people").status_code == 200
    answer = caller.send("/people", new_person(cast))
    assert (answer.status_code, answer.json()["code"]) == (403, "account.permission")


def test_a_key_with_part_of_the_rights(cast):
    caller = machine(cast.officer, Permission.UNIT_VIEW)
    assert caller.get("/units").status_code == 200
    answer = caller.get("/people")
    assert (answer.status_code, answer.json()["code"]) == (403, "token.scope")
    assert 'scope="person.view"' in answer["WWW-Authenticate"]
    reading = machine(cast.officer, Permission.PERSON_VIEW)
    answer = reading.send("/people", new_person(cast))
    assert (answer.status_code, answer.json()["code"]) == (403, "token.scope")


def test_temporary_password_first(cast):
    caller = machine(cast.officer)
    actions.reset_password(cast.officer, by=cast.accounts["admin"], at=now())
    assert caller.get("/units").json()["code"] == "account.must_change_password"


def test_nobody_makes_a_key_for_more(cast):
    secretary = cast.accounts["secretary11"]
    with pytest.raises(Refusal) as refusal:
        actions.make_token(secretary, name="x", scopes=[Permission.PERSON_EDIT], ends_on=today(), at=now())
    assert refusal.value.code == "token.scope_exceeds"
    with pytest.raises(Refusal) as refusal:
        actions.make_token(cast.officer, name="x", scopes=[Permission.LOG_VIEW], ends_on=today(), at=now())
    assert refusal.value.code in ("token.scope_exceeds", "token.scope_missing")
    for days, code in ((-1, "token.ends_past"), (366, "token.too_long")):
        with pytest.raises(Refusal) as refusal:
            actions.make_token(
                secretary, name="x", scopes=[Permission.UNIT_VIEW], ends_on=today() + dt.timedelta(days=days), at=now()
            )
        assert refusal.value.code == code


def test_the_key_is_kept_nowhere(cast):
    caller = machine(cast.officer)
    caller.get("/units")
    row = ApiToken.objects.values().get()
    kept = json.dumps(row, default=str) + json.dumps(list(AuditEvent.objects.values()), default=str)
    assert caller.secret not in kept
    assert caller.secret[8:] not in kept
    assert ApiToken.objects.get().last_used_at is not None


def test_the_log_names_the_key(cast):
    caller = machine(cast.accounts["organiser1"])
    caller.send("/people", new_person(cast))
    line = AuditEvent.objects.filter(verb="person.added").latest("pk")
    assert line.actor_id == cast.accounts["organiser1"].pk
    assert line.actor_label == "organiser1 (khóa Phần mềm thử)"
    assert Account.objects.get(username="organiser1").display_name == "organiser1"


# --- words --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "language"),
    [("", "vi"), ("en", "en"), ("en-GB,en;q=0.9", "en"), ("vi;q=0.5, en;q=0.9", "en"), ("fr", "vi"), ("en;q=x", "vi")],
)
def test_problems_speak_both_languages(cast, client, asked, language):
    told = client.get("/api/v1/units", headers={"Accept-Language": asked}).json()
    assert told["language"] == language
    words = {told["language"]: told["detail"], told["other"]["language"]: told["other"]["detail"]}
    assert words["vi"].startswith("Thiếu khóa truy cập")
    assert words["en"].startswith("Send the header")


def test_a_refusal_is_told_with_its_place(cast):
    caller = machine(cast.accounts["organiser1"])
    answer = caller.send("/people", new_person(cast) | {"code": "M1"})
    told = answer.json()
    assert answer["Content-Type"] == "application/problem+json"
    assert told["type"] == "urn:quantriet:problem:person.code_taken"
    assert told["errors"] == [
        {
            "code": "person.code_taken",
            "detail": "Mã M1 đã có ở Nguyễn Thị Hường (Chi bộ thôn 1).",
            "pointer": "/code",
            "parameter": None,
            "row": None,
        }
    ]


# --- bad input ----------------------------------------------------------------------------------------------------


def test_wrong_types_are_told_one_by_one(cast):
    caller = machine(cast.accounts["organiser1"])
    answer = caller.send("/people", {"full_name": 5, "unit": "CB11", "birth_date": "31/02/1980", "colour": "red"})
    assert answer.status_code == 422
    assert {one["pointer"] for one in answer.json()["errors"]} == {"/full_name", "/unit", "/birth_date", "/colour"}
    answer = caller.get("/people", {"limit": "201"})
    assert (answer.status_code, answer.json()["errors"][0]["parameter"]) == (422, "limit")


def test_what_would_fit_is_said(cast):
    caller = machine(cast.accounts["organiser1"])
    for limit in (0, 201):
        told = caller.get("/people", {"limit": limit}).json()["errors"][0]
        assert told["detail"] == "Phải là số từ 1 đến 200."
    told = caller.get("/people", {"limit": 0}, **{"Accept-Language": "en"}).json()
    assert told["errors"][0]["detail"] == "Must be a number from 1 to 200."

    def said(**given):
        return [one["detail"] for one in caller.send("/people", new_person(cast) | given).json()["errors"]]

    assert said(full_name="") == ["Không được để trống."]
    assert said(full_name="a" * 5000) == ["Dài quá 400 ký tự."]
    assert said(unit=0) == ["Phải từ 1 trở lên."]
    assert caller.get("/units/0").json()["errors"][0]["detail"] == "Phải từ 1 trở lên."


def test_an_unknown_parameter_is_refused_not_passed_over(cast):
    caller = machine(cast.accounts["organiser1"])
    answer = caller.get("/people", {"foo": "1", "limit": 2})
    told = answer.json()
    assert (answer.status_code, told["code"]) == (422, "parameter.unknown")
    assert told["detail"].startswith("Không có tham số “foo”. Địa chỉ này nhận: q, under, ")
    assert [(one["parameter"], one["code"]) for one in told["errors"]] == [("foo", "parameter.unknown")]
    assert caller.get(f"/units/{cast.units['X1'].pk}", {"under": "1"}).status_code == 422
    assert caller.get(caller.get("/people", {"limit": 2}).json()["next"].split("/api/v1")[1]).status_code == 200


def test_every_reading_operation_knows_the_parameters_of_its_description():
    described = {
        one["operationId"]: [p["name"] for p in one.get("parameters", []) if p["in"] == "query"]
        for operations in api.description()["paths"].values()
        for one in operations.values()
    }
    known = {
        one.view_func.__name__: known_parameters(one)
        for router in api.ROUTERS
        for path_view in router.path_operations.values()
        for one in path_view.operations
    }
    assert known == described
    assert sum(map(bool, known.values())) > 10


@pytest.mark.parametrize(
    "body",
    [
        b" ", b"{", b"[]", b"null", b'"x"', b"\xff\xfe", b"[" * 100_000, b'{"unit": ' + b"9" * 5000 + b"}",
        b'{"full_name": "a\\u0000b", "unit": 1}', b'{"full_name": "\\ud800", "unit": 1}', b'{"\\ud800": 1}',
        b'{"full_name": "x", "unit": 1e400}', b'{"full_name": "x", "unit": 99999999999999999999}',
    ],
)  # fmt: skip
def test_bodies_that_are_nothing(cast, body):
    answer = machine(cast.accounts["organiser1"]).send("/people", body)
    assert answer.status_code in (400, 422), answer.content
    assert answer["Content-Type"] == "application/problem+json"
    answer.json()


def test_other_content_types_are_refused(cast):
    caller = machine(cast.accounts["organiser1"])
    answer = caller.client.post("/api/v1/people", {"full_name": "x"}, headers=caller.headers({}))
    assert (answer.status_code, answer.json()["code"]) == (415, "content_type")


def test_a_hundred_megabytes_are_refused_by_their_length(cast, client):
    """Before a byte is read: the body here is a promise that nobody keeps."""

    class Never:
        def read(self, *args):
            raise AssertionError("the body was read")

        readline = read

    answer = client.generic(
        "POST", "/api/v1/people", b"", content_type="application/json",
        **{"CONTENT_LENGTH": str(100 * 1024 * 1024), "wsgi.input": Never()},
    )  # fmt: skip
    assert (answer.status_code, answer.json()["code"]) == (413, "body.too_large")


@pytest.mark.parametrize(
    "path", ["/people/x", "/people/0", "/people/-1", "/people/99999999999999999999", "/people/1.5"]
)
def test_keys_that_are_none(cast, path):
    assert machine(cast.officer).get(path).status_code == 422


@pytest.mark.parametrize(
    "address", ["/api/v1/people?q=%00", "/api/v1/people/%00", "/api/v1/nothing", "/api/v1", "/api/v2/x"]
)
def test_odd_addresses_answer_as_problems(cast, client, address):
    for method in ("get", "post", "delete"):
        answer = getattr(client, method)(address)
        assert answer.status_code in (400, 401, 404, 405)
        assert answer["Content-Type"] == "application/problem+json", address


def test_other_methods_are_named(cast, client):
    answer = client.delete("/api/v1/people")
    assert (answer.status_code, answer["Allow"]) == (405, "GET, POST")


# --- repeats ------------------------------------------------------------------------------------------------------


def test_the_same_key_and_body_is_done_once(cast):
    caller = machine(cast.accounts["organiser1"])
    first = caller.send("/people", new_person(cast), Idempotency_Key="k-1")
    again = caller.send("/people", new_person(cast), Idempotency_Key="k-1")
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.content == again.content
    assert "Idempotency-Replayed" not in first
    assert again["Idempotency-Replayed"] == "true"
    assert Person.objects.filter(full_name="Nguyễn Văn Mới").count() == 1


def test_the_same_key_with_another_body_is_refused(cast):
    caller = machine(cast.accounts["organiser1"])
    caller.send("/people", new_person(cast), Idempotency_Key="k-1")
    answer = caller.send("/people", new_person(cast, "Lê Văn Khác"), Idempotency_Key="k-1")
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency.reused")
    assert not Person.objects.filter(full_name="Lê Văn Khác").exists()


def test_a_key_belongs_to_one_token(cast):
    machine(cast.accounts["organiser1"]).send("/people", new_person(cast), Idempotency_Key="k-1")
    other = machine(cast.officer).send("/people", new_person(cast), Idempotency_Key="k-1")
    assert "Idempotency-Replayed" not in other


def test_a_refusal_keeps_no_answer(cast):
    caller = machine(cast.accounts["organiser1"])
    person = new_person(cast) | {"code": "M1"}
    assert caller.send("/people", person, Idempotency_Key="k-1").status_code == 409
    assert not IdempotencyKey.objects.exists()
    assert caller.send("/people", new_person(cast), Idempotency_Key="k-1").status_code == 201


@pytest.mark.parametrize("key", ["k" * 10_000, "", "có dấu", "a b", "\x01"])
def test_keys_that_cannot_be_kept(cast, key):
    caller = machine(cast.accounts["organiser1"])
    answer = caller.send("/people", new_person(cast), Idempotency_Key=key)
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency.key")


@pytest.mark.django_db(transaction=True)
def test_twins_that_arrive_together_write_once(cast):
    caller = machine(cast.accounts["organiser1"])
    body = new_person(cast)
    gate = threading.Barrier(6)
    answers = []

    def call():
        gate.wait()
        try:
            answers.append(caller.send("/people", body, Idempotency_Key="twin"))
        finally:
            connection.close()

    if connection.vendor == "sqlite":
        # Threads of one test share no in-memory database; one after the other they prove the rest.
        answers += [caller.send("/people", body, Idempotency_Key="twin") for _ in range(6)]
    else:
        threads = [threading.Thread(target=call) for _ in range(6)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
    assert {one.status_code for one in answers} == {201}
    assert len({one.content for one in answers}) == 1
    assert Person.objects.filter(full_name="Nguyễn Văn Mới").count() == 1


def test_old_answers_are_pruned(cast):
    caller = machine(cast.accounts["organiser1"])
    caller.send("/people", new_person(cast), Idempotency_Key="k-1")
    assert actions.prune_answers(at=now() + dt.timedelta(hours=25)) == 0
    assert actions.prune_answers(at=now() + dt.timedelta(hours=49)) == 1


# --- rates --------------------------------------------------------------------------------------------------------


def test_too_many_calls_are_told_when_to_come_again(cast, settings):
    settings.API_REQUESTS_A_MINUTE = 5
    caller = machine(cast.officer)
    answers = [caller.get("/units") for _ in range(7)]
    if {one.status_code for one in answers} == {200}:  # the minute turned in between
        answers = [caller.get("/units") for _ in range(7)]
    assert [one.status_code for one in answers].count(429) >= 1
    refused = next(one for one in answers if one.status_code == 429)
    assert 1 <= int(refused["Retry-After"]) <= 60
    assert refused["RateLimit-Policy"] == '"minute";q=5;w=60'
    assert refused["RateLimit"].startswith('"minute";r=0;')
    assert refused.json()["code"] == "rate.exceeded"


def test_the_header_tells_what_is_left_of_the_minute_not_of_a_block(cast, settings):
    settings.API_REQUESTS_A_MINUTE = 100
    caller = machine(cast.officer)
    with time_machine.travel(dt.datetime(2026, 3, 9, 8, 0, 5, tzinfo=VIETNAM), tick=False):
        said = [caller.get("/units")["RateLimit"] for _ in range(12)]
        assert said == [f'"minute";r={left};t=55' for left in range(99, 87, -1)]
        other = Meter()
        caller.token.refresh_from_db()
        assert other.take(caller.token)[0] == 84  # 15 of 100 are with the first process, 1 of its own 5 is used
        assert caller.get("/units")["RateLimit"] == '"minute";r=82;t=55'  # what the other holds is not offered
    with time_machine.travel(dt.datetime(2026, 3, 9, 8, 1, 5, tzinfo=VIETNAM), tick=False):
        assert caller.get("/units")["RateLimit"].startswith('"minute";r=99;')


def test_several_processes_share_one_limit(cast, settings):
    settings.API_REQUESTS_A_MINUTE = 100
    caller = machine(cast.officer)
    token, moment = caller.token, now()
    window = 30_000_000
    taken = 0
    while more := actions.reserve_requests(token, window=window, most=100, wanted=7, at=moment):
        taken += more
    assert taken == 100
    assert actions.reserve_requests(token, window=window + 1, most=100, wanted=7, at=moment) == 7
    processes = [Meter() for _ in range(4)]
    left = [one.take(token)[0] for one in processes]
    assert all(one >= 0 for one in left)


def test_most_calls_write_nothing(cast, django_assert_num_queries):
    caller = machine(cast.officer)
    caller.get("/units")
    with django_assert_num_queries(3):  # the key, the appointments, the rows
        caller.get("/units")


# --- pages --------------------------------------------------------------------------------------------------------


def walk(caller, path, **values):
    seen, answer = [], caller.get(path, values)
    while True:
        assert answer.status_code == 200, answer.content
        told = answer.json()
        seen.append([one["id"] for one in told["items"]])
        if not told["next"]:
            assert "Link" not in answer
            return seen
        assert answer["Link"] == f'<{told["next"]}>; rel="next"'
        answer = caller.get(told["next"])


def test_pages_cover_the_list_once(cast):
    caller = machine(cast.officer)
    pages = walk(caller, "/people", limit=5)
    assert [len(one) for one in pages] == [5, 5, 2]
    whole = [one["id"] for one in caller.get("/people").json()["items"]]
    assert [one for page in pages for one in page] == whole
    assert len(set(whole)) == 12


def test_rows_that_come_in_between_move_nothing(cast):
    caller = machine(cast.officer)
    first = caller.get("/people", {"limit": 6}).json()
    before = [one["id"] for one in first["items"]]
    # Before and behind the cursor, in the order of given names.
    for name in ("Nguyễn Văn Ái", "Nguyễn Văn Ỷ"):
        actions.add_person(by=None, at=now(), full_name=name, unit=cast.units["CB11"])
    rest = [one for page in walk(caller, first["next"]) for one in page]
    assert not set(before) & set(rest)
    assert len(rest) == 7  # the other six and the one behind


@pytest.mark.parametrize("change", [lambda c: c[:-3] + "abc", lambda c: "x", lambda c: c + "é", lambda c: ":" * 50])
def test_a_cursor_that_was_tampered_with(cast, change):
    caller = machine(cast.officer)
    following = caller.get("/people", {"limit": 5}).json()["next"]
    cursor = following.split("cursor=")[1].replace("%3A", ":")
    answer = caller.get("/people", {"limit": 5, "cursor": change(cursor)})
    assert (answer.status_code, answer.json()["code"]) == (422, "cursor.invalid")


def test_a_cursor_of_another_list(cast):
    caller = machine(cast.officer)
    cursor = caller.get("/people", {"limit": 5}).json()["next"].split("cursor=")[1].replace("%3A", ":")
    assert caller.get("/units", {"cursor": cursor}).status_code == 422
    assert caller.get("/people", {"cursor": cursor, "q": "binh"}).status_code == 422


def test_a_cursor_shows_no_more_than_the_key(cast):
    """The cursor of one machine given to another leads on in what the other sees."""
    following = machine(cast.officer).get("/people", {"limit": 1}).json()["next"]
    names = [one["unit"]["name"] for one in machine(cast.accounts["organiser2"]).get(following).json()["items"]]
    assert set(names) <= {"Chi bộ thôn Thượng"}


def test_answers_stay_in_no_cache(cast):
    answer = machine(cast.officer).get("/units")
    assert answer["Cache-Control"] == "no-store, private"
    assert "Authorization" in answer["Vary"]


def test_the_description_and_its_page_need_no_key(client, db):
    told = client.get("/api/v1/openapi.json").json()
    assert told["openapi"] == "3.1.0"
    page = client.get("/api/v1/").content.decode()
    for address in told["paths"]:
        assert address in page
    assert "<script" not in page.split("<main")[1].split("</main")[0]
