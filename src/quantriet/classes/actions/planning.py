"""Timetables: what goes into one, its computation, hand edits, and the classes that come of it."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from datetime import time as clock_time
from typing import Any

from django.db import IntegrityError, transaction

from quantriet.audit.actions import changes, record
from quantriet.campaigns.models import StudyCampaign
from quantriet.campaigns.vocab import CampaignState
from quantriet.classes import queries
from quantriet.classes.actions.campaign_wide import cancel_classes
from quantriet.classes.actions.lifecycle import add_class
from quantriet.classes.actions.parts import give_role
from quantriet.classes.actions.programme import add_session
from quantriet.classes.actions.roster import call_people
from quantriet.classes.models import (
    RosterEntry,
    TimetableCell,
    TimetableClass,
    TimetableDemand,
    TimetableHall,
    TimetablePlan,
    TimetableReporter,
    TimetableSession,
    TimetableShare,
)
from quantriet.classes.rules import planning, timetable
from quantriet.classes.vocab import (
    WRITTEN_DEMANDS,
    ClassRoleKind,
    ClassState,
    PlanDemandKind,
    RosterOrigin,
    TimetableState,
)
from quantriet.kit import text
from quantriet.kit.db import named_lock
from quantriet.kit.jobs import enqueue
from quantriet.kit.numbers import show_number
from quantriet.kit.refusal import Refusal, Refusals
from quantriet.kit.time import at_local, now, show_day
from quantriet.library.vocab import ContentTier
from quantriet.org.models import Account, Person, Unit
from quantriet.org.rules.secrecy import refuse_if_marked

COMPUTE_JOB = "quantriet.classes.jobs.compute_timetable_job"
# One worker does all background work of a small installation: nothing holds it up for longer than this, twice.
MOST_SECONDS = 180
MOST_SESSIONS = 120
# So many choices of where a cell may go, and of who speaks where, are proved to fit into memory and time (bench timetable-large).
MOST_CHOICES, MOST_SPEAKER_CHOICES = 1_500_000, 150_000
_TELL = 2.0  # seconds between two notes of how far the computation is
_KEEP = 6.0  # and between two plans that are kept on the way
_OPEN = (TimetableState.DRAFT, TimetableState.READY)


@contextmanager
def _plan_in(plan: TimetablePlan, *states: TimetableState) -> Iterator[None]:
    """One writer of a timetable at a time, on its true state."""
    with named_lock(f"timetable:{plan.pk}"):
        plan.refresh_from_db()
        if plan.state not in states:
            sentences = {
                TimetableState.DRAFT: ("timetable.no_plan", "Lịch lớp chưa xếp xong nên chưa làm được việc này."),
                TimetableState.COMPUTING: ("timetable.computing", "Máy đang xếp lịch; hãy chờ xong hoặc bấm dừng."),
                TimetableState.READY: ("timetable.ready", "Lịch lớp chưa xác nhận nên chưa làm được việc này."),
                TimetableState.CONFIRMED: ("timetable.confirmed", "Lịch lớp đã xác nhận; hãy mở lại để sửa."),
            }
            raise Refusal(*sentences[TimetableState(plan.state)])
        yield


def _noted(plan: TimetablePlan, by: Account | None, at: datetime, after: dict[str, Any]) -> None:
    record("timetable.changed", by=by, at=at, thing=plan, unit=plan.unit, after=after)


# --- what goes in -----------------------------------------------------------------------------------------------------


def add_timetable(
    *,
    by: Account | None,
    at: datetime,
    campaign: StudyCampaign,
    unit: Unit,
    title: str,
    tier: str = ContentTier.GRASSROOTS,
    percent: int = 50,
    basis: str = "",
) -> TimetablePlan:
    """Begin a timetable with the usual demands: so many per cent on duty, reporters, leaders apart, two posts of one person.

    Refuses in a campaign that is over, for a unit outside it, and where nobody of this tier waits for a class.
    Effects: the plan, its cells as counted now, the demands, audit "timetable.added". Basis: R-043, R-052.
    """
    for value in (title, basis):
        refuse_if_marked(value, "lịch lớp")
    title = text.squeeze(title)
    if not title:
        raise Refusal("timetable.title_missing", "Lịch lớp phải có tên.", field="title")
    if campaign.state in (CampaignState.CLOSED, CampaignState.CANCELLED):
        raise Refusal(
            "class.campaign_over", f"Đợt “{campaign.name}” đã kết thúc nên không lập lớp mới được.", field="campaign"
        )
    if not campaign.unit.contains(unit):
        raise Refusal(
            "class.outside_campaign", f"{unit.name} không nằm trong phạm vi đợt “{campaign.name}”.", field="unit"
        )
    _refuse_percent(percent)
    with transaction.atomic():
        plan = TimetablePlan.objects.create(campaign=campaign, unit=unit, title=title, tier=tier, created_at=at)
        if not _recount(plan):
            raise Refusal(
                "timetable.nobody", "Không có ai thuộc đối tượng này đang chờ xếp lớp trong đợt, nên chưa có gì để xếp.", field="tier"
            )  # fmt: skip
        usual = [
            TimetableDemand(plan=plan, kind=PlanDemandKind.DUTY, amount=percent, basis=text.squeeze(basis)),
            *(
                TimetableDemand(plan=plan, kind=kind)
                for kind in (
                    PlanDemandKind.SPEAKER, PlanDemandKind.SPEAKER_WAY, PlanDemandKind.TWO_POSTS, PlanDemandKind.APART,
                )
            ),
        ]  # fmt: skip
        TimetableDemand.objects.bulk_create(usual)
        record(
            "timetable.added", by=by, at=at, thing=plan, unit=unit,
            after={"title": title, "campaign": campaign.name, "duty": percent},
        )  # fmt: skip
    return plan


def _refuse_percent(percent: int) -> None:
    if not 0 <= percent < 100:
        raise Refusal("timetable.percent", "Tỷ lệ trực từ 0 đến 99%.", field="percent")


def change_timetable(plan: TimetablePlan, *, by: Account | None, at: datetime, **new: Any) -> TimetablePlan:
    """Change title, seconds of search or the usual minutes between two places."""
    if "title" in new:
        refuse_if_marked(new["title"], "lịch lớp")
        new["title"] = text.squeeze(new["title"])
        if not new["title"]:
            raise Refusal("timetable.title_missing", "Lịch lớp phải có tên.", field="title")
    with _plan_in(plan, *_OPEN):
        before, after = changes(plan, new)
        if after:
            for name, value in after.items():
                setattr(plan, name, value)
            plan.save(update_fields=list(after))
            record("timetable.changed", by=by, at=at, thing=plan, unit=plan.unit, before=before, after=after)
    return plan


def remove_timetable(plan: TimetablePlan, *, by: Account | None, at: datetime) -> None:
    """Remove a timetable that was not confirmed, with everything in it."""
    with _plan_in(plan, *_OPEN):
        record("timetable.removed", by=by, at=at, thing=plan, unit=plan.unit, before={"title": plan.title})
        plan.delete()


def recount_cells(plan: TimetablePlan, *, by: Account | None, at: datetime) -> int:
    """Count anew who is to study in each cell; returns how many people that is."""
    with _plan_in(plan, *_OPEN):
        people = _recount(plan)
        _noted(plan, by, at, {"people": people})
    return people


def _recount(plan: TimetablePlan) -> int:
    """Bring the cells in step with the ledger. A cell of which nobody is to study any more stays with none, for its demands."""
    counted = queries.counted_cells(plan)
    known = {cell.unit_id: cell for cell in plan.cells.all()}
    changed = []
    for unit_id, cell in known.items():
        people, strength = counted.get(unit_id, (0, cell.strength))
        if (cell.people, cell.strength) != (people, strength):
            cell.people, cell.strength = people, strength
            changed.append(cell)
    TimetableCell.objects.bulk_update(changed, ["people", "strength"], batch_size=500)
    TimetableCell.objects.bulk_create(
        [
            TimetableCell(plan=plan, unit_id=unit_id, people=people, strength=strength)
            for unit_id, (people, strength) in sorted(counted.items())
            if unit_id not in known
        ],
        batch_size=500,
    )
    return sum(people for people, _strength in counted.values())


@dataclass(frozen=True)
class Half:
    """A session of each day: its name and its hours."""

    title: str
    starts: clock_time
    ends: clock_time


def add_plan_days(
    plan: TimetablePlan,
    *,
    by: Account | None,
    at: datetime,
    first: date,
    last: date,
    halves: Sequence[Half],
    weekdays: Sequence[int] = (0, 1, 2, 3, 4),
) -> int:
    """Add the same sessions on each chosen weekday of a period; what is there already stays. Returns how many are new.

    Refuses a period that ends before it begins, hours that no session may have, and more sessions than can be overseen.
    """
    if last < first:
        raise Refusal("timetable.days", "Ngày cuối phải không trước ngày đầu.", field="last")
    days = [first + timedelta(days=n) for n in range(min((last - first).days, 400) + 1)]
    days = [day for day in days if day.weekday() in weekdays]
    period = (plan.campaign.planned_from, plan.campaign.planned_to)
    made = [
        TimetableSession(plan=plan, title=text.squeeze(half.title), starts_at=at_local(day, half.starts), ends_at=at_local(day, half.ends))
        for day in days
        for half in halves
    ]  # fmt: skip
    if not made:
        raise Refusal("timetable.no_day", "Khoảng này không có ngày nào được chọn.", field="first")
    for one in made:
        try:
            timetable.check_session(one.starts_at, one.ends_at, others=(), period=period)
        except Refusal as refusal:
            refusal.field = {"starts_at": "first", "ends_at": "ends"}.get(refusal.field or "", refusal.field)
            raise
    with _plan_in(plan, *_OPEN):
        known = set(plan.sessions.values_list("starts_at", "ends_at"))
        new = [one for one in made if (one.starts_at, one.ends_at) not in known]
        if len(known) + len(new) > MOST_SESSIONS:
            raise Refusal(
                "timetable.too_many", f"Một lịch lớp có nhiều nhất {MOST_SESSIONS} buổi; hãy chọn khoảng ngắn hơn.", field="last"
            )  # fmt: skip
        TimetableSession.objects.bulk_create(new)
        if new:
            _noted(plan, by, at, {"sessions": len(new), "from": show_day(days[0]), "to": show_day(days[-1])})
    return len(new)


def add_plan_hall(
    plan: TimetablePlan,
    *,
    by: Account | None,
    at: datetime,
    name: str,
    capacity: int,
    place: str = "",
    address: str = "",
) -> TimetableHall:
    """Add a hall. Refuses a second one of the same name and one without seats."""
    for value in (name, place, address):
        refuse_if_marked(value, "hội trường")
    name = text.squeeze(name)
    if not name:
        raise Refusal("timetable.hall_name", "Hội trường phải có tên.", field="name")
    if capacity < 1:
        raise Refusal("timetable.hall_seats", "Hội trường phải có ít nhất một chỗ.", field="capacity")
    with _plan_in(plan, *_OPEN):
        try:
            with transaction.atomic():
                hall = TimetableHall.objects.create(
                    plan=plan, name=name, capacity=capacity, place=text.squeeze(place), address=text.squeeze(address)
                )
        except IntegrityError:
            raise Refusal("timetable.hall_twice", f"Đã có hội trường “{name}” trong lịch này.", field="name")
        _noted(plan, by, at, {"hall": name, "capacity": capacity})
    return hall


def add_plan_reporter(
    plan: TimetablePlan, *, by: Account | None, at: datetime, person: Person, most_classes: int | None = None
) -> TimetableReporter:
    """Add somebody who may speak; who is there already gets the new most number of classes."""
    with _plan_in(plan, *_OPEN):
        reporter, _is_new = TimetableReporter.objects.update_or_create(
            plan=plan, person=person, defaults={"most_classes": most_classes}
        )
        record(
            "timetable.changed", by=by, at=at, thing=plan, unit=plan.unit, person_id=person.pk,
            after={"reporter": person.full_name, "most_classes": most_classes},
        )  # fmt: skip
    return reporter


def place_cell(cell: TimetableCell, *, by: Account | None, at: datetime, place: str) -> TimetableCell:
    """Say where a cell sits, for the ways."""
    refuse_if_marked(place, "nơi")
    with _plan_in(cell.plan, *_OPEN):
        cell.place = text.squeeze(place)
        cell.save(update_fields=["place"])
        _noted(cell.plan, by, at, {"cell": cell.unit.name, "location": cell.place})
    return cell


_NEEDS: dict[PlanDemandKind, tuple[str, ...]] = {
    PlanDemandKind.DUTY: ("amount",),
    PlanDemandKind.OFF: ("cell", "day"),
    PlanDemandKind.WISH: ("cell", "day"),
    PlanDemandKind.TRAVEL: ("amount",),
    PlanDemandKind.WAY: ("place", "other_place", "amount"),
    PlanDemandKind.HALL_OFF: ("hall", "day"),
    PlanDemandKind.SPEAKER_OFF: ("reporter", "day"),
}
_MAY_NAME = {PlanDemandKind.DUTY: ("cell",), PlanDemandKind.TRAVEL: ("cell",)}
_MISSING = {
    "cell": "Hãy chọn chi bộ.", "hall": "Hãy chọn hội trường.", "reporter": "Hãy chọn báo cáo viên.", "day": "Hãy ghi ngày.",
    "amount": "Hãy ghi mức (%, hoặc phút).", "place": "Hãy ghi nơi thứ nhất.", "other_place": "Hãy ghi nơi thứ hai.",
}  # fmt: skip


def add_plan_demand(
    plan: TimetablePlan,
    *,
    by: Account | None,
    at: datetime,
    kind: str,
    cell: TimetableCell | None = None,
    hall: TimetableHall | None = None,
    reporter: TimetableReporter | None = None,
    day: date | None = None,
    amount: int | None = None,
    place: str = "",
    other_place: str = "",
    basis: str = "",
) -> TimetableDemand:
    """Write down one demand; the same one again replaces its amount and basis.

    Refuses a kind that follows from other data, what its kind needs and is missing, and a share on duty of 100 per cent.
    """
    for value in (place, other_place, basis):
        refuse_if_marked(value, "yêu cầu")
    known = PlanDemandKind(kind)
    if known not in WRITTEN_DEMANDS:
        raise Refusal("timetable.demand_kind", "Yêu cầu này có sẵn, không ghi thêm được.", field="kind")
    given: dict[str, Any] = {
        "cell": cell, "hall": hall, "reporter": reporter, "day": day, "amount": amount,
        "place": text.squeeze(place), "other_place": text.squeeze(other_place),
    }  # fmt: skip
    needed = _NEEDS.get(known, ())
    if missing := [name for name in needed if given[name] in (None, "")]:
        raise Refusals([Refusal("timetable.demand_missing", _MISSING[name], field=name) for name in missing])
    for name in given.keys() - set(needed) - set(_MAY_NAME.get(known, ())):
        given[name] = "" if name in ("place", "other_place") else None
    if known == PlanDemandKind.DUTY and not 0 <= (amount or 0) < 100:
        raise Refusal("timetable.percent", "Tỷ lệ trực từ 0 đến 99%.", field="amount")
    if known == PlanDemandKind.WAY and given["place"] == given["other_place"]:
        raise Refusal("timetable.one_place", "Hai nơi phải khác nhau.", field="other_place")
    with _plan_in(plan, *_OPEN):
        amount = given.pop("amount")
        same = plan.demands.filter(kind=known, **given).first()
        if same is None and known == PlanDemandKind.WAY:
            turned = {**given, "place": given["other_place"], "other_place": given["place"]}
            same = plan.demands.filter(kind=known, **turned).first()
        if same is None:
            same = TimetableDemand(plan=plan, kind=known, **given)
        same.amount, same.basis = amount, text.squeeze(basis)
        if same.pk is None:
            same.save(force_insert=True)
        else:
            same.save(update_fields=["amount", "basis"])
        _noted(plan, by, at, {"demand": known, "what": queries.demand_words(same), "basis": same.basis})
    return same


def remove_plan_part(
    plan: TimetablePlan,
    part: TimetableSession | TimetableHall | TimetableReporter | TimetableDemand,
    *,
    by: Account | None,
    at: datetime,
) -> None:
    """Take a session, a hall, a reporter or a demand out. Classes of the plan in that session or hall go with it."""
    with _plan_in(plan, *_OPEN):
        if isinstance(part, TimetableDemand):
            said = f"{PlanDemandKind(part.kind)}: {queries.demand_words(part)}"
        elif isinstance(part, TimetableReporter):
            said = part.person.full_name
        elif isinstance(part, TimetableSession):
            said = queries.session_words(part)
        else:
            said = part.name
        part.delete()
        record(
            "timetable.changed", by=by, at=at, thing=plan, unit=plan.unit,
            before={"removed": said, "what": type(part).__name__},
        )  # fmt: skip


@dataclass(frozen=True)
class CellWish:
    """A line of a list: what a cell wishes and cannot. None leaves its own share on duty to the rule for all."""

    unit_id: int
    place: str = ""
    off: tuple[date, ...] = ()
    wish: tuple[date, ...] = ()
    percent: int | None = None


def write_wishes(
    plan: TimetablePlan, wishes: Sequence[CellWish], *, by: Account | None, at: datetime, basis: str
) -> int:
    """Write what cells wish and cannot, all or none; a cell's earlier days are replaced. Returns how many cells changed.

    The same list again changes nothing.
    """
    refuse_if_marked(basis, "danh sách")
    kinds = (PlanDemandKind.OFF, PlanDemandKind.WISH, PlanDemandKind.DUTY)
    with _plan_in(plan, *_OPEN):
        cells = {cell.unit_id: cell for cell in plan.cells.all()}
        before: dict[int, set[tuple[str, date | None, int | None]]] = defaultdict(set)
        for row in plan.demands.filter(kind__in=kinds, cell__isnull=False):
            before[row.cell_id or 0].add((row.kind, row.day, row.amount))
        placed, changed, new = [], [], []
        for wish in wishes:
            cell = cells.get(wish.unit_id)
            if cell is None:
                continue
            wanted: set[tuple[str, date | None, int | None]] = {(PlanDemandKind.OFF, day, None) for day in wish.off}
            wanted |= {(PlanDemandKind.WISH, day, None) for day in wish.wish}
            if wish.percent is not None:
                wanted.add((PlanDemandKind.DUTY, None, wish.percent))
            moved = cell.place != text.squeeze(wish.place)
            if moved:
                cell.place = text.squeeze(wish.place)
                placed.append(cell)
            if wanted != before[cell.pk]:
                changed.append(cell.pk)
                new += [
                    TimetableDemand(
                        plan=plan, cell=cell, kind=kind, day=day, amount=amount, basis=text.squeeze(basis)[:200]
                    )
                    for kind, day, amount in sorted(wanted, key=str)
                ]
        plan.demands.filter(kind__in=kinds, cell__in=changed).delete()
        TimetableDemand.objects.bulk_create(new, batch_size=500)
        TimetableCell.objects.bulk_update(placed, ["place"], batch_size=500)
        count = len(set(changed) | {cell.pk for cell in placed})
        if count:
            _noted(plan, by, at, {"wishes": count, "basis": basis})
    return count


# --- the computation --------------------------------------------------------------------------------------------------


def start_timetable(plan: TimetablePlan, *, by: Account | None, at: datetime, keep: bool = False) -> TimetablePlan:
    """Have the plan computed in the background; with `keep` the fewest people move from where they are now.

    Refuses without sessions, halls or, where each class needs one, reporters, all reasons at once.
    """
    with _plan_in(plan, *_OPEN):
        reasons = []
        if not plan.sessions.exists():
            reasons.append(Refusal("timetable.no_session", "Chưa có buổi nào; hãy thêm các ngày học."))
        if not plan.halls.exists():
            reasons.append(Refusal("timetable.no_hall", "Chưa có hội trường nào."))
        if not plan.reporters.exists() and plan.demands.filter(kind=PlanDemandKind.SPEAKER).exists():
            reasons.append(
                Refusal(
                    "timetable.no_reporter",
                    "Chưa có báo cáo viên nào; hãy thêm, hoặc bỏ yêu cầu mỗi lớp có báo cáo viên.",
                )
            )
        if not reasons and (large := _too_large(plan)):
            reasons.append(large)
        if not _recount(plan):
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
    with _plan_in(plan, TimetableState.COMPUTING):
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
    with _plan_in(plan, TimetableState.READY):
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
    with _plan_in(plan, TimetableState.READY):
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

    All or none. Refuses, with all reasons, whatever the plan breaks on the people of now: cells are counted once more.
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
    with _plan_in(plan, TimetableState.READY):
        _recount(plan)
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
    with _plan_in(plan, TimetableState.CONFIRMED):
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
