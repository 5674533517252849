"""The calendar a phone reads without signing in: one person's classes, whoever knows the address, and nobody else."""

from __future__ import annotations

import datetime as dt
import re

import icalendar
import pytest

from quantriet.attendance.tests import factories
from quantriet.classes.models import ClassSession, StudyClass
from quantriet.classes.vocab import ClassState
from quantriet.kit.time import now, today
from quantriet.notify import actions
from quantriet.notify.models import CalendarFeed
from quantriet.org import actions as org_actions


@pytest.fixture
def held(cast):
    campaign = factories.make_campaign(cast)
    return factories.make_class(cast, campaign, ["M1", "M2"], day=today() + dt.timedelta(days=3))


def make(client):
    page = client.post("/me/calendar/make/").content.decode()
    return re.search(r'id="address">http://testserver(/calendar/[\w-]+\.ics)<', page)[1]


def events(client, address):
    answer = client.get(address)
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    return list(icalendar.Calendar.from_ical(answer.content).walk("VEVENT"))


def test_a_phone_reads_the_classes_of_its_person(as_user, client, cast, held):
    address = make(as_user("member1"))
    client.logout()
    (event,) = events(client, address)
    assert event["dtstart"].dt == held.session.starts_at
    assert event["dtstart"].dt.utcoffset() == dt.timedelta(0)
    assert str(event["location"]) == "Hội trường"
    assert str(event["summary"]) == "Lớp học tập xã Ea Tam – Buổi sáng"
    text = client.get(address).content.decode()
    assert "Nguyễn" not in text  # nobody's name, not even one's own
    assert "Bình" not in text


def test_what_is_not_the_persons_is_not_there(as_user, client, cast, held):
    StudyClass.objects.filter(pk=held.study_class.pk).update(state=ClassState.DRAFT)
    other = factories.make_class(cast, held.campaign, ["M7"], title="Lớp khác")
    assert other
    assert events(client, make(as_user("member1"))) == []


def test_a_change_reaches_the_phone(as_user, client, held):
    address = make(as_user("member1"))
    first = client.get(address)
    same = client.get(address, headers={"If-None-Match": first["ETag"]})
    assert same.status_code == 304
    assert same["ETag"] == first["ETag"]
    assert client.get(address, headers={"If-Modified-Since": first["Last-Modified"]}).status_code == 304
    CalendarFeed.objects.update(changed_at=now() - dt.timedelta(hours=5))
    early = client.get(address)["Last-Modified"]
    ClassSession.objects.update(starts_at=held.session.starts_at + dt.timedelta(hours=1))
    changed = client.get(address, headers={"If-None-Match": first["ETag"]})
    assert changed.status_code == 200
    assert changed["Last-Modified"] != early
    (event,) = icalendar.Calendar.from_ical(changed.content).walk("VEVENT")
    assert event["dtstart"].dt == held.session.starts_at + dt.timedelta(hours=1)
    StudyClass.objects.update(state=ClassState.CANCELLED)
    (event,) = events(client, address)
    assert str(event["status"]) == "CANCELLED"
    assert int(event["sequence"]) == 1


def test_a_new_address_ends_the_old_one(as_user, client, held):
    signed_in = as_user("member1")
    old = make(signed_in)
    new = make(signed_in)
    assert client.get(old).status_code == 404
    assert client.get(new).status_code == 200
    assert signed_in.post("/me/calendar/end/").status_code == 303
    assert client.get(new).status_code == 404
    assert not CalendarFeed.objects.exists()


def test_the_address_is_kept_nowhere(as_user, held):
    client = as_user("member1")
    secret = make(client).split("/")[2].removesuffix(".ics")
    feed = CalendarFeed.objects.get()
    assert secret not in str(vars(feed))
    assert secret not in client.get("/me/calendar/").content.decode()


@pytest.mark.parametrize("secret", ["x", "a" * 500, "..", "%20", "ký-tự"])
def test_every_other_address_is_not_there(client, db, secret):
    answer = client.get(f"/calendar/{secret}.ics")
    assert answer.status_code == 404


def test_it_ends_with_its_person(as_user, client, cast, held):
    address = make(as_user("member1"))
    org_actions.change_account(cast.accounts["member1"], by=cast.accounts["admin"], at=now(), is_active=False)
    assert client.get(address).status_code == 404
    org_actions.change_account(cast.accounts["member1"], by=cast.accounts["admin"], at=now(), is_active=True)
    assert client.get(address).status_code == 200
    org_actions.remove_person(cast.people["M1"], by=cast.officer, at=now(), on=today(), reason="left")
    assert client.get(address).status_code == 404


def test_a_person_without_account_may_have_one(cast, client, held):
    """The secretary prints it for somebody: the feed hangs on the person, not on a login."""
    _feed, secret = actions.make_feed(cast.people["M3"], by=cast.officer, at=now())
    assert client.get(f"/calendar/{secret}.ics").status_code == 200


def test_most_readings_write_nothing(as_user, client, held, django_assert_num_queries):
    address = make(as_user("member1"))
    client.logout()
    client.get(address)
    with django_assert_num_queries(3):  # the feed, the roster lines, the sessions
        client.get(address)


def test_only_whoever_is_a_person_has_one(as_user):
    client = as_user("officer")
    assert client.post("/me/calendar/make/").status_code == 404
    assert client.get("/me/calendar/").status_code == 200
