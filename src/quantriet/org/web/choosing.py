"""A unit or a person chosen in a form of any room: from a list, or by code or name where there are too many for a list."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from quantriet.kit import text
from quantriet.org.models import Person, Unit

MOST_LISTED = 200  # units that a list to choose from shows
_CODE_BEHIND = re.compile(r"\(([^()]+)\)$")


def placed_name(unit: Unit) -> str:
    """The name with the unit above it: what tells two cells of one name apart."""
    return f"{unit.name}, {unit.parent.name}" if unit.parent else unit.name


def list_units(field: Any, units: QuerySet[Unit]) -> None:
    """Let a field choose among units in the order of the tree, each by its name; several of one name with the unit above."""
    rows = units.order_by("path")
    shared = {name for name, number in Counter(rows.values_list("name", flat=True)).items() if number > 1}
    field.queryset = rows.select_related("parent")
    field.label_from_instance = lambda unit: placed_name(unit) if unit.name in shared else unit.name


class UnitWords(forms.CharField):
    """A unit by its code or its whole name, where there are too many for a list to choose from."""

    units: QuerySet[Unit] = Unit.objects.none()

    def clean(self, value: Any) -> Any:
        typed = text.squeeze(super().clean(value) or "")
        if not typed:
            return None
        behind = _CODE_BEHIND.search(typed)  # as the field itself writes a unit: "Name (CODE)"
        codes = [typed, *([behind[1]] if behind else [])]
        named = self.units.select_related("parent").filter(name_folded=text.fold(typed)).order_by("path")
        found = next(
            (rows for code in codes if (rows := list(self.units.filter(code__iexact=code)[:1]))), None
        ) or list(named[:6])
        if len(found) == 1:
            return found[0]
        if found:
            told = "; ".join(f"{one.code} ({placed_name(one)})" for one in found[:5])
            raise ValidationError(f"Có nhiều đơn vị tên “{typed}”: {told}. Hãy ghi mã của đơn vị cần chọn.")
        raise ValidationError(f"Không có đơn vị “{typed}” trong phạm vi được giao; hãy ghi mã hoặc tên đầy đủ.")


def offer_units(form: forms.Form, name: str, units: QuerySet[Unit], home: Unit | None) -> None:
    """Let `form` choose among units: a list of them, words where there are many, nothing where there is one."""
    rows = list(units.order_by("path")[: MOST_LISTED + 1])
    if len(rows) > MOST_LISTED:
        words = UnitWords(label=form.fields[name].label, help_text=_("Code or whole name of the unit."))
        words.units = units
        words.initial = f"{home.name} ({home.code})" if home else ""
        form.fields[name] = words
        return
    field: Any = form.fields[name]
    list_units(field, units)
    field.initial = home.pk if home else None
    if len(rows) == 1:
        field.initial = rows[0].pk
        field.empty_label = None


class PersonField(forms.CharField):
    """A person by member code, or by a name that only one person of the scope has."""

    people: QuerySet[Person] = Person.objects.none()

    def to_python(self, value: Any) -> Person | None:  # type: ignore[override]
        typed = text.squeeze(str(value or ""))
        if not typed:
            return None
        rows = self.people.select_related("unit__parent")
        found = list(rows.filter(code__iexact=typed)[:1]) or list(rows.filter(name_folded=text.fold(typed))[:6])
        if not found:
            raise forms.ValidationError(f"Không tìm thấy “{typed}” trong phạm vi được giao.")
        if len(found) > 1:
            names = "; ".join(f"{one.full_name}, {placed_name(one.unit)} ({one.code})" for one in found[:5])
            raise forms.ValidationError(f"Có nhiều người tên “{typed}”: {names}. Hãy gõ mã của người cần chọn.")
        return found[0]
