"""The specification: of which thing each address speaks, who sees that thing, and what an address asks beyond seeing it.

A row of THINGS covers every address under its prefixes, so that a new page about a known thing needs no row: it asks for
the permission of its decorator at the unit of the thing. A new row says
  under   the beginnings of the addresses that name the thing; several rows may share one (a draft and what was sent)
  see     who sees it: oracle.See
  does    where an address asks something else than its decorator says (always for `member_page`), by the name of the
          address, or by "name:post" for its POST alone: oracle.Do
  make    how to make one in a unit; returns a value for each <int:…> of its addresses
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from typing import Any

from django.core.files.base import ContentFile

from quantriet.attendance.actions import Understood
from quantriet.attendance.models import (
    AbsenceProposal,
    CatchUp,
    ConductNote,
    ExcusedAbsence,
    MeetingLog,
    MeetingLogName,
    PresenceCheck,
    PresenceFact,
    Questionnaire,
    ReplyForm,
    RollDevice,
    SelfStudyPermission,
    SelfStudyQuestion,
)
from quantriet.attendance.vocab import (
    AbsenceGrade,
    ConductKind,
    FactKind,
    LogMeaning,
    MeetingLogState,
    Method,
    ProxyKind,
)
from quantriet.campaigns import actions as campaign_actions
from quantriet.campaigns.models import (
    AudienceAdjustment,
    AudienceRule,
    CampaignDocument,
    CampaignPlan,
    FormChange,
    Rulebook,
    StudyCampaign,
    StudyCredit,
    StudyDuty,
    WebhookDelivery,
    WebhookSubscription,
)
from quantriet.campaigns.rules.audience import Criteria
from quantriet.campaigns.tests import factories as campaign_factories
from quantriet.campaigns.vocab import ATTEND, AdjustmentKind, CampaignState, DeliveryState, RuleKey, StudyForm
from quantriet.classes.models import (
    ClassRole,
    ClassSession,
    Facility,
    Hall,
    OnlineConference,
    ProgrammeItem,
    RosterEntry,
    StudyClass,
    TimetableClass,
    TimetableDemand,
    TimetableHall,
    TimetablePlan,
    TimetableReporter,
    TimetableSession,
    Venue,
    VenueReadiness,
)
from quantriet.classes.vocab import ClassState, ItemKind, PlanDemandKind, RosterOrigin
from quantriet.kit.time import at_local, now, today
from quantriet.library.actions import activities as activity_actions
from quantriet.library.actions import publication as publication_actions
from quantriet.library.models import (
    ActivityPhoto,
    BroughtMaterial,
    DocumentRelation,
    GuidingDocument,
    KeyPoint,
    MasterImage,
    MasterPart,
    MasterVersion,
    Material,
    MaterialFile,
    StudyMaster,
    UnitLook,
)
from quantriet.library.vocab import ActivityBody, ActivityForm, Channel, PartKind, RelationKind
from quantriet.notify.models import Message, Notice, PushSubscription
from quantriet.org import actions as org_actions
from quantriet.org.models import (
    Account,
    ActivityExemption,
    ApiToken,
    BodyMember,
    DataRequest,
    IdentityDecision,
    ImportKind,
    ImportRun,
    ImportState,
    MembershipTransfer,
    OrgDecision,
    Passkey,
    PostHeld,
    PostKind,
    Term,
    UnitResponsibility,
    WorkingBody,
)
from quantriet.org.rules.events import Change
from quantriet.org.vocab import BodyKind, DecisionState, Permission, RequestKind, RequestState, Role
from quantriet.portal.models import NewsArticle, PublicQuestion
from quantriet.reports import actions as report_actions
from quantriet.reports.models import Report, ReportTemplate
from quantriet.reports.rules import paper
from quantriet.reports.vocab import ReportKind, ReportState
from quantriet.speakers.models import (
    InformationSource,
    Reporter,
    ReporterField,
    RosterReview,
    SpeakerBusy,
    SpeakerInvitation,
    SpeakerOutline,
    TrainingEvent,
)
from quantriet.speakers.vocab import InvitationState
from tests.access.oracle import Do, Held, See
from tests.access.world import World, appoint, mark

P = Permission
SEEN = Do()  # whoever sees the thing and passes the decorator

Keys = dict[str, Any]


@dataclass(frozen=True)
class Thing:
    """A kind of thing that addresses name."""

    name: str
    under: tuple[str, ...]
    see: See
    make: Callable[[World, str], Keys]
    does: Mapping[str, Do] = field(default_factory=dict)
    acts_at: str = ""  # the place at which it is changed, when that is not where it is seen
    why: str = ""  # the reason of a rule that is not plain scope


# ------------------------------------------------------------------------------------------------- making one in a unit


def _once(make: Callable[[World, str], Any]) -> Callable[[World, str], Any]:
    """Made once for each place; several kinds of things rest on it."""

    def made(world: World, place: str) -> Any:
        key = (make.__name__, place)
        if key not in world.kept:
            world.kept[key] = make(world, place)
        return world.kept[key]

    return made


def _paper(name: str) -> ContentFile:
    return ContentFile(b"%PDF-1.4 thu", name=name)


def a_unit(world: World, place: str) -> Keys:
    return {"pk": world.units[place].pk}


def a_person(world: World, place: str) -> Keys:
    return {"pk": world.people[place].pk}


def a_post(world: World, place: str) -> Keys:
    post = PostKind.objects.get(code="CHI_UY_VIEN")
    held = PostHeld.objects.create(
        person=world.people[place], post=post, unit=world.units[place], valid_from=dt.date(2020, 1, 1)
    )
    return {"pk": held.pk}


def an_exemption(world: World, place: str) -> Keys:
    given = ActivityExemption.objects.create(
        person=world.people[place], valid_from=dt.date(2020, 1, 1), reason=mark("exemption", place)
    )
    return {"pk": given.pk}


def a_responsibility(world: World, place: str) -> Keys:
    given = UnitResponsibility.objects.create(
        person=world.people[place], unit=world.units[place], valid_from=dt.date(2020, 1, 1)
    )
    return {"pk": given.pk}


@_once
def an_account(world: World, place: str) -> Keys:
    name = mark("account", place)
    account = Account.objects.create(username=name, display_name=name)
    given = appoint(world, account, Held(Role.CELL_SECRETARY, place))
    return {"pk": account.pk, "appointment": given.pk}


def an_appointment(world: World, place: str) -> Keys:
    return {"pk": an_account(world, place)["appointment"]}


@_once
def _body(world: World, place: str) -> BodyMember:
    made = WorkingBody.objects.create(
        unit=world.units[place], kind=BodyKind.STEERING, name=mark("body", place), standing_unit=world.units[place],
        decision_number=mark("body", place), valid_from=dt.date(2020, 1, 1),
    )  # fmt: skip
    return BodyMember.objects.create(body=made, person=world.people[place])


def a_body(world: World, place: str) -> Keys:
    return {"pk": _body(world, place).body_id}


def a_seat(world: World, place: str) -> Keys:
    return {"pk": _body(world, place).pk}


def a_decision(world: World, place: str) -> Keys:
    """A draft over the unit; nothing of it concerns another."""
    unit = world.units[place]
    made = org_actions.draft_decision(
        unit=unit, number=mark("decision", place), decided_on=today(), effective_on=today(), by=world.officer, at=now(),
        changes=[Change("rename", (unit.code,), name=f"{unit.name} mới")],
    )  # fmt: skip
    return {"pk": made.pk, "order": made.events.get().order, "kind": "rename"}


def a_decision_above(world: World, place: str) -> Keys:
    """Made by the top of the tree and in force; it concerned this unit."""
    unit = world.units[place]
    made = OrgDecision.objects.create(
        unit=world.units["parent"], number=mark("above", place), decided_on=today(), effective_on=today(),
        state=DecisionState.IN_FORCE, prepared_by=world.officer, prepared_at=now(), confirmed_by=world.officer,
        confirmed_at=now(), in_force_at=now(),
    )  # fmt: skip
    change = Change("rename", (unit.code,), name=unit.name)
    event = made.events.create(order=1, kind=change.kind, details=change.as_json())
    event.units.add(unit)
    return {"pk": made.pk, "order": event.order, "kind": "rename"}


def a_term(world: World, place: str) -> Keys:
    made = Term.objects.create(
        unit=world.units[place], name=mark("term", place), valid_from=dt.date(2025, 1, 1), valid_to=dt.date(2030, 1, 1)
    )
    return {"pk": made.pk}


def a_transfer(world: World, place: str) -> Keys:
    """Waiting for its day; the person still stands in the unit."""
    made = MembershipTransfer.objects.create(
        person=world.people[place], from_unit=world.units[place], to_unit=world.units["parent"],
        on=today() + dt.timedelta(days=30), is_waiting=True, planned_by=world.officer,
    )  # fmt: skip
    return {"pk": made.pk}


@_once
def a_request(world: World, place: str) -> Keys:
    name = mark("request", place)
    made = DataRequest.objects.create(
        person=world.people[place], kind=RequestKind.ERASURE, state=RequestState.ANSWERED, wish=name,
        entered_by=world.officer, received_at=now(), due_on=today(), basis="Nghị định", answer=name,
        decided_by=world.officer, decided_at=now(),
    )  # fmt: skip
    return {"pk": made.pk}


def _token(account: Account, name: str) -> ApiToken:
    return ApiToken.objects.create(
        account=account, name=name, digest=name, hint="qt_", scopes=[P.UNIT_VIEW.value], created_at=now(),
        expires_at=now() + dt.timedelta(days=30),
    )  # fmt: skip


def a_token(world: World, place: str) -> Keys:
    account = Account.objects.get(pk=an_account(world, place)["pk"])
    return {"pk": _token(account, mark("token", place)).pk}


@_once
def _own_account(world: World, place: str) -> Account:
    """The account of the unit's person: a reader's, where the person is one."""
    name, person = mark("own", place), world.people[place]
    return Account.objects.get_or_create(person=person, defaults={"username": name, "display_name": name})[0]


def own_token(world: World, place: str) -> Keys:
    return {"pk": _token(_own_account(world, place), mark("owntoken", place)).pk}


def own_passkey(world: World, place: str) -> Keys:
    name = mark("passkey", place)
    made = Passkey.objects.create(
        account=_own_account(world, place), credential_id=name, public_key=b"khoa", name=name, made_at=now()
    )
    return {"pk": made.pk}


def own_notice(world: World, place: str) -> Keys:
    name = mark("notice", place)
    made = Notice.objects.create(
        kind="catch_up", unit=world.units[place], person=world.people[place], subject=name, body=name, made_at=now()
    )
    return {"pk": made.pk}


def own_browser(world: World, place: str) -> Keys:
    name = mark("browser", place)
    made = PushSubscription.objects.create(
        account=_own_account(world, place), digest=name, sealed="", host="push.example", device=name, made_at=now()
    )
    return {"pk": made.pk}


def an_import(world: World, place: str) -> Keys:
    run = ImportRun.objects.create(
        kind=ImportKind.MEMBERS, state=ImportState.CANCELLED, unit=world.units[place], account=world.officer,
        file_name=mark("import", place), digest=mark("import", place),
    )  # fmt: skip
    return {"pk": run.pk}


def a_question(world: World, place: str) -> Keys:
    name = mark("doubt", place)
    asked = IdentityDecision.objects.create(
        fingerprint=name,
        incoming={"full_name": name},
        unit=world.units[place],
        candidates=[[world.people[place].pk, []]],
    )
    return {"pk": asked.pk}


def a_message(world: World, place: str) -> Keys:
    name = mark("message", place)
    sent = Message.objects.create(
        kind="unit_reminder", unit=world.units[place], to_unit=world.units[place], address=f"{name}@example.test",
        subject=name, body=name, queued_at=now(), queued_by=world.officer,
    )  # fmt: skip
    return {"pk": sent.pk}


@_once
def _document(world: World, place: str) -> GuidingDocument:
    number = f"{len(world.kept) + 1}-HD/BTGTU"
    name = mark("document", place)
    made = campaign_factories.document(
        world.units[place], world.officer, number, subject=name, subject_folded=name, text=name
    )
    made.file.save(f"{name}.pdf", _paper("vb.pdf"))
    made.file_name = f"{name}.pdf"
    made.save()
    return made


@_once
def a_document(world: World, place: str) -> Keys:
    made = _document(world, place)
    number = f"{len(world.kept) + 1}-HD/BTGTU"
    other = campaign_factories.document(world.units[place], world.officer, number, subject=mark("document", place))
    point = KeyPoint.objects.create(document=made, text=mark("document", place))
    relation = DocumentRelation.objects.create(source=made, target=other, kind=RelationKind.GUIDES)
    master = a_master(world, place)
    version = MasterVersion.objects.create(
        master_id=master["pk"], number=1, content={"title": mark("document", place), "parts": [], "images": []},
        composed_by=world.officer, approved_by=_second(world), approved_at=now(), published_at=now(),
    )  # fmt: skip
    released = _product(StudyMaster.objects.get(pk=master["pk"]), "qa", version)
    work = BroughtMaterial.objects.create(
        master_id=master["pk"], kind="verse", title="Vè", words="Vè", author="Khuyết danh", basis="Đồng ý", added_at=now(),
        added_by=world.officer, approved_at=now(), approved_by=_second(world), file=ContentFile(b"ve", name="ve.txt"),
    )  # fmt: skip
    keys = {"pk": made.pk, "point_pk": point.pk, "relation_pk": relation.pk}
    return keys | {"released_pk": released.pk, "work_pk": work.pk}


def _second(world: World) -> Account:
    """Who approves what the officer composed."""
    return Account.objects.exclude(pk=world.officer.pk).order_by("pk")[0]


def _product(master: StudyMaster, kind: str, version: MasterVersion | None = None) -> MaterialFile:
    one = Material.objects.create(
        master=master, kind=kind, audience="public", version=version, state="ready" if version else "failed",
        made_at=now() if version else None, asked_at=now(),
    )  # fmt: skip
    made_from = version or MasterVersion.objects.create(
        master=master, number=9, content={"title": master.title, "parts": [], "images": []}, composed_by=master.created_by,
        approved_by=Account.objects.exclude(pk=master.created_by_id).order_by("pk")[0], approved_at=now(),
    )  # fmt: skip
    return MaterialFile.objects.create(material=one, version=made_from, form="pdf", size=3, file=_paper("sp.pdf"))


@_once
def a_master(world: World, place: str) -> Keys:
    name = mark("master", place)
    made = StudyMaster.objects.create(
        document=_document(world, place),
        unit=world.units[place],
        title=name,
        created_at=now(),
        created_by=world.officer,
    )
    part = MasterPart.objects.create(
        master=made,
        kind=PartKind.MEANING,
        audiences=["public"],
        order=1,
        text=name,
        changed_at=now(),
        changed_by=world.officer,
    )
    image = MasterImage.objects.create(
        master=made,
        alt=name,
        width=1,
        height=1,
        added_at=now(),
        added_by=world.officer,
        file=ContentFile(b"anh", name="anh.png"),
    )
    brought = BroughtMaterial.objects.create(
        master=made, kind="verse", title=name, words=name, author=name, basis=name, added_at=now(),
        added_by=world.officer, file=ContentFile(b"ve", name="ve.txt"),
    )  # fmt: skip
    look = UnitLook(unit=world.units[place], colour="#9b1c1c", set_at=now(), set_by=world.officer)
    look.logo.save("logo.png", ContentFile(b"anh"), save=False)
    look.save()
    file = _product(made, "outline")
    keys = {"pk": made.pk, "part_pk": part.pk, "image_pk": image.pk}
    return keys | {"file_pk": file.pk, "brought_pk": brought.pk}


@_once
def a_placement(world: World, place: str) -> Keys:
    made = publication_actions.add_placement(
        _document(world, place), world.units[place], channel=Channel.PORTAL, placed_on=today(), title=mark("placement", place),
        by=world.officer, at=now(),
    )  # fmt: skip
    return {"pk": made.pk}


@_once
def _activity_photo(world: World, place: str) -> ActivityPhoto:
    name = mark("activity", place)
    made = activity_actions.report_activity(
        world.units[place], nonce=name[:40], form=ActivityForm.TALK, body=ActivityBody.PARTY, held_on=today(), place=name,
        people=5, by=world.officer, at=now(),
    )  # fmt: skip
    return ActivityPhoto.objects.create(activity=made, image=_paper("anh.jpg"), alt=name, width=1, height=1)


def an_activity(world: World, place: str) -> Keys:
    return {"pk": _activity_photo(world, place).activity_id}


def a_photo(world: World, place: str) -> Keys:
    return {"pk": _activity_photo(world, place).pk}


def a_piece_of_news(world: World, place: str) -> Keys:
    name = mark("news", place)
    made = NewsArticle.objects.create(
        unit=world.units[place], title=name, lead=name, body=name, day=today(), changed_at=now(), changed_by=world.officer,
        picture=_paper("tin.jpg"), picture_alt=name, words=name,
    )  # fmt: skip
    return {"pk": made.pk}


def a_public_question(world: World, place: str) -> Keys:
    name = mark("asked", place)
    made = PublicQuestion.objects.create(
        unit=world.units[place], nonce=name[:40], words=name, sender_name=name, may_publish=False, sent_at=now()
    )
    return {"pk": made.pk}


@_once
def _rulebook(world: World, place: str) -> Rulebook:
    return campaign_actions.add_rulebook(
        unit=world.units[place], name=mark("rulebook", place), by=world.officer, at=now()
    )


def a_rulebook(world: World, place: str) -> Keys:
    return {"pk": _rulebook(world, place).pk, "key": RuleKey.RETAKE_LIMIT_PERCENT.value}


def _campaign(world: World, place: str, kind: str, **given: Any) -> StudyCampaign:
    start = today()
    made = StudyCampaign.objects.create(
        unit=world.units[place], name=mark(kind, place), rulebook=_rulebook(world, place), planned_from=start,
        planned_to=start + dt.timedelta(days=45), duty_kinds=[ATTEND], **given,
    )  # fmt: skip
    CampaignDocument.objects.create(campaign=made, document=_document(world, place))
    return made


NO_DUTY = 987_654_321  # of a campaign that has called nobody yet


def _campaign_keys(world: World, place: str, made: StudyCampaign) -> Keys:
    name = made.name
    rule = AudienceRule.objects.create(campaign=made, name=name, criteria={})
    by_hand = AudienceAdjustment.objects.create(
        campaign=made, person=world.people[place], kind=AdjustmentKind.ADD, reason=name, at=now(), by=world.officer
    )
    change = FormChange.objects.create(
        campaign=made, unit=world.units[place], situation=name, instruction=name, form_before=StudyForm.IN_PERSON,
        form_after=StudyForm.ONLINE, at=now(), by=world.officer,
    )  # fmt: skip
    change.instruction_file.save("chi-dao.pdf", _paper("chi-dao.pdf"))
    alone = SelfStudyPermission.objects.create(
        campaign=made, nonce=secrets.token_hex(16), criteria={"units": [world.units[place].pk]}, cause="sea", reason=name,
        basis=name, variant="officials", from_on=today(), to_on=today(), at=now(), by=world.officer,
    )  # fmt: skip
    question = SelfStudyQuestion.objects.create(
        campaign=made, part=1, text=name, choices=["a", "b"], right=[0], added_at=now(), added_by=world.officer
    )
    duty = made.duties.filter(person=world.people[place]).first()
    return {
        "permission_pk": alone.pk, "question_pk": question.pk,
        "pk": made.pk, "campaign_pk": made.pk, "rule_pk": rule.pk, "adjustment_pk": by_hand.pk, "change": change.pk,
        "duty_pk": duty.pk if duty else NO_DUTY,
        "assignment_pk": made.assignments.create(unit=world.units[place], task=name, at=now(), by=world.officer).pk,
    }  # fmt: skip


def a_campaign_draft(world: World, place: str) -> Keys:
    return _campaign_keys(world, place, _campaign(world, place, "draft"))


@_once
def _open_campaign(world: World, place: str) -> StudyCampaign:
    made = _campaign(world, place, "campaign", state=CampaignState.OPEN, opened_at=now())
    person = world.people[place]
    StudyDuty.objects.create(
        campaign=made, person=person, unit=person.unit, kind=ATTEND, tier="grassroots", due_on=today()
    )
    return made


@_once
def an_open_campaign(world: World, place: str) -> Keys:
    return _campaign_keys(world, place, _open_campaign(world, place))


def _common(world: World) -> StudyCampaign:
    """One campaign of the whole tree, with a duty and a place in the tallies for the person of each unit."""
    if "common" not in world.kept:
        made = _campaign(world, "parent", "common")
        campaign_actions.add_audience_rule(
            made, name="Tất cả", basis="Kế hoạch", by=world.officer, at=now(),
            criteria=Criteria(person_kinds=("association",)),
        )  # fmt: skip
        campaign_actions.prepare_duties(made, by=world.officer, at=now())
        StudyCampaign.objects.filter(pk=made.pk).update(state=CampaignState.OPEN, opened_at=now())
        made.refresh_from_db()
        world.kept["common"] = made
    return world.kept["common"]


def _duty(world: World, place: str) -> StudyDuty:
    return StudyDuty.objects.get(campaign=_common(world), person=world.people[place], kind=ATTEND)


def a_plan(world: World, place: str) -> Keys:
    plan, _made = CampaignPlan.objects.get_or_create(
        campaign=_common(world), unit=world.units[place], defaults={"assignment": mark("plan", place)}
    )
    return {"pk": plan.pk}


def _class(world: World, place: str, kind: str, *, by: str, duty: StudyDuty | None) -> Keys:
    """A released class organised by the unit at `by`, with one person of the unit at `place` on its roster."""
    name, person = mark(kind, place), world.people[place]
    made = StudyClass.objects.create(
        campaign=duty.campaign if duty else _common(world), unit=world.units[by], code=f"{kind[:2]}{len(world.kept)}-{place}"[:20], title=name,
        state=ClassState.RELEASED,
    )  # fmt: skip
    hall = Venue.objects.create(study_class=made, unit=world.units[by], name=name, is_main=True)
    other = Venue.objects.create(study_class=made, unit=world.units[by], name=f"{name} 2")
    start, end = at_local(today(), dt.time(7, 30)), at_local(today(), dt.time(11, 0))
    session = ClassSession.objects.create(study_class=made, title=name, starts_at=start, ends_at=end)
    item = ProgrammeItem.objects.create(
        session=session, kind=ItemKind.LECTURE, starts_at=start, ends_at=end, title=name
    )
    part = ClassRole.objects.create(study_class=made, kind="chair", person=person)
    entry = RosterEntry.objects.create(
        study_class=made, venue=hall, person=person, unit=person.unit, duty=duty, origin=RosterOrigin.AUDIENCE
    )
    ConductNote.objects.create(
        study_class=made, venue=hall, person=person, kind=ConductKind.PRAISE, text=name, at=start, by=world.officer
    )
    check = PresenceCheck.objects.create(
        session=session, venue=hall, starts_at=start, ends_at=end, set_at=start, set_by=world.officer
    )
    log = MeetingLog.objects.create(
        study_class=made, state=MeetingLogState.READY, file_name=name, digest=name, understood=asdict(Understood()),
        uploaded_by=world.officer, uploaded_at=start,
    )  # fmt: skip
    said = MeetingLogName.objects.create(log=log, key=name, said=name, meaning=LogMeaning.UNKNOWN, why=name)
    asked = Questionnaire.objects.create(
        session=session, venue=hall, title=name, questions=[{"text": name, "choices": [], "right": []}], minutes=5,
        prepared_at=start, prepared_by=world.officer,
    )  # fmt: skip
    device = RollDevice.objects.create(
        key=secrets.token_hex(16), venue=hall, account=world.officer, label=name, opened_at=start, seen_at=start, names_until=end,
        given={"lines": [entry.pk], "sessions": [session.pk]},
    )  # fmt: skip
    return {
        "log_pk": log.pk, "name_pk": said.pk, "questionnaire_pk": asked.pk, "device_pk": device.pk,
        "pk": made.pk, "check_pk": check.pk, "session_pk": session.pk, "item_pk": item.pk, "role_pk": part.pk, "venue_pk": other.pk,
        "main_venue": hall.pk, "entry": entry.pk,
    }  # fmt: skip


@_once
def a_class(world: World, place: str) -> Keys:
    return _class(world, place, "class", by=place, duty=_duty(world, place))


def a_class_above(world: World, place: str) -> Keys:
    """Organised by the top of the tree; a person of this unit is called to it."""
    return _class(world, place, "called", by="parent", duty=None)


@_once
def a_conference(world: World, place: str) -> Keys:
    """A conference of the unit, opened to the units below, with a further venue of the unit's own."""
    keys = _class(world, place, "conference", by=place, duty=None)
    study_class = StudyClass.objects.get(pk=keys["pk"])
    OnlineConference.objects.create(study_class=study_class, opened_at=now(), last_day=today())
    for venue in study_class.venues.all():
        VenueReadiness.objects.create(venue=venue)
    return {"pk": keys["pk"], "venue_pk": keys["venue_pk"]}


def a_facility(world: World, place: str) -> Keys:
    made, _new = Facility.objects.get_or_create(unit=world.units[place], name=mark("facility", place))
    return {"pk": made.pk}


@_once
def _timetable(world: World, place: str) -> Keys:
    """A timetable of the unit with one of everything, not computed."""
    name, start = mark("timetable", place), at_local(today(), dt.time(7, 30))
    plan = TimetablePlan.objects.create(campaign=_common(world), unit=world.units[place], title=name)
    session = TimetableSession.objects.create(
        plan=plan, title=name, starts_at=start, ends_at=start + dt.timedelta(hours=3)
    )
    hall = TimetableHall.objects.create(plan=plan, name=name, capacity=10)
    reporter = TimetableReporter.objects.create(plan=plan, person=world.people[place])
    demand = TimetableDemand.objects.create(plan=plan, kind=PlanDemandKind.SPEAKER, basis=name)
    row = TimetableClass.objects.create(plan=plan, session=session, hall=hall, reporter=reporter)
    return {
        "pk": plan.pk, "class_pk": row.pk, "sessions": session.pk, "halls": hall.pk, "reporters": reporter.pk,
        "demands": demand.pk,
    }  # fmt: skip


def a_timetable(world: World, place: str) -> Keys:
    keys = _timetable(world, place)
    return {"pk": keys["pk"], "class_pk": keys["class_pk"]}


def a_part_of_a_timetable(kind: str) -> Callable[[World, str], Keys]:
    def made(world: World, place: str) -> Keys:
        keys = _timetable(world, place)
        return {"pk": keys["pk"], "part_pk": keys[kind]}

    return made


def an_entry(world: World, place: str) -> Keys:
    return {"pk": a_class(world, place)["entry"]}


def a_fact(world: World, place: str) -> Keys:
    keys = a_class(world, place)
    fact = PresenceFact.objects.create(
        nonce=mark("fact", place), entry_id=keys["entry"], session_id=keys["session_pk"], kind=FactKind.WHOLE, at=now(),
        recorded_at=now(), method=Method.ROLL, account=world.officer,
    )  # fmt: skip
    return {"pk": fact.pk}


def an_excuse(world: World, place: str) -> Keys:
    keys = a_class(world, place)
    asked = ExcusedAbsence.objects.create(
        entry_id=keys["entry"], session_id=keys["session_pk"], reason=mark("excuse", place), asked_at=now(), asked_by=world.officer,
        paper_name=f"{mark('excuse', place)}.pdf",
    )  # fmt: skip
    asked.paper.save("giay.pdf", _paper("giay.pdf"))
    return {"pk": asked.pk}


def an_absence_proposal(world: World, place: str) -> Keys:
    words = mark("absence", place)
    made, _new = AbsenceProposal.objects.get_or_create(
        entry_id=a_class(world, place)["entry"],
        defaults={"grade": AbsenceGrade.REVIEW, "sentence": words, "absences": [], "proposed_at": now()},
    )
    return {"pk": made.pk}


def a_hall(world: World, place: str) -> Keys:
    name = mark("hall", place)
    made, _new = Hall.objects.get_or_create(
        unit=world.units[place],
        name=name,
        defaults={
            "layout": {"stage": "top", "rows": [["A", [4], [], False]]}, "seats": 4, "changed_at": now(),
        },
    )  # fmt: skip
    return {"pk": made.pk}


def a_reply_form(world: World, place: str) -> Keys:
    made = ReplyForm.objects.create(
        code=f"{world.units[place].pk:08d}", kind=ProxyKind.EXCUSE, person=world.people[place],
        entry_id=a_class(world, place)["entry"], printed_at=now(), printed_by=world.officer,
        valid_to=today() + dt.timedelta(days=30),
    )  # fmt: skip
    return {"code": made.code}


def a_credit(world: World, place: str) -> Keys:
    made = StudyCredit.objects.create(
        duty=_duty(world, place), held_by=mark("credit", place), studied_on=today(), evidence=mark("credit", place),
        paper_name=f"{mark('credit', place)}.pdf", proposed_at=now(), proposed_by=world.officer,
    )  # fmt: skip
    made.documents.add(_document(world, "parent"))
    made.paper.save("giay.pdf", _paper("giay.pdf"))
    return {"pk": made.pk}


@_once
def _webhook(world: World, place: str) -> WebhookSubscription:
    name = mark("webhook", place)
    return WebhookSubscription.objects.create(
        account=world.officer, unit=world.units[place], name=name, url=f"https://{name}.example.test/nhan", salt="muoi",
        created_at=now(),
    )  # fmt: skip


@_once
def _delivery(world: World, place: str) -> WebhookDelivery:
    return WebhookDelivery.objects.create(
        subscription=_webhook(world, place), uid=f"msg_{place}", body="{}", state=DeliveryState.DEAD, created_at=now(),
        said=mark("webhook", place),
    )  # fmt: skip


def a_webhook(world: World, place: str) -> Keys:
    _delivery(world, place)
    return {"pk": _webhook(world, place).pk}


def a_delivery(world: World, place: str) -> Keys:
    return {"pk": _delivery(world, place).pk}


def _report(world: World, place: str, kind: str) -> Report:
    made = report_actions.draft_report(_common(world), world.units[place], by=world.officer, at=now())
    made.number, made.subject = f"1-BC/{kind}", mark(kind, place)
    made.save()
    return made


def a_report_draft(world: World, place: str) -> Keys:
    return {"pk": _report(world, place, "reportdraft").pk}


def a_sent_report(world: World, place: str) -> Keys:
    made = _report(world, place, "report")
    Report.objects.filter(pk=made.pk).update(
        state=ReportState.SENT, sent_at=now(), docx=b"docx", xlsx=b"xlsx", receiver=world.units["parent"]
    )
    return {"pk": made.pk}


@lru_cache(1)
def _template() -> bytes:
    return paper.template()


def a_template(world: World, place: str) -> Keys:
    made = ReportTemplate.objects.create(
        unit=world.units[place], kind=ReportKind.CAMPAIGN_RESULT, content=_template(),
        file_name=f"{mark('template', place)}.docx", digest="0", uploaded_at=now(), uploaded_by=world.officer,
    )  # fmt: skip
    return {"pk": made.pk}


@_once
def _missed(world: World, place: str) -> CatchUp:
    """A study still owed whose class has closed: to be excused, or caught up with."""
    duty = StudyDuty.objects.get(campaign=_open_campaign(world, place), person=world.people[place])
    keys = _class(world, place, "missed", by=place, duty=duty)
    StudyClass.objects.filter(pk=keys["pk"]).update(state=ClassState.CLOSED)
    RosterEntry.objects.filter(pk=keys["entry"]).update(is_running=False)
    return CatchUp.objects.create(duty=duty, missed_id=keys["entry"], invite_before_on=today(), opened_at=now())


def a_catch_up(world: World, place: str) -> Keys:
    return {"pk": _missed(world, place).pk}


def own_duty(world: World, place: str) -> Keys:
    return {"pk": _missed(world, place).duty_id, "number": 1}


@_once
def own_material(world: World, place: str) -> Keys:
    """A product of what is published of a document that the person of the place alone is to study."""
    campaign, name = _open_campaign(world, place), mark("material", place)
    number = f"{len(world.kept) + 1}-KL/TU"
    document = campaign_factories.document(world.units[place], world.officer, number, subject=name)
    CampaignDocument.objects.create(campaign=campaign, document=document, order=9)
    master = StudyMaster.objects.create(
        document=document, unit=world.units[place], title=name, created_at=now(), created_by=world.officer
    )
    version = MasterVersion.objects.create(
        master=master, number=1, content={"title": name, "parts": [], "images": []}, composed_by=world.officer,
        approved_by=_second(world), approved_at=now(), published_at=now(),
    )  # fmt: skip
    return {"pk": _product(master, "qa", version).pk}


def own_reading(world: World, place: str) -> Keys:
    return {"pk": MaterialFile.objects.get(**own_material(world, place)).material.master.document_id}


@_once
def own_work(world: World, place: str) -> Keys:
    """An approved verse that goes with what is published of a document that the person of the place alone is to study."""
    master = MaterialFile.objects.get(**own_material(world, place)).material.master
    work = BroughtMaterial.objects.create(
        master=master, kind="verse", title="Vè", words="Vè", author="Khuyết danh", basis="Đồng ý", added_at=now(),
        added_by=world.officer, approved_at=now(), approved_by=_second(world), file=ContentFile(b"ve", name="ve.txt"),
    )  # fmt: skip
    return {"pk": master.document_id, "work_pk": work.pk}


# ------------------------------------------------------------------------------------------------------------ reporters


@_once
def _reporter(world: World, place: str) -> Reporter:
    return Reporter.objects.create(
        person=world.people[place], unit=world.units[place], kind="reporter", valid_from=dt.date(2020, 1, 1),
        profession=mark("reporter", place), words=mark("reporter", place), entered_at=now(),
    )  # fmt: skip


@_once
def _busy(world: World, place: str) -> SpeakerBusy:
    day = today() + dt.timedelta(days=40)
    return SpeakerBusy.objects.create(
        person=_reporter(world, place).person, first_on=day, last_on=day, entered_at=now(), entered_by=world.officer
    )


def a_reporter(world: World, place: str) -> Keys:
    return {"pk": _reporter(world, place).pk, "busy_pk": _busy(world, place).pk}


def own_busy(world: World, place: str) -> Keys:
    return {"pk": _busy(world, place).pk}


@_once
def an_invitation(world: World, place: str) -> Keys:
    """Accepted, to come, with an outline; asked by the very unit whose register it is."""
    reporter, name = _reporter(world, place), mark("invitation", place)
    day = today() + dt.timedelta(days=20)
    made = SpeakerInvitation.objects.create(
        reporter=reporter, person=reporter.person, unit=reporter.unit, held_on=day, half="morning", topic=name, audience=name,
        place=name, state=InvitationState.ACCEPTED, asked_at=now(), asked_by=world.officer, answered_at=now(),
        answered_by=world.officer, outline_due_on=day, rating_ends_on=day,
    )  # fmt: skip
    SpeakerOutline.objects.create(
        invitation=made,
        number=1,
        file=_paper("de-cuong.pdf"),
        file_name=f"{name}.pdf",
        filed_at=now(),
        filed_by=world.officer,
    )
    return {"pk": made.pk, "number": 1}


def a_roster_review(world: World, place: str) -> Keys:
    _reporter(world, place)
    made = RosterReview.objects.create(
        unit=world.units[place], year=today().year, opened_at=now(), opened_by=world.officer
    )
    return {"pk": made.pk}


def a_training(world: World, place: str) -> Keys:
    name = mark("training", place)
    made = TrainingEvent.objects.create(
        unit=world.units[place],
        kind="training",
        held_on=today(),
        topic=name,
        entered_at=now(),
        entered_by=world.officer,
    )
    return {"pk": made.pk}


def a_source(world: World, place: str) -> Keys:
    name = mark("source", place)
    made = InformationSource.objects.create(
        unit=world.units[place], title=name, note=name, added_at=now(), added_by=world.officer
    )
    return {"pk": made.pk}


def a_reporter_field(world: World, place: str) -> Keys:
    name = mark("field", place)
    return {"pk": ReporterField.objects.create(unit=world.units[place], name=name, name_folded=name).pk}


# -------------------------------------------------------------------------------------------------------------- the rows

_ROLL = dict.fromkeys(
    (
        "roll", "roll-mark", "roll-undo", "roll-rest", "roll-state", "slips", "paste", "roll-result", "roll-close",
        "roll-reopen", "conduct", "codes", "code-screen", "code-cards", "scan", "scan-photo", "checks", "check-answer",
        "check-call-off", "seats", "seats-begin", "seats-tap", "seats-swap", "seats-state", "seats-missing", "paper-slips",
        "paper-slips-print",
        "check-call-off", "meeting-logs", "meeting-log", "meeting-log-progress", "meeting-log-confirm", "meeting-log-undo",
        "meeting-log-name", "questionnaires", "questionnaire", "questionnaire-open", "questionnaire-call-off", "suggestions",
        "suggestions-switch",
        "check-call-off", "roll-devices", "roll-device-lost", "roll-conflicts",
    ),
    Do(P.ROLL_TAKE),
)  # fmt: skip
_CLASS = {
    **_ROLL,
    "roll-reopen-decide": Do(P.ROLL_UNLOCK),
    "class-roster:post": Do(P.CLASS_EDIT),
    "class-roles:post": Do(P.CLASS_EDIT),
    "class-zalo:post": Do(P.MESSAGE_SEND),
}
_CAMPAIGN = {
    "class-placement": SEEN,
    "campaign-form": SEEN,
    "campaign-assignments:post": Do(P.CAMPAIGN_PLAN),
    "campaign-materials-hand": Do(P.ROLL_TAKE, at_board=True),
    "campaign-materials-undo": Do(P.ROLL_TAKE, at_board=True),
    "campaign-message": Do(P.MESSAGE_SEND, at_board=True),
    "campaign-review:post": Do(P.PLAN_SCHEDULE, at_board=True),
}
_OWN_DUTY = (
    "my-duty", "my-calendar", "my-code", "my-excuse", "my-catch-up", "my-self-study", "my-self-study-begin", "my-self-study-move",
    "my-self-study-section", "my-self-study-answer", "my-self-study-proof",
)  # fmt: skip
_OF_CAMPAIGNS = ("/desk/campaigns/<int:pk>/", "/desk/classes/placement/<int:campaign_pk>/")
_OF_CLASSES = ("/desk/classes/<int:pk>/",)
_OF_DECISIONS = ("/desk/units/decisions/<int:pk>/",)
_OF_REPORTS = ("/desk/reports/<int:pk>/",)

THINGS = [
    Thing("unit", ("/desk/units/<int:pk>/",), See(P.UNIT_VIEW), a_unit),
    Thing("person", ("/desk/people/<int:pk>/",), See(P.PERSON_VIEW), a_person),
    Thing("post", ("/desk/people/posts/<int:pk>/",), See(P.PERSON_VIEW), a_post),
    Thing("exemption", ("/desk/people/exemptions/<int:pk>/",), See(P.PERSON_VIEW), an_exemption),
    Thing("responsibility", ("/desk/people/responsibilities/<int:pk>/",), See(P.PERSON_VIEW), a_responsibility),
    Thing(
        "account", ("/desk/accounts/<int:pk>/",), See(P.ACCOUNT_MANAGE), an_account,
        why="An account that also has an appointment or a person outside the reader's units is seen but not changed "
        "(org/tests/test_access.py).",
    ),
    Thing("appointment", ("/desk/accounts/appointments/<int:pk>/",), See(P.ACCOUNT_MANAGE), an_appointment),
    Thing("import", ("/desk/imports/<int:pk>/",), See(P.PERSON_EDIT), an_import),
    Thing("question of an import", ("/desk/imports/questions/<int:pk>/",), See(P.PERSON_EDIT), a_question),
    Thing("message", ("/desk/messages/<int:pk>/",), See(P.MESSAGE_SEND), a_message),
    Thing(
        "document", ("/desk/documents/<int:pk>/", "/desk/unstudied/<int:pk>/", "/desk/publication/<int:pk>/"),
        See(P.DOCUMENT_VIEW, also_below=True), a_document, {"study-notice": SEEN, "placement-new": SEEN},
        why="A superior's document binds the units below. Who plans campaigns may tell the units below of any document seen; who "
        "reports for a unit logs where that unit published any document seen.",
    ),
    Thing("study master", ("/desk/masters/<int:pk>/",), See(P.DOCUMENT_VIEW), a_master),
    Thing(
        "placement", ("/desk/placements/<int:pk>/",), See(P.DOCUMENT_VIEW, also_below=True), a_placement,
        {"placement:post": Do(P.PROPAGANDA_REPORT)}, why="Where a superior published a document is public.",
    ),
    Thing("piece of news", ("/desk/portal/news/<int:pk>/",), See(P.DOCUMENT_VIEW), a_piece_of_news),
    Thing(
        "question of the public", ("/desk/portal/questions/<int:pk>/",), See(P.DOCUMENT_EDIT), a_public_question,
        why="Who asked may have left a name: those who answer see it, nobody else.",
    ),
    Thing("activity", ("/desk/activities/<int:pk>/",), See(P.DOCUMENT_VIEW), an_activity),
    Thing("photo of an activity", ("/desk/activities/photos/<int:pk>/",), See(P.DOCUMENT_VIEW), a_photo),
    Thing(
        "reporter", ("/desk/speakers/<int:pk>/",), See(P.SPEAKER_VIEW, also_below=True), a_reporter, {"speaker-invite": SEEN},
        why="Units below look for reporters of the committees above and invite them (R-113); what reviews said of them is not shown.",
    ),
    Thing(
        "invitation of a reporter", ("/desk/speakers/invitations/<int:pk>/",), See(P.SPEAKER_VIEW), an_invitation,
        why="Who asked and whose register it is see one and the same invitation (speakers/tests/test_invitations.py).",
    ),
    Thing(
        "review of a register", ("/desk/speakers/reviews/<int:pk>/",), See(P.SPEAKER_VIEW), a_roster_review,
        {"roster-review:post": Do(P.SPEAKER_EDIT)},
    ),
    Thing("training of reporters", ("/desk/speakers/training/<int:pk>/",), See(P.SPEAKER_VIEW), a_training),
    Thing(
        "source of information", ("/desk/speakers/sources/<int:pk>/",), See(P.SPEAKER_VIEW, also_below=True), a_source,
        why="Reporters of the units below are guided to it too.",
    ),
    Thing(
        "field of reporters", ("/desk/speakers/settings/fields/<int:pk>/",), See(P.SPEAKER_VIEW, also_below=True),
        a_reporter_field, why="Units below choose it too.",
    ),
    Thing(
        "rulebook", ("/desk/rulebooks/<int:pk>/",), See(P.CAMPAIGN_VIEW, also_below=True), a_rulebook,
        why="A superior's rulebook holds for the units below.",
    ),
    Thing("campaign being planned", _OF_CAMPAIGNS, See(P.CAMPAIGN_VIEW), a_campaign_draft, _CAMPAIGN),
    Thing(
        "open campaign", _OF_CAMPAIGNS, See(P.CAMPAIGN_VIEW, also_below=True), an_open_campaign, _CAMPAIGN,
        why="Handed down or open, a campaign is known to the units below, which see their own people in it. A message and a "
        "review are written for the unit whose board is shown: the organiser's, or the reader's own below it. A change of "
        "form is entered for a unit of the reader, chosen on the page.",
    ),
    Thing("plan", ("/desk/plans/<int:pk>/",), See(P.CAMPAIGN_VIEW), a_plan, {"plan:post": Do(P.PLAN_SCHEDULE)}),
    Thing(
        "class", _OF_CLASSES, See(P.CLASS_VIEW), a_class, _CLASS,
        why="The clerk of a venue takes its roll by name, without an appointment (classes/tests/test_access.py).",
    ),
    Thing(
        "class above with one's own people", _OF_CLASSES, See(P.CLASS_VIEW), a_class_above,
        {**_CLASS, "class-seats": Do(P.CLASS_VIEW), "class-seats-print": Do(P.CLASS_VIEW)}, acts_at="parent",
        why="Once released, a class is seen by whoever may see classes in a unit whose people are called; it is run by its "
        "organiser alone. A seat plan shows everybody of a venue, so it is for the organiser and who looks after the venue.",
    ),
    Thing("venue of a class", ("/desk/classes/<int:pk>/venues/<int:venue_pk>/",), See(P.CLASS_VIEW), a_class),
    Thing("timetable", ("/desk/timetables/<int:pk>/",), See(P.CLASS_VIEW), a_timetable,
          {f"timetable-{page}:post": Do(P.CLASS_EDIT) for page in ("cells", "class", "demands")}),
    Thing(
        "conference", ("/desk/conferences/<int:pk>/",), See(P.CLASS_VIEW, also_below=True), a_conference,
        {
            "conference-venue-new": Do(P.CLASS_EDIT, also_below=True), "conference-import": Do(P.CLASS_EDIT, also_below=True),
            "conference-counts": Do(P.ROLL_TAKE),
        },
        why="Once opened, a conference is known to the units below, which add venues of their own and see those alone "
        "(classes/tests/test_conferences.py). Who looks after a venue counts its people, its clerk by name.",
    ),
    Thing(
        "venue of a conference", ("/desk/conferences/<int:pk>/venues/<int:venue_pk>/",), See(P.CLASS_VIEW), a_conference,
    ),
    Thing("room of the register", ("/desk/facilities/<int:pk>/",), See(P.CLASS_VIEW), a_facility),
    *(
        Thing(
            f"part of a timetable ({kind})", (f"/desk/timetables/<int:pk>/{kind}/<int:part_pk>/",), See(P.CLASS_VIEW),
            a_part_of_a_timetable(kind),
        )
        for kind in ("sessions", "halls", "reporters", "demands")
    ),
    Thing("roster line", ("/desk/roster/<int:pk>/",), See(P.CLASS_VIEW), an_entry,
          {"evidence": SEEN, "excuse-new": Do(P.ROLL_TAKE)}),
    Thing("mark of presence", ("/desk/facts/<int:pk>/",), See(P.CLASS_VIEW), a_fact, {"fact-void": Do(P.ROLL_TAKE)}),
    Thing("excuse", ("/desk/excuses/<int:pk>/",), See(P.CLASS_VIEW), an_excuse, {"excuse:post": Do(P.EXCUSE_APPROVE)}),
    Thing(
        "proposal after an absence", ("/desk/absence-proposals/<int:pk>/",), See(P.CLASS_VIEW), an_absence_proposal,
        {"absence:post": Do(P.EXCUSE_APPROVE)},
    ),
    Thing("hall", ("/desk/halls/<int:pk>/",), See(P.CLASS_VIEW), a_hall, {"hall:post": Do(P.CLASS_EDIT)}),
    Thing(
        "draft report", _OF_REPORTS, See(P.REPORT_VIEW, draft=P.REPORT_WRITE), a_report_draft, {"report-receive": SEEN},
        why="A draft is nobody's report yet: who may write it sees it, and the readers of the very unit.",
    ),
    Thing(
        "sent report", _OF_REPORTS, See(P.REPORT_VIEW), a_sent_report, {"report-receive": SEEN},
        why="Only the unit it was sent to takes it in hand; to everybody else who writes reports the page says so in a sentence.",
    ),
    Thing(
        "report template", ("/desk/reports/template/<int:pk>/",), See(P.REPORT_WRITE, also_below=True), a_template,
        why="Units below use it unless they have their own.",
    ),
    Thing("body", ("/desk/bodies/<int:pk>/",), See(P.UNIT_VIEW), a_body, {"body:post": Do(P.PERSON_EDIT)}),
    Thing("seat in a body", ("/desk/bodies/members/<int:pk>/",), See(P.UNIT_VIEW), a_seat),
    Thing("decision being prepared", _OF_DECISIONS, See(P.UNIT_VIEW), a_decision),
    Thing(
        "decision above that concerned one's unit", _OF_DECISIONS, See(P.UNIT_VIEW), a_decision_above, acts_at="parent",
        why="Once in force, a decision is read in the units that it concerned; it is worked on by its own unit alone.",
    ),
    Thing("term", ("/desk/units/terms/<int:pk>/",), See(P.UNIT_VIEW), a_term),
    Thing("transfer that waits", ("/desk/people/transfers/<int:pk>/",), See(P.PERSON_VIEW), a_transfer),
    Thing("request about personal data", ("/desk/requests/<int:pk>/",), See(P.PRIVACY_ANSWER), a_request),
    Thing("key for a machine", ("/desk/tokens/<int:pk>/",), See(P.ACCOUNT_MANAGE), a_token),
    Thing("webhook", ("/desk/webhooks/<int:pk>/",), See(P.CAMPAIGN_PLAN), a_webhook),
    Thing("message to a webhook", ("/desk/webhooks/deliveries/<int:pk>/",), See(P.CAMPAIGN_PLAN), a_delivery),
    Thing(
        "credit", ("/desk/credits/<int:pk>/",), See(P.CAMPAIGN_VIEW), a_credit, {"credit:post": Do(P.EXCUSE_APPROVE)},
        why="Who proposed it may take it back while nobody has decided (attendance/tests/test_credits.py).",
    ),
    Thing("catch-up", ("/desk/catch-up/<int:pk>/",), See(P.CLASS_VIEW), a_catch_up),
    Thing("reply form", ("/desk/reply-forms/<str:code>/",), See(P.ROLL_TAKE), a_reply_form),
    Thing("own duty", ("/me/duties/<int:pk>/",), See(only_own=True), own_duty,
          dict.fromkeys(_OWN_DUTY, SEEN)),
    Thing("own request", ("/me/requests/<int:pk>/",), See(only_own=True), a_request, {"my-letter": SEEN}),
    Thing("own key for a machine", ("/me/tokens/<int:pk>/",), See(only_own=True), own_token, {"token-end": SEEN}),
    Thing(
        "own passkey", ("/me/sign-in/passkeys/<int:pk>/",), See(only_own=True), own_passkey, {"passkey-remove": SEEN}
    ),
    Thing("own notice", ("/me/notices/<int:pk>/",), See(only_own=True), own_notice, {"my-notice": SEEN}),
    Thing("own browser", ("/me/notices/browsers/<int:pk>/",), See(only_own=True), own_browser, {"push-end": SEEN}),
    Thing("own material", ("/me/materials/<int:pk>/",), See(only_own=True), own_material, {"my-material": SEEN}),
    Thing(
        "own invitation to report", ("/me/speaking/<int:pk>/",), See(only_own=True), an_invitation,
        dict.fromkeys(("my-invitation", "my-invitation-call-off", "my-outline-new", "my-outline"), SEEN),
    ),
    Thing(
        "own day not free", ("/me/speaking/busy/<int:pk>/",), See(only_own=True), own_busy, {"my-busy-remove": SEEN}
    ),
    Thing("own reading", ("/me/documents/<int:pk>/",), See(only_own=True), own_reading, {"my-reading": SEEN}),
    Thing(
        "own work of a reading", ("/me/documents/<int:pk>/works/<int:work_pk>/",), See(only_own=True), own_work,
        {"my-work": SEEN},
    ),
]  # fmt: skip

# Addresses with a word in them that names no thing of anybody, and a value for it.
NO_THING: dict[str, Keys] = {
    "import-template": {"kind": "members"},  # an empty form, the same for everybody
    "api-unknown": {"rest": "khong/co"},  # what is no address of the interface for machines
    # The secret is the right itself; who has it reads the person's own calendar (portal/tests/test_calendar_feeds.py).
    "calendar-feed": {"secret": "khong-co"},
    # The code is the right itself, for half a minute; asked in attendance/tests/test_check_in_pages.py.
    "check-in": {"code": "khong-co"},
    # Whatever the number, it answers alike and ends a session of the account alone: asked in org/tests/test_ways_in.py.
    "session-end": {"pk": 987_654_321},
    # Everybody of the subtree in which a report was given rates it, once: asked in speakers/tests/test_ratings.py.
    "my-rating": {"pk": 987_654_321},
    # What is published is everybody's, and what is not does not exist: asked in portal/tests/test_public_pages.py.
    "public-news-article": {"pk": 987_654_321},
    "public-news-picture": {"pk": 987_654_321},
    "public-news-share": {"pk": 987_654_321},
    "public-answer": {"pk": 987_654_321},
    "public-document": {"pk": 987_654_321},
    "public-document-share": {"pk": 987_654_321},
    "public-document-picture": {"pk": 987_654_321, "picture": 1},
    "public-document-work": {"pk": 987_654_321, "work": 1},
    "public-material": {"pk": 987_654_321, "file_pk": 1},
}
# Operations for machines: the beginning of their addresses → the thing they name, asked with keys in test_operations.py.
OPERATIONS = {
    "/api/v1/units/<pk>": "unit",
    "/api/v1/people/<pk>": "person",
    "/api/v1/people/posts/<pk>": "post",
    "/api/v1/people/exemptions/<pk>": "exemption",
    "/api/v1/documents/<pk>": "document",
    "/api/v1/campaigns/<pk>": "open campaign",
    "/api/v1/classes/<pk>": "class",
    "/api/v1/entries/<pk>": "roster line",
    "/api/v1/facts/<pk>": "mark of presence",
    "/api/v1/excuses/<pk>": "excuse",
    "/api/v1/reports/<pk>": "sent report",
}
# What a page must be asked beside its address, from the keys of its thing.
ASKED = {"roll-state": "?session={session_pk}&venue={main_venue}"}
# A POST without a body names no row to these: who is allowed is answered 404 as well.
NAMES_NOTHING = {
    "roll-reopen-decide",
    "roll-mark",
    "roll-undo",
    "roll-rest",
    "scan",
    "scan-photo",
    "check-answer",
    "class-seats-hall",
    "seats-begin",
    "seats-tap",
    "seats-swap",
    "roll-conflicts",
    "campaign-audience-ready",
    "campaign-materials-undo",
}
