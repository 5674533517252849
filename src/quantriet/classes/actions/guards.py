"""What every writer of a class asks first: its true state, the one place in the queue, room in the hall."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from quantriet.campaigns import actions as campaign_actions
from quantriet.campaigns.vocab import ATTEND
from quantriet.classes import queries
from quantriet.classes.models import StudyClass, Venue
from quantriet.classes.vocab import (
    ClassState,
)
from quantriet.kit.db import named_lock
from quantriet.kit.numbers import show_number
from quantriet.kit.refusal import Refusal


@contextmanager
def class_in(study_class: StudyClass, *states: ClassState, roster: bool = False) -> Iterator[None]:
    """One writer of a class at a time, on its true state; with `roster` also the only one on the campaign's rosters."""
    with named_lock(f"class:{study_class.pk}"):
        if roster:
            with roster_in(study_class, *states):
                yield
            return
        _refuse_now_unless(study_class, *states)
        yield


@contextmanager
def roster_in(study_class: StudyClass, *states: ClassState) -> Iterator[None]:
    """One writer at a time on the rosters of a campaign, on the true state of the class."""
    with named_lock(f"roster:{study_class.campaign_id}"):
        _refuse_now_unless(study_class, *states)
        yield


@contextmanager
def programme_of(study_class: StudyClass) -> Iterator[bool]:
    """One writer of the timetable at a time: of a draft, or of a released class in which somebody is marked.

    Such a class is not taken back to draft any more, but what was planned may be corrected to what took place. Yields
    whether that is the case; verdicts then follow the corrected times (decision 0006).
    """
    with class_in(study_class, ClassState.DRAFT, ClassState.RELEASED):
        is_marked = study_class.state == ClassState.RELEASED and queries.is_marked(study_class)
        if not is_marked:
            refuse_unless(study_class, ClassState.DRAFT)
        yield is_marked
        if is_marked:
            campaign_actions.rejudge_duties(study_class.campaign, ATTEND, event_id=study_class.pk)


def _refuse_now_unless(study_class: StudyClass, *states: ClassState) -> None:
    study_class.refresh_from_db(fields=["state", "revision", "outsiders"])
    refuse_unless(study_class, *states)


def refuse_unless(study_class: StudyClass, *states: ClassState) -> None:
    if study_class.state in states:
        return
    sentences = {
        ClassState.DRAFT: ("class.not_released", "Lớp chưa chốt nên chưa làm được việc này."),
        ClassState.RELEASED: ("class.released", "Lớp đã chốt; hãy mở lại lớp để sửa."),
        ClassState.CLOSED: ("class.closed", "Lớp đã khép nên không sửa được nữa."),
        ClassState.CANCELLED: ("class.cancelled", "Lớp đã hủy nên không sửa được nữa."),
    }
    raise Refusal(*sentences[ClassState(study_class.state)])


def refuse_over_capacity(venue: Venue, *, more: int) -> None:
    seated = venue.roster.filter(queries.seated("")).count() + more
    if venue.capacity is not None and seated > venue.capacity:
        raise Refusal(
            "venue.over_capacity",
            f"{venue.name} chứa được {show_number(venue.capacity)} người, sẽ có {show_number(seated)} người; "
            "lớp đã chốt không xếp quá sức chứa hội trường.",
            field="capacity",
        )
