"""The only writers of the register."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import PurePath
from typing import Any

from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Max, Model, Q

from quantriet.audit.actions import changes, record
from quantriet.kit import staging, text
from quantriet.kit.db import reread
from quantriet.kit.refusal import Refusal
from quantriet.kit.time import local, show_day
from quantriet.library import queries
from quantriet.library.actions.public import follow_publication
from quantriet.library.actions.publication import wind
from quantriet.library.models import (
    Clause,
    DisseminationActivity,
    DocumentRelation,
    DocumentReview,
    GuidingDocument,
    KeyPoint,
    MasterPart,
    Placement,
)
from quantriet.library.rules.outline import outline
from quantriet.library.rules.reference import parse_reference
from quantriet.library.vocab import (
    CHANGES_STATUS,
    DOCUMENT_TYPES,
    DocumentStatus,
    PointKind,
    PointTheme,
    RelationKind,
    ReviewOutcome,
)
from quantriet.org import access as org_access
from quantriet.org.models import Account, Unit
from quantriet.org.rules.secrecy import refuse_if_marked
from quantriet.org.vocab import Concern, Permission, TreeChange

EARLIEST = date(1930, 2, 3)


def register_document(
    *,
    by: Account,
    at: datetime,
    unit: Unit,
    reference_number: str,
    issuing_body: str,
    level: str,
    issued_on: date,
    subject: str,
    paragraphs: Sequence[str] = (),
    file: File[Any] | None = None,
    file_name: str = "",
    needs_no_programme: bool = False,
    finish_before_on: date | None = None,
    adapts: GuidingDocument | None = None,
) -> GuidingDocument:
    """Enter a document into a unit's register and split its text into clauses; say what it is adapted from (R-026).

    Refuses an unreadable number, an impossible date, a document already registered with this number and date, and
    anything marked as a state secret (B-18): then nothing of it is kept.
    Effects, in order: the document, its clauses, its clock of publication (R-016), audit "document.registered".
    """
    reference = parse_reference(reference_number)
    body = "\n".join(line for raw in paragraphs if (line := text.squeeze(raw)))
    refuse_if_marked("\n".join([reference_number, subject, PurePath(file_name).stem, body]), "văn bản")
    _refuse_dates(issued_on, finish_before_on, local(at).date())
    subject = text.squeeze(subject)
    if not subject:
        raise Refusal("document.subject_missing", "Thiếu trích yếu của văn bản.", field="subject")
    with transaction.atomic():
        same = GuidingDocument.objects.filter(unit=unit, reference_number=reference.text, issued_on=issued_on).first()
        if same:
            raise Refusal(
                "document.registered_already",
                f"{same.citation} đã có trong sổ của {unit.name} (đăng ký ngày {local(same.registered_at):%d/%m/%Y}).",
                field="reference_number",
            )
        _refuse_twice_in_term(unit, level, reference.text, issued_on)
        document = GuidingDocument(
            unit=unit,
            number=reference.number,
            type_code=reference.type_code,
            body_code=reference.body_code,
            reference_number=reference.text,
            reference_folded=text.fold(reference.text),
            issuing_body=text.squeeze(issuing_body),
            level=level,
            issued_on=issued_on,
            subject=subject,
            subject_folded=_subject_key(reference.type_code, subject),
            needs_no_programme=needs_no_programme,
            finish_before_on=finish_before_on,
            text=body,
            file_name=file_name,
            registered_at=at,
            registered_by=by,
        )
        if file:
            document.file.save(file_name or "van-ban", file, save=False)
        document.save(force_insert=True)
        _write_clauses(document)
        wind([document])
        record(
            "document.registered", by=by, at=at, thing=document, unit=unit,
            after={"subject": subject, "issued_on": issued_on, "clauses": document.clauses.count()},
        )  # fmt: skip
        if adapts is not None:
            add_relation(document, by=by, at=at, kind=RelationKind.ADAPTS, target=adapts)
    return document


def change_document(document: GuidingDocument, *, by: Account, at: datetime, **new: Any) -> GuidingDocument:
    """Correct the register's entry; the number is parsed again, the dates are checked again."""
    if "reference_number" in new:
        reference = parse_reference(new["reference_number"])
        new.update(
            reference_number=reference.text,
            number=reference.number,
            type_code=reference.type_code,
            body_code=reference.body_code,
        )
    for name in ("subject", "issuing_body"):
        if name in new:
            new[name] = text.squeeze(new[name])
    refuse_if_marked("\n".join(str(value) for value in new.values()), "văn bản")
    with transaction.atomic():
        reread(document)
        _refuse_dates(
            new.get("issued_on", document.issued_on),
            new.get("finish_before_on", document.finish_before_on),
            local(at).date(),
        )
        before, after = changes(document, new)
        if not after:
            return document
        same = GuidingDocument.objects.filter(
            unit=document.unit,
            reference_number=after.get("reference_number", document.reference_number),
            issued_on=after.get("issued_on", document.issued_on),
        ).exclude(pk=document.pk)
        if same.exists():
            raise Refusal("document.registered_already", "Sổ đã có văn bản cùng số và ngày.", field="reference_number")
        if "reference_number" in after or "issued_on" in after or "level" in after:
            _refuse_twice_in_term(
                document.unit, after.get("level", document.level), after.get("reference_number", document.reference_number),
                after.get("issued_on", document.issued_on), besides=document,
            )  # fmt: skip
        for name, value in after.items():
            setattr(document, name, value)
        document.reference_folded = text.fold(document.reference_number)
        document.subject_folded = _subject_key(document.type_code, document.subject)
        document.save(update_fields=[*after, "reference_folded", "subject_folded"])
        if "issued_on" in after:
            _refuse_before_placed(document)
            wind([document])
        follow_publication([document.pk], at=at)
        record("document.changed", by=by, at=at, thing=document, unit=document.unit, before=before, after=after)
    return document


def _refuse_before_placed(document: GuidingDocument) -> None:
    first = document.placements.filter(withdrawn_at__isnull=True).order_by("placed_on").first()
    if first and first.placed_on < document.issued_on:
        raise Refusal(
            "document.placed_before",
            f"Văn bản đã ghi đăng tải ngày {show_day(first.placed_on)}, trước ngày ban hành mới; hãy sửa nơi đăng tải trước.",
            field="issued_on",
        )


def _refuse_twice_in_term(
    unit: Unit, level: str, reference: str, issued_on: date, besides: GuidingDocument | None = None
) -> None:
    """Within one term a number of one type and issuer is used once; with the next term numbers begin anew (P-02)."""
    term = queries.term_of_issuer(unit, level, issued_on)
    if term is None:
        return
    rows = GuidingDocument.objects.filter(
        unit=unit, level=level, reference_number=reference, issued_on__gte=term.valid_from, issued_on__lte=term.valid_to
    )
    if besides is not None:
        rows = rows.exclude(pk=besides.pk)
    same = rows.first()
    if same:
        raise Refusal(
            "document.number_taken",
            f"Số {reference} đã dùng cho văn bản ngày {same.issued_on:%d/%m/%Y} trong {term.name} của {term.unit.name}; mỗi số "
            "chỉ dùng một lần trong một nhiệm kỳ. Hãy kiểm tra lại số hoặc ngày ban hành.",
            field="reference_number",
        )


def outline_document(document: GuidingDocument, *, by: Account, at: datetime, body: str) -> GuidingDocument:
    """Replace the text and split it again; points keep their clause where a clause of the same number still stands."""
    refuse_if_marked(body, "văn bản")
    with transaction.atomic():
        reread(document)
        document.text = "\n".join(line for raw in body.splitlines() if (line := text.squeeze(raw)))
        document.save(update_fields=["text"])
        cited = {point.pk: point.clause.number for point in document.points.select_related("clause") if point.clause}
        parts = {
            part.pk: part.clause.number
            for part in MasterPart.objects.filter(clause__document=document).select_related("clause")
            if part.clause
        }
        document.clauses.all().delete()
        _write_clauses(document)
        numbers = dict(document.clauses.values_list("number", "pk"))
        for point_id, number in cited.items():
            KeyPoint.objects.filter(pk=point_id).update(clause_id=numbers.get(number))
        kept = [MasterPart(pk=pk, clause_id=numbers[number]) for pk, number in parts.items() if number in numbers]
        MasterPart.objects.bulk_update(kept, ["clause"])
        follow_publication([document.pk], at=at)
        record(
            "document.outlined",
            by=by,
            at=at,
            thing=document,
            unit=document.unit,
            after={"clauses": document.clauses.count()},
        )
    return document


def add_point(
    document: GuidingDocument,
    *,
    by: Account,
    at: datetime,
    kind: PointKind,
    theme: PointTheme,
    body: str,
    clause: Clause | None,
) -> KeyPoint:
    """Mark a core or new point, citing its clause (R-024)."""
    body = body.strip()
    if not body:
        raise Refusal("point.text_missing", "Điểm cốt lõi chưa có nội dung.", field="body")
    _refuse_foreign_clause(document, clause)
    refuse_if_marked(body, "điểm cốt lõi")
    with transaction.atomic():
        last = document.points.aggregate(last=Max("order"))["last"] or 0
        point = KeyPoint.objects.create(
            document=document, clause=clause, kind=kind, theme=theme, text=body, order=last + 1
        )
        record(
            "point.added", by=by, at=at, thing=document, unit=document.unit,
            after={"kind": kind, "theme": theme, "text": body, "clause": clause.label if clause else ""},
        )  # fmt: skip
    return point


def change_point(
    point: KeyPoint, *, by: Account, at: datetime, kind: PointKind, theme: PointTheme, body: str, clause: Clause | None
) -> KeyPoint:
    """Correct a point."""
    _refuse_foreign_clause(point.document, clause)
    refuse_if_marked(body, "điểm cốt lõi")
    with transaction.atomic():
        reread(point)
        before, after = changes(point, {"kind": kind, "theme": theme, "text": body.strip(), "clause": clause})
        if after:
            for name, value in after.items():
                setattr(point, name, value)
            point.save(update_fields=list(after))
            document = point.document
            record("point.changed", by=by, at=at, thing=document, unit=document.unit, before=before, after=after)
    return point


def remove_point(point: KeyPoint, *, by: Account, at: datetime) -> None:
    """Take a point away; the log keeps its words."""
    _remove("point.removed", point, point.document, by=by, at=at, before={"text": point.text})


def add_relation(
    source: GuidingDocument, *, by: Account, at: datetime, kind: RelationKind, target: GuidingDocument, note: str = "",
    since_on: date | None = None,
) -> DocumentRelation:  # fmt: skip
    """Record that `source` amends, replaces, guides, adapts or accompanies `target`.

    A replaced or amended target changes its status (R-021) from `since_on` (else the day of issue), for everybody who
    reads it: only who may edit the target too may say so. A day still to come changes it on that day. Refuses a relation to itself, one recorded already, and a replacement by an older paper.
    Effects, in order: the relation, the target's status, audit "relation.added" and, at the target,
    "document.status_changed".
    """
    if source.pk == target.pk:
        raise Refusal("relation.to_itself", "Văn bản không có quan hệ với chính nó.", field="target")
    if kind in CHANGES_STATUS:
        _refuse_foreign_target(target, by)
        if source.issued_on < target.issued_on:
            raise Refusal(
                "relation.older",
                f"{source.citation} ban hành trước {target.citation} nên không thay thế, sửa đổi được.",
                field="target",
            )
        if since_on is not None and since_on < source.issued_on:
            raise Refusal(
                "relation.before_issue",
                f"Ngày có hiệu lực phải từ ngày ban hành {show_day(source.issued_on)} của {source.reference_number} trở đi.",
                field="since_on",
            )
    else:
        since_on = None
    with transaction.atomic():
        reread(target)
        if DocumentRelation.objects.filter(source=source, target=target, kind=kind).exists():
            raise Refusal("relation.recorded_already", "Quan hệ này đã ghi.", field="target")
        relation = DocumentRelation.objects.create(
            source=source, target=target, kind=kind, note=note, since_on=since_on
        )
        record(
            "relation.added",
            by=by,
            at=at,
            thing=source,
            unit=source.unit,
            after={"kind": kind, "target": target.citation},
        )
        _set_status(target, by=by, at=at, because=source)
    return relation


def remove_relation(relation: DocumentRelation, *, by: Account, at: datetime) -> None:
    """Take a relation away; the target's status follows what remains. Refuses as `add_relation` does."""
    source, target = relation.source, relation.target
    if relation.kind in CHANGES_STATUS:
        _refuse_foreign_target(target, by)
    with transaction.atomic():
        reread(target)
        _remove(
            "relation.removed", relation, source, by=by, at=at,
            before={"kind": relation.kind, "target": target.citation},
        )  # fmt: skip
        _set_status(target, by=by, at=at, because=source)


def sweep_staged(*, at: datetime) -> int:
    """Delete files whose form never came; returns how many. They belong to no row yet."""
    try:
        names = default_storage.listdir(staging.FOLDER)[1]
    except FileNotFoundError:
        return 0
    swept = 0
    for name in names:
        path = f"{staging.FOLDER}/{name}"
        if default_storage.get_modified_time(path) < at - staging.AGE:
            default_storage.delete(path)
            swept += 1
    return swept


def note_refusal(*, by: Account, at: datetime, unit: Unit, where: str) -> None:
    """Log that marked content was refused at the door, without a word of it."""
    record("document.refused", by=by, at=at, thing=unit, unit=unit, after={"where": where})


def _subject_key(type_code: str, subject: str) -> str:
    return text.fold(f"{DOCUMENT_TYPES[type_code]} {subject}")[:500]


def _write_clauses(document: GuidingDocument) -> None:
    parts = outline(document.text.split("\n")).parts
    made: list[Clause] = []
    # Level by level, so that each row's parent has its key before the row is written.
    rows = [
        Clause(
            document=document, order=place, depth=part.depth, number=part.number[:60], label=part.label[:160],
            heading=part.heading[:500], text=part.text,
        )
        for place, part in enumerate(parts)
    ]  # fmt: skip
    for depth in sorted({part.depth for part in parts}):
        level = [place for place, part in enumerate(parts) if part.depth == depth]
        for place in level:
            parent = parts[place].parent
            rows[place].parent = rows[parent] if parent is not None else None
        made += Clause.objects.bulk_create([rows[place] for place in level], batch_size=1000)


def set_expiry(
    document: GuidingDocument, *, on: date | None, basis: str = "", by: Account, at: datetime
) -> GuidingDocument:
    """Write down the first day on which a document is no longer in force, or (None) that there is none (R-021).

    Refuses a day not after its issue, and a day without the paper or clause that says so.
    """
    basis = text.squeeze(basis)
    refuse_if_marked(basis, "căn cứ")
    if on is not None and on <= document.issued_on:
        raise Refusal(
            "document.expiry_before_issue", f"Ngày hết hiệu lực phải sau ngày ban hành {show_day(document.issued_on)}.",
            field="expires_on",
        )  # fmt: skip
    if on is not None and not basis:
        raise Refusal("document.expiry_basis_missing", "Phải ghi căn cứ hết hiệu lực.", field="expiry_basis")
    with transaction.atomic():
        reread(document)
        kept = basis[:200] if on else ""
        new = {"expires_on": on, "expiry_basis": kept}
        before, after = changes(document, new)
        if after:
            document.expires_on, document.expiry_basis = on, kept
            document.save(update_fields=["expires_on", "expiry_basis"])
            record("document.expiry_set", by=by, at=at, thing=document, unit=document.unit, before=before, after=after)
        _set_status(document, by=by, at=at, because=None)
    return document


def review_document(
    document: GuidingDocument, *, outcome: ReviewOutcome, note: str = "", by: Account, at: datetime
) -> DocumentReview:
    """Keep what a review of an internal rule came to; it leaves the list until something changes again (R-021).

    Refuses anything but "still fits" without a word on what is to be done.
    """
    note = text.squeeze(note)
    if outcome != ReviewOutcome.KEEP and not note:
        raise Refusal("review.note_missing", "Phải ghi nội dung cần sửa, ai làm, khi nào.", field="note")
    refuse_if_marked(note, "kết quả rà soát")
    with transaction.atomic():
        reread(document)
        review = DocumentReview.objects.create(document=document, outcome=outcome, note=note[:400], at=at, by=by)
        record(
            "document.reviewed", by=by, at=at, thing=document, unit=document.unit,
            after={"outcome": outcome.value, "note": note},
        )  # fmt: skip
    return review


def follow_lifecycles(*, at: datetime) -> int:
    """Let documents whose day has come change their status; returns how many. Run as often as wanted."""
    day = local(at).date()
    begun = Q(kind__in=CHANGES_STATUS) & (Q(since_on__isnull=True) | Q(since_on__lte=day))
    touched = GuidingDocument.objects.filter(
        Q(expires_on__lte=day, status__in=[DocumentStatus.IN_FORCE, DocumentStatus.AMENDED])
        | Q(pk__in=DocumentRelation.objects.filter(begun).values("target"), status=DocumentStatus.IN_FORCE)
        | Q(
            pk__in=DocumentRelation.objects.filter(begun, kind=RelationKind.REPLACES).values("target"),
            status__in=[DocumentStatus.AMENDED, DocumentStatus.EXPIRED],
        )
    )
    changed = 0
    for document in touched.select_related("unit").order_by("pk"):
        with transaction.atomic():
            reread(document)
            changed += _set_status(document, by=None, at=at, because=None)
    return changed


def _set_status(
    document: GuidingDocument, *, by: Account | None, at: datetime, because: GuidingDocument | None
) -> bool:
    life = queries.lives([document], local(at).date())[document.pk]
    if life.status == document.status:
        return False
    before, document.status = document.status, life.status
    document.save(update_fields=["status"])
    record(
        "document.status_changed", by=by, at=at, thing=document, unit=document.unit,
        before={"status": before}, after={"status": life.status, "document": because.citation if because else life.because},
    )  # fmt: skip
    return True


def _remove(
    verb: str, row: Model, document: GuidingDocument, *, by: Account, at: datetime, before: dict[str, Any]
) -> None:
    with transaction.atomic():
        reread(row)
        row.delete()
        record(verb, by=by, at=at, thing=document, unit=document.unit, before=before)


def _refuse_dates(issued_on: date, finish_before_on: date | None, today: date) -> None:
    if issued_on < EARLIEST or issued_on > today + timedelta(days=1):
        raise Refusal(
            "document.date_impossible",
            f"Ngày ban hành {issued_on:%d/%m/%Y} không hợp lý (phải từ 03/02/1930 đến hôm nay).",
            field="issued_on",
        )
    if finish_before_on and finish_before_on < issued_on:
        raise Refusal(
            "document.deadline_before_issue",
            f"Hạn hoàn thành phải sau ngày ban hành {issued_on:%d/%m/%Y}.",
            field="finish_before_on",
        )


def _refuse_foreign_target(target: GuidingDocument, by: Account) -> None:
    if not org_access.may(by, Permission.DOCUMENT_EDIT, target.unit):
        raise Refusal(
            "relation.foreign_target",
            f"{target.citation} do {target.unit.name} đăng ký; chỉ người được sửa văn bản ở đó mới ghi hoặc bỏ được "
            "việc sửa đổi, thay thế văn bản ấy.",
            field="kind",
        )


def _refuse_foreign_clause(document: GuidingDocument, clause: Clause | None) -> None:
    if clause and clause.document_id != document.pk:
        raise Refusal("point.foreign_clause", "Mục được chọn không thuộc văn bản này.", field="clause")


class RegisterFollower:
    """What the tree asks of registers (decision 0007): a document stays in the register it was entered into."""

    def hindrances(self, change: TreeChange) -> list[str]:
        return []

    def concerns(self, change: TreeChange) -> list[Concern]:
        return []

    def follow(self, change: TreeChange, *, by: Account | None, at: datetime) -> None:
        """Nothing: a document stands under its unit, and so wherever that unit stands."""

    def rests_on(self, units: list[int], since: datetime) -> list[str]:
        counted = (
            (GuidingDocument.objects.filter(unit__in=units).count(), "văn bản trong sổ của đơn vị mới"),
            (Placement.objects.filter(unit__in=units).count(), "lần đăng tải của đơn vị mới"),
            (DisseminationActivity.objects.filter(unit__in=units).count(), "hoạt động tuyên truyền của đơn vị mới"),
        )
        return [f"{number} {words}." for number, words in counted if number]


FOLLOWER = RegisterFollower()
