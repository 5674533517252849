"""Types of documents, their states and relations."""

from quantriet.audit.vocab import VERBS
from quantriet.kit.vocab import LabelledEnum, gettext_noop

# Type code in a reference number → (Vietnamese name, whether it is itself studied).
DOCUMENT_TYPES: dict[str, str] = {
    "NQ": "Nghị quyết",
    "CT": "Chỉ thị",
    "KL": "Kết luận",
    "QĐ": "Quy định",
    "QC": "Quy chế",
    "HD": "Hướng dẫn",
    "TB": "Thông báo",
    "BC": "Báo cáo",
    "KH": "Kế hoạch",
    "CTr": "Chương trình",
    "TTr": "Tờ trình",
    "CV": "Công văn",
    "BB": "Biên bản",
    "ĐA": "Đề án",
}


class DocumentStatus(LabelledEnum):
    IN_FORCE = "in_force", gettext_noop("In force")
    AMENDED = "amended", gettext_noop("Amended")
    REPLACED = "replaced", gettext_noop("Replaced")
    EXPIRED = "expired", gettext_noop("No longer in force")


class RelationKind(LabelledEnum):
    AMENDS = "amends", gettext_noop("amends")
    REPLACES = "replaces", gettext_noop("replaces")
    GUIDES = "guides", gettext_noop("guides")
    ADAPTS = "adapts", gettext_noop("is adapted from")
    ACCOMPANIES = "accompanies", gettext_noop("goes together with")


# Kinds that change the status of the other document.
CHANGES_STATUS = (RelationKind.AMENDS, RelationKind.REPLACES)


# Types of a unit's own rules, which are reviewed when what they rest on has changed.
INTERNAL_RULES = ("QĐ", "QC", "HD", "KH", "CTr")


class ReviewOutcome(LabelledEnum):
    """What a review of an internal rule came to."""

    KEEP = "keep", gettext_noop("Still fits, kept")
    AMEND = "amend", gettext_noop("To be amended")
    REPLACE = "replace", gettext_noop("To be replaced")
    ABOLISH = "abolish", gettext_noop("To be abolished")


class PointKind(LabelledEnum):
    KEY = "key", gettext_noop("Key point")
    NEW = "new", gettext_noop("New point")


class PointTheme(LabelledEnum):
    """The five themes every disseminator must cover (R-024), and one for the rest."""

    LEADERSHIP = "leadership", gettext_noop("Leadership and inspection")
    FORMS = "forms", gettext_noop("Forms of dissemination")
    REPORTERS = "reporters", gettext_noop("Choice of reporters")
    LEARNERS = "learners", gettext_noop("Duty of learners")
    PROGRAMMES = "programmes", gettext_noop("Making programmes")
    OTHER = "other", gettext_noop("Other")


class ContentTier(LabelledEnum):
    """For whom content is prepared (R-046…R-048)."""

    KEY_CADRE = "key_cadre", gettext_noop("Key cadres")
    GRASSROOTS = "grassroots", gettext_noop("Grassroots members")
    PUBLIC = "public", gettext_noop("Public")


def register() -> None:
    for verb, phrase in {
        "document.registered": "đăng ký văn bản",
        "document.changed": "sửa văn bản",
        "document.status_changed": "đổi hiệu lực văn bản",
        "document.expiry_set": "ghi ngày hết hiệu lực văn bản",
        "document.reviewed": "rà soát văn bản",
        "document.outlined": "tách mục văn bản",
        "point.added": "thêm điểm cốt lõi",
        "point.changed": "sửa điểm cốt lõi",
        "point.removed": "bỏ điểm cốt lõi",
        "relation.added": "ghi quan hệ văn bản",
        "relation.removed": "bỏ quan hệ văn bản",
        "document.refused": "từ chối nội dung có dấu mật",
    }.items():
        VERBS.add(verb, phrase)
