"""What every operation for machines needs: problem details in two languages, pages by cursor, plain types for input.

Nothing here knows a domain word or an account; who may ask what is decided at the door (`org.web.door`).
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import urllib.parse
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Generic, TypeVar

from django.core import signing
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

from quantriet.kit.refusal import Refusal, Refusals

PROBLEM = "application/problem+json"
LIMIT = 50
MOST = 200
MOST_ERRORS = 100  # more errors than this in one answer help nobody

T = TypeVar("T")
M = TypeVar("M", bound=Model)


# --- input and output ---------------------------------------------------------------------------------------------


class Row(BaseModel):
    """Something that goes out, read from the attributes of a row or from a dict."""

    model_config = ConfigDict(from_attributes=True)


class Body(BaseModel):
    """Something that comes in; a field that is not known is a mistake of the sender and told."""

    model_config = ConfigDict(extra="forbid")


class Page(BaseModel, Generic[T]):
    """One page of a list; `next` is the address of the following one, or null at the end."""

    items: list[T]
    next: str | None = Field(description="Address of the next page; null at the end.")


class Named(Row):
    id: int
    name: str


class ProblemError(BaseModel):
    """One of several reasons: `pointer` is a JSON pointer into the body, `parameter` a name in the address."""

    code: str
    detail: str
    pointer: str | None = None
    parameter: str | None = None
    row: int | None = None


class OtherWords(BaseModel):
    """The same problem in the other language."""

    language: str
    title: str
    detail: str


class Problem(BaseModel):
    """Problem details (RFC 9457): `code` is stable, `title` and `detail` come in the language asked for."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    instance: str
    language: str
    other: OtherWords
    errors: list[ProblemError]


def _readable(value: str) -> str:
    if "\0" in value:
        raise ValueError("the character zero is not allowed")
    return value


def _near(moment: dt.datetime) -> dt.datetime:
    if not 1990 <= moment.year <= 2200:
        raise ValueError("the moment is out of range")
    return moment


# A key of a row; larger numbers fit no column.
Key = Annotated[int, Field(ge=1, le=2**63 - 1)]
Line = Annotated[str, AfterValidator(_readable), Field(max_length=400)]
Text = Annotated[str, AfterValidator(_readable), Field(max_length=20_000)]
Words = Annotated[str, AfterValidator(_readable), Field(max_length=200)]
Limit = Annotated[int, Field(ge=1, le=MOST, description="Most rows of one page.")]
Cursor = Annotated[str, Field(max_length=2000, description="Where the page begins: taken from `next`, never made.")]
Moment = Annotated[AwareDatetime, AfterValidator(_near)]


# --- problems -----------------------------------------------------------------------------------------------------

# Status → titles in Vietnamese and English.
_TITLES: dict[int, tuple[str, str]] = {
    400: ("Yêu cầu không đọc được", "The request cannot be read"),
    401: ("Chưa xác nhận được khóa truy cập", "The token was not accepted"),
    403: ("Không có quyền làm việc này", "Not allowed"),
    404: ("Không có mục này", "No such thing"),
    405: ("Địa chỉ không nhận cách gọi này", "Method not allowed"),
    409: ("Trái với điều đã ghi", "Conflict with what is stored"),
    413: ("Nội dung gửi lên quá lớn", "The body is too large"),
    415: ("Kiểu nội dung không nhận", "Unsupported content type"),
    422: ("Nội dung chưa hợp lệ", "The content was refused"),
    429: ("Gọi quá nhiều lần", "Too many requests"),
    500: ("Máy chủ gặp lỗi", "The server failed"),
}
# What codes of refusals end with when they mean "somebody or something was there first".
_CONFLICTS = ("_taken", "_already", "_has_one", "moved_since", ".gone", ".over", ".left", "nonce_reused", ".decided")


@dataclass(frozen=True)
class Told:
    """One reason in both languages, with the place it is about."""

    code: str
    vi: str
    en: str
    pointer: str | None = None
    parameter: str | None = None
    row: int | None = None


def language_of(request: HttpRequest) -> str:
    """ "vi" or "en": the first of the two that Accept-Language names, by weight; Vietnamese without any."""
    best, weight = "vi", 0.0
    for part in request.headers.get("Accept-Language", "")[:500].split(","):
        name, _, rest = part.strip().partition(";")
        short = name.strip().lower()[:2]
        try:
            q = float(rest.partition("=")[2]) if "=" in rest else 1.0
        except ValueError:
            q = 0.0
        if short in ("vi", "en") and q > weight:
            best, weight = short, q
    return best


def problem(
    request: HttpRequest,
    status: int,
    code: str,
    vi: str,
    en: str,
    *,
    errors: Sequence[Told] = (),
    headers: Mapping[str, str] | None = None,
) -> HttpResponse:
    """An answer that says why not, in the language asked for and beside it in the other."""
    language = language_of(request)
    is_vi = language == "vi"
    titles = _TITLES[status]
    content = {
        "type": f"urn:quantriet:problem:{code}",
        "title": titles[0 if is_vi else 1],
        "status": status,
        "detail": vi if is_vi else en,
        "code": code,
        "instance": request.path,
        "language": language,
        "other": {
            "language": "en" if is_vi else "vi",
            "title": titles[1 if is_vi else 0],
            "detail": en if is_vi else vi,
        },
        "errors": [
            {
                "code": one.code,
                "detail": one.vi if is_vi else one.en,
                "pointer": one.pointer,
                "parameter": one.parameter,
                "row": one.row,
            }
            for one in errors[:MOST_ERRORS]
        ],
    }
    # A lone half of a surrogate pair may come back from what was sent; it is shown as a question mark.
    text = json.dumps(content, ensure_ascii=False).encode("utf-8", "replace")
    response = HttpResponse(text, status=status, content_type=PROBLEM)
    response["Content-Language"] = language
    patch_vary_headers(response, ["Accept-Language"])
    for name, value in (headers or {}).items():
        response[name] = value
    return response


def status_of(code: str) -> int:
    """409 for refusals that something stored stands against, 422 for the others."""
    return 409 if code.endswith(_CONFLICTS) else 422


def _said(refusal: Refusal) -> Told:
    """A refusal in both languages: the rooms speak Vietnamese, the English words are those of its stable code."""
    subject, _, reason = refusal.code.rpartition(".")
    words = f"{subject.replace('_', ' ')}: {reason.replace('_', ' ')}" if subject else reason.replace("_", " ")
    pointer = f"/{refusal.field}" if refusal.field else None
    return Told(refusal.code, refusal.sentence, f"Refused ({words}).", pointer, None, refusal.row)


def refused(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    """The problem details of a refusal, or of several at once."""
    told = [_said(one) for one in refusal.several] if isinstance(refusal, Refusals) else [_said(refusal)]
    first = told[0] if told else _said(refusal)
    vi = " ".join(one.vi for one in told[:5]) or first.vi
    en = " ".join(one.en for one in told[:5]) or first.en
    code = first.code if len(told) == 1 else "several"
    return problem(request, status_of(code), code, vi, en, errors=told)


_INVALID = {
    "missing": "Thiếu trường bắt buộc này.",
    "extra_forbidden": "Trường này không có trong quy ước.",
    "string_too_long": "Dài quá mức cho phép.",
    "string_too_short": "Ngắn quá mức cho phép.",
    "enum": "Giá trị không nằm trong danh sách được nhận.",
    "int_parsing": "Phải là số nguyên.",
    "int_type": "Phải là số nguyên.",
    "bool_parsing": "Phải là true hoặc false.",
    "date_from_datetime_parsing": "Phải là ngày dạng 2026-03-09.",
    "date_parsing": "Phải là ngày dạng 2026-03-09.",
    "timezone_aware": "Giờ phải kèm múi giờ, ví dụ 2026-03-09T07:30:00+07:00.",
    "too_long": "Nhiều mục quá mức cho phép.",
    "too_short": "Ít mục quá mức cho phép.",
}
# The bounds a value has, by the kind of error, as pydantic names them.
_BOUNDED = {
    "greater_than_equal": ("ge", "Phải từ {} trở lên."),
    "greater_than": ("gt", "Phải lớn hơn {}."),
    "less_than_equal": ("le", "Phải không quá {}."),
    "less_than": ("lt", "Phải nhỏ hơn {}."),
    "string_too_long": ("max_length", "Dài quá {} ký tự."),
    "too_long": ("max_length", "Nhiều quá {} mục."),
}


def _bounds(kind: str, name: str, context: Mapping[str, Any]) -> tuple[str, str] | None:
    """What fits instead, in both languages (English only where pydantic's own words say less); None where no bound broke.

    A text with a check of its own counts as any sequence with pydantic; here a text has letters, not items.
    """
    if name == "limit" and kind in ("greater_than_equal", "less_than_equal"):
        return f"Phải là số từ 1 đến {MOST}.", f"Must be a number from 1 to {MOST}."
    if context.get("field_type") not in (None, "List", "Set", "Tuple", "Dictionary"):
        kind = {"too_long": "string_too_long", "too_short": "string_too_short"}.get(kind, kind)
    if kind in ("string_too_short", "too_short") and "min_length" in context:
        least = context["min_length"]
        if least == 1:
            return "Không được để trống.", ""
        return f"Phải có ít nhất {least} {'ký tự' if kind == 'string_too_short' else 'mục'}.", ""
    bound, words = _BOUNDED.get(kind, ("", ""))
    return (words.format(context[bound]), "") if bound in context else None


def invalid(request: HttpRequest, errors: Iterable[Mapping[str, Any]]) -> HttpResponse:
    """The problem details of input that does not fit the schema; `errors` as pydantic tells them."""
    told = []
    for one in errors:
        kind = str(one.get("type", "invalid"))
        source, *way = [str(part) for part in one.get("loc", ())] or ["body"]
        vi_bound, en_bound = _bounds(kind, way[-1] if way else "", one.get("ctx") or {}) or ("", "")
        vi = vi_bound or _INVALID.get(kind, "Giá trị không hợp lệ.")
        en = en_bound or str(one.get("msg", "Invalid value."))[:300]
        if source == "body":
            # The first step is the name of the parameter that holds the body.
            pointer = "/" + "/".join(step.replace("~", "~0").replace("/", "~1")[:100] for step in way[1:])
            told.append(Told(kind, vi, en, pointer if way[1:] else ""))
        else:
            told.append(Told(kind, vi, en, None, ".".join(way)[:100]))
    vi = f"Có {len(told)} chỗ chưa hợp lệ; xem mục errors."
    en = f"{len(told)} value(s) do not fit; see errors."
    return problem(request, 422, "invalid", vi, en, errors=told)


def unknown_parameters(request: HttpRequest, known: Sequence[str]) -> HttpResponse | None:
    """The problem details of names in the address that the operation does not know; None without any.

    A misspelt filter that were passed over would give everything, and nobody would notice.
    """
    strange = [name[:100] for name in request.GET if name not in known][:MOST_ERRORS]
    if not strange:
        return None
    listed = ", ".join(known)
    told = [
        Told(
            "parameter.unknown",
            f"Không có tham số “{name}”. "
            + (f"Địa chỉ này nhận: {listed}." if known else "Địa chỉ này không nhận tham số."),
            f"There is no parameter “{name}”. " + (f"Known here: {listed}." if known else "None is known here."),
            None,
            name,
        )
        for name in strange
    ]
    return problem(request, 422, "parameter.unknown", told[0].vi, told[0].en, errors=told)


# --- pages by cursor ----------------------------------------------------------------------------------------------


class CursorWrong(Refusal):
    """A cursor that was not made here, or for another list."""

    def __init__(self) -> None:
        super().__init__(
            "cursor.invalid", "Con trỏ trang (cursor) không đúng; hãy gọi lại danh sách từ trang đầu.", field=None
        )


def paged(
    request: HttpRequest,
    rows: QuerySet[M],
    order: Sequence[str],
    *,
    limit: int,
    cursor: str,
    show: Callable[[list[M]], list[Any]] | None = None,
) -> dict[str, Any]:
    """One page of `rows` by the list's own order, all columns one way; the last of them is a key that occurs once.

    The cursor holds the last row's values, signed for this list with these filters: rows that come or go in between
    neither repeat nor hide another. `show` may read what belongs to the rows of the page, or change their form.
    """
    names = [column.removeprefix("-") for column in order]
    is_down = order[0].startswith("-")
    salt = _salt(request)
    if cursor:
        rows = rows.filter(_behind(names, _read_cursor(cursor, salt, len(names)), is_down))
    found = list(rows.order_by(*order)[: limit + 1])
    following = None
    if len(found) > limit:
        found = found[:limit]
        last = [_plain(_value(found[-1], name)) for name in names]
        following = _address(request, signing.dumps(last, salt=salt))
    answer = {"items": show(found) if show else found, "next": following}
    if following:
        request.api_links = f'<{following}>; rel="next"'  # type: ignore[attr-defined]
    return answer


def _salt(request: HttpRequest) -> str:
    filters = sorted((k, v) for k in request.GET for v in request.GET.getlist(k) if k not in ("cursor", "limit"))
    return "api-cursor:" + hashlib.sha256(json.dumps([request.path, filters]).encode()).hexdigest()


def _read_cursor(text: str, salt: str, length: int) -> list[Any]:
    try:
        values = signing.loads(text, salt=salt)
    except (signing.BadSignature, ValueError, TypeError):
        raise CursorWrong from None
    if not isinstance(values, list) or len(values) != length:
        raise CursorWrong
    return values


def _behind(names: Sequence[str], values: Sequence[Any], is_down: bool) -> Q:
    """The condition "comes after these values"; the first column is bounded by itself so that its index serves."""
    beyond, upto = ("lt", "lte") if is_down else ("gt", "gte")
    condition = Q(**{f"{names[-1]}__{beyond}": values[-1]})
    for name, value in reversed(list(zip(names[:-1], values[:-1], strict=True))):
        condition = Q(**{f"{name}__{upto}": value}) & (Q(**{f"{name}__{beyond}": value}) | condition)
    return condition


def _value(row: Any, name: str) -> Any:
    for step in name.split("__"):
        row = getattr(row, step)
    return row


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, dt.date) else value


def _address(request: HttpRequest, cursor: str) -> str:
    kept = [(k, v) for k in request.GET for v in request.GET.getlist(k) if k != "cursor"]
    return request.build_absolute_uri(f"{request.path}?{urllib.parse.urlencode([*kept, ('cursor', cursor)])}")
