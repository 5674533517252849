"""Paper slips with printed codes, read later by camera, scanner or photo, or typed: one batch, one session, one hour (R-069)."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Min

from quantriet.attendance import access
from quantriet.attendance.actions.marks import record_marks
from quantriet.attendance.models import PresenceFact
from quantriet.attendance.rules.codes import SlipCode, read_slip_code
from quantriet.attendance.vocab import FactKind, Mark, Method
from quantriet.audit.actions import record
from quantriet.classes.models import ClassSession, RosterEntry, StudyClass
from quantriet.kit.numbers import show_number
from quantriet.kit.refusal import Refusal, Refusals
from quantriet.kit.time import local, show_clock, show_day
from quantriet.org.models import Account
from quantriet.org.rules.secrecy import refuse_if_marked

MOST_LINES = 3000


@dataclass(frozen=True)
class _Line:
    number: int
    text: str
    code: SlipCode


def read_paper_slips(
    study_class: StudyClass,
    session: ClassSession,
    kind: FactKind,
    text: str,
    *,
    moment: dt.datetime,
    keys: Sequence[bytes],
    skips_wrong: bool = False,
    by: Account,
    at: dt.datetime,
) -> int:
    """Mark everybody whose slip of this session stands in the lines; returns how many.

    All or nothing: each wrong line is refused with its number and a sentence of its own (mistyped or forged, of another
    class, year or session, of somebody not on the roster, used before, twice in the batch); with `skips_wrong` the wrong
    lines are left out instead. A slip that was read before is never counted twice, whoever sends it.
    Effects in one transaction: facts, verdicts, audit lines. Basis: R-069.
    """
    refuse_if_marked(text, "nội dung dán")
    lines, refusals = _lines(text, keys)
    with transaction.atomic():
        good: dict[int, _Line] = {}
        refusals += _unfit(study_class, session, kind, lines, good, by)
        refusals.sort(key=lambda one: one.row or 0)
        if refusals and not skips_wrong:
            raise Refusals(refusals)
        if not good:
            if refusals:
                raise Refusals(refusals)
            raise Refusal("slip.empty", "Chưa có mã phiếu nào; quét, chụp ảnh hoặc gõ mỗi dòng một mã.", field="codes")
        counts: dict[int, int] = defaultdict(int)
        for entry in PresenceFact.objects.filter(
            entry__in=list(good), session=session, kind=kind, nonce__startswith=f"p{session.pk}-"
        ).values_list("entry_id", flat=True):
            counts[entry] += 1
        marks = [
            # Made of session, person and kind: two clerks who read one slip write one fact. Numbered by what was taken back.
            Mark(entry, session.pk, kind, moment, f"p{session.pk}-{entry}-{kind.value}-{counts[entry]}", Method.SLIP)
            for entry in good
        ]
        record_marks(marks, within=study_class, by=by, at=at)
        record(
            "slips.read", by=by, at=at, thing=study_class, unit=study_class.unit,
            after={"session": session.title, "mark": kind.label, "at": moment, "people": len(marks), "left_out": len(refusals)},
        )  # fmt: skip
    return len(marks)


def _lines(text: str, keys: Sequence[bytes]) -> tuple[list[_Line], list[Refusal]]:
    lines: list[_Line] = []
    refusals: list[Refusal] = []
    written = [(number, line.strip()) for number, line in enumerate(text.splitlines(), start=1) if line.strip()]
    if len(written) > MOST_LINES:
        raise Refusal(
            "slip.too_many", f"Một lần đọc nhiều nhất {show_number(MOST_LINES)} phiếu; hãy chia thành nhiều lần.",
            field="codes",
        )  # fmt: skip
    for number, line in written:
        first = line.replace(";", "\t").replace(",", "\t").split("\t")[0].strip("\"' ")
        try:
            lines.append(_Line(number, first, read_slip_code(keys, first)))
        except Refusal as refusal:
            refusals.append(_wrong(refusal.code, number, f"“{first[:30]}”: {refusal.sentence}."))
    return lines, refusals


def _unfit(
    study_class: StudyClass,
    session: ClassSession,
    kind: FactKind,
    lines: Sequence[_Line],
    good: dict[int, _Line],
    by: Account,
) -> list[Refusal]:
    """What is wrong with lines whose code is ours; those that are right are put into `good`, by roster line."""
    keys = sorted({line.code.entry_id for line in lines})
    called: dict[int, tuple[str, int]] = {}
    mine: set[int] = set()
    read: dict[int, tuple[dt.datetime, dt.datetime]] = {}
    for start in range(0, len(keys), 500):
        part = keys[start : start + 500]
        rows = RosterEntry.objects.filter(pk__in=part).values_list("pk", "person__full_name", "study_class_id")
        called.update({pk: (name, class_id) for pk, name, class_id in rows})
        mine.update(access.entries_marked_by(by).filter(pk__in=part).values_list("pk", flat=True))
        for entry, moment, learned in PresenceFact.objects.filter(
            entry__in=part, session=session, kind=kind, voided_by__isnull=True, nonce__startswith=f"p{session.pk}-"
        ).values_list("entry_id", "at", "recorded_at"):
            read[entry] = (moment, learned)
    titles = _titles({line.code.session_id for line in lines}, {class_id for _name, class_id in called.values()})
    refusals = []
    for line in lines:
        entry, of_session = line.code
        name, class_id = called.get(entry, ("", 0))
        say = f"phiếu của {name}" if name else "phiếu"
        if not name:
            refusals.append(_wrong("slip.gone", line.number, f"{say} của người không còn trong danh sách lớp nào."))
        elif class_id != study_class.pk or of_session not in titles.sessions:
            refusals.append(
                _wrong(
                    "slip.other_class", line.number, f"{say} {titles.of_class(class_id, session)}, không dùng ở đây."
                )
            )
        elif of_session != session.pk:
            refusals.append(
                _wrong(
                    "slip.other_session", line.number,
                    f"{say} là phiếu của “{titles.sessions[of_session]}”, không phải “{session.title}”.",
                )
            )  # fmt: skip
        elif entry not in mine:
            refusals.append(_wrong("slip.other_venue", line.number, f"{say} thuộc điểm cầu không giao điểm danh."))
        elif entry in read:
            moment, learned = read[entry]
            refusals.append(
                _wrong(
                    "slip.used", line.number,
                    f"{say} đã đọc lúc {show_clock(learned)} ngày {show_day(local(learned).date())} "
                    f"({kind.label.lower()} {show_clock(moment)}).",
                )
            )  # fmt: skip
        elif entry in good:
            refusals.append(_wrong("slip.twice", line.number, f"{say} đã có ở dòng {good[entry].number}."))
        else:
            good[entry] = line
    return refusals


@dataclass(frozen=True)
class _Titles:
    """Sessions by their title, classes by title and year of their first session."""

    sessions: dict[int, str]
    classes: dict[int, tuple[str, int]]

    def of_class(self, class_id: int, session: ClassSession) -> str:
        title, year = self.classes.get(class_id, ("", 0))
        if year and year != local(session.starts_at).year:
            return f"là phiếu năm {year}, của lớp “{title}”"
        return f"là phiếu của lớp “{title}”" if title else "là phiếu của lớp khác"


def _titles(sessions: set[int], classes: set[int]) -> _Titles:
    rows = StudyClass.objects.filter(pk__in=classes).annotate(first=Min("sessions__starts_at"))
    return _Titles(
        dict(ClassSession.objects.filter(pk__in=sessions).values_list("pk", "title")),
        {
            pk: (title, local(first).year if first else 0)
            for pk, title, first in rows.values_list("pk", "title", "first")
        },
    )


def _wrong(code: str, number: int, sentence: str) -> Refusal:
    return Refusal(code, f"Dòng {number}: {sentence}", field="codes", row=number)
