"""What the pages of reporters share: the parts of the room as tabs, the page with one form, the page of one danger."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import FileResponse, Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from quantriet.kit.web import download, kind_of, page
from quantriet.org.web.pages import DeskRequest
from quantriet.speakers.actions.invitations import Brought
from quantriet.speakers.models import SpeakerOutline

Crumbs = Sequence[tuple[str, str]]
_TABS = (
    (gettext_noop("Register of reporters"), "speaker-list"),
    (gettext_noop("Find a reporter"), "speaker-search"),
    (gettext_noop("Invitations"), "speaker-invitation-list"),
    (gettext_noop("Number and quality"), "speaker-board"),
    (gettext_noop("Training and information"), "speaker-training-list"),
    (gettext_noop("Sources of information"), "speaker-source-list"),
    (gettext_noop("Fields and figures"), "speaker-settings"),
)


def tabs(current: str) -> list[dict[str, Any]]:
    """The parts of the room; `current` is the url name of the one that is open."""
    return [{"label": _(label), "url": reverse(name), "current": name == current} for label, name in _TABS]


def trail(*further: tuple[str, str]) -> list[dict[str, str]]:
    """The way to a page below the register."""
    crumbs = [(_("Reporters"), reverse("speaker-list")), *further]
    return [{"label": label, "url": url} for label, url in crumbs]


def room_page(request: DeskRequest, template: str, context: dict[str, Any], *, tab: str) -> HttpResponse:
    """One of the parts of the room."""
    return page(request, f"speakers/desk/{template}", context | {"tabs": tabs(tab)})


def form_page(
    request: DeskRequest, form: Any, heading: str, back: str, *, lead: str = "", crumbs: Crumbs = (), submit: str = "",
    danger: bool = False, notes: Sequence[str] = (), extra: str = "",
) -> HttpResponse:  # fmt: skip
    """A page of the desk with one form."""
    context = {
        "form": form, "heading": heading, "back": back, "lead": lead, "submit": submit or _("Save"), "danger": danger,
        "notes": notes, "extra": extra, "breadcrumb": trail(*crumbs),
    }  # fmt: skip
    return page(request, "speakers/desk/form.html", context, status=422 if form.is_bound else 200)


@contextmanager
def brought(*uploads: Any) -> Iterator[list[Brought | None]]:
    """Uploaded files (or None) as files on the disk as long as they are looked at."""
    with tempfile.TemporaryDirectory(dir=settings.DATA_DIR, prefix="outline-") as folder:
        found: list[Brought | None] = []
        for number, upload in enumerate(uploads):
            if upload is None:
                found.append(None)
                continue
            path = Path(folder) / f"upload-{number}"
            with path.open("wb") as target:
                for piece in upload.chunks():
                    target.write(piece)
            found.append(Brought(path, upload.name or "de-cuong"))
        yield found


def outline_download(outline: SpeakerOutline, part: str) -> FileResponse:
    """The outline or its slides, as the file that was sent."""
    file, name = (outline.slides, outline.slides_name) if part == "slides" else (outline.file, outline.file_name)
    if not file:
        raise Http404
    return download(file.open("rb"), name=name, kind=kind_of(name))
