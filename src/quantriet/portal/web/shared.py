"""Pictures of the portal, and what other programs read of it: feed, sitemap, robots."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from xml.sax.saxutils import escape

from django.conf import settings
from django.core.files.storage import default_storage
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed

from quantriet.kit import pictures
from quantriet.kit.time import local
from quantriet.kit.web import download, kind_of, ranged
from quantriet.library.models import BroughtMaterial
from quantriet.library.queries import public as documents
from quantriet.library.vocab import MaterialKind
from quantriet.portal.queries import public as queries
from quantriet.portal.rules import share as share_rules
from quantriet.portal.web.fresh import fresh_page
from quantriet.portal.web.handbook import KEPT

MOST_KEPT = 500  # drawn pictures of a kind on the disk
FEED = 30
_HOUR = "public, max-age=3600"


def picture(request: HttpRequest, name: str) -> HttpResponse:
    """A picture that the house made anew from an upload; sent like every upload, as a file that runs nothing.

    `?w=480` is the same picture made narrower (`pictures.WIDTHS`), drawn once and kept; any other width is the whole picture.
    """
    if not default_storage.exists(name):
        raise Http404
    is_png = name.endswith(".png")
    ending, kind = (".png", "image/png") if is_png else (".jpg", "image/jpeg")
    width = next((one for one in pictures.WIDTHS if request.GET.get("w") == str(one)), None)
    if width is None:
        answer: HttpResponse = download(default_storage.open(name, "rb"), name=f"anh{ending}", kind=kind)
    else:

        def narrower() -> bytes:
            with default_storage.open(name, "rb") as whole:
                return pictures.narrower(whole.read(), width)

        content = _drawn("narrower", f"{width} {name}", ending, narrower)
        answer = download(content, name=f"anh{ending}", kind=kind)
    answer["Cache-Control"] = "public, max-age=300"
    answer[KEPT] = "public"
    return answer


def work(request: HttpRequest, one: BroughtMaterial, *, kept: str = "public") -> HttpResponseBase:
    """The file of a brought work as it stands on a page; players ask for parts of a clip.

    `kept` says for whom a device may keep it: `public`, or `private` for the member alone. A clip is never kept.
    """
    name = one.file_name
    answer = ranged(request, one.file.open("rb"), name=name, kind=kind_of(name), size=one.file.size)
    answer["Cache-Control"] = f"{kept}, max-age=300"
    if one.kind != MaterialKind.CLIP and answer.status_code == 200:
        answer[KEPT] = kept
    return answer


def share_picture(request: HttpRequest, said: str) -> HttpResponse:
    """The picture of a shared link; drawn once for each text and kept."""
    answer = HttpResponse(_drawn("share", said, ".png", lambda: share_rules.draw(said)), content_type="image/png")
    answer["Cache-Control"] = _HOUR
    return answer


def _drawn(kind: str, said: str, ending: str, draw: Callable[[], bytes]) -> bytes:
    """What was drawn of `said` and kept on the disk, else drawn now; the oldest is thrown away."""
    folder = Path(settings.DATA_DIR) / kind
    path = folder / f"{hashlib.blake2b(said.encode(), digest_size=16).hexdigest()}{ending}"
    try:
        return path.read_bytes()
    except FileNotFoundError:
        content = draw()
    folder.mkdir(exist_ok=True)
    kept = sorted(folder.glob(f"*{ending}"), key=lambda one: one.stat().st_mtime)
    for old in kept[: max(0, len(kept) - MOST_KEPT + 1)]:
        old.unlink(missing_ok=True)
    with tempfile.NamedTemporaryFile(dir=folder, suffix=".part", delete=False) as part:
        part.write(content)
    os.replace(part.name, path)  # whole or not at all, whoever else draws the same
    return content


def _absolute(path: str) -> str:
    return settings.SITE_ADDRESS.rstrip("/") + path


@fresh_page()
def feed(request: HttpRequest) -> HttpResponse:
    """The latest news and documents as an Atom feed."""
    unit = queries.publisher()
    made = Atom1Feed(
        title=unit.name if unit else "Quán triệt", link=_absolute("/"), description="", language="vi",
        feed_url=_absolute(reverse("public-feed")), feed_guid=_absolute("/"),
    )  # fmt: skip
    entries = [
        (one.published_at, one.title, reverse("public-news-article", args=[one.pk]), one.lead, one.unit.name)
        for one in queries.news()[:FEED]
    ]
    entries += [
        (
            one.since_at,
            f"{documents.type_name(one.document)} {one.document.reference_number}",
            reverse("public-document", args=[one.document_id]), one.document.subject, one.document.issuing_body,
        )
        for one in documents.listed().order_by("-since_at")[:FEED]
    ]  # fmt: skip
    for moment, title, path, words, author in sorted(entries, key=lambda one: one[0], reverse=True)[:FEED]:
        address = _absolute(path)
        made.add_item(
            title=title, link=address, description=words, unique_id=address, pubdate=moment, updateddate=moment,
            author_name=author,
        )  # fmt: skip
    return HttpResponse(made.writeString("utf-8"), content_type="application/atom+xml; charset=utf-8")


@fresh_page()
def sitemap(request: HttpRequest) -> HttpResponse:
    """Every public page with the day of its last change."""
    lines = [(_absolute(reverse(name)), "") for name in ("home", "public-news", "public-documents", "public-questions")]
    for pk, moment in queries.news().values_list("pk", "published_at")[: queries.MOST_ADDRESSES // 2]:
        lines.append((_absolute(reverse("public-news-article", args=[pk])), f"{local(moment):%Y-%m-%d}"))
    rows = documents.listed().order_by("-issued_on", "-pk").values_list("document_id", "changed_at")
    for pk, moment in rows[: queries.MOST_ADDRESSES // 2 - 10]:
        lines.append((_absolute(reverse("public-document", args=[pk])), f"{local(moment):%Y-%m-%d}"))
    body = "".join(
        f"<url><loc>{escape(address)}</loc>{f'<lastmod>{day}</lastmod>' if day else ''}</url>\n"
        for address, day in lines
    )
    return HttpResponse(
        f'<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{body}</urlset>\n',
        content_type="application/xml; charset=utf-8",
    )


@fresh_page()
def robots(request: HttpRequest) -> HttpResponse:
    """What search engines may read: the portal, nothing of the desk."""
    closed = "".join(f"Disallow: {path}\n" for path in ("/desk/", "/me/", "/api/", "/calendar/", "/questions/ask/"))
    said = f"User-agent: *\n{closed}\nSitemap: {_absolute(reverse('public-sitemap'))}\n"
    return HttpResponse(said, content_type="text/plain; charset=utf-8")
