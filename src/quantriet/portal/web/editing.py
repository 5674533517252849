"""The desk of the portal: news from draft to publication, questions of the public, which pages are read."""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

from django.db.models import Q
from django.forms import Form
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from quantriet.kit import text
from quantriet.kit.refusal import NotAllowed, Refusal, Refusals, refusals_on
from quantriet.kit.spreadsheets import OutColumn, Sheet, write_workbook
from quantriet.kit.time import now, parse_day, show_day, today
from quantriet.kit.web import Chip, download, listing, page, query, saved
from quantriet.library.queries import public as documents
from quantriet.org import access as org_access
from quantriet.org.vocab import Permission
from quantriet.org.web.pages import DeskRequest, desk_page
from quantriet.portal import access
from quantriet.portal.actions import news as news_actions
from quantriet.portal.actions import questions as question_actions
from quantriet.portal.actions.reads import write_waiting
from quantriet.portal.models import NewsArticle, PublicQuestion
from quantriet.portal.queries import answers_to_publish
from quantriet.portal.queries import reads as read_queries
from quantriet.portal.rules import news as news_rules
from quantriet.portal.rules import questions as question_rules
from quantriet.portal.vocab import NewsState, PageKind, QuestionState
from quantriet.portal.web import shared
from quantriet.portal.web.forms import (
    TO_PUBLISH,
    AnswerForm,
    ApproveForm,
    AsideForm,
    NewsFilter,
    NewsForm,
    PictureForm,
    QuestionFilter,
    ReadsFilter,
    RemarkForm,
    RevisionForm,
    ShownForm,
)

_VIEW, _EDIT = Permission.DOCUMENT_VIEW, Permission.DOCUMENT_EDIT
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PERIOD = dt.timedelta(days=29)
SIGNS = {
    NewsState.DRAFT: "silent",
    NewsState.SUBMITTED: "owing",
    NewsState.APPROVED: "owing",
    NewsState.PUBLISHED: "done",
    NewsState.WITHDRAWN: "exempt",
}
QUESTION_SIGNS = {
    QuestionState.WAITING: "owing",
    QuestionState.ANSWERED: "done",
    QuestionState.SET_ASIDE: "exempt",
}


def _tabs(request: DeskRequest, here: str) -> list[dict[str, Any]]:
    tabs = [(_("News"), "news-list")]
    if org_access.may_anywhere(request.account, _EDIT):
        tabs += [(_("Questions of the public"), "public-question-list"), (_("Pages read"), "reads")]
    return [{"label": label, "url": reverse(name), "current": name == here} for label, name in tabs]


def _workbook(title: str, columns: list[OutColumn], lines: Iterable[Mapping[str, Any]], name: str) -> HttpResponse:
    file: Any = tempfile.TemporaryFile(suffix=".xlsx")  # noqa: SIM115  (the response closes it)
    write_workbook(file, [Sheet(title, columns, lines)], at=now(), title=title)
    file.seek(0)
    return download(file, name=name, kind=XLSX)


def _crumbs(*crumbs: tuple[str, str]) -> dict[str, Any]:
    return {"breadcrumb": [{"label": label, "url": url} for label, url in crumbs]}


def _form_page(
    request: DeskRequest, form: Form, heading: str, back: str, *, lead: str = "", submit: str = "", danger: bool = False,
    crumbs: tuple[tuple[str, str], ...] = (),
) -> HttpResponse:  # fmt: skip
    context = {
        "form": form, "heading": heading, "back": back, "lead": lead, "submit": submit or _("Save"), "danger": danger,
        **_crumbs((_("Public portal"), reverse("news-list")), *crumbs),
    }  # fmt: skip
    return page(request, "portal/desk/portal_form.html", context, status=422 if form.errors else 200)


def _tried(request: DeskRequest, form: Form, unit: Any, where: str, act: Callable[[], object]) -> bool:
    """Do it and say whether it was done; refusals stand on the form, and marked content is noted without a word of it."""
    try:
        act()
    except Refusal as refusal:
        told = refusal.several if isinstance(refusal, Refusals) else [refusal]
        if any(one.code.startswith("secret") for one in told):
            news_actions.note_marked_words(unit, by=request.account, at=now(), where=where)
        with refusals_on(form):
            raise
        return False
    return True


# --- news ---------------------------------------------------------------------------------------------------------------------


@desk_page(_VIEW)
def news_list(request: DeskRequest) -> HttpResponse:
    """News of one's units: what waits stands first."""
    rows = access.news_seen_by(request.account).select_related("unit").defer("body", "words")
    chips = []
    words = request.GET.get("q", "").strip()[:100]
    if words:
        for word in text.index_words(words):
            rows = rows.filter(words__contains=word)
        chips.append(Chip(f"“{words}”", query(request, q=None, page=None)))
    state = request.GET.get("state", "")
    if state in list(NewsState):
        rows = rows.filter(state=state)
        chips.append(Chip(NewsState(state).label, query(request, state=None, page=None)))
    if request.GET.get("format") == "xlsx":
        return _news_excel(rows.order_by("-day", "-pk"))
    found = listing(
        request, rows, default_sort="-day", chips=chips,
        sorts={"day": ["day"], "title": ["title"], "state": ["state"], "due": ["publish_at"]},
    )  # fmt: skip
    context = {
        "news": found,
        "lines": [(one, NewsState(one.state), SIGNS[NewsState(one.state)]) for one in found],
        "q": words,
        "filters": NewsFilter(request.GET),
        "may_edit": access.publishing_unit(request.account) is not None,
        "tabs": _tabs(request, "news-list"),
    }
    return page(request, "portal/desk/news_list.html", context)


def _news_excel(rows: Any) -> HttpResponse:
    columns = [
        OutColumn("day", "Ngày", kind="day"),
        OutColumn("title", "Tên tin", width=60),
        OutColumn("lead", "Lời dẫn", width=60),
        OutColumn("unit", "Đơn vị", width=30),
        OutColumn("state", "Tình trạng"),
        OutColumn("due", "Hẹn đăng", kind="moment"),
        OutColumn("published", "Đã đăng", kind="moment"),
    ]
    lines = (
        {
            "day": one.day, "title": one.title, "lead": one.lead, "unit": one.unit.name, "state": NewsState(one.state).label,
            "due": one.publish_at, "published": one.published_at,
        }
        for one in rows.iterator(chunk_size=500)
    )  # fmt: skip
    return _workbook("Tin trên cổng", columns, lines, "tin-tren-cong.xlsx")


@desk_page(_EDIT)
def news_new(request: DeskRequest) -> HttpResponse:
    unit = access.publishing_unit(request.account)
    if unit is None:
        raise NotAllowed
    form = NewsForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        made: list[NewsArticle] = []

        def act() -> None:
            made.append(news_actions.draft_news(unit, form.said(), by=request.account, at=now()))

        if _tried(request, form, unit, "tin", act):
            return saved(request, to=reverse("news", args=[made[0].pk]), message=_("The draft is saved."))
    return _form_page(request, form, _("New piece of news"), reverse("news-list"), submit=_("Save the draft"))


@desk_page(_VIEW)
def news(request: DeskRequest, pk: int) -> HttpResponse:
    """One piece of news as the public will read it, with its next step."""
    article = access.get_news(request.account, pk)
    state = NewsState(article.state)
    context = {
        "article": article,
        "state": state,
        "sign": SIGNS[state],
        "blocks": news_rules.blocks(article.body),
        "documents": article.documents.order_by("pk").only("reference_number", "subject"),
        "may_edit": org_access.may(request.account, _EDIT, article.unit),
        "own_submission": article.submitted_by_id == request.account.pk,
        "revision": RevisionForm(initial={"revision": article.revision}),
        **_crumbs((_("Public portal"), reverse("news-list"))),
    }
    return page(request, "portal/desk/news.html", context)


@desk_page(_EDIT)
def news_edit(request: DeskRequest, pk: int) -> HttpResponse:
    article = access.get_news(request.account, pk, _EDIT)
    form = NewsForm(request.POST or None, initial=NewsForm.of(article))
    if request.method == "POST" and form.is_valid():

        def act() -> None:
            revision = form.cleaned_data["revision"] or 0
            news_actions.change_news(article, form.said(), revision=revision, by=request.account, at=now())

        if _tried(request, form, article.unit, "tin", act):
            return saved(request, to=reverse("news", args=[pk]), message=_("The draft is saved."))
        _show_revision(form, article)
    return _of_news(request, article, form, _("Edit"))


def _show_revision(form: Form, article: NewsArticle) -> None:
    """The page that answers shows what stands now, and so the next press is about that."""
    if "revision" in form.fields:
        data: Any = form.data.copy()
        data["revision"] = str(article.revision)
        form.data = data


def _of_news(request: DeskRequest, article: NewsArticle, form: Form, heading: str, **more: Any) -> HttpResponse:
    back = reverse("news", args=[article.pk])
    return _form_page(request, form, heading, back, crumbs=((article.title, back),), **more)


@desk_page(_VIEW)
def news_picture(request: DeskRequest, pk: int) -> HttpResponse:
    article = access.get_news(request.account, pk)
    if not article.picture:
        raise Http404
    return shared.picture(request, str(article.picture.name))


@desk_page(_EDIT)
def news_picture_edit(request: DeskRequest, pk: int) -> HttpResponse:
    """Set the picture; the button `remove` takes it away."""
    article = access.get_news(request.account, pk, _EDIT)
    form = PictureForm(request.POST or None, request.FILES or None, initial={"alt": article.picture_alt})
    if request.method == "POST" and "remove" in request.POST:
        form = PictureForm({}, {})
        form.errors.clear()
        if _tried(
            request, form, article.unit, "ảnh của tin",
            lambda: news_actions.remove_picture(article, by=request.account, at=now()),
        ):  # fmt: skip
            return saved(request, to=reverse("news", args=[pk]), message=_("Done."))
    elif request.method == "POST" and form.is_valid():
        upload = form.cleaned_data["file"]
        if _tried(
            request, form, article.unit, "ảnh của tin",
            lambda: news_actions.set_picture(
                article, content=upload.read(), name=upload.name or "", alt=form.cleaned_data["alt"], by=request.account, at=now()
            ),
        ):  # fmt: skip
            return saved(request, to=reverse("news", args=[pk]), message=_("Done."))
    return _of_news(request, article, form, _("Picture of the news"))


def _step(
    request: DeskRequest, pk: int, form_class: type[Form], heading: str, act: Callable[[NewsArticle, Form], object],
    *, submit: str, lead: str = "", danger: bool = False,
) -> HttpResponse:  # fmt: skip
    """A page with one form that takes a piece of news a step on."""
    article = access.get_news(request.account, pk, _EDIT)
    form = form_class(request.POST or None, initial={"revision": article.revision})
    if request.method == "POST" and form.is_valid():
        if _tried(request, form, article.unit, "tin", lambda: act(article, form)):
            return saved(request, to=reverse("news", args=[pk]), message=_("Done."))
        _show_revision(form, article)
    return _of_news(request, article, form, heading, submit=submit, lead=lead, danger=danger)


@desk_page(_EDIT)
def news_submit(request: DeskRequest, pk: int) -> HttpResponse:
    return _step(
        request, pk, RevisionForm, _("Submit for approval"),
        lambda article, form: news_actions.submit_news(
            article, revision=form.cleaned_data["revision"], by=request.account, at=now()
        ),
        submit=_("Submit for approval"), lead="Sau khi trình, tin không sửa được nữa cho đến khi được duyệt hoặc trả lại.",
    )  # fmt: skip


@desk_page(_EDIT)
def news_approve(request: DeskRequest, pk: int) -> HttpResponse:
    return _step(
        request, pk, ApproveForm, _("Approve and publish"),
        lambda article, form: news_actions.approve_news(
            article, revision=form.cleaned_data["revision"], by=request.account, at=now(), when=form.when()  # type: ignore[attr-defined]
        ),
        submit=_("Approve and publish"),
        lead="Để trống cả hai ô thì đăng ngay. Đến giờ hẹn mà máy chủ đang tắt thì tin được đăng khi máy chạy lại.",
    )  # fmt: skip


@desk_page(_EDIT)
def news_return(request: DeskRequest, pk: int) -> HttpResponse:
    return _step(
        request, pk, RemarkForm, _("Send back"),
        lambda article, form: news_actions.return_news(
            article, remark=form.cleaned_data["remark"], by=request.account, at=now()
        ),
        submit=_("Send back"),
    )  # fmt: skip


@desk_page(_EDIT)
def news_withdraw(request: DeskRequest, pk: int) -> HttpResponse:
    return _step(
        request, pk, RemarkForm, _("Withdraw from the portal"),
        lambda article, form: news_actions.withdraw_news(
            article, remark=form.cleaned_data["remark"], by=request.account, at=now()
        ),
        submit=_("Withdraw from the portal"), danger=True,
        lead="Tin biến khỏi mọi trang của cổng trong một giây; bản trên máy này vẫn còn để soạn tiếp.",
    )  # fmt: skip


@desk_page(_EDIT)
def news_reopen(request: DeskRequest, pk: int) -> HttpResponse:
    return _step(
        request, pk, RevisionForm, _("Work on"),
        lambda article, form: news_actions.reopen_news(article, by=request.account, at=now()),
        submit=_("Work on"), lead="Tin trở lại thành bản thảo; muốn đăng phải trình và duyệt lại.",
    )  # fmt: skip


# --- questions of the public --------------------------------------------------------------------------------------------------


@desk_page(_EDIT)
def question_list(request: DeskRequest) -> HttpResponse:
    """The inbox, the latest first."""
    rows = access.questions_seen_by(request.account).select_related("unit", "document").defer("document__text")
    chips = []
    state = request.GET.get("state", "")
    if state == "public":
        rows = rows.filter(public_at__isnull=False)
        chips.append(Chip(_("Shown on the portal"), query(request, state=None, page=None)))
    elif state == "to_publish":
        rows = rows.filter(pk__in=answers_to_publish(request.account).order_by().values("pk"))
        chips.append(Chip(TO_PUBLISH, query(request, state=None, page=None)))
    elif state in list(QuestionState):
        rows = rows.filter(state=state)
        chips.append(Chip(QuestionState(state).label, query(request, state=None, page=None)))
    words = request.GET.get("q", "").strip()[:100]
    if words:
        rows = rows.filter(Q(words__icontains=words) | Q(document__reference_number__icontains=words))
        chips.append(Chip(f"“{words}”", query(request, q=None, page=None)))
    if request.GET.get("format") == "xlsx":
        return _questions_excel(rows.order_by("-sent_at", "-pk"))
    found = listing(
        request, rows, default_sort="-sent", chips=chips,
        sorts={"sent": ["sent_at"], "state": ["state", "sent_at"], "answered": ["answered_at"]},
    )  # fmt: skip
    context = {
        "questions": found,
        "lines": [(one, QuestionState(one.state), QUESTION_SIGNS[QuestionState(one.state)]) for one in found],
        "q": words,
        "filters": QuestionFilter(request.GET),
        "tabs": _tabs(request, "public-question-list"),
    }
    return page(request, "portal/desk/question_list.html", context)


def _questions_excel(rows: Any) -> HttpResponse:
    """Without names and addresses: a list that is handed on need not say who asked."""
    columns = [
        OutColumn("sent", "Gửi lúc", kind="moment"),
        OutColumn("document", "Về văn bản"),
        OutColumn("words", "Câu hỏi", width=60),
        OutColumn("state", "Tình trạng"),
        OutColumn("answered", "Trả lời lúc", kind="moment"),
        OutColumn("answer", "Trả lời", width=60),
        OutColumn("public", "Hiện trên cổng"),
    ]
    lines = (
        {
            "sent": one.sent_at, "document": one.document.reference_number if one.document else "", "words": one.words,
            "state": QuestionState(one.state).label, "answered": one.answered_at if one.answer else None,
            "answer": one.answer, "public": "x" if one.public_at else "",
        }
        for one in rows.iterator(chunk_size=500)
    )  # fmt: skip
    return _workbook("Câu hỏi của người dân", columns, lines, "cau-hoi-cua-nguoi-dan.xlsx")


@desk_page(_EDIT)
def question(request: DeskRequest, pk: int) -> HttpResponse:
    found = access.get_question(request.account, pk)
    state = QuestionState(found.state)
    context = {
        "question": found,
        "state": state,
        "sign": QUESTION_SIGNS[state],
        "own_answer": found.answered_by_id == request.account.pk,
        "shown_document": documents.listed().filter(document=found.document_id).first() if found.document_id else None,
        **_crumbs((_("Public portal"), reverse("news-list")), (_("Questions of the public"), reverse("public-question-list"))),
    }  # fmt: skip
    return page(request, "portal/desk/question.html", context)


def _question_step(
    request: DeskRequest, pk: int, form_class: Callable[..., Form], heading: str, act: Callable[[PublicQuestion, Form], object],
    *, submit: str, initial: Callable[[PublicQuestion], dict[str, Any]] | None = None, lead: str = "", danger: bool = False,
    told: Callable[[PublicQuestion], str] | None = None,
) -> HttpResponse:  # fmt: skip
    found = access.get_question(request.account, pk)
    back = reverse("public-question", args=[pk])
    form = form_class(request.POST if request.method == "POST" else None, initial=initial(found) if initial else {})
    if request.method == "POST" and form.is_valid():
        if _tried(request, form, found.unit, "trả lời câu hỏi", lambda: act(found, form)):
            return saved(request, to=back, message=told(found) if told else _("Done."))
    return _form_page(
        request, form, heading, back, submit=submit, lead=lead or f"“{found.words[:300]}”", danger=danger,
        crumbs=((_("Questions of the public"), reverse("public-question-list")), (str(found), back)),
    )  # fmt: skip


@desk_page(_EDIT)
def question_answer(request: DeskRequest, pk: int) -> HttpResponse:
    before = access.get_question(request.account, pk).answer

    def told(found: PublicQuestion) -> str:
        if found.answer == before:
            return "Câu trả lời không đổi, không gửi thư."
        if found.sender_email:
            return "Đã lưu. Thư trả lời đang được gửi tới địa chỉ người hỏi để lại."
        return "Đã lưu. Người hỏi không để lại địa chỉ thư nên không có thư nào được gửi."

    return _question_step(
        request, pk, AnswerForm, _("Answer"),
        lambda found, form: question_actions.answer_question(
            found, answer=form.cleaned_data["answer"], by=request.account, at=now()
        ),
        submit=_("Save the answer"), initial=lambda found: {"answer": found.answer}, told=told,
    )  # fmt: skip


@desk_page(_EDIT)
def question_publish(request: DeskRequest, pk: int) -> HttpResponse:
    """The words the public will read; where the asker's name stands in them, that is told and asked to be confirmed."""
    asked = access.get_question(request.account, pk)
    shown = request.POST.get("shown", asked.shown_words or asked.words)
    naming = question_rules.sentences_naming(asked.sender_name, shown, asked.answer)
    form_class = partial(ShownForm, naming=question_actions.names_sentence(naming) if naming else "")
    return _question_step(
        request, pk, form_class, _("Show on the portal"),
        lambda found, form: question_actions.publish_answer(
            found, shown=form.cleaned_data["shown"], is_reread=form.cleaned_data.get("is_reread", False),
            by=request.account, at=now(),
        ),
        submit=_("Show on the portal"), initial=lambda found: {"shown": found.shown_words or found.words},
    )  # fmt: skip


@desk_page(_EDIT)
def question_withdraw(request: DeskRequest, pk: int) -> HttpResponse:
    return _question_step(
        request, pk, Form, _("Take off the portal"),
        lambda found, form: question_actions.withdraw_answer(found, by=request.account, at=now()),
        submit=_("Take off the portal"), danger=True,
    )  # fmt: skip


@desk_page(_EDIT)
def question_aside(request: DeskRequest, pk: int) -> HttpResponse:
    return _question_step(
        request, pk, AsideForm, _("Set aside"),
        lambda found, form: question_actions.set_question_aside(
            found, reason=form.cleaned_data["reason"], by=request.account, at=now()
        ),
        submit=_("Set aside"),
    )  # fmt: skip


@desk_page(_EDIT)
def question_reopen(request: DeskRequest, pk: int) -> HttpResponse:
    return _question_step(
        request, pk, Form, _("Take up again"),
        lambda found, form: question_actions.reopen_question(found, by=request.account, at=now()),
        submit=_("Take up again"),
    )  # fmt: skip


# --- which pages are read -----------------------------------------------------------------------------------------------------


@desk_page(_EDIT)
def reads(request: DeskRequest) -> HttpResponse:
    """How often each public page was read in a period, the last thirty days at first."""
    write_waiting()
    last = parse_day(request.GET.get("last", "")) or today()
    first = parse_day(request.GET.get("first", "")) or last - PERIOD
    pages = read_queries.page_reads(first, last)
    if request.GET.get("format") == "xlsx":
        columns = [
            OutColumn("kind", "Loại trang"),
            OutColumn("title", "Trang", width=70),
            OutColumn("count", "Lượt đọc", kind="whole"),
        ]
        lines = [{"kind": one.kind.label, "title": one.title, "count": one.count} for one in pages]
        return _workbook(
            f"Lượt đọc {show_day(first)}–{show_day(last)}".replace("/", "."), columns, lines, "luot-doc.xlsx"
        )
    days = read_queries.reads_by_day(first, last)
    context = {
        "pages": [(one, _address(one)) for one in pages[:200]],
        "readings": sum(one.count for one in pages),
        "days": [(show_day(day), count) for day, count in reversed(days[-31:])],
        "first": first,
        "last": last,
        "filters": ReadsFilter({"first": show_day(first), "last": show_day(last)}),
        "tabs": _tabs(request, "reads"),
    }
    return page(request, "portal/desk/reads.html", context)


_ADDRESSES = {
    PageKind.NEWS_LIST: "public-news", PageKind.DOCUMENT_LIST: "public-documents", PageKind.QUESTIONS: "public-questions",
    PageKind.SEARCH: "public-search", PageKind.HOME: "home",
}  # fmt: skip


def _address(one: read_queries.PageReads) -> str:
    if one.kind == PageKind.NEWS:
        return reverse("public-news-article", args=[one.key])
    if one.kind == PageKind.DOCUMENT:
        return reverse("public-document", args=[one.key])
    if one.kind == PageKind.QUESTIONS and one.key:
        return reverse("public-answer", args=[one.key])
    return reverse(_ADDRESSES[one.kind])
