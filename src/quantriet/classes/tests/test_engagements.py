"""Who leads or speaks in a class is not free as a reporter at that time, and is not promised twice."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from quantriet.classes import actions
from quantriet.classes.models import TimetablePlan
from quantriet.classes.tests import factories
from quantriet.kit.refusal import Refusal
from quantriet.kit.time import now, today
from quantriet.speakers.actions import invitations
from quantriet.speakers.queries.search import engagements
from quantriet.speakers.tests.factories import a_reporter, an_invitation
from quantriet.speakers.vocab import Half

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=10)


@pytest.fixture
def held(cast, campaign):
    """A class of the second commune, on the morning in ten days."""
    made = factories.study_class(campaign, cast.units["X2"], cast.officer, title="Lớp của xã khác")
    factories.session(made, cast.officer, day=today() + DAY)
    return made


def found(client, **asked):
    page = client.get(reverse("speaker-search"), {"day": f"{today() + DAY:%d/%m/%Y}", **asked})
    return [one.person.code for one in page.context["reporters"]]


@pytest.mark.req("R-113", "B-09")
@pytest.mark.parametrize("how", ["role", "presenter", "timetable"])
def test_who_speaks_in_a_class_is_not_found_free_nor_promised_to_another_unit(as_user, cast, campaign, held, how):
    reporter = a_reporter(cast, person="M1")
    client = as_user("officer")
    waiting = an_invitation(cast, reporter, unit="X1")
    assert found(client, half="morning") == ["M1"]
    if how == "role":
        actions.give_role(held, by=cast.officer, at=now(), kind="reporter", person=cast.people["M1"])
    elif how == "presenter":
        item = factories.item(held.sessions.get(), "lecture", "07:30", "09:00", cast.officer)
        type(item).objects.filter(pk=item.pk).update(presenter=cast.people["M1"])
    else:
        _planned(cast, campaign)
    assert found(client, half="morning") == []
    assert found(client) == []
    assert found(client, half="evening") == ["M1"]
    for call in (
        lambda: an_invitation(cast, reporter, unit="T", by="officer"),
        lambda: invitations.accept_invitation(waiting, by=cast.officer, at=now()),
    ):
        with pytest.raises(Refusal) as refused:
            call()
        assert refused.value.code == "invitation.not_free"
        assert "lớp “" in refused.value.sentence
    form = client.get(reverse("speaker-invite", args=[reporter.pk])).content.decode()
    assert ("Là báo cáo viên theo lịch lớp" if how == "timetable" else "Có việc trong lớp “Lớp của xã khác”") in form
    an_invitation(cast, reporter, unit="T", half=Half.EVENING, by="officer")


def _planned(cast, campaign):
    """A timetable of the second commune that was computed and of which no classes were made."""
    plan = TimetablePlan.objects.create(campaign=campaign, unit=cast.units["X2"], title="Lịch", state="ready")
    given = {"title": "Sáng", "starts_at": factories.clock(today() + DAY, "07:30")}
    session = plan.sessions.create(**given, ends_at=factories.clock(today() + DAY, "11:00"))
    plan.classes.create(
        session=session,
        hall=plan.halls.create(name="Hội trường", capacity=9),
        reporter=plan.reporters.create(person=cast.people["M1"]),
    )


def test_the_class_for_which_a_unit_invites_is_no_hindrance_and_a_cancelled_one_holds_nobody(cast, held):
    reporter = a_reporter(cast, person="M1")
    actions.give_role(held, by=cast.officer, at=now(), kind="reporter", person=cast.people["M1"])
    accepted = invitations.accept_invitation(
        an_invitation(cast, reporter, unit="X2", by="officer"), by=cast.officer, at=now()
    )
    assert accepted.state == "accepted"
    assert [one.held_on for one in engagements(today(), today() + DAY)] == [today() + DAY]
    actions.cancel_class(held, by=cast.officer, at=now(), reason="Hoãn")
    assert engagements(today(), today() + DAY) == []


def test_who_is_engaged_is_asked_in_a_few_statements(cast, campaign, held):
    def asked():
        with CaptureQueriesContext(connection) as queries:
            assert engagements(today(), today() + DAY)
        return len(queries)

    actions.give_role(held, by=cast.officer, at=now(), kind="reporter", person=cast.people["M1"])
    before = asked()
    for number in range(2):
        made = factories.study_class(campaign, cast.units["X1"], cast.officer)
        factories.session(made, cast.officer, day=today() + DAY)
        actions.give_role(made, by=cast.officer, at=now(), kind="reporter", person=cast.people[f"M{number + 1}"])
    assert asked() == before <= 4
