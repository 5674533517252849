"""When a question sent through the portal is taken, and when its sender is forgotten. Basis: R-152; P-06."""

from __future__ import annotations

from datetime import timedelta

LONGEST = 2_000  # letters of a question
SHORTEST = 10
LONGEST_ANSWER = 10_000
SOONEST = timedelta(seconds=4)  # between the form and its sending: nobody writes a question faster
LATEST = timedelta(hours=12)  # then the form is asked for again
MOST_TRIES = 5  # from one network within …
TRIES_WITHIN = timedelta(hours=1)
TRIES_KEPT = timedelta(days=1)
SENDER_KEPT = timedelta(days=30)  # after the answer


def tries_sentence() -> str:
    return f"Từ mạng này đã gửi {MOST_TRIES} câu hỏi trong một giờ qua; hãy gửi tiếp sau, hoặc hỏi trực tiếp cán bộ của cấp ủy."
