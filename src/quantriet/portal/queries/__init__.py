"""What the front shows of the rooms below: the tasks of an account, and what one person owes and has done."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.models import Prefetch, QuerySet
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from quantriet.attendance import access as attendance_access
from quantriet.attendance import queries as attendance_queries
from quantriet.attendance.models import AbsenceProposal, ClassVerdict
from quantriet.attendance.queries import meeting_logs as log_queries
from quantriet.attendance.vocab import ProposalState, StepKind
from quantriet.campaigns import access as campaign_access
from quantriet.campaigns import queries as campaign_queries
from quantriet.campaigns.models import StudyCampaign, StudyDuty, schedulable
from quantriet.campaigns.vocab import ATTEND, DUTY_KINDS, CampaignState, CreditState, DutyState, PlanState
from quantriet.classes import access as class_access
from quantriet.classes.models import ClassSession, RosterEntry, StudyClass
from quantriet.classes.vocab import ClassState
from quantriet.kit import text
from quantriet.kit.backups import Entry, Shelf
from quantriet.kit.backups.shelf import BACKUP, REHEARSAL, Kept
from quantriet.kit.db import counted
from quantriet.kit.numbers import show_number
from quantriet.kit.time import local, show_day, show_moment
from quantriet.library import access as library_access
from quantriet.library import queries as library_queries
from quantriet.library.models import GuidingDocument
from quantriet.library.queries import masters as master_queries
from quantriet.library.queries import publication as publication_queries
from quantriet.library.queries.publication import Unpublished
from quantriet.notify.models import Message
from quantriet.notify.vocab import MessageState
from quantriet.org import access as org_access
from quantriet.org.models import (
    Account,
    ActivityExemption,
    IdentityDecision,
    ImportRun,
    ImportState,
    Person,
    PostHeld,
    Unit,
    UnitResponsibility,
)
from quantriet.org.queries import privacy as privacy_queries
from quantriet.org.queries import search as people_search
from quantriet.org.queries import units as unit_queries
from quantriet.org.vocab import Level, Permission, ResponsibilityKind
from quantriet.portal import access as portal_access
from quantriet.portal.models import NewsArticle, PublicQuestion
from quantriet.portal.vocab import NewsState, QuestionState
from quantriet.reports import access as report_access
from quantriet.speakers import access as speaker_access
from quantriet.speakers.queries import invitations as speaker_queries

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
        by_phone=org_access.may_anywhere(account, Permission.PERSON_CONTACT),
    )
    people = Person.objects.select_related("unit__parent").in_bulk(found.keys)
    hits = [
        Hit(people[key].full_name, _told_apart(people[key]), reverse("person", args=[key]))
        for key in found.keys
        if key in people
    ]
    return HitGroup(_("People"), hits, _more("people-list", typed) if found.has_more else "")


def _told_apart(person: Person) -> str:
    """Year of birth, cell and the unit above it: what tells two people of one name apart."""
    born = str(person.birth_date.year) if person.birth_date else ""
    above = person.unit.parent.name if person.unit.parent else ""
    return ", ".join(filter(None, [born, person.unit.name, above]))


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

    def add(permission: Permission, waiting: QuerySet[Any] | int, words: str, url: str) -> None:
        if org_access.may_anywhere(account, permission):  # else nothing is counted
            count = waiting if isinstance(waiting, int) else counted(waiting)
            if count:
                tasks.append(Task(count, words, url))

    asked = org_access.requests_seen_by(account)
    add(
        Permission.PRIVACY_ANSWER,
        privacy_queries.overdue(asked),
        "yêu cầu về thông tin cá nhân đã quá hạn",
        reverse("request-list") + "?state=overdue",
    )
    own = speaker_queries.asked_of(account, local(at).date())
    if own:  # as a person, without an appointment
        tasks.append(Task(own, "lời mời báo cáo chờ đồng chí trả lời hoặc gửi đề cương", reverse("my-speaking")))
    classes = class_access.classes_seen_by(account, Permission.ROLL_TAKE)
    add(
        Permission.ROLL_TAKE,
        attendance_queries.rolls_of_today(classes, at),
        "lớp học hôm nay cần điểm danh",
        reverse("roll-today"),
    )
    ended = classes.filter(state=ClassState.RELEASED).exclude(sessions__ends_at__gt=at).distinct()
    add(
        Permission.ROLL_TAKE,
        ended,
        "lớp đã học xong, chưa chốt điểm danh",
        f"{reverse('roll-today')}?state=ended",
    )
    whole = org_access.scope(StudyClass.objects.filter(state=ClassState.RELEASED), account, Permission.ROLL_TAKE)
    for class_id, title, names in log_queries.waiting_names(whole)[:5]:
        add(
            Permission.ROLL_TAKE,
            names,
            f"tên trong nhật ký họp chờ xác định: {title}",
            reverse("meeting-logs", args=[class_id]),
        )
    unlockable = class_access.classes_seen_by(account, Permission.ROLL_UNLOCK)
    add(
        Permission.ROLL_UNLOCK,
        attendance_queries.asked_rolls(unlockable, at).exclude(
            roll_reopenings__in=attendance_queries.asked_by(account)
        ),
        "đề nghị mở lại điểm danh chờ người thứ hai quyết định",
        f"{reverse('roll-today')}?state=asked",
    )
    add(
        Permission.SPEAKER_EDIT,
        speaker_queries.waiting(speaker_access.answered_by(account), local(at).date()),
        "lời mời báo cáo viên chờ trả lời",
        f"{reverse('speaker-invitation-list')}?state=asked",
    )
    add(
        Permission.SPEAKER_INVITE,
        speaker_queries.without_outline(speaker_access.asked_by(account), local(at).date()),
        "buổi báo cáo đã mời mà chưa có đề cương",
        f"{reverse('speaker-invitation-list')}?side=out&state=no_outline",
    )
    add(
        Permission.UNIT_EDIT,
        org_access.decisions_to_confirm(account),
        "quyết định về tổ chức chờ người thứ hai xác nhận hoặc hủy bỏ",
        f"{reverse('decision-list')}?state=to_confirm",
    )
    add(
        Permission.UNIT_EDIT,
        org_access.decisions_blocked(account),
        "quyết định về tổ chức đã xác nhận nhưng không thực hiện được",
        f"{reverse('decision-list')}?state=blocked",
    )
    add(
        Permission.EXCUSE_APPROVE,
        attendance_access.excuses_to_decide(account),
        "đơn xin vắng chờ duyệt",
        f"{reverse('excuse-list')}?state=to_decide",
    )
    proposed = org_access.scope(
        AbsenceProposal.objects.filter(state=ProposalState.OPEN),
        account,
        Permission.EXCUSE_APPROVE,
        "entry__unit__path",
    )
    add(
        Permission.EXCUSE_APPROVE,
        proposed,
        "đề xuất sau khi vắng không lý do chờ quyết định",
        reverse("absence-list"),
    )
    plans = campaign_access.plans_seen_by(account, Permission.PLAN_SCHEDULE).filter(
        schedulable("campaign__"), state=PlanState.TO_SCHEDULE
    )
    add(
        Permission.PLAN_SCHEDULE,
        plans,
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
    add(Permission.CLASS_EDIT, drafts, "lớp đang soạn, chưa chốt", reverse("class-list") + "?state=draft")
    waiting = attendance_queries.still_owing(
        attendance_queries.catch_up_list(attendance_access.catch_ups_seen_by(account))
    ).filter(is_waiting=True)  # type: ignore[misc]  # added by the list
    add(
        Permission.CLASS_EDIT,
        waiting,
        "người vắng chưa xếp vào lớp học bù",
        reverse("catch-up-list") + "?step=waiting",
    )
    reports = report_access.to_receive(account)
    add(
        Permission.REPORT_WRITE, reports, "báo cáo cấp dưới gửi đến, chưa tiếp nhận",
        reverse("report-list") + "?receive=on",
    )  # fmt: skip
    for kind, permission, words in (
        (StepKind.SUPERIOR, Permission.CLASS_EDIT, "người vắng quá hạn học bù đã báo lên cấp ủy"),
        (StepKind.CELL, Permission.ROLL_TAKE, "người vắng chưa học bù đã báo bí thư chi bộ"),
    ):
        told = attendance_queries.stepped(waiting, kind).filter(
            org_access.scope_q(account, permission, "duty__unit__path")
        )
        add(permission, told, words, f"{reverse('catch-up-list')}?step={kind.value}")
    offered = campaign_access.credits_seen_by(account, Permission.EXCUSE_APPROVE).filter(state=CreditState.PROPOSED)
    add(
        Permission.EXCUSE_APPROVE,
        offered,
        "đề nghị công nhận đã học nơi khác chờ quyết định",
        f"{reverse('credit-list')}?state=proposed",
    )
    asked_in_public = portal_access.questions_seen_by(account).filter(state=QuestionState.WAITING)
    add(
        Permission.DOCUMENT_EDIT, asked_in_public, "câu hỏi của người dân chờ trả lời",
        f"{reverse('public-question-list')}?state=waiting",
    )  # fmt: skip
    to_approve = org_access.scope(NewsArticle.objects.all(), account, Permission.DOCUMENT_EDIT)
    to_approve = to_approve.filter(state=NewsState.SUBMITTED).exclude(submitted_by=account)
    add(Permission.DOCUMENT_EDIT, to_approve, "tin chờ duyệt", f"{reverse('news-list')}?state=submitted")
    masters = library_access.masters_seen_by(account, Permission.DOCUMENT_EDIT)
    add(
        Permission.DOCUMENT_EDIT, master_queries.to_approve(masters, account), "bản biên soạn chờ người thứ hai duyệt",
        f"{reverse('master-list')}?state=to_approve",
    )  # fmt: skip
    add(
        Permission.DOCUMENT_EDIT, master_queries.with_works_to_approve(masters, account),
        "bản biên soạn có văn vần, clip, ảnh chờ người thứ hai duyệt", f"{reverse('master-list')}?state=works_to_approve",
    )  # fmt: skip
    add(
        Permission.DOCUMENT_EDIT, answers_to_publish(account),
        "câu trả lời cho người dân chờ người thứ hai cho đăng", f"{reverse('public-question-list')}?state=to_publish",
    )  # fmt: skip
    doubtful = org_access.scope(IdentityDecision.objects.filter(decided_at=None), account, Permission.PERSON_EDIT)
    add(Permission.PERSON_EDIT, doubtful, "người trùng tên chờ xác định", reverse("import-questions"))
    imports = ImportRun.objects.filter(account=account, state__in=[ImportState.READY, ImportState.MAPPING])
    add(Permission.PERSON_EDIT, imports, "lần nhập danh sách chờ xác nhận", reverse("import-list"))
    add(
        Permission.PRIVACY_ANSWER,
        privacy_queries.on_time(asked),
        "yêu cầu về thông tin cá nhân đang chờ giải quyết",
        reverse("request-list") + "?state=open",
    )
    failed = org_access.scope(
        Message.objects.filter(state=MessageState.FAILED, next_try_at=None), account, Permission.MESSAGE_SEND
    )
    add(Permission.MESSAGE_SEND, failed, "thư không gửi được", reverse("message-list") + "?state=failed")
    if org_access.may_anywhere(account, Permission.SYSTEM):
        add(Permission.SYSTEM, len(backup_state(at=at).problems), "điều phải xem về sao lưu", reverse("backup-list"))
    return tasks


def answers_to_publish(account: Account) -> QuerySet[PublicQuestion]:
    """Answers that the account may let onto the portal as the second person: agreed to by the asker, never shown before."""
    rows = portal_access.questions_seen_by(account)
    waiting = rows.filter(state=QuestionState.ANSWERED, may_publish=True, public_at__isnull=True, shown_words="")
    return waiting.exclude(answered_by=account)


def unpublished_of(account: Account, *, at: datetime) -> Unpublished | None:
    """Which documents of the account's registers are not published yet; None without the right, or where all are."""
    if not org_access.may_anywhere(account, Permission.DOCUMENT_VIEW):
        return None
    clocks = library_access.clocks_seen_by(account).filter(
        org_access.scope_q(account, Permission.DOCUMENT_VIEW, "document__unit__path")
    )
    found = publication_queries.not_published_yet(clocks, local(at).date())
    return found if found.count else None


@dataclass(frozen=True)
class BackupState:
    """How the installation stands with its backups: one sentence, and what needs a hand."""

    kept: list[Kept]
    journal: list[Entry]
    last_backup: Entry | None
    last_rehearsal: Entry | None
    problems: list[str]
    lies_beside_the_data: bool

    @property
    def sentence(self) -> str:
        if self.last_backup is None:
            return "Chưa có bản sao lưu nào."
        said = f"Sao lưu gần nhất lúc {show_moment(self.last_backup.moment)}"
        if self.last_rehearsal is None:
            return f"{said}; chưa phục hồi thử lần nào."
        return f"{said}; phục hồi thử được gần nhất lúc {show_moment(self.last_rehearsal.moment)}."


# After so long a backup or a rehearsal that should run by itself has been missed.
_BACKUP_AGE, _REHEARSAL_AGE = timedelta(hours=50), timedelta(days=16)


def backup_state(*, at: datetime) -> BackupState:
    """Read from the shelf of backups, not from the database: a database that was restored must not forget them."""
    shelf = Shelf()
    journal = shelf.journal()
    last_good = {
        kind: next((one for one in journal if one.kind == kind and one.is_good), None) for kind in (BACKUP, REHEARSAL)
    }
    problems = []
    for kind, words in ((BACKUP, "Lần sao lưu gần nhất"), (REHEARSAL, "Lần phục hồi thử gần nhất")):
        last = next((one for one in journal if one.kind == kind), None)
        if last and not last.is_good:
            problems.append(f"{words}, {show_moment(last.moment)}, không thành: {last.sentence}")
    backup, rehearsal = last_good[BACKUP], last_good[REHEARSAL]
    if backup and at - backup.moment > _BACKUP_AGE:
        problems.append("Hơn hai ngày chưa có bản sao lưu mới; hãy xem việc nền có đang chạy không.")
    if rehearsal and at - rehearsal.moment > _REHEARSAL_AGE:
        problems.append("Hơn hai tuần chưa phục hồi thử được; hãy xem việc nền có đang chạy không.")
    return BackupState(
        shelf.kept(), journal, backup, rehearsal, problems, _share_a_disk(shelf.folder, settings.DATA_DIR)
    )


def _share_a_disk(folder: Path, data: Path) -> bool:
    try:
        return (folder if folder.exists() else folder.parent).stat().st_dev == data.stat().st_dev
    except OSError:
        return False


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

    @property
    def ends_at(self) -> datetime | None:
        """When the class ends, or has ended."""
        return max((session.ends_at for session in self.sessions), default=None)

    @property
    def is_counted(self) -> bool:
        """Whether the roll of the class is closed, so that its result stands."""
        return self.entry is not None and self.entry.study_class.state == ClassState.CLOSED


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


@dataclass(frozen=True)
class RecordLine:
    """One line of a person's record: when, what, and how it came out or by what it rests on."""

    when: str
    what: str
    how: str = ""
    state: str = ""


@dataclass(frozen=True)
class StudyRecord:
    """The whole record of a person's study and membership (R-155)."""

    duties: list[RecordLine]
    transfers: list[RecordLine]
    posts: list[RecordLine]
    exemptions: list[RecordLine]
    done: int
    owing: int
    exempt: int


def record_of(person: Person) -> StudyRecord:
    """Everything that counts about a person, the latest first; a handful of reads however long the record is."""
    owed = duties_of(person)
    duties = []
    for one in owed:
        duty, verdict = one.duty, one.verdict
        kind = DUTY_KINDS.get(duty.kind)
        held = one.entry.study_class.title if one.entry else ""
        minutes = (
            f"có mặt {show_number(verdict.seconds_present // 60)}/{show_number(verdict.seconds_planned // 60)} phút"
            if verdict
            else ""
        )
        how = "; ".join(filter(None, [held, minutes, duty.sentence]))
        settled = show_day(local(duty.settled_at).date()) if duty.settled_at else ""
        words = f"{duty.campaign.name}: {kind.label if kind else duty.kind} ({duty.unit.name})"
        duties.append(RecordLine(settled or f"hạn {show_day(duty.due_on)}", words, how, duty.state))
    states = [one.duty.state for one in owed]
    transfers = [
        RecordLine(
            show_day(one.on),
            f"{one.from_unit.name} → {one.to_unit.name}" if one.from_unit else f"vào danh sách: {one.to_unit.name}",
            one.basis,
        )
        for one in person.transfers.select_related("from_unit", "to_unit").order_by("-on", "-pk")
    ]
    posts = [
        RecordLine(
            _span(one),
            f"{one.post.name}, {one.unit.name}",
            "; ".join(filter(None, [_level(one.managed_by), one.basis])),
        )
        for one in person.posts.select_related("post", "unit").order_by("-valid_from", "pk")
    ] + [
        RecordLine(_span(one), f"{ResponsibilityKind(one.kind).label}: {one.unit.name}", one.basis)
        for one in person.responsibilities.select_related("unit").order_by("-valid_from", "pk")
    ]
    exemptions = [
        RecordLine(_span(one), one.reason, one.basis) for one in person.exemptions.order_by("-valid_from", "pk")
    ]
    return StudyRecord(
        duties, transfers, posts, exemptions,
        states.count(DutyState.DONE), states.count(DutyState.OWING), states.count(DutyState.EXEMPT),
    )  # fmt: skip


def _span(fact: PostHeld | UnitResponsibility | ActivityExemption) -> str:
    return f"từ {show_day(fact.valid_from)}" + (f" đến {show_day(fact.valid_to)}" if fact.valid_to else "")


def _level(level: str) -> str:
    return f"cấp quản lý: {Level(level).label}" if level else ""
