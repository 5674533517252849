"""Plots as SVG text: small, labelled in words, readable in print and by a screen reader. Pure; escapes all it is given.

Horizontal places are per cent and texts keep the page's own size, so a plot fits 390 px and grows with A+ without
shrinking its words, and needs no style attribute (the content policy forbids them).
"""

import datetime as dt
from collections.abc import Sequence
from html import escape

from quantriet.kit import numbers, time

# Bottom line of the plot in per cent of its height; below stand the dates, above the top line its label.
_TOP, _FLOOR = 12.0, 84.0
_LEFT, _RIGHT = 0.0, 100.0
_KINDS = frozenset({"", "done", "owing", "silent", "late"})


def bar(value: int, total: int, *, kind: str = "") -> str:
    """One horizontal bar, `value` of `total`; hidden from screen readers because the figures stand beside it."""
    if kind not in _KINDS:
        raise ValueError(f"unknown kind of bar: {kind!r}")
    percent = min(100.0, max(0.0, value * 100 / total)) if total else 0.0
    extra = f" meter--{kind}" if kind else ""
    return (
        f'<svg class="meter{extra}" aria-hidden="true" focusable="false" width="100%" height="14">'
        f'<rect x="0" y="0" height="100%" width="{percent:.2f}%"/></svg>'
    )


def progress_line(
    points: Sequence[tuple[dt.date, int]],
    *,
    title: str,
    desc: str,
    deadline: dt.date | None = None,
    deadline_label: str = "",
    total: int | None = None,
) -> str:
    """A stepped line of counts over days; `total` sets the top, the deadline is a broken line with its words."""
    points = sorted(points)
    if not points:
        return ""
    first, last = points[0][0], max(points[-1][0], deadline or points[-1][0])
    span = max(1, (last - first).days)
    top = max([value for _, value in points] + [total or 0, 1])

    def across(day: dt.date) -> float:
        return _LEFT + (_RIGHT - _LEFT) * min(1.0, max(0.0, (day - first).days / span))

    def height(value: int) -> float:
        return _FLOOR - (_FLOOR - _TOP) * max(0, value) / top

    parts = [
        '<svg class="plot" role="img" width="100%" height="208" xmlns="http://www.w3.org/2000/svg">',
        f"<title>{escape(title)}</title><desc>{escape(desc)}</desc>",
        _line("rule", _LEFT, _TOP, _RIGHT, _TOP),
        _line("axis", _LEFT, _FLOOR, _RIGHT, _FLOOR),
        _text(_LEFT, _TOP - 3, numbers.show_number(top), "start"),
    ]
    for (day, value), (following, _) in zip(points, [*points[1:], (points[-1][0], 0)], strict=True):
        parts.append(_line("step", across(day), height(value), across(following), height(value)))
    for (_, before), (day, after) in zip(points, points[1:], strict=False):
        if before != after:
            parts.append(_line("step", across(day), height(before), across(day), height(after)))
    if len(points) == 1:
        parts.append(f'<circle class="step" cx="{across(first):.2f}%" cy="{height(points[0][1]):.2f}%" r="3"/>')
    if deadline and first <= deadline <= last:
        place = across(deadline)
        parts.append(_line("deadline", place, _TOP, place, _FLOOR))
        parts.append(_text(place, _TOP - 3, deadline_label or time.show_day(deadline), _anchor(place), "deadline-text"))
    parts.append(_text(_LEFT, 97, time.show_day(first), "start"))
    if last != first:
        parts.append(_text(_RIGHT, 97, time.show_day(last), "end"))
    return "".join([*parts, "</svg>"])


def _line(kind: str, x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<line class="{kind}" x1="{x1:.2f}%" y1="{y1:.2f}%" x2="{x2:.2f}%" y2="{y2:.2f}%"/>'


def _text(x: float, y: float, words: str, anchor: str, kind: str = "") -> str:
    css = f' class="{kind}"' if kind else ""
    return f'<text{css} x="{x:.2f}%" y="{y:.2f}%" text-anchor="{anchor}">{escape(words)}</text>'


def _anchor(place: float) -> str:
    return "end" if place > 60 else "middle" if place > 30 else "start"
