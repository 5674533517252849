"""Reads of self-study (R-133): who may, the course as it stands, how far people are."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_

from django.db.models import (
    Case,
    CharField,
    Count,
    Exists,
    OuterRef,
    Q,
    QuerySet,
    Value,
    When,
)

from quantriet.attendance.models import (
    CatchUp,
    SelfStudyCourse,
    SelfStudyFact,
    SelfStudyOutline,
    SelfStudyPermission,
    SelfStudyPerson,
    SelfStudyQuestion,
)
from quantriet.attendance.rules import self_study as rules
from quantriet.attendance.rules.self_study import (
    STUCK_DAYS,
    STUCK_TRIES,
    Check,
    PartMark,
    PartText,
    Progress,
    Section,
    StudyFact,
)
from quantriet.attendance.vocab import CatchUpState, SelfStudyStage, SelfStudyStep
from quantriet.campaigns import queries as campaign_queries
from quantriet.campaigns.models import StudyCampaign, StudyDuty
from quantriet.campaigns.queries.audience import criteria_q
from quantriet.campaigns.rules.audience import Criteria
from quantriet.campaigns.vocab import ATTEND, CampaignState, DutyReason, DutyResult, DutyState, RuleKey
from quantriet.classes.models import RosterEntry
from quantriet.kit.numbers import show_number
from quantriet.kit.refusal import Refusal
from quantriet.kit.time import local, show_day, today
from quantriet.library.models import GuidingDocument, MasterVersion
from quantriet.library.queries.masters import Part, parts_for, published_among
from quantriet.library.vocab import Audience
from quantriet.org.models import Person, PostKind, Unit, UnitKind

# --- who may ------------------------------------------------------------------------------------------------------


def permissions_of(campaign: StudyCampaign) -> QuerySet[SelfStudyPermission]:
    """Every permission of a campaign, the latest first, with how many people it names."""
    rows = SelfStudyPermission.objects.filter(campaign=campaign).select_related("by", "withdrawn_by")
    return rows.annotate(names=Count("named")).order_by("-at", "-pk")


def told_who(permissions: Sequence[SelfStudyPermission]) -> dict[int, str]:
    """By permission (with `names`) whom it means, in words; three statements however many."""
    criteria = {one.pk: Criteria.from_json(one.criteria) for one in permissions if one.criteria}
    units = Unit.objects.in_bulk({key for one in criteria.values() for key in one.units})
    kinds = dict(
        UnitKind.objects.filter(code__in={key for one in criteria.values() for key in one.unit_kinds}).values_list(
            "code", "name"
        )
    )
    posts = dict(
        PostKind.objects.filter(code__in={key for one in criteria.values() for key in one.posts}).values_list(
            "code", "name"
        )
    )
    found = {}
    for one in permissions:
        asked = criteria.get(one.pk)
        if asked is None:
            found[one.pk] = f"{show_number(one.names)} người ghi tên"  # type: ignore[attr-defined]  # annotated
            continue
        groups = (
            ", ".join(units[key].name for key in asked.units if key in units),
            ", ".join(kinds.get(key, key) for key in asked.unit_kinds),
            ", ".join(posts.get(key, key) for key in asked.posts),
        )
        found[one.pk] = "; ".join(filter(None, groups))
    return found


def running_permissions(campaign: StudyCampaign, day: dt.date) -> QuerySet[SelfStudyPermission]:
    """Permissions that hold on a day."""
    return SelfStudyPermission.objects.filter(
        campaign=campaign, withdrawn_at__isnull=True, from_on__lte=day, to_on__gte=day
    ).order_by("pk")


def covered_q(permissions: Iterable[SelfStudyPermission], campaign: StudyCampaign, day: dt.date) -> Q:
    """The condition "is covered by one of these permissions" on duties; people and posts are those of the day."""
    conditions = []
    for one in permissions:
        if one.criteria:
            people = Person.objects.filter(criteria_q(Criteria.from_json(one.criteria), day, campaign.unit))
            conditions.append(Q(person__in=people.order_by().values("pk")))
        else:
            conditions.append(Q(person__in=SelfStudyPerson.objects.filter(permission=one.pk).values("person")))
    return reduce(or_, conditions) if conditions else Q(pk__in=[])


def allowed_duties(campaign: StudyCampaign, day: dt.date) -> QuerySet[StudyDuty]:
    """Duties whose person may study alone on the day, in whatever state they are; exempt ones are left out."""
    condition = covered_q(running_permissions(campaign, day), campaign, day)
    return StudyDuty.objects.filter(condition, campaign=campaign, kind=ATTEND).exclude(state=DutyState.EXEMPT)


def live_permissions(campaign: StudyCampaign, day: dt.date) -> QuerySet[SelfStudyPermission]:
    """Permissions that hold on a day or in days to come."""
    return SelfStudyPermission.objects.filter(
        campaign=campaign, withdrawn_at__isnull=True, to_on__gte=day
    ).order_by("pk")  # fmt: skip


def is_spared(campaign: StudyCampaign, day: dt.date, duty: str = "pk") -> Exists:
    """The condition "its person may study alone on the day or in days to come" on rows with that key of a duty.

    Asked duty by duty: a NOT IN over many duties is walked once a row where it does not fit the memory of the server.
    """
    condition = covered_q(live_permissions(campaign, day), campaign, day)
    return Exists(StudyDuty.objects.filter(condition, campaign=campaign, kind=ATTEND, pk=OuterRef(duty)))


def named_duties(campaign: StudyCampaign, day: dt.date) -> QuerySet[StudyDuty]:
    """Duties that any permission of the campaign covers or has covered, or that have a course."""
    condition = covered_q(SelfStudyPermission.objects.filter(campaign=campaign), campaign, day)
    return StudyDuty.objects.filter(
        condition | Q(self_study__isnull=False), campaign=campaign, kind=ATTEND
    ).exclude(state=DutyState.EXEMPT)  # fmt: skip


def permission_for(duty: StudyDuty, day: dt.date) -> SelfStudyPermission | None:
    """The permission by which the person of this duty may study alone on the day; the one that ends last, if several."""
    if duty.kind != ATTEND:
        return None
    return _covering(duty, running_permissions(duty.campaign, day), day)


def last_permission_for(duty: StudyDuty, day: dt.date) -> SelfStudyPermission | None:
    """The permission that covers or covered the person, whether it holds today or not."""
    if duty.kind != ATTEND:
        return None
    return _covering(duty, SelfStudyPermission.objects.filter(campaign=duty.campaign), day)


def _covering(duty: StudyDuty, permissions: QuerySet[SelfStudyPermission], day: dt.date) -> SelfStudyPermission | None:
    several = sorted(permissions, key=lambda one: (one.withdrawn_at is None, one.to_on, one.pk), reverse=True)
    if not several:
        return None
    wanted = Case(
        *(When(covered_q([one], duty.campaign, day), then=Value(str(one.pk))) for one in several),
        default=Value(""), output_field=CharField(),
    )  # fmt: skip
    found = StudyDuty.objects.filter(pk=duty.pk).annotate(by_permission=wanted).values_list("by_permission", flat=True)
    key = next(iter(found), "")
    return next((one for one in several if str(one.pk) == key), None)


def studying_alone(duties: Sequence[StudyDuty], at: dt.datetime) -> set[int]:
    """Of these duties (with their campaigns) those whose person may study alone now; two statements a campaign."""
    day = local(at).date()
    by_campaign: dict[int, list[StudyDuty]] = defaultdict(list)
    for one in duties:
        by_campaign[one.campaign_id].append(one)
    running = defaultdict(list)
    for permission in SelfStudyPermission.objects.filter(
        campaign__in=by_campaign, withdrawn_at__isnull=True, from_on__lte=day, to_on__gte=day
    ).select_related("campaign__unit"):
        running[permission.campaign_id].append(permission)
    found: set[int] = set()
    for key, permissions in running.items():  # campaigns in which somebody studies alone, a few of a page
        own = StudyDuty.objects.filter(pk__in=[one.pk for one in by_campaign[key]])
        found.update(own.filter(covered_q(permissions, permissions[0].campaign, day)).values_list("pk", flat=True))
    return found


def lapsed_duties(campaign: StudyCampaign, at: dt.datetime) -> list[tuple[StudyDuty, SelfStudyPermission]]:
    """Who was allowed, owes still, may not now nor in days to come and is called to no class and followed by no chain; with the permission
    that ended last."""
    day = local(at).date()
    rows = SelfStudyPermission.objects.filter(campaign=campaign).order_by("to_on", "pk")
    over = [one for one in rows if _is_over(one, campaign, day)]
    if not over:
        return []
    followed = CatchUp.objects.filter(duty=OuterRef("pk")).exclude(state=CatchUpState.DONE)
    called = RosterEntry.objects.filter(duty=OuterRef("pk"), is_running=True)
    waiting = StudyDuty.objects.filter(
        ~Exists(followed), ~Exists(called), ~is_spared(campaign, day), campaign=campaign, kind=ATTEND,
        state=DutyState.OWING,
    )  # fmt: skip
    which = Case(
        *(When(covered_q([one], campaign, day), then=Value(str(one.pk))) for one in reversed(over)),
        default=Value(""), output_field=CharField(),
    )  # fmt: skip
    by_key = {str(one.pk): one for one in over}
    found = (
        waiting.annotate(by_permission=which).exclude(by_permission="").select_related("person", "unit").order_by("pk")
    )
    return [(duty, by_key[duty.by_permission]) for duty in found]


def _is_over(permission: SelfStudyPermission, campaign: StudyCampaign, day: dt.date) -> bool:
    """Whether its days ran out or it was withdrawn in them; one withdrawn before anybody could study by it is neither."""
    if permission.withdrawn_at is None:
        return permission.to_on < day
    has_run = campaign.opened_at is None or permission.withdrawn_at >= campaign.opened_at
    return has_run and local(permission.withdrawn_at).date() >= permission.from_on


def unplaced_but_allowed(campaign: StudyCampaign, unplaced: QuerySet[StudyDuty]) -> QuerySet[StudyDuty]:
    """Of the duties without a class those whose person studies alone now or in days to come: they need none (B-02)."""
    day = today()
    return unplaced.filter(covered_q(live_permissions(campaign, day), campaign, day))


# --- the content --------------------------------------------------------------------------------------------------


def part_text(part: Part) -> PartText:
    """A published part with everything that is read of it, so that any change of words is a change."""
    words = "\n".join(filter(None, (part.title, part.figure, part.text, part.source, part.cites)))
    return PartText(part.id, part.kind, words)


def course_versions(campaign: StudyCampaign, at: dt.datetime) -> list[tuple[GuidingDocument, MasterVersion | None]]:
    """The documents of a campaign in their order, each with the version that is published at that moment."""
    documents = [one.document for one in campaign.campaign_documents.select_related("document")]
    versions = published_among([one.pk for one in documents], at)
    return [(one, versions.get(one.pk)) for one in documents]


def course_sections(campaign: StudyCampaign, audience: Audience, at: dt.datetime) -> list[Section]:
    """The sections of a course as it would begin now.

    Refuses when a document has no published text for this audience, or when the rulebook names no reading speed.
    """
    speed = int(campaign_queries.rule_in_force(campaign, RuleKey.SELF_STUDY_SPEED, on=local(at).date()).value)
    sections: list[Section] = []
    versions = course_versions(campaign, at)
    for document, version in versions:
        name = document.reference_number if len(versions) > 1 else ""
        own = (
            rules.cut(
                [part_text(one) for one in parts_for(version, audience)], version=version.pk, speed=max(1, speed),
                document=name,
            )
            if version
            else []
        )  # fmt: skip
        if not own:
            raise Refusal(
                "self_study.no_text",
                f"Văn bản {document.reference_number} chưa có bản biên soạn được công bố cho diện “{audience.label}”; "
                "hãy công bố bản biên soạn trước khi cho tự học.",
            )
        sections += own
    if not sections:
        raise Refusal("self_study.no_documents", "Đợt học tập chưa có văn bản nào để tự học.")
    return sections


@dataclass(frozen=True)
class Course:
    """A course as its person sees it: the sections of its last outline and how they stand."""

    row: SelfStudyCourse
    outline: SelfStudyOutline
    progress: Progress

    def section(self, number: int) -> rules.SectionStanding | None:
        return self.progress.sections[number - 1] if 1 <= number <= self.progress.total else None


def course_of(duty: StudyDuty) -> Course | None:
    """The course of a duty, judged from its facts now."""
    row = SelfStudyCourse.objects.filter(duty=duty).select_related("permission", "duty__campaign").first()
    return None if row is None else judged(row)


def judged(row: SelfStudyCourse) -> Course:
    outline = row.outlines.order_by("-number")[0]
    facts = SelfStudyFact.objects.filter(course=row).values_list("step", "parts", "at")
    return Course(row, outline, progress_of(row, outline, facts))


def judged_many(rows: Sequence[SelfStudyCourse]) -> list[Course]:
    """Courses judged from their facts, in two statements however many."""
    keys = [one.pk for one in rows]
    outlines = {
        one.course_id: one for one in SelfStudyOutline.objects.filter(course__in=keys).order_by("course", "number")
    }
    facts: dict[int, list[tuple[str, list[list[object]], dt.datetime]]] = defaultdict(list)
    for course, *fact in SelfStudyFact.objects.filter(course__in=keys).values_list("course", "step", "parts", "at"):
        facts[course].append((fact[0], fact[1], fact[2]))
    return [Course(one, outlines[one.pk], progress_of(one, outlines[one.pk], facts[one.pk])) for one in rows]


def progress_of(
    row: SelfStudyCourse, outline: SelfStudyOutline, facts: Iterable[tuple[str, list[list[object]], dt.datetime]]
) -> Progress:
    sections = [Section.from_json(one) for one in outline.sections]
    told = [StudyFact(SelfStudyStep(step), _marks(parts), at) for step, parts, at in facts]
    return rules.measure_course(sections, told, longest=row.longest_seconds)


def _marks(parts: Iterable[Sequence[object]]) -> tuple[PartMark, ...]:
    return tuple((int(str(pk)), str(mark)) for pk, mark in parts)


def shown_parts(section: Section) -> list[Part]:
    """What a section shows, from the version it was cut from. Refuses when that version was taken from publication."""
    version = MasterVersion.objects.filter(pk=section.version).first()
    if version is None or version.withdrawn_at is not None:
        raise Refusal(
            "self_study.withdrawn",
            "Bản biên soạn của mục này đã gỡ khỏi công bố; khi có bản mới, phần đã học vẫn được tính.",
        )
    by_key = {part.id: part for part in parts_for(version)}
    return [by_key[pk] for pk, _mark in section.parts if pk in by_key]


def checks_on(campaign: StudyCampaign, section: Section) -> list[Check]:
    """The questions that this section asks, in the order of its parts."""
    order = {pk: place for place, (pk, _mark) in enumerate(section.parts)}
    rows = SelfStudyQuestion.objects.filter(campaign=campaign, part__in=order, retired_at__isnull=True)
    return [
        Check(one.pk, one.text, tuple(one.choices), frozenset(one.right))
        for one in sorted(rows, key=lambda one: (order[one.part], one.pk))
    ]


def newer_sections(course: Course, at: dt.datetime) -> list[Section] | None:
    """The sections of what is published now, when that is another version than the course has; None when it is the same."""
    duty = course.row.duty
    try:
        sections = course_sections(duty.campaign, audience_for(duty, course.row.permission), at)
    except Refusal:
        return None
    own = {one.section.version for one in course.progress.sections}
    return None if {one.version for one in sections} == own else sections


def documents_read(course: Course) -> list[GuidingDocument]:
    """The documents that the sections of the course were cut from, in the order in which they are read.

    Whatever the campaign took in or left out since the course was finished is no part of it.
    """
    versions = dict.fromkeys(one.section.version for one in course.progress.sections)
    shown = MasterVersion.objects.select_related("master__document").in_bulk(versions)
    found = (shown[key].master.document for key in versions if key in shown)
    return list({one.pk: one for one in found}.values())


def documents_left_out(course: Course) -> list[GuidingDocument]:
    """The documents of the campaign of which the outline shows nothing: they were added after it was made."""
    known = {one.pk for one in documents_read(course)}
    return [one for one in course.row.duty.campaign.documents.order_by("pk") if one.pk not in known]


def audience_for(duty: StudyDuty, permission: SelfStudyPermission) -> Audience:
    return rules.audience_of(duty.tier, Audience(permission.variant))


# --- what the ledger asks -----------------------------------------------------------------------------------------


def finished_says(duties: Collection[int]) -> dict[int, DutyResult]:
    """What finished self-study says of these duties; the others are left out."""
    found = {}
    keys = list(duties)
    for start in range(0, len(keys), 900):
        rows = SelfStudyCourse.objects.filter(duty__in=keys[start : start + 900], finished_at__isnull=False)
        for duty, sentence in rows.values_list("duty_id", "sentence"):
            found[duty] = DutyResult(duty, DutyState.DONE, DutyReason.SELF_STUDY, sentence)
    return found


# --- how far people are -------------------------------------------------------------------------------------------


def followed_people(campaign: StudyCampaign, at: dt.datetime) -> QuerySet[StudyDuty]:
    """Everybody who is or was allowed to study alone, each with `stage` and the course.

    The stage says the duty as the ledger has it, then the permission (one to come counts), then the steps."""
    day = local(at).date()
    idle = at - dt.timedelta(days=STUCK_DAYS)
    stage = Case(
        When(self_study__finished_at__isnull=False, then=Value(SelfStudyStage.FINISHED.value)),
        When(~Q(state=DutyState.OWING), then=Value(SelfStudyStage.ELSEWHERE.value)),
        When(
            ~is_spared(campaign, day),
            then=Value(SelfStudyStage.LAPSED.value),
        ),
        When(self_study__isnull=True, then=Value(SelfStudyStage.NOT_BEGUN.value)),
        When(
            Q(self_study__wrong_here__gte=STUCK_TRIES) | Q(self_study__last_at__lt=idle),
            then=Value(SelfStudyStage.STUCK.value),
        ),
        default=Value(SelfStudyStage.READING.value),
        output_field=CharField(),
    )
    return (
        named_duties(campaign, day)
        .annotate(stage=stage)
        .select_related("person", "unit", "self_study")
    )  # fmt: skip


@dataclass(frozen=True)
class UnitProgress:
    """One unit of the table: people by stage."""

    unit: Unit
    counts: Mapping[SelfStudyStage, int]

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def cells(self) -> list[tuple[SelfStudyStage, int]]:
        return [(stage, self.counts.get(stage, 0)) for stage in SelfStudyStage]


def progress_by_unit(people: QuerySet[StudyDuty]) -> list[UnitProgress]:
    """People of `followed_people` by their cell and stage, cells with most people who have not begun or are stuck first."""
    counts: dict[int, dict[SelfStudyStage, int]] = defaultdict(dict)
    for unit, stage, number in people.order_by().values_list("unit_id", "stage").annotate(n=Count("pk")):  # type: ignore[misc]
        counts[unit][SelfStudyStage(stage)] = number
    units = Unit.objects.in_bulk(counts)
    late = (SelfStudyStage.NOT_BEGUN, SelfStudyStage.STUCK, SelfStudyStage.LAPSED)
    rows = [UnitProgress(units[key], by_stage) for key, by_stage in counts.items()]
    return sorted(
        rows, key=lambda one: (-sum(one.counts.get(stage, 0) for stage in late), one.unit.sort_key, one.unit.pk)
    )


def still_reading(campaign: StudyCampaign, at: dt.datetime) -> int:
    """How many people owe and are in the days in which they may study alone."""
    return allowed_duties(campaign, local(at).date()).filter(state=DutyState.OWING).count()


def course_by_code(typed: str) -> SelfStudyCourse | None:
    """The finished course whose proof sheet carries this code, typed with or without gaps."""
    code = "".join(one for one in typed.upper() if one.isalnum())
    return (
        SelfStudyCourse.objects.filter(code=code, finished_at__isnull=False)
        .select_related("duty__person", "duty__unit", "duty__campaign__unit", "permission")
        .first()
    )


# --- questions ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class QuestionedPart:
    """A part of the published texts of a campaign with its questions; `number` is how lists name it."""

    number: int
    document: GuidingDocument
    part: Part
    questions: list[SelfStudyQuestion]

    @property
    def head(self) -> str:
        return self.part.title or self.part.text[:120]


def questioned_parts(campaign: StudyCampaign, at: dt.datetime) -> list[QuestionedPart]:
    """Every part a course may show to somebody of the campaign, numbered in the order of the documents and their parts."""
    own: dict[int, list[SelfStudyQuestion]] = defaultdict(list)
    for one in SelfStudyQuestion.objects.filter(campaign=campaign, retired_at__isnull=True):
        own[one.part].append(one)
    tiers = set(
        StudyDuty.objects.filter(campaign=campaign, kind=ATTEND).order_by().values_list("tier", flat=True).distinct()
    )
    read_by = {one for one in Audience if not tiers or one.tier in tiers}
    found: list[QuestionedPart] = []
    for document, version in course_versions(campaign, at):
        for part in parts_for(version) if version else ():
            if part.kind not in rules.COURSE_KINDS or read_by.isdisjoint(part.audiences):
                continue
            found.append(QuestionedPart(len(found) + 1, document, part, own.get(part.id, [])))
    return found


@dataclass(frozen=True)
class Offer:
    """Self-study on the page of a member's duty: the sentence and whether the way in leads anywhere."""

    sentence: str
    label: str


def offer(duty: StudyDuty, at: dt.datetime) -> Offer | None:
    """What the page of a duty says of self-study; None where it has nothing to do with it."""
    row = SelfStudyCourse.objects.filter(duty=duty).first()
    if row is not None and row.finished_at is not None:
        return Offer(row.sentence, "Xem giấy xác nhận tự học")
    permission = permission_for(duty, local(at).date()) if duty.campaign.state == CampaignState.OPEN else None
    if duty.state != DutyState.OWING:
        return None if row is None else Offer(done_elsewhere(duty), "Xem phần đã tự học")
    if permission is None:
        return None if row is None else Offer("Thời hạn tự học đã hết; phần đã học vẫn được giữ.", "Xem phần đã tự học")
    until = f"Đồng chí được tự học đến hết ngày {show_day(permission.to_on)}, lúc nào thuận tiện thì học, dừng rồi học tiếp được."
    if row is None:
        return Offer(until, "Bắt đầu tự học")
    return Offer(f"{until} Đã qua {row.passed}/{row.total} mục.", "Học tiếp")


def done_elsewhere(duty: StudyDuty) -> str:
    """Why self-study is not needed any more."""
    reason = DutyReason(duty.reason).label
    return f"Không phải tự học nữa: {duty.sentence or reason}"
