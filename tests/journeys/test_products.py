"""An editor makes products by one press, sees them come without reloading, and takes them to a phone and a print shop."""

import io

import pypdfium2
import pytest
from django.urls import reverse
from PIL import Image

from quantriet.kit.jobs import Worker
from quantriet.kit.time import now
from quantriet.library import actions
from quantriet.library.actions import masters
from quantriet.library.tests.factories import make_document
from quantriet.library.vocab import PointKind, PointTheme

pytestmark = [pytest.mark.journey, pytest.mark.req("R-119")]


@pytest.fixture
def master(cast):
    document = make_document(cast)
    actions.add_point(
        document, by=cast.officer, at=now(), kind=PointKind.KEY, theme=PointTheme.LEARNERS, body="Bí thư trực tiếp lãnh đạo.",
        clause=document.clauses.get(number="1"),
    )  # fmt: skip
    made = masters.compose_master(document, by=cast.accounts["editor"], at=now())
    masters.submit_master(made, revision=made.revision, by=cast.accounts["editor"], at=now())
    masters.approve_master(made, revision=made.revision, by=cast.officer, at=now())
    masters.publish_master(made, by=cast.officer, at=now())
    return made


def test_products_by_one_press(cast, master, desk, phone, sign_in, axe):
    sign_in(desk, cast.accounts["editor"])
    desk.goto(reverse("master", args=[master.pk]))
    desk.get_by_role("link", name="Sản phẩm").click()
    desk.get_by_role("link", name="Đảng viên ở nông thôn").click()
    desk.get_by_role("button", name="Làm Infographic").click()
    desk.get_by_text("Đang làm", exact=True).wait_for()
    Worker([]).run_all()
    desk.get_by_text("Đã làm", exact=True).wait_for()  # by itself: the page asks again while something is being made
    axe(desk)
    sign_in(phone, cast.accounts["organiser1"])
    phone.goto(reverse("document-master", args=[master.document_id]) + "?tier=rural")
    axe(phone)
    with phone.expect_download() as got:
        phone.get_by_role("link", name="Ảnh 9:16").click()
    with open(got.value.path(), "rb") as file, Image.open(io.BytesIO(file.read())) as picture:
        assert picture.size == (1080, 1920)
    with desk.expect_download() as got:
        desk.get_by_role("link", name="PDF").first.click()
    assert got.value.suggested_filename == "infographic-26-hd-btgtu-nong-thon.pdf"
    assert len(pypdfium2.PdfDocument(got.value.path())) == 1
