"""A roster from a file: upload, who is recognised, confirm. Nothing is written before the confirmation."""

from __future__ import annotations

import tempfile
from pathlib import Path

from django.db.models import QuerySet
from django.http import HttpResponse
from django.urls import reverse

from quantriet.classes import access, actions, queries
from quantriet.classes.models import StudyClass
from quantriet.classes.web.forms import ListConfirmForm, ListForm
from quantriet.classes.web.frame import class_page
from quantriet.classes.web.roster import tell_called
from quantriet.kit.numbers import show_number
from quantriet.kit.refusal import Refusal, refusals_on
from quantriet.kit.time import now
from quantriet.kit.web import saved
from quantriet.org import access as org_access
from quantriet.org.models import Person
from quantriet.org.queries.listed import read_list
from quantriet.org.vocab import Permission
from quantriet.org.web.pages import DeskRequest, desk_page

# Of each group so many lines are shown; the counts are always whole.
_SHOWN = 200


@desk_page(Permission.CLASS_EDIT)
def listed(request: DeskRequest, pk: int) -> HttpResponse:
    study_class = access.get_class(request.account, pk, Permission.CLASS_EDIT)
    if request.method == "POST" and "people" in request.POST:
        return _confirmed(request, study_class)
    form = ListForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            upload = form.cleaned_data["file"]
            with tempfile.NamedTemporaryFile(prefix="quantriet-roster-", suffix=Path(upload.name).suffix) as kept:
                for piece in upload.chunks():
                    kept.write(piece)
                kept.flush()
                lines = read_list(Path(kept.name), upload.name)
            preview = queries.preview_list(lines, study_class, _people(request))
            return _previewed(request, study_class, preview, len(lines), upload.name)
    return class_page(request, "classes/desk/roster_list.html", study_class, {"form": form}, part="class-roster")


def _people(request: DeskRequest) -> QuerySet[Person]:
    return org_access.people_seen_by(request.account).filter(left_on__isnull=True)


def _previewed(
    request: DeskRequest, study_class: StudyClass, preview: queries.Preview, count: int, name: str
) -> HttpResponse:
    keys = {
        "people": ",".join(str(one.person.pk) for one in preview.to_add),
        "guests": ",".join(str(one.person.pk) for one in preview.guests),
    }
    form = ListConfirmForm(
        initial={**keys, "reason": f"Danh sách {name}"[:250]}, study_class=study_class, has_guests=bool(preview.guests)
    )
    groups = [
        {"sign": "done", "count": len(preview.to_add), "known": preview.to_add[:_SHOWN], "key": "add"},
        {"sign": "owing", "count": len(preview.guests), "known": preview.guests[:_SHOWN], "key": "guests"},
        {"sign": "exempt", "count": len(preview.others), "known": preview.others[:_SHOWN], "key": "others"},
    ]
    context = {
        "form": form,
        "preview": preview,
        "groups": [group for group in groups if group["count"]],
        "unknown": preview.unknown[:_SHOWN],
        "sentence": f"Đọc được {show_number(count)} dòng của “{name}”: {show_number(len(preview.to_add))} người sẽ vào danh sách, "
        f"{show_number(len(preview.unknown))} dòng chưa nhận ra ai. Chưa ghi gì.",
        "can_confirm": bool(preview.to_add or preview.guests),
    }
    return class_page(request, "classes/desk/roster_list_preview.html", study_class, context, part="class-roster")


def _confirmed(request: DeskRequest, study_class: StudyClass) -> HttpResponse:
    form = ListConfirmForm(request.POST, study_class=study_class)
    if form.is_valid():
        with refusals_on(form):
            # Through the account's reach once more: the keys came from outside.
            chosen: list[Person] = []
            keys = form.keys
            if not keys:
                raise Refusal("roster.nobody_chosen", "Chưa có ai để thêm; người không nợ học tập thì đánh dấu ô thêm.")
            for start in range(0, len(keys), 500):
                chosen += _people(request).filter(pk__in=keys[start : start + 500]).select_related("unit")
            called = actions.call_people(
                study_class, by=request.account, at=now(), people=chosen, venue=form.cleaned_data["venue"],
                reason=form.cleaned_data["reason"],
            )  # fmt: skip
            tell_called(request, called, [])
            return saved(request, to=reverse("class-roster", args=[study_class.pk]))
    context = {"form": form, "can_confirm": True}
    return class_page(request, "classes/desk/roster_list_preview.html", study_class, context, part="class-roster")
