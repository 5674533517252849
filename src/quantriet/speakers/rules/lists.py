"""What an office writes in the columns of a list of reporters."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TypeVar

from quantriet.kit import text
from quantriet.kit.spreadsheets import Column
from quantriet.kit.vocab import LabelledEnum
from quantriet.speakers.vocab import ReporterKind, SourceGroup, TheoryLevel

E = TypeVar("E", bound=LabelledEnum)

REPORTER_COLUMNS = (
    Column("unit", "Mã đơn vị", ("Đơn vị quản lý", "Cấp quản lý", "Đơn vị", "Tên đơn vị")),
    Column("kind", "Loại", ("Loại báo cáo viên", "Báo cáo viên, tuyên truyền viên", "Chức danh"), required=True),
    Column("code", "Mã đảng viên", ("Mã số đảng viên", "Mã số", "Mã ĐV", "Số thẻ đảng viên")),
    Column("name", "Họ và tên", ("Họ tên", "Họ và tên báo cáo viên", "Đồng chí"), required=True),
    Column("born", "Ngày sinh", ("Ngày, tháng, năm sinh", "Năm sinh")),
    Column("cell", "Chi bộ", ("Chi bộ sinh hoạt", "Nơi sinh hoạt")),
    Column("fields", "Lĩnh vực", ("Lĩnh vực báo cáo", "Các lĩnh vực")),
    Column("specialist", "Chuyên sâu", ("Báo cáo viên chuyên sâu",)),
    Column("theory", "Trình độ lý luận", ("Trình độ lý luận chính trị", "Lý luận chính trị", "LLCT")),
    Column("profession", "Chuyên môn", ("Trình độ chuyên môn", "Nghề nghiệp", "Chuyên môn, nghiệp vụ")),
    Column("since", "Làm từ năm", ("Năm bắt đầu", "Tham gia từ năm")),
    Column("experience", "Kinh nghiệm", ("Kinh nghiệm báo cáo",)),
    Column("prestige", "Uy tín", ("Uy tín, khen thưởng",)),
    Column("practice", "Am hiểu thực tiễn", ("Hiểu biết thực tiễn", "Thực tiễn")),
    Column("source", "Khối", ("Khối công tác", "Nguồn")),
    Column("decision", "Số quyết định", ("Quyết định số", "Quyết định công nhận")),
    Column("decided", "Ngày quyết định", ("Ngày ký", "Ngày công nhận")),
    Column("from", "Từ ngày", ("Ngày bắt đầu", "Tham gia từ ngày")),
)

_KINDS = {
    ReporterKind.REPORTER: ("báo cáo viên", "bcv"),
    ReporterKind.PROPAGANDIST: ("tuyên truyền viên", "ttv"),
}
_THEORY = {
    TheoryLevel.NONE: ("chưa qua", "chưa có", "không"),
    TheoryLevel.ELEMENTARY: ("sơ cấp",),
    TheoryLevel.INTERMEDIATE: ("trung cấp",),
    TheoryLevel.ADVANCED: ("cao cấp", "cao cấp lý luận"),
    TheoryLevel.BACHELOR: ("cử nhân", "cử nhân chính trị", "cử nhân lý luận"),
}
_SOURCES = {
    SourceGroup.FRONT: ("mặt trận", "đoàn thể", "mặt trận - đoàn thể", "mặt trận, đoàn thể", "mttq"),
    SourceGroup.HEALTH: ("y tế", "trạm y tế"),
    SourceGroup.SCHOOL: ("trường học", "giáo dục", "giáo viên"),
    SourceGroup.ARMY: ("quân đội", "quân sự"),
    SourceGroup.POLICE: ("công an",),
    SourceGroup.BORDER: ("bộ đội biên phòng", "biên phòng"),
    SourceGroup.CELL: ("chi ủy", "chi ủy chi bộ", "khu dân cư", "chi ủy khu dân cư", "chi ủy chi bộ khu dân cư"),
}


def _read(typed: str, kinds: type[E], words: Mapping[E, tuple[str, ...]]) -> E | None:
    key = text.fold(typed).strip(" .,;:")
    for kind in kinds:
        if key in (kind.value, text.fold(kind.label)) or key in (text.fold(one) for one in words[kind]):
            return kind
    return None


def read_kind(typed: str) -> ReporterKind | None:
    """The kind that an office means by these words; None for others."""
    return _read(typed, ReporterKind, _KINDS)


def read_theory(typed: str) -> TheoryLevel | None:
    return _read(typed, TheoryLevel, _THEORY)


def read_source(typed: str) -> SourceGroup | None:
    return _read(typed, SourceGroup, _SOURCES)


def read_names(typed: str) -> list[str]:
    """Names of fields in one cell, parted by semicolons or lines; a comma may stand inside a name."""
    return list(dict.fromkeys(one for part in re.split(r"[;\n]", typed) if (one := text.squeeze(part))))
