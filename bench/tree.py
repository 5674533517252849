"""A tree with a past: a province's reform by one decision; boards of a day before it, on that day's tree; the tree of a day."""

from __future__ import annotations

import datetime as dt
import statistics
import time
from collections.abc import Callable, Iterator

from bench.province import make_province
from bench.registry import Figure, program

COMMUNES, CELLS, PEOPLE = 124, 8000, 165_000
BOARD_LIMIT, TREE_LIMIT, REFORM_LIMIT = 100.0, 100.0, 60.0


def _median(ask: Callable[[], object], times: int = 15) -> float:
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        ask()
        taken.append((time.perf_counter() - start) * 1000)
    return statistics.median(taken)


@program("tree")
def tree() -> Iterator[Figure]:
    """Half of the communes merge into the other half, the cells with them; everything is asked before and after."""
    import time_machine
    from django.core.management import call_command

    from quantriet.campaigns import actions, queries
    from quantriet.kit.time import VIETNAM, now
    from quantriet.library.models import GuidingDocument
    from quantriet.org import actions as org_actions
    from quantriet.org.models import Unit
    from quantriet.org.queries import history
    from quantriet.org.rules.events import Change, Part

    call_command("migrate", verbosity=0)
    top = make_province(communes=COMMUNES, cells=CELLS, people=PEOPLE)
    before = dt.date(2026, 2, 1)
    with time_machine.travel(dt.datetime(2026, 1, 5, 9, tzinfo=VIETNAM)):
        officer = org_actions.add_account(
            by=None, at=now(), username="bench", display_name="Cán bộ", password="khong-dung-1"
        )
        document = GuidingDocument.objects.create(
            unit=top, reference_number="1-NQ/TU", number=1, type_code="NQ", body_code="TU", reference_folded="1-nq/tu",
            issuing_body="Tỉnh ủy", level="province", issued_on=dt.date(2026, 1, 2), subject="Nghị quyết",
            subject_folded="nghi quyet", registered_at=now(), registered_by=officer,
        )  # fmt: skip
        rulebook = actions.add_rulebook(unit=top, name="Quy tắc", by=officer, at=now())
        campaign = actions.add_campaign(
            unit=top, name="Đợt học tập", rulebook=rulebook, documents=[document], planned_from=dt.date(2026, 1, 5),
            planned_to=dt.date(2026, 3, 31), by=officer, at=now(),
        )  # fmt: skip
        campaign.duty_kinds = ["read"]
        type(campaign).objects.filter(pk=campaign.pk).update(duty_kinds=["read"])
        actions.add_audience_rule(campaign, name="Toàn thể", by=officer, at=now())
        actions.open_campaign(campaign, by=officer, at=now())
    with time_machine.travel(dt.datetime(2026, 3, 2, 9, tzinfo=VIETNAM)):
        changes = [
            Change("merge", (f"X{number:03d}", f"X{number + 1:03d}"), (Part(f"Y{number:03d}", f"Đảng ủy xã Mới {number}", "DANG_UY_XA", "T"),))
            for number in range(1, COMMUNES, 2)
        ]  # fmt: skip
        decision = org_actions.draft_decision(
            unit=top, number="1-QĐ/TU", decided_on=dt.date(2026, 3, 1), effective_on=dt.date(2026, 3, 1), changes=changes, by=officer,
            at=now(),
        )  # fmt: skip
        org_actions.confirm_decision(decision, revision=decision.revision, by=None, at=now())
        start = time.perf_counter()
        org_actions.put_in_force(decision.pk, at=now())
        yield Figure(
            f"Reform: {COMMUNES} communes become {COMMUNES // 2}, {CELLS:,} cells with {PEOPLE:,} people follow",
            time.perf_counter() - start, REFORM_LIMIT, "s",
        )  # fmt: skip
        unit = Unit.objects.get(pk=top.pk)
        for label, at in (
            ("Board now, after the reform", queries.as_of()),
            ("Board of a day before, on that day's tree", queries.as_of(before)),
            ("Board of a day before, mapped to today's", queries.as_of(before, todays_tree=True)),
        ):
            yield Figure(label, _median(lambda at=at: queries.board(campaign, unit, "read", at)), BOARD_LIMIT, "ms")  # type: ignore[misc]
        yield Figure(
            "Units below the top on a day before",
            _median(lambda: list(history.children_on(unit, before))),
            TREE_LIMIT,
            "ms",
        )
