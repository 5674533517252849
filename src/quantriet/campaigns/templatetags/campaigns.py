"""Words for stored values of the room."""

from decimal import Decimal

from django import template

from quantriet.campaigns.vocab import DutyReason, RuleEffect, StudyForm
from quantriet.kit.numbers import show_number
from quantriet.kit.vocab import LabelledEnum
from quantriet.library.vocab import ContentTier

register = template.Library()


def _label(words: type[LabelledEnum], value: str) -> str:
    return words(value).label if value in set(words) else value


@register.filter
def form_label(value: str) -> str:
    return _label(StudyForm, value)


@register.filter
def effect_label(value: str) -> str:
    return _label(RuleEffect, value)


@register.filter
def tier_label(value: str) -> str:
    return _label(ContentTier, value)


@register.filter
def reason_label(value: str) -> str:
    return _label(DutyReason, value)


@register.filter
def plain_number(value: Decimal) -> str:
    """40.00 → "40", 12.50 → "12,5"."""
    places = max(0, -int(value.normalize().as_tuple().exponent))
    return show_number(value, places)
