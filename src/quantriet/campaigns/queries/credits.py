"""Recognised study elsewhere: what it says to the ledger, how the people of a list stand, how many it settled."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import QuerySet

from quantriet.campaigns.models import AudienceRule, StudyCampaign, StudyCredit, StudyDuty
from quantriet.campaigns.queries.audience import audience
from quantriet.campaigns.queries.boards import AsOf, names
from quantriet.campaigns.queries.rulebooks import rule_in_force
from quantriet.campaigns.rules import credits as rules
from quantriet.campaigns.vocab import (
    ATTEND,
    LIVE_CREDITS,
    CampaignState,
    CreditState,
    DutyReason,
    DutyResult,
    DutyState,
    RuleKey,
)
from quantriet.library.models import GuidingDocument
from quantriet.org.models import Person, Unit
from quantriet.org.queries.listed import recognise_people
from quantriet.org.rules.recognising import ListedPerson, Recognition

_AT_ONCE = 500


def credit_says(duties: Collection[int]) -> dict[int, DutyResult]:
    """What recognitions say of these duties: done while one stands, why the study is owed after the last was taken back."""
    found: dict[int, DutyResult] = {}
    keys = sorted(duties)
    for start in range(0, len(keys), _AT_ONCE):
        rows = StudyCredit.objects.filter(
            duty__in=keys[start : start + _AT_ONCE], state__in=[CreditState.GRANTED, CreditState.WITHDRAWN]
        )
        # The line that stands speaks; without one, the last that was taken back.
        for duty, state, sentence in rows.order_by("pk").values_list("duty_id", "state", "sentence"):
            if state == CreditState.GRANTED:
                found[duty] = DutyResult(duty, DutyState.DONE, DutyReason.CREDIT, sentence)
            elif duty not in found or found[duty].state == DutyState.OWING:
                found[duty] = DutyResult(duty, DutyState.OWING, DutyReason.NOT_YET, sentence)
    return found


def credited(campaign: StudyCampaign, unit: Unit, kind: str, at: AsOf | None = None) -> int:
    """How many of the done under a unit have studied elsewhere, at the moment shown."""
    with_credit = StudyCredit.objects.filter(
        duty__campaign=campaign, duty__kind=kind, state__in=[CreditState.GRANTED, CreditState.WITHDRAWN]
    )
    rows = names(campaign, unit, kind, at).filter(pk__in=with_credit.order_by().values("duty"))
    return rows.filter(reason_then=DutyReason.CREDIT).count()  # type: ignore[misc]  # added by `names`


@dataclass(frozen=True)
class CreditLimit:
    """The oldest study recognised, by the campaign's rulebook."""

    months: int
    basis: str


def credit_limit(campaign: StudyCampaign, on: date | None = None) -> CreditLimit:
    """Refuses when the rulebook says nothing for that day."""
    rule = rule_in_force(campaign, RuleKey.CREDIT_MAX_AGE_MONTHS, on=on)
    return CreditLimit(int(Decimal(rule.value)), rule.basis)


def missing_documents(campaign: StudyCampaign, covered: Iterable[GuidingDocument]) -> list[GuidingDocument]:
    """Documents of the campaign that the other class has not covered."""
    known = {one.pk for one in covered}
    return [one for one in campaign.documents.order_by("campaign_documents__order") if one.pk not in known]


def credit_exceptions(campaign: StudyCampaign, people: Sequence[int]) -> dict[int, AudienceRule]:
    """Of these people (keys) the ones whose deciding condition accepts no study elsewhere, with that condition."""
    if not AudienceRule.objects.filter(campaign=campaign, accepts_credit=False).exists():
        return {}
    found = audience(campaign)
    closed = {place: rule for place, rule in enumerate(found.rules) if not rule.accepts_credit}
    refused: dict[int, AudienceRule] = {}
    for start in range(0, len(people), _AT_ONCE):
        rows = found.people.filter(pk__in=people[start : start + _AT_ONCE]).order_by()
        pairs = rows.values_list("pk", "decided")  # type: ignore[misc]  # annotated where the audience is made
        refused.update({pk: closed[decided] for pk, decided in pairs if decided in closed})
    return refused


@dataclass(frozen=True)
class CreditStand:
    """How one person stands with a recognition: `sentence` says why none can be entered; `is_there`: there is one already."""

    duty: StudyDuty | None
    sentence: str = ""
    is_there: bool = False

    @property
    def is_new(self) -> bool:
        return not self.sentence


def credit_stands(campaign: StudyCampaign, people: Sequence[Person]) -> dict[int, CreditStand]:
    """How each of these people stands; few statements however many people."""
    keys = [person.pk for person in people]
    duties: dict[int, StudyDuty] = {}
    live: dict[int, StudyCredit] = {}
    for start in range(0, len(keys), _AT_ONCE):
        part = keys[start : start + _AT_ONCE]
        for duty in StudyDuty.objects.filter(campaign=campaign, kind=ATTEND, person__in=part).select_related(
            "person", "unit"
        ):
            duties[duty.person_id] = duty
        for credit in StudyCredit.objects.filter(
            duty__campaign=campaign, duty__kind=ATTEND, duty__person__in=part, state__in=LIVE_CREDITS
        ).select_related("duty"):
            live[credit.duty.person_id] = credit
    closed = credit_exceptions(campaign, keys)
    return {
        person.pk: _stand(person, duties.get(person.pk), live.get(person.pk), closed.get(person.pk))
        for person in people
    }


def _stand(
    person: Person, duty: StudyDuty | None, credit: StudyCredit | None, closed: AudienceRule | None
) -> CreditStand:
    name = person.full_name
    if duty is None or duty.reason == DutyReason.WITHDRAWN:
        return CreditStand(duty, f"Đồng chí {name} không thuộc đối tượng của đợt này.")
    if credit is not None:
        words = (
            "đã được công nhận học nơi khác"
            if credit.state == CreditState.GRANTED
            else "đã có đề nghị công nhận học nơi khác, đang chờ quyết định"
        )
        return CreditStand(duty, f"Đồng chí {name} {words}.", is_there=True)
    if duty.state == DutyState.EXEMPT:
        return CreditStand(duty, f"Đồng chí {name} được miễn học trong đợt này nên không cần công nhận.")
    if duty.state == DutyState.DONE:
        return CreditStand(duty, f"Đồng chí {name} đã học xong trong đợt này nên không cần công nhận.")
    if closed is not None:
        return CreditStand(duty, f"Đồng chí {name}: {rules.why_not_rule(closed.name, closed.basis)}")
    return CreditStand(duty)


@dataclass(frozen=True)
class CreditLine:
    """A recognised line of a list with the person and how the person stands."""

    line: ListedPerson
    person: Person
    stand: CreditStand


@dataclass(frozen=True)
class CreditPreview:
    """What a list comes to before anything is written: new, there already, to be looked at, not recognised."""

    new: tuple[CreditLine, ...]
    already: tuple[CreditLine, ...]
    doubtful: tuple[CreditLine, ...]
    wrong: tuple[Recognition, ...]


def preview_credits(lines: Sequence[ListedPerson], campaign: StudyCampaign, people: QuerySet[Person]) -> CreditPreview:
    """Who of a list is recognised among `people`, each person once, and how each stands with a credit."""
    results, found = recognise_people(lines, people)
    recognised = {one.person_id: one for one in reversed(results) if one.person_id is not None}
    stands = credit_stands(campaign, [found[key] for key in recognised])
    rows = [
        CreditLine(one.line, found[key], stands[key])
        for key, one in sorted(recognised.items(), key=lambda pair: pair[1].line.number)
    ]
    return CreditPreview(
        tuple(row for row in rows if row.stand.is_new),
        tuple(row for row in rows if row.stand.is_there),
        tuple(row for row in rows if not row.stand.is_new and not row.stand.is_there),
        tuple(one for one in results if one.person_id is None),
    )


def credit_campaigns(campaigns: QuerySet[StudyCampaign]) -> QuerySet[StudyCampaign]:
    """Of these campaigns the ones whose people may be recognised now: planned with a list, or running."""
    return campaigns.filter(state__in=[CampaignState.DRAFT, CampaignState.OPEN], duties__isnull=False).distinct()
