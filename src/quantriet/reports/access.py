"""Whose reports an account reads and writes.

A sent report is read by everybody who sees reports of the unit or above it; a draft by those who may write it, and by
the leaders of the very unit.
"""

from __future__ import annotations

from django.db.models import Q

from quantriet.kit.refusal import NotAllowed
from quantriet.org import access
from quantriet.org.models import Account, Unit
from quantriet.org.vocab import Permission
from quantriet.reports.models import Report, ReportQuerySet
from quantriet.reports.vocab import ReportState


def reports_seen_by(account: Account, permission: Permission = Permission.REPORT_VIEW) -> ReportQuerySet:
    """Reports the account may treat so, without their files."""
    writes = access.scope_q(account, Permission.REPORT_WRITE, "unit__path")
    reports: ReportQuerySet = Report.objects.all()
    if permission != Permission.REPORT_VIEW:
        return reports.filter(writes).light()
    home = {grant.unit_id for grant in access.grants_of(account) if Permission.REPORT_VIEW in grant.permissions}
    sent = access.scope_q(account, Permission.REPORT_VIEW, "unit__path") & Q(state=ReportState.SENT)
    return reports.filter(sent | writes | Q(unit_id__in=home)).light()


def get_report(account: Account, pk: int | str, permission: Permission = Permission.REPORT_VIEW) -> Report:
    """A report the account sees; NotAllowed when seen but without the permission asked for."""
    seen = reports_seen_by(account).select_related(
        "unit__kind",
        "unit__parent",
        "campaign__unit",
        "previous",
        "corrects",
        "sent_by",
        "created_by",
        "template__unit",
        "receiver",
        "received_by",
    )
    # What is compared with or corrected is only named: its figures and files stay where they are.
    heavy = ("docx", "xlsx", "figures", "before", "narrative")
    far = [f"{way}__{name}" for way in ("previous", "corrects") for name in heavy]
    report: Report = access.one_of(seen.defer(None).defer("docx", "xlsx", "template__content", *far), pk)
    if permission != Permission.REPORT_VIEW and not access.may(account, permission, report.unit):
        raise NotAllowed
    return report


def to_receive(account: Account) -> ReportQuerySet:
    """Reports sent to the units for which the account writes reports, that nobody there has taken in hand yet."""
    mine = access.scope_q(account, Permission.REPORT_WRITE, "receiver__path")
    return reports_seen_by(account).filter(mine, receiver__isnull=False, received_at__isnull=True)


def may_write(account: Account, unit: Unit) -> bool:
    """Whether the account writes reports of this unit."""
    return access.may(account, Permission.REPORT_WRITE, unit)
