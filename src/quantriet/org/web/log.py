"""The log in words: who did what to which thing, with what before and after; the room audit keeps it and knows no access."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quantriet.audit import queries as audit_queries
from quantriet.audit.models import AuditEvent
from quantriet.audit.vocab import VERBS
from quantriet.kit import time
from quantriet.kit.numbers import show_number
from quantriet.kit.spreadsheets import OutColumn
from quantriet.kit.web import Chip, page, query
from quantriet.org import access
from quantriet.org.actions import username_key
from quantriet.org.models import Account, Unit, path_end
from quantriet.org.queries import people as people_queries
from quantriet.org.queries.log_words import said_as, word_of
from quantriet.org.rules.fields import HIDDEN
from quantriet.org.vocab import Permission
from quantriet.org.web.forms import UnitField
from quantriet.org.web.frame import AT_ONCE, crumbs, excel, without
from quantriet.org.web.pages import DeskRequest, desk_page

# Kinds of things whose lines may hold private details of a person.
_OF_PEOPLE = ("org.person", "org.identitydecision")
# Pages on which a thing of the log can be seen again, by its kind.
PAGES = {
    "org.unit": ("unit", Permission.UNIT_VIEW),
    "org.person": ("person", Permission.PERSON_VIEW),
    "org.account": ("account", Permission.ACCOUNT_MANAGE),
}


def told(events: Iterable[AuditEvent], reader: Account) -> list[dict[str, Any]]:
    """Lines of the log as the page shows them to `reader`: no link leads where the reader has no business.

    What the reader may not see of a person is said to have changed, without its values; of one's own record all is told.
    """
    sight = access.FieldSight(reader)

    def said(event: AuditEvent, key: str, value: Any) -> str:
        private = event.thing_kind in _OF_PEOPLE and not (event.person_id and event.person_id == reader.person_id)
        words = said_as(event.thing_kind, key, value)
        return HIDDEN if words and private and sight.hides(key, event.unit_path) else words

    pages = {kind: name for kind, (name, permission) in PAGES.items() if access.may_anywhere(reader, permission)}
    return [
        {
            "event": event,
            "phrase": _phrase(event),
            # Whoever signs in does it to the own account; said once is enough.
            "on_itself": event.thing_kind == "org.account" and event.thing_id == str(event.actor_id),
            "url": reverse(pages[event.thing_kind], args=[event.thing_id]) if event.thing_kind in pages else "",
            "changes": [
                (word_of(key), said(event, key, event.before.get(key)), said(event, key, event.after.get(key)))
                for key in {**event.before, **event.after}
                if not key.endswith("_folded")  # a key for searching, the same words once more
                and not (key == "birth_precision" and _without_birth(event))
                and (event.before.get(key) not in (None, "") or event.after.get(key) not in (None, ""))
            ],
        }
        for event in events
    ]


def _without_birth(event: AuditEvent) -> bool:
    """A line that writes no birth date: how exact it is tells nothing, though the field always has a value."""
    told = (event.before.get("birth_date"), event.after.get("birth_date"))
    return not any(told) and "birth_precision" not in event.before


def _phrase(event: AuditEvent) -> str:
    """The verb in words, without the last of them when the thing's name begins with it: "soạn" before "Báo cáo 15-BC"."""
    words = audit_queries.phrase(event).split(" ")
    label = f"{event.thing_label} ".casefold()
    doubled = next((n for n in range(1, len(words)) if label.startswith(" ".join(words[n:]).casefold() + " ")), None)
    return " ".join(words[:doubled])


def _portions(rows: Iterable[AuditEvent], size: int) -> Iterator[list[AuditEvent]]:
    """The lines by the hundred, so that a long file needs little memory."""
    portion: list[AuditEvent] = []
    for row in rows:
        portion.append(row)
        if len(portion) == size:
            yield portion
            portion = []
    if portion:
        yield portion


class LogForm(forms.Form):
    """What the log can be narrowed to, from the address."""

    unit = UnitField(label=gettext_lazy("Unit"), required=False)
    actor = forms.CharField(label=gettext_lazy("User name"), required=False, max_length=80)
    verb = forms.ChoiceField(
        label=gettext_lazy("What was done"),
        required=False,
        choices=lambda: [("", _("All")), *sorted(VERBS.items(), key=lambda one: one[1])],
    )
    person = forms.CharField(label=gettext_lazy("Whose record (name or code)"), required=False, max_length=100)
    thing = forms.CharField(label=gettext_lazy("To what"), required=False, max_length=100)
    since = forms.DateField(label=gettext_lazy("From date"), required=False)
    until = forms.DateField(label=gettext_lazy("To date"), required=False)


@desk_page(Permission.LOG_VIEW)
def log(request: DeskRequest) -> HttpResponse:
    form = LogForm(request.GET)
    form.fields["unit"].scoped(access.units_seen_by(request.account, Permission.LOG_VIEW), Permission.LOG_VIEW)  # type: ignore[attr-defined]
    form.is_valid()
    given = form.cleaned_data
    actor_id = None
    if given.get("actor"):
        actor = Account.objects.filter(username=username_key(given["actor"])).values_list("pk", flat=True).first()
        actor_id = actor or 0  # 0 is nobody: an unknown name finds nothing instead of everything
    kind, _dot, number = request.GET.get("of", "").partition(":")
    unit = given.get("unit")
    wanted = audit_queries.EventFilter(
        unit_range=(unit.path, path_end(unit.path)) if unit else None,
        former_ranges=tuple((path, path_end(path)) for path in access.former_paths([unit.path])) if unit else (),
        actor_id=actor_id,
        verb=given.get("verb", ""),
        thing_kind=kind if number else "",
        thing_id=number,
        thing_label=given.get("thing", ""),
        person_ids=_people(request.account, given["person"]) if given.get("person") else None,
        since=given.get("since"),
        until=given.get("until"),
    )
    rows = audit_queries.filtered_events(access.events_seen_by(request.account), wanted)
    if request.GET.get("format") == "xlsx":
        if len(rows.order_by().values_list("pk")[: AT_ONCE + 1]) <= AT_ONCE:
            return _excel(request, rows, unit)
        messages.info(
            request, f"Quá {show_number(AT_ONCE)} dòng: hãy chọn khoảng ngày hoặc đơn vị hẹp hơn rồi tải Excel."
        )
        return HttpResponseRedirect(query(request, format=None))
    shown = audit_queries.event_page(
        rows,
        before=audit_queries.EventKey.read(request.GET.get("before", "")),
        after=audit_queries.EventKey.read(request.GET.get("after", "")),
    )
    context = {
        "form": form,
        "lines": told(shown.events, request.account),
        "older_url": query(request, before=shown.older, after=None) if shown.older else "",
        "newer_url": query(request, after=shown.newer, before=None) if shown.newer else "",
        "chips": _chips(request, form, number),
        "seals_url": reverse("log-seals") if access.may_anywhere(request.account, Permission.SYSTEM) else "",
        "breadcrumb": crumbs(request.account, unit, (_("Log"), "")) if unit else [{"label": _("Log"), "url": ""}],
    }
    return page(request, "org/log/list.html", context)


def _people(account: Account, typed: str) -> list[int]:
    """The people whom the reader may see and whose code or name fits, fifty at most."""
    by_phone = access.may_anywhere(account, Permission.PERSON_CONTACT)
    found = people_queries.named_people(access.people_list(account), typed, by_phone=by_phone)
    return list(found.order_by("sort_key", "pk").values_list("pk", flat=True)[:50])


def _excel(request: DeskRequest, rows: QuerySet[AuditEvent], unit: Unit | None) -> HttpResponse:
    """The lines as sentences with what stood before and after, the latest first."""
    columns = [
        OutColumn("at", _("When"), kind="moment"),
        OutColumn("who", _("Who"), width=28),
        OutColumn("did", _("What was done"), width=28),
        OutColumn("thing", _("To what"), width=36),
        OutColumn("changes", _("Before and after"), width=60),
    ]
    ordered = rows.order_by("-at", "-pk").iterator(chunk_size=2000)
    lines = (
        {
            "at": line["event"].at,
            "who": line["event"].actor_label,
            "did": line["phrase"],
            "thing": "" if line["on_itself"] else line["event"].thing_label,
            "changes": "; ".join(
                f"{word}: {f'{old} → ' if old else ''}{new or '–'}" for word, old, new in line["changes"]
            ),
        }
        for portion in _portions(ordered, 500)
        for line in told(portion, request.account)
    )
    return excel(_("Log"), unit.name if unit else "", columns, lines)


def _chips(request: DeskRequest, form: LogForm, number: str) -> list[Chip]:
    chips = []
    for name, field in form.fields.items():
        value = form.cleaned_data.get(name)
        if value:
            words = (
                VERBS.get(value) if name == "verb" else time.show_day(value) if isinstance(value, dt.date) else value
            )
            chips.append(Chip(f"{field.label}: {words}", without(request, name, "before", "after")))
    if number:
        chips.append(Chip(_("One thing only"), without(request, "of", "before", "after")))
    return chips


urlpatterns = [path("desk/log/", log, name="log")]
