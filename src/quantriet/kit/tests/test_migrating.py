"""The product and its database are started together after a power cut: it waits for a database that is still opening."""

import pytest
from django.db import OperationalError

from quantriet.kit import migrating
from quantriet.kit.refusal import Refusal

REFUSED = "connection is bad: connection to server at “127.0.0.1”, port 5432 failed: Connection refused"
OPENING = "connection failed: FATAL:  the database system is starting up"
STRANGER = "connection failed: FATAL:  password authentication failed for user “quantriet”"


class Door:
    """Answers each knock with the next of its errors, then opens."""

    def __init__(self, *errors: str) -> None:
        self.errors, self.knocks = list(errors), 0

    def ensure_connection(self) -> None:
        self.knocks += 1
        if self.errors:
            raise OperationalError(self.errors.pop(0))


@pytest.fixture(autouse=True)
def no_pause(monkeypatch):
    monkeypatch.setattr(migrating.time, "sleep", lambda seconds: None)


def test_a_database_that_is_being_started_is_waited_for():
    door = Door(REFUSED, OPENING, OPENING)
    migrating._reach(door)
    assert door.knocks == 4


def test_a_wrong_password_is_told_at_once():
    door = Door(STRANGER)
    with pytest.raises(OperationalError, match="password"):
        migrating._reach(door)
    assert door.knocks == 1


def test_a_database_that_does_not_come_up_is_told_in_a_sentence(monkeypatch):
    monkeypatch.setattr(migrating, "START_SECONDS", 0)
    with pytest.raises(Refusal, match="DATABASE_URL"):
        migrating._reach(Door(REFUSED, REFUSED))
