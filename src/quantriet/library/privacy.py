"""What the library keeps of people: who registered a document."""

from quantriet.kit.privacy import ALWAYS, WITH_ITS_THING, holding, none, of, plain

HOLDINGS = (
    plain("GuidingDocument", "Văn bản", ALWAYS),
    plain("Clause", "Điều, khoản, mục", ALWAYS),
    plain("KeyPoint", "Nội dung cốt lõi", ALWAYS),
    plain("DocumentRelation", "Quan hệ giữa các văn bản", ALWAYS),
    plain("StudyMaster", "Bản biên soạn", ALWAYS),
    plain("MasterPart", "Phần của bản biên soạn"),
    plain("MasterImage", "Ảnh của bản biên soạn"),
    plain("MasterVersion", "Bản đã duyệt của bản biên soạn", ALWAYS),
    plain("UnitLook", "Logo và màu của đơn vị"),
    plain("Material", "Sản phẩm từ bản biên soạn"),
    plain("MaterialFile", "Tệp của sản phẩm"),
    holding(
        "BroughtMaterial",
        "Sản phẩm có sẵn: văn vần, clip, ảnh",
        "ghi ai là tác giả và căn cứ được dùng tác phẩm",
        WITH_ITS_THING,
        "",
        of("author title source basis", "tên tác giả và căn cứ như ghi trên tác phẩm"),
        of("words file", "lời hoặc hình của tác phẩm; tệp không còn ghi chú của máy ảnh"),
        none(
            "master kind size width height added_at added_by approved_at approved_by",
            "tác phẩm thuộc bản nào, ai đưa vào, ai duyệt",
        ),
    ),
    plain("DocumentReview", "Lần rà soát quy định", ALWAYS),
    plain("PublicationRule", "Hạn đăng tải văn bản", ALWAYS),
    plain("PublicationClock", "Tình trạng đăng tải của văn bản", ALWAYS),
    plain("Placement", "Nơi đăng tải văn bản", ALWAYS),
    plain("ReachCount", "Số lượt tiếp cận", ALWAYS),
    plain("DisseminationActivity", "Hoạt động tuyên truyền", ALWAYS),
    plain("PublicDocument", "Văn bản đang hiện trên cổng công khai"),
    plain("ActivityPhoto", "Ảnh hoạt động tuyên truyền (không kèm thông tin máy ảnh, vị trí)", ALWAYS),
)
