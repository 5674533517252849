"""A random life of the tree: units are founded and hung elsewhere, people move, rights come, go and wait for their day.

After every step the product is asked again, through its access functions and, in a sample, through its pages; the oracle
answers from a mapping of parents and a list of appointments that are kept beside it.
"""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine
from django.db import transaction
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from quantriet.campaigns import access as campaign_access
from quantriet.campaigns.models import Rulebook
from quantriet.campaigns.tests import factories as campaign_factories
from quantriet.kit.refusal import NotAllowed
from quantriet.kit.time import now, today
from quantriet.library import access as library_access
from quantriet.notify import access as notify_access
from quantriet.notify.models import Message
from quantriet.org import access, actions
from quantriet.org.models import Account, Appointment, Person, UnitKind
from quantriet.org.vocab import Permission, Role
from tests.access import oracle
from tests.access.oracle import Answer, Do, Held, Reader, See
from tests.access.world import LONG_AGO, World, appoint, move

MOST_UNITS = 9
READERS = ("an", "binh")
FIRST_DAY = dt.datetime(2026, 3, 2, 5, tzinfo=dt.UTC)
roles, places, numbers = st.sampled_from(Role), st.integers(0, MOST_UNITS - 1), st.integers(0, 10_000)
# page → (who sees its thing, what it asks beyond): the rows of things.py for the two kinds of things that move here
PAGES = {
    "unit": (See(Permission.UNIT_VIEW), Do()),
    "unit-edit": (See(Permission.UNIT_VIEW), Do(Permission.UNIT_EDIT)),
    "person": (See(Permission.PERSON_VIEW), Do()),
    "person-edit": (See(Permission.PERSON_VIEW), Do(Permission.PERSON_EDIT)),
}


class Life(RuleBasedStateMachine):
    """The tree in the database and the same as plain data: `tree`, `held`, `homes` and the number of the day."""

    @initialize()
    def begin(self) -> None:
        self.clock = time_machine.travel(FIRST_DAY, tick=False)
        self.traveller = self.clock.start()
        self.outer = transaction.atomic()
        self.outer.__enter__()
        self.day = 0
        self.tree: dict[str, str | None] = {}
        self.held: dict[str, list[tuple[Appointment, Held]]] = {name: [] for name in READERS}
        self.ended: dict[str, list[Held]] = {name: [] for name in READERS}
        self.homes: dict[int, str] = {}
        self.world = World()
        self.kind = UnitKind.objects.get(code="DANG_BO_BO_PHAN")
        self.world.officer = Account.objects.create(username="nguoi-tao", display_name="nguoi-tao")
        for name in READERS:
            self.world.accounts[name] = Account.objects.create(username=name, display_name=name)
        for above in (None, 0, 0, 1):
            self._found(above)
        self._give("an", Role.BOARD_OFFICER, 1, 0, None)

    def teardown(self) -> None:
        if hasattr(self, "outer"):
            transaction.set_rollback(True)
            self.outer.__exit__(None, None, None)
            self.clock.stop()

    # ------------------------------------------------------------------------------------------------------ what happens

    def _name(self, number: int) -> str:
        return list(self.tree)[number % len(self.tree)]

    def _found(self, above: int | None) -> None:
        place = f"u{len(self.tree)}"
        parent = None if above is None else self._name(above)
        unit = actions.add_unit(
            by=None, at=now(), code=place, name=f"Đơn vị {place}", kind=self.kind,
            parent=self.world.units[parent] if parent else None, valid_from=LONG_AGO,
        )  # fmt: skip
        self.tree[place], self.world.units[place] = parent, unit
        person = actions.add_person(
            by=None,
            at=now(),
            code=f"p{place}",
            full_name=f"Người {place}",
            unit=unit,
            kind="association",
            joined_on=LONG_AGO,
        )
        self.homes[person.pk] = place
        # One of each kind of thing whose rule is not the scope alone.
        campaign_factories.document(unit, self.world.officer, f"{len(self.tree)}-HD/TU")
        Rulebook.objects.create(unit=unit, name=place)
        Message.objects.create(
            kind="unit_reminder", unit=unit, address="a@example.test", subject=place, body=place, queued_at=now()
        )

    def _give(self, name: str, role: Role, number: int, since: int, length: int | None) -> None:
        place, start = self._name(number), self.day + since
        held = Held(role, place, since, None if length is None else since + length)
        # The same role there twice at a time is refused, which other tests prove; one ended yesterday held yesterday.
        if any(one.role == role and one.at == place for _row, one in self.held[name]):
            return
        if any(one.role == role and one.at == place and one.until >= start for one in self.ended[name]):
            return
        given = appoint(self.world, self.world.accounts[name], held)
        self.held[name].append((given, Held(role, place, start, None if length is None else start + length)))

    @precondition(lambda self: len(self.tree) < MOST_UNITS)
    @rule(above=places)
    def found_a_unit(self, above: int) -> None:
        self._found(above)

    @rule(what=places, to=places)
    def hang_a_unit_elsewhere(self, what: int, to: int) -> None:
        place, above = self._name(what), self._name(to)
        if self.tree[place] is None or place in oracle.World(self.tree).up(above) or self.tree[place] == above:
            return
        move(self.world, place, above)
        self.tree[place] = above

    @rule(who=numbers, to=places)
    def transfer_a_person(self, who: int, to: int) -> None:
        pk, place = sorted(self.homes)[who % len(self.homes)], self._name(to)
        if self.homes[pk] != place:
            actions.transfer_person(
                Person.objects.get(pk=pk), by=None, at=now(), to=self.world.units[place], on=today()
            )
            self.homes[pk] = place

    @rule(
        name=st.sampled_from(READERS),
        role=roles,
        place=places,
        since=st.integers(-2, 2),
        length=st.none() | st.integers(0, 2),
    )
    def give_an_appointment(self, name: str, role: Role, place: int, since: int, length: int | None) -> None:
        self._give(name, role, place, since, length)

    @rule(name=st.sampled_from(READERS), which=numbers)
    def end_an_appointment(self, name: str, which: int) -> None:
        if not self.held[name]:
            return
        number = which % len(self.held[name])
        given, held = self.held[name][number]
        row = Appointment.objects.filter(pk=given.pk)
        if held.since >= self.day:
            row.delete()
        else:
            row.update(valid_to=today() - dt.timedelta(days=1))
            self.ended[name].append(Held(held.role, held.at, held.since, self.day - 1))
        del self.held[name][number]

    @rule()
    def a_day_passes(self) -> None:
        self.day += 1
        self.traveller.shift(dt.timedelta(days=1))

    # ------------------------------------------------------------------------------------------------------ what must hold

    def _reader(self, name: str) -> Reader:
        return Reader(name, tuple(held for _given, held in self.held[name]))

    @invariant()
    def every_list_holds_its_scope_and_nothing_else(self) -> None:
        if not hasattr(self, "outer"):
            return
        world = oracle.World(self.tree, self.day)
        for name in READERS:
            reader = self._reader(name)
            account = Account.objects.get(pk=self.world.accounts[name].pk)  # as the next request sees it
            for permission in Permission:
                allowed = {place for place in self.tree if world.holds(reader, permission, place)}
                told = f"{permission} of {reader.held} on day {self.day} in {self.tree}"
                assert set(access.units_seen_by(account, permission).values_list("code", flat=True)) == allowed, told
                people = {pk for pk, home in self.homes.items() if home in allowed}
                assert set(access.people_seen_by(account, permission).values_list("pk", flat=True)) == people, told
                for place, unit in self.world.units.items():
                    assert access.may(account, permission, unit) == (place in allowed), f"{told}: {place}"
            self._same(
                world,
                reader,
                See(Permission.PERSON_VIEW),
                access.people_list(account).values_list("code", flat=True),
                "p",
            )
            documents = library_access.documents_seen_by(account).values_list("unit__code", flat=True)
            self._same(world, reader, See(Permission.DOCUMENT_VIEW, also_below=True), documents)
            rulebooks = campaign_access.rulebooks_seen_by(account).values_list("name", flat=True)
            self._same(world, reader, See(Permission.CAMPAIGN_VIEW, also_below=True), rulebooks)
            messages = notify_access.messages_seen_by(account).values_list("subject", flat=True)
            self._same(world, reader, See(Permission.MESSAGE_SEND), messages)

    def _same(self, world: oracle.World, reader: Reader, see: See, found, person: str = "") -> None:
        homes = (
            {f"p{place}": self.homes[pk] for pk, place in self._codes()} if person else {one: one for one in self.tree}
        )
        allowed = {key for key, home in homes.items() if see.seen(world, reader, home)}
        assert set(found) == allowed, f"{see.words}: {reader.held} on day {self.day} in {self.tree}"

    def _codes(self) -> list[tuple[int, str]]:
        return list(zip(sorted(self.homes), self.tree, strict=True))  # one person was entered with each unit, in order

    @rule(name=st.sampled_from(READERS), page=st.sampled_from(sorted(PAGES)), which=numbers)
    def open_a_page(self, name: str, page: str, which: int) -> None:
        """The page of a thing, and of one that nobody has."""
        see, do = PAGES[page]
        if page.startswith("person"):
            pk = sorted(self.homes)[which % len(self.homes)]
            place = self.homes[pk]
        else:
            place = self._name(which)
            pk = self.world.units[place].pk
        claim = do.permission or see.permission
        world, reader = oracle.World(self.tree, self.day), self._reader(name)
        client = Client()
        client.force_login(self.world.accounts[name])
        for key, home in ((pk, place), (987_654_321, None)):
            expected = oracle.answer(world, reader, claim, home, see, do)
            status = client.get(reverse(page, args=[key])).status_code
            assert {403: Answer.FORBIDDEN, 404: Answer.MISSING, 200: Answer.ALLOWED}[status] is expected, (
                f"{page} at {home}: {status} for {reader.held} on day {self.day} in {self.tree}"
            )

    @rule(name=st.sampled_from(READERS), place=places, permission=st.sampled_from(Permission))
    def ask_for_one_unit(self, name: str, place: int, permission: Permission) -> None:
        """A single row is the list narrowed to it: seen and allowed, seen only, or as if it were not."""
        from django.http import Http404

        where, world, reader = self._name(place), oracle.World(self.tree, self.day), self._reader(name)
        account = Account.objects.get(pk=self.world.accounts[name].pk)
        try:
            access.get_unit(account, self.world.units[where].pk, permission)
            told = Answer.ALLOWED
        except Http404:
            told = Answer.MISSING
        except NotAllowed:
            told = Answer.FORBIDDEN
        seen = oracle.answer(world, reader, "signed-in", where, See(Permission.UNIT_VIEW), Do(permission))
        assert told is seen, f"{permission} at {where}: {told} for {reader.held} on day {self.day} in {self.tree}"


def _live(examples: int, steps: int) -> None:
    quiet = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
    run_state_machine_as_test(
        Life,
        settings=settings(max_examples=examples, stateful_step_count=steps, deadline=None, suppress_health_check=quiet),
    )


@pytest.mark.django_db
@pytest.mark.req("R-005", "P-01", "P-06")
def test_access_follows_the_tree_through_a_random_life():
    _live(examples=12, steps=12)


@pytest.mark.slow
@pytest.mark.timeout(3000)
@pytest.mark.django_db
@pytest.mark.req("R-005", "P-01", "P-06")
def test_access_follows_the_tree_through_many_random_lives():
    _live(examples=300, steps=40)
