"""After a report: what listeners and the officer say of it (R-116). Answers are counted, never kept."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import F

from quantriet.audit.actions import record
from quantriet.kit import text
from quantriet.kit.refusal import Refusal
from quantriet.kit.time import local
from quantriet.org.models import Account
from quantriet.org.rules.secrecy import refuse_if_marked
from quantriet.speakers import access
from quantriet.speakers.models import SpeakerAssessment, SpeakerInvitation, SpeakerRated, SpeakerScore
from quantriet.speakers.vocab import HIGHEST_SCORE, Criterion, InvitationState


def rate_report(invitation: SpeakerInvitation, scores: Mapping[Criterion, int], *, by: Account, at: datetime) -> None:
    """Count a listener's scores; who said what, and when, is written nowhere, not even in the log.

    Refuses who is no listener of it on this day (`access.ratable_by`), a second time, and scores that are not 1 to 5 for
    every criterion.
    """
    _refuse_scores(scores)
    if not access.ratable_by(by, local(at).date()).filter(pk=invitation.pk).exists():
        raise Refusal(
            "rating.not_open",
            "Buổi báo cáo này không còn mở để đánh giá, hoặc đồng chí đã đánh giá rồi. Cảm ơn đồng chí.",
        )
    try:
        with transaction.atomic():
            SpeakerRated.objects.create(invitation=invitation, account=by)
            # Every row with the first answer, in one order: made as they are needed, their keys would tell the first answers.
            SpeakerScore.objects.bulk_create(
                [
                    SpeakerScore(invitation=invitation, criterion=criterion, score=score)
                    for criterion in Criterion
                    for score in range(1, HIGHEST_SCORE + 1)
                ],
                ignore_conflicts=True,
            )
            for criterion in Criterion:
                rows = SpeakerScore.objects.filter(invitation=invitation, criterion=criterion, score=scores[criterion])
                rows.update(count=F("count") + 1)
    except IntegrityError:
        raise Refusal("rating.twice", "Đồng chí đã đánh giá buổi báo cáo này.") from None


def assess_report(
    invitation: SpeakerInvitation, scores: Mapping[Criterion, int], *, remark: str, by: Account, at: datetime
) -> SpeakerAssessment:
    """Write, or write again, what the officer of the unit that invited says of the report.

    Refuses before the day and what was not accepted. Effects: the assessment, audit "speaker.assessed".
    """
    _refuse_scores(scores)
    remark = text.nfc(remark).strip()
    refuse_if_marked(remark, "nhận xét")
    if len(remark) > 2000:
        raise Refusal("assessment.long", "Nhận xét dài quá 2000 ký tự.", field="remark")
    if invitation.state != InvitationState.ACCEPTED or invitation.held_on > local(at).date():
        raise Refusal("assessment.too_early", "Chỉ nhận xét buổi báo cáo đã nhận lời, từ ngày báo cáo trở đi.")
    with transaction.atomic():
        made, _is_new = SpeakerAssessment.objects.update_or_create(
            invitation=invitation,
            defaults={
                "scores": {one.value: scores[one] for one in Criterion}, "remark": remark, "assessed_at": at,
                "assessed_by": by,
            },
        )  # fmt: skip
        record(
            "speaker.assessed", by=by, at=at, thing=invitation, unit=invitation.unit, person_id=invitation.person_id,
            after={"remark": remark},
        )  # fmt: skip
    return made


def _refuse_scores(scores: Mapping[Criterion, int]) -> None:
    for one in Criterion:
        if not 1 <= scores.get(one, 0) <= HIGHEST_SCORE:
            raise Refusal("rating.score", f"Phải cho điểm từ 1 đến {HIGHEST_SCORE}.", field=one.value)
