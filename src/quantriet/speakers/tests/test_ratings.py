"""What listeners say of a report: who may, once, and what is shown of it."""

import datetime as dt

import pytest
from django.urls import reverse

from quantriet.audit.models import AuditEvent
from quantriet.kit.refusal import Refusal
from quantriet.kit.time import now, today
from quantriet.org.tests.factories import an_account
from quantriet.speakers import access
from quantriet.speakers.actions import ratings
from quantriet.speakers.models import SpeakerRated, SpeakerScore
from quantriet.speakers.queries.invitations import answers_given, rating_of
from quantriet.speakers.tests.factories import a_held_report, a_reporter, an_invitation
from quantriet.speakers.vocab import Criterion

pytestmark = [pytest.mark.django_db, pytest.mark.req("R-116")]
FORM = {one.value: "4" for one in Criterion}


def scores(number):
    return dict.fromkeys(Criterion, number)


def listeners(cast, count):
    """Accounts of people in the commune who are not the reporter."""
    known = [cast.accounts["member1"], cast.accounts["secretary11"]]
    more = [an_account(f"nghe{code}", person=cast.people[code]) for code in ("M3", "M4", "M6", "M7", "M8")]
    return [*known, *more][:count]


def test_listeners_rate_on_the_phone_and_only_once(cast, as_user):
    made = a_held_report(cast, a_reporter(cast))
    phone = as_user("member1")
    assert "Nghị quyết 15-NQ/TU" in phone.get(reverse("my-ratings")).content.decode()
    assert phone.post(reverse("my-rating", args=[made.pk]), {"concise": "4"}).status_code == 422
    assert phone.post(reverse("my-rating", args=[made.pk]), FORM).status_code == 303
    assert answers_given(made) == 1
    phone.post(reverse("my-rating", args=[made.pk]), FORM)
    with pytest.raises(Refusal):
        ratings.rate_report(made, scores(1), by=cast.accounts["member1"], at=now())
    assert answers_given(made) == 1
    assert "Nghị quyết 15-NQ/TU" not in phone.get(reverse("my-ratings")).content.decode()


def test_only_people_under_the_unit_rate_within_the_days_and_never_the_reporter(cast):
    made = a_held_report(cast, a_reporter(cast, person="M1"))

    def may(name, day=None):
        return access.ratable_by(cast.accounts[name], day or today()).filter(pk=made.pk).exists()

    assert may("secretary11")
    assert not may("member10")  # of the commune beside
    assert not may("member1")  # who spoke
    assert not may("officer")  # no person
    assert may("secretary11", made.held_on + dt.timedelta(days=7))
    assert not may("secretary11", made.held_on + dt.timedelta(days=8))
    assert not may("secretary11", made.held_on - dt.timedelta(days=1))
    to_come = an_invitation(cast, made.reporter)
    assert not access.ratable_by(cast.accounts["secretary11"], to_come.held_on).filter(pk=to_come.pk).exists()


@pytest.mark.parametrize("count, shown", [(4, None), (5, 5)])
def test_means_are_shown_after_the_last_day_and_from_five_answers(cast, count, shown):
    made = a_held_report(cast, a_reporter(cast))
    for number, account in enumerate(listeners(cast, count)):
        ratings.rate_report(made, scores(4) | {Criterion.LOCAL: 1 + number}, by=account, at=now())
    running = rating_of(made, today())
    assert running.answers is None  # two looks at a running sum would tell what one person said
    assert not running.means
    over = rating_of(made, made.rating_ends_on + dt.timedelta(days=1))
    assert over.answers == shown
    if shown:
        means = {one: float(mean) for one, mean in over.means}
        assert (means[Criterion.CONCISE], means[Criterion.LOCAL]) == (4.0, 3.0)
    else:
        assert "không hiện" in over.sentence
        assert not over.means


def test_nothing_joins_a_score_to_who_gave_it(cast):
    made = a_held_report(cast, a_reporter(cast))
    lines = AuditEvent.objects.count()
    ratings.rate_report(made, scores(2), by=cast.accounts["member1"], at=now())
    ratings.rate_report(made, scores(2), by=cast.accounts["secretary11"], at=now())
    assert AuditEvent.objects.count() == lines
    assert {one.name for one in SpeakerRated._meta.fields} == {"id", "invitation", "account"}
    assert {one.name for one in SpeakerScore._meta.fields} == {"id", "invitation", "criterion", "score", "count"}
    assert set(SpeakerScore.objects.filter(count__gt=0).values_list("score", "count")) == {(2, 2)}
    # Nor does the order of the rows: all were made with the first answer, in the order of the form.
    rows = list(SpeakerScore.objects.order_by("pk").values_list("criterion", "score"))
    assert rows == [(criterion.value, score) for criterion in Criterion for score in range(1, 6)]


def test_the_officer_of_the_unit_that_invited_assesses_after_the_day(cast, as_user):
    made = a_held_report(cast, a_reporter(cast))
    client = as_user("organiser1")
    client.post(reverse("speaker-assess", args=[made.pk]), FORM | {"remark": "Có liên hệ thực tế"})
    page = client.get(reverse("speaker-invitation", args=[made.pk])).content.decode()
    assert "Có liên hệ thực tế" in page
    assert "4/5" in page
    coming = an_invitation(cast, made.reporter)
    with pytest.raises(Refusal) as found:
        ratings.assess_report(coming, scores(3), remark="", by=cast.officer, at=now())
    assert found.value.code == "assessment.too_early"
