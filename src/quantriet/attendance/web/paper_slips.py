"""Paper slips with codes: printed for a session, read afterwards."""

from __future__ import annotations

import datetime as dt
import math
import tempfile
from pathlib import Path
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quantriet.attendance import access, actions
from quantriet.attendance.rules import codes
from quantriet.attendance.vocab import FactKind
from quantriet.attendance.web.check_in import drawn, keys
from quantriet.attendance.web.frame import asked_place, page, place_of, roll_page
from quantriet.classes.models import ClassSession, RosterEntry
from quantriet.kit import barcodes
from quantriet.kit.numbers import whole_number
from quantriet.kit.refusal import Refusal, Refusals
from quantriet.kit.time import at_local, local, now, parse_clock, show_clock
from quantriet.kit.web import saved
from quantriet.org.web.pages import DeskRequest, member_page

_SLIPS = 200  # of one printing
_MOST_PHOTOS = 20
_SHOWN = 100
KINDS = (FactKind.ARRIVE, FactKind.LEAVE, FactKind.WHOLE)


class SlipsForm(forms.Form):
    """A batch of slips: what they stand for, the hour written on them, their codes."""

    kind = forms.ChoiceField(label=gettext_lazy("Record as"), widget=forms.RadioSelect)
    clock = forms.CharField(
        label=gettext_lazy("Hour written on the slips"),
        required=False,
        help_text="Chung cho cả lượt này; phiếu ghi giờ khác thì đọc thành lượt khác. Cả buổi thì không cần giờ.",
        widget=forms.TextInput(attrs={"class": "short", "inputmode": "numeric", "maxlength": "8"}),
    )
    codes = forms.CharField(
        label=gettext_lazy("Codes of the slips"),
        required=False,
        help_text="Mỗi dòng một mã. Máy quét cầm tay thì để con trỏ ở ô này rồi quét; gõ tay thì gõ cả ký tự kiểm tra cuối mã.",
        widget=forms.Textarea(attrs={"rows": 10, "spellcheck": "false", "class": "slip-lines", "data-slip-lines": ""}),
        max_length=200_000,
    )
    skip = forms.BooleanField(label="Ghi các phiếu đúng, bỏ các dòng sai", required=False)

    def __init__(self, *args: Any, session: ClassSession, has_wrong: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.session = session
        self.fields["kind"].choices = [(kind.value, kind.label) for kind in KINDS]  # type: ignore[attr-defined]
        if not has_wrong:
            self.fields["skip"].widget = forms.HiddenInput()

    def moment(self) -> dt.datetime:
        """When the slips say it was; refuses an hour that cannot be read."""
        if self.cleaned_data["kind"] == FactKind.WHOLE:
            return self.session.starts_at
        clock = parse_clock(self.cleaned_data["clock"])
        if clock is None:
            raise Refusal("slip.hour", "Ghi giờ trên phiếu như 07:30.", field="clock")
        return at_local(local(self.session.starts_at).date(), clock)


@member_page
def paper_slips(request: DeskRequest, pk: int) -> HttpResponse:
    """Codes gather in one box, from scanner, camera, photos and keyboard; then all are recorded, or each wrong line is told."""
    study_class = access.get_roll(request.account, pk)
    place = place_of(request, study_class, now())
    context: dict[str, Any] = {**place.context, "heading": study_class.title}
    session = place.session
    if session is None or place.venue is None:
        return roll_page(request, "attendance/desk/paper_slips.html", study_class, context, part="paper-slips")
    wrong: list[Refusal] = []
    initial = {"kind": FactKind.ARRIVE.value, "clock": show_clock(session.starts_at)}
    if request.method == "POST" and request.POST.get("do") == "photo":
        data = request.POST.copy()
        data["codes"] = _with_photos(request, data.get("codes", ""))
        form = SlipsForm(
            initial={**initial, **{name: data.get(name, "") for name in ("kind", "clock", "codes")}}, session=session
        )
    elif request.method == "POST":
        form = SlipsForm(request.POST, session=session, has_wrong=True)
        if form.is_valid():
            kind = FactKind(form.cleaned_data["kind"])
            try:
                count = actions.read_paper_slips(
                    study_class, session, kind, form.cleaned_data["codes"], moment=form.moment(), keys=keys(),
                    skips_wrong=form.cleaned_data["skip"], by=request.account, at=now(),
                )  # fmt: skip
            except Refusals as several:
                wrong = several.several
                form.add_error("codes", f"Có {len(wrong)} dòng chưa đúng nên chưa ghi gì; xem danh sách bên dưới.")
            except Refusal as refusal:
                form.add_error(refusal.field if refusal.field in form.fields else None, refusal.sentence)
            else:
                to = f"{reverse('paper-slips', args=[pk])}?{context['where']}"
                return saved(request, to=to, message=f"Đã ghi {count} phiếu: {kind.label.lower()}.")
    else:
        form = SlipsForm(initial=initial, session=session)
    context |= {"form": form, "wrong": wrong[:_SHOWN], "wrong_more": max(0, len(wrong) - _SHOWN)}
    return roll_page(request, "attendance/desk/paper_slips.html", study_class, context, part="paper-slips")


def _with_photos(request: DeskRequest, written: str) -> str:
    """The lines with the codes of the photos behind them; a photo in which nothing is read is told."""
    lines = [line.strip() for line in written.splitlines() if line.strip()]
    uploads = request.FILES.getlist("photos")[:_MOST_PHOTOS]
    if not uploads:
        messages.error(request, "Chưa chọn ảnh; hãy chụp hoặc chọn ảnh có nhiều phiếu.")
    found = 0
    for upload in uploads:
        name = upload.name or ""
        with tempfile.NamedTemporaryFile(suffix=Path(name).suffix[:5]) as copy:
            for piece in upload.chunks():
                copy.write(piece)
            copy.flush()
            try:
                texts = barcodes.read(Path(copy.name), name)
            except Refusal as refusal:
                messages.error(request, f"{name}: {refusal.sentence}")
                continue
        fresh = [text for text in texts if text not in lines]
        found += len(fresh)
        lines += fresh
    if found:
        messages.success(request, f"Đọc được {found} mã từ ảnh. Xem lại rồi ghi; chưa ghi gì.")
    return "\n".join(lines)


@member_page
def print_slips(request: DeskRequest, pk: int) -> HttpResponse:
    """A slip for each person of a venue in one session, with its code, to be filled in by hand and collected."""
    study_class = access.get_roll(request.account, pk)
    place = asked_place(request, study_class, now())
    if place.session is None or place.venue is None:
        raise Http404
    people = RosterEntry.objects.filter(venue=place.venue).select_related("person", "unit")
    parts = max(1, math.ceil(people.count() / _SLIPS))
    part = min(whole_number(request.GET.get("part"), least=1) or 1, parts)
    key = keys()[0]
    made = []
    for entry in people.order_by("unit__path", "person__sort_key", "pk")[(part - 1) * _SLIPS : part * _SLIPS]:
        code = codes.slip_code(key, entry.pk, place.session.pk)
        made.append({"entry": entry, "code": code, "svg": drawn(code, entry.person.full_name)})
    context = {
        **place.context,
        "heading": _("Attendance slips"),
        "study_class": study_class,
        "slips": made,
        "parts": [
            {"label": f"{one}/{parts}", "url": f"?{place.context['where']}&part={one}", "current": one == part}
            for one in range(1, parts + 1)
        ]
        if parts > 1
        else [],
        "place": {"unit": study_class.unit.name},
        "paper": {},
        "back_url": f"{reverse('paper-slips', args=[pk])}?{place.context['where']}",
    }
    return page(request, "attendance/desk/paper_slips_print.html", context)
