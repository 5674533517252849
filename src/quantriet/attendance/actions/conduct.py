"""Notes on conduct in class: praise and breaches, bare records with time and place (R-056)."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from quantriet.attendance.models import ConductNote
from quantriet.attendance.vocab import ConductKind
from quantriet.audit.actions import record
from quantriet.classes.models import RosterEntry, StudyClass
from quantriet.kit import text as kit_text
from quantriet.kit.refusal import Refusal
from quantriet.kit.time import show_moment
from quantriet.org.models import Account
from quantriet.org.rules.secrecy import refuse_if_marked


def note_conduct(
    study_class: StudyClass,
    *,
    entry: RosterEntry,
    kind: ConductKind,
    text: str,
    noted_at: dt.datetime,
    by: Account,
    at: dt.datetime,
) -> ConductNote:
    """Record praise of, or a breach of the class rules by, somebody of the roster, with when and in which venue.

    Refuses without words, for somebody of another class, and for a time that has not come.
    """
    words = kit_text.squeeze(text)
    if not words:
        raise Refusal("conduct.text_missing", "Phải ghi rõ việc được biểu dương hoặc vi phạm.", field="text")
    refuse_if_marked(words, "nội dung ghi nhận")
    if entry.study_class_id != study_class.pk:
        raise Refusal("conduct.not_on_roster", "Người này không có trong danh sách lớp.", field="entry")
    if noted_at > at:
        raise Refusal("conduct.in_future", f"Thời điểm {show_moment(noted_at)} chưa tới.", field="noted_at")
    with transaction.atomic():
        note = ConductNote.objects.create(
            study_class=study_class,
            venue=entry.venue,
            person=entry.person,
            kind=kind,
            text=words[:400],
            at=noted_at,
            by=by,
        )
        record(
            "conduct.noted", by=by, at=at, thing=entry.person, unit=study_class.unit, person_id=entry.person_id,
            after={"kind": kind.value, "text": words, "class": study_class.title, "venue": entry.venue.name},
        )  # fmt: skip
    return note
