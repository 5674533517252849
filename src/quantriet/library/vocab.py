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


class Audience(LabelledEnum):
    """For whom a part of a study master is written: the tiers, the grassroots in its two variants (R-117)."""

    KEY_CADRE = "key_cadre", gettext_noop("Key cadres")
    RURAL = "rural", gettext_noop("Rural grassroots members")
    OFFICIALS = "officials", gettext_noop("Members who are officials or workers")
    PUBLIC = "public", gettext_noop("Public")

    @property
    def tier(self) -> ContentTier:
        """The content tier it belongs to."""
        return ContentTier.GRASSROOTS if self in (Audience.RURAL, Audience.OFFICIALS) else ContentTier(self.value)


class PartKind(LabelledEnum):
    """What a part of a study master is."""

    CORE = "core", gettext_noop("Key point")
    NEW = "new", gettext_noop("New point")
    FIGURE = "figure", gettext_noop("Figure")
    QUESTION = "question", gettext_noop("Question and answer")
    MEANING = "meaning", gettext_noop("What it means for me")
    EXPLANATION = "explanation", gettext_noop("Explanation of a disputed point")


# Kinds that must cite a clause.
CITING = (PartKind.CORE, PartKind.NEW, PartKind.FIGURE)


class MasterState(LabelledEnum):
    """draft → submitted → approved → published → withdrawn; submitted and approved may go back to draft, and what is
    published or withdrawn is worked on again as a new draft while its version stays as it is."""

    DRAFT = "draft", gettext_noop("Being composed")
    SUBMITTED = "submitted", gettext_noop("Waiting for approval")
    APPROVED = "approved", gettext_noop("Approved")
    PUBLISHED = "published", gettext_noop("Published")
    WITHDRAWN = "withdrawn", gettext_noop("Withdrawn from publication")


def register() -> None:
    for verb, phrase in {
        "master.composed": "lập bản biên soạn",
        "master.renamed": "sửa tên bản biên soạn",
        "master.part_added": "thêm phần vào bản biên soạn",
        "master.part_changed": "sửa phần của bản biên soạn",
        "master.part_moved": "đổi thứ tự phần của bản biên soạn",
        "master.part_removed": "bỏ phần khỏi bản biên soạn",
        "master.parts_taken": "đưa nhiều phần vào bản biên soạn",
        "master.image_added": "thêm ảnh vào bản biên soạn",
        "master.image_removed": "bỏ ảnh khỏi bản biên soạn",
        "master.submitted": "trình duyệt bản biên soạn",
        "master.returned": "trả lại bản biên soạn",
        "master.approved": "duyệt bản biên soạn",
        "master.scheduled": "hẹn giờ công bố bản biên soạn",
        "master.published": "công bố bản biên soạn",
        "master.withdrawn": "gỡ bản biên soạn đã công bố",
        "master.reopened": "soạn tiếp bản biên soạn",
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
