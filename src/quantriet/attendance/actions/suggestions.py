"""Suggestions that learners write during a session: on the phone by the hall's code, or entered from paper (R-071)."""

from __future__ import annotations

import datetime as dt
import hashlib

from django.db import transaction

from quantriet.attendance.actions.check_ins import be_present_by_ticket
from quantriet.attendance.actions.marks import record_marks
from quantriet.attendance.models import Suggestion, SuggestionBox
from quantriet.attendance.rules.codes import Ticket
from quantriet.attendance.vocab import CheckedIn, FactKind, Mark, Method
from quantriet.audit.actions import record
from quantriet.classes.models import ClassSession, RosterEntry, StudyClass
from quantriet.kit.refusal import Refusal
from quantriet.kit.text import nfc, squeeze
from quantriet.org.models import Account, Person
from quantriet.org.rules.secrecy import refuse_if_marked

LEAST_LETTERS, MOST_LETTERS = 15, 2000


def switch_suggestions(study_class: StudyClass, *, is_open: bool, by: Account, at: dt.datetime) -> None:
    """Let written suggestions count as presence in a class, or no longer; those written stay. Twice changes nothing."""
    with transaction.atomic():
        box = SuggestionBox.objects.filter(study_class=study_class).first()
        if (box is not None and box.is_open) == is_open:
            return
        SuggestionBox.objects.update_or_create(
            study_class=study_class, defaults={"is_open": is_open, "changed_at": at, "changed_by": by}
        )
        record("suggestions.switched", by=by, at=at, thing=study_class, unit=study_class.unit, after={"open": is_open})


def write_suggestion(ticket: Ticket, entry_id: int, text: str, *, by: Account | None, at: dt.datetime) -> CheckedIn:
    """Take a suggestion of somebody who opened the hall's code, and the presence that it proves at that moment.

    The same text again is one. Refuses a class without this way, marked content, too short and too long ones, and what
    `check_in_by_code` refuses. Effects: the suggestion, one fact. Basis: R-071.
    """
    said = _read(text)
    session = ClassSession.objects.filter(pk=ticket.session_id).first()
    if session is None:
        raise Refusal("suggestion.closed", "Buổi học này không còn nữa.")
    _refuse_closed(session.study_class_id)
    with transaction.atomic():
        # First the presence: whoever is of another class or venue leaves no text here.
        nonce = f"g-{ticket.session_id}-{entry_id}-{ticket.step}"
        done = be_present_by_ticket(ticket, entry_id, nonce=nonce, method=Method.SUGGEST, by=by, at=at)
        _keep(entry_id, session.pk, said, dt.datetime.fromtimestamp(ticket.opened, dt.UTC), Method.SUGGEST, by)
    return done


def enter_suggestion(
    entry: RosterEntry, session: ClassSession, text: str, *, moment: dt.datetime, by: Account, at: dt.datetime
) -> None:
    """Enter a suggestion written on paper at a moment of the session; the same text again changes nothing.

    Refuses what `write_suggestion` and `record_marks` refuse. Effects: the suggestion, the fact with its verdict, audit
    "suggestion.written".
    """
    said = _read(text)
    study_class: StudyClass = session.study_class
    _refuse_closed(study_class.pk)
    if not session.starts_at <= moment < session.ends_at:
        raise Refusal("suggestion.outside", f"Giờ viết phải trong giờ của “{session.title}”.", field="clock")
    with transaction.atomic():
        nonce = f"g-{session.pk}-{entry.pk}-p{int(moment.timestamp()):x}"
        record_marks(
            [Mark(entry.pk, session.pk, FactKind.ARRIVE, moment, nonce, Method.SUGGEST)],
            within=study_class,
            by=by,
            at=at,
        )
        if _keep(entry.pk, session.pk, said, moment, Method.SLIP, by):
            record(
                "suggestion.written", by=by, at=at, unit=study_class.unit, person_id=entry.person_id,
                thing=Person(pk=entry.person_id, full_name=entry.person.full_name), after={"session": session.title},
            )  # fmt: skip


def _read(text: str) -> str:
    said = "\n".join(line.strip() for line in nfc(text).replace("\r", "").replace("\0", "").split("\n")).strip()
    refuse_if_marked(said, "Nội dung góp ý")
    if len(squeeze(said)) < LEAST_LETTERS:
        raise Refusal(
            "suggestion.short",
            f"Góp ý cần ít nhất {LEAST_LETTERS} ký tự, nói rõ việc gì, đề nghị thế nào.",
            field="text",
        )
    if len(said) > MOST_LETTERS:
        raise Refusal(
            "suggestion.long",
            f"Góp ý không quá {MOST_LETTERS} ký tự; hãy viết gọn lại hoặc chia thành hai góp ý.",
            field="text",
        )
    return said


def _refuse_closed(class_id: int) -> None:
    if not SuggestionBox.objects.filter(study_class=class_id, is_open=True).exists():
        raise Refusal("suggestion.closed", "Lớp này không điểm danh bằng góp ý; hãy quét mã để ghi có mặt.")


def _keep(entry_id: int, session_id: int, text: str, moment: dt.datetime, method: Method, by: Account | None) -> bool:
    digest = hashlib.blake2b(squeeze(text).encode(), digest_size=6).hexdigest()
    nonce = f"g{session_id}-{entry_id}-{digest}"
    if Suggestion.objects.filter(nonce=nonce).exists():
        return False
    Suggestion.objects.bulk_create(
        [
            Suggestion(
                nonce=nonce, entry_id=entry_id, session_id=session_id, text=text, at=moment, method=method, account=by
            )
        ],
        ignore_conflicts=True,
    )
    return True
