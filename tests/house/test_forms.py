"""Every list to choose from says what its empty choice means, in the reader's words."""

import copy
import importlib
from collections.abc import Iterator

import pytest
from django import forms
from django.utils import translation

from quantriet.kit.templatetags import ui
from quantriet.org.models import Unit
from tests.house.source import PACKAGE, modules


def _form_classes() -> Iterator[type[forms.BaseForm]]:
    for path in modules():
        if "web" in path.parts and "tests" not in path.parts:
            name = ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__")
            for found in vars(importlib.import_module(name)).values():
                if isinstance(found, type) and issubclass(found, forms.BaseForm) and found.__module__ == name:
                    yield found


def _lists() -> list:
    return [
        pytest.param(field, id=f"{form.__module__.removeprefix('quantriet.')}.{form.__name__}.{name}")
        for form in _form_classes()
        for name, field in form.base_fields.items()
        if isinstance(field.widget, forms.Select)
    ]


@pytest.mark.django_db
@pytest.mark.parametrize("filters", [True, False])
@pytest.mark.parametrize("field", _lists())
def test_empty_choice_is_never_a_row_of_dashes(field, filters):
    field = copy.deepcopy(field)
    if isinstance(field, forms.ModelChoiceField):
        # The rows are the account's, given when the form is made; the empty choice is the field's own.
        field.queryset = Unit.objects.none()
    form = forms.Form()
    form.fields["one"] = field
    with translation.override("vi"):
        assert "---" not in ui.field_control(form["one"], filters=filters)


def test_there_are_lists_to_look_at():
    assert len(_lists()) > 30
