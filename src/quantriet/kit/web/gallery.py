"""Every component of the look in each state, with names and sentences as offices write them."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from quantriet.kit import time
from quantriet.kit.numbers import whole_number
from quantriet.kit.web import Chip, Listing

_NAMES = [
    "NGUYỄN THỊ HƯỜNG",
    "Y Bhăm Niê Kđăm",
    "H'Hen Niê",
    "Trần Đỗ Quốc Ưng",
    "Lê Thị Ngọc Ẩn",
    "Phạm Hữu Đễ",
    "Nông Văn Ỷ",
    "K' Brêu",
    "Hoàng Nguyễn Phương Thảo Ái Quỳnh",
    "Đặng Văn Ắt",
]
_CELLS = [
    "Chi bộ buôn Ea Knuếc",
    "Chi bộ thôn 2",
    "Chi bộ Trường Trung học cơ sở Nguyễn Đình Chiểu",
    "Chi bộ Trạm Y tế",
    "Chi bộ Công an xã",
    "Chi bộ thôn Tân Hòa 10",
]
_UNITS = [
    ("Đảng bộ xã Ea Knuếc", 41, 120, "late"),
    ("Đảng bộ phường Tân An", 96, 210, "owing"),
    ("Đảng bộ xã Cuôr Đăng", 0, 88, "silent"),
    ("Chi bộ cơ sở Trung tâm Phục vụ hành chính công", 12, 12, "done"),
    ("Đảng bộ xã Quảng Phú", 287, 288, "owing"),
    ("Đảng bộ xã M'Đrắk", 143, 164, "owing"),
]


@dataclass(frozen=True)
class _Row:
    name: str
    cell: str
    minutes: int
    planned: int
    kind: str
    born: dt.date

    @property
    def state(self) -> str:
        return {"late": "is-late"}.get(self.kind, "")


def _rows(count: int) -> list[_Row]:
    kinds = ["done", "owing", "silent", "late", "exempt"]
    return [
        _Row(
            _NAMES[number % len(_NAMES)],
            _CELLS[number % len(_CELLS)],
            (number * 37) % 211,
            210,
            kinds[number % len(kinds)],
            dt.date(1956, 3, 9) + dt.timedelta(days=431 * (number % 60)),
        )
        for number in range(count)
    ]


class _GalleryForm(forms.Form):
    fieldsets = [
        ("Người", ["full_name", "born_on", "unit", "gender"]),
        ("Đợt học tập", ["rounds", "limit", "remark", "paper", "agree"]),
    ]
    full_name = forms.CharField(label="Họ và tên", help_text="Viết đủ dấu như trong thẻ đảng viên.")
    born_on = forms.DateField(label="Ngày sinh", required=False, help_text="Ví dụ: 09/03/1956")
    unit = forms.ChoiceField(
        label="Chi bộ",
        choices=[("", "Chọn chi bộ")] + [(str(n), f"Chi bộ thôn {n} – Đảng bộ xã Ea Knuếc") for n in range(1, 41)],
        help_text="Gõ vài chữ để tìm, không cần dấu.",
    )
    gender = forms.ChoiceField(
        label="Hình thức học",
        choices=[("a", "Trực tiếp"), ("b", "Trực tuyến"), ("c", "Kết hợp")],
        widget=forms.RadioSelect,
    )
    rounds = forms.MultipleChoiceField(
        label="Nghĩa vụ",
        required=False,
        choices=[("attend", "Dự lớp"), ("check", "Kiểm tra nhận thức"), ("essay", "Viết thu hoạch")],
        widget=forms.CheckboxSelectMultiple,
    )
    limit = forms.DecimalField(
        label="Ngưỡng vắng phải học lại (%)",
        initial=40,
        localize=True,
        widget=forms.TextInput(attrs={"class": "short"}),
    )
    remark = forms.CharField(label="Ghi chú", required=False, widget=forms.Textarea)
    paper = forms.FileField(label="Giấy xin phép", required=False, help_text="Tệp PDF hoặc ảnh, không quá 10 MB.")
    agree = forms.BooleanField(label="Đã đối chiếu với danh sách triệu tập")


def _chrome(request: HttpRequest) -> dict[str, Any]:
    """A frame filled by hand, so that the gallery looks the same whoever opens it."""
    labels = ["Văn bản", "Đợt học tập", "Lớp", "Điểm danh", "Kiểm tra", "Thu hoạch", "Kế hoạch", "Báo cáo"]
    counts = {"Điểm danh": 3, "Thu hoạch": 128}
    return {
        "navigation": [
            {"label": one, "url": f"#{n}", "current": one == "Điểm danh", "count": counts.get(one)}
            for n, one in enumerate(labels)
        ],
        "place": {
            "unit": "Đảng bộ xã Ea Knuếc",
            "unit_url": "#unit",
            "campaign": "Đợt học tập Nghị quyết Đại hội XIV",
            "campaign_url": "#campaign",
            "as_of": dt.datetime(2026, 1, 12, 9, 0, tzinfo=dt.UTC),
        },
        "breadcrumb": [
            {"label": "Tỉnh ủy", "url": "#1"},
            {"label": "Đảng bộ xã Ea Knuếc", "url": "#2"},
            {"label": "Chi bộ buôn Ea Knuếc", "url": ""},
        ],
        "account_name": "Nguyễn Thị Hường",
        "account_menu": [{"label": "Trang của tôi", "url": "#me"}, {"label": "Đổi mật khẩu", "url": "#password"}],
        "unit_switch_url": "#units",
        "quick_search_url": "#search",
        "unit_choices": [
            {"label": "Đảng bộ xã Ea Knuếc", "url": "#u1", "current": True},
            {"label": "Đảng bộ phường Tân An", "url": "#u2", "current": False},
        ],
    }


def _bad_form() -> _GalleryForm:
    form = _GalleryForm({"full_name": "", "born_on": "31/02/1956", "unit": "", "limit": "bốn mươi"}, prefix="bad")
    form.add_error(None, "Đợt học tập chưa mở nên chưa ghi được kết quả.")
    return form


def gallery(request: HttpRequest) -> HttpResponse:
    """The whole gallery; `?part=member|print|403|404|500` shows the other frames, `?rows=3` fewer rows."""
    part = request.GET.get("part", "")
    context = _chrome(request)
    if part == "member":
        return render(request, "ui/gallery_member.html", context)
    if part == "print":
        return render(request, "ui/gallery_print.html", context | {"rows": _rows(60), "signatures": _SIGNATURES})
    if part in ("403", "404", "500"):
        return render(request, f"ui/{part}.html", {"account_name": context["account_name"]})
    asked = whole_number(request.GET.get("rows"))
    rows = _rows(300 if asked is None else min(300, asked))
    start = time.today() - dt.timedelta(days=20)
    deadline = start + dt.timedelta(days=24)
    points = [
        (start + dt.timedelta(days=day), count) for day, count in enumerate((0, 40, 40, 92, 180, 181, 260, 260, 395))
    ]
    context |= {
        "form": _GalleryForm(initial={"gender": "a", "rounds": ["attend", "essay"]}),
        "bad_form": _bad_form(),
        "rows3": rows[:3],
        "rows300": rows,
        "page": Listing[Any](rows, 4412, 4, 89, "name"),
        "chips": [
            Chip("Chi bộ: buôn Ea Knuếc", "?a"),
            Chip("Tình trạng: còn nợ", "?b"),
            Chip("Tên có chữ “hường”", "?c"),
        ],
        "tabs": [
            {"label": name, "url": f"?tab={n}", "current": n == 1, "count": n * 17}
            for n, name in enumerate(("Mới", "Thay đổi", "Chuyển", "Cần xem", "Lỗi"))
        ],
        "steps": [
            {"label": "Chọn tệp", "state": "done", "url": "#s1"},
            {"label": "Đối chiếu cột", "state": "current", "url": ""},
            {"label": "Xem trước", "state": "todo", "url": ""},
            {"label": "Xác nhận", "state": "todo", "url": ""},
        ],
        "bars": [
            {"label": label, "value": value, "total": total, "kind": kind, "url": f"#{n}"}
            for n, (label, value, total, kind) in enumerate(_UNITS)
        ],
        "points": points,
        "deadline": deadline,
        "dl": [
            ("Số, ký hiệu", "26-HD/BTGTU"),
            ("Cơ quan ban hành", "Ban Tuyên giáo Tỉnh ủy"),
            ("Ngày ban hành", "09/03/2026"),
            ("Trích yếu", "Hướng dẫn tổ chức học tập, quán triệt và tuyên truyền nghị quyết"),
        ],
        "actions": [
            {"value": "excuse", "label": "Ghi vắng có lý do"},
            {"value": "remove", "label": "Gỡ khỏi danh sách", "danger": True},
        ],
        "columns": [{"label": "Mục"}, {"label": "Giá trị", "kind": "num"}, {"label": "Căn cứ"}],
        "table_rows": [
            {"cells": ["Ngưỡng học lại", "40%", "Mục 3 Hướng dẫn 26-HD/BTGTU"], "url": "#r1"},
            {"cells": ["Tỷ lệ thảo luận", "30%", "Mục 4 Hướng dẫn 26-HD/BTGTU"], "url": "#r2"},
        ],
        "kinds": ["done", "owing", "silent", "late", "exempt", "info"],
    }
    return render(request, "ui/gallery.html", context)


_SIGNATURES = [
    {"role": "Người lập danh sách", "name": "Lê Thị Ngọc Ẩn"},
    {"role": "T/M Chi bộ – Bí thư", "name": "Y Bhăm Niê Kđăm"},
]
