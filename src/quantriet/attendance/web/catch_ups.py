"""Absentees on their way into a later class (R-067), and who stays away again and again (R-076)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from quantriet.attendance import access, actions, queries
from quantriet.attendance.models import CatchUp, CatchUpStep
from quantriet.attendance.queries import self_study as self_study_queries
from quantriet.attendance.rules.chain import coming_step
from quantriet.attendance.vocab import CatchUpState, InvitedBy, StepKind, StepWay, Verdict
from quantriet.attendance.web.frame import VERDICT_SIGNS, page, workbook
from quantriet.campaigns import access as campaign_access
from quantriet.classes.models import StudyClass
from quantriet.classes.vocab import RUNNING_STATES
from quantriet.kit.numbers import whole_number, whole_numbers
from quantriet.kit.refusal import Refusal, Refusals, refusals_on
from quantriet.kit.spreadsheets import OutColumn
from quantriet.kit.text import fold
from quantriet.kit.time import local, now, show_day
from quantriet.kit.time import today as this_day
from quantriet.kit.web import Chip, listing, query, saved
from quantriet.org import access as org_access
from quantriet.org.actions import privacy as privacy_actions
from quantriet.org.models import path_end
from quantriet.org.vocab import Permission
from quantriet.org.web.pages import DeskRequest, desk_page

SORTS = {
    "name": ["duty__person__sort_key"],
    "unit": ["duty__unit__path", "duty__person__sort_key"],
    "before": ["invite_before_on", "duty__person__sort_key"],
    "campaign": ["duty__campaign__name", "duty__person__sort_key"],
}
_MOST = 1000


class CatchUpFilter(forms.Form):
    campaign = forms.ModelChoiceField(
        queryset=None, required=False, empty_label=gettext_lazy("All"), label=gettext_lazy("Study campaign")
    )
    step = forms.ChoiceField(required=False, label=gettext_lazy("Step"))

    def __init__(self, *args: Any, campaigns: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["campaign"].queryset = campaigns
        self.fields["step"].choices = [("", _("All")), *_steps().items()]


def _steps() -> dict[str, str]:
    return {
        "waiting": _("No later class yet"),
        "late": _("Past the day to invite"),
        "placed": _("Placed in a later class"),
        "cell": _("Told to the cell secretary"),
        "superior": _("Told to the superior committee"),
        "done": _("Done"),
    }


@desk_page(Permission.CLASS_VIEW)
def catch_up_list(request: DeskRequest) -> HttpResponse:
    """Who still has to catch up, who of them has a later class, who is late."""
    campaigns = campaign_access.campaigns_seen_by(request.account).order_by("-planned_from", "-pk")
    filters = CatchUpFilter(request.GET, campaigns=campaigns)
    filters.is_valid()
    links, chips = _filtered(request, filters.cleaned_data)
    if request.GET.get("format") == "xlsx":
        told = "tải danh sách học bù ra Excel"
        privacy_actions.note_list(
            request.account, None, told, links.count(), at=now(), permission=Permission.CLASS_VIEW
        )
        return _excel(links.order_by("duty__unit__path", "duty__person__sort_key"))
    everything = queries.still_owing(queries.catch_up_list(access.catch_ups_seen_by(request.account)))
    total, waiting = everything.count(), everything.filter(is_waiting=True).count()
    late = everything.filter(is_waiting=True, invited_at__isnull=True, invite_before_on__lt=this_day()).count()
    shown = listing(request, links, sorts=SORTS, default_sort="before", chips=chips)
    return page(
        request,
        "attendance/desk/catch_ups.html",
        {
            "heading": _("Catch-up"),
            "lead": f"{total} người còn nợ học tập sau khi vắng, {waiting} người chưa có lớp học bù, {late} người quá hạn mời.",
            "rows": shown,
            "lines": _lines(shown),
            "filters": filters,
            "q": request.GET.get("q", ""),
            "actions": [
                {"value": "place", "label": _("Place in a later class"), "url": reverse("catch-up-place")},
                {"value": "mail", "label": _("Invite by mail"), "url": reverse("catch-up-invite")},
                {"value": "print", "label": _("Print invitations"), "url": reverse("catch-up-print")},
            ],
        },
    )


def _lines(links: Iterable[CatchUp]) -> list[dict[str, Any]]:
    found = queries.with_places(links)
    steps = queries.steps_of(found)
    alone = self_study_queries.studying_alone([link.duty for link in found], now())
    return [
        _line(link, alone)
        | {
            "steps": [step_words(step) for step in steps.get(link.pk, [])],
            "short": "; ".join(_short(step) for step in steps.get(link.pk, [])),
        }
        for link in found
    ]


def stand_words(link: CatchUp, steps: Sequence[CatchUpStep]) -> str:
    """Where a chain stands and what comes next: to be invited by a day; invited, and who is told when; placed; done."""
    if link.state != CatchUpState.OPEN:
        place = f": “{link.placed.study_class.title}”" if link.placed and link.state == CatchUpState.PLACED else ""
        return f"{CatchUpState(link.state).label}{place}"
    if link.invited_at is None:
        return f"Chờ mời, mời trước ngày {show_day(link.invite_before_on)}"
    words = f"Đã mời ngày {show_day(local(link.invited_at).date())}, chờ đăng ký hoặc xếp vào lớp học bù"
    coming = coming_step(
        queries.step_rules(link.duty.campaign, this_day()),
        opened_on=local(link.opened_at).date(),
        taken={StepKind.INVITE, *(StepKind(one.kind) for one in steps)},
    )
    if coming is None or coming[1] < this_day():
        return words
    return f"{words}; đến ngày {show_day(coming[1])} vẫn chưa có lớp thì {_NEXT_WORDS[coming[0]]}"


# What is done with whoever has no later class when a step is due.
_NEXT_WORDS = {
    StepKind.INVITE: "mời",
    StepKind.REMIND: "nhắc lại",
    StepKind.CELL: "báo bí thư chi bộ",
    StepKind.SUPERIOR: "báo cấp ủy cấp trên",
}


def step_words(step: CatchUpStep) -> str:
    """A step as a page tells it: what, when, whom, by whom."""
    kind, way = StepKind(step.kind), StepWay(step.way)
    day = show_day(local(step.at).date())
    if way == StepWay.NONE:
        return f"{DUE_WORDS[kind]} {day}, chưa báo được: {step.told} ({step.by or 'Hệ thống'})"
    return f"{kind.label} {day}: {step.told} ({way.label}, {step.by or 'Hệ thống'})"


# What stands instead of "invited" and "reminded" where nobody could be told.
DUE_WORDS = {
    StepKind.INVITE: "Đến hạn mời",
    StepKind.REMIND: "Đến hạn nhắc",
    StepKind.CELL: "Đến hạn báo bí thư",
    StepKind.SUPERIOR: "Đến hạn báo cấp trên",
}


def _short(step: CatchUpStep) -> str:
    day = show_day(local(step.at).date())
    if step.way == StepWay.NONE:
        return f"{DUE_WORDS[StepKind(step.kind)]} {day}: chưa có cách báo, in giấy mời"
    return f"{step.kind_label} {day}: {StepWay(step.way).label}"


def _line(link: CatchUp, alone: Collection[int]) -> dict[str, Any]:
    if link.state == CatchUpState.DONE:
        sign, words = "done", CatchUpState.DONE.label
    elif link.is_waiting:
        is_late = link.invited_at is None and link.invite_before_on < this_day()
        sign = "late" if is_late else "silent"
        words = _("Past the day to invite") if is_late else _("No later class yet")
    else:
        sign, words = "owing", CatchUpState.PLACED.label
    verdict = getattr(link.missed, "verdict", None) if link.missed else None
    return {
        "link": link,
        "sign": sign,
        "words": words,
        "why": link.why,
        "studies_alone": link.duty_id in alone,
        "why_sign": VERDICT_SIGNS[Verdict(verdict.verdict)] if verdict else "silent",
        "invited": InvitedBy(link.invited_by).label if link.invited_by else "",
    }


def _filtered(request: DeskRequest, chosen: dict[str, Any]) -> tuple[QuerySet[CatchUp], list[Chip]]:
    links = queries.catch_up_list(access.catch_ups_seen_by(request.account))
    chips: list[Chip] = []
    if chosen.get("campaign"):
        links = links.filter(duty__campaign=chosen["campaign"])
        chips.append(Chip(chosen["campaign"].name, query(request, campaign=None, page=None)))
    step = chosen.get("step") or ""
    if step == "done":
        links = links.filter(state=CatchUpState.DONE)
    else:
        links = queries.still_owing(links)
    if step == "waiting":
        links = links.filter(is_waiting=True)
    elif step == "late":
        links = links.filter(is_waiting=True, invited_at__isnull=True, invite_before_on__lt=this_day())
    elif step == "placed":
        links = links.filter(is_waiting=False)
    elif step in (StepKind.CELL, StepKind.SUPERIOR):
        links = queries.stepped(links, StepKind(step))
    if step:
        chips.append(Chip(_steps()[step], query(request, step=None, page=None)))
    unit = whole_number(request.GET.get("unit"))
    if unit is not None:
        found = org_access.units_seen_by(request.account).filter(pk=unit).first()
        if found:
            links = links.filter(duty__unit__path__gte=found.path, duty__unit__path__lt=path_end(found.path))
            chips.append(Chip(found.name, query(request, unit=None, page=None)))
    words = request.GET.get("q", "").strip()
    if words:
        links = links.filter(Q(duty__person__name_folded__contains=fold(words)) | Q(duty__person__code__iexact=words))
        chips.append(Chip(f"{_('Search')}: {words}", query(request, q=None, page=None)))
    return links, chips


def _excel(links: QuerySet[CatchUp]) -> HttpResponse:
    columns = [
        OutColumn("code", "Mã đảng viên", kind="code"),
        OutColumn("name", "Họ và tên"),
        OutColumn("unit", "Chi bộ"),
        OutColumn("campaign", "Đợt học tập"),
        OutColumn("missed", "Lớp đã vắng"),
        OutColumn("why", "Kết luận", width=60),
        OutColumn("before", "Mời trước ngày", kind="day"),
        OutColumn("invited", "Đã mời lúc", kind="moment"),
        OutColumn("later", "Lớp học bù"),
        OutColumn("step", "Tình trạng"),
        OutColumn("steps", "Các bước đã làm", width=60),
    ]

    def lines() -> Any:
        for line in _lines(links):
            link = line["link"]
            yield {
                "code": link.duty.person.code,
                "name": link.duty.person.full_name,
                "unit": link.duty.unit.name,
                "campaign": link.duty.campaign.name,
                "missed": link.missed.study_class.title if link.missed else link.cause,
                "why": line["why"],
                "before": link.invite_before_on,
                "invited": link.invited_at,
                "later": link.placed.study_class.title if link.placed else "",
                "step": line["words"],
                "steps": "; ".join(line["steps"]),
            }

    return workbook("hoc-bu.xlsx", "Danh sách học bù", columns, lines())


# --- with the ticked rows ---------------------------------------------------------------------------------------


def _ticked(request: DeskRequest) -> list[CatchUp]:
    ids = whole_numbers(request.POST.getlist("ids"))[:_MOST]
    # What is seen may be more than what is written: the same account may be a reader above and an organiser below.
    seen = access.catch_ups_seen_by(request.account, Permission.CLASS_EDIT)
    return queries.with_places(
        queries.still_owing(queries.catch_up_list(seen))
        .filter(pk__in=ids)
        .select_related("missed__unit", "duty__unit", "placed__study_class__unit")
        .order_by("duty__unit__path", "duty__person__sort_key", "pk")
    )


def _nobody(request: DeskRequest) -> HttpResponse:
    messages.error(
        request, "Chưa chọn ai còn phải học bù mà đồng chí được giao xếp lớp; hãy đánh dấu ít nhất một dòng."
    )
    return saved(request, to=reverse("catch-up-list"))


class PlaceForm(forms.Form):
    study_class = forms.ModelChoiceField(queryset=StudyClass.objects.none(), label=gettext_lazy("Later class"))

    def __init__(self, *args: Any, classes: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["study_class"]
        field.queryset = classes
        field.label_from_instance = _class_label


def _class_label(study_class: StudyClass) -> str:
    first = getattr(study_class, "first_at", None)
    when = show_day(local(first).date()) if first else "chưa có buổi học"
    return f"{study_class.title} – {study_class.unit.name} – {when}"


@require_POST
@desk_page(Permission.CLASS_EDIT)
def place(request: DeskRequest) -> HttpResponse:
    """Choose the later class for the ticked people, then place them all or none."""
    links = _ticked(request)
    if not links:
        return _nobody(request)
    campaigns = {link.duty.campaign_id for link in links}
    classes = queries.with_first_day(
        access.classes_to_place_in(request.account).filter(campaign__in=campaigns, state__in=RUNNING_STATES), now()
    )
    is_sent = "study_class" in request.POST
    form = PlaceForm(request.POST if is_sent else None, classes=classes)
    if is_sent and form.is_valid():
        with refusals_on(form):
            try:
                count = actions.place_catch_up(links, form.cleaned_data["study_class"], by=request.account, at=now())
            except Refusals as several:
                form.add_error(None, several.sentence)
            except Refusal as refusal:
                form.add_error(None, refusal.sentence)
            else:
                title = form.cleaned_data["study_class"].title
                return saved(request, to=reverse("catch-up-list"), message=f"Đã xếp {count} người vào “{title}”.")
    return page(
        request,
        "attendance/desk/place.html",
        {
            "heading": _("Place in a later class"),
            "links": links,
            "form": form,
            "has_classes": classes.exists(),
            "is_one_campaign": len(campaigns) == 1,
        },
    )


@require_POST
@desk_page(Permission.CLASS_EDIT)
def invite(request: DeskRequest) -> HttpResponse:
    """Mail invitations to the ticked people."""
    links = _ticked(request)
    if not links:
        return _nobody(request)
    try:
        count, without = actions.invite_absentees(links, way=InvitedBy.MAIL, by=request.account, at=now())
    except Refusal as refusal:
        messages.error(request, refusal.sentence)
        return saved(request, to=reverse("catch-up-list"))
    if without:
        names = ", ".join(without[:5]) + (" …" if len(without) > 5 else "")
        messages.warning(
            request,
            f"{len(without)} người chưa có cách báo (không có địa chỉ thư, số điện thoại hay tài khoản), hãy in giấy mời: {names}.",
        )
    told = f"Đã mời học bù {count} người; cách báo của từng người ghi ở cột “Mời trước ngày”." if count else ""
    return saved(request, to=reverse("catch-up-list"), message=told)


@require_POST
@desk_page(Permission.CLASS_EDIT)
def print_invitations(request: DeskRequest) -> HttpResponse:
    """Invitations of the ticked people for the printer, one a page; noted as printed."""
    links = _ticked(request)
    if not links:
        return _nobody(request)
    actions.invite_absentees(links, way=InvitedBy.PRINT, by=request.account, at=now())
    links = queries.with_places(links)
    units = {link.missed.unit.name if link.missed else link.duty.unit.name for link in links}
    return page(
        request,
        "attendance/desk/invitations_print.html",
        {
            "heading": _("Invitations to the later class"),
            "place": {"unit": units.pop() if len(units) == 1 else ""},
            "paper": {},
            "back_url": reverse("catch-up-list"),
            "letters": [(link, queries.invitation(link)) for link in links],
            "day": this_day(),
        },
    )


# --- who stays away again and again -----------------------------------------------------------------------------


@desk_page(Permission.CLASS_VIEW)
def repeat_absentees(request: DeskRequest) -> HttpResponse:
    """People who missed two classes or more without reason or over the limit, in the last three years."""
    least = min(9, max(2, whole_number(request.GET.get("least")) or 2))
    people = queries.repeat_absentees(access.people_followed_by(request.account), least=least)
    words = request.GET.get("q", "").strip()
    chips = []
    unit = whole_number(request.GET.get("unit"))
    found = org_access.units_seen_by(request.account).filter(pk=unit).first() if unit is not None else None
    if found:
        people = people.filter(unit__path__gte=found.path, unit__path__lt=path_end(found.path))
        chips.append(Chip(found.name, query(request, unit=None, page=None)))
    if words:
        people = people.filter(name_folded__contains=fold(words))
        chips.append(Chip(f"{_('Search')}: {words}", query(request, q=None, page=None)))
    if request.GET.get("format") == "xlsx":
        columns = [
            OutColumn("code", "Mã đảng viên", kind="code"),
            OutColumn("name", "Họ và tên"),
            OutColumn("unit", "Chi bộ"),
            OutColumn("missed", "Số lớp vắng quá mức", kind="number"),
            OutColumn("without", "Trong đó vắng không lý do", kind="number"),
            OutColumn("last", "Lần gần nhất", kind="moment"),
        ]
        lines = (
            {
                "code": person.code,
                "name": person.full_name,
                "unit": person.unit.name,
                "missed": person.missed,
                "without": person.without_reason,
                "last": person.last_missed_at,
            }
            for person in people.order_by("-missed", "sort_key")
        )
        return workbook("vang-nhieu-lan.xlsx", "Vắng nhiều lần", columns, lines)
    shown = listing(
        request,
        people,
        sorts={"missed": ["missed", "last_missed_at"], "name": ["sort_key"], "unit": ["unit__path", "sort_key"]},
        default_sort="-missed",
        chips=chips,
    )
    seconds = queries.seconds_missed(shown.rows)
    return page(
        request,
        "attendance/desk/repeat.html",
        {
            "heading": _("Repeat absentees"),
            "rows": shown,
            "lines": [(person, seconds.get(person.pk, 0) // 60) for person in shown],
            "q": words,
            "least": least,
        },
    )
