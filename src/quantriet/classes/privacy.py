"""What classes keep of people: who is called, who has a part."""

from quantriet.campaigns.privacy import CAMPAIGN
from quantriet.kit.privacy import Erase, Kind, holding, none, of, plain

HOLDINGS = (
    plain("StudyClass", "Lớp học tập", CAMPAIGN),
    plain("Venue", "Điểm cầu", CAMPAIGN),
    plain("ClassSession", "Buổi học", CAMPAIGN),
    holding(
        "ProgrammeItem", "Mục của chương trình", "biết ai trình bày", CAMPAIGN, "presenter",
        of("presenter", "người trình bày"),
        none("session kind starts_at ends_at title document", "nội dung và giờ"),
    ),
    holding(
        "ClassRole", "Phân công trong lớp", "biết ai chủ trì, khai mạc, bế mạc", CAMPAIGN, "person",
        of("person kind", "ai làm việc gì"),
        of("note", "ghi chú", erase=Erase.BLANK),
        none("study_class", "lớp"),
    ),
    holding(
        "RosterEntry", "Danh sách lớp", "mời đúng người, xếp chỗ, điểm danh", CAMPAIGN, "person",
        of("person unit duty origin seat", "ai được gọi, ngồi đâu", Kind.SENSITIVE),
        of("summoned_at summoned_by", "đã mời lúc nào, bằng cách nào"),
        none("study_class venue is_running", "lớp và điểm cầu"),
    ),
)  # fmt: skip
