"""What runs by itself, and what comes of it."""

from __future__ import annotations

import datetime as dt

import pytest

from quantriet.attendance.tests.factories import make_campaign
from quantriet.audit.models import AuditEvent
from quantriet.campaigns.jobs import follow_audiences_job
from quantriet.campaigns.models import StudyCampaign
from quantriet.campaigns.vocab import DutyState
from quantriet.config.schedule import schedule
from quantriet.kit.jobs import Worker
from quantriet.kit.time import now, today
from quantriet.org import actions as org_actions
from quantriet.portal.jobs import forget_senders_job, keep_backups_job, publish_due_news_job


def test_campaigns_follow_their_people_and_backups_are_made_by_themselves():
    assert {follow_audiences_job, keep_backups_job} <= {one.job for one in schedule()}


def test_news_come_out_at_their_hour_and_senders_are_forgotten_by_themselves():
    assert {publish_due_news_job, forget_senders_job} <= {one.job for one in schedule()}


@pytest.mark.django_db
def test_the_ledger_follows_its_people_once_a_day(cast):
    by = cast.accounts["officer"]
    campaign = make_campaign(cast)
    person = cast.people["M1"]
    org_actions.remove_person(person, by=by, at=now(), on=today(), reason="died")
    StudyCampaign.objects.update(audience_synced_at=now() - dt.timedelta(days=1))
    follow_audiences_job.call()
    Worker([]).run_all()
    assert campaign.duties.get(person=person).state == DutyState.EXEMPT
    lines = AuditEvent.objects.filter(verb="audience.synced").count()
    follow_audiences_job.call()
    Worker([]).run_all()
    StudyCampaign.objects.update(audience_synced_at=None)
    follow_audiences_job.call()
    Worker([]).run_all()
    assert AuditEvent.objects.filter(verb="audience.synced").count() == lines == 1
