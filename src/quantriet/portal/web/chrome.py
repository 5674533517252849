"""What stands round every page: navigation by the life of a resolution, the account, where one is."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from quantriet.kit import time
from quantriet.notify import queries as notify_queries
from quantriet.org import access
from quantriet.org.models import Account
from quantriet.org.vocab import Permission
from quantriet.org.web.pages import session_seconds

# (label, url name, permission); the order is the life of a resolution, then the organisation behind it.
DESK = [
    (gettext_noop("Overview"), "home", None),
    (gettext_noop("Documents"), "document-list", Permission.DOCUMENT_VIEW),
    (gettext_noop("Workshop"), "master-list", Permission.DOCUMENT_VIEW),
    (gettext_noop("Publication"), "publication-board", Permission.DOCUMENT_VIEW),
    (gettext_noop("Dissemination"), "activity-list", Permission.DOCUMENT_VIEW),
    (gettext_noop("Reporters"), "speaker-list", Permission.SPEAKER_VIEW),
    (gettext_noop("Public portal"), "news-list", Permission.DOCUMENT_VIEW),
    (gettext_noop("Study campaigns"), "campaign-list", Permission.CAMPAIGN_VIEW),
    (gettext_noop("Classes"), "class-list", Permission.CLASS_VIEW),
    (gettext_noop("Roll call"), "roll-today", Permission.ROLL_TAKE),
    (gettext_noop("Catch-up"), "catch-up-list", Permission.CLASS_VIEW),
    (gettext_noop("Reports"), "report-list", Permission.REPORT_VIEW),
]
ORGANISATION = [
    (gettext_noop("Units"), "unit-list", Permission.UNIT_VIEW),
    (gettext_noop("People"), "people-list", Permission.PERSON_VIEW),
    (gettext_noop("Imports"), "import-list", Permission.PERSON_EDIT),
    (gettext_noop("Data requests"), "request-list", Permission.PRIVACY_ANSWER),
    (gettext_noop("Messages"), "message-list", Permission.MESSAGE_SEND),
    (gettext_noop("Notices to programs"), "webhook-list", Permission.CAMPAIGN_PLAN),
    (gettext_noop("Activation slips"), "activation-list", Permission.SLIP_PRINT),
    (gettext_noop("Accounts"), "account-list", Permission.ACCOUNT_MANAGE),
    (gettext_noop("Log"), "log", Permission.LOG_VIEW),
    (gettext_noop("Backups"), "backup-list", Permission.SYSTEM),
]

# Pages whose address lies under another entry than the place where their work lives: url names by entry.
_LIVES_IN = {
    "roll-today": {
        "roll", "slips", "paste", "conduct", "roll-result", "roll-close", "evidence", "excuse-new", "excuse-list", "excuse",
        "codes", "scan", "checks", "conference-counts",
        "roll-devices", "roll-conflicts",
    },
    "class-list": {
        "timetable-list", "timetable-new", "timetable", "timetable-inputs", "timetable-demands", "timetable-cells",
        "timetable-wishes", "timetable-class",
        "conference-list", "conference-new", "conference", "conference-settings", "conference-seating", "conference-venue-new",
        "conference-import", "conference-venue", "conference-check", "conference-live", "conference-report",
        "facility-list", "facility-new", "facility-import", "facility-share", "facility",
    },
    "catch-up-list": {"repeat-absentees", "proxy-list", "reply-forms-print", "reply-forms-enter", "reply-form"},
    "publication-board": {
        "placement-list", "placement-import", "placement", "placement-edit", "placement-withdraw",
    },
    "activity-list": {"my-activities", "activity-new"},
    "news-list": {
        "public-question-list", "public-question", "public-question-answer", "public-question-publish",
        "public-question-withdraw", "public-question-aside", "public-question-reopen", "reads",
    },
    "campaign-list": {"credit-list", "credit-new", "credit-many", "credit"},
    "unit-list": {"body-list", "body-new", "body", "body-edit", "body-end", "propaganda-work"},
}  # fmt: skip


def chrome(request: HttpRequest) -> dict[str, Any]:
    """Context of the frame; cheap, and nothing for strangers."""
    if not getattr(request, "user", None) or not request.user.is_authenticated:
        return {}
    account: Account = request.account  # type: ignore[attr-defined]
    return {
        "account_name": account.display_name,
        "account_menu": _account_menu(account),
        # Counted only by a page that shows it: fragments and files ask nothing.
        "account_inbox": SimpleLazyObject(
            lambda: {"url": reverse("my-notices"), "unread": notify_queries.unread_count(account)}
        ),
        "navigation": _navigation(request, account),
        "unit_switch_url": reverse("unit-switch") if access.may_anywhere(account, Permission.UNIT_VIEW) else "",
        "session_seconds": (seconds := session_seconds(request)),
        "session_ends_at": time.now() + dt.timedelta(seconds=seconds),
        "quick_search_url": reverse("quick-search") if access.may_anywhere(account, Permission.UNIT_VIEW) else "",
    }


def _navigation(request: HttpRequest, account: Account) -> list[dict[str, Any]]:
    shown = []
    for label, name, permission in DESK + ORGANISATION:
        if permission is None or access.may_anywhere(account, permission):
            shown.append((name, {"label": _(label), "url": reverse(name)}))
    here = request.resolver_match.url_name if request.resolver_match else None
    home = next((name for name, _entry in shown if here in _LIVES_IN.get(name, ())), None)
    return [
        entry
        | {
            "current": name == home
            if home
            else (request.path == entry["url"] if name == "home" else request.path.startswith(entry["url"]))
        }
        for name, entry in shown
    ]


def _account_menu(account: Account) -> list[dict[str, str]]:
    entries = [
        (_("My study"), "me"),
        (_("What each role may do"), "role-list"),
        (_("Sign-in and security"), "own-sign-in"),
    ]
    if any(grant.permissions for grant in access.grants_of(account)):
        entries.append((_("Keys for machines"), "token-list"))
    return [{"label": label, "url": reverse(name)} for label, name in entries]
