"""The workshop: composing once for all audiences, approval by a second person, publication at its hour."""

import datetime as dt
import io
import re

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from PIL import Image

from quantriet.audit.models import AuditEvent
from quantriet.kit.refusal import Refusal, Refusals
from quantriet.kit.time import now
from quantriet.library import actions
from quantriet.library.actions import masters
from quantriet.library.actions.masters import PartText
from quantriet.library.models import DocumentRelation, GuidingDocument, MasterVersion, StudyMaster
from quantriet.library.queries import masters as queries
from quantriet.library.rules.compare import compare
from quantriet.library.tests.factories import make_document
from quantriet.library.vocab import Audience, ContentTier, MasterState, PartKind, PointKind, PointTheme, RelationKind
from tests.machine import machine

pytestmark = pytest.mark.django_db
EVERYBODY = tuple(Audience)


@pytest.fixture
def document(cast):
    made = make_document(cast)
    for number, kind, words in (
        ("1", PointKind.KEY, "Bí thư trực tiếp lãnh đạo."),
        ("2", PointKind.NEW, "Vắng quá 40% thì học lại."),
    ):
        actions.add_point(
            made,
            by=cast.officer,
            at=now(),
            kind=kind,
            theme=PointTheme.LEARNERS,
            body=words,
            clause=made.clauses.get(number=number),
        )
    return made


@pytest.fixture
def master(cast, document):
    return masters.compose_master(document, by=cast.accounts["editor"], at=now())


def approve(cast, master, *, at=None):
    at = at or now()
    master.refresh_from_db()
    masters.submit_master(master, revision=master.revision, by=cast.accounts["editor"], at=at)
    return masters.approve_master(master, revision=master.revision, by=cast.officer, at=at)


def publish(cast, master, *, at=None):
    version = approve(cast, master, at=at)
    masters.publish_master(master, by=cast.officer, at=at or now())
    version.refresh_from_db()
    return version


def photo(*, size=(40, 20), kind="JPEG", exif=False) -> bytes:
    image, out = Image.new("RGB", size, "red"), io.BytesIO()
    given = {}
    if exif:
        data = Image.Exif()
        data[0x0112], data[0x010F] = 6, "MayAnhBiMat"
        given["exif"] = data
    image.save(out, kind, **given)
    return out.getvalue()


@pytest.mark.req("R-024", "R-117")
def test_first_draft_is_made_of_the_marked_points_with_their_clauses(cast, master):
    assert [(one.kind, one.text, one.cites) for one in queries.draft_parts(master)] == [
        (PartKind.CORE, "Bí thư trực tiếp lãnh đạo.", "mục 1 Hướng dẫn 26-HD/BTGTU"),
        (PartKind.NEW, "Vắng quá 40% thì học lại.", "mục 2 Hướng dẫn 26-HD/BTGTU"),
    ]
    assert Audience.RURAL in queries.draft_parts(master)[0].audiences
    assert AuditEvent.objects.get(verb="master.composed").after["parts"] == 2
    assert masters.take_points(master, by=cast.officer, at=now()) == 0
    with pytest.raises(Refusal) as refusal:
        masters.compose_master(master.document, by=cast.officer, at=now())
    assert refusal.value.code == "master.begun_already"


@pytest.mark.req("R-046", "R-047", "R-048", "R-050", "R-117")
def test_each_audience_is_given_its_own_parts(cast, master):
    clause = master.document.clauses.get(number="2.-2")
    for said in (
        PartText(PartKind.MEANING, (Audience.RURAL,), text="Đi họp chi bộ đủ buổi."),
        PartText(PartKind.MEANING, (Audience.OFFICIALS,), text="Viết thu hoạch gắn với chức trách."),
        PartText(PartKind.QUESTION, (Audience.PUBLIC,), "Ai phải học?", "Mọi đảng viên."),
        PartText(
            PartKind.FIGURE,
            (Audience.KEY_CADRE,),
            "Vắng tối đa",
            value=masters.parse_value("1.234,50"),
            measure="%",
            clause=clause,
        ),
    ):
        masters.add_part(master, said, by=cast.officer, at=now())
    version = publish(cast, master)
    told = {who: [one.text or one.figure for one in queries.parts_for(version, who)] for who in Audience}
    assert "Đi họp chi bộ đủ buổi." in told[Audience.RURAL]
    assert "Đi họp chi bộ đủ buổi." not in told[Audience.OFFICIALS]
    assert told[Audience.PUBLIC] == ["Mọi đảng viên."]
    assert told[Audience.KEY_CADRE][-1] == "1.234,5%"
    assert {who.tier for who in Audience} == set(ContentTier)


@pytest.mark.parametrize(
    ("said", "field"),
    [
        (PartText(PartKind.CORE, EVERYBODY, text="Không có mục"), "clause"),
        (PartText(PartKind.NEW, EVERYBODY, text=" "), "text"),
        (PartText(PartKind.QUESTION, EVERYBODY, title="Hỏi?"), "text"),
        (PartText(PartKind.MEANING, (), text="Ai?"), "audiences"),
        (PartText(PartKind.EXPLANATION, EVERYBODY, "Có ý kiến", "Văn bản nói"), "source"),
        (PartText(PartKind.MEANING, EVERYBODY, text="a" * 20_001), "text"),
    ],
    ids=["no clause", "no text", "no answer", "no audience", "no source", "too long"],
)
def test_incomplete_part_refused_beside_its_field(cast, master, said, field):
    with pytest.raises(Refusal) as refusal:
        masters.add_part(master, said, by=cast.officer, at=now())
    found = getattr(refusal.value, "several", [refusal.value])
    assert field in [one.field for one in found]
    assert master.parts.count() == 2


def test_clause_of_an_unrelated_document_refused(cast, master):
    other = make_document(cast, number="27-HD/BTGTU")
    with pytest.raises(Refusal) as refusal:
        masters.add_part(
            master,
            PartText(PartKind.CORE, EVERYBODY, text="Sai", clause=other.clauses.first()),
            by=cast.officer,
            at=now(),
        )
    assert refusal.value.code == "part.foreign_clause"


@pytest.mark.parametrize("typed", ["abc", "1,2,3", "9" * 17, "NaN", "1e9x"])
def test_number_that_is_none_refused(typed):
    with pytest.raises(Refusal):
        masters.parse_value(typed)


@pytest.mark.req("P-05", "B-18")
@pytest.mark.parametrize("field", ["title", "text", "source"])
def test_marked_content_refused_in_each_field_and_logged(as_user, cast, master, field):
    entry = {"title": "Ý kiến", "text": "Văn bản nói rõ", "source": "mục 1", "audiences": ["public"]} | {
        field: "TỐI MẬT"
    }
    answer = as_user("editor").post(reverse("master-part-new", args=[master.pk]) + "?kind=explanation", entry)
    assert answer.status_code == 422
    assert "117/2025/QH15" in answer.content.decode()
    assert master.parts.count() == 2
    assert AuditEvent.objects.get(verb="document.refused").after == {"where": "bản biên soạn"}
    with pytest.raises(Refusal):
        masters.rename_master(master, title="TUYỆT MẬT", revision=master.revision, by=cast.officer, at=now())


@pytest.mark.req("R-153")
def test_explanation_of_a_disputed_point_carries_its_source(cast, master):
    masters.add_part(
        master,
        PartText(PartKind.EXPLANATION, EVERYBODY, "Có ý kiến cho rằng…", "Văn bản nêu rõ…", source="mục 2, trang 3"),
        by=cast.officer,
        at=now(),
    )
    [told] = [one for one in queries.parts_for(publish(cast, master)) if one.kind == PartKind.EXPLANATION]
    assert (told.title, told.source) == ("Có ý kiến cho rằng…", "mục 2, trang 3")


def test_markup_and_script_stay_text(as_user, cast, master):
    masters.add_part(
        master,
        PartText(PartKind.QUESTION, EVERYBODY, "<script>alert(1)</script>", "<b>đậm</b>"),
        by=cast.officer,
        at=now(),
    )
    version = publish(cast, master)
    client = as_user("editor")
    for address in ("master", "master-preview", "master-compare"):
        shown = client.get(reverse(address, args=[master.pk])).content.decode()
        assert "<script>alert" not in shown
    shown = client.get(reverse("document-master", args=[master.document_id]) + "?tier=public").content.decode()
    assert "&lt;script&gt;alert(1)" in shown
    assert version.content["parts"][-1]["text"] == "<b>đậm</b>"


@pytest.mark.req("R-118")
def test_whoever_submitted_does_not_approve(cast, master):
    editor = cast.accounts["editor"]
    masters.submit_master(master, revision=master.revision, by=editor, at=now())
    with pytest.raises(Refusal) as refusal:
        masters.approve_master(master, revision=master.revision, by=editor, at=now())
    assert refusal.value.code == "master.own_submission"
    assert "người thứ hai" in refusal.value.sentence
    with pytest.raises(Refusal) as locked:
        masters.add_part(master, PartText(PartKind.MEANING, EVERYBODY, text="Muộn"), by=editor, at=now())
    assert locked.value.code == "master.not_draft"
    masters.return_master(master, remark="Thêm ví dụ.", by=cast.officer, at=now())
    assert (master.state, master.remark) == (MasterState.DRAFT, "Thêm ví dụ.")
    assert not MasterVersion.objects.exists()


def test_nothing_uncited_is_submitted(cast, document):
    actions.add_point(
        document, by=cast.officer, at=now(), kind=PointKind.KEY, theme=PointTheme.OTHER, body="Cả văn bản", clause=None
    )
    master = masters.compose_master(document, by=cast.officer, at=now())
    with pytest.raises(Refusals) as refusal:
        masters.submit_master(master, revision=master.revision, by=cast.officer, at=now())
    assert "Phần 3" in refusal.value.sentence
    master.parts.all().delete()
    with pytest.raises(Refusals):
        masters.submit_master(master, revision=master.revision, by=cast.officer, at=now())


def test_two_editors_at_once_lose_nothing(as_user, cast, master):
    part = master.parts.first()
    client, address = as_user("editor"), reverse("master-part", args=[master.pk, part.pk])
    form = {"text": "Lời của biên tập", "clause": part.clause_id, "audiences": ["rural"], "revision": part.revision}
    masters.change_part(
        part,
        PartText(PartKind.CORE, EVERYBODY, text="Lời của cán bộ", clause=part.clause),
        revision=1,
        by=cast.officer,
        at=now(),
    )
    told = client.post(address, form)
    shown = told.content.decode()
    assert told.status_code == 422
    assert "Lời của cán bộ" in shown
    assert told.context["form"]["text"].value() == "Lời của biên tập"
    part.refresh_from_db()
    assert part.text == "Lời của cán bộ"
    again = form | {"revision": told.context["form"]["revision"].value()}
    assert client.post(address, again).status_code == 303
    part.refresh_from_db()
    assert part.text == "Lời của biên tập"


def test_a_step_is_refused_when_the_text_changed_since_the_page(cast, master):
    seen = master.revision
    masters.add_part(master, PartText(PartKind.MEANING, EVERYBODY, text="Mới thêm"), by=cast.officer, at=now())
    with pytest.raises(Refusal) as refusal:
        masters.submit_master(master, revision=seen, by=cast.officer, at=now())
    assert refusal.value.code == "master.changed_by_other"


def test_parts_change_places_and_stay_at_the_ends(cast, master):
    first, second = master.parts.all()
    assert masters.move_part(second, down=False, by=cast.officer, at=now())
    assert [one.pk for one in master.parts.all()] == [second.pk, first.pk]
    second.refresh_from_db()
    assert not masters.move_part(second, down=False, by=cast.officer, at=now())
    masters.remove_part(second, by=cast.officer, at=now())
    assert AuditEvent.objects.get(verb="master.part_removed").before["text"] == "Vắng quá 40% thì học lại."


def test_published_version_does_not_change_with_the_draft(cast, master):
    version = publish(cast, master)
    before = version.content
    masters.reopen_master(master, by=cast.officer, at=now())
    masters.remove_part(master.parts.first(), by=cast.officer, at=now())
    version.refresh_from_db()
    assert version.content == before
    assert queries.published_master(master.document, now()) == version
    second = publish(cast, master)
    assert queries.published_master(master.document, now()) == second
    assert second.number == 2
    masters.withdraw_master(master, reason="Sai số liệu", by=cast.officer, at=now())
    assert queries.published_master(master.document, now()) is None
    with pytest.raises(Refusal) as refusal:
        masters.withdraw_master(master, reason="Lần nữa", by=cast.officer, at=now())
    assert refusal.value.code == "master.not_published"


def test_publication_missed_while_the_server_was_down_is_made_up_for_once(cast, master):
    approve(cast, master)
    hour = now() + dt.timedelta(hours=2)
    with pytest.raises(Refusal):
        masters.publish_master(master, by=cast.officer, at=now(), when=now() - dt.timedelta(minutes=1))
    masters.publish_master(master, by=cast.officer, at=now(), when=hour)
    assert masters.publish_due_masters(at=hour - dt.timedelta(minutes=1)) == 0
    later = hour + dt.timedelta(days=3)
    assert masters.publish_due_masters(at=later) == 1
    assert masters.publish_due_masters(at=later) == 0
    assert queries.published_master(master.document, later).published_at == later
    assert AuditEvent.objects.filter(verb="master.published").count() == 1


def test_published_hour_is_dropped_when_sent_back(cast, master):
    approve(cast, master)
    masters.publish_master(master, by=cast.officer, at=now(), when=now() + dt.timedelta(hours=1))
    masters.return_master(master, remark="Khoan đã", by=cast.officer, at=now())
    assert masters.publish_due_masters(at=now() + dt.timedelta(days=1)) == 0


def test_parts_keep_their_clause_when_the_text_is_split_again(cast, master):
    actions.outline_document(master.document, by=cast.officer, at=now(), body="1. Về vai trò, trách nhiệm\n3. Khác")
    assert [one.clause and one.clause.number for one in master.parts.all()] == ["1", None]


def test_difference_tells_what_came_went_changed_and_moved():
    def part(key, text):
        return {"id": key, "kind": "core", "title": "", "text": text, "audiences": []}

    old = [part(1, "một hai ba"), part(2, "giữ"), part(3, "bỏ đi"), part(4, "cuối")]
    new = [part(4, "cuối"), part(1, "một bốn ba"), part(2, "giữ"), part(5, "thêm")]
    told = compare(old, new)
    assert [(one.fate, one.moved) for one in told] == [
        ("moved", True), ("changed", False), ("same", False), ("removed", False), ("added", False)
    ]  # fmt: skip
    assert [(piece.op, piece.text) for piece in told[1].fields[0].pieces] == [
        ("same", "một "), ("del", "hai"), ("ins", "bốn"), ("same", " ba")
    ]  # fmt: skip


def test_difference_page_says_it_in_words_too(as_user, cast, master):
    publish(cast, master)
    masters.reopen_master(master, by=cast.officer, at=now())
    part = master.parts.first()
    masters.change_part(
        part,
        PartText(PartKind.CORE, EVERYBODY, text="Bí thư trực tiếp chỉ đạo.", clause=part.clause),
        revision=1,
        by=cast.officer,
        at=now(),
    )
    shown = as_user("editor").get(reverse("master-compare", args=[master.pk])).content.decode()
    assert "<ins>" in shown
    assert "<del>" in shown
    assert "[bỏ: " in shown


# --- pictures ---------------------------------------------------------------------------------------------------------


def test_picture_is_made_anew_upright_small_and_without_hidden_data(cast, master):
    image = masters.add_image(
        master,
        content=photo(size=(3200, 1600), exif=True),
        name="hội trường.JPG",
        alt="Hội trường",
        by=cast.officer,
        at=now(),
    )
    assert (image.width, image.height) == (800, 1600)
    with image.file.open("rb") as kept:
        content = kept.read()
    assert b"MayAnhBiMat" not in content
    assert not Image.open(io.BytesIO(content)).getexif()


@pytest.mark.parametrize(
    ("content", "name", "alt", "code"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>", "a.svg", "Ảnh", "picture.drawing"),
        (b"<svg><script>1</script></svg>", "a.png", "Ảnh", "picture.unreadable"),
        (b"MZ", "a.exe", "Ảnh", "picture.ending"),
        ("png", "a.jpg", "Ảnh", "picture.ending"),
        ("jpeg", "a.jpg", " ", "image.alt_missing"),
        ("jpeg", "a.jpg", "MẬT", "secret.marked"),
        ("jpeg", "TỐI MẬT.jpg", "Ảnh", "secret.marked"),
    ],
)
def test_what_is_no_photo_or_says_nothing_is_refused(cast, master, content, name, alt, code):
    if isinstance(content, str):
        content = photo(kind=content.upper())
    with pytest.raises(Refusal) as refusal:
        masters.add_image(master, content=content, name=name, alt=alt, by=cast.officer, at=now())
    assert refusal.value.code == code
    assert not master.images.exists()


def test_picture_comes_and_goes_by_the_pages(as_user, cast, master):
    client = as_user("editor")
    entry = {"file": SimpleUploadedFile("a.png", photo(kind="PNG")), "alt": "Một bức ảnh"}
    assert client.post(reverse("master-image-new", args=[master.pk]), entry).status_code == 303
    image = master.images.get()
    served = client.get(reverse("master-image", args=[master.pk, image.pk]))
    assert served["Content-Type"] == "image/jpeg"
    assert client.post(reverse("master-image-remove", args=[master.pk, image.pk])).status_code == 303
    assert not master.images.exists()


# --- companions and adapted documents ---------------------------------------------------------------------------------


@pytest.mark.req("R-025", "R-026")
def test_adapted_document_is_registered_with_its_source_and_takes_over_parts(as_user, cast, master):
    version = publish(cast, master)
    source, client = master.document, as_user("officer")
    page = client.get(reverse("document-new") + f"?adapts={source.pk}").content.decode()
    assert "26-HD/BTGTU" in page
    entry = {
        "not_secret": "on", "reference_number": "12-KH/ĐU", "issued_on": "20/10/2026", "issuing_body": "Đảng ủy xã", "level": "commune",
        "subject": "Kế hoạch cụ thể hóa", "unit": cast.units["X1"].pk, "body": "1. Việc của xã", "adapts": source.pk,
    }  # fmt: skip
    assert client.post(reverse("document-new"), entry).status_code == 303
    adapted = GuidingDocument.objects.get(reference_number="12-KH/ĐU")
    assert DocumentRelation.objects.get(source=adapted).kind == RelationKind.ADAPTS
    assert "12-KH/ĐU" in client.get(reverse("document", args=[source.pk])).content.decode()
    assert client.post(reverse("master-new", args=[adapted.pk])).status_code == 303
    own = StudyMaster.objects.get(document=adapted)
    [part, *_rest] = queries.parts_for(version)
    taken = client.post(reverse("master-take-over", args=[own.pk]), {"parts": [f"{version.pk}-{part.id}"]})
    assert taken.status_code == 303
    assert [one.cites for one in queries.draft_parts(own)] == ["mục 1 Hướng dẫn 26-HD/BTGTU"]
    unrelated = masters.compose_master(make_document(cast, number="28-HD/BTGTU"), by=cast.officer, at=now())
    with pytest.raises(Refusal) as refusal:
        masters.take_over_parts(unrelated, version, [part.id], by=cast.officer, at=now())
    assert refusal.value.code == "master.no_source"


# --- pages ------------------------------------------------------------------------------------------------------------


def test_whole_way_by_the_pages(as_user, cast, document):
    assert as_user("editor").post(reverse("master-new", args=[document.pk])).status_code == 303
    master = StudyMaster.objects.get()
    keys = [master.pk]
    entry = {"title": "Ai phải học?", "text": "Mọi đảng viên.", "audiences": ["public", "rural"]}
    assert as_user("editor").post(reverse("master-part-new", args=keys) + "?kind=question", entry).status_code == 303
    form = as_user("editor").get(reverse("master-submit", args=keys)).context["form"]
    assert (
        as_user("editor").post(reverse("master-submit", args=keys), {"revision": form["revision"].value()}).status_code
        == 303
    )
    assert "người duyệt phải là người thứ hai" in as_user("editor").get(reverse("master", args=keys)).content.decode()
    seen = as_user("officer").get(reverse("master-decide", args=keys))
    assert "Mọi đảng viên." in seen.content.decode()
    assert (
        as_user("editor")
        .post(reverse("master-decide", args=keys), {"revision": seen.context["form"]["revision"].value()})
        .status_code
        == 422
    )
    assert (
        as_user("officer")
        .post(reverse("master-decide", args=keys), {"revision": seen.context["form"]["revision"].value()})
        .status_code
        == 303
    )
    assert (
        as_user("officer").post(reverse("master-publish", args=keys), {"how": "later", "on": "01/01/2020"}).status_code
        == 422
    )
    assert as_user("officer").post(reverse("master-publish", args=keys), {"how": "now"}).status_code == 303
    below = as_user("organiser1").get(reverse("document-master", args=[document.pk]) + "?tier=public").content.decode()
    assert "Mọi đảng viên." in below
    assert as_user("officer").post(reverse("master-withdraw", args=keys), {"remark": "Nhầm"}).status_code == 303
    assert as_user("officer").post(reverse("master-reopen", args=keys)).status_code == 303
    for address in (
        "master-preview",
        "master-versions",
        "master-compare",
        "master-title",
        "master-questions",
        "master-take-over",
    ):
        assert as_user("officer").get(reverse(address, args=keys)).status_code == 200


@pytest.mark.req("R-118")
def test_strangers_find_nothing_and_readers_change_nothing(as_user, cast, master):
    assert as_user("organiser1").get(reverse("master", args=[master.pk])).status_code == 404
    assert as_user("leader").get(reverse("master", args=[master.pk])).status_code == 200
    assert as_user("leader").post(reverse("master-part-new", args=[master.pk])).status_code == 403


def excel(*rows) -> SimpleUploadedFile:
    book, out = openpyxl.Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(out)
    return SimpleUploadedFile("hoi-dap.xlsx", out.getvalue())


def test_questions_come_from_excel_all_or_none(as_user, cast, master):
    client, address = as_user("editor"), reverse("master-questions", args=[master.pk])
    good = [
        ("TT", "Câu hỏi", "Trả lời", "Mục"),
        (1, "Ai học?", "Mọi đảng viên.", "mục 2"),
        (2, "Bao lâu?", "45 ngày.", ""),
    ]
    assert client.post(address, {"file": excel(*good), "audiences": ["public"]}).status_code == 303
    told = [one for one in queries.draft_parts(master) if one.kind == PartKind.QUESTION]
    assert [(one.title, one.cites) for one in told] == [("Ai học?", "mục 2 Hướng dẫn 26-HD/BTGTU"), ("Bao lâu?", "")]
    bad = client.post(
        address, {"file": excel(*good, (3, "Thiếu đáp", "", ""), (4, "X", "Y", "mục 99")), "audiences": ["public"]}
    )
    assert bad.status_code == 422
    assert "Dòng 5" in bad.content.decode()
    marked = client.post(address, {"file": excel(good[0], (1, "Ai học?", "TUYỆT MẬT", "")), "audiences": ["public"]})
    assert "117/2025/QH15" in marked.content.decode()
    assert len([one for one in queries.draft_parts(master) if one.kind == PartKind.QUESTION]) == 2
    kept = client.get(reverse("master", args=[master.pk]) + "?format=xlsx")
    sheet = openpyxl.load_workbook(io.BytesIO(b"".join(kept.streaming_content))).active
    assert "Bao lâu?" in [cell.value for row in sheet for cell in row]


def test_list_filters_goes_to_excel_and_asks_a_fixed_number_of_times(as_user, cast, document):
    client, counts = as_user("editor"), []
    for number in (None, "30-HD/BTGTU", "31-HD/BTGTU"):
        made = document if number is None else make_document(cast, number=number)
        masters.compose_master(made, by=cast.officer, at=now())
        client.get(reverse("master-list"))
        with CaptureQueriesContext(connection) as asked:
            client.get(reverse("master-list"))
        counts.append(len(asked))
    assert counts[0] == counts[2]
    assert client.get(reverse("master-list") + "?q=30-HD&state=draft").context["masters"].total == 1
    kept = client.get(reverse("master-list") + "?format=xlsx")
    assert openpyxl.load_workbook(io.BytesIO(b"".join(kept.streaming_content)))


def test_editor_page_asks_a_fixed_number_of_times(as_user, cast, master):
    client, counts = as_user("editor"), []
    for _number in range(3):
        client.get(reverse("master", args=[master.pk]))
        with CaptureQueriesContext(connection) as asked:
            client.get(reverse("master", args=[master.pk]))
        counts.append(len(asked))
        masters.add_part(
            master,
            PartText(PartKind.CORE, EVERYBODY, text="Thêm", clause=master.document.clauses.first()),
            by=cast.officer,
            at=now(),
        )
    assert counts[0] == counts[2]


def test_programs_read_what_is_published_and_nothing_before(cast, master):
    caller = machine(cast.accounts["editor"])
    address = f"/documents/{master.document_id}/master"
    assert caller.get(address).json() is None
    version = publish(cast, master)
    told = caller.get(address).json()
    assert (told["version"], told["title"], told["unit"]["id"]) == (1, version.content["title"], master.unit_id)
    assert [part["text"] for part in told["parts"]] == [part.text for part in queries.parts_for(version)]
    assert all(part["cites"] for part in told["parts"])
    only = caller.get(f"{address}?audience=public").json()["parts"]
    assert [part["id"] for part in only] == [part.id for part in queries.parts_for(version, Audience.PUBLIC)]
    masters.reopen_master(master, by=cast.officer, at=now())
    masters.remove_part(master.parts.first(), by=cast.officer, at=now())
    assert caller.get(address).json() == told  # the draft is nobody's business


# --- the hour of publication ----------------------------------------------------------------------------------------------------


def test_the_hour_that_is_set_is_shown_changed_and_dropped(as_user, cast, master):
    approve(cast, master)
    client, address = as_user("officer"), reverse("master-publish", args=[master.pk])
    first = client.get(address)
    assert "Đang hẹn" not in first.content.decode()
    assert client.post(address, {"on": "", "clock": ""}).status_code == 422  # nothing is published by pressing alone
    assert client.post(address, {"how": "later", "on": "01/12/2099"}).status_code == 422
    answer = client.post(address, {"how": "later", "on": "01/12/2099", "clock": "07:30"}, follow=True)
    assert "Đã hẹn công bố lúc 07:30 ngày 01/12/2099." in answer.content.decode()
    page = client.get(address).content.decode()
    assert "Đang hẹn công bố lúc 07:30 ngày 01/12/2099." in page
    for name, value in (("on", "01/12/2099"), ("clock", "07:30")):
        assert re.search(rf'<input[^>]*name="{name}"[^>]*value="{value}"', page)
    assert re.search(r'<input[^>]*value="later"[^>]*checked', page)
    assert "Bỏ hẹn, chưa công bố" in page
    answer = client.post(address, {"how": "never", "on": "01/12/2099", "clock": "07:30"}, follow=True)
    assert "Đã bỏ hẹn; bản đã duyệt chưa công bố." in answer.content.decode()
    master.refresh_from_db()
    assert (master.state, master.publish_at) == (MasterState.APPROVED, None)
    assert AuditEvent.objects.filter(verb="master.unscheduled").count() == 1
    with pytest.raises(Refusal) as refusal:
        masters.unschedule_master(master, by=cast.officer, at=now())
    assert refusal.value.code == "master.no_hour"
    assert client.post(address, {"how": "now"}).status_code == 303
    master.refresh_from_db()
    assert master.state == MasterState.PUBLISHED
