"""A list of units on its way into the tree."""

from __future__ import annotations

import datetime as dt

import pytest

from quantriet.org.models import Unit, UnitVersion
from quantriet.org.queries import imports as queries
from quantriet.org.tests import lists

pytestmark = pytest.mark.django_db
HEADER = ["STT", "Mã đơn vị", "Tên đơn vị", "Loại đơn vị", "Mã đơn vị cấp trên", "Đơn vị cấp trên"]


def upload(tmp_path, rows, name="đơn vị.xlsx"):
    return lists.workbook(tmp_path / name, rows)


@pytest.mark.req("R-001", "R-002")
def test_tree_comes_in_with_territorial_and_other_parts(cast, tmp_path):
    rows = [
        ["DANH SÁCH TỔ CHỨC ĐẢNG"],
        HEADER,
        [1, "CB31", "Chi bộ thôn Hạ", "Chi bộ trực thuộc", "DB3", None],  # before its superior
        [2, "DB3", "Đảng bộ cơ sở Trường Cao đẳng", "Đảng bộ cơ sở", "X3", None],
        [3, "X3", "Đảng ủy xã Nậm Khan", None, "T", None],
        [4, "SO1", "Sở Giao thông vận tải", "Sở, ban, ngành", None, "Tỉnh ủy Tân Lĩnh"],
        [5, "CS2", "Chi bộ cơ sở Nhà máy Giấy", None, "DN", None],
        [6, None, "Chi bộ thôn 3", None, None, "Đảng bộ xã Ea Tam"],
    ]
    path = upload(tmp_path, rows)
    before = Unit.objects.count()
    run = lists.previewed(path, cast.units["T"], cast.officer, kind="units")
    assert lists.said(run) == {"new": 6, "missing": 7}
    assert Unit.objects.count() == before
    run = lists.confirmed(run, cast.officer)
    assert run.state == "done"
    cell = Unit.objects.select_related("parent__parent__parent", "kind").get(code="CB31")
    assert [cell.parent.code, cell.parent.parent.code, cell.parent.parent.parent.code] == ["DB3", "X3", "T"]
    assert cell.path.startswith(cell.parent.path)
    assert cell.depth == 3
    assert Unit.objects.get(code="X3").kind.code == "DANG_UY_XA"
    assert Unit.objects.get(code="CS2").kind.code == "CHI_BO_CO_SO"
    assert Unit.objects.get(code="SO1").kind.code == "SO_BAN_NGANH"
    made = Unit.objects.get(name="Chi bộ thôn 3")
    assert (made.code, made.parent.code, made.kind.code) == ("X1.03", "X1", "CHI_BO")
    assert UnitVersion.objects.filter(unit=cell).count() == 1
    # The same list saved anew changes nothing, also for the unit that got its code from us.
    again = upload(tmp_path, [[], *rows], "lần hai.xlsx")
    assert lists.said(lists.previewed(again, cast.units["T"], cast.officer, kind="units")) == {"same": 6, "missing": 7}


def test_errors_of_a_list_of_units_are_told(cast, tmp_path):
    rows = [
        HEADER,
        [1, "N1", "Chi bộ Một", "Loại lạ", "X1", None],
        [2, "N2", None, "Chi bộ trực thuộc", "X1", None],
        [3, "N3", "Chi bộ Ba", "Chi bộ trực thuộc", "KHONG", None],
        [4, "N4", "Chi bộ Bốn", "Chi bộ trực thuộc", "CB11", None],
        [5, "N5", "Đảng bộ Năm", "Đảng bộ cơ sở", "N6", None],
        [6, "N6", "Đảng bộ Sáu", "Đảng bộ cơ sở", "N5", None],
        [7, "CB11", "Chi bộ thôn 1", None, "X2", None],
        [8, "N8", "Chi bộ thôn 2", "Chi bộ trực thuộc", "X1", None],
    ]
    run = lists.previewed(upload(tmp_path, rows), cast.units["T"], cast.officer, kind="units")
    wrong = {line["n"]: " ".join(sentence for _, sentence in line["e"]) for line in lists.lines(run, "wrong")}
    assert sorted(wrong) == [2, 3, 4, 5, 6, 7, 8, 9]
    assert "Không có loại đơn vị “Loại lạ”" in wrong[2]
    assert "Thiếu tên" in wrong[3]
    assert "Không có đơn vị mã “KHONG”" in wrong[4]
    assert "là chi bộ" in wrong[5]
    assert "vòng tròn" in wrong[6]
    assert "đổi cấp trên cần một quyết định" in wrong[8]
    assert "đã có Chi bộ thôn 2 với mã CB12" in wrong[9]


def test_changed_details_are_shown_before_and_after(cast, tmp_path):
    rows = [
        ["Mã đơn vị", "Tên đơn vị", "Ngày thành lập", "Điện thoại"],
        ["CB11", "Chi bộ thôn Một", dt.date(1999, 9, 2), "02623856789"],
    ]
    run = lists.imported(upload(tmp_path, rows), cast.units["X1"], cast.officer, kind="units")
    assert lists.lines(run, "changed")[0]["d"][0] == ["Tên đơn vị", "Chi bộ thôn 1", "Chi bộ thôn Một"]
    unit = Unit.objects.get(code="CB11")
    assert (unit.name, unit.name_folded, unit.established_on) == (
        "Chi bộ thôn Một",
        "chi bo thon mot",
        dt.date(1999, 9, 2),
    )


def test_unit_outside_the_scope_is_an_error(cast, tmp_path):
    rows = [HEADER, [1, "CB21", "Chi bộ thôn Thượng", None, None, None], [2, "N1", "Chi bộ mới", None, "X2", None]]
    run = lists.previewed(upload(tmp_path, rows), cast.units["X1"], cast.officer, kind="units")
    assert lists.said(run)["wrong"] == 2
    assert "Suối Ngần" not in str(lists.lines(run, "wrong"))


@pytest.mark.req("P-09")
def test_export_of_units_comes_in_again_without_a_change(cast, tmp_path):
    from quantriet.kit.spreadsheets import Sheet, write_workbook

    path = tmp_path / "xuất.xlsx"
    write_workbook(path, [Sheet("Đơn vị", queries.unit_columns(), queries.unit_rows(Unit.objects.all()))])
    assert lists.said(lists.previewed(path, cast.units["T"], cast.officer, kind="units")) == {"same": 8}
