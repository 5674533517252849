"""The map of the rooms, as pyproject.toml tells it to import-linter: the one place where it stands for machines."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "src/quantriet"


@cache
def storeys() -> tuple[tuple[str, ...], ...]:
    """Storeys from the ground up, each with its rooms, planned ones included."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    (contract,) = (one for one in settings["tool"]["importlinter"]["contracts"] if one["id"] == "storeys")
    return tuple(tuple(re.findall(r"quantriet\.(\w+)", layer)) for layer in reversed(contract["layers"]))


def height_of(room: str) -> int:
    return next(height for height, rooms in enumerate(storeys()) if room in rooms)


def built_rooms() -> list[str]:
    """The rooms that exist, from the ground up."""
    return [room for rooms in storeys() for room in rooms if (PACKAGE / room / "__init__.py").exists()]
