"""Short questionnaires in the hall: how they are written, answered and counted; pure (R-068, R-054)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from quantriet.attendance.rules.self_study import letter, read_choices, read_right
from quantriet.kit.refusal import Refusal
from quantriet.kit.text import squeeze

MOST_QUESTIONS, MOST_CHOICES = 5, 6
MOST_TEXT, MOST_QUESTION, MOST_CHOICE = 300, 300, 160
LEAST_MINUTES, MOST_MINUTES = 3, 30
_NUMBER = re.compile(r"^(?:câu\s*)?\d{1,2}\s*[.:)]\s*", re.I)


class Question(NamedTuple):
    """A question with its choices, or without any: then it asks a short text. `right`: places of right choices, if any."""

    text: str
    choices: tuple[str, ...] = ()
    right: tuple[int, ...] = ()

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Question:
        return cls(data["text"], tuple(data["choices"]), tuple(data["right"]))

    def as_json(self) -> dict[str, Any]:
        return {"text": self.text, "choices": list(self.choices), "right": list(self.right)}


Answer = int | str | None


def read_questions(typed: str) -> list[Question]:
    """Questions as they are typed or pasted: an empty line between two, the choices one a line below, "*" at a right one.

    Refuses none, more than five, too long ones, a single choice, equal choices, and choices that are all right.
    """
    blocks = [block.strip() for block in re.split(r"\n\s*\n", typed.replace("\r", "")) if block.strip()]
    if not blocks:
        raise Refusal("questionnaire.empty", "Chưa có câu hỏi nào.", field="questions")
    if len(blocks) > MOST_QUESTIONS:
        raise Refusal(
            "questionnaire.too_many",
            f"Một phiếu có từ 1 đến {MOST_QUESTIONS} câu; ở đây có {len(blocks)} câu.",
            field="questions",
        )
    return [_read(block, number) for number, block in enumerate(blocks, start=1)]


def _read(block: str, number: int) -> Question:
    head, *lines = [line.strip() for line in block.split("\n") if line.strip()]
    text = squeeze(_NUMBER.sub("", head))
    marked = [line.startswith("*") or line.endswith("*") for line in lines]
    choices = (
        [squeeze(one) for one in read_choices("\n".join(line.strip("* ") for line in lines))]
        if len(lines) > 1
        else lines
    )

    def wrong(sentence: str) -> Refusal:
        return Refusal("questionnaire.question", f"Câu {number}: {sentence}", field="questions")

    if not text or len(text) > MOST_QUESTION:
        raise wrong(f"lời hỏi có từ 1 đến {MOST_QUESTION} ký tự.")
    if len(choices) == 1 or len(choices) > MOST_CHOICES:
        raise wrong(
            f"có từ 2 đến {MOST_CHOICES} phương án, mỗi phương án một dòng; không có phương án nào thì trả lời bằng chữ."
        )
    if any(not one or len(one) > MOST_CHOICE for one in choices):
        raise wrong(f"mỗi phương án có từ 1 đến {MOST_CHOICE} ký tự.")
    if len({one.casefold() for one in choices}) != len(choices):
        raise wrong("có hai phương án giống nhau.")
    right = tuple(place for place, is_right in enumerate(marked) if is_right)
    if choices and len(right) == len(choices):
        raise wrong("mọi phương án đều được đánh dấu đúng.")
    return Question(text, tuple(choices), right)


def as_typed(questions: Iterable[Question]) -> str:
    """The questions as `read_questions` reads them."""
    blocks = []
    for number, one in enumerate(questions, start=1):
        lines = [f"{number}. {one.text}"]
        lines += [
            f"{letter(place)}. {words}{' *' if place in one.right else ''}" for place, words in enumerate(one.choices)
        ]
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks)


def read_answers(questions: Sequence[Question], given: Sequence[str]) -> list[Answer]:
    """What was chosen or written, question by question: of a choice its place (typed as number from 0, or as letter).

    Refuses a question with choices that is left out or answered by anything else, and long texts; a text may be left out,
    but not everything.
    """
    found: list[Answer] = []
    for number, (question, said) in enumerate(zip(questions, given, strict=True), start=1):
        words = squeeze(said.replace("\0", ""))
        if question.choices:
            place = (
                int(words)
                if words.isdecimal() and len(words) < 3
                else (read_right(words, len(question.choices)) or [-1])[0]
            )
            if not 0 <= place < len(question.choices) or "," in words:
                raise Refusal("answer.choice", f"Câu {number}: hãy chọn một phương án.", field=f"q{number}")
            found.append(place)
        elif len(words) > MOST_TEXT:
            raise Refusal("answer.long", f"Câu {number}: trả lời không quá {MOST_TEXT} ký tự.", field=f"q{number}")
        else:
            found.append(words or None)
    if all(one is None for one in found):
        raise Refusal("answer.empty", "Chưa trả lời câu nào.", field="q1")
    return found


class Choice(NamedTuple):
    letter: str
    words: str
    taken: int  # by so many
    is_right: bool


class Counted(NamedTuple):
    """A question with what was answered: choices with how many took them, or the texts."""

    number: int
    question: Question
    answered: int
    choices: list[Choice]
    texts: list[str]
    right: int | None  # how many were right; None where nothing is right or wrong


def count_answers(questions: Sequence[Question], answers: Sequence[Sequence[Answer]]) -> list[Counted]:
    """The answers of many people, question by question."""
    told = []
    for place, question in enumerate(questions):
        said = [one[place] for one in answers if one[place] is not None]
        counts = Counter(one for one in said if isinstance(one, int))
        choices = [
            Choice(letter(number), words, counts[number], number in question.right)
            for number, words in enumerate(question.choices)
        ]
        right = sum(one.taken for one in choices if one.is_right) if question.right else None
        told.append(
            Counted(place + 1, question, len(said), choices, [one for one in said if isinstance(one, str)], right)
        )
    return told


def shown_answer(question: Question, answer: Answer) -> str:
    """One answer in words: "B. 45 ngày"."""
    if isinstance(answer, int) and 0 <= answer < len(question.choices):
        return f"{letter(answer)}. {question.choices[answer]}"
    return answer if isinstance(answer, str) else ""
