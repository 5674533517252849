"""What the pages of this room share: the way along the tree, the page of one form, the page of one danger, Excel."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from quantriet.kit import spreadsheets, time
from quantriet.kit.web import download, page, query
from quantriet.org import access
from quantriet.org.models import Account, Unit
from quantriet.org.queries import units as unit_queries

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# A list of more rows than this is not written inside a request: a job makes the file.
AT_ONCE = 20_000
Crumbs = list[dict[str, str]]


def crumbs(account: Account, unit: Unit | None, *further: tuple[str, str]) -> Crumbs:
    """The way from the root of the tree to a unit and on; superiors outside the account's scope are named, not linked."""
    way: Crumbs = [] if unit else [{"label": _("Units"), "url": reverse("unit-list")}]
    if unit is not None:
        tops = access.paths_with(account, access.Permission.UNIT_VIEW)
        for one in [*unit_queries.superiors([unit])[unit.pk], unit]:
            seen = any(one.path.startswith(top) for top in tops)
            way.append({"label": one.short_name or one.name, "url": reverse("unit", args=[one.pk]) if seen else ""})
    return [*way, *({"label": label, "url": url} for label, url in further)]


def form_page(
    request: HttpRequest,
    form: BaseForm,
    *,
    heading: str,
    cancel: str,
    submit: str = "",
    lead: str = "",
    breadcrumb: Crumbs | None = None,
    keep: str = "",
) -> HttpResponse:
    """One form, its heading and the way back; typed words are kept under `keep` when a line is lost."""
    context = {
        "form": form,
        "heading": heading,
        "cancel_url": cancel,
        "submit": submit or _("Save"),
        "lead": lead,
        "breadcrumb": breadcrumb,
        "keep": keep,
    }
    return page(request, "org/form.html", context, status=422 if form.is_bound and form.errors else 200)


def danger_page(
    request: HttpRequest,
    form: BaseForm,
    *,
    heading: str,
    sentence: str,
    submit: str,
    cancel: str,
    breadcrumb: Crumbs | None = None,
    hidden: Sequence[tuple[str, Any]] = (),
) -> HttpResponse:
    """The second step of something that is hard to undo: it names the thing and the number before the button."""
    context = {
        "form": form,
        "heading": heading,
        "sentence": sentence,
        "submit": submit,
        "cancel_url": cancel,
        "breadcrumb": breadcrumb,
        "hidden": hidden,
    }
    return page(request, "org/danger.html", context, status=422 if form.is_bound and form.errors else 200)


def excel(
    title: str, place: str, columns: Sequence[spreadsheets.OutColumn], rows: Iterable[Mapping[str, Any]]
) -> HttpResponse:
    """A list as an Excel file; its heading says what it is, where and as of when."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the response closes it
    sheet = spreadsheets.Sheet(title=title, columns=columns, rows=rows, heading=excel_heading(title, place))
    spreadsheets.write_workbook(file, [sheet], title=title)
    file.seek(0)
    return download(file, name=excel_name(title, place), kind=XLSX)


def excel_heading(title: str, place: str) -> tuple[str, ...]:
    """What stands above a list in Excel: what it is, where and as of when."""
    return (title, *([place] if place else []), _("As of %(date)s") % {"date": time.show_day(time.today())})


def excel_name(title: str, place: str) -> str:
    """The file name of a list."""
    return f"{title}{' - ' + place if place else ''}.xlsx".replace("/", "-")


def without(request: HttpRequest, *names: str) -> str:
    """The present address without some of its parameters, from the first page again."""
    return query(request, page=None, format=None, **dict.fromkeys(names))
