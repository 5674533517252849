"""Timetables: what goes into one. Its computation stands in `planning_runs`, hand edits and the classes in `planning_results`."""

from __future__ import annotations

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
from quantriet.classes.models import (
    TimetableCell,
    TimetableDemand,
    TimetableHall,
    TimetablePlan,
    TimetableReporter,
    TimetableSession,
)
from quantriet.classes.rules import timetable
from quantriet.classes.vocab import (
    WRITTEN_DEMANDS,
    PlanDemandKind,
    TimetableState,
)
from quantriet.kit import text
from quantriet.kit.db import named_lock
from quantriet.kit.refusal import Refusal, Refusals
from quantriet.kit.time import at_local, show_day
from quantriet.library.vocab import ContentTier
from quantriet.org.models import Account, Person, Unit
from quantriet.org.rules.secrecy import refuse_if_marked

MOST_SESSIONS = 120
OPEN_STATES = (TimetableState.DRAFT, TimetableState.READY)


@contextmanager
def plan_in(plan: TimetablePlan, *states: TimetableState) -> Iterator[None]:
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
        if not recount(plan):
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
    with plan_in(plan, *OPEN_STATES):
        before, after = changes(plan, new)
        if after:
            for name, value in after.items():
                setattr(plan, name, value)
            plan.save(update_fields=list(after))
            record("timetable.changed", by=by, at=at, thing=plan, unit=plan.unit, before=before, after=after)
    return plan


def remove_timetable(plan: TimetablePlan, *, by: Account | None, at: datetime) -> None:
    """Remove a timetable that was not confirmed, with everything in it."""
    with plan_in(plan, *OPEN_STATES):
        record("timetable.removed", by=by, at=at, thing=plan, unit=plan.unit, before={"title": plan.title})
        plan.delete()


def recount_cells(plan: TimetablePlan, *, by: Account | None, at: datetime) -> int:
    """Count anew who is to study in each cell; returns how many people that is."""
    with plan_in(plan, *OPEN_STATES):
        people = recount(plan)
        _noted(plan, by, at, {"people": people})
    return people


def recount(plan: TimetablePlan) -> int:
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
    with plan_in(plan, *OPEN_STATES):
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
    with plan_in(plan, *OPEN_STATES):
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
    with plan_in(plan, *OPEN_STATES):
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
    with plan_in(cell.plan, *OPEN_STATES):
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
    with plan_in(plan, *OPEN_STATES):
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
    with plan_in(plan, *OPEN_STATES):
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
    with plan_in(plan, *OPEN_STATES):
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
