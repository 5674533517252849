"""Reads of classes for whole pages and proofs."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Count, Exists, IntegerField, Min, OuterRef, Q, QuerySet, Subquery
from django.db.models.deletion import PROTECT
from django.db.models.functions import Coalesce

from quantriet.campaigns import queries as campaign_queries
from quantriet.campaigns.models import CampaignDocument, StudyCampaign, StudyDuty, StudyNotice
from quantriet.campaigns.vocab import ATTEND, DutyReason, DutyState, RuleKey, StudyForm
from quantriet.classes.models import ClassRole, ClassSession, ProgrammeItem, RosterEntry, StudyClass, Venue
from quantriet.classes.rules import leading, timetable
from quantriet.classes.vocab import (
    REQUIRED_ROLES,
    RUNNING_STATES,
    Check,
    ClassCounts,
    ClassRoleKind,
    ClassState,
    DiscussionShare,
    ItemKind,
    Placement,
    SummonsWay,
    UnitPlacement,
)
from quantriet.kit import numbers
from quantriet.kit.intervals import Interval
from quantriet.kit.refusal import Refusal
from quantriet.kit.text import fold
from quantriet.kit.time import local, show_clock, show_day, show_moment, start_of, today
from quantriet.org.models import Person, PostHeld, Unit, ancestor_ids, path_end

# --- time of a class -------------------------------------------------------------------------------------------------


def timetable_of(study_class: StudyClass) -> tuple[list[Interval], list[timetable.Item]]:
    """Sessions and programme items of a class as plain intervals."""
    sessions = list(ClassSession.objects.filter(study_class=study_class).values_list("starts_at", "ends_at"))
    items = list(
        ProgrammeItem.objects.filter(session__study_class=study_class).values_list("kind", "starts_at", "ends_at")
    )
    return sessions, items


def planned_seconds(study_class: StudyClass) -> int:
    """Class time in seconds: all sessions without their breaks."""
    return timetable.class_seconds(*timetable_of(study_class))


def first_day(study_class: StudyClass) -> date:
    """The day of the class on a Vietnamese calendar; today while it has no session."""
    start: datetime | None = ClassSession.objects.filter(study_class=study_class).aggregate(first=Min("starts_at"))[
        "first"
    ]
    return local(start).date() if start else today()


def discussion_share(study_class: StudyClass) -> DiscussionShare:
    """Discussion minutes of class minutes against the campaign's rulebook on the day of the class (B-10)."""
    rule = campaign_queries.rule_in_force(
        study_class.campaign, RuleKey.DISCUSSION_SHARE_PERCENT, on=first_day(study_class)
    )
    sessions, items = timetable_of(study_class)
    return timetable.discussion_share(sessions, items, least_percent=rule.value, basis=rule.basis)


# --- seats ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class VenueSeats:
    """A venue with the people seated there; `over` is how many more than it holds (R-043)."""

    venue: Venue
    seated: int

    @property
    def capacity(self) -> int | None:
        return self.venue.capacity

    @property
    def free(self) -> int | None:
        return None if self.capacity is None else max(0, self.capacity - self.seated)

    @property
    def over(self) -> int:
        return 0 if self.capacity is None else max(0, self.seated - self.capacity)


def capacity(study_class: StudyClass) -> list[VenueSeats]:
    """The venues of a class, the main one first, each with its people; exempt ones take no seat."""
    venues = (
        Venue.objects.filter(study_class=study_class)
        .select_related("unit", "clerk")
        .annotate(seated=Count("roster", filter=seated()))
        .order_by("-is_main", "name")
    )
    return [VenueSeats(venue, venue.seated) for venue in venues]


def seated(prefix: str = "roster__") -> Q:
    """Roster lines that take a seat: everybody but those who have been exempted since."""
    return Q(**{f"{prefix}duty__isnull": True}) | Q(**{f"{prefix}duty__state__in": [DutyState.OWING, DutyState.DONE]})


# --- marks of upper rooms -------------------------------------------------------------------------------------------


def is_marked(study_class: StudyClass) -> bool:
    """Whether something stands on this class that must not vanish: rows of upper rooms that protect its roster lines.

    Asked of the models themselves, so that this room needs to know none of the rooms above.
    """
    return any(
        relation.related_model._default_manager.filter(**{f"{relation.field.name}__study_class": study_class}).exists()
        for relation in RosterEntry._meta.related_objects
        if relation.on_delete is PROTECT
    )


# --- release --------------------------------------------------------------------------------------------------------


def posts_on(people: Iterable[int], day: date) -> dict[int, list[leading.Post]]:
    """The posts each of these people holds on a day."""
    found: dict[int, list[leading.Post]] = defaultdict(list)
    rows = (
        PostHeld.objects.on(day)
        .filter(person_id__in=list(people))
        .values_list("person_id", "post__is_standing", "post__is_head", "unit__path", "unit__kind__holds_members")
    )
    for person_id, *post in rows:
        found[person_id].append(leading.Post(*post))
    return found


def may_lead(person: Person, study_class: StudyClass) -> bool:
    """Whether the person is a standing member or a head on the day of the class (R-053)."""
    posts = posts_on([person.pk], first_day(study_class)).get(person.pk, [])
    return leading.may_lead(posts, study_class.unit.path)


def release_checks(study_class: StudyClass) -> list[Check]:
    """Everything that is looked at before a class is released, in the order of the page."""
    checks = [_sessions_check(study_class)]
    try:
        share = discussion_share(study_class)
        checks.append(Check("class.discussion_below", share.is_enough, share.sentence))
    except Refusal as missing:  # the rulebook says nothing for that day
        checks.append(Check(missing.code, False, missing.sentence))
    checks += _role_checks(study_class)
    checks += _roster_checks(study_class)
    if study_class.campaign.has_current_affairs:
        has = ProgrammeItem.objects.filter(session__study_class=study_class, kind=ItemKind.CURRENT_AFFAIRS).exists()
        sentence = (
            "Chương trình có phần thông tin thời sự."
            if has
            else "Đợt học tập kết hợp thông tin thời sự nhưng chương trình chưa có phần này."
        )
        checks.append(Check("class.current_affairs", has, sentence, stops=False))
    return checks


def _sessions_check(study_class: StudyClass) -> Check:
    count = ClassSession.objects.filter(study_class=study_class).count()
    if not count:
        return Check("class.no_session", False, "Lớp chưa có buổi học nào.")
    minutes = planned_seconds(study_class) // 60
    return Check(
        "class.no_session", True, f"Lớp có {count} buổi, {numbers.show_number(minutes)} phút không kể nghỉ giải lao."
    )


def _role_checks(study_class: StudyClass) -> list[Check]:
    roles = list(ClassRole.objects.filter(study_class=study_class, kind__in=REQUIRED_ROLES).select_related("person"))
    filled = {role.kind for role in roles}
    missing = [kind for kind in REQUIRED_ROLES if kind not in filled]
    names = ", ".join(kind.label.lower() for kind in missing)
    checks = [
        Check("class.roles_missing", False, f"Chưa phân công: {names}, theo {leading.BASIS}.")
        if missing
        else Check(
            "class.roles_missing",
            True,
            f"Đã phân công đủ chủ trì, khai mạc, bế mạc và lãnh đạo trực tiếp quán triệt, theo {leading.BASIS}.",
        )
    ]
    day = first_day(study_class)
    posts = posts_on((role.person_id for role in roles), day)
    checks += [
        Check(
            "class.role_not_leader",
            False,
            leading.refusal_sentence(role.person.full_name, ClassRoleKind(role.kind), show_day(day)),
        )
        for role in roles
        if not leading.may_lead(posts.get(role.person_id, []), study_class.unit.path)
    ]
    return checks


def _roster_checks(study_class: StudyClass) -> list[Check]:
    venues = capacity(study_class)
    total = sum(one.seated for one in venues)
    shown = numbers.show_number
    if not total:
        checks = [Check("class.roster_empty", False, "Danh sách lớp chưa có ai.")]
    else:
        checks = [Check("class.roster_empty", True, f"Danh sách lớp có {shown(total)} người.")]
    over = [one for one in venues if one.over]
    checks += [
        Check(
            "class.over_capacity",
            False,
            f"{one.venue.name} có {shown(one.seated)} người, quá sức chứa {shown(one.capacity or 0)} "
            f"là {shown(one.over)} người; hãy chuyển điểm cầu hoặc đưa bớt sang lớp khác, theo mục 2 Hướng dẫn 26-HD/BTGTU.",
        )
        for one in over
    ]
    unknown = [one.venue.name for one in venues if one.capacity is None]
    if unknown:
        checks.append(
            Check("class.capacity_unknown", False, f"Chưa ghi sức chứa của: {', '.join(unknown)}.", stops=False)
        )
    elif total and not over:
        checks.append(Check("class.over_capacity", True, "Không điểm cầu nào quá sức chứa."))
    exempt = RosterEntry.objects.filter(study_class=study_class, duty__state=DutyState.EXEMPT).count()
    if exempt:
        checks.append(
            Check(
                "class.exempt_in_roster",
                False,
                f"{shown(exempt)} người trong danh sách nay được miễn học; danh sách in ghi riêng những người này.",
                stops=False,
            )
        )
    clashing = clashes(study_class).count()
    if clashing:
        checks.append(
            Check(
                "class.clash",
                False,
                f"{shown(clashing)} người trùng giờ với lớp khác; hãy xếp lại để tránh trùng lặp, chồng chéo.",
                stops=False,
            )
        )
    return checks


def clashes(study_class: StudyClass) -> QuerySet[RosterEntry]:
    """Roster lines whose people sit in another running class at the same hour, in any campaign (R-018)."""
    same_hour = ClassSession.objects.filter(
        study_class=study_class,
        starts_at__lt=OuterRef("study_class__sessions__ends_at"),
        ends_at__gt=OuterRef("study_class__sessions__starts_at"),
    )
    other = RosterEntry.objects.filter(Exists(same_hour), person_id=OuterRef("person_id"), is_running=True).exclude(
        study_class=study_class
    )
    return RosterEntry.objects.filter(Exists(other), study_class=study_class)


# --- who is in which class (B-02) -----------------------------------------------------------------------------------


def placement(campaign: StudyCampaign, unit: Unit | None = None) -> Placement:
    """Who of a campaign is in exactly one class, in none, in several, or exempt, by cell (B-02).

    Three counts over the ledger and the rosters, so that 165,000 people take some hundred milliseconds. A person counts
    as placed by a line in a running class, or when the duty is done already. The database allows one running line per
    duty; only lines without a duty can make it several, and those few are looked at one by one.
    """
    duties = StudyDuty.objects.filter(campaign=campaign, kind=ATTEND)
    lines = RosterEntry.objects.filter(is_running=True, duty__campaign=campaign, duty__kind=ATTEND)
    if unit is not None:
        duties, lines = duties.filter(under([unit])), lines.filter(under([unit], "duty__unit__path"))
    people = Counter({(cell, state): n for cell, state, n in _tallied(duties, "unit_id", "state")})
    placed = Counter({(cell, state): n for cell, state, n in _tallied(lines, "duty__unit_id", "duty__state")})
    several: Counter[int] = Counter()
    for cell, state, by_duty, as_guest in _guests(campaign, duties):
        if state != DutyState.EXEMPT and by_duty + as_guest > 1:
            several[cell] += 1
        if not by_duty:
            placed[cell, state] += 1
    units = []
    for cell in sorted({cell for cell, _state in people}):
        owing, done = people[cell, DutyState.OWING], people[cell, DutyState.DONE]
        in_none = max(0, owing - placed[cell, DutyState.OWING])
        in_one = owing + done - in_none - several[cell]
        units.append(UnitPlacement(cell, in_one, in_none, several[cell], people[cell, DutyState.EXEMPT]))
    return Placement(
        in_one=sum(one.in_one for one in units),
        in_none=sum(one.in_none for one in units),
        in_several=sum(one.in_several for one in units),
        exempt=sum(one.exempt for one in units),
        units=tuple(units),
    )


def _tallied(rows: QuerySet[Any, Any], cell: str, state: str) -> list[tuple[int, str, int]]:
    return list(rows.order_by().values_list(cell, state).annotate(n=Count("pk")))


def _guests(campaign: StudyCampaign, duties: QuerySet[StudyDuty]) -> list[tuple[int, str, int, int]]:
    """People with a running line but no duty written beside it: cell, state, lines by duty, lines as guest."""
    lines = RosterEntry.objects.filter(is_running=True, duty__isnull=True, study_class__campaign=campaign)
    as_guest = dict(lines.order_by().values_list("person_id").annotate(n=Count("pk")))
    if not as_guest:
        return []
    by_duty = RosterEntry.objects.filter(is_running=True, duty=OuterRef("pk"))
    found = duties.filter(person_id__in=as_guest).annotate(has_line=Exists(by_duty))
    return [
        (cell, state, int(has_line), as_guest[person])
        for person, cell, state, has_line in found.values_list("person_id", "unit_id", "state", "has_line")
    ]


def under(units: Iterable[Unit], path: str = "unit__path") -> Q:
    """The condition "lies in one of these branches"."""
    ranges = [Q(**{f"{path}__gte": unit.path, f"{path}__lt": path_end(unit.path)}) for unit in units]
    return reduce(or_, ranges) if ranges else Q(pk__in=[])


def placed(campaign: StudyCampaign, how: str, unit: Unit | None = None) -> QuerySet[StudyDuty]:
    """The duties behind a figure of `placement`: `how` is "one", "none", "several" or "exempt"."""
    duties = StudyDuty.objects.filter(campaign=campaign, kind=ATTEND)
    if unit is not None:
        duties = duties.filter(unit__path__gte=unit.path, unit__path__lt=path_end(unit.path))
    if how == "exempt":
        return duties.filter(state=DutyState.EXEMPT)
    by_duty = Exists(RosterEntry.objects.filter(duty=OuterRef("pk"), is_running=True))
    lines = RosterEntry.objects.filter(is_running=True, study_class__campaign=campaign).order_by()
    as_guest = Q(person_id__in=lines.filter(duty__isnull=True).values("person_id"))
    if how == "none":
        return duties.filter(~by_duty, ~as_guest, state=DutyState.OWING)
    duties = duties.exclude(state=DutyState.EXEMPT)
    # Only lines without a duty can make it several; looking for those first spares counting everybody's lines.
    own = lines.filter(person_id=OuterRef("person_id")).values("person_id")
    several = as_guest & Q(Exists(own.annotate(n=Count("pk")).filter(n__gt=1)))
    if how == "several":
        return duties.filter(several)
    return duties.filter(by_duty | as_guest | Q(state=DutyState.DONE)).exclude(several)


# --- numbers for reports (P-12) --------------------------------------------------------------------------------------


def class_counts(campaign: StudyCampaign, unit: Unit | None = None) -> ClassCounts:
    """Classes held under a unit, by level and by form, with sessions, venues, people and outsiders."""
    classes = StudyClass.objects.filter(campaign=campaign).exclude(state=ClassState.CANCELLED)
    if unit is not None:
        classes = classes.filter(unit__path__gte=unit.path, unit__path__lt=path_end(unit.path))
    held = classes.filter(state=ClassState.CLOSED)
    by_level: dict[str, int] = defaultdict(int)
    by_kind: dict[str, int] = defaultdict(int)
    outsiders = 0
    for level, form, more in held.values_list("level", "form", "outsiders"):
        by_level[level] += 1
        by_kind[form] += 1
        outsiders += more
    return ClassCounts(
        classes=sum(by_level.values()),
        planned=classes.filter(state__in=RUNNING_STATES).count(),
        by_level=dict(by_level),
        by_kind=dict(by_kind),
        sessions=ClassSession.objects.filter(study_class__in=held).count(),
        venues=Venue.objects.filter(study_class__in=held).count(),
        people=RosterEntry.objects.filter(study_class__in=held).count(),
        outsiders=outsiders,
    )


# --- lines of pages -------------------------------------------------------------------------------------------------


def roster(study_class: StudyClass) -> QuerySet[RosterEntry]:
    """Roster lines with all that a printed list shows, by venue, cell and given name."""
    return (
        RosterEntry.objects.filter(study_class=study_class)
        .select_related("person", "unit", "venue", "duty")
        .order_by("-venue__is_main", "venue__name", "unit__path", "person__sort_key", "pk")
    )


def exempt_beside(study_class: StudyClass) -> QuerySet[StudyDuty]:
    """People of the cells on the roster who are exempt from this study: shown apart on the printed list (R-066)."""
    cells = RosterEntry.objects.filter(study_class=study_class).values("unit_id")
    return (
        StudyDuty.objects.filter(
            campaign_id=study_class.campaign_id, kind=ATTEND, state=DutyState.EXEMPT, unit_id__in=cells
        )
        .exclude(reason=DutyReason.WITHDRAWN)
        .select_related("person", "unit")
        .order_by("unit__path", "person__sort_key", "pk")
    )


def class_rows(classes: QuerySet[StudyClass]) -> QuerySet[StudyClass]:
    """Classes as lists show them: first session, people and venues counted by the database."""
    people = RosterEntry.objects.filter(study_class=OuterRef("pk")).order_by().values("study_class")
    return classes.select_related("unit", "campaign").annotate(
        first_session_at=Min("sessions__starts_at"),
        people=_counted(people),
        venue_count=_counted(Venue.objects.filter(study_class=OuterRef("pk")).order_by().values("study_class")),
    )


def _counted(rows: QuerySet[Any, Any]) -> Coalesce:
    return Coalesce(Subquery(rows.annotate(n=Count("pk")).values("n"), output_field=IntegerField()), 0)


def find_people(people: QuerySet[Person], words: str, limit: int = 20) -> list[Person]:
    """People whose name (in any writing, any word order) or code fits, in the order of given names."""
    found = people
    for word in fold(words).split():
        found = found.filter(Q(name_folded__contains=word) | Q(code__iexact=word))
    return list(found.select_related("unit").order_by("sort_key", "pk")[:limit])


@dataclass(frozen=True)
class Standing:
    """How somebody stands with a class and its campaign, and whether calling them makes sense."""

    sentence: str
    may_come: bool


def standing_of(people: Iterable[Person], study_class: StudyClass) -> dict[int, Standing]:
    """How each of these people stands with this class; nothing for who owes the study and is in no class."""
    keys = [person.pk for person in people]
    told: dict[int, Standing] = {}
    duties = dict(
        StudyDuty.objects.filter(campaign_id=study_class.campaign_id, kind=ATTEND, person_id__in=keys).values_list(
            "person_id", "state"
        )
    )
    for key in keys:
        if key not in duties:
            told[key] = Standing("Không thuộc đối tượng của đợt; dự như khách.", True)
        elif duties[key] == DutyState.EXEMPT:
            told[key] = Standing("Được miễn học.", False)
        elif duties[key] == DutyState.DONE:
            told[key] = Standing("Đã học xong.", True)
    lines = RosterEntry.objects.filter(
        person_id__in=keys, is_running=True, study_class__campaign_id=study_class.campaign_id
    ).values_list("person_id", "study_class_id", "study_class__title")
    for person_id, class_id, title in lines:
        here = class_id == study_class.pk
        told[person_id] = Standing("Đã có trong danh sách này." if here else f"Đã ở “{title}”.", False)
    return told


def posts_in_words(people: Iterable[Person], day: date) -> dict[int, str]:
    """The posts of each of these people on a day: "Bí thư, Đảng ủy xã …"."""
    found: dict[int, list[str]] = defaultdict(list)
    rows = PostHeld.objects.on(day).filter(person_id__in=[person.pk for person in people]).order_by("post__rank")
    for person_id, post, unit in rows.values_list("person_id", "post__name", "unit__name"):
        found[person_id].append(f"{post}, {unit}")
    return {key: "; ".join(words) for key, words in found.items()}


@dataclass(frozen=True)
class BranchPlacement:
    """Placement of one branch of the tree, as a line of the page "who has no class"."""

    unit: Unit
    in_one: int
    in_none: int
    in_several: int
    exempt: int

    @property
    def total(self) -> int:
        return self.in_one + self.in_none + self.in_several + self.exempt


def placement_by_branch(campaign: StudyCampaign, unit: Unit) -> tuple[Placement, list[BranchPlacement]]:
    """Placement under a unit, and rolled up to the units directly below it; those with most people unplaced come first."""
    whole = placement(campaign, unit)
    children = {child.pk: child for child in Unit.objects.filter(parent=unit).select_related("kind")}
    sums: dict[int, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    paths = dict(Unit.objects.under(unit).values_list("pk", "path"))
    depth = len(unit.ancestor_ids)
    for cell in whole.units:
        way = ancestor_ids(paths[cell.unit_id])
        key = way[depth] if len(way) > depth else unit.pk
        for place, figure in enumerate((cell.in_one, cell.in_none, cell.in_several, cell.exempt)):
            sums[key][place] += figure
    known = {**children, unit.pk: unit}
    branches = [BranchPlacement(known[key], *figures) for key, figures in sums.items()]
    branches.sort(key=lambda one: (-one.in_none - one.in_several, one.unit.sort_key))
    return whole, branches


def on_day(day: date) -> Q:
    """The condition on classes "has a session on this Vietnamese day"."""
    held = ClassSession.objects.filter(
        study_class=OuterRef("pk"), starts_at__gte=start_of(day), starts_at__lt=start_of(day + timedelta(days=1))
    )
    return Q(Exists(held))


def items_of(study_class: StudyClass) -> QuerySet[ProgrammeItem]:
    return ProgrammeItem.objects.filter(session__study_class=study_class).select_related("session__study_class__unit")


def notices_before(study_class: StudyClass) -> list[StudyNotice]:
    """What units were told about the documents of this class before it could be held (R-018)."""
    documents = CampaignDocument.objects.filter(campaign_id=study_class.campaign_id).values("document_id")
    notices = StudyNotice.objects.filter(document__in=documents, unit_id__in=study_class.unit.ancestor_ids)
    return list(notices.select_related("document", "unit").order_by("-at")[:3])


def days_since_issue(study_class: StudyClass) -> list[tuple[str, int]]:
    """For each document of the campaign how many days after its issue this class begins (R-018)."""
    day = first_day(study_class)
    documents = CampaignDocument.objects.filter(campaign_id=study_class.campaign_id).select_related("document")
    return [(one.document.reference_number, (day - one.document.issued_on).days) for one in documents]


# --- summons --------------------------------------------------------------------------------------------------------


class SummonsLetter:
    """The summons of one class: what is the same for everybody is read once."""

    def __init__(self, study_class: StudyClass) -> None:
        self.study_class = study_class
        self.sessions = list(ClassSession.objects.filter(study_class=study_class).order_by("starts_at"))
        documents = CampaignDocument.objects.filter(campaign_id=study_class.campaign_id).select_related("document")
        self.documents = [one.document.citation for one in documents]
        self.form = StudyForm(study_class.form).label

    @property
    def subject(self) -> str:
        return f"Giấy mời: {self.study_class.title}"

    @property
    def times(self) -> list[str]:
        """Each session in words: "Buổi sáng: 07:30 – 11:00 ngày 09/03/2026"."""
        return [f"{one.title}: {show_clock(one.starts_at)} – {show_moment(one.ends_at)}" for one in self.sessions]

    def place(self, venue: Venue) -> str:
        return f"{venue.name}, {venue.address}" if venue.address else venue.name

    def body(self, entry: RosterEntry) -> str:
        """The mail to one person."""
        lines = [
            f"Kính gửi: Đồng chí {entry.person.full_name}, {entry.unit.name}.",
            "",
            f"{self.study_class.unit.name} trân trọng mời đồng chí dự “{self.study_class.title}”, "
            f"thuộc đợt học tập “{self.study_class.campaign.name}”.",
            "",
            "Thời gian:",
            *(f"- {line}" for line in self.times),
            f"Địa điểm: {self.place(entry.venue)}",
            f"Hình thức: {self.form}",
        ]
        if self.documents:
            lines.append(f"Nội dung: {'; '.join(self.documents)}")
        if self.study_class.rules_of_conduct:
            lines += [
                "",
                "Nội quy lớp học:",
                *(f"- {rule}" for rule in self.study_class.rules_of_conduct.splitlines() if rule),
            ]
        lines += [
            "",
            "Đồng chí không dự được thì báo trước giờ khai mạc cho cấp ủy nơi sinh hoạt để xếp vào lớp sau.",
        ]
        return "\n".join(lines)

    def cancelled_body(self, entry: RosterEntry) -> str:
        """The mail that takes a summons back."""
        return "\n".join(
            [
                f"Kính gửi: Đồng chí {entry.person.full_name}, {entry.unit.name}.",
                "",
                f"{self.study_class.unit.name} xin báo: lớp “{self.study_class.title}” không tổ chức theo giấy mời đã gửi "
                f"({'; '.join(self.times)}).",
                "Đồng chí sẽ được mời vào lớp khác của đợt học tập.",
            ]
        )

    def calendar(self, entry: RosterEntry | None = None, venue: Venue | None = None) -> str:
        """The calendar file of the class, or of one person's venue: UTC times, identifiers that stay, no alarms."""
        import icalendar  # 0.2 s to import; only those who ask for a calendar pay it

        where = (
            entry.venue if entry else venue or Venue.objects.filter(study_class=self.study_class, is_main=True).first()
        )
        file = icalendar.Calendar()
        file.add("prodid", "-//Quan triet//Lop hoc tap//VI")
        file.add("version", "2.0")
        file.add("method", "PUBLISH")
        stamp = self.study_class.released_at or self.study_class.created_at
        for session in self.sessions:
            event = icalendar.Event()
            event.add("uid", f"{self.study_class.code}-{session.pk}@quantriet")
            event.add("dtstamp", stamp.astimezone(UTC))
            event.add("dtstart", session.starts_at.astimezone(UTC))
            event.add("dtend", session.ends_at.astimezone(UTC))
            is_cancelled = self.study_class.state == ClassState.CANCELLED
            event.add("sequence", self.study_class.revision + is_cancelled)
            event.add("summary", f"{self.study_class.title} – {session.title}")
            if where is not None:
                event.add("location", self.place(where))
            event.add("description", f"{self.study_class.unit.name}. {'; '.join(self.documents)}".strip())
            if is_cancelled:
                event.add("status", "CANCELLED")
            file.add_component(event)
        return str(file.to_ical().decode("utf-8"))


def summons_counts(lines: QuerySet[RosterEntry]) -> dict[str, int]:
    """How far the summons are: everybody, by mail, on paper, not yet, and those not yet without an address."""
    waiting = Q(summoned_at__isnull=True)
    return lines.aggregate(
        total=Count("pk"),
        mailed=Count("pk", filter=Q(summoned_by=SummonsWay.MAIL)),
        printed=Count("pk", filter=Q(summoned_by=SummonsWay.PRINT)),
        waiting=Count("pk", filter=waiting),
        unreachable=Count("pk", filter=waiting & Q(person__email="")),
    )
