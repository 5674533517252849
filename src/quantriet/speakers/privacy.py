"""What the registers of reporters keep of people: who may speak, when, and what was said of it."""

from quantriet.kit.privacy import ALWAYS, WITH_ITS_THING, Erase, holding, none, of, plain

_REGISTER = "chọn, mời, bồi dưỡng và rà soát báo cáo viên, tuyên truyền viên (mục 5 Hướng dẫn 26-HD/BTGTU)"

HOLDINGS = (
    plain("ReporterField", "Lĩnh vực báo cáo", ALWAYS),
    holding(
        "Reporter", "Báo cáo viên, tuyên truyền viên", _REGISTER, ALWAYS, "person",
        of("person kind unit valid_from valid_to", "ai trong sổ nào, từ ngày nào đến ngày nào"),
        of("theory_level profession source is_specialist since_year", "trình độ, chuyên môn, khối"),
        of("experience prestige practice words end_note", "kinh nghiệm, uy tín, am hiểu thực tiễn", erase=Erase.BLANK),
        of("end_reason", "vì sao ra khỏi sổ"),
        of("entered_by", "ai ghi"),
        none("decision_number decided_on entered_at", "căn cứ"),
    ),
    plain("RosterReview", "Đợt rà soát báo cáo viên", ALWAYS),
    holding(
        "RosterReviewItem", "Kết quả rà soát từng người", _REGISTER, ALWAYS, "reporter__person",
        of("review reporter outcome", "kết quả rà soát của ai"),
        of("remark", "nhận xét", erase=Erase.BLANK),
    ),
    plain("TrainingEvent", "Tập huấn, cung cấp thông tin", ALWAYS),
    holding(
        "TrainingTaken", "Người dự tập huấn, nhận thông tin", _REGISTER, ALWAYS, "reporter__person",
        of("event reporter", "ai dự lần nào"),
    ),
    plain("InformationSource", "Nguồn thông tin cho báo cáo viên", ALWAYS),
    plain("SpeakerRule", "Mức đặt cho báo cáo viên", ALWAYS),
    holding(
        "SpeakerBusy", "Ngày bận của báo cáo viên", "không mời vào lúc người ấy bận", WITH_ITS_THING, "person",
        of("person first_on last_on half note entered_at entered_by", "ai bận ngày nào", erase=Erase.DELETE),
    ),
    holding(
        "SpeakerInvitation", "Lời mời báo cáo", "mời báo cáo viên giữa các cấp", ALWAYS, "person",
        of("reporter person", "mời ai"),
        of("asked_by answered_by", "ai mời, ai trả lời"),
        of("reason", "lý do từ chối, rút, không đến được", erase=Erase.ANONYMISE),
        none("unit held_on half topic audience place state asked_at answered_at outline_due_on rating_ends_on", "buổi báo cáo"),
    ),
    holding(
        "SpeakerOutline", "Đề cương báo cáo", "chuẩn bị buổi báo cáo", ALWAYS, "invitation__person",
        of("file file_name slides slides_name note", "đề cương do người báo cáo soạn"),
        of("filed_by", "ai gửi"),
        none("invitation number checks filed_at", "thuộc buổi nào, lần thứ mấy"),
    ),
    holding(
        "SpeakerRated", "Đã đánh giá buổi báo cáo", "mỗi người nghe đánh giá một lần; không ghi giờ, không ghi điểm",
        WITH_ITS_THING, "account__person",
        of("invitation account", "ai đã đánh giá buổi nào", erase=Erase.DELETE),
    ),
    plain("SpeakerScore", "Số người nghe cho từng mức điểm", ALWAYS),
    holding(
        "SpeakerAssessment", "Nhận xét của cán bộ về buổi báo cáo", "đánh giá phương pháp truyền đạt", ALWAYS,
        "invitation__person",
        of("scores", "điểm cán bộ cho"),
        of("remark", "nhận xét", erase=Erase.BLANK),
        of("assessed_by", "ai nhận xét"),
        none("invitation assessed_at", "buổi nào"),
    ),
)  # fmt: skip
