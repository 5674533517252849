"""What the organisation keeps of people."""

from quantriet.audit.privacy import LOG
from quantriet.kit.privacy import ALWAYS, Erase, Keep, Kind, holding, none, of, plain

MEMBERSHIP = Keep("suốt thời gian trong danh sách, sau đó theo quy định về hồ sơ đảng viên")
ACCOUNT = Keep("khi còn tài khoản")
SHORT = Keep("đến hết ngày xử lý")

HOLDINGS = (
    plain("UnitKind", "Loại đơn vị", ALWAYS),
    plain("Unit", "Đơn vị", ALWAYS),
    plain("UnitVersion", "Tên và cấp của đơn vị qua các thời kỳ", ALWAYS),
    plain("PostKind", "Danh mục chức vụ", ALWAYS),
    holding(
        "Person", "Hồ sơ của người trong danh sách", "tính quân số, xác định đối tượng học tập, mời đúng người", MEMBERSHIP, "pk",
        of("code", "mã số", Kind.SENSITIVE, Erase.ANONYMISE, "XOA-{n}"),
        of("full_name", "họ và tên", erase=Erase.ANONYMISE, instead="Người đã xóa số {n}"),
        of("name_folded", "họ tên bỏ dấu để tìm", erase=Erase.ANONYMISE, instead="nguoi da xoa so {n}"),
        of("sort_key", "khóa xếp theo tên", erase=Erase.ANONYMISE, instead="{n}"),
        of("birth_date birth_precision", "ngày sinh: xét miễn theo tuổi, phân biệt người trùng tên", erase=Erase.BLANK),
        of("gender", "giới tính", erase=Erase.BLANK),
        of("ethnicity", "dân tộc", Kind.SENSITIVE, Erase.BLANK),
        of("kind unit", "đảng viên hay quần chúng, sinh hoạt ở đâu: để tính số liệu", Kind.SENSITIVE),
        of("joined_on official_on", "ngày vào Đảng, ngày chính thức", Kind.SENSITIVE, Erase.BLANK),
        of("occupation", "nghề nghiệp", erase=Erase.BLANK),
        of("phone email address", "điện thoại, thư điện tử, nơi ở: để liên hệ", erase=Erase.BLANK),
        of("left_on left_reason", "không còn trong danh sách từ khi nào, vì sao: để số liệu cũ đúng"),
    ),
    holding(
        "MembershipTransfer", "Chuyển sinh hoạt", "biết người thuộc đơn vị nào vào ngày nào", MEMBERSHIP, "person",
        of("person from_unit to_unit on", "chuyển từ đâu đến đâu, ngày nào", Kind.SENSITIVE),
        of("basis", "căn cứ", erase=Erase.BLANK),
    ),
    holding(
        "PostHeld", "Chức vụ", "xác định cán bộ chủ chốt và người chịu trách nhiệm", MEMBERSHIP, "person",
        of("person post unit managed_by valid_from valid_to", "chức vụ gì, ở đâu, từ khi nào", Kind.SENSITIVE),
        of("basis", "căn cứ", erase=Erase.BLANK),
    ),
    holding(
        "ActivityExemption", "Miễn sinh hoạt", "không gọi học người được miễn", MEMBERSHIP, "person",
        of("person valid_from valid_to", "được miễn trong thời gian nào", Kind.SENSITIVE),
        of("reason", "lý do miễn, có thể là sức khỏe", Kind.SENSITIVE, Erase.ANONYMISE),
        of("basis", "căn cứ", erase=Erase.BLANK),
    ),
    holding(
        "UnitResponsibility", "Phụ trách đơn vị", "biết ai phụ trách đơn vị", MEMBERSHIP, "person",
        of("person unit kind valid_from valid_to", "phụ trách đơn vị nào, từ khi nào"),
        of("basis", "căn cứ", erase=Erase.BLANK),
    ),
    holding(
        "Account", "Tài khoản", "đăng nhập và phân quyền", ACCOUNT, "person",
        of("username", "tên đăng nhập", erase=Erase.ANONYMISE, instead="xoa-{n}"),
        of("display_name", "tên hiện trên màn hình", erase=Erase.ANONYMISE),
        of("email", "thư điện tử của tài khoản", erase=Erase.BLANK),
        of("password", "dấu của mật khẩu, không đọc ngược được", erase=Erase.ANONYMISE, instead="!"),
        of("last_login", "lần đăng nhập gần nhất", erase=Erase.BLANK),
        of("person", "tài khoản của ai"),
        none("is_active is_demo must_change_password created_at", "trạng thái của tài khoản"),
    ),
    holding(
        "Appointment", "Phân công quyền", "biết ai được làm gì ở đâu", LOG, "account__person",
        of("account role unit valid_from valid_to", "vai trò gì, ở đơn vị nào, từ khi nào"),
    ),
    holding(
        "SignInFailure", "Lần đăng nhập sai", "khóa tạm khi bị dò mật khẩu", SHORT, "",
        of("username address failures last_at", "tên đã gõ và địa chỉ máy"),
    ),
    holding(
        "ImportRun", "Lần nhập danh sách", "xem lại và sửa sai sau khi nhập", MEMBERSHIP, "",
        none("kind state unit digest created_at changed_at understanding plan_digest stamp counts notice refusal applied_at", "tiến trình nhập"),
        of("account confirmed_by", "ai nhập, ai xác nhận"),
        of("file file_name plan result", "tệp đã tải lên và kết quả, có danh sách người", Kind.SENSITIVE),
    ),
    holding(
        "IdentityDecision", "Xác định người trùng tên", "không ghi nhầm người khi nhập danh sách", MEMBERSHIP, "person",
        of("fingerprint incoming candidates", "dòng của danh sách và những người có thể trùng", Kind.SENSITIVE, Erase.DELETE),
        of("person decided_by", "đã xác định là ai, do ai"),
        none("unit asked_at decided_at is_new takes_code", "hỏi và quyết định lúc nào"),
    ),
    holding(
        "DataRequest", "Yêu cầu về thông tin cá nhân", "giải quyết yêu cầu đúng hạn, chứng minh đã làm", LOG, "person",
        of("person kind", "ai yêu cầu việc gì"),
        of("about", "muốn sửa thông tin nào"),
        of("old_value proposed", "đang ghi gì, đề nghị ghi gì", Kind.SENSITIVE, Erase.ANONYMISE),
        of("wish answer", "lời yêu cầu và lời trả lời", erase=Erase.ANONYMISE),
        of("entered_by taken_by decided_by", "ai ghi, ai nhận, ai trả lời"),
        none("state is_proxy received_at due_on basis taken_at decided_at done_at is_applied", "tiến trình và thời hạn"),
    ),
)  # fmt: skip
