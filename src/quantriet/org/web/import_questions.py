"""The queue of doubtful rows: one row of a list beside the people it may mean."""

from __future__ import annotations

import contextlib

from django.http import HttpResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _

from quantriet.kit.refusal import Refusal
from quantriet.kit.time import now, show_day
from quantriet.kit.web import listing, page, saved
from quantriet.org import access
from quantriet.org.actions import imports as import_actions
from quantriet.org.actions import questions as actions
from quantriet.org.models import IdentityDecision, ImportState, Person
from quantriet.org.queries import imports as queries
from quantriet.org.rules import members
from quantriet.org.vocab import Permission
from quantriet.org.web.imports import import_crumbs, list_tabs
from quantriet.org.web.pages import DeskRequest, desk_page


@desk_page(Permission.PERSON_EDIT)
def import_questions(request: DeskRequest) -> HttpResponse:
    rows = access.identity_questions_seen_by(request.account)
    waiting = rows.filter(decided_at__isnull=True)
    shown = listing(
        request, waiting.select_related("unit").prefetch_related("runs"), sorts={"asked": ["asked_at"], "unit": ["unit__sort_key"]},
        default_sort="asked", prepare=_prepare_questions,
    )  # fmt: skip
    context = {"questions": shown, "breadcrumb": import_crumbs(request), "tabs": list_tabs(shown.total, "questions")}
    return page(request, "org/imports/questions.html", context)


def _prepare_questions(questions: list[IdentityDecision]) -> None:
    for question in questions:
        question.shown = _incoming(question)  # type: ignore[attr-defined]
        question.count = len(question.candidates)  # type: ignore[attr-defined]
        latest = max(question.runs.all(), key=lambda run: run.created_at, default=None)
        question.file_name = latest.file_name if latest else ""  # type: ignore[attr-defined]


def _incoming(question: IdentityDecision) -> dict[str, str]:
    said = question.incoming
    return {
        "name": said.get("full_name", ""),
        "code": said.get("code", ""),
        "birth": members.shown_birth(said.get("birth_date"), said.get("birth_precision", "day")),
        "phone": said.get("phone", ""),
        "unit": question.unit.name,
        "gender": members.GENDER_WORDS.get(said.get("gender", ""), ""),
        "ethnicity": said.get("ethnicity", ""),
        "joined_on": _day(said.get("joined_on")),
        "address": said.get("address", ""),
        "row": str(said.get("row", "")),
    }


def _day(iso: str | None) -> str:
    return f"{iso[8:]}/{iso[5:7]}/{iso[:4]}" if iso else ""


_DECIDED_SINCE = "Dòng này vừa được xác định; kết quả ghi ở trên. Hãy xem lại, rồi chọn lại nếu cần đổi."


@desk_page(Permission.PERSON_EDIT)
def import_question(request: DeskRequest, pk: int) -> HttpResponse:
    """One doubtful row beside the people it may mean; one button each."""
    seen = access.identity_questions_seen_by(request.account)
    question = access.one_of(seen.select_related("unit", "person", "decided_by"), pk)
    # Several imports may ask it; the way back leads to the latest.
    run = access.import_runs_seen_by(request.account).filter(questions=question).order_by("-created_at", "-pk").first()
    since = question.decided_at.isoformat() if question.decided_at else ""
    people = queries.candidates(question, access.people_seen_by(request.account, Permission.PERSON_EDIT))
    problem = ""
    if request.method == "POST":
        choice = request.POST.get("choice", "")
        person = next((one for one, _reasons in people if str(one.pk) == choice), None)
        try:
            # A page opened before somebody decided may not change the decision unseen.
            if request.POST.get("since", "") != since:
                raise Refusal("identity.decided_already", _DECIDED_SINCE)
            decide = actions.redecide_identity if since else actions.decide_identity
            takes_code = request.POST.get(f"code-{choice}") == "list"
            decide(question, by=request.account, at=now(), person=person, is_new=choice == "new", takes_code=takes_code)
        except Refusal as refusal:
            problem = refusal.sentence
        else:
            following = queries.open_questions(seen.filter(runs=run)).first() if run else None
            if run and following is None and run.state == ImportState.READY:
                # The last answer: the counts of the preview follow at once. Somebody else may have started it.
                with contextlib.suppress(Refusal):
                    import_actions.start_preview(run, by=request.account, at=now())
            to = reverse("import-question", args=[following.pk]) if following else (
                reverse("import-run", args=[run.pk]) if run else reverse("import-questions")
            )  # fmt: skip
            return saved(request, to=to, message=_("The decision is kept."))
    incoming = _incoming(question)
    changes = queries.what_changes(question)
    context = {
        "effects": [
            {
                "pk": person.pk,
                "code": person.code,
                "changes": changes.get(person.pk, []),
                "asks_code": bool(incoming["code"]) and incoming["code"] != person.code,
                "takes_code": question.takes_code and question.person_id == person.pk,
            }
            for person, _reasons in people
        ],
        "question": question,
        "run": run,
        "since": since,
        "incoming": incoming,
        "rows": _side_by_side(incoming, [person for person, _reasons in people]),
        "people": people,
        "problem": problem,
        "breadcrumb": import_crumbs(request, run, (_("Same name, which person?"), reverse("import-questions"))),
    }
    return page(request, "org/imports/question.html", context, status=422 if problem else 200)


def _side_by_side(incoming: dict[str, str], people: list[Person]) -> list[tuple[str, str, list[tuple[str, bool]]]]:
    """Per line of comparison: label, what the file says, what each candidate's record says and whether it agrees."""
    known = [
        {
            "name": person.full_name, "code": person.code,
            "birth": members.shown_birth(person.birth_date.isoformat() if person.birth_date else None, person.birth_precision),
            "phone": person.phone, "unit": person.unit.name, "gender": members.GENDER_WORDS.get(person.gender, ""),  # type: ignore[call-overload]
            "ethnicity": person.ethnicity, "joined_on": show_day(person.joined_on) if person.joined_on else "",
            "address": person.address,
        }
        for person in people
    ]  # fmt: skip
    labels = [
        ("name", _("Full name")), ("code", _("Member code")), ("birth", _("Date of birth")), ("phone", _("Telephone")),
        ("unit", _("Unit")), ("gender", _("Gender")), ("ethnicity", _("Ethnic group")), ("joined_on", _("Joined on")),
        ("address", _("Address")),
    ]  # fmt: skip
    lines = []
    for key, label in labels:
        said = incoming.get(key, "")
        told = [(one[key], bool(said) and one[key].casefold() == said.casefold()) for one in known]
        if said or any(value for value, _same in told):
            lines.append((str(label), said, told))
    return lines


urlpatterns = [
    path("desk/imports/questions/", import_questions, name="import-questions"),
    path("desk/imports/questions/<int:pk>/", import_question, name="import-question"),
]
