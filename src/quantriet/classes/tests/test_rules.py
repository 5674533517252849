"""The rules of the timetable, of seats and of who may lead, on plain data."""

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantriet.classes.rules import leading, letterhead, seating, timetable
from quantriet.classes.vocab import ItemKind
from quantriet.kit.refusal import Refusal
from quantriet.kit.time import local
from quantriet.org.rules import letterhead as paper_rules

START = dt.datetime(2026, 3, 9, 0, 30, tzinfo=dt.UTC)  # 07:30 in Vietnam
PERIOD = (dt.date(2026, 3, 1), dt.date(2026, 4, 30))
BASIS = "mục 3 Hướng dẫn 26-HD/BTGTU"


def at(minutes: int) -> dt.datetime:
    return START + dt.timedelta(minutes=minutes)


def share(sessions, items, least="10"):
    return timetable.discussion_share(sessions, items, least_percent=Decimal(least), basis=BASIS)


def _code_of(check) -> str | None:
    try:
        check()
    except Refusal as refusal:
        return refusal.code
    return None


spans = st.tuples(st.integers(0, 600), st.integers(1, 240)).map(lambda one: (at(one[0]), at(one[0] + one[1])))
kinds = st.sampled_from([kind.value for kind in ItemKind])


@pytest.mark.req("B-10")
@pytest.mark.parametrize("minutes, enough", [(20, False), (21, True), (22, True)])
def test_exactly_the_share_is_enough(minutes, enough):
    result = share([(at(0), at(210))], [(ItemKind.DISCUSSION, at(0), at(minutes))])
    assert result.is_enough is enough


@pytest.mark.req("R-032")
def test_sentence_tells_figures_limit_and_basis():
    result = share([(at(0), at(210))], [(ItemKind.DISCUSSION, at(0), at(20))])
    assert result.sentence == (
        "Thảo luận 20/210 phút (9,5%), dưới mức tối thiểu 10% nên chưa chốt được lớp, theo mục 3 Hướng dẫn 26-HD/BTGTU."
    )
    assert share([(at(0), at(210))], []).sentence.startswith(
        "Chương trình chưa bố trí thời gian thảo luận, tối thiểu 10%"
    )
    assert "tối thiểu 12,5%" in share([(at(0), at(210))], [], "12.50").sentence


def test_breaks_are_no_class_time_and_discussion_in_a_break_does_not_count():
    items = [(ItemKind.BREAK, at(90), at(105)), (ItemKind.DISCUSSION, at(90), at(125))]
    result = share([(at(0), at(210))], items)
    assert (result.planned_seconds, result.discussion_seconds) == (195 * 60, 20 * 60)


@pytest.mark.req("B-10")
@given(st.lists(spans, max_size=5), st.lists(st.tuples(kinds, spans), max_size=10), st.integers(0, 100))
def test_share_stays_within_class_time(sessions, some, least):
    items = [(kind, *span) for kind, span in some]
    result = share(sessions, items, str(least))
    assert 0 <= result.discussion_seconds <= result.planned_seconds
    assert result.planned_seconds == timetable.class_seconds(sessions, items)
    if result.is_enough:
        assert result.discussion_seconds * 100 >= least * result.planned_seconds
    # The minute by minute count agrees with the arithmetic of intervals.
    inside = {m for m in range(-60, 900) for s, e in sessions if s <= at(m) < e}
    pauses = {m for m in inside for k, s, e in items if k == ItemKind.BREAK and s <= at(m) < e}
    assert result.planned_seconds == len(inside - pauses) * 60


@given(st.lists(spans, max_size=4), st.lists(st.tuples(kinds, spans), max_size=6), spans)
def test_more_discussion_never_lowers_the_share(sessions, some, more):
    items = [(kind, *span) for kind, span in some]
    before, after = share(sessions, items), share(sessions, [*items, (ItemKind.DISCUSSION, *more)])
    assert after.planned_seconds == before.planned_seconds
    assert after.discussion_seconds >= before.discussion_seconds


@given(spans, st.lists(spans, max_size=4))
def test_session_is_refused_exactly_when_it_overlaps(wanted, others):
    named = [("buổi khác", *other) for other in others]
    overlaps = any(wanted[0] < end and start < wanted[1] for start, end in others)
    same_day = local(wanted[0]).date() == local(wanted[1]).date()
    expected = "session.too_long" if not same_day else "session.overlap" if overlaps else None
    assert _code_of(lambda: timetable.check_session(*wanted, others=named, period=PERIOD)) == expected


@given(spans, spans, st.lists(spans, max_size=4))
def test_item_is_refused_exactly_when_outside_or_over_another(wanted, session, others):
    named = [("nội dung khác", *other) for other in others]
    inside = session[0] <= wanted[0] and wanted[1] <= session[1]
    overlaps = any(wanted[0] < end and start < wanted[1] for start, end in others)
    expected = "item.outside" if not inside else "item.overlap" if overlaps else None
    assert _code_of(lambda: timetable.check_item(*wanted, session=session, others=named)) == expected


@pytest.mark.parametrize(
    "start, end, code",
    [(0, 0, "session.order"), (0, -10, "session.order"), (0, 361, "session.too_long"), (600, 1000, "session.too_long")],
)
def test_session_has_a_sensible_length(start, end, code):
    with pytest.raises(Refusal) as caught:
        timetable.check_session(at(start), at(end), others=[], period=PERIOD)
    assert caught.value.code == code


# --- seats ----------------------------------------------------------------------------------------------------------

rooms = st.lists(
    st.tuples(st.sampled_from(["1.", "1.2.", "1.3."]), st.one_of(st.none(), st.integers(0, 60))), min_size=1, max_size=4
).map(lambda some: [seating.Room(key, path, seats, seats) for key, (path, seats) in enumerate(some)])
groups = st.lists(st.tuples(st.sampled_from(["1.2.", "1.3."]), st.integers(1, 80)), max_size=12).map(
    lambda some: [seating.Group(key, f"{path}{key}.", size) for key, (path, size) in enumerate(some)]
)


@pytest.mark.req("R-043")
@given(groups, rooms)
def test_no_hall_is_overfilled_and_cells_stay_together(some, halls):
    placed = seating.spread(some, halls)
    sizes = {group.unit_id: group.size for group in some}
    assert len({one.unit_id for one in placed}) == len(placed)
    for hall in halls:
        seated = sum(one.count for one in placed if one.room == hall.key)
        assert hall.capacity is None or seated <= hall.capacity
    for one in placed:
        whole = one.count == sizes[one.unit_id]
        assert whole or all(
            hall.capacity is not None and hall.capacity < sizes[one.unit_id] for hall in _own(one, some, halls)
        )


def _own(placing, some, halls):
    path = next(group.path for group in some if group.unit_id == placing.unit_id)
    return [hall for hall in halls if path.startswith(hall.path)] or halls


def test_nobody_is_left_out_while_a_hall_of_the_branch_has_room():
    placed = seating.spread(
        [seating.Group(1, "1.2.1.", 30)], [seating.Room(1, "1.", 100, 100), seating.Room(2, "1.2.", 20, 20)]
    )
    assert placed == [seating.Placing(1, 1, 30)]


# --- who may lead -----------------------------------------------------------------------------------------------------


@pytest.mark.req("R-053")
@pytest.mark.parametrize(
    "standing, head, path, in_cell, may",
    [
        (True, False, "1.2.", False, True),
        (False, True, "1.", False, True),
        (False, False, "1.2.", False, False),
        (True, True, "1.2.5.", True, False),
        (True, True, "1.2.", True, True),
    ],
)
def test_standing_members_and_heads_lead(standing, head, path, in_cell, may):
    assert leading.may_lead([leading.Post(standing, head, path, in_cell)], "1.2.") is may


def test_reporter_needs_no_post():
    assert not leading.needs_leader("reporter")
    assert leading.needs_leader("chair")


@pytest.mark.parametrize(
    "name, is_cell, body, signed, number",
    [
        ("Đảng bộ xã Ea Lan", False, "standing_committee", "T/M ĐẢNG ỦY", "-GM/ĐU"),
        ("Chi bộ thôn 4", True, "party_organization", "T/M CHI BỘ", "-GM/CB"),
        ("Tỉnh ủy Đắk Lắk", False, "standing_committee", "T/M TỈNH ỦY", "-GM/TU"),
        ("Ban Tuyên giáo và Dân vận", False, "leadership_collective", "T/M BAN", "-GM/ĐU"),
    ],
)
def test_a_summons_is_signed_in_the_name_of_a_unit_of_that_kind(name, is_cell, body, signed, number):
    assert paper_rules.signed_for(name, is_cell=is_cell, body=body) == signed
    assert letterhead.number_line(name, is_cell=is_cell).endswith(number)


def test_a_summons_names_the_place_of_the_nearest_unit_and_the_day_in_words():
    names = ["Chi bộ thôn 4", "Đảng bộ xã Ea Lan", "Tỉnh ủy Đắk Lắk"]
    assert paper_rules.place_and_day(names, dt.date(2026, 11, 23)) == "Ea Lan, ngày 23 tháng 11 năm 2026"
    assert paper_rules.place_and_day([], dt.date(2026, 2, 5)) == "……, ngày 05 tháng 02 năm 2026"
