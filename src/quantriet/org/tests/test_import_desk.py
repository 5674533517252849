"""The pages of imports, from the upload to the result, and who may open them."""

from __future__ import annotations

import datetime as dt
import io
import re
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from quantriet.kit.time import now
from quantriet.org.actions import imports
from quantriet.org.models import IdentityDecision, ImportRun, Person
from quantriet.org.tests import lists

pytestmark = pytest.mark.django_db
HEADER = lists.HEADER
ROWS = [
    HEADER,
    ["D001", "Nguyễn Văn Mới", dt.date(1980, 2, 1), "CB11"],
    ["M2", "Trần Văn Bình", dt.date(1975, 5, 1), "CB12"],
    ["M1", "Nguyễn Thị Hường", dt.date(1958, 3, 10), "CB11"],
    ["ZZ9", "Đỗ Thị Ỷ", dt.date(1999, 9, 9), "CB12"],
    ["E1", "Lê Văn Sai", "31/02/1980", "CB11"],
]


@pytest.fixture
def upload(tmp_path):
    def make(rows, name="danh sách.xlsx"):
        path = lists.workbook(tmp_path / name, rows)
        return SimpleUploadedFile(name, path.read_bytes())

    return make


def run_jobs():
    """What the worker does."""
    for run in ImportRun.objects.filter(state="reading"):
        imports.preview_import(run.pk, at=now())
    for run in ImportRun.objects.filter(state="applying"):
        imports.apply_import(run.pk, at=now())
    for run in ImportRun.objects.filter(state="done", result=""):
        imports.make_import_result(run.pk, at=now())


@pytest.mark.req("P-09")
def test_whole_way_from_upload_to_excel(as_user, upload):
    client = as_user("officer")
    answer = client.post(reverse("import-new"), {"kind": "members", "unit": "X1", "file": upload(ROWS)})
    assert answer.status_code == 303, answer.content.decode()
    run = ImportRun.objects.get()
    at = reverse("import-run", args=[run.pk])
    text = client.get(at).content.decode()
    assert "Họ và tên" in text
    assert "Mã đảng viên" in text
    assert client.post(reverse("import-preview", args=[run.pk])).status_code == 303
    waiting = client.get(at).content.decode()
    if ImportRun.objects.get().state == "reading":
        assert "data-poll" in waiting
        assert 'http-equiv="refresh"' in waiting
    run_jobs()
    text = client.get(at).content.decode()
    assert "Sẽ thêm 1 người, cập nhật 1 người, chuyển sinh hoạt 1 người; bỏ qua 1 dòng cần xem và 1 dòng lỗi." in text
    assert text.index("Nguyễn Văn Mới") > 0, "the page opens on what will be written"
    assert "31/02/1980" not in text
    for tab in ("new", "changed", "moved", "doubtful", "wrong", "same", "missing"):
        assert client.get(at, {"tab": tab}).status_code == 200
    assert "31/02/1980" in client.get(at, {"tab": "wrong"}).content.decode()
    assert "10/03/1958" in client.get(at, {"tab": "changed"}).content.decode()
    wrong = b"".join(client.get(reverse("import-excel", args=[run.pk]), {"only": ["wrong"]}).streaming_content)
    assert [row[1] for row in lists.cells_of(wrong)][1:] == ["Lê Văn Sai"]
    run.refresh_from_db()
    assert client.post(reverse("import-apply", args=[run.pk]), {"plan": run.plan_digest}).status_code == 303
    run_jobs()
    text = client.get(at).content.decode()
    assert "Đã thêm 1 người" in text
    assert Person.objects.filter(code="D001").exists()
    result = b"".join(client.get(reverse("import-excel", args=[run.pk])).streaming_content)
    cells = lists.cells_of(result)
    assert cells[0] == [*HEADER, "Trạng thái", "Giải thích", "Dòng trong tệp"]
    assert [row[4] for row in cells[1:]] == [
        "Đã thêm", "Đã chuyển sinh hoạt", "Đã cập nhật", "Chưa nhập – cần xem", "Chưa nhập – lỗi",
    ]  # fmt: skip
    assert client.get(reverse("import-list")).status_code == 200


@pytest.mark.req("B-06")
def test_doubtful_row_is_compared_side_by_side_and_decided(as_user, upload):
    client = as_user("officer")
    client.post(reverse("import-new"), {"kind": "members", "unit": "X1", "file": upload(ROWS)})
    run = ImportRun.objects.get()
    client.post(reverse("import-preview", args=[run.pk]))
    run_jobs()
    question = IdentityDecision.objects.get()
    at = reverse("import-question", args=[question.pk])
    text = client.get(at).content.decode()
    assert "ZZ9" in text
    assert "M9" in text
    assert "cùng ngày sinh" in text
    assert client.post(at, {"choice": "999999"}).status_code == 422
    assert "Mã M9 sẽ thành ZZ9" in text, "what the answer changes stands before it"
    assert "Giữ mã đang lưu M9" in text
    assert client.post(at, {"choice": "new"}).status_code == 303
    # The last answer brings the preview up to date by itself; until then nothing can be written.
    run.refresh_from_db()
    assert run.state == "reading"
    page = client.get(reverse("import-run", args=[run.pk])).content.decode()
    assert reverse("import-apply", args=[run.pk]) not in page
    run_jobs()
    run.refresh_from_db()
    assert run.counts["new"] == 2
    assert reverse("import-apply", args=[run.pk]) in client.get(reverse("import-run", args=[run.pk])).content.decode()


def test_pasted_cells_are_a_list(as_user):
    client = as_user("organiser1")
    pasted = "Họ và tên\tNgày sinh\tChi bộ\nVi Văn Dán\t01/02/1990\tChi bộ thôn 1\n"
    answer = client.post(reverse("import-new"), {"kind": "members", "unit": "X1", "pasted": pasted})
    assert answer.status_code == 303, answer.content.decode()
    run = ImportRun.objects.get()
    assert run.file_name == "Dán từ bảng tính"
    client.post(reverse("import-preview", args=[run.pk]))
    run_jobs()
    run.refresh_from_db()
    assert run.counts["new"] == 1


def test_preview_opens_on_the_errors_when_they_stand_in_the_way(as_user, upload):
    client = as_user("officer")
    rows = [
        HEADER,
        ["N1", "Nguyễn Văn Lạ", 1980, "CB11"],
        ["N2", "Lê Văn Đâu", 1981, "ZZ1"],
        ["N3", "Vi Thị Đâu", 1982, "ZZ2"],
    ]
    client.post(reverse("import-new"), {"kind": "members", "unit": "X1", "file": upload(rows)})
    run = ImportRun.objects.get()
    client.post(reverse("import-preview", args=[run.pk]))
    run_jobs()
    text = client.get(reverse("import-run", args=[run.pk])).content.decode()
    assert "Không có chi bộ mã “ZZ1”" in text
    assert "Nguyễn Văn Lạ" not in text


def test_preview_without_anything_to_write_opens_on_what_is_unchanged(as_user, upload):
    client = as_user("officer")
    rows = [HEADER, ["M2", "Trần Văn Bình", dt.date(1975, 5, 1), "CB11"]]
    client.post(reverse("import-new"), {"kind": "members", "unit": "X1", "file": upload(rows)})
    run = ImportRun.objects.get()
    client.post(reverse("import-preview", args=[run.pk]))
    run_jobs()
    text = client.get(reverse("import-run", args=[run.pk])).content.decode()
    assert "Không có gì để ghi; 1 dòng không đổi." in text
    assert "Trần Văn Bình" in text


def test_result_gives_numbers_back_as_numbers_and_day_numbers_as_days(as_user, upload):
    client = as_user("officer")
    rows = [
        ["STT", "Mã đảng viên", "Họ và tên", "Ngày sinh", "Mã chi bộ"],
        [1, "D001", "Nguyễn Văn Mới", 20591, "CB11"],
        [2, "D002", "Vi Văn Năm", 1980, "CB11"],
        [3, "D003", "Vi Văn Chữ", "01/02/1990", "CB11"],
    ]
    client.post(reverse("import-new"), {"kind": "members", "unit": "X1", "file": upload(rows)})
    run = ImportRun.objects.get()
    client.post(reverse("import-preview", args=[run.pk]))
    run_jobs()
    cells = lists.cells_of(b"".join(client.get(reverse("import-excel", args=[run.pk])).streaming_content))
    assert [row[0] for row in cells[1:]] == [1, 2, 3]
    assert [row[3] for row in cells[1:]] == [dt.date(1956, 5, 16), 1980, "01/02/1990"]


def test_nothing_chosen_is_said_beside_the_field(as_user):
    answer = as_user("officer").post(reverse("import-new"), {"kind": "members", "unit": "X1"})
    assert answer.status_code == 422
    assert "Hãy chọn một tệp" in answer.content.decode()


def test_file_is_kept_while_the_form_is_corrected(as_user, upload, settings):
    client = as_user("officer")
    page = client.get(reverse("import-new")).content.decode()
    assert '<option value="X1"' in page, "units are chosen from a list"
    assert "(không bắt buộc)" not in page, "one of file and pasted cells is needed"
    answer = client.post(reverse("import-new"), {"kind": "members", "unit": "KHONG-CO", "file": upload(ROWS)})
    assert answer.status_code == 422
    text = answer.content.decode()
    assert "danh sách.xlsx được giữ lại" in text
    token = answer.context["form"]["staged"].value()
    given = {"kind": "members", "unit": "X1", "staged": token}
    assert client.post(reverse("import-new"), {**given, "staged": "x" + token}).status_code == 422
    assert client.post(reverse("import-new"), given).status_code == 303
    assert ImportRun.objects.get().file_name == "danh sách.xlsx"
    assert not [path for path in Path(settings.MEDIA_ROOT).glob("staged/*") if path.name in token]


def test_marked_file_is_not_kept(as_user, upload, settings):
    def staged():
        return set(Path(settings.MEDIA_ROOT).glob("staged/*"))

    before = staged()
    rows = [["TUYỆT MẬT"], *ROWS]
    answer = as_user("officer").post(
        reverse("import-new"), {"kind": "members", "unit": "KHONG-CO", "file": upload(rows)}
    )
    assert answer.status_code == 422
    assert staged() == before


def test_columns_are_assigned_by_hand(as_user, upload):
    client = as_user("officer")
    rows = [["Cột thứ nhất", "Cột thứ hai"], ["Vi Văn Tay", "01/02/1990"]]
    client.post(reverse("import-new"), {"kind": "members", "unit": "CB11", "file": upload(rows)})
    run = ImportRun.objects.get()
    at = reverse("import-run", args=[run.pk])
    assert reverse("import-columns", args=[run.pk]) in client.get(at).content.decode()
    form = reverse("import-columns", args=[run.pk])
    assert "Cột thứ hai" in client.get(form).content.decode()
    given = {"s0-use": "on", "s0-row": "1", "s0-depth": "1", "s0-c0": "full_name", "s0-c1": "full_name"}
    answer = client.post(form, given)
    assert answer.status_code == 422
    assert "được chọn hai lần" in answer.content.decode()
    assert client.post(form, {**given, "s0-c1": "birth"}).status_code == 303
    client.post(reverse("import-preview", args=[run.pk]))
    run_jobs()
    run.refresh_from_db()
    assert run.counts["new"] == 1


def test_template_comes_with_the_columns_that_are_read_back(as_user):
    for kind in ("members", "units"):
        answer = as_user("officer").get(reverse("import-template", args=[kind]))
        assert answer.status_code == 200
        content = b"".join(answer.streaming_content)
        assert lists.cells_of(content)[0][0].startswith("Mã")


def test_old_font_is_offered_converted(as_user):
    from quantriet.kit.encodings import _TCVN3_LETTERS

    back = {letter: chr(code) for code, letter in _TCVN3_LETTERS.items()}
    rows = ["Mã đảng viên;Họ và tên;Ngày sinh;Chi bộ"]
    rows += [f"D{number};{name};01/02/199{number};Chi bộ thôn 1" for number, name in enumerate(
        ["Nguyễn Văn Hường", "Trần Thị Bình", "Lê Đức Thắng", "Hoàng Thị Ngọc", "Phạm Văn Đệ"])]  # fmt: skip
    legacy = "\n".join(rows)
    legacy = "".join(back.get(letter, letter) for letter in legacy)
    client = as_user("officer")
    file = SimpleUploadedFile("cũ.csv", legacy.encode("latin-1", "replace"))
    answer = client.post(reverse("import-new"), {"kind": "members", "unit": "X1", "file": file})
    assert answer.status_code == 303, answer.content.decode()
    run = ImportRun.objects.get()
    text = client.get(reverse("import-run", args=[run.pk])).content.decode()
    assert "Nguyễn Văn Hường" in text
    assert client.post(reverse("import-preview", args=[run.pk])).status_code == 422
    client.post(reverse("import-encoding", args=[run.pk]), {"convert": "yes"})
    client.post(reverse("import-preview", args=[run.pk]))
    run_jobs()
    run.refresh_from_db()
    assert next(line["name"] for line in lists.lines(run, "new")) == "Nguyễn Văn Hường"


@pytest.mark.parametrize(
    "who, status", [("officer", 200), ("organiser1", 200), ("organiser2", 404), ("leader1", 403), ("member1", 403)]
)
def test_run_is_opened_only_by_those_who_may_import_there(cast, client, tmp_path, who, status):
    run = lists.previewed(lists.workbook(tmp_path / "a.xlsx", ROWS), cast.units["X1"], cast.officer)
    client.force_login(cast.accounts[who], backend="quantriet.org.web.sign_in.AccountBackend")
    for name in ("import-run", "import-columns", "import-progress", "import-excel"):
        assert client.get(reverse(name, args=[run.pk])).status_code == status
    question = IdentityDecision.objects.get()
    assert client.get(reverse("import-question", args=[question.pk])).status_code == status
    if status != 200:
        for name in ("import-apply", "import-preview", "import-cancel", "import-resume", "import-encoding"):
            assert client.post(reverse(name, args=[run.pk])).status_code == status


def test_units_are_imported_only_by_those_who_may_change_units(as_user, upload):
    client = as_user("organiser1")
    rows = [["Tên đơn vị", "Mã đơn vị"], ["Chi bộ thôn 9", "CB19"]]
    assert 'value="units"' not in client.get(reverse("import-new")).content.decode()
    answer = client.post(reverse("import-new"), {"kind": "units", "unit": "X1", "file": upload(rows)})
    assert answer.status_code == 422
    assert not ImportRun.objects.exists()


def test_unit_outside_the_scope_cannot_be_chosen(as_user, upload):
    answer = as_user("organiser1").post(reverse("import-new"), {"kind": "members", "unit": "X2", "file": upload(ROWS)})
    assert answer.status_code == 422
    assert not ImportRun.objects.exists()


@pytest.mark.parametrize("name", ["import-list", "import-questions"])
def test_lists_ask_the_same_number_of_statements_for_one_row_and_for_three(
    cast, client, tmp_path, django_assert_max_num_queries, name
):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client.force_login(cast.officer, backend="quantriet.org.web.sign_in.AccountBackend")
    asked = []
    rows = [[f"ZZ{number}", "Đỗ Thị Ỷ", dt.date(1999, 9, 9), "CB12"] for number in range(3)]
    for number, row in enumerate(rows):
        lists.previewed(lists.workbook(tmp_path / f"{number}.xlsx", [HEADER, row]), cast.units["X1"], cast.officer)
        if number in (0, 2):
            client.get(reverse(name))
            with CaptureQueriesContext(
                connection,
            ) as seen:
                assert client.get(reverse(name)).status_code == 200
            asked.append(len(seen))
    assert asked[0] == asked[1]


def test_preview_asks_the_same_number_of_statements_for_one_row_and_for_three(cast, client, tmp_path):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client.force_login(cast.officer, backend="quantriet.org.web.sign_in.AccountBackend")
    asked = []
    for count in (1, 3):
        rows = [HEADER, *([f"ZZ{number}", "Đỗ Thị Ỷ", dt.date(1999, 9, 9), "CB12"] for number in range(count))]
        run = lists.previewed(lists.workbook(tmp_path / f"{count}.xlsx", rows), cast.units["X1"], cast.officer)
        client.get(reverse("import-run", args=[run.pk]))
        with CaptureQueriesContext(connection) as seen:
            assert client.get(reverse("import-run", args=[run.pk]), {"tab": "doubtful"}).status_code == 200
        asked.append(len(seen))
    assert asked[0] == asked[1]


def test_formulas_come_back_as_text(as_user, tmp_path):
    import xlsxwriter

    file = io.BytesIO()
    book = xlsxwriter.Workbook(file)
    page = book.add_worksheet()
    for place, said in enumerate(["Mã số", "Họ và tên", "Nghề nghiệp", "Mã chi bộ"]):
        page.write_string(0, place, said)
    for place, said in enumerate(["D1", "Vi Văn Công Thức", '=HYPERLINK("http://example.invalid","x")', "CB11"]):
        page.write_string(1, place, said)
    book.close()
    client = as_user("officer")
    client.post(
        reverse("import-new"), {"kind": "members", "unit": "X1", "file": SimpleUploadedFile("a.xlsx", file.getvalue())}
    )
    run = ImportRun.objects.get()
    client.post(reverse("import-preview", args=[run.pk]))
    run_jobs()
    content = b"".join(client.get(reverse("import-excel", args=[run.pk])).streaming_content)
    import zipfile

    sheet = zipfile.ZipFile(io.BytesIO(content)).read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet
    assert "<hyperlink" not in sheet
    assert lists.cells_of(content)[1][2].startswith("=HYPERLINK")


def test_an_import_given_up_before_its_preview_marks_none_as_done(as_user, upload):
    client = as_user("officer")
    states = []
    for preview in (False, True):
        client.post(reverse("import-new"), {"kind": "members", "unit": "X1", "file": upload(ROWS)})
        run = ImportRun.objects.latest("pk")
        if preview:
            client.post(reverse("import-preview", args=[run.pk]))
            run_jobs()
        client.post(reverse("import-cancel", args=[run.pk]))
        steps = client.get(reverse("import-run", args=[run.pk])).context["steps"]
        states.append([one["state"] for one in steps])
    assert states == [["done", "done", "todo", "current"], ["done", "done", "done", "current"]]


def test_units_missing_from_a_list_stand_under_one_head(as_user, upload):
    client = as_user("officer")
    rows = [["Mã đơn vị", "Tên đơn vị", "Loại đơn vị", "Mã đơn vị cấp trên"], ["CB11", "Chi bộ thôn 1", None, "X1"]]
    answer = client.post(reverse("import-new"), {"kind": "units", "unit": "T", "file": upload(rows)})
    assert answer.status_code == 303, answer.content.decode()
    run = ImportRun.objects.get()
    client.post(reverse("import-preview", args=[run.pk]))
    run_jobs()
    page = client.get(reverse("import-run", args=[run.pk]), {"tab": "missing"}).content.decode()
    head = re.search(r"<thead>.*?</thead>", page, re.S)[0]
    assert re.findall(r"<th[^>]*>([^<]*)</th>", head) == ["Đơn vị", "Mã"]
