"""Kept sums of top units: at every moment the board says what the tallies and the duties say, folded or not (B-19)."""

from __future__ import annotations

import datetime as dt
import random
import threading

import pytest
import time_machine
from django.core.management import call_command
from django.db import connection, connections

from quantriet.campaigns import access, actions, queries
from quantriet.campaigns.actions import folding
from quantriet.campaigns.models import NodeDay, NodeTally, StudyDuty, Tally, TallyDay
from quantriet.campaigns.queries import nodes
from quantriet.campaigns.rules.boards import Count
from quantriet.campaigns.tests import factories
from quantriet.kit.time import VIETNAM, now
from quantriet.org import actions as org_actions
from quantriet.org.models import Unit
from quantriet.org.rules.events import Change, Part

pytestmark = pytest.mark.django_db
MERGER = (
    Change("merge", ("X1", "X2"), (Part("X9", "Đảng ủy xã Ea Ngần", "DANG_UY_XA", "T"),)),
    Change("merge", ("CB11", "CB21"), (Part("CB91", "Chi bộ thôn Liên Kết", "CHI_BO", "X9"),)),
)


def clock(day: int, hour: int = 9) -> dt.datetime:
    return dt.datetime(2026, 1, day, hour, tzinfo=VIETNAM)


@pytest.fixture
def running(cast):
    with time_machine.travel(clock(5), tick=False):
        yield factories.open_campaign(cast.units["T"], cast.officer)


def said(campaign, top, at):
    """All that a board and its line say, in a shape that can be compared; a day without a change says nothing."""
    found = queries.board(campaign, top, "read", at)
    rows = {(row.unit.pk, row.is_own): (row.count, row.cells, row.reported, row.plans, row.held) for row in found.rows}
    points = queries.progress(campaign, top, "read", at)
    return rows, found.total, dict(points[-1:]), {number for _day, number in points if number}


def assert_same(campaign, top, monkeypatch):
    """The board read off the kept sums against the sum over all tallies, and today's against the duties themselves."""
    moments = [queries.as_of()] + [
        queries.as_of(dt.date(2026, 1, day), todays_tree=todays)
        for day in (4, 6, 9, 12, 14, 17, 19)
        for todays in (False, True)
    ]
    for at in moments:
        below = Unit.objects.filter(parent=top, code__startswith="X")
        for unit in (top, *below):
            fast = said(campaign, unit, at)
            with monkeypatch.context() as without:
                without.setattr(nodes, "is_kept", lambda *_place: False)
                slow = said(campaign, unit, at)
            assert fast == slow, (unit.code, at.day, at.tree)
    counted = Count()
    for state in StudyDuty.objects.filter(campaign=campaign).values_list("state", flat=True):
        counted += Count(**{state: 1})
    assert queries.board(campaign, top, "read").total == counted
    assert list(nodes.wrong_nodes(campaign)) == []


def reform(cast, day):
    decision = org_actions.draft_decision(
        unit=cast.units["T"], number="1678-QĐ/TU", decided_on=day, effective_on=day, changes=MERGER, by=cast.officer,
        at=now(),
    )  # fmt: skip
    org_actions.confirm_decision(decision, revision=decision.revision, by=cast.accounts["admin"], at=now())


@pytest.mark.req("B-19", "B-08", "B-02")
@pytest.mark.parametrize("seed", [1, 3])
def test_whatever_happens_the_kept_sums_say_what_the_duties_say(cast, running, monkeypatch, seed):
    luck = random.Random(seed)
    monkeypatch.setattr(folding, "STEP", 2)
    top, moved = cast.units["T"], False
    for step in range(14):
        with time_machine.travel(clock(6 + step, luck.randrange(1, 23)), tick=False):
            owing = list(StudyDuty.objects.filter(campaign=running).order_by("pk"))
            some = luck.sample(owing, 3)
            what = luck.choice(["done", "done", "absent", "report", "strike", "plan", "move", "rebuild", "forget"])
            if step == 7:
                reform(cast, dt.date(2026, 1, 6 + step))
                moved = True
            elif what == "done":
                actions.settle_duties([factories.done(one) for one in some], by=cast.officer, at=now())
            elif what == "absent":
                actions.settle_duties([factories.absent(one) for one in some], by=cast.officer, at=now())
            elif what == "report":
                actions.mark_reported(running, "read", [one.unit for one in some], at=now())
            elif what == "strike":
                person = some[0].person
                actions.adjust_audience(running, person=person, kind="remove", reason="đi", by=cast.officer, at=now())
                actions.sync_audience(running, by=cast.officer, at=now())
            elif what == "plan" and not moved:
                actions.mark_held(running, cast.units[luck.choice(["X1", "X2", "CB11"])], at=now())
            elif what == "move" and not moved:
                there = [cast.units[code] for code in ("CB11", "CB12", "CB21")]
                to = luck.choice([unit for unit in there if unit.pk != some[0].person.unit_id])
                org_actions.transfer_person(some[0].person, to=to, on=clock(6 + step).date(), by=cast.officer, at=now())
                actions.sync_audience(running, by=cast.officer, at=now())
            elif what == "rebuild":
                Tally.objects.filter(campaign=running, unit=some[0].unit).update(done=9)
                actions.rebuild_tallies(running, by=cast.officer, at=now())
            elif what == "forget":
                actions.forget_nodes(running)
            assert_same(running, top, monkeypatch)
            if luck.random() < 0.5:
                continue
        with time_machine.travel(clock(6 + step, 23), tick=False):
            actions.fold_tallies(at=now(), large=1)
            assert not Tally.objects.filter(campaign=running, is_behind=True).exists()
            assert not TallyDay.objects.filter(campaign=running, is_behind=True).exists()
            assert actions.fold_tallies(at=now(), large=1) == 0
            assert nodes.is_kept(running, top, "read")
            assert_same(running, top, monkeypatch)
    assert [one for one in queries.prove_ledger(running) if not one.is_waiting] == []


def test_folding_that_breaks_off_leaves_the_sums_true(cast, running, monkeypatch):
    monkeypatch.setattr(folding, "STEP", 1)
    fold, calls = folding._fold_units, []

    def break_off(*place):
        fold(*place)
        calls.append(place)
        if len(calls) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(folding, "_fold_units", break_off)
    with time_machine.travel(clock(6), tick=False):
        with pytest.raises(KeyboardInterrupt):
            actions.fold_tallies(at=now(), large=1)
        assert nodes.is_kept(running, cast.units["T"], "read")
        assert_same(running, cast.units["T"], monkeypatch)


def test_small_campaigns_keep_no_sums(cast, running):
    assert actions.fold_tallies(at=now()) == 0
    assert not NodeTally.objects.exists()


@pytest.mark.req("B-02")
def test_a_wrong_sum_is_named_and_dropped(cast, running, capsys):
    actions.fold_tallies(at=now(), large=1)
    NodeTally.objects.filter(path=cast.units["X1"].path).update(done=77)
    NodeDay.objects.filter(path=cast.units["X2"].path).update(owing=5)
    told = [one.sentence for one in queries.prove_ledger(running) if one.code == "ledger.node"]
    assert len(told) == 2
    assert cast.units["X1"].name in told[0]
    with pytest.raises(SystemExit):
        call_command("audit-ledger")
    capsys.readouterr()
    actions.rebuild_tallies(running, by=None, at=now())
    assert not NodeTally.objects.exists()
    assert queries.prove_ledger(running) == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif("connection.vendor == 'sqlite'", reason="the test database of SQLite lives in one connection")
@pytest.mark.req("B-19")
def test_folding_beside_marks_loses_and_doubles_nothing(cast):
    campaign = factories.open_campaign(cast.units["T"], cast.officer)
    top = cast.units["T"]
    duties = list(StudyDuty.objects.filter(campaign=campaign))
    actions.fold_tallies(at=now(), large=1)
    failures, ended = [], threading.Event()

    def run(act):
        try:
            act()
        except Exception as failure:
            failures.append(failure)
        finally:
            connections.close_all()

    def settle():
        for _round in range(8):
            actions.settle_duties([factories.done(duty) for duty in duties], by=cast.officer, at=now())
            actions.settle_duties([factories.absent(duty) for duty in duties[::2]], by=cast.officer, at=now())

    def follow():
        while not ended.is_set():
            actions.fold_tallies(at=now(), large=1)

    def look():
        while not ended.is_set():
            total = queries.board(campaign, top, "read").total
            assert total.roster == len(duties), total
            # All duties are settled in one transaction: a board never sees a part of it.
            assert total.done in (0, len(duties), len(duties) - len(duties[::2])), total

    others = [threading.Thread(target=run, args=(act,)) for act in (follow, look)]
    marking = threading.Thread(target=run, args=(settle,))
    for thread in (*others, marking):
        thread.start()
    marking.join()
    ended.set()
    for thread in others:
        thread.join()
    assert failures == []
    assert connection.vendor == "postgresql"
    assert list(nodes.wrong_nodes(campaign)) == []
    actions.fold_tallies(at=now(), large=1)
    assert queries.board(campaign, top, "read").total.done == len(duties) - len(duties[::2])


def test_duties_are_seen_under_the_own_units_alone(cast, running):
    """Above all of them; a secretary those of the cell. (How fast a page of them is read: `make bench NAME=api`.)"""
    owed = StudyDuty.objects.filter(campaign=running)
    assert set(access.duties_seen_by(cast.officer)) == set(owed)
    assert set(access.duties_seen_by(cast.accounts["secretary21"])) == set(owed.filter(unit=cast.units["CB21"]))
