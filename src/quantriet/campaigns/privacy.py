"""What campaigns keep of people: who owes what, and what counted."""

from quantriet.kit.privacy import Erase, Keep, Kind, holding, none, of, plain

CAMPAIGN = Keep(
    "cùng với đợt học tập, phục vụ tổng kết nhiệm kỳ", "Hướng dẫn 26-HD/BTGTU; thời hạn do cơ quan quy định"
)

HOLDINGS = (
    plain("Rulebook", "Bộ quy tắc", CAMPAIGN),
    plain("RuleValue", "Giá trị của bộ quy tắc", CAMPAIGN),
    plain("StudyCampaign", "Đợt học tập", CAMPAIGN),
    plain("CampaignDocument", "Văn bản của đợt học tập", CAMPAIGN),
    holding(
        "CampaignPlan", "Kế hoạch học tập của đơn vị", "biết đơn vị học khi nào, ai chịu trách nhiệm", CAMPAIGN, "responsible",
        of("responsible", "người chịu trách nhiệm"),
        none(
            "campaign unit path parent state form planned_from planned_to plan_number assignment scheduled_at first_held_at",
            "lịch của đơn vị",
        ),
    ),
    plain("FormChange", "Lần đổi hình thức học", CAMPAIGN),
    plain("AudienceRule", "Điều kiện đối tượng", CAMPAIGN),
    holding(
        "AudienceAdjustment", "Thêm bớt đối tượng", "sửa danh sách đối tượng có lý do", CAMPAIGN, "person",
        of("person kind tier", "thêm hay bớt ai, ở diện nào"),
        of("reason", "lý do", erase=Erase.ANONYMISE),
        of("by at", "ai sửa, lúc nào"),
        none("campaign", "đợt học tập"),
    ),
    holding(
        "StudyDuty", "Nghĩa vụ học tập", "biết ai phải học gì và kết quả", CAMPAIGN, "person",
        of("person unit kind tier", "ai, ở đơn vị nào, phải học gì", Kind.SENSITIVE),
        of("state reason sentence settled_at", "kết quả và lý do", Kind.SENSITIVE),
        none("campaign due_on", "đợt học tập và thời hạn"),
    ),
    holding(
        "DutyChange", "Các lần đổi kết quả", "số liệu của ngày đã qua vẫn đúng", CAMPAIGN, "duty__person",
        of("duty kind unit at state_before state_after reason sentence", "kết quả đổi thế nào, lúc nào", Kind.SENSITIVE),
        of("account", "ai ghi"),
        none("campaign", "đợt học tập"),
    ),
    holding(
        "StudyCredit", "Công nhận đã học nơi khác", "không bắt học lại điều đã học", CAMPAIGN, "duty__person",
        of("duty kind held_by studied_on", "đã học ở đâu, ngày nào"),
        of("evidence", "giấy xác nhận", erase=Erase.ANONYMISE),
        of("paper paper_name", "bản chụp giấy xác nhận", erase=Erase.BLANK),
        of("sentence state", "kết luận"),
        of("proposed_by proposed_at decided_by decided_at withdrawn_by withdrawn_at", "ai đề nghị, công nhận, thu hồi, lúc nào"),
        of("decision_note withdrawal_reason", "ý kiến, lý do", erase=Erase.BLANK),
    ),
    holding(
        "MaterialReceipt", "Nhận tài liệu học tập", "biết người học đã được cung cấp tài liệu", CAMPAIGN, "person",
        of("person document how kind version at", "ai nhận tài liệu của văn bản nào, bằng cách nào, lúc nào"),
        of("by withdrawn_by withdrawn_at", "ai phát, ai bỏ ghi"),
        none("nonce", "số của lần mở hoặc lần gửi, để không ghi hai lần"),
    ),
    plain("CampaignAssignment", "Nhiệm vụ của đơn vị trong đợt học tập", CAMPAIGN),
    holding(
        "WebhookSubscription", "Nơi nhận báo tự động", "phần mềm khác biết kết quả đổi", CAMPAIGN, "account__person",
        of("account", "ai lập"),
        none("unit name url kinds salt state stopped_because last_change next_try_at created_at", "gửi đi đâu, việc gì"),
    ),
    holding(
        "WebhookDelivery", "Tin báo tự động", "biết tin nào chưa đến", Keep("ba mươi ngày"), "",
        of("body said", "mã của người và nghĩa vụ, không có tên"),
        none("subscription uid changes is_test state attempts claimed_at created_at delivered_at response_code", "đã đến chưa"),
    ),
    plain("Tally", "Số liệu theo đơn vị", CAMPAIGN),
    plain("TallyDay", "Số liệu theo ngày", CAMPAIGN),
    plain("NodeTally", "Số liệu cộng sẵn của đơn vị cấp trên", CAMPAIGN),
    plain("NodeDay", "Số liệu theo ngày cộng sẵn của đơn vị cấp trên", CAMPAIGN),
    plain("StudyNotice", "Thông báo văn bản chưa học", CAMPAIGN),
    plain("CampaignReview", "Nhận xét đợt học tập", CAMPAIGN),
)  # fmt: skip
