"""A timetable from its first demand to the classes that come of it."""

import datetime as dt
import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import load_workbook

from quantriet.classes import actions, queries
from quantriet.classes.models import RosterEntry, StudyClass, TimetableClass, TimetableShare
from quantriet.classes.rules import planning
from quantriet.classes.tests import factories
from quantriet.classes.vocab import ClassRoleKind, ClassState, PlanDemandKind, TimetableState
from quantriet.kit.jobs import Worker
from quantriet.kit.refusal import Refusal, Refusals
from quantriet.kit.time import now, today
from quantriet.speakers.tests import factories as speaker_factories

pytestmark = pytest.mark.django_db


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


@pytest.mark.req("B-09", "R-043", "R-052")
def test_a_plan_seats_everybody_and_breaks_no_demand(cast, plan):
    computed(plan, cast.officer)
    assert plan.state == TimetableState.READY, plan.outcome
    loaded = queries.load_timetable(plan)
    assert loaded.conflicts == []
    assert sum(shares(plan).values()) == 9
    assert queries.gap_percent(plan) is not None
    assert "Xếp đủ 9 người" in plan.outcome


@pytest.mark.req("R-051", "R-052", "B-09")
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


def test_a_plan_whose_people_were_called_elsewhere_says_so_in_one_sentence(cast, plan, as_user):
    computed(plan, cast.officer)
    address = reverse("timetable", args=[plan.pk])
    assert "Không vướng gì" in as_user("officer").get(address).content.decode()
    elsewhere = factories.study_class(plan.campaign, cast.units["X1"], cast.officer, capacity=50)
    actions.fill_roster(elsewhere, by=cast.officer, at=now(), units=[cast.units["CB12"]])
    sentence = "3 người trong lịch không còn chờ lớp"
    with pytest.raises(Refusal) as refused:
        actions.confirm_timetable(plan, by=cast.officer, at=now())
    assert (refused.value.code, isinstance(refused.value, Refusals)) == ("timetable.drifted", False)
    assert sentence in refused.value.sentence
    for recounted in (False, True):  # counting the cells anew does not change what the plan seats
        if recounted:
            actions.recount_cells(plan, by=cast.officer, at=now())
        for answer in (
            as_user("officer").get(address),
            as_user("officer").post(reverse("timetable-confirm", args=[plan.pk])),
        ):
            page = answer.content.decode()
            assert page.count(sentence) == 1
            assert "Không vướng gì" not in page
            assert "xếp thừa" not in page
            assert f'action="{reverse("timetable-confirm", args=[plan.pk])}"' not in page
            assert page.count("Xếp lại, chuyển ít người nhất") == 1
    computed(plan, cast.officer, keep=True)
    assert (plan.state, queries.load_timetable(plan).conflicts) == (TimetableState.READY, [])
    assert not queries.plan_drift(plan)


def test_people_who_wait_and_are_in_no_plan_are_told_and_a_plan_for_nobody_is_not_computed_anew(cast, plan, as_user):
    computed(plan, cast.officer)
    address = reverse("timetable", args=[plan.pk])
    share = TimetableShare.objects.filter(timetable_class__plan=plan).first()
    count = share.count
    share.delete()
    assert f"{count} người đang chờ lớp chưa có trong lịch" in as_user("officer").get(address).content.decode()
    elsewhere = factories.study_class(plan.campaign, cast.units["X1"], cast.officer, capacity=50)
    actions.fill_roster(elsewhere, by=cast.officer, at=now(), units=[cast.units["X1"]])
    page = as_user("officer").get(address).content.decode()
    assert f"Cả {9 - count} người trong lịch không còn chờ lớp" in page
    assert "Xếp lại, chuyển ít người nhất" not in page


def test_cells_of_a_class_stand_with_the_unit_above_and_a_move_says_whom_from_where_to_where(cast, campaign, as_user):
    plan = factories.timetable(campaign, cast.units["T"], cast.officer, halls=(("Hội trường xã", 20),))
    plan.demands.all().delete()
    computed(plan, cast.officer)
    of_cell = TimetableShare.objects.filter(timetable_class__plan=plan, cell__unit=cast.units["CB11"], person=None)
    share = of_cell.select_related("cell__unit__parent", "timetable_class__session", "timetable_class__hall").first()
    row = share.timetable_class
    above = share.cell.unit.parent.short_name or share.cell.unit.parent.name
    address = reverse("timetable-class", args=[plan.pk, row.pk])
    shown = as_user("officer").get(address)
    assert f'<span class="small muted">{above}</span>' in shown.content.decode()
    said = f"{share.cell.unit.name} ({above})"
    assert f"{said}: {share.count}" in dict(shown.context["form"].fields["share"].choices).values()
    other = plan.sessions.exclude(pk=row.session_id).first()
    sent = {"what": "move", "share": share.pk, "count": 1, "target": f"{other.pk}-{row.hall_id}"}
    (told,) = as_user("officer").post(address, sent, follow=True).context["messages"]
    here, there = (queries.place_words(session, row.hall) for session in (row.session, other))
    assert str(told) == f"Đã chuyển 1 người của {said} từ {here} sang {there}."


def test_of_many_reasons_against_confirming_ten_are_told_and_the_number_of_the_others(cast, plan, as_user, monkeypatch):
    computed(plan, cast.officer)
    many = [planning.Conflict(PlanDemandKind.SEATS, f"Lý do thứ {number}.") for number in range(13)]
    monkeypatch.setattr(queries.Loaded, "conflicts", many)
    page = as_user("officer").post(reverse("timetable-confirm", args=[plan.pk])).content.decode()
    assert page.count('role="alert"') == 10
    assert "và 3 điều khác" in page


def test_a_computation_that_breaks_leaves_no_page_that_waits_for_ever(cast, plan, monkeypatch):
    monkeypatch.setattr(actions.planning_runs.planning, "solve", None)
    actions.start_timetable(plan, by=cast.officer, at=now())
    with pytest.raises(TypeError):
        actions.compute_timetable(plan.pk, plan.run)
    plan.refresh_from_db()
    assert plan.state == TimetableState.DRAFT
    assert "gặp lỗi" in plan.outcome


def test_what_no_machine_could_hold_is_refused_before_it_begins(cast, plan, monkeypatch):
    monkeypatch.setattr(actions.planning_runs, "MOST_CHOICES", 1)
    with pytest.raises(Refusals) as refused:
        actions.start_timetable(plan, by=cast.officer, at=now())
    assert [one.code for one in refused.value.several] == ["timetable.too_large"]


def test_reporters_are_looked_for_by_who_may_plan(as_user, plan):
    address = reverse("timetable-inputs", args=[plan.pk])
    assert as_user("officer").get(address, {"q": "Trần"}).context["found"]
    assert as_user("leader1").get(address, {"q": "Trần"}).context["found"] == []


def test_who_stands_on_no_register_of_reporters_comes_after_the_others_and_is_marked(as_user, cast, plan):
    address, everybody = reverse("timetable-inputs", args=[plan.pk]), {"q": "Nguyễn"}
    found = as_user("officer").get(address, everybody).context["found"]
    last = found[-1][0]
    assert {register for _person, register in found} == {""}
    speaker_factories.a_reporter(cast, person=last.code, unit="X1")
    told = as_user("officer").get(address, everybody)
    assert told.context["found"][0][0] == last
    assert told.context["found"][0][1].startswith("báo cáo viên, ")
    page = told.content.decode()
    assert page.count("Ngoài sổ báo cáo viên") == len(found) - 1 + 1  # M10 of the plan stands on no register either
    assert page.count("Đang trong sổ") == 1


@pytest.mark.parametrize(
    ("people", "most", "told"),
    [
        (9, [], "Chưa có báo cáo viên"),
        (9, [1], "9 người cần ít nhất 2 lớp, mà 1 báo cáo viên trong 2 buổi nhận nhiều nhất 1 lớp"),
        (9, [None], ""),
        (9, [1, 1], ""),
        (19, [None, None], ""),  # the halls are too small, which no reporter mends
        (0, [1], ""),
    ],
)
def test_a_want_of_reporters_is_known_before_computing(people, most, told):
    said = planning.want_of_reporters(people, [5, 4], 2, most)
    assert said.startswith(told)
    assert bool(said) == bool(told)


def test_a_want_of_reporters_is_told_where_they_are_entered(as_user, cast, plan):
    client, address = as_user("officer"), reverse("timetable-inputs", args=[plan.pk])
    assert "nhận nhiều nhất" not in client.get(address).content.decode()
    actions.add_plan_reporter(plan, by=cast.officer, at=now(), person=cast.people["M10"], most_classes=1)
    for name in ("timetable-inputs", "timetable"):
        assert "nhận nhiều nhất 1 lớp" in client.get(reverse(name, args=[plan.pk])).content.decode()
    plan.reporters.all().delete()
    assert "Chưa có báo cáo viên nào; hãy thêm" in client.get(address).content.decode()
    plan.demands.filter(kind=PlanDemandKind.SPEAKER).delete()
    assert "Chưa có báo cáo viên nào; hãy thêm" not in client.get(address).content.decode()


def moved(plan, by, share, count, target):
    session, hall = target
    return actions.move_people(share, by=by, at=now(), count=count, session=session, hall=hall)


def share_of(plan, people=1):
    return (
        TimetableShare.objects.filter(timetable_class__plan=plan, count__gte=people)
        .select_related("timetable_class__plan__unit", "cell__unit")
        .first()
    )


# --- what goes in -----------------------------------------------------------------------------------------------------


def test_nothing_is_begun_where_nobody_waits_for_a_class(cast, campaign):
    factories.timetable(campaign, cast.units["X1"], cast.officer)
    made = factories.study_class(campaign, cast.units["X1"], cast.officer, capacity=50)
    actions.fill_roster(made, by=cast.officer, at=now())
    with pytest.raises(Refusal) as refused:
        factories.timetable(campaign, cast.units["X1"], cast.officer)
    assert refused.value.code == "timetable.nobody"


def test_a_start_without_anything_tells_all_that_is_missing(cast, campaign):
    plan = actions.add_timetable(by=cast.officer, at=now(), campaign=campaign, unit=cast.units["X1"], title="Lịch")
    with pytest.raises(Refusals) as refused:
        actions.start_timetable(plan, by=cast.officer, at=now())
    assert [one.code for one in refused.value.several] == [
        "timetable.no_session", "timetable.no_hall", "timetable.no_reporter",
    ]  # fmt: skip
    plan.refresh_from_db()
    assert plan.state == TimetableState.DRAFT


def test_days_are_added_once_and_within_reason(cast, campaign, plan):
    first = campaign.planned_from
    again = actions.add_plan_days(
        plan, by=cast.officer, at=now(), first=first, last=first + dt.timedelta(days=2), weekdays=range(7), halves=factories.HALVES
    )  # fmt: skip
    assert (again, plan.sessions.count()) == (2, 6)
    with pytest.raises(Refusal) as refused:
        actions.add_plan_days(
            plan, by=cast.officer, at=now(), first=first + dt.timedelta(days=900), last=first + dt.timedelta(days=901),
            weekdays=range(7), halves=factories.HALVES,
        )  # fmt: skip
    assert (refused.value.code, refused.value.field) == ("session.strange_date", "first")


@pytest.mark.parametrize(
    "given, field",
    [
        ({"kind": "off"}, "cell"),
        ({"kind": "way", "place": "A", "amount": 5}, "other_place"),
        ({"kind": "duty", "amount": 100}, "amount"),
    ],
)
def test_a_demand_says_what_it_lacks(cast, plan, given, field):
    with pytest.raises(Refusal) as refused:
        actions.add_plan_demand(plan, by=cast.officer, at=now(), **given)
    several = getattr(refused.value, "several", [refused.value])
    assert field in [one.field for one in several]


def test_the_same_list_of_wishes_changes_nothing_the_second_time(cast, plan):
    day = plan.campaign.planned_from
    wish = actions.CellWish(cast.units["CB11"].pk, "Thôn 1", off=(day,), wish=(day + dt.timedelta(days=1),), percent=20)
    assert actions.write_wishes(plan, [wish], by=cast.officer, at=now(), basis="danh sách") == 1
    assert actions.write_wishes(plan, [wish], by=cast.officer, at=now(), basis="danh sách") == 0
    lines = {line["code"]: line for line in queries.wish_lines(queries.load_timetable(plan))}
    assert (lines["CB11"]["place"], lines["CB11"]["duty"]) == ("Thôn 1", 20)
    computed(plan, cast.officer)
    gone = TimetableShare.objects.filter(
        cell__unit=cast.units["CB11"],
        timetable_class__session__starts_at__lt=factories.clock(day + dt.timedelta(days=1), "00:00"),
    )
    assert not gone.exists()


# --- the computation --------------------------------------------------------------------------------------------------


@pytest.mark.req("B-09", "R-043")
def test_what_cannot_hold_is_told_in_words_and_nothing_is_planned(cast, campaign):
    plan = factories.timetable(
        campaign, cast.units["X1"], cast.officer, halls=(("Phòng họp", 1),), reporters=[cast.people["M10"]]
    )
    computed(plan, cast.officer)
    assert plan.state == TimetableState.DRAFT
    assert plan.collisions == ["Phòng họp chứa nhiều nhất 1 người một buổi."]
    assert "còn 5/9 người không có chỗ" in plan.outcome
    assert not plan.classes.exists()


@pytest.mark.req("B-09")
def test_a_stopped_or_overtaken_run_writes_nothing(cast, plan):
    actions.start_timetable(plan, by=cast.officer, at=now())
    old = plan.run
    actions.stop_timetable(plan, by=cast.officer, at=now())
    actions.compute_timetable(plan.pk, old)
    plan.refresh_from_db()
    assert (plan.state, plan.classes.count()) == (TimetableState.DRAFT, 0)


@pytest.mark.req("B-09")
def test_a_computation_whose_worker_was_lost_comes_to_its_end(cast, plan):
    """The job is run again with the same run, on what the first attempt had kept."""
    actions.start_timetable(plan, by=cast.officer, at=now())
    actions.compute_timetable(plan.pk, plan.run)
    first = shares(plan)
    type(plan).objects.filter(pk=plan.pk).update(state=TimetableState.COMPUTING)
    Worker([]).run_all()
    plan.refresh_from_db()
    assert (plan.state, shares(plan)) == (TimetableState.READY, first)


@pytest.mark.req("B-09")
def test_planning_anew_after_a_change_moves_the_fewest(cast, plan):
    computed(plan, cast.officer)
    before = shares(plan)
    row = plan.classes.select_related("session", "hall").order_by("pk").first()
    lost = sum(share.count for share in row.shares.all())
    actions.add_plan_days(
        plan, by=cast.officer, at=now(), first=plan.campaign.planned_from, last=plan.campaign.planned_from + dt.timedelta(days=3),
        weekdays=range(7), halves=factories.HALVES,
    )  # fmt: skip
    actions.remove_plan_part(plan, row.session, by=cast.officer, at=now())
    others = shares(plan)
    computed(plan, cast.officer, keep=True)
    after = shares(plan)
    assert queries.load_timetable(plan).conflicts == []
    assert (
        sum(min(count, after.get(key, 0)) for key, count in others.items())
        == sum(others.values())
        >= 9 - sum(count for key, count in before.items() if key[1] == row.session_id)
    )
    assert lost > 0
    assert plan.moved == plan.least_moved == 0  # whoever lost the place had none any more


@pytest.mark.req("B-09")
def test_a_lone_reporter_who_must_learn_too_collides_in_words(cast, campaign):
    plan = factories.timetable(
        campaign, cast.units["X1"], cast.officer, halls=(("Hội trường xã", 9),), reporters=[cast.people["M1"]]
    )
    computed(plan, cast.officer)
    assert plan.state == TimetableState.DRAFT
    assert plan.collisions == [
        "Mỗi lớp có một báo cáo viên; có 1 báo cáo viên.",
        "Đồng chí Nguyễn Thị Hường giữ hai việc: không nghe giảng ở buổi mình báo cáo.",
    ]


# --- by hand ----------------------------------------------------------------------------------------------------------


@pytest.mark.req("B-09", "R-043")
def test_a_hand_edit_shows_its_conflicts_and_confirming_refuses_them(cast, plan):
    computed(plan, cast.officer)
    loaded = queries.load_timetable(plan)
    taken = {(one.session_id, one.hall_id) for one in loaded.classes}
    free = next((s, h) for s in loaded.sessions for h in loaded.halls if (s.pk, h.pk) not in taken)
    share = share_of(plan)
    moved(plan, cast.officer, share, 1, free)
    found = queries.load_timetable(plan).conflicts
    assert [one.kind for one in found if one.kind == PlanDemandKind.SPEAKER], found
    with pytest.raises(Refusals) as refused:
        actions.confirm_timetable(plan, by=cast.officer, at=now())
    assert {one.sentence for one in refused.value.several} == {one.sentence for one in found}
    assert not StudyClass.objects.filter(campaign=plan.campaign).exists()
    row = TimetableClass.objects.select_related("plan__unit", "session", "hall").get(session=free[0], hall=free[1])
    actions.give_reporter(row, by=cast.officer, at=now(), reporter=plan.reporters.get())
    assert "chưa có báo cáo viên" not in " ".join(one.sentence for one in queries.load_timetable(plan).conflicts)


def test_no_more_are_moved_than_are_there(cast, plan):
    computed(plan, cast.officer)
    share = share_of(plan)
    row = plan.classes.exclude(pk=share.timetable_class_id).select_related("session", "hall").first()
    with pytest.raises(Refusal) as refused:
        moved(plan, cast.officer, share, share.count + 1, (row.session, row.hall))
    assert refused.value.field == "count"


@pytest.mark.req("R-051", "R-052")
def test_a_confirmed_plan_is_opened_again_and_people_sit_where_they_sat(cast, plan):
    computed(plan, cast.officer)
    actions.confirm_timetable(plan, by=cast.officer, at=now())
    sat = _sat(plan)
    with pytest.raises(Refusal):
        actions.start_timetable(plan, by=cast.officer, at=now())
    actions.reopen_timetable(plan, by=cast.officer, at=now(), reason="Đổi giờ")
    assert not RosterEntry.objects.filter(study_class__campaign=plan.campaign, is_running=True).exists()
    computed(plan, cast.officer, keep=True)
    assert plan.moved == 0
    actions.confirm_timetable(plan, by=cast.officer, at=now())
    assert _sat(plan) == sat


def _sat(plan):
    where = {one.study_class_id: (one.session_id, one.hall_id) for one in plan.classes.all()}
    lines = RosterEntry.objects.filter(study_class__in=list(where), is_running=True)
    return {person: where[class_id] for person, class_id in lines.values_list("person_id", "study_class_id")}


def test_a_plan_of_a_released_class_is_not_opened_again(cast, plan):
    computed(plan, cast.officer)
    actions.confirm_timetable(plan, by=cast.officer, at=now())
    StudyClass.objects.filter(pk=plan.classes.first().study_class_id).update(state=ClassState.RELEASED)
    with pytest.raises(Refusal) as refused:
        actions.reopen_timetable(plan, by=cast.officer, at=now(), reason="Đổi giờ")
    assert refused.value.code == "timetable.class_released"


# --- pages ------------------------------------------------------------------------------------------------------------

PAGES = ("timetable", "timetable-inputs", "timetable-demands", "timetable-cells", "timetable-progress")
EDIT_POSTS = ("timetable-start", "timetable-stop", "timetable-confirm", "timetable-reopen", "timetable-remove")


@pytest.mark.parametrize("name", PAGES)
def test_pages_open_for_the_branch_and_not_for_the_sibling(as_user, plan, name):
    for username, status in (("officer", 200), ("organiser1", 200), ("leader1", 200), ("organiser2", 404)):
        assert as_user(username).get(reverse(name, args=[plan.pk])).status_code == status, username


@pytest.mark.parametrize("name", EDIT_POSTS)
def test_posts_are_for_the_organiser(as_user, plan, name):
    for username, status in (("leader1", 403), ("organiser2", 404)):
        assert as_user(username).post(reverse(name, args=[plan.pk])).status_code == status, username


def test_the_whole_way_without_a_script(as_user, cast, campaign):
    organiser = as_user("officer")
    told = organiser.post(
        reverse("timetable-new"),
        {"campaign": campaign.pk, "unit": cast.units["X1"].pk, "title": "Lịch xã", "tier": "grassroots", "percent": 50, "basis": "KH 12"},
    )  # fmt: skip
    assert told.status_code == 303
    plan = cast.units["X1"].timetables.get()
    inputs = reverse("timetable-inputs", args=[plan.pk])
    day = f"{campaign.planned_from:%d/%m/%Y}"
    organiser.post(
        inputs,
        {
            "what": "days", "days-first": day, "days-last": f"{campaign.planned_from + dt.timedelta(days=1):%d/%m/%Y}",
            "days-weekdays": list("0123456"), "days-morning": "Buổi sáng", "days-starts": "7h30", "days-ends": "11h",
            "days-afternoon": "Buổi chiều", "days-second_starts": "13:30", "days-second_ends": "17:00",
        },
    )  # fmt: skip
    organiser.post(inputs, {"what": "hall", "hall-name": "Hội trường xã", "hall-capacity": "9"})
    organiser.post(
        inputs, {"what": "search", "search-title": "Lịch xã", "search-seconds": "1", "search-usual_minutes": "20"}
    )
    organiser.post(inputs, {"what": "reporter", "person": cast.people["M10"].pk, "most_classes": ""})
    assert (plan.sessions.count(), plan.halls.count(), plan.reporters.count()) == (4, 1, 1)
    assert organiser.post(reverse("timetable-start", args=[plan.pk])).status_code == 303
    page = organiser.get(reverse("timetable", args=[plan.pk])).content.decode()
    assert "data-poll" in page
    Worker([]).run_all()
    page = organiser.get(reverse("timetable", args=[plan.pk])).content.decode()
    assert "Không vướng gì" in page
    assert "data-poll-stop" in organiser.get(reverse("timetable-progress", args=[plan.pk])).content.decode()
    row = plan.classes.first()
    share = row.shares.first()
    address = reverse("timetable-class", args=[plan.pk, row.pk])
    target = plan.classes.exclude(pk=row.pk).first()
    given = {"share": share.pk, "count": 1, "target": f"{target.session_id}-{target.hall_id}", "what": "move"}
    looked = organiser.post(address, {**given, "look": "1"})
    assert looked.status_code == 200
    before = shares(plan)
    fragment = organiser.post(address, given, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in fragment
    assert shares(plan) == before
    assert organiser.post(reverse("timetable-confirm", args=[plan.pk])).status_code == 303
    assert StudyClass.objects.filter(campaign=campaign, unit=cast.units["X1"]).count() == plan.classes.count()
    book = load_workbook(
        io.BytesIO(b"".join(organiser.get(reverse("timetable", args=[plan.pk]) + "?format=xlsx").streaming_content))
    )
    assert book.sheetnames == ["Lịch lớp", "Theo chi bộ"]


def test_wishes_come_back_from_excel_as_they_went_out(as_user, cast, plan):
    organiser = as_user("organiser1")
    day = plan.campaign.planned_from
    out = organiser.get(reverse("timetable-cells", args=[plan.pk]) + "?format=xlsx")
    book = load_workbook(io.BytesIO(b"".join(out.streaming_content)))
    sheet = book.active
    head = next(row[0].row for row in sheet.iter_rows() if row[0].value == "Mã đơn vị")
    columns = {cell.value: cell.column for cell in sheet[head]}
    sheet.cell(head + 1, columns["Ngày bận"]).value = f"{day:%d/%m/%Y}"
    sheet.cell(head + 2, columns["Nơi"]).value = "Thôn 2"
    address = reverse("timetable-wishes", args=[plan.pk])
    shown = organiser.post(address, {"file": _file(book)})
    form = shown.context["form"]
    assert shown.context["can_confirm"], shown.context["wrong"]
    assert not plan.demands.filter(kind=PlanDemandKind.OFF).exists()
    organiser.post(address, {"lines": form.initial["lines"], "basis": "Công văn 5"})
    assert plan.demands.get(kind=PlanDemandKind.OFF).day == day
    assert plan.cells.get(unit__code="CB12").place == "Thôn 2"
    sheet.cell(head + 1, columns["Ngày bận"]).value = "31/12/2031; hôm nào cũng được"
    wrong = organiser.post(address, {"file": _file(book)})
    assert [row for row, _said in wrong.context["wrong"]] == [head + 1, head + 1]
    assert not wrong.context["can_confirm"]
    tampered = organiser.post(address, {"lines": form.initial["lines"] + "x", "basis": ""})
    assert "hãy đọc lại tệp" in tampered.content.decode()


def _file(book):
    target = io.BytesIO()
    book.save(target)
    return SimpleUploadedFile("nguyen-vong.xlsx", target.getvalue())


def test_pages_ask_no_more_of_the_database_for_three_than_for_one(as_user, cast, campaign, plan):
    organiser = as_user("organiser1")
    computed(plan, cast.officer)

    def counted(name, *args):
        with CaptureQueriesContext(connection) as asked:
            assert organiser.get(reverse(name, args=args)).status_code == 200
        return len(asked)

    names = [("timetable-list",), *((name, plan.pk) for name in PAGES[:4])]
    for name in names:
        counted(*name)
    before = [counted(*name) for name in names]
    for number in range(2):
        factories.timetable(campaign, cast.units["X1"], cast.officer)
        actions.add_plan_hall(plan, by=cast.officer, at=now(), name=f"Hội trường {number + 3}", capacity=9)
        actions.add_plan_reporter(plan, by=cast.officer, at=now(), person=cast.people[f"M{number + 11}"])
        actions.add_plan_demand(
            plan, by=cast.officer, at=now(), kind="speaker_off", reporter=plan.reporters.last(), day=today()
        )
    assert [counted(*name) for name in names] == before
