"""Form fields of the house."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from quantriet.kit.numbers import whole_number


class ManyRows(forms.ModelMultipleChoiceField):
    """Several rows by their keys; a key that no database could hold is a wrong choice, not an error of the server."""

    def clean(self, value: Any) -> Any:
        for one in value if isinstance(value, list | tuple) else ():
            if whole_number(str(one)) is None:
                raise ValidationError(
                    self.error_messages["invalid_pk_value"], code="invalid_pk_value", params={"pk": str(one)[:40]}
                )
        return super().clean(value)
