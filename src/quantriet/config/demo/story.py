"""What happened in the demo until today: the organisation, its accounts, and three weeks of a campaign."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from django.db import transaction

from quantriet.attendance import actions as attendance_actions
from quantriet.attendance import queries as attendance_queries
from quantriet.attendance.models import MeetingLog, RollReopening
from quantriet.attendance.rules.devices import Batch
from quantriet.attendance.vocab import FactKind, Mark, Method, SentFact
from quantriet.campaigns import actions as campaign_actions
from quantriet.campaigns import queries as campaign_queries
from quantriet.campaigns.models import StudyCampaign, StudyDuty
from quantriet.campaigns.vocab import CreditKind, DutyState, RuleKey
from quantriet.classes import actions as class_actions
from quantriet.classes.models import ClassSession, RosterEntry, StudyClass
from quantriet.classes.vocab import ClassRoleKind, ConferenceLevel, ItemKind
from quantriet.config.demo import online, texts
from quantriet.config.demo import people as made
from quantriet.config.demo.alone import shift_cells, study_alone
from quantriet.config.demo.catching_up import catch_up
from quantriet.config.demo.conferring import confer
from quantriet.config.demo.direction import direct
from quantriet.config.demo.portal import open_portal
from quantriet.config.demo.seating import seat_people
from quantriet.config.demo.speaking import speak
from quantriet.config.demo.spreading import spread
from quantriet.config.demo.telling import inform
from quantriet.kit.time import at_local, local, now, today
from quantriet.library import actions as library_actions
from quantriet.library.actions import masters as master_actions
from quantriet.library.actions import materials as material_actions
from quantriet.library.models import GuidingDocument, Material, MaterialFile
from quantriet.library.vocab import Audience, ContentTier, MaterialKind, PartKind, PointKind, PointTheme, RelationKind
from quantriet.org import access as org_access
from quantriet.org import actions as org_actions
from quantriet.org.actions import privacy
from quantriet.org.models import Account, Person, PostHeld, Unit
from quantriet.org.rules.events import Change
from quantriet.org.vocab import Level, Permission, RequestKind, ResponsibilityKind
from quantriet.speakers.models import Reporter

MORNING = (dt.time(7, 30), dt.time(11, 0))
AFTERNOON = (dt.time(13, 30), dt.time(16, 30))
Part = tuple[str, tuple[dt.time, dt.time]]
HALF_DAY: tuple[Part, ...] = (("Buổi sáng", MORNING),)
WHOLE_DAY: tuple[Part, ...] = (*HALF_DAY, ("Buổi chiều", AFTERNOON))


@dataclass
class Organisation:
    """The tree with its people and accounts, by code and user name; `dice` makes the rest the same every time."""

    units: dict[str, Unit]
    people: dict[str, Person]
    accounts: dict[str, Account]
    dice: random.Random = field(default_factory=lambda: random.Random(15))  # noqa: S311 (demo data)

    @property
    def root(self) -> Unit:
        return self.units["TL"]

    @property
    def officer(self) -> Account:
        return self.accounts["canbo"]


def tell(size: str, *, say: Callable[[str], object]) -> Organisation:
    """Write the whole demo of that size, all or nothing.

    A province gets its people and documents and a campaign ready to be prepared; its three weeks would take an hour.
    """
    with transaction.atomic():
        organisation = found(made.SIZES[size], say=say)
        documents = register(organisation)
        campaign = plan(organisation, documents)
        direct(campaign, organisation.officer, founded=made.FOUNDED)
        look(organisation)
        publish(organisation, documents)
        say(f"  {GuidingDocument.objects.count()} văn bản, đợt học tập “{campaign.name}” gồm {len(documents)} văn bản")
        if size != "province":
            classes = hold(organisation, campaign)
            hand_out(organisation, campaign, documents)
            say(f"  {len(classes)} lớp học, điểm danh đến hôm nay")
            follow(organisation, campaign)
            conference = confer(
                organisation.root, campaign, officer=organisation.officer, clerk=organisation.accounts["bithu"]
            )
            say(f"  “{conference.title}”: {conference.venues.count()} điểm cầu")
            worker = organisation.accounts["lamca"].person
            cells = shift_cells(list(Unit.objects.active().order_by("path")))
            alone = study_alone(
                documents[0], organisation.root, cells, worker, officer=organisation.officer, rulebook=campaign.rulebook
            )
            say(f"  “{alone.name}”: {StudyDuty.objects.filter(campaign=alone).count()} người tự học")
            inform(organisation.root, organisation.accounts)
            cell = organisation.accounts["bithu"].person.unit
            speak(organisation.root, committee_of(organisation.root, cell), cell, organisation.accounts)
            say(f"  {Reporter.objects.count()} báo cáo viên, tuyên truyền viên")
            timetable = catch_up(organisation.root, campaign, officer=organisation.officer)
            say(f"  “{timetable.title}”: {timetable.classes.count()} lớp")
    return organisation


def committee_of(root: Unit, cell: Unit) -> Unit:
    """The committee above a cell that keeps a register of propagandists: its commune."""
    above = Unit.objects.filter(pk__in=cell.ancestor_ids, kind__level=Level.COMMUNE).order_by("depth").first()
    return above or root


def found(size: made.Size, *, say: Callable[[str], object]) -> Organisation:
    """Units, people, accounts; where there are communes, first as they were and then through the reform of 1 July 2025."""
    at = now()
    new_units = made.tree(size)
    old_units, changes = made.before_reform(new_units)
    units = org_actions.add_units_at_once(
        old_units, under=None, by=None, at=at, valid_from=made.OLD_FOUNDED if changes else made.FOUNDED
    )
    accounts = {
        login.username: _account(login, None, units["TL"], at=at)
        for login in made.LOGINS
        if login.at == "root" and login.username not in made.MEMBERS
    }
    if changes:
        # Before anybody is in it: 165,000 people more in the same transaction make each step ten times slower.
        _reform(units["TL"], changes, accounts, say=say)
        units = {unit.code: unit for unit in Unit.objects.select_related("kind", "parent")}
    new_people = made.members(size, new_units, today=today())
    people = org_actions.add_people_at_once(new_people, units=units, by=None, at=at)
    if changes:
        _last_spring(units["TL"], accounts["canbo"])
    say(f"  {Unit.objects.active().count()} đơn vị")  # type: ignore[attr-defined]
    say(f"  {len(people)} đảng viên")
    committee = next((unit.code for unit in new_units if unit.kind in ("DANG_UY_XA", "DANG_UY_PHUONG")), "TL")
    cell = next(unit.code for unit in new_units if unit.kind == "CHI_BO" and unit.code.startswith(committee))
    in_cell = [one.code for one in new_people if one.unit == cell]
    shift = next((one.code for one in shift_cells(list(Unit.objects.active().order_by("path")))), cell)
    places = {"root": "TL", "committee": committee, "cell": cell, "shift": shift}
    in_shift = [one.code for one in new_people if one.unit == shift]
    elsewhere = next((one.code for one in new_people if one.unit not in (cell, shift)), in_cell[1])
    persons = {"bithu": in_cell[0], "dangvien": in_cell[5], "lamca": in_shift[-1], "baocaovien": elsewhere}
    for login in made.LOGINS:
        if login.username not in accounts:
            person = people.get(persons.get(login.username, ""))
            accounts[login.username] = _account(login, person, units[places[login.at]], at=at)
    for first, last in ((2020, 2025), (2025, 2030)):
        org_actions.add_term(
            unit=units["TL"], name=f"Nhiệm kỳ {first}–{last}", valid_from=dt.date(first, 10, 1),
            valid_to=dt.date(last, 9, 30), by=accounts["quantri"], at=at,
        )  # fmt: skip
    # Some slips of the secretary's cell wait to be used, some have passed their day.
    for codes, days_ago in ((in_cell[6:10], 3), (in_cell[10:12], 40)):
        printed_at = at - dt.timedelta(days=days_ago)
        org_actions.print_slips(
            [people[code] for code in codes],
            by=accounts["bithu"],
            at=printed_at,
            ends_on=printed_at.date() + dt.timedelta(days=30),
        )
    organisation = Organisation(units, people, accounts)
    _assign_leaders(organisation)
    # What a key looks like on its page; nobody knows this one, so that it opens nothing.
    org_actions.make_token(
        organisation.officer, name="Kho dữ liệu của Ban (mẫu)", ends_on=today() + dt.timedelta(days=90), at=at,
        scopes=[Permission.UNIT_VIEW, Permission.DOCUMENT_VIEW, Permission.CAMPAIGN_VIEW],
    )  # fmt: skip
    return organisation


def look(organisation: Organisation) -> None:
    """Some looks at the member who tries the demo, and an open request of theirs."""
    member = organisation.accounts["dangvien"].person
    assert member is not None, "the demo's member is a person"
    day = now() - dt.timedelta(days=1)
    privacy.note_look(organisation.officer, member, privacy.LOOKED, at=day - dt.timedelta(days=6))
    privacy.note_look(organisation.accounts["bithu"], member, privacy.LOOKED, at=day)
    privacy.note_list(
        organisation.officer, member.unit, "tải danh sách người ra Excel", member.unit.people.count(), at=day
    )
    privacy.enter_request(
        member, by=organisation.accounts["dangvien"], at=day, kind=RequestKind.CORRECTION, about="occupation",
        proposed="Cán bộ hưu trí", wish="Tôi đã nghỉ hưu từ tháng trước.",
    )  # fmt: skip


def _account(login: made.Login, person: Person | None, unit: Unit, *, at: dt.datetime) -> Account:
    account = org_actions.add_account(
        by=None, at=at, username=login.username, display_name=person.full_name if person else f"{login.label} (mẫu)",
        password=made.PASSWORD, person=person, is_demo=True,
    )  # fmt: skip
    org_actions.give_appointment(
        account, by=None, at=at, role=login.role, unit=unit, valid_from=today() - dt.timedelta(days=60)
    )
    return account


def _reform(root: Unit, changes: list[Change], accounts: dict[str, Account], *, say: Callable[[str], object]) -> None:
    """Districts end and communes become others, in one decision."""
    decided, day = dt.date(2025, 6, 20), made.FOUNDED
    decision = org_actions.draft_decision(
        unit=root, number="1678-QĐ/TU", decided_on=decided, effective_on=day, issued_by="Ban Thường vụ Tỉnh ủy (hư cấu)",
        changes=changes, by=accounts["canbo"], at=at_local(decided, dt.time(9, 0)),
    )  # fmt: skip
    org_actions.confirm_decision(
        decision, revision=decision.revision, by=accounts["quantri"], at=at_local(decided, dt.time(15, 0))
    )
    org_actions.put_in_force(decision.pk, at=at_local(day, dt.time(7, 0)))
    decision.refresh_from_db()
    if decision.problem:
        raise RuntimeError(decision.problem)
    say(f"  sắp xếp ngày 01/07/2025: {decision.counts['summary']}")


def _last_spring(root: Unit, by: Account) -> None:
    """Secretaries of the whole organisation learned a directive in spring 2025; it was closed before the reform.

    Written afterwards, with the moments of then: the board of a day before July stands on the districts and communes of then.
    """
    at, day = at_local(dt.date(2025, 4, 1), dt.time(8, 0)), dt.date(2025, 4, 15)
    document = library_actions.register_document(
        by=by, at=at, unit=root, reference_number="45-CT/TU", issuing_body=root.name, level=root.kind.level,
        issued_on=dt.date(2025, 3, 20), subject="về chuẩn bị sắp xếp tổ chức bộ máy và đại hội các cấp (hư cấu)",
    )  # fmt: skip
    rulebook = campaign_actions.add_rulebook(unit=root, name="Quy tắc học tập nghị quyết 2025", by=by, at=at)
    campaign = campaign_actions.add_campaign(
        unit=root, name="Đợt học tập Chỉ thị 45-CT/TU", rulebook=rulebook, documents=[document], planned_from=day,
        planned_to=dt.date(2025, 5, 15), plan_number="78-KH/TU", form="online", by=by, at=at,
    )  # fmt: skip
    campaign_actions.add_audience_rule(
        campaign,
        name="Bí thư cấp ủy, bí thư chi bộ",
        criteria={"posts": ["BI_THU"]},
        basis="Kế hoạch 78-KH/TU",
        by=by,
        at=at,
    )
    campaign_actions.prepare_duties(campaign, by=by, at=at)
    conference = class_actions.add_class(
        by=by, at=at, campaign=campaign, unit=root, title="Hội nghị trực tuyến quán triệt Chỉ thị 45-CT/TU", form="online",
        venue_name="Hội trường Tỉnh ủy", capacity=20_000,
    )  # fmt: skip
    _timetable(conference, by=by, at=at, day=day, parts=HALF_DAY)
    _lead(conference, by=by, at=at, posts=PostHeld.objects.filter(unit=root))
    class_actions.fill_roster(conference, by=by, at=at, units=[root], tier="")
    campaign_actions.open_campaign(campaign, by=by, at=at)
    class_actions.release_class(conference, by=by, at=at + dt.timedelta(days=2))
    class_actions.mark_printed(conference, by=by, at=at + dt.timedelta(days=2))
    session = conference.sessions.get()
    marks = [
        Mark(pk, session.pk, FactKind.WHOLE, session.ends_at, f"spring-{pk}", Method.ROLL)
        for pk in conference.roster.order_by("pk").values_list("pk", flat=True)
    ]
    attendance_actions.record_marks(marks, by=by, at=session.ends_at)
    attendance_actions.close_roll(conference, by=by, at=session.ends_at + dt.timedelta(hours=1))
    for plan in campaign.plans.select_related("unit").order_by("-unit__depth"):
        campaign_actions.mark_held(campaign, plan.unit, at=session.ends_at)
    campaign_actions.close_campaign(campaign, by=by, at=at_local(dt.date(2025, 6, 1), dt.time(8, 0)))


def _assign_leaders(organisation: Organisation) -> None:
    """Each member of the root's standing committee answers for some of the units below (R-005)."""
    leaders = [
        held.person
        for held in PostHeld.objects.filter(unit=organisation.root)
        .select_related("person")
        .order_by("post__rank", "pk")
    ]
    below = list(Unit.objects.active().filter(parent=organisation.root).order_by("path")[:60])
    for place, unit in enumerate(below):
        if leaders:
            org_actions.give_responsibility(
                leaders[place % len(leaders)], by=None, at=now(), unit=unit, kind=ResponsibilityKind.DIRECT,
                valid_from=made.FOUNDED, basis="Quyết định phân công của Ban Thường vụ",
            )  # fmt: skip


def register(organisation: Organisation) -> list[GuidingDocument]:
    """Four documents; three go into the campaign, one waits."""
    registered = []
    for paper in [*texts.PAPERS, texts.LATER]:
        issued = today() - dt.timedelta(days=paper.days_ago)
        at = at_local(issued + dt.timedelta(days=1), dt.time(9, 0))
        document = library_actions.register_document(
            by=organisation.officer, at=at, unit=organisation.root, reference_number=paper.number, issuing_body=paper.issuer,
            level=paper.level, issued_on=issued, subject=paper.subject, paragraphs=paper.text.split("\n"),
        )  # fmt: skip
        for number, kind, theme, words in paper.points:
            library_actions.add_point(
                document, by=organisation.officer, at=at, kind=PointKind(kind), theme=PointTheme(theme), body=words,
                clause=document.clauses.filter(number=number).first(),
            )  # fmt: skip
        registered.append(document)
    for target in registered[:2]:
        library_actions.add_relation(
            registered[2], by=organisation.officer, at=now(), kind=RelationKind.GUIDES, target=target
        )
    compose(organisation, registered)
    return registered[:3]


def compose(organisation: Organisation, documents: list[GuidingDocument]) -> None:
    """The resolution's content for each audience, published ten days ago; the directive's is still being composed."""
    at, editor = now() - dt.timedelta(days=10), organisation.accounts["bientap"]
    resolution, directive = documents[0], documents[1]
    master = master_actions.compose_master(resolution, by=editor, at=at)
    clauses = {one.number: one for one in resolution.clauses.all()}
    for kind, audiences, title, words, value, measure, source, number in texts.MASTER:
        said = master_actions.PartText(
            PartKind(kind), tuple(Audience(one) for one in audiences), title, words, master_actions.parse_value(value), measure, source,
            clauses[number],
        )  # fmt: skip
        master_actions.add_part(master, said, by=editor, at=at)
    master_actions.submit_master(master, revision=master.revision, by=editor, at=at)
    master_actions.approve_master(master, revision=master.revision, by=organisation.officer, at=at)
    master_actions.publish_master(master, by=organisation.officer, at=at)
    # Made by the worker when the demo is first served.
    public = [MaterialKind.QA, MaterialKind.FOLDER, MaterialKind.INFOGRAPHIC]
    papers = [MaterialKind.OUTLINE, MaterialKind.PROPAGANDA, MaterialKind.ESSAY]
    material_actions.ask_for(master, public, Audience.PUBLIC, by=editor, at=now())
    material_actions.ask_for(master, papers, Audience.RURAL, by=editor, at=now())
    title, words = texts.VERSE
    verse = material_actions.bring(
        master, MaterialKind.VERSE, title=title, words=words, author="Câu lạc bộ thơ phường (hư cấu)", source="",
        basis="Tác giả đồng ý cho dùng", by=editor, at=now(),
    )  # fmt: skip
    material_actions.approve_brought(verse, by=organisation.officer, at=now())
    master_actions.compose_master(directive, by=editor, at=at)


def publish(organisation: Organisation, documents: list[GuidingDocument]) -> None:
    """Where the documents were put and how they were spread; the committee of the demo and its cells report."""
    committee = Unit.objects.select_related("kind").get(
        pk=org_access.grants_of(organisation.accounts["doanthe"])[0].unit_id
    )
    below = list(Unit.objects.active().under(committee).filter(kind__holds_members=True).order_by("path")[:9:4])
    spread(
        documents, organisation.root, [committee, *below], officer=organisation.officer,
        reporter=organisation.accounts["doanthe"],
    )  # fmt: skip
    open_portal(
        documents, organisation.root, officer=organisation.officer, editor=organisation.accounts["bientap"]
    )  # fmt: skip


def plan(organisation: Organisation, documents: list[GuidingDocument]) -> StudyCampaign:
    """A campaign with its rulebook and audience, prepared but not open."""
    by, root = organisation.officer, organisation.root
    at = at_local(today() - dt.timedelta(days=24), dt.time(8, 0))
    rulebook = campaign_actions.add_rulebook(unit=root, name="Quy tắc học tập nghị quyết 2026", by=by, at=at)
    campaign = campaign_actions.add_campaign(
        unit=root, name="Đợt học tập Nghị quyết 15-NQ/TU", rulebook=rulebook, documents=documents,
        planned_from=today() - dt.timedelta(days=21), planned_to=today() + dt.timedelta(days=24), plan_number="112-KH/TU",
        has_current_affairs=True,
        instructions="Hoàn thành trước ngày kết thúc đợt; báo cáo ngay sau mỗi lớp; người vắng phải được học bù.", by=by, at=at,
    )  # fmt: skip
    for key in ("upper_venue", "remaining"):
        campaign_actions.add_audience_preset(campaign, key, by=by, at=at)
    campaign_actions.prepare_duties(campaign, by=by, at=at)
    return campaign


def hold(organisation: Organisation, campaign: StudyCampaign) -> list[StudyClass]:
    """Classes of three weeks: most held and counted, some to come, a few not fixed yet; then the campaign is running."""
    opened = at_local(today() - dt.timedelta(days=21), dt.time(8, 0))
    campaign_actions.hand_down(campaign, by=organisation.officer, at=opened - dt.timedelta(days=2))
    classes = [_conference(organisation, campaign)]
    hosts = list(
        Unit.objects.filter(kind__code__in=["DANG_BO_CO_SO", "CHI_BO_CO_SO"]).select_related("kind").order_by("path")
    )
    played = organisation.accounts["bithu"].person
    assert played is not None, "the demo's cell secretary is a person"
    own, committee = played.unit.path, organisation.accounts["capuy"].appointments.get().unit.path
    for place, unit in enumerate(hosts):
        share = place / len(hosts)
        # Two thirds held, a sixth fixed for the days to come, the rest still in draft.
        days = min(-1, -17 + int(share * 26)) if share < 0.66 else int((share - 0.66) * 40) + 1
        if own.startswith(unit.path):
            days = 0  # the class of those who try the demo is today, its roll still to be taken
        elif unit.path.startswith(committee) and unit == [one for one in hosts if one.path.startswith(committee)][-1]:
            days = 20  # and their committee has one class left to fix
        classes.append(_class(organisation, campaign, unit, day=today() + dt.timedelta(days=days)))
    campaign_actions.open_campaign(campaign, by=organisation.officer, at=opened)
    for study_class in classes:
        _run(organisation, study_class)
    return classes


def hand_out(organisation: Organisation, campaign: StudyCampaign, documents: list[GuidingDocument]) -> None:
    """In the committee of the demo: most were handed the paper of the resolution, some opened its outline, some have nothing yet."""
    committee = organisation.accounts["capuy"].appointments.select_related("unit").get().unit
    resolution = documents[0]
    secretary = organisation.accounts["bithu"]
    cell = secretary.appointments.get().unit_id
    duties = list(campaign_queries.learners(campaign, committee).select_related("person", "unit").order_by("pk")[:1500])
    at = at_local(today() - dt.timedelta(days=6), dt.time(15, 0))
    for name, by, rows in (
        ("o", secretary, [one for one in duties if one.unit_id == cell]),
        ("c", organisation.accounts["capuy"], [one for one in duties if one.unit_id != cell]),
    ):
        handed = [one for place, one in enumerate(rows) if place % 5 < 3]
        if handed:
            campaign_actions.hand_out(campaign, handed, [resolution], nonce=f"demo-{name}", by=by, at=at)
    outline = Material.objects.select_related("master").get(
        master__document=resolution, kind=MaterialKind.OUTLINE, audience=Audience.RURAL
    )
    version = outline.master.versions.order_by("-number")[0]
    for one in [row for place, row in enumerate(duties) if place % 5 == 3][:60]:
        # The file itself is made when the demo is first served.
        campaign_actions.note_opened(
            one.person, MaterialFile(material=outline, version=version), by=organisation.officer, at=at
        )


def _conference(organisation: Organisation, campaign: StudyCampaign) -> StudyClass:
    """The key cadres' conference with three venues, eighteen days ago."""
    by, root, day = organisation.officer, organisation.root, today() - dt.timedelta(days=18)
    at = at_local(day - dt.timedelta(days=5), dt.time(9, 0))
    conference = class_actions.add_class(
        by=by, at=at, campaign=campaign, unit=root, title="Hội nghị cán bộ chủ chốt thành phố", form="mixed",
        level=ConferenceLevel.UPPER_CADRES, tier=ContentTier.KEY_CADRE, venue_name="Hội trường Thành ủy", address="Số 1 đường Hòa Lạc",
        capacity=320,
    )  # fmt: skip
    for unit in Unit.objects.active().filter(parent=root).order_by("path")[3:5]:
        class_actions.add_venue(
            conference,
            by=by,
            at=at,
            name=f"Điểm cầu {unit.name.removeprefix('Đảng ủy ')}",
            unit=unit,
            capacity=120,
            clerk=None,
        )
    _timetable(conference, by=by, at=at, day=day, parts=WHOLE_DAY)
    _lead(conference, by=by, at=at, posts=PostHeld.objects.filter(unit=root))
    class_actions.fill_roster(conference, by=by, at=at, units=[root], tier=ContentTier.KEY_CADRE)
    return conference


def _class(organisation: Organisation, campaign: StudyCampaign, unit: Unit, *, day: dt.date) -> StudyClass:
    """The class of one grassroots organisation."""
    by = organisation.officer
    at = at_local(min(day, today()) - dt.timedelta(days=4), dt.time(9, 0))
    study_class = class_actions.add_class(
        by=by, at=at, campaign=campaign, unit=unit, title=f"Lớp học tập nghị quyết – {unit.name}",
        venue_name=f"Hội trường {unit.short_name or unit.name}", capacity=600,
    )  # fmt: skip
    _timetable(study_class, by=by, at=at, day=day, parts=_under_way() if day == today() else HALF_DAY)
    _lead(study_class, by=by, at=at, posts=PostHeld.objects.filter(unit__path__startswith=unit.path))
    class_actions.fill_roster(study_class, by=by, at=at, units=[unit], tier="")
    if day == today():
        _own_venue(organisation, study_class, by=by, at=at)
    return study_class


def _own_venue(organisation: Organisation, study_class: StudyClass, *, by: Account, at: dt.datetime) -> None:
    """The secretary's cell follows today's class from its own house, where he takes the roll."""
    secretary = organisation.accounts["bithu"]
    cell = secretary.appointments.select_related("unit").get().unit
    if not cell.path.startswith(study_class.unit.path):
        return
    venue = class_actions.add_venue(
        study_class, by=by, at=at, name=f"Điểm cầu {cell.name}", unit=cell, capacity=60, clerk=secretary
    )
    class_actions.move_to_venue(study_class.roster.filter(unit=cell), venue, by=by, at=at)


def _under_way() -> tuple[Part, ...]:
    """The class of whoever tries the demo began three quarters of an hour ago, as far as the hours of a day allow."""
    began = local(now()) - dt.timedelta(minutes=45)
    start = min(max(dt.time(began.hour, began.minute // 5 * 5), dt.time(6, 0)), dt.time(19, 30))
    if began.date() < today():  # shortly after midnight
        start = dt.time(6, 0)
    end = (dt.datetime.combine(today(), start) + dt.timedelta(hours=3, minutes=30)).time()
    title = "Buổi sáng" if start < dt.time(11, 0) else "Buổi chiều" if start < dt.time(17, 0) else "Buổi tối"
    return ((title, (start, end)),)


def _timetable(study_class: StudyClass, *, by: Account, at: dt.datetime, day: dt.date, parts: Sequence[Part]) -> None:
    documents = list(study_class.campaign.documents.order_by("campaign_documents__order"))
    for title, (start, end) in parts:
        begins, ends = at_local(day, start), at_local(day, end)
        session = class_actions.add_session(study_class, by=by, at=at, title=title, starts_at=begins, ends_at=ends)
        pause, talk = begins + dt.timedelta(minutes=90), ends - dt.timedelta(minutes=45)
        for kind, first, last, words, document in (
            (ItemKind.LECTURE, begins, pause, "Quán triệt nghị quyết", documents[0]),
            (ItemKind.BREAK, pause, pause + dt.timedelta(minutes=15), "Nghỉ giải lao", None),
            (ItemKind.LECTURE, pause + dt.timedelta(minutes=15), talk, "Chỉ thị và hướng dẫn thực hiện", documents[-1]),
            (ItemKind.DISCUSSION, talk, ends, "Thảo luận", None),
        ):
            class_actions.add_item(
                session, by=by, at=at, kind=kind, starts_at=first, ends_at=last, title=words, document=document
            )


def _lead(study_class: StudyClass, *, by: Account, at: dt.datetime, posts: object) -> None:
    """Standing members and heads take the four parts of a class (R-053)."""
    held = list(
        posts.filter(post__is_standing=True)
        .select_related("person", "post")
        .order_by("unit__depth", "post__rank", "pk")[:2]
    )  # type: ignore[attr-defined]
    if not held:
        return
    first, second = held[0].person, held[-1].person
    for kind, person in (
        (ClassRoleKind.CHAIR, first),
        (ClassRoleKind.OPENING, first),
        (ClassRoleKind.LEADER_PRESENTER, second),
        (ClassRoleKind.CLOSING, second),
    ):
        class_actions.give_role(study_class, by=by, at=at, kind=kind, person=person)


def _run(organisation: Organisation, study_class: StudyClass) -> None:
    """Release a class that is near, take the roll of one that was, and close it on its evening."""
    sessions = list(study_class.sessions.order_by("starts_at"))
    day = sessions[0].starts_at
    if day > now() + dt.timedelta(days=7):
        return
    released = min(day, now()) - dt.timedelta(days=3)
    class_actions.release_class(study_class, by=organisation.officer, at=released)
    class_actions.mark_printed(study_class, by=organisation.officer, at=released)
    if local(day).date() >= today():
        seat_people(study_class, by=organisation.officer, at=released)
    if sessions[-1].ends_at > now() or local(day).date() == today():
        if local(day).date() == today():
            _try_device(organisation, study_class, sessions[0])
        return
    _take_roll(organisation, study_class, sessions)
    if local(day).date() < today() - dt.timedelta(days=1):  # yesterday's is still to be closed
        attendance_actions.close_roll(
            study_class, by=organisation.officer, at=sessions[-1].ends_at + dt.timedelta(hours=1)
        )
        _ask_back(organisation, study_class)


def _try_device(organisation: Organisation, study_class: StudyClass, session: ClassSession) -> None:
    """The secretary's old phone was tried before the class: its clock had fallen back, and one mark waits for a person."""
    by, at = organisation.accounts["bithu"], now()
    venue = study_class.venues.filter(clerk=by).first()
    entry = study_class.roster.filter(venue=venue).order_by("pk").first() if venue else None
    if venue is None or entry is None:
        return
    device = attendance_actions.open_device(study_class, venue, key="", label="Chrome Android", by=by, at=at)
    offset = 3 * 60 * 60 * 1000
    now_ms = int(at.timestamp() * 1000)
    made = now_ms - 2 * 24 * 60 * 60 * 1000
    fact = SentFact(f"{entry.pk:032x}", FactKind.ARRIVE, entry.pk, session.pk, made, offset, None)
    attendance_actions.sync_device(Batch(device.key, now_ms - offset, 1, None, [fact]), by=by, at=at)


def _ask_back(organisation: Organisation, study_class: StudyClass) -> None:
    """One closed roll is asked to be opened again, so that the board's officer has to decide on it."""
    asker = organisation.accounts["capuy"]
    if RollReopening.objects.exists() or not org_access.may(asker, Permission.ROLL_TAKE, study_class.unit):
        return
    attendance_actions.ask_reopening(study_class, reason="Sót một phiếu theo dõi của buổi sáng", by=asker, at=now())


def _take_roll(organisation: Organisation, study_class: StudyClass, sessions: list[ClassSession]) -> None:
    dice, by = organisation.dice, organisation.officer
    entries = list(study_class.roster.select_related("person", "unit", "venue").order_by("pk"))
    fates = {entry.pk: dice.random() for entry in entries}
    # In the first class held, and in yesterday's, some follow from elsewhere: their presence comes from the log of the meeting.
    is_fresh = local(sessions[0].starts_at).date() == today() - dt.timedelta(days=1)
    has_log = is_fresh or not MeetingLog.objects.exists()
    away = ([entry for entry in entries if fates[entry.pk] > 0.9][:8] or entries[-3:]) if has_log else []
    here = [entry for entry in entries if 0.2 < fates[entry.pk] < 0.9]
    far = {entry.pk for entry in away}
    for session in sessions:
        marks = []
        for entry in entries:
            fate, start, end = fates[entry.pk], session.starts_at, session.ends_at
            stem = f"demo-{entry.pk}-{session.pk}"
            if fate < 0.06 or entry.pk in far:
                continue  # absent, or in the log
            if fate < 0.08:  # leaves after a while: must retake
                marks.append(Mark(entry.pk, session.pk, FactKind.ARRIVE, start, stem + "-a", Method.ROLL))
                marks.append(
                    Mark(
                        entry.pk, session.pk, FactKind.LEAVE, start + dt.timedelta(minutes=95), stem + "-l", Method.ROLL
                    )
                )
            elif fate < 0.14:  # late, but enough; they scanned the hall's code, now and then two with one phone
                late = start + dt.timedelta(minutes=dice.randint(3, 40))
                phone = f"{entry.pk // 8:016x}"
                marks.append(Mark(entry.pk, session.pk, FactKind.ARRIVE, late, stem + "-a", Method.CODE, phone))
            else:
                marks.append(Mark(entry.pk, session.pk, FactKind.WHOLE, end, stem + "-w", Method.ROLL))
        middle = session.starts_at + dt.timedelta(minutes=100)
        attendance_actions.set_presence_check(session, None, minutes=5, by=by, at=middle)
        attendance_actions.record_marks(marks, by=by, at=session.ends_at)
    if has_log:
        online.hold(study_class, sessions, away, here, waits=is_fresh, by=by)
    for entry in entries:
        if fates[entry.pk] < 0.025:
            excuse = attendance_actions.ask_excuse(
                entry, session=None, reason=dice.choice(texts.EXCUSES), by=by, at=sessions[0].starts_at
            )
            attendance_actions.decide_excuse(excuse, is_approved=True, by=by, at=sessions[-1].ends_at)


# In the demo absentees are followed faster than the sources say, so that three weeks show every step.
STEP_DAYS = (
    (RuleKey.CATCH_UP_DAYS, 3),
    (RuleKey.CATCH_UP_REMINDER_DAYS, 6),
    (RuleKey.CATCH_UP_CELL_DAYS, 9),
    (RuleKey.CATCH_UP_SUPERIOR_DAYS, 12),
)


def follow(organisation: Organisation, campaign: StudyCampaign) -> None:
    """Absentees followed to the superior, a catch-up class on offer, study elsewhere, something entered for a member."""
    _recognise(organisation, campaign)
    _catch_up_class(organisation, campaign)
    for key, days in STEP_DAYS:
        campaign_actions.set_rule_value(
            campaign.rulebook, key=key, value=days, basis="Quy tắc học tập nghị quyết 2026",
            valid_from=campaign.planned_from, by=organisation.officer, at=now(),
        )  # fmt: skip
    for ago in range(14, -1, -1):
        attendance_actions.step_catch_ups(campaign, at=at_local(today() - dt.timedelta(days=ago), dt.time(6, 0)))
    secretary, member = organisation.accounts["bithu"], organisation.accounts["dangvien"].person
    entry = RosterEntry.objects.filter(study_class__campaign=campaign, person=member, is_running=True).first()
    if entry is not None:
        attendance_actions.ask_excuse(
            entry, session=None, reason="Đi công tác theo quyết định của cơ quan", by=secretary, at=now()
        )


def _recognise(organisation: Organisation, campaign: StudyCampaign) -> None:
    """Two who studied with the army are recognised, a third is proposed by the cell's secretary."""
    officer, secretary = organisation.officer, organisation.accounts["bithu"]
    assert secretary.person is not None
    said = campaign_actions.StudiedElsewhere(
        CreditKind.SECTOR, "Bộ Chỉ huy Quân sự thành phố", today() - dt.timedelta(days=12),
        "Danh sách học viên số 18, lớp nghị quyết khối quân sự", list(campaign.documents.all()),
    )  # fmt: skip
    owing = StudyDuty.objects.filter(campaign=campaign, state=DutyState.OWING).exclude(person=secretary.person)
    at = at_local(today() - dt.timedelta(days=4), dt.time(9, 0))
    others = owing.exclude(unit=secretary.person.unit).select_related("person").order_by("pk")[3:5]
    campaign_actions.grant_credits(campaign, [duty.person for duty in others], said, by=officer, at=at)
    own = owing.filter(unit=secretary.person.unit).select_related("person").order_by("-pk").first()
    if own is not None:
        police = replace(said, held_by="Đảng ủy Công an thành phố", evidence="Giấy chứng nhận số 27")
        campaign_actions.propose_credit(campaign, own.person, police, by=secretary, at=at)


def _catch_up_class(organisation: Organisation, campaign: StudyCampaign) -> None:
    """The city's catch-up class in a week, with the first absentees in it and seats for more."""
    by, root, day = organisation.officer, organisation.root, today() + dt.timedelta(days=6)
    at = at_local(today() - dt.timedelta(days=2), dt.time(9, 0))
    study_class = class_actions.add_class(
        by=by, at=at, campaign=campaign, unit=root, title="Lớp học bù toàn thành phố", is_catch_up=True,
        venue_name="Hội trường Thành ủy", address="Số 1 đường Hòa Lạc", capacity=120,
    )  # fmt: skip
    _timetable(study_class, by=by, at=at, day=day, parts=_under_way() if day == today() else HALF_DAY)
    _lead(study_class, by=by, at=at, posts=PostHeld.objects.filter(unit=root))
    links = list(attendance_queries.links_to_follow(campaign).order_by("-pk")[:5])
    if links:
        attendance_actions.place_catch_up(links, study_class, by=by, at=at)
        class_actions.release_class(study_class, by=by, at=at)
