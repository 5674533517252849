"""What the pages of publication and dissemination share: the page with one form, crumbs, refusals that are noted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from quantriet.kit.refusal import Refusal, Refusals, refusals_on
from quantriet.kit.time import now
from quantriet.kit.web import page
from quantriet.library import actions
from quantriet.library.models import GuidingDocument
from quantriet.org import access as org_access
from quantriet.org.web.pages import DeskRequest

Crumbs = Sequence[tuple[str, str]]


def trail(crumbs: Crumbs) -> dict[str, Any]:
    """The way to a page, as the frame of the desk shows it."""
    return {"breadcrumb": [{"label": label, "url": url} for label, url in crumbs]}


@contextmanager
def noted(request: DeskRequest, form: Any, where: str) -> Iterator[None]:
    """Show refusals on the form; that marked content was refused is logged too, without a word of it (B-18)."""
    try:
        yield
    except Refusal as refusal:
        told = refusal.several if isinstance(refusal, Refusals) else [refusal]
        home = org_access.home_unit(request.account)
        if home and any(one.code.startswith("secret") for one in told):
            actions.note_refusal(by=request.account, at=now(), unit=home, where=where)
        with refusals_on(form):
            raise


def crumbs_of(document: GuidingDocument) -> Crumbs:
    return [
        (_("Publication"), reverse("publication-board")),
        (document.reference_number, reverse("publication", args=[document.pk])),
    ]


def form_page(
    request: DeskRequest, form: Any, heading: str, back: str, *, lead: str = "", document: GuidingDocument | None = None,
    crumbs: Crumbs = (), submit: str = "", danger: bool = False,
) -> HttpResponse:  # fmt: skip
    """A page of the desk with one form."""
    context = {
        "form": form, "heading": heading, "back": back, "lead": lead, "submit": submit or _("Save"), "danger": danger,
        **trail(crumbs or (crumbs_of(document) if document else [(_("Publication"), reverse("publication-board"))])),
    }  # fmt: skip
    return page(request, "library/desk/publication_form.html", context, status=422 if form.is_bound else 200)
