"""What attendance keeps of people: presence, excuses, verdicts."""

from quantriet.campaigns.privacy import CAMPAIGN
from quantriet.kit.privacy import Erase, Kind, holding, none, of, plain

HOLDINGS = (
    holding(
        "PresenceFact", "Lượt ghi nhận có mặt", "tính số phút có mặt", CAMPAIGN, "entry__person",
        of("entry session kind at method voids", "có mặt lúc nào, ghi bằng cách nào"),
        of("account", "ai ghi"),
        none("nonce recorded_at", "mã chống ghi trùng, lúc ghi"),
    ),
    plain("RollReopening", "Lần mở lại điểm danh", CAMPAIGN),
    holding(
        "AttendanceRecord", "Kết quả điểm danh từng buổi", "tính kết quả của lớp", CAMPAIGN, "entry__person",
        of("entry session seconds_present seconds_planned is_marked", "có mặt bao lâu"),
    ),
    holding(
        "ClassVerdict", "Kết quả của lớp", "biết đã học đủ hay phải học lại", CAMPAIGN, "entry__person",
        of("entry verdict seconds_present seconds_planned sentence computed_at", "kết quả và lý do", Kind.SENSITIVE),
    ),
    holding(
        "ExcusedAbsence", "Xin vắng mặt", "không tính vắng không lý do", CAMPAIGN, "entry__person",
        of("entry session state asked_at decided_at", "xin vắng buổi nào, kết quả"),
        of("reason", "lý do, có thể là sức khỏe", Kind.SENSITIVE, Erase.ANONYMISE),
        of("paper paper_name", "giấy xin vắng", Kind.SENSITIVE, Erase.BLANK),
        of("asked_by decided_by", "ai ghi, ai duyệt"),
        of("decision_note", "ghi chú khi duyệt", erase=Erase.ANONYMISE),
    ),
    holding(
        "CatchUp", "Học bù", "người vắng được gọi học bù", CAMPAIGN, "duty__person",
        of("duty missed placed state", "vắng lớp nào, học bù lớp nào"),
        none("invite_before_on invited_at invited_by opened_at closed_at", "mời lúc nào"),
    ),
    holding(
        "CatchUpStep", "Bước theo dõi học bù", "biết đã mời, nhắc, báo ai", CAMPAIGN, "link__duty__person",
        of("link kind way at by", "bước nào, lúc nào, ai làm"),
        of("told", "đã báo ai", erase=Erase.ANONYMISE),
        none("told_unit", "đơn vị đã báo"),
    ),
    holding(
        "ReplyForm", "Phiếu trả lời in sẵn", "người không dùng điện thoại trả lời được", CAMPAIGN, "person",
        of("person kind entry link offered", "phiếu của ai, về việc gì", erase=Erase.DELETE),
        none("code printed_at printed_by valid_to used_at", "mã phiếu, in lúc nào"),
    ),
    holding(
        "ProxyEntry", "Việc nhập thay", "đảng viên thấy ai nhập thay mình việc gì", CAMPAIGN, "person",
        of("person kind role at by excuse link form", "ai nhập, lúc nào, về việc gì"),
        of("words", "nội dung đã nhập", Kind.SENSITIVE, Erase.ANONYMISE),
    ),
    holding(
        "ConductNote", "Ghi chép nội quy lớp", "nhắc nhở có căn cứ", CAMPAIGN, "person",
        of("person kind", "ai, việc gì", Kind.SENSITIVE),
        of("text", "nội dung ghi", Kind.SENSITIVE, Erase.ANONYMISE),
        of("at by", "ai ghi, lúc nào"),
        none("study_class venue", "lớp và điểm cầu"),
    ),
)  # fmt: skip
