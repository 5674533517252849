"""What the rulebook proposes after absences without reason (R-074): graded, followed, decided by a person, never by itself."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from quantriet.attendance import actions
from quantriet.attendance.models import AbsenceProposal
from quantriet.attendance.rules.absences import Absence, Grades, propose
from quantriet.attendance.tests.factories import clock, make_campaign, make_class, reopen
from quantriet.attendance.vocab import AbsenceDecision, AbsenceGrade, FactKind, ProposalState
from quantriet.audit.models import AuditEvent
from quantriet.campaigns.models import RuleValue
from quantriet.campaigns.vocab import RuleKey
from quantriet.kit.refusal import Refusal
from quantriet.kit.time import today

DAY = dt.date(2026, 11, 20)
GRADES = Grades(1, 2, 2, 12, "mục 3 Hướng dẫn")


def absence(entry: int, campaign: int = 1, day: dt.date = DAY, **given) -> Absence:
    return Absence(entry, campaign, f"Lớp {entry}", day, **given)


@pytest.mark.req("R-074")
@pytest.mark.parametrize(
    ("others", "grade", "said"),
    [
        ([], AbsenceGrade.REVIEW, "lần đầu"),
        ([absence(2, 2, DAY - dt.timedelta(100))], AbsenceGrade.AGAIN, "lần thứ 2 trong 12 tháng"),
        ([absence(2, 2, DAY - dt.timedelta(500))], AbsenceGrade.REVIEW, "lần đầu"),
        ([absence(2, 1, DAY - dt.timedelta(3))], AbsenceGrade.HANDLING, "trong cùng đợt học tập"),
        ([absence(2, 1, DAY + dt.timedelta(3))], AbsenceGrade.REVIEW, "lần đầu"),  # what came later does not count
    ],
)
def test_the_grade_follows_how_often(others, grade, said):
    found = propose(absence(1), others, GRADES)
    assert found is not None
    assert found.grade == grade
    assert said in found.sentence
    assert "mục 3 Hướng dẫn" in found.sentence
    assert found.absences[0] == absence(1)


def test_the_numbers_are_those_of_the_rulebook():
    assert propose(absence(1), [], Grades(2, 3, 0, 12, "x")) is None
    assert propose(absence(1), [], Grades(0, 0, 0, 12, "x")) is None
    twice = propose(absence(1), [absence(2, day=DAY - dt.timedelta(1))], Grades(1, 3, 0, 12, "x"))
    assert twice is not None
    assert twice.grade == AbsenceGrade.REVIEW
    refused = propose(absence(1, is_refused=True), [], GRADES)
    assert refused is not None
    assert "lý do không được chấp nhận" in refused.sentence


pytestmark = pytest.mark.django_db


@pytest.fixture
def made(cast):
    """M1 comes, M2 and M7 do not."""
    found = make_class(cast, make_campaign(cast), ["M1", "M2", "M7"])
    by = cast.accounts["organiser1"]
    actions.record_marks(
        [found.mark("M1", FactKind.WHOLE, clock(7, 30))], within=found.study_class, by=by, at=clock(11)
    )
    return found


def closed(cast, found):
    actions.close_roll(found.study_class, by=cast.accounts["organiser1"], at=clock(12))
    return {one.entry_id: one for one in AbsenceProposal.objects.filter(entry__study_class=found.study_class)}


@pytest.mark.req("R-074")
def test_closing_a_roll_proposes_and_decides_nothing(cast, made):
    excuse = actions.ask_excuse(
        made.entries["M7"], session=None, reason="Bận việc nhà", by=cast.accounts["organiser1"], at=clock(7)
    )
    actions.decide_excuse(excuse, is_approved=False, note="Không chính đáng", by=cast.officer, at=clock(8))
    found = closed(cast, made)
    assert set(found) == {made.entries["M2"].pk, made.entries["M7"].pk}
    first = found[made.entries["M2"].pk]
    assert (first.grade, first.state, first.decision) == (AbsenceGrade.REVIEW, ProposalState.OPEN, "")
    assert "không có lý do" in first.sentence
    assert "lý do không được chấp nhận" in found[made.entries["M7"].pk].sentence
    assert "Bận việc nhà" not in found[made.entries["M7"].pk].sentence
    assert AuditEvent.objects.filter(verb="absence.proposed").count() == 2


@pytest.mark.req("R-074")
def test_a_second_absence_in_one_campaign_is_graver(cast, made):
    closed(cast, made)
    later = make_class(cast, made.campaign, ["M2"], title="Lớp học bù", is_catch_up=True)
    found = closed(cast, later)
    one = found[later.entries["M2"].pk]
    assert one.grade == AbsenceGrade.HANDLING
    assert [item["title"] for item in one.absences] == ["Lớp học bù", made.study_class.title]


def test_a_proposal_follows_its_verdict_but_a_decision_stays(cast, made):
    found = closed(cast, made)
    by, at = cast.accounts["organiser1"], clock(13)
    decided = actions.decide_absence(
        found[made.entries["M7"].pk], decision=AbsenceDecision.REMINDED, note="Họp chi bộ", by=by, at=at
    )
    reopen(cast, made, at=at)
    actions.record_marks(
        [made.mark(one, FactKind.WHOLE, clock(7, 30)) for one in ("M2", "M7")], within=made.study_class, by=by, at=at
    )
    one = AbsenceProposal.objects.get(entry=made.entries["M2"])
    assert one.state == ProposalState.WITHDRAWN
    decided.refresh_from_db()
    assert decided.state == ProposalState.DECIDED
    with pytest.raises(Refusal, match="không còn"):
        actions.decide_absence(one, decision=AbsenceDecision.REVIEW, by=by, at=at)
    assert AuditEvent.objects.filter(verb="absence.withdrawn").count() == 1


@pytest.mark.req("R-074")
def test_an_absence_that_no_longer_stands_is_taken_out_of_what_later_classes_propose(cast, made):
    closed(cast, made)
    later = make_class(cast, made.campaign, ["M2"], title="Lớp học bù", is_catch_up=True)
    assert closed(cast, later)[later.entries["M2"].pk].grade == AbsenceGrade.HANDLING
    by, at = cast.accounts["organiser1"], clock(13)
    reopen(cast, made, at=at)
    actions.record_marks([made.mark("M2", FactKind.WHOLE, clock(7, 30))], within=made.study_class, by=by, at=at)
    one = AbsenceProposal.objects.get(entry=later.entries["M2"])
    assert (one.grade, one.state) == (AbsenceGrade.REVIEW, ProposalState.OPEN)
    assert "lần đầu" in one.sentence
    assert [item["title"] for item in one.absences] == ["Lớp học bù"]


def test_a_rulebook_that_says_nothing_proposes_nothing(cast, made):
    RuleValue.objects.filter(key=RuleKey.ABSENCE_MONTHS).delete()
    assert not closed(cast, made)


def test_what_is_refused(cast, made):
    found = closed(cast, made)
    one = found[made.entries["M2"].pk]
    with pytest.raises(Refusal, match="vì sao"):
        actions.decide_absence(one, decision=AbsenceDecision.NONE, by=cast.officer, at=clock(13))
    with pytest.raises(Refusal, match="về mình"):
        actions.decide_absence(
            one, decision=AbsenceDecision.REMINDED, by=cast.accounts["secretary11"], at=clock(13)
        )  # M2 is the secretary


@pytest.mark.req("R-074")
def test_the_secretary_and_the_committee_see_it_and_the_committee_decides(as_user, cast, made):
    found = closed(cast, made)
    one = found[made.entries["M2"].pk]
    listed, address = reverse("absence-list"), reverse("absence", args=[one.pk])
    name = cast.people["M2"].full_name
    for user, sees in (("organiser1", True), ("secretary11", True), ("leader1", True), ("organiser2", False)):
        client = as_user(user)
        assert (name in client.get(listed).content.decode()) == sees, user
        assert client.get(address).status_code == (200 if sees else 404), user
    assert as_user("secretary11").post(address, {"decision": "reminded", "note": ""}).status_code == 403
    client = as_user("organiser1")
    for more in ("?format=print", "?format=xlsx"):
        assert client.get(listed + more).status_code == 200
    page = client.get(address).content.decode()
    assert "không tự xử lý ai" in page
    assert "không kiểm điểm, xử lý thì phải ghi vì sao" in page
    assert "(không bắt buộc)" not in page
    assert client.post(address, {"decision": "review", "note": "Họp ngày 25"}).status_code == 303
    one.refresh_from_db()
    assert (one.state, one.decision) == (ProposalState.DECIDED, AbsenceDecision.REVIEW)
    left = client.get(listed).content.decode()
    assert address not in left
    assert name in client.get(listed + "?state=decided").content.decode()


def test_the_list_asks_as_much_for_three_rows_as_for_one(as_user, cast):
    client = as_user("organiser1")
    campaign = make_campaign(cast)

    def asked() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert client.get(reverse("absence-list")).status_code == 200
        return len(seen)

    client.get(reverse("absence-list"))
    closed(cast, make_class(cast, campaign, ["M2"], day=today()))
    few = asked()
    closed(cast, make_class(cast, campaign, ["M1", "M7"], day=today(), title="Lớp khác"))
    assert asked() == few
