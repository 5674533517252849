"""Self-study on the desk (R-133): who may, how far they are, the questions, proofs that come back."""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from quantriet.attendance import access, actions
from quantriet.attendance.models import SelfStudyPermission, SelfStudyQuestion
from quantriet.attendance.queries import self_study as reads
from quantriet.attendance.rules import self_study as rules
from quantriet.attendance.rules.self_study import WrittenQuestion
from quantriet.attendance.vocab import SelfStudyCause, SelfStudyStage
from quantriet.attendance.web.frame import page, workbook
from quantriet.campaigns import access as campaign_access
from quantriet.campaigns.models import StudyCampaign
from quantriet.campaigns.rules.audience import Criteria
from quantriet.campaigns.vocab import CampaignState, DutyReason
from quantriet.kit import spreadsheets
from quantriet.kit.numbers import show_number, whole_number
from quantriet.kit.refusal import Refusal, Refusals, refusals_on
from quantriet.kit.spreadsheets import Column, OutColumn
from quantriet.kit.text import fold, squeeze
from quantriet.kit.time import local, now, show_day, today
from quantriet.kit.web import Chip, listing, query, saved
from quantriet.kit.web.fields import ManyRows
from quantriet.library.vocab import Audience
from quantriet.org import access as org_access
from quantriet.org.access import one_of
from quantriet.org.actions import privacy as privacy_actions
from quantriet.org.models import Person, PostKind, Unit, UnitKind, path_end
from quantriet.org.queries.listed import MOST_LINES, recognise_people
from quantriet.org.rules.recognising import read_pasted
from quantriet.org.rules.secrecy import refuse_if_marked
from quantriet.org.vocab import Level, Permission
from quantriet.org.web.pages import DeskRequest, desk_page

SIGNS = {
    SelfStudyStage.NOT_BEGUN: "silent",
    SelfStudyStage.READING: "owing",
    SelfStudyStage.STUCK: "late",
    SelfStudyStage.FINISHED: "done",
    SelfStudyStage.ELSEWHERE: "exempt",
    SelfStudyStage.LAPSED: "late",
}
QUESTION_COLUMNS = (
    Column("section", "Mục", ("STT mục", "Số mục", "Mục số", "Phần"), required=True),
    Column("question", "Câu hỏi", ("Nội dung câu hỏi", "Câu hỏi kiểm tra"), required=True),
    Column(
        "choices", "Phương án", ("Các phương án", "Phương án trả lời", "Lựa chọn", "Đáp án lựa chọn"), required=True
    ),
    Column("right", "Đáp án đúng", ("Đáp án", "Phương án đúng", "Trả lời đúng"), required=True),
)
_MOST_TOLD = 100
_MOST_UNITS = 500  # that a form offers


def _frame(campaign: StudyCampaign, heading: str, **given: Any) -> dict[str, Any]:
    return {
        "campaign": campaign, "heading": heading, "place": {"unit": campaign.unit.name, "campaign": campaign.name}, **given,
    }  # fmt: skip


def _home(campaign: StudyCampaign) -> str:
    return reverse("self-study", args=[campaign.pk])


# --- how far people are -------------------------------------------------------------------------------------------


class StageFilter(forms.Form):
    stage = forms.ChoiceField(label=gettext_lazy("Stage"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["stage"].choices = [("", _("All")), *SelfStudyStage.labels()]  # type: ignore[attr-defined]


@desk_page(Permission.CAMPAIGN_VIEW)
def overview(request: DeskRequest, pk: int) -> HttpResponse:
    """Who may study alone and how far each is, by unit and by name; the organiser allows and withdraws here."""
    campaign = campaign_access.get_campaign(request.account, pk)
    at = now()
    everybody = access.self_study_seen_by(request.account, reads.followed_people(campaign, at))
    people, chips = everybody, []
    filters = StageFilter(request.GET)
    stage = request.GET.get("stage", "")
    if stage in list(SelfStudyStage):
        people = people.filter(stage=stage)
        chips.append(Chip(SelfStudyStage(stage).label, query(request, stage=None, page=None)))
    key = whole_number(request.GET.get("unit"))
    unit = org_access.units_seen_by(request.account).filter(pk=key).first() if key is not None else None
    if unit is not None:
        people = people.filter(unit__path__gte=unit.path, unit__path__lt=path_end(unit.path))
        chips.append(Chip(unit.name, query(request, unit=None, page=None)))
    words = request.GET.get("q", "").strip()
    if words:
        people = people.filter(Q(person__name_folded__contains=fold(words)) | Q(person__code__iexact=words))
        chips.append(Chip(f"{_('Search')}: {words}", query(request, q=None, page=None)))
    if request.GET.get("format") == "xlsx":
        told = "tải danh sách tự học ra Excel"
        privacy_actions.note_list(
            request.account, None, told, people.count(), at=at, permission=Permission.CAMPAIGN_VIEW
        )
        return _excel(campaign, people)
    by_unit = reads.progress_by_unit(everybody)
    counts = {one: sum(row.counts.get(one, 0) for row in by_unit) for one in SelfStudyStage}
    shown = listing(
        request, people,
        sorts={"name": ["person__sort_key"], "unit": ["unit__path", "person__sort_key"], "last": ["self_study__last_at"]},
        default_sort="unit", chips=chips,
    )  # fmt: skip
    total = sum(counts.values())
    may_allow = access.may_allow_self_study(request.account, campaign)
    permissions = list(reads.permissions_of(campaign)) if may_allow else []
    who = reads.told_who(permissions)
    return page(
        request,
        "attendance/desk/self_study.html",
        _frame(
            campaign,
            _("Study alone"),
            rows=shown,
            lines=[(one, _stage(one), getattr(one, "self_study", None)) for one in shown],
            filters=filters,
            q=words,
            total=total,
            sentence=_sentence(counts, total),
            figures=[
                (SIGNS[one], one.label, show_number(counts[one]), query(request, stage=one.value, page=None))
                for one in SelfStudyStage
                if counts[one]
            ],
            by_unit=[
                (one, query(request, unit=one.unit.pk, page=None), [cell for cell in one.cells if counts[cell[0]]])
                for one in by_unit
            ],
            stages=[one for one in SelfStudyStage if counts[one]],
            permissions=[_told(one, who[one.pk]) for one in permissions],
            may_allow=may_allow,
            is_running=campaign.state in (CampaignState.DRAFT, CampaignState.OPEN),
        ),
    )


def _stage(row: Any) -> tuple[str, str]:
    stage = SelfStudyStage(row.stage)
    return SIGNS[stage], stage.label


def _sentence(counts: dict[SelfStudyStage, int], total: int) -> str:
    if not total:
        return ""
    done = counts[SelfStudyStage.FINISHED] + counts[SelfStudyStage.ELSEWHERE]
    parts = [
        f"{show_number(counts[stage])} {words}"
        for stage, words in (
            (SelfStudyStage.NOT_BEGUN, "chưa bắt đầu"),
            (SelfStudyStage.STUCK, "đang vướng"),
            (SelfStudyStage.LAPSED, "hết hạn chưa xong"),
        )
        if counts[stage]
    ]
    left = f"; {', '.join(parts)}" if parts else ""
    return f"{show_number(done)}/{show_number(total)} người được tự học đã học xong{left}."


def _told(one: SelfStudyPermission, who: str) -> dict[str, Any]:
    """A permission as the organiser reads it."""
    is_over = one.to_on < today()
    state = (
        ("exempt", _("Permission withdrawn")) if one.withdrawn_at else ("late", _("Ended")) if is_over
        else ("silent", _("Not begun yet")) if one.from_on > today() else ("done", _("In force"))
    )  # fmt: skip
    return {
        "row": one, "who": who, "cause": SelfStudyCause(one.cause).label,
        "sign": state[0], "state": state[1], "may_withdraw": one.withdrawn_at is None and not is_over,
    }  # fmt: skip


def _excel(campaign: StudyCampaign, people: Any) -> HttpResponse:
    columns = [
        OutColumn("code", "Mã đảng viên", kind="code"),
        OutColumn("name", "Họ và tên", width=28),
        OutColumn("unit", "Chi bộ", width=30),
        OutColumn("stage", "Tình trạng", width=22),
        OutColumn("passed", "Mục đã qua", kind="whole"),
        OutColumn("total", "Số mục", kind="whole"),
        OutColumn("minutes", "Số phút", kind="whole"),
        OutColumn("tries", "Lượt trả lời", kind="whole"),
        OutColumn("began", "Bắt đầu", kind="moment"),
        OutColumn("last", "Lần gần nhất", kind="moment"),
        OutColumn("result", "Kết quả học tập", width=24),
        OutColumn("why", "Căn cứ kết quả", width=60),
    ]

    def lines() -> Any:
        for one in people.order_by("unit__path", "person__sort_key", "pk").iterator(chunk_size=1000):
            course = getattr(one, "self_study", None)
            yield {
                "code": one.person.code, "name": one.person.full_name, "unit": one.unit.name,
                "stage": SelfStudyStage(one.stage).label, "passed": course.passed if course else 0,
                "total": course.total if course else None,
                "minutes": rules.minutes_of(course.seconds) if course else 0, "tries": course.tries if course else 0,
                "began": course.began_at if course else None, "last": course.last_at if course else None,
                "result": DutyReason(one.reason).label, "why": one.sentence,
            }  # fmt: skip

    return workbook("tu-hoc.xlsx", "Tự học", columns, lines(), heading=("Danh sách tự học", campaign.name))


# --- who may ------------------------------------------------------------------------------------------------------


class AllowForm(forms.Form):
    """A permission: people by name, or by unit, kind of unit and post."""

    fieldsets = [
        (gettext_lazy("Who may"), ["people", "units", "unit_kinds", "posts"]),
        (gettext_lazy("Why and when"), ["cause", "reason", "basis", "from_on", "to_on", "variant"]),
    ]
    people = forms.CharField(
        label=gettext_lazy("Single persons"), required=False, widget=forms.Textarea(attrs={"rows": 4}),
        help_text="Mỗi dòng một người: mã đảng viên, hoặc họ tên và chi bộ. Ghi tên thì không xét điều kiện bên dưới.",
    )  # fmt: skip
    units = ManyRows(Unit.objects.none(), label=gettext_lazy("Under units"), required=False)
    unit_kinds = forms.MultipleChoiceField(
        label=gettext_lazy("Under kinds of units"), required=False, widget=forms.CheckboxSelectMultiple
    )
    posts = forms.MultipleChoiceField(label=gettext_lazy("Posts"), required=False, widget=forms.CheckboxSelectMultiple)
    cause = forms.ChoiceField(label=gettext_lazy("Why they cannot gather"))
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=250, help_text="Ví dụ: tổ lái tàu chạy tuyến Bắc – Nam, mỗi chuyến 6 ngày.")  # fmt: skip
    basis = forms.CharField(label=gettext_lazy("Basis"), max_length=250, help_text="Văn bản cho phép, ghi nguyên trong kết quả của từng người. Ví dụ: Kế hoạch 15-KH/ĐU ngày 05/11/2026.")  # fmt: skip
    from_on = forms.DateField(label=gettext_lazy("First day"))
    to_on = forms.DateField(label=gettext_lazy("Last day"), help_text="Hết ngày này mà chưa xong thì vào danh sách học bù.")  # fmt: skip
    variant = forms.ChoiceField(label=gettext_lazy("Grassroots members read the text for"))
    nonce = forms.CharField(widget=forms.HiddenInput, max_length=40, initial=lambda: secrets.token_hex(16))

    def __init__(self, *args: Any, campaign: StudyCampaign, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        below = Unit.objects.active().under(campaign.unit)
        units: Any = self.fields["units"]
        units.queryset = below.order_by("path")
        if (
            below.count() > _MOST_UNITS
        ):  # thousands of cells are no choice; there people are named, or told by kind and post
            units.queryset = below.exclude(kind__level=Level.CELL).order_by("path")
        kinds = UnitKind.objects.filter(units__in=below.values("pk")).order_by("pk").distinct()
        self.fields["unit_kinds"].choices = [(one.code, one.name) for one in kinds]  # type: ignore[attr-defined]
        posts = PostKind.objects.order_by("rank").values_list("code", "name")
        self.fields["posts"].choices = list(posts)  # type: ignore[attr-defined]
        self.fields["cause"].choices = SelfStudyCause.labels()  # type: ignore[attr-defined]
        variants = (Audience.OFFICIALS, Audience.RURAL)
        self.fields["variant"].choices = [(one.value, one.label) for one in variants]  # type: ignore[attr-defined]

    @property
    def criteria(self) -> Criteria:
        given = self.cleaned_data
        return Criteria(
            units=tuple(one.pk for one in given["units"]),
            unit_kinds=tuple(given["unit_kinds"]),
            posts=tuple(given["posts"]),
        )


def _named(request: DeskRequest, campaign: StudyCampaign, pasted: str) -> list[Person]:
    """The people named, each line of it; refuses every line that names nobody, or nobody for certain."""
    lines = read_pasted(pasted)
    if len(lines) > MOST_LINES:
        raise Refusal("list.too_long", f"Chỉ ghi tối đa {show_number(MOST_LINES)} dòng một lần.", field="people")
    found, people = recognise_people(lines, access.people_allowed_by(request.account, campaign))
    faults = [
        Refusal("self_study.line", f"Dòng {one.line.number}: {one.sentence}", field="people", row=one.line.number)
        for one in found
        if one.person_id is None
    ]
    if faults:
        raise Refusals(faults[:_MOST_TOLD])
    return [people[one.person_id] for one in found if one.person_id is not None]


@desk_page(Permission.CAMPAIGN_PLAN)
def allow(request: DeskRequest, pk: int) -> HttpResponse:
    """Allow people to study alone."""
    campaign = campaign_access.get_campaign(request.account, pk, Permission.CAMPAIGN_PLAN)
    day = today()
    last = campaign.planned_to if campaign.planned_to >= day else day
    initial = {"from_on": show_day(max(day, campaign.planned_from)), "to_on": show_day(last)}
    form = AllowForm(request.POST or None, campaign=campaign, initial=initial)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        with refusals_on(form):
            actions.allow_self_study(
                campaign, criteria=form.criteria, people=_named(request, campaign, given["people"]),
                cause=SelfStudyCause(given["cause"]), reason=given["reason"], basis=given["basis"],
                variant=Audience(given["variant"]), from_on=given["from_on"], to_on=given["to_on"], nonce=given["nonce"],
                by=request.account, at=now(),
            )  # fmt: skip
            return saved(request, to=_home(campaign), message="Đã cho tự học; người trong danh sách thấy nút Tự học ở trang của mình.")  # fmt: skip
    return page(
        request,
        "attendance/desk/self_study_form.html",
        _frame(campaign, _("Allow self-study"), form=form, submit=_("Allow self-study"), back=_home(campaign)),
    )


class WithdrawForm(forms.Form):
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=250)


@desk_page(Permission.CAMPAIGN_PLAN)
def withdraw(request: DeskRequest, pk: int, permission_pk: int) -> HttpResponse:
    """End a permission from now on."""
    campaign = campaign_access.get_campaign(request.account, pk, Permission.CAMPAIGN_PLAN)
    permission = one_of(
        SelfStudyPermission.objects.filter(campaign=campaign).select_related("campaign__unit"), permission_pk
    )
    form = WithdrawForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            number = actions.withdraw_self_study(permission, reason=form.cleaned_data["reason"], by=request.account, at=now())  # fmt: skip
            return saved(request, to=_home(campaign), message=f"Đã rút phép tự học; {show_number(number)} người vào danh sách học bù.")  # fmt: skip
    lead = f"{permission}. Từ ngày {show_day(permission.from_on)} đến ngày {show_day(permission.to_on)}. Ai đã học xong vẫn giữ kết quả; ai chưa xong thì vào danh sách học bù."
    return page(
        request,
        "attendance/desk/self_study_form.html",
        _frame(
            campaign, _("Withdraw the permission"), form=form, submit=_("Withdraw the permission"), back=_home(campaign),
            lead=lead, danger=True,
        ),
    )  # fmt: skip


# --- questions ----------------------------------------------------------------------------------------------------


class QuestionForm(forms.Form):
    section = forms.TypedChoiceField(label=gettext_lazy("Section"), coerce=int)
    question = forms.CharField(label=gettext_lazy("Question"), max_length=500, widget=forms.Textarea(attrs={"rows": 2}))
    choices = forms.CharField(
        label=gettext_lazy("Choices"), max_length=3000, widget=forms.Textarea(attrs={"rows": 5}),
        help_text="Mỗi phương án một dòng, từ 2 đến 8 phương án.",
    )  # fmt: skip
    right = forms.CharField(
        label=gettext_lazy("Right answer"),
        max_length=40,
        help_text="Chữ cái của phương án: A, hoặc A, C nếu có nhiều đáp án.",
    )

    def __init__(self, *args: Any, parts: Sequence[reads.QuestionedPart], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["section"].choices = [(one.part.id, f"{one.number}. {one.head}") for one in parts]  # type: ignore[attr-defined]

    @property
    def written(self) -> WrittenQuestion:
        given = self.cleaned_data
        written, fault = _written(given["question"], given["choices"], given["right"])
        if fault is not None:
            raise Refusal("self_study.question", fault[1][:1].upper() + fault[1][1:], field=fault[0])
        return written


def _written(question: str, choices: str, right: str) -> tuple[WrittenQuestion, tuple[str, str] | None]:
    """A question as it is understood, and what is wrong with it (field, sentence)."""
    said, several = squeeze(question), [squeeze(one) for one in rules.read_choices(choices)]
    places = rules.read_right(right, len(several))
    return WrittenQuestion(said, tuple(several), tuple(places or ())), rules.question_fault(said, several, places)


@desk_page(Permission.CAMPAIGN_PLAN)
def questions(request: DeskRequest, pk: int) -> HttpResponse:
    """The parts of the published texts with their questions; a form for one more; Excel."""
    campaign = campaign_access.get_campaign(request.account, pk, Permission.CAMPAIGN_PLAN)
    parts = reads.questioned_parts(campaign, now())
    if request.GET.get("format") == "xlsx":
        return _questions_excel(campaign, parts)
    form = QuestionForm(request.POST or None, parts=parts)
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            written = (form.cleaned_data["section"], form.written)
            new = actions.add_check_questions(campaign, [written], by=request.account, at=now())
            return saved(request, to=request.path, message="Đã thêm câu hỏi." if new else "Câu hỏi này đã có từ trước.")
    return page(
        request,
        "attendance/desk/self_study_questions.html",
        _frame(
            campaign, _("Check questions"), form=form, parts=[(one, [_shown(q) for q in one.questions]) for one in parts],
            asked=sum(len(one.questions) for one in parts), back=_home(campaign),
        ),
    )  # fmt: skip


def _shown(question: SelfStudyQuestion) -> dict[str, Any]:
    choices = [(rules.letter(place), words, place in question.right) for place, words in enumerate(question.choices)]
    return {"row": question, "choices": choices}


def _questions_excel(campaign: StudyCampaign, parts: Sequence[reads.QuestionedPart]) -> HttpResponse:
    """In the columns in which the list is read back; parts without a question have a line to fill in."""
    columns = [
        OutColumn("section", "Mục", kind="whole"),
        OutColumn("head", "Nội dung của mục", width=50),
        OutColumn("question", "Câu hỏi", width=50),
        OutColumn("choices", "Phương án", width=50),
        OutColumn("right", "Đáp án đúng", width=14),
    ]

    def lines() -> Any:
        for one in parts:
            for question in one.questions or [None]:
                yield {
                    "section": one.number, "head": one.head,
                    "question": question.text if question else "",
                    "choices": "\n".join(f"{rules.letter(place)}. {words}" for place, words in enumerate(question.choices)) if question else "",
                    "right": ", ".join(rules.letter(place) for place in question.right) if question else "",
                }  # fmt: skip

    return workbook("cau-hoi-tu-hoc.xlsx", "Câu hỏi kiểm tra", columns, lines(), heading=("Câu hỏi kiểm tra tự học", campaign.name))  # fmt: skip


@require_POST
@desk_page(Permission.CAMPAIGN_PLAN)
def retire(request: DeskRequest, pk: int, question_pk: int) -> HttpResponse:
    """Ask a question no more."""
    campaign = campaign_access.get_campaign(request.account, pk, Permission.CAMPAIGN_PLAN)
    rows = SelfStudyQuestion.objects.filter(campaign=campaign).select_related("campaign__unit")
    actions.retire_check_question(one_of(rows, question_pk), by=request.account, at=now())
    return saved(
        request, to=reverse("self-study-questions", args=[pk]), message="Đã bỏ câu hỏi; kết quả đã có không đổi."
    )


class QuestionListForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("Excel file"), widget=forms.ClearableFileInput(attrs={"accept": ".xlsx,.xls,.ods,.csv"})
    )


@desk_page(Permission.CAMPAIGN_PLAN)
def questions_import(request: DeskRequest, pk: int) -> HttpResponse:
    """Questions of an Excel list: all or none, with every fault by row and column; the same file again changes nothing."""
    campaign = campaign_access.get_campaign(request.account, pk, Permission.CAMPAIGN_PLAN)
    parts = reads.questioned_parts(campaign, now())
    form = QuestionListForm(request.POST or None, request.FILES or None)
    back = reverse("self-study-questions", args=[pk])
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            written = _read_questions(form.cleaned_data["file"], parts)
            new = actions.add_check_questions(campaign, written, by=request.account, at=now())
            same = len(written) - new
            told = f"Đã thêm {show_number(new)} câu hỏi" + (
                f", {show_number(same)} câu đã có từ trước." if same else "."
            )
            return saved(request, to=back, message=told)
    return page(
        request,
        "attendance/desk/self_study_import.html",
        _frame(
            campaign, _("Questions from Excel"), form=form, back=back, sample=f"{back}?format=xlsx",
            columns=[one.label for one in QUESTION_COLUMNS],
        ),
    )  # fmt: skip


def _read_questions(upload: Any, parts: Sequence[reads.QuestionedPart]) -> list[tuple[int, WrittenQuestion]]:
    """The questions of a file with their parts (ids), read in the limited child process; refuses with every fault."""
    name = upload.name or ""
    refuse_if_marked(Path(name).stem.replace("_", " "), "Tên tệp")
    by_number = {one.number: one for one in parts}
    by_head = {fold(one.head): one for one in parts}
    found: list[tuple[int, WrittenQuestion]] = []
    faults: list[Refusal] = []
    labels = {one.key: one.label for one in QUESTION_COLUMNS}

    with tempfile.NamedTemporaryFile(prefix="quantriet-questions-", suffix=Path(name).suffix) as kept:
        for piece in upload.chunks():
            kept.write(piece)
        kept.flush()
        try:
            gated = spreadsheets.gate(Path(kept.name), name, limit=settings.UPLOAD_LIMIT_BYTES)
            table = spreadsheets.read_table(gated, QUESTION_COLUMNS)
        except Refusal as refusal:
            raise Refusal(refusal.code, refusal.sentence, field="file") from None
        with table:
            missing = [one.label for one in QUESTION_COLUMNS if one.key not in table.columns]
            if missing:
                named = ", ".join(f"“{label}”" for label in missing)
                raise Refusal("list.no_column", f"Tệp thiếu cột {named}. Hãy tải Excel mẫu rồi điền vào.", field="file")
            for row in table:
                cells = {key: spreadsheets.shown(row.cells.get(key)) for key in labels}
                if isinstance(row.cells.get("choices"), str):
                    cells["choices"] = str(row.cells["choices"])  # its lines are the choices
                if not (cells["question"] or cells["choices"] or cells["right"]):
                    continue  # a part that got no question
                if len(found) + len(faults) >= actions.MOST_QUESTIONS:
                    raise Refusal("list.too_long", f"Tệp có quá {actions.MOST_QUESTIONS} câu hỏi.", field="file")
                number = whole_number(cells["section"])
                part = by_number.get(number) if number is not None else by_head.get(fold(cells["section"]))
                written, fault = _written(cells["question"], cells["choices"], cells["right"])
                if part is None:
                    fault = ("section", f"không có mục “{cells['section']}” trong bản biên soạn đang công bố.")
                if fault is not None or part is None:
                    key, sentence = fault or ("section", "")
                    faults.append(
                        Refusal(
                            "list.row",
                            f"Dòng {row.number}, cột “{labels[key]}”: {sentence}",
                            field="file",
                            row=row.number,
                        )
                    )
                    continue
                found.append((part.part.id, written))
    if faults:
        raise Refusals(faults[:_MOST_TOLD])
    if not found:
        raise Refusal("list.empty", "Không có câu hỏi nào trong tệp.", field="file")
    return found


# --- proofs -------------------------------------------------------------------------------------------------------


@desk_page(Permission.CAMPAIGN_VIEW)
def check(request: DeskRequest) -> HttpResponse:
    """Whether a proof sheet is genuine: by its code, within the account's people."""
    typed = request.GET.get("code", "").strip()
    found = reads.course_by_code(typed) if typed else None
    if found is not None and not access.self_study_seen_by(request.account, type(found.duty).objects.filter(pk=found.duty_id)).exists():  # fmt: skip
        found = None
    if typed and found is None:
        messages.error(request, "Không có giấy xác nhận nào mang mã này trong phạm vi được giao; hãy đối chiếu lại từng ký tự.")  # fmt: skip
    context = {
        "heading": _("Check a confirmation"),
        "code": typed,
        "course": found,
        "reason": DutyReason(found.duty.reason).label if found else "",
        "finished_on": show_day(local(found.finished_at).date()) if found and found.finished_at else "",
    }
    return page(request, "attendance/desk/self_study_check.html", context)
