"""The demo organisation; in a module of its own, because its data stay for as long as the module runs."""

from io import StringIO

import pytest
from django.contrib.auth import authenticate
from django.core.management import CommandError, call_command

from quantriet.config import demo
from quantriet.config.demo import people
from quantriet.org.models import Account

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def commune(django_db_setup, django_db_blocker):
    """The smallest demo, told once for this module and forgotten afterwards."""
    from django.db import transaction

    with django_db_blocker.unblock(), transaction.atomic():
        call_command("seed", size="commune", stdout=StringIO())
        yield
        transaction.set_rollback(True)


def test_seed_tells_a_campaign_three_weeks_old(commune):
    from quantriet.campaigns import queries
    from quantriet.campaigns.models import StudyCampaign

    campaign = StudyCampaign.objects.earliest("pk")
    board = queries.board(campaign, campaign.unit, "attend")
    assert board.total.done > 100 < board.total.owing
    assert queries.audit_ledger(campaign) == []
    assert {one.username for one in Account.objects.filter(is_demo=True)} == {one.username for one in demo.LOGINS}


def test_secretary_has_the_roll_of_the_own_cell_to_take_today(commune):
    from quantriet.attendance import access, queries
    from quantriet.kit.time import now, today

    secretary = Account.objects.get(username="bithu")
    mine = queries.open_rolls(access.rolls_taken_by(secretary), now())
    (study_class,) = [one for one in mine if one.sessions.filter(starts_at__date=today()).exists()]
    cell = secretary.appointments.get().unit
    (venue,) = access.venues_marked_by(secretary, study_class)
    assert (venue.unit, venue.clerk) == (cell, secretary)
    entries = access.entries_marked_by(secretary).filter(study_class=study_class)
    assert entries.count() > 5
    assert {one.unit_id for one in entries} == {cell.pk}


def test_notices_of_every_state_stand_in_the_demo(commune):
    from quantriet.notify.models import Message
    from quantriet.notify.queries import unread_count

    states = set(Message.objects.values_list("state", flat=True))
    assert {"queued", "held", "digest", "failed"} <= states
    assert unread_count(Account.objects.get(username="dangvien")) >= 2
    # Whoever takes nothing but text messages is reached by the gateway for trials alone.
    assert not Message.objects.filter(channel="sms", state="sent", is_fake=False).exists()


def test_seed_refuses_a_database_in_use(commune):
    with pytest.raises(CommandError, match="trống"):
        call_command("seed", size="commune")


def test_demo_accounts_cannot_sign_in_on_a_production_installation(commune, settings):
    login = demo.LOGINS[0]
    assert authenticate(username=login.username, password=demo.PASSWORD)
    settings.PRODUCTION = True
    assert authenticate(username=login.username, password=demo.PASSWORD) is None
    with pytest.raises(CommandError, match="tài khoản mẫu"):
        call_command("serve", port=0, stdout=StringIO())
    with pytest.raises(CommandError):
        call_command("seed", size="commune")


@pytest.mark.parametrize("size", sorted(people.SIZES))
def test_names_of_demo_units_read_as_names(size):
    """No number twice in one name ("Trường THPT số 1 1"), no two units of one name beside each other, nothing left open."""
    units = people.tree(people.SIZES[size])
    wanted = people.SIZES[size]
    assert len(units) == 1 + wanted.committees + wanted.grassroots + wanted.cells
    beside = {(unit.parent, unit.name) for unit in units}
    assert len(beside) == len(units)
    assert len({unit.code for unit in units}) == len(units)
    for unit in units:
        numbers = [word for word in unit.name.split() if any(letter.isdigit() for letter in word)]
        assert len(numbers) <= (1 if unit.kind == "CHI_BO" else 0), unit.name
        assert not set("{}|") & set(unit.name), unit.name
        assert unit.name.split()[-2] != unit.name.split()[-1], unit.name
    above = [unit.name for unit in units if unit.kind != "CHI_BO"]
    assert len(set(above)) == len(above)
    assert people.tree(people.SIZES[size]) == units
