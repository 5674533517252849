"""Writers of words to units: what will be studied later (R-018), and reminders to those still silent."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from quantriet.audit.actions import record
from quantriet.campaigns.models import StudyCampaign, StudyNotice
from quantriet.kit import text
from quantriet.kit.refusal import Refusal
from quantriet.kit.time import local
from quantriet.library.models import GuidingDocument
from quantriet.notify import actions as notify_actions
from quantriet.notify import queries as notify_queries
from quantriet.org.models import Account, Unit
from quantriet.org.rules.secrecy import refuse_if_marked


def send_study_notice(
    document: GuidingDocument, unit: Unit, *, expected: str, body: str, to: Sequence[Unit], mail: bool,
    by: Account, at: datetime,
) -> StudyNotice:  # fmt: skip
    """Tell units that a document will be studied later, so that they arrange and nothing overlaps (R-018).

    Refuses without the expected time and the text. Effects: the notice, a mail to each unit with an address when `mail`
    (the others are told by the copied text), audit "notice.sent".
    """
    expected, body = text.squeeze(expected), text.nfc(body).strip()
    if not expected:
        raise Refusal("notice.expected_missing", "Phải ghi thời gian dự kiến tổ chức học tập.", field="expected")
    if not body:
        raise Refusal("notice.text_missing", "Phải có nội dung thông báo.", field="text")
    refuse_if_marked(f"{expected}\n{body}", "Nội dung thông báo")
    with transaction.atomic():
        notice = StudyNotice.objects.create(
            document=document, unit=unit, expected=expected, text=body, at=at, by=by, units_told=len(to)
        )
        mailed = _mail(
            "study_notice", unit, to, f"Thông báo về việc học tập {document.citation}", body, link=f"/desk/documents/{document.pk}/",
            by=by, at=at,
        ) if mail else 0  # fmt: skip
        record(
            "notice.sent", by=by, at=at, thing=document, unit=unit,
            after={"expected": expected, "units": len(to), "mailed": mailed},
        )  # fmt: skip
    return notice


def message_units(
    campaign: StudyCampaign, unit: Unit, *, to: Sequence[Unit], subject: str, body: str, by: Account, at: datetime
) -> int:
    """Mail a reminder to just these units on behalf of `unit`; returns to how many a mail goes.

    Refuses without a subject, without text, and when none of the units has an address.
    """
    subject, body = text.squeeze(subject), text.nfc(body).strip()
    if not subject:
        raise Refusal("message.subject_missing", "Phải ghi tiêu đề thư.", field="subject")
    if not body:
        raise Refusal("message.text_missing", "Phải có nội dung thư.", field="text")
    if not any(one.email for one in to):
        raise Refusal(
            "message.no_address", "Chưa đơn vị nào trong danh sách này có địa chỉ thư; hãy sao chép nội dung để nhắn."
        )
    with transaction.atomic():
        sent = _mail("unit_reminder", unit, to, subject, body, link=f"/desk/campaigns/{campaign.pk}/", by=by, at=at)
        record(
            "units.messaged", by=by, at=at, thing=campaign, unit=unit,
            after={"subject": subject, "units": [one.name for one in to if one.email]},
        )  # fmt: skip
    return sent


def _mail(
    kind: str, unit: Unit, to: Sequence[Unit], subject: str, body: str, *, link: str, by: Account, at: datetime
) -> int:
    """A mail to each unit with an address, a notice to who looks after each; returns how many mails."""
    addressed = [one for one in to if one.email]
    keepers = notify_queries.keepers_of(to, day=local(at).date())
    for one in to:
        if one.email:
            notify_actions.send_mail(
                kind=kind, unit=unit, address=one.email, subject=subject, body=body, to_unit=one, by=by, at=at
            )
        notify_actions.tell_keepers(
            kind=kind, unit=unit, to=one, keepers=keepers[one.pk], subject=subject, body=body, link=link, by=by, at=at
        )
    return len(addressed)
