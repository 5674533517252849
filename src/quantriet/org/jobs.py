"""Background entries of the organisation: ids in, one action each; each may run twice."""

from __future__ import annotations

from quantriet.kit.jobs import background
from quantriet.kit.time import now, today
from quantriet.org import actions
from quantriet.org.actions import exports, imports
from quantriet.org.models import MembershipTransfer


@background
def preview_import_job(run_id: int) -> None:
    """Read an uploaded list and compare it."""
    imports.preview_import(run_id, at=now())


@background
def apply_import_job(run_id: int) -> None:
    """Write a confirmed list."""
    imports.apply_import(run_id, at=now())


@background
def make_import_result_job(run_id: int) -> None:
    """Make the Excel file with the result of an import."""
    imports.make_import_result(run_id, at=now())


@background
def make_people_file_job(account_id: int, spec: str) -> None:
    """Make the Excel file of a long list of people."""
    exports.make_people_file(account_id, spec, at=now())


@background
def put_in_force_job(decision_id: int) -> None:
    """Carry out a confirmed decision on the organisation."""
    actions.put_in_force(decision_id, at=now())


@background
def do_what_is_due_job() -> None:
    """Put decisions into force and move people whose day has come; the order is that of the days."""
    for pk in actions.due_decisions(today()):
        actions.put_in_force(pk, at=now())
    due = MembershipTransfer.objects.filter(is_waiting=True, on__lte=today()).order_by("on", "pk")
    for pk in list(due.values_list("pk", flat=True)):
        actions.carry_out_transfer(pk, at=now())
