"""The door of every operation for machines: key, rate, scope, repeats; who fails one of these never reaches a room.

    door = Door(tags=["units"])

    @door.read("/units", Permission.UNIT_VIEW, Page[UnitOut], gettext_noop("List units"))
    def list_units(request, limit: Limit = LIMIT, cursor: Cursor = ""): ...

Like the page decorators beside it, it leaves its claim on the view, from which the access table and the test of default
deny are made. A session cookie opens nothing here, so that no other site can call on behalf of who is signed in.
"""

from __future__ import annotations

import hashlib
import logging
import threading
import time as clock
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.http.request import UnreadablePostError
from django.utils.cache import patch_vary_headers
from ninja import Router
from ninja.errors import HttpError, ValidationError
from ninja.operation import Operation

from quantriet.kit.db import named_lock
from quantriet.kit.numbers import whole_number
from quantriet.kit.refusal import NotAllowed, Refusal
from quantriet.kit.time import now
from quantriet.kit.web import api as machine
from quantriet.kit.web.api import Problem, problem
from quantriet.org import access, actions
from quantriet.org.models import Account, ApiToken
from quantriet.org.queries import tokens
from quantriet.org.vocab import Permission

log = logging.getLogger(__name__)

SCHEME = "Bearer"
CLAIM = "token:"
KEY_LENGTH = 200
_WINDOW = 60  # seconds
_READ_PROBLEMS = (400, 401, 403, 404, 409, 422, 429, 500)
_WRITE_PROBLEMS = (*_READ_PROBLEMS, 413, 415)


@dataclass(frozen=True)
class Claimed:
    """What one operation asks of its caller, and where it is written."""

    claim: str
    module: str


class ApiRequest(HttpRequest):
    """A request whose key is known; its account has the rights of the key, no more."""

    account: Account
    token: ApiToken


class Door(Router):
    """The operations of one room, each with the permission it asks for."""

    def read(self, path: str, permission: Permission, response: Any, summary: str, *, file: str = "") -> Any:
        """An operation that changes nothing; `file` is the content type of an answer that is no JSON."""
        return self._operation("GET", path, permission, {200: None if file else response}, summary, file=file)

    def write(
        self, path: str, permission: Permission, response: Any, summary: str, *, method: str = "POST", status: int = 200
    ) -> Any:
        """An operation that changes something; repeated under one Idempotency-Key it is done once."""
        return self._operation(method, path, permission, {status: response}, summary)

    def _operation(
        self, method: str, path: str, permission: Permission, answers: dict[int, Any], summary: str, *, file: str = ""
    ) -> Any:
        problems = _READ_PROBLEMS if method == "GET" else _WRITE_PROBLEMS
        extra: dict[str, Any] = {"x-scope": permission.value}
        if file:
            binary = {"schema": {"type": "string", "format": "binary"}}
            extra["responses"] = {200: {"content": {file: binary}}}
        if method != "GET":
            extra["parameters"] = [
                {
                    "in": "header",
                    "name": "Idempotency-Key",
                    "required": False,
                    "schema": {"type": "string", "minLength": 1, "maxLength": KEY_LENGTH, "pattern": "^[!-~]+$"},
                    "description": "Made by the caller; the same key with the same body is answered again, not done again.",
                }
            ]

        def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
            function.claim = permission  # type: ignore[attr-defined]
            self.add_api_operation(
                path, [method], function, response={**answers, frozenset(problems): Problem}, summary=summary,
                operation_id=function.__name__, openapi_extra=extra,
            )  # fmt: skip
            return function

        return decorate


def opened(operations: list[Operation]) -> Callable[..., HttpResponse]:
    """The view of one address: its operations behind the door. An operation without a claim is a programming error."""
    by_method = {method: operation for operation in operations for method in operation.methods}
    claims = {method: operation.view_func.claim for method, operation in by_method.items()}  # type: ignore[attr-defined]

    def view(request: HttpRequest, **kwargs: Any) -> HttpResponse:
        operation = by_method.get(request.method or "")
        if operation is None:
            allowed = ", ".join(sorted(by_method))
            response = problem(
                request, 405, "method", f"Địa chỉ này chỉ nhận {allowed}.", f"Only {allowed} here.",
                headers={"Allow": allowed},
            )  # fmt: skip
        else:
            response = _answer(request, operation, claims[request.method or ""], kwargs)
        # What is said depends on the key and is nobody else's; no cache keeps it.
        response["Cache-Control"] = "no-store, private"
        patch_vary_headers(response, ["Authorization"])
        return response

    view.csrf_exempt = True  # type: ignore[attr-defined]
    view.operations = {  # type: ignore[attr-defined]
        method: Claimed(f"{CLAIM}{claims[method].value}", operation.view_func.__module__)
        for method, operation in by_method.items()
    }
    return view


def _answer(request: HttpRequest, operation: Operation, permission: Permission, kwargs: dict[str, Any]) -> HttpResponse:
    too_large = _too_large(request)
    if too_large:
        return too_large
    token = _token_of(request)
    if isinstance(token, HttpResponse):
        return token
    left, seconds = METER.take(token)
    headers = _rate_headers(left, seconds)
    if left < 0:
        response = problem(
            request, 429, "rate.exceeded",
            f"Khóa này được gọi nhiều nhất {settings.API_REQUESTS_A_MINUTE} lần một phút; gọi lại sau {seconds} giây.",
            f"This token may call {settings.API_REQUESTS_A_MINUTE} times a minute; call again in {seconds} seconds.",
            headers={"Retry-After": str(seconds)},
        )  # fmt: skip
    else:
        response = _allowed(request, token, permission) or _run(request, token, operation, kwargs)
    for name, value in headers.items():
        response[name] = value
    links = getattr(request, "api_links", "")
    if links:
        response["Link"] = links
    return response


def _too_large(request: HttpRequest) -> HttpResponse | None:
    """Refuse by the announced length alone, before a byte of the body is read or a key is looked up."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    if whole_number(length, most=settings.API_BODY_LIMIT) is not None:
        return None
    most = settings.API_BODY_LIMIT // 1024
    return problem(
        request, 413, "body.too_large", f"Nội dung gửi lên quá {most} kB.", f"The body is larger than {most} kB."
    )


def _token_of(request: HttpRequest) -> ApiToken | HttpResponse:
    """The key that was sent, in force; or why not."""
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    secret = secret.strip()
    if scheme.lower() != SCHEME.lower() or not secret:
        return _unknown(
            request, "token.missing", "Thiếu khóa truy cập: gửi tiêu đề “Authorization: Bearer <khóa>”.",
            "Send the header “Authorization: Bearer <token>”; a signed-in session does not open the API.", error="",
        )  # fmt: skip
    token = tokens.find_token(secret) if len(secret) <= KEY_LENGTH else None
    if token is None:
        return _unknown(request, "token.unknown", "Không có khóa truy cập này.", "There is no such token.")
    if token.revoked_at is not None:
        return _unknown(request, "token.revoked", "Khóa truy cập đã bị thu hồi.", "The token was revoked.")
    if not tokens.works(token, now()):
        return _unknown(request, "token.expired", "Khóa truy cập đã hết hạn.", "The token has expired.")
    account = token.account
    if not account.is_active or (settings.PRODUCTION and account.is_demo):
        return _unknown(
            request, "token.account_at_rest", "Tài khoản của khóa này đã ngừng hoạt động.",
            "The account of this token is at rest.",
        )  # fmt: skip
    tokens.narrow_to_scopes(account, token.scopes)
    if not any(grant.permissions for grant in access.grants_of(account)):
        return _unknown(
            request, "token.appointment_over", "Tài khoản của khóa này không còn được phân công việc nào mà khóa được làm.",
            "The account of this token no longer holds any appointment that the token rests on.",
        )  # fmt: skip
    # The log says whose key it was and which.
    account.display_name = f"{account.display_name} (khóa {token.name})"
    request.account, request.token = account, token  # type: ignore[attr-defined]
    return token


def _unknown(request: HttpRequest, code: str, vi: str, en: str, *, error: str = "invalid_token") -> HttpResponse:
    challenge = f'{SCHEME} realm="quantriet"' + (f', error="{error}"' if error else "")
    return problem(request, 401, code, vi, en, headers={"WWW-Authenticate": challenge})


def _allowed(request: HttpRequest, token: ApiToken, permission: Permission) -> HttpResponse | None:
    """None when the key may ask for this at all; which rows it then sees is decided by the room's `access`."""
    if token.account.must_change_password:
        return problem(
            request, 403, "account.must_change_password", "Tài khoản phải đổi mật khẩu tạm trước khi khóa làm việc tiếp.",
            "The account must change its temporary password first.",
        )  # fmt: skip
    if permission.value not in token.scopes:
        challenge = f'{SCHEME} realm="quantriet", error="insufficient_scope", scope="{permission.value}"'
        return problem(
            request, 403, "token.scope", f"Khóa không có phạm vi {permission.value}.",
            f"The token lacks the scope {permission.value}.", headers={"WWW-Authenticate": challenge},
        )  # fmt: skip
    if not access.may_anywhere(token.account, permission):
        return problem(
            request, 403, "account.permission", "Tài khoản của khóa không còn quyền này ở đơn vị nào.",
            f"The account of the token has lost the permission {permission.value}.",
        )  # fmt: skip
    return None


def _run(request: HttpRequest, token: ApiToken, operation: Operation, kwargs: dict[str, Any]) -> HttpResponse:
    if request.method == "GET":
        return machine.unknown_parameters(request, known_parameters(operation)) or operation.run(request, **kwargs)  # type: ignore[return-value]
    if request.content_type != "application/json":
        return problem(
            request, 415, "content_type", "Nội dung gửi lên phải là application/json.", "Send application/json."
        )
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return operation.run(request, **kwargs)  # type: ignore[return-value]
    if not (0 < len(key) <= KEY_LENGTH and key.isascii() and key.isprintable() and " " not in key):
        return problem(
            request, 422, "idempotency.key", f"Idempotency-Key dài 1 đến {KEY_LENGTH} ký tự ASCII, không có dấu cách.",
            f"An Idempotency-Key has 1 to {KEY_LENGTH} ASCII characters without spaces.",
        )  # fmt: skip
    return _once(request, token, key, lambda: operation.run(request, **kwargs))


def known_parameters(operation: Operation) -> list[str]:
    """The names that an operation reads from the query of its address."""
    return [
        name
        for model in operation.models
        if model.__ninja_param_source__ == "query"
        for name in getattr(model, "__ninja_flatten_map__", model.model_fields)
    ]


def _once(request: HttpRequest, token: ApiToken, key: str, run: Callable[[], Any]) -> HttpResponse:
    """Run a write once for its key; the answer is kept in the transaction of the write, and a refusal keeps nothing.

    Twins that arrive together pass one after the other (`named_lock`), so that the second finds the first one's answer.
    """
    try:
        body = request.body
    except (RequestDataTooBig, UnreadablePostError):
        return _unreadable(request)
    address = f"{request.method} {request.get_full_path()}".encode()
    digest = hashlib.sha256(len(address).to_bytes(8, "big") + address + body).hexdigest()
    with named_lock(f"idempotency-{token.pk}-{key}"):
        known = tokens.known_answer(token, key)
        if known is not None:
            if known.request_digest != digest:
                return problem(
                    request, 422, "idempotency.reused", "Idempotency-Key này đã dùng cho một yêu cầu khác.",
                    "This Idempotency-Key was used for another request.",
                )  # fmt: skip
            response = HttpResponse(known.answer, status=known.status, content_type=known.content_type)
            response["Idempotency-Replayed"] = "true"
            return response
        response = run()
        if response.status_code < 300:
            actions.remember_answer(
                token, key=key, request_digest=digest, status=response.status_code,
                content_type=response["Content-Type"], answer=response.content.decode(), at=now(),
            )  # fmt: skip
        else:
            transaction.set_rollback(True)
    return response


def _unreadable(request: HttpRequest) -> HttpResponse:
    return problem(request, 400, "body.unreadable", "Không đọc được nội dung gửi lên.", "The body cannot be read.")


# --- rate ---------------------------------------------------------------------------------------------------------


class Meter:
    """Counts requests of each key. A process takes them from the database by the block, so that most requests write
    nothing; what it took and did not use in the minute is lost to the others, never too much given.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: dict[str, tuple[int, int]] = {}  # digest → window, requests left here

    def take(self, token: ApiToken) -> tuple[int, int]:
        """Count one request; returns how many the key has left in this minute (-1: refused) and seconds to the next.

        Left is what no process has taken, by the row of the key that was just read, and what this process still holds.
        """
        most = settings.API_REQUESTS_A_MINUTE
        moment = clock.time()
        window = int(moment // _WINDOW)
        free = max(0, most - token.window_used) if token.window == window else most
        seconds = max(1, int(_WINDOW - moment % _WINDOW + 0.999))
        with self._lock:
            held, left = self._held.get(token.digest, (0, 0))
            if held == window and left > 0:
                self._held[token.digest] = (window, left - 1)
                return free + left - 1, seconds
        taken = actions.reserve_requests(token, window=window, most=most, wanted=max(1, most // 20), at=now())
        if not taken:
            return -1, seconds
        with self._lock:
            held, more = self._held.get(token.digest, (0, 0))
            left = taken + (more if held == window else 0)
            self._held[token.digest] = (window, left - 1)
            if len(self._held) > 10_000:
                self._held = {digest: kept for digest, kept in self._held.items() if kept[0] == window}
        return max(0, free - taken) + left - 1, seconds

    def forget(self) -> None:
        with self._lock:
            self._held.clear()


METER = Meter()


def _rate_headers(left: int, seconds: int) -> dict[str, str]:
    most = settings.API_REQUESTS_A_MINUTE
    return {
        "RateLimit-Policy": f'"minute";q={most};w={_WINDOW}',
        "RateLimit": f'"minute";r={max(0, left)};t={seconds}',
    }


# --- what a room says no with ---------------------------------------------------------------------------------------


def on_refusal(request: HttpRequest, exc: Refusal) -> HttpResponse:
    return machine.refused(request, exc)


def on_not_allowed(request: HttpRequest, exc: NotAllowed) -> HttpResponse:
    return problem(
        request, 403, "not_allowed", exc.sentence, "The account may see this, yet has no right to do what was asked."
    )


def on_missing(request: HttpRequest, exc: Http404) -> HttpResponse:
    return problem(
        request, 404, "not_found", "Không có mục này trong phạm vi được giao.", "There is no such thing in your scope."
    )


def on_invalid(request: HttpRequest, exc: ValidationError) -> HttpResponse:
    return machine.invalid(request, exc.errors)


def on_http_error(request: HttpRequest, exc: HttpError) -> HttpResponse:
    return _unreadable(request)


def on_failure(request: HttpRequest, exc: Exception) -> HttpResponse:
    """Anything else is a bug: logged whole, told in one sentence."""
    if isinstance(exc, (RequestDataTooBig, UnreadablePostError)):
        return _unreadable(request)
    log.exception("API %s %s failed", request.method, request.path, exc_info=exc)
    return problem(
        request, 500, "failure", "Máy chủ gặp lỗi; lỗi đã được ghi lại.", "The server failed; the fault is logged."
    )


HANDLERS: dict[type[Exception], Callable[[HttpRequest, Any], HttpResponse]] = {
    Refusal: on_refusal,
    NotAllowed: on_not_allowed,
    Http404: on_missing,
    ValidationError: on_invalid,
    HttpError: on_http_error,
    Exception: on_failure,
}
