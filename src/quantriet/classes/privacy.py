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
        none("session kind starts_at ends_at title document interaction equipment", "nội dung, giờ, phương tiện"),
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
    plain("OnlineConference", "Hội nghị nhiều điểm cầu", CAMPAIGN),
    plain("VenueReadiness", "Chuẩn bị của điểm cầu", CAMPAIGN),
    plain("VenueAudience", "Ai dự ở điểm cầu nào", CAMPAIGN),
    plain("Facility", "Phòng họp, cơ sở vật chất", CAMPAIGN),
    plain("FacilityDeclaration", "Xác nhận sổ phòng họp", CAMPAIGN),
    plain("Hall", "Sơ đồ hội trường", CAMPAIGN),
    plain("SeatMap", "Sơ đồ chỗ ngồi", CAMPAIGN),
    plain("SeatBlock", "Khối ghế dành cho đơn vị", CAMPAIGN),
    holding(
        "Seat", "Chỗ ngồi", "xếp chỗ, điểm danh theo ghế", CAMPAIGN, "entry__person",
        of("entry row number", "ai ngồi ghế nào"),
        none("seat_map is_kept_free", "sơ đồ, ghế giữ trống"),
    ),
    plain("TimetablePlan", "Lịch lớp", CAMPAIGN),
    plain("TimetableSession", "Buổi của lịch lớp", CAMPAIGN),
    plain("TimetableHall", "Hội trường của lịch lớp", CAMPAIGN),
    plain("TimetableCell", "Chi bộ trong lịch lớp", CAMPAIGN),
    plain("TimetableDemand", "Yêu cầu của lịch lớp", CAMPAIGN),
    plain("TimetableClass", "Lớp dự kiến của lịch lớp", CAMPAIGN),
    holding(
        "TimetableReporter", "Báo cáo viên của lịch lớp", "xếp báo cáo viên không trùng giờ", CAMPAIGN, "person",
        of("person most_classes", "ai báo cáo, nhận mấy lớp"),
        none("plan", "lịch lớp"),
    ),
    holding(
        "TimetableShare", "Chỗ học dự kiến trong lịch lớp", "người giữ hai việc không bị xếp trùng giờ", CAMPAIGN, "person",
        of("person", "ai học buổi nào"),
        none("timetable_class cell count", "lớp, chi bộ và số người"),
    ),
)  # fmt: skip
