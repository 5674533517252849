"""Closing a roll: what was undecided is decided, everybody who still owes is in a catch-up chain."""

from __future__ import annotations

import datetime as dt
from collections import Counter

from django.db import transaction

from quantriet.attendance.actions.catch_ups import follow_absentees
from quantriet.attendance.actions.verdicts import ClassFrame, Outcome, frames_of, judge
from quantriet.attendance.models import AbsenceProposal, RollReopening
from quantriet.attendance.rules.closing import too_early
from quantriet.attendance.vocab import OWING_VERDICTS, Closing, ProposalState, ReopeningState, Verdict
from quantriet.audit.actions import record
from quantriet.campaigns import actions as campaign_actions
from quantriet.campaigns.vocab import ATTEND, CampaignState
from quantriet.classes import actions as class_actions
from quantriet.classes.models import StudyClass
from quantriet.classes.vocab import ClassState
from quantriet.kit.refusal import Refusal
from quantriet.org.models import Account, Unit


def close_roll(study_class: StudyClass, *, by: Account | None, at: dt.datetime) -> Closing:
    """Close the roll and the class: whoever has no mark in a session missed it.

    Refuses a class that is not released, without sessions, before its last session ended, or in a campaign not open: a class
    that ended earlier has its hours corrected first, so that nobody is judged by minutes that were not held.
    Effects in one transaction: records and verdicts of everybody, duties settled, units reported, a catch-up opened for
    each who still owes and closed for each who does not, audit "roll.closed", the class closed.
    Basis: R-067, R-072, B-02.
    """
    with transaction.atomic():
        frame = whole_class(study_class)
        if frame.state == ClassState.CLOSED:
            raise Refusal("roll.closed", "Lớp đã chốt điểm danh.")
        if frame.state != ClassState.RELEASED:
            raise Refusal("roll.not_released", "Lớp chưa chốt danh sách hoặc đã hủy nên không chốt điểm danh được.")
        _refuse_ended(frame)
        if not frame.sessions:
            raise Refusal("roll.no_session", "Lớp chưa có buổi học nào nên không chốt điểm danh được.")
        why = too_early(((frame.session_titles[key], time.end) for key, time in frame.sessions.items()), at)
        if why:
            raise Refusal("roll.too_early", why)
        outcomes = judge(frame, by=by, at=at, is_closed=True)
        opened = follow_absentees(frame, outcomes, by=by, at=at)
        # A guest says nothing of what the people of their cell owe.
        units = Unit.objects.filter(pk__in={entry.unit_id for entry in frame.entries.values() if entry.duty_id})
        campaign_actions.mark_reported(frame.campaign, ATTEND, list(units), at=at)
        closing = _count(frame, outcomes, opened, at)
        record(
            "roll.closed", by=by, at=at, thing=study_class, unit=frame.unit,
            after={"present": closing.present, "retake": closing.retake, "excused": closing.excused,
                   "absent": closing.absent, "catch_ups": opened},
        )  # fmt: skip
        class_actions.close_class(study_class, by=by, at=at)
    return closing


def reclose_roll(study_class: StudyClass, *, by: Account, at: dt.datetime) -> Closing:
    """Close a reopened roll again; everybody's verdict is recomputed and the catch-up list follows."""
    with transaction.atomic():
        frame = whole_class(study_class)
        _refuse_ended(frame)
        open_now = RollReopening.objects.filter(study_class=study_class, state=ReopeningState.OPEN)
        changed = open_now.update(state=ReopeningState.CLOSED, closed_at=at)
        if not changed:
            raise Refusal("roll.closed", "Lớp đã chốt điểm danh.")
        outcomes = judge(frame, by=by, at=at, is_closed=True)
        opened = follow_absentees(frame, outcomes, by=by, at=at)
        closing = _count(frame, outcomes, opened, at)
        record(
            "roll.closed", by=by, at=at, thing=study_class, unit=frame.unit,
            after={"present": closing.present, "owing": closing.owing, "catch_ups": opened},
        )  # fmt: skip
    return closing


def recompute_class(study_class: StudyClass, *, by: Account | None, at: dt.datetime) -> list[Outcome]:
    """Recompute everybody's minutes and verdict from the facts, after a change of the timetable, the rulebook or the audience.

    A campaign that is over keeps the results it was closed with.
    """
    with transaction.atomic():
        frame = whole_class(study_class)
        if frame.campaign.state != CampaignState.OPEN:
            return []
        is_closed = frame.state == ClassState.CLOSED
        outcomes = judge(frame, by=by, at=at, is_closed=is_closed)
        if is_closed:
            follow_absentees(frame, outcomes, by=by, at=at)
        record("roll.recomputed", by=by, at=at, thing=study_class, unit=frame.unit, after={"people": len(outcomes)})
    return outcomes


def _refuse_ended(frame: ClassFrame) -> None:
    if frame.campaign.state != CampaignState.OPEN:
        raise Refusal("campaign.not_open", "Đợt học tập chưa mở hoặc đã khép nên không ghi được kết quả.")


def whole_class(study_class: StudyClass) -> ClassFrame:
    frames = frames_of(class_id=study_class.pk)
    if not frames:
        raise Refusal("roll.empty", "Danh sách lớp chưa có ai.")
    return frames[0]


def _count(frame: ClassFrame, outcomes: list[Outcome], catch_ups: int, at: dt.datetime) -> Closing:
    verdicts = Counter(outcome.decision.verdict for outcome in outcomes)
    assert set(verdicts) <= {Verdict.PRESENT, Verdict.UNDECIDED, *OWING_VERDICTS}
    return Closing(
        present=verdicts[Verdict.PRESENT],
        retake=verdicts[Verdict.RETAKE],
        excused=verdicts[Verdict.EXCUSED],
        absent=verdicts[Verdict.ABSENT],
        catch_ups=catch_ups,
        proposals=AbsenceProposal.objects.filter(
            entry__study_class=frame.class_id, state=ProposalState.OPEN, proposed_at=at
        ).count(),
    )
