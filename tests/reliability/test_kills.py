"""What was acknowledged is kept: the whole product is killed in the midst of a burst, and the ledgers are held against it.

The short form kills three times; the full one, of `make test-slow` and `make bench NAME=kills`, thirty times on each database.
"""

import pytest

from bench import kills
from quantriet.kit.trouble import Trouble


def held(found):
    assert kills.faults_in(found) == {}, found
    assert found["marks acknowledged"] > found["check-ins acknowledged"] > 0
    return found


@pytest.mark.timeout(600)
@pytest.mark.req("B-01")
def test_nothing_acknowledged_is_lost_doubled_or_half_saved():
    held(kills.count_losses("here", kills=2, between=(1.0, 2.5), clerks=4, attendees=2, importers=1))


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize(("database", "server_too"), kills.MODES.values(), ids=kills.MODES)
def test_thirty_kills(database, server_too):
    found = held(kills.count_losses(database, kills=kills.KILLS, server_too=server_too))
    assert found["imports acknowledged"] > 0


def test_every_bad_day_has_a_sentence_that_says_what_to_do():
    for trouble in Trouble:
        assert "Hãy" in trouble.sentence
        assert trouble.seconds > 0
