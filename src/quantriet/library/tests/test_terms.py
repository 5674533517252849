"""Numbers of documents within a term (P-02)."""

import datetime as dt

import pytest

from quantriet.kit.refusal import Refusal
from quantriet.kit.time import now
from quantriet.library import actions, queries
from quantriet.org import actions as org_actions

pytestmark = [pytest.mark.django_db, pytest.mark.req("P-02")]


def register(cast, number, day):
    return actions.register_document(
        by=cast.officer, at=now(), unit=cast.units["T"], reference_number=number, issuing_body="Tỉnh ủy", level="province",
        issued_on=day, subject="Về một việc",
    )  # fmt: skip


def test_a_number_is_used_once_in_a_term_and_again_in_the_next(cast):
    unit = cast.units["T"]
    register(cast, "15-NQ/TU", dt.date(2023, 5, 1))
    assert queries.next_references(unit) == ["16-NQ/TU"]
    for first in (2020, 2025):
        org_actions.add_term(
            unit=unit, name=f"Nhiệm kỳ {first}–{first + 5}", valid_from=dt.date(first, 10, 1), valid_to=dt.date(first + 5, 9, 30),
            by=cast.officer, at=now(),
        )  # fmt: skip
    with pytest.raises(Refusal) as refusal:
        register(cast, "15-NQ/TU", dt.date(2024, 5, 1))
    assert refusal.value.code == "document.number_taken"
    assert (
        "Số 15-NQ/TU đã dùng cho văn bản ngày 01/05/2023 trong Nhiệm kỳ 2020–2025 của Tỉnh ủy Tân Lĩnh"
        in refusal.value.sentence
    )
    assert queries.next_references(unit) == ["01-NQ/TU"]
    second = register(cast, "15-NQ/TU", dt.date(2025, 12, 1))
    assert queries.next_references(unit) == ["16-NQ/TU"]
    with pytest.raises(Refusal):
        actions.change_document(second, by=cast.officer, at=now(), issued_on=dt.date(2024, 12, 1))
    other = register(cast, "16-NQ/TU", dt.date(2026, 1, 5))
    assert actions.change_document(other, by=cast.officer, at=now(), subject="Về việc khác").subject == "Về việc khác"
