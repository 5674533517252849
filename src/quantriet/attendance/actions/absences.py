"""Proposals after absences without reason: made when a roll is closed, decided by a person, never carried out by themselves."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from django.db import transaction
from django.db.models import Max, Q, QuerySet

from quantriet.attendance.actions.verdicts import ClassFrame, Outcome
from quantriet.attendance.models import AbsenceProposal, ClassVerdict, ExcusedAbsence
from quantriet.attendance.rules.absences import Absence, Grades, propose
from quantriet.attendance.vocab import AbsenceDecision, ExcuseState, ProposalState, Verdict
from quantriet.audit.actions import record, record_many
from quantriet.campaigns import queries as campaign_queries
from quantriet.campaigns.models import StudyCampaign
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
    its grade is counted anew, and it is withdrawn when the absence no longer stands; so do the open proposals of the same
    people in other classes, which counted it. What a person decided stays. Basis: R-074.
    """
    by_entry = {one.entry.entry_id: one for one in outcomes if one.entry.duty_id is not None}
    absent = {key: one for key, one in by_entry.items() if one.decision.verdict == Verdict.ABSENT}
    known = {
        one.entry_id: one
        for one in _locked(AbsenceProposal.objects.filter(entry__study_class=frame.class_id))
        if one.entry_id in by_entry
    }
    gone = [one for key, one in known.items() if key not in absent]
    _withdraw(gone, by, at)
    touched = {one.entry.person_id for one in gone}
    made = _propose(frame, by_entry, absent, known, touched, by, at) if absent and frame.sessions else 0
    _follow_elsewhere(frame, touched, by, at)
    return made


def _propose(
    frame: ClassFrame, by_entry: Mapping[int, Outcome], absent: Mapping[int, Outcome], known: Mapping[int, AbsenceProposal],
    touched: set[int], by: Account | None, at: dt.datetime,
) -> int:  # fmt: skip
    """Propose for this class; the people whose absences here are new or counted otherwise are added to `touched`."""
    day = local(max(session.end for session in frame.sessions.values())).date()
    grades = _grades(frame.campaign, day)
    if grades is None:
        return 0
    before = _absences_of(frame, [one.entry.person_id for one in absent.values()])
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
                _withdraw([old], by, at)
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
    touched |= {by_entry[one.entry_id].entry.person_id for one in told}
    if told:
        record_many(
            "absence.proposed", by=by, at=at,
            lines=[
                (_person(by_entry[one.entry_id]), frame.unit, {}, {"grade": one.grade, "why": one.sentence}) for one in told
            ],
        )  # fmt: skip
    return len(made)


def _follow_elsewhere(frame: ClassFrame, people: Collection[int], by: Account | None, at: dt.datetime) -> None:
    """Count anew what is open of these people in other classes: nobody is judged by an absence that no longer stands."""
    rows = _locked(
        AbsenceProposal.objects.filter(entry__person__in=people, state=ProposalState.OPEN).exclude(
            entry__study_class=frame.class_id
        )
    )
    if not rows:
        return
    found = _absences_of(frame, sorted({one.entry.person_id for one in rows}))
    refused = _refused([one.entry_id for some in found.values() for one in some])
    rules: dict[tuple[int, dt.date], Grades | None] = {}
    gone: list[AbsenceProposal] = []
    changed: list[AbsenceProposal] = []
    for row in rows:
        counted = [_with_reason(one, refused) for one in found.get(row.entry.person_id, ())]
        this = next((one for one in counted if one.entry_id == row.entry_id), None)
        if this is None:
            continue  # its own class is being judged, and will tell
        campaign = row.entry.study_class.campaign
        if (campaign.pk, this.day) not in rules:
            rules[campaign.pk, this.day] = _grades(campaign, this.day)
        grades = rules[campaign.pk, this.day]
        proposal = propose(this, counted, grades) if grades else None
        if proposal is None:
            gone.append(row)
        elif row.sentence != proposal.sentence:
            row.grade, row.sentence = proposal.grade, proposal.sentence
            row.absences = [one.as_json() for one in proposal.absences]
            changed.append(row)
    _withdraw(gone, by, at)
    AbsenceProposal.objects.bulk_update(changed, ["grade", "sentence", "absences"], batch_size=300)
    if changed:
        record_many(
            "absence.proposed", by=by, at=at,
            lines=[
                (one.entry.person, one.entry.study_class.unit, {}, {"grade": one.grade, "why": one.sentence}) for one in changed
            ],
        )  # fmt: skip


def _locked(rows: QuerySet[AbsenceProposal]) -> list[AbsenceProposal]:
    """Read so that nobody decides them meanwhile: a decision and what follows a verdict come one after the other."""
    return list(
        rows.select_for_update(of=("self",))
        .select_related("entry__person", "entry__study_class__unit", "entry__study_class__campaign")
        .order_by("pk")
    )


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


def _withdraw(proposals: Sequence[AbsenceProposal], by: Account | None, at: dt.datetime) -> None:
    """Of those read by `_locked`, the open ones no longer stand."""
    open_ones = [one for one in proposals if one.state == ProposalState.OPEN]
    if not open_ones:
        return
    AbsenceProposal.objects.filter(pk__in=[one.pk for one in open_ones]).update(state=ProposalState.WITHDRAWN)
    record_many(
        "absence.withdrawn", by=by, at=at,
        lines=[(one.entry.person, one.entry.study_class.unit, {"why": one.sentence}, {}) for one in open_ones],
    )  # fmt: skip


def _grades(campaign: StudyCampaign, day: dt.date) -> Grades | None:
    """The rulebook's numbers on the day of the class; a rulebook that says nothing of them proposes nothing."""
    keys = (
        RuleKey.ABSENCE_REVIEW_FROM, RuleKey.ABSENCE_AGAIN_FROM, RuleKey.ABSENCE_HANDLING_FROM, RuleKey.ABSENCE_MONTHS,
    )  # fmt: skip
    found = campaign_queries.rules_in_force(campaign, keys, on=day)
    if len(found) < len(keys):
        return None
    review, again, handling, months = (int(found[key].value) for key in keys)
    return Grades(review, again, handling, months, found[RuleKey.ABSENCE_REVIEW_FROM].basis)


def _absences_of(frame: ClassFrame, people: Sequence[int]) -> dict[int, list[Absence]]:
    """Classes that these people missed as a whole without reason, that of the frame among them, by person."""
    found: dict[int, list[Absence]] = defaultdict(list)
    for start in range(0, len(people), 500):
        rows = (
            ClassVerdict.objects.filter(
                Q(entry__study_class__state=ClassState.CLOSED) | Q(entry__study_class=frame.class_id),
                entry__person__in=people[start : start + 500], verdict=Verdict.ABSENT, entry__duty__isnull=False,
            )
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
