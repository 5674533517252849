"""The rules of timetables: a plan never breaks a demand; a collision is smallest; a change moves the fewest."""

import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quantriet.classes.rules import planning
from quantriet.classes.rules.planning import Demand, Group, Hall, Office, Plan, Problem, Slot, Speaker
from quantriet.classes.rules.planning.flow import Seating
from quantriet.classes.rules.planning.problem import least_on_duty
from quantriet.classes.rules.planning.solving import is_possible
from quantriet.classes.vocab import PlanDemandKind as Kind
from quantriet.kit.time import at_local

DAY = dt.date(2026, 12, 7)
BASIS = "Kế hoạch 12-KH/ĐU"


def slot(key, day=0, start=8, end=11):
    at = DAY + dt.timedelta(days=day)
    return Slot(key, f"buổi {key} {at:%d/%m/%Y}", at_local(at, dt.time(start)), at_local(at, dt.time(end)))


def problem(
    *, sizes=(6, 4), slots=None, halls=((1, 5), (2, 5)), speakers=2, percent=50, demands=(), groups=None, **given
) -> Problem:
    """Cells of these sizes, each one group; the usual demands; halls by key and seats."""
    slots = slots or tuple(slot(key, day=key) for key in range(2))
    hall_rows = given.pop("hall_rows", tuple(Hall(key, f"Hội trường {key}", seats) for key, seats in halls))
    offices = given.pop("offices", tuple(Office(key, f"Chi bộ {key}", size) for key, size in enumerate(sizes)))
    usual = [
        *(Demand(Kind.SEATS, hall=hall.key) for hall in hall_rows),
        *(Demand(Kind.DUTY, office=office.key, amount=percent, basis=BASIS) for office in offices),
        Demand(Kind.SPEAKER),
        Demand(Kind.SPEAKER_WAY),
    ]
    return Problem(
        tuple(slots), hall_rows, tuple(Speaker(100 + n, f"BCV {n}") for n in range(speakers)), offices,
        groups or tuple(Group(key, key, size) for key, size in enumerate(sizes)), (*usual, *demands), **given,
    )  # fmt: skip


def solved(made, **given):
    return planning.solve(made, seconds=1.5, **given)


@st.composite
def problems(draw):
    """Small problems of every kind of demand; some can be held, some cannot."""
    luck = draw(st.randoms(use_true_random=False))
    count = luck.randint(1, 4)
    slots = [
        slot(key, day=key // 2, start=8 if key % 2 == 0 else 13, end=11 if key % 2 == 0 else 16) for key in range(count)
    ]
    if luck.random() < 0.3:
        slots.append(slot(count, day=0, start=9, end=12))  # at the same time as another
    places = ["A", "B", "C"]
    halls = tuple(
        Hall(key, f"Hội trường {key}", luck.randint(2, 12), luck.choice(places)) for key in range(luck.randint(1, 3))
    )
    sizes = [luck.randint(1, 9) for _ in range(luck.randint(1, 4))]
    keys = [one.key for one in slots]
    offices, groups, demands = [], [], []
    for key, size in enumerate(sizes):
        wished = frozenset(luck.sample(keys, 1)) if luck.random() < 0.5 else frozenset()
        offices.append(Office(key, f"Chi bộ {key}", size + luck.randint(0, 3), luck.choice(places), wished))
        alone = min(size, luck.randint(0, 2))
        if size > alone:
            groups.append(Group(key * 10, key, size - alone))
        for n in range(alone):
            second = luck.randrange(len(sizes)) if luck.random() < 0.4 else None
            speaker = 100 if luck.random() < 0.3 else None
            groups.append(
                Group(key * 10 + n + 1, key, 1, f"đồng chí {key}.{n}", None if second == key else second, speaker)
            )
            if luck.random() < 0.7:
                demands.append(Demand(Kind.TWO_POSTS, groups=(key * 10 + n + 1,)))
        if alone == 2 and luck.random() < 0.7:
            demands.append(Demand(Kind.APART, office=key, groups=(key * 10 + 1, key * 10 + 2)))
        if luck.random() < 0.3:
            demands.append(Demand(Kind.OFF, office=key, slots=frozenset({luck.choice(keys)}), words="07/12/2026"))
        if luck.random() < 0.3:
            demands.append(Demand(Kind.TRAVEL, office=key, amount=luck.choice((0, 20, 60))))
    if luck.random() < 0.3:
        demands.append(Demand(Kind.HALL_OFF, hall=0, slots=frozenset({luck.choice(keys)}), words="07/12/2026"))
    if luck.random() < 0.4:
        demands.append(Demand(Kind.SPEAKER_OFF, speaker=100, slots=frozenset({luck.choice(keys)}), words="07/12/2026"))
    if luck.random() < 0.4:
        demands.append(Demand(Kind.SPEAKER_LOAD, speaker=100, amount=luck.randint(1, 2)))
    return problem(
        slots=tuple(slots), hall_rows=halls, offices=tuple(offices), groups=tuple(groups), speakers=luck.randint(1, 2),
        percent=luck.choice((0, 30, 50)), demands=tuple(demands), minutes={("A", "B"): 15, ("B", "C"): 150}, usual_minutes=40,
    )  # fmt: skip


@pytest.mark.req("B-09", "R-043", "R-052")
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(problems())
def test_a_plan_breaks_nothing_and_without_one_the_smallest_collision_is_told(made):
    answer = solved(made)
    if answer.plan is not None:
        assert planning.conflicts(made, answer.plan) == []
        assert sum(answer.plan.seats.values()) == made.people
        assert answer.cost == planning.cost_of(made, answer.plan)
        assert 0 <= answer.bound <= answer.cost
        return
    assert answer.is_impossible
    found = planning.find_collision(made, seconds=20)
    assert found is not None
    assert found.is_smallest
    assert is_possible(made, found.demands, seconds=3) is False
    for gone in found.demands:
        rest = [one for one in found.demands if one is not gone]
        assert is_possible(made, rest, seconds=3) is True, made.sentence(gone)
    assert len(planning.told(made, found.demands)) >= 1


@settings(max_examples=25, deadline=None)
@given(problems())
def test_the_network_of_collisions_says_what_the_priced_network_says(made):
    """Two networks of one problem: what one calls seated, the other does not call short."""
    from quantriet.classes.rules.planning.flow import flow_of
    from quantriet.classes.rules.planning.problem import Active

    assert Seating(made).holds(made.demands) == flow_of(Active(made, made.demands)).is_whole


@pytest.mark.req("B-09")
def test_a_later_change_moves_the_fewest():
    made = problem(sizes=(6, 6, 6), slots=tuple(slot(key, day=key) for key in range(4)), halls=((1, 5), (2, 5)))
    first = solved(made).plan
    filled = first.filled()
    lost = max(filled, key=filled.get)
    changed = replace(
        made, demands=(*made.demands, Demand(Kind.HALL_OFF, hall=lost[1], slots=frozenset({lost[0]}), words="một ngày"))
    )
    answer = solved(changed, previous=first)
    assert planning.conflicts(changed, answer.plan) == []
    assert answer.moved == filled[lost] == answer.least_moved
    # With nothing changed nobody moves and no reporter changes.
    again = solved(made, previous=first)
    assert again.moved == 0
    assert again.plan.seats == first.seats
    assert again.plan.speakers == first.speakers


@pytest.mark.req("R-052")
def test_a_share_on_duty_too_high_for_the_sessions_is_told_with_its_figures_and_basis():
    made = problem(sizes=(10,), percent=70, halls=((1, 50),))
    found = planning.find_collision(made)
    assert [one.kind for one in found.demands] == [Kind.DUTY]
    assert planning.told(made, found.demands) == [
        "Chi bộ 0 luôn giữ ít nhất 70% trực (7/10 người), nên mỗi buổi đi học nhiều nhất 3 người, theo Kế hoạch 12-KH/ĐU."
    ]
    assert "còn 4/10 người không có chỗ" in found.sentence


@pytest.mark.req("R-043")
def test_too_few_seats_are_told_hall_by_hall():
    found = planning.find_collision(problem(sizes=(14, 14), percent=0, halls=((1, 5), (2, 6))))
    assert {(one.kind, one.hall) for one in found.demands} == {(Kind.SEATS, 1), (Kind.SEATS, 2)}
    assert "còn 6/28 người không có chỗ" in found.sentence


def test_too_few_reporters_are_told_and_many_demands_of_a_kind_in_sum():
    made = problem(
        sizes=(40,), percent=0, halls=tuple((key, 5) for key in range(8)), speakers=1, slots=(slot(0), slot(1, day=1)),
        demands=(Demand(Kind.SPEAKER_LOAD, speaker=100, amount=2),),
    )  # fmt: skip
    found = planning.find_collision(made)
    assert Kind.SPEAKER in {one.kind for one in found.demands}
    lines = planning.told(made, found.demands)
    assert "8 hội trường chứa tổng cộng 40 người một buổi." in lines
    assert len(lines) < len(found.demands)


@pytest.mark.parametrize(
    "seats, speakers, kind, part",
    [
        ({(0, 0, 1): 6, (1, 1, 1): 4}, {(0, 1): 100, (1, 1): 101}, Kind.SEATS, "6 người, chỉ có 5 chỗ (thừa 1)"),
        ({(0, 0, 1): 5, (0, 1, 1): 1, (1, 1, 2): 4}, {(0, 1): 100, (1, 1): 100, (1, 2): 101}, Kind.DUTY, "đi học 5/6 người, nhiều nhất được 3"),
        ({(0, 0, 1): 3, (0, 1, 1): 3, (1, 1, 2): 2, (1, 0, 1): 2}, {(0, 1): 100, (1, 1): 100, (1, 2): 100}, Kind.SPEAKER, "cùng lúc ở"),
        ({(0, 0, 1): 3, (0, 1, 1): 3, (1, 1, 2): 2, (1, 0, 1): 2}, {(0, 1): 100, (1, 1): None, (1, 2): 100}, Kind.SPEAKER, "chưa có báo cáo viên"),
        ({(0, 0, 1): 3, (0, 1, 1): 2, (1, 1, 2): 2, (1, 0, 1): 2}, {(0, 1): 100, (1, 1): 101, (1, 2): 100}, Kind.EVERYBODY, "còn 1 người chưa có lớp"),
        ({(0, 0, 1): 3, (0, 1, 1): 4, (1, 1, 2): 2, (1, 0, 1): 2}, {(0, 1): 100, (1, 1): 101, (1, 2): 100}, Kind.EVERYBODY, "xếp thừa 1 người"),
    ],
)  # fmt: skip
def test_a_plan_by_hand_is_told_what_it_breaks(seats, speakers, kind, part):
    found = planning.conflicts(problem(), Plan(seats, speakers))
    assert any(one.kind == kind and part in one.sentence for one in found), found


def test_reporters_need_time_for_their_way_and_people_do_not_listen_while_they_speak():
    halls = (Hall(1, "Hội trường A", 10, "A"), Hall(2, "Hội trường B", 10, "B"))
    slots = (slot(0, start=8, end=11), slot(1, start=11, end=14))
    made = problem(
        sizes=(2,), slots=slots, hall_rows=halls, percent=0, minutes={("A", "B"): 30},
        groups=(Group(0, 0, 1), Group(1, 0, 1, "Lê Thị Ánh", speaker=100)), demands=(Demand(Kind.TWO_POSTS, groups=(1,)),),
    )  # fmt: skip
    found = planning.conflicts(made, Plan({(0, 0, 1): 1, (1, 1, 2): 1}, {(0, 1): 100, (1, 2): 100}))
    assert {one.kind for one in found} == {Kind.SPEAKER_WAY, Kind.TWO_POSTS}
    assert planning.conflicts(made, solved(made).plan) == []


def test_a_part_of_a_person_stays_whole_on_duty():
    assert [least_on_duty(9, 50), least_on_duty(10, 50), least_on_duty(0, 50), least_on_duty(3, 0)] == [5, 5, 0, 0]


def test_a_search_that_is_told_to_end_keeps_what_it_has():
    heard = []
    answer = solved(
        problem(sizes=(6, 6, 6), slots=tuple(slot(key, day=key) for key in range(4))),
        tell=lambda one: heard.append(one) or False,
    )
    assert len(heard) == 1
    assert answer.plan == heard[0].plan
