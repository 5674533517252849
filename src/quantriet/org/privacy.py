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
    plain("UnitPlace", "Vị trí của đơn vị trong cây qua các thời kỳ", ALWAYS),
    plain("Term", "Nhiệm kỳ", ALWAYS),
    plain("UnitSuccession", "Đơn vị kế tục", ALWAYS),
    plain("OrgEvent", "Sự kiện về tổ chức", ALWAYS),
    holding(
        "OrgDecision", "Quyết định về tổ chức", "biết cây tổ chức đổi theo quyết định nào, ai ghi, ai xác nhận", ALWAYS, "",
        of("prepared_by confirmed_by reversal_asked_by ended_by", "ai soạn, ai xác nhận, ai đề nghị và ai hủy bỏ"),
        of("undo", "hiện trạng trước quyết định, có nơi sinh hoạt của từng người: để hủy bỏ được", Kind.SENSITIVE),
        none(
            "unit number decided_on effective_on issued_by state revision problem prepared_at confirmed_at in_force_at reversal_asked_at "
            "ended_at "
            "ended_reason counts",
            "số, ngày, nội dung và tiến trình",
        ),
    ),
    plain("WorkingBody", "Ban Chỉ đạo, Tổ công tác", ALWAYS),
    holding(
        "BodyMember", "Thành viên Ban Chỉ đạo, Tổ công tác", "biết ai tham gia với chức danh gì", MEMBERSHIP, "person",
        of("body person role capacity", "tham gia tổ chức nào, nhiệm vụ gì"),
    ),
    plain("PostKind", "Danh mục chức vụ", ALWAYS),
    holding(
        "Person", "Hồ sơ của người trong danh sách", "tính số đảng viên, xác định đối tượng học tập, mời đúng người", MEMBERSHIP, "pk",
        of("code", "mã số", Kind.SENSITIVE, Erase.ANONYMISE, "XOA-{n}"),
        of("full_name", "họ và tên", erase=Erase.ANONYMISE, instead="Người đã xóa số {n}"),
        of("name_folded", "họ tên bỏ dấu để tìm", erase=Erase.ANONYMISE, instead="nguoi da xoa so {n}"),
        of("search_key", "các chữ của họ tên để tìm", erase=Erase.ANONYMISE, instead="{n}"),
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
        of("basis problem", "căn cứ, điều vướng", erase=Erase.BLANK),
        of("planned_by", "ai ghi trước"),
        none("is_waiting event", "chờ đến ngày, theo quyết định nào"),
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
        of("purpose username address failures since", "cửa nào, tên đã gõ và địa chỉ máy"),
    ),
    holding(
        "AccountSession", "Phiên đăng nhập", "người dùng thấy và kết thúc được phiên của mình", ACCOUNT, "account__person",
        of("account session_key device address method began_at seen_at", "thiết bị nào, từ khi nào", erase=Erase.DELETE),
    ),
    holding(
        "KnownDevice", "Thiết bị quen", "không khóa người dùng khi nơi khác dò mật khẩu", ACCOUNT, "account__person",
        of("account digest first_at last_at", "dấu của thiết bị, không đọc ngược được", erase=Erase.DELETE),
    ),
    holding(
        "AuthenticatorKey", "Ứng dụng xác minh", "lớp xác minh thứ hai", ACCOUNT, "account__person",
        of("account sealed set_at last_step", "khóa đã niêm phong", erase=Erase.DELETE),
    ),
    holding(
        "RecoveryCode", "Mã dự phòng", "vào lại được khi mất điện thoại", ACCOUNT, "account__person",
        of("account digest made_at used_at", "dấu của mã, không đọc ngược được", erase=Erase.DELETE),
    ),
    holding(
        "Passkey", "Khóa đăng nhập của thiết bị", "đăng nhập bằng vân tay, khuôn mặt", ACCOUNT, "account__person",
        of("account credential_id public_key sign_count name made_at used_at", "khóa công khai", erase=Erase.DELETE),
    ),
    holding(
        "MailCode", "Mã gửi qua thư", "đăng nhập bằng mã một lần", SHORT, "account__person",
        of("account asked_by digest made_at ends_at tries", "dấu của mã, không đọc ngược được", erase=Erase.DELETE),
    ),
    holding(
        "ActivationSlip", "Phiếu kích hoạt", "lập tài khoản cho người không có thư điện tử", ACCOUNT, "person",
        of("person unit digest username printed_at printed_by ends_on used_at voided_at", "in cho ai, đã dùng chưa", erase=Erase.DELETE),
    ),
    holding(
        "ApiToken", "Khóa truy cập cho phần mềm", "phần mềm khác làm việc thay tài khoản", ACCOUNT, "account__person",
        of(
            "account name digest hint scopes created_at expires_at last_used_at revoked_at revoked_by window window_used",
            "khóa của ai, được làm gì", erase=Erase.DELETE,
        ),
    ),
    holding(
        "IdempotencyKey", "Câu trả lời cho lần ghi của phần mềm", "ghi lại cùng một việc không thành hai", SHORT, "",
        of("answer", "nội dung trả lời, có thể nêu tên người"),
        none("token key request_digest status content_type at", "khóa, dấu của yêu cầu"),
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
