"""Pages of reports."""

from __future__ import annotations

import io
import re
import tempfile
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from quantriet.campaigns import access as campaign_access
from quantriet.campaigns.models import StudyCampaign
from quantriet.campaigns.rules import boards as board_rules
from quantriet.campaigns.vocab import CampaignState
from quantriet.kit import spreadsheets
from quantriet.kit.numbers import whole_number
from quantriet.kit.refusal import Refusal, Refusals, refusals_on
from quantriet.kit.text import fold
from quantriet.kit.time import local, now, parse_day
from quantriet.kit.web import Chip, download, listing, page, query, saved
from quantriet.org import access as org_access
from quantriet.org.models import Unit
from quantriet.org.vocab import Permission
from quantriet.org.web.pages import DeskRequest, desk_page
from quantriet.reports import access, actions, queries
from quantriet.reports.models import Report, ReportTemplate
from quantriet.reports.rules import paper
from quantriet.reports.vocab import Figures, ReportState
from quantriet.reports.web.forms import FilterForm, NewForm, RefreshForm, ReportForm, TemplateForm

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
# So many named units stand on the page; the Excel file of the report names all.
MOST_SHOWN = 60


# --- list ------------------------------------------------------------------------------------------------------------


@desk_page(Permission.REPORT_VIEW)
def report_list(request: DeskRequest) -> HttpResponse:
    seen = access.reports_seen_by(request.account)
    campaigns = StudyCampaign.objects.filter(pk__in=seen.order_by().values("campaign_id")).order_by("-planned_from")
    rows = seen.select_related("unit", "campaign", "receiver")
    chips = []
    if words := request.GET.get("q", "").strip():
        found = Q(number__icontains=words) | Q(subject__icontains=words) | Q(unit__name_folded__contains=fold(words))
        rows = rows.filter(found)
        chips.append(Chip(f"“{words}”", query(request, q=None, page=None)))
    if campaign := campaigns.filter(pk=whole_number(request.GET.get("campaign"))).first():
        rows = rows.filter(campaign=campaign)
        chips.append(Chip(campaign.name, query(request, campaign=None, page=None)))
    state = request.GET.get("state", "")
    if state in list(ReportState):
        rows = rows.filter(state=state)
        chips.append(Chip(ReportState(state).label, query(request, state=None, page=None)))
    if request.GET.get("receive"):
        rows = rows.filter(pk__in=access.to_receive(request.account).order_by().values("pk"))
        chips.append(Chip(_("Waiting to be received"), query(request, receive=None, page=None)))
    if request.GET.get("format") == "xlsx":
        return _list_as_excel(rows.order_by("-as_of", "-pk"))
    reports = listing(
        request,
        rows,
        sorts={"number": ["number"], "unit": ["unit__sort_key"], "as_of": ["as_of"], "sent": ["sent_at"]},
        default_sort="-as_of",
        chips=chips,
    )
    context = {
        "reports": reports,
        "q": words,
        "filters": FilterForm(request.GET, campaigns=campaigns),
        "may_write": org_access.may_anywhere(request.account, Permission.REPORT_WRITE),
    }
    return page(request, "reports/desk/list.html", context)


def _list_as_excel(rows: QuerySet[Report]) -> HttpResponse:
    columns = [
        spreadsheets.OutColumn("number", _("Number and symbol"), 18, "code"),
        spreadsheets.OutColumn("unit", _("Reporting unit"), 36),
        spreadsheets.OutColumn("campaign", _("Campaign"), 44),
        spreadsheets.OutColumn("subject", _("Subject"), 50),
        spreadsheets.OutColumn("as_of", _("Figures as of"), kind="moment"),
        spreadsheets.OutColumn("done", _("Done"), kind="whole"),
        spreadsheets.OutColumn("obliged", _("Must study"), kind="whole"),
        spreadsheets.OutColumn("state", _("State"), 12),
        spreadsheets.OutColumn("signed_on", _("Date of signing"), kind="day"),
        spreadsheets.OutColumn("signer", _("Name of the signer"), 26),
        spreadsheets.OutColumn("sent_at", _("Sent at"), kind="moment"),
        spreadsheets.OutColumn("receiver", _("Receiving unit"), 36),
        spreadsheets.OutColumn("received_at", _("Received at"), kind="moment"),
    ]
    lines = (
        {
            "number": one.number,
            "unit": one.unit.name,
            "campaign": one.campaign.name,
            "subject": one.subject,
            "as_of": one.as_of,
            "done": one.done,
            "obliged": one.obliged,
            "state": ReportState(one.state).label,
            "signed_on": one.signed_on,
            "signer": one.signer_name,
            "sent_at": one.sent_at,
            "receiver": one.receiver.name if one.receiver else "",
            "received_at": one.received_at,
        }
        for one in rows.iterator(chunk_size=500)
    )
    content = io.BytesIO()
    spreadsheets.write_workbook(content, [spreadsheets.Sheet(_("Reports"), columns, lines)], at=now())
    content.seek(0)
    return download(content, name="bao-cao.xlsx", kind=XLSX)


# --- one report ------------------------------------------------------------------------------------------------------


@desk_page(Permission.REPORT_VIEW)
def report(request: DeskRequest, pk: int) -> HttpResponse:
    found = access.get_report(request.account, pk)
    context = _shown(request, found) | {
        "may_write": access.may_write(request.account, found.unit),
        "may_receive": found.waits_for_receiver and access.may_write(request.account, found.receiver),
        "corrections": list(
            access.reports_seen_by(request.account).filter(corrects=found).order_by("pk") if found.is_sent else []
        ),
        "correct_url": reverse("report-correct", args=[found.pk]),
    }
    return page(request, "reports/desk/report.html", context)


def _shown(request: DeskRequest, found: Report) -> dict[str, Any]:
    """What both the page of a report and the page that edits it show: its figures and where each comes from."""
    figures = Figures.from_json(found.figures)
    return {
        "report": found,
        "state": ReportState(found.state),
        "figures": figures,
        "paper": paper.context(queries.head_of(found), figures, queries.texts_of(found)),
        "named": paper.named_units(figures)[:MOST_SHOWN],
        "named_more": max(0, len(figures.silent) + len(figures.unorganised) - MOST_SHOWN),
        "meanings": [
            words
            for words, rows in ((board_rules.UNORGANISED, figures.unorganised), (board_rules.SILENT, figures.silent))
            if rows
        ],
        "before_name": (found.before or {}).get("name", ""),
        "links": _sources(request, found),
        "place": {"unit": found.unit.name, "campaign": found.campaign.name, "as_of": found.as_of},
    }


def _sources(request: DeskRequest, found: Report) -> dict[str, str]:
    """Every figure opens (B-08): the board and the names behind it as of the same day, for who may look there."""
    seen = campaign_access.campaigns_seen_by(request.account).filter(pk=found.campaign_id).exists()
    if not seen or not org_access.may(request.account, Permission.CAMPAIGN_VIEW, found.unit):
        return {}
    day = local(found.as_of - timedelta(microseconds=1)).date()
    where = {"unit": found.unit_id, "as_of": day.isoformat(), **({"tree": "today"} if found.todays_tree else {})}

    def address(name: str, **more: str) -> str:
        return f"{reverse(name, args=[found.campaign_id])}?{urlencode({**where, **more})}"

    return {
        "board": address("campaign-board"),
        "obliged": address("campaign-names", must="1"),
        "done": address("campaign-names", state="done"),
        "excused": address("campaign-names", reason="excused"),
        "absent": address("campaign-names", reason="absent"),
        "retake": address("campaign-names", reason="retake"),
        "owing": address("campaign-names", state="owing"),
        "exempt": address("campaign-names", state="exempt"),
        "silent": address("campaign-silent"),
        "classes": f"{reverse('class-list')}?campaign={found.campaign_id}",
    }


@desk_page(Permission.REPORT_WRITE)
def report_new(request: DeskRequest) -> HttpResponse:
    campaigns = (
        campaign_access.campaigns_seen_by(request.account)
        .filter(state__in=[CampaignState.OPEN, CampaignState.CLOSED])
        .order_by("-planned_from", "-pk")
    )
    units = _units_to_report(request)
    home = org_access.home_unit(request.account)
    initial = {
        "campaign": request.GET.get("campaign", ""),
        "unit": request.GET.get("unit", "") or (home.pk if home else ""),
        "as_of": _asked_day(request),
        "tree": request.GET.get("tree", ""),
    }
    form = NewForm(request.POST or None, initial=initial, campaigns=campaigns, units=units)
    if request.method == "POST" and form.is_valid():
        made: Report | None = None
        with refusals_on(form):
            made = actions.draft_report(
                form.cleaned_data["campaign"], form.cleaned_data["unit"], by=request.account, at=now(),
                day=form.cleaned_data["as_of"], todays_tree=form.cleaned_data["tree"] == "today",
            )  # fmt: skip
        if made:
            return saved(
                request,
                to=reverse("report-edit", args=[made.pk]),
                message=_("The figures are taken. Read each section, change what needs it, and confirm."),
            )
    context = {"form": form, "has_campaign": campaigns.exists()}
    return page(request, "reports/desk/new.html", context, status=422 if form.errors else 200)


def _asked_day(request: DeskRequest) -> date | None:
    """The day a board was showing when it led here."""
    with suppress(ValueError):
        return date.fromisoformat(request.GET.get("as_of", ""))
    return None


def _units_to_report(request: DeskRequest) -> QuerySet[Unit]:
    """The account's own units and those directly below; deeper ones come by a link of the board (`?unit=`)."""
    tops = org_access.paths_with(request.account, Permission.REPORT_WRITE)
    wanted = Q(path__in=tops) | Q(parent__path__in=tops)
    asked = whole_number(request.POST.get("unit") or request.GET.get("unit"))
    if asked is not None:
        wanted |= Q(pk=asked)
    units: QuerySet[Unit] = (
        org_access.units_seen_by(request.account, Permission.REPORT_WRITE)
        .filter(wanted, closed_on__isnull=True)
        .select_related("kind", "parent")
        .order_by("depth", "sort_key", "pk")
    )
    return units


@desk_page(Permission.REPORT_WRITE)
def report_edit(request: DeskRequest, pk: int) -> HttpResponse:
    found = access.get_report(request.account, pk, Permission.REPORT_WRITE)
    if found.is_sent:
        return saved(request, to=reverse("report", args=[found.pk]))
    form = ReportForm(request.POST or None, report=found)
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            actions.change_report(
                found, revision=form.cleaned_data["revision"], by=request.account, at=now(), head=form.head(),
                texts=form.texts(), confirmed=form.confirmed(),
            )  # fmt: skip
        if form.is_valid():
            to = "report" if "preview" in request.POST else "report-edit"
            return saved(request, to=reverse(to, args=[found.pk]), message=_("Saved."))
    context = _shown(request, found) | {
        "form": form,
        "refresh": RefreshForm(initial={"revision": found.revision}),
    }
    return page(request, "reports/desk/edit.html", context, status=422 if form.errors else 200)


@desk_page(Permission.REPORT_WRITE)
def report_refresh(request: DeskRequest, pk: int) -> HttpResponse:
    """Take the figures anew; the page says what happens to words before the button does it."""
    found = access.get_report(request.account, pk, Permission.REPORT_WRITE)
    form = RefreshForm(request.POST or None, initial={"revision": found.revision})
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            actions.refresh_figures(
                found,
                revision=form.cleaned_data["revision"],
                by=request.account,
                at=now(),
                day=form.cleaned_data["as_of"],
            )
        if form.is_valid():
            return saved(
                request,
                to=reverse("report-edit", args=[found.pk]),
                message=_("The figures are new; every section waits to be confirmed again."),
            )
    return page(
        request, "reports/desk/refresh.html", {"report": found, "form": form}, status=422 if form.errors else 200
    )


@desk_page(Permission.REPORT_WRITE)
def report_send(request: DeskRequest, pk: int) -> HttpResponse:
    """Two steps: what is still missing and what exactly will be closed, then the button."""
    found = access.get_report(request.account, pk, Permission.REPORT_WRITE)
    if found.is_sent:
        return saved(request, to=reverse("report", args=[found.pk]))
    faults = [one.sentence for one in actions.faults_before_sending(found)]
    if request.method == "POST":
        revision = request.POST.get("revision", "")
        try:
            actions.send_report(found, revision=whole_number(revision) or 0, by=request.account, at=now())
        except Refusals as several:
            faults = [one.sentence for one in several.several]
        except Refusal as one:
            faults = [one.sentence]
        else:
            return saved(
                request,
                to=reverse("report", args=[found.pk]),
                message=_("The report is closed and kept; its files will be the same at any time."),
            )
    context = _shown(request, found) | {
        "faults": faults,
        "twin": queries.same_number(found),
        "hidden": [("revision", found.revision)],
    }
    return page(request, "reports/desk/send.html", context, status=422 if request.method == "POST" else 200)


@desk_page(Permission.REPORT_WRITE)
@require_POST
def report_receive(request: DeskRequest, pk: int) -> HttpResponse:
    found = access.get_report(request.account, pk)
    back = reverse("report", args=[found.pk])
    try:
        actions.receive_report(found, by=request.account, at=now())
    except Refusal as refusal:
        messages.error(request, refusal.sentence)
        return saved(request, to=back)
    return saved(request, to=back, message=_("The report is received; the sending unit sees it."))


@desk_page(Permission.REPORT_WRITE)
def report_remove(request: DeskRequest, pk: int) -> HttpResponse:
    found = access.get_report(request.account, pk, Permission.REPORT_WRITE)
    sentence = ""
    if request.method == "POST":
        try:
            actions.remove_report(found, by=request.account, at=now())
        except Refusal as refusal:
            sentence = refusal.sentence
        else:
            return saved(request, to=reverse("report-list"), message=_("The draft is thrown away."))
    context = {"report": found, "refusal": sentence}
    return page(request, "reports/desk/remove.html", context, status=422 if sentence else 200)


@desk_page(Permission.REPORT_WRITE)
def report_correct(request: DeskRequest, pk: int) -> HttpResponse:
    """A sent report is never changed: a new one names it."""
    found = access.get_report(request.account, pk, Permission.REPORT_WRITE)
    sentence = ""
    if request.method == "POST":
        day = parse_day(request.POST.get("as_of", ""))
        try:
            made = actions.draft_report(
                found.campaign, found.unit, by=request.account, at=now(), day=day, todays_tree=found.todays_tree,
                corrects=found,
            )  # fmt: skip
        except Refusal as refusal:
            sentence = refusal.sentence
        else:
            return saved(
                request,
                to=reverse("report-edit", args=[made.pk]),
                message=_("A new draft that replaces the sent report."),
            )
    context = {"report": found, "refusal": sentence}
    return page(request, "reports/desk/correct.html", context, status=422 if sentence else 200)


# --- files -----------------------------------------------------------------------------------------------------------


@desk_page(Permission.REPORT_VIEW)
def report_word(request: DeskRequest, pk: int) -> HttpResponse:
    found = access.get_report(request.account, pk)
    try:
        content = queries.word_file(found)
    except Refusal as refusal:
        context = _shown(request, found) | {"faults": [refusal.sentence]}
        return page(request, "reports/desk/unfilled.html", context, status=422)
    return download(io.BytesIO(content), name=f"{file_name(found)}.docx", kind=DOCX)


@desk_page(Permission.REPORT_VIEW)
def report_excel(request: DeskRequest, pk: int) -> HttpResponse:
    found = access.get_report(request.account, pk)
    return download(io.BytesIO(queries.excel_file(found)), name=f"{file_name(found)}.xlsx", kind=XLSX)


def file_name(found: Report) -> str:
    """ "bao-cao-26-BC-BTGTU"; a draft says so in its name, so that nobody signs the wrong file."""
    number = re.sub(r"[^0-9A-Za-z]+", "-", found.number.replace("Đ", "D").replace("đ", "d")).strip("-")
    return f"bao-cao-{number or found.pk}{'' if found.is_sent else '-du-thao'}"


# --- templates -------------------------------------------------------------------------------------------------------


def _template_unit(request: DeskRequest) -> Unit:
    """The unit whose template is looked after: the one asked for, else the account's own."""
    asked = whole_number(request.GET.get("unit"))
    if asked is None:
        tops = org_access.paths_with(request.account, Permission.REPORT_WRITE)
        return Unit.objects.select_related("kind", "parent").get(path=min(tops, key=len))
    return org_access.get_unit(request.account, asked, Permission.REPORT_WRITE)


@desk_page(Permission.REPORT_WRITE)
def template(request: DeskRequest) -> HttpResponse:
    unit = _template_unit(request)
    form = TemplateForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        with tempfile.TemporaryDirectory(dir=settings.DATA_DIR) as folder:
            path = Path(folder) / "template.docx"
            upload = form.cleaned_data["file"]
            with path.open("wb") as target:
                for chunk in upload.chunks():
                    target.write(chunk)
            with refusals_on(form):
                actions.upload_template(unit, path=path, file_name=upload.name or "", by=request.account, at=now())
        if form.is_valid():
            return saved(
                request,
                to=f"{reverse('report-template')}?unit={unit.pk}",
                message=_("New reports of this unit use the new template."),
            )
    context = {
        "unit": unit,
        "form": form,
        "in_force": queries.template_in_force(unit),
        "history": queries.template_history(unit),
        "tags": paper.TAGS.items(),
    }
    return page(request, "reports/desk/template.html", context, status=422 if form.errors else 200)


@desk_page(Permission.REPORT_WRITE)
def template_file(request: DeskRequest, pk: int) -> HttpResponse:
    """A template that may be read: of the account's units, or of one above, which holds for them."""
    above = {
        key
        for path in org_access.paths_with(request.account, Permission.REPORT_WRITE)
        for key in Unit.objects.get(path=path).ancestor_ids
    }
    mine = org_access.scope_q(request.account, Permission.REPORT_WRITE, "unit__path")
    found = get_object_or_404(ReportTemplate.objects.filter(mine | Q(unit_id__in=above)), pk=pk)
    return download(io.BytesIO(bytes(found.content)), name=found.file_name, kind=DOCX)


@desk_page(Permission.REPORT_WRITE)
def template_built_in(request: DeskRequest) -> HttpResponse:
    return download(io.BytesIO(paper.template()), name=paper.TEMPLATE_NAME, kind=DOCX)


@desk_page(Permission.REPORT_WRITE)
def template_reset(request: DeskRequest) -> HttpResponse:
    unit = _template_unit(request)
    back = f"{reverse('report-template')}?unit={unit.pk}"
    sentence = ""
    if request.method == "POST":
        try:
            actions.reset_template(unit, by=request.account, at=now())
        except Refusal as refusal:
            sentence = refusal.sentence
        else:
            return saved(request, to=back, message=_("The unit no longer uses a template of its own."))
    context = {"unit": unit, "refusal": sentence, "back": back, "in_force": queries.template_in_force(unit)}
    return page(request, "reports/desk/template_reset.html", context, status=422 if sentence else 200)
