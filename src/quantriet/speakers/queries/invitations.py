"""Invitations as both sides see them: what waits, whose outline is missing, what listeners and officers said."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Exists, OuterRef, Q, QuerySet, Sum

from quantriet.kit.time import show_day
from quantriet.org.models import Account, ancestor_ids
from quantriet.speakers import access
from quantriet.speakers.models import (
    InformationSource,
    SpeakerInvitation,
    SpeakerOutline,
    SpeakerScore,
    TrainingEvent,
)
from quantriet.speakers.vocab import FEWEST_SHOWN, Criterion, InvitationState


def with_outline(rows: QuerySet[SpeakerInvitation]) -> QuerySet[SpeakerInvitation]:
    """Each invitation with `has_outline`."""
    return rows.annotate(has_outline=Exists(SpeakerOutline.objects.filter(invitation=OuterRef("pk"))))


def without_outline(rows: QuerySet[SpeakerInvitation], day: date) -> QuerySet[SpeakerInvitation]:
    """Accepted, still to come, and nothing filed (R-114)."""
    rows = rows.filter(state=InvitationState.ACCEPTED, held_on__gte=day)
    return rows.filter(~Exists(SpeakerOutline.objects.filter(invitation=OuterRef("pk"))))


def waiting(rows: QuerySet[SpeakerInvitation], day: date) -> QuerySet[SpeakerInvitation]:
    """Asked, still to come, and nobody has answered."""
    return rows.filter(state=InvitationState.ASKED, held_on__gte=day)


def worded(rows: QuerySet[SpeakerInvitation], typed: str) -> QuerySet[SpeakerInvitation]:
    return rows.filter(
        Q(topic__icontains=typed) | Q(place__icontains=typed) | Q(person__full_name__icontains=typed)
    )  # fmt: skip


def outline_sentence(invitation: SpeakerInvitation, day: date, has_outline: bool) -> str:
    """Where the outline of an accepted invitation stands."""
    due = invitation.outline_due_on
    if invitation.state != InvitationState.ACCEPTED or due is None:
        return ""
    if has_outline:
        return f"Đã gửi đề cương (hạn {show_day(due)})."
    if day > invitation.held_on:
        return f"Không gửi đề cương trước buổi báo cáo (hạn {show_day(due)}, mục 5 Hướng dẫn 26-HD/BTGTU)."
    if day > due:
        return f"Chưa gửi đề cương, quá hạn {(day - due).days} ngày (hạn {show_day(due)}, mục 5 Hướng dẫn 26-HD/BTGTU)."
    return f"Chưa gửi đề cương; hạn {show_day(due)}, theo mục 5 Hướng dẫn 26-HD/BTGTU."


@dataclass(frozen=True)
class Rating:
    """What listeners said of one report, or of several together: how many answered, the mean of each criterion.

    `means` is empty while the days of rating run and with fewer than five answers: then nobody learns what one person said,
    not even from two looks at different times.
    """

    answers: int | None  # None while it runs, and below the least number
    means: tuple[tuple[Criterion, Decimal], ...] = ()
    sentence: str = ""


def rating_of(invitation: SpeakerInvitation, day: date) -> Rating:
    """The ratings of one report as they may be shown on a day (R-116)."""
    return ratings_of([invitation], day)[invitation.pk]


def ratings_of(invitations: Iterable[SpeakerInvitation], day: date) -> dict[int, Rating]:
    """By invitation, in one query."""
    some = list(invitations)
    over = [one.pk for one in some if one.rating_ends_on is not None and one.rating_ends_on < day]
    counted: dict[int, dict[str, tuple[int, int]]] = defaultdict(dict)
    for pk, criterion, score, count in SpeakerScore.objects.filter(invitation__in=over).values_list(
        "invitation_id", "criterion", "score", "count"
    ):
        number, total = counted[pk].get(criterion, (0, 0))
        counted[pk][criterion] = (number + count, total + count * score)
    return {one.pk: _rating(one, counted.get(one.pk, {}), day) for one in some}


def _rating(invitation: SpeakerInvitation, counted: dict[str, tuple[int, int]], day: date) -> Rating:
    if invitation.state != InvitationState.ACCEPTED or invitation.rating_ends_on is None or invitation.held_on > day:
        return Rating(None)
    if invitation.rating_ends_on >= day:
        return Rating(
            None,
            sentence=f"Người nghe đánh giá đến hết ngày {show_day(invitation.rating_ends_on)}; kết quả hiện sau ngày đó.",
        )
    answers = max((number for number, _total in counted.values()), default=0)
    if answers < FEWEST_SHOWN:
        return Rating(
            None, sentence=f"Dưới {FEWEST_SHOWN} người đánh giá nên không hiện kết quả, để không lộ ai nói gì."
        )
    means = tuple(
        (one, (Decimal(counted[one.value][1]) / counted[one.value][0]).quantize(Decimal("0.1")))
        for one in Criterion
        if one.value in counted
    )
    return Rating(answers, means, f"{answers} người nghe đánh giá, thang điểm 1–5.")


def answers_given(invitation: SpeakerInvitation) -> int:
    """How many have answered so far; for tests and the end, never shown while it runs."""
    rows = SpeakerScore.objects.filter(invitation=invitation, criterion=Criterion.CONCISE)
    return rows.aggregate(total=Sum("count"))["total"] or 0


# --- what a reporter sees of it ---------------------------------------------------------------------------------------------


def sources_for(account: Account) -> list[InformationSource]:
    """Sources of the committees on whose register the account's person stands, and of those above them (R-115)."""
    paths = access.own_entries(account).filter(valid_to__isnull=True).values_list("unit__path", flat=True)
    units = {pk for path in paths for pk in ancestor_ids(path)}
    rows = InformationSource.objects.filter(unit__in=units, retired_on__isnull=True)
    return list(rows.select_related("unit").order_by("unit__path", "pk"))


def trainings_for(account: Account) -> list[TrainingEvent]:
    """What the account's person took part in, latest first."""
    if not account.person_id:
        return []
    rows = TrainingEvent.objects.filter(taken__reporter__person=account.person_id, withdrawn_at__isnull=True)
    return list(rows.distinct().order_by("-held_on", "-pk")[:20])


def asked_of(account: Account, day: date) -> int:
    """How many invitations wait for the account's own answer or outline."""
    mine = access.own_invitations(account)
    return waiting(mine, day).count() + without_outline(mine, day).count()
