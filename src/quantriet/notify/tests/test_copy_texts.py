"""Texts to copy into Zalo: filled from an office's own template, which names nobody and takes no place it does not know."""

import pytest

from quantriet.kit.refusal import Refusal
from quantriet.kit.time import now
from quantriet.notify import actions, queries
from quantriet.notify.models import CopyText
from quantriet.notify.rules.texts import check_template, fill

KNOWN = {"tên lớp": "Lớp [số] 1", "thời gian": "", "đơn vị": "Đảng ủy xã {0} %s"}


def test_places_are_filled_once_and_empty_lines_go():
    words = "[đơn vị] mời dự [tên lớp].\n[thời gian]\n\nTrân trọng [ai đó]."
    assert fill(words, KNOWN) == "Đảng ủy xã {0} %s mời dự Lớp [số] 1.\n\nTrân trọng [ai đó]."


@pytest.mark.parametrize("body", ["", "  \n ", "Mời [họ tên] dự lớp"])
def test_a_template_without_words_or_with_unknown_places_is_refused(body):
    with pytest.raises(Refusal) as refused:
        check_template(body, KNOWN)
    assert refused.value.field == "body"


@pytest.mark.django_db
def test_the_nearest_unit_with_words_of_its_own_gives_them(cast):
    def keep(unit, body):
        return actions.save_copy_text(cast.units[unit], "x", body, known=KNOWN, by=cast.officer, at=now())

    def words(unit):
        return queries.copy_text(cast.units[unit], "x", "mẫu chung")

    assert words("CB11") == "mẫu chung"
    keep("T", "của tỉnh")
    keep("X1", "của xã")
    assert [words(unit) for unit in ("T", "X1", "CB11", "X2")] == ["của tỉnh", "của xã", "của xã", "của tỉnh"]
    keep("X1", "  ")
    assert words("CB11") == "của tỉnh"
    assert CopyText.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.req("B-18")
def test_marked_words_are_refused(cast):
    with pytest.raises(Refusal) as refused:
        actions.save_copy_text(cast.units["T"], "x", "TUYỆT MẬT\nNội dung", known=KNOWN, by=cast.officer, at=now())
    assert refused.value.code == "secret.marked"
    assert not CopyText.objects.exists()
