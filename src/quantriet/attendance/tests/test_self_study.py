"""Self-study from the permission to the ledger: who may, in which order, what a repeat does, what a class changes (R-133)."""

import datetime as dt
import importlib
import io

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import IntegrityError, transaction

from quantriet.attendance import actions, jobs, queries
from quantriet.attendance.actions.events import ClassEvents
from quantriet.attendance.models import CatchUp, CatchUpStep, SelfStudyCourse, SelfStudyFact, SelfStudyPermission
from quantriet.attendance.queries import self_study as reads
from quantriet.attendance.rules.self_study import WrittenQuestion
from quantriet.attendance.tests.factories import AFTERNOON, clock, make_campaign, make_class
from quantriet.attendance.tests.self_study_factories import (
    BASIS,
    THREE,
    allow,
    duty,
    nonce,
    part,
    publish,
    right_answers,
    study,
    study_campaign,
)
from quantriet.attendance.vocab import CatchUpState, FactKind, SelfStudyStage, SelfStudyStep
from quantriet.audit.models import AuditEvent
from quantriet.campaigns import actions as campaign_actions
from quantriet.campaigns import queries as campaign_queries
from quantriet.campaigns.actions.settling import Shift, shift_duties
from quantriet.campaigns.models import RuleValue, StudyCampaign, StudyDuty, Tally
from quantriet.campaigns.rules.audience import Criteria
from quantriet.campaigns.tests import factories as campaign_factories
from quantriet.campaigns.vocab import SOURCE_RULES, CampaignState, DutyReason, DutyState, RuleKey
from quantriet.kit.refusal import Refusal, Refusals
from quantriet.kit.time import today

pytestmark = pytest.mark.django_db

ASK = WrittenQuestion("Thời hạn nộp bài thu hoạch?", ("5 ngày", "15 ngày", "30 ngày"), (1,))


@pytest.fixture
def by(cast):
    return cast.officer


@pytest.fixture
def campaign(cast):
    return study_campaign(cast)


@pytest.fixture
def opened(cast, by):
    """A campaign that was opened as all are, with the journal of its ledger: one class, the others may study alone."""
    campaign = make_campaign(cast, is_open=False, planned_from=today() - dt.timedelta(days=3))
    publish(cast, campaign, at=clock(5) - dt.timedelta(days=3))
    made = make_class(cast, campaign, ["M2", "M4", "M5"], day=today() - dt.timedelta(days=1))
    others = Criteria(units=(cast.units["X1"].pk,))
    allow(cast, campaign, criteria=others, at=clock(5) - dt.timedelta(days=2), from_on=today() - dt.timedelta(days=2))
    campaign_actions.open_campaign(campaign, by=by, at=clock(6) - dt.timedelta(days=2))
    return made


def refused(act, *args, **given):
    with pytest.raises(Refusal) as told:
        act(*args, **given)
    if isinstance(told.value, Refusals):
        return {one.code for one in told.value.several}
    return told.value.code


# --- who may ------------------------------------------------------------------------------------------------------


def test_people_are_allowed_by_name_with_reason_ground_and_days(cast, campaign):
    made = allow(cast, campaign, "M1", "M3", "M1")
    assert made.named.count() == 2
    allowed = reads.allowed_duties(campaign, today())
    assert {one.person.code for one in allowed.select_related("person")} == {
        cast.people[one].code for one in ("M1", "M3")
    }
    assert reads.permission_for(duty(cast, campaign, "M1"), today()) == made
    assert reads.permission_for(duty(cast, campaign, "M2"), today()) is None
    event = AuditEvent.objects.get(verb="self_study.allowed")
    assert event.after["people"] == 2
    assert "reason" not in event.after  # of single persons it may tell an illness
    group = allow(cast, campaign, criteria=Criteria(units=(cast.units["CB12"].pk,)))
    assert AuditEvent.objects.filter(verb="self_study.allowed").latest("pk").after["reason"] == group.reason


@pytest.mark.parametrize(
    ("criteria", "people"),
    [
        ({"unit_kinds": ("CHI_BO",)}, 9),
        ({"posts": ("BI_THU",), "units": "CB11"}, 2),
        ({"units": "CB12"}, 3),
    ],
)
def test_people_are_allowed_by_kind_of_unit_post_and_unit(cast, campaign, criteria, people):
    units = (cast.units[criteria["units"]].pk,) if "units" in criteria else ()
    allow(cast, campaign, criteria=Criteria(**{**criteria, "units": units}))
    assert reads.allowed_duties(campaign, today()).count() == people


def test_the_same_nonce_allows_once(cast, campaign):
    first = allow(cast, campaign, "M1", nonce="n")
    assert allow(cast, campaign, "M1", nonce="n") == first
    assert SelfStudyPermission.objects.count() == 1


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"reason": " "}, "self_study.reason_missing"),
        ({"basis": ""}, "self_study.basis_missing"),
        ({"from_on": today(), "to_on": today() - dt.timedelta(days=1)}, "self_study.period"),
        ({"from_on": today() - dt.timedelta(days=9), "to_on": today() - dt.timedelta(days=1)}, "self_study.period"),
        ({"reason": "TỐI MẬT"}, "secret"),
    ],
)
def test_a_permission_without_reason_ground_or_days_is_refused(cast, campaign, given, code):
    assert str(refused(allow, cast, campaign, "M1", **given)).startswith(code)
    assert not SelfStudyPermission.objects.exists()


def test_a_permission_beyond_the_days_of_the_campaign_is_refused(cast, campaign):
    last = campaign.planned_to
    with pytest.raises(Refusal) as told:
        allow(cast, campaign, "M1", to_on=last + dt.timedelta(days=1))
    assert (told.value.code, told.value.field) == ("self_study.beyond_campaign", "to_on")
    assert not SelfStudyPermission.objects.exists()
    assert allow(cast, campaign, "M1", to_on=last).to_on == last


def test_a_permission_for_nobody_is_refused(cast, campaign):
    assert refused(allow, cast, campaign) == "self_study.nobody"
    assert refused(allow, cast, campaign, criteria=Criteria(posts=("CHU_TICH",))) == "self_study.nobody"
    assert refused(allow, cast, campaign, "M12") == "self_study.nobody"  # of another branch


def test_several_faults_are_told_at_once(cast, campaign):
    told = refused(allow, cast, campaign, reason="", basis="")
    assert told == {"self_study.reason_missing", "self_study.basis_missing", "self_study.nobody"}


def test_without_published_text_nobody_is_allowed(cast):
    campaign = make_campaign(cast)
    assert refused(allow, cast, campaign, "M1") == "self_study.no_text"
    publish(cast, campaign, [part(1, to=("public",))])
    assert refused(allow, cast, campaign, "M1") == "self_study.no_text"


@pytest.mark.parametrize("key", [RuleKey.SELF_STUDY_SPEED, RuleKey.SELF_STUDY_LONGEST_MINUTES])
def test_without_the_settings_of_the_rulebook_nobody_is_allowed(cast, campaign, key):
    RuleValue.objects.filter(key=key).delete()
    assert refused(allow, cast, campaign, "M1") == "rulebook.value_missing"


@pytest.mark.parametrize("state", [CampaignState.CLOSED, CampaignState.CANCELLED])
def test_a_campaign_that_is_over_allows_nobody(cast, campaign, state):
    campaign.state = state
    campaign.save(update_fields=["state"])
    assert refused(allow, cast, campaign, "M1") == "self_study.campaign_over"


def test_before_opening_who_may_study_alone_needs_no_class(cast, by):
    campaign = make_campaign(cast, is_open=False)
    publish(cast, campaign)
    make_class(cast, campaign, [f"M{number}" for number in range(1, 7)])
    assert queries.places(campaign).missing == 3
    allow(cast, campaign, criteria=Criteria(units=(cast.units["CB12"].pk,)))
    assert queries.places(campaign).missing == 0
    assert queries.problems_before_opening(campaign) == []
    campaign_actions.open_campaign(campaign, by=by, at=clock(7))
    study(cast, campaign, "M7")
    assert duty(cast, campaign, "M7").state == DutyState.DONE


# --- the course ---------------------------------------------------------------------------------------------------


def test_a_course_is_made_of_the_published_text_for_the_tier(cast, campaign, by):
    allow(cast, campaign, "M1")
    course = actions.begin_course(duty(cast, campaign, "M1"), nonce="n", by=by, at=clock(8))
    titles = [one.section.title for one in course.progress.sections]
    assert titles == ["Nội dung cốt lõi", "Điểm mới", "Hỏi – đáp"]
    again = actions.begin_course(duty(cast, campaign, "M1"), nonce="m", by=by, at=clock(9))
    assert (again.row, SelfStudyCourse.objects.count()) == (course.row, 1)


def test_who_is_not_allowed_today_cannot_begin(cast, campaign, by):
    owed = duty(cast, campaign, "M2")
    assert refused(actions.begin_course, owed, nonce="n", by=by, at=clock(8)) == "self_study.not_allowed"
    allow(cast, campaign, "M2", from_on=today() + dt.timedelta(days=2))
    assert refused(actions.begin_course, owed, nonce="n", by=by, at=clock(8)) == "self_study.not_yet"


def test_sections_are_opened_in_order_and_answered_in_their_time(cast, campaign, by):
    allow(cast, campaign, "M1")
    course = actions.begin_course(duty(cast, campaign, "M1"), nonce="n", by=by, at=clock(8))
    one = {"nonce": nonce(), "by": by}
    assert refused(actions.open_section, course, 2, at=clock(8), **one) == "self_study.too_far"
    assert refused(actions.open_section, course, 9, at=clock(8), **one) == "self_study.no_section"
    answer = {"answers": {}, "is_read": True, "by": by}
    assert refused(actions.answer_section, course, 1, at=clock(8), nonce=nonce(), **answer) == "self_study.not_opened"
    opened = actions.open_section(course, 1, at=clock(8), **one)
    with pytest.raises(Refusal) as early:
        actions.answer_section(course, 1, at=clock(8) + dt.timedelta(seconds=10), nonce=nonce(), **answer)
    assert early.value.code == "self_study.too_early"
    assert "còn 1 phút 27 giây nữa" in early.value.sentence
    assert SelfStudyFact.objects.count() == 1
    at = clock(8) + dt.timedelta(seconds=opened.section.seconds)
    assert refused(actions.answer_section, course, 1, at=at, nonce=nonce(), **{**answer, "is_read": False}) == "self_study.unconfirmed"  # fmt: skip
    told = actions.answer_section(course, 1, at=at, nonce=nonce(), **answer)
    assert (told.is_passed, told.course.progress.passed) == (True, 1)
    # A section passed can be read again, and answered without any effect.
    assert actions.open_section(told.course, 1, at=at, nonce=nonce(), by=by).is_passed
    assert actions.answer_section(told.course, 1, at=at, nonce=nonce(), **answer).is_passed
    assert SelfStudyFact.objects.count() == 2


def test_a_second_device_goes_on_where_the_first_stopped(cast, campaign, by):
    allow(cast, campaign, "M1")
    study(cast, campaign, "M1", sections=1)
    phone = reads.course_of(duty(cast, campaign, "M1"))
    tablet = reads.course_of(duty(cast, campaign, "M1"))
    first = actions.open_section(phone, 2, nonce="a", by=by, at=clock(10))
    second = actions.open_section(tablet, 2, nonce="b", by=by, at=clock(11))
    assert first.opened_at == second.opened_at == clock(10)
    actions.answer_section(tablet, 2, answers={}, is_read=True, nonce="c", by=by, at=clock(11))
    told = actions.answer_section(phone, 2, answers={}, is_read=True, nonce="d", by=by, at=clock(11))
    assert (told.is_passed, told.course.progress.passed) == (True, 2)


def test_a_wrong_answer_leads_back_and_its_tries_are_kept(cast, campaign, by):
    allow(cast, campaign, "M1")
    actions.add_check_questions(campaign, [(1, ASK)], by=by, at=clock(7))
    course = actions.begin_course(duty(cast, campaign, "M1"), nonce="n", by=by, at=clock(8))
    actions.open_section(course, 1, nonce=nonce(), by=by, at=clock(8))
    (check,) = reads.checks_on(campaign, course.progress.sections[0].section)
    given = {"is_read": False, "by": by, "at": clock(9)}
    with pytest.raises(Refusals) as open_one:
        actions.answer_section(course, 1, answers={}, nonce=nonce(), **given)
    assert open_one.value.several[0].field == f"q{check.id}"
    wrong = actions.answer_section(course, 1, answers={check.id: [0]}, nonce="w", **given)
    assert (wrong.is_passed, wrong.wrong) == (False, [check.id])
    assert wrong.course.progress.current.wrong == 1
    right = actions.answer_section(wrong.course, 1, answers={check.id: [1]}, nonce="r", **given)
    assert (right.is_passed, right.course.row.tries) == (True, 2)


@pytest.mark.parametrize("chosen", [[0], [1]])
def test_the_same_nonce_again_gives_the_same_and_changes_nothing(cast, campaign, by, chosen):
    allow(cast, campaign, "M1")
    actions.add_check_questions(campaign, [(1, ASK)], by=by, at=clock(7))
    course = actions.begin_course(duty(cast, campaign, "M1"), nonce="n", by=by, at=clock(8))
    actions.open_section(course, 1, nonce="o", by=by, at=clock(8))
    actions.open_section(course, 1, nonce="o", by=by, at=clock(8))
    (check,) = reads.checks_on(campaign, course.progress.sections[0].section)
    given = {"answers": {check.id: chosen}, "is_read": False, "nonce": "a", "by": by}
    first = actions.answer_section(course, 1, at=clock(9), **given)
    again = actions.answer_section(course, 1, at=clock(10), **given)
    assert (first.is_passed, first.wrong) == (again.is_passed, again.wrong)
    assert SelfStudyFact.objects.count() == 2
    with pytest.raises(IntegrityError), transaction.atomic():
        SelfStudyFact.objects.create(nonce="a", course=course.row, step="read", parts=[], at=clock(9), account=by)


# --- the ledger ---------------------------------------------------------------------------------------------------


@pytest.mark.req("R-133")
def test_the_last_section_settles_the_duty_with_its_sentence(cast, campaign, by):
    allow(cast, campaign, "M1")
    assert Tally.objects.get(campaign=campaign, unit=cast.units["CB11"]).reported_at is None
    course = study(cast, campaign, "M1")
    owed = duty(cast, campaign, "M1")
    assert (owed.state, owed.reason) == (DutyState.DONE, DutyReason.SELF_STUDY)
    assert owed.sentence == course.row.sentence
    assert owed.sentence.startswith("Tự học xong 3/3 mục trong 2 phút, ngày ")
    assert owed.sentence.endswith(f"được tự học theo {BASIS}.")
    assert Tally.objects.get(campaign=campaign, unit=cast.units["CB11"]).done == 1
    assert len(course.row.code) == 12
    assert reads.course_by_code(f"{course.row.code[:4]} {course.row.code[4:].lower()}") == course.row
    assert AuditEvent.objects.filter(verb="self_study.finished").count() == 1


@pytest.mark.req("R-133", "B-02")
def test_the_ledger_made_anew_from_the_facts_says_the_same(cast, opened, by):
    campaign = opened.campaign
    for person in ("M1", "M2"):
        study(cast, campaign, person)
    study(cast, campaign, "M3", sections=1)
    actions.close_roll(opened.study_class, by=by, at=clock(12))
    assert duty(cast, campaign, "M2").reason == DutyReason.SELF_STUDY
    assert duty(cast, campaign, "M4").reason == DutyReason.ABSENT_UNEXCUSED
    rows = list(StudyDuty.objects.order_by("pk").values())
    assert not campaign_queries.audit_ledger(campaign)
    assert not campaign_queries.prove_ledger(campaign)
    assert campaign_actions.rebuild_ledger(campaign, by=None, at=clock(13)).is_sound
    assert list(StudyDuty.objects.order_by("pk").values()) == rows
    # What stands beside the facts can be lost.
    SelfStudyCourse.objects.update(passed=0, finished_at=None, sentence="", seconds=0)
    StudyDuty.objects.filter(person=cast.people["M1"]).update(
        state=DutyState.OWING, reason=DutyReason.NOT_YET, sentence=""
    )
    assert not campaign_actions.rebuild_ledger(campaign, by=None, at=clock(14)).is_sound
    assert list(StudyDuty.objects.order_by("pk").values()) == rows
    assert SelfStudyCourse.objects.filter(finished_at__isnull=False).count() == 2


def test_the_commands_prove_and_rebuild_a_ledger_with_self_study(cast, opened):
    study(cast, opened.campaign, "M1")
    for command in ("audit-ledger", "rebuild-ledger"):
        out = io.StringIO()
        call_command(command, stdout=out)
        assert out.getvalue().strip()
    assert duty(cast, opened.campaign, "M1").reason == DutyReason.SELF_STUDY


def test_a_result_that_no_fact_proves_is_taken_back(cast, opened):
    study(cast, opened.campaign, "M1")
    SelfStudyFact.objects.filter(step=SelfStudyStep.READ).delete()
    assert not campaign_actions.rebuild_ledger(opened.campaign, by=None, at=clock(13)).is_sound
    owed = duty(cast, opened.campaign, "M1")
    assert (owed.state, owed.reason) == (DutyState.OWING, DutyReason.NOT_YET)


def test_an_absence_does_not_stand_against_a_finished_self_study(cast, opened, by):
    study(cast, opened.campaign, "M2", at=clock(6))
    actions.close_roll(opened.study_class, by=by, at=clock(12))
    assert duty(cast, opened.campaign, "M2").reason == DutyReason.SELF_STUDY
    assert not CatchUp.objects.filter(duty__person=cast.people["M2"]).exists()
    assert campaign_actions.rebuild_ledger(opened.campaign, by=None, at=clock(13)).is_sound


def test_a_self_study_after_an_absence_ends_the_chain(cast, campaign, by):
    made = make_class(cast, campaign, ["M1"])
    actions.close_roll(made.study_class, by=by, at=clock(12))
    allow(cast, campaign, "M1", at=clock(13))
    study(cast, campaign, "M1", at=clock(14))
    assert CatchUp.objects.get(missed=made.entries["M1"]).state == CatchUpState.DONE
    assert duty(cast, campaign, "M1").reason == DutyReason.SELF_STUDY
    # Judging the class again, by a mark or by the rulebook, keeps it.
    actions.recompute_class(made.study_class, by=None, at=clock(15))
    assert duty(cast, campaign, "M1").reason == DutyReason.SELF_STUDY


@pytest.mark.req("R-133")
def test_who_attended_a_class_meanwhile_has_done_it_by_that(cast, campaign, by):
    allow(cast, campaign, "M1")
    course = study(cast, campaign, "M1", sections=1)
    made = make_class(cast, campaign, ["M1"])
    actions.record_marks([made.mark("M1", FactKind.WHOLE, clock(9))], by=by, at=clock(11))
    actions.close_roll(made.study_class, by=by, at=clock(12))
    owed = duty(cast, campaign, "M1")
    assert owed.reason == DutyReason.ATTENDED
    assert refused(actions.open_section, course, 2, nonce=nonce(), by=by, at=clock(13)) == "self_study.not_owing"
    assert "Không phải tự học nữa: Có mặt" in reads.offer(owed, clock(13)).sentence
    (row,) = reads.followed_people(campaign, clock(13))
    assert row.stage == SelfStudyStage.ELSEWHERE


def test_a_class_attended_after_self_study_stands_first_and_stays_so(cast, opened, by):
    study(cast, opened.campaign, "M2", at=clock(6))
    yesterday = today() - dt.timedelta(days=1)
    actions.record_marks([opened.mark("M2", FactKind.WHOLE, clock(9, day=yesterday))], by=by, at=clock(11))
    actions.close_roll(opened.study_class, by=by, at=clock(12))
    assert duty(cast, opened.campaign, "M2").reason == DutyReason.ATTENDED
    actions.judge_self_study(opened.campaign, by=None, at=clock(13))
    assert duty(cast, opened.campaign, "M2").reason == DutyReason.ATTENDED
    assert campaign_actions.rebuild_ledger(opened.campaign, by=None, at=clock(13)).is_sound


def test_an_exemption_that_ends_gives_the_finished_self_study_back(cast, opened, by):
    study(cast, opened.campaign, "M1")
    owed = duty(cast, opened.campaign, "M1")
    away = Shift(owed.pk, DutyState.EXEMPT, DutyReason.ACTIVITY_EXEMPT, "Miễn sinh hoạt.")
    shift_duties([away], by=by, at=clock(13))
    campaign_actions.sync_audience(opened.campaign, by=by, at=clock(14))
    assert duty(cast, opened.campaign, "M1").reason == DutyReason.SELF_STUDY
    # Many at once are judged by the job: 0 stands for every event.
    assert ClassEvents().judged_for([owed.pk]) == [0]
    shift_duties([away], by=by, at=clock(15))
    shift_duties([Shift(owed.pk, DutyState.OWING, DutyReason.NOT_YET, "")], by=by, at=clock(15))
    jobs.rejudge_job.func(opened.campaign.pk, 0)
    assert duty(cast, opened.campaign, "M1").reason == DutyReason.SELF_STUDY


# --- versions -----------------------------------------------------------------------------------------------------


@pytest.mark.req("R-133")
def test_a_newer_version_is_offered_and_asks_only_for_what_changed(cast, campaign, by):
    allow(cast, campaign, "M1")
    course = study(cast, campaign, "M1", sections=2)
    assert reads.newer_sections(course, clock(9)) is None
    publish(cast, campaign, [*THREE[:1], part(2, "new", words=91), THREE[2], part(4, "meaning")], at=clock(9))
    # The course keeps the version it began with until its person goes over to the new one.
    assert reads.course_of(duty(cast, campaign, "M1")).progress.passed == 2
    assert reads.newer_sections(course, clock(10)) is not None
    moved = actions.move_course(course, nonce="m", by=by, at=clock(10))
    assert [one.is_passed for one in moved.progress.sections] == [True, False, False, False]
    assert actions.move_course(moved, nonce="m", by=by, at=clock(10)).outline == moved.outline
    assert reads.newer_sections(moved, clock(11)) is None


def test_a_text_taken_from_publication_is_shown_no_more(cast, campaign, by):
    allow(cast, campaign, "M1")
    course = study(cast, campaign, "M1", sections=1)
    version = campaign.documents.get().masters.get().versions.get()
    version.withdrawn_at = clock(9)
    version.save(update_fields=["withdrawn_at"])
    assert refused(actions.open_section, course, 2, nonce="n", by=by, at=clock(10)) == "self_study.withdrawn"
    assert reads.newer_sections(course, clock(10)) is None


def test_a_finished_course_is_not_asked_again(cast, campaign, by):
    allow(cast, campaign, "M1")
    course = study(cast, campaign, "M1")
    publish(cast, campaign, [part(1, words=10)], at=clock(9))
    assert refused(actions.move_course, course, nonce="m", by=by, at=clock(10)) == "self_study.finished"


# --- catching up --------------------------------------------------------------------------------------------------


@pytest.mark.req("R-133", "R-067")
def test_nobody_is_chased_to_a_class_while_self_study_is_allowed(cast, campaign, by):
    made = make_class(cast, campaign, ["M1", "M2"], day=today() - dt.timedelta(days=20))
    actions.close_roll(made.study_class, by=by, at=clock(12) - dt.timedelta(days=19))
    allow(cast, campaign, "M1")
    actions.step_catch_ups(campaign, at=clock(13))
    assert {one.link.duty.person.pk for one in CatchUpStep.objects.all()} == {cast.people["M2"].pk}
    assert reads.studying_alone([duty(cast, campaign, "M1"), duty(cast, campaign, "M2")], clock(13)) == {
        duty(cast, campaign, "M1").pk
    }


@pytest.mark.req("R-133", "R-067", "B-02")
def test_what_was_not_finished_in_time_joins_the_catch_up(cast, campaign, by):
    permission = allow(cast, campaign, "M1", "M2", "M3", "M4")
    study(cast, campaign, "M1")
    study(cast, campaign, "M2", sections=1)
    make_class(cast, campaign, ["M4"], day=today() + dt.timedelta(days=20))  # called to a class to come
    assert actions.follow_lapsed(campaign, at=clock(12)) == 0
    SelfStudyPermission.objects.update(from_on=today() - dt.timedelta(days=9), to_on=today() - dt.timedelta(days=1))
    jobs.step_catch_ups_job.func(campaign.pk)
    links = {one.duty.person.pk: one for one in CatchUp.objects.select_related("duty__person", "lapsed")}
    assert set(links) == {cast.people["M2"].pk, cast.people["M3"].pk}
    link = links[cast.people["M2"].pk]
    assert (link.lapsed, link.missed, link.state) == (permission, None, CatchUpState.OPEN)
    assert "Tự học chưa xong khi hết hạn ngày" in link.cause
    assert "Tự học chưa xong" in queries.invitation(link).body
    assert actions.follow_lapsed(campaign, at=clock(13)) == 0
    # The chain goes on as any other: a step, a class, done.
    CatchUp.objects.update(opened_at=clock(12) - dt.timedelta(days=40))
    assert actions.step_catch_ups(campaign, at=clock(14)) >= 1
    later = make_class(cast, campaign, [], title="Lớp học bù", times=(AFTERNOON,), is_catch_up=True)
    actions.place_catch_up([link], later.study_class, by=by, at=clock(8))
    link.refresh_from_db()
    later.entries["M2"] = link.placed
    actions.record_marks([later.mark("M2", FactKind.WHOLE, clock(14))], by=by, at=clock(17))
    actions.close_roll(later.study_class, by=by, at=clock(18))
    link.refresh_from_db()
    assert (link.state, duty(cast, campaign, "M2").reason) == (CatchUpState.DONE, DutyReason.ATTENDED)
    stages = {row.person_id: row.stage for row in reads.followed_people(campaign, clock(18))}
    assert stages == {
        cast.people["M1"].pk: SelfStudyStage.FINISHED, cast.people["M2"].pk: SelfStudyStage.ELSEWHERE,
        cast.people["M3"].pk: SelfStudyStage.LAPSED, cast.people["M4"].pk: SelfStudyStage.LAPSED,
    }  # fmt: skip


def test_a_withdrawn_permission_ends_at_once_and_keeps_what_is_done(cast, campaign, by):
    permission = allow(cast, campaign, "M1", "M2")
    study(cast, campaign, "M1")
    course = study(cast, campaign, "M2", sections=1)
    assert (
        refused(actions.withdraw_self_study, permission, reason=" ", by=by, at=clock(12)) == "self_study.reason_missing"
    )
    assert actions.withdraw_self_study(permission, reason="Tàu đã về bến", by=by, at=clock(12)) == 1
    assert (
        refused(actions.withdraw_self_study, permission, reason="x", by=by, at=clock(12))
        == "self_study.withdrawn_already"
    )
    assert duty(cast, campaign, "M1").state == DutyState.DONE
    assert refused(actions.open_section, course, 2, nonce="n", by=by, at=clock(13)) == "self_study.not_allowed"
    # Allowed anew, the chain rests and the course goes on where it stood.
    allow(cast, campaign, "M2", at=clock(13))
    assert not queries.links_to_follow(campaign).exists()
    assert study(cast, campaign, "M2", at=clock(14)).row.finished_at is not None
    assert CatchUp.objects.get(duty__person=cast.people["M2"]).state == CatchUpState.DONE


def test_who_may_study_alone_is_left_out_person_by_person(cast, campaign, by):
    permission = allow(cast, campaign, "M1", "M2")
    actions.withdraw_self_study(permission, reason="Tàu đã về bến", by=by, at=clock(12))
    allow(cast, campaign, "M2", at=clock(13))
    asked = (queries.links_to_follow(campaign), reads.followed_people(campaign, clock(14)))
    assert all("NOT IN" not in str(one.query) for one in asked)
    assert [one.duty.person_id for one in asked[0]] == [cast.people["M1"].pk]
    assert {one.person_id: one.stage for one in asked[1]} == {
        cast.people["M1"].pk: SelfStudyStage.LAPSED, cast.people["M2"].pk: SelfStudyStage.NOT_BEGUN,
    }  # fmt: skip


def test_a_permission_withdrawn_before_it_ran_calls_nobody(cast, campaign, by):
    coming = allow(cast, campaign, "M1", from_on=today() + dt.timedelta(days=2))
    assert actions.withdraw_self_study(coming, reason="Ghi nhầm", by=by, at=clock(12)) == 0
    campaign.opened_at = clock(14)
    campaign.save(update_fields=["opened_at"])
    draft = allow(cast, campaign, "M2")
    assert actions.withdraw_self_study(draft, reason="Ghi nhầm", by=by, at=clock(13)) == 0
    assert reads.lapsed_duties(campaign, clock(15)) == []
    running = allow(cast, campaign, "M3")
    assert actions.withdraw_self_study(running, reason="Tàu đã về bến", by=by, at=clock(15)) == 1
    assert CatchUp.objects.get().duty.person == cast.people["M3"]


def test_a_permission_to_come_calls_nobody_to_a_class(cast, campaign, by):
    ended = allow(cast, campaign, "M1", "M2", "M3")
    allow(cast, campaign, "M1", from_on=today() + dt.timedelta(days=2))
    assert actions.withdraw_self_study(ended, reason="Tàu đã về bến", by=by, at=clock(12)) == 2
    assert set(CatchUp.objects.values_list("duty__person__code", flat=True)) == {
        cast.people[one].code for one in ("M2", "M3")
    }
    allow(cast, campaign, "M2", from_on=today() + dt.timedelta(days=2))
    assert [one.duty.person_id for one in queries.links_to_follow(campaign)] == [cast.people["M3"].pk]


def test_a_campaign_is_not_closed_while_people_may_still_study(cast, campaign):
    allow(cast, campaign, "M1", "M2")
    study(cast, campaign, "M1")
    (problem,) = queries.problems_before_closing(campaign, at=clock(12))
    assert problem.sentence == "1 người còn trong thời hạn tự học."


def test_a_campaign_with_finished_self_study_is_not_cancelled(cast, campaign, by):
    allow(cast, campaign, "M1", "M2")
    study(cast, campaign, "M2", sections=1)
    assert queries.problems_before_cancelling(campaign) == []
    study(cast, campaign, "M1")
    (problem,) = queries.problems_before_cancelling(campaign)
    assert problem.sentence == "1 người đã tự học xong; hãy khép đợt thay vì hủy."
    assert refused(campaign_actions.cancel_campaign, campaign, reason="x", by=by, at=clock(12)) == {
        "campaign.has_results"
    }
    assert StudyCampaign.objects.get(pk=campaign.pk).state == CampaignState.OPEN


def test_a_course_is_not_finished_without_a_document_added_meanwhile(cast, campaign, by):
    allow(cast, campaign, "M1")
    course = study(cast, campaign, "M1", sections=2)
    assert reads.documents_left_out(course) == []
    added = campaign_factories.document(campaign.unit, by, "99-NQ/TU")
    campaign.campaign_documents.create(document=added)
    course = reads.course_of(duty(cast, campaign, "M1"))
    actions.open_section(course, 3, nonce="o", by=by, at=clock(10))
    given = {"answers": {}, "is_read": True, "nonce": "a", "by": by, "at": clock(11)}
    assert refused(actions.answer_section, course, 3, **given) == "self_study.document_added"
    assert duty(cast, campaign, "M1").state == DutyState.OWING


def test_a_campaign_that_has_closed_takes_no_step(cast, campaign, by):
    allow(cast, campaign, "M1")
    course = study(cast, campaign, "M1", sections=1)
    campaign.state = CampaignState.CLOSED
    campaign.save(update_fields=["state"])
    assert refused(actions.open_section, reads.course_of(duty(cast, campaign, "M1")), 2, nonce="n", by=by, at=clock(9)) == "self_study.campaign_closed"  # fmt: skip
    assert course.progress.passed == 1
    assert actions.follow_lapsed(campaign, at=clock(9)) == 0


# --- progress and questions ---------------------------------------------------------------------------------------


def test_the_stages_of_people(cast, campaign, by):
    allow(cast, campaign, "M1", "M2", "M3", "M4", "M7")
    actions.add_check_questions(campaign, [(1, ASK)], by=by, at=clock(7))
    study(cast, campaign, "M1")
    study(cast, campaign, "M2", sections=1)
    course = study(cast, campaign, "M3", sections=0)
    actions.open_section(course, 1, nonce=nonce(), by=by, at=clock(8))
    (check,) = reads.checks_on(campaign, course.progress.sections[0].section)
    for _ in range(3):
        actions.answer_section(course, 1, answers={check.id: [0]}, is_read=False, nonce=nonce(), by=by, at=clock(9))
    SelfStudyPermission.objects.filter(pk=allow(cast, campaign, "M8").pk).update(
        from_on=today() - dt.timedelta(days=3), to_on=today() - dt.timedelta(days=1)
    )
    rows = list(reads.followed_people(campaign, clock(12)))
    assert {row.person_id: row.stage for row in rows} == {
        cast.people["M1"].pk: SelfStudyStage.FINISHED, cast.people["M2"].pk: SelfStudyStage.READING,
        cast.people["M3"].pk: SelfStudyStage.STUCK, cast.people["M4"].pk: SelfStudyStage.NOT_BEGUN,
        cast.people["M7"].pk: SelfStudyStage.NOT_BEGUN, cast.people["M8"].pk: SelfStudyStage.LAPSED,
    }  # fmt: skip
    units = reads.progress_by_unit(reads.followed_people(campaign, clock(12)))
    assert {one.unit.code: one.total for one in units} == {cast.units["CB11"].code: 4, cast.units["CB12"].code: 2}


@pytest.mark.parametrize(
    ("later", "wanted"),
    [(dt.timedelta(days=7), SelfStudyStage.READING), (dt.timedelta(days=7, seconds=1), SelfStudyStage.STUCK)],
)
def test_who_takes_no_step_for_a_week_is_stuck(cast, campaign, later, wanted):
    allow(cast, campaign, "M1")
    last = study(cast, campaign, "M1", sections=1).row.last_at
    assert [row.stage for row in reads.followed_people(campaign, last + later)] == [wanted]


def test_whose_permission_is_to_come_has_not_begun(cast, campaign):
    allow(cast, campaign, "M1", from_on=today() + dt.timedelta(days=2))
    assert [row.stage for row in reads.followed_people(campaign, clock(12))] == [SelfStudyStage.NOT_BEGUN]
    assert [row.stage for row in reads.followed_people(campaign, clock(12) + dt.timedelta(days=11))] == [
        SelfStudyStage.LAPSED
    ]


def test_questions_are_added_once_and_retired_with_their_answers_kept(cast, campaign, by):
    assert actions.add_check_questions(campaign, [(1, ASK), (1, ASK)], by=by, at=clock(7)) == 1
    assert actions.add_check_questions(campaign, [(1, ASK)], by=by, at=clock(7)) == 0
    assert refused(actions.add_check_questions, campaign, [(99, ASK)], by=by, at=clock(7)) == "self_study.no_part"
    secret = WrittenQuestion("TUYỆT MẬT", ("a", "b"), (0,))
    assert refused(actions.add_check_questions, campaign, [(2, ASK), (2, secret)], by=by, at=clock(7)).startswith(
        "secret"
    )
    (first, *_others) = reads.questioned_parts(campaign, clock(8))
    (question,) = first.questions
    allow(cast, campaign, "M1")
    study(cast, campaign, "M1", sections=1)
    actions.retire_check_question(question, by=by, at=clock(9))
    actions.retire_check_question(question, by=by, at=clock(10))
    assert reads.course_of(duty(cast, campaign, "M1")).progress.passed == 1
    assert not reads.questioned_parts(campaign, clock(11))[0].questions
    assert right_answers(campaign, reads.course_of(duty(cast, campaign, "M1")).progress.sections[0]) == {}


def test_questions_are_asked_only_on_parts_somebody_of_the_campaign_reads(cast):
    parts = [part(1), part(2, "goal"), part(3, "task"), part(4, "new", to=("public",))]
    campaign = study_campaign(cast, parts=parts)
    assert [one.part.id for one in reads.questioned_parts(campaign, clock(8))] == [1, 2, 3]


def test_a_document_of_which_nothing_can_be_shown_is_refused(cast, campaign, monkeypatch):
    monkeypatch.setattr(reads.rules, "cut", lambda *_given, **_named: [])
    assert refused(allow, cast, campaign, "M1") == "self_study.no_text"


def test_rulebooks_from_before_get_the_two_settings(cast, campaign):
    keys = (RuleKey.SELF_STUDY_SPEED, RuleKey.SELF_STUDY_LONGEST_MINUTES)
    RuleValue.objects.filter(key__in=keys).delete()
    migration = importlib.import_module("quantriet.campaigns.migrations.0012_self_study")
    migration.add_values(apps, None)
    assert allow(cast, campaign, "M1").pk
    values = RuleValue.objects.filter(key__in=keys).order_by("key")
    assert [(one.key, int(one.value)) for one in values] == [("self_study_longest", 30), ("self_study_speed", 240)]
    shipped = {key.value: (SOURCE_RULES[key].value, SOURCE_RULES[key].basis) for key in keys}
    assert {one.key: (str(int(one.value)), one.basis) for one in values} == shipped
