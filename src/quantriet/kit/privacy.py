"""How a room declares what it keeps of people: for every field its purpose, kind, time and what erasure does to it.

Each room with models has a file `privacy.py` with `HOLDINGS`; a test of the house fails for a field that nobody declared.

    HOLDINGS = (
        plain("UnitKind", "Loại đơn vị"),                               # nothing about people: one line
        holding("PostHeld", "Chức vụ", "xác định người giữ trách nhiệm", MEMBERSHIP, "person",
                of("person post unit", "ai giữ chức gì, ở đâu"),
                of("basis", "căn cứ", erase=Erase.BLANK)),
    )

The keys of rows (`id`) need no declaration. No Django here: names only.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    NONE = "none"
    PERSONAL = "personal"
    SENSITIVE = "sensitive"

    @property
    def words(self) -> str:
        return {"none": "không phải dữ liệu cá nhân", "personal": "cơ bản", "sensitive": "nhạy cảm"}[self.value]


class Erase(StrEnum):
    """What becomes of a field when its person is erased."""

    KEEP = "keep"
    BLANK = "blank"  # emptied; a file is taken off the disk
    ANONYMISE = "anonymise"  # replaced by words that name nobody
    DELETE = "delete"  # the whole row goes

    @property
    def words(self) -> str:
        return {"keep": "giữ", "blank": "xóa trắng", "anonymise": "thay bằng chữ vô danh", "delete": "xóa cả dòng"}[
            self.value
        ]


@dataclass(frozen=True)
class Keep:
    """How long something is kept, and by what it is ruled."""

    words: str
    basis: str = "do cơ quan quy định"


WITH_ITS_THING = Keep("cùng với mục chứa nó")
ALWAYS = Keep("suốt thời gian dùng hệ thống")

# What stands instead of an anonymised text; "{n}" is the number of the person's row.
NOBODY = "(đã xóa)"


@dataclass(frozen=True)
class Group:
    """Some fields of one model that serve one purpose."""

    names: tuple[str, ...]
    purpose: str
    kind: Kind
    erase: Erase
    instead: str = NOBODY


@dataclass(frozen=True)
class Holding:
    """What one model keeps. `person`: the way from a row to its person, as a lookup ("entry__person"); empty for none.

    `is_whole`: one line for a model without personal data, whatever its fields. `by_hand`: its own action erases it.
    """

    model: str  # "PostHeld", in its room; "sessions.Session" for one of a library
    title: str
    purpose: str
    keep: Keep
    person: str = ""
    groups: tuple[Group, ...] = ()
    is_whole: bool = False
    by_hand: bool = False

    @property
    def names(self) -> list[str]:
        return [name for group in self.groups for name in group.names]

    @property
    def deletes_rows(self) -> bool:
        return any(group.erase == Erase.DELETE for group in self.groups)

    @property
    def is_personal(self) -> bool:
        return any(group.kind != Kind.NONE for group in self.groups)


def of(names: str, purpose: str, kind: Kind = Kind.PERSONAL, erase: Erase = Erase.KEEP, instead: str = NOBODY) -> Group:
    """Fields, separated by spaces, with one purpose."""
    return Group(tuple(names.split()), purpose, kind, erase, instead)


def none(names: str, purpose: str) -> Group:
    """Fields that tell nothing about a person."""
    return of(names, purpose, Kind.NONE)


def holding(
    model: str, title: str, purpose: str, keep: Keep, person: str, *groups: Group, by_hand: bool = False
) -> Holding:
    return Holding(model, title, purpose, keep, person, groups, by_hand=by_hand)


def plain(models: str, title: str, keep: Keep = WITH_ITS_THING) -> Holding:
    """A model that keeps nothing about people; a test refuses this for one that points to a person."""
    return Holding(models, title, "dữ liệu của công việc, không về một người", keep, is_whole=True)
