"""Absentees who come into a later class by any way, and who may do what with them."""

import datetime as dt

import pytest
from django.urls import reverse

from quantriet.attendance import actions, queries
from quantriet.attendance.models import CatchUp, PresenceFact
from quantriet.attendance.tests.factories import AFTERNOON, MORNING, clock, duty_of, make_campaign, make_class
from quantriet.attendance.vocab import CatchUpState, FactKind, InvitedBy
from quantriet.campaigns.vocab import DutyState
from quantriet.classes import actions as class_actions
from quantriet.classes.models import RosterEntry
from quantriet.classes.vocab import ClassState
from quantriet.kit.refusal import Refusal
from quantriet.kit.time import today
from quantriet.notify.models import Message
from quantriet.org import actions as org_actions
from quantriet.org.models import Person
from quantriet.org.vocab import Role

pytestmark = pytest.mark.django_db


@pytest.fixture
def by(cast):
    return cast.officer


@pytest.fixture
def missed(cast, by):
    made = make_class(cast, make_campaign(cast), ["M1"])
    actions.close_roll(made.study_class, by=by, at=clock(12))
    return made


def fill(study_class, cast, by):
    class_actions.fill_roster(study_class, by=by, at=clock(13), tier="")


def call(study_class, cast, by):
    class_actions.call_people(study_class, people=[cast.people["M1"]], by=by, at=clock(13))


@pytest.mark.req("R-067", "B-02")
@pytest.mark.parametrize("way", [fill, call])
def test_who_is_called_to_a_later_class_by_any_way_counts_as_placed(cast, by, missed, way):
    later = make_class(cast, missed.campaign, [], title="Lớp học bù", times=(AFTERNOON,), is_catch_up=True)
    way(later.study_class, cast, by)
    line = RosterEntry.objects.get(study_class=later.study_class, person=cast.people["M1"])
    (link,) = queries.with_places(queries.catch_up_list(CatchUp.objects.all()))
    assert (link.is_waiting, link.placed) == (False, line)
    with pytest.raises(Refusal) as refused:
        actions.place_catch_up([link], later.study_class, by=by, at=clock(13))
    assert refused.value.code == "catch_up.placed"
    assert "Lớp học bù" in queries.invitation(link).body
    actions.invite_absentees([link], way=InvitedBy.PRINT, by=by, at=clock(13))
    link.refresh_from_db()
    assert (link.placed, link.state) == (line, CatchUpState.PLACED)


@pytest.mark.req("R-067")
def test_a_later_class_missed_again_is_one_chain_with_one_last_link(cast, by, missed):
    later = make_class(cast, missed.campaign, [], title="Lớp học bù", times=(AFTERNOON,), is_catch_up=True)
    fill(later.study_class, cast, by)
    actions.close_roll(later.study_class, by=by, at=clock(18))
    chain = CatchUp.objects.filter(duty=duty_of(missed, "M1")).order_by("pk")
    first, second = chain
    assert first.placed_id == second.missed_id
    assert [link.pk for link in queries.catch_up_list(chain)] == [second.pk]
    # Judging the first class again moves nothing.
    actions.recompute_class(missed.study_class, by=None, at=clock(19))
    second.refresh_from_db()
    assert second.placed_id is None


def test_a_place_in_a_cancelled_class_waits_again(cast, by, missed):
    later = make_class(cast, missed.campaign, [], title="Lớp học bù", times=(AFTERNOON,), is_catch_up=True)
    fill(later.study_class, cast, by)
    class_actions.cancel_class(later.study_class, by=by, at=clock(13), reason="Mưa lớn")
    (link,) = queries.with_places(queries.catch_up_list(CatchUp.objects.all()))
    assert (link.is_waiting, link.placed) == (True, None)


@pytest.mark.parametrize("name", ["catch-up-invite", "catch-up-print", "catch-up-place"])
def test_a_reader_above_who_organises_below_writes_below_alone(cast, as_user, by, name):
    made = make_class(cast, make_campaign(cast, unit="T"), ["M10", "M11"], unit="X2")
    Person.objects.filter(pk=cast.people["M10"].pk).update(email="suu@example.vn")
    actions.close_roll(made.study_class, by=by, at=clock(12))
    later = make_class(cast, made.campaign, [], title="Lớp sau", day=today() + dt.timedelta(days=2))
    org_actions.give_appointment(
        cast.accounts["organiser1"], by=None, at=clock(12), role=Role.INSPECTOR, unit=cast.units["T"],
        valid_from=today() - dt.timedelta(days=5),
    )  # fmt: skip
    client = as_user("organiser1")
    listed = client.get(reverse("catch-up-list"))
    assert listed.context["rows"].total == 2
    ids = list(CatchUp.objects.values_list("pk", flat=True))
    page = client.post(reverse(name), {"ids": ids, "study_class": later.study_class.pk}, follow=True)
    assert "Chưa chọn ai còn phải học bù" in page.content.decode()
    assert not Message.objects.exists()
    assert not CatchUp.objects.exclude(invited_by="").exists()
    assert not later.study_class.roster.exists()


# --- again and again --------------------------------------------------------------------------------------------


@pytest.mark.req("R-076")
def test_what_was_made_up_is_not_counted_as_staying_away(cast, by, as_user):
    for number in range(2):
        made = make_class(cast, make_campaign(cast, name=f"Đợt {number}"), ["M1", "M2"], title=f"Lớp {number}")
        actions.close_roll(made.study_class, by=by, at=clock(12))
        if number:
            later = make_class(cast, made.campaign, ["M2"], title="Học bù", times=(AFTERNOON,))
            actions.record_marks([later.mark("M2", FactKind.WHOLE, clock(17))], by=None, at=clock(17))
            assert duty_of(later, "M2").state == DutyState.DONE
    found = queries.repeat_absentees(Person.objects.all())
    assert [(person.code, person.missed) for person in found] == [("M1", 2)]
    page = as_user("officer").get(reverse("repeat-absentees"), {"unit": cast.units["CB12"].pk})
    assert page.context["rows"].total == 0
    page = as_user("officer").get(reverse("repeat-absentees"), {"unit": cast.units["X1"].pk})
    assert page.context["rows"].total == 1


# --- before the session -----------------------------------------------------------------------------------------


@pytest.mark.req("R-065")
@pytest.mark.parametrize("kind", [FactKind.WHOLE, FactKind.ABSENT])
def test_whole_session_and_absent_wait_for_the_session(cast, kind):
    made = make_class(cast, make_campaign(cast), ["M1"], times=(MORNING, AFTERNOON))
    for at in (clock(6), clock(13, 19)):
        with pytest.raises(Refusal) as refused:
            actions.record_marks([made.mark("M1", kind, at, session=1)], by=None, at=at)
        assert refused.value.code == "mark.before_session"
    with pytest.raises(Refusal):
        actions.mark_rest_present(made.study_class, made.sessions[1], made.venue, nonce="r", by=None, at=clock(8))
    assert not PresenceFact.objects.exists()
    actions.record_marks([made.mark("M1", kind, clock(13, 20), session=1)], by=None, at=clock(13, 20))
    assert made.study_class.state == ClassState.RELEASED
