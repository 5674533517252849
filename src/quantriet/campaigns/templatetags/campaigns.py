"""Words for stored values of the room."""

from decimal import Decimal
from functools import cache
from html import escape
from typing import Any

from django import template
from django.utils.safestring import SafeString, mark_safe

from quantriet.campaigns.vocab import DutyReason, RuleEffect, StudyForm
from quantriet.kit.numbers import show_number
from quantriet.kit.templatetags.ui import status
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


@register.simple_tag
def board_rows(rows: list[Any], *, organising: str, in_charge: str, own_people: str) -> SafeString:
    """The rows of a board. Written here and not in the page, because the page's language takes half a millisecond a row
    and a province has some hundred; every word passes `escape`."""
    written = []
    # Words that stand in every row are made ready once.
    heads = [f'<td class="num" data-label="{escape(label)}">' for label, _, _ in rows[0].cells_shown] if rows else []
    organising_head = f'<td class="wraps" data-label="{escape(organising)}">'
    sign = cache(status)
    for row in rows:
        name = f'<a href="{escape(row.url)}">{escape(row.unit.name)}</a>'
        if row.is_own:
            name += f' <span class="muted">({escape(own_people)})</span>'
        answers = [f"{row.head.post.name}: {row.head.person.full_name}"] if row.head else []
        answers += [f"{in_charge}: {one.person.full_name}" for one in row.leaders]
        name += "".join(f'<br><span class="muted small">{escape(words)}</span>' for words in answers)
        cells = [
            f'{head}<a href="{escape(url)}">{escape(text)}</a></td>' if url else f"{head}{escape(text)}</td>"
            for head, (_, text, url) in zip(heads, row.cells_shown, strict=True)
        ]
        if organising:
            plan = "–"
            if row.plan:
                plan = f'<a href="{escape(row.plan_url)}">{sign(row.plan_kind, row.plan_words)}</a>'
            elif row.plans:
                plan = f"{row.held}/{row.plans}"
            cells.append(f"{organising_head}{plan}</td>")
        muted = ' class="is-muted"' if row.is_silent else ""
        written.append(f'<tr{muted}><th scope="row"><div>{name}</div></th>{"".join(cells)}</tr>')
    return mark_safe("\n".join(written))  # noqa: S308  (escaped above)
