"""Closed lists of words with a label for people; pure, so that `rules` and `vocab` of every room can use it."""

from collections.abc import Callable
from enum import StrEnum
from typing import Self


def gettext_noop(message: str) -> str:
    """Mark an English label for the catalogue without translating it now."""
    return message


# Replaced by Django's gettext when the toolbox app is ready; plain English before and in pure use.
translate: Callable[[str], str] = gettext_noop


class LabelledEnum(StrEnum):
    """A string enum whose members carry an English message id: `OWING = "owing", gettext_noop("Owing")`."""

    message: str

    def __new__(cls, value: str, message: str = "") -> Self:
        member = str.__new__(cls, value)
        member._value_ = value
        member.message = message or value
        return member

    @property
    def label(self) -> str:
        """The word in the reader's language."""
        return translate(self.message)

    @classmethod
    def choices(cls) -> list[tuple[str, str]]:
        """Pairs (value, English message id) for a model field; forms and pages ask `.label`."""
        return [(member.value, member.message) for member in cls]

    @classmethod
    def labels(cls) -> list[tuple[str, str]]:
        """Pairs (value, label in the reader's language) for a form field."""
        return [(member.value, member.label) for member in cls]
