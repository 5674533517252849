"""A timetable from its first demand to the classes that come of it."""

import pytest

from quantriet.campaigns import actions as campaign_actions
from quantriet.campaigns.tests import factories as campaign_factories
from quantriet.classes import actions, queries
from quantriet.classes.models import RosterEntry, StudyClass, TimetableShare
from quantriet.classes.tests import factories
from quantriet.classes.vocab import ClassRoleKind, ClassState, TimetableState
from quantriet.kit.jobs import Worker
from quantriet.kit.time import now

pytestmark = pytest.mark.django_db


@pytest.fixture
def campaign(cast):
    made = campaign_factories.campaign(cast.units["T"], cast.officer)
    campaign_actions.prepare_duties(made, by=cast.officer, at=now())
    return made


@pytest.fixture
def plan(cast, campaign):
    return factories.timetable(campaign, cast.units["X1"], cast.officer, reporters=[cast.people["M10"]])


def computed(plan, by, **given):
    actions.start_timetable(plan, by=by, at=now(), **given)
    Worker([]).run_all()
    plan.refresh_from_db()
    return plan


def shares(plan):
    return {
        (one.timetable_class.hall.name, one.timetable_class.session_id, one.cell_id, one.person_id): one.count
        for one in TimetableShare.objects.filter(timetable_class__plan=plan).select_related("timetable_class__hall")
    }


def test_a_plan_seats_everybody_and_breaks_no_demand(cast, plan):
    computed(plan, cast.officer)
    assert plan.state == TimetableState.READY, plan.outcome
    loaded = queries.load_timetable(plan)
    assert loaded.conflicts == []
    assert sum(shares(plan).values()) == 9
    assert queries.gap_percent(plan) is not None
    assert "Xếp đủ 9 người" in plan.outcome


def test_confirming_makes_the_classes_with_people_by_name_and_reporters(cast, plan):
    computed(plan, cast.officer)
    count = actions.confirm_timetable(plan, by=cast.officer, at=now())
    classes = StudyClass.objects.filter(campaign=plan.campaign)
    assert classes.count() == count == plan.classes.count()
    assert RosterEntry.objects.filter(study_class__in=classes, is_running=True).count() == 9
    for row in plan.classes.select_related("study_class", "session", "hall"):
        made = row.study_class
        assert made.state == ClassState.DRAFT
        assert made.roster.count() == sum(share.count for share in row.shares.all())
        assert made.venues.get().capacity == row.hall.capacity
        assert made.sessions.get().starts_at == row.session.starts_at
        assert made.roles.get(kind=ClassRoleKind.REPORTER).person == cast.people["M10"]
    assert queries.placement(plan.campaign, plan.unit).in_none == 0
