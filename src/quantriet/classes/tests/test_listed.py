"""A roster from a file: who is recognised, what is refused, and that nothing is written before the confirmation."""

import datetime as dt
import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import Workbook

from quantriet.campaigns import actions as campaign_actions
from quantriet.campaigns.tests import factories as campaign_factories
from quantriet.classes import queries
from quantriet.classes.tests import factories
from quantriet.kit.time import now
from quantriet.org.models import Person
from quantriet.org.rules.recognising import Candidate, ListedPerson, recognise

pytestmark = pytest.mark.django_db
BORN = dt.date(1970, 3, 9)


def candidate(person_id=1, code="TL1", name="Nguyễn Thị Hường", cell="Chi bộ thôn 1", born=BORN, year_only=False):
    return Candidate(person_id, code, name, cell, born, year_only)


@pytest.mark.parametrize(
    "line, person, told",
    [
        (ListedPerson(2, code="TL1"), 1, ""),
        (ListedPerson(2, code="TL1", name="nguyen thi huong"), 1, ""),
        (ListedPerson(2, code="TL1", name="Trần Văn Bình"), None, "khác họ tên"),
        (ListedPerson(2, name="NGUYỄN THỊ HƯỜNG", cell="thôn 1"), 1, ""),
        (ListedPerson(2, name="Nguyễn Thị Hường", born=BORN), 1, ""),
        (ListedPerson(2, name="Nguyễn Thị Hường", born=dt.date(1970, 1, 1), year_only=True), 1, ""),
        (ListedPerson(2, name="Nguyễn Thị Hường", born=dt.date(1970, 3, 10)), None, "khác chi bộ hoặc ngày sinh"),
        (ListedPerson(2, name="Nguyễn Thị Hường", cell="Chi bộ thôn 12"), None, "khác chi bộ"),
        (ListedPerson(2, name="Nguyễn Thị Hường"), None, "Chỉ có họ tên"),
        (ListedPerson(2, name="Lê Văn A", cell="thôn 1"), None, "Không có ai"),
        (ListedPerson(2, code="TL9"), None, "Không có mã này"),
    ],
)
def test_a_line_is_recognised_by_code_or_by_name_with_cell_or_birth(line, person, told):
    found = recognise(line, by_code=candidate() if line.code == "TL1" else None, by_name=[candidate()])
    assert found.person_id == person
    assert told in found.sentence


def test_namesakes_of_one_cell_are_not_guessed():
    line = ListedPerson(2, name="Nguyễn Thị Hường", cell="thôn 1")
    assert "cần ghi mã" in recognise(line, by_code=None, by_name=[candidate(), candidate(2, "TL2")]).sentence


def test_a_code_beyond_reach_is_told_so():
    assert "Ngoài phạm vi" in recognise(ListedPerson(2, code="X"), by_code=None, by_name=[], is_elsewhere=True).sentence


# --- pages ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def made(cast):
    campaign = campaign_factories.campaign(cast.units["T"], cast.officer)
    campaign_actions.prepare_duties(campaign, by=cast.officer, at=now())
    return factories.study_class(campaign, cast.units["X1"], cast.officer)


def upload(*rows, name="Triệu tập.xlsx"):
    book = Workbook()
    for row in (("STT", "Mã đảng viên", "Họ và tên", "Ngày sinh", "Chi bộ"), *rows):
        book.active.append(row)
    content = io.BytesIO()
    book.save(content)
    return SimpleUploadedFile(name, content.getvalue())


@pytest.mark.req("P-09")
def test_a_file_is_previewed_and_written_only_after_the_confirmation(as_user, cast, made):
    by_name = cast.people["M7"]
    client = as_user("organiser1")
    address = reverse("class-roster-list", args=[made.pk])
    file = upload(
        (1, "M1", cast.people["M1"].full_name),
        (2, None, by_name.full_name, None, by_name.unit.name),
        (3, "M10", "Người xã khác"),
        (4, "M99", "Không có"),
    )
    answer = client.post(address, {"file": file})
    page = answer.content.decode()
    assert "Sẽ thêm vào danh sách: 2" in page
    assert "Chưa nhận ra: 2" in page
    assert "Ngoài phạm vi được giao" in page
    assert cast.people["M10"].full_name not in page
    assert not made.roster.exists()

    keys = answer.context["form"].initial
    sent = {**keys, "people": f"{keys['people']},{cast.people['M10'].pk}", "venue": made.venues.get().pk}
    assert client.post(address, sent).status_code == 303  # with a key from outside the reach slipped in
    assert set(made.roster.values_list("person__code", flat=True)) == {"M1", "M7"}
    again = client.post(address, {"file": upload((1, "M1", cast.people["M1"].full_name))}).content.decode()
    assert "Đã có trong danh sách này." in again


@pytest.mark.parametrize(
    "file, told",
    [
        (SimpleUploadedFile("a.xlsx", b"no workbook at all"), "nội dung là văn bản thuần"),
        (SimpleUploadedFile("a.csv", "Ghi chú;Số\nx;1\n".encode()), ""),
        (SimpleUploadedFile("MẬT.csv", b"Ho ten;Chi bo\nA;B\n"), ""),
    ],
)
def test_what_is_no_list_is_refused(as_user, made, file, told):
    answer = as_user("organiser1").post(reverse("class-roster-list", args=[made.pk]), {"file": file})
    form = answer.context["form"]
    assert form.errors
    assert told in str(form.errors)
    assert not made.roster.exists()


def test_the_page_is_for_the_organiser(as_user, made):
    address = reverse("class-roster-list", args=[made.pk])
    for username, status in (("organiser1", 200), ("leader1", 403), ("organiser2", 404)):
        assert as_user(username).get(address).status_code == status


def test_a_preview_costs_the_same_for_any_number_of_lines(cast, made):
    counted = []
    for codes in (["M1"], ["M1", "M2", "M7"]):
        lines = [ListedPerson(number, code=code) for number, code in enumerate(codes)]
        with CaptureQueriesContext(
            connection,
        ) as asked:
            queries.preview_list(lines, made, Person.objects.all())
        counted.append(len(asked))
    assert counted[0] == counted[1]
