import datetime as dt
import io
import re

import docx
import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from quantriet.audit.models import AuditEvent
from quantriet.kit import staging
from quantriet.kit.tests import office_files
from quantriet.kit.tests.test_documents import PAGE
from quantriet.kit.tests.test_encodings import to_tcvn3
from quantriet.kit.time import now
from quantriet.library import actions
from quantriet.library.models import DocumentRelation, GuidingDocument, KeyPoint
from quantriet.library.tests.factories import GUIDANCE, make_document
from quantriet.org.tests.factories import an_account
from quantriet.org.vocab import Role

pytestmark = pytest.mark.django_db

ENTRY = {
    "not_secret": "on",
    "reference_number": "26-HD/BTGTU",
    "issued_on": "12/10/2026",
    "issuing_body": "Ban Tuyên giáo Tỉnh ủy",
    "level": "province",
    "subject": "Hướng dẫn thực hiện Chỉ thị 08-CT/TU",
}


def word_file(*lines: str, header: str = "") -> SimpleUploadedFile:
    paper = docx.Document()
    for line in lines:
        paper.add_paragraph(line)
    if header:
        paper.sections[0].header.paragraphs[0].text = header
    content = io.BytesIO()
    paper.save(content)
    return SimpleUploadedFile("huong-dan.docx", content.getvalue())


def word_files(folder) -> set:
    return {path for path in folder.rglob("*") if path.is_file() and b"word/document.xml" in path.read_bytes()}


def test_register_by_pasting(as_user, cast):
    client = as_user("officer")
    response = client.post(reverse("document-new"), ENTRY | {"unit": cast.units["T"].pk, "body": GUIDANCE})
    document = GuidingDocument.objects.get()
    assert response.status_code == 303
    assert response.url == reverse("document", args=[document.pk])
    page = client.get(response.url).content.decode()
    assert "ý thứ 2, mục 2" in page
    assert "dấu cộng" not in page


def test_text_is_read_before_the_fields_that_it_fills(as_user):
    page = as_user("officer").get(reverse("document-new")).content.decode()
    assert page.index('name="file"') < page.index('name="body"') < page.index('name="read"')
    assert page.index('name="read"') < page.index('name="reference_number"')


def test_long_text_lies_closed_part_by_part(as_user, cast):
    client = as_user("officer")
    long = "\n".join(f"{number}. Nhiệm vụ {number}\n- Việc một.\n- Việc hai." for number in range(1, 9))
    for number, (body, opened) in enumerate([(GUIDANCE, True), (long, False)]):
        entry = ENTRY | {"unit": cast.units["T"].pk, "body": body, "reference_number": f"{number + 40}-HD/BTGTU"}
        page = client.get(client.post(reverse("document-new"), entry).url).content.decode()
        assert ('<div class="clause-group">' in page) is opened
        assert ('<details class="clause-group">' in page) is not opened


def test_clauses_begin_as_the_paper_writes_them(as_user, cast):
    body = "Chương I. Chung\nĐiều 1. Phạm vi\n1. Khoản một\na) Điểm a\n- Ý một\nĐiều 2. Khác"
    as_user("officer").post(reverse("document-new"), ENTRY | {"unit": cast.units["T"].pk, "body": body})
    written = [one.written for one in GuidingDocument.objects.get().clauses.all()]
    assert written == ["Chương I.", "Điều 1.", "1.", "a)", "-", "Điều 2."]


def test_word_file_is_read_then_registered_with_the_file_kept(as_user, cast):
    client = as_user("officer")
    upload = word_file(
        "Số 26-HD/BTGTU",
        "Tân Lĩnh, ngày 12 tháng 10 năm 2026",
        "HƯỚNG DẪN",
        "về học tập nghị quyết",
        "-----",
        *GUIDANCE.split("\n"),
    )
    page = client.post(
        reverse("document-new"), {"not_secret": "on", "read": "1", "file": upload, "unit": cast.units["T"].pk}
    )
    text = page.content.decode()
    assert page.status_code == 200
    assert 'value="26-HD/BTGTU"' in text
    assert 'value="12/10/2026"' in text
    assert "về học tập nghị quyết" in text
    assert not GuidingDocument.objects.exists()
    form = page.context["form"]
    values = {name: form[name].value() or "" for name in form.fields if name != "file"}
    client.post(reverse("document-new"), values | {"not_secret": "on"})
    document = GuidingDocument.objects.get()
    assert document.clauses.count() == 6
    kept = client.get(reverse("document-file", args=[document.pk]))
    assert "attachment" in kept["Content-Disposition"]
    assert docx.Document(io.BytesIO(b"".join(kept.streaming_content))).paragraphs[0].text == "Số 26-HD/BTGTU"


@pytest.mark.req("P-05", "B-18")
@pytest.mark.parametrize(
    "upload", [word_file("MẬT", "1. Nội dung"), word_file("1. Nội dung", header="TỐI MẬT")], ids=["body", "header"]
)
def test_marked_file_is_refused_with_the_law_and_leaves_nothing(as_user, cast, upload, settings):
    upload.seek(0)
    before = word_files(settings.DATA_DIR)
    response = as_user("officer").post(reverse("document-new"), ENTRY | {"unit": cast.units["T"].pk, "file": upload})
    assert response.status_code == 422
    assert "117/2025/QH15" in response.content.decode()
    assert not GuidingDocument.objects.exists()
    assert word_files(settings.DATA_DIR) == before
    assert AuditEvent.objects.get(verb="document.refused").after == {"where": "đăng ký văn bản"}


@pytest.mark.req("P-05")
def test_file_is_not_looked_at_before_the_grade_is_answered(as_user, cast):
    entry = {name: value for name, value in ENTRY.items() if name != "not_secret"}
    response = as_user("officer").post(
        reverse("document-new"), entry | {"unit": cast.units["T"].pk, "file": word_file("MẬT")}
    )
    assert response.status_code == 422
    assert not AuditEvent.objects.filter(verb="document.refused").exists()


@pytest.mark.parametrize(
    "upload",
    [
        SimpleUploadedFile("a.docx", b"not a zip"),
        SimpleUploadedFile("a.pdf", b"%PDF-1.4 broken"),
        SimpleUploadedFile("a.exe", b"MZ"),
        SimpleUploadedFile("a.docx", b""),
    ],
    ids=["docx", "pdf", "exe", "empty"],
)
def test_broken_file_is_refused_beside_the_field(as_user, cast, upload):
    upload.seek(0)
    response = as_user("officer").post(reverse("document-new"), ENTRY | {"unit": cast.units["T"].pk, "file": upload})
    assert response.status_code == 422
    assert response.context["form"].errors["file"]
    assert not GuidingDocument.objects.exists()


def test_forged_token_of_a_kept_file_is_ignored(as_user, cast):
    as_user("officer").post(reverse("document-new"), ENTRY | {"unit": cast.units["T"].pk, "staged": "secret-key:xyz"})
    assert not GuidingDocument.objects.get().file


def test_points_and_relations_by_hand(as_user, cast):
    client, document, other = as_user("officer"), make_document(cast), make_document(cast, number="08-CT/TU")
    clause = document.clauses.get(number="2.-2")
    client.post(
        reverse("point-new", args=[document.pk]),
        {"kind": "new", "theme": "learners", "clause": clause.pk, "body": "Quá 40% thì học lại"},
    )
    point = KeyPoint.objects.get()
    client.post(
        reverse("point-edit", args=[document.pk, point.pk]),
        {"kind": "key", "theme": "learners", "clause": clause.pk, "body": "Sửa"},
    )
    assert KeyPoint.objects.get().text == "Sửa"
    client.post(reverse("point-remove", args=[document.pk, point.pk]))
    assert not KeyPoint.objects.exists()
    client.post(reverse("relation-new", args=[document.pk]), {"kind": "guides", "target": other.pk})
    relation = DocumentRelation.objects.get()
    assert "08-CT/TU" in client.get(reverse("document", args=[document.pk])).content.decode()
    client.post(reverse("relation-remove", args=[document.pk, relation.pk]))
    assert not DocumentRelation.objects.exists()


@pytest.mark.parametrize(
    "username, unit, seen",
    [
        ("officer", "X1", True),  # below one's own
        ("organiser1", "T", True),  # above
        ("organiser1", "X1", True),  # own
        ("organiser1", "X2", False),  # sibling
        ("secretary11", "X1", True),
        ("editor", "X2", True),
    ],
)
def test_who_sees_a_document(as_user, cast, username, unit, seen):
    document = make_document(cast, unit=unit)
    response = as_user(username).get(reverse("document", args=[document.pk]))
    assert response.status_code == (200 if seen else 404)


def test_reader_may_not_write(as_user, cast):
    document = make_document(cast)
    client = as_user("organiser1")
    assert client.get(reverse("document-edit", args=[document.pk])).status_code == 403
    assert client.get(reverse("document-new")).status_code == 403
    assert (
        reverse("document-edit", args=[document.pk])
        not in client.get(reverse("document", args=[document.pk])).content.decode()
    )


@pytest.mark.req("P-09")
def test_list_goes_out_to_excel(as_user, cast):
    make_document(cast, subject="=1+1 không phải công thức")
    response = as_user("officer").get(reverse("document-list"), {"format": "xlsx"})
    sheet = openpyxl.load_workbook(io.BytesIO(b"".join(response.streaming_content))).active
    cells = [cell for row in sheet.iter_rows(values_only=True) for cell in row]
    assert "26-HD/BTGTU" in cells
    assert "=1+1 không phải công thức" in cells


def test_list_filters_can_be_removed(as_user, cast):
    make_document(cast)
    make_document(cast, number="08-CT/TU", subject="Đổi mới")
    page = as_user("officer").get(reverse("document-list"), {"type": "CT", "q": "doi moi"})
    numbers = re.findall(r'<a href="/desk/documents/\d+/">([^<]+)', page.content.decode())
    assert numbers == ["08-CT/TU"]
    assert len(page.context["documents"].chips) == 2


@pytest.mark.parametrize("name", ["document-list", "document"])
def test_queries_do_not_grow_with_rows(as_user, cast, django_assert_max_num_queries, name):
    client = as_user("officer")
    first = make_document(cast)
    address = reverse(name, args=[first.pk] if name == "document" else [])
    client.get(address)
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as one:
        client.get(address)
    make_document(cast, number="08-CT/TU")
    make_document(cast, number="09-CT/TU", paragraphs=[f"{number}. Mục" for number in range(1, 30)])
    with CaptureQueriesContext(connection) as three:
        client.get(address)
    assert len(three) <= len(one)


def test_other_document_is_found_by_words_and_only_what_may_be_said_is_offered(cast, client):
    above = make_document(cast, subject="Nghị quyết về chuyển đổi số")
    own = make_document(cast, number="05-HD/BTGTU", unit="X1")
    for number in range(30):
        make_document(cast, number=f"{number + 30}-HD/BTGTU", subject="Văn bản khác")
    client.force_login(
        an_account("bientap.x1", Role.EDITOR, cast.units["X1"]), backend="quantriet.org.web.sign_in.AccountBackend"
    )
    address = reverse("relation-new", args=[own.pk])
    assert len(client.get(address).context["candidates"]) == 20
    assert client.get(address).context["more"]
    assert client.get(address, {"q": "chuyen doi"}).context["candidates"] == [above]
    shown = client.get(address, {"target": above.pk}).content.decode()
    assert 'value="guides"' in shown
    assert 'value="replaces"' not in shown
    refused = client.post(address, {"kind": "replaces", "target": above.pk})
    assert refused.status_code == 422
    assert "chỉ người được sửa văn bản ở đó" in refused.content.decode()
    assert not DocumentRelation.objects.exists()
    above.refresh_from_db()
    assert above.status == "in_force"
    assert client.post(address, {"kind": "guides", "target": above.pk}).status_code == 303
    assert client.get(address, {"target": "²"}).status_code == 200
    assert client.get(address, {"target": "9" * 5000}).status_code == 200


OLD_FONT = [
    "Số: 26-HD/BTGTU",
    "1. Về vai trò, trách nhiệm của cấp ủy, tổ chức đảng và người đứng đầu",
    "2. Về quản lý lớp học, lập danh sách và theo dõi danh sách đảng viên tham gia học tập nghị quyết",
    "3. Các cấp ủy đảng chỉ đạo nghiêm túc việc học tập, quán triệt nghị quyết của Đảng; đội ngũ người cư trú, sư phạm",
]


def values_of(response) -> dict[str, str]:
    """What the shown form would send again."""
    form = response.context["form"]
    values = {name: form[name].value() or "" for name in form.fields if name not in ("file", "scanned_seen")}
    return {name: value.pk if hasattr(value, "pk") else value for name, value in values.items()} | {"not_secret": "on"}


@pytest.mark.parametrize("way", ["file", "pasted"])
def test_text_of_an_old_font_is_registered_only_after_it_was_shown_converted(as_user, cast, way):
    client, address = as_user("officer"), reverse("document-new")
    old = [to_tcvn3(line) for line in OLD_FONT]
    sent = {"file": word_file(*old)} if way == "file" else {"body": "\n".join(old)}
    asked = client.post(address, ENTRY | {"unit": cast.units["T"].pk} | sent)
    shown = asked.content.decode()
    assert asked.status_code == 200
    assert "Chuyển sang Unicode" in shown
    assert any("cấp ủy" in after for _, after in asked.context["pairs"])
    assert not GuidingDocument.objects.exists()
    choice = asked.context["encoding"].choice
    read = client.post(address, values_of(asked) | {"answer": choice})
    assert "\u00ad" not in read.context["form"]["body"].value()
    registered = client.post(address, values_of(read))
    assert registered.status_code == 303
    document = GuidingDocument.objects.get()
    assert document.text.split("\n") == OLD_FONT
    assert bool(document.file) == (way == "file")


def test_text_of_an_old_font_may_be_left_as_it_is(as_user, cast):
    client, address = as_user("officer"), reverse("document-new")
    upload = word_file(*(to_tcvn3(line) for line in OLD_FONT))
    asked = client.post(address, ENTRY | {"unit": cast.units["T"].pk, "file": upload, "read": "1"})
    read = client.post(address, values_of(asked) | {"answer": "none"})
    assert client.post(address, values_of(read)).status_code == 303
    assert GuidingDocument.objects.get().text.startswith("Sè: 26-HD/BTGTU")


@pytest.mark.req("P-05", "B-18")
def test_mark_in_the_letters_of_an_old_font_is_refused_and_nothing_kept(as_user, cast, settings):
    before = word_files(settings.DATA_DIR)
    upload = word_file(*(to_tcvn3(line) for line in ["Độ mật: Tối mật", *OLD_FONT]))
    response = as_user("officer").post(reverse("document-new"), ENTRY | {"unit": cast.units["T"].pk, "file": upload})
    assert response.status_code == 422
    assert "117/2025/QH15" in response.content.decode()
    assert word_files(settings.DATA_DIR) == before


@pytest.mark.req("P-05")
def test_scanned_pages_are_told_and_looked_at_before_registering(as_user, cast, tmp_path):
    client, address = as_user("officer"), reverse("document-new")
    path = office_files.pdf(tmp_path / "b.pdf", PAGE + "1. Trang một có chữ.\n#pagebreak()\n#rect(width: 100pt)")
    upload = SimpleUploadedFile("b.pdf", path.read_bytes())
    told = client.post(address, ENTRY | {"unit": cast.units["T"].pk, "file": upload})
    assert told.status_code == 422
    assert "Trang 2 là ảnh chụp" in told.content.decode()
    assert told.context["form"].errors["scanned_seen"]
    assert not GuidingDocument.objects.exists()
    again = values_of(told) | {"body": "1. Trang một có chữ."}
    assert client.post(address, again).status_code == 422
    assert client.post(address, again | {"scanned_seen": "on"}).status_code == 303
    assert GuidingDocument.objects.get().file


def test_files_whose_form_never_came_are_swept(as_user, cast, settings):
    address = reverse("document-new")
    read = as_user("officer").post(address, {"not_secret": "on", "read": "1", "file": word_file("1. Một", "2. Hai")})
    kept = word_files(settings.DATA_DIR)
    assert actions.sweep_staged(at=now() + dt.timedelta(hours=5)) == 0
    assert word_files(settings.DATA_DIR) == kept
    assert actions.sweep_staged(at=now() + dt.timedelta(hours=7)) >= 1
    assert not [path for path in word_files(settings.DATA_DIR) if path.parent.name == staging.FOLDER]
    # The form that comes after all is registered with its text, without the file.
    done = as_user("officer").post(address, values_of(read) | ENTRY | {"unit": cast.units["T"].pk})
    assert done.status_code == 303
    assert not GuidingDocument.objects.get().file
