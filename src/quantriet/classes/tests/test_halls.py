"""Halls and who sits where in them: reading what is typed, automatic seating, changes by hand, files, pages."""

import io
import random
import time

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import Workbook, load_workbook

from quantriet.audit.models import AuditEvent
from quantriet.campaigns import actions as campaign_actions
from quantriet.campaigns.tests import factories as campaign_factories
from quantriet.classes import actions, queries
from quantriet.classes.models import Hall, RosterEntry, Seat, SeatMap
from quantriet.classes.rules import seat_maps
from quantriet.classes.rules.halls import Spot, as_json, from_json, read_layout, show_layout
from quantriet.classes.rules.seat_maps import NO_RANK, Sitter
from quantriet.classes.tests import factories
from quantriet.classes.vocab import StageSide
from quantriet.kit.refusal import Refusal, Refusals
from quantriet.kit.time import now
from quantriet.org.models import Unit

TYPED = "A: 3 | 4 | 3\nB-C: 3 | 4 | 3   bỏ 4, 6-7\n\nD-F: 3 | 4 | 3"


def layout(text: str = TYPED, stage: StageSide = StageSide.TOP):
    return read_layout(text, stage)


# --- what is typed ----------------------------------------------------------------------------------------------------


def test_a_hall_is_read_row_by_row_and_cut_into_blocks_by_its_aisles():
    hall = layout()
    assert len(hall.spots) == 6 * 10 - 2 * 3
    assert [block.words for block in hall.blocks] == [
        "Khối 1 (hàng A-C)", "Khối 2 (hàng A-C)", "Khối 3 (hàng A-C)",
        "Khối 4 (hàng D-F)", "Khối 5 (hàng D-F)", "Khối 6 (hàng D-F)",
    ]  # fmt: skip
    assert [len(block.spots) for block in hall.blocks] == [9, 6, 9, 9, 12, 9]
    assert hall.find("hàng B, ghế 05") == hall.find("b-5") == Spot("B", 5)
    assert hall.find("B4") is None  # out of use
    assert read_layout(show_layout(hall), StageSide.TOP) == hall == from_json(as_json(hall))


def test_rows_that_are_numbers_keep_their_sign():
    hall = layout("1-12: 10")
    assert Spot("3", 5).code == "3-5"
    assert hall.find("3-5") == hall.find("Hàng 3 ghế 5") == Spot("3", 5)
    assert hall.find("35") is None


@pytest.mark.parametrize(
    ("side", "first"),
    [(StageSide.TOP, "A"), (StageSide.BOTTOM, "F")],
)
def test_the_first_line_is_that_nearest_to_the_stage(side, first):
    hall = layout(stage=side)
    assert hall.depth[Spot(first, 1)] == 0
    assert hall.blocks[0].spots[0].row == first


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("A 6 | 8", "Dòng 1"),
        ("A: 6 | | 8", "đúng một số ghế"),
        ("A: 6\nA: 7", "Dòng 2: hàng A đã có"),
        ("A: 6 bỏ 9", "không có trong hàng 6 ghế"),
        ("F-C: 6", "không hiểu các hàng"),
        ("A: 999", "từ 1 đến 80 ghế"),
        ("", "Chưa có hàng ghế nào"),
        ("A: 2 bỏ 1-2", "không còn chỗ nào"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_line(text, told):
    with pytest.raises(Refusal) as refused:
        layout(text)
    assert told in refused.value.sentence


def test_all_wrong_lines_are_told_at_once():
    with pytest.raises(Refusals) as refused:
        layout("A: x\nB: 6\nC: 6 bỏ 7")
    assert [one.row for one in refused.value.several] == [1, 3]


# --- automatic seating ------------------------------------------------------------------------------------------------


def people(*units: int, leaders: int = 0) -> list[Sitter]:
    found, number = [], 0
    for _leader in range(leaders):
        number += 1
        found.append(Sitter(number, 99, "1.99.", number, f"n{number:04d}", True))
    for unit, size in enumerate(units, start=1):
        for place in range(size):
            number += 1
            found.append(Sitter(number, unit, f"1.{unit:02d}.", 20 if not place else NO_RANK, f"n{number:04d}"))
    return found


@pytest.mark.req("R-070")
def test_leaders_sit_in_front_and_units_together():
    hall = layout()
    everybody = people(9, 6, 8, leaders=2)
    done = seat_maps.seat(hall, everybody)
    assert not done.without
    assert len(set(done.places.values())) == len(everybody)
    assert {done.places[1].code, done.places[2].code} == {"A5", "A6"}  # the middle of the first line
    for unit in (1, 2, 3):
        mine = [one for one in everybody if one.unit_id == unit]
        blocks = {hall.block_of[done.places[one.entry_id]] for one in mine}
        assert len(blocks) == 1, unit
        first = min(mine, key=lambda one: one.rank)  # the secretary, in front of the own cell
        assert hall.depth[done.places[first.entry_id]] == min(hall.depth[done.places[one.entry_id]] for one in mine)


def test_seating_does_not_depend_on_the_order_of_the_people():
    hall, everybody = layout(), people(9, 6, 8, leaders=2)
    mixed = list(everybody)
    random.Random(7).shuffle(mixed)
    assert seat_maps.seat(hall, mixed).places == seat_maps.seat(hall, everybody).places


def test_a_change_moves_nobody_who_need_not_move():
    hall, everybody = layout(), people(9, 6, 8)
    done = seat_maps.seat(hall, everybody)
    assert seat_maps.seat(hall, everybody, now=done.places).places == done.places
    # Somebody new sits with the own unit; one seat is kept free from now on, and whoever sat there alone moves.
    new = Sitter(500, 2, "1.02.", NO_RANK, "z")
    kept = done.places[3]
    after = seat_maps.seat(hall, [*everybody, new], now=done.places, free=frozenset({kept}))
    assert after.moved == (3,)
    assert {key: spot for key, spot in after.places.items() if key not in (3, 500)} == {
        key: spot for key, spot in done.places.items() if key != 3
    }


def test_a_block_kept_for_a_unit_holds_nobody_else():
    hall, everybody = layout(), people(9, 9, 9)
    done = seat_maps.seat(hall, everybody, blocks={1: 3})
    in_block = {key for key, spot in done.places.items() if hall.block_of[spot] == 1}
    assert in_block == {one.entry_id for one in everybody if one.unit_id == 3}


def test_who_finds_no_seat_is_told():
    hall = layout("A: 3")
    done = seat_maps.seat(hall, people(5))
    assert len(done.places) == 3
    assert len(done.without) == 2


def test_500_seats_are_given_in_under_a_second():
    hall = layout("A-Y: 6 | 8 | 6")
    everybody = people(*([17] * 29), leaders=7)
    began = time.perf_counter()
    done = seat_maps.seat(hall, everybody)
    seat_maps.seat(hall, everybody[100:], now=done.places)
    assert time.perf_counter() - began < 1
    assert len(done.places) == 500


# --- a class ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def made(cast):
    """A draft with eight people of two cells and its hall of 54 seats."""
    campaign = campaign_factories.campaign(cast.units["T"], cast.officer)
    campaign_actions.prepare_duties(campaign, by=cast.officer, at=now())
    study_class = factories.study_class(campaign, cast.units["X1"], cast.officer)
    factories.session(study_class, cast.officer)
    actions.fill_roster(study_class, by=cast.officer, at=now())
    return study_class


@pytest.fixture
def hall(cast):
    return actions.add_hall(cast.units["X1"], name="Hội trường Đảng ủy", layout=layout(), by=cast.officer, at=now())


@pytest.fixture
def seat_map(cast, made, hall):
    venue = made.venues.get()
    actions.choose_hall(venue, hall, by=cast.officer, at=now())
    return queries.seat_map_of(venue)


def seats_of(seat_map) -> dict[int, str]:
    rows = Seat.objects.filter(seat_map=seat_map, entry__isnull=False)
    return {row.entry_id: Spot(row.row, row.number).code for row in rows}


pytestmark = pytest.mark.django_db


@pytest.mark.req("R-070")
def test_everybody_of_a_venue_gets_a_seat_and_the_list_of_the_class_names_it(cast, made, seat_map):
    done = actions.fill_seats(seat_map, by=cast.officer, at=now())
    assert not done.without
    assert len(seats_of(seat_map)) == made.roster.count()
    assert dict(made.roster.values_list("pk", "seat")) == seats_of(seat_map)
    leader = made.roster.filter(person=cast.people["M5"]).first()  # secretary of the commune's committee
    assert seats_of(seat_map)[leader.pk] == "A5"
    assert not queries.seating(seat_map).conflicts


def test_two_people_on_one_seat_are_impossible(cast, made, seat_map):
    one, other = made.roster.order_by("pk")[:2]
    Seat.objects.create(seat_map=seat_map, row="A", number=1, entry=one)
    with pytest.raises(IntegrityError), transaction.atomic():
        Seat.objects.create(seat_map=seat_map, row="A", number=1, entry=other)
    with pytest.raises(IntegrityError), transaction.atomic():
        Seat.objects.create(seat_map=seat_map, row="A", number=2, entry=one)
    with pytest.raises(IntegrityError), transaction.atomic():
        Seat.objects.create(seat_map=seat_map, row="A", number=3)


def test_people_change_seats_by_hand(cast, made, seat_map):
    actions.fill_seats(seat_map, by=cast.officer, at=now())
    before = seats_of(seat_map)
    one, other = sorted(before)[:2]
    told = actions.move_seat(seat_map, before[one], before[other], by=cast.officer, at=now())
    assert "Đã đổi chỗ" in told
    assert seats_of(seat_map) == {**before, one: before[other], other: before[one]}
    actions.move_seat(seat_map, before[other], "F10", by=cast.officer, at=now())
    assert seats_of(seat_map)[one] == "F10"
    assert RosterEntry.objects.get(pk=one).seat == "F10"
    actions.free_seat(seat_map, "F10", by=cast.officer, at=now())
    assert one not in seats_of(seat_map)
    assert "1 người chưa có chỗ." in queries.seating(seat_map).conflicts
    actions.keep_free(seat_map, "F9", is_kept=True, by=cast.officer, at=now())
    entry = RosterEntry.objects.select_related("person").get(pk=one)
    for seat, told in (("F9", "đang giữ trống"), (before[one], "đã có"), ("Z1", "không có ghế"), ("B4", "không dùng")):
        with pytest.raises(Refusal) as refused:
            actions.give_seat(seat_map, entry, seat, by=cast.officer, at=now())
        assert told in refused.value.sentence
    actions.give_seat(seat_map, entry, "F8", by=cast.officer, at=now())
    again = actions.fill_seats(seat_map, by=cast.officer, at=now())
    assert not again.moved
    assert seats_of(seat_map)[one] == "F8"
    assert AuditEvent.objects.filter(verb="seats.moved").exists()


def test_who_leaves_the_roster_or_the_venue_leaves_the_seat(cast, made, seat_map):
    actions.fill_seats(seat_map, by=cast.officer, at=now())
    one, other = list(made.roster.order_by("pk")[:2])
    actions.remove_many_from_roster([one], made, by=cast.officer, at=now(), reason="Chuyển đi")
    second = factories.venue(made, cast.officer)
    actions.move_to_venue([other], second, by=cast.officer, at=now())
    assert not {one.pk, other.pk} & set(seats_of(seat_map))
    other.refresh_from_db()
    assert other.seat == ""


def test_a_hall_rebuilt_later_moves_nobody_until_it_is_taken_over(cast, made, hall, seat_map):
    actions.fill_seats(seat_map, by=cast.officer, at=now())
    before = seats_of(seat_map)
    actions.change_hall(hall, name=hall.name, layout=layout("A: 4"), by=cast.officer, at=now())
    seat_map = queries.seat_map_of(seat_map.venue)
    assert seats_of(seat_map) == before
    assert queries.is_outdated(seat_map)
    actions.choose_hall(seat_map.venue, hall, by=cast.officer, at=now())
    assert set(seats_of(seat_map).values()) <= {"A1", "A2", "A3", "A4"}
    told = queries.seating(queries.seat_map_of(seat_map.venue)).conflicts
    assert any("Thiếu" in one for one in told)
    assert any("chưa có chỗ" in one for one in told)


@pytest.mark.parametrize(
    ("typed", "is_same"),
    [
        ("A: 3 | 4 | 3\nB-C: 3 | 4 | 3   bỏ 1, 4, 6-7\n\nD-F: 3 | 4 | 3", True),  # a seat more out of use
        ("A-C: 3 | 4 | 3\n\nD-F: 3 | 4 | 3", True),  # seats come back
        ("A: 3 | 4 | 3\nB-C: 3 | 4 | 3   bỏ 4, 6-7\n\nD-F: 3 | 4 | 3\n\nG: 8", True),  # a block more behind
        (
            "A: 3 | 4 | 3   bỏ 1-3\nB-C: 3 | 4 | 3   bỏ 1-3, 4, 6-7\n\nD-F: 3 | 4 | 3",
            False,
        ),  # a block is gone: 2 becomes 1
        ("A: 3 | 7\nB-C: 3 | 7   bỏ 4, 6-7\n\nD-F: 3 | 4 | 3", False),  # an aisle is gone
        ("A: 3 | 4 | 3\n\nB-C: 3 | 4 | 3   bỏ 4, 6-7\n\nD-F: 3 | 4 | 3", False),  # an aisle more
        ("K-M: 3 | 4 | 3\n\nN-P: 3 | 4 | 3", False),  # another hall altogether
    ],
)
def test_the_numbers_of_blocks_stand_for_the_same_seats(typed, is_same):
    assert seat_maps.same_blocks(layout(), layout(typed)) is is_same


def test_blocks_kept_for_units_are_given_up_when_their_numbers_stand_for_other_seats(
    as_user, cast, made, hall, seat_map
):
    unit, venue = cast.units["CB11"], seat_map.venue
    client, address = as_user("organiser1"), reverse("class-seats-hall", args=[made.pk])
    for number in (2, 5):
        actions.keep_block(seat_map, number, unit, by=cast.officer, at=now())

    def take_over(typed: str) -> str:
        actions.change_hall(hall, name=hall.name, layout=layout(typed), by=cast.officer, at=now())
        return client.post(address, {"hall": hall.pk, "venue": venue.pk}, follow=True).content.decode()

    assert "Các khối đã đổi" not in take_over(TYPED.replace("A: 3 | 4 | 3", "A: 3 | 4 | 3   bỏ 1"))
    assert sorted(seat_map.blocks.values_list("number", flat=True)) == [2, 5]
    gone = "A: 3 | 4 | 3   bỏ 1-3\nB-C: 3 | 4 | 3   bỏ 1-3, 4, 6-7\n\nD-F: 3 | 4 | 3"
    assert "bỏ 2 khối dành riêng cho đơn vị" in take_over(gone)
    assert not seat_map.blocks.exists()


def test_conflicts_are_told_at_once(cast, made, seat_map):
    actions.fill_seats(seat_map, by=cast.officer, at=now())
    plan = queries.seating(seat_map)
    stranger = next(one for one in plan.sitters if not one.is_leader)
    block = plan.layout.block_of[plan.places[stranger.entry_id]]
    other = cast.units["CB12"] if stranger.unit_id != cast.units["CB12"].pk else cast.units["CB11"]
    actions.keep_block(seat_map, block, other, by=cast.officer, at=now())
    assert any(f"Khối {block} dành cho {other.name}" in one for one in queries.seating(seat_map).conflicts)
    actions.fill_seats(seat_map, by=cast.officer, at=now())
    assert not any("đơn vị khác ngồi" in one for one in queries.seating(seat_map).conflicts)


def test_cells_of_one_name_are_told_apart_by_what_stands_above_them(as_user, cast, campaign, hall):
    made = factories.study_class(campaign, cast.units["T"], cast.officer)
    actions.fill_roster(made, by=cast.officer, at=now())
    venue = made.venues.get()
    actions.choose_hall(venue, hall, by=cast.officer, at=now())
    cells = [made.roster.get(person=cast.people[one]).unit for one in ("M1", "M10")]
    Unit.objects.filter(pk__in=[one.pk for one in cells]).update(name="Chi bộ thôn 1", short_name="")
    plan = queries.seating(queries.seat_map_of(venue))
    places = {one.code: one.place for one in plan.without}
    above = [one.parent.short_name or one.parent.name for one in cells]
    assert (places["M1"], places["M10"]) == tuple(f"Chi bộ thôn 1, {one}" for one in above)
    assert above[0] != above[1]
    page = as_user("officer").get(reverse("class-seats", args=[made.pk])).content.decode()
    for one in above:
        assert page.count(f"Chi bộ thôn 1, {one}") > 1  # of who has no seat, and among the units of a block


# --- a seating made elsewhere -----------------------------------------------------------------------------------------


def upload(*rows, head=("Mã đảng viên", "Họ và tên", "Chỗ ngồi")):
    book = Workbook()
    for row in (head, *rows):
        book.active.append(row)
    content = io.BytesIO()
    book.save(content)
    return SimpleUploadedFile("Chỗ ngồi.xlsx", content.getvalue())


def test_a_seating_from_a_file_is_previewed_and_each_fault_has_its_row(as_user, cast, made, seat_map):
    address = reverse("class-seats-list", args=[made.pk])
    client = as_user("organiser1")
    wrong = upload(
        ("M1", "", "A1"), ("M2", "", "A1"), ("M99", "", "A2"), ("M7", "", "Z9"), ("M1", "", "A3"), ("M3", "", "B4"),
    )  # fmt: skip
    page = client.post(address, {"file": wrong}).content.decode()
    for told in ("ghế A1 đã xếp cho người ở dòng 2", "không có ghế “Z9”", "đã có chỗ ở dòng 2", "không có ghế “B4”"):
        assert told in page
    assert 'name="listed"' not in page
    assert not seats_of(seat_map)
    answer = client.post(address, {"file": upload(("M1", "", "A1"), ("M2", "", "hàng A ghế 2"), ("M7", "", ""))})
    assert "2 người có chỗ" in answer.content.decode()
    assert not seats_of(seat_map)
    assert client.post(address, {"listed": answer.context["listed"]}).status_code == 303
    by_code = {entry.person.code: entry.seat for entry in made.roster.select_related("person")}
    assert (by_code["M1"], by_code["M2"], by_code["M7"]) == ("A1", "A2", "")
    ousts = upload(("M7", "A", "1"), head=("Mã đảng viên", "Hàng", "Ghế số"))
    answer = client.post(address, {"file": ousts})
    assert f"{cast.people['M1'].full_name} (A1)" in answer.content.decode()
    client.post(address, {"listed": answer.context["listed"]})
    by_code = {entry.person.code: entry.seat for entry in made.roster.select_related("person")}
    assert (by_code["M1"], by_code["M7"]) == ("", "A1")


def test_the_list_that_is_downloaded_is_taken_back(as_user, cast, made, seat_map):
    actions.fill_seats(seat_map, by=cast.officer, at=now())
    client = as_user("organiser1")
    answer = client.get(reverse("class-seats", args=[made.pk]) + "?format=xlsx")
    content = b"".join(answer.streaming_content)
    sheet = load_workbook(io.BytesIO(content)).active
    assert any("M5" in [cell.value for cell in row] for row in sheet.iter_rows())
    page = client.post(
        reverse("class-seats-list", args=[made.pk]), {"file": SimpleUploadedFile("Chỗ ngồi.xlsx", content)}
    )
    assert f"{made.roster.count()} người có chỗ, 0 người đổi chỗ" in page.content.decode()


# --- pages ------------------------------------------------------------------------------------------------------------


def test_a_hall_is_made_drawn_and_tapped(as_user, cast):
    client = as_user("organiser1")
    given = {"name": "Nhà văn hóa", "unit": cast.units["X1"].pk, "address": "", "stage": "top", "layout": "A-C: 4 | 4"}
    wrong = client.post(reverse("hall-new"), {**given, "layout": "A: 4 |"})
    assert "Dòng 1" in wrong.content.decode()
    assert client.post(reverse("hall-new"), given).status_code == 303
    hall = Hall.objects.get()
    assert hall.seats == 24
    page = client.get(reverse("hall", args=[hall.pk])).content.decode()
    assert 'value="B3"' in page
    client.post(reverse("hall-seat", args=[hall.pk]), {"seat": "B3"})
    hall.refresh_from_db()
    assert hall.seats == 23
    client.post(reverse("hall-seat", args=[hall.pk]), {"seat": "B3"})
    hall.refresh_from_db()
    assert hall.seats == 24
    assert "Nhà văn hóa" in client.get(reverse("hall-list")).content.decode()
    assert client.get(reverse("hall-list") + "?format=xlsx").status_code == 200
    other = as_user("organiser2")
    assert "Nhà văn hóa" not in other.get(reverse("hall-list")).content.decode()
    assert other.get(reverse("hall", args=[hall.pk])).status_code == 404
    reader = as_user("leader1")
    assert reader.get(reverse("hall", args=[hall.pk])).status_code == 200
    assert reader.post(reverse("hall-seat", args=[hall.pk]), {"seat": "B3"}).status_code == 403
    assert as_user("organiser1").post(reverse("hall-remove", args=[hall.pk])).status_code == 303
    assert not Hall.objects.exists()


def test_seats_are_given_by_taps_without_any_script(as_user, cast, made, hall):
    client = as_user("organiser1")
    address, venue = reverse("class-seats", args=[made.pk]), made.venues.get()
    assert "Hội trường Đảng ủy" in client.get(address).content.decode()
    client.post(reverse("class-seats-hall", args=[made.pk]), {"hall": hall.pk})
    client.post(reverse("class-seats-fill", args=[made.pk]), {"venue": venue.pk})
    seat_map = SeatMap.objects.get()
    one = made.roster.get(person=cast.people["M5"])
    assert seats_of(seat_map)[one.pk] == "A5"
    chosen = client.get(address + "?seat=A5").content.decode()
    assert cast.people["M5"].full_name in chosen
    client.post(reverse("class-seats-move", args=[made.pk]), {"seat": "A5", "to": "F1"})
    assert seats_of(seat_map)[one.pk] == "F1"
    client.post(reverse("class-seats-move", args=[made.pk]), {"seat": "F1", "do": "free"})
    assert f"person={one.pk}" in client.get(address).content.decode()
    client.post(reverse("class-seats-move", args=[made.pk]), {"person": one.pk, "to": "F2"})
    assert seats_of(seat_map)[one.pk] == "F2"
    client.post(reverse("class-seats-move", args=[made.pk]), {"seat": "A5", "do": "keep"})
    assert Seat.objects.filter(seat_map=seat_map, is_kept_free=True).count() == 1
    unit = cast.units["CB11"]
    client.post(reverse("class-seats-block", args=[made.pk]), {"number": 4, "unit": unit.pk})
    assert seat_map.blocks.get().unit == unit
    for paper in ("a3", "a4"):
        page = client.get(reverse("class-seats-print", args=[made.pk]) + f"?paper={paper}").content.decode()
        assert f"hall-sheet--{paper}" in page
    assert as_user("organiser2").get(address).status_code == 404
    reader = as_user("leader1")
    assert reader.get(address).status_code == 200
    assert reader.post(reverse("class-seats-fill", args=[made.pk])).status_code == 403


@pytest.mark.req("R-070")
@pytest.mark.parametrize("is_released", [False, True])
def test_a_plan_is_seen_by_who_looks_after_the_venue_and_nobody_else(as_user, cast, hall, is_released):
    """A class of the board with a venue in each commune: X1's reader sees neither X2's people nor that it has a venue."""
    campaign = campaign_factories.campaign(cast.units["T"], cast.officer)
    campaign_actions.prepare_duties(campaign, by=cast.officer, at=now())
    made = factories.study_class(campaign, cast.units["T"], cast.officer)
    actions.fill_roster(made, by=cast.officer, at=now())
    venues = {}
    for code, person in (("X1", "M1"), ("X2", "M10")):
        venues[code] = factories.venue(made, cast.officer, name=f"Điểm cầu {code}", unit=cast.units[code])
        entry = made.roster.get(person=cast.people[person])
        actions.move_to_venue([entry], venues[code], by=cast.officer, at=now())
        actions.choose_hall(venues[code], hall, by=cast.officer, at=now())
        actions.fill_seats(queries.seat_map_of(venues[code]), by=cast.officer, at=now())
    if is_released:
        type(made).objects.filter(pk=made.pk).update(state="released")
    pages = [reverse(name, args=[made.pk]) for name in ("class-seats", "class-seats-print")]
    reader = as_user("leader1")
    foreign, own = (f"venue={venues[code].pk}" for code in ("X2", "X1"))
    for address in pages:
        for asked in ("", f"?{own}"):
            told = reader.get(address + asked).content.decode()
            assert "Thị Hường" in told  # M1, as a seat names her
            assert "Văn Sửu" not in told  # M10
            assert "Điểm cầu X2" not in told
        answer = reader.get(f"{address}?{foreign}")
        assert answer.status_code == 404
        assert "Văn Sửu" not in answer.content.decode()
    assert reader.get(f"{pages[0]}?{foreign}&format=xlsx").status_code == 404
    assert reader.get(f"{pages[0]}?venue={made.venues.get(is_main=True).pk}").status_code == 404
    sheet = load_workbook(io.BytesIO(b"".join(reader.get(pages[0] + "?format=xlsx").streaming_content))).active
    told = {str(cell.value) for row in sheet.iter_rows() for cell in row}
    assert "M1" in told
    assert not {"M10", cast.people["M10"].full_name} & told
    # Whoever only looks after a venue changes no seat, not even there; the organiser of the class sees and changes all.
    keeper = as_user("organiser1")
    for name in ("hall", "fill", "move", "block", "list"):
        given = {"venue": venues["X1"].pk, "hall": hall.pk, "seat": "A5", "do": "free", "number": 1}
        assert keeper.post(reverse(f"class-seats-{name}", args=[made.pk]), given).status_code == 403, name
    assert keeper.get(reverse("class-seats-list", args=[made.pk]) + f"?{own}").status_code == 403
    assert "Văn Sửu" in as_user("officer").get(f"{pages[0]}?{foreign}").content.decode()


def test_who_has_only_people_in_a_class_sees_no_seats(as_user, cast, campaign, hall):
    made = factories.study_class(campaign, cast.units["T"], cast.officer)
    actions.fill_roster(made, by=cast.officer, at=now())
    venue = made.venues.get()
    actions.choose_hall(venue, hall, by=cast.officer, at=now())
    type(made).objects.filter(pk=made.pk).update(state="released")
    reader = as_user("leader1")
    page = reader.get(reverse("class", args=[made.pk]))
    assert page.status_code == 200
    assert reverse("class-seats", args=[made.pk]) not in page.content.decode()
    for name in ("class-seats", "class-seats-print"):
        for asked, code in (("", 403), (f"?venue={venue.pk}", 404), ("?format=xlsx", 403)):
            answer = reader.get(reverse(name, args=[made.pk]) + asked)
            assert answer.status_code == code, name
            assert "Thị Hường" not in answer.content.decode()


@pytest.mark.parametrize("name", ["class-seats", "hall-list"])
def test_pages_ask_as_much_for_three_rows_as_for_one(as_user, cast, made, hall, seat_map, name):
    client = as_user("organiser1")
    address = reverse(name, args=[made.pk] if name == "class-seats" else [])

    def asked() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert client.get(address).status_code == 200
        return len(seen)

    client.get(address)
    actions.give_seat(seat_map, made.roster.first(), "A1", by=cast.officer, at=now())
    few = asked()
    actions.fill_seats(seat_map, by=cast.officer, at=now())
    for number in (1, 2):
        actions.add_hall(cast.units["X1"], name=f"Phòng {number}", layout=layout("A: 9"), by=cast.officer, at=now())
    assert asked() == few
