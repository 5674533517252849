"""The ledger follows the tree (decision 0007): copies of paths, running duties of people who got another unit, plans."""
# ruff: noqa: S608  (every word of these statements is ours; whatever a person gave is a parameter)

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db.models import Count, Exists, OuterRef, Q, Subquery

from quantriet.campaigns.actions.duties import count_again
from quantriet.campaigns.actions.plans import make_plans
from quantriet.campaigns.actions.settling import Shift, shift_duties
from quantriet.campaigns.models import CampaignPlan, StudyCampaign, StudyDuty, Tally, TallyDay, schedulable
from quantriet.campaigns.vocab import AUDIENCE_REASONS, CampaignState, DutyReason, DutyState, PlanState
from quantriet.kit.db import execute
from quantriet.kit.numbers import show_number
from quantriet.org.models import Account, Unit, ancestor_ids, path_end
from quantriet.org.vocab import Concern, TreeChange

_CHUNK = 500
_RUNNING = schedulable()


class CampaignFollower:
    """What the tree asks of campaigns; registered in `apps.py`."""

    def hindrances(self, change: TreeChange) -> list[str]:
        """A running campaign keeps its organiser, and nobody it has called leaves the organiser's branch."""
        running = list(StudyCampaign.objects.filter(_RUNNING).select_related("unit"))
        sentences = [
            f"“{campaign.name}” do {campaign.unit.name} tổ chức đang thực hiện; hãy khép hoặc hủy đợt này trước ngày hiệu lực."
            for campaign in running
            if campaign.unit_id in change.closing
        ]
        paths = dict(Unit.objects.filter(pk__in=change.above).values_list("pk", "path")) if running else {}
        for campaign in running:
            leaving = Q(pk__in=[])
            for key, above in change.above.items():
                old = ancestor_ids(paths[key])
                if campaign.unit_id in old and campaign.unit_id != key and campaign.unit_id not in above:
                    leaving |= Q(unit__path__gte=paths[key], unit__path__lt=path_end(paths[key]))
            people = (
                StudyDuty.objects.filter(leaving, campaign=campaign).values("person_id").distinct().count()
                if leaving
                else 0
            )
            if people:
                sentences.append(
                    f"“{campaign.name}” của {campaign.unit.name} đang thực hiện có {show_number(people)} người ở đơn vị chuyển ra "
                    f"ngoài {campaign.unit.name}; hãy khép hoặc hủy đợt này trước ngày hiệu lực."
                )
        return sentences

    def concerns(self, change: TreeChange) -> list[Concern]:
        closing = list(change.closing)
        if not closing:
            return []
        duties = StudyDuty.objects.filter(_running_of("campaign__"), unit__in=closing, state=DutyState.OWING)
        by_campaign = list(duties.values_list("campaign__name").annotate(number=Count("pk")).order_by("campaign__name"))
        closed = StudyCampaign.objects.filter(
            Exists(Tally.objects.filter(campaign=OuterRef("pk"), unit__in=closing)), state=CampaignState.CLOSED
        ).order_by("-planned_from")
        plans = CampaignPlan.objects.filter(_running_of("campaign__"), unit__in=closing).exclude(state=PlanState.HELD)
        found = [
            Concern(
                "Nghĩa vụ còn nợ trong các đợt đang thực hiện", sum(number for _, number in by_campaign),
                tuple(f"{name}: {show_number(number)}" for name, number in by_campaign[:8]),
                "theo người sang đơn vị mới; kết quả đã có giữ nguyên ở đơn vị cũ và tính vào đơn vị kế tục",
            ),
            Concern(
                "Kế hoạch học tập chưa tổ chức", plans.count(),
                tuple(f"{one.unit.name}: {one.campaign.name}" for one in plans.select_related("unit", "campaign").order_by("unit__sort_key")[:8]),
                "chuyển cho đơn vị kế tục",
            ),
            Concern(
                "Đợt học tập đã khép có số liệu của đơn vị kết thúc", closed.count(), tuple(one.name for one in closed[:8]),
                "báo cáo cũ giữ nguyên; bảng theo dõi xem được theo cơ cấu ngày đó hoặc theo cơ cấu hiện nay",
            ),
        ]  # fmt: skip
        return [one for one in found if one.count]

    def follow(self, change: TreeChange, *, by: Account | None, at: datetime) -> None:
        """Paths first, then the duties, then the plans, which ask the tallies where somebody must study."""
        _copy_paths(list(change.paths))
        if change.people or change.closing or change.moving or change.founded:
            for campaign in StudyCampaign.objects.filter(
                Q(state=CampaignState.OPEN) | Q(state=CampaignState.DRAFT)
            ).select_related("unit__kind"):
                _follow_people(campaign, change, by, at)
                if campaign.takes_schedules:
                    _follow_plans(campaign, change, by, at)

    def rests_on(self, units: list[int], since: datetime) -> list[str]:
        results = StudyDuty.objects.filter(unit__in=units, state=DutyState.DONE, settled_at__gte=since).count()
        campaigns = StudyCampaign.objects.filter(unit__in=units).count()
        plans = CampaignPlan.objects.filter(unit__in=units).exclude(state=PlanState.TO_SCHEDULE).count()
        found = []
        if plans:
            found.append(f"{show_number(plans)} kế hoạch học tập đã xếp lịch hoặc đã tổ chức ở đơn vị mới.")
        if results:
            found.append(f"{show_number(results)} kết quả học tập đã ghi ở đơn vị mới.")
        if campaigns:
            found.append(f"{show_number(campaigns)} đợt học tập do đơn vị mới tổ chức.")
        return found


FOLLOWER = CampaignFollower()


def _running_of(prefix: str) -> Q:
    return schedulable(prefix)


def _copy_paths(units: Sequence[int]) -> None:
    """Tallies and plans stand where their unit stands in today's tree; found by the unit, whatever the table holds besides."""
    for model in (Tally, TallyDay, CampaignPlan):
        table, unit = model._meta.db_table, Unit._meta.db_table
        execute(
            f"UPDATE {table} SET path = (SELECT path FROM {unit} WHERE {unit}.id = {table}.unit_id) WHERE unit_id = %s",
            [(key,) for key in sorted(units)],  # in the order in which results take them
        )


def _follow_people(campaign: StudyCampaign, change: TreeChange, by: Account | None, at: datetime) -> None:
    """What people still owe goes with them; what is done stays where it was done."""
    people = list(change.people)
    changed = False
    for start in range(0, len(people), _CHUNK):
        some = people[start : start + _CHUNK]
        rows = StudyDuty.objects.filter(campaign=campaign, person__in=some)
        if campaign.state == CampaignState.DRAFT:
            homes: dict[int, list[int]] = {}
            for pk, person in rows.values_list("pk", "person_id"):
                homes.setdefault(change.people[person][1], []).append(pk)
            for home, duties in homes.items():
                changed |= bool(StudyDuty.objects.filter(pk__in=duties).update(unit_id=home))
            continue
        fluid = rows.filter(Q(state=DutyState.OWING) | Q(state=DutyState.EXEMPT, reason__in=AUDIENCE_REASONS))
        shifts = [
            Shift(pk, DutyState(state), DutyReason(reason), sentence, unit_id=change.people[person][1])
            for pk, person, unit, state, reason, sentence in fluid.values_list(
                "pk", "person_id", "unit_id", "state", "reason", "sentence"
            )
            if unit != change.people[person][1]
        ]
        shift_duties(shifts, by=by, at=at)
    if changed:
        count_again(campaign)


def _follow_plans(campaign: StudyCampaign, change: TreeChange, by: Account | None, at: datetime) -> None:
    """A closed unit organises no more: what it has not held goes to the unit that follows; the chain follows the tree."""
    plans = {plan.unit_id: plan for plan in CampaignPlan.objects.filter(campaign=campaign)}
    if not plans:
        return
    ended = []
    for unit, successor in change.closing.items():
        plan = plans.get(unit)
        if plan is None or plan.state == PlanState.HELD:
            continue
        if successor is not None and successor not in plans:
            place = Subquery(Unit.objects.filter(pk=successor).values("path"))
            CampaignPlan.objects.filter(pk=plan.pk).update(unit_id=successor, path=place)
            plans[successor] = plans.pop(unit)
        else:
            ended.append(plan.pk)
    CampaignPlan.objects.filter(campaign=campaign, parent__in=ended).update(parent=None)
    CampaignPlan.objects.filter(pk__in=ended).delete()
    make_plans(campaign, by=by, at=at)
    rows = list(CampaignPlan.objects.filter(campaign=campaign).values_list("pk", "unit_id", "unit__path", "parent_id"))
    of_unit = {unit: pk for pk, unit, _, _ in rows}
    wrong = []
    for pk, _unit, path, parent in rows:
        above = next((of_unit[one] for one in reversed(ancestor_ids(path)[:-1]) if one in of_unit), None)
        if above != parent:
            wrong.append((above, pk))
    execute(f"UPDATE {CampaignPlan._meta.db_table} SET parent_id = %s WHERE id = %s", wrong)
