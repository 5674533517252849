"""Every field of every model says what it is for, how long it is kept and what erasure does to it."""

import pytest
from django.db import models

from quantriet.kit.privacy import Erase, Kind, holding, of, plain
from quantriet.org.models import Person, PostHeld
from quantriet.org.queries import privacy
from scripts.data_table import TABLE, table, undeclared


@pytest.mark.req("P-06")
def test_every_field_of_every_model_is_declared():
    assert not undeclared(), "declare in the room's privacy.py (kit/privacy.py says how):\n" + "\n".join(undeclared())


def test_the_table_of_data_is_in_step():
    written = TABLE.read_text("utf-8") if TABLE.exists() else ""
    assert written == table(), "docs/data.md is out of step: make data"


def test_a_declaration_says_what_it_must():
    for one in privacy.declarations():
        for group in one.holding.groups:
            assert group.purpose, one.holding.model
            if group.kind == Kind.NONE:
                assert group.erase == Erase.KEEP, f"{one.holding.model}: {group.names} tells nothing about a person"
            if group.erase in (Erase.BLANK, Erase.ANONYMISE, Erase.DELETE):
                assert one.holding.person, f"{one.holding.model}: no way from the row to its person"
            if group.erase == Erase.ANONYMISE and not one.holding.by_hand:
                for name in group.names:
                    field = one.model._meta.get_field(name)
                    assert isinstance(field, models.CharField | models.TextField), f"{one.holding.model}.{name}"
        assert one.holding.keep.words
        assert one.holding.keep.basis


def test_the_scan_finds_what_is_missing_stale_and_hidden(monkeypatch):
    real = [one for one in privacy.declarations() if one.model not in (Person, PostHeld)]
    keep = plain("X", "x").keep
    short = privacy.Declared("org", holding("Person", "t", "p", keep, "pk", of("code nickname", "x")), Person)
    hidden = privacy.Declared("org", plain("PostHeld", "x"), PostHeld)
    monkeypatch.setattr(privacy, "declarations", lambda: (*real, short, hidden))
    found = undeclared()
    assert "org.Person.phone: nobody declared it" in found
    assert "org.Person.nickname: declared, but there is no such field" in found
    assert "org.PostHeld.person: points to a person, so plain() is not enough" in found
    monkeypatch.setattr(privacy, "declarations", lambda: tuple(real))
    assert any(line.startswith("org.Person: no declaration") for line in undeclared())
