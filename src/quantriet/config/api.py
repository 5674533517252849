"""The API as a whole: the rooms' operations under /api/v1/, its description (OpenAPI 3.1) and the page that shows it.

The page is ours, made from the description: the pages that come with the library need inline scripts, which the content
policy forbids.
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils.translation import gettext, gettext_noop
from django.views.decorators.http import require_GET
from ninja import NinjaAPI
from ninja.renderers import JSONRenderer
from ninja.utils import normalize_path, replace_path_param_notation

from quantriet.attendance.web import api as attendance
from quantriet.campaigns.web import api as campaigns
from quantriet.classes.web import api as classes
from quantriet.kit.web import page
from quantriet.kit.web.api import PROBLEM, problem
from quantriet.library.web import api as library
from quantriet.org.vocab import Permission
from quantriet.org.web import api as org
from quantriet.org.web.door import HANDLERS, opened
from quantriet.org.web.pages import public_page
from quantriet.reports.web import api as reports
from quantriet.speakers.web import api as speakers

PREFIX = "api/v1"
ROUTERS = [
    org.units, org.people, library.door, speakers.door, campaigns.campaigns, campaigns.duties, campaigns.boards, classes.door,
    attendance.rolls, attendance.excuses, reports.door,
]  # fmt: skip


# What the page calls the operations of one tag.
SUBJECTS = {
    "units": gettext_noop("Units"),
    "people": gettext_noop("People"),
    "documents": gettext_noop("Documents"),
    "speakers": gettext_noop("Reporters"),
    "campaigns": gettext_noop("Study campaigns"),
    "duties": gettext_noop("Duties"),
    "boards": gettext_noop("Boards"),
    "classes": gettext_noop("Classes"),
    "rolls": gettext_noop("Roll call"),
    "excuses": gettext_noop("Excuses"),
    "reports": gettext_noop("Reports"),
}


class Renderer(JSONRenderer):
    """Vietnamese letters as they are."""

    json_dumps_params = {"ensure_ascii": False}


API = NinjaAPI(
    title="Quán triệt",
    version="1",
    description="Units, people, documents, reporters, campaigns, classes, rolls, duties, boards and reports, with the access rules of the desk.",
    renderer=Renderer(),
    docs_url=None,
    openapi_url=None,
    urls_namespace="api",
)
for router in ROUTERS:
    API.add_router("", router)
for kind, handler in HANDLERS.items():
    API.add_exception_handler(kind, handler)


@cache
def description() -> dict[str, Any]:
    """The OpenAPI document: what the library makes of the operations, with our way in and the type of our problems."""
    schema = json.loads(json.dumps(API.get_openapi_schema(path_prefix=f"/{PREFIX}"), default=str))
    schema["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    schema["security"] = [{"token": []}]
    schema["servers"] = [{"url": "/"}]
    for operations in schema["paths"].values():
        for operation in operations.values():
            operation["responses"] = {
                status: _as_problem(answer) if int(status) >= 400 else answer
                for status, answer in operation["responses"].items()
            }
    return schema


def _as_problem(answer: dict[str, Any]) -> dict[str, Any]:
    content = next(iter(answer["content"].values()))
    return answer | {"content": {PROBLEM: content}}


@require_GET
@public_page
def openapi(request: HttpRequest) -> HttpResponse:
    return HttpResponse(json.dumps(description(), ensure_ascii=False), content_type="application/json")


def _type_words(schema: dict[str, Any]) -> str:
    """What a value is, in a word or two of JSON."""
    if "$ref" in schema:
        return schema["$ref"].rsplit("/", 1)[-1]
    if "anyOf" in schema:
        return " | ".join(dict.fromkeys(_type_words(one) for one in schema["anyOf"]))
    if schema.get("type") == "array":
        return f"[{_type_words(schema.get('items', {}))}]"
    kind = schema.get("format") or schema.get("type", "any")
    if "enum" in schema:
        kind = " | ".join(json.dumps(one) for one in schema["enum"])
    return kind


def _fields(schema: dict[str, Any]) -> list[dict[str, Any]]:
    required = set(schema.get("required", []))
    return [
        {"name": name, "type": _type_words(one), "required": name in required, "about": one.get("description", "")}
        for name, one in schema.get("properties", {}).items()
    ]


@cache
def _sections() -> list[dict[str, Any]]:
    """The operations by subject, as the page shows them; the words that people read are translated when shown."""
    schema = description()
    sections: dict[str, list[dict[str, Any]]] = {}
    for route, operations in schema["paths"].items():
        for method, one in operations.items():
            body = one.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
            success = next((status for status in one["responses"] if status.startswith("2")), "200")
            content = next(iter(one["responses"][success].get("content", {}).items()), ("", {}))
            sections.setdefault(one["tags"][0], []).append(
                {
                    "id": one["operationId"],
                    "method": method.upper(),
                    "route": route,
                    "summary": one["summary"],
                    "about": one.get("description", ""),
                    "scope": one["x-scope"],
                    "parameters": [
                        {
                            "name": p["name"],
                            "where": p["in"],
                            "type": _type_words(p["schema"]),
                            "required": p.get("required", False),
                            "about": p.get("description", ""),
                        }
                        for p in one.get("parameters", [])
                    ],
                    "body": _type_words(body) if body else "",
                    "success": success,
                    "answer": _type_words(content[1]["schema"]) if content[1].get("schema") else content[0],
                }
            )
    return [{"tag": tag, "operations": operations} for tag, operations in sections.items()]


@require_GET
@public_page
def reference(request: HttpRequest) -> HttpResponse:
    """The reference for people, without any script or outside host."""
    sections = [
        {
            "tag": section["tag"],
            "words": gettext(SUBJECTS[section["tag"]]),
            "operations": [
                one | {"words": gettext(one["summary"]), "scope_words": Permission(one["scope"]).label}
                for one in section["operations"]
            ],
        }
        for section in _sections()
    ]
    schemas = [
        {"name": name, "about": one.get("description", ""), "fields": _fields(one), "type": _type_words(one)}
        for name, one in sorted(description()["components"]["schemas"].items())
    ]
    return page(request, "config/api.html", {"sections": sections, "schemas": schemas})


@public_page
def unknown(request: HttpRequest, rest: str = "") -> HttpResponse:
    """Every other address below: a machine is told so in its own form."""
    return problem(request, 404, "not_found", "Không có địa chỉ này.", "There is no such address.")


unknown.csrf_exempt = True  # type: ignore[attr-defined]


def _operations() -> list[Any]:
    patterns = []
    for bound in API._get_bound_routers():
        for route, path_view in bound.path_operations.items():
            address = normalize_path("/".join([PREFIX, replace_path_param_notation(route)])).lstrip("/")
            patterns.append(path(address, opened(path_view.operations), name=f"api-{_name(path_view)}"))
    return patterns


def _name(path_view: Any) -> str:
    return path_view.operations[0].view_func.__name__.replace("_", "-")


urlpatterns = [
    path(f"{PREFIX}/", reference, name="api"),
    path(f"{PREFIX}/openapi.json", openapi, name="api-description"),
    *_operations(),
    path("api/<path:rest>", unknown, name="api-unknown"),
]
