"""Reads of products: from which version they are made, what stands ready, what is old. The portal takes `released` alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Case, F, OuterRef, Q, QuerySet, Subquery, When

from quantriet.kit import text
from quantriet.kit.time import local, show_day
from quantriet.library.models import (
    BroughtMaterial,
    GuidingDocument,
    MasterVersion,
    Material,
    MaterialFile,
    PublicDocument,
    StudyMaster,
    UnitLook,
)
from quantriet.library.queries.masters import live_version, parts_for
from quantriet.library.rules.products import Brief, Look, Point
from quantriet.library.rules.products.content import is_possible, missing
from quantriet.library.vocab import DOCUMENT_TYPES, Audience, MasterState, MaterialForm, MaterialKind, MaterialState
from quantriet.org.models import Unit
from quantriet.org.vocab import Level


def source_version(master: StudyMaster, on: datetime) -> MasterVersion | None:
    """The version from which products are made: the approved one, else the last that is published; None for none."""
    if master.state != MasterState.APPROVED:
        return live_version(master, on)
    return master.versions.order_by("-number").first()


def look_of(unit: Unit) -> UnitLook | None:
    """The look of the unit, or of the nearest above it that has chosen one."""
    rows = list(UnitLook.objects.filter(unit__in=unit.ancestor_ids).select_related("unit"))
    return max(rows, key=lambda one: len(one.unit.path), default=None)


def brief_of(version: MasterVersion, audience: Audience, look: UnitLook | None) -> Brief:
    """What a product is made of; needs the version's master with document and unit, and the unit's parent."""
    document, unit = version.master.document, version.master.unit
    name = DOCUMENT_TYPES[document.type_code]
    logo = b""
    if look is not None and look.logo:
        with look.logo.open("rb") as file:
            logo = file.read()
    parts = parts_for(version, audience)
    cited = {one.document for one in parts if one.document is not None}
    levels = dict(GuidingDocument.objects.filter(pk__in=cited).values_list("pk", "level"))
    return Brief(
        title=version.content["title"], document=f"{name} {document.citation}", reference=f"{name} {document.reference_number}",
        unit=unit.name, superior=unit.parent.name if unit.parent else "", audience=audience,
        points=tuple(
            Point(
                one.kind, one.title, one.text, one.figure, one.cites, one.source,
                Level(levels[one.document]) if one.document in levels else None,
            )
            for one in parts
        ),
        version=version.number, approved_on=show_day(local(version.approved_at).date()),
        look=Look(look.colour, logo) if look is not None else Look(),
    )  # fmt: skip


@dataclass(frozen=True)
class Row:
    """A kind of product of a master for an audience, made or not yet."""

    kind: MaterialKind
    material: Material | None
    files: Sequence[tuple[MaterialFile, str]] = ()
    lacks: str = ""  # why it cannot be made
    old: str = ""  # why what stands ready is old

    @property
    def state(self) -> str:
        """queued, failed, old, ready or none."""
        if self.material is None:
            return "none"
        if self.material.state == MaterialState.READY:
            return "old" if self.old else "ready"
        return str(self.material.state)


@dataclass
class Shelf:
    """All products of a master for one audience, and which of its audiences have some ready."""

    audience: Audience
    source: MasterVersion | None
    rows: list[Row]
    look: UnitLook | None
    counts: dict[Audience, int] = field(default_factory=dict)

    @property
    def is_waiting(self) -> bool:
        return any(one.state == "queued" for one in self.rows)

    @property
    def can_make(self) -> bool:
        return any(not one.lacks for one in self.rows)


def shelf(master: StudyMaster, audience: Audience, on: datetime) -> Shelf:
    """What stands ready, what waits, what is old and what could be made, for one audience."""
    source, look = source_version(master, on), look_of(master.unit)
    materials = list(master.materials.select_related("version").prefetch_related("files"))
    counts: dict[Audience, int] = defaultdict(int)
    for one in materials:
        counts[Audience(one.audience)] += one.state == MaterialState.READY
    mine = {MaterialKind(one.kind): one for one in materials if one.audience == audience}
    kinds = [part.kind for part in parts_for(source, audience)] if source else []
    rows = []
    for kind in MaterialKind:
        if not kind.is_made:
            continue
        made = mine.get(kind)
        lacks = "" if source and is_possible(kinds, kind) else missing(kind, audience) if source else ""
        rows.append(
            Row(
                kind, made, named(_files_of(made)) if made else (), lacks,
                old_because(made, source, look) if made else "",
            )
        )  # fmt: skip
    return Shelf(audience, source, rows, look, dict(counts))


def _files_of(made: Material) -> list[MaterialFile]:
    """The files of its last making; what is published beside it stands at the document."""
    return [one for one in made.files.all() if one.version_id == made.version_id and one.file]


def old_because(one: Material, source: MasterVersion | None, look: UnitLook | None) -> str:
    """Why a finished product is not what would be made today; "" when it is."""
    if one.version is None:
        return ""
    if source is None:
        return f"Bản {one.version.number} đã gỡ hoặc trả lại nên không phát hành sản phẩm này."
    if one.version_id != source.pk:
        return f"Làm từ bản {one.version.number}; bản mới nhất là bản {source.number}."
    if look is not None and one.made_at is not None and look.set_at > one.made_at:
        return "Logo hoặc màu của đơn vị đã đổi sau khi làm."
    return ""


def stale(master: StudyMaster, on: datetime) -> list[Material]:
    """Products that somebody asked for once and that are not made from the present source; none without a source."""
    source = source_version(master, on)
    if source is None:
        return []
    return list(master.materials.exclude(Q(version=source) & Q(state=MaterialState.READY)))


def named(files: Sequence[MaterialFile]) -> list[tuple[MaterialFile, str]]:
    """Each file with what its link says: "PDF", "Ảnh 1:1 (2/3)"."""
    totals: dict[tuple[int, str], int] = defaultdict(int)
    for one in files:
        totals[one.material_id, one.form] += 1

    def words(one: MaterialFile) -> str:
        label, total = str(MaterialForm(one.form).label), totals[one.material_id, one.form]
        return f"{label} ({one.page}/{total})" if total > 1 else label

    return [(one, words(one)) for one in files]


def released(*versions: MasterVersion) -> QuerySet[MaterialFile]:
    """Files of the products that were made from these versions: what may go out once the versions are published.

    They stand also while the same products are made from the next version, which nobody reads yet.
    """
    rows = MaterialFile.objects.filter(version__in=versions).exclude(file="")
    return rows.filter(material__master=F("version__master")).select_related("material", "version")


def successor(key: int, among: QuerySet[MaterialFile]) -> MaterialFile | None:
    """Where a link leads that was handed on with an earlier version: of these files the same page of the same product, else its
    first page in that form; None for what never was published, or is no longer made.

    One statement, whether the link's file is there or not: how long the answer takes tells a stranger nothing.
    """
    earlier = MaterialFile.objects.filter(pk=key, version__published_at__isnull=False)
    rows = among.annotate(asked=Subquery(earlier.values("page")[:1])).filter(
        Q(page=F("asked")) | Q(page=1),
        material__in=earlier.values("material"),
        form__in=earlier.values("form"),
        version__number__gt=Subquery(earlier.values("version__number")[:1]),
    )
    return rows.order_by(Case(When(page=F("asked"), then=0), default=1), "pk").first()


def released_square(version: MasterVersion) -> MaterialFile | None:
    """The first 1:1 picture of the infographic for the public, for shared links; None where none was made of this version."""
    mine = released(version).filter(form=MaterialForm.SQUARE, material__audience=Audience.PUBLIC)
    return mine.order_by("page").first()


def released_works(version: MasterVersion) -> QuerySet[BroughtMaterial]:
    """Brought works of a version's master that a second person approved: they may go out once the version is published."""
    return BroughtMaterial.objects.filter(master=version.master_id, approved_at__isnull=False)


def public_works(kind: MaterialKind) -> QuerySet[BroughtMaterial]:
    """Approved works of one kind whose master the public reads, the latest first; adds `document`, the key of its page."""
    shown = PublicDocument.objects.filter(version__master=OuterRef("master")).values("document")[:1]
    rows = BroughtMaterial.objects.filter(kind=kind, approved_at__isnull=False).annotate(document=Subquery(shown))
    return rows.filter(document__isnull=False).order_by("-approved_at", "-pk")


OUTLINES = (MaterialKind.OUTLINE, MaterialKind.PROPAGANDA, MaterialKind.ESSAY)


def outlines_of(documents: Iterable[GuidingDocument]) -> dict[int, dict[MaterialKind, list[Audience]]]:
    """By document: for whom the outlines of a campaign stand ready (R-038, R-089); a document without any is missing."""
    rows = Material.objects.filter(
        master__document__in=[one.pk for one in documents], kind__in=OUTLINES, state=MaterialState.READY
    ).values_list("master__document", "kind", "audience")
    found: dict[int, dict[MaterialKind, list[Audience]]] = {}
    for document, kind, audience in sorted(rows, key=lambda row: list(Audience).index(Audience(row[2]))):
        found.setdefault(document, {}).setdefault(MaterialKind(kind), []).append(Audience(audience))
    return found


def file_name(one: MaterialFile, master: StudyMaster) -> str:
    """The name under which it is saved: "to-gap-15-nq-tu-cong-chung-2.png"."""
    names = {
        MaterialKind.OUTLINE: "de-cuong", MaterialKind.QA: "hoi-dap", MaterialKind.FOLDER: "to-gap",
        MaterialKind.PROPAGANDA: "de-cuong-tuyen-truyen", MaterialKind.ESSAY: "de-cuong-thu-hoach",
        MaterialKind.LEAFLET: "to-roi", MaterialKind.INFOGRAPHIC: "infographic", MaterialKind.SLIDES: "trinh-chieu",
    }  # fmt: skip
    audiences = {
        Audience.KEY_CADRE: "can-bo-chu-chot", Audience.RURAL: "nong-thon", Audience.OFFICIALS: "can-bo-cong-chuc",
        Audience.PUBLIC: "nhan-dan",
    }  # fmt: skip
    form = MaterialForm(one.form)
    shape = {MaterialForm.SQUARE: "-1x1", MaterialForm.TALL: "-9x16"}.get(form, "")
    number = "-".join(text.fold(master.document.reference_number).replace("/", " ").split())
    page = f"-{one.page}" if one.page > 1 else ""
    kind, audience = MaterialKind(one.material.kind), Audience(one.material.audience)
    return f"{names[kind]}-{number}-{audiences[audience]}{shape}{page}{form.ending}"
