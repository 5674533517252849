"""What the front shows of the rooms below: the tasks of an account, and what one person owes and has done."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Prefetch, QuerySet
from django.urls import reverse

from quantriet.attendance import access as attendance_access
from quantriet.attendance import queries as attendance_queries
from quantriet.attendance.models import ClassVerdict
from quantriet.attendance.vocab import StepKind
from quantriet.campaigns import access as campaign_access
from quantriet.campaigns import queries as campaign_queries
from quantriet.campaigns.models import StudyCampaign, StudyDuty, schedulable
from quantriet.campaigns.vocab import ATTEND, CampaignState, CreditState, DutyState, PlanState
from quantriet.classes import access as class_access
from quantriet.classes.models import ClassSession, RosterEntry
from quantriet.classes.vocab import ClassState
from quantriet.kit.numbers import show_number
from quantriet.library.models import GuidingDocument
from quantriet.notify.models import Message
from quantriet.notify.vocab import MessageState
from quantriet.org import access as org_access
from quantriet.org.models import Account, IdentityDecision, ImportRun, ImportState, Person, Unit
from quantriet.org.vocab import Permission


@dataclass(frozen=True)
class Task:
    """Something that waits for this account: how many, in words, and where to do it."""

    count: int
    words: str
    url: str

    @property
    def shown(self) -> str:
        return show_number(self.count)


def tasks_of(account: Account, *, at: datetime) -> list[Task]:
    """What waits for this account now, most pressing first; one count a kind, none for rights it has not."""
    tasks = []

    def add(permission: Permission, count: int, words: str, url: str) -> None:
        if count and org_access.may_anywhere(account, permission):
            tasks.append(Task(count, words, url))

    classes = class_access.classes_seen_by(account, Permission.ROLL_TAKE)
    ended = classes.filter(state=ClassState.RELEASED).exclude(sessions__ends_at__gt=at).distinct()
    add(
        Permission.ROLL_TAKE,
        ended.count(),
        "lớp đã học xong, chưa chốt điểm danh",
        f"{reverse('roll-today')}?state=ended",
    )
    plans = campaign_access.plans_seen_by(account, Permission.PLAN_SCHEDULE).filter(
        schedulable("campaign__"), state=PlanState.TO_SCHEDULE
    )
    add(
        Permission.PLAN_SCHEDULE,
        plans.count(),
        "kế hoạch học tập chờ xếp lịch",
        reverse("plan-list") + "?state=to_schedule",
    )
    running = campaign_access.campaigns_seen_by(account, Permission.CAMPAIGN_PLAN).filter(
        org_access.scope_q(account, Permission.CAMPAIGN_PLAN, "unit__path"), state=CampaignState.OPEN
    )
    for campaign in running.select_related("unit").order_by("-opened_at")[:5]:
        add(
            Permission.CAMPAIGN_PLAN,
            campaign_queries.people_changed(campaign),
            f"người thay đổi đơn vị, chức vụ hoặc diện miễn sau lần cập nhật đối tượng của {campaign.name}",
            reverse("campaign-audience", args=[campaign.pk]),
        )
    drafts = class_access.classes_seen_by(account, Permission.CLASS_EDIT).filter(state=ClassState.DRAFT)
    add(Permission.CLASS_EDIT, drafts.count(), "lớp đang soạn, chưa chốt", reverse("class-list") + "?state=draft")
    waiting = attendance_queries.still_owing(
        attendance_queries.catch_up_list(attendance_access.catch_ups_seen_by(account))
    ).filter(is_waiting=True)  # type: ignore[misc]  # added by the list
    add(
        Permission.CLASS_EDIT,
        waiting.count(),
        "người vắng chưa xếp vào lớp học bù",
        reverse("catch-up-list") + "?step=waiting",
    )
    for kind, permission, words in (
        (StepKind.SUPERIOR, Permission.CLASS_EDIT, "người vắng quá hạn học bù đã báo lên cấp ủy"),
        (StepKind.CELL, Permission.ROLL_TAKE, "người vắng chưa học bù đã báo bí thư chi bộ"),
    ):
        told = attendance_queries.stepped(waiting, kind).filter(
            org_access.scope_q(account, permission, "duty__unit__path")
        )
        add(permission, told.count(), words, f"{reverse('catch-up-list')}?step={kind.value}")
    proposed = campaign_access.credits_seen_by(account, Permission.EXCUSE_APPROVE).filter(state=CreditState.PROPOSED)
    add(
        Permission.EXCUSE_APPROVE,
        proposed.count(),
        "đề nghị công nhận đã học nơi khác chờ quyết định",
        f"{reverse('credit-list')}?state=proposed",
    )
    doubtful = org_access.scope(IdentityDecision.objects.filter(decided_at=None), account, Permission.PERSON_EDIT)
    add(Permission.PERSON_EDIT, doubtful.count(), "người trùng tên chờ xác định", reverse("import-questions"))
    imports = ImportRun.objects.filter(account=account, state__in=[ImportState.READY, ImportState.MAPPING])
    add(Permission.PERSON_EDIT, imports.count(), "lần nhập danh sách chờ xác nhận", reverse("import-list"))
    failed = org_access.scope(
        Message.objects.filter(state=MessageState.FAILED, next_try_at=None), account, Permission.MESSAGE_SEND
    )
    add(Permission.MESSAGE_SEND, failed.count(), "thư không gửi được", reverse("message-list") + "?state=failed")
    return tasks


def open_campaigns(account: Account) -> list[StudyCampaign]:
    """Campaigns this account may look at, running ones first, the latest on top."""
    seen = campaign_access.campaigns_seen_by(account).select_related("unit")
    running = list(seen.filter(state=CampaignState.OPEN).order_by("-opened_at")[:5])
    return running or list(seen.filter(state=CampaignState.CLOSED).order_by("-closed_at")[:1])


def people_owing(campaign: StudyCampaign, unit: Unit) -> QuerySet[StudyDuty]:
    """Duties of the people of a unit who have not studied yet, by name."""
    owing: QuerySet[StudyDuty] = campaign_queries.names(campaign, unit, ATTEND).filter(state=DutyState.OWING)
    return owing.order_by("person__sort_key", "pk")


@dataclass
class Owed:
    """One duty as its person sees it."""

    duty: StudyDuty
    entry: RosterEntry | None  # the class the person is called to, when there is one
    sessions: list[ClassSession] = field(default_factory=list)
    verdict: ClassVerdict | None = None

    @property
    def is_owing(self) -> bool:
        return self.duty.state == DutyState.OWING


def duties_of(person: Person) -> list[Owed]:
    """Everything the person owes or has done in running and past campaigns, open ones first, then the latest."""
    classes = (
        RosterEntry.objects.exclude(study_class__state__in=[ClassState.CANCELLED, ClassState.DRAFT])
        .select_related("study_class__unit", "venue", "verdict")
        .prefetch_related("study_class__sessions")
        .order_by("pk")
    )
    duties = (
        StudyDuty.objects.filter(person=person, campaign__state__in=[CampaignState.OPEN, CampaignState.CLOSED])
        .select_related("campaign__unit", "unit")
        .prefetch_related(Prefetch("roster_entries", queryset=classes))
        .order_by("due_on", "pk")
    )
    owed = [_owed(duty) for duty in duties]
    # Owing ones by deadline, then the settled ones from the latest back.
    return [one for one in owed if one.is_owing] + [one for one in reversed(owed) if not one.is_owing]


def _owed(duty: StudyDuty) -> Owed:
    entries = list(duty.roster_entries.all())
    if not entries:
        return Owed(duty, None)
    entry = entries[-1]  # the latest class counts: a catch-up follows the one missed
    return Owed(duty, entry, list(entry.study_class.sessions.all()), getattr(entry, "verdict", None))


def duty_of(person: Person, pk: int) -> Owed | None:
    """One duty of this person, or None."""
    return next((one for one in duties_of(person) if one.duty.pk == pk), None)


def reading_of(person: Person) -> list[GuidingDocument]:
    """Documents of the campaigns this person takes part in, the latest first."""
    campaigns = StudyDuty.objects.filter(
        person=person, kind=ATTEND, campaign__state__in=[CampaignState.OPEN, CampaignState.CLOSED]
    ).values("campaign")
    documents = GuidingDocument.objects.filter(campaigns__in=campaigns).distinct()
    return list(documents.order_by("-issued_on")[:30])


def may_read(person: Person, document_pk: int) -> GuidingDocument | None:
    """A document this person is to study, or None."""
    return next((one for one in reading_of(person) if one.pk == document_pk), None)
