"""What every page needs: rendering with partials, saved-and-go-on, lists with paging, sorting and chips, downloads."""

from __future__ import annotations

import io
import math
import re
import urllib.parse
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from django.contrib import messages
from django.db.models import Model, QuerySet
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render

from quantriet.kit.db import counted
from quantriet.kit.numbers import whole_number

M = TypeVar("M", bound=Model)
PAGE_SIZE = 50


def page(
    request: HttpRequest, template: str, context: dict[str, Any] | None = None, *, partial: str = "", status: int = 200
) -> HttpResponse:
    """Render a page; for an htmx request of fragment `partial` render only `<template folder>/_<partial>.html`."""
    context = context or {}
    if partial and getattr(request, "htmx", False):
        folder, _, _name = template.rpartition("/")
        return render(request, f"{folder}/_{partial}.html", context, status=status)
    return render(request, template, context, status=status)


def refused(request: HttpRequest, sentence: str, status: int = 403) -> HttpResponse:
    """The page that says why not and what to do instead."""
    return render(request, f"ui/{status}.html", {"sentence": sentence}, status=status)


def saved(request: HttpRequest, *, to: str, message: str = "") -> HttpResponse:
    """Tell that it is done and go to address `to` (303, so that a reload repeats nothing)."""
    if message:
        messages.success(request, message)
    response = HttpResponseRedirect(to)
    response.status_code = 303
    return response


def readable_address(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: an address with the character zero, which no database takes, is answered with 400."""

    def answer(request: HttpRequest) -> HttpResponse:
        if "%00" in request.META.get("QUERY_STRING", "") or "\0" in request.path_info:
            sentence = "Địa chỉ có ký tự không dùng được."
            if request.path_info.startswith("/api/"):
                from quantriet.kit.web.api import problem  # half a second to import; pages never need it

                return problem(request, 400, "address", sentence, "The address holds a character that cannot be used.")
            return HttpResponse(sentence, status=400, content_type="text/plain; charset=utf-8")
        return get_response(request)

    return answer


def safe_next(request: HttpRequest, default: str) -> str:
    """The `next` address of the form when it is one of ours, else `default`."""
    from django.utils.http import url_has_allowed_host_and_scheme

    target = request.POST.get("next") or request.GET.get("next") or ""
    return target if url_has_allowed_host_and_scheme(target, {request.get_host()}, request.is_secure()) else default


def download(content: Any, *, name: str, kind: str) -> FileResponse:
    """A file (bytes or an open file) as an attachment with a Vietnamese name; never shown inside the page."""
    response = FileResponse(
        io.BytesIO(content) if isinstance(content, bytes) else content,
        as_attachment=True,
        filename=name,
        content_type=kind,
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response


_KINDS = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "pdf": "application/pdf",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation", "txt": "text/plain; charset=utf-8",
    "png": "image/png", "jpg": "image/jpeg", "svg": "image/svg+xml", "mp4": "video/mp4",
}  # fmt: skip


def kind_of(name: str) -> str:
    """The media type of a file by its ending."""
    return _KINDS.get(name.rpartition(".")[2], "application/octet-stream")


def ranged(request: HttpRequest, content: Any, *, name: str, kind: str, size: int) -> HttpResponseBase:
    """A download of an open file of `size` bytes of which one part may be asked, as players on phones do with a clip.

    RFC 9110, 14: what is no single range of bytes gives the whole; one behind the end 416.
    """
    answer: HttpResponseBase
    asked = re.fullmatch(r"bytes=([0-9]{0,15})-([0-9]{0,15})", request.headers.get("Range", ""))
    if asked is None or asked[0] == "bytes=-":
        answer = download(content, name=name, kind=kind)
    else:
        first = int(asked[1]) if asked[1] else max(0, size - int(asked[2]))
        last = min(int(asked[2]), size - 1) if asked[1] and asked[2] else size - 1
        if first >= size or first > last:
            content.close()
            answer = HttpResponse(status=416)
            answer["Content-Range"] = f"bytes */{size}"
        else:
            content.seek(first)
            answer = download(_Part(content, last - first + 1), name=name, kind=kind)
            answer.status_code = 206
            answer["Content-Range"] = f"bytes {first}-{last}/{size}"
            answer["Content-Length"] = str(last - first + 1)
    answer["Accept-Ranges"] = "bytes"
    return answer


class _Part:
    """So many bytes of an open file from where it stands."""

    def __init__(self, file: Any, left: int) -> None:
        self._file, self._left = file, left

    def read(self, size: int = -1) -> bytes:
        piece: bytes = self._file.read(self._left if size < 0 else min(size, self._left))
        self._left -= len(piece)
        return piece

    def close(self) -> None:
        self._file.close()


def query(request: HttpRequest, **changes: Any) -> str:
    """The address's query with changes; None removes a key."""
    values = request.GET.copy()
    for key, value in changes.items():
        if value is None:
            values.pop(key, None)
        else:
            values[key] = str(value)
    return "?" + urllib.parse.urlencode(sorted((key, one) for key in values for one in values.getlist(key)))


@dataclass(frozen=True)
class Chip:
    """A filter in force: its words and the address without it."""

    label: str
    url: str


@dataclass
class Listing(Generic[M]):
    """One page of a list with its count, order and filters, as `ui/table` and `ui/paging` show it."""

    rows: Sequence[M]
    total: int
    number: int
    pages: int
    sort: str
    chips: list[Chip] = field(default_factory=list)

    def __iter__(self) -> Iterator[M]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def first(self) -> int:
        return (self.number - 1) * PAGE_SIZE + 1 if self.total else 0

    @property
    def last(self) -> int:
        return self.first + len(self.rows) - 1 if self.total else 0


def listing(
    request: HttpRequest,
    rows: QuerySet[M],
    *,
    sorts: dict[str, Sequence[str]],
    default_sort: str,
    chips: Iterable[Chip] = (),
    prepare: Callable[[list[M]], None] | None = None,
    total: int | None = None,
    best_first: Sequence[int] | None = None,
) -> Listing[M]:
    """Page and sort a queryset from the address (`?page=2&sort=-name`).

    `sorts` maps a public name to order_by columns; a leading minus turns all of them round. `prepare` may attach
    batch-read values to the rows of the page. `total` is how many there are when that is known already; without it rows
    are counted as `counted` does, and pages go as far as that. `best_first` are the keys of all rows in the order
    that is shown while the address asks for no other.
    """
    sort = request.GET.get("sort") or default_sort
    if sort.removeprefix("-") not in sorts:
        sort = default_sort
    if total is None:
        total = counted(rows)
    pages = max(1, math.ceil(total / PAGE_SIZE))
    number = min(whole_number(request.GET.get("page"), least=1) or 1, pages)
    part = slice((number - 1) * PAGE_SIZE, number * PAGE_SIZE)
    if best_first is not None and not request.GET.get("sort"):
        sort = ""
        keys = list(best_first[part])
    else:
        columns = [_turned(column) if sort.startswith("-") else column for column in sorts[sort.removeprefix("-")]]
        # First which rows, then all that is told of them: the joins of the second question would have the database put five
        # million people in order to find the first fifty.
        keys = list(rows.order_by(*columns, "pk").values_list("pk", flat=True)[part])
    found = rows.order_by().in_bulk(keys)
    shown = [found[key] for key in keys if key in found]
    if prepare:
        prepare(shown)
    return Listing(shown, total, number, pages, sort, list(chips))


def _turned(column: str) -> str:
    return column.removeprefix("-") if column.startswith("-") else "-" + column
