"""Words that everybody here would guess first. Pure."""

from __future__ import annotations

from quantriet.kit.text import fold

_WORDS = frozenset(
    {
        "quantriet", "matkhau", "dangvien", "chibo", "danguy", "dangbo", "tinhuy", "thanhuy", "nghiquyet", "dangcongsan",
        "dangcongsanvietnam", "vietnam", "tuyengiao", "danvan", "hoctap", "bithu", "password",
    }
)  # fmt: skip


def is_word_of_the_house(password: str, username: str) -> bool:
    """Whether a password is, but for figures and signs, a word of this trade or the user name."""
    letters = "".join(letter for letter in fold(password) if letter.isalpha())
    own = "".join(letter for letter in fold(username) if letter.isalpha())
    return letters in _WORDS or (len(own) >= 4 and letters in (own, own * 2))
