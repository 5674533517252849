"""Pages of products: made by one press from what is approved, or brought; the look of the unit; what may be handed out."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from quantriet.kit.refusal import Refusal, Refusals, refusals_on
from quantriet.kit.time import now
from quantriet.kit.web import download, kind_of, page, query, ranged, saved
from quantriet.library import access, actions
from quantriet.library.actions import materials
from quantriet.library.models import BroughtMaterial, MaterialFile, StudyMaster
from quantriet.library.queries import masters as master_queries
from quantriet.library.queries import materials as queries
from quantriet.library.rules.products.look import COLOUR, contrast
from quantriet.library.vocab import BROUGHT, Audience, MaterialKind
from quantriet.library.web.materials_forms import BroughtForm, LookForm
from quantriet.org import access as org_access
from quantriet.org.vocab import Permission
from quantriet.org.web.pages import DeskRequest, desk_page

_EDIT = Permission.DOCUMENT_EDIT
_LONG = timedelta(minutes=5)
_SIGNS = {"ready": "done", "old": "owing", "queued": "silent", "failed": "late", "none": "silent"}


def _words() -> dict[str, str]:
    return {
        "ready": _("Made"), "old": _("Old"), "queued": _("Being made"), "failed": _("Could not be made"), "none": _("Not made yet"),
    }  # fmt: skip


def _audience(said: str | None) -> Audience:
    return Audience(said) if said in list(Audience) else Audience.PUBLIC


def _address(found: StudyMaster, audience: Audience) -> str:
    return f"{reverse('master-materials', args=[found.pk])}?tier={audience.value}"


@desk_page(Permission.DOCUMENT_VIEW)
def material_list(request: DeskRequest, pk: int) -> HttpResponse:
    """The products of a master for an audience (`?tier=`); asked again while something is being made."""
    found = access.get_master(request.account, pk)
    return page(request, "library/desk/materials.html", _shown(request, found), partial="materials")


def _shown(request: DeskRequest, found: StudyMaster, refusal: str = "") -> dict[str, Any]:
    audience = _audience(request.GET.get("tier") or request.POST.get("audience"))
    at = now()
    shelf = queries.shelf(found, audience, at)
    words = _words()
    rows = [
        {
            "row": one, "sign": _SIGNS[one.state], "word": words[one.state],
            "stuck": one.state == "queued" and one.material is not None and one.material.asked_at < at - _LONG,
        }
        for one in shelf.rows
    ]  # fmt: skip
    return {
        "master": found, "shelf": shelf, "rows": rows, "refusal": refusal, "me": request.account.pk,
        "may_edit": org_access.may(request.account, _EDIT, found.unit),
        "tabs": [
            {"url": query(request, tier=one.value), "label": one.label, "current": one == audience, "count": shelf.counts.get(one) or ""}
            for one in Audience
        ],
        "brought": list(found.brought.select_related("added_by", "approved_by")), "brought_kinds": BROUGHT, "here": _address(found, audience),
    }  # fmt: skip


@desk_page(_EDIT)
@require_POST
def material_make(request: DeskRequest, pk: int) -> HttpResponse:
    """One button: the product of `kind` for `audience`, or all that the audience has content for."""
    found = access.get_master(request.account, pk, _EDIT)
    audience = _audience(request.POST.get("audience"))
    asked = request.POST.get("kind", "")
    made = [kind for kind in MaterialKind if kind.is_made]
    kinds = [MaterialKind(asked)] if asked in made else []
    if asked == "all":
        kinds = [row.kind for row in queries.shelf(found, audience, now()).rows if not row.lacks]
    try:
        if not kinds:
            raise Refusal("material.nothing", _("Choose which product is to be made."))
        materials.ask_for(found, kinds, audience, by=request.account, at=now())
    except Refusal as refusal:
        told = refusal.several if isinstance(refusal, Refusals) else [refusal]
        sentence = " ".join(one.sentence for one in told)
        return page(request, "library/desk/materials.html", _shown(request, found, sentence), status=422)
    return saved(
        request, to=_address(found, audience), message=_("The product is being made; it stands here in a moment.")
    )


@desk_page(Permission.DOCUMENT_VIEW)
def material_file(request: DeskRequest, pk: int, file_pk: int) -> FileResponse:
    found = access.get_master(request.account, pk)
    rows = MaterialFile.objects.filter(material__master=found).exclude(file="").select_related("material")
    return _handed(get_object_or_404(rows, pk=file_pk), found)


def _handed(one: MaterialFile, found: StudyMaster) -> FileResponse:
    name = queries.file_name(one, found)
    return download(one.file.open("rb"), name=name, kind=kind_of(name))


@desk_page(Permission.DOCUMENT_VIEW)
def released_file(request: DeskRequest, pk: int, released_pk: int) -> HttpResponseBase:
    """A product of what is published of a document, for whoever sees the document; an earlier link leads to the present one."""
    document = access.get_document(request.account, pk)
    version = master_queries.published_master(document, now())
    rows = queries.released(version) if version else MaterialFile.objects.none()
    one = rows.select_related("material__master__document").filter(pk=released_pk).first()
    if one is None:
        present = queries.successor(released_pk, rows)
        if present is None:
            raise Http404
        return redirect("released-file", document.pk, present.pk)
    return _handed(one, one.material.master)


# --- what somebody brings ---------------------------------------------------------------------------------------------


@desk_page(_EDIT)
def brought_new(request: DeskRequest, pk: int) -> HttpResponse:
    """A verse, a clip or a picture (`?kind=`)."""
    found = access.get_master(request.account, pk, _EDIT)
    asked = request.GET.get("kind", "")
    kind = MaterialKind(asked) if asked in BROUGHT else MaterialKind.VERSE
    form = BroughtForm(request.POST or None, request.FILES or None, kind=kind)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        upload = said.pop("file")
        with refusals_on(form):
            try:
                materials.bring(
                    found, kind, **said, content=upload.read() if upload else b"", name=(upload.name or "") if upload else "",
                    by=request.account, at=now(),
                )  # fmt: skip
            except Refusal as refusal:
                _note(request, found, refusal)
                raise
        if form.is_valid():
            return saved(request, to=reverse("master-materials", args=[found.pk]) + "#brought", message=_("Saved."))
    context = {
        "master": found, "form": form, "heading": f"{_('Bring in')}: {kind.label}", "submit": _("Save"),
        "back": reverse("master-materials", args=[found.pk]),
    }  # fmt: skip
    return page(request, "library/desk/material_form.html", context, status=422 if form.is_bound else 200)


def _note(request: DeskRequest, found: StudyMaster, refusal: Refusal) -> None:
    told = refusal.several if isinstance(refusal, Refusals) else [refusal]
    if any(one.code.startswith("secret") for one in told):
        actions.note_refusal(by=request.account, at=now(), unit=found.unit, where="sản phẩm của bản biên soạn")


def _brought(found: StudyMaster, key: int) -> BroughtMaterial:
    return get_object_or_404(found.brought.select_related("master__unit"), pk=key)


@desk_page(Permission.DOCUMENT_VIEW)
def brought_file(request: DeskRequest, pk: int, brought_pk: int) -> HttpResponseBase:
    found = access.get_master(request.account, pk)
    return work_file(request, get_object_or_404(found.brought.exclude(file=""), pk=brought_pk))


def work_file(request: HttpRequest, one: BroughtMaterial) -> HttpResponseBase:
    """The file of a brought work, or the part of it that a player asks for."""
    name = one.file_name
    return ranged(request, one.file.open("rb"), name=name, kind=kind_of(name), size=one.file.size)


@desk_page(_EDIT)
@require_POST
def brought_approve(request: DeskRequest, pk: int, brought_pk: int) -> HttpResponse:
    found = access.get_master(request.account, pk, _EDIT)
    try:
        materials.approve_brought(_brought(found, brought_pk), by=request.account, at=now())
    except Refusal as refusal:
        return page(request, "library/desk/materials.html", _shown(request, found, refusal.sentence), status=422)
    return saved(
        request,
        to=reverse("master-materials", args=[pk]) + "#brought",
        message=_("Approved; it goes out with what is published."),
    )


@desk_page(Permission.DOCUMENT_VIEW)
def released_work(request: DeskRequest, pk: int, work_pk: int) -> HttpResponseBase:
    """An approved work that goes with what is published of a document, for whoever sees the document."""
    document = access.get_document(request.account, pk)
    version = master_queries.published_master(document, now())
    rows = queries.released_works(version) if version else BroughtMaterial.objects.none()
    return work_file(request, get_object_or_404(rows.exclude(file=""), pk=work_pk))


@desk_page(_EDIT)
def brought_remove(request: DeskRequest, pk: int, brought_pk: int) -> HttpResponse:
    found = access.get_master(request.account, pk, _EDIT)
    one = _brought(found, brought_pk)
    back = reverse("master-materials", args=[found.pk])
    if request.method != "POST":
        context = {
            "master": found, "back": back, "title": _("Take out"),
            "sentence": f"Bỏ “{one.title}” của {one.author} khỏi các sản phẩm; tệp bị xóa, nhật ký còn ghi.",
        }  # fmt: skip
        return page(request, "library/desk/material_remove.html", context)
    materials.take_out(one, by=request.account, at=now())
    return saved(request, to=back, message=_("Taken out."))


# --- the look of the unit ----------------------------------------------------------------------------------------------


@desk_page(_EDIT)
def look(request: DeskRequest, pk: int) -> HttpResponse:
    """Colour and logo of the unit that composes this master."""
    found = access.get_master(request.account, pk, _EDIT)
    present = queries.look_of(found.unit)
    form = LookForm(
        request.POST or None, request.FILES or None, initial={"colour": present.colour if present else COLOUR}
    )
    back = reverse("master-materials", args=[found.pk])
    if request.method == "POST" and form.is_valid():
        upload = form.cleaned_data["logo"]
        with refusals_on(form):
            try:
                materials.set_look(
                    found.unit, colour=form.cleaned_data["colour"], drop_logo=form.cleaned_data["drop_logo"],
                    logo=upload.read() if upload else b"", name=(upload.name or "") if upload else "", by=request.account,
                    at=now(),
                )  # fmt: skip
            except Refusal as refusal:
                _note(request, found, refusal)
                raise
        if form.is_valid():
            return saved(request, to=back, message=_("Saved. Products made before are now marked as old."))
    ratio = contrast(present.colour if present else COLOUR, "#ffffff")
    context = {
        "master": found, "form": form, "heading": f"{_('Logo and colour')}: {found.unit.name}", "submit": _("Save"), "back": back,
        "look": present, "is_inherited": present is not None and present.unit_id != found.unit_id,
        "ratio": f"{ratio:.1f}".replace(".", ","),
    }  # fmt: skip
    return page(request, "library/desk/material_form.html", context, status=422 if form.is_bound else 200)


@desk_page(Permission.DOCUMENT_VIEW)
def logo(request: DeskRequest, pk: int) -> FileResponse:
    """The logo that products of this master carry."""
    found = access.get_master(request.account, pk)
    present = queries.look_of(found.unit)
    if present is None or not present.logo:
        raise Http404
    name = f"logo.{str(present.logo.name).rpartition('.')[2]}"
    return download(present.logo.open("rb"), name=name, kind=kind_of(name))
