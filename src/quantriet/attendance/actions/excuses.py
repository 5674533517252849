"""Reasons for absence: asked with a paper, decided by who may; excused is not exempt, the study is still owed (R-066)."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

from django.core.files import File
from django.db import transaction

from quantriet.attendance.actions.catch_ups import follow_absentees
from quantriet.attendance.actions.verdicts import ClassFrame, frames_of, judge
from quantriet.attendance.models import CatchUp, ExcusedAbsence, ProxyEntry, ReplyForm
from quantriet.attendance.vocab import ExcuseState, ProxyKind
from quantriet.audit.actions import record
from quantriet.campaigns.vocab import CampaignState
from quantriet.classes.models import ClassSession, RosterEntry
from quantriet.classes.vocab import ClassState
from quantriet.kit import text
from quantriet.kit.refusal import Refusal
from quantriet.org import access as org_access
from quantriet.org.models import Account, Person, Unit
from quantriet.org.rules.secrecy import refuse_if_marked
from quantriet.org.vocab import Role


def ask_excuse(
    entry: RosterEntry,
    *,
    session: ClassSession | None,
    reason: str,
    paper: File[Any] | None = None,
    form: ReplyForm | None = None,
    by: Account,
    at: dt.datetime,
) -> ExcusedAbsence:
    """Ask for an excused absence from one session or, without one, from the whole class.

    Asked by somebody else than the person it is marked as entered for them, and shown to them (P-08). The paper must have passed `org.rules.paper.check`. Refuses without a reason, marked text (B-18), a session of another
    class, a cancelled class, and a second asking while one waits or holds.
    """
    reason = text.squeeze(reason)
    if not reason:
        raise Refusal("excuse.reason_missing", "Phải ghi lý do xin vắng.", field="reason")
    refuse_if_marked(reason, "lý do xin vắng")
    if session is not None and session.study_class_id != entry.study_class_id:
        raise Refusal("excuse.wrong_session", "Buổi học này không thuộc lớp.", field="session")
    if entry.study_class.state == ClassState.CANCELLED:
        raise Refusal("excuse.class_cancelled", "Lớp đã hủy nên không cần xin vắng.")
    with transaction.atomic():
        frames_of([entry.pk])  # one writer of this class at a time
        live = ExcusedAbsence.objects.filter(entry=entry, session=session).exclude(state=ExcuseState.REFUSED)
        if live.exists():
            raise Refusal("excuse.asked_already", "Lần xin vắng này đã được ghi; hãy mở ra xem.", field="session")
        excuse = ExcusedAbsence(entry=entry, session=session, reason=reason[:250], asked_at=at, asked_by=by)
        if paper is not None:
            name = text.squeeze(Path(paper.name or "").name)[-200:]
            refuse_if_marked(name, "tên tệp")
            excuse.paper_name = name
            excuse.paper.save(f"{entry.pk}{Path(name).suffix.lower()}", paper, save=False)
        excuse.save(force_insert=True)
        record(
            "excuse.asked", by=by, at=at, thing=entry.person, unit=entry.study_class.unit, person_id=entry.person_id,
            after={"class": entry.study_class.title, "session": session, "reason": reason, "paper": excuse.paper_name},
        )  # fmt: skip
        note_proxy(
            entry.person, ProxyKind.EXCUSE, f"Xin vắng “{entry.study_class.title}”: {reason}", unit=entry.unit,
            excuse=excuse, form=form, by=by, at=at,
        )  # fmt: skip
    return excuse


def note_proxy(
    person: Person, kind: ProxyKind, words: str, *, unit: Unit, excuse: ExcusedAbsence | None = None,
    link: CatchUp | None = None, form: ReplyForm | None = None, by: Account, at: dt.datetime,
) -> ProxyEntry | None:  # fmt: skip
    """Mark what somebody entered for another person, with the part they had; None for one's own doing (P-08)."""
    if by.person_id == person.pk:
        return None
    is_secretary = any(
        grant.role == Role.CELL_SECRETARY and unit.path.startswith(grant.unit_path)
        for grant in org_access.grants_of(by)
    )
    entry = ProxyEntry.objects.create(
        person=person, kind=kind, words=words[:400], excuse=excuse, link=link, form=form, at=at, by=by,
        role="bí thư chi bộ nhập thay" if is_secretary else "cán bộ nhập thay",
    )  # fmt: skip
    record(
        "proxy.entered", by=by, at=at, thing=person, unit=unit, person_id=person.pk,
        after={"kind": kind.value, "words": words, "role": entry.role},
    )  # fmt: skip
    return entry


def decide_excuse(
    excuse: ExcusedAbsence, *, is_approved: bool, note: str = "", by: Account, at: dt.datetime
) -> ExcusedAbsence:
    """Approve or refuse an excuse; the person's verdict follows at once.

    Refuses a second decision, a refusal without a reason, and a campaign that is closed. Approved is not exempt: the
    duty stays owed, and once the roll is closed the person is in a catch-up chain. Before the session begins the
    approval says nothing about the duty and reports nothing.
    """
    note = text.squeeze(note)
    if not is_approved and not note:
        raise Refusal("excuse.note_missing", "Không duyệt thì phải ghi vì sao.", field="note")
    refuse_if_marked(note, "ý kiến duyệt")
    with transaction.atomic():
        frame = frames_of([excuse.entry_id])[0]
        if frame.campaign.state not in (CampaignState.OPEN, CampaignState.DRAFT):
            raise Refusal("campaign.not_open", "Đợt học tập đã khép nên không đổi được kết quả.")
        state = ExcuseState.APPROVED if is_approved else ExcuseState.REFUSED
        changed = ExcusedAbsence.objects.filter(pk=excuse.pk, state=ExcuseState.ASKED).update(
            state=state, decided_at=at, decided_by=by, decision_note=note[:250]
        )
        if not changed:
            raise Refusal("excuse.decided_already", "Lần xin vắng này đã có ý kiến duyệt.")
        excuse.refresh_from_db()
        record(
            "excuse.approved" if is_approved else "excuse.refused",
            by=by, at=at, thing=excuse.entry.person, unit=frame.unit, person_id=excuse.entry.person_id,
            after={"class": frame.title, "note": note},
        )  # fmt: skip
        if is_approved:
            _judge_again(frame, by=by, at=at)
    return excuse


def take_back_approval(excuse: ExcusedAbsence, *, reason: str, by: Account, at: dt.datetime) -> ExcusedAbsence:
    """Take back an approval given in error; the absence is judged without it from now on.

    Refuses without a reason, an excuse that is not approved, and a campaign that is closed. The excuse stays, as not
    approved, with the reason; the log keeps both decisions. Another one may be asked for.
    """
    reason = text.squeeze(reason)
    if not reason:
        raise Refusal("excuse.reason_missing", "Thu hồi ý kiến duyệt thì phải ghi lý do.", field="reason")
    refuse_if_marked(reason, "lý do thu hồi")
    with transaction.atomic():
        frame = frames_of([excuse.entry_id])[0]
        if frame.campaign.state not in (CampaignState.OPEN, CampaignState.DRAFT):
            raise Refusal("campaign.not_open", "Đợt học tập đã khép nên không đổi được kết quả.")
        before = ExcusedAbsence.objects.filter(pk=excuse.pk).values("decided_at", "decision_note").get()
        if not ExcusedAbsence.objects.filter(pk=excuse.pk, state=ExcuseState.APPROVED).update(
            state=ExcuseState.REFUSED, decided_at=at, decided_by=by, decision_note=reason[:250]
        ):
            raise Refusal("excuse.not_approved", "Lần xin vắng này chưa được duyệt nên không có gì để thu hồi.")
        excuse.refresh_from_db()
        record(
            "excuse.taken_back", by=by, at=at, thing=excuse.entry.person, unit=frame.unit,
            person_id=excuse.entry.person_id, before={"at": before["decided_at"], "note": before["decision_note"]},
            after={"class": frame.title, "reason": reason},
        )  # fmt: skip
        _judge_again(frame, by=by, at=at)
    return excuse


def _judge_again(frame: ClassFrame, *, by: Account, at: dt.datetime) -> None:
    if frame.campaign.state != CampaignState.OPEN or frame.state not in (ClassState.RELEASED, ClassState.CLOSED):
        return
    is_closed = frame.state == ClassState.CLOSED
    outcomes = judge(frame, by=by, at=at, is_closed=is_closed)
    if is_closed:
        follow_absentees(frame, outcomes, by=by, at=at)
