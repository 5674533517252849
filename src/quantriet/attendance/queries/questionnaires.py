"""Reads of questionnaires and suggestions in the hall: what is open now, what was answered, who has not."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from quantriet.attendance.models import PresenceFact, Questionnaire, QuestionnaireAnswer, Suggestion, SuggestionBox
from quantriet.attendance.rules.minutes import Fact, SessionTime, stretches
from quantriet.attendance.rules.questionnaires import Counted, Question, count_answers
from quantriet.attendance.vocab import FactKind, QuestionnaireState
from quantriet.classes.models import ClassSession, RosterEntry, StudyClass, Venue


def state_of(questionnaire: Questionnaire, at: dt.datetime) -> QuestionnaireState:
    if questionnaire.called_off_at is not None:
        return QuestionnaireState.CALLED_OFF
    if questionnaire.opens_at is None or questionnaire.ends_at is None:
        return QuestionnaireState.PREPARED
    return QuestionnaireState.OPEN if at < questionnaire.ends_at else QuestionnaireState.OVER


def questionnaires_in(session: ClassSession, venue: Venue) -> QuerySet[Questionnaire]:
    """Questionnaires for the people of a venue in a session, the latest first; those called off are left out."""
    mine = Q(venue=venue) | Q(venue__isnull=True)
    return Questionnaire.objects.filter(mine, session=session, called_off_at__isnull=True).order_by(
        "-prepared_at", "-pk"
    )


def open_now(session_id: int, venue_id: int, at: dt.datetime) -> Questionnaire | None:
    """The questionnaire that a scan of the hall's code leads to at this moment."""
    mine = Q(venue=venue_id) | Q(venue__isnull=True)
    return (
        Questionnaire.objects.filter(mine, session=session_id, called_off_at__isnull=True, opens_at__lte=at, ends_at__gt=at)
        .order_by("-opens_at").first()
    )  # fmt: skip


def takes_suggestions(study_class: StudyClass | int) -> bool:
    return SuggestionBox.objects.filter(study_class=study_class, is_open=True).exists()


@dataclass(frozen=True)
class Silent:
    """Somebody who was in the hall when the questionnaire was opened and has not answered."""

    entry_id: int
    name: str
    code: str
    cell: str


@dataclass(frozen=True)
class Result:
    """What a questionnaire came to in one venue."""

    questionnaire: Questionnaire
    counted: list[Counted]
    answered: int
    called: int
    silent: list[Silent]


def result_of(questionnaire: Questionnaire, venue: Venue) -> Result:
    """The answers counted, and who of the hall has not answered. Three statements."""
    assert questionnaire.opens_at
    session = questionnaire.session
    given = dict(
        QuestionnaireAnswer.objects.filter(questionnaire=questionnaire, entry__venue=venue).values_list(
            "entry_id", "answers"
        )
    )
    before: dict[int, list[Fact]] = defaultdict(list)
    facts = PresenceFact.objects.filter(
        entry__venue=venue, session=session, voided_by__isnull=True, at__lt=questionnaire.opens_at
    ).exclude(kind=FactKind.VOID)
    for entry_id, kind, moment in facts.values_list("entry_id", "kind", "at"):
        before[entry_id].append(Fact(FactKind(kind), moment))
    time = SessionTime.of(session.starts_at, session.ends_at)
    silent, called = [], 0
    people = RosterEntry.objects.filter(venue=venue).order_by("person__sort_key", "pk")
    for pk, name, code, cell, short in people.values_list(
        "pk", "person__full_name", "person__code", "unit__name", "unit__short_name"
    ):
        called += 1
        inside = any(start <= questionnaire.opens_at < end for start, end in stretches(before[pk], time))
        if inside and pk not in given:
            silent.append(Silent(pk, name, code, short or cell))
    questions = [Question.from_json(one) for one in questionnaire.questions]
    return Result(questionnaire, count_answers(questions, list(given.values())), len(given), called, silent)


def suggestions_in(study_class: StudyClass) -> QuerySet[Suggestion]:
    return Suggestion.objects.filter(session__study_class=study_class).select_related(
        "entry__person", "entry__unit", "entry__venue", "session"
    )
