"""The ledger made anew from the facts says the same, row by row, whatever has happened; and it mends what was damaged."""

import datetime as dt
import io
import json

import pytest
import time_machine
from django.core.management import call_command
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quantriet.attendance import actions
from quantriet.attendance.models import ExcusedAbsence, PresenceFact
from quantriet.attendance.tests.factories import AFTERNOON, clock, make_class
from quantriet.attendance.tests.factories import reopen as reopen_by_two
from quantriet.attendance.vocab import ExcuseState, FactKind
from quantriet.campaigns import actions as campaign_actions
from quantriet.campaigns import queries as campaign_queries
from quantriet.campaigns.models import AudienceAdjustment, DutyChange, StudyCredit, StudyDuty, Tally, TallyDay
from quantriet.campaigns.tests import factories as campaign_factories
from quantriet.campaigns.vocab import ATTEND, CreditKind, CreditState, DutyReason, DutyState
from quantriet.classes.models import RosterEntry, StudyClass
from quantriet.classes.vocab import ClassState
from quantriet.kit.jobs import Worker
from quantriet.kit.refusal import Refusal
from quantriet.kit.time import now, today
from quantriet.org import actions as org_actions
from quantriet.org.models import ActivityExemption

pytestmark = pytest.mark.django_db

PEOPLE = [f"M{number}" for number in range(1, 10)]


@pytest.fixture
def by(cast):
    return cast.officer


@pytest.fixture
def story(cast, by):
    with time_machine.travel(clock(18), tick=False) as clockwork:
        yield Story(cast, by, clockwork)


class Story:
    """A running campaign of the nine people of X1 with two classes, and what may happen to it; time only goes on."""

    def __init__(self, cast, by, clockwork):
        self.cast, self.by, self.clockwork = cast, by, clockwork
        self.campaign = campaign_factories.campaign(
            cast.units["X1"], by, duty_kinds=[ATTEND], planned_from=today() - dt.timedelta(days=3)
        )
        campaign_actions.prepare_duties(self.campaign, by=by, at=self.at(-3))
        yesterday = today() - dt.timedelta(days=1)
        self.first = make_class(cast, self.campaign, PEOPLE[:6], day=yesterday, title="Lớp một")
        self.second = make_class(cast, self.campaign, PEOPLE[6:], day=yesterday, title="Lớp hai", times=(AFTERNOON,))
        campaign_actions.open_campaign(self.campaign, by=by, at=self.at(-3))
        self.classes = [self.first, self.second]

    def at(self, days=0):
        """The next moment, so many days from today."""
        self.clockwork.shift(dt.timedelta(seconds=10))
        return now() + dt.timedelta(days=days)

    def person(self, index):
        return self.cast.people[PEOPLE[index % len(PEOPLE)]]

    def line(self, index):
        return (
            RosterEntry.objects.filter(person=self.person(index), study_class__campaign=self.campaign)
            .order_by("-pk")
            .first()
        )

    def mark(self, index, kind):
        entry = self.line(index)
        if entry is None:
            return
        session = entry.study_class.sessions.first()
        made = next(one for one in self.classes if one.study_class.pk == entry.study_class_id)
        code = entry.person.code
        made.entries.setdefault(code, entry)
        begins = session.starts_at
        facts = {
            "whole": [(FactKind.WHOLE, begins)],
            "absent": [(FactKind.ABSENT, begins)],
            "early": [(FactKind.ARRIVE, begins), (FactKind.LEAVE, begins + dt.timedelta(minutes=40))],
        }[kind]
        actions.record_marks([made.mark(code, fact, at) for fact, at in facts], by=self.by, at=self.at())

    def void(self, index, _):
        entry = self.line(index)
        fact = entry and PresenceFact.objects.filter(entry=entry, voided_by=None).exclude(kind=FactKind.VOID).first()
        if fact:
            actions.void_mark(fact, nonce=f"void-{fact.pk}", by=self.by, at=self.at())

    def close(self, index, _):
        made = self.classes[index % len(self.classes)]
        made.study_class.refresh_from_db()
        if made.study_class.state == ClassState.RELEASED:
            actions.close_roll(made.study_class, by=self.by, at=self.at())
        else:
            actions.reclose_roll(made.study_class, by=self.by, at=self.at())

    def reopen(self, index, _):
        reopen_by_two(self.cast, self.classes[index % len(self.classes)], reason="Ghi sót", at=self.at())

    def excuse(self, index, approve):
        entry = self.line(index)
        if entry:
            asked = actions.ask_excuse(entry, session=None, reason="Nằm viện", by=self.by, at=self.at())
            actions.decide_excuse(asked, is_approved=approve != "no", note="Thiếu giấy", by=self.by, at=self.at())

    def unexcuse(self, index, _):
        excuse = ExcusedAbsence.objects.filter(entry=self.line(index), state=ExcuseState.APPROVED).first()
        if excuse:
            actions.take_back_approval(excuse, reason="Giấy không đúng", by=self.by, at=self.at())

    def credit(self, index, _):
        said = campaign_actions.StudiedElsewhere(
            CreditKind.SECTOR, "Công an tỉnh", today(), "Giấy chứng nhận", list(self.campaign.documents.all())
        )
        campaign_actions.grant_credits(self.campaign, [self.person(index)], said, by=self.by, at=self.at())

    def uncredit(self, index, _):
        credit = StudyCredit.objects.filter(duty__person=self.person(index), state=CreditState.GRANTED).first()
        if credit:
            campaign_actions.withdraw_credit(credit, reason="Sai người", by=self.by, at=self.at())

    def move(self, index, to):
        org_actions.transfer_person(
            self.person(index),
            to=self.cast.units["CB12" if to == "no" else "CB11"],
            on=today(),
            by=self.by,
            at=self.at(),
        )

    def exempt(self, index, _):
        org_actions.give_exemption(
            self.person(index), valid_from=today() - dt.timedelta(days=2), valid_to=None, reason="Tuổi cao", by=self.by,
            at=self.at(),
        )  # fmt: skip

    def unexempt(self, index, _):
        exemption = ActivityExemption.objects.filter(person=self.person(index), valid_to=None).first()
        if exemption:
            org_actions.end_exemption(exemption, on=today() - dt.timedelta(days=1), by=self.by, at=self.at())

    def strike(self, index, _):
        campaign_actions.adjust_audience(
            self.campaign, person=self.person(index), kind="remove", reason="Nhầm", by=self.by, at=self.at()
        )

    def unstrike(self, index, _):
        for adjustment in AudienceAdjustment.objects.filter(person=self.person(index)):
            campaign_actions.undo_adjustment(adjustment, by=self.by, at=self.at())

    def do(self, name, index, how="yes"):
        """Do it if the house allows it; then let the queue and the daily following catch up, as they do by themselves."""
        try:
            if name in ("whole", "absent", "early"):
                self.mark(index, name)
            else:
                getattr(self, name)(index, how)
        except Refusal:
            pass
        campaign_actions.sync_audience(self.campaign, by=None, at=self.at())
        Worker([]).run_all()


DEEDS = [
    "whole", "absent", "early", "void", "close", "close", "reopen", "excuse", "unexcuse", "credit", "uncredit", "move",
    "exempt", "unexempt", "strike", "unstrike",
]  # fmt: skip


def rows(campaign):
    """Everything the ledger keeps, row by row; a day on which nothing remains of what happened is as good as no row."""
    duties = StudyDuty.objects.filter(campaign=campaign).order_by("pk").values_list(
        "pk", "person__code", "unit__code", "kind", "tier", "state", "reason", "sentence", "due_on", "settled_at"
    )  # fmt: skip
    tallies = Tally.objects.filter(campaign=campaign).order_by("kind", "unit").values_list(
        "kind", "unit__code", "path", "done", "exempt", "owing", "reported_at"
    )  # fmt: skip
    days = TallyDay.objects.filter(campaign=campaign).order_by("kind", "unit", "day").values_list(
        "kind", "unit__code", "path", "day", "done", "exempt", "owing"
    )  # fmt: skip
    return list(duties), list(tallies), [day for day in days if any(day[4:])]


def lively(story):
    """Moves, excuses, credits, withdrawals, reopened rolls, late corrections."""
    for deed in [
        ("whole", 0), ("early", 1), ("absent", 2), ("excuse", 3), ("credit", 4), ("close", 0), ("move", 0, "no"),
        ("move", 2, "no"), ("uncredit", 4), ("credit", 2), ("exempt", 1), ("reopen", 0), ("whole", 1), ("void", 0),
        ("close", 0), ("unexempt", 1), ("credit", 6), ("strike", 7), ("whole", 8), ("close", 1), ("unstrike", 7),
        ("unexcuse", 3), ("exempt", 5), ("credit", 7),
    ]:  # fmt: skip
        story.do(*deed)


@pytest.mark.req("B-02")
def test_a_lively_campaign_made_anew_from_its_facts_is_the_same_row_by_row(story, by):
    lively(story)
    before, lines = rows(story.campaign), DutyChange.objects.count()
    assert {row[5] for row in before[0]} == {"done", "exempt", "owing"}
    reasons = {row[6] for row in before[0]}
    assert {DutyReason.CREDIT, DutyReason.ACTIVITY_EXEMPT, DutyReason.ABSENT_UNEXCUSED} <= reasons
    assert campaign_queries.prove_ledger(story.campaign) == []
    done = campaign_actions.rebuild_ledger(story.campaign, by=by, at=story.at())
    assert done.is_sound
    assert rows(story.campaign) == before
    assert DutyChange.objects.count() == lines


@pytest.mark.req("B-02")
def test_rows_damaged_by_hand_are_found_and_come_back(story, by):
    lively(story)
    before = rows(story.campaign)
    done = StudyDuty.objects.filter(campaign=story.campaign, state=DutyState.DONE).first()
    StudyDuty.objects.filter(pk=done.pk).update(state="owing", reason="absent", sentence="x", settled_at=None)
    StudyDuty.objects.filter(campaign=story.campaign, state=DutyState.OWING).exclude(pk=done.pk).update(
        state="done", reason="attended", unit=story.cast.units["CB21"], due_on=today()
    )
    Tally.objects.filter(campaign=story.campaign, unit=story.cast.units["CB11"]).update(done=77, reported_at=None)
    Tally.objects.filter(campaign=story.campaign, unit=story.cast.units["CB12"]).delete()
    TallyDay.objects.filter(campaign=story.campaign, unit=story.cast.units["CB11"]).update(owing=5)
    TallyDay.objects.filter(campaign=story.campaign, unit=story.cast.units["CB12"]).delete()
    codes = {one.code for one in campaign_queries.prove_ledger(story.campaign)}
    assert {"ledger.row", "ledger.tally", "ledger.day", "ledger.sum"} <= codes
    damaged = rows(story.campaign)
    dry = campaign_actions.rebuild_ledger(story.campaign, by=by, at=story.at(), dry_run=True)
    assert (dry.duties > 0, rows(story.campaign)) == (True, damaged)
    campaign_actions.rebuild_ledger(story.campaign, by=by, at=story.at())
    assert rows(story.campaign) == before
    assert campaign_queries.prove_ledger(story.campaign) == []


@pytest.mark.req("B-02")
def test_a_result_that_no_fact_proves_is_taken_back_with_a_line(story, by):
    """Somebody has written a result past the house, journal and all: the facts decide."""
    story.do("close", 0)
    duty = StudyDuty.objects.get(campaign=story.campaign, person=story.person(0))
    assert duty.reason == DutyReason.ABSENT_UNEXCUSED
    sentence, lines = duty.sentence, duty.changes.count()
    campaign_actions.settle_duties([campaign_factories.done(duty)], by=by, at=story.at())  # no verdict stands behind it
    (found,) = campaign_queries.prove_ledger(story.campaign)
    assert (found.code, found.person) == ("ledger.unexplained", "M1")
    campaign_actions.rebuild_ledger(story.campaign, by=by, at=story.at())
    duty.refresh_from_db()
    assert (duty.reason, duty.sentence, duty.changes.count()) == (DutyReason.ABSENT_UNEXCUSED, sentence, lines + 2)
    assert campaign_queries.prove_ledger(story.campaign) == []


@pytest.mark.req("B-02")
def test_a_closed_campaign_keeps_its_results_and_gets_them_back(story, by):
    lively(story)
    for made in story.classes:
        made.study_class.refresh_from_db()
    assert StudyClass.objects.filter(campaign=story.campaign).exclude(state=ClassState.CLOSED).count() == 0
    campaign_actions.close_campaign(story.campaign, by=by, at=story.at())
    before = rows(story.campaign)
    org_actions.transfer_person(
        story.person(0), to=story.cast.units["CB21"], on=today(), by=by, at=story.at()
    )  # what happens afterwards concerns it no more
    StudyDuty.objects.filter(campaign=story.campaign).update(state="done", reason="attended", sentence="")
    assert campaign_queries.prove_ledger(story.campaign)
    campaign_actions.rebuild_ledger(story.campaign, by=by, at=story.at())
    assert rows(story.campaign) == before


@pytest.mark.req("B-02", "R-045", "R-066")
def test_after_any_sequence_of_deeds_nothing_is_found_and_making_anew_changes_nothing(story, by):
    @settings(max_examples=12, suppress_health_check=list(HealthCheck))
    @given(st.lists(st.tuples(st.sampled_from(DEEDS), st.integers(0, 8), st.sampled_from(["yes", "no"])), max_size=9))
    def hold(deeds):
        with transaction.atomic():
            for deed in deeds:
                story.do(*deed)
                assert campaign_queries.prove_ledger(story.campaign) == [], deed
            before = rows(story.campaign)
            done = campaign_actions.rebuild_ledger(story.campaign, by=by, at=story.at())
            assert (done.is_sound, rows(story.campaign)) == (True, before)
            transaction.set_rollback(True)

    hold()


@pytest.mark.req("B-02")
def test_the_commands_say_it_to_people_and_machines(story, by, capsys):
    story.do("close", 0)
    call_command("audit-ledger")
    assert "khớp" in capsys.readouterr().out
    Tally.objects.filter(campaign=story.campaign, unit=story.cast.units["CB11"]).update(owing=0)
    with pytest.raises(SystemExit) as ended:
        call_command("audit-ledger", "--format", "json", "--campaign", str(story.campaign.pk))
    told = json.loads(capsys.readouterr().out)
    assert ended.value.code == 1
    assert (told["sound"], told["campaigns"][0]["findings"][0]["code"]) == (False, "ledger.tally")
    out = io.StringIO()
    call_command("rebuild-ledger", "--dry-run", stdout=out, stderr=io.StringIO())
    assert "sẽ sửa 0 nghĩa vụ, 1 dòng tổng hợp" in out.getvalue()
    call_command("rebuild-ledger", "--campaign", str(story.campaign.pk), stdout=out, stderr=io.StringIO())
    call_command("audit-ledger")
    for command in ("audit-ledger", "rebuild-ledger"):
        with pytest.raises(SystemExit) as ended:
            call_command(command, "--campaign", "999", stderr=io.StringIO())
        assert ended.value.code == 2


def test_the_job_makes_a_damaged_ledger_anew(story):
    Tally.objects.filter(campaign=story.campaign).update(exempt=3)
    call_command("rebuild-ledger", "--background", stdout=io.StringIO())
    Worker([]).run_all()
    assert campaign_queries.prove_ledger(story.campaign) == []
