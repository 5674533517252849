"""The figures of a report by range reads over tallies and a few grouped statements, and its files."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from copy import copy
from typing import Any

from django.db.models import Case, Count, F, Q, QuerySet, When
from django.utils.translation import override

from quantriet.attendance.models import CatchUp
from quantriet.attendance.vocab import CatchUpState, Verdict
from quantriet.campaigns import queries as campaign_queries
from quantriet.campaigns.models import CampaignReview, StudyCampaign, StudyDuty, Tally
from quantriet.campaigns.queries import AsOf, Board
from quantriet.campaigns.vocab import ATTEND, CampaignState, DutyReason, DutyState, StudyForm
from quantriet.classes.models import ClassRole, ClassSession, RosterEntry, StudyClass, Venue
from quantriet.classes.vocab import RUNNING_STATES, ClassRoleKind, ClassState, ConferenceLevel
from quantriet.kit.time import local, show_day, today
from quantriet.library.vocab import DOCUMENT_TYPES, ContentTier
from quantriet.org.models import PostHeld, Term, Unit, ancestor_ids, path_end
from quantriet.org.queries import history
from quantriet.org.rules.letterhead import place_of
from quantriet.org.vocab import MEMBER_KINDS, DecisionBody, Level
from quantriet.reports.models import Report, ReportTemplate
from quantriet.reports.rules import numbering, paper, workbook
from quantriet.reports.rules.narrative import called
from quantriet.reports.vocab import (
    Before,
    CatchUps,
    Cited,
    Classes,
    ClassGroup,
    Figures,
    Group,
    Instruction,
    Leading,
    Named,
    People,
    ReportKind,
    ReportState,
    Section,
    UnitRow,
)

_LEADING = {
    ClassRoleKind.DIRECTOR: "Chỉ đạo",
    ClassRoleKind.CHAIR: "Chủ trì",
    ClassRoleKind.OPENING: "Khai mạc",
    ClassRoleKind.CLOSING: "Bế mạc",
    ClassRoleKind.LEADER_PRESENTER: "Trực tiếp quán triệt",
    ClassRoleKind.REPORTER: "Báo cáo viên truyền đạt",
}
_REASONS = {
    DutyReason.ABSENT_EXCUSED: "excused",
    DutyReason.ABSENT_UNEXCUSED: "absent",
    DutyReason.OVER_LIMIT: "retake",
}


# --- figures ---------------------------------------------------------------------------------------------------------


def figures(campaign: StudyCampaign, unit: Unit, at: AsOf) -> Figures:
    """Everything a report of `unit` on `campaign` states at that moment; words are kept in Vietnamese."""
    # The names of that day stand in the figures, those of today in the head of the paper.
    unit, organiser = copy(unit), copy(campaign.unit)
    history.as_it_was([unit, organiser], at.words)
    with override("vi"):
        return _figures(campaign, unit, at, organiser.name)


def _as_of(at: AsOf) -> str:
    """As of when, and by which tree where the two differ."""
    if at.tree is not None:
        return f"{at.phrase}, theo cơ cấu tổ chức ngày đó"
    if at.day is not None and at.words is None and history.changed_since(at.day):
        return f"{at.phrase}, theo cơ cấu tổ chức hiện nay"
    return at.phrase


def _figures(campaign: StudyCampaign, unit: Unit, at: AsOf, organiser: str) -> Figures:
    board = campaign_queries.board(campaign, unit, ATTEND, at)
    held = _held(campaign, unit, at)
    silent = _silent(campaign, unit, at)
    unorganised = _unorganised(campaign, unit, at)
    tiers, sorts = _people(campaign, unit, at)
    review = CampaignReview.objects.filter(campaign=campaign, unit=unit, at__lt=at.moment).first()
    return Figures(
        unit=unit.name,
        campaign=campaign.name,
        organiser=organiser,
        plan_number=campaign.plan_number,
        period_from=show_day(campaign.planned_from),
        period_to=show_day(campaign.planned_to),
        due_on=show_day(campaign_queries.campaign_due_on(campaign)),
        form=StudyForm(campaign.form).label,
        as_of=_as_of(at),
        documents=_documents(campaign),
        classes=_classes(campaign, unit, at, held),
        people=sum((one.people for one in tiers), People()),
        silent_people=sum(one.people for one in silent),
        tiers=tiers,
        sorts=sorts,
        units=_units(unit, board, held, at),
        cells=board.cells,
        silent=silent,
        organising=board.plans,
        unorganised=unorganised,
        leading=_leading(held, at),
        catch_ups=_catch_ups(campaign, unit, at),
        instructions=_instructions(campaign, unit, at),
        lessons=" ".join(review.lessons.split()) if review else "",
        praise=" ".join(review.praise.split()) if review else "",
        criticism=" ".join(review.criticism.split()) if review else "",
    )


def _inside(campaign: StudyCampaign, unit: Unit, at: AsOf, column: str = "unit") -> Q:
    """The condition "counts under the unit" in the tree shown; nothing when the unit holds the whole campaign."""
    if campaign_queries.holds_all(campaign, unit, at):
        return Q()
    path = campaign_queries.path_then(unit, at)
    if at.tree is None:
        return Q(**{f"{column}__path__gte": path, f"{column}__path__lt": path_end(path)})
    return Q(**{f"{column}__in": history.keys_under(path, at.tree)})


def _held(campaign: StudyCampaign, unit: Unit, at: AsOf) -> QuerySet[StudyClass]:
    return StudyClass.objects.filter(
        _inside(campaign, unit, at), campaign=campaign, state=ClassState.CLOSED, closed_at__lt=at.moment
    )


def _documents(campaign: StudyCampaign) -> tuple[Cited, ...]:
    rows = campaign.campaign_documents.select_related("document")
    return tuple(
        Cited(
            f"{DOCUMENT_TYPES[one.document.type_code]} {one.document.citation}",
            one.document.issuing_body,
            one.document.subject,
        )
        for one in rows
    )


def _classes(campaign: StudyCampaign, unit: Unit, at: AsOf, held: QuerySet[StudyClass]) -> Classes:
    levels: dict[str, int] = defaultdict(int)
    forms: dict[str, int] = defaultdict(int)
    outsiders = catch_up = 0
    for level, form, more, is_catch_up in held.values_list("level", "form", "outsiders", "is_catch_up"):
        levels[level] += 1
        forms[form] += 1
        outsiders += more
        catch_up += is_catch_up
    # Classes that stood open at an earlier moment are not known any more; those of today are told as of today.
    planned = StudyClass.objects.filter(_inside(campaign, unit, at), campaign=campaign, state__in=RUNNING_STATES)
    by_level, by_form = _called(campaign, unit, at)
    return Classes(
        held=sum(levels.values()),
        planned=0 if at.day else planned.count(),
        catch_up=catch_up,
        sessions=ClassSession.objects.filter(study_class__in=held).count(),
        venues=Venue.objects.filter(study_class__in=held).count(),
        outsiders=outsiders,
        levels=tuple(
            ClassGroup(key.value, key.label, levels[key], *by_level.get(key, (0, 0)))
            for key in ConferenceLevel
            if levels[key] or key in by_level
        ),
        forms=tuple(
            ClassGroup(key.value, key.label, forms[key], *by_form.get(key, (0, 0)))
            for key in StudyForm
            if forms[key] or key in by_form
        ),
    )


Called = dict[str, tuple[int, int]]  # key → people called, people present enough


def _called(campaign: StudyCampaign, unit: Unit, at: AsOf) -> tuple[Called, Called]:
    """People of this unit called to classes held, whoever organised them, and those present enough: by level, by form.

    Each person counts once in either, in the class that was attended, else in the one held last, so that both ways add
    up to the same people; the exempt are left out.
    """
    rows = (
        RosterEntry.objects.filter(
            _inside(campaign, unit, at),
            study_class__campaign=campaign,
            study_class__state=ClassState.CLOSED,
            study_class__closed_at__lt=at.moment,
            duty__isnull=False,
        )
        .exclude(duty__state=DutyState.EXEMPT)
        .annotate(came=Case(When(verdict__verdict=Verdict.PRESENT, then=True), default=False))
        .order_by("came", "study_class__closed_at", "pk")
        .values_list("duty_id", "study_class__level", "study_class__form", "came")
    )
    # The last row of a person speaks: attended ones come last.
    of_person = {duty: (level, form, came) for duty, level, form, came in rows.iterator(chunk_size=5000)}
    levels: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    forms: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for level, form, came in of_person.values():
        for counted in (levels[level], forms[form]):
            counted[0] += 1
            counted[1] += came
    return _pairs(levels), _pairs(forms)


def _pairs(counted: dict[str, list[int]]) -> Called:
    return {key: (called, came) for key, (called, came) in counted.items()}


def _people(campaign: StudyCampaign, unit: Unit, at: AsOf) -> tuple[tuple[Group, ...], tuple[Group, ...]]:
    """People by tier, and members apart from others (R-075), from one grouped statement over the ledger."""
    if at.day:
        duties = campaign_queries.names(campaign, unit, ATTEND, at)
    else:
        duties = StudyDuty.objects.filter(_inside(campaign, unit, at), campaign=campaign, kind=ATTEND).annotate(
            state_then=F("state"), reason_then=F("reason")
        )
    rows: Any = (
        duties.order_by()  # type: ignore[misc]  # both ways add the two columns "then"
        .values("tier", "person__kind", "state_then", "reason_then")
        .annotate(number=Count("pk"))
        .values_list("tier", "person__kind", "state_then", "reason_then", "number")
    )
    tiers: dict[str, People] = defaultdict(People)
    sorts: dict[bool, People] = defaultdict(People)
    for tier, kind, state, reason, number in rows:
        people = _counted(state, reason, number)
        tiers[tier] += people
        sorts[kind in MEMBER_KINDS] += people
    return (
        tuple(Group(tier.value, tier.label, tiers[tier]) for tier in ContentTier if tier in tiers),
        tuple(
            Group(key, label, sorts[is_member])
            for is_member, key, label in (
                (True, "members", "Đảng viên"),
                (False, "others", "Đoàn viên, hội viên và quần chúng"),
            )
            if is_member in sorts
        ),
    )


_DONE = {DutyReason.CREDIT: "credited", DutyReason.SELF_STUDY: "alone"}


def _counted(state: str, reason: str, number: int) -> People:
    if state == DutyState.EXEMPT:
        return People(exempt=number)
    if state == DutyState.DONE:
        return People(**{_DONE.get(DutyReason(reason), "attended"): number})
    return People(**{_REASONS.get(DutyReason(reason), "waiting"): number})


def _units(unit: Unit, board: Board, held: QuerySet[StudyClass], at: AsOf) -> tuple[UnitRow, ...]:
    """The rows of the board by name, with the classes each unit below has held."""
    classes: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    own_path = campaign_queries.path_then(unit, at)
    depth = len(ancestor_ids(own_path))
    rows_held = list(held.values_list("unit_id", "outsiders"))
    paths = history.paths_on({pk for pk, _ in rows_held} | {row.unit.pk for row in board.rows}, at.tree)
    for pk, outsiders in rows_held:
        way = paths[pk].split(".")[: depth + 1]
        found = classes[".".join(way[: depth + 1]).rstrip(".") + "."]
        found[0] += 1
        found[1] += outsiders
    rows = []
    for row in sorted(board.rows, key=lambda row: (not row.is_own, row.unit.sort_key, row.unit.pk)):
        number, outsiders = classes.pop(paths[row.unit.pk], (0, 0))
        rows.append(
            UnitRow(
                row.unit.pk,
                row.unit.name,
                done=row.count.done,
                exempt=row.count.exempt,
                owing=row.count.owing,
                cells=row.cells,
                silent_cells=row.silent_cells,
                organising=row.plans,
                organised=row.held,
                classes=number,
                outsiders=outsiders,
                is_own=row.is_own,
                waits=row.waits,
            )
        )
    own = classes.pop(own_path, None)
    if own and rows:
        # Classes that the unit itself has organised for people of the units below.
        rows.insert(
            0, UnitRow(unit.pk, f"{unit.name} (trực tiếp mở lớp)", classes=own[0], outsiders=own[1], is_own=True)
        )
    return tuple(rows)


def _silent(campaign: StudyCampaign, unit: Unit, at: AsOf) -> tuple[Named, ...]:
    rows = campaign_queries.silent_units(campaign, unit, ATTEND, at).order_by("path")
    return _named([(one.unit, one.obliged) for one in rows], unit, at)


def _named(rows: Sequence[tuple[Unit, int]], unit: Unit, at: AsOf) -> tuple[Named, ...]:
    """Units by name with the one above them and the branch they lie in, called as in the tree shown."""
    units = [one for one, _ in rows]
    paths = history.paths_on({one.pk for one in units} | {unit.pk}, at.tree)
    depth = len(ancestor_ids(paths.get(unit.pk, unit.path)))
    above = {pk for one in units for pk in ancestor_ids(paths[one.pk])[-2:-1]}
    parents = Unit.objects.in_bulk(above)
    history.as_it_was([*units, *parents.values()], at.words)
    named = []
    for one, number in rows:
        way = ancestor_ids(paths[one.pk])
        parent = parents.get(way[-2]) if len(way) > 1 else None
        under = way[depth] if len(way) > depth else way[-1]
        named.append(Named(one.name, "" if parent is None or parent.pk == unit.pk else parent.name, number, under))
    return tuple(named)


def _unorganised(campaign: StudyCampaign, unit: Unit, at: AsOf) -> tuple[Named, ...]:
    rows = campaign_queries.unorganised(campaign, unit, at).exclude(unit=unit).order_by("unit__path")
    return _named([(one.unit, 0) for one in rows], unit, at)


def _leading(held: QuerySet[StudyClass], at: AsOf) -> tuple[Leading, ...]:
    persons: dict[str, set[int]] = defaultdict(set)
    classes: dict[str, set[int]] = defaultdict(set)
    roles = ClassRole.objects.filter(study_class__in=held)
    for kind, person, study_class in roles.values_list("kind", "person_id", "study_class_id"):
        persons[kind].add(person)
        classes[kind].add(study_class)
    day = local(at.moment).date()
    heads = set(
        PostHeld.objects.on(day)
        .filter(post__is_head=True, person__in=roles.values("person_id"))
        .values_list("person_id", flat=True)
    )
    return tuple(
        Leading(kind.value, label, len(classes[kind]), len(persons[kind]), len(persons[kind] & heads))
        for kind, label in _LEADING.items()
        if kind in persons
    )


def _catch_ups(campaign: StudyCampaign, unit: Unit, at: AsOf) -> CatchUps:
    chain = CatchUp.objects.filter(
        _inside(campaign, unit, at, "duty__unit"), duty__campaign=campaign, duty__kind=ATTEND, opened_at__lt=at.moment
    )

    def persons(condition: Q) -> Count:
        return Count("duty_id", distinct=True, filter=condition)

    counts = chain.aggregate(
        opened=Count("duty_id", distinct=True),
        done=persons(Q(state=CatchUpState.DONE, closed_at__lt=at.moment)),
        placed=persons(Q(state=CatchUpState.PLACED)),
        late=persons(Q(state=CatchUpState.OPEN, invited_at__isnull=True, invite_before_on__lt=today())),
    )
    if at.day:
        return CatchUps(counts["opened"], counts["done"])
    return CatchUps(counts["opened"], counts["done"], counts["placed"], counts["late"])


def _instructions(campaign: StudyCampaign, unit: Unit, at: AsOf) -> tuple[Instruction, ...]:
    changes = [one for one in campaign_queries.form_changes(campaign, unit) if one.at < at.moment]
    return tuple(
        Instruction(
            unit=one.unit.name,
            on=show_day(local(one.at).date()),
            situation=one.situation,
            basis=one.instruction,
            before=StudyForm(one.form_before).label,
            after=StudyForm(one.form_after).label,
            postponed_to=show_day(one.postponed_to) if one.postponed_to else "",
        )
        for one in reversed(changes)
    )


# --- what went before ------------------------------------------------------------------------------------------------


def previous_report(campaign: StudyCampaign, unit: Unit, at: AsOf, besides: Report | None = None) -> Report | None:
    """The last report sent before: of the same campaign and unit, else of the unit's campaign before."""
    sent = Report.objects.filter(unit=unit, state=ReportState.SENT, as_of__lt=at.moment).order_by("-as_of", "-pk")
    if besides is not None:
        sent = sent.exclude(pk__in=[besides.pk or 0, besides.corrects_id or 0])
    sent = sent.exclude(corrections__state=ReportState.SENT).select_related("campaign")
    sent = sent.defer("docx", "xlsx", "narrative", "before")
    own: Report | None = sent.filter(campaign=campaign).first()
    if own:
        return own
    before: Report | None = sent.filter(campaign__planned_from__lt=campaign.planned_from).first()
    return before


def what_went_before(
    campaign: StudyCampaign, unit: Unit, at: AsOf, besides: Report | None = None
) -> tuple[Report | None, Before | None]:
    """What a report is compared with: the report before, else the campaign before as it stands."""
    report = previous_report(campaign, unit, at, besides)
    if report is not None:
        of = "" if report.campaign_id == campaign.pk else f" ({called(report.campaign.name)})"
        day = report.signed_on or local(report.as_of).date()
        name = f"Báo cáo {report.number} ngày {show_day(day)}{of}"
        return report, Before(name, Figures.from_json(report.figures))
    earlier = (
        StudyCampaign.objects.filter(
            Q(unit_id__in=unit.ancestor_ids) | Q(unit__closed_on__isnull=False),
            planned_from__lt=campaign.planned_from,
            state__in=[CampaignState.OPEN, CampaignState.CLOSED],
        )
        .exclude(pk=campaign.pk)
        .select_related("unit")
        .order_by("-planned_from", "-pk")
    )
    for one in earlier[:20]:
        if Tally.objects.filter(campaign=one, kind=ATTEND).under(unit).exists():
            return None, Before(called(one.name), figures(one, unit, campaign_queries.as_of()))
    return None, None


def head_defaults(campaign: StudyCampaign, unit: Unit) -> dict[str, str]:
    """Head and foot of a new report: as in the unit's last one, else what the tree tells."""
    name = campaign.name
    subject = (
        f"kết quả {name[:1].lower()}{name[1:]}"
        if name.lower().startswith("đợt")
        else f"kết quả học tập, quán triệt {name}"
    )
    last: Report | None = Report.objects.filter(unit=unit).light().order_by("-pk").first()
    sent = Report.objects.filter(unit=unit, state=ReportState.SENT)
    term = history.term_on(unit, today())
    within = sent.filter(signed_on__gte=term.valid_from) if term else sent
    numbers = within.order_by("-pk").values_list("number", flat=True)[:50]
    if last is not None:
        symbol = numbering.symbol_of(last.number) or _symbol(unit)
        kept = ("superior", "body", "place", "recipients", "authority", "signer_title", "signer_name")
        return {one: getattr(last, one) for one in kept} | {
            "subject": subject[:400],
            "number": numbering.next_number(numbers, symbol, begins_anew=term is not None and sent.exists()),
        }
    parent = unit.parent
    head = (
        PostHeld.objects.on()
        .filter(unit=unit, post__is_head=True)
        .select_related("person", "post")
        .order_by("post__rank")
        .first()
    )
    authority = {
        DecisionBody.STANDING_COMMITTEE: "T/M BAN THƯỜNG VỤ",
        DecisionBody.EXECUTIVE_COMMITTEE: "T/M BAN CHẤP HÀNH",
        DecisionBody.PARTY_ORGANIZATION: "T/M CHI BỘ" if unit.kind.holds_members else "T/M CẤP ỦY",
    }.get(DecisionBody(unit.kind.decision_body), "")
    return {
        "superior": parent.name.upper() if parent else "",
        "body": unit.name.upper(),
        "place": place_of(
            Unit.objects.filter(pk__in=unit.ancestor_ids).order_by("-depth").values_list("name", flat=True)
        ),
        "recipients": "\n".join(([parent.name] if parent else []) + ["Các đơn vị trực thuộc", "Lưu"]),
        "authority": authority,
        "signer_title": head.post.name.upper() if head else "",
        "signer_name": head.person.full_name if head else "",
        "subject": subject[:400],
        "number": "",
    }


def _symbol(unit: Unit) -> str:
    return numbering.default_symbol(is_province=unit.kind.level == Level.PROVINCE, is_cell=unit.kind.holds_members)


def same_number(report: Report) -> Report | None:
    """A sent report of the same unit that carries this number already; without a recorded term that is only a hint."""
    if not report.number:
        return None
    found: Report | None = (
        Report.objects.filter(unit_id=report.unit_id, number=report.number, state=ReportState.SENT)
        .exclude(pk=report.pk)
        .light()
        .order_by("-sent_at")
        .first()
    )
    return found


def taken_in_term(report: Report) -> tuple[Report, Term] | None:
    """A sent report of the same unit with this number in the same term (P-02)."""
    if not report.number or report.signed_on is None:
        return None
    term = history.term_on(report.unit, report.signed_on)
    if term is None:
        return None
    found = (
        Report.objects.filter(
            unit_id=report.unit_id, number=report.number, state=ReportState.SENT,
            signed_on__gte=term.valid_from, signed_on__lte=term.valid_to,
        )
        .exclude(pk=report.pk)
        .light()
        .first()
    )  # fmt: skip
    return (found, term) if found else None


# --- files -----------------------------------------------------------------------------------------------------------


def template_in_force(unit: Unit) -> ReportTemplate | None:
    """The office's own template: of the unit, else of the nearest unit above; None is the built-in one."""
    return (
        ReportTemplate.objects.filter(unit_id__in=unit.ancestor_ids, kind=ReportKind.CAMPAIGN_RESULT, is_current=True)
        .select_related("unit", "uploaded_by")
        .defer("content")
        .order_by("-unit__depth")
        .first()
    )


def template_history(unit: Unit) -> list[ReportTemplate]:
    """Every template this unit has uploaded, latest first, with how many sent reports rest on it."""
    return list(
        ReportTemplate.objects.filter(unit=unit, kind=ReportKind.CAMPAIGN_RESULT)
        .select_related("uploaded_by")
        .defer("content")
        .annotate(report_count=Count("reports"))
        .order_by("-uploaded_at", "-pk")
    )


def texts_of(report: Report) -> dict[Section, str]:
    return {section: report.narrative.get(section.value, {}).get("text", "") for section in Section}


def head_of(report: Report) -> paper.Head:
    corrected = report.corrects
    corrects = ""
    if corrected is not None:
        day = corrected.signed_on or local(corrected.as_of).date()
        corrects = f"Báo cáo {corrected.number} ngày {show_day(day)}"
    return paper.Head(
        superior=report.superior,
        body=report.body,
        number=report.number,
        symbol=_symbol(report.unit),
        place=report.place,
        signed_on=report.signed_on,
        subject=report.subject,
        recipients=tuple(line.strip().rstrip(",.;") for line in report.recipients.splitlines() if line.strip()),
        authority=report.authority,
        signer_title=report.signer_title,
        signer_name=report.signer_name,
        corrects=corrects,
    )


def word_file(report: Report) -> bytes:
    """The report as Word: what was sent, byte for byte; of a draft what would be sent now (B-17)."""
    return bytes(report.docx or b"") if report.is_sent else made_word(report, template_in_force(report.unit))


def excel_file(report: Report) -> bytes:
    """The figures as Excel: what was sent, byte for byte; of a draft what would be sent now."""
    return bytes(report.xlsx or b"") if report.is_sent else made_excel(report)


def made_word(report: Report, template: ReportTemplate | None) -> bytes:
    """Fill the template from what is frozen in the report and nothing else: the same report, the same bytes."""
    filled = paper.context(head_of(report), Figures.from_json(report.figures), texts_of(report))
    content = bytes(template.content) if template else paper.template()
    return paper.render(content, filled, at=report.as_of, author=report.body, title=f"Báo cáo {report.subject}")


def made_excel(report: Report) -> bytes:
    """Write the workbook from what is frozen in the report and nothing else."""
    return workbook.workbook(Figures.from_json(report.figures), title=f"Báo cáo {report.subject}", at=report.as_of)
