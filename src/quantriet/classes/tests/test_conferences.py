"""Conferences with many venues: who adds which, what stands in the way, who is ready, who sits where, what is saved."""

import datetime as dt
import io
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import load_workbook

from quantriet.audit.models import AuditEvent
from quantriet.campaigns import actions as campaign_actions
from quantriet.campaigns.models import RuleValue
from quantriet.campaigns.tests import factories as campaign_factories
from quantriet.classes import access, actions, queries
from quantriet.classes.models import Facility, RosterEntry, StudyClass
from quantriet.classes.queries.venue_lists import ListedVenue
from quantriet.classes.rules import readiness
from quantriet.classes.rules.savings import Journey, Norm, Norms, savings
from quantriet.classes.tests import factories
from quantriet.classes.vocab import ReadinessPart, SeatPlace
from quantriet.kit.refusal import Refusal
from quantriet.kit.time import now, show_day, today
from quantriet.notify.models import Message, Notice
from quantriet.org.models import Unit

ALL = ("screen", "speakers", "camera", "line")


@pytest.fixture
def conference(cast, campaign):
    made = actions.add_conference(
        by=cast.officer, at=now(), campaign=campaign, unit=cast.units["T"], title="Hội nghị trực tuyến toàn tỉnh",
        venue_name="Điểm cầu Tỉnh ủy", capacity=300, last_day=today() + dt.timedelta(days=3), tier="grassroots",
    )  # fmt: skip
    factories.session(made, cast.officer)
    return made


@pytest.fixture
def opened(cast, conference):
    actions.open_conference(conference.conference, by=cast.officer, at=now())
    return conference


def add(opened, cast, unit="X1", by="organiser1", **given):
    given = {"name": f"Điểm cầu {unit}", "by_host": False, **given}
    return actions.add_conference_venue(
        opened.conference, by=cast.accounts[by], at=now(), unit=cast.units[unit], **given
    )


@pytest.mark.django_db
@pytest.mark.req("R-060")
def test_the_units_below_are_told_once_that_they_may_add_venues(cast, opened):
    Unit.objects.filter(code="X2").update(email="x2@example.org")
    told = actions.tell_of_conference(opened, by=cast.officer, at=now())
    notices = Notice.objects.filter(kind="conference")
    assert {notice.account or notice.person for notice in notices} >= {
        cast.accounts["organiser1"],
        cast.accounts["organiser2"],
    }
    assert {notice.link for notice in notices} == {f"/desk/conferences/{opened.pk}/"}
    letter = Message.objects.get(kind="conference", address="x2@example.org")
    assert opened.title in letter.subject
    assert show_day(today() + dt.timedelta(days=3)) in letter.body
    assert told == 2  # the third has no address, and nobody who looks after its work
    count = notices.count(), Message.objects.count()
    assert (
        actions.tell_of_conference(opened, by=cast.officer, at=now()) == 1
    )  # the address; what went before goes not again
    assert (notices.count(), Message.objects.count()) == count


# --- rules ---------------------------------------------------------------------------------------------------------------


def test_a_venue_says_in_one_sentence_what_it_lacks():
    venue = readiness.VenueState("Điểm cầu xã Ea Tam", capacity=80, called=92, equipment=("screen", "line"))
    found = readiness.gaps(venue, ALL)
    assert readiness.sentence(venue, found) == (
        "Điểm cầu xã Ea Tam: chưa ghi hội trường; chưa có người điểm danh; sức chứa 80 chỗ, cần 92 (thiếu 12); thiếu loa, camera; "
        "chưa kiểm tra kết nối."
    )
    ready = readiness.VenueState(
        "Điểm cầu A", hall="Hội trường", has_clerk=True, capacity=100, called=92, equipment=ALL, check_passed=True
    )
    assert readiness.gaps(ready, ALL) == {}
    failed = readiness.VenueState("A", check_passed=False, check_note="Không có tiếng.", capacity=40, quota=50)
    found = readiness.gaps(failed, ())
    assert found[ReadinessPart.CHECK].endswith("không đạt: Không có tiếng")
    assert "cần 50" in found[ReadinessPart.CAPACITY]  # nobody is called yet: held against the quota
    assert ReadinessPart.EQUIPMENT not in found


NORMS = Norms(Norm(4000, "Điều 5"), Norm(15, "Điều 5"), Norm(200_000, "Điều 6"))


@pytest.mark.req("R-062")
def test_what_is_saved_explains_itself_and_leaves_out_what_is_not_stated():
    found = savings([Journey(10, 20, 30), Journey(5, 4, 10), Journey(7, None, None), Journey(0, 90, 90)], NORMS, days=2)
    assert found.person_km == (10 * 20 + 5 * 4) * 2 * 2
    assert found.person_minutes == (10 * 30 + 5 * 10) * 2 * 2
    # Four kilometres are below the norm: time is saved there, no money.
    assert (found.travel_cost, found.allowance) == (10 * 20 * 2 * 2 * 4000, 10 * 2 * 200_000)
    assert found.total == found.travel_cost + found.allowance
    assert (found.unknown_people, found.unknown_venues) == (7, 1)
    assert "15 người dự tại 2 điểm cầu" in found.sentences[0]
    assert "800 km của 10 người ở xa từ 15 km × 4.000 đồng/km = 3.200.000 đồng, theo Điều 5." in found.sentences[1]
    assert "theo Điều 6" in found.sentences[2]
    assert found.sentences[3].startswith("Chưa tính 7 người của 1 điểm cầu")


# --- who adds which venue ---------------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.req("R-060", "R-061")
def test_units_below_see_it_once_opened_and_add_their_venues_at_any_level(cast, conference):
    for name in ("organiser1", "secretary11"):
        assert not access.conferences_seen_by(cast.accounts[name]).exists()
    with pytest.raises(Refusal) as refused:
        add(conference, cast)
    assert refused.value.code == "conference.not_opened"
    actions.open_conference(conference.conference, by=cast.officer, at=now())
    for name in ("organiser1", "organiser2", "secretary11"):
        assert access.conferences_seen_by(cast.accounts[name]).exists(), name
    for unit, by in (("X1", "organiser1"), ("CB12", "organiser1"), ("CS1", "officer")):  # commune, cell, enterprise
        venue = add(conference, cast, unit, by)
        assert venue.unit == cast.units[unit] != conference.unit
    own = access.conference_venues(cast.accounts["organiser1"], conference)
    assert {venue.unit.code for venue in own} == {"X1", "CB12"}  # not its sibling's, not the host's
    assert access.conference_venues(cast.officer, conference).count() == 4


@pytest.mark.django_db
@pytest.mark.req("R-061")
def test_a_unit_above_the_host_adds_its_venue_too(cast, campaign):
    made = actions.add_conference(
        by=cast.officer, at=now(), campaign=campaign, unit=cast.units["X1"], title="Hội nghị của xã",
        last_day=today() + dt.timedelta(days=3),
    )  # fmt: skip
    assert cast.units["T"] in access.units_for_venues(cast.officer, made)
    assert set(access.units_for_venues(cast.accounts["organiser1"], made)) == {
        cast.units["X1"], cast.units["CB11"], cast.units["CB12"],
    }  # fmt: skip
    assert not access.units_for_venues(cast.accounts["organiser2"], made).exists()


@pytest.mark.django_db
def test_what_stands_in_the_way_of_adding_and_removing(cast, opened):
    late = now() + dt.timedelta(days=5)
    with pytest.raises(Refusal) as refused:
        actions.add_conference_venue(
            opened.conference,
            by=cast.accounts["organiser1"],
            at=late,
            by_host=False,
            unit=cast.units["X1"],
            name="Muộn",
        )
    assert refused.value.code == "conference.too_late"
    actions.add_conference_venue(
        opened.conference, by=cast.officer, at=late, by_host=True, unit=cast.units["X1"], name="Muộn"
    )
    venue = add(opened, cast, capacity=50)
    with pytest.raises(Refusal) as refused:
        add(opened, cast)
    assert refused.value.code == "venue.name_taken"
    factories.roster_entry(opened, cast.people["M1"], cast.officer, venue=venue)
    factories.roster_entry(opened, cast.people["M2"], cast.officer, venue=venue)
    with pytest.raises(Refusal) as refused:
        actions.prepare_venue(venue, by=cast.officer, at=now(), by_host=True, capacity=1)
    assert refused.value.code == "venue.over_capacity"
    assert "2 người đã gọi" in refused.value.sentence
    venue.refresh_from_db()
    assert venue.capacity == 50
    for by_host in (True, False):
        with pytest.raises(Refusal) as refused:
            actions.drop_venue(venue, by=cast.officer, at=now(), by_host=by_host)
        assert refused.value.code == "venue.has_people"
    RosterEntry.objects.all().delete()
    with pytest.raises(Refusal) as refused:
        actions.drop_venue(venue, by=cast.accounts["organiser1"], at=late, by_host=False)
    assert refused.value.code == "conference.too_late"
    actions.drop_venue(venue, by=cast.accounts["organiser1"], at=now(), by_host=False)
    assert not opened.venues.filter(name="Điểm cầu X1").exists()


@pytest.mark.django_db
def test_it_is_opened_with_a_session_and_a_day_that_has_not_passed(cast, campaign):
    made = actions.add_conference(
        by=cast.officer, at=now(), campaign=campaign, unit=cast.units["T"], title="Hội nghị"
    ).conference
    for change, code in (
        (lambda: None, "conference.no_session"),
        (lambda: factories.session(made.study_class, cast.officer), "conference.no_last_day"),
        (
            lambda: actions.change_conference(made, by=cast.officer, at=now(), last_day=today() - dt.timedelta(days=1)),
            "conference.last_day_past",
        ),
    ):
        change()
        with pytest.raises(Refusal) as refused:
            actions.open_conference(made, by=cast.officer, at=now())
        assert refused.value.code == code
    actions.change_conference(made, by=cast.officer, at=now(), last_day=today())
    assert actions.open_conference(made, by=cast.officer, at=now()).opened_at is not None


@pytest.mark.django_db
@pytest.mark.req("R-063", "R-064")
def test_a_venue_is_taken_from_the_register(cast, opened):
    room = actions.add_facility(
        cast.units["X1"], by=cast.accounts["organiser1"], at=now(), name="Hội trường xã", address="Thôn 1", seats=90,
        is_online=True, screens=2, speakers=4, cameras=0, line="fibre",
    )  # fmt: skip
    venue = add(opened, cast, facility=room)
    assert (venue.address, venue.capacity, venue.readiness.hall) == ("Thôn 1", 90, "Hội trường xã")
    assert venue.readiness.equipment == ["screen", "speakers", "line"]  # no camera: none is written down
    with pytest.raises(Refusal) as refused:
        add(opened, cast, "X2", "organiser2", facility=room)
    assert refused.value.code == "facility.elsewhere"
    actions.remove_facility(room, by=cast.accounts["organiser1"], at=now())
    venue.readiness.refresh_from_db()
    assert venue.readiness.hall == "Hội trường xã"
    assert venue.readiness.facility is None


# --- readiness --------------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.req("R-063")
def test_the_board_counts_by_part_and_unit_and_a_failed_check_says_why(cast, opened):
    venue = add(opened, cast, capacity=60)
    with pytest.raises(Refusal) as refused:
        actions.check_connection(venue, by=cast.accounts["organiser1"], at=now(), passed=False)
    assert refused.value.code == "check.note_missing"
    actions.check_connection(venue, by=cast.accounts["organiser1"], at=now(), passed=False, note="Mất tiếng")
    add(opened, cast, "X2", "organiser2")
    board = queries.readiness_board(opened, access.conference_venues(cast.officer, opened))
    assert (board.total, board.ready) == (3, 0)
    assert board.lacking[ReadinessPart.HALL] == 3
    assert board.lacking[ReadinessPart.CAPACITY] == 1
    line = next(one for one in board.lines if one.venue == venue)
    assert "không đạt: Mất tiếng" in line.sentence
    assert {one.unit.code: one.venues for one in board.units} == {"T": 1, "X1": 1, "X2": 1}
    actions.prepare_venue(
        venue, by=cast.accounts["organiser1"], at=now(), by_host=False, hall="Hội trường", clerk=cast.accounts["organiser1"],
        equipment=ALL,
    )  # fmt: skip
    actions.check_connection(venue, by=cast.accounts["organiser1"], at=now(), passed=True)
    factories.roster_entry(opened, cast.people["M1"], cast.officer, venue=venue)
    board = queries.readiness_board(opened, access.conference_venues(cast.officer, opened))
    assert [one.venue for one in board.narrowed(is_ready=True)] == [venue]
    assert venue not in [one.venue for one in board.narrowed(part=ReadinessPart.CHECK)]
    # Both checks stay in the log, with who made them.
    checks = AuditEvent.objects.filter(verb="venue.checked").order_by("pk")
    assert [one.after["passed"] for one in checks] == [False, True]


# --- who sits where ------------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.req("R-040", "R-041", "R-042")
def test_ready_made_lists_seat_people_at_the_main_venue_and_at_their_own_units(cast):
    campaign = campaign_factories.campaign(cast.units["T"], cast.officer, everybody=False)
    for key in ("upper_venue", "commune_venue", "cell_leaders", "remaining"):
        campaign_actions.add_audience_preset(campaign, key, by=cast.officer, at=now())
    campaign_actions.prepare_duties(campaign, by=cast.officer, at=now())
    made = actions.add_conference(
        by=cast.officer, at=now(), campaign=campaign, unit=cast.units["T"], title="Hội nghị", tier="key_cadre"
    )
    places = {one.rule.name: one.place for one in queries.rule_places(made.conference)}
    assert places["Bí thư, phó bí thư các tổ chức cơ sở đảng"] == SeatPlace.MAIN
    assert places["Đảng ủy viên xã, phường"] == places["Bí thư, phó bí thư các chi bộ trực thuộc"] == SeatPlace.BELOW
    assert places["Đảng viên ở xã, phường còn lại"] == SeatPlace.ELSEWHERE
    below = actions.add_conference_venue(
        made.conference, by=cast.officer, at=now(), by_host=True, unit=cast.units["X1"], name="Điểm cầu X1", quota=1
    )
    filling = actions.call_to_venues(made.conference, by=cast.officer, at=now())
    seats = dict(made.roster.values_list("person__code", "venue__name"))
    # M5 is secretary of the commune; M2 and M8 of cells there, of whom the quota admits one; M10's commune has no venue.
    assert seats.pop("M5") == "Điểm cầu chính" or "M5" not in seats
    assert set(seats.values()) == {below.name}
    assert len(seats) == 1
    assert filling.left_out == 2
    assert any(one.startswith("Chi bộ thôn Thượng (") for one in filling.left_units)
    assert filling.without_venue == 1
    assert filling.other_tier == 8  # who learns elsewhere, by the list
    rules = {one.rule.name: one.rule.pk for one in queries.rule_places(made.conference)}
    actions.set_seating(
        made.conference, {rules["Bí thư, phó bí thư các chi bộ trực thuộc"]: SeatPlace.MAIN}, by=cast.officer, at=now()
    )
    again = actions.call_to_venues(made.conference, by=cast.officer, at=now())
    assert (again.added, again.left_out) == (2, 0)
    with pytest.raises(Refusal) as refused:
        actions.set_seating(made.conference, {10**6: SeatPlace.MAIN}, by=cast.officer, at=now())
    assert refused.value.code == "conference.rule_unknown"


# --- what it saves -----------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.req("R-062")
def test_norms_come_from_the_rulebook_and_a_missing_one_is_told(cast, opened):
    venue = add(opened, cast, distance_km=30, travel_minutes=45)
    found = queries.conference_savings(opened, {venue.pk: 10, opened.venues.get(is_main=True).pk: 500})
    assert found.people == 10  # who sits at the main venue had to come anyway
    assert found.total == 10 * 30 * 2 * 4000 + 10 * 200_000
    RuleValue.objects.filter(key="day_allowance").delete()
    missing = queries.conference_savings(opened, {venue.pk: 10})
    assert isinstance(missing, Refusal)
    assert missing.code == "rulebook.value_missing"


# --- lists in files --------------------------------------------------------------------------------------------------------


def _book(answer):
    return load_workbook(io.BytesIO(b"".join(answer.streaming_content)))


def _file(book, name="diem-cau.xlsx"):
    target = io.BytesIO()
    book.save(target)
    return SimpleUploadedFile(name, target.getvalue())


def _columns(sheet, first="Mã đơn vị"):
    head = next(row[0].row for row in sheet.iter_rows() if row[0].value == first)
    return head, {cell.value: cell.column for cell in sheet[head]}


@pytest.mark.django_db
@pytest.mark.req("R-061")
def test_venues_go_out_as_excel_and_come_back_changed_and_added(as_user, cast, opened):
    venue = add(opened, cast, capacity=50)
    organiser = as_user("organiser1")
    book = _book(organiser.get(reverse("conference", args=[opened.pk]) + "?format=xlsx"))
    sheet = book.active
    head, columns = _columns(sheet)
    assert sheet.cell(head + 1, columns["Điểm cầu"]).value == venue.name
    assert sheet.cell(head + 2, columns["Điểm cầu"]).value is None  # only the own branch
    sheet.cell(head + 1, columns["Hội trường"]).value = "Hội trường UBND"
    sheet.cell(head + 1, columns["Loa"]).value = "x"
    sheet.cell(head + 2, columns["Mã đơn vị"]).value = "CB11"
    sheet.cell(head + 2, columns["Điểm cầu"]).value = "Nhà văn hóa thôn 1"
    sheet.cell(head + 2, columns["Số chỗ"]).value = 40
    sheet.cell(head + 2, columns["Tài khoản điểm danh"]).value = "secretary11"
    address = reverse("conference-import", args=[opened.pk])
    shown = organiser.post(address, {"file": _file(book)})
    assert shown.context["can_confirm"], shown.context["wrong"]
    assert opened.venues.count() == 2  # nothing is written before the confirmation
    organiser.post(address, {"lines": shown.context["form"].initial["lines"]})
    venue.refresh_from_db()
    assert venue.readiness.hall == "Hội trường UBND"
    assert venue.readiness.equipment == ["speakers"]
    assert venue.capacity == 50
    new = opened.venues.get(name="Nhà văn hóa thôn 1")
    assert (new.capacity, new.unit.code, new.clerk.username) == (40, "CB11", "secretary11")
    again = _book(organiser.get(reverse("conference", args=[opened.pk]) + "?format=xlsx"))
    shown = organiser.post(address, {"file": _file(again)})
    organiser.post(address, {"lines": shown.context["form"].initial["lines"]})
    assert opened.venues.count() == 3  # what went out comes back as it is


@pytest.mark.django_db
def test_every_fault_of_a_list_is_told_with_its_row_and_nothing_is_half_saved(as_user, cast, opened):
    add(opened, cast, "X2", "organiser2", name="Điểm cầu chung")
    venue = add(opened, cast)
    factories.roster_entry(opened, cast.people["M1"], cast.officer, venue=venue)
    organiser = as_user("organiser1")
    book = _book(organiser.get(reverse("conference", args=[opened.pk]) + "?format=xlsx"))
    sheet = book.active
    head, columns = _columns(sheet)
    rows = (
        {"Mã đơn vị": "X1", "Điểm cầu": "Điểm cầu X1", "Số chỗ": 0},
        {"Mã đơn vị": "X2", "Điểm cầu": "Của đơn vị khác"},
        {"Mã đơn vị": "X1", "Điểm cầu": "Điểm cầu chung"},
        {"Mã đơn vị": "X1", "Điểm cầu": "Mới", "Số chỗ": "nhiều"},
        {"Mã đơn vị": "X1", "Điểm cầu": "Mới"},
        {"Mã đơn vị": "X1", "Điểm cầu": "Khác", "Tài khoản điểm danh": "khong-co"},
        {"Mã đơn vị": "CB12", "Điểm cầu": "Đúng", "Số chỗ": 30},
    )
    for place, row in enumerate(rows, start=1):
        for name, value in row.items():
            sheet.cell(head + place, columns[name]).value = value
    shown = organiser.post(reverse("conference-import", args=[opened.pk]), {"file": _file(book)})
    wrong = dict(shown.context["wrong"])
    assert sorted(wrong) == [head + number for number in range(1, 7)]
    assert "ít hơn 1 người đã gọi" in wrong[head + 1]
    assert "ngoài phạm vi" in wrong[head + 2]
    assert "đơn vị khác" in wrong[head + 3]
    assert "Số chỗ" in wrong[head + 4]
    assert f"đã có ở dòng {head + 4}" in wrong[head + 5]
    assert "khong-co" in wrong[head + 6]
    assert not shown.context["can_confirm"]
    assert opened.venues.count() == 3


@pytest.mark.django_db
def test_tone_marks_tell_venues_apart_and_a_venue_stays_with_its_unit(as_user, cast, opened):
    there = add(opened, cast, name="Điểm cầu Tân Hưng", capacity=50)
    add(opened, cast, name="Thôn Hoà Bình", capacity=70)
    other = add(opened, cast, "CB12", name="Nhà văn hóa", capacity=20)
    organiser, address = as_user("organiser1"), reverse("conference-import", args=[opened.pk])

    def read(*rows):
        book = _book(organiser.get(reverse("conference", args=[opened.pk]) + "?format=xlsx"))
        sheet = book.active
        head, columns = _columns(sheet)
        sheet.delete_rows(head + 1, sheet.max_row)
        for place, (unit, name, seats) in enumerate(rows, start=1):
            for title, value in {"Mã đơn vị": unit, "Điểm cầu": name, "Số chỗ": seats}.items():
                sheet.cell(head + place, columns[title]).value = value
        return head, organiser.post(address, {"file": _file(book)})

    head, shown = read(
        ("X1", "Điểm cầu Tân Hùng", 40), ("X1", "ĐIỂM CẦU TÂN HƯNG", 60), ("X1", "Thon Hoa Binh", 80), ("X1", "Thôn Hạ", 10),
        ("X1", "Thôn Hà", 11),
    )  # fmt: skip
    assert shown.context["can_confirm"], shown.context["wrong"]
    organiser.post(address, {"lines": shown.context["form"].initial["lines"]})
    seats = dict(opened.venues.filter(is_main=False).values_list("name", "capacity"))
    assert seats == {
        "Điểm cầu Tân Hưng": 60, "Điểm cầu Tân Hùng": 40, "Thôn Hoà Bình": 80, "Thôn Hạ": 10, "Thôn Hà": 11, "Nhà văn hóa": 20,
    }  # fmt: skip
    head, shown = read(
        ("X1", "Diem cau Tan Hung", 1), ("CB11", "Thon Hoa Binh", 1), ("X1", "Nhà văn hóa", 1), ("X1", "Thôn Hòa Bình", 90),
        ("X1", "Thon Hoa Binh", 91),
    )  # fmt: skip
    wrong = dict(shown.context["wrong"])
    assert sorted(wrong) == [head + number for number in (1, 2, 3, 5)]
    assert "ghi không dấu" in wrong[head + 1]  # two of the unit fit
    assert "ghi không dấu" in wrong[head + 2]  # one fits, of another unit
    assert f"đã là điểm cầu của {other.unit.name}" in wrong[head + 3]
    assert f"đã có ở dòng {head + 4}" in wrong[head + 5]  # the same venue in two ways of writing
    there.refresh_from_db()
    assert there.capacity == 60


@pytest.mark.django_db
@pytest.mark.req("B-18")
def test_a_marked_name_does_not_get_in_by_a_list_of_venues(as_user, cast, opened):
    organiser = as_user("organiser1")
    book = _book(organiser.get(reverse("conference", args=[opened.pk]) + "?format=xlsx"))
    sheet = book.active
    head, columns = _columns(sheet)
    sheet.cell(head + 1, columns["Mã đơn vị"]).value = "X1"
    sheet.cell(head + 1, columns["Điểm cầu"]).value = "TUYỆT MẬT"
    shown = organiser.post(reverse("conference-import", args=[opened.pk]), {"file": _file(book)})
    assert "có dấu độ mật" in dict(shown.context["wrong"])[head + 1]
    assert not shown.context["can_confirm"]
    for name, said in (("TUYỆT MẬT", {}), ("Điểm cầu 1", {"address": "Độ mật: Tối mật"})):
        line = ListedVenue(2, cast.units["X1"].pk, name, None, said)
        with pytest.raises(Refusal):
            actions.write_venues(opened.conference, [line], by=cast.officer, at=now(), by_host=True)
    assert opened.venues.count() == 1


@pytest.mark.django_db
def test_the_room_that_the_host_chose_stays_when_the_unit_below_saves(as_user, cast, opened):
    room = actions.add_facility(cast.units["T"], by=cast.officer, at=now(), name="Hội trường tỉnh", seats=90)
    hidden = actions.add_facility(cast.units["T"], by=cast.officer, at=now(), name="Phòng khác của tỉnh")
    venue = add(opened, cast)
    actions.prepare_venue(venue, by=cast.officer, at=now(), by_host=True, facility=room)
    below, address = as_user("organiser1"), reverse("conference-venue", args=[opened.pk, venue.pk])
    assert not access.facilities_seen_by(cast.accounts["organiser1"]).filter(pk=room.pk).exists()
    checked = below.post(reverse("conference-check", args=[opened.pk, venue.pk]), {"result": "failed", "note": ""})
    for page in (below.get(address), checked):
        form = page.context["form"]
        assert set(form.fields["facility"].queryset) == {room}
        assert form["facility"].value() == room.pk
        assert hidden.name not in page.content.decode()
    below.post(address, {"name": venue.name, "hall": "Hội trường B", "facility": str(form["facility"].value())})
    venue.readiness.refresh_from_db()
    assert (venue.readiness.hall, venue.readiness.facility) == ("Hội trường B", room)


# --- pages -----------------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.req("R-057", "R-061")
def test_a_host_plans_and_opens_it_and_a_unit_below_adds_its_venue_by_the_pages(as_user, cast, campaign):
    officer = as_user("officer")
    day = (today() + dt.timedelta(days=5)).strftime("%d/%m/%Y")
    answer = officer.post(
        reverse("conference-new"),
        {
            "campaign": campaign.pk, "unit": cast.units["T"].pk, "title": "Hội nghị trực tuyến", "form": "online",
            "level": "grassroots", "tier": "grassroots", "venue_name": "Điểm cầu chính", "session_title": "Buổi sáng", "day": day,
            "starts": "07:30", "ends": "11:00", "last_day": day, "equipment": ["screen", "line"], "capacity": "100",
        },
    )  # fmt: skip
    made = StudyClass.objects.get(title="Hội nghị trực tuyến")
    assert answer.url == reverse("conference-settings", args=[made.pk])
    assert as_user("organiser1").get(reverse("conference", args=[made.pk])).status_code == 404
    as_user("officer").post(reverse("conference-open", args=[made.pk]))
    below = as_user("organiser1")
    assert "Hội nghị trực tuyến</a>" in below.get(reverse("conference-list")).content.decode()
    assert below.get(reverse("conference-settings", args=[made.pk])).status_code == 403
    assert below.post(reverse("conference-open", args=[made.pk])).status_code == 403
    below.post(
        reverse("conference-venue-new", args=[made.pk]),
        {
            "unit": cast.units["X1"].pk,
            "name": "Điểm cầu xã",
            "hall": "Hội trường xã",
            "capacity": "80",
            "equipment": ["screen"],
        },
    )
    venue = made.venues.get(name="Điểm cầu xã")
    page = below.get(reverse("conference", args=[made.pk])).content.decode()
    assert "thiếu đường truyền" in page
    assert "Điểm cầu chính" not in page
    checked = below.post(reverse("conference-check", args=[made.pk, venue.pk]), {"result": "failed", "note": ""})
    label = re.search(r"<label[^>]*>Hỏng ở đâu.*?</label>", checked.content.decode(), re.S)[0]
    assert "không bắt buộc" not in label
    assert "ghi rõ hỏng ở đâu" in checked.content.decode()
    below.post(reverse("conference-check", args=[made.pk, venue.pk]), {"result": "passed"})
    venue.readiness.refresh_from_db()
    assert venue.readiness.check_passed
    assert venue.readiness.checked_by.username == "organiser1"
    main = made.venues.get(is_main=True)
    assert below.get(reverse("conference-venue", args=[made.pk, main.pk])).status_code == 404
    assert as_user("leader1").get(reverse("conference-venue", args=[made.pk, venue.pk])).status_code == 403
    assert as_user("organiser2").get(reverse("conference-venue", args=[made.pk, venue.pk])).status_code == 404
    as_user("organiser1").post(reverse("conference-venue-remove", args=[made.pk, venue.pk]))
    assert not made.venues.filter(pk=venue.pk).exists()


@pytest.mark.django_db
def test_a_class_that_is_there_becomes_a_conference(as_user, cast, campaign):
    plain = factories.study_class(campaign, cast.units["T"], cast.officer)
    officer = as_user("officer")
    assert "Chuyển thành hội nghị" in officer.get(reverse("class-venues", args=[plain.pk])).content.decode()
    officer.post(reverse("class-conference", args=[plain.pk]))
    assert officer.get(reverse("conference", args=[plain.pk])).status_code == 200
    assert "Bàn điều hành hội nghị" in officer.get(reverse("class-venues", args=[plain.pk])).content.decode()


@pytest.mark.django_db
def test_pages_ask_no_more_of_the_database_for_three_venues_than_for_one(as_user, cast, opened):
    add(opened, cast)
    actions.add_facility(cast.units["X1"], by=None, at=now(), name="Phòng 1")
    officer = as_user("officer")

    def counted(name, *args):
        with CaptureQueriesContext(connection) as asked:
            assert officer.get(reverse(name, args=args)).status_code == 200
        return len(asked)

    names = [("conference-list",), ("conference", opened.pk), ("facility-list",), ("facility-share",)]
    for name in names:
        counted(*name)
    before = [counted(*name) for name in names]
    for number in (2, 3):
        add(opened, cast, name=f"Điểm cầu {number}")
        actions.add_facility(cast.units["X2"], by=None, at=now(), name=f"Phòng {number}")
        actions.add_conference(
            by=cast.officer, at=now(), campaign=opened.campaign, unit=cast.units["T"], title=f"Hội nghị {number}"
        )
    assert [counted(*name) for name in names] == before


# --- the register -----------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.req("R-063")
def test_who_has_not_reported_is_never_counted_as_having_no_online_room(as_user, cast):
    units = access.units_with_registers(cast.officer)

    def share():
        return queries.online_share(cast.units["T"], queries.online_rooms(units))

    assert (share().having, share().none, share().silent) == (0, 0, 2)
    assert share().sentence == "0/2 xã, phường có phòng họp trực tuyến; 0 nơi chưa có, 2 nơi chưa báo cáo."
    # A room in the register that says nothing about being online reports nothing either.
    actions.add_facility(cast.units["X2"], by=None, at=now(), name="Phòng họp")
    assert share().silent == 2
    actions.add_facility(
        cast.units["CB11"], by=None, at=now(), name="Nhà văn hóa", is_online=True
    )  # counts for its commune
    assert (share().having, share().silent) == (1, 1)
    assert "1/2 xã, phường có phòng họp trực tuyến (100% của 1 nơi đã báo cáo)" in share().sentence
    actions.declare_facilities(cast.units["X2"], by=cast.accounts["organiser2"], at=now())
    assert (share().having, share().none, share().silent) == (1, 1, 0)
    assert share().sentence == "1/2 xã, phường có phòng họp trực tuyến (50,0%); tất cả đã báo cáo."
    officer = as_user("officer")
    page = officer.get(reverse("facility-share")).content.decode()
    assert "tất cả đã báo cáo" in page
    book = _book(officer.get(reverse("facility-share") + "?format=xlsx&answer=no"))
    assert [row[0].value for row in book.active.iter_rows(min_row=2) if row[0].value in ("X1", "X2")] == ["X2"]


@pytest.mark.django_db
@pytest.mark.req("R-064")
def test_the_register_goes_out_as_excel_and_comes_back(as_user, cast):
    room = actions.add_facility(cast.units["X1"], by=None, at=now(), name="Hội trường", seats=100, has_power=False)
    organiser = as_user("organiser1")
    book = _book(organiser.get(reverse("facility-list") + "?format=xlsx"))
    sheet = book.active
    head, columns = _columns(sheet)
    assert sheet.cell(head + 1, columns["Điện dự phòng"]).value == "không"
    assert sheet.cell(head + 1, columns["Phòng họp trực tuyến"]).value in (None, "")
    sheet.cell(head + 1, columns["Phòng họp trực tuyến"]).value = "x"
    for name, value in {"Mã đơn vị": "CB12", "Phòng": "Nhà văn hóa", "Đường truyền": "cáp quang", "Số chỗ": 40}.items():
        sheet.cell(head + 2, columns[name]).value = value
    address = reverse("facility-import")
    shown = organiser.post(address, {"file": _file(book)})
    assert shown.context["can_confirm"], shown.context["wrong"]
    assert Facility.objects.count() == 1
    organiser.post(address, {"lines": shown.context["form"].initial["lines"]})
    room.refresh_from_db()
    assert room.is_online is True
    assert room.has_power is False
    assert room.seats == 100
    assert Facility.objects.get(name="Nhà văn hóa").line == "fibre"
    for name, value in {"Mã đơn vị": "X2", "Đường truyền": "vệ tinh", "Số chỗ": -1}.items():
        sheet.cell(head + 2, columns[name]).value = value
    wrong = organiser.post(address, {"file": _file(book)}).context["wrong"]
    assert [row for row, _said in wrong] == [head + 2] * 3
    # Marks tell rooms of a unit apart; a name without marks means the one it fits.
    for place, name in enumerate(("Nhà văn hòa", "Nha van hoa"), start=2):
        for title, value in {"Mã đơn vị": "CB12", "Phòng": name, "Đường truyền": None, "Số chỗ": 10 * place}.items():
            sheet.cell(head + place, columns[title]).value = value
    marks = organiser.post(address, {"file": _file(book)})
    assert [(one["line"].name, one["line"].facility_id) for one in marks.context["lines"]][1:] == [
        ("Nhà văn hòa", None), ("Nha van hoa", Facility.objects.get(name="Nhà văn hóa").pk),
    ]  # fmt: skip
    # Somebody else's preview is not written.
    other = as_user("organiser2").post(address, {"lines": shown.context["form"].initial["lines"]})
    assert "hãy đọc lại tệp" in other.content.decode()


@pytest.mark.django_db
@pytest.mark.req("R-064")
def test_rooms_are_kept_by_their_unit_and_those_above_it(as_user, cast):
    organiser = as_user("organiser1")
    organiser.post(
        reverse("facility-new"), {"unit": cast.units["X1"].pk, "name": "Phòng họp", "is_online": "yes", "seats": "30"}
    )
    room = Facility.objects.get()
    assert room.is_online is True
    assert room.has_power is None
    with pytest.raises(Refusal) as refused:
        actions.add_facility(cast.units["X1"], by=None, at=now(), name="Phòng họp")
    assert refused.value.code == "facility.name_taken"
    address = reverse("facility", args=[room.pk])
    organiser.post(address, {"name": "Phòng họp 1", "is_online": "", "seats": ""})
    room.refresh_from_db()
    assert (room.name, room.is_online, room.seats) == ("Phòng họp 1", None, None)
    assert as_user("organiser2").get(address).status_code == 404
    assert as_user("leader1").get(address).status_code == 403
    as_user("organiser1").post(reverse("facility-declare"))
    assert cast.units["X1"].facility_declaration.declared_by.username == "organiser1"
    as_user("officer").post(reverse("facility-remove", args=[room.pk]))
    assert not Facility.objects.exists()


@pytest.mark.django_db
def test_calling_nobody_is_no_success_and_says_why(as_user, opened):
    client, address = as_user("officer"), reverse("conference-seating", args=[opened.pk])
    form = client.get(address).context["form"]
    sent = {form.add_prefix(name): SeatPlace.ELSEWHERE.value for name in form.fields}
    answer = client.post(address, {**sent, "call": "1"}, follow=True)
    (told,) = answer.context["messages"]
    assert told.level_tag == "warning"
    assert "Chưa đưa được ai" in str(told)
    assert "không dự hội nghị này" in str(told)


def _seated(cast, **given):
    """A conference to whose main venue all members of the province are called, with its rule."""
    campaign = campaign_factories.campaign(cast.units["T"], cast.officer)
    campaign_actions.prepare_duties(campaign, by=cast.officer, at=now())
    made = actions.add_conference(
        by=cast.officer, at=now(), campaign=campaign, unit=cast.units["T"], title="Hội nghị", tier="grassroots", **given
    )
    (rule,) = [one.rule.pk for one in queries.rule_places(made.conference)]
    actions.set_seating(made.conference, {rule: SeatPlace.MAIN}, by=cast.officer, at=now())
    return made, rule


@pytest.mark.django_db
@pytest.mark.req("R-040")
def test_whom_the_rules_call_no_longer_is_taken_out_unless_something_rests_on_the_line(as_user, cast):
    made, rule = _seated(cast)
    called = actions.call_to_venues(made.conference, by=cast.officer, at=now()).added
    assert called > 6
    lines = list(made.roster.select_related("person").order_by("pk"))
    by_hand, seated, with_part, summoned = lines[:4]
    made.roster.filter(pk=by_hand.pk).update(origin="hand")
    made.roster.filter(pk=seated.pk).update(seat="A1")
    actions.give_role(made, by=cast.officer, at=now(), kind="reporter", person=with_part.person)
    made.roster.filter(pk=summoned.pk).update(summoned_at=now())
    client, address = as_user("officer"), reverse("conference-seating", args=[made.pk])
    sent = {f"rule-{rule}": SeatPlace.ELSEWHERE.value, "call": "1"}
    with CaptureQueriesContext(connection) as asked:
        answer = client.post(address, sent)
    assert sum("DELETE" in one["sql"] and "classes_rosterentry" in one["sql"] for one in asked) == 1
    (told,) = client.get(answer.url).context["messages"]
    assert str(told).startswith(f"Đã đưa {called - 4} người không còn thuộc diện dự ra khỏi danh sách.")
    assert "1 người đã xếp ghế, 1 người có phần việc trong hội nghị, 1 người đã nhận giấy mời" in str(told)
    assert set(made.roster.values_list("pk", flat=True)) == {by_hand.pk, seated.pk, with_part.pk, summoned.pk}
    line = AuditEvent.objects.get(verb="roster.removed")
    assert line.after["removed"] == called - 4
    actions.set_seating(made.conference, {rule: SeatPlace.MAIN}, by=cast.officer, at=now())
    assert actions.call_to_venues(made.conference, by=cast.officer, at=now()).added == called - 4


@pytest.mark.django_db
def test_nobody_is_taken_out_of_a_released_conference(cast):
    made, rule = _seated(cast)
    called = actions.call_to_venues(made.conference, by=cast.officer, at=now()).added
    StudyClass.objects.filter(pk=made.pk).update(state="released")
    actions.set_seating(made.conference, {rule: SeatPlace.ELSEWHERE}, by=cast.officer, at=now())
    done = actions.call_to_venues(made.conference, by=cast.officer, at=now())
    assert (done.removed, done.stay) == (0, {"vì hội nghị đã chốt": called})
    assert made.roster.count() == called


@pytest.mark.django_db
def test_calling_says_who_is_in_another_class_already_and_which_venues_stay_empty(as_user, cast):
    made, rule = _seated(cast)
    add(made, cast, by_host=True, by="officer")
    other = factories.study_class(made.campaign, cast.units["X1"], cast.officer, capacity=50)
    elsewhere = actions.fill_roster(other, by=cast.officer, at=now()).added
    client, address = as_user("officer"), reverse("conference-seating", args=[made.pk])
    answer = client.post(address, {f"rule-{rule}": SeatPlace.BELOW.value, "call": "1"}, follow=True)
    (told,) = answer.context["messages"]
    assert f"Thuộc diện dự nhưng không được gọi: {elsewhere} người đã có trong lớp khác" in str(told)
    assert "Chưa có ai ở Hội trường; Điểm cầu X1." in str(told)
    assert "người ở nơi chưa có điểm cầu" in str(told)
    assert f"unit={cast.units['T'].pk}&amp;how=none" in answer.content.decode()


@pytest.mark.django_db
def test_a_row_that_changes_nothing_is_called_unchanged_and_none_is_counted_as_changed(as_user, cast, opened):
    venue = add(opened, cast, capacity=50, equipment=["speakers", "screen"], distance_km=12, hall="Hội trường")
    type(venue.readiness).objects.filter(venue=venue).update(
        equipment=["speakers", "screen"]
    )  # as an earlier list had it
    beside = factories.venue(opened, cast.officer, name="Điểm cầu không ghi gì")  # without anything of a conference
    other = add(opened, cast, unit="X2", by="officer", by_host=True, capacity=20)
    client, address = as_user("officer"), reverse("conference-import", args=[opened.pk])
    book = _book(client.get(reverse("conference", args=[opened.pk]) + "?format=xlsx"))
    sheet = book.active
    head, columns = _columns(sheet)
    assert {"Số chỗ", "Đường đến điểm cầu chính (km)", "Thời gian đi (phút)", "Điện dự phòng"} <= set(columns)
    # A list made earlier has the words of then.
    for new, old in (("Số chỗ", "Sức chứa"), ("Đường đến điểm cầu chính (km)", "Khoảng cách (km)")):
        sheet.cell(head, columns[new]).value = old
    rows = {sheet.cell(row, columns["Điểm cầu"]).value: row for row in range(head + 1, sheet.max_row + 1)}
    sheet.cell(rows[other.name], columns["Số chỗ"]).value = 25
    shown = client.post(address, {"file": _file(book)})
    same = {one["line"].name: one["line"].is_same for one in shown.context["lines"]}
    assert (same[venue.name], same[beside.name], same[other.name]) == (True, True, False)
    assert shown.context["sentence"].startswith("Đọc được 4 điểm cầu (0 mới, 1 sửa, 3 không đổi)")
    page = shown.content.decode()
    assert (page.count("Không đổi"), page.count("Sẽ sửa")) == (3, 1)
    answer = client.post(address, {"lines": shown.context["form"].initial["lines"]}, follow=True)
    assert [str(one) for one in answer.context["messages"]] == ["Đã thêm 0 điểm cầu, sửa 1 điểm cầu."]
    sheet.cell(rows[other.name], columns["Số chỗ"]).value = "nhiều"
    page = client.post(address, {"file": _file(book)}).content.decode()
    assert '<th scope="col">Lỗi</th>' in page
    assert "Căn cứ" not in page


@pytest.mark.django_db
def test_a_venue_without_a_name_is_called_after_the_unit_that_was_chosen(as_user, cast, opened):
    client, address = as_user("officer"), reverse("conference-venue-new", args=[opened.pk])
    form = client.get(address).context["form"]
    assert not form["name"].value()
    assert "Điểm cầu …" in client.get(address).content.decode()
    client.post(address, {"unit": cast.units["X2"].pk, "name": "  ", "capacity": 30})
    unit = cast.units["X2"]
    name = f"Điểm cầu {unit.short_name or unit.name.removeprefix('Đảng ủy ')}"
    assert opened.venues.get(unit=unit).name == name
    venue = opened.venues.get(unit=unit)
    answer = client.post(reverse("conference-venue", args=[opened.pk, venue.pk]), {"name": "", "capacity": 30})
    assert answer.context["form"].errors["name"]
