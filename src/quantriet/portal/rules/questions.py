"""When a question sent through the portal is taken, and when its sender is forgotten. Basis: R-152; P-06."""

from __future__ import annotations

import re
from datetime import timedelta

from quantriet.kit import text

LONGEST = 2_000  # letters of a question
SHORTEST = 10
LONGEST_ANSWER = 10_000
SOONEST = timedelta(seconds=4)  # between the form and its sending: nobody writes a question faster
LATEST = timedelta(hours=12)  # then the form is asked for again
MOST_TRIES = 5  # from one network within …
TRIES_WITHIN = timedelta(hours=1)
TRIES_KEPT = timedelta(days=1)
_SENTENCES = re.compile(r"(?<=[.!?…])\s+|\n+")
_LETTERS = re.compile(r"[^\W_]+")
SENDER_KEPT = timedelta(days=30)  # after the answer


def sentences_naming(name: str, *texts: str) -> list[str]:
    """The sentences in which the asker's name stands, with or without marks: the whole name, or it without its first words.

    A name of one word is looked for as it is written, since without marks most of them are ordinary words.
    """
    spoken = text.fold(name).split()
    wanted = [" ".join(spoken[start:]) for start in range(len(spoken) - 1)]
    found = []
    for one in texts:
        for sentence in _SENTENCES.split(one):
            sentence = text.squeeze(sentence)
            words = f" {' '.join(_LETTERS.findall(text.fold(sentence)))} "
            is_named = any(f" {name} " in words for name in wanted)
            if len(spoken) == 1:
                is_named = name.strip() in _LETTERS.findall(sentence)
            if is_named and sentence not in found:
                found.append(sentence)
    return found


def tries_sentence() -> str:
    return f"Từ mạng này đã gửi {MOST_TRIES} câu hỏi trong một giờ qua; hãy gửi tiếp sau, hoặc hỏi trực tiếp cán bộ của cấp ủy."
