"""Absentees followed from the class they missed into a later one, link by link, until the study is done (R-067)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence

from django.db import transaction
from django.db.models import Max, Q

from quantriet.attendance import queries
from quantriet.attendance.actions.absences import propose_after_absence
from quantriet.attendance.actions.chains import note_step
from quantriet.attendance.actions.verdicts import CalledPerson, ClassFrame, Outcome
from quantriet.attendance.models import CatchUp
from quantriet.attendance.rules.minutes import SessionTime
from quantriet.attendance.vocab import OWING_VERDICTS, CatchUpState, InvitedBy, StepKind, StepWay, Verdict
from quantriet.audit.actions import record, record_many
from quantriet.campaigns import queries as campaign_queries
from quantriet.campaigns.models import StudyDuty
from quantriet.campaigns.vocab import DutyState, RuleKey
from quantriet.classes import actions as class_actions
from quantriet.classes.models import ClassSession, StudyClass, Venue
from quantriet.classes.vocab import ClassState, RosterOrigin
from quantriet.kit.refusal import Refusal
from quantriet.kit.time import local
from quantriet.notify import actions as notify_actions
from quantriet.notify import queries as notify_queries
from quantriet.org.models import Account


def follow_absentees(frame: ClassFrame, outcomes: Sequence[Outcome], *, by: Account | None, at: dt.datetime) -> int:
    """After verdicts: open a link for each person with a duty who still owes, end the chain of each who does not; propose what
    the rulebook says follows an absence without reason (R-074).

    Called inside the transaction of the verdicts. Returns how many links were opened; run again it opens none twice.
    The day to invite by is counted from the closing, by the rulebook.
    """
    owing = {
        one.entry.entry_id: one
        for one in outcomes
        if one.decision.verdict in OWING_VERDICTS and one.entry.duty_id is not None
    }
    done = [
        one.entry.duty_id
        for one in outcomes
        if one.decision.verdict == Verdict.PRESENT and one.entry.duty_id is not None
    ]
    known = set(CatchUp.objects.filter(missed__study_class_id=frame.class_id).values_list("missed_id", flat=True))
    # Whoever attended another class meanwhile owes nothing, though this one was missed.
    settled = _not_owing([one.entry.duty_id for one in owing.values() if one.entry.duty_id])
    attach_places([one.entry for one in outcomes], frame.sessions)
    due = local(at).date()
    fresh = [one for one in owing.values() if one.entry.entry_id not in known and one.entry.duty_id not in settled]
    if fresh:
        days = campaign_queries.rule_in_force(frame.campaign, RuleKey.CATCH_UP_DAYS, on=due)
        due += dt.timedelta(days=int(days.value))
        made = CatchUp.objects.bulk_create(
            [
                CatchUp(duty_id=one.entry.duty_id, missed_id=one.entry.entry_id, invite_before_on=due, opened_at=at)  # type: ignore[misc]
                for one in fresh
            ],
            batch_size=500,
        )
        record_many(
            "catch_up.opened",
            by=by,
            at=at,
            lines=[
                (link, frame.unit, {}, {"person": one.entry.full_name, "why": one.decision.sentence})
                for link, one in zip(made, fresh, strict=True)
            ],
        )
    for start in range(0, len(done), 900):
        links = CatchUp.objects.filter(duty_id__in=done[start : start + 900]).exclude(state=CatchUpState.DONE)
        ended = list(links)
        if ended:
            links.update(state=CatchUpState.DONE, closed_at=at)
            record_many("catch_up.done", by=by, at=at, lines=[(link, frame.unit, {}, {}) for link in ended])
    # A correction may make a person owe again after all.
    again = [one.entry.entry_id for one in owing.values() if one.entry.duty_id not in settled]
    for start in range(0, len(again), 900):
        part = CatchUp.objects.filter(missed_id__in=again[start : start + 900], state=CatchUpState.DONE)
        part.filter(placed__isnull=True).update(state=CatchUpState.OPEN, closed_at=None)
        part.filter(placed__isnull=False).update(state=CatchUpState.PLACED, closed_at=None)
    propose_after_absence(frame, outcomes, by=by, at=at)
    return len(fresh)


def end_chains(duties: Sequence[int], *, by: Account | None, at: dt.datetime) -> int:
    """End the chains of these duties that are owed no more, by whatever way they were settled; returns how many links."""
    ended = 0
    keys = list(duties)
    for start in range(0, len(keys), 900):
        links = (
            CatchUp.objects.filter(duty__in=keys[start : start + 900])
            .exclude(state=CatchUpState.DONE)
            .exclude(duty__state=DutyState.OWING)
        )
        found = list(links.select_related("duty__unit", "duty__person"))
        CatchUp.objects.filter(pk__in=[link.pk for link in found]).update(state=CatchUpState.DONE, closed_at=at)
        record_many(
            "catch_up.done", by=by, at=at,
            lines=[(link, link.duty.unit, {}, {"person": link.duty.person.full_name}) for link in found],
        )  # fmt: skip
        ended += len(found)
    return ended


def attach_places(entries: Iterable[CalledPerson], sessions: Mapping[int, SessionTime]) -> None:
    """Write into the open link of each duty the line by which its person came into this later class.

    Somebody placed by hand in the catch-up list has it already; filling, calling by name and lists from a file know
    nothing of catch-ups.
    """
    lines = {entry.duty_id: entry.entry_id for entry in entries if entry.duty_id is not None}
    ended = max((session.end for session in sessions.values()), default=None)
    if ended is None:
        return
    keys = list(lines)
    for start in range(0, len(keys), 900):
        links = (
            CatchUp.objects.filter(duty_id__in=keys[start : start + 900])
            .exclude(state=CatchUpState.DONE)
            .filter(Q(placed__isnull=True) | Q(placed__study_class__state=ClassState.CANCELLED))
            .annotate(missed_until=Max("missed__study_class__sessions__ends_at"))
            .order_by("pk")
        )
        taken = set(
            CatchUp.objects.filter(duty_id__in=keys[start : start + 900], placed__isnull=False).values_list(
                "placed_id", flat=True
            )
        )
        for link in {link.duty_id: link for link in links}.values():  # the last link of each chain
            line = lines[link.duty_id]
            if (
                line not in taken
                and link.missed_id != line
                and (link.missed_id is None or (link.missed_until is not None and link.missed_until <= ended))
            ):
                link.placed_id, link.state = line, CatchUpState.PLACED
                link.save(update_fields=["placed", "state"])


def _not_owing(duties: Sequence[int]) -> set[int]:
    found: set[int] = set()
    for start in range(0, len(duties), 900):
        found.update(
            StudyDuty.objects.filter(pk__in=duties[start : start + 900])
            .exclude(state=DutyState.OWING)
            .values_list("pk", flat=True)
        )
    return found


def place_catch_up(
    catch_ups: Sequence[CatchUp], study_class: StudyClass, *, venue: Venue | None = None, by: Account, at: dt.datetime
) -> int:
    """Put absentees on the roster of a later class of the same campaign; returns how many were placed.

    All or none. Refuses a class of another campaign, one whose last session is over, whoever owes nothing any more, and
    what `classes.actions.add_to_roster` refuses (already placed, over capacity).
    """
    last = ClassSession.objects.filter(study_class=study_class).order_by("-ends_at").first()
    if last is not None and last.ends_at <= at:
        raise Refusal("catch_up.class_over", f"Lớp “{study_class.title}” đã học xong nên không xếp thêm được.")
    placed = 0
    with transaction.atomic():
        links = (
            CatchUp.objects.filter(pk__in=[one.pk for one in catch_ups])
            .select_related("duty__person__unit", "duty__campaign", "placed__study_class")
            .order_by("pk")
        )
        for link in queries.with_places(links):
            name = link.duty.person.full_name
            if link.duty.campaign_id != study_class.campaign_id:
                raise Refusal(
                    "catch_up.other_campaign",
                    f"Đồng chí {name} học bù đợt “{link.duty.campaign.name}”, không phải đợt của lớp này.",
                )
            if link.state == CatchUpState.DONE or link.duty.state != DutyState.OWING:
                raise Refusal("catch_up.done", f"Đồng chí {name} không còn nợ học tập đợt này.")
            if link.placed is not None and link.placed.is_running:
                raise Refusal("catch_up.placed", f"Đồng chí {name} đã được xếp vào “{link.placed.study_class.title}”.")
            link.placed = class_actions.add_to_roster(
                study_class, duty=link.duty, venue=venue, origin=RosterOrigin.CATCH_UP, reason="Học bù", by=by, at=at
            )
            link.state = CatchUpState.PLACED
            link.save(update_fields=["placed", "state"])
            record(
                "catch_up.placed", by=by, at=at, thing=link, unit=study_class.unit, person_id=link.duty.person_id,
                after={"person": name, "class": study_class.title},
            )  # fmt: skip
            placed += 1
    return placed


def invite_absentees(
    catch_ups: Sequence[CatchUp], *, way: InvitedBy, by: Account, at: dt.datetime
) -> tuple[int, list[str]]:
    """Invite to the later class over the channels that each has, or note that the invitations were printed.

    Returns how many were invited and the names of those who have no way to be told, not even an account. The same
    invitation to the same class is sent once; the link says by which way it really went.
    """
    without: list[str] = []
    invited = 0
    with transaction.atomic():
        links = (
            CatchUp.objects.filter(Q(pk__in=[one.pk for one in catch_ups]), ~Q(state=CatchUpState.DONE))
            .select_related(
                "duty__person", "duty__campaign", "duty__unit", "missed__study_class", "missed__verdict", "lapsed",
                "placed__study_class__unit", "placed__venue", "missed__unit",
            )
            .prefetch_related("placed__study_class__sessions")
            .order_by("pk")
        )  # fmt: skip
        found_links = queries.with_places(links)
        ways = notify_queries.ways_of(link.duty.person for link in found_links)
        for link in found_links:
            person = link.duty.person
            unit = link.placed.study_class.unit if link.placed else link.missed.unit if link.missed else link.duty.unit
            taken, told = way, person.full_name
            if way == InvitedBy.MAIL:
                letter = queries.invitation(link)
                found = notify_actions.send_notice(
                    kind="catch_up", unit=unit, to=person, subject=letter.subject, body=letter.body,
                    link=queries.link_of(link), dedupe_key=f"catch-up-{link.pk}-{link.placed_id or 0}", by=by, at=at,
                    ways=ways[person.pk],
                )  # fmt: skip
                if not found.is_reached:
                    without.append(person.full_name)
                    continue
                taken = InvitedBy(found.way)
                told = ", ".join(found.addresses) or told
            note_step([link], StepKind.INVITE, StepWay(taken.value), told=told[:250], by=by, at=at)
            link.invited_at, link.invited_by = at, taken
            if link.placed is not None and link.placed.is_running:
                link.state = CatchUpState.PLACED
            link.save(update_fields=["invited_at", "invited_by", "placed", "state"])
            record(
                "catch_up.invited", by=by, at=at, thing=link, unit=unit, person_id=person.pk, after={"way": taken.value}
            )
            invited += 1
    return invited, without
