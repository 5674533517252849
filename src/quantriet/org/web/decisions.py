"""Pages of decisions on the organisation: list, preparing event by event, preview, confirming, taking back; history; terms."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from django import forms
from django.http import Http404, HttpResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from quantriet.kit import time
from quantriet.kit.numbers import show_number
from quantriet.kit.refusal import Refusal, Refusals, refusals_on
from quantriet.kit.spreadsheets import OutColumn, Sheet, write_workbook
from quantriet.kit.web import Chip, download, listing, page, query, saved
from quantriet.org import access, actions
from quantriet.org.actions import event_lists
from quantriet.org.models import OrgDecision, Term, Unit, UnitKind
from quantriet.org.queries import decisions as queries
from quantriet.org.queries import history
from quantriet.org.rules import event_rows
from quantriet.org.rules import events as rules
from quantriet.org.rules.events import Change
from quantriet.org.vocab import DecisionState, OrgEventKind, Permission
from quantriet.org.web.forms_decisions import (
    EVENT_FORMS,
    DecisionFileForm,
    DecisionForm,
    ReasonForm,
    TermForm,
    initial_of,
)
from quantriet.org.web.frame import XLSX, crumbs, danger_page, excel, form_page
from quantriet.org.web.pages import DeskRequest, desk_page

SIGNS = {"drafted": "silent", "scheduled": "owing", "in_force": "done", "reversed": "exempt", "withdrawn": "exempt"}
_MOST_SHOWN = 60
_MOST_EVENTS = 6  # named on the page before the button; the preview tells them all


def _way(request: DeskRequest, decision: OrgDecision | None = None, *further: tuple[str, str]) -> list[dict[str, str]]:
    way = [
        {"label": _("Units"), "url": reverse("unit-list")},
        {"label": _("Decisions on the organisation"), "url": reverse("decision-list")},
    ]
    if decision is not None:
        way.append({"label": decision.number, "url": reverse("decision", args=[decision.pk]) if further else ""})
    return [*way, *({"label": label, "url": url} for label, url in further)]


@desk_page(Permission.UNIT_VIEW)
def decision_list(request: DeskRequest) -> HttpResponse:
    rows = access.decisions_seen_by(request.account).light()
    chips = []
    state = request.GET.get("state", "")
    if state == "to_confirm":
        rows = rows.filter(pk__in=access.decisions_to_confirm(request.account).values("pk"))
        chips.append(Chip(_("For you to confirm"), query(request, state=None, page=None)))
    elif state == "blocked":
        rows = rows.filter(pk__in=access.decisions_blocked(request.account).values("pk"))
        chips.append(Chip(_("Cannot be carried out"), query(request, state=None, page=None)))
    elif state in list(DecisionState):
        rows = rows.filter(state=state)
        chips.append(Chip(DecisionState(state).label, query(request, state=None, page=None)))
    if words := request.GET.get("q", "").strip():
        rows = rows.filter(number__icontains=words)
        chips.append(Chip(f"“{words}”", query(request, q=None, page=None)))
    if request.GET.get("format") == "xlsx":
        return _as_excel(rows)

    def prepare(found: list[OrgDecision]) -> None:
        told = queries.sentences_of(found)
        for one in found:
            one.sign, one.state_label = SIGNS[one.state], DecisionState(one.state).label  # type: ignore[attr-defined]
            said = told.get(one.pk, [])
            one.told = said[:3]  # type: ignore[attr-defined]
            one.more = max(0, len(said) - 3)  # type: ignore[attr-defined]

    shown = listing(
        request, rows.select_related("unit", "prepared_by"),
        sorts={"day": ["effective_on", "pk"], "number": ["number"], "state": ["state", "effective_on"]},
        default_sort="-day", chips=chips, prepare=prepare,
    )  # fmt: skip
    may_edit = access.may_anywhere(request.account, Permission.UNIT_EDIT)
    context = {
        "decisions": shown, "typed": words, "filters": _StateForm(request.GET), "breadcrumb": _way(request),
        "new_url": reverse("decision-new") if may_edit else "", "may_edit": may_edit,
    }  # fmt: skip
    return page(request, "org/decisions/list.html", context)


class _StateForm(forms.Form):
    state = forms.ChoiceField(required=False, choices=lambda: [("", _("All")), *DecisionState.labels()])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["state"].label = _("State")


def _as_excel(rows: Any) -> HttpResponse:
    """Every event of every decision, one a row, in the shape in which the list is read back."""
    kind_names = dict(UnitKind.objects.values_list("code", "name"))
    columns = [*event_rows.exported(), OutColumn("state", _("State"), 22), OutColumn("sentence", _("In words"), 60)]

    def lines() -> Any:
        decisions = list(rows.select_related("unit").order_by("effective_on", "pk"))
        told = queries.sentences_of(decisions)
        events = queries.events_of(decisions)
        for one in decisions:
            for event, sentence in zip(events.get(one.pk, []), told.get(one.pk, []), strict=True):
                yield {
                    "number": one.number, "decided_on": one.decided_on, "effective_on": one.effective_on,
                    **event_rows.as_row(Change.from_json(event.details), kind_names),
                    "state": DecisionState(one.state).label, "sentence": sentence,
                }  # fmt: skip

    return excel(_("Decisions on the organisation"), "", columns, lines())


@desk_page(Permission.UNIT_EDIT)
def decision_template(request: DeskRequest) -> HttpResponse:
    """The empty list, and beside it what may stand in each column and a row of each kind of event."""
    title, columns = _("Empty list of decisions"), event_rows.exported()
    kinds = list(UnitKind.objects.order_by("pk").values_list("name", flat=True))
    how = [
        OutColumn("column", "Cột", 26), OutColumn("how", "Ghi thế nào", 90), OutColumn("example", "Ví dụ", 34),
    ]  # fmt: skip
    sheets = [
        Sheet("Danh sách", columns, []),
        Sheet(event_rows.GUIDE, how, event_rows.guide(kinds)),
        Sheet(event_rows.EXAMPLE, columns, event_rows.examples()),
    ]
    file = tempfile.TemporaryFile()  # noqa: SIM115 the response closes it
    write_workbook(file, sheets, title=title)
    file.seek(0)
    return download(file, name=f"{title}.xlsx", kind=XLSX)


@desk_page(Permission.UNIT_EDIT)
def decision_new(request: DeskRequest) -> HttpResponse:
    units = access.units_seen_by(request.account, Permission.UNIT_EDIT)
    home = units.filter(code=request.GET.get("unit", "")).first() or _topmost(request)
    form = DecisionForm(request.POST or None, units=units, initial={"unit": home})
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            made = actions.draft_decision(by=request.account, at=time.now(), **form.cleaned_data)
            return saved(
                request,
                to=reverse("decision", args=[made.pk]),
                message=_("The decision is prepared; now add its events."),
            )
    return form_page(
        request, form, heading=_("New decision on the organisation"), submit=_("Prepare the decision"),
        lead=_("Nothing changes before the preview is confirmed."),
        cancel=reverse("decision-list"), breadcrumb=_way(request, None, (_("New decision"), "")), keep="decision-new",
    )  # fmt: skip


def _topmost(request: DeskRequest) -> Unit | None:
    tops = access.paths_with(request.account, Permission.UNIT_EDIT)
    return Unit.objects.filter(path__in=tops).order_by("depth", "path").first()


@desk_page(Permission.UNIT_EDIT)
def decision_file(request: DeskRequest) -> HttpResponse:
    """A list of decisions in Excel: all rows become drafts, or none."""
    units = access.units_seen_by(request.account, Permission.UNIT_EDIT)
    form = DecisionFileForm(
        request.POST or None, request.FILES or None, units=units, initial={"unit": _topmost(request)}
    )
    if request.method == "POST" and form.is_valid():
        given = dict(form.cleaned_data)
        upload = given.pop("file")
        with refusals_on(form), tempfile.NamedTemporaryFile(prefix="quantriet-upload-") as kept:
            for piece in upload.chunks():
                kept.write(piece)
            kept.flush()
            made = event_lists.draft_from_list(
                source=Path(kept.name), file_name=upload.name or "", by=request.account, at=time.now(), **given
            )
            to = reverse("decision", args=[made[0].pk]) if len(made) == 1 else reverse("decision-list")
            return saved(request, to=to, message=_("%(number)s decisions are prepared.") % {"number": len(made)})
    return form_page(
        request, form, heading=_("Decisions from Excel"), submit=_("Read the list"),
        lead=_("All rows become drafts, or none. Nothing changes before each preview is confirmed."),
        cancel=reverse("decision-list"), breadcrumb=_way(request, None, (_("From Excel"), "")),
    )  # fmt: skip


# ------------------------------------------------------------------------------------------------------------ one decision


@desk_page(Permission.UNIT_VIEW)
def decision(request: DeskRequest, pk: int) -> HttpResponse:
    found = access.get_decision(request.account, pk)
    return _page(request, found)


def _page(request: DeskRequest, found: OrgDecision, problems: list[str] | None = None) -> HttpResponse:
    may_edit = access.may(request.account, Permission.UNIT_EDIT, found.unit)
    waiting = found.state == DecisionState.SCHEDULED and found.effective_on <= time.today()
    context: dict[str, Any] = {
        "decision": found, "state": DecisionState(found.state), "sign": SIGNS[found.state],
        "may_edit": may_edit, "is_draft": found.state == DecisionState.DRAFTED, "breadcrumb": _way(request, found),
        "problems": problems or [], "working": waiting and not found.problem, "progress": _progress(found.pk),
        "told": [(event.order, OrgEventKind(event.kind).label, words) for event, words in queries.sentences(found)],
        "kinds": [(kind, OrgEventKind(kind).label) for kind in EVENT_FORMS],
    }  # fmt: skip
    if found.state in (DecisionState.DRAFTED, DecisionState.SCHEDULED) and may_edit:
        context |= _previewed(request, found)
    if found.state == DecisionState.IN_FORCE and may_edit:
        context["rests"] = actions.what_rests_on(found)
        context["summary"] = found.counts.get("summary", "")
        context["asked_myself"] = found.reversal_asked_by_id == request.account.pk
    return page(request, "org/decisions/decision.html", context, status=422 if problems else 200)


def _previewed(request: DeskRequest, found: OrgDecision) -> dict[str, Any]:
    shown = queries.preview(found)
    faults = {number: refusal.sentence for number, refusal in shown.faults}
    nodes, kinds = shown.forest.nodes, shown.forest.kinds
    second = rules.needs_second_person(queries.changes_of(found))
    return {
        "shown": shown, "summary": queries.summary(shown) if shown.forest.steps else "",
        "faults": [(number + 1, sentence) for number, sentence in sorted(faults.items())],
        "closing": [
            (node, kinds[node.kind].name, nodes[node.parent].name if node.parent in nodes else "")
            for node in shown.closing[:_MOST_SHOWN]
        ],
        "founded": [
            (step.name, step.code, kinds[step.kind].name, nodes[step.parent].name) for step in shown.founded[:_MOST_SHOWN]
        ],
        "moving": [(node, nodes[nodes[node.key].parent].name) for node in shown.moving[:_MOST_SHOWN]],
        "most": _MOST_SHOWN,
        "needs_second": second,
        "may_confirm": found.state == DecisionState.DRAFTED and shown.may_happen
        and not (second and request.account.pk == found.prepared_by_id),
    }  # fmt: skip


def _progress(pk: int) -> dict[str, Any]:
    try:
        told: dict[str, Any] = json.loads(queries.progress_path(pk).read_text())
    except (OSError, ValueError):
        return {}
    return told


@desk_page(Permission.UNIT_VIEW)
def decision_progress(request: DeskRequest, pk: int) -> HttpResponse:
    """How far the job is that carries a large decision out."""
    found = access.get_decision(request.account, pk)
    going = found.state == DecisionState.SCHEDULED and not found.problem
    return page(
        request, "org/decisions/_progress.html", {"decision": found, "going": going, "progress": _progress(found.pk)}
    )


def _to_change(request: DeskRequest, pk: int) -> OrgDecision:
    found = access.get_decision(request.account, pk, Permission.UNIT_EDIT)
    if found.state != DecisionState.DRAFTED:
        raise Http404
    return found


@desk_page(Permission.UNIT_EDIT)
def decision_edit(request: DeskRequest, pk: int) -> HttpResponse:
    found = _to_change(request, pk)
    names = ("number", "decided_on", "effective_on", "issued_by", "revision")
    form = DecisionForm(request.POST or None, units=None, initial={name: getattr(found, name) for name in names})
    back = reverse("decision", args=[found.pk])
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            actions.change_decision(found, by=request.account, at=time.now(), **_with_revision(form, found))
            return saved(request, to=back, message=_("Saved."))
    heading = _("Change %(unit)s") % {"unit": found.number}
    return form_page(request, form, heading=heading, cancel=back, breadcrumb=_way(request, found, (_("Change"), "")))


def _with_revision(form: forms.Form, found: OrgDecision) -> dict[str, Any]:
    given = dict(form.cleaned_data)
    given["revision"] = given["revision"] or 0
    return given


@desk_page(Permission.UNIT_EDIT)
def event_new(request: DeskRequest, pk: int, kind: str) -> HttpResponse:
    return _event(request, _to_change(request, pk), kind, None)


@desk_page(Permission.UNIT_EDIT)
def event_edit(request: DeskRequest, pk: int, order: int) -> HttpResponse:
    found = _to_change(request, pk)
    event = found.events.filter(order=order).first()
    if event is None:
        raise Http404
    return _event(request, found, event.kind, order, Change.from_json(event.details))


def _event(
    request: DeskRequest, found: OrgDecision, kind: str, order: int | None, change: Change | None = None
) -> HttpResponse:
    if kind not in EVENT_FORMS:
        raise Http404
    founded = {
        part.code.casefold(): part.code for one in queries.changes_of(found) for part in one.parts if part.is_new
    }
    units = Unit.objects.under(found.unit)
    initial = {"revision": found.revision} | (initial_of(change) if change else {"units": request.GET.get("units", "")})
    form = EVENT_FORMS[kind](request.POST or None, decision=found, units=units, founded=founded, initial=initial)
    back = reverse("decision", args=[found.pk])
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            actions.set_event(
                found,
                form.change(),
                order=order,
                revision=form.cleaned_data["revision"],
                by=request.account,
                at=time.now(),
            )
            return saved(request, to=back, message=_("Saved."))
    label = OrgEventKind(kind).label
    lead = _("Decision %(number)s, in force from %(day)s") % {
        "number": found.number, "day": time.show_day(found.effective_on),
    }  # fmt: skip
    return form_page(request, form, heading=label, lead=lead, cancel=back, breadcrumb=_way(request, found, (label, "")))


@require_POST
@desk_page(Permission.UNIT_EDIT)
def event_remove(request: DeskRequest, pk: int, order: int) -> HttpResponse:
    found = _to_change(request, pk)
    try:
        actions.remove_event(found, order, revision=found.revision, by=request.account, at=time.now())
    except Refusal as refusal:
        return _page(request, found, [refusal.sentence])
    return saved(request, to=reverse("decision", args=[found.pk]), message=_("The event is taken out."))


class _RevisionForm(forms.Form):
    revision = forms.IntegerField(widget=forms.HiddenInput)


@desk_page(Permission.UNIT_EDIT)
def decision_confirm(request: DeskRequest, pk: int) -> HttpResponse:
    """Two steps: the preview, then this page that names the thing and the number."""
    found = _to_change(request, pk)
    form = _RevisionForm(request.POST or None)
    back = reverse("decision", args=[found.pk])
    if request.method == "POST" and form.is_valid():
        try:
            actions.confirm_decision(found, revision=form.cleaned_data["revision"], by=request.account, at=time.now())
        except Refusals as several:
            return _page(request, access.get_decision(request.account, pk), [one.sentence for one in several.several])
        except Refusal as refusal:
            return _page(request, access.get_decision(request.account, pk), [refusal.sentence])
        done = found.state == DecisionState.IN_FORCE
        return saved(
            request, to=back, message=_("The decision is in force.") if done else _("The decision is confirmed and waits for its day."),
        )  # fmt: skip
    shown = queries.preview(found)
    told = [words for _event, words in queries.sentences(found)]
    if len(told) > _MOST_EVENTS:
        told[_MOST_EVENTS:] = [f"và {show_number(len(told) - _MOST_EVENTS)} sự kiện khác."]
    when = time.show_day(found.effective_on)
    day = f"từ ngày {when}" if found.effective_on <= time.today() else f"vào ngày {when} (tự thực hiện khi đến ngày)"
    return danger_page(
        request, form, heading=_("Confirm decision %(number)s") % {"number": found.number},
        sentence=f"{queries.summary(shown)} {' '.join(told)} Có hiệu lực {day}, theo quyết định {found.number} ngày {time.show_day(found.decided_on)}.",
        submit=_("Confirm and carry out"), cancel=back, breadcrumb=_way(request, found, (_("Confirm"), "")),
        hidden=[("revision", found.revision)],
    )  # fmt: skip


@desk_page(Permission.UNIT_EDIT)
def decision_withdraw(request: DeskRequest, pk: int) -> HttpResponse:
    found = access.get_decision(request.account, pk, Permission.UNIT_EDIT)
    form = ReasonForm(request.POST or None)
    back = reverse("decision", args=[found.pk])
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            actions.withdraw_decision(found, by=request.account, at=time.now(), **form.cleaned_data)
            return saved(request, to=back, message=_("The decision is given up; nothing of it has changed the tree."))
    return danger_page(
        request, form, heading=_("Give up decision %(number)s") % {"number": found.number},
        sentence=f"Bỏ quyết định {found.number} ({found.events.count()} sự kiện) trước khi có hiệu lực. Cây tổ chức không thay đổi.",
        submit=_("Give up"), cancel=back, breadcrumb=_way(request, found, (_("Give up"), "")),
    )  # fmt: skip


@desk_page(Permission.UNIT_EDIT)
def decision_reverse(request: DeskRequest, pk: int) -> HttpResponse:
    """Take a decision back; where units merged, one person asks with the reason and another does it."""
    found = access.get_decision(request.account, pk, Permission.UNIT_EDIT)
    is_merger = rules.needs_second_person(queries.changes_of(found))
    is_second = is_merger and found.reversal_asked_by_id not in (None, request.account.pk)
    said = request.POST if request.method == "POST" else None
    form = forms.Form(said) if is_second else ReasonForm(said)
    back = reverse("decision", args=[found.pk])
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            if is_merger and not is_second:
                actions.ask_reversal(found, by=request.account, at=time.now(), **form.cleaned_data)
                return saved(
                    request,
                    to=back,
                    message=_("Asked for. Somebody else who may change units takes it back on this page."),
                )
            actions.reverse_decision(found, by=request.account, at=time.now(), **form.cleaned_data)
            return saved(request, to=back, message=_("The decision is taken back; the tree is as it was before."))
    sentence = (
        f"Hủy bỏ hiệu lực quyết định {found.number}: {found.counts.get('summary', '')} Tất cả trở lại như trước ngày "
        f"{time.show_day(found.effective_on)}; đơn vị mới lập không còn trong cây."
    )
    if is_second and found.reversal_asked_by:
        sentence += f" {found.reversal_asked_by.display_name} đề nghị, lý do: {found.ended_reason}."
    elif is_merger:
        sentence += " Sáp nhập đơn vị cần hai người: đồng chí đề nghị kèm lý do, người khác có quyền sửa đơn vị hủy bỏ."
    submit = _("Ask to take the decision back") if is_merger and not is_second else _("Take the decision back")
    return danger_page(
        request, form, heading=_("Take back decision %(number)s") % {"number": found.number}, sentence=sentence,
        submit=submit, cancel=back, breadcrumb=_way(request, found, (submit, "")),
    )  # fmt: skip


@require_POST
@desk_page(Permission.UNIT_EDIT)
def decision_reversal_withdraw(request: DeskRequest, pk: int) -> HttpResponse:
    """Who asked that a merger be taken back takes the request back."""
    found = access.get_decision(request.account, pk, Permission.UNIT_EDIT)
    try:
        actions.withdraw_reversal(found, by=request.account, at=time.now())
    except Refusal as refusal:
        return _page(request, access.get_decision(request.account, pk), [refusal.sentence])
    return saved(
        request,
        to=reverse("decision", args=[pk]),
        message=_("The request is withdrawn; the decision stays in force."),
    )


# ----------------------------------------------------------------------------------------------------------- history, terms


@desk_page(Permission.UNIT_VIEW)
def unit_history(request: DeskRequest, pk: int) -> HttpResponse:
    """The life of a unit in words: beginning, versions, decisions, who it came from and who followed it."""
    shown = access.get_unit(request.account, pk)
    moments = history.unit_history(shown)
    seen = access.units_seen_by(request.account)
    links = {unit.pk for moment in moments for unit in moment.links}
    reachable = set(seen.filter(pk__in=links).values_list("pk", flat=True)) if links else set()
    decisions = {moment.decision.pk for moment in moments if moment.decision}
    open_to = set(
        access.decisions_seen_by(request.account).filter(pk__in=decisions).values_list("pk", flat=True)
    ) if decisions else set()  # fmt: skip
    if request.GET.get("format") == "xlsx":
        columns = [
            OutColumn("day", _("Day"), kind="day"), OutColumn("sentence", _("What happened then"), 80),
            OutColumn("number", _("Decision number"), 20), OutColumn("units", _("Other units"), 50),
        ]  # fmt: skip
        lines = (
            {
                "day": one.day, "sentence": one.sentence, "number": one.decision.number if one.decision else "",
                "units": "; ".join(f"{unit.name} ({unit.code})" for unit in one.links),
            }
            for one in moments
        )  # fmt: skip
        return excel(_("History of the unit"), shown.name, columns, lines)
    context = {
        "unit": shown, "moments": moments, "reachable": reachable, "open_to": open_to,
        "predecessors": history.predecessors(shown), "successors": history.successors(shown),
        "breadcrumb": crumbs(request.account, shown, (_("History"), "")),
    }  # fmt: skip
    return page(request, "org/units/history.html", context)


@desk_page(Permission.UNIT_EDIT)
def term_new(request: DeskRequest, pk: int) -> HttpResponse:
    unit = access.get_unit(request.account, pk, Permission.UNIT_EDIT)
    form = TermForm(request.POST or None)
    back = reverse("unit", args=[unit.pk])
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            actions.add_term(unit=unit, by=request.account, at=time.now(), **form.cleaned_data)
            return saved(request, to=back, message=_("Saved."))
    return form_page(
        request, form, heading=_("New term"), lead=_("The numbers of documents begin anew with each term."), cancel=back,
        breadcrumb=crumbs(request.account, unit, (_("New term"), "")),
    )  # fmt: skip


def _term(request: DeskRequest, pk: int) -> Term:
    seen = access.units_seen_by(request.account)
    term: Term = access.one_of(Term.objects.filter(unit__in=seen).select_related("unit__kind"), pk)
    access.require(request.account, Permission.UNIT_EDIT, term.unit)
    return term


@desk_page(Permission.UNIT_EDIT)
def term_edit(request: DeskRequest, pk: int) -> HttpResponse:
    term = _term(request, pk)
    form = TermForm(
        request.POST or None, initial={name: getattr(term, name) for name in ("name", "valid_from", "valid_to")}
    )
    back = reverse("unit", args=[term.unit_id])
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            actions.change_term(term, by=request.account, at=time.now(), **form.cleaned_data)
            return saved(request, to=back, message=_("Saved."))
    return form_page(
        request, form, heading=_("Change %(unit)s") % {"unit": term.name}, cancel=back,
        breadcrumb=crumbs(request.account, term.unit, (term.name, "")),
    )  # fmt: skip


@desk_page(Permission.UNIT_EDIT)
def term_remove(request: DeskRequest, pk: int) -> HttpResponse:
    term = _term(request, pk)
    form = forms.Form(request.POST or None)
    back = reverse("unit", args=[term.unit_id])
    if request.method == "POST":
        actions.remove_term(term, by=request.account, at=time.now())
        return saved(request, to=back, message=_("The term is taken away."))
    return danger_page(
        request, form, heading=_("Take away %(term)s") % {"term": term.name},
        sentence=f"Bỏ {term.name} của {term.unit.name} ({time.show_day(term.valid_from)}–{time.show_day(term.valid_to)}). Số của "
        "các văn bản, báo cáo đã có vẫn giữ; số tiếp theo không còn tính theo nhiệm kỳ này.",
        submit=_("Take away"), cancel=back, breadcrumb=crumbs(request.account, term.unit, (term.name, "")),
    )  # fmt: skip


urlpatterns = [
    path("desk/units/decisions/", decision_list, name="decision-list"),
    path("desk/units/decisions/new/", decision_new, name="decision-new"),
    path("desk/units/decisions/from-excel/", decision_file, name="decision-file"),
    path("desk/units/decisions/template/", decision_template, name="decision-template"),
    path("desk/units/decisions/<int:pk>/", decision, name="decision"),
    path("desk/units/decisions/<int:pk>/progress/", decision_progress, name="decision-progress"),
    path("desk/units/decisions/<int:pk>/edit/", decision_edit, name="decision-edit"),
    path("desk/units/decisions/<int:pk>/events/<slug:kind>/", event_new, name="decision-event-new"),
    path("desk/units/decisions/<int:pk>/event/<int:order>/", event_edit, name="decision-event"),
    path("desk/units/decisions/<int:pk>/event/<int:order>/remove/", event_remove, name="decision-event-remove"),
    path("desk/units/decisions/<int:pk>/confirm/", decision_confirm, name="decision-confirm"),
    path("desk/units/decisions/<int:pk>/withdraw/", decision_withdraw, name="decision-withdraw"),
    path("desk/units/decisions/<int:pk>/reverse/", decision_reverse, name="decision-reverse"),
    path(
        "desk/units/decisions/<int:pk>/reverse/withdraw/", decision_reversal_withdraw, name="decision-reversal-withdraw"
    ),
    path("desk/units/<int:pk>/history/", unit_history, name="unit-history"),
    path("desk/units/<int:pk>/terms/new/", term_new, name="term-new"),
    path("desk/units/terms/<int:pk>/", term_edit, name="term-edit"),
    path("desk/units/terms/<int:pk>/remove/", term_remove, name="term-remove"),
]
