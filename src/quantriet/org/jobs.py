"""Background entries of the organisation: ids in, one action each; each may run twice."""

from __future__ import annotations

from quantriet.kit.jobs import background
from quantriet.kit.time import now, today
from quantriet.org import actions
from quantriet.org.actions import codes, exports, imports, letters, own_data, sessions
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
def make_own_data_job(account_id: int) -> None:
    """Gather everything that is kept of an account's own person."""
    own_data.make_own_data(account_id, at=now())


@background
def drop_exports_job() -> None:
    """Take exports of own data off the disk when their day is over."""
    own_data.drop_old_exports()


@background
def prune_answers_job() -> None:
    """Drop the answers kept for repeated writes once no repeat will come."""
    actions.prune_answers(at=now())


@background
def send_mail_code_job(username: str, asked_by: str) -> None:
    """Mail a one-time code to the account of this name, if there is one."""
    codes.send_mail_code(username, asked_by, at=now())


@background
def send_mail_proof_job(account_id: int, email: str, asked_at: str) -> None:
    """Mail a code to an address that an account wants to take."""
    codes.send_mail_proof(account_id, email, asked_at)


@background
def send_account_notice_job(account_id: int, kind: str, moment: str, detail: str, address: str) -> None:
    """Tell an account by mail what happened to its sign-in."""
    letters.send_account_notice(account_id, kind, moment, detail, address)


@background
def prune_sign_in_job() -> None:
    """Throw away what sign-in no longer needs."""
    sessions.prune_sign_in(at=now())


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
