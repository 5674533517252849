"""What a board says first: the sentence, and which unit needs a hand most."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from quantriet.kit.numbers import show_number
from quantriet.kit.time import show_day, show_moment

# What the two counts of a board mean, wherever they stand: first page, board, lists, report.
UNORGANISED = (
    "Chưa tổ chức: đơn vị được giao tổ chức nhưng chưa có lớp nào của đơn vị chốt điểm danh và các đơn vị bên dưới chưa "
    "tổ chức đủ; có thể đã có người học xong ở lớp do nơi khác mở."
)
SILENT = "Chưa báo cáo: đơn vị có người phải học nhưng chưa ghi nhận được kết quả của người nào."


@dataclass(frozen=True)
class Count:
    """People of one roll-up. `roster` is everybody on the list; a share is taken of those who must study."""

    done: int = 0
    exempt: int = 0
    owing: int = 0

    @property
    def obliged(self) -> int:
        """The denominator: everybody on the list without the exempt."""
        return self.done + self.owing

    @property
    def roster(self) -> int:
        return self.done + self.exempt + self.owing

    def __add__(self, other: Count) -> Count:
        return Count(self.done + other.done, self.exempt + other.exempt, self.owing + other.owing)

    def __sub__(self, other: Count) -> Count:
        return Count(self.done - other.done, self.exempt - other.exempt, self.owing - other.owing)


def as_of_phrase(moment: datetime, day: date | None) -> str:
    """ "tính đến 16:00 ngày 12/01/2026" now, "tính đến hết ngày 12/01/2026" for an earlier day."""
    return f"tính đến hết ngày {show_day(day)}" if day else f"tính đến {show_moment(moment)}"


def sentence(count: Count, *, unorganised: int, organising: int, silent: int, when: str) -> str:
    """What is going on, in one sentence: first units that have not organised, then silent ones, then people."""
    if not count.roster and not organising:
        return f"Chưa có ai phải học ở đây, {when}."
    if unorganised:
        return f"Còn {show_number(unorganised)} đơn vị chưa tổ chức, {when}."
    if silent:
        return f"Còn {show_number(silent)} đơn vị chưa báo cáo, {when}."
    if count.owing:
        lead = f"Cả {show_number(organising)} đơn vị đã tổ chức; còn " if organising else "Còn "
        return f"{lead}{show_number(count.owing)} người chưa học xong, {when}."
    return f"Tất cả {show_number(count.obliged)} người phải học đã học xong, {when}."


def needs_a_hand(count: Count, *, silent: bool) -> tuple[int, float, int]:
    """Sort key: silent units first, then the lowest share, then the most people still owing."""
    share = count.done / count.obliged if count.obliged else 2.0  # nobody obliged: last
    return (0 if silent else 1, share, -count.owing)
