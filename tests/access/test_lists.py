"""A list holds everything of the reader's scope and nothing else, page and file alike."""

from __future__ import annotations

import pytest
from django.urls import reverse

from tests.access.matrix import plain_addresses
from tests.access.oracle import Answer
from tests.access.things import THINGS
from tests.access.world import AFTER, PLACES, READERS, mark

pytestmark = [pytest.mark.django_db, pytest.mark.req("R-005", "P-06")]

# list → kind of thing that it lists (all of it, when asked so)
LISTED = {
    "unit-switch?q=zz": ("unit", "unit"),
    "people-list?format=xlsx": ("person", "person"),
    "account-list": ("account", "account"),
    "import-list?format=xlsx": ("import", "import"),
    "import-questions": ("question of an import", "doubt"),
    "message-list?format=xlsx": ("message", "message"),
    "document-list": ("document", "document"),
    "publication-board?unit=all": ("document", "document"),
    "placement-list?unit=all": ("placement", "placement"),
    "activity-list?unit=all&format=xlsx": ("activity", "activity"),
    "speaker-search?q=zzreporter": ("reporter", "reporter"),
    "rulebook-list": ("rulebook", "rulebook"),
    "campaign-list": ("open campaign", "campaign"),
    "class-list?format=xlsx": ("class", "class"),
    "timetable-list": ("timetable", "timetable"),
    "excuse-list?format=xlsx": ("excuse", "excuse"),
    "report-list?format=xlsx": ("sent report", "report"),
}


@pytest.mark.parametrize("listed", LISTED)
def test_a_list_holds_all_of_its_scope_and_nothing_else(planted, asker, listed):
    """For every reader who may open the list; a closed unit is not proposed any more."""
    name, _question, asked = listed.partition("?")
    thing_name, kind = LISTED[listed]
    thing = next(thing for thing in THINGS if thing.name == thing_name)
    address = next(address for address in plain_addresses() if address.name == name)
    for reader in READERS.values():
        told = asker.ask(reader, reverse(name) + (f"?{asked}" if asked else ""))
        if told.kind is not Answer.ALLOWED:
            continue
        found = {one for one in told.planted if one.startswith(f"zz{kind}q")}
        seen = {mark(kind, place) for place in PLACES if thing.see.seen(AFTER, reader, place)}
        if kind == "unit":
            seen -= {mark(kind, "closed")}
            found -= {
                mark(kind, place) for place in AFTER.tree if AFTER.is_below(reader, thing.see.permission, place)
            } - seen
        assert found == seen, f"{address.route} of {reader.name}: {sorted(found ^ seen)}"
