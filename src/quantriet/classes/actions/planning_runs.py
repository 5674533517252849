"""Timetables: the computation in the background; started, stopped, kept on the way, told with its reasons."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Any

from quantriet.audit.actions import record
from quantriet.classes import queries
from quantriet.classes.actions.planning import OPEN_STATES, plan_in, recount
from quantriet.classes.models import (
    TimetableClass,
    TimetablePlan,
    TimetableShare,
)
from quantriet.classes.rules import planning
from quantriet.classes.vocab import (
    PlanDemandKind,
    TimetableState,
)
from quantriet.kit.db import named_lock
from quantriet.kit.jobs import enqueue
from quantriet.kit.numbers import show_number
from quantriet.kit.refusal import Refusal, Refusals
from quantriet.kit.time import now
from quantriet.org.models import Account

COMPUTE_JOB = "quantriet.classes.jobs.compute_timetable_job"
# One worker does all background work of a small installation: nothing holds it up for longer than this, twice.
MOST_SECONDS = 180
# So many choices of where a cell may go, and of who speaks where, are taken at once: some multiple of what the bench
# `timetable-large` computes, so that no input makes a model without bound.
MOST_CHOICES, MOST_SPEAKER_CHOICES = 1_500_000, 150_000
_TELL = 2.0  # seconds between two notes of how far the computation is
_KEEP = 6.0  # and between two plans that are kept on the way


def start_timetable(plan: TimetablePlan, *, by: Account | None, at: datetime, keep: bool = False) -> TimetablePlan:
    """Have the plan computed in the background; with `keep` the fewest people move from where they are now.

    Refuses without sessions, halls or, where each class needs one, reporters, all reasons at once.
    """
    with plan_in(plan, *OPEN_STATES):
        reasons = []
        if not plan.sessions.exists():
            reasons.append(Refusal("timetable.no_session", "Chưa có buổi nào; hãy thêm các ngày học."))
        if not plan.halls.exists():
            reasons.append(Refusal("timetable.no_hall", "Chưa có hội trường nào."))
        if not plan.reporters.exists() and plan.demands.filter(kind=PlanDemandKind.SPEAKER).exists():
            reasons.append(Refusal("timetable.no_reporter", planning.NO_REPORTER))
        if not reasons and (large := _too_large(plan)):
            reasons.append(large)
        if not recount(plan):
            reasons.append(Refusal("timetable.nobody", "Không còn ai chờ xếp lớp, nên chưa có gì để xếp."))
        if reasons:
            raise Refusals(reasons)
        keep = keep and plan.classes.exists()
        plan.state, plan.keeps, plan.run = TimetableState.COMPUTING, keep, plan.run + 1
        plan.began_at, plan.told_at = at, at
        plan.cost = plan.bound = plan.moved = plan.least_moved = None
        plan.outcome, plan.collisions = "", []
        plan.before = _as_json(queries.load_timetable(plan).present) if keep else {}
        plan.save(
            update_fields=[
                "state", "keeps", "run", "began_at", "told_at", "cost", "bound", "moved", "least_moved", "outcome",
                "collisions", "before",
            ]
        )  # fmt: skip
        record("timetable.started", by=by, at=at, thing=plan, unit=plan.unit, after={"keep": keep})
        enqueue(COMPUTE_JOB, plan.pk, plan.run)
    return plan


def _too_large(plan: TimetablePlan) -> Refusal | None:
    """Why a plan is more than a machine may be given at once."""
    classes = plan.sessions.count() * plan.halls.count()
    places, reporters = plan.cells.count(), plan.reporters.count()
    if places * classes <= MOST_CHOICES and reporters * classes <= MOST_SPEAKER_CHOICES:
        return None
    return Refusal(
        "timetable.too_large",
        f"{show_number(places)} chi bộ, {show_number(reporters)} báo cáo viên với {show_number(classes)} lớp có thể mở là quá lớn "
        "để xếp một lần; hãy bớt buổi hoặc hội trường, hoặc chia thành hai lịch.",
    )


def stop_timetable(plan: TimetablePlan, *, by: Account | None, at: datetime) -> TimetablePlan:
    """End a computation with what it has found so far."""
    with plan_in(plan, TimetableState.COMPUTING):
        has_plan = plan.classes.exists()
        plan.state = TimetableState.READY if has_plan else TimetableState.DRAFT
        plan.run += 1
        plan.outcome = (
            "Đã dừng theo yêu cầu; giữ lịch tốt nhất tìm được đến lúc dừng." if has_plan else "Đã dừng, chưa có lịch."
        )
        plan.save(update_fields=["state", "run", "outcome"])
        record("timetable.stopped", by=by, at=at, thing=plan, unit=plan.unit)
    return plan


def compute_timetable(plan_id: int, run: int) -> None:
    """Compute a plan; called by the job, outside any transaction, and again from where it stood if its worker was lost.

    A run that was stopped or overtaken ends without a word. Effects: classes and counts of the plan, now and then on the
    way and at its end; or the demands that collide; audit "timetable.computed".
    """
    plan = TimetablePlan.objects.select_related("campaign", "unit").filter(pk=plan_id).first()
    if plan is None or plan.run != run or plan.state != TimetableState.COMPUTING:
        return
    try:
        _compute(plan, run)
    except Exception:
        # Nobody is left before a page that says “computing” for ever; the job is listed among those that failed.
        state = TimetableState.READY if plan.classes.exists() else TimetableState.DRAFT
        _running(plan_id, run).update(
            state=state,
            told_at=now(),
            outcome="Máy gặp lỗi khi xếp lịch nên đã dừng. Hãy báo người quản trị rồi xếp lại.",
        )
        raise


def _compute(plan: TimetablePlan, run: int) -> None:
    plan_id = plan.pk
    loaded = queries.load_timetable(plan)
    previous = _from_json(plan.before, loaded.problem) if plan.keeps else None
    began, told, kept = time.monotonic(), 0.0, 0.0

    def tell(progress: planning.Progress) -> bool:
        nonlocal told, kept
        at = time.monotonic() - began
        if told and at - told < _TELL:
            return True
        told = at
        if progress.plan is not None and (not kept or at - kept >= _KEEP):
            kept = at
            return _write(plan, run, loaded.problem, progress.plan, cost=progress.cost, bound=progress.bound)
        return bool(_running(plan_id, run).update(told_at=now(), cost=progress.cost or None, bound=progress.bound))

    answer = planning.solve(
        loaded.problem, seconds=min(plan.seconds, MOST_SECONDS), previous=previous, start=loaded.present, tell=tell
    )
    if answer.plan is not None:
        said = f"Xếp đủ {show_number(loaded.problem.people)} người vào {show_number(len(answer.plan.filled()))} lớp."
        if previous is not None:
            said += f" Chuyển {show_number(answer.moved)} người so với lịch trước; không lịch nào chuyển ít hơn {show_number(answer.least_moved)} người."
        _write(
            plan, run, loaded.problem, answer.plan, cost=answer.cost, bound=answer.bound, state=TimetableState.READY, outcome=said,
            moved=answer.moved if previous is not None else None,
            least_moved=answer.least_moved if previous is not None else None,
        )  # fmt: skip
        return
    if not _running(plan_id, run).exists():
        return
    found = planning.find_collision(
        loaded.problem, seconds=float(min(plan.seconds, MOST_SECONDS)), going_on=_running(plan_id, run).exists
    )
    if found is not None:
        outcome = found.sentence
        lines = planning.told(loaded.problem, found.demands)
        if not found.is_smallest:
            lines.append("Hết giờ trước khi xét hết: có thể còn bớt được yêu cầu khỏi nhóm này.")
    else:
        outcome, lines = (
            f"Sau {show_number(plan.seconds)} giây chưa tìm được lịch mà cũng chưa chứng minh được là không có; "
            "hãy cho thêm thời gian hoặc nới bớt yêu cầu.",
            [],
        )
    with named_lock(f"timetable:{plan_id}"):
        state = TimetableState.READY if plan.classes.exists() else TimetableState.DRAFT
        if _running(plan_id, run).update(
            state=state, outcome=outcome[:400], collisions=lines, cost=None, bound=None, told_at=now()
        ):
            record("timetable.computed", by=None, at=now(), thing=plan, unit=plan.unit, after={"outcome": outcome})


def _running(plan_id: int, run: int) -> Any:
    return TimetablePlan.objects.filter(pk=plan_id, run=run, state=TimetableState.COMPUTING)


def _write(plan: TimetablePlan, run: int, problem: planning.Problem, found: planning.Plan, **told: Any) -> bool:
    """Keep a found plan, if its run still counts; a class of the same session and hall stays the same row."""
    with named_lock(f"timetable:{plan.pk}"):
        if not _running(plan.pk, run).update(told_at=now(), **told):
            return False
        places = sorted(found.filled())
        known = {(one.session_id, one.hall_id): one for one in plan.classes.all()}
        gone = [one.pk for place, one in known.items() if place not in found.filled()]
        TimetableShare.objects.filter(timetable_class__plan=plan).delete()
        TimetableClass.objects.filter(pk__in=gone).delete()
        changed = [
            one for place, one in known.items() if one.pk not in gone and one.reporter_id != found.speakers.get(place)
        ]
        for one in changed:
            one.reporter_id = found.speakers.get((one.session_id, one.hall_id))
        TimetableClass.objects.bulk_update(changed, ["reporter"], batch_size=500)
        TimetableClass.objects.bulk_create(
            [
                TimetableClass(plan=plan, session_id=place[0], hall_id=place[1], reporter_id=found.speakers.get(place))
                for place in places
                if place not in known
            ],
            batch_size=500,
        )
        keys = {(session, hall): pk for pk, session, hall in plan.classes.values_list("pk", "session_id", "hall_id")}
        TimetableShare.objects.bulk_create(
            [
                TimetableShare(
                    timetable_class_id=keys[slot, hall], count=count,
                    cell_id=problem.group_of[group].office, person_id=None if group > 0 else -group,
                )
                for (group, slot, hall), count in sorted(found.seats.items())
            ],
            batch_size=500,
        )  # fmt: skip
        if told.get("state") == TimetableState.READY:
            record(
                "timetable.computed", by=None, at=now(), thing=plan, unit=plan.unit,
                after={"outcome": told.get("outcome", ""), "cost": told.get("cost"), "bound": told.get("bound")},
            )  # fmt: skip
    return True


def _as_json(plan: planning.Plan) -> dict[str, Any]:
    return {
        "seats": [[*seat, count] for seat, count in sorted(plan.seats.items())],
        "speakers": [[*place, speaker] for place, speaker in sorted(plan.speakers.items())],
    }


def _from_json(kept: dict[str, Any], problem: planning.Problem) -> planning.Plan:
    """The plan a run started from; what has gone meanwhile is left out, for nobody can be kept there."""
    seats = {
        (group, slot, hall): count
        for group, slot, hall, count in kept.get("seats", ())
        if group in problem.group_of and slot in problem.slot_of and hall in problem.hall_of
    }
    speakers = {
        (slot, hall): speaker
        for slot, hall, speaker in kept.get("speakers", ())
        if slot in problem.slot_of and hall in problem.hall_of
    }
    return planning.Plan(seats, speakers)
