"""The one way in which a rule or an action says no."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class Refusal(Exception):
    """A refusal a person can use: a stable English code, one Vietnamese sentence, and the field or row it is about.

    Pages, imports and machines catch only this family; anything else is a bug and is logged.
    """

    def __init__(self, code: str, sentence: str, *, field: str | None = None, row: int | None = None) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence
        self.field = field
        self.row = row


class Refusals(Refusal):
    """Several refusals at once, so that all errors of one submission are told together."""

    def __init__(self, several: list[Refusal]) -> None:
        super().__init__("several", " ".join(one.sentence for one in several))
        self.several = several


class NotAllowed(Exception):
    """An insider asks for something outside their rights: the page answers 403 with the sentence."""

    def __init__(self, sentence: str = "Tài khoản của đồng chí không có quyền làm việc này.") -> None:
        super().__init__(sentence)
        self.sentence = sentence


@contextmanager
def refusals_on(form: Any) -> Iterator[None]:
    """Show refusals raised inside the block as errors of `form`, beside the field they name."""
    try:
        yield
    except Refusals as many:
        for one in many.several:
            _add(form, one)
    except Refusal as one:
        _add(form, one)


def _add(form: Any, refusal: Refusal) -> None:
    form.add_error(refusal.field if refusal.field in form.fields else None, refusal.sentence)
