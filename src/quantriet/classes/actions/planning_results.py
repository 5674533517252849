"""Timetables: a plan changed by hand, and the classes that come of it."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime

from django.db import IntegrityError

from quantriet.audit.actions import record
from quantriet.classes import queries
from quantriet.classes.actions.campaign_wide import cancel_classes
from quantriet.classes.actions.lifecycle import add_class
from quantriet.classes.actions.parts import give_role
from quantriet.classes.actions.planning import plan_in, recount
from quantriet.classes.actions.programme import add_session
from quantriet.classes.actions.roster import call_people
from quantriet.classes.models import (
    RosterEntry,
    TimetableClass,
    TimetableHall,
    TimetablePlan,
    TimetableReporter,
    TimetableSession,
    TimetableShare,
)
from quantriet.classes.vocab import (
    ClassRoleKind,
    ClassState,
    RosterOrigin,
    TimetableState,
)
from quantriet.kit import text
from quantriet.kit.numbers import show_number
from quantriet.kit.refusal import Refusal, Refusals
from quantriet.org.models import Account, Person
from quantriet.org.rules.secrecy import refuse_if_marked

# --- by hand ----------------------------------------------------------------------------------------------------------


def move_people(
    share: TimetableShare,
    *,
    by: Account | None,
    at: datetime,
    count: int,
    session: TimetableSession,
    hall: TimetableHall,
) -> TimetableClass:
    """Move so many of a cell from one class of the plan to another session or hall.

    What the plan then breaks is shown, not refused: a hand may know more than the demands; confirming refuses it. Refuses
    more people than are there. Effects: both counts, a class that nobody is left in goes, audit "timetable.moved".
    """
    plan = share.timetable_class.plan
    with plan_in(plan, TimetableState.READY):
        share = _still(share)
        start = share.timetable_class
        if not 1 <= count <= share.count:
            raise Refusal(
                "timetable.move_count", f"Ở lớp này chi bộ có {show_number(share.count)} người; hãy ghi từ 1 đến {show_number(share.count)}.", field="count"
            )  # fmt: skip
        if (start.session_id, start.hall_id) == (session.pk, hall.pk):
            raise Refusal("timetable.move_nowhere", "Hãy chọn buổi hoặc hội trường khác.", field="target")
        target, _is_new = TimetableClass.objects.get_or_create(plan=plan, session=session, hall=hall)
        own = target.shares.filter(cell_id=share.cell_id)
        there = next((one for one in own if one.person_id == share.person_id), None)
        if there is None:
            there = TimetableShare(timetable_class=target, cell_id=share.cell_id, person_id=share.person_id, count=0)
        there.count += count
        if there.pk is None:
            there.save(force_insert=True)
        else:
            there.save(update_fields=["count"])
        before = {"class": f"{start.hall.name}, {queries.session_words(start.session)}", "people": share.count}
        if share.count == count:
            share.delete()
        else:
            share.count -= count
            share.save(update_fields=["count"])
        if not start.shares.exists():
            start.delete()
        # What was computed no longer tells about this plan.
        TimetablePlan.objects.filter(pk=plan.pk).update(cost=None, bound=None)
        record(
            "timetable.moved", by=by, at=at, thing=plan, unit=plan.unit, person_id=share.person_id, before=before,
            after={"cell": share.cell.unit.name, "moved_people": count, "class": f"{hall.name}, {queries.session_words(session)}"},
        )  # fmt: skip
    return target


def _still(share: TimetableShare) -> TimetableShare:
    found = (
        TimetableShare.objects.filter(pk=share.pk)
        .select_related(
            "timetable_class__session", "timetable_class__hall", "timetable_class__plan__unit", "cell__unit"
        )
        .first()
    )
    if found is None:
        raise Refusal("row.gone", "Mục này vừa bị người khác đổi nên không ghi được; hãy tải lại trang.")
    return found


def give_reporter(
    row: TimetableClass, *, by: Account | None, at: datetime, reporter: TimetableReporter | None
) -> TimetableClass:
    """Give a class of the plan another reporter, or none; a clash is shown, not refused."""
    plan = row.plan
    with plan_in(plan, TimetableState.READY):
        row.reporter = reporter
        row.save(update_fields=["reporter"])
        record(
            "timetable.reporter_given", by=by, at=at, thing=plan, unit=plan.unit,
            person_id=reporter.person_id if reporter else None,
            after={
                "class": f"{row.hall.name}, {queries.session_words(row.session)}",
                "reporter": reporter.person.full_name if reporter else "",
            },
        )  # fmt: skip
    return row


# --- classes come of it -----------------------------------------------------------------------------------------------


def confirm_timetable(plan: TimetablePlan, *, by: Account | None, at: datetime) -> int:
    """Make the classes of a plan, as drafts: one for each session and hall, with its reporter and its people by name.

    All or none. Refuses in one sentence a plan whose people are not those who wait now, and, with all reasons, whatever it
    breaks: cells are counted once more.
    Whoever sat in an earlier class of the same session and hall sits there again. Effects: classes, sessions, parts and
    rosters through their own actions, audit "timetable.confirmed". Returns how many classes. Basis: R-043, R-051, R-052.
    """
    try:
        return _confirmed(plan, by=by, at=at)
    except IntegrityError:
        raise Refusal(
            "timetable.meanwhile", "Vừa có người được gọi vào lớp khác trong lúc lập lớp nên chưa ghi gì; hãy thử lại."
        ) from None


def _confirmed(plan: TimetablePlan, *, by: Account | None, at: datetime) -> int:
    left_out = 0
    with plan_in(plan, TimetableState.READY):
        if drifted := queries.plan_drift(plan):
            raise Refusal("timetable.drifted", drifted.sentence)
        recount(plan)
        loaded = queries.load_timetable(plan)
        if found := loaded.conflicts:
            raise Refusals([Refusal("timetable.conflict", one.sentence) for one in found])
        people = _people_by_class(loaded)
        for row in sorted(loaded.classes, key=lambda one: (one.session.starts_at, one.hall.name)):
            title = f"{plan.title} – {row.hall.name}, {queries.session_words(row.session)}"
            made = add_class(
                by=by, at=at, campaign=plan.campaign, unit=plan.unit, title=title[:250], tier=plan.tier,
                venue_name=row.hall.name, address=row.hall.address, capacity=row.hall.capacity,
            )  # fmt: skip
            add_session(
                made,
                by=by,
                at=at,
                title=row.session.title,
                starts_at=row.session.starts_at,
                ends_at=row.session.ends_at,
            )
            if row.reporter is not None:
                give_role(made, by=by, at=at, kind=ClassRoleKind.REPORTER, person=row.reporter.person)
            called = call_people(
                made, by=by, at=at, people=people[row.pk], reason=f"Lịch lớp “{plan.title}”",
                origin=RosterOrigin.AUDIENCE,
            )  # fmt: skip
            left_out += len(people[row.pk]) - called.added
            row.study_class = made
        TimetableClass.objects.bulk_update(loaded.classes, ["study_class"], batch_size=500)
        plan.state, plan.confirmed_at = TimetableState.CONFIRMED, at
        plan.outcome = (
            f"Đã lập {show_number(len(loaded.classes))} lớp, {show_number(loaded.problem.people - left_out)} người."
        )
        if left_out:
            plan.outcome += f" {show_number(left_out)} người vừa có lớp khác hoặc được miễn nên không gọi."
        plan.save(update_fields=["state", "confirmed_at", "outcome"])
        record(
            "timetable.confirmed", by=by, at=at, thing=plan, unit=plan.unit,
            after={"classes": len(loaded.classes), "people": loaded.problem.people},
        )  # fmt: skip
    return len(loaded.classes)


def _people_by_class(loaded: queries.Loaded) -> dict[int, list[Person]]:
    """Who goes into which class: those named, those who sat there before, then by name."""
    owing = queries.owing_in(loaded.plan).select_related("person").order_by("unit_id", "person__sort_key", "pk")
    waiting: dict[int, dict[int, Person]] = defaultdict(dict)
    for duty in owing:
        waiting[duty.unit_id][duty.person_id] = duty.person
    earlier = {one.study_class_id: one.pk for one in loaded.classes if one.study_class_id}
    sat = {
        person: earlier[class_id]
        for person, class_id in RosterEntry.objects.filter(study_class__in=list(earlier)).values_list(
            "person_id", "study_class_id"
        )
    }
    unit_of = {cell.pk: cell.unit_id for cell in loaded.cells}
    found: dict[int, list[Person]] = defaultdict(list)
    wanted: list[tuple[int, int, int]] = []
    for share in loaded.shares:
        pool = waiting[unit_of[share.cell_id]]
        if share.person_id is not None and share.person_id in pool:
            found[share.timetable_class_id].append(pool.pop(share.person_id))
        else:
            wanted.append((share.timetable_class_id, unit_of[share.cell_id], share.count))
    short: list[tuple[int, int, int]] = []
    for class_id, unit_id, count in wanted:
        pool = waiting[unit_id]
        back = [key for key in pool if sat.get(key) == class_id][:count]
        found[class_id] += [pool.pop(key) for key in back]
        short.append((class_id, unit_id, count - len(back)))
    when = {one.pk: (one.session.starts_at, one.hall_id) for one in loaded.classes}
    for class_id, unit_id, count in sorted(short, key=lambda one: when[one[0]]):
        pool = waiting[unit_id]
        found[class_id] += [pool.pop(key) for key in list(pool)[:count]]
    return found


def reopen_timetable(plan: TimetablePlan, *, by: Account | None, at: datetime, reason: str) -> int:
    """Take a confirmed plan back, so that it may be changed and computed anew with the fewest moves.

    Its classes are cancelled. Refuses once one of them is released or held: those are changed one by one. Returns how many.
    """
    refuse_if_marked(reason, "lý do")
    if not text.squeeze(reason):
        raise Refusal("timetable.reason_missing", "Hãy ghi lý do mở lại.", field="reason")
    with plan_in(plan, TimetableState.CONFIRMED):
        rows = list(plan.classes.select_related("study_class").filter(study_class__isnull=False))
        fixed = [
            row.study_class.title
            for row in rows
            if row.study_class and row.study_class.state in (ClassState.RELEASED, ClassState.CLOSED)
        ]
        if fixed:
            raise Refusal(
                "timetable.class_released",
                f"{show_number(len(fixed))} lớp của lịch này đã chốt (như “{fixed[0]}”); hãy mở lại các lớp đó trước, hoặc sửa ngay trong lớp.",
            )
        only = [row.study_class.pk for row in rows if row.study_class and row.study_class.state == ClassState.DRAFT]
        count = cancel_classes(plan.campaign, only=only, by=by, at=at, reason=reason)
        plan.state, plan.confirmed_at = TimetableState.READY, None
        plan.outcome = f"Đã mở lại, {show_number(count)} lớp nháp đã hủy."
        plan.save(update_fields=["state", "confirmed_at", "outcome"])
        record(
            "timetable.reopened", by=by, at=at, thing=plan, unit=plan.unit, after={"cancelled": count, "reason": reason}
        )
    return count
