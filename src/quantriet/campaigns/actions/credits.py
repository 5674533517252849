"""Writers of recognised study elsewhere (R-045): proposed, decided by a named person, taken back with a reason.

The ledger follows in the same transaction: directly while the campaign is planned, through `settle_duties` once it runs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.core.files import File
from django.db import transaction
from django.db.models import F

from quantriet.audit.actions import record, record_many
from quantriet.campaigns import queries
from quantriet.campaigns.actions.settling import settle_duties
from quantriet.campaigns.models import StudyCampaign, StudyCredit, StudyDuty, Tally
from quantriet.campaigns.rules import credits as rules
from quantriet.campaigns.vocab import (
    LIVE_CREDITS,
    CampaignState,
    CreditKind,
    CreditState,
    DutyReason,
    DutyResult,
    DutyState,
)
from quantriet.kit import text
from quantriet.kit.db import named_lock, reread
from quantriet.kit.refusal import Refusal, Refusals
from quantriet.kit.time import local
from quantriet.library.models import GuidingDocument
from quantriet.org.models import Account, Person
from quantriet.org.rules.secrecy import refuse_if_marked


@dataclass(frozen=True)
class StudiedElsewhere:
    """What is said of one class held elsewhere; the same for everybody who was there."""

    kind: CreditKind
    held_by: str
    studied_on: date
    evidence: str
    documents: Sequence[GuidingDocument] = ()


@dataclass(frozen=True)
class Credited:
    """What entering many at once came to, in persons."""

    granted: int
    already: int


def propose_credit(
    campaign: StudyCampaign, person: Person, said: StudiedElsewhere, *, paper: File[Any] | None = None,
    by: Account, at: datetime,
) -> StudyCredit:  # fmt: skip
    """Propose that a person's study elsewhere be recognised; somebody else decides.

    Refuses, with all reasons at once, what `_refuse_unfit` finds, and whoever does not owe this study. The paper must
    have passed `org.rules.paper.check`. Effects: the line, its file, audit "credit.proposed".
    """
    with transaction.atomic():
        said = _refuse_unfit(campaign, said, at)
        stand = queries.credit_stands(campaign, [person])[person.pk]
        if stand.sentence or stand.duty is None:
            raise Refusal("credit.not_fit", stand.sentence, field="person")
        credit = _new(stand.duty, said, CreditState.PROPOSED, by=by, at=at)
        credit.save(force_insert=True)
        credit.documents.set(said.documents)
        if paper is not None:
            _keep(credit, paper)
        record(
            "credit.proposed", by=by, at=at, thing=person, unit=stand.duty.unit, person_id=person.pk,
            after=_told(campaign, said, credit.paper_name),
        )  # fmt: skip
    return credit


def decide_credit(credit: StudyCredit, *, is_granted: bool, note: str = "", by: Account, at: datetime) -> StudyCredit:
    """Grant or refuse a proposal; the ledger follows a grant at once and says who decided.

    Refuses a second decision, a refusal without a reason, a decision about oneself, and whatever has come in the way
    since the proposal (the person has studied here, left the audience, the campaign has closed).
    """
    note = text.squeeze(note)
    if not is_granted and not note:
        raise Refusal("credit.note_missing", "Không công nhận thì phải ghi vì sao.", field="note")
    refuse_if_marked(note, "ý kiến quyết định")
    with _taking(credit) as duty:
        if credit.state != CreditState.PROPOSED:
            raise Refusal("credit.decided_already", "Đề nghị này đã có quyết định.")
        if by.person_id == duty.person_id:
            raise Refusal("credit.own", "Không ai tự quyết định việc công nhận cho chính mình.")
        if is_granted and (duty.state != DutyState.OWING or duty.campaign.state not in _TAKES):
            raise Refusal(
                "credit.too_late", f"Đồng chí {duty.person.full_name} không còn nợ học tập trong đợt đang chạy."
            )
        credit.state = CreditState.GRANTED if is_granted else CreditState.REFUSED
        credit.decided_at, credit.decided_by, credit.decision_note = at, by, note[:250]
        if is_granted:
            credit.sentence = _granted(credit, by, at)
        credit.save(update_fields=["state", "decided_at", "decided_by", "decision_note", "sentence"])
        record(
            "credit.granted" if is_granted else "credit.refused", by=by, at=at, thing=duty.person, unit=duty.unit,
            person_id=duty.person_id, after={"campaign": duty.campaign.name, "held_by": credit.held_by, "note": note},
        )  # fmt: skip
        if is_granted:
            _tell_ledger(duty.campaign, [duty], by=by, at=at)
    return credit


def grant_credits(
    campaign: StudyCampaign, people: Sequence[Person], said: StudiedElsewhere, *, paper: File[Any] | None = None,
    by: Account, at: datetime,
) -> Credited:  # fmt: skip
    """Recognise the study of everybody who was in one class elsewhere, all or nothing.

    Who is recognised already is left as it is, so that the same list again changes nothing. Refuses, with a sentence for
    each person, whoever does not owe this study, and a decision about oneself. Effects: one line a person (the file is
    kept once, with each line), one audit line a person, the ledger, the chains of absentees.
    """
    with named_lock(f"audience-{campaign.pk}"):
        said = _refuse_unfit(campaign, said, at)
        stands = queries.credit_stands(campaign, people)
        new = [stands[person.pk] for person in people if stands[person.pk].is_new]
        stops = [one for one in (stands[person.pk] for person in people) if one.sentence and not one.is_there]
        if stops:
            raise Refusals([Refusal("credit.not_fit", one.sentence, field="person") for one in stops])
        if any(one.duty is not None and one.duty.person_id == by.person_id for one in new):
            raise Refusal("credit.own", "Không ai tự quyết định việc công nhận cho chính mình.", field="person")
        duties = [one.duty for one in new if one.duty is not None]
        made = StudyCredit.objects.bulk_create(
            [_new(duty, said, CreditState.GRANTED, by=by, at=at) for duty in duties], batch_size=500
        )
        through = StudyCredit.documents.through
        through.objects.bulk_create(
            [
                through(studycredit_id=one.pk, guidingdocument_id=document.pk)
                for one in made
                for document in said.documents
            ],
            batch_size=500,
        )
        kept = made[0] if made and paper is not None else None
        if kept is not None and paper is not None:
            _keep(kept, paper)
            for start in range(0, len(made), 500):
                keys = [one.pk for one in made[start : start + 500]]
                StudyCredit.objects.filter(pk__in=keys).update(paper=kept.paper.name, paper_name=kept.paper_name)
        record_many(
            "credit.granted", by=by, at=at, of_people=True,
            lines=[(duty.person, duty.unit, {}, _told(campaign, said, kept.paper_name if kept else "")) for duty in duties],
        )  # fmt: skip
        _tell_ledger(campaign, duties, by=by, at=at)
    return Credited(len(duties), sum(1 for person in people if stands[person.pk].is_there))


def withdraw_credit(credit: StudyCredit, *, reason: str, by: Account, at: datetime) -> StudyCredit:
    """Take a recognition or a proposal back; the person owes the study again, and the ledger says why.

    Refuses without a reason, what does not stand any more, and a granted one once the campaign is over. Classes in which
    the person was judged speak again in the same transaction, and the chain of an absentee goes on.
    """
    reason = text.squeeze(reason)
    if not reason:
        raise Refusal("credit.reason_missing", "Thu hồi thì phải ghi lý do.", field="reason")
    refuse_if_marked(reason, "lý do thu hồi")
    with _taking(credit) as duty:
        if credit.state not in LIVE_CREDITS:
            raise Refusal("credit.not_live", "Lần công nhận này không còn hiệu lực nên không có gì để thu hồi.")
        was_granted = credit.state == CreditState.GRANTED
        if was_granted and duty.campaign.state not in _TAKES:
            raise Refusal("campaign.not_open", "Đợt học tập đã khép nên không đổi được kết quả.")
        credit.state, credit.withdrawn_at, credit.withdrawn_by = CreditState.WITHDRAWN, at, by
        credit.withdrawal_reason = reason[:250]
        credit.sentence = (
            rules.withdrawn_sentence(credit.held_by, reason, str(by), local(at).date()) if was_granted else ""
        )
        credit.save(update_fields=["state", "withdrawn_at", "withdrawn_by", "withdrawal_reason", "sentence"])
        record(
            "credit.withdrawn", by=by, at=at, thing=duty.person, unit=duty.unit, person_id=duty.person_id,
            before={"campaign": duty.campaign.name, "held_by": credit.held_by}, after={"reason": reason},
        )  # fmt: skip
        if was_granted and duty.reason == DutyReason.CREDIT:
            _tell_ledger(duty.campaign, [duty], by=by, at=at)
    return credit


# --- what all of them do ----------------------------------------------------------------------------------------

_TAKES = (CampaignState.DRAFT, CampaignState.OPEN)


@contextmanager
def _taking(credit: StudyCredit) -> Iterator[StudyDuty]:
    """The duty of a credit, with the credit as it stands now, while nobody else decides about this campaign's list."""
    with named_lock(f"audience-{credit.duty.campaign_id}"):
        reread(credit)
        yield StudyDuty.objects.select_related("campaign__unit", "person", "unit").get(pk=credit.duty_id)


def _refuse_unfit(campaign: StudyCampaign, said: StudiedElsewhere, at: datetime) -> StudiedElsewhere:
    """The words as they are kept; refuses all that is wrong with the class itself at once."""
    reread(campaign)
    if campaign.state not in _TAKES:
        raise Refusal("campaign.ended", "Đợt học tập đã khép hoặc đã hủy nên không công nhận thêm được.")
    held_by, evidence = text.squeeze(said.held_by), text.squeeze(said.evidence)
    refuse_if_marked(f"{held_by}\n{evidence}", "Nội dung công nhận đã học nơi khác")
    faults = []
    if not held_by:
        faults.append(Refusal("credit.held_by_missing", "Phải ghi đơn vị tổ chức lớp.", field="held_by"))
    if not evidence:
        faults.append(
            Refusal(
                "credit.evidence_missing", "Phải ghi giấy tờ làm căn cứ (giấy chứng nhận, danh sách).", field="evidence"
            )
        )
    day = local(at).date()
    limit = queries.credit_limit(campaign, on=day)
    wrong_day = rules.why_not_day(
        said.studied_on, begins=campaign.planned_from, today=day, months=limit.months, basis=limit.basis
    )
    if wrong_day:
        faults.append(Refusal("credit.day", wrong_day, field="studied_on"))
    missing = rules.why_not_documents([one.citation for one in queries.missing_documents(campaign, said.documents)])
    if missing:
        faults.append(Refusal("credit.documents_missing", missing, field="documents"))
    if faults:
        raise Refusals(faults)
    return StudiedElsewhere(said.kind, held_by[:200], said.studied_on, evidence[:250], tuple(said.documents))


def _new(duty: StudyDuty, said: StudiedElsewhere, state: CreditState, *, by: Account, at: datetime) -> StudyCredit:
    """The line as it will be written, without its documents."""
    credit = StudyCredit(
        duty=duty, kind=said.kind, held_by=said.held_by, studied_on=said.studied_on, evidence=said.evidence,
        state=state, proposed_at=at, proposed_by=by,
    )  # fmt: skip
    if state == CreditState.GRANTED:
        credit.decided_at, credit.decided_by = at, by
        credit.sentence = _granted(credit, by, at)
    return credit


def _keep(credit: StudyCredit, paper: File[Any]) -> None:
    name = text.squeeze(Path(paper.name or "").name)[-200:]
    refuse_if_marked(name, "tên tệp")
    credit.paper_name = name
    credit.paper.save(f"{credit.pk}{Path(name).suffix.lower()}", paper, save=False)
    credit.save(update_fields=["paper", "paper_name"])


def _granted(credit: StudyCredit, by: Account, at: datetime) -> str:
    return rules.granted_sentence(
        credit.kind, credit.held_by, credit.studied_on, credit.evidence, str(by), local(at).date()
    )


def _told(campaign: StudyCampaign, said: StudiedElsewhere, paper: str) -> dict[str, Any]:
    return {
        "campaign": campaign.name, "kind": said.kind, "held_by": said.held_by, "studied_on": said.studied_on,
        "evidence": said.evidence, "paper": paper,
    }  # fmt: skip


def _tell_ledger(campaign: StudyCampaign, duties: Sequence[StudyDuty], *, by: Account, at: datetime) -> None:
    """Let the ledger say what the recognitions of these duties say now; then the events follow (B-02)."""
    if not duties:
        return
    keys = [duty.pk for duty in duties]
    says = queries.credit_says(keys)
    if campaign.state == CampaignState.OPEN:
        settle_duties([says.get(key, _nothing(key)) for key in keys], by=by, at=at)
        for holder in queries.event_holders(campaign):
            holder.follow(campaign, keys, by=by, at=at)
        return
    changed: list[StudyDuty] = []
    done_more: Counter[tuple[str, int]] = Counter()
    for duty in duties:
        said = says.get(duty.pk, _nothing(duty.pk))
        if duty.state != said.state:
            duty.state, duty.reason, duty.sentence = said.state, said.reason, said.sentence
            changed.append(duty)
            done_more[duty.kind, duty.unit_id] += 1 if said.state == DutyState.DONE else -1
    StudyDuty.objects.bulk_update(changed, ["state", "reason", "sentence"], batch_size=200)
    for (kind, unit), more in sorted(done_more.items()):
        Tally.objects.filter(campaign=campaign, kind=kind, unit=unit).update(
            done=F("done") + more, owing=F("owing") - more
        )


def _nothing(duty: int) -> DutyResult:
    return DutyResult(duty, DutyState.OWING, DutyReason.NOT_YET, "")
