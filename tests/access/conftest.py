"""The tree of the matrix, made once for a file of tests; each test's own changes are taken back by the test's transaction."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from django.db import transaction

from tests.access.asking import Asker
from tests.access.things import THINGS, Keys
from tests.access.world import PLACES, World, make_tree, settle


@dataclass
class Planted:
    """The tree with one of every kind of thing in every unit, after the moves."""

    world: World
    keys: dict[str, dict[str, Keys]]  # thing → place → keys


@pytest.fixture(scope="module")
def planted(django_db_setup, django_db_blocker) -> Iterator[Planted]:
    with django_db_blocker.unblock(), transaction.atomic():
        world = make_tree()
        keys = {thing.name: {place: thing.make(world, place) for place in PLACES} for thing in THINGS}
        settle(world)
        yield Planted(world, keys)
        transaction.set_rollback(True)


@pytest.fixture
def asker(planted: Planted) -> Asker:
    """Readers not signed in yet: their sessions belong to the test."""
    return Asker(planted.world)
