"""A closed roll is opened again by two persons: one asks with a reason, another decides (ASVS 2.3.5)."""

from __future__ import annotations

import datetime as dt

from django.db import IntegrityError, transaction

from quantriet.attendance.actions.closing import whole_class
from quantriet.attendance.models import RollReopening
from quantriet.attendance.vocab import REOPENING_LASTS, REOPENING_WAITS, ReopeningState
from quantriet.audit.actions import record
from quantriet.campaigns.vocab import CampaignState
from quantriet.classes.models import StudyClass
from quantriet.classes.vocab import ClassState
from quantriet.kit import text
from quantriet.kit.db import reread
from quantriet.kit.refusal import Refusal
from quantriet.kit.time import show_moment
from quantriet.org import access as org_access
from quantriet.org.models import Account, Unit
from quantriet.org.rules.secrecy import refuse_if_marked
from quantriet.org.vocab import Permission


def ask_reopening(study_class: StudyClass, *, reason: str, by: Account, at: dt.datetime) -> RollReopening:
    """Ask for marks of a closed class to be corrected; a second person decides.

    Refuses without a reason, when the campaign is no longer open, when the roll is open already or was asked for.
    Effects: a question that expired is ended, the new one waits, audit "roll.reopening_asked".
    """
    reason = text.squeeze(reason)
    if not reason:
        raise Refusal("roll.reason_missing", "Phải ghi lý do mở lại điểm danh.", field="reason")
    refuse_if_marked(reason, "lý do mở lại điểm danh")
    live = RollReopening.objects.filter(study_class=study_class)
    try:
        with transaction.atomic():
            unit = _refuse_unless_closed(study_class)
            live.filter(state=ReopeningState.ASKED, expires_at__lte=at).update(state=ReopeningState.EXPIRED)
            if live.filter(state=ReopeningState.OPEN).exists():
                raise Refusal("roll.open_already", "Điểm danh của lớp đang mở lại rồi.")
            asked = RollReopening.objects.create(
                study_class=study_class, reason=reason[:250], asked_at=at, asked_by=by, expires_at=at + REOPENING_WAITS
            )
            record("roll.reopening_asked", by=by, at=at, thing=study_class, unit=unit, after={"reason": reason})
    except IntegrityError:  # the database keeps one live question a class, also when two ask at once
        raise Refusal(
            "roll.asked_already", "Đã có đề nghị mở lại điểm danh của lớp này, đang chờ người thứ hai."
        ) from None
    return asked


def decide_reopening(
    asked: RollReopening, *, is_granted: bool, note: str, by: Account, at: dt.datetime
) -> RollReopening:
    """Decide as the second person whether a closed roll is opened again; corrections are taken for three days.

    Refuses the one who asked, whoever lacks the right in the class's unit, what was decided or has expired, a refusal without
    a word why, and when the campaign has been closed since.
    Effects: state, who and when; audit "roll.reopened" or "roll.reopening_refused", naming both.
    """
    note = text.squeeze(note)
    refuse_if_marked(note, "ý kiến")
    with transaction.atomic():
        reread(asked)
        study_class = asked.study_class
        if asked.asked_by_id == by.pk:
            raise Refusal("reopening.same_person", "Người đề nghị không tự quyết định; phải do người thứ hai có quyền.")
        if not org_access.may(by, Permission.ROLL_UNLOCK, study_class.unit):
            raise Refusal("reopening.no_right", "Tài khoản này không có quyền quyết định mở lại điểm danh của lớp.")
        if asked.state != ReopeningState.ASKED:
            raise Refusal("reopening.decided", "Đề nghị này đã được quyết định rồi; hãy tải lại trang.")
        if at >= asked.expires_at:
            raise Refusal(
                "reopening.expired",
                f"Đề nghị này hết hạn lúc {show_moment(asked.expires_at)}; nếu vẫn cần thì đề nghị lại.",
            )
        if not is_granted and not note:
            raise Refusal("reopening.note_missing", "Không đồng ý thì phải ghi vì sao.", field="note")
        unit = _refuse_unless_closed(study_class)
        asked.state = ReopeningState.OPEN if is_granted else ReopeningState.REFUSED
        asked.decided_at, asked.decided_by, asked.decision_note = at, by, note[:250]
        if is_granted:
            asked.expires_at = at + REOPENING_LASTS
        asked.save(update_fields=["state", "decided_at", "decided_by", "decision_note", "expires_at"])
        record(
            "roll.reopened" if is_granted else "roll.reopening_refused",
            by=by, at=at, thing=study_class, unit=unit,
            after={"reason": asked.reason, "asked_by": str(asked.asked_by), "note": note},
        )  # fmt: skip
    return asked


def _refuse_unless_closed(study_class: StudyClass) -> Unit:
    frame = whole_class(study_class)
    if frame.state != ClassState.CLOSED:
        raise Refusal("roll.not_closed", "Lớp chưa chốt điểm danh nên không cần mở lại.")
    if frame.campaign.state != CampaignState.OPEN:
        raise Refusal("roll.campaign_over", "Đợt học tập đã khép nên không mở lại điểm danh được nữa.")
    return frame.unit
