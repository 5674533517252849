"""Writers of terms (nhiệm kỳ); the numbers of a committee's documents begin anew with each."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.db.models import Q

from quantriet.audit.actions import changes, record
from quantriet.kit import text
from quantriet.kit.db import named_lock, reread
from quantriet.kit.refusal import Refusal
from quantriet.org.models import Account, Term, Unit

LONGEST_YEARS = 10


def add_term(*, unit: Unit, name: str, valid_from: date, valid_to: date, by: Account | None, at: datetime) -> Term:
    """Record a term of a committee unit.

    Refuses under a cell, without a name, the wrong way round, longer than ten years, and over another term of the unit.
    """
    if unit.kind.holds_members and not unit.kind.is_grassroots:
        raise Refusal("term.cell", f"{unit.name} là chi bộ trực thuộc; nhiệm kỳ ghi ở đơn vị có cấp ủy.", field="name")
    with named_lock(f"terms-{unit.pk}"):
        term = Term(
            unit=unit, name=_checked(unit, name, valid_from, valid_to), valid_from=valid_from, valid_to=valid_to
        )
        term.save(force_insert=True)
        record(
            "term.added",
            by=by,
            at=at,
            thing=term,
            unit=unit,
            after={"name": term.name, "from": valid_from, "to": valid_to},
        )
    return term


def change_term(term: Term, *, name: str, valid_from: date, valid_to: date, by: Account, at: datetime) -> Term:
    """Correct a term; the same is refused as for a new one."""
    with named_lock(f"terms-{term.unit_id}"):
        reread(term)
        new = {
            "name": _checked(term.unit, name, valid_from, valid_to, besides=term),
            "valid_from": valid_from,
            "valid_to": valid_to,
        }
        before, after = changes(term, new)
        if after:
            for field, value in after.items():
                setattr(term, field, value)
            term.save(update_fields=list(after))
            record("term.changed", by=by, at=at, thing=term, unit=term.unit, before=before, after=after)
    return term


def remove_term(term: Term, *, by: Account, at: datetime) -> None:
    """Take away a term entered by mistake; papers keep their numbers."""
    with transaction.atomic():
        reread(term)
        record("term.removed", by=by, at=at, thing=term, unit=term.unit, before={"name": term.name})
        term.delete()


def _checked(unit: Unit, name: str, start: date, end: date, besides: Term | None = None) -> str:
    name = text.squeeze(name)
    if not name:
        raise Refusal("term.name_missing", "Chưa ghi tên nhiệm kỳ.", field="name")
    if end <= start:
        raise Refusal("term.order", f"Ngày kết thúc phải sau ngày {start:%d/%m/%Y}.", field="valid_to")
    if (end.year - start.year, end.month, end.day) > (LONGEST_YEARS, start.month, start.day):
        raise Refusal(
            "term.too_long", f"Nhiệm kỳ dài nhất {LONGEST_YEARS} năm; hãy kiểm tra lại hai ngày.", field="valid_to"
        )
    over = Term.objects.filter(Q(valid_from__lte=end) & Q(valid_to__gte=start), unit=unit)
    if besides is not None:
        over = over.exclude(pk=besides.pk)
    other = over.first()
    if other:
        raise Refusal(
            "term.overlap",
            f"Trùng với {other.name} ({other.valid_from:%d/%m/%Y}–{other.valid_to:%d/%m/%Y}); hai nhiệm kỳ của một đơn vị không chồng lên nhau.",
            field="valid_from",
        )
    return name
