"""A small portal: a document before the public with two versions of its content, news, an answered question."""

from __future__ import annotations

import datetime as dt
import io

from PIL import Image

from quantriet.kit.time import now, today
from quantriet.library.actions import masters, publication
from quantriet.library.actions.masters import PartText
from quantriet.library.models import GuidingDocument
from quantriet.library.vocab import Audience, Channel, PartKind
from quantriet.portal.actions import news, questions
from quantriet.portal.actions.news import NewsText
from quantriet.portal.models import NewsArticle, PublicQuestion


def photo() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (60, 40), "red").save(out, "JPEG")
    return out.getvalue()


def place(cast, document: GuidingDocument, *, url: str = ""):
    """Put the document on the portal of the province: its text is public."""
    return publication.add_placement(
        document, cast.units["T"], channel=Channel.PORTAL, placed_on=document.issued_on, title="Toàn văn", url=url,
        by=cast.officer, at=now(),
    )  # fmt: skip


def publish_master(cast, document: GuidingDocument, parts=None):
    """Compose, approve and publish content with a part of most kinds, all for the public."""
    by, at = cast.accounts["editor"], now()
    master = masters.compose_master(document, by=by, at=at)
    clause = document.clauses.get(number="1")
    for part in parts or (
        PartText(PartKind.CORE, (Audience.RURAL, Audience.PUBLIC), text="Bí thư trực tiếp lãnh đạo.", clause=clause),
        PartText(PartKind.NEW, (Audience.RURAL, Audience.PUBLIC), text="Vắng quá bốn mươi phần trăm thì học lại.", clause=clause),
        PartText(PartKind.FIGURE, (Audience.PUBLIC,), "Thời gian được vắng", value=masters.parse_value("40"), measure="%", clause=clause),
        PartText(PartKind.QUESTION, (Audience.PUBLIC,), "Ai phải học?", "Mọi đảng viên thuộc diện."),
        PartText(PartKind.MEANING, (Audience.PUBLIC,), text="Được nghe phổ biến ở thôn."),
    ):  # fmt: skip
        masters.add_part(master, part, by=by, at=at)
    return release(cast, master)


def release(cast, master):
    by = cast.accounts["editor"]
    master.refresh_from_db()
    masters.submit_master(master, revision=master.revision, by=by, at=now())
    masters.approve_master(master, revision=master.revision, by=cast.officer, at=now())
    return masters.publish_master(master, by=cast.officer, at=now())


def make_article(cast, title="Tin về lớp học", *, days_ago=0, unit="T", state="published", **more) -> NewsArticle:
    by = cast.accounts["editor"] if unit == "T" else cast.officer
    said = NewsText(
        title,
        f"Lời dẫn của {title}.",
        "Đoạn một.\n\n## Mục\n- ý một\n- ý hai",
        today() - dt.timedelta(days=days_ago),
        **more,
    )
    article = news.draft_news(cast.units[unit], said, by=by, at=now())
    if state != "draft":
        news.submit_news(article, revision=article.revision, by=cast.accounts["editor"], at=now())
    if state == "published":
        news.approve_news(article, revision=article.revision, by=cast.officer, at=now())
    return article


def make_question(
    cast, words="Học bù ở đâu nếu vắng?", *, email="", may_publish=True, nonce="n1", document=None, name=""
) -> PublicQuestion:
    return questions.send_question(
        cast.units["T"], document=document, nonce=nonce, words=words, name=name, email=email, may_publish=may_publish,
        address=f"10.0.0.{len(nonce)}", at=now(),
    )  # fmt: skip


def make_answered(cast, words="Học bù ở đâu nếu vắng?", *, nonce="n1", **more) -> PublicQuestion:
    question = make_question(cast, words, nonce=nonce, **more)
    questions.answer_question(question, answer="Ở lớp gần nhất.", by=cast.accounts["editor"], at=now())
    return questions.publish_answer(question, shown=words, by=cast.officer, at=now())
