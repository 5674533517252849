"""What the library keeps of people: who registered a document."""

from quantriet.kit.privacy import ALWAYS, plain

HOLDINGS = (
    plain("GuidingDocument", "Văn bản", ALWAYS),
    plain("Clause", "Điều, khoản, mục", ALWAYS),
    plain("KeyPoint", "Nội dung cốt lõi", ALWAYS),
    plain("DocumentRelation", "Quan hệ giữa các văn bản", ALWAYS),
    plain("StudyMaster", "Bản biên soạn", ALWAYS),
    plain("MasterPart", "Phần của bản biên soạn"),
    plain("MasterImage", "Ảnh của bản biên soạn"),
    plain("MasterVersion", "Bản đã duyệt của bản biên soạn", ALWAYS),
    plain("DocumentReview", "Lần rà soát quy định", ALWAYS),
    plain("PublicationRule", "Hạn đăng tải văn bản", ALWAYS),
    plain("PublicationClock", "Tình trạng đăng tải của văn bản", ALWAYS),
    plain("Placement", "Nơi đăng tải văn bản", ALWAYS),
    plain("ReachCount", "Số lượt tiếp cận", ALWAYS),
    plain("DisseminationActivity", "Hoạt động tuyên truyền", ALWAYS),
    plain("PublicDocument", "Văn bản đang hiện trên cổng công khai"),
    plain("ActivityPhoto", "Ảnh hoạt động tuyên truyền (không kèm thông tin máy ảnh, vị trí)", ALWAYS),
)
