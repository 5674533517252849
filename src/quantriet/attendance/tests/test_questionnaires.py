"""Questionnaires and suggestions in the hall: presence at that moment; late, foreign and replayed ones are refused."""

import datetime as dt

import pytest

from quantriet.attendance import actions
from quantriet.attendance.models import (
    ClassVerdict,
    PresenceCheck,
    PresenceFact,
    QuestionnaireAnswer,
    Suggestion,
)
from quantriet.attendance.queries import questionnaires as queries
from quantriet.attendance.rules import codes
from quantriet.attendance.rules import questionnaires as rules
from quantriet.attendance.rules.codes import Ticket
from quantriet.attendance.rules.questionnaires import Question
from quantriet.attendance.tests.factories import clock, make_campaign, make_class
from quantriet.attendance.vocab import FactKind, Method, QuestionnaireState
from quantriet.audit.models import AuditEvent
from quantriet.classes.models import Venue
from quantriet.kit.refusal import Refusal

pytestmark = pytest.mark.django_db
PEOPLE = ["M1", "M2", "M3", "M7"]
PHONE = "0123456789abcdef"
TYPED = "Câu 1. Hạn làm kế hoạch?\nA. 15 ngày\nB. 30 ngày *\nC. 60 ngày\n\n2. Việc nào làm trước?"


@pytest.fixture
def hall(cast):
    return make_class(cast, make_campaign(cast), PEOPLE)


@pytest.fixture
def clerk(cast):
    return cast.accounts["organiser1"]


@pytest.fixture
def prepare(hall, clerk):
    def prepared(*, is_presence=True, venue="own", minutes=5, typed=TYPED):
        return actions.prepare_questionnaire(
            hall.session, hall.venue if venue == "own" else venue, title="", questions=rules.read_questions(typed),
            is_presence=is_presence, minutes=minutes, by=clerk, at=clock(7),
        )  # fmt: skip

    return prepared


def ticket(hall, at, *, venue=None, session=None) -> Ticket:
    return Ticket(
        (venue or hall.venue).pk,
        (session or hall.session).pk,
        codes.hall_step(at.timestamp()),
        int(at.timestamp()),
        PHONE,
    )


def answer(row, hall, person, at, given=("1", "đường thôn"), *, opened=None, by=None, **where):
    return actions.answer_questionnaire(
        row, ticket(hall, opened or at, **where), hall.entries[person].pk, given, by=by, at=at
    )


def refused(act, *args, **given) -> str:
    with pytest.raises(Refusal) as refusal:
        act(*args, **given)
    return refusal.value.code


# --- how they are written ---------------------------------------------------------------------------------------


def test_questions_are_read_as_they_are_typed():
    read = rules.read_questions(TYPED)
    assert read == [
        Question("Hạn làm kế hoạch?", ("15 ngày", "30 ngày", "60 ngày"), (1,)),
        Question("Việc nào làm trước?"),
    ]
    assert rules.read_questions(rules.as_typed(read)) == read


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "questionnaire.empty"), ("\n\n".join(f"Câu {n}?" for n in range(6)), "questionnaire.too_many"),
        ("Hỏi?\nA. một", "questionnaire.question"), ("Hỏi?\nA. một\nB. Một", "questionnaire.question"),
        ("Hỏi?\nmột*\nhai*", "questionnaire.question"), ("x" * 400, "questionnaire.question"),
    ],
)  # fmt: skip
def test_questions_that_cannot_be_asked(typed, code):
    assert refused(rules.read_questions, typed) == code


def test_answers_are_counted():
    questions = rules.read_questions(TYPED)
    counted = rules.count_answers(questions, [[1, "a"], [1, None], [0, "b"]])
    assert [(one.letter, one.taken, one.is_right) for one in counted[0].choices] == [
        ("A", 1, False),
        ("B", 2, True),
        ("C", 0, False),
    ]
    assert (counted[0].right, counted[1].texts, counted[1].right) == (2, ["a", "b"], None)
    assert rules.read_answers(questions, ["B", ""]) == [1, None]
    assert refused(rules.read_answers, questions, ["", "x"]) == "answer.choice"
    assert refused(rules.read_answers, questions, ["9", "x"]) == "answer.choice"
    assert refused(rules.read_answers, questions, ["0", "x" * 301]) == "answer.long"


# --- opened and answered ----------------------------------------------------------------------------------------


@pytest.mark.req("R-068")
def test_an_answer_in_time_from_the_hall_is_presence_at_that_moment(hall, clerk, cast, prepare):
    row = prepare()
    assert queries.state_of(row, clock(7)) == QuestionnaireState.PREPARED
    actions.record_marks([hall.mark("M2", FactKind.ARRIVE, clock(7, 30))], by=clerk, at=clock(7, 30))
    row = actions.open_questionnaire(row, by=clerk, at=clock(9))
    assert PresenceCheck.objects.get() == row.check_held
    done = answer(row, hall, "M1", clock(9, 2), by=cast.accounts["member1"])
    assert (done.name, done.is_repeat) == ("Nguyễn Thị Hường", False)
    fact = PresenceFact.objects.get(entry=hall.entries["M1"])
    assert (fact.kind, fact.method, fact.at) == (FactKind.ARRIVE, Method.QUESTION, clock(9, 2))
    actions.follow_check_ins(at=clock(9, 3))
    assert ClassVerdict.objects.get(entry=hall.entries["M1"]).seconds_present == 118 * 60

    result = queries.result_of(row, hall.venue)
    assert (result.answered, result.called, [one.name for one in result.silent]) == (1, 4, ["Trần Văn Bình"])
    assert (result.counted[0].right, result.counted[1].texts) == (1, ["đường thôn"])
    assert queries.open_now(hall.session.pk, hall.venue.pk, clock(9, 4)) == row
    assert queries.open_now(hall.session.pk, hall.venue.pk, clock(9, 5)) is None


@pytest.mark.req("R-068")
def test_late_foreign_and_replayed_answers_are_refused(hall, clerk, cast, prepare):
    other = Venue.objects.create(study_class=hall.study_class, unit=cast.units["CB12"], name="Thôn 2")
    row = actions.open_questionnaire(prepare(), by=clerk, at=clock(9))
    assert refused(answer, row, hall, "M1", clock(9, 5)) == "questionnaire.over"
    assert refused(answer, row, hall, "M1", clock(9, 1), opened=clock(8, 58)) == "questionnaire.old_scan"
    assert refused(answer, row, hall, "M1", clock(9, 1), venue=other) == "questionnaire.elsewhere"
    elsewhere = make_class(cast, make_campaign(cast), ["M8"])
    assert refused(answer, row, elsewhere, "M8", clock(9, 1)) == "questionnaire.elsewhere"
    foreign = Ticket(hall.venue.pk, hall.session.pk, 1, int(clock(9, 1).timestamp()), PHONE)
    assert (
        refused(
            actions.answer_questionnaire, row, foreign, elsewhere.entries["M8"].pk, ["1", ""], by=None, at=clock(9, 1)
        )
        == "questionnaire.not_called"
    )
    assert not PresenceFact.objects.exists()
    assert not QuestionnaireAnswer.objects.exists()

    assert not answer(row, hall, "M1", clock(9, 1)).is_repeat
    assert answer(row, hall, "M1", clock(9, 2)).is_repeat
    assert refused(answer, row, hall, "M1", clock(9, 2), ("0", "khác")) == "questionnaire.answered"
    assert PresenceFact.objects.count() == QuestionnaireAnswer.objects.count() == 1
    assert refused(answer, row, hall, "M3", clock(9, 2), ("1", "TỐI MẬT")) == "secret.marked"
    actions.call_off_questionnaire(row, by=clerk, at=clock(9, 3))
    assert refused(answer, row, hall, "M3", clock(9, 3)) == "questionnaire.called_off"
    assert PresenceCheck.objects.get().called_off_at == clock(9, 3)


@pytest.mark.req("R-068")
def test_a_paper_slip_is_presence_at_the_opening(hall, clerk, prepare):
    row = prepare()
    assert (
        refused(actions.enter_questionnaire_slip, row, hall.entries["M7"], ["B", ""], by=clerk, at=clock(9))
        == "questionnaire.not_opened"
    )
    row = actions.open_questionnaire(row, by=clerk, at=clock(9))
    done = actions.enter_questionnaire_slip(row, hall.entries["M7"], ["B", ""], by=clerk, at=clock(12))
    assert not done.is_repeat
    fact = PresenceFact.objects.get()
    assert (fact.at, fact.method, fact.account_id) == (clock(9), Method.QUESTION, clerk.pk)
    assert actions.enter_questionnaire_slip(row, hall.entries["M7"], ["B", ""], by=clerk, at=clock(12, 1)).is_repeat
    assert (
        refused(actions.enter_questionnaire_slip, row, hall.entries["M7"], ["A", ""], by=clerk, at=clock(12))
        == "questionnaire.answered"
    )
    assert PresenceFact.objects.count() == 1
    assert AuditEvent.objects.filter(verb="questionnaire.entered").count() == 1


def test_one_at_a_time_and_only_in_the_session(hall, clerk, prepare):
    first, second = prepare(), prepare(is_presence=False)
    assert refused(actions.open_questionnaire, first, by=clerk, at=clock(7)) == "questionnaire.not_running"
    opened = actions.open_questionnaire(first, by=clerk, at=clock(9))
    assert actions.open_questionnaire(first, by=clerk, at=clock(9, 1)).opens_at == opened.opens_at
    assert refused(actions.open_questionnaire, second, by=clerk, at=clock(9, 1)) == "questionnaire.beside"
    actions.set_presence_check(hall.session, hall.venue, minutes=5, by=clerk, at=clock(10))
    assert refused(actions.open_questionnaire, prepare(), by=clerk, at=clock(10, 1)) == "check.beside"
    assert refused(prepare, minutes=2) == "questionnaire.minutes"


@pytest.mark.req("R-054")
def test_a_quick_poll_says_nothing_of_presence(hall, clerk, prepare):
    row = actions.open_questionnaire(prepare(is_presence=False), by=clerk, at=clock(9))
    assert not PresenceCheck.objects.exists()
    answer(row, hall, "M1", clock(9, 1))
    assert QuestionnaireAnswer.objects.count() == 1
    assert not PresenceFact.objects.exists()


# --- suggestions ------------------------------------------------------------------------------------------------

TEXT = "Đề nghị in tài liệu chữ to cho đảng viên cao tuổi."


def suggest(hall, person, at, text=TEXT, *, opened=None):
    return actions.write_suggestion(ticket(hall, opened or at), hall.entries[person].pk, text, by=None, at=at)


@pytest.mark.req("R-071")
def test_a_written_suggestion_is_presence_at_that_moment(hall, clerk):
    assert refused(suggest, hall, "M1", clock(9)) == "suggestion.closed"
    actions.switch_suggestions(hall.study_class, is_open=True, by=clerk, at=clock(8))
    done = suggest(hall, "M1", clock(9, 20), opened=clock(9))
    assert done.at == clock(9)
    fact = PresenceFact.objects.get()
    assert (fact.at, fact.method, fact.kind) == (clock(9), Method.SUGGEST, FactKind.ARRIVE)
    assert (Suggestion.objects.get().text, Suggestion.objects.get().at) == (TEXT, clock(9))
    suggest(hall, "M1", clock(9, 21), opened=clock(9))
    assert Suggestion.objects.count() == PresenceFact.objects.count() == 1
    actions.switch_suggestions(hall.study_class, is_open=False, by=clerk, at=clock(10))
    assert refused(suggest, hall, "M2", clock(10, 1)) == "suggestion.closed"
    assert AuditEvent.objects.filter(verb="suggestions.switched").count() == 2


@pytest.mark.req("R-071")
def test_suggestions_that_are_refused_leave_nothing(hall, clerk, cast):
    actions.switch_suggestions(hall.study_class, is_open=True, by=clerk, at=clock(8))
    assert refused(suggest, hall, "M1", clock(9), "ngắn") == "suggestion.short"
    assert refused(suggest, hall, "M1", clock(9), "x" * 2001) == "suggestion.long"
    assert refused(suggest, hall, "M1", clock(9), "TỐI MẬT\nĐề nghị xem lại phương án.") == "secret.marked"
    other = make_class(cast, make_campaign(cast), ["M8"])
    assert (
        refused(actions.write_suggestion, ticket(hall, clock(9)), other.entries["M8"].pk, TEXT, by=None, at=clock(9))
        == "check_in.other_class"
    )
    assert refused(suggest, hall, "M1", clock(11)) == "check_in.session_over"
    assert not Suggestion.objects.exists()
    assert not PresenceFact.objects.exists()


@pytest.mark.req("R-071")
def test_a_suggestion_on_paper_is_entered_by_the_clerk(hall, clerk):
    actions.switch_suggestions(hall.study_class, is_open=True, by=clerk, at=clock(8))

    def enter(moment):
        actions.enter_suggestion(hall.entries["M3"], hall.session, TEXT, moment=moment, by=clerk, at=clock(12))

    assert refused(enter, clock(11, 30)) == "suggestion.outside"
    enter(clock(9, 15))
    enter(clock(9, 15))
    assert ClassVerdict.objects.get().seconds_present == 105 * 60
    assert Suggestion.objects.get().method == Method.SLIP
    assert AuditEvent.objects.filter(verb="suggestion.written").count() == 1


def test_a_ticket_lasts_longer_for_who_writes():
    key = b"k" * 32
    at = 1_764_300_000
    text = codes.make_ticket(key, Ticket(1, 2, 3, at, PHONE))
    assert refused(codes.read_ticket, [key], text, device=PHONE, at=at + 301) == "ticket.old"
    assert codes.read_ticket([key], text, device=PHONE, at=at + 301, lasts=codes.WRITING_LASTS).opened == at
    assert dt.timedelta(seconds=codes.WRITING_LASTS) == dt.timedelta(minutes=45)


@pytest.mark.req("R-054")
def test_interactive_forms_and_equipment_stand_in_the_programme_and_at_closing(as_user, hall):
    """What an item uses is shown in the programme and on the page that closes the roll."""
    from django.urls import reverse

    from quantriet.classes.models import ProgrammeItem
    from quantriet.classes.vocab import Interaction

    client = as_user("organiser1")
    hall.study_class.state = "draft"
    hall.study_class.save(update_fields=["state"])
    page = reverse("item-new", args=[hall.study_class.pk, hall.session.pk])
    given = {
        "kind": "lecture",
        "starts": "08:00",
        "ends": "09:00",
        "title": "Điểm mới",
        "interaction": "poll",
        "equipment": "Phim tư liệu",
    }
    assert client.post(page, {**given, "equipment": "MẬT"}).status_code == 200
    assert client.post(page, given).status_code in (302, 303)
    item = ProgrammeItem.objects.get()
    assert (item.interaction, item.equipment) == (Interaction.POLL, "Phim tư liệu")
    assert (
        "Thăm dò nhanh; Phim tư liệu"
        in client.get(reverse("class-programme", args=[hall.study_class.pk])).content.decode()
    )
    edit = reverse("item", args=[hall.study_class.pk, item.pk])
    assert client.post(edit, {**given, "interaction": "", "equipment": "Màn hình LED"}).status_code in (302, 303)
    hall.study_class.state = "released"
    hall.study_class.save(update_fields=["state"])
    assert "Màn hình LED" in client.get(reverse("roll-close", args=[hall.study_class.pk])).content.decode()
