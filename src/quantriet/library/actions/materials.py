"""The only writers of products: asked for, made in the background, made again from a newer version; brought ones; the look."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from pathlib import Path, PurePath

from django.conf import settings
from django.core.files.base import ContentFile
from django.db import transaction
from django.db.models import QuerySet

from quantriet.audit.actions import record
from quantriet.kit import clips, documents, pictures, text
from quantriet.kit.db import reread
from quantriet.kit.jobs import enqueue
from quantriet.kit.refusal import Refusal, Refusals
from quantriet.library.models import (
    BroughtMaterial,
    MasterVersion,
    Material,
    MaterialFile,
    StudyMaster,
    UnitLook,
)
from quantriet.library.queries import materials as queries
from quantriet.library.queries.masters import live_version, parts_for
from quantriet.library.rules.products import Made, make
from quantriet.library.rules.products.content import is_possible, missing
from quantriet.library.rules.products.look import checked_colour
from quantriet.library.vocab import BROUGHT, Audience, MaterialKind, MaterialState
from quantriet.org.models import Account, Unit
from quantriet.org.rules.secrecy import refuse_if_marked

MAKE_JOB = "quantriet.library.jobs.make_material_job"
MOST_BROUGHT = 100
MOST_WORDS = 20_000
_NO_SOURCE = "Chưa có bản nào được duyệt để làm sản phẩm; hãy trình và duyệt bản biên soạn trước."


def ask_for(
    master: StudyMaster, kinds: Sequence[MaterialKind], audience: Audience, *, by: Account, at: datetime
) -> list[Material]:
    """Have products made in the background from the approved version; what stands ready stays until the new one does.

    Refuses without an approved version, and an audience for which the version has no fitting part.
    Effects, in order: the products wait, audit "material.asked", a job each. Basis: R-114, R-117, R-119.
    """
    source = queries.source_version(master, at)
    if source is None:
        raise Refusal("material.no_source", _NO_SOURCE)
    have = [part.kind for part in parts_for(source, audience)]
    if faults := [missing(kind, audience) for kind in kinds if not is_possible(have, kind)]:
        raise Refusals([Refusal("material.nothing", one) for one in dict.fromkeys(faults)])
    with transaction.atomic():
        asked = [
            Material.objects.update_or_create(
                master=master, kind=kind, audience=audience,
                defaults={"state": MaterialState.QUEUED, "fault": "", "asked_at": at, "asked_by": by},
            )[0]
            for kind in kinds
        ]  # fmt: skip
        record(
            "material.asked", by=by, at=at, thing=master, unit=master.unit,
            after={"kinds": [kind.label for kind in kinds], "audience": audience.label, "version": source.number},
        )  # fmt: skip
        for one in asked:
            enqueue(MAKE_JOB, one.pk)
    return asked


def refresh(master: StudyMaster, *, at: datetime) -> int:
    """Have every product that was made once made again from the present source; returns how many are on their way."""
    with transaction.atomic():
        found = queries.stale(master, at)
        Material.objects.filter(pk__in=[one.pk for one in found]).update(
            state=MaterialState.QUEUED, fault="", asked_at=at, asked_by=None
        )
        for one in found:
            enqueue(MAKE_JOB, one.pk)
    return len(found)


def make_material(key: int, *, at: datetime) -> Material | None:
    """Make the files of a product that waits; None when it waits no more.

    Setting the pages takes a second or more and happens outside of any transaction. Where the product was asked for anew
    meanwhile (a version was approved), nothing is written here: the later job makes it.
    Effects, in order: files in the place of the former ones of this version, beside those of the version that is published,
    state, audit "material.made"; or the sentence why not.
    """
    one = (
        Material.objects.filter(pk=key, state=MaterialState.QUEUED)
        .select_related("master__document", "master__unit__parent", "asked_by")
        .first()
    )
    if one is None:
        return None
    asked_at, master = one.asked_at, one.master
    version = queries.source_version(master, at)
    try:
        if version is None:
            raise Refusal("material.no_source", _NO_SOURCE)
        version.master = master
        brief = queries.brief_of(version, Audience(one.audience), queries.look_of(master.unit))
        made, note = make(MaterialKind(one.kind), brief, at=at, folder=settings.DATA_DIR)
    except Refusal as refusal:
        Material.objects.filter(pk=key, state=MaterialState.QUEUED, asked_at=asked_at).update(
            state=MaterialState.FAILED, fault=refusal.sentence[:400]
        )
        raise
    with transaction.atomic():
        reread(one)
        if one.state != MaterialState.QUEUED or one.asked_at != asked_at:
            return None
        _put(one, version, made, note, at=at)
        record(
            "material.made", by=one.asked_by, at=at, thing=master, unit=master.unit,
            after={
                "kind": MaterialKind(one.kind).label, "audience": Audience(one.audience).label, "version": version.number,
                "files": len(made),
            },
        )  # fmt: skip
    return one


def _put(one: Material, version: MasterVersion, made: Sequence[Made], note: str, *, at: datetime) -> None:
    present = {
        (row.form, row.page): row for row in one.files.filter(version=version)
    }  # a link to one outlives its remaking
    for file in made:
        row = present.pop((file.form, file.page), None)
        is_new = row is None
        row = row or MaterialFile(material=one, version=version, form=file.form, page=file.page)
        _drop(row)
        row.size = len(file.content)
        row.file.save(f"san-pham{file.form.ending}", ContentFile(file.content), save=False)
        row.save(force_insert=is_new)
    for row in present.values():  # pages that there are no more
        _drop(row)
        row.delete()
    one.version, one.made_at, one.state, one.fault, one.note = version, at, MaterialState.READY, "", note[:400]
    one.save(update_fields=["version", "made_at", "state", "fault", "note"])
    _retire(one.files.exclude(version=version), live_version(one.master, at))


def retire_earlier(master: StudyMaster, live: MasterVersion) -> None:
    """Throw away the files that were made from other versions than the one that is published now."""
    _retire(MaterialFile.objects.filter(material__master=master), live)


def _retire(rows: QuerySet[MaterialFile], live: MasterVersion | None) -> None:
    """Of these rows what is not of `live`: the file goes; the row stays as a way-sign where the version was published once."""
    for row in rows.exclude(file="").exclude(version=live).select_related("version"):
        _drop(row)
        if row.version.published_at is None:
            row.delete()
        else:
            row.file = ""  # type: ignore[assignment]
            row.size = 0
            row.save(update_fields=["file", "size"])


def _drop(row: MaterialFile) -> None:
    """Have the file of a row thrown away once all is written."""
    if row.file:
        transaction.on_commit(partial(row.file.storage.delete, str(row.file.name)))


# --- what somebody brings ---------------------------------------------------------------------------------------------


def bring(
    master: StudyMaster, kind: MaterialKind, *, title: str, words: str, author: str, source: str, basis: str, by: Account,
    at: datetime, content: bytes = b"", name: str = "",
) -> BroughtMaterial:  # fmt: skip
    """Keep a verse, a clip or a picture with who made it and why it may be used.

    The words of a verse that comes as a text are taken out of its file.
    Refuses without title, author or basis, a verse without words or file, a clip or picture without file or without words
    for who does not see it, a file that is not what it says or too large, and marked content (B-18).
    Effects, in order: the row with its file made clean, audit "material.brought". Basis: R-119.
    """
    if kind not in BROUGHT:
        raise Refusal("brought.kind", "Loại sản phẩm này được làm từ bản biên soạn, không tải lên.", field="kind")
    title, author, source, basis = (text.squeeze(one) for one in (title, author, source, basis))
    words = words.replace("\r\n", "\n").strip()
    faults = [
        Refusal("brought.incomplete", sentence, field=field)
        for field, there, sentence in (
            ("title", title, "Hãy ghi tên tác phẩm."),
            ("author", author, "Hãy ghi tác giả; không rõ thì ghi “khuyết danh”."),
            ("basis", basis, "Hãy ghi căn cứ được dùng: tác giả và người trong hình đã đồng ý, hoặc quy định cho phép."),
            ("file", content or kind == MaterialKind.VERSE, "Hãy chọn tệp."),
            ("words", words or (content and kind == MaterialKind.VERSE),
             "Hãy chép lời thơ, hoặc tải tệp lên." if kind == MaterialKind.VERSE
             else "Hãy ghi trong đó thấy gì, nói gì, để người không xem được cũng biết."),
        )
        if not there
    ]  # fmt: skip
    for field, value, most in (("title", title, 200), ("author", author, 200), ("source", source, 300), ("basis", basis, 300), ("words", words, MOST_WORDS)):  # fmt: skip
        if len(value) > most:
            faults.append(Refusal("brought.too_long", f"Dài quá {most} chữ cái; hãy viết gọn lại.", field=field))
    if faults:
        raise faults[0] if len(faults) == 1 else Refusals(faults)
    for value, where in ((title, "tên tác phẩm"), (author, "tên tác giả"), (source, "nguồn"), (basis, "căn cứ"), (words, "lời")):  # fmt: skip
        refuse_if_marked(value, where)
    clean, ending, width, height, written = _clean(kind, content, name) if content else (b"", "", 0, 0, "")
    if kind == MaterialKind.VERSE and not words and len(written) <= MOST_WORDS:
        words = written  # so that it is read where it stands, without opening a file
    with transaction.atomic():
        if master.brought.count() >= MOST_BROUGHT:
            raise Refusal("brought.too_many", f"Một bản biên soạn có nhiều nhất {MOST_BROUGHT} sản phẩm có sẵn.")
        row = BroughtMaterial(
            master=master, kind=kind, title=title, words=words, author=author, source=source, basis=basis,
            size=len(clean), width=width, height=height, added_at=at, added_by=by,
        )  # fmt: skip
        if clean:
            row.file.save(f"{kind.value}{ending}", ContentFile(clean), save=False)
        row.save(force_insert=True)
        record(
            "material.brought", by=by, at=at, thing=master, unit=master.unit,
            after={"kind": kind.label, "title": title, "author": author, "basis": basis},
        )  # fmt: skip
    return row


def _clean(kind: MaterialKind, content: bytes, name: str) -> tuple[bytes, str, int, int, str]:
    """The file as it is kept, its ending, of a picture its width and height in pixels, of a text its words."""
    refuse_if_marked(PurePath(name).stem.replace("_", " "), "tên tệp")
    if len(content) > settings.UPLOAD_LIMIT_BYTES:
        most = settings.UPLOAD_LIMIT_BYTES // 1024 // 1024
        raise Refusal("brought.too_large", f"Tệp quá {most} MB; hãy cắt ngắn hoặc nén lại rồi tải lên.", field="file")
    if kind == MaterialKind.CLIP:
        return clips.clean(content, name), ".mp4", 0, 0, ""
    if kind == MaterialKind.PANEL or PurePath(name).suffix.lower() in (
        ".jpg",
        ".jpeg",
        ".png",
        ".webp",
        ".svg",
        ".svgz",
    ):
        picture = pictures.clean(content, name, folder=settings.DATA_DIR)
        return picture.content, picture.ending, picture.width, picture.height, ""
    with tempfile.TemporaryDirectory(dir=settings.DATA_DIR) as folder:
        path = Path(folder) / "upload"
        path.write_bytes(content)
        try:
            gated = documents.gate(path, name, limit=settings.UPLOAD_LIMIT_BYTES)
            found = documents.extract(gated)
            refuse_if_marked(found.text, "tệp")
            if found.encoding is not None:
                refuse_if_marked(documents.extract(gated, legacy=found.encoding.choice).text, "tệp")
        except Refusal as refusal:
            raise Refusal(refusal.code, refusal.sentence, field="file") from None
    words = "" if found.encoding is not None else found.text.replace("\r\n", "\n").strip()
    return content, f".{'txt' if gated.kind == documents.Kind.TEXT else gated.kind.value}", 0, 0, words


def approve_brought(brought: BroughtMaterial, *, by: Account, at: datetime) -> BroughtMaterial:
    """A second person lets a brought work out, with what is published of its master. Refuses the one who brought it.

    Effects, in order: the approval, audit "material.approved". Basis: R-119, duyệt của người thứ hai như bản biên soạn.
    """
    with transaction.atomic():
        reread(brought)
        if brought.approved_at is not None:
            return brought
        if brought.added_by_id == by.pk:
            raise Refusal(
                "brought.own", "Đồng chí đã đưa tác phẩm này vào nên không tự duyệt; người duyệt phải là người thứ hai."
            )
        brought.approved_at, brought.approved_by = at, by
        brought.save(update_fields=["approved_at", "approved_by"])
        record(
            "material.approved", by=by, at=at, thing=brought.master, unit=brought.master.unit,
            after={"kind": MaterialKind(brought.kind).label, "title": brought.title, "author": brought.author},
        )  # fmt: skip
    return brought


def take_out(brought: BroughtMaterial, *, by: Account, at: datetime) -> None:
    """Take a brought product out, its file too; the log keeps what it was called."""
    master = brought.master
    with transaction.atomic():
        reread(brought)
        name, storage = str(brought.file.name or ""), brought.file.storage
        before = {"kind": MaterialKind(brought.kind).label, "title": brought.title, "author": brought.author}
        brought.delete()
        record("material.taken_out", by=by, at=at, thing=master, unit=master.unit, before=before)
        if name:
            transaction.on_commit(lambda: storage.delete(name))


# --- the look of a unit -----------------------------------------------------------------------------------------------


def set_look(
    unit: Unit, *, colour: str, by: Account, at: datetime, logo: bytes = b"", name: str = "", drop_logo: bool = False
) -> UnitLook:
    """Choose the colour and the logo of a unit's products; without a new logo the present one stays.

    Refuses a colour on which white words are hard to read, and a logo that is no PNG, JPEG or WebP (a drawing may carry
    script). Products made before are told to be old.
    """
    colour = checked_colour(colour)
    picture = None
    if logo:
        refuse_if_marked(PurePath(name).stem.replace("_", " "), "tên tệp")
        try:
            picture = pictures.clean(logo, name, folder=settings.DATA_DIR)
        except Refusal as refusal:
            raise Refusal(refusal.code, refusal.sentence, field="logo") from None
    with transaction.atomic():
        present = UnitLook.objects.filter(unit=unit).first()
        look = present or UnitLook(unit=unit)
        before = {"colour": look.colour, "logo": bool(look.logo)} if present else {}
        former = str(look.logo.name or "")
        look.colour, look.set_at, look.set_by = colour, at, by
        if picture is not None:
            look.logo.save(f"logo{picture.ending}", ContentFile(picture.content), save=False)
        elif drop_logo:
            look.logo = ""  # type: ignore[assignment]
        if present:
            look.save(update_fields=["colour", "logo", "set_at", "set_by"])
        else:
            look.save(force_insert=True)
        record(
            "look.set", by=by, at=at, thing=unit, unit=unit, before=before,
            after={"colour": colour, "logo": bool(look.logo)},
        )  # fmt: skip
        if former and former != str(look.logo.name or ""):
            transaction.on_commit(partial(UnitLook._meta.get_field("logo").storage.delete, former))  # type: ignore[union-attr]
    return look
