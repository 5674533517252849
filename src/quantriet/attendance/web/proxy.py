"""For members without a phone (P-08): entering in their place, printing forms with a code, taking them back."""

from __future__ import annotations

import io
from typing import Any

import segno
from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from quantriet.attendance import access, actions, queries
from quantriet.attendance.models import CatchUp, ExcusedAbsence, ReplyForm
from quantriet.attendance.rules import replies as rules
from quantriet.attendance.vocab import ProxyKind
from quantriet.attendance.web.frame import page
from quantriet.attendance.web.member import ChooseForm, offer
from quantriet.classes.models import RosterEntry, StudyClass
from quantriet.kit.numbers import show_number, whole_numbers
from quantriet.kit.refusal import refusals_on
from quantriet.kit.text import fold
from quantriet.kit.time import now
from quantriet.kit.time import today as this_day
from quantriet.kit.web import Chip, listing, query, saved
from quantriet.org import access as org_access
from quantriet.org.models import Person
from quantriet.org.vocab import Permission
from quantriet.org.web.pages import DeskRequest, desk_page

_MOST = 300  # papers printed at once


@desk_page(Permission.ROLL_TAKE)
def people(request: DeskRequest) -> HttpResponse:
    """The people of the account's cells who may ask to be excused or choose a catch-up class now.

    What was asked or chosen already stays in sight, with who entered it, while it waits or the later class is to come.
    """
    lines = queries.excusable(access.lines_entered_for(request.account))
    asked = queries.excuses_waiting(access.lines_entered_for(request.account))
    chains = queries.still_owing(queries.catch_up_list(access.links_entered_for(request.account)))
    links, placed = chains.filter(is_waiting=True), queries.chosen_for(chains)
    rows = (
        org_access.people_seen_by(request.account, Permission.ROLL_TAKE)
        .filter(
            pk__in=lines.values("person").union(
                links.values("duty__person"), asked.values("entry__person"), placed.values("duty__person")
            )
        )
        .select_related("unit")
    )
    chips = []
    words = request.GET.get("q", "").strip()
    if words:
        rows = rows.filter(name_folded__contains=fold(words))
        chips.append(Chip(f"{_('Search')}: {words}", query(request, q=None, page=None)))

    def add_things(shown: list[Person]) -> None:
        keys = [person.pk for person in shown]
        entries: dict[int, RosterEntry] = {}
        for entry in lines.filter(person__in=keys).select_related("study_class").order_by("pk"):
            entries[entry.person_id] = entry
        owed: dict[int, CatchUp] = {}
        for link in links.filter(duty__person__in=keys).order_by("pk"):
            owed[link.duty.person_id] = link
        excuses: dict[int, ExcusedAbsence] = {}
        for excuse in asked.filter(entry__person__in=keys).order_by("pk"):
            excuses[excuse.entry.person_id] = excuse
        chosen: dict[int, CatchUp] = {}
        for link in queries.with_places(placed.filter(duty__person__in=keys).order_by("pk")):
            chosen[link.duty.person_id] = link
        for person in shown:
            person.entry, person.link = entries.get(person.pk), owed.get(person.pk)
            person.excuse, person.chosen = excuses.get(person.pk), chosen.get(person.pk)

    found = listing(
        request,
        rows,
        sorts={"name": ["sort_key"], "unit": ["unit__path", "sort_key"]},
        default_sort="unit",
        chips=chips,
        prepare=add_things,
    )
    return page(
        request,
        "attendance/desk/proxy.html",
        {
            "heading": _("Entering for members"),
            "rows": found,
            "q": words,
            "actions": [{"value": "print", "label": _("Print forms with a code"), "url": reverse("reply-forms-print")}],
        },
    )


@desk_page(Permission.ROLL_TAKE)
def choose(request: DeskRequest, pk: int) -> HttpResponse:
    """Choose a catch-up class for one of one's own people."""
    link = access.get_catch_up(request.account, pk)
    if queries.open_link(link.duty) != link:
        raise Http404
    form = ChooseForm(request.POST or None, classes=queries.offered_classes(link, now()))
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            actions.choose_catch_up(link, form.chosen, by=request.account, at=now())
            return saved(
                request,
                to=reverse("proxy-list"),
                message=f"Đã đăng ký thay đồng chí {link.duty.person.full_name} vào “{form.chosen.title}”.",
            )
    return page(
        request,
        "attendance/desk/choose.html",
        {
            "heading": _("Choose a catch-up class"),
            "link": link,
            "form": form,
            "place": {"unit": link.duty.unit.name, "campaign": link.duty.campaign.name},
        },
    )


@require_POST
@desk_page(Permission.ROLL_TAKE)
def print_forms(request: DeskRequest) -> HttpResponse:
    """A form a paper for each thing the ticked people may answer; each with its own code."""
    chosen = whole_numbers(request.POST.getlist("ids"))[:_MOST]
    lines = queries.excusable(access.lines_entered_for(request.account)).filter(person__in=chosen)
    links = queries.still_owing(queries.catch_up_list(access.links_entered_for(request.account))).filter(
        is_waiting=True, duty__person__in=chosen
    )
    entries = {entry.person_id: entry for entry in lines.select_related("person__unit").order_by("pk")}
    chains = {link.duty.person_id: link for link in links.select_related("duty__person__unit").order_by("pk")}
    # Whoever waits for a later class is asked for that; everybody else may ask to be excused.
    asked = [entry for person, entry in entries.items() if person not in chains]
    if not asked and not chains:
        messages.error(request, "Chưa chọn ai còn phải trả lời; hãy đánh dấu ít nhất một dòng.")
        return saved(request, to=reverse("proxy-list"))
    forms_ = actions.print_reply_forms(asked, list(chains.values()), by=request.account, at=now())
    return page(request, "attendance/desk/reply_forms_print.html", _papers(request, forms_))


def _papers(request: DeskRequest, made: list[ReplyForm]) -> dict[str, Any]:
    keys = {one.pk for one in made}
    rows = (
        ReplyForm.objects.filter(pk__in=keys)
        .select_related("person__unit", "entry__study_class__unit", "entry__venue", "link__missed__study_class", "link__lapsed", "link__duty__campaign")
        .prefetch_related("entry__study_class__sessions")
        .order_by("person__unit__path", "person__sort_key", "pk")
    )  # fmt: skip
    classes = StudyClass.objects.select_related("unit").prefetch_related("sessions", "venues").in_bulk(
        {key for one in made for key in one.offered}
    )  # fmt: skip
    return {
        "heading": _("Forms with a code"),
        "place": {"unit": ""},
        "paper": {},
        "back_url": reverse("proxy-list"),
        "papers": [
            {
                "form": one,
                "code": rules.shown(one.code),
                "qr": _qr(request.build_absolute_uri(reverse("reply-form", args=[one.code]))),
                "is_excuse": one.kind == ProxyKind.EXCUSE,
                "offered": [offer(classes[key]) for key in one.offered if key in classes],
            }
            for one in rows
        ],
        "day": this_day(),
    }


def _qr(address: str) -> str:
    """The address as an SVG without script or style."""
    out = io.BytesIO()
    segno.make(address, error="m").save(out, kind="svg", scale=3, border=2, xmldecl=False, svgns=True, nl=False)
    return mark_safe(out.getvalue().decode())  # noqa: S308  (made here of black squares)


class RepliesForm(forms.Form):
    pasted = forms.CharField(
        label=gettext_lazy("Forms that came back"),
        max_length=50_000,
        widget=forms.Textarea(attrs={"rows": 10, "autocapitalize": "characters", "spellcheck": "false"}),
        help_text="Mỗi dòng một phiếu: mã phiếu, rồi lý do xin vắng hoặc số thứ tự lớp đã đánh dấu. "
        "Ví dụ: K7PM-3XQD nằm viện điều trị; hoặc: 8RTY-WN42 2",
    )


@desk_page(Permission.ROLL_TAKE)
def enter(request: DeskRequest, code: str = "") -> HttpResponse:
    """Type or paste what came back, or open one form by its code; everything or nothing is entered."""
    known = access.reply_forms_entered_by(request.account)
    one = known.filter(code=rules.plain(code)).select_related("person", "entry__study_class").first() if code else None
    if code and one is None:
        raise Http404
    form = RepliesForm(request.POST or None, initial={"pasted": f"{rules.shown(one.code)} " if one else ""})
    if request.method == "POST" and form.is_valid():
        replies, wrong = rules.read_replies(form.cleaned_data["pasted"])
        for line in wrong:
            form.add_error("pasted", line.sentence)
        if not wrong:
            with refusals_on(form):
                forms_ = _known_forms(known, [reply.code for reply in replies])
                done = actions.enter_replies(replies, forms_, by=request.account, at=now())
                before = f", {show_number(done.already)} phiếu đã nhập từ trước" if done.already else ""
                return saved(
                    request,
                    to=reverse("reply-forms-enter"),
                    message=f"Đã nhập {show_number(done.entered)} phiếu{before}.",
                )
    offered = []
    if one is not None and one.offered:
        classes = StudyClass.objects.select_related("unit").prefetch_related("sessions", "venues").in_bulk(one.offered)
        offered = [offer(classes[key]) for key in one.offered if key in classes]
    return page(
        request,
        "attendance/desk/reply_enter.html",
        {"heading": _("Enter forms"), "form": form, "one": one, "offered": offered},
    )


def _known_forms(known: Any, codes: list[str]) -> dict[str, ReplyForm]:
    found: dict[str, ReplyForm] = {}
    for start in range(0, len(codes), 500):
        rows = known.filter(code__in=codes[start : start + 500]).select_related(
            "person__unit", "entry__study_class__unit", "entry__person", "entry__unit", "link__duty__person",
            "link__duty__unit", "link__duty__campaign",
        )  # fmt: skip
        found.update({row.code: row for row in rows})
    return found
