"""Which value of the rulebook holds on a day, with its legal basis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Q

from quantriet.campaigns.models import RuleValue, StudyCampaign
from quantriet.campaigns.vocab import RuleKey
from quantriet.kit.refusal import Refusal
from quantriet.kit.time import show_day, today


@dataclass(frozen=True)
class RuleInForce:
    """A value with the paper it rests on, as sentences quote it."""

    key: RuleKey
    value: Decimal
    basis: str


def rules_in_force(
    campaign: StudyCampaign, keys: Sequence[RuleKey], on: date | None = None
) -> dict[RuleKey, RuleInForce]:
    """The values of several keys on a day in one statement; a key of which the rulebook says nothing is left out."""
    day = on or today()
    found = (
        RuleValue.objects.filter(rulebook_id=campaign.rulebook_id, key__in=keys, valid_from__lte=day)
        .filter(Q(valid_to__isnull=True) | Q(valid_to__gte=day))
        .order_by("valid_from")
    )
    return {RuleKey(one.key): RuleInForce(RuleKey(one.key), one.value, one.basis) for one in found}


def rule_in_force(campaign: StudyCampaign, key: RuleKey, on: date | None = None) -> RuleInForce:
    """The campaign's rulebook value of `key` on a day (today when not given).

    Refuses when the rulebook says nothing for that day: no verdict is made up.
    """
    day = on or today()
    found = (
        RuleValue.objects.filter(rulebook_id=campaign.rulebook_id, key=key, valid_from__lte=day)
        .filter(Q(valid_to__isnull=True) | Q(valid_to__gte=day))
        .order_by("-valid_from")
        .first()
    )
    if found is None:
        raise Refusal(
            "rulebook.value_missing",
            f"Bộ quy tắc “{campaign.rulebook.name}” chưa có giá trị “{RuleKey(key).label}” cho ngày {show_day(day)}; "
            "hãy bổ sung vào bộ quy tắc.",
        )
    return RuleInForce(RuleKey(key), found.value, found.basis)
