"""A mark is told apart by what it says, not by its nonce alone; whoever takes one roll learns nothing of another."""

import json

import pytest
from django.urls import reverse

from quantriet.attendance import actions, queries
from quantriet.attendance.models import PresenceFact
from quantriet.attendance.rules.slips import read_cell
from quantriet.attendance.tests.factories import add_entry, clock, duty_of, make_campaign, make_class
from quantriet.attendance.vocab import FactKind
from quantriet.audit.models import AuditEvent
from quantriet.campaigns.vocab import DutyState
from quantriet.classes.models import Venue
from quantriet.kit.refusal import Refusal, Refusals

pytestmark = pytest.mark.django_db


@pytest.fixture
def hall(cast):
    return make_class(cast, make_campaign(cast, unit="T"), ["M1", "M2"])


@pytest.fixture
def elsewhere(cast, hall):
    return make_class(cast, hall.campaign, ["M10", "M11"], unit="X2", title="Lớp xã Suối Ngần")


def kinds(made, code):
    return list(queries.standing_facts([made.entries[code].pk]).values_list("kind", flat=True))


@pytest.mark.req("R-065")
@pytest.mark.parametrize("other", [("M2", FactKind.WHOLE), ("M1", FactKind.ABSENT)])
def test_another_mark_under_a_known_nonce_is_refused_and_not_lost(hall, other):
    first = hall.mark("M1", FactKind.WHOLE, clock(8), nonce="same")
    second = hall.mark(other[0], other[1], clock(8), nonce="same")
    actions.record_marks([first], by=None, at=clock(11))
    for marks in ([second], [first, second]):
        with pytest.raises(Refusal) as refused:
            actions.record_marks(marks, by=None, at=clock(11))
        assert refused.value.code == "mark.nonce_reused"
    assert PresenceFact.objects.count() == 1


def test_two_marks_with_one_nonce_in_one_message_are_refused(hall):
    marks = [hall.mark(code, FactKind.WHOLE, clock(8), nonce="twice") for code in ("M1", "M2")]
    with pytest.raises(Refusal) as refused:
        actions.record_marks(marks, by=None, at=clock(11))
    assert refused.value.code == "mark.nonce_reused"
    assert not PresenceFact.objects.exists()


def test_one_mark_twice_in_one_message_is_logged_once(hall):
    mark = hall.mark("M1", FactKind.WHOLE, clock(8), nonce="twice")
    actions.record_marks([mark, mark], by=None, at=clock(11))
    assert AuditEvent.objects.filter(verb="roll.marked").count() == 1


def test_taking_back_under_the_nonce_of_a_mark_is_refused(hall):
    actions.record_marks([hall.mark("M1", FactKind.WHOLE, clock(8), nonce="one")], by=None, at=clock(11))
    fact = PresenceFact.objects.get()
    with pytest.raises(Refusal) as refused:
        actions.void_mark(fact, nonce="one", by=None, at=clock(11))
    assert refused.value.code == "mark.nonce_reused"
    for _ in range(2):
        actions.void_mark(fact, nonce="two", by=None, at=clock(11))
    assert kinds(hall, "M1") == []


@pytest.mark.req("R-069")
def test_slips_corrected_on_the_same_page_are_written_each_time(hall):
    cell = (hall.entries["M1"].pk, hall.session.pk)
    for written, kind, state in [
        ("x", FactKind.WHOLE, DutyState.DONE),
        ("v", FactKind.ABSENT, DutyState.OWING),
        ("x", FactKind.WHOLE, DutyState.DONE),
    ]:
        for again in (1, 0):  # the page sent twice changes nothing more
            changed = actions.record_slips(
                hall.study_class, {cell: read_cell(written, "")}, nonce="abcdef123456", by=None, at=clock(11)
            )
            assert changed == again
        assert kinds(hall, "M1") == [kind]
        assert duty_of(hall, "M1").state == state


def test_codes_pasted_again_as_something_else_are_not_taken_for_a_retry(hall):
    def paste(kind, hour):
        return actions.record_pasted(
            hall.study_class, hall.session, kind, hall.entries["M1"].person.code,
            moment=clock(hour), nonce="page", by=None, at=clock(12),
        )  # fmt: skip

    for _ in range(2):
        paste(FactKind.ARRIVE, 8)
    paste(FactKind.ABSENT, 12)
    paste(FactKind.ARRIVE, 9)
    assert sorted(kinds(hall, "M1")) == ["absent", "arrive", "arrive"]


def test_whole_session_for_the_rest_is_given_again_after_it_was_taken_back(hall):
    for _ in range(2):
        count = actions.mark_rest_present(hall.study_class, hall.session, hall.venue, nonce="r", by=None, at=clock(8))
        assert count == 2
        for fact in PresenceFact.objects.filter(kind=FactKind.WHOLE, voided_by__isnull=True):
            actions.void_mark(fact, nonce=f"undo-{fact.pk}", by=None, at=clock(9))


# --- other people's rolls ---------------------------------------------------------------------------------------


def by_script(client, made, entry, session, kind="whole"):
    body = {"marks": [{"nonce": f"n-{entry}", "entry": entry, "session": session, "kind": kind}]}
    return client.post(
        reverse("roll-mark", args=[made.study_class.pk]), json.dumps(body), content_type="application/json"
    )


@pytest.mark.req("R-065")
@pytest.mark.parametrize("username", ["organiser1", "secretary11", "officer"])
@pytest.mark.parametrize("state", ["released", "draft"])
def test_a_roster_key_of_another_class_tells_no_name(cast, as_user, hall, elsewhere, username, state):
    hall.venue.clerk = cast.accounts["secretary11"]
    hall.venue.save()
    elsewhere.study_class.state = state
    elsewhere.study_class.save()
    entry = elsewhere.entries["M10"]
    answer = by_script(as_user(username), hall, entry.pk, elsewhere.session.pk)
    (one,) = answer.json()["marks"]
    assert (one["ok"], one["code"]) == (False, "mark.not_on_roster")
    assert entry.person.full_name not in answer.content.decode()
    assert "Suối Ngần" not in json.dumps(answer.json(), ensure_ascii=False)
    page = as_user(username).post(
        reverse("roll-mark", args=[hall.study_class.pk]),
        {"mark": f"whole:{entry.pk}", "session": elsewhere.session.pk, "venue": hall.venue.pk},
        follow=True,
    )
    assert entry.person.full_name not in page.content.decode()
    assert not PresenceFact.objects.exists()


def test_the_clerk_of_a_venue_sees_and_pastes_that_venue_alone(cast, as_user, hall):
    venue = Venue.objects.create(
        study_class=hall.study_class, unit=cast.units["X1"], name="Điểm cầu 2", clerk=cast.accounts["member10"]
    )
    hall.entries["M7"] = add_entry(cast, hall, "M7", venue=venue)
    page = as_user("member10").get(reverse("roll-result", args=[hall.study_class.pk]))
    assert page.context["rows"].total == page.context["counts"].total == 1
    assert sum(one["value"] for one in page.context["stats"]) == 1
    with pytest.raises(Refusals) as refused:
        actions.record_pasted(
            hall.study_class, hall.session, FactKind.WHOLE, "M1\nM7\nM2", moment=clock(11), nonce="p",
            by=cast.accounts["member10"], at=clock(11),
        )  # fmt: skip
    assert [one.code for one in refused.value.several] == ["paste.unknown"] * 2
    assert cast.people["M1"].full_name not in str(refused.value)
    answer = by_script(as_user("member10"), hall, hall.entries["M1"].pk, hall.session.pk)
    assert answer.json()["marks"][0]["code"] == "mark.not_on_roster"
