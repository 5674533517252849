"""Which pages are read: counted by day without a cookie or anything about the reader."""

import datetime as dt
import io

import openpyxl
import pytest
from django.db import DatabaseError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from quantriet.kit.time import now, today
from quantriet.library.tests.factories import make_document
from quantriet.portal.actions import reads
from quantriet.portal.models import ReadCount
from quantriet.portal.rules.reads import is_reader
from quantriet.portal.tests.factories import make_article, place
from quantriet.portal.vocab import PageKind

pytestmark = pytest.mark.django_db
PHONE = "Mozilla/5.0 (Linux; Android 8.0; SM-J330F) AppleWebKit/537.36 Chrome/118.0 Mobile Safari/537.36"


def counted():
    reads.write_waiting()
    return {(one.kind, one.key): one.count for one in ReadCount.objects.filter(day=today())}


def test_readings_of_people_are_counted_by_page_and_day(cast, as_user):
    document = make_document(cast)
    place(cast, document)
    article = make_article(cast)
    signed_in = as_user("officer")
    for number in range(3):
        Client().get(reverse("public-document", args=[document.pk]), headers={"User-Agent": PHONE})
        if number == 0:
            Client().get(reverse("public-news-article", args=[article.pk]), headers={"User-Agent": PHONE})
            Client().get("/", headers={"User-Agent": PHONE})
    for agent in ("Googlebot/2.1", "curl/8", "", "python-requests"):
        Client().get(reverse("public-document", args=[document.pk]), headers={"User-Agent": agent})
    Client().get(
        reverse("public-document", args=[document.pk]), headers={"User-Agent": PHONE, "Sec-Purpose": "prefetch"}
    )
    Client().get(reverse("public-document", args=[987654]), headers={"User-Agent": PHONE})
    signed_in.get(reverse("public-document", args=[document.pk]), headers={"User-Agent": PHONE})
    assert counted() == {("document", document.pk): 3, ("news", article.pk): 1, ("home", 0): 1}


def test_nothing_about_a_reader_is_kept():
    assert {one.name for one in ReadCount._meta.get_fields()} == {"id", "kind", "key", "day", "count"}


@pytest.mark.parametrize("agent, counts", [(PHONE, True), ("bingbot", False), ("HeadlessChrome", False), ("", False)])
def test_programs_that_say_so_are_no_readers(agent, counts):
    assert is_reader(method="GET", agent=agent, purpose="", is_signed_in=False) == counts


def test_a_busy_page_writes_now_and_then(cast):
    start = now()
    with CaptureQueriesContext(connection) as asked:
        for second in range(4):
            reads.note_read(PageKind.HOME, 0, at=start + dt.timedelta(seconds=second))
    assert len([one for one in asked if "portal_readcount" in one["sql"]]) == 1
    assert counted() == {("home", 0): 4}


def test_trouble_of_the_counter_breaks_no_page(cast, monkeypatch):
    make_document(cast)

    def broken(_counts):
        raise DatabaseError("disk full")

    monkeypatch.setattr(reads, "add_reads", broken)
    assert Client().get("/", headers={"User-Agent": PHONE}).status_code == 200
    monkeypatch.undo()
    assert counted() == {("home", 0): 1}  # kept for the next time


@pytest.mark.req("P-09")
def test_editors_see_what_is_read_on_a_page_and_as_excel(cast, as_user):
    document = make_document(cast)
    reads.add_reads(
        {(PageKind.DOCUMENT, document.pk, today()): 41, (PageKind.HOME, 0, today() - dt.timedelta(days=60)): 7}
    )
    client = as_user("editor")
    page = client.get(reverse("reads")).content.decode()
    assert "26-HD/BTGTU" in page
    assert "41" in page
    answer = client.get(reverse("reads") + "?format=xlsx")
    rows = list(openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content))).active.values)
    assert rows[-1][-1] == 41
    assert as_user("leader").get(reverse("reads")).status_code == 403


@pytest.mark.parametrize("count", [1, 3])
def test_the_page_of_readings_asks_the_same_for_one_and_three(cast, as_user, count, django_assert_max_num_queries):
    for number in range(count):
        made = make_document(cast, number=f"{number + 1:02d}-CT/TU", subject=f"Chỉ thị {number}")
        reads.add_reads({(PageKind.DOCUMENT, made.pk, today()): 5})
    client = as_user("editor")
    with django_assert_max_num_queries(16):
        client.get(reverse("reads"))
