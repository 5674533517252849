"""The dissemination log: reported from a phone, summed apart from classes, corrected, withdrawn (R-044, R-122, R-124)."""

import datetime as dt
import io
from pathlib import Path

import openpyxl
import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from PIL import Image

from quantriet.audit.models import AuditEvent
from quantriet.kit.photos import Photo
from quantriet.kit.refusal import Refusal
from quantriet.kit.tests.test_photos import jpeg
from quantriet.kit.time import now, today
from quantriet.library import access
from quantriet.library.actions import activities
from quantriet.library.actions.activities import NewPhoto
from quantriet.library.models import ActivityPhoto, DisseminationActivity
from quantriet.library.queries import activities as queries
from quantriet.library.tests.factories import make_document
from quantriet.library.vocab import ActivityBody, ActivityForm
from quantriet.org.tests.factories import an_account
from quantriet.org.vocab import Role

pytestmark = pytest.mark.django_db

PHOTO = NewPhoto(Photo(b"\xff\xd8\xff anh", 10, 10), "Quang cảnh buổi họp")


def values(**given):
    return {
        "form": ActivityForm.RESIDENTS, "body": ActivityBody.FRONT, "held_on": today(), "place": "Nhà văn hóa thôn 1",
        "people": 42, "words": "Phổ biến nội dung cốt lõi.", "document": None,
    } | given  # fmt: skip


def report(cast, *, unit="X1", nonce=None, by=None, **given) -> DisseminationActivity:
    nonce = nonce or f"n{DisseminationActivity.objects.count()}"
    return activities.report_activity(cast.units[unit], nonce=nonce, by=by or cast.officer, at=now(), **values(**given))


def refuses(code: str, field: str | None = None):
    return pytest.raises(Refusal, check=lambda one: one.code == code and field in (None, one.field))


def entry(cast, **given):
    return {
        "unit": cast.units["CB11"].pk, "body": "front", "form": "residents", "document": "",
        "held_on": f"{today():%d/%m/%Y}", "place": "Nhà văn hóa thôn 1", "people": "42", "words": "", "nonce": "a" * 32,
    } | given  # fmt: skip


def files() -> set[Path]:
    return {path for path in (Path(settings.MEDIA_ROOT) / "activities").glob("*") if path.is_file()}


@pytest.mark.req("R-044", "R-122")
def test_report_from_a_phone_with_a_turned_photo(as_user, cast):
    client = as_user("secretary11")
    assert "Báo cáo hoạt động" in client.get(reverse("activity-new")).content.decode()
    photo = SimpleUploadedFile("IMG_1.JPG", jpeg(orientation=6))
    sent = entry(cast, photo1=photo, alt1="Quang cảnh <b>buổi họp</b>", words="<script>alert(1)</script>")
    response = client.post(reverse("activity-new"), sent)
    assert response.status_code == 303
    activity = DisseminationActivity.objects.get()
    assert (activity.unit, activity.people, activity.reported_by) == (
        cast.units["CB11"],
        42,
        cast.accounts["secretary11"],
    )
    page = client.get(reverse("activity", args=[activity.pk])).content.decode()
    assert 'alt="Quang cảnh &lt;b&gt;buổi họp&lt;/b&gt;"' in page
    assert "<script>alert" not in page
    served = client.get(reverse("activity-photo", args=[activity.photos.get().pk]))
    content = b"".join(served.streaming_content)
    assert served["Content-Type"] == "image/jpeg"
    assert served["X-Content-Type-Options"] == "nosniff"
    assert b"NHA RIENG" not in content
    with Image.open(io.BytesIO(content)) as kept:
        assert kept.size == (200, 400)
    assert "Nhà văn hóa thôn 1" in client.get(reverse("my-activities")).content.decode()


def test_form_sent_twice_reports_once(as_user, cast):
    client = as_user("secretary11")
    for _time in range(2):
        assert client.post(reverse("activity-new"), entry(cast)).status_code == 303
    assert DisseminationActivity.objects.count() == 1
    assert AuditEvent.objects.filter(verb="activity.reported").count() == 1
    with refuses("activity.nonce"):
        report(cast, nonce="a" * 32)


@pytest.mark.req("B-18")
@pytest.mark.parametrize(
    ("given", "code", "field"),
    [
        ({"place": " "}, "activity.place_missing", "place"),
        ({"place": "TỐI MẬT"}, "secret.marked", None),
        ({"words": "Độ mật: Mật"}, "secret.marked", None),
        ({"people": 0}, "activity.people", "people"),
        ({"people": 10**9}, "activity.people", "people"),
        ({"held_on": dt.date(2999, 1, 1)}, "activity.to_come", "held_on"),
        ({"held_on": dt.date(2001, 1, 1)}, "activity.too_old", "held_on"),
        ({"photos": [PHOTO] * 4}, "activity.photos", "photo1"),
        ({"photos": [NewPhoto(PHOTO.photo, " ")]}, "activity.alt_missing", "alt1"),
        ({"photos": [NewPhoto(PHOTO.photo, "TUYỆT MẬT")]}, "secret.marked", None),
        ({"photos": [NewPhoto(PHOTO.photo, "Ảnh", "TOI_MAT.jpg")]}, "secret.marked", None),
    ],
)
def test_report_without_sense_or_with_a_mark_is_refused_and_nothing_kept(cast, given, code, field):
    before = files()
    with refuses(code, field):
        report(cast, **given)
    assert not DisseminationActivity.objects.exists()
    assert files() == before


def test_activity_before_the_issue_of_its_document_is_refused(cast):
    document = make_document(cast, issued_on=today())
    with refuses("activity.before_issue", "held_on"):
        report(cast, document=document, held_on=today() - dt.timedelta(days=1))


@pytest.mark.parametrize(
    "upload",
    [
        SimpleUploadedFile("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
        SimpleUploadedFile("a.jpg", b"<html><script>alert(1)</script>"),
        SimpleUploadedFile("a.png", jpeg()),
    ],
    ids=["svg", "html", "wrong ending"],
)
def test_file_that_is_no_photo_is_told_beside_its_box(as_user, cast, upload):
    upload.seek(0)
    response = as_user("secretary11").post(reverse("activity-new"), entry(cast, photo2=upload, alt2="Ảnh"))
    assert response.status_code == 422
    assert "photo2" in response.context["form"].errors
    assert not DisseminationActivity.objects.exists()


def test_chosen_photo_is_asked_for_again_when_another_field_is_wrong(as_user, cast):
    sent = entry(cast, people="", photo1=SimpleUploadedFile("a.jpg", jpeg()), alt1="Ảnh")
    response = as_user("secretary11").post(reverse("activity-new"), sent)
    assert response.status_code == 422
    assert "Ảnh chưa được giữ lại" in response.content.decode()


def test_correction_keeps_reason_and_takes_photos_away(as_user, cast):
    activity = report(cast, photos=[PHOTO])
    client = as_user("organiser1")
    sent = {**entry(cast), "people": "50", "reason": "", "without": [str(activity.photos.get().pk)]}
    address = reverse("activity-edit", args=[activity.pk])
    assert client.get(address).status_code == 200
    assert client.post(address, sent).status_code == 422
    assert client.post(address, sent | {"reason": "Đếm lại"}).status_code == 303
    activity.refresh_from_db()
    assert (activity.people, activity.photos.count()) == (50, 0)
    told = AuditEvent.objects.get(verb="activity.corrected")
    assert (told.before["people"], told.after["people"], told.after["reason"]) == (42, 50, "Đếm lại")


def test_photos_of_a_withdrawn_report_are_deleted_from_the_disk(cast, django_capture_on_commit_callbacks):
    activity = report(cast, photos=[PHOTO])
    kept = Path(activity.photos.get().image.path)
    assert kept.exists()
    with django_capture_on_commit_callbacks(execute=True):
        activities.withdraw_activity(activity, reason="Ghi nhầm", by=cast.officer, at=now())
    assert not ActivityPhoto.objects.exists()
    assert not kept.exists()
    with refuses("activity.withdrawn"):
        activities.withdraw_activity(activity, reason="Lần nữa", by=cast.officer, at=now())
    with refuses("correction.reason_missing"):
        activities.withdraw_activity(report(cast), reason=" ", by=cast.officer, at=now())


@pytest.mark.req("R-044", "R-122")
def test_sums_by_unit_and_form_without_withdrawn_ones(cast):
    report(cast, unit="CB11", people=30)
    report(cast, unit="CB12", people=12)
    report(cast, unit="X2", form=ActivityForm.TALK, people=100)
    activities.withdraw_activity(report(cast, unit="X2", people=999), reason="Ghi nhầm", by=cast.officer, at=now())
    rows = queries.standing(access.activities_seen_by(cast.officer))
    sums = queries.sums(rows, cast.units["T"])
    assert sums.sentence == "3 hoạt động, 142 lượt người tham gia; không tính vào số dự lớp học tập."
    assert [(one.unit.code, one.activities_total, one.people_total) for one in sums.rows] == [
        ("X2", 1, 100),
        ("X1", 2, 42),
    ]
    assert sums.forms == [ActivityForm.TALK, ActivityForm.RESIDENTS]
    at_x1 = queries.sums(queries.of_unit(rows, cast.units["X1"]), cast.units["X1"])
    assert [(one.unit.code, one.people_total) for one in at_x1.rows] == [("CB11", 30), ("CB12", 12)]


def test_list_filters_by_form_body_period_and_words(as_user, cast):
    document = make_document(cast)
    report(cast, place="Hội trường xã", form=ActivityForm.TALK, document=document)
    report(
        cast, place="Sân kho thôn Thượng", unit="CB21", held_on=today() - dt.timedelta(days=40), body=ActivityBody.WOMEN
    )
    client = as_user("officer")

    def found(**query) -> tuple[bool, bool]:
        page = client.get(reverse("activity-list"), query).content.decode()
        return "Hội trường xã" in page, "Sân kho thôn Thượng" in page

    assert found() == (True, True)
    assert found(form="talk") == (True, False)
    assert found(body="women") == (False, True)
    assert found(first=f"{today() - dt.timedelta(days=9):%d/%m/%Y}") == (True, False)
    assert found(q="san kho") == (False, True)
    assert found(q="26-hd") == (True, False)
    assert found(unit=cast.units["X2"].pk) == (False, True)
    assert found(form="x", first="99/99/9999", unit="all", page="0") == (True, True)


@pytest.mark.req("R-124")
def test_reporter_of_a_union_reports_for_it_and_sees_no_people(cast, client):
    reporter = an_account("phunu.x1", Role.ASSOCIATION_REPORTER, cast.units["X1"])
    client.force_login(reporter, backend="quantriet.org.web.sign_in.AccountBackend")
    session = client.session
    session["second"] = True
    session.save()
    sent = entry(cast, unit=cast.units["X1"].pk, body="women", form="association")
    assert client.post(reverse("activity-new"), sent).status_code == 303
    assert DisseminationActivity.objects.get().body == ActivityBody.WOMEN
    assert client.get(reverse("people-list")).status_code == 403
    elsewhere = entry(cast, unit=cast.units["X2"].pk, nonce="b" * 32)
    assert client.post(reverse("activity-new"), elsewhere).status_code == 422


def test_rights_of_activities(as_user, cast):
    mine, theirs = report(cast, unit="CB11"), report(cast, unit="CB21", photos=[PHOTO])
    client = as_user("secretary11")
    assert client.get(reverse("activity", args=[mine.pk])).status_code == 200
    for name in ("activity", "activity-edit", "activity-withdraw"):
        assert client.get(reverse(name, args=[theirs.pk])).status_code == 404
    assert client.get(reverse("activity-photo", args=[theirs.photos.get().pk])).status_code == 404
    leader = as_user("leader1")
    assert leader.get(reverse("activity", args=[mine.pk])).status_code == 200
    assert leader.get(reverse("activity-edit", args=[mine.pk])).status_code == 403
    assert as_user("member1").get(reverse("activity-new")).status_code == 403


def test_list_goes_to_excel(as_user, cast):
    report(cast, document=make_document(cast))
    sent = as_user("officer").get(reverse("activity-list"), {"format": "xlsx"})
    cells = [cell.value for row in openpyxl.load_workbook(io.BytesIO(b"".join(sent))).active for cell in row]
    assert {"Nhà văn hóa thôn 1", 42, "Họp khu dân cư", "Mặt trận Tổ quốc", "26-HD/BTGTU"} <= set(cells)


@pytest.mark.parametrize("address", ["activity-list", "my-activities"])
def test_lists_ask_as_often_for_three_as_for_one(as_user, cast, address):
    client = as_user("organiser1")
    asked = []
    for number in range(1, 4):
        report(
            cast, by=cast.accounts["organiser1"], photos=[PHOTO], document=make_document(cast, number=f"{number}-HD/TU")
        )
        if number in (1, 3):
            with CaptureQueriesContext(connection) as captured:
                client.get(reverse(address))
            asked.append(len(captured))
    assert asked[0] == asked[1]
