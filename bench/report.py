"""The report of a province as Word: figures, words and file from nothing, in under 5 s."""

from __future__ import annotations

import datetime as dt
import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

from bench.province import BATCH, make_province
from bench.registry import Figure, program

CELLS, PEOPLE, CLASSES = 8000, 165_000, 1600
KINDS = ["attend", "essay", "plan"]
WORD_LIMIT = 5.0
ROUNDS = 3


def run(cells: int = CELLS, people: int = PEOPLE, classes: int = CLASSES) -> Iterator[tuple[str, float, float | None]]:
    """Make the province with a campaign whose classes are held, then draft and write its report."""
    from django.core.management import call_command
    from django.db import connection

    from quantriet.kit.time import now, today
    from quantriet.org import actions as org_actions
    from quantriet.org.models import Unit
    from quantriet.reports import actions, queries

    call_command("migrate", verbosity=0)
    top = make_province(cells=cells, people=people)
    account = org_actions.add_account(
        by=None, at=now(), username="officer", display_name="Cán bộ Ban", password="mat-khau-do-tai"
    )
    org_actions.give_appointment(
        account, by=None, at=now(), role="board_officer", unit=top, valid_from=dt.date(2020, 1, 1)
    )
    campaign = _campaign(top, account)
    _hold(campaign, top, classes)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    reports: list[Any] = []

    def spent(act: Callable[[], object]) -> float:
        start = time.perf_counter()
        act()
        return time.perf_counter() - start

    def whole() -> None:
        report = actions.draft_report(campaign, top, by=account, at=now())
        queries.word_file(report)
        reports.append(report)

    size = f"{people:,} people × {len(KINDS)} duties, {cells:,} cells, {classes:,} classes"
    times = [spent(whole) for _round in range(ROUNDS)]
    yield f"{size}: figures, words and the Word file", statistics.median(times), WORD_LIMIT
    report = reports[-1]
    assert report.obliged == people, (report.obliged, people)
    yield (
        "of that the Word file",
        statistics.median(spent(lambda: queries.word_file(report)) for _round in range(ROUNDS)),
        None,
    )
    yield (
        "the Excel file",
        statistics.median(spent(lambda: queries.excel_file(report)) for _round in range(ROUNDS)),
        None,
    )
    yesterday = today() - dt.timedelta(days=1)
    yield (
        "figures as of an earlier day",
        spent(lambda: actions.draft_report(campaign, top, by=account, at=now(), day=yesterday)),
        None,
    )
    commune = Unit.objects.filter(parent=top).order_by("path")[50]
    yield (
        "the report of a commune, figures and Word",
        spent(lambda: queries.word_file(actions.draft_report(campaign, commune, by=account, at=now()))),
        WORD_LIMIT,
    )


def _campaign(top: Any, account: Any) -> Any:
    """A running campaign in which everybody must attend, and owes two duties more."""
    from quantriet.campaigns import actions
    from quantriet.campaigns.models import StudyCampaign
    from quantriet.campaigns.vocab import CampaignState
    from quantriet.kit.time import now
    from quantriet.library.models import GuidingDocument

    document = GuidingDocument.objects.create(
        unit=top, type_code="NQ", reference_number="01-NQ/TU", reference_folded="01-nq/tu", issuing_body="Tỉnh ủy",
        level="province", issued_on=dt.date(2026, 9, 1), subject="Nghị quyết", subject_folded="nghi quyet",
        registered_at=now(), registered_by=account,
    )  # fmt: skip
    rulebook = actions.add_rulebook(unit=top, name="Quy tắc chung", by=account, at=now())
    campaign = actions.add_campaign(
        unit=top, name="Đợt học tập quý IV/2026", rulebook=rulebook, documents=[document],
        planned_from=dt.date(2026, 10, 1), planned_to=dt.date(2026, 12, 31), duty_kinds=KINDS, by=account, at=now(),
    )  # fmt: skip
    actions.add_audience_rule(campaign, name="Toàn thể đảng viên", basis="Kế hoạch", by=account, at=now())
    actions.prepare_duties(campaign, by=account, at=now())
    # That everybody is in a class before opening is another figure's subject.
    StudyCampaign.objects.filter(pk=campaign.pk).update(state=CampaignState.OPEN, opened_at=now())
    campaign.refresh_from_db()
    return campaign


def _hold(campaign: Any, top: Any, classes: int) -> None:
    """Classes held with rosters and verdicts; 1 cell in 100 reports nothing, 1 person in 120 is absent."""
    from django.db import connection
    from django.db.models import F

    from quantriet.attendance.models import ClassVerdict
    from quantriet.campaigns.models import StudyDuty, Tally
    from quantriet.campaigns.vocab import ATTEND
    from quantriet.classes.models import ClassRole, ClassSession, RosterEntry, StudyClass, Venue
    from quantriet.kit.time import now
    from quantriet.org.models import Unit

    at = now() - dt.timedelta(hours=3)
    communes = list(Unit.objects.filter(parent=top).order_by("path"))
    levels = ["upper_cadres"] + ["local_cadres"] * len(communes)
    held = StudyClass.objects.bulk_create(
        StudyClass(
            campaign=campaign, unit=communes[number % len(communes)], code=f"L{number:05d}", title=f"Lớp số {number}",
            level=levels[number] if number < len(levels) else "grassroots", state="closed", closed_at=at,
            outsiders=number % 7,
        )
        for number in range(classes)
    )  # fmt: skip
    venues = Venue.objects.bulk_create(
        Venue(study_class=one, unit=one.unit, name="Hội trường", is_main=True) for one in held
    )
    ClassSession.objects.bulk_create(
        ClassSession(study_class=one, title="Buổi sáng", starts_at=at - dt.timedelta(hours=4), ends_at=at)
        for one in held
    )
    duties = list(
        StudyDuty.objects.filter(campaign=campaign, kind=ATTEND)
        .order_by("unit_id", "pk")
        .values_list("pk", "person_id", "unit_id")
    )
    for start in range(0, len(duties), BATCH):
        entries = RosterEntry.objects.bulk_create(
            RosterEntry(
                study_class=held[number % classes], venue=venues[number % classes], person_id=person, unit_id=unit,
                duty_id=duty, is_running=False,
            )
            for number, (duty, person, unit) in enumerate(duties[start : start + BATCH], start)
            if unit % 100
        )  # fmt: skip
        ClassVerdict.objects.bulk_create(
            ClassVerdict(entry=entry, verdict="present" if entry.duty_id % 120 else "absent", computed_at=at)
            for entry in entries
        )
    leaders = [person for _, person, _ in duties[:400]]
    ClassRole.objects.bulk_create(
        ClassRole(study_class=one, kind=kind, person_id=leaders[number % 400])
        for number, one in enumerate(held)
        for kind in ("chair", "opening", "closing", "leader_presenter")
    )
    reached = StudyDuty.objects.filter(campaign=campaign, kind=ATTEND).alias(rest=F("unit_id") % 100).exclude(rest=0)
    reached.alias(turn=F("pk") % 120).exclude(turn=0).update(state="done", reason="attended", settled_at=at)
    reached.alias(turn=F("pk") % 120).filter(turn=0).update(reason="absent", settled_at=at)
    tally, duty = Tally._meta.db_table, StudyDuty._meta.db_table
    with connection.cursor() as cursor:
        # Names of tables are ours. One pass over the duties: counted anew for each cell this alone took minutes.
        cursor.execute(
            f"UPDATE {tally} AS t SET owing = t.owing - g.done, done = g.done FROM (SELECT unit_id, COUNT(*) AS done "
            f"FROM {duty} WHERE campaign_id = %s AND kind = %s AND state = 'done' GROUP BY unit_id) AS g "
            "WHERE t.unit_id = g.unit_id AND t.campaign_id = %s AND t.kind = %s",
            [campaign.pk, ATTEND, campaign.pk, ATTEND],
        )
    Tally.objects.filter(campaign=campaign, kind=ATTEND).alias(rest=F("unit_id") % 100).exclude(rest=0).update(
        reported_at=at
    )


@program("report")
def report_of_a_province() -> Iterator[Figure]:
    for what, value, limit in run():
        yield Figure(what, value, limit, "s")
