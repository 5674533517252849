"""Writers of campaigns: their life from draft to closed, emergency changes of form, the review afterwards."""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.core.files.base import File
from django.db import transaction
from django.db.models import Q

from quantriet.audit.actions import changes, record
from quantriet.campaigns import access, queries
from quantriet.campaigns.actions.rejudging import rejudge_duties
from quantriet.campaigns.models import (
    CampaignDocument,
    CampaignPlan,
    CampaignReview,
    FormChange,
    Rulebook,
    StudyCampaign,
    StudyDuty,
)
from quantriet.campaigns.vocab import ATTEND, CampaignState, PlanState, StudyForm
from quantriet.kit import documents as documents_of
from quantriet.kit import text
from quantriet.kit.db import reread
from quantriet.kit.refusal import Refusal, Refusals
from quantriet.kit.time import show_day
from quantriet.library.models import GuidingDocument
from quantriet.org.models import Account, Unit
from quantriet.org.rules.secrecy import refuse_if_marked

_PLAIN = (
    "name",
    "form",
    "is_quick_briefing",
    "has_current_affairs",
    "planned_from",
    "planned_to",
    "plan_number",
    "instructions",
)


def add_campaign(
    *, unit: Unit, name: str, rulebook: Rulebook, documents: Sequence[GuidingDocument], planned_from: date,
    planned_to: date, form: str = StudyForm.IN_PERSON, is_quick_briefing: bool = False,
    has_current_affairs: bool = False, plan_number: str = "", instructions: str = "",
    duty_kinds: Sequence[str] = (ATTEND,), by: Account | None, at: datetime,
) -> StudyCampaign:  # fmt: skip
    """Make a campaign in draft: several documents of any level in one round (R-015, R-027), over any period (R-028).

    Refuses without a name or a document, with a period the wrong way round, or with a rulebook that does not hold for
    the unit. Effects: campaign, its documents in the order given, audit "campaign.added".
    """
    new = {
        "name": text.squeeze(name), "form": form, "is_quick_briefing": is_quick_briefing,
        "has_current_affairs": has_current_affairs, "planned_from": planned_from, "planned_to": planned_to,
        "plan_number": text.squeeze(plan_number), "instructions": text.nfc(instructions).strip(),
    }  # fmt: skip
    _refuse_unfit(unit, rulebook, new, documents)
    with transaction.atomic():
        campaign = StudyCampaign.objects.create(
            unit=unit, rulebook=rulebook, duty_kinds=list(duty_kinds), created_at=at, **new
        )
        _set_documents(campaign, documents)
        record(
            "campaign.added", by=by, at=at, thing=campaign, unit=unit,
            after={**new, "rulebook": rulebook.name, "documents": [str(one) for one in documents]},
        )  # fmt: skip
    return campaign


def change_campaign(
    campaign: StudyCampaign, *, documents: Sequence[GuidingDocument] | None = None, rulebook: Rulebook | None = None,
    by: Account | None, at: datetime, **new: Any,
) -> StudyCampaign:  # fmt: skip
    """Change a campaign that is planned or running; a changed last day moves the last day of every duty."""
    unknown = new.keys() - set(_PLAIN)
    if unknown:
        raise TypeError(f"not a column of a campaign: {sorted(unknown)}")
    for name in ("name", "plan_number"):
        if name in new:
            new[name] = text.squeeze(new[name])
    if "instructions" in new:
        new["instructions"] = text.nfc(new["instructions"]).strip()
    with transaction.atomic():
        reread(campaign)
        _refuse_ended(campaign)
        chosen = (
            list(documents) if documents is not None else list(campaign.documents.order_by("campaign_documents__order"))
        )
        rulebook = rulebook or campaign.rulebook
        merged = {name: new.get(name, getattr(campaign, name)) for name in _PLAIN}
        _refuse_unfit(campaign.unit, rulebook, merged, chosen)
        before, after = changes(campaign, {**new, "rulebook": rulebook})
        if documents is not None:
            present = list(campaign.documents.order_by("campaign_documents__order"))
            if present != chosen:
                before["documents"], after["documents"] = [str(one) for one in present], [str(one) for one in chosen]
                _set_documents(campaign, chosen)
        if not after:
            return campaign
        for name, value in new.items():
            setattr(campaign, name, value)
        campaign.rulebook = rulebook
        campaign.save(update_fields=[*new, "rulebook"])
        due_on = queries.campaign_due_on(campaign)
        # Settled ones too: whoever comes to owe again owes by the same day as everybody.
        StudyDuty.objects.filter(campaign=campaign).exclude(due_on=due_on).update(due_on=due_on)
        record("campaign.changed", by=by, at=at, thing=campaign, unit=campaign.unit, before=before, after=after)
        if "rulebook" in after:
            for kind in campaign.duty_kinds:
                rejudge_duties(campaign, kind)
    return campaign


def close_campaign(campaign: StudyCampaign, *, by: Account | None, at: datetime) -> StudyCampaign:
    """End a running campaign; the ledger stays as it is and takes no more results.

    Refuses, with everything at once, while a class still has an open roll or an absentee is followed by nobody: after
    closing they could never be ended.
    """
    with transaction.atomic():
        if not StudyCampaign.objects.filter(pk=campaign.pk, state=CampaignState.OPEN).update(
            state=CampaignState.CLOSED, closed_at=at
        ):
            raise Refusal("campaign.not_open", "Đợt học tập chưa mở hoặc đã khép.")
        problems = queries.problems_before_closing(campaign, at=at)
        if problems:
            raise Refusals([Refusal("campaign.not_finished", f"Chưa khép được: {one.sentence}") for one in problems])
        campaign.state, campaign.closed_at = CampaignState.CLOSED, at
        record("campaign.closed", by=by, at=at, thing=campaign, unit=campaign.unit)
    return campaign


def reopen_campaign(campaign: StudyCampaign, *, reason: str, by: Account | None, at: datetime) -> StudyCampaign:
    """Let a closed campaign take results again, with the reason.

    Refuses without a reason and any campaign that is not closed. Effects: state, audit "campaign.reopened", verdicts
    judged again, because changes of rules and hours since then have not reached them.
    """
    reason = text.squeeze(reason)
    if not reason:
        raise Refusal("campaign.reason_missing", "Phải ghi lý do mở lại đợt học tập.", field="reason")
    refuse_if_marked(reason, "Lý do mở lại")
    with transaction.atomic():
        if not StudyCampaign.objects.filter(pk=campaign.pk, state=CampaignState.CLOSED).update(
            state=CampaignState.OPEN, closed_at=None
        ):
            raise Refusal("campaign.not_closed", "Chỉ mở lại được đợt học tập đã khép.")
        before = campaign.closed_at
        campaign.state, campaign.closed_at = CampaignState.OPEN, None
        record(
            "campaign.reopened", by=by, at=at, thing=campaign, unit=campaign.unit,
            before={"closed_at": before}, after={"reason": reason},
        )  # fmt: skip
        for kind in campaign.duty_kinds:
            rejudge_duties(campaign, kind)
    return campaign


def cancel_campaign(campaign: StudyCampaign, *, reason: str, by: Account | None, at: datetime) -> StudyCampaign:
    """Call a campaign off, with the reason; it stays in the list of its organiser and leaves the lower units.

    Refuses once results stand. Effects, in one transaction: its running classes are cancelled, who was summoned is told,
    state, audit.
    """
    reason = text.squeeze(reason)
    if not reason:
        raise Refusal("campaign.reason_missing", "Phải ghi lý do hủy đợt học tập.", field="reason")
    refuse_if_marked(reason, "Lý do hủy")
    with transaction.atomic():
        if not StudyCampaign.objects.filter(pk=campaign.pk, state__in=[CampaignState.DRAFT, CampaignState.OPEN]).update(
            state=CampaignState.CANCELLED, closed_at=at
        ):
            raise Refusal("campaign.ended", "Đợt học tập đã khép hoặc đã hủy.")
        problems = queries.problems_before_cancelling(campaign)
        if problems:
            raise Refusals([Refusal("campaign.has_results", f"Không hủy được: {one.sentence}") for one in problems])
        classes = sum(
            holder.call_off(campaign, reason=f"Hủy {campaign.name}: {reason}", by=by, at=at)
            for holder in queries.event_holders(campaign)
        )
        campaign.state, campaign.closed_at = CampaignState.CANCELLED, at
        record(
            "campaign.cancelled", by=by, at=at, thing=campaign, unit=campaign.unit,
            after={"reason": reason, "classes": classes},
        )  # fmt: skip
    return campaign


def change_form(
    campaign: StudyCampaign, unit: Unit, *, situation: str, instruction: str, form: str,
    postponed_to: date | None = None, instruction_file: File[bytes] | None = None,
    change_classes: Collection[int] = (), call_off_classes: Collection[int] = (), by: Account, at: datetime,
) -> FormChange:  # fmt: skip
    """Change the form of study, or postpone it, in an emergency; the instruction it rests on is kept (R-034).

    Refuses without the situation and the instruction, when the campaign has ended, outside the organiser's tree, when
    nothing changes, and a new day that is not after the present one. Effects: the change with its paper; the form of the
    campaign (when it applies to the organiser) and of the plans under the unit that were not held yet; plans that begin
    before the new day become postponed to it; of the running classes under the unit the ones named take the new form or
    are called off with the instruction as the reason; audit.
    """
    situation, instruction = text.squeeze(situation), text.squeeze(instruction)
    faults = []
    if not situation:
        faults.append(Refusal("form.situation_missing", "Phải ghi tình huống đột xuất.", field="situation"))
    if not instruction:
        faults.append(
            Refusal(
                "form.instruction_missing",
                "Phải ghi văn bản chỉ đạo của cấp có thẩm quyền (số, ngày, cơ quan).",
                field="instruction",
            )
        )
    if not campaign.unit.contains(unit):
        faults.append(Refusal("form.unit_outside", f"{unit.name} không thuộc phạm vi của đợt học tập.", field="unit"))
    if faults:
        raise Refusals(faults)
    refuse_if_marked(f"{situation}\n{instruction}", "Nội dung chỉ đạo")
    if instruction_file:
        _refuse_marked_file(instruction_file)
    with transaction.atomic():
        reread(campaign)
        _refuse_ended(campaign)
        own = queries.nearest_plan(campaign, unit)
        start = (own.planned_from if own else None) or campaign.planned_from
        if postponed_to and postponed_to <= start:
            raise Refusal(
                "form.not_later",
                f"Đang xếp từ ngày {show_day(start)}; ngày hoãn đến phải sau ngày đó.",
                field="postponed_to",
            )
        _refuse_classes(campaign, unit, change_classes, call_off_classes)
        before = (own.form if own and own.form else "") or campaign.form
        if before == form and postponed_to is None and not (change_classes or call_off_classes):
            raise Refusal("form.nothing_changes", "Hình thức mới trùng hình thức đang dùng.", field="form")
        change = FormChange(
            campaign=campaign, unit=unit, situation=situation, instruction=instruction, form_before=before,
            form_after=form, postponed_to=postponed_to, at=at, by=by,
        )  # fmt: skip
        if instruction_file:
            change.instruction_file.save(text.squeeze(instruction_file.name or "chi-dao"), instruction_file, save=False)
        change.save(force_insert=True)
        waiting = CampaignPlan.objects.filter(
            campaign=campaign, unit__path__gte=unit.path, unit__path__startswith=unit.path
        ).exclude(state=PlanState.HELD)
        waiting.update(form=form)
        if postponed_to:
            earlier = waiting.filter(state__in=[PlanState.SCHEDULED, PlanState.POSTPONED]).filter(
                Q(planned_from__isnull=True) | Q(planned_from__lt=postponed_to)
            )
            earlier.filter(planned_to__lt=postponed_to).update(planned_to=postponed_to)
            earlier.update(state=PlanState.POSTPONED, planned_from=postponed_to)
        if unit.pk == campaign.unit_id:
            campaign.form = form
            campaign.save(update_fields=["form"])
        changed = called_off = 0
        for holder in queries.event_holders(campaign):
            if change_classes:
                changed += holder.change_form(campaign, form, only=change_classes, by=by, at=at)
            if call_off_classes:
                called_off += holder.call_off(
                    campaign, only=call_off_classes, reason=f"{situation}, theo {instruction}", by=by, at=at
                )
        record(
            "campaign.form_changed", by=by, at=at, thing=campaign, unit=unit, before={"form": before},
            after={"form": form, "situation": situation, "instruction": instruction, "postponed_to": postponed_to,
                   "classes_changed": changed, "classes_called_off": called_off},
        )  # fmt: skip
    return change


def _refuse_classes(
    campaign: StudyCampaign, unit: Unit, change_classes: Collection[int], call_off_classes: Collection[int]
) -> None:
    """Refuse a class chosen for both, and one that does not run under the unit."""
    if set(change_classes) & set(call_off_classes):
        raise Refusal(
            "form.class_twice", "Một lớp chỉ đổi hình thức hoặc hủy, không chọn cả hai.", field="call_off_classes"
        )
    chosen = {*change_classes, *call_off_classes}
    if chosen - {one.pk for one in queries.running_events(campaign, unit)}:
        raise Refusal(
            "form.class_elsewhere",
            f"Có lớp đã chọn không thuộc {unit.name} hoặc không còn chạy.",
            field="change_classes",
        )


def review_campaign(
    campaign: StudyCampaign, unit: Unit, *, lessons: str, praise: str = "", criticism: str = "",
    by: Account, at: datetime,
) -> CampaignReview:  # fmt: skip
    """Keep a unit's preliminary review of a campaign: lessons, praise, criticism (R-036); later words replace earlier."""
    lessons = text.nfc(lessons).strip()
    if not lessons:
        raise Refusal("review.lessons_missing", "Phải ghi bài học kinh nghiệm.", field="lessons")
    new = {"lessons": lessons, "praise": text.nfc(praise).strip(), "criticism": text.nfc(criticism).strip()}
    refuse_if_marked("\n".join(new.values()), "Nội dung sơ kết")
    with transaction.atomic():
        reread(campaign)
        if campaign.state not in (CampaignState.OPEN, CampaignState.CLOSED):
            raise Refusal("review.too_early", "Chỉ sơ kết đợt học tập đang mở hoặc đã khép.")
        review, _made = CampaignReview.objects.update_or_create(
            campaign=campaign, unit=unit, defaults={**new, "at": at, "by": by}
        )
        record("lesson.noted", by=by, at=at, thing=campaign, unit=unit, after=new)
    return review


def _refuse_marked_file(file: File[bytes]) -> None:
    """Refuse an instruction that is no readable document, or that bears a mark of secrecy (B-18)."""
    name = file.name or "chi-dao"
    with tempfile.NamedTemporaryFile(suffix=Path(name).suffix) as copy:
        for chunk in file.chunks():
            copy.write(chunk)
        copy.flush()
        found = documents_of.extract(documents_of.gate(Path(copy.name), name))
    file.seek(0)
    refuse_if_marked("\n".join(one.text for one in found.paragraphs), "Tệp văn bản chỉ đạo")


def _set_documents(campaign: StudyCampaign, documents: Sequence[GuidingDocument]) -> None:
    CampaignDocument.objects.filter(campaign=campaign).delete()
    CampaignDocument.objects.bulk_create(
        CampaignDocument(campaign=campaign, document=document, order=order)
        for order, document in enumerate(dict.fromkeys(documents))
    )


def _refuse_unfit(unit: Unit, rulebook: Rulebook, new: dict[str, Any], documents: Sequence[GuidingDocument]) -> None:
    refuse_if_marked("\n".join((new["name"], new["plan_number"], new["instructions"])), "Nội dung đợt học tập")
    faults = []
    if not new["name"]:
        faults.append(Refusal("campaign.name_missing", "Đợt học tập phải có tên.", field="name"))
    if not documents:
        faults.append(Refusal("campaign.no_document", "Chọn ít nhất một văn bản để học.", field="documents"))
    if new["planned_to"] < new["planned_from"]:
        faults.append(
            Refusal(
                "campaign.period_order",
                f"Ngày kết thúc phải từ ngày {show_day(new['planned_from'])} trở đi.",
                field="planned_to",
            )
        )
    if not access.rulebooks_for(unit).filter(pk=rulebook.pk).exists():
        faults.append(
            Refusal(
                "campaign.rulebook_elsewhere",
                f"Bộ quy tắc “{rulebook.name}” không áp dụng cho {unit.name}.",
                field="rulebook",
            )
        )
    if faults:
        raise Refusals(faults)


def _refuse_ended(campaign: StudyCampaign) -> None:
    if campaign.state in (CampaignState.CLOSED, CampaignState.CANCELLED):
        raise Refusal("campaign.ended", "Đợt học tập đã khép hoặc đã hủy nên không sửa được nữa.")
