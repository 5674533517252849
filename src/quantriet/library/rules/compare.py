"""What changed between two texts of a master, part by part and word by word."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Fate = Literal["added", "removed", "changed", "moved", "same"]
Op = Literal["same", "del", "ins"]

_WORDS = re.compile(r"\s+|[^\s]+")
_MOST_WORDS = 4_000  # beyond that a text is shown as a whole, old and new
FIELDS = ("title", "text", "value", "measure", "source", "cites", "audiences")


@dataclass(frozen=True)
class Piece:
    """A run of words that stayed, went or came."""

    op: Op
    text: str


@dataclass(frozen=True)
class FieldChange:
    """One field of a part with its pieces; `name` is one of FIELDS."""

    name: str
    pieces: tuple[Piece, ...]


@dataclass(frozen=True)
class PartChange:
    """One part in both texts: what became of it, and every field that has something in it."""

    fate: Fate
    kind: str
    fields: tuple[FieldChange, ...]
    moved: bool = False  # it also stands elsewhere now; `fate` is then "changed" or "moved"


def words(old: str, new: str) -> tuple[Piece, ...]:
    """The two texts as one row of pieces."""
    if old == new:
        return (Piece("same", old),) if old else ()
    left, right = _WORDS.findall(old), _WORDS.findall(new)
    if max(len(left), len(right)) > _MOST_WORDS:
        return tuple(Piece(op, text) for op, text in (("del", old), ("ins", new)) if text)  # type: ignore[arg-type]
    pieces: list[Piece] = []
    for tag, i1, i2, j1, j2 in difflib.SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        if tag == "equal":
            pieces.append(Piece("same", "".join(left[i1:i2])))
            continue
        if i2 > i1:
            pieces.append(Piece("del", "".join(left[i1:i2])))
        if j2 > j1:
            pieces.append(Piece("ins", "".join(right[j1:j2])))
    return tuple(pieces)


def compare(old: Sequence[Mapping[str, Any]], new: Sequence[Mapping[str, Any]]) -> list[PartChange]:
    """The parts of the new text in their order, removed ones where they stood; parts are the same by their "id"."""
    before, after = {one["id"]: one for one in old}, {one["id"]: one for one in new}
    stayed_old = [one["id"] for one in old if one["id"] in after]
    stayed_new = [one["id"] for one in new if one["id"] in before]
    steady: set[Any] = set()
    for block in difflib.SequenceMatcher(None, stayed_old, stayed_new, autojunk=False).get_matching_blocks():
        steady.update(stayed_new[block.b : block.b + block.size])
    found: list[PartChange] = []
    waiting = [one["id"] for one in old]

    def pass_by() -> None:
        """Tell what is gone, and skip what moved, up to the next part that kept its place."""
        while waiting and waiting[0] not in steady:
            key = waiting.pop(0)
            if key not in after:
                found.append(_change(before[key], None))

    pass_by()
    for part in new:
        key = part["id"]
        found.append(_change(before.get(key), part, moved=key in before and key not in steady))
        if key in steady:
            waiting.pop(0)
            pass_by()
    return found


def _shown(part: Mapping[str, Any] | None, name: str) -> str:
    value = part.get(name) if part else None
    if isinstance(value, list | tuple):
        return ", ".join(str(one) for one in value)
    return "" if value is None else str(value)


def _change(old: Mapping[str, Any] | None, new: Mapping[str, Any] | None, *, moved: bool = False) -> PartChange:
    fields = tuple(
        FieldChange(name, pieces)
        for name in FIELDS
        if (pieces := words(_shown(old, name), _shown(new, name)))
    )  # fmt: skip
    kind = str((new or old or {}).get("kind", ""))
    if old is None:
        return PartChange("added", kind, fields)
    if new is None:
        return PartChange("removed", kind, fields)
    if any(piece.op != "same" for field in fields for piece in field.pieces) or old.get("kind") != new.get("kind"):
        return PartChange("changed", kind, fields, moved)
    return PartChange("moved" if moved else "same", kind, fields, moved)
