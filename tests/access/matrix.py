"""Address × reader × place × state: what to ask, what to expect, and the same as a page to read (docs/access-matrix.md)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from django.urls import reverse

from quantriet.org.vocab import Permission, Role
from scripts.access_table import ROOT, Address, operations, pages
from tests.access import oracle
from tests.access.oracle import PUBLIC, SIGNED_IN, Answer, Do, Held, Reader
from tests.access.things import ASKED, NO_THING, OPERATIONS, THINGS, Keys, Thing
from tests.access.world import AFTER, PLACES

PAGE = ROOT / "docs/access-matrix.md"
NOBODY = 987_654_321  # a key that no row has
GONE = "deleted"


@dataclass(frozen=True)
class Case:
    """An address about one kind of thing."""

    address: Address
    thing: Thing

    @property
    def name(self) -> str:
        return self.address.name

    @property
    def id(self) -> str:
        return f"{self.thing.name}: {self.name}"

    @property
    def claim(self) -> str:
        return self.address.claim or ""

    def do(self, method: str) -> Do | None:
        """What it asks beyond seeing; None when nobody said, which fails the build."""
        for key in (f"{self.name}:{method}", self.name):
            if key in self.thing.does:
                return self.thing.does[key]
        if self.claim == PUBLIC or self.claim == SIGNED_IN or not self.claim:
            return None
        # Who sees the thing by the very permission that the decorator names needs no more.
        return Do() if self.claim == self.thing.see.permission else Do(Permission(self.claim))

    def expected(self, reader: Reader, place: str | None, method: str, world: oracle.World = AFTER) -> Answer:
        do = self.do(method)
        assert do is not None
        if place is None or not self.thing.acts_at:
            return oracle.answer(world, reader, self.claim, place, self.thing.see, do)
        seen = oracle.answer(world, reader, self.claim, place, self.thing.see, Do())
        if seen is not Answer.ALLOWED or do.done(world, reader, self.thing.acts_at, self.thing.see):
            return seen
        return Answer.FORBIDDEN

    @cached_property
    def numbers(self) -> list[str]:
        """The parts of the address that are keys or codes of rows, the outermost first."""
        numbers = [name for name in self.address.converters if f"<int:{name}>" in self.address.route]
        # The order of an event counts inside its decision; a code in place of a key names a row where no key does.
        return [name for name in numbers if name not in ("order", "number")] or list(self.address.converters)

    def url(self, keys: Keys, **others: Any) -> str:
        wanted = {name: keys[name] for name in self.address.converters} | others
        return reverse(self.name, kwargs=wanted) + ASKED.get(self.name, "").format(**keys)

    def missing_url(self, keys: Keys) -> str:
        return self.url(keys, **{self.numbers[0]: NOBODY})


def things_of(address: Address) -> list[Thing]:
    """The rows of the longest prefix that the address begins with."""
    fitting = [(len(prefix), thing) for thing in THINGS for prefix in thing.under if address.route.startswith(prefix)]
    longest = max((length for length, _thing in fitting), default=0)
    return [thing for length, thing in fitting if length == longest]


def thing_of(operation: Address) -> Thing | None:
    """The thing that an operation for machines names; None for a list, or when nobody said."""
    fitting = [prefix for prefix in OPERATIONS if operation.route.startswith(prefix)]
    name = OPERATIONS[max(fitting, key=len)] if fitting else ""
    return next((thing for thing in THINGS if thing.name == name), None)


@lru_cache(1)
def cases() -> list[Case]:
    return [Case(address, thing) for address in pages() for thing in things_of(address) if address.converters]


def plain_addresses() -> list[Address]:
    """Addresses that name no thing: lists, forms for something new, one's own pages."""
    return [address for address in pages() if not address.converters or address.name in NO_THING]


def gaps() -> list[str]:
    """What the specification does not say yet: each a sentence that tells what to write."""
    told = []
    for address in pages():
        if not address.converters or address.name in NO_THING:
            continue
        things = things_of(address)
        if not things:
            told.append(
                f"{address.route} ({address.name}) names a thing that no row knows: add a Thing to THINGS in "
                f"tests/access/things.py with the beginning of this address in `under`, who sees it in `see`, and a `make` "
                f"that makes one in a unit; or an entry in NO_THING when the word in it names nobody's thing."
            )
        told += [
            f"{address.route} ({address.name}) is open to every signed-in account, so its row “{thing.name}” must say what it "
            f'asks: add `"{address.name}": Do(Permission.…)` or `"{address.name}": SEEN` to `does` in tests/access/things.py.'
            for thing in things
            if Case(address, thing).do("get") is None
        ]
    told += [
        f"{address.method} {address.route} ({address.name}) names a thing that no row knows: add the beginning of its address "
        f"to OPERATIONS in tests/access/things.py with the name of the row."
        for address in operations()
        if address.converters and thing_of(address) is None
    ]
    known = {address.name for address in pages()}
    for thing in THINGS:
        told += [
            f"Row “{thing.name}” speaks of an address {key!r} that is not there any more: take it out."
            for key in thing.does
            if key.partition(":")[0] not in known
        ]
        if not any(address.route.startswith(prefix) for prefix in thing.under for address in pages()):
            told.append(f"Row “{thing.name}” is about addresses that are not there any more: take it out.")
    return told


def incomplete(case: Case, keys: Keys) -> str:
    """What `make` of the case's thing forgot, as a sentence; empty when nothing."""
    missing = [name for name in case.address.converters if name not in keys]
    if not missing:
        return ""
    return (
        f"{case.address.route} ({case.name}): `{case.thing.make.__name__}` in tests/access/things.py makes “{case.thing.name}” "
        f"but gives no value for {', '.join(missing)}: make that row too and return its key under this name."
    )


def alike(readers: list[Reader], case: Case, method: str) -> Iterator[Reader]:
    """One reader of each group to whom the address answers the same at every place; turns with the address."""
    groups: dict[tuple[Answer, ...], list[Reader]] = {}
    for reader in readers:
        key = tuple(case.expected(reader, place, method) for place in (*PLACES, None))
        groups.setdefault(key, []).append(reader)
    for several in groups.values():
        yield several[sum(map(ord, case.id)) % len(several)]


# ------------------------------------------------------------------------------------------------------ the page to read

_SIGNS = {Answer.ALLOWED: "yes", Answer.MISSING: "404", Answer.FORBIDDEN: "403", Answer.SIGN_IN: "sign in"}
_SHOWN = ("own", "grandchild", "moved in", "moved out", "sibling", "parent")
_HEAD = """# What each role may open, and what it is told otherwise

Written by `make access` from the addresses, the roles and the rows of `tests/access/things.py`; a test keeps it in step, and
`tests/access/` asks the running product for every cell. Who may open an address at all stands in [access.md](access.md).

Read a table so: an account has the role in the unit **own**, and the thing lives in the unit named above the column. *yes*: the
page answers, with a sentence where the work itself is not possible. *403*: the account sees the thing but may not do this.
*404*: to this account the thing is as if it did not exist; the answer is the same, word for word, header for header and
statement for statement, as for a number that nobody has. *moved in* stood under *sibling* until yesterday, *moved out* under
*own*. What was made in a unit that has closed stays with it. A role reaches its unit and everything below; signed out, every
address of this page leads to the sign-in; an appointment that has ended or has not begun counts as none.

Two accounts of one role in different units, two appointments of one account and one inside the other are asked in the same
way: the answer is always the sum of the appointments valid today.
"""


def page() -> str:
    lines = [_HEAD]
    for thing in THINGS:
        of_thing = [case for case in cases() if case.thing is thing]
        lines += [f"## {thing.name[0].upper()}{thing.name[1:]}", "", f"Seen by {thing.see.words}."]
        lines += [thing.why] if thing.why else []
        groups: dict[tuple[str, str], list[str]] = {}
        for case in of_thing:
            methods = ("get", "post") if f"{case.name}:post" in thing.does else ("",)
            for method in methods:
                shown = f"`{case.name}`" + (f" ({method.upper()})" if method else "")
                do = case.do(method or "get")
                groups.setdefault((case.claim, do.words if do else "?"), []).append(shown)
        for (claim, words), names in groups.items():
            opens = "any account" if claim == SIGNED_IN else f"`{claim}` anywhere"
            lines += ["", f"Asks {opens}, then {words}: {', '.join(names)}.", ""]
            lines += _table(next(case for case in of_thing if f"`{case.name}`" in names[0]), names[0])
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def _table(case: Case, shown: str) -> list[str]:
    method = "post" if shown.endswith("(POST)") else "get"
    rows: dict[tuple[str, ...], list[str]] = {}
    for role in Role:
        reader = Reader(role.value, (Held(role, "own"),), person_at="grandchild" if role is Role.MEMBER else "")
        cells = tuple(_SIGNS[case.expected(reader, place, method)] for place in _SHOWN)
        rows.setdefault(cells, []).append(role.value)
    head = ["| Role in own | " + " | ".join(_SHOWN) + " |", "|---|" + "---|" * len(_SHOWN)]
    return head + [f"| {', '.join(roles)} | " + " | ".join(cells) + " |" for cells, roles in rows.items()]
