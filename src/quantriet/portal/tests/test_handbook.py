"""The handbook as the server gives it: what makes it installable, what may be kept and what never, for whom a page was made."""

import json
import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.core.files.base import ContentFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from PIL import Image

from quantriet.attendance.tests.factories import make_campaign
from quantriet.campaigns.models import MaterialReceipt
from quantriet.campaigns.tests.test_materials import released
from quantriet.kit.time import now
from quantriet.library.actions import masters, materials
from quantriet.library.actions.masters import PartText
from quantriet.library.models import MaterialFile
from quantriet.library.rules.products.content import GROUP_NAMES
from quantriet.library.tests.factories import make_document
from quantriet.library.vocab import Audience, MaterialKind, PartKind
from quantriet.portal.tests.factories import place, publish_master, release
from quantriet.portal.web import handbook

pytestmark = pytest.mark.django_db
KEPT, ACCOUNT = "X-Handbook", "X-Handbook-Account"


def setup_of(answer) -> dict:
    return json.loads(re.search(r"self\.HANDBOOK = (\{.*\});", answer.content.decode()).group(1))


@pytest.mark.req("R-131")
def test_the_manifest_is_whole_and_its_icons_are_what_it_says(client):
    answer = client.get("/manifest.webmanifest")
    assert answer["Content-Type"] == "application/manifest+json"
    said = answer.json()
    assert (said["name"], said["lang"], said["display"], said["scope"]) == (
        "Sổ tay Quán triệt",
        "vi",
        "standalone",
        "/",
    )
    assert {one["purpose"] for one in said["icons"]} == {"any", "maskable"}
    for one in said["icons"]:
        with Image.open(finders.find(one["src"].removeprefix("/static/"))) as icon:
            assert (f"{icon.width}x{icon.height}", icon.format) == (one["sizes"], "PNG")
    with Image.open(finders.find("kit/icons/touch-180.png")) as icon:
        assert icon.size == (180, 180)


@pytest.mark.parametrize("address", ["/", "/sign-in/", "/me/", "/documents/"])
def test_every_entrance_names_manifest_and_worker(cast, client, address):
    if address == "/me/":
        client.force_login(cast.accounts["member1"])
    shown = client.get(address).content.decode()
    assert '<link rel="manifest" href="/manifest.webmanifest">' in shown
    assert 'data-worker="/service-worker.js"' in shown
    assert "kit/js/offline.js" in shown
    assert "touch-180.png" in shown


def test_the_worker_is_fetched_anew_and_may_run(client):
    answer = client.get("/service-worker.js")
    assert answer["Content-Type"].startswith("text/javascript")
    assert answer["Cache-Control"] == "no-cache"
    assert "worker-src 'self'" in answer["Content-Security-Policy"]
    setup = setup_of(answer)
    assert setup["aside"] == ["/desk/", "/api/"]
    assert all(finders.find(one.removeprefix("/static/")) for one in setup["shell"])
    assert 'importScripts("/static/portal/worker/worker.js");' in answer.content.decode()


def test_a_changed_asset_is_a_new_worker(client, monkeypatch, tmp_path):
    before = setup_of(client.get("/service-worker.js"))["version"]
    assert setup_of(client.get("/service-worker.js"))["version"] == before
    real = finders.find
    changed = tmp_path / "display.js"
    changed.write_text("// changed")
    monkeypatch.setattr(
        handbook.finders, "find", lambda name: str(changed) if name.endswith("display.js") else real(name)
    )
    assert setup_of(client.get("/service-worker.js"))["version"] != before


def test_the_listeners_of_notices_come_along_once_they_exist(client, monkeypatch, tmp_path):
    real = finders.find
    monkeypatch.setattr(handbook.finders, "find", lambda name: None if name == handbook.PUSH else real(name))
    assert "push_worker" not in client.get("/service-worker.js").content.decode()
    stand_in = tmp_path / "push_worker.js"
    stand_in.write_text('self.addEventListener("push", () => {});')
    monkeypatch.setattr(handbook.finders, "find", lambda name: str(stand_in) if name == handbook.PUSH else real(name))
    assert 'importScripts("/static/notify/push_worker.js");' in client.get("/service-worker.js").content.decode()


@pytest.mark.req("R-132")
def test_only_what_says_so_may_be_kept(cast, client):
    document = make_document(cast)
    publish_master(cast, document)
    place(cast, document)
    for address in ("/", "/documents/", f"/documents/{document.pk}/", "/news/", "/questions/"):
        answer = client.get(address)
        assert (answer[KEPT], answer[ACCOUNT]) == ("public", "none"), address
        again = client.get(address, HTTP_IF_NONE_MATCH=answer["ETag"])
        assert (again.status_code, again.get(ACCOUNT)) in ((304, "none"), (304, None))
    for address in ("/search/?q=dang", "/questions/ask/", "/sign-in/", "/offline/", "/documents/9999/"):
        answer = client.get(address)
        assert KEPT not in answer, address
        assert answer[ACCOUNT] == "none"


def test_pages_of_a_member_are_their_own_and_the_desk_is_never_kept(cast, client):
    document = make_document(cast)
    publish_master(cast, document)
    place(cast, document)
    make_campaign(cast, documents=[document])
    client.force_login(cast.accounts["member1"])
    mark = handbook.account_mark(cast.accounts["member1"])
    for address in ("/me/", f"/me/documents/{document.pk}/", "/me/materials/", f"/documents/{document.pk}/"):
        answer = client.get(address)
        assert (answer[KEPT], answer[ACCOUNT]) == ("private", mark), address
    for address in ("/me/record/", "/me/looks/", "/me/data/", "/me/requests/"):
        assert KEPT not in client.get(address), address
    client.force_login(cast.officer)
    for address in ("/", "/desk/campaigns/", f"/desk/documents/{document.pk}/"):
        answer = client.get(address)
        assert answer.get(KEPT) in (None, "private")
        assert KEPT not in answer or address == "/"
        assert answer[ACCOUNT] != mark


def test_a_page_that_tells_something_passing_is_not_kept(cast, client):
    make_campaign(cast)
    client.force_login(cast.accounts["member1"])
    assert client.get("/me/")[KEPT] == "private"
    told = client.post(reverse("session-extend"), {"next": "/me/"}, follow=True)
    assert "Vẫn đang đăng nhập" in told.content.decode()
    assert KEPT not in told


def test_the_mark_names_nobody(cast):
    marks = {handbook.account_mark(one) for one in cast.accounts.values()}
    assert len(marks) == len(cast.accounts)
    assert all(re.fullmatch(r"[0-9a-f]{24}", one) for one in marks)


def test_signing_out_clears_what_the_browser_keeps_where_the_line_is_sealed(cast, client):
    client.force_login(cast.accounts["member1"])
    assert "Clear-Site-Data" not in client.post("/sign-out/")
    client.force_login(cast.accounts["member1"])
    assert client.post("/sign-out/", secure=True)["Clear-Site-Data"] == '"cache"'


def test_what_is_fetched_ahead_is_what_the_member_studies(cast, client):
    document, other = make_document(cast), make_document(cast, number="77-HD/BTGTU")
    publish_master(cast, document)
    place(cast, document)
    make_campaign(cast, documents=[document])
    client.force_login(cast.accounts["member1"])
    answer = client.get("/me/handbook.json")
    assert KEPT not in answer
    pages = answer.json()["pages"]
    assert pages[:2] == ["/me/", "/me/materials/"]
    assert f"/me/documents/{document.pk}/" in pages
    assert f"/documents/{document.pk}/" in pages
    assert not [one for one in pages if f"/{other.pk}/" in one and "duties" not in one]
    client.force_login(cast.officer)  # tied to no person
    assert client.get("/me/handbook.json").json()["pages"] == ["/me/"]


def test_the_page_without_a_line_is_nobodys(cast, client):
    shown = client.get("/offline/").content.decode()
    assert "Máy đang không có mạng" in shown
    assert "data-account" not in shown
    assert "<div data-list>" in shown
    assert shown.count(" hidden data-when=") == 2


@pytest.mark.req("R-125")
def test_a_member_opens_a_material_and_is_noted_once(cast, client):
    document = make_document(cast)
    file = released(cast, document)
    leaders = released(cast, document, Audience.KEY_CADRE, MaterialKind.OUTLINE)
    make_campaign(cast, documents=[document])
    client.force_login(cast.accounts["member1"])
    shown = client.get("/me/materials/").content.decode()
    assert f"/me/materials/{file.pk}/" in shown
    assert f"/me/materials/{leaders.pk}/" not in shown
    assert "Chưa nhận" in shown
    assert client.get(f"/me/materials/{file.pk}/", HTTP_PURPOSE="prefetch").status_code == 200
    assert not MaterialReceipt.objects.exists()
    for _ in range(2):
        answer = client.get(f"/me/materials/{file.pk}/")
        assert answer["Content-Disposition"].startswith("attachment")
        assert b"".join(answer) == b"%PDF-1.7"
    assert MaterialReceipt.objects.get().person == cast.people["M1"]
    assert "đã mở" in client.get("/me/materials/").content.decode()
    assert client.get(f"/me/materials/{leaders.pk}/").status_code == 404
    client.force_login(cast.accounts["member10"])  # of a cell that is not called
    assert client.get(f"/me/materials/{file.pk}/").status_code == 404
    assert MaterialReceipt.objects.count() == 1


def test_statements_of_my_materials_do_not_grow(cast, client):
    documents = [make_document(cast, number=f"{number}-HD/BTGTU") for number in (26, 27, 28)]
    client.force_login(cast.accounts["member1"])
    counts = []
    for number, document in enumerate(documents):
        released(cast, document)
        make_campaign(cast, documents=[document], name=f"Đợt {number}")
        with CaptureQueriesContext(connection) as asked:
            client.get("/me/materials/")
        counts.append(len(asked))
    assert counts[0] == counts[2]


@pytest.mark.req("P-15")
def test_what_is_made_for_members_is_not_handed_to_the_public(cast, client):
    document = make_document(cast)
    file = released(cast, document, Audience.KEY_CADRE)
    place(cast, document)
    address = f"/documents/{document.pk}/materials/{file.pk}/"
    assert address not in client.get(f"/documents/{document.pk}/").content.decode()
    assert client.get(address).status_code == 404


def test_everybody_downloads_the_material_of_a_public_document(cast, client):
    document, hidden = make_document(cast), make_document(cast, number="77-HD/BTGTU")
    file, other = released(cast, document, Audience.PUBLIC), released(cast, hidden)
    place(cast, document)
    address = f"/documents/{document.pk}/materials/{file.pk}/"
    assert address in client.get(f"/documents/{document.pk}/").content.decode()
    answer = client.get(address)
    assert answer[KEPT] == "public"
    assert b"".join(answer) == b"%PDF-1.7"
    assert client.get(f"/documents/{document.pk}/materials/{other.pk}/").status_code == 404
    assert not MaterialReceipt.objects.exists()


@pytest.mark.req("R-119")
def test_a_link_of_an_earlier_version_leads_to_the_present_product(cast, client):
    document = make_document(cast)
    shared, own = (released(cast, document, who) for who in (Audience.PUBLIC, Audience.RURAL))
    make_campaign(cast, documents=[document])
    master = document.masters.get()
    masters.reopen_master(master, by=cast.accounts["editor"], at=now())
    release(cast, master)
    version = master.versions.first()
    new = {}
    for old in (shared, own):
        file = MaterialFile(material=old.material, version=version, form=old.form, size=8)
        file.file.save("thu.pdf", ContentFile(b"%PDF-1.8"), save=True)
        new[old.pk] = file
    answer = client.get(f"/documents/{document.pk}/materials/{shared.pk}/")
    assert (answer.status_code, answer.url) == (302, f"/documents/{document.pk}/materials/{new[shared.pk].pk}/")
    assert b"".join(client.get(answer.url)) == b"%PDF-1.8"
    assert client.get(f"/documents/{document.pk}/materials/{own.pk}/").status_code == 404  # made for members
    client.force_login(cast.accounts["member1"])
    answer = client.get(f"/me/materials/{own.pk}/")
    assert (answer.status_code, answer.url) == (302, f"/me/materials/{new[own.pk].pk}/")
    assert b"".join(client.get(answer.url)) == b"%PDF-1.8"
    client.force_login(cast.accounts["member10"])
    assert client.get(f"/me/materials/{own.pk}/").status_code == 404


# --- the published content of one's own group ---------------------------------------------------------------------------------


@pytest.fixture
def published(cast):
    """A document with a part of each kind for rural members, one for workers and one for the public, studied by all."""
    document = make_document(cast)
    clause, own = document.clauses.get(number="1"), (Audience.RURAL,)
    publish_master(cast, document, [
        PartText(PartKind.QUESTION, own, "Ốm thì sao?", "Học bù trong cùng đợt.", clause=clause),
        PartText(PartKind.TASK, own, "Cử người theo dõi", "Phân công từng đồng chí.", clause=clause),
        PartText(PartKind.MEANING, own, text="Dự đủ buổi học ở thôn.", clause=clause),
        PartText(PartKind.FIGURE, own, "Tham gia đủ thời gian", "Ít nhất.", masters.parse_value("98"), "%", clause=clause),
        PartText(PartKind.NEW, own, text="Điều mới cho thôn.", clause=clause),
        PartText(PartKind.CORE, own, text="Bí thư cấp ủy trực tiếp lãnh đạo, chỉ đạo, kiểm tra.", clause=clause),
        PartText(PartKind.GOAL, own, text="Xong trong quý.", clause=clause),
        PartText(PartKind.MEANING, (Audience.OFFICIALS,), text="Xếp lớp theo ca."),
        PartText(PartKind.MEANING, (Audience.PUBLIC,), text="Người dân được nghe."),
    ])  # fmt: skip
    make_campaign(cast, documents=[document])
    return document


@pytest.mark.req("R-047", "R-117")
def test_a_member_reads_what_is_published_for_their_group(cast, client, published):
    client.force_login(cast.accounts["member1"])
    answer = client.get(f"/me/documents/{published.pk}/")
    page = answer.content.decode()
    order = [
        "Xong trong quý.", "Bí thư cấp ủy trực tiếp lãnh đạo, chỉ đạo, kiểm tra.", "Điều mới cho thôn.", "98%",
        "Dự đủ buổi học ở thôn.", "Cử người theo dõi", "Ốm thì sao?",
    ]  # fmt: skip
    places = [page.index(words) for words in order]
    assert places == sorted(places)
    clause = published.clauses.get(number="1")
    assert page.count(f'Thuộc mục: <a href="#clause-{clause.order}">') == len(order)
    assert f'id="clause-{clause.order}"' in page
    assert re.findall(r'<h2 id="h-[^"]*">([^<]*)</h2>', page)[: len(order)] == [
        GROUP_NAMES[kind] for kind in
        (PartKind.GOAL, PartKind.CORE, PartKind.NEW, PartKind.FIGURE, PartKind.MEANING, PartKind.TASK, PartKind.QUESTION)
    ]  # fmt: skip
    assert "Xếp lớp theo ca." not in page
    assert "Người dân được nghe." not in page
    assert answer[KEPT] == "private"


@pytest.mark.req("R-119")
def test_the_handbook_shows_approved_verses_with_the_content(cast, client, published):
    master = published.masters.get()
    given = {
        "title": "Vè",
        "author": "Khuyết danh",
        "source": "",
        "basis": "Đồng ý",
        "by": cast.accounts["editor"],
        "at": now(),
    }
    let_out, waiting = (
        materials.bring(master, MaterialKind.VERSE, words="", content=words.encode(), name="v.txt", **given)
        for words in ("Học rồi <i>nhớ</i>\nđiều hay", "Chưa ai duyệt")
    )
    materials.approve_brought(let_out, by=cast.officer, at=now())
    client.force_login(cast.accounts["member1"])
    page = client.get(f"/me/documents/{published.pk}/").content.decode()
    assert "Học rồi &lt;i&gt;nhớ&lt;/i&gt;<br>điều hay" in page
    assert "Chưa ai duyệt" not in page
    address = f"/me/documents/{published.pk}/works/{let_out.pk}/"
    assert address in page
    answer = client.get(address)
    assert (answer.status_code, answer["Cache-Control"]) == (200, "private, max-age=300")
    assert client.get(f"/me/documents/{published.pk}/works/{waiting.pk}/").status_code == 404
    client.force_login(cast.accounts["member10"])
    assert client.get(address).status_code == 404


def test_a_group_without_own_parts_reads_those_for_the_public(cast, client):
    document = make_document(cast)
    publish_master(cast, document, [PartText(PartKind.MEANING, (Audience.PUBLIC,), text="Người dân được nghe.")])
    make_campaign(cast, documents=[document])
    client.force_login(cast.accounts["member1"])
    assert "Người dân được nghe." in client.get(f"/me/documents/{document.pk}/").content.decode()


@pytest.mark.req("R-047")
def test_a_member_finds_what_is_published_for_their_group_once(cast, client, published):
    client.force_login(cast.accounts["member1"])
    page = client.get("/me/search/", {"q": "truc tiep lanh dao"}).content.decode()
    assert page.count('<p class="passage">') == 1  # the point and the clause it says again are one sentence
    part = published.masters.get().parts.get(kind=PartKind.CORE)
    assert f'<a href="/me/documents/{published.pk}/#part-{part.pk}">' in page
    figure = client.get("/me/search/", {"q": "du thoi gian"}).content.decode()
    assert "98%" in figure
    assert "xếp lớp" not in client.get("/me/search/", {"q": "theo ca"}).content.decode().lower()


@pytest.mark.parametrize("typed", ["hoc bu", "HỌC BÙ", "họ\u0323c bu\u0300"])
def test_a_member_searches_what_is_studied_without_marks(cast, client, typed):
    text = ["I. ĐỐI TƯỢNG", "1. Người vắng phải học bù trong cùng đợt."]
    mine = make_document(cast, paragraphs=text)
    hidden = make_document(cast, number="77-HD/BTGTU", paragraphs=text)
    make_campaign(cast, documents=[mine])
    client.force_login(cast.accounts["member1"])
    shown = client.get("/me/search/", {"q": typed}).content.decode()
    assert f"/me/documents/{mine.pk}/" in shown
    assert f"/me/documents/{hidden.pk}/" not in shown
    assert "phải <mark>" in shown
    assert "Không thấy trong văn bản" in client.get("/me/search/", {"q": "không có đâu"}).content.decode()
    assert client.get("/me/search/", {"q": "a"}).status_code == 200


def test_the_icons_are_drawn_by_the_program(tmp_path, monkeypatch):
    from scripts import icons

    for name, (size, corner, share) in icons.ICONS.items():
        drawn = icons.draw(size, corner=corner, share=share)
        with Image.open(Path(icons.FOLDER) / name) as committed:
            wanted = drawn if corner else drawn.convert("RGB")
            assert committed.convert("RGBA").tobytes() == wanted.convert("RGBA").tobytes(), name
