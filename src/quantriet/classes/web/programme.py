"""Sessions of a class and what happens in them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from quantriet.classes import access, actions, queries
from quantriet.classes.models import StudyClass
from quantriet.classes.vocab import ClassState, ItemKind
from quantriet.classes.web.forms import ItemForm, SessionForm
from quantriet.classes.web.frame import class_page
from quantriet.kit.refusal import Refusal, refusals_on
from quantriet.kit.time import local, now
from quantriet.kit.web import saved
from quantriet.org.access import one_of
from quantriet.org.vocab import Permission
from quantriet.org.web.pages import DeskRequest, desk_page

# Where a refusal about moments shows in the forms, which ask for a day and two times.
_FIELDS = {"starts_at": "starts", "ends_at": "ends"}


@desk_page(Permission.CLASS_VIEW)
def programme(request: DeskRequest, pk: int) -> HttpResponse:
    study_class = access.get_class(request.account, pk)
    sessions = list(study_class.sessions.prefetch_related("items__document", "items__presenter"))
    for session in sessions:
        for item in session.items.all():
            item.word = ItemKind(item.kind).label
            item.minutes = int((item.ends_at - item.starts_at).total_seconds()) // 60
    try:
        share = queries.discussion_share(study_class)
        sentence, is_enough = share.sentence, share.is_enough
    except Refusal as missing:
        sentence, is_enough = missing.sentence, False
    return class_page(
        request,
        "classes/desk/programme.html",
        study_class,
        {
            "sessions": sessions,
            "share_sentence": sentence,
            "share_enough": is_enough,
            "may_correct": _may_correct(request, study_class),
        },
        part="class-programme",
    )


def _may_correct(request: DeskRequest, study_class: StudyClass) -> bool:
    """Whether the planned hours may be corrected to what took place: released, and somebody is marked."""
    return (
        study_class.state == ClassState.RELEASED
        and access.may_change(request.account, study_class)
        and queries.is_marked(study_class)
    )


@desk_page(Permission.CLASS_EDIT)
def new_session(request: DeskRequest, pk: int) -> HttpResponse:
    study_class = access.get_class(request.account, pk, Permission.CLASS_EDIT)
    last = study_class.sessions.order_by("-starts_at").first()
    initial = {"title": _("Afternoon"), "starts": "13:30", "ends": "16:30"}
    if last is not None:
        initial["day"] = local(last.starts_at).date()  # type: ignore[assignment]
    form = SessionForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        with _refusals_on(form):
            made = actions.add_session(study_class, by=request.account, at=now(), **form.as_arguments())
            message = _("Session “%(title)s” is added.") % {"title": made.title}
            return saved(request, to=reverse("class-programme", args=[pk]), message=message)
    context = {"form": form, "title": _("Add a session")}
    return class_page(request, "classes/desk/programme_form.html", study_class, context, part="class-programme")


@desk_page(Permission.CLASS_EDIT)
def edit_session(request: DeskRequest, pk: int, session_pk: int) -> HttpResponse:
    study_class = access.get_class(request.account, pk, Permission.CLASS_EDIT)
    session = one_of(study_class.sessions.all(), session_pk)
    session.study_class = study_class
    form = SessionForm(request.POST or None, initial=SessionForm.initial_of(session))
    if request.method == "POST" and form.is_valid():
        with _refusals_on(form):
            actions.change_session(session, by=request.account, at=now(), **form.as_arguments())
            return saved(request, to=reverse("class-programme", args=[pk]), message=_("Saved."))
    context = {
        "form": form,
        "title": _("Change session “%(title)s”") % {"title": session.title},
        "session": session,
        "remove_sentence": f"Bỏ “{session.title}” cùng {session.items.count()} nội dung trong buổi.",
    }
    return class_page(request, "classes/desk/programme_form.html", study_class, context, part="class-programme")


@desk_page(Permission.CLASS_EDIT)
@require_POST
def remove_session(request: DeskRequest, pk: int, session_pk: int) -> HttpResponse:
    study_class = access.get_class(request.account, pk, Permission.CLASS_EDIT)
    session = one_of(study_class.sessions.all(), session_pk)
    session.study_class = study_class
    return _done_or_told(request, pk, lambda: actions.remove_session(session, by=request.account, at=now()))


@desk_page(Permission.CLASS_EDIT)
def new_item(request: DeskRequest, pk: int, session_pk: int) -> HttpResponse:
    study_class = access.get_class(request.account, pk, Permission.CLASS_EDIT)
    session = one_of(study_class.sessions.all(), session_pk)
    session.study_class = study_class
    last = session.items.order_by("-ends_at").first()
    starts_at = last.ends_at if last else session.starts_at
    kind = request.GET.get("kind")
    if kind == ItemKind.DISCUSSION:
        # People discuss what they have heard: the last part of the session, a fifth of it unless less is left.
        starts_at = max(starts_at, session.ends_at - (session.ends_at - session.starts_at) / 5)
    starts = local(starts_at).replace(second=0, microsecond=0).time()
    initial = {
        "starts": starts,
        "ends": local(session.ends_at).time(),
        "kind": kind if kind in list(ItemKind) else None,
    }
    form = ItemForm(request.POST or None, initial=initial, session=session)
    if request.method == "POST" and form.is_valid():
        with _refusals_on(form):
            actions.add_item(session, by=request.account, at=now(), **form.as_arguments())
            return saved(request, to=reverse("class-programme", args=[pk]), message=_("Saved."))
    title = _("Add to “%(title)s”") % {"title": session.title}
    context = {"form": form, "title": title}
    return class_page(request, "classes/desk/programme_form.html", study_class, context, part="class-programme")


@desk_page(Permission.CLASS_EDIT)
def edit_item(request: DeskRequest, pk: int, item_pk: int) -> HttpResponse:
    study_class = access.get_class(request.account, pk, Permission.CLASS_EDIT)
    item = one_of(queries.items_of(study_class), item_pk)
    form = ItemForm(request.POST or None, session=item.session, item=item)
    if request.method == "POST" and form.is_valid():
        with _refusals_on(form):
            actions.change_item(item, by=request.account, at=now(), **form.as_arguments())
            return saved(request, to=reverse("class-programme", args=[pk]), message=_("Saved."))
    context = {
        "form": form,
        "title": _("Change “%(title)s”") % {"title": item.title},
        "item": item,
        "remove_sentence": f"Bỏ “{item.title}” khỏi “{item.session.title}”.",
    }
    return class_page(request, "classes/desk/programme_form.html", study_class, context, part="class-programme")


@desk_page(Permission.CLASS_EDIT)
@require_POST
def move_earlier(request: DeskRequest, pk: int, item_pk: int) -> HttpResponse:
    study_class = access.get_class(request.account, pk, Permission.CLASS_EDIT)
    item = one_of(queries.items_of(study_class), item_pk)
    message = _("“%(title)s” now comes earlier.") % {"title": item.title}
    return _done_or_told(request, pk, lambda: actions.move_item_earlier(item, by=request.account, at=now()), message)


@desk_page(Permission.CLASS_EDIT)
@require_POST
def remove_item(request: DeskRequest, pk: int, item_pk: int) -> HttpResponse:
    study_class = access.get_class(request.account, pk, Permission.CLASS_EDIT)
    item = one_of(queries.items_of(study_class), item_pk)
    return _done_or_told(request, pk, lambda: actions.remove_item(item, by=request.account, at=now()))


def _done_or_told(request: DeskRequest, pk: int, step: Callable[[], object], message: str = "") -> HttpResponse:
    try:
        step()
    except Refusal as refusal:
        messages.error(request, refusal.sentence)
        return saved(request, to=reverse("class-programme", args=[pk]))
    return saved(request, to=reverse("class-programme", args=[pk]), message=message or _("Removed."))


@contextmanager
def _refusals_on(form: object) -> Iterator[None]:
    """`refusals_on` for forms that ask for a day and two times instead of two moments."""
    with refusals_on(form):
        try:
            yield
        except Refusal as refusal:
            refusal.field = _FIELDS.get(refusal.field or "", refusal.field)
            raise
