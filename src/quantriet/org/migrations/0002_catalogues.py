"""Kinds of units and posts that ship with the product, and byte order for the path column."""

import datetime as dt

from django.db import migrations

from quantriet.kit.db import byte_order

DISTRICTS_END = dt.date(2025, 6, 30)

# code, name, short, level, holds members, grassroots, territorial, decision body, from, to
KINDS = [
    ("TINH_UY", "Tỉnh ủy", "Tỉnh ủy", "province", False, False, True, "standing_committee", None, None),
    ("THANH_UY", "Thành ủy", "Thành ủy", "province", False, False, True, "standing_committee", None, None),
    ("HUYEN_UY", "Huyện ủy", "Huyện ủy", "district", False, False, True, "standing_committee", None, DISTRICTS_END),
    ("THI_UY", "Thị ủy, thành ủy thuộc tỉnh", "Thị ủy", "district", False, False, True, "standing_committee", None, DISTRICTS_END),
    ("DANG_UY_CAC_CO_QUAN", "Đảng ủy các cơ quan Đảng tỉnh", "Đảng ủy các cơ quan", "district", False, False, False, "standing_committee", None, None),
    ("DANG_UY_UBND", "Đảng ủy Ủy ban nhân dân tỉnh", "Đảng ủy UBND", "district", False, False, False, "standing_committee", None, None),
    ("DANG_UY_TREN_CO_SO", "Đảng ủy cấp trên trực tiếp cơ sở", "Đảng ủy cấp trên cơ sở", "district", False, False, False, "standing_committee", None, None),
    ("DANG_UY_DOANH_NGHIEP", "Đảng ủy khối doanh nghiệp", "Đảng ủy doanh nghiệp", "district", False, False, False, "standing_committee", None, None),
    ("DANG_UY_XA", "Đảng ủy xã", "Đảng ủy xã", "commune", False, False, True, "standing_committee", None, None),
    ("DANG_UY_PHUONG", "Đảng ủy phường", "Đảng ủy phường", "commune", False, False, True, "standing_committee", None, None),
    ("DANG_BO_CO_SO", "Đảng bộ cơ sở", "Đảng bộ cơ sở", "grassroots", False, True, False, "executive_committee", None, None),
    ("DANG_BO_BO_PHAN", "Đảng bộ bộ phận", "Đảng bộ bộ phận", "grassroots", False, False, False, "executive_committee", None, None),
    ("CHI_BO_CO_SO", "Chi bộ cơ sở", "Chi bộ cơ sở", "grassroots", True, True, False, "executive_committee", None, None),
    ("CHI_BO", "Chi bộ trực thuộc", "Chi bộ", "cell", True, False, True, "party_organization", None, None),
    ("BAN_CAN_SU", "Ban cán sự đảng", "Ban cán sự đảng", "district", False, False, False, "party_organization", None, DISTRICTS_END),
    ("DANG_DOAN", "Đảng đoàn", "Đảng đoàn", "district", False, False, False, "party_organization", None, DISTRICTS_END),
    ("TINH_DOAN", "Ban Thường vụ Tỉnh đoàn", "Tỉnh đoàn", "district", False, False, False, "standing_committee", None, None),
    ("SO_BAN_NGANH", "Sở, ban, ngành", "Sở, ban, ngành", "district", False, False, False, "leadership_collective", None, None),
    ("DOAN_THE", "Mặt trận Tổ quốc và đoàn thể", "MTTQ, đoàn thể", "district", False, False, False, "leadership_collective", None, None),
    ("PHONG_BAN", "Phòng, ban, đơn vị", "Phòng, ban", "commune", False, False, False, "leadership_collective", None, None),
]

# code, name, rank, head, standing, leader
POSTS = [
    ("BI_THU", "Bí thư", 1, True, True, True),
    ("PHO_BI_THU_THUONG_TRUC", "Phó Bí thư Thường trực", 2, False, True, True),
    ("PHO_BI_THU", "Phó Bí thư", 3, False, True, True),
    ("UV_BAN_THUONG_VU", "Ủy viên Ban Thường vụ", 4, False, False, True),
    ("CAP_UY_VIEN", "Cấp ủy viên", 5, False, False, True),
    ("CHI_UY_VIEN", "Chi ủy viên", 6, False, False, False),
    ("CHU_TICH_HDND", "Chủ tịch Hội đồng nhân dân", 7, False, False, True),
    ("CHU_TICH_UBND", "Chủ tịch Ủy ban nhân dân", 8, True, False, True),
    ("PHO_CHU_TICH_UBND", "Phó Chủ tịch Ủy ban nhân dân", 9, False, False, True),
    ("TRUONG_BAN", "Trưởng ban, trưởng phòng", 10, True, False, True),
    ("PHO_TRUONG_BAN", "Phó trưởng ban, phó trưởng phòng", 11, False, False, True),
    ("THU_TRUONG", "Thủ trưởng cơ quan, đơn vị", 12, True, False, True),
    ("GIAM_DOC", "Giám đốc, tổng giám đốc", 13, True, False, True),
    ("CHU_TICH_MTTQ", "Chủ tịch Ủy ban Mặt trận Tổ quốc", 14, True, False, True),
    ("BI_THU_DOAN", "Bí thư Đoàn thanh niên", 15, False, False, True),
    ("CHUYEN_VIEN", "Cán bộ, chuyên viên cơ quan tham mưu", 30, False, False, False),
    ("CONG_CHUC_XA", "Công chức cấp xã", 31, False, False, False),
]


def fill(apps, schema_editor):
    kind = apps.get_model("org", "UnitKind")
    kind.objects.bulk_create(
        kind(
            code=code, name=name, short_name=short, level=level, holds_members=holds, is_grassroots=grassroots,
            is_territorial=territorial, decision_body=body, valid_from=start, valid_to=end,
        )
        for code, name, short, level, holds, grassroots, territorial, body, start, end in KINDS
    )  # fmt: skip
    post = apps.get_model("org", "PostKind")
    post.objects.bulk_create(
        post(code=code, name=name, rank=rank, is_head=head, is_standing=standing, is_leader=leader)
        for code, name, rank, head, standing, leader in POSTS
    )


def order_bytes(apps, schema_editor):
    sql = byte_order("org_unit", "path")
    if sql:
        schema_editor.execute(sql)


class Migration(migrations.Migration):
    dependencies = [("org", "0001_initial")]
    operations = [
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.RunPython(order_bytes, migrations.RunPython.noop),
    ]
