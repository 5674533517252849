"""Pages of the workshop: from the clauses of a document to what its readers are given."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.http import FileResponse, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from quantriet.kit import spreadsheets
from quantriet.kit.numbers import whole_number, whole_numbers
from quantriet.kit.refusal import Refusal, refusals_on
from quantriet.kit.text import fold
from quantriet.kit.time import now, show_moment
from quantriet.kit.web import Chip, download, kind_of, listing, page, query, saved
from quantriet.library import access, actions
from quantriet.library.actions import masters
from quantriet.library.models import MasterPart, MasterVersion, StudyMaster
from quantriet.library.queries import masters as queries
from quantriet.library.queries import materials as material_queries
from quantriet.library.rules.compare import compare, words
from quantriet.library.vocab import Audience, MasterState, PartKind
from quantriet.library.web.workshop_forms import (
    TO_APPROVE,
    WAITING,
    WORKS_TO_APPROVE,
    FilterForm,
    ImageForm,
    PartForm,
    PublishForm,
    QuestionsForm,
    RemarkForm,
    RevisionForm,
    TakeOverForm,
    TitleForm,
)
from quantriet.org import access as org_access
from quantriet.org.vocab import Permission
from quantriet.org.web.pages import DeskRequest, desk_page

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_EDIT = Permission.DOCUMENT_EDIT
_FIELD_NAMES = {
    "title": "Tiêu đề", "text": "Nội dung", "value": "Con số", "measure": "Đơn vị tính", "source": "Nguồn",
    "cites": "Rút ra từ", "audiences": "Đối tượng",
}  # fmt: skip


# --- list -------------------------------------------------------------------------------------------------------------


@desk_page(Permission.DOCUMENT_VIEW)
def master_list(request: DeskRequest) -> HttpResponse:
    rows = access.masters_seen_by(request.account).select_related("document", "unit")
    chips = []
    if said := request.GET.get("q", "").strip():
        rows = queries.searched(rows, said)
        chips.append(Chip(f"“{said}”", query(request, q=None, page=None)))
    state = request.GET.get("state", "")
    waiting = {TO_APPROVE: queries.to_approve, WORKS_TO_APPROVE: queries.with_works_to_approve}
    if state in list(MasterState):
        rows = rows.filter(state=state)
        chips.append(Chip(MasterState(state).label, query(request, state=None, page=None)))
    elif state in waiting:
        mine = access.masters_seen_by(request.account, _EDIT)
        rows = waiting[state](rows.filter(pk__in=mine.order_by().values("pk")), request.account)
        chips.append(Chip(str(dict(WAITING)[state]), query(request, state=None, page=None)))
    rows = queries.with_counts(rows)
    if request.GET.get("format") == "xlsx":
        return _list_as_excel(list(rows.order_by("-document__issued_on", "pk")))

    def prepare(found: list[StudyMaster]) -> None:
        covered = queries.coverage(found)
        for one in found:
            one.covered = covered.get(one.pk, [])  # type: ignore[attr-defined]

    found = listing(
        request, rows, default_sort="-issued", chips=chips, prepare=prepare,
        sorts={"document": ["document__reference_number"], "state": ["state"], "due": ["publish_at"], "issued": ["document__issued_on"]},
    )  # fmt: skip
    context = {"masters": found, "q": said, "filters": FilterForm(request.GET), "states": _states()}
    return page(request, "library/desk/masters.html", context)


def _states() -> dict[str, str]:
    return {one.value: one.label for one in MasterState}


def _list_as_excel(rows: list[StudyMaster]) -> HttpResponse:
    covered = queries.coverage(rows)
    columns = [
        spreadsheets.OutColumn("number", _("Number and symbol")),
        spreadsheets.OutColumn("title", _("Title"), width=60),
        spreadsheets.OutColumn("unit", _("Register of"), width=30),
        spreadsheets.OutColumn("state", _("State")),
        spreadsheets.OutColumn("due", _("To be published at"), kind="moment"),
        spreadsheets.OutColumn("parts", _("Content parts"), kind="whole"),
        *(spreadsheets.OutColumn(one.value, one.label) for one in Audience),
    ]
    lines = (
        {
            "number": one.document.reference_number,
            "title": one.title,
            "unit": one.unit.name,
            "state": MasterState(one.state).label,
            "due": one.publish_at,
            "parts": one.part_count,  # type: ignore[attr-defined]
            **{who.value: "x" if who in covered.get(one.pk, []) else "" for who in Audience},
        }
        for one in rows
    )
    return _workbook(_("Study masters"), columns, lines, "ban-bien-soan.xlsx")


def _workbook(title: str, columns: Any, lines: Any, name: str) -> HttpResponse:
    content = io.BytesIO()
    spreadsheets.write_workbook(content, [spreadsheets.Sheet(title, columns, lines)], at=now())
    content.seek(0)
    return download(content, name=name, kind=XLSX)


# --- one master -------------------------------------------------------------------------------------------------------


@desk_page(_EDIT)
@require_POST
def master_new(request: DeskRequest, pk: int) -> HttpResponse:
    """Begin the master of a document with its marked points; where it was begun already, go there."""
    document = access.get_document(request.account, pk, _EDIT)
    try:
        made = masters.compose_master(document, by=request.account, at=now())
    except Refusal:
        made = access.masters_seen_by(request.account).get(document=document)
        return saved(request, to=reverse("master", args=[made.pk]))
    return saved(
        request, to=reverse("master", args=[made.pk]), message=_("The first draft is made from the marked points.")
    )


@desk_page(Permission.DOCUMENT_VIEW)
def master(request: DeskRequest, pk: int) -> HttpResponse:
    found = access.get_master(request.account, pk)
    if request.GET.get("format") == "xlsx":
        return _parts_as_excel(found)
    return page(request, "library/desk/master.html", _shown(request, found))


def _shown(request: DeskRequest, found: StudyMaster) -> dict[str, Any]:
    parts = queries.draft_parts(found)
    may_edit = org_access.may(request.account, _EDIT, found.unit)
    latest = found.versions.filter(published_at__isnull=False, withdrawn_at__isnull=True).first()
    covered = {who for part in parts for who in part.audiences}
    return {
        "master": found,
        "state": MasterState(found.state),
        "parts": parts,
        "images": list(found.images.all()),
        "may_edit": may_edit,
        "is_open": may_edit and found.state == MasterState.DRAFT,
        "live": latest,
        "kinds": list(PartKind),
        "missing": [one for one in Audience if one not in covered],
        "sources": queries.sources_of(found.document).exists() if may_edit else False,
        "own_submission": found.submitted_by_id == request.account.pk,
        "made_count": found.materials.count(),
    }


def _parts_as_excel(found: StudyMaster) -> HttpResponse:
    columns = [
        spreadsheets.OutColumn("no", _("No."), kind="whole"),
        spreadsheets.OutColumn("kind", _("Kind"), width=24),
        spreadsheets.OutColumn("title", _("Question"), width=40),
        spreadsheets.OutColumn("text", _("Answer"), width=70),
        spreadsheets.OutColumn("figure", _("Number")),
        spreadsheets.OutColumn("cites", _("From clause"), width=36),
        spreadsheets.OutColumn("source", _("Source"), width=30),
        spreadsheets.OutColumn("audiences", _("For whom"), width=40),
    ]
    lines = (
        {
            "no": place, "kind": one.kind.label, "title": one.title, "text": one.text, "figure": one.figure,
            "cites": one.cites, "source": one.source, "audiences": "; ".join(who.label for who in one.audiences),
        }
        for place, one in enumerate(queries.draft_parts(found), 1)
    )  # fmt: skip
    return _workbook(_("Content parts"), columns, lines, "cac-phan-bien-soan.xlsx")


def _edited(
    request: DeskRequest, found: StudyMaster, form: Any, write: Callable[[Any], Any], heading: str, *, submit: str = "",
    message: str = "", lead: str = "", more: dict[str, Any] | None = None, template: str = "library/desk/master_form.html",
) -> HttpResponse:  # fmt: skip
    """One form of a master: show, check, write, go back to the master; marked content is logged without a word of it."""
    if request.method == "POST" and form.is_valid():
        try:
            with refusals_on(form):
                _noting(request, found, lambda: write(form))
        finally:
            found.refresh_from_db()
        if form.is_valid():
            return saved(request, to=reverse("master", args=[found.pk]), message=message or _("Saved."))
        if "revision" in form.fields and template == "library/desk/master_form.html":
            form.data = form.data.copy()
            form.data["revision"] = str(found.revision)
    context = {
        "form": form,
        "master": found,
        "heading": heading,
        "submit": submit or _("Save"),
        "lead": lead,
        **(more or {}),
    }
    return page(request, template, context, status=422 if request.method == "POST" else 200)


def _noting(request: DeskRequest, found: StudyMaster, write: Callable[[], Any]) -> None:
    try:
        write()
    except Refusal as refusal:
        if refusal.code.startswith("secret"):
            actions.note_refusal(by=request.account, at=now(), unit=found.unit, where="bản biên soạn")
        raise


@desk_page(_EDIT)
def master_title(request: DeskRequest, pk: int) -> HttpResponse:
    found = access.get_master(request.account, pk, _EDIT)
    form = TitleForm(request.POST or None, initial={"title": found.title, "revision": found.revision})

    def write(form: TitleForm) -> None:
        masters.rename_master(found, **form.cleaned_data, by=request.account, at=now())

    return _edited(request, found, form, write, _("Change the title"))


@desk_page(_EDIT)
@require_POST
def master_points(request: DeskRequest, pk: int) -> HttpResponse:
    found = access.get_master(request.account, pk, _EDIT)
    return _at_once(
        request, found, lambda: masters.take_points(found, by=request.account, at=now()),
        _("Points that were marked since then are in the draft."),
    )  # fmt: skip


def _at_once(
    request: DeskRequest, found: StudyMaster, write: Callable[[], Any], message: str = "", anchor: str = ""
) -> HttpResponse:
    """A button that needs no form: done, or the page with the sentence why not."""
    try:
        write()
    except Refusal as refusal:
        found.refresh_from_db()
        return page(
            request, "library/desk/master.html", _shown(request, found) | {"refusal": refusal.sentence}, status=422
        )
    return saved(request, to=reverse("master", args=[found.pk]) + anchor, message=message)


# --- parts ------------------------------------------------------------------------------------------------------------


def _part_form(request: DeskRequest, found: StudyMaster, kind: PartKind, **initial: Any) -> PartForm:
    clauses = queries.citable(found.document, access.documents_seen_by(request.account))
    return PartForm(request.POST or None, kind=kind, document=found.document, clauses=clauses, initial=initial)


@desk_page(_EDIT)
def part_new(request: DeskRequest, pk: int) -> HttpResponse:
    found = access.get_master(request.account, pk, _EDIT)
    asked = request.GET.get("kind", "")
    kind = PartKind(asked) if asked in list(PartKind) else PartKind.CORE
    default = [Audience.PUBLIC] if kind == PartKind.QUESTION else [one for one in Audience if one != Audience.PUBLIC]
    form = _part_form(request, found, kind, audiences=default)

    def write(form: PartForm) -> None:
        masters.add_part(found, form.said(), by=request.account, at=now())

    return _edited(
        request, found, form, write, f"{_('Add a part')}: {kind.label}", template="library/desk/master_part.html"
    )


@desk_page(_EDIT)
def part_edit(request: DeskRequest, pk: int, part_pk: int) -> HttpResponse:
    """Rewrite a part; what somebody else wrote meanwhile stands beside one's own words, and a second save is deliberate."""
    found = access.get_master(request.account, pk, _EDIT)
    part = get_object_or_404(
        MasterPart.objects.select_related("clause", "master__unit", "master__document", "changed_by"),
        master=found,
        pk=part_pk,
    )
    form = _part_form(
        request, found, PartKind(part.kind), title=part.title, text=part.text, measure=part.measure, source=part.source,
        value=queries.Part.figure_of(part.value), clause=part.clause, audiences=part.audiences, revision=part.revision,
    )  # fmt: skip
    more: dict[str, Any] = {"part": part}

    def write(form: PartForm) -> None:
        try:
            masters.change_part(
                part, form.said(), revision=form.cleaned_data["revision"] or 0, by=request.account, at=now()
            )
        except Refusal as refusal:
            if refusal.code == "part.changed_by_other":
                own = form.said()
                more["other"] = part
                more["pieces"] = [
                    (_FIELD_NAMES[name], words(str(getattr(part, name) or ""), str(getattr(own, name) or "")))
                    for name in ("title", "text", "source")
                    if getattr(part, name) != getattr(own, name)
                ]
                form.data = form.data.copy()
                form.data["revision"] = str(part.revision)
            raise

    return _edited(
        request,
        found,
        form,
        write,
        f"{_('Edit')}: {PartKind(part.kind).label}",
        more=more,
        template="library/desk/master_part.html",
    )


def _part(request: DeskRequest, pk: int, part_pk: int) -> tuple[StudyMaster, MasterPart]:
    found = access.get_master(request.account, pk, _EDIT)
    return found, get_object_or_404(
        MasterPart.objects.select_related("master__unit", "clause"), master=found, pk=part_pk
    )


@desk_page(_EDIT)
@require_POST
def part_move(request: DeskRequest, pk: int, part_pk: int) -> HttpResponse:
    found, part = _part(request, pk, part_pk)
    down = request.POST.get("to") == "down"
    return _at_once(
        request,
        found,
        lambda: masters.move_part(part, down=down, by=request.account, at=now()),
        anchor=f"#part-{part.pk}",
    )


@desk_page(_EDIT)
def part_remove(request: DeskRequest, pk: int, part_pk: int) -> HttpResponse:
    found, part = _part(request, pk, part_pk)
    if request.method != "POST":
        context = {"master": found, "sentence": str(part), "title": _("Remove the part")}
        return page(request, "library/desk/master_remove.html", context)
    return _at_once(
        request, found, lambda: masters.remove_part(part, by=request.account, at=now()), _("The part is removed.")
    )


# --- pictures ---------------------------------------------------------------------------------------------------------


@desk_page(_EDIT)
def image_new(request: DeskRequest, pk: int) -> HttpResponse:
    found = access.get_master(request.account, pk, _EDIT)
    form = ImageForm(request.POST or None, request.FILES or None)

    def write(form: ImageForm) -> None:
        upload = form.cleaned_data["file"]
        masters.add_image(
            found,
            content=upload.read(),
            name=upload.name or "",
            alt=form.cleaned_data["alt"],
            by=request.account,
            at=now(),
        )

    return _edited(request, found, form, write, _("Add a picture"))


@desk_page(Permission.DOCUMENT_VIEW)
def image(request: DeskRequest, pk: int, image_pk: int) -> FileResponse:
    found = access.get_master(request.account, pk)
    one = get_object_or_404(found.images, pk=image_pk)
    kind = kind_of(one.file.name)
    return download(one.file.open("rb"), name=f"anh-{one.pk}.{kind[6:]}", kind=kind)


@desk_page(_EDIT)
def image_remove(request: DeskRequest, pk: int, image_pk: int) -> HttpResponse:
    found = access.get_master(request.account, pk, _EDIT)
    one = get_object_or_404(found.images.select_related("master__unit"), pk=image_pk)
    if request.method != "POST":
        context = {"master": found, "sentence": one.alt, "title": _("Remove the picture")}
        return page(request, "library/desk/master_remove.html", context)
    return _at_once(
        request, found, lambda: masters.remove_image(one, by=request.account, at=now()), _("The picture is removed.")
    )


# --- lists of questions, parts of a source -----------------------------------------------------------------------------

_COLUMNS = [
    spreadsheets.Column("title", "Câu hỏi", ("hỏi", "nội dung hỏi"), required=True),
    spreadsheets.Column("text", "Trả lời", ("đáp", "câu trả lời", "nội dung trả lời"), required=True),
    spreadsheets.Column("clause", "Mục", ("rút ra từ mục", "điều, khoản, mục", "căn cứ")),
    spreadsheets.Column("audiences", "Đối tượng", ("cho ai", "dành cho")),
]


@desk_page(_EDIT)
def master_questions(request: DeskRequest, pk: int) -> HttpResponse:
    found = access.get_master(request.account, pk, _EDIT)
    form = QuestionsForm(request.POST or None, request.FILES or None, initial={"audiences": [Audience.PUBLIC]})
    told: list[int] = []

    def write(form: QuestionsForm) -> None:
        chosen = tuple(Audience(one) for one in form.cleaned_data["audiences"])
        rows = _questions(request, found, form.cleaned_data["file"], chosen)
        told.append(masters.add_questions(found, rows, by=request.account, at=now()))

    return _edited(
        request, found, form, write, _("Questions and answers from Excel"), submit=_("Add to the draft"),
        lead="Cột được nhận theo tiêu đề: Câu hỏi, Trả lời; có thể có thêm Mục (số hoặc tên mục của văn bản) và Đối tượng. "
        "Ghi tất cả các dòng, hoặc không ghi dòng nào khi có dòng sai.",
    )  # fmt: skip


def _questions(
    request: DeskRequest, found: StudyMaster, upload: UploadedFile[Any], audiences: tuple[Audience, ...]
) -> list[tuple[int, masters.PartText]]:
    """The rows of an uploaded list; refuses what is no list, and a row that names an unknown clause or audience."""
    clauses = queries.citable(found.document, access.documents_seen_by(request.account)).filter(document=found.document)
    known = {fold(key): one for one in clauses for key in (one.label, one.number)}
    names = {fold(one.label): one for one in Audience}
    rows = []
    with tempfile.TemporaryDirectory(dir=settings.DATA_DIR) as folder:
        path = Path(folder) / "upload"
        path.write_bytes(upload.read())
        gated = spreadsheets.gate(path, upload.name or "", limit=settings.UPLOAD_LIMIT_BYTES)
        with spreadsheets.read_table(gated, _COLUMNS) as table:
            for row in table:
                cells = {key: spreadsheets.shown(value) for key, value in row.cells.items()}
                where = cells.get("clause", "").strip()
                clause = known.get(fold(where)) if where else None
                if where and clause is None:
                    raise Refusal(
                        "questions.clause", f"Dòng {row.number}: văn bản không có mục “{where}”.", field="file"
                    )
                said = [one.strip() for one in cells.get("audiences", "").replace(",", ";").split(";") if one.strip()]
                if unknown := [one for one in said if fold(one) not in names]:
                    raise Refusal(
                        "questions.audience",
                        f"Dòng {row.number}: không có đối tượng “{unknown[0]}”. Hãy dùng: {'; '.join(one.label for one in Audience)}.",
                        field="file",
                    )
                whom = tuple(names[fold(one)] for one in said) or audiences
                rows.append(
                    (
                        row.number,
                        masters.PartText(
                            PartKind.QUESTION, whom, cells.get("title", ""), cells.get("text", ""), clause=clause
                        ),
                    )
                )
    if not rows:
        raise Refusal("questions.none", "Tệp không có dòng hỏi – đáp nào.", field="file")
    return rows


@desk_page(_EDIT)
def master_take_over(request: DeskRequest, pk: int) -> HttpResponse:
    """Bring parts of the published masters of the documents that this one rests on into the draft."""
    found = access.get_master(request.account, pk, _EDIT)
    sources = queries.sources_of(found.document).filter(
        pk__in=access.documents_seen_by(request.account).order_by().values("pk")
    )
    published = queries.published_among(sources.values_list("pk", flat=True), now())
    offered = [(version, queries.parts_for(version)) for version in published.values()]
    choices = [
        (f"{version.pk}-{part.id}", f"{version.master.document.reference_number}, {part.kind.label}: {part.title or part.text[:120]}")
        for version, parts in offered
        for part in parts
    ]  # fmt: skip
    form = TakeOverForm(request.POST or None, choices=choices)

    def write(form: TakeOverForm) -> None:
        chosen = form.cleaned_data["parts"]
        with transaction.atomic():  # of several sources all or nothing
            for version, _parts in offered:
                ids = whole_numbers(one.partition("-")[2] for one in chosen if one.startswith(f"{version.pk}-"))
                if ids:
                    masters.take_over_parts(found, version, ids, by=request.account, at=now())

    return _edited(
        request,
        found,
        form,
        write,
        _("Parts of the source"),
        submit=_("Add to the draft"),
        more={"nothing": not choices},
    )


# --- reading ----------------------------------------------------------------------------------------------------------


def _asked_audience(request: DeskRequest) -> Audience:
    asked = request.GET.get("tier", "")
    return Audience(asked) if asked in list(Audience) else Audience.KEY_CADRE


def _tabs(request: DeskRequest, chosen: Audience) -> list[dict[str, Any]]:
    return [{"url": query(request, tier=one.value), "label": one.label, "current": one == chosen} for one in Audience]


@desk_page(Permission.DOCUMENT_VIEW)
def master_preview(request: DeskRequest, pk: int) -> HttpResponse:
    found = access.get_master(request.account, pk)
    tier = _asked_audience(request)
    context = {
        "master": found, "title": found.title, "parts": queries.draft_parts(found, tier), "tabs": _tabs(request, tier),
        "images": list(found.images.all()), "tier": tier,
    }  # fmt: skip
    return page(request, "library/desk/master_preview.html", context)


@desk_page(Permission.DOCUMENT_VIEW)
def document_master(request: DeskRequest, pk: int) -> HttpResponse:
    """What is published of a document, for whoever sees the document."""
    document = access.get_document(request.account, pk)
    version = queries.published_master(document, now())
    tier = _asked_audience(request)
    context = {
        "document": document, "version": version, "tier": tier, "tabs": _tabs(request, tier),
        "parts": queries.parts_for(version, tier) if version else (),
        "files": material_queries.named(list(material_queries.released(version).filter(material__audience=tier))) if version else (),
        "works": list(material_queries.released_works(version)) if version else (),
    }  # fmt: skip
    return page(request, "library/desk/document_master.html", context)


@desk_page(Permission.DOCUMENT_VIEW)
def master_versions(request: DeskRequest, pk: int) -> HttpResponse:
    found = access.get_master(request.account, pk)
    versions = list(found.versions.select_related("composed_by", "approved_by"))
    return page(request, "library/desk/master_versions.html", {"master": found, "versions": versions})


@desk_page(Permission.DOCUMENT_VIEW)
def master_compare(request: DeskRequest, pk: int) -> HttpResponse:
    """What changed between two versions (`?old=1&new=2`); without `new` the working copy."""
    found = access.get_master(request.account, pk)
    by_number = {one.number: one for one in found.versions.all()}
    new = by_number.get(whole_number(request.GET.get("new")) or 0)
    newest = max((number for number in by_number if new is None or number < new.number), default=0)
    old = by_number.get(whole_number(request.GET.get("old")) or newest)
    context = {"master": found, "old": old, "new": new, **_difference(found, old, new)}
    return page(request, "library/desk/master_compare.html", context)


def _difference(found: StudyMaster, old: MasterVersion | None, new: MasterVersion | None) -> dict[str, Any]:
    before = old.content if old else {"title": "", "parts": []}
    after = new.content if new else queries.content(found)
    parts = compare(_labelled(before["parts"]), _labelled(after["parts"]))
    fates = [one.fate for one in parts]
    return {
        "title_pieces": words(before["title"], after["title"]),
        "changes": [
            (one, PartKind(one.kind).label, [(_FIELD_NAMES[field.name], field.pieces) for field in one.fields])
            for one in parts
            if one.fate != "same"
        ],
        "counts": {fate: fates.count(fate) for fate in ("added", "removed", "changed", "moved", "same")},
    }


def _labelled(parts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [one | {"audiences": [Audience(who).label for who in one["audiences"]]} for one in parts]


# --- steps ------------------------------------------------------------------------------------------------------------


@desk_page(_EDIT)
def master_submit(request: DeskRequest, pk: int) -> HttpResponse:
    found = access.get_master(request.account, pk, _EDIT)
    form = RevisionForm(request.POST or None, initial={"revision": found.revision})

    def write(form: RevisionForm) -> None:
        masters.submit_master(found, revision=form.cleaned_data["revision"], by=request.account, at=now())

    return _edited(
        request, found, form, write, _("Submit for approval"), submit=_("Submit for approval"), message=_("Submitted; a second person approves it."),
        lead="Sau khi trình, bản biên soạn không sửa được cho đến khi được duyệt hoặc trả lại. Người duyệt phải là người thứ hai.",
        more={"faults": masters.faults_before_submitting(found)},
    )  # fmt: skip


@desk_page(_EDIT)
def master_decide(request: DeskRequest, pk: int) -> HttpResponse:
    """What is to be approved, what changed since the last approved version, and the button."""
    found = access.get_master(request.account, pk, _EDIT)
    form = RevisionForm(request.POST or None, initial={"revision": found.revision})
    last = found.versions.first()
    more = {"old": last, "parts": queries.draft_parts(found), **(_difference(found, last, None) if last else {})}

    def write(form: RevisionForm) -> None:
        masters.approve_master(found, revision=form.cleaned_data["revision"], by=request.account, at=now())

    return _edited(
        request, found, form, write, _("Approve"), submit=_("Approve"), message=_("Approved; it can now be published."),
        more=more | {"is_decision": True},
    )  # fmt: skip


@desk_page(_EDIT)
def master_return(request: DeskRequest, pk: int) -> HttpResponse:
    found = access.get_master(request.account, pk, _EDIT)

    def write(form: RemarkForm) -> None:
        masters.return_master(found, **form.cleaned_data, by=request.account, at=now())

    return _edited(
        request,
        found,
        RemarkForm(request.POST or None),
        write,
        _("Send back"),
        submit=_("Send back"),
        message=_("Sent back with the remark."),
    )


@desk_page(_EDIT)
def master_publish(request: DeskRequest, pk: int) -> HttpResponse:
    """Now or at an hour; an hour that is set stands there and may be changed or dropped."""
    found = access.get_master(request.account, pk, _EDIT)
    planned = found.publish_at
    form = PublishForm(request.POST or None, planned=planned)

    def write(form: PublishForm) -> None:
        if form.drops_the_hour:
            masters.unschedule_master(found, by=request.account, at=now())
        else:
            masters.publish_master(found, by=request.account, at=now(), when=form.when())

    said = ""
    if form.is_bound and form.is_valid():
        when = form.when()
        said = (
            "Đã bỏ hẹn; bản đã duyệt chưa công bố." if form.drops_the_hour
            else f"Đã hẹn công bố lúc {show_moment(when)}." if when else "Đã công bố."
        )  # fmt: skip
    lead = f"Đang hẹn công bố lúc {show_moment(planned)}. " if planned else ""
    return _edited(
        request, found, form, write, _("Publish"), submit=_("Confirm"), message=said,
        lead=lead + "Đến giờ hẹn mà máy chủ đang tắt thì việc công bố được làm khi máy chạy lại.",
    )  # fmt: skip


@desk_page(_EDIT)
def master_withdraw(request: DeskRequest, pk: int) -> HttpResponse:
    found = access.get_master(request.account, pk, _EDIT)

    def write(form: RemarkForm) -> None:
        masters.withdraw_master(found, reason=form.cleaned_data["remark"], by=request.account, at=now())

    return _edited(
        request,
        found,
        RemarkForm(request.POST or None),
        write,
        _("Withdraw"),
        submit=_("Withdraw"),
        message=_("Withdrawn; nobody reads it any more."),
    )


@desk_page(_EDIT)
@require_POST
def master_reopen(request: DeskRequest, pk: int) -> HttpResponse:
    found = access.get_master(request.account, pk, _EDIT)
    return _at_once(request, found, lambda: masters.reopen_master(found, by=request.account, at=now()))
