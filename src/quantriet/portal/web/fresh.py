"""Public pages that many read at once: made once a second at most, without a cookie, packed, and counted.

A page stays in the memory of its process for less than a second and is then made again: whatever is published or taken
down stands on every page within one second, without anybody telling anybody. Who is signed in gets the page anew each time,
in their own frame.
"""

from __future__ import annotations

import gzip
import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseNotModified, QueryDict
from django.utils.cache import patch_vary_headers
from django.utils.translation import get_language

from quantriet.kit.templatetags.ui import display_of
from quantriet.kit.time import now
from quantriet.org.web.pages import public_page
from quantriet.portal.actions.reads import note_read
from quantriet.portal.rules.reads import is_reader
from quantriet.portal.vocab import PageKind
from quantriet.portal.web.handbook import KEPT

View = Callable[..., HttpResponse]
FRESH = 0.9  # seconds a page is shown before it is made again
MOST = 100  # pages kept; with more, all are made anew
PACKED_FROM = 500  # bytes


@dataclass(frozen=True)
class Kept:
    """A page as it was made."""

    until: float
    body: bytes
    packed: bytes
    kind: str
    digest: str
    sheets: frozenset[str]  # sources of the content policy for the style sheets that stand in it


_kept: dict[tuple[Any, ...], Kept] = {}


def forget_pages() -> None:
    """Forget every page of this process (for tests, which do not wait a second)."""
    _kept.clear()


def fresh_page(kind: PageKind | None = None, *, params: tuple[str, ...] = ()) -> Callable[[View], View]:
    """A page for everyone that depends on its address, `params` and the reader's text size and contrast alone.

    `kind` says as what a reading is counted; the key is the `pk` of the address. Only answers of 200 are kept and counted.
    """

    def decorate(view: View) -> View:
        @public_page
        @wraps(view)
        def page(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if request.user.is_authenticated or request.method not in ("GET", "HEAD"):
                return _may_be_kept(view(request, *args, **kwargs), kind)
            asked = QueryDict(mutable=True)
            asked.update({name: request.GET[name][:60] for name in params if name in request.GET})
            # What else stands in the address is no part of the page, and must not get into the copy that others read.
            request.GET, request.META["QUERY_STRING"] = asked, asked.urlencode()
            key = (
                view.__name__,
                request.path,
                asked.urlencode(),
                display_of(request),
                get_language(),
                request.get_host(),
            )
            kept = _kept.get(key)
            if kept is None or kept.until < time.monotonic():
                made, sheets = _made(view, request, args, kwargs)
                if made.status_code != 200 or made.streaming:
                    return _allowing(made, sheets)
                kept = _keep(key, made, sheets)
            if kind is not None:
                _count(request, kind, kwargs.get("pk", 0))
            return _may_be_kept(_answer(request, kept), kind)

        return page

    return decorate


def _made(view: View, request: HttpRequest, args: Any, kwargs: Any) -> tuple[HttpResponse, frozenset[str]]:
    """The page with its style sheets within, so that a slow phone paints when the page has arrived (decision 0030); an error
    that the view raises becomes a page elsewhere, with links."""
    request.is_public_page = True  # type: ignore[attr-defined]
    request.inline_sheets = set()  # type: ignore[attr-defined]
    try:
        return view(request, *args, **kwargs), frozenset(request.inline_sheets)  # type: ignore[attr-defined]
    finally:
        del request.inline_sheets  # type: ignore[attr-defined]


def _allowing(answer: HttpResponse, sheets: frozenset[str]) -> HttpResponse:
    """Only a sheet whose digest the policy names is applied: nobody's style gets into a page by this door."""
    if sheets:
        answer._csp_update = {"style-src": sorted(sheets)}  # type: ignore[attr-defined]
    return answer


def _may_be_kept(answer: HttpResponse, kind: PageKind | None) -> HttpResponse:
    """Tell the reader's device that it may keep the page for when there is no line; what a search found grows old at once."""
    if kind is not None and kind != PageKind.SEARCH and answer.status_code == 200:
        answer[KEPT] = "public"
    return answer


def _keep(key: tuple[Any, ...], made: HttpResponse, sheets: frozenset[str]) -> Kept:
    body = made.content
    packed = gzip.compress(body, 6, mtime=0) if len(body) >= PACKED_FROM else b""
    digest = hashlib.blake2b(body, digest_size=12).hexdigest()
    kept = Kept(time.monotonic() + FRESH, body, packed, made["Content-Type"], digest, sheets)
    if len(_kept) >= MOST:
        _kept.clear()
    _kept[key] = kept
    return kept


def _answer(request: HttpRequest, kept: Kept) -> HttpResponse:
    is_packed = bool(kept.packed) and "gzip" in request.headers.get("Accept-Encoding", "")
    mark = f'"{kept.digest}{"-gz" if is_packed else ""}"'
    answer: HttpResponse
    if mark in request.headers.get("If-None-Match", ""):
        answer = HttpResponseNotModified()
    else:
        answer = HttpResponse(kept.packed if is_packed else kept.body, content_type=kept.kind)
        if is_packed:
            answer["Content-Encoding"] = "gzip"
    answer["ETag"] = mark
    # A browser keeps the page, and asks each time whether it still holds.
    answer["Cache-Control"] = "no-cache"
    patch_vary_headers(answer, ["Accept-Encoding", "Cookie"])
    return _allowing(answer, kept.sheets)


def _count(request: HttpRequest, kind: PageKind, key: int) -> None:
    headers = request.headers
    purpose = headers.get("Sec-Purpose", "") or headers.get("Purpose", "") or headers.get("X-Moz", "")
    agent = headers.get("User-Agent", "")
    if is_reader(method=request.method or "", agent=agent, purpose=purpose, is_signed_in=False):
        note_read(kind, key, at=now())
