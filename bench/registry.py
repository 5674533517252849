"""What a bench program is: a function that yields figures, known by its name.

    @program("import-members")
    def import_members() -> Iterator[Figure]:
        yield Figure("10,000 members, first time", 3.1, limit=4.0, unit="× floor")

A program lives in a module of its own in bench/ and brings its own data; it must leave nothing behind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """One measured figure against its limit; a figure without limit is only told."""

    what: str
    value: float
    limit: float | None = None
    unit: str = ""

    @property
    def held(self) -> bool:
        return self.limit is None or self.value <= self.limit

    def row(self) -> str:
        verdict = "told" if self.limit is None else "held" if self.held else "MISSED"
        limit = "" if self.limit is None else f"{self.limit:,.3g}"
        ratio = "" if not self.limit else f"{self.value / self.limit:.2f}"
        return f"| {self.what} | {self.value:,.3g} {self.unit} | {limit} | {ratio} | {verdict} |"


Program = Callable[[], Iterator[Figure]]
PROGRAMS: dict[str, Program] = {}


def program(name: str) -> Callable[[Program], Program]:
    def known(measure: Program) -> Program:
        assert name not in PROGRAMS, f"two programs are called {name}"
        PROGRAMS[name] = measure
        return measure

    return known
