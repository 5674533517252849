"""Summons of a class: by mail, on paper, as a calendar file."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from quantriet.classes import access, actions, queries
from quantriet.classes.jobs import send_summons_job
from quantriet.classes.rules import letterhead
from quantriet.classes.vocab import ClassState
from quantriet.classes.web.frame import class_page
from quantriet.kit.jobs import enqueue
from quantriet.kit.numbers import show_number
from quantriet.kit.refusal import Refusal, refusals_on
from quantriet.kit.time import now, today
from quantriet.kit.web import page, saved
from quantriet.notify import actions as notify_actions
from quantriet.notify import queries as notify_queries
from quantriet.notify.rules import texts
from quantriet.org import access as org_access
from quantriet.org.models import Unit
from quantriet.org.rules import letterhead as paper_rules
from quantriet.org.vocab import Permission
from quantriet.org.web.pages import DeskRequest, desk_page

# Above this many people the mails are queued in the background, so that the page answers at once.
AT_ONCE = 300


@desk_page(Permission.CLASS_VIEW)
def summons(request: DeskRequest, pk: int) -> HttpResponse:
    study_class = access.get_class(request.account, pk)
    seen = access.roster_seen_by(request.account).filter(queries.seated(""), study_class=study_class)
    counts = queries.summons_counts(seen)
    sample = queries.roster(study_class).filter(pk__in=seen.values("pk")).first()
    letter = queries.SummonsLetter(study_class)
    return class_page(
        request,
        "classes/desk/summons.html",
        study_class,
        {
            "counts": counts,
            "letter": letter,
            "sample": letter.body(sample) if sample else "",
            "is_released": study_class.state == ClassState.RELEASED,
            "unreached": seen.filter(queries.on_paper())
            .select_related("person", "unit")
            .order_by("unit__path", "person__sort_key")[:50],
        },
        part="class-summons",
    )


@desk_page(Permission.CLASS_EDIT)
@require_POST
def send(request: DeskRequest, pk: int) -> HttpResponse:
    study_class = access.get_class(request.account, pk, Permission.CLASS_EDIT)
    back = reverse("class-summons", args=[pk])
    if study_class.state == ClassState.RELEASED and study_class.roster.count() > AT_ONCE:
        enqueue(send_summons_job, study_class.pk, request.account.pk)
        return saved(request, to=back, message=_("The summons are being sent; this page shows how far they are."))
    try:
        sent = actions.send_summons(study_class, by=request.account, at=now())
    except Refusal as refusal:
        messages.error(request, refusal.sentence)
        return saved(request, to=back)
    told = f"Đã gửi {show_number(sent.mailed)} giấy mời qua thư điện tử"
    told += f", {show_number(sent.queued - sent.mailed)} qua kênh khác." if sent.queued > sent.mailed else "."
    if sent.without_address:
        told += f" {show_number(sent.without_address)} người chưa có địa chỉ thư, cần in giấy mời"
        told += (
            f"; {show_number(sent.inbox_only)} người trong số đó chỉ thấy khi đăng nhập." if sent.inbox_only else "."
        )
    return saved(request, to=back, message=told)


@desk_page(Permission.CLASS_EDIT)
@require_POST
def printed(request: DeskRequest, pk: int) -> HttpResponse:
    study_class = access.get_class(request.account, pk, Permission.CLASS_EDIT)
    back = reverse("class-summons", args=[pk])
    try:
        count = actions.mark_printed(study_class, by=request.account, at=now())
    except Refusal as refusal:
        messages.error(request, refusal.sentence)
        return saved(request, to=back)
    return saved(request, to=back, message=f"Đã ghi: {show_number(count)} người được mời bằng giấy.")


@desk_page(Permission.CLASS_VIEW)
def print_summons(request: DeskRequest, pk: int) -> HttpResponse:
    """Summons on paper: a page a person, or with ?by=cell one list a cell; only those not summoned unless ?all=1."""
    study_class = access.get_class(request.account, pk)
    rows = queries.roster(study_class).filter(
        queries.seated(""), pk__in=access.roster_seen_by(request.account).filter(study_class=study_class).values("pk")
    )
    if not request.GET.get("all"):
        rows = rows.filter(queries.on_paper())
    letter = queries.SummonsLetter(study_class)
    entries = list(rows.order_by("unit__path", "person__sort_key", "pk"))
    sheets: list[dict[str, Any]]
    by_cell = request.GET.get("by") == "cell"
    if by_cell:
        cells = groupby(entries, key=lambda entry: (entry.unit, entry.venue))
        sheets = [{"unit": unit, "place": letter.place(venue), "entries": list(some)} for (unit, venue), some in cells]
    else:
        sheets = [{"entry": entry, "place": letter.place(entry.venue)} for entry in entries]
    chair = study_class.roles.filter(kind="chair").select_related("person").first()
    unit = study_class.unit
    is_cell = unit.kind.holds_members
    above = Unit.objects.filter(pk__in=unit.ancestor_ids).order_by("-depth").values_list("name", flat=True)
    return page(
        request,
        "classes/desk/summons_print.html",
        {
            "study_class": study_class,
            "letter": letter,
            "sheets": sheets,
            "by_cell": by_cell,
            "rules": [line for line in study_class.rules_of_conduct.splitlines() if line.strip()],
            "chair": chair,
            "place": {"unit": study_class.unit.name, "campaign": study_class.campaign.name},
            "superior": getattr(study_class.unit.parent, "name", ""),
            "signed_for": paper_rules.signed_for(unit.name, is_cell=is_cell, body=unit.kind.decision_body),
            "number_line": letterhead.number_line(unit.name, is_cell=is_cell),
            "place_and_day": paper_rules.place_and_day(above, today()),
            "back_url": reverse("class-summons", args=[pk]),
        },
    )


@desk_page(Permission.CLASS_VIEW)
def calendar(request: DeskRequest, pk: int) -> HttpResponse:
    """The calendar file of a class, with the place of one's own venue for a clerk."""
    study_class = access.get_class(request.account, pk)
    venue = study_class.venues.filter(clerk=request.account).first()
    return _calendar_file(study_class.code, queries.SummonsLetter(study_class).calendar(venue=venue))


def _calendar_file(code: str, text: str) -> HttpResponse:
    response = HttpResponse(text, content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{code}.ics"'
    response["X-Content-Type-Options"] = "nosniff"
    return response


# --- words to copy into Zalo ----------------------------------------------------------------------------------------------


class CopyTextForm(forms.Form):
    body = forms.CharField(
        label=gettext_lazy("Words of the unit"),
        widget=forms.Textarea(attrs={"rows": 10}),
        max_length=3000,
        required=False,
    )


@desk_page(Permission.CLASS_VIEW)
def zalo(request: DeskRequest, pk: int) -> HttpResponse:
    """An invitation ready to be copied into a Zalo group; whoever sends messages for the unit changes its words."""
    study_class = access.get_class(request.account, pk)
    may_edit = org_access.may(request.account, Permission.MESSAGE_SEND, study_class.unit)
    places = queries.SummonsLetter(study_class).places()
    words = notify_queries.copy_text(study_class.unit, queries.ZALO_INVITATION, queries.ZALO_WORDS)
    form = CopyTextForm(request.POST or None, initial={"body": words})
    form.fields["body"].help_text = _("Places that are filled in: %(names)s. Left empty: the words of the house.") % {
        "names": ", ".join(f"[{name}]" for name in places)
    }
    if request.method == "POST":
        org_access.require(request.account, Permission.MESSAGE_SEND, study_class.unit)
        if form.is_valid():
            with refusals_on(form):
                notify_actions.save_copy_text(
                    study_class.unit, queries.ZALO_INVITATION, form.cleaned_data["body"], known=places,
                    by=request.account, at=now(),
                )  # fmt: skip
                return saved(request, to=reverse("class-zalo", args=[pk]), message=_("The words are kept."))
    return class_page(
        request,
        "classes/desk/zalo.html",
        study_class,
        {"text": texts.fill(words, places), "form": form if may_edit else None},
        part="class-summons",
    )
