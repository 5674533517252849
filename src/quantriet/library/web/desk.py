"""Pages of the register."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _

from quantriet.kit import documents as papers
from quantriet.kit import spreadsheets, staging
from quantriet.kit.encodings import Encoding
from quantriet.kit.numbers import whole_number
from quantriet.kit.refusal import Refusal, refusals_on
from quantriet.kit.time import now, today
from quantriet.kit.web import Chip, download, listing, page, query, saved
from quantriet.library import access, actions, queries
from quantriet.library.models import Clause, DocumentRelation, GuidingDocument, KeyPoint, PublicationClock
from quantriet.library.queries import masters as master_queries
from quantriet.library.rules.head import read_head
from quantriet.library.vocab import DOCUMENT_TYPES, DocumentStatus, PointKind, PointTheme, RelationKind, ReviewOutcome
from quantriet.library.web import publication
from quantriet.library.web.forms import (
    DocumentForm,
    ExpiryForm,
    FilterForm,
    PointForm,
    RelationForm,
    ReviewOfRuleForm,
    TextForm,
)
from quantriet.org import access as org_access
from quantriet.org.rules.secrecy import refuse_if_marked
from quantriet.org.vocab import Level, Permission
from quantriet.org.web.pages import DeskRequest, desk_page

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_MOST_CANDIDATES = 20
_MOST_OPEN = 12  # clauses; a longer text lies closed, part by part
_PURPOSE = "document"  # what kept files are for
KEEP = "none"  # the answer "leave the letters as they are"


@desk_page(Permission.DOCUMENT_VIEW)
def document_list(request: DeskRequest) -> HttpResponse:
    rows = access.documents_seen_by(request.account).select_related("unit")
    chips = []
    if words := request.GET.get("q", "").strip():
        rows = queries.searched(rows, words)
        chips.append(Chip(f"“{words}”", query(request, q=None, page=None)))
    for name, column, words_of in (
        ("type", "type_code", DOCUMENT_TYPES.get),
        ("level", "level", lambda value: Level(value).label if value in list(Level) else None),
        ("status", "status", lambda value: DocumentStatus(value).label if value in list(DocumentStatus) else None),
    ):
        value = request.GET.get(name, "")
        label = words_of(value) if value else None
        if label:
            rows = rows.filter(**{column: value})
            chips.append(Chip(label, query(request, page=None, **{name: None})))
    if request.GET.get("format") == "xlsx":
        return _excel(queries.with_counts(rows).order_by("-issued_on", "reference_number"))
    found = listing(
        request,
        queries.with_counts(rows),
        sorts={"issued": ["issued_on"], "number": ["type_code", "number"], "subject": ["subject_folded"]},
        default_sort="-issued",
        chips=chips,
    )
    may_edit = org_access.may_anywhere(request.account, Permission.DOCUMENT_EDIT)
    filters = FilterForm(request.GET, types=list(DOCUMENT_TYPES.items()))
    context = {"documents": found, "filters": filters, "q": words, "may_edit": may_edit}
    return page(request, "library/desk/list.html", context)


def _excel(rows: Any) -> HttpResponse:
    content = io.BytesIO()
    columns = [
        spreadsheets.OutColumn("reference_number", _("Number and symbol")),
        spreadsheets.OutColumn("type", _("Type")),
        spreadsheets.OutColumn("issued_on", _("Date of issue"), kind="day"),
        spreadsheets.OutColumn("issuing_body", _("Issuing body"), width=30),
        spreadsheets.OutColumn("level", _("Level")),
        spreadsheets.OutColumn("subject", _("Subject"), width=60),
        spreadsheets.OutColumn("status", _("Status")),
        spreadsheets.OutColumn("finish_before_on", _("Deadline for lower units to finish"), kind="day"),
        spreadsheets.OutColumn("unit", _("Register of"), width=30),
    ]
    lines = (
        {
            "reference_number": one.reference_number,
            "type": DOCUMENT_TYPES[one.type_code],
            "issued_on": one.issued_on,
            "issuing_body": one.issuing_body,
            "level": Level(one.level).label,
            "subject": one.subject,
            "status": DocumentStatus(one.status).label,
            "finish_before_on": one.finish_before_on,
            "unit": one.unit.name,
        }
        for one in rows.iterator(chunk_size=1000)
    )
    spreadsheets.write_workbook(content, [spreadsheets.Sheet(_("Documents"), columns, lines)], at=now())
    content.seek(0)
    return download(content, name="so-van-ban.xlsx", kind=XLSX)


@desk_page(Permission.DOCUMENT_EDIT)
def document_new(request: DeskRequest) -> HttpResponse:
    """Two buttons on one form: "read the file" fills what it recognises, "register" writes."""
    units = (
        org_access.units_seen_by(request.account, Permission.DOCUMENT_EDIT).active().filter(kind__holds_members=False)
    )
    home = org_access.home_unit(request.account)
    source = _adapted_from(request)
    initial = {"unit": home, "level": home.kind.level if home else "", "adapts": source.pk if source else ""}
    if source is not None:
        initial["subject"] = (
            f"cụ thể hóa {DOCUMENT_TYPES[source.type_code]} {source.reference_number} {source.subject}"[:500]
        )
    if request.method != "POST":
        form = DocumentForm(initial=initial, units=units)
        proposed = queries.next_references(home) if home else []
        if proposed:
            form.fields["reference_number"].help_text = _("For example 26-HD/BTGTU") + ". " + _("Next free: %(numbers)s") % {
                "numbers": ", ".join(proposed)
            }  # fmt: skip
        return page(request, "library/desk/new.html", {"form": form, "source": source})
    form = DocumentForm(request.POST, request.FILES, units=units)
    if not request.POST.get("not_secret"):
        # Without this word nothing of the file is even looked at.
        form.is_valid()
        return page(request, "library/desk/new.html", {"form": form}, status=422)
    try:
        text = _take_text(request)
    except Refusal as refusal:
        form.is_valid()
        form.add_error(refusal.field if refusal.field in form.fields else "file", refusal.sentence)
        if refusal.code.startswith("secret") and home:
            actions.note_refusal(by=request.account, at=now(), unit=home, where="đăng ký văn bản")
        return page(request, "library/desk/new.html", {"form": form}, status=422)
    if text.asks is not None:
        # Before anything is recognised from letters that may not be the right ones.
        form = DocumentForm(request.POST.dict() | {"body": text.body, "staged": text.staged, "legacy": ""}, units=units)
        form.errors.clear()
        pairs = list(zip(text.asks.before, text.asks.after, strict=False))[:6]
        return page(request, "library/desk/new.html", {"form": form, "encoding": text.asks, "pairs": pairs})
    if "read" in request.POST or text.answered:
        filled = request.POST.dict() | {"body": text.body, "staged": text.staged}
        filled["legacy"] = KEEP if _answer(request) == KEEP else ""
        for name, value in text.proposal.items():
            filled[name] = request.POST.get(name, "").strip() or value
        if not request.POST.get("reference_number") and text.proposal.get("level"):
            filled["level"] = text.proposal["level"]
        form = DocumentForm(filled, units=units, scanned=_scanned_pages(text.staged))
        form.errors.clear()  # nothing has been asked for yet; only proposals are shown
        return page(
            request, "library/desk/new.html",
            {"form": form, "was_read": True, "staged_name": _staged_name(text.staged), "scanned": _scanned_pages(text.staged)},
        )  # fmt: skip
    scanned = _scanned_pages(text.staged)
    form = DocumentForm(request.POST.dict() | {"staged": text.staged}, units=units, scanned=scanned)
    if form.is_valid():
        data = form.cleaned_data
        document: GuidingDocument | None = None
        with refusals_on(form):
            document = actions.register_document(
                by=request.account, at=now(), unit=data["unit"], reference_number=data["reference_number"],
                issuing_body=data["issuing_body"], level=data["level"], issued_on=data["issued_on"], subject=data["subject"],
                paragraphs=text.body.split("\n"), needs_no_programme=data["needs_no_programme"],
                finish_before_on=data["finish_before_on"], adapts=source, **_staged_file(text.staged),
            )  # fmt: skip
        if document:
            staging.drop(text.staged, purpose=_PURPOSE)
            return saved(request, to=reverse("document", args=[document.pk]), message=_("The document is registered."))
    context = {"form": form, "staged_name": _staged_name(text.staged), "scanned": scanned}
    return page(request, "library/desk/new.html", context, status=422)


def _adapted_from(request: DeskRequest) -> GuidingDocument | None:
    """The document which the new one adapts for its area (R-026), when the way here named one that is seen."""
    asked = whole_number(request.POST.get("adapts") or request.GET.get("adapts"))
    return access.documents_seen_by(request.account).filter(pk=asked).first() if asked is not None else None


@dataclass(frozen=True)
class _Text:
    """What a form brought: the text, what its head proposes, the token of the kept file, the question still open."""

    body: str
    proposal: dict[str, Any]
    staged: str
    asks: Encoding | None = None
    answered: bool = False


def _take_text(request: DeskRequest) -> _Text:
    """The text of the upload, of the file kept with a question, or of the pasted field."""
    upload = request.FILES.get("file")
    body = request.POST.get("body", "").replace("\r\n", "\n")
    staged, legacy = request.POST.get("staged", ""), _answer(request)
    answered = False
    if isinstance(upload, UploadedFile):
        refuse_if_marked(Path(upload.name or "").stem, "tên tệp")
        extract, asks = _extract(upload.chunks(), upload.name or "", "")  # an answer was about the file before
        staged = staging.stage(upload, purpose=_PURPOSE, scanned=extract.empty_pages)
    elif legacy and not body.strip() and (kept := _unstage(staged)):
        with default_storage.open(kept.stored) as stored:
            extract, asks = _extract(stored.chunks(), kept.name, legacy)
        answered = asks is None
    elif body.strip():
        refuse_if_marked(body, "văn bản")
        if len(body) > papers.MOST_LETTERS:
            raise Refusal("document.too_long", "Nội dung dán vào quá dài. Hãy tải tệp Word lên.", field="body")
        if body.isascii() or legacy == KEEP or (asks := papers.extract_text(body).encoding) is None:
            return _Text(body, _proposal(body.split("\n")), staged)
        turned = papers.extract_text(body, legacy=asks.choice)
        refuse_if_marked(turned.text, "văn bản")
        if legacy != asks.choice:
            return _Text(body, {}, staged, asks)
        return _Text(turned.text, _proposal(turned.text.split("\n")), staged, answered=True)
    else:
        return _Text(body, _proposal([]), staged)
    if asks is not None:
        return _Text("", {}, staged, asks)
    shown = "\n".join(part.text for part in extract.paragraphs if part.kind not in ("header", "footer"))
    return _Text(shown, _proposal([part.text for part in extract.paragraphs]), staged, answered=answered)


def _answer(request: DeskRequest) -> str:
    """What was said to the question about the letters, now or on the page before."""
    return request.POST.get("answer") or request.POST.get("legacy") or ""


def _extract(chunks: Iterable[bytes], name: str, legacy: str) -> tuple[papers.Extract, Encoding | None]:
    """The text of a file, and the question about its letters when `legacy` has not answered it.

    Refuses marked content, also when the mark is written in the letters of an old font.
    """
    with tempfile.TemporaryDirectory(dir=settings.DATA_DIR) as folder:
        path = Path(folder) / "upload"
        with path.open("wb") as target:
            for chunk in chunks:
                target.write(chunk)
        gated = papers.gate(path, name, limit=settings.UPLOAD_LIMIT_BYTES)
        found = papers.extract(gated)
        refuse_if_marked(found.text, "văn bản")
        asks = found.encoding
        if asks is None:
            return found, None
        turned = papers.extract(gated, legacy=asks.choice)
        refuse_if_marked(turned.text, "văn bản")
    if legacy == KEEP:
        return found, None
    return turned, None if legacy == asks.choice else asks


def _proposal(lines: list[str]) -> dict[str, Any]:
    head = read_head(lines)
    return {
        "reference_number": head.reference_number,
        "issued_on": f"{head.issued_on:%d/%m/%Y}" if head.issued_on else "",
        "issuing_body": head.issuing_body,
        "level": head.level,
        "subject": head.subject,
    }


def _unstage(token: str) -> staging.Staged | None:
    return staging.unstage(token, purpose=_PURPOSE)


def _scanned_pages(token: str) -> list[int]:
    kept = _unstage(token)
    return kept.scanned if kept else []


def _staged_name(token: str) -> str:
    kept = _unstage(token)
    return kept.name if kept else ""


def _staged_file(token: str) -> dict[str, Any]:
    kept = _unstage(token)
    return {"file": default_storage.open(kept.stored), "file_name": kept.name} if kept else {}


@desk_page(Permission.DOCUMENT_VIEW)
def document(request: DeskRequest, pk: int) -> HttpResponse:
    found = access.get_document(request.account, pk)
    clauses = list(found.clauses.prefetch_related("points"))
    visible = access.documents_seen_by(request.account)
    may_edit = org_access.may(request.account, Permission.DOCUMENT_EDIT, found.unit)
    clock = PublicationClock.objects.select_related("document").filter(document=found).first()
    context = {
        "publication": publication.seen_on(clock, today()) if clock else None,
        "document": found,
        "type_name": DOCUMENT_TYPES[found.type_code],
        "level": Level(found.level),
        "status": DocumentStatus(found.status),
        "clauses": clauses,
        "groups": _grouped(clauses),
        "points": [
            (kind, [one for one in found.points.select_related("clause") if one.kind == kind]) for kind in PointKind
        ],
        "themes": {theme.value: theme.label for theme in PointTheme},
        "missing_themes": queries.themes_without_points(found),
        "relations": [
            (RelationKind(one.kind), one) for one in found.relations.select_related("target").filter(target__in=visible)
        ],
        "related_from": [
            (RelationKind(one.kind), one)
            for one in found.related_from.select_related("source").filter(source__in=visible)
        ],
        "quoted": queries.quoted_in(found, visible) if may_edit else [],
        "may_edit": may_edit,
        "bound": master_queries.bound_to(found, visible),
        "master": access.masters_seen_by(request.account).filter(document=found).first(),
        "published": master_queries.published_master(found, now()),
        "may_adapt": org_access.may_anywhere(request.account, Permission.DOCUMENT_EDIT),
        "life": queries.lives([found], today())[found.pk],
        "warnings": queries.lifecycle_warnings([found], day=today(), until=today() + timedelta(days=queries.SOON_DAYS)),
        "reviews": [(ReviewOutcome(one.outcome), one) for one in found.reviews.select_related("by").order_by("-at")],
    }
    return page(request, "library/desk/document.html", context)


def _grouped(clauses: list[Clause]) -> list[dict[str, Any]]:
    """The clauses under each outermost one; the parts of a long text lie closed."""
    groups: list[dict[str, Any]] = []
    for clause in clauses:
        if clause.depth == 0 or not groups:
            groups.append({"first": clause, "clauses": []})
        groups[-1]["clauses"].append(clause)
    for group in groups:
        group["rest"] = group["clauses"][1:]
        group["open"] = len(clauses) <= _MOST_OPEN
    return groups


@desk_page(Permission.DOCUMENT_VIEW)
def document_file(request: DeskRequest, pk: int) -> FileResponse:
    found = access.get_document(request.account, pk)
    if not found.file:
        raise Http404
    return download(found.file.open("rb"), name=found.file_name, kind="application/octet-stream")


@desk_page(Permission.DOCUMENT_EDIT)
def document_edit(request: DeskRequest, pk: int) -> HttpResponse:
    found = access.get_document(request.account, pk, Permission.DOCUMENT_EDIT)
    names = [
        "reference_number",
        "issued_on",
        "issuing_body",
        "level",
        "subject",
        "finish_before_on",
        "needs_no_programme",
    ]
    units = org_access.units_seen_by(request.account, Permission.DOCUMENT_EDIT)
    form = DocumentForm(
        request.POST or None, initial={name: getattr(found, name) for name in names}, units=units, editing=True
    )
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            actions.change_document(found, by=request.account, at=now(), **form.cleaned_data)
        if form.is_valid():
            return saved(request, to=reverse("document", args=[found.pk]), message=_("Saved."))
    return page(request, "library/desk/form.html", {"form": form, "document": found, "heading": _("Correct the entry")})


@desk_page(Permission.DOCUMENT_EDIT)
def document_text(request: DeskRequest, pk: int) -> HttpResponse:
    found = access.get_document(request.account, pk, Permission.DOCUMENT_EDIT)

    def write(form: TextForm) -> None:
        actions.outline_document(found, by=request.account, at=now(), body=form.cleaned_data["body"])

    form = TextForm(request.POST or None, initial={"body": found.text})
    return _edited(request, found, form, write, _("Text and clauses"))


@desk_page(Permission.DOCUMENT_EDIT)
def point_new(request: DeskRequest, pk: int) -> HttpResponse:
    found = access.get_document(request.account, pk, Permission.DOCUMENT_EDIT)
    chosen = found.clauses.filter(pk=whole_number(request.GET.get("clause"))).first()
    initial = {
        "clause": chosen,
        "body": chosen.text or chosen.heading if chosen else "",
        "kind": request.GET.get("kind", ""),
    }
    form = PointForm(request.POST or None, document=found, initial=initial)

    def write(form: PointForm) -> None:
        actions.add_point(found, by=request.account, at=now(), **_point(form))

    return _edited(request, found, form, write, _("Mark a point"))


@desk_page(Permission.DOCUMENT_EDIT)
def point_edit(request: DeskRequest, pk: int, point_pk: int) -> HttpResponse:
    found = access.get_document(request.account, pk, Permission.DOCUMENT_EDIT)
    point = get_object_or_404(KeyPoint, document=found, pk=point_pk)
    initial = {"kind": point.kind, "theme": point.theme, "clause": point.clause, "body": point.text}
    form = PointForm(request.POST or None, document=found, initial=initial)

    def write(form: PointForm) -> None:
        actions.change_point(point, by=request.account, at=now(), **_point(form))

    return _edited(request, found, form, write, _("Correct the point"))


def _point(form: PointForm) -> dict[str, Any]:
    data = form.cleaned_data
    return {
        "kind": PointKind(data["kind"]),
        "theme": PointTheme(data["theme"]),
        "body": data["body"],
        "clause": data["clause"],
    }


@desk_page(Permission.DOCUMENT_EDIT)
def point_remove(request: DeskRequest, pk: int, point_pk: int) -> HttpResponse:
    found = access.get_document(request.account, pk, Permission.DOCUMENT_EDIT)
    point = get_object_or_404(KeyPoint.objects.select_related("document__unit"), document=found, pk=point_pk)
    if request.method != "POST":
        return page(request, "library/desk/point_remove.html", {"document": found, "point": point})
    actions.remove_point(point, by=request.account, at=now())
    return saved(request, to=reverse("document", args=[found.pk]), message=_("The point is removed."))


@desk_page(Permission.DOCUMENT_EDIT)
def relation_new(request: DeskRequest, pk: int) -> HttpResponse:
    """First find the other document, then say how this one stands to it."""
    found = access.get_document(request.account, pk, Permission.DOCUMENT_EDIT)
    others = access.documents_seen_by(request.account).exclude(pk=found.pk).select_related("unit")
    asked = whole_number(request.POST.get("target") or request.GET.get("target"))
    if asked is None:
        words = request.GET.get("q", "").strip()
        shown = list(queries.searched(others, words).order_by("-issued_on", "-pk")[: _MOST_CANDIDATES + 1])
        context = {
            "document": found, "q": words, "candidates": shown[:_MOST_CANDIDATES], "more": len(shown) > _MOST_CANDIDATES,
            "most": _MOST_CANDIDATES,
        }  # fmt: skip
        return page(
            request, "library/desk/relation_find.html", context, status=422 if request.method == "POST" else 200
        )
    target = org_access.one_of(others, asked)
    form = RelationForm(
        request.POST or None,
        may_change_target=org_access.may(request.account, Permission.DOCUMENT_EDIT, target.unit),
        initial={"target": target.pk, "kind": RelationKind.GUIDES},
    )
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        with refusals_on(form):
            actions.add_relation(
                found,
                by=request.account,
                at=now(),
                kind=RelationKind(data["kind"]),
                target=target,
                note=data["note"],
                since_on=data["since_on"],
            )
        if form.is_valid():
            return saved(request, to=reverse("document", args=[found.pk]), message=_("Saved."))
    context = {"form": form, "document": found, "target": target}
    return page(request, "library/desk/relation.html", context, status=422 if request.method == "POST" else 200)


@desk_page(Permission.DOCUMENT_EDIT)
def relation_remove(request: DeskRequest, pk: int, relation_pk: int) -> HttpResponse:
    found = access.get_document(request.account, pk, Permission.DOCUMENT_EDIT)
    relation = get_object_or_404(
        DocumentRelation.objects.select_related("source__unit", "target__unit"), source=found, pk=relation_pk
    )
    context = {"document": found, "relation": relation, "kind": RelationKind(relation.kind)}
    if request.method != "POST":
        return page(request, "library/desk/relation_remove.html", context)
    try:
        actions.remove_relation(relation, by=request.account, at=now())
    except Refusal as refusal:
        return page(request, "library/desk/relation_remove.html", context | {"refusal": refusal.sentence}, status=422)
    return saved(request, to=reverse("document", args=[found.pk]), message=_("The relation is removed."))


def _edited(
    request: DeskRequest, found: GuidingDocument, form: Any, write: Callable[[Any], None], heading: str
) -> HttpResponse:
    """One form of a document: show, check, write, go back to the document."""
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            write(form)
        if form.is_valid():
            return saved(request, to=reverse("document", args=[found.pk]), message=_("Saved."))
    status = 422 if request.method == "POST" else 200
    return page(request, "library/desk/form.html", {"form": form, "document": found, "heading": heading}, status=status)


@desk_page(Permission.DOCUMENT_EDIT)
def expiry(request: DeskRequest, pk: int) -> HttpResponse:
    """From which day a document is no longer in force, and what says so."""
    found = access.get_document(request.account, pk, Permission.DOCUMENT_EDIT)
    initial = {"expires_on": found.expires_on, "expiry_basis": found.expiry_basis}
    form = ExpiryForm(request.POST or None, initial=initial)

    def write(form: ExpiryForm) -> None:
        given = form.cleaned_data
        actions.set_expiry(found, on=given["expires_on"], basis=given["expiry_basis"], by=request.account, at=now())

    return _edited(request, found, form, write, _("End of validity"))


@desk_page(Permission.DOCUMENT_EDIT)
def review_list(request: DeskRequest) -> HttpResponse:
    """Internal rules that something has changed for since they were last looked at (R-021)."""
    found = queries.rules_to_review(access.documents_reviewed_by(request.account), day=today())
    if request.GET.get("format") == "xlsx":
        return _review_excel(found)
    return page(request, "library/desk/review.html", {"found": found, "total": len(found)})


def _review_excel(found: list[queries.ToReview]) -> HttpResponse:
    content = io.BytesIO()
    columns = [
        spreadsheets.OutColumn("reference_number", _("Number and symbol")),
        spreadsheets.OutColumn("issued_on", _("Date of issue"), kind="day"),
        spreadsheets.OutColumn("subject", _("Subject"), width=60),
        spreadsheets.OutColumn("unit", _("Register of"), width=30),
        spreadsheets.OutColumn("why", _("Why"), width=70),
        spreadsheets.OutColumn("since", _("Since"), kind="day"),
    ]
    lines = (
        {
            "reference_number": one.document.reference_number,
            "issued_on": one.document.issued_on,
            "subject": one.document.subject,
            "unit": one.document.unit.name,
            "why": " ".join(one.reasons),
            "since": one.since,
        }
        for one in found
    )
    spreadsheets.write_workbook(content, [spreadsheets.Sheet(_("Rules to review"), columns, lines)], at=now())
    content.seek(0)
    return download(content, name="quy-dinh-can-ra-soat.xlsx", kind=XLSX)


@desk_page(Permission.DOCUMENT_EDIT)
def review(request: DeskRequest, pk: int) -> HttpResponse:
    """Write down what the review of one rule came to."""
    found = access.get_document(request.account, pk, Permission.DOCUMENT_EDIT)
    form = ReviewOfRuleForm(request.POST or None)

    def write(form: ReviewOfRuleForm) -> None:
        given = form.cleaned_data
        actions.review_document(
            found, outcome=ReviewOutcome(given["outcome"]), note=given["note"], by=request.account, at=now()
        )

    return _edited(request, found, form, write, _("Review of the rule"))
