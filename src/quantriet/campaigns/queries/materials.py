"""Reads of who was given the material of a campaign (R-125).

A learner was given it who has a receipt for every document of the campaign that has released products; where none has
any, for every document. Whoever need not study is left out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from quantriet.campaigns.models import MaterialReceipt, StudyCampaign, StudyDuty
from quantriet.campaigns.queries.rulebooks import rule_in_force
from quantriet.campaigns.rules.materials import Supplied, audiences_for, own_audience
from quantriet.campaigns.vocab import CampaignState, DutyState, ReceiptHow, RuleKey
from quantriet.kit.refusal import Refusal
from quantriet.library.models import GuidingDocument, Material, MaterialFile
from quantriet.library.queries.masters import published_among
from quantriet.library.queries.materials import named, released, successor
from quantriet.library.vocab import Audience
from quantriet.org.models import Person, Unit, ancestor_ids, path_end


def documents_to_supply(campaign: StudyCampaign, at: datetime) -> list[GuidingDocument]:
    """The documents whose material is counted: those with released products, else all of the campaign."""
    chosen = [one.document for one in campaign.campaign_documents.select_related("document")]
    versions = published_among([one.pk for one in chosen], at)
    with_files = set(released(*versions.values()).values_list("material__master__document", flat=True))
    return [one for one in chosen if one.pk in with_files] or chosen


def learners(campaign: StudyCampaign, unit: Unit) -> QuerySet[StudyDuty]:
    """The duties of those who must study, at a node and below it."""
    kinds = campaign.duty_kinds[:1]
    return StudyDuty.objects.filter(
        campaign=campaign, kind__in=kinds, unit__path__gte=unit.path, unit__path__lt=path_end(unit.path)
    ).exclude(state=DutyState.EXEMPT)


def given(documents: Sequence[GuidingDocument]) -> Q:
    """The condition of a duty that its person has a receipt for each of these documents."""
    condition = Q()
    for one in documents:
        receipts = MaterialReceipt.objects.filter(person=OuterRef("person"), document=one.pk, withdrawn_at__isnull=True)
        condition &= Q(Exists(receipts))
    return condition if documents else Q(pk__in=[])


@dataclass(frozen=True)
class SupplyRow:
    """One child unit of the node, or the node's own people."""

    unit: Unit
    count: Supplied
    is_own: bool = False


@dataclass(frozen=True)
class Supply:
    """The figures of a node: the whole, and by the units directly below, those with most people without material first."""

    total: Supplied
    rows: list[SupplyRow]
    documents: list[GuidingDocument]
    target: Decimal | None
    basis: str

    @property
    def sentence(self) -> str:
        return self.total.sentence(self.target, self.basis)


def supply(campaign: StudyCampaign, unit: Unit, at: datetime) -> Supply:
    """How many were given the material, by the units below a node; a handful of statements however many people."""
    documents = documents_to_supply(campaign, at)
    rows = learners(campaign, unit)
    counted: dict[int, Supplied] = defaultdict(Supplied)
    depth = len(ancestor_ids(unit.path))
    for found, is_given in ((rows, False), (rows.filter(given(documents)), True)):
        for path, count in found.order_by().values_list("unit__path").annotate(Count("pk")):
            steps = ancestor_ids(path)
            child = steps[depth] if len(steps) > depth else unit.pk
            counted[child] += Supplied(given=count) if is_given else Supplied(roster=count)
    units = Unit.objects.in_bulk(counted)
    shown = [SupplyRow(units[pk], count, pk == unit.pk) for pk, count in counted.items()]
    shown.sort(key=lambda one: (-one.count.missing, one.unit.path))
    target, basis = None, ""
    try:
        rule = rule_in_force(campaign, RuleKey.MATERIAL_SHARE_PERCENT)
        target, basis = rule.value, rule.basis
    except Refusal:
        pass  # a rulebook from before this rule: the figure stands without a target
    return Supply(sum(counted.values(), Supplied()), shown, documents, target, basis)


def add_receipts(duties: list[StudyDuty], documents: Sequence[GuidingDocument]) -> None:
    """Attach to each duty the receipts that stand (`receipts`), whether all are there (`is_given`) and a hand-out to undo."""
    keys = {one.pk for one in documents}
    found: dict[int, list[MaterialReceipt]] = defaultdict(list)
    rows = MaterialReceipt.objects.filter(
        person__in=[one.person_id for one in duties], document__in=keys, withdrawn_at__isnull=True
    )
    for one in rows.select_related("by", "document").order_by("at", "pk"):
        found[one.person_id].append(one)
    for duty in duties:
        duty.receipts = found[duty.person_id]  # type: ignore[attr-defined]
        duty.is_given = {one.document_id for one in found[duty.person_id]} >= keys  # type: ignore[attr-defined]
        duty.was_handed = any(one.how == ReceiptHow.HANDED for one in found[duty.person_id])  # type: ignore[attr-defined]


# --- the member's own ----------------------------------------------------------------------------------------------


@dataclass
class OwnMaterial:
    """What a person can open or was handed of one document."""

    document: GuidingDocument
    products: list[tuple[str, list[tuple[MaterialFile, str]]]] = field(default_factory=list)
    receipts: list[MaterialReceipt] = field(default_factory=list)


def _tiers(person: Person) -> dict[int, set[str]]:
    """By document of the person's campaigns that run or have run: the tiers in which the person studies it."""
    rows = StudyDuty.objects.filter(
        person=person, campaign__state__in=[CampaignState.OPEN, CampaignState.CLOSED]
    ).values_list("campaign__documents", "tier")
    found: dict[int, set[str]] = defaultdict(set)
    for document, tier in rows.distinct():
        if document is not None:
            found[document].add(tier)
    return found


def _is_territorial(person: Person) -> bool:
    """Whether every organisation from the person's cell up is of a territory."""
    above = ancestor_ids(person.unit.path)
    return not Unit.objects.filter(pk__in=above, kind__is_territorial=False).exists()


def own_audiences(person: Person) -> dict[int, list[Audience]]:
    """By document of the person's campaigns: as whom the person reads it, in the order of `Audience`; two statements."""
    is_territorial = _is_territorial(person)
    return {
        key: sorted({own_audience(tier, is_territorial=is_territorial) for tier in mine}, key=list(Audience).index)
        for key, mine in _tiers(person).items()
    }


def _files(person: Person, tiers: dict[int, set[str]], at: datetime) -> QuerySet[MaterialFile]:
    """Files of what is published of these documents, each for the audiences of the tiers beside it."""
    reach, is_territorial = Q(pk__in=[]), _is_territorial(person)
    for key, mine in tiers.items():
        audiences = {one for tier in mine for one in audiences_for(tier, is_territorial=is_territorial)}
        reach |= Q(material__master__document=key, material__audience__in=audiences)
    return released(*published_among(tiers, at).values()).filter(reach)


def own_materials(person: Person, at: datetime) -> list[OwnMaterial]:
    """The material of a person's campaigns, the latest document first; six statements."""
    tiers = _tiers(person)
    rows = {
        one.pk: OwnMaterial(one)
        for one in GuidingDocument.objects.filter(pk__in=tiers).defer("text").order_by("-issued_on", "-pk")
    }
    files = _files(person, tiers, at).select_related("material__master").order_by("material", "pk")
    by_material: dict[int, list[MaterialFile]] = defaultdict(list)
    for one in files:
        by_material[one.material_id].append(one)
    for group in by_material.values():
        material = group[0].material
        rows[material.master.document_id].products.append((_title(material), named(group)))
    receipts = MaterialReceipt.objects.filter(person=person, document__in=tiers, withdrawn_at__isnull=True)
    for receipt in receipts.select_related("by").order_by("at", "pk"):
        rows[receipt.document_id].receipts.append(receipt)
    return list(rows.values())


def _title(material: Material) -> str:
    """Its kind, and for whom where that is not the reader's own group."""
    audience = Audience(material.audience)
    return f"{material.kind_label} ({audience.label})" if audience == Audience.PUBLIC else material.kind_label


def own_material(person: Person, pk: int, at: datetime) -> MaterialFile | None:
    """A file that this person may open, or None."""
    rows = _files(person, _tiers(person), at).select_related("material__master__document")
    return rows.filter(pk=pk).first()


def own_successor(person: Person, pk: int, at: datetime) -> MaterialFile | None:
    """The file of the present version that stands in the place of one this person could open earlier, or None."""
    return successor(pk, _files(person, _tiers(person), at))
