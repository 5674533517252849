"""What the log keeps of people."""

from quantriet.kit.privacy import ALWAYS, Erase, Keep, Kind, holding, none, of, plain

LOG = Keep("suốt thời gian dùng hệ thống", "trách nhiệm giải trình; nhật ký là chuỗi không sửa được")
LOOKS = Keep("số ngày do cơ quan đặt (khi chưa đặt: 730 ngày), rồi tự xóa")

HOLDINGS = (
    holding(
        "AuditEvent", "Nhật ký thao tác", "biết ai đã làm gì, lúc nào, để giải trình và sửa sai", LOG, "person_id",
        none("at verb thing_kind thing_id unit_id unit_path", "việc gì, lúc nào, ở đâu"),
        of("actor_id", "số của tài khoản đã làm"),
        of("actor_label", "tên người đã làm, khi chính người đó xóa thông tin thì thay bằng chữ vô danh", erase=Erase.ANONYMISE),
        of("thing_label", "tên người hoặc mục được sửa", erase=Erase.ANONYMISE),
        of("person_id", "số của người có thông tin được sửa"),
        of("before after", "trước và sau khi sửa", Kind.SENSITIVE, Erase.BLANK),
        by_hand=True,
    ),
    holding(
        "Look", "Lượt xem thông tin", "mỗi người biết ai đã xem thông tin của mình", LOOKS, "person_id",
        none("at day what unit_path unit_label count", "xem gì, lúc nào, danh sách của đơn vị nào, bao nhiêu người"),
        of("viewer_id viewer_label viewer_post", "ai xem, vai trò và đơn vị"),
        of("person_id", "xem thông tin của ai", erase=Erase.DELETE),
    ),
    plain("AuditSeal", "Dấu niêm nhật ký", ALWAYS),
    plain("AuditAnchor", "Mốc neo nhật ký", ALWAYS),
    plain("AuditRedaction", "Dấu của phần đã xóa khỏi nhật ký", ALWAYS),
)  # fmt: skip
