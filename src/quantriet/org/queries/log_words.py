"""What is kept in JSON under keys, in words: the before and after of the log, and whatever else a room keeps in that shape."""

from __future__ import annotations

import datetime as dt
from importlib import import_module
from typing import Any

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from quantriet.kit import time
from quantriet.kit.registry import Registry
from quantriet.org.models import PostKind, Unit, UnitKind

# What the keys of before and after are called on the screen; a key without a word here is shown by its model's choices
# and its own name, made readable.
FIELDS = {
    "code": gettext_noop("Code"),
    "name": gettext_noop("Name"),
    "short_name": gettext_noop("Short name"),
    "kind": gettext_noop("Kind"),
    "parent": gettext_noop("Superior unit"),
    "unit": gettext_noop("Unit"),
    "on": gettext_noop("Date"),
    "from": gettext_noop("From date"),
    "to": gettext_noop("To date"),
    "valid_from": gettext_noop("From date"),
    "valid_to": gettext_noop("To date"),
    "basis": gettext_noop("Basis"),
    "decision_number": gettext_noop("Decision number"),
    "reason": gettext_noop("Reason"),
    "role": gettext_noop("Role"),
    "post": gettext_noop("Post"),
    "managed_by": gettext_noop("Managed by level"),
    "fields": gettext_noop("Fields"),
    "is_specialist": gettext_noop("Specialist"),
    "theory_level": gettext_noop("Level of political theory"),
    "profession": gettext_noop("Profession"),
    "since_year": gettext_noop("In oral propaganda since (year)"),
    "experience": gettext_noop("Experience"),
    "prestige": gettext_noop("Prestige"),
    "practice": gettext_noop("Knowledge of local practice"),
    "source": gettext_noop("Group from which the propagandist comes"),
    "register": gettext_noop("Register of reporters"),
    "held_on": gettext_noop("Day"),
    "half": gettext_noop("Part of the day"),
    "outline_due_on": gettext_noop("Outline due on"),
    "slides": gettext_noop("Slides (PowerPoint)"),
    "year": gettext_noop("Year"),
    "value": gettext_noop("Value"),
    "full_name": gettext_noop("Full name"),
    "birth_date": gettext_noop("Born on"),
    "birth_precision": gettext_noop("Precision of the birth date"),
    "gender": gettext_noop("Gender"),
    "ethnicity": gettext_noop("Ethnicity"),
    "joined_on": gettext_noop("Joined the Party on"),
    "official_on": gettext_noop("Full member since"),
    "occupation": gettext_noop("Occupation"),
    "phone": gettext_noop("Telephone"),
    "email": gettext_noop("E-mail"),
    "address": gettext_noop("Address"),
    "left_on": gettext_noop("No longer in the list since"),
    "left_reason": gettext_noop("Reason"),
    "username": gettext_noop("User name"),
    "display_name": gettext_noop("Shown name"),
    "is_active": gettext_noop("May sign in"),
    "account": gettext_noop("Account"),
    "about": gettext_noop("Which detail"),
    "due_on": gettext_noop("Last day"),
    "must_change_password": gettext_noop("Must change the password"),
    "from_address": gettext_noop("From the address"),
    "way_in": gettext_noop("Way in"),
    "device": gettext_noop("Device"),
    "sessions": gettext_noop("Sign-ins ended"),
    "ends_on": gettext_noop("Usable until"),
    "file": gettext_noop("File"),
    "meant": gettext_noop("Person meant"),
    "kept_code": gettext_noop("Code that stays"),
    "signed_on": gettext_noop("Signed on"),
    "row": gettext_noop("Row"),
    "new": gettext_noop("New rows"),
    "changed": gettext_noop("Changed rows"),
    "moved": gettext_noop("Rows of transfers"),
    "doubtful": gettext_noop("Doubtful rows"),
    "wrong": gettext_noop("Wrong rows"),
    "same": gettext_noop("Unchanged rows"),
    "decided_on": gettext_noop("Date of the decision"),
    "effective_on": gettext_noop("In force from"),
    "issued_by": gettext_noop("Issued by"),
    "event": gettext_noop("Event of the decision"),
    "events": gettext_noop("Events"),
    "summary": gettext_noop("What it does"),
    "problem": gettext_noop("Could not be carried out"),
    "last_day": gettext_noop("Last day"),
    "followed_by": gettext_noop("Followed by"),
    "closed": gettext_noop("Units that end"),
    "founded": gettext_noop("Units that are founded"),
    # Written by the rooms above, whose lines stand on the same page.
    "absent": gettext_noop("Absent without reason"),
    "accepts_credit": gettext_noop("Recognises study elsewhere"),
    "added": gettext_noop("Added"),
    "alt": gettext_noop("Alternative text"),
    "as_of": gettext_noop("As of"),
    "asked_by": gettext_noop("Asked for by"),
    "assignment": gettext_noop("Assignment"),
    "at": gettext_noop("At the time"),
    "audience": gettext_noop("For whom"),
    "author": gettext_noop("Author"),
    "because": gettext_noop("Because of"),
    "body_code": gettext_noop("Code of the body"),
    "campaign": gettext_noop("Study campaign"),
    "capacity": gettext_noop("Seats"),
    "catch_ups": gettext_noop("Catch-ups"),
    "class": gettext_noop("Class"),
    "classes": gettext_noop("Classes"),
    "classes_called_off": gettext_noop("Classes called off"),
    "classes_changed": gettext_noop("Classes changed"),
    "clause": gettext_noop("Clause"),
    "clauses": gettext_noop("Clauses"),
    "clerk": gettext_noop("Clerk"),
    "closed_at": gettext_noop("Closed at"),
    "codes": gettext_noop("Codes"),
    "colour": gettext_noop("Colour"),
    "count": gettext_noop("How many"),
    "criteria": gettext_noop("Criteria"),
    "day": gettext_noop("Day"),
    "days": gettext_noop("Days"),
    "decided": gettext_noop("Decided on"),
    "digest": gettext_noop("Fingerprint of the file"),
    "document": gettext_noop("Document"),
    "documents": gettext_noop("Documents"),
    "docx": gettext_noop("Word file"),
    "due_days": gettext_noop("Days to publish"),
    "duties": gettext_noop("Duties in the ledger"),
    "duty_kinds": gettext_noop("Duties"),
    "effect": gettext_noop("Effect"),
    "ends_at": gettext_noop("Ends at"),
    "excused": gettext_noop("Excused"),
    "expected": gettext_noop("Expected number"),
    "file_name": gettext_noop("File name"),
    "files": gettext_noop("Files"),
    "finish_before_on": gettext_noop("To finish before"),
    "first_held_at": gettext_noop("First held at"),
    "form": gettext_noop("Form of study"),
    "forms": gettext_noop("Printed forms"),
    "handed_down_at": gettext_noop("Handed down at"),
    "has_current_affairs": gettext_noop("With current affairs"),
    "heading": gettext_noop("Heading"),
    "held_by": gettext_noop("Held by"),
    "host_unit": gettext_noop("Host unit"),
    "instead_of": gettext_noop("Changed places with"),
    "instruction": gettext_noop("Instruction"),
    "instructions": gettext_noop("Instructions"),
    "is_catch_up": gettext_noop("Catch-up class"),
    "is_main": gettext_noop("Main venue"),
    "is_mobilisation": gettext_noop("Task of mobilisation"),
    "is_quick_briefing": gettext_noop("Quick briefing"),
    "issued_on": gettext_noop("Issued on"),
    "item": gettext_noop("Item of the timetable"),
    "items": gettext_noop("Items of the timetable"),
    "kinds": gettext_noop("Kinds"),
    "label": gettext_noop("Label"),
    "left_out": gettext_noop("Left out"),
    "logo": gettext_noop("Logo of the unit"),
    "mailed": gettext_noop("Mails"),
    "mark": gettext_noop("Mark"),
    "method": gettext_noop("How it was taken"),
    "minutes": gettext_noop("Minutes to confirm"),
    "log": gettext_noop("Meeting log no."),
    "meaning": gettext_noop("Stands for"),
    "facts": gettext_noop("Marks written"),
    "written": gettext_noop("People recorded"),
    "open": gettext_noop("Suggestions count"),
    "means": gettext_noop("Interaction and means"),
    "interaction": gettext_noop("Interaction"),
    "needs_no_programme": gettext_noop("Needs no programme of its own"),
    "note": gettext_noop("Note"),
    "number": gettext_noop("Number"),
    "opened_at": gettext_noop("Opened at"),
    "origin": gettext_noop("Origin"),
    "outcome": gettext_noop("What came of it"),
    "outsiders": gettext_noop("From outside"),
    "owing": gettext_noop("Still owing"),
    "paper": gettext_noop("Paper"),
    "part": gettext_noop("Part of the study master"),
    "parts": gettext_noop("Parts of the study master"),
    "cause": gettext_noop("Why they cannot gather"),
    "sections": gettext_noop("Sections"),
    "sentence": gettext_noop("Result"),
    "question": gettext_noop("Question"),
    "people": gettext_noop("Who"),
    "person": gettext_noop("Full name"),
    "place": gettext_noop("Order"),
    "plan_number": gettext_noop("Number of the plan"),
    "planned_from": gettext_noop("Planned from"),
    "planned_to": gettext_noop("Planned to"),
    "plans": gettext_noop("Plans"),
    "postponed_to": gettext_noop("Postponed to"),
    "present": gettext_noop("Present"),
    "presenter": gettext_noop("Presented by"),
    "publish_at": gettext_noop("To be published at"),
    "queued": gettext_noop("Waiting to be sent"),
    "receiver": gettext_noop("Receiver"),
    "reference_number": gettext_noop("Number and symbol"),
    "registered_at": gettext_noop("Registered at"),
    "registered_by": gettext_noop("Registered by"),
    "released_at": gettext_noop("Released at"),
    "remark": gettext_noop("Remark"),
    "remind_days": gettext_noop("Days until the reminder"),
    "removed": gettext_noop("Removed"),
    "responsible": gettext_noop("Responsible person"),
    "retake": gettext_noop("To study again"),
    "revision": gettext_noop("Revision"),
    "rulebook": gettext_noop("Rulebook"),
    "scheduled_at": gettext_noop("Scheduled at"),
    "scopes": gettext_noop("Rights of the key"),
    "secret": gettext_noop("New key of the signature"),
    "session": gettext_noop("Session"),
    "sheets": gettext_noop("Sheets"),
    "signer": gettext_noop("Signer"),
    "situation": gettext_noop("Situation"),
    "starts_at": gettext_noop("Starts at"),
    "state": gettext_noop("State"),
    "status": gettext_noop("Standing"),
    "steering": gettext_noop("Steering committee"),
    "step": gettext_noop("Step of the catch-up"),
    "study_class": gettext_noop("Class"),
    "subject": gettext_noop("Subject"),
    "tallies": gettext_noop("Sums of units"),
    "target": gettext_noop("Other document"),
    "task": gettext_noop("Task"),
    "text": gettext_noop("Content"),
    "channels": gettext_noop("Channels"),
    "pace": gettext_noop("How often"),
    "quiet": gettext_noop("Quiet hours"),
    "theme": gettext_noop("Theme"),
    "tier": gettext_noop("Tier of content"),
    "title": gettext_noop("Title"),
    "told": gettext_noop("Who was told"),
    "type_code": gettext_noop("Code of the type"),
    "units": gettext_noop("Units"),
    "url": gettext_noop("Address of the page"),
    "venue": gettext_noop("Venue"),
    "version": gettext_noop("Version"),
    "way": gettext_noop("Way of entering"),
    "where": gettext_noop("Where it stands"),
    "why": gettext_noop("Why"),
    "without_address": gettext_noop("Without an address"),
    "words": gettext_noop("Content"),
    "xlsx": gettext_noop("Excel file"),
    "bound": gettext_noop("Bound of the plan (points)"),
    "cancelled": gettext_noop("Classes cancelled"),
    "cell": gettext_noop("Cell of the plan"),
    "cost": gettext_noop("Cost of the plan (points)"),
    "demand": gettext_noop("Demand of the plan"),
    "duty": gettext_noop("Share on duty (%)"),
    "hall": gettext_noop("Hall"),
    "quota": gettext_noop("Seats allotted"),
    "equipment": gettext_noop("Equipment"),
    "facility": gettext_noop("Room of the register"),
    "distance_km": gettext_noop("Way to the main venue (km)"),
    "travel_minutes": gettext_noop("Time of the way (minutes)"),
    "host": gettext_noop("Held by"),
    "host_name": gettext_noop("Held by"),
    "passed": gettext_noop("Result of the check"),
    "attending": gettext_noop("People there"),
    "rooms": gettext_noop("Rooms in the register"),
    "seats": gettext_noop("Seats"),
    "is_online": gettext_noop("Online meeting room"),
    "screens": gettext_noop("Screens"),
    "speakers": gettext_noop("Loudspeakers"),
    "microphones": gettext_noop("Microphones"),
    "cameras": gettext_noop("Cameras"),
    "line": gettext_noop("Internet line"),
    "has_power": gettext_noop("Power in reserve"),
    "keep": gettext_noop("Keeps people where they are"),
    "location": gettext_noop("Location of the cell"),
    "most_classes": gettext_noop("Most classes taken on"),
    "moved_people": gettext_noop("People moved"),
    "reporter": gettext_noop("Reporter of the class"),
    "what": gettext_noop("Part of the plan"),
    "wishes": gettext_noop("Cells with wishes"),
    "seated": gettext_noop("People seated"),
    "without": gettext_noop("People without a seat"),
    "seat": gettext_noop("Seat in the hall"),
    "kept": gettext_noop("Kept empty"),
    "block": gettext_noop("Block of seats"),
    "for": gettext_noop("Kept for the unit"),
    "round": gettext_noop("Round of the roll"),
    "taken": gettext_noop("Seats taken"),
    "empty": gettext_noop("Seats empty"),
    "grade": gettext_noop("Grade proposed"),
    "decision": gettext_noop("What was decided"),
    "age_from": gettext_noop("Age from"),
    "age_to": gettext_noop("Age up to"),
    "audiences": gettext_noop("For whom"),
    "body": gettext_noop("Content"),
    "channel": gettext_noop("Channel"),
    "criticism": gettext_noop("Units and people to criticise or remind"),
    "established_on": gettext_noop("Founded on"),
    "evidence": gettext_noop("Basis of recognition"),
    "exempt": gettext_noop("Exempt from activities"),
    "expires_on": gettext_noop("In force until"),
    "expiry_basis": gettext_noop("Basis of the end"),
    "lead": gettext_noop("Lead of the article"),
    "lessons": gettext_noop("Lessons learnt"),
    "measure": gettext_noop("Unit of measure"),
    "person_kinds": gettext_noop("Kinds of people"),
    "photos": gettext_noop("Photos"),
    "photos_removed": gettext_noop("Photos taken out"),
    "placed_on": gettext_noop("Day of posting"),
    "post_levels": gettext_noop("Post held at level"),
    "post_unit_kinds": gettext_noop("Post held in"),
    "posts": gettext_noop("Posts"),
    "praise": gettext_noop("Units and people to praise"),
    "seconds": gettext_noop("Seconds"),
    "studied_on": gettext_noop("Day of study"),
    "unit_kinds": gettext_noop("Under kinds of units"),
    "unit_levels": gettext_noop("Under level"),
}
# Closed lists whose codes a line keeps under a key that is no field of its thing: "room.List" in the vocab of that room,
# by the kind of thing and the key.
LISTS: dict[tuple[str, str], tuple[str, ...]] = {
    ("attendance.catchup", "step"): ("attendance.StepKind",),
    ("attendance.catchup", "way"): ("attendance.StepWay",),
    ("campaigns.dutychange", "kind"): ("campaigns.DUTY_KINDS",),
    ("campaigns.dutychange", "state_before"): ("campaigns.DutyState",),
    ("campaigns.materialreceipt", "kind"): ("library.MaterialKind",),
    ("campaigns.studycampaign", "effect"): ("campaigns.RuleEffect",),
    ("campaigns.studycampaign", "managed_by"): ("org.Level",),
    ("campaigns.studycampaign", "person_kinds"): ("org.PersonKind",),
    ("campaigns.studycampaign", "post_levels"): ("org.Level",),
    ("campaigns.studycampaign", "tier"): ("library.ContentTier",),
    ("campaigns.studycampaign", "unit_levels"): ("org.Level",),
    ("campaigns.studyduty", "kind"): ("campaigns.DUTY_KINDS",),
    ("campaigns.webhooksubscription", "kinds"): ("campaigns.DUTY_KINDS",),
    ("classes.studyclass", "equipment"): ("classes.EquipmentKind",),
    ("classes.studyclass", "interaction"): ("classes.Interaction",),
    ("classes.studyclass", "kind"): ("classes.ItemKind", "classes.ClassRoleKind", "attendance.ConductKind"),
    ("classes.studyclass", "origin"): ("classes.RosterOrigin",),
    ("classes.timetableplan", "demand"): ("classes.PlanDemandKind",),
    ("classes.venue", "equipment"): ("classes.EquipmentKind",),
    ("library.guidingdocument", "kind"): ("library.PointKind", "library.RelationKind"),
    ("library.guidingdocument", "outcome"): ("library.ReviewOutcome",),
    ("library.guidingdocument", "theme"): ("library.PointTheme",),
    ("library.studymaster", "audiences"): ("library.Audience",),
    ("library.studymaster", "kind"): ("library.PartKind",),
    ("notify.message", "kind"): ("notify.NOTIFICATION_KINDS",),
    ("notify.notice", "channels"): ("notify.NoticeChannel",),
    ("notify.notice", "kind"): ("notify.NOTIFICATION_KINDS",),
    ("notify.noticepreference", "choices"): ("notify.NoticeChannel",),
    ("org.accountsession", "method"): ("org.SignInMethod",),
    ("org.apitoken", "scopes"): ("org.Permission",),
    ("org.orgdecision", "kind"): ("org.OrgEventKind",),
    ("org.person", "decision"): ("attendance.AbsenceDecision",),
    ("org.person", "grade"): ("attendance.AbsenceGrade",),
    ("speakers.speakeroutline", "checks"): ("speakers.OutlineCheck",),
}
# Closed lists whose members are the keys under a key, in the same writing; what stands under each is of the outer key.
KEYED = {
    ("notify.noticepreference", "choices"): "notify.NoticeGroup",
    ("speakers.speakerassessment", "scores"): "speakers.Criterion",
}
# Lists whose members are keys of such lines themselves: how many duties for which reason, which setting became what.
KEYS = ("campaigns.DutyReason", "campaigns.RuleKey", "library.ReachKind", "speakers.SpeakerRuleKey")
# What a condition of an audience names by code.
_BY_CODE: dict[str, type[PostKind] | type[UnitKind]] = {
    "posts": PostKind,
    "post_unit_kinds": UnitKind,
    "unit_kinds": UnitKind,
}


def word_of(key: str) -> str:
    if key in FIELDS:
        return _(FIELDS[key])
    return next((words[key] for words in map(listed, KEYS) if key in words), _(key.replace("_", " ").capitalize()))


def listed(name: str) -> dict[str, str]:
    """The members of a closed list or a registry of any room, "room.List", with their words."""
    room, _dot, of = name.partition(".")
    found = getattr(import_module(f"quantriet.{room}.vocab"), of)
    return {key: str(one.label) for key, one in found.items()} if isinstance(found, Registry) else dict(found.labels())


def said_as(thing: str, key: str, value: Any) -> str:
    """A value under a key, as it is kept of a thing ("room.model"), in words: choices by their label, dates and yes/no as people write them."""
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, list) and thing == "campaigns.studycampaign":
        value = _called(key, value)
    if isinstance(value, list):
        return ", ".join(said_as(thing, key, one) for one in value)
    if isinstance(value, dict) and (thing, key) in KEYED:
        words = listed(KEYED[thing, key])
        return "; ".join(f"{words.get(name, name)}: {said_as(thing, key, one)}" for name, one in value.items())
    if isinstance(value, dict):
        return "; ".join(f"{word_of(name)}: {said_as(thing, name, one)}" for name, one in value.items())
    if isinstance(value, str):
        words = _choices(thing, key)
        if value in words:
            return _(words[value])
        try:
            moment = dt.datetime.fromisoformat(value) if len(value) >= 10 and value[4] == value[7] == "-" else None
        except ValueError:
            moment = None
        if moment is not None:
            return time.show_moment(moment) if moment.tzinfo else time.show_day(moment.date())
    return str(value)


def _called(key: str, values: list[Any]) -> list[Any]:
    """The names of posts, kinds of units and units that a condition of an audience keeps by code or number."""
    names: dict[Any, str] = {}
    if key in _BY_CODE:
        names = dict(_BY_CODE[key]._default_manager.filter(code__in=values).values_list("code", "name"))
    elif key == "units" and all(isinstance(one, int) for one in values):
        names = dict(Unit.objects.filter(pk__in=values).values_list("pk", "name"))
    return [names.get(one, one) for one in values]


def _choices(kind: str, key: str) -> dict[str, str]:
    """The words of a model field with a closed list; facts about people carry theirs under the person."""
    about = {
        "org.person": [
            "org.postheld", "org.unitresponsibility", "attendance.proxyentry", "attendance.conductnote", "campaigns.studycredit",
        ],
        "campaigns.studycampaign": ["campaigns.audienceadjustment"],
        "org.identitydecision": ["org.person"],  # a row of a list speaks of a person
    }  # fmt: skip
    models = [kind, *about.get(kind, ())]
    if kind == "org.person" and key == "reason":
        key = "left_reason"
    found: dict[str, str] = {}
    for name in models:
        try:
            choices = apps.get_model(name)._meta.get_field(key).choices  # type: ignore[union-attr]
        except (LookupError, FieldDoesNotExist, AttributeError):
            continue
        # A person's "kind" and the kind of a charge stand under one key: the person's own words come first.
        found = {str(value): str(word) for value, word in choices or ()} | found
    for name in LISTS.get((kind, key), ()):
        found |= listed(name)
    return found
