"""Writers of audiences: ordered rules, ready-made groups of rules, decisions by hand with their reason."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F, Max

from quantriet.audit.actions import changes, record
from quantriet.campaigns.models import AudienceAdjustment, AudienceRule, StudyCampaign
from quantriet.campaigns.rules import audience as rules
from quantriet.campaigns.rules.audience import Criteria
from quantriet.campaigns.vocab import AdjustmentKind, CampaignState, RuleEffect
from quantriet.kit import text
from quantriet.kit.db import reread
from quantriet.kit.refusal import Refusal
from quantriet.library.vocab import ContentTier
from quantriet.org.models import Account, Person
from quantriet.org.rules.secrecy import refuse_if_marked


def add_audience_rule(
    campaign: StudyCampaign, *, name: str, effect: str = RuleEffect.OBLIGE, tier: str = ContentTier.GRASSROOTS,
    criteria: dict[str, Any] | Criteria | None = None, basis: str = "", accepts_credit: bool = True,
    place: int | None = None, by: Account | None, at: datetime,
) -> AudienceRule:  # fmt: skip
    """Add a rule at `place` (0 is the first), else behind the present ones; the first rule that matches decides."""
    stored = _stored(criteria)
    name = _named(name)
    with _changing(campaign):
        present = AudienceRule.objects.filter(campaign=campaign)
        last = present.aggregate(last=Max("order"))["last"]
        order = 0 if last is None else last + 1
        if place is not None:
            order = min(max(place, 0), order)
            present.filter(order__gte=order).update(order=F("order") + 1)
        rule = AudienceRule.objects.create(
            campaign=campaign, order=order, name=name, effect=effect, tier=tier,
            criteria=stored, basis=text.squeeze(basis), accepts_credit=accepts_credit,
        )  # fmt: skip
        record(
            "audience.rule_added", by=by, at=at, thing=campaign, unit=campaign.unit,
            after={"name": name, "effect": effect, "tier": tier, "criteria": stored, "basis": rule.basis, "place": order + 1,
                   "accepts_credit": accepts_credit},
        )  # fmt: skip
    return rule


def add_audience_preset(campaign: StudyCampaign, key: str, *, by: Account | None, at: datetime) -> list[AudienceRule]:
    """Add a ready-made group of rules (R-040 … R-042) behind the present ones; rules already there are left out."""
    preset = rules.preset(key)
    if preset is None:
        raise Refusal("audience.preset_unknown", "Không có nhóm điều kiện này.")
    with transaction.atomic():
        present = set(AudienceRule.objects.filter(campaign=campaign).values_list("name", flat=True))
        return [
            add_audience_rule(
                campaign,
                name=rule.name,
                effect=rule.effect,
                tier=rule.tier,
                criteria=rule.criteria,
                basis=rule.basis,
                by=by,
                at=at,
            )
            for rule in preset.rules
            if rule.name not in present
        ]


def change_audience_rule(rule: AudienceRule, *, by: Account | None, at: datetime, **new: Any) -> AudienceRule:
    """Change a rule; the ledger follows when the audience is brought in step again."""
    if "criteria" in new:
        new["criteria"] = _stored(new["criteria"])
    if "name" in new:
        new["name"] = _named(new["name"])
    with _changing(rule.campaign):
        reread(rule)
        before, after = changes(rule, new)
        if not after:
            return rule
        for name, value in new.items():
            setattr(rule, name, value)
        rule.save(update_fields=list(new))
        record(
            "audience.rule_changed", by=by, at=at, thing=rule.campaign, unit=rule.campaign.unit,
            before={"name": rule.name, **before}, after=after,
        )  # fmt: skip
    return rule


def move_audience_rule(rule: AudienceRule, *, up: bool, by: Account | None, at: datetime) -> AudienceRule:
    """Let a rule change places with its neighbour; the order decides."""
    with _changing(rule.campaign):
        ordered = list(AudienceRule.objects.select_for_update().filter(campaign=rule.campaign))
        here = ordered.index(rule)
        there = here - 1 if up else here + 1
        if not 0 <= there < len(ordered):
            return rule
        ordered[here], ordered[there] = ordered[there], ordered[here]
        for position, one in enumerate(ordered):
            if one.order != position:
                AudienceRule.objects.filter(pk=one.pk).update(order=position)
        record(
            "audience.rule_changed", by=by, at=at, thing=rule.campaign, unit=rule.campaign.unit,
            before={"name": rule.name, "place": here + 1}, after={"place": there + 1},
        )  # fmt: skip
    return rule


def remove_audience_rule(rule: AudienceRule, *, by: Account | None, at: datetime) -> None:
    """Take a rule away."""
    with _changing(rule.campaign):
        reread(rule)
        AudienceRule.objects.filter(campaign=rule.campaign, order__gt=rule.order).update(order=F("order") - 1)
        record(
            "audience.rule_removed", by=by, at=at, thing=rule.campaign, unit=rule.campaign.unit,
            before={"name": rule.name, "criteria": rule.criteria},
        )  # fmt: skip
        rule.delete()


def adjust_audience(
    campaign: StudyCampaign, *, person: Person, kind: str, tier: str = ContentTier.GRASSROOTS, reason: str,
    by: Account, at: datetime,
) -> AudienceAdjustment:  # fmt: skip
    """Add a person to the audience or take one out by hand, with the reason; it stands above every rule.

    Refuses without a reason, and for people outside the organiser's tree, whom no board of this campaign would count.
    """
    reason = text.squeeze(reason)
    if not reason:
        raise Refusal("audience.reason_missing", "Phải ghi lý do thêm bớt.", field="reason")
    refuse_if_marked(reason, "Lý do thêm bớt")
    if not campaign.unit.contains(person.unit):
        raise Refusal(
            "audience.person_outside", f"{person.full_name} không thuộc {campaign.unit.name}.", field="person"
        )
    if person.left_on:
        raise Refusal("audience.person_left", f"{person.full_name} đã ra khỏi danh sách.", field="person")
    with _changing(campaign):
        adjustment, _made = AudienceAdjustment.objects.update_or_create(
            campaign=campaign,
            person=person,
            defaults={"kind": AdjustmentKind(kind), "tier": tier, "reason": reason, "at": at, "by": by},
        )
        record(
            "audience.adjusted", by=by, at=at, thing=campaign, unit=person.unit, person_id=person.pk,
            after={"person": person.full_name, "kind": kind, "tier": tier, "reason": reason},
        )  # fmt: skip
    return adjustment


def undo_adjustment(adjustment: AudienceAdjustment, *, by: Account, at: datetime) -> None:
    """Take a decision made by hand back; the rules decide about the person again."""
    with _changing(adjustment.campaign):
        reread(adjustment)
        record(
            "audience.adjusted", by=by, at=at, thing=adjustment.campaign, unit=adjustment.campaign.unit,
            person_id=adjustment.person_id,
            before={"person": str(adjustment.person), "kind": adjustment.kind, "reason": adjustment.reason},
        )  # fmt: skip
        adjustment.delete()


def _stored(criteria: dict[str, Any] | Criteria | None) -> dict[str, Any]:
    """The criteria as they are kept; refuses an age range the wrong way round and what no rule knows."""
    if isinstance(criteria, Criteria):
        found = criteria
    else:
        unknown = set(criteria or {}) - set(Criteria.__dataclass_fields__)
        if unknown:
            raise Refusal("audience.criterion_unknown", "Điều kiện không hợp lệ: " + ", ".join(sorted(unknown)) + ".")
        found = Criteria.from_json(criteria or {})
    if found.age_from is not None and found.age_to is not None and found.age_to < found.age_from:
        raise Refusal("audience.age_order", "Tuổi đến phải từ tuổi bắt đầu trở lên.", field="age_to")
    return found.as_json()


def _named(name: str) -> str:
    name = text.squeeze(name)
    if not name:
        raise Refusal("audience.name_missing", "Điều kiện phải có tên.", field="name")
    return name


@contextmanager
def _changing(campaign: StudyCampaign) -> Iterator[None]:
    """Write to the audience of a campaign as it stands now; refuses once it has ended."""
    with transaction.atomic():
        reread(campaign)
        if campaign.state in (CampaignState.CLOSED, CampaignState.CANCELLED):
            raise Refusal("campaign.ended", "Đợt học tập đã khép hoặc đã hủy nên không sửa đối tượng được nữa.")
        yield
