"""Names of a list held against names that are there: "Tân Hưng" and "Tân Hùng" are two places."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from quantriet.kit.text import fold, squeeze

_TONES = "\u0300\u0301\u0303\u0309\u0323"
_TONE_IN_WORD = re.compile(
    rf"([{_TONES}])([\w\u0302\u0306\u031b]+)"
)  # past what bears no tone: circumflex, breve, horn


def same_key(name: str) -> str:
    """The same for one name in whatever capitals, spaces or place of the tone ("Hoà", "Hòa"); every mark tells names apart."""
    return _TONE_IN_WORD.sub(r"\2\1", unicodedata.normalize("NFD", squeeze(name).casefold()))


def is_bare(name: str) -> bool:
    """Written without any mark, as lists from old programs are: such a name may be meant for one with marks."""
    return fold(name) == squeeze(name).lower()


class ListedNames:
    """Names that are there, each with its key and its unit; which of them a line of a list means."""

    def __init__(self, there: Iterable[tuple[int, str, int]]) -> None:
        self._exact: dict[str, list[tuple[int, int]]] = {}
        self._same: dict[str, list[tuple[int, int]]] = {}
        self._folded: dict[str, list[tuple[int, int]]] = {}
        for pk, name, unit in there:
            for names, key in ((self._exact, name), (self._same, same_key(name)), (self._folded, fold(name))):
                names.setdefault(key, []).append((pk, unit))

    def find(self, name: str, unit: int | None) -> tuple[int | None, str]:
        """The key of what is meant (None: nothing of that name) and what is wrong with the name, as the end of a sentence.

        A name without marks means one with marks only when a single one fits, and of the same unit.
        """
        for fitting in (self._exact.get(name), self._same.get(same_key(name))):
            if fitting:
                own = [one for one in fitting if one[1] == unit] or fitting
                if len(own) > 1:
                    return None, "có nhiều tên chỉ khác nhau ở chữ hoa, chữ thường; hãy ghi đúng như đã có."
                return own[0][0], ""
        fitting = self._folded.get(fold(name)) if is_bare(name) else None
        if not fitting:
            return None, ""
        if len(fitting) > 1 or fitting[0][1] != unit:
            return None, "ghi không dấu nên không rõ là nơi nào trong những nơi đã có; hãy ghi tên có dấu."
        return fitting[0][0], ""
