"""The portal without an account: what is published is read at once, and nothing else ever."""

import re
import time
import unicodedata
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from io import BytesIO

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from PIL import Image

from quantriet.kit.time import now, today
from quantriet.library import actions as library_actions
from quantriet.library.actions import masters, publication
from quantriet.library.actions.masters import PartText
from quantriet.library.models import PublicDocument
from quantriet.library.tests.factories import make_document
from quantriet.library.vocab import Audience, PartKind, RelationKind
from quantriet.portal.actions import news
from quantriet.portal.queries import public as queries
from quantriet.portal.rules import share
from quantriet.portal.rules.news import Block, blocks
from quantriet.portal.tests.factories import (
    make_answered,
    make_article,
    photo,
    place,
    publish_master,
    release,
)
from quantriet.portal.web import fresh

pytestmark = pytest.mark.django_db
ATOM = "{http://www.w3.org/2005/Atom}"


def read(client, name, *args, query="", status=200):
    fresh.forget_pages()
    answer = client.get(reverse(name, args=args) + query)
    assert answer.status_code == status, answer.status_code
    return answer.content.decode() if status == 200 else ""


@pytest.fixture
def document(cast):
    return make_document(cast)


# --- what is shown, and what is not -------------------------------------------------------------------------------------------


@pytest.mark.req("R-132")
def test_a_document_is_shown_as_far_as_it_is_published(cast, client, document):
    """Nothing; its content alone; then its text; and again nothing of what is taken back."""
    read(client, "public-document", document.pk, status=404)
    assert "26-HD/BTGTU" not in read(client, "public-documents")

    publish_master(cast, document)
    page = read(client, "public-document", document.pk)
    for words in (
        "Bí thư trực tiếp lãnh đạo.",
        "Vắng quá bốn mươi",
        "40%",
        "Ai phải học?",
        "Được nghe phổ biến ở thôn.",
    ):
        assert words in page
    assert "Lập danh sách và theo dõi danh sách." not in page

    placement = place(cast, document)
    assert "Lập danh sách và theo dõi danh sách." in read(client, "public-document", document.pk)
    publication.withdraw_placement(placement, reason="nhầm", by=cast.officer, at=now())
    assert "Lập danh sách và theo dõi danh sách." not in read(client, "public-document", document.pk)
    masters.withdraw_master(document.masters.get(), reason="còn sai sót", by=cast.officer, at=now())
    read(client, "public-document", document.pk, status=404)
    assert not PublicDocument.objects.exists()


def test_a_text_for_members_alone_puts_nothing_before_the_public(client, cast):
    document = make_document(cast)
    publish_master(cast, document, [
        PartText(PartKind.CORE, (Audience.RURAL,), text="Dành cho đảng viên ở nông thôn.", clause=document.clauses.first()),
    ])  # fmt: skip
    assert not PublicDocument.objects.exists()
    read(client, "public-document", document.pk, status=404)
    assert document.reference_number not in read(client, "public-documents")
    place(cast, document)
    page = read(client, "public-document", document.pk)
    assert "Dành cho đảng viên ở nông thôn." not in page
    assert PublicDocument.objects.get().version is None


@pytest.mark.req("R-016", "R-017")
def test_a_document_exempt_from_publication_is_nowhere(cast, client, document):
    publish_master(cast, document)
    publication.exempt_document(
        document, reason="văn bản nội bộ", basis="ý kiến Thường trực", by=cast.officer, at=now()
    )
    read(client, "public-document", document.pk, status=404)
    assert queries.search("bi thu").total == 0
    for name in ("public-sitemap", "public-feed", "home", "public-documents"):
        assert "26-HD/BTGTU" not in read(client, name)
        assert reverse("public-document", args=[document.pk]) not in read(client, name)
    publication.lift_exemption(document, by=cast.officer, at=now())
    assert "Bí thư trực tiếp lãnh đạo." in read(client, "public-document", document.pk)


def test_what_is_being_composed_stays_on_the_desk(cast, client, document):
    """A draft of the next version, a marked point and news in any state but published are no part of the portal."""
    publish_master(cast, document)
    master = document.masters.get()
    masters.reopen_master(master, by=cast.accounts["editor"], at=now())
    masters.add_part(
        master,
        PartText(PartKind.MEANING, (Audience.PUBLIC,), text="Câu còn đang soạn."),
        by=cast.accounts["editor"],
        at=now(),
    )
    drafts = [make_article(cast, f"Tin {state}", state=state) for state in ("draft", "submitted")]
    taken = make_article(cast, "Tin đã gỡ", numbers=["26-HD/BTGTU"])
    news.withdraw_news(taken, remark="sai ngày", by=cast.officer, at=now())
    pages = [read(client, "public-document", document.pk)]
    pages += [read(client, name) for name in ("home", "public-news", "public-feed", "public-sitemap")]
    pages.append(read(client, "public-search", query="?q=tin"))
    for page in pages:
        assert "đang soạn" not in page
        assert not re.search("Tin draft|Tin submitted|Tin đã gỡ", page)
    for article in (*drafts, taken):
        for name in ("public-news-article", "public-news-picture", "public-news-share"):
            read(client, name, article.pk, status=404)


def test_what_changed_between_versions_is_told(cast, client, document):
    publish_master(cast, document)
    assert "So với bản công bố lần trước" not in read(client, "public-document", document.pk)
    master = document.masters.get()
    masters.reopen_master(master, by=cast.accounts["editor"], at=now())
    part = master.parts.get(kind=PartKind.MEANING)
    said = PartText(PartKind.MEANING, (Audience.PUBLIC,), text="Được nghe phổ biến ở tổ dân phố.")
    masters.change_part(part, said, revision=part.revision, by=cast.accounts["editor"], at=now())
    release(cast, master)
    page = read(client, "public-document", document.pk)
    assert "So với bản công bố lần trước" in page
    assert re.search(r"<ins>.*tổ.*</ins>", page)


def test_relations_lead_to_public_documents_alone(cast, client, document):
    place(cast, document)
    open_one, closed_one = (
        make_document(cast, number=number, subject=f"Văn bản {number}") for number in ("30-KH/BTGTU", "31-KH/BTGTU")
    )
    place(cast, open_one)
    for source in (open_one, closed_one):
        library_actions.add_relation(source, by=cast.officer, at=now(), kind=RelationKind.GUIDES, target=document)
    page = read(client, "public-document", document.pk)
    assert "30-KH/BTGTU" in page
    assert "31-KH/BTGTU" not in page


def test_markup_is_letters(cast, client, document):
    """In a title, a lead, the text, a part, a question."""
    bad = '<script>alert("x")</script>'
    publish_master(cast, document, [PartText(PartKind.QUESTION, (Audience.PUBLIC,), f"Hỏi {bad}", f"Đáp {bad}")])
    article = make_article(cast, f"Tin {bad}")
    make_answered(cast, f"Câu hỏi {bad}", document=document)
    pages = [read(client, "public-document", document.pk), read(client, "public-news-article", article.pk)]
    pages += [read(client, name) for name in ("home", "public-questions")]
    pages.append(read(client, "public-search", query="?q=script"))
    for page in pages:
        assert "<script>alert" not in page
        assert "&lt;script&gt;" in page
    ET.fromstring(read(client, "public-feed"))


def test_text_of_news_is_read_as_blocks():
    assert blocks("Một\ndòng nữa\n\n\n## Tiêu đề\n- a\n- <b>b</b>\nhết") == [
        Block("paragraph", ("Một dòng nữa",)), Block("heading", ("Tiêu đề",)), Block("items", ("a", "<b>b</b>")),
        Block("paragraph", ("hết",)),
    ]  # fmt: skip
    assert blocks("") == []


# --- search -------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "typed", ["danh sach", "Danh sách", "DANH SÁCH", unicodedata.normalize("NFD", "danh sách"), "danh  sach "]
)
def test_search_takes_every_way_of_writing(cast, document, typed):
    place(cast, document)
    [found] = queries.search(typed).documents
    assert found.shown.document_id == document.pk
    assert "danh sách" in found.passages[0].found.lower()


def test_search_knows_d_and_goes_on_with_an_unfinished_word(cast, document):
    place(cast, document)
    assert queries.search("lanh dao").total == queries.search("lãnh đạo").total == queries.search("lanh da").total == 1
    assert queries.search("26-HD/BTGTU").total == queries.search("26-hd").total == queries.search("hd btgtu").total == 1
    assert queries.search("khong co o dau").is_empty
    assert queries.search("a").is_empty
    assert queries.search("' OR 1=1 -- \" *").is_empty


def test_search_finds_points_questions_and_news(cast, document):
    publish_master(cast, document)
    make_article(cast, "Hội thi kể chuyện")
    make_answered(cast, "Người cao tuổi học thế nào?")
    assert queries.search("bon muoi phan tram").documents[0].passages[0].label == "Điểm mới"
    assert [one.title for one in queries.search("ke chuyen").news] == ["Hội thi kể chuyện"]
    assert [one.shown_words for one in queries.search("cao tuoi").questions] == ["Người cao tuổi học thế nào?"]


def test_search_never_finds_unpublished_text(cast, document):
    """The text of a document whose content alone is public, the desk's own words of a question."""
    publish_master(cast, document)
    assert queries.search("lap danh sach").total == 0
    question = make_answered(cast, "Tên riêng Ngô Văn Kín", nonce="n2")
    assert queries.search("ngo van kin").questions == [question]
    from quantriet.portal.actions import questions

    questions.withdraw_answer(question, by=cast.officer, at=now())
    assert queries.search("ngo van kin").is_empty


def test_search_follows_a_corrected_text(cast, document):
    place(cast, document)
    library_actions.outline_document(document, by=cast.officer, at=now(), body="1. Mục đích\nPhát thanh buổi chiều.")
    assert queries.search("lap danh sach").total == 0
    assert queries.search("phat thanh").total == 1


def test_pages_of_results_keep_the_order_of_days(cast, client):
    for number in range(12):
        day = today().replace(day=1, month=1)
        made = make_document(
            cast,
            number=f"{number + 1:02d}-CT/TU",
            subject=f"Chỉ thị số {number}",
            issued_on=day.replace(day=number + 1),
        )
        place(cast, made)
    first = [one.shown.document.number for one in queries.search("chi thi").documents]
    second = [one.shown.document.number for one in queries.search("chi thi", 2).documents]
    assert first + second == list(range(12, 0, -1))
    assert "Trang 2/2" in read(client, "public-search", query="?q=chi+thi&page=2")


# --- for programs -------------------------------------------------------------------------------------------------------------


class Microdata(HTMLParser):
    """The types and properties of a page; a type that is opened in nothing has none."""

    def __init__(self, page):
        super().__init__()
        self.types, self.props, self.meta, self.links, self.scripts = [], [], {}, {}, []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if "itemtype" in given:
            assert "itemscope" in given
            self.types.append(given["itemtype"].rpartition("/")[2])
        if "itemprop" in given:
            self.props.append((given["itemprop"], given.get("content")))
        if tag == "meta" and ("property" in given or "name" in given):
            self.meta[given.get("property") or given["name"]] = given.get("content")
        if tag == "link":
            self.links[given["rel"]] = given["href"]
        if tag == "script":
            self.scripts.append(given)


def test_pages_tell_programs_what_they_are(cast, client, document, settings):
    settings.SITE_ADDRESS = "https://cong.example"
    place(cast, document)
    publish_master(cast, document)
    article = make_article(cast, "Tin có dữ liệu")
    said = Microdata(read(client, "public-document", document.pk, query="?utm_source=x"))
    assert {"Legislation", "FAQPage", "Question", "Answer"} <= set(said.types)
    assert ("legislationIdentifier", "26-HD/BTGTU") in said.props
    assert said.links["canonical"] == said.meta["og:url"] == f"https://cong.example/documents/{document.pk}/"
    assert said.meta["og:image"] == f"https://cong.example/documents/{document.pk}/share.png"
    assert all(one.get("src") for one in said.scripts), "no inline script: the content policy forbids it"
    told = Microdata(read(client, "public-news-article", article.pk))
    assert "NewsArticle" in told.types
    assert dict(told.props)["headline"] == told.meta["og:title"] == "Tin có dữ liệu"
    make_answered(cast)
    assert {"FAQPage", "Question", "Answer"} <= set(Microdata(read(client, "public-questions")).types)


def test_feed_and_sitemap_are_read_by_a_parser(cast, client, document, settings):
    settings.SITE_ADDRESS = "https://cong.example/"
    place(cast, document)
    make_article(cast, "Tin & <thẻ>")
    feed = ET.fromstring(read(client, "public-feed"))
    assert feed.tag == f"{ATOM}feed"
    titles = [one.findtext(f"{ATOM}title") for one in feed.iter(f"{ATOM}entry")]
    assert set(titles) == {"Tin & <thẻ>", "Hướng dẫn 26-HD/BTGTU"}
    assert all(one.findtext(f"{ATOM}updated") and one.findtext(f"{ATOM}id") for one in feed.iter(f"{ATOM}entry"))
    sitemap = ET.fromstring(read(client, "public-sitemap"))
    addresses = [one.text for one in sitemap.iter("{http://www.sitemaps.org/schemas/sitemap/0.9}loc")]
    assert f"https://cong.example/documents/{document.pk}/" in addresses
    assert all(one.startswith("https://cong.example/") for one in addresses)
    for one in addresses:
        assert Client().get(one.removeprefix("https://cong.example")).status_code == 200
    robots = read(client, "robots")
    assert "Disallow: /desk/" in robots
    assert "Sitemap: https://cong.example/sitemap.xml" in robots


def test_share_picture_is_drawn_once_and_follows_the_words(cast, client, document, settings, tmp_path, monkeypatch):
    settings.DATA_DIR = tmp_path
    publish_master(cast, document)
    first = client.get(reverse("public-document-share", args=[document.pk]))
    assert first["Content-Type"] == "image/png"
    assert first.content.startswith(b"\x89PNG")
    assert len(first.content) < 400_000
    monkeypatch.setattr(share, "draw", lambda said: pytest.fail("drawn twice"))
    assert client.get(reverse("public-document-share", args=[document.pk])).content == first.content


@pytest.mark.parametrize("title", ["Ngắn", "Ẫ Ỗ Ữ NGUYỄN THỊ HƯỜNG " * 12, "x" * 400])
def test_share_picture_holds_short_and_long_words(title):

    said = share.content(over=title, title=title, points=[title, "<b>#eval</b>", title], foot=title)
    with Image.open(BytesIO(share.draw(said))) as picture:
        assert picture.size == (share.WIDTH, share.HEIGHT)
        # The strip beside the words stays paper: nothing runs over the edge.
        edge = picture.convert("RGB").crop((1140, 40, 1200, 630))
        assert edge.getextrema() == ((246, 246), (244, 244), (239, 239))


def test_pictures_are_those_of_the_published_version(cast, client, document):
    publish_master(cast, document)
    master = document.masters.get()
    masters.reopen_master(master, by=cast.accounts["editor"], at=now())
    image = masters.add_image(
        master, content=photo(), name="a.jpg", alt="Một vuông đỏ", by=cast.accounts["editor"], at=now()
    )
    address = reverse("public-document-picture", args=[document.pk, image.pk])
    assert client.get(address).status_code == 404
    release(cast, master)
    answer = client.get(address)
    assert answer["Content-Type"] == "image/jpeg"
    assert "sandbox" in answer["Content-Security-Policy"]
    page = read(client, "public-document", document.pk)
    assert f'src="{address}" alt="Một vuông đỏ"' in page


# --- one copy for everybody ---------------------------------------------------------------------------------------------------


def test_a_page_is_made_once_a_second_and_no_later(cast, client, document):
    place(cast, document)
    address = reverse("public-documents")
    fresh.forget_pages()
    first = client.get(address)
    with CaptureQueriesContext(connection) as asked:
        assert client.get(address).content == first.content
    assert not [one for one in asked if "publicdocument" in one["sql"]]
    place(cast, make_document(cast, number="40-KH/BTGTU", subject="Kế hoạch mới"))
    time.sleep(1.0)
    assert "40-KH/BTGTU" in client.get(address).content.decode()


def test_a_copy_knows_its_reader_by_nothing(cast, client, document):
    """No cookie is set, none of the address of one stands in the page of another, and it says when nothing changed."""
    place(cast, document)
    address = reverse("public-document", args=[document.pk])
    answer = client.get(address + "?q=la-cua-nguoi-khac")
    assert not answer.cookies
    assert "csrf" not in answer.content.decode()
    assert "la-cua-nguoi-khac" not in client.get(address).content.decode()
    again = Client().get(address, headers={"If-None-Match": answer["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    packed = Client().get(address, headers={"Accept-Encoding": "gzip"})
    assert packed["Content-Encoding"] == "gzip"
    assert len(packed.content) < len(answer.content) / 2
    assert "Accept-Encoding" in packed["Vary"]
    assert "Cookie" in packed["Vary"]


@pytest.mark.req("R-126")
def test_text_size_and_contrast_have_their_own_copies(cast, client, document):
    place(cast, document)
    address = reverse("public-documents")
    assert 'data-text="3"' not in client.get(address).content.decode()
    moved = client.post(reverse("display"), {"text": "3", "next": address})
    assert moved.status_code == 302
    assert 'data-text="3"' in client.get(address).content.decode()
    assert 'data-text="3"' not in Client().get(address).content.decode()
    stranger = Client().post(reverse("display"), {"text": "3"}, headers={"Sec-Fetch-Site": "cross-site"})
    assert stranger.status_code == 403


def test_who_is_signed_in_reads_in_their_own_frame(cast, as_user, document):
    place(cast, document)
    stranger = read(Client(), "public-documents")
    own = as_user("officer").get(reverse("public-documents")).content.decode()
    assert "officer" in own
    assert "officer" not in read(Client(), "public-documents")
    assert stranger.count("26-HD/BTGTU") == own.count("26-HD/BTGTU")


@pytest.mark.parametrize("count", [1, 3])
def test_pages_ask_the_same_for_one_and_three(cast, client, count):
    for number in range(count):
        made = make_document(cast, number=f"{number + 1:02d}-NQ/TU", subject="Nghị quyết về học tập")
        place(cast, made, url=f"https://tanlinh.example/{number}")
        publish_master(cast, made)
        make_article(cast, f"Tin học tập {number}", numbers=[made.reference_number])
        make_answered(cast, "Học tập ở đâu?", nonce="n" * (number + 1), document=made)
    for name, args, query, most in (
        ("home", [], "", 9), ("public-news", [], "", 3), ("public-documents", [], "", 3), ("public-questions", [], "", 3),
        ("public-document", [made.pk], "", 13), ("public-search", [], "?q=hoc+tap", 9), ("public-feed", [], "", 4),
        ("public-sitemap", [], "", 3), ("public-news-article", [queries.news()[0].pk], "", 3),
    ):  # fmt: skip
        read(client, name, *args, query=query)
        fresh.forget_pages()
        with CaptureQueriesContext(connection) as asked:
            client.get(reverse(name, args=args) + query, headers={"User-Agent": ""})
        assert len(asked) <= most, f"{name}: {[one['sql'][:200] for one in asked]}"


# --- for whom -----------------------------------------------------------------------------------------------------------------


@pytest.mark.req("R-048")
def test_what_is_for_members_alone_is_not_on_the_portal(cast, client, document):
    """On the page, in what changed, in search, in the picture of a link: the parts for the public, and they alone."""
    clause = document.clauses.get(number="1")
    everybody, own = tuple(Audience), (Audience.KEY_CADRE, Audience.RURAL, Audience.OFFICIALS)
    publish_master(cast, document, [
        PartText(PartKind.CORE, everybody, text="Điều cho mọi người.", clause=clause),
        PartText(PartKind.CORE, own, text="Chỉ dành nội bộ.", clause=clause),
        PartText(PartKind.MEANING, (Audience.RURAL,), text="Riêng đảng viên thôn."),
        PartText(PartKind.FIGURE, (Audience.PUBLIC,), "Đảng viên tham gia", "Ít nhất.", masters.parse_value("98"), "%", clause=clause),
    ])  # fmt: skip
    page = read(client, "public-document", document.pk)
    assert "Điều cho mọi người." in page
    assert "nội bộ" not in page
    assert "Riêng đảng viên" not in page
    assert queries.search("noi bo").total == 0
    assert queries.search("rieng dang vien thon").total == 0
    assert "nội bộ" not in read(client, "public-search", query="?q=noi+bo")
    master = document.masters.get()
    masters.reopen_master(master, by=cast.accounts["editor"], at=now())
    part = master.parts.get(text="Chỉ dành nội bộ.")
    said = PartText(PartKind.CORE, own, text="Chỉ dành nội bộ, lần hai.", clause=clause)
    masters.change_part(part, said, revision=part.revision, by=cast.accounts["editor"], at=now())
    release(cast, master)
    assert "nội bộ" not in read(client, "public-document", document.pk)
    shown = PublicDocument.objects.get()
    assert "98" in shown.words.split()
    assert "bo" not in shown.words.split()


def test_a_figure_found_bears_its_value(cast, client, document):
    clause = document.clauses.get(number="1")
    publish_master(cast, document, [
        PartText(PartKind.FIGURE, (Audience.PUBLIC,), "Đảng viên thuộc diện phải học tham gia đủ thời gian", "Ít nhất.",
                 masters.parse_value("98"), "%", clause=clause),
    ])  # fmt: skip
    page = read(client, "public-search", query="?q=dang+vien")
    assert "<mark>Đảng viên</mark> thuộc diện phải học tham gia đủ thời gian: 98%. Ít nhất." in page


def test_a_part_leads_to_its_clause_and_numbers_stay_whole(cast, client, document):
    publish_master(cast, document)
    place(cast, document)
    page = read(client, "public-document", document.pk)
    order = document.clauses.get(number="1").order
    number = '<span class="nowrap">26-HD/BTGTU</span>'
    assert f'Thuộc mục: <a href="#clause-{order}">mục 1 Hướng dẫn {number}</a>' in page
    assert f'id="clause-{order}"' in page
    assert re.search(rf"<h1[^>]*>\s*Hướng dẫn {number}", page)


def test_a_public_page_carries_its_style_sheets_and_no_other_style_is_let_in(cast, client, document, monkeypatch):
    """A slow phone paints when the page has arrived; also from the memory of a second ago, and when nothing has changed."""
    monkeypatch.setattr(
        "quantriet.kit.templatetags.ui.sheet_within", lambda name: ("main{margin:0}", f"'sha256-{name}'")
    )
    fresh.forget_pages()
    for _turn in ("made", "kept"):
        answer = client.get(reverse("public-documents"))
        assert "<style>main{margin:0}</style>" in answer.content.decode()
        assert 'rel="stylesheet"' not in answer.content.decode()
        policy = answer["Content-Security-Policy"]
        assert "'sha256-kit/css/quantriet.css' 'sha256-portal/css/public.css'" in policy
        assert "unsafe-inline" not in policy
    same = client.get(reverse("public-documents"), headers={"If-None-Match": answer["ETag"]})
    assert same.status_code == 304
    assert "'sha256-kit/css/quantriet.css'" in same["Content-Security-Policy"]
    missing = client.get(reverse("public-document", args=[0]))
    assert missing.status_code == 404
    assert "<style>" not in missing.content.decode()


def test_pages_for_who_is_signed_in_link_their_sheets(as_user, monkeypatch):
    monkeypatch.setattr("quantriet.kit.templatetags.ui.sheet_within", lambda name: ("main{margin:0}", "'sha256-x'"))
    answer = as_user("officer").get(reverse("public-documents"))
    assert "<style>" not in answer.content.decode()
    assert "sha256" not in answer["Content-Security-Policy"]


@pytest.mark.parametrize("width", [1600, 300])
def test_a_phone_is_offered_a_picture_no_wider_than_itself(cast, client, width):
    article = make_article(cast, state="draft")
    picture = BytesIO()
    Image.effect_noise((width, width // 2), 40).convert("RGB").save(picture, "JPEG")
    news.set_picture(
        article, content=picture.getvalue(), name="anh.jpg", alt="Lớp học", by=cast.accounts["editor"], at=now()
    )
    news.submit_news(article, revision=article.revision, by=cast.accounts["editor"], at=now())
    news.approve_news(article, revision=article.revision, by=cast.officer, at=now())
    address = reverse("public-news-picture", args=[article.pk])
    offered = re.findall(rf"{address}(\?w=\d+)? (\d+)w", read(client, "public-news-article", article.pk))
    # In the head, so that it is asked for at once, and where it stands.
    assert offered == 2 * ([("?w=480", "480"), ("?w=960", "960"), ("", "1600")] if width == 1600 else [])
    sizes = []
    for query in ("?w=480", "?w=480", "?w=5000", ""):  # drawn, kept, and whatever nobody offered
        answer = client.get(address + query)
        content = answer.getvalue()
        with Image.open(BytesIO(content)) as shown:
            sizes.append(shown.size)
    assert sizes == [(min(480, width), min(480, width) // 2)] * 2 + [(width, width // 2)] * 2
