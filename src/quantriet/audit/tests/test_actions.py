"""What the log keeps of a write, in a form that JSON holds and nobody can take for something else."""

import datetime as dt
from decimal import Decimal

import pytest

from quantriet.audit import actions, queries
from quantriet.audit.models import AuditEvent
from quantriet.audit.vocab import VERBS
from quantriet.kit.time import now


class Somebody:
    pk = 7

    def __str__(self):
        return "Nguyễn Thị Hường"


class Somewhere:
    pk = 3
    path = "1.3."


@pytest.fixture
def thing(db):
    return AuditEvent.objects.create(at=now(), verb="x", thing_kind="x", thing_id="1", thing_label="Vật")


def test_a_line_holds_labels_and_numbers_but_no_foreign_key(thing):
    at = now()
    line = actions.record(
        "person.changed", by=Somebody(), at=at, thing=thing, unit=Somewhere(), person_id=9,
        before={"on": dt.date(2026, 3, 9)}, after={"share": Decimal("45.2"), "thing": thing, "flags": {True}},
    )  # fmt: skip
    line.refresh_from_db()
    assert (line.actor_id, line.actor_label) == (7, "Nguyễn Thị Hường")
    assert (line.unit_id, line.unit_path, line.person_id) == (3, "1.3.", 9)
    assert (line.thing_kind, line.thing_id) == ("audit.auditevent", str(thing.pk))
    assert line.before == {"on": "2026-03-09"}
    assert line.after == {"share": "45.2", "thing": "x Vật", "flags": [True]}
    assert not [field for field in AuditEvent._meta.get_fields() if field.is_relation]


def test_the_product_acting_by_itself_has_a_name(thing):
    line = actions.record("x", by=None, at=now(), thing=thing)
    assert (line.actor_id, line.actor_label) == (None, "Hệ thống")


def test_changes_are_only_what_differs(thing):
    before, after = actions.changes(thing, {"verb": "y", "thing_label": "Vật"})
    assert (before, after) == ({"verb": "x"}, {"verb": "y"})


def test_many_lines_are_written_in_one_statement(thing, django_assert_num_queries):
    with django_assert_num_queries(1):
        actions.record_many(
            "x", by=Somebody(), at=now(), lines=[(thing, Somewhere(), {}, {"n": n}) for n in range(500)]
        )
    assert AuditEvent.objects.filter(actor_id=7).count() == 500


def test_every_registered_verb_is_a_vietnamese_phrase():
    assert len(VERBS.items()) > 20
    for verb, phrase in VERBS.items():
        assert "." in verb
        assert phrase
        assert phrase == phrase.strip()


def test_an_unknown_verb_is_shown_as_it_is(thing):
    assert queries.phrase(thing) == "x"
    thing.verb = "person.transferred"
    assert queries.phrase(thing) == "chuyển sinh hoạt"
