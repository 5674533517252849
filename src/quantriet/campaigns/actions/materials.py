"""Writers of delivery receipts (R-125): a product opened by its reader, paper handed out and ticked by whoever keeps the cell's lists."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from quantriet.audit.actions import record_many
from quantriet.campaigns.models import MaterialReceipt, StudyCampaign, StudyDuty
from quantriet.campaigns.vocab import CampaignState, ReceiptHow
from quantriet.kit.refusal import Refusal
from quantriet.library.models import GuidingDocument, MaterialFile
from quantriet.org.models import Account, Person, Unit

MOST = 2_000  # persons ticked at once


@dataclass(frozen=True)
class Handed:
    """What one list came to, in persons: written now, and ticked before."""

    written: int
    already: int


def note_opened(person: Person, one: MaterialFile, *, by: Account, at: datetime) -> None:
    """Note that a person opened a product; needs the file's version, and its material with master.

    Once for each product and version, however often it is opened. No line in the log: the row itself says who and when,
    and opening changes nothing for anybody else.
    """
    material = one.material
    version = one.version.number
    document = material.master.document_id
    nonce = f"opened:{person.pk}:{document}:{version}:{material.kind}:{material.audience}"
    MaterialReceipt.objects.bulk_create(
        [
            MaterialReceipt(
                person=person, document_id=document, how=ReceiptHow.OPENED, kind=material.kind, version=version, nonce=nonce,
                at=at, by=by,
            )
        ],
        ignore_conflicts=True,
    )  # fmt: skip


def hand_out(
    campaign: StudyCampaign,
    duties: Sequence[StudyDuty],
    documents: Sequence[GuidingDocument],
    *,
    nonce: str,
    by: Account,
    at: datetime,
) -> Handed:
    """Tick that these people were handed the paper of these documents; needs each duty's person and unit.

    `nonce` is the sent list's own: sending it twice writes once, and whoever is ticked already stays as before. Refuses
    when nobody or no document is chosen, and outside a running campaign. Effects: the receipts, audit "material.handed"
    for each person written.
    """  # fmt: skip
    if campaign.state != CampaignState.OPEN:
        raise Refusal("material.not_running", "Chỉ ghi phát tài liệu khi đợt học tập đang mở.")
    if not duties:
        raise Refusal("material.nobody", "Hãy đánh dấu những người đã được phát tài liệu.")
    if not documents:
        raise Refusal("material.no_document", "Đợt học tập chưa có văn bản nào để phát tài liệu.")
    if len(duties) > MOST:
        raise Refusal("material.too_many", f"Mỗi lần ghi nhiều nhất {MOST} người; hãy ghi từng đơn vị.")
    people, keys = [one.person_id for one in duties], [one.pk for one in documents]
    with transaction.atomic():
        standing = set(
            MaterialReceipt.objects.filter(
                person__in=people, document__in=keys, how=ReceiptHow.HANDED, withdrawn_at__isnull=True
            ).values_list("person", "document")
        )
        used = set(
            MaterialReceipt.objects.filter(nonce__startswith=f"{nonce}:", person__in=people).values_list(
                "person", flat=True
            )
        )
        rows: list[MaterialReceipt] = []
        lines: list[tuple[Person, Unit, dict[str, Any], dict[str, Any]]] = []
        for duty in duties:
            new = [key for key in keys if (duty.person_id, key) not in standing]
            if not new or duty.person_id in used:
                continue
            rows += [
                MaterialReceipt(
                    person_id=duty.person_id, document_id=key, how=ReceiptHow.HANDED,
                    nonce=f"{nonce}:{duty.person_id}:{key}", at=at, by=by,
                )
                for key in new
            ]  # fmt: skip
            said = {
                "campaign": campaign.name,
                "documents": [one.reference_number for one in documents if one.pk in new],
            }
            lines.append((duty.person, duty.unit, {}, said))
        MaterialReceipt.objects.bulk_create(rows, batch_size=500, ignore_conflicts=True)  # ticked by another meanwhile
        if lines:
            record_many("material.handed", by=by, at=at, lines=lines, of_people=True)
    return Handed(len(lines), len(duties) - len(lines))


def take_back(
    campaign: StudyCampaign, duty: StudyDuty, documents: Sequence[GuidingDocument], *, by: Account, at: datetime
) -> int:
    """Take back the tick of one person; what the person opened stays. Returns how many receipts were taken back.

    Refuses outside a running campaign, and when there is no tick. Effects: the receipts keep both moments and names,
    audit "material.hand_withdrawn".
    """
    if campaign.state != CampaignState.OPEN:
        raise Refusal("material.not_running", "Chỉ sửa việc phát tài liệu khi đợt học tập đang mở.")
    with transaction.atomic():
        count = MaterialReceipt.objects.filter(
            person=duty.person_id, document__in=[one.pk for one in documents], how=ReceiptHow.HANDED,
            withdrawn_at__isnull=True,
        ).update(withdrawn_at=at, withdrawn_by=by)  # fmt: skip
        if not count:
            raise Refusal("material.not_handed", "Người này chưa được ghi là đã phát tài liệu giấy.")
        said = {"campaign": campaign.name, "documents": [one.reference_number for one in documents]}
        record_many("material.hand_withdrawn", by=by, at=at, lines=[(duty.person, duty.unit, said, {})], of_people=True)
    return count
