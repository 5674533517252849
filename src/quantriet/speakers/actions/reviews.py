"""The yearly review of a register: opened, judged entry by entry, closed with its endings and frozen figures (R-108)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import IntegrityError, transaction

from quantriet.audit.actions import record
from quantriet.kit import text
from quantriet.kit.db import reread
from quantriet.kit.refusal import Refusal, Refusals
from quantriet.kit.time import local
from quantriet.org.models import Account, Unit
from quantriet.org.rules.secrecy import refuse_if_marked
from quantriet.speakers import actions
from quantriet.speakers.models import Reporter, RosterReview, RosterReviewItem
from quantriet.speakers.queries import figures
from quantriet.speakers.vocab import EndReason, EntryOutcome, SpeakerRuleKey

EARLIEST_YEAR = 2000


def open_roster_review(unit: Unit, year: int, *, by: Account, at: datetime) -> RosterReview:
    """Begin the review of a unit's register for a year; asked again it gives the one that is there.

    Refuses a year to come or long past, and a register with nobody on it. Effects: the review, audit "roster_review.opened".
    """
    today = local(at).date()
    if not EARLIEST_YEAR <= year <= today.year:
        raise Refusal("review.year", f"Năm rà soát phải từ {EARLIEST_YEAR} đến {today.year}.", field="year")
    known = RosterReview.objects.filter(unit=unit, year=year).first()
    if known is not None:
        return known
    if not Reporter.objects.standing().filter(unit=unit).exists():
        raise Refusal("review.empty", f"Sổ của {unit.name} chưa có ai để rà soát.", field="unit")
    try:
        with transaction.atomic():
            review = RosterReview.objects.create(unit=unit, year=year, opened_at=at, opened_by=by)
            record("roster_review.opened", by=by, at=at, thing=review, unit=unit, after={"year": year})
    except IntegrityError:
        return RosterReview.objects.get(unit=unit, year=year)
    return review


def judge_entries(
    review: RosterReview, judged: Mapping[int, tuple[EntryOutcome, str]], *, by: Account, at: datetime
) -> int:
    """Write outcome and remark of entries, by their key; returns how many changed.

    Refuses a closed review, an entry of another register, and without remark one to be consolidated or taken off, each
    beside its field "remark_<key>". Effects: the outcomes, one line "roster_review.judged".
    """
    faults = []
    said: dict[int, tuple[EntryOutcome, str]] = {}
    for key, (outcome, remark) in judged.items():
        remark = text.squeeze(remark)
        refuse_if_marked(remark, "nhận xét")
        if outcome != EntryOutcome.KEEP and not remark:
            faults.append(
                Refusal("review.remark", "Phải ghi nhận xét khi cần củng cố hoặc đưa ra.", field=f"remark_{key}")
            )
        if len(remark) > 250:
            faults.append(Refusal("review.remark_long", "Nhận xét dài quá 250 ký tự.", field=f"remark_{key}"))
        said[key] = (outcome, remark)
    if faults:
        raise Refusals(faults)
    with transaction.atomic():
        reread(review)  # whoever closes it comes before or after
        _refuse_closed(review)
        entries = {one.pk: one for one in Reporter.objects.standing().filter(unit=review.unit, pk__in=list(said))}
        if len(entries) != len(said):
            raise Refusal("review.entry", "Có người vừa ra khỏi sổ; hãy tải lại trang.")
        known = {one.reporter_id: one for one in review.items.filter(reporter__in=list(said))}
        new, moved = [], []
        for key, (outcome, remark) in said.items():
            old = known.get(key)
            if old is None:
                new.append(RosterReviewItem(review=review, reporter=entries[key], outcome=outcome, remark=remark))
            elif (old.outcome, old.remark) != (outcome.value, remark):
                old.outcome, old.remark = outcome, remark
                moved.append(old)
        RosterReviewItem.objects.bulk_create(new)
        RosterReviewItem.objects.bulk_update(moved, ["outcome", "remark"])
        if new or moved:
            record(
                "roster_review.judged", by=by, at=at, thing=review, unit=review.unit,
                after={"count": len(new) + len(moved)},
            )  # fmt: skip
    return len(new) + len(moved)


def close_roster_review(review: RosterReview, *, basis: str, by: Account, at: datetime) -> RosterReview:
    """Close a review: who is to be taken off leaves the register that day; number and quality are kept as they are then.

    Refuses a closed one, one with entries nobody has judged, and what `end_reporter` refuses. Effects, in order: endings,
    frozen figures, audit "roster_review.closed".
    """
    basis = text.squeeze(basis)
    refuse_if_marked(basis, "căn cứ")
    day = local(at).date()
    with transaction.atomic():
        reread(review)
        _refuse_closed(review)
        rows = Reporter.objects.standing().filter(unit=review.unit).select_related("person", "unit")
        standing = list(rows.order_by("person__sort_key"))
        outcomes = {one.reporter_id: one for one in review.items.all()}
        open_names = [one.person.full_name for one in standing if one.pk not in outcomes]
        if open_names:
            more = f" và {len(open_names) - 5} người nữa" if len(open_names) > 5 else ""
            raise Refusal(
                "review.not_judged",
                f"Còn {len(open_names)} người chưa có kết quả rà soát: {', '.join(open_names[:5])}{more}.",
            )
        counted = dict.fromkeys((one.value for one in EntryOutcome), 0)
        for one in standing:
            item = outcomes[one.pk]
            counted[item.outcome] += 1
            if item.outcome == EntryOutcome.END:
                actions.end_reporter(
                    one, valid_to=max(day, one.valid_from), reason=EndReason.REVIEW, note=item.remark, by=by, at=at
                )
        # Whoever is taken off today still stood today; the figures are those of who goes on.
        kept, _lines = figures.registers(
            Reporter.objects.standing().filter(unit=review.unit), year=review.year, today=day
        )
        kept.judge(figures.figure_of(review.unit, SpeakerRuleKey.TRAINED_SHARE, day))
        values = {**kept.as_json(), "outcomes": counted}
        review.closed_at, review.closed_by, review.basis, review.figures = at, by, basis[:200], values
        review.save(update_fields=["closed_at", "closed_by", "basis", "figures"])
        record(
            "roster_review.closed", by=by, at=at, thing=review, unit=review.unit,
            after={"basis": basis, "removed": counted[EntryOutcome.END]},
        )  # fmt: skip
    return review


def _refuse_closed(review: RosterReview) -> None:
    if review.closed_at is not None:
        raise Refusal("review.closed", f"Rà soát năm {review.year} đã chốt.")
