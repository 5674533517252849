"""The columns of lists of placements and activities, and the words offices write in them. Pure."""

from __future__ import annotations

from typing import TypeVar

from quantriet.kit import text
from quantriet.kit.spreadsheets import Column
from quantriet.kit.vocab import LabelledEnum
from quantriet.library.vocab import ActivityBody, ActivityForm, Channel, ReachKind

E = TypeVar("E", bound=LabelledEnum)

_DOCUMENT = ("Số văn bản", "Văn bản", "Số hiệu văn bản", "Số hiệu", "Ký hiệu", "Số ký hiệu văn bản", "Nghị quyết")
_ISSUED = ("Ngày ban hành văn bản", "Ban hành ngày")
_UNIT = ("Mã đơn vị", "Đơn vị", "Tên đơn vị", "Đơn vị báo cáo", "Cơ quan, đơn vị", "Đơn vị thực hiện")

PLACEMENT_COLUMNS = (
    Column("document", "Số, ký hiệu", _DOCUMENT, required=True),
    Column("issued", "Ngày ban hành", _ISSUED),
    Column("unit", "Đơn vị đăng", (*_UNIT, "Nơi đăng")),
    Column("channel", "Kênh", ("Kênh đăng tải", "Phương tiện", "Loại kênh", "Hình thức đăng tải", "Kênh thông tin"), required=True),
    Column("placed", "Ngày đăng", ("Ngày đăng tải", "Ngày phát", "Ngày đăng, phát", "Đăng ngày"), required=True),
    Column("title", "Tiêu đề", ("Tên bài", "Tiêu đề bài", "Tên tin, bài", "Tên chương trình", "Nội dung"), required=True),
    Column("url", "Đường dẫn", ("Link", "Địa chỉ", "Đường link", "URL", "Liên kết")),
    Column("note", "Ghi chú", ("Chú thích",)),
    Column("as_of", "Số liệu đến ngày", ("Tính đến ngày", "Ngày số liệu", "Ngày lấy số liệu", "Tính đến")),
    Column("views", "Lượt xem, nghe", ("Lượt xem", "Số lượt xem", "Lượt truy cập", "Lượt đọc", "Lượt nghe", "Lượt tiếp cận")),
    Column("reactions", "Lượt tương tác", ("Tương tác", "Số lượt tương tác", "Lượt thích", "Lượt thích, bình luận")),
    Column("shares", "Lượt chia sẻ", ("Chia sẻ", "Số lượt chia sẻ")),
    Column("copies", "Số bản", ("Số bản phát hành", "Số bản in", "Bản in", "Số lượng bản")),
)  # fmt: skip
ACTIVITY_COLUMNS = (
    Column("unit", "Đơn vị", (*_UNIT, "Địa bàn", "Chi bộ")),
    Column("body", "Cơ quan, đoàn thể", ("Đoàn thể", "Tổ chức", "Đơn vị chủ trì", "Chủ trì", "Tổ chức chủ trì", "Cơ quan chủ trì")),
    Column("form", "Hình thức", ("Hình thức tuyên truyền", "Loại hoạt động", "Hình thức hoạt động"), required=True),
    Column("held", "Ngày tổ chức", ("Ngày", "Thời gian", "Ngày thực hiện", "Ngày, tháng"), required=True),
    Column("place", "Nơi tổ chức", ("Địa điểm", "Nơi thực hiện", "Địa điểm tổ chức"), required=True),
    Column("people", "Số người", ("Số người tham gia", "Số người dự", "Số lượt người", "Lượt người", "Số lượng người"), required=True),
    Column("document", "Số, ký hiệu văn bản", (*_DOCUMENT, "Số, ký hiệu")),
    Column("issued", "Ngày ban hành", _ISSUED),
    Column("words", "Nội dung", ("Tóm tắt", "Nội dung tuyên truyền", "Kết quả", "Ghi chú")),
)  # fmt: skip
REACH_COLUMNS = tuple(kind.value for kind in ReachKind)

_CHANNELS = {
    Channel.PORTAL: ("cổng thông tin điện tử", "cổng thông tin", "cổng ttđt", "cổng"),
    Channel.WEBSITE: ("trang thông tin điện tử", "trang ttđt", "website", "trang web", "trang điện tử", "web"),
    Channel.PRESS: ("báo", "báo in", "báo điện tử", "báo chí", "báo đảng"),
    Channel.PRESS_COLUMN: ("chuyên trang", "chuyên mục", "chuyên trang, chuyên mục", "bản tin trên báo"),
    Channel.RADIO: ("phát thanh", "truyền thanh", "đài truyền thanh", "loa truyền thanh", "đài phát thanh", "phát thanh, truyền thanh"),
    Channel.TELEVISION: ("truyền hình", "đài truyền hình", "tivi"),
    Channel.SOCIAL: ("facebook", "fanpage", "mạng xã hội", "trang mạng xã hội", "tiktok", "youtube"),
    Channel.ZALO: ("zalo", "trang zalo", "zalo oa", "nhóm zalo"),
    Channel.BULLETIN: ("bản tin nội bộ", "bản tin", "thông báo nội bộ"),
    Channel.BOOKLET: ("sổ tay", "tài liệu hỏi đáp", "sách hỏi đáp", "tờ gấp", "sổ tay hỏi đáp"),
}  # fmt: skip
_FORMS = {
    ActivityForm.THEMATIC_MEETING: ("sinh hoạt chuyên đề", "chuyên đề"),
    ActivityForm.FORUM: ("diễn đàn",),
    ActivityForm.TALK: ("tọa đàm", "toạ đàm"),
    ActivityForm.ARTS: ("văn hóa, văn nghệ", "văn nghệ", "văn hóa văn nghệ", "giao lưu văn nghệ", "hội diễn"),
    ActivityForm.TRADITION: ("giáo dục truyền thống", "về nguồn"),
    ActivityForm.CONTEST: ("hội thi", "thi tìm hiểu", "cuộc thi tìm hiểu", "hái hoa dân chủ", "rung chuông vàng"),
    ActivityForm.RESIDENTS: ("họp khu dân cư", "họp thôn", "họp tổ dân phố", "họp dân", "sinh hoạt khu dân cư", "khu dân cư"),
    ActivityForm.ASSOCIATION: ("sinh hoạt đoàn, hội", "sinh hoạt đoàn thể", "sinh hoạt chi đoàn", "sinh hoạt chi hội", "họp đoàn thể", "sinh hoạt hội"),
    ActivityForm.ORAL: ("tuyên truyền miệng", "báo cáo viên", "nói chuyện thời sự"),
    ActivityForm.LOUDSPEAKER: ("truyền thanh", "loa truyền thanh", "phát thanh", "loa lưu động"),
    ActivityForm.SOCIAL: ("mạng xã hội", "facebook", "zalo"),
    ActivityForm.OTHER: ("khác", "hình thức khác"),
}  # fmt: skip
_BODIES = {
    ActivityBody.PARTY: ("chi bộ", "đảng bộ", "đảng ủy", "cấp ủy", "tổ chức đảng"),
    ActivityBody.FRONT: ("mặt trận", "mặt trận tổ quốc", "mttq", "ủy ban mttq"),
    ActivityBody.TRADE_UNION: ("công đoàn", "liên đoàn lao động"),
    ActivityBody.FARMERS: ("hội nông dân", "nông dân", "hnd"),
    ActivityBody.WOMEN: ("hội phụ nữ", "phụ nữ", "hội lhpn", "hội liên hiệp phụ nữ", "hpn"),
    ActivityBody.YOUTH: ("đoàn thanh niên", "thanh niên", "đtn", "đoàn tncs hồ chí minh", "đoàn tncs"),
    ActivityBody.VETERANS: ("hội cựu chiến binh", "cựu chiến binh", "ccb", "hội ccb"),
    ActivityBody.OTHER: ("khác", "đoàn thể khác", "hội khác"),
}  # fmt: skip


def _read(typed: str, kinds: type[E], words: dict[E, tuple[str, ...]]) -> E | None:
    key = text.fold(typed).strip(" .,;:")
    for kind in kinds:
        if key in (kind.value, text.fold(kind.label)) or key in (text.fold(one) for one in words[kind]):
            return kind
    return None


def read_channel(typed: str) -> Channel | None:
    """The channel that an office means by these words; None for others."""
    return _read(typed, Channel, _CHANNELS)


def read_form(typed: str) -> ActivityForm | None:
    return _read(typed, ActivityForm, _FORMS)


def read_body(typed: str) -> ActivityBody | None:
    return _read(typed, ActivityBody, _BODIES)
