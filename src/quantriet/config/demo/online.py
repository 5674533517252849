"""People who follow a class from elsewhere in the demo: the meeting's log, a questionnaire, suggestions on paper."""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Sequence
from pathlib import Path

from quantriet.attendance import actions
from quantriet.attendance.rules.questionnaires import read_questions
from quantriet.classes.models import ClassSession, RosterEntry, StudyClass
from quantriet.kit.text import fold
from quantriet.kit.time import local
from quantriet.org.models import Account

_QUESTIONS = (
    "Thời gian hoàn thành một đợt học tập, tính từ ngày mở đợt, là bao nhiêu?\nA. 30 ngày\nB. 45 ngày *\nC. 60 ngày\n\n"
    "Việc nào ở chi bộ cần làm trước?"
)
_FIRST = ("Rà soát, bổ sung kế hoạch của chi bộ", "Phân công đảng viên phụ trách hộ", "Tuyên truyền ở họp thôn")
_SUGGESTIONS = (
    "Đề nghị gửi tài liệu trước ít nhất ba ngày để đảng viên lớn tuổi kịp đọc.",
    "Kiến nghị tổ chức lớp học bù vào buổi tối cho đảng viên làm ca.",
)


def hold(
    study_class: StudyClass,
    sessions: Sequence[ClassSession],
    away: Sequence[RosterEntry],
    here: Sequence[RosterEntry],
    *,
    waits: bool,
    by: Account,
) -> None:
    """Bring the log of those who were `away`, and ask those who were `here`; whoever attended the whole is not changed by it.

    Where somebody can still decide, the last of the log's names `waits` for it.
    """
    if not away or not here:
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "participants_82312345678.csv"
        path.write_text("\ufeff" + _log(study_class, sessions, away, waits), encoding="utf-8")
        at = sessions[-1].ends_at + dt.timedelta(minutes=20)
        log, _ = actions.take_meeting_log(study_class, file_name=path.name, source=path, by=by, at=at)
        actions.confirm_meeting_log(log, by=by, at=at)
    session = sessions[0]
    asked = actions.prepare_questionnaire(
        session, None, title="Nắm bài buổi sáng", questions=read_questions(_QUESTIONS), is_presence=True, minutes=5, by=by,
        at=session.starts_at,
    )  # fmt: skip
    # After the check in mid-session, which was held in its hundredth minute.
    asked = actions.open_questionnaire(asked, by=by, at=session.starts_at + dt.timedelta(minutes=120))
    for number, entry in enumerate(here[:12]):
        given = ("B" if number % 4 else "A", _FIRST[number % len(_FIRST)])
        actions.enter_questionnaire_slip(asked, entry, given, by=by, at=session.ends_at)
    actions.switch_suggestions(study_class, is_open=True, by=by, at=session.starts_at)
    for number, (entry, text) in enumerate(zip(here[12:], _SUGGESTIONS, strict=False)):
        moment = session.starts_at + dt.timedelta(minutes=135 + number)
        actions.enter_suggestion(entry, session, text, moment=moment, by=by, at=session.ends_at)


def _log(study_class: StudyClass, sessions: Sequence[ClassSession], away: Sequence[RosterEntry], waits: bool) -> str:
    """As Zoom writes it: two devices of one person, names with their cell and without marks, one that is too short to tell, a
    hall, a recorder."""
    lines = ["Name (Original Name),User Email,Join Time,Leave Time,Duration (Minutes),Guest,In Waiting Room"]

    def connect(name: str, start: dt.datetime, end: dt.datetime) -> None:
        times = ",".join(f"{local(moment):%m/%d/%Y %I:%M:%S %p}" for moment in (start, end))
        lines.append(f'"{name}",,{times},{int((end - start).total_seconds() // 60)},Yes,No')

    hall = study_class.venues.order_by("-is_main", "pk")[0]
    for session in sessions:
        start, end = session.starts_at - dt.timedelta(minutes=8), session.ends_at + dt.timedelta(minutes=4)
        for number, entry in enumerate(away):
            name = entry.person.full_name
            said = f"{entry.unit.name} - {name}" if number % 2 else f"{fold(name).title()} ({entry.person.code})"
            if waits and number and number == len(away) - 1:
                said = f"{name.split()[0]} {name.split()[-1]}"
            if number == 0:
                middle = start + (end - start) / 2
                connect(said, start, middle + dt.timedelta(minutes=5))
                connect(said, middle, end)
            else:
                connect(said, start, end)
        connect(hall.name, start, end)
        connect("Otter.ai", start, end)
        connect("iPhone", session.starts_at, session.starts_at + dt.timedelta(minutes=12))
    return "\n".join(lines) + "\n"
