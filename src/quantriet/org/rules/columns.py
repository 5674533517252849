"""Columns of the lists that offices keep, in their usual spellings, and the shape of our own templates and exports."""

from dataclasses import dataclass

from quantriet.kit.spreadsheets import Column, OutColumn


@dataclass(frozen=True)
class Known:
    """A column we understand: key, label in our own files, other spellings, kind when written, and its note."""

    key: str
    label: str
    spellings: tuple[str, ...] = ()
    kind: str = "text"
    note: str = ""
    width: float | None = None
    exported: bool = True
    required: bool = False


MEMBERS = (
    Known(
        "code", "Mã đảng viên",
        ("Mã số đảng viên", "Mã số", "Mã ĐV", "Mã", "Số thẻ đảng viên", "Số thẻ đảng", "Số thẻ", "Số TĐV", "Mã định danh đảng viên"),
        "code", "Giữ nguyên các số 0 ở đầu; để trống nếu chưa có, hệ thống sẽ cấp mã.", 14,
    ),
    Known(
        "full_name", "Họ và tên",
        ("Họ tên", "Họ và tên khai sinh", "Họ, chữ đệm và tên", "Họ tên đảng viên", "Họ và tên đảng viên", "Tên đảng viên",
         "Họ và tên đồng chí", "Đồng chí", "Họ tên khai sinh", "Họ, tên"),
        "text", "Bắt buộc; viết đủ dấu.", 28, required=True,
    ),
    Known("family_name", "Họ và tên đệm", ("Họ và chữ đệm", "Họ, chữ đệm", "Họ đệm", "Họ, tên đệm", "Họ và đệm", "Họ lót", "Họ"), exported=False),
    Known("given_name", "Tên", ("Tên gọi",), exported=False),
    Known(
        "birth", "Ngày sinh",
        ("Ngày, tháng, năm sinh", "Ngày tháng năm sinh", "Năm sinh", "Sinh ngày", "Ngày/tháng/năm sinh", "NTNS", "Ngày sinh (dd/mm/yyyy)"),
        "day", "Ngày/tháng/năm, ví dụ 09/03/1975; chỉ biết năm thì ghi năm.", 12,
    ),
    Known("birth_male", "Ngày sinh – Nam", ("Năm sinh – Nam", "Ngày tháng năm sinh – Nam", "Sinh ngày – Nam"), exported=False),
    Known("birth_female", "Ngày sinh – Nữ", ("Năm sinh – Nữ", "Ngày tháng năm sinh – Nữ", "Sinh ngày – Nữ"), exported=False),
    Known("gender", "Giới tính", ("Nam/Nữ", "Nam, nữ", "Phái", "Giới"), "text", "Nam hoặc Nữ.", 9),
    Known("is_female", "Nữ", ("Là nữ", "Giới tính – Nữ"), exported=False),
    Known("ethnicity", "Dân tộc", ("Thành phần dân tộc",), "text", "", 12),
    Known(
        "kind", "Loại đảng viên",
        ("Diện đảng viên", "Tình trạng đảng viên", "Chính thức/Dự bị", "Đảng viên chính thức/dự bị", "Loại đối tượng"),
        "text", "Chính thức hoặc Dự bị; để trống là chính thức.", 12,
    ),
    Known("unit_code", "Mã chi bộ", ("Mã đơn vị", "Mã tổ chức đảng", "Mã TCĐ", "Mã CB", "Mã số chi bộ"), "code", "Mã của chi bộ trong hệ thống.", 13),
    Known(
        "unit_name", "Chi bộ",
        ("Tên chi bộ", "Chi bộ sinh hoạt", "Nơi sinh hoạt", "Sinh hoạt tại chi bộ", "Đơn vị sinh hoạt", "Đơn vị", "Tên đơn vị",
         "Tổ chức đảng", "Chi bộ trực thuộc", "Sinh hoạt tại"),
        "text", "Tên chi bộ; đã ghi mã chi bộ thì có thể để trống.", 26,
    ),
    Known(
        "unit_above", "Đảng bộ",
        ("Thuộc đảng bộ", "Đảng bộ cơ sở", "Đảng ủy", "Tên đảng bộ", "Tổ chức cơ sở đảng", "TCCSĐ", "Đơn vị cấp trên", "Trực thuộc"),
        "text", "Để phân biệt các chi bộ trùng tên.", 26,
    ),
    Known(
        "joined_on", "Ngày vào Đảng",
        ("Ngày kết nạp", "Ngày kết nạp Đảng", "Ngày vào Đảng – Dự bị", "Ngày vào Đảng (dự bị)", "Vào Đảng", "Ngày VĐ", "Ngày kết nạp vào Đảng"),
        "day", "", 12,
    ),
    Known(
        "official_on", "Ngày chính thức",
        ("Ngày vào Đảng – Chính thức", "Ngày vào Đảng chính thức", "Ngày công nhận chính thức", "Ngày chuyển chính thức",
         "Ngày công nhận đảng viên chính thức", "Chính thức"),
        "day", "", 12,
    ),
    Known(
        "posts", "Chức vụ",
        ("Chức vụ Đảng", "Chức vụ trong Đảng", "Chức vụ, chức danh", "Chức danh", "Chức vụ hiện nay", "Chức vụ đảng, chính quyền, đoàn thể"),
        "text", "Nhiều chức vụ cách nhau bằng dấu chấm phẩy.", 26,
    ),
    Known("managed_by", "Diện quản lý", ("Cấp quản lý", "Diện cán bộ", "Diện Ban Thường vụ quản lý", "Phân cấp quản lý"), "text", "Cấp quản lý chức vụ: Trung ương, Tỉnh, Xã …", 14),
    Known(
        "occupation", "Nghề nghiệp",
        ("Nghề nghiệp, nơi làm việc", "Nghề nghiệp hiện nay", "Công việc hiện nay", "Nơi công tác", "Nơi làm việc", "Công việc"),
        "text", "", 22,
    ),
    Known("phone", "Điện thoại", ("Số điện thoại", "SĐT", "Số ĐT", "ĐT", "Di động", "Điện thoại di động", "Điện thoại liên hệ", "Số ĐTDĐ"), "code", "", 13),
    Known("email", "Thư điện tử", ("Email", "E-mail", "Hộp thư", "Địa chỉ email", "Địa chỉ thư điện tử"), "text", "", 24),
    Known("address", "Nơi ở", ("Địa chỉ", "Nơi ở hiện nay", "Chỗ ở hiện nay", "Nơi cư trú", "Nơi thường trú", "Địa chỉ thường trú", "Chỗ ở"), "text", "", 28),
    Known(
        "exempt", "Miễn sinh hoạt",
        ("Được miễn sinh hoạt", "Miễn SH", "Miễn SHĐ", "Miễn công tác và sinh hoạt đảng", "Miễn công tác, sinh hoạt đảng", "Đảng viên miễn sinh hoạt"),
        "text", "Ghi x nếu được miễn.", 10,
    ),
    Known("exempt_from", "Miễn từ ngày", ("Ngày miễn sinh hoạt", "Miễn sinh hoạt từ ngày", "Thời điểm miễn"), "day", "", 12),
    Known("exempt_reason", "Lý do miễn", ("Lý do miễn sinh hoạt", "Lý do được miễn"), "text", "", 20),
    Known("moved_on", "Ngày chuyển sinh hoạt", ("Ngày chuyển đến", "Ngày chuyển SHĐ", "Ngày chuyển SH", "Chuyển đến ngày"), "day", "Chỉ cần khi đổi chi bộ.", 12),
    Known("note", "Ghi chú", ("Ghi chú khác",), exported=False),
    Known("secrecy", "Độ mật", ("Mức độ mật", "Cấp độ mật"), exported=False),
)  # fmt: skip

UNITS = (
    Known("code", "Mã đơn vị", ("Mã tổ chức đảng", "Mã TCĐ", "Mã", "Mã số", "Mã chi bộ"), "code", "Để trống thì hệ thống cấp mã.", 14),
    Known(
        "name", "Tên đơn vị",
        ("Tên tổ chức đảng", "Đơn vị", "Tên", "Tổ chức đảng", "Tên chi bộ", "Tên đảng bộ", "Tên chi bộ, đảng bộ", "Chi bộ, đảng bộ"),
        "text", "Bắt buộc.", 36, required=True,
    ),
    Known("kind", "Loại đơn vị", ("Loại hình", "Loại tổ chức đảng", "Loại hình tổ chức", "Loại", "Cấp"), "text", "Ví dụ: Đảng ủy xã, Đảng bộ cơ sở, Chi bộ cơ sở, Chi bộ trực thuộc.", 24),
    Known("parent_code", "Mã đơn vị cấp trên", ("Mã cấp trên", "Mã đơn vị cha", "Mã cấp trên trực tiếp", "Trực thuộc (mã)"), "code", "Mã của đơn vị cấp trên trực tiếp.", 16),
    Known(
        "parent_name", "Đơn vị cấp trên",
        ("Cấp trên trực tiếp", "Trực thuộc", "Thuộc", "Tên đơn vị cấp trên", "Đơn vị cấp trên trực tiếp", "Thuộc đảng bộ", "Cấp trên"),
        "text", "Đã ghi mã thì có thể để trống.", 30,
    ),
    Known("short_name", "Tên viết tắt", ("Tên gọi tắt", "Viết tắt", "Tên ngắn"), "text", "", 18),
    Known("established_on", "Ngày thành lập", ("Thành lập ngày", "Ngày TL"), "day", "", 12),
    Known("phone", "Điện thoại", ("Số điện thoại", "SĐT", "ĐT"), "code", "", 13),
    Known("email", "Thư điện tử", ("Email", "E-mail", "Hộp thư"), "text", "", 24),
    Known("address", "Địa chỉ", ("Trụ sở", "Nơi đặt trụ sở", "Địa chỉ trụ sở"), "text", "", 28),
    # Of a list after a rearrangement: out of which units this one came (decisions are proposed, decision 0007).
    Known(
        "merged_from", "Sáp nhập từ",
        ("Hợp nhất từ", "Được sáp nhập từ", "Hình thành từ", "Trên cơ sở", "Đơn vị trước sắp xếp", "Các đơn vị cũ", "Từ các đơn vị"),
        exported=False,
    ),
    Known("merged_into", "Sáp nhập vào", ("Nhập vào", "Đơn vị mới", "Đơn vị sau sắp xếp", "Sáp nhập thành"), exported=False),
    Known("note", "Ghi chú", exported=False),
    Known("secrecy", "Độ mật", ("Mức độ mật", "Cấp độ mật"), exported=False),
)  # fmt: skip

# Columns that hold days in either kind of list; two of them are written in columns by gender.
DAYS = {one.key for one in (*MEMBERS, *UNITS) if one.kind == "day"} | {"birth_male", "birth_female"}
BY_KIND = {"members": MEMBERS, "units": UNITS}


def wanted(kind: str, *, split_name: bool = False) -> list[Column]:
    """The columns to look for in a file; `split_name`: the name stands in two columns, so the whole name is not asked for."""
    return [Column(one.key, one.label, one.spellings, one.required and not split_name) for one in BY_KIND[kind]]


def exported(kind: str) -> list[OutColumn]:
    """The columns of our own template and export, in the order in which our own import reads them back."""
    return [OutColumn(one.key, one.label, one.width, one.kind) for one in BY_KIND[kind] if one.exported]


def label_of(kind: str, key: str) -> str:
    """What our own files call a column."""
    return next((one.label for one in BY_KIND[kind] if one.key == key), key)
