"""Questionnaires in the hall at the desk: prepared, opened, counted; slips of those without a phone (R-068)."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from quantriet.attendance import access, actions
from quantriet.attendance.models import Questionnaire, QuestionnaireAnswer
from quantriet.attendance.queries import questionnaires as queries
from quantriet.attendance.rules import questionnaires as rules
from quantriet.attendance.rules.questionnaires import Question
from quantriet.attendance.vocab import Method, QuestionnaireState
from quantriet.attendance.web.frame import Place, place_of, roll_page, workbook
from quantriet.classes.models import RosterEntry, StudyClass, Venue
from quantriet.kit.refusal import Refusal, refusals_on
from quantriet.kit.spreadsheets import OutColumn
from quantriet.kit.time import now, show_clock
from quantriet.kit.web import saved
from quantriet.org import access as org_access
from quantriet.org.vocab import Permission
from quantriet.org.web.pages import DeskRequest, member_page

_EXAMPLE = "1. Hạn xây dựng kế hoạch thực hiện là bao lâu?\nA. 15 ngày\nB. 30 ngày *\nC. 60 ngày\n\n2. Việc nào ở chi bộ cần làm trước?"


class PrepareForm(forms.Form):
    title = forms.CharField(label=gettext_lazy("Title"), max_length=160, required=False)
    questions = forms.CharField(
        label=gettext_lazy("Questions"), max_length=6000,
        widget=forms.Textarea(attrs={"rows": 11, "placeholder": _EXAMPLE}),
        help_text="Từ 1 đến 5 câu, giữa hai câu để một dòng trống. Mỗi phương án một dòng, ghi dấu * ở phương án đúng (nếu có). "
        "Câu không có phương án thì trả lời bằng vài chữ.",
    )  # fmt: skip
    minutes = forms.IntegerField(
        label=gettext_lazy("Minutes to answer"), initial=5, min_value=rules.LEAST_MINUTES, max_value=rules.MOST_MINUTES,
        widget=forms.NumberInput(attrs={"class": "short"}),
    )  # fmt: skip
    is_presence = forms.BooleanField(
        label=gettext_lazy("Answering counts as present"), required=False, initial=True,
        help_text="Bỏ chọn thì đây là thăm dò nhanh, không liên quan đến điểm danh.",
    )  # fmt: skip
    everywhere = forms.BooleanField(label=gettext_lazy("In all venues of the class"), required=False)

    def __init__(self, *args: Any, several: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not several:
            del self.fields["everywhere"]


class SlipForm(forms.Form):
    """The answers on one paper slip."""

    entry = forms.ModelChoiceField(queryset=RosterEntry.objects.none(), label=gettext_lazy("Full name"))

    def __init__(self, *args: Any, entries: Any, questions: list[Question], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["entry"]
        field.queryset = entries
        field.label_from_instance = lambda entry: f"{entry.person.full_name} – {entry.unit.name}"
        self.questions = questions
        for number, one in enumerate(questions, start=1):
            label = f"{number}. {one.text}"
            self.fields[f"q{number}"] = (
                forms.ChoiceField(
                    label=label,
                    choices=[(str(place), words) for place, words in enumerate(one.choices)],
                    widget=forms.RadioSelect,
                )
                if one.choices
                else forms.CharField(label=label, required=False, max_length=rules.MOST_TEXT)
            )

    @property
    def given(self) -> list[str]:
        return [self.cleaned_data.get(f"q{number}", "") for number in range(1, len(self.questions) + 1)]


@member_page
def questionnaires(request: DeskRequest, pk: int) -> HttpResponse:
    """The questionnaires of a venue in a session, and a new one."""
    study_class = access.get_roll(request.account, pk)
    at = now()
    place = place_of(request, study_class, at)
    context: dict[str, Any] = {**place.context, "heading": study_class.title}
    if place.session is None or place.venue is None:
        return roll_page(request, "attendance/desk/questionnaires.html", study_class, context, part="questionnaires")
    is_whole = org_access.may(request.account, Permission.ROLL_TAKE, study_class.unit)
    form = PrepareForm(request.POST or None, several=is_whole and study_class.venues.count() > 1)
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            given = form.cleaned_data
            made = actions.prepare_questionnaire(
                place.session, None if given.get("everywhere") else place.venue, title=given["title"],
                questions=rules.read_questions(given["questions"]), is_presence=given["is_presence"], minutes=given["minutes"],
                by=request.account, at=at,
            )  # fmt: skip
            return saved(
                request, to=_url(made, place), message="Đã soạn phiếu; bấm “Mở phiếu hỏi ngay” vào lúc muốn hỏi."
            )
    rows = list(queries.questionnaires_in(place.session, place.venue).select_related("venue", "session")[:100])
    context |= {
        "form": form,
        "lines": [(one, queries.state_of(one, at), len(one.questions), _url(one, place)) for one in rows],
    }
    return roll_page(request, "attendance/desk/questionnaires.html", study_class, context, part="questionnaires")


def _url(one: Questionnaire, place: Place) -> str:
    return f"{reverse('questionnaire', args=[one.session.study_class_id, one.pk])}?{place.context['where']}"


def _one(request: DeskRequest, pk: int, questionnaire_pk: int) -> tuple[StudyClass, Questionnaire, bool]:
    """A questionnaire for people whose roll the account takes, and whether the account may open it and call it off."""
    study_class = access.get_roll(request.account, pk)
    is_whole = org_access.may(request.account, Permission.ROLL_TAKE, study_class.unit)
    mine = Q(venue__in=access.venues_marked_by(request.account, study_class)) | Q(venue__isnull=True)
    row = (
        Questionnaire.objects.filter(mine, pk=questionnaire_pk, session__study_class=study_class)
        .select_related("session__study_class__unit", "session__study_class__campaign", "venue", "check_held").first()
    )  # fmt: skip
    if row is None:
        raise Http404
    return study_class, row, is_whole or row.venue_id is not None


def _venue(request: DeskRequest, study_class: StudyClass, row: Questionnaire, at: dt.datetime) -> Venue:
    if row.venue is not None:
        return row.venue
    venue = place_of(request, study_class, at).venue
    if venue is None:
        raise Http404
    return venue


@member_page
def questionnaire(request: DeskRequest, pk: int, questionnaire_pk: int) -> HttpResponse:
    """One questionnaire: its questions, what was answered, who has not; a slip entered for somebody without a phone."""
    study_class, row, may_lead = _one(request, pk, questionnaire_pk)
    at = now()
    venue = _venue(request, study_class, row, at)
    state = queries.state_of(row, at)
    questions = [Question.from_json(one) for one in row.questions]
    result = queries.result_of(row, venue) if row.opens_at else None
    if request.GET.get("format") == "xlsx" and result:
        return _workbook(study_class, row, venue, questions)
    entries = (
        access.entries_marked_by(request.account).filter(study_class=study_class, venue=venue)
        .exclude(questionnaire_answers__questionnaire=row).select_related("person", "unit").order_by("person__sort_key", "pk")
    )  # fmt: skip
    form = SlipForm(request.POST or None, entries=entries, questions=questions)
    where = f"session={row.session_id}&venue={venue.pk}"
    back = f"{reverse('questionnaire', args=[pk, questionnaire_pk])}?{where}"
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            done = actions.enter_questionnaire_slip(
                row, form.cleaned_data["entry"], form.given, by=request.account, at=at
            )
            return saved(request, to=back, message=f"Đã nhập phiếu của {done.name}.")
    context = {
        "heading": row.title,
        "row": row,
        "venue": venue,
        "session": row.session,
        "where": where,
        "state": state,
        "questions": [(number, one) for number, one in enumerate(questions, start=1)],
        "result": result,
        "form": form,
        "may_lead": may_lead,
        "is_prepared": state == QuestionnaireState.PREPARED,
        "refresh": 15 if state == QuestionnaireState.OPEN else 0,
    }
    return roll_page(request, "attendance/desk/questionnaire.html", study_class, context, part="questionnaires")


def _workbook(study_class: StudyClass, row: Questionnaire, venue: Venue, questions: list[Question]) -> HttpResponse:
    columns = [
        OutColumn("code", "Mã đảng viên", kind="code"), OutColumn("name", "Họ và tên", 28), OutColumn("cell", "Chi bộ", 28),
        OutColumn("at", "Trả lời lúc", kind="moment"), OutColumn("way", "Cách trả lời"),
        *(OutColumn(f"q{number}", f"{number}. {one.text}", 40) for number, one in enumerate(questions, start=1)),
    ]  # fmt: skip
    given = (
        QuestionnaireAnswer.objects.filter(questionnaire=row, entry__venue=venue)
        .select_related("entry__person", "entry__unit").order_by("entry__person__sort_key", "pk")
    )  # fmt: skip
    lines = (
        {
            "code": one.entry.person.code, "name": one.entry.person.full_name, "cell": one.entry.unit.name, "at": one.at,
            "way": "Phiếu giấy" if one.method == Method.SLIP else "Điện thoại",
            **{f"q{number}": rules.shown_answer(question, said) for number, (question, said) in enumerate(zip(questions, one.answers, strict=True), start=1)},
        }
        for one in given
    )  # fmt: skip
    heading = (f"Phiếu hỏi: {row.title}", f"{study_class.title}, {row.session.title}, {venue.name}")
    return workbook(f"phieu-hoi-{study_class.code}-{row.pk}.xlsx", "Phiếu hỏi", columns, lines, heading=heading)


@require_POST
@member_page
def open_(request: DeskRequest, pk: int, questionnaire_pk: int) -> HttpResponse:
    """Open a questionnaire at this moment."""
    return _lead(request, pk, questionnaire_pk, is_opening=True)


@require_POST
@member_page
def call_off(request: DeskRequest, pk: int, questionnaire_pk: int) -> HttpResponse:
    """A questionnaire that was made or opened by mistake asks nothing of anybody."""
    return _lead(request, pk, questionnaire_pk, is_opening=False)


def _lead(request: DeskRequest, pk: int, questionnaire_pk: int, *, is_opening: bool) -> HttpResponse:
    study_class, row, may_lead = _one(request, pk, questionnaire_pk)
    at = now()
    venue = _venue(request, study_class, row, at)
    where = f"session={row.session_id}&venue={venue.pk}"
    back = f"{reverse('questionnaire', args=[pk, questionnaire_pk])}?{where}"
    try:
        if not may_lead:
            raise Refusal("questionnaire.not_leading", "Phiếu của cả lớp do đơn vị tổ chức mở và bỏ.")
        if is_opening:
            opened = actions.open_questionnaire(row, by=request.account, at=at)
            assert opened.ends_at
            told = f"Đã mở phiếu đến {show_clock(opened.ends_at)}; màn chiếu hiện lời mời trong vòng một phút."
            return saved(request, to=back, message=told)
        actions.call_off_questionnaire(row, by=request.account, at=at)
    except Refusal as refusal:
        messages.error(request, refusal.sentence)
        return saved(request, to=back)
    return saved(request, to=f"{reverse('questionnaires', args=[pk])}?{where}", message="Đã bỏ phiếu hỏi.")
