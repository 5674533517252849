"""Proposals after absences without reason: made when a roll is closed, decided by a person, never carried out by themselves."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from django.db import transaction
from django.db.models import Max

from quantriet.attendance.actions.verdicts import ClassFrame, Outcome
from quantriet.attendance.models import AbsenceProposal, ClassVerdict, ExcusedAbsence
from quantriet.attendance.rules.absences import Absence, Grades, propose
from quantriet.attendance.vocab import AbsenceDecision, ExcuseState, ProposalState, Verdict
from quantriet.audit.actions import record, record_many
from quantriet.campaigns import queries as campaign_queries
from quantriet.campaigns.vocab import RuleKey
from quantriet.classes.vocab import ClassState
from quantriet.kit import text as kit_text
from quantriet.kit.refusal import Refusal
from quantriet.kit.time import local
from quantriet.org.models import Account, Person
from quantriet.org.rules.secrecy import refuse_if_marked


def propose_after_absence(
    frame: ClassFrame, outcomes: Sequence[Outcome], *, by: Account | None, at: dt.datetime
) -> int:
    """After the verdicts of a closed roll: propose what follows each absence without reason; returns how many are new.

    Called inside the transaction of the verdicts; run again it proposes nothing twice. An open proposal follows its verdict:
    its grade is counted anew, and it is withdrawn when the absence no longer stands. What a person decided stays.
    Basis: R-074.
    """
    by_entry = {one.entry.entry_id: one for one in outcomes if one.entry.duty_id is not None}
    absent = {key: one for key, one in by_entry.items() if one.decision.verdict == Verdict.ABSENT}
    known = {
        one.entry_id: one
        for one in AbsenceProposal.objects.filter(entry__study_class=frame.class_id)
        if one.entry_id in by_entry
    }
    _withdraw(frame, [one for key, one in known.items() if key not in absent], by, at)
    if not absent or not frame.sessions:
        return 0
    day = local(max(session.end for session in frame.sessions.values())).date()
    grades = _grades(frame, day)
    if grades is None:
        return 0
    people = {one.entry.person_id: key for key, one in absent.items()}
    before = _absences_of(frame, list(people))
    refused = _refused([*absent, *(one.entry_id for found in before.values() for one in found)])
    fresh: list[AbsenceProposal] = []
    changed: list[AbsenceProposal] = []
    for key, outcome in absent.items():
        this = Absence(key, frame.campaign.pk, frame.title, day, key in refused)
        others = [_with_reason(one, refused) for one in before.get(outcome.entry.person_id, ())]
        proposal = propose(this, others, grades)
        old = known.get(key)
        if proposal is None:
            if old is not None:
                _withdraw(frame, [old], by, at)
            continue
        stored = [one.as_json() for one in proposal.absences]
        if old is None:
            fresh.append(
                AbsenceProposal(
                    entry_id=key, grade=proposal.grade, sentence=proposal.sentence, absences=stored, proposed_at=at
                )
            )
        elif old.state != ProposalState.DECIDED and (
            old.state == ProposalState.WITHDRAWN or old.sentence != proposal.sentence
        ):
            old.grade, old.sentence, old.absences = proposal.grade, proposal.sentence, stored
            old.state, old.proposed_at = ProposalState.OPEN, at
            changed.append(old)
    made = AbsenceProposal.objects.bulk_create(fresh, batch_size=500)
    AbsenceProposal.objects.bulk_update(
        changed, ["grade", "sentence", "absences", "state", "proposed_at"], batch_size=300
    )
    told = [*made, *changed]
    if told:
        record_many(
            "absence.proposed", by=by, at=at,
            lines=[
                (_person(by_entry[one.entry_id]), frame.unit, {}, {"grade": one.grade, "why": one.sentence}) for one in told
            ],
        )  # fmt: skip
    return len(made)


def decide_absence(
    proposal: AbsenceProposal, *, decision: AbsenceDecision, note: str = "", by: Account, at: dt.datetime
) -> AbsenceProposal:
    """Write down what a person decided about a person; a decision may be corrected, and the log keeps both.

    Refuses a proposal that no longer stands, a decision on oneself, and "not taken up" without a word why.
    """
    words = kit_text.squeeze(note)
    refuse_if_marked(words, "ghi chú")
    if decision == AbsenceDecision.NONE and not words:
        raise Refusal("absence.why", "Không kiểm điểm, xử lý thì ghi rõ vì sao.", field="note")
    if by.person_id is not None and by.person_id == proposal.entry.person_id:
        raise Refusal("absence.own", "Không tự quyết định về mình; người khác trong cấp ủy xem xét việc này.")
    with transaction.atomic():
        proposal = (
            AbsenceProposal.objects.select_for_update(of=("self",))
            .select_related("entry__person", "entry__unit", "entry__study_class")
            .get(pk=proposal.pk)
        )
        if proposal.state == ProposalState.WITHDRAWN:
            raise Refusal(
                "absence.withdrawn", "Lượt vắng này không còn là vắng không lý do nên không còn gì để quyết định."
            )
        before = {"decision": proposal.decision, "note": proposal.note} if proposal.decision else {}
        proposal.state, proposal.decision, proposal.note = ProposalState.DECIDED, decision, words[:400]
        proposal.decided_at, proposal.decided_by = at, by
        proposal.save(update_fields=["state", "decision", "note", "decided_at", "decided_by"])
        entry = proposal.entry
        record(
            "absence.decided", by=by, at=at, thing=entry.person, unit=entry.unit, person_id=entry.person_id, before=before,
            after={"decision": decision.label, "note": words, "class": entry.study_class.title},
        )  # fmt: skip
    return proposal


def _withdraw(frame: ClassFrame, proposals: Sequence[AbsenceProposal], by: Account | None, at: dt.datetime) -> None:
    open_ones = [one for one in proposals if one.state == ProposalState.OPEN]
    if not open_ones:
        return
    AbsenceProposal.objects.filter(pk__in=[one.pk for one in open_ones]).update(state=ProposalState.WITHDRAWN)
    record_many(
        "absence.withdrawn", by=by, at=at,
        lines=[
            (
                Person(pk=frame.entries[one.entry_id].person_id, full_name=frame.entries[one.entry_id].full_name),
                frame.unit, {"why": one.sentence}, {},
            )
            for one in open_ones
        ],
    )  # fmt: skip


def _grades(frame: ClassFrame, day: dt.date) -> Grades | None:
    """The rulebook's numbers on the day of the class; a rulebook that says nothing of them proposes nothing."""
    keys = (
        RuleKey.ABSENCE_REVIEW_FROM, RuleKey.ABSENCE_AGAIN_FROM, RuleKey.ABSENCE_HANDLING_FROM, RuleKey.ABSENCE_MONTHS,
    )  # fmt: skip
    found = campaign_queries.rules_in_force(frame.campaign, keys, on=day)
    if len(found) < len(keys):
        return None
    review, again, handling, months = (int(found[key].value) for key in keys)
    return Grades(review, again, handling, months, found[RuleKey.ABSENCE_REVIEW_FROM].basis)


def _absences_of(frame: ClassFrame, people: Sequence[int]) -> dict[int, list[Absence]]:
    """Other classes that these people missed as a whole without reason, by person."""
    found: dict[int, list[Absence]] = defaultdict(list)
    for start in range(0, len(people), 500):
        rows = (
            ClassVerdict.objects.filter(
                entry__person__in=people[start : start + 500], verdict=Verdict.ABSENT, entry__duty__isnull=False,
                entry__study_class__state=ClassState.CLOSED,
            )
            .exclude(entry__study_class=frame.class_id)
            .annotate(ended=Max("entry__study_class__sessions__ends_at"))
            .values_list("entry_id", "entry__person_id", "entry__study_class__campaign_id", "entry__study_class__title", "ended")
        )  # fmt: skip
        for entry, person, campaign, title, ended in rows:
            if ended is not None:
                found[person].append(Absence(entry, campaign, title, local(ended).date()))
    return found


def _refused(entries: Sequence[int]) -> set[int]:
    """Roster lines with an excuse that was not accepted."""
    found: set[int] = set()
    for start in range(0, len(entries), 500):
        rows = ExcusedAbsence.objects.filter(entry__in=entries[start : start + 500], state=ExcuseState.REFUSED)
        found.update(rows.values_list("entry_id", flat=True))
    return found


def _with_reason(one: Absence, refused: set[int]) -> Absence:
    return replace(one, is_refused=one.entry_id in refused)


def _person(outcome: Outcome) -> Person:
    return Person(pk=outcome.entry.person_id, full_name=outcome.entry.full_name)
