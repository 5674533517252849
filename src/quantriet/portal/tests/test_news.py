"""News: composed by one, approved by another, published at its hour; nothing marked, nothing half written."""

import datetime as dt
import io

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from quantriet.audit.models import AuditEvent
from quantriet.kit.refusal import Refusal, Refusals
from quantriet.kit.time import local, now, today
from quantriet.library.tests.factories import make_document
from quantriet.portal.actions import news
from quantriet.portal.actions.news import NewsText
from quantriet.portal.jobs import publish_due_news_job
from quantriet.portal.models import NewsArticle
from quantriet.portal.queries import public as queries
from quantriet.portal.tests.factories import make_article, photo, place
from quantriet.portal.vocab import NewsState

pytestmark = pytest.mark.django_db
MARKED = "Độ mật: Mật"


def codes(raised) -> set[str]:
    refusal = raised.value
    return {one.code for one in refusal.several} if isinstance(refusal, Refusals) else {refusal.code}


def text(**new) -> NewsText:
    return NewsText(**({"title": "Tin", "lead": "Lời dẫn.", "body": "Nội dung.", "day": today()} | new))


def verbs() -> list[str]:
    return list(AuditEvent.objects.filter(verb__startswith="news.").order_by("pk").values_list("verb", flat=True))


# --- two persons, one hour ----------------------------------------------------------------------------------------------------


def test_a_second_person_publishes(cast):
    article = make_article(cast, state="submitted")
    with pytest.raises(Refusal) as raised:
        news.approve_news(article, revision=article.revision, by=cast.accounts["editor"], at=now())
    assert raised.value.code == "news.own_submission"
    news.approve_news(article, revision=article.revision, by=cast.officer, at=now())
    assert article.state == NewsState.PUBLISHED
    assert verbs() == ["news.drafted", "news.submitted", "news.approved", "news.published"]


def test_an_hour_that_passed_while_the_machine_was_off_is_made_up_for_once(cast, monkeypatch):
    """The job finds what was due two days ago, publishes it once however often it runs, and nothing that is still to come."""
    day = now()
    due, later = (make_article(cast, title, state="submitted") for title in ("Đến giờ", "Chưa đến giờ"))
    for article, when in ((due, day + dt.timedelta(minutes=5)), (later, day + dt.timedelta(days=30))):
        news.approve_news(article, revision=article.revision, by=cast.officer, at=day, when=when)
    assert not queries.news().exists()
    after = day + dt.timedelta(days=2)
    monkeypatch.setattr("quantriet.portal.jobs.now", lambda: after)
    publish_due_news_job.call()
    assert news.publish_due_news(at=after) == 0
    [shown] = queries.news()
    assert (shown.title, shown.published_at) == ("Đến giờ", after)
    assert verbs().count("news.published") == 1


def test_an_hour_may_be_dropped_by_sending_back(cast):
    article = make_article(cast, state="submitted")
    news.approve_news(article, revision=article.revision, by=cast.officer, at=now(), when=now() + dt.timedelta(hours=1))
    news.return_news(article, remark="đổi ảnh", by=cast.officer, at=now())
    assert (article.state, article.publish_at) == (NewsState.DRAFT, None)
    assert news.publish_due_news(at=now() + dt.timedelta(days=1)) == 0


def test_hours_that_have_passed_are_refused(cast):
    article = make_article(cast, state="submitted")
    with pytest.raises(Refusal) as raised:
        news.approve_news(
            article, revision=article.revision, by=cast.officer, at=now(), when=now() - dt.timedelta(minutes=1)
        )
    assert raised.value.code == "news.hour_passed"


def test_only_a_draft_is_written_on(cast):
    article = make_article(cast)
    for act in (
        lambda: news.change_news(article, text(), revision=article.revision, by=cast.officer, at=now()),
        lambda: news.set_picture(article, content=photo(), name="a.jpg", alt="Ảnh", by=cast.officer, at=now()),
        lambda: news.submit_news(article, revision=article.revision, by=cast.officer, at=now()),
        lambda: news.return_news(article, remark="x", by=cast.officer, at=now()),
    ):
        with pytest.raises(Refusal):
            act()
    news.withdraw_news(article, remark="sai ngày", by=cast.officer, at=now())
    assert not queries.news().exists()
    news.reopen_news(article, by=cast.officer, at=now())
    news.change_news(article, text(title="Tin đã sửa"), revision=article.revision, by=cast.officer, at=now())
    assert NewsArticle.objects.get().title == "Tin đã sửa"


def test_two_editors_at_once_lose_nothing(cast):
    article = make_article(cast, state="draft")
    stale = article.revision
    news.change_news(article, text(title="Của người thứ nhất"), revision=stale, by=cast.officer, at=now())
    with pytest.raises(Refusal) as raised:
        news.change_news(article, text(title="Của người thứ hai"), revision=stale, by=cast.accounts["editor"], at=now())
    assert raised.value.code == "news.changed_by_other"
    assert "officer" in raised.value.sentence
    assert NewsArticle.objects.get().title == "Của người thứ nhất"


# --- what is refused ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("field", ["title", "lead", "body"])
@pytest.mark.req("B-18", "P-05")
def test_marked_content_is_refused_in_every_field(cast, field):
    with pytest.raises(Refusal) as raised:
        news.draft_news(cast.units["T"], text(**{field: MARKED}), by=cast.officer, at=now())
    assert raised.value.field == field
    assert codes(raised) == {"secret.marked"}
    article = make_article(cast, state="draft")
    with pytest.raises(Refusal):
        news.change_news(article, text(**{field: MARKED}), revision=article.revision, by=cast.officer, at=now())
    assert not NewsArticle.objects.filter(**{f"{field}__contains": "mật"}).exists()


@pytest.mark.req("B-18")
def test_marked_words_of_a_picture_and_of_remarks_are_refused(cast):
    article = make_article(cast, state="draft")
    for given in ({"alt": MARKED, "name": "a.jpg"}, {"alt": "Ảnh", "name": "TỐI MẬT.jpg"}):
        with pytest.raises(Refusal) as raised:
            news.set_picture(article, content=photo(), by=cast.officer, at=now(), **given)
        assert raised.value.code == "secret.marked"
    news.submit_news(article, revision=article.revision, by=cast.accounts["editor"], at=now())
    with pytest.raises(Refusal) as raised:
        news.return_news(article, remark="TUYỆT MẬT", by=cast.officer, at=now())
    assert raised.value.code == "secret.marked"


@pytest.mark.req("B-18")
def test_the_refusal_is_noted_without_a_word_of_it(cast, as_user):
    given = {"title": "Tin", "lead": "TỐI MẬT", "body": "", "day": "09/03/2026", "numbers": ""}
    answer = as_user("editor").post(reverse("news-new"), given)
    assert answer.status_code == 422
    assert "Luật Bảo vệ bí mật nhà nước" in answer.content.decode()
    noted = AuditEvent.objects.get(verb="news.refused")
    assert "TỐI" not in str(noted.after)
    assert not NewsArticle.objects.exists()


def test_faults_are_told_together(cast):
    make_document(cast)  # registered, but not before the public
    with pytest.raises(Refusals) as raised:
        news.draft_news(
            cast.units["T"], text(title=" ", lead="x" * 501, day=today() + dt.timedelta(days=1), numbers=["26-HD/BTGTU"]),
            by=cast.officer, at=now(),
        )  # fmt: skip
    assert {one.field for one in raised.value.several} == {"title", "lead", "day", "numbers"}
    assert not NewsArticle.objects.exists()


def test_pictures_need_words_and_are_made_anew(cast):
    article = make_article(cast, state="draft")
    for content, name, alt in (
        (photo(), "a.jpg", " "),
        (b"<svg/>", "a.svg", "Ảnh"),
        (photo(), "a.png", "Ảnh"),
        (b"x", "a.jpg", "Ảnh"),
    ):
        with pytest.raises(Refusal):
            news.set_picture(article, content=content, name=name, alt=alt, by=cast.officer, at=now())
    news.set_picture(article, content=photo(), name="a.jpg", alt="Một vuông đỏ", by=cast.officer, at=now())
    assert (article.picture_width, article.picture_height) == (60, 40)
    news.remove_picture(article, by=cast.officer, at=now())
    assert not NewsArticle.objects.get().picture


# --- the desk -----------------------------------------------------------------------------------------------------------------


def test_a_piece_of_news_goes_its_way_over_the_desk(cast, as_user, client):
    place(cast, make_document(cast))
    editor = as_user("editor")
    given = {
        "title": "Tin của bàn", "lead": "Lời dẫn.", "body": "Một đoạn.", "day": f"{today():%d/%m/%Y}", "numbers": "26-HD/BTGTU",
        "is_featured": "on",
    }  # fmt: skip
    made = editor.post(reverse("news-new"), given)
    article = NewsArticle.objects.get()
    assert made.url == reverse("news", args=[article.pk])
    upload = SimpleUploadedFile("a.jpg", photo(), content_type="image/jpeg")
    editor.post(reverse("news-picture-edit", args=[article.pk]), {"file": upload, "alt": "Một vuông đỏ"})
    page = editor.get(reverse("news", args=[article.pk])).content.decode()
    assert "Một vuông đỏ" in page
    article.refresh_from_db()
    editor.post(reverse("news-submit", args=[article.pk]), {"revision": article.revision})
    article.refresh_from_db()
    own = editor.post(reverse("news-approve", args=[article.pk]), {"revision": article.revision})
    assert "người thứ hai" in own.content.decode()
    officer = as_user("officer")
    assert "tin chờ duyệt" in officer.get(reverse("home")).content.decode()
    later = now() + dt.timedelta(days=1)
    officer.post(
        reverse("news-approve", args=[article.pk]),
        {"revision": article.revision, "on": f"{local(later):%d/%m/%Y}", "clock": f"{local(later):%H:%M}"},
    )
    article.refresh_from_db()
    assert article.state == NewsState.APPROVED
    news.publish_due_news(at=later + dt.timedelta(minutes=1))
    client.logout()
    front = client.get(reverse("home")).content.decode()
    assert "Tin của bàn" in front
    assert f'src="{reverse("public-news-picture", args=[article.pk])}" alt="Một vuông đỏ"' in front
    assert client.get(reverse("public-news-picture", args=[article.pk]))["Content-Type"] == "image/jpeg"


def test_readers_of_the_desk_write_nothing(cast, as_user):
    article = make_article(cast, state="draft")
    leader = as_user("leader")
    assert leader.get(reverse("news", args=[article.pk])).status_code == 200
    for name in ("news-edit", "news-submit", "news-picture-edit"):
        assert leader.get(reverse(name, args=[article.pk])).status_code == 403
    assert as_user("organiser1").get(reverse("news", args=[article.pk])).status_code == 404


@pytest.mark.req("P-09")
def test_the_list_comes_as_excel(cast, as_user):
    make_article(cast, "Tin trong bảng")
    answer = as_user("editor").get(reverse("news-list") + "?format=xlsx")
    rows = list(openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content))).active.values)
    assert "Tin trong bảng" in str(rows)


@pytest.mark.parametrize("name", ["news-list", "public-question-list"])
def test_lists_of_the_desk_ask_the_same_for_one_and_three(cast, as_user, name):
    from quantriet.portal.tests.factories import make_answered

    client = as_user("editor")
    asked = []
    for count in (1, 2):
        for place_of in range(count):
            make_article(cast, f"Tin {count} {place_of}")
            make_answered(cast, nonce=f"n{count}{place_of}")
        with CaptureQueriesContext(connection) as queries_asked:
            assert client.get(reverse(name)).status_code == 200
        asked.append(len(queries_asked))
    assert asked[0] == asked[1]
