"""What attendance keeps of people: presence, excuses, verdicts."""

from quantriet.campaigns.privacy import CAMPAIGN
from quantriet.kit.privacy import Erase, Kind, holding, none, of, plain

HOLDINGS = (
    holding(
        "PresenceFact", "Lượt ghi nhận có mặt", "tính số phút có mặt", CAMPAIGN, "entry__person",
        of("entry session kind at method voids", "có mặt lúc nào, ghi bằng cách nào"),
        of("account", "ai ghi"),
        of("device", "máy đã quét mã, để cán bộ thấy một máy ghi cho nhiều người", erase=Erase.BLANK),
        none("nonce recorded_at is_followed", "mã chống ghi trùng, lúc ghi, đã tính kết quả chưa"),
    ),
    plain("RollDevice", "Máy điểm danh của cán bộ", CAMPAIGN),
    holding(
        "DeviceFact", "Lượt điểm danh máy gửi về", "đối chiếu lượt ghi khi mất mạng", CAMPAIGN, "entry__person",
        of("device line entry session kind method made_at offset_ms at known_at undoes fact", "ghi có mặt lúc nào, theo đồng hồ của máy"),
        none("nonce received_at", "mã chống ghi trùng, lúc nhận"),
    ),
    holding(
        "PresenceConflict", "Xung đột điểm danh", "người điểm danh xem cả hai bên rồi chọn", CAMPAIGN, "entry__person",
        of("entry session venue reason sentence held first second state outcome", "hai bên ghi gì, chọn bên nào"),
        none("raised_at settled_at settled_by", "lúc phát hiện, ai giải quyết"),
    ),
    plain("PresenceCheck", "Lượt kiểm tra giữa buổi", CAMPAIGN),
    plain("HeadCount", "Báo nhanh số người ở điểm cầu", CAMPAIGN),
    plain("SeatRound", "Lượt điểm danh theo ghế", CAMPAIGN),
    holding(
        "SeatTap", "Lượt chạm ghế trống", "hai người cùng điểm danh một hội trường thấy việc của nhau", CAMPAIGN, "entry__person",
        of("entry is_empty at", "ghế của ai trống lúc nào"),
        of("account", "ai ghi"),
        none("nonce seat_round", "mã chống ghi trùng, lượt nào"),
    ),
    plain("SeatConfirmation", "Xác nhận khối ghế", CAMPAIGN),
    holding(
        "AbsenceProposal", "Đề xuất sau khi vắng không lý do", "cấp ủy xem xét từng người", CAMPAIGN, "entry__person",
        of("entry grade sentence absences state proposed_at", "vắng những lớp nào, đề xuất gì", Kind.SENSITIVE),
        of("decision decided_at decided_by", "ai quyết định, quyết định gì", Kind.SENSITIVE),
        of("note", "ghi chú khi quyết định", Kind.SENSITIVE, Erase.ANONYMISE),
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
        of("duty missed lapsed placed state", "vắng lớp nào hoặc tự học chưa xong, học bù lớp nào"),
        none("invite_before_on invited_at invited_by opened_at closed_at", "mời lúc nào"),
    ),
    plain("SelfStudyPermission", "Phép tự học", CAMPAIGN),
    holding(
        "SelfStudyPerson", "Người được ghi tên tự học", "biết ai được tự học vì lý do riêng", CAMPAIGN, "person",
        of("person permission", "ai, theo phép nào", Kind.SENSITIVE),
    ),
    holding(
        "SelfStudyCourse", "Bài tự học", "người làm ca, vận tải học được và có giấy xác nhận", CAMPAIGN, "duty__person",
        of("duty permission began_at passed total seconds tries wrong_here last_at finished_at sentence", "học đến đâu, kết quả"),
        of("code", "mã giấy xác nhận"),
        none("longest_seconds", "thời gian tính nhiều nhất cho một mục"),
    ),
    holding(
        "SelfStudyOutline", "Dàn mục tự học", "giữ bản đã bắt đầu học", CAMPAIGN, "course__duty__person",
        of("course at account", "của ai, lúc nào"),
        none("nonce number sections", "mã chống ghi trùng, các mục"),
    ),
    holding(
        "SelfStudyFact", "Lượt tự học", "tính mục đã qua và thời gian đọc", CAMPAIGN, "course__duty__person",
        of("course step parts answers at account", "mở, trả lời mục nào, lúc nào"),
        none("nonce", "mã chống ghi trùng"),
    ),
    plain("SelfStudyQuestion", "Câu hỏi kiểm tra tự học", CAMPAIGN),
    plain("MeetingLog", "Nhật ký cuộc họp đã tải lên", CAMPAIGN),
    holding(
        "MeetingLogName", "Tên trong nhật ký cuộc họp", "ghi có mặt của người dự trực tuyến", CAMPAIGN, "entry__person",
        of("said key email", "tên hiện và thư điện tử dùng khi vào họp", erase=Erase.DELETE),
        of("entry meaning why intervals open_since seconds is_absent decided_by decided_at", "là ai, kết nối lúc nào"),
        none("log venue candidates hole rows", "của nhật ký nào, điểm cầu nào"),
    ),
    holding(
        "LogIdentity", "Tên trong cuộc họp đã xác định", "lần sau không phải hỏi lại", CAMPAIGN, "person",
        of("said key person decided_by decided_at", "tên này là của ai, ai xác định", erase=Erase.DELETE),
        none("unit venue_name is_nobody", "đơn vị tổ chức, điểm cầu"),
    ),
    plain("VenueConnection", "Kết nối của điểm cầu", CAMPAIGN),
    plain("Questionnaire", "Phiếu hỏi tại lớp", CAMPAIGN),
    holding(
        "QuestionnaireAnswer", "Trả lời phiếu hỏi tại lớp", "điểm danh bằng phiếu hỏi, biết mức nhận thức", CAMPAIGN,
        "entry__person",
        of("questionnaire entry method at account", "ai trả lời, lúc nào"),
        of("answers", "trả lời gì", Kind.SENSITIVE),
    ),
    plain("SuggestionBox", "Góp ý tính có mặt", CAMPAIGN),
    holding(
        "Suggestion", "Góp ý tại lớp", "ý kiến được tiếp thu và tính có mặt", CAMPAIGN, "entry__person",
        of("entry session at method account", "ai góp ý, lúc nào"),
        of("text", "nội dung góp ý", Kind.SENSITIVE, Erase.ANONYMISE),
        none("nonce", "mã chống ghi trùng"),
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
