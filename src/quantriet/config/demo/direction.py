"""Who directs the demo's campaign: a steering committee, propaganda work in communes, a task for each unit."""

from __future__ import annotations

import datetime as dt

from quantriet.campaigns import actions as campaign_actions
from quantriet.campaigns.models import StudyCampaign
from quantriet.kit.time import now
from quantriet.org import actions as org_actions
from quantriet.org.models import Account, PostHeld, Unit
from quantriet.org.queries import bodies as body_queries
from quantriet.org.vocab import BodyKind, BodyRole, MemberCapacity, ResponsibilityKind

_TASKS = (
    "Mở lớp cho đảng viên toàn đơn vị, bố trí thời gian thảo luận, chốt điểm danh ngay trong ngày.",
    "Tuyên truyền nội dung cốt lõi qua hệ thống truyền thanh và sinh hoạt chi bộ.",
    "Biên soạn tài liệu hỏi – đáp ngắn, phát cho đảng viên đi làm xa.",
)
_MOBILISATION = "Vận động đoàn viên, hội viên và nhân dân tham gia học tập, vận dụng vào sản xuất và đời sống."


def direct(campaign: StudyCampaign, officer: Account, *, founded: dt.date) -> None:
    """Make a steering committee with a standing body, name who is in charge in most communes, give tasks to most units."""
    at, root = now(), campaign.unit
    below = list(Unit.objects.active().filter(parent=root).select_related("kind").order_by("path"))
    body = org_actions.found_body(
        root, by=officer, at=at, kind=BodyKind.STEERING, name=f"Ban Chỉ đạo học tập Nghị quyết {root.name}",
        decision_number="31-QĐ/TU (hư cấu)", valid_from=founded, standing_unit=below[0],
    )  # fmt: skip
    heads = PostHeld.objects.on().filter(unit=root).select_related("person").order_by("post__rank", "pk")
    for held, role in zip(heads, (BodyRole.HEAD, BodyRole.DEPUTY, BodyRole.STANDING), strict=False):
        org_actions.add_body_member(body, held.person, by=officer, at=at, role=role)
    campaign_actions.set_steering(campaign, body, by=officer, at=at)
    for place, unit in enumerate(below[:-2]):
        campaign_actions.assign_task(
            campaign, unit, by=officer, at=at, task=_TASKS[place % len(_TASKS)], due_on=campaign.planned_to
        )
    campaign_actions.assign_task(campaign, below[0], by=officer, at=at, task=_MOBILISATION, is_mobilisation=True)
    _propaganda(root, officer, founded)


def _propaganda(root: Unit, officer: Account, founded: dt.date) -> None:
    """In all communes but the last few the secretary is in charge; every third has a working group."""
    communes = list(body_queries.communes(Unit.objects.under(root)).order_by("path")[:40])
    secretaries = {
        held.unit_id: held
        for held in PostHeld.objects.on().filter(unit__in=communes, post__code="BI_THU").select_related("person")
    }
    for place, unit in enumerate(communes[: max(1, len(communes) - 2)]):
        held = secretaries.get(unit.pk)
        if held is None:
            continue
        since = max(founded, held.valid_from)  # nobody is in charge before being secretary
        org_actions.give_responsibility(
            held.person, by=officer, at=now(), unit=unit, kind=ResponsibilityKind.PROPAGANDA, valid_from=since,
            basis="Nghị quyết phân công của Đảng ủy",
        )  # fmt: skip
        if place % 3 == 0:
            group = org_actions.found_body(
                unit, by=officer, at=now(), kind=BodyKind.PROPAGANDA, name=f"Tổ công tác Tuyên giáo {unit.name}",
                decision_number=f"{place + 11:02d}-QĐ/ĐU (hư cấu)", valid_from=since,
            )  # fmt: skip
            org_actions.add_body_member(
                group, held.person, by=officer, at=now(), role=BodyRole.HEAD, capacity=MemberCapacity.SECRETARY
            )
