"""Codes pasted from a list: one a line, the first column counts; what cannot be read is told by the number of its line."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from quantriet.kit.text import nfc, squeeze

_SEPARATORS = re.compile(r"[\t;,|]")


@dataclass(frozen=True)
class WrongLine:
    number: int
    text: str
    sentence: str


def read_codes(text: str, known: Mapping[str, int]) -> tuple[list[int], list[WrongLine]]:
    """Roster lines in the order pasted, each once, and the lines whose code is not on the roster.

    A code is compared without regard to case and spaces; leading zeros that a table program has eaten are put back when
    that leaves exactly one person.
    """
    by_code = {_plain(code): entry for code, entry in known.items()}
    bare: dict[str, list[int]] = {}
    for code, known_entry in by_code.items():
        bare.setdefault(code.lstrip("0"), []).append(known_entry)
    found: dict[int, None] = {}
    wrong: list[WrongLine] = []
    for number, line in enumerate(nfc(text).splitlines(), start=1):
        cells = [squeeze(cell).strip("\"'") for cell in _SEPARATORS.split(line)]
        written = next((cell for cell in cells if cell), "")
        if not written:
            continue
        entry = by_code.get(_plain(written))
        if entry is None:
            alike = bare.get(_plain(written).lstrip("0"), [])
            entry = alike[0] if len(alike) == 1 else None
        if entry is None:
            shown = written if len(written) <= 40 else written[:40] + "…"
            wrong.append(WrongLine(number, shown, f"Dòng {number}: mã “{shown}” không có trong danh sách lớp."))
        else:
            found[entry] = None
    return list(found), wrong


def _plain(code: str) -> str:
    return re.sub(r"\s+", "", code).upper()
