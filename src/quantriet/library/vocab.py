"""Types of documents, their states and relations."""

from quantriet.audit.vocab import VERBS
from quantriet.kit.vocab import LabelledEnum, gettext_noop
from quantriet.notify.vocab import NOTIFICATION_KINDS, NotificationKind

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
    GOAL = "goal", gettext_noop("Goal")
    TASK = "task", gettext_noop("Task of committees")

    @property
    def must_cite(self) -> bool:
        """Whether it says which clause it comes from."""
        return self in CITING


CITING = (PartKind.CORE, PartKind.NEW, PartKind.FIGURE, PartKind.GOAL)


class MasterState(LabelledEnum):
    """draft → submitted → approved → published → withdrawn; submitted and approved may go back to draft, and what is
    published or withdrawn is worked on again as a new draft while its version stays as it is."""

    DRAFT = "draft", gettext_noop("Being composed")
    SUBMITTED = "submitted", gettext_noop("Waiting for approval")
    APPROVED = "approved", gettext_noop("Approved")
    PUBLISHED = "published", gettext_noop("Published")
    WITHDRAWN = "withdrawn", gettext_noop("Withdrawn from publication")


class MaterialKind(LabelledEnum):
    """What is given to readers (R-038, R-089, R-114, R-119): first what is made from an approved version, then what
    somebody brings."""

    OUTLINE = "outline", gettext_noop("Study outline")
    PROPAGANDA = "propaganda", gettext_noop("Propaganda outline")
    ESSAY = "essay", gettext_noop("Essay outline")
    QA = "qa", gettext_noop("Question and answer sheet")
    FOLDER = "folder", gettext_noop("Folded leaflet")
    LEAFLET = "leaflet", gettext_noop("Leaflet")
    INFOGRAPHIC = "infographic", gettext_noop("Poster and pictures to share")
    SLIDES = "slides", gettext_noop("Slides")
    VERSE = "verse", gettext_noop("Verse")
    CLIP = "clip", gettext_noop("Clip")
    PANEL = "panel", gettext_noop("Visual panel")

    @property
    def is_made(self) -> bool:
        """Whether it is made from an approved version; the others are brought as files."""
        return self not in BROUGHT


BROUGHT = (MaterialKind.VERSE, MaterialKind.CLIP, MaterialKind.PANEL)


class MaterialForm(LabelledEnum):
    """A file of a material."""

    DOCX = "docx", gettext_noop("Word")
    PDF = "pdf", gettext_noop("PDF")
    PPTX = "pptx", gettext_noop("PowerPoint")
    SQUARE = "square", gettext_noop("Picture 1:1")
    TALL = "tall", gettext_noop("Picture 9:16")
    SVG = "svg", gettext_noop("SVG drawing")

    @property
    def ending(self) -> str:
        return ".png" if self in (MaterialForm.SQUARE, MaterialForm.TALL) else f".{self.value}"


class MaterialState(LabelledEnum):
    """queued → ready or failed; each may be queued again. Whether it is old follows from its version."""

    QUEUED = "queued", gettext_noop("Being made")
    READY = "ready", gettext_noop("Made")
    FAILED = "failed", gettext_noop("Could not be made")


# --- publication and dissemination --------------------------------------------------------------------------------------


class Channel(LabelledEnum):
    """Where a document was put before the public (R-120, R-121, R-123)."""

    PORTAL = "portal", gettext_noop("Portal of the province or commune")
    WEBSITE = "website", gettext_noop("The unit's own website")
    PRESS = "press", gettext_noop("Newspaper")
    PRESS_COLUMN = "press_column", gettext_noop("Special page or column of a newspaper")
    RADIO = "radio", gettext_noop("Radio and loudspeakers")
    TELEVISION = "television", gettext_noop("Television")
    SOCIAL = "social", gettext_noop("Page on a social network")
    ZALO = "zalo", gettext_noop("Zalo page")
    BULLETIN = "bulletin", gettext_noop("Internal bulletin")
    BOOKLET = "booklet", gettext_noop("Booklet of questions and answers")


# One placement on one of these stops the clock of R-016; a social page or a booklet is logged, but no mass medium.
MASS_MEDIA = (
    Channel.PORTAL, Channel.WEBSITE, Channel.PRESS, Channel.PRESS_COLUMN, Channel.RADIO, Channel.TELEVISION,
)  # fmt: skip


class ReachKind(LabelledEnum):
    """Figures that somebody reads off a channel and enters."""

    VIEWS = "views", gettext_noop("Views or listeners")
    REACTIONS = "reactions", gettext_noop("Interactions")
    SHARES = "shares", gettext_noop("Shares")
    COPIES = "copies", gettext_noop("Copies")


class PublicationState(LabelledEnum):
    """How a document stands with its deadline of publication."""

    NOT_DUE = "not_due", gettext_noop("Not due yet")
    DUE_TODAY = "due_today", gettext_noop("Due today")
    OVERDUE = "overdue", gettext_noop("Publication overdue")
    IN_TIME = "in_time", gettext_noop("Published in time")
    LATE = "late", gettext_noop("Published late")
    EXEMPT = "exempt", gettext_noop("Not to be published")
    NO_RULE = "no_rule", gettext_noop("No deadline held yet")


UNPUBLISHED = (PublicationState.NOT_DUE, PublicationState.DUE_TODAY, PublicationState.OVERDUE)


class ActivityForm(LabelledEnum):
    """In which form a document was spread (R-044, R-122); none of them is a class."""

    THEMATIC_MEETING = "thematic_meeting", gettext_noop("Thematic meeting")
    FORUM = "forum", gettext_noop("Forum")
    TALK = "talk", gettext_noop("Talk (tọa đàm)")
    ARTS = "arts", gettext_noop("Culture and arts")
    TRADITION = "tradition", gettext_noop("Education in tradition")
    CONTEST = "contest", gettext_noop("Quiz contest")
    RESIDENTS = "residents", gettext_noop("Meeting of a residential area")
    ASSOCIATION = "association", gettext_noop("Meeting of a union or association")
    ORAL = "oral", gettext_noop("Oral propaganda by a propagandist")
    LOUDSPEAKER = "loudspeaker", gettext_noop("Loudspeaker broadcast")
    SOCIAL = "social", gettext_noop("Spreading on social networks")
    OTHER = "other", gettext_noop("Another form")


class ActivityBody(LabelledEnum):
    """Who held it: the Party organisation itself, or a body that reports for its own members (R-124)."""

    PARTY = "party", gettext_noop("Party organisation")
    FRONT = "front", gettext_noop("Fatherland Front")
    TRADE_UNION = "trade_union", gettext_noop("Trade union")
    FARMERS = "farmers", gettext_noop("Farmers' Association")
    WOMEN = "women", gettext_noop("Women's Union")
    YOUTH = "youth", gettext_noop("Youth Union")
    VETERANS = "veterans", gettext_noop("Veterans' Association")
    OTHER = "other", gettext_noop("Another association")


def register() -> None:
    NOTIFICATION_KINDS.add("publication_due", NotificationKind("Nhắc đăng tải văn bản"))
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
        "master.unscheduled": "bỏ hẹn giờ công bố bản biên soạn",
        "master.published": "công bố bản biên soạn",
        "master.withdrawn": "gỡ bản biên soạn đã công bố",
        "master.reopened": "soạn tiếp bản biên soạn",
        "material.asked": "yêu cầu làm sản phẩm",
        "material.made": "làm xong sản phẩm",
        "material.brought": "đưa sản phẩm có sẵn vào",
        "material.approved": "duyệt sản phẩm có sẵn",
        "material.taken_out": "bỏ sản phẩm có sẵn",
        "look.set": "đặt logo và màu của đơn vị",
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
        "publication.rule_set": "đặt hạn đăng tải văn bản",
        "publication.exempted": "ghi văn bản không đăng tải",
        "publication.exemption_lifted": "bỏ ghi không đăng tải",
        "placement.added": "ghi nơi đăng tải",
        "placement.corrected": "sửa nơi đăng tải",
        "placement.withdrawn": "rút ghi nhận đăng tải",
        "reach.counted": "ghi số lượt tiếp cận",
        "activity.reported": "báo cáo hoạt động tuyên truyền",
        "activity.corrected": "sửa báo cáo hoạt động tuyên truyền",
        "activity.withdrawn": "rút báo cáo hoạt động tuyên truyền",
    }.items():
        VERBS.add(verb, phrase)
