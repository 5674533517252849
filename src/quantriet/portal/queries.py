"""What the front shows of the rooms below: the tasks of an account, and what one person owes and has done."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Prefetch, QuerySet
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from quantriet.attendance import access as attendance_access
from quantriet.attendance import queries as attendance_queries
from quantriet.attendance.models import ClassVerdict
from quantriet.campaigns import access as campaign_access
from quantriet.campaigns import queries as campaign_queries
from quantriet.campaigns.models import StudyCampaign, StudyDuty, schedulable
from quantriet.campaigns.vocab import ATTEND, CampaignState, DutyState, PlanState
from quantriet.classes import access as class_access
from quantriet.classes.models import ClassSession, RosterEntry
from quantriet.classes.vocab import ClassState
from quantriet.kit import text
from quantriet.kit.numbers import show_number
from quantriet.library import access as library_access
from quantriet.library import queries as library_queries
from quantriet.library.models import GuidingDocument
from quantriet.notify.models import Message
from quantriet.notify.vocab import MessageState
from quantriet.org import access as org_access
from quantriet.org.models import Account, IdentityDecision, ImportRun, ImportState, Person, Unit
from quantriet.org.queries import search as people_search
from quantriet.org.queries import units as unit_queries
from quantriet.org.vocab import Permission

QUICK = 6  # of each kind that quick search shows
LATEST = 500  # campaigns and classes whose names it reads: the ones people speak of


@dataclass(frozen=True)
class Hit:
    """One thing that quick search found: its name, what tells it from others, where it is."""

    label: str
    note: str
    url: str


@dataclass(frozen=True)
class HitGroup:
    """What quick search found of one kind, and the list that shows the rest (empty: there is no more)."""

    kind: str
    hits: list[Hit]
    more_url: str = ""


def quick_search(account: Account, typed: str) -> list[HitGroup]:
    """People, units, documents, campaigns and classes that fit what was typed, each within what the account may see.

    Kinds without a hit are left out; a search of less than two letters finds nothing.
    """
    if len("".join(text.search_words(typed))) < 2:
        return []
    found = [
        _people_found(account, typed),
        _units_found(account, typed),
        _documents_found(account, typed),
        _campaigns_found(account, typed),
        _classes_found(account, typed),
    ]
    return [group for group in found if group and group.hits]


def _more(name: str, typed: str) -> str:
    return f"{reverse(name)}?{urlencode({'q': typed})}"


def _people_found(account: Account, typed: str) -> HitGroup | None:
    if not org_access.may_anywhere(account, Permission.PERSON_VIEW):
        return None
    scope = org_access.people_scope(account)
    found = people_search.search_people(
        scope.rows.filter(left_on__isnull=True),
        typed,
        by_unit=scope.by_unit.filter(left_on__isnull=True),
        units=scope.units,
        near=org_access.own_unit(account),
        most=QUICK,
    )
    people = Person.objects.select_related("unit__parent").in_bulk(found.keys)
    hits = [
        Hit(
            people[key].full_name,
            ", ".join(
                filter(
                    None,
                    [
                        str(people[key].birth_date.year) if people[key].birth_date else "",
                        people[key].unit.name,
                        people[key].unit.parent.name if people[key].unit.parent else "",
                    ],
                )
            ),
            reverse("person", args=[key]),
        )
        for key in found.keys
        if key in people
    ]
    return HitGroup(_("People"), hits, _more("people-list", typed) if found.has_more else "")


def _units_found(account: Account, typed: str) -> HitGroup | None:
    if not org_access.may_anywhere(account, Permission.UNIT_VIEW):
        return None
    seen = org_access.units_seen_by(account).filter(closed_on__isnull=True)
    units = unit_queries.named_units(seen, typed, limit=QUICK + 1)
    hits = [
        Hit(
            one.name,
            ", ".join(filter(None, [one.code, one.parent.name if one.parent else ""])),
            reverse("unit", args=[one.pk]),
        )
        for one in units[:QUICK]
    ]
    return HitGroup(_("Units"), hits, _more("unit-switch", typed) if len(units) > QUICK else "")


def _documents_found(account: Account, typed: str) -> HitGroup | None:
    if not org_access.may_anywhere(account, Permission.DOCUMENT_VIEW):
        return None
    seen = library_queries.searched(library_access.documents_seen_by(account), typed)
    documents = list(seen.order_by("-issued_on", "-pk")[: QUICK + 1])
    hits = [
        Hit(one.reference_number, Truncator(one.subject).chars(120), reverse("document", args=[one.pk]))
        for one in documents[:QUICK]
    ]
    return HitGroup(_("Documents"), hits, _more("document-list", typed) if len(documents) > QUICK else "")


def _campaigns_found(account: Account, typed: str) -> HitGroup | None:
    if not org_access.may_anywhere(account, Permission.CAMPAIGN_VIEW):
        return None
    words = text.search_words(typed)
    latest = campaign_access.campaigns_seen_by(account).order_by("-planned_from", "-pk")
    fitting = [one for one in latest.values_list("pk", "name", "unit__name")[:LATEST] if _fits(words, one[1])]
    hits = [Hit(name, unit, reverse("campaign", args=[pk])) for pk, name, unit in fitting[:QUICK]]
    return HitGroup(_("Study campaigns"), hits, _more("campaign-list", typed) if len(fitting) > QUICK else "")


def _classes_found(account: Account, typed: str) -> HitGroup | None:
    if not org_access.may_anywhere(account, Permission.CLASS_VIEW):
        return None
    words = text.search_words(typed)
    latest = class_access.classes_seen_by(account).order_by("-pk").values_list("pk", "code", "title", "unit__name")
    fitting = [one for one in latest[:LATEST] if _fits(words, f"{one[1]} {one[2]}")]
    hits = [Hit(title, f"{code}, {unit}", reverse("class", args=[pk])) for pk, code, title, unit in fitting[:QUICK]]
    return HitGroup(_("Classes"), hits, _more("class-list", typed) if len(fitting) > QUICK else "")


def _fits(words: list[str], name: str) -> bool:
    """Whether every word begins a word of the name."""
    spoken = f" {' '.join(text.search_words(name))}"
    return all(f" {word}" in spoken for word in words)


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
