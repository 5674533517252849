"""Paper slips with printed codes: each wrong slip is told in a sentence, a right one counts once."""

import datetime as dt
import io

import pytest
import segno
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image

from quantriet.attendance import actions
from quantriet.attendance.models import PresenceFact
from quantriet.attendance.rules import codes
from quantriet.attendance.tests.factories import AFTERNOON, MORNING, clock, make_campaign, make_class
from quantriet.attendance.vocab import FactKind, Method
from quantriet.attendance.web.check_in import keys
from quantriet.kit.refusal import Refusal, Refusals
from quantriet.kit.time import today

pytestmark = pytest.mark.django_db
EVERY_HOUR = ((dt.time(0, 0), dt.time(23, 59)),)


@pytest.fixture
def made(cast):
    return make_class(cast, make_campaign(cast), ["M1", "M2", "M7"], times=(MORNING, AFTERNOON))


def slip(made, person: str, session: int = 0) -> str:
    return codes.slip_code(keys()[0], made.entries[person].pk, made.sessions[session].pk)


def read(made, by, *lines: str, kind=FactKind.ARRIVE, hour=(7, 40), at=None, **given) -> int:
    return actions.read_paper_slips(
        made.study_class, made.session, kind, "\n".join(lines), moment=clock(*hour), keys=keys(), by=by,
        at=at or clock(18), **given,
    )  # fmt: skip


def test_a_code_is_read_as_it_is_typed_and_a_slip_of_the_pen_is_not():
    key = b"k" * 32
    code = codes.slip_code(key, 1234, 77)
    typed = code.lower().replace("0", "o").replace("-", " - ")
    assert codes.read_slip_code([key], typed) == (1234, 77)
    wrong = code[:-1] + ("0" if code[-1] != "0" else "1")
    with pytest.raises(Refusal) as refused:
        codes.read_slip_code([key], wrong)
    assert refused.value.code == "slip.forged"
    with pytest.raises(Refusal) as refused:
        codes.read_slip_code([key], codes.personal_code(key, 1234))
    assert refused.value.code == "slip.card"
    with pytest.raises(Refusal) as refused:
        codes.read_slip_code([key], "xin chào")
    assert refused.value.code == "slip.unreadable"


@pytest.mark.req("R-069")
def test_slips_are_read_for_the_hour_written_on_them(cast, made):
    by = cast.accounts["organiser1"]
    assert read(made, by, slip(made, "M1"), "", slip(made, "M2")) == 2
    assert read(made, by, slip(made, "M1"), kind=FactKind.LEAVE, hour=(10, 50)) == 1
    facts = PresenceFact.objects.filter(entry=made.entries["M1"]).order_by("at")
    assert [(one.kind, one.at, one.method) for one in facts] == [
        (FactKind.ARRIVE, clock(7, 40), Method.SLIP), (FactKind.LEAVE, clock(10, 50), Method.SLIP),
    ]  # fmt: skip


@pytest.mark.req("R-069")
def test_each_wrong_slip_is_told_by_its_line_and_nothing_is_written(cast, made):
    by = cast.accounts["organiser1"]
    read(made, by, slip(made, "M7"))
    before = PresenceFact.objects.count()
    other = make_class(cast, made.campaign, ["M6"], title="Lớp khác")
    old = make_class(
        cast, make_campaign(cast), ["M1"], title="Lớp năm trước", day=today().replace(year=today().year - 1, day=1)
    )
    good = slip(made, "M1")
    with pytest.raises(Refusals) as refused:
        read(
            made, by, good, good[:-2] + "ZZ", slip(other, "M6"), slip(old, "M1"), slip(made, "M2", 1), slip(made, "M7"),
            good, codes.personal_code(keys()[0], made.entries["M1"].pk), codes.slip_code(keys()[0], 987654, made.session.pk),
        )  # fmt: skip
    told = {one.row: one for one in refused.value.several}
    assert {row: one.code for row, one in told.items()} == {
        2: "slip.forged", 3: "slip.other_class", 4: "slip.other_class", 5: "slip.other_session", 6: "slip.used",
        7: "slip.twice", 8: "slip.card", 9: "slip.gone",
    }  # fmt: skip
    assert "Lớp khác" in told[3].sentence
    assert f"năm {today().year - 1}" in told[4].sentence
    assert "Buổi chiều" in told[5].sentence
    assert "đã đọc lúc" in told[6].sentence
    assert "dòng 1" in told[7].sentence
    assert PresenceFact.objects.count() == before
    assert read(made, by, good, good[:-2] + "ZZ", skips_wrong=True) == 1
    assert PresenceFact.objects.count() == before + 1


def test_a_slip_taken_back_may_be_read_again(cast, made):
    by = cast.accounts["organiser1"]
    read(made, by, slip(made, "M1"))
    actions.void_mark(PresenceFact.objects.get(), nonce="undo", by=by, at=clock(18))
    assert read(made, by, slip(made, "M1"), hour=(8, 0)) == 1


def test_who_does_not_take_this_roll_reads_no_slip(cast, made):
    with pytest.raises(Refusals) as refused:
        read(made, cast.accounts["organiser2"], slip(made, "M1"))
    assert refused.value.several[0].code == "slip.other_venue"


def photo(*texts: str) -> SimpleUploadedFile:
    """A sheet with several codes side by side."""
    sheet = Image.new("L", (420 * len(texts), 460), 255)
    for place, text in enumerate(texts):
        drawn = io.BytesIO()
        segno.make(text, error="m").save(drawn, kind="png", scale=8, border=4)
        sheet.paste(Image.open(drawn).convert("L"), (420 * place + 20, 30))
    content = io.BytesIO()
    sheet.save(content, "JPEG", quality=90)
    return SimpleUploadedFile("phieu.jpg", content.getvalue(), content_type="image/jpeg")


@pytest.mark.req("R-069")
def test_slips_are_printed_photographed_and_recorded_on_the_page(as_user, cast):
    made = make_class(cast, make_campaign(cast), ["M1", "M2"], times=EVERY_HOUR)
    client = as_user("organiser1")
    where = f"?session={made.session.pk}&venue={made.venue.pk}"
    printed = client.get(reverse("paper-slips-print", args=[made.study_class.pk]) + where).content.decode()
    assert slip(made, "M1") in printed
    address = reverse("paper-slips", args=[made.study_class.pk]) + where
    assert client.get(address).status_code == 200
    sent = {
        "kind": "arrive",
        "clock": "00:00",
        "codes": "",
        "do": "photo",
        "photos": photo(slip(made, "M1"), slip(made, "M2")),
    }
    answer = client.post(address, sent)
    lines = answer.context["form"]["codes"].value()
    assert set(lines.split()) == {slip(made, "M1"), slip(made, "M2")}
    assert not PresenceFact.objects.exists()
    wrong = client.post(
        address, {"kind": "arrive", "clock": "00:00", "codes": lines + "\nS-1-2-ABCDEFG", "do": "record"}
    )
    assert "Dòng 3" in wrong.content.decode()
    assert not PresenceFact.objects.exists()
    assert "Ghi giờ trên phiếu" in client.post(
        address, {"kind": "arrive", "clock": "x", "codes": lines, "do": "record"}
    ).content.decode()  # fmt: skip
    done = client.post(address, {"kind": "arrive", "clock": "00:00", "codes": lines, "do": "record"})
    assert done.status_code == 303
    assert PresenceFact.objects.count() == 2
    assert as_user("organiser2").get(address).status_code == 404
