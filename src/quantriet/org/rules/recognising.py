"""Who is meant by a line of a list: by code, or by name together with the cell or the day of birth."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass

from quantriet.kit.text import fold, nfc, squeeze
from quantriet.kit.time import parse_day


@dataclass(frozen=True)
class ListedPerson:
    """A line of a list, its cells as text; `born` as far as it was understood, `year_only` when it names a year alone."""

    number: int
    code: str = ""
    name: str = ""
    cell: str = ""
    born: dt.date | None = None
    year_only: bool = False

    @property
    def words(self) -> str:
        """The line in short, as the reader will find it again."""
        return ", ".join(one for one in (self.code, self.name, self.cell) if one)[:80]


_CELLS = re.compile(r"[\t;|]|,(?!\s*\d{4})")


def read_pasted(pasted: str) -> list[ListedPerson]:
    """One person a line: a code, or a name with the cell or the birthday behind it; parted by tab, semicolon or comma.

    A cell with a digit and without a space is a code, a date is the birthday, the first other one the name, the next the
    cell. The number of a line is that of the text pasted.
    """
    lines = []
    for number, raw in enumerate(nfc(pasted).splitlines(), start=1):
        code = name = cell = ""
        born: dt.date | None = None
        for part in filter(None, (squeeze(one).strip("\"'") for one in _CELLS.split(raw))):
            day = parse_day(part)
            if day is not None:
                born = day
            elif not code and " " not in part and any(letter.isdigit() for letter in part):
                code = part
            elif not name:
                name = part
            elif not cell:
                cell = part
        if code or name:
            lines.append(ListedPerson(number, code, name, cell, born))
    return lines


@dataclass(frozen=True)
class Candidate:
    """Somebody within reach who might be meant; `year_only` when only the year of birth is known."""

    person_id: int
    code: str
    name: str
    cell: str
    born: dt.date | None
    year_only: bool


@dataclass(frozen=True)
class Recognition:
    """The person meant, or the sentence why nobody is taken."""

    line: ListedPerson
    person_id: int | None = None
    sentence: str = ""


def recognise(
    line: ListedPerson, *, by_code: Candidate | None, by_name: Sequence[Candidate], is_elsewhere: bool = False
) -> Recognition:
    """Decide on one line; `is_elsewhere` says that the code belongs to somebody beyond the account's reach.

    A name alone never decides, and a code with another name beside it is a slip of the pen that somebody must look at.
    """
    if line.code:
        if by_code is not None:
            if line.name and fold(line.name) != fold(by_code.name):
                return Recognition(
                    line, sentence=f"Mã {by_code.code} là của đồng chí {by_code.name}, khác họ tên trong danh sách."
                )
            return Recognition(line, by_code.person_id)
        if is_elsewhere:
            return Recognition(line, sentence="Ngoài phạm vi được giao, hoặc không còn trong danh sách đảng viên.")
    if not line.name:
        return Recognition(line, sentence="Không có mã này." if line.code else "Dòng không có mã và họ tên.")
    named = [one for one in by_name if fold(one.name) == fold(line.name)]
    if not named:
        return Recognition(line, sentence="Không có ai mang họ tên này trong phạm vi được giao.")
    if not line.cell and line.born is None:
        return Recognition(line, sentence="Chỉ có họ tên; cần thêm mã, chi bộ hoặc ngày sinh để nhận ra.")
    fitting = [one for one in named if _same_cell(line, one) and _same_birth(line, one)]
    if not fitting:
        return Recognition(line, sentence="Có người trùng họ tên nhưng khác chi bộ hoặc ngày sinh.")
    if len(fitting) > 1:
        return Recognition(line, sentence=f"Có {len(fitting)} người trùng họ tên như vậy; cần ghi mã.")
    return Recognition(line, fitting[0].person_id)


def _same_cell(line: ListedPerson, one: Candidate) -> bool:
    said, known = fold(line.cell), fold(one.cell)
    return not said or f" {said} " in f" {known} " or f" {known} " in f" {said} "


def _same_birth(line: ListedPerson, one: Candidate) -> bool:
    if line.born is None or one.born is None:
        return line.born is None or bool(line.cell)  # an unknown birth needs the cell to speak for the person
    if line.year_only or one.year_only:
        return line.born.year == one.born.year
    return line.born == one.born
