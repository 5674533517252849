"""Questionnaires in the hall: prepared, opened at a moment of the organiser's choice, answered by the hall's code or by a slip."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.db.models import Q

from quantriet.attendance.actions.check_ins import be_present_by_ticket
from quantriet.attendance.actions.marks import record_marks, refuse_class
from quantriet.attendance.actions.presence_checks import call_off_check, set_presence_check
from quantriet.attendance.actions.verdicts import ClassFrame
from quantriet.attendance.models import Questionnaire, QuestionnaireAnswer
from quantriet.attendance.rules import questionnaires as rules
from quantriet.attendance.rules.codes import Ticket
from quantriet.attendance.rules.questionnaires import Answer, Question
from quantriet.attendance.vocab import FactKind, Mark, Method
from quantriet.audit.actions import record
from quantriet.classes.models import ClassSession, RosterEntry, StudyClass, Venue
from quantriet.kit.refusal import Refusal
from quantriet.kit.text import squeeze
from quantriet.kit.time import show_clock, show_moment
from quantriet.org.models import Account, Person
from quantriet.org.rules.secrecy import refuse_if_marked


@dataclass(frozen=True)
class AnsweredQuestionnaire:
    """An answer that is on the disk: whose, and whether it was there before."""

    name: str
    at: dt.datetime
    is_repeat: bool


def prepare_questionnaire(
    session: ClassSession, venue: Venue | None, *, title: str, questions: Sequence[Question], is_presence: bool, minutes: int,
    by: Account, at: dt.datetime,
) -> Questionnaire:  # fmt: skip
    """Keep a questionnaire of one to five questions for a session, in one venue or in all (None), to be opened later.

    Refuses without questions, marked content, and fewer than 3 or more than 30 minutes. Effects: the questionnaire, audit
    "questionnaire.prepared". Basis: R-068; without presence R-054.
    """
    if not 1 <= len(questions) <= rules.MOST_QUESTIONS:
        raise Refusal("questionnaire.empty", f"Một phiếu có từ 1 đến {rules.MOST_QUESTIONS} câu.", field="questions")
    if not rules.LEAST_MINUTES <= minutes <= rules.MOST_MINUTES:
        raise Refusal(
            "questionnaire.minutes",
            f"Thời gian trả lời từ {rules.LEAST_MINUTES} đến {rules.MOST_MINUTES} phút.",
            field="minutes",
        )
    name = squeeze(title)[:160]
    for said in (name, *(text for one in questions for text in (one.text, *one.choices))):
        refuse_if_marked(said, "Phiếu hỏi")
    study_class: StudyClass = session.study_class
    with transaction.atomic():
        made = Questionnaire.objects.create(
            session=session, venue=venue, title=name or questions[0].text[:160], questions=[one.as_json() for one in questions],
            is_presence=is_presence, minutes=minutes, prepared_at=at, prepared_by=by,
        )  # fmt: skip
        record(
            "questionnaire.prepared", by=by, at=at, thing=study_class, unit=study_class.unit,
            after={"session": session.title, "venue": venue.name if venue else "", "title": made.title},
        )  # fmt: skip
    return made


def open_questionnaire(questionnaire: Questionnaire, *, by: Account, at: dt.datetime) -> Questionnaire:
    """Open it now for its minutes; twice changes nothing.

    One that proves presence is a check in mid-session with all its rules. Refuses outside the session, beside another check
    or questionnaire of the same people, called off, and a class that takes no roll. Effects: its hours, the check, audit
    "questionnaire.opened".
    """
    session = questionnaire.session
    study_class: StudyClass = session.study_class
    if questionnaire.opens_at is not None:
        return questionnaire
    if questionnaire.called_off_at is not None:
        raise Refusal("questionnaire.called_off", "Phiếu này đã bỏ; hãy soạn phiếu khác.")
    if not session.starts_at <= at < session.ends_at:
        raise Refusal(
            "questionnaire.not_running",
            f"“{session.title}” học từ {show_clock(session.starts_at)} đến {show_moment(session.ends_at)}; chỉ mở phiếu trong giờ học.",
        )
    with transaction.atomic():
        refuse_class(_frame(study_class), at)
        starts = at.replace(microsecond=0)
        ends = min(starts + dt.timedelta(minutes=questionnaire.minutes), session.ends_at)
        same = Q() if questionnaire.venue_id is None else Q(venue=questionnaire.venue_id) | Q(venue__isnull=True)
        if Questionnaire.objects.filter(same, session=session, called_off_at__isnull=True, ends_at__gt=at).exists():
            raise Refusal(
                "questionnaire.beside",
                "Đang mở một phiếu hỏi khác ở đây; hãy chờ hết giờ hoặc bỏ phiếu ấy rồi mở phiếu này.",
            )
        check = (
            set_presence_check(session, questionnaire.venue, minutes=questionnaire.minutes, by=by, at=at)
            if questionnaire.is_presence
            else None
        )
        Questionnaire.objects.filter(pk=questionnaire.pk, opens_at__isnull=True).update(
            opens_at=starts, ends_at=ends, check_held=check
        )
        questionnaire.refresh_from_db()
        record(
            "questionnaire.opened", by=by, at=at, thing=study_class, unit=study_class.unit,
            after={"session": session.title, "title": questionnaire.title, "minutes": questionnaire.minutes},
        )  # fmt: skip
    return questionnaire


def call_off_questionnaire(questionnaire: Questionnaire, *, by: Account, at: dt.datetime) -> None:
    """Call a questionnaire off, also one that has been held: it asks nothing of anybody any more. Answers and facts stay."""
    study_class: StudyClass = questionnaire.session.study_class
    with transaction.atomic():
        if not Questionnaire.objects.filter(pk=questionnaire.pk, called_off_at__isnull=True).update(called_off_at=at):
            return
        questionnaire.called_off_at = at
        if questionnaire.check_held is not None:
            call_off_check(questionnaire.check_held, by=by, at=at)
        record(
            "questionnaire.called_off",
            by=by,
            at=at,
            thing=study_class,
            unit=study_class.unit,
            before={"title": questionnaire.title},
        )


def answer_questionnaire(
    questionnaire: Questionnaire,
    ticket: Ticket,
    entry_id: int,
    given: Sequence[str],
    *,
    by: Account | None,
    at: dt.datetime,
) -> AnsweredQuestionnaire:
    """Take the answers of somebody in the hall, and the presence that they prove; sent again they are the same.

    Refuses late answers, a scan from before the opening or of another hall, people of another class or venue, another answer
    than the one given, choices left out, marked texts. Effects: the answer and one fact at the moment of the scan (of a
    poll no fact). Basis: R-068.
    """
    assert questionnaire.opens_at
    assert questionnaire.ends_at
    if questionnaire.called_off_at is not None:
        raise Refusal("questionnaire.called_off", "Phiếu hỏi này đã được bỏ.")
    if at >= questionnaire.ends_at:
        raise Refusal(
            "questionnaire.over",
            f"Phiếu hỏi đã hết giờ trả lời lúc {show_clock(questionnaire.ends_at)} nên không ghi được; hãy báo cán bộ điểm danh.",
        )
    if ticket.session_id != questionnaire.session_id or questionnaire.venue_id not in (None, ticket.venue_id):
        raise Refusal("questionnaire.elsewhere", "Phiếu hỏi này không mở ở hội trường của mã vừa quét.")
    if dt.datetime.fromtimestamp(ticket.opened, dt.UTC) < questionnaire.opens_at:
        raise Refusal(
            "questionnaire.old_scan",
            "Mã được quét từ trước khi mở phiếu hỏi; hãy quét lại mã đang hiện trên màn chiếu rồi trả lời.",
        )
    answers = _read(questionnaire, given)
    seat = (
        RosterEntry.objects.filter(pk=entry_id, study_class=questionnaire.session.study_class_id, venue=ticket.venue_id)
        .select_related("person").first()
    )  # fmt: skip
    if seat is None:
        raise Refusal(
            "questionnaire.not_called",
            "Người này không có trong danh sách của hội trường đang mở phiếu hỏi; hãy xem lại giấy mời hoặc báo cán bộ điểm danh.",
        )
    with transaction.atomic():
        written, is_new = _keep(questionnaire, seat, answers, Method.CODE, by, at)
        if questionnaire.is_presence:
            nonce = f"q-{questionnaire.pk}-{entry_id}"
            be_present_by_ticket(ticket, entry_id, nonce=nonce, method=Method.QUESTION, by=by, at=at)
    return AnsweredQuestionnaire(seat.person.full_name, written.at, not is_new)


def enter_questionnaire_slip(
    questionnaire: Questionnaire, entry: RosterEntry, given: Sequence[str], *, by: Account, at: dt.datetime
) -> AnsweredQuestionnaire:
    """Enter a paper slip of somebody without a phone; presence is that of the moment at which the questionnaire was opened.

    Refuses before the opening, a person of another class or venue or outside the clerk's, a second answer, and what
    `record_marks` refuses. Effects: the answer, the fact with its verdict, audit "questionnaire.entered".
    """
    if questionnaire.opens_at is None or questionnaire.called_off_at is not None:
        raise Refusal("questionnaire.not_opened", "Phiếu hỏi chưa mở hoặc đã bỏ nên chưa nhập phiếu giấy được.")
    study_class: StudyClass = questionnaire.session.study_class
    if entry.study_class_id != study_class.pk or questionnaire.venue_id not in (None, entry.venue_id):
        raise Refusal("questionnaire.not_called", "Người này không thuộc nơi mở phiếu hỏi.", field="entry")
    answers = _read(questionnaire, given)
    with transaction.atomic():
        refuse_class(_frame(study_class), at)
        written, is_new = _keep(questionnaire, entry, answers, Method.SLIP, by, at)
        if is_new:
            if questionnaire.is_presence:
                nonce = f"q-{questionnaire.pk}-{entry.pk}"
                mark = Mark(
                    entry.pk, questionnaire.session_id, FactKind.ARRIVE, questionnaire.opens_at, nonce, Method.QUESTION
                )
                record_marks([mark], within=study_class, by=by, at=at)
            record(
                "questionnaire.entered", by=by, at=at, unit=study_class.unit, person_id=entry.person_id,
                thing=Person(pk=entry.person_id, full_name=entry.person.full_name), after={"title": questionnaire.title},
            )  # fmt: skip
    return AnsweredQuestionnaire(entry.person.full_name, written.at, not is_new)


def _read(questionnaire: Questionnaire, given: Sequence[str]) -> list[Answer]:
    questions = [Question.from_json(one) for one in questionnaire.questions]
    answers = rules.read_answers(questions, [*given, *[""] * len(questions)][: len(questions)])
    for one in answers:
        if isinstance(one, str):
            refuse_if_marked(one, "Câu trả lời")
    return answers


def _keep(
    questionnaire: Questionnaire,
    entry: RosterEntry,
    answers: list[Answer],
    method: Method,
    by: Account | None,
    at: dt.datetime,
) -> tuple[QuestionnaireAnswer, bool]:
    known = QuestionnaireAnswer.objects.filter(questionnaire=questionnaire, entry=entry).first()
    if known is None:
        try:
            with transaction.atomic():
                made = QuestionnaireAnswer.objects.create(
                    questionnaire=questionnaire, entry=entry, answers=answers, method=method, at=at, account=by
                )
            return made, True
        except IntegrityError:  # a second phone in the same moment
            known = QuestionnaireAnswer.objects.get(questionnaire=questionnaire, entry=entry)
    if known.answers != answers:
        raise Refusal(
            "questionnaire.answered",
            f"{entry.person.full_name} đã trả lời phiếu này lúc {show_clock(known.at)}; mỗi người trả lời một lần.",
        )
    return known, False


def _frame(study_class: StudyClass) -> ClassFrame:
    return ClassFrame(
        study_class.pk,
        study_class.title,
        study_class.state,
        study_class.campaign,
        study_class.unit_id,
        study_class.unit.path,
    )
