"""Who sees which class: its organiser and above, the clerk of a venue, and whose people are called."""

import pytest
from django.http import Http404

from quantriet.classes import access, actions
from quantriet.classes.tests import factories
from quantriet.kit.refusal import NotAllowed
from quantriet.kit.time import now
from quantriet.org import actions as org_actions
from quantriet.org.models import Account, PostKind
from quantriet.org.vocab import Permission

pytestmark = pytest.mark.django_db


def fresh(account: Account) -> Account:
    """The account as the next request sees it, without remembered grants."""
    return Account.objects.get(pk=account.pk)


@pytest.fixture
def released(cast, campaign):
    """A class of X1 whose people are CB11 and CB12."""
    return factories.released_class(campaign, cast.units["X1"], cast.people["M5"], cast.officer)


def seen_by(cast, permission=Permission.CLASS_VIEW) -> set[str]:
    return {
        name for name, account in cast.accounts.items() if access.classes_seen_by(fresh(account), permission).exists()
    }


def test_released_class_is_seen_from_above_by_its_unit_and_its_cells(cast, released):
    assert seen_by(cast) == {"officer", "organiser1", "leader", "leader1", "inspector", "secretary11"}


def test_draft_is_hidden_from_the_cells_below(cast, campaign):
    factories.ready_class(campaign, cast.units["X1"], cast.people["M5"], cast.officer)
    assert "secretary11" not in seen_by(cast)
    assert "organiser1" in seen_by(cast)


def test_class_is_changed_by_its_organiser_and_above_alone(cast, released):
    assert seen_by(cast, Permission.CLASS_EDIT) == {"officer", "organiser1"}


def test_class_above_with_own_people_is_seen_but_not_changed(cast, campaign):
    above = factories.study_class(campaign, cast.units["T"], cast.officer, capacity=200)
    factories.programme(above)
    org_actions.give_post(
        cast.people["M12"], by=None, at=now(), post=PostKind.objects.get(code="BI_THU"), unit=cast.units["T"],
        valid_from=cast.people["M12"].joined_on, managed_by="province",
    )  # fmt: skip
    factories.leading_roles(above, cast.people["M12"])
    actions.fill_roster(above, by=cast.officer, at=now())
    actions.release_class(above, by=cast.officer, at=now())
    account = fresh(cast.accounts["organiser1"])
    assert access.get_class(account, above.pk) == above
    with pytest.raises(NotAllowed):
        access.get_class(account, above.pk, Permission.CLASS_EDIT)
    lines = access.roster_seen_by(account).filter(study_class=above)
    assert set(lines.values_list("unit__code", flat=True)) == {"CB11", "CB12"}


def test_sibling_gets_no_such_page(cast, released):
    with pytest.raises(Http404):
        access.get_class(fresh(cast.accounts["organiser2"]), released.pk)
    with pytest.raises(Http404):
        access.get_venue(fresh(cast.accounts["organiser2"]), released.venues.get().pk)


def test_clerk_sees_and_takes_the_roll_of_one_venue_without_an_appointment_there(cast, released):
    stranger = cast.accounts["organiser2"]
    actions.change_venue(released.venues.get(), by=cast.officer, at=now(), clerk=stranger)
    account = fresh(stranger)
    assert access.get_class(account, released.pk) == released
    assert access.get_class(account, released.pk, Permission.ROLL_TAKE) == released
    assert access.get_venue(account, released.venues.get().pk, Permission.ROLL_TAKE) == released.venues.get()
    with pytest.raises(NotAllowed):
        access.get_class(account, released.pk, Permission.CLASS_EDIT)
    assert access.roster_seen_by(account, Permission.ROLL_TAKE).filter(study_class=released).count() == 9


def test_clerk_of_one_venue_does_not_see_the_people_of_another(cast, released):
    stranger = cast.accounts["organiser2"]
    other = factories.venue(released, clerk=stranger, capacity=5)
    actions.move_to_venue(list(released.roster.all()[:2]), other, by=cast.officer, at=now())
    assert access.roster_seen_by(fresh(stranger)).filter(study_class=released).count() == 2


@pytest.mark.req("R-061")
def test_unit_looks_after_its_venue_in_a_conference_above(cast, campaign):
    conference = factories.study_class(campaign, cast.units["T"], cast.officer, capacity=10)
    venue = factories.venue(conference, name="Điểm cầu Suối Ngần", unit=cast.units["X2"], capacity=40)
    organiser = fresh(cast.accounts["organiser2"])
    assert access.get_venue(organiser, venue.pk, Permission.CLASS_EDIT) == venue
    assert access.get_class(organiser, conference.pk, Permission.ROLL_TAKE) == conference
    with pytest.raises(NotAllowed):
        access.get_class(organiser, conference.pk, Permission.CLASS_EDIT)
    with pytest.raises(Http404):
        access.get_venue(organiser, conference.venues.get(is_main=True).pk)


def test_secretary_sees_only_the_own_people_on_the_roster(cast, released):
    lines = access.roster_seen_by(fresh(cast.accounts["secretary11"])).filter(study_class=released)
    assert set(lines.values_list("unit__code", flat=True)) == {"CB11"}


def test_leaders_from_above_can_be_chosen_for_a_part(cast, campaign):
    made = factories.study_class(campaign, cast.units["X1"], cast.officer)
    people = access.people_to_choose(fresh(cast.accounts["organiser1"]), made)
    assert "M1" in set(people.values_list("code", flat=True))
    assert "M11" not in set(people.values_list("code", flat=True))
