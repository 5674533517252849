"""Forms whose answer is shown once and must not be made twice: the reload of that answer makes nothing.

What such an answer shows (a key, the codes of slips) is kept nowhere, so the page cannot be turned into a redirect, and a
reload sends the form again. The form therefore carries a number that the session knows until it is used.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from quantriet.kit.db import named_lock

NAME = "once"
_MOST = 50  # pages with such a form that one session may have open; the oldest number goes first


class OnceForm(forms.Form):
    """A form that is taken once; opened by GET it gets a fresh number, sent with an error it keeps its own."""

    once = forms.CharField(required=False, max_length=60, widget=forms.HiddenInput)

    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.is_bound:
            self.initial[NAME] = offered(request)


def offered(request: HttpRequest) -> str:
    """A fresh number for one form, known to the session from now on."""
    number = secrets.token_urlsafe(16)
    request.session[NAME] = [*request.session.get(NAME, []), number][-_MOST:]
    return number


@contextmanager
def first_time(request: HttpRequest) -> Iterator[bool]:
    """Whether the form in this POST is sent for the first time; what is refused inside may be sent again.

    A number that the session does not know (any more) counts as used: nothing made is better than made twice.
    """
    number = request.POST.get(NAME, "")
    is_first = _take(request, number)
    try:
        yield is_first
    except BaseException:
        if is_first:
            request.session[NAME] = [*request.session.get(NAME, []), number]
        raise


def made_already(request: HttpRequest, sentence: str, *, to: str) -> HttpResponse:
    """The answer to a form sent again: what there is and what to do, in the list at address `to`."""
    messages.info(request, sentence)
    return HttpResponseRedirect(to)


def _take(request: HttpRequest, number: str) -> bool:
    """Use up a number, at once and for all requests of the session: a double click sends two forms side by side."""
    with named_lock(f"once-{number}"):
        stored = type(request.session)(request.session.session_key)
        known = stored.get(NAME, [])
        if number not in known:
            return False
        stored[NAME] = [one for one in known if one != number]
        stored.save()
    request.session[NAME] = stored[NAME]
    return True
