"""Pages of the outbox: what was sent to whom, what failed and why, and sending it again."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from quantriet.kit import spreadsheets
from quantriet.kit.numbers import whole_numbers
from quantriet.kit.refusal import Refusal
from quantriet.kit.time import now
from quantriet.kit.web import Chip, listing, page, query, safe_next, saved
from quantriet.kit.web.sheets import workbook
from quantriet.notify import access, actions, queries
from quantriet.notify.models import Message
from quantriet.notify.rules import explain_error
from quantriet.notify.rules.texts import message_length
from quantriet.notify.vocab import DIGEST_KIND, OWN_ERRORS, MessageState, NoticeChannel, kind_label
from quantriet.org.models import Account
from quantriet.org.vocab import Permission
from quantriet.org.web.pages import DeskRequest, desk_page


class FilterForm(forms.Form):
    """Filters of the outbox."""

    state = forms.ChoiceField(label=gettext_lazy("State"), required=False)
    channel = forms.ChoiceField(label=gettext_lazy("Channel"), required=False)
    kind = forms.ChoiceField(label=gettext_lazy("Kind of message"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["state"].choices = [("", _("All")), *MessageState.labels()]  # type: ignore[attr-defined]
        self.fields["channel"].choices = [("", _("All")), *NoticeChannel.labels()]  # type: ignore[attr-defined]
        self.fields["kind"].choices = [("", _("All")), *queries.kinds()]  # type: ignore[attr-defined]


@desk_page(Permission.MESSAGE_SEND)
def message_list(request: DeskRequest) -> HttpResponse:
    seen = access.messages_seen_by(request.account)
    rows = seen.select_related("unit", "to_unit", "to_person", "to_account", "carrier")
    chips = []
    if words := request.GET.get("q", "").strip():
        rows = queries.searched(rows, words)
        chips.append(Chip(f"“{words}”", query(request, q=None, page=None)))
    state = request.GET.get("state", "")
    if state in list(MessageState):
        rows = rows.filter(state=state)
        chips.append(Chip(MessageState(state).label, query(request, state=None, page=None)))
    channel = request.GET.get("channel", "")
    if channel in list(NoticeChannel):
        rows = rows.filter(channel=channel)
        chips.append(Chip(NoticeChannel(channel).label, query(request, channel=None, page=None)))
    kind = request.GET.get("kind", "")
    if kind in dict(queries.kinds()):
        rows = rows.filter(kind=kind)
        chips.append(Chip(kind_label(kind), query(request, kind=None, page=None)))
    if request.GET.get("given_up"):
        rows = rows.filter(state=MessageState.FAILED, next_try_at__isnull=True)
        chips.append(Chip(_("No more attempts"), query(request, given_up=None, page=None)))
    if request.GET.get("again"):
        rows = rows.filter(state=MessageState.FAILED, next_try_at__isnull=False)
        chips.append(Chip(_("Will be tried again"), query(request, again=None, page=None)))
    if request.GET.get("format") == "xlsx":
        return _excel(rows.order_by("-queued_at", "-pk"))
    messages = listing(
        request,
        rows.defer("body", "attachment", "carrier__body", "carrier__attachment"),
        sorts={"queued": ["queued_at"], "sent": ["sent_at"], "address": ["address"], "subject": ["subject"]},
        default_sort="-queued",
        chips=chips,
        prepare=_explain,
    )
    context = {
        "outbox": messages,
        "q": words,
        "filters": FilterForm(request.GET),
        "counts": queries.counts(seen),
        "bulk": [{"name": "action", "value": "retry", "label": _("Send again")}],
        "here": request.get_full_path(),
        "can_retry": any(one.state == MessageState.FAILED for one in messages),
    }
    return page(request, "notify/desk/list.html", context)


def _explain(rows: list[Message]) -> None:
    """Beside each row: its kind in words and what an error means."""
    for row in rows:
        row.kind_words = kind_label(row.kind)  # type: ignore[attr-defined]
        row.meaning = explain_error(row.last_error)  # type: ignore[attr-defined]
        row.receiver = row.to_person or row.to_account or row.to_unit or ""  # type: ignore[attr-defined]
        row.channel_words = NoticeChannel(row.channel).label  # type: ignore[attr-defined]


def _excel(rows: QuerySet[Message]) -> HttpResponse:
    columns = [
        spreadsheets.OutColumn("queued_at", _("Written at"), kind="moment"),
        spreadsheets.OutColumn("kind", _("Kind of message"), 22),
        spreadsheets.OutColumn("channel", _("Channel"), 18),
        spreadsheets.OutColumn("receiver", _("Receiver"), 34),
        spreadsheets.OutColumn("address", _("Address"), 30),
        spreadsheets.OutColumn("subject", _("Subject of the message"), 48),
        spreadsheets.OutColumn("unit", _("On behalf of"), 34),
        spreadsheets.OutColumn("state", _("State"), 16),
        spreadsheets.OutColumn("sent_at", _("Sent at"), kind="moment"),
        spreadsheets.OutColumn("attempts", _("Attempts"), kind="whole"),
        spreadsheets.OutColumn("meaning", _("Why not"), 50),
    ]
    lines = (
        {
            "queued_at": one.queued_at,
            "kind": kind_label(one.kind),
            "channel": NoticeChannel(one.channel).label,
            "receiver": str(one.to_person or one.to_account or one.to_unit or ""),
            "address": one.address,
            "subject": one.subject,
            "unit": one.unit.name,
            "state": _("Not sent: gateway for trials") if one.is_fake else MessageState(one.state).label,
            "sent_at": one.sent_at,
            "attempts": one.attempts,
            "meaning": explain_error(one.last_error),
        }
        for one in rows.defer("body", "attachment", "carrier__body", "carrier__attachment").iterator(chunk_size=1000)
    )
    return workbook("thu.xlsx", _("Messages"), columns, lines)


@desk_page(Permission.MESSAGE_SEND)
def message(request: DeskRequest, pk: int) -> HttpResponse:
    found = access.get_message(request.account, pk)
    _explain([found])
    return page(request, "notify/desk/message.html", _context(found, request.account))


def _context(found: Message, reader: Account) -> dict[str, Any]:
    return {
        "letter": found,
        "said": "" if found.last_error in OWN_ERRORS else found.last_error,
        "state": MessageState(found.state),
        # A digest gathers letters of several units: whoever sees one of them does not see the others by it.
        "is_digest": found.kind == DIGEST_KIND,
        "carried": list(access.messages_seen_by(reader).filter(carrier=found).order_by("pk")[:100]),
        "can_retry": found.state == MessageState.FAILED,
        "most": actions.ATTEMPTS,
        "length": message_length(found.body) if found.channel == NoticeChannel.SMS else None,
        "hidden": [("next", reverse("message", args=[found.pk]))],
    }


@desk_page(Permission.MESSAGE_SEND)
def message_retry(request: DeskRequest, pk: int) -> HttpResponse:
    """Send one failed message again; asked by GET it shows the message with its button."""
    found = access.get_message(request.account, pk)
    _explain([found])
    if request.method != "POST":
        return page(request, "notify/desk/message.html", _context(found, request.account))
    try:
        actions.retry_message(found, by=request.account, at=now())
    except Refusal as refusal:
        found.refresh_from_db()
        return page(
            request,
            "notify/desk/message.html",
            _context(found, request.account) | {"refusal": refusal.sentence},
            status=422,
        )
    return saved(request, to=safe_next(request, reverse("message", args=[pk])), message=_("The message is sent again."))


@desk_page(Permission.MESSAGE_SEND)
def messages_retry(request: DeskRequest) -> HttpResponse:
    """Send the ticked failed messages again."""
    ids = whole_numbers(request.POST.getlist("ids"))
    if request.method != "POST" or not ids:
        return saved(request, to=safe_next(request, reverse("message-list")))
    chosen = access.messages_seen_by(request.account).filter(pk__in=ids, state=MessageState.FAILED)
    count = actions.retry_messages(chosen.select_related("unit"), by=request.account, at=now())
    words = ngettext("%(count)s message is sent again.", "%(count)s messages are sent again.", count) % {"count": count}
    return saved(request, to=safe_next(request, reverse("message-list")), message=words)
