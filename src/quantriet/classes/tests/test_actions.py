"""What the writer of classes does and refuses."""

import datetime as dt

import icalendar
import pytest
from django.apps import apps

from quantriet.audit.models import AuditEvent
from quantriet.campaigns import actions as campaign_actions
from quantriet.campaigns.models import CampaignPlan, StudyDuty
from quantriet.campaigns.tests import factories as campaign_factories
from quantriet.campaigns.vocab import PlanState, StudyForm
from quantriet.classes import actions, queries
from quantriet.classes.models import RosterEntry
from quantriet.classes.tests import factories
from quantriet.classes.vocab import (
    DEFAULT_CONDUCT,
    REQUIRED_ROLES,
    ClassRoleKind,
    ClassState,
    ConferenceLevel,
    ItemKind,
)
from quantriet.kit.refusal import Refusal, Refusals
from quantriet.kit.time import local, now
from quantriet.library import actions as library_actions
from quantriet.notify.models import Message, Notice
from quantriet.notify.vocab import MessageState
from quantriet.org import actions as org_actions
from quantriet.org.models import PostKind

pytestmark = pytest.mark.django_db


@pytest.fixture
def ready(cast, campaign):
    return factories.ready_class(campaign, cast.units["X1"], cast.people["M5"], cast.officer)


def refusal_codes(caught) -> set[str]:
    error = caught.value
    return {one.code for one in error.several} if isinstance(error, Refusals) else {error.code}


# --- the class ------------------------------------------------------------------------------------------------------


def test_add_class_makes_the_main_venue_and_a_code(cast, campaign):
    made = factories.study_class(campaign, cast.units["X1"], cast.officer, venue_name="Hội trường xã", capacity=120)
    assert made.code == f"L{made.pk:05d}"
    assert [(one.name, one.capacity, one.is_main) for one in made.venues.all()] == [("Hội trường xã", 120, True)]
    assert AuditEvent.objects.filter(verb="class.added", thing_id=str(made.pk)).exists()


@pytest.mark.req("R-049")
@pytest.mark.parametrize("level", list(ConferenceLevel))
def test_each_conference_level_can_be_held(cast, campaign, level):
    made = factories.study_class(campaign, cast.units["T"], cast.officer, level=level)
    made.refresh_from_db()
    assert made.level == level


@pytest.mark.req("R-051")
def test_grassroots_committee_chooses_size_and_form_itself(cast, campaign):
    made = factories.study_class(
        campaign, cast.units["X1"], cast.accounts["organiser1"], form=StudyForm.ONLINE, capacity=30
    )
    assert campaign.form == StudyForm.IN_PERSON
    assert made.form == StudyForm.ONLINE
    actions.change_class(made, by=cast.accounts["organiser1"], at=now(), form=StudyForm.MIXED)
    actions.change_venue(made.venues.get(), by=cast.accounts["organiser1"], at=now(), capacity=45)
    assert (made.form, made.venues.get().capacity) == (StudyForm.MIXED, 45)


def test_class_stays_inside_its_campaign(cast):
    campaign = campaign_factories.campaign(cast.units["X1"], cast.officer)
    with pytest.raises(Refusal) as caught:
        factories.study_class(campaign, cast.units["X2"], cast.officer)
    assert caught.value.code == "class.outside_campaign"


def test_no_class_in_a_cancelled_campaign(cast, campaign):
    campaign_actions.cancel_campaign(campaign, reason="Thay bằng đợt khác", by=cast.officer, at=now())
    with pytest.raises(Refusal) as caught:
        factories.study_class(campaign, cast.units["X1"], cast.officer)
    assert caught.value.code == "class.campaign_over"


@pytest.mark.req("B-18")
@pytest.mark.parametrize("field", ["title", "note", "rules_of_conduct", "venue_name"])
def test_marked_text_is_refused_at_the_door(cast, campaign, field):
    given = {"title": "Lớp một", field: "TUYỆT MẬT\nKế hoạch bảo vệ hội nghị"}
    with pytest.raises(Refusal) as caught:
        factories.study_class(campaign, cast.units["X1"], cast.officer, **given)
    assert caught.value.code == "secret.marked"
    assert not campaign.classes.exists()


@pytest.mark.req("R-061")
def test_unit_takes_part_in_a_conference_of_a_higher_host(cast, campaign):
    made = factories.study_class(
        campaign, cast.units["X1"], cast.accounts["organiser1"], host_unit=cast.units["T"], form=StudyForm.ONLINE
    )
    assert (made.unit, made.host_unit) == (cast.units["X1"], cast.units["T"])


@pytest.mark.req("R-056")
def test_class_has_rules_of_conduct_by_default_and_its_own_when_wanted(cast, campaign):
    made = factories.study_class(campaign, cast.units["X1"], cast.officer)
    assert made.rules_of_conduct == DEFAULT_CONDUCT
    actions.change_class(made, by=cast.officer, at=now(), rules_of_conduct="Tắt điện thoại.")
    made.refresh_from_db()
    assert made.rules_of_conduct == "Tắt điện thoại."


# --- timetable ------------------------------------------------------------------------------------------------------


def test_sessions_of_a_class_do_not_overlap(cast, campaign):
    made = factories.study_class(campaign, cast.units["X1"], cast.officer)
    factories.session(made, start="07:30", end="11:00")
    factories.session(made, start="11:00", end="11:30", title="Nối tiếp")
    with pytest.raises(Refusal) as caught:
        factories.session(made, start="10:59", end="12:00", title="Chồng lên")
    assert caught.value.code == "session.overlap"
    assert made.sessions.count() == 2


def test_session_on_a_strange_date_is_told(cast, campaign):
    made = factories.study_class(campaign, cast.units["X1"], cast.officer)
    with pytest.raises(Refusal) as caught:
        factories.session(made, day=campaign.planned_from.replace(year=campaign.planned_from.year - 9))
    assert caught.value.code == "session.strange_date"


def test_moved_session_takes_its_programme_along(cast, campaign):
    made = factories.study_class(campaign, cast.units["X1"], cast.officer)
    morning = factories.programme(made)
    first = morning.items.first()
    later = dt.timedelta(days=2, hours=1)
    actions.change_session(
        morning,
        by=None,
        at=now(),
        title="Buổi sáng",
        starts_at=morning.starts_at + later,
        ends_at=morning.ends_at + later,
    )
    moved = morning.items.get(pk=first.pk)
    assert moved.starts_at == first.starts_at + later


def test_programme_item_stays_in_its_session_without_overlap(cast, campaign):
    made = factories.study_class(campaign, cast.units["X1"], cast.officer)
    morning = factories.session(made)
    factories.item(morning, ItemKind.LECTURE, "07:30", "09:00")
    for start, end, code in (("10:30", "11:30", "item.outside"), ("08:30", "09:30", "item.overlap")):
        with pytest.raises(Refusal) as caught:
            factories.item(morning, ItemKind.LECTURE, start, end)
        assert caught.value.code == code
    assert morning.items.count() == 1


@pytest.mark.req("R-033")
def test_programme_has_room_for_self_study_and_current_affairs(cast, campaign):
    made = factories.study_class(campaign, cast.units["X1"], cast.officer)
    morning = factories.session(made)
    for kind, start, end in (
        (ItemKind.SELF_STUDY, "07:30", "08:00"),
        (ItemKind.CURRENT_AFFAIRS, "08:00", "08:30"),
        (ItemKind.DISCUSSION, "08:30", "09:00"),
    ):
        factories.item(morning, kind, start, end)
    assert [one.kind for one in morning.items.all()] == ["self_study", "current_affairs", "discussion"]


# --- discussion share -------------------------------------------------------------------------------------------------


@pytest.mark.req("R-032", "B-10")
def test_class_below_the_discussion_share_is_not_released(cast, ready):
    talk = ready.sessions.get().items.get(kind=ItemKind.DISCUSSION)
    actions.remove_item(talk, by=cast.officer, at=now())
    factories.item(ready.sessions.get(), ItemKind.DISCUSSION, "10:30", "10:49")
    with pytest.raises(Refusals) as caught:
        actions.release_class(ready, by=cast.officer, at=now())
    (told,) = caught.value.several
    assert told.code == "class.discussion_below"
    assert told.sentence.startswith(
        "Thảo luận 19/195 phút (9,7%), dưới mức tối thiểu 10% nên chưa chốt được lớp, theo mục 3 Hướng dẫn 26-HD/BTGTU"
    )
    ready.refresh_from_db()
    assert ready.state == ClassState.DRAFT


@pytest.mark.req("B-10")
def test_released_programme_cannot_lose_its_discussion(cast, ready):
    actions.release_class(ready, by=cast.officer, at=now())
    talk = ready.sessions.get().items.get(kind=ItemKind.DISCUSSION)
    with pytest.raises(Refusal) as caught:
        actions.remove_item(talk, by=cast.officer, at=now())
    assert caught.value.code == "class.released"


@pytest.mark.req("R-032")
def test_some_discussion_is_needed_even_when_the_rulebook_asks_no_share(cast, campaign, ready):
    campaign.rulebook.values.filter(key="discussion_share_percent").update(value=0)
    ready.sessions.get().items.filter(kind=ItemKind.DISCUSSION).delete()
    with pytest.raises(Refusals) as caught:
        actions.release_class(ready, by=cast.officer, at=now())
    assert refusal_codes(caught) == {"class.discussion_below"}


def test_planned_seconds_leave_out_breaks(ready):
    assert queries.planned_seconds(ready) == 195 * 60


# --- parts ----------------------------------------------------------------------------------------------------------


@pytest.mark.req("R-053")
@pytest.mark.parametrize("kind", REQUIRED_ROLES)
def test_leading_part_is_for_standing_members_and_heads(cast, campaign, kind):
    made = factories.study_class(campaign, cast.units["X1"], cast.officer)
    factories.session(made)
    with pytest.raises(Refusal) as caught:
        actions.give_role(made, by=cast.officer, at=now(), kind=kind, person=cast.people["M7"])
    assert caught.value.code == "role.not_leader"
    assert "Đồng chí Trần Văn Bình" in caught.value.sentence
    assert "theo mục 1 Hướng dẫn 26-HD/BTGTU" in caught.value.sentence
    actions.give_role(made, by=cast.officer, at=now(), kind=kind, person=cast.people["M5"])


@pytest.mark.req("R-053")
def test_secretary_of_a_cell_does_not_lead_the_class_of_the_committee(cast, campaign):
    made = factories.study_class(campaign, cast.units["X1"], cast.officer)
    with pytest.raises(Refusal) as caught:
        actions.give_role(made, by=None, at=now(), kind=ClassRoleKind.CHAIR, person=cast.people["M2"])
    assert caught.value.code == "role.not_leader"


@pytest.mark.req("R-053")
def test_post_is_asked_for_on_the_day_of_the_class(cast, campaign, ready):
    post = cast.people["M5"].posts.get()
    org_actions.end_post(post, by=cast.officer, at=now(), on=campaign.planned_from - dt.timedelta(days=1))
    with pytest.raises(Refusals) as caught:
        actions.release_class(ready, by=cast.officer, at=now())
    assert refusal_codes(caught) == {"class.role_not_leader"}
    assert all("Lê Thị Ánh" in one.sentence for one in caught.value.several)
    assert len(caught.value.several) == 4


@pytest.mark.req("R-053")
def test_class_without_its_four_parts_is_not_released(cast, ready):
    for role in ready.roles.filter(kind__in=[ClassRoleKind.CLOSING, ClassRoleKind.LEADER_PRESENTER]):
        actions.remove_role(role, by=cast.officer, at=now())
    with pytest.raises(Refusals) as caught:
        actions.release_class(ready, by=cast.officer, at=now())
    assert refusal_codes(caught) == {"class.roles_missing"}


def test_last_holder_of_a_leading_part_stays_while_released(cast, ready):
    actions.release_class(ready, by=cast.officer, at=now())
    with pytest.raises(Refusal) as caught:
        actions.remove_role(ready.roles.get(kind=ClassRoleKind.CHAIR), by=cast.officer, at=now())
    assert caught.value.code == "role.needed"


@pytest.mark.req("R-007")
def test_who_directed_chaired_and_presented_is_recorded(cast, campaign):
    head = PostKind.objects.get(code="GIAM_DOC")
    org_actions.give_post(
        cast.people["M12"], by=None, at=now(), post=head, unit=cast.units["DN"], valid_from=dt.date(2020, 1, 1)
    )
    made = factories.study_class(campaign, cast.units["T"], cast.officer)
    factories.session(made)
    for kind, code in (
        (ClassRoleKind.DIRECTOR, "M5"),
        (ClassRoleKind.CHAIR, "M12"),
        (ClassRoleKind.LEADER_PRESENTER, "M12"),
        (ClassRoleKind.REPORTER, "M7"),
    ):
        actions.give_role(made, by=cast.officer, at=now(), kind=kind, person=cast.people[code])
    assert set(made.roles.values_list("kind", "person__code")) == {
        ("director", "M5"),
        ("chair", "M12"),
        ("leader_presenter", "M12"),
        ("reporter", "M7"),
    }


# --- venues and seats -------------------------------------------------------------------------------------------------


@pytest.mark.req("R-043")
def test_class_over_capacity_is_shown_and_not_released(cast, ready):
    hall = ready.venues.get()
    actions.change_venue(hall, by=cast.officer, at=now(), capacity=8)
    (seats,) = queries.capacity(ready)
    assert (seats.seated, seats.over, seats.free) == (9, 1, 0)
    with pytest.raises(Refusals) as caught:
        actions.release_class(ready, by=cast.officer, at=now())
    (told,) = caught.value.several
    assert told.code == "class.over_capacity"
    assert "có 9 người, quá sức chứa 8 là 1 người" in told.sentence


@pytest.mark.req("R-043")
def test_filling_stops_where_the_hall_is_full_and_keeps_cells_together(cast, campaign):
    made = factories.study_class(campaign, cast.units["X1"], cast.officer, capacity=7)
    filling = actions.fill_roster(made, by=cast.officer, at=now())
    assert (filling.added, filling.left_out, filling.left_units) == (6, 3, ("Chi bộ thôn 2",))
    assert set(made.roster.values_list("unit__code", flat=True)) == {"CB11"}


@pytest.mark.req("R-043")
def test_released_class_takes_nobody_over_capacity(cast, campaign, ready):
    actions.change_venue(ready.venues.get(), by=cast.officer, at=now(), capacity=9)
    actions.release_class(ready, by=cast.officer, at=now())
    with pytest.raises(Refusal) as caught:
        factories.roster_entry(ready, cast.people["M10"], cast.officer)
    assert caught.value.code == "venue.over_capacity"
    with pytest.raises(Refusal) as caught:
        actions.change_venue(ready.venues.get(), by=cast.officer, at=now(), capacity=8)
    assert caught.value.code == "venue.over_capacity"


def test_cells_go_to_the_venue_of_their_own_branch(cast, campaign):
    made = factories.study_class(campaign, cast.units["T"], cast.officer, capacity=100, form=StudyForm.ONLINE)
    factories.venue(made, name="Điểm cầu xã Ea Tam", unit=cast.units["X1"], capacity=50)
    actions.fill_roster(made, by=cast.officer, at=now())
    seated = {one.venue.name: one.seated for one in queries.capacity(made)}
    assert seated == {"Hội trường": 3, "Điểm cầu xã Ea Tam": 9}


def test_people_move_between_venues(cast, ready):
    other = factories.venue(ready, capacity=2)
    some = list(ready.roster.all()[:2])
    assert actions.move_to_venue(some, other, by=cast.officer, at=now()) == 2
    assert other.roster.count() == 2
    with pytest.raises(Refusal) as caught:
        actions.remove_venue(other, by=cast.officer, at=now())
    assert caught.value.code == "venue.has_people"


# --- roster -----------------------------------------------------------------------------------------------------------


@pytest.mark.req("R-065")
def test_roster_is_filled_from_those_who_owe_the_study(cast, campaign):
    made = factories.study_class(campaign, cast.units["X1"], cast.officer)
    filling = actions.fill_roster(made, by=cast.officer, at=now(), units=[cast.units["CB12"]])
    assert filling.added == 3
    assert set(made.roster.values_list("person__code", flat=True)) == {"M7", "M8", "M9"}
    assert all(entry.duty_id for entry in made.roster.all())


@pytest.mark.req("R-066")
def test_exempt_people_are_not_called_and_stand_apart(cast):
    org_actions.give_exemption(
        cast.people["M6"], by=None, at=now(), valid_from=dt.date(2020, 1, 1), valid_to=None, reason="Tuổi cao, sức yếu"
    )
    campaign = campaign_factories.campaign(cast.units["T"], cast.officer)
    campaign_actions.prepare_duties(campaign, by=cast.officer, at=now())
    made = factories.study_class(campaign, cast.units["X1"], cast.officer)
    actions.fill_roster(made, by=cast.officer, at=now())
    assert "M6" not in set(made.roster.values_list("person__code", flat=True))
    assert [duty.person.code for duty in queries.exempt_beside(made)] == ["M6"]
    with pytest.raises(Refusal) as caught:
        factories.roster_entry(made, cast.people["M6"], cast.officer)
    assert caught.value.code == "roster.exempt"


@pytest.mark.req("B-02")
def test_person_is_in_at_most_one_running_class(cast, campaign, ready):
    second = factories.study_class(campaign, cast.units["X1"], cast.officer, title="Lớp hai")
    assert actions.fill_roster(second, by=cast.officer, at=now()).added == 0
    with pytest.raises(Refusal) as caught:
        factories.roster_entry(second, cast.people["M1"], cast.officer)
    assert caught.value.code == "roster.placed_elsewhere"
    assert ready.title in caught.value.sentence


@pytest.mark.req("B-02")
def test_the_database_itself_keeps_a_person_out_of_a_second_class(cast, campaign, ready):
    from django.db import IntegrityError, transaction

    second = factories.study_class(campaign, cast.units["X1"], cast.officer)
    entry = ready.roster.first()
    with pytest.raises(IntegrityError), transaction.atomic():
        RosterEntry.objects.create(
            study_class=second, venue=second.venues.get(), person=entry.person, unit=entry.unit, duty=entry.duty
        )


@pytest.mark.req("B-02", "R-067")
def test_people_of_a_closed_class_are_free_for_a_catch_up_class(cast, campaign, ready):
    actions.release_class(ready, by=cast.officer, at=now())
    actions.close_class(ready, by=cast.officer, at=now())
    later = factories.study_class(campaign, cast.units["X1"], cast.officer, is_catch_up=True)
    duty = StudyDuty.objects.get(campaign=campaign, person=cast.people["M1"], kind="attend")
    entry = actions.add_to_roster(later, by=cast.officer, at=now(), duty=duty, origin="catch_up")
    assert entry.person == cast.people["M1"]


def test_guest_without_a_duty_gets_it_when_the_audience_grows(cast, campaign):
    made = factories.study_class(campaign, cast.units["X1"], cast.officer)
    StudyDuty.objects.filter(person=cast.people["M1"]).delete()
    guest = factories.roster_entry(made, cast.people["M1"], cast.officer)
    assert guest.duty is None
    campaign_actions.prepare_duties(campaign, by=cast.officer, at=now())
    actions.fill_roster(made, by=cast.officer, at=now())
    guest.refresh_from_db()
    assert guest.duty is not None
    assert made.roster.filter(person=cast.people["M1"]).count() == 1


def test_removed_people_are_in_no_class_again_with_the_reason_in_the_log(cast, campaign, ready):
    some = list(ready.roster.filter(unit__code="CB12"))
    with pytest.raises(Refusal) as caught:
        actions.remove_many_from_roster(some, ready, by=cast.officer, at=now(), reason=" ")
    assert caught.value.code == "roster.reason_missing"
    actions.remove_many_from_roster(some, ready, by=cast.officer, at=now(), reason="Trực cơ quan")
    assert queries.placement(campaign, cast.units["X1"]).in_none == 3
    assert AuditEvent.objects.get(verb="roster.removed").after["reason"] == "Trực cơ quan"


def test_called_people_are_sorted_into_added_here_elsewhere_exempt(cast, campaign, ready):
    other = factories.study_class(campaign, cast.units["T"], cast.officer)
    factories.roster_entry(other, cast.people["M10"], cast.officer)
    called = actions.call_people(
        ready, by=cast.officer, at=now(), people=[cast.people[c] for c in ("M1", "M10", "M12")], reason="Xin học ghép"
    )
    assert called.added == 1
    assert called.already == ("Nguyễn Thị Hường",)
    assert called.elsewhere == ("Hoàng Văn Sửu",)


# --- life -------------------------------------------------------------------------------------------------------------


def test_life_of_a_class_reaches_the_plan_of_its_unit(cast):
    campaign = campaign_factories.campaign(cast.units["T"], cast.officer)
    campaign_actions.prepare_duties(campaign, by=cast.officer, at=now())
    campaign_actions.make_plans(campaign, by=cast.officer, at=now())
    made = factories.released_class(campaign, cast.units["X1"], cast.people["M5"], cast.officer)
    plan = CampaignPlan.objects.get(campaign=campaign, unit=cast.units["X1"])
    assert (made.state, plan.state) == (ClassState.RELEASED, PlanState.SCHEDULED)
    actions.close_class(made, by=cast.officer, at=now())
    plan.refresh_from_db()
    assert (made.state, plan.state) == (ClassState.CLOSED, PlanState.HELD)
    with pytest.raises(Refusal) as caught:
        actions.change_class(made, by=cast.officer, at=now(), title="Tên khác")
    assert caught.value.code == "class.closed"


def test_empty_draft_tells_everything_at_once(cast, campaign):
    made = factories.study_class(campaign, cast.units["X1"], cast.officer)
    with pytest.raises(Refusals) as caught:
        actions.release_class(made, by=cast.officer, at=now())
    assert refusal_codes(caught) == {
        "class.no_session",
        "class.discussion_below",
        "class.roles_missing",
        "class.roster_empty",
    }


def test_reopened_class_summons_anew(cast, ready):
    actions.release_class(ready, by=cast.officer, at=now())
    assert actions.mark_printed(ready, by=cast.officer, at=now()) == 9
    actions.reopen_class(ready, by=cast.officer, at=now())
    assert ready.revision == 1
    assert not ready.roster.filter(summoned_at__isnull=False).exists()


def test_class_with_marks_is_neither_reopened_nor_cancelled_nor_emptied(cast, ready):
    """The rows that protect a roster line belong to a room above, which this one knows only through the models."""
    actions.release_class(ready, by=cast.officer, at=now())
    entry = ready.roster.get(person=cast.people["M1"])
    apps.get_model("attendance", "PresenceFact").objects.create(
        nonce="n1", entry=entry, session=ready.sessions.get(), kind="whole", at=now(), recorded_at=now(), method="roll"
    )
    steps = (
        ("class.marked", lambda: actions.reopen_class(ready, by=cast.officer, at=now())),
        ("class.marked", lambda: actions.cancel_class(ready, by=cast.officer, at=now(), reason="Bão lớn")),
        (
            "roster.marked",
            lambda: actions.remove_many_from_roster([entry], ready, by=cast.officer, at=now(), reason="Nhầm"),
        ),
    )
    for code, step in steps:
        with pytest.raises(Refusal) as caught:
            step()
        assert caught.value.code == code
    ready.refresh_from_db()
    assert (ready.state, ready.roster.count()) == (ClassState.RELEASED, 9)


def test_cancelled_class_frees_its_people(cast, campaign, ready):
    actions.cancel_class(ready, by=cast.officer, at=now(), reason="Bão lớn")
    assert queries.placement(campaign, cast.units["X1"]).in_none == 9
    other = factories.study_class(campaign, cast.units["X1"], cast.officer)
    assert actions.fill_roster(other, by=cast.officer, at=now()).added == 9


def test_session_added_behind_a_released_class_is_refused(cast, ready):
    """A second tab that still shows the draft cannot change the programme of a class released meanwhile."""
    stale = type(ready).objects.get(pk=ready.pk)
    actions.release_class(ready, by=cast.officer, at=now())
    with pytest.raises(Refusal) as caught:
        factories.session(stale, start="13:30", end="16:00", title="Buổi chiều")
    assert caught.value.code == "class.released"


@pytest.mark.parametrize(
    "change", [lambda one, **who: actions.change_class(one, note="Muộn", **who),
               lambda one, **who: actions.count_outsiders(one, count=3, **who)]
)  # fmt: skip
def test_a_page_opened_before_the_class_was_cancelled_changes_nothing(cast, ready, change):
    actions.release_class(ready, by=cast.officer, at=now())
    stale = type(ready).objects.get(pk=ready.pk)
    actions.cancel_class(ready, by=cast.officer, at=now(), reason="Bão lớn")
    with pytest.raises(Refusal):
        change(stale, by=cast.officer, at=now())
    ready.refresh_from_db()
    assert (ready.note, ready.outsiders) == ("", 0)


# --- summons ----------------------------------------------------------------------------------------------------------


def test_summons_go_by_mail_once_with_the_calendar(cast, ready):
    campaign_actions.hand_down(ready.campaign, by=cast.officer, at=now())
    org_actions.change_person(cast.people["M1"], by=None, at=now(), email="m1@example.org")
    with pytest.raises(Refusal):
        actions.send_summons(ready, by=cast.officer, at=now())
    actions.release_class(ready, by=cast.officer, at=now())
    sent = actions.send_summons(ready, by=cast.officer, at=now())
    again = actions.send_summons(ready, by=cast.officer, at=now())
    assert (sent.queued, sent.without_address, again.queued) == (1, 8, 0)
    message = Message.objects.get(kind="summons")
    assert "Nguyễn Thị Hường" in message.body
    assert "07:30 – 11:00" in message.body
    assert message.attachment_kind == "text/calendar"
    entry = ready.roster.get(person=cast.people["M1"])
    assert (entry.summoned_by, entry.summoned_at is not None) == ("mail", True)


def test_whose_summons_did_not_arrive_is_printed_for_until_it_does(cast, ready):
    campaign_actions.hand_down(ready.campaign, by=cast.officer, at=now())
    for code in ("M1", "M3"):
        org_actions.change_person(cast.people[code], by=None, at=now(), email=f"{code}@example.org")
    actions.release_class(ready, by=cast.officer, at=now())
    actions.send_summons(ready, by=cast.officer, at=now())
    Message.objects.update(state=MessageState.SENT, next_try_at=None)
    lost = Message.objects.filter(to_person=cast.people["M1"])
    lost.update(state=MessageState.FAILED, next_try_at=now())
    assert actions.note_arrivals(at=now()) == 0  # it is still tried
    lost.update(next_try_at=None)
    assert [actions.note_arrivals(at=now()) for _again in range(2)] == [1, 0]
    entry = ready.roster.get(person=cast.people["M1"])
    assert (entry.summoned_by, entry in ready.roster.filter(queries.on_paper())) == ("failed", True)
    counts = queries.summons_counts(ready.roster.all())
    assert (counts["mailed"], counts["failed"]) == (1, 1)
    lost.update(state=MessageState.SENT)  # sent again by a person, and it went
    assert actions.note_arrivals(at=now()) == 1
    entry.refresh_from_db()
    assert (entry.summoned_by, entry in ready.roster.filter(queries.on_paper())) == ("mail", False)
    lost.update(state=MessageState.FAILED)
    assert actions.note_arrivals(at=now()) == 1
    actions.mark_printed(ready, by=cast.officer, at=now(), entries=[entry])
    assert actions.note_arrivals(at=now()) == 0  # paper has taken its place
    entry.refresh_from_db()
    assert entry.summoned_by == "print"


def test_calendar_has_utc_times_and_identifiers_that_stay(cast, ready):
    text = queries.SummonsLetter(ready).calendar()
    calendar = icalendar.Calendar.from_ical(text)
    (event,) = calendar.walk("VEVENT")
    session = ready.sessions.get()
    assert event["UID"] == f"{ready.code}-{session.pk}@quantriet"
    assert event.decoded("DTSTART") == session.starts_at
    assert "DTSTART:" in text
    assert text.split("DTSTART:")[1].splitlines()[0].endswith("Z")
    assert not calendar.walk("VALARM")
    assert "SEQUENCE:0" in text


@pytest.mark.req("R-018")
def test_class_shows_days_since_issue_and_people_called_twice_at_one_hour(cast, campaign, ready):
    ((number, days),) = queries.days_since_issue(ready)
    document = campaign.documents.get()
    assert (number, days) == (document.reference_number, (campaign.planned_from - document.issued_on).days)
    other_campaign = campaign_factories.campaign(cast.units["T"], cast.officer, name="Đợt thứ hai")
    campaign_actions.prepare_duties(other_campaign, by=cast.officer, at=now())
    other = factories.study_class(other_campaign, cast.units["X1"], cast.officer)
    factories.session(other, start="10:00", end="11:30")
    actions.fill_roster(other, by=cast.officer, at=now(), units=[cast.units["CB12"]])
    assert queries.clashes(other).count() == 3
    assert any(check.code == "class.clash" and not check.stops for check in queries.release_checks(other))


@pytest.mark.req("R-055")
def test_campaign_with_current_affairs_asks_for_them_in_the_programme(cast, campaign, ready):
    campaign.has_current_affairs = True
    campaign.save()
    ready.refresh_from_db()
    check = next(one for one in queries.release_checks(ready) if one.code == "class.current_affairs")
    assert (check.passed, check.stops) == (False, False)
    lecture = ready.sessions.get().items.first()
    actions.remove_item(lecture, by=None, at=now())
    factories.item(ready.sessions.get(), ItemKind.CURRENT_AFFAIRS, "07:30", "08:00")
    assert next(one for one in queries.release_checks(ready) if one.code == "class.current_affairs").passed


def test_summoned_people_hear_once_that_the_class_is_cancelled(cast, ready):
    campaign_actions.hand_down(ready.campaign, by=cast.officer, at=now())
    org_actions.change_person(cast.people["M1"], by=None, at=now(), email="m1@example.org")
    actions.release_class(ready, by=cast.officer, at=now())
    actions.send_summons(ready, by=cast.officer, at=now())
    with pytest.raises(Refusal):
        actions.tell_cancelled(ready, by=cast.officer, at=now())
    actions.cancel_class(ready, by=cast.officer, at=now(), reason="Bão lớn")
    told = [actions.tell_cancelled(ready, by=cast.officer, at=now()) for _again in range(2)]
    # M1 by mail, M2 in the inbox of the account; nobody twice.
    assert sum(told) <= 2
    assert set(Notice.objects.filter(subject__startswith="Hủy lớp").values_list("person__code", flat=True)) == {
        "M1",
        "M2",
    }
    message = Message.objects.get(subject__startswith="Hủy lớp")
    assert "không tổ chức theo giấy mời đã gửi" in message.body
    assert "STATUS:CANCELLED" in message.attachment


def as_time(item):
    return f"{local(item.starts_at):%H:%M}", f"{local(item.ends_at):%H:%M}"


@pytest.mark.req("R-032")
def test_programme_item_is_changed_under_the_rules_of_adding(cast, campaign):
    made = factories.study_class(campaign, cast.units["X1"])
    morning = factories.session(made)
    lecture = factories.item(morning, ItemKind.LECTURE, "07:30", "09:00", title="Chuyên đề 1")
    factories.item(morning, ItemKind.DISCUSSION, "10:00", "10:30")
    day = local(morning.starts_at).date()

    def change(start, end, **given):
        given = {"kind": lecture.kind, "title": lecture.title} | given
        return actions.change_item(
            lecture, by=cast.officer, at=now(), starts_at=factories.clock(day, start), ends_at=factories.clock(day, end),
            **given,
        )  # fmt: skip

    for start, end, code in (
        ("09:00", "08:00", "item.order"),
        ("07:00", "09:00", "item.outside"),
        ("09:00", "10:15", "item.overlap"),
    ):
        with pytest.raises(Refusal) as refusal:
            change(start, end)
        assert refusal.value.code == code
    change("07:45", "09:30", title="Chuyên đề 1 và 2", presenter=cast.people["M5"])
    lecture.refresh_from_db()
    assert (*as_time(lecture), lecture.title, lecture.presenter) == (
        "07:45",
        "09:30",
        "Chuyên đề 1 và 2",
        cast.people["M5"],
    )
    line = AuditEvent.objects.get(verb="item.changed")
    assert line.before["title"] == line.before["item"] == "Chuyên đề 1"
    assert line.after["title"] == "Chuyên đề 1 và 2"
    assert line.before["starts_at"] != line.after["starts_at"]
    assert change("07:45", "09:30", title="Chuyên đề 1 và 2", presenter=cast.people["M5"])
    assert AuditEvent.objects.filter(verb="item.changed").count() == 1  # the same again is no change


def test_programme_item_changes_places_with_the_one_before(cast, campaign):
    made = factories.study_class(campaign, cast.units["X1"])
    morning = factories.session(made)
    lecture = factories.item(morning, ItemKind.LECTURE, "07:30", "09:00")
    talk = factories.item(morning, ItemKind.DISCUSSION, "09:15", "10:00")
    actions.move_item_earlier(talk, by=cast.officer, at=now())
    lecture.refresh_from_db()
    assert [as_time(talk), as_time(lecture)] == [("07:30", "08:15"), ("08:30", "10:00")]
    actions.move_item_earlier(talk, by=cast.officer, at=now())  # the first stays
    assert as_time(talk) == ("07:30", "08:15")
    assert AuditEvent.objects.filter(verb="item.moved").count() == 1


def test_programme_of_a_released_class_is_not_changed(cast, ready):
    talk = ready.sessions.get().items.get(kind=ItemKind.DISCUSSION)
    actions.release_class(ready, by=cast.officer, at=now())
    given = {"kind": talk.kind, "starts_at": talk.starts_at, "ends_at": talk.ends_at}
    for step in (
        lambda: actions.change_item(talk, by=cast.officer, at=now(), **given),
        lambda: actions.move_item_earlier(talk, by=cast.officer, at=now()),
    ):
        with pytest.raises(Refusal) as refusal:
            step()
        assert refusal.value.code == "class.released"


@pytest.mark.req("R-021")
def test_a_class_on_a_document_that_has_ended_is_warned_but_not_stopped(cast):
    campaign = campaign_factories.campaign(cast.units["T"], cast.officer)
    made = factories.study_class(campaign, cast.units["X1"], cast.officer)
    assert not [one for one in queries.release_checks(made) if one.code == "class.document_not_in_force"]
    document = campaign.documents.get()
    library_actions.set_expiry(
        document, on=document.issued_on + dt.timedelta(days=1), basis="Điều 9", by=cast.officer, at=now()
    )
    (check,) = [one for one in queries.release_checks(made) if one.code == "class.document_not_in_force"]
    assert (check.passed, check.stops) == (False, False)
    assert "hết hiệu lực" in check.sentence
