"""Codes that the product gives to people whose list has none: QT and a number. Pure."""

import re

PREFIX = "QT"
SHORTEST = 7  # digits; a list may carry "QT9" of its own (Quảng Trị), which is nobody's number
LONGEST = 12
_MADE = re.compile(rf"{PREFIX}([0-9]{{{SHORTEST}}}|[1-9][0-9]{{{SHORTEST},{LONGEST - 1}}})", re.ASCII)


def made_code(number: int) -> str:
    """A code for a person whose list has none."""
    return f"{PREFIX}{number:0{SHORTEST}d}"


def made_number(code: str) -> int | None:
    """The number of a code of exactly the shape that `made_code` gives, else None."""
    found = _MADE.fullmatch(code)
    return int(found[1]) if found else None
