"""The portal: pages for everyone, feeds, pictures, and the form for questions. Nothing here asks who is looking."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core import signing
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from quantriet.kit.numbers import whole_number
from quantriet.kit.refusal import refusals_on
from quantriet.kit.time import now, show_day, today
from quantriet.kit.web import page, saved
from quantriet.library.models import MasterVersion, PublicDocument
from quantriet.library.queries import lives, materials
from quantriet.library.queries import public as documents
from quantriet.library.queries.masters import pictures_of
from quantriet.library.rules.compare import compare
from quantriet.library.rules.products.content import GROUP_NAMES
from quantriet.library.vocab import Audience, Channel, PartKind
from quantriet.org.web.pages import client_address, public_page
from quantriet.portal.actions import questions as question_actions
from quantriet.portal.queries import public as queries
from quantriet.portal.rules import news as news_rules
from quantriet.portal.rules import questions as question_rules
from quantriet.portal.rules import share as share_rules
from quantriet.portal.vocab import PageKind
from quantriet.portal.web import shared
from quantriet.portal.web.forms import QuestionForm
from quantriet.portal.web.fresh import fresh_page
from quantriet.portal.web.materials import public_materials
from quantriet.portal.web.parts import groups_of

PAGE = 20
MOST_CHANGES = 40


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """The few places of the portal, with the present one marked."""
    places = [
        (_("Home page"), "home"), (_("News"), "public-news"), (_("Documents"), "public-documents"),
        (_("Questions and answers"), "public-questions"), (_("Search"), "public-search"),
    ]  # fmt: skip
    here = request.resolver_match.url_name if request.resolver_match else ""
    lives_in = {
        "public-news-article": "public-news",
        "public-document": "public-documents",
        "public-ask": "public-questions",
        "public-answer": "public-questions",
    }
    return [
        {"label": label, "url": reverse(name), "current": name in (here, lives_in.get(here or ""))}
        for label, name in places
    ]


@dataclass(frozen=True)
class Card:
    """What programs are told of a page: its lasting address, kind, words and picture."""

    path: str
    title: str
    description: str
    kind: str = "website"
    picture: str = ""
    published: str = ""
    is_square: bool = False  # the picture is 1080 × 1080, else 1200 × 630

    @property
    def address(self) -> str:
        return settings.SITE_ADDRESS.rstrip("/") + self.path

    @property
    def picture_address(self) -> str:
        return settings.SITE_ADDRESS.rstrip("/") + self.picture if self.picture else ""


def shown(request: HttpRequest, template: str, card: Card, context: dict[str, Any], status: int = 200) -> HttpResponse:
    """A page of the portal."""
    context = {
        "public_navigation": navigation(request), "card": card,
        "without_csrf": getattr(request, "is_public_page", False), **context,
    }  # fmt: skip
    return page(request, f"portal/public/{template}.html", context, status=status)


def paged(request: HttpRequest, rows: Any) -> Any:
    """One page of a list, as `ui/paging` shows it."""
    return Paginator(rows, PAGE).get_page(whole_number(request.GET.get("page"), least=1) or 1)


@fresh_page(PageKind.HOME)
def front(request: HttpRequest) -> HttpResponse:
    found = queries.front()
    name = found.publisher.name if found.publisher else "Học tập nghị quyết"
    lead = "Nghị quyết, chỉ thị, kết luận và điều mỗi người cần biết: nội dung cốt lõi, điểm mới, hỏi và đáp."
    context = {"front": found, "name": name, "lead": lead, "photos": _photos(found)}
    return shown(request, "home", Card("/", name, lead), context)


@dataclass(frozen=True)
class Photo:
    """A picture of the home page, what it shows, and where it leads; width and height in pixels, 0 where unknown.

    A brought work is sent as it was brought; pictures made by the house are offered narrower too (`is_offered_narrower`).
    """

    title: str
    alt: str
    picture: str
    url: str
    width: int
    height: int
    is_offered_narrower: bool = False


def _photos(found: queries.Front) -> list[Photo]:
    """Visual panels first, then pictures of the latest news (R-127)."""
    panels = [
        Photo(
            one.title, one.words or one.title, reverse("public-document-work", args=[key, one.pk]),
            f"{reverse('public-document', args=[key])}#work-{one.pk}", one.width, one.height,
        )
        for one in found.panels
        if (key := one.document)  # type: ignore[attr-defined]  # of the query
    ]  # fmt: skip
    pictured = [
        Photo(
            one.title, one.picture_alt, reverse("public-news-picture", args=[one.pk]),
            reverse("public-news-article", args=[one.pk]), one.picture_width, one.picture_height, is_offered_narrower=True,
        )
        for one in found.pictured
    ]  # fmt: skip
    return [*panels, *pictured][: queries.PHOTOS]


# --- news ---------------------------------------------------------------------------------------------------------------------


@fresh_page(PageKind.NEWS_LIST, params=("page", "document"))
def news_list(request: HttpRequest) -> HttpResponse:
    """News by date; `?document=` those about one document."""
    rows = queries.news()
    about = None
    key = whole_number(request.GET.get("document"))
    if key is not None:
        about = documents.listed().filter(document=key).first()
        if about is None:
            raise Http404
        rows = rows.filter(documents=key)
    title = _("News")
    return shown(
        request, "news_list", Card(reverse("public-news"), title, _("News by date")),
        {"news": paged(request, rows), "about": about},
    )  # fmt: skip


@fresh_page(PageKind.NEWS)
def news_article(request: HttpRequest, pk: int) -> HttpResponse:
    article = queries.news().defer(None).filter(pk=pk).first()
    if article is None:
        raise Http404
    path = reverse("public-news-article", args=[pk])
    card = Card(
        path, article.title, article.lead, "article", reverse("public-news-share", args=[pk]), article.day.isoformat()
    )
    context = {
        "article": article,
        "blocks": news_rules.blocks(article.body),
        "documents": documents.public_among(article.documents.values_list("pk", flat=True)),
        "picture": reverse("public-news-picture", args=[pk]) if article.picture else "",
    }
    return shown(request, "news", card, context)


@public_page
def news_picture(request: HttpRequest, pk: int) -> HttpResponse:
    article = queries.news().filter(pk=pk).exclude(picture="").first()
    if article is None:
        raise Http404
    return shared.picture(request, str(article.picture.name))


@public_page
def news_share(request: HttpRequest, pk: int) -> HttpResponse:
    article = queries.news().filter(pk=pk).first()
    if article is None:
        raise Http404
    said = share_rules.content(
        over=show_day(article.day), title=article.title, points=[article.lead], foot=article.unit.name
    )
    return shared.share_picture(request, said)


# --- documents ----------------------------------------------------------------------------------------------------------------


@fresh_page(PageKind.DOCUMENT_LIST, params=("page",))
def document_list(request: HttpRequest) -> HttpResponse:
    rows = documents.listed().order_by("-issued_on", "-pk")
    card = Card(reverse("public-documents"), _("Documents"), _("Documents that were published, the latest first"))
    return shown(request, "documents", card, {"documents": paged(request, rows)})


def _document(pk: int) -> PublicDocument:
    found = documents.documents().filter(document=pk).first()
    if found is None:
        raise Http404
    return found


@fresh_page(PageKind.DOCUMENT)
def document(request: HttpRequest, pk: int) -> HttpResponse:
    """Everything public of a document on one page: points, figures, questions, what it means for people, its text."""
    found = _document(pk)
    paper = found.document
    kind = documents.type_name(paper)
    path = reverse("public-document", args=[pk])
    card = Card(
        path, f"{kind} {paper.reference_number}", paper.subject, "article", reverse("public-document-share", args=[pk]),
        paper.issued_on.isoformat(), found.version is not None and materials.released_square(found.version) is not None,
    )  # fmt: skip
    life = lives([paper], today())[pk]
    clauses = documents.clauses_of(found)
    asked = list(queries.questions().filter(document=pk)[: queries.QUESTIONS])
    context = {
        "shown": found,
        "paper": paper,
        "kind": kind,
        "life": life,
        "groups": groups_of(
            documents.public_parts(found.version), document=pk, clauses=clauses, with_questions=bool(asked)
        ),
        "pictures": [
            (one, reverse("public-document-picture", args=[pk, one.id]))
            for one in (pictures_of(found.version) if found.version else ())
        ],
        "works": list(materials.released_works(found.version)) if found.version else (),
        "materials": public_materials(found),
        "changes": _changes(documents.previous_version(found), found.version),
        "clauses": clauses,
        "placements": [(one, Channel(one.channel).label) for one in documents.placed_with_link(found)],
        "related": documents.related_to(found),
        "news": queries.news().filter(documents=pk)[: queries.LATEST],
        "asked": asked,
        "ask": f"{reverse('public-ask')}?document={pk}",
    }
    return shown(request, "document", card, context)


def _changes(old: MasterVersion | None, new: MasterVersion | None) -> list[tuple[str, str, Any]]:
    """What changed for the public since the version before: (fate, kind of part, pieces of its words)."""
    if old is None or new is None:
        return []
    before, after = (
        [one for one in version.content["parts"] if Audience.PUBLIC in one["audiences"]] for version in (old, new)
    )
    rows = [one for one in compare(before, after) if one.fate in ("added", "removed", "changed")]
    return [
        (
            one.fate,
            GROUP_NAMES[PartKind(one.kind)],
            [field.pieces for field in one.fields if field.name in ("title", "text", "value")],
        )
        for one in rows[:MOST_CHANGES]
    ]


@public_page
def document_picture(request: HttpRequest, pk: int, picture: int) -> HttpResponse:
    """A picture of the published version."""
    version = _document(pk).version
    found = next((one for one in pictures_of(version) if one.id == picture), None) if version else None
    if found is None:
        raise Http404
    return shared.picture(request, found.file)


@public_page
def document_work(request: HttpRequest, pk: int, work: int) -> HttpResponseBase:
    """The file of an approved verse, clip or visual panel that goes with the published version; a part of it for players."""
    version = _document(pk).version
    rows = materials.released_works(version).exclude(file="") if version else None
    one = rows.filter(pk=work).first() if rows is not None else None
    if one is None:
        raise Http404
    return shared.work(request, one)


@public_page
def document_share(request: HttpRequest, pk: int) -> HttpResponse:
    """The picture of a shared link: the first 1:1 picture of the infographic for the public, else one drawn of the points."""
    found = _document(pk)
    square = materials.released_square(found.version) if found.version else None
    if square is not None:
        return shared.picture(request, str(square.file.name))
    parts = documents.public_parts(found.version)
    points = [one.text or one.title for one in parts if one.kind in (PartKind.NEW, PartKind.CORE)]
    said = share_rules.content(
        over=f"{documents.type_name(found.document)} {found.document.reference_number}",
        title=found.document.subject, points=points, foot=found.document.issuing_body,
    )  # fmt: skip
    return shared.share_picture(request, said)


# --- search -------------------------------------------------------------------------------------------------------------------


@fresh_page(PageKind.SEARCH, params=("q", "page"))
def search(request: HttpRequest) -> HttpResponse:
    typed = request.GET.get("q", "").strip()[:60]
    found = queries.search(typed, whole_number(request.GET.get("page"), least=1) or 1)
    card = Card(reverse("public-search"), _("Search"), _("Search in documents, news, questions and answers"))
    return shown(request, "search", card, {
        "typed": typed, "found": found, "is_asked": bool(typed), "previous_page": found.page - 1, "next_page": found.page + 1,
    })  # fmt: skip


# --- questions ----------------------------------------------------------------------------------------------------------------

_FORM = "quantriet.portal.ask"


@fresh_page(PageKind.QUESTIONS, params=("page",))
def question_list(request: HttpRequest) -> HttpResponse:
    card = Card(reverse("public-questions"), _("Questions and answers"), _("Questions of the public and their answers"))
    return shown(request, "questions", card, {"asked": paged(request, queries.questions())})


@fresh_page(PageKind.QUESTIONS)
def answer(request: HttpRequest, pk: int) -> HttpResponse:
    """One question with its answer: what a search found, and what is passed on as a link."""
    found = queries.questions().filter(pk=pk).first()
    if found is None:
        raise Http404
    card = Card(
        reverse("public-answer", args=[pk]), Truncator(found.shown_words).chars(90), Truncator(found.answer).chars(160)
    )
    is_public = found.document_id is not None and documents.documents().filter(document=found.document_id).exists()
    return shown(request, "answer", card, {"one": found, "is_public_document": is_public})


def form_mark() -> str:
    """The signed hour and number of a form that is handed out."""
    return signing.dumps({"nonce": secrets.token_urlsafe(12)}, salt=_FORM)


def _read_mark(mark: str) -> tuple[str, str]:
    """(nonce, "") of a form in its time; else a sentence. The signature keeps its own hour."""
    try:
        nonce = signing.loads(mark, salt=_FORM, max_age=question_rules.LATEST)["nonce"]
    except signing.SignatureExpired:
        return "", "Trang này mở đã lâu; nội dung vẫn còn bên dưới, hãy bấm gửi lần nữa."
    except (signing.BadSignature, KeyError, TypeError):
        return "", "Không đọc được dấu của biểu mẫu; nội dung vẫn còn bên dưới, hãy bấm gửi lần nữa."
    try:
        signing.loads(mark, salt=_FORM, max_age=question_rules.SOONEST)
    except signing.SignatureExpired:
        return nonce, ""  # older than the shortest time that a person needs
    return "", "Biểu mẫu vừa mở đã gửi; hãy đợi vài giây rồi bấm gửi lần nữa."


@public_page
def ask(request: HttpRequest) -> HttpResponse:
    """The form for a question; `?document=` asks about a document before the public."""
    key = whole_number(request.POST.get("document") or request.GET.get("document"))
    about = (
        documents.listed().select_related("document__unit").filter(document=key).first() if key is not None else None
    )
    unit = about.document.unit if about else queries.publisher()
    form = QuestionForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and unit is not None:
        if form.cleaned_data["website"]:
            # Filled in by a program alone: it is thanked and nothing is kept.
            return saved(request, to=reverse("public-asked"))
        nonce, fault = _read_mark(form.cleaned_data["mark"])
        if fault:
            form.add_error(None, fault)
        else:
            given = {name: form.cleaned_data[name] for name in ("words", "name", "email", "may_publish")}
            with refusals_on(form):
                question_actions.send_question(
                    unit, document=about.document if about else None, nonce=nonce, address=client_address(request),
                    at=now(), **given,
                )  # fmt: skip
                return saved(request, to=reverse("public-asked"))
    given_mark = request.POST.get("mark", "")
    mark = given_mark if given_mark and _is_young(given_mark) else form_mark()
    card = Card(reverse("public-ask"), _("Ask a question"), _("Ask a question"))
    context = {"form": form, "about": about, "unit": unit, "mark": mark}
    answer = shown(request, "ask", card, context, status=422 if form.errors else 200)
    answer["Cache-Control"] = "no-store"
    return answer


def _is_young(mark: str) -> bool:
    try:
        signing.loads(mark, salt=_FORM, max_age=question_rules.LATEST)
    except signing.BadSignature:
        return False
    return True


@public_page
def asked(request: HttpRequest) -> HttpResponse:
    card = Card(reverse("public-asked"), _("Thank you"), "")
    return shown(request, "asked", card, {"days": question_rules.SENDER_KEPT.days})
