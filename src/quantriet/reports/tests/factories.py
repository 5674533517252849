"""A campaign with results for the permanent cast, and reports on it, made through the actions everybody goes through."""

from __future__ import annotations

import datetime as dt

from quantriet.campaigns import actions as campaign_actions
from quantriet.campaigns.models import StudyCampaign, StudyDuty
from quantriet.campaigns.tests import factories as campaigns
from quantriet.campaigns.vocab import ATTEND, CampaignState, DutyReason, DutyResult, DutyState
from quantriet.classes.models import ClassSession, RosterEntry, StudyClass, Venue
from quantriet.classes.vocab import ClassState
from quantriet.kit.time import now
from quantriet.reports import actions
from quantriet.reports.models import Report
from quantriet.reports.vocab import Section

HEAD = {
    "superior": "",
    "body": "TỈNH ỦY TÂN LĨNH",
    "number": "26-BC/TU",
    "place": "Tân Lĩnh",
    "subject": "kết quả học tập, quán triệt Nghị quyết 2026",
    "recipients": "Ban Tuyên giáo và Dân vận Trung ương\nCác đơn vị trực thuộc\nLưu",
    "authority": "T/M BAN THƯỜNG VỤ",
    "signer_title": "PHÓ BÍ THƯ",
    "signer_name": "Nguyễn Thị Hường",
}


def open_campaign(cast, unit="T", **given) -> StudyCampaign:
    """A running campaign whose people must attend; that all are in a class is proved elsewhere."""
    campaign = campaigns.campaign(cast.units[unit], cast.officer, **given)
    campaign.duty_kinds = [ATTEND]
    campaign.save(update_fields=["duty_kinds"])
    campaign_actions.prepare_duties(campaign, by=cast.officer, at=now())
    StudyCampaign.objects.filter(pk=campaign.pk).update(state=CampaignState.OPEN, opened_at=now())
    campaign.refresh_from_db()
    return campaign


def settle(campaign, cast, at=None, **results) -> None:
    """`settle(campaign, cast, M1="attended", M2="absent")`: what became of each person."""
    made = []
    for code, reason in results.items():
        duty = StudyDuty.objects.get(campaign=campaign, kind=ATTEND, person=cast.people[code])
        is_done = reason in (DutyReason.ATTENDED, DutyReason.CREDIT, DutyReason.SELF_STUDY)
        state = DutyState.DONE if is_done else DutyState.OWING
        made.append(DutyResult(duty.pk, state, DutyReason(reason), "Theo điểm danh."))
    campaign_actions.settle_duties(made, by=cast.officer, at=at or now())


def held_class(campaign, unit, *, people=(), at=None, **details) -> StudyClass:
    """A class that was held and closed, with one session, one venue and these people on its roster."""
    at = at or now()
    study_class = StudyClass.objects.create(
        campaign=campaign, unit=unit, code=f"L{StudyClass.objects.count() + 1}", title="Lớp học", state=ClassState.CLOSED,
        closed_at=at, **details,
    )  # fmt: skip
    venue = Venue.objects.create(study_class=study_class, unit=unit, name="Hội trường", is_main=True)
    ClassSession.objects.create(
        study_class=study_class,
        title="Buổi sáng",
        starts_at=at - dt.timedelta(hours=4),
        ends_at=at - dt.timedelta(hours=1),
    )
    for person in people:
        duty = StudyDuty.objects.filter(campaign=campaign, kind=ATTEND, person=person).first()
        RosterEntry.objects.create(
            study_class=study_class, venue=venue, person=person, unit=person.unit, duty=duty, is_running=False
        )
    return study_class


def draft(cast, campaign, unit="T", **given) -> Report:
    return actions.draft_report(campaign, cast.units[unit], by=cast.officer, at=now(), **given)


def ready(report: Report, cast, **head) -> Report:
    """Fill the head and confirm every section, as the officer does before sending."""
    day = dt.datetime.now(dt.UTC).date() + dt.timedelta(days=1)
    return actions.change_report(
        report, revision=report.revision, by=cast.officer, at=now(), head={**HEAD, "signed_on": day, **head},
        confirmed=set(Section),
    )  # fmt: skip


def sent(cast, campaign, unit="T", **head) -> Report:
    report = ready(draft(cast, campaign, unit), cast, **head)
    return actions.send_report(report, revision=report.revision, by=cast.officer, at=now())
