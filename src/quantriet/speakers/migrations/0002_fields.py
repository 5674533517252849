"""The fields that the house offers from the beginning; units add their own."""

from django.db import migrations

from quantriet.kit.text import fold

FIELDS = [
    "Xây dựng Đảng và hệ thống chính trị", "Tư tưởng, đạo đức, phong cách Hồ Chí Minh", "Lịch sử Đảng, lịch sử địa phương",
    "Kinh tế", "Nông nghiệp, nông thôn, nông thôn mới", "Văn hóa – xã hội", "Y tế, dân số", "Giáo dục và đào tạo",
    "Khoa học, công nghệ, chuyển đổi số", "Tài nguyên, môi trường", "Pháp luật, cải cách hành chính",
    "Quốc phòng – an ninh", "Biên giới, biển, đảo", "Đối ngoại, thời sự quốc tế", "Dân tộc, tôn giáo",
    "Bảo vệ nền tảng tư tưởng của Đảng, phản bác quan điểm sai trái",
]  # fmt: skip


def fill(apps, schema_editor):
    field = apps.get_model("speakers", "ReporterField")
    field.objects.bulk_create(field(name=name, name_folded=fold(name)) for name in FIELDS)


class Migration(migrations.Migration):
    dependencies = [("speakers", "0001_register_of_reporters")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
