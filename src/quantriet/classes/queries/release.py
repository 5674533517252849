"""What is looked at before a class is released: parts, roster, seats, clashes, marks of upper rooms."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from functools import reduce
from operator import or_

from django.db.models import Q, QuerySet
from django.db.models.deletion import PROTECT

from quantriet.campaigns.vocab import CampaignState, DutyState
from quantriet.classes.models import ClassRole, ClassSession, ProgrammeItem, RosterEntry, StudyClass
from quantriet.classes.queries.programme import discussion_share, first_day, planned_seconds
from quantriet.classes.queries.seats import capacity
from quantriet.classes.rules import leading
from quantriet.classes.vocab import (
    REQUIRED_ROLES,
    Check,
    ClassRoleKind,
    ItemKind,
)
from quantriet.kit import numbers
from quantriet.kit.refusal import Refusal
from quantriet.kit.time import show_day
from quantriet.library import queries as library_queries
from quantriet.library.models import GuidingDocument
from quantriet.org.models import Person, PostHeld


def is_marked(study_class: StudyClass) -> bool:
    """Whether something stands on this class that must not vanish: rows of upper rooms that protect its roster lines.

    Asked of the models themselves, so that this room needs to know none of the rooms above.
    """
    return any(
        relation.related_model._default_manager.filter(**{f"{relation.field.name}__study_class": study_class}).exists()
        for relation in RosterEntry._meta.related_objects
        if relation.on_delete is PROTECT
    )


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


def posts_in_words(people: Iterable[Person], day: date) -> dict[int, str]:
    """The posts of each of these people on a day: "Bí thư, Đảng ủy xã …"."""
    found: dict[int, list[str]] = defaultdict(list)
    rows = PostHeld.objects.on(day).filter(person_id__in=[person.pk for person in people]).order_by("post__rank")
    for person_id, post, unit in rows.values_list("person_id", "post__name", "unit__name"):
        found[person_id].append(f"{post}, {unit}")
    return {key: "; ".join(words) for key, words in found.items()}


def release_checks(study_class: StudyClass) -> list[Check]:
    """Everything that is looked at before a class is released, in the order of the page."""
    checks = [_sessions_check(study_class)]
    if study_class.campaign.state == CampaignState.DRAFT:
        sentence = "Đợt học tập chưa mở: mời được, nhưng chỉ điểm danh được từ khi mở."
        checks.append(Check("campaign.not_open", False, sentence, stops=False))
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
    documents = GuidingDocument.objects.filter(
        Q(campaigns=study_class.campaign_id)
        | Q(pk__in=ProgrammeItem.objects.filter(session__study_class=study_class).values("document"))
    )
    day = first_day(study_class)
    warnings = library_queries.lifecycle_warnings(list(documents.distinct().order_by("issued_on", "pk")), day=day)
    checks += [Check("class.document_not_in_force", False, words, stops=False) for words in warnings]
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
    hours = study_class.sessions.values_list("starts_at", "ends_at")
    same_hour = reduce(or_, (Q(starts_at__lt=ends, ends_at__gt=starts) for starts, ends in hours), Q(pk__in=[]))
    # The classes first: joined into one question, PostgreSQL compares every hour with every other when its statistics are old.
    others = ClassSession.objects.filter(same_hour).exclude(study_class=study_class).order_by()
    keys = list(others.values_list("study_class", flat=True).distinct())
    elsewhere = RosterEntry.objects.filter(is_running=True, study_class__in=keys).order_by()
    return RosterEntry.objects.filter(study_class=study_class, person__in=elsewhere.values("person"))
