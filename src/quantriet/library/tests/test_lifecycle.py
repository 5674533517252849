"""In force, amended, replaced, ended: with the day and what says so; plans are warned, rules are reviewed (R-021)."""

import datetime as dt
import io

import pytest
import time_machine
from django.urls import reverse
from openpyxl import load_workbook

from quantriet.kit.refusal import Refusal
from quantriet.kit.time import now, today
from quantriet.library import actions, queries
from quantriet.library.models import GuidingDocument
from quantriet.library.rules.lifecycle import Change, coming, life_on
from quantriet.library.tests.factories import make_document
from quantriet.library.vocab import DocumentStatus, RelationKind, ReviewOutcome

pytestmark = [pytest.mark.django_db, pytest.mark.req("R-021")]

DAY = dt.timedelta(days=1)


def replace(cast, new, old, kind=RelationKind.REPLACES, since=None):
    return actions.add_relation(new, by=cast.officer, at=now(), kind=kind, target=old, since_on=since)


def status(document):
    return GuidingDocument.objects.get(pk=document.pk).status


def test_the_life_of_a_document_by_the_day():
    day = dt.date(2026, 5, 1)
    amends = Change(RelationKind.AMENDS, day, "A")
    replaces = Change(RelationKind.REPLACES, day + 10 * DAY, "B")
    lives = [life_on(day + number * DAY, [replaces, amends], day + 5 * DAY, "C") for number in (-1, 0, 5, 10)]
    assert [one.status for one in lives] == ["in_force", "amended", "expired", "replaced"]
    assert [one.because for one in lives] == ["", "A", "C", "B"]
    told = coming("X", [replaces, amends], day + 5 * DAY, day=day, until=day + 30 * DAY)
    assert len(told) == 2
    assert "thay thế bằng B từ ngày 11/05/2026" in told[0]


def test_a_replacement_to_come_changes_the_status_on_its_day(cast):
    old, new = make_document(cast), make_document(cast, number="30-HD/BTGTU", issued_on=today())
    replace(cast, new, old, since=today() + 3 * DAY)
    assert status(old) == DocumentStatus.IN_FORCE
    assert actions.follow_lifecycles(at=now()) == 0
    with time_machine.travel(now() + 3 * DAY, tick=False):
        assert actions.follow_lifecycles(at=now()) == 1
        assert actions.follow_lifecycles(at=now()) == 0
    assert status(old) == DocumentStatus.REPLACED
    with pytest.raises(Refusal) as refused:
        replace(cast, new, make_document(cast, number="27-HD/BTGTU"), since=today() - 400 * DAY)
    assert refused.value.code == "relation.before_issue"


def test_an_end_needs_a_basis_and_comes_on_its_day_and_back(cast):
    document = make_document(cast)
    for on, basis, code in (
        (document.issued_on, "x", "document.expiry_before_issue"),
        (today(), " ", "document.expiry_basis_missing"),
    ):
        with pytest.raises(Refusal) as refused:
            actions.set_expiry(document, on=on, basis=basis, by=cast.officer, at=now())
        assert refused.value.code == code
    actions.set_expiry(document, on=today() + DAY, basis="Điều 9 Quy định này", by=cast.officer, at=now())
    assert status(document) == DocumentStatus.IN_FORCE
    with time_machine.travel(now() + DAY, tick=False):
        actions.follow_lifecycles(at=now())
    assert status(document) == DocumentStatus.EXPIRED
    actions.set_expiry(document, on=None, by=cast.officer, at=now())
    assert status(document) == DocumentStatus.IN_FORCE


def test_a_plan_is_warned_in_words_of_what_is_and_what_will_be(cast, as_user):
    old, new = make_document(cast), make_document(cast, number="30-HD/BTGTU", issued_on=today())
    relation = replace(cast, new, old)
    (words,) = queries.lifecycle_warnings([old, new], day=today())
    assert (
        words
        == f"{old.citation} đã được thay thế bằng {new.citation} từ ngày {today():%d/%m/%Y}; hãy xem lại có còn học văn bản này."
    )
    page = as_user("officer").get(reverse("document", args=[old.pk])).content.decode()
    assert words in page
    actions.remove_relation(relation, by=cast.officer, at=now())
    actions.set_expiry(old, on=today() + 20 * DAY, basis="Điều 5", by=cast.officer, at=now())
    assert queries.lifecycle_warnings([old], day=today(), until=today() + 10 * DAY) == []
    assert "sẽ hết hiệu lực" in queries.lifecycle_warnings([old], day=today(), until=today() + 20 * DAY)[0]


def test_internal_rules_whose_ground_has_moved_are_listed_until_reviewed(cast, as_user):
    ground = make_document(cast, number="08-CT/TU")
    rule = make_document(cast, number="12-QĐ/TU", subject="Quy định về học tập nghị quyết")
    make_document(cast, number="13-QĐ/TU", subject="Quy định khác")
    actions.add_relation(rule, by=cast.officer, at=now(), kind=RelationKind.GUIDES, target=ground)
    client = as_user("officer")
    address = reverse("document-review-list")
    assert "Không có gì phải rà soát" in client.get(address).content.decode()
    new = make_document(cast, number="20-CT/TU", issued_on=today())
    replace(cast, new, ground)
    page = client.get(address).content.decode()
    assert "12-QĐ/TU" in page
    assert "13-QĐ/TU" not in page
    assert f"{ground.citation} đã được thay thế bằng {new.citation}" in page
    book = load_workbook(io.BytesIO(client.get(address + "?format=xlsx").getvalue()))
    assert "12-QĐ/TU" in [str(cell.value) for row in book.active for cell in row]
    with pytest.raises(Refusal):
        actions.review_document(rule, outcome=ReviewOutcome.AMEND, by=cast.officer, at=now())
    asked = client.get(reverse("document-review", args=[rule.pk])).content.decode()
    assert "Kết quả khác “Còn phù hợp, giữ nguyên” thì phải ghi." in asked
    assert "(không bắt buộc)" not in asked
    answer = client.post(reverse("document-review", args=[rule.pk]), {"outcome": "amend", "note": "Văn phòng, quý I"})
    assert answer.status_code == 303
    assert "12-QĐ/TU" not in client.get(address).content.decode()
    assert "Văn phòng, quý I" in client.get(reverse("document", args=[rule.pk])).content.decode()
    # What changes afterwards brings it back.
    with time_machine.travel(now() + 2 * DAY, tick=False):
        actions.set_expiry(rule, on=today() + 30 * DAY, basis="Điều 7", by=cast.officer, at=now())
        assert [one.document for one in queries.rules_to_review(GuidingDocument.objects.all(), day=today())] == [rule]
    assert as_user("organiser1").get(address).status_code == 403


def test_the_end_of_validity_is_entered_on_its_page(cast, as_user):
    document = make_document(cast)
    client = as_user("officer")
    answer = client.post(
        reverse("document-expiry", args=[document.pk]),
        {"expires_on": f"{today():%d/%m/%Y}", "expiry_basis": "Quyết định 5-QĐ/TU"},
    )
    assert answer.status_code == 303
    page = client.get(reverse("document", args=[document.pk])).content.decode()
    assert "Hết hiệu lực" in page
    assert "Quyết định 5-QĐ/TU" in page
    assert "expired" in client.get(reverse("document-list") + "?status=expired").content.decode()
