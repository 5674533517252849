"""Random checks in the middle of a session: set one, see who did not show, say what became of them."""

from __future__ import annotations

import datetime as dt
import secrets
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from quantriet.attendance import access, actions
from quantriet.attendance.models import PresenceCheck
from quantriet.attendance.queries import check_ins as queries
from quantriet.attendance.vocab import FactKind, Mark, Method
from quantriet.attendance.web.frame import Place, place_of, roll_page, workbook
from quantriet.classes.models import StudyClass
from quantriet.kit.numbers import whole_number
from quantriet.kit.refusal import NotAllowed, Refusal, refusals_on
from quantriet.kit.spreadsheets import OutColumn
from quantriet.kit.time import at_local, local, now, parse_clock, show_clock
from quantriet.kit.web import saved
from quantriet.org import access as org_access
from quantriet.org.vocab import Permission
from quantriet.org.web.pages import DeskRequest, member_page

_NOW, _DRAWN = "now", "drawn"


class CheckForm(forms.Form):
    """When, how long, where."""

    when = forms.ChoiceField(label=gettext_lazy("When"), widget=forms.RadioSelect, choices=[
        (_NOW, gettext_lazy("Now")), (_DRAWN, gettext_lazy("At a moment drawn by the system")),
    ], initial=_NOW)  # fmt: skip
    start = forms.CharField(
        label=gettext_lazy("Drawn from"), required=False, max_length=5, widget=forms.TextInput(attrs={"class": "short"}),
        help_text="Chỉ điền khi để hệ thống chọn lúc, ví dụ 08:30.",
    )  # fmt: skip
    to = forms.CharField(
        label=gettext_lazy("Drawn until"), required=False, max_length=5, widget=forms.TextInput(attrs={"class": "short"}),
        help_text="Không ai biết trước lúc được chọn, kể cả người đặt.",
    )  # fmt: skip
    minutes = forms.IntegerField(
        label=gettext_lazy("Minutes to confirm"), initial=5, min_value=actions.LEAST_MINUTES,
        max_value=actions.MOST_MINUTES, widget=forms.NumberInput(attrs={"class": "short"}),
    )  # fmt: skip
    everywhere = forms.BooleanField(label=gettext_lazy("In all venues of the class"), required=False)

    def __init__(self, *args: Any, day: dt.date, is_whole: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.day = day
        if not is_whole:
            del self.fields["everywhere"]

    @property
    def within(self) -> tuple[dt.datetime, dt.datetime] | None:
        if self.cleaned_data["when"] == _NOW:
            return None
        found = []
        for name in ("start", "to"):
            clock = parse_clock(self.cleaned_data[name])
            if clock is None:
                raise Refusal("check.clock", "Hãy ghi giờ như 08:30.", field=name)
            found.append(at_local(self.day, clock))
        return found[0], found[1]


@member_page
def checks(request: DeskRequest, pk: int) -> HttpResponse:
    """The check of a venue in a session: what it came to, whom it asks about, and a new one."""
    study_class = access.get_roll(request.account, pk)
    at = now()
    place = place_of(request, study_class, at)
    if place.session is None or place.venue is None:
        context = {**place.context, "heading": study_class.title}
        return roll_page(request, "attendance/desk/checks.html", study_class, context, part="checks")
    is_whole = org_access.may(request.account, Permission.ROLL_TAKE, study_class.unit)
    several = is_whole and study_class.venues.count() > 1
    day = local(place.session.starts_at).date()
    form = CheckForm(request.POST or None, day=day, is_whole=several)
    back = f"{reverse('checks', args=[pk])}?{place.context['where']}"
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            everywhere = form.cleaned_data.get("everywhere", False)
            check = actions.set_presence_check(
                place.session, None if everywhere else place.venue, minutes=form.cleaned_data["minutes"],
                within=form.within, by=request.account, at=at,
            )  # fmt: skip
            return saved(request, to=back, message=_set(check))
    begun = list(queries.checks_in(place.session, place.venue).filter(starts_at__lte=at))
    chosen = next((one for one in begun if str(one.pk) == request.GET.get("check")), begun[0] if begun else None)
    result = queries.check_result(chosen, place.venue) if chosen else None
    if request.GET.get("format") == "xlsx" and result:
        return _workbook(study_class, place, result)
    context = {
        **place.context,
        "heading": study_class.title,
        "form": form,
        "begun": begun,
        "to_come": queries.check_to_come(place.session, place.venue, at),
        "result": result,
        "is_held": chosen is not None and chosen.ends_at > at,
        "may_call_off": chosen is not None and (is_whole or chosen.venue_id is not None),
        "nonce": secrets.token_hex(8),
    }
    return roll_page(request, "attendance/desk/checks.html", study_class, context, part="checks")


def _set(check: PresenceCheck) -> str:
    if check.is_drawn:
        assert check.drawn_from
        assert check.drawn_to
        return (
            f"Đã đặt: hệ thống sẽ kiểm tra vào một lúc bất kỳ từ {show_clock(check.drawn_from)} đến "
            f"{show_clock(check.drawn_to)}."
        )
    return f"Đã bắt đầu kiểm tra, đảng viên quét mã trên màn chiếu đến {show_clock(check.ends_at)}."


def _workbook(study_class: StudyClass, place: Place, result: queries.CheckResult) -> HttpResponse:
    columns = [
        OutColumn("code", "Mã đảng viên", kind="code"),
        OutColumn("name", "Họ và tên"),
        OutColumn("cell", "Chi bộ"),
        OutColumn("since", "Có mặt từ", kind="moment"),
    ]
    rows = ({"code": one.code, "name": one.name, "cell": one.cell, "since": one.since} for one in result.unseen)
    title = "Chưa xác nhận khi kiểm tra giữa buổi"
    where = place.venue.name if place.venue else ""
    heading = (f"{title}, {show_clock(result.check.starts_at)}", f"{study_class.title}, {where}")
    return workbook(f"kiem-tra-{study_class.code}.xlsx", "Chưa xác nhận", columns, rows, heading=heading)


@require_POST
@member_page
def answer(request: DeskRequest, pk: int, check_pk: int) -> HttpResponse:
    """What the clerk says of somebody who did not show: still here, or left at an hour."""
    study_class, check = _check(request, pk, check_pk)
    entry_id = whole_number(request.POST.get("entry"))
    if entry_id is None:
        raise Http404
    back = f"{_back(request, study_class, check)}#e{entry_id}"
    at = now()
    left = request.POST.get("answer") == "left"
    moment = check.starts_at
    try:
        if left:
            clock = parse_clock(request.POST.get("left", "").strip()[:5] or f"{local(check.starts_at):%H:%M:%S}"[:5])
            if clock is None:
                raise Refusal("check.clock", "Hãy ghi giờ về như 09:30.")
            typed = at_local(local(check.session.starts_at).date(), clock)
            # The minute in which the check began stands for its beginning.
            moment = typed if abs(typed - check.starts_at) >= dt.timedelta(minutes=1) else check.starts_at
            _refuse_before_arrival(request, check, entry_id, moment)
        nonce = f"{request.POST.get('nonce', '')[:16] or secrets.token_hex(8)}-{entry_id}-{'left' if left else 'here'}"
        kind = FactKind.LEAVE if left else FactKind.ARRIVE
        mark = Mark(entry_id, check.session_id, kind, moment, nonce, Method.ROLL)
        actions.record_marks([mark], within=study_class, by=request.account, at=at)
    except Refusal as refusal:
        messages.error(request, refusal.sentence)
        return saved(request, to=back)
    return saved(request, to=back, message=f"Đã ghi về lúc {show_clock(moment)}." if left else "Đã ghi vẫn có mặt.")


def _refuse_before_arrival(request: DeskRequest, check: PresenceCheck, entry_id: int, moment: dt.datetime) -> None:
    entry = access.entries_marked_by(request.account).filter(pk=entry_id).select_related("venue").first()
    asked = queries.check_result(check, entry.venue).unseen if entry else []
    since = next((one.since for one in asked if one.entry_id == entry_id), None)
    if since is not None and moment <= since:
        raise Refusal("check.before_arrival", f"Giờ về phải sau giờ đến {show_clock(since)}.")


@require_POST
@member_page
def call_off(request: DeskRequest, pk: int, check_pk: int) -> HttpResponse:
    """A check that was set by mistake asks nothing of anybody."""
    study_class, check = _check(request, pk, check_pk)
    if check.venue_id is None and not org_access.may(request.account, Permission.ROLL_TAKE, study_class.unit):
        raise NotAllowed("Lượt kiểm tra của cả lớp do đơn vị tổ chức đặt; đề nghị đơn vị tổ chức bỏ.")
    actions.call_off_check(check, by=request.account, at=now())
    return saved(request, to=_back(request, study_class, None), message="Đã bỏ lượt kiểm tra.")


def _check(request: DeskRequest, pk: int, check_pk: int) -> tuple[StudyClass, PresenceCheck]:
    """A check that asks the people of a venue whose roll the account takes."""
    study_class = access.get_roll(request.account, pk)
    mine = Q(venue__in=access.venues_marked_by(request.account, study_class)) | Q(venue__isnull=True)
    check = (
        PresenceCheck.objects.filter(mine, pk=check_pk, session__study_class=study_class)
        .select_related("session__study_class__unit", "venue")
        .first()
    )
    if check is None:
        raise Http404
    return study_class, check


def _back(request: DeskRequest, study_class: StudyClass, check: PresenceCheck | None) -> str:
    asked = {name: whole_number(request.POST.get(name)) for name in ("session", "venue")}
    query = "&".join(f"{name}={value}" for name, value in asked.items() if value is not None)
    more = f"&check={check.pk}" if check else ""
    return f"{reverse('checks', args=[study_class.pk])}?{query}{more}"
