"""A class from draft to closed or cancelled."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import uuid4

from django.db import transaction

from quantriet.audit.actions import changes, record
from quantriet.campaigns import actions as campaign_actions
from quantriet.campaigns.models import StudyCampaign
from quantriet.campaigns.vocab import ATTEND, CampaignState, StudyForm
from quantriet.classes import queries
from quantriet.classes.actions.guards import class_in, refuse_unless
from quantriet.classes.actions.roster import adopt_guests
from quantriet.classes.models import RosterEntry, StudyClass, Venue
from quantriet.classes.vocab import (
    DEFAULT_CONDUCT,
    RUNNING_STATES,
    ClassState,
    ConferenceLevel,
)
from quantriet.kit import text
from quantriet.kit.db import reread
from quantriet.kit.jobs import enqueue
from quantriet.kit.refusal import Refusal, Refusals
from quantriet.library.vocab import ContentTier
from quantriet.org.models import Account, Unit
from quantriet.org.rules.secrecy import refuse_if_marked

TELL_CANCELLED_JOB = "quantriet.classes.jobs.tell_cancelled_job"
_TEXTS = ("title", "note", "rules_of_conduct")


def add_class(
    *,
    by: Account | None,
    at: datetime,
    campaign: StudyCampaign,
    unit: Unit,
    title: str,
    form: str = StudyForm.IN_PERSON,
    level: str = ConferenceLevel.GRASSROOTS,
    tier: str = ContentTier.GRASSROOTS,
    host_unit: Unit | None = None,
    is_catch_up: bool = False,
    rules_of_conduct: str = DEFAULT_CONDUCT,
    note: str = "",
    venue_name: str = "Hội trường",
    address: str = "",
    capacity: int | None = None,
    clerk: Account | None = None,
) -> StudyClass:
    """Plan a class with its main venue, as a draft.

    Refuses in a campaign that is over, for a unit outside the campaign, without a title, and marked text (B-18).
    Effects: the class, its main venue, audit "class.added". Basis: R-049, R-051, R-061.
    """
    for value in (title, note, rules_of_conduct, venue_name, address):
        refuse_if_marked(value, "thông tin lớp học")
    title = text.squeeze(title)
    if not title:
        raise Refusal("class.title_missing", "Lớp phải có tên.", field="title")
    if campaign.state in (CampaignState.CLOSED, CampaignState.CANCELLED):
        raise Refusal(
            "class.campaign_over", f"Đợt “{campaign.name}” đã kết thúc nên không lập lớp mới được.", field="campaign"
        )
    if not campaign.unit.contains(unit):
        raise Refusal(
            "class.outside_campaign", f"{unit.name} không nằm trong phạm vi đợt “{campaign.name}”.", field="unit"
        )
    with transaction.atomic():
        made = StudyClass.objects.create(
            campaign=campaign,
            unit=unit,
            host_unit=host_unit if host_unit != unit else None,
            code=uuid4().hex[:20],
            title=title,
            form=form,
            level=level,
            tier=tier,
            is_catch_up=is_catch_up,
            rules_of_conduct=text.nfc(rules_of_conduct).strip(),
            note=text.nfc(note).strip(),
            created_at=at,
        )
        made.code = f"L{made.pk:05d}"
        made.save(update_fields=["code"])
        Venue.objects.create(
            study_class=made,
            unit=unit,
            name=text.squeeze(venue_name) or "Hội trường",
            address=text.squeeze(address),
            capacity=capacity,
            is_main=True,
            clerk=clerk,
        )
        record(
            "class.added",
            by=by,
            at=at,
            thing=made,
            unit=unit,
            after={"title": title, "campaign": campaign.name, "form": form},
        )
    return made


def change_class(study_class: StudyClass, *, by: Account | None, at: datetime, **new: Any) -> StudyClass:
    """Change title, form, level, tier, host_unit, is_catch_up, rules_of_conduct or note. Refuses once the class is over."""
    for name in _TEXTS:
        if name in new:
            refuse_if_marked(new[name], "thông tin lớp học")
            new[name] = text.squeeze(new[name]) if name == "title" else text.nfc(new[name]).strip()
    if "title" in new and not new["title"]:
        raise Refusal("class.title_missing", "Lớp phải có tên.", field="title")
    with transaction.atomic():
        reread(study_class)
        refuse_unless(study_class, *RUNNING_STATES)
        before, after = changes(study_class, new)
        if not after:
            return study_class
        for name, value in after.items():
            setattr(study_class, name, value)
        study_class.save(update_fields=list(after))
        record("class.changed", by=by, at=at, thing=study_class, unit=study_class.unit, before=before, after=after)
    return study_class


def count_outsiders(study_class: StudyClass, *, by: Account | None, at: datetime, count: int) -> StudyClass:
    """Write down how many people outside the roster attended (P-12)."""
    with transaction.atomic():
        reread(study_class)
        if study_class.state in (ClassState.DRAFT, ClassState.CANCELLED):
            raise Refusal(
                "class.not_released", "Lớp chưa chốt nên chưa ghi được số người dự ngoài danh sách.", field="outsiders"
            )
        before = study_class.outsiders
        study_class.outsiders = count
        study_class.save(update_fields=["outsiders"])
        record(
            "class.outsiders_counted", by=by, at=at, thing=study_class, unit=study_class.unit,
            before={"outsiders": before}, after={"outsiders": count},
        )  # fmt: skip
    return study_class


def release_class(study_class: StudyClass, *, by: Account | None, at: datetime) -> StudyClass:
    """Release a class: its programme and roster stand, summons may go out.

    Refuses, with all reasons at once, without sessions, below the discussion share (B-10), without the four leading parts
    or with somebody in them who is no standing member or head (R-053), over capacity (R-043), with an empty roster.
    Effects: state, audit "class.released", the unit's plan counts as scheduled.
    """
    with class_in(study_class, ClassState.DRAFT, roster=True):
        adopt_guests(study_class)
        stops = [check for check in queries.release_checks(study_class) if check.stops and not check.passed]
        if stops:
            raise Refusals([Refusal(check.code, check.sentence) for check in stops])
        study_class.state, study_class.released_at = ClassState.RELEASED, at
        study_class.save(update_fields=["state", "released_at"])
        record("class.released", by=by, at=at, thing=study_class, unit=study_class.unit)
        campaign_actions.mark_scheduled(study_class.campaign, study_class.unit, at=at)
    return study_class


def reopen_class(study_class: StudyClass, *, by: Account | None, at: datetime) -> StudyClass:
    """Take a released class back to draft. Refuses once anything was marked in it. Summons will have to go out anew."""
    with class_in(study_class, ClassState.RELEASED):
        if queries.is_marked(study_class):
            raise Refusal("class.marked", "Lớp đã có điểm danh nên không mở lại để sửa được.")
        study_class.state, study_class.released_at = ClassState.DRAFT, None
        study_class.revision += 1
        study_class.save(update_fields=["state", "released_at", "revision"])
        RosterEntry.objects.filter(study_class=study_class).update(summoned_at=None, summoned_by="")
        record("class.reopened", by=by, at=at, thing=study_class, unit=study_class.unit)
        # What an excuse came to in a class that is planned anew no longer counts; the excuse itself stays.
        campaign_actions.rejudge_duties(study_class.campaign, ATTEND, event_id=study_class.pk)
    return study_class


def close_class(study_class: StudyClass, *, by: Account | None, at: datetime) -> StudyClass:
    """Close a class after its roll was closed; its people are free for a later class. The unit's plan counts as held."""
    with class_in(study_class, ClassState.RELEASED, roster=True):
        study_class.state, study_class.closed_at = ClassState.CLOSED, at
        study_class.save(update_fields=["state", "closed_at"])
        RosterEntry.objects.filter(study_class=study_class).update(is_running=False)
        record("class.closed", by=by, at=at, thing=study_class, unit=study_class.unit)
        campaign_actions.mark_held(study_class.campaign, study_class.unit, at=at)
    return study_class


def cancel_class(study_class: StudyClass, *, by: Account | None, at: datetime, reason: str = "") -> StudyClass:
    """Cancel a draft or released class; its people are in no class again. Refuses once anything was marked in it.

    Effects: state, roster lines no longer running, audit "class.cancelled", the unit's plan judged again, a mail to
    everybody who was summoned.
    """
    refuse_if_marked(reason, "lý do")
    with class_in(study_class, *RUNNING_STATES, roster=True):
        if queries.is_marked(study_class):
            raise Refusal("class.marked", "Lớp đã có điểm danh nên không hủy được; hãy chốt điểm danh để khép lớp.")
        before = study_class.state
        study_class.state = ClassState.CANCELLED
        study_class.save(update_fields=["state"])
        people = RosterEntry.objects.filter(study_class=study_class).update(is_running=False)
        record(
            "class.cancelled", by=by, at=at, thing=study_class, unit=study_class.unit,
            before={"state": before, "people": people}, after={"reason": text.squeeze(reason)},
        )  # fmt: skip
        campaign_actions.mark_called_off(study_class.campaign, study_class.unit)
        campaign_actions.rejudge_duties(study_class.campaign, ATTEND, event_id=study_class.pk)
        if before == ClassState.RELEASED:
            enqueue(TELL_CANCELLED_JOB, study_class.pk, by.pk if by else 0)
    return study_class
