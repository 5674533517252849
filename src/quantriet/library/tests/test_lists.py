"""Placements, figures and activities from Excel: recognised, shown, all or nothing, the same again changes nothing."""

import datetime as dt
import io

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from quantriet.audit.models import AuditEvent
from quantriet.kit.time import now, today
from quantriet.library.actions import lists, publication
from quantriet.library.models import DisseminationActivity, Placement, PublicationClock, ReachCount
from quantriet.library.rules.lists import PLACEMENT_COLUMNS, read_body, read_channel, read_form
from quantriet.library.tests.factories import make_document
from quantriet.library.vocab import ActivityBody, ActivityForm, Channel
from quantriet.org.queries.sheets import rows_of

pytestmark = pytest.mark.django_db

LINK = "https://tanlinh.gov.vn/tin/"
HEAD = [
    "TT",
    "Số văn bản",
    "Đơn vị đăng",
    "Kênh đăng tải",
    "Ngày đăng tải",
    "Tên bài",
    "Link",
    "Lượt xem",
    "Tính đến ngày",
]
ACTIVITIES = [
    "TT",
    "Đơn vị",
    "Đoàn thể",
    "Hình thức tuyên truyền",
    "Ngày",
    "Địa điểm",
    "Số người tham gia",
    "Văn bản",
    "Nội dung",
]


def workbook(*rows, name="danh-sach.xlsx") -> SimpleUploadedFile:
    book = openpyxl.Workbook()
    book.active.append(["DANH SÁCH"])
    for row in rows:
        book.active.append(list(row))
    content = io.BytesIO()
    book.save(content)
    return SimpleUploadedFile(name, content.getvalue())


def day(ago: int = 0) -> str:
    return f"{today() - dt.timedelta(days=ago):%d/%m/%Y}"


@pytest.fixture
def document(cast):
    return make_document(cast, issued_on=today() - dt.timedelta(days=9))


def placements():
    return (
        HEAD,
        [1, "26-HD/BTGTU", "X1", "Trang thông tin điện tử", day(8), "Toàn văn", LINK + "1", "1.200", day()],
        [2, "26-hd/btgtu", "Đảng ủy xã Suối Ngần", "Facebook", day(2), "Infographic điểm mới", LINK + "2", 350, day(1)],
        [3, "26-HD/BTGTU", "", "Loa truyền thanh", day(1), "Bản tin 17 giờ", "", None, None],
    )


def send(client, cast, upload, *, address="placement-import", unit="T"):
    return client.post(reverse(address), {"unit": cast.units[unit].pk, "file": upload})


def confirm(client, preview, address="placement-import"):
    form = preview.context["form"]
    return client.post(reverse(address), {name: form[name].value() for name in ("staged", "unit")})


@pytest.mark.req("R-120", "R-121", "R-123")
def test_list_of_placements_is_shown_then_written_then_changes_nothing(as_user, cast, document):
    client = as_user("officer")
    preview = send(client, cast, workbook(*placements()))
    page = preview.content.decode()
    assert preview.status_code == 200
    assert "Đọc được 3 dòng" in page
    assert "3 lần đăng mới" in page
    assert not Placement.objects.exists(), "nothing before it is confirmed"
    assert confirm(client, preview).status_code == 303
    found = list(Placement.objects.order_by("placed_on").values_list("unit__code", "channel", "url"))
    assert found == [("X1", "website", LINK + "1"), ("X2", "social", LINK + "2"), ("T", "radio", "")]
    assert list(ReachCount.objects.order_by("pk").values_list("value", flat=True)) == [1200, 350]
    assert PublicationClock.objects.get(document=document).done_on == today() - dt.timedelta(days=8)
    events = AuditEvent.objects.count()
    again = send(client, cast, workbook(*placements()))
    assert "Mọi dòng trong tệp đã có sẵn." in again.content.decode()
    assert confirm(client, again).status_code == 303
    assert (Placement.objects.count(), ReachCount.objects.count(), AuditEvent.objects.count()) == (3, 2, events)


def test_new_figures_join_the_placement_that_stands(as_user, cast, document):
    client = as_user("officer")
    confirm(client, send(client, cast, workbook(*placements())))
    rows = placements()
    rows[1][7], rows[2][8] = 1500, day()
    preview = send(client, cast, workbook(*rows))
    assert "2 lần đăng đã có được thêm số liệu" in preview.content.decode()
    assert confirm(client, preview).status_code == 303
    assert (Placement.objects.count(), ReachCount.objects.count()) == (3, 4)


def test_own_excel_is_read_back_without_a_change(as_user, cast, document):
    client = as_user("officer")
    confirm(client, send(client, cast, workbook(*placements())))
    sent = b"".join(client.get(reverse("placement-list"), {"format": "xlsx"}))
    again = send(client, cast, SimpleUploadedFile("noi-dang-tai.xlsx", sent))
    assert "0 lần đăng mới, 0 lần đăng đã có được thêm số liệu, 3 dòng đã có sẵn" in again.content.decode()


def test_every_fault_is_told_by_row_and_column_and_nothing_is_written(as_user, cast, document):
    good = placements()[1]
    wrong = [
        [2, "99-HD/BTGTU", "X1", "Website", day(1), "Bài", LINK + "b", None, None],
        [3, "26-HD/BTGTU", "X9", "Website", day(1), "Bài", LINK + "c", None, None],
        [4, "26-HD/BTGTU", "X1", "Bồ câu", day(1), "Bài", LINK + "d", None, None],
        [5, "26-HD/BTGTU", "X1", "Website", "32/13/2026", "Bài", LINK + "e", None, None],
        [6, "26-HD/BTGTU", "X1", "Website", day(1), "", LINK + "f", None, None],
        [7, "26-HD/BTGTU", "X1", "Website", day(1), "Bài", "http://10.0.0.1/", None, None],
        [8, "26-HD/BTGTU", "X1", "Website", day(1), "Bài", LINK + "g", "nhiều", day()],
        [9, "26-HD/BTGTU", "X1", "Website", day(1), "Bài", LINK + "h", 5, None],
        [10, "26-HD/BTGTU", "X1", "Website", day(30), "Bài", LINK + "i", None, None],
        [11, "26-HD/BTGTU", "X1", "Trang thông tin điện tử", day(7), "Bài khác", LINK + "1", None, None],
    ]
    response = send(as_user("officer"), cast, workbook(HEAD, good, *wrong))
    assert response.status_code == 422
    told = [one.sentence for one in response.context["faults"]]
    columns = ["Số, ký hiệu", "Đơn vị đăng", "Kênh", "Ngày đăng", "Tiêu đề", "Đường dẫn", "Lượt xem, nghe",
               "Số liệu đến ngày", "Ngày đăng", "Đường dẫn"]  # fmt: skip
    for row, column in zip(range(4, 14), columns, strict=True):
        assert any(one.startswith(f"Dòng {row}, cột “{column}”") for one in told), (row, column, told)
    assert len(told) == 10
    assert not Placement.objects.exists()
    assert 'name="staged"' not in response.content.decode()


def test_fault_that_comes_between_preview_and_confirmation_writes_nothing(as_user, cast, document):
    client = as_user("officer")
    preview = send(client, cast, workbook(*placements()))
    publication.add_placement(
        document, cast.units["X1"], channel=Channel.WEBSITE, placed_on=today(), title="Tên khác", url=LINK + "1",
        by=cast.officer, at=now(),
    )  # fmt: skip
    response = confirm(client, preview)
    assert response.status_code == 422
    assert "đường dẫn này đã ghi là “Tên khác”" in response.content.decode()
    assert Placement.objects.count() == 1


def test_figures_of_one_day_are_corrected_by_a_later_list_only(as_user, cast, document):
    client = as_user("officer")
    rows = placements()[:2]
    for views in (10, 12, 10):
        rows[1][7] = views
        confirm(client, send(client, cast, workbook(*rows)))
    assert list(ReachCount.objects.order_by("pk").values_list("value", flat=True)) == [10, 12, 10]


@pytest.mark.req("B-18")
@pytest.mark.parametrize("where", ["cell", "name"])
def test_marked_list_is_refused_whole(as_user, cast, document, where):
    rows = list(placements())
    if where == "cell":
        rows[3][5] = "TỐI MẬT"
    response = send(as_user("officer"), cast, workbook(*rows, name="TOI_MAT.xlsx" if where == "name" else "a.xlsx"))
    assert response.status_code == 422
    assert "dấu chỉ độ mật" in response.content.decode()
    assert AuditEvent.objects.filter(verb="document.refused").exists()


@pytest.mark.parametrize(
    ("upload", "said"),
    [
        (lambda: workbook(["TT", "Tên"], [1, "x"]), "cột"),
        (lambda: workbook(HEAD), ""),
        (lambda: SimpleUploadedFile("a.xlsx", b"khong phai excel"), ""),
        (lambda: SimpleUploadedFile("a.xlsx", b""), ""),
    ],
    ids=["other list", "no row", "no workbook", "empty"],
)
def test_what_is_no_such_list_is_refused(as_user, cast, upload, said):
    response = send(as_user("officer"), cast, upload())
    assert response.status_code == 422
    assert "file" in response.context["form"].errors
    assert said in str(response.context["form"].errors["file"])


def test_confirmation_of_a_foreign_or_old_file_is_refused(as_user, cast):
    client = as_user("officer")
    sent = {"staged": "gia-mao", "unit": cast.units["T"].pk}
    response = client.post(reverse("placement-import"), sent)
    assert response.status_code == 422
    assert "tải lên lại" in response.content.decode()


def test_unit_out_of_reach_is_none_of_the_list(as_user, cast, document):
    client = as_user("organiser1")
    response = send(client, cast, workbook(*placements()), unit="X1")
    assert response.status_code == 422
    assert "không có đơn vị “Đảng ủy xã Suối Ngần” trong phạm vi được giao" in response.content.decode()
    preview = send(client, cast, workbook(*placements()[:2]), unit="X1")
    form = preview.context["form"]
    stolen = {"staged": form["staged"].value(), "unit": cast.units["X2"].pk}
    assert client.post(reverse("placement-import"), stolen).status_code == 403


def activity_rows():
    return (
        ACTIVITIES,
        [1, "CB11", "MTTQ", "Họp khu dân cư", day(3), "Nhà văn hóa thôn 1", 45, "26-HD/BTGTU", "Phổ biến điểm mới"],
        [2, "CB11", "Hội Phụ nữ", "Sinh hoạt hội", day(2), "Nhà bà Hường", 20, "", ""],
        [3, "", "", "Toạ đàm", day(1), "Hội trường xã", "1.050", "", ""],
    )


@pytest.mark.req("R-122", "R-124")
def test_list_of_activities_is_written_once(as_user, cast, document):
    client = as_user("organiser1")
    preview = send(client, cast, workbook(*activity_rows()), address="activity-import", unit="X1")
    assert "3 hoạt động mới với 1.115 lượt người" in preview.content.decode()
    assert not DisseminationActivity.objects.exists()
    assert confirm(client, preview, "activity-import").status_code == 303
    found = set(DisseminationActivity.objects.values_list("unit__code", "body", "form", "people"))
    assert found == {
        ("CB11", "front", "residents", 45), ("CB11", "women", "association", 20), ("X1", "party", "talk", 1050),
    }  # fmt: skip
    again = send(client, cast, workbook(*activity_rows()), address="activity-import", unit="X1")
    assert "Mọi dòng trong tệp đã có sẵn." in again.content.decode()
    confirm(client, again, "activity-import")
    assert DisseminationActivity.objects.count() == 3
    sent = b"".join(client.get(reverse("activity-list"), {"format": "xlsx"}))
    own = send(client, cast, SimpleUploadedFile("hoat-dong.xlsx", sent), address="activity-import", unit="X1")
    assert "0 hoạt động mới" in own.content.decode()


def test_faults_of_activities_are_told_by_row_and_column(as_user, cast, document):
    good = activity_rows()[1]
    wrong = [
        [2, "CB21", "MTTQ", "Họp thôn", day(1), "Thôn Thượng", 5, "", ""],
        [3, "CB11", "Hội chơi cờ", "Họp thôn", day(1), "Thôn 1", 5, "", ""],
        [4, "CB11", "MTTQ", "Đốt lửa", day(1), "Thôn 1", 5, "", ""],
        [5, "CB11", "MTTQ", "Họp thôn", "hôm qua", "Thôn 1", 5, "", ""],
        [6, "CB11", "MTTQ", "Họp thôn", day(1), "", 5, "", ""],
        [7, "CB11", "MTTQ", "Họp thôn", day(1), "Thôn 1", "2,5", "", ""],
        [8, "CB11", "MTTQ", "Họp thôn", day(1), "Thôn 1", 0, "", ""],
        [9, "CB11", "MTTQ", "Họp khu dân cư", day(3), "nhà văn hóa THÔN 1", 45, "26-HD/BTGTU", ""],
        [10, "CB11", "MTTQ", "Họp thôn", day(30), "Thôn 1", 5, "26-HD/BTGTU", ""],
    ]
    response = send(
        as_user("organiser1"), cast, workbook(ACTIVITIES, good, *wrong), address="activity-import", unit="X1"
    )
    told = [one.sentence for one in response.context["faults"]]
    columns = ["Đơn vị", "Cơ quan, đoàn thể", "Hình thức", "Ngày tổ chức", "Nơi tổ chức", "Số người", "Số người",
               "Nơi tổ chức", "Ngày tổ chức"]  # fmt: skip
    for row, column in zip(range(4, 13), columns, strict=True):
        assert any(one.startswith(f"Dòng {row}, cột “{column}”") for one in told), (row, column, told)
    assert len(told) == 9
    assert not DisseminationActivity.objects.exists()


def test_long_list_asks_in_few_statements(cast, document):
    def rows(count):
        lines = [
            [n, "26-HD/BTGTU", "X1", "Website", day(1), f"Bài {n}", f"{LINK}{n}", n, day()] for n in range(count)
        ]  # fmt: skip
        return rows_of(workbook(HEAD, *lines), PLACEMENT_COLUMNS)

    asked = []
    for count in (1, 60):
        read = rows(count)
        Placement.objects.all().delete()
        with CaptureQueriesContext(connection) as captured:
            lists.import_placements(read, unit=cast.units["T"], by=cast.officer, at=now())
        asked.append(len(captured))
    assert asked[1] <= asked[0] < 25  # the account's rights are read once


@pytest.mark.parametrize(
    ("read", "words", "meant"),
    [
        (read_channel, "CỔNG TTĐT", Channel.PORTAL),
        (read_channel, "fan page lạ", None),
        (read_channel, "zalo", Channel.ZALO),
        (read_form, "Hoi thi", ActivityForm.CONTEST),
        (read_form, "họp  tổ dân phố.", ActivityForm.RESIDENTS),
        (read_body, "CCB", ActivityBody.VETERANS),
        (read_body, "", None),
    ],
)
def test_words_of_offices_are_recognised(read, words, meant):
    assert read(words) == meant
