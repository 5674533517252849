"""The handbook on the phone: what makes the pages installable, and which of them a device may keep (decision 0019).

A page says itself that it may be kept, by the header `X-Handbook`: `public` for what everybody reads, `private` for the
member's own. What says nothing is never kept; the desk never says it. `X-Handbook-Account` tells the service worker whose
sign-in a page was made for, as a mark that names nobody, so that what one person read is gone when another signs in or
the session has ended.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.conf import settings
from django.contrib.messages import get_messages
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.templatetags.static import static
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from quantriet import __version__
from quantriet.kit.web import page
from quantriet.library.queries import public as documents
from quantriet.org.models import Account
from quantriet.org.web.pages import DeskRequest, member_page, public_page
from quantriet.portal import queries

View = Callable[..., HttpResponse]
KEPT, ACCOUNT = "X-Handbook", "X-Handbook-Account"
NOBODY = "none"
PATIENCE = 3_000  # milliseconds a slow line is waited for before the kept copy is shown
AGAIN = 10 * 60 * 1_000  # milliseconds until what is assigned is fetched again in the background
LARGEST = 8 * 1024 * 1024  # bytes of one page, picture or file that a device keeps; larger ones are read with a line
_ACCENT, _PAPER = "#9c1620", "#ffffff"  # --accent and --paper of tokens.css
WORKER = "portal/worker/worker.js"
PUSH = "notify/push_worker.js"  # its listeners, where the room for notices brings them
# What every page of the handbook needs; the rest is kept as it is met.
SHELL = (
    "kit/css/quantriet.css", "portal/css/portal.css", "portal/css/public.css", "kit/icon.svg", "kit/icons/icon-192.png",
    "kit/js/display.js", "kit/js/menu.js", "kit/js/keep.js", "kit/js/session.js", "kit/js/offline.js",
    "portal/js/notes.js", "portal/js/install.js",
)  # fmt: skip


def account_mark(account: Account) -> str:
    """Whose page it is, as the device remembers it: no name, no number, and no way back to either."""
    return salted_hmac("quantriet.portal.handbook", str(account.pk), algorithm="sha256").hexdigest()[:24]


def notes_of(account: Account) -> dict[str, str]:
    """Under which name, and sealed with which key, a device keeps the account's own notes; only the account's pages tell."""
    key = salted_hmac("quantriet.portal.handbook.notes", str(account.pk), algorithm="sha256").hexdigest()
    return {"account": account_mark(account), "key": key}


def keepable(view: View) -> View:
    """A page of the member's own that the member's device may keep, while its answer is whole and tells nothing passing."""

    @wraps(view)
    def kept(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        tells = len(get_messages(request)) > 0
        answer = view(request, *args, **kwargs)
        if request.method == "GET" and answer.status_code == 200 and not tells:
            answer[KEPT] = "private"
        return answer

    return kept


def mark_account(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: tell the service worker for whom a page was made, or that nobody is signed in."""

    def answer(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        is_page = response.get("Content-Type", "").startswith("text/html")
        if KEPT in response or is_page:
            user = request.user
            response[ACCOUNT] = account_mark(cast(Account, user)) if user.is_authenticated else NOBODY
            if is_page and user.is_authenticated and response.get(KEPT) == "public":  # a picture is the same for all
                response[KEPT] = "private"  # in the frame of whoever is signed in
        return response

    return answer


@public_page
def manifest(request: HttpRequest) -> HttpResponse:
    """What a phone needs in order to put the handbook among its programs."""
    said = {
        "id": "/", "name": "Sổ tay Quán triệt", "short_name": "Quán triệt", "lang": "vi", "dir": "ltr",
        "description": "Nội dung cốt lõi, điểm mới của nghị quyết; việc học, lớp học và tài liệu của từng đảng viên.",
        "start_url": "/", "scope": "/", "display": "standalone", "theme_color": _ACCENT, "background_color": _PAPER,
        "categories": ["education", "government"],
        "icons": [
            {"src": static("kit/icons/icon-192.png"), "sizes": "192x192", "type": "image/png", "purpose": "any"},
            {"src": static("kit/icons/icon-512.png"), "sizes": "512x512", "type": "image/png", "purpose": "any"},
            {"src": static("kit/icons/maskable-512.png"), "sizes": "512x512", "type": "image/png", "purpose": "maskable"},
        ],
        "shortcuts": [
            {"name": _("My study"), "url": reverse("me")},
            {"name": _("Documents"), "url": reverse("public-documents")},
        ],
    }  # fmt: skip
    answer = JsonResponse(said, content_type="application/manifest+json")
    answer["Cache-Control"] = "public, max-age=3600"
    return answer


def _words() -> dict[str, str]:
    return {
        "offline": _("Copy of {time} on {day}; the device has no line."),
        "slow": _("Copy of {time} on {day}; the line is slow, the newest is being fetched."),
        "busy": _("Copy of {time} on {day}; the server cannot answer now."),
        "none_kept": _("Nothing is kept on this device yet."),
    }


def _version() -> str:
    """Changes with every asset and every word: a browser fetches the worker anew when this does."""
    digest = hashlib.sha256(__version__.encode())
    digest.update(str(getattr(staticfiles_storage, "manifest_hash", "")).encode())
    if not getattr(staticfiles_storage, "manifest_hash", ""):  # names without a digest: what the files hold
        for name in (*SHELL, WORKER, PUSH):
            path = finders.find(name)
            if path:
                with open(path, "rb") as file:
                    digest.update(file.read())
    digest.update(json.dumps(_words(), sort_keys=True).encode())
    return digest.hexdigest()[:16]


@public_page
def service_worker(request: HttpRequest) -> HttpResponse:
    """The settings of the service worker, and the files it consists of: at the root, so that it serves every page."""
    setup = {
        "version": _version(), "static": settings.STATIC_URL,
        "hashed": bool(getattr(staticfiles_storage, "manifest_hash", "")), "shell": [static(name) for name in SHELL],
        "offline": reverse("offline"), "entry": reverse("home"), "home": reverse("me"),
        "gather": reverse("my-handbook-list"), "signOut": reverse("sign-out"), "aside": ["/desk/", "/api/"],
        "patience": PATIENCE, "again": AGAIN, "largest": LARGEST, "seconds": settings.SESSION_AT_MOST, "words": _words(),
    }  # fmt: skip
    parts = [static(WORKER)]
    if finders.find(PUSH) or _is_collected(PUSH):
        parts.append(static(PUSH))
    lines = [f"self.HANDBOOK = {json.dumps(setup, ensure_ascii=False, sort_keys=True)};"]
    lines += [f"importScripts({json.dumps(one)});" for one in parts]
    answer = HttpResponse("\n".join(lines) + "\n", content_type="text/javascript; charset=utf-8")
    answer["Cache-Control"] = "no-cache"
    return answer


def _is_collected(name: str) -> bool:
    return name in getattr(staticfiles_storage, "hashed_files", {})


@public_page
def offline(request: HttpRequest) -> HttpResponse:
    """What is shown without a line instead of a page that was never opened; the worker fills in what can be read."""
    answer = page(request, "portal/public/offline.html", {"without_csrf": True, "hide_sign_in": True})
    answer["Cache-Control"] = "no-cache"
    return answer


@member_page
def gather(request: DeskRequest) -> HttpResponse:
    """The pages that the member's device fetches in the background: home, duties, readings, materials, public pages of these."""
    found = [reverse("me")]
    person = request.account.person
    if person is not None:
        found.append(reverse("my-materials"))
        found += [reverse("my-duty", args=[one.duty.pk]) for one in queries.duties_of(person)]
        reading = queries.reading_of(person)
        found += [reverse("my-reading", args=[one.pk]) for one in reading]
        found += [
            reverse("public-document", args=[one.document_id])
            for one in documents.public_among(one.pk for one in reading)
        ]
    answer = JsonResponse({"pages": found})
    answer[ACCOUNT] = account_mark(request.account)
    patch_vary_headers(answer, ["Cookie"])
    return answer
