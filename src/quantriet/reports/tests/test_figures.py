"""The figures of a report come from the ledger, the classes and the catch-up chains, at the moment asked for."""

import datetime as dt
import io

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook

from quantriet.attendance.models import CatchUp, ClassVerdict
from quantriet.attendance.vocab import CatchUpState, Verdict
from quantriet.campaigns import actions as campaign_actions
from quantriet.campaigns import queries as campaign_queries
from quantriet.campaigns.models import CampaignPlan, StudyDuty
from quantriet.classes.models import ClassRole
from quantriet.kit.time import now, today
from quantriet.org.models import ActivityExemption, Person
from quantriet.reports import queries
from quantriet.reports.rules import workbook
from quantriet.reports.tests.factories import held_class, open_campaign, settle

pytestmark = pytest.mark.django_db


def figures(campaign, unit, day=None):
    return queries.figures(campaign, unit, campaign_queries.as_of(day))


@pytest.mark.req("P-12", "R-075", "R-133")
def test_people_are_told_apart_by_what_became_of_them(cast):
    ActivityExemption.objects.create(
        person=cast.people["M6"], valid_from=dt.date(2026, 1, 1), reason="Tuổi cao, sức yếu"
    )
    Person.objects.filter(pk=cast.people["M5"].pk).update(kind="association")
    campaign = open_campaign(cast)
    settle(
        campaign,
        cast,
        M1="attended",
        M2="attended",
        M3="excused",
        M4="absent",
        M7="retake",
        M12="credit",
        M8="self_study",
    )
    found = figures(campaign, cast.units["T"])
    people = found.people
    assert (people.attended, people.credited, people.excused, people.absent, people.retake) == (2, 1, 1, 1, 1)
    assert people.alone == 1
    assert people.exempt == StudyDuty.objects.filter(campaign=campaign, state="exempt").count()
    assert people.total == StudyDuty.objects.filter(campaign=campaign).count()
    assert sum(one.people.total for one in found.tiers) == people.total
    assert sum(one.people.total for one in found.sorts) == people.total
    assert people.obliged == sum(row.obliged for row in found.units)
    assert people.done == sum(row.done for row in found.units)


@pytest.mark.req("B-08", "R-031")
def test_units_that_reported_nothing_are_named_and_apart(cast):
    campaign = open_campaign(cast)
    settle(campaign, cast, M1="attended", M10="attended", M11="attended")
    found = figures(campaign, cast.units["T"])
    assert {(one.name, one.superior) for one in found.silent} == {
        ("Chi bộ thôn 2", "Đảng ủy xã Ea Tam"),
        ("Chi bộ cơ sở Công ty Vận tải", "Đảng ủy khối doanh nghiệp Tân Lĩnh"),
    }
    assert found.silent_people == 4
    assert found.heard_people == found.people.obliged - 4
    rows = {row.name: row for row in found.units}
    assert rows["Đảng ủy khối doanh nghiệp Tân Lĩnh"].is_silent
    assert rows["Đảng ủy xã Ea Tam"].silent_cells == 1
    assert {one.under for one in found.silent} == {cast.units["X1"].pk, cast.units["DN"].pk}
    of_commune = figures(campaign, cast.units["X1"])
    assert [(one.name, one.superior) for one in of_commune.silent] == [("Chi bộ thôn 2", "")]
    assert {row.name for row in of_commune.units} == {"Chi bộ thôn 1", "Chi bộ thôn 2"}
    assert of_commune.people.obliged == 9


@pytest.mark.req("P-12")
def test_classes_are_counted_by_level_and_form_with_people_called_and_present(cast):
    campaign = open_campaign(cast)
    people = [cast.people[code] for code in ("M1", "M2", "M3")]
    first = held_class(campaign, cast.units["X1"], people=people, level="grassroots", form="in_person", outsiders=12)
    held_class(campaign, cast.units["T"], people=[cast.people["M12"]], level="upper_cadres", form="online", outsiders=3)
    later = held_class(campaign, cast.units["X1"], people=[cast.people["M3"]], level="grassroots", is_catch_up=True)
    for study_class, code, verdict in (
        (first, "M1", Verdict.PRESENT),
        (first, "M2", Verdict.PRESENT),
        (first, "M3", Verdict.ABSENT),
        (later, "M3", Verdict.PRESENT),
    ):
        entry = study_class.roster.get(person=cast.people[code])
        ClassVerdict.objects.create(entry=entry, verdict=verdict, computed_at=now())
    found = figures(campaign, cast.units["T"]).classes
    assert (found.held, found.catch_up, found.sessions, found.venues, found.outsiders) == (3, 1, 3, 3, 15)
    levels = {one.key: (one.classes, one.called, one.attended) for one in found.levels}
    assert levels == {"upper_cadres": (1, 1, 0), "grassroots": (2, 3, 3)}
    forms = {one.key: (one.classes, one.called, one.attended) for one in found.forms}
    assert forms == {"in_person": (2, 3, 3), "online": (1, 1, 0)}
    rows = {row.name: (row.classes, row.outsiders) for row in figures(campaign, cast.units["T"]).units}
    assert rows["Đảng ủy xã Ea Tam"] == (2, 12)
    assert rows["Tỉnh ủy Tân Lĩnh (trực tiếp mở lớp)"] == (1, 3)
    enterprise = figures(campaign, cast.units["DN"]).classes
    assert enterprise.held == 0
    assert [(one.key, one.called) for one in enterprise.levels] == [("upper_cadres", 1)]


@pytest.mark.req("P-12")
def test_who_caught_up_in_another_form_counts_once_where_they_attended(cast):
    campaign = open_campaign(cast)
    people = [cast.people[code] for code in ("M1", "M2", "M3")]
    first = held_class(campaign, cast.units["X1"], people=people, level="grassroots", form="in_person")
    later = held_class(campaign, cast.units["X1"], people=people[2:], level="upper_cadres", form="online")
    for study_class, code, verdict in (
        (first, "M1", Verdict.PRESENT),
        (first, "M2", Verdict.ABSENT),
        (first, "M3", Verdict.ABSENT),
        (later, "M3", Verdict.PRESENT),
    ):
        entry = study_class.roster.get(person=cast.people[code])
        ClassVerdict.objects.create(entry=entry, verdict=verdict, computed_at=now())
    found = figures(campaign, cast.units["T"]).classes
    assert {one.key: (one.called, one.attended) for one in found.forms} == {"in_person": (2, 1), "online": (1, 1)}
    assert {one.key: (one.called, one.attended) for one in found.levels} == {
        "grassroots": (2, 1),
        "upper_cadres": (1, 1),
    }


@pytest.mark.req("P-12")
def test_all_sheets_of_the_excel_file_add_up_to_the_same_people(cast):
    campaign = open_campaign(cast)
    people = [cast.people[code] for code in ("M1", "M2", "M3")]
    first = held_class(campaign, cast.units["X1"], people=people, level="grassroots", form="in_person")
    held_class(campaign, cast.units["T"], people=[cast.people["M12"]], level="upper_cadres", form="online")
    entry = first.roster.get(person=cast.people["M1"])
    ClassVerdict.objects.create(entry=entry, verdict=Verdict.PRESENT, computed_at=now())
    settle(campaign, cast, M1="attended", M2="absent", M12="excused")
    found = figures(campaign, cast.units["T"])
    book = load_workbook(io.BytesIO(workbook.workbook(found, title="Báo cáo", at=now())))
    assert "Thay đổi hình thức" not in book.sheetnames
    rows = {
        name: {row[0]: row[1:] for row in book[name].iter_rows(values_only=True) if row and row[0]}
        for name in book.sheetnames
    }
    summary = {what: values[0] for what, values in rows["Tổng hợp"].items()}
    assert rows["Theo hình thức"]["Trực tiếp"][:3] == (1, 3, 1)
    assert rows["Theo hình thức"]["Trực tuyến"][:3] == (1, 1, 0)
    for name in ("Theo cấp học", "Theo hình thức"):
        assert rows[name]["Cộng"][:4] == (2, 4, 1, 25)
    assert summary["Người được triệu tập đến các lớp đã học"] == 4
    assert summary["– dự đủ thời gian"] == 1
    units = rows["Theo đơn vị"]["Cộng"]
    for label in ("Cộng theo nội dung học", "Cộng theo thành phần"):
        assert rows["Theo đối tượng"][label][:2] == (summary["Người phải học"], summary["Đã học xong"]) == units[:2]
    assert units[3] == summary["Chưa học xong"]
    assert units[6] == summary["Đơn vị chưa báo cáo"]
    assert units[9] == summary["Số lớp đã tổ chức"]


@pytest.mark.req("R-007")
def test_leaders_are_counted_once_and_heads_among_them(cast):
    campaign = open_campaign(cast)
    classes = [held_class(campaign, cast.units["X1"]) for _ in range(2)]
    for study_class in classes:
        ClassRole.objects.create(study_class=study_class, kind="chair", person=cast.people["M5"])
    ClassRole.objects.create(study_class=classes[0], kind="leader_presenter", person=cast.people["M9"])
    found = {one.key: (one.classes, one.persons, one.heads) for one in figures(campaign, cast.units["T"]).leading}
    assert found == {"chair": (2, 1, 1), "leader_presenter": (1, 1, 0)}


@pytest.mark.req("R-034")
def test_change_of_form_is_told_with_its_instruction(cast):
    campaign = open_campaign(cast)
    campaign_actions.change_form(
        campaign, cast.units["X1"], situation="bão số 12", instruction="Công điện 07-CĐ/TU ngày 04/11/2026",
        form="online", by=cast.officer, at=now(),
    )  # fmt: skip
    [change] = figures(campaign, cast.units["T"]).instructions
    assert (change.unit, change.situation) == ("Đảng ủy xã Ea Tam", "bão số 12")
    assert change.basis == "Công điện 07-CĐ/TU ngày 04/11/2026"
    assert (change.before, change.after) == ("Trực tiếp", "Trực tuyến")


@pytest.mark.req("R-036")
def test_review_brings_its_lessons_and_praise(cast):
    campaign = open_campaign(cast)
    campaign_actions.review_campaign(
        campaign,
        cast.units["T"],
        lessons="Giao chỉ tiêu sớm.",
        praise="Xã Ea Tam.",
        criticism="",
        by=cast.officer,
        at=now(),
    )
    found = figures(campaign, cast.units["T"])
    assert (found.lessons, found.praise, found.criticism) == ("Giao chỉ tiêu sớm.", "Xã Ea Tam.", "")


@pytest.mark.req("R-031")
def test_units_that_have_not_organised_are_named(cast):
    campaign = open_campaign(cast)
    campaign_actions.make_plans(campaign, by=cast.officer, at=now())
    CampaignPlan.objects.filter(unit=cast.units["X1"]).update(first_held_at=now() - dt.timedelta(hours=1))
    found = figures(campaign, cast.units["T"])
    names = {one.name for one in found.unorganised}
    assert "Đảng ủy xã Suối Ngần" in names
    assert "Đảng ủy xã Ea Tam" not in names
    assert len(names) == found.organising - 1


def test_catch_up_chain_counts_people_not_lines(cast):
    campaign = open_campaign(cast)
    people = [cast.people[code] for code in ("M1", "M2", "M3")]
    study_class = held_class(campaign, cast.units["X1"], people=people)
    for code, state, late in (
        ("M1", CatchUpState.OPEN, True),
        ("M2", CatchUpState.PLACED, False),
        ("M3", CatchUpState.DONE, False),
    ):
        entry = study_class.roster.get(person=cast.people[code])
        CatchUp.objects.create(
            duty=entry.duty, missed=entry, state=state, invite_before_on=today() - dt.timedelta(days=1 if late else -9),
            opened_at=now(), closed_at=now() if state == CatchUpState.DONE else None,
        )  # fmt: skip
    chain = figures(campaign, cast.units["T"]).catch_ups
    assert (chain.opened, chain.done, chain.placed, chain.late, chain.following) == (3, 1, 1, 1, 2)
    assert figures(campaign, cast.units["DN"]).catch_ups.opened == 0


def test_figures_of_an_earlier_day_are_those_of_its_end(cast):
    campaign = open_campaign(cast)
    settle(campaign, cast, M1="attended")
    held_class(campaign, cast.units["X1"])
    yesterday = today() - dt.timedelta(days=1)
    before = figures(campaign, cast.units["T"], yesterday)
    assert (before.people.done, before.classes.held) == (0, 0)
    assert before.catch_ups.placed is None
    assert before.as_of.startswith("tính đến hết ngày")
    assert figures(campaign, cast.units["T"]).people.done == 1


def test_the_same_number_of_queries_for_one_and_three_units(cast):
    campaign = open_campaign(cast)
    settle(campaign, cast, M1="attended")
    for code in ("X1", "T"):
        held_class(campaign, cast.units[code], people=[cast.people["M1"]])
    with CaptureQueriesContext(connection) as small:
        figures(campaign, cast.units["DN"])
    with CaptureQueriesContext(connection) as large:
        figures(campaign, cast.units["T"])
    assert len(large) <= len(small)
    assert len(large) <= 32


def test_labels_stay_vietnamese_for_an_english_reader(cast, settings):
    from django.utils.translation import override

    campaign = open_campaign(cast)
    with override("en"):
        found = figures(campaign, cast.units["T"])
    assert found.form == "Trực tiếp"
    assert all("ả" in one.label or "ộ" in one.label for one in found.tiers)
