"""Material on the phone and on the portal: the member's own with the receipts, and what anybody may download."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from quantriet.campaigns import actions as campaign_actions
from quantriet.campaigns import queries as campaign_queries
from quantriet.campaigns.models import MaterialReceipt
from quantriet.campaigns.vocab import ReceiptHow
from quantriet.kit.templatetags.ui import vn_size
from quantriet.kit.time import now
from quantriet.kit.web import download, kind_of, page
from quantriet.library.models import MasterVersion, MaterialFile, PublicDocument
from quantriet.library.queries import materials as material_queries
from quantriet.library.queries import public as documents
from quantriet.library.vocab import Audience, MaterialKind
from quantriet.org.web.pages import DeskRequest, member_page, public_page
from quantriet.portal.web.handbook import KEPT, keepable


def _handed(one: MaterialFile) -> FileResponse:
    name = material_queries.file_name(one, one.material.master)
    return download(one.file.open("rb"), name=name, kind=kind_of(name))


def _said(one: MaterialReceipt) -> tuple[str, str]:
    what = MaterialKind(one.kind).label if one.kind else "bản giấy"
    who = f"{one.by} phát" if one.how == ReceiptHow.HANDED else "đã mở"
    return what, who


@member_page
@keepable
def own(request: DeskRequest) -> HttpResponse:
    """The material of the member's campaigns, with who gave what and when."""
    person = request.account.person
    found = campaign_queries.own_materials(person, now()) if person else []
    rows = [
        {
            "document": one.document,
            "products": [
                (title, [(reverse("my-material", args=[file.pk]), words, vn_size(file.size)) for file, words in files])
                for title, files in one.products
            ],
            "receipts": [(*_said(receipt), receipt.at) for receipt in one.receipts],
        }
        for one in found
    ]
    return page(request, "portal/member/materials.html", {"rows": rows})


@member_page
def own_file(request: DeskRequest, pk: int) -> HttpResponseBase:
    """A product that is for this member; that it was opened is noted, unless the browser merely fetches ahead.

    The link to a product of an earlier version leads to the same one of the present version.
    """
    person = request.account.person
    if person is None:
        raise Http404
    one = campaign_queries.own_material(person, pk, now())
    if one is None:
        present = campaign_queries.own_successor(person, pk, now())
        if present is None:
            raise Http404
        return redirect("my-material", present.pk)
    ahead = request.headers.get("Sec-Purpose", "") or request.headers.get("Purpose", "")
    if request.method == "GET" and "prefetch" not in ahead:
        campaign_actions.note_opened(person, one, by=request.account, at=now())
    answer = _handed(one)
    answer[KEPT] = "private"
    return answer


def _for_everybody(version: MasterVersion) -> QuerySet[MaterialFile]:
    return material_queries.released(version).filter(material__audience=Audience.PUBLIC)


def public_materials(shown: PublicDocument) -> list[dict[str, Any]]:
    """What anybody may download of a document: the products made for the public. Members have theirs on their own page."""
    if shown.version is None:
        return []
    files = list(_for_everybody(shown.version).order_by("material", "pk"))
    return [
        {
            "url": reverse("public-material", args=[shown.document_id, one.pk]), "label": f"{one.material.kind_label}: {words}",
            "note": vn_size(one.size),
        }
        for one, words in material_queries.named(files)
    ]  # fmt: skip


@public_page
def public_file(request: HttpRequest, pk: int, file_pk: int) -> HttpResponseBase:
    """A product of a document before the public, without signing in; a link to an earlier version's leads to the present one."""
    shown = documents.documents().filter(document=pk).first()
    if shown is None or shown.version is None:
        raise Http404
    rows = _for_everybody(shown.version)
    one = rows.select_related("material__master__document").filter(pk=file_pk).first()
    if one is None:
        present = material_queries.successor(file_pk, rows)
        if present is None:
            raise Http404
        return redirect("public-material", pk, present.pk)
    answer = _handed(one)
    answer["Cache-Control"] = "public, max-age=300"
    answer[KEPT] = "public"
    return answer
