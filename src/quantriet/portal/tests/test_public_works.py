"""Verse, clips and visual panels before the public: only approved by a second person, only with what is published."""

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from quantriet.attendance.tests.factories import make_campaign
from quantriet.audit.models import AuditEvent
from quantriet.kit.jobs import Worker
from quantriet.kit.refusal import Refusal
from quantriet.kit.time import now
from quantriet.library.actions import masters, materials
from quantriet.library.models import BroughtMaterial, StudyMaster
from quantriet.library.tests.factories import make_document
from quantriet.library.tests.test_materials import clip
from quantriet.library.vocab import Audience, MaterialKind
from quantriet.portal.actions import news
from quantriet.portal.tests.factories import make_article, photo, publish_master, release
from quantriet.portal.web import fresh

pytestmark = pytest.mark.django_db
WORDS = {
    MaterialKind.VERSE: ("Vè học bù", "Ai mà vắng buổi hôm nay\nthì nhớ học bù cho ngay kẻo trễ", b"", ""),
    MaterialKind.CLIP: ("Clip ba phút", "Bí thư chi bộ nói về việc học bù.", clip(), "clip.mp4"),
    MaterialKind.PANEL: ("Áp phích học bù", "Bốn bước để được học bù.", photo(), "panel.jpg"),
}


def bring(cast, master, kind, *, by="editor", approved=True) -> BroughtMaterial:
    title, words, content, name = WORDS[kind]
    made = materials.bring(
        master, kind, title=title, words=words, author="Khuyết danh", source="", basis="Tác giả đồng ý", content=content, name=name,
        by=cast.accounts[by], at=now(),
    )  # fmt: skip
    return materials.approve_brought(made, by=cast.officer, at=now()) if approved else made


def read(client, name, *args, status=200) -> str:
    fresh.forget_pages()
    answer = client.get(reverse(name, args=args))
    assert answer.status_code == status
    return answer.content.decode() if status == 200 else ""


@pytest.fixture
def document(cast):
    return make_document(cast)


@pytest.fixture
def master(cast, document):
    publish_master(cast, document)
    return StudyMaster.objects.get(document=document)


@pytest.mark.req("R-119")
def test_a_second_person_approves_what_somebody_brought(cast, master, as_user):
    made = bring(cast, master, MaterialKind.VERSE, approved=False)
    with pytest.raises(Refusal, match="người thứ hai"):
        materials.approve_brought(made, by=cast.accounts["editor"], at=now())
    with pytest.raises(IntegrityError), transaction.atomic():
        BroughtMaterial.objects.filter(pk=made.pk).update(approved_at=now(), approved_by=made.added_by)
    shelf = reverse("master-materials", args=[master.pk])
    address = reverse("brought-approve", args=[master.pk, made.pk])
    own = as_user("editor")
    assert address not in own.get(shelf).content.decode()
    assert own.post(address).status_code == 422
    second = as_user("officer")
    assert address in second.get(shelf).content.decode()
    assert second.post(address).status_code == 303
    assert second.post(address).status_code == 303  # pressed twice: approved once
    made.refresh_from_db()
    assert made.approved_by == cast.officer
    assert AuditEvent.objects.filter(verb="material.approved").count() == 1
    assert "Đã duyệt" in second.get(shelf).content.decode()


@pytest.mark.req("R-119", "R-127")
def test_the_public_finds_approved_works_with_the_document_and_on_the_first_page(cast, client, document, master):
    works = {kind: bring(cast, master, kind) for kind in WORDS}
    hidden = bring(cast, master, MaterialKind.PANEL, approved=False)
    article = make_article(cast, "Lớp học ở thôn Thượng", state="draft")
    by, at = cast.accounts["editor"], now()
    news.set_picture(article, content=photo(), name="lop.jpg", alt="Lớp đông người", by=by, at=at)
    news.submit_news(article, revision=article.revision, by=by, at=at)
    news.approve_news(article, revision=article.revision, by=cast.officer, at=at)
    page, home = read(client, "public-document", document.pk), read(client, "home")
    addresses = {
        kind: reverse("public-document-work", args=[document.pk, one.pk]) for kind, one in works.items()
    }  # fmt: skip
    assert "Ai mà vắng buổi hôm nay<br>thì nhớ học bù cho ngay kẻo trễ" in page
    assert f'src="{addresses[MaterialKind.CLIP]}"' in page
    assert f'src="{addresses[MaterialKind.PANEL]}"' in page
    assert f'src="{addresses[MaterialKind.CLIP]}"' in home
    assert f'src="{addresses[MaterialKind.PANEL]}"' in home
    assert "Lớp đông người" in home
    assert reverse("public-document-work", args=[document.pk, hidden.pk]) not in page + home
    assert client.get(addresses[MaterialKind.PANEL])["Content-Type"] == "image/jpeg"
    read(client, "public-document-work", document.pk, hidden.pk, status=404)
    read(client, "public-document-work", document.pk, works[MaterialKind.VERSE].pk, status=404)  # words alone, no file
    masters.withdraw_master(master, reason="Có lỗi", by=cast.officer, at=now())
    read(client, "public-document-work", document.pk, works[MaterialKind.CLIP].pk, status=404)
    assert "Clip ba phút" not in read(client, "home")


def test_a_device_may_keep_panels_for_whom_they_are_and_no_clip(cast, client, document, master):
    panel, film = bring(cast, master, MaterialKind.PANEL), bring(cast, master, MaterialKind.CLIP)
    hidden = bring(cast, master, MaterialKind.PANEL, approved=False)
    make_campaign(cast, documents=[document])
    kept = "X-Handbook"
    for name, said in (("public-document-work", "public"), ("my-work", "private")):
        if name == "my-work":
            client.force_login(cast.accounts["member1"])
        addresses = {one.pk: reverse(name, args=[document.pk, one.pk]) for one in (panel, film, hidden)}
        whole = client.get(addresses[panel.pk])
        assert (whole[kept], whole["Cache-Control"]) == (said, f"{said}, max-age=300")
        assert kept not in client.get(addresses[panel.pk], headers={"Range": "bytes=0-3"})
        assert kept not in client.get(addresses[film.pk])
        assert kept not in client.get(addresses[hidden.pk])
    client.force_login(cast.officer)
    assert kept not in client.get(reverse("released-work", args=[document.pk, panel.pk]))  # of the desk


def test_units_below_take_approved_works_from_the_page_of_the_document(cast, document, master, as_user):
    work = bring(cast, master, MaterialKind.CLIP)
    hidden = bring(cast, master, MaterialKind.PANEL, approved=False)
    below = as_user("organiser1")
    page = below.get(reverse("document-master", args=[document.pk])).content.decode()
    assert "Clip ba phút" in page
    assert "Áp phích học bù" not in page
    answer = below.get(reverse("released-work", args=[document.pk, work.pk]))
    assert b"".join(answer.streaming_content) == clip()
    assert below.get(reverse("released-work", args=[document.pk, hidden.pk])).status_code == 404


@pytest.mark.parametrize(
    "asked, status, span",
    [
        ("bytes=0-3", 206, (0, 4)), ("bytes=4-", 206, (4, None)), ("bytes=-5", 206, (-5, None)),
        ("bytes=0-99999999", 206, (0, None)), ("bytes=99999999-", 416, None), ("bytes=5-4", 416, None),
        ("bytes=-0", 416, None), ("bytes=0-1,3-4", 200, (0, None)), ("bytes=-", 200, (0, None)), ("bytes=x", 200, (0, None)),
    ],
)  # fmt: skip
def test_a_player_asks_for_a_part_of_a_clip(cast, client, document, master, asked, status, span):
    work = bring(cast, master, MaterialKind.CLIP)
    address = reverse("public-document-work", args=[document.pk, work.pk])
    answer = client.get(address, headers={"Range": asked})
    assert answer.status_code == status
    whole = clip()
    if span is None:
        assert answer["Content-Range"] == f"bytes */{len(whole)}"
        return
    body = b"".join(answer.streaming_content)
    assert body == whole[span[0] : span[1]]
    assert int(answer["Content-Length"]) == len(body)
    assert answer["Accept-Ranges"] == "bytes"


@pytest.mark.req("R-132")
def test_a_shared_link_shows_the_infographic_made_for_the_public(cast, client, document, master):
    address = reverse("public-document-share", args=[document.pk])
    assert 'og:image:width" content="1200"' in read(client, "public-document", document.pk)
    materials.ask_for(master, [MaterialKind.INFOGRAPHIC], Audience.PUBLIC, by=cast.officer, at=now())
    Worker([]).run_all()
    shown = b"".join(client.get(address).streaming_content)
    assert shown.startswith(b"\x89PNG")
    assert int.from_bytes(shown[16:20], "big") == int.from_bytes(shown[20:24], "big") == 1080
    assert 'og:image:width" content="1080"' in read(client, "public-document", document.pk)
    masters.reopen_master(master, by=cast.accounts["editor"], at=now())
    release(cast, master)  # of the next version the picture is not made yet
    assert 'og:image:width" content="1200"' in read(client, "public-document", document.pk)
