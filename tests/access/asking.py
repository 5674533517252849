"""Asking the running product: one request, what it answered, what it told of whom, and what it cost in statements."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.db import connection, transaction
from django.http import HttpResponseBase
from django.shortcuts import resolve_url
from django.test import Client
from django.utils.html import escape

from quantriet.kit.time import now
from tests.access.oracle import Answer, Reader
from tests.access.world import World, mark

# What differs by itself: cookies, the day, and the length, which follows from the body that is compared anyway.
_OWN_HEADERS = {"set-cookie", "date", "content-length", "x-request-id"}
_TOKENS = re.compile(r'(csrfmiddlewaretoken" value=|"X-CSRFToken": |name="nonce" value=)"[^"]+"')
_SESSION_END = re.compile(r"(Đăng nhập đến) \d\d:\d\d ngày \d\d/\d\d/\d{4}")  # the minute may turn between two requests
_MADE_AT = "docProps/core.xml"  # when the file was made, to the second
_PLANTED = re.compile(r"zz[a-z]+q[a-z]+zz")
_WRITES = re.compile(r"^\s*(INSERT|UPDATE|DELETE|REPLACE)\s+(INTO\s+|FROM\s+)?\"?(\w+)", re.I)
# A session is renewed by being used; it is the reader's own.
_OWN_TABLES = {"django_session"}


@dataclass
class Told:
    """An answer, taken apart."""

    status: int
    headers: dict[str, str]
    body: str
    statements: list[str]
    url: str
    error: str = ""

    @property
    def kind(self) -> Answer | None:
        """None: the address does not take this method, or it broke."""
        if self.error or self.status >= 500 or self.status == 405:
            return None
        if self.status in (301, 302) and self.headers.get("Location", "").startswith(resolve_url(settings.LOGIN_URL)):
            return Answer.SIGN_IN
        return {403: Answer.FORBIDDEN, 404: Answer.MISSING}.get(self.status, Answer.ALLOWED)

    @property
    def planted(self) -> set[str]:
        """The marks of planted things that stand in it, in any writing."""
        return set(_PLANTED.findall(self.body.casefold()))

    @property
    def written(self) -> list[str]:
        """Tables that the request wrote to, besides the reader's own session."""
        found = [match[3] for one in self.statements if (match := _WRITES.match(one))]
        return [table for table in found if table not in _OWN_TABLES]

    @property
    def without_its_own(self) -> tuple[int, dict[str, str], str]:
        """What a stranger could compare: status, headers and body without the address asked for and one-time tokens."""
        headers = {
            name: self._unaddressed(value) for name, value in self.headers.items() if name.lower() not in _OWN_HEADERS
        }
        body = _SESSION_END.sub(r"\1 …", _TOKENS.sub(r"\1…", self._unaddressed(self.body)))
        return self.status, headers, body

    def _unaddressed(self, text: str) -> str:
        path, _question, asked = self.url.partition("?")
        for own in (path, *((asked, escape(asked), quote(asked)) if asked else ())):
            text = text.replace(own, "…")
        return text


@contextmanager
def counted() -> Iterator[list[str]]:
    """The statements of the block, without their parameters."""
    statements: list[str] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if not sql.startswith(("SAVEPOINT", "RELEASE", "ROLLBACK")):
            statements.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        yield statements


class Asker:
    """The readers at their browsers."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._clients: dict[str, Client] = {}

    def client(self, reader: Reader) -> Client:
        if reader.name not in self._clients:
            client = self._clients[reader.name] = Client()
            if reader.is_signed_in:
                client.force_login(self.world.accounts[reader.name])
                session = client.session  # the password was asked again a moment ago, the second factor shown
                session["confirmed"], session["second"] = now().timestamp(), True
                session.save()
        return self._clients[reader.name]

    def ask(self, reader: Reader, url: str, method: str = "get", data: Any = None, **more: Any) -> Told:
        """One request; whatever it writes is taken back."""
        client = self.client(reader)
        cookies = client.cookies.output()
        with transaction.atomic(), counted() as statements:
            try:
                answer = getattr(client, method)(url, data, **more)
                told = Told(answer.status_code, dict(answer.headers), _text(answer), statements, url)
            except Exception as error:  # a page that breaks is a finding of the matrix, told with its address
                told = Told(500, {}, "", statements, url, error=f"{type(error).__name__}: {error}")
            transaction.set_rollback(True)
        if client.cookies.output() != cookies:
            del self._clients[reader.name]  # signed out, or another session: the next request begins anew
        return told


def _text(answer: HttpResponseBase) -> str:
    """What can be read in an answer: the page, or the text inside an Excel, Word or calendar file."""
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content  # type: ignore[attr-defined,arg-type]
    if content[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(content)) as pack:
            return "\n".join(pack.read(name).decode("utf-8", "replace") for name in pack.namelist() if name != _MADE_AT)
    name = answer.headers.get("Content-Disposition", "")
    return name + content.decode("utf-8", "replace")


def place_of_mark(found: str) -> tuple[str, str]:
    """The kind of thing and the place that a mark names, as in `world.mark`."""
    kind, _q, place = found.removeprefix("zz").removesuffix("zz").partition("q")
    return kind, place


__all__ = ["Asker", "Told", "counted", "mark", "place_of_mark"]
