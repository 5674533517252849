"""Pages of imports: upload, what was understood, preview, confirmation, result; the queue of doubtful rows."""

from __future__ import annotations

import contextlib
import tempfile
import time as clock
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django import forms
from django.contrib import messages
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import TemporaryUploadedFile, UploadedFile
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from quantriet.kit import staging
from quantriet.kit.numbers import whole_number
from quantriet.kit.refusal import Refusal, refusals_on
from quantriet.kit.spreadsheets import OutColumn, Sheet, write_workbook
from quantriet.kit.time import now
from quantriet.kit.vocab import LabelledEnum, gettext_noop
from quantriet.kit.web import Chip, Listing, download, listing, page, query, saved
from quantriet.org import access
from quantriet.org.actions import draft_decision
from quantriet.org.actions import imports as actions
from quantriet.org.models import ImportKind, ImportRun, ImportState
from quantriet.org.queries import imports as queries
from quantriet.org.rules import columns, members
from quantriet.org.rules.events import Change
from quantriet.org.rules.understanding import SheetPlan, Understanding
from quantriet.org.vocab import OrgEventKind, Permission
from quantriet.org.web.forms import UnitField, shown_unit
from quantriet.org.web.frame import AT_ONCE, XLSX, crumbs, excel, form_page
from quantriet.org.web.pages import DeskRequest, desk_page

DEEPEST_HEADER = 3
_MOST_LISTED = 2000  # units that stand in a list to choose from; of more one types code or name
_PURPOSE = "import"  # what kept files are for


class KindLabel(LabelledEnum):
    """What a list is about, in the reader's words."""

    MEMBERS = "members", gettext_noop("Members")
    UNITS = "units", gettext_noop("Units")


class StateLabel(LabelledEnum):
    """Where an import stands, in the reader's words."""

    MAPPING = "mapping", gettext_noop("Columns to check")
    READING = "reading", gettext_noop("Being read")
    READY = "ready", gettext_noop("Preview ready")
    APPLYING = "applying", gettext_noop("Being written")
    DONE = "done", gettext_noop("Written")
    REFUSED = "refused", gettext_noop("Refused")
    CANCELLED = "cancelled", gettext_noop("Given up")


_SIGNS = {"done": "done", "refused": "late", "cancelled": "exempt"}
_TAB_LABELS = {
    "new": gettext_lazy("New"),
    "changed": gettext_lazy("Changed"),
    "moved": gettext_lazy("Moved"),
    "doubtful": gettext_lazy("To look at"),
    "wrong": gettext_lazy("Wrong"),
    "same": gettext_lazy("Unchanged"),
    "missing": gettext_lazy("Not in the file"),
}


class UploadForm(forms.Form):
    """A list as a file or pasted from a spreadsheet."""

    kind = forms.ChoiceField(label=gettext_lazy("What the list holds"), widget=forms.RadioSelect, initial="members")
    unit = UnitField(
        label=gettext_lazy("Into which unit"),
        help_text=gettext_lazy(
            "Rows of units outside it are reported as wrong. For one cell's own list choose the cell."
        ),
    )
    file = forms.FileField(
        label=gettext_lazy("File, or paste below"), required=False,
        help_text=gettext_lazy("One of the two: Excel (.xlsx, .xls), LibreOffice (.ods) or .csv, up to 50 MB."),
        widget=forms.ClearableFileInput(attrs={"accept": ".xlsx,.xls,.ods,.csv,.tsv,.txt"}),
    )  # fmt: skip
    pasted = forms.CharField(
        label=gettext_lazy("Or paste cells from Excel"), required=False, strip=False,
        widget=forms.Textarea(attrs={"rows": 6}), help_text=gettext_lazy("With the header row."),
    )  # fmt: skip
    staged = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, request: DeskRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = [KindLabel.MEMBERS]
        if access.may_anywhere(request.account, Permission.UNIT_EDIT):
            kinds.append(KindLabel.UNITS)
        self.fields["kind"].choices = [(kind.value, kind.label) for kind in kinds]  # type: ignore[attr-defined]
        units = access.units_seen_by(request.account, Permission.PERSON_EDIT)
        self.fields["unit"].scoped(units, Permission.PERSON_EDIT)  # type: ignore[attr-defined]
        for name in ("file", "pasted"):
            self.fields[name].one_of_several = True  # type: ignore[attr-defined]  # no "(optional)" beside either
        if units.count() <= _MOST_LISTED:
            self.fields["unit"] = _unit_from_list(units, self.fields["unit"])

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        self.kept = staging.unstage(given.get("staged") or "", purpose=_PURPOSE)
        given["file"] = given.get("file") or None
        nothing = not given["file"] and not (given.get("pasted") or "").strip() and not self.kept
        if nothing and "file" not in self.errors:
            self.add_error("file", "Hãy chọn một tệp, hoặc dán nội dung từ Excel vào ô bên dưới.")
        return given


def _unit_from_list(units: Any, typed: forms.Field) -> forms.ModelChoiceField:
    """The units of a scope that fits on a page, to be chosen as everywhere: by a few letters of code or name."""
    field = forms.ModelChoiceField(
        queryset=units.order_by("path"),
        to_field_name="code",
        label=typed.label,
        help_text=typed.help_text,
        empty_label=None,
    )
    field.label_from_instance = shown_unit  # type: ignore[method-assign]
    return field


def import_crumbs(
    request: DeskRequest, run: ImportRun | None = None, *further: tuple[str, str]
) -> list[dict[str, str]]:
    way = crumbs(request.account, run.unit if run else None, (_("Imports"), reverse("import-list")))
    return [*way, *({"label": label, "url": url} for label, url in further)]


# ------------------------------------------------------------------------------------------------------- list and upload


@desk_page(Permission.PERSON_EDIT)
def import_list(request: DeskRequest) -> HttpResponse:
    rows = access.import_runs_seen_by(request.account)
    chips = []
    state = request.GET.get("state", "")
    if state in {one.value for one in StateLabel}:
        rows = rows.filter(state=state)
        chips.append(Chip(StateLabel(state).label, query(request, state=None, page=None)))

    def prepare(runs: list[ImportRun]) -> None:
        for run in runs:
            run.kind_label = KindLabel(run.kind).label  # type: ignore[attr-defined]
            run.state_label = StateLabel(run.state).label  # type: ignore[attr-defined]
            run.sign = _SIGNS.get(run.state, "owing")  # type: ignore[attr-defined]
            run.sentence = _sentence(run)  # type: ignore[attr-defined]

    shown = listing(
        request,
        rows.select_related("unit", "account").defer("understanding"),
        sorts={"at": ["created_at"], "file": ["file_name"], "unit": ["unit__sort_key"]},
        default_sort="-at",
        chips=chips,
        prepare=prepare,
    )
    if request.GET.get("format") == "xlsx":
        return _runs_as_excel(rows)
    questions = access.identity_questions_seen_by(request.account).filter(decided_at__isnull=True).count()
    context = {
        "runs": shown,
        "questions": questions,
        "breadcrumb": import_crumbs(request),
        "tabs": list_tabs(questions, "runs"),
    }
    return page(request, "org/imports/list.html", context)


def list_tabs(questions: int, current: str) -> list[dict[str, Any]]:
    return [
        {"label": _("Imports"), "url": reverse("import-list"), "current": current == "runs"},
        {
            "label": _("Same name, which person?"),
            "url": reverse("import-questions"),
            "current": current == "questions",
            "count": questions,
        },
    ]


def _sentence(run: ImportRun) -> str:
    if run.state == ImportState.DONE:
        return members.outcome(run.kind, run.counts)
    if run.state == ImportState.READY:
        return members.promise(run.kind, run.counts)
    return run.refusal


def _runs_as_excel(rows: Any) -> HttpResponse:
    wanted = [
        OutColumn("at", _("Uploaded"), kind="moment"), OutColumn("file", _("File"), 30), OutColumn("kind", _("List of")),
        OutColumn("unit", _("Unit"), 30), OutColumn("by", _("By")), OutColumn("state", _("State")),
        OutColumn("sentence", _("Outcome"), 60),
    ]  # fmt: skip
    told = (
        {
            "at": run.created_at, "file": run.file_name, "kind": KindLabel(run.kind).label, "unit": run.unit.name,
            "by": str(run.account or ""), "state": StateLabel(run.state).label, "sentence": _sentence(run),
        }
        for run in rows.select_related("unit", "account").defer("understanding").order_by("-created_at").iterator()
    )  # fmt: skip
    return excel(_("Imports"), "", wanted, told)


@desk_page(Permission.PERSON_EDIT)
def import_new(request: DeskRequest) -> HttpResponse:
    initial: dict[str, Any] = {"kind": request.GET.get("kind") or "members"}
    asked = request.GET.get("unit", "")
    units = access.units_seen_by(request.account, Permission.PERSON_EDIT)
    initial["unit"] = (units.filter(code=asked).first() if asked else None) or access.home_unit(request.account)
    form = UploadForm(request.POST or None, request.FILES or None, initial=initial, request=request)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        with refusals_on(form), _uploaded(given["file"], given["pasted"], form.kept) as (name, source):
            run = actions.start_import(
                kind=given["kind"], unit=given["unit"], file_name=name, source=source, by=request.account, at=now()
            )
            staging.drop(given["staged"], purpose=_PURPOSE)
            return saved(request, to=reverse("import-run", args=[run.pk]))
    kept = _keep_file(request, form) if form.is_bound and form.errors else None
    templates = [
        (_("Empty list of members"), reverse("import-template", args=["members"])),
        (_("Empty list of units"), reverse("import-template", args=["units"])),
    ]
    context = {
        "form": form,
        "templates": templates,
        "kept": kept,
        "breadcrumb": import_crumbs(request),
        "steps": _steps("upload"),
    }
    return page(request, "org/imports/new.html", context, status=422 if form.is_bound and form.errors else 200)


def _keep_file(request: DeskRequest, form: UploadForm) -> str:
    """Keep the uploaded file while its form is corrected; returns its name. What is no list or is marked is not kept."""
    upload = request.FILES.get("file")
    if not isinstance(upload, UploadedFile):
        return form.kept.name if form.kept else ""
    home = access.home_unit(request.account)
    kind = form.cleaned_data.get("kind", ImportKind.MEMBERS)
    if home is None or form.errors.get("file"):
        return ""
    try:
        with _uploaded(upload, "") as (name, source):
            actions.first_look(kind=kind, unit=home, file_name=name, source=source)
    except Refusal:
        return ""
    form.data = form.data.copy()
    form.data["staged"] = staging.stage(upload, purpose=_PURPOSE)
    return upload.name or ""


@contextlib.contextmanager
def _uploaded(
    file: UploadedFile | None, pasted: str, staged: staging.Staged | None = None
) -> Iterator[tuple[str, Path]]:
    """The upload as a file with a name; gone afterwards, whatever happens."""
    if isinstance(file, TemporaryUploadedFile):
        yield file.name or "", Path(file.temporary_file_path())
        return
    with tempfile.NamedTemporaryFile(prefix="quantriet-upload-") as kept:
        if file is not None:
            name = file.name or ""
            for piece in file.chunks():
                kept.write(piece)
        elif pasted.strip() or staged is None:
            name = _("Pasted from a spreadsheet")
            kept.write(pasted.encode())
        else:
            name = staged.name
            with default_storage.open(staged.stored) as before:
                for piece in before.chunks():
                    kept.write(piece)
        kept.flush()
        yield name, Path(kept.name)


@desk_page(Permission.PERSON_EDIT)
def import_template(request: DeskRequest, kind: str) -> HttpResponse:
    known = columns.BY_KIND.get(kind)
    if known is None:
        return HttpResponseRedirect(reverse("import-list"))
    title = _("Empty list of units") if kind == ImportKind.UNITS else _("Empty list of members")
    notes = [f"{one.label}: {one.note}" for one in known if one.exported and one.note]
    notes += [
        "Thứ tự cột tùy ý; cột không cần có thể bỏ. Ô trống không xóa dữ liệu đang có.",
        "Nhập lại cùng một tệp không làm thay đổi gì.",
    ]
    guide = Sheet("Hướng dẫn", [OutColumn("line", "Cách ghi", 90)], [{"line": note} for note in notes])
    file = tempfile.TemporaryFile()  # noqa: SIM115 the response closes it
    write_workbook(file, [Sheet("Danh sách", columns.exported(kind), []), guide], title=title)
    file.seek(0)
    return download(file, name=f"{title}.xlsx", kind=XLSX)


# -------------------------------------------------------------------------------------------------------- one import


def _steps(current: str, *, reached: str = "preview") -> list[dict[str, str]]:
    """The steps of an import; those before `current` are done, none after the last one `reached` by one that broke off."""
    names = [
        ("upload", _("Upload")), ("mapping", _("Check the columns")), ("preview", _("Preview")), ("result", _("Result")),
    ]  # fmt: skip
    keys = [name for name, _label in names]
    place, last = keys.index(current), keys.index(reached)
    return [
        {
            "label": str(label),
            "url": "",
            "state": "done" if number < place and number <= last else "current" if number == place else "todo",
        }
        for number, (_name, label) in enumerate(names)
    ]


@desk_page(Permission.PERSON_EDIT)
def import_run(request: DeskRequest, pk: int) -> HttpResponse:
    """One address for the whole life of an import: the page shows the step at which it is."""
    run = access.get_import_run(request.account, pk)
    return _run_page(request, run)


def _run_page(request: DeskRequest, run: ImportRun, problem: Refusal | None = None) -> HttpResponse:
    context: dict[str, Any] = {
        "run": run,
        "breadcrumb": import_crumbs(request, run),
        "kind_label": KindLabel(run.kind).label,
        "problem": problem.sentence if problem else "",
        "may_write": access.may(request.account, actions.NEEDED[ImportKind(run.kind)], run.unit),
    }
    status = 422 if problem else 200
    if run.state == ImportState.MAPPING:
        context |= {"steps": _steps("mapping"), **_understood(request, run)}
        return page(request, "org/imports/understood.html", context, status=status)
    if run.state in (ImportState.READING, ImportState.APPLYING):
        context |= {"steps": _steps("preview" if run.state == ImportState.READING else "result"), **_progress(run)}
        context["may_cancel"] = actions.may_cancel(run)
        return page(request, "org/imports/waiting.html", context, status=status)
    if run.state == ImportState.READY:
        context |= {"steps": _steps("preview"), **_previewed(request, run)}
        return page(request, "org/imports/preview.html", context, status=status)
    # Given up or refused before there was a preview: nothing was looked at.
    context |= {
        "steps": _steps("result", reached="preview" if run.plan_digest else "mapping"),
        "sentence": _sentence(run),
    }
    if run.state == ImportState.DONE:
        context |= _shown_tab(request, run)
    return page(request, "org/imports/result.html", context)


def _understood(request: DeskRequest, run: ImportRun) -> dict[str, Any]:
    seen = Understanding.from_json(run.understanding)
    units = {
        unit.pk: unit.name
        for unit in access.units_seen_by(request.account).filter(
            pk__in=[sheet.unit for sheet in seen.used if sheet.unit]
        )
    }
    sheets = []
    for sheet in seen.used:
        mapping = sheet.columns()
        if mapping is None:
            continue
        samples = [cells for number, cells in sheet.head if number >= mapping.header_row + mapping.depth][:3]
        known = []
        for index, key in sorted(mapping.columns.items()):
            sure = mapping.confidence.get(index, 1.0) >= 0.9
            example = [cells[index] for cells in samples if index < len(cells) and cells[index]]
            known.append(
                (sheet.texts.get(str(index), ""), columns.label_of(run.kind, key), sure, "; ".join(example[:2]))
            )
        unused = [
            said
            for index, said in sorted(sheet.texts.items(), key=lambda one: int(one[0]))
            if int(index) not in mapping.columns
        ]
        sheets.append(
            {
                "name": sheet.name, "row": mapping.header_row, "rows": max(0, sheet.rows - mapping.header_row - mapping.depth + 1),
                "known": known, "unused": unused, "unit": units.get(sheet.unit or 0, ""),
            }
        )  # fmt: skip
    others = [sheet.name for sheet in seen.sheets if sheet not in seen.used]
    encoding = None
    if seen.encoding:
        one = seen.encoding
        encoding = {**one, "pairs": list(zip(one["before"], one["after"], strict=False))[:6], "ask": seen.asks_encoding}
    return {"seen": seen, "sheets": sheets, "others": others, "encoding": encoding}


def _progress(run: ImportRun) -> dict[str, Any]:
    at = queries.progress(run, clock.time())
    return {"progress": at, "stuck": at.quiet_seconds > actions.QUIET_SECONDS}


def _previewed(request: DeskRequest, run: ImportRun) -> dict[str, Any]:
    decided, waiting = queries.waiting_decisions(run)
    counts = run.counts
    return {
        **_shown_tab(request, run),
        "promise": members.promise(run.kind, counts),
        "writes": sum(counts.get(status, 0) for status in ("new", "changed", "moved")),
        "decided": decided,
        "waiting": waiting,
        "left_out": run.understanding.get("left_out", []),
        "left_out_count": run.understanding.get("left_out_count", 0),
    }


@desk_page(Permission.UNIT_EDIT)
def import_proposals(request: DeskRequest, pk: int) -> HttpResponse:
    """The events that a rearranged list speaks of: the officer keeps or drops each; all kept become one draft."""
    run = access.get_import_run(request.account, pk)
    access.require(request.account, Permission.UNIT_EDIT, run.unit)
    found = actions.proposals(run)
    form = ProposalsForm(request.POST or None, proposals=found)
    if request.method == "POST" and form.is_valid():
        given = dict(form.cleaned_data)
        kept = given.pop("kept")
        with refusals_on(form):
            made = draft_decision(
                unit=run.unit, changes=[found[int(number)][1] for number in kept], by=request.account, at=now(), **given
            )
            return saved(
                request, to=reverse("decision", args=[made.pk]),
                message=_("The decision is prepared; look at the preview, correct single events there."),
            )  # fmt: skip
    return form_page(
        request, form, heading=_("Decision proposed from the list"), submit=_("Prepare the decision"),
        lead=_("The list shows a rearrangement: %(number)s events instead of single moves. Nothing changes before the preview is confirmed.")
        % {"number": len(found)},
        cancel=reverse("import-run", args=[run.pk]), breadcrumb=import_crumbs(request, run, (_("Proposed decision"), "")),
    )  # fmt: skip


class ProposalsForm(forms.Form):
    """Number and dates of the decision, and which of the proposed events it holds; what ends is asked, not assumed."""

    number = forms.CharField(label=gettext_lazy("Decision number"), max_length=60)
    decided_on = forms.DateField(label=gettext_lazy("Date of the decision"))
    effective_on = forms.DateField(label=gettext_lazy("In force from"))
    kept = forms.MultipleChoiceField(
        label=gettext_lazy("Events"), widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("Units no longer in the list are not dissolved unless you say so."),
    )  # fmt: skip

    def __init__(self, *args: Any, proposals: list[tuple[str, Change]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kept = self.fields["kept"]
        kept.choices = [(str(number), words) for number, (words, _change) in enumerate(proposals)]  # type: ignore[attr-defined]
        kept.initial = [
            str(number) for number, (_words, change) in enumerate(proposals) if change.kind != OrgEventKind.DISSOLVE
        ]


def _first_tab(run: ImportRun) -> str:
    """What an officer wants to see first: what will be written; what is wrong only when that stands in the way."""
    written, problems = ("new", "changed", "moved"), ("wrong", "doubtful")
    blocked = run.counts.get("elsewhere") and run.state == ImportState.READY
    order = (*problems, *written) if blocked else (*written, *problems)
    return next((tab for tab in (*order, "same") if run.counts.get(tab)), "new")


def _shown_tab(request: DeskRequest, run: ImportRun) -> dict[str, Any]:
    tabs = [tab for tab in queries.TABS if run.kind == ImportKind.MEMBERS or tab not in ("moved", "doubtful")]
    first = _first_tab(run)
    tab = request.GET.get("tab", first)
    tab = tab if tab in tabs else first
    at = queries.preview_page(run, tab, whole_number(request.GET.get("page"), least=1, most=10**6) or 1)
    return {
        "tab": tab,
        "tab_label": _TAB_LABELS[tab],
        "tabs": [
            {
                "label": _TAB_LABELS[one],
                "url": query(request, tab=one, page=None),
                "current": one == tab,
                "count": run.counts.get(one, 0),
            }
            for one in tabs
        ],
        "rows": Listing(at.rows, at.total, at.number, at.pages, ""),  # type: ignore[type-var]  # rows of a file, not of a table
    }


@desk_page(Permission.PERSON_EDIT)
def import_progress(request: DeskRequest, pk: int) -> HttpResponse:
    run = access.get_import_run(request.account, pk)
    going = run.state in (ImportState.READING, ImportState.APPLYING)
    context = {"run": run, "going": going, **_progress(run)}
    return page(request, "org/imports/_progress.html", context)


@desk_page(Permission.PERSON_EDIT)
def import_columns(request: DeskRequest, pk: int) -> HttpResponse:
    run = access.get_import_run(request.account, pk)
    if run.state not in (ImportState.MAPPING, ImportState.READY):
        return HttpResponseRedirect(reverse("import-run", args=[run.pk]))
    seen = Understanding.from_json(run.understanding)
    problem = ""
    if request.method == "POST":
        try:
            choices = [_choice(request, sheet, run) for sheet in seen.sheets]
            actions.choose_columns(run, by=request.account, at=now(), choices=choices)
            return saved(request, to=reverse("import-run", args=[run.pk]), message=_("The columns are kept."))
        except Refusal as refusal:
            problem = refusal.sentence
    meanings = [(one.key, one.label) for one in columns.BY_KIND[run.kind]]
    context = {
        "run": run,
        "sheets": [_sheet_choices(request, sheet) for sheet in seen.sheets],
        "meanings": meanings,
        "problem": problem,
        "depths": range(1, DEEPEST_HEADER + 1),
        "breadcrumb": import_crumbs(request, run, (run.file_name, reverse("import-run", args=[run.pk]))),
    }
    return page(request, "org/imports/columns.html", context, status=422 if problem else 200)


def _sheet_choices(request: DeskRequest, sheet: SheetPlan) -> dict[str, Any]:
    """A sheet with its first rows and, over each column, the meaning chosen."""
    mapping = sheet.columns()
    width = max((len(cells) for _number, cells in sheet.head), default=0)
    posted = request.method == "POST"
    prefix = f"s{sheet.index}-"
    chosen = {
        index: request.POST.get(f"{prefix}c{index}", "")
        if posted
        else (mapping.columns.get(index, "") if mapping else "")
        for index in range(width)
    }
    unit = (
        access.units_seen_by(request.account, Permission.PERSON_EDIT).filter(pk=sheet.unit).first()
        if sheet.unit
        else None
    )
    first = mapping.header_row if mapping else 1
    return {
        "sheet": sheet,
        "prefix": prefix,
        "use": (f"{prefix}use" in request.POST) if posted else sheet.use,
        "row": request.POST.get(f"{prefix}row") if posted else (mapping.header_row if mapping else 1),
        "depth": (whole_number(request.POST.get(f"{prefix}depth")) or 1)
        if posted
        else (mapping.depth if mapping else 1),
        "unit": request.POST.get(f"{prefix}unit", "") if posted else (unit.code if unit else ""),
        "columns": [(index, _letter(index), chosen[index], _example(sheet, index, first)) for index in range(width)],
        "head": [(number, cells + [""] * (width - len(cells))) for number, cells in sheet.head],
    }


def _example(sheet: SheetPlan, index: int, first: int) -> str:
    """What stands in a column from the header down: enough to know it again."""
    said = [cells[index] for number, cells in sheet.head if number >= first and index < len(cells) and cells[index]]
    return "; ".join(said[:3])[:80]


def _letter(index: int) -> str:
    return chr(65 + index) if index < 26 else chr(64 + index // 26) + chr(65 + index % 26)


def _choice(request: DeskRequest, sheet: SheetPlan, run: ImportRun) -> actions.SheetChoice:
    prefix = f"s{sheet.index}-"
    known = {one.key for one in columns.BY_KIND[run.kind]}
    chosen: dict[int, str] = {}
    for name, key in request.POST.items():
        index = whole_number(name.removeprefix(f"{prefix}c")) if name.startswith(f"{prefix}c") else None
        if index is not None and isinstance(key, str) and key in known:
            chosen[index] = key
    row = whole_number(request.POST.get(f"{prefix}row", "1"), least=1, most=400)
    depth = whole_number(request.POST.get(f"{prefix}depth", "1"), least=1, most=DEEPEST_HEADER)
    if row is None or depth is None:
        raise Refusal("import.header_row", "Dòng tiêu đề phải là số dòng trong Excel, từ 1 đến 400.")
    unit = None
    if code := request.POST.get(f"{prefix}unit", "").split(" – ")[0].strip():
        unit = (
            access.units_seen_by(request.account, Permission.PERSON_EDIT)
            .select_related("kind")
            .filter(code=code)
            .first()
        )
        if unit is None:
            raise Refusal("import.unit_unknown", f"Không có đơn vị mã “{code}” trong phạm vi được giao.")
    return actions.SheetChoice(sheet.index, f"{prefix}use" in request.POST, row, depth, chosen, unit)


def _do(request: DeskRequest, pk: int, act: Any) -> HttpResponse:
    """Do one step of an import and show the page again; a refusal is told on it."""
    run = access.get_import_run(request.account, pk)
    access.require(request.account, actions.NEEDED[ImportKind(run.kind)], run.unit)
    try:
        act(run)
    except Refusal as refusal:
        if refusal.code == "import.state":
            messages.warning(request, refusal.sentence)
            return HttpResponseRedirect(reverse("import-run", args=[run.pk]))
        return _run_page(request, access.get_import_run(request.account, pk), refusal)
    return saved(request, to=reverse("import-run", args=[run.pk]))


@desk_page(Permission.PERSON_EDIT)
@require_POST
def import_preview(request: DeskRequest, pk: int) -> HttpResponse:
    accept = "accept_elsewhere" in request.POST
    return _do(
        request, pk, lambda run: actions.start_preview(run, by=request.account, at=now(), accept_elsewhere=accept)
    )


@desk_page(Permission.PERSON_EDIT)
@require_POST
def import_encoding(request: DeskRequest, pk: int) -> HttpResponse:
    convert = request.POST.get("convert") == "yes"
    return _do(request, pk, lambda run: actions.choose_encoding(run, by=request.account, at=now(), convert=convert))


@desk_page(Permission.PERSON_EDIT)
@require_POST
def import_apply(request: DeskRequest, pk: int) -> HttpResponse:
    digest, accept = request.POST.get("plan", ""), "accept_elsewhere" in request.POST
    return _do(
        request, pk,
        lambda run: actions.confirm_import(run, by=request.account, at=now(), plan_digest=digest, accept_elsewhere=accept),
    )  # fmt: skip


@desk_page(Permission.PERSON_EDIT)
@require_POST
def import_cancel(request: DeskRequest, pk: int) -> HttpResponse:
    return _do(request, pk, lambda run: actions.cancel_import(run, by=request.account, at=now()))


@desk_page(Permission.PERSON_EDIT)
@require_POST
def import_resume(request: DeskRequest, pk: int) -> HttpResponse:
    return _do(request, pk, lambda run: actions.resume_import(run, by=request.account, at=now()))


@desk_page(Permission.PERSON_EDIT)
def import_excel(request: DeskRequest, pk: int) -> HttpResponse:
    """The uploaded rows with status and explanation; before the writing only those that need a hand, if asked."""
    run = access.get_import_run(request.account, pk)
    if run.state not in (ImportState.READY, ImportState.DONE):
        return HttpResponseRedirect(reverse("import-run", args=[run.pk]))
    only = [one for one in request.GET.getlist("only") if one in queries.TABS and one != "missing"]
    name = f"{Path(run.file_name).stem} - kết quả.xlsx"
    if run.result and not only:
        return download(run.result.open("rb"), name=name, kind=XLSX)
    if not only and run.counts.get("rows", 0) > AT_ONCE:
        messages.info(request, _("The Excel file is being made; look again in a moment."))
        return HttpResponseRedirect(reverse("import-run", args=[run.pk]))
    with tempfile.NamedTemporaryFile(suffix=".xlsx") as made:
        actions.write_rows(run, Path(made.name), at=now(), only=only)
        content = open(made.name, "rb")  # noqa: SIM115 the response closes it; the name may go before
    return download(content, name=name, kind=XLSX)


urlpatterns = [
    path("desk/imports/", import_list, name="import-list"),
    path("desk/imports/new/", import_new, name="import-new"),
    path("desk/imports/template/<slug:kind>.xlsx", import_template, name="import-template"),
    path("desk/imports/<int:pk>/", import_run, name="import-run"),
    path("desk/imports/<int:pk>/columns/", import_columns, name="import-columns"),
    path("desk/imports/<int:pk>/preview/", import_preview, name="import-preview"),
    path("desk/imports/<int:pk>/proposals/", import_proposals, name="import-proposals"),
    path("desk/imports/<int:pk>/encoding/", import_encoding, name="import-encoding"),
    path("desk/imports/<int:pk>/apply/", import_apply, name="import-apply"),
    path("desk/imports/<int:pk>/cancel/", import_cancel, name="import-cancel"),
    path("desk/imports/<int:pk>/resume/", import_resume, name="import-resume"),
    path("desk/imports/<int:pk>/progress/", import_progress, name="import-progress"),
    path("desk/imports/<int:pk>/rows.xlsx", import_excel, name="import-excel"),
]
