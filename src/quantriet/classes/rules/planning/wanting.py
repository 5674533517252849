"""What can be said of reporters before anything is computed: none is there, or too few for the classes it takes at least."""

from __future__ import annotations

from collections.abc import Sequence

from quantriet.kit.numbers import show_number

NO_REPORTER = "Chưa có báo cáo viên nào; hãy thêm, hoặc bỏ yêu cầu mỗi lớp có báo cáo viên."


def least_classes(people: int, seats: Sequence[int], sessions: int) -> int | None:
    """How many classes it takes at least to give everybody a seat: the largest halls in every session come first.

    None when all halls in all sessions are too small, which no reporter can help.
    """
    classes = 0
    for capacity in sorted(seats, reverse=True):
        if people <= 0:
            break
        if capacity <= 0:
            return None
        held = min(sessions, -(-people // capacity))
        classes += held
        people -= held * capacity
    return classes if people <= 0 else None


def want_of_reporters(people: int, seats: Sequence[int], sessions: int, most: Sequence[int | None]) -> str:
    """In one sentence why the reporters cannot be enough, empty when they may be; `most` is what each takes on at most.

    Counted in the reporters' favour (each free in every session), so what is told here no computation can turn.
    """
    if not most:
        return NO_REPORTER
    needed = least_classes(people, seats, sessions)
    able = sum(sessions if one is None else min(one, sessions) for one in most)
    if needed is None or able >= needed:
        return ""
    return (
        f"{show_number(people)} người cần ít nhất {show_number(needed)} lớp, mà {show_number(len(most))} báo cáo viên trong "
        f"{show_number(sessions)} buổi nhận nhiều nhất {show_number(able)} lớp; hãy thêm báo cáo viên, buổi hoặc hội trường lớn "
        "hơn, hoặc bỏ yêu cầu mỗi lớp có báo cáo viên."
    )
