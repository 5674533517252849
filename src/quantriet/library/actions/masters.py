"""The only writers of study masters: composing, a second person's approval, publication."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile
from django.db import transaction
from django.db.models import F, Max, Q

from quantriet.audit.actions import changes, record
from quantriet.kit import pictures, text
from quantriet.kit.db import reread
from quantriet.kit.refusal import Refusal, Refusals
from quantriet.kit.time import show_moment
from quantriet.library.actions import materials
from quantriet.library.actions.public import follow_publication
from quantriet.library.models import Clause, GuidingDocument, MasterImage, MasterPart, MasterVersion, StudyMaster
from quantriet.library.queries import masters as queries
from quantriet.library.vocab import DOCUMENT_TYPES, Audience, MasterState, PartKind, PointKind
from quantriet.org.models import Account
from quantriet.org.rules.secrecy import refuse_if_marked

MOST_PARTS = 300
MOST_IMAGES = 30
MOST_TEXT = 20_000
# Core and new points are learned by members of each tier; the public gets questions, answers and figures instead.
_FOR_MEMBERS = (Audience.KEY_CADRE, Audience.RURAL, Audience.OFFICIALS)


@dataclass(frozen=True)
class PartText:
    """What a part says; `title` is the question, the measured thing or the claim."""

    kind: PartKind
    audiences: tuple[Audience, ...]
    title: str = ""
    text: str = ""
    value: Decimal | None = None
    measure: str = ""
    source: str = ""
    clause: Clause | None = None


def compose_master(document: GuidingDocument, *, by: Account, at: datetime) -> StudyMaster:
    """Begin the master of a document in the unit in whose register it stands, with its marked points as first draft.

    Refuses a second one. Effects, in order: the master, a part for each core and new point, audit "master.composed".
    Basis: R-024, R-117, R-118.
    """
    with transaction.atomic():
        if StudyMaster.objects.filter(document=document, unit=document.unit).exists():
            raise Refusal("master.begun_already", f"{document.citation} đã có bản biên soạn; hãy mở bản đang có.")
        master = StudyMaster(
            document=document, unit=document.unit, created_at=at, created_by=by,
            title=f"{DOCUMENT_TYPES[document.type_code]} {document.reference_number} {document.subject}"[:300],
        )  # fmt: skip
        master.save(force_insert=True)
        taken = _take_points(master, by=by, at=at)
        record(
            "master.composed", by=by, at=at, thing=master, unit=master.unit,
            after={"document": document.citation, "parts": taken},
        )  # fmt: skip
    return master


def take_points(master: StudyMaster, *, by: Account, at: datetime) -> int:
    """Bring in marked points of the document that no part says yet; returns how many."""
    with transaction.atomic():
        _open(master)
        taken = _take_points(master, by=by, at=at)
        if taken:
            _touch(master)
            record("master.parts_taken", by=by, at=at, thing=master, unit=master.unit, after={"parts": taken})
    return taken


def _take_points(master: StudyMaster, *, by: Account, at: datetime) -> int:
    said = {text.fold(one) for one in master.parts.values_list("text", flat=True)}
    texts = [
        PartText(
            PartKind.NEW if one.kind == PointKind.NEW else PartKind.CORE, _FOR_MEMBERS, text=one.text, clause=one.clause
        )
        for one in master.document.points.select_related("clause")
        if text.fold(one.text) not in said
    ]
    _insert(master, texts, by=by, at=at)
    return len(texts)


def take_over_parts(
    master: StudyMaster, version: MasterVersion, ids: Sequence[int], *, by: Account, at: datetime
) -> int:
    """Bring chosen parts of a source's published master into the master of a document adapted from it, citing the source.

    Refuses a version of a document that this one does not rest on. A part whose clause is no longer in the source's text
    comes without it, and the master cannot be submitted before one is chosen. Returns how many. Basis: R-026.
    """
    if not queries.sources_of(master.document).filter(pk=version.master.document_id).exists():
        raise Refusal("master.no_source", "Văn bản này không được ghi là cụ thể hóa hoặc đi cùng văn bản nguồn ấy.")
    chosen = [one for one in queries.parts_for(version) if one.id in set(ids)]
    if not chosen:
        raise Refusal("master.nothing_chosen", "Hãy chọn ít nhất một phần để đưa vào.")
    with transaction.atomic():
        _open(master)
        clauses = {(one.document_id, one.number): one for one in queries.citable(master.document)}
        texts = [
            PartText(
                one.kind, one.audiences, one.title, one.text, one.value, one.measure, one.source or
                (f"{version.master.document.citation}" if one.kind == PartKind.EXPLANATION else ""),
                clauses.get((one.document or 0, one.clause)),
            )
            for one in chosen
        ]  # fmt: skip
        _insert(master, texts, by=by, at=at)
        _touch(master)
        record(
            "master.parts_taken", by=by, at=at, thing=master, unit=master.unit,
            after={"parts": len(texts), "document": version.master.document.citation},
        )  # fmt: skip
    return len(texts)


def rename_master(master: StudyMaster, *, title: str, revision: int, by: Account, at: datetime) -> StudyMaster:
    """Give the master another title; refuses when it was changed since `revision`."""
    title = text.squeeze(title)
    if not title:
        raise Refusal("master.title_missing", "Bản biên soạn chưa có tên.", field="title")
    refuse_if_marked(title, "tên bản biên soạn")
    with transaction.atomic():
        _open(master)
        _refuse_other(master, revision)
        before, after = changes(master, {"title": title[:300]})
        if after:
            master.title = title[:300]
            master.save(update_fields=["title"])
            _touch(master)
            record("master.renamed", by=by, at=at, thing=master, unit=master.unit, before=before, after=after)
    return master


def add_part(master: StudyMaster, said: PartText, *, by: Account, at: datetime) -> MasterPart:
    """Add one part at the end. Refuses what is incomplete for its kind, and marked content (B-18)."""
    said = _checked(master, said)
    with transaction.atomic():
        _open(master)
        [part] = _insert(master, [said], by=by, at=at)
        _touch(master)
        record("master.part_added", by=by, at=at, thing=master, unit=master.unit, after=_told(part))
    return part


def add_questions(master: StudyMaster, rows: Sequence[tuple[int, PartText]], *, by: Account, at: datetime) -> int:
    """Add questions and answers of a list, all or none: (row of the list, part). Refuses with every faulty row."""
    faults: list[Refusal] = []
    texts = []
    for number, said in rows:
        try:
            texts.append(_checked(master, said))
        except Refusal as refusal:
            faults.append(Refusal(refusal.code, f"Dòng {number}: {refusal.sentence}", field="file", row=number))
    if faults:
        raise Refusals(faults)
    with transaction.atomic():
        _open(master)
        _insert(master, texts, by=by, at=at)
        _touch(master)
        record("master.parts_taken", by=by, at=at, thing=master, unit=master.unit, after={"parts": len(texts)})
    return len(texts)


def change_part(part: MasterPart, said: PartText, *, revision: int, by: Account, at: datetime) -> MasterPart:
    """Rewrite a part. Refuses when somebody else wrote it since `revision`, naming them: nothing of either is lost."""
    said = _checked(part.master, said)
    with transaction.atomic():
        _open(part.master)
        reread(part)
        if part.revision != revision:
            raise Refusal(
                "part.changed_by_other",
                f"{part.changed_by} đã sửa phần này lúc {show_moment(part.changed_at)}, sau khi trang này được mở. Nội dung của "
                "đồng chí vẫn ở trong các ô bên dưới, chưa ghi; hãy xem nội dung đang lưu ở trên, ghép lại rồi lưu lần nữa.",
            )
        before, after = changes(part, _columns(said))
        if after:
            for name, value in after.items():
                setattr(part, name, value)
            part.revision, part.changed_at, part.changed_by = revision + 1, at, by
            part.save(update_fields=[*after, "revision", "changed_at", "changed_by"])
            _touch(part.master)
            record(
                "master.part_changed", by=by, at=at, thing=part.master, unit=part.master.unit,
                before=_plain(before), after=_plain(after),
            )  # fmt: skip
    return part


def move_part(part: MasterPart, *, down: bool, by: Account, at: datetime) -> bool:
    """Let a part change places with its neighbour; False when it already stands at that end."""
    with transaction.atomic():
        _open(part.master)
        reread(part)
        row = list(part.master.parts.all())
        place = next(index for index, one in enumerate(row) if one.pk == part.pk)
        other = place + (1 if down else -1)
        if not 0 <= other < len(row):
            return False
        row[place], row[other] = row[other], row[place]
        for order, one in enumerate(row, 1):
            one.order = order
        MasterPart.objects.bulk_update(row, ["order"])
        _touch(part.master)
        record(
            "master.part_moved", by=by, at=at, thing=part.master, unit=part.master.unit,
            after={"part": str(part), "place": other + 1},
        )  # fmt: skip
    return True


def remove_part(part: MasterPart, *, by: Account, at: datetime) -> None:
    """Take a part away; the log keeps its words, approved versions keep theirs."""
    with transaction.atomic():
        _open(part.master)
        reread(part)
        before = _told(part)
        part.delete()
        _touch(part.master)
        record("master.part_removed", by=by, at=at, thing=part.master, unit=part.master.unit, before=before)


def add_image(
    master: StudyMaster, *, content: bytes, name: str, alt: str, by: Account, at: datetime
) -> MasterImage:  # fmt: skip
    """Keep a picture made anew from the upload. Refuses one without alternative text, and what is no photo."""
    alt = text.squeeze(alt)
    if not alt:
        raise Refusal(
            "image.alt_missing", "Hãy ghi ảnh cho thấy điều gì, để người không nhìn được cũng biết.", field="alt"
        )
    refuse_if_marked(alt, "mô tả ảnh")
    refuse_if_marked(name.rsplit(".", 1)[0].replace("_", " "), "tên tệp")
    picture = pictures.clean(content, name, folder=settings.DATA_DIR)
    with transaction.atomic():
        _open(master)
        if master.images.count() >= MOST_IMAGES:
            raise Refusal("image.too_many", f"Một bản biên soạn có nhiều nhất {MOST_IMAGES} ảnh.", field="file")
        image = MasterImage(
            master=master, alt=alt[:300], width=picture.width, height=picture.height, added_at=at, added_by=by
        )
        image.file.save(f"anh{picture.ending}", ContentFile(picture.content), save=False)
        image.save(force_insert=True)
        _touch(master)
        record("master.image_added", by=by, at=at, thing=master, unit=master.unit, after={"alt": image.alt})
    return image


def remove_image(image: MasterImage, *, by: Account, at: datetime) -> None:
    """Take a picture out of the working copy; its file stays for the versions that show it."""
    master = image.master
    with transaction.atomic():
        _open(master)
        reread(image)
        before = {"alt": image.alt}
        image.delete()
        _touch(master)
        record("master.image_removed", by=by, at=at, thing=master, unit=master.unit, before=before)


# --- from draft to the public -----------------------------------------------------------------------------------------


def faults_before_submitting(master: StudyMaster) -> list[str]:
    """What is still missing, one sentence each."""
    parts = list(master.parts.all())
    if not parts:
        return ["Chưa có phần nào để trình duyệt."]
    return [
        f"Phần {place} ({PartKind(one.kind).label}: “{str(one)[:60]}”) chưa ghi rút ra từ mục nào của văn bản."
        for place, one in enumerate(parts, 1)
        if PartKind(one.kind).must_cite and one.clause_id is None
    ]


def submit_master(master: StudyMaster, *, revision: int, by: Account, at: datetime) -> StudyMaster:
    """Ask for approval; from now on nothing is changed. Refuses what is empty or cites no clause where it must."""
    with transaction.atomic():
        _lock(master, MasterState.DRAFT)
        _refuse_other(master, revision)
        if faults := faults_before_submitting(master):
            raise Refusals([Refusal("master.incomplete", one) for one in faults])
        _move(master, MasterState.DRAFT, MasterState.SUBMITTED, submitted_at=at, submitted_by=by, remark="")
        record("master.submitted", by=by, at=at, thing=master, unit=master.unit)
    return master


def return_master(master: StudyMaster, *, remark: str, by: Account, at: datetime) -> StudyMaster:
    """Send a submitted or approved text back to be worked on, saying why; a planned hour of publication is dropped."""
    remark = remark.strip()
    if not remark:
        raise Refusal("master.remark_missing", "Hãy ghi cần sửa điều gì.", field="remark")
    refuse_if_marked(remark, "lời nhận xét")
    with transaction.atomic():
        _lock(master, MasterState.SUBMITTED, MasterState.APPROVED)
        _move(master, MasterState(master.state), MasterState.DRAFT, remark=remark, publish_at=None)
        record("master.returned", by=by, at=at, thing=master, unit=master.unit, after={"remark": remark})
        materials.refresh(master, at=at)
    return master


def approve_master(master: StudyMaster, *, revision: int, by: Account, at: datetime) -> MasterVersion:
    """A second person approves what was submitted: it becomes a version. Refuses the one who submitted it.

    Effects, in order: state, the version, audit "master.approved", products made before are made again beside those
    of the version that is published, which stay until this one is. Basis: R-118, duyệt của người thứ hai.
    """
    with transaction.atomic():
        _lock(master, MasterState.SUBMITTED)
        _refuse_other(master, revision)
        if master.submitted_by_id == by.pk or master.submitted_by is None:
            raise Refusal(
                "master.own_submission",
                "Đồng chí đã trình bản này nên không tự duyệt; người duyệt phải là người thứ hai.",
            )
        last = master.versions.aggregate(last=Max("number"))["last"] or 0
        version = MasterVersion(
            master=master, number=last + 1, content=queries.content(master), composed_by=master.submitted_by,
            approved_by=by, approved_at=at,
        )  # fmt: skip
        version.save(force_insert=True)
        _move(master, MasterState.SUBMITTED, MasterState.APPROVED)
        record("master.approved", by=by, at=at, thing=master, unit=master.unit, after={"version": version.number})
        materials.refresh(master, at=at)
    return version


def publish_master(master: StudyMaster, *, by: Account, at: datetime, when: datetime | None = None) -> StudyMaster:
    """Publish the approved version now, or set the hour at which it will be. Refuses an hour that has passed."""
    with transaction.atomic():
        _lock(master, MasterState.APPROVED)
        if when is None:
            _publish(master, by=by, at=at)
        elif when <= at:
            raise Refusal(
                "master.hour_passed", f"Giờ hẹn {show_moment(when)} đã qua; hãy chọn giờ sau hiện tại.", field="on"
            )
        else:
            StudyMaster.objects.filter(pk=master.pk).update(publish_at=when)
            master.publish_at = when
            record("master.scheduled", by=by, at=at, thing=master, unit=master.unit, after={"publish_at": when})
    return master


def unschedule_master(master: StudyMaster, *, by: Account, at: datetime) -> StudyMaster:
    """Drop the hour that was set; the approved version waits on. Refuses where none is set."""
    with transaction.atomic():
        _lock(master, MasterState.APPROVED)
        before = master.publish_at
        if before is None:
            raise Refusal("master.no_hour", "Bản biên soạn này chưa hẹn giờ công bố; hãy tải lại trang.")
        StudyMaster.objects.filter(pk=master.pk).update(publish_at=None)
        master.publish_at = None
        record("master.unscheduled", by=by, at=at, thing=master, unit=master.unit, before={"publish_at": before})
    return master


def publish_due_masters(*, at: datetime) -> int:
    """Publish what was set for an hour that has come, each exactly once, also after a standstill; returns how many."""
    done = 0
    due = StudyMaster.objects.filter(state=MasterState.APPROVED, publish_at__lte=at).select_related("unit")
    for master in due.order_by("publish_at", "pk"):
        with transaction.atomic():
            reread(master)
            if master.state == MasterState.APPROVED and master.publish_at and master.publish_at <= at:
                done += _publish(master, by=None, at=at)
    return done


def _publish(master: StudyMaster, *, by: Account | None, at: datetime) -> bool:
    moved = StudyMaster.objects.filter(pk=master.pk, state=MasterState.APPROVED).update(
        state=MasterState.PUBLISHED, publish_at=None, revision=F("revision") + 1
    )
    if not moved:
        return False
    version = master.versions.order_by("-number").first()
    assert version is not None, "an approved master has a version"
    MasterVersion.objects.filter(pk=version.pk, published_at__isnull=True).update(published_at=at)
    master.refresh_from_db(fields=["state", "publish_at", "revision"])
    follow_publication([master.document_id], at=at)
    record("master.published", by=by, at=at, thing=master, unit=master.unit, after={"version": version.number})
    materials.retire_earlier(master, version)
    materials.refresh(master, at=at)
    return True


def withdraw_master(master: StudyMaster, *, reason: str, by: Account, at: datetime) -> StudyMaster:
    """Take what is published off every page at once; refuses when nothing is. A draft in work stays as it is."""
    reason = reason.strip()
    if not reason:
        raise Refusal("master.reason_missing", "Hãy ghi vì sao gỡ xuống.", field="remark")
    refuse_if_marked(reason, "lý do")
    with transaction.atomic():
        reread(master)
        gone = master.versions.filter(
            Q(withdrawn_at__isnull=True) | Q(withdrawn_at__gt=at), published_at__isnull=False
        ).update(withdrawn_at=at)
        if not gone:
            raise Refusal("master.not_published", "Bản biên soạn này không có nội dung nào đang công bố.")
        if master.state == MasterState.PUBLISHED:
            _move(master, MasterState.PUBLISHED, MasterState.WITHDRAWN)
        follow_publication([master.document_id], at=at)
        record("master.withdrawn", by=by, at=at, thing=master, unit=master.unit, after={"reason": reason})
    return master


def reopen_master(master: StudyMaster, *, by: Account, at: datetime) -> StudyMaster:
    """Work on from the published or withdrawn text; what is published stays so until the next version is."""
    with transaction.atomic():
        _lock(master, MasterState.PUBLISHED, MasterState.WITHDRAWN)
        _move(master, MasterState(master.state), MasterState.DRAFT)
        record("master.reopened", by=by, at=at, thing=master, unit=master.unit)
    return master


# --- pieces -----------------------------------------------------------------------------------------------------------


def parse_value(typed: str) -> Decimal | None:
    """The number of a figure as Vietnamese offices write it ("1.234,5"); None for nothing. Refuses words."""
    bare = typed.strip().replace(" ", "").replace("\u00a0", "")
    if not bare:
        return None
    if "," in bare or bare.count(".") > 1 or (bare.count(".") == 1 and len(bare.rsplit(".", 1)[1]) == 3):
        bare = bare.replace(".", "").replace(",", ".")
    try:
        value = Decimal(bare)
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite() or abs(value) >= Decimal(10) ** 15 or not bare.lstrip("-").replace(".", "").isascii():
        raise Refusal("part.value", "Con số chưa đúng; viết như 1.234,5 hoặc 98.", field="value")
    return value.quantize(Decimal("0.001"))


def _lock(master: StudyMaster, *states: MasterState) -> None:
    reread(master)
    if master.state not in states:
        raise Refusal(
            "master.state",
            f"Bản biên soạn đang ở bước “{MasterState(master.state).label}” nên không làm được việc này; hãy tải lại trang.",
        )


def _open(master: StudyMaster) -> None:
    """Only a draft is written on."""
    reread(master)
    if master.state != MasterState.DRAFT:
        raise Refusal(
            "master.not_draft",
            f"Bản biên soạn đang ở bước “{MasterState(master.state).label}”, không sửa được. Hãy trả lại hoặc chọn Soạn tiếp trước.",
        )


def _refuse_other(master: StudyMaster, revision: int) -> None:
    if master.revision != revision:
        raise Refusal(
            "master.changed_by_other",
            "Có người vừa sửa bản biên soạn sau khi trang này được mở. Hãy xem lại nội dung bên dưới rồi bấm lần nữa.",
        )


def _touch(master: StudyMaster) -> None:
    StudyMaster.objects.filter(pk=master.pk).update(revision=F("revision") + 1)
    master.revision += 1


def _move(master: StudyMaster, frm: MasterState, to: MasterState, **new: Any) -> None:
    moved = StudyMaster.objects.filter(pk=master.pk, state=frm).update(state=to, revision=F("revision") + 1, **new)
    if not moved:
        raise Refusal("master.state", "Bản biên soạn đã sang bước khác; hãy tải lại trang.")
    master.refresh_from_db()


def _insert(master: StudyMaster, texts: Sequence[PartText], *, by: Account, at: datetime) -> list[MasterPart]:
    if master.parts.count() + len(texts) > MOST_PARTS:
        raise Refusal("master.too_many", f"Một bản biên soạn có nhiều nhất {MOST_PARTS} phần.")
    last = master.parts.aggregate(last=Max("order"))["last"] or 0
    rows = [
        MasterPart(master=master, order=order, changed_at=at, changed_by=by, **_columns(said))
        for order, said in enumerate(texts, last + 1)
    ]
    return MasterPart.objects.bulk_create(rows)


def _columns(said: PartText) -> dict[str, Any]:
    return {
        "kind": said.kind, "audiences": [one.value for one in said.audiences], "title": said.title, "text": said.text,
        "value": said.value, "measure": said.measure, "source": said.source, "clause": said.clause,
    }  # fmt: skip


def _checked(master: StudyMaster, said: PartText) -> PartText:
    """The part with tidy words; refuses what its kind must have and has not, each beside its field."""
    title, body = text.squeeze(said.title), said.text.replace("\r\n", "\n").strip()
    measure, source = text.squeeze(said.measure), text.squeeze(said.source)
    said_so: dict[PartKind, list[tuple[str, object, str]]] = {
        PartKind.CORE: [("text", body, "Điểm cốt lõi chưa có nội dung.")],
        PartKind.NEW: [("text", body, "Điểm mới chưa có nội dung.")],
        PartKind.FIGURE: [
            ("title", title, "Hãy ghi con số này đo điều gì."),
            ("value", said.value is not None, "Hãy ghi con số."),
        ],
        PartKind.QUESTION: [("title", title, "Thiếu câu hỏi."), ("text", body, "Thiếu câu trả lời.")],
        PartKind.MEANING: [("text", body, "Hãy ghi điều này có nghĩa gì với người đọc.")],
        PartKind.GOAL: [("text", body, "Hãy ghi mục tiêu.")],
        PartKind.TASK: [("title", title, "Hãy ghi việc cấp ủy cần làm.")],
        PartKind.EXPLANATION: [
            ("title", title, "Hãy ghi ý kiến cần giải thích."),
            ("text", body, "Hãy ghi văn bản nói thế nào."),
            ("source", source, "Hãy ghi nguồn (văn bản, mục, trang) để người đọc kiểm tra."),
        ],
    }
    needs = said_so[said.kind]
    faults = [Refusal("part.incomplete", sentence, field=field) for field, there, sentence in needs if not there]
    if said.kind.must_cite and said.clause is None:
        faults.append(Refusal("part.clause_missing", "Hãy chọn mục của văn bản mà phần này rút ra.", field="clause"))
    if not said.audiences:
        faults.append(Refusal("part.audience_missing", "Hãy chọn ít nhất một đối tượng.", field="audiences"))
    for name, value, most in (
        ("title", title, 300),
        ("measure", measure, 40),
        ("source", source, 300),
        ("text", body, MOST_TEXT),
    ):
        if len(value) > most:
            faults.append(
                Refusal(
                    "part.too_long", f"Dài quá {most} chữ cái; hãy viết gọn lại hoặc tách thành hai phần.", field=name
                )
            )
    if said.clause is not None and not queries.citable(master.document).filter(pk=said.clause.pk).exists():
        faults.append(
            Refusal(
                "part.foreign_clause", "Mục được chọn không thuộc văn bản này hay văn bản nguồn của nó.", field="clause"
            )
        )
    if faults:
        raise faults[0] if len(faults) == 1 else Refusals(faults)
    for value in (title, body, measure, source):
        refuse_if_marked(value, "nội dung của phần này")
    return PartText(said.kind, said.audiences, title, body, said.value, measure, source, said.clause)


def _told(part: MasterPart) -> dict[str, Any]:
    return _plain(
        {
            name: getattr(part, name)
            for name in ("kind", "audiences", "title", "text", "value", "measure", "source", "clause")
        }
    )


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    """What the log keeps of a part: no empty fields, a clause by its label."""
    return {
        name: value.label if isinstance(value, Clause) else str(value) if isinstance(value, Decimal) else value
        for name, value in values.items()
        if value not in ("", None, [])
    }
