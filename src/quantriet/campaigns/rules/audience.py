"""Who must study: ordered rules, the first that matches a person decides (R-039).

The same rules are translated to SQL in `queries.audience`; a test holds both to the same answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from quantriet.campaigns.vocab import AdjustmentKind, DutyReason, DutyState, RuleEffect

MEMBER_KINDS = ("member", "probationary")
EXEMPT_BASIS = "mục 3 Hướng dẫn 26-HD/BTGTU"


@dataclass(frozen=True)
class Criteria:
    """What a person must be to match a rule; everything given must hold, inside a list any one is enough.

    The four conditions on posts must hold for one and the same post. Without `person_kinds` only party members match.
    """

    posts: tuple[str, ...] = ()  # codes of PostKind
    managed_by: tuple[str, ...] = ()  # level that manages the post
    post_levels: tuple[str, ...] = ()  # level of the unit where the post is held
    post_unit_kinds: tuple[str, ...] = ()  # codes of UnitKind of that unit
    units: tuple[int, ...] = ()  # the person's cell lies under one of these
    unit_levels: tuple[str, ...] = ()  # the cell or a unit above it stands on one of these levels
    unit_kinds: tuple[str, ...] = ()  # the cell or a unit above it is of one of these kinds
    person_kinds: tuple[str, ...] = ()
    age_from: int | None = None
    age_to: int | None = None
    exempt: bool | None = None  # exempt from activities on the day

    @property
    def asks_for_post(self) -> bool:
        return bool(self.posts or self.managed_by or self.post_levels or self.post_unit_kinds)

    def as_json(self) -> dict[str, Any]:
        """Only what is given, as `AudienceRule.criteria` keeps it."""
        given = {one.name: getattr(self, one.name) for one in fields(self)}
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in given.items()
            if value not in ((), None)
        }

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Criteria:
        known = {one.name for one in fields(cls)}
        given: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in stored.items() if name in known
        }
        return cls(**given)


@dataclass(frozen=True)
class Rule:
    """One audience rule as plain data."""

    criteria: Criteria
    effect: RuleEffect = RuleEffect.OBLIGE
    tier: str = "grassroots"
    name: str = ""
    basis: str = ""


@dataclass(frozen=True)
class PostFact:
    """One post a person holds on the day."""

    post: str
    managed_by: str = ""
    level: str = ""
    unit_kind: str = ""


@dataclass(frozen=True)
class PersonFacts:
    """What the rules need to know of a person on the day."""

    kind: str = "member"
    age: int | None = None
    units: tuple[int, ...] = ()  # the cell and everything above it
    unit_levels: tuple[str, ...] = ()
    unit_kinds: tuple[str, ...] = ()
    posts: tuple[PostFact, ...] = ()
    exempt: bool = False


@dataclass(frozen=True)
class Outcome:
    """What the audience makes of one person; no outcome at all means the person is outside it."""

    state: DutyState
    reason: DutyReason
    tier: str
    sentence: str = ""
    rule: int | None = field(default=None, compare=False)  # position of the deciding rule; None: decided by hand


def _any(asked: Sequence[Any], present: Sequence[Any]) -> bool:
    return not asked or any(one in asked for one in present)


def matches(criteria: Criteria, person: PersonFacts) -> bool:
    """Whether everything the criteria ask for holds for the person."""
    if person.kind not in (criteria.person_kinds or MEMBER_KINDS):
        return False
    if criteria.age_from is not None and (person.age is None or person.age < criteria.age_from):
        return False
    if criteria.age_to is not None and (person.age is None or person.age > criteria.age_to):
        return False
    if criteria.exempt is not None and person.exempt is not criteria.exempt:
        return False
    if criteria.asks_for_post and not any(
        (not criteria.posts or post.post in criteria.posts)
        and (not criteria.managed_by or post.managed_by in criteria.managed_by)
        and (not criteria.post_levels or post.level in criteria.post_levels)
        and (not criteria.post_unit_kinds or post.unit_kind in criteria.post_unit_kinds)
        for post in person.posts
    ):
        return False
    return (
        _any(criteria.units, person.units)
        and _any(criteria.unit_levels, person.unit_levels)
        and _any(criteria.unit_kinds, person.unit_kinds)
    )


def outcome_of(rule: Rule, *, exempt: bool, position: int | None = None) -> Outcome:
    """What a rule makes of a person it matches. A member exempt from activities stays on the list as exempt (R-066)."""
    if rule.effect == RuleEffect.EXEMPT:
        return Outcome(
            DutyState.EXEMPT, DutyReason.RULE_EXEMPT, rule.tier, exempt_by_rule(rule.name, rule.basis), position
        )
    if exempt and rule.criteria.exempt is not True:
        return Outcome(DutyState.EXEMPT, DutyReason.ACTIVITY_EXEMPT, rule.tier, EXEMPT_SENTENCE, position)
    return Outcome(DutyState.OWING, DutyReason.NOT_YET, rule.tier, "", position)


def decide(
    rules: Sequence[Rule], person: PersonFacts, *, by_hand: AdjustmentKind | None = None, hand_tier: str = "grassroots"
) -> Outcome | None:
    """Apply the decision made by hand, else the first rule that matches; None when the person need not be listed."""
    if by_hand == AdjustmentKind.REMOVE:
        return None
    if by_hand == AdjustmentKind.ADD:
        return Outcome(DutyState.OWING, DutyReason.NOT_YET, hand_tier)
    for position, rule in enumerate(rules):
        if matches(rule.criteria, person):
            return outcome_of(rule, exempt=person.exempt, position=position)
    return None


EXEMPT_SENTENCE = f"Được miễn sinh hoạt nên không phải dự học, theo {EXEMPT_BASIS}."
WITHDRAWN_SENTENCE = "Không còn thuộc đối tượng của đợt học tập."


def exempt_by_rule(name: str, basis: str) -> str:
    """The sentence of an exemption by a rule of the campaign."""
    return f"Không phải dự học theo điều kiện “{name}” của đợt học tập" + (f", theo {basis}." if basis else ".")


# ------------------------------------------------------------------------------------------------------ ready-made rules

_2 = "mục 2 Hướng dẫn 26-HD/BTGTU"
_GRASSROOTS = ("DANG_UY_XA", "DANG_UY_PHUONG", "DANG_BO_CO_SO", "CHI_BO_CO_SO")
_COMMUNES = ("DANG_UY_XA", "DANG_UY_PHUONG")
_SECRETARIES = ("BI_THU", "PHO_BI_THU_THUONG_TRUC", "PHO_BI_THU")
_HEADS = ("TRUONG_BAN", "PHO_TRUONG_BAN", "THU_TRUONG", "GIAM_DOC")


@dataclass(frozen=True)
class Preset:
    """A group of rules the officer may add in one click."""

    key: str
    name: str
    hint: str
    rules: tuple[Rule, ...]


def _oblige(name: str, tier: str, basis: str = _2, **criteria: Any) -> Rule:
    return Rule(Criteria(**criteria), RuleEffect.OBLIGE, tier, name, basis)


PRESETS: tuple[Preset, ...] = (
    Preset(
        "upper_venue",
        "Điểm cầu cấp trên trực tiếp cơ sở",
        "Bốn nhóm: diện Ban Thường vụ quản lý; trưởng, phó phòng, ban; bí thư, phó bí thư tổ chức cơ sở đảng; "
        "cán bộ, chuyên viên cơ quan tham mưu, giúp việc cấp ủy.",
        (
            _oblige("Cán bộ diện Ban Thường vụ cấp ủy quản lý", "key_cadre", managed_by=("province", "district")),
            _oblige("Trưởng, phó các phòng, ban", "key_cadre", posts=_HEADS, post_levels=("district",)),
            _oblige(
                "Bí thư, phó bí thư các tổ chức cơ sở đảng",
                "key_cadre",
                posts=_SECRETARIES,
                post_unit_kinds=_GRASSROOTS,
            ),
            _oblige(
                "Cán bộ, chuyên viên cơ quan tham mưu, giúp việc cấp ủy",
                "key_cadre",
                posts=("CHUYEN_VIEN",),
                post_levels=("province", "district"),
            ),
        ),
    ),
    Preset(
        "commune_venue",
        "Điểm cầu cấp xã",
        "Đảng ủy viên; cán bộ, công chức cấp xã.",
        (
            _oblige(
                "Đảng ủy viên xã, phường",
                "key_cadre",
                posts=(*_SECRETARIES, "UV_BAN_THUONG_VU", "CAP_UY_VIEN"),
                post_unit_kinds=_COMMUNES,
            ),
            _oblige(
                "Cán bộ, công chức cấp xã",
                "key_cadre",
                posts=(
                    "CONG_CHUC_XA",
                    "CHU_TICH_HDND",
                    "CHU_TICH_UBND",
                    "PHO_CHU_TICH_UBND",
                    "CHU_TICH_MTTQ",
                    "BI_THU_DOAN",
                    *_HEADS,
                ),
                post_levels=("commune",),
            ),
        ),
    ),
    Preset(
        "cell_leaders",
        "Mở rộng: bí thư, phó bí thư chi bộ",
        "Tùy nội dung, điểm cầu cấp xã có thể mở rộng đến bí thư, phó bí thư các chi bộ trực thuộc.",
        (_oblige("Bí thư, phó bí thư các chi bộ trực thuộc", "key_cadre", posts=_SECRETARIES, post_levels=("cell",)),),
    ),
    Preset(
        "remaining",
        "Đảng viên còn lại",
        "Khối cơ quan, đơn vị cấp trên cơ sở do ban tham mưu tổ chức tập trung; đảng viên ở xã, phường do Đảng ủy "
        "tổ chức.",
        (
            _oblige("Đảng viên khối cơ quan, đơn vị còn lại", "grassroots", unit_levels=("district",)),
            _oblige("Đảng viên ở xã, phường còn lại", "grassroots", unit_levels=("commune",)),
            _oblige("Đảng viên các tổ chức cơ sở đảng còn lại", "grassroots"),
        ),
    ),
)


def preset(key: str) -> Preset | None:
    return next((one for one in PRESETS if one.key == key), None)
