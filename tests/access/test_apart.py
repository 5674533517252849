"""What happens in another branch changes no page of one's own: lists, files, counts, boxes to choose from.

The strongest form of "no leak": every page is read, then one of everything is made, named and counted in the branch next
door, and every page is read again. The two must be the same, letter for letter.
"""

from __future__ import annotations

import re

import pytest
from django.db import transaction

from quantriet.campaigns import actions as campaign_actions
from quantriet.campaigns.models import AudienceAdjustment, StudyDuty
from quantriet.campaigns.vocab import AdjustmentKind, DutyReason, DutyResult, DutyState
from quantriet.kit.time import now
from tests.access.asking import Asker
from tests.access.matrix import cases, plain_addresses
from tests.access.oracle import PUBLIC, Answer, Reader
from tests.access.things import ASKED, NO_THING, THINGS
from tests.access.things import _common as common_campaign
from tests.access.world import PLACES, READERS, World, make_tree, mark, settle

pytestmark = [pytest.mark.django_db, pytest.mark.req("R-005", "P-06")]

NEXT_DOOR = ("sibling", "niece", "moved out")
OURS = [place for place in PLACES if place not in NEXT_DOOR]
# Readers at own or below, none of whom has business next door.
FULL = (
    "board_officer",
    "administrator",
    "member",
    "organiser",
    "cell_secretary",
    "leader",
    "inspector",
    "nested appointments",
    "everything, far down",
)
# Signing out ends the reading; an authenticator's key is a new one each time; the seals are those of the one log of the house,
# and say how many of its lines wait.
# The code on a hall's screen is another every 15 seconds.
LEFT_OUT = {"sign-out", "session-extend", "authenticator", "log-seals", "code-screen"}
# What a page is asked for beside its plain form.
ASKED_TOO = {
    "unit-list": ("?q=zz", "?q=zz&format=xlsx", "?closed=1"),
    "unit-switch": ("?q=zz", "?q=zz&format=json", "?pick=unit.view&q=zz", "?pick=person.edit&q=zz"),
    "people-list": ("?q=zz", "?gone=1"),
    "account-list": ("?q=zz", "?rest=1"),
    "campaign-list": ("?q=zz",),
    "catch-up-list": ("?step=waiting", "?step=late"),
    "report-list": ("?receive=on",),
    "message-list": ("?q=zz",),
    "repeat-absentees": ("?q=zz",),
    "class-list": ("?q=zz", "?mine=1"),
}
# One-time words and numbers of a page, the clock of an answer, and the seconds until a session ends.
_PASSING = re.compile(
    r"name=\"once\" value=\"[^\"]+|data-runs-for=\"\d+|\b[0-9a-f]{12,16}\b|\b[0-9a-f]{32}\b|\b\d\d:\d\d(:\d\d)?\b|csrfmiddlewaretoken\" value=\"[^\"]+|X-CSRFToken\": \"[^\"]+"
)


def _urls(reader: Reader, keys: dict, *, is_short: bool) -> list[tuple[str, str]]:
    """Every page that the reader may open and that names something of the own branch, or nothing."""
    from django.urls import reverse

    found = []
    for address in plain_addresses():
        if address.name in LEFT_OUT or not address.name or ((address.claim or "") == PUBLIC and address.name != "home"):
            continue
        url = reverse(address.name, kwargs=NO_THING.get(address.name))
        found += [(address.name, url + asked) for asked in ("", "?format=xlsx", *ASKED_TOO.get(address.name, ()))]
    for case in (case for case in cases() if case.name not in LEFT_OUT):
        for place in OURS:
            if case.expected(reader, place, "get") is Answer.ALLOWED:
                url = case.url(keys[case.thing.name][place])
                found.append((case.name, url))
                if not is_short and case.name not in ASKED and not url.endswith((".ics", ".xlsx")):
                    found.append((case.name, f"{url}?format=xlsx"))
                break  # one place of each kind is enough here: the rows of the others are in the lists
    return found


def _next_door(world: World) -> None:
    """One of everything next door, and a result, an exception and names that would move a count."""
    for thing in THINGS:
        for place in NEXT_DOOR:
            thing.make(world, place)
    campaign = common_campaign(world)
    for place in NEXT_DOOR:
        AudienceAdjustment.objects.create(
            campaign=campaign, person=world.people[place], kind=AdjustmentKind.ADD, reason=mark("byhand", place), at=now(),
            by=world.officer,
        )  # fmt: skip
    duties = StudyDuty.objects.filter(campaign=campaign, person__in=[world.people[place].pk for place in NEXT_DOOR])
    results = [DutyResult(duty.pk, DutyState.DONE, DutyReason.ATTENDED, "Có mặt.") for duty in duties]
    campaign_actions.settle_duties(results, by=world.officer, at=now())


def _compared(names: tuple[str, ...], *, is_short: bool = False) -> list[str]:
    wrong = []
    with transaction.atomic():
        world = make_tree()
        keys = {thing.name: {place: thing.make(world, place) for place in OURS} for thing in THINGS}
        settle(world)
        asker = Asker(world)
        readers = [READERS[name] for name in names]
        urls = {reader.name: _urls(reader, keys, is_short=is_short) for reader in readers}
        fragment = {"headers": {"HX-Request": "true"}}

        def read(reader: Reader, url: str) -> list[str]:
            asked = [{}] if "format=" in url or is_short else [{}, fragment]
            return [_PASSING.sub("…", asker.ask(reader, url, **more).body) for more in asked]

        before = {(reader.name, url): read(reader, url) for reader in readers for _name, url in urls[reader.name]}
        _next_door(world)
        for reader in readers:
            for name, url in urls[reader.name]:
                for was, is_now in zip(before[reader.name, url], read(reader, url), strict=True):
                    if was != is_now:
                        wrong.append(f"{name} ({url}) of {reader.name} changed: {_first_difference(was, is_now)}")
        transaction.set_rollback(True)
    return wrong


def _first_difference(was: str, is_now: str) -> str:
    at = next((number for number, (one, other) in enumerate(zip(was, is_now, strict=False)) if one != other), 0)
    return f"…{was[max(0, at - 60) : at + 80]!r} → …{is_now[max(0, at - 60) : at + 80]!r}"


def test_nothing_next_door_changes_a_page_of_the_officer():
    """The role that opens most pages; the others, and the fragments of each page, are read below."""
    wrong = _compared(("board_officer",), is_short=True)
    assert not wrong, "\n".join(wrong)


@pytest.mark.slow
@pytest.mark.timeout(3000)
@pytest.mark.parametrize("reader", FULL)
def test_nothing_next_door_changes_a_page_of_anybody_of_ours(reader):
    wrong = _compared((reader,))
    assert not wrong, "\n".join(wrong)
