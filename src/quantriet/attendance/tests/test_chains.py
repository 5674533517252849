"""The chain of an absentee goes on by itself until done: invited, reminded, told to the cell, told to the superior (R-067)."""

import datetime as dt

import pytest
import time_machine
from django.urls import reverse

from quantriet.attendance import actions, queries
from quantriet.attendance.jobs import follow_absentees_job
from quantriet.attendance.models import CatchUp, CatchUpStep
from quantriet.attendance.rules.chain import StepRule, coming_step, next_step
from quantriet.attendance.tests.factories import AFTERNOON, clock, duty_of, make_campaign, make_class
from quantriet.attendance.vocab import InvitedBy, StepKind, StepWay
from quantriet.campaigns import actions as campaign_actions
from quantriet.campaigns.models import StudyCampaign
from quantriet.campaigns.vocab import CampaignState, CreditKind
from quantriet.kit.jobs import Worker, enqueue
from quantriet.kit.time import now, show_day, today
from quantriet.notify.models import Message
from quantriet.org import actions as org_actions
from quantriet.org.models import Person, Unit

pytestmark = [pytest.mark.django_db, pytest.mark.req("R-067")]

RULES = {
    StepKind.INVITE: StepRule(10, "a"),
    StepKind.REMIND: StepRule(15, "b"),
    StepKind.CELL: StepRule(20, "c"),
    StepKind.SUPERIOR: StepRule(30, "d"),
}
BEGIN = dt.date(2026, 1, 1)


def day(number):
    return BEGIN + dt.timedelta(days=number)


def test_steps_follow_in_their_order_one_a_day():
    assert next_step(RULES, opened_on=BEGIN, today=day(9), taken={}) is None
    assert next_step(RULES, opened_on=BEGIN, today=day(10), taken={}) == StepKind.INVITE
    invited = {StepKind.INVITE: day(10)}
    assert next_step(RULES, opened_on=BEGIN, today=day(10), taken=invited) is None
    assert next_step(RULES, opened_on=BEGIN, today=day(14), taken=invited) is None
    assert next_step(RULES, opened_on=BEGIN, today=day(15), taken=invited) == StepKind.REMIND
    # After forty days without power: one step a day, in order.
    taken = {}
    for number, kind in enumerate(StepKind):
        assert next_step(RULES, opened_on=BEGIN, today=day(40 + number), taken=taken) == kind
        taken[kind] = day(40 + number)
    assert next_step(RULES, opened_on=BEGIN, today=day(50), taken=taken) is None
    without = {kind: rule for kind, rule in RULES.items() if kind != StepKind.INVITE}
    assert next_step(without, opened_on=BEGIN, today=day(16), taken={}) == StepKind.REMIND


@pytest.fixture
def missed(cast):
    made = make_class(cast, make_campaign(cast), ["M1", "M2"])
    actions.close_roll(made.study_class, by=cast.officer, at=clock(12))
    Person.objects.filter(pk=cast.people["M1"].pk).update(email="huong@example.vn")
    Unit.objects.filter(code__in=["CB11", "X1"]).update(email="donvi@example.vn")
    return made


def pass_days(until):
    """Let the schedule run twice on each of these days, as after a restart."""
    for number in range(until + 1):
        with time_machine.travel(clock(20, day=today() + dt.timedelta(days=number)), tick=False):
            for _again in range(2):
                enqueue(follow_absentees_job)
                Worker([]).run_all()


def kinds(code):
    return list(CatchUpStep.objects.filter(link__duty__person__code=code).order_by("pk").values_list("kind", "way"))


@pytest.mark.req("B-02")
def test_an_absentee_is_followed_to_the_superior_and_nothing_is_sent_twice(cast, missed, as_user):
    pass_days(32)
    assert kinds("M1") == [("invite", "mail"), ("remind", "mail"), ("cell", "mail"), ("superior", "mail")]
    assert kinds("M2") == [("invite", "inbox"), ("remind", "inbox"), ("cell", "mail"), ("superior", "mail")]
    sent = Message.objects.filter(kind__startswith="catch_up").order_by("pk")
    assert [one.to_person_id is not None for one in sent] == [True, True, False, False]
    cell, superior = sent[2], sent[3]
    assert (cell.to_unit.code, superior.to_unit.code) == ("CB11", "X1")
    for letter in (cell, superior):
        assert "Nguyễn Thị Hường" in letter.body
        assert "Trần Văn Bình" in letter.body
        assert "do cấp ủy quy định" in letter.body
    step = CatchUpStep.objects.filter(kind=StepKind.SUPERIOR).first()
    assert (step.told_unit, step.by) == (cast.units["X1"], None)
    with time_machine.travel(clock(20, day=today() + dt.timedelta(days=32)), tick=False):
        assert "đã báo lên cấp ủy" in as_user("organiser1").get(reverse("home")).content.decode()
        listed = as_user("organiser1").get(reverse("catch-up-list") + "?step=superior").content.decode()
        assert "Nguyễn Thị Hường" in listed
        assert "Đã báo cấp ủy cấp trên" in listed
        assert "đã báo bí thư" in as_user("secretary11").get(reverse("home")).content.decode()
        evidence = as_user("officer").get(reverse("evidence", args=[missed.entries["M1"].pk])).content.decode()
        assert "Đã nhắc" in evidence
        assert "Đã nhắc" in as_user("member1").get(reverse("my-duty", args=[duty_of(missed, "M1").pk])).content.decode()
    assert not queries.unfollowed(missed.campaign).exists()


@pytest.mark.parametrize("how", ["placed", "credited", "exempt", "closed"])
def test_it_stops_when_placed_recognised_exempt_or_over(cast, missed, how):
    link = CatchUp.objects.get(duty=duty_of(missed, "M1"))
    if how == "placed":
        later = make_class(
            cast, missed.campaign, [], title="Lớp bù", is_catch_up=True, day=today() + dt.timedelta(days=60)
        )
        actions.place_catch_up([link], later.study_class, by=cast.officer, at=now())
    elif how == "credited":
        said = campaign_actions.StudiedElsewhere(
            CreditKind.SECTOR, "Công an tỉnh", today(), "Giấy", list(missed.campaign.documents.all())
        )
        campaign_actions.grant_credits(missed.campaign, [cast.people["M1"]], said, by=cast.officer, at=now())
    elif how == "exempt":
        org_actions.give_exemption(
            cast.people["M1"], by=None, at=now(), valid_from=today(), valid_to=None, reason="Ốm nặng"
        )
        campaign_actions.sync_audience(missed.campaign, by=None, at=now())
    else:
        StudyCampaign.objects.filter(pk=missed.campaign.pk).update(state=CampaignState.CLOSED)
    with time_machine.travel(clock(20, day=today() + dt.timedelta(days=12)), tick=False):
        actions.step_catch_ups(missed.campaign, at=now())
    assert kinds("M1") == []
    assert bool(kinds("M2")) is (how != "closed")


def test_an_invitation_by_hand_is_the_first_step(cast, missed):
    link = CatchUp.objects.get(duty=duty_of(missed, "M1"))
    actions.invite_absentees([link], way=InvitedBy.PRINT, by=cast.officer, at=clock(13))
    step = link.steps.get()
    assert (step.kind, step.way, step.by) == (StepKind.INVITE, StepWay.PRINT, cast.officer)
    with time_machine.travel(clock(20, day=today() + dt.timedelta(days=12)), tick=False):
        actions.step_catch_ups(missed.campaign, at=now())
    assert [kind for kind, _way in kinds("M1")] == ["invite"]
    assert [kind for kind, _way in kinds("M2")] == ["invite"]


def test_the_evidence_says_whom_the_invitation_reached_and_what_comes_next(cast, as_user, missed):
    link = CatchUp.objects.get(duty=duty_of(missed, "M1"))
    client, url = as_user("organiser1"), reverse("evidence", args=[link.missed_id])
    before = f"Chờ mời, mời trước ngày {show_day(link.invite_before_on)}"
    assert before in client.get(url).content.decode()
    actions.invite_absentees([link], way=InvitedBy.PRINT, by=cast.officer, at=clock(13))
    page = client.get(url).content.decode()
    assert before not in page
    words = f"Đã mời ngày {show_day(today())}, chờ đăng ký hoặc xếp vào lớp học bù; đến ngày "
    assert words in page
    assert "vẫn chưa có lớp thì nhắc lại" in page


def test_the_step_that_comes_is_the_first_not_taken():
    taken = [StepKind.INVITE]
    assert coming_step(RULES, opened_on=BEGIN, taken=taken) == (StepKind.REMIND, day(15))
    assert coming_step(RULES, opened_on=BEGIN, taken=list(StepKind)) is None


@pytest.mark.req("R-066")
def test_a_duty_follows_the_begin_and_the_end_of_an_exemption_by_its_days(cast):
    """Excused is not exempt: the dates of the exemption decide, day by day; at its end the absence is followed again."""
    made = make_class(cast, make_campaign(cast), ["M1", "M2"])
    excuse = actions.ask_excuse(made.entries["M2"], session=None, reason="Nằm viện", by=cast.officer, at=clock(6))
    actions.decide_excuse(excuse, is_approved=True, by=cast.officer, at=clock(7))
    actions.close_roll(made.study_class, by=cast.officer, at=clock(12))
    assert (duty_of(made, "M2").state, duty_of(made, "M2").reason) == ("owing", "excused")
    org_actions.give_exemption(
        cast.people["M1"], by=None, at=now(), valid_from=today() + dt.timedelta(days=3),
        valid_to=today() + dt.timedelta(days=5), reason="Điều trị",
    )  # fmt: skip
    seen = []
    for number in range(1, 8):
        with time_machine.travel(clock(2, day=today() + dt.timedelta(days=number)), tick=False):
            campaign_actions.sync_audience(made.campaign, by=None, at=now())
            Worker([]).run_all()
            seen.append((duty_of(made, "M1").state, duty_of(made, "M1").reason))
    owing, exempt = ("owing", "absent"), ("exempt", "exempt_activity")
    assert seen == [owing, owing, exempt, exempt, exempt, owing, owing]
    assert "miễn sinh hoạt" in duty_of(made, "M1").changes.get(state_after="exempt").sentence
    assert not queries.unfollowed(made.campaign).exists()
    assert duty_of(made, "M2").reason == "excused"


def test_a_class_later_in_the_day_counts_as_placed(cast, missed):
    later = make_class(cast, missed.campaign, [], title="Lớp bù", times=(AFTERNOON,), is_catch_up=True)
    actions.place_catch_up(
        list(CatchUp.objects.filter(duty__campaign=missed.campaign)),
        later.study_class,
        by=cast.officer,
        at=clock(12, 30),
    )
    assert not queries.links_to_follow(missed.campaign).exists()


def test_whoever_cannot_be_told_is_listed_as_such_and_never_as_invited(cast, as_user):
    made = make_class(cast, make_campaign(cast), ["M3"])
    actions.close_roll(made.study_class, by=cast.officer, at=clock(12))
    with time_machine.travel(clock(20, day=today() + dt.timedelta(days=12)), tick=False):
        actions.step_catch_ups(made.campaign, at=now())
        assert kinds("M3") == [("invite", "none")]
        link = CatchUp.objects.get(duty=duty_of(made, "M3"))
        assert (link.invited_at, link.invited_by) == (None, "")
        listed = as_user("organiser1").get(reverse("catch-up-list")).content.decode()
    assert "chưa có cách báo, in giấy mời" in listed
    assert "Đã mời" not in listed
    assert not Message.objects.filter(to_person=cast.people["M3"]).exists()
