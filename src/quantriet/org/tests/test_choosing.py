"""A unit chosen in a form: by a list or by words, with units of one name told apart."""

import pytest
from django import forms

from quantriet.org.models import Unit
from quantriet.org.web import choosing


class OneUnit(forms.Form):
    unit = forms.ModelChoiceField(Unit.objects.none(), label="Đơn vị")


@pytest.fixture
def twins(cast):
    Unit.objects.filter(code__in=("CB11", "CB21")).update(name="Chi bộ thôn 1", name_folded="chi bo thon 1")


def offered(home=None, **given):
    form = OneUnit(given or None)
    choosing.offer_units(form, "unit", Unit.objects.all(), home)
    return form


def test_a_list_tells_units_of_one_name_apart_by_the_unit_above(twins, django_assert_num_queries):
    form = offered()
    with django_assert_num_queries(1):
        names = [str(label) for _value, label in form.fields["unit"].choices]
    assert {"Chi bộ thôn 1, Đảng ủy xã Ea Tam", "Chi bộ thôn 1, Đảng ủy xã Suối Ngần", "Chi bộ thôn 2"} <= set(names)


def test_words_begin_with_the_name_and_are_read_back(twins, cast, monkeypatch):
    monkeypatch.setattr(choosing, "MOST_LISTED", 2)
    home = Unit.objects.get(code="CB11")
    said = offered(home).fields["unit"].initial
    assert said == "Chi bộ thôn 1 (CB11)"
    for typed in (said, "CB11", "cb11"):
        form = offered(home, unit=typed)
        assert form.is_valid(), typed
        assert form.cleaned_data["unit"] == home
    form = offered(home, unit="chi bo thon 1")
    assert not form.is_valid()
    assert "CB11 (Chi bộ thôn 1, Đảng ủy xã Ea Tam); CB21 (Chi bộ thôn 1, Đảng ủy xã Suối Ngần)" in str(form.errors)
    assert "Không có đơn vị" in str(offered(home, unit="Chi bộ thôn 9 (KHONG)").errors)
