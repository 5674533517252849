"""Products of a master in the office: one press, made in the background, old after a newer version, brought with their record."""

import datetime as dt
import io
import re
import struct

import docx
import pptx
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from PIL import Image

from quantriet.audit.models import AuditEvent
from quantriet.kit import clips
from quantriet.kit.jobs import Worker
from quantriet.kit.refusal import Refusal, Refusals
from quantriet.kit.time import now
from quantriet.library import actions
from quantriet.library.actions import masters, materials
from quantriet.library.actions.masters import PartText
from quantriet.library.models import BroughtMaterial, MasterVersion, Material, MaterialFile, StudyMaster, UnitLook
from quantriet.library.queries import materials as queries
from quantriet.library.tests.factories import make_document
from quantriet.library.vocab import (
    Audience,
    MasterState,
    MaterialForm,
    MaterialKind,
    MaterialState,
    PartKind,
    PointKind,
    PointTheme,
)

pytestmark = pytest.mark.django_db
RECORD = {
    "title": "Vè học nghị quyết",
    "author": "Nguyễn Thị Hường",
    "source": "",
    "basis": "Tác giả đồng ý ngày 12/11/2026",
}


@pytest.fixture
def master(cast):
    document = make_document(cast)
    actions.add_point(
        document, by=cast.officer, at=now(), kind=PointKind.KEY, theme=PointTheme.LEARNERS, body="Bí thư trực tiếp lãnh đạo.",
        clause=document.clauses.get(number="1"),
    )  # fmt: skip
    made = masters.compose_master(document, by=cast.accounts["editor"], at=now())
    masters.add_part(
        made, PartText(PartKind.QUESTION, (Audience.RURAL, Audience.PUBLIC), "Ốm thì sao?", "Học bù trong cùng đợt."),
        by=cast.officer, at=now(),
    )  # fmt: skip
    return made


def approve(cast, master):
    master.refresh_from_db()
    masters.submit_master(master, revision=master.revision, by=cast.accounts["editor"], at=now())
    return masters.approve_master(master, revision=master.revision, by=cast.officer, at=now())


def publish(cast, master):
    version = approve(cast, master)
    masters.publish_master(master, by=cast.officer, at=now())
    return version


def ask(cast, master, *kinds, audience=Audience.RURAL):
    return materials.ask_for(master, kinds, audience, by=cast.accounts["editor"], at=now())


def work() -> None:
    Worker([]).run_all()


def kept(answer) -> bytes:
    return b"".join(answer.streaming_content)


def picture(kind="JPEG", **given) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (60, 40), "darkred").save(out, kind, **given)
    return out.getvalue()


def box(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", 8 + len(content)) + name + content


def clip(notes: bytes = b"") -> bytes:
    trak = box(b"trak", box(b"tkhd", bytes(20)) + notes)
    return (
        box(b"ftyp", b"isom" + bytes(4)) + box(b"moov", box(b"mvhd", bytes(100)) + notes + trak) + box(b"mdat", b"hinh")
    )


# --- made by one press ------------------------------------------------------------------------------------------------


@pytest.mark.req("R-119", "R-114", "R-117")
def test_one_press_makes_all_products_of_an_audience(as_user, cast, master):
    publish(cast, master)
    client = as_user("editor")
    page = reverse("master-materials", args=[master.pk])
    answer = client.post(reverse("material-make", args=[master.pk]), {"kind": "all", "audience": "rural"})
    assert (answer.status_code, answer.url) == (303, f"{page}?tier=rural")
    shown = client.get(answer.url).content.decode()
    assert "Đang làm" in shown
    assert "data-poll=" in shown
    part = client.get(answer.url, headers={"HX-Request": "true"}).content.decode()
    assert "data-poll-stop" not in part
    work()
    part = client.get(answer.url, headers={"HX-Request": "true"}).content.decode()
    assert "data-poll-stop" in part
    assert {(one.kind, one.state, one.version.number) for one in Material.objects.all()} == {
        (kind, MaterialState.READY, 1) for kind in MaterialKind if kind.is_made and kind != MaterialKind.PROPAGANDA
    }  # without goals and tasks there is no propaganda outline, and the page says so
    assert "Đề cương tuyên truyền cần cả mục tiêu và việc cấp ủy cần làm" in part
    files = {(one.material.kind, one.form): one for one in MaterialFile.objects.select_related("material")}
    assert len(files) == 11
    outline = files[MaterialKind.OUTLINE, MaterialForm.DOCX]
    answer = client.get(reverse("material-file", args=[master.pk, outline.pk]))
    assert 'filename="de-cuong-26-hd-btgtu-nong-thon.docx"' in answer["Content-Disposition"]
    assert answer["Content-Disposition"].startswith("attachment")
    words = "\n".join(one.text for one in docx.Document(io.BytesIO(kept(answer))).paragraphs)
    assert "Bí thư trực tiếp lãnh đạo." in words
    assert "Ốm thì sao?" in words
    deck = kept(
        client.get(reverse("material-file", args=[master.pk, files[MaterialKind.SLIDES, MaterialForm.PPTX].pk]))
    )
    assert len(pptx.Presentation(io.BytesIO(deck)).slides) >= 3
    square = kept(client.get(reverse("material-file", args=[master.pk, files[MaterialKind.INFOGRAPHIC, MaterialForm.SQUARE].pk])))  # fmt: skip
    assert Image.open(io.BytesIO(square)).size == (1080, 1080)
    assert AuditEvent.objects.filter(verb="material.made").count() == 7
    assert AuditEvent.objects.get(verb="material.asked").after["version"] == 1


def test_only_what_was_approved_is_made(as_user, cast, master):
    client = as_user("editor")
    answer = client.post(reverse("material-make", args=[master.pk]), {"kind": "outline", "audience": "rural"})
    assert answer.status_code == 422
    assert "Chưa có bản nào được duyệt" in answer.content.decode()
    approve(cast, master)
    ask(cast, master, MaterialKind.OUTLINE)
    work()
    assert Material.objects.get().state == MaterialState.READY
    masters.return_master(master, remark="Sửa", by=cast.officer, at=now())
    assert queries.source_version(master, now()) is None
    shown = client.get(reverse("master-materials", args=[master.pk]) + "?tier=rural").content.decode()
    assert "đã gỡ hoặc trả lại nên không phát hành" in shown


def test_audience_without_fitting_part_told_beside_the_product(as_user, cast, master):
    publish(cast, master)
    client = as_user("editor")
    page = client.get(reverse("master-materials", args=[master.pk]) + "?tier=key_cadre").content.decode()
    assert "chưa có câu hỏi – đáp nào cho cán bộ chủ chốt" in page
    answer = client.post(reverse("material-make", args=[master.pk]), {"kind": "qa", "audience": "key_cadre"})
    assert answer.status_code == 422
    assert not Material.objects.exists()
    answer = client.post(reverse("material-make", args=[master.pk]), {"kind": "verse", "audience": "rural"})
    assert answer.status_code == 422


def test_a_job_that_runs_twice_makes_once(cast, master):
    publish(cast, master)
    [one] = ask(cast, master, MaterialKind.OUTLINE)
    assert materials.make_material(one.pk, at=now()) is not None
    assert materials.make_material(one.pk, at=now()) is None
    work()
    assert one.files.count() == 1
    assert AuditEvent.objects.filter(verb="material.made").count() == 1


def test_what_cannot_be_set_is_told_and_the_former_files_stay(as_user, cast, master, monkeypatch):
    publish(cast, master)
    [one] = ask(cast, master, MaterialKind.OUTLINE)
    work()

    def refuse(*_given, **_named):
        raise Refusal("typeset.failed", "Chưa dàn được trang.")

    monkeypatch.setattr(materials, "make", refuse)
    ask(cast, master, MaterialKind.OUTLINE)
    work()
    one.refresh_from_db()
    assert (one.state, one.fault) == (MaterialState.FAILED, "Chưa dàn được trang.")
    assert one.files.count() == 1
    shown = as_user("editor").get(reverse("master-materials", args=[master.pk]) + "?tier=rural").content.decode()
    assert "Chưa dàn được trang." in shown
    assert "Làm lại" in shown


def test_ready_without_a_version_is_refused_by_the_database(cast, master):
    with pytest.raises(IntegrityError), transaction.atomic():
        Material.objects.create(
            master=master,
            kind="qa",
            audience="public",
            state=MaterialState.READY,
            asked_at=now(),
            asked_by=cast.officer,
        )


# --- made again -------------------------------------------------------------------------------------------------------


@pytest.mark.req("R-119")
def test_products_are_made_again_when_a_newer_version_is_approved(
    as_user, cast, master, django_capture_on_commit_callbacks
):
    publish(cast, master)
    [one] = ask(cast, master, MaterialKind.OUTLINE)
    work()
    [former] = one.files.all()
    masters.reopen_master(master, by=cast.officer, at=now())
    masters.add_part(
        master,
        PartText(PartKind.MEANING, (Audience.RURAL,), text="Nói điều mình thấy ở thôn."),
        by=cast.officer,
        at=now(),
    )
    assert queries.shelf(master, Audience.RURAL, now()).rows[0].state == "ready"
    version = approve(cast, master)
    one.refresh_from_db()
    assert one.state == MaterialState.QUEUED
    assert one.files.get().pk == former.pk  # the former one can be taken until the new one is there
    with django_capture_on_commit_callbacks(execute=True):
        work()
    one.refresh_from_db()
    assert (one.state, one.version_id) == (MaterialState.READY, version.pk)
    [file] = one.files.filter(version=version)
    with file.file.open("rb") as made:
        assert "Nói điều mình thấy ở thôn." in "\n".join(p.text for p in docx.Document(made).paragraphs)
    assert former.file.storage.exists(former.file.name)  # the public still reads the former version
    with django_capture_on_commit_callbacks(execute=True):
        masters.publish_master(master, by=cast.officer, at=now())
    assert not former.file.storage.exists(former.file.name)
    one.refresh_from_db()
    assert one.state == MaterialState.READY  # publication changes no word


def test_version_approved_while_pages_are_set_is_the_one_that_stands(cast, master, monkeypatch):
    publish(cast, master)
    [one] = ask(cast, master, MaterialKind.OUTLINE)
    real, approved = materials.make, []

    def slow(kind, brief, **how):
        if not approved:
            masters.reopen_master(master, by=cast.officer, at=now())
            approved.append(approve(cast, master))
        return real(kind, brief, **how)

    monkeypatch.setattr(materials, "make", slow)
    assert materials.make_material(one.pk, at=now()) is None
    work()
    one.refresh_from_db()
    assert (one.state, one.version_id) == (MaterialState.READY, approved[0].pk)


def test_a_product_of_a_former_version_is_shown_as_old(as_user, cast, master, monkeypatch):
    publish(cast, master)
    ask(cast, master, MaterialKind.OUTLINE)
    work()
    masters.reopen_master(master, by=cast.officer, at=now())
    monkeypatch.setattr(materials, "refresh", lambda *_given, **_named: 0)  # as if the machine had no worker
    publish(cast, master)
    shown = as_user("editor").get(reverse("master-materials", args=[master.pk]) + "?tier=rural").content.decode()
    assert "Cũ" in shown
    assert "Làm từ bản 1; bản mới nhất là bản 2." in shown


# --- who takes them ---------------------------------------------------------------------------------------------------


@pytest.mark.req("R-118")
def test_units_below_take_what_is_published_and_nothing_else(as_user, cast, master):
    approve(cast, master)
    [one] = ask(cast, master, MaterialKind.LEAFLET)
    work()
    file = one.files.get()
    address = reverse("released-file", args=[master.document_id, file.pk])
    reader = as_user("organiser1")
    assert reader.get(address).status_code == 404
    assert reader.get(reverse("master-materials", args=[master.pk])).status_code == 404
    masters.publish_master(master, by=cast.officer, at=now())
    answer = reader.get(address)
    assert answer.status_code == 200
    assert kept(answer).startswith(b"%PDF-")
    shown = reader.get(reverse("document-master", args=[master.document_id]) + "?tier=rural").content.decode()
    assert address in shown
    assert "Tờ rơi: PDF" in shown
    masters.withdraw_master(master, reason="Nhầm", by=cast.officer, at=now())
    assert reader.get(address).status_code == 404
    assert list(queries.stale(master, now())) == []


def test_who_only_reads_cannot_make_or_bring(as_user, cast, master):
    publish(cast, master)
    client = as_user("inspector")
    assert client.get(reverse("master-materials", args=[master.pk])).status_code == 200
    for name in ("material-make", "brought-new", "master-look"):
        assert client.post(reverse(name, args=[master.pk]), {"kind": "all", "audience": "rural"}).status_code == 403


def test_page_of_products_asks_a_fixed_number_of_times(as_user, cast, master):
    publish(cast, master)
    client, counts = as_user("editor"), []
    address = reverse("master-materials", args=[master.pk]) + "?tier=rural"
    for kinds in ([MaterialKind.OUTLINE], [MaterialKind.QA, MaterialKind.LEAFLET]):
        ask(cast, master, *kinds)
        materials.bring(master, MaterialKind.VERSE, words="Lời", by=cast.officer, at=now(), **RECORD)
        work()
        client.get(address)
        with CaptureQueriesContext(connection) as asked:
            client.get(address)
        counts.append(len(asked))
    assert counts[0] == counts[1]


# --- what somebody brings ---------------------------------------------------------------------------------------------


@pytest.mark.req("R-119")
def test_verse_clip_and_panel_are_kept_with_their_record(as_user, cast, master):
    client = as_user("editor")
    exif = Image.Exif()
    exif[0x010F] = "MayAnhBiMat"
    told = box(b"udta", box(b"\xa9xyz", b"+21.0285+105.8542/"))
    for kind, name, content in (
        ("verse", "ve.txt", "Học nghị quyết\nnhớ điều hay".encode()),
        ("panel", "anh.jpg", picture(exif=exif)),
        ("clip", "clip.mp4", clip(told)),
    ):
        entry = RECORD | {"words": "Học nghị quyết, nhớ điều hay", "file": SimpleUploadedFile(name, content)}
        answer = client.post(reverse("brought-new", args=[master.pk]) + f"?kind={kind}", entry)
        assert answer.status_code == 303, answer.content.decode()
    rows = {one.kind: one for one in BroughtMaterial.objects.all()}
    assert len(rows) == 3
    assert {one.author for one in rows.values()} == {"Nguyễn Thị Hường"}
    got = {kind: client.get(reverse("brought-file", args=[master.pk, one.pk])) for kind, one in rows.items()}
    assert got["clip"]["Content-Type"] == "video/mp4"
    assert all(one["Content-Disposition"].startswith("attachment") for one in got.values())
    film = kept(got["clip"])
    assert b"21.0285" not in film
    assert len(film) == len(clip(told))
    seen = kept(got["panel"])
    assert b"MayAnhBiMat" not in seen
    assert not Image.open(io.BytesIO(seen)).getexif()
    shown = client.get(reverse("master-materials", args=[master.pk])).content.decode()
    assert "Tác giả đồng ý ngày 12/11/2026" in shown
    assert "Vè học nghị quyết</strong> · Văn vần ·" in shown
    assert AuditEvent.objects.filter(verb="material.brought").count() == 3


@pytest.mark.parametrize("field", ["title", "author", "basis", "words", "file"])
def test_record_must_be_whole(cast, master, field):
    given = RECORD | {"words": "Lời"} | ({field: ""} if field != "file" else {})
    content = {} if field == "file" else {"content": clip(), "name": "c.mp4"}
    with pytest.raises(Refusal) as refusal:
        materials.bring(master, MaterialKind.CLIP, **given, **content, by=cast.officer, at=now())
    assert [one.field for one in getattr(refusal.value, "several", [refusal.value])] == [field]
    assert not BroughtMaterial.objects.exists()


@pytest.mark.req("B-18", "P-05")
@pytest.mark.parametrize("field", ["title", "author", "source", "basis", "words"])
def test_marked_words_are_refused_in_each_field_and_logged(as_user, cast, master, field):
    entry = RECORD | {"words": "Lời"} | {field: "TUYỆT MẬT"}
    answer = as_user("editor").post(reverse("brought-new", args=[master.pk]) + "?kind=verse", entry)
    assert answer.status_code == 422
    assert "117/2025/QH15" in answer.content.decode()
    assert not BroughtMaterial.objects.exists()
    assert AuditEvent.objects.get(verb="document.refused").after == {"where": "sản phẩm của bản biên soạn"}


@pytest.mark.req("B-18", "P-05")
def test_marked_file_and_file_name_are_refused(cast, master):
    paper, out = docx.Document(), io.BytesIO()
    paper.sections[0].header.paragraphs[0].text = "TỐI MẬT"
    paper.add_paragraph("Lời thơ")
    paper.save(out)
    for name, content in (("tho.docx", out.getvalue()), ("TOI MAT.txt", b"Loi tho"), ("MẬT.jpg", picture())):
        with pytest.raises(Refusal) as refusal:
            materials.bring(
                master, MaterialKind.VERSE, **RECORD, words="Lời", content=content, name=name, by=cast.officer, at=now()
            )
        assert refusal.value.code == "secret.marked"
    assert not BroughtMaterial.objects.exists()


@pytest.mark.parametrize(
    ("kind", "name", "content", "code"),
    [
        (MaterialKind.PANEL, "ve.svg", b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>", "picture.drawing"),
        (MaterialKind.VERSE, "ve.svg", b"<svg onload='1'/>", "picture.drawing"),
        (MaterialKind.PANEL, "ve.png", picture("JPEG"), "picture.ending"),
        (MaterialKind.PANEL, "ve.png", b"khong phai anh", "picture.unreadable"),
        (MaterialKind.CLIP, "c.mov", clip(), "clip.ending"),
        (MaterialKind.CLIP, "c.mp4", picture(), "clip.kind"),
        (MaterialKind.CLIP, "c.mp4", clip()[:60], "clip.broken"),
        (MaterialKind.CLIP, "c.mp4", box(b"ftyp", b"isom" + bytes(4)) + box(b"mdat", b"x"), "clip.broken"),
        (MaterialKind.VERSE, "c.exe", b"MZ" + bytes(600), "document.not_a_document"),
    ],
    ids=["svg", "svg verse", "wrong ending", "no picture", "mov", "picture as clip", "cut clip", "no film", "programme"],
)  # fmt: skip
def test_file_that_is_not_what_it_says_is_refused(cast, master, kind, name, content, code):
    with pytest.raises(Refusal) as refusal:
        materials.bring(master, kind, **RECORD, words="Lời", content=content, name=name, by=cast.officer, at=now())
    assert (refusal.value.code, refusal.value.field) == (code, "file")
    assert not BroughtMaterial.objects.exists()


def test_file_above_the_limit_is_refused(cast, master, settings):
    settings.UPLOAD_LIMIT_BYTES = 100
    with pytest.raises(Refusal) as refusal:
        materials.bring(
            master, MaterialKind.CLIP, **RECORD, words="x", content=clip(), name="c.mp4", by=cast.officer, at=now()
        )
    assert refusal.value.code == "brought.too_large"


def test_brought_work_is_taken_out_with_its_file(as_user, cast, master, django_capture_on_commit_callbacks):
    one = materials.bring(
        master,
        MaterialKind.PANEL,
        **RECORD,
        words="Hội nghị",
        content=picture(),
        name="a.jpg",
        by=cast.officer,
        at=now(),
    )
    address = reverse("brought-remove", args=[master.pk, one.pk])
    client = as_user("editor")
    assert "Vè học nghị quyết" in client.get(address).content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post(address).status_code == 303
    assert not BroughtMaterial.objects.exists()
    assert not one.file.storage.exists(one.file.name)
    assert AuditEvent.objects.get(verb="material.taken_out").before["author"] == "Nguyễn Thị Hường"


def test_boxes_of_a_clip_keep_their_place():
    notes = box(b"udta", b"Ha Noi") + box(b"meta", b"iPhone cua Hoa")
    clean = clips.clean(clip(notes), "a.mp4")
    assert b"Ha Noi" not in clean
    assert b"iPhone" not in clean
    assert clean.index(b"mdat") == clip(notes).index(b"mdat")
    endless = box(b"ftyp", b"isom" + bytes(4)) + struct.pack(">I", 0) + b"mdat"
    with pytest.raises(Refusal):
        clips.clean(endless + b"x", "a.mp4")
    with pytest.raises(Refusal):
        clips.clean(box(b"ftyp", b"isom" + bytes(4)) + struct.pack(">I", 1) + b"moov" + bytes(4), "a.mp4")


# --- the look ---------------------------------------------------------------------------------------------------------


@pytest.mark.req("R-119")
def test_products_carry_the_look_of_the_unit_and_are_old_when_it_changes(as_user, cast, master):
    publish(cast, master)
    ask(cast, master, MaterialKind.INFOGRAPHIC)
    work()
    client = as_user("editor")
    logo = SimpleUploadedFile("logo.png", picture("PNG"))
    answer = client.post(reverse("master-look", args=[master.pk]), {"colour": "#0B5345", "logo": logo})
    assert answer.status_code == 303, answer.content.decode()
    rows = {one.kind: one for one in queries.shelf(master, Audience.RURAL, now()).rows}
    assert rows[MaterialKind.INFOGRAPHIC].old == "Logo hoặc màu của đơn vị đã đổi sau khi làm."
    ask(cast, master, MaterialKind.INFOGRAPHIC)
    work()
    [square] = MaterialFile.objects.filter(form=MaterialForm.SQUARE)
    with square.file.open("rb") as file, Image.open(file) as made:
        seen = made.convert("RGB").getpixel((5, 5))
    assert all(abs(one - other) < 6 for one, other in zip(seen, (0x0B, 0x53, 0x45), strict=True))
    rows = {one.kind: one for one in queries.shelf(master, Audience.RURAL, now()).rows}
    assert rows[MaterialKind.INFOGRAPHIC].state == "ready"
    assert client.get(reverse("master-logo", args=[master.pk])).status_code == 200
    assert (
        client.post(reverse("master-look", args=[master.pk]), {"colour": "#0b5345", "drop_logo": "on"}).status_code
        == 303
    )
    assert not UnitLook.objects.get().logo
    assert client.get(reverse("master-logo", args=[master.pk])).status_code == 404


def test_a_unit_without_look_takes_that_of_the_nearest_above(cast):
    materials.set_look(cast.units["T"], colour="#0b5345", by=cast.officer, at=now())
    assert queries.look_of(cast.units["CB11"]).colour == "#0b5345"
    materials.set_look(cast.units["X1"], colour="#1a237e", by=cast.officer, at=now())
    assert queries.look_of(cast.units["CB11"]).colour == "#1a237e"
    assert queries.look_of(cast.units["X2"]).colour == "#0b5345"


@pytest.mark.parametrize(
    ("colour", "name", "content", "sentence"),
    [
        ("#ffd700", "", b"", "độ tương phản 1,4:1"),
        ("#9b1c1c", "logo.svg", b"<svg><script>1</script></svg>", "SVG có thể chứa mã lệnh"),
        ("#9b1c1c", "logo.png", b"<svg><script>1</script></svg>", "không mở được như một ảnh"),
    ],
    ids=["pale", "svg", "svg as png"],
)
def test_look_that_cannot_be_used_is_refused_beside_its_field(as_user, cast, master, colour, name, content, sentence):
    entry = {"colour": colour} | ({"logo": SimpleUploadedFile(name, content)} if name else {})
    answer = as_user("editor").post(reverse("master-look", args=[master.pk]), entry)
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert not UnitLook.objects.exists()


def test_approval_without_products_queues_nothing(cast, master):
    publish(cast, master)
    assert not Material.objects.exists()
    assert master.state == MasterState.PUBLISHED
    with pytest.raises(Refusals):
        ask(cast, master, MaterialKind.QA, audience=Audience.OFFICIALS)


# --- the next version beside what is published ------------------------------------------------------------------------


def next_version(cast, master, words="Bí thư trực tiếp lãnh đạo, kiểm tra."):
    """Composed on from what is published and approved by a second person; not published."""
    masters.reopen_master(master, by=cast.accounts["editor"], at=now())
    part = master.parts.get(kind=PartKind.CORE)
    said = PartText(PartKind.CORE, (Audience.RURAL,), text=words, clause=part.clause)
    masters.change_part(part, said, revision=part.revision, by=cast.accounts["editor"], at=now())
    version = approve(cast, master)
    work()
    return version


def pages_of(master, form=MaterialForm.DOCX):
    return MaterialFile.objects.filter(material__master=master, form=form)


@pytest.mark.req("R-119")
@pytest.mark.parametrize("is_set_for_an_hour", [False, True])
def test_what_is_published_stays_while_the_next_version_is_approved(as_user, cast, master, is_set_for_an_hour):
    first = publish(cast, master)
    ask(cast, master, MaterialKind.OUTLINE)
    work()
    client = as_user("officer")
    [old] = pages_of(master)
    address = reverse("released-file", args=[master.document_id, old.pk])
    before = kept(client.get(address))
    second = next_version(cast, master)
    hour = now() + dt.timedelta(hours=1)
    if is_set_for_an_hour:
        masters.publish_master(master, by=cast.officer, at=now(), when=hour)
    assert list(queries.released(first)) == [old]
    assert kept(client.get(address)) == before
    assert address in client.get(reverse("document-master", args=[master.document_id]) + "?tier=rural").content.decode()
    [new] = queries.released(second)
    ahead = reverse("released-file", args=[master.document_id, new.pk])
    assert client.get(ahead).status_code == 404  # nobody reads the next version yet
    if is_set_for_an_hour:
        assert masters.publish_due_masters(at=now()) == 0
        StudyMaster.objects.update(publish_at=now())
        assert masters.publish_due_masters(at=now()) == 1
    else:
        masters.publish_master(master, by=cast.officer, at=now())
    work()
    answer = client.get(address)
    assert (answer.status_code, answer.url) == (302, ahead)
    assert "kiểm tra" in "\n".join(one.text for one in docx.Document(io.BytesIO(kept(client.get(ahead)))).paragraphs)
    assert Material.objects.count() == 1
    old.refresh_from_db()
    assert (old.file.name, old.size) == ("", 0)


def test_remaking_a_version_keeps_its_addresses_and_one_sent_back_leaves_nothing(cast, master):
    first = publish(cast, master)
    ask(cast, master, MaterialKind.OUTLINE)
    work()
    [old] = queries.released(first)
    ask(cast, master, MaterialKind.OUTLINE)
    work()
    assert [one.pk for one in queries.released(first)] == [old.pk]
    second = next_version(cast, master)
    assert pages_of(master).count() == 2
    masters.return_master(master, remark="Sửa", by=cast.officer, at=now())
    work()
    assert [one.pk for one in pages_of(master)] == [old.pk]
    assert not queries.released(second).exists()
    assert Material.objects.get().version == first


def test_a_link_to_a_product_that_is_made_no_more_leads_nowhere(as_user, cast, master):
    publish(cast, master)
    ask(cast, master, MaterialKind.OUTLINE, MaterialKind.QA)
    work()
    [sheet] = MaterialFile.objects.filter(material__kind=MaterialKind.QA, form=MaterialForm.PDF)
    masters.reopen_master(master, by=cast.accounts["editor"], at=now())
    masters.remove_part(master.parts.get(kind=PartKind.QUESTION), by=cast.officer, at=now())
    publish(cast, master)
    work()
    client = as_user("officer")
    assert client.get(reverse("released-file", args=[master.document_id, sheet.pk])).status_code == 404
    masters.withdraw_master(master, reason="Sai số liệu", by=cast.officer, at=now())
    [outline] = MaterialFile.objects.filter(material__kind=MaterialKind.OUTLINE).exclude(file="")
    assert client.get(reverse("released-file", args=[master.document_id, outline.pk])).status_code == 404


def test_products_bear_the_day_of_vietnam(cast, master):
    """Approved at 01:00 on the 29th in Vietnam, when it is still the 28th in UTC."""
    version = publish(cast, master)
    MasterVersion.objects.filter(pk=version.pk).update(approved_at=dt.datetime(2026, 11, 28, 18, 0, tzinfo=dt.UTC))
    version.refresh_from_db()
    assert queries.brief_of(version, Audience.RURAL, None).approved_on == "29/11/2026"
    ask(cast, master, MaterialKind.OUTLINE)
    work()
    with MaterialFile.objects.get().file.open("rb") as made:
        paper = docx.Document(made)
    cells = [cell.text for table in paper.tables for row in table.rows for cell in row.cells]
    said = "\n".join([*cells, *(one.text for one in paper.paragraphs)])
    assert "duyệt ngày 29/11/2026" in said
    assert "28/11/2026" not in said


# --- read before it is let out ----------------------------------------------------------------------------------------


@pytest.mark.req("R-119")
def test_what_a_work_needs_is_said_beside_its_fields(as_user, cast, master):
    client = as_user("editor")
    address = reverse("brought-new", args=[master.pk])
    page = client.get(f"{address}?kind=clip").content.decode()
    for name, words in (("file", "Tệp"), ("words", "Trong đó thấy gì")):
        label = re.search(rf'<label[^>]*for="id_{name}"[^>]*>(.*?)</label>', page, re.S)[1]
        assert words in label
        assert "không bắt buộc" not in label
    answer = client.post(f"{address}?kind=clip", RECORD)
    assert answer.status_code == 422
    assert {"file", "words"} <= set(answer.context["form"].errors)
    assert client.post(f"{address}?kind=verse", RECORD | {"words": "Lời thơ"}).status_code == 303


@pytest.mark.req("R-119")
def test_the_second_person_sees_the_work_before_the_button(as_user, cast, master):
    by = cast.accounts["editor"]
    lines = "Vắng buổi <b>thì</b> nhớ học bù,\nđủ giờ đủ phút"
    verse = materials.bring(
        master, MaterialKind.VERSE, **RECORD, words="", content=lines.encode(), name="ve.txt", by=by, at=now()
    )
    film = materials.bring(
        master, MaterialKind.CLIP, **RECORD, words="Một buổi học", content=clip(), name="c.mp4", by=by, at=now()
    )
    panel = materials.bring(
        master, MaterialKind.PANEL, **RECORD, words="Pa nô", content=picture(), name="a.jpg", by=by, at=now()
    )
    assert verse.words == lines
    page = as_user("officer").get(reverse("master-materials", args=[master.pk])).content.decode()
    for one, shown in (
        (verse, "Vắng buổi &lt;b&gt;thì&lt;/b&gt; nhớ học bù,<br>đủ giờ đủ phút"),
        (
            film,
            f'<video class="part__image" controls preload="none" src="{reverse("brought-file", args=[master.pk, film.pk])}"',
        ),
        (panel, f'<img class="part__image" src="{reverse("brought-file", args=[master.pk, panel.pk])}"'),
    ):
        assert 0 < page.index(shown) < page.index(reverse("brought-approve", args=[master.pk, one.pk]))
