"""A member's self-study (R-133): the way through the sections, one section, its check, the proof. Works without scripts."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from quantriet.attendance import actions, queries
from quantriet.attendance.queries import self_study as reads
from quantriet.attendance.queries.self_study import Course
from quantriet.attendance.rules import self_study as rules
from quantriet.attendance.rules.self_study import Check, SectionStanding
from quantriet.campaigns.models import StudyDuty
from quantriet.campaigns.vocab import CampaignState, DutyState
from quantriet.kit import web
from quantriet.kit.refusal import Refusal, refusals_on
from quantriet.kit.time import local, now, show_day
from quantriet.kit.web import saved
from quantriet.org.web.pages import DeskRequest, member_page


class CheckForm(forms.Form):
    """The questions of a section, or the word that it is read; what was chosen stays when an answer is refused."""

    nonce = forms.CharField(widget=forms.HiddenInput, max_length=40, initial=lambda: secrets.token_hex(16))

    def __init__(self, *args: Any, checks: Sequence[Check], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.checks = checks
        for number, one in enumerate(checks, 1):
            label = one.text if len(checks) == 1 else f"{number}. {one.text}"
            choices = [(str(place), words) for place, words in enumerate(one.choices)]
            if one.is_single:
                self.fields[f"q{one.id}"] = forms.ChoiceField(
                    label=label, choices=choices, widget=forms.RadioSelect, required=False
                )
            else:
                self.fields[f"q{one.id}"] = forms.MultipleChoiceField(
                    label=label, choices=choices, widget=forms.CheckboxSelectMultiple, required=False,
                    help_text=gettext_lazy("More than one answer is right."),
                )  # fmt: skip
            self.fields[f"q{one.id}"].one_of_several = True  # type: ignore[attr-defined]  # the action asks for it
        if not checks:
            self.fields["is_read"] = forms.BooleanField(label=gettext_lazy("I have read this section to its end"), required=False)  # fmt: skip

    @property
    def answers(self) -> dict[int, list[int]]:
        found = {}
        for one in self.checks:
            given = self.cleaned_data.get(f"q{one.id}") or []
            found[one.id] = [int(place) for place in ([given] if isinstance(given, str) else given)]
        return found


def _own(request: DeskRequest, pk: int) -> StudyDuty:
    duty = (
        StudyDuty.objects.filter(
            pk=pk, person_id=request.account.person_id, campaign__state__in=[CampaignState.OPEN, CampaignState.CLOSED]
        )
        .select_related("campaign__unit", "unit", "person")
        .first()
        if request.account.person_id
        else None
    )
    if duty is None:
        raise Http404
    return duty


def _overview(duty: StudyDuty) -> str:
    return reverse("my-self-study", args=[duty.pk])


def _nonce(request: DeskRequest) -> str:
    """The nonce of a form with a button alone; one without it is a form of its own."""
    return request.POST.get("nonce", "")[:40] or secrets.token_hex(16)


def _page(request: DeskRequest, template: str, duty: StudyDuty, heading: str, context: dict[str, Any]) -> HttpResponse:
    context = {"heading": heading, "title": heading, "duty": duty, "nonce": secrets.token_hex(16), **context}
    return web.page(request, f"attendance/member/{template}.html", context, status=context.pop("status", 200))


@member_page
def overview(request: DeskRequest, pk: int) -> HttpResponse:
    """How far one is; the button that begins or goes on."""
    duty = _own(request, pk)
    at = now()
    course = reads.course_of(duty)
    is_open = duty.campaign.state == CampaignState.OPEN
    permission = reads.permission_for(duty, local(at).date()) if is_open and duty.state == DutyState.OWING else None
    later = None if permission or course else reads.last_permission_for(duty, local(at).date())
    newer = reads.newer_sections(course, at) if course and permission and not course.row.finished_at else None
    plan, no_text = [], ""
    if permission and course is None:
        try:
            plan = reads.course_sections(duty.campaign, reads.audience_for(duty, permission), at)
        except Refusal as refusal:
            no_text = refusal.sentence
    context = {
        "course": course,
        "progress": course.progress if course else None,
        "permission": permission,
        "later": later if later and later.withdrawn_at is None and later.from_on > local(at).date() else None,
        "plan": plan,
        "plan_time": rules.show_time(sum(one.seconds for one in plan)),
        "no_text": no_text,
        "changed": rules.changed_sections(course.progress, newer) if course and newer is not None else 0,
        "has_newer": newer is not None,
        "done_elsewhere": reads.done_elsewhere(duty) if duty.state != DutyState.OWING else "",
        "back_url": queries.member_link(duty),
    }
    return _page(request, "self_study", duty, _("Study alone"), context)


@require_POST
@member_page
def begin(request: DeskRequest, pk: int) -> HttpResponse:
    """Begin, and open the first section."""
    duty = _own(request, pk)
    nonce = _nonce(request)
    try:
        course = actions.begin_course(duty, nonce=nonce, by=request.account, at=now())
        current = course.progress.current
        if current is not None:
            actions.open_section(course, current.number, nonce=f"{nonce[:36]}-1", by=request.account, at=now())
            return saved(request, to=_at(duty, current.number))
    except Refusal as refusal:
        messages.error(request, refusal.sentence)
    return saved(request, to=_overview(duty))


@require_POST
@member_page
def move(request: DeskRequest, pk: int) -> HttpResponse:
    """Go over to the version that is published now."""
    duty = _own(request, pk)
    course = reads.course_of(duty)
    if course is None:
        return saved(request, to=_overview(duty))
    try:
        actions.move_course(course, nonce=_nonce(request), by=request.account, at=now())
    except Refusal as refusal:
        messages.error(request, refusal.sentence)
        return saved(request, to=_overview(duty))
    return saved(request, to=_overview(duty), message="Đã chuyển sang bản mới; mục không thay đổi vẫn tính là đã qua.")


def _at(duty: StudyDuty, number: int) -> str:
    return reverse("my-self-study-section", args=[duty.pk, number])


def _standing(course: Course | None, number: int) -> tuple[Course, SectionStanding] | None:
    """The section of this number, when its turn has come."""
    standing = course.section(number) if course else None
    if course is None or standing is None:
        return None
    current = course.progress.current
    if not standing.is_passed and current is not None and current.number != number:
        return None
    return course, standing


def _not_yet(request: DeskRequest, duty: StudyDuty) -> HttpResponse:
    messages.info(request, "Mục này chưa đến lượt; học theo thứ tự dưới đây.")
    return saved(request, to=_overview(duty))


@member_page
def section(request: DeskRequest, pk: int, number: int) -> HttpResponse:
    """One section: before it is opened how long it takes, then its text and the way to its check. A POST opens it."""
    duty = _own(request, pk)
    found = _standing(reads.course_of(duty), number)
    if found is None:
        return _not_yet(request, duty)
    course, standing = found
    if request.method == "POST":
        try:
            actions.open_section(course, number, nonce=_nonce(request), by=request.account, at=now())
        except Refusal as refusal:
            messages.error(request, refusal.sentence)
            return saved(request, to=_overview(duty))
        return saved(request, to=_at(duty, number))
    is_open = standing.opened_at is not None or standing.is_passed
    parts, gone = [], ""
    if is_open:
        try:
            parts = reads.shown_parts(standing.section)
        except Refusal as refusal:
            gone = refusal.sentence
    context = {
        **_frame(course, standing, duty),
        "is_open": is_open,
        "parts": parts,
        "gone": gone,
        "shortest": standing.section.shortest,
        "ready_from": "" if standing.is_passed else _ready_from(standing),
        "has_checks": bool(reads.checks_on(duty.campaign, standing.section)),
        "next_url": _at(duty, number + 1) if standing.is_passed and number < course.progress.total else "",
        "previous_url": _at(duty, number - 1) if number > 1 else "",
    }
    return _page(request, "self_study_section", duty, standing.section.title, context)


def _ready_from(standing: SectionStanding) -> str:
    """From which moment of the clock an answer is taken, to the second; "" when that is now."""
    if standing.opened_at is None or not standing.seconds_left(now()):
        return ""
    return f"{local(standing.opened_at + dt.timedelta(seconds=standing.section.seconds)):%H:%M:%S}"


def _frame(course: Course, standing: SectionStanding, duty: StudyDuty) -> dict[str, Any]:
    return {
        "course": course, "standing": standing, "section": standing.section, "number": standing.number,
        "total": course.progress.total, "overview_url": _overview(duty), "section_url": _at(duty, standing.number),
        "answer_url": reverse("my-self-study-answer", args=[duty.pk, standing.number]),
    }  # fmt: skip


@member_page
def answer(request: DeskRequest, pk: int, number: int) -> HttpResponse:
    """The check of a section. A wrong answer leads back to the section, a right one on; one too early loses nothing."""
    duty = _own(request, pk)
    found = _standing(reads.course_of(duty), number)
    if found is None:
        return _not_yet(request, duty)
    course, standing = found
    if request.method != "POST" and (standing.is_passed or standing.opened_at is None):
        return saved(request, to=_at(duty, number))
    form = CheckForm(request.POST or None, checks=reads.checks_on(duty.campaign, standing.section))
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            told = actions.answer_section(
                course, number, answers=form.answers, is_read=form.cleaned_data.get("is_read", False),
                nonce=form.cleaned_data["nonce"], by=request.account, at=now(),
            )  # fmt: skip
            if not told.is_passed:
                messages.warning(request, _wrong(form, told.wrong))
                return saved(request, to=_at(duty, number))
            current = told.course.progress.current
            if current is None:
                return saved(request, to=_overview(duty), message="Đã học xong tất cả các mục.")
            return saved(request, to=_at(duty, current.number), message=f"Đã qua mục {number}/{course.progress.total}.")
    context = {
        **_frame(course, standing, duty),
        "form": form,
        "status": 422 if form.is_bound else 200,
        "ready_from": _ready_from(standing),
    }
    return _page(request, "self_study_answer", duty, _("Check of the section"), context)


def _wrong(form: CheckForm, wrong: Sequence[int]) -> str:
    """Which questions were wrong, without saying what is right."""
    numbers = [str(number) for number, one in enumerate(form.checks, 1) if one.id in wrong]
    which = "Câu trả lời chưa đúng" if len(form.checks) == 1 else f"Câu {', '.join(numbers)} chưa đúng"
    return f"{which}. Hãy đọc lại mục này rồi trả lời lại; số lần trả lời không ảnh hưởng kết quả."


@member_page
def proof(request: DeskRequest, pk: int) -> HttpResponse:
    """The proof of completion on A4, with the code by which the office looks it up."""
    duty = _own(request, pk)
    course = reads.course_of(duty)
    if course is None or course.row.finished_at is None:
        messages.info(request, "Giấy xác nhận có khi đã học xong tất cả các mục.")
        return saved(request, to=_overview(duty))
    return web.page(request, "attendance/member/self_study_proof.html", proof_context(course, duty) | {"back_url": _overview(duty)})  # fmt: skip


def proof_context(course: Course, duty: StudyDuty) -> dict[str, Any]:
    code = course.row.code
    return {
        "heading": _("Confirmation of self-study"),
        "title": _("Confirmation of self-study"),
        "duty": duty,
        "course": course.row,
        "sections": course.progress.sections,
        "minutes": course.progress.minutes,
        "code": " ".join(code[start : start + 4] for start in range(0, len(code), 4)),
        "documents": reads.documents_read(course),
        "place": {"unit": duty.unit.name},
        "paper": {"superior": duty.campaign.unit.name, "unit": duty.unit.name},
        "done_on": show_day(local(course.row.finished_at).date()) if course.row.finished_at else "",
    }
