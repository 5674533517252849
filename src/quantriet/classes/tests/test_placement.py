"""The proof that nobody falls out, and what holds when several people fill rosters at once (B-02)."""

import sqlite3
import threading
import time
from contextlib import closing

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from quantriet.campaigns.models import StudyDuty
from quantriet.campaigns.vocab import ATTEND, DutyReason, DutyState
from quantriet.classes import actions, queries
from quantriet.classes.models import RosterEntry
from quantriet.classes.tests import factories
from quantriet.kit.time import now, today
from quantriet.org.models import Person


def figures(placement) -> tuple[int, int, int, int]:
    return placement.in_one, placement.in_none, placement.in_several, placement.exempt


@pytest.mark.django_db
@pytest.mark.req("B-02")
def test_everybody_is_in_one_class_in_none_in_several_or_exempt(cast, campaign):
    assert figures(queries.placement(campaign)) == (0, 12, 0, 0)
    first = factories.study_class(campaign, cast.units["X1"], cast.officer)
    actions.fill_roster(first, by=cast.officer, at=now())
    assert figures(queries.placement(campaign)) == (9, 3, 0, 0)
    # A guest line beside a line by duty is the only way into two running classes, and the proof finds it.
    second = factories.study_class(campaign, cast.units["T"], cast.officer)
    line = first.roster.get(person=cast.people["M1"])
    RosterEntry.objects.create(study_class=second, venue=second.venues.get(), person=line.person, unit=line.unit)
    StudyDuty.objects.filter(person=cast.people["M12"]).update(
        state=DutyState.EXEMPT, reason=DutyReason.ACTIVITY_EXEMPT
    )
    whole = queries.placement(campaign)
    assert figures(whole) == (8, 2, 1, 1)
    assert not whole.is_proved
    assert whole.total == StudyDuty.objects.filter(campaign=campaign, kind=ATTEND).count()
    for how, count in (("one", 8), ("none", 2), ("several", 1), ("exempt", 1)):
        assert queries.placed(campaign, how).count() == count
    assert [duty.person.code for duty in queries.placed(campaign, "several")] == ["M1"]


@pytest.mark.django_db
def test_placement_of_a_branch_rolls_up_to_its_children(cast, campaign):
    first = factories.study_class(campaign, cast.units["X1"], cast.officer)
    actions.fill_roster(first, by=cast.officer, at=now(), units=[cast.units["CB11"]])
    whole, branches = queries.placement_by_branch(campaign, cast.units["T"])
    assert figures(whole) == (6, 6, 0, 0)
    assert {one.unit.code: (one.in_one, one.in_none) for one in branches} == {"X1": (6, 3), "X2": (0, 2), "DN": (0, 1)}
    inside, cells = queries.placement_by_branch(campaign, cast.units["X1"])
    assert figures(inside) == (6, 3, 0, 0)
    assert [one.unit.code for one in cells] == ["CB12", "CB11"]


@pytest.mark.django_db
def test_done_without_a_running_class_counts_as_placed(cast, campaign):
    StudyDuty.objects.filter(person=cast.people["M1"]).update(state=DutyState.DONE, reason=DutyReason.ATTENDED)
    assert figures(queries.placement(campaign)) == (1, 11, 0, 0)


@pytest.mark.django_db
@pytest.mark.parametrize("classes", [1, 3])
def test_placement_asks_three_times_however_many_classes(cast, campaign, classes):
    for unit in ("X1", "X2", "DN")[:classes]:
        made = factories.study_class(campaign, cast.units[unit], cast.officer)
        actions.fill_roster(made, by=cast.officer, at=now())
    with CaptureQueriesContext(
        connection,
    ) as caught:
        queries.placement(campaign)
    assert len(caught) == 3


@pytest.fixture
def shared_database(transactional_db, tmp_path):
    """A database that threads really share: SQLite's test database lives in memory, so a copy of it goes to a file."""
    if connection.vendor != "sqlite" or not connection.is_in_memory_db():
        yield
        return
    memory = connections["default"]
    name, path = memory.settings_dict["NAME"], tmp_path / "shared.sqlite3"
    memory.ensure_connection()
    with closing(sqlite3.connect(path)) as target:
        memory.connection.backup(target)
    memory.settings_dict["NAME"] = str(path)
    connections["default"] = type(memory)(memory.settings_dict, "default")
    try:
        yield
    finally:
        connections["default"].close()
        memory.settings_dict["NAME"] = name
        connections["default"] = memory


def _in_threads(*jobs) -> list[Exception]:
    """Run each job in a thread of its own, all starting together; returns what went wrong."""
    ready = threading.Barrier(len(jobs))
    wrong: list[Exception] = []

    def run(job):
        try:
            ready.wait(10)
            job()
        except Exception as error:
            wrong.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return wrong


@pytest.mark.django_db(transaction=True)
@pytest.mark.req("B-02")
def test_two_fillings_at_once_place_nobody_twice(shared_database, cast, campaign):
    classes = [factories.study_class(campaign, cast.units["T"], cast.officer, capacity=7) for _ in range(4)]
    wrong = _in_threads(*(lambda one=one: actions.fill_roster(one, by=cast.officer, at=now()) for one in classes))
    assert not wrong
    lines = list(RosterEntry.objects.values_list("person_id", flat=True))
    assert len(lines) == len(set(lines)) == 12
    assert all(seats.over == 0 for one in classes for seats in queries.capacity(one))


@pytest.mark.django_db(transaction=True)
@pytest.mark.req("B-02")
def test_one_person_called_to_two_classes_at_once_is_in_one(shared_database, cast, campaign):
    classes = [factories.study_class(campaign, cast.units["T"], cast.officer) for _ in range(3)]
    wrong = _in_threads(
        *(lambda one=one: factories.roster_entry(one, cast.people["M1"], cast.officer) for one in classes)
    )
    assert RosterEntry.objects.filter(person=cast.people["M1"]).count() == 1
    assert [error.code for error in wrong] == ["roster.placed_elsewhere"] * 2


@pytest.mark.slow
@pytest.mark.timeout(900)  # writing the province takes minutes on a busy machine; reading it is what is measured
@pytest.mark.django_db
@pytest.mark.req("P-10")
def test_placement_of_a_province_takes_some_hundred_milliseconds(cast, campaign):
    cell = cast.units["CB11"]
    count = 165_000
    Person.objects.bulk_create(
        (
            Person(code=f"P{n}", full_name=f"Người {n}", name_folded=f"nguoi {n}", sort_key=f"{n:09}", unit=cell)
            for n in range(count)
        ),
        batch_size=5000,
    )
    people = Person.objects.filter(code__startswith="P").values_list("pk", flat=True)
    StudyDuty.objects.bulk_create(
        (
            StudyDuty(campaign=campaign, person_id=pk, unit=cell, kind=ATTEND, tier="grassroots", due_on=today())
            for pk in people.iterator()
        ),
        batch_size=5000,
    )
    made = factories.study_class(campaign, cast.units["T"], cast.officer)
    actions.fill_roster(made, by=cast.officer, at=now())
    # Processor time: what other work on the machine takes is not the query's.
    started = time.process_time()
    whole = queries.placement(campaign)
    took = time.process_time() - started
    assert whole.in_one == count + 12
    assert took < 1
